/* The marker: request header fields by which a call of the backend is known as that of an exchange. Their value is the
 * exchange's token. grpc-gateway drops unknown headers and strips Grpc-Metadata- off, so there are two. */
#ifndef TRANSCHECK_RUN_MARKER_H
#define TRANSCHECK_RUN_MARKER_H

#include "harness/base/fields.h"

#define MARKER_NAME      "x-transcheck-case"
#define MARKER_GRPC_NAME "grpc-metadata-x-transcheck-case"

#define MARKER_TOKEN_SIZE 64
#define MARKER_NONCE_SIZE 8

/* A token: the serial number of the exchange, its client, and the nonce of the run. */
void marker_token(char out[MARKER_TOKEN_SIZE], uint64_t serial, const char *client, const char *nonce);
/* The serial number in a token of this run; 0: it is none. *foreign: it is one of another run. */
uint64_t marker_serial(struct span token, const char *nonce, bool *foreign);
/* Whether the call is an invocation of a function, whose body, the event, holds the marker when its headers do not. */
bool marker_is_in_event(const struct fields *headers);
/* The value of a call's marker, a view of the headers or of the body; data NULL: it has none. */
struct span marker_of(const struct fields *headers, struct span body);

#endif
