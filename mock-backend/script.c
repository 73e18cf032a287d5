/* What all steps of a script share: the tables, the order of steps, DATA in pieces. */
#include "mock-backend/script.h"

#include <inttypes.h>

#include "harness/base/hex.h"
#include "harness/base/nearest.h"
#include "mock-backend/script_impl.h"

#define MAX_STEP_TYPES 64

/* In the order of documentation. */
static const struct step_type *const tables[] = {script_field_steps,    script_message_steps, script_data_steps,
                                                 script_listener_steps, script_control_steps, script_function_steps};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

static const struct step_type *step_type_at(size_t index)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        for (const struct step_type *type = tables[i]; type->compile; type++) {
            if (index-- == 0)
                return type;
        }
    }
    return NULL;
}

static const char *step_name(const struct step_type *type)
{
    return type->keys.rules[0].name;
}

const struct key_object *script_step_keys(size_t index)
{
    const struct step_type *type = step_type_at(index);
    return type ? &type->keys : NULL;
}

/* ---- what the functions of steps use */

enum err_code script_no_memory(struct err *err)
{
    return err_set(err, ERR_NO_MEMORY, "the script does not fit in memory");
}

enum err_code script_error(const struct compiler *compiler, const char *key, enum err_code code, struct err *err,
                           const char *text)
{
    struct place inside = {.up = compiler->at, .key = key};
    return place_error(key ? &inside : compiler->at, code, err, "%s", text);
}

const json_t *script_value(const struct compiler *compiler, const char *key)
{
    return json_object_get(compiler->step, key);
}

uint64_t script_number(const struct compiler *compiler, const char *key, uint64_t otherwise)
{
    const json_t *value = script_value(compiler, key);
    return value ? (uint64_t)json_integer_value(value) : otherwise;
}

struct span script_hex(struct compiler *compiler, const json_t *value)
{
    struct buf bytes;
    struct span out = {0};
    buf_init(&bytes, SCRIPT_MAX_BYTES);
    if (hex_decode(&bytes, keys_span(value), NULL) == ERR_OK)
        out = arena_dup(compiler->arena, buf_span(&bytes));
    buf_fini(&bytes);
    return out;
}

struct span script_encoded(struct compiler *compiler, struct span bytes)
{
    struct buf coded;
    struct span out = {0};
    enum coding coding;
    if (!coding_from_name(keys_span(script_value(compiler, "encoding")), &coding))
        return bytes;
    buf_init(&coded, SCRIPT_MAX_BYTES);
    if (coding_encode(&coded, coding, bytes))
        out = arena_dup(compiler->arena, buf_span(&coded));
    buf_fini(&coded);
    return out;
}

/* Nothing may stand behind the end of what it belongs to: it would never be sent. */
static enum err_code check_order(const struct compiler *compiler, enum script_kind kind, struct err *err)
{
    bool of_stream = kind == SCRIPT_HEADERS || kind == SCRIPT_TRAILERS || kind == SCRIPT_DATA || kind == SCRIPT_ECHO;
    if (compiler->closed)
        return script_error(compiler, NULL, ERR_SYNTAX, err,
                            "comes after \"close\": the connection is closed, nothing can be done on it any more");
    if (compiler->reset && (of_stream || kind == SCRIPT_RST))
        return script_error(compiler, NULL, ERR_SYNTAX, err,
                            "comes after \"rst\": the stream is over, nothing can be sent on it any more");
    if (compiler->ended && of_stream)
        return place_error(compiler->at, ERR_SYNTAX, err,
                           "comes after the end of the stream (\"%s\" with END_STREAM): nothing can be sent on it any "
                           "more",
                           compiler->ended);
    return ERR_OK;
}

struct script_step *script_add(struct compiler *compiler, enum script_kind kind, struct err *err)
{
    if (check_order(compiler, kind, err) != ERR_OK)
        return NULL;
    if (compiler->count == SCRIPT_MAX_STEPS) {
        place_error(compiler->at, ERR_LIMIT, err, "more than %d steps when written out", SCRIPT_MAX_STEPS);
        return NULL;
    }
    struct script_step *steps = arena_grow(compiler->arena, compiler->steps, compiler->count, compiler->count + 1,
                                           &compiler->cap, sizeof *steps);
    if (!steps) {
        script_no_memory(err);
        return NULL;
    }
    compiler->steps = steps;
    struct script_step *step = &steps[compiler->count++];
    *step = (struct script_step){.kind = kind, .repeat = 1};
    return step;
}

/* ---- DATA */

enum err_code script_add_data(struct compiler *compiler, struct span bytes, bool end_stream, size_t repeat,
                              struct err *err)
{
    struct script_step *step = script_add(compiler, SCRIPT_DATA, err);
    if (!step)
        return err->code;
    step->bytes = bytes;
    step->end_stream = end_stream;
    step->repeat = repeat;
    if (bytes.len > SCRIPT_MAX_BYTES || bytes.len * repeat > SCRIPT_MAX_BYTES - compiler->bytes)
        return place_error(compiler->at, ERR_LIMIT, err, "the script sends more than %u bytes", SCRIPT_MAX_BYTES);
    compiler->bytes += bytes.len * repeat;
    if (end_stream)
        compiler->ended = step_name(compiler->type);
    return ERR_OK;
}

