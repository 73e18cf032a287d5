/* Tests of the mode gateway, between a gRPC client and a function that answers what a test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/base64.h"
#include "harness/reference/tests/caller.h"
#include "harness/reference/tests/http1_server.h"

#define HELLO       "\0\0\0\0\7\n\5Hello"
#define WORLD       "\0\0\0\0\17\n\rHello, world."
#define BYTES(text) span_of(text, sizeof(text) - 1)
#define OK_HEAD     "\"statusCode\":200,\"headers\":{\"content-type\":\"application/grpc+proto\",\"grpc-status\":\"0\"}"
#define WORLD_64    "AAAAAA8KDUhlbGxvLCB3b3JsZC4="
#define WORKS       "{" OK_HEAD ",\"isBase64Encoded\":true,\"body\":\"" WORLD_64 "\"}"

static const char unary[] = "/reservations.v1.ReservationService/GetReservation";
static const char streaming[] = "/reservations.v1.ReservationService/ListReservations";

static void start_with(struct reference_options options)
{
    options.mode = MODE_GATEWAY;
    http1_server_start(options);
    http1_server.answer = span_cstr(WORKS);
}

static void start(enum defect defect)
{
    start_with((struct reference_options){.defect = defect});
}

static void assert_event(const char *part)
{
    if (!strstr(http1_server_body(), part))
        fail_msg("no %s in %s", part, http1_server_body());
}

static void call(struct caller *caller, const char *path, const char *const *extra, struct span body)
{
    caller_start(caller, path, extra, body);
    RUN_UNTIL(caller->ended);
}

/* What comes of an answer of the http1_server. */
static void answered(struct caller *caller, const char *path, const char *answer)
{
    http1_server.answer = span_cstr(answer);
    call(caller, path, NULL, BYTES(HELLO));
}

/* ---- the way there */

static void test_event(void **state)
{
    (void)state;
    static const char *const extra[] = {"x-a", "1", "x-a", "2", "trace-bin", "AAEC", "grpc-timeout", "5S", NULL};
    struct caller caller;
    start(DEFECT_NONE);
    call(&caller, "/a.B/C?q=1%202&q=3&r", extra, BYTES(HELLO));
    assert_true(strncmp((const char *)http1_server.request.data,
                        "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\n", 58) == 0);
    assert_event("\"version\":\"1.0\"");
    assert_event("\"path\":\"/a.B/C\"");
    assert_event("\"httpMethod\":\"POST\"");
    assert_event("\"x-a\":\"2\"");
    assert_event("\"x-a\":[\"1\",\"2\"]");
    assert_event("\"trace-bin\":\"AAEC\"");
    assert_event("\"grpc-timeout\":\"5S\"");
    assert_event("\"content-type\":\"application/grpc\"");
    assert_event("\"queryStringParameters\":{\"q\":\"3\",\"r\":\"\"}");
    assert_event("\"multiValueQueryStringParameters\":{\"q\":[\"1 2\",\"3\"],\"r\":[\"\"]}");
    assert_event("\"body\":\"AAAAAAcKBUhlbGxv\",\"isBase64Encoded\":true}");
    assert_null(strstr(http1_server_body(), "\"te\""));
    caller_stop(&caller);
    http1_server_stop();

    start_with((struct reference_options){.gateway = {.format_2 = true}});
    call(&caller, "/a.B/C?q=1&q=3", extra, BYTES(HELLO));
    assert_event("\"version\":\"2.0\"");
    assert_event("\"rawPath\":\"/a.B/C\",\"rawQueryString\":\"q=1&q=3\"");
    assert_event("\"x-a\":\"1,2\"");
    assert_event("\"queryStringParameters\":{\"q\":\"1,3\"}");
    assert_event("\"http\":{\"method\":\"POST\",\"path\":\"/a.B/C\"}");
    caller_stop(&caller);
    http1_server_stop();

    start_with((struct reference_options){.gateway = {.text_bodies = true}});
    call(&caller, "/a.B/C", NULL, BYTES("\0\0\0\0\3\n\1\xff"));
    assert_event("\"body\":\"\\u0000\\u0000\\u0000\\u0000\\u0003\\n\\u0001\xef\xbf\xbd\",\"isBase64Encoded\":false}");
    caller_stop(&caller);
    http1_server_stop();
}

