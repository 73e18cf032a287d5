/* The types of values that tables of keys are made of: how each is checked, written, and described to editors. */
#include "harness/base/hex.h"
#include "harness/base/nearest.h"
#include "harness/base/results_limits.h"
#include "harness/keys/keys.h"

#define UNUSED_RULE         (void)rule, (void)user
#define MAX_CHOICES_IN_FULL 24

/* ---- anything, truth values, numbers */

static enum err_code check_any(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                               struct err *err)
{
    UNUSED_RULE;
    return value ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected a value");
}
const struct key_type key_any = {.check = check_any, .form = "...", .schema = "true"};

static enum err_code check_bool(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    UNUSED_RULE;
    return json_is_boolean(value) ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected true or false");
}
const struct key_type key_bool = {.check = check_bool, .form = "true", .schema = "{'type': 'boolean'}"};

static enum err_code check_true(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    UNUSED_RULE;
    return json_is_true(value) ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected true (or leave the key out)");
}
const struct key_type key_true = {.check = check_true, .form = "true", .schema = "{'const': true}"};

static enum err_code check_number(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    (void)user;
    if (!json_is_integer(value) || json_integer_value(value) < rule->min || json_integer_value(value) > rule->max)
        return place_error(at, ERR_SYNTAX, err, "expected an integer from %lld to %lld", rule->min, rule->max);
    return ERR_OK;
}
const struct key_type key_number = {
    .check = check_number, .form = "N", .schema = "{'type': 'integer', 'minimum': $min, 'maximum': $max}"};

static enum err_code check_numbers(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    if (!json_is_array(value) || json_array_size(value) == 0)
        return json_is_integer(value)
                   ? check_number(at, value, rule, user, err)
                   : place_error(at, ERR_SYNTAX, err, "expected an integer from %lld to %lld, or a list of these",
                                 rule->min, rule->max);
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = check_number(&inside, json_array_get(value, i), rule, user, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}
const struct key_type key_numbers = {
    .check = check_numbers,
    .form = "N",
    .schema = "{'anyOf': [{'type': 'integer', 'minimum': $min, 'maximum': $max}, {'type': 'array', 'minItems': 1, "
              "'items': {'type': 'integer', 'minimum': $min, 'maximum': $max}}]}"};

/* ---- texts */

static enum err_code check_string(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    UNUSED_RULE;
    return json_is_string(value) ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected a string");
}
const struct key_type key_string = {.check = check_string, .form = "\"...\"", .schema = "{'type': 'string'}"};

static bool text_valid(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) > 0 &&
           strlen(json_string_value(value)) == json_string_length(value);
}

static enum err_code check_text(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    UNUSED_RULE;
    return text_valid(value) ? ERR_OK
                             : place_error(at, ERR_SYNTAX, err, "expected a string that is not empty and holds no NUL");
}
const struct key_type key_text = {.name = "text",
                                  .check = check_text,
                                  .form = "\"...\"",
                                  .schema = "{'type': 'string', 'minLength': 1, 'pattern': '^[^\\\\u0000]*$'}"};

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

bool keys_is_name(struct span text)
{
    return name_valid((const char *)text.data, (const char *)text.data + text.len);
}

static enum err_code check_name(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    UNUSED_RULE;
    if (!text_valid(value) ||
        !name_valid(json_string_value(value), json_string_value(value) + json_string_length(value)))
        return place_error(at, ERR_SYNTAX, err, "expected lower-case words joined by '-'");
    return ERR_OK;
}
const struct key_type key_name = {.name = "name",
                                  .check = check_name,
                                  .form = "\"...\"",
                                  .schema = "{'type': 'string', 'pattern': '^[a-z0-9]+(-[a-z0-9]+)*$'}"};

/* name "/" name up to `end`. */
static bool case_id_valid(const char *text, const char *end)
{
    const char *slash = memchr(text, '/', (size_t)(end - text));
    return slash && name_valid(text, slash) && name_valid(slash + 1, end);
}

static enum err_code check_id_length(const struct place *at, const char *text, struct err *err)
{
    return strlen(text) <= RESULTS_MAX_ID ? ERR_OK
                                          : place_error(at, ERR_LIMIT, err, "longer than %u bytes", RESULTS_MAX_ID);
}

