/* What new connections to the mock backend meet: its listener, and the states that a case may put it in. */
#include <unistd.h>

#include "harness/net/port_hold.h"
#include "mock-backend/call.h"
#include "mock-backend/strays.h"

/* As servers of HTTP/1.1 answer what is no request of theirs. */
static const char bad_request[] = "HTTP/1.1 400 Bad Request\r\n"
                                  "content-type: text/plain; charset=utf-8\r\n"
                                  "content-length: 11\r\n"
                                  "connection: close\r\n"
                                  "\r\n"
                                  "Bad Request";

enum err_code listener_begin(struct backend *backend, struct err *err)
{
    enum err_code rc = listener_new(&backend->listener, backend->loop, backend->address, backend->port, backend->tls,
                                    &backend_conn_callbacks, backend_accept, backend, err);
    if (rc != ERR_OK)
        return rc;
    backend->port = listener_port(backend->listener);
    if (backend->held_port >= 0)
        close(backend->held_port);
    backend->held_port = -1;
    return ERR_OK;
}

/* ---- connections from before */

static bool is_from_before(const struct backend_conn *conn)
{
    return conn->number <= conn->backend->last_before;
}

static bool any_from_before(const struct backend *backend)
{
    for (const struct backend_conn *conn = backend->conns; conn; conn = conn->next) {
        if (is_from_before(conn))
            return true;
    }
    return false;
}

static void told(struct loop_task *task)
{
    struct backend *backend = (struct backend *)((char *)task - offsetof(struct backend, listening));
    backend->changing = false;
    if (backend->leave_timer)
        loop_timer_stop(backend->leave_timer);
    if (backend->callbacks.on_listening)
        backend->callbacks.on_listening(backend->user);
}

void listener_conn_gone(struct backend *backend)
{
    if (backend->changing && !any_from_before(backend))
        loop_post(backend->loop, &backend->listening);
}

static void leave(struct backend_conn *conn)
{
    if (conn->closing)
        return;
    conn->by_us = true;
    if (conn->wire && conn->wire->leave)
        conn->wire->leave(conn);
    if (conn->wire)
        conn->wire->flush(conn, true);
    conn->closing = true;
    conn_finish(conn->conn); /* its end is that of the proxy's side: on_end */
}

/* The proxy has not closed its side in time. */
static void leave_over(void *user)
{
    struct backend *backend = user;
    for (struct backend_conn *conn = backend->conns, *next; conn; conn = next) {
        next = conn->next;
        if (!is_from_before(conn))
            continue;
        conn_abort(conn->conn);
        backend_conn_free(conn);
    }
}

/* ---- changing what new ones meet */

static struct tls_config *tls_of(const struct backend *backend)
{
    switch (backend->meets.state) {
    case LISTENER_SILENT:
    case LISTENER_FIN:
    case LISTENER_RST:
        return NULL; /* it ends before the handshake */
    case LISTENER_HTTP1:
        return backend->tls_http1;
    default:
        return backend->tls;
    }
}

/* Between the two sockets the port is free for a moment. */
static enum err_code stop_listening(struct backend *backend, struct err *err)
{
    listener_free(backend->listener);
    backend->listener = NULL;
    enum err_code rc = port_hold(&backend->held_port, backend->address, backend->port, err);
    if (rc != ERR_OK)
        listener_begin(backend, NULL);
    return rc;
}

enum err_code backend_listen(struct backend *backend, const struct script_listener *listener, struct err *err)
{
    struct script_listener meets = {.state = LISTENER_KEPT};
    enum err_code rc = ERR_OK;
    if (listener)
        meets = *listener;
    if (!backend->leave_timer)
        backend->leave_timer = loop_timer_new(backend->loop, leave_over, backend);
    if (!backend->leave_timer)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    if (meets.state == LISTENER_CLOSED && backend->listener)
        rc = stop_listening(backend, err);
    else if (meets.state != LISTENER_CLOSED && !backend->listener)
        rc = listener_begin(backend, err);
    if (rc != ERR_OK)
        return rc;
    backend->meets = meets;
    if (backend->listener)
        listener_set_tls(backend->listener, tls_of(backend));
    backend->last_before = backend->last_number;
    backend->changing = true;
    for (struct backend_conn *conn = backend->conns; conn; conn = conn->next)
        leave(conn);
    loop_timer_start(backend->leave_timer, BACKEND_LEAVE_MS);
    backend->listening.fn = told;
    listener_conn_gone(backend);
    return ERR_OK;
}

void listener_end(struct backend *backend)
{
    loop_revoke(&backend->listening);
    loop_timer_free(backend->leave_timer);
    listener_free(backend->listener);
    if (backend->held_port >= 0)
        close(backend->held_port);
}

/* ---- connections that take no calls */

bool listener_admits(struct backend *backend)
{
    if (!script_listener_takes_no_calls(&backend->meets))
        return strays_admit_connection(backend);
    if (backend->callbacks.on_turned_down)
        backend->callbacks.on_turned_down(backend->user);
    return backend->meets.state != LISTENER_RST && strays_admit_connection(backend);
}

static void end(struct backend_conn *conn)
{
    conn->by_us = true;
    backend_conn_close(conn);
}

void listener_turned_down_open(struct backend_conn *conn)
{
    if (conn->backend->meets.state == LISTENER_FIN)
        end(conn);
}

void listener_turned_down_read(struct backend_conn *conn)
{
    if (conn->closing || conn->backend->meets.state != LISTENER_HTTP1)
        return;
    conn_write(conn->conn, span_cstr(bad_request));
    end(conn);
}
