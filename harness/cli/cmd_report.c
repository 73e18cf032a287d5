/* `transcheck report`: reports from results files. */
#include <stdbool.h>
#include <string.h>

#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/report_files.h"
#include "harness/cli/report_options.h"
#include "reports/results_reader.h"

struct report_command {
    struct report_files files;
    bool partial;
};

static bool is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static int run(int argc, char **argv)
{
    struct report_command command = {.partial = false};
    struct report_files *files = &command.files;
    struct arguments arguments;
    int code = options_parse(&arguments, &command_report, &command, argc, argv);
    if (code >= 0)
        return code;
    if (is_stdout(files->html) + is_stdout(files->junit) + is_stdout(files->tap) > 1)
        return options_usage(&command_report, "only one report can go to standard output");
    files->quiet = files->html || files->junit || files->tap;
    struct results *results = NULL;
    struct err err;
    enum err_code rc =
        results_read_files(&results, (const char *const *)arguments.items, arguments.count, command.partial, &err);
    if (rc == ERR_OK)
        rc = report_files_write_results(files, results, &err);
    results_free(results);
    return rc == ERR_OK ? 0 : options_fail(&command_report, &err, OPTIONS_EXIT_USAGE);
}

static const struct option_row rows[] = {
    {.name = "partial",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct report_command, partial),
     .text = "take a stream that was cut: what was planned and has no result is an error"},
    {.name = "no-color",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct report_command, files.no_color),
     .text = "no colours on a terminal (nor when NO_COLOR is set)"},
    {.name = NULL},
};

static const struct option_group groups[] = {
    {.title = "Reports", .rows = report_option_rows, .offset = offsetof(struct report_command, files)},
    {.title = "Options", .rows = rows},
    {.rows = NULL},
};

static const struct argument_row argument_rows[] = {
    {.name = "RESULTS.ndjson", .what = "a results file", .kind = OPTION_INPUT, .repeats = true, .standard = true},
    {.name = NULL},
};

const struct command command_report = {
    .name = "report",
    .summary = "make HTML, JUnit and TAP from a results file",
    .examples = "  transcheck report results.ndjson\n"
                "  transcheck report results.ndjson --html report.html --junit junit.xml --tap results.tap\n"
                "  transcheck report envoy.ndjson grpc-gateway.ndjson --html both.html\n",
    .usages = (const char *const[]){"RESULTS.ndjson... [options]", NULL},
    .about =
        "Makes reports from what `transcheck run --results FILE` wrote. Several files are shown side by side; - is "
        "standard input. Without an option a summary goes to standard output.",
    .groups = groups,
    .arguments = argument_rows,
    .exits = "0 written; 2 usage, results that are empty, cut or not results, or a file that cannot be written.",
    .run = run,
};
