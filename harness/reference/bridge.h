/* The bridges: the modes of the reference other than transcoder (harness/base/modes.h). Private to reference/.
 *
 * A complete request of a client goes to the row of its mode, which turns it into one request for the backend
 * (bridge_send), hears the answer through its functions, and answers through the helpers below, which set call->done
 * where the answer is whole. A mode is a file bridge_NAME.c with its row, and a line in the table of bridge.c.
 *
 * All modes share what stands here: connections, the deadline of the backend and that of the client, the client who
 * goes away (the backend's request is cancelled then), the limits of reference.h and the budget, back pressure, and
 * what may pass from one side to the other. A request is sent once; there are no retries. */
#ifndef TRANSCHECK_REFERENCE_BRIDGE_H
#define TRANSCHECK_REFERENCE_BRIDGE_H

#include "harness/net/client.h"
#include "harness/reference/call.h"

#define BRIDGE_MAX_ANSWER  (16u << 20) /* of an answer that is taken whole; more is RESOURCE_EXHAUSTED */
#define BRIDGE_MAX_TEXT    1024u       /* bytes of a backend's error body in grpc-message */
#define BRIDGE_CONNECTIONS 64          /* to the backend */
#define BRIDGE_NO_TIMEOUT  UINT64_MAX

enum bridge_protocol { BRIDGE_HTTP1, BRIDGE_HTTP2 };

/* `seen` is the backend's answer so far, valid during the call of the function and of those that it calls. */
struct bridge_mode {
    enum mode mode;
    enum bridge_protocol backend;
    bool streams; /* a request begins when its head is in; its body goes on as it comes (bridge_more) */
    /* The request is complete, or its head is where the mode streams: method, target (a path), authority, headers (each
     * field is valid) and body of the call. Sends or answers, now or later. */
    void (*request)(struct call *call);
    /* The final head of the answer is in: seen->status, headers, headers_end. NULL: the mode waits for the end. */
    void (*headers)(struct call *call, const struct response_seen *seen);
    /* More of the answer's body, which is not kept. NULL: it is collected in seen->body, up to BRIDGE_MAX_ANSWER. */
    void (*data)(struct call *call, const struct response_seen *seen, struct span bytes);
    /* Of modes that read the answer as gRPC (call_on_data): a whole message of it. false: the call has failed. */
    bool (*message)(struct call *call, struct span message);
    /* The answer is complete by its framing. Answers, unless that is done. */
    void (*end)(struct call *call, const struct response_seen *seen);
    /* The backend reset the stream (RST_STREAM, or a GOAWAY that covers it). NULL: as any other failure. */
    void (*reset)(struct call *call, uint32_t h2_code);
    /* An error of the proxy's own, or a failure of the connection to the backend: answers in the form that clients of
     * this mode read. Where call->begun, the answer is under way, and must not look complete. `http_status` says the
     * same as `code`, for fronts that need it. */
    void (*fail)(struct call *call, int http_status, uint32_t code, struct span text);
};

struct bridge_request {
    struct span method;
    struct span target;
    const struct fields *fields; /* in order; host is :authority over HTTP/2 */
    struct span body;
    bool no_body;        /* not even an empty one */
    uint64_t timeout_ms; /* the client's deadline for the whole; BRIDGE_NO_TIMEOUT: none */
};

extern const struct bridge_mode bridge_pass_through;
extern const struct bridge_mode bridge_web;
extern const struct bridge_mode bridge_http1;
extern const struct bridge_mode bridge_gateway;
extern const struct bridge_mode bridge_reverse;
extern const struct bridge_mode bridge_reverse_framed;
extern const struct bridge_mode bridge_reverse_transcoder;
extern const struct bridge_mode bridge_connect;
extern const struct bridge_mode bridge_twirp;
extern const struct bridge_mode bridge_twirp_backend;

/* ERR_USAGE when the mode has no row. The options' strings and budget must outlive it. */
enum err_code bridge_new(struct bridge **out, struct loop *loop, const struct reference_options *options,
                         struct err *err);
