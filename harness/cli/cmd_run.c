#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/escape.h"
#include "harness/cli/commands.h"
#include "harness/cli/report_files.h"
#include "harness/run/proxy_process.h"
#include "harness/run/secrets.h"

static const char help[] =
    "Examples:\n"
    "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 --profile envoy --html report.html\n"
    "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 --select 'streaming/*' --client h2 --verbose\n"
    "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 \\\n"
    "      --proxy-cmd 'envoy -c envoy.yaml --use-dynamic-base-id' --waivers envoy-1.40 --junit junit.xml\n"
    "\n"
    "Usage: transcheck run URL --backend ADDR:PORT [options]\n"
    "\n"
    "URL is the proxy under test. The mock backend listens on ADDR:PORT, where the proxy's upstream must point.\n"
    "\n"
    "What runs\n"
    "  --profile NAME|FILE    the proxy's documented dialect (default: every documented dialect is accepted)\n"
    "  --cases DIR            case files to use in place of the embedded ones\n"
    "  --select GLOB          only cases whose id matches, e.g. 'trailers/*'; may be given again\n"
    "  --exclude GLOB         not these; may be given again\n"
    "  --level LEVEL          must; should: must and should; may: all (default)\n"
    "  --client h1|h2|all     HTTP/1.1, HTTP/2 or both (default); one that is named has to work\n"
    "  --jobs N               cases at a time (default 8)\n"
    "  --repeat N             play each case N times, on connections that are kept (default 1)\n"
    "  --timeout-ms N         hard deadline of a case (default 5000)\n"
    "  --ready-timeout-ms N   how long ordinary requests are retried before the first case (default 10000)\n"
    "The proxy\n"
    "  --proxy-cmd CMD        start the proxy with `sh -c CMD`, restart it when it dies, end it at the end\n"
    "  --proxy-memory-mib N   most memory of all its processes together: beyond it is killed, which fails the case, "
    "and\n"
    "                         started again (default: half of the machine's memory; 0: no limit)\n"
    "  --header 'Name: value' sent with every request; its value is redacted in every report; may be given again\n"
    "  --cacert F --cert F --key F --insecure   TLS towards the proxy\n"
    "  --backend-cert F --backend-key F         TLS on the mock backend\n"
    "Verdict and reports\n"
    "  --waivers NAME|FILE    known failures, e.g. envoy-1.40; one that is stale or does not match fails the run\n"
    "  --strict               a failed 'should' case fails the run too\n"
    "  --results FILE         the NDJSON stream that every report is made from (- is stdout)\n"
    "  --html FILE  --junit FILE  --tap FILE\n"
    "  --quiet  --verbose  --no-color\n"
    "\n"
    "Exit code: 0 passed; 1 a must case failed, the proxy died, or a waiver is stale or does not match; 2 usage;\n"
    "3 nothing could be judged, with a diagnosis; 4 some case could not be judged; 130 interrupted.\n";

enum run_option {
    OPTION_BACKEND = 256,
    OPTION_PROFILE,
    OPTION_CASES,
    OPTION_SELECT,
    OPTION_EXCLUDE,
    OPTION_LEVEL,
    OPTION_STRICT,
    OPTION_CLIENT,
    OPTION_JOBS,
    OPTION_REPEAT,
    OPTION_TIMEOUT,
    OPTION_READY_TIMEOUT,
    OPTION_PROXY_CMD,
    OPTION_PROXY_MEMORY,
    OPTION_WAIVERS,
    OPTION_HEADER,
    OPTION_CACERT,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_INSECURE,
    OPTION_BACKEND_CERT,
    OPTION_BACKEND_KEY,
    OPTION_RESULTS,
    OPTION_HTML,
    OPTION_JUNIT,
    OPTION_TAP,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_NO_COLOR,
    OPTION_HELP
};

