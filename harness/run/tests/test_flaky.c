/* Tests of flaky waivers, on fake ends: how often their cases are played, and when a waiver is stale. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"

/* The first `right` requests of a case are answered right, the next `wrong` ones with status 500. */
static void fails_after(struct rig *rig, const char *name, unsigned right, unsigned wrong)
{
    if (right > 0)
        fake_ends_rule(&rig->ends, (struct fake_rule){.path = name, .times = right});
    fake_ends_rule(&rig->ends, (struct fake_rule){.path = name, .status = 500, .times = wrong});
}

static size_t problems(const struct rig *rig)
{
    return json_array_size(json_object_get(rig_totals(rig), "waiver_problems"));
}

static void begin(struct rig *rig, const char *more)
{
    rig_init(rig, false);
    rig_case(rig, "flaky", more, NULL);
    rig_case(rig, "right", NULL, NULL);
    rig_flaky_waiver(rig, "flaky", "wrong-status", "h1");
}

static void it_fails_late(const char *more)
{
    struct rig rig;
    begin(&rig, more);
    fails_after(&rig, "flaky", FLAKY_PLAYS - 1, 1);
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "flaky"), "waived");
    assert_int_equal(problems(&rig), 0);
    rig_fini(&rig);
}

static void it_never_fails(const char *more)
{
    struct rig rig;
    begin(&rig, more);
    fails_after(&rig, "flaky", FLAKY_PLAYS, 1);
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "flaky"), "pass");
    assert_int_equal(problems(&rig), 1);
    const json_t *waiver = json_object_get(rig_line(&rig, "flaky", "h1"), "waiver");
    assert_string_equal(json_string_value(json_object_get(waiver, "problem")), "stale");
    rig_fini(&rig);
}

static void beside_others(void **state)
{
    (void)state;
    it_fails_late(NULL);
    it_never_fails(NULL);
}

static void alone(void **state)
{
    (void)state;
    it_fails_late(DISTURBS);
    it_never_fails(DISTURBS);
}

static void it_always_fails(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    fails_after(&rig, "flaky", 0, 100);
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "flaky"), "waived");
    rig_fini(&rig);
}

static void it_fails_in_another_way(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    rig_flaky_waiver(&rig, "flaky", "hung", "h1");
    fails_after(&rig, "flaky", 3, 100);
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "flaky"), "fail");
    assert_int_equal(problems(&rig), 1);
    rig_fini(&rig);
}

/* One entry for both: enough that it fails with one of them. */
static void of_all_clients(void **state)
{
    (void)state;
    for (unsigned failing = 0; failing <= (CLIENT_H1 | CLIENT_H2); failing++) {
        struct rig rig;
        begin(&rig, NULL);
        rig.options.selection.clients = CLIENT_H1 | CLIENT_H2;
        rig_flaky_waiver(&rig, "flaky", "wrong-status", "all");
        if (failing)
            fake_ends_rule(&rig.ends, (struct fake_rule){.path = "flaky", .clients = failing, .status = 500});
        assert_int_equal(rig_run(&rig), failing ? RUNNER_OK : RUNNER_FAILED);
        assert_int_equal(problems(&rig), failing ? 0 : 1);
        rig_fini(&rig);
    }
}

/* With one of its clients nothing is known of the other. */
static void of_a_part_of_its_clients(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    rig_flaky_waiver(&rig, "flaky", "wrong-status", "all");
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_int_equal(problems(&rig), 0);
    rig_fini(&rig);
}

static void more_repetitions_are_kept(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    rig.options.repeat = 20;
    fails_after(&rig, "flaky", 19, 1);
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "flaky"), "waived");
    rig_fini(&rig);
}

/* Others are played once, and an interruption ends it. */
static void nothing_else_is_played_more_often(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, DISTURBS);
    rig_run(&rig);
    assert_null(json_object_get(rig_line(&rig, "right", "h1"), "repeated"));
    assert_int_equal(json_integer_value(json_object_get(rig_line(&rig, "flaky", "h1"), "repeated")), FLAKY_PLAYS);
    rig_fini(&rig);
    begin(&rig, DISTURBS);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "flaky", .times = 2});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "flaky", .answer = FAKE_INTERRUPTS, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_INTERRUPTED);
    assert_string_equal(rig_verdict(&rig, "flaky"), "skipped");
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beside_others),
        cmocka_unit_test(alone),
        cmocka_unit_test(it_always_fails),
        cmocka_unit_test(it_fails_in_another_way),
        cmocka_unit_test(of_all_clients),
        cmocka_unit_test(of_a_part_of_its_clients),
        cmocka_unit_test(more_repetitions_are_kept),
        cmocka_unit_test(nothing_else_is_played_more_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
