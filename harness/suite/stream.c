/* A streamed response taken apart: which framing it is in, its messages, and an error element behind them; and the
 * count of messages while it arrives. */
#include "harness/base/base64.h"
#include "harness/engine/coding/coding.h"
#include "harness/engine/json/scan.h"
#include "harness/suite/answer.h"
#include "harness/suite/json_element.h"

#define STREAM_MAX_ELEMENTS 1000000

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* ---- one element */

json_t *stream_element_load(struct span json)
{
    return json_loadb((const char *)json.data, json.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

static bool has_field(const struct message_type *type, const char *name)
{
    return message_type_field(type, name) != NULL;
}

/* {"code": 13, "message": "..."}: an integer code; the message may be left out when it is empty, with nothing but
 * details beside it then. */
static bool looks_like_status(const json_t *value)
{
    const json_t *message = json_object_get(value, "message");
    size_t known = 1 + (json_object_get(value, "details") != NULL);
    if (!json_is_integer(json_object_get(value, "code")))
        return false;
    return message ? json_is_string(message) : json_object_size(value) == known;
}

bool stream_is_error(const struct message_type *type, struct span json)
{
    json_t *value = json.len > 0 && json.len <= (1u << 20) ? stream_element_load(json) : NULL;
    bool error = json_is_object(json_object_get(value, "error")) && !has_field(type, "error");
    bool status = looks_like_status(value) && !(has_field(type, "code") && has_field(type, "message"));
    json_decref(value);
    return error || status;
}

/* ---- taking the body apart */

struct collector {
    struct check *check;
    struct stream_view *view;
    struct span body;
    size_t cap;
    bool full;
};

static void collect(void *user, size_t offset, size_t len)
{
    struct collector *to = user;
    struct stream_view *view = to->view;
    struct span *items = NULL;
    if (view->count < STREAM_MAX_ELEMENTS)
        items = arena_grow(&to->check->kept, view->elements, view->count, view->count + 1, &to->cap, sizeof *items);
    if (!items) {
        to->full = true;
        return;
    }
    view->elements = items;
    items[view->count++] = span_of(to->body.data + offset, len);
}

/* Scans the whole body; returns why it is not in this framing, or NULL. */
static const char *scan(struct check *check, struct stream_view *view, enum json_scan_framing framing)
{
    struct collector to = {.check = check, .view = view, .body = buf_span(&check->response->body)};
    struct json_scan state;
    view->elements = NULL;
    view->count = 0;
    json_scan_init(&state, framing);
    json_scan_feed(&state, to.body, collect, &to);
    if (check->complete)
        json_scan_finish(&state, collect, &to);
    if (to.full)
        return check_text(check, "more than %zu messages", view->count);
    if (state.garbage)
        return "something that is no element stands in the array, or a comma is missing or too many";
    if (check->complete && !json_scan_complete(&state))
        return framing == JSON_SCAN_ARRAY ? "the array is not closed" : "the last message is not complete";
    return NULL;
}

static bool allowed(const struct check *check, enum stream_framing framing)
{
    return profile_has_text(check->in->profile, "stream_framing", stream_framing_names[framing]);
}

static const char *invalid_element(struct check *check, const struct stream_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        struct err err = {0};
        struct span shown = view->elements[i];
        enum err_code code = json_element_validate(view->elements[i], &err);
        if (code == ERR_OK || code == ERR_LIMIT)
            continue;
        shown.len = shown.len < 500 ? shown.len : 500;
        return check_text(check, "message %zu of the stream is not JSON (%s): %s", i + 1, err.text,
                          check_quote(check, shown));
    }
    return NULL;
}

/* Every element an object {"result": ...}, the last perhaps {"error": ...}. */
static bool is_ndjson_result(const struct stream_view *view)
{
    struct span inside;
    for (size_t i = 0; i < view->count; i++) {
        bool last = i + 1 == view->count;
        if (!json_element_wraps(view->elements[i], "result", &inside) &&
            !(last && json_element_wraps(view->elements[i], "error", &inside)))
            return false;
    }
    return true;
}

/* Each element on a line of its own. */
static bool is_ndjson(struct span body, const struct stream_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        struct span element = view->elements[i];
        size_t begin = (size_t)(element.data - body.data);
        if (memchr(element.data, '\n', element.len))
            return false;
        struct span behind = span_from(body, begin + element.len);
        size_t line = span_index_of(behind, '\n', 0);
        if (i + 1 < view->count && (size_t)(view->elements[i + 1].data - body.data) < begin + element.len + line + 1)
            return false;
    }
    return true;
}

