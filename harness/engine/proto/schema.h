/* The descriptor pool: messages, enums, services and methods of one FileDescriptorSet, resolved and immutable.
 *
 * protobuf-c reads the descriptors, after a check of depth and size of our own (its unpack recurses without bound, does
 * not check UTF-8, and cuts strings at NUL). google.api.http is found among the unknown fields of MethodOptions.
 *
 * An extension is a field of the message that it extends, under its number and as "[full.name]", wherever in the set it
 * is declared. The extensions of a message_set_wire_format message are none: their form on the wire is another, which
 * nothing here reads, so they stay unknown.
 *
 * Source: google/protobuf/descriptor.proto. Everything lives in the schema; pointers are valid until schema_free. */
#ifndef TRANSCHECK_ENGINE_PROTO_SCHEMA_H
#define TRANSCHECK_ENGINE_PROTO_SCHEMA_H

#include "harness/base/arena.h"
#include "harness/base/err.h"
#include "harness/engine/proto/wire.h"

#define SCHEMA_MAX_BYTES  (16u << 20)  /* of a FileDescriptorSet */
#define SCHEMA_MAX_DEPTH  64           /* nesting of length-delimited fields in it */
#define SCHEMA_MAX_NAME   4096         /* bytes of a full name */
#define SCHEMA_MAX_MEMORY (512u << 20) /* of the resolved schema, and of protobuf-c while it reads */

/* Numbered as FieldDescriptorProto.Type. */
enum schema_type {
    SCHEMA_DOUBLE = 1,
    SCHEMA_FLOAT = 2,
    SCHEMA_INT64 = 3,
    SCHEMA_UINT64 = 4,
    SCHEMA_INT32 = 5,
    SCHEMA_FIXED64 = 6,
    SCHEMA_FIXED32 = 7,
    SCHEMA_BOOL = 8,
    SCHEMA_STRING = 9,
    SCHEMA_GROUP = 10,
    SCHEMA_MESSAGE = 11,
    SCHEMA_BYTES = 12,
    SCHEMA_UINT32 = 13,
    SCHEMA_ENUM = 14,
    SCHEMA_SFIXED32 = 15,
    SCHEMA_SFIXED64 = 16,
    SCHEMA_SINT32 = 17,
    SCHEMA_SINT64 = 18
};

/* The wire type of one unpacked value. */
enum wire_type schema_wire_type(enum schema_type type);

/* Whether a repeated field of the type may be packed. */
bool schema_packable(enum schema_type type);

/* Messages that ProtoJSON treats specially. */
enum schema_well_known {
    SCHEMA_WKT_NONE = 0,
    SCHEMA_WKT_ANY,
    SCHEMA_WKT_TIMESTAMP,
    SCHEMA_WKT_DURATION,
    SCHEMA_WKT_FIELD_MASK,
    SCHEMA_WKT_STRUCT,
    SCHEMA_WKT_VALUE,
    SCHEMA_WKT_LIST_VALUE,
    SCHEMA_WKT_EMPTY,
    SCHEMA_WKT_WRAPPER,  /* DoubleValue ... BytesValue: the field numbered 1 tells the type */
    SCHEMA_WKT_HTTP_BODY /* google.api.HttpBody */
};

struct schema_message;
struct schema_enum;

#define SCHEMA_KEY_PAD 32

