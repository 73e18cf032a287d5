/* The message types that fuzz targets map. */
#include "fuzz/types.h"

#include "fuzz/fuzz.h"
#include "harness/base/embed.h"

/* Corpora hold the numbers: new names go to the end. scripts beside the mutators know the order (fuzz/seeds). */
static const char *const names[TYPES_COUNT] = {
    "transcheck.v1.Everything",    "transcheck.v1.Names",        "transcheck.v1.Legacy",
    "google.protobuf.Value",       "google.protobuf.Any",        "google.rpc.Status",
    "google.api.HttpBody",         "google.protobuf.Timestamp",  "google.protobuf.Duration",
    "google.protobuf.FieldMask",   "google.protobuf.BytesValue", "transcheck.v1.Inner",
    "reservations.v1.Reservation", "transcheck.v1.Item",         "transcheck.v1.BookRequest",
    "google.protobuf.Struct"};

const struct schema *types_schema(void)
{
    static struct schema *schema;
    struct span descriptors;
    if (!schema)
        FUZZ_CHECK(embed_find("descriptors.pb", &descriptors) && schema_new(&schema, descriptors, NULL) == ERR_OK);
    return schema;
}

const struct router *types_router(void)
{
    static struct router *router;
    if (!router)
        FUZZ_CHECK(router_new(&router, types_schema(), NULL, NULL) == ERR_OK);
    return router;
}

const struct schema_message *types_choose(unsigned choice)
{
    static const struct schema_message *messages[TYPES_COUNT];
    choice %= TYPES_COUNT;
    if (!messages[choice])
        messages[choice] = schema_message_find(types_schema(), span_cstr(names[choice]));
    FUZZ_CHECK(messages[choice]);
    return messages[choice];
}

const struct schema_field *types_choose_field(const struct schema_message *message, unsigned choice)
{
    return message->field_count > 0 ? &message->fields[choice % message->field_count] : NULL;
}
