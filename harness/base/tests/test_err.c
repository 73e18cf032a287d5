/* Tests of error texts: prefixes, and text that is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "harness/base/err.h"

static void test_set(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(err_set(&err, ERR_SYNTAX, "line %d", 3), ERR_SYNTAX);
    assert_int_equal(err.code, ERR_SYNTAX);
    assert_string_equal(err.text, "line 3");
    assert_int_equal(err_set(NULL, ERR_LIMIT, "lost"), ERR_LIMIT);
}

static void test_prefix(void **state)
{
    (void)state;
    struct err err;
    err_set(&err, ERR_IO, "no such file");
    assert_int_equal(err_prefix(&err, "cases/%s", "a.json"), ERR_IO);
    assert_string_equal(err.text, "cases/a.json: no such file");
    assert_int_equal(err_prefix(NULL, "x"), ERR_OK);
}

/* Long texts are cut, never overrun. */
static void test_long(void **state)
{
    (void)state;
    struct err err;
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    err_set(&err, ERR_IO, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    err_prefix(&err, "where");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_memory_equal(err.text, "where: xxx", 10);
    err_prefix(&err, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_set), cmocka_unit_test(test_prefix),
                                       cmocka_unit_test(test_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
