/* Pairs whose waiver is flaky: how often they are played, and whether the waiver is stale. */
#include "harness/run/runner_impl.h"

static const struct waiver *waiver_of(const struct runner *runner, const struct pair *pair)
{
    const struct waiver *waiver = waivers_find(runner->waivers, pair->plan->testcase->id, pair->client);
    return waiver && waiver->flaky ? waiver : NULL;
}

size_t flaky_plays(const struct runner *runner, const struct pair *pair)
{
    size_t repeat = runner->options->repeat;
    return repeat < FLAKY_PLAYS && waiver_of(runner, pair) ? FLAKY_PLAYS : repeat;
}

bool flaky_goes_on(const struct runner *runner, const struct pair *pair, enum verdict verdict)
{
    return pair->state != PAIR_DONE && verdict_standing(verdict) == STANDING_PASSED && pair->finished < FLAKY_PLAYS &&
           waiver_of(runner, pair);
}

bool flaky_waits(const struct runner *runner)
{
    for (size_t i = 0; i < runner->pair_count && !runner->interrupted && !runner->proxy_gone; i++) {
        if (runner->pairs[i].state == PAIR_ALONE && waiver_of(runner, &runner->pairs[i]))
            return true;
    }
    return false;
}

bool flaky_is_stale(const struct runner *runner, const struct pair *passed, const struct waiver *waiver)
{
    size_t passed_count = 0;
    size_t wanted = 0;
    for (size_t i = 0; i < waivers_count(runner->waivers); i++)
        wanted += waivers_at(runner->waivers, i)->entry == waiver->entry;
    for (size_t i = 0; i < runner->pair_count; i++) {
        const struct pair *pair = &runner->pairs[i];
        const struct waiver *its = waiver_of(runner, pair);
        bool done = pair == passed || pair->state == PAIR_DONE;
        if (its && its->entry == waiver->entry && done)
            passed_count += pair == passed || verdict_standing(pair->verdict) == STANDING_PASSED;
    }
    return passed_count == wanted;
}
