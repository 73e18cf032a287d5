/* Reads the HTTP rules of a service configuration. */
#include "harness/engine/http_rule/config.h"

#include <stdlib.h>

#include "harness/engine/protojson/protojson.h"
#include "harness/engine/json/reader.h"
#include "harness/base/name_table.h"
#include "harness/engine/proto/wire.h"

/* Field numbers of google.api.Http and HttpRule. */
enum { HTTP_RULES = 1, HTTP_FULLY_DECODE = 2, RULE_SELECTOR = 1 };

struct http_config {
    struct arena arena;
    struct name_table methods; /* full name -> index in rules */
    struct span *rules;
    uint32_t count;
    bool decodes_fully;
};

static enum err_code no_memory(struct err *err)
{
    return err_set(err, ERR_LIMIT, "http rules: need more than %u bytes of memory", HTTP_CONFIG_MAX_MEMORY);
}

/* ---- finding "http" */

/* The text of the one member "http", with blanks in place of what stands before it: offsets stay those of the file. */
static enum err_code find_http(struct span *out, struct span json, struct arena *arena, struct err *err)
{
    struct err local;
    struct json_reader reader;
    enum json_token token;
    size_t from = 0;
    size_t end = 0;
    if (!err)
        err = &local; /* malformed, or too deep */
    json_reader_init(&reader, json);
    if ((token = json_reader_next(&reader, err)) == JSON_ERROR)
        return err->code;
    if (token != JSON_OBJECT_BEGIN)
        return err_set(err, ERR_RANGE, "expected an object, the service configuration");
    while ((token = json_reader_next(&reader, err)) == JSON_KEY) {
        bool http = span_is(reader.text, "http");
        size_t start = reader.at;
        if (http && end > 0)
            return err_set(err, ERR_RANGE, "offset %zu: \"http\" stands here a second time", reader.token_at);
        if (json_reader_skip(&reader, err) == JSON_ERROR)
            return err->code;
        if (http) {
            from = start;
            end = reader.at;
        }
    }
    if (token == JSON_ERROR || json_reader_next(&reader, err) == JSON_ERROR)
        return err->code;
    if (end == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no member \"http\" with rules");
    uint8_t *text = arena_alloc(arena, end);
    if (!text)
        return no_memory(err);
    memset(text, ' ', from);
    memcpy(text + from, json.data + from, end - from);
    *out = span_of(text, end);
    return ERR_OK;
}

/* ---- selecting */

static enum err_code select_method(struct http_config *config, const struct schema *schema, struct span name,
                                   struct span rule, struct err *err)
{
    uint32_t index;
    uint8_t *path = arena_alloc(&config->arena, name.len);
    if (!path)
        return no_memory(err);
    memcpy(path, name.data, name.len);
    size_t dot = name.len;
    while (dot > 0 && path[dot - 1] != '.')
        dot--;
    if (dot > 0)
        path[dot - 1] = '/'; /* "package.Service.Method" is "package.Service/Method" here */
    const struct schema_method *method = schema_method_find(schema, span_of(path, name.len));
    if (!method || dot == 0 || span_index_of(name, '/', 0) < name.len) {
        bool plain = name.len > 0 && name.len <= 256;
        for (size_t i = 0; plain && i < name.len; i++)
            plain = name.data[i] > ' ' && name.data[i] < 0x7f;
        return plain ? err_set(err, ERR_NOT_FOUND, "selector %.*s names no method of the descriptors", SPAN_FMT(name))
                     : err_set(err, ERR_NOT_FOUND, "the selector is not the name of a method");
    }
    if (name_table_find(&config->methods, method->full_name, &index)) {
        config->rules[index] = rule;
        return ERR_OK;
    }
    if (name_table_add(&config->methods, method->full_name, config->count) != NAME_TABLE_ADDED)
        return err_set(err, ERR_LIMIT, "too many methods with one hash");
    config->rules[config->count++] = rule;
    return ERR_OK;
}

static enum err_code add_rule(struct http_config *config, const struct schema *schema, struct span rule,
                              struct err *err)
{
    struct wire_reader reader;
    struct wire_field field;
    struct span selector = span_of(NULL, 0);
    wire_reader_init(&reader, rule);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number == RULE_SELECTOR && field.type == WIRE_LEN)
            selector = field.bytes;
    }
    enum err_code code = ERR_OK;
    for (size_t at = 0; at <= selector.len && code == ERR_OK;) {
        size_t end = selector.data ? span_index_of(selector, ',', at) : 0;
        struct span name = end > at ? span_trim(span_of(selector.data + at, end - at), " ") : span_of(NULL, 0);
        if (name.len == 0)
            return err_set(err, ERR_NOT_FOUND, "the selector is empty, or a part of it");
        code = select_method(config, schema, name, rule, err);
        at = end + 1;
    }
    return code;
}

static enum err_code read_rules(struct http_config *config, const struct schema *schema, struct span wire,
                                struct err *err)
{
    struct wire_reader reader;
    struct wire_field field;
    size_t methods = 0;
    size_t index = 0;
    for (size_t i = 0; i < schema_service_count(schema); i++)
        methods += schema_service_at(schema, i)->method_count;
    config->rules = arena_calloc(&config->arena, methods, sizeof *config->rules);
    if (!config->rules || !name_table_init(&config->methods, methods, &config->arena))
        return no_memory(err);
    wire_reader_init(&reader, wire);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number == HTTP_FULLY_DECODE && field.type == WIRE_VARINT)
            config->decodes_fully = field.value != 0;
        if (field.number != HTTP_RULES || field.type != WIRE_LEN)
            continue;
        struct span rule = arena_dup(&config->arena, field.bytes);
        enum err_code code = rule.data ? add_rule(config, schema, rule, err) : no_memory(err);
        if (code != ERR_OK) {
            err_prefix(err, "http.rules[%zu]", index);
            return code;
        }
        index++;
    }
    return ERR_OK;
}

enum err_code http_config_new(struct http_config **out, const struct schema *schema, const struct schema_message *http,
                              struct span json, struct err *err)
{
    struct http_config *config = calloc(1, sizeof *config);
    struct arena arena;
    struct span text;
    struct buf wire;
    *out = NULL;
    if (!config)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    arena_init(&config->arena, HTTP_CONFIG_MAX_MEMORY);
    arena_init(&arena, HTTP_CONFIG_MAX_MEMORY);
    buf_init(&wire, HTTP_CONFIG_MAX_MEMORY);
    enum err_code code = json.len > HTTP_CONFIG_MAX_BYTES
                             ? err_set(err, ERR_LIMIT, "longer than %u bytes", HTTP_CONFIG_MAX_BYTES)
                             : find_http(&text, json, &arena, err);
    if (code == ERR_OK) {
        code = json_to_proto(&wire, http, text, NULL, &arena, err);
        if (code != ERR_OK)
            err_prefix(err, "http");
    }
    if (code == ERR_OK)
        code = read_rules(config, schema, buf_span(&wire), err);
    buf_fini(&wire);
    arena_fini(&arena);
    if (code == ERR_OK)
        *out = config;
    else
        http_config_free(config);
    return code;
}

void http_config_free(struct http_config *config)
{
    if (!config)
        return;
    arena_fini(&config->arena);
    free(config);
}

struct span http_config_rule(const struct http_config *config, const struct schema_method *method)
{
    uint32_t index;
    if (config && name_table_find(&config->methods, method->full_name, &index))
        return config->rules[index];
    return method->http_rule;
}

bool http_config_decodes_fully(const struct http_config *config)
{
    return config && config->decodes_fully;
}
