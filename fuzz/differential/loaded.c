/* Opens a descriptor set and the routes of its rules for a comparison. */
#include "fuzz/differential/loaded.h"

#include <stdio.h>

#define MAX_BYTES ((size_t)16 << 20)

bool loaded_init(struct loaded *loaded, const char *descriptor_set, size_t len, struct leniency_set lenient,
                 char *error, size_t error_len)
{
    struct err err = {0};
    *loaded = (struct loaded){0};
    if (schema_new(&loaded->schema, span_of(descriptor_set, len), &err) != ERR_OK ||
        router_new(&loaded->router, loaded->schema, &(struct router_options){.lenient = lenient}, &err) != ERR_OK) {
        snprintf(error, error_len, "%s", err.text);
        schema_free(loaded->schema);
        return false;
    }
    arena_init(&loaded->arena, MAX_BYTES);
    buf_init(&loaded->out, MAX_BYTES);
    return true;
}

void loaded_fini(struct loaded *loaded)
{
    router_free(loaded->router);
    schema_free(loaded->schema);
    arena_fini(&loaded->arena);
    buf_fini(&loaded->out);
}

void loaded_begin(struct loaded *loaded)
{
    arena_reset(&loaded->arena);
    buf_reset(&loaded->out);
}
