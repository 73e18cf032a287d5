/* The step of an error's path that leads from a message into one of its fields. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_FIELD_PATH_H
#define TRANSCHECK_ENGINE_PROTOJSON_FIELD_PATH_H

#include "harness/engine/json/path.h"
#include "harness/engine/proto/schema.h"

static inline struct json_path field_path(const struct json_path *up, const struct schema_field *field)
{
    return (struct json_path){
        .up = up, .kind = field->extension ? JSON_PATH_EXTENSION : JSON_PATH_NAME, .name = field->json_name};
}

#endif
