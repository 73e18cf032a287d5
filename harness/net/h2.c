#include "harness/net/h2.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <nghttp2/nghttp2.h>

#include "harness/base/escape.h"
#include "harness/net/h2_queue.h"
#include "harness/net/versions.h"

#define MAX_FIELDS      4096u      /* of one received header section */
#define FIELD_OVERHEAD  32u        /* as RFC 9113, section 6.5.2, counts a field */
#define SEND_HEADER_MAX (4u << 20) /* of one sent header section */

struct h2 {
    nghttp2_session *session;
    struct h2_callbacks callbacks;
    void *user;
    bool server;
    bool manual_window;
    bool busy;   /* inside nghttp2, which must not be entered again */
    bool failed; /* the peer broke the protocol, or memory ran out */
    bool settings_seen;
    bool goaway_seen;
    size_t own_goaways; /* submitted by h2_goaway and not sent yet */
    struct h2_queue queue;
    /* The header section being received. */
    struct field *fields;
    nghttp2_rcbuf **rcbufs; /* two for each field */
    size_t field_count, field_cap, field_bytes;
    char reason[256];
    struct h2_out out;
};

static struct h2_stream *stream_find(struct h2 *h2, int32_t id)
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

/* ---- sending: what is queued for a stream goes to nghttp2 piece by piece, so that its order is kept */

/* A failure here is a lack of memory, or a stream that is closing: its queue goes with it. */
static void submit_headers(struct h2 *h2, struct h2_stream *stream, const nghttp2_nv *nv, size_t count, bool end_stream)
{
    uint8_t flags = end_stream ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE;
    nghttp2_submit_headers(h2->session, flags, stream->id, NULL, nv, count, NULL);
    stream->headers_sent = true;
}

/* Takes header fields from the front of the queue. Their text stays until the stream is closed. */
static void headers_feed(struct h2 *h2, struct h2_stream *stream)
{
    struct h2_item *item = stream->head;
    submit_headers(h2, stream, (const nghttp2_nv *)(const void *)item->bytes, item->count, item->end_stream);
    stream->head = item->next;
    if (!stream->head)
        stream->tail = &stream->head;
    item->next = stream->held;
    stream->held = item;
}

static ssize_t read_data(nghttp2_session *session, int32_t id, uint8_t *out, size_t len, uint32_t *flags,
                         nghttp2_data_source *source, void *user)
{
    (void)session;
    (void)id;
    struct h2 *h2 = user;
    struct h2_stream *stream = source->ptr;
    struct h2_item *item = stream->head;
    if (!item || item->kind != H2_ITEM_DATA || item->epoch > h2->queue.pieces_sent) {
        /* Only after an empty frame: nghttp2 drops an empty frame that is the last of its data without END_STREAM. */
        stream->deferred = true;
        while (stream->head && stream->head->kind == H2_ITEM_HEADERS && stream->head->epoch <= h2->queue.pieces_sent)
            headers_feed(h2, stream);
        return NGHTTP2_ERR_DEFERRED;
    }
    size_t take = item->len - item->off;
    if (take > len)
        take = len;
    if (take > 0)
        memcpy(out, item->bytes + item->off, take);
    item->off += take;
    stream->queued -= take;
    h2->queue.queued -= take;
    if (item->off < item->len)
        return (ssize_t)take;

    bool end_stream = item->end_stream;
    struct h2_item *next = item->next;
    stream->data_items--;
    stream->head = next;
    if (!next)
        stream->tail = &stream->head;
    h2_item_free(&h2->queue, item);
    if (end_stream) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        stream->last_of_item = true;
    } else if (take > 0 && (!next || next->kind != H2_ITEM_DATA || next->epoch > h2->queue.pieces_sent)) {
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        stream->last_of_item = true;
    }
    return (ssize_t)take;
}

static ssize_t read_length(nghttp2_session *session, uint8_t type, int32_t id, int32_t connection_window,
                           int32_t stream_window, uint32_t max_frame, void *user)
{
    (void)session;
    (void)type;
    (void)connection_window;
    (void)stream_window;
    struct h2_stream *stream = stream_find(user, id);
    size_t want = stream && stream->head ? stream->head->len - stream->head->off : 1;
    if (want < 1)
        want = 1;
    return (ssize_t)(want < max_frame ? want : max_frame);
}

/* Hands nghttp2 what is at the front of the queue, as far as order allows. */
static void stream_feed(struct h2 *h2, struct h2_stream *stream)
{
    while (stream->head && !stream->opening && stream->head->epoch <= h2->queue.pieces_sent) {
        struct h2_item *item = stream->head;
        if (item->kind == H2_ITEM_DATA && !stream->data_active) {
            nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = read_data};
            if (nghttp2_submit_data(h2->session, NGHTTP2_FLAG_END_STREAM, stream->id, &provider) == 0)
                stream->data_active = true;
            return;
        }
        if (item->kind == H2_ITEM_DATA) {
            if (stream->deferred) {
                stream->deferred = false;
                nghttp2_session_resume_data(h2->session, stream->id);
            }
            return;
        }
        if (stream->data_active && !stream->deferred)
            return; /* the last DATA frame before it is still being written */
        headers_feed(h2, stream);
    }
}