static enum err_code check_case_id(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    UNUSED_RULE;
    const char *text = keys_text(value);
    if (!case_id_valid(text, text + strlen(text)))
        return place_error(at, ERR_SYNTAX, err, "expected topic/kebab-words");
    return check_id_length(at, text, err);
}
const struct key_type key_case_id = {
    .name = "id",
    .check = check_case_id,
    .form = "\"...\"",
    .schema = "{'type': 'string', 'maxLength': 200, 'pattern': '^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$'}"};
static_assert(RESULTS_MAX_ID == 200, "maxLength above");

static enum err_code check_case_name(const struct place *at, const json_t *value, const struct key_rule *rule,
                                     void *user, struct err *err)
{
    UNUSED_RULE;
    const char *text = keys_text(value);
    const char *end = text + strlen(text);
    const char *tilde = strchr(text, '~');
    if (!case_id_valid(text, tilde ? tilde : end) || (tilde && !name_valid(tilde + 1, end)))
        return place_error(at, ERR_SYNTAX, err, "expected topic/kebab-words, or topic/kebab-words~word of a family");
    return check_id_length(at, text, err);
}
const struct key_type key_case_name = {
    .name = "caseName",
    .check = check_case_name,
    .form = "\"...\"",
    .schema = "{'type': 'string', 'maxLength': 200, "
              "'pattern': '^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*(~[a-z0-9]+(-[a-z0-9]+)*)?$'}"};
static_assert(RESULTS_MAX_ID == 200, "maxLength above");

/* ---- choices */

static enum err_code wrong_choice(const struct place *at, const json_t *value, const char *const *choices,
                                  struct err *err)
{
    char hint[NEAREST_HINT_MAX];
    struct buf known;
    size_t count = 0;
    while (choices[count])
        count++;
    const char *word = keys_text(value);
    const char *near = count <= MAX_CHOICES_IN_FULL && word[0] ? nearest_name(word, choices, count) : NULL;
    if (count > MAX_CHOICES_IN_FULL) {
        if (!word[0])
            return place_error(at, ERR_SYNTAX, err, "expected one of %zu names, such as \"%s\"", count, choices[0]);
        return place_error(at, ERR_SYNTAX, err, "\"%.80s\" is not known%s", word,
                           nearest_hint(hint, word, choices, count));
    }
    buf_init(&known, 2048);
    for (size_t i = 0; i < count; i++)
        buf_printf(&known, "%s\"%s\"", i == 0 ? "" : ", ", choices[i]);
    if (near)
        buf_printf(&known, "; did you mean '%s'?", near);
    place_error(at, ERR_SYNTAX, err, "expected one of %s", known.data ? (const char *)known.data : "");
    buf_fini(&known);
    return ERR_SYNTAX;
}

static enum err_code check_choice(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    (void)user;
    for (size_t i = 0; text_valid(value) && rule->choices[i]; i++) {
        if (strcmp(rule->choices[i], json_string_value(value)) == 0)
            return ERR_OK;
    }
    return wrong_choice(at, value, rule->choices, err);
}
const struct key_type key_choice = {.check = check_choice, .form = "\"...\"", .schema = "{'enum': $choices}"};

enum err_code keys_check_list(const struct place *at, const json_t *value, const struct key_rule *rule,
                              key_check_fn *check, void *user, struct err *err)
{
    size_t count = json_array_size(value);
    if (!json_is_array(value))
        return place_error(at, ERR_SYNTAX, err, "expected a list");
    if ((long long)count < rule->min || (long long)count > rule->max)
        return place_error(at, ERR_SYNTAX, err, "expected a list of %lld to %lld elements", rule->min, rule->max);
    for (size_t i = 0; i < count; i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = check(&inside, json_array_get(value, i), rule, user, err);
        if (code != ERR_OK)
            return code;
        for (size_t j = 0; j < i; j++) {
            if (json_equal(json_array_get(value, i), json_array_get(value, j)))
                return place_error(&inside, ERR_SYNTAX, err, "stands twice in the list");
        }
    }
    return ERR_OK;
}

