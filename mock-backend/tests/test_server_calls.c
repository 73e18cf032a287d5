/* Points that scripts wait for, echoes, calls side by side, lost connections, calls of nobody, TLS. */
#include "mock-backend/tests/backend_fixture.h"

#include <string.h>

/* ---- points */

static void test_starts_when_complete(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"trailers\":[]}]");
    int32_t stream = bf_ask("/0", false);
    UNTIL(bf.call_count == 1);
    bf_send_bytes(stream, "abc", 3, false);
    UNTIL(bf.calls[0].seen.body_len == 3);
    assert_int_equal(bf.client.log.len, 0);
    bf_send_bytes(stream, "de", 2, true);
    bf_await_log("close");
    assert_memory_equal(bf.calls[0].seen.body.data, "abcde", 5);
    /* Each DATA frame is an event. */
    const struct transcript *transcript = &bf.calls[0].seen.transcript;
    assert_int_equal(transcript->events[1].len, 3);
    assert_true(span_is(transcript->events[1].bytes, "abc"));
    assert_false(transcript->events[1].end_stream);
    assert_true(span_is(transcript->events[2].bytes, "de"));
    assert_true(transcript->events[2].end_stream);
    assert_true(bf.calls[0].progress > 0);
}

static void test_starts_at_headers(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"await\":\"request_headers\"},{\"headers\":[]},{\"await\":\"request_complete\"},"
                    "{\"trailers\":[]}]");
    int32_t stream = bf_ask("/0", false);
    bf_await_log("1 response :status=200\n");
    bf_send_bytes(stream, "", 0, true);
    bf_await_log("close");
    bf_assert_log("1 response :status=200\n1 trailers END\n1 close 0\n");
}

static void test_request_trailers(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"trailers\":[]}]");
    int32_t stream = bf_ask("/0", false);
    struct field items[] = {{span_cstr("x-end"), span_cstr("1")}};
    struct fields trailers = {items, 1, 0};
    assert_true(h2_headers(bf.client.h2, stream, &trailers, true));
    h2_flush(bf.client.h2);
    bf_await_log("close");
    assert_true(span_is(fields_value(&bf.calls[0].seen.trailers, "x-end"), "1"));
    assert_true(bf.calls[0].seen.half_closed);
}

static void test_client_has_messages(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]},{\"await\":\"client_has_messages\",\"count\":0},{\"message\":{\"id\":\"1\"}},"
                    "{\"await\":\"client_has_messages\",\"count\":2},{\"trailers\":[]}]");
    bf_ask("/0", true);
    bf_await_log("response");
    loop_turn(bf.loop, 5);
    assert_false(bf_logged("data"));
    backend_signal(bf.backend, &bf.calls[1], SCRIPT_CLIENT_HAS_MESSAGES, 9); /* another's */
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 0);
    bf_await_log("1 data 8\n");
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 1);
    loop_turn(bf.loop, 5);
    assert_false(bf_logged("trailers"));
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 2);
    bf_await_log("close");
}

/* A bound of its own: after a while without news the script goes on, and a bound that is over ends no later wait. */
static void test_client_has_no_messages(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]},{\"await\":\"client_has_messages\",\"count\":0,\"at_most_ms\":20},"
                    "{\"message\":{\"id\":\"1\"}},{\"await\":\"client_has_messages\",\"count\":1},{\"trailers\":[]}]");
    bf_ask("/0", true);
    bf_await_log("1 data 8\n");
    for (int i = 0; i < 10; i++)
        loop_turn(bf.loop, 5);
    assert_false(bf_logged("trailers"));
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 1);
    bf_await_log("close");
    assert_true(bf.calls[0].seen.script_done);
}

/* What came in time stops the clock: the next wait lasts. */
static void test_a_bound_ends_with_its_wait(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]},{\"await\":\"client_has_messages\",\"count\":0,\"at_most_ms\":20},"
                    "{\"await\":\"client_has_messages\",\"count\":1},{\"trailers\":[]}]");
    bf_ask("/0", true);
    bf_await_log("response");
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 0);
    for (int i = 0; i < 10; i++)
        loop_turn(bf.loop, 5);
    assert_false(bf_logged("trailers"));
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 1);
    bf_await_log("close");
}

