/* Tests of the TAP report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/escape.h"
#include "reports/formats.h"
#include "reports/summary.h"
#include "reports/tests/results_samples.h"

static enum err_code summary_plain(FILE *out, const struct results *results, struct err *err)
{
    return report_summary(out, results, false, err);
}

static enum err_code summary_color(FILE *out, const struct results *results, struct err *err)
{
    return report_summary(out, results, true, err);
}

/* Every byte is printable or a newline, whatever the results hold. */
static void assert_printable(const char *text, size_t len)
{
    assert_true(escape_utf8_valid(span_of(text, len)));
    for (size_t i = 0; i < len; i++)
        assert_true(text[i] == '\n' || (uint8_t)text[i] >= 0x20);
    assert_null(strstr(text, "\xe2\x80\xae")); /* right-to-left override */
}

static void test_tap(void **state)
{
    (void)state;
    struct results *results = sample_results(false);
    size_t len;
    char *text = sample_report(report_tap, results, &len);
    assert_printable(text, len);
    static const char begin[] = "TAP version 13\n1..18\nok 1 - happy-path/create [h1]\n";
    assert_memory_equal(text, begin, strlen(begin));
    assert_non_null(strstr(text, "\nnot ok 10 - streaming/error-after-two-messages [h1]\n  ---\n  verdict: fail\n"));
    assert_non_null(strstr(text, " # SKIP unsupported: the profile says"));
    assert_non_null(strstr(text, " # SKIP skipped: the proxy does not speak"));
    assert_non_null(strstr(text, " # TO"
                                 "DO waived: Percent-encoded bytes"));
    assert_non_null(strstr(text, "  waiver_problem: \"stale\"\n"));
    assert_non_null(strstr(text, "\n# the proxy died (signal 6)"));
    /* Every line is a plan, a test, a comment, or within a YAML block. */
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strncmp(line, "ok ", 3) == 0 || strncmp(line, "not ok ", 7) == 0 || line[0] == '#' ||
                    strncmp(line, "  ", 2) == 0 || strncmp(line, "1..", 3) == 0 || strncmp(line, "TAP ", 4) == 0);
    free(text);
    results_free(results);
}

/* A '#' in a description would begin a directive, and a to-do in one would hide a failure. */
static void test_tap_directive_cannot_be_forged(void **state)
{
    (void)state;
    static const char text[] = "{\"type\":\"run\",\"format\":1,\"transcheck\":\"1\",\"started\":\"x\",\"url\":\"u\","
                               "\"backend\":\"b\",\"clients\":[],"
                               "\"planned\":[]}\n"
                               "{\"type\":\"case\",\"id\":\"a/b # TO"
                               "DO x\\n\\nok "
                               "2\",\"version\":1,\"topic\":\"a\",\"client\":\"h1\",\"level\":"
                               "\"must\",\"title\":\"T\",\"cites\":[],\"verdict\":\"fail\",\"reasons\":[{\"axis\":"
                               "\"ending\",\"kind\":\"hung\","
                               "\"observed\":\"a\\\\\\\"b\\n  ...\"}],\"duration_us\":1}\n" TOTALS_LINE;
    FILE *file = sample_stream(text, strlen(text));
    struct results *results;
    struct err err;
    assert_int_equal(results_read_stream(&results, file, "sample", false, &err), ERR_OK);
    char *tap = sample_report(report_tap, results, NULL);
    assert_non_null(strstr(tap, "\nnot ok 1 - a/b \\# TO"
                                "DO x\\\\n\\\\nok 2 [h1]\n"));
    assert_non_null(strstr(tap, "observed: \"a\\\\\\\"b\\\\n  ...\"\n"));
    free(tap);
    results_free(results);
    fclose(file);
}

static void test_summary(void **state)
{
    (void)state;
    struct results *results = sample_results(false);
    size_t len;
    char *text = sample_report(summary_plain, results, &len);
    assert_printable(text, len);
    assert_non_null(
        strstr(text, "13 cases (18 results): 4 pass, 1 acceptable, 3 fail (2 must, 1 should, 0 may), 2 error"));
    char *must = strstr(text, "FAIL   streaming/error-after-two-messages [h1]  must\n");
    char *should = strstr(text, "FAIL   path-mismatch/extra-segment [h1]  should\n");
    assert_non_null(must);
    assert_non_null(should);
    assert_true(should < must); /* the worse kind comes first */
    assert_non_null(strstr(text, "failure-hidden  1 case: a call that failed looks like a complete success"));
    assert_non_null(strstr(text, "because   failure-hidden (ending)\n"));
    assert_non_null(strstr(text, "expected  404\n"));
    assert_non_null(strstr(text, "observed  415\n"));
    assert_non_null(strstr(text, "reference INV-1, envoy#5011\n"));
    assert_non_null(strstr(text, "repeat    transcheck run http://127.0.0.1:51051"));
    assert_non_null(strstr(text, "WAIVER errors/status-7 [h1]"));
    assert_string_equal(text + len - strlen("2 must cases failed.\n"), "2 must cases failed.\n");
    free(text);

    text = sample_report(summary_color, results, &len);
    assert_non_null(strstr(text, "\033[1;31mFAIL\033[0m"));
    free(text);
    results_free(results);
}