enum err_code script_add_split(struct compiler *compiler, struct span bytes, bool end_stream, struct err *err)
{
    const json_t *split = script_value(compiler, "split");
    if (!split || bytes.len == 0)
        return script_add_data(compiler, bytes, end_stream, 1, err);
    for (size_t i = 0; bytes.len > 0; i++) {
        const json_t *want = json_is_array(split) ? json_array_get(split, i) : split;
        size_t size = want ? (size_t)json_integer_value(want) : bytes.len;
        if (size > bytes.len)
            size = bytes.len;
        enum err_code rc =
            script_add_data(compiler, span_of(bytes.data, size), end_stream && size == bytes.len, 1, err);
        if (rc != ERR_OK)
            return rc;
        bytes = span_from(bytes, size);
    }
    return ERR_OK;
}

enum err_code script_add_bytes(struct compiler *compiler, struct span bytes, struct err *err)
{
    bool end_stream = keys_flag(compiler->step, "end_stream");
    uint64_t repeat = script_number(compiler, "repeat", 1);
    enum err_code rc = ERR_OK;
    if (!bytes.data)
        return script_no_memory(err);
    if (!script_value(compiler, "split"))
        return script_add_data(compiler, bytes, end_stream, (size_t)repeat, err);
    for (uint64_t i = 0; i < repeat && rc == ERR_OK; i++)
        rc = script_add_split(compiler, bytes, end_stream && i + 1 == repeat, err);
    return rc;
}

/* ---- the script */

static enum err_code unknown_step(const struct place *at, const json_t *step, struct err *err)
{
    const char *names[MAX_STEP_TYPES];
    size_t count = 0;
    struct buf known;
    const char *key;
    const json_t *value;
    const char *near = NULL;
    buf_init(&known, 2048);
    for (const struct step_type *type; (type = step_type_at(count)) != NULL && count < MAX_STEP_TYPES; count++) {
        buf_printf(&known, "%s%s", count == 0 ? "" : ", ", step_name(type));
        names[count] = step_name(type);
    }
    json_object_foreach((json_t *)(uintptr_t)step, key, value)
    {
        near = near ? near : nearest_name(key, names, count);
    }
    place_error(at, ERR_SYNTAX, err, "no step: expected one of %s%s%s%s", known.data ? (const char *)known.data : "",
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    buf_fini(&known);
    return ERR_SYNTAX;
}

static enum err_code find_type(const struct step_type **out, const struct place *at, const json_t *step,
                               struct err *err)
{
    *out = NULL;
    if (!json_is_object(step))
        return place_error(at, ERR_SYNTAX, err, "expected an object with the name of a step");
    const struct step_type *type;
    for (size_t i = 0; (type = step_type_at(i)) != NULL; i++) {
        if (!json_object_get(step, step_name(type)))
            continue;
        if (*out)
            return place_error(at, ERR_SYNTAX, err, "two steps in one object: \"%s\" and \"%s\"", step_name(*out),
                               step_name(type));
        *out = type;
    }
    return *out ? ERR_OK : unknown_step(at, step, err);
}

static enum err_code check_protocol(const struct compiler *compiler, struct err *err)
{
    enum step_of of = compiler->type->of;
    if (of == STEP_OF_HTTP2 && compiler->script->protocol == SCRIPT_HTTP1)
        return place_error(compiler->at, ERR_SYNTAX, err, "\"%s\" is of HTTP/2, and this script speaks HTTP/1.1",
                           step_name(compiler->type));
    if (of == STEP_OF_HTTP1 && compiler->script->protocol == SCRIPT_HTTP2)
        return place_error(compiler->at, ERR_SYNTAX, err,
                           "\"%s\" is of HTTP/1.1: the script must begin with {\"protocol\": \"http/1.1\"}",
                           step_name(compiler->type));
    return ERR_OK;
}

static enum err_code check_reachable(const struct compiler *compiler, struct err *err)
{
    if (!script_listener_takes_no_calls(&compiler->script->listener))
        return ERR_OK;
    return place_error(compiler->at, ERR_SYNTAX, err,
                       "comes after a \"listener\" that takes no calls: it would never be played");
}

static enum err_code compile_step(struct compiler *compiler, const struct place *at, const json_t *step,
                                  struct err *err)
{
    enum err_code rc = find_type(&compiler->type, at, step, err);
    if (rc == ERR_OK)
        rc = keys_check(at, step, &compiler->type->keys, NULL, err);
    if (rc != ERR_OK)
        return rc;
    compiler->step = step;
    compiler->at = at;
    rc = check_reachable(compiler, err);
    if (rc == ERR_OK)
        rc = check_protocol(compiler, err);
    if (rc == ERR_OK)
        rc = compiler->type->compile(compiler, err);
    if (rc == ERR_OK && compiler->bytes > SCRIPT_MAX_BYTES)
        rc = place_error(at, ERR_LIMIT, err, "the script sends more than %u bytes", SCRIPT_MAX_BYTES);
    return rc;
}

enum err_code script_compile(struct script *out, const struct json_t *steps, const struct place *at,
                             const struct schema_method *method, struct arena *arena, struct err *err)
{
    struct err local;
    if (!err)
        err = &local;
    *out = (struct script){0};
    if (!json_is_array(steps))
        return place_error(at, ERR_SYNTAX, err, "expected a list of steps");
    if (json_array_size(steps) > SCRIPT_MAX_STEPS)
        return place_error(at, ERR_LIMIT, err, "more than %d steps", SCRIPT_MAX_STEPS);
    struct compiler compiler = {.arena = arena, .method = method, .script = out};
    for (size_t i = 0; i < json_array_size(steps); i++) {
        struct place step_at = {.up = at, .index = i};
        enum err_code rc = compile_step(&compiler, &step_at, json_array_get(steps, i), err);
        if (rc == ERR_NO_MEMORY)
            return place_prefix(&step_at, err);
        if (rc != ERR_OK)
            return rc;
    }
    out->steps = compiler.steps;
    out->count = compiler.count;
    return ERR_OK;
}
