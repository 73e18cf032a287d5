/* Numbers at the beginning of longer text, the usual forms in one pass. */
#include "harness/engine/json/number_take.h"

#include <float.h>

#include "harness/engine/json/number_scale.h"
#include "harness/engine/json/power_of_ten.h"

__extension__ typedef unsigned __int128 uint128;

/* ---- binary floating point from digits */

const struct number_format number_format_double = {53, -1074, 971};
const struct number_format number_format_float = {24, -149, 104};

bool number_scale(uint64_t digits, int64_t power, const struct number_format *format, uint64_t *mantissa, int *exponent)
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

double number_build_double(uint64_t mantissa, int exponent, bool negative)
{
    double value;
    uint64_t bits = mantissa == 0 ? 0 : ((uint64_t)(exponent + 1075) << 52) | (mantissa & 0xfffffffffffff);
    bits |= (uint64_t)negative << 63;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float number_build_float(uint64_t mantissa, int exponent, bool negative)
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
    if (decimal.digits != 0 &&
        !number_scale(decimal.digits, decimal.power, &number_format_double, &mantissa, &exponent))
        return NULL;
    *value = number_build_double(mantissa, exponent, decimal.negative);
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
    if (decimal.digits != 0 && !number_scale(decimal.digits, decimal.power, &number_format_float, &mantissa, &exponent))
        return NULL;
    *value = number_build_float(mantissa, exponent, decimal.negative);
    return at;
}
