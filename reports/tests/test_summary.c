/* The summary for a terminal: short within a screen, verbose with both sides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/escape.h"
#include "reports/summary.h"
#include "reports/tests/results_samples.h"

static struct summary_options options;

static enum err_code summary(FILE *out, const struct results *results, struct err *err)
{
    return report_summary(out, results, &options, err);
}

/* Every byte is printable or a newline, whatever the results hold. */
static void assert_printable(const char *text, size_t len)
{
    assert_true(escape_utf8_valid(span_of(text, len)));
    for (size_t i = 0; i < len; i++)
        assert_true(text[i] == '\n' || (uint8_t)text[i] >= 0x20);
    assert_null(strstr(text, "\xe2\x80\xae")); /* right-to-left override */
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static size_t longest_line(const char *text)
{
    size_t longest = 0;
    for (size_t len; *text; text += len + (text[len] == '\n')) {
        len = strcspn(text, "\n");
        longest = len > longest ? len : longest;
    }
    return longest;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in: %s", part, text);
}

static void test_verbose(void **state)
{
    (void)state;
    struct results *results = sample_results(false);
    size_t len;
    options = (struct summary_options){.verbose = true};
    char *text = sample_report(summary, results, &len);
    assert_printable(text, len);
    assert_has(text, "13 cases (18 results): 4 pass, 1 acceptable, 3 fail (2 must, 1 should, 0 may), 2 error");
    char *must = strstr(text, "FAIL   streaming/error-after-two-messages [h1]  must\n");
    char *should = strstr(text, "FAIL   path-mismatch/extra-segment [h1]  should\n");
    assert_non_null(must);
    assert_non_null(should);
    assert_true(should < must); /* the worse kind comes first */
    assert_has(text,
               "failure-hidden  1 case  a call that failed looks like a complete success to the client (INV-1)\n");
    assert_has(text, "because   failure-hidden (ending)\n");
    assert_has(text, "expected  404\n");
    assert_has(text, "observed  415\n");
    assert_has(text, "reference INV-1, envoy#5011\n");
    assert_has(text, "repeat    transcheck run http://127.0.0.1:51051");
    assert_has(text, "by hand   transcheck backend ");
    assert_has(text, "and       curl ");
    assert_has(text, "WAIVER errors/status-7 [h1]");
    assert_has(text, "  front, h1: the response is complete\n");
    assert_has(text, "  backend, call 1: /reservations.v1.ReservationService/");
    assert_string_equal(text + len - strlen("2 must cases failed.\n"), "2 must cases failed.\n");
    free(text);

    options.color = true;
    text = sample_report(summary, results, &len);
    assert_has(text, "\033[1;31mFAIL\033[0m");
    free(text);
    results_free(results);
}

/* The results of hostile proxies are as wide and as long as they like; the short summary is not. */
static void test_short_is_a_screenful(void **state)
{
    (void)state;
    struct results *results = sample_results(false);
    size_t len;
    options = (struct summary_options){.rows = 40, .columns = 100};
    char *text = sample_report(summary, results, &len);
    assert_printable(text, len);
    assert_true(count_lines(text) < 40);
    assert_has(text, "\n  must   streaming/error-after-two-messages [h1]\n");
    assert_has(text, "\n         observed  1 call: /v1/reservations/7/blabla with content-type application/json\n");
    assert_null(strstr(text, "because"));
    assert_null(strstr(text, "front, h1"));
    assert_has(text, "transcheck explain KIND|CASE");
    free(text);
    results_free(results);
}

static FILE *many_cases(size_t count)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fputs(RUN_LINE, file);
    for (size_t i = 0; i < count; i++)
        fprintf(
            file,
            "{\"type\":\"case\",\"id\":\"a/c%zu\",\"version\":1,\"topic\":\"a\",\"client\":\"h1\",\"level\":\"may\","
            "\"title\":\"T\",\"cites\":[],\"verdict\":\"fail\",\"reasons\":[{\"axis\":\"ending\",\"kind\":\"%s\","
            "\"expected\":\"%0200d\",\"observed\":\"\\u001b%0200d\"}],\"duration_us\":1}\n",
            i, reason_kind_name((enum reason_kind)(1 + i % (KIND_COUNT - 1))), 0, 1);
    fputs(CASE_LINE TOTALS_LINE, file);
    rewind(file);
    return file;
}

