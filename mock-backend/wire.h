/* Private to the mock backend: what carries calls. A protocol is a table of functions in a file of its own (wire_h2.c,
 * wire_h1.c); it tells what arrives through arrival.c, and call.c plays scripts on it. What is sent waits in the wire,
 * or in its connection, until flow control and the peer let it go. */
#ifndef TRANSCHECK_MOCK_BACKEND_WIRE_H
#define TRANSCHECK_MOCK_BACKEND_WIRE_H

#include "harness/base/err.h"
#include "harness/base/fields.h"

struct backend_conn;
struct backend_call;

struct wire {
    /* Makes conn->wire_state; false: no memory. */
    bool (*open)(struct backend_conn *conn);
    void (*free)(struct backend_conn *conn);
    /* Anything but ERR_OK: the peer broke the protocol, and the connection is of no use any more. */
    enum err_code (*receive)(struct backend_conn *conn, struct span bytes, struct err *err);
    /* Sends what the functions below queued, and what waited for the connection's queue to become empty. `all`: however
     * much waits, before the connection is closed behind it. */
    void (*flush)(struct backend_conn *conn, bool all);

    /* Of a call whose stream is open. false: it could not be sent, for want of memory or because the stream is over. */
    bool (*headers)(struct backend_call *call, const struct fields *fields, bool end_stream);
    bool (*trailers)(struct backend_call *call, const struct fields *fields);
    /* A copy of `bytes`, as one unit that is not joined with another. */
    bool (*data)(struct backend_call *call, struct span bytes, bool end_stream);
    bool (*reset)(struct backend_call *call, uint32_t code);
    /* Bytes of data that wait. */
    size_t (*queued)(const struct backend_call *call);
    /* Nothing waits any more. When it is false arrival_sent will be called. */
    bool (*idle)(const struct backend_call *call);

    /* Tells the peer that no more calls are taken; NULL: the protocol has no word for it. */
    void (*leave)(struct backend_conn *conn);
    /* Of the connection of a call, whether its stream is open or not. */
    void (*goaway)(struct backend_call *call, bool covers, uint32_t code);
    void (*raw)(struct backend_call *call, struct span bytes, bool own_stream);
};

extern const struct wire wire_h2, wire_h1;

#endif
