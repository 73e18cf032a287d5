/* Compares two runs, result by result. */
#include "reports/comparison.h"

#include <stdlib.h>

#include "harness/base/sort.h"
#include "reports/groups.h"

static const struct {
    const char *name;
    const char *meaning;
} changes[] = {
#define X(id, name, meaning) {name, meaning},
    CHANGES(X)
#undef X
};

const char *change_name(enum change change)
{
    return changes[change].name;
}

const char *change_meaning(enum change change)
{
    return changes[change].meaning;
}

/* ---- one result beside the other */

bool comparison_has_reason(const struct results_case *item, const struct results_reason *reason)
{
    for (size_t i = 0; item && i < item->reason_count; i++) {
        if (results_compare_reasons(&item->reasons[i], reason) == 0)
            return true;
    }
    return false;
}

static bool has_new_reason(const struct results_case *before, const struct results_case *after)
{
    for (size_t i = 0; i < after->reason_count; i++) {
        if (!comparison_has_reason(before, &after->reasons[i]))
            return true;
    }
    return false;
}

/* Fails the run, or leaves it unjudged. */
static bool is_red(const struct results_case *item)
{
    enum standing standing = verdict_standing(item->verdict);
    return standing == STANDING_FAILED || standing == STANDING_UNJUDGED;
}

/* CHANGE_COUNT: it is the same. */
static enum change change_of(const struct results_case *before, const struct results_case *after)
{
    if (!before)
        return CHANGE_NEW;
    if (!after)
        return CHANGE_GONE;
    bool failed = is_red(before) || verdict_standing(before->verdict) == STANDING_WAIVED;
    if (is_red(after) && (!is_red(before) || has_new_reason(before, after)))
        return CHANGE_BROKEN;
    if (failed && verdict_standing(after->verdict) == STANDING_PASSED)
        return CHANGE_FIXED;
    return results_agree(before, after) && before->version == after->version ? CHANGE_COUNT : CHANGE_CHANGED;
}

bool comparison_joins(const struct compared *a, const struct compared *b)
{
    const struct results_case *one = a->after ? a->after : a->before;
    const struct results_case *other = b->after ? b->after : b->before;
    if (a->change != b->change || !span_equal(one->id, other->id))
        return false;
    return (!a->before || results_agree(a->before, b->before)) && (!a->after || results_agree(a->after, b->after));
}

/* ---- all of them */

static int compare_pairs(const struct results_case *a, const struct results_case *b)
{
    int order = (a->topic > b->topic) - (a->topic < b->topic);
    if (order == 0)
        order = span_compare(a->id, b->id);
    return order ? order : span_compare(a->client, b->client);
}

/* Results of a pair stand together, those of a run together, and first the one that most wants attention. */
static int compare_results(const void *user, const void *a, const void *b)
{
    const struct results_case *one = *(const struct results_case *const *)a;
    const struct results_case *other = *(const struct results_case *const *)b;
    (void)user;
    int order = compare_pairs(one, other);
    if (order == 0)
        order = (one->run > other->run) - (one->run < other->run);
    if (order == 0)
        order = (int)verdict_attention(one->verdict) - (int)verdict_attention(other->verdict);
    return order ? order : (one > other) - (one < other);
}

static int compare_compared(const void *user, const void *a, const void *b)
{
    const struct compared *one = a;
    const struct compared *other = b;
    (void)user;
    if (one->change != other->change)
        return one->change < other->change ? -1 : 1;
    return compare_pairs(one->after ? one->after : one->before, other->after ? other->after : other->before);
}

static void add(struct comparison *comparison, const struct results_case *before, const struct results_case *after)
{
    enum change change = change_of(before, after);
    if (change == CHANGE_COUNT) {
        comparison->same++;
        return;
    }
    comparison->items[comparison->count++] = (struct compared){change, before, after};
    comparison->by[change]++;
}

/* `sorted` are the results of both runs. */
static void compare_all(struct comparison *comparison, const struct results_case *const *sorted, size_t count)
{
    for (size_t i = 0; i < count;) {
        const struct results_case *of_run[2] = {NULL, NULL};
        size_t end = i;
        for (; end < count && compare_pairs(sorted[end], sorted[i]) == 0; end++) {
            if (!of_run[sorted[end]->run])
                of_run[sorted[end]->run] = sorted[end];
        }
        add(comparison, of_run[0], of_run[1]);
        i = end;
    }
    sort_items(comparison->items, comparison->count, sizeof *comparison->items, compare_compared, NULL);
}

bool comparison_is_new_finding(const struct results *results, const struct results_event *event)
{
    const struct results_run *first = &results->runs[0];
    for (size_t i = 0; i < first->event_count; i++) {
        if (first->events[i].verdict == event->verdict && span_equal(first->events[i].text, event->text))
            return false;
    }
    return results_event_is_bad(event);
}

enum err_code comparison_init(struct comparison *comparison, const struct results *results, struct err *err)
{
    const struct results_case **sorted = calloc(results->case_count + 1, sizeof *sorted);
    size_t count = 0;
    *comparison = (struct comparison){.items = calloc(results->case_count + 1, sizeof *comparison->items)};
    if (!sorted || !comparison->items) {
        free(sorted);
        comparison_fini(comparison);
        return err_set(err, ERR_NO_MEMORY, "out of memory for the comparison of %zu results", results->case_count);
    }
    for (size_t i = 0; i < results->case_count; i++) {
        if (results->cases[i].run < 2)
            sorted[count++] = &results->cases[i];
    }
    sort_items(sorted, count, sizeof *sorted, compare_results, NULL);
    compare_all(comparison, sorted, count);
    free(sorted);
    for (size_t i = 0; i < results->runs[1].event_count; i++)
        comparison->new_findings += comparison_is_new_finding(results, &results->runs[1].events[i]);
    return ERR_OK;
}

void comparison_fini(struct comparison *comparison)
{
    free(comparison->items);
    *comparison = (struct comparison){.items = NULL};
}

bool comparison_is_broken(const struct comparison *comparison)
{
    return comparison->by[CHANGE_BROKEN] > 0 || comparison->new_findings > 0;
}

void comparison_headline(const struct comparison *comparison, char out[COMPARISON_MAX_HEADLINE])
{
    size_t total = comparison->same;
    for (size_t i = 0; i < CHANGE_COUNT; i++)
        total += comparison->by[i];
    int len = snprintf(out, COMPARISON_MAX_HEADLINE,
                       comparison->by[CHANGE_BROKEN] ? "%zu of %zu results broken" : "Nothing is broken",
                       comparison->by[CHANGE_BROKEN], total);
    if (comparison->new_findings > 0)
        len = snprintf(out, COMPARISON_MAX_HEADLINE, "%zu of %zu results and %zu findings of the run broken",
                       comparison->by[CHANGE_BROKEN], total, comparison->new_findings);
    for (enum change change = CHANGE_FIXED; change < CHANGE_COUNT; change++) {
        if (comparison->by[change] > 0 && len < COMPARISON_MAX_HEADLINE)
            len += snprintf(out + len, (size_t)(COMPARISON_MAX_HEADLINE - len), ", %zu %s", comparison->by[change],
                            change_name(change));
    }
}
