/* What the HTTP/1.1 client (libcurl) and the HTTP/2 client (nghttp2) have in common: one request, what was seen of its
 * response, a few things a case may do to it while it runs. */
#ifndef TRANSCHECK_NET_CLIENT_H
#define TRANSCHECK_NET_CLIENT_H

#include "harness/base/raw_request.h"
#include "harness/base/transcript.h"
#include "harness/net/loop.h"

#define CLIENT_MAX_BODY   (64u << 20) /* more ends the exchange as ENDING_TOO_LARGE */
#define CLIENT_MAX_HEADER (256u << 10)

struct client;
struct client_exchange;

struct client_options {
    const char *host;
    uint16_t port;
    bool tls;
    const char *authority;   /* Host or :authority; "host:port" when NULL */
    const char *cacert_file; /* NULL: the system's */
    const char *cert_file;   /* client certificate */
    const char *key_file;
    bool insecure;
    struct budget *budget;  /* of connections and HTTP/2 sessions; a response counts in that of its arena; or NULL */
    bool reuse;             /* keep connections for later exchanges; else each has its own */
    size_t max_connections; /* with reuse; 0: 1 */
};

struct client_request {
    const struct raw_request *raw; /* sent in place of all that follows but `method`, on a connection of its own; its
                                      marker are `headers`, of which a host is the authority; NULL: there is none */
    uint64_t stay_ms;              /* raw HTTP/1.1: so long it waits behind the answer for what else comes */
    struct span method;
    struct span target;           /* path and query, sent as it is */
    const struct fields *headers; /* in order, sent as they are; content-length is added when there is a body */
    struct span body;
    bool has_body;    /* an empty body that is there is content-length: 0 */
    bool chunked;     /* HTTP/1.1: transfer-encoding chunked; HTTP/2: no content-length */
    bool open;        /* HTTP/2, with `chunked`: more of the body comes by client_extend */
    size_t split_len; /* write (HTTP/1.1) or DATA frame (HTTP/2) size; 0: as large as possible */
    const size_t
        *holds; /* HTTP/2: at each of these lengths of the body, in order, the sending stops until client_go_on */
    size_t hold_count;
    size_t abort_after; /* break off (RST_STREAM, or close) after so many body bytes; SIZE_MAX: never */
    bool expect_continue;
    uint64_t together;   /* requests with the same number, not 0, share a connection of theirs: by HTTP/2 as its
                            streams, by HTTP/1.1 one after the other */
    bool keep;           /* of these, one more follows when this has ended: the connection stays for it */
    uint64_t timeout_ms; /* hard deadline: ends as ENDING_TIMEOUT */
};

struct client_callbacks {
    /* The final header section is in (seen->status, seen->headers). May be NULL. */
    void (*on_headers)(void *user, struct response_seen *seen);
    /* New bytes of the body, in place in seen->body. May be NULL. Both callbacks may cancel or pause the
     * exchange; neither may call client_free. */
    void (*on_body)(void *user, struct response_seen *seen, struct span bytes);
    /* Once, when the exchange has ended; seen->ending says how. The exchange is gone after it returns. */
    void (*on_end)(void *user, struct response_seen *seen);
};

/* Creates the client; connects lazily. */
enum err_code http1_client_new(struct client **out, struct loop *loop, const struct client_options *options,
                               struct err *err);
/* HTTP/1.1 byte by byte: takes only requests that are raw. */
enum err_code http1_raw_client_new(struct client **out, struct loop *loop, const struct client_options *options,
                                   struct err *err);
enum err_code h2_client_new(struct client **out, struct loop *loop, const struct client_options *options,
                            struct err *err);
/* Ends what is under way without callbacks, frees. */
void client_free(struct client *client);

/* Starts a request. `seen` must be initialised and outlive the exchange; so must the request's bytes. The outcome,
 * errors of the connection too, comes through on_end, never inside this call. NULL only when out of memory. */
struct client_exchange *client_start(struct client *client, const struct client_request *request,
                                     struct response_seen *seen, const struct client_callbacks *callbacks, void *user);
/* As a user who goes away: RST_STREAM CANCEL, or closing the connection. Ends as ENDING_CANCELLED. */
void client_cancel(struct client_exchange *exchange);
/* The body of an open request is now this, which begins with what it was; `last`: that is all of it. */
void client_extend(struct client_exchange *exchange, struct span body, bool last);
/* Goes on with the body of a request behind the next of its holds. HTTP/2. */
void client_go_on(struct client_exchange *exchange);
/* Stops reading (no window updates; no recv) until resumed. */
void client_pause(struct client_exchange *exchange, bool pause);

#endif
