/* What readers and printers of many messages would else work out for each field anew. */
#include "harness/engine/json/writer.h"
#include "harness/engine/proto/schema_build.h"

enum wire_type schema_wire_type(enum schema_type type)
{
    switch (type) {
    case SCHEMA_DOUBLE:
    case SCHEMA_FIXED64:
    case SCHEMA_SFIXED64:
        return WIRE_FIXED64;
    case SCHEMA_FLOAT:
    case SCHEMA_FIXED32:
    case SCHEMA_SFIXED32:
        return WIRE_FIXED32;
    case SCHEMA_STRING:
    case SCHEMA_BYTES:
    case SCHEMA_MESSAGE:
        return WIRE_LEN;
    case SCHEMA_GROUP:
        return WIRE_GROUP_BEGIN;
    default:
        return WIRE_VARINT;
    }
}

bool schema_packable(enum schema_type type)
{
    enum wire_type wire = schema_wire_type(type);
    return wire != WIRE_LEN && wire != WIRE_GROUP_BEGIN;
}

/* "name": with its pad. */
static bool key_make(struct span *key, struct span name, struct arena *arena)
{
    static const uint8_t pad[SCHEMA_KEY_PAD];
    struct buf text;
    buf_init(&text, SCHEMA_MAX_BYTES * 6);
    json_write_string(&text, name); /* names are valid UTF-8, so only memory can fail */
    buf_append_byte(&text, ':');
    size_t len = text.len;
    buf_append(&text, pad, sizeof pad);
    *key = text.failed ? span_of(NULL, 0) : arena_dup(arena, buf_span(&text));
    if (key->data)
        key->len = len;
    buf_fini(&text);
    return key->data != NULL;
}

enum err_code schema_derive_field(struct schema_build *build, struct schema_field *field)
{
    struct arena *arena = &build->schema->arena;
    field->wire_type = (uint8_t)schema_wire_type(field->type);
    uint32_t tag = field->number << 3 | (field->packed ? WIRE_LEN : field->wire_type);
    if (!key_make(&field->json_key, field->json_name, arena) || !key_make(&field->name_key, field->name, arena))
        return schema_no_memory(build);
    while (tag >= 0x80) {
        field->tag[field->tag_len++] = (uint8_t)(tag | 0x80);
        tag >>= 7;
    }
    field->tag[field->tag_len++] = (uint8_t)tag;
    return ERR_OK;
}
