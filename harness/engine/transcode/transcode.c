/* Makes the request message of an HTTP request: route, path, query, body, mask. */
#include "harness/engine/transcode/transcode.h"

#include "harness/base/escape.h"
#include "harness/engine/protojson/leniency_text.h"
#include "harness/engine/transcode/field.h"
#include "harness/engine/proto/wire.h"

struct leniency_set transcode_lenient(const struct transcode_options *options)
{
    struct leniency_set set = options->json.lenient;
    if (options->json.ignore_unknown_fields)
        leniency_add(&set, LENIENCY_UNKNOWN_FIELDS);
    if (options->query_plus_is_space)
        leniency_add(&set, LENIENCY_PLUS_IS_SPACE);
    if (options->ignore_unknown_query)
        leniency_add(&set, LENIENCY_UNKNOWN_QUERY);
    return set;
}

/* ---- route */

enum transcode_result transcode_route(struct transcode_request *out, const struct router *router,
                                      struct leniency_set lenient, struct span method, struct span target,
                                      struct arena *arena, struct err *err)
{
    out->lenient = lenient;
    size_t mark = span_index_of(target, '?', 0);
    out->path = span_of(target.data, mark);
    out->query = mark < target.len ? span_from(target, mark + 1) : span_of(NULL, 0);
    switch (router_match(router, lenient, method, out->path, arena, &out->match)) {
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

enum transcode_result transcode_bad(const struct buf *message, enum err_code code)
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

bool transcode_body_is_raw(const struct router_binding *binding)
{
    const struct schema_field *field = binding->body_field;
    const struct schema_message *type = field ? field->message : binding->body_all ? binding->method->input : NULL;
    return type && type->well_known == SCHEMA_WKT_HTTP_BODY && !(field && field->repeated);
}

static bool is_form(struct span content_type)
{
    struct span type = span_of(content_type.data, span_index_of(content_type, ';', 0));
    return span_equal_nocase(span_trim_end(type, " "), span_cstr("application/x-www-form-urlencoded"));
}

/* WHATWG URL section 5.1: as a query, with plus for a blank. */
static enum transcode_result form_body(const struct transcode_request *request, struct buf *message, struct span body,
                                       const struct transcode_options *options, struct arena *arena, struct err *err)
{
    struct transcode_request form = *request;
    struct transcode_options beside = *options;
    form.query = body;
    leniency_add(&beside.json.lenient, LENIENCY_PLUS_IS_SPACE);
    leniency_add(&beside.json.lenient, LENIENCY_QUERY_BESIDE_BODY);
    enum transcode_result result = transcode_query(&form, message, &beside, arena, err);
    if (result != TRANSCODE_OK)
        err_prefix(err, "request body");
    return result;
}

enum transcode_result transcode_body(const struct transcode_request *request, struct buf *message,
                                     struct span content_type, struct span body,
                                     const struct transcode_options *options, struct arena *arena, struct err *err)
{
    const struct router_binding *binding = request->match.binding;
    const struct schema_field *field = binding->body_field;
    enum err_code code = ERR_OK;
    if (!binding->body_all && !field) {
        if (body.len == 0 || leniency_has(transcode_lenient(options), LENIENCY_UNEXPECTED_BODY))
            return TRANSCODE_OK;
        err_set(err, ERR_RANGE, "this method takes no request body");
        return TRANSCODE_BAD_REQUEST;
    }
    if (transcode_body_is_raw(binding))
        return raw_body(field, message, content_type, body, err);
    if (body.len == 0)
        return TRANSCODE_OK;
    if (!field && is_form(content_type) && leniency_has(transcode_lenient(options), LENIENCY_FORM_BODY))
        return form_body(request, message, body, options, arena, err);
    if (field)
        code = json_to_proto_field(message, field, body, &options->json, arena, err);
    else
        code = json_to_proto(message, binding->method->input, body, &options->json, arena, err);
    if (code == ERR_OK)
        return TRANSCODE_OK;
    err_prefix(err, "request body");
    return transcode_bad(message, code);
}

/* ---- fields of the path and of the query */

/* A map entry: its key and its value are fields 1 and 2. */
static enum err_code put_entry(struct buf *message, const struct transcode_text *value, struct arena *arena,
                               struct err *err)
{
    const struct schema_field *map = value->fields[value->count - 1];
    wire_put_tag(message, map->number, WIRE_LEN);
    size_t at = wire_len_begin(message);
    enum err_code code = url_text_to_proto_field(message, &map->message->fields[0], value->map_key, arena, err);
    if (code == ERR_OK)
        code = url_text_to_proto_field(message, &map->message->fields[1], value->text, arena, err);
    wire_len_end(message, at);
    return code;
}

static bool is_json_only(const struct schema_field *field)
{
    enum schema_well_known kind = field->message ? field->message->well_known : SCHEMA_WKT_NONE;
    return !field->repeated && (kind == SCHEMA_WKT_STRUCT || kind == SCHEMA_WKT_VALUE || kind == SCHEMA_WKT_LIST_VALUE);
}

/* An occurrence of the field in which everything has its default. Occurrences of one message field are merged, and what
 * the value itself leaves out must not stay from one that is there already: path beats body. The paths of field masks
 * add up all the same. */
static void put_defaults(struct buf *message, const struct schema_field *field)
{
    const struct schema_message *type = field->message;
    wire_put_tag(message, field->number, WIRE_LEN);
    size_t at = wire_len_begin(message);
    for (size_t i = 0; i < type->field_count; i++) {
        enum wire_type wire = (enum wire_type)type->fields[i].wire_type;
        wire_put_tag(message, type->fields[i].number, wire);
        if (wire == WIRE_FIXED64)
            wire_put_fixed64(message, 0);
        else if (wire == WIRE_FIXED32)
            wire_put_fixed32(message, 0);
        else
            wire_put_varint(message, 0); /* also the length of a string */
    }
    wire_len_end(message, at);
}

static bool has_defaults(const struct schema_field *field)
{
    enum schema_well_known kind = field->message ? field->message->well_known : SCHEMA_WKT_NONE;
    return !field->repeated &&
           (kind == SCHEMA_WKT_TIMESTAMP || kind == SCHEMA_WKT_DURATION || kind == SCHEMA_WKT_WRAPPER);
}

/* The field itself: strictly first, and then as a leniency would have it. */
static enum err_code put_leaf(struct buf *message, const struct transcode_text *value, struct leniency_set lenient,
                              struct arena *arena, struct err *err)
{
    const struct schema_field *leaf = value->fields[value->count - 1];
    if (value->map_key.data)
        return put_entry(message, value, arena, err);
    if (leniency_has(lenient, LENIENCY_QUERY_JSON) && is_json_only(leaf)) {
        const struct protojson_options options = {.lenient = lenient};
        return json_to_proto_field(message, leaf, value->text, &options, arena, err);
    }
    enum err_code code = url_text_to_proto_field(message, leaf, value->text, arena, err);
    if (code != ERR_RANGE || lenient.bits == 0)
        return code;
    struct span text = leniency_text_url(lenient, leaf, value->text, arena);
    return text.data ? url_text_to_proto_field(message, leaf, text, arena, err) : code;
}

enum err_code transcode_put_field(struct buf *message, const struct transcode_text *value, struct leniency_set lenient,
                                  struct arena *arena, struct err *err)
{
    size_t starts[QUERY_MAX_DEPTH];
    const struct schema_field *const *fields = value->fields;
    bool replaces = message->len > 0 && has_defaults(fields[value->count - 1]);
    for (size_t i = 0; i + 1 < value->count; i++) {
        bool group = fields[i]->type == SCHEMA_GROUP;
        wire_put_tag(message, fields[i]->number, group ? WIRE_GROUP_BEGIN : WIRE_LEN);
        starts[i] = group ? 0 : wire_len_begin(message);
    }
    if (replaces)
        put_defaults(message, fields[value->count - 1]);
    enum err_code code = put_leaf(message, value, lenient, arena, err);
    if (code != ERR_OK)
        return code;
    for (size_t i = value->count - 1; i > 0; i--) {
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
    if (match->malformed_percent && !leniency_has(request->lenient, LENIENCY_MALFORMED_PERCENT)) {
        err_set(err, ERR_SYNTAX, "path: malformed percent-encoding");
        return TRANSCODE_BAD_REQUEST;
    }
    for (size_t i = 0; i < match->capture_count; i++) {
        const struct router_field_path *path = &match->binding->variable_fields[i];
        const struct transcode_text value = {
            .fields = path->fields, .count = path->count, .text = match->captures[i].value};
        enum err_code code = transcode_put_field(message, &value, request->lenient, arena, err);
        if (code != ERR_OK) {
            err_prefix(err, "path variable %.*s", SPAN_FMT(match->captures[i].variable->field_path));
            return transcode_bad(message, code);
        }
    }
    return TRANSCODE_OK;
}

static enum transcode_result check_required(const struct transcode_request *request, struct span wire,
                                            struct arena *arena, struct err *err)
{
    enum err_code code = protojson_check_required(request->match.binding->method->input, wire, arena, err);
    if (code == ERR_OK)
        return TRANSCODE_OK;
    err_prefix(err, "request message");
    return code == ERR_RANGE ? TRANSCODE_BAD_REQUEST : TRANSCODE_INTERNAL;
}

/* What is written later counts: so the path comes last, unless a leniency wants it before. */
enum transcode_result transcode_stream_message(const struct transcode_request *request, struct buf *message, bool first,
                                               struct span content_type, struct span body,
                                               const struct transcode_options *options, struct arena *arena,
                                               struct err *err)
{
    struct leniency_set lenient = transcode_lenient(options);
    bool path_first = leniency_has(lenient, LENIENCY_BODY_BEATS_PATH);
    bool query_last = leniency_has(lenient, LENIENCY_QUERY_BEATS_PATH);
    size_t from = message->len;
    enum transcode_result result = TRANSCODE_OK;
    struct transcode_options of_body = *options;
    if (!first)
        return transcode_body(request, message, span_of(NULL, 0), body, options, arena, err);
    if (path_first)
        result = transcode_path(request, message, arena, err);
    of_body.json.write_defaults = of_body.json.write_defaults || path_first; /* they, too, are to count */
    of_body.json.partial = true;                                             /* the path may have what is required */
    if (result == TRANSCODE_OK)
        result = transcode_body(request, message, content_type, body, &of_body, arena, err);
    if (result == TRANSCODE_OK && query_last && !path_first)
        result = transcode_path(request, message, arena, err);
    if (result == TRANSCODE_OK)
        result = transcode_query(request, message, options, arena, err);
    if (result == TRANSCODE_OK && !query_last && !path_first)
        result = transcode_path(request, message, arena, err);
    if (result == TRANSCODE_OK && leniency_has(lenient, LENIENCY_PATCH_MASK))
        result = transcode_mask(request->match.binding, message, from, body, lenient, arena, err);
    if (result == TRANSCODE_OK && !protojson_is_partial(&options->json))
        result = check_required(request, span_from(buf_span(message), from), arena, err);
    return result;
}

enum transcode_result transcode_request(struct transcode_request *out, struct buf *message, const struct router *router,
                                        struct span method, struct span target, struct span content_type,
                                        struct span body, const struct transcode_options *options, struct arena *arena,
                                        struct err *err)
{
    enum transcode_result result = transcode_route(out, router, transcode_lenient(options), method, target, arena, err);
    if (result == TRANSCODE_OK)
        result = transcode_stream_message(out, message, true, content_type, body, options, arena, err);
    return result;
}
