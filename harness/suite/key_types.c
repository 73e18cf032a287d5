/* The checks of single values that the tables of keys.h are made of. */
#include "harness/base/hex.h"
#include "harness/suite/keys.h"

#define UNUSED_RULE (void)rule, (void)user

enum err_code key_any(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                      struct err *err)
{
    UNUSED_RULE;
    return value ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected a value");
}

enum err_code key_bool(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                       struct err *err)
{
    UNUSED_RULE;
    return json_is_boolean(value) ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected true or false");
}

enum err_code key_true(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                       struct err *err)
{
    UNUSED_RULE;
    return json_is_true(value) ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected true (or leave the key out)");
}

enum err_code key_number(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                         struct err *err)
{
    (void)user;
    if (!json_is_integer(value) || json_integer_value(value) < rule->min || json_integer_value(value) > rule->max)
        return place_error(at, ERR_SYNTAX, err, "expected an integer from %lld to %lld", rule->min, rule->max);
    return ERR_OK;
}

enum err_code key_each(key_check_fn *each, const char *expected, const struct place *at, const json_t *value,
                       const struct key_rule *rule, void *user, struct err *err)
{
    if (!json_is_array(value) || json_array_size(value) == 0)
        return place_error(at, ERR_SYNTAX, err, "%s", expected);
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = each(&inside, json_array_get(value, i), rule, user, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

enum err_code key_string(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                         struct err *err)
{
    UNUSED_RULE;
    return json_is_string(value) ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected a string");
}

static bool text_valid(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) > 0 &&
           strlen(json_string_value(value)) == json_string_length(value);
}

enum err_code key_text(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                       struct err *err)
{
    UNUSED_RULE;
    return text_valid(value) ? ERR_OK
                             : place_error(at, ERR_SYNTAX, err, "expected a string that is not empty and holds no NUL");
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* [a-z0-9]+(-[a-z0-9]+)* up to `end`. */
static bool name_valid(const char *text, const char *end)
{
    if (text == end || end[-1] == '-')
        return false;
    for (bool after_word = false; text < end; text++) {
        if (*text == '-' ? !after_word : !name_char(*text))
            return false;
        after_word = *text != '-';
    }
    return true;
}

enum err_code key_name(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                       struct err *err)
{
    UNUSED_RULE;
    if (!text_valid(value) ||
        !name_valid(json_string_value(value), json_string_value(value) + json_string_length(value)))
        return place_error(at, ERR_SYNTAX, err, "expected lower-case words joined by '-'");
    return ERR_OK;
}

enum err_code key_case_id(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                          struct err *err)
{
    UNUSED_RULE;
    const char *text = keys_text(value);
    const char *slash = strchr(text, '/');
    if (!slash || !name_valid(text, slash) || !name_valid(slash + 1, text + strlen(text)))
        return place_error(at, ERR_SYNTAX, err, "expected topic/kebab-words");
    return ERR_OK;
}

static enum err_code wrong_choice(const struct place *at, const char *const *choices, struct err *err)
{
    struct buf known;
    buf_init(&known, 512);
    for (size_t i = 0; choices[i]; i++)
        buf_printf(&known, "%s\"%s\"", i == 0 ? "" : ", ", choices[i]);
    place_error(at, ERR_SYNTAX, err, "expected one of %s", known.data ? (const char *)known.data : "");
    buf_fini(&known);
    return ERR_SYNTAX;
}

enum err_code key_choice(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                         struct err *err)
{
    (void)user;
    for (size_t i = 0; text_valid(value) && rule->choices[i]; i++) {
        if (strcmp(rule->choices[i], json_string_value(value)) == 0)
            return ERR_OK;
    }
    return wrong_choice(at, rule->choices, err);
}

enum err_code key_hex(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                      struct err *err)
{
    UNUSED_RULE;
    struct buf bytes;
    struct err why = {0};
    if (!json_is_string(value))
        return place_error(at, ERR_SYNTAX, err, "expected a string of hex digits");
    buf_init(&bytes, json_string_length(value) + 1);
    enum err_code code = hex_decode(&bytes, keys_span(value), &why);
    buf_fini(&bytes);
    return code == ERR_OK ? ERR_OK : place_error(at, ERR_SYNTAX, err, "%s", why.text);
}

enum err_code key_bytes(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                        struct err *err)
{
    UNUSED_RULE;
    static const struct key_rule hex_rules[] = {{.name = "hex", .required = true, .check = key_hex}, {.name = NULL}};
    if (json_is_string(value))
        return ERR_OK;
    if (!json_is_object(value))
        return place_error(at, ERR_SYNTAX, err, "expected a string or {\"hex\": \"...\"}");
    return keys_check(at, value, hex_rules, NULL, err);
}

static const struct key_rule fill_rules[] = {
    {.name = "fill", .required = true, .check = key_text},
    {.name = "count", .required = true, .check = key_number, .min = 0, .max = KEYS_MAX_BODY},
    {.name = "prefix", .check = key_string},
    {.name = "suffix", .check = key_string},
    {.name = NULL}};

enum err_code key_body(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                       struct err *err)
{
    if (!json_object_get(value, "fill"))
        return key_bytes(at, value, rule, user, err);
    enum err_code code = keys_check(at, value, fill_rules, NULL, err);
    if (code != ERR_OK)
        return code;
    size_t each = json_string_length(json_object_get(value, "fill"));
    uint64_t count = (uint64_t)json_integer_value(json_object_get(value, "count"));
    uint64_t around =
        json_string_length(json_object_get(value, "prefix")) + json_string_length(json_object_get(value, "suffix"));
    if (count > KEYS_MAX_BODY / each || count * each + around > KEYS_MAX_BODY)
        return place_error(at, ERR_SYNTAX, err, "a body of more than %u bytes", KEYS_MAX_BODY);
    return ERR_OK;
}

/* A list of min to max elements that each pass `check` and, being strings, are all different. */
static enum err_code check_list(const struct place *at, const json_t *value, const struct key_rule *rule,
                                key_check_fn *check, struct err *err)
{
    size_t count = json_array_size(value);
    if (!json_is_array(value))
        return place_error(at, ERR_SYNTAX, err, "expected a list");
    if ((long long)count < rule->min || (long long)count > rule->max)
        return place_error(at, ERR_SYNTAX, err, "expected a list of %lld to %lld elements", rule->min, rule->max);
    for (size_t i = 0; i < count; i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = check(&inside, json_array_get(value, i), rule, NULL, err);
        if (code != ERR_OK)
            return code;
        for (size_t j = 0; j < i; j++) {
            if (json_equal(json_array_get(value, i), json_array_get(value, j)))
                return place_error(&inside, ERR_SYNTAX, err, "stands twice in the list");
        }
    }
    return ERR_OK;
}

enum err_code key_texts(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                        struct err *err)
{
    (void)user;
    return check_list(at, value, rule, key_text, err);
}

enum err_code key_names(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                        struct err *err)
{
    (void)user;
    return check_list(at, value, rule, key_name, err);
}

enum err_code key_choices(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                          struct err *err)
{
    (void)user;
    return check_list(at, value, rule, key_choice, err);
}

enum err_code key_object(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                         struct err *err)
{
    UNUSED_RULE;
    return json_is_object(value) ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected an object");
}

bool keys_field_name_valid(const char *name)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    size_t i = name[0] == ':';
    if (!name[i])
        return false;
    for (; name[i]; i++) {
        char c = name[i];
        if (!name_char(c) && !(c >= 'A' && c <= 'Z') && !strchr(marks, c))
            return false;
    }
    return true;
}

static enum err_code check_field(const struct place *at, const json_t *field, size_t min, struct err *err)
{
    size_t count = json_array_size(field);
    if (!json_is_array(field) || count < min || count > 2)
        return place_error(at, ERR_SYNTAX, err, "expected [name, value]%s", min == 1 ? " or [name]" : "");
    struct place name_at = {.up = at, .index = 0};
    struct place value_at = {.up = at, .index = 1};
    if (!text_valid(json_array_get(field, 0)) || !keys_field_name_valid(json_string_value(json_array_get(field, 0))))
        return place_error(&name_at, ERR_SYNTAX, err, "expected the name of a header field");
    return count < 2 ? ERR_OK : key_bytes(&value_at, json_array_get(field, 1), NULL, NULL, err);
}

static enum err_code check_fields(const struct place *at, const json_t *value, size_t min, struct err *err)
{
    if (!json_is_array(value))
        return place_error(at, ERR_SYNTAX, err, "expected a list of [name, value]");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = check_field(&inside, json_array_get(value, i), min, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

enum err_code key_fields(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                         struct err *err)
{
    UNUSED_RULE;
    return check_fields(at, value, 2, err);
}

enum err_code key_field_patterns(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    UNUSED_RULE;
    return check_fields(at, value, 1, err);
}

enum err_code key_field_pattern(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    UNUSED_RULE;
    return check_field(at, value, 1, err);
}

const char *keys_text(const json_t *value)
{
    return text_valid(value) ? json_string_value(value) : "";
}

struct span keys_span(const json_t *string)
{
    return span_of(json_string_value(string), json_string_length(string));
}

struct span keys_bytes(const json_t *value, struct arena *arena)
{
    struct buf bytes;
    if (json_is_string(value))
        return arena_dup(arena, keys_span(value));
    struct span hex = keys_span(json_object_get(value, "hex"));
    buf_init(&bytes, hex.len + 1);
    struct span copy = {0};
    if (hex_decode(&bytes, hex, NULL) == ERR_OK)
        copy = arena_dup(arena, buf_span(&bytes));
    buf_fini(&bytes);
    return copy;
}

struct span keys_body(const json_t *value, struct arena *arena)
{
    const json_t *fill = json_object_get(value, "fill");
    if (!fill)
        return keys_bytes(value, arena);
    struct span prefix = keys_span(json_object_get(value, "prefix"));
    struct span suffix = keys_span(json_object_get(value, "suffix"));
    struct span each = keys_span(fill);
    size_t count = (size_t)json_integer_value(json_object_get(value, "count"));
    size_t len = prefix.len + each.len * count + suffix.len;
    uint8_t *bytes = arena_alloc(arena, len + 1);
    if (!bytes)
        return span_of(NULL, 0);
    uint8_t *to = bytes;
    if (prefix.len > 0)
        memcpy(to, prefix.data, prefix.len);
    to += prefix.len;
    for (size_t i = 0; i < count; i++, to += each.len)
        memcpy(to, each.data, each.len);
    if (suffix.len > 0)
        memcpy(to, suffix.data, suffix.len);
    return span_of(bytes, len);
}

const char *const *keys_list(const json_t *list, struct arena *arena)
{
    size_t count = json_array_size(list);
    const char **items = arena_calloc(arena, count + 1, sizeof *items);
    for (size_t i = 0; items && i < count; i++)
        items[i] = json_string_value(json_array_get(list, i));
    return (const char *const *)items;
}

bool keys_flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}
