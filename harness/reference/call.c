/* One request of a client as a call of the backend. */
#include "harness/reference/call.h"

#include <stdlib.h>

#include "harness/engine/grpc/client_view.h"
#include "harness/engine/json/reader.h"
#include "harness/engine/grpc/metadata.h"
#include "harness/reference/bridge.h"
#include "harness/reference/codings.h"
#include "harness/reference/defect_fields.h"
#include "harness/reference/defect_forms.h"
#include "harness/reference/defect_leftovers.h"
#include "harness/reference/defect_lenient.h"
#include "harness/reference/defect_neighbours.h"
#include "harness/reference/defect_request.h"
#include "harness/reference/defect_web.h"
#include "harness/reference/upstream.h"

#define REFUSAL_ROOM 512u /* bytes kept for the body of a refusal */

static void deadline_over(void *user)
{
    call_on_deadline(user);
}

struct call *call_new(struct reference_core *core, const struct front_operations *front, void *front_data,
                      struct leftovers *left)
{
    struct budget *budget = core->budget;
    if (!budget_take(budget, sizeof(struct call)))
        return NULL;
    struct call *call = calloc(1, sizeof *call);
    if (!call) {
        budget_give(budget, sizeof(struct call));
        return NULL;
    }
    call->core = core;
    call->front = front;
    call->front_data = front_data;
    call->left = left;
    call->bridge = core->transcodes ? NULL : core->bridge;
    arena_init(&call->arena, REFERENCE_MAX_MEMORY);
    arena_init(&call->scratch, REFERENCE_MAX_MEMORY);
    buf_init(&call->body, REFERENCE_MAX_BODY);
    buf_init(&call->message, REFERENCE_MAX_JSON);
    buf_init(&call->unary, REFERENCE_MAX_JSON);
    buf_init(&call->out, 2 * (size_t)REFERENCE_MAX_JSON);
    buf_init(&call->held, REFERENCE_MAX_JSON);
    call->arena.budget = call->scratch.budget = budget;
    call->body.budget = call->message.budget = call->unary.budget = call->out.budget = call->held.budget = budget;
    /* What a refusal needs is there before anything else is taken. */
    if (!arena_alloc(&call->arena, 1) || !buf_reserve(&call->out, REFUSAL_ROOM)) {
        call_free(call);
        return NULL;
    }
    return call;
}

static void repeat_late(struct call *call);

void call_free(struct call *call)
{
    neighbours_leave(call);
    upstream_detach(call, true);
    bridge_let_go(call);
    if (call_has(call, DEFECT_CALL_REPEATED_LATE) && call->attempts > 0)
        repeat_late(call);
    loop_revoke(&call->task);
    loop_timer_free(call->timer);
    buf_fini(&call->body);
    buf_fini(&call->message);
    buf_fini(&call->unary);
    buf_fini(&call->out);
    buf_fini(&call->held);
    arena_fini(&call->arena);
    arena_fini(&call->scratch);
    budget_give(call->core->budget, sizeof *call);
    free(call);
}

bool call_take_body(struct call *call, struct span bytes, int *status, const char **text)
{
    bool lost = call_has(call, DEFECT_BODY_PIECES_LOST) && call->body.len > 0;
    if (call_has(call, DEFECT_REVERSE_SPLIT_PREFIX_REFUSED) && call->body.len == 0 && bytes.len < FRAME_PREFIX_LEN) {
        *status = 400;
        *text = "the request is too short";
        return false;
    }
    if (lost || buf_append_span(&call->body, forms_piece(call, defect_web_request_piece(call, bytes))))
        return true;
    bool too_large = call->body.len > call->body.max || bytes.len > call->body.max - call->body.len;
    *status = !too_large ? 503 : call_has(call, DEFECT_TOO_LARGE_INTERNAL) ? 500 : 413;
    *text = too_large ? "the request body is too large" : CALL_NO_MEMORY;
    buf_fini(&call->body);
    return false;
}

void call_refuse(struct call *call, int http_status, uint32_t code, const char *text)
{
    if (call->bridge)
        bridge_fail(call, http_status, code, text);
    else
        reply_error(call, http_status, code, span_cstr(text), span_of(NULL, 0), NULL);
}

void call_cancel(struct call *call)
{
    bool finished = call->done;
    call->done = true;
    neighbours_leave(call);
    if (!finished) {
        neighbours_cancelled(call);
        leftovers_break(call);
    }
    loop_timer_free(call->timer);
    call->timer = NULL;
    upstream_detach(call, !finished && !call_has(call, DEFECT_CANCEL_NOT_PROPAGATED));
    bridge_let_go(call);
}

