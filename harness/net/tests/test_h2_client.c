/* The HTTP/2 client against a server that plays raw frames: every ending, each hostile behaviour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "harness/net/h2_check.h"
#include "harness/net/tests/client_cases.h"
#include "harness/net/tests/raw_steps.h"

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f, h2_client_new, false, NULL);
    return 0;
}

static int set_up_tls(void **state)
{
    static const char *const alpn[] = {"h2", NULL};
    (void)state;
    fixture_init(&f, h2_client_new, true, alpn);
    return 0;
}

static int set_up_tls_without_h2(void **state)
{
    (void)state;
    fixture_init(&f, h2_client_new, true, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_fini(&f);
    return 0;
}

/* Frames on stream 1. HPACK: \x88 is ":status: 200" from the static table, \0 begins a literal. */
#define SETTINGS  "\0\0\0\4\0\0\0\0\0"
#define OK_HEAD   "\0\0\1\1\4\0\0\0\1\x88"
#define OK_END    "\0\0\1\1\5\0\0\0\1\x88"
#define HELLO     "\0\0\5\0\0\0\0\0\1hello"
#define HELLO_END "\0\0\5\0\1\0\0\0\1hello"
#define EMPTY_END "\0\0\0\0\1\0\0\0\1"
/* "a: b" */
#define FIELD "\0\1a\1b"

/* The whole request of a GET, and the header section of a POST, have arrived. */
#define AFTER_GET  RAW_WAIT_TEXT("\1\5\0\0\0\1")
#define AFTER_HEAD RAW_WAIT_TEXT("\1\4\0\0\0\1")

