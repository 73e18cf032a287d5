/* A hash table from names to indices, built once and then read: the lookups of schema.h and router.h.
 * Open addressing; at most SCHEMA_TABLE_MAX_PROBES probes, so that crafted names cannot make a lookup slow. */
#ifndef TRANSCHECK_ENGINE_SCHEMA_TABLE_H
#define TRANSCHECK_ENGINE_SCHEMA_TABLE_H

#include "harness/base/arena.h"

#define SCHEMA_TABLE_MAX_PROBES 1024

struct schema_table_slot {
    struct span name; /* data NULL: free */
    uint32_t hash;
    uint32_t value;
};

struct schema_table {
    struct schema_table_slot *slots;
    uint32_t mask;
};

enum schema_table_result { SCHEMA_TABLE_ADDED, SCHEMA_TABLE_EXISTS, SCHEMA_TABLE_FULL };

/* Room for `count` names. false when the arena is exhausted. */
bool schema_table_init(struct schema_table *table, size_t count, struct arena *arena);
/* `name` is not copied and its data must not be NULL. An existing entry stays. */
enum schema_table_result schema_table_add(struct schema_table *table, struct span name, uint32_t value);
#define SCHEMA_TABLE_NONE UINT32_MAX

/* The value, or SCHEMA_TABLE_NONE. */
uint32_t schema_table_get(const struct schema_table *table, struct span name);
bool schema_table_find(const struct schema_table *table, struct span name, uint32_t *value);

#endif
