/* The HTML report's filters. */
#include "reports/html_parts.h"

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

static void put_kinds(struct html *html)
{
    if (html->groups.count == 0)
        return;
    writer_put(&html->w, "<div class=\"field\"><label for=\"kind\">Kind</label><select id=\"kind\" name=\"kinds\">"
                         "<option value=\"\">All kinds</option>");
    for (size_t i = 0; i < html->groups.count; i++)
        writer_printf(&html->w, "<option>%s</option>", html->groups.items[i].name);
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
    put_kinds(html);
    put_topics(html);
    if (html->results->run_count > 1)
        put_run_filter(html);
}
