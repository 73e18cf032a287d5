/* gRPC's messages in plain HTTP, for clients that know no trailers, to gRPC: the answer is taken whole, and its status
 * stands among the headers. HTTP 200 is OK, 503 every error. Source: Envoy's documentation of grpc_http1_bridge. */
#include "harness/engine/grpc/client_view.h"
#include "harness/engine/transcode/rung.h"
#include "harness/reference/defect_web.h"
#include "harness/reference/unary.h"

#define ERROR_STATUS 503

static int status_of(const struct call *call, uint32_t code)
{
    return code == GRPC_OK || call_has(call, DEFECT_BRIDGE_ERROR_IS_200) ? 200 : ERROR_STATUS;
}

static void request(struct call *call)
{
    if (call_has(call, DEFECT_BRIDGE_TYPE_UNCHECKED) || unary_is_grpc(call))
        bridge_pass_through.request(call);
}

/* An error that is not the backend's own. */
static void fail(struct call *call, int http_status, uint32_t code, struct span text)
{
    struct fields fields = {0};
    (void)http_status;
    if (fields_add_view(&fields, &call->arena, span_cstr("content-type"), span_cstr("application/grpc")) &&
        bridge_grpc_status_fields(call, &fields, code, text))
        bridge_respond(call, status_of(call, code), &fields, span_of(NULL, 0));
    else
        bridge_abort(call, H2_CODE_INTERNAL_ERROR);
}

static bool is_lost(const struct call *call, const struct response_seen *seen, const char *name)
{
    return (call_has(call, DEFECT_BRIDGE_MESSAGE_LOST) && strcmp(name, "grpc-message") == 0) ||
           (call_has(call, DEFECT_BRIDGE_HEAD_STATUS_LOST) && !seen->has_trailers);
}

/* What tells the end, and the trailers of the application. */
static bool add_end(struct call *call, struct fields *out, const struct response_seen *seen, const struct fields *end)
{
    static const char *const own[] = {"content-type", "grpc-status", "grpc-message", "grpc-status-details-bin", NULL};
    bool ok = true;
    for (size_t i = 0; bridge_grpc_status_names[i] && ok; i++) {
        const char *name = bridge_grpc_status_names[i];
        struct span value = fields_value(end, name);
        if (value.len > 0 && !is_lost(call, seen, name))
            ok = fields_add_view(out, &call->arena, span_cstr(name), value);
    }
    return ok && bridge_pass_response_fields(call, out, &seen->trailers, own) && defect_web_trailers(call, out);
}

static bool add_head(struct call *call, struct fields *out, const struct response_seen *seen)
{
    if (call_has(call, DEFECT_RESPONSE_METADATA_LOST))
        return fields_add_view(out, &call->arena, span_cstr("content-type"),
                               fields_value(&seen->headers, "content-type"));
    return bridge_pass_response_fields(call, out, &seen->headers, bridge_grpc_status_names);
}

/* A defect: the status where gRPC has it. */
static void respond_with_trailers(struct call *call, const struct fields *head, const struct response_seen *seen)
{
    struct fields trailers = {0};
    bridge_begin(call, 200, head);
    bridge_data(call, buf_span(&seen->body));
    if (bridge_pass_response_fields(call, &trailers, &seen->trailers, NULL))
        bridge_trailers(call, &trailers);
}

/* The answer of the backend, which ends with `code`. */
static void respond(struct call *call, const struct response_seen *seen, const struct fields *end, uint32_t code)
{
    struct fields fields = {0};
    struct span body = defect_bridge_body(call, buf_span(&seen->body));
    bool ok = add_head(call, &fields, seen);
    if (ok && call_has(call, DEFECT_BRIDGE_STATUS_IN_TRAILERS) && seen->has_trailers) {
        respond_with_trailers(call, &fields, seen);
        return;
    }
    if (!ok || !add_end(call, &fields, seen, end)) {
        bridge_fail(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
    } else if (call_has(call, DEFECT_BRIDGE_LENGTH_MISSING)) {
        bridge_begin(call, status_of(call, code), &fields);
        bridge_data(call, body);
        bridge_finish(call);
    } else {
        bridge_respond(call, status_of(call, code), &fields, body);
    }
}

/* ---- what the backend answers */

/* Some defects: what is no success counts as one. */
static bool succeeds_all_the_same(const struct call *call, const struct response_seen *seen, const struct fields *last)
{
    bool cut = call_has(call, DEFECT_MISSING_TRAILERS_OK) || call_has(call, DEFECT_BRIDGE_RESET_IS_OK);
    if (!last)
        return cut;
    return (call_has(call, DEFECT_MISSING_STATUS_OK) && !fields_find(last, "grpc-status")) ||
           (call_has(call, DEFECT_BRIDGE_ERROR_AFTER_MESSAGE_OK) && seen->body.len > 0);
}

static bool is_grpc(const struct call *call, const struct response_seen *seen)
{
    return client_view_is_grpc(fields_value(&seen->headers, "content-type")) &&
           (seen->status == 200 || call_has(call, DEFECT_HTTP_STATUS_IGNORED));
}

static bool is_whole(const struct call *call, const struct response_seen *seen)
{
    return seen->body.len == 0 || rung_is_framed(buf_span(&seen->body)) ||
           call_has(call, DEFECT_BRIDGE_CUT_MESSAGE_DROPPED);
}

static void end(struct call *call, const struct response_seen *seen)
{
    struct fields ok = {0};
    const struct fields *last = seen->has_trailers ? &seen->trailers : seen->headers_end ? &seen->headers : NULL;
    uint32_t code = GRPC_UNKNOWN;
    if (!is_grpc(call, seen)) {
        bridge_fail_foreign(call, seen, buf_span(&seen->body));
        return;
    }
    if (succeeds_all_the_same(call, seen, last) && bridge_grpc_status_fields(call, &ok, GRPC_OK, span_of(NULL, 0)))
        last = &ok;
    if (!last)
        bridge_fail(call, 0, GRPC_INTERNAL, "the backend ended its answer without trailers");
    else if (!status_parse(fields_value(last, "grpc-status"), &code))
        bridge_fail(call, 0, GRPC_UNKNOWN, "the backend ended its answer without a grpc-status that can be read");
    else if (code == GRPC_OK && !is_whole(call, seen))
        bridge_fail(call, 0, GRPC_INTERNAL, "the backend's answer is not whole messages");
    else
        respond(call, seen, last, code);
}

const struct bridge_mode bridge_http1 = {
    .mode = MODE_HTTP1_BRIDGE, .backend = BRIDGE_HTTP2, .request = request, .end = end, .fail = fail};