static const struct client_answer answers[] = {
    {"data", {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO_END)}, ENDING_COMPLETE, 200, "hello", NULL, NULL},
    {"headers only", {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_END)}, ENDING_COMPLETE, 200, "", NULL, NULL},
    {"empty last frame",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO EMPTY_END)},
     ENDING_COMPLETE,
     200,
     "hello",
     NULL,
     NULL},
    {"trailers",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO "\0\0\5\1\5\0\0\0\1" FIELD)},
     ENDING_COMPLETE,
     200,
     "hello",
     NULL,
     NULL},
    {"informational",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\5\1\4\0\0\0\1\x08\3"
                                        "103" OK_HEAD HELLO_END)},
     ENDING_COMPLETE,
     200,
     "hello",
     NULL,
     NULL},
    {"length of an answer to HEAD",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\5\1\5\0\0\0\1\x88\x0f\x0d\1"
                                        "5")},
     ENDING_COMPLETE,
     200,
     "",
     NULL,
     "HEAD"},
    {"FIN", {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO), FIN}, ENDING_CUT, 200, "hello", NULL, NULL},
    {"FIN without an answer", {AFTER_GET, RAW_SEND_TEXT(SETTINGS), FIN}, ENDING_CUT, 0, "", NULL, NULL},
    {"FIN in a frame",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD "\0\0\5\0\1\0\0\0\1hel"), FIN},
     ENDING_CUT,
     200,
     "hel",
     NULL,
     NULL},
    {"TCP RST",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO), PAUSE(60), RST},
     ENDING_CONN_RESET,
     200,
     "hello",
     NULL,
     NULL},
    {"RST_STREAM",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO "\0\0\4\3\0\0\0\0\1\0\0\0\2")},
     ENDING_RESET,
     200,
     "hello",
     NULL,
     NULL},
    {"RST_STREAM instead of an answer",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\4\3\0\0\0\0\1\0\0\0\2")},
     ENDING_RESET,
     0,
     "",
     NULL,
     NULL},
    {"GOAWAY, not processed",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\x8\7\0\0\0\0\0\0\0\0\0\0\0\0\2")},
     ENDING_RESET,
     0,
     "",
     NULL,
     NULL},
    {"GOAWAY, finished nevertheless",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\x8\7\0\0\0\0\0\0\0\0\1\0\0\0\0" OK_HEAD HELLO_END)},
     ENDING_COMPLETE,
     200,
     "hello",
     NULL,
     NULL},
    {"HTTP/1.1 text",
     {AFTER_GET, RAW_SEND_TEXT("HTTP/1.1 400 Bad Request\r\n\r\n"), FIN},
     ENDING_REFUSED,
     0,
     "",
     "HTTP/1.1 400 Bad Request",
     NULL},
    {"HTTP/1.1 text in pieces",
     {AFTER_GET, RAW_SEND_TEXT("HT"), PAUSE(5), RAW_SEND_TEXT("TP/1.0 505 x\r\n")},
     ENDING_REFUSED,
     0,
     "",
     "HTTP/1",
     NULL},
    {"FIN at once", {FIN}, ENDING_REFUSED, 0, "", "before its SETTINGS", NULL},
    {"FIN after the preface", {AFTER_GET, FIN}, ENDING_REFUSED, 0, "", "before its SETTINGS", NULL},
    {"TCP RST after the preface", {AFTER_GET, RST}, ENDING_REFUSED, 0, "", "before its SETTINGS", NULL},
    {"another protocol", {RAW_SEND_TEXT("SSH-2.0-OpenSSH_9.2\r\n")}, ENDING_MALFORMED, 0, "", "HTTP/2", NULL},
    {"no SETTINGS first", {AFTER_GET, RAW_SEND_TEXT(OK_HEAD HELLO_END)}, ENDING_MALFORMED, 0, "", "HTTP/2", NULL},
    {"frame too long",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\xff\xff\xff\0\0\0\0\0\1")},
     ENDING_MALFORMED,
     0,
     "",
     "HTTP/2",
     NULL},
    {"broken header compression",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\1\1\4\0\0\0\1\x80")},
     ENDING_MALFORMED,
     0,
     "",
     "HTTP/2",
     NULL},
    {"DATA before HEADERS", {AFTER_GET, RAW_SEND_TEXT(SETTINGS HELLO_END)}, ENDING_MALFORMED, 0, "", NULL, NULL},
    {"no status",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\5\1\5\0\0\0\1" FIELD)},
     ENDING_MALFORMED,
     0,
     "",
     "without :status",
     NULL},
    {"status is no number",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\5\1\5\0\0\0\1\x08\3"
                                        "abc")},
     ENDING_MALFORMED,
     0,
     "",
     ":status",
     NULL},
    {"status twice",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\2\1\5\0\0\0\1\x88\x88")},
     ENDING_MALFORMED,
     200,
     "",
     ":status twice",
     NULL},
    {"request pseudo header",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\2\1\5\0\0\0\1\x88\x82")},
     ENDING_MALFORMED,
     200,
     "",
     "pseudo header",
     NULL},
    {"status behind a header",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\6\1\5\0\0\0\1" FIELD "\x88")},
     ENDING_MALFORMED,
     200,
     "",
     "behind",
     NULL},
    {"upper case",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\6\1\5\0\0\0\1\x88\0\1A\1b")},
     ENDING_MALFORMED,
     200,
     "",
     "name",
     NULL},
    {"CR LF in a value",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\7\1\5\0\0\0\1\x88\0\1a\2\r\n")},
     ENDING_MALFORMED,
     200,
     "",
     "value",
     NULL},
    {"blank at the end of a value",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\7\1\5\0\0\0\1\x88\0\1a\2b ")},
     ENDING_MALFORMED,
     200,
     "",
     "value",
     NULL},
    {"connection header",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\x12\1\5\0\0\0\1\x88\0\12connection\4"
                                        "clos")},
     ENDING_MALFORMED,
     200,
     "",
     "connection",
     NULL},
    {"less than content-length",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\5\1\4\0\0\0\1\x88\x0f\x0d\1"
                                        "6" HELLO_END)},
     ENDING_MALFORMED,
     200,
     "hello",
     "less DATA",
     NULL},
    {"more than content-length",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\5\1\4\0\0\0\1\x88\x0f\x0d\1"
                                        "4" HELLO_END)},
     ENDING_MALFORMED,
     200,
     "hello",
     "more DATA",
     NULL},
    {"two lengths",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\x9\1\4\0\0\0\1\x88\x0f\x0d\1"
                                        "5\x0f\x0d\1"
                                        "6" HELLO_END)},
     ENDING_MALFORMED,
     200,
     "",
     "content-length twice",
     NULL},
    {"content in an answer to HEAD",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO_END)},
     ENDING_MALFORMED,
     200,
     "hello",
     "cannot have any",
     "HEAD"},
    {"content in a 204",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\1\1\4\0\0\0\1\x89" HELLO_END)},
     ENDING_MALFORMED,
     204,
     "hello",
     "cannot have any",
     NULL},
    {"pseudo header in trailers",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD "\0\0\1\1\5\0\0\0\1\x88")},
     ENDING_MALFORMED,
     200,
     "",
     "among the trailers",
     NULL},
    {"trailers that end nothing",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD "\0\0\5\1\4\0\0\0\1" FIELD)},
     ENDING_MALFORMED,
     200,
     "",
     "does not end",
     NULL},
    {"informational that ends the stream",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\5\1\5\0\0\0\1\x08\3"
                                        "103")},
     ENDING_MALFORMED,
     0,
     "",
     "informational",
     NULL},
    {"101",
     {AFTER_GET, RAW_SEND_TEXT(SETTINGS "\0\0\5\1\4\0\0\0\1\x08\3"
                                        "101")},
     ENDING_MALFORMED,
     0,
     "",
     "101",
     NULL},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        client_cases_answer(&f, &answers[i]);
        if (answers[i].ending == ENDING_RESET)
            assert_int_equal(f.seen.reset_code, H2_CODE_INTERNAL_ERROR);
    }
}

