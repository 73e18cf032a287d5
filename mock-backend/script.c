#include "mock-backend/script.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "harness/base/buf.h"
#include "harness/base/h2_code.h"
#include "harness/base/hex.h"
#include "harness/engine/grpc/frame.h"
#include "harness/engine/protojson/protojson.h"

#define MAX_KEYS    8
#define MAX_WAIT_MS 10000
#define MAX_REPEAT  1000000
#define MAX_VALUE   (1u << 20) /* bytes of one header value */
#define H2_REFUSED  7u
#define FRAME_HEAD  9u
#define H2_HEADERS  1u /* frame type */

struct compiler {
    struct arena *arena;
    const struct schema_method *method;
    struct script *script;
    struct script_step *steps;
    size_t count;
    size_t cap;
    size_t bytes;      /* that the script sends, repetitions counted */
    bool headers_sent; /* a final header section, or a raw one, stands before the current step */
    const json_t *step;
};

typedef enum err_code step_fn(struct compiler *compiler, const json_t *value, struct err *err);

static enum err_code no_memory(struct err *err)
{
    return err_set(err, ERR_NO_MEMORY, "the script does not fit in memory");
}

static struct script_step *step_add(struct compiler *compiler, enum script_kind kind, struct err *err)
{
    if (compiler->count == SCRIPT_MAX_STEPS) {
        err_set(err, ERR_LIMIT, "more than %d steps when written out", SCRIPT_MAX_STEPS);
        return NULL;
    }
    struct script_step *steps = arena_grow(compiler->arena, compiler->steps, compiler->count, compiler->count + 1,
                                           &compiler->cap, sizeof *steps);
    if (!steps) {
        no_memory(err);
        return NULL;
    }
    compiler->steps = steps;
    struct script_step *step = &steps[compiler->count++];
    *step = (struct script_step){.kind = kind, .repeat = 1};
    return step;
}

/* ---- values */

static struct span span_of_json(const json_t *string)
{
    return span_of(json_string_value(string), json_string_length(string));
}

static enum err_code get_number(const json_t *value, uint64_t min, uint64_t max, uint64_t *out, struct err *err)
{
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || (uint64_t)number < min || (uint64_t)number > max)
        return err_set(err, ERR_RANGE, "expected an integer from %" PRIu64 " to %" PRIu64, min, max);
    *out = (uint64_t)number;
    return ERR_OK;
}

/* A key beside the step's own; absent leaves *out alone. */
static enum err_code get_option(const struct compiler *compiler, const char *key, uint64_t min, uint64_t max,
                                uint64_t *out, struct err *err)
{
    const json_t *value = json_object_get(compiler->step, key);
    if (!value)
        return ERR_OK;
    enum err_code rc = get_number(value, min, max, out, err);
    return rc == ERR_OK ? ERR_OK : err_prefix(err, "%s", key);
}

static enum err_code get_flag(const struct compiler *compiler, const char *key, bool *out, struct err *err)
{
    const json_t *value = json_object_get(compiler->step, key);
    if (value && !json_is_boolean(value))
        return err_set(err, ERR_SYNTAX, "%s: expected true or false", key);
    if (value)
        *out = json_is_true(value);
    return ERR_OK;
}

static enum err_code need_true(const json_t *value, struct err *err)
{
    return json_is_true(value) ? ERR_OK : err_set(err, ERR_SYNTAX, "expected true");
}

static enum err_code get_hex(struct compiler *compiler, const json_t *value, struct span *out, struct err *err)
{
    if (!json_is_string(value))
        return err_set(err, ERR_SYNTAX, "expected a string of hex digits");
    struct buf bytes;
    buf_init(&bytes, SCRIPT_MAX_BYTES);
    enum err_code rc = hex_decode(&bytes, span_of_json(value), err);
    if (rc == ERR_OK) {
        *out = arena_dup(compiler->arena, buf_span(&bytes));
        if (!out->data)
            rc = no_memory(err);
    }
    buf_fini(&bytes);
    return rc;
}

