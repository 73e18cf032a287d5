/* TCP connections and listeners on the loop, with TLS where asked. */
#include "harness/net/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <uv.h>

#include "harness/base/buf.h"
#include "harness/base/escape.h"
#include "harness/net/address.h"
#include "harness/net/port_owner.h"

/* How long a freed connection waits for the peer's FIN. Closing at once with unread bytes in the kernel would send RST
 * where FIN was meant. */
#define LINGER_MS       1000
#define WRITE_LINGER_MS 5000
#define KEEP_BUFFER     (64u << 10) /* a write buffer larger than this is given back when it is empty */
#define LISTEN_BACKLOG  1024
#define TLS_COST        (80u << 10) /* counted for one session: OpenSSL's memory, and KEEP_PLAIN */
#define KEEP_PLAIN      (32u << 10)

struct conn {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    uv_getaddrinfo_t resolving;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct loop *loop;
    struct loop_owned owned;
    struct loop_task flush;
    const struct conn_callbacks *callbacks;
    struct conn_callbacks own_callbacks; /* a client's copy */
    void *user;
    struct tls_session *tls;
    struct buf early; /* plaintext written before the handshake was done */
    struct buf plain;
    struct buf out;     /* not yet given to the kernel */
    struct buf writing; /* given to libuv, from writing_off on */
    size_t writing_off;
    struct addrinfo *addresses;
    const struct addrinfo *next_address;
    struct loop_timer *linger;
    struct budget *budget;
    int last_error; /* of connecting */
    int write_error;
    bool tcp_active; /* the handle must be closed before the memory goes */
    bool resolve_active;
    bool write_active;
    bool connected;
    bool opened; /* on_open was called */
    bool reading;
    bool paused;
    bool ended;      /* on_end was called */
    bool read_ended; /* nothing more will be read */
    bool finishing;  /* conn_finish: shut down when the queue is empty */
    bool shutdown_sent;
    bool freed;   /* by its owner: no callbacks */
    bool closing; /* uv_close was called */
};

struct listener {
    uv_tcp_t tcp;
    struct loop *loop;
    struct loop_owned owned;
    struct tls_config *tls;
    const struct conn_callbacks *callbacks;
    listener_accept_fn *on_accept;
    void *user;
    uint16_t port;
};

enum conn_end conn_end_of(int uv_status)
{
    switch (uv_status) {
    case UV_EOF:
        return CONN_END_FIN;
    case UV_ECONNRESET:
    case UV_EPIPE:
    case UV_ECONNABORTED:
        return CONN_END_RESET;
    case UV_ECONNREFUSED:
    case UV_EHOSTUNREACH:
    case UV_ENETUNREACH:
    case UV_EHOSTDOWN:
    case UV_EADDRNOTAVAIL:
    case UV_ENOENT:
    case UV_EAI_AGAIN:
    case UV_EAI_FAIL:
    case UV_EAI_NODATA:
    case UV_EAI_NONAME:
    case UV_EAI_ADDRFAMILY:
    case UV_EAI_SERVICE:
        return CONN_END_REFUSED;
    default:
        return CONN_END_ERROR;
    }
}

/* ---- the end of a connection's memory */

static size_t conn_cost(const struct conn *conn)
{
    return sizeof *conn + (conn->tls ? TLS_COST : 0);
}

static void conn_dispose(struct conn *conn)
{
    if (conn->tcp_active || conn->resolve_active)
        return;
    if (conn->addresses)
        uv_freeaddrinfo(conn->addresses);
    buf_fini(&conn->early);
    buf_fini(&conn->plain);
    buf_fini(&conn->out);
    buf_fini(&conn->writing);
    budget_give(conn->budget, conn_cost(conn));
    tls_session_free(conn->tls);
    free(conn);
}

static void conn_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;
    conn->tcp_active = false;
    conn_dispose(conn);
}

