/* The rows of the HTML report's table, and their order: what went wrong first, the worst kind before others, the runs
 * of a case together. */
#include <assert.h>
#include <stdlib.h>

#include "harness/base/sort.h"
#include "reports/html_parts.h"
#include "reports/text.h"

/* While rows are sorted. */
struct ranked {
    struct html_row row;
    size_t rank;
    size_t index;
};
static_assert(sizeof(struct ranked) <= SORT_MAX_ITEM, "sort_items takes it");

static int compare_ranked(const void *user, const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;
    (void)user;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Of results that are no failures: as their verdict asks for attention, waived ones by the kind of what is waived. */
static size_t rank_of_rest(const struct results_case *item)
{
    const struct results_reason *reason = text_decisive(item);
    enum reason_kind kind = KIND_COUNT;
    if (verdict_standing(item->verdict) == STANDING_WAIVED && reason)
        reason_kind_from_name(reason->kind, &kind);
    return (size_t)verdict_attention(item->verdict) * (KIND_COUNT + 1) + (size_t)kind;
}

/* By index of a result: its place among the blocks of the groups, then the rest. */
static void rank_results(const struct html *html, size_t *ranks)
{
    const struct results *results = html->results;
    size_t place = 0;
    for (size_t i = 0; i < html->groups.count; i++) {
        const struct results_group *group = &html->groups.items[i];
        for (size_t b = 0; b < group->block_count; b++, place++) {
            for (size_t r = 0; r < group->blocks[b].count; r++) {
                size_t index = (size_t)(group->blocks[b].items[r] - results->cases);
                ranks[index] = place;
                html->kinds[index] = group->name;
            }
        }
    }
    for (size_t i = 0; i < results->case_count; i++) {
        if (!html->kinds[i])
            ranks[i] = place + rank_of_rest(&results->cases[i]);
    }
}

static void add_to_row(struct ranked *ranked, const struct results_case *item, size_t rank)
{
    struct html_row *row = &ranked->row;
    assert(row->count < HTML_ROW_ITEMS); /* clients are of a closed list, and a repetition has each once */
    if (row->count == 0 || rank < ranked->rank) {
        row->worst = item;
        ranked->rank = rank;
    }
    row->items[row->count++] = item;
}

/* Results come in order of topic, id, run, client, repetition: those from `first` up to the returned index are of one
 * case in one run, and have a row for each repetition. */
static size_t add_case(const struct html *html, const size_t *ranks, size_t first, struct ranked *rows, size_t *count)
{
    const struct results_case *cases = html->results->cases;
    size_t end = first;
    size_t last = *count;
    for (; end < html->results->case_count && results_same_case(&cases[first], &cases[end]); end++) {
        size_t at = *count + cases[end].repeat - 1;
        if (at >= last) {
            rows[at].index = at;
            last = at + 1;
        }
        add_to_row(&rows[at], &cases[end], ranks[end]);
    }
    *count = last;
    return end;
}

/* Equal ids, of several runs and repetitions, are neighbours and take the least rank among them. */
static void join_ranks(struct ranked *rows, size_t count)
{
    for (size_t first = 0; first < count;) {
        size_t least = rows[first].rank;
        size_t end = first + 1;
        for (; end < count && span_equal(rows[end].row.items[0]->id, rows[first].row.items[0]->id); end++)
            least = rows[end].rank < least ? rows[end].rank : least;
        for (; first < end; first++)
            rows[first].rank = least;
    }
}

enum err_code html_rows_init(struct html *html)
{
    size_t count = html->results->case_count;
    enum err_code code = results_groups_init(&html->groups, html->results, html->err);
    if (code != ERR_OK)
        return code;
    size_t *ranks = calloc(count + 1, sizeof *ranks);
    struct ranked *ranked = calloc(count + 1, sizeof *ranked);
    html->kinds = calloc(count + 1, sizeof *html->kinds);
    html->rows = calloc(count + 1, sizeof *html->rows);
    if (!ranks || !ranked || !html->kinds || !html->rows) {
        code = err_set(html->err, ERR_NO_MEMORY, "out of memory");
        goto out;
    }
    rank_results(html, ranks);
    for (size_t i = 0; i < count;)
        i = add_case(html, ranks, i, ranked, &html->row_count);
    join_ranks(ranked, html->row_count);
    sort_items(ranked, html->row_count, sizeof *ranked, compare_ranked, NULL);
    for (size_t i = 0; i < html->row_count; i++)
        html->rows[i] = ranked[i].row;
out:
    free(ranks);
    free(ranked);
    return code;
}

void html_rows_fini(struct html *html)
{
    results_groups_fini(&html->groups);
    free(html->kinds);
    free(html->rows);
}
