/* The walker over the fields of a message, and the writer of tags and values. */
#include "harness/engine/proto/wire.h"

#include <assert.h>

const uint8_t *wire_varint_get(const uint8_t *at, const uint8_t *end, size_t max_bytes, uint64_t *value)
{
    uint64_t result = 0;
    for (size_t i = 0; i < max_bytes && at < end; i++) {
        uint8_t byte = *at++;
        if (i == 9 && byte > 1)
            return NULL;
        result |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *value = result;
            return at;
        }
    }
    return NULL;
}

/* The value after a tag that is not a group's. */
static const uint8_t *value_next(const uint8_t *at, const uint8_t *end, unsigned type, struct wire_field *field)
{
    size_t left = (size_t)(end - at);
    switch (type) {
    case WIRE_VARINT:
        return wire_varint_next(at, end, &field->value);
    case WIRE_FIXED64:
    case WIRE_FIXED32: {
        size_t width = type == WIRE_FIXED64 ? 8 : 4;
        if (left < width)
            return NULL;
        field->value = wire_fixed_get(at, width);
        return at + width;
    }
    case WIRE_LEN: {
        uint64_t len;
        at = wire_varint_next(at, end, &len);
        if (!at || len > (size_t)(end - at))
            return NULL;
        field->bytes = span_of(at, (size_t)len);
        return at + len;
    }
    default:
        return NULL;
    }
}

/* From behind a group's begin tag to behind its end tag; `field->bytes` becomes what is between. */
static const uint8_t *group_next(const uint8_t *at, const uint8_t *end, struct wire_field *field)
{
    uint32_t open[WIRE_MAX_GROUPS];
    size_t depth = 0;
    const uint8_t *begin = at;
    open[depth++] = field->number;
    while (depth > 0) {
        const uint8_t *tag_at = at;
        uint32_t number;
        unsigned type;
        struct wire_field inner;
        at = wire_tag_next(at, end, &number, &type);
        if (!at)
            return NULL;
        if (type == WIRE_GROUP_BEGIN) {
            if (depth == WIRE_MAX_GROUPS)
                return NULL;
            open[depth++] = number;
        } else if (type == WIRE_GROUP_END) {
            if (open[--depth] != number)
                return NULL;
            field->bytes = span_of(begin, (size_t)(tag_at - begin));
        } else if (!(at = value_next(at, end, type, &inner))) {
            return NULL;
        }
    }
    return at;
}

enum wire_result wire_next(struct wire_reader *reader, struct wire_field *field)
{
    if (reader->at == reader->end)
        return WIRE_END;
    unsigned type;
    field->tag_at = reader->at;
    const uint8_t *at = wire_tag_next(reader->at, reader->end, &field->number, &type);
    if (!at || type == WIRE_GROUP_END)
        return WIRE_BAD;
    at = type == WIRE_GROUP_BEGIN ? group_next(at, reader->end, field) : value_next(at, reader->end, type, field);
    if (!at)
        return WIRE_BAD;
    field->type = (enum wire_type)type;
    reader->at = at;
    return WIRE_FIELD;
}

bool wire_packed_varint(struct wire_reader *reader, uint64_t *value)
{
    if (reader->at == reader->end)
        return false;
    const uint8_t *at = wire_varint_next(reader->at, reader->end, value);
    if (at)
        reader->at = at;
    return at != NULL;
}

/* ---- writing */

/* Room for `len` bytes, without a call where there is room already. */
static inline uint8_t *room(struct buf *out, size_t len)
{
    if (!out->failed && out->cap - out->len > len)
        return out->data + out->len;
    return buf_reserve(out, len);
}

static inline void written(struct buf *out, size_t len)
{
    out->len += len;
    out->data[out->len] = '\0';
}

bool wire_put_varint(struct buf *out, uint64_t value)
{
    uint8_t bytes[WIRE_VARINT_MAX];
    return buf_append(out, bytes, (size_t)(wire_varint_write(bytes, value) - bytes));
}

bool wire_put_tag(struct buf *out, uint32_t number, enum wire_type type)
{
    assert(number > 0 && number <= WIRE_MAX_NUMBER);
    return wire_put_varint(out, (uint64_t)number << 3 | (unsigned)type);
}

static bool put_fixed(struct buf *out, uint64_t value, size_t width)
{
    uint8_t *at = room(out, width);
    if (!at)
        return false;
    for (size_t i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> (8 * i));
    written(out, width);
    return true;
}

bool wire_put_fixed32(struct buf *out, uint32_t value)
{
    return put_fixed(out, value, 4);
}

bool wire_put_fixed64(struct buf *out, uint64_t value)
{
    return put_fixed(out, value, 8);
}

bool wire_put_bytes(struct buf *out, struct span bytes)
{
    return wire_put_varint(out, bytes.len) && buf_append_span(out, bytes);
}

size_t wire_len_begin(struct buf *out)
{
    wire_put_varint(out, 0);
    return out->len;
}

bool wire_len_end(struct buf *out, size_t body_at)
{
    if (out->failed)
        return false;
    assert(body_at > 0 && body_at <= out->len);
    size_t len = out->len - body_at;
    if (len < 0x80) {
        out->data[body_at - 1] = (uint8_t)len;
        return true;
    }
    size_t extra = wire_varint_len(len) - 1;
    if (!buf_reserve(out, extra))
        return false;
    memmove(out->data + body_at + extra, out->data + body_at, len);
    uint8_t prefix[WIRE_VARINT_MAX];
    wire_varint_write(prefix, len);
    memcpy(out->data + body_at - 1, prefix, extra + 1);
    written(out, extra);
    return true;
}
