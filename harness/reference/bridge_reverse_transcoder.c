/* gRPC to HTTP/JSON by the rules of google.api.http: the request that the method's first rule asks for (expand.h), and
 * the answer's JSON back. A 2xx is a success, and its body the message, or the field that response_body names. Any
 * other status is an error; one whose body is a google.rpc.Status as JSON has that status, else the HTTP status tells
 * the code and the body is the text. Methods that stream are UNIMPLEMENTED. */
#include "harness/engine/transcode/expand.h"
#include "harness/engine/http_rule/query.h"
#include "harness/reference/unary.h"

#define MAX_MESSAGE (16u << 20)

static const char json_type[] = "application/json";

/* ---- the request */

/* The first rule of the method that is called, or NULL; *why says why there is none. */
static const struct router_binding *binding_of(struct call *call, const char **why)
{
    struct span path = span_of(call->target.data, span_index_of(call->target, '?', 0));
    const struct schema_method *method = schema_method_find(call->core->schema, path);
    bool streams = method && (method->client_streaming || method->server_streaming);
    *why = !method ? "there is no such method" : "the method has no HTTP rule";
    if (streams && !call_has(call, DEFECT_REVERSE_STREAM_AS_UNARY)) {
        *why = "methods that stream cannot be called over HTTP/JSON";
        return NULL;
    }
    for (size_t i = 0; method && i < router_binding_count(call->core->router); i++) {
        const struct router_binding *binding = router_binding_at(call->core->router, i);
        if (binding->method == method && binding->index == 0)
            return binding;
    }
    return NULL;
}

/* Defects: the target as a careless client writes it. */
static void change_target(struct call *call, struct transcode_expansion *expansion)
{
    size_t query = span_index_of(expansion->target, '?', 0);
    struct span path = span_of(expansion->target.data, query);
    struct span rest = span_from(expansion->target, query);
    if (call_has(call, DEFECT_REVERSE_QUERY_LOST))
        rest = span_of(NULL, 0);
    if (call_has(call, DEFECT_REVERSE_REPEATED_LOST))
        rest.len = span_index_of(rest, '&', 0);
    if (call_has(call, DEFECT_REVERSE_PATH_UNENCODED))
        path = query_unescape(path, false, false, &call->arena, NULL);
    if (call_has(call, DEFECT_REVERSE_QUERY_UNENCODED))
        rest = query_unescape(rest, false, false, &call->arena, NULL);
    const char *target = arena_printf(&call->arena, "%.*s%.*s", (int)path.len, path.data ? (const char *)path.data : "",
                                      (int)rest.len, rest.data ? (const char *)rest.data : "");
    if (target)
        expansion->target = span_cstr(target);
}

/* Defects: more in the body than belongs there. */
static void change_body(struct call *call, const struct router_binding *binding, struct span message,
                        struct transcode_expansion *expansion)
{
    static const struct protojson_options options;
    bool whole = (call_has(call, DEFECT_REVERSE_BOUND_IN_BODY) && binding->body_all) ||
                 (call_has(call, DEFECT_REVERSE_BODY_WHOLE) && binding->body_field);
    buf_reset(&call->out);
    if (whole && proto_to_json(&call->out, binding->method->input, message, &options, &call->arena, NULL) == ERR_OK)
        expansion->body = arena_dup(&call->arena, buf_span(&call->out));
}

/* A defect: the path with nothing, or anything, in its variables. */
static bool expand_anyhow(struct call *call, const struct router_binding *binding, const char *why,
                          struct transcode_expansion *expansion)
{
    bool empty = strstr(why, "it is empty") && call_has(call, DEFECT_REVERSE_EMPTY_VARIABLE_SENT);
    bool unlike = strstr(why, "the form of its segments") && call_has(call, DEFECT_REVERSE_PATTERN_UNCHECKED);
    struct span path = binding->rule.path;
    const char *target = arena_printf(&call->arena, "%.*s%s", (int)span_index_of(path, '{', 0), (const char *)path.data,
                                      unlike ? "shelves" : "");
    expansion->method = binding->rule.method;
    expansion->target = span_cstr(target ? target : "/");
    return empty || unlike;
}

