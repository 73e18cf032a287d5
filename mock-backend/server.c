/* The mock backend and its connections. */
#include "mock-backend/server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mock-backend/call.h"
#include "mock-backend/strays.h"

#define MAX_LOST_TAGS 1024u
#define RESET_POLL_MS 1
#define RESET_POLLS   3000u

void backend_limit(const struct backend *backend, enum backend_limit what)
{
    if (backend->callbacks.on_limit)
        backend->callbacks.on_limit(backend->user, what);
}

/* ---- connections */

/* Its calls lose something to the budget, and the connection with it. */
void backend_conn_starved(struct backend_conn *conn)
{
    for (struct backend_call *call = conn->calls; call; call = call->next) {
        if (call->plan.seen)
            call->plan.seen->over_budget = true;
    }
    backend_limit(conn->backend, BACKEND_TURNED_AWAY);
    conn->by_us = true;
    backend_conn_close(conn);
}

static void conn_lost_report(struct backend_conn *conn)
{
    const struct backend *backend = conn->backend;
    void *tags[MAX_LOST_TAGS];
    size_t count = 0;
    for (const struct backend_call *call = conn->calls; call && count < MAX_LOST_TAGS; call = call->next) {
        if (call->claimed && !call->closed)
            tags[count++] = call->plan.tag;
    }
    if (conn->open_calls > 0 && backend->callbacks.on_conn_lost)
        backend->callbacks.on_conn_lost(backend->user, conn->number, conn->by_us, tags, count);
}

static void calls_lost(struct backend_conn *conn)
{
    while (conn->calls) {
        struct backend_call *call = conn->calls;
        struct call_seen *seen = call->plan.seen;
        if (!call->closed) {
            conn->open_calls--;
            conn->backend->in_flight--;
        }
        if (seen && !call->closed && !conn->by_us) {
            seen->conn_lost = true;
            seen->conn_reset = conn->lost_reset;
            record_event(call, TRANSCRIPT_PROXY, conn->lost_reset ? TRANSCRIPT_RESET : TRANSCRIPT_FIN, 0);
        }
        call->closed = true;
        call_finish(call);
    }
}

void backend_conn_free(struct backend_conn *conn)
{
    struct backend *backend = conn->backend;
    *conn->link = conn->next;
    if (conn->next)
        conn->next->link = conn->link;
    backend->conn_count--;
    loop_revoke(&conn->teardown);
    loop_revoke(&conn->drops);
    loop_timer_free(conn->reset_timer);
    conn_lost_report(conn);
    calls_lost(conn);
    if (conn->wire)
        conn->wire->free(conn);
    free(conn);
    listener_conn_gone(backend);
}

static void reset_poll(void *user)
{
    struct backend_conn *conn = user;
    loop_post(conn->backend->loop, &conn->teardown);
}

/* Whether a reset now would take away bytes that a script sent before it. The kernel does not tell when the peer has
 * acknowledged them, so it is asked again and again, for RESET_POLLS times at most. */
static bool reset_must_wait(struct backend_conn *conn)
{
    if (conn_unacknowledged(conn->conn) == 0 || conn->reset_polls++ >= RESET_POLLS)
        return false;
    if (!conn->reset_timer)
        conn->reset_timer = loop_timer_new(conn->backend->loop, reset_poll, conn);
    if (!conn->reset_timer)
        return false;
    loop_timer_start(conn->reset_timer, RESET_POLL_MS);
    return true;
}

static void conn_teardown(struct loop_task *task)
{
    struct backend_conn *conn = (struct backend_conn *)((char *)task - offsetof(struct backend_conn, teardown));
    if (conn->by_us && conn->wire)
        conn->wire->flush(conn, true); /* what a script sent before it closes */
    if (conn->close_reset && reset_must_wait(conn))
        return;
    if (conn->close_reset)
        conn_abort(conn->conn);
    else
        conn_free(conn->conn);
    backend_conn_free(conn);
}

/* Ends what is left of strays that were given up. */
static void conn_drops(struct loop_task *task)
{
    struct backend_conn *conn = (struct backend_conn *)((char *)task - offsetof(struct backend_conn, drops));
    for (struct backend_call *call = conn->calls, *next; call; call = next) {
        next = call->next;
        if (call->dropped && call->closed)
            call_finish(call);
    }
    conn->wire->flush(conn, false);
}

