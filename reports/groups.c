/* Groups results by kind of failure, and joins those of a case that say the same. */
#include "reports/groups.h"

#include <assert.h>
#include <stdlib.h>

#include "harness/base/sort.h"
#include "reports/text.h"

/* Ranks of groups: kinds in order of severity, a kind that this program does not know, the other verdicts by their
 * attention, waivers. */
enum { RANK_UNKNOWN_KIND = KIND_COUNT, RANK_VERDICTS, RANK_WAIVER = RANK_VERDICTS + VERDICT_COUNT, RANK_COUNT };
static_assert(RANK_COUNT <= RESULTS_MAX_GROUPS, "a group for each rank");

static size_t attention_index(enum verdict verdict)
{
    size_t index = 0;
    while (verdict_by_attention(index) != verdict)
        index++;
    return index;
}

/* `fail` is divided by kind: the other verdicts that want a look say more than the kind of what was seen. */
static size_t rank_of(const struct results_case *item)
{
    const struct results_reason *reason = text_decisive(item);
    enum reason_kind kind = KIND_NONE;
    enum standing standing = verdict_standing(item->verdict);
    if (standing != STANDING_FAILED && standing != STANDING_UNJUDGED)
        return RANK_WAIVER;
    if (item->verdict != VERDICT_FAIL)
        return RANK_VERDICTS + attention_index(item->verdict);
    return reason && reason_kind_from_name(reason->kind, &kind) ? (size_t)kind : RANK_UNKNOWN_KIND;
}

static void name_group(struct results_group *group, size_t rank)
{
    if (rank < RANK_UNKNOWN_KIND) {
        group->name = reason_kind_name((enum reason_kind)rank);
        group->meaning = reason_kind_meaning((enum reason_kind)rank);
    } else if (rank == RANK_WAIVER) {
        group->name = "waiver";
        group->meaning = "a waiver names a failure that is not there any more, or is another one";
    } else {
        enum verdict verdict = rank == RANK_UNKNOWN_KIND ? VERDICT_FAIL : verdict_by_attention(rank - RANK_VERDICTS);
        group->name = verdict_name(verdict);
        group->meaning = verdict_meaning(verdict);
    }
}

/* ---- what agrees */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_reasons(const struct results_reason *a, const struct results_reason *b)
{
    int order = results_compare_reasons(a, b);
    return order ? order : compare_numbers(a->waived, b->waived);
}

/* 0: they say the same. */
static int compare_words(const struct results_case *a, const struct results_case *b)
{
    int order = compare_numbers((uint64_t)a->verdict, (uint64_t)b->verdict);
    if (order == 0)
        order = compare_numbers(a->reason_count + a->reasons_omitted, b->reason_count + b->reasons_omitted);
    if (order == 0)
        order = compare_numbers(a->reason_count, b->reason_count);
    if (order == 0)
        order = span_compare(a->waiver_problem, b->waiver_problem);
    for (size_t i = 0; order == 0 && i < a->reason_count; i++)
        order = compare_reasons(&a->reasons[i], &b->reasons[i]);
    return order;
}

bool results_agree(const struct results_case *a, const struct results_case *b)
{
    return compare_words(a, b) == 0;
}

/* ---- sorting: results come in order of topic, id, run, client and repetition, and so do their addresses */

static int compare_addresses(const struct results_case *a, const struct results_case *b)
{
    return (a > b) - (a < b);
}

static int compare_within_case(const void *user, const void *left, const void *right)
{
    const struct results_case *a = *(const struct results_case *const *)left;
    const struct results_case *b = *(const struct results_case *const *)right;
    (void)user;
    if (!results_same_case(a, b))
        return compare_addresses(a, b);
    int order = compare_words(a, b);
    return order ? order : compare_addresses(a, b);
}

static int compare_blocks(const void *user, const void *left, const void *right)
{
    const struct results_case *a = ((const struct results_block *)left)->items[0];
    const struct results_case *b = ((const struct results_block *)right)->items[0];
    (void)user;
    int order = compare_numbers(rank_of(a), rank_of(b));
    if (order == 0)
        order = compare_numbers((uint64_t)a->level, (uint64_t)b->level);
    return order ? order : compare_addresses(a, b);
}

static size_t make_blocks(struct results_groups *groups, size_t count)
{
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        const struct results_case *item = groups->results[i];
        struct results_block *last = made > 0 ? &groups->blocks[made - 1] : NULL;
        if (last && results_same_case(last->items[0], item) && results_agree(last->items[0], item))
            last->count++;
        else
            groups->blocks[made++] = (struct results_block){.items = &groups->results[i], .count = 1};
    }
    return made;
}

static void make_groups(struct results_groups *groups, size_t block_count)
{
    size_t last_rank = RANK_COUNT;
    for (size_t i = 0; i < block_count; i++) {
        const struct results_block *block = &groups->blocks[i];
        size_t rank = rank_of(block->items[0]);
        if (rank != last_rank) {
            groups->items[groups->count] = (struct results_group){.blocks = block};
            name_group(&groups->items[groups->count++], rank);
        }
        struct results_group *group = &groups->items[groups->count - 1];
        bool first = rank != last_rank || !results_same_case(block[-1].items[0], block->items[0]);
        group->block_count++;
        group->case_count += first;
        group->result_count += block->count;
        last_rank = rank;
    }
}

enum err_code results_groups_init(struct results_groups *groups, const struct results *results, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < results->case_count; i++)
        count += results_case_is_bad(&results->cases[i]);
    *groups = (struct results_groups){.items = calloc(RANK_COUNT, sizeof *groups->items),
                                      .results = calloc(count + 1, sizeof *groups->results),
                                      .blocks = calloc(count + 1, sizeof *groups->blocks)};
    if (!groups->items || !groups->results || !groups->blocks) {
        results_groups_fini(groups);
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    }
    count = 0;
    for (size_t i = 0; i < results->case_count; i++) {
        if (results_case_is_bad(&results->cases[i]))
            groups->results[count++] = &results->cases[i];
    }
    sort_items(groups->results, count, sizeof *groups->results, compare_within_case, NULL);
    size_t blocks = make_blocks(groups, count);
    sort_items(groups->blocks, blocks, sizeof *groups->blocks, compare_blocks, NULL);
    make_groups(groups, blocks);
    return ERR_OK;
}

void results_groups_fini(struct results_groups *groups)
{
    free(groups->items);
    free(groups->results);
    free(groups->blocks);
    *groups = (struct results_groups){.count = 0};
}
