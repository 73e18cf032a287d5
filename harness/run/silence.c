/* Notices that the proxy has stopped answering, and goes on without waiting for each deadline. */
#include "harness/run/silence.h"

#include <stdio.h>

#include "harness/run/runner_impl.h"

static const char note[] = "the proxy no longer answers";

static bool was_answered(const struct exchange *exchange)
{
    bool answered = false;
    for (size_t i = 0; i < exchange_count(exchange); i++)
        answered = answered || exchange_member(exchange, i)->response.ending != ENDING_TIMEOUT;
    return answered;
}

void silence_note(struct runner *runner, struct pair *pair, const struct exchange *exchange)
{
    struct silence *silence = &runner->silence;
    if (was_answered(exchange)) {
        silence->hangs = 0;
        silence->last_answered = pair;
        return;
    }
    if (silence->hangs < SILENCE_MAX_ROW)
        silence->row[silence->hangs] = pair;
    silence->hangs++;
}

bool silence_suspected(const struct runner *runner)
{
    return runner->silence.hangs >= SILENCE_HANGS;
}

static void on_answer(void *user, struct exchange *exchange)
{
    struct runner *runner = user;
    struct silence *silence = &runner->silence;
    silence->asking = false;
    if (exchange->response.ending == ENDING_TIMEOUT)
        silence->heard = true;
    else
        silence->hangs = 0;
    runner->in_flight--;
    exchange_release(exchange);
}

/* The ordinary request of the mode in which something hung. */
static const struct plan *ordinary_of(const struct runner *runner)
{
    return runner->probes.ordinary_of[runner->silence.row[0]->plan->testcase->mode];
}

void silence_ask(struct runner *runner)
{
    struct silence *silence = &runner->silence;
    if (silence->asking || silence->heard)
        return;
    if (!exchange_start(runner->relay, ordinary_of(runner), silence->row[0]->client, on_answer, runner)) {
        silence->hangs = 0;
        return;
    }
    silence->asking = true;
    runner->in_flight++;
}

static bool answers(struct runner *runner)
{
    struct exchange *exchange =
        preflight_play(runner->ends, runner->relay, ordinary_of(runner), runner->silence.row[0]->client);
    bool answered = !exchange || exchange->response.ending != ENDING_TIMEOUT;
    if (exchange)
        exchange_release(exchange);
    return answered;
}

static void tell(struct runner *runner, const char *and_now)
{
    const struct silence *silence = &runner->silence;
    const struct pair *last = silence->last_answered;
    const struct pair *first = silence->row[0];
    char text[700];
    snprintf(text, sizeof text, "%s: %.200s %s was the last that it answered, %.200s %s the first that it did not; %s",
             note, last ? last->plan->testcase->id : "an ordinary request", last ? client_name(last->client) : "",
             first->plan->testcase->id, client_name(first->client), and_now);
    outcome_find(runner, VERDICT_NONE, text);
}

/* Those that hung after the first may have hung for its sake: they are not to blame. */
static bool give_up(struct runner *runner)
{
    struct silence *silence = &runner->silence;
    struct pair *first = silence->row[0];
    tell(runner, "the rest is skipped");
    runner->proxy_gone = silence->given_up = true;
    if (first->state != PAIR_DONE && first->unstable.failure)
        outcome_write(runner, first, VERDICT_FAIL, "the first that was not answered", first->unstable.failure, NULL,
                      NULL);
    for (size_t i = 1; i < silence->hangs && i < SILENCE_MAX_ROW; i++) {
        if (silence->row[i]->state == PAIR_DONE)
            outcome_write(runner, silence->row[i], VERDICT_SKIPPED, note, NULL, NULL, NULL);
    }
    return false;
}

/* What hung beside others while the proxy answered nobody is explained by that. */
static void explain_hangs(struct runner *runner)
{
    for (size_t i = 0; i < runner->pair_count; i++) {
        struct unstable *unstable = &runner->pairs[i].unstable;
        if (unstable->failure && unstable->failure->reason_count > 0 && unstable->failure->reasons[0].kind == KIND_HUNG)
            *unstable = (struct unstable){0};
    }
}

static bool start_again(struct runner *runner)
{
    struct silence *silence = &runner->silence;
    if (!runner->ends->has_process || silence->times > SILENCE_MAX)
        return give_up(runner);
    explain_hangs(runner);
    tell(runner, "it is started again");
    runner->ends->class->process_stop(runner->ends);
    return play_start_proxy(runner);
}

/* Whether one of the suspects silences it again. Those that hung for its sake are played until they have a result of
 * their own. */
static bool play_again(struct runner *runner, struct pair *const *pairs, size_t count)
{
    bool found = false;
    for (size_t i = 0; i < count && !runner->interrupted && !runner->proxy_gone; i++) {
        if (!play_alone_again(runner, pairs[i]))
            continue;
        found = true;
        runner->ends->class->process_stop(runner->ends);
        play_start_proxy(runner);
    }
    return found;
}

bool silence_settle(struct runner *runner)
{
    struct silence *silence = &runner->silence;
    struct pair *pairs[SILENCE_MAX_ROW + 1];
    size_t count = 0;
    silence->heard = false;
    if (answers(runner) || runner->interrupted) {
        silence->hangs = 0;
        return true;
    }
    silence->times++;
    if (silence->last_answered)
        pairs[count++] = silence->last_answered;
    for (size_t i = 0; i < silence->hangs && i < SILENCE_MAX_ROW; i++)
        pairs[count++] = silence->row[i];
    relay_mark_collateral(runner->relay);
    bool went_on = start_again(runner);
    silence->hangs = 0;
    silence->unexplained += went_on && !play_again(runner, pairs, count) && !runner->interrupted;
    silence->hangs = 0;
    blame_settled(runner);
    return !runner->proxy_gone;
}
