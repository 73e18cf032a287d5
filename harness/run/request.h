/* The request of a case, as the clients take it. */
#ifndef TRANSCHECK_RUN_REQUEST_H
#define TRANSCHECK_RUN_REQUEST_H

#include "harness/net/client.h"
#include "harness/suite/testcase.h"

/* Appends the marker with `token`, then `extra` (--header; or NULL) but for those that the case has itself, then those
 * of the case. Values are views. false: the arena is full. */
bool request_headers(struct fields *headers, struct arena *arena, const struct testcase *testcase,
                     const struct fields *extra, struct span token);

#define REQUEST_NO_CANCEL UINT64_MAX
/* Everything else that the case says of its request; headers, together and timeout_ms are left to the caller.
 * *cancel_ms: so long after its start the client cancels, or REQUEST_NO_CANCEL. */
void request_fill(struct client_request *request, const struct testcase *testcase, uint64_t *cancel_ms);

#endif
