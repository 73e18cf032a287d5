/* Status, headers, trailers, body and INV-5, judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "harness/suite/tests/observation.h"

#define GET "GET /v1/reservations/1"

/* One row: an expectation, a response, what the judge says. Fields: "name: value" lines, each ended by '|'. */
struct row {
    const char *expect;
    int status;
    const char *type;
    const char *body;
    const char *headers;
    const char *trailers;
    const char *want;
};

static void put_fields(struct observation *o, const char *list,
                       void (*put)(struct observation *, const char *, const char *))
{
    char copy[256];
    char *save = NULL;
    strncpy(copy, list, sizeof copy - 1);
    copy[sizeof copy - 1] = '\0';
    for (char *line = strtok_r(copy, "|", &save); line; line = strtok_r(NULL, "|", &save)) {
        char *colon = strchr(line, ':');
        *colon = '\0';
        put(o, line, colon + 2);
    }
}

static void run(const char *request, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct observation o;
        observation_init(&o, request, "[]", rows[i].expect, NULL);
        observation_call(&o, NULL, NULL);
        o.response.status = rows[i].status;
        observation_body(&o, rows[i].type, rows[i].body ? rows[i].body : "");
        if (rows[i].headers)
            put_fields(&o, rows[i].headers, observation_header);
        if (rows[i].trailers)
            put_fields(&o, rows[i].trailers, observation_trailer);
        const char *got = observation_judge(&o);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu, %s: %s, not %s (%s)", i, rows[i].expect, got, rows[i].want,
                     o.result.reason_count > 0 ? o.result.reasons[0].observed : "");
        observation_fini(&o);
    }
}
#define RUN(request, rows) run(request, rows, sizeof rows / sizeof *rows)

#define JSON "application/json"

static void test_status(void **state)
{
    static const struct row rows[] = {
        {"{\"status\":200}", 200, NULL, NULL, NULL, NULL, "pass"},
        {"{\"status\":200}", 201, NULL, NULL, NULL, NULL, "response wrong-status"},
        {"{\"status\":[200,204]}", 204, NULL, NULL, NULL, NULL, "pass"},
        {"{\"status\":\"2xx\"}", 299, NULL, NULL, NULL, NULL, "pass"},
        {"{\"status\":\"2xx\"}", 300, NULL, NULL, NULL, NULL, "response wrong-status"},
        {"{\"status\":\"4xx\"}", 499, NULL, NULL, NULL, NULL, "pass"},
        {"{\"status\":\"5xx\"}", 499, NULL, NULL, NULL, NULL, "response wrong-status"},
        {"{\"status\":\"error\"}", 400, NULL, NULL, NULL, NULL, "pass"},
        {"{\"status\":\"error\"}", 599, NULL, NULL, NULL, NULL, "pass"},
        {"{\"status\":\"error\"}", 399, NULL, NULL, NULL, NULL, "response failure-hidden"},
        {"{\"status\":499}", 499, NULL, NULL, NULL, NULL, "pass"},
    };
    (void)state;
    RUN(GET, rows);
}

