/* Errors as an HTTP client sees them: forms of the body, or gRPC's own headers. */
#include <stdlib.h>

#include "harness/engine/protojson/protojson.h"
#include "harness/base/base64.h"
#include "harness/engine/grpc/metadata.h"
#include "harness/engine/grpc/status.h"
#include "harness/suite/answer.h"

#define ERROR_MAX_TEXT (1u << 20)

/* ---- codes */

/* `codes`: a number or a list. */
static bool code_in(const json_t *codes, long long code)
{
    if (!json_is_array(codes))
        return json_integer_value(codes) == code;
    for (size_t i = 0; i < json_array_size(codes); i++) {
        if (json_integer_value(json_array_get(codes, i)) == code)
            return true;
    }
    return false;
}

/* Whether one of the codes has this HTTP status. */
static bool http_code_in(const json_t *codes, long long http)
{
    if (!json_is_array(codes))
        return status_to_http((uint32_t)json_integer_value(codes)) == http;
    for (size_t i = 0; i < json_array_size(codes); i++) {
        if (http_code_in(json_array_get(codes, i), http))
            return true;
    }
    return false;
}

bool error_code_matches(const json_t *error, const json_t *codes)
{
    static const char *const keys[] = {"code", "grpc_code", "grpc-code"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *code = json_object_get(error, keys[i]);
        if (json_is_integer(code) &&
            (code_in(codes, json_integer_value(code)) || http_code_in(codes, json_integer_value(code))))
            return true;
    }
    return false;
}

/* A grpc-status among the headers ends a response only where a client looks for it there. An HTTP client takes a 200
 * for a success, whatever other headers say: visible is the stream that has no body at all and does not call it JSON.
 */
static bool headers_are_trailers(struct check *check)
{
    const struct response_seen *response = check->response;
    bool streams = check->testcase->rpc && check->testcase->rpc->server_streaming;
    return response->status >= 400 ||
           (streams && response->body_len == 0 && !media_type_is_json(check_media_type(check)));
}

bool error_in_trailers(struct check *check)
{
    const struct fields *fields = check_trailer_fields(check);
    if (check_has_answer(check))
        return check_answer(check)->has_code && check_answer(check)->code != 0;
    if (!check->response->has_trailers && !headers_are_trailers(check))
        return false;
    for (size_t i = 0; i < fields->count; i++) {
        uint32_t code = 0;
        if (!span_equal_nocase(fields->items[i].name, span_cstr("grpc-status")))
            continue;
        if (!status_parse(fields->items[i].value, &code) || code != 0)
            return true;
    }
    return false;
}

/* ---- details */

/* {"details": [...]} as google.rpc.Status in canonical JSON; false when the schema cannot tell. */
static bool canonical_details(struct check *check, struct buf *out, const json_t *details)
{
    static const char name[] = "google.rpc.Status";
    struct message_type type = {.message = schema_message_find(check->in->schema, span_cstr(name))};
    json_t *status = type.message ? json_object() : NULL;
    char *text = NULL;
    bool done = false;
    if (status && json_object_set(status, "details", (json_t *)(uintptr_t)details) == 0)
        text = json_dumps(status, JSON_COMPACT | JSON_REAL_PRECISION(17));
    arena_reset(&check->scratch);
    if (text)
        done = message_canonical(out, &type, span_cstr(text), &check->scratch, NULL) == ERR_OK;
    free(text);
    json_decref(status);
    return done;
}

static bool details_equal(struct check *check, const json_t *expected, const json_t *observed)
{
    struct buf want;
    struct buf got;
    bool equal;
    if (json_equal(expected, observed))
        return true;
    if (!json_is_array(observed))
        return json_array_size(expected) == 0 && !observed;
    buf_init(&want, ERROR_MAX_TEXT);
    buf_init(&got, ERROR_MAX_TEXT);
    equal = canonical_details(check, &want, expected) && canonical_details(check, &got, observed) &&
            span_equal(buf_span(&want), buf_span(&got));
    buf_fini(&want);
    buf_fini(&got);
    return equal;
}

static bool details_shown(struct check *check)
{
    return json_is_true(profile_value(check->in->profile, "error_details"));
}

/* ---- forms. Each answers what of the error the response lacks in this form. */

enum lack { LACK_NOTHING = 0, LACK_CODE = 1, LACK_MESSAGE = 2, LACK_DETAILS = 4, LACK_FORM = 8 };
/* LACK_FORM alone: it is in another form altogether. */
typedef unsigned form_fn(struct check *check, const json_t *expected, const json_t *body);

