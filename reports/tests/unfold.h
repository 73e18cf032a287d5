/* Takes the references out of a folded text again (reports/fold.h), as a reader does. */
#ifndef TRANSCHECK_REPORTS_TESTS_UNFOLD_H
#define TRANSCHECK_REPORTS_TESTS_UNFOLD_H

#include "harness/base/buf.h"

static inline bool unfold_number(struct span folded, size_t *at, char end, size_t *number)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    size_t begin = *at;
    for (*number = 0; *at < folded.len && folded.data[*at] != end; (*at)++) {
        const char *digit = memchr(digits, folded.data[*at], sizeof digits - 1);
        if (!digit || *at - begin > 8)
            return false;
        *number = *number * 36 + (size_t)(digit - digits);
    }
    return (*at)++<folded.len && * at> begin + 1;
}

/* Appends to `out`, which holds the base, the text; false: a reference is wrong, or `out` is full. */
static inline bool unfold(struct buf *out, struct span folded)
{
    for (size_t at = 0; at < folded.len;) {
        size_t from;
        size_t len;
        if (folded.data[at] != '&') {
            buf_append_byte(out, folded.data[at++]);
            continue;
        }
        at++;
        if (!unfold_number(folded, &at, ',', &from) || !unfold_number(folded, &at, ';', &len) || from >= out->len)
            return false;
        for (size_t i = 0; i < len && !out->failed; i++)
            buf_append_byte(out, out->data[from + i]);
    }
    return !out->failed;
}

#endif
