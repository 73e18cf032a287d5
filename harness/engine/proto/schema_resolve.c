/* Fills messages, enums and services: types of fields, labels, oneofs, presence. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/escape.h"
#include "harness/engine/proto/schema_build.h"
#include "harness/engine/proto/wire.h"

#define MAX_FIELD_NUMBER 536870911
#define HTTP_EXTENSION   72295728u /* google.api.http, google/api/annotations.proto */

/* Finds the symbol of a type name: ".a.b.C" is absolute; "b.C" is looked up from the innermost scope outwards. */
static const struct schema_symbol *find_type(struct schema_build *build, struct span scope, const char *type_name)
{
    const struct schema *schema = build->schema;
    uint32_t index;
    if (!type_name)
        return NULL;
    if (type_name[0] == '.')
        return name_table_find(&schema->names, span_cstr(type_name + 1), &index) ? &schema->symbols[index] : NULL;
    size_t len = strlen(type_name);
    if (len > SCHEMA_MAX_NAME)
        return NULL;
    char name[2 * SCHEMA_MAX_NAME + 2];
    for (;;) {
        size_t at = 0;
        if (scope.len > 0) {
            memcpy(name, scope.data, scope.len);
            name[scope.len] = '.';
            at = scope.len + 1;
        }
        memcpy(name + at, type_name, len);
        if (name_table_find(&schema->names, span_of(name, at + len), &index) &&
            schema->symbols[index].kind != SCHEMA_SYMBOL_EXTENSION)
            return &schema->symbols[index];
        if (scope.len == 0)
            return NULL;
        do
            scope.len--;
        while (scope.len > 0 && scope.data[scope.len] != '.');
    }
}

const struct schema_message *schema_resolve_message(struct schema_build *build, struct span scope,
                                                    const char *type_name)
{
    const struct schema_symbol *symbol = find_type(build, scope, type_name);
    return symbol && symbol->kind == SCHEMA_SYMBOL_MESSAGE ? &build->schema->messages[symbol->index] : NULL;
}

/* protoc's rule for a field without json_name: underscores go, the letter behind one is upper case. */
static enum err_code derive_json_name(struct schema_build *build, struct schema_field *field)
{
    char *text = arena_alloc(&build->schema->arena, field->name.len + 1);
    if (!text)
        return schema_no_memory(build);
    size_t len = 0;
    bool upper = false;
    for (size_t i = 0; i < field->name.len; i++) {
        char c = (char)field->name.data[i];
        if (c == '_') {
            upper = true;
            continue;
        }
        text[len++] = upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        upper = false;
    }
    text[len] = '\0';
    field->json_name = span_of(text, len);
    return ERR_OK;
}

/* ---- fields */

/* What a field is made from. */
struct declaration {
    const schema_field_proto *proto;
    const schema_file_proto *file;
    struct span scope; /* where the name of its type is looked up from */
    size_t oneof_count;
};

static enum err_code bad_field(struct schema_build *build, const struct schema_field *field, const char *what)
{
    if (field->extension)
        return schema_extension_err(build, ERR_SYNTAX, field, what);
    return err_set(build->err, ERR_SYNTAX, "%.250s.%.250s: %s", (const char *)field->containing->name.data,
                   (const char *)field->name.data, what);
}

static enum err_code unknown_type(struct schema_build *build, const struct schema_field *field, const char *type_name)
{
    char what[ESCAPE_QUOTE_MAX + 40];
    char quoted[ESCAPE_QUOTE_MAX];
    snprintf(what, sizeof what, "its type %s is in no file of the set", escape_quote(span_cstr(type_name), quoted));
    if (field->extension)
        return schema_extension_err(build, ERR_NOT_FOUND, field, what);
    return err_set(build->err, ERR_NOT_FOUND, "%.250s.%.100s: %s", (const char *)field->containing->name.data,
                   (const char *)field->name.data, what);
}

