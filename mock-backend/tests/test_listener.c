/* What connections meet while the backend listens otherwise than always, and what becomes of those from before. */
#include "mock-backend/tests/backend_fixture.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/err.h"
#include "harness/net/tls.h"

/* A client that says and logs bytes. */
struct raw {
    struct conn *conn;
    struct buf log;
    const char *first; /* what it says */
};

static void raw_open(void *user, struct conn *conn, struct span alpn)
{
    struct raw *raw = user;
    buf_printf(&raw->log, "open %.*s|", SPAN_FMT(alpn));
    if (raw->first)
        conn_write(conn, span_cstr(raw->first));
}

static void raw_read(void *user, struct conn *conn, struct span bytes)
{
    (void)conn;
    buf_append_span(&((struct raw *)user)->log, bytes);
}

static void raw_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    static const char *const names[] = {"FIN", "RESET", "REFUSED", "TLS", "ERROR"};
    (void)detail;
    buf_printf(&((struct raw *)user)->log, "|%s", names[end]);
    if (end == CONN_END_FIN)
        conn_finish(conn);
}

static const struct conn_callbacks raw_events = {.on_open = raw_open, .on_read = raw_read, .on_end = raw_end};

static void raw_start(struct raw *raw, const char *first, struct tls_config *tls)
{
    *raw = (struct raw){.first = first};
    buf_init(&raw->log, 1u << 16);
    assert_int_equal(
        conn_connect(&raw->conn, bf.loop, "127.0.0.1", backend_port(bf.backend), tls, &raw_events, raw, NULL), ERR_OK);
}

static void raw_stop(struct raw *raw)
{
    conn_free(raw->conn);
    buf_fini(&raw->log);
}

static bool raw_logged(const struct raw *raw, const char *part)
{
    return raw->log.len > 0 && memmem(raw->log.data, raw->log.len, part, strlen(part));
}

static void raw_await(struct raw *raw, const char *part)
{
    UNTIL(raw_logged(raw, part));
}

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
static const char answer[] = "[{\"headers\":[]},{\"text\":\"abc\"},{\"end\":true}]";

/* ---- states */

static void test_connections_from_before_are_closed(void **state)
{
    (void)state;
    bf_play(answer, "1 close");
    bf_listen("[{\"listener\":\"open\"}]");
    assert_true(bf_logged("goaway 1 0\n"));
    assert_true(bf_logged("conn FIN\n"));
    bf_client_stop(&bf.client);
    bf_client_start(&bf.client, NULL);
    bf_play(answer, "1 close");
    assert_int_equal(bf.turned_down, 0);
    bf_listen(NULL);
    assert_true(bf_logged("conn FIN\n"));
}

/* The call is gone, and nobody says that the proxy has lost it. */
static void test_a_call_on_such_a_connection(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"await\":\"client_cancelled\"}]");
    bf_ask("/0", true);
    UNTIL(bf.call_count == 1);
    bf_listen("[{\"listener\":\"open\"}]");
    assert_true(bf.calls[0].ended);
    assert_false(bf.calls[0].seen.conn_lost);
    assert_true(bf.lost_by_us);
    assert_true(bf_logged("goaway 1 0\n"));
}

static void test_a_peer_that_does_not_close(void **state)
{
    (void)state;
    bf_play(answer, "1 close");
    conn_pause(bf.client.conn, true);
    bf_listen("[{\"listener\":\"open\"}]"); /* after BACKEND_LEAVE_MS */
    assert_false(bf_logged("conn"));
    conn_pause(bf.client.conn, false);
    bf_await_log("conn");
}

static void test_closed(void **state)
{
    struct raw raw;
    uint16_t port = backend_port(bf.backend);
    (void)state;
    bf_listen("[{\"listener\":\"closed\"}]");
    assert_int_equal(backend_port(bf.backend), port);
    raw_start(&raw, NULL, NULL);
    raw_await(&raw, "|REFUSED");
    raw_stop(&raw);
    assert_int_equal(bf.turned_down, 0);
    bf_listen("[{\"listener\":\"closed\"}]");
    /* Nobody else gets the port meanwhile. */
    struct backend *other = NULL;
    struct err err;
    struct backend_options options = {.address = "127.0.0.1", .port = port};
    assert_int_equal(backend_new(&other, bf.loop, &options, NULL, NULL, &err), ERR_OK);
    backend_free(other);
    bf_listen(NULL);
    assert_int_equal(backend_port(bf.backend), port);
    bf_client_stop(&bf.client);
    bf_client_start(&bf.client, NULL);
    bf_play(answer, "1 close");
}

static void test_silent(void **state)
{
    struct raw raw;
    (void)state;
    bf_listen("[{\"listener\":\"silent\"}]");
    raw_start(&raw, preface, NULL);
    UNTIL(bf.turned_down == 1);
    for (int turns = 0; turns < 5; turns++)
        loop_turn(bf.loop, 20);
    assert_true(raw_logged(&raw, "open |"));
    assert_int_equal(raw.log.len, strlen("open |"));
    bf_listen(NULL);
    assert_true(raw_logged(&raw, "|FIN"));
    raw_stop(&raw);
    assert_int_equal(bf.call_count, 0);
}

