/* What the header section of every response must look like (INV-5), beside what the clients see themselves. One table,
 * a row a rule, each with its text. Pure. */
#ifndef TRANSCHECK_SUITE_RESPONSE_RULES_H
#define TRANSCHECK_SUITE_RESPONSE_RULES_H

#include "harness/suite/check_impl.h"

/* Adds a reason (malformed) for each breach. */
void response_rules_check(struct check *check, struct reasons *to);
/* Adds a reason (wrong-header) when the status demands a header that is missing. */
void response_rules_check_status(struct check *check, struct reasons *to);

#endif
