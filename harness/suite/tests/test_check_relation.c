/* What an exchange has in common with one before it, judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "harness/suite/tests/observation.h"

#define BODY   "response wrong-body"
#define SAME   "{\"same_as\":1}"
#define CALLED "{\"backend_saw\":{\"same_as\":1}}"
#define KEPT   "{\"same_connection\":true}"

/* Two exchanges of a case, the second with this expectation. */
struct pair {
    struct observation first;
    struct observation second;
};

static void pair_of(struct pair *pair, const char *path, const char *first, const char *second_path, const char *second)
{
    char text[2048];
    snprintf(text, sizeof text,
             "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"cases\":[{\"id\":\"t/a\",\"version\":1,\"level\":"
             "\"must\",\"title\":\"T\",\"why\":\"W\",\"cites\":[\"INV-6\"],\"defects\":[\"body-ignored\"],"
             "\"request\":{\"method\":\"GET\",\"path\":\"%s\"},\"backend\":[],\"expect\":%s,\"then\":[{"
             "\"request\":{\"method\":\"GET\",\"path\":\"%s\"},\"backend\":[],\"expect\":%s}]}]}",
             path, first, second_path, second);
    observation_init_text(&pair->first, text);
    observation_init_text(&pair->second, text);
    pair->second.testcase = &pair->second.testcase->exchanges[1];
}

static void pair_init(struct pair *pair, const char *first, const char *second)
{
    pair_of(pair, "/v1/echo", first, "/v1/echo", second);
}

static const char *judge(struct pair *pair)
{
    struct check_input inputs[2];
    struct observation *const both[] = {&pair->first, &pair->second};
    for (size_t i = 0; i < 2; i++) {
        inputs[i] = (struct check_input){.testcase = both[i]->testcase,
                                         .client = CLIENT_H1,
                                         .profile = both[i]->profile,
                                         .schema = observation_schema(),
                                         .response = &both[i]->response,
                                         .calls = both[i]->call_count > 0 ? both[i]->calls : NULL,
                                         .earlier = inputs,
                                         .earlier_count = i};
        check_run(&both[i]->result, &inputs[i], &both[i]->arena);
    }
    const struct check_result *result = &pair->second.result;
    if (result->verdict != VERDICT_FAIL)
        return verdict_name(result->verdict);
    return arena_printf(&pair->second.arena, "%s %s", axis_name(result->reasons[0].axis),
                        reason_kind_name(result->reasons[0].kind));
}

static void pair_fini(struct pair *pair)
{
    observation_fini(&pair->first);
    observation_fini(&pair->second);
}

static void answer(struct observation *observation, int status, const char *type, const char *body)
{
    observation->response.status = status;
    observation_call(observation, NULL, NULL);
    observation_body(observation, type, body);
}

#define JSON   "application/json"
#define ARRAYS "{\"stream_framing\":{\"value\":[\"array\"],\"cite\":\"c\"}}"

