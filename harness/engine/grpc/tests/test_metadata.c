/* Tests of grpc-message, grpc-timeout and values in base64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/engine/grpc/metadata.h"
#include "harness/base/tests/guard.h"

static struct guard guard;

static int set_up(void **state)
{
    (void)state;
    guard_init(&guard, 4096);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guard_fini(&guard);
    return 0;
}

#define LITERAL(text)                                                                                                  \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }

static void assert_bytes(const struct buf *buf, struct span want)
{
    assert_int_equal(buf->len, want.len);
    if (want.len > 0)
        assert_memory_equal(buf->data, want.data, want.len);
}

/* Every byte, in digits of both cases. */
static void test_message_bytes(void **state)
{
    (void)state;
    struct buf coded, plain;
    buf_init(&coded, 1024);
    buf_init(&plain, 1024);
    for (unsigned byte = 0; byte < 256; byte++) {
        const uint8_t bytes[3] = {'a', (uint8_t)byte, '7'};
        buf_reset(&coded);
        buf_reset(&plain);
        assert_true(buf_printf(&coded, byte % 2 ? "a%%%02X7" : "%%61%%%02x7", byte));
        assert_true(metadata_message_decode(&plain, buf_span(&coded)));
        assert_bytes(&plain, span_of(bytes, 3));
        buf_reset(&coded);
        buf_reset(&plain);
        assert_true(metadata_message_encode(&coded, span_of(bytes, 3)));
        assert_int_equal(coded.len, byte < 0x20 || byte > 0x7e || byte == '%' ? 5 : 3);
        assert_true(metadata_message_decode(&plain, buf_span(&coded)));
        assert_bytes(&plain, span_of(bytes, 3));
    }
    buf_fini(&coded);
    buf_fini(&plain);
}

/* "MUST NOT error or throw away the message" */
static void test_message_decode_broken(void **state)
{
    (void)state;
    static const struct {
        struct span in, want;
    } rows[] = {
        {LITERAL(""), LITERAL("")},
        {LITERAL("%"), LITERAL("%")},
        {LITERAL("%4"), LITERAL("%4")},
        {LITERAL("%zz"), LITERAL("%zz")},
        {LITERAL("%4g%41"), LITERAL("%4gA")},
        {LITERAL("%%41"), LITERAL("%A")},
        {LITERAL("%c3%A9"), LITERAL("\xc3\xa9")},
        {LITERAL("%00"), LITERAL("\0")},
        {LITERAL("\xff%"), LITERAL("\xff%")},
        {LITERAL("50%"), LITERAL("50%")},
        {LITERAL("%+1"), LITERAL("%+1")},
        {LITERAL("%2525"), LITERAL("%25")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        buf_init(&out, 64);
        assert_true(metadata_message_decode(&out, guard_place(&guard, rows[i].in)));
        assert_bytes(&out, rows[i].want);
        buf_fini(&out);
    }
}

static void test_message_full(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4);
    assert_false(metadata_message_decode(&out, span_cstr("abcde")));
    buf_fini(&out);
}

/* Every prefix of a text decodes, and a cut triplet stays. */
static void test_message_cut(void **state)
{
    (void)state;
    static const char text[] = "a%20b%C3%A9%zz%4";
    for (size_t len = 0; len < sizeof text; len++) {
        struct buf out;
        buf_init(&out, 64);
        assert_true(metadata_message_decode(&out, guard_place(&guard, span_of(text, len))));
        assert_true(out.len <= len);
        if (len == 2 || len == 3)
            assert_bytes(&out, span_of(text, len));
        buf_fini(&out);
    }
}

static void test_timeout(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        uint64_t ns;
    } rows[] = {{"1S", true, 1000000000},
                {"5m", true, 5000000},
                {"7u", true, 7000},
                {"99999999n", true, 99999999},
                {"2M", true, 120000000000},
                {"1H", true, 3600000000000},
                {"99999999H", true, UINT64_MAX},
                {"0S", true, 0},
                {"", false, 0},
                {"S", false, 0},
                {"1", false, 0},
                {"123456789S", false, 0},
                {"-1S", false, 0},
                {"1s", false, 0},
                {"1 S", false, 0},
                {"1SS", false, 0},
                {"1.5S", false, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t ns = 0;
        assert_int_equal(metadata_timeout_parse(guard_place(&guard, span_cstr(rows[i].text)), &ns), rows[i].ok);
        if (rows[i].ok)
            assert_true(ns == rows[i].ns);
    }
}

static void test_binary(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {{"", true},       {"AA", true},         {"AAA", true},
                {"AAAA", true},   {"AA==", true},       {"AAA=", true},
                {"+/aZ09", true}, {"AA,AAA=", true},    {"AAAA, AA==", true},
                {"A", false},     {"AAAAA", false},     {"AA=", false},
                {"AAAA=", false}, {"A===", false},      {"AA==AA", false},
                {"-_aa", false},  {"AAAA AAAA", false}, {"AA\n=", false},
                {"AA,A", false},  {"====", false},      {"jher831yy13JHy3hc", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (metadata_binary_valid(guard_place(&guard, span_cstr(rows[i].text))) != rows[i].ok)
            fail_msg("%s", rows[i].text);
    }
    assert_true(metadata_is_binary(span_cstr("trace-Bin")));
    assert_false(metadata_is_binary(span_cstr("-bin")));
    assert_false(metadata_is_binary(span_cstr("bin")));
    assert_false(metadata_is_binary(span_cstr("trace-bins")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_bytes), cmocka_unit_test(test_message_decode_broken),
        cmocka_unit_test(test_message_full),  cmocka_unit_test(test_message_cut),
        cmocka_unit_test(test_timeout),       cmocka_unit_test(test_binary),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
