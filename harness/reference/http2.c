/* The reference transcoder's HTTP/2 front. */
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/field_form.h"
#include "harness/reference/bridge.h"
#include "harness/reference/client.h"
#include "harness/reference/defect_frames.h"
#include "harness/reference/defect_request.h"

struct http2 {
    struct client_connection *client;
    struct h2 *h2;
    struct call *calls;
    struct defect_frames frames;
};

static struct http2 *http2_of(const struct call *call)
{
    return call->front_data;
}

/* ---- responses */

static bool put_head(struct call *call, int status, const struct fields *fields, size_t body_len, bool end_stream)
{
    struct http2 *http2 = http2_of(call);
    struct fields out = {0};
    const char *text = arena_printf(&call->arena, "%d", status);
    bool ok = text && fields_add_view(&out, &call->arena, span_cstr(":status"), span_cstr(text));
    for (size_t i = 0; i < fields->count && ok; i++)
        ok = fields_add_view(&out, &call->arena, fields->items[i].name, fields->items[i].value);
    if (ok && body_len != SIZE_MAX) {
        text = arena_printf(&call->arena, "%zu", body_len);
        ok = text && fields_add_view(&out, &call->arena, span_cstr("content-length"), span_cstr(text));
    }
    if (ok)
        ok = h2_headers(http2->h2, call->front_stream, &out, end_stream);
    if (!ok)
        h2_rst(http2->h2, call->front_stream, H2_CODE_INTERNAL_ERROR);
    return ok;
}

/* The whole response is queued. */
static void responded(struct call *call)
{
    struct http2 *http2 = http2_of(call);
    if (!call->front_complete)
        h2_rst(http2->h2, call->front_stream, H2_CODE_NO_ERROR); /* RFC 9113, section 8.1: the rest is not wanted */
    h2_flush(http2->h2);
}

static void http2_respond(struct call *call, int status, const struct fields *fields, struct span body)
{
    struct http2 *http2 = http2_of(call);
    bool empty = body.len == 0 || leftovers_is_head(call);
    size_t len = status == 204 || status == 304 ? SIZE_MAX : body.len; /* RFC 9110, section 8.6 */
    if (put_head(call, status, fields, len, empty) && !empty && !h2_data(http2->h2, call->front_stream, body, true))
        h2_rst(http2->h2, call->front_stream, H2_CODE_INTERNAL_ERROR);
    responded(call);
    if (leftovers_closes(call, status))
        client_close(http2->client, CLIENT_CLOSE);
}

static void http2_head_only(struct call *call, int status, const struct fields *fields)
{
    put_head(call, status, fields, SIZE_MAX, true);
    responded(call);
}

static void http2_begin(struct call *call, int status, const struct fields *fields)
{
    struct http2 *http2 = http2_of(call);
    put_head(call, status, fields, SIZE_MAX, false);
    h2_flush(http2->h2);
}

static void http2_data(struct call *call, struct span bytes)
{
    struct http2 *http2 = http2_of(call);
    if (leftovers_is_head(call) || bytes.len == 0)
        return;
    if (!h2_data(http2->h2, call->front_stream, bytes, false))
        h2_rst(http2->h2, call->front_stream, H2_CODE_INTERNAL_ERROR);
    h2_flush(http2->h2);
}

static void http2_finish(struct call *call)
{
    struct http2 *http2 = http2_of(call);
    h2_data(http2->h2, call->front_stream, span_of(NULL, 0), true);
    h2_flush(http2->h2);
}

static void http2_trailers(struct call *call, const struct fields *fields)
{
    struct http2 *http2 = http2_of(call);
    if (!h2_headers(http2->h2, call->front_stream, fields, true))
        h2_rst(http2->h2, call->front_stream, H2_CODE_INTERNAL_ERROR);
    h2_flush(http2->h2);
}

