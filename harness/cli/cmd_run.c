/* `transcheck run`: the suite against a proxy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/commands.h"
#include "harness/cli/memory_option.h"
#include "harness/cli/options.h"
#include "harness/cli/report_files.h"
#include "harness/cli/report_options.h"
#include "harness/cli/request_header.h"
#include "harness/cli/stdio.h"
#include "harness/cli/suite_options.h"
#include "harness/run/proxy_process.h"
#include "harness/run/secrets.h"

struct run_command {
    struct runner_options runner;
    struct suite_options suite;
    struct report_files files;
    uint64_t jobs;
    uint64_t repeat;
    bool quiet;
    bool verbose;
    bool no_color;
    struct arena arena;
};

static int play(struct run_command *command)
{
    struct report_files *files = &command->files;
    bool wrote = false;
    bool good = true;
    int code = RUNNER_USAGE;
    files->log = &command->runner.log;
    files->quiet = command->runner.log.level == LOG_QUIET || !stdio_has_output();
    files->verbose = command->verbose;
    files->no_color = command->no_color;
    if (report_files_open(files, NULL, 0) != ERR_OK)
        return RUNNER_USAGE;
    command->runner.results = report_files_kept(files);
    command->runner.results_copy = report_files_stream(files);
    if (command->runner.results)
        code = runner_main(&wrote, &command->runner);
    if (wrote)
        good = report_files_write_run(files);
    report_files_close(files);
    return good || code != RUNNER_OK ? code : RUNNER_UNJUDGED_CASE;
}

/* What was given, in order: parsing moves the words about. NULL: out of memory. */
static const char *const *copy_arguments(struct run_command *command, int argc, char **argv)
{
    const char **copy = arena_calloc(&command->arena, (size_t)argc + 1, sizeof *copy);
    if (copy)
        memcpy(copy, argv + 1, (size_t)(argc - 1) * sizeof *copy);
    return copy;
}

static void fill_runner(struct run_command *command, const char *url)
{
    struct runner_options *runner = &command->runner;
    runner->url = url;
    runner->cases = command->suite.cases;
    runner->selection = command->suite.selection;
    runner->client_asked = command->suite.selection.clients != 0;
    runner->jobs = (size_t)command->jobs;
    runner->repeat = (size_t)command->repeat;
    log_init(&runner->log, command->quiet ? LOG_QUIET : command->verbose ? LOG_VERBOSE : LOG_NORMAL, command->no_color);
}

/* Plays with a log from which what is secret in the options is taken out. */
static int play_redacted(struct run_command *command)
{
    struct redact *redact = NULL;
    struct err err;
    int code = RUNNER_USAGE;
    if (secrets_collect(&redact, &command->runner, &err) == ERR_OK) {
        command->runner.redact = command->runner.log.redact = redact;
        code = play(command);
    } else {
        log_error(&command->runner.log, "%s", err.text);
    }
    redact_free(redact);
    return code;
}

static int run(int argc, char **argv)
{
    struct run_command command = {
        .jobs = RUNNER_DEFAULT_JOBS,
        .repeat = 1,
        .runner = {.timeout_ms = RUNNER_DEFAULT_TIMEOUT_MS,
                   .ready_timeout_ms = RUNNER_DEFAULT_READY_MS,
                   .late_ms = RUNNER_DEFAULT_LATE_MS,
                   .max_memory_mib = BUDGET_DEFAULT_MIB,
                   .proxy_memory_mib = proxy_process_default_memory_mib()},
    };
    struct arguments arguments;
    arena_init(&command.arena, 1u << 20);
    selection_init(&command.suite.selection);
    command.suite.selection.modes = 1u << MODE_TRANSCODER;
    command.runner.arguments = copy_arguments(&command, argc, argv);
    int code = options_parse(&arguments, &command_run, &command, argc, argv);
    if (code < 0 && !command.runner.arguments)
        code = options_usage(&command_run, "too many arguments");
    if (code < 0 && command.quiet && command.verbose)
        code = options_usage(&command_run, "--quiet and --verbose exclude each other");
    if (code < 0) {
        fill_runner(&command, arguments.items[0]);
        code = play_redacted(&command);
    }
    arena_fini(&command.arena);
    return code;
}

static enum err_code take_header(void *target, const char *value, struct err *err)
{
    struct run_command *command = target;
    return request_header_add(&command->runner.headers, &command->arena, value, err);
}

