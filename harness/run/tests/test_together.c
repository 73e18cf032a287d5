/* Tests of cases whose exchanges are played at once, on fake ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"
#include "harness/run/together.h"

/* Two exchanges beside that of the case, GET /v1/reservations/other-2 and other-3. */
#define OTHERS(expect)                                                                                                 \
    "\"together\": {\"connections\": \"each\", \"others\": [{\"count\": 2, \"request\": {\"method\": \"GET\", "        \
    "\"path\": \"/v1/reservations/other-{n}\"}, \"backend\": [{\"trailers\": [[\"grpc-status\", \"0\"]]}], "           \
    "\"expect\": " expect "}]}"
#define OK          "{\"status\": 200}"
#define SAW_ITS_OWN "{\"status\": 200, \"backend_saw\": {\"message\": {\"id\": \"other-{n}\"}}}"
#define HEALTHY     "{\"status\": 200, \"then_healthy\": true}"

static const char *path_of(const struct rig *rig, size_t index)
{
    const json_t *reasons = json_object_get(rig_line(rig, "all", "h1"), "reasons");
    const char *path = json_string_value(json_object_get(json_array_get(reasons, index), "path"));
    return path ? path : "";
}

static void they_are_under_way_at_once_and_nothing_beside_them(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig.options.jobs = 2;
    rig_case(&rig, "all", OTHERS(SAW_ITS_OWN), NULL);
    rig_case(&rig, "before", NULL, NULL);
    rig_case(&rig, "after", DISTURBS, NULL);
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_assert_verdict(&rig, "all", "pass", 0);
    assert_int_equal(rig.ends.most_in_flight, 3);
    assert_null(json_object_get(rig_line(&rig, "all", "h1"), "exchanges"));
    assert_null(json_object_get(json_object_get(rig_line(&rig, "all", "h1"), "commands"), "curl"));
    rig_fini(&rig);
}

static unsigned requests_when_one_takes(uint64_t delay_ms)
{
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    rig_case(&rig, "after", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-3", .delay_ms = delay_ms});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    unsigned count = rig.ends.requests_started;
    rig_fini(&rig);
    return count;
}

/* Others that do nothing but wait have the proxy asked whether it serves, and the next case begins. */
static void nothing_begins_while_they_wait(void **state)
{
    (void)state;
    assert_int_equal(requests_when_one_takes(900), requests_when_one_takes(10));
}

/* It counts though another play might pass: there is none. */
static void one_that_fails_fails_the_case(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    rig_case(&rig, "right", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-2", .status = 500, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "all", "fail", 0);
    assert_string_equal(path_of(&rig, 0), "exchanges[2] status");
    const json_t *exchanges = json_object_get(rig_line(&rig, "all", "h1"), "exchanges");
    assert_int_equal(json_array_size(exchanges), 2);
    const json_t *third = json_array_get(exchanges, 1);
    assert_string_equal(json_string_value(json_object_get(json_object_get(third, "request"), "path")),
                        "/v1/reservations/other-3");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(third, "client_side"), "status")), 200);
    assert_int_equal(json_array_size(json_object_get(third, "backend_side")), 1);
    rig_assert_verdict(&rig, "right", "pass", 0);
    rig_fini(&rig);
}

/* Requests and answers exchanged on the way. */
static void each_is_judged_by_its_own_expectation(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(SAW_ITS_OWN), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-2", .id = "other-3"});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-3", .id = "other-2"});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "all"), "wrong-request");
    assert_string_equal(path_of(&rig, 0), "exchanges[2] /id");
    assert_string_equal(path_of(&rig, 1), "exchanges[3] /id");
    rig_fini(&rig);
}

static void health_is_asked_for_once(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(HEALTHY), HEALTHY);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .status = 503});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    const json_t *line = rig_line(&rig, "all", "h1");
    assert_string_equal(rig_kind(&rig, "all"), "unhealthy");
    assert_string_equal(path_of(&rig, 0), "health");
    assert_int_equal(json_array_size(json_object_get(line, "reasons")), 1);
    rig_fini(&rig);
}

static unsigned requests_of(const char *expect)
{
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(HEALTHY), expect);
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    unsigned count = rig.ends.requests_started;
    rig_fini(&rig);
    return count;
}

