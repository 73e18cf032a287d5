/* Connections over real sockets on 127.0.0.1: both ends on one loop, or a plain socket at one end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>
#include <cmocka.h>

#include "harness/base/buf.h"
#include "harness/net/conn.h"

struct peer {
    struct conn *conn;
    struct buf got;
    int opens;
    int ends;
    enum conn_end end;
    int drains;
    char alpn[16];
    char detail[256];
    struct span greet; /* written when opened */
    size_t reads;
    bool free_on_read;
    bool abort_on_read;
    bool echo;
};

static struct loop *loop;
static struct listener *listener;
static struct peer client, server;
static bool refuse;

static void on_open(void *user, struct conn *conn, struct span alpn)
{
    struct peer *peer = user;
    peer->opens++;
    snprintf(peer->alpn, sizeof peer->alpn, "%.*s", SPAN_FMT(alpn));
    if (peer->greet.len > 0)
        assert_true(conn_write(conn, peer->greet));
}

static void on_read(void *user, struct conn *conn, struct span bytes)
{
    struct peer *peer = user;
    assert_true(bytes.len > 0 && bytes.len <= 64u << 10);
    assert_int_equal(peer->ends, 0);
    peer->reads++;
    buf_append_span(&peer->got, bytes);
    if (peer->echo)
        conn_write(conn, bytes);
    if (peer->free_on_read || peer->abort_on_read) {
        (peer->free_on_read ? conn_free : conn_abort)(conn);
        peer->conn = NULL;
    }
}

static void on_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    struct peer *peer = user;
    assert_ptr_equal(conn, peer->conn);
    peer->ends++;
    peer->end = end;
    snprintf(peer->detail, sizeof peer->detail, "%s", detail);
}

static void on_drain(void *user, struct conn *conn)
{
    (void)conn;
    ((struct peer *)user)->drains++;
}

static const struct conn_callbacks callbacks = {
    .on_open = on_open, .on_read = on_read, .on_end = on_end, .on_drain = on_drain};

static void *on_accept(void *user, struct conn *conn)
{
    (void)user;
    if (refuse)
        return NULL;
    server.conn = conn;
    return &server;
}

static int setup(void **state)
{
    (void)state;
    client = server = (struct peer){0};
    refuse = false;
    buf_init(&client.got, 256u << 20);
    buf_init(&server.got, 256u << 20);
    assert_int_equal(loop_new(&loop, NULL), ERR_OK);
    listener = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    conn_free(client.conn);
    conn_free(server.conn);
    listener_free(listener);
    loop_free(loop);
    buf_fini(&client.got);
    buf_fini(&server.got);
    return 0;
}

static void listen_with(struct tls_config *tls)
{
    assert_int_equal(listener_new(&listener, loop, "127.0.0.1", 0, tls, &callbacks, on_accept, NULL, NULL), ERR_OK);
    assert_int_not_equal(listener_port(listener), 0);
}

static void connect_with(const char *host, struct tls_config *tls)
{
    assert_int_equal(conn_connect(&client.conn, loop, host, listener_port(listener), tls, &callbacks, &client, NULL),
                     ERR_OK);
    assert_int_equal(client.opens, 0);
}

/* Turns the loop until `done`, or for about ten seconds: then the test fails. */
#define UNTIL(done)                                                                                                    \
    do {                                                                                                               \
        for (int turns = 0; turns < 200 && !(done); turns++)                                                           \
            loop_turn(loop, 50);                                                                                       \
        assert_true(done);                                                                                             \
    } while (0)

static void open_pair(void)
{
    listen_with(NULL);
    connect_with("127.0.0.1", NULL);
    UNTIL(client.opens && server.opens);
    assert_int_equal(client.opens, 1);
    assert_int_equal(server.opens, 1);
}

static void test_end_of(void **state)
{
    (void)state;
    assert_int_equal(conn_end_of(UV_EOF), CONN_END_FIN);
    assert_int_equal(conn_end_of(UV_ECONNRESET), CONN_END_RESET);
    assert_int_equal(conn_end_of(UV_EPIPE), CONN_END_RESET);
    assert_int_equal(conn_end_of(UV_ECONNREFUSED), CONN_END_REFUSED);
    assert_int_equal(conn_end_of(UV_EAI_NONAME), CONN_END_REFUSED);
    assert_int_equal(conn_end_of(UV_ETIMEDOUT), CONN_END_ERROR);
    assert_int_equal(conn_end_of(UV_ENOTCONN), CONN_END_ERROR);
}

