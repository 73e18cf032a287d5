#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/embed.h"
#include "harness/engine/frame.h"
#include "harness/net/conn.h"
#include "harness/net/h2.h"
#include "harness/reference/reference.h"

/* ---- a small gRPC server: what it answers is set by `behaviour` */

enum behaviour {
    ANSWER,    /* one message Reservation { id: "x" }, OK */
    SILENT,    /* nothing */
    FLOOD,     /* messages of 64 KiB as fast as they are taken */
    TWO_ERROR, /* two messages, then grpc-status 13 */
};

struct server {
    struct loop *loop;
    struct listener *listener;
    struct conn *conn; /* the last one accepted */
    struct h2 *h2;
    enum behaviour behaviour;
    uint16_t port;
    size_t connections;
    size_t calls;
    size_t resets;
    uint32_t reset_code;
    size_t flooded;
    int32_t flood_stream;
    struct buf request; /* DATA of all calls */
    char last_path[256];
    char last_header[256]; /* of x-test */
};

static void put_fields(struct fields *out, struct arena *arena, const char *const *pairs)
{
    for (size_t i = 0; pairs[i]; i += 2)
        assert_true(fields_add(out, arena, span_cstr(pairs[i]), span_cstr(pairs[i + 1])));
}

static void server_headers_out(struct server *server, int32_t stream, const char *const *pairs, bool end)
{
    struct arena arena;
    struct fields fields = {0};
    arena_init(&arena, 1 << 16);
    put_fields(&fields, &arena, pairs);
    h2_headers(server->h2, stream, &fields, end);
    arena_fini(&arena);
}

static const char *const grpc_head[] = {":status", "200", "content-type", "application/grpc", "x-answer", "yes", NULL};
static const char *const ok_trailers[] = {"grpc-status", "0", NULL};
static const char *const bad_trailers[] = {"grpc-status", "13", "grpc-message", "disk gone", NULL};

static void flood(struct server *server)
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
    server_headers_out(server, stream, grpc_head, false);
    if (server->behaviour == FLOOD) {
        server->flood_stream = stream;
        return;
    }
    h2_data(server->h2, stream, span_of(one, sizeof one - 1), false);
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

static void server_drop(struct server *server)
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
        server_drop(server);
}

static const struct conn_callbacks server_conn_callbacks = {.on_read = server_read, .on_end = server_end};

static void *server_accept(void *user, struct conn *conn)
{
    struct server *server = user;
    static const struct h2_options options = {.server = true};
    server_drop(server);
    server->conn = conn;
    server->connections++;
    return h2_new(&server->h2, &options, &server_h2_callbacks, server, NULL) == ERR_OK ? server : NULL;
}

static void server_listen(struct server *server)
{
    assert_int_equal(listener_new(&server->listener, server->loop, "127.0.0.1", server->port, NULL,
                                  &server_conn_callbacks, server_accept, server, NULL),
                     ERR_OK);
    server->port = listener_port(server->listener);
}

/* ---- the fixture */

struct fixture {
    struct loop *loop;
    struct schema *schema;
    struct server server;
    struct reference *reference;
};

static struct fixture fixture;

static void start_with(enum defect defect, uint64_t deadline_ms)
{
    struct span bytes;
    struct err err;
    memset(&fixture, 0, sizeof fixture);
    assert_true(embed_find("descriptors.pb", &bytes));
    assert_int_equal(schema_new(&fixture.schema, bytes, &err), ERR_OK);
    assert_int_equal(loop_new(&fixture.loop, &err), ERR_OK);
    fixture.server.loop = fixture.loop;
    buf_init(&fixture.server.request, 64u << 20);
    server_listen(&fixture.server);
    const struct reference_options options = {.listen_host = "127.0.0.1",
                                              .backend_host = "127.0.0.1",
                                              .backend_port = fixture.server.port,
                                              .schema = fixture.schema,
                                              .defect = defect,
                                              .deadline_ms = deadline_ms};
    if (reference_new(&fixture.reference, fixture.loop, &options, &err) != ERR_OK)
        fail_msg("%s", err.text);
}

static void start(void)
{
    start_with(DEFECT_NONE, 0);
}

