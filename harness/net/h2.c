/* An HTTP/2 session: making it, and what it receives. */
#include "harness/net/h2_impl.h"

#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/escape.h"
#include "harness/net/versions.h"

#define MAX_FIELDS     4096u /* of one received header section */
#define FIELD_OVERHEAD 32u   /* as RFC 9113, section 6.5.2, counts a field */
#define FIELD_SIZE     (sizeof(struct field) + 2 * sizeof(nghttp2_rcbuf *))
#define FEW_FIELDS     32u /* room that is kept between header sections */

/* ---- the memory of nghttp2, counted */

static void count_more(void *at, struct budget *budget)
{
    if (at)
        budget_charge(budget, malloc_usable_size(at));
}

static void *counted_malloc(size_t size, void *user)
{
    void *at = malloc(size);
    count_more(at, user);
    return at;
}

static void *counted_calloc(size_t count, size_t size, void *user)
{
    void *at = calloc(count, size);
    count_more(at, user);
    return at;
}

static void counted_free(void *at, void *user)
{
    if (at)
        budget_give(user, malloc_usable_size(at));
    free(at);
}

static void *counted_realloc(void *at, size_t size, void *user)
{
    size_t before = at ? malloc_usable_size(at) : 0;
    void *moved = realloc(at, size);
    if (!moved)
        return NULL;
    budget_give(user, before);
    count_more(moved, user);
    return moved;
}
struct h2_stream *h2_stream_find(struct h2 *h2, int32_t id)
{
    if (h2->queue.last && h2->queue.last->id == id)
        return h2->queue.last;
    struct h2_stream *stream = nghttp2_session_get_stream_user_data(h2->session, id);
    if (!stream && !h2->server) {
        /* Not known to nghttp2 before its HEADERS are sent. */
        for (stream = h2->queue.streams; stream && (stream->id != id || !stream->opening); stream = stream->next)
            ;
    }
    if (stream)
        h2->queue.last = stream;
    return stream;
}

/* ---- receiving */

static void fields_release(struct h2 *h2)
{
    budget_give(h2->budget, h2->field_cap * FIELD_SIZE);
    free(h2->fields);
    free(h2->rcbufs);
    h2->fields = NULL;
    h2->rcbufs = NULL;
    h2->field_cap = 0;
}

static void fields_forget(struct h2 *h2)
{
    for (size_t i = 0; i < 2 * h2->field_count; i++)
        nghttp2_rcbuf_decref(h2->rcbufs[i]);
    h2->field_count = 0;
    h2->field_bytes = 0;
    if (h2->field_cap > FEW_FIELDS)
        fields_release(h2);
}

static int begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct h2 *h2 = user;
    fields_forget(h2);
    if (frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        struct h2_stream *stream = h2_stream_new(&h2->queue, frame->hd.stream_id);
        if (!stream) {
            if (h2->callbacks.on_turned_away)
                h2->callbacks.on_turned_away(h2->user);
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* nghttp2 resets the stream */
        }
        nghttp2_session_set_stream_user_data(session, stream->id, stream);
        stream->overflow = false;
        return 0;
    }
    struct h2_stream *stream = h2_stream_find(h2, frame->hd.stream_id);
    if (stream)
        stream->overflow = false;
    return 0;
}

static bool fields_grow(struct h2 *h2)
{
    size_t cap = h2->field_cap ? h2->field_cap * 2 : FEW_FIELDS;
    if (!budget_take(h2->budget, (cap - h2->field_cap) * FIELD_SIZE))
        return false;
    struct field *fields = realloc(h2->fields, cap * sizeof *fields);
    if (fields)
        h2->fields = fields;
    nghttp2_rcbuf **rcbufs = fields ? realloc(h2->rcbufs, 2 * cap * sizeof(nghttp2_rcbuf *)) : NULL;
    if (!rcbufs) {
        budget_give(h2->budget, (cap - h2->field_cap) * FIELD_SIZE);
        return false;
    }
    h2->rcbufs = rcbufs;
    h2->field_cap = cap;
    return true;
}

