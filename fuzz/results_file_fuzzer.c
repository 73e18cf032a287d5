/* Target `results_file`: the input is a stream of results. What is read goes through every report; no byte of it may
 * become markup, a control sequence or a line of its own. */
#include <assert.h>

#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "harness/base/escape.h"
#include "harness/engine/json/reader.h"
#include "reports/formats.h"
#include "reports/results_reader.h"
#include "reports/summary.h"
#include "reports/tests/unfold.h"

static size_t count(struct span text, const char *part)
{
    size_t found = 0;
    size_t len = strlen(part);
    const uint8_t *at;
    while (text.len > 0 && (at = memmem(text.data, text.len, part, len)) != NULL) {
        found++;
        text = span_from(text, (size_t)(at - text.data) + len);
    }
    return found;
}

/* A report as text; the caller frees it. */
static struct span report(enum err_code (*write)(FILE *, const struct results *, struct err *),
                          const struct results *results)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    FUZZ_CHECK(out && write(out, results, NULL) == ERR_OK && fclose(out) == 0);
    struct span all = span_of(text, len);
    FUZZ_CHECK(escape_utf8_valid(all));
    for (size_t i = 0; i < all.len; i++)
        FUZZ_CHECK(all.data[i] >= 0x20 || all.data[i] == '\n' || all.data[i] == '\t');
    return all;
}

/* The next of the inert texts, of which no byte could be markup; false: there is none. */
static bool next_data(struct span *html, struct span *data)
{
    static const char begin[] = "<script type=\"text/plain\"";
    static const char end[] = "</script>\n";
    const uint8_t *found = memmem(html->data, html->len, begin, sizeof begin - 1);
    if (!found)
        return false;
    size_t at = span_index_of(*html, '>', (size_t)(found - html->data)) + 1;
    size_t stop = span_index_of(*html, '<', at);
    FUZZ_CHECK(html->len - stop >= sizeof end - 1 && memcmp(html->data + stop, end, sizeof end - 1) == 0);
    *data = span_of(html->data + at, stop - at);
    for (size_t i = 0; i < data->len; i++)
        FUZZ_CHECK(data->data[i] != '>' && data->data[i] < 0x7f);
    *html = span_from(*html, stop);
    return true;
}

/* One object whose values are strings. */
static void check_references(struct span data)
{
    struct err err;
    struct json_reader reader;
    json_reader_init(&reader, data);
    FUZZ_CHECK(json_reader_next(&reader, &err) == JSON_OBJECT_BEGIN);
    enum json_token token;
    while ((token = json_reader_next(&reader, &err)) == JSON_KEY)
        FUZZ_CHECK(json_reader_next(&reader, &err) == JSON_STRING);
    FUZZ_CHECK(token == JSON_OBJECT_END && json_reader_next(&reader, &err) == JSON_END);
}

/* What is known of the texts cited is one object of strings; the rows' data unfolds to objects, one a line. */
static void check_data(struct span html)
{
    struct span data;
    struct buf all;
    buf_init(&all, 64u << 20);
    FUZZ_CHECK(next_data(&html, &data));
    check_references(data);
    FUZZ_CHECK(next_data(&html, &data) && unfold(&all, data));
    for (size_t base = all.len; next_data(&html, &data); all.len = base) {
        FUZZ_CHECK(unfold(&all, data));
        struct span lines = span_from(buf_span(&all), base);
        while (lines.len > 0) {
            struct span line = span_take_line(&lines);
            while (line.len > 0 && line.data[0] == ' ')
                line = span_from(line, 1);
            while (line.len > 0 && line.data[line.len - 1] == ' ')
                line.len--;
            FUZZ_CHECK(line.len > 1 && line.data[0] == '{' && line.data[line.len - 1] == '}');
        }
    }
    buf_fini(&all);
}

static void check_html(const struct results *results)
{
    struct span html = report(report_html, results);
    FUZZ_CHECK(count(html, "<script") == count(html, "</script>") && count(html, "</html>") == 1);
    check_data(html);
    free((void *)(uintptr_t)html.data);
}

static void check_reports(const struct results *results)
{
    struct results_counts counts;
    results_count(results, &counts);
    FUZZ_CHECK(counts.total == results->case_count);

    struct span tap = report(report_tap, results);
    FUZZ_CHECK(!memchr(tap.data, 0x7f, tap.len));
    FUZZ_CHECK(count(tap, "\nok ") + count(tap, "\nnot ok ") == results->case_count);
    free((void *)(uintptr_t)tap.data);

    struct span junit = report(report_junit, results);
    FUZZ_CHECK(!memchr(junit.data, 0x7f, junit.len));
    FUZZ_CHECK(count(junit, "<testcase ") == results->case_count && count(junit, "</testsuites>") == 1);
    FUZZ_CHECK(count(junit, "<") == count(junit, ">"));
    free((void *)(uintptr_t)junit.data);
}

static enum err_code summary_short(FILE *out, const struct results *results, struct err *err)
{
    return report_summary(out, results, &(struct summary_options){.columns = 80, .rows = 24}, err);
}

static enum err_code summary_verbose(FILE *out, const struct results *results, struct err *err)
{
    return report_summary(out, results, &(struct summary_options){.verbose = true}, err);
}

/* The short one is bounded whatever the results hold. */
static void check_summary(const struct results *results)
{
    struct span text = report(summary_short, results);
    FUZZ_CHECK(results->run_count > 1 || count(text, "\n") < 200);
    free((void *)(uintptr_t)text.data);
    free((void *)(uintptr_t)report(summary_verbose, results).data);
}

/* Formats that have no check of their own above. */
static void check_others(const struct results *results)
{
    for (size_t i = 0; i < REPORT_FORMAT_COUNT; i++) {
        report_writer *write = report_formats[i].write;
        if (write != report_html && write != report_junit && write != report_tap)
            free((void *)(uintptr_t)report(write, results).data);
    }
}

static void check_lines(const struct results *results)
{
    static struct buf line;
    for (size_t i = 0; i < results->case_count; i++) {
        const struct results_case *item = &results->cases[i];
        FUZZ_CHECK(item->run < results->run_count && item->topic < results->topic_count &&
                   item->column < results->column_count && item->verdict < VERDICT_COUNT);
        FUZZ_CHECK(escape_utf8_valid(item->id) && escape_utf8_valid(item->title));
        FUZZ_CHECK(results_case_line(results, item, fuzz_buf(&line), NULL) == ERR_OK);
        FUZZ_CHECK(item->lost ? line.len == 0 : line.len == item->len && !memchr(line.data, '\n', line.len));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char headline[512];
    if (size == 0)
        return 0;
    FILE *stream = fmemopen((void *)(uintptr_t)data, size, "rb");
    struct results *results = NULL;
    struct err err = {.code = ERR_OK};
    assert(stream);
    enum err_code strict = results_read_stream(&results, stream, "input", false, &err);
    FUZZ_CHECK(strict == err.code && (strict == ERR_OK) == (results != NULL));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    results_free(results);
    rewind(stream);
    enum err_code code = results_read_stream(&results, stream, "input", true, &err);
    FUZZ_CHECK(strict != ERR_OK || code == ERR_OK);
    if (code == ERR_OK) {
        check_lines(results);
        results_headline(results, headline, sizeof headline);
        FUZZ_CHECK(escape_utf8_valid(span_cstr(headline)));
        check_reports(results);
        check_summary(results);
        check_others(results);
        if (size % 4 == 0) /* the page's own 60 KB take ten times as long as all else */
            check_html(results);
        results_free(results);
    }
    fclose(stream);
    return 0;
}
