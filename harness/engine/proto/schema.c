/* Loads a descriptor set: registers every name, and answers look-ups. */
#include "harness/engine/proto/schema.h"
#include "harness/base/escape.h"

#include <assert.h>
#include <stdlib.h>

#include "harness/engine/proto/schema_build.h"
#include "harness/engine/proto/schema_wire.h"

/* protobuf-c allocates per field and per message: two bytes of input may cost 200 of memory. */
struct bounded_heap {
    size_t used;
    bool exhausted;
};

static void *bounded_alloc(void *data, size_t size)
{
    struct bounded_heap *heap = data;
    if (size > SCHEMA_MAX_MEMORY - heap->used) {
        heap->exhausted = true;
        return NULL;
    }
    heap->used += size;
    void *memory = malloc(size > 0 ? size : 1);
    heap->exhausted |= memory == NULL;
    return memory;
}

static void bounded_free(void *data, void *memory)
{
    (void)data;
    free(memory);
}

enum err_code schema_no_memory(struct schema_build *build)
{
    return err_set(build->err, ERR_LIMIT, "descriptor set: needs more than %u bytes of memory", SCHEMA_MAX_MEMORY);
}

bool schema_is_proto3(const schema_file_proto *file)
{
    return file->syntax && strcmp(file->syntax, "proto3") == 0;
}

static bool is_identifier(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return len > 0;
}

enum err_code schema_identifier(struct schema_build *build, struct span *out, const char *text, const char *what,
                                const schema_file_proto *file)
{
    struct span name = span_cstr(text);
    if (!text || !is_identifier(text, name.len))
        return err_set(build->err, ERR_SYNTAX, "%.200s: a %s has no name, or one that is no identifier", file->name,
                       what);
    if (name.len > SCHEMA_MAX_NAME)
        return err_set(build->err, ERR_LIMIT, "%.200s: the name of a %s is longer than %d bytes", file->name, what,
                       SCHEMA_MAX_NAME);
    *out = arena_dup(&build->schema->arena, name);
    return out->data ? ERR_OK : schema_no_memory(build);
}

/* ---- files */

static enum err_code check_package(struct schema_build *build, const schema_file_proto *file)
{
    const char *at = file->package;
    while (at && *at) {
        size_t len = strcspn(at, ".");
        if (!is_identifier(at, len) || (at[len] == '.' && at[len + 1] == '\0'))
            return err_set(build->err, ERR_SYNTAX, "%.200s: the package name is not valid", file->name);
        at += len + (at[len] == '.');
    }
    return ERR_OK;
}

static enum err_code check_file(struct schema_build *build, const schema_file_proto *file)
{
    if (!file->name || !file->name[0])
        return err_set(build->err, ERR_SYNTAX, "descriptor set: a file has no name");
    for (const char *at = file->name; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return err_set(build->err, ERR_SYNTAX, "descriptor set: a file name holds a control character");
    }
    if (file->syntax && file->syntax[0] && strcmp(file->syntax, "proto2") != 0 && strcmp(file->syntax, "proto3") != 0)
        return err_set(build->err, ERR_UNSUPPORTED, "%.200s: only the syntaxes proto2 and proto3 are read", file->name);
    return check_package(build, file);
}

