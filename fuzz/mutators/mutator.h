/* What the custom mutators share: the functions that afl-fuzz calls (AFL++, docs/custom_mutators.md), and random
 * numbers. A mutator is a shared object of one source and this header, linked with the engine and fuzz/types.c;
 * fuzz/run names the target in TRANSCHECK_FUZZ_TARGET, because the first byte of an input means something else to each.
 */
#ifndef TRANSCHECK_FUZZ_MUTATORS_MUTATOR_H
#define TRANSCHECK_FUZZ_MUTATORS_MUTATOR_H

#include <stdlib.h>

#include "fuzz/types.h"
#include "harness/base/buf.h"

struct mutator {
    uint64_t state;
    const char *target;
    struct buf out;
    struct buf scratch;
};

void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(struct mutator *mutator, uint8_t *data, size_t size, uint8_t **out, uint8_t *add,
                       size_t add_size, size_t max_size);
void afl_custom_deinit(struct mutator *mutator);

static inline uint64_t mutator_random(struct mutator *mutator)
{
    mutator->state ^= mutator->state << 13;
    mutator->state ^= mutator->state >> 7;
    mutator->state ^= mutator->state << 17;
    return mutator->state;
}

/* 0 to count - 1. */
static inline unsigned mutator_below(struct mutator *mutator, unsigned count)
{
    return count > 0 ? (unsigned)(mutator_random(mutator) >> 33) % count : 0;
}

static inline bool mutator_one_in(struct mutator *mutator, unsigned count)
{
    return mutator_below(mutator, count) == 0;
}

/* A number of any size, most often at an edge. */
static inline uint64_t mutator_number(struct mutator *mutator)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     127,
                                     128,
                                     255,
                                     16383,
                                     16384,
                                     INT32_MAX,
                                     (uint64_t)1 << 31,
                                     UINT32_MAX,
                                     (uint64_t)1 << 32,
                                     INT64_MAX,
                                     (uint64_t)1 << 63,
                                     UINT64_MAX};
    if (mutator_one_in(mutator, 2))
        return edges[mutator_below(mutator, sizeof edges / sizeof *edges)];
    return mutator_random(mutator) >> mutator_below(mutator, 64);
}

/* What the first byte of an input means: the type, and whether JSON or wire bytes follow. */
struct mutator_format {
    const char *target;
    unsigned shift;    /* of the type */
    uint8_t direction; /* the bit that is set before wire bytes; 0: there is one direction */
};

static inline struct mutator_format mutator_format(const struct mutator *mutator)
{
    static const struct mutator_format formats[] = {
        {"json_to_proto", 2, 0}, {"round_trip", 1, 0x01}, {"both_ways", 0, 0x80}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(mutator->target, formats[i].target) == 0)
            return formats[i];
    }
    return (struct mutator_format){.target = mutator->target};
}

static inline struct mutator *mutator_new(unsigned seed, size_t max_len)
{
    struct mutator *mutator = calloc(1, sizeof *mutator);
    if (!mutator)
        return NULL;
    mutator->state = seed * 0x9e3779b97f4a7c15u + 1;
    mutator->target = getenv("TRANSCHECK_FUZZ_TARGET");
    if (!mutator->target)
        mutator->target = "";
    buf_init(&mutator->out, max_len);
    buf_init(&mutator->scratch, max_len);
    return mutator;
}

static inline void mutator_free(struct mutator *mutator)
{
    buf_fini(&mutator->out);
    buf_fini(&mutator->scratch);
    free(mutator);
}

/* What was made, or the input as it is when that has no room. */
static inline size_t mutator_result(struct mutator *mutator, uint8_t *data, size_t size, uint8_t **out, size_t max_size)
{
    if (mutator->out.failed || mutator->out.len == 0 || mutator->out.len > max_size) {
        *out = data;
        return size;
    }
    *out = mutator->out.data;
    return mutator->out.len;
}

#endif
