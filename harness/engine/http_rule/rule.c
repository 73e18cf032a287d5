/* Reads a google.api.HttpRule from its wire bytes. */
#include "harness/engine/http_rule/rule.h"

#include "harness/base/escape.h"
#include "harness/engine/proto/wire.h"

/* Field numbers of google.api.HttpRule. */
enum {
    RULE_GET = 2,
    RULE_PUT = 3,
    RULE_POST = 4,
    RULE_DELETE = 5,
    RULE_PATCH = 6,
    RULE_BODY = 7,
    RULE_CUSTOM = 8,
    RULE_ADDITIONAL = 11,
    RULE_RESPONSE_BODY = 12
};

struct reader {
    struct http_rule *rules;
    size_t count;
    bool custom; /* the pattern of the rule under way is a custom one so far */
    struct leniency_set lenient;
    struct arena *arena;
    struct err *err;
};

static enum err_code copy_text(struct reader *reader, struct span *out, struct span bytes)
{
    if (!escape_utf8_valid(bytes) || (bytes.len > 0 && memchr(bytes.data, 0, bytes.len)))
        return err_set(reader->err, ERR_SYNTAX, "google.api.http: text is not valid UTF-8 or holds a NUL byte");
    *out = arena_dup(reader->arena, bytes);
    return out->data ? ERR_OK : err_set(reader->err, ERR_LIMIT, "google.api.http: out of memory");
}

/* Occurrences of the custom pattern are merged: protoc writes one for each option statement that sets a part of it. */
static enum err_code parse_custom(struct reader *reader, struct http_rule *rule, struct span bytes)
{
    struct wire_reader rest;
    struct wire_field field;
    enum wire_result result = WIRE_END;
    enum err_code code = ERR_OK;
    wire_reader_init(&rest, bytes);
    while (code == ERR_OK && (result = wire_next(&rest, &field)) == WIRE_FIELD) {
        if (field.number == 1 && field.type == WIRE_LEN)
            code = copy_text(reader, &rule->method, field.bytes);
        else if (field.number == 2 && field.type == WIRE_LEN)
            code = copy_text(reader, &rule->path, field.bytes);
    }
    if (result == WIRE_BAD)
        return err_set(reader->err, ERR_SYNTAX, "google.api.http: malformed custom pattern");
    return code;
}

bool http_rule_is_method(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        bool alnum = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        if (!alnum && (byte == 0 || !strchr("!#$%&'*+-.^_`|~", byte)))
            return false;
    }
    return text.len > 0;
}

static enum err_code parse_pattern(struct reader *reader, struct http_rule *rule, const char *method, struct span bytes)
{
    reader->custom = false;
    rule->method = span_cstr(method);
    return copy_text(reader, &rule->path, bytes);
}

static enum err_code parse_field(struct reader *reader, struct http_rule *rule, const struct wire_field *field)
{
    switch (field->number) {
    case RULE_GET:
        return parse_pattern(reader, rule, "GET", field->bytes);
    case RULE_PUT:
        return parse_pattern(reader, rule, "PUT", field->bytes);
    case RULE_POST:
        return parse_pattern(reader, rule, "POST", field->bytes);
    case RULE_DELETE:
        return parse_pattern(reader, rule, "DELETE", field->bytes);
    case RULE_PATCH:
        return parse_pattern(reader, rule, "PATCH", field->bytes);
    case RULE_CUSTOM:
        if (!reader->custom)
            rule->method = rule->path = span_of(NULL, 0);
        reader->custom = true;
        return parse_custom(reader, rule, field->bytes);
    case RULE_BODY:
        return copy_text(reader, &rule->body, field->bytes);
    case RULE_RESPONSE_BODY:
        return copy_text(reader, &rule->response_body, field->bytes);
    default:
        return ERR_OK;
    }
}

/* Calls itself for additional bindings, each of which counts: no deeper than there may be bindings. */
static enum err_code parse_rule(struct reader *reader, struct span bytes, bool additional)
{
    if (reader->count == HTTP_RULE_MAX_BINDINGS)
        return err_set(reader->err, ERR_LIMIT, "google.api.http: more than %d bindings", HTTP_RULE_MAX_BINDINGS);
    struct http_rule *rule = &reader->rules[reader->count++];
    *rule = (struct http_rule){0};
    reader->custom = false;
    struct wire_reader rest;
    struct wire_field field;
    enum wire_result result;
    wire_reader_init(&rest, bytes);
    while ((result = wire_next(&rest, &field)) == WIRE_FIELD) {
        if (field.type != WIRE_LEN)
            continue;
        enum err_code code = ERR_OK;
        if (field.number == RULE_ADDITIONAL && additional && !leniency_has(reader->lenient, LENIENCY_NESTED_BINDINGS))
            return err_set(reader->err, ERR_SYNTAX,
                           "google.api.http: additional_bindings inside additional_bindings (one level is allowed)");
        if (field.number == RULE_ADDITIONAL) {
            bool custom = reader->custom;
            code = parse_rule(reader, field.bytes, true);
            reader->custom = custom;
        } else {
            code = parse_field(reader, rule, &field);
        }
        if (code != ERR_OK)
            return code;
    }
    if (result == WIRE_BAD)
        return err_set(reader->err, ERR_SYNTAX, "google.api.http: malformed rule");
    if (rule->method.len == 0 || rule->path.len == 0)
        return err_set(reader->err, ERR_SYNTAX, "google.api.http: binding %zu has no HTTP method or no path",
                       (size_t)(rule - reader->rules));
    if (!http_rule_is_method(rule->method)) /* the name is printed in Allow: nothing else may be in it */
        return err_set(reader->err, ERR_SYNTAX, "google.api.http: the HTTP method of binding %zu is not a token",
                       (size_t)(rule - reader->rules));
    return ERR_OK;
}

enum err_code http_rule_parse(struct http_rule **rules, size_t *count, struct leniency_set lenient, struct span bytes,
                              struct arena *arena, struct err *err)
{
    struct http_rule found[HTTP_RULE_MAX_BINDINGS];
    struct reader reader = {.rules = found, .lenient = lenient, .arena = arena, .err = err};
    enum err_code code = parse_rule(&reader, bytes, false);
    if (code != ERR_OK)
        return code;
    *rules = arena_alloc(arena, reader.count * sizeof **rules);
    if (!*rules)
        return err_set(err, ERR_LIMIT, "google.api.http: out of memory");
    memcpy(*rules, found, reader.count * sizeof **rules);
    *count = reader.count;
    return ERR_OK;
}
