#include "harness/engine/json_writer.h"

#include "harness/base/escape.h"
#include "harness/engine/metadata.h"

/* Whether 8 bytes need neither an escape nor a look at UTF-8. */
static inline bool word_is_plain(const uint8_t *at)
{
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t tops = 0x8080808080808080u;
    uint64_t word;
    memcpy(&word, at, sizeof word);
    uint64_t quote = word ^ (ones * '"');
    uint64_t slash = word ^ (ones * '\\');
    return ((word | (word - ones * 0x20) | (quote - ones) | (slash - ones)) & tops) == 0;
}

/* The first byte at or after `at` that must be escaped, or text.len; SIZE_MAX when a byte before it is not UTF-8. */
static size_t plain_end(struct span text, size_t at)
{
    while (at < text.len) {
        if (text.len - at >= 8 && word_is_plain(text.data + at)) {
            at += 8;
            continue;
        }
        uint8_t byte = text.data[at];
        if (byte < 0x20 || byte == '"' || byte == '\\')
            return at;
        size_t step = byte < 0x80 ? 1 : escape_utf8_len(span_from(text, at));
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
