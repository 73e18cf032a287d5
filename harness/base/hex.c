/* Hexadecimal text to bytes and back. */
#include "harness/base/hex.h"

static const char digits[] = "0123456789abcdef";

bool hex_encode(struct buf *out, struct span bytes)
{
    if (bytes.len > SIZE_MAX / 2) {
        out->failed = true;
        return false;
    }
    uint8_t *at = buf_reserve(out, bytes.len * 2);
    if (!at)
        return false;
    for (size_t i = 0; i < bytes.len; i++) {
        at[2 * i] = (uint8_t)digits[bytes.data[i] >> 4];
        at[2 * i + 1] = (uint8_t)digits[bytes.data[i] & 15];
    }
    buf_commit(out, bytes.len * 2);
    return true;
}

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

enum err_code hex_decode(struct buf *out, struct span text, struct err *err)
{
    /* Checked before anything is written, so that a failure leaves `out` as it was. */
    size_t bytes = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (is_blank(text.data[i]))
            continue;
        if (digit_value(text.data[i]) < 0)
            return err_set(err, ERR_SYNTAX, "not a hexadecimal digit at offset %zu", i);
        if (i + 1 == text.len || digit_value(text.data[i + 1]) < 0)
            return err_set(err, ERR_SYNTAX, "the byte at offset %zu lacks its second hexadecimal digit", i);
        bytes++;
        i++;
    }
    uint8_t *at = buf_reserve(out, bytes);
    if (!at)
        return err_set(err, ERR_LIMIT, "%zu bytes of hexadecimal text do not fit", bytes);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (is_blank(text.data[i]))
            continue;
        at[n++] = (uint8_t)(digit_value(text.data[i]) << 4 | digit_value(text.data[i + 1]));
        i++;
    }
    buf_commit(out, bytes);
    return ERR_OK;
}
