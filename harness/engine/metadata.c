#include "harness/engine/metadata.h"

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c <= 0x7e && c != '%';
}

bool metadata_message_encode(struct buf *out, struct span text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len && !out->failed; i++) {
        uint8_t c = text.data[i];
        if (is_plain(c)) {
            buf_append_byte(out, c);
        } else {
            const char triplet[3] = {'%', digits[c >> 4], digits[c & 15]};
            buf_append(out, triplet, sizeof triplet);
        }
    }
    return !out->failed;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool metadata_message_decode(struct buf *out, struct span value)
{
    size_t at = 0;
    while (at < value.len && !out->failed) {
        size_t percent = span_index_of(value, '%', at);
        buf_append(out, value.data + at, percent - at);
        at = percent;
        if (at == value.len)
            break;
        int high = value.len - at > 2 ? hex_value(value.data[at + 1]) : -1;
        int low = high >= 0 ? hex_value(value.data[at + 2]) : -1;
        if (low >= 0) {
            buf_append_byte(out, (uint8_t)(high << 4 | low));
            at += 3;
        } else {
            buf_append_byte(out, '%');
            at++;
        }
    }
    return !out->failed;
}

bool metadata_is_binary(struct span name)
{
    return name.len >= 4 && memcmp(name.data + name.len - 4, "-bin", 4) == 0;
}

bool base64_encode(struct buf *out, struct span bytes, bool pad)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (bytes.len > SIZE_MAX / 4 * 3 - 3) {
        out->failed = true;
        return false;
    }
    size_t rest = bytes.len % 3;
    size_t len = bytes.len / 3 * 4 + (rest == 0 ? 0 : pad ? 4 : rest + 1);
    uint8_t *to = buf_reserve(out, len);
    if (!to)
        return false;
    const uint8_t *p = bytes.data;
    for (size_t i = 0; i < bytes.len / 3; i++, p += 3, to += 4) {
        to[0] = (uint8_t)alphabet[p[0] >> 2];
        to[1] = (uint8_t)alphabet[(p[0] & 3) << 4 | p[1] >> 4];
        to[2] = (uint8_t)alphabet[(p[1] & 15) << 2 | p[2] >> 6];
        to[3] = (uint8_t)alphabet[p[2] & 63];
    }
    if (rest > 0) {
        *to++ = (uint8_t)alphabet[p[0] >> 2];
        *to++ = (uint8_t)alphabet[(p[0] & 3) << 4 | (rest == 2 ? p[1] >> 4 : 0)];
        if (rest == 2)
            *to++ = (uint8_t)alphabet[(p[1] & 15) << 2];
        else if (pad)
            *to++ = '=';
        if (pad)
            *to++ = '=';
    }
    buf_commit(out, len);
    return true;
}

/* RFC 4648, sections 4 and 5; 64 for bytes of neither alphabet. */
static uint8_t base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint8_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint8_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0' + 52);
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : 64;
}

bool base64_decode(struct buf *out, struct span text)
{
    size_t len = text.len;
    while (len > 0 && text.len - len < 2 && text.data[len - 1] == '=')
        len--;
    if ((len != text.len && text.len % 4 != 0) || len % 4 == 1)
        return false;
    size_t bytes = len / 4 * 3 + (len % 4 == 0 ? 0 : len % 4 - 1);
    uint8_t *to = buf_reserve(out, bytes);
    if (!to)
        return false;
    uint32_t group = 0;
    unsigned seen = 0; /* bit 6: a byte of neither alphabet was met */
    for (size_t i = 0; i < len; i++) {
        uint8_t value = base64_value(text.data[i]);
        seen |= value;
        group = group << 6 | value;
        switch (i % 4) {
        case 1:
            *to++ = (uint8_t)(group >> 4);
            break;
        case 2:
            *to++ = (uint8_t)(group >> 2);
            break;
        case 3:
            *to++ = (uint8_t)group;
            break;
        default:
            break;
        }
    }
    if (seen & 64) {
        out->data[out->len] = '\0'; /* what was written behind the end is not part of it */
        return false;
    }
    buf_commit(out, bytes);
    return true;
}

bool metadata_timeout_parse(struct span value, uint64_t *timeout_ns)
{
    if (value.len < 2 || value.len > 9)
        return false;
    uint64_t number = 0;
    for (size_t i = 0; i + 1 < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(value.data[i] - '0');
    }
    uint64_t unit_ns;
    switch (value.data[value.len - 1]) {
    case 'H':
        unit_ns = 3600000000000;
        break;
    case 'M':
        unit_ns = 60000000000;
        break;
    case 'S':
        unit_ns = 1000000000;
        break;
    case 'm':
        unit_ns = 1000000;
        break;
    case 'u':
        unit_ns = 1000;
        break;
    case 'n':
        unit_ns = 1;
        break;
    default:
        return false;
    }
    if (__builtin_mul_overflow(number, unit_ns, timeout_ns))
        *timeout_ns = UINT64_MAX;
    return true;
}
