/* Says on stderr what is waited for, where that takes longer than a moment: nobody should look at a silent terminal. */
#ifndef TRANSCHECK_RUN_WAITING_H
#define TRANSCHECK_RUN_WAITING_H

#include "harness/base/log.h"
#include "harness/run/ends.h"

#define WAITING_FIRST_MS 1500 /* before the first line */
#define WAITING_NEXT_MS  3000 /* between the others */

struct waiting {
    struct ends *ends;
    const struct log *log;
    struct loop_timer *timer; /* NULL when out of memory: then nothing is said */
    uint64_t until_us;        /* when the waiting ends at the latest; 0: not known */
    char what[320];
    char detail[320];
};

/* `what` and the details are text for people, escaped. */
void waiting_begin(struct waiting *waiting, struct ends *ends, const struct log *log, uint64_t until_us,
                   const char *what);
/* What stands in the way at present; said with the next line. */
void waiting_detail(struct waiting *waiting, const char *detail);
void waiting_end(struct waiting *waiting);

#endif
