/* Tests of content codings: there and back in any pieces, what is broken, and what is too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/hex.h"
#include "harness/engine/coding/coding.h"

#define LIMIT (4u << 20)

static struct span bytes_of(struct buf *out, const char *hex)
{
    buf_init(out, 4096);
    assert_int_equal(hex_decode(out, span_cstr(hex), NULL), ERR_OK);
    return buf_span(out);
}

static void encode(struct buf *out, enum coding coding, struct span bytes)
{
    buf_init(out, LIMIT);
    assert_true(coding_encode(out, coding, bytes));
}

static enum coding_result decode(struct buf *out, enum coding coding, struct span coded, size_t max)
{
    buf_init(out, max);
    return coding_decode(out, coding, coded);
}

static bool append(void *user, struct span decoded)
{
    return buf_append_span(user, decoded);
}

static const struct span text = {(const uint8_t *)"{\"id\":\"1\"} {\"id\":\"1\"} {\"id\":\"1\"}", 32};

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int coding;
    } rows[] = {{"gzip", CODING_GZIP},
                {"GZip", CODING_GZIP},
                {"x-gzip", CODING_GZIP},
                {"deflate", CODING_DEFLATE},
                {"br", CODING_BR},
                {"zstd", CODING_ZSTD},
                {"identity", -1},
                {"compress", -1},
                {"gzi", -1},
                {"", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum coding coding;
        bool known = coding_from_name(span_cstr(rows[i].name), &coding);
        assert_int_equal(known ? (int)coding : -1, rows[i].coding);
    }
    assert_true(coding_is_identity(span_cstr("Identity")) && coding_is_identity(span_of(NULL, 0)));
    assert_false(coding_is_identity(span_cstr("gzip")));
}

static void test_take_last(void **state)
{
    (void)state;
    struct span list = span_cstr("gzip , br,\tzstd, ,");
    assert_true(span_is(coding_take_last(&list), "zstd"));
    assert_true(span_is(coding_take_last(&list), "br"));
    assert_true(span_is(coding_take_last(&list), "gzip"));
    assert_int_equal(coding_take_last(&list).len, 0);
    list = span_cstr(" , ,");
    assert_int_equal(coding_take_last(&list).len, 0);
}

/* Whole, and cut in two at every byte. */
static void test_there_and_back(void **state)
{
    (void)state;
    for (int coding = 0; coding < CODING_COUNT; coding++) {
        struct buf coded;
        encode(&coded, (enum coding)coding, text);
        for (size_t cut = 0; cut <= coded.len; cut++) {
            struct coding_reader *reader = coding_reader_new((enum coding)coding);
            struct buf out;
            buf_init(&out, LIMIT);
            enum coding_result first = coding_read(reader, span_of(coded.data, cut), append, &out);
            assert_int_equal(first, cut < coded.len ? CODING_CUT : CODING_WHOLE);
            assert_int_equal(coding_read(reader, span_from(buf_span(&coded), cut), append, &out), CODING_WHOLE);
            assert_true(span_equal(buf_span(&out), text));
            coding_reader_free(reader);
            buf_fini(&out);
        }
        buf_fini(&coded);
    }
}

static void test_empty(void **state)
{
    (void)state;
    for (int coding = 0; coding < CODING_COUNT; coding++) {
        struct buf coded;
        struct buf out;
        encode(&coded, (enum coding)coding, span_of(NULL, 0));
        assert_true(coded.len > 0);
        assert_int_equal(decode(&out, (enum coding)coding, buf_span(&coded), LIMIT), CODING_WHOLE);
        assert_int_equal(out.len, 0);
        buf_fini(&out);
        assert_int_equal(decode(&out, (enum coding)coding, span_of(NULL, 0), LIMIT), CODING_CUT);
        buf_fini(&out);
        buf_fini(&coded);
    }
}

