/* Finds out before the first case what works at all. */
#include "harness/run/preflight.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/base/embed.h"
#include "harness/run/diagnosis.h"
#include "harness/run/health.h"
#include "harness/run/waiting.h"

#define PROBES       "cases/probes/"
#define ORDINARY     "/ordinary" /* the end of its id */
#define RETRY_MS     100
#define ROUNDS_AFTER 3    /* for the other client, once one works */
#define HOPELESS_MS  1000 /* how long an obstacle is seen before it counts as one that does not pass */

/* ---- probes */

enum err_code probes_load(struct probes *probes, const struct schema *schema, const struct router *router,
                          struct arena *arena, struct err *err)
{
    memset(probes, 0, sizeof *probes);
    enum err_code code = suite_new(&probes->suite, schema, router, err);
    for (size_t i = 0; i < embed_count() && code == ERR_OK; i++) {
        struct embedded_file file = embed_at(i);
        if (strncmp(file.name, PROBES, strlen(PROBES)) == 0)
            code = suite_add_file(probes->suite, file.name, file.bytes, err);
    }
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
        const struct testcase *testcase = probes->plans[i].testcase;
        if (strcmp(strchr(testcase->id, '/'), ORDINARY) == 0)
            probes->ordinary_of[testcase->mode] = &probes->plans[i];
    }
    probes->ordinary = probes->ordinary_of[MODE_TRANSCODER];
    for (int mode = 0; mode < MODE_COUNT; mode++) {
        if (!probes->ordinary_of[mode])
            return err_set(err, ERR_NOT_FOUND, PROBES "*.json have no ordinary call of the mode %s",
                           mode_name((enum mode)mode));
    }
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

/* Whether the exchange came out right; else `wrong` says what was not. */
static bool comes_out_right(const struct exchange *exchange, const struct preflight_options *options, char *wrong,
                            size_t size)
{
    struct arena arena;
    arena_init(&arena, 16u << 20);
    const char *text = health_judge(exchange, options->profile, options->schema, &arena);
    snprintf(wrong, size, "%s", text ? text : "");
    arena_fini(&arena);
    return !text;
}

/* Of several modes the one whose ordinary call comes out right is what the proxy is. */
static bool reached(const struct preflight *preflight, const struct exchange *exchange,
                    const struct preflight_options *options)
{
    const struct testcase *testcase = exchange->plan->testcase;
    char wrong[1];
    if (preflight->several_modes)
        return comes_out_right(exchange, options, wrong, sizeof wrong);
    if (testcase->mode != MODE_TRANSCODER)
        return exchange->calls != NULL;
    for (const struct call_seen *call = exchange->calls; call && testcase->rpc; call = call->next) {
        if (span_equal(fields_value(&call->headers, ":path"), testcase->rpc->path))
            return true; /* whatever else it calls */
    }
    return false;
}

/* Which obstacle was seen in each round since when. */
struct obstacle_seen {
    enum obstacle obstacle;
    uint64_t since_us;
};

static void keep_server(struct preflight *preflight, struct span server)
{
    size_t len = server.len < PREFLIGHT_MAX_SERVER ? server.len : PREFLIGHT_MAX_SERVER;
    snprintf(preflight->server, sizeof preflight->server, "%.*s", (int)len,
             server.data ? (const char *)server.data : "");
}

static bool try_client(struct preflight *preflight, const struct preflight_options *options, enum mode mode,
                       enum testcase_client client, struct last_seen *last)
{
    const struct plan *ordinary = options->probes->ordinary_of[mode];
    char *detail = preflight->client_detail[mode][client];
    struct exchange *exchange = preflight_play(options->ends, options->relay, ordinary, client);
    if (!exchange)
        return false;
    bool works = reached(preflight, exchange, options);
    if (works) {
        if (!preflight->client_works[CLIENT_H1] && !preflight->client_works[CLIENT_H2])
            options->probes->ordinary = ordinary;
        preflight->client_works[client] = true;
        preflight->works[mode] |= client;
        preflight->marker_arrives = exchange->marker_arrived;
        keep_server(preflight, fields_value(&exchange->response.headers, "server"));
    } else {
        describe(detail, sizeof preflight->client_detail[mode][client], exchange);
        last->passed_on = last->passed_on || exchange->calls != NULL;
        const struct response_seen *seen = &exchange->response;
        if (!last->connected || seen->status != 0) { /* the client that got further tells more */
            last->status = seen->status;
            last->ending = seen->ending;
            memcpy(last->detail, detail, sizeof last->detail);
        }
        last->connected = last->connected || seen->ending != ENDING_REFUSED;
    }
    exchange_release(exchange);
    return works;
}

