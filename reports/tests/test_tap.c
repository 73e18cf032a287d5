/* Tests of the TAP report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/escape.h"
#include "reports/formats.h"
#include "reports/tests/results_samples.h"

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

/* What the run found beside its cases has points of its own in TAP. */
static void test_findings(void **state)
{
    (void)state;
    FILE *file;
    struct results *results = sample_findings(&file);
    char *text = sample_report(report_tap, results, NULL);
    assert_string_equal(text, "TAP version 13\n1..3\nok 1 - a/b [h1]\n# a remark\nnot ok 2 - run: one <b>\n"
                              "not ok 3 - run: two\n");
    free(text);
    assert_false(results_is_good(results));
    results_free(results);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tap),
        cmocka_unit_test(test_tap_directive_cannot_be_forged),
        cmocka_unit_test(test_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