static void test_answers(void **state)
{
    static const struct {
        const char *first_type;
        const char *first;
        int status;
        const char *type;
        const char *body;
        const char *want;
    } rows[] = {
        {JSON, "{\"a\":1,\"b\":[2]}", 200, JSON, " { \"b\" : [ 2 ] ,\n\"a\" : 1 }\n", "pass"},
        {JSON, "{\"a\":1}", 200, JSON, "{\"a\":2}", BODY},
        {JSON, "{\"a\":1}", 200, JSON, "{}", BODY},
        {JSON, "{\"a\":1}", 404, JSON, "{\"a\":1}", "response wrong-status"},
        {JSON, "{\"a\":1}", 200, "Application/JSON", "{\"a\":1}", "pass"},
        {JSON, "{\"a\":1}", 200, "application/x-ndjson", "{\"a\":1}", "response wrong-content-type"},
        {"application/x-ndjson", "{\"a\":1}\n{\"b\":1}\n", 200, "application/x-ndjson", "{\"a\":1} {\"b\": 1}", "pass"},
        {"application/x-ndjson", "{\"a\":1}\n{\"b\":1}\n", 200, "application/x-ndjson", "{\"a\":1}\n", BODY},
        {"text/css", "a {}", 200, "text/css", "a {}", "pass"},
        {"text/css", "a {}", 200, "text/css", "a  {}", BODY},
        {NULL, "", 200, NULL, "", "pass"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair pair;
        pair_init(&pair, "{\"anything\":true}", SAME);
        answer(&pair.first, 200, rows[i].first_type, rows[i].first);
        answer(&pair.second, rows[i].status, rows[i].type, rows[i].body);
        const char *got = judge(&pair);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: %s, not %s", i, got, rows[i].want);
        pair_fini(&pair);
    }
}

static void test_requests(void **state)
{
    static const struct {
        const char *method; /* of the second; NULL: that of the case */
        const char *first;
        const char *second;
        const char *want;
    } rows[] = {
        {NULL, "{\"int32Value\":5}", "{\"int32Value\":5}", "pass"},
        {NULL, "{\"int32Value\":5}", "{\"int32Value\":6}", "request wrong-request"},
        {NULL, "{\"int32Value\":5}", "{}", "request wrong-request"},
        {"transcheck.v1.EchoService/EchoPath", "{}", "{}", "request wrong-rpc"},
        {NULL, NULL, "{}", "request wrong-request"},
        {NULL, "{}", NULL, "request not-reached"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair pair;
        pair_init(&pair, "{\"anything\":true}", CALLED);
        if (rows[i].first)
            observation_call(&pair.first, NULL, rows[i].first);
        if (rows[i].second)
            observation_call(&pair.second, rows[i].method, rows[i].second);
        const char *got = judge(&pair);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: %s, not %s", i, got, rows[i].want);
        pair_fini(&pair);
    }
}

/* Of a stream its messages count. */
static void test_stream_of_one(void **state)
{
    static const struct {
        const char *body;
        const char *want;
    } rows[] = {
        {"[{\"id\":\"1\"}]", "pass"},
        {"[{\"id\":\"2\"}]", BODY},
        {"[{\"id\":\"1\"},{\"id\":\"1\"}]", BODY},
        {"[]", BODY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair pair;
        pair_of(&pair, "/v1/reservations/1", "{\"anything\":true}", "/v1/reservations", SAME);
        observation_profile(&pair.first, ARRAYS);
        observation_profile(&pair.second, ARRAYS);
        answer(&pair.first, 200, JSON, "{\"id\":\"1\"}");
        answer(&pair.second, 200, "application/x-ndjson", rows[i].body);
        const char *got = judge(&pair);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: %s, not %s", i, got, rows[i].want);
        pair_fini(&pair);
    }
}

static void test_endings(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, "{\"anything\":true}", SAME);
    pair.first.response.ending = ENDING_CUT;
    observation_call(&pair.second, NULL, NULL);
    assert_string_equal(judge(&pair), "ending wrong-ending");
    pair_fini(&pair);
}

static const char *connections(uint32_t first, uint32_t second)
{
    static char got[64];
    struct pair pair;
    pair_init(&pair, "{\"anything\":true}", KEPT);
    pair.first.response.conn = first;
    pair.second.response.conn = second;
    snprintf(got, sizeof got, "%s", judge(&pair));
    pair_fini(&pair);
    return got;
}

static void test_connections(void **state)
{
    (void)state;
    assert_string_equal(connections(3, 3), "pass");
    assert_string_equal(connections(3, 4), "ending not-kept");
    assert_string_equal(connections(0, 0), "ending not-kept");
}

/* Whatever came of the first is nobody's matter, as long as it is played. */
static void test_anything(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, "{\"anything\":true}", "{\"status\":200}");
    pair.first.response.ending = ENDING_TIMEOUT;
    pair.first.response.status = 0;
    judge(&pair);
    assert_int_equal(pair.first.result.verdict, VERDICT_PASS);
    assert_int_equal(pair.first.result.reason_count, 0);
    pair_fini(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers),       cmocka_unit_test(test_requests),
                                       cmocka_unit_test(test_stream_of_one), cmocka_unit_test(test_endings),
                                       cmocka_unit_test(test_connections),   cmocka_unit_test(test_anything)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    observation_unload();
    return failed;
}
