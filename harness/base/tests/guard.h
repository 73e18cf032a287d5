/* Places test input so that its last byte lies directly before a page that may not be read: a parser that looks one
 * byte too far dies at once, with or without AddressSanitizer. Owns one mapping; the input's storage is reused by the
 * next guard_place. */
#ifndef TRANSCHECK_BASE_TESTS_GUARD_H
#define TRANSCHECK_BASE_TESTS_GUARD_H

#include "harness/base/span.h"

struct guard {
    uint8_t *map;
    size_t map_len;
    size_t usable; /* bytes before the forbidden page */
};

/* Room for inputs of at most max_len bytes. Aborts when memory cannot be mapped. */
void guard_init(struct guard *guard, size_t max_len);
void guard_fini(struct guard *guard);
/* A copy of `bytes` that ends at the forbidden page; never NULL, also for length 0. */
struct span guard_place(struct guard *guard, struct span bytes);

#endif
