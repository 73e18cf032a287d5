/* Recognises the messages that ProtoJSON treats specially, by name and shape. */
#include <stdio.h>

#include "harness/engine/proto/schema_build.h"

/* One character per field, numbered from 1: the letter of its type, upper case when it is repeated.
 * s string, y bytes, i int32, l int64, u uint32, v uint64, f float, d double, b bool, m message, e enum; P is a map
 * with string keys. `types` are those of the messages and enums among the fields, in order. */
static const struct {
    const char *name;
    enum schema_well_known kind;
    const char *shape;
    const char *types[3];
} well_known[] = {
    {"google.protobuf.Any", SCHEMA_WKT_ANY, "sy", {NULL}},
    {"google.protobuf.Timestamp", SCHEMA_WKT_TIMESTAMP, "li", {NULL}},
    {"google.protobuf.Duration", SCHEMA_WKT_DURATION, "li", {NULL}},
    {"google.protobuf.FieldMask", SCHEMA_WKT_FIELD_MASK, "S", {NULL}},
    {"google.protobuf.Struct", SCHEMA_WKT_STRUCT, "P", {"google.protobuf.Value"}},
    {"google.protobuf.Value",
     SCHEMA_WKT_VALUE,
     "edsbmm",
     {"google.protobuf.NullValue", "google.protobuf.Struct", "google.protobuf.ListValue"}},
    {"google.protobuf.ListValue", SCHEMA_WKT_LIST_VALUE, "M", {"google.protobuf.Value"}},
    {"google.protobuf.Empty", SCHEMA_WKT_EMPTY, "", {NULL}},
    {"google.protobuf.DoubleValue", SCHEMA_WKT_WRAPPER, "d", {NULL}},
    {"google.protobuf.FloatValue", SCHEMA_WKT_WRAPPER, "f", {NULL}},
    {"google.protobuf.Int64Value", SCHEMA_WKT_WRAPPER, "l", {NULL}},
    {"google.protobuf.UInt64Value", SCHEMA_WKT_WRAPPER, "v", {NULL}},
    {"google.protobuf.Int32Value", SCHEMA_WKT_WRAPPER, "i", {NULL}},
    {"google.protobuf.UInt32Value", SCHEMA_WKT_WRAPPER, "u", {NULL}},
    {"google.protobuf.BoolValue", SCHEMA_WKT_WRAPPER, "b", {NULL}},
    {"google.protobuf.StringValue", SCHEMA_WKT_WRAPPER, "s", {NULL}},
    {"google.protobuf.BytesValue", SCHEMA_WKT_WRAPPER, "y", {NULL}},
    {"google.api.HttpBody", SCHEMA_WKT_HTTP_BODY, "syM", {"google.protobuf.Any"}},
};

static char type_letter(const struct schema_field *field)
{
    static const char letters[] = {
        [SCHEMA_DOUBLE] = 'd', [SCHEMA_FLOAT] = 'f',  [SCHEMA_INT64] = 'l',  [SCHEMA_UINT64] = 'v',
        [SCHEMA_INT32] = 'i',  [SCHEMA_BOOL] = 'b',   [SCHEMA_STRING] = 's', [SCHEMA_MESSAGE] = 'm',
        [SCHEMA_BYTES] = 'y',  [SCHEMA_UINT32] = 'u', [SCHEMA_ENUM] = 'e',   [SCHEMA_SINT64] = 0,
    };
    if (field->map)
        return field->message->fields[0].type == SCHEMA_STRING ? 'P' : 0;
    char letter = letters[field->type];
    return letter && field->repeated ? (char)(letter - 'a' + 'A') : letter;
}

/* The name of the message (of a map, of its values) or enum that a field holds; data NULL for others. */
static struct span type_name(const struct schema_field *field)
{
    if (field->map)
        return type_name(&field->message->fields[1]);
    if (field->message)
        return field->message->name;
    return field->enumeration ? field->enumeration->name : span_of(NULL, 0);
}

/* The JSON mapping relies on the fields of these messages, so a descriptor that declares others is refused. */
enum err_code schema_well_known_set(struct schema_message *message, struct err *err)
{
    for (size_t i = 0; i < sizeof well_known / sizeof *well_known; i++) {
        if (!span_is(message->name, well_known[i].name))
            continue;
        const char *shape = well_known[i].shape;
        const char *const *type = well_known[i].types;
        bool same = message->field_count == strlen(shape);
        for (size_t j = 0; same && shape[j]; j++) {
            same = message->fields[j].number == j + 1 && type_letter(&message->fields[j]) == shape[j];
            if (same && type_name(&message->fields[j]).data)
                same = span_is(type_name(&message->fields[j]), *type++);
        }
        if (!same)
            return err_set(err, ERR_SYNTAX, "%s is declared with other fields than the well-known type has",
                           well_known[i].name);
        message->well_known = well_known[i].kind;
        return ERR_OK;
    }
    return ERR_OK;
}
