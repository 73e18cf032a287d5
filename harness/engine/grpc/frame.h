/* Length-Prefixed-Message framing of gRPC: 1 byte flags, 4 bytes big-endian length, the message.
 * Source: grpc/grpc doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message".
 *
 * The parser is incremental, three-valued and copies nothing: it hands out pieces, views into the caller's bytes, so a
 * declared length of 4 GiB costs no memory. Its state is 32 bytes; it may be copied. */
#ifndef TRANSCHECK_ENGINE_GRPC_FRAME_H
#define TRANSCHECK_ENGINE_GRPC_FRAME_H

#include "harness/base/err.h"
#include "harness/base/span.h"

#define FRAME_PREFIX_LEN      5u
#define FRAME_FLAG_COMPRESSED 0x01u

enum frame_result { FRAME_DONE, FRAME_NEED_MORE, FRAME_BAD };

struct frame_parser {
    uint64_t step;     /* bytes of the last message, prefix included, when another may begin; else FRAME_NO_STEP */
    uint32_t repeated; /* the length in that message's prefix, as it stands there */
    uint32_t max_len;  /* a longer declared message is FRAME_BAD */
    uint32_t len;      /* of a message that comes in pieces */
    uint32_t received; /* payload bytes of it already handed out */
    uint8_t prefix[FRAME_PREFIX_LEN];
    uint8_t prefix_len; /* bytes of the prefix collected */
    bool bad;
};

#define FRAME_NO_STEP UINT64_MAX

/* One piece of a message. */
struct frame_piece {
    uint8_t flags;
    uint32_t len;      /* declared length of the whole message */
    uint32_t offset;   /* of this piece in the message */
    struct span bytes; /* view into the input; empty for a message of length 0 */
    bool last;         /* the message is complete with this piece */
};

void frame_parser_init(struct frame_parser *parser, uint32_t max_len);

/* frame_parser_next for messages that are not whole in the input, and for what is refused. */
enum frame_result frame_parser_next_part(struct frame_parser *parser, struct span *in, struct frame_piece *piece,
                                         struct err *err);

/* Calls frame_parser_next_part with copies of *in and *piece. The caller's own then need no address in memory and may
 * stay in registers, so that no message waits until *in of the one before is stored. */
static inline enum frame_result frame_parser_next_apart(struct frame_parser *parser, struct span *in,
                                                        struct frame_piece *piece, struct err *err)
{
    struct span in_copy = *in;
    struct frame_piece piece_copy = {0};
    enum frame_result result = frame_parser_next_part(parser, &in_copy, &piece_copy, err);
    *in = in_copy;
    *piece = piece_copy;
    return result;
}

/* Takes bytes from the front of *in (advancing it) until one piece is complete.
 * FRAME_DONE: *piece is set. FRAME_NEED_MORE: *in is used up. FRAME_BAD (sticky): a reserved flag bit, or a declared
 * length over the maximum; *err says which, with the five bytes in hex.
 *
 * The usual case, a message that is whole in the input, is here, because a call costs as much as the rest of it. Where
 * a length is that of the message before, it has been checked, and the step over the message is known without waiting
 * for the length to be loaded. */
static inline enum frame_result frame_parser_next(struct frame_parser *parser, struct span *in,
                                                  struct frame_piece *piece, struct err *err)
{
    const uint8_t *p = in->data;
    size_t left = in->len;
    uint64_t step = parser->step;
    if (left < step || memcmp(p + 1, &parser->repeated, sizeof parser->repeated) != 0 || p[0] > FRAME_FLAG_COMPRESSED) {
        if (parser->prefix_len != 0 || parser->bad || left < FRAME_PREFIX_LEN)
            return frame_parser_next_apart(parser, in, piece, err);
        uint32_t len = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
        if (p[0] > FRAME_FLAG_COMPRESSED || len > parser->max_len || len > left - FRAME_PREFIX_LEN)
            return frame_parser_next_apart(parser, in, piece, err);
        step = FRAME_PREFIX_LEN + (uint64_t)len;
        parser->step = step;
        memcpy(&parser->repeated, p + 1, sizeof parser->repeated);
    }
    piece->flags = p[0];
    piece->len = (uint32_t)(step - FRAME_PREFIX_LEN);
    piece->offset = 0;
    piece->bytes = span_of(p + FRAME_PREFIX_LEN, (size_t)step - FRAME_PREFIX_LEN);
    piece->last = true;
    in->data = p + step;
    in->len = left - (size_t)step;
    return FRAME_DONE;
}

/* Whether the stream may end here: not inside a prefix or a message. */
bool frame_parser_at_boundary(const struct frame_parser *parser);

void frame_prefix_write(uint8_t out[FRAME_PREFIX_LEN], uint8_t flags, uint32_t len);

#endif