static void test_cut_at_every_byte(void **state)
{
    static const char answer[] = SETTINGS "\0\0\5\1\4\0\0\0\1\x08\3"
                                          "103"
                                          "\0\0\6\1\4\0\0\0\1\x88" FIELD HELLO "\0\0\0\0\0\0\0\0\1"
                                          "\0\0\1\0\0\0\0\0\1!"
                                          "\0\0\5\1\5\0\0\0\1" FIELD;
    static const struct raw_step await = AFTER_GET;
    (void)state;
    for (size_t cut = 1; cut < sizeof answer - 1; cut++) {
        client_cases_cut(&f, await, span_of(answer, sizeof answer - 1), cut);
        assert_int_equal(f.seen.http_major, 2);
        assert_int_equal(f.seen.status, 200);
        assert_text(buf_span(&f.seen.body), "hello!");
        assert_int_equal(f.seen.headers.count, 1);
        assert_text(f.seen.headers.items[0].name, "a");
        assert_true(f.seen.has_trailers);
        assert_int_equal(f.seen.trailers.count, 1);
        assert_text(f.seen.trailers.items[0].value, "b");
        assert_int_equal(fixture_events(&f, TRANSCRIPT_PROXY, TRANSCRIPT_HEADERS), 2);
        assert_int_equal(fixture_events(&f, TRANSCRIPT_PROXY, TRANSCRIPT_TRAILERS), 1);
        assert_int_equal(f.head_calls, 1);
    }
}

static const struct raw_step ok_steps[] = {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO_END), STOP};

static const struct transcript_event *sent_headers(void)
{
    for (size_t i = 0; i < f.seen.transcript.count; i++) {
        const struct transcript_event *event = &f.seen.transcript.events[i];
        if (event->kind == TRANSCRIPT_HEADERS && event->from == TRANSCRIPT_CLIENT)
            return event;
    }
    fail_msg("no request on the time line");
    return NULL;
}

static void test_request(void **state)
{
    (void)state;
    struct fields headers = {0};
    struct arena arena;
    arena_init(&arena, 4096);
    fields_add(&headers, &arena, span_cstr("X-One"), span_cstr("a\xff\x01 b"));
    fields_add(&headers, &arena, span_cstr("Host"), span_cstr("example.com"));
    struct client_request request = fixture_get();
    request.target = span_cstr("/a/../b//%2F?q={x}");
    request.headers = &headers;
    raw_server_add(f.server, ok_steps);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    const struct transcript_event *event = sent_headers();
    static const char *const want[][2] = {{":method", "GET"},
                                          {":scheme", "http"},
                                          {":authority", "example.com"},
                                          {":path", "/a/../b//%2F?q={x}"},
                                          {"x-one", "a\xff\x01 b"}};
    assert_int_equal(event->fields.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_text(event->fields.items[i].name, want[i][0]);
        assert_text(event->fields.items[i].value, want[i][1]);
    }
    assert_true(event->end_stream);
    assert_int_equal(event->stream, 1);
    assert_int_equal(fixture_events(&f, TRANSCRIPT_CLIENT, TRANSCRIPT_CONNECT), 1);
    arena_fini(&arena);
}

