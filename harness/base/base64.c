/* Base64, both alphabets of RFC 4648. */
#include "harness/base/base64.h"

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

#define BASE64_KNOWN 64u

/* RFC 4648, sections 4 and 5: bit 6 and the value; 0 for bytes of neither alphabet. */
static const uint8_t base64_values[256] = {
    ['A'] = 64 | 0,  ['B'] = 64 | 1,  ['C'] = 64 | 2,  ['D'] = 64 | 3,  ['E'] = 64 | 4,  ['F'] = 64 | 5,
    ['G'] = 64 | 6,  ['H'] = 64 | 7,  ['I'] = 64 | 8,  ['J'] = 64 | 9,  ['K'] = 64 | 10, ['L'] = 64 | 11,
    ['M'] = 64 | 12, ['N'] = 64 | 13, ['O'] = 64 | 14, ['P'] = 64 | 15, ['Q'] = 64 | 16, ['R'] = 64 | 17,
    ['S'] = 64 | 18, ['T'] = 64 | 19, ['U'] = 64 | 20, ['V'] = 64 | 21, ['W'] = 64 | 22, ['X'] = 64 | 23,
    ['Y'] = 64 | 24, ['Z'] = 64 | 25, ['a'] = 64 | 26, ['b'] = 64 | 27, ['c'] = 64 | 28, ['d'] = 64 | 29,
    ['e'] = 64 | 30, ['f'] = 64 | 31, ['g'] = 64 | 32, ['h'] = 64 | 33, ['i'] = 64 | 34, ['j'] = 64 | 35,
    ['k'] = 64 | 36, ['l'] = 64 | 37, ['m'] = 64 | 38, ['n'] = 64 | 39, ['o'] = 64 | 40, ['p'] = 64 | 41,
    ['q'] = 64 | 42, ['r'] = 64 | 43, ['s'] = 64 | 44, ['t'] = 64 | 45, ['u'] = 64 | 46, ['v'] = 64 | 47,
    ['w'] = 64 | 48, ['x'] = 64 | 49, ['y'] = 64 | 50, ['z'] = 64 | 51, ['0'] = 64 | 52, ['1'] = 64 | 53,
    ['2'] = 64 | 54, ['3'] = 64 | 55, ['4'] = 64 | 56, ['5'] = 64 | 57, ['6'] = 64 | 58, ['7'] = 64 | 59,
    ['8'] = 64 | 60, ['9'] = 64 | 61, ['+'] = 64 | 62, ['/'] = 64 | 63, ['-'] = 64 | 62, ['_'] = 64 | 63};

bool base64_decode(struct buf *out, struct span text)
{
    size_t len = text.len;
    while (len > 0 && text.len - len < 2 && text.data[len - 1] == '=')
        len--;
    if ((len != text.len && text.len % 4 != 0) || len % 4 == 1)
        return false;
    size_t rest = len % 4;
    size_t bytes = len / 4 * 3 + (rest == 0 ? 0 : rest - 1);
    uint8_t *to = buf_reserve(out, bytes);
    if (!to)
        return false;
    const uint8_t *from = text.data;
    unsigned known = BASE64_KNOWN;
    for (size_t i = 0; i < len / 4; i++, from += 4, to += 3) {
        unsigned a = base64_values[from[0]];
        unsigned b = base64_values[from[1]];
        unsigned c = base64_values[from[2]];
        unsigned d = base64_values[from[3]];
        known &= a & b & c & d;
        to[0] = (uint8_t)(a << 2 | (b & 63) >> 4);
        to[1] = (uint8_t)(b << 4 | (c & 63) >> 2);
        to[2] = (uint8_t)(c << 6 | (d & 63));
    }
    if (rest > 0) {
        unsigned a = base64_values[from[0]];
        unsigned b = base64_values[from[1]];
        unsigned c = rest == 3 ? base64_values[from[2]] : BASE64_KNOWN;
        known &= a & b & c;
        to[0] = (uint8_t)(a << 2 | (b & 63) >> 4);
        if (rest == 3)
            to[1] = (uint8_t)(b << 4 | (c & 63) >> 2);
    }
    if (!known) {
        out->data[out->len] = '\0'; /* what was written behind the end is not part of it */
        return false;
    }
    buf_commit(out, bytes);
    return true;
}
