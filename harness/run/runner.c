#include "harness/run/runner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/base/embed.h"
#include "harness/base/escape.h"
#include "harness/net/address.h"
#include "harness/run/runner_impl.h"

/* ---- loading */

static enum err_code load_schema(struct runner *runner, struct err *err)
{
    struct span descriptors;
    if (!embed_find("descriptors.pb", &descriptors))
        return err_set(err, ERR_NOT_FOUND, "the descriptors are not part of this binary");
    enum err_code code = schema_new(&runner->schema, descriptors, err);
    return code == ERR_OK ? router_new(&runner->router, runner->schema, err) : code;
}

static enum err_code load(struct runner *runner, struct err *err)
{
    const struct runner_options *options = runner->options;
    enum err_code code = load_schema(runner, err);
    if (code == ERR_OK)
        code = profile_load(&runner->profile, options->profile, err);
    if (code == ERR_OK)
        code = suite_new(&runner->suite, runner->schema, runner->router, err);
    if (code == ERR_OK)
        code = options->cases ? suite_add_directory(runner->suite, options->cases, err)
                              : suite_add_embedded(runner->suite, err);
    if (code == ERR_OK)
        code = suite_finish(runner->suite, err);
    if (code == ERR_OK && options->waivers)
        code = waivers_load(&runner->waivers, options->waivers, runner->suite, err);
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
    runner->strays++;
    buf_init(&text, 4096);
    buf_append_cstr(&text, "a call that belongs to no case under way reached the backend: ");
    escape_terminal_cut(&text, fields_value(&seen->headers, ":path"), 256);
    if (!text.failed) {
        log_debug(&runner->options->log, "%s", (const char *)text.data);
        if (runner->writer)
            results_writer_event(runner->writer, loop_now_us(runner->loop) - runner->start_us, (const char *)text.data);
    }
    buf_fini(&text);
}

static enum err_code open_relay(struct runner *runner, struct err *err)
{
    const struct runner_options *options = runner->options;
    char host[256];
    uint16_t port;
    if (address_parse(host, sizeof host, &port, options->backend, err) != ERR_OK)
        return err_prefix(err, "--backend");
    if (!address_is_loopback(host))
        log_warn(&options->log, "the backend listens on %s, not on loopback: anybody who reaches it can call it", host);
    struct backend_options backend = {
        .address = host,
        .port = port,
        .cert_file = options->backend_cert_file,
        .key_file = options->backend_key_file,
        .tls = options->backend_cert_file != NULL,
        .schema = runner->schema,
    };
    struct client_options front = {
        .host = runner->host,
        .port = runner->port,
        .tls = runner->tls,
        .cacert_file = options->cacert_file,
        .cert_file = options->cert_file,
        .key_file = options->key_file,
        .insecure = options->insecure,
        .reuse = options->repeat > 1,
        .max_connections = options->jobs,
    };
    struct relay_options relay = {
        .loop = runner->loop,
        .schema = runner->schema,
        .profile = runner->profile,
        .backend = &backend,
        .front = &front,
        .headers = &options->headers,
        .timeout_ms = options->timeout_ms,
    };
    return relay_new(&runner->relay, &relay, on_stray, runner, err);
}

static void on_signal(void *user, int signum)
{
    struct runner *runner = user;
    (void)signum;
    if (runner->interrupted) { /* the second time: at once, with what is on disk */
        if (runner->process)
            proxy_process_stop(runner->process);
        _exit(RUNNER_INTERRUPTED);
    }
    runner->interrupted = true;
    log_warn(&runner->options->log, "interrupted: writing the reports (once more to stop at once)");
    relay_cancel_all(runner->relay);
    loop_stop(runner->loop);
}

static enum err_code open_all(struct runner *runner, struct err *err)
{
    const struct runner_options *options = runner->options;
    enum err_code code = loop_new(&runner->loop, err);
    if (code == ERR_OK)
        code = load(runner, err);
    if (code == ERR_OK)
        code = address_parse_url(runner->host, sizeof runner->host, &runner->port, &runner->tls, options->url, err);
    if (code == ERR_OK)
        code = open_relay(runner, err);
    if (code == ERR_OK)
        code = results_writer_new(&runner->writer, options->results, options->results_copy, &options->headers,
                                  runner->schema, err);
    if (code == ERR_OK)
        code = loop_on_signal(runner->loop, SIGINT, on_signal, runner, err);
    if (code == ERR_OK)
        code = loop_on_signal(runner->loop, SIGTERM, on_signal, runner, err);
    if (code == ERR_OK && options->proxy_command)
        code = proxy_process_new(&runner->process, runner->loop, options->proxy_command,
                                 options->log.level == LOG_VERBOSE, err);
    if (code == ERR_OK && runner->process)
        code = proxy_process_start(runner->process, err);
    return code;
}

