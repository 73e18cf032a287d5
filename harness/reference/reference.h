/* The built-in reference transcoder (`transcheck reference`): HTTP/1.1 and HTTP/2 (prior knowledge) in front, gRPC over
 * HTTP/2 behind. Unary and server-streaming methods; a stream becomes a JSON array. It is correct on purpose, and may
 * be given one fault on purpose (defects.h). In another mode than transcoder it is a bridge (bridge.h): what is said
 * of limits and of memory holds there too.
 *
 * What it does where it has a choice: transcode.h says so for requests. Errors are google.rpc.Status as JSON, its own
 * too: 404, 405 (with Allow), 400, 413, 415, 431, 501 (client streaming). A body needs the content type
 * application/json (except for HttpBody). Over HTTP/2 gRPC itself (application/grpc, or with + or ; behind it) goes
 * through to the backend byte for byte, as in the mode pass-through; over HTTP/1.1 it is refused with 415. An error
 * behind the first message of a stream cuts the response: HTTP/1.1 without the last chunk, HTTP/2 RST_STREAM. Ordinary
 * headers pass in both directions; trailing metadata of a unary call joins the headers. There are no retries.
 *
 * Limits: REFERENCE_MAX_*, and one budget of memory for all requests and answers under way: a request that does not fit
 * any more is answered with 503, or its stream is reset; a response that does not fit is cut. A client that does not
 * read stops the backend through flow control; one that sends or reads nothing for REFERENCE_IDLE_MS is dropped.
 * Everything runs on the caller's loop. */
#ifndef TRANSCHECK_REFERENCE_REFERENCE_H
#define TRANSCHECK_REFERENCE_REFERENCE_H

#include "harness/base/modes.h"
#include "harness/engine/proto/schema.h"
#include "harness/net/loop.h"
#include "harness/reference/defects.h"

#define REFERENCE_MAX_MESSAGE (4u << 20)   /* of a response message; more is RESOURCE_EXHAUSTED */
#define REFERENCE_MAX_BODY    (4u << 20)   /* of a request; more is 413 */
#define REFERENCE_MAX_JSON    (64u << 20)  /* of one message as JSON */
#define REFERENCE_MAX_HEADERS (128u << 10) /* of a request, names, values and 32 bytes for each; more is 431 */
#define REFERENCE_MAX_MEMORY  (64u << 20)  /* of one call, beside its bodies */
#define REFERENCE_MAX_CONNS   1000         /* of clients */
#define REFERENCE_MAX_STREAMS 100          /* of one HTTP/2 client connection */
#define REFERENCE_HIGH_WATER  (256u << 10) /* of unsent response bytes: the backend is held back */
#define REFERENCE_IDLE_MS     60000
#define REFERENCE_DEADLINE_MS 15000

struct reference;

/* What an administrator sets of a gateway to a function; all false: as gRPC needs it. */
struct gateway_options {
    bool text_bodies; /* no binary media types: bodies are text both ways, base64 is not decoded */
    bool no_trailers; /* it knows nothing of gRPC: what the function answers becomes a plain HTTP answer */
    bool format_2;    /* events in payload format 2.0, else 1.0 */
};

struct reference_options {
    const char *listen_host;
    uint16_t listen_port;  /* 0 picks one */
    bool tls;              /* clients come over TLS; without cert_file: a throw-away certificate */
    const char *cert_file; /* PEM; NULL: none */
    const char *key_file;
    const char *backend_host;
    uint16_t backend_port;
    bool backend_tls;            /* the backend's certificate is not verified */
    const struct schema *schema; /* must outlive the reference */
    enum mode mode;
    struct gateway_options gateway; /* of that mode */
    enum defect defect;
    /* Until the backend has answered a unary call in full, or sent the next message of a stream; then 504.
     * 0: REFERENCE_DEADLINE_MS. */
    uint64_t deadline_ms;
    struct budget *budget; /* for what is received and not answered yet; outlives the loop; NULL: none */
};

/* Listens. The backend is connected when the first call needs it. Errors of the rules in the schema are reported. */
enum err_code reference_new(struct reference **out, struct loop *loop, const struct reference_options *options,
                            struct err *err);
/* Closes all connections without ceremony. */
void reference_free(struct reference *reference);
uint16_t reference_port(const struct reference *reference);

#endif
