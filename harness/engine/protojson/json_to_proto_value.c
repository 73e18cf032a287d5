/* Scalars of ProtoJSON: from JSON tokens, from map keys, and from text of a URL. */
#include <stdio.h>

#include "harness/base/escape.h"
#include "harness/engine/protojson/input.h"
#include "harness/engine/protojson/scalar.h"
#include "harness/engine/protojson/leniency_text.h"
#include "harness/base/base64.h"
#include "harness/engine/protojson/well_known.h"

/* What a number of this type must be, for an error. */
static const char *number_expected(char text[64], enum schema_type type, enum number_result result)
{
    const char *name = json_scalar_type_name(type);
    if (result == NUMBER_FRACTION)
        snprintf(text, 64, "%s without a fraction", name);
    else if (result == NUMBER_RANGE)
        snprintf(text, 64, "%s within its range", name);
    else
        snprintf(text, 64, "%s", name);
    return text;
}

static bool is_floating(enum schema_type type)
{
    return type == SCHEMA_DOUBLE || type == SCHEMA_FLOAT;
}

static enum err_code number_read(struct json_input *input, const struct schema_field *field, enum json_token token,
                                 const struct json_path *path)
{
    struct span text;
    char expected[64];
    if (token != JSON_NUMBER && token != JSON_STRING)
        return json_input_mismatch(input, path, json_scalar_type_name(field->type), token);
    if (token == JSON_NUMBER)
        text = input->reader.text;
    else if (!json_input_text(input, &text))
        return json_input_full(input, path);
    bool named = token == JSON_STRING && is_floating(field->type);
    enum number_result result = json_scalar_put_number(input->out, field->type, text, named);
    if (result == NUMBER_OK)
        return ERR_OK;
    return json_input_bad_text(input, path, number_expected(expected, field->type, result), token);
}

static enum err_code string_read(struct json_input *input, enum json_token token, const struct json_path *path)
{
    if (token != JSON_STRING && token != JSON_KEY)
        return json_input_mismatch(input, path, "a string", token);
    if (!input->reader.escaped) {
        wire_put_bytes(input->out, input->reader.text);
        return ERR_OK;
    }
    size_t body = wire_len_begin(input->out);
    json_string_decode(input->out, input->reader.text);
    wire_len_end(input->out, body);
    return ERR_OK;
}

/* false when the text is not base64 (a full buffer shows as such). */
static bool bytes_put(struct buf *out, struct span text)
{
    size_t body = wire_len_begin(out);
    bool ok = base64_decode(out, text);
    wire_len_end(out, body);
    return ok || out->failed;
}

static enum err_code bytes_read(struct json_input *input, enum json_token token, const struct json_path *path)
{
    struct span text;
    if (token != JSON_STRING)
        return json_input_mismatch(input, path, "a base64 string", token);
    if (!json_input_text(input, &text))
        return json_input_full(input, path);
    return bytes_put(input->out, text) ? ERR_OK : json_input_bad_text(input, path, "base64", token);
}

#define ENUM_EXPECTED_MAX 128

static const char *enum_expected(char expected[ENUM_EXPECTED_MAX], const struct schema_enum *enumeration)
{
    int shown = (int)(enumeration->name.len < 96 ? enumeration->name.len : 96);
    snprintf(expected, ENUM_EXPECTED_MAX, "a value of %.*s", shown, (const char *)enumeration->name.data);
    return expected;
}

static enum err_code enum_number_put(struct json_input *input, const struct schema_enum *enumeration,
                                     enum json_token token, const struct json_path *path)
{
    int64_t number;
    if (number_parse_int64(input->reader.text, &number) != NUMBER_OK || number < INT32_MIN || number > INT32_MAX)
        return json_input_bad_text(input, path, "the number of an enum value (an int32)", token);
    if (enumeration->closed && !schema_enum_by_number(enumeration, (int32_t)number))
        return json_input_bad_text(input, path, "a declared value of a closed enum", token);
    json_scalar_put_enum(input->out, (int32_t)number);
    return ERR_OK;
}

static enum err_code enum_read(struct json_input *input, const struct schema_enum *enumeration, enum json_token token,
                               const struct json_path *path, bool *dropped)
{
    struct span name;
    if (token == JSON_NULL && enumeration->null_value) {
        json_scalar_put_enum(input->out, 0);
        return ERR_OK;
    }
    if (token == JSON_NUMBER)
        return enum_number_put(input, enumeration, token, path);
    if (token != JSON_STRING)
        return json_input_mismatch(input, path, "an enum value", token);
    if (!json_input_text(input, &name))
        return json_input_full(input, path);
    const struct schema_enum_value *value = schema_enum_by_name(enumeration, name);
    if (value) {
        json_scalar_put_enum(input->out, value->number);
        return ERR_OK;
    }
    if (input->options->ignore_unknown_fields && input->options->lenient.bits == 0) {
        *dropped = true;
        return ERR_OK;
    }
    char expected[ENUM_EXPECTED_MAX];
    return json_input_bad_text(input, path, enum_expected(expected, enumeration), token);
}

static enum err_code scalar_read(struct json_input *input, const struct schema_field *field, enum json_token token,
                                 const struct json_path *path, bool *dropped)
{
    switch (field->type) {
    case SCHEMA_BOOL:
        if (token != JSON_TRUE && token != JSON_FALSE)
            return json_input_mismatch(input, path, "true or false", token);
        wire_put_varint(input->out, token == JSON_TRUE);
        return ERR_OK;
    case SCHEMA_STRING:
        return string_read(input, token, path);
    case SCHEMA_BYTES:
        return bytes_read(input, token, path);
    case SCHEMA_ENUM:
        return enum_read(input, field->enumeration, token, path, dropped);
    default:
        return number_read(input, field, token, path);
    }
}

