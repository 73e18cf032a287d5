/* What the client received: status, headers, trailers, body. */
#include "harness/base/field_form.h"
#include "harness/suite/answer.h"
#include "harness/suite/json_element.h"
#include "harness/suite/response_rules.h"

/* ---- status */

static bool class_matches(const char *text, int status)
{
    if (strcmp(text, "error") == 0)
        return status >= 400;
    return status / 100 == text[0] - '0';
}

bool status_matches(const json_t *value, int status)
{
    if (json_is_integer(value))
        return json_integer_value(value) == status;
    if (json_is_string(value))
        return class_matches(json_string_value(value), status);
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (status_matches(json_array_get(value, i), status))
            return true;
    }
    return false;
}

static void check_status(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const json_t *want = check_resolve(check, value);
    (void)object;
    if (!want || status_matches(want, check->response->status))
        return;
    enum reason_kind kind =
        check_status_asks_failure(want) ? check_hidden_or(check, KIND_WRONG_STATUS) : KIND_WRONG_STATUS;
    reason_add(check, to, AXIS_RESPONSE, kind, "status", check_text(check, "HTTP status %s", check_dump(check, want)),
               check_summary(check));
}

/* ---- fields */

static bool pattern_matches(struct check *check, const struct fields *fields, const json_t *pattern)
{
    struct span name = keys_span(json_array_get(pattern, 0));
    const json_t *value = json_array_get(pattern, 1);
    struct span want = {0};
    if (value) {
        want = keys_bytes(value, &check->kept);
        if (!want.data)
            check_give_up(check, "the harness ran out of memory");
    }
    for (size_t i = 0; i < fields->count; i++) {
        if (span_equal_nocase(fields->items[i].name, name) && (!value || span_equal(fields->items[i].value, want)))
            return true;
    }
    return false;
}

struct span fields_joined(struct check *check, const struct fields *fields, struct span name)
{
    struct buf joined;
    buf_init(&joined, 1u << 20);
    bool found = false;
    for (size_t i = 0; i < fields->count; i++) {
        if (!span_equal_nocase(fields->items[i].name, name))
            continue;
        if (found)
            buf_append_cstr(&joined, ", ");
        buf_append_span(&joined, fields->items[i].value);
        found = true;
    }
    struct span copy = found ? arena_dup(&check->kept, buf_span(&joined)) : span_of(NULL, 0);
    if (joined.failed || (found && !copy.data))
        check_give_up(check, "the harness ran out of memory");
    buf_fini(&joined);
    return copy;
}

/* Without the blanks behind commas, which say nothing. */
static bool same_list(struct span a, struct span b)
{
    size_t i = 0;
    size_t j = 0;
    while (i < a.len && j < b.len) {
        if (a.data[i] != b.data[j])
            return false;
        bool comma = a.data[i] == ',';
        for (i++, j++; comma && i < a.len && a.data[i] == ' ';)
            i++;
        while (comma && j < b.len && b.data[j] == ' ')
            j++;
    }
    return i == a.len && j == b.len;
}

void fields_check_joined(struct check *check, const struct fields_asked *asked, const json_t *patterns,
                         struct reasons *to)
{
    for (size_t i = 0; i < json_array_size(patterns); i++) {
        const json_t *pattern = json_array_get(patterns, i);
        struct span name = keys_span(json_array_get(pattern, 0));
        struct span seen = fields_joined(check, asked->fields, name);
        const json_t *value = json_array_get(pattern, 1);
        struct span want = value ? keys_bytes(value, &check->kept) : span_of(NULL, 0);
        if (seen.data && value && !same_list(seen, want))
            reason_add(check, to, asked->axis, asked->kind,
                       check_text(check, "%s %s", asked->what, check_quote(check, name)),
                       check_text(check, "%s: %s", check_quote(check, name), check_quote(check, want)),
                       check_text(check, "%s: %s", check_quote(check, name), check_quote(check, seen)));
    }
}