/* A string, or {"hex": "..."}. */
static enum err_code get_bytes(struct compiler *compiler, const json_t *value, struct span *out, struct err *err)
{
    if (json_is_object(value) && json_object_size(value) == 1 && json_object_get(value, "hex"))
        return get_hex(compiler, json_object_get(value, "hex"), out, err);
    if (!json_is_string(value))
        return err_set(err, ERR_SYNTAX, "expected a string or {\"hex\": \"...\"}");
    *out = arena_dup(compiler->arena, span_of_json(value));
    return out->data ? ERR_OK : no_memory(err);
}

static enum err_code get_h2_code(const json_t *value, uint32_t *out, struct err *err)
{
    if (json_is_integer(value)) {
        uint64_t number = 0;
        enum err_code rc = get_number(value, 0, UINT32_MAX, &number, err);
        *out = (uint32_t)number;
        return rc;
    }
    if (json_is_string(value) && h2_code_from_name(span_of_json(value), out))
        return ERR_OK;
    return err_set(err, ERR_SYNTAX, "expected an HTTP/2 error code, by name (CANCEL) or number");
}

/* ---- headers */

static enum err_code get_field(struct compiler *compiler, const json_t *pair, struct fields *out, struct err *err)
{
    const json_t *name = json_array_get(pair, 0);
    if (!json_is_array(pair) || json_array_size(pair) != 2 || !json_is_string(name))
        return err_set(err, ERR_SYNTAX, "expected [name, value]");
    struct field field = {.name = arena_dup(compiler->arena, span_of_json(name))};
    enum err_code rc = get_bytes(compiler, json_array_get(pair, 1), &field.value, err);
    if (rc != ERR_OK)
        return rc;
    if (field.name.len > MAX_VALUE || field.value.len > MAX_VALUE)
        return err_set(err, ERR_LIMIT, "longer than %u bytes", MAX_VALUE);
    compiler->bytes += field.name.len + field.value.len;
    if (!field.name.data || !fields_add_view(out, compiler->arena, field.name, field.value))
        return no_memory(err);
    return ERR_OK;
}

static bool names_field(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *first = json_array_get(json_array_get(list, i), 0);
        if (json_is_string(first) && span_equal_nocase(span_of_json(first), span_cstr(name)))
            return true;
    }
    return false;
}

static enum err_code get_fields(struct compiler *compiler, const json_t *list, bool response, bool grpc,
                                struct fields *out, struct err *err)
{
    if (!json_is_array(list))
        return err_set(err, ERR_SYNTAX, "expected a list of [name, value]");
    bool ok = true;
    if (response && !names_field(list, ":status"))
        ok = fields_add_view(out, compiler->arena, span_cstr(":status"), span_cstr("200"));
    if (grpc && !names_field(list, "content-type"))
        ok = ok && fields_add_view(out, compiler->arena, span_cstr("content-type"), span_cstr("application/grpc"));
    if (!ok)
        return no_memory(err);
    for (size_t i = 0; i < json_array_size(list); i++) {
        enum err_code rc = get_field(compiler, json_array_get(list, i), out, err);
        if (rc != ERR_OK)
            return err_prefix(err, "%zu", i);
    }
    return ERR_OK;
}

static enum err_code compile_headers(struct compiler *compiler, const json_t *value, struct err *err)
{
    struct script_step *step = step_add(compiler, SCRIPT_HEADERS, err);
    if (!step)
        return err->code;
    enum err_code rc = get_flag(compiler, "end_stream", &step->end_stream, err);
    if (rc == ERR_OK) {
        rc = get_fields(compiler, value, true, false, &step->fields, err);
        if (rc != ERR_OK)
            err_prefix(err, "headers");
    }
    struct span status = fields_value(&step->fields, ":status");
    if (status.len != 3 || status.data[0] != '1')
        compiler->headers_sent = true;
    return rc;
}

