/* Where two messages differ, field by field. */
#ifndef TRANSCHECK_SUITE_MESSAGE_DIFF_H
#define TRANSCHECK_SUITE_MESSAGE_DIFF_H

#include "harness/suite/check_impl.h"

struct message_diff {
    struct check *check;
    struct reasons *to;
    enum reason_axis axis;
    enum reason_kind kind;
    const char *at;       /* begins the path of each reason: "", or "/1" for the second of several messages */
    struct span expected; /* canonical JSON */
    struct span observed;
    /* Whether a member that is null there and missing here is none: who prints defaults prints a google.protobuf.Value
     * that is not set like one that is null. In canonical JSON, which leaves defaults out, nothing else is null but a
     * member of a oneof, which does not come without being set. */
    bool unset_is_null;
};

/* Adds a reason for each field whose value differs or that only one side has, with the JSON pointer of the field as its
 * path; for what is no object, or too deep to be read, one for the whole: the path is then `at`, or "message" where
 * that is empty. Nothing when the texts are equal. */
void message_diff(const struct message_diff *diff);
/* The path of a whole message: `at`, or "message". */
const char *message_diff_whole(const char *at);

#endif
