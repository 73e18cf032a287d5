/* The step that sends a message of the method's type, whole or distorted. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/engine/grpc/frame.h"
#include "harness/engine/protojson/protojson.h"
#include "mock-backend/script_impl.h"

#define WHOLE UINT64_MAX /* in place of `length` and `cut`: undistorted */

struct message_options {
    const struct schema_message *type;
    const struct schema_field *numbered; /* or NULL */
    uint64_t flags;
    uint64_t length;
    uint64_t cut;
};

static enum err_code get_type(const struct compiler *compiler, const struct schema_message **out, struct err *err)
{
    const json_t *type = script_value(compiler, "type");
    if (!compiler->method)
        return script_error(compiler, "message", ERR_USAGE, err,
                            "the case names no gRPC method, so its type is not known");
    *out = type ? schema_message_find(compiler->method->output->schema, keys_span(type)) : compiler->method->output;
    return *out ? ERR_OK
                : script_error(compiler, "type", ERR_NOT_FOUND, err,
                               "expected the full name of a message in the descriptors");
}

static bool takes_number(const struct schema_field *field)
{
    return field && !field->repeated && field->type != SCHEMA_MESSAGE && field->type != SCHEMA_GROUP &&
           field->type != SCHEMA_BOOL && field->type != SCHEMA_BYTES && field->type != SCHEMA_ENUM;
}

static enum err_code get_options(const struct compiler *compiler, struct message_options *out, struct err *err)
{
    unsigned flags = script_value(compiler, "encoding") ? FRAME_FLAG_COMPRESSED : 0;
    *out = (struct message_options){.flags = script_number(compiler, "flags", flags),
                                    .length = script_number(compiler, "length", WHOLE),
                                    .cut = script_number(compiler, "cut", WHOLE)};
    enum err_code rc = get_type(compiler, &out->type, err);
    const json_t *numbered = script_value(compiler, "numbered");
    if (rc != ERR_OK || !numbered)
        return rc;
    out->numbered = schema_field_by_json_name(out->type, keys_span(numbered));
    if (!takes_number(out->numbered))
        return script_error(compiler, "numbered", ERR_SYNTAX, err,
                            "expected the name of a string or number field of the message");
    if (!json_is_object(script_value(compiler, "message")))
        return script_error(compiler, "message", ERR_SYNTAX, err, "expected an object, to put a number in");
    return ERR_OK;
}

/* Prefix and message, as the options distort them, in the arena. */
static enum err_code frame_message(struct compiler *compiler, const struct message_options *options, struct span wire,
                                   struct span *out, struct err *err)
{
    wire = script_encoded(compiler, wire);
    uint8_t *bytes = wire.data ? arena_alloc(compiler->arena, FRAME_PREFIX_LEN + wire.len) : NULL;
    if (!bytes)
        return script_no_memory(err);
    uint32_t length = options->length == WHOLE ? (uint32_t)wire.len : (uint32_t)options->length;
    frame_prefix_write(bytes, (uint8_t)options->flags, length);
    if (wire.len > 0)
        memcpy(bytes + FRAME_PREFIX_LEN, wire.data, wire.len);
    size_t len = FRAME_PREFIX_LEN + wire.len;
    *out = span_of(bytes, options->cut < len ? (size_t)options->cut : len);
    return ERR_OK;
}

static enum err_code encode(struct compiler *compiler, const struct message_options *options, const json_t *value,
                            struct span *out, struct err *err)
{
    struct place inside = {.up = compiler->at, .key = "message"};
    struct err why = {0};
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (!text)
        return script_no_memory(err);
    struct buf wire;
    buf_init(&wire, SCRIPT_MAX_BYTES);
    const struct protojson_options strict = {0};
    enum err_code rc = json_to_proto(&wire, options->type, span_cstr(text), &strict, compiler->arena, &why);
    if (rc == ERR_OK)
        rc = frame_message(compiler, options, wire.len > 0 ? buf_span(&wire) : span_cstr(""), out, err);
    else if (rc == ERR_NO_MEMORY)
        rc = script_no_memory(err);
    else
        place_error(&inside, rc, err, "does not fit %.*s: %s", SPAN_FMT(options->type->name), why.text);
    buf_fini(&wire);
    free(text);
    return rc;
}

/* The message with `number` in the numbered field. */
static enum err_code encode_numbered(struct compiler *compiler, const struct message_options *options,
                                     const json_t *value, uint64_t number, struct span *out, struct err *err)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, number);
    bool text = options->numbered->type == SCHEMA_STRING;
    json_t *put = text ? json_string(digits) : json_integer((json_int_t)number);
    json_t *copy = json_copy((json_t *)(uintptr_t)value); /* jansson's copy takes no const */
    char *key = arena_printf(compiler->arena, "%.*s", SPAN_FMT(options->numbered->json_name));
    enum err_code rc = ERR_NO_MEMORY;
    if (copy && key && json_object_set_new(copy, key, put) == 0)
        rc = encode(compiler, options, copy, out, err);
    else
        script_no_memory(err);
    json_decref(copy);
    return rc;
}

enum err_code script_message_bytes(struct compiler *compiler, bool bare, struct span *out, struct err *err)
{
    struct message_options options;
    enum err_code rc = get_options(compiler, &options, err);
    if (rc == ERR_OK)
        rc = encode(compiler, &options, script_value(compiler, "message"), out, err);
    if (rc == ERR_OK && bare)
        *out = span_from(*out, out->len < FRAME_PREFIX_LEN ? out->len : FRAME_PREFIX_LEN);
    return rc;
}

static enum err_code compile_message(struct compiler *compiler, struct err *err)
{
    const json_t *value = script_value(compiler, "message");
    struct message_options options;
    struct span bytes = {0};
    enum err_code rc = get_options(compiler, &options, err);
    if (rc != ERR_OK)
        return rc;
    if (!options.numbered) {
        rc = script_message_bytes(compiler, keys_flag(compiler->step, "bare"), &bytes, err);
        return rc == ERR_OK ? script_add_bytes(compiler, bytes, err) : rc;
    }
    bool end_stream = keys_flag(compiler->step, "end_stream");
    uint64_t repeat = script_number(compiler, "repeat", 1);
    for (uint64_t number = 1; number <= repeat && rc == ERR_OK; number++) {
        rc = encode_numbered(compiler, &options, value, number, &bytes, err);
        if (rc == ERR_OK)
            rc = script_add_split(compiler, bytes, end_stream && number == repeat, err);
    }
    return rc;
}

static const struct key_rule message_keys[] = {
    {.name = "message",
     .required = true,
     .type = &key_any,
     .form = "{...}",
     .text = "JSON of the method's output type, encoded by the engine with its prefix, one DATA frame"},
    KEY_SPLIT,
    KEY_MESSAGE_OPTIONS,
    KEY_END_STREAM,
    KEY_REPEAT,
    {.name = "bare",
     .type = &key_bool,
     .excludes = "numbered",
     .text = "true: without its prefix, as backends of plain HTTP have it"},
    {.name = "numbered",
     .type = &key_text,
     .form = "\"field\"",
     .text = "with `repeat`: puts 1, 2, 3 ... in that string or number field"},
    KEY_LAST};

const struct step_type script_message_steps[] = {STEP(compile_message, message_keys), {.compile = NULL}};