static void goaway_submit(struct h2 *h2, int32_t last_stream, uint32_t code, struct span debug)
{
    if (nghttp2_submit_goaway(h2->session, NGHTTP2_FLAG_NONE, last_stream, code, debug.data, debug.len) == 0)
        h2->own_goaways++;
}

/* Everything that was queued before it and may be sent has been: the next piece goes out, and what waited for it. */
static bool piece_send(struct h2 *h2)
{
    struct h2_piece *piece = h2->queue.piece_head;
    if (!piece)
        return false;
    h2->queue.piece_head = piece->next;
    if (!h2->queue.piece_head)
        h2->queue.piece_tail = &h2->queue.piece_head;
    switch (piece->kind) {
    case H2_PIECE_BYTES:
        h2_out_append(&h2->out, piece->bytes, piece->len);
        break;
    case H2_PIECE_RST:
        nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, piece->stream, piece->code);
        break;
    case H2_PIECE_GOAWAY:
        goaway_submit(h2, piece->stream, piece->code, span_of(piece->bytes, piece->len));
        break;
    }
    free(piece);
    h2->queue.pieces_sent++;
    for (struct h2_stream *stream = h2->queue.streams; stream; stream = stream->next)
        stream_feed(h2, stream);
    return true;
}

void h2_flush(struct h2 *h2)
{
    if (h2->busy)
        return; /* called from a callback: the caller of nghttp2 flushes when it is done */
    h2->busy = true;
    for (;;) {
        const uint8_t *data;
        ssize_t len = nghttp2_session_mem_send(h2->session, &data);
        if (len > 0) {
            h2_out_append(&h2->out, data, (size_t)len);
        } else if (len < 0) {
            snprintf(h2->reason, sizeof h2->reason, "%s", nghttp2_strerror((int)len));
            h2->failed = true;
            h2->out.dead = true;
            break;
        } else if (!piece_send(h2)) {
            break;
        }
    }
    h2_out_write(&h2->out);
    h2->busy = false;
}

/* ---- receiving */

static void fields_forget(struct h2 *h2)
{
    for (size_t i = 0; i < 2 * h2->field_count; i++)
        nghttp2_rcbuf_decref(h2->rcbufs[i]);
    h2->field_count = 0;
    h2->field_bytes = 0;
}

static int begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct h2 *h2 = user;
    fields_forget(h2);
    if (frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        struct h2_stream *stream = h2_stream_new(&h2->queue, frame->hd.stream_id);
        if (!stream)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        nghttp2_session_set_stream_user_data(session, stream->id, stream);
        stream->overflow = false;
        return 0;
    }
    struct h2_stream *stream = stream_find(h2, frame->hd.stream_id);
    if (stream)
        stream->overflow = false;
    return 0;
}

static bool fields_grow(struct h2 *h2)
{
    size_t cap = h2->field_cap ? h2->field_cap * 2 : 32;
    struct field *fields = realloc(h2->fields, cap * sizeof *fields);
    if (!fields)
        return false;
    h2->fields = fields;
    nghttp2_rcbuf **rcbufs = realloc(h2->rcbufs, 2 * cap * sizeof(nghttp2_rcbuf *));
    if (!rcbufs)
        return false;
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
    struct field field = {.name = span_of_rcbuf(name), .value = span_of_rcbuf(value)};
    h2->field_bytes += field.name.len + field.value.len + FIELD_OVERHEAD;
    if (h2->field_bytes > H2_MAX_HEADER_BYTES || h2->field_count == MAX_FIELDS) {
        struct h2_stream *stream = stream_find(h2, frame->hd.stream_id);
        if (stream && !stream->overflow) {
            stream->overflow = true;
            nghttp2_submit_rst_stream(session, 0, frame->hd.stream_id, NGHTTP2_ENHANCE_YOUR_CALM);
        }
        return 0;
    }
    if (h2->field_count == h2->field_cap && !fields_grow(h2))
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
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
    struct h2_stream *stream = stream_find(h2, frame->hd.stream_id);
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
        if (h2->callbacks.on_data_end && stream_find(h2, id))
            h2->callbacks.on_data_end(h2->user, id, frame->hd.length - frame->data.padlen,
                                      frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
        break;
    case NGHTTP2_HEADERS:
        headers_received(h2, frame);
        fields_forget(h2);
        break;
    case NGHTTP2_RST_STREAM: /* also of streams that the peer promised before it knew that we take none */
        if (h2->callbacks.on_rst && stream_find(h2, id))
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
    struct h2_stream *stream = stream_find(h2, id);
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
    struct h2_stream *stream = stream_find(h2, id);
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
        stream_feed(h2, stream);
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
        stream = stream_find(h2, frame->hd.stream_id);
        if (stream)
            data_sent(h2, stream);
        break;
    case NGHTTP2_HEADERS:
        stream = stream_find(h2, frame->hd.stream_id);
        if (stream && stream->head && (stream->opening || stream->deferred)) {
            stream->opening = false;
            stream_feed(h2, stream);
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
    struct h2_stream *stream = stream_find(h2, frame->hd.stream_id);
    if (stream && stream->opening)
        stream_closed(session, stream->id, NGHTTP2_REFUSED_STREAM, user);
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
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, read_length);
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_no_auto_window_update(option, options->manual_window);
    nghttp2_option_set_max_send_header_block_length(option, SEND_HEADER_MAX);
    nghttp2_option_set_max_reserved_remote_streams(option, 0);
    rc = options->server ? nghttp2_session_server_new2(&h2->session, callbacks, h2, option)
                         : nghttp2_session_client_new2(&h2->session, callbacks, h2, option);
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
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
    };
    int rc = nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings, options->server ? 2 : 3);
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
    h2->out.write = callbacks->write;
    h2->out.user = user;
    h2->server = options->server;
    h2->manual_window = options->manual_window;
    h2_queue_init(&h2->queue);
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
    free(h2->fields);
    free(h2->rcbufs);
    free(h2);
}

