/* Reads a function's answer to its API gateway. */
#include "harness/engine/transcode/function_answer.h"

enum err_code function_wrong(struct function_reader *reader, const char *key, const char *expected)
{
    if (reader->err->code == ERR_OK)
        err_set(reader->err, ERR_SYNTAX, "%s (offset %zu): expected %s", key, reader->json.token_at, expected);
    return reader->err->code;
}

static enum err_code no_memory(struct function_reader *reader)
{
    return err_set(reader->err, ERR_LIMIT, "the answer is too large to be looked at");
}

/* The text of a string or number, decoded, in the arena. data NULL: none of these, or no memory. */
static struct span token_text(struct function_reader *reader, enum json_token token)
{
    struct span raw = reader->json.text;
    if (token == JSON_TRUE || token == JSON_FALSE)
        return span_cstr(token == JSON_TRUE ? "true" : "false");
    if (token == JSON_NUMBER)
        return raw;
    if (token != JSON_STRING)
        return span_of(NULL, 0);
    uint8_t *copy = arena_alloc(reader->arena, raw.len + 1);
    return copy ? span_of(copy, json_string_decode_to(copy, raw)) : span_of(NULL, 0);
}

static enum err_code add_field(struct function_reader *reader, struct fields *fields, struct span name,
                               struct span value)
{
    struct span lower = arena_dup_lower(reader->arena, name);
    if (!lower.data || !value.data || fields->count >= FUNCTION_MAX_FIELDS)
        return err_set(reader->err, ERR_LIMIT, "more than %u headers or trailers", FUNCTION_MAX_FIELDS);
    return fields_add_view(fields, reader->arena, lower, value) ? ERR_OK : no_memory(reader);
}

enum err_code function_read_fields(struct function_reader *reader, const char *key, struct fields *fields)
{
    struct json_reader *json = &reader->json;
    enum json_token token = json_reader_next(json, reader->err);
    enum err_code code = ERR_OK;
    if (token == JSON_NULL)
        return ERR_OK;
    if (token != JSON_OBJECT_BEGIN)
        return function_wrong(reader, key, "an object of names and values");
    while (code == ERR_OK && (token = json_reader_next(json, reader->err)) == JSON_KEY) {
        struct span name = token_text(reader, JSON_STRING);
        token = json_reader_next(json, reader->err);
        bool list = token == JSON_ARRAY_BEGIN;
        if (list)
            token = json_reader_next(json, reader->err);
        while (code == ERR_OK && !(list && token == JSON_ARRAY_END)) {
            if (token != JSON_STRING && token != JSON_NUMBER && token != JSON_TRUE && token != JSON_FALSE)
                return function_wrong(reader, key, "text, or a list of texts");
            code = add_field(reader, fields, name, token_text(reader, token));
            if (!list)
                break;
            token = json_reader_next(json, reader->err);
        }
    }
    return code != ERR_OK || token == JSON_OBJECT_END ? code : function_wrong(reader, key, "a name");
}

static enum err_code read_status(struct function_reader *reader)
{
    enum json_token token = json_reader_next(&reader->json, reader->err);
    struct span text = reader->json.text;
    int status = 0;
    if (token != JSON_NUMBER && token != JSON_STRING)
        return function_wrong(reader, "statusCode", "a number");
    for (size_t i = 0; i < text.len; i++) {
        if (text.len != 3 || text.data[i] < '0' || text.data[i] > '9')
            return function_wrong(reader, "statusCode", "a number from 100 to 999");
        status = status * 10 + (text.data[i] - '0');
    }
    if (status < 100)
        return function_wrong(reader, "statusCode", "a number from 100 to 999");
    reader->answer->status = status;
    return ERR_OK;
}