/* What the forms that are JSON objects have in common. */
static unsigned words_lack(struct check *check, const json_t *expected, const json_t *error)
{
    const json_t *message = json_object_get(expected, "message");
    const json_t *details = json_object_get(expected, "details");
    const json_t *seen = json_object_get(error, "message");
    unsigned lack = LACK_NOTHING;
    if (message && !json_equal(message, seen) && !(json_string_length(message) == 0 && !seen))
        lack |= LACK_MESSAGE;
    if (details && details_shown(check) && !details_equal(check, details, json_object_get(error, "details")))
        lack |= LACK_DETAILS;
    return lack;
}

static unsigned code_lack(bool right)
{
    return right ? LACK_NOTHING : LACK_CODE;
}

static unsigned form_status(struct check *check, const json_t *expected, const json_t *body)
{
    const json_t *codes = json_object_get(expected, "code");
    const json_t *code = json_object_get(body, "code");
    if (!json_is_integer(code))
        return LACK_FORM;
    return code_lack(!codes || code_in(codes, json_integer_value(code))) | words_lack(check, expected, body);
}

static unsigned form_status_http_code(struct check *check, const json_t *expected, const json_t *body)
{
    const json_t *codes = json_object_get(expected, "code");
    const json_t *code = json_object_get(body, "code");
    if (!json_is_integer(code) || json_integer_value(code) != check->response->status)
        return LACK_FORM;
    return code_lack(!codes || http_code_in(codes, check->response->status)) | words_lack(check, expected, body);
}

static bool name_in(const json_t *codes, const char *name)
{
    if (!json_is_array(codes)) {
        const char *known = status_name((uint32_t)json_integer_value(codes));
        return known && strcmp(known, name) == 0;
    }
    for (size_t i = 0; i < json_array_size(codes); i++) {
        if (name_in(json_array_get(codes, i), name))
            return true;
    }
    return false;
}

static unsigned form_aip193(struct check *check, const json_t *expected, const json_t *body)
{
    const json_t *error = json_object_get(body, "error");
    const json_t *codes = json_object_get(expected, "code");
    const char *name = json_string_value(json_object_get(error, "status"));
    if (!json_is_object(error) || json_integer_value(json_object_get(error, "code")) != check->response->status)
        return LACK_FORM;
    bool right = !codes || (name ? name_in(codes, name) : http_code_in(codes, check->response->status));
    return code_lack(right) | words_lack(check, expected, error);
}

static bool header_details_equal(struct check *check, const json_t *details, struct span value)
{
    const struct protojson_options strict = {0};
    const struct schema_message *type = schema_message_find(check->in->schema, span_cstr("google.rpc.Status"));
    struct buf wire;
    struct buf text;
    json_t *status = NULL;
    bool equal = false;
    buf_init(&wire, ERROR_MAX_TEXT);
    buf_init(&text, ERROR_MAX_TEXT);
    arena_reset(&check->scratch);
    if (type && base64_decode(&wire, value) &&
        proto_to_json(&text, type, buf_span(&wire), &strict, &check->scratch, NULL) == ERR_OK)
        status = json_loadb((const char *)text.data, text.len, JSON_ALLOW_NUL, NULL);
    if (status)
        equal = details_equal(check, details, json_object_get(status, "details"));
    json_decref(status);
    buf_fini(&wire);
    buf_fini(&text);
    return equal;
}

static bool header_message_equal(const json_t *message, struct span value)
{
    struct buf text;
    buf_init(&text, ERROR_MAX_TEXT);
    bool equal = metadata_message_decode(&text, value) && span_equal(buf_span(&text), keys_span(message));
    buf_fini(&text);
    return equal;
}

static unsigned form_headers(struct check *check, const json_t *expected, const json_t *body)
{
    const struct fields *fields = check_trailer_fields(check);
    const json_t *codes = json_object_get(expected, "code");
    const json_t *message = json_object_get(expected, "message");
    const json_t *details = json_object_get(expected, "details");
    uint32_t code = 0;
    (void)body;
    if (!error_in_trailers(check) || !status_parse(fields_value(fields, "grpc-status"), &code) || code == 0)
        return LACK_FORM;
    unsigned lack = code_lack(!codes || code_in(codes, code));
    if (message && !header_message_equal(message, fields_value(fields, "grpc-message")))
        lack |= LACK_MESSAGE;
    if (details && details_shown(check) &&
        !header_details_equal(check, details, fields_value(fields, "grpc-status-details-bin")))
        lack |= LACK_DETAILS;
    return lack;
}

/* The HTTP status alone tells the code. */
static bool status_tells(const struct check *check, const json_t *expected)
{
    const json_t *codes = json_object_get(expected, "code");
    return check->response->status >= 400 && (!codes || http_code_in(codes, check->response->status));
}

static unsigned form_text(struct check *check, const json_t *expected, const json_t *body)
{
    struct span text = buf_span(&check->response->body);
    struct span want = keys_span(json_object_get(expected, "message"));
    if (json_is_object(body) || text.len == 0 || check->response->status < 400)
        return LACK_FORM;
    bool shown = want.len == 0 || memmem(text.data, text.len, want.data, want.len) != NULL;
    return code_lack(status_tells(check, expected)) | (shown ? LACK_NOTHING : LACK_MESSAGE);
}

