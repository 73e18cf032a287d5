/* The strict reader of HTTP/1.1 responses: what it takes, what it complains about, cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "harness/net/http1_watch.h"
#include "harness/base/tests/guard.h"

static struct guard guard;

/* Feeds a response as libcurl does: header lines one by one, then pieces of at most `piece` bytes. */
static void feed(struct http1_watch *watch, struct span bytes, size_t piece)
{
    while (bytes.len > 0 && http1_watch_in_head(watch)) {
        size_t end = span_index_of(bytes, '\n', 0);
        size_t len = end < bytes.len ? end + 1 : bytes.len;
        http1_watch_line(watch, guard_place(&guard, span_of(bytes.data, len)));
        bytes = span_from(bytes, len);
    }
    while (bytes.len > 0) {
        size_t len = bytes.len < piece ? bytes.len : piece;
        http1_watch_bytes(watch, guard_place(&guard, span_of(bytes.data, len)));
        bytes = span_from(bytes, len);
    }
}

struct response {
    const char *text;
    bool done;
    const char *problem; /* part of it; NULL: none */
};

#define CHUNKED "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
#define LENGTH  "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"

static const struct response responses[] = {
    {LENGTH "hello", true, NULL},
    {LENGTH "hell", false, NULL},
    {LENGTH "hello!", true, "behind the end"},
    {"HTTP/1.1 200 OK\r\n\r\nhello", false, NULL},
    {"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", true, NULL},
    {"HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n", true, NULL},
    {"HTTP/1.1 204 No\r\n\r\n", true, NULL},
    {"HTTP/1.1 304 Not\r\ncontent-length: 7\r\n\r\n", true, NULL},
    {"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\na: b\r\n\r\n" LENGTH "hello", true, NULL},
    {"HTTP/1.1 200 OK\r\ncontent-length: \t 0 \r\n\r\n", true, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", true, NULL},
    {"HTTP/1.1 200 OK\r\nempty:\r\nobs: \xff\xfe\r\ncontent-length: 0\r\n\r\n", true, NULL},
    {CHUNKED "5\r\nhello\r\n0\r\n\r\n", true, NULL},
    {CHUNKED "A\r\n0123456789\r\n000\r\n\r\n", true, NULL},
    {CHUNKED "5;a=b;c=\"d\"\r\nhello\r\n0;x\r\nt: v\r\n\r\n", true, NULL},
    {CHUNKED "5\r\nhello\r\n0\r\nt: v\r\n", false, NULL},
    {CHUNKED "5\r\nhello\r\n", false, NULL},
    {CHUNKED "0\r\n\r\nx", true, "behind the end"},
    {CHUNKED "\r\n", false, "chunk size"},
    {CHUNKED "-1\r\n", false, "chunk size"},
    {CHUNKED "0x5\r\nhello\r\n", false, "chunk size"},
    {CHUNKED "5\nhello", false, "chunk size"},
    {CHUNKED "5\rXhello", false, "CR LF"},
    {CHUNKED "8000000000000000\r\n", false, "2^63"},
    {CHUNKED "5\r\nhello!\r\n", false, "longer"},
    {CHUNKED "5\r\nhello\rX", false, "end in CR LF"},
    {CHUNKED "5;\x01\r\nhello\r\n", false, "control"},
    {CHUNKED "0\r\nno colon\r\n\r\n", false, "not a header line"},
    {CHUNKED "0\r\ncontent-length: 5\r\n\r\n", false, "among the trailers"},
    {CHUNKED "0\r\nt: v\n\r\n", false, "LF without CR"},
    {"HTTP/1.1 200OK\r\n\r\n", false, "no space"},
    {"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", true, "no space"},
    {"HTTP/1.1 20 OK\r\n\r\n", false, "not a status line"},
    {"HTTP/1.1 099 OK\r\n\r\n", false, "below 100"},
    {"HTTP/2 200 OK\r\n\r\n", false, "not a status line"},
    {"http/1.1 200 OK\r\n\r\n", false, "not a status line"},
    {"HTTP/1.1 200 O\x01K\r\ncontent-length: 0\r\n\r\n", true, "reason phrase"},
    {"HTTP/1.1 101 Switch\r\n\r\n", false, "101"},
    {"HTTP/1.1 103 E\r\ncontent-length: 0\r\n\r\n" LENGTH "hello", false, "no body"},
    {"HTTP/1.1 204 No\r\ncontent-length: 0\r\n\r\n", true, "no body"},
    {"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", false, "HTTP/1.0"},
    {"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", false, "both"},
    {"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello", false, "content-length twice"},
    {"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nContent-Length: 6\r\n\r\nhello", false, "two values"},
    {"HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\nhello", true, "not a number"},
    {"HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello", true, "not a number"},
    {"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n", true, "not a number"},
    {"HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n", true, "not a number"},
    {"HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\n", false, "other than chunked"},
    {"HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 0\r\n\r\n", true, "folded"},
    {"HTTP/1.1 200 OK\r\n: b\r\ncontent-length: 0\r\n\r\n", true, "not a header line"},
    {"HTTP/1.1 200 OK\r\na b: c\r\ncontent-length: 0\r\n\r\n", true, "not a header line"},
    {"HTTP/1.1 200 OK\r\na: \x7f\r\ncontent-length: 0\r\n\r\n", true, "control"},
    {"HTTP/1.1 200 OK\ncontent-length: 0\n\n", true, "LF without CR"},
};

static void check_response(const struct response *response, struct span bytes, size_t piece)
{
    struct http1_watch watch;
    http1_watch_init(&watch, false);
    feed(&watch, bytes, piece);
    if (http1_watch_done(&watch) != response->done)
        fail_msg("\"%s\" in pieces of %zu: done %d", response->text, piece, http1_watch_done(&watch));
    if (!response->problem && watch.problem[0])
        fail_msg("\"%s\" in pieces of %zu: %s", response->text, piece, watch.problem);
    if (response->problem && !strstr(watch.problem, response->problem))
        fail_msg("\"%s\" in pieces of %zu: problem \"%s\"", response->text, piece, watch.problem);
    assert_false(watch.too_long);
    http1_watch_fini(&watch);
}

static void test_responses_in_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof responses / sizeof *responses; i++) {
        struct span bytes = span_cstr(responses[i].text);
        for (size_t piece = 1; piece <= bytes.len; piece++)
            check_response(&responses[i], bytes, piece);
    }
}

