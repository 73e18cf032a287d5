/* Twirp to gRPC: unary calls with protobuf or JSON. Source: the Twirp wire protocol, v7 (twitchtv/twirp
 * docs/spec_v7.md). Where that leaves the answer open it is what Twirp's own server in Go says. */
#include "harness/engine/json/writer.h"
#include "harness/reference/rpc.h"
#include "harness/reference/twirp.h"

#define PROTOBUF_TYPE "application/protobuf"
#define JSON_TYPE     "application/json"

/* ---- answers */

static const char *type_of(const struct call *call)
{
    return call->rpc_json && !call_has(call, DEFECT_TWIRP_ANSWER_TYPE_WRONG) ? JSON_TYPE : PROTOBUF_TYPE;
}

/* `name` is a code of Twirp. */
static void respond_error(struct call *call, int http_status, const char *name, struct span text,
                          const struct fields *metadata)
{
    struct fields fields = {0};
    struct buf *out = &call->out;
    bool members = call_has(call, DEFECT_TWIRP_ERROR_MEMBERS);
    const char *type = call_has(call, DEFECT_TWIRP_ERROR_TYPE_KEPT) ? type_of(call) : JSON_TYPE;
    fields_add_view(&fields, &call->arena, span_cstr("content-type"), span_cstr(type));
    for (size_t i = 0; metadata && i < metadata->count; i++)
        fields_add_view(&fields, &call->arena, metadata->items[i].name, metadata->items[i].value);
    buf_reset(out);
    buf_printf(out, "{\"code\":\"%s\",\"%s\":", name, members ? "message" : "msg");
    if (call_has(call, DEFECT_MESSAGE_LOST) || !json_write_string(out, text))
        buf_append_cstr(out, "\"\"");
    buf_append_byte(out, '}');
    bridge_respond(call, http_status, &fields, buf_span(out));
}

static void answer_error(struct call *call, uint32_t code, struct span text, const struct fields *metadata)
{
    int http_status =
        call_has(call, DEFECT_TWIRP_STATUS_OF_HTTP_RULES) ? status_to_http(code) : twirp_http_status(code);
    if (code == GRPC_RESOURCE_EXHAUSTED && call_has(call, DEFECT_TWIRP_QUOTA_403))
        http_status = 403;
    const char *name = call_has(call, DEFECT_TWIRP_CODE_SPELLED) ? rpc_code_name(call, code) : twirp_code_name(code);
    respond_error(call, http_status, name ? name : twirp_code_name(GRPC_UNKNOWN), text, metadata);
}

static void fail(struct call *call, int http_status, uint32_t code, struct span text)
{
    (void)http_status;
    answer_error(call, code, text, NULL);
}

/* Errors of Twirp alone. */
static void refuse_route(struct call *call, const char *text)
{
    bool other = call_has(call, DEFECT_TWIRP_ROUTE_AS_NOT_FOUND);
    respond_error(call, 404, other ? twirp_code_name(GRPC_NOT_FOUND) : "bad_route", span_cstr(text), NULL);
}

/* ---- the request */

static bool type_known(struct call *call)
{
    struct span type = call_media_type(fields_value(&call->headers, "content-type"));
    call->rpc_json = span_equal_nocase(type, span_cstr(JSON_TYPE));
    return call->rpc_json || span_equal_nocase(type, span_cstr(PROTOBUF_TYPE)) ||
           call_has(call, DEFECT_TWIRP_TYPE_UNCHECKED);
}

static const struct schema_method *method_of(const struct call *call)
{
    struct span path = span_of(call->target.data, span_index_of(call->target, '?', 0));
    if (span_starts_with(path, TWIRP_PREFIX "/"))
        path = span_from(path, strlen(TWIRP_PREFIX));
    else
        return NULL;
    return schema_method_find(call->core->schema, path);
}

static void send(struct call *call)
{
    struct err err = {.text = ""};
    struct buf message;
    size_t refused = budget_refusals(call->core->budget);
    buf_init(&message, REFERENCE_MAX_JSON);
    message.budget = call->core->budget;
    if (rpc_append(call, &message, buf_span(&call->body), &err))
        rpc_send(call, buf_span(&message), BRIDGE_NO_TIMEOUT);
    else if (call_starved(call, refused))
        rpc_no_memory(call);
    else
        respond_error(call, 400, "malformed", span_cstr(err.text), NULL);
    buf_fini(&message);
}

static void request(struct call *call)
{
    bool known = type_known(call);
    call->rpc = method_of(call);
    if (!span_is(call->method, "POST") && !call_has(call, DEFECT_TWIRP_GET_TAKEN))
        refuse_route(call, "requests are sent by POST");
    else if (!call->rpc)
        refuse_route(call, "there is no such method");
    else if (!known)
        refuse_route(call, "the content type is neither application/protobuf nor application/json");
    else if ((call->rpc->client_streaming || call->rpc->server_streaming) &&
             !call_has(call, DEFECT_REVERSE_STREAM_AS_UNARY))
        bridge_fail(call, 0, GRPC_UNIMPLEMENTED, "the method streams, which Twirp does not");
    else if (rpc_fields_checked(call))
        send(call);
}

/* ---- the backend's answer */

/* Metadata of the end has no place of its own. */
static void end(struct call *call, const struct response_seen *seen)
{
    struct rpc_end end;
    struct fields fields = {0};
    struct span message;
    if (!rpc_ended(call, seen, &end))
        return;
    fields_add_view(&fields, &call->arena, span_cstr("content-type"), span_cstr(type_of(call)));
    size_t own = fields.count;
    bool lost = call_has(call, DEFECT_RESPONSE_METADATA_LOST);
    bool ok = lost || ((seen->headers_end || rpc_metadata(call, &fields, &seen->headers, "")) &&
                       rpc_metadata(call, &fields, &end.trailers, ""));
    if (!ok) {
        rpc_no_memory(call);
    } else if (!end.ok) {
        const struct fields metadata = {.items = fields.items + own, .count = fields.count - own};
        answer_error(call, end.code, end.text, &metadata);
    } else {
        message = rpc_message(call, buf_span(&call->unary));
        if (!call->done)
            bridge_respond(call, 200, &fields, message);
    }
}

const struct bridge_mode bridge_twirp = {.mode = MODE_TWIRP,
                                         .backend = BRIDGE_HTTP2,
                                         .request = request,
                                         .headers = rpc_headers,
                                         .data = rpc_data,
                                         .message = rpc_keep_message,
                                         .end = end,
                                         .fail = fail};
