/* The TAP form of results, version 13 (what Perl's prove reads): a line per case and client. Skipped and unsupported
 * are SKIP, waived are to do, a stale waiver and what could not be judged are "not ok". What fails has a YAML block. */
#include "reports/formats.h"

#include "harness/base/escape.h"
#include "reports/text.h"
#include "reports/writer.h"

#define MAX_OUTPUT_LINES 12 /* of what the proxy wrote before it died */

/* A description ends at an unescaped '#', where a directive begins. */
static bool escape_tap(struct buf *out, struct span bytes)
{
    struct buf visible;
    buf_init(&visible, out->max);
    escape_terminal(&visible, bytes);
    for (size_t i = 0; i < visible.len; i++) {
        if (visible.data[i] == '#' || visible.data[i] == '\\')
            buf_append_byte(out, '\\');
        buf_append_byte(out, visible.data[i]);
    }
    out->failed = out->failed || visible.failed;
    buf_fini(&visible);
    return !out->failed;
}

/* A double-quoted YAML scalar on one line; only printable text is left, so that quotes and backslashes are all there is
 * to escape. */
static void put_yaml(struct writer *w, const char *key, struct span text)
{
    if (text.len == 0)
        return;
    struct buf visible;
    buf_init(&visible, WRITER_MAX_TEXT);
    if (!escape_terminal_cut(&visible, text, 4096))
        w->failed = true;
    writer_printf(w, "%s\"", key);
    for (size_t i = 0; i < visible.len; i++) {
        if (visible.data[i] == '"' || visible.data[i] == '\\')
            fputc('\\', w->out);
        fputc(visible.data[i], w->out);
    }
    writer_put(w, "\"\n");
    buf_fini(&visible);
}

static void put_block(struct writer *w, const struct results_case *item)
{
    writer_put(w, "  ---\n");
    writer_printf(w, "  verdict: %s\n  level: %s\n", verdict_name(item->verdict), level_name(item->level));
    put_yaml(w, "  title: ", item->title);
    put_yaml(w, "  note: ", item->note);
    put_yaml(w, "  output: ", span_last_lines(item->output, MAX_OUTPUT_LINES));
    if (item->reason_count > 0)
        writer_put(w, "  reasons:\n");
    for (size_t i = 0; i < item->reason_count; i++) {
        const struct results_reason *reason = &item->reasons[i];
        put_yaml(w, "    - axis: ", reason->axis);
        put_yaml(w, "      kind: ", reason->kind);
        put_yaml(w, "      path: ", reason->path);
        put_yaml(w, "      expected: ", reason->expected);
        put_yaml(w, "      observed: ", reason->observed);
        if (reason->otherwise_count > 0)
            writer_put(w, "      otherwise:\n");
        for (size_t o = 0; o < reason->otherwise_count; o++)
            put_yaml(w, "        - ", reason->otherwise[o]);
        if (reason->waived)
            writer_put(w, "      waived: true\n");
    }
    if (item->reasons_omitted > 0)
        writer_printf(w, "  reasons_omitted: %llu\n", (unsigned long long)item->reasons_omitted);
    put_yaml(w, "  waiver: ", item->waiver_reason);
    put_yaml(w, "  waiver_problem: ", item->waiver_problem);
    text_cites(writer_raw(w), item);
    put_yaml(w, "  reference: ", buf_span(&w->raw));
    put_yaml(w, "  repeat: ", item->run_command);
    writer_put(w, "  ...\n");
}

static void put_case(struct writer *w, const struct results *results, const struct results_case *item, size_t number)
{
    enum standing standing = verdict_standing(item->verdict);
    bool bad = results_case_is_bad(item);
    bool todo = standing == STANDING_WAIVED && !bad;
    bool skip = standing == STANDING_NOT_PLAYED && !bad;
    writer_printf(w, "%s %zu - ", bad || todo ? "not ok" : "ok", number);
    text_name(writer_raw(w), results, item);
    writer_raw_text_cut(w, 1024);
    if (skip || todo) {
        writer_printf(w, " # %s %s: ",
                      skip ? "SKIP"
                           : "TO"
                             "DO",
                      verdict_name(item->verdict));
        text_because(writer_raw(w), item);
        writer_raw_text_cut(w, 1024);
    }
    writer_put(w, "\n");
    if (bad)
        put_block(w, item);
}

static size_t bad_events(const struct results_run *run)
{
    size_t count = 0;
    for (size_t i = 0; i < run->event_count; i++)
        count += results_event_is_bad(&run->events[i]);
    return count;
}

/* What the run found beside its cases: points of its own behind them. Other events are remarks. */
static void put_events(struct writer *w, const struct results_run *run, size_t *number)
{
    for (size_t i = 0; i < run->event_count; i++) {
        if (results_event_is_bad(&run->events[i]))
            writer_printf(w, "not ok %zu - run: ", ++*number);
        else
            writer_put(w, "# ");
        writer_text_cut(w, run->events[i].text, 1024);
        writer_put(w, "\n");
    }
}

enum err_code report_tap(FILE *out, const struct results *results, struct err *err)
{
    struct writer w;
    writer_init(&w, out, escape_tap);
    size_t number = results->case_count;
    size_t points = number;
    for (size_t i = 0; i < results->run_count; i++)
        points += bad_events(&results->runs[i]);
    writer_printf(&w, "TAP version 13\n1..%zu\n", points);
    for (size_t i = 0; i < results->case_count; i++)
        put_case(&w, results, &results->cases[i], i + 1);
    for (size_t i = 0; i < results->run_count; i++) {
        const struct results_run *run = &results->runs[i];
        put_events(&w, run, &number);
        if (run->totals.diagnosis.len > 0) {
            writer_put(&w, "# ");
            writer_text_cut(&w, run->totals.diagnosis, 1024);
            writer_put(&w, "\n");
        }
    }
    return writer_end(&w, err);
}
