/* A run from its options to its exit code. */
#include "harness/run/runner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/base/embed.h"
#include "harness/base/escape.h"
#include "harness/net/address.h"
#include "harness/net/open_files.h"
#include "harness/run/runner_impl.h"

/* Descriptors that a run needs: its own files, the listener and the event loop; per job both ends of an exchange and
 * one that is on its way out. Measured with the reference transcoder: 22 with one job, 39 with 8, 530 with 256. */
#define FILES_BASE    48
#define FILES_PER_JOB 3

/* ---- loading */

static enum err_code load_schema(struct runner *runner, struct err *err)
{
    struct span descriptors;
    if (!embed_find("descriptors.pb", &descriptors))
        return err_set(err, ERR_NOT_FOUND, "the descriptors are not part of this binary");
    enum err_code code = schema_new(&runner->schema, descriptors, err);
    return code == ERR_OK ? router_new(&runner->router, runner->schema, NULL, err) : code;
}

static void warn_of_waivers(const struct runner *runner, const char *said)
{
    log_warn(&runner->options->log, "the waivers are of %s %s%s%s, and this run %s: what they say may not hold here",
             waivers_proxy(runner->waivers), waivers_version(runner->waivers),
             waivers_profile(runner->waivers) ? " with the profile " : "",
             waivers_profile(runner->waivers) ? waivers_profile(runner->waivers) : "", said);
}

/* What is known of one proxy excuses no other: the profile has to be the same, and the name has to hold the file's. */
static enum err_code check_waivers(struct runner *runner, struct err *err)
{
    const char *profile = waivers_profile(runner->waivers);
    const char *used = profile_name(runner->profile);
    const char *name = runner->options->proxy_name;
    if (profile && strcmp(profile, used) != 0) {
        if (!profile_is_any(runner->profile))
            return err_set(err, ERR_USAGE,
                           "--waivers %s: these are of a run with the profile %s, and this one has the profile %s",
                           runner->options->waivers, profile, used);
        warn_of_waivers(runner, "has no profile");
    }
    bool same =
        name && strcasestr(name, waivers_proxy(runner->waivers)) && strstr(name, waivers_version(runner->waivers));
    const char *said = name && !same ? arena_printf(&runner->arena, "is of %s", name) : NULL;
    if (said)
        warn_of_waivers(runner, said);
    return ERR_OK;
}

enum err_code runner_load(struct runner *runner, struct err *err)
{
    const struct runner_options *options = runner->options;
    arena_init(&runner->arena, RUNNER_MAX_ARENA);
    enum err_code code = load_schema(runner, err);
    if (code == ERR_OK)
        code = profile_load(&runner->profile, options->profile, err);
    for (size_t i = 0; code == ERR_OK && i < options->lacks_count; i++)
        code = profile_declare_lack(runner->profile, options->lacks[i], "declared with --lacks", err);
    if (code == ERR_OK)
        code = suite_new(&runner->suite, runner->schema, runner->router, err);
    if (code == ERR_OK)
        code = options->cases ? suite_add_directory(runner->suite, options->cases, err)
                              : suite_add_embedded(runner->suite, err);
    if (code == ERR_OK)
        code = suite_finish(runner->suite, err);
    if (code == ERR_OK && options->waivers)
        code = waivers_load(&runner->waivers, options->waivers, runner->suite, err);
    if (code == ERR_OK && runner->waivers)
        code = check_waivers(runner, err);
    if (code == ERR_OK && runner->waivers) {
        runner->problems = arena_calloc(&runner->arena, waivers_count(runner->waivers) + 1, sizeof *runner->problems);
        if (!runner->problems)
            code = err_set(err, ERR_NO_MEMORY, "out of memory");
    }
    if (code == ERR_OK)
        code = probes_load(&runner->probes, runner->schema, runner->router, &runner->arena, err);
    if (code == ERR_OK)
        code = pairs_plan(runner, err);
    return code;
}

/* ---- both ends */

