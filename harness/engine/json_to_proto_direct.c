/* The reading of messages in one pass: keys are compared with the field that is expected, values go from the text
 * straight to wire bytes. A value in an unusual form (null, 1e2 for an integer, most well-known types ...) is handed to
 * the general way alone. Where that fails, or the text is malformed, the functions return NULL, and json_to_proto
 * begins again in the general way, which knows what is right and what to say.
 *
 * The place in the text goes from function to function as `at`; the end of the output is input->to, with room up to
 * input->limit, and reaches input->out only where others take over. */
#include <assert.h>

#include "harness/engine/json_input.h"
#include "harness/engine/json_plain.h"
#include "harness/engine/json_scalar.h"
#include "harness/engine/metadata.h"
#include "harness/engine/number_take.h"
#include "harness/engine/well_known.h"

#define SLACK 48 /* room for a tag, a length and one number, written with steps that go too far */

#define WITH_TAG     1u /* not inside a packed list */
#define WITH_DEFAULT 2u /* written even when it is the default */
#define AS_KEY       4u /* of a map: nothing unusual is taken */

static const uint8_t *value_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                 unsigned how);

/* ---- room */

static bool output_open(struct json_input *input, size_t len)
{
    struct buf *out = input->out;
    if (!buf_reserve(out, len))
        return false;
    input->limit = out->data + out->cap - 1;
    input->to = out->data + out->len;
    return true;
}

static void output_close(struct json_input *input)
{
    input->out->len = (size_t)(input->to - input->out->data);
    *input->to = '\0';
}

__attribute__((noinline)) static bool room_make(struct json_input *input, size_t len)
{
    output_close(input);
    return output_open(input, len);
}

static inline bool room(struct json_input *input, size_t len)
{
    return (size_t)(input->limit - input->to) >= len || room_make(input, len);
}

/* Offset of the end of the output: what it begins with may move. */
static inline size_t output_at(const struct json_input *input)
{
    return (size_t)(input->to - input->out->data);
}

static inline uint8_t *tag_put(uint8_t *to, const struct schema_field *field)
{
    memcpy(to, field->tag, sizeof field->tag);
    return to + field->tag_len;
}

/* Tag and room for a length of one byte; returns where the body begins. The caller has made room. */
static inline size_t body_begin(struct json_input *input, const struct schema_field *field)
{
    input->to = tag_put(input->to, field) + 1;
    return output_at(input);
}

static bool body_end(struct json_input *input, size_t body)
{
    size_t len = output_at(input) - body;
    if (len >= 0x80) {
        size_t extra = wire_varint_len(len) - 1;
        uint8_t prefix[WIRE_VARINT_ROOM];
        if (!room(input, SLACK))
            return false;
        uint8_t *at = input->out->data + body;
        memmove(at + extra, at, len);
        wire_varint_write(prefix, len);
        memcpy(at - 1, prefix, extra + 1);
        input->to += extra;
        return true;
    }
    input->out->data[body - 1] = (uint8_t)len;
    return true;
}

/* ---- text */

