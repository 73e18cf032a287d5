/* An ordered list of header or trailer fields, kept as they were on the wire, in a caller's arena. */
#ifndef TRANSCHECK_BASE_FIELDS_H
#define TRANSCHECK_BASE_FIELDS_H

#include "harness/base/arena.h"

struct field {
    struct span name;
    struct span value;
};

struct fields {
    struct field *items;
    size_t count;
    size_t cap;
};

/* Copies name and value into the arena. false when the arena is full. */
bool fields_add(struct fields *fields, struct arena *arena, struct span name, struct span value);
/* As fields_add without copying: the bytes must outlive the list. */
bool fields_add_view(struct fields *fields, struct arena *arena, struct span name, struct span value);
/* The first field of that name (ASCII case-insensitive), or NULL. */
const struct field *fields_find(const struct fields *fields, const char *name);
/* The value of the first such field, or an empty span with data NULL. */
struct span fields_value(const struct fields *fields, const char *name);
size_t fields_count(const struct fields *fields, const char *name);

#endif
