/* Text of a URL, which is not JSON, as the value of a field. */
#include "harness/base/escape.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/engine/protojson/scalar.h"
#include "harness/engine/protojson/well_known.h"

/* The error does not say where the text stands: the caller knows the parameter or variable, of whose field path the
 * field here is only the end. */
static enum err_code text_err(struct err *err, const char *expected, struct span text)
{
    char quoted[ESCAPE_QUOTE_MAX];
    return err_set(err, ERR_RANGE, "expected %s, found %s", expected, escape_quote(text, quoted));
}

static enum err_code text_enum(struct buf *out, const struct schema_field *field, struct span text, struct err *err)
{
    const struct schema_enum *enumeration = field->enumeration;
    const struct schema_enum_value *value = schema_enum_by_name(enumeration, text);
    char expected[JSON_SCALAR_EXPECTED_MAX];
    int64_t number;
    if (value) {
        json_scalar_put_enum(out, value->number);
        return ERR_OK;
    }
    if (number_parse_int64(text, &number) != NUMBER_OK || number < INT32_MIN || number > INT32_MAX ||
        (enumeration->closed && !schema_enum_by_number(enumeration, (int32_t)number)))
        return text_err(err, json_scalar_enum_expected(expected, enumeration), text);
    json_scalar_put_enum(out, (int32_t)number);
    return ERR_OK;
}

/* The wire value of a scalar from its bare text. */
static enum err_code text_scalar(struct buf *out, const struct schema_field *field, struct span text, struct err *err)
{
    char expected[JSON_SCALAR_EXPECTED_MAX];
    enum number_result result;
    switch (field->type) {
    case SCHEMA_BOOL:
        if (!span_is(text, "true") && !span_is(text, "false"))
            return text_err(err, "true or false", text);
        wire_put_varint(out, text.len == 4);
        return ERR_OK;
    case SCHEMA_STRING:
        if (!escape_utf8_valid(text))
            return text_err(err, "valid UTF-8", text);
        wire_put_bytes(out, text);
        return ERR_OK;
    case SCHEMA_BYTES:
        return json_scalar_put_base64(out, text) ? ERR_OK : text_err(err, "base64", text);
    case SCHEMA_ENUM:
        return text_enum(out, field, text, err);
    default:
        result = json_scalar_put_number(out, field->type, text, json_scalar_is_floating(field->type));
        return result == NUMBER_OK ? ERR_OK
                                   : text_err(err, json_scalar_number_expected(expected, field->type, result), text);
    }
}

/* The body of a message that ProtoJSON writes as one scalar. */
static enum err_code text_message(struct buf *out, const struct schema_field *field, struct span text, struct err *err)
{
    const struct schema_message *message = field->message;
    int64_t seconds;
    int32_t nanos;
    switch (message->well_known) {
    case SCHEMA_WKT_WRAPPER:
        wire_put_tag(out, 1, schema_wire_type(message->fields[0].type));
        return text_scalar(out, &message->fields[0], text, err);
    case SCHEMA_WKT_TIMESTAMP:
        if (!well_known_timestamp_parse(text, &seconds, &nanos))
            return text_err(err, "a timestamp (RFC 3339)", text);
        well_known_put_moment(out, seconds, nanos);
        return ERR_OK;
    case SCHEMA_WKT_DURATION:
        if (!well_known_duration_parse(text, &seconds, &nanos))
            return text_err(err, "a duration (as 1.5s)", text);
        well_known_put_moment(out, seconds, nanos);
        return ERR_OK;
    case SCHEMA_WKT_FIELD_MASK:
        return well_known_put_mask(out, text) ? ERR_OK : text_err(err, "a field mask", text);
    default:
        return text_err(err, "a field path that goes on into the message", text);
    }
}

enum err_code url_text_to_proto_field(struct buf *out, const struct schema_field *field, struct span text,
                                      struct arena *arena, struct err *err)
{
    (void)arena;
    size_t begin = out->len;
    enum wire_type type = schema_wire_type(field->type);
    bool packed = field->repeated && field->packed && type != WIRE_LEN;
    enum err_code code;
    if (field->map || type == WIRE_GROUP_BEGIN)
        return text_err(err, field->map ? "no text for a map" : "no text for a group", text);
    wire_put_tag(out, field->number, packed ? WIRE_LEN : type);
    if (packed || field->message) {
        size_t body = wire_len_begin(out);
        code = packed ? text_scalar(out, field, text, err) : text_message(out, field, text, err);
        wire_len_end(out, body);
    } else {
        code = text_scalar(out, field, text, err);
    }
    if (code == ERR_OK && out->failed)
        code = err_set(err, ERR_LIMIT, "expected a message of at most %zu bytes, found more", out->max);
    if (code != ERR_OK && begin < out->len) {
        out->len = begin;
        out->data[begin] = '\0';
    }
    return code;
}
