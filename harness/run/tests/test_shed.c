/* Tests of proxies that answer by themselves for a while (a circuit breaker), on fake ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"

#define CASES 20

static void begin(struct rig *rig, const char *more)
{
    rig_init(rig, true);
    for (int i = 0; i < CASES; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%02d", i);
        rig_case(rig, name, more, NULL);
    }
}

/* A case makes the proxy answer the ones after it by itself; each of these has a verdict of its own all the same. */
static void others_are_not_blamed(const char *more)
{
    struct rig rig;
    begin(&rig, more);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/c05", .sheds_ms = 4000, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/c15", .status = 500});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_int_equal(rig_total(&rig, "pass"), CASES - 1);
    assert_string_equal(rig_kind(&rig, "c15"), "wrong-status");
    assert_int_equal(rig_total(&rig, "unstable"), 0);
    assert_string_equal(rig_finding(&rig, "as a circuit breaker does"), "none");
    rig_fini(&rig);
}

static void a_breaker_that_closes_again(void **state)
{
    (void)state;
    others_are_not_blamed(NULL);
    others_are_not_blamed(DISTURBS);
}

/* One that nothing closes: the rest cannot be judged, and nobody waits for each case. */
static void a_breaker_that_stays_open(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/c05", .sheds_ms = 3600000});
    assert_int_equal(rig_run(&rig), RUNNER_UNJUDGED_CASE);
    assert_string_equal(rig_verdict(&rig, "c00"), "pass");
    assert_string_equal(rig_verdict(&rig, "c19"), "error");
    assert_non_null(strstr(rig_note(&rig, "c19"), "also ordinary requests"));
    assert_int_equal(rig_total(&rig, "fail"), 0);
    assert_in_range(rig.ends.now_us, 0, 60000000);
    rig_fini(&rig);
}

/* What the proxy answers so every time, while it serves others, is its answer to that case. */
static void a_case_that_is_always_refused(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/c05", .status = 503, .unreached = true});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "c05"), "fail");
    assert_int_equal(rig_total(&rig, "pass"), CASES - 1);
    assert_string_equal(rig_finding(&rig, "as a circuit breaker does"), "");
    assert_in_range(rig.ends.now_us, 0, 5000000); /* without the pause */
    rig_fini(&rig);
}

/* The backend was called in the first play and not in the others, of a case or for whoever comes after it. */
static void what_depends_on_the_order_is_an_error(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/c05", .status = 500, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/c05", .status = 429, .unreached = true});
    assert_int_equal(rig_run(&rig), RUNNER_UNJUDGED_CASE);
    assert_string_equal(rig_verdict(&rig, "c05"), "error");
    assert_non_null(strstr(rig_note(&rig, "c05"), "in another play"));
    assert_int_equal(rig_total(&rig, "pass"), CASES - 1);
    rig_fini(&rig);
}

/* One after which ordinary requests are not served for longer than the grace, every time, fails for that. */
static void a_case_that_opens_it_every_time(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, DISTURBS);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/c05", .sheds_ms = 5000});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "c05"), "unhealthy");
    assert_int_equal(rig_total(&rig, "must_failed"), 1);
    assert_int_equal(rig_total(&rig, "pass"), CASES - 1);
    rig_fini(&rig);
}

/* A refusal that a case asks for is none of these: 503 where nothing may reach the backend. */
static void a_refusal_that_is_right(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "refused", NULL, "{\"unreached\": true, \"status\": 503}");
    rig_case(&rig, "right", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/refused", .status = 503, .unreached = true});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_int_equal(rig_attempts(&rig, "refused"), 0);
    assert_string_equal(rig_finding(&rig, "as a circuit breaker does"), "");
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_breaker_that_closes_again),     cmocka_unit_test(a_breaker_that_stays_open),
        cmocka_unit_test(a_case_that_is_always_refused),   cmocka_unit_test(what_depends_on_the_order_is_an_error),
        cmocka_unit_test(a_case_that_opens_it_every_time), cmocka_unit_test(a_refusal_that_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
