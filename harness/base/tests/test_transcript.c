/* Tests of time lines: what is kept, cut and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/transcript.h"

static void test_copies(void **state)
{
    (void)state;
    struct arena arena;
    struct transcript transcript;
    char bytes[] = "body";
    char note[] = "note";
    struct fields fields = {0};
    arena_init(&arena, 1u << 20);
    fields_add(&fields, &arena, span_cstr(":status"), span_cstr("200"));
    transcript_init(&transcript, &arena, 100, 10);
    transcript_add(&transcript, &(struct transcript_event){.kind = TRANSCRIPT_DATA,
                                                           .from = TRANSCRIPT_PROXY,
                                                           .at_us = 7,
                                                           .fields = fields,
                                                           .bytes = span_cstr(bytes),
                                                           .note = note});
    bytes[0] = note[0] = '!';
    fields.items[0].name = span_cstr("gone");
    assert_int_equal(transcript.count, 1);
    const struct transcript_event *event = &transcript.events[0];
    assert_int_equal(event->at_us, 7);
    assert_int_equal(event->len, 4);
    assert_true(span_is(event->bytes, "body"));
    assert_string_equal(event->note, "note");
    assert_true(span_is(fields_value(&event->fields, ":status"), "200"));
    assert_false(transcript.cut);
    arena_fini(&arena);
}

static void test_limits(void **state)
{
    (void)state;
    struct arena arena;
    struct transcript transcript;
    struct fields fields = {0};
    arena_init(&arena, 1u << 20);
    fields_add(&fields, &arena, span_cstr("grpc-status"), span_cstr("0"));
    transcript_init(&transcript, &arena, 20, 4);
    struct transcript_event data = {.kind = TRANSCRIPT_DATA, .bytes = span_cstr("0123456789abcdef")};
    transcript_add(&transcript, &data);
    assert_false(transcript.cut);
    transcript_add(&transcript, &data);
    transcript_add(&transcript, &data);
    assert_true(transcript.cut);
    assert_true(span_is(transcript.events[1].bytes, "0123"));
    assert_int_equal(transcript.events[1].len, 16);
    assert_int_equal(transcript.events[2].bytes.len, 0);
    assert_int_equal(transcript.events[2].len, 16);
    /* trailers survive a body that used up its share */
    transcript_add(&transcript, &(struct transcript_event){.kind = TRANSCRIPT_TRAILERS, .fields = fields});
    assert_int_equal(transcript.events[3].fields.count, 1);
    transcript_add(&transcript, &data);
    assert_int_equal(transcript.count, 4);
    assert_int_equal(transcript.dropped, 1);
    arena_fini(&arena);
}

static void test_field_limit(void **state)
{
    (void)state;
    struct arena arena;
    struct transcript transcript;
    struct fields fields = {0};
    arena_init(&arena, 1u << 20);
    fields_add(&fields, &arena, span_cstr("a-long-name"), span_cstr("a-long-value"));
    transcript_init(&transcript, &arena, 40, 10);
    struct transcript_event headers = {.kind = TRANSCRIPT_HEADERS, .fields = fields};
    transcript_add(&transcript, &headers);
    assert_false(transcript.cut);
    transcript_add(&transcript, &headers);
    assert_true(transcript.cut);
    assert_int_equal(transcript.events[1].fields.count, 0);
    arena_fini(&arena);
}

static void test_arena_full(void **state)
{
    (void)state;
    struct arena arena;
    struct transcript transcript;
    arena_init(&arena, 2000);
    transcript_init(&transcript, &arena, 1u << 20, 1000);
    for (size_t i = 0; i < 100; i++)
        transcript_add(&transcript, &(struct transcript_event){.kind = TRANSCRIPT_DATA, .bytes = span_cstr("xyz")});
    assert_int_equal(transcript.count + transcript.dropped, 100);
    assert_true(transcript.dropped > 0 && transcript.cut);
    arena_fini(&arena);
}

static void test_seen(void **state)
{
    (void)state;
    struct arena arena;
    struct response_seen response;
    struct call_seen call;
    arena_init(&arena, 1u << 20);
    response_seen_init(&response, &arena, 3);
    call_seen_init(&call, &arena, 3);
    assert_int_equal(response.ending, ENDING_OPEN);
    assert_true(buf_append_cstr(&response.body, "abc"));
    assert_false(buf_append_cstr(&response.body, "d"));
    assert_true(buf_append_cstr(&call.body, "abc"));
    assert_int_equal(call.transcript.max_bytes, TRANSCRIPT_MAX_BYTES);
    response_seen_fini(&response);
    call_seen_fini(&call);
    arena_fini(&arena);
}

static void test_names(void **state)
{
    (void)state;
    for (int kind = TRANSCRIPT_CONNECT; kind <= TRANSCRIPT_NOTE; kind++)
        assert_non_null(transcript_kind_name((enum transcript_kind)kind));
    for (int ending = ENDING_OPEN; ending <= ENDING_TOO_LARGE; ending++)
        assert_non_null(ending_name((enum ending)ending));
    assert_string_equal(transcript_actor_name(TRANSCRIPT_PROXY), "proxy");
    assert_string_equal(ending_name(ENDING_CONN_RESET), "conn_reset");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_copies),      cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_field_limit), cmocka_unit_test(test_arena_full),
                                       cmocka_unit_test(test_seen),        cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
