/* Turns a response message, or an error, into what HTTP carries. */
#include "harness/base/escape.h"
#include "harness/base/base64.h"
#include "harness/engine/transcode/transcode.h"
#include "harness/engine/proto/wire.h"

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
    for (size_t i = 0; i < type.len; i++) {
        if ((type.data[i] < 0x20 && type.data[i] != '\t') || type.data[i] == 0x7f)
            return err_set(err, ERR_RANGE, "the content type of the response holds a control byte");
    }
    if (!escape_utf8_valid(type))
        return err_set(err, ERR_RANGE, "the content type of the response is not valid UTF-8");
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
    static const struct protojson_options options;
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
    const struct schema_message *type = schema ? schema_message_find(schema, schema_url_name(url)) : NULL;
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
