/* What the tests of the backend share: a claimer that plays scripts[N] for a call on path "/N", and an HTTP/2 client
 * made of net/h2 and net/conn, whose `log` has a line per frame it has seen. Real sockets on 127.0.0.1. Names begin
 * with bf_, for every test is linked with this file. */
#ifndef TRANSCHECK_MOCK_BACKEND_TESTS_BACKEND_FIXTURE_H
#define TRANSCHECK_MOCK_BACKEND_TESTS_BACKEND_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/net/conn.h"
#include "harness/net/h2.h"
#include "mock-backend/server.h"

#define MAX_CALLS 8
#define GRPC      "application/grpc"

struct bf_client {
    struct conn *conn;
    struct h2 *h2;
    struct buf log;
    struct buf body;
    bool open;
    char alpn[8];
    size_t data_bytes;
};

/* One claimed call. */
struct bf_call {
    struct call_seen seen;
    bool used, ended;
    int progress;
    int waits; /* for others; the last of them: */
    enum script_point awaited;
    size_t awaited_count;
};

/* One test's world; set up anew for each. */
struct backend_fixture {
    struct loop *loop;
    struct backend *backend;
    struct schema *schema;
    struct arena arena;
    struct script scripts[MAX_CALLS];
    bool has_script[MAX_CALLS];
    struct bf_call calls[MAX_CALLS]; /* in order of arrival */
    size_t call_count;
    enum backend_claim answer; /* what the claimer says */
    size_t asked, strays, lost_count, lost_times, max_in_flight;
    bool lost_by_us, asked_complete;
    size_t listening, turned_down; /* times */
    char stray_path[64];
    struct bf_client client;
};
extern struct backend_fixture bf;

/* Descriptors, for a group of tests. */
int bf_group_setup(void **state);
int bf_group_teardown(void **state);
/* With a backend and a client; with neither. */
int bf_setup(void **state);
int bf_setup_empty(void **state);
int bf_teardown(void **state);

void bf_backend_start(const struct backend_options *options);
void bf_client_start(struct bf_client *client, struct tls_config *tls);
void bf_client_stop(struct bf_client *client);

/* Turns the loop until `done`, or for about ten seconds: then the test fails. */
#define UNTIL(done)                                                                                                    \
    do {                                                                                                               \
        for (int turns = 0; turns < 200 && !(done); turns++)                                                           \
            loop_turn(bf.loop, 50);                                                                                    \
        assert_true(done);                                                                                             \
    } while (0)

/* backend_listen with the `listener` step of this script, or NULL, and waits until it holds. */
void bf_listen(const char *json);
bool bf_logged(const char *part);
/* Turns until the client's log holds `part`. */
void bf_await_log(const char *part);
void bf_assert_log(const char *want);
/* scripts[which]; `message` steps are reservations. */
void bf_script_is(size_t which, const char *json);
/* Starts a request; `end`: without a body. */
int32_t bf_ask_with(struct bf_client *client, const char *path, const char *type, bool end);
int32_t bf_ask(const char *path, bool end);
void bf_send_bytes(int32_t stream, const char *bytes, size_t len, bool end);
/* Plays `json` for one call with a complete request and waits until the client has seen `last`. */
void bf_play(const char *json, const char *last);

#endif
