#include <stdio.h>

#include "harness/engine/schema_build.h"

/* One character per field, numbered from 1: the letter of its type, upper case when it is repeated.
 * s string, y bytes, i int32, l int64, u uint32, v uint64, f float, d double, b bool, m message, e enum. */
static const struct {
    const char *name;
    enum schema_well_known kind;
    const char *shape;
} well_known[] = {
    {"google.protobuf.Any", SCHEMA_WKT_ANY, "sy"},
    {"google.protobuf.Timestamp", SCHEMA_WKT_TIMESTAMP, "li"},
    {"google.protobuf.Duration", SCHEMA_WKT_DURATION, "li"},
    {"google.protobuf.FieldMask", SCHEMA_WKT_FIELD_MASK, "S"},
    {"google.protobuf.Struct", SCHEMA_WKT_STRUCT, "M"},
    {"google.protobuf.Value", SCHEMA_WKT_VALUE, "edsbmm"},
    {"google.protobuf.ListValue", SCHEMA_WKT_LIST_VALUE, "M"},
    {"google.protobuf.Empty", SCHEMA_WKT_EMPTY, ""},
    {"google.protobuf.DoubleValue", SCHEMA_WKT_WRAPPER, "d"},
    {"google.protobuf.FloatValue", SCHEMA_WKT_WRAPPER, "f"},
    {"google.protobuf.Int64Value", SCHEMA_WKT_WRAPPER, "l"},
    {"google.protobuf.UInt64Value", SCHEMA_WKT_WRAPPER, "v"},
    {"google.protobuf.Int32Value", SCHEMA_WKT_WRAPPER, "i"},
    {"google.protobuf.UInt32Value", SCHEMA_WKT_WRAPPER, "u"},
    {"google.protobuf.BoolValue", SCHEMA_WKT_WRAPPER, "b"},
    {"google.protobuf.StringValue", SCHEMA_WKT_WRAPPER, "s"},
    {"google.protobuf.BytesValue", SCHEMA_WKT_WRAPPER, "y"},
    {"google.api.HttpBody", SCHEMA_WKT_HTTP_BODY, "syM"},
};

static char type_letter(const struct schema_field *field)
{
    static const char letters[] = {
        [SCHEMA_DOUBLE] = 'd', [SCHEMA_FLOAT] = 'f',  [SCHEMA_INT64] = 'l',  [SCHEMA_UINT64] = 'v',
        [SCHEMA_INT32] = 'i',  [SCHEMA_BOOL] = 'b',   [SCHEMA_STRING] = 's', [SCHEMA_MESSAGE] = 'm',
        [SCHEMA_BYTES] = 'y',  [SCHEMA_UINT32] = 'u', [SCHEMA_ENUM] = 'e',   [SCHEMA_SINT64] = 0,
    };
    char letter = letters[field->type];
    return letter && field->repeated ? (char)(letter - 'a' + 'A') : letter;
}

/* The JSON mapping relies on the fields of these messages, so a descriptor that declares others is refused. */
enum err_code schema_well_known_set(struct schema_message *message, struct err *err)
{
    for (size_t i = 0; i < sizeof well_known / sizeof *well_known; i++) {
        if (!span_is(message->name, well_known[i].name))
            continue;
        const char *shape = well_known[i].shape;
        bool same = message->field_count == strlen(shape);
        for (size_t j = 0; same && shape[j]; j++)
            same = message->fields[j].number == j + 1 && type_letter(&message->fields[j]) == shape[j];
        if (!same)
            return err_set(err, ERR_SYNTAX, "%s is declared with other fields than the well-known type has",
                           well_known[i].name);
        message->well_known = well_known[i].kind;
        return ERR_OK;
    }
    return ERR_OK;
}
