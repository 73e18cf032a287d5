/* Tests of the modes whose backend is plain HTTP/1.1, between a gRPC client and a service that answers what a test
 * says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/reference/tests/caller.h"
#include "harness/reference/tests/http1_server.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)
#define HELLO       "\0\0\0\0\7\n\5Hello"
#define WORLD       "\n\rHello, world."
#define PROTOBUF    "200 OK\r\nContent-Type: application/x-protobuf\r\n"
#define FRAMED      "200 OK\r\nContent-Type: application/grpc+proto\r\n"
#define JSON        "200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"

static const char get[] = "/reservations.v1.ReservationService/GetReservation";
static const char create[] = "/reservations.v1.ReservationService/CreateReservation";
static const char list[] = "/reservations.v1.ReservationService/ListReservations";

static void start(enum mode mode, enum defect defect)
{
    http1_server_start((struct reference_options){.mode = mode, .defect = defect});
}

static void call(struct caller *caller, const char *path, const char *const *extra, struct span body)
{
    caller_start(caller, path, extra, body);
    RUN_UNTIL(caller->ended);
}

/* A whole success with that body. */
static void assert_ok(const struct caller *caller, struct span body)
{
    assert_int_equal(caller->seen.ending, ENDING_COMPLETE);
    assert_int_equal(caller->seen.status, 200);
    assert_true(field_is(&caller->seen.headers, "content-type", "application/grpc"));
    assert_true(span_equal(buf_span(&caller->seen.body), body));
    assert_true(field_is(&caller->seen.trailers, "grpc-status", "0"));
    assert_null(fields_find(&caller->seen.headers, "grpc-status"));
}

/* The call of a unary method with HELLO, which must end with that error. */
static void assert_call_fails(const char *path, const char *code)
{
    struct caller caller;
    call(&caller, path, NULL, BYTES(HELLO));
    if (!field_is(&caller.seen.headers, "grpc-status", code))
        fail_msg("%s%.*s: grpc-status %.*s", http1_server.status, SPAN_FMT(http1_server.answer),
                 SPAN_FMT(fields_value(&caller.seen.headers, "grpc-status")));
    caller_assert_error(&caller, code);
    caller_stop(&caller);
}

/* ---- messages without their prefix */

static void test_bridge(void **state)
{
    (void)state;
    static const char *const extra[] = {"x-test", "one", "grpc-timeout", "5S", "grpc-accept-encoding", "gzip", NULL};
    struct caller caller;
    start(MODE_REVERSE_BRIDGE, DEFECT_NONE);
    http1_server.status = PROTOBUF "X-Answer: yes\r\nConnection: x-hop\r\nKeep-Alive: 5\r\n";
    http1_server.answer = BYTES(WORLD);
    call(&caller, "/a.B/C", extra, BYTES(HELLO));
    assert_true(strncmp((const char *)http1_server.request.data, "POST /a.B/C HTTP/1.1\r\n", 22) == 0);
    assert_true(http1_server_saw("\r\ncontent-type: application/x-protobuf\r\n"));
    assert_true(http1_server_saw("\r\naccept: application/x-protobuf\r\n"));
    assert_true(http1_server_saw("\r\nx-test: one\r\n"));
    assert_true(http1_server_saw("\r\ngrpc-timeout: 5S\r\n"));
    assert_false(http1_server_saw("\r\nte: "));
    assert_false(http1_server_saw("encoding"));
    assert_string_equal(http1_server_body(), "\n\5Hello");
    assert_ok(&caller, BYTES("\0\0\0\0\17" WORLD));
    assert_true(field_is(&caller.seen.headers, "x-answer", "yes"));
    assert_null(fields_find(&caller.seen.headers, "keep-alive"));
    caller_stop(&caller);
    /* Nothing, both ways. */
    http1_server.answer = span_of(NULL, 0);
    call(&caller, "/a.B/C", NULL, BYTES("\0\0\0\0\0"));
    assert_string_equal(http1_server_body(), "");
    assert_ok(&caller, BYTES("\0\0\0\0\0"));
    caller_stop(&caller);
    http1_server_stop();
}

static const struct {
    struct span body;
    const char *code;
} bad_requests[] = {
    {{(const uint8_t *)"", 0}, "12"},
    {{(const uint8_t *)"\0\0\0", 3}, "13"},
    {{(const uint8_t *)"\0\0\0\0\5abc", 8}, "13"},
    {{(const uint8_t *)"\2\0\0\0\0", 5}, "13"},
    {{(const uint8_t *)"\1\0\0\0\0", 5}, "13"},
    {{(const uint8_t *)"\0\0\0\0\0\0\0\0\0\0", 10}, "12"},
    {{(const uint8_t *)"\0\0\0\0\1\1x", 7}, "13"},
};

