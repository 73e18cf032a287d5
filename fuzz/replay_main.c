/* Runs a fuzz target over the files, and the files in the directories, that are named as arguments; then says how many.
 * Each input is in memory of exactly its size, so that AddressSanitizer sees the first byte read beyond it.
 *
 * With FUZZ_ALLOCATIONS defined (and no sanitizer) each input runs twice, and what the second run takes from the heap
 * is counted: the number of inputs, of allocations in all, and the most for one input. */
#include "fuzz/fuzz.h"
#include "fuzz/inputs.h"

static size_t allocations;
static size_t allocations_all;
static size_t allocations_most;

#ifdef FUZZ_ALLOCATIONS
/* glibc's own, which these stand in front of. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}
#endif

static void run(const uint8_t *data, size_t size)
{
    LLVMFuzzerTestOneInput(data, size);
#ifdef FUZZ_ALLOCATIONS
    allocations = 0;
    LLVMFuzzerTestOneInput(data, size);
#endif
    allocations_all += allocations;
    if (allocations > allocations_most)
        allocations_most = allocations;
    allocations = 0;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    int rc = 0;
    for (int i = 1; i < argc; i++)
        rc |= inputs_read(argv[i], run, &count);
#ifdef FUZZ_ALLOCATIONS
    printf("%zu %zu %zu\n", count, allocations_all, allocations_most);
#else
    printf("%zu\n", count);
#endif
    return rc;
}
