/* Tests of taking queries apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/buf.h"
#include "harness/engine/http_rule/query.h"
#include "harness/base/tests/guard.h"

static void expect_items(const char *text, bool plus, const char *const *items, size_t count)
{
    struct arena arena;
    struct query query;
    struct err err;
    arena_init(&arena, 1 << 20);
    assert_int_equal(query_parse(&query, span_cstr(text), plus, &arena, &err), ERR_OK);
    assert_int_equal(query.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(span_is(query.items[i].key, items[2 * i]));
        assert_true((query.items[i].value.data != NULL) == (items[2 * i + 1] != NULL));
        if (items[2 * i + 1])
            assert_true(span_is(query.items[i].value, items[2 * i + 1]));
    }
    arena_fini(&arena);
}
#define EXPECT(text, plus, ...)                                                                                        \
    do {                                                                                                               \
        static const char *const items[] = {__VA_ARGS__};                                                              \
        expect_items(text, plus, items, sizeof items / sizeof *items / 2);                                             \
    } while (0)

static void test_split(void **state)
{
    (void)state;
    expect_items("", false, NULL, 0);
    expect_items("&&&", false, NULL, 0);
    EXPECT("a=1", false, "a", "1");
    EXPECT("a=1&b=2&&a=3&", false, "a", "1", "b", "2", "a", "3");
    EXPECT("a=b=c", false, "a", "b=c");
    EXPECT("flag&x=", false, "flag", NULL, "x", "");
    EXPECT("=v", false, "", "v");
    EXPECT("a.b.c=1;d=2", false, "a.b.c", "1;d=2");
}

static void test_decode(void **state)
{
    (void)state;
    EXPECT("%61%3D=%26%3d", false, "a=", "&=");
    EXPECT("%2561=%2525", false, "%61", "%25"); /* once */
    EXPECT("a=1+2&b+c=%2B", false, "a", "1+2", "b+c", "+");
    EXPECT("a=1+2&b+c=%2B", true, "a", "1 2", "b c", "+");
    EXPECT("a=%&b=%2&c=%zz&d=%4", false, "a", "%", "b", "%2", "c", "%zz", "d", "%4");
    EXPECT("a=%E2%82%AC", false, "a", "\xe2\x82\xac");
}

static void test_unescape(void **state)
{
    (void)state;
    struct arena arena;
    bool malformed = false;
    arena_init(&arena, 1 << 16);
    assert_true(span_is(query_unescape(span_cstr("a%2Fb%2fc%41"), true, false, &arena, &malformed), "a%2Fb%2fcA"));
    assert_true(span_is(query_unescape(span_cstr("a%2Fb%2fc"), false, false, &arena, &malformed), "a/b/c"));
    assert_true(span_equal(query_unescape(span_cstr("%00"), false, false, &arena, &malformed), span_of("\0", 1)));
    struct span empty = query_unescape(span_of(NULL, 0), false, false, &arena, &malformed);
    assert_true(empty.data && empty.len == 0);
    assert_false(malformed);
    query_unescape(span_cstr("a%2"), false, false, &arena, &malformed);
    assert_true(malformed);
    malformed = false;
    query_unescape(span_cstr("%g0"), false, false, &arena, &malformed);
    assert_true(malformed);
    arena_fini(&arena);
    arena_init(&arena, 4);
    assert_null(query_unescape(span_cstr("longer than four"), false, false, &arena, NULL).data);
    arena_fini(&arena);
}

static void test_limits(void **state)
{
    (void)state;
    struct arena arena;
    struct buf text;
    struct query query;
    struct err err;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < QUERY_MAX_PARAMETERS; i++)
        buf_append_cstr(&text, "&a=b");
    arena_init(&arena, 8 << 20);
    assert_int_equal(query_parse(&query, buf_span(&text), false, &arena, &err), ERR_OK);
    assert_int_equal(query.count, QUERY_MAX_PARAMETERS);
    buf_append_cstr(&text, "&a=b");
    assert_int_equal(query_parse(&query, buf_span(&text), false, &arena, &err), ERR_LIMIT);
    arena_fini(&arena);
    arena_init(&arena, 1000);
    assert_int_equal(query_parse(&query, buf_span(&text), false, &arena, &err), ERR_LIMIT);
    arena_fini(&arena);
    buf_fini(&text);
}

static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char text[] = "a=%41&&b%2E=c+%zz&%&flag&x=%";
    struct guard guard;
    struct arena arena;
    struct query query;
    struct err err;
    guard_init(&guard, sizeof text);
    for (size_t len = 0; len < sizeof text; len++) {
        arena_init(&arena, 1 << 16);
        struct span input = guard_place(&guard, span_of(text, len));
        assert_int_equal(query_parse(&query, input, true, &arena, &err), ERR_OK);
        assert_true(query.count <= 5);
        arena_fini(&arena);
    }
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),  cmocka_unit_test(test_decode),         cmocka_unit_test(test_unescape),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_cut_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
