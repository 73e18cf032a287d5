/* The one function of a fuzz target, in the form that libFuzzer, AFL++ and our replay call it. It must not keep state
 * between calls, must free all it takes, and calls abort() when an invariant does not hold. */
#ifndef TRANSCHECK_FUZZ_FUZZ_H
#define TRANSCHECK_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like assert, but says what it is: a broken invariant of the code under test. fuzz/prove has it report and go on with
 * the next input. */
#ifdef FUZZ_PROVE
_Noreturn void fuzz_broken(const char *file, int line, const char *condition);
#else
static inline _Noreturn void fuzz_broken(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
    abort();
}
#endif

#define FUZZ_CHECK(condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            fuzz_broken(__FILE__, __LINE__, #condition);                                                               \
    } while (0)

#endif
