/* Tests of the reference transcoder over HTTP/1.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/reference/tests/reference_fixture.h"

static const char answer_body[] = "\r\n\r\n{\"id\":\"x\"}";

/* ---- HTTP/1.1 */

static void test_pipelining(void **state)
{
    (void)state;
    struct peer peer;
    reference_start();
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
    assert_string_equal(reference_fixture.server.last_path, "/reservations.v1.ReservationService/GetReservation");
    assert_int_equal(reference_fixture.server.calls, 1);
    peer_close(&peer);

    peer_open(&peer);
    for (int i = 0; i < 50; i++)
        peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_count(&peer, answer_body) == 50);
    assert_int_equal(reference_fixture.server.connections, 1);
    peer_close(&peer);
    reference_stop();
}

static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char request[] =
        "POST /v1/reservations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json; charset=utf-8\r\n"
        "Transfer-Encoding: chunked\r\nX-Test: "
        "v\r\n\r\n5;ext=1\r\n{\"tit\r\n7\r\nle\":\"t\"\r\n1\r\n}\r\n0\r\nX-Trailer: t\r\n\r\n";
    struct peer peer;
    reference_start();
    for (size_t cut = 1; cut < sizeof request - 1; cut++) {
        buf_reset(&reference_fixture.server.request);
        peer_open(&peer);
        assert_true(conn_write(peer.conn, span_of(request, cut)));
        for (int i = 0; i < 3; i++)
            loop_turn(reference_fixture.loop, 0);
        assert_true(conn_write(peer.conn, span_of(request + cut, sizeof request - 1 - cut)));
        RUN_UNTIL(peer_has(&peer, answer_body));
        assert_true(peer_has(&peer, "HTTP/1.1 200 OK"));
        assert_true(span_equal(buf_span(&reference_fixture.server.request), span_of("\0\0\0\0\5\x12\3\x12\1t", 10)));
        assert_string_equal(reference_fixture.server.last_header, "v");
        peer_close(&peer);
    }
    reference_stop();
}

static void test_http1_forms(void **state)
{
    (void)state;
    struct peer peer;
    reference_start();
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
    reference_stop();
}

/* An error behind the first message: the body is cut. */
static void test_stream_error(void **state)
{
    (void)state;
    struct peer peer;
    reference_start();
    reference_fixture.server.behaviour = TWO_ERROR;
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
    reference_stop();
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
            loop_turn(reference_fixture.loop, 0);
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
    reference_start();
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
    assert_int_equal(reference_fixture.server.calls, 0);
    reference_stop();
}

/* Every bit of a request flipped in turn: an answer or the end of the connection, and the next client is served. */
static void test_flipped(void **state)
{
    (void)state;
    char request[] = "POST /v1/reservations?a=%41 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n6\r\n{\"a\":1\r\n1\r\n}\r\n0\r\n\r\n";
    struct peer peer;
    reference_start();
    for (size_t i = 0; i < 8 * (sizeof request - 1); i++) {
        request[i / 8] = (char)(request[i / 8] ^ 1 << i % 8);
        peer_open(&peer);
        assert_true(conn_write(peer.conn, span_of(request, sizeof request - 1)));
        conn_finish(peer.conn);
        RUN_UNTIL(peer.ended);
        peer_close(&peer);
        request[i / 8] = (char)(request[i / 8] ^ 1 << i % 8);
    }
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, answer_body));
    peer_close(&peer);
    reference_stop();
}

/* ---- the backend's side */

static void test_cancel(void **state)
{
    (void)state;
    struct peer peer;
    reference_start();
    reference_fixture.server.behaviour = SILENT;
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(reference_fixture.server.calls == 1);
    peer_close(&peer);
    RUN_UNTIL(reference_fixture.server.resets == 1);
    assert_int_equal(reference_fixture.server.reset_code, H2_CODE_CANCEL);
    reference_stop();

    reference_start_with(DEFECT_CANCEL_NOT_PROPAGATED, 0);
    reference_fixture.server.behaviour = SILENT;
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(reference_fixture.server.calls == 1);
    peer_close(&peer);
    peer_open(&peer);
    reference_fixture.server.behaviour = ANSWER;
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, answer_body));
    assert_int_equal(reference_fixture.server.resets, 0);
    peer_close(&peer);
    reference_stop();
}

static void test_deadline(void **state)
{
    (void)state;
    struct peer peer;
    reference_start_with(DEFECT_NONE, 50);
    reference_fixture.server.behaviour = SILENT;
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, "HTTP/1.1 504 Gateway Timeout"));
    RUN_UNTIL(reference_fixture.server.resets == 1);
    peer_close(&peer);
    reference_stop();
}

static void test_backend_gone_and_back(void **state)
{
    (void)state;
    struct peer peer;
    reference_start();
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, answer_body));
    listener_free(reference_fixture.server.listener);
    reference_fixture.server.listener = NULL;
    grpc_server_drop(&reference_fixture.server);
    for (int i = 0; i < 5; i++)
        loop_turn(reference_fixture.loop, 1);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, "HTTP/1.1 503 Service Unavailable"));
    grpc_server_listen(&reference_fixture.server);
    peer_send(&peer, "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_count(&peer, answer_body) == 2);
    peer_close(&peer);
    reference_stop();
}

/* A client that does not read: the backend is held back after a bounded number of bytes; when it reads, they flow. */
static void test_back_pressure(void **state)
{
    (void)state;
    struct peer peer;
    reference_start();
    reference_fixture.server.behaviour = FLOOD;
    peer_open(&peer);
    peer_send(&peer, "GET /v1/reservations HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer.got.len > 0 || reference_fixture.server.flood_stream != 0);
    conn_pause(peer.conn, true);
    size_t before = 1;
    size_t same = 0;
    for (int i = 0; i < 2000 && same < 100; i++) {
        grpc_flood(&reference_fixture.server);
        loop_turn(reference_fixture.loop, 1);
        same = reference_fixture.server.flooded == before ? same + 1 : 0;
        before = reference_fixture.server.flooded;
    }
    assert_int_equal(same, 100);
    assert_true(before < (48u << 20)); /* the kernel's buffers on two connections included */
    conn_pause(peer.conn, false);
    uint64_t give_up_us = loop_now_us(reference_fixture.loop) + GIVE_UP_US;
    while (reference_fixture.server.flooded < before + (8u << 20) && loop_now_us(reference_fixture.loop) < give_up_us) {
        grpc_flood(&reference_fixture.server);
        loop_turn(reference_fixture.loop, 1);
        buf_reset(&peer.got);
    }
    assert_true(reference_fixture.server.flooded >= before + (8u << 20));
    peer_close(&peer);
    reference_stop();
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
            reference_start_with((enum defect)defect, 0);
            reference_fixture.server.unchecked = defect != DEFECT_NONE;
            reference_fixture.server.behaviour = (enum behaviour)behaviour;
            peer_open(&peer);
            peer_send(&peer, "GET /v1/reservations HTTP/1.1\r\nHost: a\r\n\r\n"
                             "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n");
            for (int i = 0; i < 10; i++)
                loop_turn(reference_fixture.loop, 0);
            peer_close(&peer);
            reference_stop();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipelining),
        cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_http1_forms),
        cmocka_unit_test(test_stream_error),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_backend_gone_and_back),
        cmocka_unit_test(test_back_pressure),
        cmocka_unit_test(test_defect_names),
        cmocka_unit_test(test_defects_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
