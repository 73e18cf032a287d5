/* The mutators inside of a libFuzzer binary, beside libFuzzer's own mutations. Compiled once for each target that has
 * mutators, with its name in FUZZ_TARGET. Source: LLVM, fuzzer/FuzzerInterface.h. */
#include "fuzz/mutators/mutator.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size); /* libFuzzer's */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t max_size, unsigned seed);

static struct mutator *prepare(unsigned seed)
{
    static struct mutator mutator;
    if (!mutator.target)
        mutator_init(&mutator, FUZZ_TARGET, seed);
    mutator_seed(&mutator, seed);
    return &mutator;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    struct mutator *mutator = prepare(seed);
    if (mutator_one_in(mutator, 2) || !mutator_run(mutator, span_of(data, size), span_of(NULL, 0), max_size))
        return LLVMFuzzerMutate(data, size, max_size);
    memcpy(data, mutator->out.data, mutator->out.len);
    size = mutator->out.len;
    return mutator_one_in(mutator, 4) ? LLVMFuzzerMutate(data, size, max_size) : size;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t max_size, unsigned seed)
{
    struct mutator *mutator = prepare(seed);
    if (!mutator_run(mutator, span_of(data, size), span_of(other, other_size), max_size))
        return 0;
    memcpy(out, mutator->out.data, mutator->out.len);
    return mutator->out.len;
}
