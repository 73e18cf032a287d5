/* The HTML report's filters, its table of results, and the data of each row. */
#include <inttypes.h>

#include "reports/html_parts.h"
#include "reports/results_reader.h"
#include "reports/text.h"

#define MAX_SEARCH_TEXT 2000 /* bytes of what a row is found by, beyond what it shows */

static void put_checks(struct html *html, const char *legend, const char *name)
{
    writer_printf(&html->w, "<fieldset data-filter=\"%s\"><legend>%s</legend>", name, legend);
}

/* The inside of a label; `mark` may be NULL. */
static void put_check(struct html *html, const char *name, const char *value, const char *label, const char *mark)
{
    writer_printf(&html->w, "<input type=\"checkbox\" name=\"%s\" value=\"%s\">", name, value);
    if (mark)
        writer_printf(&html->w, "<span class=\"mark\" aria-hidden=\"true\">%s</span>", mark);
    writer_printf(&html->w, "<span>%s</span></label>", label);
}

static void put_plain_check(struct html *html, const char *name, const char *value, const char *label)
{
    writer_put(&html->w, "<label class=\"chip\">");
    put_check(html, name, value, label, NULL);
}

static void put_topics(struct html *html)
{
    const struct results *results = html->results;
    writer_put(&html->w, "<div class=\"field\"><label for=\"topic\">Topic</label><select id=\"topic\" name=\"topics\">"
                         "<option value=\"\">All topics</option>");
    for (size_t i = 0; i < results->topic_count; i++) {
        const struct results_topic *topic = &results->topics[i];
        writer_put(&html->w, "<option value=\"");
        writer_text(&html->w, topic->name);
        writer_put(&html->w, "\">");
        writer_text_cut(&html->w, topic->title.len > 0 ? topic->title : topic->name, 60);
        writer_put(&html->w, "</option>");
    }
    writer_put(&html->w, "</select></div>\n");
}

static void put_run_filter(struct html *html)
{
    writer_put(&html->w, "<div class=\"field\"><label for=\"run\">Run</label><select id=\"run\" name=\"runs\">"
                         "<option value=\"\">All runs</option>");
    for (size_t i = 0; i < html->results->run_count; i++) {
        writer_printf(&html->w, "<option value=\"%zu\">", i);
        writer_text_cut(&html->w, html->results->runs[i].label, 60);
        writer_put(&html->w, "</option>");
    }
    writer_put(&html->w, "</select></div>\n");
}

void html_filters(struct html *html)
{
    put_checks(html, "Verdict", "verdicts");
    for (size_t i = 0; i < VERDICT_COUNT - VERDICT_FIRST; i++) {
        enum verdict verdict = verdict_by_attention(i);
        if (results_count_verdict(&html->counts, verdict) == 0)
            continue;
        writer_put(&html->w, "<label class=\"chip ");
        html_verdict_class(html, verdict);
        writer_put(&html->w, "\">");
        put_check(html, "verdicts", verdict_name(verdict), verdict_word(verdict), verdict_mark(verdict));
    }
    writer_put(&html->w, "</fieldset>\n");
    put_checks(html, "Level", "levels");
    for (size_t level = 0; level < LEVEL_COUNT; level++)
        put_plain_check(html, "levels", level_name((enum level)level), level_name((enum level)level));
    writer_put(&html->w, "</fieldset>\n");
    put_checks(html, "Client", "clients");
    for (size_t i = 0; client_names[i]; i++) {
        enum testcase_client client = CLIENT_H1;
        client_from_name(span_cstr(client_names[i]), &client);
        put_plain_check(html, "clients", client_names[i], client_word(client));
    }
    writer_put(&html->w, "</fieldset>\n");
    put_topics(html);
    if (html->results->run_count > 1)
        put_run_filter(html);
}

/* ---- the table */

static void put_attribute(struct html *html, const char *name, struct span value)
{
    writer_printf(&html->w, " data-%s=\"", name);
    writer_text(&html->w, value);
    writer_put(&html->w, "\"");
}