static enum err_code resolve_type(struct schema_build *build, struct schema_field *field,
                                  const struct declaration *from)
{
    const schema_field_proto *proto = from->proto;
    if (!proto->has_type && !proto->type_name)
        return bad_field(build, field, "has no type");
    if (proto->has_type && ((int)proto->type < SCHEMA_DOUBLE || (int)proto->type > SCHEMA_SINT64))
        return bad_field(build, field, "has an unknown type");
    field->type = proto->has_type ? (enum schema_type)proto->type : SCHEMA_MESSAGE;
    bool named = field->type == SCHEMA_MESSAGE || field->type == SCHEMA_GROUP || field->type == SCHEMA_ENUM;
    if (!named)
        return ERR_OK;
    const struct schema_symbol *symbol = find_type(build, from->scope, proto->type_name);
    if (!symbol)
        return unknown_type(build, field, proto->type_name ? proto->type_name : "(none)");
    if (!proto->has_type && symbol->kind == SCHEMA_SYMBOL_ENUM)
        field->type = SCHEMA_ENUM;
    bool want_enum = field->type == SCHEMA_ENUM;
    if (symbol->kind != (want_enum ? SCHEMA_SYMBOL_ENUM : SCHEMA_SYMBOL_MESSAGE))
        return bad_field(build, field, want_enum ? "its type is no enum" : "its type is no message");
    if (want_enum)
        field->enumeration = &build->schema->enums[symbol->index];
    else
        field->message = &build->schema->messages[symbol->index];
    return ERR_OK;
}

static enum err_code resolve_label(struct schema_build *build, struct schema_field *field,
                                   const struct declaration *from)
{
    const schema_field_proto *proto = from->proto;
    bool proto3 = schema_is_proto3(from->file);
    field->repeated =
        proto->has_label && proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
    field->required =
        proto->has_label && proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED;
    if (field->required && proto3)
        return bad_field(build, field, "proto3 has no required fields");
    if (field->required && field->extension)
        return bad_field(build, field, "an extension is never required");
    bool synthetic = proto->has_proto3_optional && proto->proto3_optional;
    if (proto->has_oneof_index && (proto->oneof_index < 0 || (size_t)proto->oneof_index >= from->oneof_count))
        return bad_field(build, field, "its oneof does not exist");
    if ((proto->has_oneof_index || synthetic) && field->repeated)
        return bad_field(build, field, "a repeated field is in a oneof");
    field->oneof_index = proto->has_oneof_index && !synthetic ? proto->oneof_index : -1;
    field->map = field->message && field->message->map_entry;
    if (field->map && (!field->repeated || field->type != SCHEMA_MESSAGE))
        return bad_field(build, field, "a map entry is used outside a map field");
    if (field->map && field->extension)
        return bad_field(build, field, "a map is no extension");
    bool scalar = field->type != SCHEMA_STRING && field->type != SCHEMA_BYTES && !field->message;
    bool packed = proto->options && proto->options->has_packed ? proto->options->packed : proto3;
    field->packed = field->repeated && scalar && packed;
    field->presence =
        !field->repeated && (!proto3 || field->extension || field->message || proto->has_oneof_index || synthetic);
    return ERR_OK;
}

/* The names of an extension; what protoc notes as its json_name is that of a field. */
static enum err_code fill_extension_names(struct schema_build *build, struct schema_field *field, struct span full)
{
    char *text = arena_printf(&build->schema->arena, "[%.*s]", SPAN_FMT(full));
    if (!text)
        return schema_no_memory(build);
    field->name = field->json_name = span_cstr(text);
    return ERR_OK;
}

static enum err_code fill_names(struct schema_build *build, struct schema_field *field, const struct declaration *from)
{
    enum err_code code = schema_identifier(build, &field->name, from->proto->name, "field", from->file);
    if (code != ERR_OK)
        return code;
    if (from->proto->extendee)
        return bad_field(build, field, "extends a message and stands among the fields of one");
    if (!from->proto->json_name)
        return derive_json_name(build, field);
    field->json_name = arena_dup(&build->schema->arena, span_cstr(from->proto->json_name));
    return field->json_name.data ? ERR_OK : schema_no_memory(build);
}

/* All but the names. */
static enum err_code fill_field(struct schema_build *build, struct schema_field *field, const struct declaration *from)
{
    const schema_field_proto *proto = from->proto;
    if (!proto->has_number || proto->number < 1 || proto->number > MAX_FIELD_NUMBER)
        return bad_field(build, field, "its number is out of range");
    field->number = (uint32_t)proto->number;
    enum err_code code = resolve_type(build, field, from);
    if (code == ERR_OK)
        code = resolve_label(build, field, from);
    if (code == ERR_OK)
        code = schema_derive_field(build, field);
    return code;
}

static int compare_fields(const void *a, const void *b)
{
    const struct schema_field *left = a;
    const struct schema_field *right = b;
    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    return left->extension - right->extension; /* of two with one number, the extension is to blame */
}

