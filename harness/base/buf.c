/* The growable byte buffer. */
#include "harness/base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *buf, size_t max_len)
{
    *buf = (struct buf){.max = max_len};
}

void buf_fini(struct buf *buf)
{
    free(buf->data);
    budget_give(buf->budget, buf->cap);
    *buf = (struct buf){.max = buf->max, .budget = buf->budget};
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

/* Storage for `extra` more bytes and the NUL. `cap` is the size of the storage, the NUL included. */
static bool grow(struct buf *buf, size_t extra)
{
    if (buf->failed || buf->len > buf->max || extra > buf->max - buf->len || extra > SIZE_MAX - 1 - buf->len) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->len + extra + 1;
    if (need <= buf->cap)
        return true;
    size_t cap = buf->cap > SIZE_MAX / 2 ? need : buf->cap * 2;
    if (cap < 64)
        cap = 64;
    if (cap < need)
        cap = need;
    if (buf->max < SIZE_MAX && cap > buf->max + 1)
        cap = buf->max + 1;
    if (!budget_take(buf->budget, cap - buf->cap)) {
        cap = need;
        if (!budget_take(buf->budget, cap - buf->cap)) {
            buf->failed = true;
            return false;
        }
    }
    uint8_t *data = realloc(buf->data, cap);
    if (!data) {
        budget_give(buf->budget, cap - buf->cap);
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    buf->data[buf->len] = '\0';
    return true;
}

bool buf_append(struct buf *buf, const void *data, size_t len)
{
    if (!grow(buf, len))
        return false;
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return true;
}

bool buf_append_span(struct buf *buf, struct span bytes)
{
    return buf_append(buf, bytes.data, bytes.len);
}

bool buf_append_cstr(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

bool buf_append_byte(struct buf *buf, uint8_t byte)
{
    return buf_append(buf, &byte, 1);
}

bool buf_vprintf(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    bool ok = len >= 0 && grow(buf, (size_t)len);
    if (ok) {
        vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    buf->failed = buf->failed || !ok;
    va_end(again);
    return ok;
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool ok = buf_vprintf(buf, format, args);
    va_end(args);
    return ok;
}

uint8_t *buf_reserve(struct buf *buf, size_t len)
{
    return grow(buf, len) ? buf->data + buf->len : NULL;
}

void buf_commit(struct buf *buf, size_t len)
{
    assert(len == 0 || (buf->len < buf->cap && len < buf->cap - buf->len));
    if (len == 0)
        return;
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void buf_consume(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    if (len == 0)
        return;
    memmove(buf->data, buf->data + len, buf->len - len);
    buf->len -= len;
    buf->data[buf->len] = '\0';
}
