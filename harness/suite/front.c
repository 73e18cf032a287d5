/* The table of what clients speak at the front. */
#include "harness/suite/front.h"

#include "harness/base/vocabulary.h"

#define X(id, name, kind, type, framed, base64, json, encoding) name,
const char *const front_names[] = {FRONTS(X) NULL};
#undef X

#define X(id, name, kind, type, framed, base64, json, encoding)                                                        \
    {name, FRONT_KIND_##kind, type, framed, base64, json, encoding},
static const struct front_row rows[] = {FRONTS(X)};
#undef X

static const enum front defaults[MODE_COUNT] = {
    [MODE_TRANSCODER] = FRONT_HTTP_JSON,
    [MODE_PASS_THROUGH] = FRONT_GRPC,
    [MODE_GRPC_WEB] = FRONT_GRPC_WEB,
    [MODE_HTTP1_BRIDGE] = FRONT_GRPC_HEADERS,
    [MODE_CONNECT] = FRONT_CONNECT,
    [MODE_TWIRP] = FRONT_TWIRP,
    [MODE_GATEWAY] = FRONT_GRPC,
    [MODE_REVERSE_BRIDGE] = FRONT_GRPC,
    [MODE_REVERSE_BRIDGE_FRAMED] = FRONT_GRPC,
    [MODE_REVERSE_TRANSCODER] = FRONT_GRPC,
    [MODE_TWIRP_BACKEND] = FRONT_GRPC,
};

/* What else a request of the protocol has. */
static const struct {
    enum front front;
    const char *name;
    const char *value;
} extra[] = {
    {FRONT_GRPC, "te", "trailers"},
    {FRONT_GRPC_WEB, "x-grpc-web", "1"},
    {FRONT_GRPC_WEB_TEXT, "x-grpc-web", "1"},
    {FRONT_GRPC_WEB_TEXT, "accept", "application/grpc-web-text"},
    {FRONT_CONNECT, "connect-protocol-version", "1"},
    {FRONT_CONNECT_JSON, "connect-protocol-version", "1"},
    {FRONT_CONNECT_STREAM, "connect-protocol-version", "1"},
    {FRONT_CONNECT_STREAM_JSON, "connect-protocol-version", "1"},
};

const struct front_row *front_row(enum front front)
{
    return &rows[front];
}

bool front_from_name(struct span name, enum front *front)
{
    for (int i = 0; i < FRONT_COUNT; i++) {
        if (span_is(name, rows[i].name)) {
            *front = (enum front)i;
            return true;
        }
    }
    return false;
}

enum front front_of_mode(enum mode mode)
{
    return defaults[mode];
}

unsigned front_clients(enum front front)
{
    return front == FRONT_GRPC ? CLIENT_H2 : CLIENT_H1 | CLIENT_H2;
}

bool front_is_text(const struct front_row *front, struct span content_type)
{
    static const char text[] = "application/grpc-web-text";
    content_type.len = content_type.len < sizeof text - 1 ? content_type.len : sizeof text - 1;
    return front->kind == FRONT_KIND_WEB && span_equal_nocase(content_type, span_cstr(text));
}

bool front_encodes_messages(const struct front_row *front)
{
    return strcmp(front->encoding, FRONT_BODY) != 0;
}

struct span front_path(enum front front, const struct schema_method *method, struct arena *arena)
{
    const char *before = rows[front].kind == FRONT_KIND_TWIRP ? "/twirp" : "";
    char *path = arena_printf(arena, "%s%.*s", before, SPAN_FMT(method->path));
    return path ? span_cstr(path) : span_of(NULL, 0);
}

static bool add_missing(struct fields *fields, struct arena *arena, const char *name, const char *value)
{
    return fields_find(fields, name) || fields_add_view(fields, arena, span_cstr(name), span_cstr(value));
}

bool front_headers(enum front front, struct fields *fields, struct arena *arena)
{
    bool done = add_missing(fields, arena, "content-type", rows[front].content_type);
    for (size_t i = 0; i < sizeof extra / sizeof *extra; i++) {
        if (extra[i].front == front)
            done = done && add_missing(fields, arena, extra[i].name, extra[i].value);
    }
    return done;
}