static inline const uint8_t *space_skip(const uint8_t *at, const uint8_t *end)
{
    while (at != end && *at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* The byte at `at`; 0, which stands nowhere outside strings, at the end. */
static inline uint8_t peek(const uint8_t *at, const uint8_t *end)
{
    return at != end ? *at : 0;
}

/* From the opening quote to the closing one, which is returned. */
static inline const uint8_t *string_end(const uint8_t *at, const uint8_t *end, bool *escaped)
{
    uint32_t found;
    *escaped = false;
    if (peek(at++, end) != '"')
        return NULL;
    if (json_plain_short(at, end, &found) && found != 0) {
        const uint8_t *quote = at + __builtin_ctz(found);
        if (*quote == '"')
            return quote;
    }
    return json_string_end(at, end, escaped);
}

/* ---- the general way for one value */

static const uint8_t *general_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                   unsigned how, bool whole)
{
    size_t depth = input->depth;
    bool dropped = false;
    enum err_code code;
    output_close(input);
    json_reader_resume(&input->reader, (size_t)(at - input->reader.input.data), depth);
    enum json_token token = json_input_next(input, NULL);
    if (whole)
        code = json_input_field(input, field, token, NULL, (how & WITH_DEFAULT) != 0);
    else if (how & WITH_TAG)
        code = json_input_singular(input, field, token, NULL, (how & WITH_DEFAULT) != 0);
    else
        code = token == JSON_ERROR ? ERR_SYNTAX : json_input_scalar(input, field, token, NULL, &dropped);
    input->depth = depth;
    if (code != ERR_OK || input->out->failed || !output_open(input, SLACK))
        return NULL;
    return input->reader.input.data + input->reader.at;
}

static const uint8_t *unknown_skip(struct json_input *input, const uint8_t *at)
{
    if (!input->options->ignore_unknown_fields)
        return NULL;
    json_reader_resume(&input->reader, (size_t)(at - input->reader.input.data), input->depth);
    return json_input_skip(input, NULL) ? input->reader.input.data + input->reader.at : NULL;
}

/* ---- scalars */

static const uint8_t *string_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                  unsigned how)
{
    bool escaped;
    const uint8_t *end = string_end(at, input->end, &escaped);
    if (!end)
        return NULL;
    size_t len = (size_t)(end - at - 1);
    if (!room(input, len + SLACK))
        return NULL;
    if (escaped) {
        input->to = tag_put(input->to, field);
        output_close(input);
        size_t body = wire_len_begin(input->out);
        json_string_decode(input->out, span_of(at + 1, len));
        return wire_len_end(input->out, body) && output_open(input, SLACK) ? end + 1 : NULL;
    }
    if (len == 0 && !(how & WITH_DEFAULT))
        return end + 1;
    uint8_t *to = wire_varint_write(tag_put(input->to, field), len);
    if (len <= 32 && input->end - at > 32)
        memcpy(to, at + 1, 32);
    else
        memcpy(to, at + 1, len);
    input->to = to + len;
    return end + 1;
}

/* An integer's value on the wire; false when the type cannot hold it. */
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

/* A value whose wire type is not LEN. */
static inline bool number_put(struct json_input *input, const struct schema_field *field, uint64_t value, unsigned how)
{
    if (value == 0 && !(how & WITH_DEFAULT))
        return true;
    if (!room(input, SLACK))
        return false;
    uint8_t *to = how & WITH_TAG ? tag_put(input->to, field) : input->to;
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
    uint8_t byte = after ? peek(after, end) : 0;
    bool usual = after && (quoted ? byte == '"' : byte != '.' && (byte | 0x20) != 'e');
    if (!usual || !integer_fit(field->type, negative, magnitude, &value))
        return how & AS_KEY ? NULL : general_read(input, at, field, how, false);
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
        return general_read(input, at, field, how, false);
    return number_put(input, field, bits, how) ? after : NULL;
}

static const uint8_t *bool_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                unsigned how)
{
    size_t left = (size_t)(input->end - at);
    bool value = left >= 4 && memcmp(at, "true", 4) == 0;
    if (!value && !(left >= 5 && memcmp(at, "false", 5) == 0))
        return general_read(input, at, field, how, false);
    return number_put(input, field, value, how) ? at + (value ? 4 : 5) : NULL;
}

static const uint8_t *enum_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                unsigned how)
{
    bool escaped;
    const uint8_t *end = string_end(at, input->end, &escaped);
    const struct schema_enum_value *value = NULL;
    if (end && !escaped)
        value = schema_enum_by_name(field->enumeration, span_of(at + 1, (size_t)(end - at - 1)));
    if (!value)
        return general_read(input, at, field, how, false);
    return number_put(input, field, (uint64_t)(int64_t)value->number, how) ? end + 1 : NULL;
}

static const uint8_t *bytes_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                 unsigned how)
{
    bool escaped;
    const uint8_t *end = string_end(at, input->end, &escaped);
    if (!end || escaped || !room(input, SLACK))
        return general_read(input, at, field, how, false);
    struct span text = span_of(at + 1, (size_t)(end - at - 1));
    if (text.len == 0 && !(how & WITH_DEFAULT))
        return end + 1;
    input->to = tag_put(input->to, field);
    output_close(input);
    size_t body = wire_len_begin(input->out);
    bool done = base64_decode(input->out, text) && wire_len_end(input->out, body);
    return done && output_open(input, SLACK) ? end + 1 : NULL;
}

/* ---- messages as values */

