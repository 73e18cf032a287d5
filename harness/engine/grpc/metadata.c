/* Decodes and encodes grpc-message, reads grpc-timeout, tells base64 from what is not. */
#include "harness/engine/grpc/metadata.h"

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

bool metadata_message_encode(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.len && !out->failed; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x20 && c < 0x7f && c != '%')
            buf_append_byte(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned)c);
    }
    return !out->failed;
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

bool metadata_is_binary(struct span name)
{
    return name.len > 4 && span_equal_nocase(span_from(name, name.len - 4), span_cstr("-bin"));
}

static bool is_base64_byte(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* One value: four characters are three bytes; padding, when there is any, fills the last four. */
static bool is_base64(struct span text)
{
    size_t len = text.len;
    while (len > 0 && text.data[len - 1] == '=')
        len--;
    for (size_t i = 0; i < len; i++) {
        if (!is_base64_byte(text.data[i]))
            return false;
    }
    return len % 4 != 1 && (len == text.len || (text.len % 4 == 0 && text.len - len <= 2));
}

bool metadata_binary_valid(struct span value)
{
    for (size_t at = 0; at <= value.len;) {
        size_t end = span_index_of(value, ',', at);
        if (!is_base64(span_trim(span_of(value.data + at, end - at), " ")))
            return false;
        at = end + 1;
    }
    return true;
}
