/* One request of a client and the call of the backend that it becomes. Private to reference/.
 *
 * A front (http1, http2) makes it with call_new, fills in the request, and calls call_run once the request is complete
 * (or, where bridge_streams, once its head is), or call_refuse. It hears back through its operations: either `respond`,
 * or `begin`, `data` ..., and `finish` or `abort`. `call->done` is set before the last of these. The front frees the
 * call, never inside an operation. */
#ifndef TRANSCHECK_REFERENCE_CALL_H
#define TRANSCHECK_REFERENCE_CALL_H

#include "harness/base/fields.h"
#include "harness/engine/coding/coding.h"
#include "harness/engine/grpc/frame.h"
#include "harness/engine/grpc/status.h"
#include "harness/engine/transcode/transcode.h"
#include "harness/net/h2.h"
#include "harness/reference/reference.h"

struct bridge;
struct bridge_exchange;
struct call;
struct leftovers;
struct link;
struct upstream;

struct front_operations {
    /* A whole response. The fields are without content-length and connection. */
    void (*respond)(struct call *call, int status, const struct fields *fields, struct span body);
    /* A response whose end is not known yet. */
    void (*begin)(struct call *call, int status, const struct fields *fields);
    void (*data)(struct call *call, struct span bytes);
    void (*finish)(struct call *call);
    /* Ends a response that has begun with trailers: HEADERS with END_STREAM, or those of the chunked coding. HTTP/1.0
     * has none: they are dropped. */
    void (*trailers)(struct call *call, const struct fields *fields);
    /* A response that is one header section: HEADERS with END_STREAM (as Trailers-Only is), or content-length: 0. */
    void (*head_only)(struct call *call, int status, const struct fields *fields);
    /* Cuts the response so that the client notices: RST_STREAM with this code of HTTP/2, or the connection ends. */
    void (*abort)(struct call *call, uint32_t h2_code);
    /* Response bytes that the client has not taken yet. */
    size_t (*queued)(const struct call *call);
};

/* What of the backend's answer is taken as it is, under some defects. */
enum call_raw {
    CALL_RAW_NONE,
    CALL_RAW_WHOLE,  /* body, status and content type go to the client */
    CALL_RAW_MESSAGE /* the body is the message */
};

struct call {
    struct reference_core *core;
    const struct front_operations *front;
    void *front_data;       /* the front's connection */
    struct leftovers *left; /* of that, for defects */
    int32_t front_stream;
    struct call *front_next; /* the front's list */
    struct call **front_link;
    bool front_complete;   /* the front has read the whole request */
    struct loop_task task; /* the front's, to free the call later */

    /* Request. */
    struct arena arena;
    struct arena scratch; /* for one response message */
    struct span method;
    struct span target;
    struct span authority;
    struct fields headers; /* without pseudo headers */
    size_t front_received; /* HTTP/2: bytes of its body */
    struct buf body;
    struct transcode_request request;

    /* Call of the backend. */
    struct link *link; /* NULL: not connected to any */
    struct call *link_next;
    struct call **link_link;
    int32_t stream;
    struct loop_timer *timer;
    struct span message_sent; /* kept for a second call, under some defects */
    int attempts;

    struct bridge *bridge;            /* what the request goes to; NULL: it is transcoded */
    struct bridge_exchange *exchange; /* there; NULL: none is under way */

    /* Of a bridge whose clients send messages in a form of their own (rpc.h). */
    const struct schema_method *rpc; /* NULL: not known yet, or such a method is not there */
    bool rpc_json;                   /* messages are JSON at the front */
    bool rpc_stream;                 /* the front has a stream of messages, whatever the method */

    /* Response. */
    bool headers_seen;
    bool initial_status_ok; /* a grpc-status of 0 among the initial headers */
    int http_status;        /* of the backend */
    bool begun;             /* the 200 is out */
    bool done;              /* the response is complete or cut */
    bool stalled;           /* DATA is not given back to the flow control */
    bool unanswered;        /* a defect: the client waits for ever */
    bool swallow;           /* a defect: what still comes is not read */
    bool short_of_memory;   /* a header field of the response is lost: it must not look whole */
    enum call_raw raw;
    struct span raw_type;
    size_t unconsumed;
    struct fields metadata; /* for the client */
    struct frame_parser parser;
    struct buf message;  /* the message being received */
    bool coded;          /* it is compressed ... */
    bool coded_messages; /* ... which this answer may be, and so: */
    enum coding message_coding;
    struct span first_decoded; /* a defect: of a stream */
    struct buf unary;          /* JSON of the one message of a unary call */
    struct buf out;            /* scratch */
    struct buf held;           /* defects that delay messages */
    struct span content_type;  /* of an HttpBody */
    size_t message_count;      /* received */
    size_t sent_count;         /* passed on, of a stream */

