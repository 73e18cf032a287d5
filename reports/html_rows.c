/* The HTML report's table of results: a row for each case, in which what its clients agree on stands once. */
#include <inttypes.h>

#include "reports/html_parts.h"
#include "reports/text.h"

#define MAX_SEARCH_TEXT 2000 /* bytes of what a row is found by, beyond what it shows */
#define MAX_REASONS     4    /* of a result, shown without JavaScript */
#define MAX_TEXT        600  /* bytes of what was expected or observed there */
#define MAX_COMMAND     8000

static void put_attribute(struct html *html, const char *name, struct span value)
{
    writer_printf(&html->w, " data-%s=\"", name);
    writer_text(&html->w, value);
    writer_put(&html->w, "\"");
}

void html_row_id(struct html *html, const struct results_case *item)
{
    writer_put(&html->w, "case=");
    writer_text(&html->w, item->id);
    if (item->run > 0)
        writer_printf(&html->w, "&amp;run=%zu", item->run);
    if (item->repeat > 1)
        writer_printf(&html->w, "&amp;repeat=%u", item->repeat);
}

void html_open_link(struct html *html, const struct results_case *item)
{
    writer_put(&html->w, "<a href=\"#case=");
    html_fragment(html, item->id);
    if (item->run > 0)
        writer_printf(&html->w, "&amp;run=%zu", item->run);
    if (item->repeat > 1)
        writer_printf(&html->w, "&amp;repeat=%u", item->repeat);
    writer_put(&html->w, "\">");
}

/* ---- what a row holds for the script */

/* What a search finds beyond the visible text: kinds, path, references, notes. */
static void add_search_text(struct buf *text, const struct results_case *item)
{
    for (size_t i = 0; i < item->reason_count; i++) {
        const struct span spans[] = {item->reasons[i].kind, item->reasons[i].axis, item->reasons[i].path,
                                     item->reasons[i].expected, item->reasons[i].observed};
        for (size_t s = 0; s < 5; s++) {
            buf_append_span(text, spans[s]);
            buf_append_byte(text, ' ');
        }
    }
    buf_append_span(text, item->note);
    buf_append_byte(text, ' ');
    buf_append_span(text, item->waiver_reason);
}

/* Whether both have the same reasons, word for word, and the same note and waiver. */
static bool same_words(const struct results_case *a, const struct results_case *b)
{
    bool same = results_agree(a, b) && span_equal(a->note, b->note) && span_equal(a->waiver_reason, b->waiver_reason);
    for (size_t i = 0; i < a->reason_count && same; i++)
        same = span_equal(a->reasons[i].expected, b->reasons[i].expected) &&
               span_equal(a->reasons[i].observed, b->reasons[i].observed);
    return same;
}

/* Whether a result before it in the row says the same. */
static bool is_said(const struct html_row *row, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (same_words(row->items[i], row->items[index]))
            return true;
    }
    return false;
}

static void put_search_text(struct html *html, const struct html_row *row)
{
    struct buf *text = writer_raw(&html->w);
    const struct results_case *item = row->items[0];
    text_cites(text, item);
    const struct span more[] = {item->path, item->why};
    for (size_t s = 0; s < 2; s++) {
        buf_append_byte(text, ' ');
        buf_append_span(text, more[s]);
    }
    for (size_t i = 0; i < row->count; i++) {
        if (is_said(row, i))
            continue;
        buf_append_byte(text, ' ');
        add_search_text(text, row->items[i]);
    }
    writer_put(&html->w, " data-text=\"");
    writer_raw_text_cut(&html->w, MAX_SEARCH_TEXT);
    writer_put(&html->w, "\"");
}

/* "h1:fail:failed:hung h2:pass:passed:": client, verdict, what that comes to, and the group of what went wrong. */
static void put_parts(struct html *html, const struct html_row *row)
{
    writer_put(&html->w, " data-parts=\"");
    for (size_t i = 0; i < row->count; i++) {
        const char *kind = html->kinds[row->items[i] - html->results->cases];
        writer_put(&html->w, i > 0 ? " " : "");
        writer_text(&html->w, row->items[i]->client);
        writer_printf(&html->w, ":%s:%s:%s", verdict_name(row->items[i]->verdict),
                      standing_name(verdict_standing(row->items[i]->verdict)), kind ? kind : "");
    }
    writer_put(&html->w, "\"");
}

