/* Streams, queued frames and their memory, for h2.c. */
#include "harness/net/h2_queue.h"

#include <stdlib.h>

void h2_queue_init(struct h2_queue *queue, struct budget *budget)
{
    *queue = (struct h2_queue){.budget = budget};
    queue->piece_tail = &queue->piece_head;
}

static void stream_release(struct h2_queue *queue, struct h2_stream *stream)
{
    budget_give(queue->budget, sizeof *stream);
    free(stream);
}

static void item_release(struct h2_queue *queue, struct h2_item *item)
{
    budget_give(queue->budget, sizeof *item + item->cap);
    free(item);
}

void h2_queue_fini(struct h2_queue *queue)
{
    while (queue->streams)
        h2_stream_free(queue, queue->streams);
    for (struct h2_stream *stream = queue->free_streams, *next; stream; stream = next) {
        next = stream->next;
        stream_release(queue, stream);
    }
    for (struct h2_item *item = queue->free_items, *next; item; item = next) {
        next = item->next;
        item_release(queue, item);
    }
    while (queue->piece_head)
        h2_piece_drop(queue);
}

struct h2_item *h2_item_new(struct h2_queue *queue, size_t len)
{
    struct h2_item *item = NULL;
    if (len <= H2_ITEM_CAP && queue->free_items) {
        item = queue->free_items;
        queue->free_items = item->next;
        queue->free_item_count--;
    } else {
        size_t cap = len <= H2_ITEM_CAP ? H2_ITEM_CAP : len;
        if (!budget_take(queue->budget, sizeof *item + cap))
            return NULL;
        item = malloc(sizeof *item + cap);
        if (!item) {
            budget_give(queue->budget, sizeof(struct h2_item) + cap);
            return NULL;
        }
        item->cap = cap;
    }
    item->next = NULL;
    item->len = len;
    item->off = 0;
    item->count = 0;
    item->end_stream = false;
    return item;
}

void h2_item_free(struct h2_queue *queue, struct h2_item *item)
{
    if (item->cap != H2_ITEM_CAP || queue->free_item_count >= H2_KEEP) {
        item_release(queue, item);
        return;
    }
    item->next = queue->free_items;
    queue->free_items = item;
    queue->free_item_count++;
}

struct h2_stream *h2_stream_new(struct h2_queue *queue, int32_t id)
{
    struct h2_stream *stream = queue->free_streams;
    if (stream) {
        queue->free_streams = stream->next;
        queue->free_stream_count--;
    } else {
        if (!budget_take(queue->budget, sizeof *stream))
            return NULL;
        stream = malloc(sizeof *stream);
        if (!stream) {
            budget_give(queue->budget, sizeof *stream);
            return NULL;
        }
    }
    *stream = (struct h2_stream){.id = id};
    stream->tail = &stream->head;
    stream->next = queue->streams;
    stream->link = &queue->streams;
    if (stream->next)
        stream->next->link = &stream->next;
    queue->streams = stream;
    queue->open_streams++;
    queue->last = stream;
    return stream;
}

void h2_stream_free(struct h2_queue *queue, struct h2_stream *stream)
{
    *stream->link = stream->next;
    if (stream->next)
        stream->next->link = stream->link;
    queue->open_streams--;
    if (queue->last == stream)
        queue->last = NULL;
    for (struct h2_item *item = stream->head, *next; item; item = next) {
        next = item->next;
        h2_item_free(queue, item);
    }
    for (struct h2_item *item = stream->held, *next; item; item = next) {
        next = item->next;
        h2_item_free(queue, item);
    }
    queue->queued -= stream->queued;
    if (queue->free_stream_count >= H2_KEEP) {
        stream_release(queue, stream);
        return;
    }
    stream->next = queue->free_streams;
    queue->free_streams = stream;
    queue->free_stream_count++;
}

struct h2_piece *h2_piece_add(struct h2_queue *queue, enum h2_piece_kind kind, struct span head, struct span bytes)
{
    size_t size = sizeof(struct h2_piece) + head.len + bytes.len;
    if (kind == H2_PIECE_BYTES && !budget_take(queue->budget, size))
        return NULL;
    struct h2_piece *piece = malloc(size);
    if (!piece) {
        if (kind == H2_PIECE_BYTES)
            budget_give(queue->budget, size);
        return NULL;
    }
    if (kind != H2_PIECE_BYTES)
        budget_charge(queue->budget, size);
    *piece = (struct h2_piece){.kind = kind, .len = head.len + bytes.len};
    if (head.len > 0)
        memcpy(piece->bytes, head.data, head.len);
    if (bytes.len > 0)
        memcpy(piece->bytes + head.len, bytes.data, bytes.len);
    *queue->piece_tail = piece;
    queue->piece_tail = &piece->next;
    queue->pieces_queued++;
    return piece;
}

void h2_piece_drop(struct h2_queue *queue)
{
    struct h2_piece *piece = queue->piece_head;
    queue->piece_head = piece->next;
    if (!queue->piece_head)
        queue->piece_tail = &queue->piece_head;
    budget_give(queue->budget, sizeof *piece + piece->len);
    free(piece);
}

void h2_out_write(struct h2_out *out)
{
    if (out->len > 0 && !out->dead && !out->write(out->user, span_of(out->bytes, out->len)))
        out->dead = true;
    out->len = 0;
}

void h2_out_append(struct h2_out *out, const uint8_t *data, size_t len)
{
    out->total += len;
    if (len > H2_OUT_MAX - out->len)
        h2_out_write(out);
    if (len > H2_OUT_MAX) {
        if (!out->dead && !out->write(out->user, span_of(data, len)))
            out->dead = true;
        return;
    }
    memcpy(out->bytes + out->len, data, len);
    out->len += len;
}
