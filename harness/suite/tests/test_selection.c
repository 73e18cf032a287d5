/* Which cases run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/suite/selection.h"
#include "harness/suite/tests/observation.h"

static const struct testcase must = {
    .id = "streaming/error-early", .topic = "streaming", .level = LEVEL_MUST, .clients = 3};
static const struct testcase may = {
    .id = "trailers/none", .topic = "trailers", .level = LEVEL_MAY, .clients = CLIENT_H2};

static void test_all(void **state)
{
    struct selection s;
    (void)state;
    selection_init(&s);
    assert_true(selection_has(&s, &must));
    assert_true(selection_has(&s, &may));
}

static void test_globs(void **state)
{
    static const struct {
        const char *glob;
        bool has;
    } rows[] = {
        {"streaming", true},
        {"streaming/*", true},
        {"*", true},
        {"*early", true},
        {"s*y", true},
        {"stream", false},
        {"trailers", false},
        {"streaming/error", false},
        {"streaming/error-?arly", true},
        {"[", false},
        {"", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct selection s;
        selection_init(&s);
        s.selects[s.select_count++] = rows[i].glob;
        if (selection_has(&s, &must) != rows[i].has)
            fail_msg("--select %s", rows[i].glob);
        selection_init(&s);
        s.excludes[s.exclude_count++] = rows[i].glob;
        assert_int_equal(selection_has(&s, &must), !rows[i].has);
    }
}

/* A glob that matches the id of a family has its cases. */
static void test_family(void **state)
{
    static const struct testcase member = {.id = "t/f~a", .family = "t/f", .topic = "t", .clients = 3};
    static const char *const globs[] = {"t/f", "*/?", "t/f~a", "t/f~*", "t", "!t/a", "!f", "!t/f~"};
    (void)state;
    for (size_t i = 0; i < sizeof globs / sizeof *globs; i++) {
        struct selection s;
        bool has = globs[i][0] != '!';
        selection_init(&s);
        s.selects[s.select_count++] = globs[i] + !has;
        assert_int_equal(selection_has(&s, &member), has);
    }
}

static void test_exclude_wins(void **state)
{
    struct selection s;
    (void)state;
    selection_init(&s);
    s.selects[s.select_count++] = "trailers";
    s.selects[s.select_count++] = "streaming/*";
    assert_true(selection_has(&s, &must) && selection_has(&s, &may));
    s.excludes[s.exclude_count++] = "*none";
    assert_true(selection_has(&s, &must));
    assert_false(selection_has(&s, &may));
}

static void test_level_and_client(void **state)
{
    struct selection s;
    (void)state;
    selection_init(&s);
    s.level = LEVEL_SHOULD;
    assert_true(selection_has(&s, &must));
    assert_false(selection_has(&s, &may));
    selection_init(&s);
    s.clients = CLIENT_H1;
    assert_true(selection_has(&s, &must));
    assert_false(selection_has(&s, &may));
    s.clients = CLIENT_H1 | CLIENT_H2;
    assert_true(selection_has(&s, &may));
}

/* Of the second --select, the message. */
static void expect_unmatched(const struct suite *suite, const char *glob, const char *said)
{
    struct selection s;
    struct err err;
    selection_init(&s);
    s.selects[s.select_count++] = "every-key";
    s.selects[s.select_count++] = glob;
    assert_int_equal(selection_check(&s, suite, &err), ERR_USAGE);
    if (!strstr(err.text, said))
        fail_msg("%s: %s", glob, err.text);
}

static void test_unmatched(void **state)
{
    struct suite *suite;
    struct selection s;
    struct err err;
    (void)state;
    assert_int_equal(suite_new(&suite, observation_schema(), observation_router(), &err), ERR_OK);
    assert_int_equal(suite_add_directory(suite, "harness/tests/expected/cases/good", &err), ERR_OK);
    selection_init(&s);
    assert_int_equal(selection_check(&s, suite, &err), ERR_OK);
    s.selects[s.select_count++] = "every-key";
    assert_int_equal(selection_check(&s, suite, &err), ERR_OK);
    expect_unmatched(suite, "every-kye", "did you mean 'every-key'?");
    expect_unmatched(suite, "evry-key/*", "did you mean 'every-key/*'?");
    expect_unmatched(suite, "every-key/strem", "did you mean 'every-key/stream'?");
    expect_unmatched(suite, "strem", "did you mean 'every-key/stream'?");
    expect_unmatched(suite, "every-key/x*", "no case matches 'every-key/x*'");
    expect_unmatched(suite, "a\x1b[31m", "no case matches 'a\\x1b[31m'");
    suite_free(suite);
    observation_unload();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_globs),
        cmocka_unit_test(test_family),
        cmocka_unit_test(test_exclude_wins),
        cmocka_unit_test(test_level_and_client),
        cmocka_unit_test(test_unmatched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
