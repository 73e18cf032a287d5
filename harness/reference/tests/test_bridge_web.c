/* Tests of the modes grpc-web and http1-bridge between a small gRPC server and clients that send bytes of HTTP/1.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/reference/tests/reference_fixture.h"

#define PATH         "/reservations.v1.ReservationService/GetReservation"
#define TEXT_MESSAGE "AAAAAAMKAXg=" /* what the server answers, too */
#define TEXT_OK      "gAAAABBncnBjLXN0YXR1czogMA0K"
#define TEXT_ERROR   "gAAAACpncnBjLXN0YXR1czogMTMNCmdycGMtbWVzc2FnZTogZGlzayBnb25lDQo="

static const char message[] = "\0\0\0\0\3\x0a\1x";

static bool has_bytes(const struct peer *peer, const char *bytes, size_t len)
{
    return memmem(peer->got.data, peer->got.len, bytes, len) != NULL;
}

/* One request on a connection of its own; `fields` with their line ends. */
static void ask(struct peer *peer, const char *method, const char *fields, const char *body)
{
    char text[2048];
    snprintf(text, sizeof text,
             "%s " PATH " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s", method, fields,
             strlen(body), body);
    peer_open(peer);
    peer_send(peer, text);
    RUN_UNTIL(peer->ended);
}

static void start(enum mode mode)
{
    reference_start_options((struct reference_options){.mode = mode});
}

static void ask_text(struct peer *peer, enum behaviour behaviour)
{
    reference_fixture.server.behaviour = behaviour;
    ask(peer, "POST", "Content-Type: application/grpc-web-text\r\nX-Test: one\r\n", TEXT_MESSAGE);
}

static void test_text(void **state)
{
    (void)state;
    struct peer peer;
    start(MODE_GRPC_WEB);
    ask_text(&peer, ANSWER);
    assert_string_equal(reference_fixture.server.last_path, PATH);
    assert_string_equal(reference_fixture.server.last_header, "one");
    assert_true(span_equal(buf_span(&reference_fixture.server.request), span_of(message, sizeof message - 1)));
    assert_true(peer_has(&peer, "HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web-text+proto\r\n"));
    assert_true(peer_has(&peer, "x-answer: yes\r\n"));
    assert_true(peer_has(&peer, "\r\n\r\nc\r\n" TEXT_MESSAGE "\r\n1c\r\n" TEXT_OK "\r\n0\r\n\r\n"));
    peer_close(&peer);

    ask_text(&peer, TWO_ERROR);
    assert_int_equal(peer_count(&peer, TEXT_MESSAGE), 2);
    assert_true(peer_has(&peer, TEXT_ERROR "\r\n0\r\n\r\n"));
    peer_close(&peer);

    ask_text(&peer, TRAILERS_ONLY);
    assert_true(peer_has(&peer, "200 OK\r\ncontent-type: application/grpc-web-text+proto\r\ngrpc-status: 5\r\n"
                                "x-answer: one\r\nx-answer: two\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"));
    peer_close(&peer);
    reference_stop();
}

static void test_binary(void **state)
{
    (void)state;
    static const char trailers[] = "\x80\0\0\0\x10grpc-status: 0\r\n\r\n0\r\n\r\n";
    static const char reset[] = "\x80\0\0\0\x3cgrpc-status: 8\r\n";
    struct peer peer;
    start(MODE_GRPC_WEB);
    ask(&peer, "POST", "Content-Type: application/grpc-web-text\r\nAccept: application/grpc-web\r\n", TEXT_MESSAGE);
    assert_true(peer_has(&peer, "content-type: application/grpc-web+proto\r\n"));
    assert_true(has_bytes(&peer, message, sizeof message - 1));
    assert_true(has_bytes(&peer, trailers, sizeof trailers - 1));
    peer_close(&peer);

    reference_fixture.server.behaviour = RESET;
    ask(&peer, "POST", "Content-Type: application/grpc-web\r\n", "");
    assert_true(has_bytes(&peer, message, sizeof message - 1));
    assert_true(has_bytes(&peer, reset, sizeof reset - 1));
    assert_true(peer_has(&peer, "\r\n0\r\n\r\n"));
    peer_close(&peer);
    reference_stop();
}

