/* Custom mutator for targets whose inputs are a byte of options and HTTP/2 frames as a server sends them: it makes,
 * doubles, moves, cuts and joins whole frames, and gives them other types, flags and streams. Source: RFC 9113,
 * section 6. */
#include "fuzz/mutators/mutator.h"

#define MAX_FRAMES 256u
#define FRAME_HEAD 9u

enum frame_type {
    DATA,
    HEADERS,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    PUSH_PROMISE,
    PING,
    GOAWAY,
    WINDOW_UPDATE,
    CONTINUATION
};

static void put_number(struct buf *out, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        buf_append_byte(out, (uint8_t)(value >> (8 * bytes)));
}

static void put_head(struct buf *out, size_t len, unsigned type, unsigned flags, uint32_t stream)
{
    put_number(out, len, 3);
    put_number(out, type, 1);
    put_number(out, flags, 1);
    put_number(out, stream, 4);
}

static void put_field(struct buf *out, struct mutator *mutator)
{
    static const char *const fields[][2] = {{":status", "200"},
                                            {":status", "100"},
                                            {":status", "404"},
                                            {":status", "x"},
                                            {"grpc-status", "0"},
                                            {"grpc-message", "%41"},
                                            {"content-length", "3"},
                                            {"content-type", "application/grpc"},
                                            {"connection", "close"},
                                            {"X", "y"},
                                            {"", ""},
                                            {"a", " b"},
                                            {"transfer-encoding", "chunked"},
                                            {"te", "gzip"}};
    if (mutator_one_in(mutator, 4)) { /* from a table: static, or what was added before */
        buf_append_byte(out, (uint8_t)(0x80 | mutator_below(mutator, 70)));
        return;
    }
    if (mutator_one_in(mutator, 16)) { /* the size of the dynamic table */
        buf_append_byte(out, (uint8_t)(0x20 | mutator_below(mutator, 32)));
        return;
    }
    const char *const *field = fields[mutator_below(mutator, sizeof fields / sizeof *fields)];
    buf_append_byte(out, mutator_one_in(mutator, 2) ? 0x40 : 0x00);
    for (int i = 0; i < 2; i++) {
        buf_append_byte(out, (uint8_t)strlen(field[i]));
        buf_append_cstr(out, field[i]);
    }
}

static void put_payload(struct buf *out, struct mutator *mutator, enum frame_type type, unsigned flags)
{
    if ((type == DATA || type == HEADERS || type == PUSH_PROMISE) && flags & 0x08)
        buf_append_byte(out, (uint8_t)mutator_below(mutator, 4));
    switch (type) {
    case PRIORITY:
        put_number(out, mutator_below(mutator, 8), 4);
        put_number(out, 15, 1);
        break;
    case PUSH_PROMISE:
        put_number(out, 2 * mutator_below(mutator, 4), 4);
        put_field(out, mutator);
        break;
    case HEADERS:
        if (flags & 0x20)
            put_number(out, mutator_random(mutator), 5);
        for (unsigned n = mutator_below(mutator, 5); n > 0; n--)
            put_field(out, mutator);
        break;
    case CONTINUATION:
        put_field(out, mutator);
        break;
    case SETTINGS:
        for (unsigned n = flags & 1 ? 0 : mutator_below(mutator, 3); n > 0; n--) {
            put_number(out, 1 + mutator_below(mutator, 9), 2);
            put_number(out, mutator_number(mutator), 4);
        }
        break;
    case PING:
        put_number(out, mutator_random(mutator), 8);
        break;
    case GOAWAY:
        put_number(out, mutator_below(mutator, 6), 4);
        put_number(out, mutator_below(mutator, 16), 4);
        break;
    case RST_STREAM:
    case WINDOW_UPDATE:
        put_number(out, type == RST_STREAM ? mutator_below(mutator, 16) : mutator_number(mutator), 4);
        break;
    case DATA:
        for (unsigned n = mutator_below(mutator, 12); n > 0; n--)
            buf_append_byte(out, (uint8_t)mutator_below(mutator, 8));
        break;
    }
    if ((type == DATA || type == HEADERS || type == PUSH_PROMISE) && flags & 0x08)
        put_number(out, 0, mutator_below(mutator, 4));
}

