/* What failed among others and passes alone: the verdict `unstable`. A failure is noted as it is seen beside others,
 * unless an event explains it (a backend connection or the proxy was lost meanwhile). What is noted when the case has
 * passed alone is nobody's but the proxy's. What fails beside a case that is known to disturb is not noted: that
 * explains it.
 *
 * The profile's `parallel` needs no rule of its own: it bounds how many cases run at once, so a proxy that bears no
 * neighbours shows none. */
#ifndef TRANSCHECK_RUN_UNSTABLE_H
#define TRANSCHECK_RUN_UNSTABLE_H

#include "harness/suite/check.h"

/* The failure of a pair, once it was seen beside others. Zeroed: none. */
struct unstable {
    const struct check_result *failure; /* a copy in the arena of the run, or NULL */
    bool looked_dead;                   /* the proxy, when it failed */
    unsigned deaths_before;             /* of the proxy, when it was played */
};

/* Notes the failure, once. false when out of memory: then nothing is noted. */
bool unstable_note(struct unstable *unstable, const struct check_result *failure, bool looked_dead,
                   unsigned deaths_before, struct arena *arena);
/* Whether one of the `deaths` of the proxy that are known by now is why it failed: it looked dead, and it was the
 * process that died. */
bool unstable_is_explained(const struct unstable *unstable, unsigned deaths);
/* What the play alone comes to: `alone` itself, or, when it passed and a failure stands unexplained, that failure as
 * `unstable`. The texts are those of `alone` and of the noted failure. */
struct check_result unstable_settle(const struct unstable *unstable, const struct check_result *alone, unsigned deaths);

#endif
