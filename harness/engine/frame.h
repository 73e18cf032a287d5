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

/* Takes bytes from the front of *in (advancing it) until one piece is complete.
 * FRAME_DONE: *piece is set. FRAME_NEED_MORE: *in is used up. FRAME_BAD (sticky): a reserved flag bit, or a declared
 * length over the maximum; *err says which, with the five bytes in hex. */
enum frame_result frame_parser_next(struct frame_parser *parser, struct span *in, struct frame_piece *piece,
                                    struct err *err);

/* Whether the stream may end here: not inside a prefix or a message. */
bool frame_parser_at_boundary(const struct frame_parser *parser);

void frame_prefix_write(uint8_t out[FRAME_PREFIX_LEN], uint8_t flags, uint32_t len);

#endif
