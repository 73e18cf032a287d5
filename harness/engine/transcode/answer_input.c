/* Reads an answer as an API gateway's event, hex, base64 or plain bytes. */
#include "harness/engine/transcode/answer_input.h"

#include "harness/base/base64.h"
#include "harness/base/escape.h"
#include "harness/base/h2_code.h"
#include "harness/base/hex.h"
#include "harness/engine/json/reader.h"
#include "harness/engine/transcode/rung.h"

const char *const answer_form_names[ANSWER_FORMS + 1] = {"auto", "event", "hex", "base64", "raw", NULL};

void answer_input_init(struct answer_input *input)
{
    *input = (struct answer_input){.view = {.http_status = 200, .end = CLIENT_END_DATA}};
    arena_init(&input->arena, 4 * (size_t)ANSWER_MAX_INPUT);
    buf_init(&input->body, ANSWER_MAX_INPUT);
}

void answer_input_fini(struct answer_input *input)
{
    buf_fini(&input->body);
    arena_fini(&input->arena);
}

static enum err_code no_memory(struct err *err)
{
    return err_set(err, ERR_LIMIT, "the answer is too large to be looked at");
}

/* Reading an event. */
struct event {
    struct answer_input *input;
    struct json_reader reader;
    struct fields headers;
    struct fields multi;
    bool base64;
    bool has_status;
    bool has_trailers;
    struct err *err;
};

static enum err_code wrong(struct event *event, const char *key, const char *expected)
{
    if (event->err->code == ERR_OK)
        err_set(event->err, ERR_SYNTAX, "%s (offset %zu): expected %s", key, event->reader.token_at, expected);
    return event->err->code;
}

/* The text of a string or number, decoded, in the arena. data NULL: none of these, or no memory. */
static struct span token_text(struct event *event, enum json_token token)
{
    struct span raw = event->reader.text;
    if (token == JSON_TRUE || token == JSON_FALSE)
        return span_cstr(token == JSON_TRUE ? "true" : "false");
    if (token == JSON_NUMBER)
        return raw;
    if (token != JSON_STRING)
        return span_of(NULL, 0);
    uint8_t *copy = arena_alloc(&event->input->arena, raw.len + 1);
    return copy ? span_of(copy, json_string_decode_to(copy, raw)) : span_of(NULL, 0);
}

static enum err_code add_field(struct event *event, struct fields *fields, struct span name, struct span value)
{
    struct span lower = arena_dup_lower(&event->input->arena, name);
    if (!lower.data || !value.data || fields->count >= ANSWER_MAX_FIELDS)
        return err_set(event->err, ERR_LIMIT, "more than %u headers or trailers", ANSWER_MAX_FIELDS);
    return fields_add_view(fields, &event->input->arena, lower, value) ? ERR_OK : no_memory(event->err);
}

/* An object of names, each with a value or a list of values. null is an empty one. */
static enum err_code read_fields(struct event *event, const char *key, struct fields *fields)
{
    enum json_token token = json_reader_next(&event->reader, event->err);
    enum err_code code = ERR_OK;
    if (token == JSON_NULL)
        return ERR_OK;
    if (token != JSON_OBJECT_BEGIN)
        return wrong(event, key, "an object of names and values");
    while (code == ERR_OK && (token = json_reader_next(&event->reader, event->err)) == JSON_KEY) {
        struct span name = token_text(event, JSON_STRING);
        token = json_reader_next(&event->reader, event->err);
        bool list = token == JSON_ARRAY_BEGIN;
        if (list)
            token = json_reader_next(&event->reader, event->err);
        while (code == ERR_OK && !(list && token == JSON_ARRAY_END)) {
            if (token != JSON_STRING && token != JSON_NUMBER && token != JSON_TRUE && token != JSON_FALSE)
                return wrong(event, key, "text, or a list of texts");
            code = add_field(event, fields, name, token_text(event, token));
            if (!list)
                break;
            token = json_reader_next(&event->reader, event->err);
        }
    }
    return code != ERR_OK || token == JSON_OBJECT_END ? code : wrong(event, key, "a name");
}

static enum err_code read_status(struct event *event)
{
    enum json_token token = json_reader_next(&event->reader, event->err);
    struct span text = event->reader.text;
    int status = 0;
    if (token != JSON_NUMBER && token != JSON_STRING)
        return wrong(event, "statusCode", "a number");
    for (size_t i = 0; i < text.len; i++) {
        if (text.len != 3 || text.data[i] < '0' || text.data[i] > '9')
            return wrong(event, "statusCode", "a number from 100 to 999");
        status = status * 10 + (text.data[i] - '0');
    }
    if (status < 100)
        return wrong(event, "statusCode", "a number from 100 to 999");
    event->input->view.http_status = status;
    return ERR_OK;
}

