#include "harness/base/escape.h"
#include "harness/engine/transcode_field.h"

/* What is bound already: singular fields, by their field path, and members of oneofs. Open addressing; the table has
 * twice the room that all insertions need. */
struct bound {
    const struct schema_field *const *fields; /* the path; NULL: free */
    size_t count;
    int oneof; /* -1: the field itself; else a oneof of the message that fields[count - 1] is in */
    bool by_path;
};

struct bound_set {
    struct bound *slots;
    size_t mask;
};

static bool bound_same(const struct bound *a, const struct bound *b)
{
    size_t compared = a->oneof < 0 ? a->count : a->count - 1;
    if (a->count != b->count || a->oneof != b->oneof ||
        a->fields[a->count - 1]->containing != b->fields[b->count - 1]->containing)
        return false;
    for (size_t i = 0; i < compared; i++) {
        if (a->fields[i] != b->fields[i])
            return false;
    }
    return true;
}

static size_t bound_hash(const struct bound *bound)
{
    uint64_t hash = (uint64_t)bound->oneof + 2;
    size_t compared = bound->oneof < 0 ? bound->count : bound->count - 1;
    for (size_t i = 0; i < compared; i++)
        hash = (hash ^ ((uint64_t)bound->fields[i]->number << 20 ^ (uintptr_t)bound->fields[i])) * 0x9e3779b97f4a7c15u;
    return (size_t)(hash ^ hash >> 29);
}

/* The entry that was there already, or NULL. */
static const struct bound *bound_add(struct bound_set *set, struct bound bound)
{
    size_t at = bound_hash(&bound) & set->mask;
    while (set->slots[at].fields) {
        if (bound_same(&set->slots[at], &bound))
            return &set->slots[at];
        at = (at + 1) & set->mask;
    }
    set->slots[at] = bound;
    return NULL;
}

static bool bound_set_init(struct bound_set *set, size_t count, struct arena *arena)
{
    size_t size = 8;
    while (size < count * 2)
        size *= 2;
    set->slots = arena_calloc(arena, size, sizeof *set->slots);
    set->mask = size - 1;
    return set->slots != NULL;
}

/* Enters one field path. false: the field, or a oneof on the way, is bound already; *why says how. */
static bool bind_fields(struct bound_set *set, const struct schema_field *const *fields, size_t count, bool by_path,
                        const char **why)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i]->oneof_index < 0)
            continue;
        const struct bound *other = bound_add(
            set, (struct bound){.fields = fields, .count = i + 1, .oneof = fields[i]->oneof_index, .by_path = by_path});
        if (other && other->fields[i] != fields[i]) {
            *why = "another member of the same oneof is given";
            return false;
        }
    }
    if (fields[count - 1]->repeated)
        return true;
    const struct bound *other =
        bound_add(set, (struct bound){.fields = fields, .count = count, .oneof = -1, .by_path = by_path});
    if (other)
        *why = other->by_path ? "this field is bound by the path" : "this field is given more than once";
    return other == NULL;
}

struct parameter {
    const struct query_parameter *item;
    const struct schema_field **fields;
    size_t count;
};

/* Finds the fields that a key names. false: *why says what is wrong. */
static bool resolve_key(struct parameter *out, struct span key, const struct schema_message *message,
                        struct arena *arena, const char **why)
{
    const struct schema_field *fields[QUERY_MAX_DEPTH];
    out->count = 0;
    for (size_t at = 0; at <= key.len;) {
        size_t end = span_index_of(key, '.', at);
        const struct schema_field *field =
            message ? schema_field_by_json_name(message, span_of(key.data + at, end - at)) : NULL;
        *why = "no such field";
        if (!field)
            return false;
        *why = "the field path is too deep";
        if (out->count == QUERY_MAX_DEPTH)
            return false;
        fields[out->count++] = field;
        at = end + 1;
        *why = "a field path goes through no repeated field and no map";
        if (field->map || (field->repeated && at <= key.len))
            return false;
        message = field->message;
    }
    out->fields = arena_alloc(arena, out->count * sizeof *fields);
    *why = "out of memory";
    if (!out->fields)
        return false;
    memcpy(out->fields, fields, out->count * sizeof *fields);
    return true;
}

