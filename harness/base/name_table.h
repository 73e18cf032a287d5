/* A hash table from names to indices, built once and then read: the lookups of schema.h and router.h.
 * Open addressing; at most NAME_TABLE_MAX_PROBES probes, so that crafted names cannot make a lookup slow. */
#ifndef TRANSCHECK_BASE_NAME_TABLE_H
#define TRANSCHECK_BASE_NAME_TABLE_H

#include "harness/base/arena.h"

#define NAME_TABLE_MAX_PROBES 1024

struct name_table_slot {
    struct span name; /* data NULL: free */
    uint32_t hash;
    uint32_t value;
};

struct name_table {
    struct name_table_slot *slots;
    uint32_t mask;
};

enum name_table_result { NAME_TABLE_ADDED, NAME_TABLE_EXISTS, NAME_TABLE_FULL };

/* Room for `count` names. false when the arena is exhausted. */
bool name_table_init(struct name_table *table, size_t count, struct arena *arena);
/* `name` is not copied and its data must not be NULL. An existing entry stays. */
enum name_table_result name_table_add(struct name_table *table, struct span name, uint32_t value);
#define NAME_TABLE_NONE UINT32_MAX

/* The value, or NAME_TABLE_NONE. */
uint32_t name_table_get(const struct name_table *table, struct span name);
bool name_table_find(const struct name_table *table, struct span name, uint32_t *value);

#endif
