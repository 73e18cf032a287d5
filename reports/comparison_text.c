/* A comparison as text: a section for each kind of change. */
#include "reports/comparison.h"

#include "harness/base/escape.h"
#include "reports/text.h"

#define MAX_NAME   400
#define MAX_REASON 600

static size_t first_of(const struct comparison *comparison, enum change change)
{
    size_t at = 0;
    for (enum change before = 0; before < change; before++)
        at += comparison->by[before];
    return at;
}

/* The reasons of `item` that `other` has not, each behind `word`. */
static void put_reasons(struct writer *w, const struct comparison_form *form, const char *word,
                        const struct results_case *item, const struct results_case *other)
{
    for (size_t i = 0; item && i < item->reason_count; i++) {
        if (comparison_has_reason(other, &item->reasons[i]))
            continue;
        writer_printf(w, "%s%s ", form->reason, word);
        text_reason(writer_raw(w), &item->reasons[i]);
        form->put_raw(w, MAX_REASON);
        writer_put(w, "\n");
    }
}

/* Results of one case that came to the same, its clients by name. */
static void put_item(struct writer *w, const struct comparison_form *form, const struct compared *items, size_t count)
{
    const struct results_case *before = items->before;
    const struct results_case *after = items->after;
    struct buf *name = writer_raw(w);
    buf_append_span(name, after->id);
    for (size_t i = 0; i < count; i++) {
        buf_append_cstr(name, i == 0 ? " [" : " and ");
        buf_append_span(name, items[i].after->client);
    }
    buf_append_byte(name, ']');
    writer_printf(w, "%s%s ", form->item, level_name(after->level));
    form->put_raw(w, MAX_NAME);
    writer_printf(w, ": %s, was %s", verdict_name(after->verdict), verdict_name(before->verdict));
    if (before->version != after->version)
        writer_put(w, "; the case has changed");
    writer_put(w, "\n");
    put_reasons(w, form, "now", after, before);
    put_reasons(w, form, "no longer", before, after);
}

static void put_items(struct writer *w, const struct comparison_form *form, const struct compared *items, size_t count)
{
    size_t shown = 0;
    for (size_t i = 0; i < count;) {
        if (form->max_items > 0 && shown++ == form->max_items) {
            writer_printf(w, "%s%zu more results\n", form->item, count - i);
            break;
        }
        size_t end = i + 1;
        while (end < count && comparison_joins(&items[i], &items[end]))
            end++;
        put_item(w, form, &items[i], end - i);
        i = end;
    }
}

/* "must: 3 pass, 1 fail". */
static void put_verdicts(struct writer *w, const struct comparison_form *form, const struct compared *items,
                         size_t count)
{
    size_t by[LEVEL_COUNT][VERDICT_COUNT] = {{0}};
    for (size_t i = 0; i < count; i++) {
        const struct results_case *item = items[i].after ? items[i].after : items[i].before;
        by[item->level][item->verdict]++;
    }
    for (enum level level = 0; level < LEVEL_COUNT; level++) {
        bool first = true;
        for (enum verdict verdict = VERDICT_FIRST; verdict < VERDICT_COUNT; verdict++) {
            if (by[level][verdict] == 0)
                continue;
            if (first)
                writer_printf(w, "%s%s: ", form->item, level_name(level));
            writer_printf(w, "%s%zu %s", first ? "" : ", ", by[level][verdict], verdict_name(verdict));
            first = false;
        }
        if (!first)
            writer_put(w, "\n");
    }
}

static void put_findings(struct writer *w, const struct results *results, const struct comparison_form *form)
{
    for (size_t i = 0; i < results->runs[1].event_count; i++) {
        const struct results_event *event = &results->runs[1].events[i];
        if (!comparison_is_new_finding(results, event))
            continue;
        writer_put(w, form->item);
        buf_append_span(writer_raw(w), event->text);
        form->put_raw(w, MAX_REASON);
        writer_put(w, "\n");
    }
}

void comparison_put(struct writer *w, const struct results *results, const struct comparison *comparison,
                    const struct comparison_form *form)
{
    for (enum change change = 0; change < CHANGE_COUNT; change++) {
        const struct compared *items = comparison->items + first_of(comparison, change);
        size_t count = comparison->by[change];
        if (count == 0)
            continue;
        writer_printf(w, "\n%s%s: %zu result%s (%s)\n", form->heading, change_name(change), count,
                      count == 1 ? "" : "s", change_meaning(change));
        if (change == CHANGE_NEW || change == CHANGE_GONE)
            put_verdicts(w, form, items, count);
        else
            put_items(w, form, items, count);
    }
    if (comparison->new_findings > 0) {
        writer_printf(w, "\n%snew findings of the run: %zu\n", form->heading, comparison->new_findings);
        put_findings(w, results, form);
    }
}

enum err_code report_comparison(FILE *out, const struct results *results, struct err *err)
{
    static const struct comparison_form plain = {"", "  ", "      ", 0, writer_raw_text_cut};
    struct writer w;
    char headline[COMPARISON_MAX_HEADLINE];
    writer_init(&w, out, escape_terminal);
    for (size_t i = 0; i < 2; i++) {
        writer_put(&w, i == 0 ? "before  " : "after   ");
        writer_text_cut(&w, results->runs[i].label, MAX_NAME);
        writer_put(&w, "  ");
        writer_text_cut(&w, results->runs[i].source, MAX_NAME);
        writer_put(&w, "\n");
    }
    comparison_put(&w, results, results->comparison, &plain);
    comparison_headline(results->comparison, headline);
    writer_printf(&w, "\n%s\n", headline);
    return writer_end(&w, err);
}
