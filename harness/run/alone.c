/* Plays pairs alone: what disturbs, what failed beside others, and what waits for an end that may never come. One that
 * has done all it does and only waits is parked, and the next begins beside it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/run/runner_impl.h"

#define QUIET_MS   100 /* nothing has moved for so long at either side: the exchange only waits */
#define ASK_MS     500 /* between ordinary requests while there is nothing to do but wait */
#define MAX_PARKED 32
#define LATE_MS    10 /* after a suspect of calls without a marker: for one that comes after its answer */

/* One play of a pair alone. While it is parked others are played, and what they may have done to it is found out before
 * it counts. */
struct alone {
    struct alone *next; /* of the parked */
    struct runner *runner;
    struct pair *pair;
    struct exchange *exchange;
    bool ended;
    bool beside;       /* others were under way at some time */
    bool asked_beside; /* an ordinary request was, which is a neighbour, too, but no cause of a hang */
    bool settles;      /* it is a suspect of a death of the proxy: whether it dies of this is waited for */
    bool asks;         /* it is a suspect of a silence of the proxy: an ordinary request follows */
    bool silent;       /* which hung, or failed */
    bool replay;       /* its pair has a result, which stands unless the proxy dies or falls silent */
    unsigned deaths_before;
    bool served_others; /* in the second half of its time the proxy answered a request that began then */
    uint64_t moved;     /* a number that changes whenever something moves */
    uint64_t quiet_us;  /* since when it has not */
};

/* ---- health */

void play_served(struct runner *runner, const struct exchange *exchange)
{
    if (exchange->response.status == 0 || exchange->response.ending == ENDING_TIMEOUT)
        return;
    for (struct alone *alone = runner->parked; alone; alone = alone->next) {
        uint64_t half_us = runner->options->timeout_ms * 1000 / 2;
        if (!alone->ended && exchange->start_us >= alone->exchange->start_us + half_us)
            alone->served_others = true;
    }
}

/* Whether an ordinary request succeeds at once: then nobody has to wait for news of a death. */
static bool serves(struct runner *runner, const struct pair *pair)
{
    const struct plan *ordinary = runner->probes.ordinary_of[pair->plan->testcase->mode];
    struct exchange *exchange = preflight_play(runner->ends, runner->relay, ordinary, pair->client);
    if (!exchange)
        return false;
    struct arena arena;
    arena_init(&arena, 16u << 20);
    bool good = !health_judge(exchange, runner->profile, runner->schema, &arena);
    arena_fini(&arena);
    play_served(runner, exchange);
    exchange_release(exchange);
    return good;
}

/* Whether it does so in the time after which an exchange counts as waiting: otherwise the proxy is busy, not waiting.
 */
static bool serves_fast(struct runner *runner, const struct pair *pair)
{
    uint64_t begun_us = ends_now_us(runner->ends);
    for (struct alone *alone = runner->parked; alone; alone = alone->next)
        alone->asked_beside = true;
    return serves(runner, pair) && ends_now_us(runner->ends) < begun_us + QUIET_MS * 1000u;
}

/* Health comes after a case that asks for it, and after one that ended so badly that the proxy may be gone. false when
 * there was no memory to find out. */
static bool ask_health(const struct alone *alone, struct health_seen *health, struct arena *arena)
{
    struct runner *runner = alone->runner;
    const struct exchange *exchange = alone->exchange;
    unsigned deaths_before = alone->deaths_before;
    bool suspicious = play_looks_dead(exchange);
    const struct plan *ordinary = runner->probes.ordinary_of[alone->pair->plan->testcase->mode];
    bool lives = suspicious && !ends_process_gone(runner->ends) && serves(runner, alone->pair);
    health_process(health, runner->ends, deaths_before, suspicious && !lives, arena);
    if (health->process_died || runner->interrupted)
        return true;
    if (!runner->ends->has_process && suspicious && play_unreachable(runner, exchange->client)) {
        runner->proxy_gone = true;
        health->process_known = true;
        health->process_died = true;
        health->detail = blame_gone;
        return true;
    }
    bool known = true;
    if (play_asks_health(alone->pair->plan->testcase) || suspicious || alone->asks)
        known = health_ask(health, runner->ends, runner->relay, ordinary, runner->profile, runner->schema,
                           exchange->client, arena);
    health_process(health, runner->ends, deaths_before, alone->settles || (health->asked && !health->healthy), arena);
    return known || health->process_died;
}

