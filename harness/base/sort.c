/* Heapsort, in place. */
#include "harness/base/sort.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

struct sort {
    uint8_t *items;
    size_t size;
    sort_compare_fn *compare;
    const void *user;
};

static int compare_at(const struct sort *sort, size_t a, size_t b)
{
    return sort->compare(sort->user, sort->items + a * sort->size, sort->items + b * sort->size);
}

static void swap_at(const struct sort *sort, size_t a, size_t b)
{
    uint8_t held[SORT_MAX_ITEM];
    uint8_t *at_a = sort->items + a * sort->size;
    uint8_t *at_b = sort->items + b * sort->size;
    memcpy(held, at_a, sort->size);
    memcpy(at_a, at_b, sort->size);
    memcpy(at_b, held, sort->size);
}

static void insertion_sort(const struct sort *sort, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = i; j > 0 && compare_at(sort, j - 1, j) > 0; j--)
            swap_at(sort, j - 1, j);
    }
}

static void sift_down(const struct sort *sort, size_t root, size_t count)
{
    for (;;) {
        size_t child = root * 2 + 1;
        if (child >= count)
            return;
        if (child + 1 < count && compare_at(sort, child, child + 1) < 0)
            child++;
        if (compare_at(sort, root, child) >= 0)
            return;
        swap_at(sort, root, child);
        root = child;
    }
}

static void heap_sort(const struct sort *sort, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(sort, i, count);
    for (size_t end = count; end-- > 1;) {
        swap_at(sort, 0, end);
        sift_down(sort, 0, end);
    }
}

void sort_items(void *items, size_t count, size_t item_size, sort_compare_fn *compare, const void *user)
{
    assert(item_size <= SORT_MAX_ITEM);
    struct sort sort = {.items = items, .size = item_size, .compare = compare, .user = user};
    size_t sorted = 1;
    while (sorted < count && compare_at(&sort, sorted - 1, sorted) <= 0)
        sorted++;
    if (sorted >= count)
        return;
    if (count <= 16)
        insertion_sort(&sort, count);
    else
        heap_sort(&sort, count);
}
