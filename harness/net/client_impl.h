/* Private to net/: what the two implementations behind client.h share. An implementation puts bytes on the wire and
 * reports what it reads through the client_exchange_ functions; deadlines, the body cap, the time line and the order of
 * callbacks are kept here, once.
 *
 * Life of an exchange: taken by client_start, running until client_end says how it ended, on_end on a later turn of the
 * loop from a clean stack, then kept for the next request. */
#ifndef TRANSCHECK_NET_CLIENT_IMPL_H
#define TRANSCHECK_NET_CLIENT_IMPL_H

#include "harness/net/client.h"

#define CLIENT_MAX_INFORMATIONAL 100 /* 1xx responses of one exchange */
#define CLIENT_MAX_MARKER        64  /* fields that the run adds to a raw request */
#define CLIENT_NO_MEMORY         "the memory for what is received is used up (--max-memory-mib)"

struct client_class {
    size_t exchange_size; /* of the struct that begins with struct client_exchange */
    /* Frees what the implementation owns; every exchange has been stopped and discarded before. */
    void (*free)(struct client *client);
    /* Puts the request on its way; failures go through client_end. */
    void (*start)(struct client_exchange *exchange);
    /* Takes a running exchange off the wire. May be called from on_body. */
    void (*stop)(struct client_exchange *exchange);
    void (*pause)(struct client_exchange *exchange, bool pause);
    /* More of the body may be sent; NULL: there are neither holds nor open requests. */
    void (*go_on)(struct client_exchange *exchange);
    /* Frees what one exchange holds besides itself; may be NULL. */
    void (*discard)(struct client_exchange *exchange);
};

/* First member of each implementation's client. */
struct client {
    const struct client_class *class;
    struct loop *loop;
    struct budget *budget; /* or NULL */
    const char *authority; /* owned */
    bool tls;
    uint32_t conn_count; /* connections made so far; numbers them from 1 */
    struct loop_task ends;
    struct client_exchange *running;
    struct client_exchange *ended_head;
    struct client_exchange *ended_tail;
    struct client_exchange *idle;
    bool *freed; /* set by client_free while callbacks run */
};

/* First member of each implementation's exchange. */
struct client_exchange {
    struct client *client;
    struct client_exchange *next; /* in one of the client's lists */
    struct client_exchange *prev; /* in `running` only */
    struct client_request request;
    struct response_seen *seen;
    struct client_callbacks callbacks;
    void *user;
    struct loop_timer *deadline;
    bool ended;
    uint32_t conn;
    int32_t stream;
    size_t sent;      /* body bytes handed to the connection */
    size_t released;  /* of the request's holds */
    bool upload_done; /* the whole request was handed to the connection */
    unsigned informational;
    size_t header_bytes; /* received, informational responses and trailers included */
};

/* Fills the common part; `client` is zeroed storage of the implementation. */
enum err_code client_init(struct client *client, const struct client_class *class, struct loop *loop,
                          const struct client_options *options, struct err *err);
/* Frees the common part. */
void client_fini(struct client *client);

/* Ends the exchange once; later calls are ignored. on_end follows on the next turn. The implementation has let go of
 * it, or does before it returns to the loop. */
void client_end(struct client_exchange *exchange, enum ending ending);
/* Sets seen->detail unless it is set already. `format` makes text without bytes from the wire. */
void client_detail(struct client_exchange *exchange, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Sets seen->detail to `text` and bytes from the wire behind it, escaped and cut, unless it is set already. */
void client_detail_bytes(struct client_exchange *exchange, const char *text, struct span bytes);

/* Adds an event to the time line. `bytes` and `fields` may be empty. */
void client_event(struct client_exchange *exchange, enum transcript_actor from, enum transcript_kind kind,
                  const struct fields *fields, struct span bytes, bool end_stream);
void client_note(struct client_exchange *exchange, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Counts `len` bytes of a received header section; false when the limit ended the exchange. */
bool client_count_header(struct client_exchange *exchange, size_t len);
/* Adds a received field in the exchange's arena; false when it is full, which ended the exchange. */
bool client_field(struct client_exchange *exchange, struct fields *fields, struct span name, struct span value);
/* A whole section arrived: puts it into seen and the time line. `section` begins with :status unless it holds trailers.
 */
void client_section(struct client_exchange *exchange, struct fields *section, int status, bool trailers,
                    bool end_stream);
/* Body bytes arrived. false when that ended the exchange (a limit, or a cancel in on_body). */
bool client_body(struct client_exchange *exchange, struct span bytes, bool end_stream);
/* Appends the bytes of a raw request. false: they do not fit. */
bool client_raw(const struct client_exchange *exchange, struct buf *out);
/* A raw request was handed to the connection: puts it on the time line as the case has it. */
void client_raw_sent(struct client_exchange *exchange);
/* Body bytes of the request were handed to the connection. */
void client_sent(struct client_exchange *exchange, size_t len, bool last);

#endif
