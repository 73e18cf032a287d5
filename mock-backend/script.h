/* A backend's script: the steps of a case compiled to bytes and actions. Pure: no I/O. The language is described in
 * cases/README.md ("Backend steps"). Everything is in the caller's arena. */
#ifndef TRANSCHECK_MOCK_BACKEND_SCRIPT_H
#define TRANSCHECK_MOCK_BACKEND_SCRIPT_H

#include "harness/base/fields.h"
#include "harness/engine/proto/schema.h"

#define SCRIPT_MAX_STEPS 4096
#define SCRIPT_MAX_BYTES (32u << 20) /* of all data of one script */

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
    SCRIPT_FRAME     /* raw HTTP/2 bytes (stream id already written as a placeholder 0 when own_stream) */
};

enum script_point {
    SCRIPT_REQUEST_HEADERS,
    SCRIPT_REQUEST_COMPLETE,
    SCRIPT_CLIENT_HAS_MESSAGES, /* `count` */
    SCRIPT_CLIENT_CANCELLED
};

struct script_step {
    enum script_kind kind;
    struct fields fields;
    struct span bytes;
    bool end_stream;
    bool rst;        /* of CLOSE */
    bool covers;     /* of GOAWAY: this stream is covered (it will be finished) */
    bool own_stream; /* of FRAME: put this stream's id into the frame header */
    uint32_t code;
    uint64_t wait_ms;
    enum script_point point;
    size_t count;
    size_t repeat; /* of DATA: so many times (at least 1) */
};

struct script {
    const struct script_step *steps;
    size_t count;
    bool at_headers;    /* start when the request headers are in, not when it is complete */
    bool permits_retry; /* holds REFUSED_STREAM, or GOAWAY that does not cover the call */
};

struct json_t;

/* Compiles the "backend" array of a case. `method` gives the type of `message` steps (may be NULL when none is used).
 * Errors are prefixed with the place: "backend/3/message: ...". */
enum err_code script_compile(struct script *out, const struct json_t *steps, const struct schema_method *method,
                             struct arena *arena, struct err *err);
/* The step names for messages and for cases/schema.json's test, ended by NULL. */
const char *const *script_step_names(void);

#endif