/* Nothing is known of its messages then, unless why has been said already. */
static void not_framed(struct check *check, struct stream_view *view)
{
    view->count = 0;
    if (!view->wrong)
        view->wrong =
            check_text(check, "not in a framing of the profile (%s): %s",
                       check_dump(check, profile_value(check->in->profile, "stream_framing")), check_summary(check));
}

static void choose_lines(struct check *check, struct stream_view *view, const struct message_type *type)
{
    struct span body = buf_span(&check->response->body);
    view->wrong = scan(check, view, JSON_SCAN_CONCAT);
    if (!view->wrong)
        view->wrong = invalid_element(check, view);
    bool only = !allowed(check, STREAM_NDJSON) && !allowed(check, STREAM_CONCAT);
    if (allowed(check, STREAM_NDJSON_RESULT) && is_ndjson_result(view) && (only || !has_field(type, "result")))
        view->framing = STREAM_NDJSON_RESULT;
    else if (allowed(check, STREAM_NDJSON) && is_ndjson(body, view))
        view->framing = STREAM_NDJSON;
    else if (allowed(check, STREAM_CONCAT))
        view->framing = STREAM_CONCAT;
    else
        not_framed(check, view);
}

static bool looks_like_events(struct check *check, struct span body)
{
    return span_is(check_media_type(check), "text/event-stream") || span_starts_with(body, "data:") ||
           span_starts_with(body, "event:") || span_starts_with(body, "id:");
}

static struct span without_blanks(struct span body)
{
    while (body.len > 0 && is_blank(body.data[0]))
        body = span_from(body, 1);
    return body;
}

static void choose(struct check *check, struct stream_view *view, const struct message_type *type)
{
    struct span body = without_blanks(buf_span(&check->response->body));
    bool lines = allowed(check, STREAM_NDJSON_RESULT) || allowed(check, STREAM_NDJSON) || allowed(check, STREAM_CONCAT);
    if (allowed(check, STREAM_SSE) && looks_like_events(check, body)) {
        view->framing = STREAM_SSE;
        view->wrong = scan(check, view, JSON_SCAN_SSE);
    } else if (allowed(check, STREAM_ARRAY) && body.len > 0 && body.data[0] == '[') {
        view->framing = STREAM_ARRAY;
        view->wrong = scan(check, view, JSON_SCAN_ARRAY);
    } else if (lines) {
        choose_lines(check, view, type);
        return;
    } else if (body.len > 0 && body.data[0] == '{' && stream_is_error(type, body)) {
        /* A call that failed before its first message may show its error by itself, outside of any framing. */
        view->framing = STREAM_CONCAT;
        view->wrong = scan(check, view, JSON_SCAN_CONCAT);
    } else if (check->complete || body.len > 0) {
        not_framed(check, view);
    }
    if (!view->wrong)
        view->wrong = invalid_element(check, view);
}

/* Takes an error element off the end, and the wrapping of ndjson-result off the rest. In a stream that is not right as
 * a whole no error is seen. */
static void unwrap(struct stream_view *view, const struct message_type *type)
{
    struct span inside;
    if (view->count > 0) {
        struct span last = view->elements[view->count - 1];
        view->has_error = view->framing == STREAM_NDJSON_RESULT ? json_element_wraps(last, "error", &inside)
                                                                : stream_is_error(type, last);
        if (view->has_error) {
            view->error = last;
            view->count--;
        }
        view->has_error = view->has_error && !view->wrong;
    }
    for (size_t i = 0; i < view->count && view->framing == STREAM_NDJSON_RESULT; i++) {
        if (json_element_wraps(view->elements[i], "result", &inside))
            view->elements[i] = inside;
    }
}

/* The stream of a protocol that has a status of its own: its error stands where the protocol tells it. */
static void stream_of_answer(struct check *check, struct stream_view *view)
{
    const struct answer *answer = check_answer(check);
    view->form = front_row(check->testcase->front)->name;
    view->wrong = answer->wrong;
    view->elements = answer->elements;
    view->count = answer->count;
    view->has_error = answer->has_code && answer->code != 0;
    if (view->has_error) {
        json_t *error = json_pack("{s:i, s:s#}", "code", (int)answer->code, "message",
                                  answer->message.data ? (const char *)answer->message.data : "", answer->message.len);
        view->error = span_cstr(check_dump(check, error));
        json_decref(error);
    }
}

