/* gRPC to a plain HTTP/1.1 service, the message as it is or behind its length prefix. What the service answers is an
 * answer of gRPC: 200 is OK, any other status an error, unless the service gives a grpc-status of its own. Source:
 * Envoy's documentation of grpc_http1_reverse_bridge. */
#include "harness/engine/transcode/rung.h"
#include "harness/reference/unary.h"

static const char message_type[] = "application/x-protobuf";
static const char framed_type[] = "application/grpc+proto";

static void send_to_backend(struct call *call, const char *type, struct span body, bool plain)
{
    struct span method = span_cstr(call_has(call, DEFECT_REVERSE_SENT_BY_PUT) ? "PUT" : "POST");
    struct span kept = fields_value(&call->headers, "content-type");
    const char *sent = call_has(call, DEFECT_REVERSE_TYPE_KEPT) ? (const char *)kept.data : type;
    unary_send(call, method, call->target, sent, type, body.data ? body : span_cstr(""), plain);
}

/* ---- frames withheld */

static void request_message(struct call *call)
{
    struct span message;
    if (!unary_is_grpc(call) || !unary_message(call, &message))
        return;
    if (call_has(call, DEFECT_REVERSE_PREFIX_KEPT))
        message = buf_span(&call->body);
    send_to_backend(call, message_type, message, true);
}

static void end_message(struct call *call, const struct response_seen *seen)
{
    static const char *const types[] = {message_type, NULL};
    if (!unary_failed(call, seen, false) && unary_type_is(call, seen, types))
        unary_reply_message(call, seen, buf_span(&seen->body));
}

const struct bridge_mode bridge_reverse = {.mode = MODE_REVERSE_BRIDGE,
                                           .backend = BRIDGE_HTTP1,
                                           .request = request_message,
                                           .end = end_message,
                                           .fail = bridge_grpc_fail};

/* ---- frames passed */

static void request_framed(struct call *call)
{
    struct span body = buf_span(&call->body);
    if (!unary_is_grpc(call))
        return;
    if (call_has(call, DEFECT_REVERSE_FRAMES_WITHHELD) && body.len >= FRAME_PREFIX_LEN)
        body = span_from(body, FRAME_PREFIX_LEN);
    send_to_backend(call, framed_type, body, call_has(call, DEFECT_REVERSE_ENCODING_LOST));
}

static void end_framed(struct call *call, const struct response_seen *seen)
{
    static const char *const types[] = {framed_type, "application/grpc", NULL};
    struct span body = buf_span(&seen->body);
    if (unary_failed(call, seen, false) || !unary_type_is(call, seen, types))
        return;
    if (rung_is_framed(body))
        unary_reply(call, seen, span_of(NULL, 0), body);
    else if (call_has(call, DEFECT_REVERSE_PREFIX_ADDED))
        unary_reply_message(call, seen, body);
    else
        unary_reply_error(call, GRPC_INTERNAL, span_cstr("the backend's answer is not whole messages of gRPC"),
                          span_of(NULL, 0));
}

const struct bridge_mode bridge_reverse_framed = {.mode = MODE_REVERSE_BRIDGE_FRAMED,
                                                  .backend = BRIDGE_HTTP1,
                                                  .request = request_framed,
                                                  .end = end_framed,
                                                  .fail = bridge_grpc_fail};