static const struct option long_options[] = {
    {"backend", required_argument, NULL, OPTION_BACKEND},
    {"profile", required_argument, NULL, OPTION_PROFILE},
    {"cases", required_argument, NULL, OPTION_CASES},
    {"select", required_argument, NULL, OPTION_SELECT},
    {"exclude", required_argument, NULL, OPTION_EXCLUDE},
    {"level", required_argument, NULL, OPTION_LEVEL},
    {"strict", no_argument, NULL, OPTION_STRICT},
    {"client", required_argument, NULL, OPTION_CLIENT},
    {"jobs", required_argument, NULL, OPTION_JOBS},
    {"repeat", required_argument, NULL, OPTION_REPEAT},
    {"timeout-ms", required_argument, NULL, OPTION_TIMEOUT},
    {"ready-timeout-ms", required_argument, NULL, OPTION_READY_TIMEOUT},
    {"proxy-cmd", required_argument, NULL, OPTION_PROXY_CMD},
    {"proxy-memory-mib", required_argument, NULL, OPTION_PROXY_MEMORY},
    {"waivers", required_argument, NULL, OPTION_WAIVERS},
    {"header", required_argument, NULL, OPTION_HEADER},
    {"cacert", required_argument, NULL, OPTION_CACERT},
    {"cert", required_argument, NULL, OPTION_CERT},
    {"key", required_argument, NULL, OPTION_KEY},
    {"insecure", no_argument, NULL, OPTION_INSECURE},
    {"backend-cert", required_argument, NULL, OPTION_BACKEND_CERT},
    {"backend-key", required_argument, NULL, OPTION_BACKEND_KEY},
    {"results", required_argument, NULL, OPTION_RESULTS},
    {"html", required_argument, NULL, OPTION_HTML},
    {"junit", required_argument, NULL, OPTION_JUNIT},
    {"tap", required_argument, NULL, OPTION_TAP},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {"no-color", no_argument, NULL, OPTION_NO_COLOR},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

struct run_command {
    struct runner_options runner;
    struct report_files files;
    const char *results_file;
    enum log_level level;
    bool no_color;
    bool help;
    struct arena arena;
};

static enum err_code parse_number(uint64_t *out, const char *name, const char *text, uint64_t min, uint64_t max,
                                  struct err *err)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *end || end == text || *text == '-' || value < min || value > max)
        return err_set(err, ERR_USAGE, "--%s takes a number from %llu to %llu", name, (unsigned long long)min,
                       (unsigned long long)max);
    *out = value;
    return ERR_OK;
}

static enum err_code parse_header(struct run_command *command, const char *text, struct err *err)
{
    const char *colon = strchr(text, ':');
    if (!colon || colon == text)
        return err_set(err, ERR_USAGE, "--header takes 'Name: value'");
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    for (const char *at = text; *at; at++) {
        if (*at == '\r' || *at == '\n')
            return err_set(err, ERR_USAGE, "--header must not hold a line break");
    }
    if (!fields_add(&command->runner.headers, &command->arena, span_of(text, (size_t)(colon - text)), span_cstr(value)))
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    return ERR_OK;
}

static enum err_code parse_client(struct run_command *command, const char *text, struct err *err)
{
    struct selection *selection = &command->runner.selection;
    command->runner.client_asked = true;
    if (strcmp(text, "h1") == 0)
        selection->clients = CLIENT_H1;
    else if (strcmp(text, "h2") == 0)
        selection->clients = CLIENT_H2;
    else if (strcmp(text, "all") == 0)
        selection->clients = CLIENT_H1 | CLIENT_H2;
    else
        return err_set(err, ERR_USAGE, "--client takes h1, h2 or all");
    return ERR_OK;
}

static enum err_code parse_glob(const char **globs, size_t *count, const char *text, struct err *err)
{
    if (*count == SELECTION_MAX_GLOBS)
        return err_set(err, ERR_USAGE, "at most %d globs", SELECTION_MAX_GLOBS);
    globs[(*count)++] = text;
    return ERR_OK;
}