static enum err_code compile_trailers(struct compiler *compiler, const json_t *value, struct err *err)
{
    struct script_step *step = step_add(compiler, SCRIPT_TRAILERS, err);
    if (!step)
        return err->code;
    bool only = !compiler->headers_sent;
    compiler->headers_sent = true;
    step->end_stream = true;
    enum err_code rc = get_fields(compiler, value, only, only, &step->fields, err);
    return rc == ERR_OK ? ERR_OK : err_prefix(err, "trailers");
}

/* ---- data */

static enum err_code data_add(struct compiler *compiler, struct span bytes, bool end_stream, size_t repeat,
                              struct err *err)
{
    struct script_step *step = step_add(compiler, SCRIPT_DATA, err);
    if (!step)
        return err->code;
    step->bytes = bytes;
    step->end_stream = end_stream;
    step->repeat = repeat;
    if (bytes.len > SCRIPT_MAX_BYTES || bytes.len * repeat > SCRIPT_MAX_BYTES - compiler->bytes)
        return err_set(err, ERR_LIMIT, "more than %u bytes", SCRIPT_MAX_BYTES);
    compiler->bytes += bytes.len * repeat;
    return ERR_OK;
}

/* The frames that `bytes` are split into: one size for all, or a list of sizes whose last frame takes the rest. */
static enum err_code data_split(struct compiler *compiler, struct span bytes, bool end_stream, struct err *err)
{
    const json_t *split = json_object_get(compiler->step, "split");
    bool listed = json_is_array(split);
    if (listed && json_array_size(split) == 0)
        return err_set(err, ERR_SYNTAX, "split: expected a size, or a list of sizes");
    if (!split || bytes.len == 0)
        return data_add(compiler, bytes, end_stream, 1, err);
    for (size_t i = 0; bytes.len > 0; i++) {
        uint64_t size = bytes.len;
        const json_t *want = listed ? json_array_get(split, i) : split;
        enum err_code rc = want ? get_number(want, 1, SCRIPT_MAX_BYTES, &size, err) : ERR_OK;
        if (rc != ERR_OK)
            return err_prefix(err, "split");
        if (size > bytes.len)
            size = bytes.len;
        rc = data_add(compiler, span_of(bytes.data, (size_t)size), end_stream && size == bytes.len, 1, err);
        if (rc != ERR_OK)
            return rc;
        bytes = span_from(bytes, (size_t)size);
    }
    return ERR_OK;
}

/* `bytes` as the step's split, repeat and end_stream say. */
static enum err_code data_steps(struct compiler *compiler, struct span bytes, struct err *err)
{
    bool end_stream = false;
    uint64_t repeat = 1;
    enum err_code rc = get_flag(compiler, "end_stream", &end_stream, err);
    if (rc == ERR_OK)
        rc = get_option(compiler, "repeat", 1, MAX_REPEAT, &repeat, err);
    if (rc != ERR_OK)
        return rc;
    if (!json_object_get(compiler->step, "split"))
        return data_add(compiler, bytes, end_stream, (size_t)repeat, err);
    for (uint64_t i = 0; i < repeat && rc == ERR_OK; i++)
        rc = data_split(compiler, bytes, end_stream && i + 1 == repeat, err);
    return rc;
}

static enum err_code compile_bytes(struct compiler *compiler, const json_t *value, struct err *err)
{
    struct span bytes;
    enum err_code rc = get_hex(compiler, value, &bytes, err);
    return rc == ERR_OK ? data_steps(compiler, bytes, err) : err_prefix(err, "bytes");
}

static enum err_code compile_text(struct compiler *compiler, const json_t *value, struct err *err)
{
    if (!json_is_string(value))
        return err_set(err, ERR_SYNTAX, "text: expected a string");
    struct span bytes = arena_dup(compiler->arena, span_of_json(value));
    return bytes.data ? data_steps(compiler, bytes, err) : no_memory(err);
}