static void stop(void)
{
    reference_free(fixture.reference);
    server_drop(&fixture.server);
    if (fixture.server.listener)
        listener_free(fixture.server.listener);
    loop_free(fixture.loop);
    schema_free(fixture.schema);
    buf_fini(&fixture.server.request);
}

/* ---- a client that sends bytes and keeps what it receives */

struct peer {
    struct conn *conn;
    struct buf got;
    bool ended;
    enum conn_end end;
};

static void peer_read(void *user, struct conn *conn, struct span bytes)
{
    (void)conn;
    struct peer *peer = user;
    buf_append_span(&peer->got, bytes);
}

static void peer_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    (void)conn;
    (void)detail;
    struct peer *peer = user;
    peer->ended = true;
    peer->end = end;
}

static const struct conn_callbacks peer_callbacks = {.on_read = peer_read, .on_end = peer_end};

static void peer_open(struct peer *peer)
{
    *peer = (struct peer){0};
    buf_init(&peer->got, 64u << 20);
    assert_int_equal(conn_connect(&peer->conn, fixture.loop, "127.0.0.1", reference_port(fixture.reference), NULL,
                                  &peer_callbacks, peer, NULL),
                     ERR_OK);
}

static void peer_close(struct peer *peer)
{
    conn_free(peer->conn);
    buf_fini(&peer->got);
}

static void peer_send(struct peer *peer, const char *text)
{
    assert_true(conn_write(peer->conn, span_cstr(text)));
}

static bool peer_has(const struct peer *peer, const char *text)
{
    return peer->got.data && strstr((const char *)peer->got.data, text) != NULL;
}

static size_t peer_count(const struct peer *peer, const char *text)
{
    size_t count = 0;
    const char *at = (const char *)peer->got.data;
    while (at && (at = strstr(at, text)) != NULL) {
        count++;
        at += strlen(text);
    }
    return count;
}

#define GIVE_UP_US 10000000u
/* Runs the loop until the condition holds; the test fails when it does not within ten seconds. */
#define RUN_UNTIL(condition)                                                                                           \
    do {                                                                                                               \
        uint64_t give_up_us = loop_now_us(fixture.loop) + GIVE_UP_US;                                                  \
        while (!(condition)) {                                                                                         \
            if (loop_now_us(fixture.loop) > give_up_us)                                                                \
                fail_msg("still not: %s", #condition);                                                                 \
            loop_turn(fixture.loop, 10);                                                                               \
        }                                                                                                              \
    } while (0)

static const char answer_body[] = "\r\n\r\n{\"id\":\"x\"}";

/* ---- HTTP/1.1 */

static void test_pipelining(void **state)
{
    (void)state;
    struct peer peer;
    start();
    peer_open(&peer);
    peer_send(&peer,
              "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\nX-Test: one\r\nConnection: x-hop\r\nX-Hop: 1\r\n\r\n"
              "GET /v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n"
              "POST /v1/reservations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
              "Content-Length: 12\r\n\r\n{\"title\":\"t\"}"
              "\r\nGET /v1/reservations/2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    /* The third body is one byte longer than announced: what is left of it is no request. */
    RUN_UNTIL(peer.ended);
    assert_int_equal(peer_count(&peer, "HTTP/1.1 "), 4);
    const char *got = (const char *)peer.got.data;
    const char *first = strstr(got, "HTTP/1.1 200 OK");
    const char *second = strstr(got, "HTTP/1.1 404 Not Found");
    const char *third = strstr(got, "HTTP/1.1 400 Bad Request");
    assert_true(first && second && third && first < second && second < third);
    assert_true(peer_has(&peer, "x-answer: yes"));
    assert_string_equal(fixture.server.last_path, "/reservations.v1.ReservationService/GetReservation");
    assert_int_equal(fixture.server.calls, 1);
    peer_close(&peer);

    peer_open(&peer);
    for (int i = 0; i < 50; i++)
        peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_count(&peer, answer_body) == 50);
    assert_int_equal(fixture.server.connections, 1);
    peer_close(&peer);
    stop();
}

static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char request[] =
        "POST /v1/reservations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json; charset=utf-8\r\n"
        "Transfer-Encoding: chunked\r\nX-Test: "
        "v\r\n\r\n5;ext=1\r\n{\"tit\r\n7\r\nle\":\"t\"\r\n1\r\n}\r\n0\r\nX-Trailer: t\r\n\r\n";
    struct peer peer;
    start();
    for (size_t cut = 1; cut < sizeof request - 1; cut++) {
        buf_reset(&fixture.server.request);
        peer_open(&peer);
        assert_true(conn_write(peer.conn, span_of(request, cut)));
        for (int i = 0; i < 3; i++)
            loop_turn(fixture.loop, 0);
        assert_true(conn_write(peer.conn, span_of(request + cut, sizeof request - 1 - cut)));
        RUN_UNTIL(peer_has(&peer, answer_body));
        assert_true(peer_has(&peer, "HTTP/1.1 200 OK"));
        assert_true(span_equal(buf_span(&fixture.server.request), span_of("\0\0\0\0\5\x12\3\x12\1t", 10)));
        assert_string_equal(fixture.server.last_header, "v");
        peer_close(&peer);
    }
    stop();
}

