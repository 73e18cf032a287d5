/* Finds the case that caused the death of the proxy: whatever was under way, or had just ended, is a suspect, and is
 * played again alone before anything else. */
#include "harness/run/runner_impl.h"

const char blame_gone[] = "the proxy cannot be reached any more";

#define SETTLE_MS     300  /* how long after a case has ended a death may still be its own */
#define SAME_DEATH_MS 1000 /* between what is lost together */
#define MAX_SUSPECTS  16u  /* that are played again of each sort, those that ended last; more where --jobs is */

static bool recent(const struct runner *runner, const struct pair *pair)
{
    return pair->ended_us > runner->settled_us && pair->ended_us + SETTLE_MS * 1000 > ends_now_us(runner->ends);
}

bool blame_has_recent(const struct runner *runner, const struct pair *but)
{
    for (size_t i = 0; i < runner->pair_count; i++) {
        if (&runner->pairs[i] != but && recent(runner, &runner->pairs[i]))
            return true;
    }
    return false;
}

void blame_mark(struct runner *runner)
{
    for (size_t i = 0; i < runner->pair_count; i++) {
        struct pair *pair = &runner->pairs[i];
        pair->suspected = pair->suspected || pair->in_flight > 0 || recent(runner, pair);
    }
}

void blame_mark_under_way(struct runner *runner)
{
    uint64_t now_us = ends_now_us(runner->ends);
    bool same = runner->suspected_us > 0 && now_us < runner->suspected_us + SAME_DEATH_MS * 1000;
    for (size_t i = 0; i < runner->pair_count && !same; i++)
        runner->pairs[i].suspected = runner->pairs[i].in_flight > 0;
    runner->suspected_us = same ? runner->suspected_us : now_us;
}

void blame_settled(struct runner *runner)
{
    runner->settled_us = ends_now_us(runner->ends);
    runner->deaths_settled = ends_process_deaths(runner->ends);
}

/* The suspect that ended last, of those that have a result already (`done`) or of those that have none; or NULL. */
static struct pair *next_suspect(struct runner *runner, bool done)
{
    struct pair *found = NULL;
    for (size_t i = 0; i < runner->pair_count; i++) {
        struct pair *pair = &runner->pairs[i];
        if (pair->suspected && (pair->state == PAIR_DONE) == done && (!found || pair->ended_us > found->ended_us))
            found = pair;
    }
    return found;
}

/* Plays suspects, each on a proxy that owes nothing to the one before, until the proxy dies of one: true. */
static bool play_suspects(struct runner *runner, bool done)
{
    size_t most = runner->options->jobs > MAX_SUSPECTS ? runner->options->jobs : MAX_SUSPECTS;
    struct pair *pair;
    for (size_t n = 0; n < most && (pair = next_suspect(runner, done)) != NULL && !runner->interrupted; n++) {
        pair->suspected = false;
        play_suspect(runner, pair);
        blame_settled(runner);
        if (pair->died)
            return true;
        if (ends_process_gone(runner->ends) && !play_restart_proxy(runner))
            break;
    }
    return false;
}

bool blame_find(struct runner *runner)
{
    bool found = play_restart_proxy(runner) && (play_suspects(runner, false) || play_suspects(runner, true));
    for (size_t i = 0; i < runner->pair_count; i++)
        runner->pairs[i].suspected = false;
    runner->deaths_unexplained += !found && !runner->interrupted;
    blame_settled(runner);
    return !runner->proxy_gone;
}

/* ---- without --proxy-cmd */

static void name_suspects(struct buf *text, const struct runner *runner)
{
    for (size_t i = 0; i < runner->pair_count; i++) {
        const struct pair *pair = &runner->pairs[i];
        if (pair->suspected && text->len < 1500)
            buf_printf(text, " %s %s,", pair->plan->testcase->id, client_name(pair->client));
    }
}

/* The one that was under way when the proxy was lost in parallel, if it was the only one. */
static struct pair *only_suspect(const struct runner *runner)
{
    struct pair *found = NULL;
    for (size_t i = 0; i < runner->pair_count; i++) {
        if (!runner->pairs[i].suspected)
            continue;
        if (found)
            return NULL;
        found = &runner->pairs[i];
    }
    return found && found->state == PAIR_ALONE ? found : NULL;
}

void blame_find_lost(struct runner *runner)
{
    struct buf text;
    enum testcase_client client = preflight_client(&runner->preflight, runner->probes.ordinary->testcase->mode);
    if (runner->ends->has_process || !runner->suspicious || !play_unreachable(runner, client))
        return;
    runner->proxy_gone = true;
    buf_init(&text, 2048);
    buf_printf(&text, "%s; under way were", blame_gone);
    name_suspects(&text, runner);
    buf_append_cstr(&text, " and there is no --proxy-cmd to start it again");
    outcome_find(runner, VERDICT_NONE, text.failed ? "" : (const char *)text.data);
    buf_fini(&text);
    struct pair *only = only_suspect(runner);
    struct health_seen health = {.process_known = true, .process_died = true, .detail = blame_gone};
    struct check_result result = {.verdict = VERDICT_FAIL};
    struct reason reason = {.axis = AXIS_HEALTH,
                            .kind = KIND_DIED,
                            .path = "process",
                            .expected = "the proxy is alive afterwards",
                            .observed = blame_gone};
    check_result_add(&result, &reason);
    if (only)
        outcome_write(runner, only, VERDICT_FAIL, "it was under way alone", &result, NULL, &health);
    else
        runner->deaths_unexplained++;
}
