/* reports/results.schema.json, written for readers outside, names what the tables of harness/base/vocabulary.h name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>

#include "harness/base/transcript.h"
#include "harness/base/vocabulary.h"

static json_t *schema;

static int load(void **state)
{
    (void)state;
    json_error_t error;
    schema = json_load_file("reports/results.schema.json", JSON_REJECT_DUPLICATES, &error);
    if (!schema)
        print_error("%s:%d: %s\n", error.source, error.line, error.text);
    return schema ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    json_decref(schema);
    return 0;
}

/* The value at a path of names that ends with NULL. */
static const json_t *at(const char *const *names)
{
    const json_t *value = json_object_get(schema, "$defs");
    for (; *names; names++) {
        value = json_object_get(value, *names);
        if (!value)
            fail_msg("the schema has no \"%s\"", *names);
    }
    return value;
}

static bool holds(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (strcmp(json_string_value(json_array_get(list, i)), name) == 0)
            return true;
    }
    return false;
}

static void expect_name(const json_t *list, const char *what, const char *name)
{
    if (!holds(list, name))
        fail_msg("the schema's %s lack \"%s\"", what, name);
}

static void test_verdicts(void **state)
{
    (void)state;
    const json_t *verdicts = at((const char *const[]){"verdict", "enum", NULL});
    const json_t *totals = at((const char *const[]){"totals", "properties", NULL});
    const json_t *required = at((const char *const[]){"totals", "required", NULL});
    for (int v = VERDICT_FIRST; v < VERDICT_COUNT; v++) {
        const char *name = verdict_name((enum verdict)v);
        expect_name(verdicts, "verdicts", name);
        expect_name(required, "required totals", name);
        if (!json_object_get(totals, name))
            fail_msg("the schema's totals lack \"%s\"", name);
    }
    assert_int_equal(json_array_size(verdicts), VERDICT_COUNT - VERDICT_FIRST);
}

static void test_levels_clients_axes(void **state)
{
    (void)state;
    const json_t *levels = at((const char *const[]){"case", "properties", "level", "enum", NULL});
    const json_t *clients = at((const char *const[]){"client", "enum", NULL});
    const json_t *axes = at((const char *const[]){"reasons", "items", "properties", "axis", "enum", NULL});
    for (int i = 0; i < LEVEL_COUNT; i++)
        expect_name(levels, "levels", level_names[i]);
    assert_int_equal(json_array_size(levels), LEVEL_COUNT);
    size_t client_count = 0;
    for (; client_names[client_count]; client_count++)
        expect_name(clients, "clients", client_names[client_count]);
    assert_int_equal(json_array_size(clients), client_count);
    for (int i = 0; i < AXIS_COUNT; i++)
        expect_name(axes, "axes", axis_name((enum reason_axis)i));
    assert_int_equal(json_array_size(axes), AXIS_COUNT);
}

static void test_events(void **state)
{
    (void)state;
    const json_t *kinds = at((const char *const[]){"events", "items", "properties", "kind", "enum", NULL});
    const json_t *actors = at((const char *const[]){"events", "items", "properties", "from", "enum", NULL});
    for (int i = 0; i <= TRANSCRIPT_NOTE; i++)
        expect_name(kinds, "kinds of events", transcript_kind_name((enum transcript_kind)i));
    assert_int_equal(json_array_size(kinds), TRANSCRIPT_NOTE + 1);
    for (int i = 0; i <= TRANSCRIPT_PROXY; i++)
        expect_name(actors, "actors", transcript_actor_name((enum transcript_actor)i));
    assert_int_equal(json_array_size(actors), TRANSCRIPT_PROXY + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_levels_clients_axes),
        cmocka_unit_test(test_events),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
