/* Tests of the names of leniencies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/engine/leniency.h"

static void test_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LENIENCY_COUNT; i++) {
        enum leniency found;
        const char *name = leniency_name((enum leniency)i);
        assert_non_null(name);
        assert_true(strlen(leniency_summary((enum leniency)i)) > 10);
        assert_true(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name));
        /* Also tells that no name is there twice: the first one would be found. */
        assert_true(leniency_find(&found, span_cstr(name)));
        assert_int_equal(found, i);
    }
}

static void test_unknown_names(void **state)
{
    (void)state;
    static const char *const names[] = {"", "trailing", "trailing-commas", "Comments", "trailing_comma"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        enum leniency found;
        assert_false(leniency_find(&found, span_cstr(names[i])));
    }
}

static void test_set(void **state)
{
    (void)state;
    struct leniency_set set = {0};
    for (unsigned i = 0; i < LENIENCY_COUNT; i++)
        assert_false(leniency_has(set, (enum leniency)i));
    leniency_add(&set, LENIENCY_COUNT - 1);
    leniency_add(&set, LENIENCY_TRAILING_COMMA);
    for (unsigned i = 0; i < LENIENCY_COUNT; i++)
        assert_int_equal(leniency_has(set, (enum leniency)i), i == 0 || i == LENIENCY_COUNT - 1);
    assert_true(set.bits == (LENIENCY_BIT(0) | LENIENCY_BIT(LENIENCY_COUNT - 1)));
}

static void test_joined_names(void **state)
{
    (void)state;
    struct leniency_set set = {0};
    struct span unknown = span_of(NULL, 0);
    assert_true(leniency_add_names(&set, span_cstr("comments,trailing-comma"), &unknown));
    assert_true(set.bits == (LENIENCY_BIT(LENIENCY_COMMENTS) | LENIENCY_BIT(LENIENCY_TRAILING_COMMA)));
    assert_true(leniency_add_names(&set, span_cstr("go-bools"), &unknown));
    assert_true(leniency_has(set, LENIENCY_GO_BOOLS) && leniency_has(set, LENIENCY_COMMENTS));
    assert_false(leniency_add_names(&set, span_cstr("go-numbers,nothing,go-durations"), &unknown));
    assert_true(span_is(unknown, "nothing"));
    assert_true(leniency_has(set, LENIENCY_GO_NUMBERS) && !leniency_has(set, LENIENCY_GO_DURATIONS));
    static const char *const empty[] = {"", "comments,", ",comments", "comments,,go-bools"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        assert_false(leniency_add_names(&set, span_cstr(empty[i]), &unknown));
        assert_int_equal(unknown.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_joined_names),
        cmocka_unit_test(test_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
