/* The summary of results for a terminal: its head, the counts, and what is beside the cases. */
#include "reports/summary.h"

#include <stdlib.h>

#include "harness/base/escape.h"
#include "reports/summary_parts.h"
#include "reports/text.h"

#define MAX_OUTPUT_LINES 12 /* of what the proxy wrote last; in the short summary FEW_OUTPUT_LINES */
#define FEW_OUTPUT_LINES 3
#define MIN_GROUP_ROWS   8 /* however much else there is to say */
#define MAX_JOINED       4 /* clients that died of the same case */

/* ---- shared by the parts */

void summary_begin(struct summary *s, enum summary_style style)
{
    static const char *const codes[] = {"1", "2", "1;31", "32", "33", "36"};
    if (s->options.color)
        writer_printf(&s->w, "\033[%sm", codes[style]);
}

void summary_end(struct summary *s)
{
    if (s->options.color)
        writer_put(&s->w, "\033[0m");
}

void summary_styled(struct summary *s, enum summary_style style, const char *text)
{
    summary_begin(s, style);
    writer_put(&s->w, text);
    summary_end(s);
}

void summary_label(struct summary *s, const char *label)
{
    writer_put(&s->w, "         ");
    summary_begin(s, STYLE_DIM);
    writer_printf(&s->w, "%-10s", label);
    summary_end(s);
}

void summary_row(struct summary *s, const char *label, struct span text, enum summary_style style, size_t max_len)
{
    if (text.len == 0)
        return;
    summary_label(s, label);
    summary_begin(s, style);
    writer_text_cut(&s->w, text, max_len);
    summary_end(s);
    writer_put(&s->w, "\n");
}

enum summary_style summary_verdict_style(enum verdict verdict)
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