static void on_stray(void *user, const struct call_seen *seen)
{
    struct runner *runner = user;
    struct buf text;
    if (++runner->strays > RESULTS_MAX_EVENTS_OF)
        return; /* counted */
    buf_init(&text, 4096);
    buf_append_cstr(&text, "a call that belongs to no case under way reached the backend: ");
    escape_terminal_cut(&text, fields_value(&seen->headers, ":path"), 256);
    if (runner->strays == RESULTS_MAX_EVENTS_OF)
        buf_append_cstr(&text, " (more of these are only counted)");
    if (!text.failed) {
        log_debug(&runner->options->log, "%s", (const char *)text.data);
        if (runner->writer)
            results_writer_event(runner->writer, ends_now_us(runner->ends) - runner->start_us, (const char *)text.data,
                                 NULL);
    }
    buf_fini(&text);
}

/* Each kind of limit is told once, when it is first met; the totals have the counts. */
static void on_limit(void *user, enum backend_limit what)
{
    static const char *const texts[BACKEND_LIMIT_COUNT] = {
        [BACKEND_STRAY_DROPPED] = "the oldest calls that belong to no case are given up",
        [BACKEND_IDLE_CLOSED] = "the backend closes the connections that are idle for longest for new ones",
        [BACKEND_TURNED_AWAY] = "the backend refuses calls or connections, and no case under way can be judged",
    };
    struct runner *runner = user;
    if (what == BACKEND_STRAY_DROPPED)
        runner->strays++;
    if (runner->limits[what]++ > 0)
        return;
    char text[256];
    snprintf(text, sizeof text, "the limit of memory (%zu MiB, --max-memory-mib) or of connections (%d) is reached: %s",
             runner->budget.max >> 20, BACKEND_MAX_CONNECTIONS, texts[what]);
    progress_clear(&runner->progress);
    log_warn(&runner->options->log, "%s", text);
    if (runner->writer)
        results_writer_event(runner->writer, ends_now_us(runner->ends) - runner->start_us, text, NULL);
}

static void on_daemonised(void *user, const char *text)
{
    struct runner *runner = user;
    progress_clear(&runner->progress);
    log_warn(&runner->options->log, "%s", text);
    results_writer_event(runner->writer, ends_now_us(runner->ends) - runner->start_us, text, NULL);
}

/* The real ends, neither listening nor connected yet. */
static enum err_code make_ends(struct runner *runner, struct err *err)
{
    const struct runner_options *options = runner->options;
    if (address_parse_url(runner->host, sizeof runner->host, &runner->port, &runner->tls, options->url, err) != ERR_OK)
        return err->code;
    if (address_parse(runner->backend_host, sizeof runner->backend_host, &runner->backend_port, options->backend,
                      err) != ERR_OK)
        return err_prefix(err, "--backend");
    if (!address_is_loopback(runner->backend_host))
        log_warn(&options->log, "the backend listens on %s, not on loopback: anybody who reaches it can call it",
                 runner->backend_host);
    runner->backend = (struct backend_options){
        .address = runner->backend_host,
        .port = runner->backend_port,
        .cert_file = options->backend_cert_file,
        .key_file = options->backend_key_file,
        .tls = options->backend_cert_file != NULL,
        .schema = runner->schema,
        .budget = &runner->budget,
    };
    runner->front = (struct client_options){
        .host = runner->host,
        .port = runner->port,
        .tls = runner->tls,
        .cacert_file = options->cacert_file,
        .cert_file = options->cert_file,
        .key_file = options->key_file,
        .insecure = options->insecure,
        .budget = &runner->budget,
        .reuse = options->repeat > 1,
        .max_connections = options->jobs,
    };
    struct proxy_process_options process = {
        .command = options->proxy_command,
        .log = &options->log,
        .memory_mib = options->proxy_memory_mib,
        .open_files = runner->proxy_open_files,
        .on_daemonised = on_daemonised,
        .user = runner,
    };
    if (options->proxy_command && proxy_process_new(&runner->process, runner->loop, &process, err) != ERR_OK)
        return err->code;
    struct ends_options ends = {
        .loop = runner->loop,
        .backend = &runner->backend,
        .front = &runner->front,
        .process = runner->process,
    };
    return ends_new(&runner->ends, &ends, err);
}

static void on_signal(void *user, int signum)
{
    struct runner *runner = user;
    (void)signum;
    if (runner->interrupted) /* the second time: at once, with what is on disk; the supervisor ends the proxy */
        _exit(RUNNER_INTERRUPTED);
    runner->interrupted = true;
    log_warn(&runner->options->log, "interrupted: writing the reports (once more to stop at once)");
    relay_cancel_all(runner->relay);
    loop_stop(runner->loop);
}

