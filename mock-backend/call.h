/* Private to the mock backend: connections and calls. server.c has the connections, wire_h2.c what they speak,
 * listener.c what new connections meet,
 * arrival.c the life of a call and the question whose it is, call.c plays its script, record.c writes down what was
 * seen, strays.c gives up what nobody claimed, defaults.c says what is answered without a script. */
#ifndef TRANSCHECK_MOCK_BACKEND_CALL_H
#define TRANSCHECK_MOCK_BACKEND_CALL_H

#include "harness/engine/proto/schema.h"
#include "harness/net/conn.h"
#include "harness/net/h2.h"
#include "mock-backend/server.h"
#include "mock-backend/wire.h"

#define BACKEND_MAX_BODY    (16u << 20) /* of a request, kept for the claimer, for echoes and for strays */
#define BACKEND_MAX_AHEAD   (4u << 20)  /* DATA of one stream queued before a script waits */
#define BACKEND_CONN_COST   (32u << 10) /* the memory of a connection that is idle, about */
#define BACKEND_FIRST_BYTES 3u /* enough to tell HTTP/2, whose preface begins with "PRI" (RFC 9113 section 3.4) */
#define BACKEND_CALL_ARENA  (1u << 20) /* a call's own copy of its request headers and of a stray's record */

enum call_wait {
    CALL_STARTING, /* nothing is played yet: the request is not complete */
    CALL_READY,
    CALL_WAITS_TIME,
    CALL_WAITS_POINT,
    CALL_WAITS_SENT, /* until what is queued on the stream has been written */
    CALL_WAITS_BODY, /* an echo waits for more of the request */
    CALL_DONE        /* the script has run out, or cannot go on */
};

struct backend_conn {
    struct backend *backend;
    struct conn *conn;
    const struct wire *wire; /* NULL: nothing has come that says which */
    void *wire_state;
    uint8_t begun[BACKEND_FIRST_BYTES]; /* what has come meanwhile */
    size_t begun_len;
    struct backend_conn *next, **link;
    struct backend_call *calls; /* those with an open stream, or with steps left */
    size_t open_calls;          /* streams */
    uint32_t number;
    struct loop_task teardown;
    struct loop_task drops;         /* resets strays that were given up */
    uint64_t last_call;             /* backend->call_serial when its last call came */
    struct loop_timer *reset_timer; /* polls for the end of what must arrive before a reset */
    unsigned reset_polls;
    bool closing;        /* no more steps are played, no more bytes are read */
    bool by_us;          /* a script closes it */
    bool close_reset;    /* ... by TCP RST, once what is queued has been written */
    bool lost_reset;     /* the proxy closed it by TCP RST */
    bool turned_down;    /* it began when no calls were taken */
    int32_t last_stream; /* of HTTP/2, that a call came on */
};

struct backend_call {
    struct backend_call *next, **link;  /* of conn->calls, or of the pool */
    struct backend_call *older, *newer; /* among the strays, when listed */
    struct backend_conn *conn;
    int32_t stream;        /* 0: of HTTP/1.1 */
    const char *protocol;  /* of its request: call_seen.protocol */
    const char *malformed; /* why its request is none; or NULL */
    struct backend_plan plan;
    const struct script *script;
    bool claimed;
    bool later;     /* to be asked again when the request is complete */
    bool stray;     /* `own` records it for on_stray */
    bool listed;    /* among the strays */
    bool dropped;   /* given up: only its stream is left */
    bool complete;  /* END_STREAM of the request */
    bool closed;    /* the stream is over */
    bool cut_short; /* a step could not be played because the stream was over */
    bool echoes;    /* the script sends the request back */
    bool playing;   /* inside call_play */
    bool client_cancelled;
    bool client_has_headers;
    size_t client_messages;
    size_t meetings;     /* `all_here` steps that all calls of its group have come to */
    size_t others_ended; /* of its group */
    bool awaits;         /* a point, and its owner was told */
    uint64_t visit;      /* of each_call */
    enum call_wait wait;
    size_t step;
    size_t repeated; /* of the current DATA step */
    size_t echoed;   /* bytes of body */
    uint64_t start_us;
    struct loop_timer *timer; /* made when first needed, kept with the pooled call */
    size_t frame_start;       /* in seen->body: where the DATA frame being received begins */
    struct buf body;
    struct fields headers; /* in arena, when later or stray */
    struct arena arena;
    struct call_seen own;
};

