/* The HTTP/1.1 client against a server that plays byte scripts: every ending, each hostile behaviour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>
#include <cmocka.h>

#include "harness/net/http1_ending.h"
#include "harness/net/tests/client_cases.h"
#include "harness/net/tests/raw_steps.h"

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f, http1_client_new, false, NULL);
    return 0;
}

static int set_up_tls(void **state)
{
    static const char *const alpn[] = {"http/1.1", NULL};
    (void)state;
    fixture_init(&f, http1_client_new, true, alpn);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_fini(&f);
    return 0;
}

#define AFTER_HEAD RAW_WAIT_TEXT("\r\n\r\n")

static const struct client_answer answers[] = {
    {"content-length",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")},
     ENDING_COMPLETE,
     200,
     "hello",
     NULL,
     NULL},
    {"chunked",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n")},
     ENDING_COMPLETE,
     200,
     "hello",
     NULL,
     NULL},
    {"close-delimited",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\n\r\nhello"), FIN},
     ENDING_COMPLETE,
     200,
     "hello",
     NULL,
     NULL},
    {"http/1.0",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.0 200 OK\r\n\r\nhello"), FIN},
     ENDING_COMPLETE,
     200,
     "hello",
     NULL,
     NULL},
    {"no body, left open",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 204 No Content\r\n\r\n")},
     ENDING_COMPLETE,
     204,
     "",
     NULL,
     NULL},
    {"304 with a length",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n")},
     ENDING_COMPLETE,
     304,
     "",
     NULL,
     NULL},
    {"HEAD",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")},
     ENDING_COMPLETE,
     200,
     "",
     NULL,
     "HEAD"},
    {"content-length cut by FIN",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"), FIN},
     ENDING_CUT,
     200,
     "hello",
     NULL,
     NULL},
    {"content-length cut by RST",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"), PAUSE(60), RST},
     ENDING_CONN_RESET,
     200,
     "hello",
     NULL,
     NULL},
    {"chunks cut by FIN",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"), FIN},
     ENDING_CUT,
     200,
     "hello",
     NULL,
     NULL},
    {"chunks cut before the last blank line",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"), FIN},
     ENDING_CUT,
     200,
     "hello",
     NULL,
     NULL},
    {"chunks cut by RST",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"), PAUSE(60), RST},
     ENDING_CONN_RESET,
     200,
     "hello",
     NULL,
     NULL},
    {"close-delimited, RST",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\n\r\nhello"), PAUSE(60), RST},
     ENDING_CONN_RESET,
     200,
     "hello",
     NULL,
     NULL},
    {"FIN instead of an answer", {AFTER_HEAD, FIN}, ENDING_CUT, 0, "", NULL, NULL},
    {"RST instead of an answer", {AFTER_HEAD, RST}, ENDING_CONN_RESET, 0, "", NULL, NULL},
    {"FIN at once", {FIN}, ENDING_CUT, 0, "", NULL, NULL},
    {"FIN in the status line", {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 20"), FIN}, ENDING_CUT, 0, "", NULL, NULL},
    {"FIN in the header section",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-le"), FIN},
     ENDING_CUT,
     0,
     "",
     NULL,
     NULL},
    {"FIN behind a header line",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n"), FIN},
     ENDING_CUT,
     0,
     "",
     NULL,
     NULL},
    {"informational",
     {AFTER_HEAD,
      RAW_SEND_TEXT("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")},
     ENDING_COMPLETE,
     200,
     "ok",
     NULL,
     NULL},
    {"only informational, FIN",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 103 Early Hints\r\n\r\n"), FIN},
     ENDING_CUT,
     0,
     "",
     NULL,
     NULL},
    {"garbage",
     {AFTER_HEAD, RAW_SEND_TEXT("\x16\x03\x01\x02\x00 garbage garbage\n\n"), FIN},
     ENDING_MALFORMED,
     0,
     "",
     NULL,
     NULL},
    {"another protocol", {RAW_SEND_TEXT("SSH-2.0-OpenSSH_9.2\r\n")}, ENDING_MALFORMED, 0, "", NULL, NULL},
    {"HTTP/2 frames", {AFTER_HEAD, RAW_SEND_TEXT("\0\0\0\4\0\0\0\0\0"), FIN}, ENDING_MALFORMED, 0, "", NULL, NULL},
    {"bad chunk size",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello")},
     ENDING_MALFORMED,
     200,
     "",
     "chunk size",
     NULL},
    {"chunk longer than its size",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n")},
     ENDING_MALFORMED,
     200,
     NULL,
     "chunk",
     NULL},
    {"both framings",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")},
     ENDING_MALFORMED,
     200,
     NULL,
     "both content-length and transfer-encoding",
     NULL},
    {"two lengths",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nokk")},
     ENDING_MALFORMED,
     200,
     NULL,
     "content-length twice",
     NULL},
    {"length is no number",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\nhello")},
     ENDING_MALFORMED,
     0,
     NULL,
     "ontent-",
     NULL},
    {"negative length",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nhello")},
     ENDING_MALFORMED,
     0,
     NULL,
     "ontent-",
     NULL},
    {"bytes behind the body",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok, and more")},
     ENDING_MALFORMED,
     200,
     "ok",
     "behind the end",
     NULL},
    {"bytes behind the last chunk",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nmore")},
     ENDING_MALFORMED,
     200,
     "ok",
     "behind the end",
     NULL},
    {"body in a 204",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 204 No Content\r\n\r\nbody")},
     ENDING_MALFORMED,
     204,
     "",
     "behind the end",
     NULL},
    {"body in an answer to HEAD",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody")},
     ENDING_MALFORMED,
     200,
     "",
     "behind the end",
     "HEAD"},
    {"length in a 204",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n")},
     ENDING_MALFORMED,
     204,
     "",
     "no body",
     NULL},
    {"not a header line",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\nno colon here\r\ncontent-length: 0\r\n\r\n")},
     ENDING_MALFORMED,
     0,
     "",
     "ithout colon",
     NULL},
    {"blank before the colon",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\nx : y\r\ncontent-length: 0\r\n\r\n")},
     ENDING_MALFORMED,
     200,
     "",
     "not a header line",
     NULL},
    {"bare LF",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\ncontent-length: 0\n\n")},
     ENDING_MALFORMED,
     200,
     "",
     "LF without CR",
     NULL},
    {"a transfer coding that nobody asked for",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n")},
     ENDING_MALFORMED,
     200,
     NULL,
     "transfer-encoding",
     NULL},
    {"status of four digits",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n")},
     ENDING_MALFORMED,
     0,
     NULL,
     NULL,
     NULL},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        client_cases_answer(&f, &answers[i]);
}

/* Every split of an answer gives the same observation. */
static void test_cut_at_every_byte(void **state)
{
    static const char answer[] =
        "HTTP/1.1 103 Hints\r\nlink: y\r\n\r\nHTTP/1.1 200 OK\r\nx-a:  b \r\ntransfer-encoding: chunked\r\n\r\n"
        "5;e=1\r\nhello\r\n1\r\n!\r\n0\r\ngrpc-status: 0\r\nx-t: \r\n\r\n";
    static const struct raw_step await = AFTER_HEAD;
    (void)state;
    for (size_t cut = 1; cut < sizeof answer - 1; cut++) {
        client_cases_cut(&f, await, span_of(answer, sizeof answer - 1), cut);
        assert_int_equal(f.seen.status, 200);
        assert_text(buf_span(&f.seen.body), "hello!");
        assert_int_equal(f.seen.body_len, 6);
        assert_true(f.seen.has_trailers);
        assert_int_equal(f.seen.trailers.count, 2);
        assert_text(f.seen.trailers.items[0].name, "grpc-status");
        assert_text(f.seen.trailers.items[0].value, "0");
        assert_text(f.seen.trailers.items[1].value, "");
        assert_int_equal(f.seen.headers.count, 2);
        assert_text(f.seen.headers.items[0].name, "x-a");
        assert_text(f.seen.headers.items[0].value, "b");
        assert_int_equal(fixture_events(&f, TRANSCRIPT_PROXY, TRANSCRIPT_HEADERS), 2);
        assert_int_equal(fixture_events(&f, TRANSCRIPT_PROXY, TRANSCRIPT_TRAILERS), 1);
    }
}

