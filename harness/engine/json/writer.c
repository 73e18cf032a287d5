/* Writes strings and base64 as JSON. */
#include "harness/engine/json/writer.h"

#include "harness/base/escape.h"
#include "harness/engine/json/plain.h"
#include "harness/base/base64.h"

/* The first byte at or after `at` that must be escaped, or text.len; SIZE_MAX when a byte before it is not UTF-8. */
static size_t plain_end(struct span text, size_t at)
{
    while ((at = json_plain_end(text, at)) < text.len && text.data[at] >= 0x80) {
        size_t step = escape_utf8_len(span_from(text, at));
        if (step == 0)
            return SIZE_MAX;
        at += step;
    }
    return at;
}

static bool escape_put(struct buf *out, uint8_t byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    const char *found = byte != 0 ? strchr(from, byte) : NULL;
    if (found) {
        char pair[2] = {'\\', to[found - from]};
        return buf_append(out, pair, sizeof pair);
    }
    char unit[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
    return buf_append(out, unit, sizeof unit);
}

bool json_write_string(struct buf *out, struct span text)
{
    size_t begin = out->len;
    size_t at = 0;
    buf_append_byte(out, '"');
    for (;;) {
        size_t end = plain_end(text, at);
        if (end == SIZE_MAX) {
            if (out->len > begin) {
                out->len = begin;
                out->data[begin] = '\0';
            }
            return false;
        }
        if (end > at)
            buf_append(out, text.data + at, end - at);
        if (end == text.len)
            return buf_append_byte(out, '"');
        escape_put(out, text.data[end]);
        at = end + 1;
    }
}

bool json_write_base64(struct buf *out, struct span bytes)
{
    buf_append_byte(out, '"');
    base64_encode(out, bytes, true);
    return buf_append_byte(out, '"');
}
