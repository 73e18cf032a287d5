#include "harness/base/span.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool span_equal_nocase(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    }
    return true;
}

bool span_starts_with(struct span s, const char *prefix)
{
    size_t len = strlen(prefix);
    return len == 0 || (s.len >= len && memcmp(s.data, prefix, len) == 0);
}

size_t span_index_of(struct span s, uint8_t byte, size_t from)
{
    if (from >= s.len)
        return s.len;
    const uint8_t *at = memchr(s.data + from, byte, s.len - from);
    return at ? (size_t)(at - s.data) : s.len;
}
