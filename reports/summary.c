/* The summary of results for a terminal. */
#include "reports/summary.h"

#include "harness/base/escape.h"
#include "reports/groups.h"
#include "reports/text.h"
#include "reports/writer.h"

#define MAX_TEXT         600 /* bytes of one expected or observed text */
#define MAX_OUTPUT_LINES 12

enum { SUMMARY_MAX_REASONS = 4 }; /* of one case */

struct summary {
    struct writer w;
    const struct results *results;
    bool color;
};

enum style { STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_GREEN, STYLE_YELLOW, STYLE_CYAN };
static const char *const style_codes[] = {"1", "2", "1;31", "32", "33", "36"};

static void begin(struct summary *s, enum style style)
{
    if (s->color)
        writer_printf(&s->w, "\033[%sm", style_codes[style]);
}

static void end(struct summary *s)
{
    if (s->color)
        writer_put(&s->w, "\033[0m");
}

static void put_styled(struct summary *s, enum style style, const char *text)
{
    begin(s, style);
    writer_put(&s->w, text);
    end(s);
}

/* "      label     text", nothing when there is no text. */
static void put_row(struct summary *s, const char *label, struct span text, enum style style)
{
    if (text.len == 0)
        return;
    writer_put(&s->w, "       ");
    begin(s, STYLE_DIM);
    writer_printf(&s->w, "%-10s", label);
    end(s);
    begin(s, style);
    writer_text_cut(&s->w, text, MAX_TEXT);
    end(s);
    writer_put(&s->w, "\n");
}

static void put_plain_row(struct summary *s, const char *label, struct span text)
{
    if (text.len == 0)
        return;
    writer_put(&s->w, "       ");
    begin(s, STYLE_DIM);
    writer_printf(&s->w, "%-10s", label);
    end(s);
    writer_text_cut(&s->w, text, MAX_TEXT * 4); /* a command must be whole to be of use */
    writer_put(&s->w, "\n");
}

static void put_run(struct summary *s, const struct results_run *run)
{
    struct writer *w = &s->w;
    begin(s, STYLE_BOLD);
    text_proxy(writer_raw(w), run);
    writer_raw_text(w);
    end(s);
    if (text_has_name(run)) {
        writer_put(w, "  ");
        writer_text(w, run->url);
    }
    writer_put(w, ", backend ");
    writer_text(w, run->backend);
    writer_put(w, "\n");
    begin(s, STYLE_DIM);
    writer_put(w, "transcheck ");
    writer_text(w, run->transcheck);
    writer_put(w, ", ");
    writer_text(w, run->started);
    if (run->totals.present) {
        writer_put(w, ", ");
        text_seconds(writer_raw(w), run->totals.duration_us);
        writer_raw_text(w);
        writer_put(w, " s");
    }
    end(s);
    writer_put(w, "\n");
}

static enum style verdict_style(enum verdict verdict)
{
    switch (verdict_standing(verdict)) {
    case STANDING_PASSED:
        return STYLE_GREEN;
    case STANDING_FAILED:
    case STANDING_UNJUDGED:
        return STYLE_RED;
    default:
        return STYLE_YELLOW;
    }
}

static void put_counts(struct summary *s, const struct results_counts *counts)
{
    char amount[RESULTS_MAX_AMOUNT];
    results_amount(amount, "", counts->cases, counts->total);
    writer_printf(&s->w, "\n%s:", amount);
    const char *separator = " ";
    for (size_t v = VERDICT_FIRST; v < VERDICT_COUNT; v++) {
        size_t count = results_count_cases(counts, (enum verdict)v);
        if (count == 0)
            continue;
        writer_put(&s->w, separator);
        separator = ", ";
        begin(s, verdict_style((enum verdict)v));
        writer_printf(&s->w, "%zu %s", count, verdict_name((enum verdict)v));
        if (verdict_standing((enum verdict)v) == STANDING_FAILED)
            writer_printf(&s->w, " (%zu must, %zu should, %zu may)", counts->cases_by[LEVEL_MUST][v],
                          counts->cases_by[LEVEL_SHOULD][v], counts->cases_by[LEVEL_MAY][v]);
        end(s);
    }
    writer_put(&s->w, "\n");
}

/* The end of what the proxy wrote, line by line. */
static void put_output(struct summary *s, struct span output)
{
    struct span last = span_last_lines(output, MAX_OUTPUT_LINES);
    const char *label = "output";
    while (last.len > 0) {
        struct span line = span_take_line(&last);
        put_row(s, label, line.len > 0 ? line : span_cstr(" "), STYLE_DIM);
        label = "";
    }
}