void call_drained(struct call *call)
{
    if (call->exchange)
        bridge_drained(call);
    if (!call->stalled || call->front->queued(call) > REFERENCE_HIGH_WATER / 2)
        return;
    size_t len = call->unconsumed;
    call->unconsumed = 0;
    upstream_stall(call, false);
    upstream_consume(call, len);
}

/* ---- checking the request */

bool call_hop_by_hop(struct span name)
{
    static const char *const names[] = {"connection",        "keep-alive", "proxy-connection", "proxy-authenticate",
                                        "transfer-encoding", "te",         "trailer",          "upgrade",
                                        "http2-settings",    NULL};
    for (size_t i = 0; names[i]; i++) {
        if (span_equal_nocase(name, span_cstr(names[i])))
            return true;
    }
    return false;
}

static bool is_token_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c));
}

/* Names are tokens, values hold no control characters: what is neither can split a message further on. */
bool call_field_valid(const struct field *field)
{
    for (size_t i = 0; i < field->name.len; i++) {
        if (!is_token_byte(field->name.data[i]))
            return false;
    }
    for (size_t i = 0; i < field->value.len; i++) {
        uint8_t c = field->value.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return field->name.len > 0;
}

/* The target as path and query: an absolute form loses its scheme and authority. false: not a path. */
static bool target_cut(const struct call *call, struct span *target)
{
    for (size_t i = 0; i < target->len; i++) {
        uint8_t c = target->data[i];
        if (c <= 0x20 || c >= 0x7f || c == '#')
            return false;
    }
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i]);
        if (target->len < len || !span_equal_nocase(span_of(target->data, len), span_cstr(schemes[i])) ||
            call_has(call, DEFECT_HTTP1_ABSOLUTE_FORM_REFUSED))
            continue;
        size_t at = len;
        while (at < target->len && target->data[at] != '/' && target->data[at] != '?')
            at++;
        *target = span_from(*target, at);
        if (target->len == 0)
            *target = span_cstr("/");
    }
    return target->len > 0 && target->data[0] == '/';
}

/* The media type without parameters and blanks. */
struct span call_media_type(struct span value)
{
    value.len = span_index_of(value, ';', 0);
    return span_trim_end(value, " \t");
}

/* Over HTTP/1.1, which gRPC cannot use. Also the types of gRPC-Web, which begin in the same way. */
static bool is_grpc_type(struct span value)
{
    static const char name[] = "application/grpc";
    size_t len = sizeof name - 1;
    return value.len >= len && span_equal_nocase(span_of(value.data, len), span_cstr(name));
}

static bool body_is_raw(const struct router_binding *binding)
{
    const struct schema_field *field = binding->body_field;
    const struct schema_message *message = field ? field->message : binding->body_all ? binding->method->input : NULL;
    return message && message->well_known == SCHEMA_WKT_HTTP_BODY && !(field && field->repeated);
}

/* Whether the body may be read as its content type says. */
static bool content_accepted(struct call *call)
{
    struct span type = forms_content_type(call);
    if (leftovers_is_encoded(call) && call->body.len > 0)
        return false;
    const struct router_binding *binding = call->request.match.binding;
    if (call_has(call, DEFECT_CONTENT_TYPE_REQUIRED_WITH_QUERY) && type.len == 0 && call->request.query.len > 0)
        return false;
    if (fields_count(&call->headers, "content-type") > 1) /* RFC 9110, section 5.3 */
        return call_has(call, DEFECT_TWO_CONTENT_TYPES_EMPTY);
    if (body_is_raw(binding) || call->body.len == 0 || (!binding->body_all && !binding->body_field))
        return true;
    if (call_has(call, DEFECT_CONTENT_TYPE_UNCHECKED) || call_has(call, DEFECT_FORM_BODY_EMPTY))
        return true;
    if (call_has(call, DEFECT_CONTENT_TYPE_PARAMETERS_REFUSED) && span_index_of(type, ';', 0) < type.len)
        return false;
    if (call_has(call, DEFECT_CONTENT_TYPE_CASE_SENSITIVE))
        return span_is(call_media_type(type), "application/json");
    return span_equal_nocase(call_media_type(type), span_cstr("application/json"));
}

/* ---- sending to the backend */

bool call_for_this_hop(const struct call *call, struct span name)
{
    if (call_hop_by_hop(name))
        return true;
    for (size_t i = 0; i < call->headers.count; i++) {
        const struct field *other = &call->headers.items[i];
        if (!span_equal_nocase(other->name, span_cstr("connection")))
            continue;
        for (size_t at = 0; at < other->value.len;) {
            size_t end = span_index_of(other->value, ',', at);
            while (at < end && (other->value.data[at] == ' ' || other->value.data[at] == '\t'))
                at++;
            if (span_equal_nocase(call_media_type(span_of(other->value.data + at, end - at)), name))
                return true;
            at = end + 1;
        }
    }
    return false;
}

