/* Tests of the verdict `unstable`, on fake ends: what fails beside others and passes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"

#define ORDINARY "transcheck-ordinary"

static void assert_verdict(const struct rig *rig, const char *name, const char *verdict, size_t attempts)
{
    assert_string_equal(rig_verdict(rig, name), verdict);
    assert_int_equal(rig_attempts(rig, name), attempts);
}

static int exit_of_flaky(const char *level, bool strict)
{
    struct rig rig;
    char more[64];
    rig_init(&rig, false);
    rig.options.strict = strict;
    snprintf(more, sizeof more, "\"level\": \"%s\"", level);
    rig_case(&rig, "flaky", more, NULL);
    rig_case(&rig, "right", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "flaky", .status = 500, .times = 1});
    int code = rig_run(&rig);
    assert_int_equal(rig_total(&rig, "unstable"), 1);
    assert_int_equal(rig_total(&rig, "fail"), 0);
    assert_int_equal(rig_total(&rig, "must_failed"), strcmp(level, "must") == 0);
    rig_fini(&rig);
    return code;
}

static void an_unstable_case_counts_as_a_failure(void **state)
{
    (void)state;
    assert_int_equal(exit_of_flaky("must", false), RUNNER_FAILED);
    assert_int_equal(exit_of_flaky("should", true), RUNNER_FAILED);
    assert_int_equal(exit_of_flaky("should", false), RUNNER_OK);
    assert_int_equal(exit_of_flaky("may", true), RUNNER_OK);
}

/* The first of several failures is the one that is shown, and a failure alone says more than one among others. */
static void what_an_unstable_case_shows(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig.options.repeat = 3;
    rig_case(&rig, "flaky", NULL, NULL);
    rig_case(&rig, "wrong", NULL, "{\"status\": 200, \"content_type\": \"text/html\"}");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "flaky", .status = 500, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "flaky", .answer = FAKE_HANGS, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "wrong", .status = 500, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "flaky"), "unstable");
    assert_string_equal(rig_kind(&rig, "flaky"), "wrong-status");
    assert_string_equal(rig_verdict(&rig, "wrong"), "fail");
    assert_string_equal(rig_kind(&rig, "wrong"), "wrong-content-type");
    rig_fini(&rig);
}

static void a_waiver_of_what_is_unstable(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "flaky", NULL, NULL);
    rig_waiver(&rig, "flaky", "wrong-status");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "flaky", .status = 500, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "flaky"), "waived");
    rig_fini(&rig);
}

/* The harness had no memory for it beside others: that is no failure. */
static void what_could_not_be_judged_is_not_unstable(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "asks", NULL, "{\"status\": 200, \"then_healthy\": true}");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .answer = FAKE_NO_MEMORY, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_verdict(&rig, "asks", "pass", 1);
    rig_fini(&rig);
}

/* Its death becomes known later than what it cut off. */
static void a_death_explains_what_was_cut_off_before(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "cut", NULL, NULL);
    rig_case(&rig, "killer", NULL, NULL);
    rig_case(&rig, "wrong", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES, .delay_ms = 50, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "cut", .answer = FAKE_RESETS, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "wrong", .status = 500, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_verdict(&rig, "cut", "pass", 1);
    assert_verdict(&rig, "wrong", "unstable", 1); /* no death answers 500 */
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unstable_case_counts_as_a_failure),
        cmocka_unit_test(what_an_unstable_case_shows),
        cmocka_unit_test(a_waiver_of_what_is_unstable),
        cmocka_unit_test(what_could_not_be_judged_is_not_unstable),
        cmocka_unit_test(a_death_explains_what_was_cut_off_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
