/* The mock backend's listener and connections, and the question whose call it is. */
#include "mock-backend/server.h"

#include <assert.h>
#include <stdlib.h>

#include "mock-backend/call.h"
#include "mock-backend/strays.h"

#define KEEP_CALLS    1024u
#define KEEP_BODY     4096u
#define KEEP_ARENA    4096u
#define MAX_LOST_TAGS 1024u
#define H2_CANCEL     8u
#define RESET_POLL_MS 1
#define RESET_POLLS   3000u

/* ---- what is answered where no script says otherwise */

#define TEXT(text)                                                                                                     \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }
#define FIELD(name, text)                                                                                              \
    {                                                                                                                  \
        TEXT(name), TEXT(text)                                                                                         \
    }
#define FIELDS(items)                                                                                                  \
    {                                                                                                                  \
        items, sizeof items / sizeof *items, 0                                                                         \
    }

static struct field ok_headers[] = {FIELD(":status", "200"), FIELD("content-type", "application/grpc")};
static struct field ok_trailers[] = {FIELD("grpc-status", "0")};
static struct field unimplemented[] = {FIELD(":status", "200"), FIELD("content-type", "application/grpc"),
                                       FIELD("grpc-status", "12"), FIELD("grpc-message", "no case expects this call")};
static struct field unsupported_type[] = {FIELD(":status", "415")};

static const struct script_step echo_steps[] = {
    {.kind = SCRIPT_HEADERS, .fields = FIELDS(ok_headers), .repeat = 1},
    {.kind = SCRIPT_ECHO, .repeat = 1},
    {.kind = SCRIPT_TRAILERS, .fields = FIELDS(ok_trailers), .end_stream = true, .repeat = 1},
};
static const struct script_step empty_steps[] = {
    {.kind = SCRIPT_HEADERS, .fields = FIELDS(ok_headers), .repeat = 1},
    {.kind = SCRIPT_DATA, .bytes = TEXT("\0\0\0\0\0"), .repeat = 1},
    {.kind = SCRIPT_TRAILERS, .fields = FIELDS(ok_trailers), .end_stream = true, .repeat = 1},
};
static const struct script_step unimplemented_steps[] = {
    {.kind = SCRIPT_TRAILERS, .fields = FIELDS(unimplemented), .end_stream = true, .repeat = 1}};
static const struct script_step unsupported_steps[] = {
    {.kind = SCRIPT_TRAILERS, .fields = FIELDS(unsupported_type), .end_stream = true, .repeat = 1}};

static const struct script echo_script = {.steps = echo_steps, .count = 3};
static const struct script echo_at_once_script = {.steps = echo_steps, .count = 3, .at_headers = true};
static const struct script empty_script = {.steps = empty_steps, .count = 3};
/* A gRPC server turns away a call as soon as it has its headers; waiting for the end of the request instead lets the
 * record of the call hold all of it. */
static const struct script unimplemented_script = {.steps = unimplemented_steps, .count = 1};
static const struct script unsupported_script = {.steps = unsupported_steps, .count = 1};

/* PROTOCOL-HTTP2: a content-type that does not begin with "application/grpc" is answered with 415. */
static const struct script *default_script(const struct backend *backend, const struct fields *headers)
{
    struct span type = fields_value(headers, "content-type");
    if (!span_starts_with(type, "application/grpc"))
        return &unsupported_script;
    if (!backend->serve_default || !backend->schema)
        return &unimplemented_script;
    const struct schema_method *method = schema_method_find(backend->schema, fields_value(headers, ":path"));
    if (!method)
        return &unimplemented_script;
    if (method->input != method->output)
        return &empty_script;
    return method->client_streaming ? &echo_at_once_script : &echo_script;
}

/* ---- calls */

static struct backend_call *call_new(struct backend_conn *conn, int32_t stream)
{
    struct backend *backend = conn->backend;
    struct backend_call *call = backend->pool;
    if (call) {
        backend->pool = call->next;
        backend->pool_count--;
    } else {
        call = budget_take(backend->budget, sizeof *call) ? calloc(1, sizeof *call) : NULL;
        if (!call)
            return NULL;
        buf_init(&call->body, BACKEND_MAX_BODY);
        arena_init(&call->arena, BACKEND_CALL_ARENA);
        call->body.budget = call->arena.budget = backend->budget;
    }
    conn->last_call = ++backend->call_serial;
    call->conn = conn;
    call->stream = stream;
    call->next = conn->calls;
    call->link = &conn->calls;
    if (call->next)
        call->next->link = &call->next;
    conn->calls = call;
    conn->open_calls++;
    backend->in_flight++;
    return call;
}

