/* The reference transcoder's connections to the backend. */
#include "harness/reference/upstream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/h2_code.h"
#include "harness/net/conn.h"

struct link {
    struct upstream *upstream;
    struct link *next;
    struct conn *conn;
    struct h2 *h2;
    struct call *calls;
    size_t stalled;
    bool dead;
    bool doomed;           /* a defect: it is closed under the calls on it */
    struct loop_task task; /* frees it when it is dead */
};

struct upstream {
    struct loop *loop;
    char *host;
    uint16_t port;
    struct tls_config *tls;
    struct budget *budget;
    struct link *links;
    size_t link_count;
    bool idle_closed; /* a defect asks: the backend has closed a connection without calls */
};

#define TASK_LINK(task) ((struct link *)((char *)(task)-offsetof(struct link, task)))

/* ---- links */

static void link_free(struct link *link)
{
    struct link **at = &link->upstream->links;
    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    link->upstream->link_count--;
    loop_revoke(&link->task);
    if (link->conn)
        conn_free(link->conn);
    h2_free(link->h2);
    free(link);
}

static void call_unlink(struct call *call)
{
    struct link *link = call->link;
    if (call->stalled)
        link->stalled--;
    call->stalled = false;
    *call->link_link = call->link_next;
    if (call->link_next)
        call->link_next->link_link = call->link_link;
    call->link = NULL;
}

/* Nothing goes through it any more: every call on it hears so; it is freed at the next turn of the loop, since this may
 * be inside one of its callbacks. */
static void link_fail(struct link *link, const char *text)
{
    link->dead = true;
    bool served = h2_peer_settings_seen(link->h2);
    while (link->calls) {
        struct call *call = link->calls;
        call_unlink(call);
        if (served)
            call_on_lost(call, text);
        else
            call_on_unreachable(call, text);
    }
    loop_post(link->upstream->loop, &link->task);
}

static void link_task(struct loop_task *task)
{
    struct link *link = TASK_LINK(task);
    if (!link->dead)
        link_fail(link, "the connection to the backend was closed");
    link_free(link);
}

/* ---- what nghttp2 reports */

static bool link_write(void *user, struct span bytes)
{
    struct link *link = user;
    if (conn_write(link->conn, bytes))
        return true;
    loop_post(link->upstream->loop, &link->task);
    return false;
}

static size_t link_queued(void *user)
{
    const struct link *link = user;
    return conn_queued(link->conn);
}

static void link_headers(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields,
                         bool end_stream)
{
    struct link *link = user;
    struct call *call = h2_stream_user(link->h2, stream);
    if (call && call_has(call, DEFECT_GOAWAY_FATAL) && h2_draining(link->h2)) {
        upstream_detach(call, true);
        call_on_lost(call, "the backend closes the connection");
    } else if (call && call_has(call, DEFECT_EARLY_ANSWER_LOST) && h2_queued(link->h2, stream) > 0) {
        upstream_detach(call, true);
        call_on_lost(call, "the request was not sent whole");
    } else if (call) {
        call_on_headers(call, kind, fields, end_stream);
    }
}

static void link_data(void *user, int32_t stream, struct span bytes)
{
    struct link *link = user;
    struct call *call = h2_stream_user(link->h2, stream);
    if (!call) {
        h2_consume(link->h2, stream, bytes.len);
        return;
    }
    call->unconsumed += bytes.len;
    call_on_data(call, bytes);
    if (call->link == link && !call->stalled) {
        h2_consume(link->h2, stream, call->unconsumed);
        call->unconsumed = 0;
    } else if (call->link != link) {
        h2_consume(link->h2, stream, bytes.len);
    }
}

static void link_data_end(void *user, int32_t stream, size_t frame_len, bool end_stream)
{
    struct link *link = user;
    struct call *call = h2_stream_user(link->h2, stream);
    if (call)
        call_on_data_end(call, frame_len, end_stream);
}

