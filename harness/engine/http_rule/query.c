/* Takes a query apart and decodes it. */
#include "harness/engine/http_rule/query.h"

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

struct span query_unescape(struct span text, bool keep_slash, bool plus_is_space, struct arena *arena, bool *malformed)
{
    uint8_t *out = arena_alloc(arena, text.len + 1);
    if (!out)
        return span_of(NULL, 0);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '%') {
            int high = i + 1 < text.len ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                if (malformed)
                    *malformed = true;
            } else if (!(keep_slash && high * 16 + low == '/')) {
                c = (uint8_t)(high * 16 + low);
                i += 2;
            }
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out[len++] = c;
    }
    out[len] = 0;
    return span_of(out, len);
}

enum err_code query_parse(struct query *out, struct span text, bool plus_is_space, struct arena *arena, struct err *err)
{
    size_t cap = 0;
    *out = (struct query){0};
    for (size_t at = 0; at < text.len;) {
        size_t end = span_index_of(text, '&', at);
        struct span part = span_of(text.data + at, end - at);
        at = end + 1;
        if (part.len == 0)
            continue;
        if (out->count == QUERY_MAX_PARAMETERS)
            return err_set(err, ERR_LIMIT, "query: more than %d parameters", QUERY_MAX_PARAMETERS);
        struct query_parameter *items =
            arena_grow(arena, out->items, out->count, out->count + 1, &cap, sizeof *out->items);
        if (!items)
            return err_set(err, ERR_LIMIT, "query: out of memory");
        out->items = items;
        struct query_parameter *item = &items[out->count];
        size_t equals = span_index_of(part, '=', 0);
        item->key = query_unescape(span_of(part.data, equals), false, plus_is_space, arena, NULL);
        item->value = span_of(NULL, 0);
        if (equals < part.len) {
            item->value = query_unescape(span_from(part, equals + 1), false, plus_is_space, arena, NULL);
            if (!item->value.data)
                return err_set(err, ERR_LIMIT, "query: out of memory");
        }
        if (!item->key.data)
            return err_set(err, ERR_LIMIT, "query: out of memory");
        out->count++;
    }
    return ERR_OK;
}