static void test_bytes_both_ways(void **state)
{
    (void)state;
    server.greet = span_cstr("welcome");
    server.echo = true;
    listen_with(NULL);
    connect_with("127.0.0.1", NULL);
    assert_true(conn_write(client.conn, span_cstr("early "))); /* queued until connected */
    assert_int_equal(conn_queued(client.conn), 6);
    UNTIL(client.opens);
    assert_true(conn_write(client.conn, span_cstr("later")));
    UNTIL(client.got.len >= 18);
    assert_string_equal((const char *)server.got.data, "early later");
    assert_string_equal((const char *)client.got.data, "welcomeearly later");
    assert_int_equal(conn_queued(client.conn), 0);
    assert_true(client.drains >= 1);
    assert_string_equal(client.alpn, "");
}

static void test_small_writes_go_out_together(void **state)
{
    (void)state;
    open_pair();
    for (int i = 0; i < 100; i++)
        conn_write(client.conn, span_cstr("x"));
    UNTIL(server.got.len == 100);
    assert_int_equal(server.got.len, 100);
    assert_int_equal(server.reads, 1);
    assert_int_equal(client.drains, 1);
}

static void test_names_are_looked_up(void **state)
{
    (void)state;
    listen_with(NULL);
    connect_with("localhost", NULL); /* may be ::1 first: the next address is tried */
    UNTIL(client.opens || client.ends);
    assert_int_equal(client.opens, 1);
}

static void test_fin(void **state)
{
    (void)state;
    open_pair();
    conn_write(client.conn, span_cstr("last"));
    conn_finish(client.conn);
    assert_false(conn_write(client.conn, span_cstr("no more")));
    UNTIL(server.ends);
    assert_int_equal(server.end, CONN_END_FIN);
    assert_string_equal((const char *)server.got.data, "last");
    /* Half closed: the other direction still works. */
    assert_true(conn_write(server.conn, span_cstr("answer")));
    UNTIL(client.got.len == 6);
    assert_int_equal(client.got.len, 6);
    assert_int_equal(client.ends, 0);
    conn_free(server.conn);
    server.conn = NULL;
    UNTIL(client.ends);
    assert_int_equal(client.end, CONN_END_FIN);
}

static void test_free_sends_what_is_queued_and_fin(void **state)
{
    (void)state;
    open_pair();
    size_t len = 8u << 20;
    uint8_t *bytes = calloc(1, len);
    conn_write(client.conn, span_cstr("unread")); /* unread bytes must not turn the FIN into RST */
    assert_true(conn_write(server.conn, span_of(bytes, len)));
    conn_free(server.conn);
    server.conn = NULL;
    UNTIL(client.ends);
    assert_int_equal(client.got.len, len);
    assert_int_equal(client.end, CONN_END_FIN);
    free(bytes);
}

static void test_free_lingers_for_unread_bytes(void **state)
{
    (void)state;
    open_pair();
    conn_pause(server.conn, true);
    conn_write(client.conn, span_cstr("unread"));
    UNTIL(client.drains);
    conn_free(server.conn);
    server.conn = NULL;
    UNTIL(client.ends);
    assert_int_equal(client.end, CONN_END_FIN);
}

static void test_abort_is_rst(void **state)
{
    (void)state;
    open_pair();
    conn_write(client.conn, span_cstr("dropped"));
    conn_abort(client.conn);
    client.conn = NULL;
    UNTIL(server.ends);
    assert_int_equal(server.end, CONN_END_RESET);
    assert_int_equal(server.got.len, 0);
    assert_int_equal(client.ends, 0); /* no callback for the side that did it */
}

static void test_abort_after_finish_is_rst(void **state)
{
    (void)state;
    open_pair();
    conn_finish(client.conn);
    UNTIL(server.ends);
    conn_abort(client.conn);
    client.conn = NULL;
    conn_write(server.conn, span_cstr("into the void"));
    UNTIL(!conn_write(server.conn, span_cstr("x")));
    assert_false(conn_write(server.conn, span_cstr("x"))); /* the reset shows as a failed write */
    assert_int_equal(server.ends, 1);
    assert_int_equal(server.end, CONN_END_FIN);
}

