/* Doubles and decimals that are as near to a tie as there are any: where reading must decide between two doubles, or
 * printing between two decimals, and only the last of many bits tells.
 *
 * d * 10^k is nearly half-way between two doubles when d * 10^k / 2^e is nearly an odd number N of 54 bits, so when
 * N / d is nearly 10^k / 2^e: the convergents of the continued fraction of that, and the fractions between them, are
 * all there is (compare V. Paxson, "A Program for Testing IEEE Decimal-Binary Conversion", 1991). A double M * 2^e is
 * nearly half-way between two decimals (D - 1) / 2 and (D + 1) / 2 times 10^k when M / D is nearly 10^k / 2^(e + 1)
 * with D odd. The C library, which computes with as many bits as it takes, tells what is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>

#include "harness/engine/json/number.h"
#include "harness/engine/json/power_of_ten.h"

__extension__ typedef unsigned __int128 uint128;

#define DIGITS_MAX 10000000000000000000u /* 19 digits and less */

struct counts {
    size_t read;
    size_t printed;
};

static void check_read(uint64_t digits, int power)
{
    char text[64];
    double value = 0;
    snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, power);
    double expected = strtod(text, NULL);
    enum number_result result = number_parse_double(span_cstr(text), &value);
    assert_int_equal(result, isinf(expected) ? NUMBER_RANGE : NUMBER_OK);
    if (result == NUMBER_OK && memcmp(&value, &expected, sizeof value) != 0)
        fail_msg("%s: %a instead of %a", text, value, expected);
}

static size_t significant(const char *text)
{
    size_t count = 0;
    size_t zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text == '.' || (count == 0 && *text == '0'))
            continue;
        count++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return count - zeros;
}

/* The shortest that reads back, and the nearest of these. */
static void check_print(double value)
{
    char text[NUMBER_TEXT_MAX + 1];
    char nearest[64];
    double again;
    if (!isfinite(value) || value == 0)
        return;
    text[number_print_double(text, value)] = '\0';
    again = strtod(text, NULL);
    if (memcmp(&again, &value, sizeof value) != 0)
        fail_msg("%a: %s is %a", value, text, again);
    int digits = (int)significant(text);
    if (digits > 1) {
        snprintf(nearest, sizeof nearest, "%.*e", digits - 2, value);
        if (strtod(nearest, NULL) == value)
            fail_msg("%a: %s, where %s is shorter", value, text, nearest);
    }
    snprintf(nearest, sizeof nearest, "%.*e", digits - 1, value);
    if (strtod(nearest, NULL) != value)
        return; /* the nearest of this length lies outside, on the narrow side of a power of two */
    if (strtold(nearest, NULL) != strtold(text, NULL)) /* which tell 17 digits apart */
        fail_msg("%a: %s, where %s is nearer", value, text, nearest);
}

/* N and d of nearly d * 10^power = N * 2^exponent. */
static void check_pair(uint64_t n, uint64_t d, int power, int exponent, struct counts *counts)
{
    if (n >> 53 == 1 && n % 2 == 1 && d > 0 && d < DIGITS_MAX) {
        check_read(d, power);
        check_print(ldexp((double)(n / 2), exponent + 1));
        check_print(ldexp((double)(n / 2 + 1), exponent + 1));
        counts->read++;
    }
    if (n >> 52 == 1 && d % 2 == 1) {
        check_print(ldexp((double)n, exponent));
        counts->printed++;
    }
}

/* The convergents of 10^power / 2^exponent, and fractions between them. */
static void check_power(int power, int exponent, struct counts *counts)
{
    struct power_of_ten ten = power_of_ten_table[power - POWER_OF_TEN_MIN];
    uint128 x = ((uint128)ten.high << 64 | ten.low) >> 14;
    int scale = power_of_ten_log2(power) - 127 + 14 - exponent; /* the fraction is x * 2^scale */
    if (scale > 0 || scale < -126)
        return;
    uint128 y = (uint128)1 << -scale;
    uint128 n[2] = {0, 1};
    uint128 d[2] = {1, 0};
    while (y != 0) {
        uint128 q = x / y;
        uint128 rest = x % y;
        for (unsigned part = 0; part < 6; part++) {
            uint128 times = part < 3 ? part + 1 : q - (part - 3); /* the first and the last */
            if (times > q || times == 0)
                continue;
            uint128 between = n[1] * times + n[0];
            uint128 divisor = d[1] * times + d[0];
            if (between >> 54 == 0 && divisor >> 64 == 0)
                check_pair((uint64_t)between, (uint64_t)divisor, power, exponent, counts);
        }
        if (q >> 64 != 0 || (n[1] * q + n[0]) >> 54 != 0 || (d[1] * q + d[0]) >> 64 != 0)
            return;
        uint128 next_n = n[1] * q + n[0];
        uint128 next_d = d[1] * q + d[0];
        n[0] = n[1];
        d[0] = d[1];
        n[1] = next_n;
        d[1] = next_d;
        x = y;
        y = rest;
    }
}

static void test_nearly_ties(void **state)
{
    (void)state;
    struct counts counts = {0};
    for (int power = POWER_OF_TEN_MIN; power <= 308; power++) {
        /* N = d * 10^power / 2^exponent has 53 or 54 bits for a d of 1 to 64 bits */
        int least = power_of_ten_log2(power) - 54;
        for (int exponent = least; exponent <= least + 66; exponent++) {
            if (exponent >= -1076 && exponent <= 972)
                check_power(power, exponent, &counts);
        }
    }
    assert_true(counts.read > 20000);
    assert_true(counts.printed > 20000);
}

/* Ties themselves: odd numbers of 54 bits and more zeros, in decimal and in full. */
static void test_ties(void **state)
{
    (void)state;
    for (uint64_t odd = ((uint64_t)1 << 53) + 1; odd < ((uint64_t)1 << 53) + 2000; odd += 2) {
        for (int shift = 0; shift < 10; shift++) {
            check_read(odd << shift, 0);
            check_read((odd << shift) - 1, 0);
            check_read((odd << shift) + 1, 0);
        }
    }
    for (int power = 1; power <= 23; power++) {
        for (uint64_t digits = 1; digits < 2000; digits++) {
            check_read(digits, power);
            check_read(digits, -power);
        }
    }
}

/* Around every power of two, where the gap changes, and all of the smallest subnormals. */
static void test_gaps(void **state)
{
    (void)state;
    for (int exponent = -1074; exponent <= 1023; exponent++) {
        double value = ldexp(1, exponent);
        check_print(value);
        check_print(nextafter(value, 0));
        check_print(nextafter(value, INFINITY));
        check_print(value * 3);
    }
    for (int i = 1; i < 3000; i++)
        check_print(ldexp(i, -1074));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearly_ties),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
