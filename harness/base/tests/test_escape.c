/* Tests of the escapes: what is harmless stays, and nothing else gets through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/base/escape.h"
#include "harness/base/tests/guard.h"

typedef bool escape_fn(struct buf *out, struct span bytes);

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

static void expect(escape_fn *escape, const char *bytes, size_t len, const char *want)
{
    struct buf out;
    buf_init(&out, 4096);
    assert_true(escape(&out, guard_place(&guard, span_of(bytes, len))));
    buf_append_cstr(&out, "");
    assert_string_equal((char *)out.data, want);
    buf_fini(&out);
}

#define EXPECT(escape, text, want) expect(escape, text, sizeof(text) - 1, want)

static void test_terminal(void **state)
{
    (void)state;
    EXPECT(escape_terminal, "", "");
    EXPECT(escape_terminal, "plain \\ 'text' <b>", "plain \\ 'text' <b>");
    EXPECT(escape_terminal, "\x1b[31m\a\0\r\n\t", "\\x1b[31m\\x07\\x00\\r\\n\\t");
    EXPECT(escape_terminal,
           "\x7f"
           "d",
           "\\x7fd");
    EXPECT(escape_terminal, "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    EXPECT(escape_terminal,
           "\xc2\x9b"
           "31m",
           "\\u{9b}31m");
    EXPECT(escape_terminal,
           "\xe2\x80\xae"
           "x\xe2\x81\xa6\xd8\x9c",
           "\\u{202e}x\\u{2066}\\u{61c}");
    EXPECT(escape_utf8_replace, "a\xff\xe2\x82\xac\xe2\x82", "a\xef\xbf\xbd\xe2\x82\xac\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT(escape_terminal, "\xef\xbb\xbf\xef\xbf\xbf\xf3\xa0\x80\x81", "\\u{feff}\\u{ffff}\\u{e0001}");
    EXPECT(escape_terminal, "\xff\xc3(\xe2\x82", "\\xff\\xc3(\\xe2\\x82");
    EXPECT(escape_terminal, "\xed\xa0\x80\xc0\x80\xf4\x90\x80\x80", "\\xed\\xa0\\x80\\xc0\\x80\\xf4\\x90\\x80\\x80");
}

static void test_terminal_cut(void **state)
{
    (void)state;
    static const struct {
        size_t max;
        const char *want;
    } rows[] = {{99, "ab\xe2\x82\xac"
                     "c"},
                {6, "ab\xe2\x82\xac"
                    "c"},
                {5, "ab\xe2\x82\xac... (1 more bytes)"},
                {4, "ab... (4 more bytes)"},
                {3, "ab... (4 more bytes)"},
                {2, "ab... (4 more bytes)"},
                {1, "a... (5 more bytes)"},
                {0, "... (6 more bytes)"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        buf_init(&out, 100);
        assert_true(escape_terminal_cut(&out,
                                        guard_place(&guard, span_cstr("ab\xe2\x82\xac"
                                                                      "c")),
                                        rows[i].max));
        assert_string_equal((char *)out.data, rows[i].want);
        buf_fini(&out);
    }
}

static void test_markup(void **state)
{
    (void)state;
    EXPECT(escape_html, "<script>alert('x') & \"y\"</script>\xff\x01",
           "&lt;script&gt;alert(&#39;x&#39;) &amp; &quot;y&quot;&lt;/script&gt;\\xff\\x01");
    EXPECT(escape_xml, "]]>\x0b\xef\xbf\xbe\n", "]]&gt;\\x0b\\u{fffe}\\n");
}

static void test_json(void **state)
{
    (void)state;
    EXPECT(escape_json, "", "\"\"");
    EXPECT(escape_json, "a\"b\\c\n\x01\0", "\"a\\\"b\\\\c\\n\\u0001\\u0000\"");
    EXPECT(escape_json, "\xff\xc3", "\"\\\\xff\\\\xc3\"");
    EXPECT(escape_json, "\xc3\xa9\xe2\x80\xa8\xf3\xa0\x80\x81", "\"\xc3\xa9\\u2028\\udb40\\udc01\"");
    EXPECT(escape_json, "</script>", "\"\\u003c/script>\"");
}

static void test_shell(void **state)
{
    (void)state;
    EXPECT(escape_shell, "", "''");
    EXPECT(escape_shell, "http://127.0.0.1:51051/v1/x", "http://127.0.0.1:51051/v1/x");
    EXPECT(escape_shell, "~root", "'~root'");
    EXPECT(escape_shell, "a=b", "'a=b'");
    EXPECT(escape_shell, "a b$`\"\\!*", "'a b$`\"\\!*'");
    EXPECT(escape_shell, "it's", "'it'\\''s'");
    EXPECT(escape_shell, "it's\n\\", "\"$(printf 'it\\047s\\012\\134')\"");
    EXPECT(escape_shell, "\xc3\xa9 100%!", "\"$(printf '\\303\\251 100%%\\041')\"");
    EXPECT(escape_shell, "a\n\n", "\"$(printf 'a')\"$'\\n\\n'");
    EXPECT(escape_printf, "a'\0%", "'a\\047\\000%%'");
    EXPECT(escape_printf, "--b-", "'\\055-b-'");
}

/* A real shell reads back every byte but NUL. */
static void test_shell_reads_back(void **state)
{
    (void)state;
    uint8_t bytes[510];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i < 255 ? i + 1 : 510 - i);
    struct buf line, back;
    buf_init(&line, 8192);
    buf_init(&back, 8192);
    buf_append_cstr(&line, "exec sh -c ");
    struct buf inner;
    buf_init(&inner, 8192);
    buf_append_cstr(&inner, "printf %s ");
    assert_true(escape_shell(&inner, span_of(bytes, sizeof bytes)));
    assert_true(escape_shell(&line, buf_span(&inner)));
    FILE *pipe = popen((char *)line.data, "r");
    assert_non_null(pipe);
    buf_commit(&back, fread(buf_reserve(&back, 4096), 1, 4096, pipe));
    assert_int_equal(pclose(pipe), 0);
    assert_int_equal(back.len, sizeof bytes);
    assert_memory_equal(back.data, bytes, sizeof bytes);
    buf_fini(&inner);
    buf_fini(&line);
    buf_fini(&back);
}

