/* The JUnit XML form of results: a test suite per topic (and run, when there are several), a test case per case and
 * client. Failures are <failure>, what could not be judged <error>, and skipped, unsupported and waived are <skipped>
 * with the reason; a suite "run" has what the run found beside its cases. A waiver that is stale or does not match is a
 * <failure>, as it fails the run. The form is that of the JUnit XSD of Apache Ant and Jenkins; Debian's
 * python3-junitparser reads it (reports/tests). */
#include "reports/formats.h"

#include "harness/base/escape.h"
#include "reports/text.h"
#include "reports/writer.h"

struct suite_counts {
    size_t tests;
    size_t failures;
    size_t errors;
    size_t skipped;
    uint64_t duration_us;
};

/* Each test case has at most one of these elements. */
enum outcome { OUTCOME_PASS, OUTCOME_FAILURE, OUTCOME_ERROR, OUTCOME_SKIPPED };

static enum outcome outcome_of(const struct results_case *item)
{
    enum standing standing = verdict_standing(item->verdict);
    if (standing == STANDING_UNJUDGED)
        return OUTCOME_ERROR;
    if (results_case_is_bad(item))
        return OUTCOME_FAILURE;
    return standing == STANDING_PASSED ? OUTCOME_PASS : OUTCOME_SKIPPED;
}

static void count_case(struct suite_counts *counts, const struct results_case *item)
{
    enum outcome outcome = outcome_of(item);
    counts->tests++;
    counts->failures += outcome == OUTCOME_FAILURE;
    counts->errors += outcome == OUTCOME_ERROR;
    counts->skipped += outcome == OUTCOME_SKIPPED;
    counts->duration_us += item->duration_us;
}

static void put_counts(struct writer *w, const struct suite_counts *counts)
{
    writer_printf(w, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"", counts->tests,
                  counts->failures, counts->errors, counts->skipped);
    text_seconds(writer_raw(w), counts->duration_us);
    writer_raw_text(w);
    writer_put(w, "\"");
}

static void put_property(struct writer *w, const char *name, struct span value)
{
    writer_printf(w, "      <property name=\"%s\" value=\"", name);
    writer_text(w, value);
    writer_put(w, "\"/>\n");
}

static void put_line(struct writer *w, const char *label, struct span text)
{
    if (text.len == 0)
        return;
    writer_put(w, label);
    writer_text(w, text);
    writer_put(w, "\n");
}

/* The text of a failure: what a person reads in a CI server's page. */
static void put_body(struct writer *w, const struct results_case *item)
{
    writer_put(w, "\n");
    put_line(w, "", item->title);
    put_line(w, "why: ", item->why);
    for (size_t i = 0; i < item->reason_count; i++) {
        const struct results_reason *reason = &item->reasons[i];
        writer_text(w, reason->axis);
        writer_put(w, ": ");
        text_reason_name(writer_raw(w), reason);
        writer_raw_text(w);
        writer_put(w, reason->waived ? " (waived)\n" : "\n");
        put_line(w, "  expected: ", reason->expected);
        put_line(w, "  observed: ", reason->observed);
        for (size_t o = 0; o < reason->otherwise_count; o++)
            put_line(w, "  otherwise: ", reason->otherwise[o]);
    }
    if (item->reasons_omitted > 0)
        writer_printf(w, "and %llu more\n", (unsigned long long)item->reasons_omitted);
    put_line(w, "note: ", item->note);
    for (struct span output = item->output; output.len > 0;)
        put_line(w, "output: ", span_take_line(&output));
    put_line(w, "waiver: ", item->waiver_reason);
    text_cites(writer_raw(w), item);
    if (w->raw.len > 0) {
        writer_put(w, "reference: ");
        writer_raw_text(w);
        writer_put(w, "\n");
    }
    put_line(w, "repeat: ", item->run_command);
    put_line(w, "curl: ", item->curl);
}

static void put_outcome(struct writer *w, const struct results_case *item)
{
    enum outcome outcome = outcome_of(item);
    const char *element = outcome == OUTCOME_FAILURE ? "failure" : outcome == OUTCOME_ERROR ? "error" : "skipped";
    writer_printf(w, "      <%s type=\"", element);
    bool failed = verdict_standing(item->verdict) == STANDING_FAILED;
    if (item->waiver_problem.len > 0 && !failed)
        writer_put(w, "waiver");
    else if (failed && item->reason_count > 0)
        writer_text(w, item->reasons[0].kind);
    else
        writer_put(w, verdict_name(item->verdict));
    writer_put(w, "\" message=\"");
    if (outcome == OUTCOME_SKIPPED)
        writer_printf(w, "%s: ", verdict_name(item->verdict));
    else
        writer_printf(w, "[%s] ", level_name(item->level));
    text_because(writer_raw(w), item);
    writer_raw_text_cut(w, 4096);
    if (outcome == OUTCOME_SKIPPED) {
        writer_put(w, "\"/>\n");
        return;
    }
    writer_put(w, "\">");
    put_body(w, item);
    writer_printf(w, "</%s>\n", element);
}