static void check_joined(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct fields_asked asked = {
        .fields = &check->response->headers, .what = "header", .axis = AXIS_RESPONSE, .kind = KIND_WRONG_HEADER};
    (void)object;
    fields_check_joined(check, &asked, value, to);
}

static void field_missing(struct check *check, const struct fields_asked *asked, const json_t *pattern,
                          struct reasons *to)
{
    const char *name = json_string_value(json_array_get(pattern, 0));
    const struct field *seen = fields_find(asked->fields, name);
    reason_add(check, to, asked->axis, asked->kind, check_text(check, "%s %s", asked->what, name),
               check_text(check, "%s %s", asked->what, check_dump(check, pattern)),
               seen ? check_text(check, "%s: %s", name, check_quote(check, seen->value))
                    : check_text(check, "no %s", name));
}

void fields_compare(struct check *check, const struct fields_asked *asked, const json_t *patterns, struct reasons *to)
{
    for (size_t i = 0; i < json_array_size(patterns); i++) {
        if (!pattern_matches(check, asked->fields, json_array_get(patterns, i)))
            field_missing(check, asked, json_array_get(patterns, i), to);
    }
}

static void check_headers(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct fields_asked asked = {
        .fields = &check->response->headers, .what = "header", .axis = AXIS_RESPONSE, .kind = KIND_WRONG_HEADER};
    (void)object;
    fields_compare(check, &asked, value, to);
}

static void check_no_headers(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    (void)object;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *name = json_string_value(json_array_get(value, i));
        const struct field *field = fields_find(&check->response->headers, name);
        if (field)
            reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_HEADER, check_text(check, "header %s", name),
                       check_text(check, "no header %s", name),
                       check_text(check, "%s: %s", name, check_quote(check, field->value)));
    }
}

const struct fields *check_trailer_fields(struct check *check)
{
    if (check_has_answer(check))
        return &check_answer(check)->trailers;
    return check->response->has_trailers ? &check->response->trailers : &check->response->headers;
}

static void check_trailers(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    bool fails = check_asks_failure(check, object);
    const struct fields_asked asked = {.fields = check_trailer_fields(check),
                                       .what = "trailer",
                                       .axis = AXIS_RESPONSE,
                                       .kind = fails ? check_hidden_or(check, KIND_WRONG_HEADER) : KIND_WRONG_HEADER};
    fields_check_joined(check, &asked, value, to);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *pattern = json_array_get(value, i);
        if (!fields_find(asked.fields, json_string_value(json_array_get(pattern, 0))))
            field_missing(check, &asked, pattern, to);
    }
}

static void check_trailer(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct fields *fields = check_trailer_fields(check);
    struct span name = keys_span(json_array_get(value, 0));
    (void)object;
    bool status = span_equal_nocase(name, span_cstr("grpc-status")) && json_array_get(value, 1) &&
                  !span_is(keys_span(json_array_get(value, 1)), "0");
    if (pattern_matches(check, fields, value) && (!status || error_in_trailers(check)))
        return;
    const struct fields_asked asked = {.fields = fields,
                                       .what = "trailer",
                                       .axis = AXIS_RESPONSE,
                                       .kind = status ? check_hidden_or(check, KIND_WRONG_HEADER) : KIND_WRONG_HEADER};
    field_missing(check, &asked, value, to);
}

static void refuse_text(struct check *check, const struct fields *fields, const json_t *text, struct reasons *to)
{
    struct span want = keys_span(text);
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        if (field->value.len < want.len || !memmem(field->value.data, field->value.len, want.data, want.len))
            continue;
        struct span name = field->name;
        name.len = name.len < CHECK_MAX_FIELD ? name.len : CHECK_MAX_FIELD;
        if (reason_fits(to, KIND_WRONG_HEADER))
            reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_HEADER,
                       check_text(check, "header %s", check_quote(check, name)),
                       check_text(check, "no header or trailer with %s in it", check_dump(check, text)),
                       check_text(check, "%s: %s", check_quote(check, field->name), check_quote(check, field->value)));
    }
}

