/* The HTML form of results: one file that opens from disk, under a content security policy that lets it fetch nothing
 * and run only its own style sheet and script (by their hashes). Results are inert JSON inside it, in which no byte can
 * end the element; the script shows them as text. Without JavaScript the summary and the table of results remain. */
#include "reports/formats.h"

#include "harness/base/embed.h"
#include "harness/base/escape.h"
#include "reports/html_parts.h"
#include "reports/text.h"

/* A template or style sheet that is part of the binary: its absence is a fault of the build. */
static struct span embedded(struct html *html, const char *name)
{
    struct span bytes = {0};
    if (!embed_find(name, &bytes) && html->code == ERR_OK)
        html->code = err_set(html->err, ERR_NOT_FOUND, "%s is not part of this binary", name);
    return bytes;
}

static void put_csp(struct html *html)
{
    struct buf policy;
    buf_init(&policy, 1024);
    buf_append_cstr(&policy, "default-src 'none'; style-src '");
    buf_append_span(&policy, embedded(html, "report.css.csp"));
    buf_append_cstr(&policy, "'; script-src '");
    buf_append_span(&policy, embedded(html, "report.js.csp"));
    buf_append_cstr(&policy, "'; img-src data:; base-uri 'none'; form-action 'none'");
    html->w.failed = html->w.failed || policy.failed;
    writer_bytes(&html->w, buf_span(&policy));
    buf_fini(&policy);
}

static void put_css(struct html *html)
{
    writer_bytes(&html->w, embedded(html, "reports/report.css"));
}

static void put_js(struct html *html)
{
    writer_bytes(&html->w, embedded(html, "report.js"));
}

static void put_proxy(struct html *html)
{
    if (html->results->run_count > 1) {
        writer_printf(&html->w, "%zu runs", html->results->run_count);
        return;
    }
    text_proxy(writer_raw(&html->w), &html->results->runs[0]);
    writer_raw_text_cut(&html->w, 200);
}

static void put_headline(struct html *html)
{
    char headline[160];
    results_headline(html->results, headline, sizeof headline);
    writer_put(&html->w, headline);
}

static void put_title(struct html *html)
{
    put_headline(html);
    writer_put(&html->w, " \xe2\x80\x93 ");
    put_proxy(html);
    writer_put(&html->w, " \xe2\x80\x93 transcheck");
}

static void put_tone(struct html *html)
{
    size_t failed = results_count_standing(&html->counts, STANDING_FAILED);
    writer_put(&html->w, !results_is_good(html->results) ? "bad" : failed > 0 ? "warn" : "good");
}

static void put_count(struct html *html)
{
    char amount[RESULTS_MAX_AMOUNT];
    results_amount(amount, "", html->counts.cases, html->counts.total);
    writer_printf(&html->w, "All %s", amount);
}

static void put_columns(struct html *html)
{
    writer_put(&html->w, html->results->run_count > 1 ? " with-runs" : "");
}

static void put_footer(struct html *html)
{
    writer_put(&html->w, "Made by transcheck ");
    writer_text(&html->w, html->results->runs[0].transcheck);
    writer_put(&html->w, ". This page is complete in itself and loads nothing.");
}

struct part {
    const char *name;
    void (*put)(struct html *html);
};
static const struct part parts[] = {
    {"csp", put_csp},
    {"css", put_css},
    {"js", put_js},
    {"title", put_title},
    {"tone", put_tone},
    {"proxy", put_proxy},
    {"headline", put_headline},
    {"subtitle", html_subtitle},
    {"bar", html_bar},
    {"tiles", html_tiles},
    {"remarks", html_remarks},
    {"kinds", html_kinds},
    {"levels", html_levels},
    {"runs", html_runs},
    {"matrix", html_matrix},
    {"cases", html_cases},
    {"filters", html_filters},
    {"count", put_count},
    {"columns", put_columns},
    {"rows", html_rows},
    {"footer", put_footer},
    {"references", html_references},
    {"data", html_data},
};

static bool put_part(struct html *html, struct span name)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (span_is(name, parts[i].name)) {
            parts[i].put(html);
            return true;
        }
    }
    return false;
}

/* Copies the template, each {{name}} replaced by its part. What a part writes is not looked at again. */
static void put_template(struct html *html, struct span text)
{
    while (text.len > 0 && html->code == ERR_OK) {
        const uint8_t *open = memmem(text.data, text.len, "{{", 2);
        const uint8_t *close = open ? memmem(open, text.len - (size_t)(open - text.data), "}}", 2) : NULL;
        if (!close) {
            writer_bytes(&html->w, text);
            return;
        }
        writer_bytes(&html->w, span_of(text.data, (size_t)(open - text.data)));
        struct span name = span_of(open + 2, (size_t)(close - open) - 2);
        if (!put_part(html, name))
            html->code = err_set(html->err, ERR_NOT_FOUND, "the template names no part {{%.*s}}", SPAN_FMT(name));
        text = span_from(text, (size_t)(close + 2 - text.data));
    }
}

enum err_code report_html(FILE *out, const struct results *results, struct err *err)
{
    struct html html = {.results = results, .err = err};
    html.code = html_rows_init(&html);
    if (html.code != ERR_OK) {
        html_rows_fini(&html);
        return html.code;
    }
    writer_init(&html.w, out, escape_html);
    results_count(results, &html.counts);
    put_template(&html, embedded(&html, "reports/report.html"));
    html_rows_fini(&html);
    if (html.code != ERR_OK) {
        writer_end(&html.w, NULL);
        return html.code;
    }
    return writer_end(&html.w, err);
}
