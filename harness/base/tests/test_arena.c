/* Tests of the bump allocator: alignment, its maximum, growth of arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/arena.h"

static void test_alloc(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 10u << 20);
    uint8_t *last = NULL;
    for (size_t size = 0; size < 3000; size++) {
        uint8_t *at = arena_alloc(&arena, size);
        assert_non_null(at);
        assert_ptr_not_equal(at, last);
        assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
        if (last)
            assert_int_equal(last[0], 0xa5); /* the one before was not touched */
        memset(at, 0xa5, size ? size : 1);
        last = at;
    }
    arena_fini(&arena);
    assert_int_equal(arena.used, 0);
}

static void test_limit(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 100);
    assert_non_null(arena_alloc(&arena, 60));
    assert_null(arena_alloc(&arena, 41));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_calloc(&arena, SIZE_MAX / 2, 3));
    assert_non_null(arena_alloc(&arena, 40));
    assert_null(arena_alloc(&arena, 0));
    assert_null(arena_strdup(&arena, ""));
    assert_null(arena_printf(&arena, "%d", 1));
    assert_null(arena_dup(&arena, span_cstr("x")).data);
    arena_reset(&arena);
    assert_int_equal(arena.used, 0);
    assert_non_null(arena_alloc(&arena, 100));
    arena_fini(&arena);
}

static void test_reset(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++)
            memset(arena_alloc(&arena, 1000), round, 1000);
        memset(arena_alloc(&arena, 3u << 20), round, 3u << 20);
        arena_reset(&arena);
    }
    char *zeroed = arena_calloc(&arena, 10, 10);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(zeroed[i], 0);
    arena_fini(&arena);
    arena_fini(&arena);
}

static void test_copies(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 10000);
    struct span copy = arena_dup(&arena, span_cstr("abc"));
    assert_true(span_is(copy, "abc"));
    assert_int_equal(copy.data[3], 0);
    assert_non_null(arena_dup(&arena, span_of(NULL, 0)).data);
    assert_true(span_is(arena_dup_lower(&arena, span_cstr("X-@Z[`az{\xc3\x84")), "x-@z[`az{\xc3\x84"));
    assert_string_equal(arena_strdup(&arena, "text"), "text");
    assert_string_equal(arena_printf(&arena, "%s/%d", "a", 7), "a/7");
    arena_fini(&arena);
}

static void test_grow(void **state)
{
    (void)state;
    struct arena arena;
    int *items = NULL;
    size_t cap = 0;
    arena_init(&arena, 100000);
    for (size_t i = 0; i < 1000; i++) {
        items = arena_grow(&arena, items, i, i + 1, &cap, sizeof *items);
        assert_non_null(items);
        items[i] = (int)i;
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(items[i], (int)i);
    size_t before = cap;
    assert_ptr_equal(arena_grow(&arena, items, 1000, cap, &cap, sizeof *items), items);
    assert_null(arena_grow(&arena, items, 1000, SIZE_MAX / 2, &cap, sizeof *items));
    assert_null(arena_grow(&arena, items, 1000, 50000, &cap, sizeof *items));
    assert_int_equal(cap, before);
    assert_int_equal(items[999], 999);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_alloc), cmocka_unit_test(test_limit),
                                       cmocka_unit_test(test_reset), cmocka_unit_test(test_copies),
                                       cmocka_unit_test(test_grow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
