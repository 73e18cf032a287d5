/* What some defects look for in a response message. */
#include "harness/reference/defect_response.h"

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

static struct span without_maps(struct call *call, const struct schema_message *type, struct span message)
{
    struct wire_reader reader;
    struct wire_field field;
    uint8_t *out = arena_alloc(&call->scratch, message.len + 1);
    size_t len = 0;
    wire_reader_init(&reader, message);
    while (out && wire_next(&reader, &field) == WIRE_FIELD) {
        const struct schema_field *known = schema_field_by_number(type, field.number);
        size_t size = (size_t)(reader.at - field.tag_at);
        if (known && known->map)
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

struct span defect_message(struct call *call, const struct schema_message *type, struct span message)
{
    if (call_has(call, DEFECT_MAPS_LOST))
        return without_maps(call, type, message);
    return call_has(call, DEFECT_UTF8_UNCHECKED) ? with_stand_ins(call, type, message) : message;
}

void defect_text(struct call *call, struct buf *json)
{
    if (call_has(call, DEFECT_UTF8_UNCHECKED))
        replace(json->data, json->len, STAND_IN, 0xff);
    for (size_t i = 1; call_has(call, DEFECT_LINE_BREAKS_UNESCAPED) && i < json->len; i++) {
        if (json->data[i - 1] == '\\' && json->data[i] == 'n') {
            json->data[i - 1] = '\n';
            json->data[i] = ' ';
        }
    }
}

/* ---- the JSON of an answer */

/* The end of the string that begins at `at`, behind its quote. */
static size_t string_end(struct span json, size_t at)
{
    for (at++; at < json.len && json.data[at] != '"'; at++)
        at += json.data[at] == '\\';
    return at < json.len ? at + 1 : json.len;
}

static bool is_integer_text(struct span text)
{
    size_t digits = 0;
    for (size_t i = text.len > 0 && text.data[0] == '-'; i < text.len; i++, digits++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return digits > 0;
}

/* One string of the answer, with its quotes: a member's name where a colon follows. */
static void change_string(struct call *call, struct buf *out, struct span text, bool is_name)
{
    struct span inside = span_of(text.data + 1, text.len - 2);
    if (call_has(call, DEFECT_INT64_AS_NUMBER) && !is_name && is_integer_text(inside)) {
        buf_append_span(out, inside);
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool upper = is_name && call_has(call, DEFECT_JSON_NAMES_ORIGINAL) && c >= 'A' && c <= 'Z';
        if (upper)
            buf_append_byte(out, '_');
        buf_append_byte(out, (uint8_t)(upper ? c - 'A' + 'a' : c));
    }
}

/* `"value":null` in front, where the message has a singular google.protobuf.Value that is not printed. */
static struct span with_null(struct call *call, struct span json)
{
    const struct schema_message *type = call->request.match.binding->method->output;
    for (size_t i = 0; i < type->field_count && json.len > 2; i++) {
        const struct schema_field *field = &type->fields[i];
        struct span key = field->json_key;
        if (field->repeated || field->oneof_index >= 0 || !field->message ||
            field->message->well_known != SCHEMA_WKT_VALUE || memmem(json.data, json.len, key.data, key.len))
            continue;
        return span_cstr(arena_printf(&call->arena, "{%.*snull,%.*s", SPAN_FMT(key), (int)json.len - 1,
                                      (const char *)json.data + 1));
    }
    return json;
}

struct span defect_json(struct call *call, struct span json)
{
    struct buf out;
    if (call_has(call, DEFECT_LARGE_MESSAGE_EMPTY) && json.len > 16384 && !reply_is_raw(call))
        return span_cstr("{}");
    if (call_has(call, DEFECT_NON_ASCII_REPLACED) && !reply_is_raw(call)) {
        struct span copy = arena_dup(&call->arena, json);
        if (copy.data)
            replace((uint8_t *)(uintptr_t)copy.data, copy.len, 0x80, '?');
        return copy.data ? copy : json;
    }
    if (call_has(call, DEFECT_UNSET_VALUE_AS_NULL))
        return with_null(call, json);
    if (!call_has(call, DEFECT_INT64_AS_NUMBER) && !call_has(call, DEFECT_JSON_NAMES_ORIGINAL))
        return json;
    buf_init(&out, REFERENCE_MAX_MESSAGE * 4);
    for (size_t at = 0; at < json.len;) {
        if (json.data[at] != '"') {
            buf_append_byte(&out, json.data[at++]);
            continue;
        }
        size_t end = string_end(json, at);
        change_string(call, &out, span_of(json.data + at, end - at), end < json.len && json.data[end] == ':');
        at = end;
    }
    struct span copy = arena_dup(&call->arena, buf_span(&out));
    buf_fini(&out);
    return copy.data ? copy : json;
}