/* More than what a reader gives out at once, of bytes that do not repeat. */
static void test_large(void **state)
{
    (void)state;
    struct buf plain;
    buf_init(&plain, LIMIT);
    for (uint32_t i = 0, mix = 1; i < 300000; i++, mix = mix * 1103515245u + 12345u)
        buf_append_byte(&plain, (uint8_t)(mix >> 24));
    for (int coding = 0; coding < CODING_COUNT; coding++) {
        struct buf coded;
        struct buf out;
        encode(&coded, (enum coding)coding, buf_span(&plain));
        assert_int_equal(decode(&out, (enum coding)coding, buf_span(&coded), LIMIT), CODING_WHOLE);
        assert_true(span_equal(buf_span(&out), buf_span(&plain)));
        buf_fini(&out);
        buf_fini(&coded);
    }
    buf_fini(&plain);
}

/* What was flushed can be decoded before the rest comes. */
static void test_flush(void **state)
{
    (void)state;
    for (int coding = 0; coding < CODING_COUNT; coding++) {
        struct coding_writer *writer = coding_writer_new((enum coding)coding);
        struct coding_reader *reader = coding_reader_new((enum coding)coding);
        struct buf coded;
        struct buf out;
        buf_init(&coded, LIMIT);
        buf_init(&out, LIMIT);
        for (size_t i = 1; i <= 3; i++) {
            buf_reset(&coded);
            assert_true(coding_write(writer, &coded, text, CODING_FLUSH));
            assert_int_equal(coding_read(reader, buf_span(&coded), append, &out), CODING_CUT);
            assert_int_equal(out.len, i * text.len);
        }
        buf_reset(&coded);
        assert_true(coding_write(writer, &coded, text, CODING_KEEP));
        assert_true(coding_write(writer, &coded, span_of(NULL, 0), CODING_END));
        assert_int_equal(coding_read(reader, buf_span(&coded), append, &out), CODING_WHOLE);
        assert_int_equal(out.len, 4 * text.len);
        coding_writer_free(writer);
        coding_reader_free(reader);
        buf_fini(&coded);
        buf_fini(&out);
    }
}

static void test_behind_the_end(void **state)
{
    (void)state;
    for (int coding = 0; coding < CODING_COUNT; coding++) {
        /* Of gzip another member may follow (RFC 1952 section 2.2), of zstd another frame (RFC 8878 section 3.1). */
        bool series = coding == CODING_GZIP || coding == CODING_ZSTD;
        struct buf coded;
        struct buf out;
        encode(&coded, (enum coding)coding, text);
        size_t len = coded.len;
        struct buf second;
        encode(&second, (enum coding)coding, text);
        buf_append_span(&coded, buf_span(&second));
        buf_fini(&second);
        enum coding_result twice = decode(&out, (enum coding)coding, buf_span(&coded), LIMIT);
        assert_int_equal(twice, series ? CODING_WHOLE : CODING_BAD);
        assert_int_equal(out.len, series ? 2 * text.len : text.len);
        buf_fini(&out);
        coded.len = len;
        buf_append_cstr(&coded, "junk, as much as a header");
        assert_int_equal(decode(&out, (enum coding)coding, buf_span(&coded), LIMIT), CODING_BAD);
        assert_true(span_equal(buf_span(&out), text));
        buf_fini(&out);
        buf_fini(&coded);
    }
}

static void test_bad(void **state)
{
    (void)state;
    static const struct {
        enum coding coding;
        const char *hex;
    } rows[] = {{CODING_GZIP, "7b226964223a2231227d"}, {CODING_DEFLATE, "7b226964223a2231227d"},
                {CODING_BR, "ffffffffffffffff"},       {CODING_ZSTD, "7b226964223a2231227d"},
                {CODING_DEFLATE, "4b4c4a06004d27c8"}, /* without the zlib header */
                {CODING_ZSTD, "28b52ffd0070010000"}}; /* a window of 16 MB */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf coded;
        struct buf out;
        struct coding_reader *reader = coding_reader_new(rows[i].coding);
        struct span bytes = bytes_of(&coded, rows[i].hex);
        buf_init(&out, LIMIT);
        assert_int_equal(coding_read(reader, bytes, append, &out), CODING_BAD);
        assert_int_equal(coding_read(reader, bytes, append, &out), CODING_BAD);
        assert_int_equal(out.len, 0);
        coding_reader_free(reader);
        buf_fini(&out);
        buf_fini(&coded);
    }
}

