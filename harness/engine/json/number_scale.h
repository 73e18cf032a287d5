/* Private to number.c and number_take.c: binary floating point from decimal digits, as in D. Lemire, "Number Parsing at
 * a Gigabyte per Second" (2021), with the error bound of the table taken into account instead of a second look-up. */
#ifndef TRANSCHECK_ENGINE_JSON_NUMBER_SCALE_H
#define TRANSCHECK_ENGINE_JSON_NUMBER_SCALE_H

#include <stdbool.h>
#include <stdint.h>

struct number_format {
    int mantissa_bits; /* the hidden one included */
    int min_exponent;  /* of the least significant mantissa bit, in the smallest normal number */
    int max_exponent;  /* the same in the largest finite number */
};

extern const struct number_format number_format_double;
extern const struct number_format number_format_float;

/* digits * 10^power = mantissa * 2^exponent, correctly rounded to a normal number; false where that cannot be told, or
 * the result is not normal: the caller then does it the slow way. `digits` is not 0. The power of ten is known to 128
 * bits, so the product lies between `low` and `low + 2` units of its last place; both ends must round to the same. */
bool number_scale(uint64_t digits, int64_t power, const struct number_format *format, uint64_t *mantissa,
                  int *exponent);

/* The value of a mantissa that number_scale gave; of 0 a zero. */
double number_build_double(uint64_t mantissa, int exponent, bool negative);
float number_build_float(uint64_t mantissa, int exponent, bool negative);

#endif