static void test_bodies(void **state)
{
    (void)state;
    static const struct raw_step whole[] = {RAW_WAIT_TEXT("\0\0\5\0\1\0\0\0\1hello"), RAW_SEND_TEXT(SETTINGS OK_END),
                                            STOP};
    static const struct raw_step split[] = {
        RAW_WAIT_TEXT("\0\0\2\0\0\0\0\0\1he\0\0\2\0\0\0\0\0\1ll\0\0\1\0\1\0\0\0\1o"), RAW_SEND_TEXT(SETTINGS OK_END),
        STOP};
    static const struct raw_step nothing[] = {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_END), STOP};
    static const struct raw_step empty_frame[] = {RAW_WAIT_TEXT(EMPTY_END), RAW_SEND_TEXT(SETTINGS OK_END), STOP};
    raw_server_add(f.server, whole);
    raw_server_add(f.server, split);
    raw_server_add(f.server, nothing);
    raw_server_add(f.server, empty_frame);
    struct client_request request = fixture_post("hello");
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_false(f.seen.early);
    assert_text(fields_value(&sent_headers()->fields, "content-length"), "5");
    request.split_len = 2;
    request.chunked = true;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(fields_count(&sent_headers()->fields, "content-length"), 0);
    request = fixture_post("");
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_text(fields_value(&sent_headers()->fields, "content-length"), "0");
    request.chunked = true;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_false(f.seen.early);
}

/* Flow control: the server gives no window, answers, and resets the rest. */
static void test_early_answers(void **state)
{
    (void)state;
    static char big[1u << 20];
    static const struct raw_step refused[] = {
        AFTER_HEAD, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO_END "\0\0\4\3\0\0\0\0\1\0\0\0\0"), STOP};
    memset(big, 'b', sizeof big - 1);
    raw_server_add(f.server, refused);
    struct client_request request = fixture_post(big);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(f.seen.status, 200);
    assert_true(f.seen.early);
    assert_text(buf_span(&f.seen.body), "hello");
}

static void test_large_body_arrives(void **state)
{
    (void)state;
    static char big[3u << 20];
    /* A window of 2^31 - 1 for the connection and the stream. */
    static const struct raw_step steps[] = {RAW_SEND_TEXT("\0\0\6\4\0\0\0\0\0\0\4\x7f\xff\xff\xff"
                                                          "\0\0\4\x8\0\0\0\0\0\x7f\xff\0\0"),
                                            {.kind = RAW_WAIT, .count = sizeof big - 1 + 100},
                                            RAW_SEND_TEXT(OK_END),
                                            STOP};
    memset(big, 'b', sizeof big - 1);
    raw_server_add(f.server, steps);
    struct client_request request = fixture_post(big);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_false(f.seen.early);
}

static void test_abort_of_the_body(void **state)
{
    (void)state;
    /* RST_STREAM CANCEL behind exactly five bytes. */
    static const struct raw_step steps[] = {RAW_SEND_TEXT(SETTINGS), STOP};
    raw_server_add(f.server, steps);
    struct client_request request = fixture_post("hello world");
    request.abort_after = 5;
    assert_int_equal(fixture_run(&f, &request), ENDING_CANCELLED);
    fixture_await_received(&f, 0, "hello");
    for (int i = 0; i < 50; i++)
        loop_turn(f.loop, 1);
    struct span got = raw_server_received(f.server, 0);
    static const char want[] = HELLO "\0\0\4\3\0\0\0\0\1\0\0\0\x8";
    assert_non_null(memmem(got.data, got.len, want, sizeof want - 1));
}

/* The body stops at its hold until it may go on; without that for ever. */
static void test_holds(void **state)
{
    static const struct raw_step steps[] = {RAW_WAIT_TEXT(HELLO), RAW_SEND_TEXT(SETTINGS OK_HEAD),
                                            RAW_WAIT_TEXT("\0\0\6\0\1\0\0\0\1 world"), RAW_SEND_TEXT(EMPTY_END), STOP};
    static const struct raw_step silent[] = {RAW_WAIT_TEXT(HELLO), RAW_SEND_TEXT(SETTINGS OK_HEAD), STOP};
    static const size_t holds[] = {5};
    struct client_request request = fixture_post("hello world");
    (void)state;
    raw_server_add(f.server, steps);
    raw_server_add(f.server, silent);
    request.holds = holds;
    request.hold_count = 1;
    fixture_start(&f, &request);
    fixture_await_received(&f, 0, "hello");
    for (int i = 0; i < 1000 && f.head_calls == 0; i++)
        loop_turn(f.loop, 1);
    client_go_on(f.exchange);
    assert_int_equal(fixture_finish(&f), ENDING_COMPLETE);
    request.timeout_ms = 100;
    assert_int_equal(fixture_run(&f, &request), ENDING_TIMEOUT);
    struct span got = raw_server_received(f.server, 1);
    assert_null(memmem(got.data, got.len, "world", 5));
}