/* Several fields of HTTP/2 are one list; format 2.0 has it apart, and takes that of an answer. */
static void test_cookies(void **state)
{
    (void)state;
    static const char *const extra[] = {"cookie", "a=1; b=2", "x-a", "1", "cookie", "c=\"3\"", NULL};
    static const char answer[] =
        "{" OK_HEAD ",\"cookies\":[\"d=4; Path=/\",\"e=5\"],\"body\":\"" WORLD_64 "\",\"isBase64Encoded\":true}";
    struct caller caller;
    start(DEFECT_NONE);
    http1_server.answer = span_cstr(answer);
    call(&caller, unary, extra, BYTES(HELLO));
    assert_event("\"cookie\":\"a=1; b=2; c=\\\"3\\\"\"");
    assert_event("\"cookie\":[\"a=1; b=2; c=\\\"3\\\"\"]");
    assert_null(strstr(http1_server_body(), "cookies"));
    assert_int_equal(fields_count(&caller.seen.headers, "set-cookie"), 0);
    caller_stop(&caller);
    http1_server_stop();

    start_with((struct reference_options){.gateway = {.format_2 = true}});
    http1_server.answer = span_cstr(answer);
    call(&caller, unary, extra, BYTES(HELLO));
    assert_event("\"cookies\":[\"a=1\",\"b=2\",\"c=\\\"3\\\"\"],\"headers\":{");
    assert_null(strstr(http1_server_body(), "\"cookie\":"));
    assert_int_equal(fields_count(&caller.seen.headers, "set-cookie"), 2);
    assert_true(span_is(fields_value(&caller.seen.headers, "set-cookie"), "d=4; Path=/"));
    caller_stop(&caller);
    static const char *const wrong[] = {"{\"a\":1}", "[1]", "[\"a\",[]]", "\"a\""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[128];
        snprintf(text, sizeof text, "{" OK_HEAD ",\"cookies\":%s}", wrong[i]);
        answered(&caller, unary, text);
        caller_assert_error(&caller, "13");
        caller_stop(&caller);
    }
    answered(&caller, unary,
             "{" OK_HEAD ",\"cookies\":[\"a\\r\\nb: c\"],\"body\":\"" WORLD_64 "\",\"isBase64Encoded\":true}");
    caller_assert_error(&caller, "13");
    caller_stop(&caller);
    http1_server_stop();
}

static void test_event_limits(void **state)
{
    (void)state;
    struct caller caller;
    struct buf target;
    uint8_t *body = calloc(1, REFERENCE_MAX_BODY);
    buf_init(&target, 1u << 20);
    start_with((struct reference_options){.gateway = {.text_bodies = true}});
    call(&caller, unary, NULL, span_of(body, REFERENCE_MAX_BODY)); /* six bytes of JSON for each */
    caller_assert_error(&caller, "8");
    caller_stop(&caller);
    buf_append_cstr(&target, "/a?");
    for (int i = 0; i < 1001; i++)
        buf_append_cstr(&target, "a&");
    call(&caller, (const char *)target.data, NULL, BYTES(HELLO));
    caller_assert_error(&caller, "3");
    caller_stop(&caller);
    assert_int_equal(http1_server.calls, 0);
    http1_server_stop();
    buf_fini(&target);
    free(body);
}

/* ---- the way back */

