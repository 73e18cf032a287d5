/* Calls over HTTP/1.1: raw bytes over real sockets. Every request comes whole, and cut at every byte. */
#include "mock-backend/tests/backend_fixture.h"

#include <stdio.h>
#include <string.h>

/* A client that sends bytes as they are, and keeps what it gets. */
static struct raw_client {
    struct conn *conn;
    struct buf in;
    bool ended;
    enum conn_end end;
} raw;

static void on_read(void *user, struct conn *conn, struct span bytes)
{
    (void)user, (void)conn;
    buf_append_span(&raw.in, bytes);
}

static void on_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    (void)user, (void)conn, (void)detail;
    raw.ended = true;
    raw.end = end;
}

static const struct conn_callbacks events = {.on_read = on_read, .on_end = on_end};

static void raw_start(void)
{
    buf_init(&raw.in, 64u << 20);
    raw.ended = false;
    assert_int_equal(conn_connect(&raw.conn, bf.loop, "127.0.0.1", backend_port(bf.backend), NULL, &events, NULL, NULL),
                     ERR_OK);
}

static void raw_stop(void)
{
    conn_free(raw.conn);
    buf_fini(&raw.in);
    raw.conn = NULL;
}

static void raw_send(const char *text)
{
    assert_true(conn_write(raw.conn, span_cstr(text)));
}

static const char *received(void)
{
    buf_append(&raw.in, "", 0);
    return raw.in.data ? (const char *)raw.in.data : "";
}

static bool ends_with(const char *tail)
{
    size_t len = strlen(tail);
    return raw.in.len >= len && memcmp(raw.in.data + raw.in.len - len, tail, len) == 0;
}

/* Until what was received ends so. */
static void await_tail(const char *tail)
{
    for (int turns = 0; turns < 200 && !ends_with(tail); turns++)
        loop_turn(bf.loop, 50);
    if (!ends_with(tail))
        fail_msg("no \"%s\" at the end of:\n%s", tail, received());
}

static void await_end(enum conn_end end)
{
    UNTIL(raw.ended);
    assert_int_equal(raw.end, end);
}

/* A turn of the loop for each byte, so that each is a read of its own. */
static void send_bytes_apart(const char *text)
{
    for (size_t i = 0; text[i]; i++) {
        assert_true(conn_write(raw.conn, span_of(text + i, 1)));
        loop_turn(bf.loop, 0);
    }
}

static int setup(void **state)
{
    int rc = bf_setup_empty(state);
    bf_backend_start(&(struct backend_options){.address = "127.0.0.1", .schema = bf.schema});
    raw_start();
    return rc;
}

static int teardown(void **state)
{
    raw_stop();
    return bf_teardown(state);
}

#define CHUNKED_ANSWER                                                                                                 \
    "HTTP/1.1 200 OK\r\nX-One: 1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\ngrpc-status: "         \
    "0\r\n\r\n"

static void script_chunked(size_t which)
{
    bf_script_is(which,
                 "[{\"protocol\":\"http/1.1\"},{\"headers\":[[\"X-One\",\"1\"]]},{\"text\":\"ab\"},{\"text\":\"c\"},"
                 "{\"trailers\":[[\"grpc-status\",\"0\"]]}]");
}

/* What a request is seen as: the request line, the fields as they came, body, trailers. */
static void assert_seen(const struct call_seen *seen, const char *want)
{
    struct buf text;
    buf_init(&text, 1u << 20);
    buf_printf(&text, "%s", seen->protocol);
    for (size_t i = 0; i < seen->headers.count; i++)
        buf_printf(&text, " %.*s=%.*s", SPAN_FMT(seen->headers.items[i].name), SPAN_FMT(seen->headers.items[i].value));
    buf_printf(&text, " [%.*s]", (int)seen->body.len, seen->body.data ? (const char *)seen->body.data : "");
    for (size_t i = 0; i < seen->trailers.count; i++)
        buf_printf(&text, " %.*s=%.*s", SPAN_FMT(seen->trailers.items[i].name),
                   SPAN_FMT(seen->trailers.items[i].value));
    buf_printf(&text, "%s%s", seen->half_closed ? " END" : "", seen->malformed ? " MALFORMED" : "");
    assert_string_equal((const char *)text.data, want);
    buf_fini(&text);
}

