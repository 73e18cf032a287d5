/* The event of an API gateway: a request as the JSON that its function is given. Private to reference/.
 * Source: Amazon API Gateway, Lambda proxy integrations, payload formats 1.0 and 2.0. */
#ifndef TRANSCHECK_REFERENCE_GATEWAY_EVENT_H
#define TRANSCHECK_REFERENCE_GATEWAY_EVENT_H

#include "harness/reference/call.h"

/* Appends the event of the call's request. false: its query has too many parameters, or out of memory. */
bool gateway_event_write(struct call *call, struct buf *out);
/* The value in base64, in the arena (defects only). */
struct span gateway_encoded_again(struct call *call, struct span value);

#endif