static void check_no_text(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    (void)object;
    refuse_text(check, &check->response->headers, value, to);
    refuse_text(check, &check->response->trailers, value, to);
}

struct span check_media_type(struct check *check)
{
    struct span value = fields_value(&check->response->headers, "content-type");
    value.len = span_index_of(value, ';', 0);
    struct span copy = arena_dup_lower(&check->kept, span_trim_end(value, " \t"));
    if (!copy.data)
        check_give_up(check, "the harness ran out of memory");
    return copy;
}

static void check_content_type(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const json_t *want = check_resolve(check, value);
    struct span seen = check_media_type(check);
    (void)object;
    if (!want || (json_is_string(want) && span_equal(keys_span(want), seen)))
        return;
    for (size_t i = 0; i < json_array_size(want); i++) {
        if (span_equal(keys_span(json_array_get(want, i)), seen))
            return;
    }
    reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_CONTENT_TYPE, "header content-type",
               check_text(check, "content-type %s", check_dump(check, want)),
               fields_find(&check->response->headers, "content-type")
                   ? check_quote(check, fields_value(&check->response->headers, "content-type"))
                   : "no content-type");
}

/* ---- body */

bool check_body_whole(struct check *check)
{
    if (check->response->body_len <= check->response->body.len && check->coding != BODY_TOO_LARGE)
        return true;
    check_give_up(check, "the response is larger than what the harness keeps");
    return false;
}

static void check_body(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    struct span seen = buf_span(&check->response->body);
    struct span want = keys_body(value, &check->kept);
    (void)object;
    if (!want.data)
        check_give_up(check, "the harness ran out of memory");
    if (!want.data || !check_body_whole(check) || span_equal(want, seen))
        return;
    reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY, "body",
               check_text(check, "a body of %zu bytes: %s", want.len, check_quote(check, want)),
               check_text(check, "%zu bytes: %s", seen.len, check_quote(check, seen)));
}

static void check_body_empty(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    (void)value;
    (void)object;
    if (check->response->body_len == 0)
        return;
    reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY, "body", "no body",
               check_text(check, "%llu bytes: %s", (unsigned long long)check->response->body_len,
                          check_quote(check, buf_span(&check->response->body))));
}

static bool body_has(const struct check *check, const json_t *text)
{
    struct span body = buf_span(&check->response->body);
    struct span want = keys_span(text);
    return body.len >= want.len && memmem(body.data, body.len, want.data, want.len);
}

static void check_body_holds(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    (void)object;
    if (check_body_whole(check) && !body_has(check, value))
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY, "body",
                   check_text(check, "a body that holds %s", check_dump(check, value)), check_summary(check));
}

static void check_body_lacks(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    (void)object;
    if (check_body_whole(check) && body_has(check, value))
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY, "body",
                   check_text(check, "a body without %s", check_dump(check, value)), check_summary(check));
}

/* The one message of an answer that has a status of its own; false, with a reason, when there is not one. */
static bool one_message(struct check *check, struct span *json, struct reasons *to)
{
    const struct answer *answer = check_answer(check);
    if (answer->count == 1)
        *json = answer->elements[0];
    if (answer->count != 1 || !answer_is_success(check))
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY, "messages", "one message, and the status OK",
                   answer_text(check));
    return answer->count == 1;
}

/* Whether there is a whole body to compare with a message of *type: *json. */
static bool has_message(struct check *check, struct message_type *type, struct span *json, struct reasons *to)
{
    *type = message_type_of(check->testcase->rpc, check->testcase->binding);
    *json = buf_span(&check->response->body);
    if (!type->message || !check->complete || !check_body_whole(check))
        return false;
    return !check_has_answer(check) || one_message(check, json, to);
}

