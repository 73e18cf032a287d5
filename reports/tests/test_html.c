/* Tests of the HTML report: what is escaped, and that every result is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openssl/evp.h>

#include "harness/base/embed.h"
#include "harness/base/escape.h"
#include "reports/formats.h"
#include "reports/tests/results_samples.h"

#define DATA_OPEN "<script type=\"application/json\" id=\"d"

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
        count++;
    return count;
}

/* The text between two marks. */
static struct span between(const char *text, const char *from, const char *to)
{
    const char *begin = strstr(text, from);
    assert_non_null(begin);
    begin += strlen(from);
    const char *end = strstr(begin, to);
    assert_non_null(end);
    return span_of(begin, (size_t)(end - begin));
}

/* Appends "sha256-" and the hash in base64, as a browser computes it. */
static void csp_source(struct buf *out, struct span bytes)
{
    uint8_t digest[32];
    uint8_t text[64];
    assert_int_equal(EVP_Digest(bytes.data, bytes.len, digest, NULL, EVP_sha256(), NULL), 1);
    buf_append_cstr(out, "sha256-");
    buf_append(out, text, (size_t)EVP_EncodeBlock(text, digest, sizeof digest));
}

/* The browser hashes what stands between the tags: the policy must name just that. */
static void test_policy_names_the_hashes(void **state)
{
    (void)state;
    struct results *results = sample_results(false);
    char *page = sample_report(report_html, results, NULL);
    struct buf source;
    buf_init(&source, 200);
    buf_append_cstr(&source, "style-src '");
    csp_source(&source, between(page, "<style>", "</style>"));
    buf_append_cstr(&source, "'; script-src '");
    csp_source(&source, between(page, "<script>", "</script>"));
    buf_append_cstr(&source, "'; img-src data:; base-uri 'none'; form-action 'none'\"");
    assert_non_null(strstr(page, (char *)source.data));
    assert_non_null(strstr(page, "content=\"default-src 'none'; style-src '"));
    /* The policy comes before anything that it must hold for. */
    assert_true(strstr(page, "Content-Security-Policy") < strstr(page, "<style>"));
    buf_fini(&source);
    free(page);
    results_free(results);
}

static void test_templates(void **state)
{
    (void)state;
    struct span file;
    assert_true(embed_find("reports/report.js", &file));
    assert_null(memmem(file.data, file.len, "</script", 8));
    assert_null(memmem(file.data, file.len, "<!--", 4));
    assert_null(memmem(file.data, file.len, "innerHTML", 9));
    assert_null(memmem(file.data, file.len, "eval(", 5));
    assert_true(embed_find("reports/report.css", &file));
    assert_null(memmem(file.data, file.len, "</style", 7));
    assert_null(memmem(file.data, file.len, "url(", 4));
    assert_true(embed_find("reports/report.html", &file));
    assert_null(memmem(file.data, file.len, " style=", 7));
    assert_null(memmem(file.data, file.len, " onclick=", 9));
}

static void test_sample(void **state)
{
    (void)state;
    struct results *results = sample_results(false);
    size_t len;
    char *page = sample_report(report_html, results, &len);
    assert_int_equal(strlen(page), len); /* no NUL */
    assert_true(escape_utf8_valid(span_of(page, len)));
    assert_int_equal(count_of(page, DATA_OPEN), 17); /* one per case but the lost one */
    assert_int_equal(count_of(page, "<tr role=\"row\" class=\"row "), 18);
    assert_int_equal(count_of(page, "</script>"), 18);
    assert_int_equal(count_of(page, "<img"), 0);
    /* In markup a right-to-left override is spelled out; the JSON has it as the stream does, for the script to spell
     * out. */
    struct span markup = between(page, "<body", DATA_OPEN);
    assert_null(memmem(markup.data, markup.len, "\xe2\x80\xae", 3));
    assert_non_null(strstr(page, "<h1 id=\"headline\">2 must cases failed</h1>"));
    assert_non_null(strstr(page, "&lt;/script&gt;&lt;img src=x onerror=&quot;"));
    assert_non_null(strstr(page, "\\u003c/script\\u003e\\u003cimg src=x"));
    assert_null(strstr(page, "http-equiv=\"refresh\""));
    /* What went wrong comes first, the other client of the same case beside it. */
    const char *first = strstr(page, "data-id=\"");
    assert_non_null(first);
    assert_memory_equal(first, "data-id=\"streaming/error-after-two-messages\"", 44);
    assert_memory_equal(strstr(first + 10, "data-id=\""), "data-id=\"streaming/error-after-two-messages\"", 44);
    free(page);
    results_free(results);
}

