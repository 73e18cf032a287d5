/* Folds texts: a dictionary coder whose output is text. */
#include "reports/fold.h"

#include <assert.h>
#include <stdlib.h>

#define GRAM       8u  /* bytes that must be equal before two places are compared */
#define MIN_LENGTH 14u /* a reference is about 10 bytes long */
#define MAX_TRIES  32u /* earlier places that are compared */
#define MAX_KNOWN  64u /* places within a reference that later ones may begin at */
#define HASH_BITS  15u

static_assert(FOLD_MAX_TEXT <= UINT32_MAX / 4, "places are 32 bits");

#define NO_PLACE UINT32_MAX

struct fold {
    struct buf all;                  /* the base, then the text */
    size_t base_len;                 /* of these */
    uint32_t heads[1u << HASH_BITS]; /* the last place whose bytes have this hash, or NO_PLACE */
    uint32_t *earlier;               /* by place: the one before it with the same hash */
    size_t earlier_cap;
    struct buf known; /* the places of the text that are in heads, as uint32_t, in order */
};

static uint32_t hash_at(const struct fold *fold, size_t at)
{
    uint64_t gram;
    memcpy(&gram, fold->all.data + at, GRAM);
    return (uint32_t)((gram * 0x9e3779b97f4a7c15u) >> (64 - HASH_BITS));
}

static void know(struct fold *fold, size_t at)
{
    if (at + GRAM > fold->all.len)
        return;
    uint32_t hash = hash_at(fold, at);
    uint32_t place = (uint32_t)at;
    fold->earlier[at] = fold->heads[hash];
    fold->heads[hash] = place;
    if (at >= fold->base_len)
        buf_append(&fold->known, &place, sizeof place);
}

/* Takes what is known of the text out again: the last one first, each uncovers the one before it. */
static void forget_text(struct fold *fold)
{
    for (size_t i = fold->known.len / sizeof(uint32_t); i > 0; i--) {
        uint32_t place;
        memcpy(&place, fold->known.data + (i - 1) * sizeof place, sizeof place);
        fold->heads[hash_at(fold, place)] = fold->earlier[place];
    }
    buf_reset(&fold->known);
    fold->all.len = fold->base_len;
}

static bool make_room(struct fold *fold, size_t len)
{
    if (len <= fold->earlier_cap)
        return true;
    size_t cap = len + len / 2;
    uint32_t *earlier = realloc(fold->earlier, cap * sizeof *earlier);
    if (!earlier)
        return false;
    fold->earlier = earlier;
    fold->earlier_cap = cap;
    return true;
}

struct fold *fold_new(struct span base)
{
    struct fold *fold = calloc(1, sizeof *fold);
    if (!fold)
        return NULL;
    buf_init(&fold->all, 2 * FOLD_MAX_TEXT);
    buf_init(&fold->known, FOLD_MAX_TEXT * sizeof(uint32_t));
    memset(fold->heads, 0xff, sizeof fold->heads);
    if (base.len > FOLD_MAX_TEXT || !buf_append_span(&fold->all, base) || !make_room(fold, base.len + 1)) {
        fold_free(fold);
        return NULL;
    }
    fold->base_len = base.len;
    for (size_t at = 0; at < base.len; at++)
        know(fold, at);
    return fold;
}

void fold_free(struct fold *fold)
{
    if (!fold)
        return;
    buf_fini(&fold->all);
    buf_fini(&fold->known);
    free(fold->earlier);
    free(fold);
}

static size_t equal_len(const struct fold *fold, size_t from, size_t at)
{
    const uint8_t *data = fold->all.data;
    size_t len = 0;
    while (at + len < fold->all.len && data[from + len] == data[at + len])
        len++;
    return len;
}

/* The longest earlier place that goes on like `at`: its length, or 0. */
static size_t find(const struct fold *fold, size_t at, size_t *from)
{
    size_t best = 0;
    if (at + GRAM > fold->all.len)
        return 0;
    uint32_t place = fold->heads[hash_at(fold, at)];
    for (unsigned tries = 0; place != NO_PLACE && tries < MAX_TRIES; tries++, place = fold->earlier[place]) {
        const uint8_t *data = fold->all.data;
        if (best > 0 && (at + best >= fold->all.len || data[place + best] != data[at + best]))
            continue;
        size_t len = equal_len(fold, place, at);
        if (len > best) {
            best = len;
            *from = place;
        }
    }
    return best >= MIN_LENGTH ? best : 0;
}

static void put_number(struct buf *out, size_t number)
{
    char digits[16];
    size_t at = sizeof digits;
    do
        digits[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
    while ((number /= 36) > 0);
    buf_append(out, digits + at, sizeof digits - at);
}

static void put_reference(struct buf *out, size_t from, size_t len)
{
    buf_append_byte(out, '&');
    put_number(out, from);
    buf_append_byte(out, ',');
    put_number(out, len);
    buf_append_byte(out, ';');
}

bool fold_text(struct fold *fold, struct buf *out, struct span text)
{
    if (text.len > FOLD_MAX_TEXT || !buf_append_span(&fold->all, text) || !make_room(fold, fold->all.len)) {
        fold->all.len = fold->base_len;
        return false;
    }
    size_t plain = fold->base_len; /* from here on it stands for itself */
    size_t at = plain;
    while (at < fold->all.len) {
        size_t from = 0;
        size_t len = find(fold, at, &from);
        if (len == 0) {
            know(fold, at++);
            continue;
        }
        buf_append(out, fold->all.data + plain, at - plain);
        put_reference(out, from, len);
        for (size_t i = 0; i < len && i < MAX_KNOWN; i++)
            know(fold, at + i);
        at += len;
        plain = at;
    }
    buf_append(out, fold->all.data + plain, at - plain);
    bool whole = !out->failed && !fold->known.failed;
    forget_text(fold);
    return whole;
}