/* An open request gets its body bit by bit, before the connection is there and after, and its end alone. */
static void test_open_body(void **state)
{
    static const struct raw_step steps[] = {RAW_WAIT_TEXT(HELLO), RAW_WAIT_TEXT("\0\0\6\0\0\0\0\0\1 world"),
                                            RAW_WAIT_TEXT(EMPTY_END), RAW_SEND_TEXT(SETTINGS OK_END), STOP};
    struct client_request request = fixture_post("");
    (void)state;
    raw_server_add(f.server, steps);
    request.chunked = true;
    request.open = true;
    fixture_start(&f, &request);
    client_extend(f.exchange, span_cstr("hello"), false);
    fixture_await_received(&f, 0, "hello");
    client_extend(f.exchange, span_cstr("hello world"), false);
    fixture_await_received(&f, 0, " world");
    client_extend(f.exchange, span_cstr("hello world"), true);
    assert_int_equal(fixture_finish(&f), ENDING_COMPLETE);
}

static void test_expect_continue(void **state)
{
    (void)state;
    static const struct raw_step steps[] = {AFTER_HEAD,
                                            RAW_SEND_TEXT(SETTINGS "\0\0\5\1\4\0\0\0\1\x08\3"
                                                                   "100"),
                                            RAW_WAIT_TEXT(HELLO_END), RAW_SEND_TEXT(OK_END), STOP};
    static const struct raw_step refused[] = {AFTER_HEAD, RAW_SEND_TEXT(SETTINGS OK_END), STOP};
    raw_server_add(f.server, steps);
    raw_server_add(f.server, refused);
    struct client_request request = fixture_post("hello");
    request.expect_continue = true;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_false(f.seen.early);
    assert_text(fields_value(&sent_headers()->fields, "expect"), "100-continue");
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_true(f.seen.early);
    struct span got = raw_server_received(f.server, 1);
    assert_null(memmem(got.data, got.len, "hello", 5));
}

/* Streams 1 and 3 on one connection; a GOAWAY makes the third exchange use a new one. */
static void test_reuse(void **state)
{
    (void)state;
    static const struct raw_step twice[] = {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO_END),
                                            RAW_WAIT_TEXT("\1\5\0\0\0\3"),
                                            RAW_SEND_TEXT("\0\0\1\1\5\0\0\0\3\x88"
                                                          "\0\0\x8\7\0\0\0\0\0\0\0\0\3\0\0\0\0"),
                                            STOP};
    fixture_client(&f, &(struct client_options){.reuse = true});
    raw_server_add(f.server, twice);
    raw_server_add(f.server, ok_steps);
    struct client_request request = fixture_get();
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(raw_server_connections(f.server), 1);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(raw_server_connections(f.server), 2);
    assert_int_equal(f.seen.transcript.events[0].conn, 2);
}

/* Five at once over at most two connections, whose streams are 1, 3 (and 5). */
static void test_connections_are_shared(void **state)
{
    (void)state;
    static const struct raw_step three[] = {RAW_WAIT_TEXT("\1\5\0\0\0\5"),
                                            RAW_SEND_TEXT(SETTINGS OK_END "\0\0\1\1\5\0\0\0\3\x88"
                                                                          "\0\0\1\1\5\0\0\0\5\x88"),
                                            STOP};
    static const struct raw_step two[] = {RAW_WAIT_TEXT("\1\5\0\0\0\3"),
                                          RAW_SEND_TEXT(SETTINGS OK_END "\0\0\1\1\5\0\0\0\3\x88"), STOP};
    static const char *const targets[] = {"/1", "/2", "/3", "/4", "/5"};
    fixture_client(&f, &(struct client_options){.reuse = true, .max_connections = 2});
    raw_server_add(f.server, two);
    raw_server_add(f.server, three);
    client_cases_at_once(&f, targets, 5);
}

static void end_one(void *user, struct response_seen *seen)
{
    (void)seen;
    ++*(size_t *)user;
}