static void test_fields(void **state)
{
    static const struct row rows[] = {
        {"{\"headers\":[[\"X-A\",\"1\"]]}", 200, NULL, NULL, "x-a: 1|", NULL, "pass"},
        {"{\"headers\":[[\"x-a\",\"1\"],[\"x-a\",\"2\"]]}", 200, NULL, NULL, "x-a: 2|x-a: 1|", NULL, "pass"},
        {"{\"headers\":[[\"x-a\"]]}", 200, NULL, NULL, "x-a: 1|", NULL, "pass"},
        {"{\"headers\":[[\"x-a\",\"1\"]]}", 200, NULL, NULL, NULL, "x-a: 1|", "response wrong-header"},
        {"{\"headers\":[[\"x-a\",\"2\"]]}", 200, NULL, NULL, "x-a: 1|", NULL, "response wrong-header"},
        {"{\"no_headers\":[\"x-b\"]}", 200, NULL, NULL, "x-a: 1|", NULL, "pass"},
        {"{\"no_headers\":[\"x-b\",\"X-A\"]}", 200, NULL, NULL, "x-a: 1|", NULL, "response wrong-header"},
        {"{\"trailer\":[\"grpc-status\",\"13\"]}", 200, NULL, NULL, NULL, "grpc-status: 13|", "pass"},
        /* Behind a 200 nobody looks for a status among the headers. */
        {"{\"trailer\":[\"grpc-status\",\"13\"]}", 200, NULL, NULL, "grpc-status: 13|", NULL,
         "response failure-hidden"},
        {"{\"trailer\":[\"grpc-status\",\"13\"]}", 500, NULL, NULL, "grpc-status: 13|", NULL, "pass"},
        {"{\"trailer\":[\"grpc-status\"]}", 200, NULL, NULL, NULL, "grpc-status: 2|", "pass"},
        /* Trailers there are, so headers do not count. */
        {"{\"trailer\":[\"grpc-status\",\"13\"]}", 200, NULL, NULL, "grpc-status: 13|", "a: b|",
         "response failure-hidden"},
        {"{\"trailer\":[\"grpc-status\",\"0\"]}", 200, NULL, NULL, NULL, NULL, "response wrong-header"},
        {"{\"trailers\":[[\"x-a\",\"1\"],[\"X-B\",\"2, 3\"],[\"x-c\"]]}", 200, NULL, NULL, NULL,
         "x-b: 2|x-a: 1|x-b: 3|x-c: 4|", "pass"},
        {"{\"trailers\":[[\"x-a\",\"1\"],[\"x-b\",\"2\"]]}", 200, NULL, NULL, NULL, "x-a: 1|", "response wrong-header"},
        {"{\"trailers\":[[\"x-a\",\"1\"]]}", 200, NULL, NULL, NULL, "x-a: 1|x-a: 1|", "response wrong-header"},
        {"{\"trailers\":[[\"x-a\",\"1, 2\"]]}", 200, NULL, NULL, NULL, "x-a: 2|x-a: 1|", "response wrong-header"},
        {"{\"trailers\":[[\"x-a\"]]}", 200, NULL, NULL, "x-a: 1|", "x-b: 2|", "response wrong-header"},
        {"{\"trailers\":[[\"x-a\",\"1\"]]}", 200, NULL, NULL, "x-a: 1|", NULL, "pass"},
        {"{\"trailers\":[[\"x-a\",\"1\"],[\"grpc-status\",\"5\"]]}", 200, NULL, NULL, NULL, "x-a: 1|",
         "response failure-hidden"},
        {"{\"no_text\":\"evil\"}", 200, NULL, NULL, "x-a: 1|", "x-b: e|", "pass"},
        {"{\"no_text\":\"evil\"}", 200, NULL, NULL, "x-a: not evil at all|", NULL, "response wrong-header"},
        {"{\"no_text\":\"evil\"}", 200, NULL, NULL, NULL, "x-a: evil|", "response wrong-header"},
        {"{\"no_text\":\"evil\"}", 200, NULL, "evil", NULL, NULL, "pass"},
        {"{\"content_type\":\"application/json\"}", 200, "Application/JSON ; charset=utf-8", "{}", NULL, NULL, "pass"},
        {"{\"content_type\":[\"text/plain\",\"application/json\"]}", 200, JSON, "{}", NULL, NULL, "pass"},
        {"{\"content_type\":\"application/json\"}", 200, "application/jsonx", "{}", NULL, NULL,
         "response wrong-content-type"},
        {"{\"content_type\":\"application/json\"}", 200, NULL, NULL, NULL, NULL, "response wrong-content-type"},
        {"{\"content_type\":{\"profile\":\"stream_content_type\"}}", 200, "text/event-stream", NULL, NULL, NULL,
         "pass"},
        {"{\"content_type\":{\"profile\":\"stream_content_type\"}}", 200, "text/html", NULL, NULL, NULL,
         "response wrong-content-type"},
    };
    (void)state;
    RUN(GET, rows);
}