static enum err_code check_choices(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    return keys_check_list(at, value, rule, check_choice, user, err);
}
const struct key_type key_choices = {.check = check_choices,
                                     .form = "[\"...\", ...]",
                                     .schema = "{'type': 'array', 'uniqueItems': true, 'minItems': $min, "
                                               "'maxItems': $max, 'items': {'enum': $choices}}"};

static enum err_code check_choice_list(const struct place *at, const json_t *value, const struct key_rule *rule,
                                       void *user, struct err *err)
{
    return json_is_array(value) ? check_choices(at, value, rule, user, err) : check_choice(at, value, rule, user, err);
}
const struct key_type key_choice_list = {
    .check = check_choice_list,
    .form = "\"...\"",
    .schema = "{'anyOf': [{'enum': $choices}, {'type': 'array', 'uniqueItems': true, 'minItems': $min, "
              "'maxItems': $max, 'items': {'enum': $choices}}]}"};

static enum err_code check_texts(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    return keys_check_list(at, value, rule, check_text, user, err);
}
const struct key_type key_texts = {.check = check_texts,
                                   .form = "[\"...\", ...]",
                                   .schema = "{'type': 'array', 'uniqueItems': true, 'minItems': $min, "
                                             "'maxItems': $max, 'items': @text}",
                                   .parts = {&key_text}};

/* ---- bytes */

