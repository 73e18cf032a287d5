/* Tests that hold for both clients. */
#include "harness/net/tests/client_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "harness/net/tests/raw_steps.h"

enum { MAX_AT_ONCE = 8 };

void assert_text(struct span got, const char *want)
{
    if (!span_is(got, want))
        fail_msg("got \"%.*s\", want \"%s\"", SPAN_FMT(got), want);
}

void client_cases_answer(struct fixture *fixture, const struct client_answer *answer)
{
    raw_server_reset(fixture->server);
    raw_server_add(fixture->server, answer->steps);
    struct client_request request = fixture_get();
    if (answer->method)
        request.method = span_cstr(answer->method);
    enum ending ending = fixture_run(fixture, &request);
    const struct response_seen *seen = &fixture->seen;
    if (ending != answer->ending)
        fail_msg("%s: %s (%s)", answer->name, ending_name(ending), seen->detail);
    if (seen->status != answer->status)
        fail_msg("%s: status %d", answer->name, seen->status);
    if (answer->body && !span_is(buf_span(&seen->body), answer->body))
        fail_msg("%s: body \"%.*s\"", answer->name, SPAN_FMT(buf_span(&seen->body)));
    if (answer->detail && !strstr(seen->detail, answer->detail))
        fail_msg("%s: detail \"%s\"", answer->name, seen->detail);
    assert_true(seen->end_us >= seen->start_us);
    assert_int_equal(raw_server_connections(fixture->server), 1);
}

void client_cases_cut(struct fixture *fixture, struct raw_step await, struct span answer, size_t cut)
{
    struct raw_step steps[] = {await,
                               {.kind = RAW_SEND, .bytes = span_of(answer.data, cut)},
                               PAUSE(1),
                               {.kind = RAW_SEND, .bytes = span_from(answer, cut)},
                               STOP};
    raw_server_reset(fixture->server);
    raw_server_add(fixture->server, steps);
    struct client_request request = fixture_get();
    enum ending ending = fixture_run(fixture, &request);
    if (ending != ENDING_COMPLETE)
        fail_msg("cut at %zu: %s (%s)", cut, ending_name(ending), fixture->seen.detail);
}

struct ends {
    size_t all;
    size_t complete;
};

static void count_end(void *user, struct response_seen *seen)
{
    struct ends *ends = user;
    ends->complete += seen->ending == ENDING_COMPLETE;
    ends->all++;
}

void client_cases_at_once(struct fixture *fixture, const char *const *targets, size_t count)
{
    static const struct client_callbacks callbacks = {.on_end = count_end};
    struct response_seen seen[MAX_AT_ONCE];
    struct ends ends = {0};
    struct arena arena;
    arena_init(&arena, 1u << 20);
    assert_in_range(count, 1, MAX_AT_ONCE);
    for (size_t i = 0; i < count; i++) {
        struct client_request request = fixture_get();
        request.target = span_cstr(targets[i]);
        response_seen_init(&seen[i], &arena, 1000);
        assert_non_null(client_start(fixture->client, &request, &seen[i], &callbacks, &ends));
    }
    while (ends.all < count)
        loop_turn(fixture->loop, 1000);
    assert_int_equal(raw_server_connections(fixture->server), 2);
    assert_int_equal(ends.complete, count);
    for (size_t i = 0; i < count; i++)
        response_seen_fini(&seen[i]);
    arena_fini(&arena);
}

void client_cases_cancel(struct fixture *fixture, const char *text, void (*in_body)(struct fixture *fixture))
{
    struct client_request request = fixture_get();
    fixture_start(fixture, &request);
    fixture_await_received(fixture, 0, text);
    client_cancel(fixture->exchange);
    assert_int_equal(fixture_finish(fixture), ENDING_CANCELLED);
    fixture_await_gone(fixture, 0);

    fixture->cancel_in_body = true;
    assert_int_equal(fixture_run(fixture, &request), ENDING_CANCELLED);
    assert_text(buf_span(&fixture->seen.body), "hello");
    fixture_await_gone(fixture, 1);
    if (in_body)
        in_body(fixture);

    fixture->cancel_in_body = false;
    fixture_start(fixture, &request);
    client_cancel(fixture->exchange);
    client_cancel(fixture->exchange);
    assert_int_equal(fixture_finish(fixture), ENDING_CANCELLED);
}

static void expect_refused(struct fixture *fixture)
{
    struct client_request request = fixture_get();
    assert_int_equal(fixture_run(fixture, &request), ENDING_REFUSED);
    assert_true(fixture->seen.detail[0]);
}

void client_cases_refused(struct fixture *fixture)
{
    uint16_t port = raw_server_port(fixture->server);
    raw_server_free(fixture->server);
    fixture_client(fixture, &(struct client_options){.port = port});
    expect_refused(fixture);
    fixture->server = raw_server_new(fixture->loop, 0, NULL);
}

void client_cases_untrusted(struct fixture *fixture)
{
    fixture_client(fixture, &(struct client_options){.insecure = false});
    expect_refused(fixture);
}

void client_cases_free_while_running(struct fixture *fixture)
{
    static const struct raw_step silent[] = {STOP};
    raw_server_add(fixture->server, silent);
    struct client_request request = fixture_get();
    fixture_start(fixture, &request);
    for (int i = 0; i < 5; i++)
        loop_turn(fixture->loop, 1);
    client_free(fixture->client);
    fixture->client = NULL;
    for (int i = 0; i < 5; i++)
        loop_turn(fixture->loop, 1);
    assert_int_equal(fixture->ends, 0);
}
