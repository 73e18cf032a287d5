/* The HTML report's table of cases over several runs: cases down, runs across, the worst and most divided first. */
#include <stdlib.h>

#include "harness/base/sort.h"
#include "reports/html_parts.h"

/* A case, which is `count` results from `first` on. */
struct divided {
    size_t first;
    size_t count;
    size_t rank; /* lower is shown before higher */
};

/* What a case came to in a run: its result that most wants attention. NULL: the run has not got it. */
static const struct results_case *worst_of(const struct results *results, const struct divided *item, size_t run)
{
    const struct results_case *worst = NULL;
    for (size_t i = item->first; i < item->first + item->count; i++) {
        const struct results_case *result = &results->cases[i];
        if (result->run == run && (!worst || verdict_attention(result->verdict) < verdict_attention(worst->verdict)))
            worst = result;
    }
    return worst;
}

static bool is_bad(enum standing standing)
{
    return standing == STANDING_FAILED || standing == STANDING_UNJUDGED || standing == STANDING_WAIVED;
}

/* By level; in a level those first that many runs fail and many pass. False: every run that has it passes it. */
static bool rank_case(const struct results *results, struct divided *item)
{
    size_t bad = 0, good = 0, rest = 0;
    for (size_t run = 0; run < results->run_count; run++) {
        const struct results_case *worst = worst_of(results, item, run);
        enum standing standing = worst ? verdict_standing(worst->verdict) : STANDING_NOT_PLAYED;
        bad += is_bad(standing);
        good += standing == STANDING_PASSED;
        rest += worst && standing == STANDING_NOT_PLAYED;
    }
    size_t most = results->run_count * (results->run_count + 1);
    item->rank = (size_t)results->cases[item->first].level * (most + 1) + most - bad * (good + 1);
    return bad + rest > 0;
}

static int compare_ranks(const void *user, const void *left, const void *right)
{
    const struct divided *a = left;
    const struct divided *b = right;
    (void)user;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return (a->first > b->first) - (a->first < b->first);
}

/* Results come in order of topic and id, so that those of a case stand together. */
static size_t find_cases(const struct results *results, struct divided *items, size_t *all)
{
    size_t count = 0;
    *all = 0;
    for (size_t i = 0; i < results->case_count; ++*all) {
        struct divided *item = &items[count];
        *item = (struct divided){.first = i};
        while (i < results->case_count && span_equal(results->cases[i].id, results->cases[item->first].id))
            i++;
        item->count = i - item->first;
        count += rank_case(results, item);
    }
    sort_items(items, count, sizeof *items, compare_ranks, NULL);
    return count;
}

static void put_cell(struct html *html, const struct results_case *worst)
{
    struct writer *w = &html->w;
    if (!worst) {
        writer_put(w, "<td class=\"empty\"><span class=\"vh\">none</span></td>");
        return;
    }
    writer_put(w, "<td class=\"");
    html_verdict_class(html, worst->verdict);
    writer_put(w, "\">");
    html_open_link(html, worst);
    writer_printf(w, "<span class=\"mark\" aria-hidden=\"true\">%s</span><span class=\"vh\">%s</span></a></td>",
                  verdict_mark(worst->verdict), verdict_word(worst->verdict));
}

static void put_case(struct html *html, const struct divided *item)
{
    const struct results_case *first = &html->results->cases[item->first];
    struct writer *w = &html->w;
    writer_put(w, "<tr data-id=\"");
    writer_text(w, first->id);
    writer_printf(w, "\"><th scope=\"row\"><span class=\"level %s\">%s</span> ", level_name(first->level),
                  level_name(first->level));
    writer_text_cut(w, first->title, 200);
    writer_put(w, " <code class=\"id\">");
    writer_text_cut(w, first->id, 200);
    writer_put(w, "</code></th>");
    for (size_t run = 0; run < html->results->run_count; run++)
        put_cell(html, worst_of(html->results, item, run));
    writer_put(w, "</tr>\n");
}

void html_cases(struct html *html)
{
    const struct results *results = html->results;
    struct writer *w = &html->w;
    size_t all = 0;
    if (results->run_count < 2)
        return;
    struct divided *items = calloc(results->case_count + 1, sizeof *items);
    if (!items) {
        w->failed = true;
        return;
    }
    size_t count = find_cases(results, items, &all);
    writer_printf(w,
                  "<section class=\"card\" aria-labelledby=\"cases-title\"><h2 id=\"cases-title\">By case</h2>\n"
                  "<p class=\"hint\">%zu of %zu cases: each that some run does not pass, those first on which runs are "
                  "most divided. A mark opens its result.</p>\n"
                  "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"cases-title\">"
                  "<table class=\"cases\"><thead><tr><th scope=\"col\">Case</th>",
                  count, all);
    for (size_t run = 0; run < results->run_count; run++) {
        writer_put(w, "<th scope=\"col\">");
        writer_text_cut(w, results->runs[run].label, 40);
        writer_put(w, "</th>");
    }
    writer_put(w, "</tr></thead><tbody id=\"cases\">\n");
    for (size_t i = 0; i < count; i++)
        put_case(html, &items[i]);
    writer_put(w, "</tbody></table></div></section>\n");
    free(items);
}
