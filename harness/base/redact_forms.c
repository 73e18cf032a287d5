/* The forms of secrets as patterns, and where parts of them stand in a text. */
#include "harness/base/redact_forms.h"

#include <stdlib.h>

#include "harness/base/base64.h"
#include "harness/base/hex.h"
#include "harness/base/redact.h"
#include "harness/base/unescape.h"

#define MAX_LAYERS   4 /* of escapes on one another */
#define BEGIN_LEN    4 /* no part is shorter */
#define TAIL_LEN     3 /* of a secret at the end of a text; of its longer forms as much */
#define ESCAPE_LEN   8 /* of the longest escape that a cut may leave unfinished */
#define SHORT_VALUE  8
#define MIDDLE_VALUE 12
#define MIDDLE_PART  6
#define MAX_PATTERN  (1u << 20)

/* ---- folding and hashing */

static uint8_t fold(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint8_t)(c | 0x20);
    if (c == '-' || c == ' ')
        return '+';
    return c == '_' ? '/' : c;
}

static uint32_t hash(const uint8_t *bytes, size_t len)
{
    uint32_t value = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        value = (value ^ bytes[i]) * 16777619u;
    return value ^ value >> 15;
}

static bool may_begin(const struct redact_forms *forms, const uint8_t *bytes)
{
    uint32_t at = hash(bytes, BEGIN_LEN) & 0xffff;
    return forms->begins[at >> 3] & 1u << (at & 7);
}

/* ---- the table of parts */

static struct redact_part *slot(struct redact_part *parts, size_t cap, const uint8_t *bytes, size_t len)
{
    size_t at = hash(bytes, len) & (cap - 1);
    while (parts[at].bytes && (parts[at].len != len || memcmp(parts[at].bytes, bytes, len) != 0))
        at = (at + 1) & (cap - 1);
    return &parts[at];
}

static bool grow(struct redact_forms *forms)
{
    if (forms->part_count * 2 < forms->part_cap)
        return true;
    size_t cap = forms->part_cap ? forms->part_cap * 2 : 1024;
    struct redact_part *parts = calloc(cap, sizeof *parts);
    if (!parts)
        return false;
    for (size_t i = 0; i < forms->part_cap; i++) {
        const struct redact_part *part = &forms->parts[i];
        if (part->bytes)
            *slot(parts, cap, part->bytes, part->len) = *part;
    }
    free(forms->parts);
    forms->parts = parts;
    forms->part_cap = cap;
    return true;
}

static bool add_part(struct redact_forms *forms, const uint8_t *bytes, size_t len)
{
    if (!grow(forms))
        return false;
    struct redact_part *part = slot(forms->parts, forms->part_cap, bytes, len);
    if (part->bytes)
        return true;
    *part = (struct redact_part){.bytes = bytes, .len = len};
    forms->part_count++;
    uint32_t at = hash(bytes, BEGIN_LEN) & 0xffff;
    forms->begins[at >> 3] = (uint8_t)(forms->begins[at >> 3] | 1u << (at & 7));
    size_t i = 0;
    while (i < forms->length_count && forms->lengths[i] != len)
        i++;
    if (i == forms->length_count)
        forms->lengths[forms->length_count++] = len;
    return true;
}

/* `part` is at most 24, and small numbers in all: there are fewer lengths than REDACT_MAX_PART_LENGTHS. */
static bool add_pattern(struct redact_forms *forms, struct span bytes, size_t part)
{
    if (bytes.len < BEGIN_LEN)
        return true;
    if (part > bytes.len)
        part = bytes.len;
    if (forms->pattern_count == forms->pattern_cap) {
        size_t cap = forms->pattern_cap ? forms->pattern_cap * 2 : 64;
        struct redact_pattern *grown = realloc(forms->patterns, cap * sizeof *grown);
        if (!grown)
            return false;
        forms->patterns = grown;
        forms->pattern_cap = cap;
    }
    uint8_t *folded = malloc(bytes.len);
    if (!folded)
        return false;
    for (size_t i = 0; i < bytes.len; i++)
        folded[i] = fold(bytes.data[i]);
    forms->patterns[forms->pattern_count++] = (struct redact_pattern){.bytes = folded, .len = bytes.len, .part = part};
    for (size_t i = 0; i + part <= bytes.len; i++) {
        if (!add_part(forms, folded + i, part))
            return false;
    }
    return true;
}

/* ---- the forms of one value */

/* Base64 of the value behind `before` other bytes, without the characters that depend on bytes around it. */
static bool add_base64(struct redact_forms *forms, struct span value, size_t before, size_t part)
{
    struct buf bytes, text;
    buf_init(&bytes, MAX_PATTERN);
    buf_init(&text, MAX_PATTERN * 2);
    buf_append(&bytes, "\0\0", before);
    buf_append_span(&bytes, value);
    bool done = base64_encode(&text, buf_span(&bytes), false) && !bytes.failed;
    size_t skip = (before * 8 + 5) / 6, end = (before + value.len) * 8 / 6;
    done = done && (end <= skip || add_pattern(forms, span_of(text.data + skip, end - skip), part));
    buf_fini(&bytes);
    buf_fini(&text);
    return done;
}

static bool add_hex(struct redact_forms *forms, struct span value, size_t part)
{
    struct buf text;
    buf_init(&text, MAX_PATTERN * 2);
    bool done = hex_encode(&text, value) && add_pattern(forms, buf_span(&text), part);
    buf_fini(&text);
    return done;
}

