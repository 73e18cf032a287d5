/* One connection of a client. reference.c looks at its first bytes and gives it to http1 or http2. Private to
 * reference/. */
#ifndef TRANSCHECK_REFERENCE_CLIENT_H
#define TRANSCHECK_REFERENCE_CLIENT_H

#include "harness/net/conn.h"
#include "harness/reference/defect_leftovers.h"

struct client_connection;

struct client_protocol {
    /* Makes the protocol's state, client->state. false: out of memory. */
    bool (*init)(struct client_connection *client);
    void (*read)(struct client_connection *client, struct span bytes);
    /* The client has closed or reset the connection. */
    void (*end)(struct client_connection *client);
    void (*drain)(struct client_connection *client);
    void (*fini)(struct client_connection *client);
};

extern const struct client_protocol http1_protocol;
extern const struct client_protocol http2_protocol;

enum client_closing { CLIENT_OPEN, CLIENT_CLOSE, CLIENT_ABORT };

struct client_connection {
    struct reference_core *core;
    struct reference *reference;
    struct conn *conn;
    struct client_connection *next;
    struct client_connection **link;
    const struct client_protocol *protocol; /* NULL: not known yet */
    void *state;
    struct loop_timer *idle;
    struct loop_task task;
    enum client_closing closing;
    uint8_t first[24];
    size_t first_len;
    struct leftovers left;
};

/* Closes (writing what is queued) or resets the connection at the next turn of the loop; no more `read` before that. */
void client_close(struct client_connection *client, enum client_closing how);
/* Starts the time anew after which an idle client is dropped. */
void client_active(struct client_connection *client);

#endif
