/* Plays again what the proxy answered by itself because of what had come before. */
#include "harness/run/shed.h"

#include <stdio.h>

#include "harness/run/runner_impl.h"
#include "harness/run/waiting.h"

#define BETWEEN_MS 20 /* ordinary requests */

static bool is_shed(const struct exchange *exchange)
{
    const struct response_seen *response = &exchange->response;
    return response->ending == ENDING_COMPLETE && exchange->call_count == 0 &&
           (response->status == 429 || response->status == 503);
}

bool shed_is(const struct exchange *exchange)
{
    bool shed = false;
    for (size_t i = 0; i < exchange_count(exchange); i++)
        shed = shed || is_shed(exchange_member(exchange, i));
    return shed;
}

static void note_evidence(struct runner *runner, const struct pair *pair)
{
    char text[400];
    if (runner->shedding.evident)
        return;
    runner->shedding.evident = true;
    snprintf(text, sizeof text,
             "the proxy answers by itself with 429 or 503 after earlier cases, as a circuit breaker does; it was "
             "seen with %.200s %s: these cases are played again when ordinary requests are answered",
             pair->plan->testcase->id, client_name(pair->client));
    outcome_find(runner, VERDICT_NONE, text);
}

bool shed_note(struct runner *runner, struct pair *pair, const struct exchange *exchange, bool failed, bool unwell)
{
    struct shed *shed = &pair->shed;
    shed->reached = shed->reached || (exchange->call_count > 0 && !exchange->group);
    bool unjudged = shed_is(exchange) && (failed || !exchange->plan->testcase->expects_unreached);
    bool hit = unjudged || (failed && unwell);
    shed->plays += hit;
    if (unwell || (shed->plays > 0 && shed->reached))
        note_evidence(runner, pair);
    return hit && shed->plays < SHED_PLAYS;
}

/* Whether so many ordinary requests in a row are answered, before the time is over. */
static bool ordinary_again(struct runner *runner, const struct pair *pair)
{
    struct shedding *shedding = &runner->shedding;
    const struct plan *ordinary = runner->probes.ordinary_of[pair->plan->testcase->mode];
    uint64_t begun_us = ends_now_us(runner->ends);
    uint64_t left_ms = SHED_WAIT_ALL_MS - shedding->waited_ms;
    uint64_t until_us = begun_us + (left_ms < SHED_WAIT_MS ? left_ms : SHED_WAIT_MS) * 1000;
    struct waiting waiting;
    waiting_begin(&waiting, runner->ends, &runner->options->log, until_us, "the proxy, which answers by itself");
    unsigned row = 0;
    bool known = true;
    while (known && row < SHED_ORDINARY && !runner->interrupted && ends_now_us(runner->ends) <= until_us) {
        struct exchange *exchange = preflight_play(runner->ends, runner->relay, ordinary, pair->client);
        known = exchange != NULL;
        if (!known)
            break;
        if (shed_is(exchange))
            note_evidence(runner, pair);
        row = shed_is(exchange) ? 0 : row + 1;
        exchange_release(exchange);
        ends_wait_ms(runner->ends, BETWEEN_MS);
    }
    waiting_end(&waiting);
    if (row < SHED_ORDINARY)
        shedding->waited_ms += (ends_now_us(runner->ends) - begun_us) / 1000;
    if (shedding->waited_ms > SHED_WAIT_ALL_MS)
        shedding->waited_ms = SHED_WAIT_ALL_MS;
    return row >= SHED_ORDINARY;
}

static void pause_once(struct runner *runner)
{
    struct waiting waiting;
    uint64_t until_us = ends_now_us(runner->ends) + SHED_PAUSE_MS * 1000u;
    runner->shedding.paused = true;
    waiting_begin(&waiting, runner->ends, &runner->options->log, until_us, "the proxy, which answers by itself");
    while (!runner->interrupted && ends_now_us(runner->ends) < until_us)
        ends_turn(runner->ends, 100);
    waiting_end(&waiting);
}

void shed_prepare(struct runner *runner, struct pair *pair)
{
    if (pair->shed.plays + 1 == SHED_PLAYS && runner->shedding.evident && !runner->shedding.paused)
        pause_once(runner);
    pair->shed.unsure = !ordinary_again(runner, pair);
}

static const char always[] = "the proxy answers by itself, also ordinary requests: what it does depends on the cases "
                             "before, and cannot be judged";

const char *shed_before(struct runner *runner, struct pair *pair)
{
    const struct plan *ordinary = runner->probes.ordinary_of[pair->plan->testcase->mode];
    struct exchange *exchange = preflight_play(runner->ends, runner->relay, ordinary, pair->client);
    bool shed = exchange && shed_is(exchange);
    if (exchange)
        exchange_release(exchange);
    return shed && !ordinary_again(runner, pair) ? always : NULL;
}

const char *shed_doubt(const struct pair *pair, const struct exchange *exchange)
{
    const struct shed *shed = &pair->shed;
    if (shed->plays < SHED_PLAYS)
        return NULL;
    if (shed->unsure)
        return always;
    if (shed_is(exchange) && shed->reached)
        return "the proxy answered this by itself, and did not in another play: what it does depends on the cases "
               "before, and cannot be judged";
    return NULL;
}
