/* What results come to: counts, the headline, whether all is well. */
#include "reports/results.h"

#include <stdio.h>

bool results_case_is_bad(const struct results_case *item)
{
    enum standing standing = verdict_standing(item->verdict);
    return standing == STANDING_FAILED || standing == STANDING_UNJUDGED || item->waiver_problem.len > 0;
}

bool results_event_is_bad(const struct results_event *event)
{
    enum standing standing = verdict_standing(event->verdict);
    return event->verdict != VERDICT_NONE && (standing == STANDING_FAILED || standing == STANDING_UNJUDGED);
}

bool results_output_has_case(const struct results *results, struct span output)
{
    for (size_t i = 0; i < results->case_count; i++) {
        if (span_equal(results->cases[i].output, output))
            return true;
    }
    return false;
}

bool results_same_case(const struct results_case *a, const struct results_case *b)
{
    return a->run == b->run && a->topic == b->topic && span_equal(a->id, b->id);
}

/* Adds a case: as its result that most wants attention, and with whatever its results come to. */
static void count_case(const struct results_case *const items, size_t count, struct results_counts *counts)
{
    const struct results_case *worst = items;
    bool comes_to[STANDING_COUNT] = {false};
    for (size_t i = 0; i < count; i++) {
        if (verdict_attention(items[i].verdict) < verdict_attention(worst->verdict))
            worst = &items[i];
        comes_to[verdict_standing(items[i].verdict)] = true;
    }
    counts->cases++;
    counts->cases_by[worst->level][worst->verdict]++;
    for (size_t i = 0; i < STANDING_COUNT; i++)
        counts->cases_with[worst->level][i] += comes_to[i];
}

int results_compare_reasons(const struct results_reason *a, const struct results_reason *b)
{
    int order = span_compare(a->kind, b->kind);
    if (order == 0)
        order = span_compare(a->axis, b->axis);
    return order ? order : span_compare(a->path, b->path);
}

static void count_cases(const struct results *results, struct results_counts *counts)
{
    size_t first = 0;
    for (size_t i = 1; i <= results->case_count; i++) {
        if (i < results->case_count && results_same_case(&results->cases[first], &results->cases[i]))
            continue;
        count_case(&results->cases[first], i - first, counts);
        first = i;
    }
}

static void count_findings(const struct results_run *run, struct results_counts *counts)
{
    for (size_t i = 0; i < run->event_count; i++) {
        if (run->events[i].verdict != VERDICT_NONE)
            counts->findings[verdict_standing(run->events[i].verdict)]++;
    }
}

void results_count(const struct results *results, struct results_counts *counts)
{
    *counts = (struct results_counts){.total = results->case_count};
    for (size_t i = 0; i < results->case_count; i++) {
        const struct results_case *item = &results->cases[i];
        counts->by[item->level][item->verdict]++;
        if (item->waiver_problem.len > 0)
            counts->waiver_problems++;
    }
    count_cases(results, counts);
    for (size_t i = 0; i < results->run_count; i++)
        count_findings(&results->runs[i], counts);
}

size_t results_count_verdict(const struct results_counts *counts, enum verdict verdict)
{
    size_t sum = 0;
    for (size_t level = 0; level < LEVEL_COUNT; level++)
        sum += counts->by[level][verdict];
    return sum;
}

size_t results_count_cases(const struct results_counts *counts, enum verdict verdict)
{
    size_t sum = 0;
    for (size_t level = 0; level < LEVEL_COUNT; level++)
        sum += counts->cases_by[level][verdict];
    return sum;
}

static size_t count_at(const struct results_counts *counts, enum level level, enum standing standing)
{
    size_t sum = 0;
    for (size_t v = VERDICT_FIRST; v < VERDICT_COUNT; v++)
        sum += verdict_standing((enum verdict)v) == standing ? counts->by[level][v] : 0;
    return sum;
}

size_t results_count_standing(const struct results_counts *counts, enum standing standing)
{
    size_t sum = 0;
    for (size_t level = 0; level < LEVEL_COUNT; level++)
        sum += count_at(counts, (enum level)level, standing);
    return sum;
}

void results_amount(char out[RESULTS_MAX_AMOUNT], const char *which, size_t cases, size_t results)
{
    int len =
        snprintf(out, RESULTS_MAX_AMOUNT, "%zu %s%s%s", cases, which, *which ? " " : "", cases == 1 ? "case" : "cases");
    if (results != cases && len > 0 && len < RESULTS_MAX_AMOUNT)
        snprintf(out + len, RESULTS_MAX_AMOUNT - (size_t)len, " (%zu %s)", results,
                 results == 1 ? "result" : "results");
}

