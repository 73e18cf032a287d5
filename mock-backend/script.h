/* A backend's script: the steps of a case, checked and compiled to bytes and actions. Pure: no I/O. A step is a
 * function and a row of a table in mock-backend/script_*.c; cases/README.md ("Backend steps") and cases/schema.json are
 * made from the rows. What a compiled script holds is in the caller's arena. */
#ifndef TRANSCHECK_MOCK_BACKEND_SCRIPT_H
#define TRANSCHECK_MOCK_BACKEND_SCRIPT_H

#include "harness/base/fields.h"
#include "harness/engine/proto/schema.h"

#define SCRIPT_MAX_STEPS   4096
#define SCRIPT_MAX_BYTES   (32u << 20) /* of all data of one script */
#define SCRIPT_MAX_REPEAT  1000000
#define SCRIPT_MAX_WAIT_MS 10000

enum script_kind {
    SCRIPT_HEADERS,  /* fields, end_stream */
    SCRIPT_TRAILERS, /* fields, END_STREAM */
    SCRIPT_DATA,     /* bytes as one DATA frame; end_stream */
    SCRIPT_RST,      /* code */
    SCRIPT_GOAWAY,   /* code; last stream: this one (covered) or the one before */
    SCRIPT_CLOSE,    /* the connection: FIN or RST */
    SCRIPT_WAIT,     /* wait_ms */
    SCRIPT_AWAIT,    /* a named point */
    SCRIPT_ECHO,     /* every request message back, as it arrives */
    SCRIPT_FRAME     /* raw bytes: of HTTP/2 between frames (stream id already written as a placeholder 0 when
                        own_stream), of HTTP/1.1 between whatever else is sent */
};
#define SCRIPT_KINDS (SCRIPT_FRAME + 1)

enum script_protocol { SCRIPT_HTTP2, SCRIPT_HTTP1 };

/* What the proxy's connections to the backend meet for the time of an exchange. */
enum script_listener_state {
    LISTENER_KEPT,        /* no step says anything: the connections that there are go on */
    LISTENER_OPEN,        /* as always, and the proxy must connect anew */
    LISTENER_NO_SETTINGS, /* the same, by HTTP/2 without the server's SETTINGS frame */
    LISTENER_CLOSED,      /* nothing listens: they are refused */
    LISTENER_SILENT,      /* they are accepted, what comes is read, and nothing is answered */
    LISTENER_FIN,         /* they are accepted and closed at once */
    LISTENER_RST,         /* they are accepted and reset at once */
    LISTENER_HTTP1        /* the preface of HTTP/2 is answered as by a server that knows only HTTP/1.1 */
};
#define LISTENER_STATES (LISTENER_HTTP1 + 1)
/* As a step names it, and what the proxy's connections meet. */
const char *script_listener_name(enum script_listener_state state);
const char *script_listener_meaning(enum script_listener_state state);

/* Of the backend's own SETTINGS, RFC 9113 section 6.5.2, those that a step names. */
struct script_settings {
    uint32_t max_concurrent_streams; /* 0: not named, as the next */
    uint32_t initial_window_size;
};

struct script_listener {
    enum script_listener_state state;
    struct script_settings settings; /* of OPEN */
};

/* Whether no call can come through. */
static inline bool script_listener_takes_no_calls(const struct script_listener *listener)
{
    return listener->state >= LISTENER_CLOSED;
}

enum script_point {
    SCRIPT_REQUEST_HEADERS,
    SCRIPT_REQUEST_COMPLETE,
    SCRIPT_CLIENT_HAS_MESSAGES, /* `count` */
    SCRIPT_CLIENT_CANCELLED,
    /* Of calls that are played together; whoever claimed them says when they are reached
     * (backend_callbacks.on_wait). */
    SCRIPT_ALL_HERE,    /* every script of them has come to its step of this kind number `count`, from 1 */
    SCRIPT_OTHERS_ENDED /* `count` of the others have ended at both sides */
};
static inline bool script_point_is_shared(enum script_point point)
{
    return point >= SCRIPT_ALL_HERE;
}

struct script_step {
    enum script_kind kind;
    struct fields fields;
    struct span bytes;
    bool end_stream;
    bool rst;        /* of CLOSE */
    bool covers;     /* of GOAWAY: this stream is covered (it will be finished) */
    bool own_stream; /* of FRAME: put this stream's id into the frame header */
    uint32_t code;
    uint64_t wait_ms; /* of WAIT; of AWAIT: at most so long, 0: as long as it takes */
    enum script_point point;
    size_t count;
    size_t repeat; /* of DATA: so many times (at least 1) */
};

/* Whether the step does something to the whole connection, or may: it means something when the stream is over, too. */
static inline bool script_step_of_connection(const struct script_step *step)
{
    return step->kind == SCRIPT_GOAWAY || step->kind == SCRIPT_CLOSE || step->kind == SCRIPT_FRAME;
}

struct script {
    const struct script_step *steps;
    size_t count;
    struct script_listener listener;
    enum script_protocol protocol; /* that its calls must come by */
    bool at_headers;               /* start when the request headers are in, not when it is complete */
    bool shares;                   /* holds a step that awaits a point of calls that are played together */
    bool permits_retry;            /* holds REFUSED_STREAM, or GOAWAY that does not cover the call */
};

struct json_t;
struct place;
struct key_object;

/* Checks and compiles the "backend" array of a case, which stands at `at`. `method` gives the type of `message` steps
 * (may be NULL when none is used). Errors begin with the place: "t.json#/cases/0/backend/3/split: ...". ERR_SYNTAX: a
 * step that is not known, a key that does not belong to it, a value of another type, a message that does not fit its
 * type, a step that comes after the end of the stream; ERR_LIMIT, ERR_NO_MEMORY: too much. */
enum err_code script_compile(struct script *out, const struct json_t *steps, const struct place *at,
                             const struct schema_method *method, struct arena *arena, struct err *err);

/* The script that answers an invocation with `answer`, what a function returns to its API gateway; that stands at `at`.
 * Errors as of script_compile. */
enum err_code script_of_function(struct script *out, const struct json_t *answer, const struct place *at,
                                 struct arena *arena, struct err *err);

/* The steps that there are, for documentation: the keys of step `index`, of which the first names it; NULL beyond the
 * last. */
const struct key_object *script_step_keys(size_t index);

#endif
