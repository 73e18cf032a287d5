/* Plays pairs beside one another. What fails there, or disturbs, is left to alone.c. */
#include <stdio.h>
#include <stdlib.h>

#include "harness/run/runner_impl.h"
#include "harness/run/together.h"
#include "harness/run/waiting.h"

#define GONE_MS         2000 /* without --proxy-cmd: how long an unreachable proxy is asked before it counts as dead */
#define PARALLEL_DEATHS 2    /* of the proxy, before the rest is played alone */

static const char unmarked_meanwhile[] = "in parallel; a backend call without a marker came meanwhile";
static const char shed_meanwhile[] = "in parallel; the proxy answered by itself, as it does under load";
static const char lost_meanwhile[] = "in parallel; a connection or the proxy was lost meanwhile";

/* One play of a pair, with the ordinary request that follows it where the case asks for one. */
struct play {
    struct runner *runner;
    struct pair *pair;
    struct exchange *exchange; /* ended */
    struct exchange *ordinary; /* ended */
    unsigned deaths_before;    /* of the proxy */
    const char *hurt;          /* why it cannot count, whatever came of it; NULL: nothing is known */
};

bool play_asks_health(const struct testcase *testcase)
{
    return testcase->checks_health || testcase->disturbs || testcase->expects_unreached;
}

bool play_looks_dead(const struct exchange *exchange)
{
    bool dead = false;
    for (size_t i = 0; i < exchange_count(exchange); i++) {
        enum ending ending = exchange_member(exchange, i)->response.ending;
        dead = dead || ending == ENDING_REFUSED || ending == ENDING_CONN_RESET || ending == ENDING_CUT;
    }
    return dead;
}

static bool never_connected(const struct exchange *exchange)
{
    const struct transcript *transcript = &exchange->response.transcript;
    for (size_t i = 0; i < transcript->count; i++) {
        if (transcript->events[i].kind == TRANSCRIPT_CONNECT)
            return false;
    }
    return exchange->response.ending == ENDING_REFUSED;
}

bool play_never_connected(const struct exchange *exchange)
{
    bool never = true;
    for (size_t i = 0; i < exchange_count(exchange); i++)
        never = never && never_connected(exchange_member(exchange, i));
    return never;
}

static struct check_input input_of(const struct runner *runner, const struct exchange *exchange,
                                   const struct health_seen *health)
{
    return (struct check_input){
        .testcase = exchange->plan->testcase,
        .client = exchange->client,
        .profile = runner->profile,
        .schema = runner->schema,
        .response = &exchange->response,
        .calls = exchange->calls,
        .health = *health,
        .over_budget = exchange->over_budget,
        .not_played = exchange->not_played,
    };
}

void play_judge(struct runner *runner, const struct exchange *exchange, const struct health_seen *health,
                struct check_result *result, struct arena *arena)
{
    struct check_input inputs[TESTCASE_MAX_EXCHANGES] = {input_of(runner, exchange, health)};
    if (!exchange->group) {
        check_run(result, &inputs[0], arena);
        return;
    }
    *result = (struct check_result){.verdict = VERDICT_PASS};
    for (size_t i = 0; i < exchange_count(exchange); i++) {
        struct check_result one;
        inputs[i] = input_of(runner, exchange_member(exchange, i), health);
        inputs[i].earlier = inputs;
        inputs[i].earlier_count = i;
        check_run(&one, &inputs[i], arena);
        together_add(result, &one, i + 1, arena);
    }
}

void play_remember(struct pair *pair, enum verdict verdict, const char *note, const struct check_result *result)
{
    if (pair->attempt_count == RUNNER_MAX_ATTEMPTS)
        return;
    char *text = result_attempt_text(verdict, note, result);
    if (text)
        pair->attempts[pair->attempt_count++] = text;
}

/* ---- starting the proxy again */

/* Waits until the proxy that was started again answers; not longer than it lives. */
static bool wait_ready(struct runner *runner)
{
    uint64_t until_us = ends_now_us(runner->ends) + runner->options->ready_timeout_ms * 1000;
    struct waiting waiting;
    waiting_begin(&waiting, runner->ends, &runner->options->log, until_us, "the proxy that was started again");
    enum testcase_client client = preflight_client(&runner->preflight, runner->probes.ordinary->testcase->mode);
    bool ready = false;
    while (!ready && !runner->interrupted && !ends_process_gone(runner->ends) && ends_now_us(runner->ends) < until_us) {
        struct exchange *exchange = preflight_play(runner->ends, runner->relay, runner->probes.ordinary, client);
        if (exchange) {
            ready = exchange->call_count > 0 && exchange->response.ending != ENDING_TIMEOUT;
            exchange_release(exchange);
        }
        if (!ready)
            ends_turn(runner->ends, 50);
    }
    waiting_end(&waiting);
    return ready;
}

bool play_restart_proxy(struct runner *runner)
{
    bool given_up = ends_process_deaths(runner->ends) > RUNNER_MAX_DEATHS;
    outcome_tell_death(runner, given_up ? " too often: it is not started again" : " and is started again");
    runner->proxy_gone = true;
    return !given_up && play_start_proxy(runner);
}

