/* Tests of cases whose exchanges are played one after the other, on fake ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"

/* Two exchanges behind that of the case, GET /v1/reservations/next-2 and next-3. */
#define THEN(expect)                                                                                                   \
    "\"then\": [{\"count\": 2, \"request\": {\"method\": \"GET\", \"path\": \"/v1/reservations/next-{n}\"}, "          \
    "\"backend\": [{\"trailers\": [[\"grpc-status\", \"0\"]]}], \"expect\": " expect "}]"
#define OK          "{\"status\": 200}"
#define KEPT        "{\"status\": 200, \"same_connection\": true}"
#define SAW_ITS_OWN "{\"status\": 200, \"backend_saw\": {\"message\": {\"id\": \"next-{n}\"}}}"

static const char *path_of(const struct rig *rig, size_t index)
{
    const json_t *reasons = json_object_get(rig_line(rig, "all", "h1"), "reasons");
    const char *path = json_string_value(json_object_get(json_array_get(reasons, index), "path"));
    return path ? path : "";
}

static void they_are_under_way_one_by_one(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", THEN(SAW_ITS_OWN), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/all", .delay_ms = 200});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_assert_verdict(&rig, "all", "pass", 0);
    assert_int_equal(rig.ends.most_in_flight, 1);
    assert_true(json_integer_value(json_object_get(rig_line(&rig, "all", "h1"), "duration_us")) >= 220000);
    rig_fini(&rig);
}

/* The reason names it, and the results have it, beside the others. */
static void one_that_fails_fails_the_case(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", THEN(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "next-2", .status = 500});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(path_of(&rig, 0), "exchanges[2] status");
    const json_t *exchanges = json_object_get(rig_line(&rig, "all", "h1"), "exchanges");
    assert_int_equal(json_array_size(exchanges), 2);
    rig_fini(&rig);
}

static void the_first_may_be_anything(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", THEN(OK), "{\"anything\": true}");
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/all", .status = 500, .late_calls = 3, .late_ms = 100});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_fini(&rig);
}

static void the_connection_is_asked_for(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", THEN(KEPT), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "next-3", .conn = 7});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "all"), "not-kept");
    assert_string_equal(path_of(&rig, 0), "exchanges[3] connection");
    rig_fini(&rig);
}

/* The connection of the one before is closed while the request is on its way: once, it is sent again. */
static void one_that_loses_its_connection_is_sent_again(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", THEN(OK), NULL);
    fake_ends_rule(&rig.ends,
                   (struct fake_rule){.path = "next-2", .answer = FAKE_RESETS, .unreached = true, .times = 1});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_fini(&rig);
}

static void but_not_twice_nor_when_it_was_a_call(void **state)
{
    static const struct fake_rule rules[] = {
        {.path = "next-2", .answer = FAKE_RESETS, .unreached = true},
        {.path = "next-2", .answer = FAKE_RESETS, .times = 1},
        {.path = "/all", .answer = FAKE_RESETS, .unreached = true, .times = 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct rig rig;
        rig_init(&rig, false);
        rig_case(&rig, "all", THEN(OK), NULL);
        fake_ends_rule(&rig.ends, rules[i]);
        assert_int_equal(rig_run(&rig), RUNNER_FAILED);
        rig_fini(&rig);
    }
}

static void late_calls_are_theirs(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", THEN(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "next-2", .late_calls = 1, .late_ms = 200});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "all"), "too-many-calls");
    rig_fini(&rig);
}

/* Whose a call is can be told without a marker, too, since one is under way at a time. */
static void no_marker_arrives(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", THEN(SAW_ITS_OWN), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.no_marker = true});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_assert_verdict(&rig, "all", "pass", 0);
    rig_fini(&rig);
}

static void no_memory_for_one(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", THEN(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "next-2", .answer = FAKE_NO_MEMORY});
    assert_int_equal(rig_run(&rig), RUNNER_UNJUDGED_CASE);
    rig_assert_verdict(&rig, "all", "error", 0);
    rig_fini(&rig);
}

static void the_user_interrupts(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "all", THEN(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/all", .answer = FAKE_INTERRUPTS});
    assert_int_equal(rig_run(&rig), RUNNER_INTERRUPTED);
    rig_fini(&rig);
}

/* The proxy dies under it when another has just ended: it is played again while its first play is being judged. */
static void one_that_kills_is_blamed(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    rig_case(&rig, "before", NULL, NULL);
    rig_case(&rig, "all", THEN(OK), NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "before", .status = 500});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "next-2", .answer = FAKE_DIES});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "all"), "died");
    rig_assert_verdict(&rig, "before", "fail", 1);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_under_way_one_by_one),
        cmocka_unit_test(one_that_fails_fails_the_case),
        cmocka_unit_test(the_first_may_be_anything),
        cmocka_unit_test(the_connection_is_asked_for),
        cmocka_unit_test(one_that_loses_its_connection_is_sent_again),
        cmocka_unit_test(but_not_twice_nor_when_it_was_a_call),
        cmocka_unit_test(late_calls_are_theirs),
        cmocka_unit_test(no_marker_arrives),
        cmocka_unit_test(no_memory_for_one),
        cmocka_unit_test(one_that_kills_is_blamed),
        cmocka_unit_test(the_user_interrupts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
