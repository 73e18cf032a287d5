/* Which pairs of case and client are played, and why others are not. */
#include "harness/run/runner_impl.h"
#include "harness/suite/descriptors.h"

/* The pairs as the first line of the results names them: without it nobody could tell that a case was lost. */
static enum err_code plan_line(struct runner *runner, struct err *err)
{
    runner->planned = arena_calloc(&runner->arena, runner->pair_count, sizeof *runner->planned);
    if (!runner->planned)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < runner->pair_count; i++) {
        runner->planned[i].testcase = runner->pairs[i].plan->testcase;
        runner->planned[i].client = runner->pairs[i].client;
    }
    return ERR_OK;
}

enum err_code pairs_plan(struct runner *runner, struct err *err)
{
    const struct selection *selection = &runner->options->selection;
    size_t count = suite_count(runner->suite);
    enum err_code checked = selection_check(selection, runner->suite, err);
    if (checked != ERR_OK)
        return checked;
    runner->plans = arena_calloc(&runner->arena, count, sizeof *runner->plans);
    runner->pairs = arena_calloc(&runner->arena, count * 2, sizeof *runner->pairs);
    if (!runner->plans || !runner->pairs)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const struct testcase *testcase = suite_at(runner->suite, i);
        struct plan *plan = &runner->plans[runner->plan_count];
        if (!selection_has(selection, testcase))
            continue;
        plan_init(plan, testcase);
        runner->plan_count++;
        for (unsigned client = CLIENT_H1; client <= CLIENT_H2; client <<= 1) {
            if (!(testcase->clients & client) || (selection->clients && !(selection->clients & client)))
                continue;
            struct pair *pair = &runner->pairs[runner->pair_count++];
            pair->plan = plan;
            pair->client = (enum testcase_client)client;
            pair->state = testcase->disturbs ? PAIR_ALONE : PAIR_PARALLEL;
        }
    }
    if (runner->pair_count == 0)
        return err_set(err, ERR_USAGE, "no case is selected; `transcheck list` shows what there is");
    return plan_line(runner, err);
}

/* Whether the method that the case calls is not among the descriptors that this proxy was given. */
static bool is_left_out(struct runner *runner, const struct testcase *testcase, const char **why)
{
    const char *feature =
        testcase->rpc ? descriptors_left_out(runner->router, testcase->rpc->full_name, runner->profile) : NULL;
    if (feature)
        *why = arena_printf(&runner->arena, "%s: left out of the descriptors; %s", feature,
                            profile_leaves_out(runner->profile, feature));
    return feature != NULL;
}

static bool cannot(struct runner *runner, const struct pair *pair, enum verdict *verdict, const char **why)
{
    const struct testcase *testcase = pair->plan->testcase;
    const struct preflight *preflight = &runner->preflight;
    if (!preflight->client_works[pair->client]) {
        *verdict = VERDICT_SKIPPED;
        *why = arena_printf(&runner->arena, "this proxy does not speak %s here: %s", client_name(pair->client),
                            preflight->client_detail[pair->client]);
        return true;
    }
    if (is_left_out(runner, testcase, why)) {
        *verdict = VERDICT_UNSUPPORTED;
        return true;
    }
    for (size_t i = 0; testcase->needs && testcase->needs[i]; i++) {
        if (!preflight_supports(preflight, runner->profile, testcase->needs[i], &runner->arena, why)) {
            *verdict = VERDICT_UNSUPPORTED;
            return true;
        }
    }
    return false;
}

void pairs_exclude(struct runner *runner)
{
    for (size_t i = 0; i < runner->pair_count; i++) {
        struct pair *pair = &runner->pairs[i];
        enum verdict verdict;
        const char *why = "";
        if (cannot(runner, pair, &verdict, &why))
            outcome_write(runner, pair, verdict, why, NULL, NULL, NULL);
    }
}
