/* The protobuf wire format: a walker over the fields of one message, which borrows its bytes, and a writer that appends
 * to a buf. Nothing is allocated; the stack is constant. Source: protobuf.dev "Encoding". Limits: field numbers 1 to
 * 536870911, tags of at most 5 bytes, varints of at most 10, groups WIRE_MAX_GROUPS deep. */
#ifndef TRANSCHECK_ENGINE_WIRE_H
#define TRANSCHECK_ENGINE_WIRE_H

#include "harness/base/buf.h"

#define WIRE_MAX_GROUPS 100
#define WIRE_MAX_NUMBER 536870911u

enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_LEN = 2,
    WIRE_GROUP_BEGIN = 3,
    WIRE_GROUP_END = 4,
    WIRE_FIXED32 = 5
};

struct wire_field {
    const uint8_t *tag_at; /* first byte of the tag */
    uint32_t number;
    enum wire_type type;
    uint64_t value;    /* of VARINT, FIXED64, FIXED32 */
    struct span bytes; /* of LEN; of GROUP_BEGIN the fields inside, without the end tag */
};

enum wire_result { WIRE_FIELD, WIRE_END, WIRE_BAD };

struct wire_reader {
    const uint8_t *at;
    const uint8_t *end;
};

static inline void wire_reader_init(struct wire_reader *reader, struct span message)
{
    reader->at = message.data;
    reader->end = message.data ? message.data + message.len : message.data;
}

/* The next field. WIRE_BAD leaves `at` where the malformed field begins, for good. */
enum wire_result wire_next(struct wire_reader *reader, struct wire_field *field);

/* The next varint of a packed field: false at its end and when malformed (then `at` is not `end`). */
bool wire_packed_varint(struct wire_reader *reader, uint64_t *value);

/* Little-endian values of 4 and 8 bytes. */
uint64_t wire_fixed_get(const uint8_t *bytes, size_t width);

static inline int64_t wire_zigzag_decode(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

static inline uint64_t wire_zigzag_encode(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

/* Writing: all return false, and set out->failed, when `out` is full. */
bool wire_put_varint(struct buf *out, uint64_t value);
bool wire_put_tag(struct buf *out, uint32_t number, enum wire_type type);
bool wire_put_fixed32(struct buf *out, uint32_t value);
bool wire_put_fixed64(struct buf *out, uint64_t value);
/* Length and bytes, without a tag. */
bool wire_put_bytes(struct buf *out, struct span bytes);

/* A length that is not known yet: begin leaves room for it and returns where the body starts, end puts the length in
 * front of the body (moving it when the length takes more than one byte). Pairs nest. */
size_t wire_len_begin(struct buf *out);
bool wire_len_end(struct buf *out, size_t body_at);

#endif
