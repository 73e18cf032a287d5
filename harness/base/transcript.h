/* What each side of the proxy saw: a time line of events for people (capped), and the observations that are judged.
 *
 * One exchange is one request of the client with the calls of the backend that belong to it. Clients (net/) and the
 * mock backend fill the structures; check (suite/) judges them; results (run/) writes them. All memory is in the
 * exchange's arena, except bodies, which are bufs with their own maximum and the arena's budget. Times are microseconds
 * on the loop's clock.
 */
#ifndef TRANSCHECK_BASE_TRANSCRIPT_H
#define TRANSCHECK_BASE_TRANSCRIPT_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/fields.h"

enum transcript_actor {
    TRANSCRIPT_CLIENT,  /* our client sent it */
    TRANSCRIPT_BACKEND, /* our backend sent it */
    TRANSCRIPT_PROXY,   /* the proxy under test sent it */
    TRANSCRIPT_ACTOR_COUNT
};

enum transcript_kind {
    TRANSCRIPT_CONNECT, /* a connection was made (client) or accepted (backend) */
    TRANSCRIPT_HEADERS, /* a header section; `fields` with pseudo headers; HTTP/1.1 start lines as :method/:path/:status
                         */
    TRANSCRIPT_DATA,    /* body bytes; `bytes` may be cut, `len` is the true length */
    TRANSCRIPT_TRAILERS, /* a trailer section */
    TRANSCRIPT_RST,      /* RST_STREAM; `code` */
    TRANSCRIPT_GOAWAY,   /* `code` */
    TRANSCRIPT_FIN,      /* the connection's sending side was closed in order */
    TRANSCRIPT_RESET,    /* the TCP connection was reset */
    TRANSCRIPT_TIMEOUT,  /* the harness gave up waiting */
    TRANSCRIPT_RAW,      /* raw HTTP/2 bytes outside frames that nghttp2 made, or unparsable bytes received */
    TRANSCRIPT_NOTE,     /* a remark of the harness: `note` */
    TRANSCRIPT_KIND_COUNT
};

struct transcript_event {
    uint64_t at_us;
    enum transcript_actor from;
    enum transcript_kind kind;
    uint32_t conn;   /* number of the connection on this side, from 1; 0 unknown */
    int32_t stream;  /* HTTP/2 stream id; 0 for HTTP/1.1 */
    bool end_stream; /* END_STREAM, or the end of an HTTP/1.1 message */
    uint32_t code;   /* HTTP/2 error code of RST and GOAWAY */
    size_t len;      /* true length of DATA or RAW */
    struct fields fields;
    struct span bytes;
    const char *note;
};

#define TRANSCRIPT_MAX_BYTES  (64u * 1024u) /* payload kept per side; as much again of header and trailer fields */
#define TRANSCRIPT_MAX_EVENTS 4096u

/* One side's time line. Events beyond max_bytes of payload keep their kind, time and length but lose their bytes, and
 * `cut` is set; beyond max_events they are only counted. Fields have a count of their own, so that trailers after a
 * large body are kept. */
struct transcript {
    struct arena *arena;
    struct transcript_event *events;
    size_t count;
    size_t cap;
    size_t bytes;
    size_t field_bytes;
    size_t max_bytes;
    size_t max_events;
    size_t dropped;
    bool cut;
};

void transcript_init(struct transcript *transcript, struct arena *arena, size_t max_bytes, size_t max_events);
/* Adds a copy of `event` (its fields, bytes and note are copied into the arena, bytes as far as the maximum allows). */
void transcript_add(struct transcript *transcript, const struct transcript_event *event);
const char *transcript_kind_name(enum transcript_kind kind);
const char *transcript_actor_name(enum transcript_actor actor);
/* false for a name that is none of them. */
bool transcript_kind_from_name(struct span name, enum transcript_kind *kind);
bool transcript_actor_from_name(struct span name, enum transcript_actor *actor);

/* How a side's exchange ended. FIN, RST and timeout are different observations. */
enum ending {
    ENDING_OPEN,       /* not ended (yet) */
    ENDING_COMPLETE,   /* the message ended as its framing promised */
    ENDING_CUT,        /* the connection was closed in order (FIN) before the message was complete */
    ENDING_RESET,      /* RST_STREAM, or GOAWAY that covers the stream; reset_code holds the HTTP/2 code */
    ENDING_CONN_RESET, /* TCP reset */
    ENDING_TIMEOUT,    /* nothing ended it before the deadline */
    ENDING_CANCELLED,  /* we ended it ourselves, as the case asked */
    ENDING_REFUSED,    /* no connection could be made, or the protocol was refused before any response */
    ENDING_MALFORMED,  /* bytes that are not the protocol; `detail` says what */
    ENDING_TOO_LARGE   /* a limit of the harness stopped reading; `detail` says which */
};
const char *ending_name(enum ending ending);

/* What the client received. */
struct response_seen {
    struct transcript transcript;
    enum ending ending;
    uint32_t reset_code;
    char detail[256];      /* of MALFORMED, TOO_LARGE, REFUSED: escaped text for people */
    int status;            /* final status; 0 when no header section arrived */
    bool closed;           /* raw HTTP/1.1: the proxy ended the connection, behind the answer or in place of it */
    bool early;            /* the response was complete before the request body was fully sent */
    struct fields headers; /* of the final response, without pseudo headers */
    bool headers_end;      /* HTTP/2: that section has END_STREAM */
    struct fields trailers;
    bool has_trailers;
    bool over_budget;  /* as in call_seen; ends as ENDING_TOO_LARGE */
    struct buf body;   /* decoded from chunks; capped */
    uint64_t body_len; /* true length received */
    int http_major;    /* 1 or 2 */
    uint32_t conn;     /* number of the client's connection, from 1; 0: there was none */
    uint64_t start_us;
    uint64_t first_byte_us;
    uint64_t end_us;
};
void response_seen_init(struct response_seen *seen, struct arena *arena, size_t max_body);
void response_seen_fini(struct response_seen *seen);

/* What the backend received of one call. */
struct call_seen {
    struct transcript transcript;
    struct call_seen *next; /* further calls of the same case, in order of arrival */
    struct fields headers;  /* with pseudo headers */
    struct fields trailers;
    struct buf body; /* all DATA bytes; capped */
    uint64_t body_len;
    bool half_closed; /* END_STREAM from the proxy */
    bool reset;       /* RST_STREAM from the proxy; reset_code */
    uint32_t reset_code;
    bool conn_lost; /* the proxy closed the connection while the call was open; conn_reset: by TCP RST */
    bool conn_reset;
    bool script_done;      /* every step of the script was played */
    bool response_ended;   /* the script ended the response (END_STREAM, reset or close) */
    bool refused_by_us;    /* the script refused it in a way that permits a retry: REFUSED_STREAM or GOAWAY */
    bool over_budget;      /* the memory for it was used up: not all is kept, so it cannot be judged */
    const char *protocol;  /* "HTTP/2", "HTTP/1.1" or "HTTP/1.0": of HTTP/1 the request line is :method and :path, as
                              they  came, and the fields are in their order and spelling */
    const char *malformed; /* HTTP/1: why the request is not well-formed; it is answered with 400. NULL: it is */
    uint32_t conn;
    int32_t stream; /* 0: HTTP/1 */
    uint64_t start_us;
    uint64_t end_us;
};
void call_seen_init(struct call_seen *seen, struct arena *arena, size_t max_body);
void call_seen_fini(struct call_seen *seen);

#endif
