/* Plays the pairs: in parallel first, then alone what failed or disturbs. */
#include <stdio.h>
#include <stdlib.h>

#include "harness/run/runner_impl.h"
#include "harness/run/waiting.h"

#define GONE_MS         2000 /* without --proxy-cmd: how long an unreachable proxy is asked before it counts as dead */
#define PARALLEL_DEATHS 2    /* of the proxy, before the rest is played alone */

static const char lost_meanwhile[] = "in parallel; a connection or the proxy was lost meanwhile";

/* One play of a pair, with the ordinary request that follows it where the case asks for one. */
struct play {
    struct runner *runner;
    struct pair *pair;
    struct exchange *exchange; /* ended */
    struct exchange *ordinary; /* ended */
    const char *hurt;          /* why it cannot count, whatever came of it; NULL: nothing is known */
};

static bool asks_health(const struct testcase *testcase)
{
    return testcase->checks_health || testcase->disturbs || testcase->expects_unreached;
}

static bool looks_dead(const struct exchange *exchange)
{
    enum ending ending = exchange->response.ending;
    return ending == ENDING_REFUSED || ending == ENDING_CONN_RESET || ending == ENDING_CUT;
}

static void judge(struct runner *runner, const struct exchange *exchange, const struct health_seen *health,
                  struct check_result *result, struct arena *arena)
{
    struct check_input input = {
        .testcase = exchange->plan->testcase,
        .client = exchange->client,
        .profile = runner->profile,
        .schema = runner->schema,
        .response = &exchange->response,
        .calls = exchange->calls,
        .health = *health,
        .over_budget = exchange->over_budget,
    };
    check_run(result, &input, arena);
}

/* Keeps what was seen of a play that does not count. */
static void remember(struct pair *pair, enum verdict verdict, const char *note, const struct check_result *result)
{
    if (pair->attempt_count == RUNNER_MAX_ATTEMPTS)
        return;
    char *text = result_attempt_text(verdict, note, result);
    if (text)
        pair->attempts[pair->attempt_count++] = text;
}

/* ---- in parallel */

static void parallel_judged(struct play *play, const struct health_seen *health, struct arena *arena)
{
    struct runner *runner = play->runner;
    struct pair *pair = play->pair;
    struct exchange *exchange = play->exchange;
    struct check_result result;
    judge(runner, exchange, health, &result, arena);
    pair->finished++;
    pair->total_us += exchange->end_us - exchange->start_us;
    bool good = result.verdict == VERDICT_PASS || result.verdict == VERDICT_ACCEPTABLE;
    if (pair->state != PAIR_PARALLEL)
        return; /* an earlier repetition sent it to the second round already */
    if (!good || play->hurt) {
        pair->state = PAIR_ALONE;
        pair->rerun = true;
        remember(pair, result.verdict, play->hurt ? play->hurt : "in parallel with others", &result);
        return;
    }
    if (result.verdict > pair->verdict)
        pair->verdict = result.verdict;
    if (pair->finished == runner->options->repeat)
        outcome_write(runner, pair, pair->verdict, NULL, &result, exchange, health);
}

static void parallel_ended(struct play *play)
{
    struct runner *runner = play->runner;
    struct health_seen health = {0};
    struct arena arena;
    arena_init(&arena, 16u << 20);
    if (play->ordinary) {
        const char *wrong = health_judge(play->ordinary, runner->profile, runner->schema, &arena);
        health = (struct health_seen){.asked = true, .attempts = 1, .healthy = !wrong, .detail = wrong};
    }
    if (play->exchange->collateral || (play->ordinary && play->ordinary->collateral))
        play->hurt = lost_meanwhile;
    parallel_judged(play, &health, &arena);
    arena_fini(&arena);
    play->pair->in_flight--;
    runner->in_flight--;
    exchange_release(play->exchange);
    if (play->ordinary)
        exchange_release(play->ordinary);
    free(play);
}

static void on_ordinary_end(void *user, struct exchange *exchange)
{
    struct play *play = user;
    play->ordinary = exchange;
    parallel_ended(play);
}

static void on_case_end(void *user, struct exchange *exchange)
{
    struct play *play = user;
    struct runner *runner = play->runner;
    play->exchange = exchange;
    runner->suspicious = runner->suspicious || looks_dead(exchange);
    if (looks_dead(exchange) && ends_process_gone(runner->ends))
        play->hurt = lost_meanwhile;
    if (asks_health(exchange->plan->testcase) && !runner->interrupted) {
        if (exchange_start(runner->relay, runner->probes.ordinary, exchange->client, on_ordinary_end, play))
            return;
        play->hurt = "in parallel; there was no memory for the ordinary request that follows";
    }
    parallel_ended(play);
}

