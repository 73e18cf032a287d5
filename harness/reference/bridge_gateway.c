/* gRPC to a function behind the invocation API, as Amazon API Gateway's Lambda proxy integration calls it.
 *
 * The request becomes an event (gateway_event.h), the function's JSON (function_answer.h) the answer. With trailers it
 * is a gateway that knows gRPC: the status among the function's headers goes into trailers, or into Trailers-Only where
 * there is no body, and whatever is not a gRPC answer becomes an explicit error. Several messages in one body pass, so
 * that streams work as far as a function can: whole requests, whole answers. */
#include "harness/base/base64.h"
#include "harness/engine/grpc/client_view.h"
#include "harness/engine/grpc/metadata.h"
#include "harness/engine/json/writer.h"
#include "harness/engine/transcode/function_answer.h"
#include "harness/reference/bridge.h"
#include "harness/reference/defect_fields.h"
#include "harness/reference/defect_gateway.h"
#include "harness/reference/gateway_event.h"

#define MAX_PAYLOAD (6u << 20) /* of an event, and of an answer: a quota of AWS Lambda for synchronous invocations */
#define SHOWN       64u        /* bytes of a content type in an error */

static const char invocation_path[] = "/2015-03-31/functions/function/invocations";

static void no_memory(struct call *call)
{
    bridge_fail(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
}

/* ---- the invocation */

static void send_event(struct call *call, struct span event)
{
    struct fields fields = {0};
    bool ok = fields_add_view(&fields, &call->arena, span_cstr("content-type"), span_cstr("application/json")) &&
              fields_add_view(&fields, &call->arena, span_cstr("x-amz-invocation-type"), span_cstr("RequestResponse"));
    if (!ok) {
        no_memory(call);
        return;
    }
    call->attempts++;
    bridge_send(call, &(struct bridge_request){.method = span_cstr("POST"),
                                               .target = span_cstr(invocation_path),
                                               .fields = &fields,
                                               .body = event,
                                               .timeout_ms = bridge_grpc_timeout_ms(call)});
}

static void request(struct call *call)
{
    struct buf event;
    buf_init(&event, MAX_PAYLOAD);
    event.budget = call->core->budget;
    size_t refused = budget_refusals(call->core->budget);
    bool written = gateway_event_write(call, &event);
    if (written)
        send_event(call, buf_span(&event));
    else if (call_starved(call, refused))
        no_memory(call);
    else if (event.failed)
        bridge_fail(call, 413, GRPC_RESOURCE_EXHAUSTED, "the request is too large for a function");
    else
        bridge_fail(call, 400, GRPC_INVALID_ARGUMENT, "the request fits into no event");
    buf_fini(&event);
}

/* ---- errors */

/* The error of a gateway that knows nothing of gRPC. */
static void fail_plainly(struct call *call, int http_status, struct span text)
{
    struct fields fields = {0};
    buf_reset(&call->out);
    buf_append_cstr(&call->out, "{\"message\":");
    json_write_string(&call->out, text);
    buf_append_cstr(&call->out, "}");
    fields_add_view(&fields, &call->arena, span_cstr("content-type"), span_cstr("application/json"));
    bridge_respond(call, http_status, &fields, buf_span(&call->out));
}

static void fail(struct call *call, int http_status, uint32_t code, struct span text)
{
    bool plain = call->core->gateway.no_trailers || call_has(call, DEFECT_GATEWAY_ERROR_AS_HTTP);
    if (plain && !call->begun)
        fail_plainly(call, http_status, text);
    else
        bridge_grpc_fail(call, http_status, code, text);
}

/* ---- what became of the invocation */

static bool contains(struct span text, const char *part)
{
    return text.len > 0 && memmem(text.data, text.len, part, strlen(part)) != NULL;
}

/* A defect: once more. */
static bool retried(struct call *call)
{
    if (!call_has(call, DEFECT_GATEWAY_INVOCATION_RETRIED) || call->attempts > 1)
        return false;
    request(call);
    return true;
}

/* The API did not invoke the function. */
static void refused(struct call *call, int status)
{
    if (call_has(call, DEFECT_GATEWAY_REFUSAL_OK))
        bridge_grpc_succeed_empty(call);
    else if (retried(call))
        return;
    else if (status == 413)
        bridge_fail(call, 413, GRPC_RESOURCE_EXHAUSTED, "the request is too large for the function");
    else
        bridge_fail(call, status == 429 || status == 503 ? status : 502, status_from_http(status),
                    "the invocation of the function was refused");
}

/* The function was invoked, and did not answer. An exception of a server's code is UNKNOWN: statuscodes.md. */
static void function_failed(struct call *call, struct span payload)
{
    if (call_has(call, DEFECT_GATEWAY_FUNCTION_ERROR_OK))
        bridge_grpc_succeed_empty(call);
    else if (retried(call))
        return;
    else if (contains(payload, "Sandbox.Timedout") || contains(payload, "Task timed out"))
        bridge_fail(call, 504, GRPC_DEADLINE_EXCEEDED, "the function did not answer in its time");
    else if (contains(payload, "Function.ResponseSizeTooLarge"))
        bridge_fail(call, 502, GRPC_RESOURCE_EXHAUSTED, "the answer of the function is too large");
    else
        bridge_fail(call, 502, GRPC_UNKNOWN, "the function failed");
}

static void malformed(struct call *call, const char *text)
{
    if (call_has(call, DEFECT_GATEWAY_MALFORMED_OK))
        bridge_grpc_succeed_empty(call);
    else
        bridge_fail(call, 502, GRPC_INTERNAL, text);
}

/* ---- the body */

/* The bytes that the answer means. false: it is not the base64 that it says, or no memory. */
static bool take_body(struct call *call, const struct function_answer *answer, struct buf *body)
{
    bool encoded = answer->encoded && !call->core->gateway.text_bodies && !call_has(call, DEFECT_GATEWAY_FLAG_IGNORED);
    bool tried = call_has(call, DEFECT_GATEWAY_TEXT_DECODED) && base64_decode(body, answer->body);
    if (tried)
        return true;
    if (!encoded)
        return buf_append_span(body, answer->body);
    if (base64_decode(body, answer->body))
        return defect_gateway_decoded(call, body);
    return call_has(call, DEFECT_GATEWAY_GARBAGE_EMPTY) && defect_gateway_empty(body);
}

/* ---- a plain HTTP answer */

static void answer_plainly(struct call *call, const struct function_answer *answer, struct span body)
{
    struct fields fields = {0};
    bool bodyless = answer->status == 204 || answer->status == 304;
    bool ok = bridge_pass_response_fields(call, &fields, &answer->headers, NULL);
    if (!fields_find(&fields, "content-type"))
        ok = ok && fields_add_view(&fields, &call->arena, span_cstr("content-type"), span_cstr("application/json"));
    if (!ok)
        no_memory(call);
    else
        bridge_respond(call, answer->status, &fields, bodyless ? span_of(NULL, 0) : body);
}

/* ---- a gRPC answer */

struct grpc_answer {
    const struct function_answer *from;
    struct span body;
    uint32_t status;
    struct fields head;
    struct fields trailers;
};

/* Why the body is not what it must be; NULL: it is whole messages that may stand there. */
static const char *body_problem(struct call *call, const struct grpc_answer *answer, uint32_t *code)
{
    struct span path = span_of(call->target.data, span_index_of(call->target, '?', 0));
    const struct schema_method *method = schema_method_find(call->core->schema, path);
    struct span encoding = fields_value(&answer->from->headers, "grpc-encoding");
    bool compressed = encoding.len > 0 && !span_is(encoding, "identity");
    struct span rest = answer->body;
    size_t count = 0;
    *code = GRPC_INTERNAL;
    for (; rest.len > 0; count++) {
        struct span at = rest;
        uint8_t flags = 0;
        uint32_t len = 0;
        enum client_piece piece = client_piece_next(&rest, &flags, &len);
        bool too_long = piece == CLIENT_PIECE_TOO_LONG && len <= span_from(at, FRAME_PREFIX_LEN).len;
        if ((piece != CLIENT_PIECE_MESSAGE && !too_long) || flags > FRAME_FLAG_COMPRESSED)
            return "the body of the function's answer is not whole messages behind their length prefixes";
        if (flags == FRAME_FLAG_COMPRESSED && !compressed)
            return "a message of the function is compressed, and grpc-encoding does not say how";
        if (too_long) {
            *code = GRPC_RESOURCE_EXHAUSTED;
            return "a message of the function is too large";
        }
    }
    if (answer->status == GRPC_OK && method && !method->server_streaming && count != 1)
        return "the function answers a unary call with OK, and not with one message";
    return NULL;
}

static bool add_trailers(struct call *call, struct grpc_answer *answer)
{
    const struct fields *headers = &answer->from->headers;
    bool ok = bridge_grpc_status_fields(call, &answer->trailers, answer->status, span_of(NULL, 0));
    struct span message = fields_value(headers, "grpc-message");
    struct span details = fields_value(headers, "grpc-status-details-bin");
    if (message.len > 0 && !call_has(call, DEFECT_GATEWAY_MESSAGE_LOST)) {
        message = call_has(call, DEFECT_GATEWAY_MESSAGE_DECODED) ? defect_gateway_message(call, message)
                                                                 : bridge_grpc_safe_message(call, message);
        ok = ok && message.data && fields_add_view(&answer->trailers, &call->arena, span_cstr("grpc-message"), message);
    }
    if (details.len > 0 && !call_has(call, DEFECT_GATEWAY_DETAILS_LOST))
        ok = ok && fields_add_view(&answer->trailers, &call->arena, span_cstr("grpc-status-details-bin"), details);
    return ok;
}

static bool add_head(struct call *call, struct grpc_answer *answer)
{
    if (call_has(call, DEFECT_RESPONSE_METADATA_LOST))
        return fields_add_view(&answer->head, &call->arena, span_cstr("content-type"),
                               fields_value(&answer->from->headers, "content-type"));
    bool ok = bridge_pass_response_fields(call, &answer->head, &answer->from->headers, bridge_grpc_status_names);
    if (call_has(call, DEFECT_GATEWAY_TYPE_MISSING_OK) && !fields_find(&answer->head, "content-type"))
        ok = ok &&
             fields_add_view(&answer->head, &call->arena, span_cstr("content-type"), span_cstr("application/grpc"));
    for (size_t i = 0; i < answer->head.count; i++) {
        struct field *field = &answer->head.items[i];
        if (call_has(call, DEFECT_GATEWAY_BINARY_ENCODED) && metadata_is_binary(field->name))
            field->value = gateway_encoded_again(call, field->value);
        if (call_has(call, DEFECT_GATEWAY_TYPE_REPLACED) && span_is(field->name, "content-type"))
            field->value = span_cstr("application/octet-stream");
        if (call_has(call, DEFECT_GATEWAY_TYPE_UNCHECKED) && span_is(field->name, "content-type"))
            field->value = span_cstr("application/grpc");
    }
    return ok && defect_fields_response(call, &answer->head, 0);
}

/* Trailers-Only where there is no body. */
static void send_grpc(struct call *call, struct grpc_answer *answer)
{
    if (call_has(call, DEFECT_GATEWAY_EMPTY_LOST) && answer->body.len == FRAME_PREFIX_LEN)
        answer->body.len = 0;
    bool whole = answer->body.len > 0 && !call_has(call, DEFECT_GATEWAY_TRAILERS_LOST);
    bool in_head = !whole || call_has(call, DEFECT_GATEWAY_STATUS_TWICE);
    bool ok = add_head(call, answer) && add_trailers(call, answer);
    for (size_t i = 0; in_head && ok && i < answer->trailers.count; i++)
        ok = fields_add_view(&answer->head, &call->arena, answer->trailers.items[i].name,
                             answer->trailers.items[i].value);
    if (!ok) {
        no_memory(call);
        return;
    }
    if (answer->body.len == 0) {
        bridge_head_only(call, 200, &answer->head);
        return;
    }
    bridge_begin(call, 200, &answer->head);
    bridge_data(call, answer->body);
    if (whole)
        bridge_trailers(call, &answer->trailers);
    else
        bridge_finish(call);
}

static void fail_status(struct call *call, int status)
{
    uint32_t code = call_has(call, DEFECT_HTTP_STATUS_UNMAPPED) ? GRPC_UNKNOWN : status_from_http(status);
    bridge_fail(call, status >= 400 ? status : 502, code, "the function answered with another statusCode than 200");
}

/* Whether the answer says that it is gRPC's. */
static bool type_checked(struct call *call, const struct function_answer *answer)
{
    struct span type = fields_value(&answer->headers, "content-type");
    if (client_view_is_grpc(type) || call_has(call, DEFECT_GATEWAY_TYPE_UNCHECKED) ||
        (type.len == 0 && call_has(call, DEFECT_GATEWAY_TYPE_MISSING_OK)))
        return true;
    if (answer->status != 200)
        fail_status(call, answer->status);
    else if (type.len == 0)
        bridge_fail(call, 502, GRPC_UNKNOWN, "the function's answer has no content-type");
    else
        bridge_fail(call, 502, GRPC_UNKNOWN,
                    arena_printf(&call->arena, "the function's answer has the content-type %.*s, not application/grpc",
                                 (int)(type.len < SHOWN ? type.len : SHOWN), (const char *)type.data));
    return false;
}

/* grpc-status of the function, as the client shall see it. */
static bool take_status(struct call *call, const struct function_answer *answer, uint32_t *status)
{
    struct span value = fields_value(&answer->headers, "grpc-status");
    bool given = status_parse(value, status) && fields_count(&answer->headers, "grpc-status") == 1;
    if (call_has(call, DEFECT_GATEWAY_GRPC_STATUS_IGNORED) ||
        (value.len == 0 && call_has(call, DEFECT_GATEWAY_MISSING_STATUS_OK))) {
        *status = GRPC_OK;
        given = true;
    }
    /* An HTTP error whose gRPC status is OK, or is not there, is an error. */
    if (answer->status != 200 && (!given || *status == GRPC_OK))
        fail_status(call, answer->status);
    else if (!given)
        bridge_fail(call, 502, GRPC_UNKNOWN,
                    value.len == 0 ? "the function's answer has no grpc-status"
                                   : "the function's answer has a grpc-status that cannot be read");
    return !call->done;
}

static bool fields_checked(struct call *call, struct function_answer *answer)
{
    if (call_has(call, DEFECT_GATEWAY_FIELD_SPLIT))
        return defect_gateway_split(call, &answer->headers);
    for (size_t i = 0; i < answer->headers.count; i++) {
        const struct field *field = &answer->headers.items[i];
        if (call_field_valid(field) || span_is(field->name, "grpc-message"))
            continue;
        bridge_fail(call, 502, GRPC_INTERNAL, "a header of the function's answer is malformed");
        return false;
    }
    return true;
}

static void answer_grpc(struct call *call, struct function_answer *answer, struct span body)
{
    struct grpc_answer grpc = {.from = answer, .body = body};
    uint32_t code;
    if (!type_checked(call, answer) || !fields_checked(call, answer) || !take_status(call, answer, &grpc.status))
        return;
    if (call_has(call, DEFECT_TRAILERS_ONLY_OK_EMPTY_ACCEPTED) && grpc.status == GRPC_OK && body.len == 0) {
        bridge_grpc_succeed_empty(call);
        return;
    }
    const char *problem = defect_gateway_unchecked(call) ? NULL : body_problem(call, &grpc, &code);
    if (problem && grpc.status == GRPC_OK) {
        bridge_fail(call, 502, code, problem);
        return;
    }
    if (problem)
        grpc.body = span_of(NULL, 0); /* the function's error says enough */
    send_grpc(call, &grpc);
}

static void answer_event(struct call *call, struct function_answer *answer)
{
    struct buf body;
    buf_init(&body, BRIDGE_MAX_ANSWER);
    body.budget = call->core->budget;
    if (call_has(call, DEFECT_GATEWAY_MULTI_VALUE_LOST))
        answer->headers = answer->single;
    bool cookies = call->core->gateway.format_2 && !call_has(call, DEFECT_GATEWAY_COOKIES_LOST);
    for (size_t i = 0; i < answer->cookies.count && cookies; i++) {
        const struct field *cookie = &answer->cookies.items[i];
        if (!fields_add_view(&answer->headers, &call->arena, cookie->name, cookie->value)) {
            no_memory(call);
            return;
        }
    }
    if (call_has(call, DEFECT_GATEWAY_STATUS_CODE_IGNORED) && answer->status != 0)
        answer->status = 200;
    if (answer->status < 200)
        malformed(call, "the function's answer has no statusCode that ends a request");
    else if (!take_body(call, answer, &body) || !defect_gateway_body(call, &body))
        malformed(call, "the body of the function's answer is not the base64 that it says");
    else if (call->core->gateway.no_trailers)
        answer_plainly(call, answer, buf_span(&body));
    else
        answer_grpc(call, answer, buf_span(&body));
    buf_fini(&body);
}

static void end(struct call *call, const struct response_seen *seen)
{
    struct function_answer answer;
    struct function_reader reader = {.arena = &call->arena};
    struct err err = {.code = ERR_OK};
    struct span payload = buf_span(&seen->body);
    if (seen->status < 200 || seen->status > 299)
        refused(call, seen->status);
    else if (fields_find(&seen->headers, "x-amz-function-error") &&
             !call_has(call, DEFECT_GATEWAY_FUNCTION_ERROR_UNSEEN))
        function_failed(call, payload);
    else if (payload.len > MAX_PAYLOAD && !call_has(call, DEFECT_GATEWAY_SIZE_UNCHECKED))
        bridge_fail(call, 502, GRPC_RESOURCE_EXHAUSTED, "the answer of the function is larger than 6 MB");
    else if (function_answer_read(&reader, &answer, payload, &err) != ERR_OK)
        malformed(call, "the function's answer is not of the form that a gateway reads");
    else
        answer_event(call, &answer);
}

const struct bridge_mode bridge_gateway = {
    .mode = MODE_GATEWAY, .backend = BRIDGE_HTTP1, .request = request, .end = end, .fail = fail};
