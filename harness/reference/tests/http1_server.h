/* A plain HTTP/1.1 service behind the reference of reference_fixture.h, for the tests of bridges to such: one
 * connection at a time, and what a test says for an answer. */
#ifndef TRANSCHECK_REFERENCE_TESTS_HTTP1_SERVER_H
#define TRANSCHECK_REFERENCE_TESTS_HTTP1_SERVER_H

#include "harness/reference/tests/reference_fixture.h"

struct http1_server {
    struct listener *listener;
    struct conn *conn;
    struct buf request; /* the last one */
    const char *status; /* of the answer, with a line end, and more fields */
    struct span answer; /* its body, or with `raw` all of it */
    bool raw;
    bool silent;
    bool closes; /* the connection, behind each answer */
    size_t calls;
    size_t closed;
};

extern struct http1_server http1_server;

/* Starts it, and the reference in front of it. The answer is 200 OK with an empty body. */
void http1_server_start(struct reference_options options);
void http1_server_stop(void);
/* The body of the last request. */
const char *http1_server_body(void);
/* Whether the head of the last request holds that text. */
bool http1_server_saw(const char *text);

#endif