static void test_works(void **state)
{
    (void)state;
    struct caller caller;
    start(DEFECT_NONE);
    answered(&caller, unary, WORKS);
    assert_int_equal(caller.seen.ending, ENDING_COMPLETE);
    assert_int_equal(caller.seen.headers.count, 1);
    assert_true(field_is(&caller.seen.headers, "content-type", "application/grpc+proto"));
    assert_true(span_equal(buf_span(&caller.seen.body), BYTES(WORLD)));
    assert_int_equal(caller.seen.trailers.count, 1);
    assert_true(field_is(&caller.seen.trailers, "grpc-status", "0"));
    caller_stop(&caller);

    answered(&caller, streaming,
             "{" OK_HEAD ",\"multiValueHeaders\":{\"x-a\":[\"1\",\"2\"]},\"isBase64Encoded\":true,"
             "\"body\":\"AAAAAAAAAAAAAA==\"}");
    assert_true(span_equal(buf_span(&caller.seen.body), BYTES("\0\0\0\0\0\0\0\0\0\0")));
    assert_int_equal(fields_count(&caller.seen.headers, "x-a"), 2);
    assert_true(field_is(&caller.seen.trailers, "grpc-status", "0"));
    caller_stop(&caller);

    answered(&caller, unary,
             "{\"statusCode\":200,\"headers\":{\"content-type\":\"application/grpc\",\"grpc-status\":5,"
             "\"grpc-message\":\"n\xc3\xa9 %41\\n\",\"grpc-status-details-bin\":\"CAU\",\"x-a\":\"1\"}}");
    assert_true(caller.seen.headers_end);
    assert_true(field_is(&caller.seen.headers, "grpc-status", "5"));
    assert_true(field_is(&caller.seen.headers, "grpc-message", "n%C3%A9 %41%0A"));
    assert_true(field_is(&caller.seen.headers, "grpc-status-details-bin", "CAU"));
    assert_true(field_is(&caller.seen.headers, "x-a", "1"));
    caller_stop(&caller);
    http1_server_stop();
}

#define GRPC "\"statusCode\":200,\"headers\":{\"content-type\":\"application/grpc\""
static const struct {
    const char *answer;
    const char *code;
} wrong[] = {
    {"", "13"},
    {"no JSON", "13"},
    {"[]", "13"},
    {"{\"body\":\"\"}", "13"},
    {"{\"statusCode\":\"abc\"}", "13"},
    {"{\"statusCode\":100}", "13"},
    {"{" OK_HEAD ",\"isBase64Encoded\":true,\"body\":7}", "13"},
    {"{" OK_HEAD ",\"isBase64Encoded\":true,\"body\":\"*\"}", "13"},
    {"{" OK_HEAD ",\"isBase64Encoded\":false,\"body\":\"" WORLD_64 "\"}", "13"},
    {"{" OK_HEAD ",\"body\":\"Hello, world.\"}", "13"},
    {"{" OK_HEAD ",\"isBase64Encoded\":true,\"body\":\"Cg1IZWxsbywgd29ybGQu\"}", "13"},
    {"{" OK_HEAD ",\"isBase64Encoded\":true,\"body\":\"AAAAAA8=\"}", "13"},
    {"{" OK_HEAD ",\"isBase64Encoded\":true,\"body\":\"AQAAAAA=\"}", "13"},
    {"{" OK_HEAD ",\"isBase64Encoded\":true,\"body\":\"AgAAAAA=\"}", "13"},
    {"{" OK_HEAD ",\"isBase64Encoded\":true,\"body\":\"AAAAAAAAAAAAAA==\"}", "13"}, /* two messages */
    {"{" OK_HEAD "}", "13"},                                                        /* none */
    {"{" GRPC ",\"grpc-status\":\"0\",\"a b\":\"c\"},\"isBase64Encoded\":true,\"body\":\"" WORLD_64 "\"}", "13"},
    {"{" GRPC ",\"grpc-status\":\"0\",\"a\":\"b\\r\\nc: d\"},\"isBase64Encoded\":true,\"body\":\"" WORLD_64 "\"}",
     "13"},
    {"{" GRPC "},\"isBase64Encoded\":true,\"body\":\"" WORLD_64 "\"}", "2"},
    {"{" GRPC ",\"grpc-status\":\"x\"},\"isBase64Encoded\":true,\"body\":\"" WORLD_64 "\"}", "2"},
    {"{" GRPC "},\"multiValueHeaders\":{\"grpc-status\":[\"0\",\"5\"]}}", "2"},
    {"{\"statusCode\":200,\"headers\":{\"grpc-status\":\"0\"},\"isBase64Encoded\":true,\"body\":\"" WORLD_64 "\"}",
     "2"},
    {"{\"statusCode\":200,\"headers\":{\"content-type\":\"application/json\"},\"body\":\"{}\"}", "2"},
    {"{\"statusCode\":404,\"headers\":{\"content-type\":\"text/html\"},\"body\":\"\"}", "12"},
    {"{\"statusCode\":503,\"headers\":{\"content-type\":\"application/grpc\",\"grpc-status\":\"0\"}}", "14"},
    {"{\"statusCode\":503,\"headers\":{\"content-type\":\"application/grpc\"}}", "14"},
};

