/* Tests of what all bridges share, and of the mode pass-through, between a small gRPC server and our clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/net/client.h"
#include "harness/reference/tests/reference_fixture.h"

static const char message[] = "\0\0\0\0\3\x0a\1x"; /* what the server answers, too */
static const char path[] = "/reservations.v1.ReservationService/GetReservation";

/* One call of a gRPC client over HTTP/2. */
struct caller {
    struct client *client;
    struct client_exchange *exchange;
    struct arena arena;
    struct fields fields;
    struct response_seen seen;
    bool ended;
};

static void on_end(void *user, struct response_seen *seen)
{
    (void)seen;
    struct caller *caller = user;
    caller->ended = true;
}

/* `extra`: further fields as pairs, ended by NULL. */
static void caller_start(struct caller *caller, const char *const *extra, struct span body)
{
    static const char *const own[] = {"te", "trailers", "content-type", "application/grpc", NULL};
    static const struct client_callbacks callbacks = {.on_end = on_end};
    const struct client_options options = {.host = "127.0.0.1", .port = reference_port(reference_fixture.reference)};
    *caller = (struct caller){0};
    arena_init(&caller->arena, 64u << 20);
    response_seen_init(&caller->seen, &caller->arena, 8u << 20);
    grpc_fields(&caller->fields, &caller->arena, own);
    if (extra)
        grpc_fields(&caller->fields, &caller->arena, extra);
    const struct client_request request = {.method = span_cstr("POST"),
                                           .target = span_cstr(path),
                                           .headers = &caller->fields,
                                           .body = body,
                                           .has_body = true,
                                           .chunked = true,
                                           .abort_after = SIZE_MAX,
                                           .timeout_ms = GIVE_UP_US / 1000};
    assert_int_equal(h2_client_new(&caller->client, reference_fixture.loop, &options, NULL), ERR_OK);
    caller->exchange = client_start(caller->client, &request, &caller->seen, &callbacks, caller);
    assert_non_null(caller->exchange);
}

static void caller_stop(struct caller *caller)
{
    client_free(caller->client);
    response_seen_fini(&caller->seen);
    arena_fini(&caller->arena);
}

static void call(struct caller *caller, const char *const *extra)
{
    caller_start(caller, extra, span_of(message, sizeof message - 1));
    RUN_UNTIL(caller->ended);
}

static bool has(const struct fields *fields, const char *name, const char *value)
{
    return fields_count(fields, name) == 1 && span_is(fields_value(fields, name), value);
}

/* An error that the proxy makes itself: Trailers-Only with HTTP 200. */
static void assert_own_error(const struct caller *caller, const char *code)
{
    assert_int_equal(caller->seen.ending, ENDING_COMPLETE);
    assert_int_equal(caller->seen.status, 200);
    assert_true(caller->seen.headers_end);
    assert_true(has(&caller->seen.headers, "content-type", "application/grpc"));
    assert_true(has(&caller->seen.headers, "grpc-status", code));
    assert_int_equal(fields_count(&caller->seen.headers, "grpc-message"), 1);
    assert_null(fields_find(&caller->seen.headers, "content-length"));
}