/* ---- parking */

static bool may_park(const struct runner *runner)
{
    return play_job_limit(runner) > 1 && runner->parked_count < MAX_PARKED;
}

/* Whether its backend side will do nothing more that others could feel. */
static bool only_waits(const struct exchange *exchange)
{
    if (exchange->plan->acts || exchange->plan->changes_listener)
        return false;
    for (const struct call_seen *call = exchange->calls; call && exchange->plan->script_acts_late; call = call->next) {
        if (!call->script_done && !call->response_ended)
            return false;
    }
    return true;
}

static uint64_t moved(const struct exchange *exchange)
{
    const struct response_seen *response = &exchange->response;
    uint64_t sum = response->body_len + (uint64_t)response->status + response->trailers.count + exchange->call_count;
    for (const struct call_seen *call = exchange->calls; call; call = call->next)
        sum += call->body_len + call->half_closed + call->reset + call->script_done + call->response_ended;
    return sum;
}

static bool is_quiet(struct alone *alone)
{
    uint64_t now = ends_now_us(alone->runner->ends);
    uint64_t sum = moved(alone->exchange);
    if (sum != alone->moved) {
        alone->moved = sum;
        alone->quiet_us = now;
    }
    return now >= alone->quiet_us + QUIET_MS * 1000u;
}

static void park(struct alone *alone)
{
    alone->next = alone->runner->parked;
    alone->runner->parked = alone;
    alone->runner->parked_count++;
}

/* ---- verdicts */

static bool is_hang(const struct check_result *result)
{
    for (size_t i = 0; i < result->reason_count; i++) {
        if (result->reasons[i].kind == KIND_HUNG)
            return true;
    }
    return false;
}

/* A call without a marker came meanwhile: whose it is can be told only with nothing beside it. */
static bool is_suspect(const struct alone *alone)
{
    return unmarked_suspect_add(&alone->pair->suspect, alone->exchange->unmarked_before,
                                relay_unmarked(alone->runner->relay));
}

/* Whether others may have had a part in what came of it. A hang is its own when the proxy served others meanwhile. */
static bool is_doubtful(const struct alone *alone, const struct check_result *result, const struct health_seen *health)
{
    bool good = verdict_standing(result->verdict) == STANDING_PASSED;
    if (!alone->beside)
        return alone->asked_beside && !good && !is_hang(result) && !health->process_died;
    if (alone->exchange->collateral || health->process_died || is_suspect(alone))
        return true;
    return !good && !(is_hang(result) && alone->served_others);
}

static bool is_known_killer(const struct runner *runner, const struct pair *pair)
{
    const struct waiver *waiver = waivers_find(runner->waivers, pair->plan->testcase->id, pair->client);
    for (size_t i = 0; waiver && i < waiver->reason_count; i++) {
        if (waiver->reasons[i].kind == KIND_DIED || waiver->reasons[i].kind == KIND_OVER_MEMORY)
            return true;
    }
    return false;
}

/* Without --proxy-cmd, for somebody who did not even get a connection. */
static void tell_gone(struct runner *runner)
{
    const struct pair *last = NULL;
    char text[256];
    for (size_t i = 0; i < runner->pair_count; i++) {
        if (runner->pairs[i].ended_us > (last ? last->ended_us : 0))
            last = &runner->pairs[i];
    }
    snprintf(text, sizeof text, "%s since %.200s %s", blame_gone, last ? last->plan->testcase->id : "the preflight",
             last ? client_name(last->client) : "");
    outcome_find(runner, VERDICT_NONE, text);
    runner->deaths_unexplained++;
}

/* Whether another ended so short a time before the proxy died that it may be to blame. */
static bool is_shared(const struct alone *alone)
{
    const struct runner *runner = alone->runner;
    return runner->ends->has_process && !is_known_killer(runner, alone->pair) && blame_has_recent(runner, alone->pair);
}

/* The proxy died: finds out whether it was this one, or the one before. false: it cannot be played again, and stays the
 * nearest suspect. */
static bool share_blame(struct alone *alone, const struct check_result *result)
{
    struct runner *runner = alone->runner;
    struct pair *pair = alone->pair;
    unsigned unexplained = runner->deaths_unexplained;
    play_remember(pair, result->verdict, "alone; another had ended just before", result);
    pair->suspected = true;
    pair->rerun = true;
    blame_mark(runner);
    if (blame_find(runner) || pair->state == PAIR_DONE)
        return true;
    runner->deaths_unexplained = unexplained;
    return false;
}

