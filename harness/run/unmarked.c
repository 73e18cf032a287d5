/* Finds out whether calls without a marker are somebody's. */
#include "harness/run/unmarked.h"

bool unmarked_suspect_add(struct unmarked_suspect *suspect, size_t after, size_t last)
{
    if (last <= after)
        return false;
    bool none = suspect->last == 0;
    suspect->after = none || after < suspect->after ? after : suspect->after;
    suspect->last = none || last > suspect->last ? last : suspect->last;
    return true;
}

void unmarked_explain(struct unmarked *unmarked, const struct unmarked_suspect *suspect)
{
    for (size_t i = suspect->after; i < suspect->last && i < UNMARKED_MAX; i++)
        unmarked->explained[i] = true;
}

size_t unmarked_left(const struct unmarked *unmarked, size_t count)
{
    size_t left = count;
    for (size_t i = 0; i < count && i < UNMARKED_MAX; i++)
        left -= unmarked->explained[i];
    return left;
}
