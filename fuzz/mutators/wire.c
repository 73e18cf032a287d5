/* Custom mutator for targets whose inputs are a byte for the type and wire bytes: it makes messages from the type's
 * descriptor, and changes single fields at any depth, with the lengths around them made right again. */
#include "fuzz/mutators/mutator.h"
#include "harness/engine/proto/wire.h"

#define MAX_DEPTH 6

static void put_message(struct mutator *mutator, const struct schema_message *message, int depth);

static void put_text(struct mutator *mutator, bool is_string)
{
    static const char *const texts[] = {"",
                                        "a",
                                        "\xc3\xa9",
                                        "\"\\\n",
                                        "\xf0\x9f\x98\x80",
                                        "aB.c_d",
                                        "*",
                                        "text/plain",
                                        "0123456789abcdef0123456789abcdef"};
    struct span text = span_cstr(texts[mutator_below(mutator, sizeof texts / sizeof *texts)]);
    if (!is_string && mutator_one_in(mutator, 2))
        text = span_of("\xff\x00\x80\x7f", 1 + mutator_below(mutator, 4));
    if (is_string && mutator_one_in(mutator, 32))
        text = span_of("\xed\xa0\x80", 1 + mutator_below(mutator, 3));
    wire_put_bytes(&mutator->out, text);
}

static void put_any(struct mutator *mutator, int depth)
{
    const struct schema_message *inner = types_choose(mutator_below(mutator, TYPES_COUNT));
    wire_put_tag(&mutator->out, 1, WIRE_LEN);
    size_t at = wire_len_begin(&mutator->out);
    buf_append_cstr(&mutator->out, "type.googleapis.com/");
    buf_append_span(&mutator->out, inner->name);
    wire_len_end(&mutator->out, at);
    wire_put_tag(&mutator->out, 2, WIRE_LEN);
    at = wire_len_begin(&mutator->out);
    put_message(mutator, inner, depth + 1);
    wire_len_end(&mutator->out, at);
}

static uint64_t varint_for(struct mutator *mutator, const struct schema_field *field)
{
    if (field->type == SCHEMA_BOOL)
        return mutator_below(mutator, 2);
    if (field->type == SCHEMA_ENUM && field->enumeration->value_count > 0 && !mutator_one_in(mutator, 4))
        return (uint64_t)(int64_t)field->enumeration
            ->values[mutator_below(mutator, (unsigned)field->enumeration->value_count)]
            .number;
    return mutator_number(mutator);
}

static void put_bare(struct mutator *mutator, const struct schema_field *field, enum wire_type type, int depth)
{
    size_t at;
    switch (type) {
    case WIRE_VARINT:
        wire_put_varint(&mutator->out, varint_for(mutator, field));
        break;
    case WIRE_FIXED64:
        wire_put_fixed64(&mutator->out, mutator_number(mutator));
        break;
    case WIRE_FIXED32:
        wire_put_fixed32(&mutator->out, (uint32_t)mutator_number(mutator));
        break;
    case WIRE_GROUP_BEGIN:
        if (field->message)
            put_message(mutator, field->message, depth + 1);
        wire_put_tag(&mutator->out, field->number, WIRE_GROUP_END);
        break;
    case WIRE_LEN:
        if (!field->message) {
            put_text(mutator, field->type == SCHEMA_STRING);
            break;
        }
        at = wire_len_begin(&mutator->out);
        if (field->message->well_known == SCHEMA_WKT_ANY && depth < MAX_DEPTH)
            put_any(mutator, depth);
        else
            put_message(mutator, field->message, depth + 1);
        wire_len_end(&mutator->out, at);
        break;
    case WIRE_GROUP_END:
        break;
    }
}

static void put_field(struct mutator *mutator, const struct schema_field *field, int depth)
{
    enum wire_type type = schema_wire_type(field->type);
    bool scalar = type == WIRE_VARINT || type == WIRE_FIXED32 || type == WIRE_FIXED64;
    if (scalar && field->repeated && mutator_one_in(mutator, 2)) {
        wire_put_tag(&mutator->out, field->number, WIRE_LEN);
        size_t at = wire_len_begin(&mutator->out);
        for (unsigned n = mutator_below(mutator, 4); n > 0; n--)
            put_bare(mutator, field, type, depth);
        wire_len_end(&mutator->out, at);
        return;
    }
    if (mutator_one_in(mutator, 40)) { /* another wire type than the field's */
        static const enum wire_type types[] = {WIRE_VARINT, WIRE_FIXED32, WIRE_FIXED64, WIRE_LEN, WIRE_GROUP_BEGIN};
        type = types[mutator_below(mutator, 5)];
    }
    wire_put_tag(&mutator->out, field->number, type);
    put_bare(mutator, field, type, depth);
}

