/* Tests of proxies that stop answering, on fake ends: with a process that is started again, and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"

#define CASES 20

/* Cases of which the one with this name silences the proxy, when it is answered or by hanging itself. */
static void begin(struct rig *rig, bool has_process, const char *more, enum fake_answer answer)
{
    rig_init(rig, has_process);
    for (int i = 0; i < CASES; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%02d", i);
        rig_case(rig, name, more, NULL);
    }
    fake_ends_rule(&rig->ends, (struct fake_rule){.path = "/c05", .answer = answer, .silences = true});
}

static void nobody_waits_for_the_rest(const char *more, enum fake_answer answer)
{
    struct rig rig;
    begin(&rig, false, more, answer);
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "c00"), "pass");
    assert_string_equal(rig_verdict(&rig, "c19"), "skipped");
    assert_string_equal(rig_note(&rig, "c19"), "the proxy no longer answers");
    assert_int_equal(rig_attempts(&rig, "c19"), 0); /* nothing was started after it was noticed */
    assert_true(rig_total(&rig, "skipped") >= 8);
    assert_int_equal(rig_total(&rig, "must_failed"), 1); /* the first that was not answered */
    assert_int_equal(rig_total(&rig, "silences"), 1);
    assert_int_equal(rig_total(&rig, "proxy_died"), 0);
    assert_true(rig_has_event(&rig, "the first that it did not; the rest is skipped"));
    assert_true(rig_has_event(&rig, answer == FAKE_HANGS && more ? "unit/c05 h1 the first" : "unit/c05 h1"));
    assert_in_range(rig.ends.now_us, 0, 15000000); /* twenty deadlines are 20 s */
    rig_fini(&rig);
}

static void the_rest_is_skipped(void **state)
{
    (void)state;
    nobody_waits_for_the_rest(NULL, FAKE_HANGS);
    nobody_waits_for_the_rest(DISTURBS, FAKE_HANGS);
}

/* All pass but the one that silences it. */
static void only_one_is_to_blame(const char *more, enum fake_answer answer)
{
    struct rig rig;
    begin(&rig, true, more, answer);
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "c05"), answer == FAKE_HANGS ? "hung" : "unhealthy");
    assert_int_equal(rig_total(&rig, "pass"), CASES - 1);
    assert_int_equal(rig_total(&rig, "must_failed"), 1);
    assert_int_equal(rig_total(&rig, "proxy_died"), 0);
    assert_true(rig_has_event(&rig, "it is started again"));
    rig_fini(&rig);
}

static void it_is_started_again(void **state)
{
    (void)state;
    only_one_is_to_blame(NULL, FAKE_HANGS);
    only_one_is_to_blame(NULL, FAKE_ANSWERS);
    only_one_is_to_blame(DISTURBS, FAKE_HANGS);
}

/* It falls silent without a cause that could be found: the run fails. */
static void a_silence_of_nobody(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    for (int i = 0; i < CASES; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%02d", i);
        rig_case(&rig, name, NULL, NULL);
    }
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/c05", .silences = true, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_int_equal(rig_total(&rig, "pass"), CASES);
    assert_int_equal(rig_total(&rig, "silences"), 1);
    rig_fini(&rig);
}

/* A proxy that always does so is not started again for ever. */
static void it_is_given_up(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    for (int i = 0; i < 3 * CASES; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%02d", i);
        rig_case(&rig, name, NULL, NULL);
    }
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY});
    fake_ends_rule(&rig.ends, (struct fake_rule){.answer = FAKE_HANGS, .silences = true});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_int_equal(rig_total(&rig, "silences"), SILENCE_MAX + 1);
    assert_true(rig_total(&rig, "skipped") > CASES);
    rig_fini(&rig);
}

/* Cases that hang, one after the other, through a proxy that is well: each has its verdict. */
static void hangs_alone_are_no_silence(const char *more)
{
    struct rig rig;
    rig_init(&rig, true);
    for (int i = 0; i < 8; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%02d", i);
        rig_case(&rig, name, more, NULL);
    }
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/c", .answer = FAKE_HANGS});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_int_equal(rig_total(&rig, "fail"), 8);
    assert_null(json_object_get(rig_totals(&rig), "silences"));
    assert_int_equal(rig.ends.starts, 0);
    rig_fini(&rig);
}

static void cases_that_hang(void **state)
{
    (void)state;
    hangs_alone_are_no_silence(NULL);
    hangs_alone_are_no_silence(DISTURBS);
}

/* One that takes requests to the backend and never answers any more, however often it is started again. */
static void it_stays_mute(const char *more)
{
    struct rig rig;
    rig_init(&rig, true);
    for (int i = 0; i < 3 * CASES; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%02d", i);
        rig_case(&rig, name, more, NULL);
    }
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/c05", .mutes = true});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "c00"), "pass");
    assert_string_equal(rig_verdict(&rig, "c59"), "skipped");
    assert_in_range(rig.ends.now_us, 0, 25000000); /* the deadline of each is 1 s */
    rig_fini(&rig);
}

static void one_that_is_mute_is_given_up(void **state)
{
    (void)state;
    it_stays_mute(NULL);
    it_stays_mute(DISTURBS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rest_is_skipped), cmocka_unit_test(it_is_started_again),
        cmocka_unit_test(a_silence_of_nobody), cmocka_unit_test(it_is_given_up),
        cmocka_unit_test(cases_that_hang),     cmocka_unit_test(one_that_is_mute_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
