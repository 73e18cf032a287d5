/* The embedded cases as a whole: what no single file can tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "harness/suite/tests/observation.h"

static struct suite *suite;
static struct profile *any;

static int set_up(void **state)
{
    struct err err;
    (void)state;
    if (suite_new(&suite, observation_schema(), observation_router(), &err) != ERR_OK ||
        suite_add_embedded(suite, &err) != ERR_OK || suite_finish(suite, &err) != ERR_OK ||
        profile_load(&any, "any", &err) != ERR_OK) {
        print_error("%s\n", err.text);
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    suite_free(suite);
    profile_free(any);
    observation_unload();
    return 0;
}

static void test_enough(void **state)
{
    (void)state;
    assert_true(suite_count(suite) >= 90);
    assert_true(suite_topic_count(suite) >= 7);
}

/* Every {"profile": key} has a value in "any", so that no run is without one. */
static void find_profile_keys(const struct testcase *testcase, const json_t *value)
{
    const char *key;
    json_t *item;
    size_t index;
    json_array_foreach(value, index, item)
    {
        find_profile_keys(testcase, item);
    }
    json_object_foreach((json_t *)value, key, item)
    {
        if (strcmp(key, "profile") == 0 && json_is_string(item) && !profile_value(any, json_string_value(item)))
            fail_msg("%s: the profile \"any\" has no key %s", testcase->pointer, json_string_value(item));
        find_profile_keys(testcase, item);
    }
}

static void test_profile_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < suite_count(suite); i++)
        find_profile_keys(suite_at(suite, i), suite_at(suite, i)->expect);
}

/* Negative cases name their twins. */
static void test_twins(void **state)
{
    size_t twins = 0;
    (void)state;
    for (size_t i = 0; i < suite_count(suite); i++) {
        const struct testcase *testcase = suite_at(suite, i);
        if (!testcase->twin)
            continue;
        assert_non_null(suite_find(suite, testcase->twin));
        twins++;
    }
    assert_true(twins > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enough),
        cmocka_unit_test(test_profile_keys),
        cmocka_unit_test(test_twins),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
