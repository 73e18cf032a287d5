/* Every step of a script as it is on the wire, and as the backend records it. */
#include "mock-backend/tests/backend_fixture.h"

/* ---- every step, as it is on the wire */

static void test_unary(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[[\"content-type\",\"application/grpc\"]]},{\"message\":{\"id\":\"1\"}},"
            "{\"trailers\":[[\"grpc-status\",\"0\"]]}]",
            "close");
    bf_assert_log("1 response :status=200 content-type=application/grpc\n1 data 8\n1 trailers grpc-status=0 END\n"
                  "1 close 0\n");
    assert_memory_equal(bf.client.body.data,
                        "\0\0\0\0\3\x0a\x01"
                        "1",
                        8);
    UNTIL(bf.calls[0].ended);
    const struct call_seen *seen = &bf.calls[0].seen;
    assert_true(bf.calls[0].ended);
    assert_true(seen->half_closed);
    assert_true(seen->script_done);
    assert_true(seen->response_ended);
    assert_false(seen->reset);
    assert_false(seen->conn_lost);
    assert_int_equal(seen->headers.count, 5);
    assert_true(span_is(fields_value(&seen->headers, ":path"), "/0"));
    assert_true(seen->start_us > 0 && seen->end_us >= seen->start_us);
    static const enum transcript_kind kinds[] = {TRANSCRIPT_HEADERS, TRANSCRIPT_HEADERS, TRANSCRIPT_DATA,
                                                 TRANSCRIPT_TRAILERS};
    assert_int_equal(seen->transcript.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(seen->transcript.events[i].kind, kinds[i]);
        assert_int_equal(seen->transcript.events[i].from, i == 0 ? TRANSCRIPT_PROXY : TRANSCRIPT_BACKEND);
        assert_int_equal(seen->transcript.events[i].stream, 1);
    }
    assert_true(seen->transcript.events[3].end_stream);
}

static void test_trailers_only(void **state)
{
    (void)state;
    bf_play("[{\"trailers\":[[\"grpc-status\",\"5\"],[\"grpc-message\",\"gone\"]]}]", "close");
    bf_assert_log("1 response :status=200 content-type=application/grpc grpc-status=5 grpc-message=gone END\n"
                  "1 close 0\n");
}

static void test_frame_boundaries(void **state)
{
    (void)state;
    bf_play(
        "[{\"headers\":[[\":status\",\"103\"]]},{\"headers\":[]},{\"data\":[\"01\",\"\",\"0203\"]},"
        "{\"bytes\":\"0405\",\"repeat\":2},{\"message\":{\"id\":\"7\"},\"split\":[2,3]},{\"fill\":16385,\"byte\":1},"
        "{\"text\":\"x\"},{\"end\":true}]",
        "close");
    bf_assert_log(
        "1 info :status=103\n1 response :status=200\n1 data 1\n1 data 0\n1 data 2\n1 data 2\n1 data 2\n1 data 2\n"
        "1 data 3\n1 data 3\n1 data 16384\n1 data 1\n1 data 1\n1 data 0 END\n1 close 0\n");
}

static void test_split_at_every_byte(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[]},{\"message\":{\"id\":\"1\"},\"split\":1,\"end_stream\":true}]", "close");
    bf_assert_log("1 response :status=200\n1 data 1\n1 data 1\n1 data 1\n1 data 1\n1 data 1\n1 data 1\n1 data 1\n"
                  "1 data 1 END\n1 close 0\n");
}

static void test_headers_with_end(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[[\":status\",\"404\"],[\"content-type\",\"text/plain\"]],\"end_stream\":true}]", "close");
    bf_assert_log("1 response :status=404 content-type=text/plain END\n1 close 0\n");
}

static void test_thousand_messages(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[]},{\"message\":{},\"numbered\":\"id\",\"repeat\":1000},{\"trailers\":[]}]", "close");
    assert_int_equal(bf.client.data_bytes, 9 * 8 + 90 * 9 + 900 * 10 + 11);
    assert_true(bf.calls[0].seen.script_done);
}

static void test_more_than_the_queue_holds(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[]},{\"fill\":1000000},{\"bytes\":\"00\",\"repeat\":3},{\"fill\":8000000},"
            "{\"fill\":8000000},{\"fill\":8000000},{\"trailers\":[[\"grpc-status\",\"0\"]]}]",
            "1 close");
    assert_int_equal(bf.client.data_bytes, 25000003);
    assert_true(bf_logged("1 trailers grpc-status=0 END\n1 close 0\n"));
}

static void test_rst(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[]},{\"message\":{\"id\":\"1\"}},{\"rst\":\"INTERNAL_ERROR\"}]", "close");
    bf_assert_log("1 response :status=200\n1 data 8\n1 rst 2\n1 close 2\n");
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].seen.response_ended);
    assert_true(bf.calls[0].seen.script_done);
    assert_false(bf.calls[0].seen.refused_by_us);
    assert_false(bf.calls[0].seen.reset);
}

static void test_refused(void **state)
{
    (void)state;
    bf_play("[{\"rst\":\"REFUSED_STREAM\"}]", "close");
    bf_assert_log("1 rst 7\n1 close 7\n");
    assert_true(bf.calls[0].seen.refused_by_us);
}

/* RST_STREAM waits for DATA that flow control holds back. */
static void test_rst_after_large_data(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[]},{\"fill\":3000000},{\"rst\":\"CANCEL\"}]", "close");
    assert_int_equal(bf.client.data_bytes, 3000000);
    assert_true(bf_logged("1 rst 8\n1 close 8\n"));
}

