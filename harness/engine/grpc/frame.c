/* The part of the framing that is not inline: messages in pieces, and what is refused. */
#include "harness/engine/grpc/frame.h"

#include <assert.h>

void frame_parser_init(struct frame_parser *parser, uint32_t max_len)
{
    *parser = (struct frame_parser){.step = FRAME_NO_STEP, .max_len = max_len};
}

static uint32_t prefix_length(const uint8_t prefix[FRAME_PREFIX_LEN])
{
    return (uint32_t)prefix[1] << 24 | (uint32_t)prefix[2] << 16 | (uint32_t)prefix[3] << 8 | prefix[4];
}

static enum frame_result report_bad(const struct frame_parser *parser, struct err *err)
{
    const uint8_t *p = parser->prefix;
    if (p[0] & ~FRAME_FLAG_COMPRESSED)
        err_set(err, ERR_SYNTAX, "reserved flag bits in the message prefix %02x %02x %02x %02x %02x", p[0], p[1], p[2],
                p[3], p[4]);
    else
        err_set(err, ERR_LIMIT, "the message prefix %02x %02x %02x %02x %02x declares %u bytes, the limit is %u", p[0],
                p[1], p[2], p[3], p[4], prefix_length(p), parser->max_len);
    return FRAME_BAD;
}

/* Collects what `in` has of the prefix. True when the prefix is complete. */
static bool collect_prefix(struct frame_parser *parser, struct span *in)
{
    while (parser->prefix_len < FRAME_PREFIX_LEN && in->len > 0) {
        parser->prefix[parser->prefix_len++] = in->data[0];
        *in = span_from(*in, 1);
    }
    return parser->prefix_len == FRAME_PREFIX_LEN;
}

enum frame_result frame_parser_next_part(struct frame_parser *parser, struct span *in, struct frame_piece *piece,
                                         struct err *err)
{
    assert(parser->prefix_len <= FRAME_PREFIX_LEN);
    parser->step = FRAME_NO_STEP;
    if (parser->bad)
        return report_bad(parser, err);
    if (parser->prefix_len < FRAME_PREFIX_LEN) {
        if (!collect_prefix(parser, in))
            return FRAME_NEED_MORE;
        parser->len = prefix_length(parser->prefix);
        parser->received = 0;
        if ((parser->prefix[0] & ~FRAME_FLAG_COMPRESSED) != 0 || parser->len > parser->max_len) {
            parser->bad = true;
            return report_bad(parser, err);
        }
    }
    uint32_t missing = parser->len - parser->received;
    if (missing > 0 && in->len == 0)
        return FRAME_NEED_MORE;
    uint32_t take = in->len < missing ? (uint32_t)in->len : missing;
    *piece = (struct frame_piece){.flags = parser->prefix[0],
                                  .len = parser->len,
                                  .offset = parser->received,
                                  .bytes = span_of(in->data, take),
                                  .last = take == missing};
    *in = span_from(*in, take);
    parser->received += take;
    if (piece->last) {
        parser->prefix_len = 0;
        parser->step = FRAME_PREFIX_LEN + (uint64_t)parser->len;
        memcpy(&parser->repeated, parser->prefix + 1, sizeof parser->repeated);
    }
    return FRAME_DONE;
}

bool frame_parser_at_boundary(const struct frame_parser *parser)
{
    return !parser->bad && parser->prefix_len == 0;
}

void frame_prefix_write(uint8_t out[FRAME_PREFIX_LEN], uint8_t flags, uint32_t len)
{
    out[0] = flags;
    out[1] = (uint8_t)(len >> 24);
    out[2] = (uint8_t)(len >> 16);
    out[3] = (uint8_t)(len >> 8);
    out[4] = (uint8_t)len;
}
