#include "harness/engine/schema_table.h"

#include <assert.h>

/* FNV-1a. */
static uint32_t hash_name(struct span name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ name.data[i]) * 16777619u;
    return hash;
}

bool schema_table_init(struct schema_table *table, size_t count, struct arena *arena)
{
    size_t size = 4;
    while (size < count * 2)
        size *= 2;
    if (size > (size_t)1 << 31)
        return false;
    table->slots = arena_calloc(arena, size, sizeof *table->slots);
    table->mask = (uint32_t)(size - 1);
    return table->slots != NULL;
}

enum schema_table_result schema_table_add(struct schema_table *table, struct span name, uint32_t value)
{
    assert(name.data);
    uint32_t hash = hash_name(name);
    uint32_t at = hash & table->mask;
    for (uint32_t i = 0; i < SCHEMA_TABLE_MAX_PROBES && i <= table->mask; i++) {
        struct schema_table_slot *slot = &table->slots[at];
        if (!slot->name.data) {
            *slot = (struct schema_table_slot){.name = name, .hash = hash, .value = value};
            return SCHEMA_TABLE_ADDED;
        }
        if (slot->hash == hash && span_equal(slot->name, name))
            return SCHEMA_TABLE_EXISTS;
        at = (at + 1) & table->mask;
    }
    return SCHEMA_TABLE_FULL;
}

bool schema_table_find(const struct schema_table *table, struct span name, uint32_t *value)
{
    uint32_t hash = hash_name(name);
    uint32_t at = hash & table->mask;
    for (uint32_t i = 0; i < SCHEMA_TABLE_MAX_PROBES && i <= table->mask; i++) {
        const struct schema_table_slot *slot = &table->slots[at];
        if (!slot->name.data)
            return false;
        if (slot->hash == hash && span_equal(slot->name, name)) {
            *value = slot->value;
            return true;
        }
        at = (at + 1) & table->mask;
    }
    return false;
}
