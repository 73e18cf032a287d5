/* Whether one HTTP/2 response is well-formed: what nghttp2 would check if its messaging checks were on, with words for
 * people. Pure; holds no memory. Source: RFC 9113 sections 8.1 to 8.3, RFC 9110 sections 5.5, 6.4.1 and 8.6. */
#ifndef TRANSCHECK_NET_H2_CHECK_H
#define TRANSCHECK_NET_H2_CHECK_H

#include "harness/net/h2.h"

struct h2_check {
    bool head;  /* a response to HEAD */
    int status; /* of the last section that had one; 0: none yet */
    bool final; /* the final response's header section was there */
    bool trailers;
    bool has_length;
    uint64_t length;
    uint64_t received;
    char problem[200]; /* the first violation, escaped text; empty: none */
};

void h2_check_init(struct h2_check *check, bool head);
/* A header section of the server. The kind is derived here: a section behind the final one holds trailers. */
enum h2_headers_kind h2_check_section(struct h2_check *check, const struct fields *fields, bool end_stream);
/* `len` bytes of DATA; an empty frame counts too. */
void h2_check_data(struct h2_check *check, size_t len);
/* END_STREAM. */
void h2_check_end(struct h2_check *check);

#endif