    /* Between calls, of some defects. */
    bool swapped;            /* it hears the answer to another */
    struct fields borrowed;  /* the trailers of another, or empty */
    struct loop_timer *turn; /* it waits for others */
    struct call *leader;     /* whose answer it gets, or NULL */
    struct call *followers;  /* those that get its answer */
    struct call *next_follower;
};

/* What all calls share. */
struct reference_core {
    struct budget *budget; /* or NULL */
    struct loop *loop;
    const struct schema *schema;
    struct router *router;
    struct upstream *upstream;
    struct bridge *bridge; /* of the mode; of the transcoder, for gRPC itself */
    bool transcodes;       /* the mode is transcoder */
    struct gateway_options gateway;
    enum defect defect;
    uint64_t deadline_ms;
    bool backend_tls;
    struct buf shared; /* a defect: of answers */
    bool unreachable;  /* a defect asks: the backend could not be reached at some time */
};

static inline bool call_has(const struct call *call, enum defect defect)
{
    return call->core->defect == defect;
}

struct call *call_new(struct reference_core *core, const struct front_operations *front, void *front_data,
                      struct leftovers *left);
/* Lets go of the backend (RST_STREAM CANCEL if it still works on the call) and frees. */
void call_free(struct call *call);
/* The head of a request over HTTP/2 is filled in. Beside a transcoder, what says that it is gRPC goes through as it is.
 */
void call_choose(struct call *call);
/* The request is complete. */
void call_run(struct call *call);
/* Adds to the body of the request. false: it does not fit; *status and *text say why, for call_refuse. */
bool call_take_body(struct call *call, struct span bytes, int *status, const char **text);
/* Whether the budget has refused something since it had refused `before` times. */
static inline bool call_starved(const struct call *call, size_t before)
{
    return budget_refusals(call->core->budget) != before;
}
#define CALL_NO_MEMORY "the transcoder has no memory left (--max-memory-mib)"
/* Answers without the backend. */
void call_refuse(struct call *call, int http_status, uint32_t code, const char *text);
/* The client went away: no operation of the front is called any more. */
void call_cancel(struct call *call);
/* The deadline that the client gives in grpc-timeout, which has to be positive. false: none. */
bool call_client_timeout(const struct call *call, uint64_t *timeout_ns);
/* The client took what was queued. */
void call_drained(struct call *call);

/* Connection-specific names (RFC 9113, section 8.2.2) and their like. */
bool call_hop_by_hop(struct span name);
/* Whether a field of the request is for this hop only: by its name, or because Connection names it. */
bool call_for_this_hop(const struct call *call, struct span name);
bool call_field_valid(const struct field *field);
/* Without its parameters. */
struct span call_media_type(struct span content_type);

/* Sends (again) what call->message_sent holds. */
void call_send(struct call *call);

/* call_response.c: what the link reports. */
void call_on_headers(struct call *call, enum h2_headers_kind kind, const struct fields *fields, bool end_stream);
void call_on_data(struct call *call, struct span bytes);
void call_on_data_end(struct call *call, size_t frame_len, bool end_stream);
void call_on_reset(struct call *call, uint32_t code);
void call_on_lost(struct call *call, const char *text);
/* Its connection failed before it served anybody. */
void call_on_unreachable(struct call *call, const char *text);
void call_on_deadline(struct call *call);

/* What an answer says by its end. */
struct call_outcome {
    bool ok;
    bool forced; /* a defect says so: then an answer without a message is one, too */
    uint32_t code;
    const char *text; /* NULL: grpc-message */
};
/* `trailers` NULL: there are none. call->http_status and message_count must be known. */
struct call_outcome call_judge(const struct call *call, const struct fields *trailers, bool trailers_only);
/* Whether the messages of an answer that has ended stop inside of one. */
bool call_ends_inside(const struct call *call);
/* Appends the text of an error, and its google.rpc.Status on the wire if there is one that can be decoded. */
void call_error_words(const struct call *call, const struct call_outcome *outcome, const struct fields *trailers,
                      struct buf *text, struct buf *details);

/* reply.c: responses. */
/* The next message of a stream, as JSON: call->out, which has room in front for the separator. */
void reply_message(struct call *call, struct span json);
/* The end of a stream. */
void reply_finish(struct call *call);
/* A gRPC error, of the backend or our own. Cuts the response when it has begun. `http_status` 0: mapped from the code.
 */
void reply_error(struct call *call, int http_status, uint32_t code, struct span text, struct span details,
                 const char *allow);
/* What the backend sent, as it is (defects only). */
void reply_raw(struct call *call, int status, struct span content_type, struct span body);
/* The whole answer of a unary call: call->unary. */
void reply_unary(struct call *call);
/* 200 with {} or [] (defects only). */
void reply_empty(struct call *call);
bool reply_is_stream(const struct call *call);
/* Whether the messages of this call are HttpBody: passed on as they are, without an array around them. */
bool reply_is_raw(const struct call *call);
/* Copies what may pass of the backend's headers or trailers. */
void reply_metadata(struct call *call, const struct fields *fields);

#endif
