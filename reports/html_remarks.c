/* The HTML report's remarks: deaths of the proxy first, what else decided the run, then notes. */
#include <inttypes.h>

#include "reports/html_parts.h"
#include "reports/text.h"

#define MAX_EVENTS_SHOWN 100 /* of those that count, and of the others */
#define FEW_EVENTS       2   /* of the others: so many are shown at once */
#define MAX_DEATHS       50  /* of a run, shown at its head */
#define MAX_ALIKE        16  /* results of one case that are named together */

static void open_callout(struct html *html, const char *kind, size_t run)
{
    writer_printf(&html->w, "<li class=\"callout %s\">", kind);
    if (html->results->run_count > 1) {
        writer_put(&html->w, "<b>");
        writer_text_cut(&html->w, html->results->runs[run].label, 100);
        writer_put(&html->w, "</b>: ");
    }
}

static void put_callout(struct html *html, const char *kind, size_t run, const char *text)
{
    open_callout(html, kind, run);
    writer_put(&html->w, text);
    writer_put(&html->w, "</li>\n");
}

static void put_output(struct html *html, struct span output)
{
    if (output.len == 0)
        return;
    writer_put(&html->w, "<details><summary>What the proxy wrote last</summary><pre>");
    while (output.len > 0) {
        writer_text(&html->w, span_take_line(&output));
        writer_put(&html->w, "\n");
    }
    writer_put(&html->w, "</pre></details>");
}

static void put_event(struct html *html, size_t run, const struct results_event *event)
{
    open_callout(html, results_event_is_bad(event) ? "bad" : "warn", run);
    if (event->verdict != VERDICT_NONE)
        writer_printf(&html->w, "<b>%s</b>: ", verdict_word(event->verdict));
    else
        writer_printf(&html->w, "At %" PRIu64 ".%03" PRIu64 " s: ", event->at_us / 1000000, event->at_us / 1000 % 1000);
    writer_text_cut(&html->w, event->text, 1000);
    if (!results_output_has_case(html->results, event->output))
        put_output(html, event->output);
    writer_put(&html->w, "</li>\n");
}

static size_t count_events(const struct results_run *run, bool counting)
{
    size_t count = 0;
    for (size_t i = 0; i < run->event_count; i++)
        count += (run->events[i].verdict != VERDICT_NONE) == counting;
    return count;
}

/* The events that count, or those that do not. */
static void put_events(struct html *html, size_t index, bool counting)
{
    const struct results_run *run = &html->results->runs[index];
    size_t shown = 0;
    for (size_t i = 0; i < run->event_count && shown < MAX_EVENTS_SHOWN; i++) {
        if ((run->events[i].verdict != VERDICT_NONE) != counting)
            continue;
        put_event(html, index, &run->events[i]);
        shown++;
    }
}

/* What happened beside the cases: behind one line, where it would hide what follows. */
static void put_notes(struct html *html, size_t index)
{
    size_t count = count_events(&html->results->runs[index], false);
    if (count <= FEW_EVENTS) {
        put_events(html, index, false);
        return;
    }
    open_callout(html, "warn", index);
    writer_printf(&html->w, "<details><summary>%zu notes of the run", count);
    if (count > MAX_EVENTS_SHOWN)
        writer_printf(&html->w, ", the first %d", MAX_EVENTS_SHOWN);
    writer_put(&html->w, "</summary>\n<ul class=\"remarks\">\n");
    put_events(html, index, false);
    writer_put(&html->w, "</ul></details></li>\n");
}

/* "The proxy died in CASE: how", with a link to its row. */
static void put_death(struct html *html, const struct results_block *block)
{
    const struct results_case *item = block->items[0];
    bool waived = verdict_standing(item->verdict) == STANDING_WAIVED;
    struct writer *w = &html->w;
    open_callout(html, waived ? "warn" : "bad", item->run);
    writer_put(w, "The proxy died in ");
    html_open_link(html, item);
    text_block_name(writer_raw(w), html->results, block);
    writer_raw_text_cut(w, 300);
    writer_put(w, waived ? "</a> (waived): " : "</a>: ");
    writer_text_cut(w, item->death, 500);
    put_output(html, item->output);
    writer_put(w, "</li>\n");
}

