/* The fast way from JSON to wire bytes: scalars, and messages that JSON writes in a form of their own. */
#include "harness/engine/protojson/json_to_proto_fast.h"
#include "harness/engine/protojson/json_to_proto_complete.h"
#include "harness/engine/json/number_take.h"
#include "harness/engine/protojson/well_known.h"

bool fast_read_make_room(struct json_input *input, size_t len)
{
    fast_read_close(input);
    return fast_read_open(input, len);
}

bool fast_read_body_lengthen(struct json_input *input, size_t body, size_t len)
{
    size_t extra = wire_varint_len(len) - 1;
    uint8_t prefix[WIRE_VARINT_MAX];
    if (!fast_read_room(input, SLACK))
        return false;
    uint8_t *at = input->out->data + body;
    memmove(at + extra, at, len);
    wire_varint_write(prefix, len);
    memcpy(at - 1, prefix, extra + 1);
    input->to += extra;
    return true;
}

/* ---- the complete way for one value */

const uint8_t *fast_read_by_complete(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                     unsigned how, bool whole)
{
    size_t depth = input->depth;
    bool dropped = false;
    enum err_code code;
    fast_read_close(input);
    json_reader_resume(&input->reader, (size_t)(at - input->reader.input.data), depth);
    enum json_token token = json_input_next(input, NULL);
    if (whole)
        code = complete_read_field(input, field, token, NULL, (how & WITH_DEFAULT) != 0);
    else if (how & WITH_TAG)
        code = complete_read_singular(input, field, token, NULL, (how & WITH_DEFAULT) != 0);
    else
        code = token == JSON_ERROR ? ERR_SYNTAX : complete_read_scalar(input, field, token, NULL, &dropped);
    input->depth = depth;
    if (code != ERR_OK || input->out->failed || !fast_read_open(input, SLACK))
        return NULL;
    return input->reader.input.data + input->reader.at;
}

const uint8_t *fast_read_skip_unknown(struct json_input *input, const uint8_t *at)
{
    if (!input->options->ignore_unknown_fields)
        return NULL;
    json_reader_resume(&input->reader, (size_t)(at - input->reader.input.data), input->depth);
    return json_input_skip(input, NULL) ? input->reader.input.data + input->reader.at : NULL;
}

/* ---- scalars */

const uint8_t *fast_read_text(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                              unsigned how)
{
    bool escaped;
    const uint8_t *end = fast_read_string_end(at, input->end, &escaped);
    if (!end)
        return NULL;
    size_t len = (size_t)(end - at - 1);
    if (!fast_read_room(input, len + SLACK))
        return NULL;
    if (escaped) {
        size_t body = fast_read_body_begin(input, field);
        input->to += json_string_decode_to(input->to, span_of(at + 1, len));
        return fast_read_body_end(input, body) ? end + 1 : NULL;
    }
    if (len == 0 && !(how & WITH_DEFAULT))
        return end + 1;
    uint8_t *to = wire_varint_write(fast_read_put_tag(input->to, field), len);
    memcpy(to, at + 1, len);
    input->to = to + len;
    return end + 1;
}

/* The wire value of an integer, of which the type may want the zigzag form; false when it is out of the type's range.
 */
static inline bool integer_fit(enum schema_type type, bool negative, uint64_t magnitude, uint64_t *value)
{
    int64_t number = (int64_t)(negative ? 0 - magnitude : magnitude);
    *value = (uint64_t)number;
    switch (type) {
    case SCHEMA_UINT32:
    case SCHEMA_FIXED32:
        return (!negative || magnitude == 0) && magnitude <= UINT32_MAX;
    case SCHEMA_UINT64:
    case SCHEMA_FIXED64:
        return !negative || magnitude == 0;
    case SCHEMA_SINT32:
        *value = wire_zigzag_encode(number);
        return magnitude <= (uint64_t)INT32_MAX + negative;
    case SCHEMA_INT32:
    case SCHEMA_SFIXED32:
        return magnitude <= (uint64_t)INT32_MAX + negative;
    case SCHEMA_SINT64:
        *value = wire_zigzag_encode(number);
        return magnitude <= (uint64_t)INT64_MAX + negative;
    default:
        return magnitude <= (uint64_t)INT64_MAX + negative;
    }
}

/* Writes a value of wire type VARINT, FIXED64 or FIXED32. */
static inline bool number_put(struct json_input *input, const struct schema_field *field, uint64_t value, unsigned how)
{
    if (value == 0 && !(how & WITH_DEFAULT))
        return true;
    if (!fast_read_room(input, SLACK))
        return false;
    uint8_t *to = how & WITH_TAG ? fast_read_put_tag(input->to, field) : input->to;
    if (field->wire_type == WIRE_VARINT) {
        input->to = wire_varint_write(to, value);
        return true;
    }
    size_t width = field->wire_type == WIRE_FIXED64 ? 8 : 4;
    number_store8((char *)to, value);
    input->to = to + width;
    return true;
}