/* Of a field whose predecessor has the same number. */
static enum err_code number_err(struct schema_build *build, const struct schema_field *field)
{
    char what[400];
    if (!field->extension)
        return bad_field(build, field, "its number is used twice");
    snprintf(what, sizeof what, "its number %" PRIu32 " is that of %.300s", field->number,
             (const char *)field[-1].name.data);
    return bad_field(build, field, what);
}

/* Whether an extension before it has the JSON name of a field. */
static bool json_name_is_taken(const struct schema_message_index *index, const struct schema_field *fields, size_t at)
{
    uint32_t other;
    return name_table_find(&index->json_names, fields[at].json_name, &other) && fields[other].extension;
}

static enum err_code index_fields(struct schema_build *build, struct schema_message *message,
                                  struct schema_field *fields)
{
    struct arena *arena = &build->schema->arena;
    struct schema_message_index *index = arena_calloc(arena, 1, sizeof *index);
    if (!index || !name_table_init(&index->names, message->field_count, arena) ||
        !name_table_init(&index->json_names, message->field_count, arena))
        return schema_no_memory(build);
    for (uint32_t i = 0; i < message->field_count; i++) {
        fields[i].index = i;
        if (i > 0 && fields[i].number == fields[i - 1].number)
            return number_err(build, &fields[i]);
        enum name_table_result result =
            fields[i].extension ? NAME_TABLE_ADDED : name_table_add(&index->names, fields[i].name, i);
        if (result == NAME_TABLE_EXISTS)
            return bad_field(build, &fields[i], "is declared twice");
        /* Of two fields with one JSON name (proto2 allows it) the lower number has it. */
        enum name_table_result json_result = name_table_add(&index->json_names, fields[i].json_name, i);
        fields[i].json_name_owner = json_result == NAME_TABLE_ADDED;
        if (json_result == NAME_TABLE_EXISTS && (fields[i].extension || json_name_is_taken(index, fields, i)))
            return bad_field(build, &fields[i], "its JSON name is that of another field");
        if (result == NAME_TABLE_FULL || json_result == NAME_TABLE_FULL)
            return err_set(build->err, ERR_LIMIT, "descriptor set: too many field names with one hash");
    }
    message->name_index = index;
    return ERR_OK;
}

static enum err_code fill_oneofs(struct schema_build *build, struct schema_message *message,
                                 const schema_message_proto *proto, const schema_file_proto *file)
{
    struct span *names = arena_calloc(&build->schema->arena, proto->n_oneof_decl, sizeof *names);
    if (!names)
        return schema_no_memory(build);
    for (size_t i = 0; i < proto->n_oneof_decl; i++) {
        enum err_code code = schema_identifier(build, &names[i], proto->oneof_decl[i]->name, "oneof", file);
        if (code != ERR_OK)
            return code;
    }
    message->oneof_names = names;
    /* Synthetic oneofs come last, so that the real ones are those up to the last that a field is in. */
    for (size_t i = 0; i < message->field_count; i++) {
        if (message->fields[i].oneof_index >= (int)message->oneof_count)
            message->oneof_count = (size_t)message->fields[i].oneof_index + 1;
    }
    return ERR_OK;
}

static enum err_code fill_extensions(struct schema_build *build, size_t at, struct schema_field *field)
{
    enum err_code code = ERR_OK;
    size_t i = build->messages[at].extension;
    for (; i != SCHEMA_NO_EXTENSION && code == ERR_OK; i = build->extensions[i].next, field++) {
        struct schema_extension *extension = &build->schema->extensions[i];
        struct declaration from = {build->extensions[i].proto, build->extensions[i].file, build->extensions[i].scope,
                                   0};
        field->containing = &build->schema->messages[at];
        field->extension = true;
        code = fill_extension_names(build, field, extension->name);
        if (code == ERR_OK)
            code = fill_field(build, field, &from);
        extension->number = field->number;
    }
    return code;
}