static void http2_abort(struct call *call, uint32_t h2_code)
{
    struct http2 *http2 = http2_of(call);
    h2_rst(http2->h2, call->front_stream, h2_code);
    h2_flush(http2->h2);
    if (call_has(call, DEFECT_BREAK_CLOSES_CONNECTION))
        client_close(http2->client, CLIENT_CLOSE);
}

static size_t http2_queued(const struct call *call)
{
    const struct http2 *http2 = http2_of(call);
    return h2_queued(http2->h2, call->front_stream) + conn_queued(http2->client->conn);
}

static const struct front_operations operations = {
    .respond = http2_respond,
    .begin = http2_begin,
    .data = http2_data,
    .finish = http2_finish,
    .trailers = http2_trailers,
    .head_only = http2_head_only,
    .abort = http2_abort,
    .queued = http2_queued,
};

/* ---- requests */

static void free_call(struct loop_task *task)
{
    call_free((struct call *)((char *)task - offsetof(struct call, task)));
}

static struct call *add_call(struct http2 *http2, int32_t stream)
{
    struct call *call = call_new(http2->client->core, &operations, http2, &http2->client->left);
    if (!call)
        return NULL;
    call->task.fn = free_call;
    call->front_stream = stream;
    call->front_next = http2->calls;
    call->front_link = &http2->calls;
    if (call->front_next)
        call->front_next->front_link = &call->front_next;
    http2->calls = call;
    h2_set_stream_user(http2->h2, stream, call);
    return call;
}

/* One of the pseudo headers of a request, each once (RFC 9113, section 8.3). */
static bool take_pseudo(struct call *call, const struct field *field)
{
    struct span *slot = span_is(field->name, ":method")      ? &call->method
                        : span_is(field->name, ":path")      ? &call->target
                        : span_is(field->name, ":authority") ? &call->authority
                                                             : NULL;
    if (!slot)
        return span_is(field->name, ":scheme");
    if (slot->data)
        return false;
    *slot = arena_dup(&call->arena, field->value);
    return true;
}

static bool field_good(const struct field *field)
{
    bool te = span_is(field->name, "te") && span_is(field->value, "trailers");
    return field_form_name(field->name) && field_form_value(field->value) && (te || !call_hop_by_hop(field->name));
}

/* false: the request is malformed (RFC 9113, section 8.2). */
static bool take_fields(struct call *call, const struct fields *fields, size_t *bytes)
{
    bool ordinary = false;
    bool scheme = false;
    bool lenient = call_has(call, DEFECT_HTTP2_MALFORMED_SERVED);
    if (call_has(call, DEFECT_HTTP2_PSEUDO_ORDER_ASKED) && fields->count > 0 &&
        !span_is(fields->items[0].name, ":method"))
        return false;
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        *bytes += field->name.len + field->value.len + 32;
        if (field->name.len > 0 && field->name.data[0] == ':') {
            if ((!take_pseudo(call, field) || ordinary) && !lenient)
                return false;
            scheme = scheme || span_is(field->name, ":scheme");
            continue;
        }
        ordinary = true;
        bool good = field_good(field);
        if (!good && !lenient)
            return false;
        if (good && !fields_add(&call->headers, &call->arena, field->name, field->value))
            call->short_of_memory = true;
        if (*bytes > REFERENCE_MAX_HEADERS || call->short_of_memory)
            return true;
    }
    bool whole = lenient || (scheme && field_form_host(call->authority));
    return whole && call->method.len > 0 && call->target.len > 0;
}

static void run_call(struct call *call)
{
    bool began = !call->front_complete && bridge_streams(call);
    call->front_complete = true;
    if (began)
        bridge_more(call, span_of(NULL, 0), true);
    else if (!call->done)
        call_run(call);
}

/* The request is refused as malformed: RFC 9113, section 8.1.1. */
static void malformed(struct call *call)
{
    call->done = true;
    if (!call_has(call, DEFECT_HTTP2_MALFORMED_UNANSWERED))
        h2_rst(http2_of(call)->h2, call->front_stream, H2_CODE_PROTOCOL_ERROR);
}