/* What a search finds beyond the visible text: kinds, path, references, notes. */
static void put_search_text(struct html *html, const struct results_case *item)
{
    struct buf *text = writer_raw(&html->w);
    for (size_t i = 0; i < item->reason_count; i++) {
        const struct span spans[] = {item->reasons[i].kind, item->reasons[i].axis, item->reasons[i].path,
                                     item->reasons[i].expected, item->reasons[i].observed};
        for (size_t s = 0; s < 5; s++) {
            buf_append_span(text, spans[s]);
            buf_append_byte(text, ' ');
        }
    }
    text_cites(text, item);
    const struct span more[] = {item->path, item->note, item->waiver_reason, item->why};
    for (size_t s = 0; s < 4; s++) {
        buf_append_byte(text, ' ');
        buf_append_span(text, more[s]);
    }
    writer_put(&html->w, " data-text=\"");
    writer_raw_text_cut(&html->w, MAX_SEARCH_TEXT);
    writer_put(&html->w, "\"");
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

/* Roles are spelled out because a narrow screen shows rows as cards, and a table whose display is changed by a style
 * sheet loses its roles in some browsers. */
static void put_row(struct html *html, size_t row, const struct results_case *item)
{
    struct writer *w = &html->w;
    writer_put(w, "<tr role=\"row\" class=\"row ");
    html_verdict_class(html, item->verdict);
    writer_printf(w, "%s\" id=\"r%zu\" data-verdict=\"%s\" data-standing=\"%s\" data-level=\"%s\"",
                  results_case_is_bad(item) ? " is-bad" : "", row, verdict_name(item->verdict),
                  standing_name(verdict_standing(item->verdict)), level_name(item->level));
    put_attribute(html, "topic", html->results->topics[item->topic].name);
    put_attribute(html, "client", item->client);
    put_attribute(html, "id", item->id);
    writer_printf(w, " data-run=\"%zu\" data-repeat=\"%u\" data-time=\"%" PRIu64 "\"", item->run, item->repeat,
                  item->duration_us);
    put_search_text(html, item);
    writer_put(w, "><td role=\"cell\" class=\"c-verdict\"><span class=\"badge ");
    html_verdict_class(html, item->verdict);
    writer_printf(w, "\"><span class=\"mark\" aria-hidden=\"true\">%s</span> %s</span></td>",
                  verdict_mark(item->verdict), verdict_word(item->verdict));
    writer_printf(w, "<td role=\"cell\" class=\"c-level\"><span class=\"level %s\">%s</span></td>",
                  level_name(item->level), level_name(item->level));
    writer_put(w, "<th role=\"rowheader\" scope=\"row\" class=\"c-case\"><button type=\"button\" class=\"open\" "
                  "aria-expanded=\"false\">");
    writer_text_cut(w, item->title, 300);
    writer_put(w, "</button><code class=\"id\">");
    writer_text_cut(w, item->id, 200);
    writer_put(w, "</code></th><td role=\"cell\" class=\"c-client\">");
    writer_text_cut(w, item->client, 20);
    if (item->repeat > 1)
        writer_printf(w, " #%u", item->repeat);
    writer_put(w, "</td>");
    if (html->results->run_count > 1) {
        writer_put(w, "<td role=\"cell\" class=\"c-run\">");
        writer_text_cut(w, html->results->runs[item->run].label, 60);
        writer_put(w, "</td>");
    }
    writer_put(w, "<td role=\"cell\" class=\"c-because\">");
    put_because(html, item);
    writer_put(w, "</td><td role=\"cell\" class=\"c-time\">");
    if (item->duration_us > 0) /* zero: it was not played */
        writer_printf(w, "%" PRIu64 ".%" PRIu64 " ms", item->duration_us / 1000, item->duration_us / 100 % 10);
    writer_put(w, "</td></tr>\n");
}

void html_rows(struct html *html)
{
    static const char *const heads[] = {"Verdict", "Level", "Case", "Client", "Run", "Because", "Time"};
    writer_put(&html->w, "<thead role=\"rowgroup\"><tr role=\"row\">");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (strcmp(heads[i], "Run") != 0 || html->results->run_count > 1)
            writer_printf(&html->w, "<th role=\"columnheader\" scope=\"col\">%s</th>", heads[i]);
    }
    writer_put(&html->w, "</tr></thead>\n<tbody role=\"rowgroup\" id=\"rows\">\n");
    for (size_t i = 0; i < html->results->case_count; i++)
        put_row(html, i, &html->results->cases[html->order[i]]);
    writer_put(&html->w, "</tbody>");
}

/* ---- details */

/* JSON as it stands in the stream, with the five characters that could end the element, or that JavaScript once took
 * for line ends, written as escapes: outside of strings JSON has none of them. */
static bool escape_inline(struct buf *out, struct span json)
{
    size_t from = 0;
    for (size_t i = 0; i < json.len; i++) {
        uint8_t c = json.data[i];
        bool separator = c == 0xe2 && i + 2 < json.len && json.data[i + 1] == 0x80 && (json.data[i + 2] & 0xfe) == 0xa8;
        if (c != '<' && c != '>' && c != '&' && !separator)
            continue;
        buf_append(out, json.data + from, i - from);
        buf_printf(out, "\\u%04x", separator ? 0x2000u + 0x28u + (json.data[i + 2] & 1u) : c);
        i += separator ? 2 : 0;
        from = i + 1;
    }
    buf_append(out, json.data + from, json.len - from);
    return !out->failed;
}

void html_data(struct html *html)
{
    struct buf line;
    struct buf safe;
    buf_init(&line, RESULTS_MAX_LINE);
    buf_init(&safe, 6u * RESULTS_MAX_LINE);
    for (size_t i = 0; i < html->results->case_count && html->code == ERR_OK; i++) {
        const struct results_case *item = &html->results->cases[html->order[i]];
        if (item->lost)
            continue;
        html->code = results_case_line(html->results, item, &line, html->err);
        buf_reset(&safe);
        if (html->code != ERR_OK || !escape_inline(&safe, buf_span(&line))) {
            html->w.failed = true;
            break;
        }
        writer_printf(&html->w, "<script type=\"application/json\" id=\"d%zu\">", i);
        writer_bytes(&html->w, buf_span(&safe));
        writer_put(&html->w, "</script>\n");
    }
    buf_fini(&line);
    buf_fini(&safe);
}
