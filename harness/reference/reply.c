/* What the reference transcoder answers: heads, bodies, errors in their form. */
#include "harness/reference/defect_response.h"
#include "harness/reference/call.h"
#include "harness/reference/codings.h"
#include "harness/reference/defect_fields.h"
#include "harness/reference/defect_forms.h"
#include "harness/reference/defect_leftovers.h"
#include "harness/reference/defect_answer.h"
#include "harness/reference/defect_neighbours.h"

#include <time.h>

/* Where a defect ends an HttpBody: the default size of an HTTP/2 frame. */

static struct span json_type(const struct call *call)
{
    return span_cstr(call_has(call, DEFECT_RESPONSE_CONTENT_TYPE_WRONG) ? "application/grpc" : "application/json");
}

bool reply_is_stream(const struct call *call)
{
    if (call->rpc)
        return call->rpc->server_streaming;
    return call->request.match.binding && call->request.match.binding->method->server_streaming;
}

bool reply_is_raw(const struct call *call)
{
    const struct router_binding *binding = call->request.match.binding;
    const struct schema_field *field = binding->response_body_field;
    const struct schema_message *message = field ? field->message : binding->method->output;
    return message && message->well_known == SCHEMA_WKT_HTTP_BODY && !(field && field->repeated);
}

void reply_metadata(struct call *call, const struct fields *fields)
{
    static const char *const own[] = {"content-type", "content-length", "content-encoding", "date", NULL};
    if (call_has(call, DEFECT_RESPONSE_METADATA_LOST))
        return;
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        bool pass = call_field_valid(field) && !call_hop_by_hop(field->name) && !span_starts_with(field->name, "grpc-");
        for (size_t j = 0; own[j]; j++)
            pass = pass && !span_equal_nocase(field->name, span_cstr(own[j]));
        pass = pass || defect_fields_passes(call, field);
        struct span name = pass ? arena_dup_lower(&call->arena, field->name) : span_of(NULL, 0);
        if (pass && (!name.data || !fields_add(&call->metadata, &call->arena, name, field->value)))
            call->short_of_memory = true;
    }
}

/* RFC 9110, section 6.6.1. */
static void add_date(struct call *call, struct fields *fields)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm;
    time_t now = time(NULL);
    if (!gmtime_r(&now, &tm))
        return;
    const char *text =
        arena_printf(&call->arena, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday, tm.tm_mday,
                     months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (text)
        fields_add_view(fields, &call->arena, span_cstr("date"), span_cstr(text));
}

/* date, content-type, then the backend's metadata. */
static void build_fields(struct call *call, struct fields *fields, struct span type)
{
    const struct field field = {.name = span_cstr("content-type"), .value = type};
    add_date(call, fields);
    bool ok = true;
    if (type.len > 0 && (call_field_valid(&field) || call_has(call, DEFECT_HTTP_BODY_TYPE_UNCHECKED)))
        ok = fields_add_view(fields, &call->arena, field.name, field.value);
    size_t custom = fields->count;
    leftovers_metadata(call);
    for (size_t i = 0; i < call->metadata.count && ok; i++)
        ok = fields_add_view(fields, &call->arena, call->metadata.items[i].name, call->metadata.items[i].value);
    ok = ok && defect_fields_response(call, fields, custom) && codings_announce(call, fields);
    call->short_of_memory = call->short_of_memory || !ok;
}

static void success_fields(struct call *call, struct fields *fields)
{
    bool own = reply_is_raw(call) && !call_has(call, DEFECT_HTTP_BODY_TYPE_LOST);
    struct span type = leftovers_type(call, own ? call->content_type : json_type(call), own);
    if (call_has(call, DEFECT_RESPONSE_CONTENT_TYPE_MISSING))
        type = span_of(NULL, 0);
    if (call_has(call, DEFECT_ANSWER_LABELLED_AS_ACCEPTED) && fields_find(&call->headers, "accept"))
        type = fields_value(&call->headers, "accept");
    build_fields(call, fields, type);
}

static void respond(struct call *call, int status, const struct fields *fields, struct span body)
{
    static const struct fields none = {0};
    call->done = true;
    leftovers_respond(call, &status, &body);
    neighbours_respond(call, status, fields, body);
    if (call->short_of_memory)
        call->front->respond(call, 503, &none, span_of(NULL, 0));
    else
        call->front->respond(call, status, fields, body);
}