static const struct {
    const char *request;
    const char *seen;
} requests[] = {
    {"GET /0?a=%20b HTTP/1.1\r\nHost: x\r\nX-Odd:  v \r\n\r\n",
     "HTTP/1.1 :method=GET :path=/0?a=%20b Host=x X-Odd=v [] END"},
    {"\r\nPOST /0 HTTP/1.1\r\nhost: x\r\nContent-Length: 5\r\n\r\nhello",
     "HTTP/1.1 :method=POST :path=/0 host=x Content-Length=5 [hello] END"},
    {"POST /0 HTTP/1.1\r\nb: 2\r\na: 1\r\nhost: x\r\ntransfer-encoding: "
     "chunked\r\n\r\n3;q=1\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
     "HTTP/1.1 :method=POST :path=/0 b=2 a=1 host=x transfer-encoding=chunked [abcde] END"},
    {"PUT http://x/0 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-end: 1\r\n\r\n",
     "HTTP/1.1 :method=PUT :path=http://x/0 host=x transfer-encoding=chunked [a] x-end=1 END"},
    {"OPTIONS * HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n",
     "HTTP/1.1 :method=OPTIONS :path=* host=x content-length=0 [] END"},
    {"GET /0 HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
     "HTTP/1.1 :method=GET :path=/0 Host=x Upgrade=h2c Connection=Upgrade [] END"},
};
#define REQUESTS (sizeof requests / sizeof *requests)

static void test_requests(void **state)
{
    (void)state;
    script_chunked(0);
    for (size_t i = 0; i < REQUESTS; i++) {
        raw_send(requests[i].request);
        await_tail(CHUNKED_ANSWER);
        UNTIL(bf.calls[i].ended);
        assert_seen(&bf.calls[i].seen, requests[i].seen);
        assert_true(bf.calls[i].seen.script_done);
        assert_int_equal(bf.calls[i].seen.stream, 0);
        assert_int_equal(bf.calls[i].seen.conn, 1);
    }
}

static void test_requests_byte_by_byte(void **state)
{
    (void)state;
    script_chunked(0);
    for (size_t i = 0; i < REQUESTS; i++) {
        send_bytes_apart(requests[i].request);
        await_tail(CHUNKED_ANSWER);
        UNTIL(bf.calls[i].ended);
        assert_seen(&bf.calls[i].seen, requests[i].seen);
    }
}

/* In two pieces, at every place; each a connection of its own. */
static void test_requests_in_two_pieces(void **state)
{
    (void)state;
    script_chunked(0);
    for (size_t i = 0; i < REQUESTS; i++) {
        for (size_t cut = 1; requests[i].request[cut]; cut++) {
            raw_stop();
            raw_start();
            assert_true(conn_write(raw.conn, span_of(requests[i].request, cut)));
            loop_turn(bf.loop, 0);
            loop_turn(bf.loop, 0);
            raw_send(requests[i].request + cut);
            await_tail(CHUNKED_ANSWER);
            UNTIL(bf.calls[0].ended);
            assert_seen(&bf.calls[0].seen, requests[i].seen);
            call_seen_fini(&bf.calls[0].seen);
            bf.calls[0] = (struct bf_call){0};
            bf.call_count = 0;
        }
    }
}

