/* Waivers: against a suite, applied, stale, of another kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/suite/waiver.h"
#include "harness/suite/tests/observation.h"

static struct suite *suite;

static int set_up(void **state)
{
    struct err err;
    (void)state;
    if (suite_new(&suite, observation_schema(), observation_router(), &err) != ERR_OK)
        return -1;
    return suite_add_directory(suite, "harness/tests/expected/cases/good", &err) == ERR_OK &&
                   suite_finish(suite, &err) == ERR_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    suite_free(suite);
    observation_unload();
    return 0;
}

#define FILE_WITH(entries) "{\"waivers\":\"p\",\"version\":\"1\",\"profile\":\"any\",\"entries\":[" entries "]}"
#define REASON(kind, path) "{\"kind\":\"" kind "\",\"axis\":\"response\",\"path\":\"" path "\"}"
#define ENTRY(id, version, client, kind)                                                                               \
    "{\"id\":\"" id "\",\"case_version\":" version ",\"client\":\"" client                                             \
    "\",\"reasons\":[" REASON(kind, "*") "],\"reason\":\"r\",\"link\":\"l\"}"
#define STREAM "every-key/stream"

static enum waiver_outcome apply(struct waivers *waivers, const struct testcase *testcase, enum testcase_client client,
                                 enum verdict verdict, enum reason_kind kind, const struct waiver **which)
{
    struct check_result result = {.verdict = verdict, .reason_count = kind != KIND_NONE};
    result.reasons[0] = (struct reason){.kind = kind, .axis = AXIS_RESPONSE, .path = "failure"};
    return waivers_apply(waivers, testcase, client, &result, which);
}

static void test_apply(void **state)
{
    static const char text[] = FILE_WITH(ENTRY(STREAM, "1", "h1", "failure-hidden"));
    struct waivers *waivers;
    const struct waiver *which;
    struct err err;
    const struct testcase *testcase = suite_find(suite, STREAM);
    const struct testcase *other = suite_find(suite, "every-key/unary");
    (void)state;
    if (waivers_parse(&waivers, "w.json", span_cstr(text), suite, &err) != ERR_OK)
        fail_msg("%s", err.text);
    assert_int_equal(waivers_count(waivers), 1);
    assert_int_equal(waivers_at(waivers, 0)->reasons[0].kind, KIND_FAILURE_HIDDEN);
    assert_string_equal(waivers_at(waivers, 0)->link, "l");
#define APPLY(of, client, verdict, kind) apply(waivers, of, client, verdict, kind, &which)
    assert_int_equal(APPLY(testcase, CLIENT_H2, VERDICT_FAIL, KIND_FAILURE_HIDDEN), WAIVER_NONE);
    assert_int_equal(APPLY(other, CLIENT_H1, VERDICT_FAIL, KIND_FAILURE_HIDDEN), WAIVER_NONE);
    assert_int_equal(APPLY(testcase, CLIENT_H1, VERDICT_SKIPPED, KIND_NONE), WAIVER_NONE);
    assert_int_equal(APPLY(testcase, CLIENT_H1, VERDICT_ERROR, KIND_NONE), WAIVER_NONE);
    assert_int_equal(APPLY(testcase, CLIENT_H1, VERDICT_UNSUPPORTED, KIND_NONE), WAIVER_NONE);
    assert_null(which);
    assert_int_equal(APPLY(testcase, CLIENT_H1, VERDICT_FAIL, KIND_FAILURE_HIDDEN), WAIVER_APPLIES);
    assert_ptr_equal(which, waivers_at(waivers, 0));
    assert_int_equal(APPLY(testcase, CLIENT_H1, VERDICT_FAIL, KIND_MALFORMED), WAIVER_MISMATCH);
    assert_int_equal(APPLY(testcase, CLIENT_H1, VERDICT_PASS, KIND_NONE), WAIVER_STALE);
    assert_int_equal(APPLY(testcase, CLIENT_H1, VERDICT_ACCEPTABLE, KIND_NONE), WAIVER_STALE);
    waivers_free(waivers);
    waivers = NULL;
    assert_int_equal(APPLY(testcase, CLIENT_H1, VERDICT_FAIL, KIND_MALFORMED), WAIVER_NONE);
    waivers_free(NULL);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {FILE_WITH(ENTRY("every-key/gone", "1", "h1", "hung")), "w.json#/entries/0/id: there is no case"},
        {FILE_WITH(ENTRY(STREAM, "2", "h1", "hung")), "w.json#/entries/0/case_version: \"" STREAM "\" is at version 1"},
        {FILE_WITH(ENTRY("every-key/unary", "2", "h1", "hung")),
         "w.json#/entries/0/client: \"every-key/unary\" does not"},
        {FILE_WITH(ENTRY(STREAM, "1", "h3", "hung")), "w.json#/entries/0/client: expected one of \"h1\", \"h2\""},
        {FILE_WITH(ENTRY(STREAM, "1", "h1", "odd")), "w.json#/entries/0/reasons/0/kind: expected one of \"died\""},
        {FILE_WITH(ENTRY(STREAM, "1", "h1", "none")), "w.json#/entries/0/reasons/0/kind: expected one of"},
        {FILE_WITH(ENTRY(STREAM, "1", "h1", "hung") "," ENTRY(STREAM, "1", "h1", "died")),
         "w.json#/entries/1: \"" STREAM "\" with h1 is waived twice"},
        {"{\"waivers\":\"p\",\"version\":\"1\",\"entries\":{}}", "w.json#/entries: expected a list"},
        {"{\"waivers\":\"p\",\"entries\":[]}", "w.json#: the key \"version\" is missing"},
        {"{\"waivers\":\"p\",\"version\":\"\",\"entries\":[]}",
         "w.json#/version: it is empty, and somebody has to write it: its release"},
        {FILE_WITH("{\"id\":\"" STREAM
                   "\",\"case_version\":1,\"client\":\"h1\",\"reason\":\"\",\"reasons\":[" REASON("hung", "*") "]}"),
         "w.json#/entries/0/reason: it is empty, and somebody has to write it: why it is the proxy's fault"},
        {FILE_WITH("{\"id\":\"" STREAM "\",\"case_version\":1,\"client\":\"h1\",\"class\":\"rare\",\"reason\":\"r\","
                   "\"reasons\":[" REASON("hung", "*") "]}"),
         "w.json#/entries/0/class: expected one of \"always\", \"flaky\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct waivers *waivers;
        struct err err = {.text = "nothing"};
        waivers_parse(&waivers, "w.json", span_cstr(rows[i].text), suite, &err);
        if (strncmp(err.text, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("row %zu: \"%s\", not \"%s\"", i, err.text, rows[i].want);
    }
}

/* `all` is a waiver for each client that the case runs with. */
static void test_all_clients(void **state)
{
    static const char text[] = FILE_WITH(ENTRY(STREAM, "1", "all", "failure-hidden"));
    static const char twice[] =
        FILE_WITH(ENTRY(STREAM, "1", "h2", "hung") "," ENTRY(STREAM, "1", "all", "failure-hidden"));
    struct waivers *waivers;
    struct err err;
    (void)state;
    const struct testcase *testcase = suite_find(suite, STREAM);
    if (waivers_parse(&waivers, "w.json", span_cstr(text), suite, &err) != ERR_OK)
        fail_msg("%s", err.text);
    unsigned seen = 0;
    for (size_t i = 0; i < waivers_count(waivers); i++)
        seen |= waivers_at(waivers, i)->client;
    assert_int_equal(seen, testcase->clients);
    waivers_free(waivers);
    assert_int_not_equal(waivers_parse(&waivers, "w.json", span_cstr(twice), suite, &err), ERR_OK);
    assert_non_null(strstr(err.text, "is waived twice"));
}