enum err_code h2_receive(struct h2 *h2, struct span bytes, struct err *err)
{
    assert(!h2->busy);
    if (!h2->failed) {
        h2->busy = true;
        ssize_t rc = nghttp2_session_mem_recv(h2->session, bytes.data, bytes.len);
        h2->busy = false;
        if (rc < 0) {
            snprintf(h2->reason, sizeof h2->reason, "%s", nghttp2_strerror((int)rc));
            uint32_t code = rc == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR;
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

/* ---- what callers ask for */

static bool has_upper(const struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        struct span name = fields->items[i].name;
        for (size_t k = 0; k < name.len; k++) {
            if (name.data[k] >= 'A' && name.data[k] <= 'Z')
                return true;
        }
    }
    return false;
}

/* nghttp2 takes pointers to non-const bytes that it does not change. */
static uint8_t *unconst(const uint8_t *bytes)
{
    union {
        const uint8_t *in;
        uint8_t *out;
    } cast = {.in = bytes};
    return cast.out;
}

static nghttp2_nv nv_of(const struct field *field, uint8_t flags)
{
    static const uint8_t none[1] = {0};
    return (nghttp2_nv){.name = unconst(field->name.len ? field->name.data : none),
                        .namelen = field->name.len,
                        .value = unconst(field->value.len ? field->value.data : none),
                        .valuelen = field->value.len,
                        .flags = flags};
}

/* An item with a copy of the fields, which nghttp2 reads in place: so names keep their upper case. */
static struct h2_item *headers_item(struct h2 *h2, const struct fields *fields, bool end_stream)
{
    size_t size = fields->count * sizeof(nghttp2_nv);
    for (size_t i = 0; i < fields->count; i++)
        size += fields->items[i].name.len + fields->items[i].value.len;
    if (size > SEND_HEADER_MAX)
        return NULL;
    struct h2_item *item = h2_item_new(&h2->queue, size);
    if (!item)
        return NULL;
    item->kind = H2_ITEM_HEADERS;
    item->end_stream = end_stream;
    item->count = fields->count;
    nghttp2_nv *nv = (nghttp2_nv *)(void *)item->bytes;
    uint8_t *at = item->bytes + fields->count * sizeof *nv;
    for (size_t i = 0; i < fields->count; i++) {
        struct field copy = fields->items[i];
        if (copy.name.len > 0)
            memcpy(at, copy.name.data, copy.name.len);
        copy.name.data = at;
        at += copy.name.len;
        if (copy.value.len > 0)
            memcpy(at, copy.value.data, copy.value.len);
        copy.value.data = at;
        at += copy.value.len;
        nv[i] = nv_of(&copy, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE);
    }
    return item;
}

static void stream_queue(struct h2 *h2, struct h2_stream *stream, struct h2_item *item)
{
    item->epoch = h2->queue.pieces_queued;
    *stream->tail = item;
    stream->tail = &item->next;
    stream_feed(h2, stream);
}

int32_t h2_request(struct h2 *h2, const struct fields *fields, bool end_stream)
{
    assert(!h2->server);
    if (h2->failed || h2_draining(h2))
        return -1;
    struct h2_stream *stream = h2_stream_new(&h2->queue, 0);
    struct h2_item *item = stream ? headers_item(h2, fields, end_stream) : NULL;
    int32_t id = -1;
    if (item) {
        stream->held = item;
        uint8_t flags = end_stream ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE;
        id = nghttp2_submit_headers(h2->session, flags, -1, NULL, (const nghttp2_nv *)(const void *)item->bytes,
                                    item->count, stream);
    }
    if (id < 0) {
        if (stream)
            h2_stream_free(&h2->queue, stream);
        return -1;
    }
    stream->id = id;
    stream->opening = true;
    stream->headers_sent = true;
    return id;
}

bool h2_headers(struct h2 *h2, int32_t id, const struct fields *fields, bool end_stream)
{
    struct h2_stream *stream = stream_find(h2, id);
    if (!stream)
        return false;
    enum { DIRECT_FIELDS = 32 };
    bool in_order = !stream->head && !stream->opening && (!stream->data_active || stream->deferred) &&
                    h2->queue.pieces_queued == h2->queue.pieces_sent;
    if (in_order && fields->count <= DIRECT_FIELDS && !has_upper(fields)) {
        nghttp2_nv nv[DIRECT_FIELDS];
        for (size_t i = 0; i < fields->count; i++)
            nv[i] = nv_of(&fields->items[i], NGHTTP2_NV_FLAG_NONE);
        submit_headers(h2, stream, nv, fields->count, end_stream);
        return true;
    }
    struct h2_item *item = headers_item(h2, fields, end_stream);
    if (!item)
        return false;
    stream_queue(h2, stream, item);
    return true;
}

/* nghttp2 sends no DATA before HEADERS; a script may want just that, or has sent its HEADERS raw. */
static bool data_raw(struct h2 *h2, const struct h2_stream *stream, struct span bytes, bool end_stream)
{
    if (bytes.len > 0xffffff)
        return false;
    uint8_t head[H2_FRAME_HEAD];
    h2_frame_head(head, bytes.len, NGHTTP2_DATA, end_stream ? NGHTTP2_FLAG_END_STREAM : 0, stream->id);
    return h2_piece_add(&h2->queue, H2_PIECE_BYTES, span_of(head, sizeof head), bytes) != NULL;
}

bool h2_data(struct h2 *h2, int32_t id, struct span bytes, bool end_stream)
{
    struct h2_stream *stream = stream_find(h2, id);
    if (!stream || bytes.len > H2_MAX_QUEUED - h2->queue.queued)
        return false;
    if (!stream->headers_sent && !stream->head)
        return data_raw(h2, stream, bytes, end_stream);
    struct h2_item *item = h2_item_new(&h2->queue, bytes.len);
    if (!item)
        return false;
    item->kind = H2_ITEM_DATA;
    item->end_stream = end_stream;
    if (bytes.len > 0)
        memcpy(item->bytes, bytes.data, bytes.len);
    stream->queued += bytes.len;
    stream->data_items++;
    h2->queue.queued += bytes.len;
    stream_queue(h2, stream, item);
    return true;
}

bool h2_rst(struct h2 *h2, int32_t id, uint32_t code)
{
    struct h2_stream *stream = stream_find(h2, id);
    if (!stream)
        return false;
    struct h2_piece *piece = h2_piece_add(&h2->queue, H2_PIECE_RST, span_of(NULL, 0), span_of(NULL, 0));
    if (piece) {
        piece->stream = id;
        piece->code = code;
    }
    return piece != NULL;
}

void h2_goaway(struct h2 *h2, int32_t last_stream, uint32_t code, struct span debug)
{
    struct h2_piece *piece = h2_piece_add(&h2->queue, H2_PIECE_GOAWAY, debug, span_of(NULL, 0));
    if (piece) {
        piece->stream = last_stream;
        piece->code = code;
    }
}

void h2_raw(struct h2 *h2, struct span bytes)
{
    h2_piece_add(&h2->queue, H2_PIECE_BYTES, bytes, span_of(NULL, 0));
}

void h2_raw_joined(struct h2 *h2, struct span head, struct span bytes)
{
    h2_piece_add(&h2->queue, H2_PIECE_BYTES, head, bytes);
}

void h2_consume(struct h2 *h2, int32_t id, size_t len)
{
    struct h2_stream *stream = stream_find(h2, id);
    if (!h2->manual_window || !stream)
        return;
    if (len > stream->unconsumed)
        len = stream->unconsumed;
    stream->unconsumed -= len;
    nghttp2_session_consume(h2->session, id, len);
}

void h2_set_stream_user(struct h2 *h2, int32_t id, void *stream_user)
{
    struct h2_stream *stream = stream_find(h2, id);
    if (stream)
        stream->user = stream_user;
}

void *h2_stream_user(struct h2 *h2, int32_t id)
{
    struct h2_stream *stream = stream_find(h2, id);
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
