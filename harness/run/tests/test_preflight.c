/* Tests of the preflight on fake ends: what is diagnosed, which clients and capabilities are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/run/tests/rig.h"

#define STREAMING       "\"needs\": [\"server-streaming\"]"
#define STREAMING_PROBE "room=transcheck-probe"

static void assert_says(const struct rig *rig, const char *text)
{
    const char *diagnosis = json_string_value(json_object_get(rig_totals(rig), "diagnosis"));
    if (!strstr(diagnosis, text))
        fail_msg("the diagnosis does not say '%s': %s", text, diagnosis);
}

static void assert_nothing_judged(struct rig *rig, const char *text)
{
    rig_case(rig, "one", NULL, NULL);
    rig_case(rig, "two", "\"disturbs\": true", NULL);
    assert_int_equal(rig_run(rig), RUNNER_NOTHING_JUDGED);
    assert_says(rig, text);
    assert_int_equal(rig_total(rig, "skipped"), 2);
    assert_string_equal(rig_verdict(rig, "one"), "skipped");
    assert_non_null(strstr(rig_note(rig, "two"), text));
}

static void a_proxy_that_works(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "one", NULL, NULL);
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_true(rig.runner.preflight.marker_arrives);
    assert_true(rig.runner.preflight.client_works[CLIENT_H1]);
    assert_string_equal(rig_verdict(&rig, "one"), "pass");
    rig_fini(&rig);
}

/* What it says it is: bounded, whatever it says. */
static void what_the_proxy_says_it_is(void **state)
{
    (void)state;
    struct rig rig;
    char header[400];
    memset(header, 'x', sizeof header - 1);
    header[sizeof header - 1] = 0;
    rig_init(&rig, false);
    rig_case(&rig, "one", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.server = header});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    const char *said = json_string_value(json_object_get(rig_totals(&rig), "proxy_server"));
    assert_int_equal(strlen(said), PREFLIGHT_MAX_SERVER);
    rig_fini(&rig);
}

static void a_proxy_that_starts_slowly(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "one", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.answer = FAKE_REFUSES, .unreached = true, .times = 5});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    rig_fini(&rig);
}

static void unreachable(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    fake_ends_rule(&rig.ends, (struct fake_rule){.answer = FAKE_REFUSES, .unreached = true});
    assert_nothing_judged(&rig, "unreachable at http://127.0.0.1:51051");
    rig_fini(&rig);
}

/* Ready in time is not ready enough once it does not answer any more. */
static void the_last_round_counts(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    fake_ends_rule(&rig.ends, (struct fake_rule){.status = 503, .unreached = true, .times = 3});
    fake_ends_rule(&rig.ends, (struct fake_rule){.answer = FAKE_REFUSES, .unreached = true});
    assert_nothing_judged(&rig, "unreachable");
    rig_fini(&rig);
}

static void upstream_elsewhere(void **state)
{
    (void)state;
    static const int statuses[] = {502, 503, 504};
    for (size_t i = 0; i < 3; i++) {
        struct rig rig;
        rig_init(&rig, false);
        fake_ends_rule(&rig.ends, (struct fake_rule){.status = statuses[i], .unreached = true});
        assert_nothing_judged(&rig, "upstream is not at 127.0.0.1:53000");
        rig_fini(&rig);
    }
}

static void descriptors_not_loaded(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    fake_ends_rule(&rig.ends, (struct fake_rule){.status = 404, .unreached = true});
    assert_nothing_judged(&rig, "descriptors are not loaded");
    rig_fini(&rig);
}

static void passed_on_untranscoded(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    fake_ends_rule(&rig.ends, (struct fake_rule){.status = 415, .rpc = "/v1/reservations/transcheck-ordinary"});
    assert_nothing_judged(&rig, "without transcoding");
    rig_fini(&rig);
}

static void no_answer(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    fake_ends_rule(&rig.ends, (struct fake_rule){.answer = FAKE_HANGS, .unreached = true});
    assert_nothing_judged(&rig, "does not answer an ordinary request");
    rig_fini(&rig);
}

