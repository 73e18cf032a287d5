/* What one case and the whole run come to: waivers, counts, the exit code. */
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/escape.h"
#include "harness/run/runner_impl.h"

/* Sets the waiver of the pair, and the verdict that follows from it. */
static void apply_waiver(struct runner *runner, struct pair *pair, enum verdict *verdict,
                         const struct check_result *result)
{
    pair->waiver = NULL;
    pair->waiver_problem = NULL;
    if (!runner->waivers || !result)
        return;
    const struct waiver *waiver = NULL;
    struct check_result whole = *result;
    whole.verdict = *verdict; /* of all repetitions */
    switch (waivers_apply(runner->waivers, pair->plan->testcase, pair->client, &whole, &waiver)) {
    case WAIVER_NONE:
        return;
    case WAIVER_APPLIES:
        *verdict = VERDICT_WAIVED;
        break;
    case WAIVER_IDLE:
        if (!flaky_is_stale(runner, pair, waiver))
            return;
        __attribute__((fallthrough));
    case WAIVER_STALE:
        pair->waiver_problem = "stale";
        break;
    case WAIVER_MISMATCH:
        pair->waiver_problem = "mismatch";
        break;
    }
    pair->waiver = waiver;
}

/* Without secrets before it is cut: what a cut leaves of one is harder to find. */
static void say_seen(struct buf *out, const struct runner *runner, const char *seen)
{
    struct buf clean;
    buf_init(&clean, 1u << 16);
    redact_prose(&clean, runner->options->redact, span_cstr(seen));
    escape_terminal_cut(out, buf_span(&clean), 300);
    buf_fini(&clean);
}

static void say(struct runner *runner, const struct result_case *line)
{
    const struct testcase *testcase = line->testcase;
    char label[160];
    enum standing standing = verdict_standing(line->verdict);
    bool bad = standing == STANDING_FAILED || standing == STANDING_UNJUDGED;
    snprintf(label, sizeof label, "%s %s", testcase->id, client_name(line->client));
    progress_step(&runner->progress, label, bad, ends_now_us(runner->ends));
    if (runner->options->log.level != LOG_VERBOSE)
        return;
    struct buf text;
    buf_init(&text, 1u << 16);
    if (bad && line->result && line->result->reason_count) {
        const struct reason *reason = &line->result->reasons[0];
        buf_printf(&text, ": %s at ", reason_kind_name(reason->kind));
        say_seen(&text, runner, reason->path);
        buf_append_cstr(&text, ": expected ");
        say_seen(&text, runner, reason->expected);
        buf_append_cstr(&text, "; observed ");
        say_seen(&text, runner, reason->observed);
    } else if (line->note) {
        buf_append_cstr(&text, ": ");
        say_seen(&text, runner, line->note);
    }
    log_info(&runner->options->log, "%-11s %s%s", verdict_name(line->verdict), label,
             text.len ? (const char *)text.data : "");
    buf_fini(&text);
}

static void note_served(struct runner *runner, const struct exchange *exchange, enum verdict verdict)
{
    for (size_t i = 0; i < exchange_count(exchange); i++)
        served_note(&runner->served, exchange_member(exchange, i), verdict);
}

static bool hung(const struct exchange *exchange)
{
    bool any = false;
    for (size_t i = 0; i < exchange_count(exchange); i++)
        any = any || exchange_member(exchange, i)->response.ending == ENDING_TIMEOUT;
    return any;
}

void outcome_write(struct runner *runner, struct pair *pair, enum verdict verdict, const char *note,
                   const struct check_result *result, const struct exchange *exchange, const struct health_seen *health)
{
    const struct testcase *testcase = pair->plan->testcase;
    struct result_case line = {
        .testcase = testcase,
        .client = pair->client,
        .note = note,
        .result = result,
        .exchange = exchange,
        .health = health,
        .attempts = pair->attempts,
        .attempt_count = pair->attempt_count,
        .duration_us = pair->finished ? pair->total_us / pair->finished : 0,
        .repeated = (unsigned)pair->finished,
        .place = &pair->place,
        .revised = pair->state == PAIR_DONE,
    };
    apply_waiver(runner, pair, &verdict, result);
    line.waiver = pair->waiver;
    line.waiver_problem = pair->waiver_problem;
    line.verdict = verdict;
    pair->verdict = verdict;
    pair->state = PAIR_DONE;
    pair->died = health && health->process_died;
    pair->hung = exchange && hung(exchange);
    if (exchange)
        note_served(runner, exchange, verdict);
    results_writer_case(runner->writer, &line);
    if (!line.revised)
        say(runner, &line);
}