static enum err_code read_body(struct event *event)
{
    enum json_token token = json_reader_next(&event->reader, event->err);
    buf_reset(&event->input->body);
    if (token == JSON_NULL)
        return ERR_OK;
    if (token != JSON_STRING)
        return wrong(event, "body", "text or null");
    return json_string_decode(&event->input->body, event->reader.text) ? ERR_OK : no_memory(event->err);
}

static enum err_code read_end(struct event *event)
{
    struct client_view *view = &event->input->view;
    enum json_token token = json_reader_next(&event->reader, event->err);
    struct span text = event->reader.text;
    size_t colon = token == JSON_STRING ? span_index_of(text, ':', 0) : 0;
    struct span code = span_from(text, colon + 1);
    if (token != JSON_STRING || !client_end_from_name(span_of(text.data, colon), &view->end))
        return wrong(event, "ends", "trailers, headers, data, rst:CODE, goaway:CODE, closed, reset or open");
    bool coded = view->end == CLIENT_END_RST || view->end == CLIENT_END_GOAWAY;
    if (coded != (colon < text.len) || (coded && !h2_code_from_name(code, &view->end_code)))
        return wrong(event, "ends", "a code of HTTP/2 behind rst: and goaway:, such as CANCEL, and nowhere else");
    event->input->has_end = true;
    return ERR_OK;
}

static enum err_code read_flag(struct event *event, bool *flag)
{
    enum json_token token = json_reader_next(&event->reader, event->err);
    if (token != JSON_TRUE && token != JSON_FALSE && token != JSON_NULL)
        return wrong(event, "isBase64Encoded", "true or false");
    *flag = token == JSON_TRUE;
    return ERR_OK;
}

static enum err_code read_member(struct event *event)
{
    struct client_view *view = &event->input->view;
    struct span key = event->reader.text;
    if (span_is(key, "statusCode")) {
        event->has_status = true;
        return read_status(event);
    }
    if (span_is(key, "headers"))
        return read_fields(event, "headers", &event->headers);
    if (span_is(key, "multiValueHeaders"))
        return read_fields(event, "multiValueHeaders", &event->multi);
    if (span_is(key, "body"))
        return read_body(event);
    if (span_is(key, "isBase64Encoded"))
        return read_flag(event, &event->base64);
    if (span_is(key, "trailers")) {
        event->has_trailers = true;
        return read_fields(event, "trailers", &view->trailers);
    }
    if (span_is(key, "ends"))
        return read_end(event);
    return json_reader_skip(&event->reader, event->err) == JSON_ERROR ? ERR_SYNTAX : ERR_OK;
}

/* A gateway joins both kinds of headers; a name in multiValueHeaders has the values that stand there. */
static enum err_code join_headers(struct event *event)
{
    struct fields *out = &event->input->view.headers;
    for (size_t i = 0; i < event->multi.count + event->headers.count; i++) {
        bool multi = i < event->multi.count;
        struct field field = multi ? event->multi.items[i] : event->headers.items[i - event->multi.count];
        bool replaced = false;
        for (size_t j = 0; !multi && j < event->multi.count; j++)
            replaced = replaced || span_equal(event->multi.items[j].name, field.name);
        if (!replaced && !fields_add_view(out, &event->input->arena, field.name, field.value))
            return no_memory(event->err);
    }
    return ERR_OK;
}

static enum err_code decode_body(struct event *event)
{
    struct buf *body = &event->input->body;
    struct buf decoded;
    enum err_code code = ERR_OK;
    buf_init(&decoded, ANSWER_MAX_INPUT);
    if (base64_decode(&decoded, buf_span(body))) {
        buf_reset(body);
        buf_append_span(body, buf_span(&decoded));
        event->input->decoded = true;
    } else {
        code = err_set(event->err, ERR_SYNTAX,
                       "body: isBase64Encoded is true, and it is not base64; a gateway answers 502 to that");
    }
    buf_fini(&decoded);
    return code;
}