static void link_close(void *user, int32_t stream, uint32_t code)
{
    struct link *link = user;
    struct call *call = h2_stream_user(link->h2, stream);
    if (!call)
        return;
    call_unlink(call);
    if (call_has(call, DEFECT_RESET_SPREADS) && code != 0 && link->calls)
        loop_post(link->upstream->loop, &link->task);
    call_on_reset(call, code);
}

static const struct h2_callbacks link_callbacks = {
    .write = link_write,
    .queued = link_queued,
    .on_headers = link_headers,
    .on_data = link_data,
    .on_data_end = link_data_end,
    .on_close = link_close,
};

/* ---- what the connection reports */

static void link_read(void *user, struct conn *conn, struct span bytes)
{
    (void)conn;
    struct link *link = user;
    struct err err;
    if (!link->dead && h2_receive(link->h2, bytes, &err) != ERR_OK)
        link_fail(link, "the backend broke the HTTP/2 protocol");
}

static void link_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    (void)conn;
    (void)detail;
    struct link *link = user;
    if (link->dead)
        return;
    link->upstream->idle_closed = link->upstream->idle_closed || !link->calls;
    link_fail(link,
              end == CONN_END_REFUSED ? "the backend cannot be reached" : "the connection to the backend was closed");
}

static void link_drain(void *user, struct conn *conn)
{
    (void)conn;
    struct link *link = user;
    if (!link->dead)
        h2_flush(link->h2);
}

static const struct conn_callbacks link_conn_callbacks = {
    .on_read = link_read, .on_end = link_end, .on_drain = link_drain};

static struct link *link_new(struct upstream *upstream)
{
    const struct h2_options options = {.await_settings = true, .manual_window = true, .budget = upstream->budget};
    if (upstream->link_count == UPSTREAM_MAX_LINKS)
        return NULL;
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return NULL;
    link->upstream = upstream;
    link->task.fn = link_task;
    if (conn_connect(&link->conn, upstream->loop, upstream->host, upstream->port, upstream->tls, &link_conn_callbacks,
                     link, NULL) != ERR_OK) {
        free(link);
        return NULL;
    }
    conn_set_budget(link->conn, upstream->budget);
    if (h2_new(&link->h2, &options, &link_callbacks, link, NULL) != ERR_OK) {
        conn_free(link->conn);
        free(link);
        return NULL;
    }
    link->next = upstream->links;
    upstream->links = link;
    upstream->link_count++;
    return link;
}

/* ---- calls */

enum err_code upstream_new(struct upstream **out, struct loop *loop, const char *host, uint16_t port,
                           struct tls_config *tls, struct budget *budget, struct err *err)
{
    struct upstream *upstream = calloc(1, sizeof *upstream);
    char *copy = strdup(host);
    if (!upstream || !copy) {
        free(upstream);
        free(copy);
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    }
    *upstream = (struct upstream){.loop = loop, .host = copy, .port = port, .tls = tls, .budget = budget};
    *out = upstream;
    return ERR_OK;
}

void upstream_free(struct upstream *upstream)
{
    if (!upstream)
        return;
    while (upstream->links) {
        assert(!upstream->links->calls);
        link_free(upstream->links);
    }
    free(upstream->host);
    free(upstream);
}

/* Idle links that are closing are let go of. */
static struct link *pick_link(struct upstream *upstream)
{
    struct link *picked = NULL;
    for (struct link *link = upstream->links; link; link = link->next) {
        if (link->dead)
            continue;
        if (h2_draining(link->h2)) {
            if (!link->calls)
                loop_post(upstream->loop, &link->task);
        } else if (link->stalled == 0 && !picked) {
            picked = link;
        }
    }
    return picked ? picked : link_new(upstream);
}

/* A defect: trailers end the request. */
static void send_trailers(struct link *link, int32_t stream)
{
    struct field field = {.name = span_cstr("x-checksum"), .value = span_cstr("1")};
    const struct fields fields = {.items = &field, .count = 1};
    h2_headers(link->h2, stream, &fields, true);
}