/* No cut of a good response is a violation, and none but the whole is done. */
static void test_cut_at_every_byte(void **state)
{
    static const char text[] = CHUNKED "5;a=b\r\nhello\r\nc\r\n hello world\r\n0\r\nt: v\r\n\r\n";
    (void)state;
    /* From the first byte behind the header section on: libcurl hands out whole header lines only. */
    for (size_t cut = strlen(CHUNKED); cut < sizeof text - 1; cut++) {
        struct http1_watch watch;
        http1_watch_init(&watch, false);
        feed(&watch, span_of(text, cut), SIZE_MAX);
        if (watch.problem[0])
            fail_msg("cut at %zu: %s", cut, watch.problem);
        assert_false(http1_watch_done(&watch));
        http1_watch_fini(&watch);
    }
}

static void test_head(void **state)
{
    (void)state;
    struct http1_watch watch;
    http1_watch_init(&watch, true);
    feed(&watch, span_cstr(CHUNKED), SIZE_MAX);
    assert_true(http1_watch_done(&watch));
    assert_string_equal(watch.problem, "");
    http1_watch_excess(&watch, 3);
    assert_non_null(strstr(watch.problem, "behind the end"));
    http1_watch_fini(&watch);
}

static void test_limits(void **state)
{
    (void)state;
    static uint8_t many[HTTP1_WATCH_MAX_LINE + 10];
    memset(many, 'a', sizeof many);
    struct http1_watch watch;

    http1_watch_init(&watch, false);
    feed(&watch, span_cstr(CHUNKED "5;"), SIZE_MAX);
    http1_watch_bytes(&watch, span_of(many, HTTP1_WATCH_MAX_CHUNK_LINE - 2));
    assert_false(watch.too_long);
    http1_watch_bytes(&watch, span_of(many, 1));
    assert_true(watch.too_long);
    http1_watch_fini(&watch);

    http1_watch_init(&watch, false);
    feed(&watch, span_cstr(CHUNKED "0\r\na: "), SIZE_MAX);
    http1_watch_bytes(&watch, span_of(many, HTTP1_WATCH_MAX_LINE - 3));
    assert_false(watch.too_long);
    http1_watch_bytes(&watch, span_of(many, 1));
    assert_true(watch.too_long);
    assert_true(watch.line.len <= HTTP1_WATCH_MAX_LINE);
    http1_watch_fini(&watch);
}

/* What a problem shows of the wire is escaped and cut. */
static void test_problem_is_escaped(void **state)
{
    (void)state;
    struct http1_watch watch;
    http1_watch_init(&watch, false);
    http1_watch_line(&watch, span_cstr("\x1b[31mHTTP\r\n"));
    assert_null(strchr(watch.problem, 0x1b));
    assert_non_null(strstr(watch.problem, "[31m"));
    http1_watch_fini(&watch);
    char long_line[4000];
    memset(long_line, 'x', sizeof long_line);
    http1_watch_init(&watch, false);
    http1_watch_line(&watch, span_of(long_line, sizeof long_line));
    assert_true(strlen(watch.problem) < sizeof watch.problem);
    http1_watch_fini(&watch);
}

static int open_guard(void **state)
{
    (void)state;
    guard_init(&guard, 1u << 16);
    return 0;
}

static int close_guard(void **state)
{
    (void)state;
    guard_fini(&guard);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_responses_in_pieces),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_problem_is_escaped),
    };
    return cmocka_run_group_tests(tests, open_guard, close_guard);
}
