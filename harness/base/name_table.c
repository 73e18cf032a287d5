/* The hash table from names to indices. */
#include "harness/base/name_table.h"

#include <assert.h>

/* Eight bytes at a time: each word is mixed in by a multiplication whose upper half, where all of it has an effect, is
 * folded down. Hashes are not kept from one machine to another, so the order of bytes in a word does not matter. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u; /* 2^64 divided by the golden ratio */
    return hash ^ hash >> 32;
}

/* Fewer than eight bytes, some of them twice: all of them are in it. */
static inline uint64_t load_short(const uint8_t *at, size_t len)
{
    uint32_t first;
    uint32_t last;
    if (len < 4)
        return len == 0 ? 0 : (uint64_t)at[0] << 16 | (uint64_t)at[len / 2] << 8 | at[len - 1];
    memcpy(&first, at, sizeof first);
    memcpy(&last, at + len - sizeof last, sizeof last);
    return (uint64_t)first << 32 | last;
}

static inline uint32_t hash_name(struct span name)
{
    const uint8_t *at = name.data;
    size_t left = name.len;
    uint64_t hash = left;
    uint64_t word;
    if (left < sizeof word)
        return (uint32_t)hash_mix(hash << 56, load_short(at, left));
    for (; left > sizeof word; left -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = hash_mix(hash, word);
    }
    memcpy(&word, at + left - sizeof word, sizeof word); /* some bytes of the word before perhaps */
    return (uint32_t)hash_mix(hash, word);
}

/* Without a call: the names that are compared have one hash, and are nearly always equal. */
static inline bool name_equal(struct span a, struct span b)
{
    uint64_t x;
    uint64_t y;
    if (a.len != b.len)
        return false;
    if (a.len < sizeof x)
        return load_short(a.data, a.len) == load_short(b.data, b.len);
    for (size_t at = 0; at + sizeof x < a.len; at += sizeof x) {
        memcpy(&x, a.data + at, sizeof x);
        memcpy(&y, b.data + at, sizeof y);
        if (x != y)
            return false;
    }
    memcpy(&x, a.data + a.len - sizeof x, sizeof x);
    memcpy(&y, b.data + b.len - sizeof y, sizeof y);
    return x == y;
}

bool name_table_init(struct name_table *table, size_t count, struct arena *arena)
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

enum name_table_result name_table_add(struct name_table *table, struct span name, uint32_t value)
{
    assert(name.data && value != NAME_TABLE_NONE);
    uint32_t hash = hash_name(name);
    uint32_t at = hash & table->mask;
    for (uint32_t i = 0; i < NAME_TABLE_MAX_PROBES && i <= table->mask; i++) {
        struct name_table_slot *slot = &table->slots[at];
        if (!slot->name.data) {
            *slot = (struct name_table_slot){.name = name, .hash = hash, .value = value};
            return NAME_TABLE_ADDED;
        }
        if (slot->hash == hash && name_equal(slot->name, name))
            return NAME_TABLE_EXISTS;
        at = (at + 1) & table->mask;
    }
    return NAME_TABLE_FULL;
}

uint32_t name_table_get(const struct name_table *table, struct span name)
{
    uint32_t hash = hash_name(name);
    uint32_t at = hash & table->mask;
    for (uint32_t i = 0; i < NAME_TABLE_MAX_PROBES && i <= table->mask; i++) {
        const struct name_table_slot *slot = &table->slots[at];
        if (!slot->name.data)
            return NAME_TABLE_NONE;
        if (slot->hash == hash && name_equal(slot->name, name))
            return slot->value;
        at = (at + 1) & table->mask;
    }
    return NAME_TABLE_NONE;
}

bool name_table_find(const struct name_table *table, struct span name, uint32_t *value)
{
    uint32_t found = name_table_get(table, name);
    if (found == NAME_TABLE_NONE)
        return false;
    *value = found;
    return true;
}
