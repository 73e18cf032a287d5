/* Tests of gRPC's framing, with input cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/buf.h"
#include "harness/engine/grpc/frame.h"
#include "harness/base/tests/guard.h"

#define MAX_LEN (4u * 1024u * 1024u)

static struct guard guard;

static int set_up(void **state)
{
    (void)state;
    guard_init(&guard, 64 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guard_fini(&guard);
    return 0;
}

/* What a parse saw, in a form that does not depend on how the input was cut: per message its flags, length and bytes.
 */
struct seen {
    struct buf text;
    enum frame_result end;
    bool boundary;
};

static void feed(struct frame_parser *parser, struct span in, struct seen *seen)
{
    struct frame_piece piece;
    size_t covered = 0;
    size_t total = in.len;
    do {
        const uint8_t *before = in.data;
        seen->end = frame_parser_next(parser, &in, &piece, NULL);
        covered += (size_t)(in.data - before);
        if (seen->end != FRAME_DONE)
            continue;
        if (piece.offset == 0)
            buf_printf(&seen->text, "[%u %u ", piece.flags, piece.len);
        buf_append_span(&seen->text, piece.bytes);
        if (piece.last) {
            buf_append_cstr(&seen->text, "]");
            assert_int_equal(piece.offset + piece.bytes.len, piece.len);
            assert_true(frame_parser_at_boundary(parser));
        } else {
            assert_true(piece.bytes.len > 0);
            assert_false(frame_parser_at_boundary(parser));
        }
    } while (seen->end == FRAME_DONE);
    assert_int_equal(covered + in.len, total);
    if (seen->end == FRAME_NEED_MORE)
        assert_int_equal(in.len, 0);
}

static void parse_cut(struct span whole, size_t cut, uint32_t max_len, struct seen *seen)
{
    struct frame_parser parser;
    frame_parser_init(&parser, max_len);
    buf_init(&seen->text, 1u << 20);
    feed(&parser, guard_place(&guard, span_of(whole.data, cut)), seen);
    feed(&parser, guard_place(&guard, span_from(whole, cut)), seen);
    seen->boundary = frame_parser_at_boundary(&parser);
}

static void expect_at_every_cut(struct span whole, uint32_t max_len, const char *want, enum frame_result end,
                                bool boundary)
{
    for (size_t cut = 0; cut <= whole.len; cut++) {
        struct seen seen;
        parse_cut(whole, cut, max_len, &seen);
        assert_true(span_is(buf_span(&seen.text), want));
        assert_int_equal(seen.end, end);
        assert_int_equal(seen.boundary, boundary);
        buf_fini(&seen.text);
    }
    /* and one byte at a time */
    struct frame_parser parser;
    struct seen seen = {.end = FRAME_NEED_MORE};
    frame_parser_init(&parser, max_len);
    buf_init(&seen.text, 1u << 20);
    for (size_t i = 0; i < whole.len; i++)
        feed(&parser, guard_place(&guard, span_of(whole.data + i, 1)), &seen);
    assert_true(span_is(buf_span(&seen.text), want));
    assert_int_equal(seen.end, end);
    assert_int_equal(frame_parser_at_boundary(&parser), boundary);
    buf_fini(&seen.text);
}

#define LITERAL(text) span_of(text, sizeof(text) - 1)

static void test_messages(void **state)
{
    (void)state;
    expect_at_every_cut(LITERAL(""), MAX_LEN, "", FRAME_NEED_MORE, true);
    expect_at_every_cut(LITERAL("\0\0\0\0\0"), MAX_LEN, "[0 0 ]", FRAME_NEED_MORE, true);
    expect_at_every_cut(LITERAL("\0\0\0\0\5hello"), MAX_LEN, "[0 5 hello]", FRAME_NEED_MORE, true);
    expect_at_every_cut(LITERAL("\1\0\0\0\2hi\0\0\0\0\0\0\0\0\0\3abc"), MAX_LEN, "[1 2 hi][0 0 ][0 3 abc]",
                        FRAME_NEED_MORE, true);
}