/* It may pass, and what fails has to be excused all the same. */
static void test_flaky(void **state)
{
    static const char text[] =
        FILE_WITH("{\"id\":\"" STREAM "\",\"case_version\":1,\"client\":\"all\",\"class\":\"flaky\",\"observed\":\"o\","
                  "\"reason\":\"r\",\"reasons\":[" REASON("hung", "*") "]}");
    const struct testcase *testcase = suite_find(suite, STREAM);
    struct waivers *waivers;
    const struct waiver *which;
    struct err err;
    (void)state;
    if (waivers_parse(&waivers, "w.json", span_cstr(text), suite, &err) != ERR_OK)
        fail_msg("%s", err.text);
    assert_int_equal(APPLY(testcase, CLIENT_H1, VERDICT_PASS, KIND_NONE), WAIVER_IDLE);
    assert_true(which->flaky);
    assert_string_equal(which->observed, "o");
    assert_int_equal(APPLY(testcase, CLIENT_H2, VERDICT_FAIL, KIND_HUNG), WAIVER_APPLIES);
    assert_int_equal(APPLY(testcase, CLIENT_H2, VERDICT_UNSTABLE, KIND_HUNG), WAIVER_APPLIES);
    assert_int_equal(APPLY(testcase, CLIENT_H2, VERDICT_FAIL, KIND_MALFORMED), WAIVER_MISMATCH);
    assert_int_equal(waivers_find(waivers, STREAM, CLIENT_H1)->entry, which->entry);
    waivers_free(waivers);
}