static struct pair *next_parallel(struct runner *runner)
{
    for (size_t n = 0; n < runner->pair_count; n++) {
        struct pair *pair = &runner->pairs[(runner->next + n) % runner->pair_count];
        if (pair->state == PAIR_PARALLEL && pair->started < runner->options->repeat) {
            runner->next = (size_t)(pair - runner->pairs) + 1;
            return pair;
        }
    }
    return NULL;
}

static bool start_parallel(struct runner *runner, struct pair *pair)
{
    struct play *play = calloc(1, sizeof *play);
    if (!play)
        return false;
    play->runner = runner;
    play->pair = pair;
    struct exchange *exchange = exchange_start(runner->relay, pair->plan, pair->client, on_case_end, play);
    if (!exchange) {
        free(play);
        return false;
    }
    exchange->owner = pair;
    pair->started++;
    pair->in_flight++;
    runner->in_flight++;
    return true;
}

static bool restart_proxy(struct runner *runner);

/* Without a marker, calls can only be told apart when one case runs at a time. */
static size_t job_limit(const struct runner *runner)
{
    size_t jobs = runner->options->jobs;
    long long limit = profile_number(runner->profile, "parallel", 0);
    if (limit > 0 && (size_t)limit < jobs)
        jobs = (size_t)limit;
    return runner->preflight.marker_arrives ? jobs : 1;
}

static bool process_died(const struct runner *runner)
{
    return ends_process_gone(runner->ends);
}

void play_parallel(struct runner *runner)
{
    size_t jobs = job_limit(runner);
    unsigned deaths = 0;
    while (!runner->interrupted && !runner->proxy_gone) {
        if (process_died(runner)) {
            relay_mark_collateral(runner->relay);
            while (runner->in_flight && !runner->interrupted)
                ends_turn(runner->ends, 100);
            if (++deaths >= PARALLEL_DEATHS || !restart_proxy(runner))
                break;
        }
        struct pair *pair = NULL;
        while (runner->in_flight < jobs && (pair = next_parallel(runner)) != NULL) {
            if (!start_parallel(runner, pair))
                break;
        }
        if (runner->in_flight == 0)
            break;
        ends_turn(runner->ends, 100);
    }
    if (runner->interrupted)
        relay_cancel_all(runner->relay);
    while (runner->in_flight)
        ends_turn(runner->ends, 100);
    for (size_t i = 0; i < runner->pair_count; i++) {
        if (runner->pairs[i].state == PAIR_PARALLEL)
            runner->pairs[i].state = PAIR_ALONE;
    }
}

/* ---- alone */

/* Waits until the proxy that was started again answers; not longer than it lives. */
static bool wait_ready(struct runner *runner)
{
    uint64_t until_us = ends_now_us(runner->ends) + runner->options->ready_timeout_ms * 1000;
    struct waiting waiting;
    waiting_begin(&waiting, runner->ends, &runner->options->log, until_us, "the proxy that was started again");
    enum testcase_client client = runner->preflight.client_works[CLIENT_H1] ? CLIENT_H1 : CLIENT_H2;
    bool ready = false;
    while (!ready && !runner->interrupted && !ends_process_gone(runner->ends) && ends_now_us(runner->ends) < until_us) {
        struct exchange *exchange = preflight_play(runner->ends, runner->relay, runner->probes.ordinary, client);
        if (exchange) {
            ready = exchange->call_count > 0;
            exchange_release(exchange);
        }
        if (!ready)
            ends_turn(runner->ends, 50);
    }
    waiting_end(&waiting);
    return ready;
}

/* Starts the proxy again and waits until it answers. */
static bool restart_proxy(struct runner *runner)
{
    struct err err;
    bool given_up = ends_process_deaths(runner->ends) > RUNNER_MAX_DEATHS;
    outcome_tell_death(runner, given_up ? " too often: it is not started again" : " and is started again");
    runner->proxy_gone = true;
    if (given_up)
        return false;
    if (runner->ends->class->process_start(runner->ends, &err) != ERR_OK) {
        log_error(&runner->options->log, "%s", err.text);
        return false;
    }
    runner->proxy_gone = !wait_ready(runner);
    if (ends_process_gone(runner->ends))
        outcome_tell_death(runner, " before it answered: the rest is skipped");
    else if (runner->proxy_gone && !runner->interrupted)
        log_warn(&runner->options->log, "the proxy that was started again does not answer: the rest is skipped");
    return !runner->proxy_gone;
}