static enum err_code fill_message(struct schema_build *build, size_t at)
{
    struct schema_message *message = &build->schema->messages[at];
    const schema_message_proto *proto = build->messages[at].proto;
    const schema_file_proto *file = build->messages[at].file;
    size_t count = proto->n_field + build->messages[at].extension_count;
    struct schema_field *fields = arena_calloc(&build->schema->arena, count, sizeof *fields);
    if (!fields)
        return schema_no_memory(build);
    message->fields = fields;
    message->field_count = count;
    message->proto3 = schema_is_proto3(file);
    message->schema = build->schema;
    enum err_code code = ERR_OK;
    for (size_t i = 0; i < proto->n_field && code == ERR_OK; i++) {
        struct declaration from = {proto->field[i], file, message->name, proto->n_oneof_decl};
        fields[i].containing = message;
        code = fill_names(build, &fields[i], &from);
        if (code == ERR_OK)
            code = fill_field(build, &fields[i], &from);
    }
    if (code == ERR_OK)
        code = fill_extensions(build, at, fields + proto->n_field);
    if (code != ERR_OK)
        return code;
    qsort(fields, message->field_count, sizeof *fields, compare_fields);
    code = index_fields(build, message, fields);
    if (code == ERR_OK)
        code = schema_extension_check(build, message);
    return code == ERR_OK ? fill_oneofs(build, message, proto, file) : code;
}

static enum err_code check_map_entry(struct schema_build *build, const struct schema_message *message)
{
    const struct schema_field *fields = message->fields;
    bool ok = message->field_count == 2 && fields[0].number == 1 && fields[1].number == 2 && !fields[0].repeated &&
              !fields[1].repeated && !fields[0].message && fields[0].type != SCHEMA_ENUM &&
              fields[0].type != SCHEMA_BYTES && fields[0].type != SCHEMA_FLOAT && fields[0].type != SCHEMA_DOUBLE &&
              fields[1].type != SCHEMA_GROUP;
    return ok ? ERR_OK
              : err_set(build->err, ERR_SYNTAX, "%.500s: is no map entry that protoc makes",
                        (const char *)message->name.data);
}

/* ---- enums */

static int compare_values(const void *a, const void *b)
{
    const struct schema_enum_value *left = *(const struct schema_enum_value *const *)a;
    const struct schema_enum_value *right = *(const struct schema_enum_value *const *)b;
    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    return (left > right) - (left < right);
}

static enum err_code fill_enum(struct schema_build *build, size_t at)
{
    struct arena *arena = &build->schema->arena;
    struct schema_enum *out = &build->schema->enums[at];
    const schema_enum_proto *proto = build->enums[at].proto;
    const schema_file_proto *file = build->enums[at].file;
    size_t count = proto->n_value;
    const char *name = (const char *)out->name.data;
    if (count == 0)
        return err_set(build->err, ERR_SYNTAX, "%.500s: an enum without values", name);
    struct schema_enum_value *values = arena_calloc(arena, count, sizeof *values);
    struct schema_enum_index *index = arena_calloc(arena, 1, sizeof *index);
    if (!values || !index || !name_table_init(&index->names, count, arena))
        return schema_no_memory(build);
    index->by_number = arena_calloc(arena, count, sizeof *index->by_number);
    if (!index->by_number)
        return schema_no_memory(build);
    for (size_t i = 0; i < count; i++) {
        enum err_code code = schema_identifier(build, &values[i].name, proto->value[i]->name, "value of an enum", file);
        if (code != ERR_OK)
            return code;
        if (!proto->value[i]->has_number)
            return err_set(build->err, ERR_SYNTAX, "%.500s: a value has no number", name);
        values[i].number = proto->value[i]->number;
        index->by_number[i] = &values[i];
        enum name_table_result result = name_table_add(&index->names, values[i].name, (uint32_t)i);
        if (result != NAME_TABLE_ADDED)
            return err_set(build->err, result == NAME_TABLE_EXISTS ? ERR_SYNTAX : ERR_LIMIT,
                           "%.500s: a value is declared twice, or too many have one hash", name);
    }
    qsort(index->by_number, count, sizeof *index->by_number, compare_values);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || index->by_number[i]->number != index->by_number[index->number_count - 1]->number)
            index->by_number[index->number_count++] = index->by_number[i];
    }
    out->values = values;
    out->value_count = count;
    out->closed = !schema_is_proto3(file);
    out->null_value = span_is(out->name, "google.protobuf.NullValue");
    out->index = index;
    return ERR_OK;
}

/* ---- services */

/* The extension's bytes: occurrences of one message are joined, which is how protobuf merges them. protobuf-c keeps an
 * unknown length-delimited field with its length in front. */
