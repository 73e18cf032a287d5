/* A table of powers of ten for number.c: each as the 128 most significant bits of its binary expansion, cut. The binary
 * exponent is floor(k * log2(10)), which power_of_ten_log2 gives exactly over the whole table. */
#ifndef TRANSCHECK_ENGINE_JSON_POWER_OF_TEN_H
#define TRANSCHECK_ENGINE_JSON_POWER_OF_TEN_H

#include <stdint.h>

#define POWER_OF_TEN_MIN (-343)
#define POWER_OF_TEN_MAX 325

struct power_of_ten {
    uint64_t high;
    uint64_t low;
};

extern const struct power_of_ten power_of_ten_table[POWER_OF_TEN_MAX - POWER_OF_TEN_MIN + 1];

/* floor(log2(10^k)), for |k| up to 1233. */
static inline int power_of_ten_log2(int k)
{
    return (k * 1741647) >> 19;
}

#endif
