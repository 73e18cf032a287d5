#include "harness/engine/number.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/engine/number_take.h"
#include "harness/engine/power_of_ten.h"

__extension__ typedef unsigned __int128 uint128;

#define EXPONENT_MAX 1000000000000000 /* saturation of written exponents: beyond any text's length */

/* A literal taken apart: the digits of integer and fraction, and the written exponent. */
struct literal {
    bool negative;
    bool plain; /* neither fraction nor exponent */
    struct span integer;
    struct span fraction;
    int64_t exponent;
};

static inline bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static struct span digits_take(struct span text, size_t *at)
{
    size_t begin = *at;
    while (*at < text.len && is_digit(text.data[*at]))
        (*at)++;
    return span_of(text.data + begin, *at - begin);
}

static bool exponent_read(struct literal *out, struct span text, size_t *at)
{
    bool negative = false;
    if (*at < text.len && (text.data[*at] == '-' || text.data[*at] == '+')) {
        negative = text.data[*at] == '-';
        (*at)++;
    }
    struct span digits = digits_take(text, at);
    int64_t value = 0;
    for (size_t i = 0; i < digits.len && value < EXPONENT_MAX; i++)
        value = value * 10 + (digits.data[i] - '0');
    out->exponent = negative ? -value : value;
    return digits.len > 0;
}

static bool literal_read(struct literal *out, struct span text)
{
    size_t at = 0;
    *out = (struct literal){.plain = true};
    if (text.len == 0)
        return false;
    if (text.data[at] == '-') {
        out->negative = true;
        at++;
    }
    out->integer = digits_take(text, &at);
    if (out->integer.len == 0 || (out->integer.len > 1 && out->integer.data[0] == '0'))
        return false;
    if (at < text.len && text.data[at] == '.') {
        at++;
        out->plain = false;
        out->fraction = digits_take(text, &at);
        if (out->fraction.len == 0)
            return false;
    }
    if (at < text.len && (text.data[at] == 'e' || text.data[at] == 'E')) {
        at++;
        out->plain = false;
        if (!exponent_read(out, text, &at))
            return false;
    }
    return at == text.len;
}

/* ---- integers */

static inline unsigned literal_digit(const struct literal *literal, size_t index)
{
    size_t whole = literal->integer.len;
    return (unsigned)(index < whole ? literal->integer.data[index] : literal->fraction.data[index - whole]) - '0';
}

/* The magnitude of a literal with a fraction or an exponent, exactly. */
static enum number_result magnitude_scaled(const struct literal *literal, uint64_t *out)
{
    size_t count = literal->integer.len + literal->fraction.len;
    int64_t point = (int64_t)literal->integer.len + literal->exponent; /* digits from here on are a fraction */
    size_t whole = point <= 0 ? 0 : (uint64_t)point < count ? (size_t)point : count;
    uint64_t value = 0;
    for (size_t i = whole; i < count; i++) {
        if (literal_digit(literal, i) != 0)
            return NUMBER_FRACTION;
    }
    for (size_t i = 0; i < whole; i++) {
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, literal_digit(literal, i), &value))
            return NUMBER_RANGE;
    }
    for (int64_t zeros = point - (int64_t)count; zeros > 0 && value != 0; zeros--) {
        if (__builtin_mul_overflow(value, 10u, &value))
            return NUMBER_RANGE;
    }
    *out = value;
    return NUMBER_OK;
}

static enum number_result magnitude(const struct literal *literal, uint64_t *out)
{
    if (!literal->plain)
        return magnitude_scaled(literal, out);
    uint64_t value = 0;
    size_t len = literal->integer.len;
    if (len > 20)
        return NUMBER_RANGE; /* there are no leading zeros */
    size_t safe = len < 19 ? len : 19;
    for (size_t i = 0; i < safe; i++)
        value = value * 10 + (uint64_t)(literal->integer.data[i] - '0');
    if (len == 20) {
        unsigned last = literal->integer.data[19] - '0';
        if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, last, &value))
            return NUMBER_RANGE;
    }
    *out = value;
    return NUMBER_OK;
}