void reply_unary(struct call *call)
{
    struct fields fields = {0};
    struct span body = neighbours_body(call, defect_answer(call, buf_span(&call->unary)));
    success_fields(call, &fields);
    if (reply_is_raw(call))
        body = defect_file(call, body);
    codings_compress(call, &fields, &body);
    respond(call, 200, &fields, body);
}

void reply_empty(struct call *call)
{
    struct fields fields = {0};
    if (call->begun) {
        reply_finish(call);
        return;
    }
    build_fields(call, &fields, json_type(call));
    respond(call, 200, &fields, span_cstr(reply_is_stream(call) ? "[]" : "{}"));
}

/* `json` lies in call->out behind one byte that is free for the separator. */
void reply_message(struct call *call, struct span json)
{
    struct call *to = neighbours_stream(call);
    bool first = to->sent_count == 0 && !leftovers_stream_open(call);
    if (!call->begun) {
        struct fields fields = {0};
        success_fields(call, &fields);
        if (call->short_of_memory) {
            respond(call, 503, &fields, span_of(NULL, 0));
            return;
        }
        call->begun = true;
        call->front->begin(call, 200, &fields);
    } else if (reply_is_raw(call) && call_has(call, DEFECT_HTTP_BODY_PIECES_SEPARATED))
        call->front->data(call, span_cstr("\n"));
    to->sent_count++;
    if (reply_is_raw(call) || (!first && call_has(call, DEFECT_STREAM_FRAMING_BROKEN))) {
        call->front->data(call, json);
        return;
    }
    call->out.data[0] = first ? '[' : ',';
    to->front->data(to, span_of(call->out.data, json.len + 1));
}

void reply_finish(struct call *call)
{
    bool array = !reply_is_raw(call);
    if (!call->begun) {
        struct fields fields = {0};
        success_fields(call, &fields);
        bool bare = !array || call_has(call, DEFECT_STREAM_EMPTY_BODY);
        respond(call, 200, &fields, span_cstr(bare ? "" : "[]"));
        return;
    }
    if (array)
        call->front->data(call, span_cstr("]"));
    call->done = true;
    call->front->finish(call);
}

void reply_raw(struct call *call, int status, struct span content_type, struct span body)
{
    struct fields fields = {0};
    build_fields(call, &fields, content_type);
    respond(call, status >= 200 && status <= 599 ? status : 502, &fields, body);
}

/* The text goes into the body unescaped. */
static void unescaped_error(struct buf *out, uint32_t code, struct span text)
{
    buf_printf(out, "{\"code\":%u,\"message\":\"", (unsigned)code);
    buf_append_span(out, text);
    buf_append_cstr(out, "\",\"details\":[]}");
}

/* A defect: the message stands where the error should. */
static bool shows_message(const struct call *call)
{
    return call_has(call, DEFECT_ERROR_BODY_IS_MESSAGE) && call->message_count > 0;
}

static struct span error_type(const struct call *call)
{
    if (call_has(call, DEFECT_ERROR_CONTENT_TYPE_LOST))
        return span_of(NULL, 0);
    if (call_has(call, DEFECT_ERROR_AS_HTML))
        return span_cstr("text/html");
    return shows_message(call) && reply_is_raw(call) ? call->content_type : span_cstr("application/json");
}

/* Whether they stand in the error, and not as bytes of an unknown type. */
static bool details_shown(struct span error)
{
    static const char none[] = "\"details\":[]";
    static const char bytes[] = "\"value\":";
    return !memmem(error.data, error.len, none, sizeof none - 1) &&
           !memmem(error.data, error.len, bytes, sizeof bytes - 1);
}

static void error_body(struct call *call, int http_status, uint32_t code, struct span text, struct span details)
{
    struct buf *out = &call->out;
    const struct router_binding *binding = call->request.match.binding;
    buf_reset(out);
    if (call_has(call, DEFECT_ERROR_BODY_LOST))
        return;
    if (call_has(call, DEFECT_ERROR_AS_HTML)) {
        buf_append_span(out, text);
        return;
    }
    if (shows_message(call)) {
        buf_append_span(out, buf_span(&call->unary));
        return;
    }
    if (call_has(call, DEFECT_ERROR_THROUGH_RESPONSE_BODY) && binding && binding->response_body_field) {
        buf_append_cstr(out, "null");
        return;
    }
    if (call_has(call, DEFECT_ERROR_CODE_IS_HTTP))
        code = (uint32_t)http_status;
    if (call_has(call, DEFECT_ERROR_DETAILS_LOST))
        details = span_of(NULL, 0);
    if (call_has(call, DEFECT_MESSAGE_NOT_ESCAPED))
        unescaped_error(out, code, text);
    else if (!transcode_error(out, code, text, details, call->core->schema, &call->arena))
        buf_reset(out);
    if (call_has(call, DEFECT_UNREADABLE_DETAILS_FATAL) && details.len > 0 && !details_shown(buf_span(out)))
        buf_reset(out);
}