static const uint8_t *integer_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                   unsigned how)
{
    const uint8_t *end = input->end;
    bool quoted = *at == '"';
    bool negative;
    uint64_t magnitude;
    uint64_t value;
    const uint8_t *after = number_take_integer(at + quoted, end, &negative, &magnitude);
    uint8_t byte = after ? fast_read_peek(after, end) : 0;
    bool usual = after && (quoted ? byte == '"' : byte != '.' && (byte | 0x20) != 'e');
    if (!usual || !integer_fit(field->type, negative, magnitude, &value))
        return how & AS_KEY ? NULL : fast_read_by_complete(input, at, field, how, false);
    return number_put(input, field, value, how) ? after + quoted : NULL;
}

static const uint8_t *floating_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                    unsigned how)
{
    const uint8_t *after;
    uint64_t bits = 0;
    if (field->type == SCHEMA_DOUBLE) {
        double value;
        after = number_take_double(at, input->end, &value);
        if (after)
            memcpy(&bits, &value, sizeof value);
    } else {
        float value;
        uint32_t narrow = 0;
        after = number_take_float(at, input->end, &value);
        if (after)
            memcpy(&narrow, &value, sizeof value);
        bits = narrow;
    }
    if (!after)
        return fast_read_by_complete(input, at, field, how, false);
    return number_put(input, field, bits, how) ? after : NULL;
}

static const uint8_t *bool_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                unsigned how)
{
    size_t left = (size_t)(input->end - at);
    bool value = left >= 4 && memcmp(at, "true", 4) == 0;
    if (!value && !(left >= 5 && memcmp(at, "false", 5) == 0))
        return fast_read_by_complete(input, at, field, how, false);
    return number_put(input, field, value, how) ? at + (value ? 4 : 5) : NULL;
}

static const uint8_t *enum_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                unsigned how)
{
    bool escaped;
    const uint8_t *end = fast_read_string_end(at, input->end, &escaped);
    const struct schema_enum_value *value = NULL;
    if (end && !escaped)
        value = schema_enum_by_name(field->enumeration, span_of(at + 1, (size_t)(end - at - 1)));
    if (!value)
        return fast_read_by_complete(input, at, field, how, false);
    return number_put(input, field, (uint64_t)(int64_t)value->number, how) ? end + 1 : NULL;
}

/* ---- messages as values */

/* A Timestamp or a Duration. */
static const uint8_t *moment_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    bool escaped;
    int64_t seconds;
    int32_t nanos;
    const uint8_t *end = fast_read_string_end(at, input->end, &escaped);
    if (!end || escaped)
        return fast_read_by_complete(input, at, field, WITH_TAG, false);
    struct span text = span_of(at + 1, (size_t)(end - at - 1));
    bool good = field->message->well_known == SCHEMA_WKT_TIMESTAMP ? well_known_timestamp_parse(text, &seconds, &nanos)
                                                                   : well_known_duration_parse(text, &seconds, &nanos);
    if (!good || !fast_read_room(input, 2 * SLACK))
        return NULL;
    size_t body = fast_read_body_begin(input, field);
    uint8_t *to = input->to;
    if (seconds != 0) {
        *to++ = 1 << 3 | WIRE_VARINT;
        to = wire_varint_write(to, (uint64_t)seconds);
    }
    if (nanos != 0) {
        *to++ = 2 << 3 | WIRE_VARINT;
        to = wire_varint_write(to, (uint64_t)(int64_t)nanos);
    }
    input->to = to;
    return fast_read_body_end(input, body) ? end + 1 : NULL;
}

#define SHORT_MASK 60 /* bytes of a mask whose paths all have lengths of one byte on the wire */

/* The body of a mask whose paths have nothing but letters, digits and dots; NULL for another mask. */
static uint8_t *short_mask_put(uint8_t *to, struct span text)
{
    const uint8_t *at = text.data;
    const uint8_t *end = at + text.len;
    for (;; at++) {
        uint8_t *len = to + 1;
        *to = 1 << 3 | WIRE_LEN;
        to += 2;
        for (; at != end && *at != ','; at++) {
            uint8_t byte = *at;
            if (byte >= 'A' && byte <= 'Z') {
                *to++ = '_';
                byte |= 0x20;
            } else if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '.') {
                return NULL;
            }
            *to++ = byte;
        }
        *len = (uint8_t)(to - len - 1);
        if (*len == 0)
            return NULL;
        if (at == end)
            return to;
    }
}