#define OK_ANSWER "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
static const struct raw_step ok_steps[] = {AFTER_HEAD, RAW_SEND_TEXT(OK_ANSWER), STOP};

static void test_request_as_it_is(void **state)
{
    (void)state;
    struct fields headers = {0};
    struct arena arena;
    arena_init(&arena, 4096);
    fields_add(&headers, &arena, span_cstr("User-Agent"), span_cstr("transcheck"));
    fields_add(&headers, &arena, span_cstr("accept"), span_cstr("*/*"));
    fields_add(&headers, &arena, span_cstr("x-one"), span_cstr("a\xff\x01  b"));
    fields_add(&headers, &arena, span_cstr("x-empty"), span_cstr(""));
    fields_add(&headers, &arena, span_cstr("X-One"), span_cstr("2"));
    struct client_request request = fixture_get();
    request.method = span_cstr("M-SEARCH");
    request.target = span_cstr("/a/../b//%2F%zz?q={x}|\"y\"&\xc3\xa4#f");
    request.headers = &headers;
    raw_server_add(f.server, ok_steps);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    char want[300];
    snprintf(
        want, sizeof want,
        "M-SEARCH /a/../b//%%2F%%zz?q={x}|\"y\"&\xc3\xa4#f HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: transcheck\r\n"
        "accept: */*\r\nx-one: a\xff\x01  b\r\nx-empty:\r\nX-One: 2\r\n\r\n",
        (unsigned)raw_server_port(f.server));
    assert_text(raw_server_received(f.server, 0), want);
    const struct transcript_event *sent = NULL;
    for (size_t i = 0; i < f.seen.transcript.count && !sent; i++) {
        if (f.seen.transcript.events[i].kind == TRANSCRIPT_HEADERS)
            sent = &f.seen.transcript.events[i];
    }
    assert_non_null(sent);
    assert_int_equal(sent->from, TRANSCRIPT_CLIENT);
    assert_true(sent->end_stream);
    assert_text(fields_value(&sent->fields, ":method"), "M-SEARCH");
    assert_text(fields_value(&sent->fields, ":path"), "/a/../b//%2F%zz?q={x}|\"y\"&\xc3\xa4#f");
    assert_text(fields_value(&sent->fields, "x-one"), "a\xff\x01  b");
    arena_fini(&arena);
}

