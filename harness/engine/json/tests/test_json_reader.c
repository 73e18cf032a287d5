/* Tests of the strict JSON reader, with input cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness/engine/json/reader.h"

static char token_letter(enum json_token token)
{
    static const char letters[] = {
        [JSON_ERROR] = '!',  [JSON_END] = '.',    [JSON_OBJECT_BEGIN] = '{', [JSON_OBJECT_END] = '}',
        [JSON_KEY] = 'k',    [JSON_STRING] = 's', [JSON_ARRAY_BEGIN] = '[',  [JSON_ARRAY_END] = ']',
        [JSON_NUMBER] = 'n', [JSON_TRUE] = 't',   [JSON_FALSE] = 'f',        [JSON_NULL] = '0',
    };
    return letters[token];
}

static void check_tokens(const char *json, const char *expected)
{
    struct json_reader reader;
    char tokens[128];
    size_t len = 0;
    enum json_token token;
    json_reader_init(&reader, span_cstr(json));
    do {
        token = json_reader_next(&reader, NULL);
        tokens[len++] = token_letter(token);
    } while (token != JSON_ERROR && token != JSON_END && len < sizeof tokens - 1);
    tokens[len] = '\0';
    if (strcmp(tokens, expected) != 0)
        fail_msg("%s: expected %s, got %s", json, expected, tokens);
    assert_int_equal(json_reader_next(&reader, NULL), token); /* both ends are for good */
}

