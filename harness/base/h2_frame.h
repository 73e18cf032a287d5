/* Frames of HTTP/2 by name and number, and what each begins with. Source: RFC 9113 sections 4.1 and 6. */
#ifndef TRANSCHECK_BASE_H2_FRAME_H
#define TRANSCHECK_BASE_H2_FRAME_H

#include "harness/base/span.h"

#define H2_FRAME_HEAD 9u

/* X(NAME), by number from 0 and without a gap. */
#define H2_FRAMES(X)                                                                                                   \
    X(DATA)                                                                                                            \
    X(HEADERS)                                                                                                         \
    X(PRIORITY)                                                                                                        \
    X(RST_STREAM)                                                                                                      \
    X(SETTINGS)                                                                                                        \
    X(PUSH_PROMISE)                                                                                                    \
    X(PING)                                                                                                            \
    X(GOAWAY)                                                                                                          \
    X(WINDOW_UPDATE)                                                                                                   \
    X(CONTINUATION)

enum h2_frame_type {
#define X(name) H2_FRAME_##name,
    H2_FRAMES(X)
#undef X
};

#define H2_FLAG_END_STREAM  0x1u
#define H2_FLAG_END_HEADERS 0x4u
#define H2_FLAG_ACK         0x1u /* of SETTINGS and PING */

/* By number, ended by NULL. */
extern const char *const h2_frame_names[];

/* Writes the head of a frame with `len` bytes of payload, less than 2^24. */
void h2_frame_head(uint8_t head[H2_FRAME_HEAD], size_t len, uint8_t type, uint8_t flags, uint32_t stream);

#endif
