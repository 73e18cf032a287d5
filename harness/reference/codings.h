/* What is compressed: the body of a request (RFC 9110 section 8.4), a message of the backend (gRPC's compression.md).
 * Known are the codings of harness/engine/coding; the backend is offered gzip and deflate. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_CODINGS_H
#define TRANSCHECK_REFERENCE_CODINGS_H

#include "harness/reference/call.h"

/* Replaces the body by what its content-encoding makes of it. 0, or the HTTP status of the refusal: 415 a coding is
 * unknown, 400 the body is not of its coding, 413 it becomes more than a request may have. */
int codings_body(struct call *call);

/* What the backend may compress its messages with: grpc-accept-encoding. */
struct span codings_offered(const struct call *call);
/* The backend's answer begins. */
void codings_answer(struct call *call, const struct fields *headers);
/* A message begins. False: it is marked as compressed, and nothing known says how. */
bool codings_begin(struct call *call, uint8_t flags);
/* Replaces a whole message by what is compressed in it; one that is not stays. ERR_SYNTAX: it is not of its coding;
 * ERR_LIMIT. */
enum err_code codings_message(struct call *call, struct span *message);

/* Defects: content-encoding among the fields of an answer that is not compressed (false: there is no memory); the body
 * of an answer compressed, and its field. */
bool codings_announce(struct call *call, struct fields *fields);
void codings_compress(struct call *call, struct fields *fields, struct span *body);

#endif
