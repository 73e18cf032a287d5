/* The field mask of a PATCH, told from its body. Source: grpc-gateway's documentation, "Patch Feature", and what its
 * FieldMaskFromRequestBody makes of odd bodies. */
#include <assert.h>
#include <string.h>

#include "harness/engine/json/lenient.h"
#include "harness/base/escape.h"
#include "harness/base/sort.h"
#include "harness/engine/transcode/field.h"
#include "harness/engine/proto/wire.h"

#define PATHS_NUMBER 1 /* FieldMask.paths */

/* An object that is open. */
struct level {
    const struct schema_message *type; /* NULL in a Struct or Value, where every key is a part of the path */
    struct span path;
    bool empty;
};

struct mask {
    struct json_reader reader;
    struct arena *arena;
    struct err *err;
    struct span *paths;
    size_t count;
    size_t cap;
    struct level levels[JSON_READER_MAX_DEPTH];
    size_t depth;
};

static enum err_code no_memory(struct mask *mask)
{
    return err_set(mask->err, ERR_NO_MEMORY, "out of memory for the field mask");
}

static enum err_code add_path(struct mask *mask, struct span path)
{
    struct span *grown = arena_grow(mask->arena, mask->paths, mask->count, mask->count + 1, &mask->cap, sizeof *grown);
    if (!grown)
        return no_memory(mask);
    mask->paths = grown;
    mask->paths[mask->count++] = path;
    return ERR_OK;
}

static void open_level(struct mask *mask, const struct schema_message *type, struct span path)
{
    assert(mask->depth < JSON_READER_MAX_DEPTH); /* the reader goes no deeper */
    mask->levels[mask->depth++] = (struct level){.type = type, .path = path, .empty = true};
}

struct span transcode_json_text(const struct json_reader *reader, struct arena *arena)
{
    if (!reader->escaped)
        return reader->text;
    uint8_t *text = arena_alloc(arena, reader->text.len);
    return span_of(text, text ? json_string_decode_to(text, reader->text) : 0);
}

static struct span join(struct arena *arena, struct span path, struct span name)
{
    if (path.len == 0)
        return arena_dup(arena, name);
    uint8_t *text = arena_alloc(arena, path.len + 1 + name.len);
    if (!text)
        return span_of(NULL, 0);
    memcpy(text, path.data, path.len);
    text[path.len] = '.';
    memcpy(text + path.len + 1, name.data, name.len);
    return span_of(text, path.len + 1 + name.len);
}

/* Of the value that follows, which the reader (a copy) passes over. */
static bool has_type(struct json_reader reader, struct arena *arena)
{
    if (json_reader_next(&reader, NULL) != JSON_OBJECT_BEGIN)
        return false;
    while (json_reader_next(&reader, NULL) == JSON_KEY) {
        if (span_is(transcode_json_text(&reader, arena), "@type"))
            return true;
        if (json_reader_skip(&reader, NULL) == JSON_ERROR)
            return false;
    }
    return false;
}

static enum err_code no_field(struct mask *mask, const struct schema_message *type, struct span key)
{
    char quoted[ESCAPE_QUOTE_MAX];
    return err_set(mask->err, ERR_RANGE, "field mask: %.*s has no field %s", SPAN_FMT(type->name),
                   escape_quote(key, quoted));
}

/* After a key: its value is a path, or an object that is opened and has the paths. */
static enum err_code take_value(struct mask *mask, const struct schema_field *field, struct span path)
{
    const struct schema_message *type = field ? field->message : NULL;
    enum schema_well_known kind = type ? type->well_known : SCHEMA_WKT_NONE;
    bool list = field && field->repeated;
    bool leaf = list || (field && !type) || kind == SCHEMA_WKT_ANY;
    struct json_reader before = mask->reader;
    if (kind == SCHEMA_WKT_ANY && !list && !has_type(mask->reader, mask->arena))
        return err_set(mask->err, ERR_RANGE, "field mask: a google.protobuf.Any without @type");
    if (!leaf && json_reader_next(&mask->reader, NULL) == JSON_OBJECT_BEGIN) {
        open_level(mask, kind == SCHEMA_WKT_STRUCT || kind == SCHEMA_WKT_VALUE ? NULL : type, path);
        return ERR_OK;
    }
    mask->reader = before;
    if (json_reader_skip(&mask->reader, mask->err) == JSON_ERROR)
        return ERR_SYNTAX;
    return add_path(mask, path);
}