static void test_http1_forms(void **state)
{
    (void)state;
    struct peer peer;
    start();
    peer_open(&peer);
    peer_send(&peer, "POST /v1/reservations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                     "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, "HTTP/1.1 100 Continue\r\n\r\n"));
    peer_send(&peer, "{}");
    RUN_UNTIL(peer_has(&peer, answer_body));
    buf_reset(&peer.got);
    peer_send(&peer, "GET http://a.example/v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, answer_body));
    buf_reset(&peer.got);
    peer_send(&peer, "HEAD /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, "no method is bound"));
    assert_true(peer_has(&peer, "HTTP/1.1 405 Method Not Allowed"));
    assert_true(peer_has(&peer, "allow: GET, DELETE\r\n"));
    assert_false(peer_has(&peer, "bound to other"));
    peer_close(&peer);

    /* HTTP/1.0: no chunks, the connection ends the body. */
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations HTTP/1.0\r\n\r\n");
    RUN_UNTIL(peer.ended);
    assert_true(peer_has(&peer, "\r\n\r\n[{\"id\":\"x\"}]"));
    assert_false(peer_has(&peer, "chunked"));
    assert_int_equal(peer.end, CONN_END_FIN);
    peer_close(&peer);

    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, "0\r\n\r\n"));
    assert_true(peer_has(&peer, "transfer-encoding: chunked"));
    peer_close(&peer);
    stop();
}

/* An error behind the first message: the body is cut. */
static void test_stream_error(void **state)
{
    (void)state;
    struct peer peer;
    start();
    fixture.server.behaviour = TWO_ERROR;
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer.ended);
    assert_int_equal(peer.end, CONN_END_FIN);
    assert_int_equal(peer_count(&peer, "{\"id\":\"x\"}"), 2);
    assert_false(peer_has(&peer, "0\r\n\r\n"));
    peer_close(&peer);
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations HTTP/1.0\r\n\r\n");
    RUN_UNTIL(peer.ended);
    assert_int_equal(peer.end, CONN_END_RESET);
    peer_close(&peer);
    stop();
}

static void expect_refused(const char *request, const char *fill, size_t count, const char *tail, const char *want)
{
    struct peer peer;
    peer_open(&peer);
    peer_send(&peer, request);
    for (size_t i = 0; i < count && !peer.ended; i++) {
        if (!conn_write(peer.conn, span_cstr(fill)))
            break;
        if (conn_queued(peer.conn) > (1u << 20))
            loop_turn(fixture.loop, 0);
    }
    conn_write(peer.conn, span_cstr(tail));
    RUN_UNTIL(peer.ended);
    if (!peer_has(&peer, want))
        fail_msg("%.40s: \"%s\" is not in: %.200s", request, want, peer.got.data ? (const char *)peer.got.data : "");
    peer_close(&peer);
}

