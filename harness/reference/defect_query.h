/* The defects that lose query parameters of a request that has been routed. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_QUERY_H
#define TRANSCHECK_REFERENCE_DEFECT_QUERY_H

#include "harness/reference/call.h"

/* What is left of the query: itself, or a view of a copy in the call's arena. */
struct span defect_query(struct call *call, struct span query);

#endif