static void test_nul_is_refused(void **state)
{
    (void)state;
    struct client_request request = fixture_get();
    request.target = span_of("/a\0b", 4);
    assert_int_equal(fixture_run(&f, &request), ENDING_REFUSED);
    assert_non_null(strstr(f.seen.detail, "NUL"));
    assert_int_equal(raw_server_connections(f.server), 0);
}

static void test_bodies(void **state)
{
    (void)state;
    static const struct raw_step until_body[] = {RAW_WAIT_TEXT("hello"), RAW_SEND_TEXT(OK_ANSWER), STOP};
    static const struct raw_step until_last_chunk[] = {RAW_WAIT_TEXT("0\r\n\r\n"), RAW_SEND_TEXT(OK_ANSWER), STOP};
    struct client_request request = fixture_post("hello");
    raw_server_add(f.server, until_body);
    raw_server_add(f.server, until_last_chunk);
    raw_server_add(f.server, until_last_chunk);
    raw_server_add(f.server, ok_steps);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_false(f.seen.early);
    struct span got = raw_server_received(f.server, 0);
    assert_non_null(memmem(got.data, got.len, "Content-Length: 5\r\n", 19));
    assert_null(memmem(got.data, got.len, "Content-Type", 12));
    assert_null(memmem(got.data, got.len, "Expect", 6));

    request.chunked = true;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_false(f.seen.early);
    got = raw_server_received(f.server, 1);
    assert_non_null(memmem(got.data, got.len, "\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 19));
    assert_null(memmem(got.data, got.len, "Content-Length", 14));

    request.split_len = 2;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    got = raw_server_received(f.server, 2);
    assert_non_null(memmem(got.data, got.len, "\r\n\r\n2\r\nhe\r\n2\r\nll\r\n1\r\no\r\n0\r\n\r\n", 29));

    request = fixture_post("");
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_false(f.seen.early);
    got = raw_server_received(f.server, 3);
    assert_non_null(memmem(got.data, got.len, "Content-Length: 0\r\n", 19));
}

static void test_abort_of_the_body(void **state)
{
    (void)state;
    struct client_request request = fixture_post("hello world");
    request.abort_after = 5;
    static const struct raw_step silent[] = {STOP};
    raw_server_add(f.server, silent);
    assert_int_equal(fixture_run(&f, &request), ENDING_CANCELLED);
    fixture_await_gone(&f, 0);
    struct span got = raw_server_received(f.server, 0);
    assert_non_null(memmem(got.data, got.len, "\r\n\r\nhello", 9));
    assert_null(memmem(got.data, got.len, "hello ", 6));
}

/* The answer is there although most of the body was not sent, and the server closes with unread bytes (RST). */
static void test_early_answers(void **state)
{
    (void)state;
    static char big[8u << 20];
    static const struct raw_step refused[] = {
        RAW_WAIT_TEXT("\r\n\r\n"),
        {.kind = RAW_NO_READ},
        RAW_SEND_TEXT("HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 3\r\n\r\nno!"),
        PAUSE(30),
        RST,
        STOP};
    static const struct raw_step accepted[] = {
        RAW_WAIT_TEXT("\r\n\r\n"), {.kind = RAW_NO_READ}, RAW_SEND_TEXT(OK_ANSWER), STOP};
    memset(big, 'b', sizeof big - 1);
    struct client_request request = fixture_post(big);
    raw_server_add(f.server, accepted);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.status, 200);
    assert_true(f.seen.early);
    raw_server_reset(f.server);
    raw_server_add(f.server, refused);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.status, 413);
    assert_text(buf_span(&f.seen.body), "no!");
    assert_true(f.seen.early);
}

