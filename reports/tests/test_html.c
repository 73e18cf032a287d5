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
#include "reports/html_parts.h"
#include "reports/tests/results_samples.h"
#include "reports/tests/unfold.h"

#define DATA_OPEN "<script type=\"text/plain\" id=\""

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
    assert_true(embed_find("report.js", &file));
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
    assert_int_equal(count_of(page, DATA_OPEN "d"), 13); /* one per case, five of them with both clients */
    assert_int_equal(count_of(page, DATA_OPEN "base"), 1);
    assert_int_equal(count_of(page, "<tr role=\"row\" class=\"row "), 13);
    assert_int_equal(count_of(page, "</script>"), 16);
    assert_non_null(strstr(page, "\"INV-1\":\"a failed call never looks like a complete success\""));
    assert_int_equal(count_of(page, "<img"), 0);
    assert_null(memmem(page, len, "\xe2\x80\xae", 3)); /* a right-to-left override is spelled out */
    assert_non_null(strstr(page, "<h1 id=\"headline\">2 must cases failed</h1>"));
    assert_non_null(strstr(page, "13 cases (18 results) for <strong>"));
    assert_non_null(strstr(page, "&lt;/script&gt;&lt;img src=x onerror=&quot;"));
    assert_non_null(strstr(page, "\\u003c/script\\u003e\\u003cimg src=x"));
    assert_null(strstr(page, "http-equiv=\"refresh\""));
    assert_non_null(strstr(page, "<code>transcheck run --jobs 8 --header &#39;authorization: redacted&#39;</code>"));
    /* The worst kind comes first. */
    const char *first = strstr(page, "data-id=\"");
    assert_non_null(first);
    assert_memory_equal(first, "data-id=\"path-mismatch/extra-segment\"", 36);
    assert_memory_equal(strstr(first + 10, "data-id=\""), "data-id=\"streaming/error-after-two-messages\"", 44);
    assert_non_null(strstr(page, "data-parts=\"h1:fail:failed:failure-hidden h2:pass:passed:\""));
    free(page);
    results_free(results);
}

/* The details of a row as the script reads them: JSON lines. The caller frees `out`. */
static void row_details(struct buf *out, const char *page, unsigned row)
{
    char open[100];
    struct buf all;
    snprintf(open, sizeof open, DATA_OPEN "d%u\">", row);
    buf_init(&all, 16u << 20);
    buf_init(out, 16u << 20);
    assert_true(unfold(&all, between(page, DATA_OPEN "base\">", "</script>")));
    size_t base = all.len;
    assert_true(unfold(&all, between(page, open, "</script>")));
    buf_append_span(out, span_from(buf_span(&all), base));
    buf_fini(&all);
}

static char *page_of(const char *text)
{
    FILE *file = sample_stream(text, strlen(text));
    struct results *results;
    struct err err;
    assert_int_equal(results_read_stream(&results, file, "sample", false, &err), ERR_OK);
    char *page = sample_report(report_html, results, NULL);
    results_free(results);
    fclose(file);
    return page;
}

#define CASE_START                                                                                                     \
    "{\"type\":\"case\",\"id\":\"a/b\",\"version\":1,\"topic\":\"a\",\"client\":\"h1\",\"level\":\"must\","            \
    "\"cites\":[],\"verdict\":\"pass\",\"reasons\":[],\"duration_us\":1,\"title\":"

/* The inert texts are the stream's own JSON, in which nothing could be markup and everything is ASCII. */
static void test_data(void **state)
{
    (void)state;
    char *page =
        page_of(RUN_LINE "\t\r" CASE_START
                         "\"<!-- </script> & \xe2\x80\xa8\xe2\x80\xaa\xf0\x9f\x98\x80 \x7f \\u003c\"}\n" TOTALS_LINE);
    struct span data = between(page, DATA_OPEN "d0\">", "</script>");
    for (size_t i = 0; i < data.len; i++)
        assert_true(data.data[i] >= 0x20 && data.data[i] < 0x7f && data.data[i] != '<' && data.data[i] != '>');
    struct buf lines;
    row_details(&lines, page, 0);
    assert_non_null(strstr((char *)lines.data,
                           "\"\\u003c!-- \\u003c/script\\u003e \\u0026 \\u2028\\u202A\\uD83D\\uDE00 "
                           "\\u007f \\u003c\""));
    buf_fini(&lines);
    free(page);
}