static void conn_close(struct conn *conn)
{
    assert(conn->freed);
    if (conn->closing)
        return;
    conn->closing = true;
    loop_disown(&conn->owned);
    loop_revoke(&conn->flush);
    loop_timer_free(conn->linger);
    conn->linger = NULL;
    if (conn->resolve_active)
        uv_cancel((uv_req_t *)&conn->resolving);
    if (!conn->tcp_active)
        conn_dispose(conn);
    else if (!uv_is_closing((uv_handle_t *)&conn->tcp))
        uv_close((uv_handle_t *)&conn->tcp, conn_closed);
}

static void conn_release(struct loop_owned *owned)
{
    struct conn *conn = (struct conn *)((char *)owned - offsetof(struct conn, owned));
    conn->freed = true;
    conn_close(conn);
}

static void conn_ended(struct conn *conn, enum conn_end end, const char *detail)
{
    conn->read_ended = true;
    if (conn->reading) {
        uv_read_stop((uv_stream_t *)&conn->tcp);
        conn->reading = false;
    }
    if (conn->ended || conn->freed)
        return;
    conn->ended = true;
    if (conn->callbacks->on_end)
        conn->callbacks->on_end(conn->user, conn, end, detail);
}

/* Tells FIN from RST where libuv says "end of file". Two things hide a reset: a write that met it takes the error away
 * from the socket, so that reading sees an ordinary end; and libuv itself reports an end without reading when poll says
 * POLLHUP after a partial read, although an error waits on the socket. (EPIPE waiting there means that FIN came first.)
 */
static int end_status(const struct conn *conn, int status)
{
    if (status != UV_EOF)
        return status;
    if (conn->write_error != 0)
        return conn->write_error;
    uv_os_fd_t fd = -1;
    int error = 0;
    socklen_t len = sizeof error;
    if (uv_fileno((const uv_handle_t *)&conn->tcp, &fd) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == ECONNRESET)
        return UV_ECONNRESET;
    return status;
}

static void conn_failed(struct conn *conn, int status)
{
    status = end_status(conn, status);
    conn_ended(conn, conn_end_of(status), status == UV_EOF ? "end of file" : uv_strerror(status));
}

/* ---- writing */

static void conn_flush(struct conn *conn);

static void flush_task(struct loop_task *task)
{
    conn_flush((struct conn *)((char *)task - offsetof(struct conn, flush)));
}

static void write_failed(struct conn *conn, int status)
{
    buf_fini(&conn->out);
    buf_fini(&conn->writing);
    conn->writing_off = 0;
    if (conn->write_error == 0)
        conn->write_error = status;
    if (conn->freed) {
        conn_close(conn);
        return;
    }
    /* What the peer sent before it reset the connection can still be read; reading then reports the end. */
    if (!conn->reading)
        conn_failed(conn, status);
}

static void shutdown_done(uv_shutdown_t *request, int status)
{
    struct conn *conn = request->handle->data;
    if (status != 0 && conn->freed)
        conn_close(conn);
}

static void queue_emptied(struct conn *conn)
{
    size_t keep = budget_is_full(conn->budget) ? 0 : KEEP_BUFFER;
    if (conn->out.cap > keep)
        buf_fini(&conn->out);
    if (conn->writing.cap > keep)
        buf_fini(&conn->writing);
    if (conn->finishing && !conn->shutdown_sent) {
        conn->shutdown_sent = true;
        if (uv_shutdown(&conn->shutdown, (uv_stream_t *)&conn->tcp, shutdown_done) != 0 && conn->freed)
            conn_close(conn);
    }
    if (conn->freed && conn->read_ended)
        conn_close(conn);
    else if (!conn->freed && conn->opened && !conn->finishing && conn->callbacks->on_drain)
        conn->callbacks->on_drain(conn->user, conn);
}

static void write_done(uv_write_t *request, int status)
{
    struct conn *conn = request->handle->data;
    conn->write_active = false;
    if (conn->closing)
        return;
    if (status < 0) {
        write_failed(conn, status);
        return;
    }
    buf_reset(&conn->writing);
    conn->writing_off = 0;
    conn_flush(conn);
}