static void test_expect_continue(void **state)
{
    (void)state;
    static const struct raw_step go_on[] = {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 100 Continue\r\n\r\n"),
                                            RAW_WAIT_TEXT("hello"), RAW_SEND_TEXT(OK_ANSWER), STOP};
    static const struct raw_step refused[] = {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 417 No\r\ncontent-length: 0\r\n\r\n"),
                                              STOP};
    struct client_request request = fixture_post("hello");
    request.expect_continue = true;
    raw_server_add(f.server, go_on);
    raw_server_add(f.server, refused);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.status, 200);
    struct span got = raw_server_received(f.server, 0);
    assert_non_null(memmem(got.data, got.len, "Expect: 100-continue\r\n", 22));
    /* libcurl would send the request again without Expect. */
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.status, 417);
    assert_true(f.seen.early);
    assert_int_equal(raw_server_connections(f.server), 2);
    got = raw_server_received(f.server, 1);
    assert_null(memmem(got.data, got.len, "hello", 5));
}

static void test_redirect_is_an_answer(void **state)
{
    (void)state;
    static const struct raw_step steps[] = {
        AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n"), STOP};
    struct client_request request = fixture_get();
    raw_server_add(f.server, steps);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.status, 302);
    assert_int_equal(raw_server_connections(f.server), 1);
}

