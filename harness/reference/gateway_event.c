/* Writes the event of an API gateway. */
#include "harness/reference/gateway_event.h"

#include "harness/base/base64.h"
#include "harness/base/escape.h"
#include "harness/engine/grpc/frame.h"
#include "harness/engine/grpc/metadata.h"
#include "harness/engine/json/writer.h"
#include "harness/reference/bridge.h"

#define MAX_PARAMETERS 1000u /* of a query */

/* One event as it is written. */
struct event {
    struct call *call;
    struct buf *out;
    struct fields fields; /* of the client, lower case */
    struct span path;
    struct span query;   /* without its question mark */
    struct span cookies; /* that format 2.0 has apart from the headers, as the header has them; empty: none */
};

/* A string whatever its bytes are: those that are not UTF-8 become U+FFFD. */
static void put_string(struct event *event, struct span text)
{
    struct buf *scratch = &event->call->out;
    if (json_write_string(event->out, text))
        return;
    buf_reset(scratch);
    escape_utf8_replace(scratch, text);
    if (!json_write_string(event->out, buf_span(scratch)))
        event->out->failed = true;
}

static void put_key(struct event *event, struct span name)
{
    uint8_t last = event->out->data[event->out->len - 1];
    if (last != '{' && last != '[')
        buf_append_byte(event->out, ',');
    put_string(event, name);
    buf_append_byte(event->out, ':');
}

static void put_member(struct event *event, const char *name, struct span value)
{
    put_key(event, span_cstr(name));
    put_string(event, value);
}

/* ---- pairs of names and values: headers, and parameters of the query */

static bool same_name(const struct fields *fields, size_t a, size_t b)
{
    return span_equal(fields->items[a].name, fields->items[b].name);
}

static bool is_first(const struct fields *fields, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (same_name(fields, i, at))
            return false;
    }
    return true;
}

static size_t last_of(const struct fields *fields, size_t at)
{
    size_t last = at;
    for (size_t i = at + 1; i < fields->count; i++) {
        if (same_name(fields, i, at))
            last = i;
    }
    return last;
}

/* Values of one name with commas between, as format 2.0 has them. */
static void put_joined(struct event *event, const struct fields *fields, size_t at)
{
    struct buf joined;
    buf_init(&joined, REFERENCE_MAX_HEADERS);
    for (size_t i = at; i < fields->count; i++) {
        if (i > at && same_name(fields, i, at))
            buf_append_byte(&joined, ',');
        if (same_name(fields, i, at))
            buf_append_span(&joined, fields->items[i].value);
    }
    if (joined.failed)
        event->out->failed = true;
    else
        put_string(event, buf_span(&joined));
    buf_fini(&joined);
}

/* An object of each name's one value: the last, or all of them joined. */
static void put_single(struct event *event, const char *key, const struct fields *fields, bool joined)
{
    put_key(event, span_cstr(key));
    buf_append_byte(event->out, '{');
    for (size_t i = 0; i < fields->count; i++) {
        if (!is_first(fields, i))
            continue;
        put_key(event, fields->items[i].name);
        if (joined)
            put_joined(event, fields, i);
        else
            put_string(event, fields->items[last_of(fields, i)].value);
    }
    buf_append_byte(event->out, '}');
}

/* An object of lists. */
static void put_several(struct event *event, const char *key, const struct fields *fields)
{
    bool last_only = call_has(event->call, DEFECT_GATEWAY_EVENT_REPEATED_LOST);
    put_key(event, span_cstr(key));
    buf_append_byte(event->out, '{');
    for (size_t i = 0; i < fields->count; i++) {
        if (!is_first(fields, i))
            continue;
        put_key(event, fields->items[i].name);
        buf_append_byte(event->out, '[');
        for (size_t j = last_only ? last_of(fields, i) : i, first = j; j < fields->count; j++) {
            if (!same_name(fields, i, j))
                continue;
            if (j > first)
                buf_append_byte(event->out, ',');
            put_string(event, fields->items[j].value);
        }
        buf_append_byte(event->out, ']');
    }
    buf_append_byte(event->out, '}');
}

/* ---- the parts of the request */

struct span gateway_encoded_again(struct call *call, struct span value)
{
    buf_reset(&call->out);
    return base64_encode(&call->out, value, false) ? arena_dup(&call->arena, buf_span(&call->out)) : value;
}

static bool take_fields(struct event *event)
{
    struct call *call = event->call;
    struct fields all = {0};
    bool ok = true;
    if (call->authority.len > 0)
        ok = fields_add_view(&all, &call->arena, span_cstr("host"), call->authority);
    ok = ok && bridge_pass_request_fields(call, &all, NULL);
    if (call_has(call, DEFECT_GATEWAY_EVENT_TE_SENT))
        ok = ok && fields_add_view(&all, &call->arena, span_cstr("te"), span_cstr("trailers"));
    for (size_t i = 0; i < all.count && ok; i++) {
        struct field field = all.items[i];
        bool cookie = span_is(field.name, "cookie");
        if (cookie && call_has(call, DEFECT_GATEWAY_EVENT_COOKIES_LOST))
            continue;
        if (cookie && call->core->gateway.format_2) {
            event->cookies = field.value;
            continue;
        }
        if (call_has(call, DEFECT_GATEWAY_EVENT_HEADERS_LOST) && !span_is(field.name, "content-type"))
            continue;
        if (call_has(call, DEFECT_GATEWAY_EVENT_BINARY_ENCODED) && metadata_is_binary(field.name))
            field.value = gateway_encoded_again(call, field.value);
        ok = fields_add_view(&event->fields, &call->arena, field.name, field.value);
    }
    return ok;
}