static void test_refused(void **state)
{
    (void)state;
    char fill[1025];
    memset(fill, 'a', 1024);
    fill[1024] = '\0';
    start();
    expect_refused("garbage\r\n\r\n", "", 0, "", "HTTP/1.1 ");
    expect_refused("GET / HTTP/1.1\r\n\r\n", "", 0, "", "HTTP/1.1 400 ");
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "", 0, "", "HTTP/1.1 400 ");
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n", "", 0, "", "HTTP/1.1 400 ");
    expect_refused(
        "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "", 0,
        "", "HTTP/1.1 400 ");
    expect_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "", 0, "", "HTTP/1.1 505 ");
    expect_refused("GET /v1/x#y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "", 0, "", "HTTP/1.1 400 ");
    expect_refused("CONNECT a:1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "", 0, "", "HTTP/1.1 400 ");
    expect_refused("GET /", fill, 200, " HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 431 ");
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\nX: ", fill, 200, "\r\n\r\n", "HTTP/1.1 431 ");
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\n", "a:b\r\n", 20000, "\r\n", "HTTP/1.1 431 ");
    expect_refused("POST /v1/reservations HTTP/1.1\r\nHost: a\r\nContent-Length: 4194305\r\n\r\n", "", 0, "",
                   "HTTP/1.1 413 ");
    char chunk[1100];
    snprintf(chunk, sizeof chunk, "400\r\n%s\r\n", fill);
    expect_refused("POST /v1/reservations HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", chunk, 4200,
                   "0\r\n\r\n", "HTTP/1.1 413 ");
    expect_refused("POST /v1/reservations HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;", fill, 200,
                   "\r\n", "HTTP/1.1 4");
    assert_int_equal(fixture.server.calls, 0);
    stop();
}

/* ---- the backend's side */

static void test_cancel(void **state)
{
    (void)state;
    struct peer peer;
    start();
    fixture.server.behaviour = SILENT;
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(fixture.server.calls == 1);
    peer_close(&peer);
    RUN_UNTIL(fixture.server.resets == 1);
    assert_int_equal(fixture.server.reset_code, 8);
    stop();

    start_with(DEFECT_CANCEL_NOT_PROPAGATED, 0);
    fixture.server.behaviour = SILENT;
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(fixture.server.calls == 1);
    peer_close(&peer);
    peer_open(&peer);
    fixture.server.behaviour = ANSWER;
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, answer_body));
    assert_int_equal(fixture.server.resets, 0);
    peer_close(&peer);
    stop();
}

static void test_deadline(void **state)
{
    (void)state;
    struct peer peer;
    start_with(DEFECT_NONE, 50);
    fixture.server.behaviour = SILENT;
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, "HTTP/1.1 504 Gateway Timeout"));
    RUN_UNTIL(fixture.server.resets == 1);
    peer_close(&peer);
    stop();
}

static void test_backend_gone_and_back(void **state)
{
    (void)state;
    struct peer peer;
    start();
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, answer_body));
    listener_free(fixture.server.listener);
    fixture.server.listener = NULL;
    server_drop(&fixture.server);
    for (int i = 0; i < 5; i++)
        loop_turn(fixture.loop, 1);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, "HTTP/1.1 503 Service Unavailable"));
    server_listen(&fixture.server);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_count(&peer, answer_body) == 2);
    peer_close(&peer);
    stop();
}

/* A client that does not read: the backend is held back after a bounded number of bytes; when it reads, they flow. */
static void test_back_pressure(void **state)
{
    (void)state;
    struct peer peer;
    start();
    fixture.server.behaviour = FLOOD;
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer.got.len > 0 || fixture.server.flood_stream != 0);
    conn_pause(peer.conn, true);
    size_t before = 1;
    size_t same = 0;
    for (int i = 0; i < 2000 && same < 100; i++) {
        flood(&fixture.server);
        loop_turn(fixture.loop, 1);
        same = fixture.server.flooded == before ? same + 1 : 0;
        before = fixture.server.flooded;
    }
    assert_int_equal(same, 100);
    assert_true(before < (48u << 20)); /* the kernel's buffers on two connections included */
    conn_pause(peer.conn, false);
    uint64_t give_up_us = loop_now_us(fixture.loop) + GIVE_UP_US;
    while (fixture.server.flooded < before + (8u << 20) && loop_now_us(fixture.loop) < give_up_us) {
        flood(&fixture.server);
        loop_turn(fixture.loop, 1);
        buf_reset(&peer.got);
    }
    assert_true(fixture.server.flooded >= before + (8u << 20));
    peer_close(&peer);
    stop();
}

/* ---- HTTP/2 */

struct h2_peer {
    struct peer peer;
    struct h2 *h2;
    int status;
    uint32_t closed_code;
    size_t closed;
    struct buf body;
    char type[64];
};