static enum err_code take_key(struct mask *mask)
{
    struct level *level = &mask->levels[mask->depth - 1];
    const struct schema_field *field = NULL;
    struct span key = transcode_json_text(&mask->reader, mask->arena);
    if (!key.data)
        return no_memory(mask);
    level->empty = false;
    if (level->type) {
        field = schema_field_by_json_name(level->type, key);
        if (!field || field->extension)
            return no_field(mask, level->type, key);
        key = field->name;
    }
    struct span path = join(mask->arena, level->path, key);
    return path.data ? take_value(mask, field, path) : no_memory(mask);
}

/* All paths of a body, which is JSON that was read as `type` before. */
static enum err_code collect(struct mask *mask, const struct schema_message *type)
{
    enum err_code code = ERR_OK;
    if (json_reader_next(&mask->reader, NULL) == JSON_OBJECT_BEGIN)
        open_level(mask, type, span_of(NULL, 0));
    while (mask->depth > 0 && code == ERR_OK) {
        struct level *level = &mask->levels[mask->depth - 1];
        switch (json_reader_next(&mask->reader, mask->err)) {
        case JSON_KEY:
            code = take_key(mask);
            break;
        case JSON_OBJECT_END:
            if (level->empty) /* at the top this is an empty path, as grpc-gateway has it */
                code = add_path(mask, level->path);
            mask->depth--;
            break;
        default:
            code = ERR_SYNTAX;
        }
    }
    return code;
}

static int compare_paths(const void *user, const void *a, const void *b)
{
    (void)user;
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

static enum err_code put_mask(struct mask *mask, struct buf *message, uint32_t number)
{
    sort_items(mask->paths, mask->count, sizeof *mask->paths, compare_paths, NULL);
    wire_put_tag(message, number, WIRE_LEN);
    size_t at = wire_len_begin(message);
    for (size_t i = 0; i < mask->count; i++) {
        wire_put_tag(message, PATHS_NUMBER, WIRE_LEN);
        wire_put_bytes(message, mask->paths[i]);
    }
    wire_len_end(message, at);
    return message->failed ? err_set(mask->err, ERR_LIMIT, "the request message is too large") : ERR_OK;
}

/* The one field mask of the message, or NULL. */
static const struct schema_field *mask_field(const struct schema_message *type)
{
    const struct schema_field *found = NULL;
    for (size_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];
        if (!field->message || field->message->well_known != SCHEMA_WKT_FIELD_MASK)
            continue;
        if (found)
            return NULL;
        found = field;
    }
    return found && !found->repeated ? found : NULL;
}

static bool is_set(struct span wire, uint32_t number)
{
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, wire);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number == number)
            return true;
    }
    return false;
}

enum transcode_result transcode_mask(const struct router_binding *binding, struct buf *message, size_t from,
                                     struct span body, struct leniency_set lenient, struct arena *arena,
                                     struct err *err)
{
    const struct schema_field *field = mask_field(binding->method->input);
    const struct schema_field *bound = binding->body_field;
    if (!span_is(binding->rule.method, "PATCH") || !field || !bound || bound == field || bound->repeated ||
        !bound->message || transcode_body_is_raw(binding) || is_set(span_from(buf_span(message), from), field->number))
        return TRANSCODE_OK;
    struct mask *mask = arena_calloc(arena, 1, sizeof *mask);
    if (mask && body.len > 0 && json_lenient_applies(lenient))
        body = json_lenient_text(body, lenient, arena);
    if (!mask || !body.data) {
        err_set(err, ERR_NO_MEMORY, "out of memory for the field mask");
        return TRANSCODE_INTERNAL;
    }
    mask->arena = arena;
    mask->err = err;
    json_reader_init(&mask->reader, body);
    enum err_code code = body.len > 0 ? collect(mask, bound->message) : ERR_OK;
    if (code == ERR_OK)
        code = put_mask(mask, message, field->number);
    return code == ERR_OK ? TRANSCODE_OK : transcode_bad(message, code);
}