/* Where nothing needs an escape, the lines come back as they are in the stream, in order of client. */
static void test_pairs(void **state)
{
    (void)state;
    static const char second[] =
        "{\"type\":\"case\",\"id\":\"a/"
        "b\",\"version\":1,\"topic\":\"a\",\"client\":\"h2\",\"level\":\"must\",\"title\":"
        "\"T\",\"cites\":[\"INV-1\"],\"verdict\":\"fail\",\"reasons\":[{\"axis\":\"ending\",\"kind\":\"hung\","
        "\"expected\":"
        "\"an end\",\"observed\":\"none\"}],\"duration_us\":9900,\"commands\":{\"run\":\"transcheck run 'a b'\"}}\n";
    char text[4096];
    snprintf(text, sizeof text, "%s%s%s%s", RUN_LINE, second, CASE_LINE, TOTALS_LINE);
    char *page = page_of(text);
    assert_int_equal(count_of(page, "<tr role=\"row\" class=\"row "), 1);
    assert_non_null(strstr(page, "id=\"case=a/b\""));
    assert_non_null(strstr(page, "data-parts=\"h1:pass:passed: h2:fail:failed:hung\""));
    assert_non_null(strstr(page, "<span class=\"who\">h2</span> <span class=\"kind\">hung</span> none"));
    assert_non_null(strstr(page, "<noscript><p>hung: expected an end; observed none</p><pre>transcheck run &#39;a b"));
    assert_non_null(strstr(page, "<a href=\"#kinds=hung\">hung</a><small>1 case</small>"));
    assert_non_null(strstr(page, "<a href=\"#case=a%2Fb\">a/b</a>"));
    assert_non_null(strstr(page, ">9.9 ms</td>"));
    struct buf lines;
    row_details(&lines, page, 0);
    snprintf(text, sizeof text, "%s%.*s", CASE_LINE, (int)strlen(second) - 1, second);
    assert_string_equal((char *)lines.data, text);
    buf_fini(&lines);
    free(page);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* A case whose response has `count` events of `bytes` bytes each, none like another, and a title of `title` bytes. */
static char *large_case(size_t count, size_t bytes, size_t title)
{
    uint64_t seed = 7;
    struct buf text;
    buf_init(&text, 16u << 20);
    buf_append_cstr(&text, RUN_LINE CASE_START "\"");
    for (size_t i = 0; i < title; i++)
        buf_append_byte(&text, (uint8_t)('A' + next_random(&seed) % 26));
    buf_append_cstr(&text, "\",\"client_side\":{\"ending\":\"complete\",\"status\":200,\"events\":[");
    for (size_t i = 0; i < count; i++) {
        buf_printf(&text, "%s{\"t\":%zu,\"from\":\"proxy\",\"kind\":\"data\",\"len\":%zu,\"hex\":\"", i > 0 ? "," : "",
                   i, bytes);
        for (size_t b = 0; b < bytes; b++)
            buf_printf(&text, "%02x", (unsigned)(next_random(&seed) & 0xff));
        buf_append_cstr(&text, "\"}");
    }
    buf_append_cstr(&text, "]}}\n" TOTALS_LINE);
    assert_false(text.failed);
    char *page = page_of((char *)text.data);
    buf_fini(&text);
    return page;
}

#define RESULT(id, client, verdict, reasons, more)                                                                     \
    "{\"type\":\"case\",\"id\":\"" id "\",\"version\":1,\"topic\":\"a\",\"client\":\"" client                          \
    "\",\"level\":\"must\",\"title\":"                                                                                 \
    "\"T\",\"cites\":[],\"duration_us\":1,\"verdict\":\"" verdict "\",\"reasons\":[" reasons "]" more "}\n"
#define REASON(kind) "{\"axis\":\"health\",\"kind\":\"" kind "\",\"expected\":\"e\",\"observed\":\"o\"}"
#define DIED                                                                                                           \
    ",\"health\":{\"asked\":true,\"healthy\":false,\"process_died\":true,\"detail\":\"signal "                         \
    "11\",\"output\":\"last\"}"
#define EVENT(text, more) "{\"type\":\"event\",\"t\":1,\"text\":\"" text "\"" more "}\n"

/* The ids of the rows, in order. */
static void check_rows(const char *page, const char *const *ids)
{
    const char *at = page;
    for (size_t i = 0; ids[i]; i++) {
        at = strstr(at, "<tr role=\"row\" class=\"row ");
        assert_non_null(at);
        const char *id = strstr(at, " id=\"") + 5;
        assert_memory_equal(id, ids[i], strlen(ids[i]));
        assert_int_equal(id[strlen(ids[i])], '"');
        at = id;
    }
    assert_null(strstr(at, "<tr role=\"row\" class=\"row "));
}

/* The worst kind first; repetitions have a row each, with both clients, and stay together. A pair is planned and lost.
 */
static void test_order(void **state)
{
    (void)state;
    static const char *const ids[] = {"case=a/z", "case=a/y", "case=a/y&amp;repeat=2", "case=a/x", "case=a/b", NULL};
    char *page = page_of(RUN_LINE RESULT("a/x", "h1", "fail", REASON("wrong-body"), "")
                             RESULT("a/y", "h1", "pass", "", "") RESULT("a/y", "h2", "pass", "", "")
                                 RESULT("a/y", "h1", "fail", REASON("hung"), "") RESULT("a/y", "h2", "pass", "", "")
                                     RESULT("a/z", "h2", "fail", REASON("died"), DIED) TOTALS_LINE);
    check_rows(page, ids);
    assert_int_equal(count_of(page, DATA_OPEN "d"), 5);
    assert_non_null(strstr(page, "data-parts=\"h1:fail:failed:hung h2:pass:passed:\""));
    assert_non_null(strstr(page, "<a href=\"#case=a%2Fy&amp;repeat=2\">a/y</a>"));
    assert_non_null(strstr(page, "<span class=\"who\">h1</span> <span class=\"kind\">hung</span> o"));
    assert_non_null(strstr(page, ">3 must cases failed</h1>"));
    free(page);
}

/* What is waived stands behind what failed, the worst kind first. */
static void test_order_of_waived(void **state)
{
    (void)state;
    static const char *const ids[] = {"case=a/z", "case=a/b", "case=a/w", "case=a/y", "case=a/x", "case=a/v", NULL};
    static const char waiver[] = ",\"waiver\":{\"reason\":\"r\"}";
    char text[8192];
    snprintf(text, sizeof text,
             "%s" RESULT("a/v", "h1", "pass", "", "") RESULT("a/x", "h1", "waived", REASON("wrong-body"), "%s")
                 RESULT("a/y", "h1", "waived", REASON("hung"), "%s")
                     RESULT("a/z", "h1", "fail", REASON("wrong-body"), "")
                         RESULT("a/w", "h1", "waived", REASON("died"), "%s" DIED) "%s",
             RUN_LINE, waiver, waiver, waiver, TOTALS_LINE);
    char *page = page_of(text);
    check_rows(page, ids);
    assert_non_null(
        strstr(page, "<li class=\"callout warn\">The proxy died in <a href=\"#case=a%2Fw\">a/w [h1]</a> (waived): "));
    free(page);
}

/* Deaths come before all else, once where the clients died alike; what the proxy wrote stands with them alone; notes
 * are behind one line. */
static void test_deaths(void **state)
{
    (void)state;
    char *page = page_of(RUN_LINE EVENT("the proxy died and is started again", ",\"output\":\"last\"") EVENT("two", "")
                             EVENT("three", "") EVENT("a finding", ",\"verdict\":\"fail\"")
                                 RESULT("a/x", "h1", "fail", REASON("died"), DIED)
                                     RESULT("a/x", "h2", "fail", REASON("died"), DIED)
                                         RESULT("a/y", "h1", "fail", REASON("died"), DIED) TOTALS_LINE);
    const char *death = strstr(page, "The proxy died in <a href=\"#case=a%2Fx\">a/x [h1 and h2]</a>: ");
    const char *other = strstr(page, "The proxy died in <a href=\"#case=a%2Fy\">a/y [h1]</a>: ");
    const char *finding = strstr(page, "<b>Failed</b>: a finding");
    const char *notes = strstr(page, "<details><summary>3 notes of the run</summary>");
    const char *kinds = strstr(page, "What went wrong, the worst first");
    assert_true(death && other && finding && notes && kinds);
    assert_true(death < other && other < finding && finding < notes && notes < kinds);
    assert_int_equal(count_of(page, "The proxy died in "), 2);
    assert_int_equal(count_of(page, "<summary>What the proxy wrote last"), 2);
    free(page);
}

/* A page stays of a size that opens: what is too long is shortened, and it says so. */
static void test_limits(void **state)
{
    (void)state;
    static const struct {
        size_t count, bytes, title;
        const char *says; /* NULL: no details at all */
    } rows[] = {
        {1, 20000, 10, "\"events\":[{\"t\":0,"},
        {1, 100000, 10, "\"page\":{\"shortened\":true,\"events\":0}"},
        {3000, 32, 10, "\"page\":{\"shortened\":false,\"events\":2900}"},
        {1, 400000, 10, "\"page\":{\"shortened\":true,\"events\":0}"},
        {1, 40000, 130000, "\"page\":{\"shortened\":false,\"events\":1}"},
        {1, 1, 140000, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *page = large_case(rows[i].count, rows[i].bytes, rows[i].title);
        assert_true(strlen(page) < HTML_MAX_ROW_DATA + (100u << 10));
        if (!rows[i].says) {
            assert_null(strstr(page, DATA_OPEN "d0\">"));
        } else {
            struct buf lines;
            row_details(&lines, page, 0);
            assert_non_null(strstr((char *)lines.data, rows[i].says));
            buf_fini(&lines);
        }
        free(page);
    }
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
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_order_of_waived),
        cmocka_unit_test(test_deaths),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_runs_side_by_side),
        cmocka_unit_test(test_no_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