static void conn_flush(struct conn *conn)
{
    if (!conn->connected || conn->write_active || conn->closing || conn->write_error != 0)
        return;
    if (conn->out.len > 0) {
        uv_buf_t bytes = uv_buf_init((char *)conn->out.data, (unsigned)conn->out.len);
        int sent = uv_try_write((uv_stream_t *)&conn->tcp, &bytes, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
            write_failed(conn, sent);
            return;
        }
        conn->writing_off = sent > 0 ? (size_t)sent : 0;
        if (conn->writing_off < conn->out.len) {
            struct buf swap = conn->writing;
            conn->writing = conn->out;
            conn->out = swap;
            bytes = uv_buf_init((char *)conn->writing.data + conn->writing_off,
                                (unsigned)(conn->writing.len - conn->writing_off));
            conn->write_active = true;
            int rc = uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &bytes, 1, write_done);
            if (rc != 0) {
                conn->write_active = false;
                write_failed(conn, rc);
            }
            return;
        }
        buf_reset(&conn->out);
        conn->writing_off = 0;
    }
    queue_emptied(conn);
}

static void flush_soon(struct conn *conn)
{
    if (conn->connected && !conn->write_active && !conn->closing)
        loop_post(conn->loop, &conn->flush);
}

enum tls_failure conn_tls_failure(const struct conn *conn)
{
    return conn->tls ? tls_session_failure(conn->tls) : TLS_FAILURE_NONE;
}

size_t conn_queued(const struct conn *conn)
{
    return conn->early.len + conn->out.len + (conn->writing.len - conn->writing_off);
}

size_t conn_unacknowledged(const struct conn *conn)
{
    uv_os_fd_t fd = -1;
    int kernel = 0;
    if (conn->tcp_active && uv_fileno((const uv_handle_t *)&conn->tcp, &fd) == 0 && ioctl(fd, SIOCOUTQ, &kernel) == 0 &&
        kernel > 0)
        return conn_queued(conn) + (size_t)kernel;
    return conn_queued(conn);
}

bool conn_write(struct conn *conn, struct span bytes)
{
    if (conn->freed || conn->finishing || conn->write_error != 0 || (conn->ended && !conn->connected))
        return false;
    if (bytes.len > CONN_MAX_QUEUED || conn_queued(conn) > CONN_MAX_QUEUED - bytes.len)
        return false;
    if (!conn->tls) {
        if (!buf_append_span(&conn->out, bytes))
            return false;
    } else if (!conn->opened) {
        return buf_append_span(&conn->early, bytes);
    } else if (tls_session_send(conn->tls, bytes, &conn->out, NULL) == TLS_FAILED || conn->out.failed) {
        return false;
    }
    flush_soon(conn);
    return true;
}

/* ---- reading */

static void read_start(struct conn *conn);

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    struct conn *conn = handle->data;
    *out = uv_buf_init((char *)loop_read_buffer(conn->loop), LOOP_READ_BUFFER);
}

static void conn_opened(struct conn *conn)
{
    conn->opened = true;
    if (conn->early.len > 0) {
        tls_session_send(conn->tls, buf_span(&conn->early), &conn->out, NULL);
        buf_fini(&conn->early);
        flush_soon(conn);
    }
    if (conn->freed || !conn->callbacks->on_open)
        return;
    struct span alpn = conn->tls ? tls_session_alpn(conn->tls) : span_of(NULL, 0);
    conn->callbacks->on_open(conn->user, conn, alpn);
}

/* Reports a TLS failure. The text may quote a certificate, so it is escaped like all that came off the wire. */
static void tls_failed(struct conn *conn, const char *text)
{
    struct buf detail;
    buf_init(&detail, 4096);
    escape_terminal(&detail, span_cstr(text));
    conn_ended(conn, CONN_END_TLS, detail.data ? (const char *)detail.data : "TLS failed");
    buf_fini(&detail);
}