static enum err_code compile_data(struct compiler *compiler, const json_t *value, struct err *err)
{
    bool end_stream = false;
    enum err_code rc = get_flag(compiler, "end_stream", &end_stream, err);
    if (rc != ERR_OK)
        return rc;
    size_t count = json_array_size(value);
    if (count == 0)
        return err_set(err, ERR_SYNTAX, "data: expected a list of strings of hex digits");
    for (size_t i = 0; i < count; i++) {
        struct span bytes;
        rc = get_hex(compiler, json_array_get(value, i), &bytes, err);
        if (rc == ERR_OK)
            rc = data_add(compiler, bytes, end_stream && i + 1 == count, 1, err);
        if (rc != ERR_OK)
            return err_prefix(err, "data/%zu", i);
    }
    return ERR_OK;
}

static enum err_code compile_fill(struct compiler *compiler, const json_t *value, struct err *err)
{
    uint64_t len = 0, byte = 0;
    bool end_stream = false;
    struct span prefix = {0};
    enum err_code rc = get_number(value, 0, SCRIPT_MAX_BYTES, &len, err);
    if (rc != ERR_OK)
        return err_prefix(err, "fill");
    rc = get_option(compiler, "byte", 0, 255, &byte, err);
    if (rc == ERR_OK)
        rc = get_flag(compiler, "end_stream", &end_stream, err);
    const json_t *before = json_object_get(compiler->step, "prefix");
    if (rc == ERR_OK && before) {
        rc = get_hex(compiler, before, &prefix, err);
        if (rc != ERR_OK)
            err_prefix(err, "prefix");
    }
    if (rc != ERR_OK)
        return rc;
    uint8_t *bytes = arena_alloc(compiler->arena, prefix.len + (size_t)len);
    if (!bytes)
        return no_memory(err);
    if (prefix.len > 0)
        memcpy(bytes, prefix.data, prefix.len);
    memset(bytes + prefix.len, (int)byte, (size_t)len);
    return data_add(compiler, span_of(bytes, prefix.len + (size_t)len), end_stream, 1, err);
}

static enum err_code compile_end(struct compiler *compiler, const json_t *value, struct err *err)
{
    enum err_code rc = need_true(value, err);
    return rc == ERR_OK ? data_add(compiler, span_of("", 0), true, 1, err) : err_prefix(err, "end");
}

/* ---- messages */

struct message_options {
    const struct schema_message *type;
    const struct schema_field *numbered;
    uint64_t flags;
    uint64_t length; /* UINT64_MAX: the true one */
    uint64_t cut;    /* UINT64_MAX: none */
    uint64_t repeat;
    bool end_stream;
};

static enum err_code get_message_type(const struct compiler *compiler, const struct schema_message **out,
                                      struct err *err)
{
    const json_t *type = json_object_get(compiler->step, "type");
    if (!compiler->method)
        return err_set(err, ERR_USAGE, "message: the case names no gRPC method, so its type is not known");
    *out = compiler->method->output;
    if (!type)
        return ERR_OK;
    *out = json_is_string(type) ? schema_message_find(compiler->method->output->schema, span_of_json(type)) : NULL;
    return *out ? ERR_OK : err_set(err, ERR_NOT_FOUND, "type: expected the full name of a message in the descriptors");
}

