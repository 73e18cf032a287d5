/* A case made ready to be played: what playing it does to others. */
#include "harness/run/exchange.h"

static bool has_cancel(const struct testcase *testcase)
{
    for (size_t i = 0; i < testcase->request.action_count; i++) {
        enum testcase_action_kind kind = testcase->request.actions[i].kind;
        if (kind == ACTION_CANCEL_AFTER_MESSAGES || kind == ACTION_CANCEL_AFTER_MS || kind == ACTION_ABORT_BODY_AFTER)
            return true;
    }
    return false;
}

static bool ends_response(const struct script_step *step)
{
    return step->end_stream || step->kind == SCRIPT_TRAILERS || step->kind == SCRIPT_RST ||
           step->kind == SCRIPT_CLOSE || step->kind == SCRIPT_FRAME;
}

static bool any_step(const struct script *script, bool (*is_such)(const struct script_step *step))
{
    for (size_t i = 0; i < script->count; i++) {
        if (is_such(&script->steps[i]))
            return true;
    }
    return false;
}

static bool acts_late(const struct script *script)
{
    bool waits = false;
    for (size_t i = 0; i < script->count; i++) {
        const struct script_step *step = &script->steps[i];
        if (step->kind == SCRIPT_WAIT || (waits && script_step_of_connection(step)))
            return true;
        waits = waits || step->kind == SCRIPT_AWAIT;
    }
    return false;
}

void plan_init(struct plan *plan, const struct testcase *testcase)
{
    bool changes_listener = testcase->script.listener.state != LISTENER_KEPT;
    *plan = (struct plan){
        .testcase = testcase,
        .waits_for_cancel = has_cancel(testcase),
        .acts = testcase->request.action_count > 0,
        .never_ends = testcase->backend && !changes_listener && !any_step(&testcase->script, ends_response),
        .changes_listener = changes_listener,
        .breaks_connection =
            changes_listener || (testcase->backend && any_step(&testcase->script, script_step_of_connection)),
        .script_acts_late = testcase->backend && acts_late(&testcase->script),
    };
}
