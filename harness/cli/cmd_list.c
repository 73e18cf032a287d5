#include <getopt.h>
#include <stdio.h>

#include "harness/base/escape.h"
#include "harness/cli/commands.h"
#include "harness/cli/suite_options.h"

static const char help[] =
    "Examples:\n"
    "  transcheck list\n"
    "  transcheck list --select 'trailers/*' --level must\n"
    "  transcheck list --json | jq -r '.[].id'\n"
    "\n"
    "Usage: transcheck list [options]\n"
    "\n"
    "  --json             an array of objects with all that a case says about itself\n"
    "  --cases DIR        case files to use in place of the embedded ones\n"
    "  --select GLOB      only cases whose id matches; a topic selects its cases; may be given again\n"
    "  --exclude GLOB     not these; may be given again\n"
    "  --level LEVEL      must; should: must and should; may: all (default)\n"
    "  --client h1|h2|all only cases that run with this client\n";

static const struct option long_options[] = {
    {"json", no_argument, NULL, 'j'},         {"cases", required_argument, NULL, 'c'},
    {"select", required_argument, NULL, 'c'}, {"exclude", required_argument, NULL, 'c'},
    {"level", required_argument, NULL, 'c'},  {"client", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
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

static void json_case(struct buf *out, const struct testcase *testcase)
{
    buf_append_cstr(out, "{\"id\":");
    escape_json(out, span_cstr(testcase->id));
    buf_printf(out, ",\"version\":%u", testcase->version);
    json_member(out, "topic", testcase->topic);
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
    buf_printf(out, ",\"disturbs\":%s}", testcase->disturbs ? "true" : "false");
}

static void text_case(struct buf *out, const struct testcase *testcase)
{
    buf_printf(out, "%-6s  ", level_name(testcase->level));
    escape_terminal(out, span_cstr(testcase->id));
    buf_append_cstr(out, "  ");
    escape_terminal(out, span_cstr(testcase->title));
    buf_append_byte(out, '\n');
}

static int print_cases(const struct suite *suite, const struct selection *selection, bool json)
{
    struct buf line;
    size_t count = 0;
    bool failed = false;
    buf_init(&line, 1u << 20);
    if (json)
        fputs("[", stdout);
    for (size_t i = 0; i < suite_count(suite); i++) {
        if (!selection_has(selection, suite_at(suite, i)))
            continue;
        buf_reset(&line);
        if (json) {
            buf_append_cstr(&line, count == 0 ? "\n" : ",\n");
            json_case(&line, suite_at(suite, i));
        } else {
            text_case(&line, suite_at(suite, i));
        }
        failed = failed || fwrite(line.data, 1, line.len, stdout) != line.len;
        count++;
    }
    if (json)
        fputs("\n]\n", stdout);
    failed = failed || fflush(stdout) != 0;
    buf_fini(&line);
    if (failed) {
        perror("transcheck list");
        return 2;
    }
    if (count == 0)
        fprintf(stderr, "transcheck list: no case is selected\n");
    return count == 0 ? 2 : 0;
}

static int list(const struct suite_options *options, bool json)
{
    struct loaded_suite loaded;
    struct err err = {0};
    int exit_code = 2;
    const char *unmatched = NULL;
    if (loaded_suite_init(&loaded, options->cases, &err) != ERR_OK) {
        fprintf(stderr, "transcheck list: %s\n", err.text);
    } else if ((unmatched = selection_unmatched(&options->selection, loaded.suite)) != NULL) {
        struct buf shown;
        buf_init(&shown, 1024);
        escape_terminal_cut(&shown, span_cstr(unmatched), 200);
        fprintf(stderr, "transcheck list: no case matches --select %s\n", shown.data ? (const char *)shown.data : "''");
        buf_fini(&shown);
    } else {
        exit_code = print_cases(loaded.suite, &options->selection, json);
    }
    loaded_suite_fini(&loaded);
    return exit_code;
}

int cmd_list(int argc, char **argv)
{
    struct suite_options options = {.cases = NULL};
    struct err err = {0};
    bool json = false;
    int index = 0;
    int option;
    selection_init(&options.selection);
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", long_options, &index)) != -1) {
        switch (option) {
        case 'h':
            fputs(help, stdout);
            return 0;
        case 'j':
            json = true;
            break;
        case 'c':
            if (suite_options_set(&options, long_options[index].name, optarg, &err) == ERR_OK)
                break;
            fprintf(stderr, "transcheck list: %s\n", err.text);
            return 2;
        default:
            fputs("`transcheck list --help` tells more\n", stderr);
            return 2;
        }
    }
    if (optind < argc) {
        fputs("transcheck list: it takes no argument; use --select\n", stderr);
        return 2;
    }
    return list(&options, json);
}