/* In upper and in lower case, too: a proxy that changes the case may do so before it encodes. */
static bool add_encoded(struct redact_forms *forms, struct span value, size_t part)
{
    struct buf cased;
    bool done = true;
    buf_init(&cased, MAX_PATTERN);
    for (int which = 0; done && which < 3; which++) {
        buf_reset(&cased);
        for (size_t i = 0; i < value.len; i++) {
            uint8_t c = value.data[i];
            bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
            if (letter && which)
                c = which == 1 ? (uint8_t)(c | 0x20) : (uint8_t)(c & ~0x20);
            buf_append_byte(&cased, c);
        }
        done = !cased.failed && add_hex(forms, buf_span(&cased), part * 2);
        for (size_t before = 0; done && before < 3; before++)
            done = add_base64(forms, buf_span(&cased), before, part + part / 2);
    }
    buf_fini(&cased);
    return done;
}

/* The value read as Latin-1 and written as UTF-8, when that makes a difference. */
static bool add_latin1(struct redact_forms *forms, struct span value, size_t part)
{
    struct buf text;
    bool plain = true;
    buf_init(&text, MAX_PATTERN * 2);
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];
        plain = plain && c < 0x80;
        if (c >= 0x80)
            buf_append_byte(&text, (uint8_t)(0xc0 | c >> 6));
        buf_append_byte(&text, c < 0x80 ? c : (uint8_t)(0x80 | (c & 0x3f)));
    }
    bool done = plain || (!text.failed && add_pattern(forms, buf_span(&text), part));
    buf_fini(&text);
    return done;
}

bool redact_forms_add(struct redact_forms *forms, struct span value)
{
    size_t part = value.len < SHORT_VALUE ? value.len : value.len < MIDDLE_VALUE ? MIDDLE_PART : REDACT_PART;
    return add_pattern(forms, value, part) && add_latin1(forms, value, part) && add_encoded(forms, value, part);
}

void redact_forms_fini(struct redact_forms *forms)
{
    for (size_t i = 0; i < forms->pattern_count; i++)
        free(forms->patterns[i].bytes);
    free(forms->patterns);
    free(forms->parts);
    memset(forms, 0, sizeof *forms);
}

/* ---- finding */

struct search {
    const struct redact_forms *forms;
    const struct unescaped *text; /* with some layers taken off */
    const uint8_t *folded;        /* its bytes */
    uint8_t *hit;
    bool found;
};

static void mark(struct search *search, size_t begin, size_t end)
{
    search->found = true;
    for (size_t i = begin; i < end; i++)
        memset(search->hit + search->text->from[i], 1, search->text->to[i] - search->text->from[i]);
}

static void find_parts(struct search *search)
{
    const struct redact_forms *forms = search->forms;
    size_t len = search->text->len;
    for (size_t i = 0; i + BEGIN_LEN <= len; i++) {
        if (!may_begin(forms, search->folded + i))
            continue;
        for (size_t k = 0; k < forms->length_count; k++) {
            size_t part = forms->lengths[k];
            if (part <= len - i && slot(forms->parts, forms->part_cap, search->folded + i, part)->bytes)
                mark(search, i, i + part);
        }
    }
}

/* The begin of a secret that ends where the text was cut: too short to be a part. */
static void find_tail(struct search *search, size_t end)
{
    for (size_t i = 0; i < search->forms->pattern_count; i++) {
        const struct redact_pattern *pattern = &search->forms->patterns[i];
        size_t longest = pattern->part - 1 < end ? pattern->part - 1 : end;
        size_t shortest = pattern->part * TAIL_LEN / REDACT_PART;
        for (size_t len = longest; len >= TAIL_LEN && len >= shortest; len--) {
            if (memcmp(search->folded + end - len, pattern->bytes, len) == 0) {
                mark(search, end - len, end);
                break;
            }
        }
    }
}

/* A text may have been cut at its end, also inside of an escape, and before "...". */
static void find_tails(struct search *search)
{
    size_t len = search->text->len;
    find_tail(search, len);
    for (size_t back = 1; back < ESCAPE_LEN && back <= len; back++) {
        uint8_t c = search->text->bytes[len - back];
        if (c == '\\' || c == '%' || c == '=' || c == '&')
            find_tail(search, len - back);
    }
    for (size_t i = 0; i + 3 <= len; i++) {
        if (memcmp(search->text->bytes + i, "...", 3) == 0)
            find_tail(search, i);
    }
}

bool redact_forms_find(bool *found, uint8_t *hit, const struct redact_forms *forms, struct span text)
{
    struct unescaped plain;
    *found = false;
    if (forms->pattern_count == 0 || text.len == 0)
        return true;
    if (!unescaped_init(&plain, text))
        return false;
    uint8_t *folded = malloc(text.len);
    struct search search = {.forms = forms, .text = &plain, .folded = folded, .hit = hit};
    for (int layer = 0; folded && layer <= MAX_LAYERS; layer++) {
        if (layer > 0 && !unescape_layer(&plain))
            break;
        for (size_t i = 0; i < plain.len; i++)
            folded[i] = fold(plain.bytes[i]);
        find_parts(&search);
        find_tails(&search);
    }
    *found = search.found;
    bool done = folded != NULL;
    free(folded);
    unescaped_fini(&plain);
    return done;
}
