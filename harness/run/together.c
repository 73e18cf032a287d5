/* Makes one result of those of the exchanges of a case. */
#include "harness/run/together.h"

static unsigned rank_of(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_PASS:
        return 0;
    case VERDICT_ACCEPTABLE:
        return 1;
    case VERDICT_FAIL:
        return 3;
    default:
        return 2;
    }
}

static bool has_health(const struct check_result *result, enum reason_kind kind)
{
    for (size_t i = 0; i < result->reason_count; i++) {
        if (result->reasons[i].axis == AXIS_HEALTH && result->reasons[i].kind == kind)
            return true;
    }
    return false;
}

void together_add(struct check_result *out, const struct check_result *one, size_t number, struct arena *arena)
{
    if (rank_of(one->verdict) < rank_of(out->verdict))
        return;
    if (rank_of(one->verdict) > rank_of(out->verdict))
        *out = (struct check_result){.verdict = one->verdict};
    out->reasons_omitted += one->reasons_omitted;
    for (size_t i = 0; i < one->reason_count; i++) {
        struct reason reason = one->reasons[i];
        if (reason.axis == AXIS_HEALTH && has_health(out, reason.kind))
            continue;
        const char *path =
            reason.axis == AXIS_HEALTH ? NULL : arena_printf(arena, "exchanges[%zu] %s", number, reason.path);
        reason.path = path ? path : reason.path;
        check_result_insert(out, &reason);
    }
}
