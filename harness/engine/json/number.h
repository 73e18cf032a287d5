/* Numbers between text and binary, exactly: integers without a detour through double, doubles and floats rounded once,
 * and the shortest digits that read back as the same value. Grammar: RFC 8259 section 6 and nothing more. No locale, no
 * allocation, no limit on the number of digits. */
#ifndef TRANSCHECK_ENGINE_JSON_NUMBER_H
#define TRANSCHECK_ENGINE_JSON_NUMBER_H

#include "harness/base/span.h"

enum number_result {
    NUMBER_OK,
    NUMBER_SYNTAX,   /* not a JSON number, the whole of it */
    NUMBER_FRACTION, /* a number, and not an integer */
    NUMBER_RANGE     /* too large or too small for the type */
};

/* Any lexical form whose value is integral: 1, -0, 1.0, 1e2, 120e-1. */
enum number_result number_parse_int64(struct span text, int64_t *value);
enum number_result number_parse_uint64(struct span text, uint64_t *value);

/* Correctly rounded (to nearest, ties to even), float directly from the digits. Overflow is NUMBER_RANGE; underflow
 * gives a subnormal or a zero of the right sign. */
enum number_result number_parse_double(struct span text, double *value);
enum number_result number_parse_float(struct span text, float *value);

#define NUMBER_TEXT_MAX 48 /* bytes that each of the functions below may write to, text or not; none writes a NUL */

size_t number_print_uint64(char *text, uint64_t value);
size_t number_print_int64(char *text, int64_t value);
/* The shortest digits that read back as `value`, of those the nearest: 0, -0, 100, 1.5, 1e+21, 1.5e-7. The value must
 * be finite. */
size_t number_print_double(char *text, double value);
size_t number_print_float(char *text, float value);

#endif
