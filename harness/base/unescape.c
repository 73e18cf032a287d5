/* Takes escapes off a text and remembers where each byte came from. */
#include "harness/base/unescape.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CODE_DIGITS 7 /* of &#N; and \u{N} */

/* What one escape stands for: a byte, or a code point to be written as UTF-8. */
struct meaning {
    uint32_t code;
    bool is_char;
};

static int digit(uint8_t c, unsigned base)
{
    unsigned value = 99;
    if (c >= '0' && c <= '9')
        value = c - '0';
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        value = (c | 0x20) - 'a' + 10u;
    return value < base ? (int)value : -1;
}

/* Reads `count` digits; false when there are fewer. */
static bool read_digits(uint32_t *value, const uint8_t *at, size_t left, size_t count, unsigned base)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        int next = i < left ? digit(at[i], base) : -1;
        if (next < 0)
            return false;
        *value = *value * base + (unsigned)next;
    }
    return true;
}

/* Digits up to `end`; the length with `end`, 0 when it is not that. */
static size_t read_until(uint32_t *value, const uint8_t *at, size_t left, uint8_t end, unsigned base)
{
    size_t count = 0;
    while (count < left && count < MAX_CODE_DIGITS && digit(at[count], base) >= 0)
        count++;
    if (count == 0 || count == left || at[count] != end)
        return 0;
    read_digits(value, at, left, count, base);
    return count + 1;
}

/* \uNNNN, a pair of surrogates included, and \u{N}; `at` is behind the u. */
static size_t take_unicode(struct meaning *meaning, const uint8_t *at, size_t left)
{
    uint32_t low;
    meaning->is_char = true;
    if (left > 0 && at[0] == '{') {
        size_t len = read_until(&meaning->code, at + 1, left - 1, '}', 16);
        return len ? len + 1 : 0;
    }
    if (!read_digits(&meaning->code, at, left, 4, 16))
        return 0;
    if (meaning->code >= 0xd800 && meaning->code < 0xdc00 && left >= 10 && at[4] == '\\' && at[5] == 'u' &&
        read_digits(&low, at + 6, left - 6, 4, 16) && low >= 0xdc00 && low < 0xe000) {
        meaning->code = 0x10000 + ((meaning->code - 0xd800) << 10) + (low - 0xdc00);
        return 10;
    }
    return 4;
}

/* `at` is behind the backslash. */
static size_t take_backslash(struct meaning *meaning, const uint8_t *at, size_t left)
{
    static const char names[] = "ntrbfva", bytes[] = "\n\t\r\b\f\v\a";
    if (left == 0)
        return 0;
    const char *named = at[0] ? strchr(names, at[0]) : NULL;
    if (named) {
        meaning->code = (uint8_t)bytes[named - names];
        return 1;
    }
    if (at[0] == '"' || at[0] == '\\' || at[0] == '/' || at[0] == '\'') {
        meaning->code = at[0];
        return 1;
    }
    if (at[0] == 'x')
        return read_digits(&meaning->code, at + 1, left - 1, 2, 16) ? 3 : 0;
    if (at[0] == 'u') {
        size_t len = take_unicode(meaning, at + 1, left - 1);
        return len ? len + 1 : 0;
    }
    return read_digits(&meaning->code, at, left, 3, 8) && meaning->code < 256 ? 3 : 0;
}

/* `at` is behind the ampersand. */
static size_t take_entity(struct meaning *meaning, const uint8_t *at, size_t left)
{
    static const struct {
        const char *name;
        uint8_t byte;
    } names[] = {{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t len = strlen(names[i].name);
        if (left >= len && memcmp(at, names[i].name, len) == 0) {
            meaning->code = names[i].byte;
            return len;
        }
    }
    if (left < 3 || at[0] != '#')
        return 0;
    meaning->is_char = true;
    bool hex = (at[1] | 0x20) == 'x';
    size_t skip = hex ? 2 : 1;
    size_t len = read_until(&meaning->code, at + skip, left - skip, ';', hex ? 16 : 10);
    return len ? len + skip : 0;
}

/* How many bytes the escape at `at` has; 0 when there is none. */
static size_t take(struct meaning *meaning, const uint8_t *at, size_t left)
{
    size_t len = 0;
    *meaning = (struct meaning){0};
    if (at[0] == '\\')
        len = take_backslash(meaning, at + 1, left - 1);
    else if (at[0] == '&')
        len = take_entity(meaning, at + 1, left - 1);
    else if (at[0] == '%' || at[0] == '=')
        len = read_digits(&meaning->code, at + 1, left - 1, 2, 16) ? 2 : 0;
    return len ? len + 1 : 0;
}

static size_t put_utf8(uint8_t *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xc0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xe0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | (code >> 18 & 0x07));
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}

bool unescaped_init(struct unescaped *text, struct span source)
{
    text->len = source.len;
    text->bytes = malloc(source.len + 1);
    text->from = calloc(source.len + 1, sizeof *text->from);
    text->to = calloc(source.len + 1, sizeof *text->to);
    if (!text->bytes || !text->from || !text->to) {
        unescaped_fini(text);
        return false;
    }
    if (source.len)
        memcpy(text->bytes, source.data, source.len);
    for (size_t i = 0; i < source.len; i++) {
        text->from[i] = i;
        text->to[i] = i + 1;
    }
    return true;
}

void unescaped_fini(struct unescaped *text)
{
    free(text->bytes);
    free(text->from);
    free(text->to);
    memset(text, 0, sizeof *text);
}

/* No escape is shorter than what it stands for, so the text can be rewritten where it is. */
bool unescape_layer(struct unescaped *text)
{
    size_t out = 0;
    bool any = false;
    for (size_t i = 0; i < text->len;) {
        struct meaning meaning;
        uint8_t bytes[4] = {text->bytes[i]};
        size_t count = 1, len = take(&meaning, text->bytes + i, text->len - i);
        if (len) {
            any = true;
            bytes[0] = (uint8_t)meaning.code;
            if (meaning.is_char)
                count = put_utf8(bytes, meaning.code);
        } else {
            len = 1;
        }
        size_t from = text->from[i], to = text->to[i + len - 1];
        for (size_t k = 0; k < count; k++, out++) {
            text->bytes[out] = bytes[k];
            text->from[out] = from;
            text->to[out] = to;
        }
        i += len;
    }
    text->len = out;
    return any;
}
