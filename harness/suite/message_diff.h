/* Where two messages differ, field by field. */
#ifndef TRANSCHECK_SUITE_MESSAGE_DIFF_H
#define TRANSCHECK_SUITE_MESSAGE_DIFF_H

#include "harness/suite/check_impl.h"

/* A place in a JSON value: a step into a member or an element, and the steps before it. */
struct json_step {
    const struct json_step *up;
    const char *name; /* of a member; NULL: an element */
    size_t index;
};

struct message_diff {
    struct check *check;
    struct reasons *to;
    enum reason_axis axis;
    enum reason_kind kind;
    const char *at;       /* begins the path of each reason: "", "/1" for the second of several messages, or a word */
    struct span expected; /* canonical JSON */
    struct span observed;
    /* Whether a member that is null there and missing here is none: who prints defaults prints a google.protobuf.Value
     * that is not set like one that is null. In canonical JSON, which leaves defaults out, nothing else is null but a
     * member of a oneof, which does not come without being set. */
    bool unset_is_null;
    const json_t
        *told; /* an object whose names are members of the message that have their reason already; NULL: none */
};

/* Adds a reason for each field whose value differs or that only one side has, with the JSON pointer of the field as its
 * path; for what is no object, or too deep to be read, one for the whole: the path is then `at`, or "message" where
 * that is empty. Nothing when the texts are equal. */
void message_diff(const struct message_diff *diff);
/* Adds the reason that one place is not as expected. NULL: that side does not have it; step NULL: the whole. */
void message_diff_add(const struct message_diff *diff, const struct json_step *step, const json_t *want,
                      const json_t *got);
/* The same with what is said of both sides. Asks not whether there is room (reason_fits). */
void message_diff_tell(const struct message_diff *diff, const struct json_step *step, const char *expected,
                       const char *observed);
extern const char message_diff_absent[]; /* what is said of the side that does not have it */
/* The path of a whole message: `at`, or "message". */
const char *message_diff_whole(const char *at);

#endif
