/* Exchanges that have ended, by the serial number in their tokens: a call that carries one came late, and counts for
 * its case all the same (INV-4). The list owns its memory.
 *
 * Limit: the last ENDED_MAX exchanges are known. */
#ifndef TRANSCHECK_RUN_ENDED_H
#define TRANSCHECK_RUN_ENDED_H

#include <stdbool.h>
#include <stdint.h>

#define ENDED_MAX 65536u

struct ended {
    uint64_t serial;   /* from 1 */
    void *owner;       /* of the exchange (exchange.h); NULL: its late calls count for nobody */
    unsigned allowed;  /* backend calls that its case allows */
    unsigned calls;    /* that were made, without those that the script refused so that they may be tried again */
    unsigned unmarked; /* of these, late ones without a marker */
    uint64_t start_us;
    uint64_t end_us;
};

struct ended_list {
    struct ended *items; /* ENDED_MAX, by serial */
};

/* false when out of memory. */
bool ended_init(struct ended_list *list);
void ended_fini(struct ended_list *list);
/* Copies *ended; what ended ENDED_MAX exchanges before it is forgotten. */
void ended_add(struct ended_list *list, const struct ended *ended);
/* NULL: not known. Valid until ENDED_MAX more have ended. */
struct ended *ended_find(struct ended_list *list, uint64_t serial);

#endif
