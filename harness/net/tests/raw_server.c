/* A TCP server that plays byte scripts. */
#include "harness/net/tests/raw_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/net/conn.h"

#define MAX_SCRIPTS   16u
#define ENDLESS_AHEAD (256u << 10) /* bytes kept in the connection's queue */

struct raw_conn {
    struct raw_server *server;
    struct conn *conn; /* NULL when closed */
    const struct raw_step *step;
    const struct raw_step *step_h2; /* instead, when the peer speaks HTTP/2; NULL once decided */
    struct loop_timer *timer;
    struct buf received;
    size_t received_len;
    size_t done; /* bytes of a dribble */
    bool open;
    bool gone;
};

struct raw_server {
    struct loop *loop;
    struct listener *listener;
    const struct raw_step *scripts[MAX_SCRIPTS];
    const struct raw_step *scripts_h2[MAX_SCRIPTS];
    size_t script_count;
    struct raw_conn *conns[RAW_MAX_CONNECTIONS];
    size_t conn_count;
    size_t forgotten;
    uint64_t sent;
};

static void raw_play(struct raw_conn *conn);

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "raw_server: %s\n", what);
    abort();
}

static bool received(const struct raw_conn *conn, struct span text)
{
    struct span all = buf_span(&conn->received);
    return all.len >= text.len && memmem(all.data, all.len, text.data, text.len) != NULL;
}

static void raw_send(struct raw_conn *conn, struct span bytes)
{
    if (conn_write(conn->conn, bytes))
        conn->server->sent += bytes.len;
}

static void raw_endless(struct raw_conn *conn)
{
    while (conn_queued(conn->conn) < ENDLESS_AHEAD) {
        size_t before = conn_queued(conn->conn);
        raw_send(conn, conn->step->bytes);
        if (conn_queued(conn->conn) == before)
            return;
    }
}

static void raw_let_go(struct raw_conn *conn, bool reset)
{
    struct conn *tcp = conn->conn;
    conn->conn = NULL;
    if (!tcp)
        return;
    if (reset)
        conn_abort(tcp);
    else
        conn_free(tcp);
}

/* false: the script has to wait. */
static bool raw_step(struct raw_conn *conn)
{
    const struct raw_step *step = conn->step;
    switch (step->kind) {
    case RAW_STOP:
        return false;
    case RAW_SEND:
        raw_send(conn, step->bytes);
        return true;
    case RAW_WAIT:
        return conn->received_len >= step->count;
    case RAW_WAIT_FOR:
        return received(conn, step->bytes);
    case RAW_PAUSE:
        conn->step++;
        loop_timer_start(conn->timer, step->count);
        return false;
    case RAW_DRIBBLE:
        if (conn->done == step->bytes.len && !step->forever) {
            conn->done = 0;
            return true;
        }
        raw_send(conn, span_of(step->bytes.data + conn->done % step->bytes.len, 1));
        conn->done++;
        loop_timer_start(conn->timer, step->count);
        return false;
    case RAW_ENDLESS:
        raw_endless(conn);
        return false;
    case RAW_NO_READ:
        conn_pause(conn->conn, true);
        return true;
    case RAW_FIN:
        conn_finish(conn->conn);
        return true;
    case RAW_RST:
        raw_let_go(conn, true);
        return false;
    case RAW_CLOSE:
        raw_let_go(conn, false);
        return false;
    }
    abort();
}

static void raw_play(struct raw_conn *conn)
{
    while (conn->conn && conn->open && !conn->step_h2 && raw_step(conn))
        conn->step++;
}

static void on_timer(void *user)
{
    raw_play(user);
}

static void on_open(void *user, struct conn *tcp, struct span alpn)
{
    (void)tcp;
    (void)alpn;
    struct raw_conn *conn = user;
    conn->open = true;
    raw_play(conn);
}

static void on_read(void *user, struct conn *tcp, struct span bytes)
{
    (void)tcp;
    struct raw_conn *conn = user;
    conn->received_len += bytes.len;
    if (conn->received.len + bytes.len <= RAW_MAX_RECEIVED)
        buf_append_span(&conn->received, bytes);
    if (conn->step_h2 && conn->received.len >= 4) {
        if (memcmp(conn->received.data, "PRI ", 4) == 0)
            conn->step = conn->step_h2;
        conn->step_h2 = NULL;
        raw_play(conn);
        return;
    }
    enum raw_kind kind = conn->step->kind;
    if (kind == RAW_WAIT || kind == RAW_WAIT_FOR)
        raw_play(conn);
}