static const uint8_t *mask_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    bool escaped;
    const uint8_t *end = fast_read_string_end(at, input->end, &escaped);
    size_t len = end ? (size_t)(end - at - 1) : 0;
    if (len == 0 || len > SHORT_MASK || escaped || !fast_read_room(input, 4 * SHORT_MASK + SLACK))
        return fast_read_by_complete(input, at, field, WITH_TAG, false);
    uint8_t *begin = input->to;
    size_t body = fast_read_body_begin(input, field);
    uint8_t *to = short_mask_put(input->to, span_of(at + 1, len));
    input->to = to ? to : begin;
    if (!to)
        return fast_read_by_complete(input, at, field, WITH_TAG, false);
    return fast_read_body_end(input, body) ? end + 1 : NULL;
}

/* The member of a Value's oneof that the JSON value calls for. */
static const uint8_t *dynamic_read(struct json_input *input, const uint8_t *at, const struct schema_field *fields)
{
    switch (*at) {
    case '"':
        return fast_read_text(input, at, &fields[2], WITH_TAG | WITH_DEFAULT);
    case '{':
        return fast_read_value(input, at, &fields[4], WITH_TAG);
    case '[':
        return fast_read_value(input, at, &fields[5], WITH_TAG);
    case 't':
    case 'f':
        return bool_read(input, at, &fields[3], WITH_TAG | WITH_DEFAULT);
    case 'n':
        if (input->end - at < 4 || memcmp(at, "null", 4) != 0)
            return NULL;
        return number_put(input, &fields[0], 0, WITH_TAG | WITH_DEFAULT) ? at + 4 : NULL;
    default:
        return floating_read(input, at, &fields[1], WITH_TAG | WITH_DEFAULT);
    }
}

static const uint8_t *value_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    if (!fast_read_room(input, SLACK))
        return NULL;
    size_t body = fast_read_body_begin(input, field);
    at = dynamic_read(input, at, field->message->fields);
    return at && fast_read_body_end(input, body) ? at : NULL;
}

/* The body of a message. */
static inline const uint8_t *body_read(struct json_input *input, const uint8_t *at,
                                       const struct schema_message *message)
{
    switch (message->well_known) {
    case SCHEMA_WKT_STRUCT:
        return fast_read_map(input, at + 1, &message->fields[0]);
    case SCHEMA_WKT_LIST_VALUE:
        return fast_read_list(input, at + 1, &message->fields[0]);
    case SCHEMA_WKT_WRAPPER:
        return fast_read_value(input, at, &message->fields[0], WITH_TAG);
    default:
        return fast_read_object(input, at + 1, message);
    }
}

/* Whether a body that begins with `first` is read here. */
static inline bool body_is_usual(const struct schema_message *message, uint8_t first)
{
    switch (message->well_known) {
    case SCHEMA_WKT_STRUCT:
        return first == '{';
    case SCHEMA_WKT_LIST_VALUE:
        return first == '[';
    case SCHEMA_WKT_WRAPPER:
        return first != 'n';
    default:
        return first == '{' && json_input_is_plain(message);
    }
}

static const uint8_t *object_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    if (!body_is_usual(field->message, *at))
        return fast_read_by_complete(input, at, field, WITH_TAG, false);
    if (!fast_read_room(input, SLACK))
        return NULL;
    size_t body = fast_read_body_begin(input, field);
    at = body_read(input, at, field->message);
    return at && fast_read_body_end(input, body) ? at : NULL;
}

static inline const uint8_t *message_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    switch (field->message->well_known) {
    case SCHEMA_WKT_VALUE:
        return value_read(input, at, field);
    case SCHEMA_WKT_TIMESTAMP:
    case SCHEMA_WKT_DURATION:
        return moment_read(input, at, field);
    case SCHEMA_WKT_FIELD_MASK:
        return mask_read(input, at, field);
    default:
        return object_read(input, at, field);
    }
}

/* One value that is neither list nor map. */
const uint8_t *fast_read_value(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                               unsigned how)
{
    if (at == input->end)
        return NULL;
    switch (field->type) {
    case SCHEMA_STRING:
        return fast_read_string(input, at, field, how);
    case SCHEMA_MESSAGE:
        return message_read(input, at, field);
    case SCHEMA_DOUBLE:
    case SCHEMA_FLOAT:
        return floating_read(input, at, field, how);
    case SCHEMA_BOOL:
        return bool_read(input, at, field, how);
    case SCHEMA_ENUM:
        return enum_read(input, at, field, how);
    case SCHEMA_BYTES:
    case SCHEMA_GROUP:
        return fast_read_by_complete(input, at, field, how, false);
    default:
        return integer_read(input, at, field, how);
    }
}
