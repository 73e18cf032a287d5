/* A body of length-prefixed messages, whole in memory, taken apart: gRPC, gRPC-Web, Connect's envelopes. */
#ifndef TRANSCHECK_SUITE_FRAMES_H
#define TRANSCHECK_SUITE_FRAMES_H

#include "harness/suite/check_impl.h"

#define FRAMES_FLAG_COMPRESSED 0x01u
#define FRAMES_FLAG_END        0x02u /* Connect: the end of the stream */
#define FRAMES_FLAG_TRAILERS   0x80u /* gRPC-Web: header fields */

struct frames_item {
    uint8_t flags;
    struct span bytes; /* without the prefix, and decoded where it is a message that is marked as compressed: a view of
                          the body, or in the arena of the check */
};

struct frames {
    struct frames_item *items; /* in the arena of the check */
    size_t count;
    const char *wrong; /* why the body is not made of such messages, or not of whole ones, or one of them cannot be
                          decoded; NULL: it is. Those before are in `items` all the same */
};

/* What the messages of a body are like. */
struct frames_form {
    uint8_t flags;        /* the bits that a prefix may have */
    const char *field;    /* the name of what names the coding of messages that are marked as compressed */
    struct span encoding; /* its value; data NULL: there is none */
};
/* Of messages that may be compressed, with `flags` beside, by that field among these. */
struct frames_form frames_form_of(const struct fields *fields, const char *field, uint8_t flags);

/* Gives the check up when they do not fit in memory. */
void frames_read(struct check *check, struct span body, const struct frames_form *form, struct frames *out);

#endif