static enum err_code check_hex(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
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
const struct key_type key_hex = {
    .name = "hex",
    .check = check_hex,
    .form = "\"hex\"",
    .schema = "{'type': 'string', 'pattern': '^([ \\\\t\\\\r\\\\n]*[0-9a-fA-F]{2})*[ \\\\t\\\\r\\\\n]*$'}"};

static enum err_code check_hex_list(const struct place *at, const json_t *value, const struct key_rule *rule,
                                    void *user, struct err *err)
{
    if (!json_is_array(value) || json_array_size(value) == 0)
        return place_error(at, ERR_SYNTAX, err, "expected a list of strings of hex digits");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = check_hex(&inside, json_array_get(value, i), rule, user, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}
const struct key_type key_hex_list = {.check = check_hex_list,
                                      .form = "[\"hex\", \"hex\", ...]",
                                      .schema = "{'type': 'array', 'minItems': 1, 'items': @hex}",
                                      .parts = {&key_hex}};

static const struct key_rule hex_rules[] = {{.name = "hex", .required = true, .type = &key_hex}, {.name = NULL}};
static const struct key_object hex_object = {.rules = hex_rules};

static enum err_code check_bytes(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    (void)rule;
    if (json_is_string(value))
        return ERR_OK;
    if (!json_is_object(value))
        return place_error(at, ERR_SYNTAX, err, "expected a string or {\"hex\": \"...\"}");
    return keys_check(at, value, &hex_object, user, err);
}
const struct key_type key_bytes = {.name = "bytes",
                                   .check = check_bytes,
                                   .form = "\"...\"",
                                   .schema = "{'anyOf': [{'type': 'string'}, $object]}",
                                   .object = &hex_object};

static enum err_code check_fill(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    UNUSED_RULE;
    size_t each = json_string_length(json_object_get(value, "fill"));
    uint64_t count = (uint64_t)json_integer_value(json_object_get(value, "count"));
    uint64_t around =
        json_string_length(json_object_get(value, "prefix")) + json_string_length(json_object_get(value, "suffix"));
    if (count > KEYS_MAX_BODY / each || count * each + around > KEYS_MAX_BODY)
        return place_error(at, ERR_SYNTAX, err, "a body of more than %u bytes", KEYS_MAX_BODY);
    return ERR_OK;
}

static const struct key_rule fill_rules[] = {
    {.name = "fill", .required = true, .type = &key_text},
    {.name = "count", .required = true, .type = &key_number, .min = 0, .max = KEYS_MAX_BODY},
    {.name = "prefix", .type = &key_string},
    {.name = "suffix", .type = &key_string},
    {.name = NULL}};
static const struct key_object fill_object = {.rules = fill_rules, .whole = check_fill};

static enum err_code check_body(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    if (!json_object_get(value, "fill"))
        return check_bytes(at, value, rule, user, err);
    return keys_check(at, value, &fill_object, user, err);
}
const struct key_type key_body = {.name = "body",
                                  .check = check_body,
                                  .form = "\"...\"",
                                  .schema = "{'anyOf': [@bytes, $object]}",
                                  .parts = {&key_bytes},
                                  .object = &fill_object};

/* ---- lists and objects */

static enum err_code check_list(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    UNUSED_RULE;
    return json_is_array(value) ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected a list");
}
const struct key_type key_list = {.check = check_list, .form = "[...]", .schema = "{'type': 'array'}"};

static enum err_code check_object(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    return keys_check(at, value, rule->object, user, err);
}
const struct key_type key_object = {.check = check_object, .form = "{...}", .schema = "$object"};

static enum err_code check_objects(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    size_t count = json_array_size(value);
    if (!json_is_array(value) || (long long)count < rule->min || (long long)count > rule->max)
        return place_error(at, ERR_SYNTAX, err, "expected a list of %lld to %lld objects", rule->min, rule->max);
    for (size_t i = 0; i < count; i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = keys_check(&inside, json_array_get(value, i), rule->object, user, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}
const struct key_type key_objects = {.check = check_objects,
                                     .form = "[{...}, ...]",
                                     .schema =
                                         "{'type': 'array', 'minItems': $min, 'maxItems': $max, 'items': $object}"};

/* ---- header fields */

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

static enum err_code check_field_name(const struct place *at, const json_t *value, const struct key_rule *rule,
                                      void *user, struct err *err)
{
    UNUSED_RULE;
    if (!text_valid(value) || !keys_field_name_valid(json_string_value(value)))
        return place_error(at, ERR_SYNTAX, err, "expected the name of a header field");
    return ERR_OK;
}
static const struct key_type field_name = {
    .name = "fieldName",
    .check = check_field_name,
    .schema = "{'type': 'string', 'pattern': '^:?[!#$%&\\\\u0027*+.^_`|~0-9A-Za-z-]+$'}"};

static enum err_code check_pair(const struct place *at, const json_t *field, size_t min, struct err *err)
{
    size_t count = json_array_size(field);
    if (!json_is_array(field) || count < min || count > 2)
        return place_error(at, ERR_SYNTAX, err, "expected [name, value]%s", min == 1 ? " or [name]" : "");
    struct place name_at = {.up = at, .index = 0};
    struct place value_at = {.up = at, .index = 1};
    enum err_code code = check_field_name(&name_at, json_array_get(field, 0), NULL, NULL, err);
    return code != ERR_OK || count < 2 ? code : check_bytes(&value_at, json_array_get(field, 1), NULL, NULL, err);
}

static enum err_code check_pairs(const struct place *at, const json_t *value, size_t min, struct err *err)
{
    if (!json_is_array(value))
        return place_error(at, ERR_SYNTAX, err, "expected a list of [name, value]");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = check_pair(&inside, json_array_get(value, i), min, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static enum err_code check_fields(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    UNUSED_RULE;
    return check_pairs(at, value, 2, err);
}
const struct key_type key_fields = {.name = "fields",
                                    .check = check_fields,
                                    .form = "[[n, v], ...]",
                                    .schema = "{'type': 'array', 'items': {'type': 'array', 'minItems': 2, "
                                              "'maxItems': 2, 'prefixItems': [@fieldName, @bytes]}}",
                                    .parts = {&field_name, &key_bytes}};

static enum err_code check_field_pattern(const struct place *at, const json_t *value, const struct key_rule *rule,
                                         void *user, struct err *err)
{
    UNUSED_RULE;
    return check_pair(at, value, 1, err);
}
const struct key_type key_field_pattern = {.name = "fieldPattern",
                                           .check = check_field_pattern,
                                           .form = "[n, v]",
                                           .schema = "{'type': 'array', 'minItems': 1, 'maxItems': 2, "
                                                     "'prefixItems': [@fieldName, @bytes]}",
                                           .parts = {&field_name, &key_bytes}};

static enum err_code check_field_patterns(const struct place *at, const json_t *value, const struct key_rule *rule,
                                          void *user, struct err *err)
{
    UNUSED_RULE;
    return check_pairs(at, value, 1, err);
}
const struct key_type key_field_patterns = {.name = "fieldPatterns",
                                            .check = check_field_patterns,
                                            .form = "[[n, v], ...]",
                                            .schema = "{'type': 'array', 'items': @fieldPattern}",
                                            .parts = {&key_field_pattern}};
