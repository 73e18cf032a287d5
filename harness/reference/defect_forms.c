/* What some defects make of forms that mean the same. */
#include "harness/reference/defect_forms.h"

#include "harness/base/escape.h"
#include "harness/engine/json/reader.h"
#include "harness/engine/proto/wire.h"
#include "harness/reference/defect_response.h"

/* ---- the request */

/* Each piece decoded as UTF-8 by itself: what is cut off becomes question marks. */
struct span forms_piece(struct call *call, struct span piece)
{
    if (!call_has(call, DEFECT_PIECES_DECODED_APART) || escape_utf8_valid(piece))
        return piece;
    struct span copy = arena_dup(&call->arena, piece);
    for (size_t i = 0; copy.data && i < copy.len; i++) {
        uint8_t *byte = (uint8_t *)(uintptr_t)copy.data + i;
        *byte = *byte < 0x80 ? *byte : '?';
    }
    return copy.data ? copy : piece;
}

struct span forms_content_type(const struct call *call)
{
    for (size_t i = 0; call_has(call, DEFECT_HEADER_NAMES_CASE_SENSITIVE) && i < call->headers.count; i++) {
        const struct field *field = &call->headers.items[i];
        if (span_equal_nocase(field->name, span_cstr("content-type")) && !span_is(field->name, "content-type"))
            return span_of(NULL, 0);
    }
    return fields_value(&call->headers, "content-type");
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The end of the string that begins at `at`, behind its quote; that of the text where it has none. */
static size_t string_end(struct span json, size_t at)
{
    bool escaped;
    const uint8_t *quote = json_string_end(json.data + at + 1, json.data + json.len, &escaped);
    return quote ? (size_t)(quote + 1 - json.data) : json.len;
}

static bool has_blanks(struct span json)
{
    for (size_t at = 0; at < json.len; at++) {
        if (json.data[at] == '"')
            at = string_end(json, at) - 1;
        else if (is_blank(json.data[at]))
            return true;
    }
    return false;
}

/* Whether a name stands behind one in the same object that comes after it. */
static bool has_unsorted(struct span json)
{
    struct span last[16] = {{0}};
    size_t depth = 0;
    for (size_t at = 0; at < json.len; at++) {
        uint8_t c = json.data[at];
        if ((c == '{' || c == '[') && ++depth < 16)
            last[depth] = span_of(NULL, 0);
        depth -= (c == '}' || c == ']') && depth > 0;
        if (c != '"')
            continue;
        size_t end = string_end(json, at);
        struct span name = span_of(json.data + at, end - at);
        for (at = end; at < json.len && is_blank(json.data[at]);)
            at++;
        bool is_name = at < json.len && json.data[at] == ':' && depth < 16;
        if (is_name && last[depth].data && span_compare(last[depth], name) > 0)
            return true;
        if (is_name)
            last[depth] = name;
        at--;
    }
    return false;
}

bool forms_refuse_body(const struct call *call)
{
    struct span body = buf_span(&call->body);
    return (call_has(call, DEFECT_JSON_BLANKS_REFUSED) && has_blanks(body)) ||
           (call_has(call, DEFECT_JSON_KEYS_SORTED_ONLY) && has_unsorted(body));
}

bool forms_keep_headers(const struct call *call)
{
    return !call_has(call, DEFECT_HTTP2_HEADERS_LOST) || call->front_stream == 0;
}

/* ---- the answer */

/* Bytes of a varint that is no longer than it has to be. */
static size_t varint_len(uint64_t value)
{
    size_t len = 1;
    for (; value >= 0x80; value >>= 7)
        len++;
    return len;
}

static bool refuses(const struct call *call, struct span message)
{
    struct wire_reader reader;
    struct wire_field field;
    uint32_t last = 0;
    wire_reader_init(&reader, message);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        size_t size = (size_t)(reader.at - field.tag_at);
        if (call_has(call, DEFECT_RESPONSE_ORDER_REQUIRED) && field.number < last)
            return true;
        size_t tag = varint_len((uint64_t)field.number << 3);
        bool is_long = field.type == WIRE_VARINT && size > tag + varint_len(field.value);
        if (call_has(call, DEFECT_RESPONSE_LONG_NUMBER_REFUSED) && is_long)
            return true;
        last = field.number;
    }
    return false;
}

/* A number that could be packed and is not, or, of what is packed, all but the last. */
static bool is_lost(const struct call *call, const struct schema_message *type, const struct wire_field *field,
                    struct wire_reader rest)
{
    const struct schema_field *known = schema_field_by_number(type, field->number);
    struct wire_field other;
    if (!known || !known->repeated || known->message || known->type == SCHEMA_STRING || known->type == SCHEMA_BYTES)
        return false;
    if (call_has(call, DEFECT_RESPONSE_UNPACKED_LOST))
        return field->type != WIRE_LEN;
    while (wire_next(&rest, &other) == WIRE_FIELD) {
        if (other.number == field->number && other.type == WIRE_LEN)
            return true;
    }
    return false;
}

bool forms_message(struct call *call, const struct schema_message *type, struct span *message)
{
    switch (call->core->defect) {
    case DEFECT_RESPONSE_ORDER_REQUIRED:
    case DEFECT_RESPONSE_LONG_NUMBER_REFUSED:
        return !refuses(call, *message);
    case DEFECT_RESPONSE_UNPACKED_LOST:
    case DEFECT_RESPONSE_PACKED_ONCE:
        *message = defect_response_without(call, type, *message, is_lost);
        return true;
    default:
        return true;
    }
}