static bool h2_peer_write(void *user, struct span bytes)
{
    struct h2_peer *peer = user;
    return conn_write(peer->peer.conn, bytes);
}

static void h2_peer_headers(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields,
                            bool end)
{
    (void)stream;
    (void)kind;
    (void)end;
    struct h2_peer *peer = user;
    struct span type = fields_value(fields, "content-type");
    peer->status = atoi((const char *)fields_value(fields, ":status").data);
    snprintf(peer->type, sizeof peer->type, "%.*s", SPAN_FMT(type));
}

static void h2_peer_data(void *user, int32_t stream, struct span bytes)
{
    (void)stream;
    struct h2_peer *peer = user;
    buf_append_span(&peer->body, bytes);
}

static void h2_peer_closed(void *user, int32_t stream, uint32_t code)
{
    (void)stream;
    struct h2_peer *peer = user;
    peer->closed++;
    peer->closed_code = code;
}

static const struct h2_callbacks h2_peer_callbacks = {
    .write = h2_peer_write, .on_headers = h2_peer_headers, .on_data = h2_peer_data, .on_close = h2_peer_closed};

static void h2_peer_read(void *user, struct conn *conn, struct span bytes)
{
    (void)conn;
    struct h2_peer *peer = user;
    h2_receive(peer->h2, bytes, NULL);
}

static void h2_peer_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    peer_end(&((struct h2_peer *)user)->peer, conn, end, detail);
}

static void h2_peer_open(struct h2_peer *peer)
{
    static const struct h2_options options;
    static const struct conn_callbacks callbacks = {.on_read = h2_peer_read, .on_end = h2_peer_end};
    *peer = (struct h2_peer){0};
    buf_init(&peer->body, 1 << 20);
    assert_int_equal(conn_connect(&peer->peer.conn, fixture.loop, "127.0.0.1", reference_port(fixture.reference), NULL,
                                  &callbacks, peer, NULL),
                     ERR_OK);
    assert_int_equal(h2_new(&peer->h2, &options, &h2_peer_callbacks, peer, NULL), ERR_OK);
}

static void h2_peer_close(struct h2_peer *peer)
{
    conn_free(peer->peer.conn);
    h2_free(peer->h2);
    buf_fini(&peer->body);
}

/* `extra`: further fields as pairs, ended by NULL. */
static void h2_peer_request(struct h2_peer *peer, const char *method, const char *path, const char *const *extra,
                            const char *body)
{
    const char *const pseudo[] = {":method", method, ":scheme", "http", ":path", path, ":authority", "a", NULL};
    struct arena arena;
    struct fields fields = {0};
    arena_init(&arena, 1 << 20);
    put_fields(&fields, &arena, pseudo);
    if (extra)
        put_fields(&fields, &arena, extra);
    peer->status = 0;
    peer->closed = 0;
    buf_reset(&peer->body);
    int32_t stream = h2_request(peer->h2, &fields, body == NULL);
    assert_true(stream > 0);
    if (body)
        h2_data(peer->h2, stream, span_cstr(body), true);
    h2_flush(peer->h2);
    arena_fini(&arena);
}

static void test_http2(void **state)
{
    (void)state;
    static const char *const json[] = {"content-type", "application/json", "x-test", "two", NULL};
    static const char *const injected[] = {"x-test", "a\r\nb: c", NULL};
    static const char *const hop[] = {"connection", "close", NULL};
    static const char *const upper[] = {"X-Test", "a", NULL};
    static const char *const grpc[] = {"content-type", "application/grpc", NULL};
    struct h2_peer peer;
    start();
    h2_peer_open(&peer);
    h2_peer_request(&peer, "GET", "/v1/reservations/1", NULL, NULL);
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.status, 200);
    assert_string_equal((const char *)peer.body.data, "{\"id\":\"x\"}");
    assert_string_equal(peer.type, "application/json");
    h2_peer_request(&peer, "POST", "/v1/reservations", json, "{\"title\":\"t\"}");
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.status, 200);
    assert_string_equal(fixture.server.last_header, "two");
    size_t calls = fixture.server.calls;
    h2_peer_request(&peer, "GET", "/v1/reservations/1", injected, NULL);
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.status, 400);
    h2_peer_request(&peer, "GET", "/v1/reservations/1", hop, NULL);
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.closed_code, 1);
    h2_peer_request(&peer, "GET", "/v1/reservations/1", upper, NULL);
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.closed_code, 1);
    h2_peer_request(&peer, "POST", "/reservations.v1.ReservationService/GetReservation", grpc, "");
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.status, 415);
    assert_int_equal(fixture.server.calls, calls);
    fixture.server.behaviour = TWO_ERROR;
    h2_peer_request(&peer, "GET", "/v1/reservations", NULL, NULL);
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.status, 200);
    assert_int_equal(peer.closed_code, 2);
    assert_string_equal((const char *)peer.body.data, "[{\"id\":\"x\"},{\"id\":\"x\"}");
    h2_peer_close(&peer);
    stop();
}

