/* What the tests of both clients share: a loop, a raw server, one exchange at a time that is run until it ends. */
#ifndef TRANSCHECK_NET_TESTS_CLIENT_FIXTURE_H
#define TRANSCHECK_NET_TESTS_CLIENT_FIXTURE_H

#include "harness/net/client.h"
#include "harness/net/tests/raw_server.h"

#define FIXTURE_TIMEOUT_MS 5000u /* of exchanges that are meant to end by themselves */

typedef enum err_code fixture_client_new(struct client **out, struct loop *loop, const struct client_options *options,
                                         struct err *err);

struct fixture {
    struct loop *loop;
    struct raw_server *server;
    struct tls_config *tls; /* NULL: cleartext */
    struct client *client;
    struct client_options options;
    fixture_client_new *client_new;
    struct arena arena;
    struct response_seen seen;
    size_t ends; /* calls of on_end */
    struct client_exchange *exchange;
    /* What on_body does at its first call. */
    bool cancel_in_body;
    size_t body_calls;
    size_t head_calls; /* of on_headers */
};

void fixture_init(struct fixture *fixture, fixture_client_new *client_new, bool tls, const char *const *alpn);
void fixture_fini(struct fixture *fixture);
/* A new client with these options (host and port are filled in). */
void fixture_client(struct fixture *fixture, const struct client_options *options);
/* A GET of "/x" with the default deadline. */
struct client_request fixture_get(void);
/* A POST of "/x" with this body. */
struct client_request fixture_post(const char *body);
/* Runs one exchange until on_end. Returns how it ended. */
enum ending fixture_run(struct fixture *fixture, const struct client_request *request);
/* The two halves of fixture_run: starts an exchange; runs the loop until it has ended, and returns how. */
void fixture_start(struct fixture *fixture, const struct client_request *request);
enum ending fixture_finish(struct fixture *fixture);
/* Turns the loop until a connection of the raw server has received `text`. */
void fixture_await_received(struct fixture *fixture, size_t connection, const char *text);
/* Turns the loop until `count` connections were accepted, or the peer of connection `index` is gone. */
void fixture_await_gone(struct fixture *fixture, size_t index);

/* Events of that kind on the time line. */
size_t fixture_events(const struct fixture *fixture, enum transcript_actor from, enum transcript_kind kind);

#endif
