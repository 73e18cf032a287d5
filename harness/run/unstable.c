/* Failures that vanish when their case is played alone. */
#include "harness/run/unstable.h"

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
        reason->otherwise = NULL; /* of the arena of the play */
        reason->expected = arena_strdup(arena, reason->expected ? reason->expected : "");
        reason->observed = arena_strdup(arena, reason->observed ? reason->observed : "");
        if (!reason->path || !reason->expected || !reason->observed)
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