static void test_reuse(void **state)
{
    (void)state;
    static const struct raw_step twice[] = {AFTER_HEAD, RAW_SEND_TEXT(OK_ANSWER), RAW_WAIT_TEXT("/second"),
                                            RAW_SEND_TEXT(OK_ANSWER), STOP};
    fixture_client(&f, &(struct client_options){.reuse = true});
    raw_server_add(f.server, twice);
    struct client_request request = fixture_get();
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(fixture_events(&f, TRANSCRIPT_CLIENT, TRANSCRIPT_CONNECT), 1);
    request.target = span_cstr("/second");
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(raw_server_connections(f.server), 1);
    assert_int_equal(f.seen.transcript.events[0].conn, 1);
}

/* A reused connection that ends without an answer: libcurl would send the request again on a new one. */
static void test_no_second_sending(void **state)
{
    (void)state;
    static const struct raw_step fin[] = {AFTER_HEAD, RAW_SEND_TEXT(OK_ANSWER), RAW_WAIT_TEXT("/second"), FIN, STOP};
    static const struct raw_step rst[] = {AFTER_HEAD, RAW_SEND_TEXT(OK_ANSWER), RAW_WAIT_TEXT("/second"), RST, STOP};
    for (int i = 0; i < 6; i++) {
        raw_server_reset(f.server);
        fixture_client(&f, &(struct client_options){.reuse = true});
        raw_server_add(f.server, i & 1 ? rst : fin);
        raw_server_add(f.server, ok_steps);
        struct client_request request = fixture_get();
        assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
        if (i >= 2)
            request = fixture_post("body");
        request.target = span_cstr("/second");
        assert_int_equal(fixture_run(&f, &request), i & 1 ? ENDING_CONN_RESET : ENDING_CUT);
        assert_int_equal(raw_server_connections(f.server), 1);
        request.target = span_cstr("/third");
        request.has_body = i >= 4;
        assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
        assert_int_equal(raw_server_connections(f.server), 2);
    }
}

/* The connection stays for the next of those that belong together, and for nobody else. */
static void test_kept_for_the_next(void **state)
{
    (void)state;
    static const struct raw_step twice[] = {AFTER_HEAD, RAW_SEND_TEXT(OK_ANSWER), RAW_WAIT_TEXT("/second"),
                                            RAW_SEND_TEXT(OK_ANSWER), STOP};
    fixture_client(&f, &(struct client_options){.reuse = false});
    raw_server_add(f.server, twice);
    raw_server_add(f.server, ok_steps);
    raw_server_add(f.server, ok_steps);
    struct client_request request = fixture_get();
    request.together = 5;
    request.keep = true;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.conn, 1);
    request.target = span_cstr("/second");
    request.keep = false;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.conn, 1);
    request.keep = true;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.conn, 2);
    request.together = 6;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.conn, 3);
    assert_int_equal(raw_server_connections(f.server), 3);
}

/* What comes behind one answer stands before the next. */
static void test_bytes_before_the_next(void **state)
{
    (void)state;
    static const struct raw_step more[] = {AFTER_HEAD, RAW_SEND_TEXT(OK_ANSWER), RAW_SEND_TEXT("HTTP/1.1 400 Bad"),
                                           STOP};
    fixture_client(&f, &(struct client_options){.reuse = false});
    raw_server_add(f.server, more);
    raw_server_add(f.server, ok_steps);
    struct client_request request = fixture_get();
    request.together = 5;
    request.keep = true;
    enum ending first = fixture_run(&f, &request);
    for (int turn = 0; turn < 5; turn++)
        loop_turn(f.loop, 10);
    assert_true(first == ENDING_MALFORMED || fixture_run(&f, &request) == ENDING_MALFORMED);
}

