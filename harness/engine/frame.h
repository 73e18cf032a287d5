/* Length-Prefixed-Message framing of gRPC: 1 byte flags, 4 bytes big-endian length, the message.
 * Source: grpc/grpc doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message".
 *
 * The parser is incremental, three-valued and copies nothing: it hands out pieces, views into the caller's bytes, so a
 * declared length of 4 GiB costs no memory. Its state is 32 bytes; it may be copied. */
#ifndef TRANSCHECK_ENGINE_FRAME_H
#define TRANSCHECK_ENGINE_FRAME_H

#include "harness/base/err.h"
#include "harness/base/span.h"

#define FRAME_PREFIX_LEN      5u
#define FRAME_FLAG_COMPRESSED 0x01u

enum frame_result { FRAME_DONE, FRAME_NEED_MORE, FRAME_BAD };

struct frame_parser {
    uint32_t max_len;  /* a longer declared message is FRAME_BAD */
    uint32_t len;      /* of the current message */
    uint32_t received; /* payload bytes of the current message already handed out */
    uint8_t prefix[FRAME_PREFIX_LEN];
    uint8_t prefix_len; /* bytes of the prefix collected */
    bool bad;
    bool steady; /* the last two whole messages were of one length */
};

/* One piece of a message. */
struct frame_piece {
    uint8_t flags;
    uint32_t len;      /* declared length of the whole message */
    uint32_t offset;   /* of this piece in the message */
    struct span bytes; /* view into the input; empty for a message of length 0 */
    bool last;         /* the message is complete with this piece */
};

void frame_parser_init(struct frame_parser *parser, uint32_t max_len);

/* frame_parser_next for every case but the usual one. */
enum frame_result frame_parser_next_part(struct frame_parser *parser, struct span *in, struct frame_piece *piece,
                                         struct err *err);

/* Takes bytes from the front of *in (advancing it) until one piece is complete.
 * FRAME_DONE: *piece is set. FRAME_NEED_MORE: *in is used up. FRAME_BAD (sticky): a reserved flag bit, or a declared
 * length over the maximum; *err says which, with the five bytes in hex.
 *
 * The usual case, a message that is whole in the input, is here, because a call costs as much as the rest of it. Where
 * messages are of one length, a step of that length is taken without waiting for the next length to be loaded. */
static inline enum frame_result frame_parser_next(struct frame_parser *parser, struct span *in,
                                                  struct frame_piece *piece, struct err *err)
{
    const uint8_t *p = in->data;
    size_t left = in->len;
    if (parser->prefix_len != 0 || parser->bad || left < FRAME_PREFIX_LEN)
        return frame_parser_next_part(parser, in, piece, err);
    uint32_t len = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
    size_t step = parser->len;
    if (parser->steady) {
        size_t last = step;
        __asm__("" : "+r"(step)); /* the compiler must not see that it is len */
        if (last != len) {
            parser->steady = false;
            parser->len = len;
            step = len;
        }
    } else {
        parser->steady = step == len;
        parser->len = len;
        step = len;
    }
    if ((p[0] & ~FRAME_FLAG_COMPRESSED) != 0 || step > parser->max_len || step > left - FRAME_PREFIX_LEN)
        return frame_parser_next_part(parser, in, piece, err);
    piece->flags = p[0];
    piece->len = len;
    piece->offset = 0;
    piece->bytes = span_of(p + FRAME_PREFIX_LEN, step);
    piece->last = true;
    in->data = p + FRAME_PREFIX_LEN + step;
    in->len = left - FRAME_PREFIX_LEN - step;
    return FRAME_DONE;
}

/* Whether the stream may end here: not inside a prefix or a message. */
bool frame_parser_at_boundary(const struct frame_parser *parser);

void frame_prefix_write(uint8_t out[FRAME_PREFIX_LEN], uint8_t flags, uint32_t len);

#endif
