/* `transcheck list`: the cases that a selection holds, or the behaviours with the cases that cite them. */
#include <stdio.h>

#include "harness/base/escape.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/stdio.h"
#include "harness/cli/suite_options.h"
#include "harness/suite/behaviours.h"
#include "harness/suite/successes.h"
#include "harness/suite/testcase_text.h"

#define MAX_LINE (64u << 20) /* a case and what it says: what is put in is bounded by SUITE_MAX_VALUES */

struct list_options {
    struct suite_options suite;
    bool json;
    bool behaviours;
    bool whole;
};

static void json_member(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    escape_json(out, span_cstr(value));
}

static void json_list(struct buf *out, const char *key, const char *const *items)
{
    buf_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; items[i]; i++) {
        buf_append_cstr(out, i == 0 ? "" : ",");
        escape_json(out, span_cstr(items[i]));
    }
    buf_append_byte(out, ']');
}

static void json_source(struct buf *out, const struct testcase *testcase)
{
    buf_append_cstr(out, ",\"source\":");
    testcase_source(out, testcase);
}

static void json_case(struct buf *out, const struct testcase *testcase, bool whole)
{
    buf_append_cstr(out, "{\"id\":");
    escape_json(out, span_cstr(testcase->id));
    buf_printf(out, ",\"version\":%u", testcase->version);
    json_member(out, "topic", testcase->topic);
    json_member(out, "mode", mode_name(testcase->mode));
    json_member(out, "level", level_name(testcase->level));
    json_member(out, "title", testcase->title);
    json_member(out, "why", testcase->why);
    json_list(out, "cites", testcase->cites);
    json_list(out, "behaviours", testcase->behaviours);
    json_list(out, "needs", testcase->needs);
    json_list(out, "defects", testcase->defects);
    buf_printf(out, ",\"clients\":[%s%s%s]", testcase->clients & CLIENT_H1 ? "\"h1\"" : "",
               testcase->clients == (CLIENT_H1 | CLIENT_H2) ? "," : "", testcase->clients & CLIENT_H2 ? "\"h2\"" : "");
    if (testcase->twin)
        json_member(out, "twin", testcase->twin);
    if (testcase->family)
        json_member(out, "family", testcase->family);
    buf_printf(out, ",\"disturbs\":%s", testcase->disturbs ? "true" : "false");
    if (whole)
        json_source(out, testcase);
    buf_append_byte(out, '}');
}

static void text_case(struct buf *out, const struct testcase *testcase)
{
    buf_printf(out, "%-6s  ", level_name(testcase->level));
    escape_terminal(out, span_cstr(testcase->id));
    buf_append_cstr(out, "  ");
    escape_terminal(out, span_cstr(testcase->title));
    buf_append_byte(out, '\n');
}

static int print_cases(const struct suite *suite, const struct list_options *options)
{
    struct buf line;
    size_t count = 0;
    buf_init(&line, MAX_LINE);
    if (options->json)
        fputs("[", stdout);
    for (size_t i = 0; i < suite_count(suite); i++) {
        if (!selection_has(&options->suite.selection, suite_at(suite, i)))
            continue;
        buf_reset(&line);
        if (options->json) {
            buf_append_cstr(&line, count == 0 ? "\n" : ",\n");
            json_case(&line, suite_at(suite, i), options->whole);
        } else {
            text_case(&line, suite_at(suite, i));
        }
        fwrite(line.data, 1, line.len, stdout);
        count++;
    }
    if (options->json)
        fputs("\n]\n", stdout);
    buf_fini(&line);
    if (!stdio_flush("transcheck list"))
        return OPTIONS_EXIT_USAGE;
    if (count == 0)
        fprintf(stderr, "transcheck list: no case is selected\n");
    return count == 0 ? 2 : 0;
}

static bool cites(const struct testcase *testcase, struct span row)
{
    for (size_t i = 0; testcase->behaviours[i]; i++) {
        if (span_is(row, testcase->behaviours[i]))
            return true;
    }
    return false;
}

/* The next case of the selection, from *at on, that cites the row; *at is moved behind it. NULL: none is left. */
static const struct testcase *next_citing(const struct suite *suite, const struct selection *selection, struct span row,
                                          size_t *at)
{
    while (*at < suite_count(suite)) {
        const struct testcase *testcase = suite_at(suite, (*at)++);
        if (selection_has(selection, testcase) && cites(testcase, row))
            return testcase;
    }
    return NULL;
}