/* Three at once, two of which belong together: streams 1 and 3 of one connection, though it is not reused. */
static void test_together_on_one_connection(void **state)
{
    (void)state;
    static const struct raw_step two[] = {RAW_WAIT_TEXT("\1\5\0\0\0\3"),
                                          RAW_SEND_TEXT(SETTINGS OK_END "\0\0\1\1\5\0\0\0\3\x88"), STOP};
    static const struct client_callbacks callbacks = {.on_end = end_one};
    struct response_seen seen[3];
    struct arena arena;
    size_t ended = 0;
    arena_init(&arena, 1u << 20);
    fixture_client(&f, &(struct client_options){.reuse = false});
    raw_server_add(f.server, two);
    raw_server_add(f.server, ok_steps);
    raw_server_add(f.server, ok_steps);
    struct client_request request = fixture_get();
    for (size_t i = 0; i < 3; i++) {
        request.together = i < 2 ? 5 : 0;
        response_seen_init(&seen[i], &arena, 1000);
        assert_non_null(client_start(f.client, &request, &seen[i], &callbacks, &ended));
    }
    while (ended < 3)
        loop_turn(f.loop, 1000);
    assert_int_equal(raw_server_connections(f.server), 2);
    request.together = 6;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_int_equal(raw_server_connections(f.server), 3);
    for (size_t i = 0; i < 3; i++)
        response_seen_fini(&seen[i]);
    arena_fini(&arena);
}

/* One after the other on the connection that stays for the next; a server that says GOAWAY, or goes, gets a new one. */
static void test_kept_for_the_next(void **state)
{
    (void)state;
    static const struct raw_step both[] = {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_END), RAW_WAIT_TEXT("\1\5\0\0\0\3"),
                                           RAW_SEND_TEXT("\0\0\1\1\5\0\0\0\3\x88"), STOP};
    static const struct raw_step goaway[] = {
        AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_END "\0\0\10\7\0\0\0\0\0\0\0\0\1\0\0\0\0"), STOP};
    static const struct raw_step fin[] = {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_END), FIN, STOP};
    static const struct raw_step *const firsts[] = {both, goaway, fin};
    for (size_t i = 0; i < 3; i++) {
        raw_server_reset(f.server);
        fixture_client(&f, &(struct client_options){.reuse = false});
        raw_server_add(f.server, firsts[i]);
        raw_server_add(f.server, ok_steps);
        raw_server_add(f.server, ok_steps);
        struct client_request request = fixture_get();
        request.together = 5;
        request.keep = true;
        assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
        assert_int_equal(f.seen.conn, 1);
        if (i == 2)
            fixture_await_gone(&f, 0);
        for (int turn = 0; turn < 5; turn++)
            loop_turn(f.loop, 10);
        request.keep = false;
        assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
        assert_int_equal(f.seen.conn, i == 0 ? 1 : 2);
        assert_int_equal(fixture_events(&f, TRANSCRIPT_CLIENT, TRANSCRIPT_CONNECT), 1);
        assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE); /* the last did not leave it */
        assert_int_equal(f.seen.conn, i == 0 ? 2 : 3);
    }
}

static void stream_is_reset(struct fixture *fixture)
{
    assert_int_equal(fixture_events(fixture, TRANSCRIPT_CLIENT, TRANSCRIPT_RST), 1);
    struct span got = raw_server_received(fixture->server, 1);
    assert_non_null(memmem(got.data, got.len, "\0\0\4\3\0\0\0\0\1\0\0\0\x8", 13));
}

static void test_cancel(void **state)
{
    (void)state;
    static const struct raw_step slow[] = {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO),
                                           RAW_WAIT_TEXT("\0\0\4\3\0\0\0\0\1\0\0\0\x8"), STOP};
    raw_server_add(f.server, slow);
    client_cases_cancel(&f, "PRI * HTTP/2.0", stream_is_reset);
}

#define DATA_1K_HEAD "\0\4\0\0\0\0\0\0\1"

static void test_pause_stops_reading(void **state)
{
    (void)state;
    static const struct raw_step steps[] = {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD DATA_1K_HEAD BYTES_1K),
                                            RAW_WAIT_TEXT("never"), STOP};
    raw_server_add(f.server, steps);
    struct client_request request = fixture_get();
    request.timeout_ms = 60000; /* the turns below take as long as the machine likes */
    fixture_start(&f, &request);
    client_pause(f.exchange, true);
    for (int i = 0; i < 100; i++)
        loop_turn(f.loop, 1);
    assert_int_equal(f.seen.body_len, 0);
    client_pause(f.exchange, false);
    for (int i = 0; i < 1000 && f.seen.body_len < 1024; i++)
        loop_turn(f.loop, 10);
    assert_int_equal(f.seen.body_len, 1024);
    client_cancel(f.exchange);
    assert_int_equal(fixture_finish(&f), ENDING_CANCELLED);
}

