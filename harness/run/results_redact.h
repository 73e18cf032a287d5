/* The one place where secrets leave the results: each line passes through here, whole, before it is written, and every
 * report is made from what was written. Private to run/results*. */
#ifndef TRANSCHECK_RUN_RESULTS_REDACT_H
#define TRANSCHECK_RUN_RESULTS_REDACT_H

#include <jansson.h>

#include "harness/base/redact.h"

/* Redacts every text of `line` in place, but for what holds words of ours only (names, verdicts, a case's own text). In
 * lists of fields, and in texts of the form "Name: value" (as reasons have them), values of secret headers go
 * altogether. The bytes of a transcript are searched as one stream per sender, however they were cut into events; those
 * of a compressed body (content-encoding, grpc-encoding) cannot be searched, and are blanked when there is a value to
 * search for. `redact` may be NULL: only fields go. false when out of memory: the line must not be written. */
bool results_redact(json_t *line, const struct redact *redact);

#endif
