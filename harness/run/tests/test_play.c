/* Tests of how cases are played, on fake ends: beside one another, alone, and who is blamed for what is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"

#define EITHER     "{\"status\": [200, 503]}"
#define ACCEPTABLE "{\"any_of\": [{\"status\": 200}, {\"status\": 201, \"verdict\": \"acceptable\"}]}"

static size_t index_of(const struct rig *rig, const char *name)
{
    const json_t *line = rig_line(rig, name, "h1");
    size_t i = 0;
    while (json_array_get(rig->lines, i) != line)
        i++;
    return i;
}

/* ---- in parallel, and alone */

static void beside_one_another(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    for (char name[] = "a"; *name < 'h'; ++*name)
        rig_case(&rig, name, NULL, NULL);
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_int_equal(rig.ends.most_in_flight, 4);
    assert_int_equal(rig_total(&rig, "pass"), 7);
    rig_fini(&rig);
}

static void a_failure_is_repeated_alone(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "flaky", NULL, NULL);
    rig_case(&rig, "wrong", NULL, NULL);
    rig_case(&rig, "right", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "flaky", .status = 500, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "wrong", .status = 500});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "flaky", "unstable", 1);
    assert_string_equal(rig_kind(&rig, "flaky"), "wrong-status");
    assert_non_null(strstr(rig_note(&rig, "flaky"), "passed alone"));
    assert_string_equal(rig_attempt_text(&rig, "flaky", "verdict"), "fail");
    assert_string_equal(rig_attempt_text(&rig, "flaky", "note"), "in parallel with others");
    rig_assert_verdict(&rig, "wrong", "fail", 1);
    assert_string_equal(rig_kind(&rig, "wrong"), "wrong-status");
    assert_string_equal(rig_note(&rig, "wrong"), "run again alone");
    rig_assert_verdict(&rig, "right", "pass", 0);
    rig_fini(&rig);
}

static void what_disturbs_comes_last_and_alone(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "flood", DISTURBS, NULL);
    rig_case(&rig, "flaky", NULL, NULL);
    rig_case(&rig, "right", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "flaky", .status = 500, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "flood", .status = 500, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_true(index_of(&rig, "right") < index_of(&rig, "flaky"));
    assert_true(index_of(&rig, "flaky") < index_of(&rig, "flood"));
    rig_assert_verdict(&rig, "flood", "fail", 0); /* it was alone at once */
    rig_fini(&rig);
}

/* ---- lost connections */

/* A neighbour that took the backend connection with it may have made a case pass just as well as fail. */
static void a_lost_connection_hurts_all_on_it(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "breaker", NULL, EITHER);
    rig_case(&rig, "hurt", NULL, NULL);
    rig_case(&rig, "lucky", NULL, EITHER);
    rig_case(&rig, "later", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "breaker", .answer = FAKE_LOSES, .delay_ms = 50});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "hurt", .delay_ms = 100});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "lucky", .delay_ms = 100});
    rig.options.jobs = 3;
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_assert_verdict(&rig, "hurt", "pass", 1);
    rig_assert_verdict(&rig, "lucky", "pass", 1);
    rig_assert_verdict(&rig, "breaker", "pass", 1);
    rig_assert_verdict(&rig, "later", "pass", 0);
    assert_non_null(strstr(rig_attempt_text(&rig, "lucky", "note"), "was lost meanwhile"));
    assert_string_equal(rig_attempt_text(&rig, "lucky", "verdict"), "pass");
    rig_fini(&rig);
}

static void a_connection_of_its_own_hurts_nobody(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig.options.jobs = 1;
    rig_case(&rig, "breaker", NULL, EITHER);
    rig_case(&rig, "right", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "breaker", .answer = FAKE_LOSES});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_assert_verdict(&rig, "breaker", "pass", 0);
    rig_assert_verdict(&rig, "right", "pass", 0);
    rig_fini(&rig);
}

