#include "harness/engine/transcode.h"

#include "harness/base/escape.h"
#include "harness/engine/transcode_field.h"
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
    return transcode_bad(message, code);
}

/* ---- fields of the path and of the query */

enum err_code transcode_put_field(struct buf *message, const struct schema_field *const *fields, size_t count,
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
        enum err_code code =
            transcode_put_field(message, path->fields, path->count, match->captures[i].value, true, arena, err);
        if (code != ERR_OK) {
            err_prefix(err, "path variable %.*s", SPAN_FMT(match->captures[i].variable->field_path));
            return transcode_bad(message, code);
        }
    }
    return TRANSCODE_OK;
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
