/* What a group of exchanges comes to: each is judged as a case is, by its own expectation, and the worst of them is the
 * verdict. Private to run/. */
#ifndef TRANSCHECK_RUN_TOGETHER_H
#define TRANSCHECK_RUN_TOGETHER_H

#include "harness/suite/check.h"

/* Takes what exchange `number` (from 1) came to. Paths of its reasons begin with "exchanges[2] ", except of what is
 * about the proxy as a whole (AXIS_HEALTH), which is told once. Texts of `one`, and new ones in the arena. Zeroed, with
 * VERDICT_PASS, `out` is the group of which nobody has been judged. */
void together_add(struct check_result *out, const struct check_result *one, size_t number, struct arena *arena);

#endif