static void test_signals_before_they_are_awaited(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]},{\"wait_ms\":10},{\"await\":\"client_cancelled\"},"
                    "{\"await\":\"client_has_messages\",\"count\":3},{\"trailers\":[]}]");
    bf_ask("/0", true);
    bf_await_log("response");
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 3);
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_CLIENT_CANCELLED, 0);
    bf_await_log("close");
}

/* Whoever claimed the calls is told of each wait once, and says how far the others have come. */
static void test_waits_for_others(void **state)
{
    (void)state;
    bf_script_is(0,
                 "[{\"await\":\"request_headers\"},{\"await\":\"all_here\"},{\"headers\":[]},{\"await\":\"all_here\"},"
                 "{\"message\":{\"id\":\"1\"}},{\"await\":\"others_ended\",\"count\":2},{\"trailers\":[]}]");
    int32_t stream = bf_ask("/0", false);
    UNTIL(bf.call_count == 1 && bf.calls[0].waits == 1);
    bf_send_bytes(stream, "abc", 3, true); /* what comes meanwhile does not end the wait, nor tell it again */
    UNTIL(bf.calls[0].seen.half_closed);
    assert_int_equal(bf.calls[0].waits, 1);
    assert_int_equal(bf.calls[0].awaited, SCRIPT_ALL_HERE);
    assert_int_equal(bf.calls[0].awaited_count, 1);
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_OTHERS_ENDED, 1);
    assert_false(bf_logged("response"));
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_ALL_HERE, 1);
    bf_await_log("response");
    assert_int_equal(bf.calls[0].waits, 2);
    assert_int_equal(bf.calls[0].awaited_count, 2);
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_ALL_HERE, 1);
    loop_turn(bf.loop, 5);
    assert_false(bf_logged("data"));
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_ALL_HERE, SIZE_MAX);
    bf_await_log("data");
    assert_int_equal(bf.calls[0].awaited, SCRIPT_OTHERS_ENDED);
    assert_false(bf_logged("trailers"));
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_OTHERS_ENDED, 2);
    bf_await_log("close");
}

/* The second wait has time of its own, and the first one's is over. */
static void test_waits_no_longer_than_it_says(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"await\":\"all_here\",\"at_most_ms\":10},{\"headers\":[]},"
                    "{\"await\":\"others_ended\",\"count\":1,\"at_most_ms\":10000},{\"message\":{\"id\":\"1\"}},"
                    "{\"await\":\"all_here\"},{\"trailers\":[]}]");
    bf_ask("/0", true);
    bf_await_log("response");
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_OTHERS_ENDED, 1);
    bf_await_log("data");
    assert_false(bf_logged("trailers"));
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_ALL_HERE, 2);
    bf_await_log("close");
}

static void test_reset_ends_a_wait_for_others(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]},{\"await\":\"all_here\",\"at_most_ms\":10000},{\"trailers\":[]}]");
    int32_t stream = bf_ask("/0", true);
    bf_await_log("response");
    h2_rst(bf.client.h2, stream, H2_CODE_CANCEL);
    h2_flush(bf.client.h2);
    UNTIL(bf.calls[0].ended);
    assert_false(bf.calls[0].seen.script_done);
}

static void test_client_resets(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]},{\"await\":\"client_cancelled\"}]");
    int32_t stream = bf_ask("/0", true);
    bf_await_log("response");
    h2_rst(bf.client.h2, stream, H2_CODE_CANCEL);
    h2_flush(bf.client.h2);
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].ended);
    assert_true(bf.calls[0].seen.reset);
    assert_int_equal(bf.calls[0].seen.reset_code, H2_CODE_CANCEL);
    assert_true(bf.calls[0].seen.script_done);
    assert_false(bf.calls[0].seen.response_ended);
    assert_int_equal(backend_calls_in_flight(bf.backend), 0);
}

static void test_reset_cuts_a_script_short(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]},{\"wait_ms\":10000},{\"trailers\":[]}]");
    int32_t stream = bf_ask("/0", true);
    bf_await_log("response");
    h2_rst(bf.client.h2, stream, H2_CODE_STREAM_CLOSED);
    h2_flush(bf.client.h2);
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].ended);
    assert_false(bf.calls[0].seen.script_done);
    assert_int_equal(bf.calls[0].seen.reset_code, H2_CODE_STREAM_CLOSED);
}