static unsigned form_empty(struct check *check, const json_t *expected, const json_t *body)
{
    (void)body;
    if (check->response->body_len != 0 || check->response->status < 400)
        return LACK_FORM;
    return code_lack(status_tells(check, expected));
}

static form_fn *const forms[ERROR_FORM_COUNT] = {
    [ERROR_FORM_STATUS] = form_status, [ERROR_FORM_STATUS_HTTP_CODE] = form_status_http_code,
    [ERROR_FORM_AIP193] = form_aip193, [ERROR_FORM_HEADERS] = form_headers,
    [ERROR_FORM_TEXT] = form_text,     [ERROR_FORM_EMPTY] = form_empty,
};

/* Whether the expectation leaves the form open, or names it. */
static bool form_named(const json_t *expected, const char *name)
{
    const json_t *named = json_object_get(expected, "forms");
    for (size_t i = 0; i < json_array_size(named); i++) {
        if (strcmp(json_string_value(json_array_get(named, i)), name) == 0)
            return true;
    }
    return !named;
}

/* What the form that fits best lacks: the one that the response is in, else LACK_FORM. */
static unsigned least_lack(struct check *check, const json_t *expected, const json_t *body)
{
    unsigned least = LACK_FORM;
    for (size_t i = 0; i < ERROR_FORM_COUNT; i++) {
        if (!form_named(expected, error_form_names[i]) ||
            !profile_has_text(check->in->profile, "error_body", error_form_names[i]))
            continue;
        unsigned lack = forms[i](check, expected, body);
        if (__builtin_popcount(lack) < __builtin_popcount(least) || least == LACK_FORM)
            least = lack;
    }
    return least;
}

/* The error of a protocol that has a status of its own. */
static unsigned answer_lack(struct check *check, const json_t *expected)
{
    const struct answer *answer = check_answer(check);
    const json_t *codes = json_object_get(expected, "code");
    const json_t *message = json_object_get(expected, "message");
    const json_t *details = json_object_get(expected, "details");
    if (!answer->has_code || answer->code == 0)
        return LACK_FORM;
    unsigned lack = code_lack(!codes || code_in(codes, answer->code));
    if (message && !span_equal(answer->message, keys_span(message)))
        lack |= LACK_MESSAGE;
    if (details && !header_details_equal(check, details, answer->details))
        lack |= LACK_DETAILS;
    return lack;
}

static void check_error(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    static const struct {
        enum lack lack;
        const char *path;
    } parts[] = {{LACK_FORM, "error"},
                 {LACK_CODE, "error code"},
                 {LACK_MESSAGE, "error message"},
                 {LACK_DETAILS, "error details"}};
    struct span text = buf_span(&check->response->body);
    (void)object;
    if (!check->complete || !check_body_whole(check))
        return;
    bool own = check_has_answer(check);
    json_t *body = !own && text.len > 0 && text.len <= ERROR_MAX_TEXT
                       ? json_loadb((const char *)text.data, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL)
                       : NULL;
    unsigned lack = own ? answer_lack(check, value) : least_lack(check, value, body);
    json_decref(body);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (lack & parts[i].lack)
            reason_add(check, to, AXIS_RESPONSE, check_hidden_or(check, KIND_WRONG_ERROR), parts[i].path,
                       own ? check_text(check, "the error %s", check_dump(check, value))
                           : check_text(check, "an error %s in one of the forms %s", check_dump(check, value),
                                        check_dump(check, profile_value(check->in->profile, "error_body"))),
                       own ? answer_text(check) : check_summary(check));
    }
}

/* ---- the table */

static const struct key_rule error_rules[] = {
    {.name = "code",
     .type = &key_numbers,
     .min = 0,
     .max = UINT32_MAX,
     .text = "the gRPC code; a list of accepted codes"},
    {.name = "message", .type = &key_string, .text = "the message of the status"},
    {.name = "details", .type = &key_list, .text = "the details of the status"},
    {.name = "forms",
     .type = &key_choices,
     .choices = error_form_names,
     .min = 1,
     .max = ERROR_FORM_COUNT,
     .text = "only these of the forms that the profile allows"},
    {.name = NULL}};
static const struct key_object error_object = {.rules = error_rules};

const struct expectation error_expectations[] = {
    {.rule = {.name = "error",
              .type = &key_object,
              .object = &error_object,
              .text = "`{\"code\": 5, \"message\": \"...\", \"details\": [...], \"forms\": [...]}`: shown in a form "
                      "that the profile allows "
                      "(below); keys left out are not compared; `code` may be a list of accepted codes"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_ERROR,
     .check = check_error,
     .needs_complete = true},
    {.rule = {.name = NULL}}};