/* Whether each content-length is that of the body: RFC 9113, section 8.1.1. */
static bool length_kept(const struct call *call)
{
    for (size_t i = 0; i < call->headers.count; i++) {
        const struct field *field = &call->headers.items[i];
        uint64_t length;
        if (span_is(field->name, "content-length") && !call_has(call, DEFECT_HTTP2_LENGTH_UNCHECKED) &&
            (!field_form_length(field->value, &length) || length != call->front_received))
            return false;
    }
    return true;
}

/* Trailers end the stream, and have no pseudo-header fields: RFC 9113, section 8.1. */
static void trailers_received(struct call *call, const struct fields *fields, bool end_stream)
{
    bool good = end_stream && !call_has(call, DEFECT_HTTP2_TRAILERS_REFUSED);
    for (size_t i = 0; i < fields->count && !call_has(call, DEFECT_HTTP2_TRAILERS_UNCHECKED); i++)
        good = good && field_good(&fields->items[i]);
    if (call->done)
        return;
    if (good && length_kept(call))
        run_call(call);
    else
        malformed(call);
}

static void on_headers(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields,
                       bool end_stream)
{
    struct http2 *http2 = user;
    struct call *call = h2_stream_user(http2->h2, stream);
    if (kind == H2_TRAILERS) {
        if (call)
            trailers_received(call, fields, end_stream);
        return;
    }
    size_t bytes = 0;
    call = add_call(http2, stream);
    if (!call) {
        h2_rst(http2->h2, stream, H2_CODE_INTERNAL_ERROR);
        return;
    }
    if (!take_fields(call, fields, &bytes) || (end_stream && !length_kept(call))) {
        malformed(call);
        return;
    }
    call_choose(call);
    call->front_complete = end_stream;
    if (call->authority.len == 0)
        call->authority = fields_value(&call->headers, "host");
    if (call->short_of_memory)
        call_refuse(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
    else if (bytes > REFERENCE_MAX_HEADERS)
        call_refuse(call, 431, GRPC_RESOURCE_EXHAUSTED, "the header section is too large");
    else if (end_stream || bridge_streams(call))
        call_run(call);
}

/* A defect: another request whose body comes at the same time, the one that began last. */
static struct call *other_upload(const struct http2 *http2, const struct call *call)
{
    struct call *other = http2->calls;
    while (other && (other == call || other->front_complete || other->done))
        other = other->front_next;
    return other;
}

/* By hand under a defect, which forgets that of some requests; else it is done for us. */
static void give_window_back(struct http2 *http2, struct call *call, int32_t stream, size_t len)
{
    if (!call || call->core->defect != DEFECT_WINDOW_OF_REFUSED_LOST)
        return;
    if (leftovers_is_bound(call))
        h2_consume(http2->h2, stream, len);
    else
        h2_forget(http2->h2, stream);
}

static void on_data(void *user, int32_t stream, struct span bytes)
{
    struct http2 *http2 = user;
    struct call *call = h2_stream_user(http2->h2, stream);
    int status;
    const char *text;
    give_window_back(http2, call, stream, bytes.len);
    if (call)
        call->front_received += bytes.len;
    if (call && call_has(call, DEFECT_UPLOADS_MIXED) && other_upload(http2, call))
        call = other_upload(http2, call);
    if (call && bridge_streams(call))
        bridge_more(call, bytes, false);
    else if (call && !call->done && !call_take_body(call, bytes, &status, &text))
        call_refuse(call, status, GRPC_RESOURCE_EXHAUSTED, text);
}

static void on_data_end(void *user, int32_t stream, size_t frame_len, bool end_stream)
{
    struct http2 *http2 = user;
    struct call *call = h2_stream_user(http2->h2, stream);
    if (call && frame_len == 0 && call_has(call, DEFECT_HTTP2_EMPTY_END_IGNORED))
        return;
    if (call && end_stream && !call->done && !bridge_streams(call) && !length_kept(call))
        malformed(call);
    else if (call && end_stream)
        run_call(call);
}

static void drop_call(struct call *call)
{
    *call->front_link = call->front_next;
    if (call->front_next)
        call->front_next->front_link = call->front_link;
    call_cancel(call);
}

static void on_close(void *user, int32_t stream, uint32_t code)
{
    (void)code;
    struct http2 *http2 = user;
    struct call *call = h2_stream_user(http2->h2, stream);
    if (!call)
        return;
    if (!call->front_complete)
        defect_request_cut(call);
    if (!call->done && call_has(call, DEFECT_CANCEL_CLOSES_CONNECTION))
        client_close(http2->client, CLIENT_CLOSE);
    drop_call(call);
    loop_post(http2->client->core->loop, &call->task);
}

static void on_sent(void *user, int32_t stream)
{
    struct http2 *http2 = user;
    struct call *call = h2_stream_user(http2->h2, stream);
    if (call)
        call_drained(call);
}

static bool write_bytes(void *user, struct span bytes)
{
    struct http2 *http2 = user;
    if (conn_write(http2->client->conn, bytes))
        return true;
    client_close(http2->client, CLIENT_ABORT);
    return false;
}

static size_t bytes_queued(void *user)
{
    const struct http2 *http2 = user;
    return conn_queued(http2->client->conn);
}

static const struct h2_callbacks callbacks = {
    .write = write_bytes,
    .queued = bytes_queued,
    .on_headers = on_headers,
    .on_data = on_data,
    .on_data_end = on_data_end,
    .on_close = on_close,
    .on_sent = on_sent,
};

/* ---- the connection */

static bool http2_init(struct client_connection *client)
{
    const struct h2_options options = {.server = true,
                                       .max_concurrent_streams = REFERENCE_MAX_STREAMS,
                                       .budget = client->core->budget,
                                       .manual_window = client->core->defect == DEFECT_WINDOW_OF_REFUSED_LOST};
    struct http2 *http2 = calloc(1, sizeof *http2);
    if (!http2)
        return false;
    http2->client = client;
    client->state = http2;
    if (h2_new(&http2->h2, &options, &callbacks, http2, NULL) == ERR_OK)
        return true;
    free(http2);
    return false;
}

static void http2_read(struct client_connection *client, struct span bytes)
{
    struct http2 *http2 = client->state;
    struct buf changed;
    buf_init(&changed, REFERENCE_MAX_BODY);
    if (!defect_frames_change(&http2->frames, client->core->defect, &changed, &bytes))
        client_close(client, CLIENT_CLOSE);
    else if (h2_receive(http2->h2, bytes, NULL) != ERR_OK && client->core->defect != DEFECT_HTTP2_FAULT_LEFT_OPEN)
        client_close(client, CLIENT_CLOSE);
    buf_fini(&changed);
}

static void http2_end(struct client_connection *client)
{
    struct http2 *http2 = client->state;
    for (struct call *call = http2->calls; call; call = call->front_next) {
        if (!call->front_complete)
            defect_request_cut(call);
        call_cancel(call);
    }
}

static void http2_drain(struct client_connection *client)
{
    struct http2 *http2 = client->state;
    client_active(client);
    h2_flush(http2->h2);
    for (struct call *call = http2->calls; call; call = call->front_next)
        call_drained(call);
}

static void http2_fini(struct client_connection *client)
{
    struct http2 *http2 = client->state;
    while (http2->calls) {
        struct call *call = http2->calls;
        drop_call(call);
        call_free(call);
    }
    h2_free(http2->h2);
    free(http2);
}

const struct client_protocol http2_protocol = {
    .init = http2_init, .read = http2_read, .end = http2_end, .drain = http2_drain, .fini = http2_fini};
