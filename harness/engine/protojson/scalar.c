/* One scalar between its text and its wire value. */
#include "harness/engine/protojson/scalar.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "harness/base/base64.h"

const char *json_scalar_type_name(enum schema_type type)
{
    static const char *const names[] = {
        [SCHEMA_DOUBLE] = "a double",      [SCHEMA_FLOAT] = "a float",      [SCHEMA_INT64] = "an int64",
        [SCHEMA_UINT64] = "a uint64",      [SCHEMA_INT32] = "an int32",     [SCHEMA_FIXED64] = "a fixed64",
        [SCHEMA_FIXED32] = "a fixed32",    [SCHEMA_BOOL] = "true or false", [SCHEMA_STRING] = "a string",
        [SCHEMA_GROUP] = "an object",      [SCHEMA_MESSAGE] = "an object",  [SCHEMA_BYTES] = "a base64 string",
        [SCHEMA_UINT32] = "a uint32",      [SCHEMA_ENUM] = "an enum value", [SCHEMA_SFIXED32] = "an sfixed32",
        [SCHEMA_SFIXED64] = "an sfixed64", [SCHEMA_SINT32] = "an sint32",   [SCHEMA_SINT64] = "an sint64",
    };
    return names[type];
}

const char *json_scalar_number_expected(char text[JSON_SCALAR_EXPECTED_MAX], enum schema_type type,
                                        enum number_result result)
{
    const char *name = json_scalar_type_name(type);
    if (result == NUMBER_FRACTION)
        snprintf(text, JSON_SCALAR_EXPECTED_MAX, "%s without a fraction", name);
    else if (result == NUMBER_RANGE)
        snprintf(text, JSON_SCALAR_EXPECTED_MAX, "%s within its range", name);
    else
        snprintf(text, JSON_SCALAR_EXPECTED_MAX, "%s", name);
    return text;
}

const char *json_scalar_enum_expected(char expected[JSON_SCALAR_EXPECTED_MAX], const struct schema_enum *enumeration)
{
    int shown = (int)(enumeration->name.len < 96 ? enumeration->name.len : 96);
    snprintf(expected, JSON_SCALAR_EXPECTED_MAX, "a value of %.*s", shown, (const char *)enumeration->name.data);
    return expected;
}

bool json_scalar_is_floating(enum schema_type type)
{
    return type == SCHEMA_DOUBLE || type == SCHEMA_FLOAT;
}

/* The names of what is not finite: "NaN", "Infinity", "-Infinity"; false for another text. */
static bool named_parse(struct span text, double *value)
{
    if (span_is(text, "NaN"))
        *value = (double)NAN;
    else if (span_is(text, "Infinity"))
        *value = (double)INFINITY;
    else if (span_is(text, "-Infinity"))
        *value = (double)-INFINITY;
    else
        return false;
    return true;
}

static enum number_result put_floating(struct buf *out, enum schema_type type, struct span text, bool named)
{
    double wide = 0;
    float narrow = 0;
    uint64_t bits;
    uint32_t narrow_bits;
    enum number_result result =
        type == SCHEMA_DOUBLE ? number_parse_double(text, &wide) : number_parse_float(text, &narrow);
    if (result == NUMBER_SYNTAX && named && named_parse(text, &wide)) {
        narrow = (float)wide;
        result = NUMBER_OK;
    }
    if (result != NUMBER_OK)
        return result;
    memcpy(&bits, &wide, sizeof bits);
    memcpy(&narrow_bits, &narrow, sizeof narrow_bits);
    if (type == SCHEMA_DOUBLE)
        wire_put_fixed64(out, bits);
    else
        wire_put_fixed32(out, narrow_bits);
    return NUMBER_OK;
}

static enum number_result put_signed(struct buf *out, enum schema_type type, struct span text)
{
    int64_t value;
    bool narrow = type == SCHEMA_INT32 || type == SCHEMA_SINT32 || type == SCHEMA_SFIXED32;
    enum number_result result = number_parse_int64(text, &value);
    if (result != NUMBER_OK)
        return result;
    if (narrow && (value < INT32_MIN || value > INT32_MAX))
        return NUMBER_RANGE;
    if (type == SCHEMA_SFIXED32)
        wire_put_fixed32(out, (uint32_t)(int32_t)value);
    else if (type == SCHEMA_SFIXED64)
        wire_put_fixed64(out, (uint64_t)value);
    else
        wire_put_varint(out,
                        type == SCHEMA_SINT32 || type == SCHEMA_SINT64 ? wire_zigzag_encode(value) : (uint64_t)value);
    return NUMBER_OK;
}

