/* What some defects look for in a response message. */
#include "harness/reference/defect_response.h"

#include "harness/engine/proto/wire.h"

/* The first field of this number in a map entry: 1 is the key, 2 the value. One that is missing has its default. */
static bool entry_part(struct wire_field *part, struct span entry, uint32_t number)
{
    struct wire_reader reader;
    struct wire_field field;
    *part = (struct wire_field){.number = number};
    wire_reader_init(&reader, entry);
    while (wire_next(&reader, &field) == WIRE_FIELD)
        if (field.number == number) {
            *part = field;
            return true;
        }
    return false;
}

static bool same_key(struct span entry, struct span other)
{
    struct wire_field one;
    struct wire_field two;
    bool here = entry_part(&one, entry, 1);
    bool there = entry_part(&two, other, 1);
    if (here && there && one.type != two.type)
        return false;
    return (here ? one.type : two.type) == WIRE_LEN ? span_equal(one.bytes, two.bytes) : one.value == two.value;
}

bool defect_response_repeats(const struct schema_message *type, struct span message)
{
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, message);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        const struct schema_field *known = schema_field_by_number(type, field.number);
        if (!known || (known->repeated && !known->map))
            continue;
        struct wire_reader rest = reader;
        struct wire_field other;
        while (wire_next(&rest, &other) == WIRE_FIELD)
            if (other.number == field.number && other.type == field.type &&
                (!known->map || (field.type == WIRE_LEN && same_key(field.bytes, other.bytes))))
                return true;
    }
    return false;
}

bool defect_response_lacks_entry_part(const struct schema_message *type, struct span message)
{
    struct wire_reader reader;
    struct wire_field field;
    struct wire_field part;
    wire_reader_init(&reader, message);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        const struct schema_field *known = schema_field_by_number(type, field.number);
        if (known && known->map && field.type == WIRE_LEN &&
            (!entry_part(&part, field.bytes, 1) || !entry_part(&part, field.bytes, 2)))
            return true;
    }
    return false;
}

/* ---- the JSON of an answer */

struct span defect_json(struct call *call, struct span json)
{
    if (call_has(call, DEFECT_LARGE_MESSAGE_EMPTY) && json.len > 16384 && !reply_is_raw(call))
        return span_cstr("{}");
    return json;
}
