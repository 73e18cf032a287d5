/* A streamed response: which framing it is in, its messages, and an error element behind them. */
#include "harness/engine/json/scan.h"
#include "harness/suite/check_impl.h"
#include "harness/suite/json_element.h"

#define STREAM_MAX_ELEMENTS 1000000

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* ---- one element */

static json_t *load_any(struct span json)
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
    json_t *value = json.len > 0 && json.len <= (1u << 20) ? load_any(json) : NULL;
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

static void choose_lines(struct check *check, struct stream_view *view, const struct message_type *type)
{
    struct span body = buf_span(&check->response->body);
    view->wrong = scan(check, view, JSON_SCAN_CONCAT);
    if (!view->wrong)
        view->wrong = invalid_element(check, view);
    if (view->wrong)
        return;
    bool only = !allowed(check, STREAM_NDJSON) && !allowed(check, STREAM_CONCAT);
    if (allowed(check, STREAM_NDJSON_RESULT) && is_ndjson_result(view) && (only || !has_field(type, "result")))
        view->framing = STREAM_NDJSON_RESULT;
    else if (allowed(check, STREAM_NDJSON) && is_ndjson(body, view))
        view->framing = STREAM_NDJSON;
    else if (allowed(check, STREAM_CONCAT))
        view->framing = STREAM_CONCAT;
    else
        view->wrong =
            check_text(check, "not in a framing of the profile (%s): %s",
                       check_dump(check, profile_value(check->in->profile, "stream_framing")), check_summary(check));
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
        view->wrong =
            check_text(check, "not in a framing of the profile (%s): %s",
                       check_dump(check, profile_value(check->in->profile, "stream_framing")), check_summary(check));
    }
    if (!view->wrong)
        view->wrong = invalid_element(check, view);
}

/* Takes an error element off the end, and the wrapping of ndjson-result off the rest. */
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
    }
    for (size_t i = 0; i < view->count && view->framing == STREAM_NDJSON_RESULT; i++) {
        if (json_element_wraps(view->elements[i], "result", &inside))
            view->elements[i] = inside;
    }
}

const struct stream_view *check_stream(struct check *check)
{
    struct message_type type = message_type_of(check->testcase->rpc, check->testcase->binding);
    struct stream_view *view = &check->stream;
    if (check->stream_known)
        return view;
    check->stream_known = true;
    if (!check_body_whole(check) || (type.message && type.message->well_known == SCHEMA_WKT_HTTP_BODY))
        return view;
    choose(check, view, &type);
    if (!view->wrong)
        unwrap(view, &type);
    return view;
}

/* ---- expectations */

static void wrong_body(struct check *check, struct reasons *to, const char *expected, const char *observed)
{
    reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY, expected, observed);
}

/* false, with a reason, when there is no stream to look at. */
static bool stream_there(struct check *check, const struct stream_view *view, struct reasons *to)
{
    if (check->response->status == 0) {
        wrong_body(check, to, "a stream of messages", check_summary(check));
        return false;
    }
    if (view->wrong)
        wrong_body(check, to, "a stream of messages in a framing of the profile", view->wrong);
    return !view->wrong;
}

/* A stream that should have succeeded has no error element. */
static void refuse_error(struct check *check, const struct stream_view *view, struct reasons *to)
{
    if (view->has_error && !check->asks_failure)
        wrong_body(check, to, "no error behind the messages", check_quote(check, view->error));
}

static void compare_first(struct check *check, const json_t *list, const struct stream_view *view, struct reasons *to)
{
    struct message_type type = message_type_of(check->testcase->rpc, check->testcase->binding);
    for (size_t i = 0; type.message && i < json_array_size(list); i++) {
        if (!message_compare(check, &type, json_array_get(list, i), view->elements[i],
                             check_text(check, "message %zu", i + 1), to))
            return;
    }
}

static void check_messages(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct stream_view *view = check_stream(check);
    size_t want = json_array_size(value);
    (void)object;
    if (!stream_there(check, view, to))
        return;
    refuse_error(check, view, to);
    if (view->count != want)
        wrong_body(check, to, check_text(check, "%zu message(s): %s", want, check_dump(check, value)),
                   check_text(check, "%zu message(s) (%s); %s", view->count, stream_framing_names[view->framing],
                              check_summary(check)));
    else
        compare_first(check, value, view, to);
}

