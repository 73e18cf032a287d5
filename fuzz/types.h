/* The message types that targets map, from the embedded descriptors; read once, then constant. */
#ifndef TRANSCHECK_FUZZ_TYPES_H
#define TRANSCHECK_FUZZ_TYPES_H

#include "harness/engine/http_rule/router.h"

const struct schema *types_schema(void);
const struct router *types_router(void);

#define TYPES_COUNT 16u

/* The type that a byte of an input stands for: number `choice` modulo TYPES_COUNT. */
const struct schema_message *types_choose(unsigned choice);
/* A field of it; NULL when it has none. */
const struct schema_field *types_choose_field(const struct schema_message *message, unsigned choice);

#endif
