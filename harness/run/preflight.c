#include "harness/run/preflight.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/base/embed.h"
#include "harness/base/escape.h"

#define PROBES_FILE  "cases/probes/probes.json"
#define ORDINARY_ID  "probes/ordinary"
#define RETRY_MS     100
#define ROUNDS_AFTER 3 /* for the other client, once one works */

/* ---- probes */

enum err_code probes_load(struct probes *probes, const struct schema *schema, const struct router *router,
                          struct arena *arena, struct err *err)
{
    struct span json;
    memset(probes, 0, sizeof *probes);
    if (!embed_find(PROBES_FILE, &json))
        return err_set(err, ERR_NOT_FOUND, "%s is not part of this binary", PROBES_FILE);
    enum err_code code = suite_new(&probes->suite, schema, router, err);
    if (code == ERR_OK)
        code = suite_add_file(probes->suite, PROBES_FILE, json, err);
    if (code == ERR_OK)
        code = suite_finish(probes->suite, err);
    if (code != ERR_OK)
        return code;
    probes->count = suite_count(probes->suite);
    probes->plans = arena_calloc(arena, probes->count, sizeof *probes->plans);
    if (!probes->plans)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < probes->count; i++) {
        plan_init(&probes->plans[i], suite_at(probes->suite, i));
        if (strcmp(probes->plans[i].testcase->id, ORDINARY_ID) == 0)
            probes->ordinary = &probes->plans[i];
    }
    if (!probes->ordinary)
        return err_set(err, ERR_NOT_FOUND, "%s has no case %s", PROBES_FILE, ORDINARY_ID);
    return ERR_OK;
}

void probes_fini(struct probes *probes)
{
    suite_free(probes->suite);
    probes->suite = NULL;
}

struct wait {
    struct exchange *ended;
};

static void on_end(void *user, struct exchange *exchange)
{
    struct wait *wait = user;
    wait->ended = exchange;
}

struct exchange *preflight_play(struct ends *ends, struct relay *relay, const struct plan *plan,
                                enum testcase_client client)
{
    struct wait wait = {0};
    if (!exchange_start(relay, plan, client, on_end, &wait))
        return NULL;
    while (!wait.ended)
        ends_turn(ends, 1000);
    return wait.ended;
}

/* ---- what one ordinary call showed */

static void describe(char *out, size_t size, const struct exchange *exchange)
{
    const struct response_seen *seen = &exchange->response;
    if (seen->status != 0)
        snprintf(out, size, "answered %d without calling the backend", seen->status);
    else
        snprintf(out, size, "%s%s%s", ending_name(seen->ending), seen->detail[0] ? ": " : "", seen->detail);
}

static bool reached(const struct exchange *exchange)
{
    const struct testcase *testcase = exchange->plan->testcase;
    return exchange->calls && testcase->rpc &&
           span_equal(fields_value(&exchange->calls->headers, ":path"), testcase->rpc->path);
}

static bool is_upstream_status(int status)
{
    return status == 502 || status == 503 || status == 504;
}

struct last_seen {
    bool passed_on; /* a call arrived, but not as the gRPC method */
    bool connected;
    int status;
    enum ending ending;
    char detail[320];
};

static void diagnose(struct preflight *preflight, const struct preflight_options *options, const struct last_seen *last)
{
    char *out = preflight->diagnosis;
    size_t size = sizeof preflight->diagnosis;
    if (ends_process_gone(options->ends)) {
        snprintf(out, size,
                 "the proxy command ended by itself (%s) before a call got through; run it by hand to see why",
                 options->ends->class->process_death(options->ends)->text);
    } else if (last->passed_on || *options->strays > 0) {
        snprintf(
            out, size,
            "the proxy at %s passes requests on to the backend without transcoding them: the descriptors are not "
            "loaded, or the service is not named in its configuration (see `transcheck descriptors` and `transcheck "
            "config`)",
            options->url);
    } else if (last->ending == ENDING_REFUSED || !last->connected) {
        snprintf(out, size, "the proxy is unreachable at %s (%s); start it, or correct the URL", options->url,
                 last->detail);
    } else if (is_upstream_status(last->status)) {
        snprintf(
            out, size,
            "the proxy at %s answers %d and no call reaches the backend: its upstream is not at %s; point its upstream "
            "there (HTTP/2, cleartext unless --backend-cert is given), or change --backend",
            options->url, last->status, options->backend);
    } else if (last->status == 0) {
        snprintf(out, size,
                 "the proxy at %s does not answer an ordinary request (%s), and no call reaches the backend at %s",
                 options->url, last->detail, options->backend);
    } else {
        snprintf(out, size,
                 "the proxy at %s answers %d to GET %.*s and no call reaches the backend: the descriptors are not "
                 "loaded, or "
                 "its route does not lead to the service (see `transcheck descriptors` and `transcheck config`)",
                 options->url, last->status, SPAN_FMT(options->probes->ordinary->testcase->request.path));
    }
}