static void one_of_them_may_ask_for_health(void **state)
{
    (void)state;
    assert_int_equal(requests_of(OK), requests_of(HEALTHY));
}

/* As after any case that ends so badly that the proxy may be gone. */
static void health_is_asked_for_when_one_is_reset(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-2", .answer = FAKE_RESETS});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_true(json_is_true(json_object_get(json_object_get(rig_line(&rig, "all", "h1"), "health"), "asked")));
    rig_fini(&rig);
}

/* Three in a row of which one exchange hangs: it does answer. */
static void a_proxy_that_answers_one_is_not_silent(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    for (char name[] = "a"; *name < 'e'; ++*name)
        rig_case(&rig, name, OTHERS(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .times = 1}); /* the preflight */
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .answer = FAKE_HANGS});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other"});
    fake_ends_rule(&rig.ends, (struct fake_rule){.answer = FAKE_HANGS});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_null(json_object_get(rig_totals(&rig), "silences"));
    assert_int_equal(rig_total(&rig, "fail"), 4);
    rig_fini(&rig);
}

/* ---- what their scripts await */

static void all_here(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    rig_case(&rig, "next", OTHERS(OK), NULL);                                     /* a second group */
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-3", .times = 1}); /* is over before it has met */
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/all", .meets = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other", .meets = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/next", .meets = 2}); /* the others meet once */
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_fini(&rig);
}

static void nobody_waits_for_a_meeting_that_cannot_be(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/all", .meets = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-2", .meets = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-3", .outlasts = 2});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED); /* the third never meets them, and outlasts nobody */
    assert_string_equal(rig_kind(&rig, "all"), "hung");
    assert_int_equal(rig_total(&rig, "fail"), 1);
    rig_fini(&rig);
}

static void others_ended(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/all", .outlasts = 2});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-2", .outlasts = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-3", .delay_ms = 300});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_true(json_integer_value(json_object_get(rig_line(&rig, "all", "h1"), "duration_us")) >= 300000);
    rig_fini(&rig);
}

/* ---- what may happen meanwhile */

static void a_call_without_a_marker_is_theirs(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-2", .unmarked = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "all"), "too-many-calls");
    assert_null(json_object_get(rig_totals(&rig), "calls_unexplained"));
    rig_fini(&rig);
}

static void a_late_call_is_theirs(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-3", .late_calls = 1, .late_ms = 200});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "all"), "too-many-calls");
    rig_fini(&rig);
}

/* A limit of calls at once, which meets another exchange each time, is no breaker that opened for other cases' sake. */
static void a_limit_of_calls_at_once(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    const char *const shed[] = {"other-2", "/all", "other-3"};
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++)
            fake_ends_rule(&rig.ends, (struct fake_rule){.path = shed[(i + k) % 3],
                                                         .status = k == 0 ? 503 : 200,
                                                         .unreached = k == 0,
                                                         .times = 1});
    }
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "all", "fail", 2);
    assert_string_equal(path_of(&rig, 0), "exchanges[3] status");
    rig_fini(&rig);
}

