/* Tests of the reference transcoder over HTTP/2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/reference/tests/reference_fixture.h"

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
    assert_int_equal(conn_connect(&peer->peer.conn, reference_fixture.loop, "127.0.0.1",
                                  reference_port(reference_fixture.reference), NULL, &callbacks, peer, NULL),
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
    grpc_fields(&fields, &arena, pseudo);
    if (extra)
        grpc_fields(&fields, &arena, extra);
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
    static const char *const web[] = {"content-type", "application/grpc-web+proto", NULL};
    struct h2_peer peer;
    reference_start();
    h2_peer_open(&peer);
    h2_peer_request(&peer, "GET", "/v1/reservations/1", NULL, NULL);
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.status, 200);
    assert_string_equal((const char *)peer.body.data, "{\"id\":\"x\"}");
    assert_string_equal(peer.type, "application/json");
    h2_peer_request(&peer, "POST", "/v1/reservations", json, "{\"title\":\"t\"}");
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.status, 200);
    assert_string_equal(reference_fixture.server.last_header, "two");
    size_t calls = reference_fixture.server.calls;
    h2_peer_request(&peer, "GET", "/v1/reservations/1", injected, NULL);
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.closed_code, 1);
    h2_peer_request(&peer, "GET", "/v1/reservations/1", hop, NULL);
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.closed_code, 1);
    h2_peer_request(&peer, "GET", "/v1/reservations/1", upper, NULL);
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.closed_code, 1);
    h2_peer_request(&peer, "POST", "/reservations.v1.ReservationService/GetReservation", web, "");
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.status, 415);
    assert_int_equal(reference_fixture.server.calls, calls);
    reference_fixture.server.behaviour = TWO_ERROR;
    h2_peer_request(&peer, "GET", "/v1/reservations", NULL, NULL);
    RUN_UNTIL(peer.closed == 1);
    assert_int_equal(peer.status, 200);
    assert_int_equal(peer.closed_code, 2);
    assert_string_equal((const char *)peer.body.data, "[{\"id\":\"x\"},{\"id\":\"x\"}");
    h2_peer_close(&peer);
    reference_stop();
}

static void test_http2_cancel(void **state)
{
    (void)state;
    struct h2_peer peer;
    reference_start();
    reference_fixture.server.behaviour = SILENT;
    h2_peer_open(&peer);
    h2_peer_request(&peer, "GET", "/v1/reservations/1", NULL, NULL);
    RUN_UNTIL(reference_fixture.server.calls == 1);
    h2_rst(peer.h2, 1, H2_CODE_CANCEL);
    h2_flush(peer.h2);
    RUN_UNTIL(reference_fixture.server.resets == 1);
    h2_peer_request(&peer, "GET", "/v1/reservations/1", NULL, NULL);
    RUN_UNTIL(reference_fixture.server.calls == 2);
    h2_peer_close(&peer); /* the connection goes */
    RUN_UNTIL(reference_fixture.server.resets == 2);
    assert_int_equal(reference_fixture.server.reset_code, H2_CODE_CANCEL);
    reference_stop();
}

static void test_http2_preface_cut(void **state)
{
    (void)state;
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    struct peer peer;
    reference_start();
    for (size_t cut = 1; cut < 24; cut++) {
        peer_open(&peer);
        assert_true(conn_write(peer.conn, span_of(preface, cut)));
        for (int i = 0; i < 3; i++)
            loop_turn(reference_fixture.loop, 0);
        assert_true(conn_write(peer.conn, span_of(preface + cut, sizeof preface - 1 - cut)));
        RUN_UNTIL(peer.got.len >= 9);
        assert_int_equal(peer.got.data[3], 4); /* SETTINGS */
        peer_close(&peer);
    }
    reference_stop();
}

/* A request's frames with every bit flipped in turn, after the preface. */
static void test_http2_flipped(void **state)
{
    (void)state;
    static const uint8_t preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    /* SETTINGS; HEADERS of GET /v1/reservations/1, http, a: indexed fields and literals without a table entry. */
    uint8_t frames[] = {0,   0,   0,   4,    0,    0,   0,   0,   0,   0,   0,   27,  1,   5,   0,
                        0,   0,   1,   0x82, 0x86, 4,   18,  '/', 'v', '1', '/', 'r', 'e', 's', 'e',
                        'r', 'v', 'a', 't',  'i',  'o', 'n', 's', '/', '1', 1,   3,   'a', ':', '1'};
    struct peer peer;
    reference_start();
    for (size_t i = 0; i <= 8 * sizeof frames; i++) {
        if (i < 8 * sizeof frames)
            frames[i / 8] ^= (uint8_t)(1u << i % 8);
        peer_open(&peer);
        assert_true(conn_write(peer.conn, span_of(preface, 24)));
        assert_true(conn_write(peer.conn, span_of(frames, sizeof frames)));
        if (i < 8 * sizeof frames)
            conn_finish(peer.conn);
        if (i < 8 * sizeof frames)
            RUN_UNTIL(peer.ended);
        else
            RUN_UNTIL(peer_has(&peer, "{\"id\":\"x\"}"));
        peer_close(&peer);
        if (i < 8 * sizeof frames)
            frames[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    reference_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http2),
        cmocka_unit_test(test_http2_cancel),
        cmocka_unit_test(test_http2_preface_cut),
        cmocka_unit_test(test_http2_flipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
