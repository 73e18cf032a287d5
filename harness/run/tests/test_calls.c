/* Tests of whose a backend call is, on fake ends: calls of nobody, without a marker, too many, and too late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"

/* ---- whose call it is */

static void calls_of_nobody(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "one", NULL, "{\"status\": 200, \"backend_saw\": {}}");
    rig_case(&rig, "two", NULL, NULL);
    fake_ends_rule(&rig.ends,
                   (struct fake_rule){.path = "/one", .foreign_token = true, .rpc = "/some.Other/\x1bMethod"});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "one"), "not-reached");
    assert_string_equal(rig_verdict(&rig, "two"), "pass");
    assert_true(rig_total(&rig, "strays") == 2); /* in parallel, and alone */
    assert_true(rig_has_event(&rig, "/some.Other/\\x1bMethod"));
    rig_fini(&rig);
}

#define UNREACHED "{\"status\": 200, \"unreached\": true}"

/* A proxy that makes a call of its own before each request. */
static void a_call_without_a_marker_before_each(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    for (char name[] = "a"; *name < 'e'; ++*name)
        rig_case(&rig, name, NULL, *name % 2 ? UNREACHED : NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .times = 1}); /* the preflight */
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .unmarked = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/a", .unreached = true, .unmarked = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/c", .unreached = true, .unmarked = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.unmarked = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_int_equal(rig_total(&rig, "must_failed"), 4);
    assert_string_equal(rig_verdict(&rig, "a"), "fail");
    assert_string_equal(rig_verdict(&rig, "b"), "fail");
    assert_null(json_object_get(rig_totals(&rig), "calls_unexplained"));
    rig_fini(&rig);
}

/* Who was under way is played alone, and only one of them does it again. */
static void a_call_without_a_marker_is_somebody_s(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "quiet", NULL, UNREACHED);
    rig_case(&rig, "loud", NULL, UNREACHED);
    rig_case(&rig, "right", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "quiet", .unreached = true});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "loud", .unreached = true, .unmarked = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "quiet", "pass", 1);
    assert_non_null(strstr(rig_attempt_text(&rig, "quiet", "note"), "without a marker"));
    assert_string_equal(rig_kind(&rig, "loud"), "reached");
    rig_assert_verdict(&rig, "right", "pass", 1);
    assert_null(json_object_get(rig_totals(&rig), "calls_unexplained"));
    rig_fini(&rig);
}

/* Nobody does it again: the run fails. */
static void a_call_that_nobody_explains(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "one", NULL, NULL);
    rig_case(&rig, "two", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/one", .unmarked = 2, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "one", "pass", 1);
    rig_assert_verdict(&rig, "two", "pass", 1);
    assert_int_equal(rig_total(&rig, "calls_unexplained"), 2);
    rig_fini(&rig);
}

/* What a proxy asks on its own account is nobody's, and no failure. */
static void health_checks_of_the_proxy(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "one", NULL, NULL);
    rig_case(&rig, "checks", NULL, UNREACHED);
    rig_case(&rig, "last", DISTURBS, UNREACHED);
    fake_ends_rule(&rig.ends,
                   (struct fake_rule){.path = "checks", .no_marker = true, .rpc = "/grpc.health.v1.Health/Check"});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "last",
                                                 .no_marker = true,
                                                 .rpc = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_assert_verdict(&rig, "checks", "pass", 0);
    rig_fini(&rig);
}

static void a_late_call_without_a_marker(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "last", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY});
    fake_ends_rule(&rig.ends, (struct fake_rule){.no_marker = true, .late_calls = 1, .late_ms = 300});
    rig.options.jobs = 1;
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_fini(&rig);
}

static void more_calls_than_allowed(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "one", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/one", .calls = 2});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "one"), "too-many-calls");
    assert_int_equal(json_array_size(json_object_get(rig_line(&rig, "one", "h1"), "backend_side")), 2);
    rig_fini(&rig);
}

static void a_call_where_none_may_be(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "quiet", NULL, "{\"status\": 200, \"unreached\": true}");
    rig_case(&rig, "loud", NULL, "{\"status\": 200, \"unreached\": true}");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "quiet", .unreached = true});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "quiet"), "pass");
    assert_string_equal(rig_kind(&rig, "loud"), "reached");
    rig_fini(&rig);
}

