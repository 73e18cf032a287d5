/* What is expected of a streamed response. */
#include "harness/suite/answer.h"

/* ---- expectations */

static void wrong_body(struct check *check, struct reasons *to, const char *path, const char *expected,
                       const char *observed)
{
    reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY, path, expected, observed);
}

/* false, with a reason, when it is no whole stream: of the messages that can be told nothing is missing then. */
static bool stream_there(struct check *check, const struct stream_view *view, struct reasons *to)
{
    if (check->response->status == 0) {
        wrong_body(check, to, "framing", "a stream of messages", check_summary(check));
        return false;
    }
    if (view->wrong)
        wrong_body(check, to, "framing",
                   check_has_answer(check) ? "a stream of messages, whole"
                                           : "a stream of messages in a framing of the profile",
                   view->wrong);
    return !view->wrong;
}

/* A stream that should have succeeded has no error element. */
static void refuse_error(struct check *check, const struct stream_view *view, struct reasons *to)
{
    if (view->has_error && !check->asks_failure)
        wrong_body(check, to, "error", "no error behind the messages", check_quote(check, view->error));
}

/* As many as there are; that some are missing is a reason of its own. */
static void compare_first(struct check *check, const json_t *list, const struct stream_view *view, struct reasons *to)
{
    struct message_type type = message_type_of(check->testcase->rpc, check->testcase->binding);
    for (size_t i = 0; type.message && i < json_array_size(list) && i < view->count; i++)
        message_compare(check, &type, json_array_get(list, i), view->elements[i], check_text(check, "/%zu", i), to);
}

static void check_messages(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct stream_view *view = check_stream(check);
    size_t want = json_array_size(value);
    (void)object;
    bool framed = stream_there(check, view, to);
    refuse_error(check, view, to);
    if (framed && view->count != want)
        wrong_body(check, to, "messages", check_text(check, "%zu message(s): %s", want, check_dump(check, value)),
                   check_text(check, "%zu message(s) (%s); %s", view->count, view->form, check_summary(check)));
    compare_first(check, value, view, to);
}

static void check_first_messages(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct stream_view *view = check_stream(check);
    size_t want = json_array_size(value);
    bool came = check_has_answer(check) && view->count >= want; /* how a stream ends is another question */
    (void)object;
    if (!came && stream_there(check, view, to) && view->count < want)
        wrong_body(check, to, "messages",
                   check_text(check, "at least %zu message(s): %s", want, check_dump(check, value)),
                   check_text(check, "%zu message(s) (%s); %s", view->count, view->form, check_summary(check)));
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
        json_t *value = stream_element_load(buf_span(&text));
        const json_t *found = json_object_get(value, key);
        same = json_is_integer(found) ? (size_t)json_integer_value(found) == want
                                      : json_is_string(found) && strcmp(json_string_value(found), number) == 0;
        json_decref(value);
    }
    buf_fini(&text);
    return same;
}

/* Compares an element with `each`, the number put in where it is counted. */
static void compare_each(struct check *check, const struct message_type *type, size_t index, const json_t *each,
                         const char *numbered, struct reasons *to)
{
    const struct schema_field *field = numbered ? message_type_field(type, numbered) : NULL;
    json_t *want = json_deep_copy(each);
    if (want && field && field->type == SCHEMA_STRING)
        json_object_set_new(want, numbered, json_sprintf("%zu", index + 1));
    else if (want && field)
        json_object_set_new(want, numbered, json_integer((json_int_t)index + 1));
    if (want)
        message_compare(check, type, want, check_stream(check)->elements[index], check_text(check, "/%zu", index), to);
    else
        check_give_up(check, "the harness ran out of memory");
    json_decref(want);
}

static void check_message_count(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct stream_view *view = check_stream(check);
    struct message_type type = message_type_of(check->testcase->rpc, check->testcase->binding);
    const char *numbered = json_string_value(json_object_get(object, "numbered"));
    const json_t *each = json_object_get(object, "each");
    size_t want = (size_t)json_integer_value(value);
    bool framed = stream_there(check, view, to);
    refuse_error(check, view, to);
    if (framed && view->count != want)
        wrong_body(check, to, "messages", check_text(check, "%zu messages", want),
                   check_text(check, "%zu messages", view->count));
    for (size_t i = 0; each && type.message && i < view->count && reason_fits(to, KIND_WRONG_BODY); i++)
        compare_each(check, &type, i, each, numbered, to);
    for (size_t i = 0; numbered && !each && type.message && i < view->count; i++) {
        struct span shown = view->elements[i];
        shown.len = shown.len < 500 ? shown.len : 500;
        if (is_numbered(check, &type, view->elements[i], numbered, i + 1) || !reason_fits(to, KIND_WRONG_BODY))
            continue;
        wrong_body(check, to, check_text(check, "/%zu/%s", i, numbered),
                   check_text(check, "message %zu has %s %zu", i + 1, numbered, i + 1),
                   check_text(check, "message %zu: %s", i + 1, check_quote(check, shown)));
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
        reason_add(check, to, AXIS_RESPONSE, check_hidden_or(check, KIND_WRONG_ERROR), "error", expected,
                   view->wrong ? view->wrong : check_text(check, "none; %s", check_summary(check)));
        return;
    }
    json_t *element = stream_element_load(view->error);
    const json_t *error = json_object_get(element, "error");
    if (!json_is_object(error))
        error = element;
    if (codes && !error_code_matches(error, codes))
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_ERROR, "error code", expected, check_quote(check, view->error));
    if (message && !json_equal(json_object_get(error, "message"), message))
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_ERROR, "error message", expected,
                   check_quote(check, view->error));
    json_decref(element);
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

static enum err_code valid_each(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    const struct reader *reader = user;
    struct message_type type = message_type_of(reader->rpc, reader->binding);
    (void)rule;
    return json_is_object(value) ? message_valid(at, value, &type, reader->arena, err)
                                 : place_error(at, ERR_SYNTAX, err, "expected an object");
}
static const struct key_type each_type = {.check = valid_each, .form = "{...}", .schema = "{'type': 'object'}"};

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
     .is_answer = true,
     .needs_complete = true},
    {.rule = {.name = "first_messages", .type = &messages_type, .text = "the stream begins with these"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_first_messages,
     .is_answer = true},
    {.rule = {.name = "message_count",
              .type = &count_type,
              .min = 0,
              .max = 1000000,
              .text = "the stream has that many elements"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_message_count,
     .is_answer = true,
     .needs_complete = true},
    {.rule = {.name = "numbered",
              .type = &numbered_type,
              .with = "message_count",
              .text = "beside `message_count`: that field of the elements is 1, 2, 3 ..."},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY},
    {.rule =
         {.name = "each",
          .type = &each_type,
          .with = "message_count",
          .text =
              "beside `message_count`: every element is this message, with its number where `numbered` names a field"},
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
