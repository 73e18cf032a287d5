/* `transcheck report`: reports from results files. */
#include <stdbool.h>
#include <string.h>

#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/report_files.h"
#include "harness/cli/report_options.h"
#include "reports/comparison.h"
#include "reports/results_reader.h"

struct report_command {
    struct report_files files;
    bool partial;
    bool compare;
};

/* Compares the two runs; the exit code. */
static int compare(struct report_command *command, struct results *results)
{
    struct comparison comparison;
    struct err err;
    if (comparison_init(&comparison, results, &err) != ERR_OK)
        return options_fail(&command_report, &err, OPTIONS_EXIT_USAGE);
    results->comparison = &comparison;
    int code = report_files_write(&command->files, results) ? comparison_is_broken(&comparison) : OPTIONS_EXIT_USAGE;
    results->comparison = NULL;
    comparison_fini(&comparison);
    return code;
}

static int run(int argc, char **argv)
{
    struct report_command command = {.partial = false};
    struct report_files *files = &command.files;
    struct arguments arguments;
    int code = options_parse(&arguments, &command_report, &command, argc, argv);
    if (code >= 0)
        return code;
    if (command.compare && arguments.count != 2)
        return options_usage(&command_report, "--compare takes two results files, the older one first");
    struct log log;
    log_init(&log, LOG_NORMAL, files->no_color);
    files->log = &log;
    for (size_t i = 0; i < REPORT_FORMAT_COUNT; i++)
        files->quiet = files->quiet || files->reports[i];
    const char *const *inputs = (const char *const *)arguments.items;
    if (report_files_open(files, inputs, arguments.count) != ERR_OK)
        return OPTIONS_EXIT_USAGE;
    struct results *results = NULL;
    struct err err;
    if (results_read_files(&results, inputs, arguments.count, command.partial, &err) != ERR_OK)
        code = options_fail(&command_report, &err, OPTIONS_EXIT_USAGE);
    else if (command.compare)
        code = compare(&command, results);
    else
        code = report_files_write(files, results) ? 0 : OPTIONS_EXIT_USAGE;
    results_free(results);
    report_files_close(files);
    return code;
}

static const struct option_row rows[] = {
    {.name = "compare",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct report_command, compare),
     .text = "what changed from the first file to the second, result by result and reason by reason, in place of the "
             "summary and in Markdown; other reports show the two side by side"},
    {.name = "partial",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct report_command, partial),
     .text = "take a stream that was cut: what was planned and has no result is an error"},
    {.name = "verbose",
     .kind = OPTION_FLAG,
     OPTION_TO_FLAG(struct report_command, files.verbose),
     .text =
         "the summary holds all failures whole: their reasons, what was sent and received, the commands that repeat "
         "them (default: a screenful)"},
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
    .summary = "make HTML, JUnit, TAP and Markdown from results files, or compare two",
    .examples = "  transcheck report results.ndjson\n"
                "  transcheck report results.ndjson --html report.html --junit junit.xml --tap results.tap\n"
                "  transcheck report envoy.ndjson grpc-gateway.ndjson --html both.html\n"
                "  transcheck report --compare before.ndjson after.ndjson --markdown comment.md\n",
    .usages = (const char *const[]){"RESULTS.ndjson... [options]", NULL},
    .about =
        "Makes reports from what `transcheck run --results FILE` wrote. Several files are shown side by side; - is "
        "standard input. Without an option a summary goes to standard output.",
    .groups = groups,
    .arguments = argument_rows,
    .exits = "0 written; 1 with --compare: something is broken; 2 usage, results that are empty, cut or not results, "
             "or a file that cannot be written.",
    .run = run,
};
