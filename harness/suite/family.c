/* One case over many values. */
#include "harness/suite/family.h"

#include <stdio.h>

#include "harness/suite/exchanges.h"
#include "harness/suite/substitute.h"

/* The rule of a case's key; NULL: a case has no such key. */
static const struct key_rule *rule_of(const char *key)
{
    const struct key_rule *rule = testcase_object.rules;
    while (rule->name && strcmp(rule->name, key) != 0)
        rule++;
    return rule->name ? rule : NULL;
}

/* What a member may say in place of its family: the words about a case, not what is played. */
static bool is_word(const struct key_rule *rule)
{
    return !rule->unless && strcmp(rule->name, "id") != 0 && strcmp(rule->name, "each") != 0;
}

/* Whether values are put in its strings. */
static bool is_filled(const struct key_rule *rule)
{
    return rule->unless || strcmp(rule->name, "title") == 0 || strcmp(rule->name, "why") == 0;
}

/* ---- the key */

static enum err_code check_member(const struct place *at, const json_t *member, void *user, struct err *err)
{
    const char *key;
    json_t *value;
    enum err_code code = ERR_OK;
    if (!json_is_object(member) || json_object_size(member) == 0)
        return place_error(at, ERR_SYNTAX, err, "expected an object of values");
    json_object_foreach((json_t *)(uintptr_t)member, key, value)
    {
        struct place inside = {.up = at, .key = key};
        const struct key_rule *rule = rule_of(key);
        if (rule && is_word(rule))
            code = rule->type->check(&inside, value, rule, user, err);
        else if (rule || strcmp(key, EXCHANGES_NUMBER) == 0)
            code = place_error(&inside, ERR_SYNTAX, err, "a member cannot have this, and no value can have this name");
        else if (!keys_is_name(span_cstr(key)))
            code = place_error(&inside, ERR_SYNTAX, err, "expected a name of lower-case words joined by '-'");
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static enum err_code check_members(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    const char *name;
    json_t *member;
    size_t count = json_object_size(value);
    if (!json_is_object(value) || (long long)count < rule->min || (long long)count > rule->max)
        return place_error(at, ERR_SYNTAX, err, "expected an object of %lld to %lld members", rule->min, rule->max);
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        struct place inside = {.up = at, .key = name};
        if (!keys_is_name(span_cstr(name)))
            return place_error(&inside, ERR_SYNTAX, err, "expected a name of lower-case words joined by '-'");
        enum err_code code = check_member(&inside, member, user, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

#define WORD(key) ", '" key "': {'$ref': '#/$defs/case/properties/" key "'}"
#define WORDS                                                                                                          \
    "'version': {'$ref': '#/$defs/case/properties/version'}" WORD("level") WORD("title") WORD("why") WORD("cites")     \
        WORD("behaviours") WORD("needs") WORD("clients") WORD("defects") WORD("twin") WORD("disturbs")

const struct key_type family_members = {
    .check = check_members,
    .form = "{\"name\": {...}, ...}",
    .schema = "{'type': 'object', 'minProperties': $min, 'maxProperties': $max, 'propertyNames': @name, "
              "'additionalProperties': {'type': 'object', 'minProperties': 1, 'propertyNames': {'allOf': [@name, "
              "{'not': {'enum': ['id', 'each', 'together', 'then', 'rpc', 'request', 'backend', 'expect', 'n']}}]}, "
              "'properties': {" WORDS "}}}",
    .parts = {&key_name}};

/* ---- one of its cases */

struct expansion {
    const struct place *at;
    const struct place *member_at;
    const json_t *source;
    const json_t *member;
    struct substitution substitution;
};

/* The values among what a member says. NULL: out of memory. */
static json_t *values_of(const json_t *member)
{
    const char *key;
    json_t *value;
    json_t *made = json_object();
    json_object_foreach((json_t *)(uintptr_t)member, key, value)
    {
        if (made && !rule_of(key) && json_object_set(made, key, value) != 0) {
            json_decref(made);
            made = NULL;
        }
    }
    return made;
}

static enum err_code expand_key(json_t *made, const struct expansion *expansion, const struct key_rule *rule,
                                struct err *err)
{
    const json_t *own = is_word(rule) ? json_object_get(expansion->member, rule->name) : NULL;
    const json_t *value = own ? own : json_object_get(expansion->source, rule->name);
    struct place inside = {.up = own ? expansion->member_at : expansion->at, .key = rule->name};
    json_t *filled = NULL;
    enum err_code code = ERR_OK;
    if (!value || strcmp(rule->name, "each") == 0)
        return ERR_OK;
    if (is_filled(rule))
        code = substitute(&filled, &expansion->substitution, &inside, value, err);
    else
        filled = json_incref((json_t *)(uintptr_t)value);
    if (code == ERR_OK && json_object_set_new(made, rule->name, filled) != 0)
        code = place_error(&inside, ERR_NO_MEMORY, err, "the cases take too much memory");
    return code;
}

static enum err_code check_used(const struct expansion *expansion, struct err *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)expansion->substitution.values, name, value)
    {
        struct place inside = {.up = expansion->member_at, .key = name};
        if (!json_object_get(expansion->substitution.used, name))
            return place_error(&inside, ERR_SYNTAX, err, "no string of the case holds {%s}", name);
    }
    return ERR_OK;
}

static const char *name_of(const json_t *members, size_t index, const json_t **member)
{
    void *at = json_object_iter((json_t *)(uintptr_t)members);
    for (size_t i = 0; i < index && at; i++)
        at = json_object_iter_next((json_t *)(uintptr_t)members, at);
    *member = at ? json_object_iter_value(at) : NULL;
    return at ? json_object_iter_key(at) : NULL;
}

size_t family_count(const json_t *source)
{
    const json_t *members = json_object_get(source, "each");
    return json_is_object(members) ? json_object_size(members) : 1;
}

enum err_code family_expand(json_t **out, const char **member, const struct place *at, const json_t *source,
                            size_t index, size_t *left, struct err *err)
{
    struct place each_at = {.up = at, .key = "each"};
    struct expansion expansion = {.at = at, .source = source};
    *member = name_of(json_object_get(source, "each"), index, &expansion.member);
    struct place member_at = {.up = &each_at, .key = *member};
    char shown[RESULTS_MAX_ID + 8];
    snprintf(shown, sizeof shown, "each/%.*s", (int)RESULTS_MAX_ID, *member);
    expansion.member_at = &member_at;
    expansion.substitution = (struct substitution){.values = values_of(expansion.member),
                                                   .source = shown,
                                                   .kept = exchanges_many(source) ? EXCHANGES_NUMBER : NULL,
                                                   .used = json_object(),
                                                   .left = left};
    json_t *made = json_object();
    enum err_code code = ERR_OK;
    if (!expansion.substitution.values || !expansion.substitution.used || !made)
        code = place_error(at, ERR_NO_MEMORY, err, "the cases take too much memory");
    for (const struct key_rule *rule = testcase_object.rules; rule->name && code == ERR_OK; rule++)
        code = expand_key(made, &expansion, rule, err);
    if (code == ERR_OK)
        code = check_used(&expansion, err);
    json_decref((json_t *)(uintptr_t)expansion.substitution.values);
    json_decref(expansion.substitution.used);
    if (code != ERR_OK)
        json_decref(made);
    *out = code == ERR_OK ? made : NULL;
    return code;
}