static void test_bad_requests(void **state)
{
    (void)state;
    static const char *const gzip[] = {"grpc-encoding", "gzip", NULL};
    static const char *const none[] = {NULL};
    struct caller caller;
    start(MODE_REVERSE_BRIDGE, DEFECT_NONE);
    for (size_t i = 0; i < sizeof bad_requests / sizeof *bad_requests; i++) {
        call(&caller, get, none, bad_requests[i].body);
        caller_assert_error(&caller, bad_requests[i].code);
        caller_stop(&caller);
    }
    call(&caller, get, gzip, BYTES("\1\0\0\0\1x"));
    caller_assert_error(&caller, "12");
    assert_true(field_is(&caller.seen.headers, "grpc-accept-encoding", "identity"));
    caller_stop(&caller);
    struct peer peer;
    peer_open(&peer);
    peer_send(&peer, "POST /a.B/C HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\n{}");
    RUN_UNTIL(peer_has(&peer, "HTTP/1.1 415 "));
    peer_send(&peer, "GET /a.B/C HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, "HTTP/1.1 405 ") && peer_has(&peer, "allow: POST\r\n"));
    peer_close(&peer);
    assert_int_equal(http1_server.calls, 0);
    http1_server_stop();
}

static const struct {
    const char *status;
    const char *body;
    const char *code;
} errors[] = {
    {"200 OK\r\nContent-Type: text/html\r\n", "<p>", "2"},
    {"200 OK\r\n", "x", "2"},
    {"204 No Content\r\nContent-Type: application/x-protobuf\r\n", "", "2"},
    {"302 Found\r\nLocation: /other\r\n", "", "2"},
    {"400 Bad Request\r\nContent-Type: application/x-protobuf\r\n", "x", "13"},
    {"401 Unauthorized\r\nContent-Type: text/plain\r\n", "who?", "16"},
    {"403 Forbidden\r\n", "", "7"},
    {"404 Not Found\r\n", "", "12"},
    {"429 Too Many Requests\r\n", "", "14"},
    {"500 Internal Server Error\r\n", "", "2"},
    {"503 Service Unavailable\r\n", "", "14"},
    {PROTOBUF "Grpc-Status: 5\r\nGrpc-Message: gone%21\r\n", "", "5"},
    {PROTOBUF "Grpc-Status: x\r\nGrpc-Message: odd\r\n", "x", "2"},
    {"503 Service Unavailable\r\nGrpc-Status: 9\r\nGrpc-Message: no\r\n", "", "9"},
    {"503 Service Unavailable\r\nGrpc-Status: 0\r\n", "", "14"},
};

static void test_errors(void **state)
{
    (void)state;
    start(MODE_REVERSE_BRIDGE, DEFECT_NONE);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        http1_server.status = errors[i].status;
        http1_server.answer = span_cstr(errors[i].body);
        assert_call_fails("/a.B/C", errors[i].code);
    }
    assert_int_equal(http1_server.calls, sizeof errors / sizeof *errors);
    http1_server_stop();
}

static void test_error_texts(void **state)
{
    (void)state;
    char text[4000];
    struct caller caller;
    start(MODE_REVERSE_BRIDGE, DEFECT_NONE);
    http1_server.status = "503 Service Unavailable\r\nContent-Type: text/plain\r\n";
    http1_server.answer = span_cstr("back at n\xc3\xb6on");
    call(&caller, get, NULL, BYTES(HELLO));
    assert_true(field_is(&caller.seen.headers, "grpc-message", "back at n%C3%B6on"));
    caller_stop(&caller);
    memset(text, 'a', sizeof text);
    http1_server.answer = span_of(text, sizeof text);
    call(&caller, get, NULL, BYTES(HELLO));
    assert_int_equal(fields_value(&caller.seen.headers, "grpc-message").len, 1024);
    caller_stop(&caller);
    http1_server.status = PROTOBUF "Grpc-Status: 5\r\nGrpc-Message: n\xc3\xb6 %41\r\nGrpc-Status-Details-Bin: CAU\r\n";
    http1_server.answer = span_cstr("x");
    call(&caller, get, NULL, BYTES(HELLO));
    assert_true(field_is(&caller.seen.headers, "grpc-message", "n%C3%B6 %41"));
    assert_true(field_is(&caller.seen.headers, "grpc-status-details-bin", "CAU"));
    assert_int_equal(caller.seen.body.len, 0);
    caller_stop(&caller);
    http1_server_stop();
}