static void on_end(void *user, struct conn *tcp, enum conn_end end, const char *detail)
{
    (void)tcp;
    (void)detail;
    struct raw_conn *conn = user;
    conn->gone = true;
    if (end != CONN_END_FIN)
        raw_let_go(conn, true);
}

static void on_drain(void *user, struct conn *tcp)
{
    (void)tcp;
    struct raw_conn *conn = user;
    if (conn->conn && conn->open && conn->step->kind == RAW_ENDLESS)
        raw_endless(conn);
}

static const struct conn_callbacks callbacks = {
    .on_open = on_open, .on_read = on_read, .on_end = on_end, .on_drain = on_drain};

static void raw_conn_free(struct raw_conn *conn)
{
    raw_let_go(conn, true);
    loop_timer_free(conn->timer);
    buf_fini(&conn->received);
    free(conn);
}

/* A program that serves for long: the records of the oldest connection make room. */
static void raw_forget_oldest(struct raw_server *server)
{
    raw_conn_free(server->conns[0]);
    memmove(server->conns, server->conns + 1, (RAW_MAX_CONNECTIONS - 1) * sizeof *server->conns);
    server->conn_count--;
    server->forgotten++;
}

static void *on_accept(void *user, struct conn *tcp)
{
    struct raw_server *server = user;
    if (server->script_count == 0)
        return NULL;
    if (server->conn_count == RAW_MAX_CONNECTIONS)
        raw_forget_oldest(server);
    struct raw_conn *conn = calloc(1, sizeof *conn);
    require(conn != NULL, "out of memory");
    size_t number = server->forgotten + server->conn_count;
    size_t script = number < server->script_count ? number : server->script_count - 1;
    conn->server = server;
    conn->conn = tcp;
    conn->step = server->scripts[script];
    conn->step_h2 = server->scripts_h2[script] != conn->step ? server->scripts_h2[script] : NULL;
    conn->timer = loop_timer_new(server->loop, on_timer, conn);
    require(conn->timer != NULL, "out of memory");
    buf_init(&conn->received, RAW_MAX_RECEIVED);
    server->conns[server->conn_count++] = conn;
    return conn;
}

struct raw_server *raw_server_new(struct loop *loop, uint16_t port, struct tls_config *tls)
{
    struct err err = {0};
    struct raw_server *server = calloc(1, sizeof *server);
    require(server != NULL, "out of memory");
    server->loop = loop;
    enum err_code rc =
        listener_new(&server->listener, loop, "127.0.0.1", port, tls, &callbacks, on_accept, server, &err);
    require(rc == ERR_OK, err.text);
    return server;
}

void raw_server_reset(struct raw_server *server)
{
    for (size_t i = 0; i < server->conn_count; i++)
        raw_conn_free(server->conns[i]);
    server->conn_count = 0;
    server->script_count = 0;
    server->forgotten = 0;
    server->sent = 0;
}

void raw_server_free(struct raw_server *server)
{
    if (!server)
        return;
    raw_server_reset(server);
    listener_free(server->listener);
    free(server);
}

uint16_t raw_server_port(const struct raw_server *server)
{
    return listener_port(server->listener);
}

void raw_server_add(struct raw_server *server, const struct raw_step *steps)
{
    raw_server_add_both(server, steps, steps);
}

void raw_server_add_both(struct raw_server *server, const struct raw_step *steps, const struct raw_step *steps_h2)
{
    require(server->script_count < MAX_SCRIPTS, "too many scripts");
    server->scripts[server->script_count] = steps;
    server->scripts_h2[server->script_count++] = steps_h2;
}

size_t raw_server_connections(const struct raw_server *server)
{
    return server->conn_count;
}

struct span raw_server_received(const struct raw_server *server, size_t index)
{
    require(index < server->conn_count, "no such connection");
    return buf_span(&server->conns[index]->received);
}

bool raw_server_peer_gone(const struct raw_server *server, size_t index)
{
    require(index < server->conn_count, "no such connection");
    return server->conns[index]->gone;
}

uint64_t raw_server_sent(const struct raw_server *server)
{
    return server->sent;
}
