/* Tests of the names of HTTP/2's error codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/base/h2_code.h"

static void names_by_number(void **state)
{
    (void)state;
    assert_string_equal(h2_code_name(0), "NO_ERROR");
    assert_string_equal(h2_code_name(7), "REFUSED_STREAM");
    assert_string_equal(h2_code_name(8), "CANCEL");
    assert_string_equal(h2_code_name(13), "HTTP_1_1_REQUIRED");
    assert_null(h2_code_name(14));
    assert_null(h2_code_name(UINT32_MAX));
}

static void numbers_by_name(void **state)
{
    (void)state;
    for (uint32_t i = 0; h2_code_names[i]; i++) {
        uint32_t code = 99;
        assert_true(h2_code_from_name(span_cstr(h2_code_names[i]), &code));
        assert_int_equal(code, i);
    }
    uint32_t code = 99;
    assert_false(h2_code_from_name(span_cstr("cancel"), &code));
    assert_false(h2_code_from_name(span_cstr(""), &code));
    assert_false(h2_code_from_name(span_cstr("CANCELLED"), &code));
    assert_int_equal(code, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_by_number), cmocka_unit_test(numbers_by_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
