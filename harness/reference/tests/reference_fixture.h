/* The reference transcoder in process, for its tests: a small gRPC server behind it and a client in front that sends
 * bytes and keeps what it receives. One of each; everything runs on reference_fixture.loop. */
#ifndef TRANSCHECK_REFERENCE_TESTS_REFERENCE_FIXTURE_H
#define TRANSCHECK_REFERENCE_TESTS_REFERENCE_FIXTURE_H

#include "harness/net/conn.h"
#include "harness/net/h2.h"
#include "harness/reference/reference.h"

enum behaviour {
    ANSWER,        /* one message Reservation { id: "x" }, OK */
    SILENT,        /* nothing */
    FLOOD,         /* messages of 64 KiB as fast as they are taken */
    TWO_ERROR,     /* two messages, then grpc-status 13 */
    TRAILERS_ONLY, /* grpc-status 5 in one header section */
    RESET,         /* a message, then RST_STREAM with ENHANCE_YOUR_CALM */
};

struct server {
    struct loop *loop;
    struct listener *listener;
    struct conn *conn; /* the last one accepted */
    struct h2 *h2;
    enum behaviour behaviour;
    uint16_t port;
    size_t connections;
    size_t calls;
    size_t resets;
    uint32_t reset_code;
    size_t flooded;
    int32_t flood_stream;
    struct buf request; /* DATA of all calls */
    char last_path[256];
    char last_header[256]; /* of x-test */
    bool unchecked;        /* what comes is not looked at: a defect may have made it */
};

struct reference_fixture {
    struct loop *loop;
    struct schema *schema;
    struct server server;
    struct reference *reference;
};

extern struct reference_fixture reference_fixture;

/* Starts all of it; `deadline_ms` 0: the default. */
void reference_start(void);
void reference_start_with(enum defect defect, uint64_t deadline_ms);
/* In another mode than transcoder, or in front of another server: addresses and schema are filled in here, the port of
 * the backend when it is 0. */
void reference_start_options(struct reference_options options);
/* On a loop that is there already; reference_stop frees it. */
void reference_start_on(struct loop *loop, struct reference_options options);
void reference_stop(void);

/* Adds name, value, name, value ... up to NULL. */
void grpc_fields(struct fields *out, struct arena *arena, const char *const *pairs);
/* FLOOD: sends what the transcoder takes now. */
void grpc_flood(struct server *server);
void grpc_server_drop(struct server *server);
void grpc_server_listen(struct server *server);

struct peer {
    struct conn *conn;
    struct buf got;
    bool ended;
    enum conn_end end;
};

void peer_open(struct peer *peer);
void peer_close(struct peer *peer);
void peer_send(struct peer *peer, const char *text);
bool peer_has(const struct peer *peer, const char *text);
size_t peer_count(const struct peer *peer, const char *text);
/* The callback of conn.h, for clients of another kind. */
void peer_end(void *user, struct conn *conn, enum conn_end end, const char *detail);

#define GIVE_UP_US 10000000u
/* Runs the loop until the condition holds; the test fails when it does not within ten seconds. */
#define RUN_UNTIL(condition)                                                                                           \
    do {                                                                                                               \
        uint64_t give_up_us = loop_now_us(reference_fixture.loop) + GIVE_UP_US;                                        \
        while (!(condition)) {                                                                                         \
            if (loop_now_us(reference_fixture.loop) > give_up_us)                                                      \
                fail_msg("still not: %s", #condition);                                                                 \
            loop_turn(reference_fixture.loop, 10);                                                                     \
        }                                                                                                              \
    } while (0)

#endif
