/* Streamed responses in every framing, judged; and counted while they arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/engine/coding/coding.h"
#include "harness/suite/tests/observation.h"

#define LIST   "GET /v1/reservations"
#define JSON   "application/json"
#define NDJSON "application/x-ndjson"
#define TWO    "{\"messages\":[{\"id\":\"1\"},{\"id\":\"2\"}]}"
#define FIRST  "{\"first_messages\":[{\"id\":\"1\"}]}"

struct row {
    const char *framing; /* a JSON list; NULL: the profile "any" */
    const char *expect;
    const char *type;
    const char *body;
    enum ending ending;
    const char *want;
};

static void judge(const struct row *row)
{
    struct observation o;
    char values[256];
    observation_init(&o, LIST, "[]", row->expect, NULL);
    if (row->framing) {
        snprintf(values, sizeof values, "{\"stream_framing\":{\"value\":%s,\"cite\":\"c\"}}", row->framing);
        observation_profile(&o, values);
    }
    observation_call(&o, NULL, NULL);
    observation_body(&o, row->type, row->body);
    o.response.ending = row->ending;
    const char *got = observation_judge(&o);
    if (strcmp(got, row->want) != 0)
        fail_msg("%s of %s: %s, not %s (%s)", row->expect, row->body, got, row->want,
                 o.result.reason_count > 0 ? o.result.reasons[0].observed : "");
    observation_fini(&o);
}
#define RUN(rows)                                                                                                      \
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)                                                            \
    judge(&rows[i])

#define DONE ENDING_COMPLETE
#define CUT  ENDING_CUT

static void test_framings(void **state)
{
    static const struct row rows[] = {
        {NULL, TWO, JSON, "[{\"id\":\"1\"},{\"id\":\"2\"}]", DONE, "pass"},
        {NULL, TWO, JSON, " [ {\"id\":\"1\"}\n,{\"id\":\"2\"} ] ", DONE, "pass"},
        {NULL, TWO, NDJSON, "{\"id\":\"1\"}\n{\"id\":\"2\"}\n", DONE, "pass"},
        {NULL, TWO, NDJSON, "{\"id\":\"1\"}\n{\"id\":\"2\"}", DONE, "pass"},
        {NULL, TWO, JSON, "{\"result\":{\"id\":\"1\"}}\n{\"result\": {\"id\":\"2\"} }\n", DONE, "pass"},
        {NULL, TWO, "text/event-stream", "data: {\"id\":\"1\"}\n\ndata:{\"id\":\"2\"}\n\n", DONE, "pass"},
        {NULL, TWO, JSON, "{\"id\":\"1\"}{\"id\":\"2\"}", DONE, "pass"},
        {NULL, TWO, NULL, "{\n \"id\":\"1\"}{\"id\":\n\"2\"}", DONE, "pass"},
        {"[\"ndjson\"]", TWO, NDJSON, "{\"id\":\"1\"}\n{\"id\":\"2\"}\n", DONE, "pass"},
        {"[\"ndjson\"]", TWO, NDJSON, "{\"id\":\"1\"}{\"id\":\"2\"}\n", DONE, "response malformed"},
        {"[\"ndjson\"]", TWO, NDJSON, "{\n\"id\":\"1\"}\n{\"id\":\"2\"}\n", DONE, "response malformed"},
        {"[\"array\"]", TWO, NULL, "{\"id\":\"1\"}\n{\"id\":\"2\"}\n", DONE, "response wrong-body"},
        {"[\"array\"]", TWO, JSON, "{\"id\":\"1\"}\n{\"id\":\"2\"}\n", DONE, "response malformed"},
        {"[\"ndjson-result\"]", TWO, JSON, "{\"id\":\"1\"}\n{\"id\":\"2\"}\n", DONE, "response malformed"},
        {"[\"ndjson-result\"]", TWO, JSON, "{\"result\":{\"id\":\"1\"}}\n{\"result\":{\"id\":\"2\"}}", DONE, "pass"},
        {"[\"sse\"]", TWO, JSON, "[{\"id\":\"1\"},{\"id\":\"2\"}]", DONE, "response malformed"},
        {"[\"concat\"]", TWO, NULL, "{\"id\":\"1\"} {\"id\":\"2\"}", DONE, "pass"},
    };
    (void)state;
    RUN(rows);
}

static void test_empty(void **state)
{
    static const struct row rows[] = {
        {NULL, "{\"messages\":[]}", JSON, "[]", DONE, "pass"},
        {NULL, "{\"messages\":[]}", JSON, "", DONE, "pass"},
        {NULL, "{\"messages\":[]}", NULL, "[{}]", DONE, "response wrong-body"},
        {"[\"array\"]", "{\"messages\":[]}", JSON, "", DONE, "response malformed"},
        {"[\"array\"]", "{\"messages\":[{}]}", JSON, "[{}]", DONE, "pass"},
        {"[\"ndjson-result\"]", "{\"messages\":[]}", JSON, "", DONE, "pass"},
    };
    (void)state;
    RUN(rows);
}

