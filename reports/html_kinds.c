/* The HTML report's summary by kind: what went wrong, the worst first, what that means, and where. */
#include "reports/html_parts.h"

#define MAX_CASES 8 /* named of one kind; the filter shows all */

/* A meaning of harness/base/vocabulary.h as a sentence; `code` between backquotes. */
static void put_meaning(struct html *html, const char *meaning)
{
    bool code = false;
    struct span rest = span_cstr(meaning);
    writer_printf(&html->w, "%c", *meaning >= 'a' && *meaning <= 'z' ? *meaning - 'a' + 'A' : *meaning);
    for (rest = span_from(rest, 1); rest.len > 0; code = !code) {
        size_t tick = span_index_of(rest, '`', 0);
        writer_text(&html->w, span_of(rest.data, tick));
        if (tick < rest.len)
            writer_put(&html->w, code ? "</code>" : "<code>");
        rest = span_from(rest, tick + 1);
    }
    writer_put(&html->w, ".");
}

static void put_cases(struct html *html, const struct results_group *group)
{
    size_t cases = 0;
    writer_put(&html->w, "<ul class=\"cases\">");
    for (size_t i = 0; i < group->block_count && cases < MAX_CASES; i++) {
        const struct results_case *item = group->blocks[i].items[0];
        if (i > 0 && results_same_case(group->blocks[i - 1].items[0], item))
            continue;
        cases++;
        writer_put(&html->w, "<li>");
        html_open_link(html, item);
        writer_text_cut(&html->w, item->id, 200);
        writer_put(&html->w, "</a>");
        if (html->results->run_count > 1) {
            writer_put(&html->w, " on ");
            writer_text_cut(&html->w, html->results->runs[item->run].label, 60);
        }
        writer_put(&html->w, "</li>");
    }
    if (group->case_count > cases)
        writer_printf(&html->w, "<li><a href=\"#kinds=%s\">and %zu more</a></li>", group->name,
                      group->case_count - cases);
    writer_put(&html->w, "</ul>");
}

static void put_kind(struct html *html, const struct results_group *group)
{
    char amount[RESULTS_MAX_AMOUNT];
    size_t must = 0;
    for (size_t i = 0; i < group->block_count; i++)
        must += group->blocks[i].items[0]->level == LEVEL_MUST;
    results_amount(amount, "", group->case_count, group->result_count);
    writer_printf(&html->w, "<tr%s><th scope=\"row\"><a href=\"#kinds=%s\">%s</a><small>%s</small></th><td><p>",
                  must > 0 ? " class=\"must\"" : "", group->name, group->name, amount);
    put_meaning(html, group->meaning);
    writer_put(&html->w, "</p>");
    put_cases(html, group);
    writer_put(&html->w, "</td></tr>\n");
}

void html_kinds(struct html *html)
{
    if (html->groups.count == 0)
        return;
    writer_put(&html->w, "<section class=\"card worst\" aria-labelledby=\"kinds-title\">\n"
                         "<h2 id=\"kinds-title\">What went wrong, the worst first</h2>\n"
                         "<table class=\"kinds\"><thead><tr><th scope=\"col\">Kind</th>"
                         "<th scope=\"col\">What it means, and in which cases</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < html->groups.count; i++)
        put_kind(html, &html->groups.items[i]);
    writer_put(&html->w, "</tbody></table>\n</section>\n");
}
