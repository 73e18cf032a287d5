/* Unit tests of nearest names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "harness/base/nearest.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const char *const options[] = {"backend", "backend-cert", "backend-key", "header", "html", "jobs", "select"};

static void expect_option(const char *word, const char *want)
{
    const char *found = nearest_name(word, options, COUNT(options));
    if (want)
        assert_string_equal(found ? found : "(none)", want);
    else
        assert_null(found);
}

static void test_one_mistake(void **state)
{
    (void)state;
    expect_option("hedaer", "header"); /* neighbours changed places */
    expect_option("heder", "header");  /* one left out */
    expect_option("headder", "header");
    expect_option("heager", "header");
    expect_option("HEADER", "header");
    expect_option("header", "header");
    expect_option("jbs", "jobs");
}

static void test_too_many_mistakes(void **state)
{
    (void)state;
    expect_option("jax", NULL);
    expect_option("xyz", NULL);
    expect_option("heaxxx", NULL);
    expect_option("hexxer", "header"); /* two of six */
    expect_option("x", NULL);
    expect_option("", NULL);
}

static void test_beginnings(void **state)
{
    (void)state;
    expect_option("head", "header");
    expect_option("back", "backend");
    expect_option("backend-k", "backend-key");
    expect_option("jobs-of-all", "jobs");
    expect_option("h", NULL);
    expect_option("backen", "backend"); /* one mistake is nearer than a beginning */
}

static void test_part_behind_slash(void **state)
{
    static const char *const ids[] = {"streaming/two-messages", "trailers/missing-after-message", "trailers/none"};
    (void)state;
    assert_string_equal(nearest_name("two-mesages", ids, COUNT(ids)), "streaming/two-messages");
    assert_string_equal(nearest_name("streaming/two-mesages", ids, COUNT(ids)), "streaming/two-messages");
    assert_string_equal(nearest_name("trailer/none", ids, COUNT(ids)), "trailers/none");
    assert_null(nearest_name("other/two-messages-at-all", ids, COUNT(ids)));
}

static void test_lengths(void **state)
{
    char word[NEAREST_MAX_LEN + 2];
    const char *names[1] = {word};
    (void)state;
    memset(word, 'a', sizeof word);
    word[NEAREST_MAX_LEN] = '\0';
    assert_ptr_equal(nearest_name(word, names, 1), word);
    word[NEAREST_MAX_LEN] = 'a';
    word[NEAREST_MAX_LEN + 1] = '\0';
    assert_null(nearest_name(word, names, 1));
    assert_null(nearest_name("aa", names, 1));
    assert_null(nearest_name("a", NULL, 0));
}

static void expect_hint(const char *word, const char *const *names, size_t count, const char *want)
{
    char hint[NEAREST_HINT_MAX];
    memset(hint, 'x', sizeof hint);
    assert_string_equal(nearest_hint(hint, word, names, count), want);
    assert_ptr_equal(nearest_hint(hint, word, names, count), hint);
}

static void test_hint(void **state)
{
    static const char *const profiles[] = {"any", "envoy", "grpc-gateway"};
    static const char *const alike[] = {"aa1", "aa2", "aa3", "aa4"};
    (void)state;
    expect_hint("envy", profiles, 3, "; did you mean 'envoy'? The possible ones are: any, envoy, grpc-gateway");
    expect_hint("nginx", profiles, 3, "; the possible ones are: any, envoy, grpc-gateway");
    expect_hint("back", options, 7,
                "; did you mean 'backend', 'backend-cert' or 'backend-key'? The possible ones are: backend, "
                "backend-cert, backend-key, header, html, jobs, select");
    expect_hint("aa0", alike, 2, "; did you mean 'aa1' or 'aa2'?");
    expect_hint("aa0", alike, 4, "; did you mean 'aa1', 'aa2' or 'aa3'? The possible ones are: aa1, aa2, aa3, aa4");
    expect_hint("aa0", NULL, 0, "");
}

static void test_hint_of_many(void **state)
{
    const char *many[17];
    (void)state;
    for (size_t i = 0; i < 17; i++)
        many[i] = i == 16 ? "envoy" : "another";
    expect_hint("envy", many, 17, "; did you mean 'envoy'?");
    expect_hint("nothing", many, 17, "");
    expect_hint("nothing", many, 12,
                "; the possible ones are: another, another, another, another, another, another, another, another, "
                "another, another, another, another");
}

static void test_hint_that_does_not_fit(void **state)
{
    char wide[5][NEAREST_MAX_LEN + 1];
    const char *names[6] = {"near"};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        memset(wide[i], 'w', NEAREST_MAX_LEN);
        wide[i][NEAREST_MAX_LEN] = '\0';
        names[i + 1] = wide[i];
    }
    expect_hint("near", names, 6, "; did you mean 'near'?");
}

static void test_hint_is_escaped(void **state)
{
    static const char *const hostile[] = {"a\x1b[31mb"};
    (void)state;
    expect_hint("a\x1b[31b", hostile, 1, "; did you mean 'a\\x1b[31mb'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_mistake),     cmocka_unit_test(test_too_many_mistakes),
        cmocka_unit_test(test_beginnings),      cmocka_unit_test(test_part_behind_slash),
        cmocka_unit_test(test_lengths),         cmocka_unit_test(test_hint),
        cmocka_unit_test(test_hint_of_many),    cmocka_unit_test(test_hint_that_does_not_fit),
        cmocka_unit_test(test_hint_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
