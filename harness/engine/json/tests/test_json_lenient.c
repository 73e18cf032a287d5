/* Tests of rewriting lenient JSON: each leniency alone, and offsets that stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "harness/engine/json/lenient.h"
#include "harness/engine/json/reader.h"
#include "harness/base/tests/guard.h"

#define ALL (LENIENCY_BIT(LENIENCY_TRAILING_GARBAGE + 1) - 1)

/* `want`: the result, which is JSON. NULL: the result is none. */
static void expect(uint64_t set, const char *text, const char *want)
{
    struct arena arena;
    arena_init(&arena, 1 << 16);
    struct span out = json_lenient_text(span_cstr(text), (struct leniency_set){set}, &arena);
    if (want && !span_is(out, want))
        fail_msg("%s gives %.*s, not %s", text, SPAN_FMT(out), want);
    if ((json_validate(out, NULL) == ERR_OK) != (want != NULL))
        fail_msg("%s gives %.*s, which is %s", text, SPAN_FMT(out), want ? "no JSON" : "JSON");
    arena_fini(&arena);
}

struct row {
    enum leniency which;
    const char *text;
    const char *want;
};

static const struct row rows[] = {
    {LENIENCY_TRAILING_COMMA, "{\"a\":[1,2,],}", "{\"a\":[1,2 ] }"},
    {LENIENCY_TRAILING_COMMA, "[1 , \n ]", "[1   \n ]"},
    {LENIENCY_TRAILING_COMMA, "[{},]", "[{} ]"},
    {LENIENCY_TRAILING_COMMA, "[\",]\",]", "[\",]\" ]"},
    {LENIENCY_TRAILING_COMMA, "[,]", NULL},
    {LENIENCY_TRAILING_COMMA, "[1,,]", NULL},
    {LENIENCY_TRAILING_COMMA, "{,}", NULL},
    {LENIENCY_TRAILING_COMMA, "[1],", NULL},
    {LENIENCY_COMMENTS, "/* a */[1,//b\n2]// c", "       [1,   \n2]    "},
    {LENIENCY_COMMENTS, "[\"//\",\"/* */\"]", "[\"//\",\"/* */\"]"},
    {LENIENCY_COMMENTS, "[1/* \n */]", "[1   \n   ]"},
    {LENIENCY_COMMENTS, "[1/*/]", NULL},
    {LENIENCY_COMMENTS, "[1/* ]", NULL},
    {LENIENCY_COMMENTS, "[1/ ]", NULL},
    {LENIENCY_COMMENTS, "[1]# x", NULL},
    {LENIENCY_SINGLE_QUOTES, "{'a':'b\\'c\"d\\n'}", "{\"a\":\"b'c\\\"d\\n\"}"},
    {LENIENCY_SINGLE_QUOTES, "\"it's\"", "\"it's\""},
    {LENIENCY_UNQUOTED_KEYS, "{a : 1, $b_2:true}", "{\"a\" : 1, \"$b_2\":true}"},
    {LENIENCY_UNQUOTED_KEYS, "{true:1}", "{\"true\":1}"},
    {LENIENCY_UNQUOTED_KEYS, "{a-b:1}", NULL},
    {LENIENCY_UNQUOTED_KEYS, "{1:1,-2 :[1,-2]}", "{\"1\":1,\"-2\" :[1,-2]}"},
    {LENIENCY_UNQUOTED_KEYS, "{1.5:1}", NULL},
    {LENIENCY_UNQUOTED_KEYS, "{-a:1}", NULL},
    {LENIENCY_UNQUOTED_KEYS, "[1:1]", NULL},
    {LENIENCY_UNQUOTED_KEYS, "{\"a\":b}", NULL},
    {LENIENCY_LEADING_ZEROS, "[007,-01.5,00,0,0.5,10]", "[  7, -1.5, 0,0,0.5,10]"},
    {LENIENCY_LEADING_ZEROS, "[\"007\"]", "[\"007\"]"},
    {LENIENCY_LEADING_ZEROS, "[0x1]", NULL},
    {LENIENCY_PLUS_SIGN, "[+1,1e+5,-1]", "[ 1,1e+5,-1]"},
    {LENIENCY_PLUS_SIGN, "[+]", NULL},
    {LENIENCY_PLUS_SIGN, "[++1]", NULL},
    {LENIENCY_UNQUOTED_NAN, "[NaN,Infinity,-Infinity]", "[\"NaN\",\"Infinity\",\"-Infinity\"]"},
    {LENIENCY_UNQUOTED_NAN, "[nan]", NULL},
    {LENIENCY_UNQUOTED_NAN, "[-Inf]", NULL},
    {LENIENCY_UNQUOTED_NAN, "[-NaN]", NULL},
    {LENIENCY_BOOL_CASE, "[True,FALSE,tRuE]", "[true,false,true]"},
    {LENIENCY_BOOL_CASE, "[\"True\"]", "[\"True\"]"},
    {LENIENCY_BOOL_CASE, "[Truth]", NULL},
    {LENIENCY_BOOL_CASE, "[NULL]", NULL},
    {LENIENCY_UNKNOWN_ESCAPES, "\"\\U8\\x41\\'\\v\\Ã©\\n\\\\q\"", "\"U8x41'\\u000bÃ©\\n\\\\q\""},
    {LENIENCY_UNKNOWN_ESCAPES, "\"\\u12\"", NULL},
    {LENIENCY_UNKNOWN_ESCAPES, "\"\\\"", NULL},
    {LENIENCY_UNKNOWN_ESCAPES, "\"\\", NULL},
    {LENIENCY_LONE_SURROGATES, "\"\\ud800x\\udc00\\ud83d\\ude00\\ud800\\u0041\"",
     "\"\\ufffdx\\ufffd\\ud83d\\ude00\\ufffd\\u0041\""},
    {LENIENCY_LONE_SURROGATES, "\"\\\\ud800\"", "\"\\\\ud800\""},
    {LENIENCY_LONE_SURROGATES, "\"\\ud80\"", NULL},
    {LENIENCY_CONTROL_CHARACTERS, "\"a\tb\n\x01\"", "\"a\\u0009b\\u000a\\u0001\""},
    {LENIENCY_CONTROL_CHARACTERS, "[\x01]", NULL},
    {LENIENCY_BYTE_ORDER_MARK, "\xef\xbb\xbf{}", "   {}"},
    {LENIENCY_BYTE_ORDER_MARK, "{}\xef\xbb\xbf", NULL},
    {LENIENCY_TRAILING_GARBAGE, "{} {}", "{}"},
    {LENIENCY_TRAILING_GARBAGE, " [1] x", " [1]"},
    {LENIENCY_TRAILING_GARBAGE, "12abc", "12"},
    {LENIENCY_TRAILING_GARBAGE, "\"a\"\"b\"", "\"a\""},
    {LENIENCY_TRAILING_GARBAGE, "[1", NULL},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(LENIENCY_BIT(rows[i].which), rows[i].text, rows[i].want);
    expect(ALL, "\xef\xbb\xbf{a:['b',/*,*/],'c':-Infinity,}x", "   {\"a\":[\"b\"      ],\"c\":\"-Infinity\" }");
}

