/* What standard gRPC clients report of an answer: status code and message, by their published rules. Each client has a
 * row in one table and a function; where versions of one client differ, each range has a row.
 *
 * The rules come from the clients' own sources, from grpc/grpc doc/PROTOCOL-HTTP2.md, doc/http-grpc-status-mapping.md
 * and doc/statuscodes.md, and are held against the real clients (harness/tests/client_words_test). Pure; owns nothing.
 *
 * Taken for granted: the client's limit for messages is the default, 4 MiB; the call has a deadline; it is not retried
 * (what was refused is refused again); the body arrives in one piece, before whatever ended the call; a compressed
 * message of a known encoding is well compressed; frames are as HTTP/2 wants them. */
#ifndef TRANSCHECK_ENGINE_GRPC_CLIENT_VIEW_H
#define TRANSCHECK_ENGINE_GRPC_CLIENT_VIEW_H

#include "harness/base/buf.h"
#include "harness/base/fields.h"

#define CLIENT_VIEW_MAX_MESSAGE 4194304u    /* bytes of a message that the clients take, when nothing is configured */
#define CLIENT_VIEW_MAX_TEXT    (64u << 10) /* bytes of a client's message */
#define CLIENT_VIEW_NO_CODE     INT64_MIN   /* the error has no number: undefined or NaN in JavaScript */

/* How the answer ended. */
enum client_end {
    CLIENT_END_TRAILERS, /* a trailing HEADERS frame */
    CLIENT_END_HEADERS,  /* the first HEADERS frame was the last: the form that gRPC calls Trailers-Only */
    CLIENT_END_DATA,     /* END_STREAM on DATA, or the end of an HTTP/1.1 body: no trailers */
    CLIENT_END_RST,      /* RST_STREAM with `end_code` */
    CLIENT_END_GOAWAY,   /* GOAWAY with `end_code`, which says that the call was not processed */
    CLIENT_END_CLOSED,   /* the connection was closed in order */
    CLIENT_END_RESET,    /* the TCP connection was reset */
    CLIENT_END_OPEN      /* nothing came until the deadline */
};
#define CLIENT_END_COUNT (CLIENT_END_OPEN + 1)

/* "trailers", "headers", ... */
const char *client_end_name(enum client_end end);
bool client_end_from_name(struct span name, enum client_end *end);

/* What a client saw of a call. */
struct client_view {
    int http_status;       /* 0: no HEADERS frame arrived */
    struct fields headers; /* without pseudo-headers */
    struct span body;
    struct fields trailers; /* of CLIENT_END_TRAILERS */
    enum client_end end;
    uint32_t end_code;
    bool streaming;   /* the method streams its answer: any number of messages is right */
    bool undecodable; /* the first message of the body is none of the method's type */
};

/* What a client reports. */
struct client_words {
    int64_t code;    /* as the client has it; it need not be one of gRPC's */
    struct buf text; /* the message: bytes from outside are in it, unescaped */
    bool continues;  /* after `text` the client says something that depends on its surroundings */
    bool delivered;  /* the application gets a message; a call can be OK without one */
};

struct client_kind {
    const char *name;
    const char *versions; /* those that speak so, for people */
    const char *tested;   /* the one that the test plays the bytes to */
    unsigned minor;       /* of `tested` */
    void (*say)(const struct client_kind *kind, const struct client_view *view, struct client_words *words);
};

#define CLIENT_VIEW_KINDS 5
extern const struct client_kind client_kinds[CLIENT_VIEW_KINDS];

void client_words_init(struct client_words *words);
void client_words_fini(struct client_words *words);
/* Sets *words to what that client says of the view; the buffer of an earlier answer is used again. */
void client_view_say(const struct client_kind *kind, const struct client_view *view, struct client_words *words);

/* Whether gRPC clients that look at it take the type for gRPC: application/grpc, alone or followed by '+' or ';'. */
bool client_view_is_grpc(struct span content_type);

/* What stands at the front of a body, for a reader of length-prefixed messages. */
enum client_piece {
    CLIENT_PIECE_NONE,        /* the body has ended */
    CLIENT_PIECE_PREFIX_CUT,  /* it ends within a prefix */
    CLIENT_PIECE_TOO_LONG,    /* the length is over the limit */
    CLIENT_PIECE_MESSAGE_CUT, /* it ends within a message */
    CLIENT_PIECE_MESSAGE
};
/* Takes it off the front of *body. `flags` and `len` are set when the prefix is whole. */
enum client_piece client_piece_next(struct span *body, uint8_t *flags, uint32_t *len);

#endif
