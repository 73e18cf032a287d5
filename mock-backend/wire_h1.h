/* Private to the mock backend: the limits of what it reads as HTTP/1.1. A request with more is recorded as malformed
 * and answered with 400; its body is bounded as that of HTTP/2 is (server.h). */
#ifndef TRANSCHECK_MOCK_BACKEND_WIRE_H1_H
#define TRANSCHECK_MOCK_BACKEND_WIRE_H1_H

#define HTTP1_MAX_HEADER_BYTES (64u << 10) /* of request line and fields, 32 beside the text of each field */
#define HTTP1_MAX_FIELDS       500u
#define HTTP1_MAX_AHEAD        (64u << 10) /* bytes of further requests read ahead; then reading pauses */
#define HTTP1_TOO_LARGE        "the header section is larger than 64 KiB, or has more than 500 fields"

#endif
