/* The bump allocator: blocks that grow, and the count that keeps to the maximum. */
#include "harness/base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Under AddressSanitizer the unused part of every block is poisoned and a gap is left after each allocation, so that an
 * overflow inside the arena is seen like one of malloc's. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define ARENA_GAP      16u
#define ARENA_NOINLINE __attribute__((noinline))
#else
#define ARENA_GAP 0u
#define ARENA_NOINLINE
#endif

#define ARENA_ALIGN       _Alignof(max_align_t)
#define ARENA_FIRST_BLOCK 4096u
#define ARENA_LAST_BLOCK  (1024u * 1024u) /* blocks double up to this; larger only for one large allocation */

struct arena_block {
    struct arena_block *next;
    size_t cap;
    size_t used;
    _Alignas(max_align_t) uint8_t bytes[];
};

/* Not inlined: gcc would see malloc's storage passed as const and call it used before it was written. */
ARENA_NOINLINE static void poison(void *at, size_t size)
{
#ifdef ARENA_ASAN
    __asan_poison_memory_region(at, size);
#else
    (void)at, (void)size;
#endif
}

ARENA_NOINLINE static void unpoison(void *at, size_t size)
{
#ifdef ARENA_ASAN
    __asan_unpoison_memory_region(at, size);
#else
    (void)at, (void)size;
#endif
}

void arena_init(struct arena *arena, size_t max_bytes)
{
    *arena = (struct arena){.max = max_bytes};
}

static void blocks_free(struct arena *arena, struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        unpoison(block->bytes, block->cap);
        budget_give(arena->budget, sizeof *block + block->cap);
        free(block);
        block = next;
    }
}

void arena_fini(struct arena *arena)
{
    blocks_free(arena, arena->head);
    arena->head = NULL;
    arena->used = 0;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = arena->head;
    if (keep) {
        blocks_free(arena, keep->next);
        keep->next = NULL;
        keep->used = 0;
        poison(keep->bytes, keep->cap);
        if (keep->cap > ARENA_LAST_BLOCK) {
            blocks_free(arena, keep);
            keep = NULL;
        }
    }
    arena->head = keep;
    arena->used = 0;
}

static struct arena_block *block_add(struct arena *arena, size_t need)
{
    size_t cap = arena->head ? arena->head->cap * 2 : ARENA_FIRST_BLOCK;
    if (cap > ARENA_LAST_BLOCK)
        cap = ARENA_LAST_BLOCK;
    if (cap < need)
        cap = need;
    if (cap > SIZE_MAX - sizeof(struct arena_block))
        return NULL;
    if (!budget_take(arena->budget, sizeof(struct arena_block) + cap)) {
        cap = need < ARENA_FIRST_BLOCK ? ARENA_FIRST_BLOCK : need;
        if (!budget_take(arena->budget, sizeof(struct arena_block) + cap))
            return NULL;
    }
    struct arena_block *block = malloc(sizeof *block + cap);
    if (!block) {
        budget_give(arena->budget, sizeof *block + cap);
        return NULL;
    }
    block->cap = cap;
    block->used = 0;
    block->next = arena->head;
    arena->head = block;
    poison(block->bytes, cap);
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    assert(arena->used <= arena->max);
    if (size == 0)
        size = 1;
    if (size > arena->max - arena->used || size > SIZE_MAX - ARENA_ALIGN - ARENA_GAP)
        return NULL;
    size_t need = ((size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1)) + ARENA_GAP;
    struct arena_block *block = arena->head;
    if (!block || need > block->cap - block->used) {
        block = block_add(arena, need);
        if (!block)
            return NULL;
    }
    uint8_t *at = block->bytes + block->used;
    block->used += need;
    arena->used += size;
    unpoison(at, size);
    return at;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *at = arena_alloc(arena, total);
    if (at)
        memset(at, 0, total);
    return at;
}

struct span arena_dup(struct arena *arena, struct span bytes)
{
    if (bytes.len == SIZE_MAX)
        return span_of(NULL, 0);
    uint8_t *copy = arena_alloc(arena, bytes.len + 1);
    if (!copy)
        return span_of(NULL, 0);
    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    copy[bytes.len] = '\0';
    return span_of(copy, bytes.len);
}

struct span arena_dup_lower(struct arena *arena, struct span bytes)
{
    struct span copy = arena_dup(arena, bytes);
    uint8_t *at = (uint8_t *)(uintptr_t)copy.data;
    for (size_t i = 0; at && i < copy.len; i++) {
        if (at[i] >= 'A' && at[i] <= 'Z')
            at[i] |= 0x20;
    }
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_alloc(arena, size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return NULL;
    char *text = arena_alloc(arena, (size_t)len + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

void *arena_grow(struct arena *arena, void *items, size_t have, size_t want, size_t *cap, size_t element_size)
{
    assert(have <= *cap && element_size > 0);
    if (want <= *cap && items)
        return items;
    size_t grown = *cap < 4 ? 4 : *cap > SIZE_MAX / 2 ? SIZE_MAX : *cap * 2;
    if (grown < want)
        grown = want;
    size_t total;
    if (__builtin_mul_overflow(grown, element_size, &total))
        return NULL;
    void *moved = arena_alloc(arena, total);
    if (!moved)
        return NULL;
    if (have > 0)
        memcpy(moved, items, have * element_size);
    *cap = grown;
    return moved;
}
