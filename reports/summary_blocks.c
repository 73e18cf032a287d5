/* What failed, for the summary: groups by kind, in each a block for each case. */
#include "reports/summary_parts.h"
#include "reports/text.h"

#define SHORT_INDENT 19 /* columns before an expected or observed text */

/* ---- texts of a block, which its clients may put in different words */

enum said { SAID_EXPECTED, SAID_OBSERVED, SAID_NOTE };

/* Of reason `index`, as results that agree have the same ones. */
static struct span text_said(const struct results_case *item, enum said said, size_t index)
{
    const struct results_reason *reason = index < item->reason_count ? &item->reasons[index] : NULL;
    switch (said) {
    case SAID_EXPECTED:
        return reason ? reason->expected : span_of(NULL, 0);
    case SAID_OBSERVED:
        return reason ? reason->observed : span_of(NULL, 0);
    default:
        return item->note;
    }
}

/* Results come by client, then by repetition: the first of each client speaks for it. */
static bool speaks(const struct results_block *block, size_t i)
{
    return i == 0 || !span_equal(block->items[i]->client, block->items[i - 1]->client);
}

/* How many rows it takes: none without a text, one when all clients say the same, else one each. */
static size_t rows_said(const struct results_block *block, enum said said, size_t index)
{
    struct span first = text_said(block->items[0], said, index);
    size_t clients = 0;
    bool same = true;
    for (size_t i = 0; i < block->count; i++) {
        clients += speaks(block, i);
        same = same && (!speaks(block, i) || span_equal(first, text_said(block->items[i], said, index)));
    }
    return !same ? clients : first.len > 0 ? 1 : 0;
}

static void put_said(struct summary *s, const struct results_block *block, const char *label, enum said said,
                     size_t index)
{
    static const enum summary_style styles[] = {STYLE_GREEN, STYLE_RED, STYLE_YELLOW};
    size_t rows = rows_said(block, said, index);
    for (size_t i = 0, row = 0; i < block->count && row < rows; i++) {
        const struct results_case *item = block->items[i];
        if (!speaks(block, i))
            continue;
        writer_put(&s->w, "         ");
        summary_begin(s, STYLE_DIM);
        writer_printf(&s->w, "%-10s", row++ == 0 ? label : "");
        if (rows > 1) {
            writer_text_cut(&s->w, item->client, SUMMARY_MAX_TEXT);
            writer_put(&s->w, ": ");
        }
        summary_end(s);
        summary_begin(s, styles[said]);
        summary_text(s, text_said(item, said, index), s->options.columns - SHORT_INDENT - (rows > 1 ? 4 : 0));
        summary_end(s);
        writer_put(&s->w, "\n");
    }
}

/* "mismatch: waived for wrong-body at /x, but also ...", "stale: and the waiver's own reason". */
static void put_waiver(struct summary *s, const struct results_case *item)
{
    struct buf text;
    if (item->waiver_problem.len == 0)
        return;
    buf_init(&text, WRITER_MAX_TEXT);
    buf_append_span(&text, item->waiver_problem);
    buf_append_cstr(&text, ": ");
    if (!text_waived_but(&text, item))
        buf_append_span(&text, item->waiver_reason);
    summary_label(s, "waiver");
    summary_begin(s, STYLE_YELLOW);
    summary_text(s, buf_span(&text), s->options.columns - SHORT_INDENT);
    summary_end(s);
    writer_put(&s->w, "\n");
    s->w.failed = s->w.failed || text.failed;
    buf_fini(&text);
}

/* ---- short: what is first, in a few rows */

/* The index of the decisive reason; SIZE_MAX: there is none. */
static size_t decisive_of(const struct results_case *item)
{
    const struct results_reason *reason = text_decisive(item);
    return reason ? (size_t)(reason - item->reasons) : SIZE_MAX;
}