struct schema_field {
    struct span name;      /* as in the .proto; of an extension [full.name] */
    struct span json_name; /* as protoc derived it or as set; of an extension [full.name] */
    uint32_t number;
    enum schema_type type;
    bool repeated;   /* also true for maps */
    bool map;        /* message is a map entry: its fields are 1 key, 2 value */
    bool packed;     /* packed when written */
    bool required;   /* proto2 */
    bool presence;   /* explicit presence: proto2, proto3 optional, message, member of a oneof */
    bool extension;  /* never required, nor a map, nor in a oneof */
    int oneof_index; /* index of the real oneof in its message, or -1 (also for proto3 optional's synthetic oneof) */
    const struct schema_message *message;    /* of MESSAGE and GROUP */
    const struct schema_enum *enumeration;   /* of ENUM */
    const struct schema_message *containing; /* message that declares it, or that it extends */
    uint32_t index;                          /* in containing->fields */
    /* Derived, for whoever reads and prints many. A key stands as it is printed, with quotes and colon, and
     * SCHEMA_KEY_PAD more bytes can be read. */
    struct span json_key; /* of json_name */
    struct span name_key; /* of name */
    bool json_name_owner; /* of the fields with one json_name (proto2 allows it), the one that JSON means */
    uint8_t wire_type;    /* of one value that is not packed */
    uint8_t tag_len;
    uint8_t tag[6]; /* on the wire, of a value as it is written: a packed list's is LEN */
};

struct schema_message {
    struct span name;                  /* full name without leading dot */
    const struct schema_field *fields; /* ascending by number, extensions among them */
    size_t field_count;
    size_t oneof_count;
    const struct span *oneof_names;
    bool map_entry;
    bool proto3;
    bool required_within; /* it has required fields, or may hold a message that has some; so may Any */
    enum schema_well_known well_known;
    const struct schema *schema;
    const void *name_index; /* private: lookup by json_name and name */
};

struct schema_enum_value {
    struct span name;
    int32_t number;
};

struct schema_enum {
    struct span name;
    const struct schema_enum_value *values; /* in order of declaration */
    size_t value_count;
    bool closed;       /* proto2 */
    bool null_value;   /* google.protobuf.NullValue */
    const void *index; /* private: lookup by name and by number */
};

struct schema_method {
    struct span name;      /* GetReservation */
    struct span path;      /* /reservations.v1.ReservationService/GetReservation */
    struct span full_name; /* reservations.v1.ReservationService/GetReservation */
    const struct schema_message *input;
    const struct schema_message *output;
    bool client_streaming;
    bool server_streaming;
    struct span http_rule; /* bytes of google.api.http (extension 72295728 of MethodOptions), empty when absent */
};

struct schema_service {
    struct span name; /* full name */
    const struct schema_method *methods;
    size_t method_count;
};

struct schema;

/* Reads a serialized FileDescriptorSet, which is copied. Every import must be in the set.
 * ERR_SYNTAX, ERR_LIMIT, ERR_NOT_FOUND (an unresolved type; the text names it and the file), ERR_NO_MEMORY. */
enum err_code schema_new(struct schema **out, struct span descriptor_set, struct err *err);
void schema_free(struct schema *schema);

size_t schema_service_count(const struct schema *schema);
const struct schema_service *schema_service_at(const struct schema *schema, size_t index);
/* By full name without leading dot; NULL when absent. */
const struct schema_message *schema_message_find(const struct schema *schema, struct span name);
/* Of an Any's type URL the full name of the type: what is behind the last slash, all of it where there is none. */
struct span schema_url_name(struct span url);
/* By ":path" ("/package.Service/Method") or by full_name (no leading slash). */
const struct schema_method *schema_method_find(const struct schema *schema, struct span path);
/* By full name without brackets: the field, of the message that it extends. NULL also for one of a message set. */
const struct schema_field *schema_extension_find(const struct schema *schema, struct span name);

const struct schema_field *schema_field_by_number(const struct schema_message *message, uint32_t number);
/* json_name first, then proto name (ProtoJSON accepts both). An extension is found as "[full.name]" alone. */
const struct schema_field *schema_field_by_json_name(const struct schema_message *message, struct span name);
/* Finds no extension. */
const struct schema_field *schema_field_by_name(const struct schema_message *message, struct span name);
const struct schema_enum_value *schema_enum_by_name(const struct schema_enum *enumeration, struct span name);
/* The first declared value with that number. */
const struct schema_enum_value *schema_enum_by_number(const struct schema_enum *enumeration, int32_t number);

#endif