static void test_refused(void **state)
{
    (void)state;
    client_cases_refused(&f);
}

static void test_tls(void **state)
{
    (void)state;
    static const struct raw_step cut[] = {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO), FIN, STOP};
    static const struct raw_step reset[] = {AFTER_GET, RAW_SEND_TEXT(SETTINGS OK_HEAD HELLO), PAUSE(60), RST, STOP};
    raw_server_add(f.server, ok_steps);
    raw_server_add(f.server, cut);
    raw_server_add(f.server, reset);
    raw_server_add(f.server, ok_steps);
    struct client_request request = fixture_get();
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_text(fields_value(&sent_headers()->fields, ":scheme"), "https");
    assert_int_equal(fixture_run(&f, &request), ENDING_CUT);
    assert_int_equal(fixture_run(&f, &request), ENDING_CONN_RESET);
    client_cases_untrusted(&f);
}

static void test_tls_without_h2(void **state)
{
    (void)state;
    static const struct raw_step silent[] = {STOP};
    raw_server_add(f.server, silent);
    struct client_request request = fixture_get();
    assert_int_equal(fixture_run(&f, &request), ENDING_REFUSED);
    assert_non_null(strstr(f.seen.detail, "ALPN"));
}

static void test_free_while_running(void **state)
{
    (void)state;
    client_cases_free_while_running(&f);
}

/* The frames go out as they are, behind the server's SETTINGS, and those among them are acknowledged. */
static void test_raw_frames(void **state)
{
#define RAW_FRAMES                                                                                                     \
    "\0\0\6\4\0\0\0\0\0\0\4\0\0\0\1"                                                                                   \
    "\0\0\5\1\5\0\0\0\1\0\1A\1b"
    static const struct raw_step steps[] = {RAW_SEND_TEXT(SETTINGS), RAW_WAIT_TEXT(RAW_FRAMES),
                                            RAW_SEND_TEXT("\0\0\0\4\1\0\0\0\0"
                                                          "\0\0\0\4\1\0\0\0\0"
                                                          "\0\0\0\4\1\0\0\0\0" OK_HEAD HELLO_END),
                                            STOP};
    struct field field = {.name = span_cstr("A"), .value = span_cstr("b")};
    const struct raw_frame frames[] = {{.type = 4, .payload = span_of("\0\4\0\0\0\1", 6)},
                                       {.type = 1, .flags = 5, .stream = 1, .fields = {.items = &field, .count = 1}}};
    const struct raw_request raw = {.frames = frames, .frame_count = 2};
    (void)state;
    raw_server_add(f.server, steps);
    struct client_request request = fixture_get();
    request.raw = &raw;
    if (fixture_run(&f, &request) != ENDING_COMPLETE)
        fail_msg("%s: %s", ending_name(f.seen.ending), f.seen.detail);
    assert_int_equal(f.seen.status, 200);
    assert_text(buf_span(&f.seen.body), "hello");
}

int main(void)
{
#define CLEAR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLEAR(test_answers),
        CLEAR(test_cut_at_every_byte),
        CLEAR(test_request),
        CLEAR(test_bodies),
        CLEAR(test_early_answers),
        CLEAR(test_large_body_arrives),
        CLEAR(test_abort_of_the_body),
        CLEAR(test_holds),
        CLEAR(test_open_body),
        CLEAR(test_expect_continue),
        CLEAR(test_reuse),
        CLEAR(test_raw_frames),
        CLEAR(test_together_on_one_connection),
        CLEAR(test_kept_for_the_next),
        CLEAR(test_connections_are_shared),
        CLEAR(test_cancel),
        CLEAR(test_pause_stops_reading),
        CLEAR(test_refused),
        cmocka_unit_test_setup_teardown(test_tls, set_up_tls, tear_down),
        cmocka_unit_test_setup_teardown(test_tls_without_h2, set_up_tls_without_h2, tear_down),
        CLEAR(test_free_while_running),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
