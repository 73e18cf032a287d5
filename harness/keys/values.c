/* What values that have been checked stand for: texts, bytes, bodies, lists. */
#include "harness/base/hex.h"
#include "harness/keys/keys.h"

const char *keys_text(const json_t *value)
{
    return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value)
               ? json_string_value(value)
               : "";
}

struct span keys_span(const json_t *string)
{
    return span_of(json_string_value(string), json_string_length(string));
}

struct span keys_bytes(const json_t *value, struct arena *arena)
{
    struct buf bytes;
    if (json_is_string(value))
        return arena_dup(arena, keys_span(value));
    struct span hex = keys_span(json_object_get(value, "hex"));
    buf_init(&bytes, hex.len + 1);
    struct span copy = {0};
    if (hex_decode(&bytes, hex, NULL) == ERR_OK)
        copy = arena_dup(arena, buf_span(&bytes));
    buf_fini(&bytes);
    return copy;
}

struct span keys_body(const json_t *value, struct arena *arena)
{
    const json_t *fill = json_object_get(value, "fill");
    if (!fill)
        return keys_bytes(value, arena);
    struct span prefix = keys_span(json_object_get(value, "prefix"));
    struct span suffix = keys_span(json_object_get(value, "suffix"));
    struct span each = keys_span(fill);
    size_t count = (size_t)json_integer_value(json_object_get(value, "count"));
    size_t len = prefix.len + each.len * count + suffix.len;
    uint8_t *bytes = arena_alloc(arena, len + 1);
    if (!bytes)
        return span_of(NULL, 0);
    uint8_t *to = bytes;
    if (prefix.len > 0)
        memcpy(to, prefix.data, prefix.len);
    to += prefix.len;
    if (each.len == 1)
        memset(to, each.data[0], count);
    for (size_t i = 0; i < count && each.len > 1; i++)
        memcpy(to + i * each.len, each.data, each.len);
    to += each.len * count;
    if (suffix.len > 0)
        memcpy(to, suffix.data, suffix.len);
    bytes[len] = '\0';
    return span_of(bytes, len);
}

const char *const *keys_list(const json_t *list, struct arena *arena)
{
    size_t count = json_array_size(list);
    const char **items = arena_calloc(arena, count + 1, sizeof *items);
    for (size_t i = 0; items && i < count; i++)
        items[i] = json_string_value(json_array_get(list, i));
    return (const char *const *)items;
}

bool keys_flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}