static void put_case(struct writer *w, const struct results *results, const struct results_case *item)
{
    writer_put(w, "    <testcase classname=\"transcheck.");
    writer_text(w, results->topics[item->topic].name);
    writer_put(w, "\" name=\"");
    text_name(writer_raw(w), results, item);
    writer_raw_text(w);
    writer_put(w, "\" time=\"");
    text_seconds(writer_raw(w), item->duration_us);
    writer_raw_text(w);
    if (outcome_of(item) == OUTCOME_PASS && item->verdict == VERDICT_PASS) {
        writer_put(w, "\"/>\n");
        return;
    }
    writer_put(w, "\">\n");
    if (outcome_of(item) != OUTCOME_PASS) {
        put_outcome(w, item);
    } else {
        writer_put(w, "      <system-out>");
        writer_put(w, verdict_name(item->verdict));
        writer_put(w, ": ");
        text_because(writer_raw(w), item);
        writer_raw_text_cut(w, 4096);
        writer_put(w, "</system-out>\n");
    }
    writer_put(w, "    </testcase>\n");
}

/* An xs:dateTime without a zone, as the XSD has it. */
static void put_timestamp(struct writer *w, struct span started)
{
    size_t len = started.len > 0 && started.data[started.len - 1] == 'Z' ? started.len - 1 : started.len;
    writer_text(w, span_of(started.data, len));
}

static void begin_suite(struct writer *w, const struct results *results, size_t run, struct span name,
                        const struct suite_counts *counts)
{
    const struct results_run *info = &results->runs[run];
    writer_put(w, "  <testsuite name=\"");
    writer_text(w, name);
    if (results->run_count > 1) {
        writer_put(w, " on ");
        writer_text(w, info->label);
    }
    writer_put(w, "\"");
    put_counts(w, counts);
    writer_put(w, " timestamp=\"");
    put_timestamp(w, info->started);
    writer_put(w, "\" hostname=\"localhost\">\n    <properties>\n");
    put_property(w, "url", info->url);
    put_property(w, "backend", info->backend);
    put_property(w, "profile", info->profile_name);
    put_property(w, "transcheck", info->transcheck);
    writer_put(w, "    </properties>\n");
}

/* ---- findings of the run itself */

static void count_findings(struct suite_counts *counts, const struct results_run *run)
{
    for (size_t i = 0; i < run->event_count; i++) {
        if (!results_event_is_bad(&run->events[i]))
            continue;
        bool failed = verdict_standing(run->events[i].verdict) == STANDING_FAILED;
        counts->tests++;
        counts->failures += failed;
        counts->errors += !failed;
    }
}

static void put_finding(struct writer *w, const struct results_event *event, size_t number)
{
    bool failed = verdict_standing(event->verdict) == STANDING_FAILED;
    writer_printf(w,
                  "    <testcase classname=\"transcheck.run\" name=\"finding %zu\" time=\"0.000\">\n"
                  "      <%s type=\"run\" message=\"",
                  number, failed ? "failure" : "error");
    writer_text_cut(w, event->text, 4096);
    writer_put(w, "\"/>\n    </testcase>\n");
}

static void put_findings(struct writer *w, const struct results *results, size_t index)
{
    const struct results_run *run = &results->runs[index];
    struct suite_counts counts = {0};
    size_t number = 0;
    count_findings(&counts, run);
    if (counts.tests == 0)
        return;
    begin_suite(w, results, index, span_cstr("run"), &counts);
    for (size_t i = 0; i < run->event_count; i++) {
        if (results_event_is_bad(&run->events[i]))
            put_finding(w, &run->events[i], ++number);
    }
    writer_put(w, "  </testsuite>\n");
}

/* ---- cases */

static bool belongs(const struct results_case *item, size_t topic, size_t run)
{
    return item->topic == topic && item->run == run;
}

static void put_suite(struct writer *w, const struct results *results, size_t topic, size_t run, size_t first,
                      size_t end)
{
    struct suite_counts counts = {0};
    for (size_t i = first; i < end; i++) {
        if (belongs(&results->cases[i], topic, run))
            count_case(&counts, &results->cases[i]);
    }
    if (counts.tests == 0)
        return;
    begin_suite(w, results, run, results->topics[topic].name, &counts);
    for (size_t i = first; i < end; i++) {
        if (belongs(&results->cases[i], topic, run))
            put_case(w, results, &results->cases[i]);
    }
    writer_put(w, "  </testsuite>\n");
}

enum err_code report_junit(FILE *out, const struct results *results, struct err *err)
{
    struct writer w;
    writer_init(&w, out, escape_xml);
    struct suite_counts all = {0};
    for (size_t i = 0; i < results->case_count; i++)
        count_case(&all, &results->cases[i]);
    for (size_t i = 0; i < results->run_count; i++)
        count_findings(&all, &results->runs[i]);
    writer_put(&w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"transcheck\"");
    put_counts(&w, &all);
    writer_put(&w, ">\n");
    for (size_t i = 0; i < results->run_count; i++)
        put_findings(&w, results, i);
    for (size_t first = 0; first < results->case_count;) { /* cases are in order of topic */
        size_t topic = results->cases[first].topic;
        size_t end = first;
        while (end < results->case_count && results->cases[end].topic == topic)
            end++;
        for (size_t run = 0; run < results->run_count; run++)
            put_suite(&w, results, topic, run, first, end);
        first = end;
    }
    writer_put(&w, "</testsuites>\n");
    return writer_end(&w, err);
}