static enum err_code take_lacks(void *target, const char *value, struct err *err)
{
    struct runner_options *runner = target;
    (void)err;
    for (size_t i = 0; i < runner->lacks_count; i++) {
        if (strcmp(runner->lacks[i], value) == 0)
            return ERR_OK;
    }
    runner->lacks[runner->lacks_count++] = value; /* a name of a capability: there is room for all of them */
    return ERR_OK;
}

#define TO_FLAG(member)   OPTION_TO_FLAG(struct run_command, member)
#define TO_TEXT(member)   OPTION_TO_TEXT(struct run_command, member)
#define TO_NUMBER(member) OPTION_TO_NUMBER(struct run_command, member)

static const struct option_row playing_rows[] = {
    {.name = "profile",
     .value = "NAME|FILE",
     .kind = OPTION_NAME_OR_FILE,
     .noun = "profile",
     .names = names_profiles,
     TO_TEXT(runner.profile),
     .text = "the proxy's documented dialect (default: `any`, which accepts what some proxy documents as right)"},
    {.name = "lacks",
     .value = "CAPABILITY",
     .kind = OPTION_CHOICE,
     .repeats = true,
     .noun = "capability",
     .names = names_capabilities,
     OPTION_TO(struct run_command, runner, struct runner_options),
     .take = take_lacks,
     .text =
         "the proxy does not have it, beside what the profile says it lacks: where the proxy refuses a plain request "
         "for it too, the cases that need it are `unsupported`"},
    {.name = "jobs",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = RUNNER_MAX_JOBS,
     TO_NUMBER(jobs),
     .text = "cases at a time (default 8)"},
    {.name = "repeat",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 100000000,
     TO_NUMBER(repeat),
     .text = "play each case N times, on connections that are kept (default 1)"},
    {.name = "timeout-ms",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 50,
     .max = 600000,
     TO_NUMBER(runner.timeout_ms),
     .text = "hard deadline of a case (default 5000)"},
    {.name = "ready-timeout-ms",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 600000,
     TO_NUMBER(runner.ready_timeout_ms),
     .text = "how long ordinary requests are retried before the first case (default 10000)"},
    {.name = "late-ms",
     .value = "N",
     .kind = OPTION_NUMBER,
     .max = 600000,
     TO_NUMBER(runner.late_ms),
     .text = "how long backend calls of cases that have ended are waited for after the last one (default 500)"},
    MEMORY_OPTION(struct run_command, runner.max_memory_mib),
    {.name = NULL},
};

static const struct option_row proxy_rows[] = {
    {.name = "backend",
     .value = "ADDR:PORT",
     .kind = OPTION_ADDRESS,
     .required = true,
     TO_TEXT(runner.backend),
     .text = "where the mock backend listens and the proxy's upstream points"},
    {.name = "proxy-cmd",
     .value = "CMD",
     .kind = OPTION_TEXT,
     TO_TEXT(runner.proxy_command),
     .text = "start the proxy with `sh -c CMD`, restart it when it dies, end it at the end"},
    {.name = "proxy-name",
     .value = "'NAME VERSION'",
     .kind = OPTION_TEXT,
     TO_TEXT(runner.proxy_name),
     .text = "what the reports call it, e.g. 'Envoy 1.40.0' (default: what its server header says)"},
    {.name = "proxy-memory-mib",
     .value = "N",
     .kind = OPTION_NUMBER,
     .max = 1u << 30,
     TO_NUMBER(runner.proxy_memory_mib),
     .text =
         "most memory of all its processes together: what goes beyond it is killed, which fails the case, and started "
         "again (default: half of the machine's memory; 0: no limit)"},
    {.name = "header",
     .value = "'Name: value'",
     .kind = OPTION_TEXT,
     .repeats = true,
     .take = take_header,
     .text = "sent with every request whose case does not send a header of that name itself; its value is redacted in "
             "every report"},
    {.name = "cacert",
     .value = "FILE",
     .kind = OPTION_INPUT,
     TO_TEXT(runner.cacert_file),
     .text = "TLS towards the proxy: trust these certificates (PEM) in place of the system's"},
    {.name = "cert",
     .value = "FILE",
     .kind = OPTION_INPUT,
     TO_TEXT(runner.cert_file),
     .text = "TLS towards the proxy: the client's certificate (PEM)"},
    {.name = "key",
     .value = "FILE",
     .kind = OPTION_INPUT,
     .with = "cert",
     TO_TEXT(runner.key_file),
     .text = "its private key (PEM), when it is in a file of its own"},
    {.name = "insecure",
     .kind = OPTION_FLAG,
     TO_FLAG(runner.insecure),
     .text = "TLS towards the proxy: do not verify its certificate"},
    {.name = "backend-cert",
     .value = "FILE",
     .kind = OPTION_INPUT,
     .with = "backend-key",
     TO_TEXT(runner.backend_cert_file),
     .text = "TLS on the mock backend: its certificate chain (PEM)"},
    {.name = "backend-key",
     .value = "FILE",
     .kind = OPTION_INPUT,
     .with = "backend-cert",
     TO_TEXT(runner.backend_key_file),
     .text = "its private key (PEM)"},
    {.name = NULL},
};