static void test_http2_cancel(void **state)
{
    (void)state;
    struct h2_peer peer;
    start();
    fixture.server.behaviour = SILENT;
    h2_peer_open(&peer);
    h2_peer_request(&peer, "GET", "/v1/reservations/1", NULL, NULL);
    RUN_UNTIL(fixture.server.calls == 1);
    h2_rst(peer.h2, 1, 8);
    h2_flush(peer.h2);
    RUN_UNTIL(fixture.server.resets == 1);
    h2_peer_request(&peer, "GET", "/v1/reservations/1", NULL, NULL);
    RUN_UNTIL(fixture.server.calls == 2);
    h2_peer_close(&peer); /* the connection goes */
    RUN_UNTIL(fixture.server.resets == 2);
    assert_int_equal(fixture.server.reset_code, 8);
    stop();
}

static void test_http2_preface_cut(void **state)
{
    (void)state;
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    struct peer peer;
    start();
    for (size_t cut = 1; cut < 24; cut++) {
        peer_open(&peer);
        assert_true(conn_write(peer.conn, span_of(preface, cut)));
        for (int i = 0; i < 3; i++)
            loop_turn(fixture.loop, 0);
        assert_true(conn_write(peer.conn, span_of(preface + cut, sizeof preface - 1 - cut)));
        RUN_UNTIL(peer.got.len >= 9);
        assert_int_equal(peer.got.data[3], 4); /* SETTINGS */
        peer_close(&peer);
    }
    stop();
}

/* ---- defects */

static void test_defect_names(void **state)
{
    (void)state;
    enum defect found;
    assert_true(DEFECT_COUNT > 25);
    for (int i = 0; i < DEFECT_COUNT; i++) {
        const struct defect_info *info = defects_get((enum defect)i);
        assert_true(defects_find(info->name, &found));
        assert_int_equal(found, i); /* so names are unique */
        assert_int_equal(strspn(info->name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(info->name));
        assert_true(info->text[0] != '\0');
    }
    assert_false(defects_find("no-such-defect", &found));
    assert_false(defects_find("", &found));
}

/* Whatever the defect, stopping in the middle of calls leaves nothing behind. */
static void test_defects_stop(void **state)
{
    (void)state;
    for (int defect = 0; defect < DEFECT_COUNT; defect++) {
        for (int behaviour = ANSWER; behaviour <= TWO_ERROR; behaviour++) {
            struct peer peer;
            /* The checks of what the server receives are for the right transcoder. */
            if (defect == DEFECT_TE_MISSING || defect == DEFECT_REQUEST_CONTENT_TYPE_JSON)
                continue;
            start_with((enum defect)defect, 0);
            fixture.server.behaviour = (enum behaviour)behaviour;
            peer_open(&peer);
            peer_send(&peer, "GET /v1/reservations HTTP/1.1\r\nHost: a\r\n\r\n"
                             "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
            for (int i = 0; i < 10; i++)
                loop_turn(fixture.loop, 0);
            peer_close(&peer);
            stop();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipelining),    cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_http1_forms),   cmocka_unit_test(test_stream_error),
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_deadline),      cmocka_unit_test(test_backend_gone_and_back),
        cmocka_unit_test(test_back_pressure), cmocka_unit_test(test_http2),
        cmocka_unit_test(test_http2_cancel),  cmocka_unit_test(test_http2_preface_cut),
        cmocka_unit_test(test_defect_names),  cmocka_unit_test(test_defects_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