static enum err_code get_message_options(const struct compiler *compiler, const json_t *value,
                                         struct message_options *out, struct err *err)
{
    *out = (struct message_options){.length = UINT64_MAX, .cut = UINT64_MAX, .repeat = 1};
    enum err_code rc = get_message_type(compiler, &out->type, err);
    if (rc == ERR_OK)
        rc = get_option(compiler, "flags", 0, 255, &out->flags, err);
    if (rc == ERR_OK)
        rc = get_option(compiler, "length", 0, UINT32_MAX, &out->length, err);
    if (rc == ERR_OK)
        rc = get_option(compiler, "cut", 0, SCRIPT_MAX_BYTES, &out->cut, err);
    if (rc == ERR_OK)
        rc = get_option(compiler, "repeat", 1, MAX_REPEAT, &out->repeat, err);
    if (rc == ERR_OK)
        rc = get_flag(compiler, "end_stream", &out->end_stream, err);
    const json_t *numbered = json_object_get(compiler->step, "numbered");
    if (rc != ERR_OK || !numbered)
        return rc;
    if (json_is_string(numbered))
        out->numbered = schema_field_by_json_name(out->type, span_of_json(numbered));
    if (!out->numbered || out->numbered->repeated || out->numbered->type == SCHEMA_MESSAGE ||
        out->numbered->type == SCHEMA_GROUP || out->numbered->type == SCHEMA_BOOL ||
        out->numbered->type == SCHEMA_BYTES || out->numbered->type == SCHEMA_ENUM)
        return err_set(err, ERR_SYNTAX, "numbered: expected the name of a string or number field of the message");
    if (!json_is_object(value))
        return err_set(err, ERR_SYNTAX, "message: expected an object, to put a number in");
    return ERR_OK;
}

/* Prefix and message, as the options distort them, in the arena. */
static enum err_code frame_message(struct compiler *compiler, const struct message_options *options, struct span wire,
                                   struct span *out, struct err *err)
{
    uint8_t *bytes = arena_alloc(compiler->arena, FRAME_PREFIX_LEN + wire.len);
    if (!bytes)
        return no_memory(err);
    uint32_t length = options->length == UINT64_MAX ? (uint32_t)wire.len : (uint32_t)options->length;
    frame_prefix_write(bytes, (uint8_t)options->flags, length);
    if (wire.len > 0)
        memcpy(bytes + FRAME_PREFIX_LEN, wire.data, wire.len);
    size_t len = FRAME_PREFIX_LEN + wire.len;
    *out = span_of(bytes, options->cut < len ? (size_t)options->cut : len);
    return ERR_OK;
}

static enum err_code encode_message(struct compiler *compiler, const struct message_options *options,
                                    const json_t *value, struct span *out, struct err *err)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (!text)
        return no_memory(err);
    struct buf wire;
    buf_init(&wire, SCRIPT_MAX_BYTES);
    const struct protojson_options strict = {0};
    enum err_code rc = json_to_proto(&wire, options->type, span_cstr(text), &strict, compiler->arena, err);
    if (rc == ERR_OK)
        rc = frame_message(compiler, options, buf_span(&wire), out, err);
    else
        err_prefix(err, "message");
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
        rc = encode_message(compiler, options, copy, out, err);
    else
        no_memory(err);
    json_decref(copy);
    return rc;
}

static enum err_code compile_message(struct compiler *compiler, const json_t *value, struct err *err)
{
    struct message_options options;
    enum err_code rc = get_message_options(compiler, value, &options, err);
    if (rc != ERR_OK)
        return rc;
    struct span bytes;
    if (!options.numbered) {
        rc = encode_message(compiler, &options, value, &bytes, err);
        return rc == ERR_OK ? data_steps(compiler, bytes, err) : rc;
    }
    for (uint64_t number = 1; number <= options.repeat && rc == ERR_OK; number++) {
        rc = encode_numbered(compiler, &options, value, number, &bytes, err);
        if (rc == ERR_OK)
            rc = data_split(compiler, bytes, options.end_stream && number == options.repeat, err);
    }
    return rc;
}

/* ---- the rest */

static enum err_code compile_rst(struct compiler *compiler, const json_t *value, struct err *err)
{
    struct script_step *step = step_add(compiler, SCRIPT_RST, err);
    if (!step)
        return err->code;
    enum err_code rc = get_h2_code(value, &step->code, err);
    compiler->script->permits_retry = compiler->script->permits_retry || step->code == H2_REFUSED;
    return rc == ERR_OK ? ERR_OK : err_prefix(err, "rst");
}

