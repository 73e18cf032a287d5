/* Values for names in strings. */
#include "harness/suite/substitute.h"

#include <stdlib.h>

#define TEXT_OF_A_VALUE 64u /* bytes, which count as one value more */

struct work {
    const struct substitution *substitution;
    struct err *err;
};

static enum err_code too_much(const struct work *work, const struct place *at)
{
    return place_error(at, ERR_LIMIT, work->err, "what is put in comes to too much");
}

static enum err_code no_memory(const struct work *work, const struct place *at)
{
    return place_error(at, ERR_NO_MEMORY, work->err, "the cases take too much memory");
}

static bool pay(const struct work *work, size_t text_len)
{
    size_t cost = 1 + text_len / TEXT_OF_A_VALUE;
    bool enough = cost <= *work->substitution->left;
    *work->substitution->left -= enough ? cost : 0;
    return enough;
}

/* ---- names */

/* The name between braces that `text` begins with; of no length where it begins with none. */
static struct span name_at(struct span text)
{
    size_t len = 1;
    while (len < text.len && (text.data[len] == '-' || (text.data[len] >= 'a' && text.data[len] <= 'z') ||
                              (text.data[len] >= '0' && text.data[len] <= '9')))
        len++;
    bool closed = text.len > 0 && text.data[0] == '{' && len < text.len && text.data[len] == '}';
    struct span name = closed ? span_of(text.data + 1, len - 1) : span_of(NULL, 0);
    return keys_is_name(name) ? name : span_of(NULL, 0);
}

/* What stands for the name; NULL: nothing does. */
static const json_t *value_of(const struct work *work, struct span name)
{
    const struct substitution *substitution = work->substitution;
    const json_t *value = json_object_getn(substitution->values, (const char *)name.data, name.len);
    if (value && substitution->used)
        json_object_setn_new(substitution->used, (const char *)name.data, name.len, json_true());
    return value;
}

static enum err_code unknown_name(const struct work *work, const struct place *at, struct span name)
{
    const struct substitution *substitution = work->substitution;
    if (!substitution->source || (substitution->kept && span_is(name, substitution->kept)))
        return ERR_OK;
    return place_error(at, ERR_SYNTAX, work->err, "%s has no \"%.*s\" for {%.*s}", substitution->source, (int)name.len,
                       (const char *)name.data, (int)name.len, (const char *)name.data);
}

/* ---- values that are put in */

/* Takes the cost of a value that stands `depth` deep. */
static enum err_code pay_for(const struct work *work, const struct place *at, const json_t *value, size_t depth)
{
    const char *key;
    json_t *item;
    enum err_code code = ERR_OK;
    if (depth > KEYS_MAX_DEPTH)
        return place_error(at, ERR_LIMIT, work->err, "nested more than %d deep", KEYS_MAX_DEPTH);
    if (!pay(work, json_string_length(value)))
        return too_much(work, at);
    for (size_t i = 0; i < json_array_size(value) && code == ERR_OK; i++)
        code = pay_for(work, at, json_array_get(value, i), depth + 1);
    json_object_foreach((json_t *)(uintptr_t)value, key, item) code =
        code == ERR_OK ? pay_for(work, at, item, depth + 1) : code;
    return code;
}

static void append_text(struct buf *out, const json_t *value)
{
    if (json_is_string(value)) {
        buf_append(out, json_string_value(value), json_string_length(value));
        return;
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (text)
        buf_append_cstr(out, text);
    else
        out->failed = true;
    free(text);
}

static enum err_code fill_text(json_t **out, const struct work *work, const struct place *at, struct span rest)
{
    struct buf text;
    enum err_code code = ERR_OK;
    buf_init(&text, KEYS_MAX_BODY);
    while (rest.len > 0 && code == ERR_OK) {
        struct span name = name_at(rest);
        const json_t *value = name.len > 0 ? value_of(work, name) : NULL;
        if (value) {
            append_text(&text, value);
            rest = span_from(rest, name.len + 2);
            continue;
        }
        if (name.len > 0)
            code = unknown_name(work, at, name);
        size_t len = span_index_of(span_from(rest, 1), '{', 0) + 1;
        buf_append(&text, rest.data, len);
        rest = span_from(rest, len);
    }
    if (code == ERR_OK && text.failed)
        code = place_error(at, ERR_LIMIT, work->err, "a text of more than %u bytes", KEYS_MAX_BODY);
    if (code == ERR_OK && !pay(work, text.len))
        code = too_much(work, at);
    *out = code == ERR_OK ? json_stringn(text.len > 0 ? (const char *)text.data : "", text.len) : NULL;
    buf_fini(&text);
    return code == ERR_OK && !*out ? no_memory(work, at) : code;
}

/* ---- the whole */

static enum err_code copy_string(json_t **out, const struct work *work, const struct place *at, const json_t *value,
                                 size_t depth)
{
    struct span text = keys_span(value);
    struct span name = name_at(text);
    const json_t *whole = name.len > 0 && name.len + 2 == text.len ? value_of(work, name) : NULL;
    if (whole) {
        *out = json_incref((json_t *)(uintptr_t)whole);
        return pay_for(work, at, whole, depth);
    }
    if (span_index_of(text, '{', 0) < text.len)
        return fill_text(out, work, at, text);
    *out = json_incref((json_t *)(uintptr_t)value);
    return pay(work, text.len) ? ERR_OK : too_much(work, at);
}

/* Not deeper than KEYS_MAX_DEPTH, since keys_load read it. *out is to be freed whatever comes back. */
static enum err_code copy(json_t **out, const struct work *work, const struct place *at, const json_t *value,
                          size_t depth)
{
    const char *key;
    json_t *item;
    enum err_code code = ERR_OK;
    if (json_is_string(value))
        return copy_string(out, work, at, value, depth);
    if (!pay(work, 0))
        return too_much(work, at);
    bool list = json_is_array(value);
    bool plain = !list && !json_is_object(value);
    *out = plain ? json_incref((json_t *)(uintptr_t)value) : list ? json_array() : json_object();
    if (!*out)
        return no_memory(work, at);
    for (size_t i = 0; i < json_array_size(value) && code == ERR_OK; i++) {
        struct place inside = {.up = at, .index = i};
        json_t *made = NULL;
        code = copy(&made, work, &inside, json_array_get(value, i), depth + 1);
        if (json_array_append_new(*out, made) != 0 && code == ERR_OK)
            code = no_memory(work, at);
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, item)
    {
        struct place inside = {.up = at, .key = key};
        json_t *made = NULL;
        code = code == ERR_OK ? copy(&made, work, &inside, item, depth + 1) : code;
        if (json_object_set_new(*out, key, made) != 0 && code == ERR_OK)
            code = no_memory(work, at);
    }
    return code;
}

enum err_code substitute(json_t **out, const struct substitution *substitution, const struct place *at,
                         const json_t *value, struct err *err)
{
    const struct work work = {.substitution = substitution, .err = err};
    *out = NULL;
    enum err_code code = copy(out, &work, at, value, 1);
    if (code != ERR_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return code;
}
