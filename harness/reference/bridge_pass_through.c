/* gRPC to gRPC: header fields, frames, trailers and resets go on as they came, an answer as it comes. */
#include "harness/reference/bridge.h"
#include "harness/reference/defect_neighbours.h"
#include "harness/reference/defect_pass.h"

#define OWN_FIELDS 2 /* before the client's */

static void no_memory(struct call *call)
{
    bridge_fail(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
}

static void request(struct call *call)
{
    static const char *const own[] = {"te", NULL};
    struct fields fields = {0};
    struct arena *arena = &call->arena;
    struct span authority = call->authority.len > 0 ? call->authority : span_cstr("localhost");
    uint32_t code;
    const char *refusal = defect_pass_refusal(call, &code);
    bool ok = fields_add_view(&fields, arena, span_cstr("host"), authority) &&
              fields_add_view(&fields, arena, span_cstr("te"), span_cstr("trailers")) &&
              bridge_pass_request_fields(call, &fields, own) && defect_pass_request(call, &fields, OWN_FIELDS);
    if (!ok || refusal) {
        bridge_fail(call, refusal ? 0 : 503, refusal ? code : GRPC_RESOURCE_EXHAUSTED,
                    refusal ? refusal : CALL_NO_MEMORY);
        return;
    }
    call->attempts++;
    bridge_send(call, &(struct bridge_request){.method = call->method,
                                               .target = defect_pass_target(call),
                                               .fields = &fields,
                                               .body = defect_pass_piece(call, span_of(NULL, 0), buf_span(&call->body)),
                                               .timeout_ms = bridge_grpc_timeout_ms(call)});
}

static bool begin(struct call *call, const struct response_seen *seen)
{
    struct fields fields = {0};
    bool ok = bridge_pass_response_fields(call, &fields, &seen->headers, NULL) && defect_pass_head(call, &fields);
    if (ok)
        bridge_begin(call, seen->status, &fields);
    else
        no_memory(call);
    return ok;
}

/* A head that is the whole answer waits for its end, and stays one header section. */
static void headers(struct call *call, const struct response_seen *seen)
{
    if (defect_pass_foreign(call, seen))
        bridge_grpc_succeed_empty(call);
    else if (!seen->headers_end && !call_has(call, DEFECT_PASS_HEAD_LATE))
        begin(call, seen);
}

static void data(struct call *call, const struct response_seen *seen, struct span bytes)
{
    const char *bad = defect_pass_bad_data(call, seen, bytes);
    if (bad)
        bridge_fail(call, 502, GRPC_INTERNAL, bad);
    else if (call->begun || begin(call, seen))
        bridge_data(call, defect_pass_data(call, bytes));
}

/* A defect: trailers with the status OK. */
static void finish_ok(struct call *call)
{
    struct fields fields = {0};
    if (bridge_grpc_status_fields(call, &fields, GRPC_OK, span_of(NULL, 0)))
        bridge_trailers(call, &fields);
    else
        bridge_abort(call, H2_CODE_INTERNAL_ERROR);
}

static void end_head_only(struct call *call, const struct response_seen *seen, struct fields *fields)
{
    int status = defect_pass_status(call, seen->status, fields);
    struct fields head = {0};
    bool split = call_has(call, DEFECT_PASS_TRAILERS_ONLY_SPLIT) &&
                 fields_add(&head, &call->arena, span_cstr("content-type"), span_cstr("application/grpc"));
    if (!split) {
        bridge_head_only(call, status, fields);
        return;
    }
    bridge_begin(call, status, &head);
    bridge_trailers(call, fields);
}

static void end(struct call *call, const struct response_seen *seen)
{
    struct fields fields = {0};
    bool whole = !call->begun && seen->headers_end;
    if (!call->begun && !whole && !begin(call, seen))
        return;
    const struct fields *last = whole ? &seen->headers : neighbours_trailers(call, &seen->trailers);
    if (call->held.len > 0 && call_has(call, DEFECT_STREAM_BUFFERED))
        bridge_data(call, buf_span(&call->held));
    if (!bridge_pass_response_fields(call, &fields, last, NULL) || !defect_pass_end(call, &fields))
        no_memory(call);
    else if (whole)
        end_head_only(call, seen, &fields);
    else if (seen->has_trailers)
        bridge_trailers(call, &fields);
    else if (call_has(call, DEFECT_MISSING_TRAILERS_OK))
        finish_ok(call);
    else
        bridge_finish(call);
}

/* ---- failures */

/* A defect: the answer to a call that broke. */
static void forgive(struct call *call)
{
    if (call->begun)
        finish_ok(call);
    else
        bridge_grpc_succeed_empty(call);
}

static void reset(struct call *call, uint32_t h2_code)
{
    if (call_has(call, DEFECT_PASS_RETRIED) && call->attempts == 1 && !call->begun)
        request(call);
    else if (defect_pass_forgives(call))
        forgive(call);
    else
        bridge_abort(call, h2_code);
}

static void fail(struct call *call, int http_status, uint32_t code, struct span text)
{
    struct fields fields = {0};
    if (defect_pass_forgives(call))
        forgive(call);
    else if (!call_has(call, DEFECT_PASS_OWN_ERROR_AS_HTTP) || call->begun)
        bridge_grpc_fail(call, http_status, code, text);
    else if (fields_add_view(&fields, &call->arena, span_cstr("content-type"), span_cstr("text/plain")))
        bridge_respond(call, 500, &fields, text);
}

const struct bridge_mode bridge_pass_through = {.mode = MODE_PASS_THROUGH,
                                                .backend = BRIDGE_HTTP2,
                                                .streams = true,
                                                .request = request,
                                                .headers = headers,
                                                .data = data,
                                                .end = end,
                                                .reset = reset,
                                                .fail = fail};