/* Without --proxy-cmd, a proxy that cannot be reached any more is dead for us. */
static bool unreachable(struct runner *runner, enum testcase_client client)
{
    uint64_t until_us = ends_now_us(runner->ends) + GONE_MS * 1000;
    do {
        struct exchange *exchange = preflight_play(runner->ends, runner->relay, runner->probes.ordinary, client);
        if (!exchange)
            return false;
        bool refused = exchange->response.ending == ENDING_REFUSED;
        exchange_release(exchange);
        if (!refused)
            return false;
        ends_wait_ms(runner->ends, 100);
    } while (!runner->interrupted && ends_now_us(runner->ends) < until_us);
    return true;
}

/* Health comes after a case that asks for it, and after one that ended so badly that the proxy may be gone. false when
 * there was no memory to find out. */
static bool ask_health(struct runner *runner, const struct exchange *exchange, struct health_seen *health,
                       unsigned deaths_before, struct arena *arena)
{
    bool suspicious = looks_dead(exchange);
    health_process(health, runner->ends, deaths_before, suspicious, arena);
    if (health->process_died || runner->interrupted)
        return true;
    if (!runner->ends->has_process && suspicious && unreachable(runner, exchange->client)) {
        runner->proxy_gone = true;
        health->process_known = true;
        health->process_died = true;
        health->detail = "the proxy cannot be reached any more";
        return true;
    }
    if (!asks_health(exchange->plan->testcase) && !suspicious)
        return true;
    bool known = health_ask(health, runner->ends, runner->relay, &runner->probes, runner->profile, runner->schema,
                            exchange->client, arena);
    health_process(health, runner->ends, deaths_before, !health->healthy, arena);
    return known || health->process_died;
}

static void on_alone_end(void *user, struct exchange *exchange)
{
    struct exchange **ended = user;
    *ended = exchange;
}

/* Plays a pair to its end. NULL when out of memory. */
static struct exchange *play_once(struct runner *runner, struct pair *pair)
{
    struct exchange *ended = NULL;
    struct exchange *exchange = exchange_start(runner->relay, pair->plan, pair->client, on_alone_end, &ended);
    if (!exchange)
        return NULL;
    exchange->owner = pair;
    while (!ended)
        ends_turn(runner->ends, 1000);
    return ended;
}

static void play_pair_alone(struct runner *runner, struct pair *pair)
{
    unsigned deaths_before = ends_process_deaths(runner->ends);
    struct exchange *exchange = play_once(runner, pair);
    if (!exchange) {
        outcome_write(runner, pair, VERDICT_ERROR, "out of memory", NULL, NULL, NULL);
        return;
    }
    if (runner->interrupted) {
        exchange_release(exchange);
        return;
    }
    struct arena arena;
    struct check_result result;
    struct health_seen health = {0};
    arena_init(&arena, 16u << 20);
    bool known = ask_health(runner, exchange, &health, deaths_before, &arena);
    if (!known && !runner->interrupted) {
        outcome_write(runner, pair, VERDICT_ERROR, "out of memory", NULL, exchange, NULL);
    } else if (!runner->interrupted) {
        judge(runner, exchange, &health, &result, &arena);
        pair->finished++;
        pair->total_us += exchange->end_us - exchange->start_us;
        outcome_write(runner, pair, result.verdict, pair->rerun ? "run again alone" : NULL, &result, exchange, &health);
    }
    arena_fini(&arena);
    exchange_release(exchange);
}

/* First what ran in parallel before, then what disturbs, so that a killer cannot take the others with it. */
static void play_round(struct runner *runner, bool disturbing)
{
    for (size_t i = 0; i < runner->pair_count && !runner->interrupted && !runner->proxy_gone; i++) {
        struct pair *pair = &runner->pairs[i];
        if (pair->state != PAIR_ALONE || pair->plan->testcase->disturbs != disturbing)
            continue;
        if (process_died(runner) && !restart_proxy(runner))
            break;
        play_pair_alone(runner, pair);
    }
}

void play_alone(struct runner *runner)
{
    struct health_seen health = {0};
    /* A death in parallel becomes known now at the latest, or the first case played alone would be taken for its cause.
     */
    health_process(&health, runner->ends, ends_process_deaths(runner->ends), runner->suspicious, &runner->arena);
    play_round(runner, false);
    play_round(runner, true);
}
