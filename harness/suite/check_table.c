/* The table of expectations, their checks at load time, and what can be told from an expectation alone. */
#include <stdlib.h>

#include "harness/suite/check_impl.h"

/* What the checks of nested values need. */
struct reader {
    const struct schema_method *rpc;
    const struct router_binding *binding;
    const struct schema *schema;
    struct arena *arena;
};

/* ---- scalars */

static bool is_class(const char *text)
{
    return (strlen(text) == 3 && text[0] >= '1' && text[0] <= '5' && strcmp(text + 1, "xx") == 0) ||
           strcmp(text, "error") == 0;
}

static enum err_code valid_profile_key(const struct place *at, const json_t *value, struct err *err)
{
    const json_t *key = json_object_get(value, "profile");
    const char *text = keys_text(key);
    if (json_object_size(value) != 1 || text[0] < 'a' || text[0] > 'z' ||
        text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
        return place_error(at, ERR_SYNTAX, err, "expected {\"profile\": key}, key of [a-z0-9_]");
    return ERR_OK;
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
        return valid_profile_key(at, value, err);
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
        return valid_profile_key(at, value, err);
    bool good = is_media_type(value) || (json_is_array(value) && json_array_size(value) > 0);
    for (size_t i = 0; i < json_array_size(value); i++)
        good = good && is_media_type(json_array_get(value, i));
    return good ? ERR_OK
                : place_error(at, ERR_SYNTAX, err,
                              "expected a media type in lower case without parameters, a list of these, or "
                              "{\"profile\": key}");
}

/* A gRPC status code, or a list of them. */
static enum err_code valid_code(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    if (!json_is_array(value))
        return key_number(at, value, rule, user, err);
    return key_each(key_number, "expected a gRPC status code, or a list of them", at, value, rule, user, err);
}

#define CODE_RULE                                                                                                      \
    {                                                                                                                  \
        .name = "code", .check = valid_code, .min = 0, .max = UINT32_MAX                                               \
    }

static enum err_code valid_list(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    (void)rule;
    (void)user;
    return json_is_array(value) ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected a list");
}

static enum err_code valid_error(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    static const struct key_rule rules[] = {
        CODE_RULE, {.name = "message", .check = key_string}, {.name = "details", .check = valid_list}, {.name = NULL}};
    (void)rule;
    return keys_check(at, value, rules, user, err);
}

static enum err_code valid_stream_error(const struct place *at, const json_t *value, const struct key_rule *rule,
                                        void *user, struct err *err)
{
    static const struct key_rule rules[] = {CODE_RULE, {.name = "message", .check = key_string}, {.name = NULL}};
    const struct reader *reader = user;
    (void)rule;
    if (reader->rpc && !reader->rpc->server_streaming)
        return place_error(at, ERR_SYNTAX, err, "the method does not stream: use \"error\"");
    return keys_check(at, value, rules, user, err);
}

static const char *const endings[] = {"complete", "aborted", "reset", "timeout", "cancelled", NULL};

static enum err_code valid_ends(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    return json_is_array(value) ? key_choices(at, value, rule, user, err) : key_choice(at, value, rule, user, err);
}

/* ---- messages */

static enum err_code valid_as(const struct place *at, const json_t *value, const struct message_type *type,
                              struct arena *arena, struct err *err)
{
    struct buf out;
    struct err why = {0};
    if (!type->message)
        return place_error(at, ERR_SYNTAX, err, "no method is bound to this request: name it with \"rpc\"");
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (!text)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    buf_init(&out, CHECK_MAX_MESSAGE);
    enum err_code code = message_canonical(&out, type, span_cstr(text), arena, &why);
    buf_fini(&out);
    free(text);
    struct span name = type->message->name;
    return code == ERR_OK ? ERR_OK : place_error(at, code, err, "does not fit %.*s: %s", SPAN_FMT(name), why.text);
}

static enum err_code valid_all_as(const struct place *at, const json_t *list, const struct message_type *type,
                                  struct arena *arena, struct err *err)
{
    if (!json_is_array(list))
        return place_error(at, ERR_SYNTAX, err, "expected a list of messages");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = valid_as(&inside, json_array_get(list, i), type, arena, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static enum err_code valid_message(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    const struct reader *reader = user;
    struct message_type type = message_type_of(reader->rpc, reader->binding);
    (void)rule;
    if (reader->rpc && reader->rpc->server_streaming)
        return place_error(at, ERR_SYNTAX, err, "the method streams: use \"messages\"");
    return valid_as(at, value, &type, reader->arena, err);
}

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
    return code == ERR_OK ? valid_all_as(at, value, &type, reader->arena, err) : code;
}

static enum err_code valid_message_count(const struct place *at, const json_t *value, const struct key_rule *rule,
                                         void *user, struct err *err)
{
    enum err_code code = must_stream(at, user, err);
    return code == ERR_OK ? key_number(at, value, rule, user, err) : code;
}

static enum err_code valid_numbered(const struct place *at, const json_t *value, const struct key_rule *rule,
                                    void *user, struct err *err)
{
    const struct reader *reader = user;
    struct message_type type = message_type_of(reader->rpc, reader->binding);
    enum err_code code = key_text(at, value, rule, user, err);
    if (code != ERR_OK || !type.message)
        return code;
    return message_type_field(&type, json_string_value(value))
               ? ERR_OK
               : place_error(at, ERR_SYNTAX, err, "no field \"%s\"", json_string_value(value));
}

static enum err_code valid_backend_saw(const struct place *at, const json_t *value, const struct key_rule *rule,
                                       void *user, struct err *err)
{
    static const struct key_rule rules[] = {{.name = "message", .check = key_any},
                                            {.name = "messages", .check = valid_list},
                                            {.name = "rpc", .check = key_text},
                                            {.name = "headers", .check = key_field_patterns},
                                            {.name = "no_headers", .check = key_texts, .min = 1, .max = 100},
                                            {.name = "cancelled", .check = key_true},
                                            {.name = "calls", .check = key_number, .min = 1, .max = 1000},
                                            {.name = NULL}};
    const struct reader *reader = user;
    const json_t *message = json_object_get(value, "message");
    const json_t *messages = json_object_get(value, "messages");
    const json_t *rpc = json_object_get(value, "rpc");
    struct place rpc_at = {.up = at, .key = "rpc"};
    struct place message_at = {.up = at, .key = message ? "message" : "messages"};
    (void)rule;
    enum err_code code = keys_check(at, value, rules, user, err);
    if (code != ERR_OK)
        return code;
    if (message && messages)
        return place_error(at, ERR_SYNTAX, err, "\"message\" and \"messages\" exclude each other");
    const struct schema_method *method = rpc ? schema_method_find(reader->schema, keys_span(rpc)) : reader->rpc;
    if (!method)
        return rpc ? place_error(&rpc_at, ERR_SYNTAX, err, "no method \"%s\" in the descriptors",
                                 json_string_value(rpc))
                   : place_error(at, ERR_SYNTAX, err, "no method is bound to this request: name it with \"rpc\"");
    struct message_type type = {.message = method->input};
    if (message)
        return valid_as(&message_at, message, &type, reader->arena, err);
    return messages ? valid_all_as(&message_at, messages, &type, reader->arena, err) : ERR_OK;
}

/* ---- nesting */

static enum err_code valid_object(const struct place *at, const json_t *value, bool alternative, struct reader *reader,
                                  struct err *err);

static enum err_code valid_any_of(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    (void)rule;
    if (!json_is_array(value) || json_array_size(value) == 0)
        return place_error(at, ERR_SYNTAX, err, "expected a list of expectations");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = valid_object(&inside, json_array_get(value, i), true, user, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static enum err_code valid_not(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                               struct err *err)
{
    (void)rule;
    return valid_object(at, value, false, user, err);
}

static const char *const verdicts[] = {"pass", "acceptable", NULL};

#define ROW(key_name, valid_fn, axis_value, kind_value, check_fn, complete)                                            \
    {                                                                                                                  \
        .rule = {.name = key_name, .check = valid_fn}, .axis = axis_value, .kind = kind_value, .check = check_fn,      \
        .needs_complete = complete                                                                                     \
    }

static const struct expectation table[] = {
    ROW("backend_saw", valid_backend_saw, AXIS_REQUEST, KIND_WRONG_REQUEST, check_backend_saw, false),
    ROW("unreached", key_true, AXIS_REQUEST, KIND_NOT_REACHED, check_unreached, false),
    ROW("status", valid_status, AXIS_RESPONSE, KIND_WRONG_STATUS, check_status, false),
    ROW("content_type", valid_content_type, AXIS_RESPONSE, KIND_WRONG_CONTENT_TYPE, check_content_type, false),
    ROW("headers", key_field_patterns, AXIS_RESPONSE, KIND_WRONG_HEADER, check_headers, false),
    {.rule = {.name = "no_headers", .check = key_texts, .min = 1, .max = 100},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_HEADER,
     .check = check_no_headers},
    ROW("message", valid_message, AXIS_RESPONSE, KIND_WRONG_BODY, check_message, true),
    ROW("messages", valid_messages, AXIS_RESPONSE, KIND_WRONG_BODY, check_messages, true),
    ROW("first_messages", valid_messages, AXIS_RESPONSE, KIND_WRONG_BODY, check_first_messages, false),
    {.rule = {.name = "message_count", .check = valid_message_count, .min = 0, .max = 1000000},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_message_count,
     .needs_complete = true},
    ROW("numbered", valid_numbered, AXIS_RESPONSE, KIND_WRONG_BODY, NULL, false),
    ROW("error", valid_error, AXIS_RESPONSE, KIND_WRONG_ERROR, check_error, true),
    ROW("stream_error", valid_stream_error, AXIS_RESPONSE, KIND_WRONG_ERROR, check_stream_error, false),
    ROW("trailer", key_field_pattern, AXIS_RESPONSE, KIND_WRONG_HEADER, check_trailer, false),
    ROW("body", key_body, AXIS_RESPONSE, KIND_WRONG_BODY, check_body, true),
    ROW("body_empty", key_true, AXIS_RESPONSE, KIND_WRONG_BODY, check_body_empty, true),
    ROW("no_text", key_text, AXIS_RESPONSE, KIND_WRONG_HEADER, check_no_text, false),
    {.rule = {.name = "ends", .check = valid_ends, .choices = endings, .min = 1, .max = 5},
     .axis = AXIS_ENDING,
     .kind = KIND_WRONG_ENDING,
     .check = check_ends},
    ROW("fails_visibly", key_true, AXIS_RESPONSE, KIND_WRONG_STATUS, check_fails_visibly, false),
    ROW("then_healthy", key_true, AXIS_HEALTH, KIND_UNHEALTHY, check_then_healthy, false),
    ROW("any_of", valid_any_of, AXIS_RESPONSE, KIND_NONE, NULL, false),
    ROW("not", valid_not, AXIS_RESPONSE, KIND_NONE, NULL, false),
    {.rule = {.name = "verdict", .check = key_choice, .choices = verdicts}},
};

#define TABLE_COUNT (sizeof table / sizeof *table)

const struct expectation *expectation_find(const char *name)
{
    for (size_t i = 0; name && i < TABLE_COUNT; i++) {
        if (strcmp(table[i].rule.name, name) == 0)
            return &table[i];
    }
    return NULL;
}

static enum err_code valid_object(const struct place *at, const json_t *value, bool alternative, struct reader *reader,
                                  struct err *err)
{
    struct key_rule rules[TABLE_COUNT + 1];
    size_t count = alternative ? TABLE_COUNT : TABLE_COUNT - 1; /* "verdict" is the last */
    for (size_t i = 0; i < count; i++)
        rules[i] = table[i].rule;
    rules[count] = (struct key_rule){.name = NULL};
    enum err_code code = keys_check(at, value, rules, reader, err);
    if (code != ERR_OK)
        return code;
    if (json_object_size(value) == (json_object_get(value, "verdict") ? 1u : 0u))
        return place_error(at, ERR_SYNTAX, err, "expects nothing");
    if (json_object_get(value, "unreached") && json_object_get(value, "backend_saw"))
        return place_error(at, ERR_SYNTAX, err, "\"unreached\" and \"backend_saw\" exclude each other");
    if (json_object_get(value, "numbered") && !json_object_get(value, "message_count"))
        return place_error(at, ERR_SYNTAX, err, "\"numbered\" goes with \"message_count\"");
    return ERR_OK;
}

enum err_code check_expectation(const struct place *at, const json_t *expect, const struct schema_method *rpc,
                                const struct router_binding *binding, const struct schema *schema, struct arena *arena,
                                struct err *err)
{
    struct reader reader = {.rpc = rpc, .binding = binding, .schema = schema, .arena = arena};
    return valid_object(at, expect, false, &reader, err);
}

enum err_code check_validate(const struct json_t *expect, const struct schema_method *rpc,
                             const struct router_binding *binding, const struct schema *schema, struct arena *arena,
                             struct err *err)
{
    struct place at = {.key = "expect"};
    return check_expectation(&at, expect, rpc, binding, schema, arena, err);
}

/* ---- what an expectation alone tells */

static bool value_holds(const json_t *value, const char *text)
{
    if (!text)
        return value != NULL;
    if (json_is_string(value))
        return strcmp(json_string_value(value), text) == 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (value_holds(json_array_get(value, i), text))
            return true;
    }
    return false;
}

bool check_mentions(const json_t *object, const char *key, const char *text)
{
    const json_t *list = json_object_get(object, "any_of");
    const json_t *negated = json_object_get(object, "not");
    if (value_holds(json_object_get(object, key), text))
        return true;
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (check_mentions(json_array_get(list, i), key, text))
            return true;
    }
    return negated && check_mentions(negated, key, text);
}

unsigned check_calls_allowed(const json_t *object)
{
    const json_t *list = json_object_get(object, "any_of");
    json_int_t calls = json_integer_value(json_object_get(json_object_get(object, "backend_saw"), "calls"));
    unsigned most = calls > 1 ? (unsigned)calls : 1;
    for (size_t i = 0; i < json_array_size(list); i++) {
        unsigned inner = check_calls_allowed(json_array_get(list, i));
        most = inner > most ? inner : most;
    }
    return most;
}

bool check_status_asks_failure(const json_t *value)
{
    if (json_is_integer(value))
        return json_integer_value(value) >= 400;
    if (json_is_string(value))
        return strcmp(json_string_value(value), "error") == 0 || json_string_value(value)[0] >= '4';
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!check_status_asks_failure(json_array_get(value, i)))
            return false;
    }
    return json_array_size(value) > 0;
}

