#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/commands.h"
#include "harness/cli/report_files.h"
#include "reports/results_reader.h"

#define EXIT_USAGE 2

static const char help[] =
    "Examples:\n"
    "  transcheck report results.ndjson\n"
    "  transcheck report results.ndjson --html report.html --junit junit.xml --tap results.tap\n"
    "  transcheck report envoy.ndjson grpc-gateway.ndjson --html both.html\n"
    "\n"
    "Usage: transcheck report RESULTS.ndjson... [options]\n"
    "\n"
    "Makes reports from what `transcheck run --results FILE` wrote. Several files are shown side by side; - is stdin.\n"
    "Without an option a summary goes to stdout.\n"
    "\n"
    "  --html FILE   one page that opens from disk and loads nothing (- is stdout, also below)\n"
    "  --junit FILE  JUnit XML\n"
    "  --tap FILE    TAP version 13\n"
    "  --partial     take a stream that was cut: what was planned and has no result is an error\n"
    "  --no-color    no colours on a terminal (nor when NO_COLOR is set)\n"
    "\n"
    "Exit code: 0 written; 2 usage, or results that are empty, cut or not results.\n";

enum report_option { OPTION_HTML = 256, OPTION_JUNIT, OPTION_TAP, OPTION_PARTIAL, OPTION_NO_COLOR, OPTION_HELP };

static const struct option long_options[] = {
    {"html", required_argument, NULL, OPTION_HTML},
    {"junit", required_argument, NULL, OPTION_JUNIT},
    {"tap", required_argument, NULL, OPTION_TAP},
    {"partial", no_argument, NULL, OPTION_PARTIAL},
    {"no-color", no_argument, NULL, OPTION_NO_COLOR},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int usage(const char *message)
{
    fprintf(stderr, "transcheck report: %s\nTry: transcheck report --help\n", message);
    return EXIT_USAGE;
}

static bool is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

int cmd_report(int argc, char **argv)
{
    struct report_files files = {0};
    bool partial = false;
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (option) {
        case OPTION_HTML:
            files.html = optarg;
            break;
        case OPTION_JUNIT:
            files.junit = optarg;
            break;
        case OPTION_TAP:
            files.tap = optarg;
            break;
        case OPTION_PARTIAL:
            partial = true;
            break;
        case OPTION_NO_COLOR:
            files.no_color = true;
            break;
        case OPTION_HELP:
        case 'h':
            fputs(help, stdout);
            return 0;
        default:
            return usage("unknown option");
        }
    }
    if (optind == argc)
        return usage("no results file");
    if (is_stdout(files.html) + is_stdout(files.junit) + is_stdout(files.tap) > 1)
        return usage("only one report can go to stdout");
    files.quiet = files.html || files.junit || files.tap;
    struct results *results = NULL;
    struct err err;
    enum err_code code =
        results_read_files(&results, (const char *const *)argv + optind, (size_t)(argc - optind), partial, &err);
    if (code == ERR_OK)
        code = report_files_write_results(&files, results, &err);
    results_free(results);
    if (code == ERR_OK)
        return 0;
    fprintf(stderr, "transcheck report: %s\n", err.text);
    return EXIT_USAGE;
}
