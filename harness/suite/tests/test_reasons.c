/* A failure keeps all its reasons: one that is known hides no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "harness/suite/tests/observation.h"

#define JSON     "application/json"
#define DIALECTS "{\"json_output\":{\"value\":[\"defaults\",\"enum-numbers\",\"proto-names\"],\"cite\":\"c\"}}"
#define STRICT   "{\"json_output\":{\"value\":[],\"cite\":\"c\"}}"

/* The paths of the reasons, "a; b", with what is omitted behind them. */
static const char *paths(struct observation *o)
{
    const char *text = "";
    observation_judge(o);
    for (size_t i = 0; i < o->result.reason_count; i++)
        text = arena_printf(&o->arena, "%s%s%s", text, *text ? "; " : "", o->result.reasons[i].path);
    if (o->result.reasons_omitted > 0)
        text = arena_printf(&o->arena, "%s; and %zu", text, o->result.reasons_omitted);
    return text;
}

static void want_paths(struct observation *o, const char *what, const char *want)
{
    const char *got = paths(o);
    if (strcmp(got, want) != 0)
        fail_msg("%s: %s, not %s", what, got, want);
    observation_fini(o);
}

struct row {
    const char *expect;
    const char *body;
    const char *paths;
};

static void run(const char *request, const char *profile, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct observation o;
        observation_init(&o, request, "[]", rows[i].expect, NULL);
        if (profile)
            observation_profile(&o, profile);
        observation_call(&o, NULL, NULL);
        observation_body(&o, JSON, rows[i].body);
        want_paths(&o, rows[i].body, rows[i].paths);
    }
}
#define RUN(request, profile, rows) run(request, profile, rows, sizeof rows / sizeof *rows)

/* The spelling of JSON: every member that is not spelled right. */
static void test_spelling(void **state)
{
    static const struct row strict[] = {
        {"{\"json\":{\"int64Value\":\"1\",\"boolValue\":true}}", "{\"int64Value\":1,\"boolValue\":1}",
         "json /int64Value; json /boolValue"},
        {"{\"json\":{\"int64Value\":\"1\"}}", "{\"int64_value\":\"1\",\"value\":null}",
         "json /int64_value; json /value; json /int64Value"},
        {"{\"json\":{\"self\":{\"int64Value\":\"1\",\"uint64Value\":\"2\"}}}",
         "{\"self\":{\"int64Value\":1,\"uint64Value\":2,\"strings\":[]}}",
         "json /self/int64Value; json /self/uint64Value; json /self/strings"},
        {"{\"json\":{\"int64s\":[\"1\",\"2\",\"3\"]}}", "{\"int64s\":[1,\"2\"]}", "json /int64s/0; json /int64s/2"},
        {"{\"json\":{\"byInt64\":{\"5\":\"v\",\"6\":\"w\"}}}", "{\"byInt64\":{\"6\":7,\"8\":\"x\"}}",
         "json /byInt64/5; json /byInt64/6; json /byInt64/8"},
        {"{\"json\":{\"int64Value\":\"1\"}}", "[]", "json"},
        {"{\"json\":{\"int64Value\":\"1\"}}", "{\"int64Value\":1", "form json; json"},
        {"{\"message\":{\"int64Value\":\"1\"},\"json\":{\"int64Value\":\"1\"}}", "{\"int64Value\":2}",
         "/int64Value; json /int64Value"},
    };
    static const struct row dialects[] = {
        {"{\"json\":{\"int64Value\":\"1\"}}", "{\"int64_value\":1,\"int64Value\":\"1\"}", "json /int64_value"},
        {"{\"json\":{\"int64Value\":\"1\"}}", "{\"int64_value\":1,\"strings\":[],\"boolValue\":true}",
         "json /int64_value; json /boolValue"},
    };
    (void)state;
    RUN("GET /v1/echo", STRICT, strict);
    RUN("GET /v1/echo", DIALECTS, dialects);
}

