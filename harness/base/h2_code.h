/* Error codes of HTTP/2 by name and number, for all that sends, reads or tells them. Source: RFC 9113 section 7. */
#ifndef TRANSCHECK_BASE_H2_CODE_H
#define TRANSCHECK_BASE_H2_CODE_H

#include "harness/base/span.h"

/* X(NAME, number), by number and without a gap. */
#define H2_CODES(X)                                                                                                    \
    X(NO_ERROR, 0x0)                                                                                                   \
    X(PROTOCOL_ERROR, 0x1)                                                                                             \
    X(INTERNAL_ERROR, 0x2)                                                                                             \
    X(FLOW_CONTROL_ERROR, 0x3)                                                                                         \
    X(SETTINGS_TIMEOUT, 0x4)                                                                                           \
    X(STREAM_CLOSED, 0x5)                                                                                              \
    X(FRAME_SIZE_ERROR, 0x6)                                                                                           \
    X(REFUSED_STREAM, 0x7)                                                                                             \
    X(CANCEL, 0x8)                                                                                                     \
    X(COMPRESSION_ERROR, 0x9)                                                                                          \
    X(CONNECT_ERROR, 0xa)                                                                                              \
    X(ENHANCE_YOUR_CALM, 0xb)                                                                                          \
    X(INADEQUATE_SECURITY, 0xc)                                                                                        \
    X(HTTP_1_1_REQUIRED, 0xd)

/* Whoever takes codes off the wire keeps them as uint32_t: others than these may come (RFC 9113 section 7). */
enum h2_code {
#define X(name, number) H2_CODE_##name = number,
    H2_CODES(X)
#undef X
};

/* By number, ended by NULL. */
extern const char *const h2_code_names[];

/* NULL for a number that has no name. */
const char *h2_code_name(uint32_t code);
/* Exactly as in the RFC, in upper case; false for anything else. */
bool h2_code_from_name(struct span name, uint32_t *code);

#endif