static void call_free(struct backend *backend, struct backend_call *call)
{
    loop_timer_free(call->timer);
    buf_fini(&call->body);
    arena_fini(&call->arena);
    budget_give(backend->budget, sizeof *call);
    free(call);
}

void call_forget(struct backend_call *call)
{
    if (call->stray)
        call_seen_fini(&call->own);
    if (call->timer)
        loop_timer_stop(call->timer);
    call->stray = call->claimed = call->later = call->echoes = false;
    call->plan = (struct backend_plan){0};
    call->wait = CALL_DONE;
    call->headers = (struct fields){0};
    buf_fini(&call->body);
    arena_fini(&call->arena);
}

void backend_limit(const struct backend *backend, enum backend_limit what)
{
    if (backend->callbacks.on_limit)
        backend->callbacks.on_limit(backend->user, what);
}

static void call_recycle(struct backend_call *call)
{
    struct backend *backend = call->conn->backend;
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    strays_remove(call);
    if (call->stray)
        call_seen_fini(&call->own);
    if (call->timer)
        loop_timer_stop(call->timer);
    if (backend->pool_count >= KEEP_CALLS) {
        call_free(backend, call);
        return;
    }
    buf_reset(&call->body);
    if (call->body.cap > KEEP_BODY)
        buf_fini(&call->body);
    if (call->arena.used > KEEP_ARENA)
        arena_fini(&call->arena);
    else if (call->arena.used > 0)
        arena_reset(&call->arena);
    *call =
        (struct backend_call){.next = backend->pool, .timer = call->timer, .body = call->body, .arena = call->arena};
    backend->pool = call;
    backend->pool_count++;
}

void call_finish(struct backend_call *call)
{
    struct backend *backend = call->conn->backend;
    record_end(call);
    struct backend_plan plan = call->plan;
    bool claimed = call->claimed;
    if (call->stray && plan.seen && backend->callbacks.on_stray)
        backend->callbacks.on_stray(backend->user, plan.seen);
    call_recycle(call);
    if (claimed && backend->callbacks.on_call_end)
        backend->callbacks.on_call_end(backend->user, &plan);
}

static void progress(const struct backend_call *call)
{
    const struct backend *backend = call->conn->backend;
    if (call->claimed && backend->callbacks.on_progress)
        backend->callbacks.on_progress(backend->user, call->plan.tag);
}

static void call_begin(struct backend_call *call, const struct fields *headers)
{
    if (!call->script)
        call->script = call->plan.script ? call->plan.script : default_script(call->conn->backend, headers);
    for (size_t i = 0; i < call->script->count; i++)
        call->echoes = call->echoes || call->script->steps[i].kind == SCRIPT_ECHO;
    record_start(call, headers);
    if (call->body.len > 0) { /* what came before somebody claimed it */
        record_body(call, buf_span(&call->body));
        record_frame(call, call->body.len, call->complete);
    } else if (call->complete && call->plan.seen) {
        call->plan.seen->half_closed = true;
    }
    if (call->complete || call->script->at_headers) {
        call->wait = CALL_READY;
        call_play(call);
    }
}

static void stray_begin(struct backend_call *call, const struct fields *headers)
{
    const struct backend *backend = call->conn->backend;
    call->plan = (struct backend_plan){0};
    strays_add(call);
    if (backend->callbacks.on_stray) {
        call->stray = true;
        call_seen_init(&call->own, &call->arena, TRANSCRIPT_MAX_BYTES);
        call->plan.seen = &call->own;
    }
    call_begin(call, headers);
}

/* Asks whose call it is. */
static void call_ask(struct backend_call *call, const struct fields *headers)
{
    struct backend *backend = call->conn->backend;
    enum backend_claim claim = BACKEND_UNCLAIMED;
    if (backend->callbacks.on_call) {
        struct backend_request request = {.headers = headers,
                                          .body = buf_span(&call->body),
                                          .complete = call->complete,
                                          .conn = call->conn->number,
                                          .stream = call->stream,
                                          .calls_in_flight = call->conn->open_calls};
        claim = backend->callbacks.on_call(backend->user, &request, &call->plan);
    }
    if (claim == BACKEND_LATER && !call->complete && !call->later) {
        call->later = true;
        for (size_t i = 0; i < headers->count; i++)
            fields_add(&call->headers, &call->arena, headers->items[i].name, headers->items[i].value);
        return;
    }
    call->later = false;
    call->claimed = claim == BACKEND_CLAIMED;
    if (call->claimed)
        call_begin(call, headers);
    else
        stray_begin(call, headers);
}

