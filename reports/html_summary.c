/* The HTML report's summary: bar, tiles, numbers by level, facts of each run. */
#include <inttypes.h>
#include <stdlib.h>

#include "harness/base/escape.h"
#include "reports/html_parts.h"
#include "reports/text.h"

void html_verdict_class(struct html *html, enum verdict verdict)
{
    writer_printf(&html->w, "v-%s s-%s", verdict_name(verdict), standing_name(verdict_standing(verdict)));
}

/* RFC 3986, section 2.3: everything but unreserved characters is percent-encoded. */
void html_fragment(struct html *html, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        if (plain)
            fputc(c, html->w.out);
        else
            writer_printf(&html->w, "%%%02X", c);
    }
}

/* "2026-11-20T11:00:00Z" as "2026-11-20 11:00 UTC"; anything else as it is. */
static void put_started(struct html *html, struct span started)
{
    if (started.len != 20 || started.data[10] != 'T' || started.data[19] != 'Z') {
        writer_text_cut(&html->w, started, 100);
        return;
    }
    writer_put(&html->w, "<time datetime=\"");
    writer_text(&html->w, started);
    writer_put(&html->w, "\">");
    writer_text(&html->w, span_of(started.data, 10));
    writer_put(&html->w, " ");
    writer_text(&html->w, span_of(started.data + 11, 5));
    writer_put(&html->w, " UTC</time>");
}

static void put_seconds(struct html *html, uint64_t duration_us)
{
    writer_printf(&html->w, "%" PRIu64 ".%" PRIu64 " s", duration_us / 1000000, duration_us / 100000 % 10);
}

void html_subtitle(struct html *html)
{
    const struct results *results = html->results;
    char amount[RESULTS_MAX_AMOUNT];
    results_amount(amount, "", html->counts.cases, html->counts.total);
    writer_put(&html->w, amount);
    if (results->run_count > 1) {
        writer_printf(&html->w, " of %zu runs: ", results->run_count);
        for (size_t i = 0; i < results->run_count; i++) {
            writer_put(&html->w, i > 0 ? ", " : "");
            writer_text_cut(&html->w, results->runs[i].label, 100);
        }
        return;
    }
    writer_put(&html->w, " for <strong>");
    text_proxy(writer_raw(&html->w), &results->runs[0]);
    writer_raw_text_cut(&html->w, 200);
    writer_put(&html->w, "</strong>, ");
    put_started(html, results->runs[0].started);
    if (results->runs[0].totals.present) {
        writer_put(&html->w, ", in ");
        put_seconds(html, results->runs[0].totals.duration_us);
    }
}

void html_bar(struct html *html)
{
    if (html->counts.cases == 0)
        return;
    writer_put(&html->w,
               "<svg class=\"share\" viewBox=\"0 0 1000 12\" preserveAspectRatio=\"none\" aria-hidden=\"true\" "
               "focusable=\"false\">");
    size_t before = 0;
    for (size_t i = 0; i < VERDICT_COUNT - VERDICT_FIRST; i++) {
        enum verdict verdict = verdict_by_attention(i);
        size_t count = results_count_cases(&html->counts, verdict);
        if (count == 0)
            continue;
        double scale = 1000.0 / (double)html->counts.cases;
        writer_put(&html->w, "<rect class=\"");
        html_verdict_class(html, verdict);
        writer_printf(&html->w, "\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"12\"/>", (double)before * scale,
                      (double)count * scale);
        before += count;
    }
    writer_put(&html->w, "</svg>");
}

void html_tiles(struct html *html)
{
    for (size_t i = 0; i < VERDICT_COUNT - VERDICT_FIRST; i++) {
        enum verdict verdict = verdict_by_attention(i);
        size_t count = results_count_cases(&html->counts, verdict);
        if (count == 0 && verdict != VERDICT_FAIL && verdict != VERDICT_PASS)
            continue;
        writer_put(&html->w, "<li><a class=\"tile ");
        html_verdict_class(html, verdict);
        writer_printf(&html->w,
                      "%s\" href=\"#verdicts=%s\"><span class=\"mark\" aria-hidden=\"true\">%s</span>"
                      "<span class=\"n\">%zu</span> <span class=\"w\">%s</span></a></li>\n",
                      count == 0 ? " none" : "", verdict_name(verdict), verdict_mark(verdict), count,
                      verdict_word(verdict));
    }
}