/* All of `text` as a plain integer of usual length. */
static inline bool plain_integer(struct span text, bool *negative, uint64_t *magnitude)
{
    if (text.len == 0)
        return false;
    const uint8_t *end = text.data + text.len;
    return number_take_integer(text.data, end, negative, magnitude) == end;
}

enum number_result number_parse_uint64(struct span text, uint64_t *value)
{
    struct literal literal;
    bool negative;
    if (plain_integer(text, &negative, value))
        return negative && *value != 0 ? NUMBER_RANGE : NUMBER_OK;
    if (!literal_read(&literal, text))
        return NUMBER_SYNTAX;
    enum number_result result = magnitude(&literal, value);
    return result == NUMBER_OK && literal.negative && *value != 0 ? NUMBER_RANGE : result;
}

enum number_result number_parse_int64(struct span text, int64_t *value)
{
    struct literal literal;
    uint64_t size;
    bool negative;
    if (!plain_integer(text, &negative, &size)) {
        if (!literal_read(&literal, text))
            return NUMBER_SYNTAX;
        enum number_result result = magnitude(&literal, &size);
        if (result != NUMBER_OK)
            return result;
        negative = literal.negative;
    }
    if (size > (uint64_t)INT64_MAX + (negative ? 1u : 0u))
        return NUMBER_RANGE;
    *value = negative ? (int64_t)(0 - size) : (int64_t)size;
    return NUMBER_OK;
}

/* ---- binary floating point from digits */

struct format {
    int mantissa_bits; /* the hidden one included */
    int min_exponent;  /* of the least significant mantissa bit, in the smallest normal number */
    int max_exponent;  /* the same in the largest finite number */
};

static const struct format format_double = {53, -1074, 971};
static const struct format format_float = {24, -149, 104};

/* value = mantissa * 2^exponent, correctly rounded to a normal number; false where that cannot be told, or the result
 * is not normal: the caller then does it the slow way. `digits` is not 0. The power of ten is known to 128 bits, so the
 * product lies between `low` and `low + 2` units of its last place; both ends must round to the same. */
static bool scale(uint64_t digits, int64_t power, const struct format *format, uint64_t *mantissa, int *exponent)
{
    if (power < POWER_OF_TEN_MIN || power > POWER_OF_TEN_MAX)
        return false;
    int k = (int)power;
    struct power_of_ten ten = power_of_ten_table[k - POWER_OF_TEN_MIN];
    int shift = __builtin_clzll(digits);
    digits <<= shift;
    uint128 lower = (uint128)digits * ten.low;
    uint128 low = (uint128)digits * ten.high + (uint64_t)(lower >> 64);
    bool exact = k >= 0 && k <= 55; /* 5^55 < 2^128 */
    bool sticky = (uint64_t)lower != 0;
    int lead = (low >> 127) ? 0 : 1;
    int drop = 128 - lead - format->mantissa_bits;
    int unit = power_of_ten_log2(k) - 127 + 64 - shift + drop; /* exponent of the mantissa's last bit */
    uint128 half = (uint128)1 << (drop - 1);
    uint128 rest = low & ((half << 1) - 1);
    uint64_t top = (uint64_t)(low >> drop);
    if (exact) {
        if (rest > half || (rest == half && (sticky || (top & 1) != 0)))
            top++;
    } else {
        if (rest + 2 >= half && rest <= half)
            return false; /* the half may lie within the interval */
        if (rest > half)
            top++;
    }
    if (top >> format->mantissa_bits) {
        top >>= 1;
        unit++;
    }
    *mantissa = top;
    *exponent = unit;
    return unit >= format->min_exponent && unit <= format->max_exponent;
}

