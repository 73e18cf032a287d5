/* One HTTP/2 connection over nghttp2, in memory: bytes in through h2_receive, bytes out through the `write` callback.
 * Both roles. HTTP messaging checks of nghttp2 are off (we send and must see malformed messages); frames are checked.
 *
 * DATA frames keep the boundaries they were queued with (split only at the peer's frame size and window). Bytes queued
 * by h2_raw go out between frames, in order with what was queued before. Source: RFC 9113.
 *
 * Memory: with a budget everything is counted there, what nghttp2 allocates included. DATA that does not fit is not
 * queued (h2_data says so); a stream or a header section that does not fit is reset with ENHANCE_YOUR_CALM
 * (on_turned_away). While H2_HIGH_WATER bytes wait to be written (`queued`), nothing more is handed out; a peer that
 * then goes on asking for answers that it does not read (PING, SETTINGS, streams that are refused) loses the
 * connection: with more than H2_MAX_ANSWERS of them waiting, or H2_FEW_ANSWERS when the budget is full. */
#ifndef TRANSCHECK_NET_H2_H
#define TRANSCHECK_NET_H2_H

#include "harness/base/budget.h"
#include "harness/base/err.h"
#include "harness/base/fields.h"
#include "harness/base/h2_code.h"

#define H2_MAX_HEADER_BYTES                                                                                            \
    (256u << 10)                   /* of one received header section; more resets the stream (ENHANCE_YOUR_CALM) */
#define H2_MAX_QUEUED  (64u << 20) /* of DATA queued in one connection */
#define H2_HIGH_WATER  (1u << 20)  /* bytes that wait to be written, after which frames stay where they are */
#define H2_MAX_ANSWERS 4096u       /* control frames that wait while the peer does not read */
#define H2_FEW_ANSWERS 64u

struct h2;

enum h2_headers_kind {
    H2_REQUEST,
    H2_INFORMATIONAL, /* 1xx */
    H2_RESPONSE,
    H2_TRAILERS
};

/* Callbacks may call any h2_ function but h2_free and h2_receive; what they queue is sent by the call that runs them
 * (h2_flush does nothing inside). `fields` is valid during the call. Unset ones may be NULL. */
struct h2_callbacks {
    /* Bytes for the connection; false stops sending for good. */
    bool (*write)(void *user, struct span bytes);
    /* Bytes given to `write` that still wait. The owner calls h2_flush when it has become 0. NULL: always 0. */
    size_t (*queued)(void *user);
    void (*on_headers)(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields,
                       bool end_stream);
    /* One DATA frame or a part of one. */
    void (*on_data)(void *user, int32_t stream, struct span bytes);
    /* A DATA frame is over: its payload length, and whether END_STREAM was set. */
    void (*on_data_end)(void *user, int32_t stream, size_t frame_len, bool end_stream);
    void (*on_rst)(void *user, int32_t stream, uint32_t code);
    void (*on_goaway)(void *user, int32_t last_stream, uint32_t code, struct span debug);
    /* The stream is over on both sides (or reset); its `stream_user` was set by h2_set_stream_user. */
    void (*on_close)(void *user, int32_t stream, uint32_t code);
    /* All that was queued for a stream by h2_data has been written (flow control included). */
    void (*on_sent)(void *user, int32_t stream);
    /* Something that the peer sent was turned away because the budget is full: a stream, or a header section. */
    void (*on_turned_away)(void *user);
};

struct h2_options {
    bool server;
    uint32_t max_concurrent_streams; /* announced; 0: 1000 */
    uint32_t initial_window;         /* announced for streams; 0: 1 MiB (the connection window follows it, from 65535
                                        bytes on) */
    bool no_settings;                /* the SETTINGS frame that RFC 9113 section 3.4 asks for first is not sent */
    bool await_settings;             /* until the peer's SETTINGS say how many streams it takes, one is opened */
    bool manual_window;              /* no automatic WINDOW_UPDATE: call h2_consume */
    struct budget *budget;           /* or NULL */
};

enum err_code h2_new(struct h2 **out, const struct h2_options *options, const struct h2_callbacks *callbacks,
                     void *user, struct err *err);
void h2_free(struct h2 *h2);

/* Feeds received bytes, then sends what became due. Anything but ERR_OK: the peer broke the protocol; a GOAWAY was
 * sent. */
enum err_code h2_receive(struct h2 *h2, struct span bytes, struct err *err);
/* Sends what may be sent now, up to H2_HIGH_WATER. The submit functions below only queue; callers flush once when done.
 */
void h2_flush(struct h2 *h2);
/* As h2_flush, however much waits: before the connection is closed behind what was queued. */
void h2_flush_all(struct h2 *h2);

/* Opens a stream (client). Pseudo headers are in `fields`, first. Negative: no more streams possible. */
int32_t h2_request(struct h2 *h2, const struct fields *fields, bool end_stream);
/* Opens stream 1 (client), for which nothing is sent: its frames come by h2_raw. Before all others; not inside of a
 * callback. So many SETTINGS frames are among what h2_raw gets, and will be acknowledged. */
bool h2_adopt(struct h2 *h2, void *stream_user, size_t settings_count);
/* Response headers, 1xx or trailers; any number of times, in order with queued data. false: no such stream. */
bool h2_headers(struct h2 *h2, int32_t stream, const struct fields *fields, bool end_stream);
/* One DATA frame, copied; an empty one is sent as an empty frame. false: no such stream, or H2_MAX_QUEUED. */
bool h2_data(struct h2 *h2, int32_t stream, struct span bytes, bool end_stream);
/* Goes out after all that was queued before it, but for DATA that flow control holds back: that is dropped (wait for
 * h2_stream_idle to prevent it). */
bool h2_rst(struct h2 *h2, int32_t stream, uint32_t code);
/* In order, as h2_raw. */
void h2_goaway(struct h2 *h2, int32_t last_stream, uint32_t code, struct span debug);
/* Bytes as they are, between frames. */
void h2_raw(struct h2 *h2, struct span bytes);
/* As h2_raw, of two pieces in one. */
void h2_raw_joined(struct h2 *h2, struct span head, struct span bytes);
/* The bytes of a stream whose window was not given back: it never is (manual_window; a defect of the reference). */
void h2_forget(struct h2 *h2, int32_t id);
/* Gives back `len` bytes of window (manual_window). */
void h2_consume(struct h2 *h2, int32_t stream, size_t len);
void h2_set_stream_user(struct h2 *h2, int32_t stream, void *stream_user);
void *h2_stream_user(struct h2 *h2, int32_t stream);
/* Bytes of DATA queued and not yet written, of one stream. */
size_t h2_queued(const struct h2 *h2, int32_t stream);
/* Whether no DATA frame of that stream waits any more, not even an empty one. When it is false, on_sent will be called.
 */
bool h2_stream_idle(const struct h2 *h2, int32_t stream);
/* Bytes of DATA that a new stream may send before the peer gives more (its SETTINGS_INITIAL_WINDOW_SIZE). */
size_t h2_window(const struct h2 *h2);
/* Streams that the peer takes at once (its SETTINGS_MAX_CONCURRENT_STREAMS), as far as it is known. */
size_t h2_peer_streams(const struct h2 *h2);
/* Whether the peer's SETTINGS have arrived. */
bool h2_peer_settings_seen(const struct h2 *h2);
/* Whether no new stream may be opened (GOAWAY received or ids used up). */
bool h2_draining(const struct h2 *h2);
/* Streams that are open now. */
size_t h2_open_streams(const struct h2 *h2);

#endif