/* ---- what it shows */

/* The clients whose results say the same as one of them; nothing where that is all. */
static void put_clients(struct html *html, const struct html_row *row, size_t index, bool verdict_only)
{
    const struct results_case *item = row->items[index];
    size_t same = 0;
    for (size_t i = 0; i < row->count; i++)
        same += verdict_only ? row->items[i]->verdict == item->verdict : same_words(row->items[i], item);
    if (same == row->count && row->count > 1)
        return;
    writer_put(&html->w, "<span class=\"who\">");
    writer_text_cut(&html->w, item->client, 20);
    writer_put(&html->w, "</span> ");
}

static void put_verdicts(struct html *html, const struct html_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        enum verdict verdict = row->items[i]->verdict;
        bool shown = false;
        for (size_t before = 0; before < i; before++)
            shown = shown || row->items[before]->verdict == verdict;
        if (shown)
            continue;
        writer_put(&html->w, "<div><span class=\"badge ");
        html_verdict_class(html, verdict);
        writer_printf(&html->w, "\"><span class=\"mark\" aria-hidden=\"true\">%s</span> %s</span> ",
                      verdict_mark(verdict), verdict_word(verdict));
        put_clients(html, row, i, true);
        writer_put(&html->w, "</div>");
    }
}

static void put_because(struct html *html, const struct results_case *item)
{
    struct writer *w = &html->w;
    if (item->waiver_problem.len > 0) {
        writer_put(w, "<span class=\"kind\">waiver: ");
        writer_text_cut(w, item->waiver_problem, 60);
        writer_put(w, ";</span> ");
    }
    if (verdict_standing(item->verdict) == STANDING_FAILED) {
        const struct results_reason *reason = text_decisive(item);
        writer_put(w, "<span class=\"kind\">");
        text_reason_name(writer_raw(w), reason);
        writer_raw_text_cut(w, 120);
        writer_put(w, "</span> ");
        writer_text_cut(w, reason->observed, 220);
        size_t more = item->reason_count - 1 + (size_t)item->reasons_omitted;
        if (more > 0)
            writer_printf(w, " <span class=\"more\">and %zu more</span>", more);
    } else if (item->waiver_problem.len > 0) {
        writer_text_cut(w, item->waiver_reason, 220);
    } else {
        text_because(writer_raw(w), item);
        writer_raw_text_cut(w, 260);
    }
}

/* What the script would show when a row is opened, as far as it is needed to act on it. */
static void put_without_script(struct html *html, const struct results_case *item)
{
    struct writer *w = &html->w;
    writer_put(w, "<noscript>");
    for (size_t i = 0; i < item->reason_count && i < MAX_REASONS; i++) {
        writer_put(w, "<p>");
        text_reason_name(writer_raw(w), &item->reasons[i]);
        writer_raw_text_cut(w, 120);
        writer_put(w, ": expected ");
        writer_text_cut(w, item->reasons[i].expected, MAX_TEXT);
        writer_put(w, "; observed ");
        writer_text_cut(w, item->reasons[i].observed, MAX_TEXT);
        writer_put(w, "</p>");
    }
    if (item->run_command.len > 0 && item->run_command.len <= MAX_COMMAND) {
        writer_put(w, "<pre>");
        writer_text(w, item->run_command);
        writer_put(w, "</pre>");
    }
    writer_put(w, "</noscript>");
}

/* A plain pass has nothing to say beside its verdict. */
static bool has_because(struct html *html, const struct results_case *item)
{
    struct buf *text = writer_raw(&html->w);
    text_because(text, item);
    return text->len > 0;
}

static void put_reasons(struct html *html, const struct html_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        if (is_said(row, i) || !has_because(html, row->items[i]))
            continue;
        writer_put(&html->w, "<div>");
        put_clients(html, row, i, false);
        put_because(html, row->items[i]);
        if (results_case_is_bad(row->items[i]))
            put_without_script(html, row->items[i]);
        writer_put(&html->w, "</div>");
    }
}