/* One try in each mode, with each client, that is wanted and does not work yet; false when one of them does not. */
static bool try_clients(struct preflight *preflight, const struct preflight_options *options, struct last_seen *round)
{
    static const enum testcase_client order[] = {CLIENT_H1, CLIENT_H2};
    bool all = true;
    memset(round, 0, sizeof *round);
    for (int mode = 0; mode < MODE_COUNT; mode++) {
        if (!(options->modes & 1u << mode))
            continue;
        unsigned clients = options->clients & options->probes->ordinary_of[mode]->testcase->clients;
        for (size_t i = 0; i < 2 && !*options->interrupted; i++) {
            if (clients & order[i] & ~preflight->works[mode])
                all = try_client(preflight, options, (enum mode)mode, order[i], round) && all;
        }
    }
    return all;
}

/* Whether what stands in the way has stood there long enough: it does not go by waiting. */
static bool is_hopeless(struct obstacle_seen *seen, const struct last_seen *round, uint64_t now_us)
{
    if (round->obstacle != seen->obstacle) {
        seen->obstacle = round->obstacle;
        seen->since_us = now_us;
    }
    return round->obstacle != OBSTACLE_NONE && now_us - seen->since_us >= HOPELESS_MS * 1000;
}

static bool find_clients(struct preflight *preflight, const struct preflight_options *options, struct waiting *waiting)
{
    struct ends *ends = options->ends;
    struct obstacle_seen seen = {.obstacle = OBSTACLE_NONE};
    struct last_seen round;
    size_t rounds_left = ROUNDS_AFTER;
    for (;;) {
        bool all = try_clients(preflight, options, &round);
        bool any = preflight->client_works[CLIENT_H1] || preflight->client_works[CLIENT_H2];
        if (all || *options->interrupted || (any && --rounds_left == 0))
            return any;
        waiting_detail(waiting, round.detail);
        if (!any) {
            diagnosis_find(&round, ends, options->url);
            if (ends_process_gone(ends) || is_hopeless(&seen, &round, ends_now_us(ends)) ||
                ends_now_us(ends) >= waiting->until_us)
                break;
        }
        ends_wait_ms(ends, RETRY_MS);
    }
    struct diagnosis_subject subject = {
        .url = options->url, .backend = options->backend, .path = options->probes->ordinary->testcase->request.path};
    diagnosis_write(preflight->diagnosis, ends, &subject, &round);
    return false;
}

/* ---- capabilities */

static bool is_refusal(int status)
{
    return status == 404 || status == 405 || status == 415 || status == 501;
}

/* A transcoder that has a method calls it, and refuses what it does not know. */
static void read_transcoder(struct preflight_capability *capability, const struct exchange *exchange)
{
    const struct response_seen *seen = &exchange->response;
    capability->works = exchange->call_count > 0;
    capability->refused = !capability->works && is_refusal(seen->status);
    if (seen->status)
        snprintf(capability->detail, sizeof capability->detail, "a plain request for it was answered %d", seen->status);
    else
        snprintf(capability->detail, sizeof capability->detail, "a plain request for it ended: %s",
                 ending_name(seen->ending));
}

/* A bridge may hand on to the backend what it does not know, and a call says nothing: the probe has to come out right.
 * An error of the proxy's, or no whole answer, is a fault, and no sign that it lacks something. */
static void read_bridge(struct preflight_capability *capability, const struct exchange *exchange,
                        const struct preflight_options *options)
{
    char wrong[sizeof capability->detail - 40];
    const struct response_seen *seen = &exchange->response;
    capability->works = comes_out_right(exchange, options, wrong, sizeof wrong);
    capability->refused =
        !capability->works && seen->ending == ENDING_COMPLETE && (seen->status < 500 || is_refusal(seen->status));
    snprintf(capability->detail, sizeof capability->detail, "a plain request for it came out %s%s",
             capability->works ? "right" : "as ", wrong);
}