static enum err_code read_body(struct function_reader *reader)
{
    enum json_token token = json_reader_next(&reader->json, reader->err);
    reader->answer->body = span_of(NULL, 0);
    if (token == JSON_NULL)
        return ERR_OK;
    if (token != JSON_STRING)
        return function_wrong(reader, "body", "text or null");
    reader->answer->body = token_text(reader, token);
    return reader->answer->body.data ? ERR_OK : no_memory(reader);
}

static enum err_code read_cookies(struct function_reader *reader)
{
    enum json_token token = json_reader_next(&reader->json, reader->err);
    enum err_code code = ERR_OK;
    if (token == JSON_NULL)
        return ERR_OK;
    if (token != JSON_ARRAY_BEGIN)
        return function_wrong(reader, "cookies", "a list of texts");
    while (code == ERR_OK && (token = json_reader_next(&reader->json, reader->err)) == JSON_STRING)
        code = add_field(reader, &reader->answer->cookies, span_cstr("set-cookie"), token_text(reader, token));
    return code != ERR_OK || token == JSON_ARRAY_END ? code : function_wrong(reader, "cookies", "text");
}

static enum err_code read_flag(struct function_reader *reader)
{
    enum json_token token = json_reader_next(&reader->json, reader->err);
    if (token != JSON_TRUE && token != JSON_FALSE && token != JSON_NULL)
        return function_wrong(reader, "isBase64Encoded", "true or false");
    reader->answer->encoded = token == JSON_TRUE;
    return ERR_OK;
}

static enum err_code read_other(struct function_reader *reader)
{
    bool taken = false;
    enum err_code code = reader->other ? reader->other(reader, reader->json.text, &taken) : ERR_OK;
    if (taken || code != ERR_OK)
        return code;
    return json_reader_skip(&reader->json, reader->err) == JSON_ERROR ? ERR_SYNTAX : ERR_OK;
}

static enum err_code read_member(struct function_reader *reader)
{
    struct span key = reader->json.text;
    if (span_is(key, "statusCode"))
        return read_status(reader);
    if (span_is(key, "headers"))
        return function_read_fields(reader, "headers", &reader->answer->single);
    if (span_is(key, "multiValueHeaders"))
        return function_read_fields(reader, "multiValueHeaders", &reader->answer->several);
    if (span_is(key, "cookies"))
        return read_cookies(reader);
    if (span_is(key, "body"))
        return read_body(reader);
    if (span_is(key, "isBase64Encoded"))
        return read_flag(reader);
    return read_other(reader);
}

static enum err_code join_headers(struct function_reader *reader)
{
    const struct fields *several = &reader->answer->several;
    const struct fields *single = &reader->answer->single;
    for (size_t i = 0; i < several->count + single->count; i++) {
        bool first = i < several->count;
        struct field field = first ? several->items[i] : single->items[i - several->count];
        bool replaced = false;
        for (size_t j = 0; !first && j < several->count; j++)
            replaced = replaced || span_equal(several->items[j].name, field.name);
        if (!replaced && !fields_add_view(&reader->answer->headers, reader->arena, field.name, field.value))
            return no_memory(reader);
    }
    return ERR_OK;
}

enum err_code function_answer_read(struct function_reader *reader, struct function_answer *answer, struct span text,
                                   struct err *err)
{
    enum json_token token;
    enum err_code code = ERR_OK;
    *answer = (struct function_answer){.status = 0};
    *err = (struct err){0};
    reader->answer = answer;
    reader->err = err;
    json_reader_init(&reader->json, text);
    if (json_reader_next(&reader->json, err) != JSON_OBJECT_BEGIN)
        return function_wrong(reader, "the event", "an object");
    while (code == ERR_OK && (token = json_reader_next(&reader->json, err)) == JSON_KEY)
        code = read_member(reader);
    if (code == ERR_OK && (token != JSON_OBJECT_END || json_reader_next(&reader->json, err) != JSON_END))
        code = function_wrong(reader, "the event", "one whole object");
    return code == ERR_OK ? join_headers(reader) : code;
}
