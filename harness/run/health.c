/* Asks after a case whether the proxy is well, and whether its process lives. */
#include "harness/run/health.h"

#include <stdio.h>

#include "harness/run/shed.h"

#define RETRY_MS 50
#define DEATH_MS 300

const char *health_judge(const struct exchange *exchange, const struct profile *profile, const struct schema *schema,
                         struct arena *arena)
{
    struct check_input input = {
        .testcase = exchange->plan->testcase,
        .client = exchange->client,
        .profile = profile,
        .schema = schema,
        .response = &exchange->response,
        .calls = exchange->calls,
    };
    struct check_result result;
    check_run(&result, &input, arena);
    if (verdict_standing(result.verdict) == STANDING_PASSED)
        return NULL;
    const struct response_seen *seen = &exchange->response;
    if (result.reason_count == 0)
        return "could not be judged";
    return arena_printf(arena, "%s (status %d, %s)", reason_kind_name(result.reasons[0].kind), seen->status,
                        ending_name(seen->ending));
}

bool health_ask(struct health_seen *seen, struct ends *ends, struct relay *relay, const struct plan *ordinary,
                const struct profile *profile, const struct schema *schema, enum testcase_client client,
                struct arena *arena)
{
    uint64_t grace_ms = (uint64_t)profile_number(profile, "reconnect_grace_ms", HEALTH_DEFAULT_GRACE_MS);
    uint64_t until_us = ends_now_us(ends) + grace_ms * 1000;
    const char *first = NULL;
    seen->asked = true;
    seen->healthy = false;
    seen->attempts = 0;
    for (;;) {
        struct exchange *exchange = preflight_play(ends, relay, ordinary, client);
        if (!exchange)
            return false;
        const char *wrong = health_judge(exchange, profile, schema, arena);
        seen->shed = shed_is(exchange);
        exchange_release(exchange);
        seen->attempts++;
        if (!wrong) {
            seen->healthy = true;
            break;
        }
        if (!first)
            first = wrong;
        if (ends_now_us(ends) >= until_us)
            break;
        ends_wait_ms(ends, RETRY_MS);
    }
    if (first)
        seen->detail = arena_printf(arena, "%u ordinary request%s failed, the first: %s",
                                    seen->attempts - (seen->healthy ? 1u : 0u),
                                    seen->attempts - (seen->healthy ? 1u : 0u) == 1 ? "" : "s", first);
    return true;
}

void health_process(struct health_seen *seen, struct ends *ends, unsigned deaths_before, bool suspicious,
                    struct arena *arena)
{
    if (!ends->has_process)
        return;
    seen->process_known = true;
    uint64_t until_us = ends_now_us(ends) + (suspicious ? DEATH_MS * 1000u : 0u);
    while (!ends_process_gone(ends) && ends_now_us(ends) < until_us)
        ends_turn(ends, 10);
    if (ends_process_deaths(ends) > deaths_before) {
        const struct proxy_death *death = ends->class->process_death(ends);
        seen->process_died = true;
        seen->over_memory = death->over_memory;
        seen->detail = arena_printf(arena, "the proxy died: %s", death->text);
        seen->output = arena_printf(arena, "%s", death->output);
    }
}