static void test_pipelined(void **state)
{
    (void)state;
    bf_script_is(0,
                 "[{\"headers\":[[\"content-length\",\"1\"]]},{\"wait_ms\":20},{\"text\":\"0\",\"end_stream\":true}]");
    bf_script_is(1, "[{\"headers\":[[\"content-length\",\"1\"]]},{\"text\":\"1\"},{\"end\":true}]");
    bf_script_is(2, "[{\"headers\":[[\":status\",\"204\"]],\"end_stream\":true}]");
    raw_send("GET /0 HTTP/1.1\r\nhost: x\r\n\r\nPOST /1 HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhiGET /2 "
             "HTTP/1.1\r\n"
             "host: x\r\n\r\n");
    await_tail("HTTP/1.1 204 No Content\r\n\r\n");
    assert_string_equal(received(), "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n0"
                                    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1HTTP/1.1 204 No Content\r\n\r\n");
    assert_int_equal(bf.call_count, 3);
    assert_int_equal(bf.max_in_flight, 1);
    assert_memory_equal(bf.calls[1].seen.body.data, "hi", 2);
}

/* More than is read ahead waits in the kernel. */
static void test_pipelined_far_ahead(void **state)
{
    (void)state;
    static char big[200 << 10];
    bf_script_is(0, "[{\"wait_ms\":50},{\"headers\":[],\"end_stream\":true}]");
    memset(big, 'x', sizeof big - 1);
    raw_send("GET /0 HTTP/1.1\r\nhost: x\r\n\r\n");
    raw_send("POST /0 HTTP/1.1\r\nhost: x\r\ncontent-length: 204799\r\n\r\n");
    raw_send(big);
    raw_send("GET /0 HTTP/1.1\r\nhost: x\r\n\r\n");
    UNTIL(bf.call_count == 3 && bf.calls[2].ended);
    assert_int_equal(bf.calls[1].seen.body_len, sizeof big - 1);
}

static void test_continue(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[],\"end_stream\":true}]");
    bf_script_is(1, "[{\"await\":\"request_headers\"},{\"headers\":[[\":status\",\"417\"]],\"end_stream\":true}]");
    raw_send("POST /0 HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
    await_tail("HTTP/1.1 100 Continue\r\n\r\n");
    raw_send("ab");
    await_tail("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    raw_send("POST /1 HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
    await_tail("0\r\n\r\nHTTP/1.1 417 Expectation Failed\r\ncontent-length: 0\r\n\r\n");
}

/* ---- framings */

static void plays(const char *request, const char *script, const char *want)
{
    bf_script_is(0, script);
    raw_send(request);
    await_tail(want);
    assert_string_equal(received(), want);
}

#define GET   "GET /0 HTTP/1.1\r\nhost: x\r\n\r\n"
#define GET10 "GET /0 HTTP/1.0\r\n\r\n"

static void test_http10_ends_with_the_connection(void **state)
{
    (void)state;
    plays(GET10, "[{\"headers\":[]},{\"text\":\"abc\"},{\"end\":true}]",
          "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc");
    await_end(CONN_END_FIN);
    assert_string_equal(bf.calls[0].seen.protocol, "HTTP/1.0");
    assert_false(bf.calls[0].seen.conn_lost);
}

static void test_asks_to_close(void **state)
{
    (void)state;
    plays("GET /0 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
          "[{\"headers\":[[\"Content-Length\",\"3\"]]},{\"text\":\"abc\"},{\"end\":true}]",
          "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nconnection: close\r\n\r\nabc");
    await_end(CONN_END_FIN);
}

static void test_lying_lengths(void **state)
{
    (void)state;
    plays(GET, "[{\"headers\":[[\"content-length\",\"5\"]]},{\"text\":\"abc\"},{\"end\":true}]",
          "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc");
    await_end(CONN_END_FIN);
    raw_stop();
    raw_start();
    plays(GET, "[{\"headers\":[[\"content-length\",\"2\"]]},{\"text\":\"abc\"},{\"end\":true}]",
          "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabc");
    await_end(CONN_END_FIN);
}

static void test_head_has_no_body(void **state)
{
    (void)state;
    plays("HEAD /0 HTTP/1.1\r\nhost: x\r\n\r\n" GET,
          "[{\"headers\":[[\"content-length\",\"3\"]]},{\"text\":\"abc\"},{\"end\":true}]",
          "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc");
}

static void test_informational(void **state)
{
    (void)state;
    plays(
        GET,
        "[{\"headers\":[[\":status\",\"102\"],[\"link\",\"a\"]]},{\"headers\":[[\":status\",\"299\"]]},{\"end\":true}]",
        "HTTP/1.1 102 Processing\r\nlink: a\r\n\r\nHTTP/1.1 299 \r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");
}

static void test_raw_bytes(void **state)
{
    (void)state;
    plays(GET,
          "[{\"protocol\":\"http/1.1\"},{\"raw\":\"HTTP/1.1 20 no\\r\\n\\r\\n\"},{\"text\":\"abc\"},"
          "{\"raw\":{\"hex\":\"0d 0a\"}},{\"text\":\"d\"}]",
          "HTTP/1.1 20 no\r\n\r\nabc\r\nd");
}

static void test_echo(void **state)
{
    (void)state;
    plays("POST /0 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n8\r\n\1\1\1\1\1abc\r\n2\r\nde\r\n0\r\n\r\n",
          "[{\"headers\":[]},{\"echo\":true},{\"end\":true}]",
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\n\1\1\1\1\1abcde\r\n0\r\n\r\n");
}

static void test_closes(void **state)
{
    (void)state;
    plays(GET, "[{\"headers\":[]},{\"text\":\"abc\"},{\"close\":\"fin\"}]",
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
    await_end(CONN_END_FIN);
    raw_stop();
    raw_start();
    plays(GET, "[{\"headers\":[]},{\"text\":\"abc\"},{\"close\":\"rst\"}]",
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
    await_end(CONN_END_RESET);
    assert_true(bf.calls[1].seen.response_ended);
}

/* What only HTTP/2 has is as near to it as HTTP/1.1 comes: the script was not written for it. */
static void test_script_of_http2(void **state)
{
    (void)state;
    plays(GET, "[{\"goaway\":\"NO_ERROR\"},{\"headers\":[],\"end_stream\":true}]",
          "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    await_end(CONN_END_FIN);
    raw_stop();
    raw_start();
    bf_script_is(0, "[{\"headers\":[]},{\"rst\":\"CANCEL\"}]");
    raw_send(GET);
    await_end(CONN_END_RESET);
}

static void test_large_answer(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[[\"content-length\",\"30000000\"]]},{\"fill\":10000000},{\"fill\":10000000},{"
                    "\"fill\":10000000},"
                    "{\"end\":true}]");
    raw_send(GET);
    UNTIL(raw.in.len > 30000000);
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].seen.script_done);
    raw_send(GET);
    UNTIL(raw.in.len > 60000000);
}

/* ---- the other side ends */

static void test_client_goes(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]},{\"text\":\"abc\"},{\"await\":\"client_cancelled\"},{\"end\":true}]");
    raw_send("POST /0 HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab");
    await_tail("abc\r\n");
    conn_finish(raw.conn);
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].seen.conn_lost);
    assert_false(bf.calls[0].seen.script_done);
    assert_int_equal(bf.lost_count, 1);
}

static void test_client_goes_in_the_body(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[],\"end_stream\":true}]");
    raw_send("POST /0 HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab");
    UNTIL(bf.call_count == 1 && bf.calls[0].seen.body_len == 2);
    conn_abort(raw.conn);
    UNTIL(bf.calls[0].ended);
    assert_true(bf.calls[0].seen.conn_reset);
    assert_false(bf.calls[0].seen.half_closed);
    raw_start();
}