/* Imports must be in the set and must not form a cycle: files are taken away whose imports are all gone. */
static enum err_code check_cycles(struct schema_build *build, const uint32_t *targets, size_t edge_count)
{
    struct arena *arena = &build->schema->arena;
    size_t count = build->set->n_file;
    uint32_t *waiting = arena_calloc(arena, count + 1, sizeof *waiting); /* imports not yet gone, per file */
    uint32_t *starts = arena_calloc(arena, count + 2, sizeof *starts);   /* importers of a file: range */
    uint32_t *importers = arena_calloc(arena, edge_count + 1, sizeof *importers);
    uint32_t *queue = arena_calloc(arena, count + 1, sizeof *queue);
    if (!waiting || !starts || !importers || !queue)
        return schema_no_memory(build);
    for (size_t i = 0; i < edge_count; i++)
        starts[targets[i] + 2]++;
    for (size_t i = 2; i < count + 2; i++)
        starts[i] += starts[i - 1];
    size_t edge = 0;
    size_t ready = 0;
    for (size_t i = 0; i < count; i++) {
        waiting[i] = (uint32_t)build->set->file[i]->n_dependency;
        if (waiting[i] == 0)
            queue[ready++] = (uint32_t)i;
        for (size_t j = 0; j < build->set->file[i]->n_dependency; j++)
            importers[starts[targets[edge++] + 1]++] = (uint32_t)i;
    }
    for (size_t done = 0; done < ready; done++) {
        for (uint32_t i = starts[queue[done]]; i < starts[queue[done] + 1]; i++) {
            if (--waiting[importers[i]] == 0)
                queue[ready++] = importers[i];
        }
    }
    for (size_t i = 0; i < count && ready < count; i++) {
        if (waiting[i] != 0)
            return err_set(build->err, ERR_SYNTAX, "%.200s: imports form a cycle", build->set->file[i]->name);
    }
    return ERR_OK;
}

static enum err_code check_files(struct schema_build *build)
{
    const Google__Protobuf__FileDescriptorSet *set = build->set;
    struct name_table names;
    size_t edge_count = 0;
    if (!name_table_init(&names, set->n_file, &build->schema->arena))
        return schema_no_memory(build);
    for (size_t i = 0; i < set->n_file; i++) {
        enum err_code code = check_file(build, set->file[i]);
        if (code != ERR_OK)
            return code;
        edge_count += set->file[i]->n_dependency;
        switch (name_table_add(&names, span_cstr(set->file[i]->name), (uint32_t)i)) {
        case NAME_TABLE_ADDED:
            break;
        case NAME_TABLE_EXISTS:
            return err_set(build->err, ERR_SYNTAX, "%.200s: this file is in the set twice", set->file[i]->name);
        case NAME_TABLE_FULL:
            return err_set(build->err, ERR_LIMIT, "descriptor set: too many file names with one hash");
        }
    }
    uint32_t *targets = arena_calloc(&build->schema->arena, edge_count + 1, sizeof *targets);
    if (!targets)
        return schema_no_memory(build);
    size_t edge = 0;
    for (size_t i = 0; i < set->n_file; i++) {
        for (size_t j = 0; j < set->file[i]->n_dependency; j++) {
            const char *import = set->file[i]->dependency[j];
            char quoted[ESCAPE_QUOTE_MAX];
            if (!name_table_find(&names, span_cstr(import), &targets[edge++]))
                return err_set(build->err, ERR_NOT_FOUND,
                               "%.200s: its import %s is not in the set (protoc: "
                               "--include_imports)",
                               set->file[i]->name, escape_quote(span_cstr(import), quoted));
        }
    }
    return check_cycles(build, targets, edge_count);
}

/* ---- names. Recursion is bounded: schema_wire_check has refused deeper nesting than SCHEMA_MAX_DEPTH. */

static void count_message(struct schema *schema, const schema_message_proto *proto)
{
    schema->message_count++;
    schema->enum_count += proto->n_enum_type;
    schema->extension_count += proto->n_extension;
    for (size_t i = 0; i < proto->n_nested_type; i++)
        count_message(schema, proto->nested_type[i]);
}