/* The ordinary request that follows a case is a part of it: what hurts it hurts the case. */
static void a_lost_connection_under_the_ordinary_request(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "asks", NULL, "{\"status\": 200, \"then_healthy\": true}");
    rig_case(&rig, "breaker", NULL, EITHER);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .times = 1}); /* the preflight */
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .delay_ms = 200, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "breaker", .answer = FAKE_LOSES, .delay_ms = 100, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_assert_verdict(&rig, "asks", "pass", 1);
    assert_non_null(strstr(rig_attempt_text(&rig, "asks", "note"), "was lost meanwhile"));
    rig_fini(&rig);
}

/* ---- deaths */

static void a_death_is_its_own_case_s(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "killer", NULL, NULL);
    rig_case(&rig, "beside", NULL, NULL);
    rig_case(&rig, "later", NULL, NULL);
    rig.options.jobs = 2;
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES, .delay_ms = 50});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "beside", .delay_ms = 100});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "killer", "fail", 1);
    assert_string_equal(rig_kind(&rig, "killer"), "died");
    rig_assert_verdict(&rig, "beside", "pass", 1);
    rig_assert_verdict(&rig, "later", "pass", 0);
    assert_int_equal(rig_total(&rig, "proxy_died"), 2);
    assert_true(rig_has_event(&rig, "the proxy died (signal 6 (Aborted)) and is started again"));
    rig_fini(&rig);
}

/* A case that would pass although the proxy died under it is played again, too. */
static void a_death_hurts_all_in_flight(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "killer", NULL, NULL);
    rig_case(&rig, "lucky", NULL, "{\"ends\": [\"complete\", \"aborted\"]}");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES, .delay_ms = 50, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "lucky", .delay_ms = 100});
    rig_run(&rig);
    rig_assert_verdict(&rig, "lucky", "pass", 1);
    rig_assert_verdict(&rig, "killer", "pass", 1);
    /* Nobody is named, and a proxy that died is a failure all the same. */
    assert_int_equal(rig.exit_code, RUNNER_FAILED);
    assert_int_equal(rig_total(&rig, "proxy_died"), 1);
    assert_int_equal(rig_total(&rig, "deaths_unexplained"), 1);
    assert_int_equal(rig_total(&rig, "must_failed"), 0);
    rig_fini(&rig);
}

static const char *verdict_with(const struct rig *rig, const char *name, const char *client)
{
    return json_string_value(json_object_get(rig_line(rig, name, client), "verdict"));
}

/* Both clients of a case are in flight together, and one of them kills. */
static void a_death_is_its_own_client_s(void **state)
{
    (void)state;
    for (unsigned killer = CLIENT_H1; killer <= CLIENT_H2; killer <<= 1) {
        struct rig rig;
        rig_init(&rig, true);
        rig.options.selection.clients = CLIENT_H1 | CLIENT_H2;
        rig_case(&rig, "killer", NULL, NULL);
        rig_case(&rig, "right", NULL, NULL);
        fake_ends_rule(&rig.ends,
                       (struct fake_rule){.path = "killer", .clients = killer, .answer = FAKE_DIES, .delay_ms = 50});
        fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .delay_ms = 70});
        assert_int_equal(rig_run(&rig), RUNNER_FAILED);
        assert_string_equal(verdict_with(&rig, "killer", "h1"), killer == CLIENT_H1 ? "fail" : "pass");
        assert_string_equal(verdict_with(&rig, "killer", "h2"), killer == CLIENT_H2 ? "fail" : "pass");
        assert_int_equal(rig_total(&rig, "must_failed"), 1);
        assert_null(json_object_get(rig_totals(&rig), "deaths_unexplained"));
        rig_fini(&rig);
    }
}