static void test_release(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[]},{\"await\":\"client_cancelled\"}]");
    raw_send(GET);
    await_tail("\r\n\r\n");
    backend_release(bf.backend, &bf.calls[0]);
    await_end(CONN_END_RESET);
    assert_false(bf.calls[0].ended);
    assert_int_equal(backend_calls_in_flight(bf.backend), 0);
}

/* ---- nobody's calls, and what is no request */

static void test_nobodys(void **state)
{
    (void)state;
    bf.answer = BACKEND_UNCLAIMED;
    raw_send("POST /none HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc\r\ncontent-length: 1\r\n\r\na" GET);
    await_tail(
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    assert_int_equal(bf.strays, 2);
}

static void test_asked_later(void **state)
{
    (void)state;
    bf.answer = BACKEND_LATER;
    bf_script_is(0, "[{\"headers\":[],\"end_stream\":true}]");
    raw_send("POST /0 HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n");
    await_tail("HTTP/1.1 100 Continue\r\n\r\n");
    raw_send("abc");
    await_tail("content-length: 0\r\n\r\n");
    assert_int_equal(bf.asked, 2);
    assert_seen(&bf.calls[0].seen,
                "HTTP/1.1 :method=POST :path=/0 host=x expect=100-continue content-length=3 [abc] END");
}

/* With its NULs. */
#define BYTES(text)                                                                                                    \
    {                                                                                                                  \
        (text), sizeof(text) - 1                                                                                       \
    }

static const struct {
    const char *bytes;
    size_t len;
} malformed[] = {
    BYTES("GET /0 HTTP/1.1\r\n\r\n"),                       /* no Host */
    BYTES("GET /0 HTTP/1.1\r\nhost: x\r\nhost: x\r\n\r\n"), /* two */
    BYTES("GET /0 HTTP/1.1\nhost: x\r\n\r\n"),              /* LF alone */
    BYTES("GET /0 HTTP/1.1\r\nhost: x\n\r\n"),
    BYTES("GET /0 HTTP/1.1\r\nhost: x\r\n\n"),
    BYTES("GET /0 HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n"), /* folded */
    BYTES("GET /0 HTTP/1.1\r\nhost: x\r\na b: c\r\n\r\n"),     /* no token */
    BYTES("GET /0 HTTP/1.1\r\nhost: x\r\na : c\r\n\r\n"),
    BYTES("GET /0 HTTP/1.1\r\nhost: x\r\na: b\0c\r\n\r\n"), /* NUL */
    BYTES("GET /0 HTTP/1.1\r\nhost: x\r\na\0b: c\r\n\r\n"),
    BYTES("GET /0\0 HTTP/1.1\r\nhost: x\r\n\r\n"),
    BYTES("POST /0 HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na"),
    BYTES("POST /0 HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"),
    BYTES("POST /0 HTTP/1.1\r\nhost: x\r\ncontent-length: 1, 1\r\n\r\na"),
    BYTES("POST /0 HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\na"),
    BYTES("POST /0 HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999999\r\n\r\na"),
    BYTES("POST /0 HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    BYTES("POST /0 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
    BYTES("GET /0 HTTP/2.0\r\nhost: x\r\n\r\n"),
    BYTES("GET /0 HTTP/3.1\r\nhost: x\r\n\r\n"),
    BYTES("NOSUCH /0 HTTP/1.1\r\nhost: x\r\n\r\n"),
    BYTES("GET /0\r\n\r\n"),
    BYTES("hello\r\n"),
    BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), /* TLS */
    BYTES("\0\0\0\0\0\0\0\0"),
};

static void test_malformed(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[],\"end_stream\":true}]");
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        raw_stop();
        raw_start();
        assert_true(conn_write(raw.conn, span_of(malformed[i].bytes, malformed[i].len)));
        await_end(CONN_END_FIN);
        if (strncmp(received(), "HTTP/1.1 400 Bad Request\r\n", 26) != 0)
            fail_msg("case %zu: %s", i, received());
        UNTIL(bf.call_count == 1 && bf.calls[0].ended);
        assert_non_null(bf.calls[0].seen.malformed);
        call_seen_fini(&bf.calls[0].seen);
        bf.calls[0] = (struct bf_call){0};
        bf.call_count = 0;
    }
}