static void test_echo(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"await\":\"request_headers\"},{\"headers\":[]},{\"echo\":true},{\"trailers\":[]}]");
    bf_script_is(1, "[{\"headers\":[]},{\"echo\":true},{\"trailers\":[]}]");
    int32_t stream = bf_ask("/0", false);
    bf_await_log("1 response :status=200\n");
    bf_send_bytes(stream, "\0\0\0\0\1a", 6, false);
    bf_await_log("1 data 6\n"); /* at once, while the request goes on */
    bf_send_bytes(stream, "\0\0\0\0\2b", 6, false);
    bf_send_bytes(stream, "c\0\0\0\0\0", 6, false); /* the rest of one message and another */
    bf_await_log("1 data 7\n1 data 5\n");
    bf_send_bytes(stream, "\0\0\0", 3, true); /* half a prefix */
    bf_await_log("close");
    bf_assert_log("1 response :status=200\n1 data 6\n1 data 7\n1 data 5\n1 data 3\n1 trailers END\n1 close 0\n");
    assert_memory_equal(bf.client.body.data, "\0\0\0\0\1a\0\0\0\0\2bc\0\0\0\0\0\0\0\0", 21);
    stream = bf_ask("/1", false);
    bf_send_bytes(stream, "\0\0\0\0\1a", 6, false);
    UNTIL(bf.calls[1].seen.body_len == 6);
    assert_false(bf_logged("3 response"));
    bf_send_bytes(stream, "", 0, true);
    bf_await_log("3 response :status=200\n3 data 6\n3 trailers END\n3 close 0\n");
}

static void test_script_that_runs_out(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[]},{\"message\":{}}]", "data");
    loop_turn(bf.loop, 5);
    bf_assert_log("1 response :status=200\n1 data 5\n");
    assert_true(bf.calls[0].seen.script_done);
    assert_false(bf.calls[0].ended);
    assert_int_equal(backend_calls_in_flight(bf.backend), 1);
}

/* ---- many calls, many connections */

static void test_parallel_calls(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[[\"x\",\"0\"]]},{\"wait_ms\":20},{\"text\":\"slow\"},{\"trailers\":[]}]");
    bf_script_is(1, "[{\"headers\":[[\"x\",\"1\"]]},{\"text\":\"fast\"},{\"trailers\":[]}]");
    bf_ask("/0", true);
    bf_ask("/1", true);
    bf_await_log("1 close");
    assert_true(bf_logged("3 response :status=200 x=1\n3 data 4\n3 trailers END\n3 close 0\n"));
    assert_memory_equal(bf.client.body.data, "fastslow", 8);
    assert_int_equal(bf.max_in_flight, 2);
    assert_int_equal(bf.calls[0].seen.conn, bf.calls[1].seen.conn);
    assert_int_not_equal(bf.calls[0].seen.stream, bf.calls[1].seen.stream);
}

static void test_lost_connection(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        bf_script_is(0, "[{\"headers\":[]}]");
        int32_t first = bf_ask("/0", true);
        bf_ask("/0", false);
        UNTIL(bf.call_count == 2u * (unsigned)reset + 2);
        assert_int_equal(first, 1);
        if (reset)
            conn_abort(bf.client.conn);
        else
            conn_free(bf.client.conn);
        bf.client.conn = NULL;
        UNTIL(bf.calls[2 * reset].ended && bf.calls[2 * reset + 1].ended);
        for (int i = 2 * reset; i < 2 * reset + 2; i++) {
            assert_true(bf.calls[i].ended);
            assert_true(bf.calls[i].seen.conn_lost);
            assert_int_equal(bf.calls[i].seen.conn_reset, reset);
        }
        assert_int_equal(bf.lost_times, 1 + reset);
        assert_int_equal(bf.lost_count, 2 + 2 * reset);
        assert_false(bf.lost_by_us);
        bf_client_stop(&bf.client);
        bf_client_start(&bf.client, NULL);
    }
    assert_int_equal(backend_calls_in_flight(bf.backend), 0);
}

static void test_idle_connection_is_no_loss(void **state)
{
    (void)state;
    bf_play("[{\"trailers\":[]}]", "close");
    UNTIL(bf.calls[0].ended);
    conn_free(bf.client.conn);
    bf.client.conn = NULL;
    loop_turn(bf.loop, 10);
    loop_turn(bf.loop, 10);
    assert_int_equal(bf.lost_times, 0);
}

