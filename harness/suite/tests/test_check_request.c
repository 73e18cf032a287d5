/* What the backend received, judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "harness/suite/tests/observation.h"

#define GET    "GET /v1/reservations/1"
#define METHOD "reservations.v1.ReservationService/GetReservation"
#define SAW    "{\"backend_saw\":{\"message\":{\"id\":\"1\"}}}"

static void set_body(struct call_seen *call, const char *bytes, size_t len)
{
    buf_reset(&call->body);
    assert_true(buf_append(&call->body, bytes, len));
    call->body_len = len;
}

static void test_message(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, "[]", SAW, NULL);
    assert_string_equal(observation_judge(&o), "request not-reached");
    struct call_seen *call = observation_call(&o, NULL, "{\"id\":\"1\"}");
    assert_string_equal(observation_judge(&o), "pass");
    set_body(call,
             "\0\0\0\0\3\n\1"
             "2",
             8);
    assert_string_equal(observation_judge(&o), "request wrong-request");
    /* A default value on the wire is the same message; an unknown field is dropped. */
    observation_fini(&o);
    observation_init(&o, "GET /v1/echo", "[]", "{\"backend_saw\":{\"message\":{\"int32Value\":0}}}", NULL);
    observation_call(&o, NULL, "{}");
    assert_string_equal(observation_judge(&o), "pass");
    observation_fini(&o);
}

static void assert_path(const char *mode, const char *saw, const char *path, const char *want)
{
    struct observation o;
    observation_init_mode(&o, mode, METHOD, "{\"path\":\"/grpc.health.v1.Health/Check\",\"message\":{\"id\":\"1\"}}",
                          saw);
    struct call_seen *call = observation_call(&o, NULL, "{\"id\":\"1\"}");
    for (size_t i = 0; i < call->headers.count; i++) {
        if (span_is(call->headers.items[i].name, ":path"))
            call->headers.items[i].value = span_cstr(path);
    }
    assert_string_equal(observation_judge(&o), want);
    observation_fini(&o);
}

/* What passes straight through keeps its path; elsewhere the path is that of the method. */
static void test_path(void **state)
{
    static const char any[] = "{\"backend_saw\":{}}";
    static const char named[] = "{\"backend_saw\":{\"rpc\":\"" METHOD "\",\"message\":{\"id\":\"1\"}}}";
    (void)state;
    assert_path("pass-through", any, "/grpc.health.v1.Health/Check", "pass");
    assert_path("pass-through", any, "/" METHOD, "request wrong-rpc");
    assert_path("pass-through", named, "/" METHOD, "pass");
    assert_path("pass-through", named, "/grpc.health.v1.Health/Check", "request wrong-rpc");
    assert_path("grpc-web", any, "/grpc.health.v1.Health/Check", "request wrong-rpc");
}

/* A message whose JSON is put together. */
static void test_message_text(void **state)
{
    static const char expect[] = "{\"backend_saw\":{\"message_text\":{\"fill\":\"ab\",\"count\":3,"
                                 "\"prefix\":\"{\\\"id\\\":\\\"\",\"suffix\":\"\\\"}\"}}}";
    struct observation o;
    (void)state;
    observation_init(&o, GET, "[]", expect, NULL);
    observation_call(&o, NULL, "{\"id\":\"ababab\"}");
    assert_string_equal(observation_judge(&o), "pass");
    observation_fini(&o);
    observation_init(&o, GET, "[]", expect, NULL);
    observation_call(&o, NULL, "{\"id\":\"abab\"}");
    assert_string_equal(observation_judge(&o), "request wrong-request");
    observation_fini(&o);
}

