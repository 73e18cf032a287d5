/* Looks at whole frames. */
#include "harness/reference/defect_frames.h"

#include "harness/base/h2_frame.h"

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum fate { FATE_KEEP, FATE_DROP, FATE_END };

/* Whether the frame is SETTINGS with that first byte of the largest initial window. */
static bool sets_window(struct span frame, bool zero)
{
    static const uint8_t closed[] = {0, 4, 0, 0, 0, 0};
    if (frame.data[3] != H2_FRAME_SETTINGS || frame.len != H2_FRAME_HEAD + sizeof closed)
        return false;
    return zero == (memcmp(frame.data + H2_FRAME_HEAD, closed, sizeof closed) == 0);
}

static enum fate fate_of(struct defect_frames *frames, enum defect defect, struct span frame)
{
    uint8_t type = frame.data[3];
    switch (defect) {
    case DEFECT_HTTP2_CONTINUATION_LOST:
        return type == H2_FRAME_CONTINUATION ? FATE_DROP : FATE_KEEP;
    case DEFECT_HTTP2_UNKNOWN_FRAME_FATAL:
        return type > H2_FRAME_CONTINUATION ? FATE_END : FATE_KEEP;
    case DEFECT_HTTP2_PRIORITY_FATAL:
        return type == H2_FRAME_PRIORITY ? FATE_END : FATE_KEEP;
    case DEFECT_HTTP2_WINDOW_STAYS_CLOSED:
        if (sets_window(frame, true))
            frames->window_closed = true;
        return frames->window_closed && sets_window(frame, false) ? FATE_DROP : FATE_KEEP;
    default:
        return FATE_KEEP;
    }
}

static size_t frame_len(struct span bytes)
{
    if (bytes.len < H2_FRAME_HEAD)
        return SIZE_MAX;
    return H2_FRAME_HEAD + ((size_t)bytes.data[0] << 16 | (size_t)bytes.data[1] << 8 | bytes.data[2]);
}

bool defect_frames_change(struct defect_frames *frames, enum defect defect, struct buf *out, struct span *bytes)
{
    struct span rest = *bytes;
    if (defect != DEFECT_HTTP2_CONTINUATION_LOST && defect != DEFECT_HTTP2_UNKNOWN_FRAME_FATAL &&
        defect != DEFECT_HTTP2_PRIORITY_FATAL && defect != DEFECT_HTTP2_WINDOW_STAYS_CLOSED)
        return true;
    if (span_starts_with(rest, PREFACE)) {
        buf_append(out, rest.data, sizeof PREFACE - 1);
        rest = span_from(rest, sizeof PREFACE - 1);
    }
    for (size_t len; (len = frame_len(rest)) <= rest.len; rest = span_from(rest, len)) {
        enum fate fate = fate_of(frames, defect, span_of(rest.data, len));
        if (fate == FATE_END)
            return false;
        if (fate == FATE_DROP)
            continue;
        size_t at = out->len;
        buf_append(out, rest.data, len);
        if (defect == DEFECT_HTTP2_CONTINUATION_LOST && rest.data[3] == H2_FRAME_HEADERS && !out->failed)
            out->data[at + 4] |= H2_FLAG_END_HEADERS;
    }
    buf_append_span(out, rest);
    if (!out->failed)
        *bytes = buf_span(out);
    return true;
}
