/* A request that a case writes down byte by byte, or frame by frame, because no client would send it. Pure.
 *
 * Words in it stand for what only the run knows: `$AUTHORITY` (host and port of the proxy), `$SCHEME` (`http` or
 * `https`), and in the bytes of HTTP/1.1 `$MARKER` (the lines of the marker fields, without the last line end; among
 * frames these follow the fields of each HEADERS frame that is marked). Header sections are written as HPACK literals
 * without indexing and without Huffman coding (RFC 7541 section 6.2.2): they neither use nor change the table. */
#ifndef TRANSCHECK_BASE_RAW_REQUEST_H
#define TRANSCHECK_BASE_RAW_REQUEST_H

#include "harness/base/buf.h"
#include "harness/base/fields.h"

#define RAW_REQUEST_MARKER "$MARKER"
#define RAW_REQUEST_MAX    (16u << 10) /* bytes, words not yet replaced: what fits in a line that repeats it */
#define RAW_REQUEST_STREAM 1u          /* the stream on which the answer comes */

struct raw_frame {
    uint8_t type;
    uint8_t flags;
    uint32_t stream;
    bool marked;
    struct fields fields; /* what the payload is made of: these, then `payload` */
    struct span payload;
};

struct raw_request {
    struct span bytes; /* of HTTP/1.1; data NULL: it is written in frames */
    const struct raw_frame *frames;
    size_t frame_count;
};

struct raw_words {
    struct span authority;
    const char *scheme;
    const struct fields *marker;
};

static inline bool raw_request_given(const struct raw_request *raw)
{
    return raw->bytes.data || raw->frame_count > 0;
}

/* Appends the bytes as they go out. Of HTTP/2 neither the preface nor SETTINGS are among them. false: `out` is full. */
bool raw_request_write(struct buf *out, const struct raw_request *raw, const struct raw_words *words);

#endif
