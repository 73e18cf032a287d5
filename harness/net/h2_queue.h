/* Private to h2.c: what is queued in one connection, its memory, and the bytes that go out. Streams, items up to
 * H2_ITEM_CAP bytes and nothing else are kept for reuse, H2_KEEP of each, so that a request costs few allocations. It
 * knows nothing of nghttp2. All of it is counted in the budget; DATA and streams that do not fit are refused, the rest
 * is small and follows from these. */
#ifndef TRANSCHECK_NET_H2_QUEUE_H
#define TRANSCHECK_NET_H2_QUEUE_H

#include "harness/base/budget.h"
#include "harness/base/span.h"

#define H2_ITEM_CAP 512u
#define H2_KEEP     256u
#define H2_OUT_MAX  (64u << 10) /* bytes handed to `write` at once */

enum h2_item_kind { H2_ITEM_DATA, H2_ITEM_HEADERS };

/* What is queued for a stream, in order. `epoch`: it must not be sent before so many pieces are. */
struct h2_item {
    struct h2_item *next;
    enum h2_item_kind kind;
    bool end_stream;
    size_t epoch;
    size_t len; /* of bytes: payload, or the nghttp2_nv array followed by its text */
    size_t off;
    size_t cap;
    size_t count; /* of fields */
    _Alignas(max_align_t) uint8_t bytes[];
};

struct h2_stream {
    struct h2_stream *next, **link; /* of queue->streams, or of the free list */
    int32_t id;
    void *user;
    struct h2_item *head, **tail;
    struct h2_item *held; /* header text that nghttp2 reads without a copy */
    size_t queued;        /* DATA bytes */
    size_t data_items;    /* DATA frames in the queue */
    size_t unconsumed;    /* received and not given back (manual window) */
    bool opening;         /* a request that nghttp2 has not sent yet */
    bool headers_sent;
    bool headers_seen; /* client: the final response */
    bool data_active;  /* nghttp2 holds a data item of this stream */
    bool deferred;     /* ... and waits for nghttp2_session_resume_data */
    bool last_of_item; /* the DATA frame being sent is the last of that item */
    bool overflow;     /* the header section being received is too large */
};

/* What goes out when nothing of what was queued before it can be sent any more. RST_STREAM is among them because
 * nghttp2 drops whatever waits for a stream at the moment when its reset is submitted. */
enum h2_piece_kind { H2_PIECE_BYTES, H2_PIECE_RST, H2_PIECE_GOAWAY };

struct h2_piece {
    struct h2_piece *next;
    enum h2_piece_kind kind;
    int32_t stream;
    uint32_t code;
    size_t len;
    uint8_t bytes[];
};

struct h2_queue {
    struct budget *budget; /* or NULL */
    struct h2_stream *streams;
    struct h2_stream *last; /* of the last look-up; h2.c sets it */
    size_t open_streams;
    size_t queued; /* bytes of DATA */
    struct h2_piece *piece_head, **piece_tail;
    size_t pieces_queued, pieces_sent; /* counts */
    struct h2_stream *free_streams;
    size_t free_stream_count;
    struct h2_item *free_items;
    size_t free_item_count;
};

/* Bytes on their way to `write`, put together. */
struct h2_out {
    bool (*write)(void *user, struct span bytes);
    void *user;
    bool dead;    /* `write` refused: nothing can be sent any more */
    size_t total; /* bytes appended */
    size_t len;
    uint8_t bytes[H2_OUT_MAX];
};
void h2_out_append(struct h2_out *out, const uint8_t *data, size_t len);
void h2_out_write(struct h2_out *out);

void h2_queue_init(struct h2_queue *queue, struct budget *budget);
void h2_queue_fini(struct h2_queue *queue);

/* An item with room for `len` bytes. NULL when out of memory, or when it does not fit into the budget. */
struct h2_item *h2_item_new(struct h2_queue *queue, size_t len);
void h2_item_free(struct h2_queue *queue, struct h2_item *item);
/* A stream in the list of open ones. NULL as for an item. */
struct h2_stream *h2_stream_new(struct h2_queue *queue, int32_t id);
/* With all that is queued for it. */
void h2_stream_free(struct h2_queue *queue, struct h2_stream *stream);
/* A piece at the end, with a copy of `head` and `bytes` in one. NULL when out of memory. */
struct h2_piece *h2_piece_add(struct h2_queue *queue, enum h2_piece_kind kind, struct span head, struct span bytes);
/* Frees the first one. */
void h2_piece_drop(struct h2_queue *queue);

#endif