static void read_tls(struct conn *conn, struct span bytes)
{
    struct err err = {0};
    buf_reset(&conn->plain);
    enum tls_state state = tls_session_receive(conn->tls, bytes, &conn->plain, &conn->out, &err);
    if (conn->out.len > 0)
        flush_soon(conn);
    if (state == TLS_FAILED) {
        if (conn->freed)
            conn->read_ended = true;
        else
            tls_failed(conn, err.text);
        return;
    }
    if (state != TLS_HANDSHAKE && !conn->opened && !conn->freed)
        conn_opened(conn);
    if (conn->plain.len > 0 && !conn->freed && !conn->ended && conn->callbacks->on_read)
        conn->callbacks->on_read(conn->user, conn, buf_span(&conn->plain));
    if (conn->plain.cap > KEEP_PLAIN)
        buf_fini(&conn->plain);
    if (state == TLS_CLOSED && !conn->freed)
        conn_ended(conn, CONN_END_FIN, "close_notify");
}

static void read_done(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct conn *conn = stream->data;
    if (count == 0)
        return;
    if (count < 0) {
        conn_failed(conn, (int)count);
        if (conn->freed && !conn->write_active && conn->out.len == 0)
            conn_close(conn);
        return;
    }
    if (conn->freed)
        return; /* lingering: what still comes is of no interest */
    struct span bytes = span_of(buffer->base, (size_t)count);
    if (conn->tls)
        read_tls(conn, bytes);
    else if (conn->callbacks->on_read)
        conn->callbacks->on_read(conn->user, conn, bytes);
    /* The answers to these bytes go out before the next connection is read: the peer works meanwhile. */
    if (conn->flush.link && !conn->closing) {
        loop_revoke(&conn->flush);
        conn_flush(conn);
    }
}

static void read_start(struct conn *conn)
{
    if (conn->reading || conn->read_ended || conn->closing || !conn->connected)
        return;
    if (uv_read_start((uv_stream_t *)&conn->tcp, give_buffer, read_done) == 0)
        conn->reading = true;
}

void conn_pause(struct conn *conn, bool pause)
{
    conn->paused = pause;
    if (!pause) {
        read_start(conn);
    } else if (conn->reading) {
        uv_read_stop((uv_stream_t *)&conn->tcp);
        conn->reading = false;
    }
}

/* ---- making */

static struct conn *conn_new(struct loop *loop, const struct conn_callbacks *callbacks, void *user)
{
    struct conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        return NULL;
    conn->loop = loop;
    conn->callbacks = callbacks;
    conn->user = user;
    conn->flush.fn = flush_task;
    buf_init(&conn->early, CONN_MAX_QUEUED);
    buf_init(&conn->plain, SIZE_MAX - 1);
    /* Room above CONN_MAX_QUEUED for the overhead of TLS records and for alerts. */
    buf_init(&conn->out, 2 * (size_t)CONN_MAX_QUEUED);
    buf_init(&conn->writing, 2 * (size_t)CONN_MAX_QUEUED);
    loop_own(loop, &conn->owned, conn_release);
    return conn;
}

static void tcp_start(struct conn *conn)
{
    uv_tcp_init(loop_uv(conn->loop), &conn->tcp);
    conn->tcp.data = conn;
    conn->tcp_active = true;
}

/* TCP is there: starts TLS, or opens at once. */
static void conn_established(struct conn *conn)
{
    conn->connected = true;
    uv_tcp_nodelay(&conn->tcp, 1);
    if (!conn->paused)
        read_start(conn);
    if (!conn->tls) {
        conn_opened(conn);
    } else {
        struct err err = {0};
        if (tls_session_send(conn->tls, span_of(NULL, 0), &conn->out, &err) == TLS_FAILED) {
            tls_failed(conn, err.text);
            return;
        }
    }
    if (conn->out.len > 0 || conn->finishing || conn->freed)
        flush_soon(conn);
}

static void connect_next(struct conn *conn);

