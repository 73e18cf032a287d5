/* What some defects look for in a response message. */
#include "harness/reference/defect_response.h"

#include "harness/base/base64.h"
#include "harness/base/escape.h"
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

bool defect_response_has_unknown(const struct schema_message *type, struct span message)
{
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, message);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (!schema_field_by_number(type, field.number))
            return true;
    }
    return false;
}

bool defect_response_has_extensions(const struct schema_message *type, struct span message)
{
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, message);
    while (type->well_known == SCHEMA_WKT_HTTP_BODY && wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number == 3)
            return true;
    }
    return false;
}

static bool is_map(const struct call *call, const struct schema_message *type, const struct wire_field *field,
                   struct wire_reader rest)
{
    const struct schema_field *known = schema_field_by_number(type, field->number);
    (void)call, (void)rest;
    return known && known->map;
}

/* A list of numbers that is packed, and declared otherwise, or the other way round. */
static bool packed_otherwise(const struct call *call, const struct schema_message *type, const struct wire_field *field,
                             struct wire_reader rest)
{
    const struct schema_field *known = schema_field_by_number(type, field->number);
    (void)call, (void)rest;
    return known && known->repeated && schema_wire_type(known->type) != WIRE_LEN &&
           (field->type == WIRE_LEN) != known->packed;
}

struct span defect_response_without(struct call *call, const struct schema_message *type, struct span message,
                                    defect_dropped_fn *dropped)
{
    struct wire_reader reader;
    struct wire_field field;
    uint8_t *out = arena_alloc(&call->scratch, message.len + 1);
    size_t len = 0;
    wire_reader_init(&reader, message);
    while (out && wire_next(&reader, &field) == WIRE_FIELD) {
        size_t size = (size_t)(reader.at - field.tag_at);
        if (dropped(call, type, &field, reader))
            continue;
        memcpy(out + len, field.tag_at, size);
        len += size;
    }
    return out ? span_of(out, len) : message;
}

/* Each byte for which `from` stands as another: 0x80 stands for all bytes beyond ASCII. */
static void replace(uint8_t *bytes, size_t len, uint8_t from, uint8_t to)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == from || (from == 0x80 && bytes[i] > 0x80))
            bytes[i] = to;
    }
}

#define HTTP_BODY_CUT_LEN 16384

struct span defect_file(struct call *call, struct span body)
{
    if (call_has(call, DEFECT_HTTP_BODY_TRUNCATED) && body.len > HTTP_BODY_CUT_LEN)
        body.len = HTTP_BODY_CUT_LEN;
    if (call_has(call, DEFECT_FULL_FRAME_LOST) && body.len % HTTP_BODY_CUT_LEN == 0)
        body.len -= body.len < HTTP_BODY_CUT_LEN ? body.len : HTTP_BODY_CUT_LEN;
    if (call_has(call, DEFECT_HTTP_BODY_WITHOUT_TYPE_EMPTY) && call->content_type.len == 0)
        body.len = 0;
    if (call_has(call, DEFECT_RANGE_CUTS_FILE) && fields_find(&call->headers, "range") && body.len > 4)
        body.len = 4;
    return body;
}

#define STAND_IN 0x7f /* DEL, which no case sends, is printed as it is */

/* In place of what is not UTF-8 in its strings. */
static struct span with_stand_ins(struct call *call, const struct schema_message *type, struct span message)
{
    struct span copy = arena_dup(&call->scratch, message);
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, copy);
    while (copy.data && wire_next(&reader, &field) == WIRE_FIELD) {
        const struct schema_field *known = schema_field_by_number(type, field.number);
        if (known && known->type == SCHEMA_STRING && !escape_utf8_valid(field.bytes))
            replace((uint8_t *)(uintptr_t)field.bytes.data, field.bytes.len, 0x80, STAND_IN);
    }
    return copy.data ? copy : message;
}

static struct span with_bytes(struct call *call, struct span text, const char *from, const char *to)
{
    struct span copy = arena_dup(&call->arena, text);
    for (size_t i = 0; copy.data && from[i]; i++)
        replace((uint8_t *)(uintptr_t)copy.data, copy.len, (uint8_t)from[i], (uint8_t)to[i]);
    return copy.data ? copy : text;
}

/* An HttpBody with other bytes in the place of the line breaks in its content type. */
static struct span without_line_breaks(struct call *call, struct span message)
{
    struct span copy = arena_dup(&call->scratch, message);
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, copy);
    while (copy.data && wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number == 1 && field.type == WIRE_LEN) {
            replace((uint8_t *)(uintptr_t)field.bytes.data, field.bytes.len, '\r', '|');
            replace((uint8_t *)(uintptr_t)field.bytes.data, field.bytes.len, '\n', '~');
        }
    }
    return copy.data ? copy : message;
}

struct span defect_content_type(struct call *call, struct span type)
{
    return call_has(call, DEFECT_HTTP_BODY_TYPE_UNCHECKED) ? with_bytes(call, type, "|~", "\r\n") : type;
}

/* A member `{}` for the first list that is empty and packed. */
static void put_empty_list(struct buf *json, const struct schema_message *type, struct span message)
{
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, message);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        const struct schema_field *known = schema_field_by_number(type, field.number);
        if (!known || !known->packed || field.type != WIRE_LEN || field.bytes.len > 0)
            continue;
        json->len--;
        buf_printf(json, ",%.*s{}}", SPAN_FMT(known->json_key));
        return;
    }
}

struct span defect_message(struct call *call, const struct schema_message *type, struct span message)
{
    if (call_has(call, DEFECT_MAPS_LOST))
        return defect_response_without(call, type, message, is_map);
    if (call_has(call, DEFECT_ANSWER_OTHER_PACKING_LOST))
        return defect_response_without(call, type, message, packed_otherwise);
    if (call_has(call, DEFECT_HTTP_BODY_TYPE_UNCHECKED) && type->well_known == SCHEMA_WKT_HTTP_BODY)
        return without_line_breaks(call, message);
    return call_has(call, DEFECT_UTF8_UNCHECKED) ? with_stand_ins(call, type, message) : message;
}

void defect_text(struct call *call, const struct schema_message *type, struct span message, struct buf *json)
{
    if (call_has(call, DEFECT_ANSWER_EMPTY_LIST_AS_OBJECT))
        put_empty_list(json, type, message);
    if (call_has(call, DEFECT_UTF8_UNCHECKED))
        replace(json->data, json->len, STAND_IN, 0xff);
    for (size_t i = 1; call_has(call, DEFECT_LINE_BREAKS_UNESCAPED) && i < json->len; i++) {
        if (json->data[i - 1] == '\\' && json->data[i] == 'n') {
            json->data[i - 1] = '\n';
            json->data[i] = ' ';
        }
    }
}

bool defect_details_code(const struct fields *trailers, uint32_t *code)
{
    struct buf details;
    struct wire_reader reader;
    struct wire_field field;
    buf_init(&details, H2_MAX_HEADER_BYTES);
    bool found = base64_decode(&details, fields_value(trailers, "grpc-status-details-bin")) && details.len > 0;
    *code = GRPC_OK;
    wire_reader_init(&reader, buf_span(&details));
    while (found && wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number == 1 && field.type == WIRE_VARINT)
            *code = (uint32_t)field.value;
    }
    buf_fini(&details);
    return found;
}