/* RFC 9659: the largest window that is allowed. */
static void test_window(void **state)
{
    (void)state;
    struct buf coded;
    struct buf out;
    assert_int_equal(decode(&out, CODING_ZSTD, bytes_of(&coded, "28b52ffd0068010000"), LIMIT), CODING_WHOLE);
    buf_fini(&out);
    buf_fini(&coded);
}

/* The check behind the data. */
static void test_checksum(void **state)
{
    (void)state;
    struct buf coded;
    struct buf out;
    encode(&coded, CODING_GZIP, text);
    coded.data[coded.len - 8] ^= 1;
    assert_int_equal(decode(&out, CODING_GZIP, buf_span(&coded), LIMIT), CODING_BAD);
    buf_fini(&out);
    buf_fini(&coded);
}

/* What becomes far more than it was stops at the bound, and has filled it. */
static void test_bomb(void **state)
{
    (void)state;
    struct buf plain;
    buf_init(&plain, LIMIT);
    assert_non_null(buf_reserve(&plain, LIMIT));
    memset(plain.data, 'a', LIMIT);
    buf_commit(&plain, LIMIT);
    for (int coding = 0; coding < CODING_COUNT; coding++) {
        static const size_t bounds[] = {0, 1, 32768, 100000, LIMIT - 1};
        struct buf coded;
        struct buf out;
        encode(&coded, (enum coding)coding, buf_span(&plain));
        assert_true(coded.len < LIMIT / 900);
        for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
            assert_int_equal(decode(&out, (enum coding)coding, buf_span(&coded), bounds[i]), CODING_FULL);
            assert_int_equal(out.len, bounds[i]);
            buf_fini(&out);
        }
        assert_int_equal(decode(&out, (enum coding)coding, buf_span(&coded), LIMIT), CODING_WHOLE);
        buf_fini(&out);
        buf_fini(&coded);
    }
    buf_fini(&plain);
}

static void test_bound(void **state)
{
    (void)state;
    assert_int_equal(coding_bound(0, SIZE_MAX), CODING_FREE);
    assert_int_equal(coding_bound(CODING_FREE / CODING_MAX_RATIO, SIZE_MAX), CODING_FREE);
    assert_int_equal(coding_bound(1u << 20, SIZE_MAX), (size_t)CODING_MAX_RATIO << 20);
    assert_int_equal(coding_bound(1u << 20, 64u << 20), 64u << 20);
    assert_int_equal(coding_bound(SIZE_MAX, SIZE_MAX), SIZE_MAX);
    assert_int_equal(coding_bound(0, 10), 10);
}

/* A writer that may not write. */
static void test_no_room(void **state)
{
    (void)state;
    for (int coding = 0; coding < CODING_COUNT; coding++) {
        struct buf out;
        buf_init(&out, 4);
        assert_false(coding_encode(&out, (enum coding)coding, text));
        buf_fini(&out);
    }
}

static void test_result_texts(void **state)
{
    (void)state;
    for (int result = CODING_WHOLE; result <= CODING_NO_MEMORY; result++)
        assert_true(strlen(coding_result_text((enum coding_result)result)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),          cmocka_unit_test(test_take_last),
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_empty),
        cmocka_unit_test(test_large),          cmocka_unit_test(test_flush),
        cmocka_unit_test(test_behind_the_end), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_checksum),       cmocka_unit_test(test_window),
        cmocka_unit_test(test_bomb),           cmocka_unit_test(test_bound),
        cmocka_unit_test(test_no_room),        cmocka_unit_test(test_result_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