static uint64_t longest(const struct html_row *row)
{
    uint64_t duration_us = 0;
    for (size_t i = 0; i < row->count; i++)
        duration_us = row->items[i]->duration_us > duration_us ? row->items[i]->duration_us : duration_us;
    return duration_us;
}

static bool is_bad(const struct html_row *row)
{
    bool bad = false;
    for (size_t i = 0; i < row->count; i++)
        bad = bad || results_case_is_bad(row->items[i]);
    return bad;
}

static void put_head(struct html *html, const struct html_row *row, size_t index)
{
    const struct results_case *worst = row->worst;
    struct writer *w = &html->w;
    writer_put(w, "<tr role=\"row\" class=\"row ");
    html_verdict_class(html, worst->verdict);
    writer_printf(w, "%s%s\" id=\"", is_bad(row) ? " is-bad" : "", index >= HTML_FIRST_ROWS ? " later" : "");
    html_row_id(html, worst);
    writer_printf(w, "\" data-n=\"%zu\" data-level=\"%s\"", index, level_name(worst->level));
    put_attribute(html, "topic", html->results->topics[worst->topic].name);
    put_attribute(html, "id", worst->id);
    put_parts(html, row);
    writer_printf(w, " data-run=\"%zu\" data-repeat=\"%u\" data-time=\"%" PRIu64 "\"", worst->run, worst->repeat,
                  longest(row));
    put_search_text(html, row);
    writer_put(w, ">");
}

/* Roles are spelled out because a narrow screen shows rows as cards, and a table whose display is changed by a style
 * sheet loses its roles in some browsers. */
static void put_row(struct html *html, const struct html_row *row, size_t index)
{
    const struct results_case *item = row->worst;
    struct writer *w = &html->w;
    uint64_t duration_us = longest(row);
    put_head(html, row, index);
    writer_put(w, "<td role=\"cell\" class=\"c-verdict\">");
    put_verdicts(html, row);
    writer_printf(w, "</td><td role=\"cell\" class=\"c-level\"><span class=\"level %s\">%s</span></td>",
                  level_name(item->level), level_name(item->level));
    writer_put(w, "<th role=\"rowheader\" scope=\"row\" class=\"c-case\"><button type=\"button\" class=\"open\" "
                  "aria-expanded=\"false\">");
    writer_text_cut(w, item->title, 300);
    writer_put(w, "</button><code class=\"id\">");
    writer_text_cut(w, item->id, 200);
    if (item->repeat > 1)
        writer_printf(w, " #%u", item->repeat);
    writer_put(w, "</code></th>");
    if (html->results->run_count > 1) {
        writer_put(w, "<td role=\"cell\" class=\"c-run\">");
        writer_text_cut(w, html->results->runs[item->run].label, 60);
        writer_put(w, "</td>");
    }
    writer_put(w, "<td role=\"cell\" class=\"c-because\">");
    put_reasons(html, row);
    writer_put(w, "</td><td role=\"cell\" class=\"c-time\">");
    if (duration_us > 0) /* zero: it was not played */
        writer_printf(w, "%" PRIu64 ".%" PRIu64 " ms", duration_us / 1000, duration_us / 100 % 10);
    writer_put(w, "</td></tr>\n");
}

void html_rows(struct html *html)
{
    static const char *const heads[] = {"Verdict", "Level", "Case", "Run", "Because", "Time"};
    writer_put(&html->w, "<thead role=\"rowgroup\"><tr role=\"row\">");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (strcmp(heads[i], "Run") != 0 || html->results->run_count > 1)
            writer_printf(&html->w, "<th role=\"columnheader\" scope=\"col\">%s</th>", heads[i]);
    }
    writer_put(&html->w, "</tr></thead>\n<tbody role=\"rowgroup\" id=\"rows\">\n");
    for (size_t i = 0; i < html->row_count; i++)
        put_row(html, &html->rows[i], i);
    writer_put(&html->w, "</tbody>");
}
