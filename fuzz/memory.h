/* Memory that a target uses again for every input, so that an execution takes none from the heap. Under
 * AddressSanitizer it is given back and taken anew instead, which makes every use of an earlier input's memory visible.
 */
#ifndef TRANSCHECK_FUZZ_MEMORY_H
#define TRANSCHECK_FUZZ_MEMORY_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"

#if defined(__SANITIZE_ADDRESS__)
#define FUZZ_FRESH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FUZZ_FRESH 1
#endif
#endif
#ifndef FUZZ_FRESH
#define FUZZ_FRESH 0
#endif

/* Whether inputs also run with little room. Not where allocations are counted: such a run begins without memory. */
#ifdef FUZZ_ALLOCATIONS
#define FUZZ_LIMITS 0
#else
#define FUZZ_LIMITS 1
#endif

#define FUZZ_ARENA_MAX ((size_t)256 << 20)
#define FUZZ_BUF_MAX   ((size_t)32 << 20)

/* A static arena or buf, emptied. */
static inline struct arena *fuzz_arena(struct arena *arena)
{
    if (FUZZ_FRESH || arena->max == 0) {
        arena_fini(arena);
        arena_init(arena, FUZZ_ARENA_MAX);
    } else {
        arena_reset(arena);
    }
    return arena;
}

static inline struct buf *fuzz_buf(struct buf *buf)
{
    if (FUZZ_FRESH || buf->max == 0) {
        buf_fini(buf);
        buf_init(buf, FUZZ_BUF_MAX);
    } else {
        buf_reset(buf);
    }
    return buf;
}

/* Makes the arena anew with less room, to see what happens when memory runs out. */
static inline struct arena *fuzz_small_arena(struct arena *arena, size_t max_bytes)
{
    arena_fini(arena);
    arena_init(arena, max_bytes);
    return arena;
}

static inline struct buf *fuzz_small_buf(struct buf *buf, size_t max_len)
{
    buf_fini(buf);
    buf_init(buf, max_len);
    return buf;
}

#endif