static void test_passed_on(void **state)
{
    (void)state;
    static const char *const extra[] = {"x-test", "one", "trace-bin", "AAEC", NULL};
    struct caller caller;
    reference_start_mode(MODE_PASS_THROUGH, DEFECT_NONE, 0);
    call(&caller, extra);
    assert_int_equal(caller.seen.ending, ENDING_COMPLETE);
    assert_string_equal(reference_fixture.server.last_path, path);
    assert_string_equal(reference_fixture.server.last_header, "one");
    assert_true(span_equal(buf_span(&reference_fixture.server.request), span_of(message, sizeof message - 1)));
    assert_int_equal(caller.seen.headers.count, 2);
    assert_true(has(&caller.seen.headers, "content-type", "application/grpc"));
    assert_true(has(&caller.seen.headers, "x-answer", "yes"));
    assert_true(span_equal(buf_span(&caller.seen.body), span_of(message, sizeof message - 1)));
    assert_int_equal(caller.seen.trailers.count, 1);
    assert_true(has(&caller.seen.trailers, "grpc-status", "0"));
    caller_stop(&caller);

    reference_fixture.server.behaviour = TWO_ERROR;
    call(&caller, NULL);
    assert_int_equal(caller.seen.body.len, 2 * (sizeof message - 1));
    assert_true(has(&caller.seen.trailers, "grpc-status", "13"));
    assert_true(has(&caller.seen.trailers, "grpc-message", "disk gone"));
    caller_stop(&caller);

    reference_fixture.server.behaviour = TRAILERS_ONLY;
    call(&caller, NULL);
    assert_true(caller.seen.headers_end);
    assert_int_equal(caller.seen.headers.count, 4);
    assert_true(has(&caller.seen.headers, "content-type", "application/grpc+proto"));
    assert_true(has(&caller.seen.headers, "grpc-status", "5"));
    assert_true(span_is(caller.seen.headers.items[2].value, "one"));
    assert_true(span_is(caller.seen.headers.items[3].value, "two"));
    caller_stop(&caller);

    reference_fixture.server.behaviour = RESET;
    call(&caller, NULL);
    assert_int_equal(caller.seen.ending, ENDING_RESET);
    assert_int_equal(caller.seen.reset_code, 0xb);
    assert_int_equal(reference_fixture.server.connections, 1);
    caller_stop(&caller);
    reference_stop();
}

/* HTTP/1.1 in front: the trailers are those of the chunked coding. */
static void test_http1_front(void **state)
{
    (void)state;
    struct peer peer;
    reference_start_mode(MODE_PASS_THROUGH, DEFECT_NONE, 0);
    peer_open(&peer);
    peer_send(&peer, "POST /a.B/C HTTP/1.1\r\nHost: a\r\nConnection: x-hop\r\nX-Hop: 1\r\nContent-Length: 3\r\n"
                     "Content-Type: application/grpc\r\n\r\nabc");
    RUN_UNTIL(peer_has(&peer, "\r\n0\r\ngrpc-status: 0\r\n\r\n"));
    assert_string_equal(reference_fixture.server.last_path, "/a.B/C");
    assert_true(span_is(buf_span(&reference_fixture.server.request), "abc"));
    reference_fixture.server.behaviour = TRAILERS_ONLY;
    peer_send(&peer, "POST /a.B/C HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n"
                     "Content-Type: application/grpc\r\n\r\n");
    RUN_UNTIL(peer.ended);
    assert_true(peer_has(&peer, "grpc-status: 5\r\nx-answer: one\r\nx-answer: two\r\nconnection: close\r\n"
                                "content-length: 0\r\n\r\n"));
    peer_close(&peer);
    reference_stop();
}

static void test_deadlines(void **state)
{
    (void)state;
    static const char *const timeout[] = {"grpc-timeout", "30m", NULL};
    struct caller caller;
    reference_start_mode(MODE_PASS_THROUGH, DEFECT_NONE, 0);
    reference_fixture.server.behaviour = SILENT;
    call(&caller, timeout);
    assert_own_error(&caller, "4");
    RUN_UNTIL(reference_fixture.server.resets == 1);
    assert_int_equal(reference_fixture.server.reset_code, 8);
    caller_stop(&caller);
    reference_stop();

    reference_start_mode(MODE_PASS_THROUGH, DEFECT_NONE, 30);
    reference_fixture.server.behaviour = SILENT;
    call(&caller, NULL);
    assert_own_error(&caller, "4");
    RUN_UNTIL(reference_fixture.server.resets == 1);
    caller_stop(&caller);
    reference_stop();
}

