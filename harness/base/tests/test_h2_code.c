/* Tests of the names of HTTP/2's error codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/base/h2_code.h"

/* The table of RFC 9113 section 7. */
static void names_by_number(void **state)
{
    static const struct {
        enum h2_code code;
        uint32_t number;
        const char *name;
    } rows[] = {
        {H2_CODE_NO_ERROR, 0, "NO_ERROR"},
        {H2_CODE_PROTOCOL_ERROR, 1, "PROTOCOL_ERROR"},
        {H2_CODE_INTERNAL_ERROR, 2, "INTERNAL_ERROR"},
        {H2_CODE_FLOW_CONTROL_ERROR, 3, "FLOW_CONTROL_ERROR"},
        {H2_CODE_SETTINGS_TIMEOUT, 4, "SETTINGS_TIMEOUT"},
        {H2_CODE_STREAM_CLOSED, 5, "STREAM_CLOSED"},
        {H2_CODE_FRAME_SIZE_ERROR, 6, "FRAME_SIZE_ERROR"},
        {H2_CODE_REFUSED_STREAM, 7, "REFUSED_STREAM"},
        {H2_CODE_CANCEL, 8, "CANCEL"},
        {H2_CODE_COMPRESSION_ERROR, 9, "COMPRESSION_ERROR"},
        {H2_CODE_CONNECT_ERROR, 10, "CONNECT_ERROR"},
        {H2_CODE_ENHANCE_YOUR_CALM, 11, "ENHANCE_YOUR_CALM"},
        {H2_CODE_INADEQUATE_SECURITY, 12, "INADEQUATE_SECURITY"},
        {H2_CODE_HTTP_1_1_REQUIRED, 13, "HTTP_1_1_REQUIRED"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(rows[i].code, rows[i].number);
        assert_string_equal(h2_code_name(rows[i].number), rows[i].name);
    }
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