static void the_proxy_dies_of_one(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    rig_case(&rig, "next", OTHERS(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/all", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "all"), "died");
    assert_string_equal(path_of(&rig, 0), "process");
    rig_assert_verdict(&rig, "next", "pass", 0);
    assert_int_equal(rig_total(&rig, "fail"), 1);
    rig_fini(&rig);
}

static void no_memory_for_one(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    rig_case(&rig, "next", OTHERS(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-3", .answer = FAKE_NO_MEMORY, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/next", .answer = FAKE_NO_MEMORY});
    assert_int_equal(rig_run(&rig), RUNNER_UNJUDGED_CASE);
    rig_assert_verdict(&rig, "all", "error", 0);
    rig_assert_verdict(&rig, "next", "error", 0);
    rig_fini(&rig);
}

static void the_user_interrupts(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other-2", .answer = FAKE_INTERRUPTS});
    assert_int_equal(rig_run(&rig), RUNNER_INTERRUPTED);
    rig_assert_verdict(&rig, "all", "skipped", 0);
    rig_fini(&rig);
}

/* ---- proxies that cannot */

static void the_profile_says_fewer(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_profile_of(&rig, "", 2);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    rig_case(&rig, "right", NULL, NULL);
    rig_run(&rig);
    rig_assert_verdict(&rig, "all", "unsupported", 0);
    assert_non_null(strstr(rig_note(&rig, "all"), "2 calls"));
    rig_fini(&rig);
}

static void no_marker_arrives(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", OTHERS(OK), NULL);
    rig_case(&rig, "right", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.no_marker = true});
    assert_int_equal(rig_run(&rig), RUNNER_UNJUDGED_CASE);
    rig_assert_verdict(&rig, "all", "error", 0);
    rig_assert_verdict(&rig, "right", "pass", 0);
    rig_fini(&rig);
}

/* ---- the worst of them */

static struct check_result result_of(enum verdict verdict, const char *path)
{
    struct check_result made = {.verdict = verdict};
    if (path)
        made.reasons[made.reason_count++] =
            (struct reason){.axis = AXIS_RESPONSE, .kind = KIND_WRONG_STATUS, .path = path};
    return made;
}

static void the_worst_verdict_counts(void **state)
{
    (void)state;
    static const enum verdict by_rank[] = {VERDICT_PASS, VERDICT_ACCEPTABLE, VERDICT_ERROR, VERDICT_FAIL};
    struct arena arena;
    arena_init(&arena, 1u << 20);
    for (size_t a = 0; a < 4; a++) {
        for (size_t b = 0; b < 4; b++) {
            struct check_result all = {.verdict = VERDICT_PASS};
            struct check_result first = result_of(by_rank[a], by_rank[a] == VERDICT_PASS ? NULL : "status");
            struct check_result second = result_of(by_rank[b], by_rank[b] == VERDICT_PASS ? NULL : "status");
            together_add(&all, &first, 1, &arena);
            together_add(&all, &second, 2, &arena);
            assert_int_equal(all.verdict, by_rank[a > b ? a : b]);
            assert_int_equal(all.reason_count, a == 0 && b == 0 ? 0 : a == b ? 2 : 1);
            if (all.reason_count > 0)
                assert_string_equal(all.reasons[0].path, a >= b ? "exchanges[1] status" : "exchanges[2] status");
        }
    }
    arena_fini(&arena);
}

static void what_is_too_much_is_counted(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1u << 20);
    struct check_result all = {.verdict = VERDICT_PASS};
    struct check_result one = result_of(VERDICT_FAIL, "status");
    one.reasons_omitted = 1;
    for (size_t i = 0; i < CHECK_MAX_REASONS + 2; i++)
        together_add(&all, &one, i + 1, &arena);
    assert_int_equal(all.reason_count, CHECK_MAX_REASONS);
    assert_int_equal(all.reasons_omitted, CHECK_MAX_REASONS + 2 + 2);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_under_way_at_once_and_nothing_beside_them),
        cmocka_unit_test(nothing_begins_while_they_wait),
        cmocka_unit_test(one_that_fails_fails_the_case),
        cmocka_unit_test(each_is_judged_by_its_own_expectation),
        cmocka_unit_test(health_is_asked_for_once),
        cmocka_unit_test(one_of_them_may_ask_for_health),
        cmocka_unit_test(health_is_asked_for_when_one_is_reset),
        cmocka_unit_test(a_proxy_that_answers_one_is_not_silent),
        cmocka_unit_test(all_here),
        cmocka_unit_test(nobody_waits_for_a_meeting_that_cannot_be),
        cmocka_unit_test(others_ended),
        cmocka_unit_test(a_call_without_a_marker_is_theirs),
        cmocka_unit_test(a_late_call_is_theirs),
        cmocka_unit_test(a_limit_of_calls_at_once),
        cmocka_unit_test(the_proxy_dies_of_one),
        cmocka_unit_test(no_memory_for_one),
        cmocka_unit_test(the_user_interrupts),
        cmocka_unit_test(the_profile_says_fewer),
        cmocka_unit_test(no_marker_arrives),
        cmocka_unit_test(the_worst_verdict_counts),
        cmocka_unit_test(what_is_too_much_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
