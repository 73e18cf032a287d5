/* Decimal digits, eight at a time in one word: what number.c, number_print.c and well_known.c share. */
#ifndef TRANSCHECK_ENGINE_JSON_NUMBER_DIGITS_H
#define TRANSCHECK_ENGINE_JSON_NUMBER_DIGITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The eight bytes at `text`, the first of them lowest. */
static inline uint64_t number_load8(const void *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline void number_store8(char *text, uint64_t word)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(text, &word, sizeof word);
}

/* Top bits where a byte of `word` is no digit; bytes above the lowest of these may be marked wrongly. */
static inline uint64_t number_not_digits(uint64_t word)
{
    return ((word + 0x4646464646464646u) | (word - 0x3030303030303030u)) & 0x8080808080808080u;
}

/* The value of eight digits: neighbours are joined to pairs, those to fours, those to eight. */
static inline uint32_t number_join8(uint64_t word)
{
    word = (word & 0x0f0f0f0f0f0f0f0fu) * 2561 >> 8;
    word = (word & 0x00ff00ff00ff00ffu) * 6553601 >> 16;
    return (uint32_t)((word & 0x0000ffff0000ffffu) * 42949672960001u >> 32);
}

/* The digits of a value below 10^8, leading zeros included, as numbers 0 to 9: the reverse of number_join8. */
static inline uint64_t number_split8(uint32_t value)
{
    uint64_t word = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = (word * 10486 >> 20) & 0x0000007f0000007fu;
    word = hundreds | (word - hundreds * 100) << 16;
    uint64_t tens = (word * 103 >> 10) & 0x000f000f000f000fu;
    return tens | (word - tens * 10) << 8;
}

static inline void number_put8(char *text, uint32_t value)
{
    number_store8(text, number_split8(value) | 0x3030303030303030u);
}

static inline void number_put2(char *text, unsigned value)
{
    text[0] = (char)('0' + value / 10);
    text[1] = (char)('0' + value % 10);
}

#endif