static struct span span_of_rcbuf(nghttp2_rcbuf *rcbuf)
{
    nghttp2_vec vec = nghttp2_rcbuf_get_buf(rcbuf);
    return span_of(vec.base, vec.len);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name, nghttp2_rcbuf *value,
                     uint8_t flags, void *user)
{
    (void)flags;
    struct h2 *h2 = user;
    struct h2_stream *stream = h2_stream_find(h2, frame->hd.stream_id);
    if (!stream || stream->overflow)
        return 0;
    struct field field = {.name = span_of_rcbuf(name), .value = span_of_rcbuf(value)};
    h2->field_bytes += field.name.len + field.value.len + FIELD_OVERHEAD;
    bool too_many = h2->field_bytes > H2_MAX_HEADER_BYTES || h2->field_count == MAX_FIELDS;
    /* The texts are counted already, as nghttp2's. */
    bool no_room = !too_many && (!budget_take(h2->budget, 0) || (h2->field_count == h2->field_cap && !fields_grow(h2)));
    if (too_many || no_room) {
        fields_forget(h2);
        stream->overflow = true;
        nghttp2_submit_rst_stream(session, 0, frame->hd.stream_id, H2_CODE_ENHANCE_YOUR_CALM);
        if (no_room && h2->callbacks.on_turned_away)
            h2->callbacks.on_turned_away(h2->user);
        return 0;
    }
    nghttp2_rcbuf_incref(name);
    nghttp2_rcbuf_incref(value);
    h2->rcbufs[2 * h2->field_count] = name;
    h2->rcbufs[2 * h2->field_count + 1] = value;
    h2->fields[h2->field_count++] = field;
    return 0;
}

static enum h2_headers_kind headers_kind(struct h2 *h2, struct h2_stream *stream, const nghttp2_frame *frame,
                                         const struct fields *fields)
{
    if (h2->server)
        return frame->headers.cat == NGHTTP2_HCAT_REQUEST ? H2_REQUEST : H2_TRAILERS;
    if (stream->headers_seen)
        return H2_TRAILERS;
    struct span status = fields_value(fields, ":status");
    if (status.len == 3 && status.data[0] == '1')
        return H2_INFORMATIONAL;
    stream->headers_seen = true;
    return H2_RESPONSE;
}

static void headers_received(struct h2 *h2, const nghttp2_frame *frame)
{
    struct h2_stream *stream = h2_stream_find(h2, frame->hd.stream_id);
    if (!stream || stream->overflow)
        return;
    struct fields fields = {.items = h2->fields, .count = h2->field_count, .cap = h2->field_cap};
    enum h2_headers_kind kind = headers_kind(h2, stream, frame, &fields);
    if (h2->callbacks.on_headers)
        h2->callbacks.on_headers(h2->user, stream->id, kind, &fields, frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
}

static int frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    (void)session;
    struct h2 *h2 = user;
    int32_t id = frame->hd.stream_id;
    switch (frame->hd.type) {
    case NGHTTP2_DATA:
        if (h2->callbacks.on_data_end && h2_stream_find(h2, id))
            h2->callbacks.on_data_end(h2->user, id, frame->hd.length - frame->data.padlen,
                                      frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
        break;
    case NGHTTP2_HEADERS:
        headers_received(h2, frame);
        fields_forget(h2);
        break;
    case NGHTTP2_RST_STREAM: /* also of streams that the peer promised before it knew that we take none */
        if (h2->callbacks.on_rst && h2_stream_find(h2, id))
            h2->callbacks.on_rst(h2->user, id, frame->rst_stream.error_code);
        break;
    case NGHTTP2_SETTINGS:
        if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
            h2->settings_seen = true;
        break;
    case NGHTTP2_GOAWAY:
        h2->goaway_seen = true;
        if (h2->callbacks.on_goaway)
            h2->callbacks.on_goaway(h2->user, frame->goaway.last_stream_id, frame->goaway.error_code,
                                    span_of(frame->goaway.opaque_data, frame->goaway.opaque_data_len));
        break;
    default:
        break;
    }
    return 0;
}

static int data_received(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
                         void *user)
{
    (void)session;
    (void)flags;
    struct h2 *h2 = user;
    struct h2_stream *stream = h2_stream_find(h2, id);
    if (h2->manual_window && stream)
        stream->unconsumed += len;
    else if (h2->manual_window)
        nghttp2_session_consume_connection(h2->session, len);
    if (h2->callbacks.on_data && stream)
        h2->callbacks.on_data(h2->user, id, span_of(data, len));
    return 0;
}

static int stream_closed(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
    struct h2 *h2 = user;
    struct h2_stream *stream = h2_stream_find(h2, id);
    if (!stream)
        return 0;
    if (h2->callbacks.on_close)
        h2->callbacks.on_close(h2->user, id, code);
    /* The window of what nobody will ask for any more belongs to the other streams. */
    if (stream->unconsumed > 0)
        nghttp2_session_consume_connection(session, stream->unconsumed);
    nghttp2_session_set_stream_user_data(session, id, NULL);
    h2_stream_free(&h2->queue, stream);
    return 0;
}

static void data_sent(struct h2 *h2, struct h2_stream *stream)
{
    if (stream->last_of_item) {
        stream->last_of_item = false;
        stream->data_active = false;
        h2_stream_feed(h2, stream);
    }
    if (stream->data_items == 0 && h2->callbacks.on_sent)
        h2->callbacks.on_sent(h2->user, stream->id);
}

static int frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    (void)session;
    struct h2 *h2 = user;
    struct h2_stream *stream = NULL;
    switch (frame->hd.type) {
    case NGHTTP2_DATA:
        stream = h2_stream_find(h2, frame->hd.stream_id);
        if (stream)
            data_sent(h2, stream);
        break;
    case NGHTTP2_HEADERS:
        stream = h2_stream_find(h2, frame->hd.stream_id);
        if (stream && stream->head && (stream->opening || stream->deferred)) {
            stream->opening = false;
            h2_stream_feed(h2, stream);
        } else if (stream) {
            stream->opening = false;
        }
        break;
    case NGHTTP2_GOAWAY:
        if (h2->own_goaways > 0) {
            h2->own_goaways--;
        } else {
            struct buf text;
            buf_init(&text, sizeof h2->reason - 1);
            escape_terminal(&text, span_of(frame->goaway.opaque_data, frame->goaway.opaque_data_len));
            snprintf(h2->reason, sizeof h2->reason, "%s", text.len ? (const char *)text.data : "protocol error");
            buf_fini(&text);
            h2->failed = true;
        }
        break;
    default:
        break;
    }
    return 0;
}

