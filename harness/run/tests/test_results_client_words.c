/* Tests of what a results line says of standard gRPC clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "harness/base/h2_code.h"
#include "harness/engine/grpc/client_view.h"
#include "harness/run/results_client_words.h"

static const struct testcase grpc = {.front = FRONT_GRPC};

struct answer_told {
    enum ending ending;
    uint32_t reset_code;
    const char *trailer; /* grpc-status; NULL: no trailers */
    bool headers_end;    /* the headers had END_STREAM */
    struct span body;
};

static json_t *told(const struct testcase *testcase, const struct answer_told *answer)
{
    struct arena arena;
    struct response_seen seen;
    arena_init(&arena, 1u << 20);
    response_seen_init(&seen, &arena, 1u << 16);
    seen.status = 200;
    seen.ending = answer->ending;
    seen.reset_code = answer->reset_code;
    seen.has_trailers = answer->trailer != NULL;
    seen.headers_end = answer->headers_end;
    assert_true(fields_add(&seen.headers, &arena, span_cstr("content-type"), span_cstr("application/grpc")));
    if (answer->trailer)
        assert_true(fields_add(&seen.trailers, &arena, span_cstr("grpc-status"), span_cstr(answer->trailer)));
    assert_true(buf_append_span(&seen.body, answer->body));
    json_t *words = result_client_words(testcase, &seen);
    response_seen_fini(&seen);
    arena_fini(&arena);
    return words;
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

/* The rung, and what grpc-go of today says. */
static void expect_words(const struct answer_told *answer, const char *rung, const char *code, const char *says)
{
    json_t *words = told(&grpc, answer);
    const json_t *clients = json_object_get(words, "clients");
    assert_string_equal(text(words, "rung"), rung);
    assert_true(strlen(text(words, "title")) > 0 && strlen(text(words, "why")) > 0 &&
                strlen(text(words, "change")) > 0);
    assert_int_equal(json_array_size(clients), CLIENT_VIEW_KINDS);
    const json_t *go = json_array_get(clients, 0);
    assert_string_equal(text(go, "name"), "grpc-go");
    assert_string_equal(text(go, "code"), code);
    if (!strstr(text(go, "text"), says))
        fail_msg("%s: %s", rung, text(go, "text"));
    json_decref(words);
}

#define MESSAGE "\0\0\0\0\2\x0a\0"

static void each_ending(void **state)
{
    static const struct span message = {(const uint8_t *)MESSAGE, sizeof MESSAGE - 1};
    static const struct span bare = {(const uint8_t *)"\n\rHello, world.", 15};
    (void)state;
    expect_words(&(struct answer_told){.ending = ENDING_COMPLETE, .trailer = "0", .body = message}, "correct", "OK",
                 "");
    expect_words(&(struct answer_told){.ending = ENDING_COMPLETE, .body = message}, "no-trailers", "INTERNAL",
                 "server closed the stream without sending trailers");
    expect_words(&(struct answer_told){.ending = ENDING_COMPLETE, .body = bare}, "no-prefix", "RESOURCE_EXHAUSTED",
                 "received message larger than max (222848364 vs. 4194304)");
    expect_words(&(struct answer_told){.ending = ENDING_COMPLETE, .headers_end = true}, "no-status", "UNKNOWN", "");
    expect_words(&(struct answer_told){.ending = ENDING_RESET, .reset_code = H2_CODE_CANCEL, .body = message},
                 "broken-off", "CANCELLED", "RST_STREAM");
    expect_words(&(struct answer_told){.ending = ENDING_CUT, .body = message}, "broken-off", "UNAVAILABLE", "EOF");
    expect_words(&(struct answer_told){.ending = ENDING_CONN_RESET, .body = message}, "broken-off", "UNAVAILABLE",
                 "reset");
    expect_words(&(struct answer_told){.ending = ENDING_TIMEOUT, .body = message}, "broken-off", "DEADLINE_EXCEEDED",
                 "deadline");
}

static void who_says_nothing(void **state)
{
    static const enum ending none[] = {ENDING_CANCELLED, ENDING_REFUSED, ENDING_MALFORMED, ENDING_TOO_LARGE};
    const struct testcase web = {.front = FRONT_GRPC_WEB}, json = {.front = FRONT_HTTP_JSON};
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(told(&grpc, &(struct answer_told){.ending = none[i]}));
    assert_null(told(&web, &(struct answer_told){.ending = ENDING_COMPLETE, .trailer = "0"}));
    assert_null(told(&json, &(struct answer_told){.ending = ENDING_COMPLETE, .trailer = "0"}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_ending), cmocka_unit_test(who_says_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
