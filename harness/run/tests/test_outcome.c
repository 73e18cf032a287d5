/* Tests of what a run comes to: waivers, totals and the exit code, on fake ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"

#define WRONG "{\"status\": 201}"

/* Nobody can judge it. */
static const struct fake_rule no_memory = {.path = "unjudged", .answer = FAKE_NO_MEMORY};

static void assert_problem(const struct rig *rig, const char *problem)
{
    const json_t *problems = json_object_get(rig_totals(rig), "waiver_problems");
    assert_int_equal(json_array_size(problems), problem ? 1 : 0);
    if (problem)
        assert_string_equal(json_string_value(json_object_get(json_array_get(problems, 0), "problem")), problem);
}

/* The exit code of a run over one case of that level and name, answered 200. */
static int exit_of(struct rig *rig, const char *level, const char *name, bool strict)
{
    char more[64];
    rig_init(rig, false);
    rig->options.strict = strict;
    snprintf(more, sizeof more, "\"level\": \"%s\"", level);
    rig_case(rig, name, more, strcmp(name, "wrong") == 0 ? WRONG : NULL);
    fake_ends_rule(&rig->ends, no_memory);
    return rig_run(rig);
}

static void levels_and_strictness(void **state)
{
    (void)state;
    static const struct {
        const char *level;
        const char *name;
        bool strict;
        int code;
    } rows[] = {
        {"must", "right", false, RUNNER_OK},
        {"must", "wrong", false, RUNNER_FAILED},
        {"must", "wrong", true, RUNNER_FAILED},
        {"should", "right", true, RUNNER_OK},
        {"should", "wrong", false, RUNNER_OK},
        {"should", "wrong", true, RUNNER_FAILED},
        {"may", "wrong", true, RUNNER_OK},
        {"must", "unjudged", false, RUNNER_UNJUDGED_CASE},
        {"may", "unjudged", false, RUNNER_UNJUDGED_CASE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig rig;
        int code = exit_of(&rig, rows[i].level, rows[i].name, rows[i].strict);
        if (code != rows[i].code)
            fail_msg("row %zu: exit code %d, not %d", i, code, rows[i].code);
        assert_int_equal(rig_total(&rig, "exit"), code);
        bool failed = strcmp(rows[i].name, "wrong") == 0;
        assert_int_equal(rig_total(&rig, "must_failed"), failed && strcmp(rows[i].level, "must") == 0);
        assert_int_equal(rig_total(&rig, "should_failed"), failed && strcmp(rows[i].level, "should") == 0);
        rig_fini(&rig);
    }
}

/* A failure is worse than a case that nobody could judge. */
static void the_first_that_applies(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "unjudged", NULL, NULL);
    fake_ends_rule(&rig.ends, no_memory);
    rig_case(&rig, "wrong", NULL, WRONG);
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_int_equal(rig_total(&rig, "error"), 1);
    rig_fini(&rig);
}

static void the_totals_are_the_sum(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_profile(&rig, "\"server-streaming\": \"It cannot.\"");
    rig_case(&rig, "right", NULL, NULL);
    rig_case(&rig, "wrong", NULL, WRONG);
    rig_case(&rig, "lacking", "\"needs\": [\"server-streaming\"]", NULL);
    rig_case(&rig, "unjudged", NULL, NULL);
    fake_ends_rule(&rig.ends, no_memory);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "transcheck-probe", .unreached = true, .status = 501});
    rig_run(&rig);
    assert_int_equal(rig_total(&rig, "planned"), 4);
    assert_int_equal(rig_total(&rig, "pass"), 1);
    assert_int_equal(rig_total(&rig, "fail"), 1);
    assert_int_equal(rig_total(&rig, "unsupported"), 1);
    assert_int_equal(rig_total(&rig, "error"), 1);
    /* The first line names each, so that a reader can miss one. */
    assert_int_equal(json_array_size(json_object_get(json_array_get(rig.lines, 0), "planned")), 4);
    rig_fini(&rig);
}

/* ---- waivers */

static void waived(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "known", NULL, WRONG);
    rig_waiver(&rig, "known", "wrong-status");
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "known"), "waived");
    assert_int_equal(rig_total(&rig, "waived"), 1);
    assert_problem(&rig, NULL);
    rig_fini(&rig);
}

static void a_waiver_whose_case_passes(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "known", NULL, NULL);
    rig_waiver(&rig, "known", "wrong-status");
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "known"), "pass");
    assert_problem(&rig, "stale");
    rig_fini(&rig);
}

static void a_waiver_of_another_kind(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "known", NULL, WRONG);
    rig_waiver(&rig, "known", "hung");
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "known"), "fail");
    assert_problem(&rig, "mismatch");
    rig_fini(&rig);
}

