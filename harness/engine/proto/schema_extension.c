/* Extensions: which message each of them extends, and whether it may. */
#include <assert.h>
#include <stdlib.h>

#include "harness/base/escape.h"
#include "harness/engine/proto/schema_build.h"

enum err_code schema_extension_attach(struct schema_build *build)
{
    struct schema *schema = build->schema;
    for (size_t i = 0; i < schema->message_count; i++)
        build->messages[i].extension = SCHEMA_NO_EXTENSION;
    for (size_t i = schema->extension_count; i-- > 0;) { /* from the back: each goes to the front of its list */
        const schema_field_proto *proto = build->extensions[i].proto;
        const char *file = build->extensions[i].file->name;
        const char *name = (const char *)schema->extensions[i].name.data;
        const struct schema_message *extendee =
            schema_resolve_message(build, build->extensions[i].scope, proto->extendee);
        char quoted[ESCAPE_QUOTE_MAX];
        if (!extendee)
            return err_set(build->err, ERR_NOT_FOUND,
                           "%.200s: extension %.200s extends %s, which is no message of the set", file, name,
                           escape_quote(span_cstr(proto->extendee), quoted));
        size_t at = (size_t)(extendee - schema->messages);
        const schema_message_proto *extended = build->messages[at].proto;
        if (schema_is_proto3(build->messages[at].file))
            return err_set(build->err, ERR_SYNTAX, "%.200s: extension %.200s extends %.200s, which is of proto3", file,
                           name, (const char *)extendee->name.data);
        if (extended->options && extended->options->has_message_set_wire_format &&
            extended->options->message_set_wire_format)
            continue;
        schema->extensions[i].extendee = extendee;
        build->extensions[i].next = build->messages[at].extension;
        build->messages[at].extension = i;
        build->messages[at].extension_count++;
    }
    return ERR_OK;
}

enum err_code schema_extension_err(struct schema_build *build, enum err_code code, const struct schema_field *field,
                                   const char *what)
{
    struct span name = span_of(field->name.data + 1, field->name.len - 2); /* without the brackets */
    uint32_t symbol;
    bool found = name_table_find(&build->schema->names, name, &symbol);
    assert(found && build->schema->symbols[symbol].kind == SCHEMA_SYMBOL_EXTENSION);
    size_t index = build->schema->symbols[symbol].index;
    return err_set(build->err, code, "%.150s: extension %.150s of %.150s: %.250s", build->extensions[index].file->name,
                   (const char *)build->schema->extensions[index].name.data, (const char *)field->containing->name.data,
                   what);
}

struct range {
    int32_t begin;
    int32_t end; /* exclusive */
};

static int compare_ranges(const void *a, const void *b)
{
    const struct range *left = a;
    const struct range *right = b;
    return (left->begin > right->begin) - (left->begin < right->begin);
}

enum err_code schema_extension_check(struct schema_build *build, const struct schema_message *message)
{
    size_t at = (size_t)(message - build->schema->messages);
    const schema_message_proto *proto = build->messages[at].proto;
    if (build->messages[at].extension_count == 0)
        return ERR_OK;
    struct range *ranges = arena_calloc(&build->schema->arena, proto->n_extension_range, sizeof *ranges);
    if (!ranges)
        return schema_no_memory(build);
    for (size_t i = 0; i < proto->n_extension_range; i++)
        ranges[i] = (struct range){proto->extension_range[i]->start, proto->extension_range[i]->end};
    qsort(ranges, proto->n_extension_range, sizeof *ranges, compare_ranges);
    /* Both ascend: a number is within a range when one of those that begin before it ends behind it. */
    size_t next = 0;
    int32_t end = 0;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct schema_field *field = &message->fields[i];
        for (; next < proto->n_extension_range && ranges[next].begin <= (int32_t)field->number; next++)
            end = ranges[next].end > end ? ranges[next].end : end;
        if (field->extension && (int32_t)field->number >= end)
            return schema_extension_err(build, ERR_SYNTAX, field,
                                        "its number is in no range that the message leaves to extensions");
    }
    return ERR_OK;
}
