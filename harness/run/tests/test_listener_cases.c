/* Tests of cases that change what connections to the backend meet, on fake ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"

/* The last note of the client's time line. */
static const char *last_note(const struct rig *rig, const char *name)
{
    const json_t *side = json_object_get(rig_line(rig, name, "h1"), "client_side");
    const char *note = "";
    size_t index;
    json_t *event;
    json_array_foreach(json_object_get(side, "events"), index, event)
    {
        if (json_object_get(event, "note"))
            note = json_string_value(json_object_get(event, "note"));
    }
    return note;
}

static void the_backend_is_back_before_anything_else(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "before", NULL, NULL);
    rig_listener_case(&rig, "closed", "closed", NULL, NULL);
    rig_listener_case(&rig, "open", "open", NULL, NULL);
    rig_case(&rig, "after", DISTURBS, NULL);
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_int_equal(rig_total(&rig, "pass"), 4);
    assert_string_equal(rig.ends.listened, "closed kept open kept ");
    assert_non_null(strstr(last_note(&rig, "closed"), "nothing listens"));
    rig_fini(&rig);
}

static void the_time_line_says_whether_the_proxy_tried(void **state)
{
    (void)state;
    static const struct {
        unsigned turns_down;
        const char *want;
    } rows[] = {{0, "no connection came to the backend meanwhile: the proxy did not try"},
                {1, "1 connection came to the backend meanwhile"},
                {3, "3 connections came to the backend meanwhile"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rig rig;
        rig_init(&rig, false);
        rig_listener_case(&rig, "case", "rst", NULL, NULL);
        rig.ends.turns_down = rows[i].turns_down;
        assert_int_equal(rig_run(&rig), RUNNER_OK);
        assert_string_equal(last_note(&rig, "case"), rows[i].want);
        rig_fini(&rig);
    }
}

/* Of cases that wait for an end that may never come none is under way: fake_ends asserts it. */
static void what_waits_is_over_before(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "waits", DISTURBS, "{\"ends\": \"timeout\"}");
    rig_listener_case(&rig, "closed", "closed", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "waits", .answer = FAKE_HANGS, .unreached = true});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig.ends.listened, "closed kept ");
    rig_fini(&rig);
}

/* Nor is one of them beside which others begin. */
static void nothing_begins_while_it_waits(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_listener_case(&rig, "open", "open", NULL, NULL);
    rig_case(&rig, "after", DISTURBS, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "open", .delay_ms = 900});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_int_equal(rig.ends.most_in_flight, 1);
    rig_fini(&rig);
}

static void all_exchanges_of_a_case_begin_when_it_listens(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_listener_case(&rig, "all", "open", "\"together\": {\"count\": 3, \"connections\": \"each\"}", NULL);
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig.ends.listened, "open kept ");
    assert_int_equal(rig.ends.most_in_flight, 3);
    rig_fini(&rig);
}

static void what_could_not_be_played_is_not_judged(void **state)
{
    (void)state;
    for (int again = 0; again < 2; again++) {
        struct rig rig;
        rig_init(&rig, false);
        rig_listener_case(&rig, "closed", "closed", NULL, NULL);
        rig.ends.cannot_listen = !again;
        rig.ends.cannot_listen_again = again;
        assert_int_equal(rig_run(&rig), RUNNER_UNJUDGED_CASE);
        assert_string_equal(rig_verdict(&rig, "closed"), "error");
        const json_t *reason = json_array_get(json_object_get(rig_line(&rig, "closed", "h1"), "reasons"), 0);
        const char *observed = json_string_value(json_object_get(reason, "observed"));
        assert_non_null(
            strstr(observed, again ? "does not listen any more: a test" : "could not listen as the case says"));
        rig_fini(&rig);
    }
}

static void interrupted_before_it_listens(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "before", DISTURBS, NULL);
    rig_listener_case(&rig, "closed", "closed", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "before", .answer = FAKE_INTERRUPTS});
    assert_int_equal(rig_run(&rig), RUNNER_INTERRUPTED);
    rig_fini(&rig);
}

/* A proxy that does not find its backend again, and says so by itself, is no proxy under load. */
static void a_proxy_that_does_not_connect_again(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_listener_case(&rig, "first", "closed", NULL, NULL);
    rig_listener_case(&rig, "second", "closed", NULL, NULL);
    rig.ends.breaks_ms = 3600000;
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    rig_assert_verdict(&rig, "first", "fail", 0);
    assert_string_equal(rig_kind(&rig, "first"), "unhealthy");
    rig_assert_verdict(&rig, "second", "error", 0);
    assert_non_null(strstr(rig_note(&rig, "second"), "also ordinary requests"));
    rig_fini(&rig);
}

/* One that needs longer than its profile says fails, and the next is played when it is well again. */
static void a_proxy_that_is_late_to_connect_again(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_listener_case(&rig, "first", "closed", NULL, NULL);
    rig_listener_case(&rig, "second", "open", NULL, NULL);
    rig.ends.breaks_ms = 5000;
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "first"), "unhealthy");
    rig_assert_verdict(&rig, "second", "pass", 0);
    rig_fini(&rig);
}

/* It is a success that nobody made. */
static void a_success_without_a_backend_is_hidden_failure(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_listener_case(&rig, "closed", "closed", NULL,
                      "{\"unreached\": true, \"any_of\": [{\"status\": 502}, {\"status\": 503}]}");
    rig.ends.succeeds_unreached = true;
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "closed"), "failure-hidden");
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_backend_is_back_before_anything_else),
        cmocka_unit_test(the_time_line_says_whether_the_proxy_tried),
        cmocka_unit_test(what_waits_is_over_before),
        cmocka_unit_test(nothing_begins_while_it_waits),
        cmocka_unit_test(all_exchanges_of_a_case_begin_when_it_listens),
        cmocka_unit_test(what_could_not_be_played_is_not_judged),
        cmocka_unit_test(interrupted_before_it_listens),
        cmocka_unit_test(a_proxy_that_does_not_connect_again),
        cmocka_unit_test(a_proxy_that_is_late_to_connect_again),
        cmocka_unit_test(a_success_without_a_backend_is_hidden_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
