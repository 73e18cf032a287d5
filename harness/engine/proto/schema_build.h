/* Private to schema*.c: the schema's storage and what is known while it is built. */
#ifndef TRANSCHECK_ENGINE_PROTO_SCHEMA_BUILD_H
#define TRANSCHECK_ENGINE_PROTO_SCHEMA_BUILD_H

#include <google/protobuf/descriptor.pb-c.h>

#include "harness/engine/proto/schema.h"
#include "harness/base/name_table.h"

enum schema_symbol_kind { SCHEMA_SYMBOL_MESSAGE, SCHEMA_SYMBOL_ENUM, SCHEMA_SYMBOL_SERVICE, SCHEMA_SYMBOL_EXTENSION };

struct schema_symbol {
    enum schema_symbol_kind kind;
    size_t index; /* in messages, enums, services or extensions */
};

struct schema_extension {
    struct span name;                      /* full name */
    const struct schema_message *extendee; /* NULL: a message set */
    uint32_t number;
};

struct schema {
    struct arena arena;
    struct name_table names;
    struct schema_symbol *symbols;
    size_t symbol_count;
    struct schema_message *messages;
    size_t message_count;
    struct schema_enum *enums;
    size_t enum_count;
    struct schema_service *services;
    size_t service_count;
    struct schema_extension *extensions;
    size_t extension_count;
    struct schema_method *methods; /* of all services, service by service */
    size_t method_count;
    struct name_table method_paths;
};

struct schema_message_index {
    struct name_table json_names;
    struct name_table names;
};

struct schema_enum_index {
    struct name_table names;
    const struct schema_enum_value **by_number; /* ascending; the first declared of equal numbers only */
    size_t number_count;
};

typedef Google__Protobuf__FileDescriptorProto schema_file_proto;
typedef Google__Protobuf__DescriptorProto schema_message_proto;
typedef Google__Protobuf__FieldDescriptorProto schema_field_proto;
typedef Google__Protobuf__EnumDescriptorProto schema_enum_proto;
typedef Google__Protobuf__ServiceDescriptorProto schema_service_proto;
typedef Google__Protobuf__MethodDescriptorProto schema_method_proto;

#define SCHEMA_NO_EXTENSION SIZE_MAX

/* Where the declarations of each symbol are; parallel to messages, enums, services and extensions. */
struct schema_build {
    struct schema *schema;
    const Google__Protobuf__FileDescriptorSet *set;
    struct {
        const schema_message_proto *proto;
        const schema_file_proto *file;
        size_t extension; /* the first of a list, or SCHEMA_NO_EXTENSION */
        size_t extension_count;
    } * messages;
    struct {
        const schema_enum_proto *proto;
        const schema_file_proto *file;
    } * enums;
    struct {
        const schema_service_proto *proto;
        const schema_file_proto *file;
    } * services;
    struct {
        const schema_field_proto *proto;
        const schema_file_proto *file;
        struct span scope; /* package or message that it is declared in */
        size_t next;       /* of the same message */
    } * extensions;
    struct err *err;
};

enum err_code schema_no_memory(struct schema_build *build);
/* A copy of an identifier ([A-Za-z_][A-Za-z0-9_]*) in the schema's arena. `what` and `file` are for the message. */
enum err_code schema_identifier(struct schema_build *build, struct span *out, const char *text, const char *what,
                                const schema_file_proto *file);
bool schema_is_proto3(const schema_file_proto *file);

/* Fills every message, enum and service whose name is registered. */
enum err_code schema_resolve(struct schema_build *build);
/* The message that a type name means from within `scope`; NULL when there is none. */
const struct schema_message *schema_resolve_message(struct schema_build *build, struct span scope,
                                                    const char *type_name);

/* schema_extension.c: gives each message the list of its extensions, before any message is filled. */
enum err_code schema_extension_attach(struct schema_build *build);
/* The extensions among the fields of a message, which ascend, must be within its ranges. */
enum err_code schema_extension_check(struct schema_build *build, const struct schema_message *message);
/* About a field that is an extension: file, its name, what it extends, `what`. Returns `code`. */
enum err_code schema_extension_err(struct schema_build *build, enum err_code code, const struct schema_field *field,
                                   const char *what);
/* schema_derive.c: the keys and the tag of a field whose names, type and label are known. */
enum err_code schema_derive_field(struct schema_build *build, struct schema_field *field);
/* schema_required.c: sets message->required_within of all messages, when all else about them is known. */
enum err_code schema_required_spread(struct schema_build *build);
/* schema_well_known.c: sets message->well_known by name; ERR_SYNTAX when a message of that name has another shape. */
enum err_code schema_well_known_set(struct schema_message *message, struct err *err);

#endif