static void test_wrong(void **state)
{
    (void)state;
    start(DEFECT_NONE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct caller caller;
        answered(&caller, unary, wrong[i].answer);
        if (!field_is(&caller.seen.headers, "grpc-status", wrong[i].code))
            fail_msg("answer %zu", i);
        caller_assert_error(&caller, wrong[i].code);
        caller_stop(&caller);
    }
    assert_int_equal(http1_server.calls, sizeof wrong / sizeof *wrong);
    http1_server_stop();
}

static const struct {
    const char *status; /* of the API */
    const char *code;
    int plain; /* without gRPC */
} invocations[] = {
    {"429 Too Many Requests\r\n", "14", 429},   {"413 Content Too Large\r\n", "8", 413},
    {"404 Not Found\r\n", "12", 502},           {"500 Internal Server Error\r\n", "2", 502},
    {"302 Found\r\nLocation: /\r\n", "2", 502}, {"200 OK\r\nX-Amz-Function-Error: Unhandled\r\n", "4", 504},
};

static void test_invocations(void **state)
{
    (void)state;
    static const char timed_out[] = "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"Task timed out\"}";
    struct caller caller;
    start(DEFECT_NONE);
    for (size_t i = 0; i < sizeof invocations / sizeof *invocations; i++) {
        http1_server.status = invocations[i].status;
        answered(&caller, unary, timed_out);
        caller_assert_error(&caller, invocations[i].code);
        caller_stop(&caller);
    }
    answered(&caller, unary, "{\"errorMessage\":\"panic\"}");
    caller_assert_error(&caller, "2");
    caller_stop(&caller);
    http1_server_stop();

    start_with((struct reference_options){.gateway = {.no_trailers = true}});
    for (size_t i = 0; i < sizeof invocations / sizeof *invocations; i++) {
        http1_server.status = invocations[i].status;
        answered(&caller, unary, timed_out);
        assert_int_equal(caller.seen.status, invocations[i].plain);
        assert_true(field_is(&caller.seen.headers, "content-type", "application/json"));
        assert_int_equal(caller.seen.body.data[0], '{');
        caller_stop(&caller);
    }
    http1_server_stop();
}