static void retry_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;
    conn->tcp_active = false;
    if (conn->closing) {
        conn_dispose(conn);
        return;
    }
    connect_next(conn);
}

static void connect_done(uv_connect_t *request, int status)
{
    struct conn *conn = request->handle->data;
    if (conn->closing)
        return;
    if (status == 0) {
        conn_established(conn);
        return;
    }
    conn->last_error = status;
    uv_close((uv_handle_t *)&conn->tcp, retry_closed);
}

/* Tries the next address; reports the last error when there is none. */
static void connect_next(struct conn *conn)
{
    while (conn->next_address) {
        const struct addrinfo *address = conn->next_address;
        conn->next_address = address->ai_next;
        tcp_start(conn);
        int rc = uv_tcp_connect(&conn->connecting, &conn->tcp, address->ai_addr, connect_done);
        if (rc == 0)
            return;
        conn->last_error = rc;
        uv_close((uv_handle_t *)&conn->tcp, retry_closed);
        return;
    }
    if (conn->freed) {
        conn_close(conn);
        return;
    }
    int error = conn->last_error ? conn->last_error : UV_EADDRNOTAVAIL;
    /* A reset here came after the connection was made, before we had looked at it. */
    conn_ended(conn, error == UV_ECONNRESET ? CONN_END_RESET : CONN_END_REFUSED, uv_strerror(error));
}

static void resolve_done(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct conn *conn = request->data;
    conn->resolve_active = false;
    if (status == 0) {
        conn->addresses = addresses;
        conn->next_address = addresses;
    }
    if (conn->closing) {
        conn_dispose(conn);
        return;
    }
    conn->last_error = status;
    connect_next(conn);
}

enum err_code conn_connect(struct conn **out, struct loop *loop, const char *host, uint16_t port,
                           struct tls_config *tls, const struct conn_callbacks *callbacks, void *user, struct err *err)
{
    struct conn *conn = conn_new(loop, callbacks, user);
    if (!conn)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    conn->own_callbacks = *callbacks;
    conn->callbacks = &conn->own_callbacks;
    enum err_code rc = ERR_OK;
    if (tls)
        rc = tls_session_new(&conn->tls, tls, host, err);
    if (rc == ERR_OK) {
        char service[8];
        snprintf(service, sizeof service, "%u", (unsigned)port);
        struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
        conn->resolving.data = conn;
        /* A numeric address needs no name service, and no thread. */
        struct addrinfo *numeric = NULL;
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
        if (getaddrinfo(host, service, &hints, &numeric) == 0) {
            conn->addresses = numeric;
            conn->next_address = numeric;
            connect_next(conn);
        } else {
            hints.ai_flags = AI_NUMERICSERV;
            int status = uv_getaddrinfo(loop_uv(loop), &conn->resolving, resolve_done, host, service, &hints);
            conn->resolve_active = status == 0;
            if (status != 0)
                rc = err_set(err, ERR_IO, "cannot look up the host name: %s", uv_strerror(status));
        }
    }
    if (rc != ERR_OK) {
        conn->freed = true;
        conn_close(conn);
        return rc;
    }
    *out = conn;
    return ERR_OK;
}

void conn_set_budget(struct conn *conn, struct budget *budget)
{
    assert(!conn->budget);
    conn->budget = budget;
    budget_charge(budget, conn_cost(conn));
    conn->early.budget = conn->out.budget = conn->writing.budget = budget;
}

/* ---- ending */

void conn_finish(struct conn *conn)
{
    if (conn->finishing)
        return;
    if (conn->tls && conn->opened && conn->write_error == 0)
        tls_session_close(conn->tls, &conn->out);
    conn->finishing = true;
    flush_soon(conn);
}

static void linger_over(void *user)
{
    conn_close(user);
}

