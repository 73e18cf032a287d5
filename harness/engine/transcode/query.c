/* Binds path variables and query parameters to fields of the request message. */
#include "harness/engine/protojson/leniency_text.h"
#include "harness/base/escape.h"
#include "harness/engine/transcode/field.h"
#include "harness/engine/proto/wire.h"

/* What is bound already: singular fields, by their field path, the messages that they are in, and members of oneofs.
 * Open addressing; the table has twice the room that all insertions need. */
enum { BOUND_WHOLE = -1, BOUND_PART = -2 };

struct bound {
    const struct schema_field *const *fields; /* the path; NULL: free */
    size_t count;
    int oneof; /* BOUND_WHOLE: the field itself; BOUND_PART: a field in it; else a oneof that fields[count - 1] is in */
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

/* The entry like `bound`, or the free slot for it. */
static struct bound *bound_slot(struct bound_set *set, const struct bound *bound)
{
    size_t at = bound_hash(bound) & set->mask;
    while (set->slots[at].fields && !bound_same(&set->slots[at], bound))
        at = (at + 1) & set->mask;
    return &set->slots[at];
}

/* The entry that was there already, or NULL. */
static const struct bound *bound_find(struct bound_set *set, struct bound bound)
{
    const struct bound *slot = bound_slot(set, &bound);
    return slot->fields ? slot : NULL;
}

static const struct bound *bound_add(struct bound_set *set, struct bound bound)
{
    struct bound *slot = bound_slot(set, &bound);
    if (slot->fields)
        return slot;
    *slot = bound;
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

enum bind_result {
    BIND_DONE,
    BIND_BY_PATH, /* the path binds the field, a part of it, or what it is a part of */
    BIND_AGAIN,
    BIND_ONEOF, /* another member of a oneof on the way is bound */
    BIND_BODY   /* the body is another member of the same oneof */
};

static const char *const bind_texts[] = {[BIND_BY_PATH] = "this field is bound by the path",
                                         [BIND_AGAIN] = "this field is given more than once",
                                         [BIND_ONEOF] = "another member of the same oneof is given",
                                         [BIND_BODY] = "another member of the same oneof is in the body"};

static enum bind_result bind_other(const struct bound *other)
{
    return !other ? BIND_DONE : other->by_path ? BIND_BY_PATH : BIND_AGAIN;
}

/* Enters one field path. */
static enum bind_result bind_fields(struct bound_set *set, const struct schema_field *const *fields, size_t count,
                                    bool by_path)
{
    enum bind_result result = BIND_DONE;
    for (size_t i = 0; i < count; i++) {
        struct bound bound = {.fields = fields, .count = i + 1, .oneof = BOUND_WHOLE, .by_path = by_path};
        if (fields[i]->oneof_index >= 0) {
            bound.oneof = fields[i]->oneof_index;
            const struct bound *other = bound_add(set, bound);
            if (other && other->fields[i] != fields[i])
                return BIND_ONEOF;
        }
        if (i + 1 == count)
            break;
        bound.oneof = BOUND_WHOLE;
        result = bind_other(bound_find(set, bound));
        if (result != BIND_DONE)
            return result;
        bound.oneof = BOUND_PART;
        bound_add(set, bound);
    }
    if (fields[count - 1]->repeated)
        return BIND_DONE;
    struct bound bound = {.fields = fields, .count = count, .oneof = BOUND_PART, .by_path = by_path};
    result = bind_other(bound_find(set, bound));
    bound.oneof = BOUND_WHOLE;
    return result != BIND_DONE ? result : bind_other(bound_add(set, bound));
}

struct parameter {
    const struct query_parameter *item;
    const struct schema_field **fields;
    size_t count;
    struct span map_key; /* of field[key]; else data NULL */
    bool left_out;
};

/* Finds the fields that a key names. false: *why says what is wrong. */
static bool resolve_key(struct parameter *out, struct span key, const struct schema_message *message,
                        struct leniency_set lenient, struct arena *arena, const char **why)
{
    const struct schema_field *fields[QUERY_MAX_DEPTH];
    size_t bracket = span_index_of(key, '[', 0);
    out->count = 0;
    out->left_out = false;
    out->map_key = span_of(NULL, 0);
    if (leniency_has(lenient, LENIENCY_QUERY_MAPS) && bracket < key.len && key.data[key.len - 1] == ']') {
        out->map_key = span_of(key.data + bracket + 1, key.len - bracket - 2);
        key.len = bracket;
    }
    for (size_t at = 0; at <= key.len;) {
        size_t end = span_index_of(key, '.', at);
        const struct schema_field *field =
            message ? schema_field_by_json_name(message, span_of(key.data + at, end - at)) : NULL;
        *why = "no such field";
        if (!field || field->extension) /* http.proto: a field path is made of identifiers */
            return false;
        *why = "the field path is too deep";
        if (out->count == QUERY_MAX_DEPTH)
            return false;
        fields[out->count++] = field;
        at = end + 1;
        *why = "a field path goes through no repeated field and no map";
        if ((field->map && !(out->map_key.data && at > key.len)) || (field->repeated && at <= key.len))
            return false;
        message = field->message;
    }
    *why = "only a map is followed by a key in brackets";
    if (out->map_key.data && !fields[out->count - 1]->map)
        return false;
    out->fields = arena_alloc(arena, out->count * sizeof *fields);
    *why = "out of memory";
    if (!out->fields)
        return false;
    memcpy(out->fields, fields, out->count * sizeof *fields);
    return true;
}

static enum transcode_result bad_parameter(struct span key, const char *why, struct err *err)
{
    char name[ESCAPE_QUOTE_MAX];
    err_set(err, ERR_RANGE, "query parameter %s: %s", escape_quote(key, name), why);
    return TRANSCODE_BAD_REQUEST;
}

/* Resolves all parameters; those that name nothing bindable are refused or left out. */
static enum transcode_result resolve_parameters(const struct router_binding *binding, const struct query *query,
                                                struct leniency_set lenient, struct parameter *parameters,
                                                size_t *count, struct arena *arena, struct err *err)
{
    bool beside_body = leniency_has(lenient, LENIENCY_QUERY_BESIDE_BODY);
    *count = 0;
    for (size_t i = 0; i < query->count; i++) {
        struct parameter *parameter = &parameters[*count];
        const char *why;
        parameter->item = &query->items[i];
        if (leniency_has(lenient, LENIENCY_VALUELESS_QUERY) &&
            (!parameter->item->value.data || parameter->item->key.len == 0))
            continue;
        bool known = resolve_key(parameter, query->items[i].key, binding->method->input, lenient, arena, &why);
        if (known && binding->body_all && !beside_body) {
            known = false;
            why = "every field that the path does not bind is in the body";
        } else if (known && binding->body_field == parameter->fields[0] && !beside_body) {
            known = false;
            why = "this field is in the body";
        }
        if (!known && !leniency_has(lenient, LENIENCY_UNKNOWN_QUERY))
            return bad_parameter(query->items[i].key, why, err);
        *count += known;
    }
    return TRANSCODE_OK;
}

/* Room for all, and what the path binds unless the query may bind it again. */
static bool bound_set_fill(struct bound_set *set, const struct router_binding *binding, struct leniency_set lenient,
                           const struct parameter *parameters, size_t count, struct arena *arena)
{
    size_t variables = leniency_has(lenient, LENIENCY_QUERY_BEATS_PATH) ? 0 : binding->path_template.variable_count;
    size_t entries = 0;
    for (size_t i = 0; i < count; i++)
        entries += 2 * parameters[i].count;
    for (size_t i = 0; i < variables; i++)
        entries += 2 * binding->variable_fields[i].count;
    if (!bound_set_init(set, entries, arena))
        return false;
    for (size_t i = 0; i < variables; i++)
        bind_fields(set, binding->variable_fields[i].fields, binding->variable_fields[i].count, true);
    return true;
}

/* The body's field, when it is a member of a oneof and the message so far has it; else NULL. */
static const struct schema_field *oneof_of_body(const struct router_binding *binding, struct span message)
{
    const struct schema_field *body = binding->body_field;
    struct wire_reader reader;
    struct wire_field field;
    if (!body || body->oneof_index < 0)
        return NULL;
    wire_reader_init(&reader, message);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number == body->number)
            return body;
    }
    return NULL;
}