static enum number_result put_unsigned(struct buf *out, enum schema_type type, struct span text)
{
    uint64_t value;
    enum number_result result = number_parse_uint64(text, &value);
    if (result != NUMBER_OK)
        return result;
    if ((type == SCHEMA_UINT32 || type == SCHEMA_FIXED32) && value > UINT32_MAX)
        return NUMBER_RANGE;
    if (type == SCHEMA_FIXED32)
        wire_put_fixed32(out, (uint32_t)value);
    else if (type == SCHEMA_FIXED64)
        wire_put_fixed64(out, value);
    else
        wire_put_varint(out, value);
    return NUMBER_OK;
}

enum number_result json_scalar_put_number(struct buf *out, enum schema_type type, struct span text, bool named)
{
    switch (type) {
    case SCHEMA_DOUBLE:
    case SCHEMA_FLOAT:
        return put_floating(out, type, text, named);
    case SCHEMA_UINT32:
    case SCHEMA_UINT64:
    case SCHEMA_FIXED32:
    case SCHEMA_FIXED64:
        return put_unsigned(out, type, text);
    default:
        return put_signed(out, type, text);
    }
}

bool json_scalar_put_enum(struct buf *out, int32_t number)
{
    return wire_put_varint(out, (uint64_t)(int64_t)number);
}

bool json_scalar_put_base64(struct buf *out, struct span text)
{
    size_t body = wire_len_begin(out);
    bool ok = base64_decode(out, text);
    wire_len_end(out, body);
    return ok || out->failed;
}

/* ---- printing */

static bool is_wide(enum schema_type type)
{
    return type == SCHEMA_INT64 || type == SCHEMA_UINT64 || type == SCHEMA_FIXED64 || type == SCHEMA_SFIXED64 ||
           type == SCHEMA_SINT64;
}

/* The JSON text of a value that is not finite; NULL for one that is. */
static const char *special_text(double value)
{
    if (isnan(value))
        return "\"NaN\"";
    if (isinf(value))
        return value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return NULL;
}

static size_t print_floating(char *text, enum schema_type type, uint64_t value)
{
    double wide;
    float narrow = 0;
    uint32_t bits = (uint32_t)value;
    if (type == SCHEMA_FLOAT) {
        memcpy(&narrow, &bits, sizeof narrow);
        wide = (double)narrow;
    } else {
        memcpy(&wide, &value, sizeof wide);
    }
    const char *special = special_text(wide);
    if (special) {
        size_t len = strlen(special);
        memcpy(text, special, len);
        return len;
    }
    return type == SCHEMA_FLOAT ? number_print_float(text, narrow) : number_print_double(text, wide);
}

static size_t print_integer(char *text, enum schema_type type, uint64_t value)
{
    switch (type) {
    case SCHEMA_INT32:
    case SCHEMA_SFIXED32:
        return number_print_int64(text, (int32_t)(uint32_t)value);
    case SCHEMA_INT64:
    case SCHEMA_SFIXED64:
        return number_print_int64(text, (int64_t)value);
    case SCHEMA_SINT32:
        return number_print_int64(text, wire_zigzag_decode((uint32_t)value));
    case SCHEMA_SINT64:
        return number_print_int64(text, wire_zigzag_decode(value));
    case SCHEMA_UINT32:
    case SCHEMA_FIXED32:
        return number_print_uint64(text, (uint32_t)value);
    default:
        return number_print_uint64(text, value);
    }
}

static size_t print_bool(char *text, bool value, bool key)
{
    const char *word = key ? value ? "\"true\"" : "\"false\"" : value ? "true" : "false";
    size_t len = strlen(word);
    memcpy(text, word, len);
    return len;
}

size_t json_scalar_text(char *text, enum schema_type type, uint64_t value, bool key)
{
    if (type == SCHEMA_DOUBLE || type == SCHEMA_FLOAT) {
        assert(!key);
        return print_floating(text, type, value);
    }
    if (type == SCHEMA_BOOL)
        return print_bool(text, value != 0, key);
    if (!key && !is_wide(type))
        return print_integer(text, type, value);
    size_t len = print_integer(text + 1, type, value);
    text[0] = text[len + 1] = '"';
    return len + 2;
}

bool json_scalar_print(struct buf *out, enum schema_type type, uint64_t value, bool key)
{
    char text[NUMBER_TEXT_MAX + 2];
    return buf_append(out, text, json_scalar_text(text, type, value, key));
}