static enum err_code compile_goaway(struct compiler *compiler, const json_t *value, struct err *err)
{
    struct script_step *step = step_add(compiler, SCRIPT_GOAWAY, err);
    if (!step)
        return err->code;
    step->covers = true;
    enum err_code rc = get_flag(compiler, "covers", &step->covers, err);
    if (rc != ERR_OK)
        return rc;
    compiler->script->permits_retry = compiler->script->permits_retry || !step->covers;
    rc = get_h2_code(value, &step->code, err);
    return rc == ERR_OK ? ERR_OK : err_prefix(err, "goaway");
}

static enum err_code compile_close(struct compiler *compiler, const json_t *value, struct err *err)
{
    struct script_step *step = step_add(compiler, SCRIPT_CLOSE, err);
    if (!step)
        return err->code;
    step->rst = json_is_string(value) && span_is(span_of_json(value), "rst");
    if (step->rst || (json_is_string(value) && span_is(span_of_json(value), "fin")))
        return ERR_OK;
    return err_set(err, ERR_SYNTAX, "close: expected \"fin\" or \"rst\"");
}

static enum err_code compile_wait(struct compiler *compiler, const json_t *value, struct err *err)
{
    struct script_step *step = step_add(compiler, SCRIPT_WAIT, err);
    if (!step)
        return err->code;
    enum err_code rc = get_number(value, 0, MAX_WAIT_MS, &step->wait_ms, err);
    return rc == ERR_OK ? ERR_OK : err_prefix(err, "wait_ms");
}

static enum err_code compile_await(struct compiler *compiler, const json_t *value, struct err *err)
{
    static const char *const names[] = {
        [SCRIPT_REQUEST_HEADERS] = "request_headers",
        [SCRIPT_REQUEST_COMPLETE] = "request_complete",
        [SCRIPT_CLIENT_HAS_MESSAGES] = "client_has_messages",
        [SCRIPT_CLIENT_CANCELLED] = "client_cancelled",
    };
    enum script_point point = 0;
    size_t known = sizeof names / sizeof *names;
    while (point < known && !(json_is_string(value) && span_is(span_of_json(value), names[point])))
        point++;
    if (point == known)
        return err_set(err, ERR_SYNTAX,
                       "await: expected request_headers, request_complete, client_has_messages or client_cancelled");
    bool has_count = json_object_get(compiler->step, "count") != NULL;
    if (has_count != (point == SCRIPT_CLIENT_HAS_MESSAGES))
        return err_set(err, ERR_SYNTAX, "await: \"count\" goes with client_has_messages, and only with it");
    if (point == SCRIPT_REQUEST_HEADERS && compiler->count == 0) {
        compiler->script->at_headers = true;
        return ERR_OK;
    }
    uint64_t count = 0;
    enum err_code rc = get_option(compiler, "count", 0, MAX_REPEAT, &count, err);
    if (rc != ERR_OK)
        return rc;
    struct script_step *step = step_add(compiler, SCRIPT_AWAIT, err);
    if (!step)
        return err->code;
    step->point = point;
    step->count = (size_t)count;
    return ERR_OK;
}

static enum err_code compile_echo(struct compiler *compiler, const json_t *value, struct err *err)
{
    enum err_code rc = need_true(value, err);
    if (rc != ERR_OK)
        return err_prefix(err, "echo");
    return step_add(compiler, SCRIPT_ECHO, err) ? ERR_OK : err->code;
}

static enum err_code compile_frame(struct compiler *compiler, const json_t *value, struct err *err)
{
    struct script_step *step = step_add(compiler, SCRIPT_FRAME, err);
    if (!step)
        return err->code;
    enum err_code rc = get_flag(compiler, "own_stream", &step->own_stream, err);
    if (rc != ERR_OK)
        return rc;
    rc = get_hex(compiler, value, &step->bytes, err);
    if (rc == ERR_OK && step->own_stream && step->bytes.len < FRAME_HEAD)
        rc = err_set(err, ERR_SYNTAX, "a frame header has nine bytes");
    if (rc != ERR_OK)
        return err_prefix(err, "frame");
    compiler->bytes += step->bytes.len;
    if (step->bytes.len >= FRAME_HEAD && step->bytes.data[3] == H2_HEADERS)
        compiler->headers_sent = true;
    return ERR_OK;
}