void backend_conn_close(struct backend_conn *conn)
{
    conn->closing = true;
    loop_post(conn->backend->loop, &conn->teardown);
}

/* What the connection speaks is known now. */
static bool conn_speaks(struct backend_conn *conn, const struct wire *wire)
{
    conn->wire = wire;
    if (wire->open(conn))
        return true;
    conn->wire = NULL;
    backend_limit(conn->backend, BACKEND_TURNED_AWAY);
    backend_conn_close(conn);
    return false;
}

static void conn_receive(struct backend_conn *conn, struct span bytes)
{
    struct err err;
    if (conn->closing || bytes.len == 0)
        return;
    if (conn->wire->receive(conn, bytes, &err) == ERR_OK || conn->closing)
        return;
    for (struct backend_call *call = conn->calls; call; call = call->next)
        record_note(call, err.text);
    if (budget_is_full(conn->backend->budget))
        backend_conn_starved(conn);
    else
        backend_conn_close(conn);
}

/* No method of HTTP/1.1 begins as the preface of HTTP/2 does. `bytes` loses what is looked at. */
static void look_at_first_bytes(struct backend_conn *conn, struct span *bytes)
{
    while (!conn->wire && !conn->closing && bytes->len > 0) {
        uint8_t byte = bytes->data[0];
        bool same = byte == (uint8_t) "PRI"[conn->begun_len];
        conn->begun[conn->begun_len++] = byte;
        *bytes = span_from(*bytes, 1);
        if (!same || conn->begun_len == BACKEND_FIRST_BYTES)
            conn_speaks(conn, same ? &wire_h2 : &wire_h1);
    }
    if (conn->wire)
        conn_receive(conn, span_of(conn->begun, conn->begun_len));
}

static void on_conn_read(void *user, struct conn *conn_, struct span bytes)
{
    (void)conn_;
    struct backend_conn *conn = user;
    if (conn->turned_down) {
        listener_turned_down_read(conn);
        return;
    }
    if (!conn->wire)
        look_at_first_bytes(conn, &bytes);
    if (conn->wire)
        conn_receive(conn, bytes);
}

static void on_conn_end(void *user, struct conn *conn_, enum conn_end end, const char *detail)
{
    (void)conn_;
    (void)detail;
    struct backend_conn *conn = user;
    conn->lost_reset = end == CONN_END_RESET;
    conn->close_reset = false; /* nothing will drain any more, or it does not matter */
    backend_conn_close(conn);
}

static void on_conn_open(void *user, struct conn *conn_, struct span alpn)
{
    (void)conn_;
    struct backend_conn *conn = user;
    if (conn->closing)
        return;
    if (conn->turned_down)
        listener_turned_down_open(conn);
    else if (span_is(alpn, "h2") && conn_speaks(conn, &wire_h2))
        conn->wire->flush(conn, false);
    else if (span_is(alpn, "http/1.1"))
        conn_speaks(conn, &wire_h1);
}

static void on_conn_drain(void *user, struct conn *conn_)
{
    (void)conn_;
    struct backend_conn *conn = user;
    if (conn->wire)
        conn->wire->flush(conn, false);
}

const struct conn_callbacks backend_conn_callbacks = {
    .on_open = on_conn_open, .on_read = on_conn_read, .on_end = on_conn_end, .on_drain = on_conn_drain};

void *backend_accept(void *user, struct conn *conn_)
{
    struct backend *backend = user;
    if (!listener_admits(backend))
        return NULL;
    struct backend_conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        return NULL;
    conn_set_budget(conn_, backend->budget);
    conn->backend = backend;
    conn->conn = conn_;
    conn->number = ++backend->last_number;
    conn->turned_down = script_listener_takes_no_calls(&backend->meets);
    conn->last_call = backend->call_serial;
    conn->teardown.fn = conn_teardown;
    conn->drops.fn = conn_drops;
    conn->next = backend->conns;
    conn->link = &backend->conns;
    if (conn->next)
        conn->next->link = &conn->next;
    backend->conns = conn;
    backend->conn_count++;
    return conn;
}

/* ---- the backend */