/* A failure that is waived may not hide another of the same case, even of the same kind. */
static void test_every_reason(void **state)
{
    static const char text[] =
        FILE_WITH("{\"id\":\"" STREAM
                  "\",\"case_version\":1,\"client\":\"h1\",\"reason\":\"null is printed\",\"reasons\":[" REASON(
                      "wrong-body", "/rooms/*/value") "," REASON("wrong-header", "header etag") "]}");
    static const struct {
        const char *paths[3];
        size_t omitted;
        enum waiver_outcome want;
    } rows[] = {
        {{"/rooms/0/value"}, 0, WAIVER_APPLIES},
        {{"/rooms/0/value", "/rooms/1/value"}, 0, WAIVER_APPLIES},
        {{"/rooms/0/value", "/rooms/0/price"}, 0, WAIVER_MISMATCH}, /* a digit was lost, too */
        {{"/rooms/0/price"}, 0, WAIVER_MISMATCH},
        {{"/rooms/0/value/1"}, 0, WAIVER_MISMATCH},
        {{"/rooms//value"}, 0, WAIVER_APPLIES},
        {{"header etag"}, 0, WAIVER_MISMATCH},    /* of kind wrong-body */
        {{"/rooms/0/value"}, 1, WAIVER_MISMATCH}, /* nobody can say that the others are excused */
    };
    const struct testcase *testcase = suite_find(suite, STREAM);
    struct waivers *waivers;
    const struct waiver *which;
    struct err err;
    (void)state;
    if (waivers_parse(&waivers, "w.json", span_cstr(text), suite, &err) != ERR_OK)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct check_result result = {.verdict = VERDICT_FAIL, .reasons_omitted = rows[i].omitted};
        for (; result.reason_count < 3 && rows[i].paths[result.reason_count]; result.reason_count++)
            result.reasons[result.reason_count] = (struct reason){
                .kind = KIND_WRONG_BODY, .axis = AXIS_RESPONSE, .path = rows[i].paths[result.reason_count]};
        enum waiver_outcome got = waivers_apply(waivers, testcase, CLIENT_H1, &result, &which);
        if (got != rows[i].want)
            fail_msg("row %zu: outcome %d", i, got);
    }
    waivers_free(waivers);
}