/* A proxy that dies some time after it has answered: the next case is not to blame. */
static void a_death_after_the_answer(bool alone, const char *last)
{
    struct rig rig;
    rig_init(&rig, true);
    rig.options.jobs = 1;
    rig_case(&rig, "a-killer", alone ? DISTURBS : NULL, NULL);
    if (last)
        rig_case(&rig, last, alone ? DISTURBS : NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .dies_late = true, .late_ms = 50});
    fake_ends_rule(&rig.ends, (struct fake_rule){.delay_ms = 100});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "a-killer"), "died");
    if (last)
        rig_assert_verdict(&rig, last, "pass", 1);
    assert_null(json_object_get(rig_totals(&rig), "deaths_unexplained"));
    rig_fini(&rig);
}

static void deaths_after_the_answer(void **state)
{
    (void)state;
    a_death_after_the_answer(true, "b-next");
    a_death_after_the_answer(false, "b-next");
    a_death_after_the_answer(true, NULL);
    a_death_after_the_answer(false, NULL);
}

/* Without --proxy-cmd nobody can be asked again: nobody is blamed, and those under way are named. */
static void a_death_in_parallel_of_nobody_s_process(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "killer", NULL, NULL);
    rig_case(&rig, "beside", NULL, NULL);
    rig_case(&rig, "later", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES, .delay_ms = 50});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "beside", .delay_ms = 100});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_int_equal(rig_total(&rig, "skipped"), 3);
    assert_int_equal(rig_total(&rig, "deaths_unexplained"), 1);
    assert_true(rig_has_event(&rig, "under way were unit/"));
    rig_fini(&rig);
    rig_init(&rig, false);
    rig.options.jobs = 1;
    rig_case(&rig, "killer", NULL, NULL);
    rig_case(&rig, "later", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "killer"), "died"); /* it was alone */
    assert_string_equal(rig_verdict(&rig, "later"), "skipped");
    rig_fini(&rig);
}

/* The one that finds nobody there did not do it. */
static void a_death_before_somebody_connects(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "a-killer", DISTURBS, NULL);
    rig_case(&rig, "b-next", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .dies_late = true, .late_ms = 5});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "b-next"), "skipped");
    assert_string_equal(rig_kind(&rig, "a-killer"), "unhealthy");
    assert_true(rig_has_event(&rig, "since unit/a-killer h1"));
    rig_fini(&rig);
}

/* Also what comes through in spite of it. */
static void a_death_hurts_what_survives_it(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "killer", NULL, NULL);
    rig_case(&rig, "survivor", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES, .delay_ms = 50, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "survivor", .delay_ms = 500, .survives = true});
    rig_run(&rig);
    rig_assert_verdict(&rig, "survivor", "pass", 1);
    assert_string_equal(rig_attempt_text(&rig, "survivor", "verdict"), "pass");
    rig_fini(&rig);
}

static void deaths_in_parallel_end_the_parallel_part(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig.options.jobs = 2;
    for (char name[] = "a"; *name < 'i'; ++*name)
        rig_case(&rig, name, NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "reservations/a", .answer = FAKE_DIES, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "reservations/f", .answer = FAKE_DIES, .times = 1});
    rig_run(&rig);
    assert_int_equal(rig_total(&rig, "pass"), 8);
    assert_int_equal(rig_total(&rig, "proxy_died"), 2);
    assert_int_equal(rig.ends.starts, 2);
    assert_non_null(strstr(rig_attempt_text(&rig, "f", "note"), "in parallel"));
    rig_assert_verdict(&rig, "h", "pass", 0);
    rig_fini(&rig);
}

static void a_proxy_that_cannot_be_started_again(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "killer", DISTURBS, NULL);
    rig_case(&rig, "right", NULL, NULL);
    rig_case(&rig, "zlast", DISTURBS, NULL);
    rig.ends.cannot_start = true;
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "right", "pass", 0);
    assert_string_equal(rig_kind(&rig, "killer"), "died");
    rig_assert_verdict(&rig, "zlast", "skipped", 0);
    assert_string_equal(rig_note(&rig, "zlast"), "proxy died");
    rig_fini(&rig);
}