/* What cannot be read of a message is told, and the rest is compared. */
static void test_unreadable(void **state)
{
    static const struct row rows[] = {
        {"{\"message\":{\"int64Value\":\"1\"}}", "{\"int64Value\":\"2\",\"bogus\":1}", "/bogus; /int64Value"},
        {"{\"message\":{\"int64Value\":\"1\",\"int32Value\":3}}", "{\"int32_value\":\"x\",\"int64Value\":\"1\"}",
         "/int32Value"},
        {"{\"message\":{\"int64Value\":\"1\",\"int32Value\":3}}", "{\"a\":0,\"int64Value\":{},\"boolValue\":true}",
         "/a; /int64Value; /int32Value; /boolValue"},
        {"{\"message\":{\"self\":{\"int32Value\":1}}}", "{\"self\":{\"int32Value\":\"x\"},\"boolValue\":true}",
         "/self; /boolValue"},
        {"{\"message\":{\"int64Value\":\"1\"}}", "{\"bogus\":1}", "message"},
        {"{\"message\":{\"int64Value\":\"1\"}}", "{\"int64Value\":\"1\",\"int64Value\":\"2\"}", "message"},
        {"{\"message\":{\"int64Value\":\"1\"}}", "[1]", "message"},
        {"{\"message\":{\"int64Value\":\"1\"}}", "{\"code\":5,\"message\":\"gone\",\"details\":[]}", "message"},
        {"{\"message\":{\"int64Value\":\"1\"}}", "{\"int64Value\":\"2\"", "form json; message"},
    };
    (void)state;
    RUN("GET /v1/echo", NULL, rows);
}

static void test_unreadable_in_stream(void **state)
{
    static const struct row rows[] = {
        {"{\"messages\":[{\"id\":\"1\"},{\"id\":\"2\"}]}", "[{\"id\":\"3\",\"bogus\":1},{\"id\":\"4\"}]",
         "/0/bogus; /0/id; /1/id"},
        {"{\"messages\":[{\"id\":\"1\"},{\"id\":\"2\"}]}", "[{\"id\":\"3\"},{\"id\":\"2\"}",
         "form json; framing; /0/id"},
        {"{\"first_messages\":[{\"id\":\"1\"}]}", "[{\"id\":\"3\"},]", "form json; framing; /0/id"},
        {"{\"message_count\":2,\"each\":{\"id\":\"1\"}}", "[{\"id\":\"1\"},{\"id\":2}{\"id\":\"1\"}]",
         "form json; framing; /1"},
    };
    (void)state;
    RUN("GET /v1/reservations", NULL, rows);
}

/* Many differences: the first 64, and how many more. */
static void test_bounded(void **state)
{
    struct observation o;
    struct buf body;
    (void)state;
    buf_init(&body, 1u << 20);
    buf_append_cstr(&body, "{\"int64s\":[0");
    for (size_t i = 1; i < 1000; i++)
        buf_append_cstr(&body, ",0");
    buf_append_cstr(&body, "]}");
    buf_append_byte(&body, '\0');
    observation_init(&o, "GET /v1/echo", "[]", "{\"json\":{\"int64s\":[]}}", NULL);
    observation_call(&o, NULL, NULL);
    observation_body(&o, JSON, (const char *)body.data);
    buf_fini(&body);
    observation_judge(&o);
    assert_int_equal(o.result.reason_count, CHECK_MAX_REASONS);
    assert_int_equal(o.result.reasons_omitted, 1000 - CHECK_MAX_REASONS);
    observation_fini(&o);
}

static void add_request_header(struct observation *o, const char *name, const char *value)
{
    assert_true(fields_add(&o->calls[0].headers, &o->arena, span_cstr(name), span_cstr(value)));
}