static enum transcode_result bad_parameter(struct span key, const char *why, struct err *err)
{
    struct buf name;
    buf_init(&name, 256);
    escape_terminal_cut(&name, key, 64);
    err_set(err, ERR_RANGE, "query parameter \"%.*s\": %s", SPAN_FMT(buf_span(&name)), why);
    buf_fini(&name);
    return TRANSCODE_BAD_REQUEST;
}

/* Resolves all parameters; those that name nothing bindable are refused or left out. */
static enum transcode_result resolve_parameters(const struct router_binding *binding, const struct query *query,
                                                const struct transcode_options *options, struct parameter *parameters,
                                                size_t *count, struct arena *arena, struct err *err)
{
    *count = 0;
    for (size_t i = 0; i < query->count; i++) {
        struct parameter *parameter = &parameters[*count];
        const char *why;
        parameter->item = &query->items[i];
        bool known = resolve_key(parameter, query->items[i].key, binding->method->input, arena, &why);
        if (known && binding->body_all) {
            known = false;
            why = "every field that the path does not bind is in the body";
        } else if (known && binding->body_field == parameter->fields[0]) {
            known = false;
            why = "this field is in the body";
        }
        if (!known && !options->ignore_unknown_query)
            return bad_parameter(query->items[i].key, why, err);
        *count += known;
    }
    return TRANSCODE_OK;
}

static enum transcode_result put_parameters(const struct router_binding *binding, struct buf *message,
                                            const struct transcode_options *options, const struct parameter *parameters,
                                            size_t count, struct arena *arena, struct err *err)
{
    struct bound_set set;
    const char *why;
    size_t entries = 0;
    for (size_t i = 0; i < count; i++)
        entries += parameters[i].count + 1;
    for (size_t i = 0; i < binding->path_template.variable_count; i++)
        entries += binding->variable_fields[i].count + 1;
    if (!bound_set_init(&set, entries, arena)) {
        err_set(err, ERR_LIMIT, "query: out of memory");
        return TRANSCODE_INTERNAL;
    }
    for (size_t i = 0; i < binding->path_template.variable_count; i++)
        bind_fields(&set, binding->variable_fields[i].fields, binding->variable_fields[i].count, true, &why);
    for (size_t i = 0; i < count; i++) {
        const struct query_parameter *item = parameters[i].item;
        if (!bind_fields(&set, parameters[i].fields, parameters[i].count, false, &why)) {
            if (options->ignore_unknown_query && strcmp(why, "this field is bound by the path") == 0)
                continue;
            return bad_parameter(item->key, why, err);
        }
        struct span value = item->value.data ? item->value : span_cstr("");
        enum err_code code =
            transcode_put_field(message, parameters[i].fields, parameters[i].count, value, false, arena, err);
        if (code != ERR_OK) {
            if (message->failed)
                return TRANSCODE_INTERNAL;
            struct err inner = *err;
            return bad_parameter(item->key, inner.text, err);
        }
    }
    return TRANSCODE_OK;
}

enum transcode_result transcode_query(const struct transcode_request *request, struct buf *message,
                                      const struct transcode_options *options, struct arena *arena, struct err *err)
{
    struct query query;
    struct err inner;
    size_t count;
    if (request->query.len == 0)
        return TRANSCODE_OK;
    if (!err)
        err = &inner;
    if (query_parse(&query, request->query, options->query_plus_is_space, arena, err) != ERR_OK)
        return TRANSCODE_BAD_REQUEST;
    struct parameter *parameters = arena_alloc(arena, query.count * sizeof *parameters);
    if (!parameters) {
        err_set(err, ERR_LIMIT, "query: out of memory");
        return TRANSCODE_INTERNAL;
    }
    const struct router_binding *binding = request->match.binding;
    enum transcode_result result = resolve_parameters(binding, &query, options, parameters, &count, arena, err);
    if (result == TRANSCODE_OK && count > 0)
        result = put_parameters(binding, message, options, parameters, count, arena, err);
    return result;
}
