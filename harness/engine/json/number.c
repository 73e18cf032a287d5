/* Numbers of JSON to binary, of any length. */
#include "harness/engine/json/number.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/engine/json/number_scale.h"
#include "harness/engine/json/number_take.h"

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
static bool scale_literal(const struct literal *literal, const struct number_format *format, uint64_t *mantissa,
                          int *exponent)
{
    int64_t power;
    bool cut;
    uint64_t digits = leading_digits(literal, &power, &cut);
    if (digits == 0) {
        *mantissa = 0;
        *exponent = 0;
        return true;
    }
    if (!number_scale(digits, power, format, mantissa, exponent))
        return false;
    if (!cut)
        return true;
    uint64_t above;
    int above_exponent;
    return number_scale(digits + 1, power, format, &above, &above_exponent) && above == *mantissa &&
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
    if (scale_literal(&literal, &number_format_double, &mantissa, &exponent)) {
        *value = number_build_double(mantissa, exponent, literal.negative);
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
    if (scale_literal(&literal, &number_format_float, &mantissa, &exponent)) {
        *value = number_build_float(mantissa, exponent, literal.negative);
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
