/* Tests of the modes twirp and twirp-backend, and of the table of codes that they share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/reference/tests/caller.h"
#include "harness/reference/tests/http1_server.h"
#include "harness/reference/twirp.h"

#define FIXED(text)                                                                                                    \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }
#define BYTES(text) ((struct span)FIXED(text))
#define METHOD      "/reservations.v1.ReservationService/GetReservation"
#define STREAM      "/reservations.v1.ReservationService/ListReservations"

/* ---- codes */

static void test_codes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t code;
        int status;
    } codes[] = {
        {"canceled", 1, 408},
        {"unknown", 2, 500},
        {"invalid_argument", 3, 400},
        {"deadline_exceeded", 4, 408},
        {"not_found", 5, 404},
        {"already_exists", 6, 409},
        {"permission_denied", 7, 403},
        {"resource_exhausted", 8, 429},
        {"failed_precondition", 9, 412},
        {"aborted", 10, 409},
        {"out_of_range", 11, 400},
        {"unimplemented", 12, 501},
        {"internal", 13, 500},
        {"unavailable", 14, 503},
        {"dataloss", 15, 500},
        {"unauthenticated", 16, 401},
    };
    uint32_t code;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        assert_string_equal(twirp_code_name(codes[i].code), codes[i].name);
        assert_int_equal(twirp_http_status(codes[i].code), codes[i].status);
        assert_true(twirp_code_parse(span_cstr(codes[i].name), &code));
        assert_int_equal(code, codes[i].code);
    }
    assert_string_equal(twirp_code_name(0), "unknown");
    assert_int_equal(twirp_http_status(17), 500);
    assert_true(twirp_code_parse(span_cstr("malformed"), &code) && code == 3);
    assert_true(twirp_code_parse(span_cstr("bad_route"), &code) && code == 12);
    assert_true(twirp_code_parse(span_cstr("data_loss"), &code) && code == 15);
    assert_false(twirp_code_parse(span_cstr("cancelled"), &code));
    assert_false(twirp_code_parse(span_cstr(""), &code));
}

/* ---- in front of gRPC */

static struct peer peer;

static void ask(const char *path, const char *type, struct span body, const char *const *parts)
{
    char head[512];
    int len = snprintf(head, sizeof head,
                       "POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Test: one\r\nContent-Type: %s\r\n"
                       "Content-Length: %zu\r\n\r\n",
                       path, type, body.len);
    peer_open(&peer);
    conn_write(peer.conn, span_of(head, (size_t)len));
    conn_write(peer.conn, body);
    RUN_UNTIL(peer.ended);
    for (size_t i = 0; parts[i]; i++) {
        if (!peer_has(&peer, parts[i]))
            fail_msg("%s %s: not in the answer: %s\n%.*s", path, type, parts[i], SPAN_FMT(buf_span(&peer.got)));
    }
}

static void test_front(void **state)
{
    (void)state;
    static const char *const proto[] = {"HTTP/1.1 200 OK\r\n", "\r\ncontent-type: application/protobuf\r\n",
                                        "\r\nx-answer: yes\r\n", "\r\n\r\n\n\1x", NULL};
    static const char *const json[] = {"HTTP/1.1 200 OK\r\n", "\r\ncontent-type: application/json\r\n",
                                       "\r\n\r\n{\"id\":\"x\"}", NULL};
    static const char *const not_found[] = {"HTTP/1.1 404 ", "\r\ncontent-type: application/json\r\n",
                                            "\r\nx-answer: one\r\n", "\r\n\r\n{\"code\":\"not_found\",\"msg\":\"\"}",
                                            NULL};
    static const char *const two[] = {"HTTP/1.1 501 ", "{\"code\":\"unimplemented\",\"msg\":\"", NULL};
    reference_start_options((struct reference_options){.mode = MODE_TWIRP});
    ask("/twirp" METHOD, "application/protobuf", BYTES("\n\1y"), proto);
    peer_close(&peer);
    assert_string_equal(reference_fixture.server.last_path, METHOD);
    assert_string_equal(reference_fixture.server.last_header, "one");
    assert_true(span_equal(buf_span(&reference_fixture.server.request), BYTES("\0\0\0\0\3\n\1y")));
    ask("/twirp" METHOD, "application/json; charset=utf-8", BYTES("{\"id\":\"y\",\"newer\":1}"), json);
    peer_close(&peer);
    reference_fixture.server.behaviour = TRAILERS_ONLY;
    ask("/twirp" METHOD, "application/protobuf", BYTES(""), not_found);
    peer_close(&peer);
    reference_fixture.server.behaviour = TWO_ERROR;
    ask("/twirp" METHOD, "application/protobuf", BYTES(""), two);
    peer_close(&peer);
    reference_stop();
}