/* A Timestamp or a Duration. */
static const uint8_t *moment_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    bool escaped;
    int64_t seconds;
    int32_t nanos;
    const uint8_t *end = string_end(at, input->end, &escaped);
    if (!end || escaped)
        return general_read(input, at, field, WITH_TAG, false);
    struct span text = span_of(at + 1, (size_t)(end - at - 1));
    bool good = field->message->well_known == SCHEMA_WKT_TIMESTAMP ? well_known_timestamp_parse(text, &seconds, &nanos)
                                                                   : well_known_duration_parse(text, &seconds, &nanos);
    if (!good || !room(input, 2 * SLACK))
        return NULL;
    size_t body = body_begin(input, field);
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
    return body_end(input, body) ? end + 1 : NULL;
}

static const uint8_t *object_read(struct json_input *input, const uint8_t *at, const struct schema_message *message);
static const uint8_t *list_read(struct json_input *input, const uint8_t *at, const struct schema_field *field);
static const uint8_t *map_read(struct json_input *input, const uint8_t *at, const struct schema_field *field);

/* The member of a Value's oneof that the JSON value calls for. */
static const uint8_t *dynamic_read(struct json_input *input, const uint8_t *at, const struct schema_field *fields)
{
    switch (*at) {
    case 'n':
        if (input->end - at < 4 || memcmp(at, "null", 4) != 0)
            return NULL;
        return number_put(input, &fields[0], 0, WITH_TAG | WITH_DEFAULT) ? at + 4 : NULL;
    case '"':
        return string_read(input, at, &fields[2], WITH_TAG | WITH_DEFAULT);
    case 't':
    case 'f':
        return bool_read(input, at, &fields[3], WITH_TAG | WITH_DEFAULT);
    case '{':
        return value_read(input, at, &fields[4], WITH_TAG);
    case '[':
        return value_read(input, at, &fields[5], WITH_TAG);
    default:
        return floating_read(input, at, &fields[1], WITH_TAG | WITH_DEFAULT);
    }
}

/* The body of a message. */
static inline const uint8_t *body_read(struct json_input *input, const uint8_t *at,
                                       const struct schema_message *message)
{
    switch (message->well_known) {
    case SCHEMA_WKT_STRUCT:
        return map_read(input, at + 1, &message->fields[0]);
    case SCHEMA_WKT_LIST_VALUE:
        return list_read(input, at + 1, &message->fields[0]);
    case SCHEMA_WKT_VALUE:
        return dynamic_read(input, at, message->fields);
    case SCHEMA_WKT_WRAPPER:
        return value_read(input, at, &message->fields[0], WITH_TAG);
    default:
        return object_read(input, at + 1, message);
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
    case SCHEMA_WKT_VALUE:
        return true;
    case SCHEMA_WKT_WRAPPER:
        return first != 'n';
    default:
        return first == '{' && json_input_is_plain(message);
    }
}

static const uint8_t *message_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    enum schema_well_known known = field->message->well_known;
    if (known == SCHEMA_WKT_TIMESTAMP || known == SCHEMA_WKT_DURATION)
        return moment_read(input, at, field);
    if (!body_is_usual(field->message, *at))
        return general_read(input, at, field, WITH_TAG, false);
    if (!room(input, SLACK))
        return NULL;
    size_t body = body_begin(input, field);
    at = body_read(input, at, field->message);
    return at && body_end(input, body) ? at : NULL;
}

/* One value that is neither list nor map. */
static const uint8_t *value_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                 unsigned how)
{
    if (at == input->end)
        return NULL;
    switch (field->type) {
    case SCHEMA_STRING:
        return string_read(input, at, field, how);
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
        return bytes_read(input, at, field, how);
    case SCHEMA_GROUP:
        return general_read(input, at, field, how, false);
    default:
        return integer_read(input, at, field, how);
    }
}

/* ---- lists and maps */

/* After the '['. */
static const uint8_t *list_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    const uint8_t *end = input->end;
    unsigned how = field->packed ? WITH_DEFAULT : WITH_DEFAULT | WITH_TAG;
    size_t body = 0;
    at = space_skip(at, end);
    if (peek(at, end) == ']')
        return at + 1;
    if (input->depth == JSON_MAP_MAX_DEPTH || !room(input, SLACK))
        return NULL;
    input->depth++;
    size_t begin = output_at(input);
    if (field->packed)
        body = body_begin(input, field);
    for (;;) {
        at = value_read(input, at, field, how);
        if (!at)
            return NULL;
        at = space_skip(at, end);
        uint8_t byte = peek(at, end);
        if (byte == ']')
            break;
        if (byte != ',')
            return NULL;
        at = space_skip(at + 1, end);
    }
    input->depth--;
    if (field->packed && output_at(input) == body)
        input->to = input->out->data + begin; /* unknown enum names, passed over */
    else if (field->packed && !body_end(input, body))
        return NULL;
    return at + 1;
}

