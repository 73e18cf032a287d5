/* Tests of the growable buffer: its maximum, and that a failure sticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "harness/base/buf.h"

static void test_append(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    assert_true(buf_append_cstr(&buf, "ab"));
    assert_true(buf_append_byte(&buf, 'c'));
    assert_true(buf_append(&buf, NULL, 0));
    assert_true(buf_append_span(&buf, span_of(NULL, 0)));
    assert_true(buf_printf(&buf, "-%d-%s", 42, "x"));
    assert_string_equal((char *)buf.data, "abc-42-x");
    assert_int_equal(buf.len, 8);
    buf_consume(&buf, 3);
    assert_string_equal((char *)buf.data, "-42-x");
    buf_consume(&buf, 5);
    assert_string_equal((char *)buf.data, "");
    buf_fini(&buf);
    assert_null(buf.data);
}

static void test_growth(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100000);
    for (size_t i = 0; i < 100000; i++) {
        assert_true(buf_append_byte(&buf, (uint8_t)i));
        assert_int_equal(buf.data[buf.len], 0);
    }
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(buf.data[i], (uint8_t)i);
    assert_false(buf_append_byte(&buf, 1));
    assert_true(buf.cap <= 100001);
    buf_fini(&buf);
}

/* Failure is sticky and leaves what was there. */
static void test_limit(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 5);
    assert_true(buf_append_cstr(&buf, "abcd"));
    assert_false(buf_append_cstr(&buf, "ef"));
    assert_true(buf.failed);
    assert_string_equal((char *)buf.data, "abcd");
    assert_false(buf_append_byte(&buf, 'e'));
    assert_null(buf_reserve(&buf, 1));
    buf_reset(&buf);
    assert_int_equal(buf.max, 5);
    assert_false(buf.failed);
    assert_true(buf_append_cstr(&buf, "abcde"));
    assert_false(buf_printf(&buf, "%d", 1));
    buf_reset(&buf);
    assert_false(buf.failed);
    assert_true(buf_printf(&buf, "%s", "vwxyz"));
    assert_false(buf_append(&buf, "x", SIZE_MAX));
    buf_fini(&buf);
    buf_init(&buf, SIZE_MAX);
    assert_true(buf_append_byte(&buf, 'a'));
    assert_null(buf_reserve(&buf, SIZE_MAX - 1));
    assert_true(buf.failed);
    buf_fini(&buf);
}

static void test_reserve(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    memcpy(buf_reserve(&buf, 10), "0123456789", 10);
    assert_int_equal(buf.len, 0);
    buf_commit(&buf, 4);
    assert_string_equal((char *)buf.data, "0123");
    buf_commit(&buf, 0);
    buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_reserve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