/* Every call must be gone. NULL is allowed. */
void bridge_free(struct bridge *bridge);

/* ---- for call.c */

void bridge_run(struct call *call);
/* Whether the request begins before it is complete. */
bool bridge_streams(const struct call *call);
/* More of the body of a request that began early; `last`: it is complete. Answers when it does not fit. */
void bridge_more(struct call *call, struct span bytes, bool last);
/* Answers with an error of the proxy, unless the answer is complete. `http_status` 0: mapped from the code. */
void bridge_fail(struct call *call, int http_status, uint32_t code, const char *text);
/* The backend's answer is none of gRPC, or has another HTTP status than 200: the error that it means, which is its
 * grpc-status where that is one, else http-grpc-status-mapping.md, with at most BRIDGE_MAX_TEXT bytes of `body`. */
void bridge_fail_foreign(struct call *call, const struct response_seen *seen, struct span body);
/* The call hears nothing any more; what is under way at the backend is cancelled. */
void bridge_let_go(struct call *call);
/* The client took what was queued. */
void bridge_drained(struct call *call);
/* A message of the answer is whole. false: the call has failed. */
bool bridge_message(struct call *call, struct span message);

/* ---- for defects */

/* Another call that is under way at the backend, or NULL. */
struct call *bridge_beside(const struct call *call);

/* ---- for modes: requests */

/* Sends copies of the request's parts. Failures come through `fail`, never inside this call but when memory is short.
 */
void bridge_send(struct call *call, const struct bridge_request *request);
/* Adds the client's fields that may pass: not those of this hop, nor host, content-length, expect, nor those named in
 * `without` (NULL-terminated, or NULL). Names become lower case; for a backend of HTTP/1.1 all cookies are one field.
 * false: out of memory. */
bool bridge_pass_request_fields(struct call *call, struct fields *out, const char *const *without);
/* The client's grpc-timeout, or BRIDGE_NO_TIMEOUT. */
uint64_t bridge_grpc_timeout_ms(const struct call *call);

/* ---- for modes: answers. Fields are without content-length; their bytes must live until the return. */

/* Adds the backend's fields that may pass; `without` as above. Fields that are not valid, and those of its hop, do not.
 */
bool bridge_pass_response_fields(struct call *call, struct fields *out, const struct fields *from,
                                 const char *const *without);
void bridge_begin(struct call *call, int status, const struct fields *fields);
/* Bytes of the body. The backend is held back while the client does not take them. */
void bridge_data(struct call *call, struct span bytes);
/* The ways in which an answer is complete; nothing is heard of the backend behind them. */
void bridge_respond(struct call *call, int status, const struct fields *fields, struct span body);
void bridge_finish(struct call *call);
void bridge_trailers(struct call *call, const struct fields *fields);
void bridge_head_only(struct call *call, int status, const struct fields *fields);
/* The answer is cut: with this code of HTTP/2, or by the end of the connection. */
void bridge_abort(struct call *call, uint32_t h2_code);

/* ---- for modes whose clients speak gRPC */

/* Adds grpc-status, and grpc-message when there is a text, which is percent-encoded here. */
bool bridge_grpc_status_fields(struct call *call, struct fields *out, uint32_t code, struct span text);
/* The names that tell how a call ended, NULL-terminated. */
extern const char *const bridge_grpc_status_names[];
/* Of a text at most `max` bytes, whole characters of UTF-8. */
struct span bridge_text_within(struct span text, size_t max);
/* A value of grpc-message that a backend gave: whatever cannot stand there is percent-encoded; what is so already
 * stays. data NULL: out of memory. */
struct span bridge_grpc_safe_message(struct call *call, struct span value);
/* `fail` of these modes: Trailers-Only with HTTP 200, or trailers when the answer has begun. */
void bridge_grpc_fail(struct call *call, int http_status, uint32_t code, struct span text);
/* Of defects: OK with a message of length 0. */
void bridge_grpc_succeed_empty(struct call *call);

#endif
