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

/* The plans of a case with `together`. false when out of memory. */
static bool plan_members(struct plan *plan, struct arena *arena)
{
    size_t count = plan->testcase->exchange_count;
    struct plan *members = count > 0 ? arena_calloc(arena, count, sizeof *members) : NULL;
    for (size_t i = 0; members && i < count; i++)
        plan_init(&members[i], &plan->testcase->exchanges[i]);
    plan->members = members;
    plan->member_count = count;
    return members || count == 0;
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
        if (!plan_members(plan, &runner->arena))
            return err_set(err, ERR_NO_MEMORY, "out of memory");
        runner->plan_count++;
        for (unsigned client = CLIENT_H1; client <= CLIENT_H2; client <<= 1) {
            if (!(testcase->clients & client) || (selection->clients && !(selection->clients & client)))
                continue;
            struct pair *pair = &runner->pairs[runner->pair_count++];
            pair->plan = plan;
            pair->client = (enum testcase_client)client;
            pair->state = testcase->disturbs || plan->members ? PAIR_ALONE : PAIR_PARALLEL;
            pair->strictly_alone = plan->members != NULL;
        }
    }
    if (runner->pair_count == 0)
        return err_set(err, ERR_USAGE, "no case is selected; `transcheck list` shows what there is");
    return plan_line(runner, err);
}

/* Whether a method that the case calls is not among the descriptors that this proxy was given. */
static bool is_left_out(struct runner *runner, const struct testcase *testcase, const char **why)
{
    for (size_t i = 0; i < testcase->exchange_count; i++) {
        if (is_left_out(runner, &testcase->exchanges[i], why))
            return true;
    }
    const char *feature =
        testcase->rpc ? descriptors_left_out(runner->router, testcase->rpc->full_name, runner->profile) : NULL;
    if (feature)
        *why = arena_printf(&runner->arena, "%s: left out of the descriptors; %s", feature,
                            profile_leaves_out(runner->profile, feature));
    return feature != NULL;
}

/* ---- capabilities */

static struct need *need_of(struct runner *runner, const char *capability)
{
    size_t i = 0;
    while (strcmp(capability_names[i], capability) != 0)
        i++;
    return &runner->needs[i];
}

static const char *why_unsupported(struct runner *runner, const char *capability)
{
    const char *declared = profile_lacks(runner->profile, capability);
    const char *detail = preflight_capability_detail(&runner->preflight, capability);
    if (!declared)
        return arena_printf(&runner->arena, "%s: refused by this proxy, which nobody declared (--lacks %s does); %s",
                            capability, capability, detail);
    return arena_printf(&runner->arena, "%s: %s%s%s", capability, declared, *detail ? "; " : "", detail);
}

/* Whether the proxy lacks what a case needs; *why says so. Counts what is needed of all that it refuses. */
static bool lacks_need(struct runner *runner, const struct testcase *testcase, const char **why)
{
    for (size_t i = 0; testcase->needs && testcase->needs[i]; i++) {
        const char *name = testcase->needs[i];
        struct need *need = need_of(runner, name);
        need->state = preflight_capability_state(&runner->preflight, runner->profile, name);
        need->results++;
        need->must += testcase->level == LEVEL_MUST;
        if (need->state == CAPABILITY_LACKED || need->state == CAPABILITY_UNDECLARED) {
            *why = why_unsupported(runner, name);
            return true;
        }
    }
    return false;
}

static const char *cases_need_it(struct runner *runner, const struct need *need)
{
    return arena_printf(&runner->arena, "%zu result%s of cases that need it (%zu must)", need->results,
                        need->results == 1 ? "" : "s", need->must);
}

/* A refusal that nobody announced is no reason to be content: with a profile it contradicts what is known of the proxy,
 * without one it is not known what the cases would have shown. */
