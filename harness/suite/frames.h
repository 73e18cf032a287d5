/* A body of length-prefixed messages, whole in memory, taken apart: gRPC, gRPC-Web, Connect's envelopes. */
#ifndef TRANSCHECK_SUITE_FRAMES_H
#define TRANSCHECK_SUITE_FRAMES_H

#include "harness/suite/check_impl.h"

#define FRAMES_FLAG_COMPRESSED 0x01u
#define FRAMES_FLAG_END        0x02u /* Connect: the end of the stream */
#define FRAMES_FLAG_TRAILERS   0x80u /* gRPC-Web: header fields */

struct frames_item {
    uint8_t flags;
    struct span bytes; /* a view of the body, without the prefix */
};

struct frames {
    struct frames_item *items; /* in the arena of the check */
    size_t count;
    const char *wrong; /* why the body is not made of such messages, or not of whole ones; NULL: it is. Those before are
                          in `items` all the same */
};

/* `flags`: the bits that a prefix may have. Gives the check up when they do not fit in memory. */
void frames_read(struct check *check, struct span body, uint8_t flags, struct frames *out);

#endif