static int frame_not_sent(nghttp2_session *session, const nghttp2_frame *frame, int error, void *user)
{
    (void)error;
    struct h2 *h2 = user;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct h2_stream *stream = h2_stream_find(h2, frame->hd.stream_id);
    if (stream && stream->opening)
        stream_closed(session, stream->id, H2_CODE_REFUSED_STREAM, user);
    return 0;
}

/* ---- making */

static int session_new(struct h2 *h2, const struct h2_options *options)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option = NULL;
    int rc = nghttp2_session_callbacks_new(&callbacks);
    if (rc != 0)
        return rc;
    rc = nghttp2_option_new(&option);
    if (rc != 0)
        goto out;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_received);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, frame_not_sent);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, h2_read_length);
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_no_auto_window_update(option, options->manual_window);
    nghttp2_option_set_max_send_header_block_length(option, H2_SEND_HEADER_MAX);
    nghttp2_option_set_max_reserved_remote_streams(option, 0);
    if (options->await_settings)
        nghttp2_option_set_peer_max_concurrent_streams(option, 1);
    nghttp2_mem memory = {options->budget, counted_malloc, counted_free, counted_calloc, counted_realloc};
    rc = options->server ? nghttp2_session_server_new3(&h2->session, callbacks, h2, option, &memory)
                         : nghttp2_session_client_new3(&h2->session, callbacks, h2, option, &memory);
out:
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return rc;
}

static int session_start(struct h2 *h2, const struct h2_options *options)
{
    uint32_t window = options->initial_window ? options->initial_window : 1u << 20;
    nghttp2_settings_entry settings[3] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
         options->max_concurrent_streams ? options->max_concurrent_streams : 1000},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window},
    };
    size_t count = 2;
    if (!options->server)
        settings[count++] = (nghttp2_settings_entry){NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
    const uint8_t *unsent;
    int rc = nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings, count);
    if (rc == 0 && options->no_settings)
        rc = nghttp2_session_mem_send(h2->session, &unsent) < 0 ? NGHTTP2_ERR_NOMEM : 0; /* that frame */
    if (rc == 0 && window > NGHTTP2_INITIAL_CONNECTION_WINDOW_SIZE)
        rc = nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, 0, (int32_t)window);
    return rc;
}

enum err_code h2_new(struct h2 **out, const struct h2_options *options, const struct h2_callbacks *callbacks,
                     void *user, struct err *err)
{
    struct h2 *h2 = calloc(1, sizeof *h2);
    if (!h2)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    h2->callbacks = *callbacks;
    h2->user = user;
    h2->server = options->server;
    h2->manual_window = options->manual_window;
    h2->budget = options->budget;
    budget_charge(h2->budget, sizeof *h2);
    h2_queue_init(&h2->queue, options->budget);
    int rc = session_new(h2, options);
    if (rc == 0)
        rc = session_start(h2, options);
    if (rc != 0) {
        h2_free(h2);
        return err_set(err, ERR_NO_MEMORY, "cannot make an HTTP/2 session: %s", nghttp2_strerror(rc));
    }
    *out = h2;
    return ERR_OK;
}