static void call_complete(struct backend_call *call)
{
    call->complete = true;
    if (call->later) {
        call_ask(call, &call->headers);
        return;
    }
    progress(call);
    if (call->wait == CALL_STARTING || call->wait == CALL_WAITS_POINT || call->wait == CALL_WAITS_BODY) {
        call->wait = CALL_READY;
        call_play(call);
    }
}

/* ---- what HTTP/2 says */

/* Its calls lose something to the budget, and the connection with it. */
static void conn_starved(struct backend_conn *conn)
{
    for (struct backend_call *call = conn->calls; call; call = call->next) {
        if (call->plan.seen)
            call->plan.seen->over_budget = true;
    }
    backend_limit(conn->backend, BACKEND_TURNED_AWAY);
    conn->by_us = true;
    backend_conn_close(conn);
}

static bool on_h2_write(void *user, struct span bytes)
{
    struct backend_conn *conn = user;
    struct budget *budget = conn->backend->budget;
    size_t refused = budget ? budget->refused : 0;
    if (conn_write(conn->conn, bytes))
        return true;
    if (budget && budget->refused != refused)
        conn_starved(conn);
    return false;
}

static size_t on_h2_queued(void *user)
{
    const struct backend_conn *conn = user;
    return conn_queued(conn->conn);
}

static void on_h2_turned_away(void *user)
{
    const struct backend_conn *conn = user;
    backend_limit(conn->backend, BACKEND_TURNED_AWAY);
}

static void on_h2_headers(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields, bool end)
{
    struct backend_conn *conn = user;
    if (conn->closing)
        return;
    struct backend_call *call = NULL;
    if (kind == H2_REQUEST) {
        call = call_new(conn, stream);
        if (!call) {
            h2_rst(conn->h2, stream, BACKEND_TOO_MUCH);
            backend_limit(conn->backend, BACKEND_TURNED_AWAY);
            return;
        }
        conn->backend->current = call;
        h2_set_stream_user(conn->h2, stream, call);
        call->start_us = conn->backend->callbacks.on_call || conn->backend->callbacks.on_stray
                             ? loop_now_us(conn->backend->loop)
                             : 0;
        call->complete = end;
        call_ask(call, fields);
        return;
    }
    call = h2_stream_user(conn->h2, stream);
    if (!call)
        return;
    conn->backend->current = call;
    record_trailers(call, fields, end);
    if (end)
        call_complete(call);
}

/* More than BACKEND_MAX_BODY, or than the budget has: half an echo would be a wrong one. */
static void body_refused(struct backend_call *call)
{
    if (call->plan.seen)
        call->plan.seen->over_budget = true;
    if (call->listed)
        strays_drop(call);
}

static void on_h2_data(void *user, int32_t stream, struct span bytes)
{
    struct backend_conn *conn = user;
    struct backend_call *call = h2_stream_user(conn->h2, stream);
    if (!call || conn->closing)
        return;
    conn->backend->current = call;
    record_body(call, bytes);
    if (!call->later && !call->echoes)
        return;
    if (!buf_append_span(&call->body, bytes)) {
        body_refused(call);
        return;
    }
    if (call->wait == CALL_WAITS_BODY) {
        call->wait = CALL_READY;
        call_play(call);
    }
}

static void on_h2_data_end(void *user, int32_t stream, size_t len, bool end)
{
    struct backend_conn *conn = user;
    struct backend_call *call = h2_stream_user(conn->h2, stream);
    if (!call || conn->closing)
        return;
    conn->backend->current = call;
    if (!call->later)
        record_frame(call, len, end);
    if (end)
        call_complete(call);
}

static void on_h2_rst(void *user, int32_t stream, uint32_t code)
{
    struct backend_conn *conn = user;
    struct backend_call *call = h2_stream_user(conn->h2, stream);
    if (!call)
        return;
    record_event(call, TRANSCRIPT_PROXY, TRANSCRIPT_RST, code);
    call->client_cancelled = true;
    if (call->plan.seen) {
        call->plan.seen->reset = true;
        call->plan.seen->reset_code = code;
    }
    progress(call);
}

static void on_h2_close(void *user, int32_t stream, uint32_t code)
{
    (void)code;
    struct backend_conn *conn = user;
    struct backend_call *call = h2_stream_user(conn->h2, stream);
    if (!call || conn->closing)
        return;
    h2_set_stream_user(conn->h2, stream, NULL);
    conn->open_calls--;
    conn->backend->in_flight--;
    if (call->later)
        stray_begin(call, &call->headers); /* reset before anybody could be asked again */
    call_stream_closed(call);
}

static void on_h2_sent(void *user, int32_t stream)
{
    struct backend_conn *conn = user;
    struct backend_call *call = h2_stream_user(conn->h2, stream);
    if (!call || conn->closing || call->wait != CALL_WAITS_SENT)
        return;
    call->wait = CALL_READY;
    call_play(call);
}

