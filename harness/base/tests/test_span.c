/* Tests of borrowed bytes: ends, comparisons, searches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/span.h"
#include "harness/base/tests/guard.h"

static void test_compare(void **state)
{
    (void)state;
    struct span empty = span_of(NULL, 0);
    assert_true(span_equal(empty, span_cstr("")));
    assert_true(span_equal_nocase(span_cstr("Grpc-Status"), span_cstr("gRPC-sTATUS")));
    assert_false(span_equal_nocase(span_cstr("a["), span_cstr("A{")));
    assert_false(span_equal_nocase(span_cstr("a"), span_cstr("ab")));
    assert_false(span_equal_nocase(span_cstr("\xc3\x84"), span_cstr("\xc3\xa4")));
    assert_true(span_starts_with(span_cstr("application/grpc+json"), "application/grpc"));
    assert_false(span_starts_with(span_cstr("app"), "application"));
    assert_true(span_starts_with(empty, ""));
    assert_false(span_starts_with(empty, "a"));
}

static void test_index_of(void **state)
{
    (void)state;
    struct guard guard;
    guard_init(&guard, 16);
    struct span s = guard_place(&guard, span_cstr("a,b,c"));
    assert_int_equal(span_index_of(s, ',', 0), 1);
    assert_int_equal(span_index_of(s, ',', 2), 3);
    assert_int_equal(span_index_of(s, ',', 4), 5);
    assert_int_equal(span_index_of(s, ',', 99), 5);
    assert_int_equal(span_index_of(span_of(NULL, 0), ',', 0), 0);
    guard_fini(&guard);
}

static void test_from(void **state)
{
    (void)state;
    assert_true(span_is(span_from(span_cstr("abc"), 1), "bc"));
    assert_int_equal(span_from(span_cstr("abc"), 9).len, 0);
    assert_null(span_from(span_of(NULL, 0), 3).data);
}

static void test_lines(void **state)
{
    (void)state;
    struct span rest = span_cstr("one\n\nthree");
    assert_true(span_is(span_trim(span_cstr("\t a b \t"), " \t"), "a b"));
    assert_true(span_is(span_trim(span_cstr("\t a"), " "), "\t a"));
    assert_true(span_is(span_trim(span_cstr(" \t "), " \t"), ""));
    assert_true(span_is(span_trim_end(span_cstr(" a \n"), " \n"), " a"));
    assert_int_equal(span_trim(span_of("a\0", 2), " ").len, 2);
    assert_true(span_is(span_take_line(&rest), "one"));
    assert_true(span_is(span_take_line(&rest), ""));
    assert_true(span_is(span_take_line(&rest), "three"));
    assert_int_equal(rest.len, 0);
    assert_true(span_is(span_last_lines(span_cstr("a\nb\nc\n"), 2), "b\nc\n"));
    assert_true(span_is(span_last_lines(span_cstr("a\nb\nc"), 2), "b\nc"));
    assert_true(span_is(span_last_lines(span_cstr("a\n\n"), 1), "\n"));
    assert_true(span_is(span_last_lines(span_cstr("a\nb"), 9), "a\nb"));
    assert_int_equal(span_last_lines(span_cstr("a\nb"), 0).len, 0);
    assert_int_equal(span_last_lines(span_of(NULL, 0), 3).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_compare), cmocka_unit_test(test_index_of),
                                       cmocka_unit_test(test_from), cmocka_unit_test(test_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
