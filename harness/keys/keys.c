/* Bounded reading of JSON files, places in them, and the check of objects by their tables. */
#include "harness/keys/keys.h"

#include <errno.h>
#include <stdio.h>

#include "harness/base/escape.h"
#include "harness/base/nearest.h"

static bool depth_within(const json_t *value, size_t left)
{
    const char *key;
    json_t *item;
    size_t index;
    if (!json_is_object(value) && !json_is_array(value))
        return true;
    if (left == 0)
        return false;
    if (json_is_array(value)) {
        json_array_foreach(value, index, item)
        {
            if (!depth_within(item, left - 1))
                return false;
        }
        return true;
    }
    json_object_foreach((json_t *)value, key, item)
    {
        if (!depth_within(item, left - 1))
            return false;
    }
    return true;
}

enum err_code keys_load(json_t **out, const char *name, struct span text, size_t max_len, struct err *err)
{
    json_error_t error;
    *out = NULL;
    if (text.len > max_len)
        return err_set(err, ERR_LIMIT, "%s: larger than %zu bytes", name, max_len);
    if (text.len == 0)
        return err_set(err, ERR_SYNTAX, "%s: empty", name);
    json_t *root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!root) {
        struct buf shown;
        buf_init(&shown, 1024);
        escape_terminal_cut(&shown, span_cstr(error.text), sizeof error.text);
        err_set(err, ERR_SYNTAX, "%s:%d:%d: %s", name, error.line, error.column,
                shown.data ? (const char *)shown.data : "not JSON");
        buf_fini(&shown);
        return ERR_SYNTAX;
    }
    if (!json_is_object(root) || !depth_within(root, KEYS_MAX_DEPTH)) {
        bool object = json_is_object(root);
        json_decref(root);
        return object ? err_set(err, ERR_LIMIT, "%s: nested more than %d deep", name, KEYS_MAX_DEPTH)
                      : err_set(err, ERR_SYNTAX, "%s: expected an object", name);
    }
    *out = root;
    return ERR_OK;
}

enum err_code keys_read_stream(struct buf *out, FILE *file, const char *name, size_t max_len, struct err *err)
{
    uint8_t chunk[16384];
    for (;;) {
        size_t got = fread(chunk, 1, sizeof chunk, file);
        if (got > 0 && (out->len + got > max_len || !buf_append(out, chunk, got)))
            return err_set(err, ERR_LIMIT, "%s: larger than %zu bytes", name, max_len);
        if (got < sizeof chunk)
            return ferror(file) ? err_set(err, ERR_IO, "%s: %s", name, strerror(errno)) : ERR_OK;
    }
}

enum err_code keys_read_file(struct buf *out, const char *path, size_t max_len, struct err *err)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    enum err_code code = keys_read_stream(out, file, path, max_len, err);
    fclose(file);
    return code;
}

static void place_render(const struct place *at, struct buf *out)
{
    if (at->up) {
        place_render(at->up, out);
        buf_append_byte(out, '/');
        if (!at->key) {
            buf_printf(out, "%zu", at->index);
            return;
        }
        for (const char *c = at->key; *c; c++) { /* RFC 6901 section 3 */
            if (*c == '~' || *c == '/')
                buf_append_cstr(out, *c == '~' ? "~0" : "~1");
            else
                buf_append_byte(out, (uint8_t)*c);
        }
        return;
    }
    buf_append_cstr(out, at->key);
}

static void place_escaped(const struct place *at, struct buf *out)
{
    struct buf raw;
    buf_init(&raw, 4096);
    place_render(at, &raw);
    escape_terminal_cut(out, buf_span(&raw), 400);
    buf_fini(&raw);
}

enum err_code place_prefix(const struct place *at, struct err *err)
{
    struct buf where;
    buf_init(&where, 4096);
    place_escaped(at, &where);
    enum err_code code = err_prefix(err, "%s", where.data ? (const char *)where.data : "?");
    buf_fini(&where);
    return code;
}

enum err_code place_error(const struct place *at, enum err_code code, struct err *err, const char *format, ...)
{
    struct buf text;
    struct buf shown;
    va_list args;
    buf_init(&text, 4096);
    buf_init(&shown, 16384);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    escape_terminal_cut(&shown, buf_span(&text), 600);
    err_set(err, code, "%s", shown.data ? (const char *)shown.data : "error");
    place_prefix(at, err);
    buf_fini(&text);
    buf_fini(&shown);
    return code;
}

const char *place_text(const struct place *at, struct arena *arena)
{
    struct buf where;
    buf_init(&where, 4096);
    place_escaped(at, &where);
    const char *text = arena_strdup(arena, where.data ? (const char *)where.data : "?");
    buf_fini(&where);
    return text;
}

static void unknown_key(const struct place *at, const char *key, const struct key_rule *rules, struct err *err)
{
    const char *names[KEYS_MAX_RULES];
    struct buf known;
    size_t count = 0;
    buf_init(&known, 2048);
    for (const struct key_rule *rule = rules; rule->name && count < KEYS_MAX_RULES; rule++) {
        buf_printf(&known, "%s%s", rule == rules ? "" : ", ", rule->name);
        names[count++] = rule->name;
    }
    const char *near = nearest_name(key, names, count);
    place_error(at, ERR_SYNTAX, err, "unknown key \"%.80s\"%s%s%s (known: %s)", key, near ? "; did you mean '" : "",
                near ? near : "", near ? "'?" : "", known.data ? (const char *)known.data : "");
    buf_fini(&known);
}

const struct key_rule *keys_find(const struct place *at, const struct key_object *object, const char *key,
                                 struct err *err)
{
    for (const struct key_rule *rule = object->rules; rule->name; rule++) {
        if (strcmp(rule->name, key) == 0)
            return rule;
    }
    unknown_key(at, key, object->rules, err);
    return NULL;
}

/* What a rule says of the other keys. */
static enum err_code check_neighbours(const struct place *at, const json_t *value, const struct key_rule *rule,
                                      struct err *err)
{
    if (!json_object_get(value, rule->name))
        return rule->required ? place_error(at, ERR_SYNTAX, err, "the key \"%s\" is missing", rule->name) : ERR_OK;
    if (rule->excludes && json_object_get(value, rule->excludes))
        return place_error(at, ERR_SYNTAX, err, "\"%s\" and \"%s\" exclude each other", rule->name, rule->excludes);
    if (rule->with && !json_object_get(value, rule->with))
        return place_error(at, ERR_SYNTAX, err, "\"%s\" goes with \"%s\"", rule->name, rule->with);
    return ERR_OK;
}

enum err_code keys_check(const struct place *at, const json_t *value, const struct key_object *object, void *user,
                         struct err *err)
{
    const char *key;
    json_t *item;
    if (!json_is_object(value))
        return place_error(at, ERR_SYNTAX, err, "expected an object");
    json_object_foreach((json_t *)(uintptr_t)value, key, item)
    {
        const struct key_rule *rule = keys_find(at, object, key, err);
        if (!rule)
            return ERR_SYNTAX;
        struct place inside = {.up = at, .key = key};
        bool later = rule->unless && json_object_get(value, rule->unless);
        enum err_code code = later ? ERR_OK : rule->type->check(&inside, item, rule, user, err);
        if (code != ERR_OK)
            return code;
    }
    for (const struct key_rule *rule = object->rules; rule->name; rule++) {
        enum err_code code = check_neighbours(at, value, rule, err);
        if (code != ERR_OK)
            return code;
    }
    return object->whole ? object->whole(at, value, NULL, user, err) : ERR_OK;
}
