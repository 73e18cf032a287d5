/* How far text needs no care as part of a JSON string: neither an escape, nor a control byte, nor a look at UTF-8.
 * Sixteen bytes at a time with SSE2, which every x86-64 has; elsewhere one by one. */
#ifndef TRANSCHECK_ENGINE_JSON_PLAIN_H
#define TRANSCHECK_ENGINE_JSON_PLAIN_H

#include "harness/base/escape.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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
#endif
    while (at < text.len && json_plain_byte(text.data[at]))
        at++;
    return at;
}

#endif