static enum bind_result bind_parameter(struct bound_set *set, const struct parameter *parameter,
                                       const struct schema_field *body)
{
    if (body && parameter->fields[0] != body && parameter->fields[0]->oneof_index == body->oneof_index)
        return BIND_BODY;
    return bind_fields(set, parameter->fields, parameter->count, false);
}

/* Whether a field is bound twice. With LENIENCY_QUERY_LAST_WINS what comes later goes first, and leaves out the rest.
 */
static enum transcode_result check_parameters(const struct router_binding *binding, struct leniency_set lenient,
                                              struct parameter *parameters, size_t count,
                                              const struct schema_field *body, struct arena *arena, struct err *err)
{
    struct bound_set set;
    bool last_wins = leniency_has(lenient, LENIENCY_QUERY_LAST_WINS);
    if (!bound_set_fill(&set, binding, lenient, parameters, count, arena)) {
        err_set(err, ERR_LIMIT, "query: out of memory");
        return TRANSCODE_INTERNAL;
    }
    for (size_t i = 0; i < count; i++) {
        struct parameter *parameter = &parameters[last_wins ? count - 1 - i : i];
        enum bind_result result = bind_parameter(&set, parameter, last_wins ? NULL : body);
        if (result == BIND_DONE)
            continue;
        if (result == BIND_BY_PATH ? !leniency_has(lenient, LENIENCY_UNKNOWN_QUERY) : !last_wins)
            return bad_parameter(parameter->item->key, bind_texts[result], err);
        parameter->left_out = true;
    }
    return TRANSCODE_OK;
}