static void tell_refusal(struct runner *runner, const char *name, const struct need *need)
{
    const char *detail = preflight_capability_detail(&runner->preflight, name);
    const char *text = NULL;
    enum verdict verdict = VERDICT_NONE;
    if (need->state == CAPABILITY_DENIED) {
        verdict = VERDICT_FAIL;
        text = arena_printf(&runner->arena,
                            "the proxy refuses %s (%s), and the profile %s does not say that it lacks it, which "
                            "--lacks %s would; %s",
                            name, detail, profile_name(runner->profile), name, cases_need_it(runner, need));
    } else if (need->state == CAPABILITY_UNDECLARED) {
        verdict = need->must ? VERDICT_ERROR : VERDICT_NONE;
        text = arena_printf(&runner->arena,
                            "the proxy refuses %s (%s), and nobody declared that it lacks it, as --lacks %s does: "
                            "unsupported are %s",
                            name, detail, name, cases_need_it(runner, need));
    }
    if (text)
        outcome_find(runner, verdict, text);
}

static void tell_contradiction(struct runner *runner, const char *name)
{
    const char *declared = profile_lacks(runner->profile, name);
    if (!declared || preflight_capability_state(&runner->preflight, runner->profile, name) != CAPABILITY_PLAYED)
        return;
    const char *text = arena_printf(&runner->arena,
                                    "the proxy has %s, and its cases are played, though it was declared "
                                    "otherwise: %s",
                                    name, declared);
    if (text)
        outcome_find(runner, VERDICT_NONE, text);
}

/* Whether the exchanges of a case are to be played at once, and cannot. */
static bool cannot_together(struct runner *runner, const struct testcase *testcase, enum verdict *verdict,
                            const char **why)
{
    long long limit = profile_number(runner->profile, "parallel", 0);
    if (testcase->exchange_count == 0 || testcase->in_turn)
        return false;
    *verdict = VERDICT_UNSUPPORTED;
    if (limit > 0 && (size_t)limit < testcase->exchange_count) {
        *why = arena_printf(&runner->arena, "the profile says that %lld calls may run at once (parallel), not %zu",
                            limit, testcase->exchange_count);
        return true;
    }
    *verdict = VERDICT_ERROR;
    *why = "the proxy drops the header x-transcheck-case: of calls at once nobody could tell whose is whose (a profile "
           "whose `parallel` is 1, or --exclude, leaves these cases out)";
    return !runner->preflight.marker_arrives;
}

static bool cannot(struct runner *runner, const struct pair *pair, enum verdict *verdict, const char **why)
{
    const struct testcase *testcase = pair->plan->testcase;
    const struct preflight *preflight = &runner->preflight;
    const char *detail;
    if (!preflight->works[testcase->mode]) {
        *verdict = VERDICT_UNSUPPORTED;
        preflight_works(preflight, testcase->mode, pair->client, &detail);
        *why = arena_printf(&runner->arena, "this proxy is none of mode %s: an ordinary call of it %s",
                            mode_name(testcase->mode), detail[0] ? detail : "did not come out right");
        return true;
    }
    if (!preflight_works(preflight, testcase->mode, pair->client, &detail)) {
        *verdict = preflight->several_modes ? VERDICT_UNSUPPORTED : VERDICT_SKIPPED;
        *why = arena_printf(&runner->arena, "this proxy does not speak %s here: %s", client_name(pair->client), detail);
        return true;
    }
    if (is_left_out(runner, testcase, why)) {
        *verdict = VERDICT_UNSUPPORTED;
        return true;
    }
    if (cannot_together(runner, testcase, verdict, why))
        return true;
    *verdict = VERDICT_UNSUPPORTED;
    return lacks_need(runner, testcase, why);
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
    for (size_t i = 0; i < CAPABILITY_COUNT; i++) {
        if (runner->needs[i].results == 0)
            continue;
        tell_refusal(runner, capability_names[i], &runner->needs[i]);
        tell_contradiction(runner, capability_names[i]);
    }
}