void summary_word(struct summary *s, enum summary_style style, const char *word)
{
    summary_begin(s, style);
    for (const char *at = word; *at; at++)
        writer_printf(&s->w, "%c", *at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
    summary_end(s);
    writer_printf(&s->w, "%*s", strlen(word) < 7 ? (int)(7 - strlen(word)) : 1, "");
}

/* The bytes of the first `columns` characters. */
static size_t prefix_of(struct span text, size_t columns)
{
    size_t at = 0;
    while (at < text.len && columns > 0) {
        at++;
        while (at < text.len && (text.data[at] & 0xc0) == 0x80)
            at++;
        columns--;
    }
    return at;
}

void summary_cut(struct summary *s, struct span text, size_t columns)
{
    struct buf *escaped = writer_raw(&s->w);
    escape_terminal(escaped, span_of(text.data, text.len < 4 * columns ? text.len : 4 * columns));
    struct span all = buf_span(escaped);
    size_t fits = prefix_of(all, columns);
    bool whole = fits == all.len && text.len <= 4 * columns;
    writer_bytes(&s->w, span_of(all.data, whole ? fits : prefix_of(all, columns > 3 ? columns - 3 : 0)));
    writer_put(&s->w, whole ? "" : "...");
}

void summary_text(struct summary *s, struct span text, size_t columns)
{
    if (s->options.verbose)
        writer_text_cut(&s->w, text, SUMMARY_MAX_TEXT);
    else
        summary_cut(s, text, columns);
}

static void put_line_end(struct summary *s, struct span text, size_t columns)
{
    summary_text(s, text, columns);
    writer_put(&s->w, "\n");
}

void summary_output(struct summary *s, struct span output, size_t max_lines)
{
    struct span last = span_last_lines(output, max_lines);
    const char *label = "output";
    while (last.len > 0) {
        struct span line = span_take_line(&last);
        writer_put(&s->w, "         ");
        summary_begin(s, STYLE_DIM);
        writer_printf(&s->w, "%-10s", label);
        put_line_end(s, line, s->options.columns - 19);
        summary_end(s);
        label = "";
    }
}

/* ---- head */

static void put_run(struct summary *s, const struct results_run *run)
{
    struct writer *w = &s->w;
    summary_begin(s, STYLE_BOLD);
    text_proxy(writer_raw(w), run);
    writer_raw_text(w);
    summary_end(s);
    if (text_has_name(run)) {
        writer_put(w, "  ");
        writer_text(w, run->url);
    }
    writer_put(w, ", backend ");
    writer_text(w, run->backend);
    writer_put(w, "\n");
    summary_begin(s, STYLE_DIM);
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
    summary_end(s);
    writer_put(w, "\n");
}

static size_t most(const struct summary *s, size_t verbose)
{
    return s->options.verbose ? verbose : SUMMARY_FEW;
}

/* Whether the result before it is a death of the same case. */
static bool repeats_death(const struct results *results, size_t i)
{
    const struct results_case *item = &results->cases[i];
    return i > 0 && item->death.len > 0 && item[-1].death.len > 0 && results_same_case(item, item - 1) &&
           item->verdict == item[-1].verdict;
}

static void put_death(struct summary *s, size_t first)
{
    const struct results_case *item = &s->results->cases[first];
    const struct results_case *joined[MAX_JOINED] = {item};
    struct results_block block = {.items = joined, .count = 1};
    for (size_t i = first + 1; i < s->results->case_count && repeats_death(s->results, i); i++) {
        if (block.count < MAX_JOINED && !span_equal(s->results->cases[i].client, joined[block.count - 1]->client))
            joined[block.count++] = &s->results->cases[i];
    }
    summary_styled(s, STYLE_RED, "DIED   ");
    struct buf line;
    buf_init(&line, WRITER_MAX_TEXT);
    text_block_name(&line, s->results, &block);
    buf_append_cstr(&line, verdict_standing(item->verdict) == STANDING_WAIVED ? " (waived): " : ": ");
    buf_append_span(&line, item->death);
    put_line_end(s, buf_span(&line), s->options.columns - 7);
    s->w.failed = s->w.failed || line.failed;
    buf_fini(&line);
}

static void put_unexplained_deaths(struct summary *s)
{
    for (size_t i = 0; i < s->results->run_count; i++) {
        uint64_t count = s->results->runs[i].totals.deaths_unexplained;
        if (count == 0)
            continue;
        summary_styled(s, STYLE_RED, "DIED   ");
        writer_printf(&s->w,
                      "the proxy died %llu %s of which no case could be found: none of those under way did it alone\n",
                      (unsigned long long)count, count == 1 ? "time" : "times");
    }
}

/* The proxy died: whoever reads no more than the first lines should know of which case. The short summary has what the
 * proxy wrote last of the first death alone. */
static void put_deaths(struct summary *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->results->case_count; i++) {
        const struct results_case *item = &s->results->cases[i];
        if (item->death.len == 0 || repeats_death(s->results, i) || count++ >= SUMMARY_MAX_DEATHS)
            continue;
        writer_put(&s->w, count == 1 ? "\n" : "");
        put_death(s, i);
        if (s->options.verbose || count == 1)
            summary_output(s, item->output, s->options.verbose ? MAX_OUTPUT_LINES : FEW_OUTPUT_LINES);
    }
    if (count > SUMMARY_MAX_DEATHS)
        writer_printf(&s->w, "       and in %zu more cases\n", count - SUMMARY_MAX_DEATHS);
    put_unexplained_deaths(s);
    s->deaths = count;
}

static void put_counts(struct summary *s)
{
    struct results_counts counts;
    char amount[RESULTS_MAX_AMOUNT];
    results_count(s->results, &counts);
    results_amount(amount, "", counts.cases, counts.total);
    writer_printf(&s->w, "\n%s:", amount);
    const char *separator = " ";
    for (size_t v = VERDICT_FIRST; v < VERDICT_COUNT; v++) {
        size_t count = results_count_cases(&counts, (enum verdict)v);
        if (count == 0)
            continue;
        writer_put(&s->w, separator);
        separator = ", ";
        summary_begin(s, summary_verdict_style((enum verdict)v));
        writer_printf(&s->w, "%zu %s", count, verdict_name((enum verdict)v));
        if (verdict_standing((enum verdict)v) == STANDING_FAILED)
            writer_printf(&s->w, " (%zu must, %zu should, %zu may)", counts.cases_by[LEVEL_MUST][v],
                          counts.cases_by[LEVEL_SHOULD][v], counts.cases_by[LEVEL_MAY][v]);
        summary_end(s);
    }
    writer_put(&s->w, "\n");
}

