/* Calls over HTTP/2: each is a stream of the connection's session (harness/net/h2.h). */
#include "mock-backend/wire.h"

#include <string.h>

#include "harness/base/h2_code.h"
#include "mock-backend/call.h"

#define FRAME_HEAD 9u

static struct h2 *session(const struct backend_conn *conn)
{
    return conn->wire_state;
}

/* ---- what the session says */

static struct backend_call *call_of(const struct backend_conn *conn, int32_t stream)
{
    return conn->closing ? NULL : h2_stream_user(session(conn), stream);
}

static bool on_h2_write(void *user, struct span bytes)
{
    struct backend_conn *conn = user;
    struct budget *budget = conn->backend->budget;
    size_t refused = budget ? budget->refused : 0;
    if (conn_write(conn->conn, bytes))
        return true;
    if (budget && budget->refused != refused)
        backend_conn_starved(conn);
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

static void on_h2_request(struct backend_conn *conn, int32_t stream, const struct fields *fields, bool end)
{
    struct backend_call *call = arrival_new(conn, stream, end);
    if (!call) {
        h2_rst(session(conn), stream, H2_CODE_ENHANCE_YOUR_CALM);
        return;
    }
    h2_set_stream_user(session(conn), stream, call);
    conn->last_stream = stream;
    call->protocol = "HTTP/2";
    arrival_headers(call, fields);
}

static void on_h2_headers(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields, bool end)
{
    struct backend_conn *conn = user;
    if (conn->closing)
        return;
    if (kind == H2_REQUEST) {
        on_h2_request(conn, stream, fields, end);
        return;
    }
    struct backend_call *call = call_of(conn, stream);
    if (call)
        arrival_trailers(call, fields, end);
}

static void on_h2_data(void *user, int32_t stream, struct span bytes)
{
    struct backend_call *call = call_of(user, stream);
    if (call)
        arrival_body(call, bytes);
}

static void on_h2_data_end(void *user, int32_t stream, size_t len, bool end)
{
    struct backend_call *call = call_of(user, stream);
    if (call)
        arrival_frame(call, len, end);
}

static void on_h2_rst(void *user, int32_t stream, uint32_t code)
{
    const struct backend_conn *conn = user;
    struct backend_call *call = h2_stream_user(session(conn), stream);
    if (call)
        arrival_reset(call, code);
}

static void on_h2_close(void *user, int32_t stream, uint32_t code)
{
    (void)code;
    struct backend_conn *conn = user;
    struct backend_call *call = call_of(conn, stream);
    if (!call)
        return;
    h2_set_stream_user(session(conn), stream, NULL);
    arrival_closed(call);
}

static void on_h2_sent(void *user, int32_t stream)
{
    struct backend_call *call = call_of(user, stream);
    if (call)
        arrival_sent(call);
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

/* ---- the wire */

static bool wire_h2_open(struct backend_conn *conn)
{
    const struct script_listener *meets = &conn->backend->meets;
    const struct script_settings *settings = &meets->settings;
    const struct h2_options options = {.server = true,
                                       .budget = conn->backend->budget,
                                       .no_settings = meets->state == LISTENER_NO_SETTINGS,
                                       .max_concurrent_streams = settings->max_concurrent_streams,
                                       .initial_window = settings->initial_window_size};
    struct h2 *h2 = NULL;
    if (h2_new(&h2, &options, &h2_callbacks, conn, NULL) != ERR_OK)
        return false;
    conn->wire_state = h2;
    return true;
}

static void wire_h2_free(struct backend_conn *conn)
{
    h2_free(session(conn));
}

static enum err_code wire_h2_receive(struct backend_conn *conn, struct span bytes, struct err *err)
{
    return h2_receive(session(conn), bytes, err);
}

static void wire_h2_flush(struct backend_conn *conn, bool all)
{
    if (all)
        h2_flush_all(session(conn));
    else
        h2_flush(session(conn));
}

static bool wire_h2_headers(struct backend_call *call, const struct fields *fields, bool end_stream)
{
    return h2_headers(session(call->conn), call->stream, fields, end_stream);
}

static bool wire_h2_trailers(struct backend_call *call, const struct fields *fields)
{
    return h2_headers(session(call->conn), call->stream, fields, true);
}

static bool wire_h2_data(struct backend_call *call, struct span bytes, bool end_stream)
{
    return h2_data(session(call->conn), call->stream, bytes, end_stream);
}

static bool wire_h2_reset(struct backend_call *call, uint32_t code)
{
    return h2_rst(session(call->conn), call->stream, code);
}

static size_t wire_h2_queued(const struct backend_call *call)
{
    return h2_queued(session(call->conn), call->stream);
}

static bool wire_h2_idle(const struct backend_call *call)
{
    return h2_stream_idle(session(call->conn), call->stream);
}

static void wire_h2_leave(struct backend_conn *conn)
{
    h2_goaway(session(conn), conn->last_stream, H2_CODE_NO_ERROR, span_of(NULL, 0));
}

static void wire_h2_goaway(struct backend_call *call, bool covers, uint32_t code)
{
    int32_t last = covers ? call->stream : call->stream - 2;
    h2_goaway(session(call->conn), last > 0 ? last : 0, code, span_of(NULL, 0));
}

static void wire_h2_raw(struct backend_call *call, struct span bytes, bool own_stream)
{
    uint8_t head[FRAME_HEAD];
    if (!own_stream) {
        h2_raw(session(call->conn), bytes);
        return;
    }
    memcpy(head, bytes.data, sizeof head);
    uint32_t id = (uint32_t)call->stream;
    for (size_t i = 0; i < 4; i++)
        head[5 + i] = (uint8_t)(id >> (24 - 8 * i));
    h2_raw_joined(session(call->conn), span_of(head, sizeof head), span_from(bytes, FRAME_HEAD));
}

const struct wire wire_h2 = {
    .open = wire_h2_open,
    .free = wire_h2_free,
    .receive = wire_h2_receive,
    .flush = wire_h2_flush,
    .headers = wire_h2_headers,
    .trailers = wire_h2_trailers,
    .data = wire_h2_data,
    .reset = wire_h2_reset,
    .queued = wire_h2_queued,
    .idle = wire_h2_idle,
    .leave = wire_h2_leave,
    .goaway = wire_h2_goaway,
    .raw = wire_h2_raw,
};
