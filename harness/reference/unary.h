/* What the bridges share whose backend knows nothing of gRPC: they take the one message out of a request, and make the
 * answer a gRPC answer, with trailers. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_UNARY_H
#define TRANSCHECK_REFERENCE_UNARY_H

#include "harness/reference/bridge.h"

/* Whether it is a gRPC request; else it is answered: 405, 415. */
bool unary_is_grpc(struct call *call);
/* The request's one message, without its prefix. false: it is refused, and answered: another number of messages or a
 * compressed one (UNIMPLEMENTED), one that is cut, or with wrong flags (INTERNAL). */
bool unary_message(struct call *call, struct span *message);
/* Sends it as HTTP/1.1: the client's fields that may pass, without those of gRPC's framing when `plain`; `type` is the
 * content type, and that of the answer that is asked for is `accept`. `body` with data NULL: none. */
void unary_send(struct call *call, struct span method, struct span target, const char *type, const char *accept,
                struct span body, bool plain);

/* Whether the answer tells a failure, which then has been answered: a grpc-status among the trailers or headers, else
 * the HTTP status by the table of http-grpc-status-mapping.md. `any_success`: every 2xx is one, else 200 alone. */
bool unary_failed(struct call *call, const struct response_seen *seen, bool any_success);
/* Whether the answer has one of these media types (NULL-terminated); else UNKNOWN is answered. */
bool unary_type_is(struct call *call, const struct response_seen *seen, const char *const *types);
/* A success: HTTP 200, the bytes of `prefix` and `body`, and trailers with grpc-status 0. */
void unary_reply(struct call *call, const struct response_seen *seen, struct span prefix, struct span body);
/* The same with the one message `message`. */
void unary_reply_message(struct call *call, const struct response_seen *seen, struct span message);
/* An error. `details`: a google.rpc.Status on the wire, or empty. The text is cut to BRIDGE_MAX_TEXT bytes. */
void unary_reply_error(struct call *call, uint32_t code, struct span text, struct span details);

#endif
