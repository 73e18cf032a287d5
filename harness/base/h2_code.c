/* The names of HTTP/2's error codes. */
#include "harness/base/h2_code.h"

#define X(name, number) [number] = #name,
const char *const h2_code_names[] = {H2_CODES(X) NULL};
#undef X

#define KNOWN (sizeof h2_code_names / sizeof h2_code_names[0] - 1)

const char *h2_code_name(uint32_t code)
{
    return code < KNOWN ? h2_code_names[code] : NULL;
}

bool h2_code_from_name(struct span name, uint32_t *code)
{
    for (uint32_t i = 0; i < KNOWN; i++) {
        if (span_is(name, h2_code_names[i])) {
            *code = i;
            return true;
        }
    }
    return false;
}