static bool forwarded(const struct call *call, const struct field *field)
{
    static const char *const own[] = {
        "host", "content-length", "content-type", "accept-encoding", "expect", "content-encoding", NULL};
    struct span name = field->name;
    if (call_has(call, DEFECT_REQUEST_HEADERS_LOST) || !forms_keep_headers(call))
        return false;
    for (size_t i = 0; own[i]; i++) {
        if (span_equal_nocase(name, span_cstr(own[i])))
            return false;
    }
    /* Names that begin with grpc- belong to the protocol. */
    return !call_for_this_hop(call, name) &&
           !(name.len >= 5 && span_equal_nocase(span_of(name.data, 5), span_cstr("grpc-")));
}

static bool add(struct call *call, struct fields *fields, const char *name, struct span value)
{
    return fields_add_view(fields, &call->arena, span_cstr(name), value);
}

static struct span request_type(const struct call *call)
{
    struct span type = fields_value(&call->headers, "content-type");
    if (!call_has(call, DEFECT_REQUEST_CONTENT_TYPE_JSON) && call->raw != CALL_RAW_WHOLE)
        return span_cstr("application/grpc");
    return type.len > 0 ? type : span_cstr("application/json");
}

bool call_client_timeout(const struct call *call, uint64_t *timeout_ns)
{
    return metadata_timeout_parse(fields_value(&call->headers, "grpc-timeout"), timeout_ns) && *timeout_ns > 0;
}

/* PROTOCOL-HTTP2.md, "Requests": the order of these fields is the document's. */
static bool request_fields(struct call *call, struct fields *fields)
{
    bool forward = call->raw == CALL_RAW_WHOLE; /* a defect: as it came */
    const struct schema_method *method = forward ? NULL : call->request.match.binding->method;
    struct span path = method ? method->path : call->target;
    if (method && call_has(call, DEFECT_WRONG_RPC_CALLED) && !span_is(call->method, "GET"))
        path = defect_next_method(call->core->schema, method);
    bool ok = add(call, fields, ":method", forward ? call->method : span_cstr("POST")) &&
              add(call, fields, ":scheme", span_cstr(call->core->backend_tls ? "https" : "http")) &&
              add(call, fields, ":path", path) &&
              add(call, fields, ":authority", call->authority.len > 0 ? call->authority : span_cstr("localhost"));
    if (!call_has(call, DEFECT_TE_MISSING))
        ok = ok && add(call, fields, "te", span_cstr("trailers"));
    uint64_t timeout_ns;
    struct span timeout = fields_value(&call->headers, "grpc-timeout");
    if (call_client_timeout(call, &timeout_ns))
        ok = ok && add(call, fields, "grpc-timeout", timeout);
    ok = ok && add(call, fields, "content-type", request_type(call));
    if (method)
        ok = ok && add(call, fields, "grpc-accept-encoding", codings_offered(call));
    size_t custom = fields->count;
    for (size_t i = 0; i < call->headers.count && ok; i++) {
        const struct field *field = &call->headers.items[i];
        if (forwarded(call, field))
            ok = fields_add_view(fields, &call->arena, arena_dup_lower(&call->arena, field->name),
                                 neighbours_header(call, field));
    }
    return ok && defect_fields_request(call, fields, custom);
}

static uint64_t deadline_ms(const struct call *call)
{
    uint64_t timeout_ns;
    uint64_t limit = call->core->deadline_ms;
    if (call_client_timeout(call, &timeout_ns) && timeout_ns / 1000000 < limit)
        return timeout_ns / 1000000;
    return limit;
}

/* A defect: nobody waits for the answer. */
static void repeat_late(struct call *call)
{
    struct fields fields = {0};
    if (request_fields(call, &fields) && upstream_send(call->core->upstream, call, &fields, call->message_sent, true))
        upstream_detach(call, false);
}