/* What is JSON stays as it is, whatever the set. */
static void test_strict_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"a\":[1,-2.5e+3,true,null,\"\\\"\\\\\\u00e9\"],\"b\":{}}",
                                        "\"'\"",
                                        "0",
                                        "-0",
                                        "[]",
                                        " [ 1 , 2 ] ",
                                        "\"NaN // /* */ ,]\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (uint64_t set = 0; set <= ALL; set = set * 2 + 1)
            expect(set & ~LENIENCY_BIT(LENIENCY_TRAILING_GARBAGE), texts[i], texts[i]);
    }
    assert_false(json_lenient_applies((struct leniency_set){LENIENCY_BIT(LENIENCY_UNKNOWN_FIELDS)}));
    assert_true(json_lenient_applies((struct leniency_set){LENIENCY_BIT(LENIENCY_TRAILING_COMMA)}));
    assert_true(json_lenient_applies((struct leniency_set){LENIENCY_BIT(LENIENCY_TRAILING_GARBAGE)}));
}

static void test_cut_everywhere(void **state)
{
    (void)state;
    struct guard guard;
    guard_init(&guard, 256);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t len = 0; len <= strlen(rows[i].text); len++) {
            struct arena arena;
            arena_init(&arena, 1 << 12);
            struct span in = guard_place(&guard, span_of(rows[i].text, len));
            assert_true(json_lenient_text(in, (struct leniency_set){ALL}, &arena).len <= 6 * len);
            arena_fini(&arena);
            arena_init(&arena, 4);
            if (len > 8)
                assert_true(json_lenient_text(in, LENIENCY_NONE, &arena).data == NULL);
            arena_fini(&arena);
        }
    }
    guard_fini(&guard);
}

/* Time is linear, also where many comments never end. */
static void test_endless_comments(void **state)
{
    (void)state;
    struct arena arena;
    struct buf text;
    arena_init(&arena, 64 << 20);
    buf_init(&text, 8 << 20);
    for (size_t i = 0; i < 1000000; i++)
        buf_append_cstr(&text, "/*x");
    struct span out = json_lenient_text(buf_span(&text), (struct leniency_set){ALL}, &arena);
    assert_true(out.len > 0);
    arena_fini(&arena);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_strict_text),
        cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_endless_comments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