static size_t short_rows(const struct results_block *block)
{
    const struct results_case *item = block->items[0];
    size_t index = decisive_of(item);
    size_t rows = 1 + rows_said(block, SAID_EXPECTED, index) + rows_said(block, SAID_OBSERVED, index);
    rows += item->reason_count == 0 ? rows_said(block, SAID_NOTE, index) : 0;
    return rows + (item->waiver_problem.len > 0);
}

static void put_short(struct summary *s, const struct results_block *block)
{
    struct writer *w = &s->w;
    const struct results_case *item = block->items[0];
    size_t index = decisive_of(item);
    struct buf line;
    buf_init(&line, 64u << 10);
    writer_printf(w, "  %-7s", level_name(item->level));
    summary_begin(s, STYLE_BOLD);
    text_block_name(&line, s->results, block);
    summary_cut(s, buf_span(&line), s->options.columns / 2);
    summary_end(s);
    buf_reset(&line);
    if (index != SIZE_MAX && item->reasons[index].path.len > 0) {
        buf_append_cstr(&line, "  at ");
        buf_append_span(&line, item->reasons[index].path);
    }
    uint64_t others = item->reason_count > 0 ? item->reason_count - 1 + item->reasons_omitted : 0;
    if (others > 0)
        buf_printf(&line, ", %llu more %s", (unsigned long long)others, others == 1 ? "reason" : "reasons");
    summary_cut(s, buf_span(&line), s->options.columns / 2 - 10);
    w->failed = w->failed || line.failed;
    buf_fini(&line);
    writer_put(w, "\n");
    put_said(s, block, "expected", SAID_EXPECTED, index);
    put_said(s, block, "observed", SAID_OBSERVED, index);
    if (item->reason_count == 0)
        put_said(s, block, "note", SAID_NOTE, index);
    put_waiver(s, item);
}

/* ---- verbose: all of it */

static void put_reason(struct summary *s, const struct results_block *block, size_t index, bool first)
{
    struct writer *w = &s->w;
    const struct results_reason *reason = &block->items[0]->reasons[index];
    summary_label(s, first ? "because" : "and");
    text_reason_name(writer_raw(w), reason);
    writer_raw_text_cut(w, SUMMARY_MAX_TEXT);
    writer_put(w, " (");
    writer_text_cut(w, reason->axis, SUMMARY_MAX_TEXT);
    writer_put(w, reason->waived ? "), waived\n" : ")\n");
    put_said(s, block, "expected", SAID_EXPECTED, index);
    put_said(s, block, "observed", SAID_OBSERVED, index);
    for (size_t i = 0; i < reason->otherwise_count; i++)
        summary_row(s, "otherwise", reason->otherwise[i], STYLE_DIM, SUMMARY_MAX_TEXT);
}

/* Those that no waiver excuses come first. */
static void put_reasons(struct summary *s, const struct results_block *block)
{
    const struct results_case *item = block->items[0];
    size_t shown = 0;
    for (int waived = 0; waived <= 1; waived++) {
        for (size_t i = 0; i < item->reason_count; i++) {
            if (item->reasons[i].waived == (waived == 1) && shown < SUMMARY_MAX_REASONS)
                put_reason(s, block, i, shown++ == 0);
        }
    }
    if (item->reason_count + item->reasons_omitted > shown)
        writer_printf(&s->w, "         %-10s%llu more\n", "and",
                      (unsigned long long)(item->reason_count + item->reasons_omitted - shown));
}

static void put_verbose(struct summary *s, const struct results_block *block)
{
    struct writer *w = &s->w;
    const struct results_case *item = block->items[0];
    enum standing standing = verdict_standing(item->verdict);
    bool by_verdict = standing == STANDING_FAILED || standing == STANDING_UNJUDGED;
    writer_put(w, "\n");
    summary_word(s, STYLE_RED, by_verdict ? verdict_name(item->verdict) : "waiver");
    summary_begin(s, STYLE_BOLD);
    text_block_name(writer_raw(w), s->results, block);
    writer_raw_text_cut(w, SUMMARY_MAX_TEXT);
    summary_end(s);
    writer_printf(w, "  %s\n         ", level_name(item->level));
    writer_text_cut(w, item->title, SUMMARY_MAX_TEXT);
    writer_put(w, "\n");
    put_reasons(s, block);
    put_said(s, block, "note", SAID_NOTE, 0);
    put_waiver(s, item);
    text_cites(writer_raw(w), item);
    summary_row(s, "reference", buf_span(&w->raw), STYLE_DIM, SUMMARY_MAX_TEXT);
    for (size_t i = 0; i < block->count; i++) {
        if (speaks(block, i))
            summary_transcripts(s, block->items[i]);
    }
}

