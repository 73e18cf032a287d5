/* Tests of numbers both ways, at their edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>

#include "harness/engine/json/number.h"
#include "harness/engine/json/power_of_ten.h"

static void test_integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum number_result result;
        int64_t value;
    } rows[] = {
        {"0", NUMBER_OK, 0},
        {"-0", NUMBER_OK, 0},
        {"-0.000", NUMBER_OK, 0},
        {"0e99999999999999999999", NUMBER_OK, 0},
        {"1", NUMBER_OK, 1},
        {"1.0", NUMBER_OK, 1},
        {"1e2", NUMBER_OK, 100},
        {"1E+2", NUMBER_OK, 100},
        {"120e-1", NUMBER_OK, 12},
        {"1.5e1", NUMBER_OK, 15},
        {"0.00012e5", NUMBER_OK, 12},
        {"100000000000000000000000e-23", NUMBER_OK, 1},
        {"9223372036854775807", NUMBER_OK, INT64_MAX},
        {"9223372036854775807.0", NUMBER_OK, INT64_MAX},
        {"92233720368547758.07e2", NUMBER_OK, INT64_MAX},
        {"-9223372036854775808", NUMBER_OK, INT64_MIN},
        {"-9223372036854775808.000", NUMBER_OK, INT64_MIN},
        {"9007199254740993", NUMBER_OK, 9007199254740993},
        {"9223372036854775808", NUMBER_RANGE, 0},
        {"-9223372036854775809", NUMBER_RANGE, 0},
        {"100000000000000000000000", NUMBER_RANGE, 0},
        {"1e19", NUMBER_RANGE, 0},
        {"1e99999999999999999999", NUMBER_RANGE, 0},
        {"0.5", NUMBER_FRACTION, 0},
        {"1e-1", NUMBER_FRACTION, 0},
        {"1e-99999999999999999999", NUMBER_FRACTION, 0},
        {"12.0000000000000000000001", NUMBER_FRACTION, 0},
        {"", NUMBER_SYNTAX, 0},
        {"-", NUMBER_SYNTAX, 0},
        {"+1", NUMBER_SYNTAX, 0},
        {"01", NUMBER_SYNTAX, 0},
        {"-01", NUMBER_SYNTAX, 0},
        {" 1", NUMBER_SYNTAX, 0},
        {"1 ", NUMBER_SYNTAX, 0},
        {"1,", NUMBER_SYNTAX, 0},
        {"1.", NUMBER_SYNTAX, 0},
        {".1", NUMBER_SYNTAX, 0},
        {"1e", NUMBER_SYNTAX, 0},
        {"1e+", NUMBER_SYNTAX, 0},
        {"0x1", NUMBER_SYNTAX, 0},
        {"1_000", NUMBER_SYNTAX, 0},
        {"true", NUMBER_SYNTAX, 0},
        {"NaN", NUMBER_SYNTAX, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t value = 0;
        if (number_parse_int64(span_cstr(rows[i].text), &value) != rows[i].result || value != rows[i].value)
            fail_msg("%s: %lld", rows[i].text, (long long)value);
    }
}

static void test_unsigned(void **state)
{
    (void)state;
    uint64_t value;
    assert_int_equal(number_parse_uint64(span_cstr("18446744073709551615"), &value), NUMBER_OK);
    assert_true(value == UINT64_MAX);
    assert_int_equal(number_parse_uint64(span_cstr("1844674407370955161.5e1"), &value), NUMBER_OK);
    assert_true(value == UINT64_MAX);
    assert_int_equal(number_parse_uint64(span_cstr("18446744073709551616"), &value), NUMBER_RANGE);
    assert_int_equal(number_parse_uint64(span_cstr("99999999999999999999"), &value), NUMBER_RANGE);
    assert_int_equal(number_parse_uint64(span_cstr("1.8446744073709551616e19"), &value), NUMBER_RANGE);
    assert_int_equal(number_parse_uint64(span_cstr("-1"), &value), NUMBER_RANGE);
    assert_int_equal(number_parse_uint64(span_cstr("-0"), &value), NUMBER_OK);
    assert_true(value == 0);
}

static void check_double(const char *text, double expected)
{
    double value = 0;
    assert_int_equal(number_parse_double(span_cstr(text), &value), NUMBER_OK);
    if (memcmp(&value, &expected, sizeof value) != 0)
        fail_msg("%s: %.17g instead of %.17g", text, value, expected);
}

static void test_doubles(void **state)
{
    (void)state;
    check_double("0", 0.0);
    check_double("-0", -0.0);
    check_double("-0.0e5", -0.0);
    check_double("1.5", 1.5);
    check_double("0.1", 0.1);
    check_double("1e23", 1e23);
    check_double("1.7976931348623157e308", DBL_MAX);
    check_double("1.7976931348623158e308", DBL_MAX); /* rounds down */
    check_double("4.9406564584124654e-324", 0x1p-1074);
    check_double("2.4703282292062328e-324", 0x1p-1074); /* just above half of it */
    check_double("2.4703282292062327e-324", 0.0);
    check_double("1e-400", 0.0);
    check_double("-1e-400", -0.0);
    check_double("2.2250738585072011e-308", 2.2250738585072011e-308);
    check_double("9007199254740993", 9007199254740992.0); /* a tie, to even */
    check_double("9007199254740993.0000000000000000000000000000000001", 9007199254740994.0);
    check_double("9007199254740995", 9007199254740996.0);
    check_double("0.000000000000000000000000000000000000000000000000000001e54", 1.0);
    check_double("123456789012345678901234567890", 123456789012345678901234567890.0);
    double value;
    assert_int_equal(number_parse_double(span_cstr("1.7976931348623159e308"), &value), NUMBER_RANGE);
    assert_int_equal(number_parse_double(span_cstr("-1e309"), &value), NUMBER_RANGE);
    assert_int_equal(number_parse_double(span_cstr("1e999999999999999999999"), &value), NUMBER_RANGE);
    assert_int_equal(number_parse_double(span_cstr("Infinity"), &value), NUMBER_SYNTAX);
    assert_int_equal(number_parse_double(span_cstr(""), &value), NUMBER_SYNTAX);
    assert_int_equal(number_parse_double(span_cstr("1.5x"), &value), NUMBER_SYNTAX);
}