static struct json_map_key *key_push(struct json_input *input)
{
    if (input->key_count == input->key_cap) {
        struct json_map_key *grown = arena_grow(input->arena, input->keys, input->key_count, input->key_count + 1,
                                                &input->key_cap, sizeof *grown);
        if (!grown)
            return NULL;
        input->keys = grown;
    }
    return &input->keys[input->key_count++];
}

/* From the key of one entry to behind its value. */
static const uint8_t *entry_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    const struct schema_field *fields = field->message->fields;
    const uint8_t *end = input->end;
    struct json_map_key *key = key_push(input);
    size_t index = input->key_count - 1;
    if (!key || peek(at, end) != '"' || !room(input, SLACK))
        return NULL;
    size_t body = body_begin(input, field);
    at = fields[0].type == SCHEMA_STRING ? string_read(input, at, &fields[0], WITH_TAG | WITH_DEFAULT)
                                         : integer_read(input, at, &fields[0], WITH_TAG | WITH_DEFAULT | AS_KEY);
    if (!at)
        return NULL;
    *key = (struct json_map_key){.at = body + 1, .len = output_at(input) - body - 1};
    at = space_skip(at, end);
    if (peek(at, end) != ':')
        return NULL;
    size_t value = output_at(input);
    at = value_read(input, space_skip(at + 1, end), &fields[1], WITH_TAG | WITH_DEFAULT);
    if (!at || output_at(input) == value) /* an unknown enum name takes its entry with it */
        return NULL;
    size_t before = output_at(input);
    if (!body_end(input, body))
        return NULL;
    input->keys[index].at += output_at(input) - before; /* a longer length moves the body */
    return at;
}

/* After the '{'. */
static const uint8_t *map_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    const uint8_t *end = input->end;
    size_t first = input->key_count;
    at = space_skip(at, end);
    if (peek(at, end) == '}')
        return at + 1;
    if (input->depth == JSON_MAP_MAX_DEPTH)
        return NULL;
    input->depth++;
    for (;;) {
        at = entry_read(input, at, field);
        if (!at)
            return NULL;
        at = space_skip(at, end);
        uint8_t byte = peek(at, end);
        if (byte == '}')
            break;
        if (byte != ',')
            return NULL;
        at = space_skip(at + 1, end);
    }
    input->depth--;
    output_close(input);
    enum err_code code = json_input_check_keys(input, input->keys + first, input->key_count - first, NULL);
    input->key_count = first;
    return code == ERR_OK ? at + 1 : NULL;
}

static inline const uint8_t *field_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    unsigned how = field->presence ? WITH_TAG | WITH_DEFAULT : WITH_TAG;
    uint8_t byte = peek(at, input->end);
    if (byte == 'n' && input->end - at >= 4 && memcmp(at, "null", 4) == 0 &&
        (field->repeated || !json_input_takes_null(field)))
        return at + 4;
    if (!field->repeated)
        return value_read(input, at, field, how);
    if (byte == '[' && !field->map)
        return list_read(input, at + 1, field);
    if (byte == '{' && field->map && field->message->fields[0].type != SCHEMA_BOOL)
        return map_read(input, at + 1, field);
    return general_read(input, at, field, how, true);
}

/* ---- objects */

/* Where a key ends (behind its colon and white space) when it is that of `field`; else NULL. */
static inline const uint8_t *key_match(const uint8_t *at, const uint8_t *end, const struct schema_field *field)
{
    const uint8_t *key = field->json_key.data;
    size_t len = field->json_key.len - 1; /* the colon may stand apart */
    size_t i = 0;
    if ((size_t)(end - at) < len + 8)
        return NULL;
    for (; i + 8 <= len; i += 8) {
        if (number_load8(at + i) != number_load8(key + i))
            return NULL;
    }
    if (i < len && (number_load8(at + i) ^ number_load8(key + i)) << (64 - 8 * (len - i)) != 0)
        return NULL;
    at += len;
    if (*at != ':') {
        at = space_skip(at, end);
        if (peek(at, end) != ':')
            return NULL;
    }
    return space_skip(at + 1, end);
}