/* The inert texts are the stream's own JSON, in which the five characters are escapes. */
static void test_data(void **state)
{
    (void)state;
    static const char line[] = "{\"type\":\"case\",\"id\":\"a/"
                               "b\",\"version\":1,\"topic\":\"a\",\"client\":\"h1\",\"level\":\"must\",\"title\":"
                               "\"<!-- </script> & \xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa "
                               "\\u003c\",\"cites\":[],\"verdict\":\"pass\",\"reasons\":[],"
                               "\"duration_us\":1}\n";
    char text[4096];
    snprintf(text, sizeof text, "%s%s%s", RUN_LINE, line, TOTALS_LINE);
    FILE *file = sample_stream(text, strlen(text));
    struct results *results;
    struct err err;
    assert_int_equal(results_read_stream(&results, file, "sample", false, &err), ERR_OK);
    char *page = sample_report(report_html, results, NULL);
    struct span data = between(page, DATA_OPEN "0\">", "</script>");
    assert_null(memchr(data.data, '<', data.len));
    assert_null(memchr(data.data, '>', data.len));
    assert_null(memchr(data.data, '&', data.len));
    assert_non_null(
        memmem(data.data, data.len, "\"\\u003c!-- \\u003c/script\\u003e \\u0026 \\u2028\\u2029\xe2\x80\xaa", 48));
    free(page);
    results_free(results);
    fclose(file);
}

static void test_runs_side_by_side(void **state)
{
    (void)state;
    struct results *results = sample_results(true);
    char *page = sample_report(report_html, results, NULL);
    assert_non_null(strstr(page, "<th scope=\"colgroup\" colspan=\"2\">envoy 1.40</th>"));
    assert_non_null(strstr(page, "<th role=\"columnheader\" scope=\"col\">Run</th>"));
    assert_non_null(strstr(page, "#topics=happy-path&amp;clients=h1&amp;runs=1"));
    free(page);
    results_free(results);
}

static void test_no_results(void **state)
{
    (void)state;
    static const char text[] =
        "{\"type\":\"run\",\"format\":1,\"transcheck\":\"0.1.0\",\"started\":\"2026-11-20T11:00:00Z\",\"url\":\"u\","
        "\"backend\":"
        "\"b\",\"clients\":[],\"planned\":[]}\n"
        "{\"type\":\"totals\",\"planned\":0,\"pass\":0,\"acceptable\":0,\"fail\":0,\"unsupported\":0,\"skipped\":0,"
        "\"waived\":0,"
        "\"error\":0,\"interrupted\":false,\"exit\":3,\"diagnosis\":\"<b>the proxy is down</b>\"}\n";
    FILE *file = sample_stream(text, strlen(text));
    struct results *results;
    struct err err;
    assert_int_equal(results_read_stream(&results, file, "sample", false, &err), ERR_OK);
    char *page = sample_report(report_html, results, NULL);
    assert_non_null(strstr(page, "Nothing could be judged"));
    assert_non_null(strstr(page, "&lt;b&gt;the proxy is down&lt;/b&gt;"));
    free(page);
    results_free(results);
    fclose(file);
}

static void test_findings(void **state)
{
    (void)state;
    FILE *file;
    struct results *results = sample_findings(&file);
    char *text = sample_report(report_html, results, NULL);
    char *failed = strstr(text, "<li class=\"callout bad\"><b>Failed</b>: one &lt;b&gt;</li>");
    char *remark = strstr(text, "<li class=\"callout warn\">At 0.000 s: a remark</li>");
    assert_non_null(failed);
    assert_non_null(strstr(text, "<li class=\"callout bad\"><b>Error</b>: two</li>"));
    assert_non_null(remark);
    assert_true(failed < remark);
    free(text);
    results_free(results);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy_names_the_hashes),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_runs_side_by_side),
        cmocka_unit_test(test_no_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
