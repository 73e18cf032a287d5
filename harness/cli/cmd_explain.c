/* `transcheck explain`: a kind of failure, a verdict or a case, in words. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/citation.h"
#include "harness/base/escape.h"
#include "harness/cli/commands.h"
#include "harness/cli/help.h"
#include "harness/cli/kind_texts.h"
#include "harness/cli/option_value.h"
#include "harness/cli/options.h"
#include "harness/cli/stdio.h"
#include "harness/cli/suite_options.h"
#include "harness/engine/transcode/rung.h"
#include "harness/suite/testcase_text.h"

/* A sentence that begins in lower case and has no end, as it stands in tables. */
static void put_sentence(const char *text)
{
    char line[1024];
    snprintf(line, sizeof line, "%c%s.", toupper((unsigned char)*text), text + 1);
    fputs("  ", stdout);
    help_put_words(stdout, line, 2, 2);
}

static void put_part(const char *title, const char *text)
{
    printf("\n%s\n  ", title);
    help_put_words(stdout, text, 2, 2);
}

static void explain_kind(enum reason_kind kind)
{
    const struct kind_text *text = kind_text_of(kind);
    printf("%s: a kind of failure\n\n", reason_kind_name(kind));
    put_sentence(reason_kind_meaning(kind));
    put_part("How it is judged", text->judged);
    put_part("What usually is the cause", text->cause);
    put_part("What to do next", text->next);
}

static void explain_verdict(enum verdict verdict)
{
    static const char *const standings[STANDING_COUNT] = {
        [STANDING_FAILED] = "It counts against the proxy: of a `must` case it makes the exit code 1.",
        [STANDING_UNJUDGED] = "Nothing is known of the proxy: the exit code is 4 unless something failed.",
        [STANDING_WAIVED] = "It does not count. A waiver whose case passes, or fails in another way, fails the run.",
        [STANDING_NOT_PLAYED] = "It does not count, and says nothing about the proxy.",
        [STANDING_PASSED] = "It is a success."};
    printf("%s: a verdict\n\n", verdict_name(verdict));
    put_sentence(verdict_meaning(verdict));
    put_part("What it comes to", standings[verdict_standing(verdict)]);
    if (verdict_standing(verdict) == STANDING_FAILED)
        put_part("Why", "The report names the kinds of failure; `transcheck explain KIND` says more of each.");
}

static void explain_rung(enum rung rung)
{
    const struct rung_row *row = &rung_rows[rung];
    printf("%s: step %u of %u of an answer on its way to gRPC\n\n", row->name, row->step, RUNG_STEPS);
    put_sentence(row->title);
    put_part("Why", row->why);
    put_part("What to change", row->change);
    put_part("To go on", "`transcheck diagnose FILE` says where an answer stands, and what gRPC clients say of it.");
}

static int list_all(void)
{
    fputs("Kinds of failure, the worst first\n", stdout);
    for (int kind = KIND_NONE + 1; kind < KIND_COUNT; kind++) {
        printf("  %-20s", reason_kind_name((enum reason_kind)kind));
        help_put_words(stdout, reason_kind_meaning((enum reason_kind)kind), 22, 22);
    }
    fputs("\nVerdicts\n", stdout);
    for (int v = VERDICT_FIRST; v < VERDICT_COUNT; v++) {
        printf("  %-20s", verdict_name((enum verdict)v));
        help_put_words(stdout, verdict_meaning((enum verdict)v), 22, 22);
    }
    fputs("\nSteps of an answer on its way to gRPC (`transcheck diagnose`)\n", stdout);
    for (size_t i = 0; i < RUNG_COUNT; i++) {
        printf("  %-20s", rung_rows[i].name);
        help_put_words(stdout, rung_rows[i].title, 22, 22);
    }
    fputs("\nCases: `transcheck list`\n", stdout);
    return 0;
}

/* ---- cases */

static void put_cites(struct buf *out, const struct testcase *testcase)
{
    buf_append_cstr(out, "\nIt rests on\n");
    for (size_t i = 0; testcase->cites[i]; i++) {
        struct span cite = span_cstr(testcase->cites[i]);
        const char *invariant = citation_invariant(cite);
        struct buf url;
        buf_init(&url, 4096);
        buf_append_cstr(out, "  ");
        escape_terminal(out, cite);
        if (invariant)
            buf_printf(out, ": %s", invariant);
        else if (citation_url(&url, cite)) {
            buf_append_cstr(out, ": ");
            escape_terminal(out, buf_span(&url));
        }
        buf_append_byte(out, '\n');
        buf_fini(&url);
    }
}

static void put_twin(struct buf *out, const struct suite *suite, const struct testcase *testcase)
{
    const struct testcase *twin = testcase->twin ? suite_find(suite, testcase->twin) : NULL;
    if (!testcase->twin)
        return;
    buf_append_cstr(out, "\nIts twin, which differs in one thing and passes\n  ");
    escape_terminal(out, span_cstr(testcase->twin));
    if (twin) {
        buf_append_cstr(out, ": ");
        escape_terminal(out, span_cstr(twin->title));
    }
    buf_append_byte(out, '\n');
}

static const char *level_meaning(enum level level)
{
    static const char *const meanings[LEVEL_COUNT] = {
        [LEVEL_MUST] = "normative text or an invariant says just that; a failure fails the run",
        [LEVEL_SHOULD] = "a recommendation or common practice; a failure fails the run with --strict",
        [LEVEL_MAY] = "what many do; a failure never fails the run"};
    return meanings[level];
}