static void test_body(void **state)
{
    static const struct row rows[] = {
        {"{\"message\":{\"id\":\"1\"}}", 200, JSON, "{\"id\":\"1\"}", NULL, NULL, "pass"},
        {"{\"message\":{\"id\":\"1\"}}", 200, NULL, " { \"id\" : \"\\u0031\", \"title\": \"\" } \n", NULL, NULL,
         "pass"},
        {"{\"message\":{\"id\":\"1\"}}", 200, JSON, "{\"id\":\"2\"}", NULL, NULL, "response wrong-body"},
        {"{\"message\":{\"id\":\"1\"}}", 200, JSON, "{\"id\":\"1\",\"nobody\":1}", NULL, NULL, "response wrong-body"},
        {"{\"message\":{\"id\":\"1\"}}", 200, JSON, "[{\"id\":\"1\"}]", NULL, NULL, "response wrong-body"},
        {"{\"message\":{\"id\":\"1\"}}", 200, "text/plain", "", NULL, NULL, "response wrong-body"},
        {"{\"message\":{}}", 200, JSON, "{}", NULL, NULL, "pass"},
        {"{\"message\":{\"attendees\":[{\"firstName\":\"A\"}]}}", 200, JSON, "{\"attendees\":[{\"firstName\":\"A\"}]}",
         NULL, NULL, "pass"},
        {"{\"message_text\":{\"fill\":\"ab\",\"count\":2,\"prefix\":\"{\\\"id\\\":\\\"\",\"suffix\":\"\\\"}\"}}", 200,
         JSON, "{\"id\":\"abab\"}", NULL, NULL, "pass"},
        {"{\"message_text\":\"{\\\"id\\\":\\\"ab\\\"}\"}", 200, JSON, "{\"id\":\"a\"}", NULL, NULL,
         "response wrong-body"},
        {"{\"message_text\":\"{\\\"id\\\":\\\"ab\\\"}\"}", 200, JSON, "{}", NULL, NULL, "response wrong-body"},
        {"{\"body\":\"abc\"}", 200, NULL, "abc", NULL, NULL, "pass"},
        {"{\"body\":{\"hex\":\"61 62 63\"}}", 200, NULL, "abc", NULL, NULL, "pass"},
        {"{\"body\":\"abc\"}", 200, NULL, "abd", NULL, NULL, "response wrong-body"},
        {"{\"body\":\"abc\"}", 200, NULL, "", NULL, NULL, "response wrong-body"},
        {"{\"body\":\"\"}", 200, NULL, "", NULL, NULL, "pass"},
        {"{\"body\":{\"fill\":\"ab\",\"count\":2}}", 200, NULL, "abab", NULL, NULL, "pass"},
        {"{\"body\":{\"fill\":\"ab\",\"count\":2,\"prefix\":\"<\",\"suffix\":\">\"}}", 200, NULL, "<abab>", NULL, NULL,
         "pass"},
        {"{\"body\":{\"fill\":\"ab\",\"count\":2}}", 200, NULL, "aba", NULL, NULL, "response wrong-body"},
        {"{\"body\":{\"fill\":\"ab\",\"count\":0}}", 200, NULL, "", NULL, NULL, "pass"},
        {"{\"body\":{\"fill\":\"ab\",\"count\":0}}", 200, NULL, "a", NULL, NULL, "response wrong-body"},
        {"{\"body_holds\":\"b\"}", 200, NULL, "abc", NULL, NULL, "pass"},
        {"{\"body_holds\":\"b\"}", 200, NULL, "ac", NULL, NULL, "response wrong-body"},
        {"{\"body_holds\":\"b\"}", 200, NULL, "", NULL, NULL, "response wrong-body"},
        {"{\"body_lacks\":\"b\"}", 200, NULL, "abc", NULL, NULL, "response wrong-body"},
        {"{\"body_lacks\":\"b\"}", 200, NULL, "", NULL, NULL, "pass"},
        {"{\"body_empty\":true}", 200, NULL, "", NULL, NULL, "pass"},
        {"{\"body_empty\":true}", 200, NULL, "a", NULL, NULL, "response wrong-body"},
    };
    (void)state;
    RUN(GET, rows);
}