static enum err_code count_symbols(struct schema_build *build)
{
    struct schema *schema = build->schema;
    for (size_t i = 0; i < build->set->n_file; i++) {
        const schema_file_proto *file = build->set->file[i];
        schema->enum_count += file->n_enum_type;
        schema->service_count += file->n_service;
        schema->extension_count += file->n_extension;
        for (size_t j = 0; j < file->n_message_type; j++)
            count_message(schema, file->message_type[j]);
        for (size_t j = 0; j < file->n_service; j++)
            schema->method_count += file->service[j]->n_method;
    }
    struct arena *arena = &schema->arena;
    size_t symbols = schema->message_count + schema->enum_count + schema->service_count + schema->extension_count;
    schema->messages = arena_calloc(arena, schema->message_count, sizeof *schema->messages);
    schema->enums = arena_calloc(arena, schema->enum_count, sizeof *schema->enums);
    schema->services = arena_calloc(arena, schema->service_count, sizeof *schema->services);
    schema->extensions = arena_calloc(arena, schema->extension_count, sizeof *schema->extensions);
    schema->methods = arena_calloc(arena, schema->method_count, sizeof *schema->methods);
    schema->symbols = arena_calloc(arena, symbols, sizeof *schema->symbols);
    build->messages = arena_calloc(arena, schema->message_count, sizeof *build->messages);
    build->enums = arena_calloc(arena, schema->enum_count, sizeof *build->enums);
    build->services = arena_calloc(arena, schema->service_count, sizeof *build->services);
    build->extensions = arena_calloc(arena, schema->extension_count, sizeof *build->extensions);
    bool ok = schema->messages && schema->enums && schema->services && schema->extensions && schema->methods &&
              schema->symbols && build->messages && build->enums && build->services && build->extensions &&
              name_table_init(&schema->names, symbols, arena) &&
              name_table_init(&schema->method_paths, schema->method_count, arena);
    schema->message_count = schema->enum_count = schema->service_count = schema->extension_count = 0;
    return ok ? ERR_OK : schema_no_memory(build);
}

static enum err_code add_symbol(struct schema_build *build, struct span *full, struct span scope, const char *text,
                                const schema_file_proto *file, struct schema_symbol symbol)
{
    struct schema *schema = build->schema;
    struct span name;
    enum err_code code = schema_identifier(build, &name, text, "declaration", file);
    if (code != ERR_OK)
        return code;
    if (scope.len + name.len + 1 > SCHEMA_MAX_NAME)
        return err_set(build->err, ERR_LIMIT, "%.200s: a full name is longer than %d bytes", file->name,
                       SCHEMA_MAX_NAME);
    char *joined =
        arena_printf(&schema->arena, "%.*s%s%.*s", SPAN_FMT(scope), scope.len > 0 ? "." : "", SPAN_FMT(name));
    if (!joined)
        return schema_no_memory(build);
    *full = span_cstr(joined);
    switch (name_table_add(&schema->names, *full, (uint32_t)schema->symbol_count)) {
    case NAME_TABLE_ADDED:
        break;
    case NAME_TABLE_EXISTS:
        return err_set(build->err, ERR_SYNTAX, "%.200s: %.300s is declared twice", file->name, joined);
    case NAME_TABLE_FULL:
        return err_set(build->err, ERR_LIMIT, "descriptor set: too many names with one hash");
    }
    schema->symbols[schema->symbol_count++] = symbol;
    return ERR_OK;
}

static enum err_code add_enum(struct schema_build *build, struct span scope, const schema_enum_proto *proto,
                              const schema_file_proto *file)
{
    struct schema *schema = build->schema;
    size_t index = schema->enum_count++;
    build->enums[index].proto = proto;
    build->enums[index].file = file;
    return add_symbol(build, &schema->enums[index].name, scope, proto->name, file,
                      (struct schema_symbol){SCHEMA_SYMBOL_ENUM, index});
}

static enum err_code add_extension(struct schema_build *build, struct span scope, const schema_field_proto *proto,
                                   const schema_file_proto *file)
{
    struct schema *schema = build->schema;
    size_t index = schema->extension_count++;
    build->extensions[index].proto = proto;
    build->extensions[index].file = file;
    build->extensions[index].scope = scope;
    return add_symbol(build, &schema->extensions[index].name, scope, proto->name, file,
                      (struct schema_symbol){SCHEMA_SYMBOL_EXTENSION, index});
}

