/* The HTML report's summary: bar, tiles, remarks, numbers by level, facts of each run. */
#include <inttypes.h>
#include <stdlib.h>

#include "reports/html_parts.h"
#include "reports/text.h"

#define MAX_EVENTS_SHOWN 100 /* of those that count, and of the others */
#define MAX_DEATHS       50  /* of a run, shown at its head */

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
    writer_printf(&html->w, "%zu results", html->counts.total);
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
    if (html->counts.total == 0)
        return;
    writer_put(&html->w,
               "<svg class=\"share\" viewBox=\"0 0 1000 12\" preserveAspectRatio=\"none\" aria-hidden=\"true\" "
               "focusable=\"false\">");
    size_t before = 0;
    for (size_t i = 0; i < VERDICT_COUNT - VERDICT_FIRST; i++) {
        enum verdict verdict = verdict_by_attention(i);
        size_t count = results_count_verdict(&html->counts, verdict);
        if (count == 0)
            continue;
        double scale = 1000.0 / (double)html->counts.total;
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
        size_t count = results_count_verdict(&html->counts, verdict);
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

static void open_callout(struct html *html, const char *kind, size_t run)
{
    writer_printf(&html->w, "<li class=\"callout %s\">", kind);
    if (html->results->run_count > 1) {
        writer_put(&html->w, "<b>");
        writer_text_cut(&html->w, html->results->runs[run].label, 100);
        writer_put(&html->w, "</b>: ");
    }
}

static void put_callout(struct html *html, const char *kind, size_t run, const char *text)
{
    open_callout(html, kind, run);
    writer_put(&html->w, text);
    writer_put(&html->w, "</li>\n");
}

static void put_output(struct html *html, struct span output)
{
    if (output.len == 0)
        return;
    writer_put(&html->w, "<details><summary>What the proxy wrote last</summary><pre>");
    while (output.len > 0) {
        writer_text(&html->w, span_take_line(&output));
        writer_put(&html->w, "\n");
    }
    writer_put(&html->w, "</pre></details>");
}

static void put_event(struct html *html, size_t run, const struct results_event *event)
{
    open_callout(html, results_event_is_bad(event) ? "bad" : "warn", run);
    if (event->verdict != VERDICT_NONE)
        writer_printf(&html->w, "<b>%s</b>: ", verdict_word(event->verdict));
    else
        writer_printf(&html->w, "At %" PRIu64 ".%03" PRIu64 " s: ", event->at_us / 1000000, event->at_us / 1000 % 1000);
    writer_text_cut(&html->w, event->text, 1000);
    put_output(html, event->output);
    writer_put(&html->w, "</li>\n");
}

/* The events that count, or those that do not. */
static void put_events(struct html *html, size_t index, bool counting)
{
    const struct results_run *run = &html->results->runs[index];
    size_t shown = 0;
    for (size_t i = 0; i < run->event_count && shown < MAX_EVENTS_SHOWN; i++) {
        if ((run->events[i].verdict != VERDICT_NONE) != counting)
            continue;
        put_event(html, index, &run->events[i]);
        shown++;
    }
}

/* "The proxy died in CASE: how", with a link to its row. */
static void put_death(struct html *html, const struct results_case *item)
{
    struct writer *w = &html->w;
    open_callout(html, "bad", item->run);
    writer_put(w, "The proxy died in <a href=\"#case=");
    html_fragment(html, item->id);
    writer_put(w, "&amp;client=");
    html_fragment(html, item->client);
    if (item->run > 0)
        writer_printf(w, "&amp;run=%zu", item->run);
    if (item->repeat > 1)
        writer_printf(w, "&amp;repeat=%u", item->repeat);
    writer_put(w, "\">");
    text_name(writer_raw(w), html->results, item);
    writer_raw_text_cut(w, 300);
    writer_put(w, verdict_standing(item->verdict) == STANDING_WAIVED ? "</a> (waived): " : "</a>: ");
    writer_text_cut(w, item->death, 500);
    put_output(html, item->output);
    writer_put(w, "</li>\n");
}

static void put_deaths(struct html *html, size_t run)
{
    const struct results_totals *totals = &html->results->runs[run].totals;
    size_t shown = 0;
    for (size_t i = 0; i < html->results->case_count && shown < MAX_DEATHS; i++) {
        const struct results_case *item = &html->results->cases[i];
        if (item->run != run || item->death.len == 0)
            continue;
        shown++;
        put_death(html, item);
    }
    if (totals->deaths_unexplained == 0 && (shown > 0 || totals->proxy_died == 0))
        return;
    open_callout(html, "bad", run);
    writer_printf(&html->w,
                  "The proxy died %" PRIu64 " %s of which no case could be found: none of those under way did it "
                  "alone.</li>\n",
                  totals->deaths_unexplained ? totals->deaths_unexplained : totals->proxy_died,
                  totals->deaths_unexplained == 1 ? "time" : "times");
}

static void put_run_remarks(struct html *html, size_t index)
{
    const struct results_run *run = &html->results->runs[index];
    const struct results_totals *totals = &run->totals;
    put_events(html, index, true);
    if (totals->diagnosis.len > 0) {
        open_callout(html, "bad", index);
        writer_text_cut(&html->w, totals->diagnosis, 4000);
        writer_put(&html->w, "</li>\n");
    }
    if (!totals->present)
        put_callout(html, "bad", index,
                    "The stream of results was cut. What was planned and has no result is an error.");
    if (totals->interrupted)
        put_callout(html, "warn", index, "The run was interrupted: not every case was played.");
    if (run->miscounted)
        put_callout(html, "warn", index,
                    "The totals of the stream do not agree with its lines. The numbers here are of the lines.");
    put_deaths(html, index);
    put_events(html, index, false);
    for (size_t i = 0; i < totals->waiver_problem_count && i < 100; i++) {
        open_callout(html, "bad", index);
        writer_put(&html->w, "The waiver of <code>");
        writer_text_cut(&html->w, totals->waiver_problems[i].name, 300);
        writer_put(&html->w, "</code> no longer holds: ");
        writer_text_cut(&html->w, totals->waiver_problems[i].value, 300);
        writer_put(&html->w, ".</li>\n");
    }
    if (totals->calls_unexplained > 0) {
        open_callout(html, "bad", index);
        writer_printf(&html->w,
                      "%" PRIu64
                      " %s the backend without the marker of a case, and no case under way did so again when "
                      "played alone: the run fails.</li>\n",
                      totals->calls_unexplained, totals->calls_unexplained == 1 ? "call reached" : "calls reached");
    }
    if (totals->strays > 0) {
        open_callout(html, "warn", index);
        writer_printf(&html->w, "%" PRIu64 " %s reached the backend and belonged to no case.</li>\n", totals->strays,
                      totals->strays == 1 ? "call" : "calls");
    }
    if (totals->strays_dropped + totals->connections_closed + totals->turned_away > 0) {
        open_callout(html, "warn", index);
        writer_printf(&html->w,
                      "The backend reached its limit of memory or of connections: %" PRIu64
                      " of the calls of no case were given up, %" PRIu64 " idle connections closed, and %" PRIu64
                      " times something was refused.</li>\n",
                      totals->strays_dropped, totals->connections_closed, totals->turned_away);
    }
}

void html_remarks(struct html *html)
{
    writer_put(&html->w, "<ul class=\"remarks\" aria-label=\"Remarks\">\n");
    for (size_t i = 0; i < html->results->run_count; i++)
        put_run_remarks(html, i);
    writer_put(&html->w, "</ul>");
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
        size_t all = results_count_verdict(&html->counts, verdict);
        if (all == 0)
            continue;
        writer_put(w, "<tr class=\"");
        html_verdict_class(html, verdict);
        writer_printf(w, "\"><th scope=\"row\"><span class=\"mark\" aria-hidden=\"true\">%s</span>%s</th>",
                      verdict_mark(verdict), verdict_word(verdict));
        for (size_t level = 0; level < LEVEL_COUNT; level++) {
            size_t count = html->counts.by[level][verdict];
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
        writer_put(w, "<dt>Options</dt><dd><code>");
        for (size_t i = 0; i < run->option_count && i < 200; i++) {
            writer_put(w, i > 0 ? " " : "");
            writer_text_cut(w, run->options[i], 300);
        }
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