/* INV-5: what claims to be JSON is JSON, and content-length tells the truth. */
static void test_well_formed(void **state)
{
    static const struct row rows[] = {
        {"{\"status\":200}", 200, JSON, "{}", NULL, NULL, "pass"},
        {"{\"status\":200}", 200, JSON, " [1, null] ", NULL, NULL, "pass"},
        {"{\"status\":200}", 200, JSON, "{", NULL, NULL, "response malformed"},
        {"{\"status\":200}", 200, JSON, "{} {}", NULL, NULL, "response malformed"},
        {"{\"status\":200}", 200, JSON, "{\"a\":01}", NULL, NULL, "response malformed"},
        {"{\"status\":200}", 200, JSON, "", NULL, NULL, "response malformed"},
        {"{\"status\":200}", 200, "application/problem+json", "x", NULL, NULL, "response malformed"},
        {"{\"status\":200}", 200, "text/plain", "x", NULL, NULL, "pass"},
        {"{\"status\":200}", 200, NULL, "x", NULL, NULL, "pass"},
        {"{\"status\":404}", 404, JSON, "{\"message\":\"a\"b\"}", NULL, NULL, "response malformed"},
        {"{\"status\":404}", 404, JSON, "", NULL, NULL, "pass"},
        {"{\"status\":204}", 204, JSON, "", NULL, NULL, "pass"},
        {"{\"status\":200}", 200, NULL, "abc", "content-length: 3|", NULL, "pass"},
        {"{\"status\":200}", 200, NULL, "abc", "content-length: 4|", NULL, "response malformed"},
        {"{\"status\":200}", 200, NULL, "abc", "content-length: 3|Content-Length: 2|", NULL, "response malformed"},
        {"{\"status\":200}", 200, NULL, "abc", "content-length: +3|", NULL, "response malformed"},
        {"{\"status\":200}", 200, NULL, "abc", "content-length: 99999999999999999999999999|", NULL,
         "response malformed"},
        {"{\"status\":304}", 304, NULL, "", "content-length: 4|", NULL, "pass"},
    };
    static const struct row raw[] = {
        {"{\"status\":200}", 200, JSON, "not JSON, the backend's own", NULL, NULL, "pass"}};
    (void)state;
    RUN(GET, rows);
    RUN("GET /v1/downloads/a", raw);
}

/* Headers that contradict one another, or what the body is. */
static void test_header_rules(void **state)
{
    static const char ok[] = "{\"status\":[200,204,404]}";
    static const char bad[] = "response malformed";
    static const struct row rows[] = {
        {ok, 200, NULL, "abc", "content-length: 3|transfer-encoding: chunked|", NULL, bad},
        {ok, 200, NULL, "abc", "transfer-encoding: chunked|", NULL, "pass"},
        {ok, 200, NULL, "abc", "content-length: 3|content-length: 3|", NULL, bad},
        {ok, 200, JSON, "{}", "Content-Type: application/json|", NULL, bad},
        {ok, 200, JSON, "{}", "date: a|date: a|", NULL, bad},
        {ok, 200, JSON, "{}", "set-cookie: a|set-cookie: b|x: 1|x: 2|", NULL, "pass"},
        {ok, 204, NULL, "", "content-length: 0|", NULL, bad},
        {ok, 204, NULL, "", "transfer-encoding: chunked|", NULL, bad},
        {ok, 200, JSON, "{}", "content-encoding: gzip|", NULL, bad},
        {ok, 200, JSON, "{}", "content-encoding: br, x-gzip|", NULL, bad},
        {ok, 200, JSON, "{}", "content-encoding: deflate|", NULL, bad},
        {ok, 200, JSON, "{}", "content-encoding: zstd|", NULL, bad},
        {ok, 200, JSON, "[1]", "content-encoding: br|", NULL, bad},
        {ok, 200, JSON, "{}", "content-encoding: identity|", NULL, "pass"},
        {ok, 404, JSON, "", "content-encoding: gzip|", NULL, "pass"},
        {ok, 200, JSON, "\x1f\x8b", "content-encoding: gzip|", NULL, bad},
        {ok, 200, JSON, "\x1f\x9d", "content-encoding: compress|", NULL,
         "error: the body is coded: content-encoding: compress"},
        {ok, 200, JSON, "{}", "content-encoding: compress|", NULL, bad},
        {ok, 200, "application/grpc", "{}", NULL, NULL, bad},
        {ok, 404, "application/grpc-web+json", "{}", NULL, NULL, bad},
        {ok, 200, "application/grpc", "", NULL, NULL, "pass"},
        {ok, 200, "application/grpc+proto", "x", NULL, NULL, bad},
        {ok, 200, "application/grpc-web", "\x80", NULL, NULL, "pass"},
        {ok, 200, "application/grpc-web-text", "AAAAAAA=", NULL, NULL, "pass"},
        {ok, 200, "text/html; charset=utf-8", " {\"a\":1}", NULL, NULL, bad},
        {ok, 404, "Text/HTML", "{\"code\":5}", NULL, NULL, bad},
        {ok, 404, "text/html", "<html>[]</html>", NULL, NULL, "pass"},
        {ok, 404, "text/html", "no such thing", NULL, NULL, "pass"},
        {ok, 404, "text/plain", "{\"code\":5}", NULL, NULL, "pass"},
        {ok, 200, "application/x-protobuf", "[]", NULL, NULL, bad},
    };
    static const struct row raw[] = {
        {ok, 200, "text/html", "{\"file\":1}", NULL, NULL, "pass"},
        {ok, 200, "text/html", "{\"file\":1}", "content-encoding: gzip|", NULL, bad},
    };
    (void)state;
    RUN(GET, rows);
    RUN("GET /v1/downloads/a", raw);
}