/* What is known of a pair once it was played alone. */
static void write_alone(struct alone *alone, const struct check_result *played, const struct health_seen *health)
{
    struct pair *pair = alone->pair;
    const struct exchange *exchange = alone->exchange;
    if (alone->replay && !health->process_died && !alone->silent)
        return;
    if (pair->state == PAIR_DONE)
        play_remember(pair, pair->verdict,
                      health->process_died ? "the proxy died when it had ended" : "the proxy no longer answered", NULL);
    if (exchange->unmarked_calls > 0)
        unmarked_explain(&alone->runner->unmarked, &pair->suspect);
    pair->finished++;
    pair->total_us += exchange->end_us - exchange->start_us;
    struct check_result result = unstable_settle(&pair->unstable, played, ends_process_deaths(alone->runner->ends));
    if (flaky_goes_on(alone->runner, pair, result.verdict))
        return;
    const char *note = pair->rerun ? "run again alone" : NULL;
    if (result.verdict == VERDICT_UNSTABLE)
        note = "failed beside others and passed alone; what was seen of it alone is below";
    const char *doubt = shed_doubt(pair, exchange);
    if (doubt)
        outcome_write(alone->runner, pair, VERDICT_ERROR, doubt, NULL, exchange, health);
    else
        outcome_write(alone->runner, pair, result.verdict, note, &result, exchange, health);
    if (health->process_died)
        blame_settled(alone->runner);
}

static void judge_alone(struct alone *alone, struct arena *arena)
{
    struct runner *runner = alone->runner;
    struct pair *pair = alone->pair;
    struct exchange *exchange = alone->exchange;
    struct check_result result;
    struct health_seen health = {0};
    bool known = ask_health(alone, &health, arena);
    if (runner->interrupted)
        return;
    if (!known) {
        outcome_write(runner, pair, VERDICT_ERROR, "out of memory", NULL, exchange, NULL);
        return;
    }
    if (health.process_died && !runner->ends->has_process && play_never_connected(exchange)) {
        tell_gone(runner);
        return;
    }
    alone->silent = alone->asks && health.asked && !health.healthy && !health.process_died;
    play_judge(runner, exchange, &health, &result, arena);
    play_served(runner, exchange);
    if (!alone->settles && !alone->asks && is_doubtful(alone, &result, &health)) {
        pair->strictly_alone = true;
        pair->suspected = pair->suspected || health.process_died;
        if (!pair->rerun)
            play_remember(pair, result.verdict, "while others waited", &result);
        pair->rerun = true;
        return;
    }
    bool failed = verdict_standing(result.verdict) != STANDING_PASSED;
    /* A proxy that was well before a case about the backend's listener answers by itself because of it. */
    bool may_shed = !alone->settles && !alone->asks && !pair->plan->changes_listener;
    if (may_shed && shed_note(runner, pair, exchange, failed, health.shed && !health.healthy)) {
        play_remember(pair, result.verdict, "alone; the proxy answered by itself, as it does under load", &result);
        pair->rerun = true;
        return;
    }
    if (health.process_died && !alone->settles && is_shared(alone) && share_blame(alone, &result))
        return;
    write_alone(alone, &result, &health);
}

/* Whether the proxy fell silent. */
static bool conclude(struct alone *alone)
{
    struct arena arena;
    arena_init(&arena, 16u << 20);
    silence_note(alone->runner, alone->pair, alone->exchange);
    if (!alone->runner->interrupted)
        judge_alone(alone, &arena);
    arena_fini(&arena);
    alone->pair->in_flight--;
    alone->pair->ended_us = ends_now_us(alone->runner->ends);
    exchange_release(alone->exchange);
    if (alone->pair->suspect.last > 0 && !alone->runner->interrupted)
        ends_wait_ms(alone->runner->ends, LATE_MS);
    bool silent = alone->silent;
    free(alone);
    return silent;
}

static bool any_ended(const struct runner *runner)
{
    for (const struct alone *alone = runner->parked; alone; alone = alone->next) {
        if (alone->ended)
            return true;
    }
    return false;
}

