/* Numbers in bulk, against the C library: floats in steps over all 2^32, doubles where algorithms go wrong, and random
 * ones. (Half-way cases that are as hard as can be are in test_number_hard.c.)
 *
 * `make numbers` takes every float and a hundred million doubles, a quarter of an hour of CPU time:
 * TRANSCHECK_FLOAT_STEP is 1 then, and a prime near 10000 otherwise; TRANSCHECK_DOUBLES is the number of random
 * doubles, TRANSCHECK_SEED another series of them. */
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

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *given = getenv(name);
    return given ? strtoull(given, NULL, 10) : otherwise;
}

/* The digits of a number, without point, exponent, and zeros on either side. */
static size_t digits_of(char digits[64], const char *text)
{
    size_t count = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text >= '0' && *text <= '9' && (count > 0 || *text != '0') && count < 63)
            digits[count++] = *text;
    }
    while (count > 0 && digits[count - 1] == '0')
        count--;
    digits[count] = '\0';
    return count;
}

/* Of the decimals with as many digits the text is the nearest that reads back, and one digit less is too few. At the
 * border of two binades the nearest may lie outside, in the narrow half; then only the length is looked at. */
static void check_shortest(const char *text, double value, bool narrow)
{
    char digits[64];
    char nearest[64];
    char other[64];
    size_t count = digits_of(digits, text);
    snprintf(nearest, sizeof nearest, "%.*e", count > 0 ? (int)count - 1 : 0, value);
    bool reads_back = narrow ? strtof(nearest, NULL) == (float)value : strtod(nearest, NULL) == value;
    digits_of(other, nearest);
    if (reads_back && strcmp(digits, other) != 0)
        fail_msg("%s, where %s is nearer", text, nearest);
    if (count < 2)
        return;
    snprintf(nearest, sizeof nearest, "%.*e", (int)count - 2, value);
    if (narrow ? strtof(nearest, NULL) == (float)value : strtod(nearest, NULL) == value)
        fail_msg("%s, where %s is shorter", text, nearest);
}

static void check_float_bits(uint32_t bits, bool shortest)
{
    char text[NUMBER_TEXT_MAX + 1];
    float value;
    float again = 0;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value))
        return;
    size_t len = number_print_float(text, value);
    text[len] = '\0';
    if (number_parse_float(span_of(text, len), &again) != NUMBER_OK || memcmp(&again, &value, sizeof value) != 0)
        fail_msg("%08x: %s read as %.9g", bits, text, (double)again);
    again = strtof(text, NULL);
    if (memcmp(&again, &value, sizeof value) != 0)
        fail_msg("%08x: %s is %.9g for strtof", bits, text, (double)again);
    if (shortest)
        check_shortest(text, (double)value, true);
}

static void test_floats(void **state)
{
    (void)state;
    uint32_t step = (uint32_t)setting("TRANSCHECK_FLOAT_STEP", 9973);
    assert_true(step > 0);
    size_t count = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += step)
        check_float_bits((uint32_t)bits, count++ % 64 == 0);
    for (uint32_t exponent = 0; exponent < 255; exponent++) {
        for (uint32_t near = 0; near < 8; near++) {
            check_float_bits((exponent << 23) + near, true);
            check_float_bits((exponent << 23) + 0x7fffff - near, true);
        }
    }
    assert_true(count > 1000);
}

static void check_double(double value)
{
    char text[NUMBER_TEXT_MAX + 1];
    double again = 0;
    if (!isfinite(value))
        return;
    size_t len = number_print_double(text, value);
    assert_true(len < sizeof text);
    text[len] = '\0';
    if (number_parse_double(span_of(text, len), &again) != NUMBER_OK || memcmp(&again, &value, sizeof value) != 0)
        fail_msg("%a: %s read as %a", value, text, again);
    again = strtod(text, NULL);
    if (memcmp(&again, &value, sizeof value) != 0)
        fail_msg("%a: %s is %a for strtod", value, text, again);
    check_shortest(text, value, false);
}

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Neighbours of every power of two and of every power of ten, and doubles of few bits. */
static void test_borders(void **state)
{
    (void)state;
    for (uint64_t exponent = 0; exponent < 2047; exponent++) {
        for (uint64_t near = 0; near < 6; near++) {
            check_double(from_bits((exponent << 52) + near));
            check_double(from_bits((exponent << 52) + 0xfffffffffffff - near));
            check_double(from_bits((exponent << 52) + ((uint64_t)1 << (51 - near * 9))));
        }
    }
    for (int k = -323; k <= 308; k++) {
        char text[16];
        snprintf(text, sizeof text, "1e%d", k);
        double value = strtod(text, NULL);
        for (int digit = 1; digit < 10; digit++)
            check_double(value * digit);
        double above = value;
        double below = value;
        for (int i = 0; i < 8; i++) {
            check_double(above = nextafter(above, INFINITY));
            check_double(below = nextafter(below, 0));
        }
    }
}