static void check_float(const char *text, float expected)
{
    float value = 0;
    assert_int_equal(number_parse_float(span_cstr(text), &value), NUMBER_OK);
    if (memcmp(&value, &expected, sizeof value) != 0)
        fail_msg("%s: %.9g instead of %.9g", text, (double)value, (double)expected);
}

static void test_floats(void **state)
{
    (void)state;
    check_float("0.1", 0.1f);
    check_float("3.4028235e38", FLT_MAX);
    check_float("3.4028235677973362e38", FLT_MAX); /* just below the half */
    check_float("1.401298464324817e-45", 0x1p-149f);
    /* Through a double this would round to a tie first, and then the wrong way. */
    check_float("1.00000017881393432617187499", 0x1.000002p0f);
    check_float("1.00000017881393432617187500", 0x1.000004p0f);
    check_float("1.00000005960464477539062500000000000000000001", 0x1.000002p0f);
    float value;
    assert_int_equal(number_parse_float(span_cstr("3.4028236e38"), &value), NUMBER_RANGE);
    assert_int_equal(number_parse_float(span_cstr("-3.502823e38"), &value), NUMBER_RANGE);
    assert_int_equal(number_parse_float(span_cstr("3.4028235677973367e38"), &value), NUMBER_RANGE);
}

static void check_print(double value, const char *expected)
{
    char text[NUMBER_TEXT_MAX + 1];
    text[number_print_double(text, value)] = '\0';
    assert_string_equal(text, expected);
}

static void check_print_float(float value, const char *expected)
{
    char text[NUMBER_TEXT_MAX + 1];
    text[number_print_float(text, value)] = '\0';
    assert_string_equal(text, expected);
}

static void test_print(void **state)
{
    (void)state;
    check_print(0.0, "0");
    check_print(-0.0, "-0");
    check_print(1, "1");
    check_print(-1.5, "-1.5");
    check_print(0.1, "0.1");
    check_print(0.3, "0.3");
    check_print(0.1 + 0.2, "0.30000000000000004");
    check_print(100, "100");
    check_print(9007199254740993.0, "9007199254740992");
    check_print(123456789012345680000.0, "123456789012345680000");
    check_print(1e21, "1e+21");
    check_print(1e22, "1e+22");
    check_print(1e23, "1e+23");
    check_print(0.000001, "0.000001");
    check_print(1.5e-6, "0.0000015");
    check_print(1e-7, "1e-7");
    check_print(-1.25e-9, "-1.25e-9");
    check_print(DBL_MAX, "1.7976931348623157e+308");
    check_print(-DBL_MAX, "-1.7976931348623157e+308");
    check_print(DBL_MIN, "2.2250738585072014e-308");
    check_print(0x1p-1074, "5e-324");
    check_print(9.5367431640625e-7, "9.5367431640625e-7");
    check_print_float(0.1f, "0.1");
    check_print_float(-0.0f, "-0");
    check_print_float(16777216.0f, "16777216");
    check_print_float(FLT_MAX, "3.4028235e+38");
    check_print_float(FLT_MIN, "1.1754944e-38");
    check_print_float(0x1p-149f, "1e-45");
    check_print_float(33554432.0f, "33554432");
    check_print_float(8388608.5f, "8388608");
}

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static size_t significant_digits(const char *text)
{
    size_t count = 0;
    size_t zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (count == 0 && *text == '0'))
            continue;
        count++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return count - zeros;
}

