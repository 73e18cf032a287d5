/* The HTML report's matrix: topics down, clients (of runs) across. */
#include <stdlib.h>

#include "reports/html_parts.h"

/* Topics down, clients (of runs) across: each cell says how many results it stands for and the worst of them. */

struct cell {
    size_t total;
    size_t by[VERDICT_COUNT];
    size_t must_failed;
};

static void put_client(struct html *html, size_t column)
{
    struct span client = html->results->columns[column].client;
    enum testcase_client known;
    if (client_from_name(client, &known))
        writer_put(&html->w, client_word(known));
    else
        writer_text_cut(&html->w, client, 20);
}

static void put_head(struct html *html)
{
    const struct results *results = html->results;
    struct writer *w = &html->w;
    writer_put(w, "<thead>");
    if (results->run_count > 1) {
        writer_put(w, "<tr><td></td>");
        for (size_t i = 0; i < results->column_count;) {
            size_t end = i;
            while (end < results->column_count && results->columns[end].run == results->columns[i].run)
                end++;
            writer_printf(w, "<th scope=\"colgroup\" colspan=\"%zu\">", end - i);
            writer_text_cut(w, results->runs[results->columns[i].run].label, 100);
            writer_put(w, "</th>");
            i = end;
        }
        writer_put(w, "</tr>");
    }
    writer_put(w, "<tr><th scope=\"col\">Topic</th>");
    for (size_t i = 0; i < results->column_count; i++) {
        writer_put(w, "<th scope=\"col\">");
        put_client(html, i);
        writer_put(w, "</th>");
    }
    writer_put(w, "</tr></thead>");
}

static size_t sum_of(const struct cell *cell, enum standing standing)
{
    size_t sum = 0;
    for (size_t v = VERDICT_FIRST; v < VERDICT_COUNT; v++)
        sum += verdict_standing((enum verdict)v) == standing ? cell->by[v] : 0;
    return sum;
}

/* What neither failed nor passed nor went unjudged. */
static void put_rest(struct html *html, const struct cell *cell)
{
    const char *separator = "";
    writer_put(&html->w, "<small>");
    for (size_t i = 0; i < VERDICT_COUNT - VERDICT_FIRST; i++) {
        enum verdict verdict = verdict_by_attention(i);
        enum standing standing = verdict_standing(verdict);
        if (cell->by[verdict] == 0 || standing == STANDING_FAILED || standing == STANDING_UNJUDGED ||
            verdict == VERDICT_PASS)
            continue;
        writer_printf(&html->w, "%s%zu %s", separator, cell->by[verdict], verdict_name(verdict));
        separator = ", ";
    }
    writer_put(&html->w, "</small>");
}

/* What asks most for attention; a case that was skipped says nothing beside one that was not. */
static enum verdict worst_of(const struct cell *cell)
{
    for (size_t i = 0; i < VERDICT_COUNT - VERDICT_FIRST; i++) {
        enum verdict verdict = verdict_by_attention(i);
        if (cell->by[verdict] > 0 && verdict != VERDICT_SKIPPED)
            return verdict;
    }
    return VERDICT_SKIPPED;
}

static void put_cell(struct html *html, const struct cell *cell, size_t topic, size_t column)
{
    const struct results *results = html->results;
    struct writer *w = &html->w;
    if (cell->total == 0) {
        writer_put(w, "<td class=\"empty\"><span class=\"vh\">none</span></td>");
        return;
    }
    enum verdict worst = worst_of(cell);
    enum standing standing = verdict_standing(worst);
    bool soft = standing == STANDING_FAILED && cell->must_failed == 0;
    writer_put(w, "<td data-label=\"");
    if (results->run_count > 1) {
        writer_text_cut(w, results->runs[results->columns[column].run].label, 60);
        writer_put(w, ", ");
    }
    put_client(html, column);
    writer_put(w, "\"><a class=\"cell ");
    html_verdict_class(html, worst);
    writer_printf(w, "%s\" href=\"#topics=", soft ? " soft" : "");
    html_fragment(html, results->topics[topic].name);
    writer_put(w, "&amp;clients=");
    html_fragment(html, results->columns[column].client);
    if (results->run_count > 1)
        writer_printf(w, "&amp;runs=%zu", results->columns[column].run);
    writer_printf(w, "\"><span class=\"mark\" aria-hidden=\"true\">%s</span> ", verdict_mark(worst));
    size_t failed = sum_of(cell, STANDING_FAILED);
    size_t unjudged = sum_of(cell, STANDING_UNJUDGED);
    if (standing == STANDING_FAILED)
        writer_printf(w, "<b>%zu</b> of %zu failed", failed, cell->total);
    else if (standing == STANDING_UNJUDGED)
        writer_printf(w, "<b>%zu</b> of %zu not judged", unjudged, cell->total);
    else
        writer_printf(w, "<b>%zu</b> of %zu passed", cell->by[VERDICT_PASS], cell->total);
    if (failed + unjudged + cell->by[VERDICT_PASS] < cell->total)
        put_rest(html, cell);
    writer_put(w, "</a></td>");
}

static void put_topic(struct html *html, const struct cell *cells, size_t topic)
{
    const struct results *results = html->results;
    struct writer *w = &html->w;
    const struct results_topic *info = &results->topics[topic];
    size_t total = 0;
    for (size_t i = 0; i < results->column_count; i++)
        total += cells[i].total;
    if (total == 0)
        return;
    writer_put(w, "<tr><th scope=\"row\"><a href=\"#topics=");
    html_fragment(html, info->name);
    writer_put(w, "\">");
    writer_text_cut(w, info->title.len > 0 ? info->title : info->name, 100);
    writer_put(w, "</a><small>");
    writer_text_cut(w, info->about, 300);
    writer_put(w, "</small></th>");
    for (size_t i = 0; i < results->column_count; i++)
        put_cell(html, &cells[i], topic, i);
    writer_put(w, "</tr>\n");
}

void html_matrix(struct html *html)
{
    const struct results *results = html->results;
    struct cell *cells = calloc(results->topic_count * results->column_count + 1, sizeof *cells);
    if (!cells) {
        html->w.failed = true;
        return;
    }
    for (size_t i = 0; i < results->case_count; i++) {
        const struct results_case *item = &results->cases[i];
        struct cell *cell = &cells[item->topic * results->column_count + item->column];
        cell->total++;
        cell->by[item->verdict]++;
        cell->must_failed += verdict_standing(item->verdict) == STANDING_FAILED && item->level == LEVEL_MUST;
    }
    writer_put(&html->w, "<table class=\"matrix\">");
    put_head(html);
    writer_put(&html->w, "<tbody>\n");
    for (size_t topic = 0; topic < results->topic_count; topic++)
        put_topic(html, &cells[topic * results->column_count], topic);
    writer_put(&html->w, "</tbody></table>");
    free(cells);
}