/* The parameters, %XX decoded. false: too many, or no memory. */
static bool take_query(struct event *event, struct fields *out)
{
    struct arena *arena = &event->call->arena;
    bool ok = true;
    for (size_t at = 0; at < event->query.len && ok;) {
        size_t end = span_index_of(event->query, '&', at);
        struct span part = span_of(event->query.data + at, end - at);
        size_t equals = span_index_of(part, '=', 0);
        struct span halves[2] = {span_of(part.data, equals), span_from(part, equals + 1)};
        for (size_t i = 0; i < 2 && ok; i++) {
            buf_reset(&event->call->out);
            ok = metadata_message_decode(&event->call->out, halves[i]);
            halves[i] = arena_dup(arena, buf_span(&event->call->out));
        }
        ok = ok && out->count < MAX_PARAMETERS && fields_add_view(out, arena, halves[0], halves[1]);
        at = end + 1;
    }
    return ok;
}

static void put_body(struct event *event)
{
    struct call *call = event->call;
    struct span body = buf_span(&call->body);
    bool text = call->core->gateway.text_bodies || call_has(call, DEFECT_GATEWAY_EVENT_BODY_AS_TEXT);
    bool flag = !text && !call_has(call, DEFECT_GATEWAY_EVENT_FLAG_LOST);
    if (call_has(call, DEFECT_GATEWAY_EVENT_UNPREFIXED))
        body = span_from(body, FRAME_PREFIX_LEN);
    if (call_has(call, DEFECT_GATEWAY_EVENT_EMPTY_NULL) && body.len == FRAME_PREFIX_LEN)
        body.len = 0;
    put_key(event, span_cstr("body"));
    if (body.len == 0)
        buf_append_cstr(event->out, "null");
    else if (text)
        put_string(event, body);
    else if (call_has(call, DEFECT_GATEWAY_EVENT_BODY_TWICE))
        json_write_base64(event->out, gateway_encoded_again(call, body));
    else
        json_write_base64(event->out, body);
    put_key(event, span_cstr("isBase64Encoded"));
    buf_append_cstr(event->out, flag && body.len > 0 ? "true" : "false");
}

/* ---- the formats */

static void put_format_1(struct event *event, const struct fields *query)
{
    struct call *call = event->call;
    put_member(event, "version", span_cstr("1.0"));
    put_member(event, "resource", span_cstr("/{proxy+}"));
    put_member(event, "path", event->path);
    put_member(event, "httpMethod", call->method);
    put_single(event, "headers", &event->fields, false);
    put_several(event, "multiValueHeaders", &event->fields);
    put_single(event, "queryStringParameters", query, false);
    put_several(event, "multiValueQueryStringParameters", query);
    put_key(event, span_cstr("pathParameters"));
    buf_append_byte(event->out, '{');
    put_member(event, "proxy", span_from(event->path, 1));
    buf_append_cstr(event->out, "},\"stageVariables\":null,\"requestContext\":{");
    put_member(event, "resourcePath", span_cstr("/{proxy+}"));
    put_member(event, "httpMethod", call->method);
    put_member(event, "path", event->path);
    put_member(event, "stage", span_cstr("default"));
    buf_append_byte(event->out, '}');
}

static void put_cookies(struct event *event)
{
    if (event->cookies.len == 0)
        return;
    put_key(event, span_cstr("cookies"));
    buf_append_byte(event->out, '[');
    for (size_t at = 0; at < event->cookies.len;) {
        size_t end = span_index_of(event->cookies, ';', at);
        if (at > 0)
            buf_append_byte(event->out, ',');
        put_string(event, span_trim(span_of(event->cookies.data + at, end - at), " "));
        at = end + 1;
    }
    buf_append_byte(event->out, ']');
}

static void put_format_2(struct event *event, const struct fields *query)
{
    struct call *call = event->call;
    put_member(event, "version", span_cstr("2.0"));
    put_member(event, "routeKey", span_cstr("$default"));
    put_member(event, "rawPath", event->path);
    put_member(event, "rawQueryString", event->query);
    put_cookies(event);
    put_single(event, "headers", &event->fields, true);
    put_single(event, "queryStringParameters", query, true);
    put_key(event, span_cstr("requestContext"));
    buf_append_byte(event->out, '{');
    put_member(event, "routeKey", span_cstr("$default"));
    put_member(event, "stage", span_cstr("$default"));
    put_key(event, span_cstr("http"));
    buf_append_byte(event->out, '{');
    put_member(event, "method", call->method);
    put_member(event, "path", event->path);
    buf_append_cstr(event->out, "}}");
}

bool gateway_event_write(struct call *call, struct buf *out)
{
    struct event event = {.call = call, .out = out};
    struct fields query = {0};
    size_t end = span_index_of(call->target, '?', 0);
    event.path = span_of(call->target.data, end);
    event.query = span_from(call->target, end + 1);
    if (call_has(call, DEFECT_GATEWAY_EVENT_PATH_LOWERED))
        event.path = arena_dup_lower(&call->arena, event.path);
    if (!take_fields(&event) || !take_query(&event, &query) || !buf_append_byte(out, '{'))
        return false;
    if (call->core->gateway.format_2)
        put_format_2(&event, &query);
    else
        put_format_1(&event, &query);
    put_body(&event);
    return buf_append_byte(out, '}');
}
