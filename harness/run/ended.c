/* Exchanges that have ended, so that a late call finds its case. */
#include "harness/run/ended.h"

#include <stdlib.h>

bool ended_init(struct ended_list *list)
{
    list->items = calloc(ENDED_MAX, sizeof *list->items); /* what is never touched costs nothing */
    return list->items != NULL;
}

void ended_fini(struct ended_list *list)
{
    free(list->items);
    list->items = NULL;
}

void ended_add(struct ended_list *list, const struct ended *ended)
{
    list->items[ended->serial % ENDED_MAX] = *ended;
}

struct ended *ended_find(struct ended_list *list, uint64_t serial)
{
    struct ended *found = &list->items[serial % ENDED_MAX];
    return serial > 0 && found->serial == serial ? found : NULL;
}