bool play_start_proxy(struct runner *runner)
{
    struct err err;
    runner->proxy_gone = true;
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

bool play_unreachable(struct runner *runner, enum testcase_client client)
{
    uint64_t until_us = ends_now_us(runner->ends) + GONE_MS * 1000;
    do {
        struct exchange *exchange = preflight_play(runner->ends, runner->relay, runner->probes.ordinary, client);
        if (!exchange)
            return false;
        bool connected = !play_never_connected(exchange); /* who takes connections lives, also when it closes them */
        exchange_release(exchange);
        if (connected)
            return false;
        ends_wait_ms(runner->ends, 100);
    } while (!runner->interrupted && ends_now_us(runner->ends) < until_us);
    return true;
}

/* ---- in parallel */

static void note_failure(struct play *play, const struct check_result *result)
{
    bool dead = play_looks_dead(play->exchange) || (play->ordinary && play_looks_dead(play->ordinary));
    if (result->verdict == VERDICT_FAIL && !play->hurt)
        unstable_note(&play->pair->unstable, result, dead, play->deaths_before, &play->runner->arena);
}

static void parallel_judged(struct play *play, const struct health_seen *health, struct arena *arena)
{
    struct runner *runner = play->runner;
    struct pair *pair = play->pair;
    struct exchange *exchange = play->exchange;
    struct check_result result;
    play_judge(runner, exchange, health, &result, arena);
    pair->finished++;
    pair->total_us += exchange->end_us - exchange->start_us;
    play_served(runner, exchange);
    bool good = verdict_standing(result.verdict) == STANDING_PASSED;
    if (shed_note(runner, pair, exchange, !good, health->shed) && !play->hurt)
        play->hurt = shed_meanwhile;
    if (pair->state != PAIR_PARALLEL)
        return; /* an earlier repetition sent it to the second round already */
    if (!good || play->hurt) {
        pair->state = PAIR_ALONE;
        pair->rerun = true;
        play_remember(pair, result.verdict, play->hurt ? play->hurt : "in parallel with others", &result);
        note_failure(play, &result);
        return;
    }
    if (result.verdict > pair->verdict)
        pair->verdict = result.verdict;
    if (pair->finished == flaky_plays(runner, pair))
        outcome_write(runner, pair, pair->verdict, NULL, &result, exchange, health);
}

/* Such a call may be its own, whatever came of it. */
static void look_for_unmarked(struct play *play)
{
    if (!unmarked_suspect_add(&play->pair->suspect, play->exchange->unmarked_before,
                              relay_unmarked(play->runner->relay)))
        return;
    play->pair->strictly_alone = true;
    if (!play->hurt)
        play->hurt = unmarked_meanwhile;
}

static void parallel_ended(struct play *play)
{
    struct runner *runner = play->runner;
    struct health_seen health = {0};
    struct arena arena;
    arena_init(&arena, 16u << 20);
    if (play->ordinary) {
        const char *wrong = health_judge(play->ordinary, runner->profile, runner->schema, &arena);
        health = (struct health_seen){
            .asked = true, .attempts = 1, .healthy = !wrong, .shed = shed_is(play->ordinary), .detail = wrong};
    }
    if (play->exchange->collateral || (play->ordinary && play->ordinary->collateral))
        play->hurt = lost_meanwhile;
    look_for_unmarked(play);
    parallel_judged(play, &health, &arena);
    arena_fini(&arena);
    play->pair->in_flight--;
    play->pair->ended_us = ends_now_us(runner->ends);
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
    runner->suspicious = runner->suspicious || play_looks_dead(exchange);
    if (play_looks_dead(exchange) && !runner->ends->has_process && !play_never_connected(exchange))
        blame_mark_under_way(runner);
    silence_note(runner, play->pair, exchange);
    if (play_looks_dead(exchange) && ends_process_gone(runner->ends))
        play->hurt = lost_meanwhile;
    const struct plan *ordinary = runner->probes.ordinary_of[exchange->plan->testcase->mode];
    if (play_asks_health(exchange->plan->testcase) && !runner->interrupted) {
        if (exchange_start(runner->relay, ordinary, exchange->client, on_ordinary_end, play))
            return;
        play->hurt = "in parallel; there was no memory for the ordinary request that follows";
    }
    parallel_ended(play);
}

static struct pair *next_parallel(struct runner *runner)
{
    for (size_t n = 0; n < runner->pair_count; n++) {
        struct pair *pair = &runner->pairs[(runner->next + n) % runner->pair_count];
        if (pair->state == PAIR_PARALLEL && pair->started < flaky_plays(runner, pair)) {
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
    play->deaths_before = ends_process_deaths(runner->ends);
    struct exchange *exchange = exchange_start(runner->relay, pair->plan, pair->client, on_case_end, play);
    if (!exchange) {
        free(play);
        return false;
    }
    exchange_own(exchange, pair);
    pair->started++;
    pair->in_flight++;
    runner->in_flight++;
    return true;
}

size_t play_job_limit(const struct runner *runner)
{
    size_t jobs = runner->options->jobs;
    long long limit = profile_number(runner->profile, "parallel", 0);
    if (limit > 0 && (size_t)limit < jobs)
        jobs = (size_t)limit;
    return runner->preflight.marker_arrives ? jobs : 1;
}

void play_parallel(struct runner *runner)
{
    size_t jobs = play_job_limit(runner);
    unsigned deaths = 0;
    while (!runner->interrupted && !runner->proxy_gone) {
        if (ends_process_gone(runner->ends)) {
            blame_mark(runner);
            relay_mark_collateral(runner->relay);
            while (runner->in_flight && !runner->interrupted)
                ends_turn(runner->ends, 100);
            if (!blame_find(runner) || ++deaths >= PARALLEL_DEATHS ||
                (ends_process_gone(runner->ends) && !play_restart_proxy(runner)))
                break;
        }
        if (silence_suspected(runner))
            silence_ask(runner);
        if (runner->silence.heard) {
            relay_mark_collateral(runner->relay);
            while (runner->in_flight && !runner->interrupted)
                ends_turn(runner->ends, 100);
            if (!silence_settle(runner))
                break;
        }
        struct pair *pair = NULL;
        while (!runner->silence.asking && runner->in_flight < jobs && (pair = next_parallel(runner)) != NULL) {
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
