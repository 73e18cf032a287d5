/* The reference transcoder between a server and a client of the tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/embed.h"
#include "harness/engine/grpc/frame.h"
#include "harness/reference/tests/reference_fixture.h"

/* ---- a small gRPC server: what it answers is set by `behaviour` */

void grpc_fields(struct fields *out, struct arena *arena, const char *const *pairs)
{
    for (size_t i = 0; pairs[i]; i += 2)
        assert_true(fields_add(out, arena, span_cstr(pairs[i]), span_cstr(pairs[i + 1])));
}

static void server_headers_out(struct server *server, int32_t stream, const char *const *pairs, bool end)
{
    struct arena arena;
    struct fields fields = {0};
    arena_init(&arena, 1 << 16);
    grpc_fields(&fields, &arena, pairs);
    h2_headers(server->h2, stream, &fields, end);
    arena_fini(&arena);
}

static const char *const grpc_head[] = {":status", "200", "content-type", "application/grpc", "x-answer", "yes", NULL};
static const char *const trailers_only[] = {
    ":status", "200", "content-type", "application/grpc+proto", "grpc-status", "5", "x-answer", "one", "x-answer",
    "two",     NULL};
static const char *const ok_trailers[] = {"grpc-status", "0", NULL};
static const char *const bad_trailers[] = {"grpc-status", "13", "grpc-message", "disk gone", NULL};

void grpc_flood(struct server *server)
{
    static uint8_t message[FRAME_PREFIX_LEN + 65536];
    static const uint8_t field[] = {0x12, 0xfc, 0xff, 0x03}; /* title, 65532 bytes */
    frame_prefix_write(message, 0, 65536);
    memcpy(message + FRAME_PREFIX_LEN, field, sizeof field);
    memset(message + FRAME_PREFIX_LEN + sizeof field, 'a', 65536 - sizeof field);
    while (server->h2 && server->flood_stream && h2_queued(server->h2, server->flood_stream) == 0 &&
           server->flooded < (1u << 30)) {
        if (!h2_data(server->h2, server->flood_stream, span_of(message, sizeof message), false))
            return;
        server->flooded += sizeof message;
        h2_flush(server->h2);
        if (conn_queued(server->conn) > (1u << 20))
            return;
    }
}

static void server_answer(struct server *server, int32_t stream)
{
    static const char one[] = "\0\0\0\0\3\x0a\1x";
    server->calls++;
    if (server->behaviour == SILENT)
        return;
    if (server->behaviour == TRAILERS_ONLY) {
        server_headers_out(server, stream, trailers_only, true);
        return;
    }
    server_headers_out(server, stream, grpc_head, false);
    if (server->behaviour == FLOOD) {
        server->flood_stream = stream;
        return;
    }
    h2_data(server->h2, stream, span_of(one, sizeof one - 1), false);
    if (server->behaviour == RESET) {
        h2_rst(server->h2, stream, H2_CODE_ENHANCE_YOUR_CALM);
        return;
    }
    if (server->behaviour == TWO_ERROR)
        h2_data(server->h2, stream, span_of(one, sizeof one - 1), false);
    server_headers_out(server, stream, server->behaviour == TWO_ERROR ? bad_trailers : ok_trailers, true);
}

static void server_on_headers(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields,
                              bool end)
{
    (void)stream;
    (void)kind;
    (void)end;
    struct server *server = user;
    struct span path = fields_value(fields, ":path");
    struct span header = fields_value(fields, "x-test");
    snprintf(server->last_path, sizeof server->last_path, "%.*s", SPAN_FMT(path));
    snprintf(server->last_header, sizeof server->last_header, "%.*s", SPAN_FMT(header));
    if (server->unchecked)
        return;
    assert_true(span_is(fields_value(fields, "te"), "trailers"));
    assert_true(span_is(fields_value(fields, "content-type"), "application/grpc"));
    assert_null(fields_find(fields, "content-length"));
    assert_null(fields_find(fields, "connection"));
    assert_null(fields_find(fields, "x-hop"));
}

static void server_on_data(void *user, int32_t stream, struct span bytes)
{
    (void)stream;
    struct server *server = user;
    buf_append_span(&server->request, bytes);
}

static void server_on_data_end(void *user, int32_t stream, size_t len, bool end)
{
    (void)len;
    if (end)
        server_answer(user, stream);
}

static void server_on_rst(void *user, int32_t stream, uint32_t code)
{
    struct server *server = user;
    server->resets++;
    server->reset_code = code;
    if (server->flood_stream == stream)
        server->flood_stream = 0;
}

static bool server_write(void *user, struct span bytes)
{
    struct server *server = user;
    return conn_write(server->conn, bytes);
}

