/* The count of a process's memory for what it received. */
#include "harness/base/budget.h"

#include <assert.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Blocks of this size and more are mapped on their own. Without a fixed bound glibc raises it with every block that is
 * freed, and then the holes between large buffers cost as much again as the buffers. */
#define MAPPED_BLOCK (32 * 1024)
#define UNUSED_END   (1024 * 1024)
#define TRIMMED_PEAK (8u << 20) /* less is not worth the time */

void budget_of_process(struct budget *budget, size_t mib)
{
    budget->max = mib << 20;
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, MAPPED_BLOCK);
    mallopt(M_TRIM_THRESHOLD, UNUSED_END);
    budget->trims = true;
#endif
}

/* The pages between small blocks that are still in use stay occupied until the allocator is asked for them. */
static void give_back_pages(struct budget *budget)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    budget->peak = budget->used;
}

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
    budget_charge(budget, len);
    return true;
}

void budget_charge(struct budget *budget, size_t len)
{
    if (!budget)
        return;
    budget->used += len;
    if (budget->trims && budget->used > budget->peak)
        budget->peak = budget->used;
}

void budget_give(struct budget *budget, size_t len)
{
    if (!budget)
        return;
    assert(len <= budget->used);
    budget->used -= len;
    if (budget->peak >= TRIMMED_PEAK && budget->used < budget->peak / 2)
        give_back_pages(budget);
}

bool budget_is_full(const struct budget *budget)
{
    return budget && budget->used >= budget->max;
}