/* Judges those parked that have ended. */
static void conclude_ended(struct runner *runner)
{
    struct alone **at = &runner->parked;
    while (*at) {
        struct alone *alone = *at;
        if (!alone->ended) {
            at = &alone->next;
            continue;
        }
        *at = alone->next;
        runner->parked_count--;
        conclude(alone);
        at = &runner->parked; /* the list may have changed meanwhile */
    }
}

/* Lets time pass for those that wait. Ordinary requests meanwhile show that the proxy serves others. */
static void wait_for_parked(struct runner *runner)
{
    uint64_t until_us = ends_now_us(runner->ends) + ASK_MS * 1000u;
    while (runner->parked && !any_ended(runner) && !runner->interrupted && ends_now_us(runner->ends) < until_us)
        ends_turn(runner->ends, 50);
    if (runner->parked && !any_ended(runner) && !runner->interrupted && !ends_process_gone(runner->ends))
        serves_fast(runner, runner->parked->pair);
    if (runner->interrupted) {
        relay_cancel_all(runner->relay);
        ends_turn(runner->ends, 50);
    }
    conclude_ended(runner);
}

static void conclude_all(struct runner *runner)
{
    conclude_ended(runner);
    while (runner->parked)
        wait_for_parked(runner);
}

/* ---- playing */

static void on_end(void *user, struct exchange *exchange)
{
    struct alone *alone = user;
    (void)exchange;
    alone->ended = true;
}

static struct alone *start(struct runner *runner, struct pair *pair)
{
    struct alone *alone = calloc(1, sizeof *alone);
    if (!alone)
        return NULL;
    *alone = (struct alone){
        .runner = runner,
        .pair = pair,
        .beside = runner->parked != NULL,
        .deaths_before = ends_process_deaths(runner->ends),
        .quiet_us = ends_now_us(runner->ends),
    };
    alone->exchange = exchange_start(runner->relay, pair->plan, pair->client, on_end, alone);
    if (!alone->exchange) {
        free(alone);
        return NULL;
    }
    exchange_own(alone->exchange, pair);
    pair->in_flight++;
    return alone;
}

/* Something begins beside those that wait. */
static void all_beside(struct runner *runner)
{
    for (struct alone *alone = runner->parked; alone; alone = alone->next)
        alone->beside = true;
}

/* A case that changes what connections to the backend meet does so for everybody, and needs a proxy that is well.
 * false: it has its result. */
static bool may_change_listener(struct runner *runner, struct pair *pair)
{
    conclude_all(runner);
    const char *doubt = runner->interrupted ? NULL : shed_before(runner, pair);
    if (doubt)
        outcome_write(runner, pair, VERDICT_ERROR, doubt, NULL, NULL, NULL);
    return !doubt;
}

/* Returns when it has ended and is judged, or is parked. */
static void play_pair_alone(struct runner *runner, struct pair *pair)
{
    if (pair->plan->changes_listener && !may_change_listener(runner, pair))
        return;
    struct alone *alone = start(runner, pair);
    if (!alone) {
        outcome_write(runner, pair, VERDICT_ERROR, "out of memory", NULL, NULL, NULL);
        return;
    }
    all_beside(runner);
    while (!alone->ended) {
        if (!pair->strictly_alone && pair->shed.plays == 0 && may_park(runner) && only_waits(alone->exchange) &&
            is_quiet(alone)) {
            alone->asked_beside = true;
            if (serves_fast(runner, pair) && !alone->ended) {
                park(alone);
                return;
            }
        }
        ends_turn(runner->ends, QUIET_MS / 3);
    }
    conclude(alone);
}

/* Plays it again, to its end in any case. Whether the proxy fell silent. */
static bool play_to_end(struct alone *alone)
{
    alone->pair->rerun = true;
    all_beside(alone->runner);
    while (!alone->ended)
        ends_turn(alone->runner->ends, QUIET_MS / 3);
    return conclude(alone);
}

void play_suspect(struct runner *runner, struct pair *pair)
{
    struct alone *alone = start(runner, pair);
    if (!alone)
        return;
    alone->settles = true;
    alone->replay = pair->state == PAIR_DONE;
    play_to_end(alone);
}

bool play_alone_again(struct runner *runner, struct pair *pair)
{
    struct alone *alone = start(runner, pair);
    if (!alone)
        return false;
    alone->asks = true;
    alone->replay = pair->state == PAIR_DONE && !pair->hung;
    return play_to_end(alone);
}