/* Bodies that are not exactly one well-framed message. */
static void test_framing(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *want;
    } rows[] = {
        {"\0\0\0\0\3\n\0011", 8, "pass"},
        {"", 0, "request wrong-request"},
        {"\0\0\0\0\3\n\1", 7, "request wrong-request"},               /* cut */
        {"\0\0\0", 3, "request wrong-request"},                       /* cut in the prefix */
        {"\1\0\0\0\3\n\0011", 8, "request wrong-request"},            /* compressed */
        {"\2\0\0\0\3\n\0011", 8, "request wrong-request"},            /* reserved flag */
        {"\0\0\0\0\3\n\0011\0\0\0\0\0", 13, "request wrong-request"}, /* a second message */
        {"\n\0011", 3, "request wrong-request"},                      /* no prefix */
        {"\0\0\0\0\3\n\0021", 8, "request wrong-request"},            /* does not parse */
        {"\0\0\0\0\3\n\1\xff", 8, "request wrong-request"},           /* a string that is not UTF-8 */
        {"{\"id\":\"1\"}", 10, "request wrong-request"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        observation_init(&o, GET, "[]", SAW, NULL);
        set_body(observation_call(&o, NULL, NULL), rows[i].bytes, rows[i].len);
        const char *got = observation_judge(&o);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: %s, not %s", i, got, rows[i].want);
        observation_fini(&o);
    }
}

/* A body beyond what the backend keeps cannot be judged, whatever is asked of it. */
static void test_capped(void **state)
{
    static const char *const expects[] = {
        SAW,
        "{\"backend_saw\":{\"message_text\":\"{\\\"id\\\":\\\"1\\\"}\"}}",
        "{\"backend_saw\":{\"body\":\"ab\"}}",
        "{\"backend_saw\":{\"json\":{\"id\":\"1\"}}}",
        "{\"backend_saw\":{\"event\":{\"method\":\"POST\"}}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof expects / sizeof *expects; i++) {
        struct observation o;
        observation_init(&o, GET, "[]", expects[i], NULL);
        observation_call(&o, NULL, "{\"id\":\"1\"}")->body_len++;
        const char *got = observation_judge(&o);
        if (strcmp(got, "error: the request is larger than what the backend keeps") != 0)
            fail_msg("%s: %s", expects[i], got);
        observation_fini(&o);
    }
}

/* Nor do the words about it say that the proxy cut it. */
static void test_capped_words(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, "[]", "{\"backend_saw\":{}}", NULL);
    struct call_seen *call = observation_call(&o, "reservations.v1.ReservationService/DeleteReservation", NULL);
    set_body(call, "\0\0\0\0\3\n\1", 7);
    call->body_len = 8;
    assert_string_equal(observation_judge(&o), "request wrong-rpc");
    assert_non_null(strstr(o.result.reasons[0].observed, "8 bytes, more than what the backend keeps"));
    observation_fini(&o);
}

static void test_messages(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, "POST /v1/streams:collect", "[]",
                     "{\"backend_saw\":{\"messages\":[{\"text\":\"a\"},{\"text\":\"b\"}]}}", ",\"body\":\"[]\"");
    struct call_seen *call = observation_call(&o, NULL, "{\"text\":\"a\"}");
    assert_string_equal(observation_judge(&o), "request wrong-request");
    struct buf both;
    buf_init(&both, 100);
    buf_append_span(&both, buf_span(&call->body));
    buf_append_span(&both, buf_span(&call->body));
    set_body(call, (const char *)both.data, both.len);
    assert_string_equal(observation_judge(&o), "request wrong-request"); /* a, a */
    both.data[both.len - 1] = 'b';
    set_body(call, (const char *)both.data, both.len);
    assert_string_equal(observation_judge(&o), "pass");
    buf_fini(&both);
    observation_fini(&o);
    observation_init(&o, "POST /v1/streams:collect", "[]", "{\"backend_saw\":{\"messages\":[]}}", NULL);
    observation_call(&o, NULL, NULL);
    assert_string_equal(observation_judge(&o), "pass");
    observation_fini(&o);
}

static void test_half_close(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, "[]", SAW, NULL);
    struct call_seen *call = observation_call(&o, NULL, "{\"id\":\"1\"}");
    call->half_closed = false;
    assert_string_equal(observation_judge(&o), "request wrong-request");
    observation_fini(&o);
    observation_init(&o, GET, "[]", "{\"backend_saw\":{\"rpc\":\"" METHOD "\"}}", NULL);
    observation_call(&o, NULL, NULL)->half_closed = false;
    assert_string_equal(observation_judge(&o), "pass");
    observation_fini(&o);
}