/* What comes along may be absent; what the waiver is about may not. */
static void test_first_reason(void **state)
{
    static const char text[] =
        FILE_WITH("{\"id\":\"" STREAM "\",\"case_version\":1,\"client\":\"h1\",\"reason\":\"r\",\"reasons\":[" REASON(
            "wrong-status", "status") "," REASON("wrong-body", "body") "]}");
    struct check_result result = {.verdict = VERDICT_FAIL, .reason_count = 2};
    struct waivers *waivers;
    const struct waiver *which;
    struct err err;
    (void)state;
    if (waivers_parse(&waivers, "w.json", span_cstr(text), suite, &err) != ERR_OK)
        fail_msg("%s", err.text);
    result.reasons[0] = (struct reason){.kind = KIND_WRONG_STATUS, .axis = AXIS_RESPONSE, .path = "status"};
    result.reasons[1] = (struct reason){.kind = KIND_WRONG_BODY, .axis = AXIS_RESPONSE, .path = "body"};
    const struct testcase *testcase = suite_find(suite, STREAM);
    assert_int_equal(waivers_apply(waivers, testcase, CLIENT_H1, &result, &which), WAIVER_APPLIES);
    result.reason_count = 1;
    assert_int_equal(waivers_apply(waivers, testcase, CLIENT_H1, &result, &which), WAIVER_APPLIES);
    result.reasons[0] = result.reasons[1];
    assert_int_equal(waivers_apply(waivers, testcase, CLIENT_H1, &result, &which), WAIVER_MISMATCH);
    result.reasons[0].axis = AXIS_REQUEST;
    assert_false(waiver_excuses(which, &result.reasons[0]));
    waivers_free(waivers);
}

static void test_cut(void **state)
{
    static const char text[] = FILE_WITH(ENTRY(STREAM, "1", "h1", "hung"));
    (void)state;
    for (size_t cut = 0; cut < sizeof text - 1; cut++) {
        struct waivers *waivers;
        assert_int_not_equal(waivers_parse(&waivers, "w.json", span_of(text, cut), suite, NULL), ERR_OK);
    }
}

static void test_load(void **state)
{
    struct waivers *waivers;
    struct err err;
    (void)state;
    assert_int_equal(waivers_load(&waivers, "/no/such/file.json", suite, &err), ERR_IO);
}

/* With `members` an entry is a waiver for each of these cases of a family. */
static void test_members(void **state)
{
#define MEMBERS(list)                                                                                                  \
    FILE_WITH("{\"id\":\"every-key/family\",\"members\":" list                                                         \
              ",\"case_version\":1,\"client\":\"all\",\"reasons\":[" REASON("hung", "*") "],\"reason\":\"r\"}")
    struct waivers *waivers;
    struct err err;
    (void)state;
    if (waivers_parse(&waivers, "w.json", span_cstr(MEMBERS("[\"plain\"]")), suite, &err) != ERR_OK)
        fail_msg("%s", err.text);
    assert_int_equal(waivers_count(waivers), 2);
    assert_non_null(waivers_find(waivers, "every-key/family~plain", CLIENT_H1));
    assert_non_null(waivers_find(waivers, "every-key/family~plain", CLIENT_H2));
    waivers_free(waivers);
    waivers_parse(&waivers, "w.json", span_cstr(MEMBERS("[\"plain\",\"gone\"]")), suite, &err);
    assert_string_equal(err.text, "w.json#/entries/0/id: there is no case \"every-key/family~gone\"");
    assert_int_not_equal(waivers_parse(&waivers, "w.json", span_cstr(MEMBERS("[]")), suite, &err), ERR_OK);
    assert_int_not_equal(waivers_parse(&waivers, "w.json", span_cstr(MEMBERS("[\"plain\",\"plain\"]")), suite, &err),
                         ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_apply),        cmocka_unit_test(test_flaky),       cmocka_unit_test(test_every_reason),
        cmocka_unit_test(test_first_reason), cmocka_unit_test(test_refused),     cmocka_unit_test(test_cut),
        cmocka_unit_test(test_load),         cmocka_unit_test(test_all_clients), cmocka_unit_test(test_members),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
