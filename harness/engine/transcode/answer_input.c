/* Reads an answer as an API gateway's event, hex, base64 or plain bytes. */
#include "harness/engine/transcode/answer_input.h"

#include "harness/base/base64.h"
#include "harness/base/escape.h"
#include "harness/base/h2_code.h"
#include "harness/base/hex.h"
#include "harness/engine/transcode/function_answer.h"
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
    struct function_reader reader;
    bool has_trailers;
};

static enum err_code read_end(struct event *event)
{
    struct client_view *view = &event->input->view;
    enum json_token token = json_reader_next(&event->reader.json, event->reader.err);
    struct span text = event->reader.json.text;
    size_t colon = token == JSON_STRING ? span_index_of(text, ':', 0) : 0;
    struct span code = span_from(text, colon + 1);
    if (token != JSON_STRING || !client_end_from_name(span_of(text.data, colon), &view->end))
        return function_wrong(&event->reader, "ends",
                              "trailers, headers, data, rst:CODE, goaway:CODE, closed, reset or open");
    bool coded = view->end == CLIENT_END_RST || view->end == CLIENT_END_GOAWAY;
    if (coded != (colon < text.len) || (coded && !h2_code_from_name(code, &view->end_code)))
        return function_wrong(&event->reader, "ends",
                              "a code of HTTP/2 behind rst: and goaway:, such as CANCEL, and nowhere else");
    event->input->has_end = true;
    return ERR_OK;
}

/* The keys that are ours. */
static enum err_code read_own(struct function_reader *reader, struct span key, bool *taken)
{
    struct event *event = reader->user;
    *taken = true;
    if (span_is(key, "trailers")) {
        event->has_trailers = true;
        return function_read_fields(reader, "trailers", &event->input->view.trailers);
    }
    if (span_is(key, "ends"))
        return read_end(event);
    *taken = false;
    return ERR_OK;
}

static enum err_code decode_body(struct answer_input *input, struct span text, struct err *err)
{
    if (!base64_decode(&input->body, text))
        return err_set(err, ERR_SYNTAX,
                       "body: isBase64Encoded is true, and it is not base64; a gateway answers 502 to that");
    input->decoded = true;
    return ERR_OK;
}

static enum err_code read_event(struct answer_input *input, struct span text, bool keeps_base64, struct err *err)
{
    struct event event = {.input = input};
    struct function_answer answer;
    event.reader = (struct function_reader){.arena = &input->arena, .other = read_own, .user = &event};
    enum err_code code = function_answer_read(&event.reader, &answer, text, err);
    if (code != ERR_OK)
        return code;
    input->view.headers = answer.headers;
    if (answer.status != 0)
        input->view.http_status = answer.status;
    buf_reset(&input->body);
    if (answer.encoded && !keeps_base64)
        code = decode_body(input, answer.body, err);
    else if (!buf_append_span(&input->body, answer.body))
        code = no_memory(err);
    if (code == ERR_OK && event.has_trailers && !input->has_end) {
        input->view.end = CLIENT_END_TRAILERS;
        input->has_end = true;
    }
    if (input->has_end && answer.status == 0)
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