static void put_head(struct summary *s)
{
    for (size_t i = 0; i < s->results->run_count; i++)
        put_run(s, &s->results->runs[i]);
    put_deaths(s);
    put_counts(s);
}

/* ---- what is beside the cases, and the headline */

/* The short summary has what several events say once, and what the proxy wrote where no case at its head died. */
static void put_event(struct summary *s, const struct results_event *event, size_t times)
{
    if (event->verdict == VERDICT_NONE)
        summary_styled(s, STYLE_YELLOW, "note   ");
    else
        summary_word(s, summary_verdict_style(event->verdict), verdict_name(event->verdict));
    char prefix[32] = "";
    if (times > 1)
        snprintf(prefix, sizeof prefix, "%zu times: ", times);
    writer_put(&s->w, prefix);
    put_line_end(s, event->text,
                 event->verdict == VERDICT_NONE ? s->options.columns - 7 - strlen(prefix) : SUMMARY_MAX_TEXT);
    bool few = !s->options.verbose && event->verdict == VERDICT_NONE && s->deaths > 0;
    if (!few && !results_output_has_case(s->results, event->output))
        summary_output(s, event->output, s->options.verbose ? MAX_OUTPUT_LINES : FEW_OUTPUT_LINES);
}

/* How many events from this one on say the same. */
static size_t times_of(const struct results_run *run, size_t first)
{
    size_t times = 0;
    for (size_t i = first; i < run->event_count; i++)
        times += run->events[i].verdict == run->events[first].verdict &&
                 span_equal(run->events[i].text, run->events[first].text);
    return times;
}

static bool said_before(const struct results_run *run, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (run->events[i].verdict == run->events[at].verdict && span_equal(run->events[i].text, run->events[at].text))
            return true;
    }
    return false;
}

/* Of `count` things only the first `shown` are there. */
static void put_rest(struct summary *s, size_t count, size_t shown)
{
    if (count > shown)
        writer_printf(&s->w, "       and %zu more\n", count - shown);
}

/* The events that count, or those that do not. */
static void put_events(struct summary *s, const struct results_run *run, bool counting)
{
    size_t count = 0, max = counting && !s->options.verbose ? SUMMARY_MAX_FINDINGS : most(s, SUMMARY_MAX_REMARKS);
    for (size_t i = 0; i < run->event_count; i++) {
        if ((run->events[i].verdict != VERDICT_NONE) != counting)
            continue;
        if (!s->options.verbose && said_before(run, i))
            continue;
        if (count++ < max)
            put_event(s, &run->events[i], s->options.verbose ? 1 : times_of(run, i));
    }
    put_rest(s, count, max);
}

static void put_waiver_problems(struct summary *s, const struct results_totals *totals)
{
    struct writer *w = &s->w;
    size_t max = most(s, SUMMARY_MAX_REMARKS);
    for (size_t i = 0; i < totals->waiver_problem_count && i < max; i++) {
        summary_styled(s, STYLE_YELLOW, "note   ");
        writer_put(w, "waiver of ");
        writer_text_cut(w, totals->waiver_problems[i].name, SUMMARY_MAX_TEXT);
        writer_put(w, ": ");
        writer_text_cut(w, totals->waiver_problems[i].value, SUMMARY_MAX_TEXT);
        writer_put(w, "\n");
    }
    put_rest(s, totals->waiver_problem_count, max);
}