/* Messages of one length are stepped over in another way: into such a run, out of it, and what is refused behind it. */
static void test_equal_lengths(void **state)
{
    (void)state;
    static const char run[] = "\0\0\0\0\1a\0\0\0\0\1b\1\0\0\0\1c";
    expect_at_every_cut(
        LITERAL("\0\0\0\0\1a\0\0\0\0\1b\1\0\0\0\1c\0\0\0\0\2de\0\0\0\0\2fg\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1h"), MAX_LEN,
        "[0 1 a][0 1 b][1 1 c][0 2 de][0 2 fg][0 0 ][0 0 ][0 1 h]", FRAME_NEED_MORE, true);
    static const struct {
        const char *tail;
        size_t len;
        const char *expected;
        enum frame_result end;
    } rows[] = {
        {"\0\0\0\0\1", 5, "[0 1 a][0 1 b][1 1 c]", FRAME_NEED_MORE},
        {"\0\0\0\0\2x", 6, "[0 1 a][0 1 b][1 1 c][0 2 x", FRAME_NEED_MORE},
        {"\0\0\0\0\3xyz", 8, "[0 1 a][0 1 b][1 1 c]", FRAME_BAD},
        {"\2\0\0\0\1x", 6, "[0 1 a][0 1 b][1 1 c]", FRAME_BAD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[64];
        memcpy(bytes, run, sizeof run - 1);
        memcpy(bytes + sizeof run - 1, rows[i].tail, rows[i].len);
        expect_at_every_cut(span_of(bytes, sizeof run - 1 + rows[i].len), 2, rows[i].expected, rows[i].end, false);
    }
}

static void test_cut_inside(void **state)
{
    (void)state;
    expect_at_every_cut(LITERAL("\0\0\0\0\5hel"), MAX_LEN, "[0 5 hel", FRAME_NEED_MORE, false);
    expect_at_every_cut(LITERAL("\0\0\0\0\5"), MAX_LEN, "", FRAME_NEED_MORE, false);
    expect_at_every_cut(LITERAL("\0\0\0\0\1x\0\0"), MAX_LEN, "[0 1 x]", FRAME_NEED_MORE, false);
}

static void test_limits(void **state)
{
    (void)state;
    expect_at_every_cut(LITERAL("\0\0\0\0\3abc"), 3, "[0 3 abc]", FRAME_NEED_MORE, true);
    expect_at_every_cut(LITERAL("\0\0\0\0\4abcd"), 3, "", FRAME_BAD, false);
    expect_at_every_cut(LITERAL("\0\0\0\0\1a\0\xff\xff\xff\xff"), MAX_LEN, "[0 1 a]", FRAME_BAD, false);
    expect_at_every_cut(LITERAL("\0\0\0\0\1"), 0, "", FRAME_BAD, false);
    expect_at_every_cut(LITERAL("\0\0\0\0\0"), 0, "[0 0 ]", FRAME_NEED_MORE, true);
    /* The greatest length that can be declared is only a length: it costs nothing until it is sent. */
    expect_at_every_cut(LITERAL("\0\xff\xff\xff\xff"
                                "ab"),
                        UINT32_MAX, "[0 4294967295 ab", FRAME_NEED_MORE, false);
}

static void test_reserved_flags(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 256; flags++) {
        const uint8_t bytes[] = {(uint8_t)flags, 0, 0, 0, 1, 'x'};
        for (size_t cut = 0; cut <= sizeof bytes; cut++) {
            struct seen seen;
            parse_cut(span_of(bytes, sizeof bytes), cut, MAX_LEN, &seen);
            assert_int_equal(seen.end, flags <= 1 ? FRAME_NEED_MORE : FRAME_BAD);
            assert_int_equal(seen.text.len > 0, flags <= 1);
            buf_fini(&seen.text);
        }
    }
}

/* Bodies without any prefix: their first five bytes read as one. */
static void test_bodies_without_prefix(void **state)
{
    (void)state;
    static const struct {
        struct span body;
        uint32_t max_len;
        enum err_code code;
        const char *text;
    } rows[] = {
        {{(const uint8_t *)"\0ello, world.", 13}, MAX_LEN, ERR_LIMIT, "00 65 6c 6c 6f declares 1701604463"},
        {{(const uint8_t *)"Hello, world.", 13}, MAX_LEN, ERR_SYNTAX, "48 65 6c 6c 6f"},
        {{(const uint8_t *)"\n\rHello, world.", 15}, MAX_LEN, ERR_SYNTAX, "0a 0d 48 65 6c"},
        {{(const uint8_t *)"\0\rHello, world.", 15}, MAX_LEN, ERR_LIMIT, "declares 222848364"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct frame_parser parser;
        struct frame_piece piece;
        struct err err = {0};
        frame_parser_init(&parser, rows[i].max_len);
        struct span in = rows[i].body;
        assert_int_equal(frame_parser_next(&parser, &in, &piece, &err), FRAME_BAD);
        assert_int_equal(err.code, rows[i].code);
        assert_non_null(strstr(err.text, rows[i].text));
        /* sticky, and says so again */
        struct err again = {0};
        struct span legal = LITERAL("\0\0\0\0\0");
        assert_int_equal(frame_parser_next(&parser, &legal, &piece, &again), FRAME_BAD);
        assert_string_equal(again.text, err.text);
        assert_int_equal(legal.len, 5);
    }
}

static void test_piece_is_a_view(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0, 0, 0, 0, 2, 'a', 'b', 0, 0};
    struct frame_parser parser;
    struct frame_piece piece;
    struct span in = span_of(bytes, sizeof bytes);
    frame_parser_init(&parser, MAX_LEN);
    assert_int_equal(frame_parser_next(&parser, &in, &piece, NULL), FRAME_DONE);
    assert_ptr_equal(piece.bytes.data, bytes + 5);
    assert_ptr_equal(in.data, bytes + 7);
    assert_true(sizeof parser <= 32);
}

static void test_prefix_write(void **state)
{
    (void)state;
    uint8_t prefix[FRAME_PREFIX_LEN];
    frame_prefix_write(prefix, FRAME_FLAG_COMPRESSED, 0x01020304);
    assert_memory_equal(prefix, "\1\1\2\3\4", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),       cmocka_unit_test(test_equal_lengths),
        cmocka_unit_test(test_cut_inside),     cmocka_unit_test(test_limits),
        cmocka_unit_test(test_reserved_flags), cmocka_unit_test(test_piece_is_a_view),
        cmocka_unit_test(test_prefix_write),   cmocka_unit_test(test_bodies_without_prefix),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