static void put_unknown(struct mutator *mutator)
{
    uint32_t number = 1 + (uint32_t)mutator_number(mutator) % WIRE_MAX_NUMBER;
    wire_put_tag(&mutator->out, number, WIRE_VARINT);
    wire_put_varint(&mutator->out, mutator_number(mutator));
}

static void put_message(struct mutator *mutator, const struct schema_message *message, int depth)
{
    if (depth >= MAX_DEPTH || message->field_count == 0)
        return;
    for (unsigned n = mutator_below(mutator, depth == 0 ? 8 : 4); n > 0; n--) {
        if (mutator_one_in(mutator, 24))
            put_unknown(mutator);
        else
            put_field(mutator, types_choose_field(message, mutator_below(mutator, 1000)), depth);
    }
}

/* ---- changing what is there */

static size_t count_fields(struct span bytes)
{
    struct wire_reader reader;
    struct wire_field field;
    size_t count = 0;
    wire_reader_init(&reader, bytes);
    while (wire_next(&reader, &field) == WIRE_FIELD)
        count++;
    return count;
}

static void copy(struct mutator *mutator, const uint8_t *begin, const uint8_t *end)
{
    buf_append(&mutator->out, begin, (size_t)(end - begin));
}

static void change(struct mutator *mutator, const struct schema_message *message, struct span bytes, int depth);

/* One field of a message, whose bytes are begin to end. */
static void change_field(struct mutator *mutator, const struct schema_message *message, const struct wire_field *wire,
                         const uint8_t *end, int depth)
{
    const struct schema_field *field = schema_field_by_number(message, wire->number);
    if (wire->type == WIRE_LEN && depth < 2 * MAX_DEPTH && field && field->message && !mutator_one_in(mutator, 4)) {
        wire_put_tag(&mutator->out, wire->number, WIRE_LEN);
        size_t at = wire_len_begin(&mutator->out);
        change(mutator, field->message, wire->bytes, depth + 1);
        wire_len_end(&mutator->out, at);
        return;
    }
    switch (mutator_below(mutator, 4)) {
    case 0: /* left out */
        break;
    case 1:
        copy(mutator, wire->tag_at, end);
        copy(mutator, wire->tag_at, end);
        break;
    case 2:
        if (field)
            put_field(mutator, field, depth);
        else
            put_unknown(mutator);
        break;
    default:
        copy(mutator, wire->tag_at, end);
        put_field(mutator, types_choose_field(message, mutator_below(mutator, 1000)), depth);
        break;
    }
}

static void change(struct mutator *mutator, const struct schema_message *message, struct span bytes, int depth)
{
    struct wire_reader reader;
    struct wire_field field;
    size_t count = count_fields(bytes);
    if (count == 0 || message->field_count == 0) {
        put_message(mutator, message, depth);
        return;
    }
    size_t chosen = mutator_below(mutator, (unsigned)count);
    wire_reader_init(&reader, bytes);
    for (size_t i = 0; wire_next(&reader, &field) == WIRE_FIELD; i++) {
        if (i == chosen)
            change_field(mutator, message, &field, reader.at, depth);
        else
            copy(mutator, field.tag_at, reader.at);
    }
    copy(mutator, reader.at, reader.end); /* what is malformed stays */
}

bool wire_mutate(struct mutator *mutator, struct span in, struct span other)
{
    struct mutator_format format = mutator_format(mutator);
    bool fresh = mutator_one_in(mutator, 6);
    uint8_t choice = fresh ? (uint8_t)mutator_random(mutator) | format.direction : in.data[0];
    if ((choice & format.direction) != format.direction)
        return false; /* JSON */
    const struct schema_message *message = types_choose(choice >> format.shift);
    buf_append_byte(&mutator->out, choice);
    if (format.direction == 0 && choice & 0x80) /* proto_to_json: the byte that chooses a field */
        buf_append_byte(&mutator->out, in.len > 1 && !fresh ? in.data[1] : (uint8_t)mutator_random(mutator));
    if (fresh)
        put_message(mutator, message, 0);
    else
        change(mutator, message, span_from(in, mutator->out.len), 0);
    if (other.len > 1 && mutator_one_in(mutator, 8)) /* merged with another message */
        buf_append_span(&mutator->out, span_from(other, 1));
    return true;
}