static void explain_case(struct buf *out, const struct suite *suite, const struct testcase *testcase)
{
    escape_terminal(out, span_cstr(testcase->id));
    buf_append_cstr(out, ": a case\n\n      ");
    escape_terminal(out, span_cstr(testcase->title));
    buf_append_cstr(out, "\n\nWhat goes wrong for a user when it does not hold\n      ");
    escape_terminal(out, span_cstr(testcase->why));
    buf_printf(out, "\n\nHow much it counts\n  %s: %s\n", level_name(testcase->level), level_meaning(testcase->level));
    put_cites(out, testcase);
    put_twin(out, suite, testcase);
    testcase_explain(out, testcase);
    buf_append_cstr(out, "\nTo go on\n  transcheck show ");
    escape_shell(out, span_cstr(testcase->id));
    buf_append_cstr(out, "\n  transcheck run URL --backend ADDR:PORT --verbose --select ");
    escape_shell(out, span_cstr(testcase->id));
    buf_append_byte(out, '\n');
}

/* Prose, which is indented by six columns, is wrapped; all else stays as it is, to be copied. */
static void print_lines(struct span text)
{
    while (text.len > 0) {
        struct span line = span_take_line(&text);
        size_t indent = 0;
        while (indent < line.len && line.data[indent] == ' ')
            indent++;
        char *copy = indent == 6 ? strndup((const char *)line.data + indent, line.len - indent) : NULL;
        printf("%*s", (int)indent, "");
        if (copy)
            help_put_words(stdout, copy, indent, indent);
        else
            printf("%.*s\n", SPAN_FMT(span_from(line, indent)));
        free(copy);
    }
}

/* Everything that can be explained, for a name that is none of it. */
static void no_such_name(const struct suite *suite, const char *name, struct err *err)
{
    struct names names;
    names_init(&names);
    names_explained(&names);
    for (size_t i = 0; i < suite_count(suite); i++)
        names_add(&names, suite_at(suite, i)->id, strlen(suite_at(suite, i)->id));
    option_value_wrong_name("kind, verdict, step or case", name, &names,
                            "`transcheck explain` (kinds, verdicts, steps) or `transcheck list` (cases)", err);
    names_fini(&names);
}

static int find_case(const char *cases, const char *name)
{
    struct loaded_suite loaded;
    struct err err = {0}, unknown = {0};
    struct buf out;
    const struct testcase *testcase = NULL;
    int code = OPTIONS_EXIT_USAGE;
    buf_init(&out, 64u << 20);
    if (loaded_suite_init(&loaded, cases, &err) != ERR_OK) {
        options_fail(&command_explain, &err, code);
    } else if (loaded_suite_find(&testcase, &loaded, name, &unknown) != ERR_OK) {
        if (unknown.code == ERR_NOT_FOUND)
            no_such_name(loaded.suite, name, &unknown);
        options_fail(&command_explain, &unknown, code);
    } else {
        explain_case(&out, loaded.suite, testcase);
        print_lines(buf_span(&out));
        code = 0;
    }
    buf_fini(&out);
    loaded_suite_fini(&loaded);
    return code;
}

static int run(int argc, char **argv)
{
    struct suite_options options = {.cases = NULL};
    struct arguments arguments;
    enum reason_kind kind;
    enum verdict verdict;
    enum rung rung;
    int code = options_parse(&arguments, &command_explain, &options, argc, argv);
    if (code >= 0)
        return code;
    const char *name = arguments.count > 0 ? arguments.items[0] : NULL;
    code = 0;
    if (!name)
        list_all();
    else if (reason_kind_from_name(span_cstr(name), &kind))
        explain_kind(kind);
    else if (verdict_from_name(span_cstr(name), &verdict))
        explain_verdict(verdict);
    else if (rung_from_name(span_cstr(name), &rung))
        explain_rung(rung);
    else
        code = find_case(options.cases, name);
    return stdio_flush("transcheck explain") ? code : OPTIONS_EXIT_USAGE;
}

static const struct option_group groups[] = {{.title = "Options", .rows = suite_option_cases_rows}, {.rows = NULL}};

static const struct argument_row argument_rows[] = {
    {.name = "KIND|VERDICT|STEP|CASE-ID", .what = "what to explain", .kind = OPTION_CASE, .optional = true},
    {.name = NULL},
};

const struct command command_explain = {
    .name = "explain",
    .summary = "say what a kind of failure, a verdict, a step of diagnose or a case means",
    .examples = "  transcheck explain                             # all kinds, verdicts and steps, a line each\n"
                "  transcheck explain failure-hidden\n"
                "  transcheck explain streaming/error-after-two-messages\n",
    .usages = (const char *const[]){"[--cases DIR] [KIND|VERDICT|STEP|CASE-ID]", NULL},
    .about =
        "Of a kind of failure: what it means, how it is judged, what usually is the cause, what to do next. Of a "
        "case: what it is for, the texts that it rests on, what is sent and played, and what each of its expectations "
        "asks for. Of a step of `transcheck diagnose`: why it is wrong, and what to change. Without a name: all kinds, "
        "verdicts and steps.",
    .groups = groups,
    .arguments = argument_rows,
    .exits = "0 explained; 2 usage, a bad file, or there is no such thing.",
    .run = run,
};