void call_send(struct call *call)
{
    struct fields fields = {0};
    if (neighbours_wait(call))
        return;
    if (call_has(call, DEFECT_RECONNECT_MISSING) && call->core->unreachable) {
        call_refuse(call, 0, GRPC_INTERNAL, "there is no connection");
        return;
    }
    call->headers_seen = false;
    call->attempts++;
    frame_parser_init(&call->parser, call_has(call, DEFECT_SIZE_LIMIT_MISSING) ? UINT32_MAX : REFERENCE_MAX_MESSAGE);
    leftovers_send(call);
    if (!request_fields(call, &fields)) {
        call_refuse(call, 0, GRPC_INTERNAL, "out of memory");
        return;
    }
    if (!call->timer && !call_has(call, DEFECT_DEADLINE_MISSING))
        call->timer = loop_timer_new(call->core->loop, deadline_over, call);
    if (call->timer)
        loop_timer_start(call->timer, deadline_ms(call));
    struct upstream *upstream = call->core->upstream;
    bool half_close = call->body.len == 0 || !call_has(call, DEFECT_HALF_CLOSE_MISSING);
    if (call_has(call, DEFECT_CALL_DUPLICATED) &&
        upstream_send(upstream, call, &fields, call->message_sent, half_close))
        upstream_detach(call, false);
    if (!upstream_send(upstream, call, &fields, neighbours_message(call), half_close))
        call_refuse(call, 0, GRPC_UNAVAILABLE, "the backend cannot be reached");
}

/* ---- from request to message */

static enum transcode_result build_message(struct call *call, struct buf *message, struct err *err)
{
    const struct transcode_options options = {.json.lenient = defect_lenient(call->core->defect)};
    struct transcode_request *request = &call->request;
    struct span type = fields_value(&call->headers, "content-type");
    struct span body = buf_span(&call->body);
    if (defect_changes_message(call->core->defect))
        return defect_build_message(call, message, &options, err);
    enum transcode_result result = transcode_body(request, message, type, body, &options, &call->arena, err);
    if (result == TRANSCODE_OK)
        result = transcode_query(request, message, &options, &call->arena, err);
    if (result == TRANSCODE_OK)
        result = transcode_path(request, message, &call->arena, err);
    return result;
}

static void refuse_result(struct call *call, enum transcode_result result, const struct err *err)
{
    struct span text = span_cstr(err->text);
    struct span none = span_of(NULL, 0);
    switch (result) {
    case TRANSCODE_NOT_FOUND:
        reply_error(call, 404, GRPC_NOT_FOUND, text, none, NULL);
        break;
    case TRANSCODE_WRONG_METHOD:
        reply_error(call, 405, GRPC_UNIMPLEMENTED, text, none, call->request.match.allow);
        break;
    case TRANSCODE_BAD_REQUEST:
        reply_error(call, 400, GRPC_INVALID_ARGUMENT, text, none, NULL);
        break;
    default:
        reply_error(call, 500, GRPC_INTERNAL, text, none, NULL);
        break;
    }
}

/* A defect: the request goes to the backend as it came, and its answer comes back as it is. */
static void forward_request(struct call *call)
{
    call->raw = CALL_RAW_WHOLE;
    call->message_sent = buf_span(&call->body);
    call_send(call);
}

/* A value that a gRPC server could not decode would fail the call there: PROTOCOL-HTTP2, "Custom-Metadata". */
static bool binary_checked(const struct call *call, const struct field *field)
{
    if (call_has(call, DEFECT_PADDED_BINARY_REFUSED) && field->value.len > 0 && metadata_is_binary(field->name) &&
        field->value.data[field->value.len - 1] == '=')
        return false;
    return call_has(call, DEFECT_BINARY_VALUES_UNCHECKED) || !metadata_is_binary(field->name) ||
           metadata_binary_valid(field->value);
}

static bool head_checked(struct call *call)
{
    if (!target_cut(call, &call->target)) {
        call_refuse(call, 400, GRPC_INVALID_ARGUMENT, "the request target is not a path");
        return false;
    }
    for (size_t i = 0; i < call->headers.count; i++) {
        if (!call_field_valid(&call->headers.items[i]) && !call_has(call, DEFECT_HTTP1_CONTROLS_ACCEPTED)) {
            call_refuse(call, 400, GRPC_INVALID_ARGUMENT, "a header field is malformed");
            return false;
        }
    }
    return true;
}

static bool checked(struct call *call)
{
    if (!head_checked(call))
        return false;
    for (size_t i = 0; i < call->headers.count; i++) {
        if (!binary_checked(call, &call->headers.items[i])) {
            call_refuse(call, 400, GRPC_INVALID_ARGUMENT, "the value of a -bin header is not base64");
            return false;
        }
    }
    struct span timeout = fields_value(&call->headers, "grpc-timeout");
    if (call_has(call, DEFECT_ZERO_TIMEOUT_EMPTY) && timeout.len > 0 && timeout.data[0] == '0') {
        reply_empty(call);
        return false;
    }
    if (call_has(call, DEFECT_TIMEOUT_UNITS_FEW) && timeout.len > 0 &&
        !memchr("mS", timeout.data[timeout.len - 1], 2)) {
        call_refuse(call, 400, GRPC_INVALID_ARGUMENT, "the unit of grpc-timeout is not known");
        return false;
    }
    if (is_grpc_type(fields_value(&call->headers, "content-type"))) {
        call_refuse(call, 415, GRPC_INVALID_ARGUMENT, "this transcoder takes JSON, not gRPC");
        return false;
    }
    return true;
}

