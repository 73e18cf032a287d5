/* Tests of the verdict `unstable`, on fake ends: what fails beside others and passes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"

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

static void it_keeps_what_the_other_alternatives_lacked(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "flaky", NULL, "{\"any_of\": [{\"status\": 200}, {\"status\": 201}]}");
    rig_case(&rig, "right", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "flaky", .status = 500, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "flaky", "unstable", 1);
    const json_t *reason = json_array_get(json_object_get(rig_line(&rig, "flaky", "h1"), "reasons"), 0);
    const json_t *otherwise = json_object_get(reason, "otherwise");
    assert_int_equal(json_array_size(otherwise), 1);
    assert_non_null(strstr(json_string_value(json_array_get(otherwise, 0)), "alternative 2"));
    rig_fini(&rig);
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
    rig_assert_verdict(&rig, "asks", "pass", 1);
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
    rig_assert_verdict(&rig, "cut", "pass", 1);
    rig_assert_verdict(&rig, "wrong", "unstable", 1); /* no death answers 500 */
    rig_fini(&rig);
}

/* While a case that is played alone takes its time, ordinary requests look whether the proxy serves others: what these
 * may have done to it is found out, too. */
static void an_ordinary_request_is_a_neighbour(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "slow", DISTURBS, NULL);
    rig_case(&rig, "right", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "slow", .delay_ms = 400, .hurt_beside = true});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "slow"), "pass");
    assert_int_equal(rig_attempts(&rig, "slow"), 1);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_request_is_a_neighbour),
        cmocka_unit_test(an_unstable_case_counts_as_a_failure),
        cmocka_unit_test(it_keeps_what_the_other_alternatives_lacked),
        cmocka_unit_test(what_an_unstable_case_shows),
        cmocka_unit_test(a_waiver_of_what_is_unstable),
        cmocka_unit_test(what_could_not_be_judged_is_not_unstable),
        cmocka_unit_test(a_death_explains_what_was_cut_off_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
