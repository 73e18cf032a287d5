#include "harness/engine/schema_wire.h"

#include <assert.h>

#include "harness/base/escape.h"

#define MAX_STACK 64

bool schema_wire_varint(struct span *in, uint64_t *value)
{
    uint64_t result = 0;
    for (size_t i = 0; i < 10 && i < in->len; i++) {
        uint8_t byte = in->data[i];
        if (i == 9 && byte > 1)
            return false;
        result |= (uint64_t)(byte & 0x7fu) << (7 * i);
        if (byte < 0x80u) {
            *value = result;
            *in = span_from(*in, i + 1);
            return true;
        }
    }
    return false;
}

static bool read_fixed(struct span *in, size_t len, uint64_t *value)
{
    if (in->len < len)
        return false;
    uint64_t result = 0;
    for (size_t i = 0; i < len; i++)
        result |= (uint64_t)in->data[i] << (8 * i);
    *value = result;
    *in = span_from(*in, len);
    return true;
}

enum schema_wire_result schema_wire_next(struct span *in, struct schema_wire_field *field)
{
    if (in->len == 0)
        return SCHEMA_WIRE_END;
    uint64_t tag;
    if (!schema_wire_varint(in, &tag) || tag > UINT32_MAX || (tag >> 3) == 0)
        return SCHEMA_WIRE_BAD;
    field->number = (uint32_t)(tag >> 3);
    field->value = 0;
    field->bytes = span_of(NULL, 0);
    uint64_t len;
    switch (tag & 7u) {
    case SCHEMA_WIRE_VARINT:
        field->type = SCHEMA_WIRE_VARINT;
        return schema_wire_varint(in, &field->value) ? SCHEMA_WIRE_FIELD : SCHEMA_WIRE_BAD;
    case SCHEMA_WIRE_I64:
        field->type = SCHEMA_WIRE_I64;
        return read_fixed(in, 8, &field->value) ? SCHEMA_WIRE_FIELD : SCHEMA_WIRE_BAD;
    case SCHEMA_WIRE_I32:
        field->type = SCHEMA_WIRE_I32;
        return read_fixed(in, 4, &field->value) ? SCHEMA_WIRE_FIELD : SCHEMA_WIRE_BAD;
    case SCHEMA_WIRE_LEN:
        field->type = SCHEMA_WIRE_LEN;
        if (!schema_wire_varint(in, &len) || len > in->len)
            return SCHEMA_WIRE_BAD;
        field->bytes = span_of(in->data, (size_t)len);
        *in = span_from(*in, (size_t)len);
        return SCHEMA_WIRE_FIELD;
    default:
        return SCHEMA_WIRE_BAD;
    }
}

bool schema_wire_put_varint(struct buf *out, uint64_t value)
{
    uint8_t bytes[10];
    size_t len = 0;
    do {
        bytes[len] = (uint8_t)((value & 0x7fu) | (value > 0x7fu ? 0x80u : 0));
        len++;
        value >>= 7;
    } while (value != 0);
    return buf_append(out, bytes, len);
}

bool schema_wire_put_tag(struct buf *out, uint32_t number, enum schema_wire_type type)
{
    return schema_wire_put_varint(out, ((uint64_t)number << 3) | (uint64_t)type);
}

bool schema_wire_put_bytes(struct buf *out, uint32_t number, struct span bytes)
{
    return schema_wire_put_tag(out, number, SCHEMA_WIRE_LEN) && schema_wire_put_varint(out, bytes.len) &&
           buf_append_span(out, bytes);
}

/* The part of descriptor.proto that is read: which fields are names and which are messages. */
enum shape {
    SHAPE_NONE,
    SHAPE_NAME,
    SHAPE_SET,
    SHAPE_FILE,
    SHAPE_MESSAGE,
    SHAPE_FIELD,
    SHAPE_ENUM,
    SHAPE_ENUM_VALUE,
    SHAPE_ONEOF,
    SHAPE_SERVICE,
    SHAPE_METHOD,
    SHAPE_COUNT
};