static void check_message(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    struct message_type type;
    struct span json;
    (void)object;
    if (has_message(check, &type, &json, to))
        message_compare(check, &type, value, json, "", to);
}

static void check_message_text(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    struct message_type type;
    struct span json;
    struct span text = keys_body(value, &check->kept);
    (void)object;
    if (!text.data)
        check_give_up(check, "the harness ran out of memory");
    else if (has_message(check, &type, &json, to))
        message_compare_text(check, &type, text, json, "", to);
}

/* ---- INV-5 */

bool media_type_is_json(struct span type)
{
    static const char suffix[] = "+json";
    size_t len = sizeof suffix - 1;
    return span_is(type, "application/json") ||
           (type.len > len && memcmp(type.data + type.len - len, suffix, len) == 0);
}

/* Media types that promise JSON values one behind the other. */
static bool media_type_is_json_lines(struct span type)
{
    return span_is(type, "application/x-ndjson") || span_is(type, "application/ndjson") ||
           span_is(type, "application/jsonl") || span_is(type, "text/event-stream");
}

static bool may_lack_body(const struct check *check)
{
    int status = check->response->status;
    return status >= 400 || status < 200 || status == 204 || status == 304 ||
           span_is(check->testcase->request.method, "HEAD");
}

/* Of the body as it came: RFC 9110 section 8.6 counts what is sent. */
static const char *wrong_length(struct check *check)
{
    const struct response_seen *sent = check->in->response;
    const struct fields *headers = &sent->headers;
    bool bodiless = span_is(check->testcase->request.method, "HEAD") || check->response->status == 304;
    for (size_t i = 0; i < headers->count; i++) {
        uint64_t length = 0;
        struct span value = headers->items[i].value;
        if (!span_equal_nocase(headers->items[i].name, span_cstr("content-length")))
            continue;
        if (!field_form_length(value, &length) || (!bodiless && length != sent->body_len))
            return check_text(check, "content-length: %s, and a body of %llu bytes", check_quote(check, value),
                              (unsigned long long)sent->body_len);
    }
    return NULL;
}

/* Whose response it is: the method that was called, which need not be the case's. */
static const struct schema_method *answered(const struct check *check)
{
    const struct call_seen *call = check->in->calls;
    const struct schema_method *seen =
        call ? schema_method_find(check->in->schema, fields_value(&call->headers, ":path")) : NULL;
    return seen ? seen : check->testcase->rpc;
}

static const char *wrong_json(struct check *check)
{
    struct err err = {0};
    const struct schema_method *rpc = answered(check);
    struct span body = buf_span(&check->response->body);
    struct span type = check_media_type(check);
    bool streams = rpc && rpc->server_streaming && check->response->status < 400;
    if (!media_type_is_json(type) && !(streams && media_type_is_json_lines(type)))
        return NULL;
    if (front_row(check->testcase->front)->framed &&
        (span_starts_with(type, "application/grpc") || span_starts_with(type, "application/connect")))
        return NULL; /* its messages are, each behind its prefix */
    if (!check_body_whole(check) || (rpc && rpc->output->well_known == SCHEMA_WKT_HTTP_BODY))
        return NULL;
    if (streams)
        return check_stream(check)->wrong;
    if (body.len == 0)
        return may_lack_body(check) ? NULL : "content-type says JSON, and the body is empty";
    enum err_code code = json_element_validate(body, &err);
    if (code == ERR_OK || code == ERR_LIMIT)
        return NULL;
    body.len = body.len < 1000 ? body.len : 1000;
    return check_text(check, "the body is not JSON (%s): %s", err.text, check_quote(check, body));
}

static void malformed(struct check *check, const char *path, const char *expected, const char *observed)
{
    if (observed)
        reason_add(check, &check->malformed, AXIS_RESPONSE, KIND_MALFORMED, path, expected, observed);
}

