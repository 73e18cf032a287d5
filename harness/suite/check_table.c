/* The table of expectations, collected from the files that judge them; what stands in no file of its own; and what can
 * be told from an expectation alone. */
#include <assert.h>

#include "harness/suite/check_impl.h"

/* ---- values that come from the profile */

static enum err_code check_profile_key(const struct place *at, const json_t *value, const struct key_rule *rule,
                                       void *user, struct err *err)
{
    const char *names[KEYS_MAX_RULES];
    size_t count = 0;
    for (const struct key_rule *known = profile_values.rules; known->name && count + 1 < KEYS_MAX_RULES; known++)
        names[count++] = known->name;
    names[count] = NULL;
    struct key_rule choices = *rule;
    choices.choices = names;
    return key_choice.check(at, value, &choices, user, err);
}
static const struct key_type profile_key = {.check = check_profile_key, .schema = "@profileKey"};
static const struct key_rule by_profile_rules[] = {{.name = "profile", .required = true, .type = &profile_key},
                                                   {.name = NULL}};
static const struct key_object by_profile_object = {.rules = by_profile_rules};

const struct key_type expectation_by_profile = {.name = "byProfile", .schema = "$object", .object = &by_profile_object};

enum err_code expectation_from_profile(const struct place *at, const json_t *value, const struct key_type *type,
                                       const char *what, struct err *err)
{
    enum err_code code = keys_check(at, value, &by_profile_object, NULL, err);
    if (code != ERR_OK)
        return code;
    struct place inside = {.up = at, .key = "profile"};
    const char *key = json_string_value(json_object_get(value, "profile"));
    if (keys_find(&inside, &profile_values, key, err)->type != type)
        return place_error(&inside, ERR_SYNTAX, err, "the key \"%s\" of profiles holds no %s", key, what);
    return ERR_OK;
}

/* ---- nesting */

static enum err_code valid_object(const struct place *at, const json_t *value, bool alternative, struct reader *reader,
                                  struct err *err);

static enum err_code valid_any_of(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    bool always = false;
    (void)rule;
    if (!json_is_array(value) || json_array_size(value) == 0)
        return place_error(at, ERR_SYNTAX, err, "expected a list of expectations");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = valid_object(&inside, json_array_get(value, i), true, user, err);
        if (code != ERR_OK)
            return code;
        always = always || !json_object_get(json_array_get(value, i), "profile_has");
    }
    return always
               ? ERR_OK
               : place_error(at, ERR_SYNTAX, err, "expected an alternative without \"profile_has\", for every profile");
}
static const struct key_type any_of_type = {
    .check = valid_any_of, .form = "[{...}, ...]", .schema = "{'type': 'array', 'minItems': 1, 'items': @alternative}"};

static enum err_code valid_not(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                               struct err *err)
{
    (void)rule;
    return valid_object(at, value, false, user, err);
}
static const struct key_type not_type = {.check = valid_not, .form = "{...}", .schema = "@expect"};

static const char *const verdicts[] = {"pass", "acceptable", NULL};

static const struct expectation nesting[] = {
    {.rule = {.name = "any_of",
              .type = &any_of_type,
              .text =
                  "a list of such objects: the first that holds decides. One with `\"verdict\": \"acceptable\"` gives "
                  "that verdict"},
     .axis = AXIS_RESPONSE},
    {.rule = {.name = "not", .type = &not_type, .text = "an object that must not hold as a whole"},
     .axis = AXIS_RESPONSE},
    {.rule = {.name = NULL}}};

/* [key, text]: a list of names among the values of a profile, and one of them. */
static enum err_code valid_profile_has(const struct place *at, const json_t *value, const struct key_rule *rule,
                                       void *user, struct err *err)
{
    const json_t *key = json_array_get(value, 0);
    const json_t *name = json_array_get(value, 1);
    struct place key_at = {.up = at, .index = 0};
    struct place name_at = {.up = at, .index = 1};
    if (json_array_size(value) != 2)
        return place_error(at, ERR_SYNTAX, err, "expected [key, value]");
    enum err_code code = check_profile_key(&key_at, key, rule, user, err);
    if (code == ERR_OK)
        code = key_text.check(&name_at, name, rule, user, err);
    if (code != ERR_OK)
        return code;
    const struct key_rule *of_key = keys_find(at, &profile_values, json_string_value(key), err);
    for (size_t i = 0; of_key->choices && of_key->choices[i]; i++) {
        if (strcmp(of_key->choices[i], json_string_value(name)) == 0)
            return ERR_OK;
    }
    return place_error(&name_at, ERR_SYNTAX, err, "the key \"%s\" of profiles holds no \"%s\"", json_string_value(key),
                       json_string_value(name));
}
static const struct key_type profile_has_type = {
    .check = valid_profile_has,
    .form = "[key, value]",
    .schema = "{'type': 'array', 'minItems': 2, 'maxItems': 2, 'prefixItems': [@profileKey, @text]}",
    .parts = {&key_text}};