static void request(struct call *call)
{
    const char *why;
    struct err err = {.text = ""};
    struct transcode_expansion expansion;
    struct span message;
    if (!unary_is_grpc(call))
        return;
    const struct router_binding *binding = binding_of(call, &why);
    if (!binding) {
        bridge_fail(call, 404, GRPC_UNIMPLEMENTED, why);
        return;
    }
    if (!unary_message(call, &message))
        return;
    enum err_code code = transcode_expand(&expansion, binding, message, &call->arena, &err);
    if (code == ERR_RANGE && expand_anyhow(call, binding, err.text, &expansion))
        code = ERR_OK;
    if (code != ERR_OK) {
        bridge_fail(call, 400,
                    code == ERR_RANGE   ? GRPC_INVALID_ARGUMENT
                    : code == ERR_LIMIT ? GRPC_RESOURCE_EXHAUSTED
                                        : GRPC_INTERNAL,
                    err.text);
        return;
    }
    change_target(call, &expansion);
    change_body(call, binding, message, &expansion);
    call->request.match.binding = binding;
    struct span type = arena_dup(&call->arena, expansion.content_type);
    unary_send(call, expansion.method, expansion.target, type.len > 0 ? (const char *)type.data : NULL, json_type,
               expansion.body, true);
}

/* ---- the answer */

/* A google.rpc.Status as JSON. */
static bool status_answered(struct call *call, const struct response_seen *seen)
{
    static const struct protojson_options options = {.ignore_unknown_fields = true};
    const struct schema_message *type = schema_message_find(call->core->schema, span_cstr("google.rpc.Status"));
    struct span content_type = call_media_type(fields_value(&seen->headers, "content-type"));
    struct wire_reader reader;
    struct wire_field field;
    struct span text = span_of(NULL, 0);
    uint64_t code = GRPC_OK;
    struct buf *wire = &call->message;
    buf_reset(wire);
    if (!type || !span_equal_nocase(content_type, span_cstr(json_type)) ||
        json_to_proto(wire, type, buf_span(&seen->body), &options, &call->arena, NULL) != ERR_OK)
        return false;
    wire_reader_init(&reader, buf_span(wire));
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number == 1 && field.type == WIRE_VARINT)
            code = field.value;
        else if (field.number == 2 && field.type == WIRE_LEN)
            text = field.bytes;
    }
    if (code == GRPC_OK || code >= GRPC_STATUS_COUNT)
        return false;
    unary_reply_error(call, (uint32_t)code, text, buf_span(wire));
    return true;
}

static bool failed(struct call *call, const struct response_seen *seen)
{
    bool success = seen->status >= 200 && seen->status <= 299;
    if (!success && !fields_find(&seen->headers, "grpc-status") && !call_has(call, DEFECT_HTTP_STATUS_IGNORED) &&
        status_answered(call, seen))
        return true;
    return unary_failed(call, seen, true);
}

/* It is read as the request of a method is that takes what this one returns. */
static bool take_message(struct call *call, const struct response_seen *seen, struct buf *message, struct err *err)
{
    static const struct transcode_options options = {.json.ignore_unknown_fields = true};
    const struct router_binding *binding = call->request.match.binding;
    struct schema_method echo = *binding->method;
    echo.input = echo.output;
    struct router_binding back = {.method = &echo, .body_field = binding->response_body_field};
    back.body_all = !back.body_field;
    const struct transcode_request answer = {.match = {.binding = &back}};
    if (call_has(call, DEFECT_REVERSE_JSON_PASSED))
        return buf_append_span(message, buf_span(&seen->body));
    struct span type = call_has(call, DEFECT_HTTP_BODY_TYPE_LOST) ? span_cstr(json_type)
                                                                  : fields_value(&seen->headers, "content-type");
    enum transcode_result result =
        transcode_body(&answer, message, type, buf_span(&seen->body), &options, &call->arena, err);
    if (result == TRANSCODE_OK)
        return true;
    buf_reset(message);
    return call_has(call, DEFECT_REVERSE_BAD_JSON_EMPTY);
}

static bool is_raw(const struct router_binding *binding)
{
    const struct schema_field *field = binding->response_body_field;
    const struct schema_message *type = field ? field->message : binding->method->output;
    return type && type->well_known == SCHEMA_WKT_HTTP_BODY;
}

static void end(struct call *call, const struct response_seen *seen)
{
    static const char *const types[] = {json_type, NULL};
    struct err err = {.text = ""};
    struct buf message;
    bool empty = seen->body.len == 0;
    if (failed(call, seen) || (!empty && !is_raw(call->request.match.binding) && !unary_type_is(call, seen, types)))
        return;
    buf_init(&message, MAX_MESSAGE);
    message.budget = call->core->budget;
    if (take_message(call, seen, &message, &err))
        unary_reply_message(call, seen, buf_span(&message));
    else
        unary_reply_error(call, GRPC_INTERNAL, span_cstr(err.text), span_of(NULL, 0));
    buf_fini(&message);
}

const struct bridge_mode bridge_reverse_transcoder = {
    .mode = MODE_REVERSE_TRANSCODER, .backend = BRIDGE_HTTP1, .request = request, .end = end, .fail = bridge_grpc_fail};