enum err_code json_input_scalar(struct json_input *input, const struct schema_field *field, enum json_token token,
                                const struct json_path *path, bool *dropped)
{
    size_t begin = input->out->len;
    enum err_code code = scalar_read(input, field, token, path, dropped);
    if (code != ERR_RANGE || input->options->lenient.bits == 0)
        return code;
    json_input_truncate(input, begin);
    return json_input_lenient_scalar(input, field, token, dropped) ? ERR_OK : code;
}

/* A key is the decimal text of an integer: 1.0 and 1e0 are for values. */
static enum number_result key_number(struct json_input *input, enum schema_type type, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '.' || (text.data[i] | 0x20) == 'e')
            return NUMBER_SYNTAX;
    }
    return json_scalar_put_number(input->out, type, text, false);
}

enum err_code json_input_map_key(struct json_input *input, const struct schema_field *field,
                                 const struct json_path *path)
{
    struct span text;
    char expected[64];
    if (field->type == SCHEMA_STRING)
        return string_read(input, JSON_KEY, path);
    if (!json_input_text(input, &text))
        return json_input_full(input, path);
    if (field->type == SCHEMA_BOOL) {
        if (!span_is(text, "true") && !span_is(text, "false"))
            return json_input_bad_text(input, path, "true or false", JSON_KEY);
        wire_put_varint(input->out, text.len == 4);
        return ERR_OK;
    }
    enum number_result result = key_number(input, field->type, text);
    if (result == NUMBER_SYNTAX && input->options->lenient.bits != 0) {
        struct span plain = leniency_text_number(input->options->lenient, text, input->arena);
        result = plain.data ? key_number(input, field->type, plain) : result;
    }
    if (result == NUMBER_OK)
        return ERR_OK;
    return json_input_bad_text(input, path, number_expected(expected, field->type, result), JSON_KEY);
}

/* ---- text of a URL */

/* Which parameter or variable it is the caller knows: a field path, of which the field here is but the end. */
static enum err_code text_err(struct err *err, const char *expected, struct span text)
{
    char quoted[ESCAPE_QUOTE_MAX];
    return err_set(err, ERR_RANGE, "expected %s, found %s", expected, escape_quote(text, quoted));
}

static enum err_code text_enum(struct buf *out, const struct schema_field *field, struct span text, struct err *err)
{
    const struct schema_enum *enumeration = field->enumeration;
    const struct schema_enum_value *value = schema_enum_by_name(enumeration, text);
    char expected[ENUM_EXPECTED_MAX];
    int64_t number;
    if (value) {
        json_scalar_put_enum(out, value->number);
        return ERR_OK;
    }
    if (number_parse_int64(text, &number) != NUMBER_OK || number < INT32_MIN || number > INT32_MAX ||
        (enumeration->closed && !schema_enum_by_number(enumeration, (int32_t)number)))
        return text_err(err, enum_expected(expected, enumeration), text);
    json_scalar_put_enum(out, (int32_t)number);
    return ERR_OK;
}

/* The wire value of a scalar from its bare text. */
static enum err_code text_scalar(struct buf *out, const struct schema_field *field, struct span text, struct err *err)
{
    char expected[64];
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
        return bytes_put(out, text) ? ERR_OK : text_err(err, "base64", text);
    case SCHEMA_ENUM:
        return text_enum(out, field, text, err);
    default:
        result = json_scalar_put_number(out, field->type, text, is_floating(field->type));
        return result == NUMBER_OK ? ERR_OK : text_err(err, number_expected(expected, field->type, result), text);
    }
}

bool json_input_put_moment(struct buf *out, int64_t seconds, int32_t nanos)
{
    if (seconds != 0) {
        wire_put_tag(out, 1, WIRE_VARINT);
        wire_put_varint(out, (uint64_t)seconds);
    }
    if (nanos != 0) {
        wire_put_tag(out, 2, WIRE_VARINT);
        wire_put_varint(out, (uint64_t)(int64_t)nanos);
    }
    return !out->failed;
}

bool json_input_put_mask(struct buf *out, struct span text)
{
    size_t at = 0;
    while (text.len > 0 && at <= text.len) {
        size_t comma = span_index_of(text, ',', at);
        wire_put_tag(out, 1, WIRE_LEN);
        size_t body = wire_len_begin(out);
        if (!well_known_mask_path_parse(out, span_of(text.data + at, comma - at)))
            return out->failed;
        wire_len_end(out, body);
        at = comma + 1;
    }
    return true;
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
        json_input_put_moment(out, seconds, nanos);
        return ERR_OK;
    case SCHEMA_WKT_DURATION:
        if (!well_known_duration_parse(text, &seconds, &nanos))
            return text_err(err, "a duration (as 1.5s)", text);
        json_input_put_moment(out, seconds, nanos);
        return ERR_OK;
    case SCHEMA_WKT_FIELD_MASK:
        return json_input_put_mask(out, text) ? ERR_OK : text_err(err, "a field mask", text);
    default:
        return text_err(err, "a field path that goes on into the message", text);
    }
}

enum err_code json_text_to_proto_field(struct buf *out, const struct schema_field *field, struct span text,
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
