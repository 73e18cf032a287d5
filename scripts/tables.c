/* Prints the tables of keys (harness/keys/keys.h) of case files, profiles, waivers and backend steps as one JSON
 * document, from which scripts/tables makes cases/schema.json and the tables of cases/README.md. */
#include <stdio.h>
#include <stdlib.h>

#include "harness/suite/check_impl.h"
#include "harness/suite/profile.h"
#include "harness/suite/suite_impl.h"
#include "harness/suite/waiver.h"
#include "mock-backend/script.h"

static json_t *types;   /* the definitions of named types, by name */
static json_t *objects; /* the same of named objects */

static json_t *object_json(const struct key_object *object);

static void put_text(json_t *to, const char *key, const char *text)
{
    if (text)
        json_object_set_new(to, key, json_string(text));
}

/* What a type says of itself; named types are kept in `types` and stand here by their name. */
static json_t *type_json(const struct key_type *type)
{
    if (type->name && json_object_get(types, type->name))
        return json_string(type->name);
    json_t *made = json_object();
    if (type->name) /* before its parts, which may come back to it */
        json_object_set(types, type->name, made);
    put_text(made, "form", type->form);
    put_text(made, "schema", type->schema);
    for (size_t i = 0; i < KEY_TYPE_PARTS && type->parts[i]; i++)
        json_decref(type_json(type->parts[i]));
    if (type->object)
        json_object_set_new(made, "object", object_json(type->object));
    if (!type->name)
        return made;
    json_decref(made);
    return json_string(type->name);
}

static json_t *rule_json(const struct key_rule *rule)
{
    json_t *made = json_object();
    put_text(made, "name", rule->name);
    json_object_set_new(made, "required", json_boolean(rule->required));
    json_object_set_new(made, "type", type_json(rule->type));
    json_object_set_new(made, "min", json_integer(rule->min));
    json_object_set_new(made, "max", json_integer(rule->max));
    if (rule->choices) {
        json_t *choices = json_array();
        for (size_t i = 0; rule->choices[i]; i++)
            json_array_append_new(choices, json_string(rule->choices[i]));
        json_object_set_new(made, "choices", choices);
    }
    if (rule->object)
        json_object_set_new(made, "object", object_json(rule->object));
    put_text(made, "excludes", rule->excludes);
    put_text(made, "with", rule->with);
    put_text(made, "form", rule->form ? rule->form : rule->type->form);
    put_text(made, "text", rule->text);
    return made;
}

static json_t *object_json(const struct key_object *object)
{
    if (object->name && json_object_get(objects, object->name))
        return json_string(object->name);
    json_t *made = json_object();
    json_t *rules = json_array();
    if (object->name)
        json_object_set(objects, object->name, made);
    put_text(made, "schema", object->schema);
    for (const struct key_rule *rule = object->rules; rule->name; rule++)
        json_array_append_new(rules, rule_json(rule));
    json_object_set_new(made, "rules", rules);
    if (!object->name)
        return made;
    json_decref(made);
    return json_string(object->name);
}

static json_t *steps_json(void)
{
    const struct key_object *keys;
    json_t *made = json_array();
    for (size_t i = 0; (keys = script_step_keys(i)) != NULL; i++)
        json_array_append_new(made, object_json(keys));
    return made;
}

/* The keys of an expectation, with their axes. */
static json_t *expectation_json(bool alternative)
{
    struct key_rule rules[KEYS_MAX_RULES];
    expectation_rules(rules, alternative);
    json_t *made = object_json(&(struct key_object){.rules = rules});
    json_t *item;
    size_t index;
    json_array_foreach(json_object_get(made, "rules"), index, item)
    {
        const struct expectation *row = expectation_at(index);
        put_text(item, "axis", !row ? NULL : row->kind == KIND_NONE ? "any" : axis_name(row->axis));
    }
    return made;
}

int main(void)
{
    json_t *all = json_object();
    types = json_object();
    objects = json_object();
    json_object_set_new(all, "file", object_json(&suite_file_object));
    json_object_set_new(all, "profile", object_json(&profile_object));
    json_object_set_new(all, "values", object_json(&profile_values));
    json_object_set_new(all, "waivers", object_json(&waivers_object));
    json_object_set_new(all, "steps", steps_json());
    json_object_set_new(all, "expect", expectation_json(false));
    json_object_set_new(all, "alternative", expectation_json(true));
    json_object_set_new(all, "types", types);
    json_object_set_new(all, "objects", objects);
    int failed = json_dumpf(all, stdout, JSON_INDENT(1));
    json_decref(all);
    return failed || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