/* A body of which the answer does not wait goes out whole: the connection is used again. */
static void test_answered_early_and_kept(void **state)
{
    (void)state;
    static const struct raw_step early[] = {AFTER_HEAD,
                                            RAW_SEND_TEXT("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
                                            RAW_WAIT_TEXT("end"),
                                            RAW_WAIT_TEXT("/second"),
                                            RAW_SEND_TEXT(OK_ANSWER),
                                            STOP};
    struct buf body;
    buf_init(&body, 4u << 20);
    for (size_t i = 0; i < 50000; i++)
        assert_true(buf_append_cstr(&body, "a body that is longer than what fits into the buffers of a socket "));
    assert_true(buf_append_cstr(&body, "end"));
    fixture_client(&f, &(struct client_options){.reuse = false});
    raw_server_add(f.server, early);
    struct client_request request = fixture_get();
    request.method = span_cstr("POST");
    request.body = buf_span(&body);
    request.has_body = true;
    request.together = 5;
    request.keep = true;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.status, 404);
    request = fixture_get();
    request.target = span_cstr("/second");
    request.together = 5;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.conn, 1);
    buf_fini(&body);
}

static void test_exchanges_wait_for_a_connection(void **state)
{
    (void)state;
    static const struct raw_step steps[] = {RAW_WAIT_TEXT("/x"),
                                            RAW_SEND_TEXT(OK_ANSWER),
                                            RAW_WAIT_TEXT("/y"),
                                            RAW_SEND_TEXT(OK_ANSWER),
                                            RAW_WAIT_TEXT("/z"),
                                            RAW_SEND_TEXT(OK_ANSWER),
                                            STOP};
    static const char *const targets[] = {"/x", "/x", "/y", "/y", "/z"};
    fixture_client(&f, &(struct client_options){.reuse = true, .max_connections = 2});
    raw_server_add(f.server, steps);
    client_cases_at_once(&f, targets, 5);
}

