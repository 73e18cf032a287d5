/* The complete way from JSON to wire bytes: scalars and the keys of maps. */
#include "harness/engine/protojson/json_to_proto_complete.h"
#include "harness/engine/protojson/leniency_text.h"
#include "harness/engine/protojson/scalar.h"

static enum err_code number_read(struct json_input *input, const struct schema_field *field, enum json_token token,
                                 const struct json_path *path)
{
    struct span text;
    char expected[JSON_SCALAR_EXPECTED_MAX];
    if (token != JSON_NUMBER && token != JSON_STRING)
        return json_input_mismatch(input, path, json_scalar_type_name(field->type), token);
    if (token == JSON_NUMBER)
        text = input->reader.text;
    else if (!json_input_text(input, &text))
        return json_input_full(input, path);
    bool named = token == JSON_STRING && json_scalar_is_floating(field->type);
    enum number_result result = json_scalar_put_number(input->out, field->type, text, named);
    if (result == NUMBER_OK)
        return ERR_OK;
    return json_input_bad_text(input, path, json_scalar_number_expected(expected, field->type, result), token);
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

static enum err_code bytes_read(struct json_input *input, enum json_token token, const struct json_path *path)
{
    struct span text;
    if (token != JSON_STRING)
        return json_input_mismatch(input, path, "a base64 string", token);
    if (!json_input_text(input, &text))
        return json_input_full(input, path);
    return json_scalar_put_base64(input->out, text) ? ERR_OK : json_input_bad_text(input, path, "base64", token);
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
    char expected[JSON_SCALAR_EXPECTED_MAX];
    return json_input_bad_text(input, path, json_scalar_enum_expected(expected, enumeration), token);
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

enum err_code complete_read_scalar(struct json_input *input, const struct schema_field *field, enum json_token token,
                                   const struct json_path *path, bool *dropped)
{
    size_t begin = input->out->len;
    enum err_code code = scalar_read(input, field, token, path, dropped);
    if (code != ERR_RANGE || input->options->lenient.bits == 0)
        return code;
    json_input_truncate(input, begin);
    return complete_read_lenient_scalar(input, field, token, dropped) ? ERR_OK : code;
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

enum err_code complete_read_map_key(struct json_input *input, const struct schema_field *field,
                                    const struct json_path *path)
{
    struct span text;
    char expected[JSON_SCALAR_EXPECTED_MAX];
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
    return json_input_bad_text(input, path, json_scalar_number_expected(expected, field->type, result), JSON_KEY);
}
