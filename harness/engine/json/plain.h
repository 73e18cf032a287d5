/* How far text needs no care as part of a JSON string: neither an escape, nor a control byte, nor a look at UTF-8; and
 * how far it is well-formed UTF-8. Sixteen or thirty-two bytes at a time with SSE2, which every x86-64 has; else eight
 * in one word, and UTF-8 by characters. */
#ifndef TRANSCHECK_ENGINE_JSON_PLAIN_H
#define TRANSCHECK_ENGINE_JSON_PLAIN_H

#include "harness/base/escape.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define JSON_PLAIN_STEP 16 /* bytes that json_plain_copy may write beyond the plain ones */

static inline bool json_plain_byte(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

#ifdef __SSE2__
/* A bit for each of sixteen bytes: set where it is '"', '\', below 0x20 or above 0x7f (a signed comparison finds both
 * of these). */
static inline unsigned json_plain_mask(__m128i bytes)
{
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    __m128i other = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), other));
}
#endif

#define JSON_PLAIN_SHORT 32

/* A bit for each of the first JSON_PLAIN_SHORT bytes at `at`, set where it is not plain. false when not that many can
 * be read. Looking at all of them costs less than guessing wrongly how long a short string is. */
static inline bool json_plain_short(const uint8_t *at, const uint8_t *readable, uint32_t *found)
{
#ifdef __SSE2__
    if (readable - at < JSON_PLAIN_SHORT)
        return false;
    const __m128i *bytes = (const __m128i *)(const void *)at;
    *found = json_plain_mask(_mm_loadu_si128(bytes)) | json_plain_mask(_mm_loadu_si128(bytes + 1)) << 16;
    return true;
#else
    (void)at, (void)readable, (void)found;
    return false;
#endif
}

/* A bit for each of JSON_PLAIN_SHORT bytes. */
struct json_plain_block {
    uint32_t high;   /* above 0x7f */
    uint32_t escape; /* '"', '\\' and below 0x20 */
};

/* The bytes at `at`; false as of json_plain_short. */
static inline bool json_plain_block(const uint8_t *at, const uint8_t *readable, struct json_plain_block *block)
{
    uint32_t found;
    if (!json_plain_short(at, readable, &found))
        return false;
#ifdef __SSE2__
    const __m128i *bytes = (const __m128i *)(const void *)at;
    block->high = (uint32_t)_mm_movemask_epi8(_mm_loadu_si128(bytes)) |
                  (uint32_t)_mm_movemask_epi8(_mm_loadu_si128(bytes + 1)) << 16;
#endif
    block->escape = found & ~block->high;
    return true;
}

#ifdef __SSE2__
/* A bit for each of JSON_PLAIN_SHORT bytes, set where it is above 0x7f and less than `limit`, which
 * is above 0x7f, too. */
static inline uint32_t json_plain_less(const uint8_t *at, int8_t limit)
{
    const __m128i *bytes = (const __m128i *)(const void *)at;
    __m128i other = _mm_set1_epi8(limit);
    return (uint32_t)_mm_movemask_epi8(_mm_cmplt_epi8(_mm_loadu_si128(bytes), other)) |
           (uint32_t)_mm_movemask_epi8(_mm_cmplt_epi8(_mm_loadu_si128(bytes + 1), other)) << 16;
}
#endif

/* How many of the first `len` bytes of a block are well-formed UTF-8, as far as whole characters go; 0 where that is
 * left to a closer look. Of leading bytes only those are taken here that any continuation may follow: C2 to DF before
 * one, E1 to EC, EE and EF before two. Where continuations must stand is seen from the places of the leading bytes. */