/* ---- calls that come late */

static const json_t *late_calls(const struct rig *rig, const char *name)
{
    return json_object_get(rig_line(rig, name, "h1"), "backend_side");
}

/* A proxy that does this with every call, `calls` at once. */
static void repeats_late(unsigned calls, uint64_t late_ms, const char *more)
{
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "first", more, NULL);
    rig_case(&rig, "second", more, NULL);
    rig_case(&rig, "wrong", more, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY});
    fake_ends_rule(&rig.ends,
                   (struct fake_rule){.path = "wrong", .status = 500, .late_calls = calls, .late_ms = late_ms});
    fake_ends_rule(&rig.ends, (struct fake_rule){.late_calls = calls, .late_ms = late_ms});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "first"), "fail");
    assert_string_equal(rig_kind(&rig, "first"), "too-many-calls");
    assert_string_equal(rig_verdict(&rig, "second"), "fail");
    assert_string_equal(rig_kind(&rig, "wrong"), "too-many-calls"); /* it weighs more than the status */
    assert_int_equal(rig_total(&rig, "must_failed"), 3);
    assert_int_equal(rig_total(&rig, "pass"), 0);
    const json_t *last = json_array_get(late_calls(&rig, "first"), json_array_size(late_calls(&rig, "first")) - 1);
    assert_true(json_is_true(json_object_get(last, "late")));
    assert_int_equal(json_integer_value(json_object_get(rig_line(&rig, "first", "h1"), "revision")), 1);
    rig_fini(&rig);
}

static void a_call_repeated_late(void **state)
{
    (void)state;
    repeats_late(1, 2, NULL);
    repeats_late(1, 300, NULL);
    repeats_late(1, 300, DISTURBS);
    repeats_late(50, 1, NULL);
}

static void a_late_call_where_none_may_be(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "quiet", NULL, "{\"status\": 200, \"unreached\": true}");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "quiet", .unreached = true, .late_calls = 1, .late_ms = 300});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "quiet"), "reached");
    assert_string_equal(rig_attempt_text(&rig, "quiet", "verdict"), "pass");
    rig_fini(&rig);
}

/* The first call of a request whose client has gone is late, and not one too many. */
static void a_late_call_within_what_is_allowed(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "slow", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "slow", .unreached = true, .late_calls = 1, .late_ms = 300});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_assert_verdict(&rig, "slow", "pass", 0);
    rig_fini(&rig);
}

/* A waiver names the failure that was there before, and not this one. */
static void a_late_call_of_a_waived_case(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "known", NULL, NULL);
    rig_waiver(&rig, "known", "wrong-status");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "known", .status = 500, .late_calls = 1, .late_ms = 300});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "known"), "fail");
    assert_int_equal(json_array_size(json_object_get(rig_totals(&rig), "waiver_problems")), 1);
    rig_fini(&rig);
}

/* What has come until then is counted, and nothing more is waited for. */
static void a_late_call_before_the_interrupt(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig.options.jobs = 1;
    rig_case(&rig, "a-repeats", NULL, NULL);
    rig_case(&rig, "b-stops", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "a-repeats", .late_calls = 1, .late_ms = 2});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "b-stops", .answer = FAKE_INTERRUPTS, .delay_ms = 20});
    assert_int_equal(rig_run(&rig), RUNNER_INTERRUPTED);
    assert_string_equal(rig_kind(&rig, "a-repeats"), "too-many-calls");
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_nobody),
        cmocka_unit_test(a_call_without_a_marker_before_each),
        cmocka_unit_test(a_call_without_a_marker_is_somebody_s),
        cmocka_unit_test(a_call_that_nobody_explains),
        cmocka_unit_test(health_checks_of_the_proxy),
        cmocka_unit_test(a_late_call_without_a_marker),
        cmocka_unit_test(more_calls_than_allowed),
        cmocka_unit_test(a_call_where_none_may_be),
        cmocka_unit_test(a_call_repeated_late),
        cmocka_unit_test(a_late_call_where_none_may_be),
        cmocka_unit_test(a_late_call_within_what_is_allowed),
        cmocka_unit_test(a_late_call_of_a_waived_case),
        cmocka_unit_test(a_late_call_before_the_interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
