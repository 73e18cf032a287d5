/* Tests of the JUnit report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/escape.h"
#include "reports/formats.h"
#include "reports/tests/results_samples.h"

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
        count++;
    return count;
}

/* Elements are opened and closed in order, attributes are quoted and hold no '<': enough of XML to see that no value
 * got out of its place. (report_test gives the same text to expat.) */
static void assert_nested(const char *text)
{
    char stack[16][32];
    size_t depth = 0;
    const char *at = strstr(text, "?>") + 2;
    while ((at = strchr(at, '<')) != NULL) {
        bool closing = at[1] == '/';
        const char *name = at + (closing ? 2 : 1);
        size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz-");
        assert_in_range(len, 1, 31);
        const char *end = name + len;
        for (bool quoted = false; quoted || *end != '>'; end++) {
            assert_int_not_equal(*end, '\0');
            assert_int_not_equal(*end, '<');
            if (*end == '"')
                quoted = !quoted;
        }
        if (closing) {
            assert_true(depth > 0);
            depth--;
            assert_int_equal(strlen(stack[depth]), len);
            assert_memory_equal(stack[depth], name, len);
        } else if (end[-1] != '/') {
            assert_true(depth < 16);
            snprintf(stack[depth++], 32, "%.*s", (int)len, name);
        }
        at = end + 1;
    }
    assert_int_equal(depth, 0);
}

static void test_sample(void **state)
{
    (void)state;
    struct results *results = sample_results(false);
    size_t len;
    char *text = sample_report(report_junit, results, &len);
    assert_int_equal(strlen(text), len);
    assert_true(escape_utf8_valid(span_of(text, len)));
    assert_nested(text);
    assert_int_equal(count_of(text, "<testcase "), 18);
    assert_int_equal(count_of(text, "<failure "), 4); /* three failures and a stale waiver */
    assert_int_equal(count_of(text, "<error "), 2);
    assert_int_equal(count_of(text, "<skipped "), 3); /* waived, unsupported, skipped */
    assert_int_equal(count_of(text, "<testsuite "), 5);
    assert_non_null(
        strstr(text, "<testsuites name=\"transcheck\" tests=\"18\" failures=\"4\" errors=\"2\" skipped=\"3\""));
    assert_non_null(strstr(text, "classname=\"transcheck.streaming\" name=\"streaming/error-after-two-messages [h1]\" "
                                 "time=\"0.001\""));
    assert_non_null(strstr(text, "type=\"failure-hidden\" message=\"[must] failure-hidden: expected any sign"));
    assert_non_null(strstr(text, "message=\"unsupported: the profile says"));
    assert_non_null(strstr(text, "repeat: transcheck run http://127.0.0.1:51051"));
    assert_null(strstr(text, "<img"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    free(text);
    results_free(results);
}

static void test_runs_have_suites_of_their_own(void **state)
{
    (void)state;
    struct results *results = sample_results(true);
    char *text = sample_report(report_junit, results, NULL);
    assert_nested(text);
    assert_non_null(strstr(text, "<testsuite name=\"streaming on envoy 1.40\""));
    assert_non_null(strstr(text, "name=\"happy-path/get [h1] on envoy 1.41\""));
    assert_int_equal(count_of(text, "<testcase "), results->case_count);
    free(text);
    results_free(results);
}

static void test_write_error(void **state)
{
    (void)state;
    struct results *results = sample_results(false);
    FILE *full = fopen("/dev/full", "w");
    struct err err;
    if (full) {
        assert_int_equal(report_junit(full, results, &err), ERR_IO);
        assert_non_null(strstr(err.text, "cannot be written"));
        fclose(full);
    }
    results_free(results);
}

/* What the run found beside its cases is a suite of its own. */
static void test_findings(void **state)
{
    (void)state;
    FILE *file;
    struct results *results = sample_findings(&file);
    char *text = sample_report(report_junit, results, NULL);
    assert_nested(text);
    assert_non_null(strstr(text, "<testsuites name=\"transcheck\" tests=\"3\" failures=\"1\" errors=\"1\" skipped"));
    assert_non_null(strstr(text, "<testsuite name=\"run\" tests=\"2\" failures=\"1\" errors=\"1\""));
    assert_non_null(strstr(text, "<testcase classname=\"transcheck.run\" name=\"finding 1\""));
    assert_non_null(strstr(text, "<failure type=\"run\" message=\"one &lt;b&gt;\"/>"));
    assert_non_null(strstr(text, "<error type=\"run\" message=\"two\"/>"));
    assert_null(strstr(text, "a remark"));
    free(text);
    results_free(results);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_runs_have_suites_of_their_own),
        cmocka_unit_test(test_write_error),
        cmocka_unit_test(test_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
