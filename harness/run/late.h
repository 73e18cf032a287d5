/* Backend calls of a case that came after it had ended: counted, the first of them kept for the results, and the reason
 * that they give. The case's verdict stays open to them until the totals are written.
 *
 * Limits: LATE_MAX_CALLS of a case are kept, LATE_MAX_BYTES of all cases together; the others are only counted. */
#ifndef TRANSCHECK_RUN_LATE_H
#define TRANSCHECK_RUN_LATE_H

#include <stddef.h>

#include "harness/run/ended.h"
#include "harness/suite/check.h"

#define LATE_MAX_CALLS 8u
#define LATE_MAX_BYTES (32u << 20)

struct late {
    unsigned count;              /* calls beyond what the case allows that came late, in all of its plays */
    unsigned most;               /* calls of the play that made most */
    unsigned allowed;            /* calls that the case allows */
    uint64_t first_us;           /* how long after the end of its play the first of them came */
    char *calls[LATE_MAX_CALLS]; /* JSON texts made by result_call_text; owned */
    size_t call_count;
};

/* Counts a late call of the exchange; `now_us` is when it came. */
void late_note(struct late *late, const struct ended *ended, uint64_t now_us);
/* Keeps its text, which it takes (NULL is allowed), or frees it when there is no room. *bytes_left is of all cases. */
void late_keep(struct late *late, char *text, size_t *bytes_left);
/* Why the case fails; texts in the arena. */
struct reason late_reason(const struct late *late, struct arena *arena);
void late_fini(struct late *late);

#endif