/* ---- the table */

struct step_type {
    const char *name;
    step_fn *compile;
    const char *keys[MAX_KEYS + 1]; /* that may stand beside the name */
};

static const struct step_type types[] = {
    {"headers", compile_headers, {"end_stream"}},
    {"trailers", compile_trailers, {NULL}},
    {"message", compile_message, {"type", "split", "flags", "length", "cut", "end_stream", "repeat", "numbered"}},
    {"bytes", compile_bytes, {"split", "end_stream", "repeat"}},
    {"text", compile_text, {"split", "end_stream", "repeat"}},
    {"data", compile_data, {"end_stream"}},
    {"fill", compile_fill, {"byte", "prefix", "end_stream"}},
    {"end", compile_end, {NULL}},
    {"rst", compile_rst, {NULL}},
    {"goaway", compile_goaway, {"covers"}},
    {"close", compile_close, {NULL}},
    {"wait_ms", compile_wait, {NULL}},
    {"await", compile_await, {"count"}},
    {"echo", compile_echo, {NULL}},
    {"frame", compile_frame, {"own_stream"}},
};
enum { TYPE_COUNT = sizeof types / sizeof *types };

const char *const *script_step_names(void)
{
    static const char *names[TYPE_COUNT + 1];
    for (size_t i = 0; i < TYPE_COUNT; i++)
        names[i] = types[i].name;
    return names;
}

static bool key_allowed(const struct step_type *type, const char *key)
{
    if (strcmp(key, type->name) == 0)
        return true;
    for (size_t i = 0; i < MAX_KEYS && type->keys[i]; i++) {
        if (strcmp(key, type->keys[i]) == 0)
            return true;
    }
    return false;
}

static enum err_code compile_step(struct compiler *compiler, const json_t *step, struct err *err)
{
    if (!json_is_object(step))
        return err_set(err, ERR_SYNTAX, "expected an object with the name of a step");
    const struct step_type *type = NULL;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (!json_object_get(step, types[i].name))
            continue;
        if (type)
            return err_set(err, ERR_SYNTAX, "two steps in one object: \"%s\" and \"%s\"", type->name, types[i].name);
        type = &types[i];
    }
    if (!type)
        return err_set(err, ERR_SYNTAX,
                       "no step: expected one of headers, trailers, message, bytes, text, data, fill, end, rst, "
                       "goaway, close, wait_ms, await, echo, frame");
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)step, key, value)
    {
        if (!key_allowed(type, key))
            return err_set(err, ERR_SYNTAX, "a key that does not go with \"%s\"", type->name);
    }
    compiler->step = step;
    return type->compile(compiler, json_object_get(step, type->name), err);
}

enum err_code script_compile(struct script *out, const struct json_t *steps, const struct schema_method *method,
                             struct arena *arena, struct err *err)
{
    struct err local;
    if (!err)
        err = &local;
    *out = (struct script){0};
    if (!json_is_array(steps))
        return err_set(err, ERR_SYNTAX, "backend: expected a list of steps");
    if (json_array_size(steps) > SCRIPT_MAX_STEPS)
        return err_set(err, ERR_LIMIT, "backend: more than %d steps", SCRIPT_MAX_STEPS);
    struct compiler compiler = {.arena = arena, .method = method, .script = out};
    for (size_t i = 0; i < json_array_size(steps); i++) {
        enum err_code rc = compile_step(&compiler, json_array_get(steps, i), err);
        if (rc == ERR_OK && compiler.bytes > SCRIPT_MAX_BYTES)
            rc = err_set(err, ERR_LIMIT, "more than %u bytes", SCRIPT_MAX_BYTES);
        if (rc != ERR_OK)
            return err_prefix(err, "backend/%zu", i);
    }
    out->steps = compiler.steps;
    out->count = compiler.count;
    return ERR_OK;
}