static void test_messages(void **state)
{
    static const struct row rows[] = {
        {NULL, TWO, JSON, "[{\"id\":\"1\"}]", DONE, "response wrong-body"},
        {NULL, TWO, JSON, "[{\"id\":\"2\"},{\"id\":\"1\"}]", DONE, "response wrong-body"},
        {NULL, TWO, JSON, "[{\"id\":\"1\"},{\"id\":\"2\"},{}]", DONE, "response wrong-body"},
        {NULL, TWO, JSON, "[{\"id\":\"1\"},{\"id\":\"2\",\"nobody\":0}]", DONE, "response wrong-body"},
        {NULL, TWO, JSON, "[{\"id\":\"1\"}{\"id\":\"2\"}]", DONE, "response malformed"},
        {NULL, TWO, JSON, "[{\"id\":\"1\"},{\"id\":\"2\"}", DONE, "response malformed"},
        {NULL, TWO, JSON, "[{\"id\":\"1\"},{\"id\":\"2\"}", CUT, "ending cut-short"},
        {NULL, FIRST, JSON, "[{\"id\":\"1\"},{\"id\":\"2\"}]", DONE, "pass"},
        {NULL, FIRST, JSON, "[]", DONE, "response wrong-body"},
        {NULL, "{\"first_messages\":[{\"id\":\"1\"}],\"ends\":\"aborted\"}", JSON, "[{\"id\":\"1\"},{\"id", CUT,
         "pass"},
        {NULL, "{\"first_messages\":[{\"id\":\"1\"}],\"ends\":\"aborted\"}", NDJSON, "{\"id\":\"1\"}\n{\"id", CUT,
         "pass"},
        {NULL, "{\"first_messages\":[{\"id\":\"1\"}],\"ends\":\"aborted\"}", JSON, "[{\"id\":\"1", CUT,
         "response wrong-body"},
    };
    (void)state;
    RUN(rows);
}

static void test_count(void **state)
{
    static const struct row rows[] = {
        {NULL, "{\"message_count\":2}", JSON, "[{\"id\":\"7\"},{\"id\":\"9\"}]", DONE, "pass"},
        {NULL, "{\"message_count\":3}", JSON, "[{\"id\":\"7\"},{\"id\":\"9\"}]", DONE, "response wrong-body"},
        {NULL, "{\"message_count\":2,\"numbered\":\"id\"}", JSON, "[{\"id\":\"1\"},{\"id\":\"2\"}]", DONE, "pass"},
        {NULL, "{\"message_count\":2,\"numbered\":\"id\"}", JSON, "[{\"id\":\"2\"},{\"id\":\"1\"}]", DONE,
         "response wrong-body"},
        {NULL, "{\"message_count\":2,\"numbered\":\"id\"}", JSON, "[{\"id\":\"1\"},{}]", DONE, "response wrong-body"},
        {NULL, "{\"message_count\":1,\"numbered\":\"id\",\"each\":{\"title\":\"T\"}}", JSON,
         "[{\"id\":\"1\",\"title\":\"T\"}]", DONE, "pass"},
        {NULL, "{\"message_count\":1,\"numbered\":\"id\",\"each\":{\"title\":\"T\"}}", JSON,
         "[{\"id\":\"1\",\"title\":\"WRONG\"}]", DONE, "response wrong-body"},
        {NULL, "{\"message_count\":1,\"numbered\":\"id\",\"each\":{\"title\":\"T\"}}", JSON,
         "[{\"id\":\"2\",\"title\":\"T\"}]", DONE, "response wrong-body"},
        {NULL, "{\"message_count\":1,\"each\":{\"title\":\"T\"}}", JSON, "[{\"title\":\"T\"}]", DONE, "pass"},
        {NULL, "{\"message_count\":2,\"numbered\":\"id\"}", JSON, "[{\"id\":\"1\"},{\"id\":\"2\"}", CUT,
         "ending cut-short"},
    };
    (void)state;
    RUN(rows);
}

#define FAILED "{\"stream_error\":{\"code\":13}}"

