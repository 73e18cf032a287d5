/* The defects that lose or change query parameters of a request that has been routed: a table of which parameters, and
 * what stands in their place. What is let pass by a leniency is in defect_lenient.h. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_QUERY_H
#define TRANSCHECK_REFERENCE_DEFECT_QUERY_H

#include "harness/reference/call.h"

/* What is left of the query: itself, or a view of a copy in the call's arena. */
struct span defect_query(struct call *call, struct span query);
/* Of DEFECT_QUERY_MESSAGES_BOUND: appends a message for each parameter that names a field of a list of messages. */
void defect_query_messages(struct call *call, struct span query, struct buf *message);

#endif
