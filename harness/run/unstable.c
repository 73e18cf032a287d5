/* Failures that vanish when their case is played alone. */
#include "harness/run/unstable.h"

/* A NULL-terminated list of texts; NULL stays NULL. false when out of memory. */
static bool copy_texts(const char *const **texts, struct arena *arena)
{
    size_t count = 0;
    if (!*texts)
        return true;
    while ((*texts)[count])
        count++;
    const char **copy = arena_calloc(arena, count + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = arena_strdup(arena, (*texts)[i]);
        if (!copy[i])
            return false;
    }
    *texts = copy;
    return copy != NULL;
}

bool unstable_note(struct unstable *unstable, const struct check_result *failure, bool looked_dead,
                   unsigned deaths_before, struct arena *arena)
{
    struct check_result *copy = arena_alloc(arena, sizeof *copy);
    if (!copy)
        return false;
    *copy = *failure;
    for (size_t i = 0; i < copy->reason_count; i++) {
        struct reason *reason = &copy->reasons[i];
        reason->path = arena_strdup(arena, reason->path ? reason->path : "");
        reason->expected = arena_strdup(arena, reason->expected ? reason->expected : "");
        reason->observed = arena_strdup(arena, reason->observed ? reason->observed : "");
        if (!reason->path || !reason->expected || !reason->observed || !copy_texts(&reason->otherwise, arena))
            return false;
    }
    *unstable = (struct unstable){.failure = copy, .looked_dead = looked_dead, .deaths_before = deaths_before};
    return true;
}

bool unstable_is_explained(const struct unstable *unstable, unsigned deaths)
{
    return unstable->looked_dead && deaths > unstable->deaths_before;
}

struct check_result unstable_settle(const struct unstable *unstable, const struct check_result *alone, unsigned deaths)
{
    struct check_result result = *alone;
    if (verdict_standing(alone->verdict) != STANDING_PASSED || !unstable->failure ||
        unstable_is_explained(unstable, deaths))
        return result;
    result = *unstable->failure;
    result.verdict = VERDICT_UNSTABLE;
    return result;
}
