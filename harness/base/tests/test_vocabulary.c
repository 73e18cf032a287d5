/* The tables of names: each name leads back to its row, nothing else is a name, and the order of attention is whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/base/vocabulary.h"

static void test_verdicts(void **state)
{
    (void)state;
    enum verdict found = VERDICT_NONE;
    for (int v = VERDICT_FIRST; v < VERDICT_COUNT; v++) {
        assert_true(verdict_from_name(span_cstr(verdict_name((enum verdict)v)), &found));
        assert_int_equal(found, v);
        assert_true(strlen(verdict_word((enum verdict)v)) > 0 && strlen(verdict_mark((enum verdict)v)) > 0 &&
                    strlen(verdict_meaning((enum verdict)v)) > 0);
    }
    assert_false(verdict_from_name(span_cstr("none"), &found));
    assert_false(verdict_from_name(span_cstr("Pass"), &found));
    assert_false(verdict_from_name(span_of("passed", 5), &found));
    assert_string_equal(verdict_name(VERDICT_NONE), "none");
}

static void test_attention(void **state)
{
    (void)state;
    bool seen[VERDICT_COUNT] = {false};
    for (size_t i = 0; i < VERDICT_COUNT - VERDICT_FIRST; i++) {
        enum verdict verdict = verdict_by_attention(i);
        assert_false(seen[verdict]);
        seen[verdict] = true;
        if (i > 0)
            assert_true(verdict_attention(verdict_by_attention(i - 1)) <= verdict_attention(verdict));
    }
    assert_int_equal(verdict_standing(verdict_by_attention(0)), STANDING_FAILED);
    assert_int_equal(verdict_by_attention(VERDICT_COUNT - VERDICT_FIRST - 1), VERDICT_PASS);
}

static void test_levels_and_clients(void **state)
{
    (void)state;
    enum level level = LEVEL_MAY;
    enum testcase_client client = CLIENT_H1;
    assert_true(level_from_name(span_cstr("must"), &level));
    assert_int_equal(level, LEVEL_MUST);
    assert_false(level_from_name(span_cstr("shall"), &level));
    assert_true(client_from_name(span_cstr("h2"), &client));
    assert_int_equal(client, CLIENT_H2);
    assert_string_equal(client_name(CLIENT_H1), "h1");
    assert_string_equal(client_word(CLIENT_H2), "HTTP/2");
    assert_false(client_from_name(span_cstr("h3"), &client));
    assert_null(client_names[2]);
    assert_null(level_names[LEVEL_COUNT]);
}

static void test_reasons(void **state)
{
    (void)state;
    for (int i = 0; i < AXIS_COUNT; i++) {
        enum reason_axis axis = AXIS_COUNT;
        assert_true(axis_from_name(span_cstr(axis_name((enum reason_axis)i)), &axis));
        assert_int_equal(axis, i);
    }
    for (int i = KIND_NONE + 1; i < KIND_COUNT; i++) {
        enum reason_kind kind = KIND_NONE;
        assert_true(reason_kind_from_name(span_cstr(reason_kind_name((enum reason_kind)i)), &kind));
        assert_int_equal(kind, i);
        assert_true(strlen(reason_kind_meaning(kind)) > 0);
    }
    enum reason_axis axis = AXIS_COUNT;
    enum reason_kind kind = KIND_NONE;
    assert_false(axis_from_name(span_cstr("body"), &axis));
    assert_false(reason_kind_from_name(span_cstr("none"), &kind));
    assert_false(reason_kind_from_name(span_cstr(""), &kind));
    /* Severity is the order of the rows; waivers rest on it. */
    assert_true(KIND_DIED < KIND_HUNG && KIND_HUNG < KIND_FAILURE_HIDDEN && KIND_WRONG_BODY < KIND_WRONG_HEADER);
}

static void test_dialects(void **state)
{
    (void)state;
    assert_string_equal(stream_framing_names[STREAM_NDJSON_RESULT], "ndjson-result");
    assert_null(stream_framing_names[STREAM_FRAMING_COUNT]);
    assert_string_equal(error_form_names[ERROR_FORM_AIP193], "aip193");
    assert_null(error_form_names[ERROR_FORM_COUNT]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts), cmocka_unit_test(test_attention), cmocka_unit_test(test_levels_and_clients),
        cmocka_unit_test(test_reasons),  cmocka_unit_test(test_dialects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