/* The client that got further tells more. */
static void one_is_refused_and_one_hangs(void **state)
{
    (void)state;
    for (unsigned refused = CLIENT_H1; refused <= CLIENT_H2; refused <<= 1) {
        struct rig rig;
        rig_init(&rig, false);
        rig.options.selection.clients = CLIENT_H1 | CLIENT_H2;
        rig_case(&rig, "one", NULL, NULL);
        fake_ends_rule(&rig.ends, (struct fake_rule){.clients = refused, .answer = FAKE_REFUSES, .unreached = true});
        fake_ends_rule(&rig.ends, (struct fake_rule){.answer = FAKE_HANGS, .unreached = true});
        assert_int_equal(rig_run(&rig), RUNNER_NOTHING_JUDGED);
        assert_says(&rig, "does not answer an ordinary request (timeout)");
        rig_fini(&rig);
    }
}

static void the_command_ends_by_itself(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    fake_ends_rule(&rig.ends, (struct fake_rule){.answer = FAKE_DIES, .unreached = true});
    assert_nothing_judged(&rig, "the proxy command ended before a call got through: signal 6");
    assert_int_equal(rig.ends.requests_started, 1); /* it is not waited for */
    rig_fini(&rig);
}

/* What does not go by waiting is said long before the time is over. */
static void obstacles(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        int status; /* 0: the connection is reset */
        enum port_speaks speaks;
        const char *text;
    } rows[] = {
        {"http://127.0.0.1:51051", 401, 0, "--header 'Authorization: ...'"},
        {"http://127.0.0.1:51051", 403, 0, "--header 'Authorization: ...'"},
        {"http://127.0.0.1:51051", 407, 0, "--header 'Proxy-Authorization: ...'"},
        {"http://127.0.0.1:51051", 415, 0, "answers 415"},
        {"http://127.0.0.1:51051", 400, PORT_SPEAKS_TLS, "speaks TLS: write https://127.0.0.1:51051"},
        {"http://127.0.0.1:51051", 0, PORT_SPEAKS_TLS_WANTS_CERTIFICATE, "speaks TLS: write https://"},
        {"https://127.0.0.1:51051", 0, PORT_SPEAKS_PLAIN_HTTP, "write http://127.0.0.1:51051"},
        {"https://127.0.0.1:51051", 0, PORT_SPEAKS_TLS_UNTRUSTED, "is not trusted (of a test)"},
        {"https://127.0.0.1:51051", 0, PORT_SPEAKS_TLS_WANTS_CERTIFICATE, "--cert FILE"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig rig;
        rig_init(&rig, false);
        rig.options.url = rows[i].url;
        rig.options.ready_timeout_ms = 60000;
        rig.ends.speaks = rows[i].speaks;
        fake_ends_rule(&rig.ends, (struct fake_rule){.answer = rows[i].status ? FAKE_ANSWERS : FAKE_RESETS,
                                                     .status = rows[i].status,
                                                     .unreached = true});
        assert_nothing_judged(&rig, rows[i].text);
        assert_true(rig.ends.now_us < 10u * 1000000);
        rig_fini(&rig);
    }
}

static void one_client_only(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig.options.selection.clients = CLIENT_H1 | CLIENT_H2;
    rig_case(&rig, "one", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.clients = CLIENT_H2, .answer = FAKE_REFUSES, .unreached = true});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "one"), "pass");
    const json_t *line = rig_line(&rig, "one", "h2");
    assert_string_equal(json_string_value(json_object_get(line, "verdict")), "skipped");
    assert_non_null(strstr(json_string_value(json_object_get(line, "note")), "does not speak h2"));
    rig_fini(&rig);
}

static void a_client_that_was_asked_for(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig.options.selection.clients = CLIENT_H1 | CLIENT_H2;
    rig.options.client_asked = true;
    rig_case(&rig, "one", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.clients = CLIENT_H2, .answer = FAKE_REFUSES, .unreached = true});
    assert_int_equal(rig_run(&rig), RUNNER_NOTHING_JUDGED);
    assert_says(&rig, "--client h2 was asked for");
    rig_fini(&rig);
}

/* What the answer to the probe, the profile's "lacks" (NULL: no profile) and --lacks make of a run. */
struct declared {
    const char *profile_lacks;
    const char *option;
};