/* A write may meet the peer's RST before a read does; the end must be RESET all the same, and bytes that came before
 * must be delivered. */
static void test_reset_seen_by_a_write_first(void **state)
{
    (void)state;
    open_pair();
    conn_write(client.conn, span_cstr("before"));
    UNTIL(client.drains);
    conn_pause(server.conn, true);
    conn_abort(client.conn);
    client.conn = NULL;
    loop_turn(loop, 20);
    loop_turn(loop, 20);
    conn_pause(server.conn, false);
    conn_write(server.conn, span_cstr("x"));
    UNTIL(server.ends);
    assert_int_equal(server.end, CONN_END_RESET);
    assert_string_equal((const char *)server.got.data, "before");
}

/* Bytes and RST that arrive together: libuv sees a partial read and POLLHUP, and reports an end of file. */
static void test_reset_behind_bytes(void **state)
{
    (void)state;
    open_pair();
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(listener_port(listener))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    conn_free(client.conn);
    client.conn = NULL;
    UNTIL(server.ends);
    conn_free(server.conn);
    server.conn = NULL;
    server.ends = server.opens = 0;
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    UNTIL(server.opens);
    assert_int_equal(write(fd, "bytes", 5), 5);
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    UNTIL(server.ends);
    assert_string_equal((const char *)server.got.data, "bytes");
    assert_int_equal(server.end, CONN_END_RESET);
}

static void test_refused(void **state)
{
    (void)state;
    listen_with(NULL);
    uint16_t port = listener_port(listener);
    listener_free(listener);
    listener = NULL;
    loop_turn(loop, 0);
    assert_int_equal(conn_connect(&client.conn, loop, "127.0.0.1", port, NULL, &callbacks, &client, NULL), ERR_OK);
    assert_int_equal(client.ends, 0); /* never inside the call */
    UNTIL(client.ends);
    assert_int_equal(client.end, CONN_END_REFUSED);
    assert_int_equal(client.opens, 0);
    assert_true(strlen(client.detail) > 0);
}

static void test_listener_refuses(void **state)
{
    (void)state;
    refuse = true;
    listen_with(NULL);
    connect_with("127.0.0.1", NULL);
    UNTIL(client.ends);
    assert_int_equal(client.end, CONN_END_RESET);
}

static void test_port_in_use(void **state)
{
    (void)state;
    listen_with(NULL);
    struct listener *second;
    struct err err;
    assert_int_equal(
        listener_new(&second, loop, "127.0.0.1", listener_port(listener), NULL, &callbacks, on_accept, NULL, &err),
        ERR_IO);
    assert_non_null(strstr(err.text, "127.0.0.1"));
    assert_int_equal(listener_new(&second, loop, "no address", 1, NULL, &callbacks, on_accept, NULL, &err), ERR_IO);
}

static void test_free_inside_read(void **state)
{
    (void)state;
    open_pair();
    server.free_on_read = true;
    conn_write(client.conn, span_cstr("x"));
    UNTIL(client.ends);
    assert_int_equal(client.end, CONN_END_FIN);
    assert_int_equal(server.reads, 1);
}

static void test_abort_inside_read(void **state)
{
    (void)state;
    open_pair();
    server.abort_on_read = true;
    conn_write(client.conn, span_cstr("x"));
    UNTIL(client.ends);
    assert_int_equal(client.end, CONN_END_RESET);
}

static void test_pause_holds_the_peer_back(void **state)
{
    (void)state;
    open_pair();
    conn_pause(server.conn, true);
    size_t len = 32u << 20;
    uint8_t *bytes = calloc(1, CONN_MAX_QUEUED);
    assert_true(conn_write(client.conn, span_of(bytes, len)));
    for (int i = 0; i < 5; i++)
        loop_turn(loop, 5);
    assert_int_equal(server.got.len, 0);
    assert_true(conn_queued(client.conn) > 0);
    assert_int_equal(client.drains, 0);
    assert_true(conn_write(client.conn, span_of(bytes, CONN_MAX_QUEUED - conn_queued(client.conn))));
    assert_false(conn_write(client.conn, span_of(bytes, 1)));
    size_t all = len + CONN_MAX_QUEUED;
    conn_pause(server.conn, false);
    UNTIL(conn_queued(client.conn) == 0);
    UNTIL(client.drains > 0);
    assert_int_equal(client.drains, 1);
    assert_true(server.got.len > len && server.got.len <= all);
    free(bytes);
}

