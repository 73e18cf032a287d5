/* Hostile servers against both clients: each exchange ends before its deadline has long passed, and in bounded memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "harness/net/tests/client_fixture.h"
#include "harness/net/tests/hostile_scripts.h"

#define DEADLINE_MS 150u
#define BODY_MAX    100000u
#define ARENA_MAX   (2u << 20)

static struct fixture f;

static int set_up_h1(void **state)
{
    (void)state;
    fixture_init(&f, http1_client_new, false, NULL);
    return 0;
}

static int set_up_h2(void **state)
{
    (void)state;
    fixture_init(&f, h2_client_new, false, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_fini(&f);
    return 0;
}

static bool ending_fits(enum ending got, enum ending want)
{
    if (want == ENDING_OPEN)
        return got == ENDING_TIMEOUT || got == ENDING_TOO_LARGE || got == ENDING_MALFORMED;
    return got == want;
}

static void meet(const struct hostile_script *script, bool h2)
{
    enum ending want = h2 ? script->h2_ending : script->h1_ending;
    struct client_request request = fixture_get();
    /* What ends by a limit of ours gets the time to reach it. */
    if (want == ENDING_TIMEOUT || want == ENDING_OPEN)
        request.timeout_ms = DEADLINE_MS;
    raw_server_reset(f.server);
    raw_server_add(f.server, h2 ? script->h2 : script->h1);
    enum ending got = fixture_run(&f, &request);
    if (!ending_fits(got, want))
        fail_msg("%s: %s (%s)", script->name, ending_name(got), f.seen.detail);
    assert_true(f.seen.body.len <= BODY_MAX);
    assert_true(f.arena.used < ARENA_MAX);
    assert_true(f.seen.transcript.count <= TRANSCRIPT_MAX_EVENTS);
}

static void test_http1(void **state)
{
    (void)state;
    /* A smaller cap than the client's, so that an endless body ends at the cap and not at the deadline. */
    f.seen.body.max = BODY_MAX;
    for (size_t i = 0; i < hostile_script_count(); i++)
        meet(hostile_script_at(i), false);
}

static void test_http2(void **state)
{
    (void)state;
    f.seen.body.max = BODY_MAX;
    for (size_t i = 0; i < hostile_script_count(); i++)
        meet(hostile_script_at(i), true);
}

static void test_body_cap(void **state)
{
    (void)state;
    static const struct raw_step steps[] = {RAW_WAIT_TEXT("\r\n\r\n"),
                                            RAW_SEND_TEXT("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789"),
                                            {.kind = RAW_STOP}};
    raw_server_add(f.server, steps);
    struct client_request request = fixture_get();
    f.seen.body.max = 10;
    assert_int_equal(fixture_run(&f, &request), ENDING_COMPLETE);
    f.seen.body.max = 9;
    assert_int_equal(fixture_run(&f, &request), ENDING_TOO_LARGE);
    assert_true(span_is(buf_span(&f.seen.body), "012345678"));
    assert_int_equal(f.seen.body_len, 10);
}

/* The client's own cap, where the caller set none. */
static void test_cap_of_the_client(void **state)
{
    (void)state;
    f.seen.body.max = SIZE_MAX - 1;
    raw_server_reset(f.server);
    raw_server_add(f.server, hostile_script_find("endless-body")->h1);
    struct client_request request = fixture_get();
    request.timeout_ms = 60000;
    assert_int_equal(fixture_run(&f, &request), ENDING_TOO_LARGE);
    assert_int_equal(f.seen.body.len, CLIENT_MAX_BODY);
    assert_true(f.arena.used < ARENA_MAX);
}

/* The deadline holds while the connection is paused too. */
static void test_deadline_of_a_paused_exchange(void **state)
{
    (void)state;
    raw_server_add(f.server, hostile_script_find("endless-body")->h1);
    struct client_request request = fixture_get();
    request.timeout_ms = DEADLINE_MS;
    fixture_start(&f, &request);
    client_pause(f.exchange, true);
    assert_int_equal(fixture_finish(&f), ENDING_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_http1, set_up_h1, tear_down),
        cmocka_unit_test_setup_teardown(test_http2, set_up_h2, tear_down),
        cmocka_unit_test_setup_teardown(test_body_cap, set_up_h1, tear_down),
        cmocka_unit_test_setup_teardown(test_cap_of_the_client, set_up_h1, tear_down),
        cmocka_unit_test_setup_teardown(test_deadline_of_a_paused_exchange, set_up_h1, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
