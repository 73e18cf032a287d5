/* Tests of lists of header fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/fields.h"

static void test_order_and_lookup(void **state)
{
    (void)state;
    struct arena arena;
    struct fields fields = {0};
    char name[] = "X-One";
    arena_init(&arena, 10000);
    assert_true(fields_add(&fields, &arena, span_cstr(name), span_cstr("1")));
    assert_true(fields_add(&fields, &arena, span_cstr("te"), span_cstr("trailers")));
    assert_true(fields_add_view(&fields, &arena, span_cstr("x-one"), span_cstr("2")));
    name[0] = '!'; /* fields_add copied it */
    assert_int_equal(fields.count, 3);
    assert_true(span_is(fields.items[0].name, "X-One"));
    assert_true(span_is(fields_value(&fields, "x-ONE"), "1"));
    assert_ptr_equal(fields_find(&fields, "TE"), &fields.items[1]);
    assert_int_equal(fields_count(&fields, "x-one"), 2);
    assert_null(fields_find(&fields, "x-on"));
    assert_null(fields_value(&fields, "nothing").data);
    assert_int_equal(fields_count(&fields, "nothing"), 0);
    arena_fini(&arena);
}

static void test_full(void **state)
{
    (void)state;
    struct arena arena;
    struct fields fields = {0};
    arena_init(&arena, 300);
    size_t added = 0;
    while (added < 1000 && fields_add(&fields, &arena, span_cstr("name"), span_cstr("value")))
        added++;
    assert_in_range(added, 1, 100);
    assert_int_equal(fields.count, added);
    assert_true(span_is(fields.items[added - 1].value, "value"));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order_and_lookup), cmocka_unit_test(test_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
