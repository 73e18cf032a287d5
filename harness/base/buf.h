/* A growable byte buffer with a stated maximum. A failed append sets `failed` (sticky) and changes nothing else, so a
 * series of appends may be checked once at its end. The bytes are always followed by a NUL that is not counted.
 *
 * With a budget, set after buf_init, the storage is counted there, and an append that does not fit fails as well. */
#ifndef TRANSCHECK_BASE_BUF_H
#define TRANSCHECK_BASE_BUF_H

#include <stdarg.h>

#include "harness/base/budget.h"
#include "harness/base/span.h"

struct buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max;
    bool failed;
    struct budget *budget; /* or NULL */
};

void buf_init(struct buf *buf, size_t max_len);
void buf_fini(struct buf *buf);
/* Empties, keeps the storage, the maximum and the budget, clears `failed`. */
void buf_reset(struct buf *buf);

/* All return false, and set `failed`, when the maximum or memory is exhausted. */
bool buf_append(struct buf *buf, const void *data, size_t len);
bool buf_append_span(struct buf *buf, struct span bytes);
bool buf_append_cstr(struct buf *buf, const char *text);
bool buf_append_byte(struct buf *buf, uint8_t byte);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_vprintf(struct buf *buf, const char *format, va_list args);
/* Room for at least `len` more bytes without changing the length; returns where to write, then buf_commit. */
uint8_t *buf_reserve(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);
/* Drops `len` bytes from the front (memmove). */
void buf_consume(struct buf *buf, size_t len);

static inline struct span buf_span(const struct buf *buf)
{
    return span_of(buf->data, buf->len);
}

#endif
