/* The defects of the mode pass-through. Each function does nothing without its defects. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_PASS_H
#define TRANSCHECK_REFERENCE_DEFECT_PASS_H

#include "harness/net/client.h"
#include "harness/reference/call.h"

/* Why the proxy answers by itself; NULL: it does not. *code is that of gRPC. */
const char *defect_pass_refusal(const struct call *call, uint32_t *code);
/* The path of the request: itself, or another one. */
struct span defect_pass_target(struct call *call);
/* The fields of the request: those from `custom` on are the client's. All of these return false when they are short of
 * memory. */
bool defect_pass_request(struct call *call, struct fields *fields, size_t custom);
/* What is sent of a piece of the request's body behind those before it; it lives until the next call of this function.
 */
struct span defect_pass_piece(struct call *call, struct span before, struct span bytes);
/* The initial metadata. */
bool defect_pass_head(struct call *call, struct fields *fields);
/* What ends the answer: trailers, or the head of one that is nothing else. */
bool defect_pass_end(struct call *call, struct fields *fields);
/* The HTTP status of an answer of one header section. */
int defect_pass_status(const struct call *call, int status, const struct fields *fields);
/* The bytes of the answer that are passed on now; they live until the next call of this function. */
struct span defect_pass_data(struct call *call, struct span bytes);
/* Whether the bytes fail the call: the text, or NULL. */
const char *defect_pass_bad_data(struct call *call, const struct response_seen *seen, struct span bytes);
/* Whether an answer is none of gRPC's, and counts as an empty message. */
bool defect_pass_foreign(const struct call *call, const struct response_seen *seen);
/* Whether a failure of the backend counts as OK. */
bool defect_pass_forgives(const struct call *call);

#endif