static enum err_code add_message(struct schema_build *build, struct span scope, const schema_message_proto *proto,
                                 const schema_file_proto *file)
{
    struct schema *schema = build->schema;
    size_t index = schema->message_count++;
    struct schema_message *message = &schema->messages[index];
    build->messages[index].proto = proto;
    build->messages[index].file = file;
    enum err_code code = add_symbol(build, &message->name, scope, proto->name, file,
                                    (struct schema_symbol){SCHEMA_SYMBOL_MESSAGE, index});
    for (size_t i = 0; i < proto->n_enum_type && code == ERR_OK; i++)
        code = add_enum(build, message->name, proto->enum_type[i], file);
    for (size_t i = 0; i < proto->n_nested_type && code == ERR_OK; i++)
        code = add_message(build, message->name, proto->nested_type[i], file);
    for (size_t i = 0; i < proto->n_extension && code == ERR_OK; i++)
        code = add_extension(build, message->name, proto->extension[i], file);
    return code;
}

static enum err_code add_service(struct schema_build *build, struct span scope, const schema_service_proto *proto,
                                 const schema_file_proto *file)
{
    struct schema *schema = build->schema;
    size_t index = schema->service_count++;
    build->services[index].proto = proto;
    build->services[index].file = file;
    return add_symbol(build, &schema->services[index].name, scope, proto->name, file,
                      (struct schema_symbol){SCHEMA_SYMBOL_SERVICE, index});
}

static enum err_code add_names(struct schema_build *build)
{
    enum err_code code = count_symbols(build);
    for (size_t i = 0; i < build->set->n_file && code == ERR_OK; i++) {
        const schema_file_proto *file = build->set->file[i];
        struct span scope = span_cstr(file->package);
        for (size_t j = 0; j < file->n_enum_type && code == ERR_OK; j++)
            code = add_enum(build, scope, file->enum_type[j], file);
        for (size_t j = 0; j < file->n_message_type && code == ERR_OK; j++)
            code = add_message(build, scope, file->message_type[j], file);
        for (size_t j = 0; j < file->n_service && code == ERR_OK; j++)
            code = add_service(build, scope, file->service[j], file);
        for (size_t j = 0; j < file->n_extension && code == ERR_OK; j++)
            code = add_extension(build, scope, file->extension[j], file);
    }
    return code;
}

enum err_code schema_new(struct schema **out, struct span descriptor_set, struct err *err)
{
    *out = NULL;
    if (descriptor_set.len > SCHEMA_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "descriptor set: %zu bytes, more than %u", descriptor_set.len, SCHEMA_MAX_BYTES);
    enum err_code code = schema_wire_check(descriptor_set, SCHEMA_MAX_DEPTH, err);
    if (code != ERR_OK)
        return code;
    struct bounded_heap heap = {0};
    ProtobufCAllocator allocator = {.alloc = bounded_alloc, .free = bounded_free, .allocator_data = &heap};
    Google__Protobuf__FileDescriptorSet *set =
        google__protobuf__file_descriptor_set__unpack(&allocator, descriptor_set.len, descriptor_set.data);
    if (!set)
        return heap.exhausted ? err_set(err, ERR_LIMIT, "descriptor set: needs too much memory")
                              : err_set(err, ERR_SYNTAX, "descriptor set: malformed, or a required field is missing");
    struct schema *schema = calloc(1, sizeof *schema);
    if (!schema) {
        code = err_set(err, ERR_NO_MEMORY, "descriptor set: out of memory");
        goto out;
    }
    arena_init(&schema->arena, SCHEMA_MAX_MEMORY);
    struct schema_build build = {.schema = schema, .set = set, .err = err};
    code = check_files(&build);
    if (code == ERR_OK)
        code = add_names(&build);
    if (code == ERR_OK)
        code = schema_resolve(&build);
    if (code == ERR_OK)
        *out = schema;
    else
        schema_free(schema);
out:
    google__protobuf__file_descriptor_set__free_unpacked(set, &allocator);
    return code;
}