/* Each field that breaks a rule for requests. */
static void test_request_rules(void **state)
{
    static const struct {
        const char *fields[3][2];
        const char *paths;
    } rows[] = {
        {{{"connection", "close"}, {"keep-alive", "5"}}, "rule connection connection; rule connection keep-alive"},
        {{{"grpc-status", "0"}, {"grpc-message", "x"}}, "rule no-status grpc-status; rule no-status grpc-message"},
        {{{"a-bin", "AAAAA"}, {"b-bin", "AAAA"}, {"c-bin", "+"}}, "rule binary a-bin; rule binary c-bin"},
        {{{"te", "trailers"}, {"content-type", "application/grpc"}}, "rule once content-type; rule once te"},
        {{{":status", "200"}, {":x", "1"}},
         "rule pseudo-known :status; rule pseudo-known :x; rule pseudo-first :status; rule pseudo-first :x"},
        {{{"X-A", "1"}, {"b", " 1"}, {"c", "1"}}, "rule field-form X-A; rule field-form b"},
        {{{":method", "POST"}, {":path", "/a/B"}},
         "rule pseudo-once :method; rule pseudo-once :path; rule pseudo-first :method; rule pseudo-first :path"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        observation_init(&o, "GET /v1/reservations/1", "[]", "{\"status\":200}", NULL);
        observation_call(&o, NULL, "{\"id\":\"1\"}");
        for (size_t j = 0; j < 3 && rows[i].fields[j][0]; j++)
            add_request_header(&o, rows[i].fields[j][0], rows[i].fields[j][1]);
        want_paths(&o, rows[i].fields[0][0], rows[i].paths);
    }
}

/* A name of any length and with any bytes fits into the path. */
static void test_long_name(void **state)
{
    struct observation o;
    char name[2000];
    (void)state;
    memset(name, 'X', sizeof name);
    name[sizeof name - 1] = '\0';
    observation_init(&o, "GET /v1/reservations/1", "[]", "{\"status\":200}", NULL);
    observation_call(&o, NULL, "{\"id\":\"1\"}");
    add_request_header(&o, name, "1");
    assert_true(fields_add(&o.calls[0].headers, &o.arena, span_of("\0\0\0", 3), span_cstr("1")));
    assert_true(strlen(paths(&o)) < 2 * CHECK_MAX_PATH);
    assert_int_equal(o.result.reason_count, 2);
    observation_fini(&o);
}

/* The messages before what is no message. */
static void test_request_messages(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, "GET /v1/reservations/1", "[]", "{\"backend_saw\":{\"message\":{\"id\":\"1\"}}}", NULL);
    struct call_seen *call = observation_call(&o, NULL, "{\"id\":\"2\"}");
    assert_true(buf_append(&call->body, "\0\0", 2));
    call->body_len = call->body.len;
    want_paths(&o, "cut", "rule framing; messages; /id");
}

/* Everything that makes a response malformed. */
static void test_forms(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, "GET /v1/reservations/1", "[]", "{\"status\":200}", NULL);
    observation_call(&o, NULL, "{\"id\":\"1\"}");
    observation_header(&o, "date", "a");
    observation_header(&o, "date", "b");
    observation_header(&o, "age", "1");
    observation_header(&o, "age", "1");
    observation_header(&o, "content-length", "9");
    observation_header(&o, "transfer-encoding", "chunked");
    observation_body(&o, JSON, "{");
    want_paths(&o, "forms", "form once date; form once age; form one-framing; form content-length; form json");
}

/* Every header and trailer with the text in it. */
static void test_no_text(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, "GET /v1/reservations/1", "[]", "{\"no_text\":\"evil\"}", NULL);
    observation_call(&o, NULL, "{\"id\":\"1\"}");
    observation_header(&o, "a", "evil");
    observation_header(&o, "b", "an evil value");
    observation_trailer(&o, "c", "evil");
    want_paths(&o, "text", "header a; header b; header c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spelling),         cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_bounded),          cmocka_unit_test(test_unreadable_in_stream),
        cmocka_unit_test(test_request_rules),    cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_request_messages), cmocka_unit_test(test_forms),
        cmocka_unit_test(test_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