static void test_loop_freed_first(void **state)
{
    (void)state;
    open_pair();
    uint8_t bytes[1000] = {0};
    conn_pause(server.conn, true);
    conn_write(client.conn, span_of(bytes, sizeof bytes));
    conn_free(client.conn); /* lingers when the loop goes */
    client.conn = NULL;
    loop_free(loop);
    server.conn = NULL;
    listener = NULL;
    assert_int_equal(loop_new(&loop, NULL), ERR_OK);
}

/* ---- TLS */

static const char *const alpn_h2[] = {"h2", NULL};
static const char *const alpn_h1[] = {"http/1.1", NULL};

static struct tls_config *server_tls(void)
{
    struct tls_config *config;
    struct tls_options options = {.server = true, .self_signed = true, .alpn = alpn_h2};
    assert_int_equal(tls_config_new(&config, &options, NULL), ERR_OK);
    return config;
}

static struct tls_config *client_tls(const char *const *alpn, bool insecure)
{
    struct tls_config *config;
    struct tls_options options = {.insecure = insecure, .alpn = alpn};
    assert_int_equal(tls_config_new(&config, &options, NULL), ERR_OK);
    return config;
}

static void test_tls_bytes_and_end(void **state)
{
    (void)state;
    struct tls_config *ours = server_tls(), *theirs = client_tls(alpn_h2, true);
    size_t len = 3u << 20;
    uint8_t *bytes = malloc(len);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    listen_with(ours);
    connect_with("127.0.0.1", theirs);
    assert_true(conn_write(client.conn, span_cstr("early")));
    assert_int_equal(conn_queued(client.conn), 5);
    UNTIL(client.opens && server.opens);
    assert_string_equal(client.alpn, "h2");
    assert_string_equal(server.alpn, "h2");
    UNTIL(server.got.len == 5);
    assert_string_equal((const char *)server.got.data, "early");
    assert_true(conn_write(server.conn, span_of(bytes, len)));
    conn_finish(server.conn);
    UNTIL(client.ends);
    assert_int_equal(client.end, CONN_END_FIN);
    assert_int_equal(client.got.len, len);
    assert_memory_equal(client.got.data, bytes, len);
    conn_abort(client.conn);
    client.conn = NULL;
    UNTIL(server.ends);
    assert_int_equal(server.end, CONN_END_RESET);
    free(bytes);
    teardown(state);
    setup(state);
    tls_config_free(ours);
    tls_config_free(theirs);
}

static void test_tls_failures(void **state)
{
    (void)state;
    struct tls_config *ours = server_tls();
    struct tls_config *theirs[] = {client_tls(alpn_h1, true), client_tls(alpn_h2, false), NULL};
    for (size_t i = 0; i < 3; i++) {
        listen_with(ours);
        client.greet = span_cstr("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        connect_with("127.0.0.1", theirs[i]);
        UNTIL(server.ends && (client.ends || !theirs[i]));
        assert_int_equal(server.ends, 1);
        assert_int_equal(server.opens, 0);
        assert_int_equal(server.end, CONN_END_TLS);
        if (theirs[i]) {
            assert_int_equal(client.end, CONN_END_TLS);
            assert_int_equal(client.opens, 0);
            assert_true(strlen(client.detail) > 0);
        }
        teardown(state);
        setup(state);
    }
    tls_config_free(ours);
    tls_config_free(theirs[0]);
    tls_config_free(theirs[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_end_of),
        TEST(test_bytes_both_ways),
        TEST(test_small_writes_go_out_together),
        TEST(test_names_are_looked_up),
        TEST(test_fin),
        TEST(test_free_sends_what_is_queued_and_fin),
        TEST(test_free_lingers_for_unread_bytes),
        TEST(test_abort_is_rst),
        TEST(test_abort_after_finish_is_rst),
        TEST(test_reset_seen_by_a_write_first),
        TEST(test_reset_behind_bytes),
        TEST(test_refused),
        TEST(test_listener_refuses),
        TEST(test_port_in_use),
        TEST(test_free_inside_read),
        TEST(test_abort_inside_read),
        TEST(test_pause_holds_the_peer_back),
        TEST(test_loop_freed_first),
        TEST(test_tls_bytes_and_end),
        TEST(test_tls_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