static enum err_code find_http_rule(struct schema_build *build, struct span *out, const schema_method_proto *proto)
{
    if (!proto->options)
        return ERR_OK;
    const ProtobufCMessage *options = &proto->options->base;
    size_t total = 0;
    for (size_t i = 0; i < options->n_unknown_fields; i++) {
        if (options->unknown_fields[i].tag == HTTP_EXTENSION)
            total += options->unknown_fields[i].len;
    }
    if (total == 0)
        return ERR_OK;
    uint8_t *bytes = arena_alloc(&build->schema->arena, total + 1);
    if (!bytes)
        return schema_no_memory(build);
    size_t len = 0;
    for (size_t i = 0; i < options->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *field = &options->unknown_fields[i];
        if (field->tag != HTTP_EXTENSION)
            continue;
        struct wire_reader part;
        uint64_t part_len;
        wire_reader_init(&part, span_of(field->data, field->len));
        if (field->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED || !wire_packed_varint(&part, &part_len) ||
            part_len != (uint64_t)(part.end - part.at))
            return err_set(build->err, ERR_SYNTAX, "descriptor set: malformed google.api.http option");
        memcpy(bytes + len, part.at, part_len);
        len += part_len;
    }
    *out = span_of(bytes, len);
    return ERR_OK;
}

static enum err_code fill_method(struct schema_build *build, struct schema_method *method,
                                 const schema_method_proto *proto, const struct schema_service *service,
                                 const schema_file_proto *file)
{
    struct schema *schema = build->schema;
    enum err_code code = schema_identifier(build, &method->name, proto->name, "method", file);
    if (code != ERR_OK)
        return code;
    char *path = arena_printf(&schema->arena, "/%.*s/%.*s", SPAN_FMT(service->name), SPAN_FMT(method->name));
    if (!path)
        return schema_no_memory(build);
    method->path = span_cstr(path);
    method->full_name = span_from(method->path, 1);
    method->input = schema_resolve_message(build, service->name, proto->input_type);
    method->output = schema_resolve_message(build, service->name, proto->output_type);
    if (!method->input || !method->output) {
        const char *type = method->input ? proto->output_type : proto->input_type;
        char quoted[ESCAPE_QUOTE_MAX];
        return err_set(build->err, ERR_NOT_FOUND, "%.300s: its %s type %s is no message of the set", path + 1,
                       method->input ? "output" : "input", type ? escape_quote(span_cstr(type), quoted) : "(none)");
    }
    method->client_streaming = proto->has_client_streaming && proto->client_streaming;
    method->server_streaming = proto->has_server_streaming && proto->server_streaming;
    enum name_table_result result =
        name_table_add(&schema->method_paths, method->full_name, (uint32_t)(method - schema->methods));
    if (result != NAME_TABLE_ADDED)
        return err_set(build->err, result == NAME_TABLE_EXISTS ? ERR_SYNTAX : ERR_LIMIT,
                       "%.500s: is declared twice, or too many methods have one hash", path + 1);
    return find_http_rule(build, &method->http_rule, proto);
}

enum err_code schema_resolve(struct schema_build *build)
{
    struct schema *schema = build->schema;
    enum err_code code = ERR_OK;
    /* Whether a message is a map entry must be known before any field refers to it. */
    for (size_t i = 0; i < schema->message_count; i++) {
        const schema_message_proto *proto = build->messages[i].proto;
        schema->messages[i].map_entry = proto->options && proto->options->has_map_entry && proto->options->map_entry;
    }
    for (size_t i = 0; i < schema->enum_count && code == ERR_OK; i++)
        code = fill_enum(build, i);
    if (code == ERR_OK)
        code = schema_extension_attach(build);
    for (size_t i = 0; i < schema->message_count && code == ERR_OK; i++)
        code = fill_message(build, i);
    for (size_t i = 0; i < schema->message_count && code == ERR_OK; i++) {
        if (schema->messages[i].map_entry)
            code = check_map_entry(build, &schema->messages[i]);
    }
    for (size_t i = 0; i < schema->message_count && code == ERR_OK; i++) {
        if (!schema->messages[i].map_entry)
            code = schema_well_known_set(&schema->messages[i], build->err);
    }
    if (code == ERR_OK)
        code = schema_required_spread(build);
    size_t at = 0;
    for (size_t i = 0; i < schema->service_count && code == ERR_OK; i++) {
        struct schema_service *service = &schema->services[i];
        const schema_service_proto *proto = build->services[i].proto;
        service->methods = &schema->methods[at];
        service->method_count = proto->n_method;
        for (size_t j = 0; j < proto->n_method && code == ERR_OK; j++)
            code = fill_method(build, &schema->methods[at++], proto->method[j], service, build->services[i].file);
    }
    schema->method_count = at;
    return code;
}
