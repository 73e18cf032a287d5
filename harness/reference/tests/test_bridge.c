/* Tests of what all bridges share, and of the mode pass-through, between a small gRPC server and our clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/reference/tests/caller.h"

static const char message[] = "\0\0\0\0\3\x0a\1x"; /* what the server answers, too */
static const char path[] = "/reservations.v1.ReservationService/GetReservation";

static void call(struct caller *caller, const char *const *extra)
{
    caller_start(caller, path, extra, span_of(message, sizeof message - 1));
    RUN_UNTIL(caller->ended);
}

static void test_passed_on(void **state)
{
    (void)state;
    static const char *const extra[] = {"x-test", "one", "trace-bin", "AAEC", NULL};
    struct caller caller;
    reference_start_options((struct reference_options){.mode = MODE_PASS_THROUGH});
    call(&caller, extra);
    assert_int_equal(caller.seen.ending, ENDING_COMPLETE);
    assert_string_equal(reference_fixture.server.last_path, path);
    assert_string_equal(reference_fixture.server.last_header, "one");
    assert_true(span_equal(buf_span(&reference_fixture.server.request), span_of(message, sizeof message - 1)));
    assert_int_equal(caller.seen.headers.count, 2);
    assert_true(field_is(&caller.seen.headers, "content-type", "application/grpc"));
    assert_true(field_is(&caller.seen.headers, "x-answer", "yes"));
    assert_true(span_equal(buf_span(&caller.seen.body), span_of(message, sizeof message - 1)));
    assert_int_equal(caller.seen.trailers.count, 1);
    assert_true(field_is(&caller.seen.trailers, "grpc-status", "0"));
    caller_stop(&caller);

    reference_fixture.server.behaviour = TWO_ERROR;
    call(&caller, NULL);
    assert_int_equal(caller.seen.body.len, 2 * (sizeof message - 1));
    assert_true(field_is(&caller.seen.trailers, "grpc-status", "13"));
    assert_true(field_is(&caller.seen.trailers, "grpc-message", "disk gone"));
    caller_stop(&caller);

    reference_fixture.server.behaviour = TRAILERS_ONLY;
    call(&caller, NULL);
    assert_true(caller.seen.headers_end);
    assert_int_equal(caller.seen.headers.count, 4);
    assert_true(field_is(&caller.seen.headers, "content-type", "application/grpc+proto"));
    assert_true(field_is(&caller.seen.headers, "grpc-status", "5"));
    assert_true(span_is(caller.seen.headers.items[2].value, "one"));
    assert_true(span_is(caller.seen.headers.items[3].value, "two"));
    caller_stop(&caller);

    reference_fixture.server.behaviour = RESET;
    call(&caller, NULL);
    assert_int_equal(caller.seen.ending, ENDING_RESET);
    assert_int_equal(caller.seen.reset_code, H2_CODE_ENHANCE_YOUR_CALM);
    assert_int_equal(reference_fixture.server.connections, 1);
    caller_stop(&caller);
    reference_stop();
}

