/* The steps that send DATA as it is written in the case. */
#include <string.h>

#include "harness/engine/grpc/frame.h"
#include "mock-backend/script_impl.h"

static enum err_code compile_bytes(struct compiler *compiler, struct err *err)
{
    return script_add_bytes(compiler, script_hex(compiler, script_value(compiler, "bytes")), err);
}

static enum err_code compile_text(struct compiler *compiler, struct err *err)
{
    return script_add_bytes(compiler, arena_dup(compiler->arena, keys_span(script_value(compiler, "text"))), err);
}

static enum err_code compile_data(struct compiler *compiler, struct err *err)
{
    const json_t *list = script_value(compiler, "data");
    bool end_stream = keys_flag(compiler->step, "end_stream");
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count; i++) {
        struct span bytes = script_hex(compiler, json_array_get(list, i));
        if (!bytes.data)
            return script_no_memory(err);
        enum err_code rc = script_add_data(compiler, bytes, end_stream && i + 1 == count, 1, err);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

/* Behind the prefix of a compressed message, in the arena. */
static struct span framed(struct compiler *compiler, struct span bytes)
{
    uint8_t *out = bytes.data ? arena_alloc(compiler->arena, FRAME_PREFIX_LEN + bytes.len) : NULL;
    if (!out)
        return span_of(NULL, 0);
    frame_prefix_write(out, FRAME_FLAG_COMPRESSED, (uint32_t)bytes.len);
    memcpy(out + FRAME_PREFIX_LEN, bytes.data, bytes.len);
    return span_of(out, FRAME_PREFIX_LEN + bytes.len);
}

static enum err_code compile_fill(struct compiler *compiler, struct err *err)
{
    size_t len = (size_t)script_number(compiler, "fill", 0);
    const json_t *before = script_value(compiler, "prefix");
    struct span prefix = before ? script_hex(compiler, before) : span_of("", 0);
    uint8_t *bytes = prefix.data ? arena_alloc(compiler->arena, prefix.len + len) : NULL;
    if (!bytes)
        return script_no_memory(err);
    if (prefix.len > 0)
        memcpy(bytes, prefix.data, prefix.len);
    memset(bytes + prefix.len, (int)script_number(compiler, "byte", 0), len);
    struct span data = span_of(bytes, prefix.len + len);
    if (script_value(compiler, "encoding"))
        data = framed(compiler, script_encoded(compiler, data));
    return data.data ? script_add_data(compiler, data, keys_flag(compiler->step, "end_stream"), 1, err)
                     : script_no_memory(err);
}

static enum err_code compile_end(struct compiler *compiler, struct err *err)
{
    return script_add_data(compiler, span_of("", 0), true, 1, err);
}

static enum err_code compile_echo(struct compiler *compiler, struct err *err)
{
    return script_add(compiler, SCRIPT_ECHO, err) ? ERR_OK : err->code;
}

static const struct key_rule bytes_keys[] = {
    {.name = "bytes", .required = true, .type = &key_hex, .text = "these bytes as one DATA frame"},
    KEY_SPLIT,
    KEY_END_STREAM,
    KEY_REPEAT,
    KEY_LAST};
static const struct key_rule text_keys[] = {
    {.name = "text", .required = true, .type = &key_string, .text = "this text in UTF-8 as one DATA frame"},
    KEY_SPLIT,
    KEY_END_STREAM,
    KEY_REPEAT,
    KEY_LAST};
static const struct key_rule data_keys[] = {
    {.name = "data", .required = true, .type = &key_hex_list, .text = "one DATA frame per element"},
    KEY_END_STREAM,
    KEY_LAST};
static const struct key_rule fill_keys[] = {
    {.name = "fill",
     .required = true,
     .type = &key_number,
     .min = 0,
     .max = SCRIPT_MAX_BYTES,
     .text = "N equal bytes as DATA; all DATA of a script together is at most $max bytes"},
    {.name = "byte", .type = &key_number, .min = 0, .max = 255, .text = "their value (default 0)"},
    {.name = "prefix", .type = &key_hex, .text = "these bytes go before them in the same frame"},
    {.name = "encoding",
     .type = &key_choice,
     .choices = coding_names,
     .text = "all of them, compressed, are one message with a prefix of its own"},
    KEY_END_STREAM,
    KEY_LAST};
static const struct key_rule end_keys[] = {
    {.name = "end", .required = true, .type = &key_true, .text = "an empty DATA frame with END_STREAM"}, KEY_LAST};
static const struct key_rule echo_keys[] = {
    {.name = "echo", .required = true, .type = &key_true, .text = "sends the request message(s) back"}, KEY_LAST};

const struct step_type script_data_steps[] = {STEP(compile_bytes, bytes_keys),
                                              STEP(compile_text, text_keys),
                                              STEP(compile_data, data_keys),
                                              STEP(compile_fill, fill_keys),
                                              STEP(compile_end, end_keys),
                                              STEP(compile_echo, echo_keys),
                                              {.compile = NULL}};