/* Options that choose what runs and how. ERR_NOT_FOUND: not one of these. */
static enum err_code parse_running(struct run_command *command, int option, const char *value, struct err *err)
{
    struct runner_options *runner = &command->runner;
    struct selection *selection = &runner->selection;
    uint64_t number;
    enum err_code code = ERR_OK;
    switch (option) {
    case OPTION_SELECT:
        return parse_glob(selection->selects, &selection->select_count, value, err);
    case OPTION_EXCLUDE:
        return parse_glob(selection->excludes, &selection->exclude_count, value, err);
    case OPTION_LEVEL:
        return level_from_name(span_cstr(value), &selection->level)
                   ? ERR_OK
                   : err_set(err, ERR_USAGE, "--level takes must, should or may");
    case OPTION_CLIENT:
        return parse_client(command, value, err);
    case OPTION_JOBS:
        code = parse_number(&number, "jobs", value, 1, RUNNER_MAX_JOBS, err);
        runner->jobs = code == ERR_OK ? (size_t)number : 0;
        return code;
    case OPTION_REPEAT:
        code = parse_number(&number, "repeat", value, 1, 100000000, err);
        runner->repeat = code == ERR_OK ? (size_t)number : 0;
        return code;
    case OPTION_TIMEOUT:
        return parse_number(&runner->timeout_ms, "timeout-ms", value, 50, 600000, err);
    case OPTION_READY_TIMEOUT:
        return parse_number(&runner->ready_timeout_ms, "ready-timeout-ms", value, 1, 600000, err);
    case OPTION_PROXY_MEMORY:
        return parse_number(&runner->proxy_memory_mib, "proxy-memory-mib", value, 0, 1u << 30, err);
    case OPTION_HEADER:
        return parse_header(command, value, err);
    case OPTION_STRICT:
        runner->strict = true;
        return ERR_OK;
    case OPTION_INSECURE:
        runner->insecure = true;
        return ERR_OK;
    case OPTION_QUIET:
        command->level = LOG_QUIET;
        return ERR_OK;
    case OPTION_VERBOSE:
        command->level = LOG_VERBOSE;
        return ERR_OK;
    case OPTION_NO_COLOR:
        command->no_color = true;
        return ERR_OK;
    case OPTION_HELP:
        command->help = true;
        return ERR_OK;
    default:
        return ERR_NOT_FOUND;
    }
}

/* Options that are one text. */
static const char **text_option(struct run_command *command, int option)
{
    struct runner_options *runner = &command->runner;
    switch (option) {
    case OPTION_BACKEND:
        return &runner->backend;
    case OPTION_PROFILE:
        return &runner->profile;
    case OPTION_CASES:
        return &runner->cases;
    case OPTION_PROXY_CMD:
        return &runner->proxy_command;
    case OPTION_WAIVERS:
        return &runner->waivers;
    case OPTION_CACERT:
        return &runner->cacert_file;
    case OPTION_CERT:
        return &runner->cert_file;
    case OPTION_KEY:
        return &runner->key_file;
    case OPTION_BACKEND_CERT:
        return &runner->backend_cert_file;
    case OPTION_BACKEND_KEY:
        return &runner->backend_key_file;
    case OPTION_RESULTS:
        return &command->results_file;
    case OPTION_HTML:
        return &command->files.html;
    case OPTION_JUNIT:
        return &command->files.junit;
    case OPTION_TAP:
        return &command->files.tap;
    default:
        return NULL;
    }
}