enum round {
    ROUND_FAILED,     /* beside others */
    ROUND_TOGETHER,   /* several exchanges at once, and nothing beside them */
    ROUND_DISTURBING, /* cases that say so */
    ROUND_BREAKING,   /* of these, what the script does to the backend's connection would hurt those that wait on it */
    ROUND_KILLING,    /* those of which a waiver says that the proxy does not survive them */
    ROUND_STRICT,     /* what failed while others waited */
    ROUND_SHED,       /* what the proxy answered by itself because of what had come before */
    ROUND_SHED_AGAIN, /* for the second time */
    ROUNDS
};

static enum round round_of(const struct runner *runner, const struct pair *pair)
{
    if (pair->shed.plays > 0)
        return pair->shed.plays + 1 < SHED_PLAYS ? ROUND_SHED : ROUND_SHED_AGAIN;
    if (pair->plan->members)
        return ROUND_TOGETHER;
    if (pair->strictly_alone)
        return ROUND_STRICT;
    if (is_known_killer(runner, pair))
        return ROUND_KILLING;
    if (!pair->plan->testcase->disturbs)
        return ROUND_FAILED;
    return pair->plan->breaks_connection ? ROUND_BREAKING : ROUND_DISTURBING;
}

/* With the proxy gone, whatever waits is hurt, and whoever is to blame is found at once. */
static bool proxy_serves(struct runner *runner)
{
    if (!ends_process_gone(runner->ends))
        return true;
    if (runner->deaths_settled != ends_process_deaths(runner->ends))
        blame_mark(runner);
    relay_mark_collateral(runner->relay);
    conclude_all(runner);
    if (runner->deaths_settled == ends_process_deaths(runner->ends))
        return !ends_process_gone(runner->ends) || play_restart_proxy(runner);
    return blame_find(runner) && (!ends_process_gone(runner->ends) || play_restart_proxy(runner));
}

static bool open_calls(const struct runner *runner)
{
    for (const struct alone *alone = runner->parked; alone; alone = alone->next) {
        if (alone->exchange->open_calls > 0)
            return true;
    }
    return false;
}

static void play_round(struct runner *runner, enum round round)
{
    while (round == ROUND_BREAKING && open_calls(runner))
        wait_for_parked(runner);
    if (round != ROUND_FAILED && round != ROUND_BREAKING)
        conclude_all(runner);
    for (size_t i = 0; i < runner->pair_count && !runner->interrupted && !runner->proxy_gone; i++) {
        struct pair *pair = &runner->pairs[i];
        conclude_ended(runner);
        if (pair->state != PAIR_ALONE || pair->in_flight || round_of(runner, pair) != round)
            continue;
        if (!proxy_serves(runner) || (silence_suspected(runner) && !silence_settle(runner)))
            break;
        if (pair->state != PAIR_ALONE)
            continue; /* it was a suspect just now, and has its result */
        if (pair->shed.plays > 0)
            shed_prepare(runner, pair);
        play_pair_alone(runner, pair);
    }
}

void play_waiting(struct runner *runner)
{
    for (size_t i = 0; i < runner->pair_count && !runner->interrupted && !runner->proxy_gone; i++) {
        struct pair *pair = &runner->pairs[i];
        if (pair->state != PAIR_PARALLEL || !pair->plan->never_ends || !may_park(runner) || runner->options->repeat > 1)
            continue;
        if (!proxy_serves(runner))
            break;
        pair->state = PAIR_ALONE;
        play_pair_alone(runner, pair);
    }
    all_beside(runner);
}

void play_last_look(struct runner *runner)
{
    if (runner->interrupted || runner->proxy_gone || !ends_process_gone(runner->ends))
        return;
    if (runner->deaths_settled == ends_process_deaths(runner->ends))
        return;
    blame_mark(runner);
    blame_find(runner);
}

void play_alone(struct runner *runner)
{
    struct health_seen health = {0};
    /* A death in parallel becomes known now at the latest, or the first case played alone would be taken for its cause.
     */
    health_process(&health, runner->ends, ends_process_deaths(runner->ends), runner->suspicious, &runner->arena);
    blame_find_lost(runner);
    for (size_t pass = 0; pass == 0 || (pass < FLAKY_PLAYS && flaky_waits(runner)); pass++) {
        for (enum round round = 0; round < ROUNDS; round++)
            play_round(runner, round);
        conclude_all(runner);
    }
}
