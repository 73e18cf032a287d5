/* What was sent compressed, as the judge reads it: the body of a response without its content codings, and messages of
 * gRPC, gRPC-Web and Connect that are marked as compressed. Pure.
 *
 * Limits: DECODED_MAX_CODINGS one over the other; what is decoded is at most DECODED_MAX bytes of a body, and as many
 * of all messages of one judgement together, and no more than coding_bound allows for its size. What is beyond is a
 * failure. */
#ifndef TRANSCHECK_SUITE_DECODED_H
#define TRANSCHECK_SUITE_DECODED_H

#include "harness/suite/check_impl.h"

#define DECODED_MAX         CHECK_MAX_MESSAGE
#define DECODED_MAX_CODINGS 4

/* Sets check->coding, and check->response where the client is one that takes codings off; check->complete must be
 * known. Once, before anything is judged; decoded_fini ends it. */
void decoded_response(struct check *check);
void decoded_fini(struct check *check);

/* The bytes of a message that is marked as compressed, in check->kept in place of *bytes. `field` is the name of the
 * field that names the coding, `encoding` its value (data NULL: there is none). NULL, or why it cannot be read. */
const char *decoded_message(struct check *check, const char *field, struct span encoding, struct span *bytes);

#endif
