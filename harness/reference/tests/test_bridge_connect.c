/* Tests of the mode connect, between a client of HTTP/1.1 and a small gRPC server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/reference/tests/reference_fixture.h"

#define FIXED(text)                                                                                                    \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }
#define BYTES(text) ((struct span)FIXED(text))
#define GET         "/reservations.v1.ReservationService/GetReservation"
#define LIST        "/reservations.v1.ReservationService/ListReservations"
#define COLLECT     "/transcheck.v1.StreamService/Collect"

static struct peer peer;

static void start(enum defect defect, enum behaviour behaviour)
{
    reference_start_options((struct reference_options){.mode = MODE_CONNECT, .defect = defect});
    reference_fixture.server.behaviour = behaviour;
    reference_fixture.server.unchecked = defect != DEFECT_NONE;
}

static bool got(struct span part)
{
    return peer.got.len >= part.len && memmem(peer.got.data, peer.got.len, part.data, part.len) != NULL;
}

/* One request on a connection of its own: the answer has all of `parts`, up to NULL. `more`: header lines. */
static void ask(const char *path, const char *type, const char *more, struct span body, const char *const *parts)
{
    char head[512];
    int len = snprintf(
        head, sizeof head,
        "POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n", path,
        type, more, body.len);
    peer_open(&peer);
    conn_write(peer.conn, span_of(head, (size_t)len));
    conn_write(peer.conn, body);
    RUN_UNTIL(peer.ended);
    for (size_t i = 0; parts && parts[i]; i++) {
        if (!peer_has(&peer, parts[i]))
            fail_msg("%s %s: not in the answer: %s\n%.*s", path, type, parts[i], SPAN_FMT(buf_span(&peer.got)));
    }
}

static void assert_backend_got(struct span bytes)
{
    assert_true(span_equal(buf_span(&reference_fixture.server.request), bytes));
    buf_reset(&reference_fixture.server.request);
}

static void test_unary(void **state)
{
    (void)state;
    static const char *const proto[] = {"HTTP/1.1 200 OK\r\n",   "\r\ncontent-type: application/proto\r\n",
                                        "\r\nx-answer: yes\r\n", "\r\ncontent-length: 3\r\n",
                                        "\r\n\r\n\n\1x",         NULL};
    static const char *const json[] = {"HTTP/1.1 200 OK\r\n", "\r\ncontent-type: application/json\r\n",
                                       "\r\n\r\n{\"id\":\"x\"}", NULL};
    start(DEFECT_NONE, ANSWER);
    ask(GET, "application/proto", "X-Test: one\r\nConnect-Protocol-Version: 1\r\n", BYTES("\n\1y"), proto);
    assert_false(peer_has(&peer, "grpc-"));
    peer_close(&peer);
    assert_string_equal(reference_fixture.server.last_path, GET);
    assert_string_equal(reference_fixture.server.last_header, "one");
    assert_backend_got(BYTES("\0\0\0\0\3\n\1y"));
    ask(GET, "Application/JSON; charset=utf-8", "", BYTES("{\"id\":\"y\",\"newer\":1}"), json);
    peer_close(&peer);
    assert_backend_got(BYTES("\0\0\0\0\3\n\1y"));
    reference_stop();
}