static enum transcode_result put_parameters(struct buf *message, struct leniency_set lenient,
                                            const struct parameter *parameters, size_t count, struct arena *arena,
                                            struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct parameter *parameter = &parameters[i];
        const struct query_parameter *item = parameter->item;
        const struct transcode_text value = {.fields = parameter->fields,
                                             .count = parameter->count,
                                             .text = item->value.data ? item->value : span_cstr(""),
                                             .map_key = parameter->map_key};
        if (parameter->left_out || leniency_text_absent(lenient, value.fields[value.count - 1], value.text))
            continue;
        if (transcode_put_field(message, &value, lenient, arena, err) != ERR_OK) {
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
    struct leniency_set lenient = transcode_lenient(options);
    struct query query;
    struct err inner;
    size_t count;
    if (request->query.len == 0)
        return TRANSCODE_OK;
    if (!err)
        err = &inner;
    if (query_parse(&query, request->query, leniency_has(lenient, LENIENCY_PLUS_IS_SPACE), arena, err) != ERR_OK)
        return TRANSCODE_BAD_REQUEST;
    struct parameter *parameters = arena_alloc(arena, query.count * sizeof *parameters);
    if (!parameters) {
        err_set(err, ERR_LIMIT, "query: out of memory");
        return TRANSCODE_INTERNAL;
    }
    const struct router_binding *binding = request->match.binding;
    enum transcode_result result = resolve_parameters(binding, &query, lenient, parameters, &count, arena, err);
    if (result == TRANSCODE_OK && count > 0)
        result = check_parameters(binding, lenient, parameters, count, oneof_of_body(binding, buf_span(message)), arena,
                                  err);
    if (result == TRANSCODE_OK)
        result = put_parameters(message, lenient, parameters, count, arena, err);
    return result;
}
