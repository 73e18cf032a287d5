/* How far text needs no care as part of a JSON string: neither an escape, nor a control byte, nor a look at UTF-8. */
#ifndef TRANSCHECK_ENGINE_JSON_PLAIN_H
#define TRANSCHECK_ENGINE_JSON_PLAIN_H

#include "harness/base/span.h"

static inline bool json_plain_byte(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* The index of the first byte at or after `at` that is '"', '\', below 0x20 or above 0x7f; text.len when there is none.
 * Eight bytes at a time: subtracting sets the top bit of the lowest such byte for sure (a borrow only spoils bytes
 * above it). */
static inline size_t json_plain_end(struct span text, size_t at)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t tops = 0x8080808080808080u;
    while (text.len - at >= 8) {
        uint64_t word;
        memcpy(&word, text.data + at, sizeof word);
        uint64_t quote = word ^ (ones * '"');
        uint64_t slash = word ^ (ones * '\\');
        uint64_t found = (word | (word - ones * 0x20) | (quote - ones) | (slash - ones)) & tops;
        if (found != 0)
            return at + (size_t)__builtin_ctzll(found) / 8;
        at += 8;
    }
#endif
    while (at < text.len && json_plain_byte(text.data[at]))
        at++;
    return at;
}

#endif
