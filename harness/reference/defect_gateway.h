/* The defects of the mode gateway that are about answers. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_GATEWAY_H
#define TRANSCHECK_REFERENCE_DEFECT_GATEWAY_H

#include "harness/reference/call.h"

/* Appends a message of length 0. All of these return false when they are short of memory. */
bool defect_gateway_empty(struct buf *body);
/* What was decoded becomes text, or is decoded again where it can be. */
bool defect_gateway_decoded(struct call *call, struct buf *body);
/* What else becomes of the bytes. */
bool defect_gateway_body(struct call *call, struct buf *body);
/* What stands behind a line end in a value is a field of its own. */
bool defect_gateway_split(struct call *call, struct fields *fields);
/* The text that a grpc-message means. */
struct span defect_gateway_message(struct call *call, struct span value);
/* Whether the bytes are passed on whatever they are. */
bool defect_gateway_unchecked(const struct call *call);

#endif
