/* Lists of header fields: adding and finding. */
#include "harness/base/fields.h"

bool fields_add_view(struct fields *fields, struct arena *arena, struct span name, struct span value)
{
    struct field *items =
        arena_grow(arena, fields->items, fields->count, fields->count + 1, &fields->cap, sizeof *fields->items);
    if (!items)
        return false;
    fields->items = items;
    items[fields->count++] = (struct field){.name = name, .value = value};
    return true;
}

bool fields_add(struct fields *fields, struct arena *arena, struct span name, struct span value)
{
    struct span name_copy = arena_dup(arena, name);
    struct span value_copy = arena_dup(arena, value);
    if (!name_copy.data || !value_copy.data)
        return false;
    return fields_add_view(fields, arena, name_copy, value_copy);
}

const struct field *fields_find(const struct fields *fields, const char *name)
{
    struct span want = span_cstr(name);
    for (size_t i = 0; i < fields->count; i++) {
        if (span_equal_nocase(fields->items[i].name, want))
            return &fields->items[i];
    }
    return NULL;
}

struct span fields_value(const struct fields *fields, const char *name)
{
    const struct field *field = fields_find(fields, name);
    return field ? field->value : span_of(NULL, 0);
}

size_t fields_count(const struct fields *fields, const char *name)
{
    struct span want = span_cstr(name);
    size_t count = 0;
    for (size_t i = 0; i < fields->count; i++)
        count += span_equal_nocase(fields->items[i].name, want);
    return count;
}