void outcome_find(struct runner *runner, enum verdict verdict, const char *text)
{
    uint64_t at_us = ends_now_us(runner->ends) - runner->start_us;
    runner->findings[verdict]++;
    progress_clear(&runner->progress);
    log_warn(&runner->options->log, "%s", text);
    if (verdict == VERDICT_NONE)
        results_writer_event(runner->writer, at_us, text, NULL);
    else
        results_writer_finding(runner->writer, at_us, verdict, text);
}

void outcome_tell_death(struct runner *runner, const char *and_now)
{
    char text[320];
    const struct proxy_death *death = runner->ends->class->process_death(runner->ends);
    snprintf(text, sizeof text, "the proxy died (%s)%s", death->text, and_now);
    results_writer_event(runner->writer, ends_now_us(runner->ends) - runner->start_us, text, death->output);
    progress_clear(&runner->progress);
    log_warn(&runner->options->log, "%s", text);
    proxy_death_show(death, &runner->options->log);
}

static void tell_unserved(struct runner *runner)
{
    struct buf text;
    buf_init(&text, 1u << 16);
    if (served_tell(&text, &runner->served)) {
        log_warn(&runner->options->log, "%s", (const char *)text.data);
        results_writer_event(runner->writer, ends_now_us(runner->ends) - runner->start_us, (const char *)text.data,
                             NULL);
    }
    buf_fini(&text);
}

/* Deaths that no waiver names: those of which no case was found, and of cases that are not waived. */
static bool died_unexcused(const struct runner *runner)
{
    bool unexcused = runner->deaths_unexplained > 0 || runner->proxy_gone;
    for (size_t i = 0; i < runner->pair_count; i++)
        unexcused = unexcused || (runner->pairs[i].died && runner->pairs[i].verdict != VERDICT_WAIVED);
    return unexcused;
}

/* ---- calls that come late */

void outcome_note_late(void *user, const struct ended *ended, const struct call_seen *seen)
{
    struct runner *runner = user;
    struct pair *pair = ended->owner;
    if (ended->unmarked > 0)
        unmarked_explain(&runner->unmarked, &pair->suspect);
    if (!seen)
        late_note(&pair->late, ended, ends_now_us(runner->ends));
    else if (pair->late.call_count < LATE_MAX_CALLS)
        late_keep(&pair->late, result_call_text(seen, ended->start_us, runner->schema), &runner->late_bytes_left);
}

/* Whether a play of it was judged, and it called the backend too often afterwards. */
static bool needs_correction(const struct pair *pair)
{
    enum standing standing = verdict_standing(pair->verdict);
    return pair->late.count > 0 && pair->state == PAIR_DONE && standing != STANDING_NOT_PLAYED;
}

static void correct(struct runner *runner, struct pair *pair)
{
    struct check_result result;
    struct arena arena;
    arena_init(&arena, 4u << 20);
    bool known = results_writer_recall(runner->writer, &pair->place, &result, &arena);
    struct reason reason = late_reason(&pair->late, &arena);
    check_result_add(&result, &reason);
    enum verdict verdict = VERDICT_FAIL;
    apply_waiver(runner, pair, &verdict, &result);
    pair->verdict = verdict;
    struct result_correction correction = {.verdict = verdict,
                                           .waiver = pair->waiver,
                                           .waiver_problem = pair->waiver_problem,
                                           .result = &result,
                                           .calls = pair->late.calls,
                                           .call_count = pair->late.call_count,
                                           .calls_not_kept = pair->late.count - pair->late.call_count};
    if (known)
        results_writer_correct(runner->writer, &pair->place, &correction);
    if (runner->options->log.level == LOG_VERBOSE)
        log_info(&runner->options->log, "%-11s %s %s: corrected: %s", verdict_name(verdict), pair->plan->testcase->id,
                 client_name(pair->client), reason.observed);
    arena_fini(&arena);
}