static void test_cancel(void **state)
{
    (void)state;
    struct caller caller;
    reference_start_mode(MODE_PASS_THROUGH, DEFECT_NONE, 0);
    reference_fixture.server.behaviour = SILENT;
    caller_start(&caller, NULL, span_of(message, sizeof message - 1));
    RUN_UNTIL(reference_fixture.server.calls == 1);
    client_cancel(caller.exchange);
    RUN_UNTIL(reference_fixture.server.resets == 1);
    assert_int_equal(reference_fixture.server.reset_code, 8);
    caller_stop(&caller);
    caller_start(&caller, NULL, span_of(message, sizeof message - 1));
    RUN_UNTIL(reference_fixture.server.calls == 2);
    reference_stop(); /* in the middle of a call */
}

static void test_backend_gone(void **state)
{
    (void)state;
    struct caller caller;
    reference_start_mode(MODE_PASS_THROUGH, DEFECT_NONE, 0);
    listener_free(reference_fixture.server.listener);
    reference_fixture.server.listener = NULL;
    call(&caller, NULL);
    assert_own_error(&caller, "14");
    assert_true(has(&caller.seen.headers, "grpc-message", "the backend cannot be reached"));
    caller_stop(&caller);
    grpc_server_listen(&reference_fixture.server);

    reference_fixture.server.behaviour = FLOOD;
    caller_start(&caller, NULL, span_of(message, sizeof message - 1));
    RUN_UNTIL(caller.seen.status == 200); /* the head comes before anything else of the answer */
    grpc_server_drop(&reference_fixture.server);
    RUN_UNTIL(caller.ended);
    assert_int_equal(caller.seen.ending, ENDING_COMPLETE);
    assert_true(has(&caller.seen.trailers, "grpc-status", "14"));
    caller_stop(&caller);
    reference_stop();
}

static void test_limits(void **state)
{
    (void)state;
    static const char *const broken[] = {"x-test", "a\r\nb", NULL};
    struct caller caller;
    uint8_t *body = calloc(1, REFERENCE_MAX_BODY + 1);
    reference_start_mode(MODE_PASS_THROUGH, DEFECT_NONE, 0);
    caller_start(&caller, NULL, span_of(body, REFERENCE_MAX_BODY + 1));
    RUN_UNTIL(caller.ended);
    assert_own_error(&caller, "8");
    caller_stop(&caller);
    call(&caller, broken);
    assert_own_error(&caller, "3");
    caller_stop(&caller);
    assert_int_equal(reference_fixture.server.calls, 0);
    free(body);
    reference_stop();
}

/* A client that does not read: the backend is held back after a bounded number of bytes; when it reads, they flow. */
static void test_back_pressure(void **state)
{
    (void)state;
    struct caller caller;
    reference_start_mode(MODE_PASS_THROUGH, DEFECT_NONE, 0);
    reference_fixture.server.behaviour = FLOOD;
    caller_start(&caller, NULL, span_of(message, sizeof message - 1));
    RUN_UNTIL(reference_fixture.server.flood_stream != 0);
    client_pause(caller.exchange, true);
    size_t before = 1;
    size_t same = 0;
    for (int i = 0; i < 2000 && same < 100; i++) {
        grpc_flood(&reference_fixture.server);
        loop_turn(reference_fixture.loop, 1);
        same = reference_fixture.server.flooded == before ? same + 1 : 0;
        before = reference_fixture.server.flooded;
    }
    assert_int_equal(same, 100);
    assert_true(before < (8u << 20));
    client_pause(caller.exchange, false);
    while (reference_fixture.server.flooded < before + (4u << 20)) {
        grpc_flood(&reference_fixture.server);
        loop_turn(reference_fixture.loop, 1);
        buf_reset(&caller.seen.body);
        assert_false(caller.ended);
    }
    caller_stop(&caller);
    reference_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passed_on),     cmocka_unit_test(test_http1_front),  cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_cancel),        cmocka_unit_test(test_backend_gone), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_back_pressure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