/* Started, but it does not answer any more. */
static void a_proxy_that_does_not_come_back(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "killer", DISTURBS, NULL);
    rig_case(&rig, "zlast", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .answer = FAKE_REFUSES, .unreached = true});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "killer"), "died");
    assert_string_equal(rig_note(&rig, "zlast"), "proxy died");
    rig_fini(&rig);
}

/* Started, but it dies again before it answers: nobody waits for it. */
static void a_proxy_that_dies_when_it_starts_again(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "killer", DISTURBS, NULL);
    rig_case(&rig, "zlast", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .answer = FAKE_DIES, .unreached = true});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES});
    rig.options.ready_timeout_ms = 600000;
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_note(&rig, "zlast"), "proxy died");
    assert_true(rig_has_event(&rig, "before it answered"));
    assert_true(rig.ends.now_us < 300000000);
    rig_fini(&rig);
}

static void a_proxy_that_nobody_can_start_again(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "killer", DISTURBS, NULL);
    rig_case(&rig, "zlast", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "killer", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "killer"), "died");
    rig_assert_verdict(&rig, "zlast", "skipped", 0);
    assert_int_equal(rig_total(&rig, "proxy_died"), 1);
    rig_fini(&rig);
}

/* A reset connection alone is no death. */
static void a_reset_is_no_death(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "reset", NULL, "{\"ends\": \"aborted\"}");
    rig_case(&rig, "right", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "reset", .answer = FAKE_RESETS});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "reset"), "pass");
    assert_int_equal(rig_total(&rig, "proxy_died"), 0);
    rig_fini(&rig);
}

static void a_proxy_that_always_dies_is_given_up(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    for (int i = 0; i < RUNNER_MAX_DEATHS + 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "k%02d", i);
        rig_case(&rig, name, DISTURBS, NULL);
    }
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "reservations/k", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_int_equal(rig_total(&rig, "fail"), RUNNER_MAX_DEATHS + 1);
    assert_int_equal(rig_total(&rig, "skipped"), 9);
    assert_true(rig_has_event(&rig, "too often: it is not started again"));
    rig_fini(&rig);
}

/* ---- health */

static void an_ordinary_request_must_succeed_afterwards(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "asks", NULL, "{\"status\": 200, \"then_healthy\": true}");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .status = 500});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "asks"), "unhealthy");
    rig_fini(&rig);
}

static void it_may_take_the_grace(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "asks", DISTURBS, "{\"status\": 200, \"then_healthy\": true}");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .status = 503, .times = 3});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    const json_t *health = json_object_get(rig_line(&rig, "asks", "h1"), "health");
    assert_int_equal(json_integer_value(json_object_get(health, "attempts")), 4);
    assert_non_null(strstr(json_string_value(json_object_get(health, "detail")), "3 ordinary requests failed"));
    rig_fini(&rig);
}

/* ---- repetitions */

static void repeated_verdicts_are_merged(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig.options.repeat = 3;
    rig_case(&rig, "same", NULL, NULL);
    rig_case(&rig, "first", NULL, ACCEPTABLE);
    rig_case(&rig, "once", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "first", .status = 201, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "once", .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "once", .status = 500, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "same", "pass", 0);
    assert_int_equal(json_integer_value(json_object_get(rig_line(&rig, "same", "h1"), "repeated")), 3);
    rig_assert_verdict(&rig, "first", "acceptable", 0); /* the worst of the three */
    rig_assert_verdict(&rig, "once", "unstable", 1);    /* one of three failed, and alone it passed */
    rig_fini(&rig);
}

/* ---- the end */

static void a_hang_ends_at_the_deadline(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "hangs", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "hangs", .answer = FAKE_HANGS});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "hangs"), "hung");
    assert_int_equal(json_integer_value(json_object_get(rig_line(&rig, "hangs", "h1"), "duration_us")), 1000000);
    rig_fini(&rig);
}