/* A defect: nobody asked for it, and nobody waits for its answer. */
static void add_call(struct call *call)
{
    static const uint8_t empty[FRAME_PREFIX_LEN];
    struct fields fields = {0};
    bool ok = add(call, &fields, ":method", span_cstr("POST")) &&
              add(call, &fields, ":scheme", span_cstr(call->core->backend_tls ? "https" : "http")) &&
              add(call, &fields, ":path", span_cstr("/reservations.v1.ReservationService/DeleteReservation")) &&
              add(call, &fields, ":authority", span_cstr("localhost")) &&
              add(call, &fields, "te", span_cstr("trailers")) &&
              add(call, &fields, "content-type", span_cstr("application/grpc"));
    if (ok && upstream_send(call->core->upstream, call, &fields, span_of(empty, sizeof empty), true))
        upstream_detach(call, false);
}

void call_choose(struct call *call)
{
    if (call->core->transcodes && client_view_is_grpc(fields_value(&call->headers, "content-type")))
        call->bridge = call->core->bridge;
}

/* A defect: of several JSON objects without others in them. */
static void keep_first_object(struct buf *body)
{
    struct span text = buf_span(body);
    size_t begin = span_index_of(text, '{', 0);
    size_t end = span_index_of(text, '}', 0);
    size_t len = end < text.len ? end + 1 - begin : 0;
    if (len > 0)
        memmove(body->data, body->data + begin, len);
    body->len = len;
}

void call_run(struct call *call)
{
    struct err err = {.text = ""};
    size_t refused = budget_refusals(call->core->budget);
    if (call->bridge) {
        if (head_checked(call))
            bridge_run(call);
        return;
    }
    if (call_has(call, DEFECT_CALL_ADDED))
        add_call(call);
    leftovers_request(call);
    if (!checked(call) || leftovers_answer(call))
        return;
    enum transcode_result result = defect_route(call, &err);
    if (call->raw == CALL_RAW_WHOLE) {
        forward_request(call);
        return;
    }
    if (result != TRANSCODE_OK) {
        refuse_result(call, result, &err);
        return;
    }
    const struct schema_method *method = call->request.match.binding->method;
    if (method->client_streaming && call_has(call, DEFECT_REQUEST_STREAM_FIRST_ONLY))
        keep_first_object(&call->body);
    else if (method->client_streaming) {
        call_refuse(call, 501, GRPC_UNIMPLEMENTED, "client streaming is not supported");
        return;
    }
    int refused_coding = codings_body(call);
    if (refused_coding != 0) {
        call_refuse(call, refused_coding, GRPC_INVALID_ARGUMENT,
                    "the request body is not, or not with this size, of a content coding that is known here");
        return;
    }
    if (!content_accepted(call)) {
        call_refuse(call, 415, GRPC_INVALID_ARGUMENT, "the request body must be application/json");
        return;
    }
    if (forms_refuse_body(call)) {
        call_refuse(call, 400, GRPC_INVALID_ARGUMENT, "the request body is not as it should be");
        return;
    }
    struct buf message;
    buf_init(&message, REFERENCE_MAX_JSON);
    message.budget = call->core->budget;
    static const uint8_t prefix[FRAME_PREFIX_LEN];
    bool bare = call_has(call, DEFECT_REQUEST_PREFIX_MISSING);
    if (!bare)
        buf_append(&message, prefix, sizeof prefix);
    result = build_message(call, &message, &err);
    if (result == TRANSCODE_OK && !message.failed) {
        if (!bare)
            frame_prefix_write(message.data, 0, (uint32_t)(message.len - FRAME_PREFIX_LEN));
        defect_change_framed(call, &message);
        call->message_sent = arena_dup(&call->arena, buf_span(&message));
    }
    buf_fini(&message);
    if ((result != TRANSCODE_OK || !call->message_sent.data) && call_starved(call, refused))
        call_refuse(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
    else if (result != TRANSCODE_OK)
        refuse_result(call, result, &err);
    else if (!call->message_sent.data)
        call_refuse(call, 413, GRPC_RESOURCE_EXHAUSTED, "the request message is too large");
    else if (!neighbours_join(call))
        call_send(call);
}
