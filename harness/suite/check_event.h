/* The event that a function behind the invocation API gets, as the body of the call: the request that a gateway wrapped
 * in JSON. Sources: Amazon API Gateway, "Lambda proxy integrations" (payload formats 1.0 and 2.0); Envoy, "AWS Lambda"
 * (the HTTP filter). Pure. */
#ifndef TRANSCHECK_SUITE_CHECK_EVENT_H
#define TRANSCHECK_SUITE_CHECK_EVENT_H

#include "harness/suite/check_impl.h"

/* The keys of `event` in "backend_saw". */
extern const struct key_object event_object;
/* The body that the function was given, decoded where the flag says base64, in check->kept; data NULL: the call has no
 * event with one. Its headers are added to *headers. */
struct span event_body(struct check *check, const struct call_seen *call, struct fields *headers);
/* Adds a reason for each key of `want` that the call's event does not fulfil. `want` NULL: nothing is asked. */
void event_compare(struct check *check, const struct call_seen *call, const json_t *want, struct reasons *to);

#endif
