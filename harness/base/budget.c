/* The count of a process's memory for what it received. */
#include "harness/base/budget.h"

#include <assert.h>

static bool fits(const struct budget *budget, size_t len)
{
    return budget->used <= budget->max && len <= budget->max - budget->used;
}

bool budget_take(struct budget *budget, size_t len)
{
    if (!budget)
        return true;
    while (!fits(budget, len)) {
        if (len > budget->max || !budget->reclaim || !budget->reclaim(budget->user)) {
            budget->refused++;
            return false;
        }
    }
    budget->used += len;
    return true;
}

void budget_charge(struct budget *budget, size_t len)
{
    if (budget)
        budget->used += len;
}

void budget_give(struct budget *budget, size_t len)
{
    if (!budget)
        return;
    assert(len <= budget->used);
    budget->used -= len;
}

bool budget_is_full(const struct budget *budget)
{
    return budget && budget->used >= budget->max;
}
