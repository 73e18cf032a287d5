#include "harness/engine/transcode.h"

#include "harness/base/escape.h"
#include "harness/engine/metadata.h"
#include "harness/engine/query.h"
#include "harness/engine/wire.h"

/* ---- route */

enum transcode_result transcode_route(struct transcode_request *out, const struct router *router, struct span method,
                                      struct span target, struct arena *arena, struct err *err)
{
    size_t mark = span_index_of(target, '?', 0);
    out->path = span_of(target.data, mark);
    out->query = mark < target.len ? span_from(target, mark + 1) : span_of(NULL, 0);
    switch (router_match(router, method, out->path, arena, &out->match)) {
    case ROUTER_MATCHED:
        return TRANSCODE_OK;
    case ROUTER_NOT_FOUND:
        err_set(err, ERR_NOT_FOUND, "no method is bound to this path");
        return TRANSCODE_NOT_FOUND;
    case ROUTER_WRONG_METHOD:
        err_set(err, ERR_NOT_FOUND, "this path is bound to other HTTP methods: %s", out->match.allow);
        return TRANSCODE_WRONG_METHOD;
    case ROUTER_BAD:
        break;
    }
    err_set(err, ERR_LIMIT, "out of memory for the path");
    return TRANSCODE_INTERNAL;
}

static enum transcode_result bad_request(const struct buf *message, enum err_code code)
{
    return message->failed || code == ERR_NO_MEMORY ? TRANSCODE_INTERNAL : TRANSCODE_BAD_REQUEST;
}

/* ---- body */

static bool put_http_body(struct buf *out, struct span content_type, struct span data)
{
    bool ok = true;
    if (content_type.len > 0)
        ok = wire_put_tag(out, 1, WIRE_LEN) && wire_put_bytes(out, content_type);
    if (data.len > 0)
        ok = ok && wire_put_tag(out, 2, WIRE_LEN) && wire_put_bytes(out, data);
    return ok;
}

static enum transcode_result raw_body(const struct schema_field *field, struct buf *message, struct span content_type,
                                      struct span body, struct err *err)
{
    if (!escape_utf8_valid(content_type)) {
        err_set(err, ERR_RANGE, "the content type is not valid UTF-8");
        return TRANSCODE_BAD_REQUEST;
    }
    bool ok = true;
    if (field && (body.len > 0 || content_type.len > 0)) {
        ok = wire_put_tag(message, field->number, WIRE_LEN);
        size_t at = wire_len_begin(message);
        ok = put_http_body(message, content_type, body) && ok;
        ok = wire_len_end(message, at) && ok;
    } else if (!field) {
        ok = put_http_body(message, content_type, body);
    }
    if (!ok)
        err_set(err, ERR_LIMIT, "the request message is too large");
    return ok ? TRANSCODE_OK : TRANSCODE_INTERNAL;
}

enum transcode_result transcode_body(const struct transcode_request *request, struct buf *message,
                                     struct span content_type, struct span body,
                                     const struct transcode_options *options, struct arena *arena, struct err *err)
{
    const struct router_binding *binding = request->match.binding;
    const struct schema_field *field = binding->body_field;
    enum err_code code = ERR_OK;
    if (!binding->body_all && !field) {
        if (body.len == 0)
            return TRANSCODE_OK;
        err_set(err, ERR_RANGE, "this method takes no request body");
        return TRANSCODE_BAD_REQUEST;
    }
    const struct schema_message *raw = field ? field->message : binding->method->input;
    if (raw && raw->well_known == SCHEMA_WKT_HTTP_BODY && !(field && field->repeated))
        return raw_body(field, message, content_type, body, err);
    if (body.len == 0)
        return TRANSCODE_OK;
    if (field)
        code = json_to_proto_field(message, field, body, &options->json, arena, err);
    else
        code = json_to_proto(message, binding->method->input, body, &options->json, arena, err);
    if (code == ERR_OK)
        return TRANSCODE_OK;
    err_prefix(err, "request body");
    return bad_request(message, code);
}

/* ---- fields of the path and of the query */

/* Writes the field at the end of a field path, inside messages made for the fields before it. Occurrences of one
 * sub-message are merged by whoever parses them. `explicit_zero`: the value is on the wire even when it is the default,
 * so that it replaces one written before. */