static void test_cancel(void **state)
{
    (void)state;
    static const struct raw_step slow[] = {AFTER_HEAD,
                                           RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello"), STOP};
    raw_server_add(f.server, slow);
    client_cases_cancel(&f, "\r\n\r\n", NULL);
}

static void test_pause_stops_reading(void **state)
{
    (void)state;
    static const struct raw_step endless[] = {
        AFTER_HEAD,
        RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 20000000\r\n\r\n"),
        {.kind = RAW_ENDLESS,
         .bytes = RAW_BYTES("0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz")},
        STOP};
    struct client_request request = fixture_get();
    request.timeout_ms = 60000; /* the turns below take as long as the machine likes */
    raw_server_add(f.server, endless);
    fixture_start(&f, &request);
    client_pause(f.exchange, true);
    for (int i = 0; i < 400; i++)
        loop_turn(f.loop, 1);
    uint64_t before = f.seen.body_len;
    uint64_t sent = raw_server_sent(f.server);
    for (int i = 0; i < 100; i++)
        loop_turn(f.loop, 1);
    assert_int_equal(f.seen.body_len, before);
    assert_int_equal(raw_server_sent(f.server), sent);
    assert_true(before < 20000000);
    client_pause(f.exchange, false);
    enum ending ending = fixture_finish(&f);
    assert_int_equal(f.seen.body_len, 20000000);
    assert_true(ending == ENDING_COMPLETE || ending == ENDING_MALFORMED); /* the server does not stop at the length */
}

static void test_refused(void **state)
{
    (void)state;
    client_cases_refused(&f);
}

/* ---- TLS */

static void test_tls(void **state)
{
    (void)state;
    static const struct raw_step cut[] = {
        AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"), FIN, STOP};
    static const struct raw_step reset[] = {
        AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"), PAUSE(60), RST, STOP};
    static const struct raw_step to_end[] = {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\n\r\nhello"), FIN, STOP};
    raw_server_add(f.server, ok_steps);
    raw_server_add(f.server, cut);
    raw_server_add(f.server, reset);
    raw_server_add(f.server, to_end);
    raw_server_add(f.server, ok_steps);
    struct client_request request = fixture_get();
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.status, 200);
    assert_int_equal(fixture_run(&f, &request), ENDING_CUT);
    assert_int_equal(fixture_run(&f, &request), ENDING_CONN_RESET);
    assert_text(buf_span(&f.seen.body), "hello");
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    client_cases_untrusted(&f);
}

/* ---- FIN, RST and malformed bytes */

static void ends(int curl_code, long os_errno, const char *text, enum ending want)
{
    assert_int_equal(http1_ending_of(curl_code, os_errno, text), want);
}

static void test_ending_of(void **state)
{
    (void)state;
    ends(CURLE_PARTIAL_FILE, 0, "", ENDING_CUT);
    ends(CURLE_GOT_NOTHING, 0, "Empty reply from server", ENDING_CUT);
    ends(CURLE_RECV_ERROR, ECONNRESET, "Recv failure: x", ENDING_CONN_RESET);
    ends(CURLE_RECV_ERROR, ECONNRESET, "getpeername() failed with errno 107: x", ENDING_CONN_RESET);
    ends(CURLE_SEND_ERROR, ECONNRESET, "Send failure: x", ENDING_CONN_RESET);
    ends(CURLE_SEND_ERROR, EPIPE, "Send failure: x", ENDING_CUT);
    ends(CURLE_RECV_ERROR, 0, "OpenSSL SSL_read: Connection reset by peer, errno 104", ENDING_CONN_RESET);
    ends(CURLE_RECV_ERROR, 0, "SSL routines::unexpected eof while reading, errno 0", ENDING_CUT);
    ends(CURLE_RECV_ERROR, 0, "Illegal or missing hexadecimal sequence in chunked-encoding", ENDING_MALFORMED);
    /* errno of an earlier transfer */
    ends(CURLE_RECV_ERROR, ECONNRESET, "Illegal chunk", ENDING_MALFORMED);
    ends(CURLE_WEIRD_SERVER_REPLY, 0, "", ENDING_MALFORMED);
    ends(CURLE_UNSUPPORTED_PROTOCOL, ECONNRESET, "Received HTTP/0.9 when not allowed", ENDING_MALFORMED);
    ends(CURLE_COULDNT_CONNECT, ECONNREFUSED, "", ENDING_REFUSED);
    ends(CURLE_COULDNT_RESOLVE_HOST, 0, "", ENDING_REFUSED);
    ends(CURLE_PEER_FAILED_VERIFICATION, 0, "", ENDING_REFUSED);
    ends(CURLE_OPERATION_TIMEDOUT, 0, "", ENDING_TIMEOUT);
    ends(CURLE_OUT_OF_MEMORY, 0, "", ENDING_TOO_LARGE);
}

static void test_free_while_running(void **state)
{
    (void)state;
    client_cases_free_while_running(&f);
}

int main(void)
{
#define CLEAR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLEAR(test_answers),
        CLEAR(test_cut_at_every_byte),
        CLEAR(test_request_as_it_is),
        CLEAR(test_nul_is_refused),
        CLEAR(test_bodies),
        CLEAR(test_abort_of_the_body),
        CLEAR(test_early_answers),
        CLEAR(test_expect_continue),
        CLEAR(test_redirect_is_an_answer),
        CLEAR(test_reuse),
        CLEAR(test_kept_for_the_next),
        CLEAR(test_bytes_before_the_next),
        CLEAR(test_answered_early_and_kept),
        CLEAR(test_no_second_sending),
        CLEAR(test_exchanges_wait_for_a_connection),
        CLEAR(test_cancel),
        CLEAR(test_pause_stops_reading),
        CLEAR(test_refused),
        cmocka_unit_test_setup_teardown(test_tls, set_up_tls, tear_down),
        cmocka_unit_test(test_ending_of),
        CLEAR(test_free_while_running),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