/* The body breaks: its call has begun. */
static void test_malformed_chunks(void **state)
{
    (void)state;
    bf_script_is(0, "[{\"headers\":[],\"end_stream\":true}]");
    bf_script_is(1,
                 "[{\"await\":\"request_headers\"},{\"headers\":[]},{\"await\":\"request_complete\"},{\"end\":true}]");
    raw_send("POST /0 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n");
    await_end(CONN_END_FIN);
    assert_string_equal(received(), "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert_non_null(bf.calls[0].seen.malformed);
    assert_true(bf.calls[0].ended);
    assert_false(bf.calls[0].seen.conn_lost);
    raw_stop();
    raw_start();
    raw_send("POST /1 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n");
    await_end(CONN_END_FIN);
    assert_string_equal(received(), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
}

static void test_too_much(void **state)
{
    (void)state;
    static char line[70 << 10];
    bf_script_is(0, "[{\"headers\":[],\"end_stream\":true}]");
    memset(line, 'a', sizeof line - 1);
    for (int where = 0; where < 3; where++) {
        raw_stop();
        raw_start();
        raw_send(where == 0   ? "GET /"
                 : where == 1 ? "GET /0 HTTP/1.1\r\nhost: x\r\n"
                              : "GET /0 HTTP/1.1\r\nhost: x\r\nb: ");
        raw_send(line);
        await_end(CONN_END_FIN);
        assert_memory_equal(received(), "HTTP/1.1 400 ", 13);
    }
    raw_stop();
    raw_start();
    raw_send("GET /0 HTTP/1.1\r\nhost: x\r\n");
    for (int i = 0; i < 600; i++)
        raw_send("a: b\r\n");
    raw_send("\r\n");
    await_end(CONN_END_FIN);
    assert_memory_equal(received(), "HTTP/1.1 400 ", 13);
}

/* Beginnings of a request, and of the preface of HTTP/2, that never go on hold nothing up. */
static void test_slow_beginnings(void **state)
{
    (void)state;
    static const char *const begun[] = {"", "P", "PR", "PRI", "G", "GET / HTTP/1.1\r\nhost"};
    for (size_t i = 0; i < sizeof begun / sizeof *begun; i++) {
        raw_stop();
        raw_start();
        if (*begun[i])
            raw_send(begun[i]);
        loop_turn(bf.loop, 5);
    }
    script_chunked(0);
    raw_stop();
    raw_start();
    raw_send(GET);
    await_tail(CHUNKED_ANSWER);
    assert_int_equal(bf.strays, 0);
}

/* HTTP/2 is still told by its first bytes, however they come. */
static void test_beside_http2(void **state)
{
    (void)state;
    script_chunked(0);
    bf_client_start(&bf.client, NULL);
    bf_ask("/0", true);
    bf_await_log("1 close 0");
    assert_string_equal(bf.calls[0].seen.protocol, "HTTP/2");
    raw_send(GET);
    await_tail(CHUNKED_ANSWER);
    assert_string_equal(bf.calls[1].seen.protocol, "HTTP/1.1");
    raw_stop();
    raw_start();
    send_bytes_apart("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    UNTIL(raw.in.len >= 9);
    assert_int_equal(raw.in.data[3], 4); /* SETTINGS */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_requests),
        TEST(test_requests_byte_by_byte),
        TEST(test_requests_in_two_pieces),
        TEST(test_pipelined),
        TEST(test_pipelined_far_ahead),
        TEST(test_continue),
        TEST(test_http10_ends_with_the_connection),
        TEST(test_asks_to_close),
        TEST(test_lying_lengths),
        TEST(test_head_has_no_body),
        TEST(test_informational),
        TEST(test_raw_bytes),
        TEST(test_echo),
        TEST(test_closes),
        TEST(test_script_of_http2),
        TEST(test_large_answer),
        TEST(test_client_goes),
        TEST(test_client_goes_in_the_body),
        TEST(test_release),
        TEST(test_nobodys),
        TEST(test_asked_later),
        TEST(test_malformed),
        TEST(test_malformed_chunks),
        TEST(test_too_much),
        TEST(test_slow_beginnings),
        TEST(test_beside_http2),
    };
    return cmocka_run_group_tests(tests, bf_group_setup, bf_group_teardown);
}
