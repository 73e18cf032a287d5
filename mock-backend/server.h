/* The mock gRPC backend: a server of HTTP/2 (cleartext prior knowledge, or TLS with ALPN h2) and of HTTP/1.1 (anything
 * else), on one port, that plays scripts and records everything it receives. Runs on the caller's loop, so the runner
 * and `transcheck backend` share it.
 *
 * Limits: BACKEND_MAX_CONNECTIONS connections, 1000 streams each, and one budget of memory for everything that was
 * received and is not judged yet, and for what waits to be sent. When it is full, strays (calls that nobody claimed)
 * are given up, the oldest first; then what arrives is refused: bytes of a claimed call are not kept and its `seen`
 * says so (over_budget), new calls are reset with ENHANCE_YOUR_CALM. At the limit of connections the one that has been
 * idle for longest makes room. Nothing is held back by flow control instead: the windows that all connections begin
 * with exceed any budget, and a window that stays shut would look like a proxy that hangs. Of HTTP/1.1
 * a header section has at most 64 KiB and 500 fields, and 64 KiB are read ahead of the request that is answered; what
 * is no request is recorded (call_seen.malformed) and answered with 400. */
#ifndef TRANSCHECK_MOCK_BACKEND_SERVER_H
#define TRANSCHECK_MOCK_BACKEND_SERVER_H

#include "harness/base/transcript.h"
#include "harness/net/loop.h"
#include "mock-backend/script.h"

#define BACKEND_MAX_CONNECTIONS 1024
#define BACKEND_LEAVE_MS        200

struct backend;
struct backend_call;

enum backend_claim {
    BACKEND_CLAIMED,  /* plan is filled */
    BACKEND_LATER,    /* ask again when the request is complete */
    BACKEND_UNCLAIMED /* nobody's: answered as a gRPC server would (415 to a foreign content type, else UNIMPLEMENTED;
                       * 404 to HTTP/1.1)
                       */
};

struct backend_plan {
    const struct script *script; /* outlives the call; NULL: answered as an unclaimed call is, but recorded in `seen` */
    struct call_seen *seen;      /* initialised by the claimer, outlives the call; NULL: nothing is recorded */
    void *tag;                   /* whose call it is, for backend_signal */
};

/* A view of a call for the claimer, valid during the callback. */
struct backend_request {
    const struct fields *headers; /* with pseudo headers */
    struct span body;             /* received so far; whole when `complete` */
    bool complete;
    uint32_t conn;
    int32_t stream;         /* 0: of HTTP/1.1 */
    size_t calls_in_flight; /* on this connection, this one included */
};

/* What the budget, or the number of connections, took. */
enum backend_limit {
    BACKEND_STRAY_DROPPED, /* the oldest call that nobody claimed was given up; on_stray will not come */
    BACKEND_IDLE_CLOSED,   /* a connection without calls was closed for a new one */
    BACKEND_TURNED_AWAY,   /* a connection, a call or an answer was refused; whose it was is not known */
    BACKEND_LIMIT_COUNT
};

struct backend_callbacks {
    /* Asked when the headers are in, and once more when complete if BACKEND_LATER was said (then LATER is UNCLAIMED).
     */
    enum backend_claim (*on_call)(void *user, const struct backend_request *request, struct backend_plan *plan);
    /* The call is over on both sides, or its connection is gone. */
    void (*on_call_end)(void *user, const struct backend_plan *plan);
    /* A call that nobody claimed is over. */
    void (*on_stray)(void *user, const struct call_seen *seen);
    /* A connection ended with calls in flight (tags listed); `by_us`: a script closed it. */
    void (*on_conn_lost)(void *user, uint32_t conn, bool by_us, void *const *tags, size_t count);
    /* A limit took something. It may come inside any function of the backend: only count and tell. */
    void (*on_limit)(void *user, enum backend_limit what);
    /* The script of this call waits for a point that it shares with others (script_point_is_shared). The answer is
     * backend_signal with how far they have come, whenever that changes, but never from here. NULL: there are no
     * others, and scripts do not wait for them. */
    void (*on_wait)(void *user, void *tag, enum script_point point, size_t count);
    /* What backend_listen asked for holds: no connection is left from before. */
    void (*on_listening)(void *user);
    /* A connection came that takes no calls, as backend_listen asked. */
    void (*on_turned_down)(void *user);
    /* The first step after `await request_headers`, RST from the proxy ... : something was seen; may be NULL. */
    void (*on_progress)(void *user, void *tag);
};

struct backend_options {
    const char *address;
    uint16_t port; /* 0 picks one */
    const char *cert_file;
    const char *key_file;
    bool tls;                    /* with no cert_file: a throw-away certificate */
    struct budget *budget;       /* outlives the backend, which sets its reclaim; NULL: none */
    const struct schema *schema; /* of the methods that the default behaviour knows; may be NULL */
    bool serve_default; /* stand-alone: unclaimed calls of known methods are answered OK: the input echoed where
                           input and output type are the same, else an empty message */
};

enum err_code backend_new(struct backend **out, struct loop *loop, const struct backend_options *options,
                          const struct backend_callbacks *callbacks, void *user, struct err *err);
void backend_free(struct backend *backend);
uint16_t backend_port(const struct backend *backend);
/* From now on connections meet what `listener` says (copied); NULL: they are served as always. Those that there are get
 * GOAWAY, where they speak HTTP/2, and are closed, and with them the calls on them; on_listening comes when the proxy
 * has closed its side, too, or BACKEND_LEAVE_MS later, never inside this call. ERR_IO: the port cannot be listened on,
 * and on_listening does not come. */
enum err_code backend_listen(struct backend *backend, const struct script_listener *listener, struct err *err);
/* Tells calls of `tag` that a point was reached: SCRIPT_CLIENT_HAS_MESSAGES with its count, SCRIPT_CLIENT_CANCELLED. */
void backend_signal(struct backend *backend, void *tag, enum script_point point, size_t count);
/* Resets (CANCEL) whatever calls of `tag` are still open and forgets them: no more callbacks for them. */
void backend_release(struct backend *backend, void *tag);
/* Calls in flight over all connections, claimed or not. */
size_t backend_calls_in_flight(const struct backend *backend);

#endif