/* As key_match for whatever field of the message it is; *field is NULL when there is none. */
static const uint8_t *key_find(const uint8_t *at, const uint8_t *end, const struct schema_message *message,
                               const struct schema_field **field)
{
    bool escaped;
    const uint8_t *quote = string_end(at, end, &escaped);
    if (!quote || escaped)
        return NULL;
    *field = schema_field_by_json_name(message, span_of(at + 1, (size_t)(quote - at - 1)));
    at = space_skip(quote + 1, end);
    return peek(at, end) == ':' ? space_skip(at + 1, end) : NULL;
}

struct object {
    const struct schema_message *message;
    const struct schema_field *previous;
    size_t first; /* of its segments */
    uint64_t oneofs;
    bool ascending;
};

static inline struct json_segment *segment_push(struct json_input *input)
{
    if (input->segment_count == input->segment_cap) {
        struct json_segment *grown = arena_grow(input->arena, input->segments, input->segment_count,
                                                input->segment_count + 1, &input->segment_cap, sizeof *grown);
        if (!grown)
            return NULL;
        input->segments = grown;
    }
    return &input->segments[input->segment_count++];
}

/* One known key's value. */
static inline const uint8_t *member_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                         struct object *object)
{
    if (object->previous && field <= object->previous) {
        object->ascending = false;
        if (input->segment_count - object->first > object->message->field_count)
            return NULL; /* some field came twice */
    }
    object->previous = field;
    struct json_segment *segment = segment_push(input);
    size_t index = input->segment_count - 1;
    if (!segment)
        return NULL;
    size_t begin = output_at(input);
    at = field_read(input, at, field);
    size_t end = output_at(input);
    input->segments[index] = (struct json_segment){.field = field, .begin = begin, .end = end, .key_at = index};
    if (field->oneof_index >= 0 && end > begin) {
        if (field->oneof_index >= 64 || (object->oneofs >> field->oneof_index & 1) != 0)
            return NULL;
        object->oneofs |= (uint64_t)1 << field->oneof_index;
    }
    return at;
}

static const uint8_t *object_end(struct json_input *input, const uint8_t *at, const struct object *object)
{
    input->depth--;
    if (!object->ascending) {
        output_close(input);
        if (json_input_sort(input, object->first, NULL) != ERR_OK)
            return NULL;
    }
    input->segment_count = object->first;
    return at + 1;
}

/* After the '{'. */
static const uint8_t *object_read(struct json_input *input, const uint8_t *at, const struct schema_message *message)
{
    struct object object = {.message = message, .first = input->segment_count, .ascending = true};
    const struct schema_field *next = message->fields;
    const struct schema_field *last = next + message->field_count;
    const uint8_t *end = input->end;
    if (input->depth == JSON_MAP_MAX_DEPTH)
        return NULL;
    input->depth++;
    at = space_skip(at, end);
    if (peek(at, end) == '}')
        return object_end(input, at, &object);
    for (;;) {
        const struct schema_field *field = next;
        const uint8_t *value = next != last && next->json_name_owner ? key_match(at, end, next) : NULL;
        if (!value) {
            value = key_find(at, end, message, &field);
            if (!value)
                return NULL;
        }
        if (field) {
            at = member_read(input, value, field, &object);
            next = field + 1;
        } else {
            at = unknown_skip(input, value);
        }
        if (!at)
            return NULL;
        at = space_skip(at, end);
        uint8_t byte = peek(at, end);
        if (byte == '}')
            return object_end(input, at, &object);
        if (byte != ',')
            return NULL;
        at = space_skip(at + 1, end);
    }
}

bool json_input_direct(struct json_input *input, const struct schema_message *message)
{
    const uint8_t *base = input->reader.input.data;
    if (!output_open(input, SLACK))
        return false;
    input->end = base + input->reader.input.len;
    input->depth = input->reader.depth - 1; /* the '{' has been read */
    const uint8_t *at = object_read(input, base + input->reader.at, message);
    if (!at)
        return false;
    output_close(input);
    json_reader_passed(&input->reader, (size_t)(at - base), input->depth);
    return true;
}
