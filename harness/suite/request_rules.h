/* What every call of a backend must look like, whatever its case is about and whatever the script answers: a gRPC
 * server would refuse what breaks a rule. One table, a row a rule, each with its text. Pure. */
#ifndef TRANSCHECK_SUITE_REQUEST_RULES_H
#define TRANSCHECK_SUITE_REQUEST_RULES_H

#include "harness/suite/check_impl.h"

/* Adds a reason for each breach of the rule by the call: where fields break it, one a field. */
struct rule_check;
typedef void request_rule_fn(const struct rule_check *at, const struct call_seen *call);

/* What a call must have come by for a rule to be asked of it. */
enum request_rule_of { RULE_OF_ANY, RULE_OF_HTTP2, RULE_OF_HTTP1 };

struct request_rule {
    const char *name; /* behind "rule " in the path of a reason, before the name of a field */
    const char *text; /* what holds, for people */
    const char *cite; /* where it is said */
    request_rule_fn *check;
    enum request_rule_of of;
};

/* NULL beyond the last. */
const struct request_rule *request_rule_at(size_t index);
/* Adds a reason (wrong-request) for each breach by a call of the case. */
void request_rules_check(struct check *check, struct reasons *to);

#endif