static void probe_capability(struct preflight *preflight, const struct preflight_options *options,
                             const struct plan *plan, const char *name, enum testcase_client client)
{
    if (preflight->capability_count == PREFLIGHT_MAX_CAPABILITIES)
        return;
    struct preflight_capability *capability = &preflight->capabilities[preflight->capability_count++];
    *capability = (struct preflight_capability){.name = name};
    struct exchange *exchange = preflight_play(options->ends, options->relay, plan, client);
    if (!exchange)
        return;
    if (plan->testcase->mode == MODE_TRANSCODER)
        read_transcoder(capability, exchange);
    else
        read_bridge(capability, exchange, options);
    exchange_release(exchange);
}

static void probe_capabilities(struct preflight *preflight, const struct preflight_options *options)
{
    struct waiting waiting;
    waiting_begin(&waiting, options->ends, options->log, 0, "answers to plain requests for what the proxy may lack");
    for (size_t i = 0; i < options->probes->count && !*options->interrupted; i++) {
        const struct plan *plan = &options->probes->plans[i];
        bool wanted = preflight->works[plan->testcase->mode] != 0;
        enum testcase_client client = preflight_client(preflight, plan->testcase->mode);
        for (size_t k = 0; wanted && plan->testcase->needs && plan->testcase->needs[k]; k++) {
            waiting_detail(&waiting, plan->testcase->needs[k]);
            probe_capability(preflight, options, plan, plan->testcase->needs[k], client);
        }
    }
    waiting_end(&waiting);
}

bool preflight_run(struct preflight *preflight, const struct preflight_options *options)
{
    char what[320];
    struct waiting waiting;
    memset(preflight, 0, sizeof *preflight);
    preflight->several_modes = (options->modes & (options->modes - 1)) != 0;
    for (int mode = MODE_COUNT - 1; mode >= 0; mode--) {
        if (options->modes & 1u << mode)
            options->probes->ordinary = options->probes->ordinary_of[mode];
    }
    relay_set_marker_known(options->relay, false);
    snprintf(what, sizeof what, "the proxy at %.255s", options->url);
    waiting_begin(&waiting, options->ends, options->log, ends_now_us(options->ends) + options->ready_timeout_ms * 1000,
                  what);
    bool works = find_clients(preflight, options, &waiting);
    waiting_end(&waiting);
    if (!works)
        return false;
    relay_set_marker_known(options->relay, preflight->marker_arrives);
    probe_capabilities(preflight, options);
    return true;
}

enum testcase_client preflight_client(const struct preflight *preflight, enum mode mode)
{
    return preflight->works[mode] & CLIENT_H1 ? CLIENT_H1 : CLIENT_H2;
}

bool preflight_works(const struct preflight *preflight, enum mode mode, enum testcase_client client,
                     const char **detail)
{
    *detail = preflight->client_detail[mode][client];
    return preflight->works[mode] & client;
}

static const struct preflight_capability *probed(const struct preflight *preflight, const char *capability)
{
    for (size_t i = 0; i < preflight->capability_count; i++) {
        if (strcmp(preflight->capabilities[i].name, capability) == 0)
            return &preflight->capabilities[i];
    }
    return NULL;
}

const char *preflight_capability_detail(const struct preflight *preflight, const char *capability)
{
    const struct preflight_capability *probe = probed(preflight, capability);
    return probe ? probe->detail : "";
}

enum capability_state preflight_capability_state(const struct preflight *preflight, const struct profile *profile,
                                                 const char *capability)
{
    const struct preflight_capability *probe = probed(preflight, capability);
    if (profile_lacks(profile, capability))
        return probe && probe->works ? CAPABILITY_PLAYED : CAPABILITY_LACKED;
    if (!probe || !probe->refused)
        return CAPABILITY_PLAYED; /* not refused in order: its cases say what is wrong */
    return profile_is_any(profile) ? CAPABILITY_UNDECLARED : CAPABILITY_DENIED;
}
