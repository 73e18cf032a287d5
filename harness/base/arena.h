/* A bump allocator with a stated maximum: everything in it dies together. Allocation beyond the maximum returns NULL,
 * which callers report as ERR_LIMIT or ERR_NO_MEMORY. Alignment is that of max_align_t. With a budget, set after
 * arena_init, its blocks are counted there, and one that does not fit is refused. */
#ifndef TRANSCHECK_BASE_ARENA_H
#define TRANSCHECK_BASE_ARENA_H

#include "harness/base/budget.h"
#include "harness/base/span.h"

struct arena_block;

struct arena {
    struct arena_block *head;
    size_t used; /* bytes handed out */
    size_t max;
    struct budget *budget; /* or NULL */
};

void arena_init(struct arena *arena, size_t max_bytes);
void arena_fini(struct arena *arena);
/* Forgets everything handed out; keeps one block for reuse. */
void arena_reset(struct arena *arena);

/* Uninitialised bytes; NULL when the maximum or memory is exhausted. `size` 0 gives a unique non-NULL pointer. */
void *arena_alloc(struct arena *arena, size_t size);
/* `count * size` zeroed bytes, overflow-checked. */
void *arena_calloc(struct arena *arena, size_t count, size_t size);
/* A copy, NUL-terminated one past its length. data NULL when out of memory. */
struct span arena_dup(struct arena *arena, struct span bytes);
/* The same with ASCII letters in lower case, for names of headers and media types. */
struct span arena_dup_lower(struct arena *arena, struct span bytes);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Grows an array held in this arena: returns storage for `want` elements with the first `have` copied over, doubling
 * *cap; returns `items` itself when *cap suffices. NULL when out of memory (old array stays valid). */
void *arena_grow(struct arena *arena, void *items, size_t have, size_t want, size_t *cap, size_t element_size);

#endif