static const struct option_row verdict_rows[] = {
    {.name = "waivers",
     .value = "NAME|FILE",
     .kind = OPTION_NAME_OR_FILE,
     .noun = "waiver file",
     .names = names_waivers,
     TO_TEXT(runner.waivers),
     .text = "known failures, e.g. `envoy-1.40`; one that is stale or does not match fails the run"},
    {.name = "strict", .kind = OPTION_FLAG, TO_FLAG(runner.strict), .text = "a failed `should` case fails the run too"},
    {.name = "results",
     .value = "FILE",
     .kind = OPTION_OUTPUT,
     TO_TEXT(files.results),
     .text = "the NDJSON stream that every report is made from (- is standard output)"},
    {.name = NULL},
};

static const struct option_row telling_rows[] = {
    {.name = "quiet", .kind = OPTION_FLAG, TO_FLAG(quiet), .text = "errors only"},
    {.name = "verbose",
     .kind = OPTION_FLAG,
     TO_FLAG(verbose),
     .text =
         "what happens behind the cases, too, and all failures whole: their reasons, what was sent and received, the "
         "commands that repeat them (default: a screenful)"},
    {.name = "no-color",
     .kind = OPTION_FLAG,
     TO_FLAG(no_color),
     .text = "no colours on a terminal (nor when NO_COLOR is set)"},
    {.name = NULL},
};

static const struct option_group groups[] = {
    {.title = "The proxy", .rows = proxy_rows},
    {.title = "Which cases", .rows = suite_option_rows, .offset = offsetof(struct run_command, suite)},
    {.title = "How they are played", .rows = playing_rows},
    {.title = "Verdict and results", .rows = verdict_rows},
    {.title = "Reports", .rows = report_option_rows, .offset = offsetof(struct run_command, files)},
    {.title = "Messages", .rows = telling_rows},
    {.rows = NULL},
};

static const struct argument_row argument_rows[] = {
    {.name = "URL", .what = "the URL of the proxy", .kind = OPTION_TEXT},
    {.name = NULL},
};

const struct command command_run = {
    .name = "run",
    .summary = "run the suite against a proxy and judge it",
    .examples = "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 --profile envoy --html report.html\n"
                "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 --select 'streaming/*' --client h2 "
                "--verbose\n"
                "  transcheck run http://127.0.0.1:51051 --backend 127.0.0.1:53000 \\\n"
                "      --profile envoy --waivers envoy-1.40 --proxy-cmd 'envoy -c envoy.yaml --use-dynamic-base-id'\n",
    .usages = (const char *const[]){"URL --backend ADDR:PORT [options]", NULL},
    .about =
        "URL is the proxy under test. The mock backend listens on ADDR:PORT, where the proxy's upstream must point.",
    .groups = groups,
    .arguments = argument_rows,
    .exits = "2 usage, a bad file, or no case selected; 130 interrupted, reports are written all the same; 3 nothing "
             "could be judged, the message says why; 1 a must case failed or was unstable (with --strict a should case"
             " too), the proxy died and no waiver names that death, or it is gone for good or silent, a backend call "
             "belongs to no case that could be found, a waiver is stale or does not match, or the proxy refuses what "
             "its profile says it has; 4 the harness could not judge some case, the proxy refuses what must cases need"
             " and nobody declared (--lacks), or an output could not be written; 0 none of these. The first that "
             "applies counts.",
    .run = run,
};
