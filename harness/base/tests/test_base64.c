/* Tests of base64: RFC 4648's vectors, both alphabets, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/base64.h"
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

/* RFC 4648, section 10, and both alphabets. */
static void test_base64_vectors(void **state)
{
    (void)state;
    static const struct {
        struct span plain;
        const char *padded;
    } rows[] = {{LITERAL(""), ""},
                {LITERAL("f"), "Zg=="},
                {LITERAL("fo"), "Zm8="},
                {LITERAL("foo"), "Zm9v"},
                {LITERAL("foob"), "Zm9vYg=="},
                {LITERAL("fooba"), "Zm9vYmE="},
                {LITERAL("foobar"), "Zm9vYmFy"},
                {LITERAL("\xfb\xff\xfe"), "+//+"},
                {LITERAL("\0\0"), "AAA="}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct span padded = span_cstr(rows[i].padded);
        size_t bare = span_index_of(padded, '=', 0);
        struct buf out;
        buf_init(&out, 64);
        assert_true(base64_encode(&out, rows[i].plain, true));
        assert_bytes(&out, padded);
        buf_reset(&out);
        assert_true(base64_encode(&out, rows[i].plain, false));
        assert_bytes(&out, span_of(padded.data, bare));
        buf_reset(&out);
        assert_true(base64_decode(&out, guard_place(&guard, padded)));
        assert_bytes(&out, rows[i].plain);
        buf_reset(&out);
        assert_true(base64_decode(&out, guard_place(&guard, span_of(padded.data, bare))));
        assert_bytes(&out, rows[i].plain);
        buf_fini(&out);
    }
    struct buf out;
    buf_init(&out, 64);
    assert_true(base64_decode(&out, span_cstr("-__-")));
    assert_bytes(&out, span_of("\xfb\xff\xfe", 3));
    buf_fini(&out);
}

static void test_base64_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {"Z",    "Zg=",   "Zg===", "Zm8==",    "=",      "==",
                                       "====", "Z===",  "Zm9v=", "Zm9v====", "Z g=",   "Zg==\n",
                                       "Zm=8", "Zm9v!", "Zm.v",  "Zm9vY",    "\xffm9v"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        buf_init(&out, 64);
        buf_append_cstr(&out, "kept");
        assert_false(base64_decode(&out, guard_place(&guard, span_cstr(rows[i]))));
        assert_false(out.failed);
        assert_string_equal((char *)out.data, "kept");
        assert_int_equal(out.len, 4);
        buf_fini(&out);
    }
    struct buf small;
    buf_init(&small, 2);
    assert_false(base64_decode(&small, span_cstr("Zm9v")));
    assert_true(small.failed);
    assert_false(base64_encode(&small, span_cstr("foo"), false));
    buf_fini(&small);
}

/* Every byte in every place of a group: taken exactly when it is of one of the two alphabets. */
static void test_base64_bytes(void **state)
{
    (void)state;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct buf out;
    buf_init(&out, 64);
    for (unsigned byte = 0; byte < 256; byte++) {
        const char *found = byte != 0 ? strchr(alphabet, (int)byte) : NULL;
        unsigned value = found ? (unsigned)(found - alphabet) : byte == '-' ? 62 : byte == '_' ? 63 : 64;
        for (size_t len = 6; len <= 8; len++) {
            for (size_t at = 0; at < len; at++) {
                uint8_t text[8];
                memset(text, 'A', sizeof text);
                text[at] = (uint8_t)byte;
                buf_reset(&out);
                if (byte == '=' && (at + 1 == len || len == 8))
                    continue; /* padding, right or wrong */
                assert_int_equal(base64_decode(&out, span_of(text, len)), value < 64);
                assert_int_equal(out.len, value < 64 ? len * 6 / 8 : 0);
                uint64_t bits = 0;
                for (size_t i = 0; i < out.len; i++)
                    bits |= (uint64_t)out.data[i] << (56 - 8 * i);
                if (value < 64 && 6 * at + 6 <= 8 * out.len)
                    assert_true(bits == (uint64_t)value << (58 - 6 * at));
            }
        }
    }
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_vectors),
        cmocka_unit_test(test_base64_refused),
        cmocka_unit_test(test_base64_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