/* ---- beside what only waits */

#define DEADLINE_US 1000000u

static void those_that_hang_wait_beside_one_another(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "a-hangs", DISTURBS, NULL);
    rig_case(&rig, "b-hangs", DISTURBS, NULL);
    rig_case(&rig, "c-hangs", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "hangs", .answer = FAKE_HANGS});
    uint64_t begun_us = rig.ends.now_us;
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_true(rig.ends.now_us < begun_us + 2 * DEADLINE_US);
    rig_assert_verdict(&rig, "a-hangs", "fail", 0);
    rig_assert_verdict(&rig, "b-hangs", "fail", 0);
    rig_assert_verdict(&rig, "c-hangs", "fail", 0);
    assert_string_equal(rig_kind(&rig, "c-hangs"), "hung");
    rig_fini(&rig);
}

static void nothing_waits_beside_others_with_one_job(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig.options.jobs = 1;
    rig_case(&rig, "a-hangs", DISTURBS, NULL);
    rig_case(&rig, "b-hangs", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "hangs", .answer = FAKE_HANGS});
    uint64_t begun_us = rig.ends.now_us;
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_true(rig.ends.now_us >= begun_us + 2 * DEADLINE_US);
    rig_fini(&rig);
}

static void a_failure_while_others_wait_is_repeated(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "a-hangs", DISTURBS, NULL);
    rig_case(&rig, "b-hurt", DISTURBS, NULL);
    rig_case(&rig, "c-wrong", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "hangs", .answer = FAKE_HANGS});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "b-hurt", .status = 500, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "c-wrong", .status = 500});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "b-hurt", "pass", 1);
    assert_string_equal(rig_attempt_text(&rig, "b-hurt", "note"), "while others waited");
    rig_assert_verdict(&rig, "c-wrong", "fail", 1);
    rig_fini(&rig);
}

/* Where nobody was served meanwhile, the proxy stood still: whose fault that was is found out alone. */
static void a_hang_of_all_is_repeated(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "a-stops-all", DISTURBS, NULL);
    rig_case(&rig, "b-victim", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "stops-all", .answer = FAKE_HANGS});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "victim", .answer = FAKE_HANGS, .times = 1});
    /* Of the ordinary requests one is the preflight's and two let the cases wait; the next stands still like them. */
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .times = 3});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = ORDINARY, .answer = FAKE_HANGS, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "b-victim", "pass", 1);
    rig_assert_verdict(&rig, "a-stops-all", "fail", 1);
    rig_fini(&rig);
}

static void a_death_hurts_those_that_wait(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "a-waits", DISTURBS, EITHER);
    rig_case(&rig, "b-kills", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "waits", .delay_ms = 700, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "kills", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "a-waits", "pass", 1);
    rig_assert_verdict(&rig, "b-kills", "fail", 1);
    assert_string_equal(rig_kind(&rig, "b-kills"), "died");
    rig_fini(&rig);
}

static void a_lost_connection_hurts_those_that_wait(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "a-waits", DISTURBS, EITHER);
    rig_case(&rig, "b-breaks", DISTURBS, EITHER);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "waits", .delay_ms = 700, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "breaks", .answer = FAKE_LOSES});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_assert_verdict(&rig, "a-waits", "pass", 1);
    rig_fini(&rig);
}

static void known_killers_come_last(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "a-waits", DISTURBS, EITHER);
    rig_case(&rig, "b-kills", DISTURBS, NULL);
    rig_waiver(&rig, "b-kills", "died");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "waits", .delay_ms = 700, .times = 1});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "kills", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_assert_verdict(&rig, "a-waits", "pass", 0);
    rig_assert_verdict(&rig, "b-kills", "waived", 0);
    rig_fini(&rig);
}

