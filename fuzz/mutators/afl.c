/* A mutator as the shared object that afl-fuzz loads (AFL++, docs/custom_mutators.md). fuzz/run names the target in
 * TRANSCHECK_FUZZ_TARGET. */
#include "fuzz/mutators/mutator.h"

void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(struct mutator *mutator, uint8_t *data, size_t size, uint8_t **out, uint8_t *add,
                       size_t add_size, size_t max_size);
void afl_custom_deinit(struct mutator *mutator);

void *afl_custom_init(void *afl, unsigned seed)
{
    (void)afl;
    const char *target = getenv("TRANSCHECK_FUZZ_TARGET");
    struct mutator *mutator = malloc(sizeof *mutator);
    if (mutator)
        mutator_init(mutator, target ? target : "", seed);
    return mutator;
}

void afl_custom_deinit(struct mutator *mutator)
{
    mutator_fini(mutator);
    free(mutator);
}

/* 0: nothing to run. */
size_t afl_custom_fuzz(struct mutator *mutator, uint8_t *data, size_t size, uint8_t **out, uint8_t *add,
                       size_t add_size, size_t max_size)
{
    bool made = mutator_run(mutator, span_of(data, size), span_of(add, add_size), max_size);
    *out = made ? mutator->out.data : data;
    return made ? mutator->out.len : 0;
}