static void test_summary_of_many(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    fputs(RUN_LINE, file);
    for (int i = 0; i < SUMMARY_MAX_FAILURES + 23; i++)
        fprintf(
            file,
            "{\"type\":\"case\",\"id\":\"a/c%d\",\"version\":1,\"topic\":\"a\",\"client\":\"h1\",\"level\":\"may\","
            "\"title\":\"T\",\"cites\":[],\"verdict\":\"fail\",\"reasons\":[{\"axis\":\"ending\",\"kind\":\"hung\"}],"
            "\"duration_us\":1}\n",
            i);
    fputs(CASE_LINE TOTALS_LINE, file);
    rewind(file);
    struct results *results;
    struct err err;
    assert_int_equal(results_read_stream(&results, file, "many", false, &err), ERR_OK);
    char *text = sample_report(summary_plain, results, NULL);
    assert_non_null(strstr(text, "... and 23 more"));
    assert_non_null(strstr(text, "the totals line does not agree"));
    assert_non_null(strstr(text, "No must or should case failed.\n"));
    free(text);
    results_free(results);
    fclose(file);
}

/* What the run found beside its cases has points of its own in TAP, and stands last in the summary. */
static void test_findings(void **state)
{
    (void)state;
    FILE *file;
    struct results *results = sample_findings(&file);
    char *text = sample_report(report_tap, results, NULL);
    assert_string_equal(text, "TAP version 13\n1..3\nok 1 - a/b [h1]\n# a remark\nnot ok 2 - run: one <b>\n"
                              "not ok 3 - run: two\n");
    free(text);
    text = sample_report(summary_plain, results, NULL);
    assert_non_null(strstr(text, "note   a remark\nFAIL   one <b>\nERROR  two\n"
                                 "No must case failed, but the run did: its findings say why.\n"));
    free(text);
    assert_false(results_is_good(results));
    results_free(results);
    fclose(file);
}

/* What the proxy is, is its own word or the user's; the profile is not the proxy. */
static void assert_called(const char *more_run, const char *more_totals, const char *expected)
{
    char *lines = NULL;
    assert_true(asprintf(&lines,
                         "{\"type\":\"run\",\"format\":1,\"transcheck\":\"1\",\"started\":\"x\",\"url\":\"http://p\","
                         "\"backend\":\"b\",\"clients\":[],\"planned\":[],\"profile\":{\"name\":\"envoy\",\"title\":"
                         "\"T\",\"version\":\"1.40\"}%s}\n{\"type\":\"totals\",\"planned\":0,\"exit\":0%s}\n",
                         more_run, more_totals) > 0);
    FILE *file = sample_stream(lines, strlen(lines));
    struct results *results;
    struct err err;
    assert_int_equal(results_read_stream(&results, file, "sample", false, &err), ERR_OK);
    char *text = sample_report(summary_plain, results, NULL);
    if (strncmp(text, expected, strlen(expected)) != 0)
        fail_msg("not \"%s\": %s", expected, text);
    free(text);
    results_free(results);
    fclose(file);
    free(lines);
}

static void test_what_the_proxy_is(void **state)
{
    (void)state;
    assert_called("", "", "http://p (profile envoy), backend b\n");
    assert_called("", ",\"proxy_server\":\"a\\u001b[1m\"", "a\\x1b[1m, as it calls itself (profile envoy)  http://p, ");
    assert_called(",\"proxy_name\":\"Envoy 2\"", ",\"proxy_server\":\"envoy\"", "Envoy 2 (profile envoy)  http://p, ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tap),
        cmocka_unit_test(test_tap_directive_cannot_be_forged),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_what_the_proxy_is),
        cmocka_unit_test(test_summary_of_many),
        cmocka_unit_test(test_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
