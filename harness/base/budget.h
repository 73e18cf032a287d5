/* How much memory a process may spend on what others sent it. Whatever keeps received bytes (a buf, an arena, an HTTP/2
 * session, a connection's queue) may point to one budget and counts there the storage that it has from malloc, also the
 * part that is not in use yet. Counting costs nothing where no storage is asked for.
 *
 * A part that does not fit is refused, and whoever asked must be able to go on without it: a store keeps what it has
 * and tells its owner. Before that, the owner of what is worth least may give it up (`reclaim`). Small things that
 * cannot be refused (what nghttp2 allocates for itself) are counted all the same, so that `used` may be a little above
 * `max`; then everything else is refused. */
#ifndef TRANSCHECK_BASE_BUDGET_H
#define TRANSCHECK_BASE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#define BUDGET_DEFAULT_MIB 256u /* --max-memory-mib */
#define BUDGET_MIN_MIB     16u
#define BUDGET_MAX_MIB     (1u << 20)

struct budget {
    size_t max;
    size_t used;
    size_t refused; /* how often something did not fit */
    size_t peak;    /* the most in use since freed memory went back to the system; stays 0 unless that is done */
    bool trims;
    /* Gives up one thing and says whether it had any; NULL: nobody has. It must not take from the budget. */
    bool (*reclaim)(void *user);
    void *user;
};

/* Sets `max` to that many MiB for the one budget of the process, and has the allocator give back to the system
 * what is freed, large blocks at once and small ones each time that use has fallen by half, so that what the process
 * occupies follows what is counted (glibc; elsewhere only `max`). */
void budget_of_process(struct budget *budget, size_t mib);
/* Takes `len` bytes, after reclaiming when needed. false: they do not fit, and nothing was taken. NULL is a budget
 * without end. */
bool budget_take(struct budget *budget, size_t len);
/* Takes them whether they fit or not. */
void budget_charge(struct budget *budget, size_t len);
void budget_give(struct budget *budget, size_t len);
bool budget_is_full(const struct budget *budget);

/* How often something was refused: unchanged when nothing was since an earlier call. */
static inline size_t budget_refusals(const struct budget *budget)
{
    return budget ? budget->refused : 0;
}

#endif