static void put_frame(struct mutator *mutator)
{
    static const uint8_t flags_of[] = {0, 1, 4, 5, 5, 4, 8, 9, 0x0c, 0x0d, 0x20, 0x24, 0x2c};
    static const enum frame_type common[] = {DATA, HEADERS, HEADERS, DATA, CONTINUATION, RST_STREAM, WINDOW_UPDATE};
    enum frame_type type = mutator_one_in(mutator, 2) ? common[mutator_below(mutator, 7)]
                                                      : (enum frame_type)mutator_below(mutator, CONTINUATION + 1);
    unsigned flags = flags_of[mutator_below(mutator, sizeof flags_of)];
    bool connection = type == SETTINGS || type == PING || type == GOAWAY;
    uint32_t stream = connection                   ? 0
                      : mutator_one_in(mutator, 8) ? mutator_below(mutator, 8)
                      : mutator_one_in(mutator, 2) ? 1
                                                   : 3;
    struct buf *payload = &mutator->scratch;
    buf_reset(payload);
    put_payload(payload, mutator, type, type == SETTINGS || type == PING ? flags & 1 : flags);
    put_head(&mutator->out, payload->len, type, type == SETTINGS || type == PING ? flags & 1 : flags, stream);
    buf_append_span(&mutator->out, buf_span(payload));
}

/* The whole frames at the front; the rest is one more. */
static unsigned split(struct span *frames, struct span bytes)
{
    unsigned count = 0;
    while (bytes.len > 0 && count < MAX_FRAMES) {
        size_t len = bytes.len;
        if (bytes.len >= FRAME_HEAD) {
            size_t whole = FRAME_HEAD + ((size_t)bytes.data[0] << 16 | (size_t)bytes.data[1] << 8 | bytes.data[2]);
            len = whole < len ? whole : len;
        }
        frames[count++] = span_of(bytes.data, len);
        bytes = span_from(bytes, len);
    }
    return count;
}

/* Another type, flags or stream, or a payload that was cut, with its length made right. */
static void put_changed(struct mutator *mutator, struct span frame)
{
    if (frame.len < FRAME_HEAD) {
        put_frame(mutator);
        return;
    }
    unsigned type = frame.data[3];
    unsigned flags = frame.data[4];
    uint32_t stream = frame.data[8];
    struct span payload = span_from(frame, FRAME_HEAD);
    switch (mutator_below(mutator, 5)) {
    case 0:
        type = mutator_below(mutator, 11);
        break;
    case 1:
        flags ^= 1u << mutator_below(mutator, 6);
        break;
    case 2:
        stream = mutator_below(mutator, 6);
        break;
    case 3:
        payload.len = mutator_below(mutator, (unsigned)payload.len + 1);
        break;
    default: /* cut in two: the second is a CONTINUATION, or of the same type */
    {
        size_t at = mutator_below(mutator, (unsigned)payload.len + 1);
        put_head(&mutator->out, at, type, type == HEADERS ? flags & ~4u : flags, stream);
        buf_append(&mutator->out, payload.data, at);
        payload = span_from(payload, at);
        if (type == HEADERS) {
            type = CONTINUATION;
            flags &= 4;
        }
        break;
    }
    }
    put_head(&mutator->out, payload.len, type, flags, stream);
    buf_append_span(&mutator->out, payload);
}

bool h2_mutate(struct mutator *mutator, struct span in, struct span other)
{
    struct span frames[MAX_FRAMES];
    struct span others[MAX_FRAMES];
    buf_append_byte(&mutator->out, in.data[0]);
    unsigned count = split(frames, span_from(in, 1));
    unsigned chosen = mutator_below(mutator, count + 1);
    unsigned how = mutator_below(mutator, 6);
    for (unsigned i = 0; i <= count; i++) {
        struct span frame = i < count ? frames[i] : span_of(NULL, 0);
        if (i != chosen) {
            buf_append_span(&mutator->out, frame);
        } else if (how == 0) {
            buf_append_span(&mutator->out, frame);
            buf_append_span(&mutator->out, frame);
        } else if (how == 1 && other.len > 1) {
            unsigned other_count = split(others, span_from(other, 1));
            buf_append_span(&mutator->out, others[mutator_below(mutator, other_count)]);
            buf_append_span(&mutator->out, frame);
        } else if (how == 2 || i == count) {
            put_frame(mutator);
            buf_append_span(&mutator->out, frame);
        } else if (how != 3) {
            put_changed(mutator, frame);
        } /* else it is left out */
    }
    return true;
}
