/* The Markdown form of results, for a comment on a pull request: the headline, counts, and what needs a look by kind,
 * or what changed between two runs. Whatever may be of the wire stands in code spans, in which nothing is markup and
 * nobody is addressed by an "@". Each list is bounded, since code hosts refuse long comments. */
#include "reports/formats.h"

#include <assert.h>

#include "harness/base/escape.h"
#include "reports/comparison.h"
#include "reports/groups.h"
#include "reports/text.h"

#define MAX_BLOCKS 40 /* of all groups, or of a kind of change */
#define MAX_NAME   200
#define MAX_TEXT   400

/* Of the longest run of backticks; the span's own fence is longer (CommonMark section 6.1). */
static size_t longest_ticks(struct span text)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.data[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void put_fence(struct writer *w, size_t ticks)
{
    for (size_t i = 0; i < ticks; i++)
        writer_put(w, "`");
}

/* The writer's raw text as a code span. A blank at each end is dropped when it is read, and keeps a backtick of the
 * text from joining the fence. */
static void put_code(struct writer *w, size_t max_len)
{
    struct buf shown;
    buf_init(&shown, WRITER_MAX_TEXT);
    if (w->raw.failed || !escape_terminal_cut(&shown, buf_span(&w->raw), max_len))
        w->failed = true;
    size_t ticks = longest_ticks(buf_span(&shown)) + 1;
    put_fence(w, ticks);
    writer_put(w, ticks > 1 ? " " : "");
    writer_bytes(w, buf_span(&shown));
    writer_put(w, ticks > 1 ? " " : "");
    put_fence(w, ticks);
    buf_fini(&shown);
}

static void put_code_span(struct writer *w, struct span text, size_t max_len)
{
    buf_append_span(writer_raw(w), text.len > 0 ? text : span_cstr("-"));
    put_code(w, max_len);
}

static void put_run(struct writer *w, const struct results_run *run)
{
    writer_put(w, "- ");
    text_proxy(writer_raw(w), run);
    put_code(w, MAX_TEXT);
    writer_put(w, ", transcheck ");
    put_code_span(w, run->transcheck, MAX_NAME);
    writer_put(w, ", ");
    put_code_span(w, run->started, MAX_NAME);
    if (run->totals.diagnosis.len > 0) {
        writer_put(w, ": ");
        put_code_span(w, run->totals.diagnosis, MAX_TEXT);
    }
    writer_put(w, "\n");
}

/* Levels down, verdicts across; cases, as the headline counts them. */
static void put_counts(struct writer *w, const struct results *results)
{
    struct results_counts counts;
    results_count(results, &counts);
    writer_put(w, "\n| cases |");
    for (enum verdict verdict = VERDICT_FIRST; verdict < VERDICT_COUNT; verdict++)
        writer_printf(w, " %s |", verdict_name(verdict));
    writer_put(w, "\n|---|");
    for (enum verdict verdict = VERDICT_FIRST; verdict < VERDICT_COUNT; verdict++)
        writer_put(w, "---:|");
    for (enum level level = 0; level < LEVEL_COUNT; level++) {
        writer_printf(w, "\n| %s |", level_name(level));
        for (enum verdict verdict = VERDICT_FIRST; verdict < VERDICT_COUNT; verdict++)
            writer_printf(w, " %zu |", counts.cases_by[level][verdict]);
    }
    writer_put(w, "\n");
}

static void put_block(struct writer *w, const struct results *results, const struct results_block *block)
{
    const struct results_case *item = block->items[0];
    writer_printf(w, "- %s ", level_name(item->level));
    text_block_name(writer_raw(w), results, block);
    put_code(w, MAX_NAME);
    writer_put(w, ": ");
    text_because(writer_raw(w), item);
    put_code(w, MAX_TEXT);
    writer_put(w, "\n");
}

static enum err_code put_groups(struct writer *w, const struct results *results, struct err *err)
{
    struct results_groups groups;
    size_t left = MAX_BLOCKS, more = 0;
    enum err_code code = results_groups_init(&groups, results, err);
    if (code != ERR_OK)
        return code;
    for (size_t i = 0; i < groups.count; i++) {
        const struct results_group *group = &groups.items[i];
        size_t shown = group->block_count < left ? group->block_count : left;
        if (shown > 0)
            writer_printf(w, "\n**%s**: %s\n\n", group->name, group->meaning);
        for (size_t b = 0; b < shown; b++)
            put_block(w, results, &group->blocks[b]);
        left -= shown;
        more += group->block_count - shown;
    }
    if (more > 0)
        writer_printf(w, "\n%zu more are in the results.\n", more);
    results_groups_fini(&groups);
    return ERR_OK;
}

static void put_findings(struct writer *w, const struct results_run *run)
{
    for (size_t i = 0; i < run->event_count && i < MAX_BLOCKS; i++) {
        if (!results_event_is_bad(&run->events[i]))
            continue;
        writer_put(w, "- the run: ");
        put_code_span(w, run->events[i].text, MAX_TEXT);
        writer_put(w, "\n");
    }
}

static void put_headline(struct writer *w, const struct results *results)
{
    char headline[256];
    static_assert(sizeof headline >= COMPARISON_MAX_HEADLINE, "either headline fits");
    if (results->comparison)
        comparison_headline(results->comparison, headline);
    else
        results_headline(results, headline, sizeof headline);
    writer_printf(w, "### transcheck: %s\n\n", headline);
}

enum err_code report_markdown(FILE *out, const struct results *results, struct err *err)
{
    static const struct comparison_form form = {"#### ", "- ", "  - ", MAX_BLOCKS, put_code};
    struct writer w;
    enum err_code code = ERR_OK;
    writer_init(&w, out, escape_terminal);
    put_headline(&w, results);
    for (size_t i = 0; i < results->run_count; i++)
        put_run(&w, &results->runs[i]);
    for (size_t i = 0; !results->comparison && i < results->run_count; i++)
        put_findings(&w, &results->runs[i]);
    if (results->comparison) {
        comparison_put(&w, results, results->comparison, &form);
    } else {
        put_counts(&w, results);
        code = put_groups(&w, results, err);
    }
    enum err_code written = writer_end(&w, code == ERR_OK ? err : &(struct err){.text = ""});
    return code == ERR_OK ? written : code;
}