static int error_status(const struct call *call, int http_status, uint32_t code)
{
    if (call_has(call, DEFECT_STATUS_ALWAYS_200))
        return 200;
    if (http_status != 0)
        return http_status;
    if (call_has(call, DEFECT_STATUS_ALWAYS_502))
        return 502;
    if (call_has(call, DEFECT_HTTP_STATUS_PASSED) && call->http_status >= 300)
        return call->http_status;
    if (call_has(call, DEFECT_STATUS_ALWAYS_500) || (call_has(call, DEFECT_NOT_FOUND_MAPPED_TO_500) && code == 5))
        return 500;
    return status_to_http(code);
}

/* What some statuses demand: RFC 9110, sections 15.5.2 and 15.5.6. The challenge is the backend's, if it gave one. */
static void status_fields(struct call *call, struct fields *fields, int http_status, struct span text,
                          const char *allow)
{
    struct span challenge = call_has(call, DEFECT_CHALLENGE_FROM_MESSAGE) ? text : span_cstr("Bearer");
    if (allow && !call_has(call, DEFECT_ALLOW_MISSING))
        fields_add_view(fields, &call->arena, span_cstr("allow"), span_cstr(allow));
    if (http_status == 401 && !fields_find(fields, "www-authenticate") && !call_has(call, DEFECT_CHALLENGE_MISSING))
        fields_add_view(fields, &call->arena, span_cstr("www-authenticate"), challenge);
}

static bool add_status(struct call *call, struct fields *fields, uint32_t code)
{
    return fields_add(fields, &call->arena, span_cstr("grpc-status"),
                      span_cstr(arena_printf(&call->arena, "%u", (unsigned)code)));
}

/* Defects: the stream has its end, and the error stands before or behind that. false: there is none of them. */
static bool end_with_error(struct call *call, uint32_t code)
{
    struct fields trailers = {0};
    bool glued = call_has(call, DEFECT_STREAM_ERROR_GLUED);
    bool goes_on = call_has(call, DEFECT_STREAM_GOES_ON);
    if (!glued && !goes_on && !call_has(call, DEFECT_STREAM_STATUS_IN_TRAILERS))
        return false;
    if (glued || goes_on)
        call->front->data(call, span_cstr(arena_printf(&call->arena, "%s{\"code\":%u,\"message\":\"\"}%s]",
                                                       glued ? "" : ",", (unsigned)code, glued ? "" : ",{}")));
    else
        call->front->data(call, span_cstr("]"));
    call->done = true;
    if (!glued && !goes_on)
        add_status(call, &trailers, code);
    call->front->trailers(call, &trailers);
    return true;
}

void reply_error(struct call *call, int http_status, uint32_t code, struct span text, struct span details,
                 const char *allow)
{
    struct fields fields = {0};
    if (call->done)
        return;
    leftovers_break(call);
    if (call->begun && !reply_is_raw(call) && end_with_error(call, code))
        return;
    if (call->begun) {
        call->done = true;
        call->front->abort(call, H2_CODE_INTERNAL_ERROR);
        return;
    }
    bool own = http_status != 0;
    if (!own && call_has(call, DEFECT_ERROR_IN_HEADER_ONLY) && !reply_is_stream(call)) {
        add_status(call, &call->metadata, code);
        reply_empty(call);
        return;
    }
    http_status = error_status(call, http_status, code);
    leftovers_error(call, &text, &details);
    if (!own && call_has(call, DEFECT_MESSAGE_LOST))
        text = span_of(NULL, 0);
    if (call_has(call, DEFECT_ERROR_NAMES_SOURCE))
        text = span_cstr(arena_printf(&call->arena, "%s:%d: %.*s", __FILE__, __LINE__, SPAN_FMT(text)));
    if (call_has(call, DEFECT_ERROR_METADATA_LOST))
        call->metadata.count = 0;
    error_body(call, http_status, code, text, details);
    build_fields(call, &fields, error_type(call));
    status_fields(call, &fields, http_status, text, allow);
    if (!own && call_has(call, DEFECT_MESSAGE_INJECTED_AS_HEADER))
        fields_add_view(&fields, &call->arena, span_cstr("x-error-message"), text);
    respond(call, http_status, &fields, buf_span(&call->out));
}