void schema_free(struct schema *schema)
{
    if (!schema)
        return;
    arena_fini(&schema->arena);
    free(schema);
}

/* ---- lookups */

size_t schema_service_count(const struct schema *schema)
{
    return schema->service_count;
}

const struct schema_service *schema_service_at(const struct schema *schema, size_t index)
{
    assert(index < schema->service_count);
    return &schema->services[index];
}

static const struct schema_symbol *find_symbol(const struct schema *schema, struct span name,
                                               enum schema_symbol_kind kind)
{
    uint32_t index;
    if (!name_table_find(&schema->names, name, &index) || schema->symbols[index].kind != kind)
        return NULL;
    return &schema->symbols[index];
}

const struct schema_message *schema_message_find(const struct schema *schema, struct span name)
{
    const struct schema_symbol *symbol = find_symbol(schema, name, SCHEMA_SYMBOL_MESSAGE);
    return symbol ? &schema->messages[symbol->index] : NULL;
}

struct span schema_url_name(struct span url)
{
    size_t slash = url.len;
    while (slash > 0 && url.data[slash - 1] != '/')
        slash--;
    return span_from(url, slash);
}

const struct schema_method *schema_method_find(const struct schema *schema, struct span path)
{
    uint32_t index;
    struct span name = path.len > 0 && path.data[0] == '/' ? span_from(path, 1) : path;
    return name_table_find(&schema->method_paths, name, &index) ? &schema->methods[index] : NULL;
}

const struct schema_field *schema_extension_find(const struct schema *schema, struct span name)
{
    const struct schema_symbol *symbol = find_symbol(schema, name, SCHEMA_SYMBOL_EXTENSION);
    if (!symbol || !schema->extensions[symbol->index].extendee)
        return NULL;
    return schema_field_by_number(schema->extensions[symbol->index].extendee, schema->extensions[symbol->index].number);
}

const struct schema_field *schema_field_by_number(const struct schema_message *message, uint32_t number)
{
    /* Most messages number their fields from 1 without gaps. */
    if (number - 1 < message->field_count && message->fields[number - 1].number == number)
        return &message->fields[number - 1];
    size_t low = 0;
    size_t high = message->field_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (message->fields[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < message->field_count && message->fields[low].number == number ? &message->fields[low] : NULL;
}

const struct schema_field *schema_field_by_name(const struct schema_message *message, struct span name)
{
    const struct schema_message_index *index = message->name_index;
    uint32_t at;
    return name_table_find(&index->names, name, &at) ? &message->fields[at] : NULL;
}

const struct schema_field *schema_field_by_json_name(const struct schema_message *message, struct span name)
{
    const struct schema_message_index *index = message->name_index;
    uint32_t at = name_table_get(&index->json_names, name);
    return at != NAME_TABLE_NONE ? &message->fields[at] : schema_field_by_name(message, name);
}

const struct schema_enum_value *schema_enum_by_name(const struct schema_enum *enumeration, struct span name)
{
    const struct schema_enum_index *index = enumeration->index;
    uint32_t at;
    return name_table_find(&index->names, name, &at) ? &enumeration->values[at] : NULL;
}

const struct schema_enum_value *schema_enum_by_number(const struct schema_enum *enumeration, int32_t number)
{
    const struct schema_enum_index *index = enumeration->index;
    size_t low = 0;
    size_t high = index->number_count;
    /* Most enums are numbered from 0 without gaps. */
    if (number >= 0 && (size_t)number < high && index->by_number[number]->number == number)
        return index->by_number[number];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->by_number[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < index->number_count && index->by_number[low]->number == number ? index->by_number[low] : NULL;
}
