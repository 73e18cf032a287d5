/* The complete way from JSON to wire bytes: values that only a leniency takes. Each function is called where the strict
 * reading of a value has just failed. */
#include "harness/engine/protojson/json_to_proto_complete.h"
#include "harness/engine/protojson/scalar.h"
#include "harness/engine/protojson/leniency_text.h"

static bool boolean_read(struct json_input *input, enum json_token token, struct leniency_set set)
{
    struct span text;
    uint64_t value;
    if (token == JSON_NUMBER && leniency_has(set, LENIENCY_NUMERIC_BOOLS)) {
        if (number_parse_uint64(input->reader.text, &value) != NUMBER_OK || value > 1)
            return false;
        return wire_put_varint(input->out, value);
    }
    if (token != JSON_STRING || !leniency_has(set, LENIENCY_QUOTED_BOOLS) || !json_input_text(input, &text))
        return false;
    bool yes = span_equal_nocase(text, span_cstr("true"));
    return (yes || span_equal_nocase(text, span_cstr("false"))) && wire_put_varint(input->out, yes);
}

static bool string_read(struct json_input *input, enum json_token token)
{
    if (token == JSON_NUMBER)
        return wire_put_bytes(input->out, input->reader.text);
    if (token != JSON_TRUE && token != JSON_FALSE)
        return false;
    return wire_put_bytes(input->out, span_cstr(token == JSON_TRUE ? "true" : "false"));
}

static bool bytes_read(struct json_input *input)
{
    struct span text;
    if (!json_input_text(input, &text))
        return false;
    size_t body = wire_len_begin(input->out);
    return leniency_text_base64(input->out, text) && wire_len_end(input->out, body);
}

static bool enum_read(struct json_input *input, const struct schema_enum *enumeration, struct leniency_set set,
                      bool *dropped)
{
    struct span name;
    if (!json_input_text(input, &name))
        return false;
    const struct schema_enum_value *value = leniency_text_enum(set, enumeration, name);
    if (value)
        return json_scalar_put_enum(input->out, value->number);
    *dropped = input->options->ignore_unknown_fields;
    return *dropped;
}

static bool number_read(struct json_input *input, enum schema_type type, struct leniency_set set)
{
    struct span text;
    if (!json_input_text(input, &text))
        return false;
    text = leniency_text_number(set, text, input->arena);
    return text.data && json_scalar_put_number(input->out, type, text, false) == NUMBER_OK;
}

bool complete_read_lenient_scalar(struct json_input *input, const struct schema_field *field, enum json_token token,
                                  bool *dropped)
{
    struct leniency_set set = input->options->lenient;
    switch (field->type) {
    case SCHEMA_BOOL:
        return boolean_read(input, token, set);
    case SCHEMA_STRING:
        return leniency_has(set, LENIENCY_SCALARS_AS_STRINGS) && string_read(input, token);
    case SCHEMA_BYTES:
        return token == JSON_STRING && leniency_has(set, LENIENCY_BASE64) && bytes_read(input);
    case SCHEMA_ENUM:
        return token == JSON_STRING && enum_read(input, field->enumeration, set, dropped);
    default:
        return token == JSON_STRING && number_read(input, field->type, set);
    }
}

bool complete_read_passes_null(const struct json_input *input, const struct schema_field *field, enum json_token token)
{
    enum leniency which = field->containing->map_entry ? LENIENCY_NULL_MAP_VALUES : LENIENCY_NULL_ELEMENTS;
    return token == JSON_NULL && leniency_has(input->options->lenient, which) && !json_input_takes_null(field);
}