static enum err_code put_field(struct buf *message, const struct schema_field *const *fields, size_t count,
                               struct span text, bool explicit_zero, struct arena *arena, struct err *err)
{
    size_t starts[QUERY_MAX_DEPTH];
    const struct schema_field *leaf = fields[count - 1];
    for (size_t i = 0; i + 1 < count; i++) {
        bool group = fields[i]->type == SCHEMA_GROUP;
        wire_put_tag(message, fields[i]->number, group ? WIRE_GROUP_BEGIN : WIRE_LEN);
        starts[i] = group ? 0 : wire_len_begin(message);
    }
    size_t before = message->len;
    enum err_code code = json_text_to_proto_field(message, leaf, text, arena, err);
    if (code != ERR_OK)
        return code;
    if (explicit_zero && message->len == before && !leaf->message) {
        bool eight = leaf->type == SCHEMA_DOUBLE || leaf->type == SCHEMA_FIXED64 || leaf->type == SCHEMA_SFIXED64;
        bool four = leaf->type == SCHEMA_FLOAT || leaf->type == SCHEMA_FIXED32 || leaf->type == SCHEMA_SFIXED32;
        bool len = leaf->type == SCHEMA_STRING || leaf->type == SCHEMA_BYTES;
        wire_put_tag(message, leaf->number, eight ? WIRE_FIXED64 : four ? WIRE_FIXED32 : len ? WIRE_LEN : WIRE_VARINT);
        static const uint8_t zero[8];
        buf_append(message, zero, eight ? 8 : four ? 4 : 1);
    }
    for (size_t i = count - 1; i > 0; i--) {
        if (fields[i - 1]->type == SCHEMA_GROUP)
            wire_put_tag(message, fields[i - 1]->number, WIRE_GROUP_END);
        else
            wire_len_end(message, starts[i - 1]);
    }
    return message->failed ? err_set(err, ERR_LIMIT, "the request message is too large") : ERR_OK;
}

enum transcode_result transcode_path(const struct transcode_request *request, struct buf *message, struct arena *arena,
                                     struct err *err)
{
    const struct router_match *match = &request->match;
    if (match->malformed_percent) {
        err_set(err, ERR_SYNTAX, "path: malformed percent-encoding");
        return TRANSCODE_BAD_REQUEST;
    }
    for (size_t i = 0; i < match->capture_count; i++) {
        const struct router_field_path *path = &match->binding->variable_fields[i];
        enum err_code code = put_field(message, path->fields, path->count, match->captures[i].value, true, arena, err);
        if (code != ERR_OK) {
            err_prefix(err, "path variable %.*s", SPAN_FMT(match->captures[i].variable->field_path));
            return bad_request(message, code);
        }
    }
    return TRANSCODE_OK;
}

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
        enum err_code code = put_field(message, parameters[i].fields, parameters[i].count, value, false, arena, err);
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

enum transcode_result transcode_request(struct transcode_request *out, struct buf *message, const struct router *router,
                                        struct span method, struct span target, struct span content_type,
                                        struct span body, const struct transcode_options *options, struct arena *arena,
                                        struct err *err)
{
    enum transcode_result result = transcode_route(out, router, method, target, arena, err);
    if (result == TRANSCODE_OK)
        result = transcode_body(out, message, content_type, body, options, arena, err);
    if (result == TRANSCODE_OK)
        result = transcode_query(out, message, options, arena, err);
    if (result == TRANSCODE_OK)
        result = transcode_path(out, message, arena, err);
    return result;
}

/* ---- responses */

static enum err_code malformed(struct err *err)
{
    return err_set(err, ERR_SYNTAX, "the response message is malformed");
}

static enum err_code raw_response(struct buf *out, struct span *content_type, struct span message, struct arena *arena,
                                  struct err *err)
{
    struct wire_reader reader;
    struct wire_field field;
    enum wire_result result;
    struct span type = span_of(NULL, 0);
    struct span data = span_of(NULL, 0);
    wire_reader_init(&reader, message);
    while ((result = wire_next(&reader, &field)) == WIRE_FIELD) {
        if (field.number == 1 && field.type == WIRE_LEN)
            type = field.bytes;
        else if (field.number == 2 && field.type == WIRE_LEN)
            data = field.bytes;
    }
    if (result == WIRE_BAD)
        return malformed(err);
    *content_type = arena_dup(arena, type);
    if (!content_type->data || !buf_append_span(out, data))
        return err_set(err, ERR_LIMIT, "the response is too large");
    return ERR_OK;
}

/* The occurrences of a sub-message one behind the other: the same as merged. */
static enum err_code join_field(struct span *out, uint32_t number, struct span message, struct arena *arena,
                                struct err *err)
{
    struct wire_reader reader;
    struct wire_field field;
    enum wire_result result;
    uint8_t *joined = arena_alloc(arena, message.len + 1);
    size_t len = 0;
    if (!joined)
        return err_set(err, ERR_LIMIT, "the response is too large");
    wire_reader_init(&reader, message);
    while ((result = wire_next(&reader, &field)) == WIRE_FIELD) {
        if (field.number != number || field.type != WIRE_LEN || field.bytes.len == 0)
            continue;
        memcpy(joined + len, field.bytes.data, field.bytes.len);
        len += field.bytes.len;
    }
    *out = span_of(joined, len);
    return result == WIRE_BAD ? malformed(err) : ERR_OK;
}