struct backend {
    struct loop *loop;
    struct listener *listener; /* NULL: nothing listens */
    char *address;
    uint16_t port;
    int held_port; /* keeps the port meanwhile; or -1 */
    struct tls_config *tls;
    struct tls_config *tls_http1;   /* without h2 */
    struct script_listener meets;   /* what connections that begin now meet */
    struct loop_timer *leave_timer; /* made when first needed */
    struct loop_task listening;     /* on_listening */
    bool changing;                  /* ... is due when the connections up to this number are gone: */
    uint32_t last_before;
    const struct schema *schema;
    struct backend_callbacks callbacks;
    void *user;
    bool serve_default;
    struct backend_conn *conns;
    size_t conn_count;
    struct budget *budget; /* or NULL */
    struct backend_call *oldest_stray, *newest_stray;
    struct backend_call *current; /* what is being received belongs to it: it is not given up */
    uint64_t call_serial;
    uint32_t last_number;
    size_t in_flight;
    uint64_t visits;
    struct backend_call *pool;
    size_t pool_count;
};

/* call.c: plays steps until one has to wait. Does not flush. */
void call_play(struct backend_call *call);
/* The stream is over: plays what is left for the connection (goaway, close, frame), then marks the call done. */
void call_stream_closed(struct backend_call *call);
void call_signal(struct backend_call *call, enum script_point point, size_t count);

/* arrival.c. A wire tells what arrives; nothing of it is flushed. `complete`: the request has no body. NULL: there is
 * no memory for a call, and the owner was told. */
struct backend_call *arrival_new(struct backend_conn *conn, int32_t stream, bool complete);
/* Once the wire knows the call, and `protocol` and `malformed` are set: asks whose it is, and begins it. */
void arrival_headers(struct backend_call *call, const struct fields *headers);
void arrival_body(struct backend_call *call, struct span bytes);
/* What came by arrival_body since the last time was one unit of `len` bytes. `end`: the request is complete. */
void arrival_frame(struct backend_call *call, size_t len, bool end);
void arrival_trailers(struct backend_call *call, const struct fields *fields, bool end);
void arrival_reset(struct backend_call *call, uint32_t code);
/* The stream is over on both sides; the wire forgets the call. */
void arrival_closed(struct backend_call *call);
/* Nothing that was sent waits any more. */
void arrival_sent(struct backend_call *call);
/* The call has neither stream nor steps: tells its owner, gives it back. */
void call_finish(struct backend_call *call);
/* Gives back the memory of a call; no step is played any more, nothing is recorded. */
void call_forget(struct backend_call *call);
/* Of the pool. */
void call_dispose(struct backend *backend, struct backend_call *call);

/* defaults.c: for a call that nobody claimed, or without a script. */
const struct script *call_default_script(const struct backend_call *call, const struct fields *headers);
/* For a request that is none, whoever claimed it. */
extern const struct script call_bad_request_script;

/* listener.c: makes the listener that serves as always. */
enum err_code listener_begin(struct backend *backend, struct err *err);
void listener_end(struct backend *backend);
/* listener.c: whether a connection that has just been accepted is to be kept; else it is reset. */
bool listener_admits(struct backend *backend);
/* listener.c: a connection is open that takes no calls, or has read something. */
void listener_turned_down_open(struct backend_conn *conn);
void listener_turned_down_read(struct backend_conn *conn);
/* listener.c: a connection is gone. */
void listener_conn_gone(struct backend *backend);
/* server.c: what listeners are made with. */
extern const struct conn_callbacks backend_conn_callbacks;
void *backend_accept(void *user, struct conn *conn);

/* server.c: the connection goes down once the current callbacks have returned. */
void backend_conn_close(struct backend_conn *conn);
/* server.c: its calls lose something to the budget, and the connection with it. */
void backend_conn_starved(struct backend_conn *conn);
/* server.c: frees it when its `conn` is closed. */
void backend_conn_free(struct backend_conn *conn);
/* server.c: tells that the budget or a limit took something. */
void backend_limit(const struct backend *backend, enum backend_limit what);

/* record.c: all do nothing when nothing is recorded (call->plan.seen is NULL). */
void record_start(struct backend_call *call, const struct fields *headers);
void record_body(struct backend_call *call, struct span bytes);
void record_frame(struct backend_call *call, size_t len, bool end_stream);
void record_trailers(struct backend_call *call, const struct fields *fields, bool end_stream);
void record_event(struct backend_call *call, enum transcript_actor from, enum transcript_kind kind, uint32_t code);
void record_sent_fields(struct backend_call *call, enum transcript_kind kind, const struct fields *fields,
                        bool end_stream);
void record_sent_bytes(struct backend_call *call, enum transcript_kind kind, struct span bytes, bool end_stream);
void record_note(struct backend_call *call, const char *note);
/* The request is not well-formed; `why` for people. */
void record_malformed(struct backend_call *call, const char *why);
void record_end(struct backend_call *call);

#endif
