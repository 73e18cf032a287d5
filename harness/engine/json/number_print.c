/* Printing of numbers. The shortest digits are found as in R. Giulietti, "The Schubfach way to render doubles" (2020):
 * of the decimals of two neighbouring lengths inside the interval that rounds to the value, the shorter wins, and of
 * two of one length the nearer. */
#include <assert.h>
#include <math.h>

#include "harness/engine/json/number.h"
#include "harness/engine/json/number_digits.h"
#include "harness/engine/json/power_of_ten.h"

#define DIGITS_ROOM 48 /* twice what a copy of digits takes */

__extension__ typedef unsigned __int128 uint128;

/* The digits of a value below 10^8, without leading zeros; eight bytes are written. */
static inline size_t print_below_1e8(char *text, uint32_t value)
{
    uint64_t digits = number_split8(value);
    int zeros = digits != 0 ? __builtin_ctzll(digits) / 8 : 7;
    number_store8(text, (digits | 0x3030303030303030u) >> (zeros * 8));
    return (size_t)(8 - zeros);
}

size_t number_print_uint64(char *text, uint64_t value)
{
    if (value < 100000000)
        return print_below_1e8(text, (uint32_t)value);
    uint64_t high = value / 100000000;
    uint32_t low = (uint32_t)(value % 100000000);
    size_t len;
    if (high < 100000000) {
        len = print_below_1e8(text, (uint32_t)high);
    } else {
        len = print_below_1e8(text, (uint32_t)(high / 100000000));
        number_put8(text + len, (uint32_t)(high % 100000000));
        len += 8;
    }
    number_put8(text + len, low);
    return len + 8;
}

size_t number_print_int64(char *text, int64_t value)
{
    if (value >= 0)
        return number_print_uint64(text, (uint64_t)value);
    *text = '-';
    return 1 + number_print_uint64(text + 1, 0 - (uint64_t)value);
}

/* A value taken apart: significand * 2^exponent, and whether the gap below is half of the gap above. */
struct binary {
    uint64_t significand;
    int exponent;
    bool uneven;
};

struct decimal {
    uint64_t digits;
    int exponent;
};

/* The product of `value` and the power, without its 127 lowest bits, and odd if anything was lost: enough to compare.
 */
static uint64_t round_to_odd(struct power_of_ten ten, uint64_t value)
{
    uint128 low = (uint128)ten.low * value;
    uint128 high = (uint128)ten.high * value + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

static struct decimal shortest(struct binary value)
{
    bool even = (value.significand & 1) == 0;
    int k = (value.exponent * 1262611 - (value.uneven ? 524031 : 0)) >> 22; /* floor(log10) of the interval's width */
    int shift = value.exponent + power_of_ten_log2(-k) + 1;
    struct power_of_ten ten = power_of_ten_table[-k - POWER_OF_TEN_MIN];
    if (++ten.low == 0)
        ten.high++;
    uint64_t centre = value.significand * 4;
    uint64_t lower = round_to_odd(ten, (centre - 2 + value.uneven) << shift) + !even;
    uint64_t middle = round_to_odd(ten, centre << shift);
    uint64_t upper = round_to_odd(ten, (centre + 2) << shift) - !even;
    uint64_t s = middle / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool below = lower <= 40 * tens;
        bool above = 40 * tens + 40 <= upper;
        if (below != above)
            return (struct decimal){tens + above, k + 1};
    }
    bool below = lower <= 4 * s;
    bool above = 4 * s + 4 <= upper;
    if (below != above)
        return (struct decimal){s + above, k};
    bool up = middle > 4 * s + 2 || (middle == 4 * s + 2 && (s & 1) != 0);
    return (struct decimal){s + up, k};
}

/* Copies more than the 17 digits there may be: a length that is known to the compiler is the cheaper one. */
static inline void digits_copy(char *to, const char *digits)
{
    memcpy(to, digits, DIGITS_ROOM / 2);
}

static size_t print_scientific(char *out, const char *digits, size_t count, int exponent)
{
    out[0] = digits[0];
    size_t len = 1;
    if (count > 1) {
        out[len++] = '.';
        digits_copy(out + len, digits + 1);
        len += count - 1;
    }
    out[len++] = 'e';
    out[len++] = exponent < 0 ? '-' : '+';
    return len + number_print_uint64(out + len, (uint64_t)(exponent < 0 ? -exponent : exponent));
}

static inline struct decimal strip_zeros(struct decimal value)
{
    while (value.digits % 100000000 == 0) {
        value.digits /= 100000000;
        value.exponent += 8;
    }
    if (value.digits % 10000 == 0) {
        value.digits /= 10000;
        value.exponent += 4;
    }
    if (value.digits % 100 == 0) {
        value.digits /= 100;
        value.exponent += 2;
    }
    if (value.digits % 10 == 0) {
        value.digits /= 10;
        value.exponent++;
    }
    return value;
}

static size_t print_decimal(char *out, struct decimal value)
{
    char digits[DIGITS_ROOM];
    value = strip_zeros(value);
    size_t count = number_print_uint64(digits, value.digits);
    int point = (int)count + value.exponent; /* where the point stands among the digits */
    if (point > 21 || point < -5)
        return print_scientific(out, digits, count, point - 1);
    if (value.exponent >= 0) {
        memset(out, '0', NUMBER_TEXT_MAX / 2);
        memcpy(out, digits, count);
        return (size_t)point;
    }
    if (point > 0) {
        digits_copy(out, digits);
        out[point] = '.';
        digits_copy(out + point + 1, digits + point);
        return count + 1;
    }
    memcpy(out, "0.000000", 8);
    digits_copy(out + 2 - point, digits);
    return count + 2 + (size_t)-point;
}

static size_t print_binary(char *text, bool negative, struct binary value)
{
    size_t len = 0;
    if (negative)
        text[len++] = '-';
    if (value.significand == 0) {
        text[len++] = '0';
        return len;
    }
    return len + print_decimal(text + len, shortest(value));
}

size_t number_print_double(char *text, double value)
{
    assert(isfinite(value));
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff);
    uint64_t fraction = bits & 0xfffffffffffff;
    struct binary parts = {.significand = fraction, .exponent = -1074};
    if (exponent != 0) {
        parts = (struct binary){
            .significand = fraction | 1ull << 52, .exponent = exponent - 1075, .uneven = fraction == 0 && exponent > 1};
    }
    return print_binary(text, bits >> 63, parts);
}

size_t number_print_float(char *text, float value)
{
    assert(isfinite(value));
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 23 & 0xff);
    uint32_t fraction = bits & 0x7fffff;
    struct binary parts = {.significand = fraction, .exponent = -149};
    if (exponent != 0) {
        parts = (struct binary){
            .significand = fraction | 1u << 23, .exponent = exponent - 150, .uneven = fraction == 0 && exponent > 1};
    }
    return print_binary(text, bits >> 31, parts);
}
