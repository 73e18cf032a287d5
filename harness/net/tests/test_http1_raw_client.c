/* The client of raw HTTP/1.1 requests against a server that plays byte scripts: what is sent, what is read, and what it
 * sees behind the answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "harness/net/tests/client_cases.h"
#include "harness/net/tests/raw_steps.h"

static struct fixture f;
static const struct raw_request raw = {
    .bytes = {(const uint8_t *)"GET / HTTP/1.1\r\nHost: $AUTHORITY\r\n$MARKER\r\nX: \0\r\n\r\n", 51}};

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f, http1_raw_client_new, false, NULL);
    return 0;
}

static int set_up_tls(void **state)
{
    static const char *const alpn[] = {"http/1.1", NULL};
    (void)state;
    fixture_init(&f, http1_raw_client_new, true, alpn);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_fini(&f);
    return 0;
}

#define AFTER_HEAD  RAW_WAIT_TEXT("\r\n\r\n")
#define ANSWER      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
#define ANSWER_TEXT RAW_SEND_TEXT(ANSWER)

static struct client_request request_of(uint64_t stay_ms)
{
    static struct field fields[] = {{.name = {(const uint8_t *)"x-case", 6}, .value = {(const uint8_t *)"7", 1}},
                                    {.name = {(const uint8_t *)"Host", 4}, .value = {(const uint8_t *)"a.test", 6}}};
    static const struct fields headers = {.items = fields, .count = 2};
    struct client_request request = fixture_get();
    request.raw = &raw;
    request.stay_ms = stay_ms;
    request.headers = &headers;
    return request;
}

static const struct client_answer answers[] = {
    {"content-length", {AFTER_HEAD, ANSWER_TEXT}, ENDING_COMPLETE, 200, "hello", NULL, NULL},
    {"chunked",
     {AFTER_HEAD,
      RAW_SEND_TEXT("HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\na: b\r\n\r\n")},
     ENDING_MALFORMED,
     200,
     NULL,
     "no space behind the status code",
     NULL},
    {"until the end",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\n\r\nhello"), FIN},
     ENDING_COMPLETE,
     200,
     "hello",
     NULL,
     NULL},
    {"informational first",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")},
     ENDING_COMPLETE,
     204,
     "",
     NULL,
     NULL},
    {"HEAD",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")},
     ENDING_COMPLETE,
     200,
     "",
     NULL,
     "HEAD"},
    {"no answer", {AFTER_HEAD, FIN}, ENDING_CUT, 0, "", NULL, NULL},
    {"cut",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello"), FIN},
     ENDING_CUT,
     200,
     NULL,
     NULL,
     NULL},
    {"reset", {AFTER_HEAD, {.kind = RAW_RST}}, ENDING_CONN_RESET, 0, "", NULL, NULL},
    {"not HTTP", {AFTER_HEAD, RAW_SEND_TEXT("SSH-2.0-x\r\n")}, ENDING_MALFORMED, 0, NULL, "not a status line", NULL},
    {"two framings",
     {AFTER_HEAD, RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")},
     ENDING_MALFORMED,
     0,
     NULL,
     "",
     NULL},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        raw_server_reset(f.server);
        raw_server_add(f.server, answers[i].steps);
        struct client_request request = request_of(0);
        if (answers[i].method)
            request.method = span_cstr(answers[i].method);
        enum ending ending = fixture_run(&f, &request);
        if (ending != answers[i].ending || f.seen.status != answers[i].status)
            fail_msg("%s: %s, status %d (%s)", answers[i].name, ending_name(ending), f.seen.status, f.seen.detail);
        if (answers[i].body)
            assert_text(buf_span(&f.seen.body), answers[i].body);
        if (answers[i].detail && !strstr(f.seen.detail, answers[i].detail))
            fail_msg("%s: detail \"%s\"", answers[i].name, f.seen.detail);
    }
}

static void test_bytes_sent(void **state)
{
    static const struct raw_step steps[] = {AFTER_HEAD, ANSWER_TEXT, STOP};
    static const char want[] = "GET / HTTP/1.1\r\nHost: a.test\r\nx-case: 7\r\nX: \0\r\n\r\n";
    (void)state;
    raw_server_add(f.server, steps);
    struct client_request request = request_of(0);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    struct span got = raw_server_received(f.server, 0);
    assert_int_equal(got.len, sizeof want - 1);
    assert_memory_equal(got.data, want, got.len);
}

static void test_cut_anywhere(void **state)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nend: yes\r\n\r\n";
    (void)state;
    for (size_t cut = 1; cut < sizeof answer - 1; cut++) {
        const struct raw_step steps[] = {AFTER_HEAD,
                                         {.kind = RAW_SEND, .bytes = span_of(answer, cut)},
                                         PAUSE(1),
                                         {.kind = RAW_SEND, .bytes = span_of(answer + cut, sizeof answer - 1 - cut)},
                                         STOP};
        raw_server_reset(f.server);
        raw_server_add(f.server, steps);
        struct client_request request = request_of(0);
        assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
        assert_text(buf_span(&f.seen.body), "hello");
        assert_text(fields_value(&f.seen.trailers, "end"), "yes");
    }
}

static bool noted(const char *text)
{
    for (size_t i = 0; i < f.seen.transcript.count; i++) {
        const char *note = f.seen.transcript.events[i].note;
        if (note && strstr(note, text))
            return true;
    }
    return false;
}

static void test_behind_the_answer(void **state)
{
    static const struct {
        struct raw_step steps[5];
        bool closed;
        const char *note;
    } rows[] = {
        {{AFTER_HEAD, ANSWER_TEXT, STOP}, false, "leaves the connection open"},
        {{AFTER_HEAD, ANSWER_TEXT, FIN, STOP}, true, NULL},
        {{AFTER_HEAD, ANSWER_TEXT, PAUSE(5), {.kind = RAW_RST}, STOP}, true, NULL},
        {{AFTER_HEAD, RAW_SEND_TEXT(ANSWER "HTTP/1.1 404 Not"), STOP},
         false,
         "more came behind the answer: HTTP/1.1 404 Not"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        raw_server_reset(f.server);
        raw_server_add(f.server, rows[i].steps);
        struct client_request request = request_of(rows[i].closed ? 5000 : 20);
        assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
        assert_int_equal(f.seen.closed, rows[i].closed);
        assert_text(buf_span(&f.seen.body), "hello");
        assert_true(!rows[i].note || noted(rows[i].note));
    }
}

static void test_tls(void **state)
{
    static const struct raw_step steps[] = {AFTER_HEAD, ANSWER_TEXT, STOP};
    (void)state;
    raw_server_add(f.server, steps);
    struct client_request request = request_of(0);
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    assert_text(buf_span(&f.seen.body), "hello");
}

static void test_cancelled(void **state)
{
    static const struct raw_step steps[] = {STOP};
    (void)state;
    raw_server_add(f.server, steps);
    struct client_request request = request_of(0);
    fixture_start(&f, &request);
    fixture_await_received(&f, 0, "x-case");
    client_cancel(f.exchange);
    assert_int_equal(fixture_finish(&f), ENDING_CANCELLED);
    fixture_await_gone(&f, 0);
}

static void test_refused(void **state)
{
    (void)state;
    client_cases_refused(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bytes_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_behind_the_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tls, set_up_tls, tear_down),
        cmocka_unit_test_setup_teardown(test_cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
