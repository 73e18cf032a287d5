/* What a strict reader says about one HTTP/1.1 response. libcurl forgives much (both framings at once, excess bytes,
 * odd chunk sizes), so the client feeds this watch with the same bytes and reports what it finds. Incremental, without
 * I/O; holds at most one line of a trailer section. Source: RFC 9112 sections 4 to 7, RFC 9110 sections 5.5, 6.5.1
 * and 8.6. */
#ifndef TRANSCHECK_NET_HTTP1_WATCH_H
#define TRANSCHECK_NET_HTTP1_WATCH_H

#include "harness/base/buf.h"

#define HTTP1_WATCH_MAX_CHUNK_LINE (16u << 10) /* of a chunk-size line with its extensions */
#define HTTP1_WATCH_MAX_LINE       (64u << 10) /* of a trailer line */

enum http1_watch_state {
    HTTP1_WATCH_START_LINE,
    HTTP1_WATCH_FIELDS,
    HTTP1_WATCH_LENGTH,      /* a body with content-length */
    HTTP1_WATCH_UNTIL_CLOSE, /* a body that the end of the connection ends */
    HTTP1_WATCH_CHUNK_SIZE,
    HTTP1_WATCH_CHUNK_EXTENSION,
    HTTP1_WATCH_CHUNK_LINE_END, /* CR of a chunk-size line seen */
    HTTP1_WATCH_CHUNK_DATA,
    HTTP1_WATCH_CHUNK_DATA_CR,
    HTTP1_WATCH_CHUNK_DATA_LF,
    HTTP1_WATCH_TRAILERS,
    HTTP1_WATCH_DONE
};

struct http1_watch {
    enum http1_watch_state state;
    bool head;   /* a response to HEAD */
    int status;  /* of the section under way, then of the final response */
    int minor;   /* HTTP/1.minor */
    bool framed; /* the final header section has ended */
    uint64_t left;
    size_t line_len; /* of a chunk-size line */
    unsigned digits;
    bool has_length;
    bool has_coding;
    uint64_t length;
    bool too_long; /* a line was longer than the limits above */
    struct buf line;
    char problem[200]; /* the first violation, escaped text; empty: none */
};

void http1_watch_init(struct http1_watch *watch, bool head);
void http1_watch_fini(struct http1_watch *watch);
/* One line of a header section, its line end included; only while http1_watch_in_head. */
void http1_watch_line(struct http1_watch *watch, struct span line);
bool http1_watch_in_head(const struct http1_watch *watch);
/* Bytes behind the header section as they came, before any decoding; cut anywhere. */
void http1_watch_bytes(struct http1_watch *watch, struct span bytes);
/* Bytes behind the end of the message that were only counted elsewhere. */
void http1_watch_excess(struct http1_watch *watch, uint64_t count);
/* Whether the message has ended as its framing promised (never true before the connection's end for UNTIL_CLOSE). */
bool http1_watch_done(const struct http1_watch *watch);

#endif