static void test_goaway_covers(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[]},{\"goaway\":\"NO_ERROR\"},{\"message\":{\"id\":\"1\"}},{\"trailers\":[]}]", "close");
    bf_assert_log("1 response :status=200\ngoaway 1 0\n1 data 8\n1 trailers END\n1 close 0\n");
    assert_true(h2_draining(bf.client.h2));
}

static void test_goaway_does_not_cover(void **state)
{
    (void)state;
    bf_play("[{\"goaway\":\"ENHANCE_YOUR_CALM\",\"covers\":false}]", "close");
    bf_assert_log("goaway 0 11\n1 close 7\n");
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].ended);
    assert_true(bf.calls[0].seen.refused_by_us);
}

static void test_goaway_after_the_end(void **state)
{
    (void)state;
    bf_play("[{\"trailers\":[]},{\"goaway\":\"NO_ERROR\"},{\"close\":\"fin\"}]", "conn");
    bf_assert_log("1 response :status=200 content-type=application/grpc END\n1 close 0\ngoaway 1 0\nconn FIN\n");
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].seen.script_done);
}

static void test_close_fin(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[]},{\"message\":{\"id\":\"1\"}},{\"close\":\"fin\"}]", "conn");
    bf_assert_log("1 response :status=200\n1 data 8\nconn FIN\n"); /* no GOAWAY */
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].ended);
    assert_true(bf.lost_by_us);
    assert_int_equal(bf.lost_count, 1);
    assert_false(bf.calls[0].seen.conn_lost); /* the proxy did not do it */
    assert_true(bf.calls[0].seen.response_ended);
    assert_int_equal(backend_calls_in_flight(bf.backend), 0);
}

static void test_close_rst(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[]},{\"fill\":3000000},{\"close\":\"rst\"}]", "conn");
    assert_int_equal(bf.client.data_bytes, 3000000);
    bf_await_log("conn RESET\n");
    UNTIL(bf.calls[0].ended);
    assert_true(bf.lost_by_us);
}

static void test_only_that_connection_goes(void **state)
{
    (void)state;
    struct bf_client second;
    bf_client_start(&second, NULL);
    bf_script_is(0, "[{\"close\":\"rst\"}]");
    bf_script_is(1, "[{\"await\":\"client_has_messages\",\"count\":1},{\"trailers\":[]}]");
    bf_ask_with(&second, "/1", GRPC, true);
    UNTIL(bf.call_count == 1);
    bf_ask("/0", true);
    bf_await_log("conn RESET");
    assert_int_equal(backend_calls_in_flight(bf.backend), 1);
    backend_signal(bf.backend, &bf.calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 1);
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].ended);
    assert_int_equal(bf.lost_count, 1);
    bf_client_stop(&second);
}

static void test_raw_frames(void **state)
{
    (void)state;
    /* PING with its ACK flag, an unknown type, then HEADERS whose block names index 8 of HPACK's table (:status 200).
     */
    bf_play("[{\"frame\":\"000008 06 01 00000000 0102030405060708\"},{\"frame\":\"000001 fa 00 00000000 00\","
            "\"own_stream\":true},{\"frame\":\"000001 01 04 00000000 88\",\"own_stream\":true},{\"text\":\"abc\"},"
            "{\"frame\":\"000001 00 01 00000000 64\",\"own_stream\":true}]",
            "close");
    bf_assert_log("1 response :status=200\n1 data 3\n1 data 1 END\n1 close 0\n");
    assert_memory_equal(bf.client.body.data, "abcd", 4);
    assert_int_equal(bf.calls[0].seen.transcript.events[1].kind, TRANSCRIPT_RAW);
}

static void test_bad_raw_frame(void **state)
{
    (void)state;
    bf_play("[{\"headers\":[]},{\"frame\":\"000001 04 00 00000001 00\"}]", "error");
    assert_true(bf_logged("1 response :status=200\n"));
}

static void test_wait(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]},{\"wait_ms\":30},{\"trailers\":[]}]");
    uint64_t before = loop_now_us(bf.loop);
    bf_ask("/0", true);
    bf_await_log("1 response :status=200\n");
    assert_false(bf_logged("close"));
    bf_await_log("1 trailers END\n1 close 0\n");
    assert_true(loop_now_us(bf.loop) - before >= 29000);
}

static void test_wait_goes_on_after_the_stream(void **state)
{
    (void)state;
    bf_play("[{\"trailers\":[]},{\"wait_ms\":20},{\"goaway\":\"NO_ERROR\"}]", "goaway");
    bf_assert_log("1 response :status=200 content-type=application/grpc END\n1 close 0\ngoaway 1 0\n");
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].seen.script_done);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bf_setup, bf_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_unary),
        TEST(test_trailers_only),
        TEST(test_frame_boundaries),
        TEST(test_split_at_every_byte),
        TEST(test_headers_with_end),
        TEST(test_thousand_messages),
        TEST(test_more_than_the_queue_holds),
        TEST(test_rst),
        TEST(test_refused),
        TEST(test_rst_after_large_data),
        TEST(test_goaway_covers),
        TEST(test_goaway_does_not_cover),
        TEST(test_goaway_after_the_end),
        TEST(test_close_fin),
        TEST(test_close_rst),
        TEST(test_only_that_connection_goes),
        TEST(test_raw_frames),
        TEST(test_bad_raw_frame),
        TEST(test_wait),
        TEST(test_wait_goes_on_after_the_stream),
    };
    return cmocka_run_group_tests(tests, bf_group_setup, bf_group_teardown);
}