static void correct_all(struct runner *runner)
{
    size_t count = 0;
    for (size_t i = 0; i < runner->pair_count; i++)
        count += needs_correction(&runner->pairs[i]);
    if (count == 0)
        return;
    results_writer_begin_corrections(runner->writer, count);
    for (size_t i = 0; i < runner->pair_count; i++) {
        if (needs_correction(&runner->pairs[i]))
            correct(runner, &runner->pairs[i]);
    }
}

/* ---- the whole */

static void count_pair(struct runner *runner, const struct pair *pair)
{
    struct result_totals *totals = &runner->totals;
    bool failed = verdict_standing(pair->verdict) == STANDING_FAILED;
    totals->verdicts[pair->verdict]++;
    totals->must_failed += failed && pair->plan->testcase->level == LEVEL_MUST;
    totals->should_failed += failed && pair->plan->testcase->level == LEVEL_SHOULD;
    if (pair->waiver_problem)
        runner->problems[runner->problem_count++] =
            (struct result_waiver_problem){.waiver = pair->waiver, .problem = pair->waiver_problem};
}

static int exit_code(const struct runner *runner, const char *diagnosis)
{
    const struct result_totals *totals = &runner->totals;
    if (runner->interrupted)
        return RUNNER_INTERRUPTED;
    if (diagnosis)
        return RUNNER_NOTHING_JUDGED;
    if (totals->must_failed || (runner->options->strict && totals->should_failed) || died_unexcused(runner) ||
        runner->silence.unexplained || totals->calls_unexplained || runner->problem_count ||
        runner->findings[VERDICT_FAIL])
        return RUNNER_FAILED;
    if (totals->verdicts[VERDICT_ERROR] || runner->findings[VERDICT_ERROR])
        return RUNNER_UNJUDGED_CASE;
    return RUNNER_OK;
}

int outcome_finish(struct runner *runner, const char *diagnosis)
{
    const char *why = runner->interrupted        ? "interrupted"
                      : runner->silence.given_up ? "the proxy no longer answers"
                      : runner->proxy_gone       ? "proxy died"
                                                 : diagnosis;
    for (size_t i = 0; i < runner->pair_count; i++) {
        struct pair *pair = &runner->pairs[i];
        if (pair->state == PAIR_DONE)
            continue;
        if (why)
            outcome_write(runner, pair, VERDICT_SKIPPED, why, NULL, NULL, NULL);
        else
            outcome_write(runner, pair, VERDICT_ERROR, "the harness lost this case", NULL, NULL, NULL);
    }
    correct_all(runner);
    struct result_totals *totals = &runner->totals;
    for (size_t i = 0; i < runner->pair_count; i++)
        count_pair(runner, &runner->pairs[i]);
    totals->planned = runner->pair_count;
    totals->waiver_problems = runner->problems;
    totals->waiver_problem_count = runner->problem_count;
    totals->proxy_died =
        runner->ends->has_process ? ends_process_deaths(runner->ends) : runner->proxy_gone && !runner->silence.given_up;
    totals->silences = runner->silence.times;
    totals->deaths_unexplained = runner->deaths_unexplained;
    totals->strays = runner->strays;
    totals->calls_unexplained = unmarked_left(&runner->unmarked, relay_unmarked(runner->relay));
    totals->strays_dropped = runner->limits[BACKEND_STRAY_DROPPED];
    totals->connections_closed = runner->limits[BACKEND_IDLE_CLOSED];
    totals->turned_away = runner->limits[BACKEND_TURNED_AWAY];
    totals->interrupted = runner->interrupted;
    totals->duration_us = ends_now_us(runner->ends) - runner->start_us;
    totals->diagnosis = diagnosis;
    totals->proxy_server = runner->preflight.server;
    totals->exit_code = exit_code(runner, diagnosis);
    progress_clear(&runner->progress);
    tell_unserved(runner);
    if (!results_writer_totals(runner->writer, totals)) {
        log_error(&runner->options->log,
                  "the results could not be kept for the reports: %s (TMPDIR names another folder)",
                  strerror(results_writer_error(runner->writer)));
        if (totals->exit_code == RUNNER_OK)
            return RUNNER_UNJUDGED_CASE;
    }
    return totals->exit_code;
}
