/* The header and trailer lines of an HTTP/1.1 response, from libcurl's header callback into what was seen; each line
 * also goes to the watch, which tells header from trailer lines. Fields are in the exchange's arena. */
#ifndef TRANSCHECK_NET_HTTP1_RESPONSE_H
#define TRANSCHECK_NET_HTTP1_RESPONSE_H

#include "harness/net/client_impl.h"
#include "harness/net/http1_watch.h"

struct http1_response {
    struct http1_watch watch;
    struct fields section; /* under way */
};

/* One line with its line end. false: a limit ended the exchange. */
bool http1_response_line(struct http1_response *response, struct client_exchange *exchange, struct span line);
/* The message is over: hands in the trailers. */
void http1_response_end(struct http1_response *response, struct client_exchange *exchange);

#endif