static void a_waived_death(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "killer", DISTURBS, NULL);
    rig_case(&rig, "right", NULL, NULL);
    rig_waiver(&rig, "killer", "died");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "killer"), "waived");
    assert_int_equal(rig_total(&rig, "proxy_died"), 1); /* a known killer needs no second proof */
    rig_fini(&rig);
}

/* It dies in parallel, and again alone: both are its own. */
static void a_waived_death_in_parallel(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "killer", NULL, NULL);
    rig_case(&rig, "right", NULL, NULL);
    rig_waiver(&rig, "killer", "died");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "killer"), "waived");
    assert_int_equal(rig_total(&rig, "proxy_died"), 2);
    rig_fini(&rig);
}

static void one_death_is_waived_another_is_not(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "killer", DISTURBS ", \"level\": \"may\"", NULL);
    rig_case(&rig, "other", DISTURBS ", \"level\": \"may\"", NULL);
    rig_waiver(&rig, "killer", "died");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "other", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED); /* although no must case failed */
    assert_string_equal(rig_verdict(&rig, "killer"), "waived");
    assert_string_equal(rig_kind(&rig, "other"), "died");
    rig_fini(&rig);
}

/* A waiver names the death of one case, and no other. */
static void a_waived_death_and_one_of_nobody(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "killer", DISTURBS, NULL);
    rig_case(&rig, "once", NULL, NULL);
    rig_waiver(&rig, "killer", "died");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "once", .answer = FAKE_DIES, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "killer"), "waived");
    assert_string_equal(rig_verdict(&rig, "once"), "pass");
    assert_int_equal(rig_total(&rig, "deaths_unexplained"), 1);
    rig_fini(&rig);
}

/* ---- what is lost */

static void a_lost_case_is_an_error(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "lost", NULL, NULL);
    assert_int_equal(rig_load(&rig), ERR_OK);
    int code = outcome_finish(&rig.runner, NULL);
    rig_read(&rig);
    assert_int_equal(code, RUNNER_UNJUDGED_CASE);
    assert_string_equal(rig_verdict(&rig, "lost"), "error");
    assert_string_equal(rig_note(&rig, "lost"), "the harness lost this case");
    rig_fini(&rig);
}

/* What the harness could not do is no failure of the proxy. */
static void no_memory_for_the_ordinary_request(void **state)
{
    (void)state;
    for (int alone = 0; alone < 2; alone++) {
        struct rig rig;
        rig_init(&rig, false);
        rig_case(&rig, "asks", alone ? DISTURBS : NULL, "{\"status\": 200, \"then_healthy\": true}");
        rig_case(&rig, "never", alone ? DISTURBS : NULL, "{\"status\": 200, \"unreached\": true}");
        fake_ends_rule(&rig.ends, (struct fake_rule){.path = "never", .unreached = true});
        fake_ends_rule(&rig.ends, (struct fake_rule){.path = "transcheck-ordinary", .times = 1});
        fake_ends_rule(&rig.ends, (struct fake_rule){.path = "transcheck-ordinary", .answer = FAKE_NO_MEMORY});
        assert_int_equal(rig_run(&rig), RUNNER_UNJUDGED_CASE);
        assert_string_equal(rig_verdict(&rig, "asks"), "error");
        assert_string_equal(rig_verdict(&rig, "never"), "error");
        rig_fini(&rig);
    }
}

/* The list of what is planned is made before the run: without it a reader could not miss a case. */
static void no_memory_for_the_plan(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    for (char name[] = "a"; *name < 'e'; ++*name)
        rig_case(&rig, name, NULL, NULL);
    assert_int_equal(rig_load(&rig), ERR_OK);
    assert_int_equal(rig.runner.pair_count, 4);
    assert_non_null(rig.runner.planned);
    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(rig.runner.planned[i].testcase, rig.runner.pairs[i].plan->testcase);
    rig_fini(&rig);
}

static void results_that_cannot_be_written(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "one", NULL, NULL);
    FILE *full = fopen("/dev/full", "we");
    assert_non_null(full);
    rig.options.results = full;
    assert_int_equal(rig_load(&rig), ERR_OK);
    assert_int_equal(runner_play(&rig.runner), RUNNER_UNJUDGED_CASE);
    fclose(full);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_and_strictness),
        cmocka_unit_test(the_first_that_applies),
        cmocka_unit_test(the_totals_are_the_sum),
        cmocka_unit_test(waived),
        cmocka_unit_test(a_waiver_whose_case_passes),
        cmocka_unit_test(a_waiver_of_another_kind),
        cmocka_unit_test(a_waived_death),
        cmocka_unit_test(a_waived_death_in_parallel),
        cmocka_unit_test(one_death_is_waived_another_is_not),
        cmocka_unit_test(a_waived_death_and_one_of_nobody),
        cmocka_unit_test(a_lost_case_is_an_error),
        cmocka_unit_test(no_memory_for_the_ordinary_request),
        cmocka_unit_test(no_memory_for_the_plan),
        cmocka_unit_test(results_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