static void test_size(void **state)
{
    (void)state;
    struct caller caller;
    struct buf message, answer;
    buf_init(&message, 8u << 20);
    buf_init(&answer, 8u << 20);
    start(DEFECT_NONE);
    for (int i = 0; i < 2; i++) {
        size_t len = i == 0 ? 4u << 20 : (4u << 20) + 1; /* of a message */
        uint8_t prefix[] = {0, 0, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
        buf_reset(&message);
        buf_append(&message, prefix, sizeof prefix);
        memset(buf_reserve(&message, len), 'a', len);
        buf_commit(&message, len);
        buf_reset(&answer);
        buf_append_cstr(&answer, "{" OK_HEAD ",\"isBase64Encoded\":true,\"body\":\"");
        base64_encode(&answer, buf_span(&message), true);
        buf_append_cstr(&answer, "\"}");
        answered(&caller, unary, (const char *)answer.data);
        if (i == 0)
            assert_true(span_equal(buf_span(&caller.seen.body), buf_span(&message)));
        else
            caller_assert_error(&caller, "8");
        caller_stop(&caller);
    }
    buf_reset(&answer);
    buf_append_cstr(&answer, WORKS);
    while (answer.len <= (6u << 20))
        buf_append_cstr(&answer, "                                                                                ");
    answered(&caller, unary, (const char *)answer.data);
    caller_assert_error(&caller, "8");
    caller_stop(&caller);
    http1_server_stop();
    buf_fini(&message);
    buf_fini(&answer);
}

/* As the gateway of the story that the mode comes from: it knows nothing of gRPC. */
static void test_plain(void **state)
{
    (void)state;
    struct caller caller;
    start_with((struct reference_options){.gateway = {.no_trailers = true}});
    answered(&caller, unary, "{\"statusCode\":200,\"body\":\"{}\"}");
    assert_true(field_is(&caller.seen.headers, "content-type", "application/json"));
    caller_stop(&caller);
    answered(&caller, unary, "{" OK_HEAD ",\"body\":\"Hello, world.\"}");
    assert_true(span_is(buf_span(&caller.seen.body), "Hello, world."));
    caller_stop(&caller);
    answered(&caller, unary, WORKS);
    assert_true(span_equal(buf_span(&caller.seen.body), BYTES(WORLD)));
    assert_true(field_is(&caller.seen.headers, "grpc-status", "0"));
    assert_true(field_is(&caller.seen.headers, "content-length", "20"));
    assert_false(caller.seen.has_trailers);
    caller_stop(&caller);
    http1_server_stop();

    start_with((struct reference_options){.gateway = {.no_trailers = true, .text_bodies = true}});
    answered(&caller, unary, WORKS);
    assert_true(span_is(buf_span(&caller.seen.body), WORLD_64));
    caller_stop(&caller);
    http1_server_stop();
}

static void test_gone(void **state)
{
    (void)state;
    static const char *const timeout[] = {"grpc-timeout", "30m", NULL};
    struct caller caller;
    start(DEFECT_NONE);
    http1_server.silent = true;
    call(&caller, unary, timeout, BYTES(HELLO));
    caller_assert_error(&caller, "4");
    caller_stop(&caller);
    RUN_UNTIL(http1_server.closed == 1);
    caller_start(&caller, unary, NULL, BYTES(HELLO));
    RUN_UNTIL(http1_server.calls == 2);
    caller_stop(&caller); /* the client goes away, and so does the gateway */
    RUN_UNTIL(http1_server.closed == 2);
    http1_server.silent = false;
    call(&caller, unary, NULL, BYTES(HELLO));
    assert_true(field_is(&caller.seen.trailers, "grpc-status", "0"));
    caller_stop(&caller);
    http1_server_stop();
}

/* ---- defects */

static void test_retry(void **state)
{
    (void)state;
    struct caller caller;
    start(DEFECT_GATEWAY_INVOCATION_RETRIED);
    http1_server.status = "500 Internal Server Error\r\n";
    answered(&caller, unary, "{}");
    caller_assert_error(&caller, "2");
    assert_int_equal(http1_server.calls, 2);
    caller_stop(&caller);
    http1_server_stop();
}

/* Each plants a fault, and no more than that: every call is answered. */
static void test_defects(void **state)
{
    (void)state;
    for (int defect = DEFECT_GATEWAY_EVENT_BODY_AS_TEXT; defect <= DEFECT_GATEWAY_INVOCATION_RETRIED; defect++) {
        start((enum defect)defect);
        for (size_t i = 0; i <= sizeof wrong / sizeof *wrong; i++) {
            struct caller caller;
            answered(&caller, unary, i == 0 ? WORKS : wrong[i - 1].answer);
            assert_int_equal(caller.seen.ending, ENDING_COMPLETE);
            caller_stop(&caller);
        }
        http1_server_stop();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event), cmocka_unit_test(test_cookies), cmocka_unit_test(test_event_limits),
        cmocka_unit_test(test_works), cmocka_unit_test(test_wrong),   cmocka_unit_test(test_invocations),
        cmocka_unit_test(test_size),  cmocka_unit_test(test_plain),   cmocka_unit_test(test_gone),
        cmocka_unit_test(test_retry), cmocka_unit_test(test_defects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