static void test_garbage(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]}]");
    bf_ask("/0", true);
    bf_await_log("response");
    conn_write(bf.client.conn, span_cstr("this is no frame of HTTP/2, whatever it is"));
    bf_await_log("conn FIN");
    assert_true(bf_logged("goaway"));
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].ended);
}

static void test_release(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]},{\"wait_ms\":5},{\"trailers\":[]}]");
    bf_ask("/0", true);
    bf_ask("/0", true);
    bf_await_log("3 response");
    backend_release(bf.backend, &bf.calls[0]);
    bf_await_log("1 rst 8\n1 close 8\n");
    bf_await_log("3 trailers END\n3 close 0\n");
    assert_false(bf.calls[0].ended); /* forgotten: no callbacks */
    UNTIL(bf.calls[1].ended);
    assert_true(bf.calls[1].ended);
    backend_release(bf.backend, &bf.calls[0]);
    backend_release(bf.backend, &bf.calls[1]);
    assert_int_equal(backend_calls_in_flight(bf.backend), 0);
}

/* ---- calls of nobody */

static void test_unclaimed(void **state)
{
    (void)state;
    bf.answer = BACKEND_UNCLAIMED;
    bf_ask_with(&bf.client, "/a", "application/json", true);
    bf_await_log("1 close");
    bf_ask_with(&bf.client, "/b", "application/grpc+proto", true);
    bf_await_log("3 close");
    bf_assert_log("1 response :status=415 END\n1 close 0\n"
                  "3 response :status=200 content-type=application/grpc grpc-status=12 "
                  "grpc-message=no case expects this call END\n3 close 0\n");
    UNTIL(bf.strays == 2);
    assert_int_equal(bf.strays, 2);
    assert_string_equal(bf.stray_path, "/b");
    assert_int_equal(bf.asked, 2);
}

static void test_claimed_without_script(void **state)
{
    (void)state;
    bf_ask_with(&bf.client, "/a", "text/html", true);
    bf_await_log("1 response :status=415 END\n1 close 0\n");
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].ended);
    assert_int_equal(bf.strays, 0);
    assert_int_equal(bf.calls[0].seen.headers.count, 5);
}

static void test_later(void **state)
{
    (void)state;
    bf.answer = BACKEND_LATER;
    bf_script_is(0, "[{\"headers\":[]},{\"echo\":true},{\"trailers\":[]}]");
    int32_t stream = bf_ask("/0", false);
    UNTIL(bf.asked == 1);
    assert_false(bf.asked_complete);
    bf_send_bytes(stream, "\0\0\0\0\1a", 6, false);
    bf_send_bytes(stream, "b", 1, true);
    bf_await_log("close");
    bf_assert_log("1 response :status=200\n1 data 6\n1 data 1\n1 trailers END\n1 close 0\n");
    assert_int_equal(bf.asked, 2);
    assert_true(bf.asked_complete);
    assert_int_equal(bf.calls[0].seen.body.len, 7);
    assert_true(bf.calls[0].seen.half_closed);
    assert_int_equal(bf.calls[0].seen.headers.count, 5);
}

static void test_later_and_reset(void **state)
{
    (void)state;
    bf.answer = BACKEND_LATER;
    int32_t stream = bf_ask("/0", false);
    UNTIL(bf.asked == 1);
    h2_rst(bf.client.h2, stream, H2_CODE_CANCEL);
    h2_flush(bf.client.h2);
    UNTIL(bf.strays == 1);
    assert_int_equal(bf.strays, 1);
    assert_int_equal(bf.call_count, 0);
    assert_int_equal(backend_calls_in_flight(bf.backend), 0);
}

static void test_serve_default(void **state)
{
    (void)state;
    bf.answer = BACKEND_UNCLAIMED;
    bf_backend_start(&(struct backend_options){.address = "127.0.0.1", .schema = bf.schema, .serve_default = true});
    bf_client_start(&bf.client, NULL);
    int32_t stream = bf_ask("/transcheck.v1.EchoService/Echo", false);
    bf_send_bytes(stream, "\0\0\0\0\2\x08\x01", 7, true);
    bf_await_log("1 close");
    stream = bf_ask("/reservations.v1.ReservationService/GetReservation", true);
    bf_await_log("3 close");
    stream = bf_ask("/no.Such/Method", true);
    bf_await_log("5 close");
    stream = bf_ask("/transcheck.v1.DuplexService/Chat", false); /* a client stream: echoed as it arrives */
    bf_await_log("7 response");
    bf_send_bytes(stream, "\0\0\0\0\0", 5, false);
    bf_await_log("7 data 5\n");
    bf_send_bytes(stream, "", 0, true);
    bf_await_log("7 close");
    bf_assert_log("1 response :status=200 content-type=application/grpc\n1 data 7\n1 trailers grpc-status=0 END\n"
                  "1 close 0\n"
                  "3 response :status=200 content-type=application/grpc\n3 data 5\n3 trailers grpc-status=0 END\n"
                  "3 close 0\n"
                  "5 response :status=200 content-type=application/grpc grpc-status=12 "
                  "grpc-message=no case expects this call END\n5 close 0\n"
                  "7 response :status=200 content-type=application/grpc\n7 data 5\n7 trailers grpc-status=0 END\n"
                  "7 close 0\n");
}

