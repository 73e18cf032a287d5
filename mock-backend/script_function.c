/* The steps that answer an invocation of a function: Invoke of AWS Lambda's API, 2015-03-31. */
#include <stdlib.h>

#include "harness/base/base64.h"
#include "mock-backend/script_impl.h"

/* ---- what stands in a body */

static enum err_code check_encoded(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    (void)rule;
    (void)user;
    int count = (json_object_get(value, "message") != NULL) + (json_object_get(value, "bytes") != NULL) +
                (json_object_get(value, "text") != NULL);
    return count == 1 ? ERR_OK
                      : place_error(at, ERR_SYNTAX, err, "expected one of \"message\", \"bytes\" and \"text\"");
}

static const struct key_rule encoded_keys[] = {
    {.name = "message", .type = &key_any, .form = "{...}", .text = "a message as in the step `message`, with its keys"},
    KEY_MESSAGE_OPTIONS,
    {.name = "bare", .type = &key_bool, .text = "true: without the prefix"},
    {.name = "bytes", .type = &key_hex, .text = "these bytes"},
    {.name = "text", .type = &key_string, .text = "this text in UTF-8"},
    KEY_LAST};
static const struct key_object encoded_object = {
    .name = "encoded",
    .rules = encoded_keys,
    .whole = check_encoded,
    .schema = "{'oneOf': [{'required': ['message']}, {'required': ['bytes']}, {'required': ['text']}]}"};
static const struct key_rule base64_keys[] = {
    {.name = "base64_of", .required = true, .type = &key_object, .object = &encoded_object, .text = "in base64"},
    KEY_LAST};
static const struct key_object base64_object = {.rules = base64_keys};

static enum err_code check_function_body(const struct place *at, const json_t *value, const struct key_rule *rule,
                                         void *user, struct err *err)
{
    return json_object_get(value, "base64_of") ? keys_check(at, value, &base64_object, user, err)
                                               : key_body.check(at, value, rule, user, err);
}
static const struct key_type function_body = {.name = "functionBody",
                                              .check = check_function_body,
                                              .form = "\"...\"",
                                              .schema = "{'anyOf': [@body, $object]}",
                                              .parts = {&key_body},
                                              .object = &base64_object};

/* The bytes that `base64_of` names, which is the current step meanwhile. */
static enum err_code encoded_bytes(struct compiler *compiler, struct span *out, struct err *err)
{
    const json_t *text = script_value(compiler, "text");
    const json_t *bytes = script_value(compiler, "bytes");
    if (script_value(compiler, "message"))
        return script_message_bytes(compiler, keys_flag(compiler->step, "bare"), out, err);
    *out = text ? keys_span(text) : script_hex(compiler, bytes);
    return out->data ? ERR_OK : script_no_memory(err);
}

static enum err_code encode_body(struct compiler *compiler, const json_t *value, struct buf *out, struct err *err)
{
    const struct place *at = compiler->at;
    const json_t *step = compiler->step;
    struct place function_at = {.up = at, .key = "function"};
    struct place body_at = {.up = &function_at, .key = "body"};
    struct place encoded_at = {.up = &body_at, .key = "base64_of"};
    struct span bytes = {0};
    compiler->at = &encoded_at;
    compiler->step = json_object_get(value, "base64_of");
    enum err_code rc = encoded_bytes(compiler, &bytes, err);
    compiler->at = at;
    compiler->step = step;
    if (rc == ERR_OK && !base64_encode(out, bytes, true))
        rc = script_no_memory(err);
    return rc;
}

/* What stands for the body in the answer. */
static enum err_code body_json(struct compiler *compiler, const json_t *value, json_t **out, struct err *err)
{
    struct place function_at = {.up = compiler->at, .key = "function"};
    struct place body_at = {.up = &function_at, .key = "body"};
    struct buf text;
    enum err_code rc = ERR_OK;
    buf_init(&text, 2 * (size_t)SCRIPT_MAX_BYTES);
    if (json_object_get(value, "base64_of"))
        rc = encode_body(compiler, value, &text, err);
    else if (!buf_append_span(&text, keys_body(value, compiler->arena)))
        rc = script_no_memory(err);
    if (rc == ERR_OK) {
        *out = json_stringn(text.data ? (const char *)text.data : "", text.len);
        if (!*out)
            rc = place_error(&body_at, ERR_SYNTAX, err, "is no UTF-8: bytes go with \"base64_of\"");
    }
    buf_fini(&text);
    return rc;
}

/* ---- answers of the API */

/* A whole response: its status, a field beside content-type and content-length where `name` is not NULL, JSON. */
static enum err_code add_answer(struct compiler *compiler, const char *status, const char *name, const char *value,
                                const json_t *json, struct err *err)
{
    if (compiler->headers_sent)
        return script_error(compiler, NULL, ERR_SYNTAX, err, "is a whole response, and one has begun before it");
    struct script_step *step = script_add(compiler, SCRIPT_HEADERS, err);
    if (!step)
        return err->code;
    struct arena *arena = compiler->arena;
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(17));
    struct span body = text ? arena_dup(arena, span_cstr(text)) : span_of(NULL, 0);
    free(text);
    char *length = arena_printf(arena, "%zu", body.len);
    bool ok = body.data && length && fields_add_view(&step->fields, arena, span_cstr(":status"), span_cstr(status)) &&
              fields_add_view(&step->fields, arena, span_cstr("content-type"), span_cstr("application/json")) &&
              fields_add_view(&step->fields, arena, span_cstr("content-length"), span_cstr(length));
    if (ok && name)
        ok = fields_add(&step->fields, arena, span_cstr(name), span_cstr(value));
    if (!ok)
        return script_no_memory(err);
    compiler->headers_sent = true;
    return script_add_data(compiler, body, true, 1, err);
}

