/* A TCP server for tests that knows no protocol: it plays byte scripts on the caller's loop, one script per connection,
 * and records what it receives. Limits: RAW_MAX_RECEIVED bytes kept per connection, the last
 * RAW_MAX_CONNECTIONS remembered (the oldest is reset to make room). */
#ifndef TRANSCHECK_NET_TESTS_RAW_SERVER_H
#define TRANSCHECK_NET_TESTS_RAW_SERVER_H

#include "harness/base/buf.h"
#include "harness/net/loop.h"
#include "harness/net/tls.h"

#define RAW_MAX_RECEIVED    (4u << 20)
#define RAW_MAX_CONNECTIONS 64u

enum raw_kind {
    RAW_STOP,     /* the end of a script: the connection stays open and silent */
    RAW_SEND,     /* the bytes */
    RAW_WAIT,     /* until `count` bytes were received on the connection */
    RAW_WAIT_FOR, /* until the bytes were received */
    RAW_PAUSE,    /* `count` milliseconds */
    RAW_DRIBBLE,  /* the bytes one by one, `count` milliseconds apart, over and over when `forever` */
    RAW_ENDLESS,  /* the bytes over and over, as fast as the peer reads */
    RAW_NO_READ,  /* stops reading */
    RAW_FIN,      /* closes the sending side */
    RAW_RST,      /* TCP reset */
    RAW_CLOSE     /* closes with FIN and forgets the connection */
};

struct raw_step {
    enum raw_kind kind;
    struct span bytes;
    size_t count;
    bool forever;
};

/* Steps from string literals; a literal may hold NUL. */
#define RAW_BYTES(literal)                                                                                             \
    {                                                                                                                  \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                                \
    }
#define RAW_SEND_TEXT(literal)                                                                                         \
    {                                                                                                                  \
        .kind = RAW_SEND, .bytes = RAW_BYTES(literal)                                                                  \
    }
#define RAW_WAIT_TEXT(literal)                                                                                         \
    {                                                                                                                  \
        .kind = RAW_WAIT_FOR, .bytes = RAW_BYTES(literal)                                                              \
    }

struct raw_server;

/* Listens on 127.0.0.1 (port 0 picks one). `tls` may be NULL; it must outlive the server. Aborts the test on failure.
 */
struct raw_server *raw_server_new(struct loop *loop, uint16_t port, struct tls_config *tls);
void raw_server_free(struct raw_server *server);
uint16_t raw_server_port(const struct raw_server *server);
/* The script of the connections from now on, in order; the last one also serves what comes later. `steps` ends with
 * RAW_STOP and outlives the server. */
void raw_server_add(struct raw_server *server, const struct raw_step *steps);
/* Two scripts for the connections from now on: `steps_h2` serves a client that begins with the preface of HTTP/2,
 * `steps` any other. */
void raw_server_add_both(struct raw_server *server, const struct raw_step *steps, const struct raw_step *steps_h2);
/* Forgets scripts and records; open connections are reset. */
void raw_server_reset(struct raw_server *server);

size_t raw_server_connections(const struct raw_server *server);
/* What connection `index` (from 0) received. */
struct span raw_server_received(const struct raw_server *server, size_t index);
/* The peer has closed, or reset, connection `index`. */
bool raw_server_peer_gone(const struct raw_server *server, size_t index);
/* Bytes sent so far over all connections. */
uint64_t raw_server_sent(const struct raw_server *server);

#endif
