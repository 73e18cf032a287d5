/* The steps that send header sections: headers and trailers. */
#include "mock-backend/script_impl.h"

#define MAX_FIELD (1u << 20) /* bytes of one name or value */

static enum err_code add_field(struct compiler *compiler, const struct place *at, const json_t *pair,
                               struct fields *out, struct err *err)
{
    struct span name = arena_dup(compiler->arena, keys_span(json_array_get(pair, 0)));
    struct span value = keys_bytes(json_array_get(pair, 1), compiler->arena);
    if (!name.data || !value.data)
        return script_no_memory(err);
    if (name.len > MAX_FIELD || value.len > MAX_FIELD)
        return place_error(at, ERR_LIMIT, err, "longer than %u bytes", MAX_FIELD);
    compiler->bytes += name.len + value.len;
    return fields_add_view(out, compiler->arena, name, value) ? ERR_OK : script_no_memory(err);
}

static bool names_field(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (span_equal_nocase(keys_span(json_array_get(json_array_get(list, i), 0)), span_cstr(name)))
            return true;
    }
    return false;
}

/* The fields of the step's key `key`, after those that a response (of gRPC) has anyhow. */
static enum err_code add_fields(struct compiler *compiler, const char *key, bool response, bool grpc,
                                struct fields *out, struct err *err)
{
    const json_t *list = script_value(compiler, key);
    struct place list_at = {.up = compiler->at, .key = key};
    bool ok = true;
    if (response && !names_field(list, ":status"))
        ok = fields_add_view(out, compiler->arena, span_cstr(":status"), span_cstr("200"));
    if (grpc && !names_field(list, "content-type"))
        ok = ok && fields_add_view(out, compiler->arena, span_cstr("content-type"), span_cstr("application/grpc"));
    if (!ok)
        return script_no_memory(err);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct place inside = {.up = &list_at, .index = i};
        enum err_code rc = add_field(compiler, &inside, json_array_get(list, i), out, err);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

static enum err_code compile_headers(struct compiler *compiler, struct err *err)
{
    struct script_step *step = script_add(compiler, SCRIPT_HEADERS, err);
    if (!step)
        return err->code;
    step->end_stream = keys_flag(compiler->step, "end_stream");
    if (step->end_stream)
        compiler->ended = "headers";
    enum err_code rc = add_fields(compiler, "headers", true, false, &step->fields, err);
    struct span status = fields_value(&step->fields, ":status");
    if (status.len != 3 || status.data[0] != '1')
        compiler->headers_sent = true;
    compiler->length_given = compiler->script->protocol == SCRIPT_HTTP1 &&
                             names_field(script_value(compiler, "headers"), "content-length") &&
                             !names_field(script_value(compiler, "headers"), "transfer-encoding");
    return rc;
}

static enum err_code compile_trailers(struct compiler *compiler, struct err *err)
{
    struct script_step *step = script_add(compiler, SCRIPT_TRAILERS, err);
    if (!step)
        return err->code;
    bool only = !compiler->headers_sent;
    bool grpc = only && compiler->script->protocol == SCRIPT_HTTP2;
    if (compiler->length_given)
        return script_error(compiler, NULL, ERR_SYNTAX, err,
                            "only chunks have trailers behind them, and \"headers\" has a content-length");
    compiler->headers_sent = true;
    compiler->ended = "trailers";
    step->end_stream = true;
    return add_fields(compiler, "trailers", only, grpc, &step->fields, err);
}

static const struct key_rule headers_keys[] = {
    {.name = "headers",
     .required = true,
     .type = &key_fields,
     .text = "HEADERS; `:status` 200 is put first unless given. 1xx statuses are informational. Of HTTP/1.1: "
             "sent in order and spelling; a `content-length` or `transfer-encoding` in them is kept, also if it lies, "
             "else the body is chunked (to HTTP/1.0: ended by the connection's end)"},
    {.name = "end_stream",
     .type = &key_bool,
     .text = "HEADERS with END_STREAM: a headers-only answer that is not called trailers"},
    KEY_LAST};
static const struct key_rule trailers_keys[] = {
    {.name = "trailers",
     .required = true,
     .type = &key_fields,
     .text = "HEADERS with END_STREAM. As the first step: Trailers-Only in one frame (`:status` 200 and "
             "`content-type: application/grpc` are put first unless given). Of HTTP/1.1: the "
             "fields behind the last chunk; as the first step a response without a body"},
    KEY_LAST};

const struct step_type script_field_steps[] = {
    STEP(compile_headers, headers_keys), STEP(compile_trailers, trailers_keys), {.compile = NULL}};