static void on_h2_goaway(void *user, int32_t last_stream, uint32_t code, struct span debug)
{
    (void)last_stream;
    (void)debug;
    struct backend_conn *conn = user;
    for (struct backend_call *call = conn->calls; call; call = call->next)
        record_event(call, TRANSCRIPT_PROXY, TRANSCRIPT_GOAWAY, code);
}

static const struct h2_callbacks h2_callbacks = {.write = on_h2_write,
                                                 .queued = on_h2_queued,
                                                 .on_turned_away = on_h2_turned_away,
                                                 .on_headers = on_h2_headers,
                                                 .on_data = on_h2_data,
                                                 .on_data_end = on_h2_data_end,
                                                 .on_rst = on_h2_rst,
                                                 .on_goaway = on_h2_goaway,
                                                 .on_close = on_h2_close,
                                                 .on_sent = on_h2_sent};

/* ---- connections */

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
    h2_free(conn->h2);
    free(conn);
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
    if (conn->by_us)
        h2_flush_all(conn->h2); /* what a script sent before it closes */
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
    h2_flush(conn->h2);
}

void backend_conn_close(struct backend_conn *conn)
{
    conn->closing = true;
    loop_post(conn->backend->loop, &conn->teardown);
}

static void on_conn_read(void *user, struct conn *conn_, struct span bytes)
{
    (void)conn_;
    struct backend_conn *conn = user;
    if (conn->closing)
        return;
    struct err err;
    if (h2_receive(conn->h2, bytes, &err) == ERR_OK || conn->closing)
        return;
    for (struct backend_call *call = conn->calls; call; call = call->next)
        record_note(call, err.text);
    if (budget_is_full(conn->backend->budget))
        conn_starved(conn);
    else
        backend_conn_close(conn);
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
    (void)alpn; /* h2, or none offered: then prior knowledge */
    struct backend_conn *conn = user;
    h2_flush(conn->h2);
}

static void on_conn_drain(void *user, struct conn *conn_)
{
    (void)conn_;
    struct backend_conn *conn = user;
    h2_flush(conn->h2);
}

static const struct conn_callbacks conn_callbacks = {
    .on_open = on_conn_open, .on_read = on_conn_read, .on_end = on_conn_end, .on_drain = on_conn_drain};

static void *on_accept(void *user, struct conn *conn_)
{
    struct backend *backend = user;
    if (!strays_admit_connection(backend))
        return NULL;
    struct backend_conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        return NULL;
    const struct h2_options options = {.server = true, .budget = backend->budget};
    conn_set_budget(conn_, backend->budget);
    if (h2_new(&conn->h2, &options, &h2_callbacks, conn, NULL) != ERR_OK) {
        free(conn);
        return NULL;
    }
    conn->backend = backend;
    conn->conn = conn_;
    conn->number = ++backend->last_number;
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

enum err_code backend_new(struct backend **out, struct loop *loop, const struct backend_options *options,
                          const struct backend_callbacks *callbacks, void *user, struct err *err)
{
    static const char *const alpn[] = {"h2", NULL};
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
    enum err_code rc = ERR_OK;
    if (options->tls) {
        struct tls_options tls = {.server = true,
                                  .cert_file = options->cert_file,
                                  .key_file = options->key_file,
                                  .self_signed = !options->cert_file,
                                  .alpn = alpn};
        rc = tls_config_new(&backend->tls, &tls, err);
    }
    if (rc == ERR_OK)
        rc = listener_new(&backend->listener, loop, options->address, options->port, backend->tls, &conn_callbacks,
                          on_accept, backend, err);
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
    listener_free(backend->listener);
    backend->callbacks = (struct backend_callbacks){0};
    while (backend->conns) {
        struct backend_conn *conn = backend->conns;
        conn->by_us = true;
        conn_free(conn->conn);
        backend_conn_free(conn);
    }
    for (struct backend_call *call = backend->pool, *next; call; call = next) {
        next = call->next;
        call_free(backend, call);
    }
    if (backend->budget)
        backend->budget->reclaim = NULL;
    tls_config_free(backend->tls);
    free(backend);
}

uint16_t backend_port(const struct backend *backend)
{
    return listener_port(backend->listener);
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
            h2_flush(conn->h2);
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
        h2_rst(call->conn->h2, call->stream, H2_CANCEL);
}

void backend_release(struct backend *backend, void *tag)
{
    each_call(backend, tag, release_one, NULL);
}

size_t backend_calls_in_flight(const struct backend *backend)
{
    return backend->in_flight;
}
