/* A TCP connection, with TLS when asked, on the loop: reads handed out as spans, writes copied and queued (bounded).
 * FIN and RST are told apart in one place, conn_end_of, which has its own test.
 *
 * Limits: CONN_MAX_QUEUED bytes wait to be written, fewer when the connection's budget is full (conn_set_budget). */
#ifndef TRANSCHECK_NET_CONN_H
#define TRANSCHECK_NET_CONN_H

#include <stddef.h>

#include "harness/base/budget.h"
#include "harness/base/span.h"
#include "harness/net/loop.h"
#include "harness/net/tls.h"

#define CONN_MAX_QUEUED (64u << 20)

enum conn_end {
    CONN_END_FIN,     /* the peer closed its sending side in order */
    CONN_END_RESET,   /* TCP RST */
    CONN_END_REFUSED, /* no connection was made: refused, unreachable, no address */
    CONN_END_TLS,     /* the handshake or a record failed; detail says why */
    CONN_END_ERROR    /* anything else of the operating system */
};

struct conn;

struct conn_callbacks {
    /* Connected, and the TLS handshake done; `alpn` is empty without TLS. Servers get it too, after on_accept. */
    void (*on_open)(void *user, struct conn *conn, struct span alpn);
    void (*on_read)(void *user, struct conn *conn, struct span bytes);
    /* Once, at the first of these events; no on_read after it. After CONN_END_FIN writing is still possible. The owner
     * still has to call conn_free. `detail` is text for people, already escaped. */
    void (*on_end)(void *user, struct conn *conn, enum conn_end end, const char *detail);
    /* The queue has become empty; may be NULL. */
    void (*on_drain)(void *user, struct conn *conn);
};

/* Maps a libuv read or write result (negative errno) to an end. */
enum conn_end conn_end_of(int uv_status);

/* Starts connecting; `host` is a name or address. The result comes through callbacks. `tls` may be NULL. */
enum err_code conn_connect(struct conn **out, struct loop *loop, const char *host, uint16_t port,
                           struct tls_config *tls, const struct conn_callbacks *callbacks, void *user, struct err *err);
/* Counts what the connection holds in `budget`, which must outlive the loop's next turns; call it before anything is
 * read or written. The connection itself is counted whether it fits or not: whoever accepts it looks first. */
void conn_set_budget(struct conn *conn, struct budget *budget);
/* Queues a copy. false when the connection has ended, more than CONN_MAX_QUEUED bytes wait, or the budget is full.
 * Small writes of one on_read, or else of one loop turn, go out in one system call. */
bool conn_write(struct conn *conn, struct span bytes);
/* Why TLS failed; TLS_FAILURE_NONE while it has not, and without TLS. */
enum tls_failure conn_tls_failure(const struct conn *conn);
/* Bytes that wait to be handed to the kernel. */
size_t conn_queued(const struct conn *conn);
/* Bytes of conn_queued and those that the kernel still holds because the peer has not acknowledged them: conn_abort
 * drops both. */
size_t conn_unacknowledged(const struct conn *conn);
/* Stops or resumes reading: back-pressure on the peer. */
void conn_pause(struct conn *conn, bool pause);
/* Half-close (FIN, after close_notify) once the queue is written. */
void conn_finish(struct conn *conn);
/* Writes what is queued, then closes with FIN and frees; no callbacks any more. */
void conn_free(struct conn *conn);
/* Drops what is queued, sends RST, frees; no callbacks any more. */
void conn_abort(struct conn *conn);

struct listener;
/* Called for each accepted connection; returns the user pointer for the callbacks, or NULL to refuse (closed by RST).
 */
typedef void *listener_accept_fn(void *user, struct conn *conn);

/* Binds and listens; port 0 picks one. `callbacks` must outlive the listener. */
enum err_code listener_new(struct listener **out, struct loop *loop, const char *address, uint16_t port,
                           struct tls_config *tls, const struct conn_callbacks *callbacks,
                           listener_accept_fn *on_accept, void *user, struct err *err);
uint16_t listener_port(const struct listener *listener);
/* What connections that are accepted from now on speak; NULL: no TLS. */
void listener_set_tls(struct listener *listener, struct tls_config *tls);
/* Its socket is closed when this returns: connections are refused. */
void listener_free(struct listener *listener);

#endif
