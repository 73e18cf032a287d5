/* Tests of what gRPC clients say: each rule as the real clients gave it, and inputs cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/tests/guard.h"
#include "harness/engine/grpc/client_view_impl.h"
#include "harness/engine/grpc/tests/client_answers.h"

static struct guard guard;
static struct arena arena;
static struct client_words words;

static int set_up(void **state)
{
    (void)state;
    guard_init(&guard, 8192);
    arena_init(&arena, 1 << 20);
    client_words_init(&words);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    client_words_fini(&words);
    arena_fini(&arena);
    guard_fini(&guard);
    return 0;
}

static struct fields fields_of(const char *lines)
{
    struct fields fields = {0};
    struct span rest = span_cstr(lines);
    while (rest.len > 0) {
        struct span line = span_take_line(&rest);
        size_t colon = span_index_of(line, ':', 0);
        assert_true(fields_add(&fields, &arena, span_of(line.data, colon), span_from(line, colon + 2)));
    }
    return fields;
}

static struct client_view view_of(const struct client_answer *answer)
{
    return (struct client_view){.http_status = answer->http_status,
                                .headers = fields_of(answer->headers),
                                .body = guard_place(&guard, answer->body),
                                .trailers = fields_of(answer->trailers),
                                .end = answer->end,
                                .end_code = answer->end_code,
                                .streaming = answer->streaming,
                                .undecodable = answer->undecodable};
}

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < client_answers_count; i++) {
        const struct client_answer *answer = &client_answers[i];
        struct client_view view = view_of(answer);
        for (size_t kind = 0; kind < CLIENT_VIEW_KINDS; kind++) {
            client_view_say(&client_kinds[kind], &view, &words);
            if (words.code != answer->says[kind].code || !span_is(buf_span(&words.text), answer->says[kind].text) ||
                words.continues != answer->says[kind].continues || words.delivered != answer->says[kind].delivered)
                fail_msg("%s: %s %s says %lld, \"%.*s\"", answer->name, client_kinds[kind].name,
                         client_kinds[kind].tested, (long long)words.code, SPAN_FMT(buf_span(&words.text)));
        }
        arena_reset(&arena);
    }
}

/* Whatever is missing at its end: each client says something, and nothing of what was said before is left. */
static void test_bodies_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < client_answers_count; i++) {
        struct client_view view = view_of(&client_answers[i]);
        for (size_t len = 0; len <= client_answers[i].body.len; len++) {
            view.body = guard_place(&guard, span_of(client_answers[i].body.data, len));
            for (size_t kind = 0; kind < CLIENT_VIEW_KINDS; kind++) {
                client_view_say(&client_kinds[kind], &view, &words);
                assert_false(words.text.failed);
                assert_true(words.code != GRPC_OK || words.text.len == 0);
            }
        }
        arena_reset(&arena);
    }
}

/* Values of trailers, cut at every byte, against the page that may not be read. */
static void test_values_cut(void **state)
{
    (void)state;
    static const char *const values[] = {"0",    "+0005", "-4294967296",
                                         "0x1f", "1e300", "50%25 gone%0A %C3%BC %F0%9F%98%80 %2f"};
    static const char *const names[] = {"grpc-status", "grpc-message", "x-bin", "grpc-encoding", "content-type"};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        for (size_t len = 0; len <= strlen(values[v]); len++) {
            struct field items[] = {{span_cstr("grpc-status"), span_cstr("5")},
                                    {span_cstr(names[v % 5]), guard_place(&guard, span_of(values[v], len))},
                                    {span_cstr("grpc-message"), guard_place(&guard, span_of(values[v], len))}};
            struct client_view view = {
                .http_status = 200, .headers = fields_of("content-type: application/grpc"), .end = CLIENT_END_TRAILERS};
            view.trailers = (struct fields){.items = items, .count = 3};
            for (size_t kind = 0; kind < CLIENT_VIEW_KINDS; kind++)
                client_view_say(&client_kinds[kind], &view, &words);
            arena_reset(&arena);
        }
    }
}

/* A message of bytes that are no UTF-8: each client makes something else of it. */
static void test_message_without_utf8(void **state)
{
    (void)state;
    static const char *const texts[CLIENT_VIEW_KINDS] = {"\xff\xfe", "\xff\xfe", "\xff\xfe", "\xc3\xbf\xc3\xbe",
                                                         "%ff%fe"};
    struct client_view view = {.http_status = 200,
                               .headers =
                                   fields_of("content-type: application/grpc\ngrpc-status: 5\ngrpc-message: %ff%fe"),
                               .end = CLIENT_END_HEADERS};
    for (size_t kind = 0; kind < CLIENT_VIEW_KINDS; kind++) {
        client_view_say(&client_kinds[kind], &view, &words);
        assert_true(span_is(buf_span(&words.text), texts[kind]));
    }
}

static void test_quote(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 256);
    assert_true(client_go_quote(&out, span_cstr("a\"\\\a\x01\x7f\xc3\xbc\xc2\xa0\xff\xe2\x82\xac\xf3\xa0\x80\x81")));
    assert_true(span_is(buf_span(&out), "\"a\\\"\\\\\\a\\x01\\x7f\xc3\xbc\\u00a0\\xff\xe2\x82\xac\\U000e0001\""));
    buf_fini(&out);
}

static void test_ends(void **state)
{
    (void)state;
    enum client_end end = CLIENT_END_OPEN;
    for (unsigned i = 0; i < CLIENT_END_COUNT; i++) {
        assert_true(client_end_from_name(span_cstr(client_end_name((enum client_end)i)), &end));
        assert_int_equal(end, i);
    }
    assert_false(client_end_from_name(span_cstr("trailer"), &end));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bodies_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_message_without_utf8, set_up, tear_down),
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