static void test_unary_errors(void **state)
{
    (void)state;
    static const char *const not_found[] = {
        "HTTP/1.1 404 Not Found\r\n",    "\r\ncontent-type: application/json\r\n", "\r\ntrailer-x-answer: one\r\n",
        "\r\ntrailer-x-answer: two\r\n", "\r\n\r\n{\"code\":\"not_found\"}",       NULL};
    static const char *const two[] = {"HTTP/1.1 501 ", "{\"code\":\"unimplemented\",\"message\":\"", NULL};
    static const char *const lost[] = {"HTTP/1.1 429 ", "{\"code\":\"resource_exhausted\",\"message\":\"", NULL};
    start(DEFECT_NONE, TRAILERS_ONLY);
    ask(GET, "application/proto", "", BYTES(""), not_found);
    peer_close(&peer);
    reference_fixture.server.behaviour = TWO_ERROR;
    ask(GET, "application/json", "", BYTES("{}"), two);
    peer_close(&peer);
    reference_fixture.server.behaviour = RESET;
    ask(GET, "application/proto", "", BYTES(""), lost);
    peer_close(&peer);
    reference_stop();
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path, *type, *more, *body;
        const char *parts[3];
    } requests[] = {
        {GET, "application/xml", "", "", {"HTTP/1.1 415 "}},
        {GET, "application/connect+proto", "", "", {"HTTP/1.1 415 "}},
        {LIST, "application/proto", "", "", {"HTTP/1.1 415 "}},
        {"/a.B/C", "application/proto", "", "", {"HTTP/1.1 501 ", "\"unimplemented\""}},
        {GET, "application/json", "", "{\"id\":", {"HTTP/1.1 400 ", "\"invalid_argument\""}},
        {GET, "application/json", "", "", {"HTTP/1.1 400 ", "\"invalid_argument\""}},
        {GET,
         "application/proto",
         "Content-Encoding: gzip\r\n",
         "x",
         {"HTTP/1.1 501 ", "\"unimplemented\"", "identity"}},
        {GET, "application/proto", "Connect-Timeout-Ms: 0\r\n", "", {"HTTP/1.1 400 ", "\"invalid_argument\""}},
        {GET, "application/proto", "Connect-Timeout-Ms: 12345678901\r\n", "", {"HTTP/1.1 400 "}},
        {GET, "application/proto", "Connect-Timeout-Ms: 1s\r\n", "", {"HTTP/1.1 400 "}},
        {GET, "application/proto", "X-Id-Bin: ?\r\n", "", {"HTTP/1.1 400 ", "\"invalid_argument\""}},
    };
    start(DEFECT_NONE, ANSWER);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const char *const parts[] = {requests[i].parts[0], requests[i].parts[1], requests[i].parts[2], NULL};
        ask(requests[i].path, requests[i].type, requests[i].more, span_cstr(requests[i].body), parts);
        peer_close(&peer);
    }
    peer_open(&peer);
    peer_send(&peer, "GET " GET "?connect=v1&encoding=proto&message= HTTP/1.1\r\nHost: a\r\n\r\n");
    RUN_UNTIL(peer_has(&peer, "HTTP/1.1 405 ") && peer_has(&peer, "allow: POST\r\n"));
    peer_close(&peer);
    assert_int_equal(reference_fixture.server.calls, 0);
    reference_stop();
}

static void test_timeout(void **state)
{
    (void)state;
    static const char *const over[] = {"HTTP/1.1 504 ", "{\"code\":\"deadline_exceeded\"", NULL};
    start(DEFECT_NONE, SILENT);
    ask(GET, "application/proto", "Connect-Timeout-Ms: 30\r\n", BYTES(""), over);
    RUN_UNTIL(reference_fixture.server.resets == 1);
    peer_close(&peer);
    reference_stop();
}

/* A stream, its messages and its end as one text: the chunks of the answer are taken apart. */
static void assert_stream(struct span bytes)
{
    struct buf joined;
    struct span rest = buf_span(&peer.got);
    const uint8_t *body = memmem(rest.data, rest.len, "\r\n\r\n", 4);
    buf_init(&joined, 1u << 20);
    assert_non_null(body);
    rest = span_from(rest, (size_t)(body - rest.data) + 4);
    for (;;) {
        char *after;
        size_t len = strtoul((const char *)rest.data, &after, 16);
        if (len == 0)
            break;
        rest = span_from(rest, (size_t)((uint8_t *)after - rest.data) + 2);
        assert_true(len + 2 <= rest.len);
        buf_append(&joined, rest.data, len);
        rest = span_from(rest, len + 2);
    }
    if (!span_equal(buf_span(&joined), bytes))
        fail_msg("the stream is %.*s", SPAN_FMT(buf_span(&joined)));
    buf_fini(&joined);
}

#define MESSAGE "\0\0\0\0\3\n\1x"

static void test_stream(void **state)
{
    (void)state;
    static const char *const proto[] = {"HTTP/1.1 200 OK\r\n", "\r\ncontent-type: application/connect+proto\r\n",
                                        "\r\nx-answer: yes\r\n", NULL};
    static const char *const json[] = {"HTTP/1.1 200 OK\r\n", "\r\ncontent-type: application/connect+json\r\n", NULL};
    start(DEFECT_NONE, ANSWER);
    ask(LIST, "application/connect+proto", "", BYTES("\0\0\0\0\2\n\0"), proto);
    assert_stream(BYTES(MESSAGE "\2\0\0\0\2{}"));
    peer_close(&peer);
    assert_backend_got(BYTES("\0\0\0\0\2\n\0"));
    ask(LIST, "application/connect+json", "", BYTES("\0\0\0\0\2{}"), json);
    assert_stream(BYTES("\0\0\0\0\12{\"id\":\"x\"}\2\0\0\0\2{}"));
    peer_close(&peer);
    assert_backend_got(BYTES("\0\0\0\0\0"));
    reference_fixture.server.behaviour = TWO_ERROR;
    ask(LIST, "application/connect+proto", "", BYTES("\0\0\0\0\0"), proto);
    assert_stream(BYTES(MESSAGE MESSAGE "\2\0\0\0\63{\"error\":{\"code\":\"internal\",\"message\":\"disk gone\"}}"));
    peer_close(&peer);
    reference_fixture.server.behaviour = TRAILERS_ONLY;
    ask(LIST, "application/connect+proto", "", BYTES("\0\0\0\0\0"), NULL);
    assert_stream(
        BYTES("\2\0\0\0\104{\"error\":{\"code\":\"not_found\"},\"metadata\":{\"x-answer\":[\"one\",\"two\"]}}"));
    peer_close(&peer);
    reference_fixture.server.behaviour = RESET;
    ask(LIST, "application/connect+proto", "", BYTES("\0\0\0\0\0"), NULL);
    assert_stream(BYTES(
        MESSAGE
        "\2\0\0\0\120{\"error\":{\"code\":\"resource_exhausted\",\"message\":\"the backend reset the stream\"}}"));
    peer_close(&peer);
    reference_stop();
}

