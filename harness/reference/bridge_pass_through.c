/* gRPC to gRPC: header fields, frames, trailers and resets go on as they came, an answer as it comes. */
#include "harness/reference/bridge.h"

static void request(struct call *call)
{
    static const char *const own[] = {"te", NULL};
    struct fields fields = {0};
    struct arena *arena = &call->arena;
    struct span authority = call->authority.len > 0 ? call->authority : span_cstr("localhost");
    bool ok = fields_add_view(&fields, arena, span_cstr("host"), authority) &&
              fields_add_view(&fields, arena, span_cstr("te"), span_cstr("trailers")) &&
              bridge_pass_request_fields(call, &fields, own);
    if (!ok) {
        bridge_fail(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
        return;
    }
    bridge_send(call, &(struct bridge_request){.method = call->method,
                                               .target = call->target,
                                               .fields = &fields,
                                               .body = buf_span(&call->body),
                                               .timeout_ms = bridge_grpc_timeout_ms(call)});
}

/* A head that is the whole answer waits for its end, and stays one header section. */
static void headers(struct call *call, const struct response_seen *seen)
{
    struct fields fields = {0};
    if (seen->headers_end)
        return;
    if (bridge_pass_response_fields(call, &fields, &seen->headers, NULL))
        bridge_begin(call, seen->status, &fields);
    else
        bridge_fail(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
}

static void data(struct call *call, const struct response_seen *seen, struct span bytes)
{
    (void)seen;
    bridge_data(call, bytes);
}

static void end(struct call *call, const struct response_seen *seen)
{
    struct fields fields = {0};
    const struct fields *last = call->begun ? &seen->trailers : &seen->headers;
    if (!bridge_pass_response_fields(call, &fields, last, NULL))
        bridge_fail(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
    else if (!call->begun)
        bridge_head_only(call, seen->status, &fields);
    else if (seen->has_trailers)
        bridge_trailers(call, &fields);
    else
        bridge_finish(call);
}

const struct bridge_mode bridge_pass_through = {.mode = MODE_PASS_THROUGH,
                                                .backend = BRIDGE_HTTP2,
                                                .request = request,
                                                .headers = headers,
                                                .data = data,
                                                .end = end,
                                                .reset = bridge_abort,
                                                .fail = bridge_grpc_fail};
