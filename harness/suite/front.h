/* What a client speaks at the front: how a request is made of messages, and what of an answer the judge looks at. A
 * protocol is a row.
 *
 * Sources: grpc/grpc doc/PROTOCOL-HTTP2.md and doc/PROTOCOL-WEB.md; the Connect protocol reference
 * (connectrpc.com/docs/protocol); the Twirp wire protocol, v7. */
#ifndef TRANSCHECK_SUITE_FRONT_H
#define TRANSCHECK_SUITE_FRONT_H

#include "harness/base/fields.h"
#include "harness/base/modes.h"
#include "harness/engine/proto/schema.h"

/* How the status of a call is told. */
enum front_kind {
    FRONT_KIND_HTTP,           /* by the transcoding rules: everything else of a case says how */
    FRONT_KIND_GRPC,           /* trailers, or the headers of an answer that has nothing else */
    FRONT_KIND_GRPC_HEADERS,   /* the same, or headers before a body */
    FRONT_KIND_WEB,            /* a frame of trailers, or headers */
    FRONT_KIND_CONNECT,        /* the HTTP status, and an error as JSON */
    FRONT_KIND_CONNECT_STREAM, /* the last envelope */
    FRONT_KIND_TWIRP           /* the HTTP status, and an error as JSON */
};

/* What a field that names a coding says it of: the body, or those messages of it that are marked. */
#define FRONT_BODY            "content-encoding"
#define FRONT_GRPC_MESSAGE    "grpc-encoding"
#define FRONT_CONNECT_MESSAGE "connect-content-encoding"

/* X(ID, "name", kind, "content type", framed, base64, JSON, the field that names the coding of a request) */
#define FRONTS(X)                                                                                                      \
    X(HTTP_JSON, "http-json", HTTP, "application/json", false, false, true, FRONT_BODY)                                \
    X(GRPC, "grpc", GRPC, "application/grpc", true, false, false, FRONT_GRPC_MESSAGE)                                  \
    X(GRPC_HEADERS, "grpc-headers", GRPC_HEADERS, "application/grpc", true, false, false, FRONT_GRPC_MESSAGE)          \
    X(GRPC_WEB, "grpc-web", WEB, "application/grpc-web+proto", true, false, false, FRONT_BODY)                         \
    X(GRPC_WEB_TEXT, "grpc-web-text", WEB, "application/grpc-web-text", true, true, false, FRONT_BODY)                 \
    X(CONNECT, "connect", CONNECT, "application/proto", false, false, false, FRONT_BODY)                               \
    X(CONNECT_JSON, "connect-json", CONNECT, "application/json", false, false, true, FRONT_BODY)                       \
    X(CONNECT_STREAM, "connect-stream", CONNECT_STREAM, "application/connect+proto", true, false, false,               \
      FRONT_CONNECT_MESSAGE)                                                                                           \
    X(CONNECT_STREAM_JSON, "connect-stream-json", CONNECT_STREAM, "application/connect+json", true, false, true,       \
      FRONT_CONNECT_MESSAGE)                                                                                           \
    X(TWIRP, "twirp", TWIRP, "application/protobuf", false, false, false, FRONT_BODY)                                  \
    X(TWIRP_JSON, "twirp-json", TWIRP, "application/json", false, false, true, FRONT_BODY)

#define X(id, name, kind, type, framed, base64, json, encoding) FRONT_##id,
enum front { FRONTS(X) FRONT_COUNT };
#undef X

struct front_row {
    const char *name;
    enum front_kind kind;
    const char *content_type;
    bool framed; /* messages have a length prefix */
    bool base64; /* the whole body is base64 */
    bool json;   /* messages are JSON */
    /* What names the coding of a request: of its messages, each by itself, or where it is FRONT_BODY of all of it, as
     * PROTOCOL-WEB has it for gRPC-Web. */
    const char *encoding;
};

extern const char *const front_names[]; /* by enum front, NULL-terminated */
const struct front_row *front_row(enum front front);
bool front_from_name(struct span name, enum front *front);
/* What the clients of a mode speak where a case does not say. */
enum front front_of_mode(enum mode mode);
/* The clients (bits of enum testcase_client) that may play a case of the mode: gRPC needs HTTP/2. */
unsigned front_clients(enum front front);

/* Whether the body of an answer with this content type is base64: of gRPC-Web, Accept decides. */
bool front_is_text(const struct front_row *front, struct span content_type);

/* "/Prod/Alive", "/twirp/Prod/Alive"; in the arena, data NULL when it is full. */
struct span front_path(enum front front, const struct schema_method *method, struct arena *arena);
/* Whether the coding is of each message. */
bool front_encodes_messages(const struct front_row *front);

/* Adds the fields of the protocol that `fields` does not have. false when the arena is full. */
bool front_headers(enum front front, struct fields *fields, struct arena *arena);

#endif
