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

static const char *cases_word(size_t count)
{
    return count == 1 ? "case" : "cases";
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
        snprintf(out, out_size, "%zu must %s failed%s", must, cases_word(must),
                 interrupted ? " before the interrupt" : "");
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
        snprintf(out, out_size, "%zu %s could not be judged", errors, cases_word(errors));
    else if (counts.findings[STANDING_UNJUDGED] > 0)
        snprintf(out, out_size, "Not all could be judged: the findings of the run say why");
    else if (should > 0)
        snprintf(out, out_size, "No must case failed; %zu should %s did", should, cases_word(should));
    else if (may > 0)
        snprintf(out, out_size, "No must or should case failed");
    else if (results_count_verdict(&counts, VERDICT_PASS) == counts.total)
        snprintf(out, out_size, "Every case passed");
    else if (waived > 0)
        snprintf(out, out_size, "No case failed beyond the %zu that are waived", waived);
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