/* ---- groups */

static size_t heading_width(const struct results_group *group, char amount[RESULTS_MAX_AMOUNT])
{
    results_amount(amount, "", group->case_count, group->result_count);
    return strlen(group->name) + strlen(amount) + strlen(group->meaning) + 4;
}

/* "failure-hidden  3 cases (5 results)  a call that ...": on two rows where one is too short for it; where no block
 * follows, on one that is cut. */
static void put_heading(struct summary *s, const struct results_group *group, bool alone)
{
    char amount[RESULTS_MAX_AMOUNT];
    size_t width = heading_width(group, amount);
    bool fits = width <= s->options.columns || s->options.verbose;
    writer_put(&s->w, s->options.verbose ? "\n" : "");
    summary_styled(s, STYLE_RED, group->name);
    writer_printf(&s->w, "  %s%s", amount, fits || alone ? "  " : "\n  ");
    size_t before = strlen(group->name) + strlen(amount) + 4;
    if (fits || !alone)
        writer_put(&s->w, group->meaning);
    else if (before + 10 < s->options.columns)
        summary_cut(s, span_cstr(group->meaning), s->options.columns - before);
    writer_put(&s->w, "\n");
}

/* What the next block of a group takes; the first one may make its heading longer. 0: there is no other block. */
static size_t rows_of_next(const struct summary *s, const struct results_group *group, size_t shown)
{
    char amount[RESULTS_MAX_AMOUNT];
    if (shown == group->block_count)
        return 0;
    return short_rows(&group->blocks[shown]) + (shown == 0 && heading_width(group, amount) > s->options.columns);
}

/* Fills shown[group] with how many blocks there is room for: one of each group, then another. Returns of how many. */
static size_t plan(const struct summary *s, const struct results_groups *groups, size_t rows, size_t *shown)
{
    size_t total = 0;
    bool more = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < groups->count; i++) {
            size_t want = rows_of_next(s, &groups->items[i], shown[i]);
            if (want == 0 || (want > rows && !s->options.verbose))
                continue;
            rows -= s->options.verbose ? 0 : want;
            shown[i]++;
            total++;
            more = true;
        }
    }
    return total;
}

void summary_groups(struct summary *s, const struct results_groups *groups, size_t rows)
{
    size_t shown[RESULTS_MAX_GROUPS] = {0};
    size_t blocks = 0;
    size_t headings = groups->count + 4; /* empty rows around them, two of what is left out */
    size_t total = plan(s, groups, rows > headings ? rows - headings : 0, shown);
    writer_put(&s->w, groups->count > 0 && !s->options.verbose ? "\n" : "");
    for (size_t i = 0; i < groups->count; i++) {
        const struct results_group *group = &groups->items[i];
        put_heading(s, group, shown[i] == 0);
        for (size_t block = 0; block < shown[i]; block++)
            (s->options.verbose ? put_verbose : put_short)(s, &group->blocks[block]);
        blocks += group->block_count;
    }
    if (s->options.verbose || blocks == 0)
        return;
    writer_put(&s->w, "\n");
    if (blocks > total)
        writer_printf(&s->w, "... and %zu more: --verbose and the HTML report (--html FILE) have all\n",
                      blocks - total);
    writer_put(&s->w, "Meaning: transcheck explain KIND|CASE. What was sent and received: --verbose\n");
}