const struct reasons *check_malformed(struct check *check)
{
    if (check->malformed_known)
        return &check->malformed;
    check->malformed_known = true;
    if (check->response->ending == ENDING_MALFORMED) {
        malformed(check, "form", "well-formed HTTP", check_text(check, "%s", check->response->detail));
        return &check->malformed;
    }
    response_rules_check(check, &check->malformed);
    if (check->complete) {
        malformed(check, "form content-length", "the length that the body has (RFC 9110 section 8.6)",
                  wrong_length(check));
        malformed(check, "form json", "well-formed JSON, as the content type says", wrong_json(check));
    }
    return &check->malformed;
}

/* ---- types of values */

static bool is_class(const char *text)
{
    return (strlen(text) == 3 && text[0] >= '1' && text[0] <= '5' && strcmp(text + 1, "xx") == 0) ||
           strcmp(text, "error") == 0;
}

static bool is_status(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= 100 && json_integer_value(value) <= 599;
}

static enum err_code valid_status(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    (void)rule;
    (void)user;
    if (json_is_object(value))
        return expectation_from_profile(at, value, &profile_statuses, "statuses", err);
    if (is_status(value) || is_class(keys_text(value)))
        return ERR_OK;
    if (!json_is_array(value) || json_array_size(value) == 0)
        return place_error(
            at, ERR_SYNTAX, err,
            "expected a number from 100 to 599, a list of these, a class such as \"4xx\" or \"error\", or "
            "{\"profile\": key}");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        if (!is_status(json_array_get(value, i)))
            return place_error(&inside, ERR_SYNTAX, err, "expected a number from 100 to 599");
    }
    return ERR_OK;
}

static const struct key_type status_type = {
    .name = "statusExpected",
    .check = valid_status,
    .form = "200",
    .schema = "{'anyOf': [{'type': 'integer', 'minimum': 100, 'maximum': 599}, {'type': 'array', 'minItems': 1, "
              "'items': {'type': 'integer', 'minimum': 100, 'maximum': 599}}, "
              "{'enum': ['1xx', '2xx', '3xx', '4xx', '5xx', 'error']}, @byProfile]}",
    .parts = {&expectation_by_profile}};