static void test_cut(void **state)
{
    (void)state;
    struct caller caller;
    start(MODE_REVERSE_BRIDGE, DEFECT_NONE);
    http1_server.raw = true;
    http1_server.closes = true;
    http1_server.answer = span_cstr("HTTP/1.1 " PROTOBUF "Content-Length: 10\r\n\r\nabc");
    assert_call_fails(get, "14");
    http1_server.answer = span_cstr("HTTP/1.1 " PROTOBUF "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    assert_call_fails(get, "14");
    http1_server.answer = span_cstr("");
    assert_call_fails(get, "14");
    http1_server.answer = span_cstr("garbage\r\n\r\n");
    call(&caller, get, NULL, BYTES(HELLO));
    assert_true(fields_find(&caller.seen.headers, "grpc-status") != NULL);
    assert_int_equal(caller.seen.body.len, 0);
    caller_stop(&caller);
    http1_server_stop();
}

static void test_gone(void **state)
{
    (void)state;
    static const char *const timeout[] = {"grpc-timeout", "30m", NULL};
    struct caller caller;
    start(MODE_REVERSE_BRIDGE, DEFECT_NONE);
    http1_server.silent = true;
    call(&caller, get, timeout, BYTES(HELLO));
    caller_assert_error(&caller, "4");
    caller_stop(&caller);
    RUN_UNTIL(http1_server.closed == 1);
    caller_start(&caller, get, NULL, BYTES(HELLO));
    RUN_UNTIL(http1_server.calls == 2);
    caller_stop(&caller);
    RUN_UNTIL(http1_server.closed == 2);
    http1_server_stop();
}

/* ---- framed messages */

static void test_framed(void **state)
{
    (void)state;
    static const char *const gzip[] = {"grpc-encoding", "gzip", NULL};
    struct caller caller;
    start(MODE_REVERSE_BRIDGE_FRAMED, DEFECT_NONE);
    http1_server.status = FRAMED;
    http1_server.answer = BYTES("\0\0\0\0\17" WORLD);
    call(&caller, "/a.B/C", gzip, BYTES("\1\0\0\0\1x"));
    assert_memory_equal(http1_server_body(), "\1\0\0\0\1x", 6);
    assert_true(http1_server_saw("\r\ncontent-type: application/grpc+proto\r\n"));
    assert_true(http1_server_saw("\r\ngrpc-encoding: gzip\r\n"));
    assert_ok(&caller, BYTES("\0\0\0\0\17" WORLD));
    caller_stop(&caller);
    http1_server.answer = BYTES(WORLD);
    assert_call_fails(get, "13");
    http1_server.answer = BYTES("\0\0\0\0\17" WORLD "\0");
    assert_call_fails(get, "13");
    http1_server.answer = span_of(NULL, 0);
    assert_call_fails(get, "13");
    http1_server.status = PROTOBUF;
    assert_call_fails(get, "2");
    http1_server.raw = true;
    http1_server.answer = span_cstr("HTTP/1.1 " FRAMED "Transfer-Encoding: chunked\r\n\r\n0\r\nGrpc-Status: 7\r\n"
                                    "Grpc-Message: no\r\n\r\n");
    assert_call_fails(get, "7");
    http1_server_stop();
}

/* ---- HTTP/JSON */

static void test_transcoder(void **state)
{
    (void)state;
    struct caller caller;
    start(MODE_REVERSE_TRANSCODER, DEFECT_NONE);
    http1_server.status = JSON;
    http1_server.answer = span_cstr("{\"id\":\"x\",\"unknown\":1}");
    call(&caller, get, NULL, BYTES("\0\0\0\0\5\n\3a/b"));
    assert_true(strncmp((const char *)http1_server.request.data, "GET /v1/reservations/a%2Fb HTTP/1.1\r\n", 37) == 0);
    assert_true(http1_server_saw("\r\naccept: application/json\r\n"));
    assert_false(http1_server_saw("content-"));
    assert_ok(&caller, BYTES("\0\0\0\0\3\n\1x"));
    caller_stop(&caller);
    call(&caller, create, NULL, BYTES("\0\0\0\0\5\x12\3\n\1y"));
    assert_true(strncmp((const char *)http1_server.request.data, "POST /v1/reservations HTTP/1.1\r\n", 32) == 0);
    assert_true(http1_server_saw("\r\ncontent-type: application/json\r\n"));
    assert_string_equal(http1_server_body(), "{\"id\":\"y\"}");
    caller_stop(&caller);
    http1_server.status = "204 No Content\r\n";
    http1_server.answer = span_of(NULL, 0);
    call(&caller, "/reservations.v1.ReservationService/DeleteReservation", NULL, BYTES("\0\0\0\0\3\n\1x"));
    assert_ok(&caller, BYTES("\0\0\0\0\0"));
    caller_stop(&caller);
    http1_server.status = "200 OK\r\nContent-Type: text/csv\r\n";
    http1_server.answer = span_cstr("a,b");
    call(&caller, "/transcheck.v1.HttpBodyService/Download", NULL, BYTES("\0\0\0\0\3\n\1x"));
    assert_ok(&caller, BYTES("\0\0\0\0\17\n\x8text/csv\x12\3a,b"));
    caller_stop(&caller);
    http1_server_stop();
}

static void test_transcoder_refuses(void **state)
{
    (void)state;
    struct caller caller;
    start(MODE_REVERSE_TRANSCODER, DEFECT_NONE);
    assert_call_fails("/a.B/C", "12");
    assert_call_fails(list, "12");
    call(&caller, get, NULL, BYTES("\0\0\0\0\0"));
    caller_assert_error(&caller, "3");
    assert_true(field_is(&caller.seen.headers, "grpc-message", "path variable id: it is empty"));
    caller_stop(&caller);
    call(&caller, get, NULL, BYTES("\0\0\0\0\2\n\5"));
    caller_assert_error(&caller, "13");
    caller_stop(&caller);
    assert_int_equal(http1_server.calls, 0);
    http1_server.status = JSON;
    http1_server.answer = span_cstr("{\"id\":");
    assert_call_fails(get, "13");
    http1_server.answer = span_cstr("{\"id\":7}");
    assert_call_fails(get, "13");
    http1_server.status = "200 OK\r\nContent-Type: text/html\r\n";
    assert_call_fails(get, "2");
    http1_server_stop();
}

static void test_transcoder_errors(void **state)
{
    (void)state;
    struct caller caller;
    start(MODE_REVERSE_TRANSCODER, DEFECT_NONE);
    http1_server.status = "404 Not Found\r\nContent-Type: application/json\r\n";
    http1_server.answer = span_cstr("{\"code\":5,\"message\":\"gone\",\"details\":[]}");
    call(&caller, get, NULL, BYTES(HELLO));
    caller_assert_error(&caller, "5");
    assert_true(field_is(&caller.seen.headers, "grpc-message", "gone"));
    assert_true(field_is(&caller.seen.headers, "grpc-status-details-bin", "CAUSBGdvbmU"));
    caller_stop(&caller);
    http1_server.answer = span_cstr("{\"code\":404}");
    assert_call_fails(get, "12");
    http1_server.answer = span_cstr("{\"error\":1}");
    assert_call_fails(get, "12");
    http1_server.status = "409 Conflict\r\n";
    assert_call_fails(get, "2");
    http1_server.status = "301 Moved\r\nLocation: /v1/reservations/2\r\n";
    assert_call_fails(get, "2");
    http1_server_stop();
}

/* ---- defects */

static const char *const answers[] = {PROTOBUF, FRAMED, JSON, "404 Not Found\r\nLocation: /x\r\n",
                                      PROTOBUF "Grpc-Status: 5\r\n"};
static const struct span bodies[] = {{(const uint8_t *)"", 0},
                                     {(const uint8_t *)WORLD, sizeof WORLD - 1},
                                     {(const uint8_t *)"{\"id\":\"x\"}", 10},
                                     {(const uint8_t *)"\0\0\0\0\3\n\1x", 8}};

/* Each plants a fault, and no more than that: every call ends. */
static void test_defects(void **state)
{
    (void)state;
    static const enum mode modes[] = {MODE_REVERSE_BRIDGE, MODE_REVERSE_BRIDGE_FRAMED, MODE_REVERSE_TRANSCODER};
    size_t tried = 0;
    for (int i = 0; i < 3 * (DEFECT_REVERSE_JSON_PASSED - DEFECT_REVERSE_PREFIX_KEPT + 1); i++) {
        start(modes[i % 3], (enum defect)(DEFECT_REVERSE_PREFIX_KEPT + i / 3));
        for (size_t k = 0; k < 20; k++) {
            struct caller caller;
            http1_server.status = answers[k % 5];
            http1_server.answer = bodies[k / 5];
            call(&caller, k % 2 ? get : list, NULL, k % 3 ? BYTES(HELLO) : BYTES("\0\0\0\0\0\0\0\0\0\0"));
            assert_true(caller.seen.ending == ENDING_COMPLETE || caller.seen.ending == ENDING_RESET ||
                        caller.seen.ending == ENDING_MALFORMED);
            caller_stop(&caller);
            tried++;
        }
        http1_server_stop();
    }
    assert_true(tried > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bridge),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_error_texts),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_framed),
        cmocka_unit_test(test_transcoder),
        cmocka_unit_test(test_transcoder_refuses),
        cmocka_unit_test(test_transcoder_errors),
        cmocka_unit_test(test_defects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