/* A sentence about what came to `standing` in cases of a level, or of all levels where it is LEVEL_COUNT. */
static void put_amount(char *out, size_t out_size, const char *before, const char *after,
                       const struct results_counts *counts, enum level level, enum standing standing)
{
    char amount[RESULTS_MAX_AMOUNT];
    size_t cases = 0, results = 0;
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        if (level != LEVEL_COUNT && level != (enum level)i)
            continue;
        cases += counts->cases_with[i][standing];
        results += count_at(counts, (enum level)i, standing);
    }
    results_amount(amount, level == LEVEL_COUNT ? "" : level_name(level), cases, results);
    snprintf(out, out_size, "%s%s%s", before, amount, after);
}

/* The same order as the exit codes of `run`: interrupted, nothing judged, a failure, a waiver, no judgement. */
void results_headline(const struct results *results, char *out, size_t out_size)
{
    struct results_counts counts;
    results_count(results, &counts);
    size_t must = count_at(&counts, LEVEL_MUST, STANDING_FAILED);
    size_t should = count_at(&counts, LEVEL_SHOULD, STANDING_FAILED);
    size_t may = count_at(&counts, LEVEL_MAY, STANDING_FAILED);
    size_t errors = results_count_standing(&counts, STANDING_UNJUDGED);
    size_t waived = results_count_standing(&counts, STANDING_WAIVED);
    size_t judged = must + should + may + results_count_standing(&counts, STANDING_PASSED) + waived;
    bool interrupted = false;
    bool died = false;
    bool silent = false;
    bool unexplained = false;
    for (size_t i = 0; i < results->run_count; i++) {
        interrupted = interrupted || results->runs[i].totals.interrupted;
        /* With exit code 0 every death is one that a waiver names. */
        silent = silent || (results->runs[i].totals.silences > 0 && results->runs[i].totals.exit_code != 0);
        unexplained = unexplained || results->runs[i].totals.calls_unexplained > 0;
        const struct results_totals *totals = &results->runs[i].totals;
        died = died || totals->deaths_unexplained > 0 || (totals->proxy_died > 0 && totals->exit_code != 0);
    }
    if (must > 0)
        put_amount(out, out_size, "", interrupted ? " failed before the interrupt" : " failed", &counts, LEVEL_MUST,
                   STANDING_FAILED);
    else if (died)
        snprintf(out, out_size, "The proxy died");
    else if (silent)
        snprintf(out, out_size, "The proxy stopped answering");
    else if (unexplained)
        snprintf(out, out_size, "The backend was called, and no case explains it");
    else if (interrupted)
        snprintf(out, out_size, "The run was interrupted");
    else if (counts.findings[STANDING_FAILED] > 0)
        snprintf(out, out_size, "No must case failed, but the run did: its findings say why");
    else if (judged == 0)
        snprintf(out, out_size, "Nothing could be judged");
    else if (counts.waiver_problems > 0)
        snprintf(out, out_size, "%zu %s no longer %s what happens", counts.waiver_problems,
                 counts.waiver_problems == 1 ? "waiver" : "waivers", counts.waiver_problems == 1 ? "matches" : "match");
    else if (errors > 0)
        put_amount(out, out_size, "", " could not be judged", &counts, LEVEL_COUNT, STANDING_UNJUDGED);
    else if (counts.findings[STANDING_UNJUDGED] > 0)
        snprintf(out, out_size, "Not all could be judged: the findings of the run say why");
    else if (should > 0)
        put_amount(out, out_size, "No must case failed; ", " did", &counts, LEVEL_SHOULD, STANDING_FAILED);
    else if (may > 0)
        snprintf(out, out_size, "No must or should case failed");
    else if (results_count_verdict(&counts, VERDICT_PASS) == counts.total)
        snprintf(out, out_size, "Every case passed");
    else if (waived > 0)
        put_amount(out, out_size, "No case failed beyond what is waived: ", "", &counts, LEVEL_COUNT, STANDING_WAIVED);
    else
        snprintf(out, out_size, "No case failed");
}

bool results_is_good(const struct results *results)
{
    struct results_counts counts;
    results_count(results, &counts);
    bool good = count_at(&counts, LEVEL_MUST, STANDING_FAILED) == 0 && counts.waiver_problems == 0 &&
                counts.findings[STANDING_FAILED] + counts.findings[STANDING_UNJUDGED] == 0 &&
                results_count_standing(&counts, STANDING_UNJUDGED) == 0 &&
                results_count_standing(&counts, STANDING_PASSED) > 0;
    for (size_t i = 0; i < results->run_count; i++) {
        const struct results_totals *totals = &results->runs[i].totals;
        good = good && totals->present && !totals->interrupted && totals->exit_code == 0;
    }
    return good;
}