/* What an alternative may hold besides. */
static const struct key_rule alternative_rules[] = {{.name = "verdict", .type = &key_choice, .choices = verdicts},
                                                    {.name = "profile_has", .type = &profile_has_type}};
enum { ALTERNATIVE_RULES = sizeof alternative_rules / sizeof *alternative_rules };

/* ---- the table */

static const struct expectation *const tables[] = {
    request_expectations, response_expectations, json_expectations,     stream_expectations,
    error_expectations,   ending_expectations,   relation_expectations, nesting};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

const struct expectation *expectation_at(size_t index)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        for (const struct expectation *row = tables[i]; row->rule.name; row++) {
            if (index-- == 0)
                return row;
        }
    }
    return NULL;
}

const struct expectation *expectation_find(const char *name)
{
    const struct expectation *row;
    for (size_t i = 0; name && (row = expectation_at(i)) != NULL; i++) {
        if (strcmp(row->rule.name, name) == 0)
            return row;
    }
    return NULL;
}

void expectation_rules(struct key_rule rules[KEYS_MAX_RULES], bool alternative)
{
    const struct expectation *row;
    size_t count = 0;
    while ((row = expectation_at(count)) != NULL && count + ALTERNATIVE_RULES + 1 < KEYS_MAX_RULES)
        rules[count++] = row->rule;
    assert(!row);
    for (size_t i = 0; alternative && i < ALTERNATIVE_RULES; i++)
        rules[count++] = alternative_rules[i];
    rules[count] = (struct key_rule){.name = NULL};
}

static enum err_code valid_object(const struct place *at, const json_t *value, bool alternative, struct reader *reader,
                                  struct err *err)
{
    struct key_rule rules[KEYS_MAX_RULES];
    struct key_object object = {.rules = rules};
    expectation_rules(rules, alternative);
    enum err_code code = keys_check(at, value, &object, reader, err);
    size_t besides = 0;
    for (size_t i = 0; i < ALTERNATIVE_RULES; i++)
        besides += json_object_get(value, alternative_rules[i].name) != NULL;
    if (code == ERR_OK && json_object_size(value) == besides)
        return place_error(at, ERR_SYNTAX, err, "expects nothing");
    return code;
}

enum err_code check_expectation(const struct place *at, const json_t *expect, const struct schema_method *rpc,
                                const struct router_binding *binding, const struct schema *schema, struct arena *arena,
                                struct err *err)
{
    struct reader reader = {.rpc = rpc, .binding = binding, .schema = schema, .arena = arena};
    return valid_object(at, expect, false, &reader, err);
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

size_t check_earlier_asked(const json_t *object)
{
    const json_t *list = json_object_get(object, "any_of");
    const json_t *negated = json_object_get(object, "not");
    const json_t *numbers[] = {json_object_get(object, "same_as"),
                               json_object_get(json_object_get(object, "backend_saw"), "same_as")};
    size_t most = json_object_get(object, "same_connection") ? 1 : 0;
    for (size_t i = 0; i < 2; i++) {
        if ((size_t)json_integer_value(numbers[i]) > most)
            most = (size_t)json_integer_value(numbers[i]);
    }
    for (size_t i = 0; i < json_array_size(list) + (negated != NULL); i++) {
        size_t inner = check_earlier_asked(i < json_array_size(list) ? json_array_get(list, i) : negated);
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

static bool trailers_ask_failure(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (trailer_asks_failure(json_array_get(list, i)))
            return true;
    }
    return false;
}

bool check_asks_failure(struct check *check, const json_t *object)
{
    const json_t *status = json_object_get(object, "status");
    const json_t *list = json_object_get(object, "any_of");
    if (json_is_object(status))
        status = check ? check_resolve(check, status) : NULL;
    if (json_object_get(object, "fails_visibly") || json_object_get(object, "stream_error") ||
        json_object_get(object, "error") || ends_ask_failure(json_object_get(object, "ends")) ||
        trailer_asks_failure(json_object_get(object, "trailer")) ||
        trailers_ask_failure(json_object_get(object, "trailers")) || check_status_asks_failure(status))
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
