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

/* Whether the frame is WINDOW_UPDATE by nothing, or by all there is. */
static bool makes_no_sense(struct span frame)
{
    static const uint8_t least[] = {0, 0, 0, 0};
    static const uint8_t most[] = {0x7f, 0xff, 0xff, 0xff};
    const uint8_t *payload = frame.data + H2_FRAME_HEAD;
    return frame.data[3] == H2_FRAME_WINDOW_UPDATE && frame.len == H2_FRAME_HEAD + 4 &&
           (memcmp(payload, least, 4) == 0 || memcmp(payload, most, 4) == 0);
}

/* Whether the frame is of a message; notes the end of a request. */
static bool is_of_message(struct defect_frames *frames, struct span frame)
{
    uint8_t type = frame.data[3];
    bool of_message = type == H2_FRAME_HEADERS || type == H2_FRAME_DATA;
    frames->request_ended = frames->request_ended || (of_message && frame.data[4] & H2_FLAG_END_STREAM);
    return of_message;
}

static enum fate fate_of(struct defect_frames *frames, enum defect defect, struct span frame)
{
    uint8_t type = frame.data[3];
    bool ended;
    switch (defect) {
    case DEFECT_HTTP2_CONTINUATION_LOST:
        return type == H2_FRAME_CONTINUATION ? FATE_DROP : FATE_KEEP;
    case DEFECT_HTTP2_UNKNOWN_FRAME_FATAL:
        return type > H2_FRAME_CONTINUATION ? FATE_END : FATE_KEEP;
    case DEFECT_HTTP2_PRIORITY_FATAL:
        return type == H2_FRAME_PRIORITY ? FATE_END : FATE_KEEP;
    case DEFECT_HTTP2_GOAWAY_FATAL:
        return type == H2_FRAME_GOAWAY ? FATE_END : FATE_KEEP;
    case DEFECT_HTTP2_WINDOW_UPDATE_LATE_FATAL:
        is_of_message(frames, frame);
        return frames->request_ended && type == H2_FRAME_WINDOW_UPDATE ? FATE_END : FATE_KEEP;
    case DEFECT_HTTP2_FAULTY_FRAMES_SKIPPED:
        ended = frames->request_ended;
        return (is_of_message(frames, frame) && ended) || makes_no_sense(frame) ? FATE_DROP : FATE_KEEP;
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

static bool changes_frames(enum defect defect)
{
    static const enum defect all[] = {DEFECT_HTTP2_CONTINUATION_LOST,    DEFECT_HTTP2_UNKNOWN_FRAME_FATAL,
                                      DEFECT_HTTP2_PRIORITY_FATAL,       DEFECT_HTTP2_WINDOW_STAYS_CLOSED,
                                      DEFECT_HTTP2_GOAWAY_FATAL,         DEFECT_HTTP2_WINDOW_UPDATE_LATE_FATAL,
                                      DEFECT_HTTP2_FAULTY_FRAMES_SKIPPED};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i] == defect)
            return true;
    }
    return false;
}

bool defect_frames_change(struct defect_frames *frames, enum defect defect, struct buf *out, struct span *bytes)
{
    struct span rest = *bytes;
    if (!changes_frames(defect))
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