static double double_build(uint64_t mantissa, int exponent, bool negative)
{
    double value;
    uint64_t bits = mantissa == 0 ? 0 : ((uint64_t)(exponent + 1075) << 52) | (mantissa & 0xfffffffffffff);
    bits |= (uint64_t)negative << 63;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float float_build(uint64_t mantissa, int exponent, bool negative)
{
    float value;
    uint32_t bits = mantissa == 0 ? 0 : ((uint32_t)(exponent + 150) << 23) | ((uint32_t)mantissa & 0x7fffff);
    bits |= (uint32_t)negative << 31;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- numbers at the beginning of text */

const uint64_t number_small_powers[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/* A number as digits * 10^power. */
struct decimal {
    uint64_t digits;
    int64_t power;
    bool negative;
};

static const uint8_t *exponent_take(const uint8_t *at, const uint8_t *end, int64_t *power)
{
    bool negative = at != end && *at == '-';
    at += negative || (at != end && *at == '+');
    uint64_t value = 0;
    const uint8_t *after = number_take_digits(at, end, &value);
    if (after == at || after - at > 8)
        return NULL;
    *power += negative ? -(int64_t)value : (int64_t)value;
    return after;
}

static const uint8_t *decimal_take(const uint8_t *at, const uint8_t *end, struct decimal *out)
{
    *out = (struct decimal){.negative = at != end && *at == '-'};
    at += out->negative;
    const uint8_t *begin = at;
    at = number_take_digits(at, end, &out->digits);
    size_t count = (size_t)(at - begin);
    if (count == 0 || (count > 1 && *begin == '0'))
        return NULL;
    if (at != end && *at == '.') {
        const uint8_t *fraction = ++at;
        at = number_take_digits(at, end, &out->digits);
        if (at == fraction)
            return NULL;
        out->power = fraction - at;
        count += (size_t)(at - fraction);
        for (const uint8_t *zero = fraction; count > NUMBER_TAKE_DIGITS && *begin == '0' && zero != at && *zero == '0';
             zero++)
            count--;
        count -= *begin == '0';
    }
    if (count > NUMBER_TAKE_DIGITS)
        return NULL;
    return at != end && (*at | 0x20) == 'e' ? exponent_take(at + 1, end, &out->power) : at;
}

const uint8_t *number_take_double(const uint8_t *at, const uint8_t *end, double *value)
{
#if FLT_EVAL_METHOD == 0
    static const double exact[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#endif
    struct decimal decimal;
    uint64_t mantissa = 0;
    int exponent = 0;
    at = decimal_take(at, end, &decimal);
    if (!at)
        return NULL;
#if FLT_EVAL_METHOD == 0
    /* Both are exact doubles, so one operation rounds once (W. Clinger, "How to Read Floating Point Numbers
     * Accurately", 1990). */
    if (decimal.digits <= (uint64_t)1 << 53 && decimal.power >= -22 && decimal.power <= 22) {
        double size = (double)decimal.digits;
        size = decimal.power < 0 ? size / exact[-decimal.power] : size * exact[decimal.power];
        *value = decimal.negative ? -size : size;
        return at;
    }
#endif
    if (decimal.digits != 0 && !scale(decimal.digits, decimal.power, &format_double, &mantissa, &exponent))
        return NULL;
    *value = double_build(mantissa, exponent, decimal.negative);
    return at;
}

const uint8_t *number_take_float(const uint8_t *at, const uint8_t *end, float *value)
{
    struct decimal decimal;
    uint64_t mantissa = 0;
    int exponent = 0;
    at = decimal_take(at, end, &decimal);
    if (!at)
        return NULL;
    if (decimal.digits != 0 && !scale(decimal.digits, decimal.power, &format_float, &mantissa, &exponent))
        return NULL;
    *value = float_build(mantissa, exponent, decimal.negative);
    return at;
}

/* ---- numbers of any length */

/* The first 19 significant digits, the power of ten of the last of them, and whether any digit that is not 0 was left
 * out. */
static uint64_t leading_digits(const struct literal *literal, int64_t *power, bool *cut)
{
    uint64_t value = 0;
    size_t used = 0;
    size_t count = literal->integer.len + literal->fraction.len;
    size_t i = 0;
    for (; i < count && used < 19; i++) {
        value = value * 10 + literal_digit(literal, i);
        used += value != 0;
    }
    *power = literal->exponent + (int64_t)literal->integer.len - (int64_t)i;
    *cut = false;
    for (; i < count && !*cut; i++)
        *cut = literal_digit(literal, i) != 0;
    return value;
}

/* More digits than the longest half-way point between two doubles has (767): the rest matters only in being zero or
 * not. */
#define SLOW_DIGITS 800

/* The literal as "DIGITSeEXPONENT", which strtod and strtof round correctly in every locale. */
static void literal_normalise(const struct literal *literal, char text[SLOW_DIGITS + 32])
{
    size_t count = literal->integer.len + literal->fraction.len;
    size_t len = 0;
    size_t i = 0;
    bool rest = false;
    while (i < count && literal_digit(literal, i) == 0)
        i++;
    for (; i < count && len < SLOW_DIGITS; i++)
        text[len++] = (char)('0' + literal_digit(literal, i));
    int64_t exponent = literal->exponent + (int64_t)literal->integer.len - (int64_t)i;
    for (; i < count && !rest; i++)
        rest = literal_digit(literal, i) != 0;
    if (rest) {
        text[len++] = '1';
        exponent--;
    }
    if (len == 0)
        text[len++] = '0';
    snprintf(text + len, 32, "e%lld", (long long)exponent);
}

/* False where the slow way must decide. A cut number lies between `digits` and `digits + 1`. */
static bool scale_literal(const struct literal *literal, const struct format *format, uint64_t *mantissa, int *exponent)
{
    int64_t power;
    bool cut;
    uint64_t digits = leading_digits(literal, &power, &cut);
    if (digits == 0) {
        *mantissa = 0;
        *exponent = 0;
        return true;
    }
    if (!scale(digits, power, format, mantissa, exponent))
        return false;
    if (!cut)
        return true;
    uint64_t above;
    int above_exponent;
    return scale(digits + 1, power, format, &above, &above_exponent) && above == *mantissa &&
           above_exponent == *exponent;
}

enum number_result number_parse_double(struct span text, double *value)
{
    struct literal literal;
    const uint8_t *end = text.len > 0 ? text.data + text.len : text.data;
    if (text.len > 0 && number_take_double(text.data, end, value) == end)
        return NUMBER_OK;
    if (!literal_read(&literal, text))
        return NUMBER_SYNTAX;
    uint64_t mantissa;
    int exponent;
    if (scale_literal(&literal, &format_double, &mantissa, &exponent)) {
        *value = double_build(mantissa, exponent, literal.negative);
        return NUMBER_OK;
    }
    char slow[SLOW_DIGITS + 32];
    literal_normalise(&literal, slow);
    double size = strtod(slow, NULL);
    if (isinf(size))
        return NUMBER_RANGE;
    *value = literal.negative ? -size : size;
    return NUMBER_OK;
}

enum number_result number_parse_float(struct span text, float *value)
{
    struct literal literal;
    const uint8_t *end = text.len > 0 ? text.data + text.len : text.data;
    if (text.len > 0 && number_take_float(text.data, end, value) == end)
        return NUMBER_OK;
    if (!literal_read(&literal, text))
        return NUMBER_SYNTAX;
    uint64_t mantissa;
    int exponent;
    if (scale_literal(&literal, &format_float, &mantissa, &exponent)) {
        *value = float_build(mantissa, exponent, literal.negative);
        return NUMBER_OK;
    }
    char slow[SLOW_DIGITS + 32];
    literal_normalise(&literal, slow);
    float size = strtof(slow, NULL);
    if (isinf(size))
        return NUMBER_RANGE;
    *value = literal.negative ? -size : size;
    return NUMBER_OK;
}