static void test_tokens(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{}", "{}."},
        {"[]", "[]."},
        {" \t\r\n null \n", "0."},
        {"true", "t."},
        {"false", "f."},
        {"\"\"", "s."},
        {"0", "n."},
        {"-0", "n."},
        {"-0.0e-0", "n."},
        {"1E+2", "n."},
        {"123456789012345678901234567890.5e+99999", "n."},
        {"[1,[2,[]],{}]", "[n[n[]]{}]."},
        {"{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"e\"}}", "{knk[tf0]k{ks}}."},
        {"{ \"a\" : 1 , \"b\" : 2 }", "{knkn}."},
        {"", "!"},
        {" ", "!"},
        {"nul", "!"},
        {"nulll", "0!"},
        {"True", "!"},
        {"NaN", "!"},
        {"Infinity", "!"},
        {"+1", "!"},
        {"01", "!"},
        {"-", "!"},
        {"-a", "!"},
        {"1.", "!"},
        {".5", "!"},
        {"1e", "!"},
        {"1e+", "!"},
        {"0x10", "n!"},
        {"1 2", "n!"},
        {"[1,]", "[n!"},
        {"[,1]", "[!"},
        {"[1 2]", "[n!"},
        {"[1", "[n!"},
        {"[1}", "[n!"},
        {"]", "!"},
        {"{\"a\":1,}", "{kn!"},
        {"{,}", "{!"},
        {"{\"a\"}", "{!"},
        {"{\"a\" 1}", "{!"},
        {"{a:1}", "{!"},
        {"{'a':1}", "{!"},
        {"{1:1}", "{!"},
        {"{\"a\":}", "{k!"},
        {"{\"a\":1 \"b\":2}", "{kn!"},
        {"{\"a\":1]", "{kn!"},
        {"{} {}", "{}!"},
        {"/* c */ 1", "!"},
        {"1 // c", "n!"},
        {"'a'", "!"},
        {"\xef\xbb\xbf{}", "!"},
        {"\v1", "!"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_tokens(rows[i][0], rows[i][1]);
}

/* What a string literal decodes to; NULL when it must be refused. */
static void check_string(const char *literal, const char *expected, size_t expected_len)
{
    struct json_reader reader;
    struct buf out;
    buf_init(&out, 256);
    json_reader_init(&reader, span_cstr(literal));
    enum json_token token = json_reader_next(&reader, NULL);
    if (token != (expected ? JSON_STRING : JSON_ERROR))
        fail_msg("%s: token %c", literal, token_letter(token));
    if (expected) {
        assert_int_equal(json_reader_next(&reader, NULL), JSON_END);
        assert_true(json_string_decode(&out, reader.text));
        assert_int_equal(out.len, expected_len);
        assert_memory_equal(out.data, expected, expected_len);
        assert_int_equal(reader.escaped, memchr(literal, '\\', strlen(literal)) != NULL);
    }
    buf_fini(&out);
}

static void test_strings(void **state)
{
    (void)state;
    static const struct {
        const char *literal;
        const char *expected;
        size_t len;
    } rows[] = {
        {"\"\"", "", 0},
        {"\"plain text, longer than a word\"", "plain text, longer than a word", 30},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
        {"\"a\\u0000b\"", "a\0b", 3},
        {"\"\\u00e9\\u00E9\"", "\xc3\xa9\xc3\xa9", 4},
        {"\"\\u20ac\\uFFFF\"", "\xe2\x82\xac\xef\xbf\xbf", 6},
        {"\"\\ud83d\\uDE00\"", "\xf0\x9f\x98\x80", 4},
        {"\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf", 4},
        {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9},
        {"\"\x7f\"", "\x7f", 1},
        {"\"\\ud83d\"", NULL, 0},
        {"\"\\ude00\"", NULL, 0},
        {"\"\\ude00\\ud83d\"", NULL, 0},
        {"\"\\ud83dx\\ude00\"", NULL, 0},
        {"\"\\ud83d\\n\"", NULL, 0},
        {"\"\\ud83d\\ud83d\"", NULL, 0},
        {"\"\\U0041\"", NULL, 0},
        {"\"\\u004\"", NULL, 0},
        {"\"\\u004g\"", NULL, 0},
        {"\"\\x41\"", NULL, 0},
        {"\"\\'\"", NULL, 0},
        {"\"\\a\"", NULL, 0},
        {"\"abc", NULL, 0},
        {"\"abc\\", NULL, 0},
        {"\"abc\\\"", NULL, 0},
        {"\"a\nb\"", NULL, 0},
        {"\"a\tb\"", NULL, 0},
        {"\"abc\\u", NULL, 0},
        {"\"abc\\u00", NULL, 0},
        {"\"\\v\"", NULL, 0},
        {"\"1234567\x1f\"", NULL, 0},
        {"\"\x80\"", NULL, 0},
        {"\"\xc3\"", NULL, 0},
        {"\"\xc0\x80\"", NULL, 0},
        {"\"\xe0\x80\x80\"", NULL, 0},
        {"\"\xed\xa0\x80\"", NULL, 0},
        {"\"\xf4\x90\x80\x80\"", NULL, 0},
        {"\"\xff\"", NULL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_string(rows[i].literal, rows[i].expected, rows[i].len);
    for (int byte = 0; byte < 0x20; byte++) {
        const char literal[] = {'"', 'a', (char)byte, 'b', '"'};
        if (json_validate(span_of(literal, sizeof literal), NULL) != ERR_SYNTAX)
            fail_msg("a raw byte %d is taken in a string", byte);
    }
}

/* JSON is UTF-8: other encodings of it are none, with a byte order mark or without. */
static void test_other_encodings(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {{"{\0}\0", 4}, {"\0{\0}", 4},   {"\xff\xfe{\0}\0", 6}, {"\xfe\xff\0{\0}", 6}, {"{\0\0\0}\0\0\0", 8},
                {"1\0", 2},    {"\"\xe9\"", 3}, {"\xef\xbb\xbf{}", 5}, {"+AHsAfQ-", 8}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (json_validate(span_of(rows[i].bytes, rows[i].len), NULL) != ERR_SYNTAX)
            fail_msg("row %zu is taken", i);
    }
}

/* Every place in a word of 8 bytes where the scan of plain text may end. */
static void test_string_alignment(void **state)
{
    (void)state;
    static const char *const ends[] = {"\"", "\\n\"", "\xc3\xa9\"", "\x01", "\x80\"", "\\q"};
    for (size_t before = 0; before < 20; before++) {
        for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
            char text[64];
            struct json_reader reader;
            snprintf(text, sizeof text, "\"%.*s%s", (int)before, "abcdefghijklmnopqrstuvwxyz", ends[e]);
            json_reader_init(&reader, span_cstr(text));
            assert_int_equal(json_reader_next(&reader, NULL), e < 3 ? JSON_STRING : JSON_ERROR);
            if (e < 3)
                assert_int_equal(reader.text.len, before + strlen(ends[e]) - 1);
        }
    }
}

static void check_error(const char *json, enum err_code code, const char *expected)
{
    struct err err = {0};
    assert_int_equal(json_validate(span_cstr(json), &err), code);
    if (!strstr(err.text, expected))
        fail_msg("%s: expected \"%s\" in \"%s\"", json, expected, err.text);
}

static void test_errors_name_the_offset(void **state)
{
    (void)state;
    check_error("", ERR_SYNTAX, "at offset 0: expected a JSON value, found the end");
    check_error("{\"a\":1,}", ERR_SYNTAX, "at offset 7: expected a key, found '}'");
    check_error("[1;2]", ERR_SYNTAX, "at offset 2: expected ',' or ']', found ';'");
    check_error("{\"a\"=1}", ERR_SYNTAX, "at offset 4: expected ':', found '='");
    check_error("\"ab\x01\"", ERR_SYNTAX, "at offset 3: expected no raw control byte in a string, found byte 0x01");
    check_error("\"ab\xff\"", ERR_SYNTAX, "at offset 3: expected valid UTF-8, found byte 0xff");
    check_error("1 x", ERR_SYNTAX, "at offset 2: expected the end, found 'x'");
    check_error("01", ERR_SYNTAX, "at offset 0: expected a number without a leading zero");
    check_error("\"\\ud800\"", ERR_SYNTAX, "at offset 1: expected a pair of surrogates");
}

static void nested(char *text, size_t depth, const char *open, const char *middle, const char *close)
{
    *text = '\0';
    for (size_t i = 0; i < depth; i++)
        text = stpcpy(text, open);
    text = stpcpy(text, middle);
    for (size_t i = 0; i < depth; i++)
        text = stpcpy(text, close);
}

static void test_depth(void **state)
{
    (void)state;
    char text[2048];
    struct err err;
    nested(text, JSON_READER_MAX_DEPTH, "[", "", "]");
    assert_int_equal(json_validate(span_cstr(text), &err), ERR_OK);
    nested(text, JSON_READER_MAX_DEPTH, "{\"a\":", "1", "}");
    assert_int_equal(json_validate(span_cstr(text), &err), ERR_OK);
    nested(text, JSON_READER_MAX_DEPTH / 2, "{\"a\":[", "1", "]}");
    assert_int_equal(json_validate(span_cstr(text), &err), ERR_OK);
    nested(text, JSON_READER_MAX_DEPTH + 1, "[", "", "]");
    check_error(text, ERR_LIMIT, "at offset 100: expected at most 100 levels");
    struct json_reader reader;
    json_reader_init(&reader, span_cstr(text));
    while (json_reader_next(&reader, NULL) != JSON_ERROR)
        continue;
    assert_int_equal(json_reader_next(&reader, &err), JSON_ERROR);
    assert_int_equal(err.code, ERR_LIMIT);
}

static const char sample[] =
    " { \"name\" : \"\\u00e9 \\ud83d\\ude00 \xc3\xa9\" , \"list\":[1,-2.5e+10,true,false,null,\"x\"],"
    "\"deep\":{\"a\":[[],{},[{}]]},\"\":0}\n";

/* A prefix is never taken for the whole, and never crashes. (Only white space may follow the last brace.) */
static void test_cut_at_every_byte(void **state)
{
    (void)state;
    struct span whole = span_cstr(sample);
    assert_int_equal(json_validate(whole, NULL), ERR_OK);
    for (size_t len = 0; len < whole.len - 1; len++) {
        uint8_t *copy = malloc(len + 1); /* its own allocation, so that a read past the end is seen */
        assert_non_null(copy);
        uint8_t *exact = realloc(copy, len > 0 ? len : 1);
        assert_non_null(exact);
        memcpy(exact, whole.data, len);
        assert_int_equal(json_validate(span_of(exact, len), NULL), ERR_SYNTAX);
        free(exact);
    }
}

static void test_skip(void **state)
{
    (void)state;
    struct json_reader reader;
    json_reader_init(&reader, span_cstr("{\"a\":{\"b\":[1,{\"c\":2}]},\"d\":[[]],\"e\":\"x\",\"f\":5}"));
    assert_int_equal(json_reader_next(&reader, NULL), JSON_OBJECT_BEGIN);
    for (const char *key = "adef"; *key; key++) {
        assert_int_equal(json_reader_next(&reader, NULL), JSON_KEY);
        assert_int_equal(reader.text.len, 1);
        assert_int_equal(reader.text.data[0], *key);
        assert_int_not_equal(json_reader_skip(&reader, NULL), JSON_ERROR);
        assert_int_equal(reader.depth, 1);
    }
    assert_int_equal(json_reader_next(&reader, NULL), JSON_OBJECT_END);
    assert_int_equal(json_reader_next(&reader, NULL), JSON_END);

    json_reader_init(&reader, span_cstr("{\"a\":[1,}"));
    json_reader_next(&reader, NULL);
    json_reader_next(&reader, NULL);
    assert_int_equal(json_reader_skip(&reader, NULL), JSON_ERROR);
}

static void test_decode_limit(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 3);
    assert_true(json_string_decode(&out, span_cstr("abc")));
    assert_false(json_string_decode(&out, span_cstr("d")));
    assert_true(out.failed);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_other_encodings),
        cmocka_unit_test(test_string_alignment),
        cmocka_unit_test(test_errors_name_the_offset),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_skip),
        cmocka_unit_test(test_decode_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