#define SHAPE_FIELDS 13

static const uint8_t shapes[SHAPE_COUNT][SHAPE_FIELDS] = {
    [SHAPE_SET] = {[1] = SHAPE_FILE},
    [SHAPE_FILE] = {[1] = SHAPE_NAME,
                    [2] = SHAPE_NAME,
                    [3] = SHAPE_NAME,
                    [4] = SHAPE_MESSAGE,
                    [5] = SHAPE_ENUM,
                    [6] = SHAPE_SERVICE,
                    [7] = SHAPE_FIELD,
                    [12] = SHAPE_NAME},
    [SHAPE_MESSAGE] = {[1] = SHAPE_NAME,
                       [2] = SHAPE_FIELD,
                       [3] = SHAPE_MESSAGE,
                       [4] = SHAPE_ENUM,
                       [6] = SHAPE_FIELD,
                       [8] = SHAPE_ONEOF},
    [SHAPE_FIELD] = {[1] = SHAPE_NAME, [2] = SHAPE_NAME, [6] = SHAPE_NAME, [10] = SHAPE_NAME},
    [SHAPE_ENUM] = {[1] = SHAPE_NAME, [2] = SHAPE_ENUM_VALUE},
    [SHAPE_ENUM_VALUE] = {[1] = SHAPE_NAME},
    [SHAPE_ONEOF] = {[1] = SHAPE_NAME},
    [SHAPE_SERVICE] = {[1] = SHAPE_NAME, [2] = SHAPE_METHOD},
    [SHAPE_METHOD] = {[1] = SHAPE_NAME, [2] = SHAPE_NAME, [3] = SHAPE_NAME},
};

static enum err_code check_name(struct span name, size_t at, struct err *err)
{
    if (name.len > 0 && memchr(name.data, 0, name.len))
        return err_set(err, ERR_SYNTAX, "descriptor set: a name at offset %zu holds a NUL byte", at);
    if (!escape_utf8_valid(name))
        return err_set(err, ERR_SYNTAX, "descriptor set: a name at offset %zu is not valid UTF-8", at);
    return ERR_OK;
}

enum err_code schema_wire_check(struct span descriptor_set, size_t max_depth, struct err *err)
{
    struct {
        struct span rest;
        enum shape shape;
    } stack[MAX_STACK];
    assert(max_depth > 0 && max_depth <= MAX_STACK);
    size_t depth = 1;
    stack[0].rest = descriptor_set;
    stack[0].shape = SHAPE_SET;
    while (depth > 0) {
        struct schema_wire_field field;
        struct span *rest = &stack[depth - 1].rest;
        size_t at = rest->len > 0 ? (size_t)(rest->data - descriptor_set.data) : descriptor_set.len;
        enum schema_wire_result result = schema_wire_next(rest, &field);
        if (result == SCHEMA_WIRE_BAD)
            return err_set(err, ERR_SYNTAX, "descriptor set: malformed field at offset %zu", at);
        if (result == SCHEMA_WIRE_END) {
            depth--;
            continue;
        }
        enum shape shape = field.number < SHAPE_FIELDS ? shapes[stack[depth - 1].shape][field.number] : SHAPE_NONE;
        if (shape == SHAPE_NONE)
            continue;
        if (field.type != SCHEMA_WIRE_LEN)
            return err_set(err, ERR_SYNTAX, "descriptor set: wrong wire type at offset %zu", at);
        if (shape == SHAPE_NAME) {
            enum err_code code = check_name(field.bytes, at, err);
            if (code != ERR_OK)
                return code;
            continue;
        }
        if (depth == max_depth)
            return err_set(err, ERR_LIMIT, "descriptor set: nested deeper than %zu levels at offset %zu", max_depth,
                           at);
        stack[depth].rest = field.bytes;
        stack[depth].shape = shape;
        depth++;
    }
    return ERR_OK;
}
