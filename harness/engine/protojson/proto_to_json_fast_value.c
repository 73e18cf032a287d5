/* The fast way from wire bytes to JSON: scalars. */
#include "harness/engine/protojson/proto_to_json_fast.h"
#include "harness/base/base64.h"

uint8_t *fast_print_make_room(struct json_output *output, uint8_t *to, size_t len)
{
    fast_print_close(output, to);
    return fast_print_open(output, len);
}

static uint8_t *escape_put(uint8_t *to, uint8_t byte)
{
    *to++ = '\\';
    switch (byte) {
    case '"':
    case '\\':
        *to++ = byte;
        return to;
    case '\b':
        *to++ = 'b';
        return to;
    case '\f':
        *to++ = 'f';
        return to;
    case '\n':
        *to++ = 'n';
        return to;
    case '\r':
        *to++ = 'r';
        return to;
    case '\t':
        *to++ = 't';
        return to;
    default:
        memcpy(to, "u00", 3);
        to[3] = (uint8_t)('0' + (byte >> 4));
        to[4] = (uint8_t) "0123456789abcdef"[byte & 15];
        return to + 5;
    }
}

uint8_t *fast_print_text(struct json_output *output, uint8_t *to, struct span text)
{
    const uint8_t *at = text.data;
    size_t left = text.len;
    to = fast_print_room(output, to, left + SLACK);
    if (!to)
        return NULL;
    *to++ = '"';
    while (left > 0) {
        size_t plain = json_plain_end(span_of(at, left), 0);
        memcpy(to, at, plain);
        to += plain;
        at += plain;
        left -= plain;
        while (left > 0 && *at >= 0x80) {
            size_t len = escape_utf8_len(span_of(at, left));
            if (len == 0)
                return NULL;
            memcpy(to, at, len);
            to += len;
            at += len;
            left -= len;
        }
        if (left > 0 && !json_plain_byte(*at)) {
            to = fast_print_room(output, to, left + SLACK);
            if (!to)
                return NULL;
            to = escape_put(to, *at++);
            left--;
        }
    }
    *to++ = '"';
    return to;
}

static uint8_t *base64_put(struct json_output *output, uint8_t *to, struct span bytes)
{
    *to++ = '"';
    fast_print_close(output, to);
    to = base64_encode(output->out, bytes, true) ? fast_print_open(output, SLACK) : NULL;
    if (to)
        *to++ = '"';
    return to;
}

static uint8_t *enum_put(struct json_output *output, uint8_t *to, const struct schema_enum *enumeration, uint64_t value)
{
    int32_t number = (int32_t)(uint32_t)value;
    if (enumeration->null_value) {
        memcpy(to, "null", 4);
        return to + 4;
    }
    const struct schema_enum_value *named = schema_enum_by_number(enumeration, number);
    if (!named && enumeration->closed)
        return NULL;
    if (!named || output->options->enum_numbers)
        return to + number_print_int64((char *)to, number);
    to = fast_print_room(output, to, named->name.len + SLACK);
    if (!to)
        return NULL;
    *to++ = '"';
    memcpy(to, named->name.data, named->name.len); /* an identifier: there is nothing to escape */
    to += named->name.len;
    *to++ = '"';
    return to;
}

uint8_t *fast_print_moment(uint8_t *to, const struct schema_message *message, struct span wire)
{
    const uint8_t *at = wire.data;
    const uint8_t *end = at + wire.len;
    uint64_t seconds = 0;
    uint64_t nanos = 0;
    if (at != end && *at == (1 << 3 | WIRE_VARINT) && !(at = wire_varint_next(at + 1, end, &seconds)))
        return NULL;
    if (at != end && *at == (2 << 3 | WIRE_VARINT) && !(at = wire_varint_next(at + 1, end, &nanos)))
        return NULL;
    if (at != end)
        return NULL;
    *to++ = '"';
    int32_t fraction = (int32_t)(uint32_t)nanos;
    size_t len = message->well_known == SCHEMA_WKT_TIMESTAMP
                     ? well_known_timestamp_print((char *)to, (int64_t)seconds, fraction)
                     : well_known_duration_print((char *)to, (int64_t)seconds, fraction);
    to += len;
    *to++ = '"';
    return len > 0 ? to : NULL;
}

static uint8_t *bool_put(uint8_t *to, bool value)
{
    memcpy(to, value ? "true" : "false", 5);
    return to + (value ? 4 : 5);
}

static uint8_t *scalar_put(uint8_t *to, enum schema_type type, uint64_t value)
{
    return to + json_scalar_text((char *)to, type, value, false);
}

/* A value of any type. */
uint8_t *fast_print_value(struct json_output *output, uint8_t *to, const struct schema_field *field,
                          struct fast_value value)
{
    switch (field->type) {
    case SCHEMA_STRING:
        return fast_print_string(output, to, fast_value_bytes(value));
    case SCHEMA_BYTES:
        return base64_put(output, to, fast_value_bytes(value));
    case SCHEMA_MESSAGE:
        return fast_print_message(output, to, field->message, fast_value_bytes(value));
    case SCHEMA_ENUM:
        return enum_put(output, to, field->enumeration, value.number);
    case SCHEMA_BOOL:
        return bool_put(to, value.number != 0);
    default:
        return scalar_put(to, field->type, value.number);
    }
}