const struct stream_view *check_stream(struct check *check)
{
    struct message_type type = message_type_of(check->testcase->rpc, check->testcase->binding);
    struct stream_view *view = &check->stream;
    if (check->stream_known)
        return view;
    check->stream_known = true;
    if (check_has_answer(check)) {
        stream_of_answer(check, view);
        return view;
    }
    if (!check_body_whole(check) || (type.message && type.message->well_known == SCHEMA_WKT_HTTP_BODY))
        return view;
    choose(check, view, &type);
    unwrap(view, &type);
    view->form = stream_framing_names[view->framing];
    return view;
}

/* ---- counting while it arrives */

static void count_one(void *user, size_t offset, size_t len)
{
    struct stream_counter *counter = user;
    (void)offset;
    (void)len;
    counter->count++;
}

void stream_counter_init(struct stream_counter *counter, enum front front, const struct profile *profile,
                         struct arena *arena)
{
    *counter = (struct stream_counter){.arena = arena, .profile = profile, .front = front_row(front)};
    frame_parser_init(&counter->frames, UINT32_MAX);
}

static void count_frames(struct stream_counter *counter, struct span bytes)
{
    struct frame_piece piece;
    struct err err;
    while (frame_parser_next(&counter->frames, &bytes, &piece, &err) == FRAME_DONE)
        counter->count += piece.last;
}

/* Of base64, four bytes at a time. */
static void count_text(struct stream_counter *counter, struct span text)
{
    struct buf bytes;
    buf_init(&bytes, text.len + sizeof counter->group);
    for (size_t i = 0; i < text.len; i++) {
        counter->group[counter->group_len++] = text.data[i];
        if (counter->group_len == sizeof counter->group) {
            base64_decode(&bytes, span_of(counter->group, sizeof counter->group));
            counter->group_len = 0;
        }
    }
    count_frames(counter, buf_span(&bytes));
    buf_fini(&bytes);
}

/* The framing shows in the first byte that is not blank. */
static enum json_scan_framing first_framing(const struct stream_counter *counter, struct span bytes,
                                            struct span content_type)
{
    bool events = profile_has_text(counter->profile, "stream_framing", "sse") &&
                  (span_starts_with(content_type, "text/event-stream") || memchr("dei:", bytes.data[0], 4));
    if (events)
        return JSON_SCAN_SSE;
    bool array = profile_has_text(counter->profile, "stream_framing", "array") && bytes.data[0] == '[';
    return array ? JSON_SCAN_ARRAY : JSON_SCAN_CONCAT;
}

void stream_counter_fini(struct stream_counter *counter)
{
    coding_reader_free(counter->reader);
    counter->reader = NULL;
}

static void count_plain(struct stream_counter *counter, struct span bytes)
{
    struct span content_type = counter->content_type;
    if (front_is_text(counter->front, content_type)) {
        count_text(counter, bytes);
        return;
    }
    if (counter->front->framed) {
        count_frames(counter, bytes);
        return;
    }
    if (!counter->scan) {
        bytes = without_blanks(bytes);
        counter->scan = bytes.len > 0 ? arena_alloc(counter->arena, sizeof *counter->scan) : NULL;
        if (!counter->scan)
            return;
        json_scan_init(counter->scan, first_framing(counter, bytes, content_type));
    }
    json_scan_feed(counter->scan, bytes, count_one, counter);
}

static bool count_decoded(void *user, struct span decoded)
{
    struct stream_counter *counter = user;
    counter->decoded += decoded.len;
    count_plain(counter, decoded);
    return counter->decoded < STREAM_COUNTER_MAX_DECODED;
}

/* The first bytes: what they are coded in. */
static void begin_counting(struct stream_counter *counter, const struct fields *headers)
{
    struct span codings = fields_value(headers, FRONT_BODY);
    enum coding coding;
    counter->begun = true;
    if (coding_is_identity(codings) || front_encodes_messages(counter->front))
        return;
    if (fields_count(headers, FRONT_BODY) == 1 && coding_from_name(codings, &coding))
        counter->reader = coding_reader_new(coding);
    counter->blind = !counter->reader;
}

void stream_counter_feed(struct stream_counter *counter, struct span bytes, const struct fields *headers)
{
    if (!counter->begun)
        begin_counting(counter, headers);
    counter->content_type = fields_value(headers, "content-type");
    if (counter->reader)
        coding_read(counter->reader, bytes, count_decoded, counter);
    else if (!counter->blind)
        count_plain(counter, bytes);
}
