/* gRPC to a Twirp service over HTTP/1.1, in protobuf. Sources: the Twirp wire protocol, v7 (twitchtv/twirp
 * docs/spec_v7.md); docs/errors.md, "HTTP Errors from Intermediary Proxies", whose table is gRPC's own but for
 * redirects. */
#include "harness/engine/json/reader.h"
#include "harness/reference/twirp.h"
#include "harness/reference/unary.h"

static const char message_type[] = "application/protobuf";

static void request(struct call *call)
{
    struct span message;
    struct span path = span_of(call->target.data, span_index_of(call->target, '?', 0));
    if (!unary_is_grpc(call))
        return;
    const struct schema_method *method = schema_method_find(call->core->schema, path);
    bool streams = method && (method->client_streaming || method->server_streaming);
    if (streams && !call_has(call, DEFECT_REVERSE_STREAM_AS_UNARY)) {
        bridge_fail(call, 501, GRPC_UNIMPLEMENTED, "the method streams, which Twirp does not");
        return;
    }
    if (!unary_message(call, &message))
        return;
    const char *before = call_has(call, DEFECT_TWIRP_BACKEND_PREFIX_MISSING) ? "" : TWIRP_PREFIX;
    const char *target = arena_printf(&call->arena, "%s%.*s", before, SPAN_FMT(path));
    bool kept = call_has(call, DEFECT_REVERSE_TYPE_KEPT);
    const char *type = kept ? (const char *)fields_value(&call->headers, "content-type").data : message_type;
    if (call_has(call, DEFECT_REVERSE_PREFIX_KEPT))
        message = buf_span(&call->body);
    if (target)
        unary_send(call, span_cstr(call_has(call, DEFECT_REVERSE_SENT_BY_PUT) ? "PUT" : "POST"), span_cstr(target),
                   type, message_type, message.data ? message : span_cstr(""), true);
    else
        bridge_fail(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
}

/* ---- the answer */

struct twirp_error {
    struct span code; /* empty: it is no error of Twirp */
    struct span text;
};

/* What the member at the reader means, as text; empty when it is none. */
static struct span member_text(struct call *call, struct json_reader *reader, enum json_token token)
{
    if (token != JSON_STRING)
        return span_of(NULL, 0);
    buf_reset(&call->out);
    json_string_decode(&call->out, reader->text);
    return arena_dup(&call->arena, buf_span(&call->out));
}

/* {"code": "...", "msg": "...", "meta": {...}}; unknown members and meta are passed over. */
static void read_error(struct call *call, struct span body, struct twirp_error *error)
{
    struct json_reader reader;
    struct err err;
    enum json_token token;
    *error = (struct twirp_error){.code = {0}};
    json_reader_init(&reader, body);
    if (json_reader_next(&reader, &err) != JSON_OBJECT_BEGIN)
        return;
    while ((token = json_reader_next(&reader, &err)) == JSON_KEY) {
        bool code = span_is(reader.text, "code");
        bool text = span_is(reader.text, "msg");
        if (!code && !text && json_reader_skip(&reader, &err) != JSON_ERROR)
            continue;
        struct span value = member_text(call, &reader, json_reader_next(&reader, &err));
        if (code)
            error->code = value;
        else
            error->text = value;
    }
    if (token != JSON_OBJECT_END || json_reader_next(&reader, &err) != JSON_END)
        *error = (struct twirp_error){.code = {0}};
}

static uint32_t code_of(const struct call *call, struct span name)
{
    uint32_t code = GRPC_UNKNOWN;
    if (call_has(call, DEFECT_TWIRP_BACKEND_CODES_UNKNOWN) &&
        (span_is(name, "malformed") || span_is(name, "bad_route") || span_is(name, "dataloss") ||
         span_is(name, "canceled")))
        return GRPC_UNKNOWN;
    if ((span_is(name, "not_found") || span_is(name, "failed_precondition")) &&
        call_has(call, DEFECT_TWIRP_BACKEND_CODES_MISSING))
        return GRPC_UNKNOWN;
    if (span_is(name, "data_loss") && call_has(call, DEFECT_TWIRP_BACKEND_DATA_LOSS_UNKNOWN))
        return GRPC_UNKNOWN;
    if (!twirp_code_parse(name, &code))
        return call_has(call, DEFECT_TWIRP_BACKEND_UNKNOWN_CODE_OK) ? GRPC_OK : GRPC_UNKNOWN;
    if (code == GRPC_UNAUTHENTICATED && call_has(call, DEFECT_RPC_UNAUTHENTICATED_DENIED))
        return GRPC_PERMISSION_DENIED;
    return code;
}

/* Whether the answer is an error of Twirp, which then has been answered. */
static bool failed(struct call *call, const struct response_seen *seen)
{
    struct twirp_error error;
    struct span type = call_media_type(fields_value(&seen->headers, "content-type"));
    if (seen->status == 200 || !span_equal_nocase(type, span_cstr("application/json")))
        return false;
    read_error(call, buf_span(&seen->body), &error);
    if (error.code.len == 0 || call_has(call, DEFECT_HTTP_STATUS_IGNORED))
        return false;
    uint32_t code = call_has(call, DEFECT_TWIRP_BACKEND_CODE_OF_STATUS) ? (uint32_t)status_from_http(seen->status)
                                                                        : code_of(call, error.code);
    if (call_has(call, DEFECT_TWIRP_BACKEND_TEXT_LOST))
        error.text.len = 0;
    if (call_has(call, DEFECT_TWIRP_BACKEND_TEXT_WHOLE))
        error.text = buf_span(&seen->body);
    if (code == GRPC_OK)
        unary_reply_message(call, seen, span_of(NULL, 0));
    else
        unary_reply_error(call, code, error.text, span_of(NULL, 0));
    return true;
}

static void end(struct call *call, const struct response_seen *seen)
{
    static const char *const types[] = {message_type, NULL};
    if (seen->status != 200 && call_has(call, DEFECT_TWIRP_BACKEND_ERROR_OK)) {
        unary_reply_message(call, seen, span_of(NULL, 0));
        return;
    }
    if (!failed(call, seen) && !unary_failed(call, seen, false) && unary_type_is(call, seen, types))
        unary_reply_message(call, seen, buf_span(&seen->body));
}

const struct bridge_mode bridge_twirp_backend = {
    .mode = MODE_TWIRP_BACKEND, .backend = BRIDGE_HTTP1, .request = request, .end = end, .fail = bridge_grpc_fail};
