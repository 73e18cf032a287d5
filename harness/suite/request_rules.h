/* What every call of a backend must look like, whatever its case is about and whatever the script answers: a gRPC
 * server would refuse what breaks a rule. One table, a row a rule, each with its text. Pure. */
#ifndef TRANSCHECK_SUITE_REQUEST_RULES_H
#define TRANSCHECK_SUITE_REQUEST_RULES_H

#include "harness/suite/check_impl.h"

/* What of the call breaks the rule, in the judge's arena; NULL: nothing. */
typedef const char *request_rule_fn(struct check *check, const struct call_seen *call);

struct request_rule {
    const char *name; /* behind "rule " in the path of a reason */
    const char *text; /* what holds, for people */
    const char *cite; /* where it is said */
    request_rule_fn *broken;
};

/* NULL beyond the last. */
const struct request_rule *request_rule_at(size_t index);
/* Adds a reason (wrong-request) for each rule that a call of the case breaks. */
void request_rules_check(struct check *check, struct reasons *to);

#endif
