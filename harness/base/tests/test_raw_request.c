/* Raw requests: words are replaced, frames are made of their parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "harness/base/h2_frame.h"
#include "harness/base/raw_request.h"

static struct field marker_fields[] = {{.name = {(const uint8_t *)"x-a", 3}, .value = {(const uint8_t *)"1", 1}},
                                       {.name = {(const uint8_t *)"x-b", 3}, .value = {(const uint8_t *)"2", 1}}};
static const struct fields marker = {.items = marker_fields, .count = 2};

static void assert_written(const struct raw_request *raw, const void *want, size_t len)
{
    const struct raw_words words = {.authority = span_cstr("host:80"), .scheme = "http", .marker = &marker};
    struct buf out;
    buf_init(&out, 1000);
    assert_true(raw_request_given(raw));
    assert_true(raw_request_write(&out, raw, &words));
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, want, len);
    buf_fini(&out);
}

static void test_bytes(void **state)
{
    static const char *const rows[][2] = {
        {"GET / HTTP/1.1\r\nHost: $AUTHORITY\r\n$MARKER\r\n\r\n",
         "GET / HTTP/1.1\r\nHost: host:80\r\nx-a: 1\r\nx-b: 2\r\n\r\n"},
        {"$SCHEME://$AUTHORITY/$", "http://host:80/$"},
        {"$$MARKERS $HOST $", "$x-a: 1\r\nx-b: 2S $HOST $"},
        {"plain", "plain"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_written(&(struct raw_request){.bytes = span_cstr(rows[i][0])}, rows[i][1], strlen(rows[i][1]));
}

static void test_frames(void **state)
{
    struct field fields[] = {{.name = span_cstr("X-C"), .value = span_cstr("$SCHEME")}};
    const struct raw_frame frames[] = {
        {.type = H2_FRAME_HEADERS,
         .flags = H2_FLAG_END_HEADERS,
         .stream = 1,
         .marked = true,
         .fields = {.items = fields, .count = 1}},
        {.type = H2_FRAME_DATA, .flags = 9, .stream = 0x01020304, .payload = span_cstr("$MARKER")}};
    static const char want[] = "\0\0\x18\1\4\0\0\0\1\0\3X-C\4http\0\3x-a\0011\0\3x-b\0012"
                               "\0\0\7\0\x09\1\2\3\4$MARKER";
    (void)state;
    assert_written(&(struct raw_request){.frames = frames, .frame_count = 2}, want, sizeof want - 1);
}

/* RFC 7541 section 5.1: lengths from 127 on have bytes of their own. */
static void test_long_values(void **state)
{
    static const struct {
        size_t len;
        const char *prefix;
        size_t prefix_len;
    } rows[] = {{126, "\x7e", 1}, {127, "\x7f\0", 2}, {254, "\x7f\x7f", 2}, {255, "\x7f\x80\1", 3}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char value[300];
        char want[400] = {0};
        memset(value, 'v', sizeof value);
        struct field field = {.name = span_cstr("n"), .value = span_of(value, rows[i].len)};
        const struct raw_frame frame = {.type = H2_FRAME_CONTINUATION, .fields = {.items = &field, .count = 1}};
        size_t len = 3 + rows[i].prefix_len + rows[i].len;
        h2_frame_head((uint8_t *)want, len, H2_FRAME_CONTINUATION, 0, 0);
        memcpy(want + H2_FRAME_HEAD, "\0\1n", 3);
        memcpy(want + H2_FRAME_HEAD + 3, rows[i].prefix, rows[i].prefix_len);
        memset(want + H2_FRAME_HEAD + 3 + rows[i].prefix_len, 'v', rows[i].len);
        assert_written(&(struct raw_request){.frames = &frame, .frame_count = 1}, want, H2_FRAME_HEAD + len);
    }
}

static void test_full(void **state)
{
    const struct raw_words words = {.authority = span_cstr("host"), .scheme = "http", .marker = &marker};
    const struct raw_request raw = {.bytes = span_cstr("$AUTHORITY")};
    struct buf out;
    (void)state;
    buf_init(&out, 3);
    assert_false(raw_request_write(&out, &raw, &words));
    buf_fini(&out);
    assert_false(raw_request_given(&(struct raw_request){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes), cmocka_unit_test(test_frames),
                                       cmocka_unit_test(test_long_values), cmocka_unit_test(test_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