static void test_envelopes(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        struct span body;
        const char *error;
    } bad[] = {
        {LIST, FIXED(""), "unimplemented"},
        {LIST, FIXED("\0\0\0\0\0\0\0\0\0\0"), "unimplemented"},
        {LIST, FIXED("\0\0\0\0\5abc"), "invalid_argument"},
        {LIST, FIXED("\1\0\0\0\1a"), "invalid_argument"},
        {LIST, FIXED("\2\0\0\0\2{}"), "invalid_argument"},
        {COLLECT, FIXED("\0\0\0\0\0\0\0"), "invalid_argument"},
    };
    start(DEFECT_NONE, ANSWER);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char error[64];
        snprintf(error, sizeof error, "{\"error\":{\"code\":\"%s\"", bad[i].error);
        const char *const parts[] = {"HTTP/1.1 200 OK\r\n", error, NULL};
        ask(bad[i].path, "application/connect+proto", "", bad[i].body, parts);
        peer_close(&peer);
    }
    assert_int_equal(reference_fixture.server.calls, 0);
    ask(COLLECT, "application/connect+proto", "", BYTES("\0\0\0\0\2\10\1\0\0\0\0\2\10\2"), NULL);
    assert_backend_got(BYTES("\0\0\0\0\2\10\1\0\0\0\0\2\10\2"));
    peer_close(&peer);
    reference_stop();
}

static const struct {
    enum defect defect;
    enum behaviour behaviour;
    const char *path, *type;
    struct span body;
    struct span shown;
} faults[] = {
    {DEFECT_CONNECT_ERROR_200, TRAILERS_ONLY, GET, "application/proto", {0}, FIXED("HTTP/1.1 200 ")},
    {DEFECT_CONNECT_ERROR_TYPE_KEPT,
     TRAILERS_ONLY,
     GET,
     "application/proto",
     {0},
     FIXED("content-type: application/proto")},
    {DEFECT_CONNECT_CODE_NUMBER, TRAILERS_ONLY, GET, "application/proto", {0}, FIXED("{\"code\":5}")},
    {DEFECT_CONNECT_TRAILERS_UNPREFIXED, TRAILERS_ONLY, GET, "application/proto", {0}, FIXED("\r\nx-answer: one")},
    {DEFECT_CONNECT_STREAM_ERROR_AS_UNARY, TRAILERS_ONLY, LIST, "application/connect+proto", FIXED("\0\0\0\0\0"),
     FIXED("HTTP/1.1 404 ")},
    {DEFECT_CONNECT_END_AS_MESSAGE, ANSWER, LIST, "application/connect+proto", FIXED("\0\0\0\0\0"),
     FIXED("\0\0\0\0\2\r\n2\r\n{}")},
    {DEFECT_STREAM_ERROR_SWALLOWED, TWO_ERROR, LIST, "application/connect+proto", FIXED("\0\0\0\0\0"),
     FIXED("\2\0\0\0\2\r\n2\r\n{}")},
    {DEFECT_STREAM_RESET_SWALLOWED, RESET, LIST, "application/connect+proto", FIXED("\0\0\0\0\0"),
     FIXED("\2\0\0\0\2\r\n2\r\n{}")},
    {DEFECT_MESSAGE_BEFORE_LOSS_OK, RESET, GET, "application/proto", {0}, FIXED("\r\n\r\n\n\1x")},
    {DEFECT_RPC_ANSWER_PREFIXED, ANSWER, GET, "application/proto", {0}, FIXED("\r\n\r\n\0\0\0\0\3\n\1x")},
    {DEFECT_CONNECT_TYPE_UNCHECKED, ANSWER, GET, "text/plain", {0}, FIXED("HTTP/1.1 200 ")},
};

static void test_defects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        start(faults[i].defect, faults[i].behaviour);
        ask(faults[i].path, faults[i].type, "", faults[i].body, NULL);
        if (!got(faults[i].shown))
            fail_msg("%s: %.*s", defects_get(faults[i].defect)->name, SPAN_FMT(buf_span(&peer.got)));
        peer_close(&peer);
        reference_stop();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unary),   cmocka_unit_test(test_unary_errors), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_timeout), cmocka_unit_test(test_stream),       cmocka_unit_test(test_envelopes),
        cmocka_unit_test(test_defects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
