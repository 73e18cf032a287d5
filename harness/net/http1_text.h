/* Pieces of HTTP/1.1 messages that our servers write (RFC 9112 sections 4 and 5). Pure. */
#ifndef TRANSCHECK_NET_HTTP1_TEXT_H
#define TRANSCHECK_NET_HTTP1_TEXT_H

#include "harness/base/buf.h"

/* "Not Found" of 404; "" for a status that has no name. */
const char *http1_reason(int status);
/* Appends a field line with its line end. */
void http1_put_field(struct buf *out, struct span name, struct span value);

#endif