/* HTTP/1.1 in front: the trailers are those of the chunked coding. */
static void test_http1_front(void **state)
{
    (void)state;
    struct peer peer;
    reference_start_options((struct reference_options){.mode = MODE_PASS_THROUGH});
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

/* Beside a transcoder: gRPC of HTTP/2 goes through as it is, all else is transcoded. */
static void test_beside_transcoder(void **state)
{
    (void)state;
    static const char *const extra[] = {"x-test", "one", NULL};
    static const char json_request[] = "GET /v1/reservations/1 HTTP/1.1\r\nHost: a\r\n\r\n";
    static const char grpc_request[] = "POST /reservations.v1.ReservationService/GetReservation HTTP/1.1\r\nHost: a\r\n"
                                       "Content-Length: 0\r\nContent-Type: application/grpc\r\n\r\n";
    struct caller caller;
    struct peer peer;
    reference_start_options((struct reference_options){.mode = MODE_TRANSCODER});
    call(&caller, extra);
    assert_int_equal(caller.seen.ending, ENDING_COMPLETE);
    assert_string_equal(reference_fixture.server.last_header, "one");
    assert_true(span_equal(buf_span(&reference_fixture.server.request), span_of(message, sizeof message - 1)));
    assert_true(span_equal(buf_span(&caller.seen.body), span_of(message, sizeof message - 1)));
    assert_true(field_is(&caller.seen.trailers, "grpc-status", "0"));
    caller_stop(&caller);
    peer_open(&peer);
    peer_send(&peer, json_request);
    RUN_UNTIL(peer_has(&peer, "{\"id\":\"x\"}"));
    peer_send(&peer, grpc_request);
    RUN_UNTIL(peer_has(&peer, "HTTP/1.1 415 "));
    peer_close(&peer);

    reference_fixture.server.behaviour = TRAILERS_ONLY;
    call(&caller, NULL);
    assert_true(caller.seen.headers_end);
    assert_int_equal(caller.seen.status, 200);
    assert_true(field_is(&caller.seen.headers, "grpc-status", "5"));
    caller_stop(&caller);
    assert_int_equal(reference_fixture.server.calls, 3);
    reference_stop();
}

static void test_deadlines(void **state)
{
    (void)state;
    static const char *const timeout[] = {"grpc-timeout", "30m", NULL};
    struct caller caller;
    reference_start_options((struct reference_options){.mode = MODE_PASS_THROUGH});
    reference_fixture.server.behaviour = SILENT;
    call(&caller, timeout);
    caller_assert_error(&caller, "4");
    RUN_UNTIL(reference_fixture.server.resets == 1);
    assert_int_equal(reference_fixture.server.reset_code, H2_CODE_CANCEL);
    caller_stop(&caller);
    reference_stop();

    reference_start_options((struct reference_options){.mode = MODE_PASS_THROUGH, .deadline_ms = 30});
    reference_fixture.server.behaviour = SILENT;
    call(&caller, NULL);
    caller_assert_error(&caller, "4");
    RUN_UNTIL(reference_fixture.server.resets == 1);
    caller_stop(&caller);
    reference_stop();
}

static void test_cancel(void **state)
{
    (void)state;
    struct caller caller;
    reference_start_options((struct reference_options){.mode = MODE_PASS_THROUGH});
    reference_fixture.server.behaviour = SILENT;
    caller_start(&caller, path, NULL, span_of(message, sizeof message - 1));
    RUN_UNTIL(reference_fixture.server.calls == 1);
    client_cancel(caller.exchange);
    RUN_UNTIL(reference_fixture.server.resets == 1);
    assert_int_equal(reference_fixture.server.reset_code, H2_CODE_CANCEL);
    caller_stop(&caller);
    caller_start(&caller, path, NULL, span_of(message, sizeof message - 1));
    RUN_UNTIL(reference_fixture.server.calls == 2);
    caller_stop(&caller); /* the reference does not know of it yet: it ends in the middle of a call */
    reference_stop();
}

static void test_backend_gone(void **state)
{
    (void)state;
    struct caller caller;
    reference_start_options((struct reference_options){.mode = MODE_PASS_THROUGH});
    listener_free(reference_fixture.server.listener);
    reference_fixture.server.listener = NULL;
    call(&caller, NULL);
    caller_assert_error(&caller, "14");
    assert_true(field_is(&caller.seen.headers, "grpc-message", "the backend cannot be reached"));
    caller_stop(&caller);
    grpc_server_listen(&reference_fixture.server);

    reference_fixture.server.behaviour = FLOOD;
    caller_start(&caller, path, NULL, span_of(message, sizeof message - 1));
    RUN_UNTIL(caller.seen.status == 200); /* the head comes before anything else of the answer */
    grpc_server_drop(&reference_fixture.server);
    RUN_UNTIL(caller.ended);
    assert_int_equal(caller.seen.ending, ENDING_COMPLETE);
    assert_true(field_is(&caller.seen.trailers, "grpc-status", "14"));
    caller_stop(&caller);
    reference_stop();
}

static void test_limits(void **state)
{
    (void)state;
    static const char *const broken[] = {"x-test", "a\r\nb", NULL};
    struct caller caller;
    uint8_t *body = calloc(1, REFERENCE_MAX_BODY + 1);
    reference_start_options((struct reference_options){.mode = MODE_PASS_THROUGH});
    caller_start(&caller, path, NULL, span_of(body, REFERENCE_MAX_BODY + 1));
    RUN_UNTIL(caller.ended);
    caller_assert_error(&caller, "8");
    caller_stop(&caller);
    call(&caller, broken);
    assert_int_equal(caller.seen.ending, ENDING_RESET); /* malformed: RFC 9113, section 8.1.1 */
    assert_int_equal(caller.seen.reset_code, H2_CODE_PROTOCOL_ERROR);
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
    reference_start_options((struct reference_options){.mode = MODE_PASS_THROUGH});
    reference_fixture.server.behaviour = FLOOD;
    caller_start(&caller, path, NULL, span_of(message, sizeof message - 1));
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
        cmocka_unit_test(test_passed_on),
        cmocka_unit_test(test_http1_front),
        cmocka_unit_test(test_beside_transcoder),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_backend_gone),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_back_pressure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
