/* The header section of an HTTP/2 request. */
#ifndef TRANSCHECK_NET_H2_REQUEST_H
#define TRANSCHECK_NET_H2_REQUEST_H

#include "harness/net/client_impl.h"

/* Pseudo headers first; a host header becomes :authority, and names become lower case, as RFC 9113 section 8 asks of
 * whoever makes an HTTP/2 request from an HTTP/1.1 one: the same case runs over both. Views, or in `arena`, which is
 * reset. false: it is full. */
bool h2_request_fields(struct fields *out, struct arena *arena, const struct client_request *request,
                       const struct client *client);

#endif