static void check_first_messages(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct stream_view *view = check_stream(check);
    size_t want = json_array_size(value);
    (void)object;
    if (!stream_there(check, view, to))
        return;
    if (view->count < want)
        wrong_body(check, to, check_text(check, "at least %zu message(s): %s", want, check_dump(check, value)),
                   check_text(check, "%zu message(s) (%s); %s", view->count, stream_framing_names[view->framing],
                              check_summary(check)));
    else
        compare_first(check, value, view, to);
}

/* Whether the field of the canonical message is the number `want`, as a number or a string. */
static bool is_numbered(struct check *check, const struct message_type *type, struct span json, const char *name,
                        size_t want)
{
    const struct schema_field *field = message_type_field(type, name);
    struct buf text;
    char number[32];
    char key[256];
    bool same = false;
    if (!field || field->json_name.len >= sizeof key)
        return false;
    snprintf(key, sizeof key, "%.*s", SPAN_FMT(field->json_name));
    snprintf(number, sizeof number, "%zu", want);
    buf_init(&text, CHECK_MAX_MESSAGE);
    arena_reset(&check->scratch);
    if (message_canonical(&text, type, json, &check->scratch, NULL) == ERR_OK) {
        json_t *value = load_any(buf_span(&text));
        const json_t *found = json_object_get(value, key);
        same = json_is_integer(found) ? (size_t)json_integer_value(found) == want
                                      : json_is_string(found) && strcmp(json_string_value(found), number) == 0;
        json_decref(value);
    }
    buf_fini(&text);
    return same;
}

static void check_message_count(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct stream_view *view = check_stream(check);
    struct message_type type = message_type_of(check->testcase->rpc, check->testcase->binding);
    const char *numbered = json_string_value(json_object_get(object, "numbered"));
    size_t want = (size_t)json_integer_value(value);
    if (!stream_there(check, view, to))
        return;
    refuse_error(check, view, to);
    if (view->count != want)
        wrong_body(check, to, check_text(check, "%zu messages", want), check_text(check, "%zu messages", view->count));
    for (size_t i = 0; numbered && type.message && i < view->count; i++) {
        struct span shown = view->elements[i];
        shown.len = shown.len < 500 ? shown.len : 500;
        if (is_numbered(check, &type, view->elements[i], numbered, i + 1))
            continue;
        wrong_body(check, to, check_text(check, "message %zu has %s %zu", i + 1, numbered, i + 1),
                   check_text(check, "message %zu: %s", i + 1, check_quote(check, shown)));
        return;
    }
}

static void check_stream_error(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct stream_view *view = check_stream(check);
    const json_t *codes = json_object_get(value, "code");
    const json_t *message = json_object_get(value, "message");
    const char *expected = check_text(check, "an error element %s", check_dump(check, value));
    (void)object;
    if (view->wrong || !view->has_error) {
        reason_add(check, to, AXIS_RESPONSE, check_hidden_or(check, KIND_WRONG_ERROR), expected,
                   view->wrong ? view->wrong : check_text(check, "none; %s", check_summary(check)));
        return;
    }
    json_t *element = load_any(view->error);
    const json_t *error = json_object_get(element, "error");
    if (!json_is_object(error))
        error = element;
    bool right = !codes || error_code_matches(error, codes);
    if (message && !json_equal(json_object_get(error, "message"), message))
        right = false;
    json_decref(element);
    if (!right)
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_ERROR, expected, check_quote(check, view->error));
}

/* ---- counting while it arrives */

static void count_one(void *user, size_t offset, size_t len)
{
    struct stream_counter *counter = user;
    (void)offset;
    (void)len;
    counter->count++;
}