static void close_all(struct runner *runner)
{
    proxy_process_free(runner->process);
    relay_free(runner->relay);
    results_writer_free(runner->writer);
    for (size_t i = 0; i < runner->pair_count; i++) {
        for (size_t k = 0; k < runner->pairs[i].attempt_count; k++)
            free(runner->pairs[i].attempts[k]);
    }
    probes_fini(&runner->probes);
    waivers_free(runner->waivers);
    suite_free(runner->suite);
    profile_free(runner->profile);
    router_free(runner->router);
    schema_free(runner->schema);
    if (runner->loop)
        loop_free(runner->loop);
    arena_fini(&runner->arena);
}

/* ---- the run */

static void write_run(struct runner *runner, unsigned clients)
{
    struct result_pair *planned = arena_calloc(&runner->arena, runner->pair_count, sizeof *planned);
    if (!planned)
        return;
    for (size_t i = 0; i < runner->pair_count; i++) {
        planned[i].testcase = runner->pairs[i].plan->testcase;
        planned[i].client = runner->pairs[i].client;
    }
    struct result_run run = {
        .url = runner->options->url,
        .backend = runner->options->backend,
        .profile = runner->profile,
        .options = runner->options->arguments,
        .clients = clients,
        .suite = runner->suite,
    };
    runner->target = (struct commands_target){
        .url = runner->options->url,
        .backend = runner->options->backend,
        .profile = runner->options->profile,
        .cases = runner->options->cases,
        .proxy_command = runner->options->proxy_command,
        .cacert = runner->options->cacert_file,
        .insecure = runner->options->insecure,
    };
    results_writer_set_target(runner->writer, &runner->target);
    results_writer_run(runner->writer, &run, planned, runner->pair_count);
}

static unsigned wanted_clients(const struct runner *runner)
{
    unsigned wanted = 0;
    for (size_t i = 0; i < runner->pair_count; i++)
        wanted |= runner->pairs[i].client;
    return wanted;
}

/* NULL, or why nothing can be judged. */
static const char *preflight(struct runner *runner, unsigned wanted)
{
    struct preflight_options options = {
        .loop = runner->loop,
        .relay = runner->relay,
        .probes = &runner->probes,
        .profile = runner->profile,
        .schema = runner->schema,
        .url = runner->options->url,
        .backend = runner->options->backend,
        .clients = wanted,
        .ready_timeout_ms = runner->options->ready_timeout_ms,
        .process = runner->process,
        .interrupted = &runner->interrupted,
        .strays = &runner->strays,
    };
    if (!preflight_run(&runner->preflight, &options))
        return runner->preflight.diagnosis;
    for (unsigned client = CLIENT_H1; client <= CLIENT_H2; client <<= 1) {
        if (!(wanted & client) || runner->preflight.client_works[client])
            continue;
        if (runner->options->client_asked && (runner->options->selection.clients & client))
            return arena_printf(&runner->arena, "--client %s was asked for, and the proxy at %s does not speak it: %s",
                                client_name((enum testcase_client)client), runner->options->url,
                                runner->preflight.client_detail[client]);
        log_warn(&runner->options->log, "the proxy does not speak %s: those cases are skipped (%s)",
                 client_name((enum testcase_client)client), runner->preflight.client_detail[client]);
    }
    if (!runner->preflight.marker_arrives)
        log_warn(&runner->options->log, "the proxy drops the header x-transcheck-case: cases run one at a time");
    return NULL;
}

static int play(struct runner *runner)
{
    unsigned wanted = wanted_clients(runner);
    write_run(runner, wanted);
    progress_init(&runner->progress, &runner->options->log, runner->pair_count);
    const char *diagnosis = preflight(runner, wanted);
    if (runner->interrupted)
        return outcome_finish(runner, NULL);
    if (diagnosis) {
        log_error(&runner->options->log, "%s", diagnosis);
        return outcome_finish(runner, diagnosis);
    }
    pairs_exclude(runner);
    play_parallel(runner);
    play_alone(runner);
    return outcome_finish(runner, NULL);
}

int runner_main(bool *wrote, const struct runner_options *options)
{
    struct runner runner = {.options = options};
    struct err err;
    int code = RUNNER_USAGE;
    *wrote = false;
    arena_init(&runner.arena, 256u << 20);
    if (open_all(&runner, &err) != ERR_OK) {
        log_error(&options->log, "%s", err.text);
    } else {
        runner.start_us = loop_now_us(runner.loop);
        *wrote = true;
        code = play(&runner);
    }
    close_all(&runner);
    return code;
}
