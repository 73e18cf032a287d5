/* Comparisons and searches in borrowed bytes. */
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

struct span span_trim_end(struct span s, const char *blanks)
{
    while (s.len > 0 && memchr(blanks, s.data[s.len - 1], strlen(blanks)))
        s.len--;
    return s;
}

struct span span_trim(struct span s, const char *blanks)
{
    while (s.len > 0 && memchr(blanks, s.data[0], strlen(blanks)))
        s = span_from(s, 1);
    return span_trim_end(s, blanks);
}

struct span span_take_line(struct span *rest)
{
    size_t len = span_index_of(*rest, '\n', 0);
    struct span line = span_of(rest->data, len);
    *rest = span_from(*rest, len < rest->len ? len + 1 : len);
    return line;
}

struct span span_last_lines(struct span text, size_t count)
{
    size_t first = text.len;
    size_t seen = 0;
    if (first > 0 && text.data[first - 1] == '\n')
        first--;
    for (; first > 0; first--) {
        if (text.data[first - 1] == '\n' && ++seen == count)
            break;
    }
    return count > 0 ? span_from(text, first) : span_of(text.data, 0);
}
