/* The header section of an HTTP/1.1 request: as the strings that libcurl takes, and, once sent, on the time line.
 * Owns its strings until the next request. At most HTTP1_REQUEST_MAX bytes. */
#ifndef TRANSCHECK_NET_HTTP1_REQUEST_H
#define TRANSCHECK_NET_HTTP1_REQUEST_H

#include "harness/base/buf.h"
#include "harness/net/client_impl.h"

#define HTTP1_REQUEST_MAX (1u << 20)

struct http1_request {
    struct buf text; /* NUL-terminated strings */
    size_t method;   /* offsets into it */
    size_t target;
    size_t *lines;
    size_t line_count;
    size_t line_cap;
};

void http1_request_init(struct http1_request *out);
void http1_request_fini(struct http1_request *out);
/* Header lines as libcurl takes them: "Name: value", "Name;" for one without a value, "Name:" to leave out what libcurl
 * would add. false: longer than HTTP1_REQUEST_MAX, or it holds a NUL, which libcurl cannot send. */
bool http1_request_write(struct http1_request *out, const struct client_request *request, const char *authority);
char *http1_request_text(const struct http1_request *out, size_t offset);

/* Adds the header section to the time line, from the bytes that were sent. */
void http1_request_event(struct client_exchange *exchange, struct span head);

/* Without blanks and line end. */
struct span http1_trim(struct span s);

#endif