static void test_refused(void **state)
{
    (void)state;
    struct peer peer;
    start(MODE_GRPC_WEB);
    ask(&peer, "POST", "Content-Type: application/grpc-web-text\r\n", TEXT_MESSAGE "!!!!");
    assert_true(peer_has(&peer, "HTTP/1.1 400 Bad Request\r\ncontent-type: application/grpc-web-text+proto\r\n"
                                "grpc-status: 13\r\ngrpc-message: the request is no base64\r\n"));
    peer_close(&peer);
    ask(&peer, "POST", "Content-Type: application/grpc\r\n", "");
    assert_true(peer_has(&peer, "HTTP/1.1 415 "));
    peer_close(&peer);
    ask(&peer, "PUT", "Content-Type: application/grpc-web\r\n", "");
    assert_true(peer_has(&peer, "HTTP/1.1 405 "));
    assert_true(peer_has(&peer, "allow: POST, OPTIONS\r\n"));
    peer_close(&peer);
    assert_int_equal(reference_fixture.server.calls, 0);

    listener_free(reference_fixture.server.listener);
    reference_fixture.server.listener = NULL;
    ask_text(&peer, ANSWER);
    assert_true(peer_has(&peer, "200 OK\r\n"));
    assert_true(peer_has(&peer, "grpc-status: 14\r\ngrpc-message: the backend cannot be reached\r\n"));
    peer_close(&peer);
    reference_stop();
}

static void test_cors(void **state)
{
    (void)state;
    struct peer peer;
    start(MODE_GRPC_WEB);
    ask(&peer, "OPTIONS",
        "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n"
        "Access-Control-Request-Headers: x-grpc-web\r\n",
        "");
    assert_true(peer_has(&peer, "HTTP/1.1 204 No Content\r\naccess-control-allow-origin: https://app.example\r\n"));
    assert_true(peer_has(&peer, "access-control-allow-methods: POST\r\n"));
    assert_true(peer_has(&peer, "access-control-allow-headers: x-grpc-web\r\n"));
    peer_close(&peer);
    ask(&peer, "OPTIONS", "Access-Control-Request-Method: POST\r\n", "");
    assert_true(peer_has(&peer, "HTTP/1.1 405 "));
    peer_close(&peer);
    assert_int_equal(reference_fixture.server.calls, 0);

    reference_fixture.server.behaviour = TRAILERS_ONLY;
    ask(&peer, "POST", "Content-Type: application/grpc-web\r\nOrigin: https://app.example\r\n", "");
    assert_true(peer_has(&peer, "access-control-allow-origin: https://app.example\r\n"));
    assert_true(
        peer_has(&peer, "access-control-expose-headers: grpc-status, grpc-message, grpc-status-details-bin\r\n"));
    peer_close(&peer);
    reference_stop();
}

static void ask_bridge(struct peer *peer, enum behaviour behaviour)
{
    reference_fixture.server.behaviour = behaviour;
    ask(peer, "POST", "Content-Type: application/grpc\r\n", "");
}

static void test_http1_bridge(void **state)
{
    (void)state;
    struct peer peer;
    start(MODE_HTTP1_BRIDGE);
    ask_bridge(&peer, ANSWER);
    assert_true(peer_has(&peer,
                         "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\nx-answer: yes\r\ngrpc-status: 0\r\n"
                         "connection: close\r\ncontent-length: 8\r\n\r\n"));
    assert_true(has_bytes(&peer, message, sizeof message - 1));
    peer_close(&peer);

    ask_bridge(&peer, TWO_ERROR);
    assert_true(peer_has(&peer, "HTTP/1.1 503 "));
    assert_true(peer_has(&peer, "grpc-status: 13\r\ngrpc-message: disk gone\r\n"));
    assert_true(peer_has(&peer, "content-length: 16\r\n"));
    peer_close(&peer);

    ask_bridge(&peer, TRAILERS_ONLY);
    assert_true(peer_has(&peer, "HTTP/1.1 503 "));
    assert_int_equal(peer_count(&peer, "grpc-status: 5\r\n"), 1);
    assert_int_equal(peer_count(&peer, "x-answer: "), 2);
    peer_close(&peer);

    ask_bridge(&peer, RESET);
    assert_true(peer_has(&peer, "HTTP/1.1 503 "));
    assert_true(peer_has(&peer, "grpc-status: 8\r\n"));
    assert_false(has_bytes(&peer, message, sizeof message - 1));
    peer_close(&peer);

    ask(&peer, "POST", "Content-Type: application/json\r\n", "{}");
    assert_true(peer_has(&peer, "HTTP/1.1 415 "));
    peer_close(&peer);
    assert_int_equal(reference_fixture.server.calls, 4);
    reference_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text), cmocka_unit_test(test_binary),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cors), cmocka_unit_test(test_http1_bridge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
