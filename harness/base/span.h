/* A borrowed view of bytes that somebody else owns. Never NUL-terminated; `data` may be NULL only when `len` is 0. */
#ifndef TRANSCHECK_BASE_SPAN_H
#define TRANSCHECK_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *data;
    size_t len;
};

/* For printf: printf("%.*s", SPAN_FMT(s)). Only for text already known to be harmless (see escape.h). */
#define SPAN_FMT(s) (int)(s).len, (const char *)(s).data

static inline struct span span_of(const void *data, size_t len)
{
    return (struct span){.data = data, .len = len};
}

static inline struct span span_cstr(const char *text)
{
    return span_of(text, text ? strlen(text) : 0);
}

/* The bytes from `from` (clamped) to the end. */
static inline struct span span_from(struct span s, size_t from)
{
    size_t at = from < s.len ? from : s.len;
    return span_of(s.data ? s.data + at : NULL, s.len - at);
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* As memcmp; of two that begin alike the shorter one is less. */
static inline int span_compare(struct span a, struct span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.data, b.data, shorter) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static inline bool span_is(struct span s, const char *text)
{
    return span_equal(s, span_cstr(text));
}

/* ASCII case-insensitive comparison, for header names. */
bool span_equal_nocase(struct span a, struct span b);
bool span_starts_with(struct span s, const char *prefix);
/* Index of the first `byte` at or after `from`, or s.len. */
size_t span_index_of(struct span s, uint8_t byte, size_t from);
/* Without the bytes of `blanks` at its end, or at both ends. */
struct span span_trim_end(struct span s, const char *blanks);
struct span span_trim(struct span s, const char *blanks);
/* Takes the first line off `*rest` and returns it without its '\n'. */
struct span span_take_line(struct span *rest);
/* The last `count` lines of a text; a '\n' at its end begins no line. */
struct span span_last_lines(struct span text, size_t count);

#endif
