/* How far an answer has come on the way to being a gRPC answer, as whoever answers gRPC calls through plain HTTP (a
 * function behind an API gateway, a bridge) finds out step by step: the first thing that is wrong, in words for that
 * person. One table: a rung is a row, and a place in rung_of. Pure. */
#ifndef TRANSCHECK_ENGINE_TRANSCODE_RUNG_H
#define TRANSCHECK_ENGINE_TRANSCODE_RUNG_H

#include "harness/engine/grpc/client_view.h"

#define RUNG_STEPS    6           /* answer, type, bytes, prefix, trailers, status */
#define RUNG_MAX_BODY (16u << 20) /* bytes of a body that are tried as base64 */

/* In the order in which they are met. */
enum rung {
    RUNG_NO_ANSWER,
    RUNG_HTTP_STATUS,
    RUNG_CONTENT_TYPE,
    RUNG_GRPC_WEB,
    RUNG_TEXT,
    RUNG_BASE64,
    RUNG_REPLACED,
    RUNG_UNPREFIXED,
    RUNG_FLAGS,
    RUNG_COMPRESSED,
    RUNG_CUT,
    RUNG_TOO_LONG,
    RUNG_REST,
    RUNG_UNDECODABLE,
    RUNG_STATUS_AMONG_HEADERS,
    RUNG_NO_TRAILERS,
    RUNG_BROKEN_OFF,
    RUNG_NO_STATUS,
    RUNG_BAD_STATUS,
    RUNG_NO_MESSAGE,
    RUNG_MANY_MESSAGES,
    RUNG_FAILED,
    RUNG_CORRECT
};
#define RUNG_COUNT (RUNG_CORRECT + 1)

struct rung_row {
    const char *name;   /* "content-type" */
    unsigned step;      /* 1 to RUNG_STEPS */
    const char *title;  /* what is wrong */
    const char *why;    /* what a gRPC client makes of it */
    const char *change; /* what to do */
};
extern const struct rung_row rung_rows[RUNG_COUNT];
/* false for a name that is none of theirs. */
bool rung_from_name(struct span name, enum rung *rung);

enum rung rung_of(const struct client_view *view);
/* Whether the answer is as gRPC wants it: a whole success, or an error told in the right place. */
bool rung_is_right(enum rung rung);

/* Whether all of a body is messages behind their prefixes. */
bool rung_is_framed(struct span body);
/* Whether it is a protobuf message by itself: one field at least, and nothing malformed. */
bool rung_is_message(struct span body);

#endif