static void test_front_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *path, *type, *body, *parts[2];
    } requests[] = {
        {METHOD, "application/protobuf", "", {"HTTP/1.1 404 ", "\"bad_route\""}},
        {"/twirp/a.B/C", "application/protobuf", "", {"HTTP/1.1 404 ", "\"bad_route\""}},
        {"/twirp" METHOD, "text/plain", "", {"HTTP/1.1 404 ", "\"bad_route\""}},
        {"/twirp" METHOD, "application/json", "{\"id\":", {"HTTP/1.1 400 ", "\"malformed\""}},
        {"/twirp" STREAM, "application/json", "{}", {"HTTP/1.1 501 ", "\"unimplemented\""}},
    };
    reference_start_options((struct reference_options){.mode = MODE_TWIRP});
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const char *const parts[] = {requests[i].parts[0], requests[i].parts[1], NULL};
        ask(requests[i].path, requests[i].type, span_cstr(requests[i].body), parts);
        peer_close(&peer);
    }
    peer_open(&peer);
    peer_send(&peer, "GET /twirp" METHOD " HTTP/1.1\r\nHost: a\r\nContent-Type: application/protobuf\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, "HTTP/1.1 404 ") && peer_has(&peer, "\"bad_route\""));
    peer_close(&peer);
    assert_int_equal(reference_fixture.server.calls, 0);
    reference_stop();
}

/* ---- behind gRPC */

#define HELLO "\0\0\0\0\7\n\5Hello"

static void call(struct caller *caller, const char *path, struct span body)
{
    static const char *const extra[] = {"x-test", "one", NULL};
    caller_start(caller, path, extra, body);
    RUN_UNTIL(caller->ended);
}

static void test_backend(void **state)
{
    (void)state;
    struct caller caller;
    http1_server_start((struct reference_options){.mode = MODE_TWIRP_BACKEND});
    http1_server.status = "200 OK\r\nContent-Type: application/protobuf\r\nX-Answer: yes\r\n";
    http1_server.answer = BYTES("\n\1x");
    call(&caller, "/a.B/C", BYTES(HELLO));
    assert_true(strncmp((const char *)http1_server.request.data, "POST /twirp/a.B/C HTTP/1.1\r\n", 28) == 0);
    assert_true(http1_server_saw("\r\ncontent-type: application/protobuf\r\n"));
    assert_true(http1_server_saw("\r\nx-test: one\r\n"));
    assert_false(http1_server_saw("\r\nte: "));
    assert_string_equal(http1_server_body(), "\n\5Hello");
    assert_int_equal(caller.seen.status, 200);
    assert_true(span_equal(buf_span(&caller.seen.body), BYTES("\0\0\0\0\3\n\1x")));
    assert_true(field_is(&caller.seen.headers, "x-answer", "yes"));
    assert_true(field_is(&caller.seen.trailers, "grpc-status", "0"));
    caller_stop(&caller);
    call(&caller, STREAM, BYTES("\0\0\0\0\0"));
    caller_assert_error(&caller, "12");
    caller_stop(&caller);
    assert_int_equal(http1_server.calls, 1);
    http1_server_stop();
}

#define JSON_TYPE "Content-Type: application/json\r\n"
#define HTML_TYPE "Content-Type: text/html\r\n"

static const struct {
    const char *status;
    const char *body;
    const char *code;
    const char *text; /* NULL: any */
} answers[] = {
    {"404 Not Found\r\n" JSON_TYPE, "{\"code\":\"not_found\",\"msg\":\"no\",\"meta\":{\"code\":\"1\"}}", "5", "no"},
    {"404 Not Found\r\n" JSON_TYPE, "{\"meta\":{},\"msg\":\"a\\u00e4\",\"code\":\"bad_route\"}", "12", "a%C3%A4"},
    {"400 Bad Request\r\n" JSON_TYPE, "{\"code\":\"malformed\",\"msg\":\"m\"}", "3", NULL},
    {"500 Internal Server Error\r\n" JSON_TYPE, "{\"code\":\"dataloss\",\"msg\":\"two\"}", "15", "two"},
    {"500 Internal Server Error\r\n" JSON_TYPE, "{\"code\":\"tired\",\"msg\":\"x\"}", "2", "x"},
    {"503 Service Unavailable\r\n" JSON_TYPE, "{\"code\":5,\"msg\":\"x\"}", "14", NULL},
    {"503 Service Unavailable\r\n" JSON_TYPE, "{\"code\":\"not_found\"", "14", NULL},
    {"503 Service Unavailable\r\n" JSON_TYPE, "", "14", NULL},
    {"503 Service Unavailable\r\n" JSON_TYPE, "[\"code\"]", "14", NULL},
    {"502 Bad Gateway\r\n" HTML_TYPE, "{\"code\":\"not_found\",\"msg\":\"no\"}", "14", NULL},
    {"404 Not Found\r\n" HTML_TYPE, "<p>no</p>", "12", NULL},
    {"200 OK\r\n" JSON_TYPE, "{\"code\":\"not_found\",\"msg\":\"no\"}", "2", NULL},
    {"200 OK\r\n", "", "2", NULL},
};

static void test_backend_errors(void **state)
{
    (void)state;
    struct caller caller;
    http1_server_start((struct reference_options){.mode = MODE_TWIRP_BACKEND});
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        http1_server.status = answers[i].status;
        http1_server.answer = span_cstr(answers[i].body);
        call(&caller, METHOD, BYTES(HELLO));
        if (!field_is(&caller.seen.headers, "grpc-status", answers[i].code))
            fail_msg("%s%s", answers[i].status, answers[i].body);
        caller_assert_error(&caller, answers[i].code);
        if (answers[i].text)
            assert_true(field_is(&caller.seen.headers, "grpc-message", answers[i].text));
        caller_stop(&caller);
    }
    http1_server_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),   cmocka_unit_test(test_front),          cmocka_unit_test(test_front_refuses),
        cmocka_unit_test(test_backend), cmocka_unit_test(test_backend_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