/* Whatever two bytes come in, what goes out is printable UTF-8, and markup never gets a live character. */
static void test_every_pair(void **state)
{
    (void)state;
    static escape_fn *const all[] = {escape_terminal, escape_html, escape_xml, escape_json, escape_shell};
    struct buf out;
    buf_init(&out, 4096);
    for (unsigned pair = 0; pair < 65536; pair++) {
        const uint8_t bytes[2] = {(uint8_t)(pair >> 8), (uint8_t)pair};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            buf_reset(&out);
            assert_true(all[i](&out, span_of(bytes, 2)));
            assert_true(escape_utf8_valid(buf_span(&out)));
            for (size_t j = 0; j < out.len; j++) {
                if (out.data[j] < 0x20 || out.data[j] == 0x7f)
                    fail_msg("control byte from %04x", pair);
                if ((all[i] == escape_html || all[i] == escape_xml) && strchr("<>\"'", out.data[j]))
                    fail_msg("live markup from %04x", pair);
            }
        }
    }
    buf_fini(&out);
}

/* Against a decoder written the slow way: every code point, encoded, is accepted exactly when it is a scalar value. */
static void test_utf8(void **state)
{
    (void)state;
    for (uint32_t c = 0x80; c < 0x200000; c++) {
        uint8_t s[4];
        size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (size_t i = len - 1; i > 0; i--)
            s[i] = (uint8_t)(0x80 | (c >> (6 * (len - 1 - i)) & 0x3f));
        s[0] = (uint8_t)((0xf0u << (4 - len)) | c >> (6 * (len - 1)));
        bool scalar = c < 0xd800 || (c > 0xdfff && c < 0x110000);
        if (escape_utf8_len(span_of(s, len)) != (scalar ? len : 0))
            fail_msg("U+%04X", c);
        for (size_t cut = 1; cut < len; cut++) {
            if (escape_utf8_len(guard_place(&guard, span_of(s, cut))) != 0)
                fail_msg("U+%04X cut to %zu bytes", c, cut);
        }
    }
    assert_int_equal(escape_utf8_len(span_of("\xe0\x9f\xbf", 3)), 0); /* overlong */
    assert_int_equal(escape_utf8_len(span_of("\xf0\x8f\xbf\xbf", 4)), 0);
    assert_int_equal(escape_utf8_len(span_of("\x80", 1)), 0);
    assert_int_equal(escape_utf8_len(span_of(NULL, 0)), 0);
    assert_true(escape_utf8_valid(span_cstr("abc\xc3\xa9")));
    assert_false(escape_utf8_valid(span_cstr("abc\xc3")));
}

static void test_full(void **state)
{
    (void)state;
    static escape_fn *const all[] = {escape_terminal, escape_html, escape_xml, escape_json, escape_shell};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct buf out;
        buf_init(&out, 3);
        assert_false(all[i](&out, span_cstr("abcdef")));
        assert_true(out.len <= 3);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terminal), cmocka_unit_test(test_terminal_cut), cmocka_unit_test(test_markup),
        cmocka_unit_test(test_json),     cmocka_unit_test(test_shell),        cmocka_unit_test(test_shell_reads_back),
        cmocka_unit_test(test_utf8),     cmocka_unit_test(test_every_pair),   cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
