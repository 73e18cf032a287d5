/* AFL++ persistent mode: inputs come through shared memory, and one process runs many of them. */
#include "fuzz/fuzz.h"

#include <string.h>
#include <unistd.h>

/* The macros of afl-clang-fast are not written for our warnings. */
#pragma clang diagnostic ignored "-Weverything"

__AFL_FUZZ_INIT();

#if __has_feature(address_sanitizer)
/* Freed memory is kept from use again until so much is freed. The default, 256 MB, outlives thousands of inputs, each
 * of which then takes pages that are not in the cache: targets run up to four times as fast with what a few inputs
 * free. */
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=8";
}
#endif

int main(void)
{
    __AFL_INIT();
    const uint8_t *shared = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(100000)) {
        size_t size = (size_t)__AFL_FUZZ_TESTCASE_LEN;
#if __has_feature(address_sanitizer)
        /* Memory of exactly the input's size, so that reading beyond it is seen. */
        uint8_t *data = malloc(size > 0 ? size : 1);
        if (!data)
            return 1;
        memcpy(data, shared, size);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
#else
        LLVMFuzzerTestOneInput(shared, size);
#endif
    }
    return 0;
}
