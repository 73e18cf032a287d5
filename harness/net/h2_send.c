/* What an HTTP/2 session sends: queues per stream, handed to nghttp2 piece by piece so that their order is kept. */
#include "harness/net/h2_impl.h"

#include <assert.h>
#include <stdio.h>

#include "harness/base/h2_frame.h"

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

ssize_t h2_read_length(nghttp2_session *session, uint8_t type, int32_t id, int32_t connection_window,
                       int32_t stream_window, uint32_t max_frame, void *user)
{
    (void)session;
    (void)type;
    (void)connection_window;
    (void)stream_window;
    struct h2_stream *stream = h2_stream_find(user, id);
    size_t want = stream && stream->head ? stream->head->len - stream->head->off : 1;
    if (want < 1)
        want = 1;
    return (ssize_t)(want < max_frame ? want : max_frame);
}

void h2_stream_feed(struct h2 *h2, struct h2_stream *stream)
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
    switch (piece->kind) {
    case H2_PIECE_BYTES:
        h2_out_append(h2->out, piece->bytes, piece->len);
        break;
    case H2_PIECE_RST:
        nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, piece->stream, piece->code);
        break;
    case H2_PIECE_GOAWAY:
        goaway_submit(h2, piece->stream, piece->code, span_of(piece->bytes, piece->len));
        break;
    }
    h2_piece_drop(&h2->queue);
    h2->queue.pieces_sent++;
    for (struct h2_stream *stream = h2->queue.streams; stream; stream = stream->next)
        h2_stream_feed(h2, stream);
    return true;
}

static size_t waiting(const struct h2 *h2)
{
    return h2->callbacks.queued ? h2->callbacks.queued(h2->user) : 0;
}

/* Hands out frames until there is none that may go, or more than `most` bytes wait behind the connection. */
static void flush(struct h2 *h2, size_t most)
{
    /* Not a member: it is filled and written within this call, and a connection that is idle needs none. */
    struct h2_out out;
    if (h2->busy)
        return; /* called from a callback: the caller of nghttp2 flushes when it is done */
    size_t before = waiting(h2);
    out.write = h2->callbacks.write;
    out.user = h2->user;
    out.dead = h2->dead;
    out.total = out.len = 0;
    h2->busy = true;
    h2->held = true;
    h2->out = &out;
    while (before + out.total <= most) {
        const uint8_t *data;
        ssize_t len = nghttp2_session_mem_send(h2->session, &data);
        if (len > 0) {
            h2_out_append(&out, data, (size_t)len);
        } else if (len < 0) {
            snprintf(h2->reason, sizeof h2->reason, "%s", nghttp2_strerror((int)len));
            h2->failed = true;
            out.dead = true;
            break;
        } else if (!piece_send(h2)) {
            h2->held = false;
            break;
        }
    }
    h2_out_write(&out);
    h2->dead = out.dead;
    h2->out = NULL;
    h2->busy = false;
}

void h2_flush(struct h2 *h2)
{
    flush(h2, h2->callbacks.queued ? H2_HIGH_WATER : SIZE_MAX);
}

void h2_flush_all(struct h2 *h2)
{
    flush(h2, SIZE_MAX);
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
    if (size > H2_SEND_HEADER_MAX)
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
    h2_stream_feed(h2, stream);
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

/* nghttp2 knows of a stream that it has not opened itself in one case: as the one of a request before an upgrade. It
 * waits for an acknowledgement of SETTINGS that it believes to have sent. */
bool h2_adopt(struct h2 *h2, void *stream_user, size_t settings_count)
{
    static const uint8_t no_settings[1];
    const uint8_t *unsent;
    assert(!h2->server && !h2->busy);
    struct h2_stream *stream = h2_stream_new(&h2->queue, 1);
    if (!stream)
        return false;
    bool adopted = nghttp2_session_upgrade2(h2->session, no_settings, 0, 0, stream) == 0;
    h2_flush(h2);
    for (size_t i = 0; i < settings_count && adopted; i++)
        adopted = nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, NULL, 0) == 0 &&
                  nghttp2_session_mem_send(h2->session, &unsent) >= 0;
    if (!adopted) {
        nghttp2_session_set_stream_user_data(h2->session, 1, NULL);
        h2_stream_free(&h2->queue, stream);
        return false;
    }
    stream->headers_sent = true;
    stream->user = stream_user;
    return true;
}

bool h2_headers(struct h2 *h2, int32_t id, const struct fields *fields, bool end_stream)
{
    struct h2_stream *stream = h2_stream_find(h2, id);
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
    h2_frame_head(head, bytes.len, NGHTTP2_DATA, end_stream ? NGHTTP2_FLAG_END_STREAM : 0, (uint32_t)stream->id);
    return h2_piece_add(&h2->queue, H2_PIECE_BYTES, span_of(head, sizeof head), bytes) != NULL;
}

bool h2_data(struct h2 *h2, int32_t id, struct span bytes, bool end_stream)
{
    struct h2_stream *stream = h2_stream_find(h2, id);
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
    struct h2_stream *stream = h2_stream_find(h2, id);
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
