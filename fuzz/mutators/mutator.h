/* What the custom mutators share. A mutator is one source, NAME.c, with one function, NAME_mutate; afl.c and
 * libfuzzer.c call it in the way of each engine. fuzz/helpers says which target has which.
 *
 * The first byte of an input means something else to each target, whose name the mutator therefore needs. */
#ifndef TRANSCHECK_FUZZ_MUTATORS_MUTATOR_H
#define TRANSCHECK_FUZZ_MUTATORS_MUTATOR_H

#include <stdlib.h>

#include "fuzz/types.h"
#include "harness/base/buf.h"

#define MUTATOR_MAX_OUTPUT ((size_t)1 << 20)

struct mutator {
    uint64_t state;
    const char *target;
    struct buf out;
    struct buf scratch;
};

/* Makes an input in mutator->out, which is empty, from one (not empty) and another (may be empty). False when this one
 * is not of its kind. */
typedef bool mutate_function(struct mutator *mutator, struct span in, struct span other);
/* NULL where they are not linked. */
__attribute__((weak)) mutate_function json_mutate;
__attribute__((weak)) mutate_function wire_mutate;
__attribute__((weak)) mutate_function h2_mutate;

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

static inline void mutator_seed(struct mutator *mutator, unsigned seed)
{
    mutator->state = (seed + 1) * 0x9e3779b97f4a7c15u;
}

static inline void mutator_init(struct mutator *mutator, const char *target, unsigned seed)
{
    *mutator = (struct mutator){.target = target};
    mutator_seed(mutator, seed);
    buf_init(&mutator->out, MUTATOR_MAX_OUTPUT);
    buf_init(&mutator->scratch, MUTATOR_MAX_OUTPUT);
}

static inline void mutator_fini(struct mutator *mutator)
{
    buf_fini(&mutator->out);
    buf_fini(&mutator->scratch);
}

/* One of the mutators that are linked makes an input in mutator->out. False: nothing was made of this one. */
static inline bool mutator_run(struct mutator *mutator, struct span in, struct span other, size_t max_size)
{
    static mutate_function *const all[] = {json_mutate, wire_mutate, h2_mutate};
    mutate_function *linked[sizeof all / sizeof *all];
    unsigned count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i])
            linked[count++] = all[i];
    }
    buf_reset(&mutator->out);
    return in.len > 0 && count > 0 && linked[mutator_below(mutator, count)](mutator, in, other) &&
           !mutator->out.failed && mutator->out.len > 0 && mutator->out.len <= max_size;
}

#endif