/* SIGHUP that is ignored stays so: `nohup transcheck run` goes on when its terminal is closed. */
static enum err_code watch_signals(struct runner *runner, struct err *err)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction old;
    enum err_code code = ERR_OK;
    for (size_t i = 0; i < sizeof signals / sizeof *signals && code == ERR_OK; i++) {
        if (signals[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
            continue;
        code = loop_on_signal(runner->loop, signals[i], on_signal, runner, err);
    }
    return code;
}

enum err_code runner_open(struct runner *runner, struct err *err)
{
    const struct runner_options *options = runner->options;
    struct relay_options relay = {
        .ends = runner->ends,
        .profile = runner->profile,
        .headers = &options->headers,
        .timeout_ms = options->timeout_ms,
        .budget = &runner->budget,
    };
    budget_of_process(&runner->budget, options->max_memory_mib ? options->max_memory_mib : BUDGET_DEFAULT_MIB);
    static const struct relay_callbacks callbacks = {
        .on_stray = on_stray, .on_limit = on_limit, .on_late = outcome_note_late};
    enum err_code code = relay_new(&runner->relay, &relay, &callbacks, runner, err);
    if (code == ERR_OK)
        code = results_writer_new(&runner->writer, options->results, options->results_copy, options->redact,
                                  runner->schema, err);
    return code;
}

static enum err_code open_all(struct runner *runner, struct err *err)
{
    enum err_code code = loop_new(&runner->loop, err);
    if (code == ERR_OK)
        code = runner_load(runner, err);
    if (code == ERR_OK)
        code = make_ends(runner, err);
    if (code == ERR_OK)
        code = runner_open(runner, err);
    if (code == ERR_OK)
        code = watch_signals(runner, err);
    if (code == ERR_OK && runner->process)
        code = proxy_process_start(runner->process, err);
    return code;
}

void runner_close(struct runner *runner)
{
    relay_free(runner->relay);
    results_writer_free(runner->writer);
    for (size_t i = 0; i < runner->pair_count; i++) {
        for (size_t k = 0; k < runner->pairs[i].attempt_count; k++)
            free(runner->pairs[i].attempts[k]);
        late_fini(&runner->pairs[i].late);
    }
    probes_fini(&runner->probes);
    waivers_free(runner->waivers);
    suite_free(runner->suite);
    profile_free(runner->profile);
    router_free(runner->router);
    schema_free(runner->schema);
    arena_fini(&runner->arena);
}

/* ---- the run */

static void write_run(struct runner *runner, unsigned clients)
{
    struct result_run run = {
        .url = runner->options->url,
        .backend = runner->options->backend,
        .profile = runner->profile,
        .proxy_name = runner->options->proxy_name,
        .options = runner->options->arguments,
        .clients = clients,
        .suite = runner->suite,
    };
    results_writer_set_options(runner->writer, runner->options);
    results_writer_run(runner->writer, &run, runner->planned, runner->pair_count);
}

static unsigned wanted_clients(const struct runner *runner)
{
    unsigned wanted = 0;
    for (size_t i = 0; i < runner->pair_count; i++)
        wanted |= runner->pairs[i].client;
    return wanted;
}

static unsigned wanted_modes(const struct runner *runner)
{
    unsigned wanted = 0;
    for (size_t i = 0; i < runner->plan_count; i++)
        wanted |= 1u << runner->plans[i].testcase->mode;
    return wanted;
}

/* Why the client works in no mode that was asked for. */
static const char *client_detail(const struct runner *runner, enum testcase_client client)
{
    unsigned modes = wanted_modes(runner);
    const char *detail = "";
    for (int mode = 0; mode < MODE_COUNT && !detail[0]; mode++) { /* not every mode is for every client */
        if (modes & 1u << mode)
            preflight_works(&runner->preflight, (enum mode)mode, client, &detail);
    }
    return detail;
}

/* NULL, or why nothing can be judged. */
static const char *preflight(struct runner *runner, unsigned wanted)
{
    struct preflight_options options = {
        .ends = runner->ends,
        .relay = runner->relay,
        .probes = &runner->probes,
        .profile = runner->profile,
        .schema = runner->schema,
        .url = runner->options->url,
        .backend = runner->options->backend,
        .clients = wanted,
        .modes = wanted_modes(runner),
        .ready_timeout_ms = runner->options->ready_timeout_ms,
        .interrupted = &runner->interrupted,
        .log = &runner->options->log,
    };
    if (!preflight_run(&runner->preflight, &options)) {
        if (ends_process_deaths(runner->ends))
            outcome_tell_death(runner, "");
        return runner->preflight.diagnosis;
    }
    for (unsigned client = CLIENT_H1; client <= CLIENT_H2; client <<= 1) {
        if (!(wanted & client) || runner->preflight.client_works[client])
            continue;
        if (runner->options->client_asked && (runner->options->selection.clients & client))
            return arena_printf(&runner->arena, "--client %s was asked for, and the proxy at %s does not speak it: %s",
                                client_name((enum testcase_client)client), runner->options->url,
                                client_detail(runner, (enum testcase_client)client));
        log_warn(&runner->options->log, "the proxy does not speak %s: those cases are %s (%s)",
                 client_name((enum testcase_client)client), runner->preflight.several_modes ? "unsupported" : "skipped",
                 client_detail(runner, (enum testcase_client)client));
    }
    if (!runner->preflight.marker_arrives)
        log_warn(
            &runner->options->log,
            "the proxy drops the header x-transcheck-case: cases run one at a time, and those of several exchanges at "
            "once cannot be judged");
    return NULL;
}

/* With a look at whether the proxy still lives: what kills it may take effect late, too. */
static void wait_for_late_calls(struct runner *runner)
{
    uint64_t until_us = ends_now_us(runner->ends) + runner->options->late_ms * 1000;
    while (!runner->interrupted && ends_now_us(runner->ends) < until_us) {
        ends_turn(runner->ends, 10);
        play_last_look(runner);
    }
}

/* What the proxy tells at its end belongs before the totals. */
static int finish(struct runner *runner, const char *diagnosis)
{
    if (runner->process)
        proxy_process_stop(runner->process);
    return outcome_finish(runner, diagnosis);
}

int runner_play(struct runner *runner)
{
    runner->start_us = ends_now_us(runner->ends);
    runner->late_bytes_left = LATE_MAX_BYTES;
    unsigned wanted = wanted_clients(runner);
    write_run(runner, wanted);
    progress_init(&runner->progress, &runner->options->log, runner->pair_count);
    const char *diagnosis = preflight(runner, wanted);
    if (runner->interrupted)
        return finish(runner, NULL);
    if (diagnosis) {
        log_error(&runner->options->log, "%s", diagnosis);
        return finish(runner, diagnosis);
    }
    progress_begin(&runner->progress);
    pairs_exclude(runner);
    play_waiting(runner);
    play_parallel(runner);
    play_alone(runner);
    wait_for_late_calls(runner);
    return finish(runner, NULL);
}

/* Sockets that cannot be opened would be taken for failures of the proxy: no more jobs than there is room for. */
static enum err_code fit_jobs(struct runner_options *options, struct err *err)
{
    size_t limit = open_files_limit();
    if (limit < FILES_BASE + FILES_PER_JOB)
        return err_set(
            err, ERR_USAGE,
            "this process may open only %zu files and sockets, and %d are needed: raise the limit (ulimit -n)", limit,
            FILES_BASE + FILES_PER_JOB);
    size_t fitting = (limit - FILES_BASE) / FILES_PER_JOB;
    if (fitting >= options->jobs)
        return ERR_OK;
    log_warn(&options->log,
             "this process may open only %zu files and sockets: %zu case%s at a time in place of %zu; raise the limit "
             "(ulimit -n) for more",
             limit, fitting, fitting == 1 ? "" : "s", options->jobs);
    options->jobs = fitting;
    return ERR_OK;
}

int runner_main(bool *wrote, const struct runner_options *asked)
{
    struct runner_options own = *asked;
    const struct runner_options *options = &own;
    struct runner runner = {.options = options, .proxy_open_files = open_files_raise()};
    struct err err;
    int code = RUNNER_USAGE;
    *wrote = false;
    if (fit_jobs(&own, &err) != ERR_OK || open_all(&runner, &err) != ERR_OK) {
        log_error(&options->log, "%s", err.text);
    } else {
        *wrote = true;
        code = runner_play(&runner);
    }
    proxy_process_free(runner.process);
    runner_close(&runner);
    ends_free(runner.ends);
    loop_free(runner.loop);
    return code;
}