static void test_stream_error(void **state)
{
    static const struct row rows[] = {
        {NULL, FAILED, JSON, "[{\"id\":\"1\"},{\"code\":13,\"message\":\"m\"}]", DONE, "pass"},
        {NULL, FAILED, JSON, "[{\"id\":\"1\"},{\"error\":{\"code\":13,\"message\":\"m\"}}]", DONE, "pass"},
        {NULL, FAILED, JSON, "[{\"id\":\"1\"},{\"error\":{\"grpc_code\":13,\"http_code\":500}}]", DONE, "pass"},
        {NULL, FAILED, JSON, "{\"result\":{\"id\":\"1\"}}\n{\"error\":{\"code\":13,\"message\":\"m\"}}\n", DONE,
         "pass"},
        {NULL, FAILED, JSON, "{\"id\":\"1\"}\n{\"code\":500,\"message\":\"m\"}\n", DONE, "pass"},
        {NULL, FAILED, JSON, "[{\"code\":14,\"message\":\"m\"}]", DONE, "response wrong-error"},
        {NULL, "{\"stream_error\":{\"code\":[13,14]}}", JSON, "[{\"code\":14,\"message\":\"m\"}]", DONE, "pass"},
        {NULL, "{\"stream_error\":{}}", JSON, "[{\"code\":14,\"message\":\"m\"}]", DONE, "pass"},
        {NULL, "{\"stream_error\":{\"message\":\"m\"}}", JSON, "[{\"code\":14,\"message\":\"m\"}]", DONE, "pass"},
        {NULL, "{\"stream_error\":{\"message\":\"n\"}}", JSON, "[{\"code\":14,\"message\":\"m\"}]", DONE,
         "response wrong-error"},
        /* An error alone may stand outside of any framing. */
        {"[\"array\"]", FAILED, JSON, "{\"code\":13,\"message\":\"m\"}", DONE, "pass"},
        {"[\"array\"]", "{\"fails_visibly\":true}", JSON, "{\"code\":13,\"message\":\"m\"}", DONE, "pass"},
        {"[\"array\"]", FAILED, JSON, "{\"id\":\"1\"}", DONE, "response malformed"},
        {"[\"array\"]", FAILED, JSON, "{\"code\":13,\"message\":\"m\"}{}", DONE, "response malformed"},
        {NULL, FAILED, JSON, "[{\"id\":\"1\"}]", DONE, "response failure-hidden"},
        {NULL, FAILED, JSON, "[{\"code\":13,\"message\":\"m\"},{\"id\":\"1\"}]", DONE, "response failure-hidden"},
        {NULL, "{\"fails_visibly\":true}", JSON, "[{\"id\":\"1\"},{\"code\":13,\"message\":\"m\"}]", DONE, "pass"},
        {NULL, "{\"fails_visibly\":true}", JSON, "[{\"id\":\"1\"}]", DONE, "response failure-hidden"},
        {NULL, "{\"fails_visibly\":true}", JSON, "[{\"id\":\"1\"}", CUT, "pass"},
        {NULL, "{\"fails_visibly\":true}", JSON, "[{\"id\":\"1\"}", DONE, "response malformed"},
        /* An error element is no message, and none may stand behind a stream that should succeed. */
        {NULL, "{\"messages\":[{\"id\":\"1\"}],\"stream_error\":{}}", JSON,
         "[{\"id\":\"1\"},{\"code\":13,\"message\":\"\"}]", DONE, "pass"},
        {NULL, "{\"messages\":[{\"id\":\"1\"}]}", JSON, "[{\"id\":\"1\"},{\"code\":13,\"message\":\"m\"}]", DONE,
         "response wrong-body"},
        {NULL, "{\"message_count\":1}", JSON, "[{\"id\":\"1\"},{\"code\":13,\"message\":\"m\"}]", DONE,
         "response wrong-body"},
    };
    (void)state;
    RUN(rows);
}

/* The script waits for the client to have a message that never comes through. */
static void test_not_delivered(void **state)
{
    static const char script[] = "[{\"headers\":[]},{\"message\":{\"id\":\"1\"}},"
                                 "{\"await\":\"client_has_messages\",\"count\":1},{\"message\":{\"id\":\"2\"}},"
                                 "{\"await\":\"client_has_messages\",\"count\":2},{\"trailers\":[]}]";
    struct observation o;
    (void)state;
    observation_init(&o, LIST, script, TWO, NULL);
    struct call_seen *call = observation_call(&o, NULL, NULL);
    call->script_done = false;
    o.response.ending = ENDING_TIMEOUT;
    assert_string_equal(observation_judge(&o), "response not-delivered");
    observation_body(&o, JSON, "[{\"id\":\"1\"}");
    assert_string_equal(observation_judge(&o), "response not-delivered");
    buf_append_cstr(&o.response.body, ",{\"id\":\"2\"}");
    o.response.body_len = o.response.body.len;
    assert_string_equal(observation_judge(&o), "ending hung");
    buf_reset(&o.response.body);
    o.response.body_len = 0;
    call->script_done = true;
    assert_string_equal(observation_judge(&o), "ending hung");
    observation_fini(&o);
}