void h2_free(struct h2 *h2)
{
    if (!h2)
        return;
    assert(!h2->busy);
    fields_forget(h2);
    nghttp2_session_del(h2->session);
    h2_queue_fini(&h2->queue);
    fields_release(h2);
    budget_give(h2->budget, sizeof *h2);
    free(h2);
}

/* Whether it asks for answers and does not read them: they would pile up. */
static bool peer_does_not_read(const struct h2 *h2)
{
    size_t answers =
        nghttp2_session_get_outbound_queue_size(h2->session) + h2->queue.pieces_queued - h2->queue.pieces_sent;
    return answers > (budget_is_full(h2->budget) ? H2_FEW_ANSWERS : H2_MAX_ANSWERS);
}

enum err_code h2_receive(struct h2 *h2, struct span bytes, struct err *err)
{
    assert(!h2->busy);
    if (h2->held && !h2->failed && peer_does_not_read(h2)) {
        snprintf(h2->reason, sizeof h2->reason, "the peer asks for answers and does not read them");
        h2->failed = true;
    }
    if (!h2->failed) {
        h2->busy = true;
        ssize_t rc = nghttp2_session_mem_recv(h2->session, bytes.data, bytes.len);
        h2->busy = false;
        if (rc < 0) {
            snprintf(h2->reason, sizeof h2->reason, "%s", nghttp2_strerror((int)rc));
            uint32_t code = rc == NGHTTP2_ERR_FLOODED ? H2_CODE_ENHANCE_YOUR_CALM : H2_CODE_PROTOCOL_ERROR;
            nghttp2_session_terminate_session(h2->session, code);
            h2->own_goaways++; /* keeps the reason above */
            h2_flush(h2);
            h2->failed = true;
        } else {
            h2_flush(h2);
        }
    }
    return h2->failed ? err_set(err, ERR_SYNTAX, "HTTP/2: %s", h2->reason) : ERR_OK;
}

void h2_forget(struct h2 *h2, int32_t id)
{
    struct h2_stream *stream = h2_stream_find(h2, id);
    if (stream)
        stream->unconsumed = 0;
}

void h2_consume(struct h2 *h2, int32_t id, size_t len)
{
    struct h2_stream *stream = h2_stream_find(h2, id);
    if (!h2->manual_window || !stream)
        return;
    if (len > stream->unconsumed)
        len = stream->unconsumed;
    stream->unconsumed -= len;
    nghttp2_session_consume(h2->session, id, len);
}

void h2_set_stream_user(struct h2 *h2, int32_t id, void *stream_user)
{
    struct h2_stream *stream = h2_stream_find(h2, id);
    if (stream)
        stream->user = stream_user;
}

void *h2_stream_user(struct h2 *h2, int32_t id)
{
    struct h2_stream *stream = h2_stream_find(h2, id);
    return stream ? stream->user : NULL;
}

static const struct h2_stream *stream_view(const struct h2 *h2, int32_t id)
{
    if (h2->queue.last && h2->queue.last->id == id)
        return h2->queue.last;
    const struct h2_stream *stream = nghttp2_session_get_stream_user_data(h2->session, id);
    if (!stream && !h2->server) {
        for (stream = h2->queue.streams; stream && stream->id != id; stream = stream->next)
            ;
    }
    return stream;
}

size_t h2_queued(const struct h2 *h2, int32_t id)
{
    const struct h2_stream *stream = stream_view(h2, id);
    return stream ? stream->queued : 0;
}

bool h2_stream_idle(const struct h2 *h2, int32_t id)
{
    const struct h2_stream *stream = stream_view(h2, id);
    return !stream || stream->data_items == 0;
}

size_t h2_window(const struct h2 *h2)
{
    return nghttp2_session_get_remote_settings(h2->session, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE);
}

size_t h2_peer_streams(const struct h2 *h2)
{
    return nghttp2_session_get_remote_settings(h2->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

bool h2_peer_settings_seen(const struct h2 *h2)
{
    return h2->settings_seen;
}

bool h2_draining(const struct h2 *h2)
{
    return h2->goaway_seen || h2->failed || nghttp2_session_check_request_allowed(h2->session) == 0;
}

size_t h2_open_streams(const struct h2 *h2)
{
    return h2->queue.open_streams;
}

const char *versions_nghttp2(void)
{
    return nghttp2_version(0)->version_str;
}
