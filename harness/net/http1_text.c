/* What stands in messages of HTTP/1.1 beside their bodies. */
#include "harness/net/http1_text.h"

#include <http_parser.h>

const char *http1_reason(int status)
{
    switch (status) {
#define REASON(number, name, text)                                                                                     \
    case number:                                                                                                       \
        return #text;
        HTTP_STATUS_MAP(REASON)
#undef REASON
    default:
        return "";
    }
}

void http1_put_field(struct buf *out, struct span name, struct span value)
{
    buf_append_span(out, name);
    buf_append_cstr(out, ": ");
    buf_append_span(out, value);
    buf_append_cstr(out, "\r\n");
}