/* Lines of one name are one list. */
static void test_joined(void **state)
{
    static const char want[] = "{\"joined\":[[\"x-tag\",\"a, b\"]]}";
    static const struct row rows[] = {
        {want, 200, NULL, "", NULL, NULL, "pass"},
        {want, 200, NULL, "", "x-tag: a|X-Tag: b|", NULL, "pass"},
        {want, 200, NULL, "", "x-tag: b|x-tag: a|", NULL, "response wrong-header"},
        {want, 200, NULL, "", "x-tag: a, b|x-tag: a, b|", NULL, "response wrong-header"},
    };
    (void)state;
    RUN(GET, rows);
}

/* RFC 9110 section 15.5.6 asks for allow, unless the backend was called and the 405 says something else. */
static void test_allow(void **state)
{
    struct observation o;
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        observation_init(&o, GET, "[]", "{\"status\":405}", NULL);
        o.response.status = 405;
        if (i == 1)
            observation_header(&o, "Allow", "");
        if (i == 2)
            observation_call(&o, NULL, NULL);
        assert_string_equal(observation_judge(&o), i == 0 ? "response wrong-header" : "pass");
        observation_fini(&o);
    }
}

static void test_fails_visibly(void **state)
{
    static const struct row rows[] = {
        {"{\"fails_visibly\":true}", 400, NULL, NULL, NULL, NULL, "pass"},
        {"{\"fails_visibly\":true}", 503, "text/html", "<html>", NULL, NULL, "pass"},
        {"{\"fails_visibly\":true}", 200, NULL, NULL, NULL, NULL, "response failure-hidden"},
        {"{\"fails_visibly\":true}", 200, JSON, "{}", NULL, NULL, "response failure-hidden"},
        {"{\"fails_visibly\":true}", 200, JSON, "{}", NULL, "grpc-status: 13|", "pass"},
        {"{\"fails_visibly\":true}", 200, JSON, "{}", NULL, "grpc-status: abc|", "pass"},
        {"{\"fails_visibly\":true}", 200, JSON, "{}", "grpc-status: 13|", NULL, "response failure-hidden"},
        {"{\"fails_visibly\":true}", 200, "application/grpc", NULL, "grpc-status: 2|", NULL, "response failure-hidden"},
        {"{\"fails_visibly\":true}", 200, NULL, NULL, "grpc-status: 2|", NULL, "response failure-hidden"},
        {"{\"fails_visibly\":true}", 200, JSON, "{}", "grpc-status: 13|", "grpc-status: 0|", "response failure-hidden"},
        {"{\"fails_visibly\":true}", 200, JSON, "{\"code\":13,\"message\":\"m\"}", NULL, NULL, "pass"},
        {"{\"fails_visibly\":true}", 200, JSON, "{\"code\":13}", NULL, NULL, "pass"},
        {"{\"fails_visibly\":true}", 200, JSON, "{\"code\":13,\"details\":[]}", NULL, NULL, "pass"},
        {"{\"fails_visibly\":true}", 200, JSON, "{\"error\":{\"code\":500}}", NULL, NULL, "pass"},
        {"{\"fails_visibly\":true}", 200, JSON, "{\"code\":\"13\"}", NULL, NULL, "response failure-hidden"},
        {"{\"fails_visibly\":true}", 200, JSON, "{\"code\":13,\"other\":1}", NULL, NULL, "response failure-hidden"},
        {"{\"fails_visibly\":true}", 200, JSON, "{\"error\":\"x\"}", NULL, NULL, "response failure-hidden"},
        {"{\"fails_visibly\":true}", 200, JSON, "{", NULL, NULL, "response malformed"},
    };
    static const struct row streams[] = {
        {"{\"fails_visibly\":true}", 200, NULL, "", "grpc-status: 5|", NULL, "pass"},
        {"{\"fails_visibly\":true}", 200, JSON, "[]", "grpc-status: 5|", NULL, "response failure-hidden"},
    };
    (void)state;
    RUN(GET, rows);
    RUN("GET /v1/reservations", streams);
}