static void interrupted_while_some_wait(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "a-waits", DISTURBS, NULL);
    rig_case(&rig, "b-stops", DISTURBS, NULL);
    rig.ends.interrupted = &rig.runner.interrupted;
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "waits", .answer = FAKE_HANGS});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "stops", .answer = FAKE_INTERRUPTS});
    assert_int_equal(rig_run(&rig), RUNNER_INTERRUPTED);
    rig_assert_verdict(&rig, "a-waits", "skipped", 0);
    rig_fini(&rig);
}

static void interrupted_in_parallel(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig.options.jobs = 1;
    rig_case(&rig, "a-done", NULL, NULL);
    rig_case(&rig, "b-stops", NULL, NULL);
    rig_case(&rig, "c-waits", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "b-stops", .answer = FAKE_INTERRUPTS});
    assert_int_equal(rig_run(&rig), RUNNER_INTERRUPTED);
    assert_string_equal(rig_verdict(&rig, "a-done"), "pass");
    rig_assert_verdict(&rig, "c-waits", "skipped", 0);
    assert_string_equal(rig_note(&rig, "c-waits"), "interrupted");
    assert_true(json_is_true(json_object_get(rig_totals(&rig), "interrupted")));
    rig_fini(&rig);
}

static void interrupted_alone(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "stops", DISTURBS, NULL);
    rig_case(&rig, "waits", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "stops", .answer = FAKE_INTERRUPTS, .status = 500});
    assert_int_equal(rig_run(&rig), RUNNER_INTERRUPTED);
    assert_string_equal(rig_verdict(&rig, "stops"), "skipped"); /* nobody knows what it was worth */
    assert_string_equal(rig_verdict(&rig, "waits"), "skipped");
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beside_one_another),
        cmocka_unit_test(a_failure_is_repeated_alone),
        cmocka_unit_test(what_disturbs_comes_last_and_alone),
        cmocka_unit_test(a_lost_connection_hurts_all_on_it),
        cmocka_unit_test(a_connection_of_its_own_hurts_nobody),
        cmocka_unit_test(a_lost_connection_under_the_ordinary_request),
        cmocka_unit_test(a_death_is_its_own_case_s),
        cmocka_unit_test(a_death_hurts_all_in_flight),
        cmocka_unit_test(a_death_is_its_own_client_s),
        cmocka_unit_test(deaths_after_the_answer),
        cmocka_unit_test(a_death_in_parallel_of_nobody_s_process),
        cmocka_unit_test(a_death_before_somebody_connects),
        cmocka_unit_test(a_death_hurts_what_survives_it),
        cmocka_unit_test(deaths_in_parallel_end_the_parallel_part),
        cmocka_unit_test(a_proxy_that_cannot_be_started_again),
        cmocka_unit_test(a_proxy_that_does_not_come_back),
        cmocka_unit_test(a_proxy_that_dies_when_it_starts_again),
        cmocka_unit_test(a_proxy_that_nobody_can_start_again),
        cmocka_unit_test(a_reset_is_no_death),
        cmocka_unit_test(a_proxy_that_always_dies_is_given_up),
        cmocka_unit_test(an_ordinary_request_must_succeed_afterwards),
        cmocka_unit_test(it_may_take_the_grace),
        cmocka_unit_test(repeated_verdicts_are_merged),
        cmocka_unit_test(a_hang_ends_at_the_deadline),
        cmocka_unit_test(those_that_hang_wait_beside_one_another),
        cmocka_unit_test(nothing_waits_beside_others_with_one_job),
        cmocka_unit_test(a_failure_while_others_wait_is_repeated),
        cmocka_unit_test(a_hang_of_all_is_repeated),
        cmocka_unit_test(a_death_hurts_those_that_wait),
        cmocka_unit_test(a_lost_connection_hurts_those_that_wait),
        cmocka_unit_test(known_killers_come_last),
        cmocka_unit_test(interrupted_while_some_wait),
        cmocka_unit_test(interrupted_in_parallel),
        cmocka_unit_test(interrupted_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