/* In capitals, to stand out without colours, and what is missing to seven columns. */
static void put_word(struct summary *s, enum style style, const char *word)
{
    begin(s, style);
    for (const char *at = word; *at; at++)
        writer_printf(&s->w, "%c", *at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
    end(s);
    writer_printf(&s->w, "%*s", strlen(word) < 7 ? (int)(7 - strlen(word)) : 1, "");
}

static void put_reason(struct summary *s, const struct results_reason *reason, bool first)
{
    struct writer *w = &s->w;
    writer_put(w, "       ");
    begin(s, STYLE_DIM);
    writer_printf(w, "%-10s", first ? "because" : "and");
    end(s);
    text_reason_name(writer_raw(w), reason);
    writer_raw_text_cut(w, MAX_TEXT);
    writer_put(w, " (");
    writer_text_cut(w, reason->axis, MAX_TEXT);
    writer_put(w, reason->waived ? "), waived\n" : ")\n");
    put_row(s, "expected", reason->expected, STYLE_GREEN);
    put_row(s, "observed", reason->observed, STYLE_RED);
    for (size_t i = 0; i < reason->otherwise_count; i++)
        put_row(s, "otherwise", reason->otherwise[i], STYLE_DIM);
}

/* Those that no waiver excuses come first. */
static void put_reasons(struct summary *s, const struct results_case *item)
{
    size_t shown = 0;
    for (int waived = 0; waived <= 1; waived++) {
        for (size_t i = 0; i < item->reason_count; i++) {
            if (item->reasons[i].waived == (waived == 1) && shown < SUMMARY_MAX_REASONS)
                put_reason(s, &item->reasons[i], shown++ == 0);
        }
    }
    if (item->reason_count + item->reasons_omitted > shown)
        writer_printf(&s->w, "       %-10s%llu more\n", "and",
                      (unsigned long long)(item->reason_count + item->reasons_omitted - shown));
}

static void put_block(struct summary *s, const struct results_block *block)
{
    struct writer *w = &s->w;
    const struct results_case *item = block->items[0];
    enum standing standing = verdict_standing(item->verdict);
    bool by_verdict = standing == STANDING_FAILED || standing == STANDING_UNJUDGED;
    const char *word = by_verdict ? verdict_name(item->verdict) : "waiver";
    writer_put(w, "\n");
    put_word(s, STYLE_RED, word);
    begin(s, STYLE_BOLD);
    text_block_name(writer_raw(w), s->results, block);
    writer_raw_text_cut(w, MAX_TEXT);
    end(s);
    writer_printf(w, "  %s\n       ", level_name(item->level));
    writer_text_cut(w, item->title, MAX_TEXT);
    writer_put(w, "\n");
    put_reasons(s, item);
    put_row(s, "note", item->note, STYLE_YELLOW);
    put_output(s, item->output);
    if (item->waiver_problem.len > 0) {
        if (!text_waived_but(writer_raw(w), item))
            buf_append_span(&w->raw, item->waiver_problem);
        buf_append_cstr(&w->raw, ": ");
        buf_append_span(&w->raw, item->waiver_reason);
        put_row(s, "waiver", buf_span(&w->raw), STYLE_YELLOW);
    }
    text_cites(writer_raw(w), item);
    put_plain_row(s, "reference", buf_span(&w->raw));
    begin(s, STYLE_CYAN);
    put_plain_row(s, "repeat", item->run_command);
    end(s);
}

/* The proxy died: whoever reads no more than the first lines should know of which case. */
static void put_deaths(struct summary *s)
{
    struct writer *w = &s->w;
    size_t shown = 0;
    for (size_t i = 0; i < s->results->case_count && shown < SUMMARY_MAX_DEATHS; i++) {
        const struct results_case *item = &s->results->cases[i];
        if (item->death.len == 0)
            continue;
        writer_put(w, shown++ == 0 ? "\n" : "");
        put_styled(s, STYLE_RED, "DIED   ");
        text_name(writer_raw(w), s->results, item);
        writer_raw_text_cut(w, MAX_TEXT);
        writer_put(w, verdict_standing(item->verdict) == STANDING_WAIVED ? " (waived): " : ": ");
        writer_text_cut(w, item->death, MAX_TEXT);
        writer_put(w, "\n");
        put_output(s, item->output);
    }
    for (size_t i = 0; i < s->results->run_count; i++) {
        uint64_t count = s->results->runs[i].totals.deaths_unexplained;
        if (count == 0)
            continue;
        put_styled(s, STYLE_RED, "DIED   ");
        writer_printf(w,
                      "the proxy died %llu %s of which no case could be found: none of those under way did it alone\n",
                      (unsigned long long)count, count == 1 ? "time" : "times");
    }
}

/* Whether it is the output of a case, which shows it in its row, or is waived and shows it in the HTML report. */
static bool output_has_case(const struct results *results, struct span output)
{
    for (size_t i = 0; i < results->case_count; i++) {
        if (span_equal(results->cases[i].output, output))
            return true;
    }
    return false;
}

/* Returns how many blocks were shown, at most `room`. */
static size_t put_group(struct summary *s, const struct results_group *group, size_t room)
{
    char amount[RESULTS_MAX_AMOUNT];
    results_amount(amount, "", group->case_count, group->result_count);
    writer_put(&s->w, "\n");
    put_styled(s, STYLE_RED, group->name);
    writer_printf(&s->w, "  %s: %s\n", amount, group->meaning);
    size_t shown = 0;
    for (; shown < group->block_count && shown < room; shown++)
        put_block(s, &group->blocks[shown]);
    return shown;
}

static void put_groups(struct summary *s, const struct results_groups *groups)
{
    size_t shown = 0, blocks = 0;
    for (size_t i = 0; i < groups->count; i++) {
        shown += put_group(s, &groups->items[i], SUMMARY_MAX_FAILURES - shown);
        blocks += groups->items[i].block_count;
    }
    if (blocks > shown)
        writer_printf(&s->w, "\n... and %zu more: see the HTML report (--html FILE)\n", blocks - shown);
}

static void put_event(struct summary *s, const struct results_event *event)
{
    if (event->verdict == VERDICT_NONE)
        put_styled(s, STYLE_YELLOW, "note   ");
    else
        put_word(s, verdict_style(event->verdict), verdict_name(event->verdict));
    writer_text_cut(&s->w, event->text, MAX_TEXT);
    writer_put(&s->w, "\n");
    if (!output_has_case(s->results, event->output))
        put_output(s, event->output);
}

/* The events that count, or those that do not; at most SUMMARY_MAX_FAILURES. */
static void put_events(struct summary *s, const struct results_run *run, bool counting)
{
    size_t shown = 0;
    for (size_t i = 0; i < run->event_count && shown < SUMMARY_MAX_FAILURES; i++) {
        if ((run->events[i].verdict != VERDICT_NONE) != counting)
            continue;
        put_event(s, &run->events[i]);
        shown++;
    }
}

static void put_remarks(struct summary *s, const struct results_run *run)
{
    struct writer *w = &s->w;
    put_events(s, run, false);
    for (size_t i = 0; i < run->totals.waiver_problem_count && i < SUMMARY_MAX_FAILURES; i++) {
        put_styled(s, STYLE_YELLOW, "note   ");
        writer_put(w, "waiver of ");
        writer_text_cut(w, run->totals.waiver_problems[i].name, MAX_TEXT);
        writer_put(w, ": ");
        writer_text_cut(w, run->totals.waiver_problems[i].value, MAX_TEXT);
        writer_put(w, "\n");
    }
    if (run->totals.calls_unexplained > 0) {
        begin(s, STYLE_RED);
        writer_printf(
            w,
            "FAIL   %llu backend %s without the marker of a case, and none of the cases under way made %s again when "
            "played alone: the run fails\n",
            (unsigned long long)run->totals.calls_unexplained, run->totals.calls_unexplained == 1 ? "call" : "calls",
            run->totals.calls_unexplained == 1 ? "it" : "them");
        end(s);
    }
    if (run->totals.strays > 0)
        writer_printf(w, "note   %llu backend %s belonged to no case\n", (unsigned long long)run->totals.strays,
                      run->totals.strays == 1 ? "call" : "calls");
    if (run->totals.strays_dropped + run->totals.connections_closed + run->totals.turned_away > 0)
        writer_printf(w,
                      "note   the backend reached its limit of memory or of connections: %llu of the calls of no case "
                      "given up, %llu idle connections closed, %llu times something refused\n",
                      (unsigned long long)run->totals.strays_dropped,
                      (unsigned long long)run->totals.connections_closed, (unsigned long long)run->totals.turned_away);
    if (run->miscounted)
        writer_put(w, "note   the totals line does not agree with the lines before it\n");
    if (!run->totals.present)
        writer_put(w, "note   the stream was cut: what has no result counts as error\n");
    if (run->totals.diagnosis.len > 0) {
        writer_text_cut(w, run->totals.diagnosis, 4 * MAX_TEXT);
        writer_put(w, "\n");
    }
}

enum err_code report_summary(FILE *out, const struct results *results, bool color, struct err *err)
{
    struct summary s = {.results = results, .color = color};
    struct results_groups groups;
    enum err_code code = results_groups_init(&groups, results, err);
    if (code != ERR_OK)
        return code;
    writer_init(&s.w, out, escape_terminal);
    struct results_counts counts;
    results_count(results, &counts);
    for (size_t i = 0; i < results->run_count; i++)
        put_run(&s, &results->runs[i]);
    put_deaths(&s);
    put_counts(&s, &counts);
    put_groups(&s, &groups);
    writer_put(&s.w, "\n");
    for (size_t i = 0; i < results->run_count; i++)
        put_remarks(&s, &results->runs[i]);
    for (size_t i = 0; i < results->run_count; i++)
        put_events(&s, &results->runs[i], true);
    char headline[160];
    results_headline(results, headline, sizeof headline);
    begin(&s, results_is_good(results) ? STYLE_GREEN : STYLE_RED);
    writer_printf(&s.w, "%s.\n", headline);
    end(&s);
    results_groups_fini(&groups);
    return writer_end(&s.w, err);
}
