/* The defects in how the target of a request is read: what is done to path and query before they are routed, and to
 * what the path's variables have captured. Each is a row of a table. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_PATH_H
#define TRANSCHECK_REFERENCE_DEFECT_PATH_H

#include "harness/reference/call.h"

/* Writes what stands in the place of the bytes at *at, at most three for one, and moves *at behind them. */
typedef size_t rewrite_fn(uint8_t *out, struct span text, size_t *at);
/* A copy of the text with what `fn` writes, in the call's arena. */
struct span defect_rewrite(struct call *call, struct span text, rewrite_fn *fn);

/* Changes call->target. */
void defect_target(struct call *call);
/* Changes what the variables of a path that has been routed have captured. false: one of them is refused. */
bool defect_captures(struct call *call, struct err *err);

#endif