/* Any bits, every third time with few digits in binary or in decimal. */
static void test_random_doubles(void **state)
{
    (void)state;
    uint64_t count = setting("TRANSCHECK_DOUBLES", 100000);
    uint64_t seed = 0x9e3779b97f4a7c15u ^ setting("TRANSCHECK_SEED", 0);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t bits = random_next(&seed);
        double value = from_bits(bits);
        if (i % 3 == 1)
            value = from_bits(bits & UINT64_MAX << random_next(&seed) % 53);
        if (i % 3 == 2)
            value = (double)(int64_t)(bits >> 4 * (bits % 15)) * pow(10, (int)(random_next(&seed) % 40) - 30);
        check_double(value);
    }
}

/* What people write: a decimal of up to 15 digits is printed as it was read. */
static void test_decimals(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int places = 1; places <= 6; places++) {
        for (int i = 0; i < 30000; i++) {
            char text[64];
            char printed[NUMBER_TEXT_MAX + 1];
            double value;
            uint64_t scale = (uint64_t)pow(10, places);
            uint64_t number = i < 20000 ? (uint64_t)i : random_next(&seed) % 1000000000000000;
            if (number % 10 == 0)
                continue;
            snprintf(text, sizeof text, "%s%llu.%0*llu", i % 2 ? "-" : "", (unsigned long long)(number / scale), places,
                     (unsigned long long)(number % scale));
            assert_int_equal(number_parse_double(span_cstr(text), &value), NUMBER_OK);
            assert_true(value == strtod(text, NULL));
            printed[number_print_double(printed, value)] = '\0';
            assert_string_equal(printed, text);
        }
    }
}

static void check_parse(const char *text)
{
    double value = 0;
    double expected = strtod(text, NULL);
    enum number_result result = number_parse_double(span_cstr(text), &value);
    assert_int_equal(result, isinf(expected) ? NUMBER_RANGE : NUMBER_OK);
    if (result == NUMBER_OK && memcmp(&value, &expected, sizeof value) != 0)
        fail_msg("%s: %a instead of %a", text, value, expected);
}

/* The decimal exactly between two doubles, with all its digits, and the decimals just above and below. */
static void check_half(double value)
{
#if LDBL_MANT_DIG > 53
    char text[1300];
    long double half = ((long double)value + (long double)nextafter(value, INFINITY)) / 2;
    int len = snprintf(text, sizeof text - 40, "%.800Le", half);
    assert_in_range(len, 800, sizeof text - 40);
    check_parse(text);
    char *exponent = strchr(text, 'e');
    char tail[16];
    snprintf(tail, sizeof tail, "%s", exponent);
    snprintf(exponent, 32, "1%s", tail);
    check_parse(text);
    char *last = exponent - 1;
    while (*last == '0' || *last == '.')
        last--;
    (*last)--; /* below; it ends in a digit that is not 0 */
    snprintf(exponent, 32, "9%s", tail);
    check_parse(text);
#else
    (void)value;
#endif
}

static void test_halves(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < 3000; i++) {
        double value = from_bits(random_next(&seed) & INT64_MAX);
        if (isfinite(value) && value < 1e300)
            check_half(value);
    }
    for (uint64_t bits = 0; bits < 200; bits++)
        check_half(from_bits(bits)); /* subnormal */
    check_half(2.2250738585072011e-308);
    check_half(9007199254740991.0);
    check_half(9007199254740994.0);
    check_half(1e23);
    check_half(8.5);
}

/* Every number of digits on either side of the point, so that each way through the words of eight is taken. */
static void test_digit_counts(void **state)
{
    (void)state;
    uint64_t seed = 9;
    for (int whole = 1; whole <= 40; whole++) {
        for (int places = 0; places <= 40; places++) {
            char text[128];
            size_t len = 0;
            for (int i = 0; i < whole + places; i++) {
                if (i == whole)
                    text[len++] = '.';
                text[len++] = (char)('0' + random_next(&seed) % 10);
            }
            if (text[0] == '0' && whole > 1)
                text[0] = '7';
            snprintf(text + len, 16, "%s", places % 3 == 0 ? "" : places % 3 == 1 ? "e-7" : "E+12");
            check_parse(text);
            memset(text, '0', places > 0 ? (size_t)places / 2 : 0);
            if (whole == 1 && places > 0) {
                text[1] = '.';
                check_parse(text);
            }
        }
    }
    check_parse("0.0000000000000000000000000012345678901234567e5");
    check_parse("0.00000000000000000000000000000000000000000000");
    check_parse("1e-400");
    check_parse("1e400");
    check_parse("0e999999999999");
    check_parse("123456789e-99999999");
}

static void test_integers(void **state)
{
    (void)state;
    uint64_t seed = 13;
    for (int i = 0; i < 200000; i++) {
        uint64_t value = random_next(&seed) >> random_next(&seed) % 64;
        char text[NUMBER_TEXT_MAX];
        char expected[32];
        uint64_t again;
        size_t len = number_print_uint64(text, value);
        assert_int_equal(len, snprintf(expected, sizeof expected, "%llu", (unsigned long long)value));
        assert_memory_equal(text, expected, len);
        assert_int_equal(number_parse_uint64(span_of(text, len), &again), NUMBER_OK);
        assert_true(again == value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_floats),   cmocka_unit_test(test_borders),        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_halves),   cmocka_unit_test(test_random_doubles), cmocka_unit_test(test_digit_counts),
        cmocka_unit_test(test_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