static enum err_code make_tls(struct backend *backend, const struct backend_options *options, struct err *err)
{
    static const char *const both[] = {"h2", "http/1.1", NULL};
    static const char *const http1[] = {"http/1.1", NULL};
    struct tls_options tls = {.server = true,
                              .cert_file = options->cert_file,
                              .key_file = options->key_file,
                              .self_signed = !options->cert_file,
                              .alpn = both};
    if (!options->tls)
        return ERR_OK;
    enum err_code rc = tls_config_new(&backend->tls, &tls, err);
    tls.alpn = http1;
    return rc == ERR_OK ? tls_config_new(&backend->tls_http1, &tls, err) : rc;
}

enum err_code backend_new(struct backend **out, struct loop *loop, const struct backend_options *options,
                          const struct backend_callbacks *callbacks, void *user, struct err *err)
{
    struct backend *backend = calloc(1, sizeof *backend);
    if (!backend)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    backend->loop = loop;
    backend->schema = options->schema;
    backend->budget = options->budget;
    if (backend->budget) {
        backend->budget->reclaim = strays_reclaim;
        backend->budget->user = backend;
    }
    backend->serve_default = options->serve_default;
    if (callbacks)
        backend->callbacks = *callbacks;
    backend->user = user;
    backend->held_port = -1;
    backend->port = options->port;
    backend->address = strdup(options->address);
    enum err_code rc =
        backend->address ? make_tls(backend, options, err) : err_set(err, ERR_NO_MEMORY, "out of memory");
    if (rc == ERR_OK)
        rc = listener_begin(backend, err);
    if (rc != ERR_OK) {
        backend_free(backend);
        return rc;
    }
    *out = backend;
    return ERR_OK;
}

void backend_free(struct backend *backend)
{
    if (!backend)
        return;
    listener_end(backend);
    backend->changing = false;
    backend->callbacks = (struct backend_callbacks){0};
    while (backend->conns) {
        struct backend_conn *conn = backend->conns;
        conn->by_us = true;
        conn_free(conn->conn);
        backend_conn_free(conn);
    }
    for (struct backend_call *call = backend->pool, *next; call; call = next) {
        next = call->next;
        call_dispose(backend, call);
    }
    if (backend->budget)
        backend->budget->reclaim = NULL;
    tls_config_free(backend->tls);
    tls_config_free(backend->tls_http1);
    free(backend->address);
    free(backend);
}

uint16_t backend_port(const struct backend *backend)
{
    return backend->port;
}

/* Calls fn once for every call of `tag`. fn may end calls, through its callbacks others too: so the search starts again
 * after each. */
static void each_call(struct backend *backend, const void *tag, void (*fn)(struct backend_call *call, void *arg),
                      void *arg)
{
    uint64_t visit = ++backend->visits;
    for (struct backend_conn *conn = backend->conns; conn; conn = conn->next) {
        bool any = false;
        struct backend_call *call = conn->calls;
        while (call) {
            if (!call->claimed || call->plan.tag != tag || call->visit == visit) {
                call = call->next;
                continue;
            }
            call->visit = visit;
            fn(call, arg);
            any = true;
            call = conn->calls;
        }
        if (any)
            conn->wire->flush(conn, false);
    }
}

struct signal {
    enum script_point point;
    size_t count;
};

static void signal_one(struct backend_call *call, void *arg)
{
    const struct signal *signal = arg;
    call_signal(call, signal->point, signal->count);
}

void backend_signal(struct backend *backend, void *tag, enum script_point point, size_t count)
{
    struct signal signal = {point, count};
    each_call(backend, tag, signal_one, &signal);
}

static void release_one(struct backend_call *call, void *arg)
{
    (void)arg;
    call->claimed = false;
    call->plan = (struct backend_plan){0};
    call->wait = CALL_DONE;
    if (call->timer)
        loop_timer_stop(call->timer);
    if (call->closed)
        call_finish(call);
    else
        call->conn->wire->reset(call, H2_CODE_CANCEL);
}

void backend_release(struct backend *backend, void *tag)
{
    each_call(backend, tag, release_one, NULL);
}

size_t backend_calls_in_flight(const struct backend *backend)
{
    return backend->in_flight;
}