static void put_remarks(struct summary *s, const struct results_run *run)
{
    struct writer *w = &s->w;
    const struct results_totals *totals = &run->totals;
    put_events(s, run, false);
    put_waiver_problems(s, totals);
    if (totals->calls_unexplained > 0) {
        summary_begin(s, STYLE_RED);
        writer_printf(
            w,
            "FAIL   %llu backend %s without the marker of a case, and none of the cases under way made %s again when "
            "played alone: the run fails\n",
            (unsigned long long)totals->calls_unexplained, totals->calls_unexplained == 1 ? "call" : "calls",
            totals->calls_unexplained == 1 ? "it" : "them");
        summary_end(s);
    }
    if (totals->strays > 0)
        writer_printf(w, "note   %llu backend %s belonged to no case\n", (unsigned long long)totals->strays,
                      totals->strays == 1 ? "call" : "calls");
    if (totals->strays_dropped + totals->connections_closed + totals->turned_away > 0)
        writer_printf(w,
                      "note   the backend reached its limit of memory or of connections: %llu of the calls of no case "
                      "given up, %llu idle connections closed, %llu times something refused\n",
                      (unsigned long long)totals->strays_dropped, (unsigned long long)totals->connections_closed,
                      (unsigned long long)totals->turned_away);
    if (run->miscounted)
        writer_put(w, "note   the totals line does not agree with the lines before it\n");
    if (!totals->present)
        writer_put(w, "note   the stream was cut: what has no result counts as error\n");
    if (totals->diagnosis.len > 0) {
        writer_text_cut(w, totals->diagnosis, 4 * SUMMARY_MAX_TEXT);
        writer_put(w, "\n");
    }
}

static void put_tail(struct summary *s)
{
    const struct results *results = s->results;
    writer_put(&s->w, "\n");
    for (size_t i = 0; i < results->run_count; i++)
        put_remarks(s, &results->runs[i]);
    for (size_t i = 0; i < results->run_count; i++)
        put_events(s, &results->runs[i], true);
    char headline[160];
    results_headline(results, headline, sizeof headline);
    summary_begin(s, results_is_good(results) ? STYLE_GREEN : STYLE_RED);
    writer_printf(&s->w, "%s.\n", headline);
    summary_end(s);
}

/* ---- all of it */

/* How many rows of a screen a text takes; its colours take none. */
static size_t rows_of(const char *text, size_t columns)
{
    size_t rows = 0, width = 0;
    for (; *text; text++) {
        if (*text == '\n') {
            rows += width > columns ? (width + columns - 1) / columns : 1;
            width = 0;
        } else if (*text == '\033') {
            text += strcspn(text, "m"); /* every sequence of ours ends so */
        } else if ((*text & 0xc0) != 0x80) {
            width++;
        }
    }
    return rows;
}

/* A part as text, to free; NULL: out of memory. */
static char *text_of(struct summary *s, void (*put)(struct summary *))
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = s->w.out;
    FILE *memory = open_memstream(&text, &len);
    if (!memory)
        return NULL;
    s->w.out = memory;
    put(s);
    s->w.out = out;
    if (fclose(memory) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

enum err_code report_summary(FILE *out, const struct results *results, const struct summary_options *options,
                             struct err *err)
{
    struct summary s = {.results = results, .options = *options, .err = err};
    struct results_groups groups;
    s.options.rows = options->rows ? options->rows : SUMMARY_ROWS;
    s.options.columns = options->columns ? options->columns : SUMMARY_COLUMNS;
    s.options.columns = s.options.columns < SUMMARY_LEAST ? SUMMARY_LEAST : s.options.columns;
    if (results_groups_init(&groups, results, err) != ERR_OK)
        return ERR_NO_MEMORY;
    writer_init(&s.w, out, escape_terminal);
    char *head = text_of(&s, put_head);
    char *tail = text_of(&s, put_tail);
    if (head && tail) {
        size_t used = rows_of(head, s.options.columns) + rows_of(tail, s.options.columns) + 1; /* the prompt */
        size_t left = s.options.rows > used + MIN_GROUP_ROWS ? s.options.rows - used : MIN_GROUP_ROWS;
        writer_put(&s.w, head);
        summary_groups(&s, &groups, left);
        writer_put(&s.w, tail);
    } else {
        s.code = err_set(err, ERR_NO_MEMORY, "out of memory for the summary");
    }
    free(head);
    free(tail);
    results_groups_fini(&groups);
    enum err_code written = writer_end(&s.w, s.code == ERR_OK ? err : NULL);
    return s.code != ERR_OK ? s.code : written;
}