/* ---- TLS */

static struct tls_config *client_tls(const char *const *alpn)
{
    struct tls_config *tls;
    assert_int_equal(tls_config_new(&tls, &(struct tls_options){.insecure = true, .alpn = alpn}, NULL), ERR_OK);
    return tls;
}

static void test_tls(void **state)
{
    (void)state;
    static const char *const h2[] = {"h2", NULL}, *const other[] = {"spdy/3", NULL};
    bf_backend_start(&(struct backend_options){.address = "127.0.0.1", .tls = true});
    struct tls_config *good = client_tls(h2), *bad = client_tls(other);
    bf_client_start(&bf.client, good);
    UNTIL(bf.client.open);
    assert_string_equal(bf.client.alpn, "h2");
    bf_play("[{\"headers\":[]},{\"fill\":100000},{\"trailers\":[]},{\"close\":\"fin\"}]", "conn FIN");
    assert_int_equal(bf.client.data_bytes, 100000);
    bf_client_stop(&bf.client);
    bf_client_start(&bf.client, bad);
    bf_await_log("conn TLS");
    assert_false(bf.client.open);
    bf_client_stop(&bf.client);
    tls_config_free(good);
    tls_config_free(bad);
}

static void test_bad_options(void **state)
{
    (void)state;
    struct backend *none;
    struct err err;
    struct backend_options options = {.address = "127.0.0.1", .tls = true, .cert_file = "/nonexistent"};
    assert_int_equal(backend_new(&none, bf.loop, &options, NULL, NULL, &err), ERR_USAGE);
    options = (struct backend_options){.address = "nowhere"};
    assert_int_equal(backend_new(&none, bf.loop, &options, NULL, NULL, &err), ERR_IO);
    backend_free(NULL);
}

static void test_no_callbacks(void **state)
{
    (void)state;
    struct backend_options options = {.address = "127.0.0.1", .schema = bf.schema, .serve_default = true};
    assert_int_equal(backend_new(&bf.backend, bf.loop, &options, NULL, NULL, NULL), ERR_OK);
    bf_client_start(&bf.client, NULL);
    bf_ask("/transcheck.v1.EchoService/Ping", true);
    bf_await_log("1 close 0");
    bf_ask("/0", false);
    h2_flush(bf.client.h2);
    loop_turn(bf.loop, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bf_setup, bf_teardown)
#define BARE(name) cmocka_unit_test_setup_teardown(name, bf_setup_empty, bf_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_starts_when_complete),
        TEST(test_starts_at_headers),
        TEST(test_request_trailers),
        TEST(test_client_has_messages),
        TEST(test_client_has_no_messages),
        TEST(test_a_bound_ends_with_its_wait),
        TEST(test_signals_before_they_are_awaited),
        TEST(test_waits_for_others),
        TEST(test_waits_no_longer_than_it_says),
        TEST(test_reset_ends_a_wait_for_others),
        TEST(test_client_resets),
        TEST(test_reset_cuts_a_script_short),
        TEST(test_echo),
        TEST(test_script_that_runs_out),
        TEST(test_parallel_calls),
        TEST(test_lost_connection),
        TEST(test_idle_connection_is_no_loss),
        TEST(test_garbage),
        TEST(test_release),
        TEST(test_unclaimed),
        TEST(test_claimed_without_script),
        TEST(test_later),
        TEST(test_later_and_reset),
        BARE(test_serve_default),
        BARE(test_tls),
        BARE(test_bad_options),
        BARE(test_no_callbacks),
    };
    return cmocka_run_group_tests(tests, bf_group_setup, bf_group_teardown);
}