static inline size_t json_plain_utf8_prefix(const uint8_t *at, uint32_t high, size_t len)
{
#ifdef __SSE2__
    uint64_t range = ((uint64_t)1 << len) - 1;
    uint32_t below_c0 = json_plain_less(at, (int8_t)0xc0);
    uint32_t below_c2 = json_plain_less(at, (int8_t)0xc2);
    uint32_t below_e0 = json_plain_less(at, (int8_t)0xe0);
    uint32_t below_e1 = json_plain_less(at, (int8_t)0xe1);
    uint32_t below_ed = json_plain_less(at, (int8_t)0xed);
    uint32_t below_ee = json_plain_less(at, (int8_t)0xee);
    uint32_t below_f0 = json_plain_less(at, (int8_t)0xf0);
    uint32_t doubt = (below_c0 ^ below_c2) | (below_e0 ^ below_e1) | (below_ed ^ below_ee) | (high ^ below_f0);
    uint64_t lead = high ^ below_c0;
    uint64_t lead_of_three = high ^ below_e0;
    uint64_t continued = lead << 1 | lead_of_three << 2;
    if ((doubt & range) != 0 || ((continued ^ below_c0) & range) != 0)
        return 0;
    lead &= range;
    if (((lead << 1 | (lead_of_three & range) << 2) & ~range) != 0)
        return (size_t)(63 - __builtin_clzll(lead)); /* the last character is cut */
    return len;
#else
    (void)at, (void)high, (void)len;
    return 0;
#endif
}

/* The index of the first byte at or after `at` that is not plain; text.len when there is none. */
static inline size_t json_plain_end(struct span text, size_t at)
{
#ifdef __SSE2__
    while (text.len - at >= 16) {
        unsigned mask = json_plain_mask(_mm_loadu_si128((const __m128i *)(const void *)(text.data + at)));
        if (mask != 0)
            return at + (size_t)__builtin_ctz(mask);
        at += 16;
    }
#elif __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    /* Subtracting sets the top bit of the lowest such byte for sure (a borrow only spoils bytes above it). */
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

/* Copies the plain bytes that `from` begins with, at most `len`, and returns how many there are. `readable` is the end
 * of what may be read (beyond `from + len`, perhaps); `to` has room for `len + JSON_PLAIN_STEP` bytes. */
static inline size_t json_plain_copy(uint8_t *to, const uint8_t *from, size_t len, const uint8_t *readable)
{
    size_t at = 0;
#ifdef __SSE2__
    while (at < len && readable - (from + at) >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(from + at));
        unsigned mask = json_plain_mask(bytes);
        _mm_storeu_si128((__m128i *)(void *)(to + at), bytes);
        if (mask != 0) {
            at += (size_t)__builtin_ctz(mask);
            return at < len ? at : len;
        }
        at += 16;
    }
    if (at >= len)
        return len;
#else
    (void)readable;
#endif
    size_t end = json_plain_end(span_of(from, len), at);
    memcpy(to + at, from + at, end - at);
    return end;
}

/* The length of the well-formed UTF-8 character that begins at `at`, 0 when there is none; as escape_utf8_len, without
 * a call for the usual ones of two and three bytes. */
static inline size_t json_plain_utf8_len(const uint8_t *at, size_t left)
{
    if (left >= 2 && at[0] >= 0xc2 && at[0] <= 0xdf && (at[1] & 0xc0) == 0x80)
        return 2;
    if (left >= 3 && at[0] > 0xe0 && at[0] < 0xf0 && at[0] != 0xed && (at[1] & 0xc0) == 0x80 && (at[2] & 0xc0) == 0x80)
        return 3;
    return escape_utf8_len(span_of(at, left));
}

/* As json_plain_utf8_len, and as many as four characters of two bytes (of alphabets other than Latin) at once. */
static inline size_t json_plain_utf8_some(const uint8_t *at, size_t left)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t word;
    if (left >= sizeof word) {
        memcpy(&word, at, sizeof word);
        /* each pair is 110xxxxx 10xxxxxx, and of the xxxxx not only the last may be set */
        bool pairs = (word & 0xc0e0c0e0c0e0c0e0u) == 0x80c080c080c080c0u;
        uint64_t tops = (word & 0x001e001e001e001eu) + 0x007e007e007e007eu;
        if (pairs && (tops & 0x0080008000800080u) == 0x0080008000800080u)
            return sizeof word;
    }
#endif
    return json_plain_utf8_len(at, left);
}

#endif
