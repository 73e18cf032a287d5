/* The engine's mapping of messages, as functions that a comparison calls. */
#include "fuzz/differential/mapping.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/engine/protojson/protojson.h"

#define MAX_BYTES ((size_t)64 << 20)

struct mapping {
    struct schema *schema;
    struct arena arena;
    struct buf out;
    struct err err;
};

typedef enum err_code mapping_convert(struct buf *out, const struct schema_message *message, struct span in,
                                      const struct protojson_options *options, struct arena *arena, struct err *err);

struct mapping *mapping_new(const char *descriptor_set, size_t len, char *error, size_t error_len)
{
    struct mapping *mapping = calloc(1, sizeof *mapping);
    struct err err = {.text = "out of memory"};
    if (!mapping || schema_new(&mapping->schema, span_of(descriptor_set, len), &err) != ERR_OK) {
        snprintf(error, error_len, "%s", err.text);
        free(mapping);
        return NULL;
    }
    arena_init(&mapping->arena, MAX_BYTES);
    buf_init(&mapping->out, MAX_BYTES);
    return mapping;
}

void mapping_free(struct mapping *mapping)
{
    if (!mapping)
        return;
    schema_free(mapping->schema);
    arena_fini(&mapping->arena);
    buf_fini(&mapping->out);
    free(mapping);
}

static void convert(struct mapping *mapping, const char *name, struct span in, mapping_convert *function,
                    struct mapping_result *result)
{
    const struct schema_message *message = schema_message_find(mapping->schema, span_cstr(name));
    *result = (struct mapping_result){.code = 2, .bytes = "", .len = 0};
    if (!message)
        return;
    arena_reset(&mapping->arena);
    buf_reset(&mapping->out);
    if (function(&mapping->out, message, in, NULL, &mapping->arena, &mapping->err) == ERR_OK)
        *result = (struct mapping_result){
            .code = 0, .bytes = mapping->out.data ? (const char *)mapping->out.data : "", .len = mapping->out.len};
    else
        *result = (struct mapping_result){.code = 1, .bytes = mapping->err.text, .len = strlen(mapping->err.text)};
}

void mapping_json_to_binary(struct mapping *mapping, const char *message, const char *json, size_t len,
                            struct mapping_result *result)
{
    convert(mapping, message, span_of(json, len), json_to_proto, result);
}

void mapping_binary_to_json(struct mapping *mapping, const char *message, const char *wire, size_t len,
                            struct mapping_result *result)
{
    convert(mapping, message, span_of(wire, len), proto_to_json, result);
}

void mapping_normalize(struct mapping *mapping, const char *message, const char *wire, size_t len,
                       struct mapping_result *result)
{
    static const char why[] = "the engine has no messages in memory";
    (void)mapping;
    (void)message;
    (void)wire;
    (void)len;
    *result = (struct mapping_result){.code = 1, .bytes = why, .len = sizeof why - 1};
}
