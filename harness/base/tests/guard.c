/* Memory that ends at a page which may not be read. */
#include "harness/base/tests/guard.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

void guard_init(struct guard *guard, size_t max_len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    guard->usable = (max_len / page + 1) * page;
    guard->map_len = guard->usable + page;
    guard->map = mmap(NULL, guard->map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert(guard->map != MAP_FAILED);
    int rc = mprotect(guard->map + guard->usable, page, PROT_NONE);
    assert(rc == 0);
}

void guard_fini(struct guard *guard)
{
    munmap(guard->map, guard->map_len);
    *guard = (struct guard){0};
}

struct span guard_place(struct guard *guard, struct span bytes)
{
    assert(bytes.len <= guard->usable);
    uint8_t *at = guard->map + guard->usable - bytes.len;
    if (bytes.len > 0)
        memmove(at, bytes.data, bytes.len);
    return span_of(at, bytes.len);
}
