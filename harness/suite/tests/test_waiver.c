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
#define ENTRY(id, version, client, kind)                                                                               \
    "{\"id\":\"" id "\",\"case_version\":" version ",\"client\":\"" client "\",\"kind\":\"" kind                       \
    "\",\"reason\":\"r\",\"link\":\"l\"}"
#define STREAM "every-key/stream"

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
    assert_int_equal(waivers_at(waivers, 0)->kind, KIND_FAILURE_HIDDEN);
    assert_string_equal(waivers_at(waivers, 0)->link, "l");
#define APPLY(of, client, verdict, kind) waivers_apply(waivers, of, client, verdict, kind, &which)
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
        {FILE_WITH(ENTRY(STREAM, "1", "h1", "odd")), "w.json#/entries/0/kind: expected one of \"died\""},
        {FILE_WITH(ENTRY(STREAM, "1", "h1", "none")), "w.json#/entries/0/kind: expected one of"},
        {FILE_WITH(ENTRY(STREAM, "1", "h1", "hung") "," ENTRY(STREAM, "1", "h1", "died")),
         "w.json#/entries/1: \"" STREAM "\" with h1 is waived twice"},
        {"{\"waivers\":\"p\",\"version\":\"1\",\"entries\":{}}", "w.json#/entries: expected a list"},
        {"{\"waivers\":\"p\",\"entries\":[]}", "w.json#: the key \"version\" is missing"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_apply), cmocka_unit_test(test_refused), cmocka_unit_test(test_all_clients),
        cmocka_unit_test(test_cut),   cmocka_unit_test(test_load),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