static enum err_code read_event(struct answer_input *input, struct span text, bool keeps_base64, struct err *err)
{
    struct event event = {.input = input, .err = err};
    enum json_token token;
    enum err_code code = ERR_OK;
    *err = (struct err){0};
    json_reader_init(&event.reader, text);
    if (json_reader_next(&event.reader, err) != JSON_OBJECT_BEGIN)
        return wrong(&event, "the event", "an object");
    while (code == ERR_OK && (token = json_reader_next(&event.reader, err)) == JSON_KEY)
        code = read_member(&event);
    if (code == ERR_OK && (token != JSON_OBJECT_END || json_reader_next(&event.reader, err) != JSON_END))
        code = wrong(&event, "the event", "one whole object");
    if (code == ERR_OK)
        code = join_headers(&event);
    if (code == ERR_OK && event.base64 && !keeps_base64)
        code = decode_body(&event);
    if (code == ERR_OK && event.has_trailers && !input->has_end) {
        input->view.end = CLIENT_END_TRAILERS;
        input->has_end = true;
    }
    if (input->has_end && !event.has_status)
        input->view.http_status = 0;
    return code;
}

/* Whether it is JSON with the keys of an event. Other JSON is a body. */
static bool looks_like_event(struct span text)
{
    struct json_reader reader;
    bool status = false, body = false, other = false;
    json_reader_init(&reader, text);
    if (json_reader_next(&reader, NULL) != JSON_OBJECT_BEGIN)
        return false;
    while (json_reader_next(&reader, NULL) == JSON_KEY) {
        status = status || span_is(reader.text, "statusCode");
        body = body || span_is(reader.text, "body");
        other = other || span_is(reader.text, "headers") || span_is(reader.text, "multiValueHeaders") ||
                span_is(reader.text, "isBase64Encoded");
        if (json_reader_skip(&reader, NULL) == JSON_ERROR)
            break;
    }
    return status || (body && other);
}

#define BLANKS " \t\r\n" /* around what was copied from somewhere */

/* Hex is at least one prefix long; base64 must hold something that is a body, or nearly. */
static enum answer_form form_of(struct span text, struct buf *scratch)
{
    struct span inner = span_trim(text, BLANKS);
    if (looks_like_event(inner))
        return ANSWER_EVENT;
    if (inner.len >= 10 && hex_decode(scratch, inner, NULL) == ERR_OK)
        return ANSWER_HEX;
    buf_reset(scratch);
    if (inner.len >= 8 && base64_decode(scratch, inner) &&
        (rung_is_framed(buf_span(scratch)) || rung_is_message(buf_span(scratch))))
        return ANSWER_BASE64;
    return ANSWER_RAW;
}

static enum err_code read_bytes(struct answer_input *input, struct span text, struct err *err)
{
    struct span inner = span_trim(text, BLANKS);
    buf_reset(&input->body);
    switch (input->form) {
    case ANSWER_HEX:
        return hex_decode(&input->body, inner, err);
    case ANSWER_BASE64:
        return base64_decode(&input->body, inner) ? ERR_OK : err_set(err, ERR_SYNTAX, "this is not base64");
    default:
        return buf_append_span(&input->body, text) ? ERR_OK : no_memory(err);
    }
}

bool answer_input_set_type(struct answer_input *input, struct span type)
{
    struct fields *headers = &input->view.headers;
    size_t kept = 0;
    for (size_t i = 0; i < headers->count; i++) {
        if (!span_is(headers->items[i].name, "content-type"))
            headers->items[kept++] = headers->items[i];
    }
    headers->count = kept;
    return fields_add_view(headers, &input->arena, span_cstr("content-type"), type);
}

bool answer_input_set_trailers(struct answer_input *input)
{
    struct client_view *view = &input->view;
    view->end = CLIENT_END_TRAILERS;
    return fields_find(&view->trailers, "grpc-status") ||
           fields_add_view(&view->trailers, &input->arena, span_cstr("grpc-status"), span_cstr("0"));
}

enum err_code answer_input_read(struct answer_input *input, struct span text, enum answer_form form, bool keeps_base64,
                                struct err *err)
{
    enum err_code code;
    bool enough = true;
    input->form = form == ANSWER_AUTO ? form_of(text, &input->body) : form;
    if (input->form == ANSWER_EVENT) {
        code = read_event(input, span_trim(text, BLANKS), keeps_base64, err);
        input->no_type = !input->has_end && !fields_find(&input->view.headers, "content-type");
    } else {
        code = read_bytes(input, text, err);
        enough = answer_input_set_type(input, span_cstr("application/grpc")) && answer_input_set_trailers(input);
    }
    input->view.body = buf_span(&input->body);
    return code == ERR_OK && !enough ? no_memory(err) : code;
}