static void check_ends(const char *json, const char *end)
{
    struct raw raw;
    bf_play(answer, "1 close"); /* the fixture's connection is from before */
    bf_listen(json);
    raw_start(&raw, preface, NULL);
    raw_await(&raw, end);
    assert_int_equal(bf.turned_down, 1);
    raw_stop(&raw);
    bf_listen(NULL);
}

static void test_fin(void **state)
{
    (void)state;
    check_ends("[{\"listener\":\"fin\"}]", "open ||FIN");
}

static void test_rst(void **state)
{
    (void)state;
    check_ends("[{\"listener\":\"rst\"}]", "|RESET");
}

static void test_http1(void **state)
{
    (void)state;
    check_ends("[{\"listener\":\"http/1.1\"}]", "\r\n\r\nBad Request|FIN");
}

static void test_no_settings(void **state)
{
    struct raw raw;
    (void)state;
    bf_listen("[{\"listener\":\"no-settings\"}]");
    /* SETTINGS, then HEADERS with END_STREAM: :method POST, :scheme http, :path /. */
    raw_start(&raw, preface, NULL);
    UNTIL(raw_logged(&raw, "open |"));
    static const uint8_t frames[] = {0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3, 1, 5, 0, 0, 0, 1, 0x83, 0x86, 0x84};
    bf_script_is(0, answer);
    conn_write(raw.conn, span_of(frames, sizeof frames));
    raw_await(&raw, "abc");
    /* WINDOW_UPDATE of the connection comes first: type 8. */
    assert_int_equal(raw.log.data[strlen("open |") + 3], 8);
    assert_int_equal(bf.call_count, 1);
    raw_stop(&raw);
}

static void test_settings(void **state)
{
    static char bytes[300];
    (void)state;
    bf_listen("[{\"listener\":\"open\",\"settings\":{\"initial_window_size\":100,\"max_concurrent_streams\":1}}]");
    bf_client_stop(&bf.client);
    bf_client_start(&bf.client, NULL);
    UNTIL(h2_peer_settings_seen(bf.client.h2));
    assert_int_equal(h2_window(bf.client.h2), 100);
    bf_script_is(0, answer);
    int32_t first = bf_ask("/0", false);
    bf_send_bytes(first, bytes, sizeof bytes, false);
    int32_t second = bf_ask("/0", true);
    for (int turns = 0; turns < 5; turns++)
        loop_turn(bf.loop, 20);
    assert_int_equal(bf.call_count, 1); /* the second waits in the client for the first */
    assert_int_equal(bf.calls[0].seen.body_len, sizeof bytes);
    assert_int_equal(bf.calls[0].seen.transcript.events[1].len, 100);
    bf_send_bytes(first, bytes, 1, true);
    bf_await_log("3 close");
    assert_int_equal(second, 3);
}

/* ---- with TLS */

static struct tls_config *trusting(const char *const *alpn)
{
    struct tls_config *config = NULL;
    const struct tls_options options = {.insecure = true, .alpn = alpn};
    assert_int_equal(tls_config_new(&config, &options, NULL), ERR_OK);
    return config;
}

static void test_tls(void **state)
{
    static const char *const h2[] = {"h2", NULL};
    static const char *const both[] = {"h2", "http/1.1", NULL};
    struct tls_config *only_h2 = trusting(h2);
    struct tls_config *either = trusting(both);
    struct raw raw;
    (void)state;
    bf_backend_start(&(struct backend_options){.address = "127.0.0.1", .tls = true});
    bf_listen("[{\"listener\":\"http/1.1\"}]");
    raw_start(&raw, preface, only_h2);
    raw_await(&raw, "|TLS");
    raw_stop(&raw);
    raw_start(&raw, preface, either);
    raw_await(&raw, "Bad Request|FIN");
    assert_true(raw_logged(&raw, "open http/1.1|HTTP/1.1 400 "));
    raw_stop(&raw);
    bf_listen("[{\"listener\":\"silent\"}]");
    raw_start(&raw, preface, only_h2);
    UNTIL(bf.turned_down == 3);
    bf_listen("[{\"listener\":\"fin\"}]");
    assert_true(raw_logged(&raw, "|FIN") || raw_logged(&raw, "|TLS"));
    assert_false(raw_logged(&raw, "open"));
    raw_stop(&raw);
    bf_listen(NULL);
    raw_start(&raw, preface, only_h2);
    raw_await(&raw, "open h2|");
    raw_stop(&raw);
    tls_config_free(only_h2);
    tls_config_free(either);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bf_setup, bf_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_connections_from_before_are_closed),
        TEST(test_a_call_on_such_a_connection),
        TEST(test_a_peer_that_does_not_close),
        TEST(test_closed),
        TEST(test_silent),
        TEST(test_fin),
        TEST(test_rst),
        TEST(test_http1),
        TEST(test_no_settings),
        TEST(test_settings),
        cmocka_unit_test_setup_teardown(test_tls, bf_setup_empty, bf_teardown),
    };
    return cmocka_run_group_tests(tests, bf_group_setup, bf_group_teardown);
}