static bool is_media_type(const json_t *value)
{
    const char *text = keys_text(value);
    const char *slash = strchr(text, '/');
    if (!slash || slash == text || !slash[1])
        return false;
    return text[strcspn(text, "; ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static enum err_code valid_content_type(const struct place *at, const json_t *value, const struct key_rule *rule,
                                        void *user, struct err *err)
{
    (void)rule;
    (void)user;
    if (json_is_object(value))
        return expectation_from_profile(at, value, &key_texts, "media types", err);
    bool good = is_media_type(value) || (json_is_array(value) && json_array_size(value) > 0);
    for (size_t i = 0; i < json_array_size(value); i++)
        good = good && is_media_type(json_array_get(value, i));
    return good ? ERR_OK
                : place_error(at, ERR_SYNTAX, err,
                              "expected a media type in lower case without parameters, a list of these, or "
                              "{\"profile\": key}");
}
static const struct key_type media_type = {
    .name = "mediaType", .schema = "{'type': 'string', 'pattern': '^[^; A-Z/\\\\u0000]+/[^; A-Z\\\\u0000]+$'}"};
static const struct key_type content_type_type = {
    .name = "contentType",
    .check = valid_content_type,
    .form = "\"...\"",
    .schema = "{'anyOf': [@mediaType, {'type': 'array', 'minItems': 1, 'items': @mediaType}, @byProfile]}",
    .parts = {&media_type, &expectation_by_profile}};

/* What the value must be: a message, or something that stands for one. */
typedef enum err_code message_valid_fn(const struct place *at, const json_t *value, const struct message_type *type,
                                       struct arena *arena, struct err *err);

/* `user` is the struct reader of the case. */
static enum err_code valid_single(const struct place *at, const json_t *value, void *user, message_valid_fn *valid,
                                  struct err *err)
{
    const struct reader *reader = user;
    struct message_type type = message_type_of(reader->rpc, reader->binding);
    if (reader->rpc && reader->rpc->server_streaming)
        return place_error(at, ERR_SYNTAX, err, "the method streams: use \"messages\"");
    return valid(at, value, &type, reader->arena, err);
}

static enum err_code valid_message(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    (void)rule;
    return valid_single(at, value, user, message_valid, err);
}
const struct key_type expectation_message = {.check = valid_message, .form = "{...}", .schema = "true"};

static enum err_code valid_message_text(const struct place *at, const json_t *value, const struct key_rule *rule,
                                        void *user, struct err *err)
{
    (void)rule;
    return valid_single(at, value, user, message_text_valid, err);
}
static const struct key_type body_message_text = {
    .check = valid_message_text, .form = "...", .schema = "@body", .parts = {&key_body}};

/* ---- the table */

const struct expectation response_expectations[] = {
    {.rule = {.name = "status",
              .type = &status_type,
              .text = "a number, a list of numbers, a class `\"1xx\"` ... `\"5xx\"`, `\"error\"` (400 and above), or "
                      "`{\"profile\": \"key\"}`"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_STATUS,
     .check = check_status},
    {.rule = {.name = "content_type",
              .type = &content_type_type,
              .text = "the media type without parameters, or a list, or `{\"profile\": \"key\"}`"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_CONTENT_TYPE,
     .check = check_content_type},
    {.rule = {.name = "headers",
              .type = &key_field_patterns,
              .text = "`[[n, v], ...]` each present; `[n]` for any value"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_HEADER,
     .check = check_headers},
    {.rule = {.name = "no_headers", .type = &key_texts, .min = 1, .max = 100, .text = "names that must be absent"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_HEADER,
     .check = check_no_headers},
    {.rule = {.name = "joined",
              .type = &key_field_patterns,
              .text =
                  "where there is such a header, its lines joined with `, ` (RFC 9110 section 5.3) are this value: not "
                  "doubled, in order, none lost"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_HEADER,
     .check = check_joined},
    {.rule = {.name = "message",
              .type = &expectation_message,
              .text =
                  "the body is JSON of one message of the output type, equal by descriptor. Where the binding has a "
                  "`response_body`, both the body and the value here are that field's"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_message,
     .is_answer = true,
     .needs_complete = true},
    {.rule = {.name = "message_text",
              .type = &body_message_text,
              .excludes = "message",
              .text = "as `message`, its JSON in a form of the request's `body`: for what is too long to write out"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_message_text,
     .is_answer = true,
     .needs_complete = true},
    {.rule = {.name = "trailer",
              .type = &key_field_pattern,
              .text =
                  "`[n, v]` (or `[n]`: any value) among the response's trailers, or headers when the response has no "
                  "trailers"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_HEADER,
     .check = check_trailer},
    {.rule = {.name = "trailers",
              .type = &key_field_patterns,
              .text = "`[[n, v], ...]` each among these, its lines joined with `, ` being that value: none lost, none "
                      "doubled, in order"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_HEADER,
     .check = check_trailers},
    {.rule = {.name = "body", .type = &key_body, .text = "exactly these bytes, in a form of the request's `body`"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_body,
     .is_answer = true,
     .needs_complete = true},
    {.rule = {.name = "body_empty", .type = &key_true, .text = "no body bytes"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_body_empty,
     .is_answer = true,
     .needs_complete = true},
    {.rule = {.name = "body_holds", .type = &key_text, .text = "a string that the body holds, byte by byte"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_body_holds},
    {.rule = {.name = "body_lacks",
              .type = &key_text,
              .text = "a string that must not occur in the body, byte by byte"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_body_lacks},
    {.rule = {.name = "no_text",
              .type = &key_text,
              .text = "a string that must not occur in any header value or trailer value, raw"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_HEADER,
     .check = check_no_text},
    {.rule = {.name = NULL}}};
