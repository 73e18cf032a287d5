/* Prints the tables of keys (harness/keys/keys.h) of case files, profiles, waivers and backend steps, the names of
 * harness/base/vocabulary.h and the report formats as one JSON document, from which scripts/tables makes schemas and
 * tables of documents. */
#include <stdio.h>
#include <stdlib.h>

#include "harness/suite/check_impl.h"
#include "harness/suite/profile.h"
#include "harness/suite/suite_impl.h"
#include "harness/suite/waiver.h"
#include "mock-backend/script.h"
#include "harness/suite/front.h"
#include "reports/formats.h"

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
    put_text(made, "unless", rule->unless);
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

/* ---- names and formats */

static json_t *verdicts_json(void)
{
    json_t *made = json_array();
    for (int v = VERDICT_FIRST; v < VERDICT_COUNT; v++)
        json_array_append_new(made, json_pack("{s:s, s:s, s:s}", "name", verdict_name((enum verdict)v), "standing",
                                              standing_name(verdict_standing((enum verdict)v)), "meaning",
                                              verdict_meaning((enum verdict)v)));
    return made;
}

static json_t *kinds_json(void)
{
    json_t *made = json_array();
    for (int kind = KIND_NONE + 1; kind < KIND_COUNT; kind++)
        json_array_append_new(made, json_pack("{s:s, s:s}", "name", reason_kind_name((enum reason_kind)kind), "meaning",
                                              reason_kind_meaning((enum reason_kind)kind)));
    return made;
}

/* What the results stream calls things, by list. */
static json_t *names_json(void)
{
    json_t *made = json_pack("{s:[], s:[], s:[], s:[], s:[]}", "levels", "clients", "axes", "events", "actors");
    for (size_t i = 0; level_names[i]; i++)
        json_array_append_new(json_object_get(made, "levels"), json_string(level_names[i]));
    for (size_t i = 0; client_names[i]; i++)
        json_array_append_new(json_object_get(made, "clients"), json_string(client_names[i]));
    for (int i = 0; i < AXIS_COUNT; i++)
        json_array_append_new(json_object_get(made, "axes"), json_string(axis_name((enum reason_axis)i)));
    for (int i = 0; i < TRANSCRIPT_KIND_COUNT; i++)
        json_array_append_new(json_object_get(made, "events"),
                              json_string(transcript_kind_name((enum transcript_kind)i)));
    for (int i = 0; i < TRANSCRIPT_ACTOR_COUNT; i++)
        json_array_append_new(json_object_get(made, "actors"),
                              json_string(transcript_actor_name((enum transcript_actor)i)));
    return made;
}

static json_t *modes_json(void)
{
    json_t *made = json_array();
    for (int i = 0; i < MODE_COUNT; i++)
        json_array_append_new(made, json_pack("{s:s, s:s, s:s, s:s}", "name", mode_name((enum mode)i), "front",
                                              mode_front((enum mode)i), "back", mode_back((enum mode)i), "protocol",
                                              front_names[front_of_mode((enum mode)i)]));
    return made;
}

static json_t *fronts_json(void)
{
    json_t *made = json_array();
    for (int i = FRONT_HTTP_JSON + 1; i < FRONT_COUNT; i++) {
        const struct front_row *row = front_row((enum front)i);
        json_array_append_new(made, json_pack("{s:s, s:s, s:b, s:b, s:b, s:s}", "name", row->name, "type",
                                              row->content_type, "framed", row->framed, "base64", row->base64, "json",
                                              row->json, "encoding", row->encoding));
    }
    return made;
}

static json_t *listeners_json(void)
{
    json_t *made = json_array();
    for (int i = LISTENER_KEPT + 1; i < LISTENER_STATES; i++)
        json_array_append_new(made, json_pack("{s:s, s:s}", "name", script_listener_name((enum script_listener_state)i),
                                              "meaning", script_listener_meaning((enum script_listener_state)i)));
    return made;
}

static json_t *formats_json(void)
{
    json_t *made = json_array();
    for (size_t i = 0; i < REPORT_FORMAT_COUNT; i++)
        json_array_append_new(made, json_pack("{s:s, s:s, s:s, s:s}", "name", report_formats[i].name, "media_type",
                                              report_formats[i].media_type, "extension", report_formats[i].extension,
                                              "summary", report_formats[i].summary));
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
    json_object_set_new(all, "verdicts", verdicts_json());
    json_object_set_new(all, "kinds", kinds_json());
    json_object_set_new(all, "names", names_json());
    json_object_set_new(all, "formats", formats_json());
    json_object_set_new(all, "modes", modes_json());
    json_object_set_new(all, "fronts", fronts_json());
    json_object_set_new(all, "listeners", listeners_json());
    json_object_set_new(all, "types", types);
    json_object_set_new(all, "objects", objects);
    int failed = json_dumpf(all, stdout, JSON_INDENT(1));
    json_decref(all);
    return failed || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
