/* Backend calls without a marker that came while several cases were under way: each is one of its suspects', and is
 * explained when one of these, played alone, makes such a call. What stays unexplained fails the run. Calls have the
 * numbers of relay_unmarked, from 1.
 *
 * Limit: UNMARKED_MAX calls can be explained; any beyond stay unexplained. */
#ifndef TRANSCHECK_RUN_UNMARKED_H
#define TRANSCHECK_RUN_UNMARKED_H

#include <stdbool.h>
#include <stddef.h>

#define UNMARKED_MAX 65536u

/* Of which calls a pair is a suspect: the numbers above `after`, up to `last`. All zero: of none. */
struct unmarked_suspect {
    size_t after;
    size_t last;
};

struct unmarked {
    bool explained[UNMARKED_MAX]; /* by number - 1 */
};

/* Makes it a suspect of these, too. false: there are none, `last` is not above `after`. */
bool unmarked_suspect_add(struct unmarked_suspect *suspect, size_t after, size_t last);
/* It makes such calls. */
void unmarked_explain(struct unmarked *unmarked, const struct unmarked_suspect *suspect);
/* How many of `count` calls are explained by nobody. */
size_t unmarked_left(const struct unmarked *unmarked, size_t count);

#endif
