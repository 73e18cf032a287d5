/* The events of functions: each format, and each key of `event` held and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "harness/suite/tests/observation.h"

/* The same request in the formats that there are: Hello as the seed of this mode has it, in base64. */
static const char v1[] =
    "{\"version\":\"1.0\",\"resource\":\"/a\",\"path\":\"/a\",\"httpMethod\":\"POST\",\"headers\":{\"X\":\"2\","
    "\"te\":\"trailers\"},\"multiValueHeaders\":{\"X\":[\"1\",\"2\"]},\"queryStringParameters\":{\"b\":\"c\"},"
    "\"body\":\"AAAAAAcKBUhlbGxv\",\"isBase64Encoded\":true}";
static const char v2[] =
    "{\"version\":\"2.0\",\"rawPath\":\"/a\",\"headers\":{\"x\":\"1\",\"te\":\"trailers\"},\"queryStringParameters\":{"
    "\"b\":\"c\"},\"requestContext\":{\"http\":{\"method\":\"POST\"}},\"body\":\"AAAAAAcKBUhlbGxv\","
    "\"isBase64Encoded\":true}";
static const char envoy[] =
    "{\"raw_path\":\"/a\",\"method\":\"POST\",\"headers\":{\"x\":\"1\",\"te\":\"trailers\"},"
    "\"query_string_parameters\":{\"b\":\"c\"},\"body\":\"AAAAAAcKBUhlbGxv\",\"is_base64_encoded\":true}";
static const char envoy_camel[] =
    "{\"rawPath\":\"/a\",\"method\":\"POST\",\"headers\":{\"x\":\"1\",\"te\":\"trailers\"},"
    "\"queryStringParameters\":{\"b\":\"c\"},\"body\":\"AAAAAAcKBUhlbGxv\",\"isBase64Encoded\":true}";
static const char cookies[] =
    "{\"version\":\"2.0\",\"cookies\":[\"a=1\",\"b=2; c=3\"],\"headers\":{\"cookie\":\"d=4\"}}";
static const char cookie_header[] = "{\"httpMethod\":\"POST\",\"headers\":{\"Cookie\":\"a=1; b=2\"}}";
static const char cookie_headers[] =
    "{\"httpMethod\":\"POST\",\"headers\":{\"cookie\":\"b=2\"},\"multiValueHeaders\":{\"cookie\":[\"a=1\",\"b=2\"]}}";
static const char cookies_comma[] = "{\"version\":\"2.0\",\"headers\":{\"cookie\":\"a=1,b=2\"}}";
static const char plain[] = "{\"version\":\"2.0\",\"body\":\"Hello\"}";
static const char not_base64[] = "{\"version\":\"2.0\",\"body\":\"*\",\"isBase64Encoded\":true}";

#define BODY "\"hex\":\"00 00000007 0a05 48656c6c6f\""

