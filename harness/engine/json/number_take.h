/* Numbers at the beginning of longer text, in their usual forms and in one pass. What is unusual (more than 19 digits,
 * or a value that the fast rounding cannot settle) or wrong gives NULL; the functions of number.h know more. */
#ifndef TRANSCHECK_ENGINE_JSON_NUMBER_TAKE_H
#define TRANSCHECK_ENGINE_JSON_NUMBER_TAKE_H

#include "harness/engine/json/number_digits.h"

#define NUMBER_TAKE_DIGITS 19 /* as many decimal digits always fit 64 bits */

extern const uint64_t number_small_powers[9]; /* of ten, up to 10^8 */

/* Appends digits to *value and returns where they end; after more than NUMBER_TAKE_DIGITS the value means nothing. */
static inline const uint8_t *number_take_digits(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
    uint64_t result = *value;
    while (end - at >= 8) {
        uint64_t word = number_load8(at);
        uint64_t stop = number_not_digits(word);
        if (stop != 0) {
            unsigned bits = (unsigned)__builtin_ctzll(stop) & ~7u; /* of the digits that are there */
            if (bits == 0)
                break;
            *value = result * number_small_powers[bits / 8] + number_join8(word << (64 - bits));
            return at + bits / 8;
        }
        result = result * 100000000 + number_join8(word);
        at += 8;
    }
    while (at != end && *at >= '0' && *at <= '9')
        result = result * 10 + (uint64_t)(*at++ - '0');
    *value = result;
    return at;
}

/* An integer without fraction or exponent (what follows is not looked at). */
static inline const uint8_t *number_take_integer(const uint8_t *at, const uint8_t *end, bool *negative,
                                                 uint64_t *magnitude)
{
    *negative = at != end && *at == '-';
    at += *negative;
    const uint8_t *begin = at;
    *magnitude = 0;
    at = number_take_digits(at, end, magnitude);
    size_t count = (size_t)(at - begin);
    if (count == 0 || count > NUMBER_TAKE_DIGITS || (count > 1 && *begin == '0'))
        return NULL;
    return at;
}

/* Correctly rounded. */
const uint8_t *number_take_double(const uint8_t *at, const uint8_t *end, double *value);
const uint8_t *number_take_float(const uint8_t *at, const uint8_t *end, float *value);

#endif