/* With a response_body the body, and the message of the case, are that field's. */
static void test_response_body(void **state)
{
    static const struct row strings[] = {
        {"{\"message\":[\"a\",\"b\"]}", 200, JSON, "[\"a\", \"b\"]", NULL, NULL, "pass"},
        {"{\"message\":[\"a\",\"b\"]}", 200, JSON, "[\"b\"]", NULL, NULL, "response wrong-body"},
        {"{\"message\":[]}", 200, JSON, "[]", NULL, NULL, "pass"},
        {"{\"message\":[\"a\"]}", 200, JSON, "{\"strings\":[\"a\"]}", NULL, NULL, "response wrong-body"},
    };
    static const struct row message[] = {
        {"{\"message\":{\"text\":\"a\"}}", 200, JSON, "{\"text\":\"a\"}", NULL, NULL, "pass"},
        {"{\"message\":{\"text\":\"a\"}}", 200, JSON, "null", NULL, NULL, "response wrong-body"},
    };
    static const struct row number[] = {
        {"{\"message\":\"9007199254740993\"}", 200, JSON, "9007199254740993", NULL, NULL, "pass"},
        {"{\"message\":\"9007199254740993\"}", 200, JSON, "\"9007199254740992\"", NULL, NULL, "response wrong-body"},
    };
    (void)state;
    RUN("GET /v1/response/strings", strings);
    RUN("GET /v1/response/message", message);
    RUN("GET /v1/response/number", number);
}

/* Printers of defaults write a google.protobuf.Value that is not set as null: no difference where the profile knows of
 * it, and nowhere is anything else excused with it. */
static void test_unset_values(void **state)
{
    static const struct {
        bool is_null; /* of the profile */
        const char *expect;
        const char *body;
        const char *want;
    } rows[] = {
        {true, "{\"int64Value\":\"7\"}", "{\"int64Value\":\"7\",\"boolValue\":false,\"value\":null}", "pass"},
        {true, "{\"self\":{\"int32Value\":7}}", "{\"self\":{\"int32Value\":7,\"value\":null},\"value\":null}", "pass"},
        {true, "{\"value\":null}", "{\"value\":null}", "pass"},
        {true, "{\"value\":null}", "{}", "response wrong-body"},
        {true, "{\"value\":5}", "{\"value\":null}", "response wrong-body"},
        {true, "{}", "{\"value\":5}", "response wrong-body"},
        {true, "{\"int64Value\":\"9007199254740993\"}", "{\"int64Value\":\"9007199254740992\",\"value\":null}",
         "response wrong-body"},
        {true, "{}", "{\"choiceNull\":null,\"int32Value\":1}", "response wrong-body"},
        {false, "{\"int64Value\":\"7\"}", "{\"int64Value\":\"7\",\"value\":null}", "response wrong-body"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        char expect[128];
        snprintf(expect, sizeof expect, "{\"message\":%s}", rows[i].expect);
        observation_init(&o, "GET /v1/echo", "[]", expect, NULL);
        observation_profile(&o, rows[i].is_null ? "{\"json_output\":{\"value\":[\"defaults\"],\"cite\":\"c\"}}" : "{}");
        observation_call(&o, NULL, NULL);
        observation_body(&o, JSON, rows[i].body);
        const char *got = observation_judge(&o);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: %s, not %s", i, got, rows[i].want);
        observation_fini(&o);
    }
}

/* A body beyond what the client keeps cannot be judged. */
static void test_capped(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, "[]", "{\"message\":{}}", NULL);
    observation_call(&o, NULL, NULL);
    observation_body(&o, NULL, "{}");
    o.response.body_len = 3;
    assert_string_equal(observation_judge(&o), "error: the response is larger than what the harness keeps");
    observation_fini(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),      cmocka_unit_test(test_fields),        cmocka_unit_test(test_body),
        cmocka_unit_test(test_well_formed), cmocka_unit_test(test_header_rules),  cmocka_unit_test(test_allow),
        cmocka_unit_test(test_joined),      cmocka_unit_test(test_fails_visibly), cmocka_unit_test(test_response_body),
        cmocka_unit_test(test_capped),      cmocka_unit_test(test_unset_values),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
