/* The life of a call: what arrives of it, whose it is, and its end. */
#include <stdlib.h>

#include "mock-backend/call.h"
#include "mock-backend/strays.h"

#define KEEP_CALLS 1024u
#define KEEP_BODY  4096u
#define KEEP_ARENA 4096u

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

void call_dispose(struct backend *backend, struct backend_call *call)
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
        call_dispose(backend, call);
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
    if (call->malformed)
        call->script = &call_bad_request_script;
    if (!call->script)
        call->script = call->plan.script ? call->plan.script : call_default_script(call, headers);
    for (size_t i = 0; i < call->script->count; i++)
        call->echoes = call->echoes || call->script->steps[i].kind == SCRIPT_ECHO;
    record_start(call, headers);
    if (call->malformed)
        record_malformed(call, call->malformed);
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

/* Asks whose call it is, and begins it. */
void arrival_headers(struct backend_call *call, const struct fields *headers)
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
        arrival_headers(call, &call->headers);
        return;
    }
    progress(call);
    if (call->wait == CALL_STARTING || call->wait == CALL_WAITS_POINT || call->wait == CALL_WAITS_BODY) {
        call->wait = CALL_READY;
        call_play(call);
    }
}

/* ---- what a wire tells */

struct backend_call *arrival_new(struct backend_conn *conn, int32_t stream, bool complete)
{
    struct backend *backend = conn->backend;
    struct backend_call *call = call_new(conn, stream);
    if (!call) {
        backend_limit(backend, BACKEND_TURNED_AWAY);
        return NULL;
    }
    backend->current = call;
    call->start_us = backend->callbacks.on_call || backend->callbacks.on_stray ? loop_now_us(backend->loop) : 0;
    call->complete = complete;
    return call;
}

void arrival_trailers(struct backend_call *call, const struct fields *fields, bool end)
{
    call->conn->backend->current = call;
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

void arrival_body(struct backend_call *call, struct span bytes)
{
    call->conn->backend->current = call;
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

void arrival_frame(struct backend_call *call, size_t len, bool end)
{
    call->conn->backend->current = call;
    if (!call->later)
        record_frame(call, len, end);
    if (end)
        call_complete(call);
}

void arrival_reset(struct backend_call *call, uint32_t code)
{
    record_event(call, TRANSCRIPT_PROXY, TRANSCRIPT_RST, code);
    call->client_cancelled = true;
    if (call->plan.seen) {
        call->plan.seen->reset = true;
        call->plan.seen->reset_code = code;
    }
    progress(call);
}

void arrival_closed(struct backend_call *call)
{
    call->conn->open_calls--;
    call->conn->backend->in_flight--;
    if (call->later)
        stray_begin(call, &call->headers); /* over before anybody could be asked again */
    call_stream_closed(call);
}

void arrival_sent(struct backend_call *call)
{
    if (call->wait != CALL_WAITS_SENT)
        return;
    call->wait = CALL_READY;
    call_play(call);
}