void stream_counter_init(struct stream_counter *counter, const struct profile *profile, struct arena *arena)
{
    *counter = (struct stream_counter){.arena = arena, .profile = profile};
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

void stream_counter_feed(struct stream_counter *counter, struct span bytes, struct span content_type)
{
    if (!counter->scan) {
        bytes = without_blanks(bytes);
        counter->scan = bytes.len > 0 ? arena_alloc(counter->arena, sizeof *counter->scan) : NULL;
        if (!counter->scan)
            return;
        json_scan_init(counter->scan, first_framing(counter, bytes, content_type));
    }
    json_scan_feed(counter->scan, bytes, count_one, counter);
}

/* ---- the table */

static enum err_code must_stream(const struct place *at, const struct reader *reader, struct err *err)
{
    if (reader->rpc && !reader->rpc->server_streaming)
        return place_error(at, ERR_SYNTAX, err, "the method does not stream: use \"message\"");
    return ERR_OK;
}

static enum err_code valid_messages(const struct place *at, const json_t *value, const struct key_rule *rule,
                                    void *user, struct err *err)
{
    const struct reader *reader = user;
    struct message_type type = message_type_of(reader->rpc, reader->binding);
    (void)rule;
    enum err_code code = must_stream(at, reader, err);
    return code == ERR_OK ? messages_valid(at, value, &type, reader->arena, err) : code;
}
static const struct key_type messages_type = {
    .check = valid_messages, .form = "[{...}, ...]", .schema = "{'type': 'array'}"};

static enum err_code valid_message_count(const struct place *at, const json_t *value, const struct key_rule *rule,
                                         void *user, struct err *err)
{
    enum err_code code = must_stream(at, user, err);
    return code == ERR_OK ? key_number.check(at, value, rule, user, err) : code;
}
static const struct key_type count_type = {
    .check = valid_message_count, .form = "N", .schema = "{'type': 'integer', 'minimum': $min, 'maximum': $max}"};

static enum err_code valid_numbered(const struct place *at, const json_t *value, const struct key_rule *rule,
                                    void *user, struct err *err)
{
    const struct reader *reader = user;
    struct message_type type = message_type_of(reader->rpc, reader->binding);
    enum err_code code = key_text.check(at, value, rule, user, err);
    if (code != ERR_OK || !type.message)
        return code;
    return message_type_field(&type, json_string_value(value))
               ? ERR_OK
               : place_error(at, ERR_SYNTAX, err, "no field \"%s\"", json_string_value(value));
}
static const struct key_type numbered_type = {
    .check = valid_numbered, .form = "\"field\"", .schema = "@text", .parts = {&key_text}};

static const struct key_rule stream_error_rules[] = {
    {.name = "code",
     .type = &key_numbers,
     .min = 0,
     .max = UINT32_MAX,
     .text = "the gRPC code; a list of accepted codes"},
    {.name = "message", .type = &key_string, .text = "the message of the status"},
    {.name = NULL}};
static const struct key_object stream_error_object = {.rules = stream_error_rules};

static enum err_code valid_stream_error(const struct place *at, const json_t *value, const struct key_rule *rule,
                                        void *user, struct err *err)
{
    const struct reader *reader = user;
    if (reader->rpc && !reader->rpc->server_streaming)
        return place_error(at, ERR_SYNTAX, err, "the method does not stream: use \"error\"");
    return key_object.check(at, value, rule, user, err);
}
static const struct key_type stream_error_type = {.check = valid_stream_error, .form = "{...}", .schema = "$object"};

const struct expectation stream_expectations[] = {
    {.rule = {.name = "messages",
              .type = &messages_type,
              .text = "the stream, in a framing of the profile: exactly these"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_messages,
     .needs_complete = true},
    {.rule = {.name = "first_messages", .type = &messages_type, .text = "the stream begins with these"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_first_messages},
    {.rule = {.name = "message_count",
              .type = &count_type,
              .min = 0,
              .max = 1000000,
              .text = "the stream has that many elements"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_message_count,
     .needs_complete = true},
    {.rule = {.name = "numbered",
              .type = &numbered_type,
              .with = "message_count",
              .text = "beside `message_count`: that field of the elements is 1, 2, 3 ..."},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY},
    {.rule = {.name = "stream_error",
              .type = &stream_error_type,
              .object = &stream_error_object,
              .text =
                  "`{\"code\": 13}` or `{}`, also `\"message\"`: an error element behind the messages; `code` may be a "
                  "list"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_ERROR,
     .check = check_stream_error},
    {.rule = {.name = NULL}}};