/* Reads back as the same bits, with strtod and with our own reader, and one digit less would not. */
static void test_round_trip(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = random_next(&seed);
        if (i % 5 == 0)
            bits &= UINT64_MAX << random_next(&seed) % 52;
        if (i % 7 == 0)
            bits &= 0x800fffffffffffffu;
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[NUMBER_TEXT_MAX + 1];
        size_t len = number_print_double(text, value);
        assert_true(len <= NUMBER_TEXT_MAX);
        text[len] = '\0';
        check_double(text, value);
        double again = strtod(text, NULL);
        assert_memory_equal(&again, &value, sizeof value);
        size_t digits = significant_digits(text);
        if (digits > 1) {
            char shorter[64];
            snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, value);
            assert_true(strtod(shorter, NULL) != value);
        }
    }
}

static void test_round_trip_float(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (int i = 0; i < 100000; i++) {
        uint32_t bits = (uint32_t)random_next(&seed);
        float value;
        if (i % 7 == 0)
            bits &= 0x807fffffu;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[NUMBER_TEXT_MAX + 1];
        text[number_print_float(text, value)] = '\0';
        check_float(text, value);
        float again = strtof(text, NULL);
        assert_memory_equal(&again, &value, sizeof value);
    }
}

/* Random digits and exponents against strtod. */
static void test_parse_against_strtod(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 100000; i++) {
        char text[64];
        int exponent = (int)(random_next(&seed) % 680) - 345;
        snprintf(text, sizeof text, "%llu%02llue%d",
                 (unsigned long long)(random_next(&seed) >> random_next(&seed) % 60) | 1,
                 (unsigned long long)random_next(&seed) % 100, exponent);
        double expected = strtod(text, NULL);
        double value = 0;
        enum number_result result = number_parse_double(span_cstr(text), &value);
        assert_int_equal(result, isinf(expected) ? NUMBER_RANGE : NUMBER_OK);
        if (result == NUMBER_OK && memcmp(&value, &expected, sizeof value) != 0)
            fail_msg("%s: %.17g instead of %.17g", text, value, expected);
    }
}

/* Neighbours differ by a factor of ten, as exactly as long double tells, and every entry is normalised. */
static void test_table(void **state)
{
    (void)state;
    for (int k = POWER_OF_TEN_MIN; k < POWER_OF_TEN_MAX; k++) {
        struct power_of_ten a = power_of_ten_table[k - POWER_OF_TEN_MIN];
        struct power_of_ten b = power_of_ten_table[k + 1 - POWER_OF_TEN_MIN];
        assert_true(a.high >> 63);
        long double x = (long double)a.high * 0x1p64L + (long double)a.low;
        long double y = (long double)b.high * 0x1p64L + (long double)b.low;
        long double ratio = ldexpl(y / x, power_of_ten_log2(k + 1) - power_of_ten_log2(k));
        assert_true(ratio > 9.9999999999999L && ratio < 10.0000000000001L);
    }
}

static void test_print_integers(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 9, 10, 99, 100, 101, 999, 1000, 4294967295u, UINT64_MAX, UINT64_MAX - 1};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[NUMBER_TEXT_MAX + 1];
        char expected[32];
        text[number_print_uint64(text, values[i])] = '\0';
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)values[i]);
        assert_string_equal(text, expected);
        text[number_print_int64(text, (int64_t)values[i])] = '\0';
        snprintf(expected, sizeof expected, "%lld", (long long)values[i]);
        assert_string_equal(text, expected);
    }
    char text[NUMBER_TEXT_MAX + 1];
    text[number_print_int64(text, INT64_MIN)] = '\0';
    assert_string_equal(text, "-9223372036854775808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_unsigned),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_round_trip_float),
        cmocka_unit_test(test_parse_against_strtod),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_print_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