static bool try_client(struct preflight *preflight, const struct preflight_options *options,
                       enum testcase_client client, struct last_seen *last)
{
    struct exchange *exchange = preflight_play(options->ends, options->relay, options->probes->ordinary, client);
    if (!exchange)
        return false;
    bool works = reached(exchange);
    if (works) {
        preflight->client_works[client] = true;
        preflight->marker_arrives = exchange->marker_arrived;
    } else {
        describe(preflight->client_detail[client], sizeof preflight->client_detail[client], exchange);
        last->passed_on = last->passed_on || exchange->calls != NULL;
        const struct response_seen *seen = &exchange->response;
        if (!last->connected || seen->status != 0) { /* the client that got further tells more */
            last->status = seen->status;
            last->ending = seen->ending;
            memcpy(last->detail, preflight->client_detail[client], sizeof last->detail);
        }
        last->connected = last->connected || seen->ending != ENDING_REFUSED;
    }
    exchange_release(exchange);
    return works;
}

static bool find_clients(struct preflight *preflight, const struct preflight_options *options)
{
    static const enum testcase_client order[] = {CLIENT_H1, CLIENT_H2};
    uint64_t until_us = ends_now_us(options->ends) + options->ready_timeout_ms * 1000;
    struct last_seen last = {0};
    bool any = false;
    size_t rounds_left = ROUNDS_AFTER;
    do {
        bool all = true;
        struct last_seen round = {0};
        for (size_t i = 0; i < 2; i++) {
            if ((options->clients & order[i]) && !preflight->client_works[order[i]])
                all = try_client(preflight, options, order[i], &round) && all;
            any = any || preflight->client_works[order[i]];
        }
        last = round;
        if (all || *options->interrupted || (any && --rounds_left == 0))
            break;
        if (ends_process_gone(options->ends) && ends_process_deaths(options->ends))
            break;
        ends_wait_ms(options->ends, RETRY_MS);
    } while (any || ends_now_us(options->ends) < until_us);
    if (!any)
        diagnose(preflight, options, &last);
    return any;
}

/* ---- capabilities */

static bool is_refusal(int status)
{
    return status == 404 || status == 405 || status == 415 || status == 501;
}

static void probe_capability(struct preflight *preflight, const struct preflight_options *options,
                             const struct plan *plan, const char *name, enum testcase_client client)
{
    if (preflight->capability_count == PREFLIGHT_MAX_CAPABILITIES)
        return;
    struct preflight_capability *capability = &preflight->capabilities[preflight->capability_count++];
    *capability = (struct preflight_capability){.name = name, .probed = true, .works = true};
    struct exchange *exchange = preflight_play(options->ends, options->relay, plan, client);
    if (!exchange)
        return;
    capability->works = exchange->call_count > 0;
    bool documented = profile_lacks(options->profile, name) != NULL;
    if (!capability->works && !documented && !is_refusal(exchange->response.status))
        capability->works = true; /* not refused in order: its cases say what is wrong */
    if (exchange->response.status)
        snprintf(capability->detail, sizeof capability->detail, "a plain request for it was answered %d",
                 exchange->response.status);
    else
        snprintf(capability->detail, sizeof capability->detail, "a plain request for it ended: %s",
                 ending_name(exchange->response.ending));
    exchange_release(exchange);
}

bool preflight_run(struct preflight *preflight, const struct preflight_options *options)
{
    memset(preflight, 0, sizeof *preflight);
    preflight->marker_arrives = false;
    relay_set_marker_known(options->relay, false);
    if (!find_clients(preflight, options))
        return false;
    relay_set_marker_known(options->relay, preflight->marker_arrives);
    enum testcase_client client = preflight->client_works[CLIENT_H1] ? CLIENT_H1 : CLIENT_H2;
    for (size_t i = 0; i < options->probes->count && !*options->interrupted; i++) {
        const struct plan *plan = &options->probes->plans[i];
        for (size_t k = 0; plan->testcase->needs && plan->testcase->needs[k]; k++)
            probe_capability(preflight, options, plan, plan->testcase->needs[k], client);
    }
    return true;
}

bool preflight_supports(const struct preflight *preflight, const struct profile *profile, const char *capability,
                        struct arena *arena, const char **why)
{
    const char *documented = profile_lacks(profile, capability);
    for (size_t i = 0; i < preflight->capability_count; i++) {
        const struct preflight_capability *probed = &preflight->capabilities[i];
        if (strcmp(probed->name, capability) != 0)
            continue;
        if (probed->works)
            return true;
        *why = arena_printf(arena, "%s: %s%s%s", capability, documented ? documented : "refused by this proxy",
                            probed->detail[0] ? "; " : "", probed->detail);
        return false;
    }
    if (!documented)
        return true;
    *why = arena_printf(arena, "%s: %s", capability, documented);
    return false;
}
