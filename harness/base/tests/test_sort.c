/* Tests of sorting, beside the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness/base/sort.h"

struct item {
    uint32_t key;
    uint32_t order;
};

/* Counts the comparisons, so that a quadratic sort is seen. */
static int compare(const void *user, const void *a, const void *b)
{
    const struct item *x = a;
    const struct item *y = b;
    size_t *count = *(size_t *const *)user;
    (*count)++;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void check_sorted(struct item *items, size_t count)
{
    size_t compared = 0;
    size_t *counter = &compared;
    uint64_t sum = 0;
    uint64_t expected = 0;
    size_t bits = 1;
    for (size_t i = 0; i < count; i++)
        expected += (uint64_t)items[i].key * (items[i].order + 1);
    sort_items(items, count, sizeof *items, compare, &counter);
    for (size_t i = 0; i < count; i++) {
        sum += (uint64_t)items[i].key * (items[i].order + 1);
        if (i > 0 && (items[i - 1].key > items[i].key ||
                      (items[i - 1].key == items[i].key && items[i - 1].order >= items[i].order)))
            fail_msg("%zu of %zu items are out of order", i, count);
    }
    assert_true(sum == expected);
    while ((size_t)1 << bits < count)
        bits++;
    assert_true(compared <= 3 * count * bits + 256);
}

static void test_all_shapes(void **state)
{
    (void)state;
    static struct item items[20000];
    static const size_t counts[] = {0, 1, 2, 3, 15, 16, 17, 18, 100, 1000, 20000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (uint32_t shape = 0; shape < 6; shape++) {
            uint32_t seed = 1;
            for (uint32_t i = 0; i < counts[c]; i++) {
                seed = seed * 1664525u + 1013904223u;
                const uint32_t keys[] = {i, (uint32_t)counts[c] - i, 7, i % 5, seed, i ^ 1};
                items[i] = (struct item){.key = keys[shape], .order = i};
            }
            check_sorted(items, counts[c]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_shapes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