void html_levels(struct html *html)
{
    struct writer *w = &html->w;
    writer_put(w, "<table class=\"numbers\"><thead><tr><th scope=\"col\">Verdict</th>");
    for (size_t level = 0; level < LEVEL_COUNT; level++)
        writer_printf(w, "<th scope=\"col\">%s</th>", level_name((enum level)level));
    writer_put(w, "<th scope=\"col\">All</th></tr></thead><tbody>");
    for (size_t i = 0; i < VERDICT_COUNT - VERDICT_FIRST; i++) {
        enum verdict verdict = verdict_by_attention(i);
        const char *name = verdict_name(verdict);
        size_t all = results_count_cases(&html->counts, verdict);
        if (all == 0)
            continue;
        writer_put(w, "<tr class=\"");
        html_verdict_class(html, verdict);
        writer_printf(w, "\"><th scope=\"row\"><span class=\"mark\" aria-hidden=\"true\">%s</span>%s</th>",
                      verdict_mark(verdict), verdict_word(verdict));
        for (size_t level = 0; level < LEVEL_COUNT; level++) {
            size_t count = html->counts.cases_by[level][verdict];
            if (count == 0)
                writer_put(w, "<td class=\"zero\">0</td>");
            else
                writer_printf(w, "<td><a href=\"#levels=%s&amp;verdicts=%s\">%zu</a></td>",
                              level_name((enum level)level), name, count);
        }
        writer_printf(w, "<td>%zu</td></tr>", all);
    }
    writer_put(w, "</tbody></table>");
}

static void put_fact(struct html *html, const char *label, struct span text)
{
    if (text.len == 0)
        return;
    writer_printf(&html->w, "<dt>%s</dt><dd>", label);
    writer_text_cut(&html->w, text, 1000);
    writer_put(&html->w, "</dd>");
}

static void put_run(struct html *html, const struct results_run *run)
{
    struct writer *w = &html->w;
    if (html->results->run_count > 1) {
        writer_put(w, "<h3>");
        writer_text_cut(w, run->label, 100);
        writer_put(w, "</h3>");
    }
    writer_put(w, "<dl class=\"facts\"><dt>Proxy</dt><dd><strong>");
    text_proxy(writer_raw(w), run);
    writer_raw_text_cut(w, 300);
    writer_put(w, "</strong>");
    if (text_has_name(run)) {
        writer_put(w, "<br>at <code>");
        writer_text_cut(w, run->url, 500);
        writer_put(w, "</code>");
    }
    writer_put(w, "</dd><dt>Backend</dt><dd><code>");
    writer_text_cut(w, run->backend, 200);
    writer_put(w, "</code></dd><dt>Started</dt><dd>");
    put_started(html, run->started);
    if (run->totals.present) {
        writer_put(w, ", took ");
        put_seconds(html, run->totals.duration_us);
        writer_printf(w, ", exit code %d", run->totals.exit_code);
    }
    writer_put(w, "</dd>");
    if (run->option_count > 0) {
        struct buf *line = writer_raw(w);
        buf_append_cstr(line, "transcheck run");
        for (size_t i = 0; i < run->option_count; i++) {
            buf_append_byte(line, ' ');
            escape_shell(line, run->options[i]);
        }
        writer_put(w, "<dt>Command</dt><dd><code>");
        writer_raw_text_cut(w, 20000);
        writer_put(w, "</code></dd>");
    }
    writer_put(w, "<dt>Versions</dt><dd>transcheck ");
    writer_text_cut(w, run->transcheck, 100);
    for (size_t i = 0; i < run->library_count && i < 20; i++) {
        writer_put(w, ", ");
        writer_text_cut(w, run->libraries[i].name, 50);
        writer_put(w, " ");
        writer_text_cut(w, run->libraries[i].value, 50);
    }
    writer_put(w, "</dd>");
    if (text_has_profile(run)) {
        buf_append_span(writer_raw(w), run->profile_title);
        buf_append_cstr(&w->raw, ", values read of ");
        buf_append_span(&w->raw, run->profile_version);
        put_fact(html, "Profile", buf_span(&w->raw));
    }
    put_fact(html, "Results", run->source);
    writer_put(w, "</dl>");
}

void html_runs(struct html *html)
{
    for (size_t i = 0; i < html->results->run_count; i++)
        put_run(html, &html->results->runs[i]);
}