/* The results of a case that died alike, from `first` on; those of a case stand together. Returns the one after it. */
static size_t next_death(const struct results *results, size_t first, const struct results_case *items[MAX_ALIKE],
                         size_t *count)
{
    const struct results_case *item = &results->cases[first];
    size_t end = first;
    for (*count = 0; end < results->case_count && *count < MAX_ALIKE; end++) {
        const struct results_case *next = &results->cases[end];
        if (!results_same_case(item, next) || !span_equal(item->death, next->death) || item->verdict != next->verdict)
            break;
        items[(*count)++] = next;
    }
    return end;
}

static void put_deaths(struct html *html, size_t run)
{
    const struct results *results = html->results;
    const struct results_totals *totals = &results->runs[run].totals;
    const struct results_case *items[MAX_ALIKE];
    size_t shown = 0;
    for (size_t i = 0; i < results->case_count && shown < MAX_DEATHS;) {
        struct results_block block = {.items = items};
        bool died = results->cases[i].run == run && results->cases[i].death.len > 0;
        i = next_death(results, i, items, &block.count);
        if (!died)
            continue;
        shown++;
        put_death(html, &block);
    }
    if (totals->deaths_unexplained == 0 && (shown > 0 || totals->proxy_died == 0))
        return;
    open_callout(html, "bad", run);
    writer_printf(&html->w,
                  "The proxy died %" PRIu64 " %s of which no case could be found: none of those under way did it "
                  "alone.</li>\n",
                  totals->deaths_unexplained ? totals->deaths_unexplained : totals->proxy_died,
                  totals->deaths_unexplained == 1 ? "time" : "times");
}

static void put_run_remarks(struct html *html, size_t index)
{
    const struct results_run *run = &html->results->runs[index];
    const struct results_totals *totals = &run->totals;
    put_deaths(html, index);
    put_events(html, index, true);
    if (totals->diagnosis.len > 0) {
        open_callout(html, "bad", index);
        writer_text_cut(&html->w, totals->diagnosis, 4000);
        writer_put(&html->w, "</li>\n");
    }
    if (!totals->present)
        put_callout(html, "bad", index,
                    "The stream of results was cut. What was planned and has no result is an error.");
    if (totals->interrupted)
        put_callout(html, "warn", index, "The run was interrupted: not every case was played.");
    if (run->miscounted)
        put_callout(html, "warn", index,
                    "The totals of the stream do not agree with its lines. The numbers here are of the lines.");
    for (size_t i = 0; i < totals->waiver_problem_count && i < 100; i++) {
        open_callout(html, "bad", index);
        writer_put(&html->w, "The waiver of <code>");
        writer_text_cut(&html->w, totals->waiver_problems[i].name, 300);
        writer_put(&html->w, "</code> no longer holds: ");
        writer_text_cut(&html->w, totals->waiver_problems[i].value, 300);
        writer_put(&html->w, ".</li>\n");
    }
    if (totals->calls_unexplained > 0) {
        open_callout(html, "bad", index);
        writer_printf(&html->w,
                      "%" PRIu64
                      " %s the backend without the marker of a case, and no case under way did so again when "
                      "played alone: the run fails.</li>\n",
                      totals->calls_unexplained, totals->calls_unexplained == 1 ? "call reached" : "calls reached");
    }
    if (totals->strays > 0) {
        open_callout(html, "warn", index);
        writer_printf(&html->w, "%" PRIu64 " %s reached the backend and belonged to no case.</li>\n", totals->strays,
                      totals->strays == 1 ? "call" : "calls");
    }
    if (totals->strays_dropped + totals->connections_closed + totals->turned_away > 0) {
        open_callout(html, "warn", index);
        writer_printf(&html->w,
                      "The backend reached its limit of memory or of connections: %" PRIu64
                      " of the calls of no case were given up, %" PRIu64 " idle connections closed, and %" PRIu64
                      " times something was refused.</li>\n",
                      totals->strays_dropped, totals->connections_closed, totals->turned_away);
    }
    put_notes(html, index);
}

void html_remarks(struct html *html)
{
    writer_put(&html->w, "<ul class=\"remarks\" aria-label=\"Remarks\">\n");
    for (size_t i = 0; i < html->results->run_count; i++)
        put_run_remarks(html, i);
    writer_put(&html->w, "</ul>");
}