static const struct h2_callbacks server_h2_callbacks = {
    .write = server_write,
    .on_headers = server_on_headers,
    .on_data = server_on_data,
    .on_data_end = server_on_data_end,
    .on_rst = server_on_rst,
};

void grpc_server_drop(struct server *server)
{
    if (server->conn)
        conn_free(server->conn);
    h2_free(server->h2);
    server->conn = NULL;
    server->h2 = NULL;
    server->flood_stream = 0;
}

static void server_read(void *user, struct conn *conn, struct span bytes)
{
    (void)conn;
    struct server *server = user;
    h2_receive(server->h2, bytes, NULL);
}

static void server_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    (void)end;
    (void)detail;
    struct server *server = user;
    if (server->conn == conn)
        grpc_server_drop(server);
}

static const struct conn_callbacks server_conn_callbacks = {.on_read = server_read, .on_end = server_end};

static void *server_accept(void *user, struct conn *conn)
{
    struct server *server = user;
    static const struct h2_options options = {.server = true};
    grpc_server_drop(server);
    server->conn = conn;
    server->connections++;
    return h2_new(&server->h2, &options, &server_h2_callbacks, server, NULL) == ERR_OK ? server : NULL;
}

void grpc_server_listen(struct server *server)
{
    assert_int_equal(listener_new(&server->listener, server->loop, "127.0.0.1", server->port, NULL,
                                  &server_conn_callbacks, server_accept, server, NULL),
                     ERR_OK);
    server->port = listener_port(server->listener);
}

/* ---- the fixture */

struct reference_fixture reference_fixture;

void reference_start_on(struct loop *loop, struct reference_options options)
{
    struct span bytes;
    struct err err;
    memset(&reference_fixture, 0, sizeof reference_fixture);
    assert_true(embed_find("descriptors.pb", &bytes));
    assert_int_equal(schema_new(&reference_fixture.schema, bytes, &err), ERR_OK);
    reference_fixture.loop = loop;
    reference_fixture.server.loop = reference_fixture.loop;
    buf_init(&reference_fixture.server.request, 64u << 20);
    grpc_server_listen(&reference_fixture.server);
    options.listen_host = options.backend_host = "127.0.0.1";
    options.schema = reference_fixture.schema;
    if (options.backend_port == 0)
        options.backend_port = reference_fixture.server.port;
    if (reference_new(&reference_fixture.reference, reference_fixture.loop, &options, &err) != ERR_OK)
        fail_msg("%s", err.text);
}

void reference_start_options(struct reference_options options)
{
    struct loop *loop;
    assert_int_equal(loop_new(&loop, NULL), ERR_OK);
    reference_start_on(loop, options);
}

void reference_start_with(enum defect defect, uint64_t deadline_ms)
{
    reference_start_options((struct reference_options){.defect = defect, .deadline_ms = deadline_ms});
}

void reference_start(void)
{
    reference_start_with(DEFECT_NONE, 0);
}

void reference_stop(void)
{
    reference_free(reference_fixture.reference);
    grpc_server_drop(&reference_fixture.server);
    if (reference_fixture.server.listener)
        listener_free(reference_fixture.server.listener);
    loop_free(reference_fixture.loop);
    schema_free(reference_fixture.schema);
    buf_fini(&reference_fixture.server.request);
}

/* ---- a client that sends bytes and keeps what it receives */

static void peer_read(void *user, struct conn *conn, struct span bytes)
{
    (void)conn;
    struct peer *peer = user;
    buf_append_span(&peer->got, bytes);
}

void peer_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    (void)conn;
    (void)detail;
    struct peer *peer = user;
    peer->ended = true;
    peer->end = end;
}

static const struct conn_callbacks peer_callbacks = {.on_read = peer_read, .on_end = peer_end};

void peer_open(struct peer *peer)
{
    *peer = (struct peer){0};
    buf_init(&peer->got, 64u << 20);
    assert_int_equal(conn_connect(&peer->conn, reference_fixture.loop, "127.0.0.1",
                                  reference_port(reference_fixture.reference), NULL, &peer_callbacks, peer, NULL),
                     ERR_OK);
}

void peer_close(struct peer *peer)
{
    conn_free(peer->conn);
    buf_fini(&peer->got);
}

void peer_send(struct peer *peer, const char *text)
{
    assert_true(conn_write(peer->conn, span_cstr(text)));
}

bool peer_has(const struct peer *peer, const char *text)
{
    return peer->got.len > 0 && memmem(peer->got.data, peer->got.len, text, strlen(text)) != NULL;
}

size_t peer_count(const struct peer *peer, const char *text)
{
    size_t count = 0;
    const char *at = (const char *)peer->got.data;
    while (at && (at = strstr(at, text)) != NULL) {
        count++;
        at += strlen(text);
    }
    return count;
}