static void test_rpc(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, "[]", "{\"backend_saw\":{}}", NULL);
    observation_call(&o, "reservations.v1.ReservationService/DeleteReservation", "{\"id\":\"1\"}");
    assert_string_equal(observation_judge(&o), "request wrong-rpc");
    assert_string_equal(o.result.reasons[0].expected, "/" METHOD);
    observation_fini(&o);
    observation_init(&o, GET, "[]",
                     "{\"backend_saw\":{\"rpc\":\"reservations.v1.ReservationService/DeleteReservation\","
                     "\"message\":{\"id\":\"1\"}}}",
                     NULL);
    observation_call(&o, "reservations.v1.ReservationService/DeleteReservation", "{\"id\":\"1\"}");
    assert_string_equal(observation_judge(&o), "pass");
    observation_fini(&o);
}

static void test_metadata(void **state)
{
    static const struct {
        const char *expect;
        const char *want;
    } rows[] = {
        {"{\"headers\":[[\"te\",\"trailers\"]]}", "pass"},
        {"{\"headers\":[[\"TE\",\"trailers\"]]}", "pass"},
        {"{\"headers\":[[\"te\"]]}", "pass"},
        {"{\"headers\":[[\"te\",{\"hex\":\"747261696c657273\"}]]}", "pass"},
        {"{\"headers\":[[\"te\",\"Trailers\"]]}", "request wrong-metadata"},
        {"{\"headers\":[[\"te\"],[\"x\"]]}", "request wrong-metadata"},
        {"{\"headers\":[[\":path\",\"/" METHOD "\"]]}", "pass"},
        {"{\"no_headers\":[\"x\"]}", "pass"},
        {"{\"no_headers\":[\"x\",\"Te\"]}", "request wrong-metadata"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        char expect[256];
        snprintf(expect, sizeof expect, "{\"backend_saw\":%s}", rows[i].expect);
        observation_init(&o, GET, "[]", expect, NULL);
        observation_call(&o, NULL, NULL);
        assert_string_equal(observation_judge(&o), rows[i].want);
        observation_fini(&o);
    }
}

/* Lines of one name are one list, whose blanks say nothing. */
static void test_joined(void **state)
{
    static const struct {
        const char *lines[3];
        const char *want;
    } rows[] = {
        {{NULL}, "pass"},
        {{"a, b"}, "pass"},
        {{"a", "b"}, "pass"},
        {{"a,b"}, "pass"},
        {{"a,  b"}, "pass"},
        {{"a"}, "request wrong-metadata"},
        {{"b", "a"}, "request wrong-metadata"},
        {{"a", "b", "b"}, "request wrong-metadata"},
        {{"a, b,"}, "request wrong-metadata"},
        {{"A, b"}, "request wrong-metadata"},
        {{""}, "request wrong-metadata"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        observation_init(&o, GET, "[]", "{\"backend_saw\":{\"joined\":[[\"x-tag\",\"a, b\"]]}}", NULL);
        struct call_seen *call = observation_call(&o, NULL, NULL);
        for (size_t j = 0; j < 3 && rows[i].lines[j]; j++)
            fields_add(&call->headers, &o.arena, span_cstr("x-tag"), span_cstr(rows[i].lines[j]));
        const char *got = observation_judge(&o);
        if (strncmp(got, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("row %zu: %s", i, got);
        observation_fini(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message),  cmocka_unit_test(test_path),       cmocka_unit_test(test_message_text),
        cmocka_unit_test(test_framing),  cmocka_unit_test(test_capped),     cmocka_unit_test(test_capped_words),
        cmocka_unit_test(test_messages), cmocka_unit_test(test_half_close), cmocka_unit_test(test_rpc),
        cmocka_unit_test(test_metadata), cmocka_unit_test(test_joined),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
