/* A gRPC client over HTTP/2 in front of the reference of reference_fixture.h, for the tests of bridges. */
#ifndef TRANSCHECK_REFERENCE_TESTS_CALLER_H
#define TRANSCHECK_REFERENCE_TESTS_CALLER_H

#include "harness/net/client.h"
#include "harness/reference/tests/reference_fixture.h"

/* One call on a connection of its own. */
struct caller {
    struct client *client;
    struct client_exchange *exchange;
    struct arena arena;
    struct fields fields;
    struct response_seen seen;
    bool ended;
};

/* `extra`: further fields as pairs, ended by NULL, or NULL. `body` must outlive the call. */
void caller_start(struct caller *caller, const char *path, const char *const *extra, struct span body);
void caller_stop(struct caller *caller);
/* Whether there is one such field, with that value. */
bool field_is(const struct fields *fields, const char *name, const char *value);
/* The call ended with an error of the proxy's own: Trailers-Only with HTTP 200. */
void caller_assert_error(const struct caller *caller, const char *code);

#endif
