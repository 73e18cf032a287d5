/* Checks a descriptor set before protobuf-c sees it. */
#include "harness/engine/proto/schema_wire.h"

#include <assert.h>

#include "harness/base/escape.h"
#include "harness/engine/proto/wire.h"

#define MAX_STACK 64

/* The part of descriptor.proto that is read: which fields are names and which are messages. */
enum shape {
    SHAPE_NONE,
    SHAPE_NAME,
    SHAPE_SET,
    SHAPE_FILE,
    SHAPE_MESSAGE,
    SHAPE_FIELD,
    SHAPE_ENUM,
    SHAPE_ENUM_VALUE,
    SHAPE_ONEOF,
    SHAPE_SERVICE,
    SHAPE_METHOD,
    SHAPE_COUNT
};

#define SHAPE_FIELDS 13

static const uint8_t shapes[SHAPE_COUNT][SHAPE_FIELDS] = {
    [SHAPE_SET] = {[1] = SHAPE_FILE},
    [SHAPE_FILE] = {[1] = SHAPE_NAME,
                    [2] = SHAPE_NAME,
                    [3] = SHAPE_NAME,
                    [4] = SHAPE_MESSAGE,
                    [5] = SHAPE_ENUM,
                    [6] = SHAPE_SERVICE,
                    [7] = SHAPE_FIELD,
                    [12] = SHAPE_NAME},
    [SHAPE_MESSAGE] = {[1] = SHAPE_NAME,
                       [2] = SHAPE_FIELD,
                       [3] = SHAPE_MESSAGE,
                       [4] = SHAPE_ENUM,
                       [6] = SHAPE_FIELD,
                       [8] = SHAPE_ONEOF},
    [SHAPE_FIELD] = {[1] = SHAPE_NAME, [2] = SHAPE_NAME, [6] = SHAPE_NAME, [10] = SHAPE_NAME},
    [SHAPE_ENUM] = {[1] = SHAPE_NAME, [2] = SHAPE_ENUM_VALUE},
    [SHAPE_ENUM_VALUE] = {[1] = SHAPE_NAME},
    [SHAPE_ONEOF] = {[1] = SHAPE_NAME},
    [SHAPE_SERVICE] = {[1] = SHAPE_NAME, [2] = SHAPE_METHOD},
    [SHAPE_METHOD] = {[1] = SHAPE_NAME, [2] = SHAPE_NAME, [3] = SHAPE_NAME},
};

static enum err_code check_name(struct span name, size_t at, struct err *err)
{
    if (name.len > 0 && memchr(name.data, 0, name.len))
        return err_set(err, ERR_SYNTAX, "descriptor set: a name at offset %zu holds a NUL byte", at);
    if (!escape_utf8_valid(name))
        return err_set(err, ERR_SYNTAX, "descriptor set: a name at offset %zu is not valid UTF-8", at);
    return ERR_OK;
}

enum err_code schema_wire_check(struct span descriptor_set, size_t max_depth, struct err *err)
{
    struct {
        struct wire_reader rest;
        enum shape shape;
    } stack[MAX_STACK];
    assert(max_depth > 0 && max_depth <= MAX_STACK);
    size_t depth = 1;
    wire_reader_init(&stack[0].rest, descriptor_set);
    stack[0].shape = SHAPE_SET;
    while (depth > 0) {
        struct wire_field field;
        struct wire_reader *rest = &stack[depth - 1].rest;
        size_t at = rest->at ? (size_t)(rest->at - descriptor_set.data) : 0;
        enum wire_result result = wire_next(rest, &field);
        if (result == WIRE_BAD || (result == WIRE_FIELD && field.type == WIRE_GROUP_BEGIN))
            return err_set(err, ERR_SYNTAX, "descriptor set: malformed field at offset %zu", at);
        if (result == WIRE_END) {
            depth--;
            continue;
        }
        enum shape shape = field.number < SHAPE_FIELDS ? shapes[stack[depth - 1].shape][field.number] : SHAPE_NONE;
        if (shape == SHAPE_NONE)
            continue;
        if (field.type != WIRE_LEN)
            return err_set(err, ERR_SYNTAX, "descriptor set: wrong wire type at offset %zu", at);
        if (shape == SHAPE_NAME) {
            enum err_code code = check_name(field.bytes, at, err);
            if (code != ERR_OK)
                return code;
            continue;
        }
        if (depth == max_depth)
            return err_set(err, ERR_LIMIT, "descriptor set: nested deeper than %zu levels at offset %zu", max_depth,
                           at);
        wire_reader_init(&stack[depth].rest, field.bytes);
        stack[depth].shape = shape;
        depth++;
    }
    return ERR_OK;
}