static int play_streaming(struct rig *rig, const char *level, struct declared declared, struct fake_rule probe)
{
    char more[128];
    rig_init(rig, false);
    snprintf(more, sizeof more, STREAMING ", \"level\": \"%s\"", level);
    rig_case(rig, "streamed", more, NULL);
    rig_case(rig, "plain", NULL, NULL);
    if (declared.profile_lacks)
        rig_profile(rig, declared.profile_lacks);
    if (declared.option)
        rig->options.lacks[rig->options.lacks_count++] = declared.option;
    probe.path = STREAMING_PROBE;
    fake_ends_rule(&rig->ends, probe);
    int code = rig_run(rig);
    assert_string_equal(rig_verdict(rig, "plain"), "pass");
    return code;
}

static const struct fake_rule refused = {.status = 404, .unreached = true};
static const struct fake_rule broken = {.status = 500, .unreached = true};
static const struct fake_rule called = {.status = 404};
static const struct fake_rule works = {.status = 200};

/* Without a profile nobody says that it is right: the run is unjudged. */
static void refused_capability(void **state)
{
    (void)state;
    static const int refusals[] = {404, 405, 415, 501};
    struct rig rig;
    for (size_t i = 0; i < 4; i++) {
        struct fake_rule probe = {.status = refusals[i], .unreached = true};
        assert_int_equal(play_streaming(&rig, "must", (struct declared){0}, probe), RUNNER_UNJUDGED_CASE);
        assert_string_equal(rig_verdict(&rig, "streamed"), "unsupported");
        assert_non_null(strstr(rig_note(&rig, "streamed"), "--lacks server-streaming"));
        assert_string_equal(rig_finding(&rig, "1 result of cases that need it (1 must)"), "error");
        rig_fini(&rig);
    }
    /* Not a must: it is said, and no more. */
    assert_int_equal(play_streaming(&rig, "should", (struct declared){0}, refused), RUNNER_OK);
    assert_string_equal(rig_finding(&rig, "1 result of cases that need it (0 must)"), "none");
    rig_fini(&rig);
    /* An error is no refusal: the cases say what is wrong. */
    assert_int_equal(play_streaming(&rig, "must", (struct declared){0}, broken), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "streamed"), "pass");
    rig_fini(&rig);
    assert_int_equal(play_streaming(&rig, "must", (struct declared){0}, called), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "streamed"), "pass"); /* it was called */
    rig_fini(&rig);
}

static void declared_with_an_option(void **state)
{
    (void)state;
    struct rig rig;
    assert_int_equal(play_streaming(&rig, "must", (struct declared){.option = "server-streaming"}, refused), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "streamed"), "unsupported");
    assert_non_null(strstr(rig_note(&rig, "streamed"), "declared with --lacks"));
    rig_fini(&rig);
    struct declared beside = {.profile_lacks = "\"http-body\": \"Not that.\"", .option = "server-streaming"};
    assert_int_equal(play_streaming(&rig, "must", beside, refused), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "streamed"), "unsupported");
    rig_fini(&rig);
    /* The other way round: what was declared is not true. */
    assert_int_equal(play_streaming(&rig, "must", (struct declared){.option = "server-streaming"}, works), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "streamed"), "pass");
    assert_string_equal(rig_finding(&rig, "though it was declared otherwise"), "none");
    rig_fini(&rig);
}

static void documented_capability(void **state)
{
    (void)state;
    static const char lacks[] = "\"server-streaming\": \"It cannot.\"";
    struct rig rig;
    assert_int_equal(play_streaming(&rig, "must", (struct declared){.profile_lacks = lacks}, broken), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "streamed"), "unsupported");
    assert_non_null(strstr(rig_note(&rig, "streamed"), "It cannot."));
    rig_fini(&rig);
    /* The profile says no, the probe says yes: it is played. */
    assert_int_equal(play_streaming(&rig, "must", (struct declared){.profile_lacks = lacks}, works), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "streamed"), "pass");
    rig_fini(&rig);
    struct declared another = {.profile_lacks = "\"http-body\": \"Not that.\""};
    assert_int_equal(play_streaming(&rig, "must", another, works), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "streamed"), "pass");
    rig_fini(&rig);
}

