/* Sorting in place, without memory of its own and in O(n log n) whatever the input. Not stable: the comparison breaks
 * ties. */
#ifndef TRANSCHECK_BASE_SORT_H
#define TRANSCHECK_BASE_SORT_H

#include <stddef.h>

#define SORT_MAX_ITEM 64 /* bytes of one item */

/* Less than 0, 0, more than 0, as memcmp. */
typedef int sort_compare_fn(const void *user, const void *a, const void *b);

void sort_items(void *items, size_t count, size_t item_size, sort_compare_fn *compare, const void *user);

#endif