static const struct {
    const char *event;
    const char *want;
    const char *verdict; /* its begin */
} rows[] = {
    {v1, "\"format\":\"1.0\",\"method\":\"POST\",\"path\":\"/a\"", "pass"},
    {v2, "\"format\":\"2.0\",\"method\":\"POST\",\"path\":\"/a\"", "pass"},
    {envoy, "\"format\":\"envoy\",\"method\":\"POST\",\"path\":\"/a\"", "pass"},
    {envoy_camel, "\"format\":\"envoy\",\"method\":\"POST\",\"path\":\"/a\"", "pass"},
    {v1, "\"headers\":[[\"x\",\"1\"],[\"x\",\"2\"],[\"te\",\"trailers\"]],\"query\":{\"b\":\"c\"}", "pass"},
    {v2, "\"headers\":[[\"x\",\"1\"],[\"te\"]],\"query\":{\"b\":\"c\"}", "pass"},
    {envoy, "\"headers\":[[\"x\",\"1\"]],\"query\":{\"b\":\"c\"}", "pass"},
    {v1, "\"base64\":true,\"body\":{" BODY "},\"body_text\":\"AAAAAAcKBUhlbGxv\"", "pass"},
    {v2, "\"base64\":true,\"body\":{" BODY "}", "pass"},
    {envoy, "\"base64\":true,\"body\":{" BODY "}", "pass"},
    {plain, "\"base64\":false,\"body\":\"Hello\",\"body_text\":\"Hello\"", "pass"},
    {cookies, "\"cookies\":[\"a=1\",\"b=2\",\"c=3\"]", "pass"},
    {cookie_header, "\"cookies\":[\"a=1\",\"b=2\"]", "pass"},
    {cookies, "\"cookies\":[\"a=1\",\"b=2\"]", "request wrong-request"},
    {cookie_header, "\"cookies\":[\"b=2\",\"a=1\"]", "request wrong-request"},
    {cookie_headers, "\"cookies\":[\"a=1\",\"b=2\"]", "request wrong-request"},
    {cookies_comma, "\"cookies\":[\"a=1\",\"b=2\"]", "request wrong-request"},
    {plain, "\"cookies\":[\"a=1\"]", "request wrong-request"},
    {"{\"version\":\"2.0\",\"cookies\":[7]}", "\"cookies\":[\"a=1\"]", "request wrong-request"},
    {v1, "\"format\":\"2.0\"", "request wrong-request"},
    {plain, "\"format\":\"envoy\"", "request wrong-request"},
    {v2, "\"method\":\"GET\"", "request wrong-request"},
    {plain, "\"method\":\"GET\"", "request wrong-request"},
    {envoy, "\"path\":\"/b\"", "request wrong-request"},
    {v2, "\"query\":{\"b\":\"d\"}", "request wrong-request"},
    {v2, "\"query\":{\"a\":\"d\"}", "request wrong-request"},
    {v2, "\"headers\":[[\"x\",\"2\"]]", "request wrong-metadata"},
    {plain, "\"headers\":[[\"x\"]]", "request wrong-metadata"},
    {v1, "\"base64\":false", "request wrong-request"},
    {plain, "\"base64\":true", "request wrong-request"},
    {v1, "\"body\":\"Hello\"", "request wrong-request"},
    {plain, "\"body\":\"Hallo\"", "request wrong-request"},
    {plain, "\"body_text\":\"SGVsbG8=\"", "request wrong-request"},
    {not_base64, "\"body\":\"*\"", "request wrong-request"},
    {"[]", "", "request wrong-request"},
    {"no JSON", "", "request wrong-request"},
    {"", "", "request wrong-request"},
    {"{\"headers\":7,\"multiValueHeaders\":[],\"body\":{},\"requestContext\":[]}", "\"body\":\"a\"",
     "request wrong-request"},
};

static void test_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        char expect[512];
        snprintf(expect, sizeof expect, "{\"backend_saw\":{\"event\":{%s}},\"status\":200}", rows[i].want);
        observation_init(&o, "GET /v1/reservations/1", "[{\"protocol\":\"http/1.1\"}]", expect, NULL);
        struct call_seen *call = observation_call(&o, NULL, "{}");
        call->protocol = "HTTP/1.1";
        buf_reset(&call->body);
        buf_append_cstr(&call->body, rows[i].event);
        call->body_len = call->body.len;
        const char *got = observation_judge(&o);
        if (strncmp(got, rows[i].verdict, strlen(rows[i].verdict)) != 0)
            fail_msg("row %zu: %s", i, got);
        observation_fini(&o);
    }
}

/* In the mode gateway the messages of a call are those of its event. The frame stands for {"id": "a"}. */
static void test_messages_of_events(void **state)
{
    static const struct {
        const char *event;
        bool right;
    } events[] = {{"{\"body\":\"AAAAAAMKAWE=\",\"isBase64Encoded\":true}", true},
                  {"{\"body\":\"AAAAAAMKAWE=\",\"is_base64_encoded\":true}", true},
                  {"{\"body\":\"\\u0000\\u0000\\u0000\\u0000\\u0003\\n\\u0001a\"}", true},
                  {"{\"body\":\"AAAAAAMKAWI=\",\"isBase64Encoded\":true}", false},
                  {"{\"body\":\"AAAAAAMKAWE=\"}", false},
                  {"{\"body\":\"*\",\"isBase64Encoded\":true}", false},
                  {"{\"body\":7}", false},
                  {"{}", false},
                  {"", false}};
    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        struct observation o;
        observation_init(&o, "GET /v1/reservations/1", "[{\"protocol\":\"http/1.1\"}]",
                         "{\"backend_saw\":{\"message\":{\"id\":\"a\"}},\"status\":200}", NULL);
        struct testcase testcase = *o.testcase;
        testcase.mode = MODE_GATEWAY;
        o.testcase = &testcase;
        struct call_seen *call = observation_call(&o, NULL, "{}");
        call->protocol = "HTTP/1.1";
        buf_reset(&call->body);
        buf_append_cstr(&call->body, events[i].event);
        call->body_len = call->body.len;
        const char *got = observation_judge(&o);
        if ((strncmp(got, "request wrong-request", 21) != 0) != events[i].right)
            fail_msg("event %zu: %s", i, got);
        observation_fini(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_events), cmocka_unit_test(test_messages_of_events)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