void conn_free(struct conn *conn)
{
    if (!conn)
        return;
    assert(!conn->freed);
    bool hopeless = !conn->connected || conn->write_error != 0;
    if (!hopeless)
        conn_finish(conn);
    conn->freed = true;
    bool idle = conn->out.len == 0 && !conn->write_active;
    if (hopeless || (conn->read_ended && idle)) {
        conn_close(conn);
        return;
    }
    conn->linger = loop_timer_new(conn->loop, linger_over, conn);
    if (!conn->linger) {
        conn_close(conn);
        return;
    }
    loop_timer_start(conn->linger, idle ? LINGER_MS : WRITE_LINGER_MS);
    read_start(conn);
}

void conn_abort(struct conn *conn)
{
    if (!conn)
        return;
    assert(!conn->freed);
    conn->freed = true;
    uv_os_fd_t fd = -1;
    if (conn->tcp_active && uv_fileno((uv_handle_t *)&conn->tcp, &fd) == 0) {
        /* Not uv_tcp_close_reset: that refuses a connection whose sending side is already shut down. */
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    conn_close(conn);
}

/* ---- listening */

static void accept_one(struct listener *listener)
{
    struct conn *conn = conn_new(listener->loop, listener->callbacks, NULL);
    if (!conn)
        return;
    tcp_start(conn);
    if (uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&conn->tcp) != 0) {
        conn->freed = true;
        conn_close(conn);
        return;
    }
    if (listener->tls && tls_session_new(&conn->tls, listener->tls, NULL, NULL) != ERR_OK) {
        conn_abort(conn);
        return;
    }
    conn->user = listener->on_accept(listener->user, conn);
    if (conn->freed)
        return;
    if (!conn->user)
        conn_abort(conn);
    else
        conn_established(conn);
}

static void connection_arrived(uv_stream_t *server, int status)
{
    if (status == 0)
        accept_one(server->data);
}

static void listener_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void listener_release(struct loop_owned *owned)
{
    struct listener *listener = (struct listener *)((char *)owned - offsetof(struct listener, owned));
    uv_close((uv_handle_t *)&listener->tcp, listener_closed);
}

void listener_free(struct listener *listener)
{
    if (!listener)
        return;
    loop_disown(&listener->owned);
    listener_release(&listener->owned);
}

void listener_set_tls(struct listener *listener, struct tls_config *tls)
{
    listener->tls = tls;
}

uint16_t listener_port(const struct listener *listener)
{
    return listener->port;
}

static int bind_and_listen(struct listener *listener, const char *address, uint16_t port)
{
    struct sockaddr_storage name;
    int rc = address_socket(&name, address, port) ? 0 : UV_EINVAL;
    if (rc == 0)
        rc = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&name, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&listener->tcp, LISTEN_BACKLOG, connection_arrived);
    int name_len = sizeof name;
    if (rc == 0)
        rc = uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&name, &name_len);
    if (rc != 0)
        return rc;
    listener->port = name.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&name)->sin6_port)
                                                : ntohs(((struct sockaddr_in *)&name)->sin_port);
    return 0;
}

enum err_code listener_new(struct listener **out, struct loop *loop, const char *address, uint16_t port,
                           struct tls_config *tls, const struct conn_callbacks *callbacks,
                           listener_accept_fn *on_accept, void *user, struct err *err)
{
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    listener->loop = loop;
    listener->tls = tls;
    listener->callbacks = callbacks;
    listener->on_accept = on_accept;
    listener->user = user;
    uv_tcp_init(loop_uv(loop), &listener->tcp);
    listener->tcp.data = listener;
    loop_own(loop, &listener->owned, listener_release);
    int rc = bind_and_listen(listener, address, port);
    char owner[128];
    if (rc == UV_EADDRINUSE && port_owner_find(owner, sizeof owner, port)) {
        listener_free(listener);
        return err_set(err, ERR_IO, "cannot listen on %s:%u: %s, by %s", address, (unsigned)port, uv_strerror(rc),
                       owner);
    }
    if (rc != 0) {
        listener_free(listener);
        return err_set(err, ERR_IO, "cannot listen on %s:%u: %s", address, (unsigned)port, uv_strerror(rc));
    }
    *out = listener;
    return ERR_OK;
}
