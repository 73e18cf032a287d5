/* What stands in front of a proxy and behind it. Cases, `transcheck run --mode`, `transcheck reference --mode` and
 * `transcheck config PROXY --mode` take the names from here. A mode is a row. */
#ifndef TRANSCHECK_BASE_MODES_H
#define TRANSCHECK_BASE_MODES_H

#include <stdbool.h>

#include "harness/base/span.h"

/* X(ID, "name", "what the client speaks", "what the backend speaks") */
#define MODES(X)                                                                                                       \
    X(TRANSCODER, "transcoder", "HTTP/JSON", "gRPC")                                                                   \
    X(PASS_THROUGH, "pass-through", "gRPC", "gRPC")                                                                    \
    X(GRPC_WEB, "grpc-web", "gRPC-Web, binary and text", "gRPC")                                                       \
    X(HTTP1_BRIDGE, "http1-bridge", "gRPC's messages over plain HTTP, the status in headers", "gRPC")                  \
    X(CONNECT, "connect", "Connect", "gRPC")                                                                           \
    X(TWIRP, "twirp", "Twirp, JSON and protobuf", "gRPC")                                                              \
    X(GATEWAY, "gateway", "gRPC", "a function behind the invocation API")                                              \
    X(REVERSE_BRIDGE, "reverse-bridge", "gRPC", "plain HTTP/1.1, bodies are messages without length prefix")           \
    X(REVERSE_BRIDGE_FRAMED, "reverse-bridge-framed", "gRPC", "plain HTTP/1.1, bodies are gRPC's messages")            \
    X(REVERSE_TRANSCODER, "reverse-transcoder", "gRPC", "HTTP/JSON by the rules of google.api.http")                   \
    X(TWIRP_BACKEND, "twirp-backend", "gRPC", "Twirp over HTTP/1.1")

#define X(id, name, front, back) MODE_##id,
enum mode { MODES(X) MODE_COUNT };
#undef X

extern const char *const mode_names[]; /* by enum mode, NULL-terminated */
const char *mode_name(enum mode mode);
const char *mode_front(enum mode mode); /* "gRPC" */
const char *mode_back(enum mode mode);
/* false for a name that is in no row. */
bool mode_from_name(struct span name, enum mode *mode);

#endif
