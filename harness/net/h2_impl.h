/* Private to the HTTP/2 session: its state, and what h2.c (making, receiving) and h2_send.c (queueing, sending) call of
 * each other. */
#ifndef TRANSCHECK_NET_H2_IMPL_H
#define TRANSCHECK_NET_H2_IMPL_H

#include <nghttp2/nghttp2.h>

#include "harness/net/h2.h"
#include "harness/net/h2_queue.h"

#define H2_SEND_HEADER_MAX (4u << 20) /* of one sent header section */

struct h2 {
    nghttp2_session *session;
    struct h2_callbacks callbacks;
    void *user;
    bool server;
    bool manual_window;
    bool busy;             /* inside nghttp2, which must not be entered again */
    bool dead;             /* `write` refused: nothing can be sent any more */
    bool held;             /* frames that may go wait until the connection has written what it has */
    struct budget *budget; /* or NULL */
    bool failed;           /* the peer broke the protocol, or memory ran out */
    bool settings_seen;
    bool goaway_seen;
    size_t own_goaways; /* submitted by h2_goaway and not sent yet */
    struct h2_queue queue;
    /* The header section being received. */
    struct field *fields;
    nghttp2_rcbuf **rcbufs; /* two for each field */
    size_t field_count, field_cap, field_bytes;
    char reason[256];
    struct h2_out *out; /* while h2_flush runs */
};

/* h2.c: the open stream of that id, or NULL. */
struct h2_stream *h2_stream_find(struct h2 *h2, int32_t id);
/* h2_send.c: hands nghttp2 what is at the front of the stream's queue, as far as order allows. */
void h2_stream_feed(struct h2 *h2, struct h2_stream *stream);
/* h2_send.c: nghttp2 asks how long the next DATA frame is to be. */
ssize_t h2_read_length(nghttp2_session *session, uint8_t type, int32_t id, int32_t connection_window,
                       int32_t stream_window, uint32_t max_frame, void *user);

#endif