/* With a profile that does not say so a refused probe is a failure, whatever its cases come to. */
static void refused_though_the_profile_has_it(void **state)
{
    (void)state;
    struct declared profile = {.profile_lacks = "\"http-body\": \"Not that.\""};
    struct rig rig;
    assert_int_equal(play_streaming(&rig, "must", profile, refused), RUNNER_FAILED);
    assert_string_equal(rig_verdict(&rig, "streamed"), "pass");
    assert_string_equal(rig_finding(&rig, "the profile unit does not say that it lacks it"), "fail");
    rig_fini(&rig);
}

/* What no selected case needs is nobody's business. */
static void a_refusal_that_no_case_meets(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "plain", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = STREAMING_PROBE, .status = 404, .unreached = true});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_finding(&rig, "server-streaming"), "");
    rig_fini(&rig);
}

/* A method that is not among the descriptors of this proxy is not called; its neighbours are. */
static void left_out_of_the_descriptors(void **state)
{
    (void)state;
    static const char verb[] =
        ",{\"id\": \"unit/verb\", \"version\": 1, \"level\": \"must\", \"title\": \"A verb\", \"why\": \"A test.\", "
        "\"cites\": [\"INV-1\"], \"defects\": [\"path-variable-lost\"], \"request\": {\"method\": \"GET\", \"path\": "
        "\"/v1/routes/a:inspect\"}, \"expect\": {\"status\": 200}}";
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "plain", NULL, NULL);
    buf_append_cstr(&rig.cases, verb);
    rig_profile(&rig, "}, \"descriptors_left_out\": {\"verb-after-wildcard\": \"It dies of them.\"");
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_string_equal(rig_verdict(&rig, "plain"), "pass");
    assert_string_equal(rig_verdict(&rig, "verb"), "unsupported");
    assert_string_equal(rig_note(&rig, "verb"), "verb-after-wildcard: left out of the descriptors; It dies of them.");
    assert_int_equal(rig_attempts(&rig, "verb"), 0);
    rig_fini(&rig);
}

static void without_marker_one_at_a_time(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    for (char name[] = "a"; *name < 'e'; ++*name)
        rig_case(&rig, name, NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.no_marker = true});
    assert_int_equal(rig_run(&rig), RUNNER_OK);
    assert_int_equal(rig.ends.most_in_flight, 1);
    assert_int_equal(rig_total(&rig, "pass"), 4);
    assert_int_equal(rig_total(&rig, "strays"), 0);
    rig_fini(&rig);
}

static void interrupted(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    rig_case(&rig, "one", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.answer = FAKE_INTERRUPTS, .unreached = true, .status = 404});
    assert_int_equal(rig_run(&rig), RUNNER_INTERRUPTED);
    assert_int_equal(rig.ends.requests_started, 1);
    assert_string_equal(rig_note(&rig, "one"), "interrupted");
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proxy_that_works),
        cmocka_unit_test(what_the_proxy_says_it_is),
        cmocka_unit_test(a_proxy_that_starts_slowly),
        cmocka_unit_test(unreachable),
        cmocka_unit_test(the_last_round_counts),
        cmocka_unit_test(upstream_elsewhere),
        cmocka_unit_test(descriptors_not_loaded),
        cmocka_unit_test(passed_on_untranscoded),
        cmocka_unit_test(no_answer),
        cmocka_unit_test(one_is_refused_and_one_hangs),
        cmocka_unit_test(the_command_ends_by_itself),
        cmocka_unit_test(obstacles),
        cmocka_unit_test(one_client_only),
        cmocka_unit_test(a_client_that_was_asked_for),
        cmocka_unit_test(refused_capability),
        cmocka_unit_test(declared_with_an_option),
        cmocka_unit_test(documented_capability),
        cmocka_unit_test(left_out_of_the_descriptors),
        cmocka_unit_test(refused_though_the_profile_has_it),
        cmocka_unit_test(a_refusal_that_no_case_meets),
        cmocka_unit_test(without_marker_one_at_a_time),
        cmocka_unit_test(interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