static void test_many(void **state)
{
    (void)state;
    FILE *file = many_cases(300);
    struct results *results;
    struct err err;
    assert_int_equal(results_read_stream(&results, file, "many", false, &err), ERR_OK);
    for (size_t rows = 40; rows <= 100; rows += 20) {
        options = (struct summary_options){.rows = rows, .columns = 150};
        char *text = sample_report(summary, results, NULL);
        assert_in_range(count_lines(text), rows - 4, rows - 1);
        assert_true(longest_line(text) <= 150);
        assert_has(text, "\nhung  14 cases  the exchange had no end when its deadline came (INV-3)\n");
        assert_has(text, " more: --verbose and ");
        assert_has(text, "the totals line does not agree");
        assert_has(text, "No must or should case failed.\n");
        free(text);
    }
    options = (struct summary_options){.rows = 1, .columns = 1};
    free(sample_report(summary, results, NULL));
    options = (struct summary_options){.verbose = true};
    char *text = sample_report(summary, results, NULL);
    assert_has(text, "FAIL   a/c299 [h1]");
    assert_null(strstr(text, " more: "));
    free(text);
    results_free(results);
    fclose(file);
}

#define REASON(observed)                                                                                               \
    "{\"axis\":\"response\",\"kind\":\"wrong-status\",\"path\":\"status\",\"expected\":\"404\",\"observed\":"          \
    "\"" observed "\"}"
#define FAILED(client, observed)                                                                                       \
    "{\"type\":\"case\",\"id\":\"a/b\",\"version\":1,\"topic\":\"a\",\"client\":\"" client                             \
    "\",\"level\":\"must\",\"title\":\"T\",\"cites\":[],\"verdict\":\"fail\",\"reasons\":[" REASON(                    \
        observed) "],"                                                                                                 \
                  "\"duration_us\":1}\n"

static void assert_joined(const char *lines, const char *expected)
{
    FILE *file = sample_stream(lines, strlen(lines));
    struct results *results;
    struct err err;
    assert_int_equal(results_read_stream(&results, file, "sample", true, &err), ERR_OK);
    options = (struct summary_options){.rows = 0};
    char *text = sample_report(summary, results, NULL);
    assert_has(text, expected);
    free(text);
    results_free(results);
    fclose(file);
}

static void test_clients_that_agree(void **state)
{
    (void)state;
    assert_joined(RUN_LINE FAILED("h1", "415") FAILED("h2", "415"),
                  "  must   a/b [h1 and h2]  at status\n         expected  404\n         observed  415\n");
    assert_joined(RUN_LINE FAILED("h1", "415") FAILED("h2", "500"),
                  "  must   a/b [h1 and h2]  at status\n         expected  404\n"
                  "         observed  h1: 415\n                   h2: 500\n");
    assert_joined(RUN_LINE FAILED("h1", "415") FAILED("h1", "415") FAILED("h1", "500"),
                  "  must   a/b [h1, 3 times]  at status\n         expected  404\n         observed  415\n");
}

#define SIDES(ending, calls) "\"client_side\":{\"ending\":\"" ending "\",\"events\":[]},\"backend_side\":[" calls "]"

/* Each with what it saw; of an exchange whose transcripts were cut away nothing is said. */
static void test_exchanges_at_once(void **state)
{
    (void)state;
    static const char lines[] =
        RUN_LINE "{\"type\":\"case\",\"id\":\"a/b\",\"version\":1,\"topic\":\"a\",\"client\":\"h1\",\"level\":\"must\","
                 "\"title\":\"T\",\"cites\":[],\"verdict\":\"fail\",\"reasons\":[" REASON(
                     "500") "],"
                            "\"duration_us\":1," SIDES("complete", "") ",\"exchanges\":[{" SIDES(
                                "timeout", "{\"path\":\"/x.Y/Z\",\"events\":[]}") "},{}]}\n";
    FILE *file = sample_stream(lines, strlen(lines));
    struct results *results;
    struct err err;
    assert_int_equal(results_read_stream(&results, file, "sample", true, &err), ERR_OK);
    options = (struct summary_options){.verbose = true};
    char *text = sample_report(summary, results, NULL);
    assert_has(text, "  front, h1: the response is complete\n         backend: no call\n");
    assert_has(text, "  exchange 2 of 3\n         front, h1: the response is timeout\n");
    assert_has(text, "         backend, call 1: /x.Y/Z\n");
    assert_null(strstr(text, "exchange 3"));
    free(text);
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
    options = (struct summary_options){.rows = 0};
    char *text = sample_report(summary, results, NULL);
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
        cmocka_unit_test(test_verbose),
        cmocka_unit_test(test_short_is_a_screenful),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_clients_that_agree),
        cmocka_unit_test(test_exchanges_at_once),
        cmocka_unit_test(test_what_the_proxy_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