enum err_code transcode_response(struct buf *out, struct span *content_type, const struct router_binding *binding,
                                 struct span message, const struct transcode_options *options, struct arena *arena,
                                 struct err *err)
{
    const struct schema_field *field = binding->response_body_field;
    const struct schema_message *type = field ? field->message : binding->method->output;
    *content_type = span_of(NULL, 0);
    if (type && type->well_known == SCHEMA_WKT_HTTP_BODY && !(field && field->repeated)) {
        enum err_code code = field ? join_field(&message, field->number, message, arena, err) : ERR_OK;
        return code == ERR_OK ? raw_response(out, content_type, message, arena, err) : code;
    }
    if (field)
        return proto_to_json_field(out, field, message, &options->json, arena, err);
    return proto_to_json(out, binding->method->output, message, &options->json, arena, err);
}

/* ---- errors */

/* A message with a JSON form of its own stands as "value" beside "@type". */
static bool special_json(const struct schema_message *type)
{
    return type->well_known != SCHEMA_WKT_NONE && type->well_known != SCHEMA_WKT_HTTP_BODY;
}

static bool put_known_detail(struct buf *out, const struct schema_message *type, struct span value, struct arena *arena)
{
    static const struct json_map_options options;
    size_t at = out->len;
    if (special_json(type)) {
        buf_append_cstr(out, ",\"value\":");
        return proto_to_json(out, type, value, &options, arena, NULL) == ERR_OK && buf_append_byte(out, '}');
    }
    if (proto_to_json(out, type, value, &options, arena, NULL) != ERR_OK)
        return false;
    if (out->len == at + 2) { /* {} */
        out->len = at;
        return buf_append_byte(out, '}');
    }
    out->data[at] = ',';
    return true;
}

static void put_detail(struct buf *out, struct span any, const struct schema *schema, struct arena *arena)
{
    struct wire_reader reader;
    struct wire_field field;
    struct span url = span_of(NULL, 0);
    struct span value = span_of(NULL, 0);
    wire_reader_init(&reader, any);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number == 1 && field.type == WIRE_LEN)
            url = field.bytes;
        else if (field.number == 2 && field.type == WIRE_LEN)
            value = field.bytes;
    }
    buf_append_cstr(out, "{\"@type\":");
    escape_json(out, url);
    size_t slash = url.len;
    while (slash > 0 && url.data[slash - 1] != '/')
        slash--;
    const struct schema_message *type = schema ? schema_message_find(schema, span_from(url, slash)) : NULL;
    size_t at = out->len;
    if (out->failed || (type && put_known_detail(out, type, value, arena)))
        return;
    if (!out->failed)
        out->len = at;
    buf_append_cstr(out, ",\"value\":\"");
    base64_encode(out, value, true);
    buf_append_cstr(out, "\"}");
}

static bool details_valid(struct span details)
{
    struct wire_reader reader;
    struct wire_field field;
    enum wire_result result;
    wire_reader_init(&reader, details);
    while ((result = wire_next(&reader, &field)) == WIRE_FIELD) {
        struct wire_reader inner;
        struct wire_field inner_field;
        enum wire_result inner_result;
        if (field.number != 3)
            continue;
        if (field.type != WIRE_LEN)
            return false;
        wire_reader_init(&inner, field.bytes);
        while ((inner_result = wire_next(&inner, &inner_field)) == WIRE_FIELD)
            ;
        if (inner_result == WIRE_BAD)
            return false;
    }
    return result == WIRE_END;
}

bool transcode_error(struct buf *out, uint32_t code, struct span message, struct span details_bin,
                     const struct schema *schema, struct arena *arena)
{
    buf_printf(out, "{\"code\":%u,\"message\":", (unsigned)code);
    escape_json(out, message);
    buf_append_cstr(out, ",\"details\":[");
    if (details_valid(details_bin)) {
        struct wire_reader reader;
        struct wire_field field;
        bool first = true;
        wire_reader_init(&reader, details_bin);
        while (wire_next(&reader, &field) == WIRE_FIELD) {
            if (field.number != 3)
                continue;
            if (!first)
                buf_append_byte(out, ',');
            put_detail(out, field.bytes, schema, arena);
            first = false;
        }
    }
    return buf_append_cstr(out, "]}");
}