static void json_behaviour(struct buf *out, const struct behaviour *row, const struct suite *suite,
                           const struct selection *selection)
{
    const struct testcase *testcase;
    size_t at = 0;
    bool first = true;
    buf_append_cstr(out, "{\"row\":");
    escape_json(out, row->name);
    buf_append_cstr(out, ",\"behaviour\":");
    escape_json(out, row->text);
    buf_append_cstr(out, ",\"source\":");
    escape_json(out, row->source);
    if (row->no_case.len > 0) {
        buf_append_cstr(out, ",\"no_case\":");
        escape_json(out, row->no_case);
    }
    buf_append_cstr(out, ",\"cases\":[");
    while ((testcase = next_citing(suite, selection, row->name, &at)) != NULL) {
        buf_append_cstr(out, first ? "" : ",");
        escape_json(out, span_cstr(testcase->id));
        first = false;
    }
    buf_append_cstr(out, "]}");
}

/* A line with the row, and below it the cases, the reason why there is none, or that one is owed. */
static void text_behaviour(struct buf *out, const struct behaviour *row, const struct suite *suite,
                           const struct selection *selection)
{
    const struct testcase *testcase;
    size_t at = 0;
    bool none = true;
    buf_printf(out, "%-6.*s  ", SPAN_FMT(row->name));
    escape_terminal(out, row->text);
    while ((testcase = next_citing(suite, selection, row->name, &at)) != NULL) {
        buf_append_cstr(out, "\n          ");
        escape_terminal(out, span_cstr(testcase->id));
        none = false;
    }
    if (row->no_case.len > 0) {
        buf_append_cstr(out, "\n          none: ");
        escape_terminal(out, row->no_case);
    } else if (none) {
        buf_append_cstr(out, "\n          no case yet");
    }
    buf_append_byte(out, '\n');
}

static int print_behaviours(const struct suite *suite, const struct selection *selection, bool json)
{
    struct behaviours table;
    struct behaviour row;
    struct err err = {0};
    struct buf line;
    if (behaviours_init(&table, &err) != ERR_OK)
        return options_fail(&command_list, &err, OPTIONS_EXIT_USAGE);
    buf_init(&line, 1u << 20);
    for (size_t count = 0; behaviours_next(&table, &row); count++) {
        buf_reset(&line);
        if (json) {
            buf_append_cstr(&line, count == 0 ? "[\n" : ",\n");
            json_behaviour(&line, &row, suite, selection);
        } else {
            text_behaviour(&line, &row, suite, selection);
        }
        fwrite(line.data, 1, line.len, stdout);
    }
    if (json)
        fputs("\n]\n", stdout);
    buf_fini(&line);
    return stdio_flush("transcheck list") ? 0 : OPTIONS_EXIT_USAGE;
}

static int list(const struct list_options *options)
{
    struct loaded_suite loaded;
    struct err err = {0};
    int code = OPTIONS_EXIT_USAGE;
    if (loaded_suite_init(&loaded, options->suite.cases, &err) == ERR_OK &&
        successes_check(loaded.suite, &err) == ERR_OK &&
        selection_check(&options->suite.selection, loaded.suite, &err) == ERR_OK)
        code = options->behaviours ? print_behaviours(loaded.suite, &options->suite.selection, options->json)
                                   : print_cases(loaded.suite, options);
    else
        options_fail(&command_list, &err, code);
    loaded_suite_fini(&loaded);
    return code;
}

static int run(int argc, char **argv)
{
    struct list_options options = {.json = false};
    struct arguments arguments;
    selection_init(&options.suite.selection);
    int code = options_parse(&arguments, &command_list, &options, argc, argv);
    return code >= 0 ? code : list(&options);
}

static const struct option_row rows[] = {
    {.name = "json",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct list_options, json),
     .text = "an array of objects with all that a case says about itself"},
    {.name = "behaviours",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct list_options, behaviours),
     .text = "the inventory of behaviours instead, each with the cases that cite it, or why no case can show it"},
    {.name = "whole",
     .kind = OPTION_FLAG,
     .with = "json",
     OPTION_TO_FLAG(struct list_options, whole),
     .text = "each with the case as it is played, as `source`: of a family, with the values of that member"},
    {.name = NULL},
};

static const struct option_group groups[] = {
    {.title = "Options", .rows = rows},
    {.title = "Which cases", .rows = suite_option_rows, .offset = offsetof(struct list_options, suite)},
    {.rows = NULL},
};

const struct command command_list = {
    .name = "list",
    .summary = "list the cases",
    .examples = "  transcheck list\n"
                "  transcheck list --select 'trailers/*' --level must\n"
                "  transcheck list --json | jq -r '.[].id'\n"
                "  transcheck list --behaviours\n",
    .usages = (const char *const[]){"[options]", NULL},
    .about =
        "Prints the level, the id and the title of each case. Checks the files on the way: whatever `transcheck run` "
        "refuses, and a case that expects a success without looking at request and answer, which any proxy would pass.",
    .groups = groups,
    .exits = "0 listed; 2 usage, a bad file, or no case is selected.",
    .run = run,
};