static enum err_code compile_function(struct compiler *compiler, struct err *err)
{
    const json_t *value = script_value(compiler, "function");
    const json_t *body = json_object_get(value, "body");
    json_t *answer = json_copy((json_t *)(uintptr_t)value); /* jansson's copy takes no const */
    json_t *text = NULL;
    enum err_code rc = answer ? ERR_OK : script_no_memory(err);
    if (rc == ERR_OK && body)
        rc = body_json(compiler, body, &text, err);
    if (rc == ERR_OK && text && json_object_set_new(answer, "body", text) != 0)
        rc = script_no_memory(err);
    if (rc == ERR_OK)
        rc = add_answer(compiler, "200", "x-amz-executed-version", "$LATEST", answer, err);
    json_decref(answer);
    return rc;
}

static enum err_code compile_function_error(struct compiler *compiler, struct err *err)
{
    bool handled = keys_flag(compiler->step, "handled");
    return add_answer(compiler, "200", "x-amz-function-error", handled ? "Handled" : "Unhandled",
                      script_value(compiler, "function_error"), err);
}

static const char *const exceptions[] = {"TooManyRequestsException",
                                         "ResourceNotFoundException",
                                         "RequestTooLargeException",
                                         "InvalidRequestContentException",
                                         "UnsupportedMediaTypeException",
                                         "ServiceException",
                                         NULL};
static const char *const exception_statuses[] = {"429", "404", "413", "400", "415", "500"};

static enum err_code compile_invoke_error(struct compiler *compiler, struct err *err)
{
    const char *name = keys_text(script_value(compiler, "invoke_error"));
    size_t which = 0;
    while (strcmp(exceptions[which], name) != 0)
        which++;
    json_t *answer = json_pack("{s:s, s:s}", "Type", "User", "message", name);
    enum err_code rc =
        answer ? add_answer(compiler, exception_statuses[which], "x-amzn-errortype", exceptions[which], answer, err)
               : script_no_memory(err);
    json_decref(answer);
    return rc;
}

static const struct key_rule answer_keys[] = {
    {.name = "statusCode", .type = &key_any, .text = "the HTTP status"},
    {.name = "headers", .type = &key_any, .text = "names and their values"},
    {.name = "multiValueHeaders", .type = &key_any, .text = "names and the lists of their values"},
    {.name = "cookies", .type = &key_any, .text = "a list"},
    {.name = "body", .type = &function_body, .text = "the body, as text"},
    {.name = "isBase64Encoded", .type = &key_any, .text = "whether that is base64"},
    KEY_LAST};
static const struct key_object answer_object = {.name = "functionAnswer", .rules = answer_keys};

static const struct key_rule function_keys[] = {{.name = "function",
                                                 .required = true,
                                                 .type = &key_object,
                                                 .object = &answer_object,
                                                 .text =
                                                     "of HTTP/1.1: the whole answer of a function behind the "
                                                     "invocation API, as this JSON: `statusCode`, `headers`, "
                                                     "`multiValueHeaders`, `cookies`, `isBase64Encoded` are sent as "
                                                     "they are, of any type; `body` is a string, a `fill` as "
                                                     "in the request's `body`, or `{\"base64_of\": {...}}` of a "
                                                     "`message` (with the keys of that step, and `\"bare\": true` "
                                                     "for one without its prefix), of `bytes` in hex or of a `text`"},
                                                KEY_LAST};
static const struct key_rule function_error_keys[] = {
    {.name = "function_error",
     .required = true,
     .type = &key_any,
     .form = "{\"errorMessage\": \"...\", \"errorType\": \"...\"}",
     .text = "of HTTP/1.1: the function failed: 200 with `x-amz-function-error`, and this JSON"},
    {.name = "handled", .type = &key_bool, .text = "true: the function said so itself (`Handled`)"},
    KEY_LAST};
static const struct key_rule invoke_error_keys[] = {
    {.name = "invoke_error",
     .required = true,
     .type = &key_choice,
     .choices = exceptions,
     .form = "\"TooManyRequestsException\"",
     .text = "of HTTP/1.1: the API refuses to call the function, with the status of that exception (429, 404, 413, "
             "400, 415, "
             "500) and `x-amzn-errortype`. A function that never answers is a script without an answer"},
    KEY_LAST};

const struct step_type script_function_steps[] = {STEP_OF(STEP_OF_HTTP1, compile_function, function_keys),
                                                  STEP_OF(STEP_OF_HTTP1, compile_function_error, function_error_keys),
                                                  STEP_OF(STEP_OF_HTTP1, compile_invoke_error, invoke_error_keys),
                                                  {.compile = NULL}};

enum err_code script_of_function(struct script *out, const struct json_t *answer, const struct place *at,
                                 struct arena *arena, struct err *err)
{
    enum err_code rc = keys_check(at, answer, &answer_object, NULL, err);
    if (rc != ERR_OK)
        return rc;
    json_t *steps = json_pack("[{s:s}, {s:O}]", "protocol", "http/1.1", "function", answer);
    rc = steps ? script_compile(out, steps, at, NULL, arena, err) : script_no_memory(err);
    json_decref(steps);
    return rc;
}
