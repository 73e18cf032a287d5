/* What needs a look, for people: failures by kind, the worst first, then what could not be judged and waivers that no
 * longer hold. In a group stands one block for each case, in which its results that say the same are joined: h1 and h2,
 * repetitions. Every report that lists cases takes them from here. */
#ifndef TRANSCHECK_REPORTS_GROUPS_H
#define TRANSCHECK_REPORTS_GROUPS_H

#include "harness/base/err.h"
#include "reports/results.h"

#define RESULTS_MAX_GROUPS (KIND_COUNT + VERDICT_COUNT + 2)

/* Results of one case in one run that agree. */
struct results_block {
    const struct results_case *const *items; /* in order of client and repetition; at least one */
    size_t count;
};

struct results_group {
    const char *name;    /* "failure-hidden"; where no kind says it, the verdict: "unstable"; or "waiver" */
    const char *meaning; /* one sentence about it, as in harness/base/vocabulary.h: no capital, no full stop */
    const struct results_block *blocks; /* by level, in order of the results */
    size_t block_count;
    size_t case_count; /* a case counts once in each run: two blocks of it are one case */
    size_t result_count;
};

struct results_groups {
    struct results_group *items; /* the worst first; each has a block */
    size_t count;
    const struct results_case **results; /* private: what the blocks view */
    struct results_block *blocks;        /* private */
};

/* Whether two results of a case say the same: verdict, waiver's problem, and kind, axis and path of each reason. What
 * was expected and observed may still differ in its words. */
bool results_agree(const struct results_case *a, const struct results_case *b);

/* Of all results with results_case_is_bad; they are borrowed. ERR_NO_MEMORY. */
enum err_code results_groups_init(struct results_groups *groups, const struct results *results, struct err *err);
void results_groups_fini(struct results_groups *groups);

#endif