static enum err_code parse(struct run_command *command, int argc, char **argv, struct err *err)
{
    struct runner_options *runner = &command->runner;
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return err_set(err, ERR_USAGE, "unknown option, or one without its value: %.100s", argv[optind - 1]);
        const char **text = text_option(command, option);
        if (text)
            *text = optarg;
        else if (parse_running(command, option == 'h' ? OPTION_HELP : option, optarg, err) != ERR_OK)
            return ERR_USAGE;
    }
    if (command->help)
        return ERR_OK;
    if (optind + 1 != argc)
        return err_set(err, ERR_USAGE, optind == argc ? "the URL of the proxy is missing" : "more than one URL");
    runner->url = argv[optind];
    if (!runner->backend)
        return err_set(err, ERR_USAGE, "--backend ADDR:PORT is missing: where the proxy's upstream points");
    if (!runner->backend_cert_file != !runner->backend_key_file)
        return err_set(err, ERR_USAGE, "--backend-cert and --backend-key go together");
    return ERR_OK;
}

static bool is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static enum err_code open_results(struct run_command *command, struct err *err)
{
    const char *path = command->results_file;
    command->runner.results = path && !is_stdout(path) ? fopen(path, "w+") : tmpfile();
    command->runner.results_copy = is_stdout(path) ? stdout : NULL;
    if (!command->runner.results)
        return err_set(err, ERR_IO, "cannot write the results to %s: %s", path ? path : "a temporary file",
                       strerror(errno));
    return ERR_OK;
}

static void say_where(const struct run_command *command)
{
    char *path = command->files.html && !is_stdout(command->files.html) ? realpath(command->files.html, NULL) : NULL;
    if (path)
        log_info(&command->runner.log, "report: file://%s", path);
    free(path);
}

static int run(struct run_command *command)
{
    struct err err;
    bool wrote = false;
    if (open_results(command, &err) != ERR_OK) {
        log_error(&command->runner.log, "%s", err.text);
        return RUNNER_USAGE;
    }
    int code = runner_main(&wrote, &command->runner);
    if (wrote) {
        rewind(command->runner.results);
        command->files.quiet = command->level == LOG_QUIET;
        command->files.summary_to_stderr = is_stdout(command->results_file) || is_stdout(command->files.html) ||
                                           is_stdout(command->files.junit) || is_stdout(command->files.tap);
        command->files.no_color = command->no_color;
        const char *name = command->results_file ? command->results_file : "results";
        if (report_files_write(&command->files, command->runner.results, name, &err) != ERR_OK) {
            log_error(&command->runner.log, "%s", err.text);
            if (code == RUNNER_OK)
                code = RUNNER_UNJUDGED_CASE;
        } else {
            say_where(command);
        }
    }
    fclose(command->runner.results);
    return code;
}

int cmd_run(int argc, char **argv)
{
    struct run_command command = {
        .level = LOG_NORMAL,
        .runner = {.jobs = RUNNER_DEFAULT_JOBS,
                   .repeat = 1,
                   .timeout_ms = RUNNER_DEFAULT_TIMEOUT_MS,
                   .ready_timeout_ms = RUNNER_DEFAULT_READY_MS,
                   .proxy_memory_mib = proxy_process_default_memory_mib(),
                   .arguments = (const char *const *)argv + 1},
    };
    struct err err;
    int code = RUNNER_USAGE;
    arena_init(&command.arena, 1u << 20);
    selection_init(&command.runner.selection);
    const char **arguments = arena_calloc(&command.arena, (size_t)argc + 1, sizeof *arguments);
    if (arguments) { /* getopt reorders argv */
        memcpy(arguments, argv + 1, (size_t)(argc - 1) * sizeof *arguments);
        command.runner.arguments = arguments;
    }
    if (parse(&command, argc, argv, &err) != ERR_OK) {
        fprintf(stderr, "transcheck run: %s\nTry `transcheck run --help`.\n", err.text);
    } else if (command.help) {
        fputs(help, stdout);
        code = 0;
    } else {
        struct redact *redact = NULL;
        log_init(&command.runner.log, command.level, command.no_color);
        if (secrets_collect(&redact, &command.runner, &err) == ERR_OK) {
            command.runner.redact = command.runner.log.redact = redact;
            code = run(&command);
        } else {
            log_error(&command.runner.log, "%s", err.text);
        }
        redact_free(redact);
    }
    arena_fini(&command.arena);
    return code;
}
