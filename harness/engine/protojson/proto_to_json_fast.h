/* Private to proto_to_json: the fast way from wire bytes to JSON, in one pass, for bytes as serializers write them:
 * with fields in ascending order, each singular one once, and map entries as key and value. Whatever is otherwise,
 * errors included, is not printed here: the functions return NULL, and proto_to_json begins again with the complete
 * way, which knows what is right and what to say.
 *
 * The end of the output goes from function to function as `to`, with room up to output->limit; it reaches output->out
 * only where other code takes over. proto_to_json_fast.c has messages, lists and maps, proto_to_json_fast_value.c
 * scalars. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_PROTO_TO_JSON_FAST_H
#define TRANSCHECK_ENGINE_PROTOJSON_PROTO_TO_JSON_FAST_H

#include "harness/engine/protojson/proto_to_json.h"
#include "harness/engine/json/plain.h"
#include "harness/engine/protojson/scalar.h"
#include "harness/engine/protojson/well_known.h"

#define SLACK                                                                                                          \
    64 /* room beyond text of a known length: for brackets, one number, and copies of fixed size that go beyond the    \
          text */

_Static_assert(SLACK >= NUMBER_TEXT_MAX + 8 && SLACK >= JSON_PLAIN_SHORT + 8 && SLACK >= WELL_KNOWN_TEXT_MAX + 4 &&
                   SLACK >= SCHEMA_KEY_PAD + 8,
               "one check of the room covers each of these");

/* A value off the wire. It has two words, so that it is passed in registers. */
struct fast_value {
    const uint8_t *data; /* of LEN */
    uint64_t number;     /* of VARINT, FIXED64, FIXED32; of LEN the length */
};

static inline struct span fast_value_bytes(struct fast_value value)
{
    return span_of(value.data, (size_t)value.number);
}

/* A value of any type, in JSON. Of this and the next ones, the caller has made room for SLACK bytes. */
uint8_t *fast_print_value(struct json_output *output, uint8_t *to, const struct schema_field *field,
                          struct fast_value value);
/* A string of any length, with characters of any kind; NULL when it is not UTF-8. */
uint8_t *fast_print_text(struct json_output *output, uint8_t *to, struct span text);
/* A Timestamp or a Duration. */
uint8_t *fast_print_moment(uint8_t *to, const struct schema_message *message, struct span wire);
uint8_t *fast_print_message(struct json_output *output, uint8_t *to, const struct schema_message *message,
                            struct span wire);

/* ---- room */

/* Makes room, and returns where the output ends. */
static inline uint8_t *fast_print_open(struct json_output *output, size_t len)
{
    struct buf *out = output->out;
    if (!buf_reserve(out, len))
        return NULL;
    output->limit = out->data + out->cap - 1;
    return out->data + out->len;
}

static inline void fast_print_close(struct json_output *output, uint8_t *to)
{
    output->out->len = (size_t)(to - output->out->data);
    *to = '\0';
}

uint8_t *fast_print_make_room(struct json_output *output, uint8_t *to, size_t len);

static inline uint8_t *fast_print_room(struct json_output *output, uint8_t *to, size_t len)
{
    return (size_t)(output->limit - to) >= len ? to : fast_print_make_room(output, to, len);
}

/* ---- values */

/* The next value of the wire type `type`; returned is its end. NULL for a group, and for malformed bytes. */
static inline const uint8_t *fast_value_next(struct fast_value *value, const uint8_t *at, const uint8_t *end,
                                             unsigned type)
{
    uint64_t len;
    switch (type) {
    case WIRE_LEN:
        at = wire_varint_next(at, end, &len);
        if (!at || len > (size_t)(end - at))
            return NULL;
        value->data = at;
        value->number = len;
        return at + len;
    case WIRE_VARINT:
        return wire_varint_next(at, end, &value->number);
    case WIRE_FIXED64:
        if (end - at < 8)
            return NULL;
        value->number = wire_fixed_get(at, 8);
        return at + 8;
    case WIRE_FIXED32:
        if (end - at < 4)
            return NULL;
        value->number = wire_fixed_get(at, 4);
        return at + 4;
    default:
        return NULL;
    }
}

/* A string value. A short one without anything to escape is copied right here, without a call. */
static inline uint8_t *fast_print_string(struct json_output *output, uint8_t *to, struct span text)
{
    uint32_t found;
    if (text.len <= JSON_PLAIN_SHORT && json_plain_short(text.data, output->readable, &found) &&
        (found & (((uint64_t)1 << text.len) - 1)) == 0) {
        *to = '"';
        memcpy(to + 1, text.data, JSON_PLAIN_SHORT);
        to[text.len + 1] = '"';
        return to + text.len + 2;
    }
    return fast_print_text(output, to, text);
}

#endif