/* A defect: the call and the one sent before it hear each other's answer. */
static void swap_answers(struct link *link, struct call *call)
{
    struct call *other = call->link_next;
    if (!other || other->swapped || other->headers_seen)
        return;
    int32_t stream = call->stream;
    call->stream = other->stream;
    other->stream = stream;
    call->swapped = other->swapped = true;
    h2_set_stream_user(link->h2, call->stream, call);
    h2_set_stream_user(link->h2, other->stream, other);
}

/* A defect: what the backend should have sent first. */
static void settle_settings(struct link *link)
{
    static const uint8_t empty_settings[] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    struct err err;
    if (!h2_peer_settings_seen(link->h2))
        h2_receive(link->h2, span_of(empty_settings, sizeof empty_settings), &err);
}

bool upstream_send(struct upstream *upstream, struct call *call, const struct fields *fields, struct span data,
                   bool half_close)
{
    bool fails = call_has(call, DEFECT_IDLE_CLOSE_FATAL) && upstream->idle_closed;
    upstream->idle_closed = false;
    struct link *link = fails ? NULL : pick_link(upstream);
    if (!link)
        return false;
    if (call_has(call, DEFECT_SETTINGS_NOT_AWAITED))
        settle_settings(link);
    if (call_has(call, DEFECT_STREAM_LIMIT_FATAL) && h2_open_streams(link->h2) >= h2_peer_streams(link->h2))
        return false;
    int32_t stream = h2_request(link->h2, fields, false);
    if (stream >= 0 && call_has(call, DEFECT_REQUEST_WINDOW_FATAL) && data.len > h2_window(link->h2)) {
        h2_rst(link->h2, stream, H2_CODE_CANCEL);
        return false;
    }
    bool trailers = call_has(call, DEFECT_REQUEST_TRAILERS_SENT);
    if (stream < 0 || !h2_data(link->h2, stream, data, half_close && !trailers))
        return false;
    if (trailers)
        send_trailers(link, stream);
    assert(!call->link);
    call->link = link;
    call->stream = stream;
    call->unconsumed = 0;
    call->link_next = link->calls;
    call->link_link = &link->calls;
    if (call->link_next)
        call->link_next->link_link = &call->link_next;
    link->calls = call;
    h2_set_stream_user(link->h2, stream, call);
    if (call_has(call, DEFECT_ANSWERS_SWAPPED))
        swap_answers(link, call);
    h2_flush(link->h2);
    if (link->doomed)
        loop_post(upstream->loop, &link->task);
    return true;
}

void upstream_detach(struct call *call, bool reset)
{
    struct link *link = call->link;
    if (!link)
        return;
    int32_t stream = call->stream;
    call_unlink(call);
    if (link->dead)
        return;
    h2_set_stream_user(link->h2, stream, NULL);
    if (call->unconsumed > 0)
        h2_consume(link->h2, stream, call->unconsumed);
    /* An answer that is over while the request still waits to be sent: the rest of it is of no use. */
    if (reset || h2_queued(link->h2, stream) > 0)
        h2_rst(link->h2, stream, H2_CODE_CANCEL);
    h2_flush(link->h2);
}

void upstream_consume(struct call *call, size_t len)
{
    if (!call->link || call->link->dead)
        return;
    h2_consume(call->link->h2, call->stream, len);
    h2_flush(call->link->h2);
}

void upstream_stall(struct call *call, bool stalled)
{
    if (!call->link || call->stalled == stalled)
        return;
    call->stalled = stalled;
    if (stalled)
        call->link->stalled++;
    else
        call->link->stalled--;
}

struct call *upstream_beside(const struct upstream *upstream, const struct call *call)
{
    for (const struct link *link = upstream->links; link; link = link->next) {
        struct call *other = link->calls;
        if (other == call)
            other = other ? other->link_next : NULL;
        if (other)
            return other;
    }
    return NULL;
}

void upstream_break(struct call *call)
{
    struct link *link = call->link;
    if (!link)
        return;
    link->doomed = true;
    if (link->calls->link_next) /* there are others */
        loop_post(link->upstream->loop, &link->task);
}