static bool ends_ask_failure(const json_t *value)
{
    if (json_is_string(value))
        return strcmp(json_string_value(value), "aborted") == 0 || strcmp(json_string_value(value), "reset") == 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!ends_ask_failure(json_array_get(value, i)))
            return false;
    }
    return json_array_size(value) > 0;
}

static bool trailer_asks_failure(const json_t *value)
{
    const char *name = json_string_value(json_array_get(value, 0));
    const char *text = json_string_value(json_array_get(value, 1));
    return name && text && span_equal_nocase(span_cstr(name), span_cstr("grpc-status")) && strcmp(text, "0") != 0;
}

bool check_asks_failure(struct check *check, const json_t *object)
{
    const json_t *status = json_object_get(object, "status");
    const json_t *list = json_object_get(object, "any_of");
    if (json_is_object(status))
        status = check ? check_resolve(check, status) : NULL;
    if (json_object_get(object, "fails_visibly") || json_object_get(object, "stream_error") ||
        json_object_get(object, "error") || ends_ask_failure(json_object_get(object, "ends")) ||
        trailer_asks_failure(json_object_get(object, "trailer")) || check_status_asks_failure(status))
        return true;
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!check_asks_failure(check, json_array_get(list, i)))
            return false;
    }
    return json_array_size(list) > 0;
}

bool check_asks_failure_anywhere(const json_t *object)
{
    const json_t *list = json_object_get(object, "any_of");
    if (check_asks_failure(NULL, object) || json_object_get(object, "ends"))
        return true;
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (check_asks_failure_anywhere(json_array_get(list, i)))
            return true;
    }
    return false;
}