/* The count is the same however the bytes arrive. */
static void count(const char *body, const char *type, size_t want)
{
    struct profile *profile;
    struct err err;
    assert_int_equal(profile_load(&profile, "any", &err), ERR_OK);
    for (size_t cut = 0; cut <= strlen(body); cut++) {
        struct stream_counter counter;
        struct arena arena;
        struct field field = {.name = span_cstr("content-type"), .value = span_cstr(type)};
        const struct fields headers = {.items = &field, .count = 1};
        arena_init(&arena, 4096);
        stream_counter_init(&counter, FRONT_HTTP_JSON, profile, &arena);
        stream_counter_feed(&counter, span_of(body, cut), &headers);
        size_t before = counter.count;
        stream_counter_feed(&counter, span_cstr(body + cut), &headers);
        assert_true(before <= want);
        assert_int_equal(counter.count, want);
        stream_counter_fini(&counter);
        arena_fini(&arena);
    }
    profile_free(profile);
}

/* The same of a body that is coded, flushed behind each message; of a coding that is not known nothing is counted. */
static void test_counter_coded(void **state)
{
    struct field field = {.name = span_cstr("content-encoding")};
    const struct fields headers = {.items = &field, .count = 1};
    struct profile *profile;
    (void)state;
    assert_int_equal(profile_load(&profile, "any", NULL), ERR_OK);
    for (int i = 0; i <= CODING_COUNT; i++) {
        enum coding coding = i < CODING_COUNT ? (enum coding)i : CODING_GZIP;
        struct coding_writer *writer = coding_writer_new(coding);
        struct stream_counter counter;
        struct arena arena;
        struct buf coded;
        arena_init(&arena, 4096);
        buf_init(&coded, 4096);
        field.value = span_cstr(i < CODING_COUNT ? coding_names[i] : "gzip, br");
        stream_counter_init(&counter, FRONT_HTTP_JSON, profile, &arena);
        for (size_t n = 1; n <= 3; n++) {
            buf_reset(&coded);
            assert_true(coding_write(writer, &coded, span_cstr(n == 1 ? "[{}" : ",{}"), CODING_FLUSH));
            stream_counter_feed(&counter, buf_span(&coded), &headers);
            assert_int_equal(counter.count, i < CODING_COUNT ? n : 0);
        }
        stream_counter_fini(&counter);
        coding_writer_free(writer);
        buf_fini(&coded);
        arena_fini(&arena);
    }
    profile_free(profile);
}

static void test_counter(void **state)
{
    (void)state;
    count("", JSON, 0);
    count("  ", JSON, 0);
    count("[", JSON, 0);
    count("[{\"a\":[1,2]},{\"b\":\"]\"}", JSON, 2);
    count("[{\"a\":1},{\"b\":", JSON, 1);
    count("{\"a\":1}\n{\"b\":2}\n{\"c\"", NDJSON, 2);
    count("data: {\"a\":1}\n\ndata: {\"b\":2}\n", "text/event-stream", 1);
    count("data: {\"a\":1}\n\ndata: {\"b\":2}\n\n", JSON, 2);
}

/* A body cut anywhere gives a verdict, and a pass only when it is whole. */
static void test_cut(void **state)
{
    static const char *const bodies[] = {"[{\"id\":\"1\"},{\"id\":\"2\"}]", "{\"id\":\"1\"}\n{\"id\":\"2\"}\n",
                                         "{\"result\":{\"id\":\"1\"}}\n{\"result\":{\"id\":\"2\"}}\n",
                                         "data: {\"id\":\"1\"}\n\ndata: {\"id\":\"2\"}\n\n"};
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        for (size_t cut = 0; cut <= strlen(bodies[i]); cut++) {
            char body[128];
            struct observation o;
            snprintf(body, sizeof body, "%.*s", (int)cut, bodies[i]);
            observation_init(&o, LIST, "[]", TWO, NULL);
            observation_call(&o, NULL, NULL);
            observation_body(&o, JSON, body);
            bool whole = cut == strlen(bodies[i]) || (i > 0 && i < 3 && cut + 1 == strlen(bodies[i]));
            const char *got = observation_judge(&o);
            if ((strcmp(got, "pass") == 0) != whole)
                fail_msg("cut at %zu: %s: %s", cut, body, got);
            o.response.ending = ENDING_CUT;
            assert_string_not_equal(observation_judge(&o), "pass");
            observation_fini(&o);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_framings), cmocka_unit_test(test_empty),         cmocka_unit_test(test_messages),
        cmocka_unit_test(test_count),    cmocka_unit_test(test_stream_error),  cmocka_unit_test(test_not_delivered),
        cmocka_unit_test(test_counter),  cmocka_unit_test(test_counter_coded), cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
