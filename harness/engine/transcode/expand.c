/* The HTTP request that stands for a request message. */
#include "harness/engine/transcode/expand.h"

#include "harness/engine/json/reader.h"
#include "harness/engine/transcode/field.h"

#define MAX_JSON (64u << 20)

struct expand {
    const struct router_binding *binding;
    struct arena *arena;
    struct err *err;
    struct span json; /* of the whole message, with fields that have their default */
    struct buf target;
    bool has_query;
    struct span texts[PATH_TEMPLATE_MAX_VARIABLES]; /* of the variables */
};

static enum err_code full(struct expand *expand)
{
    return err_set(expand->err, ERR_LIMIT, "the HTTP request is too large");
}

/* What http.proto does not name is %XX. */
static void put_encoded(struct buf *out, struct span text, bool keep_slash)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                     c == '_' || c == '.' || c == '~' || (keep_slash && c == '/');
        if (plain)
            buf_append_byte(out, c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

/* The text of a scalar, as a URL has it. data NULL: it is none, or memory is short. */
static struct span scalar_text(const struct json_reader *reader, enum json_token token, struct arena *arena)
{
    switch (token) {
    case JSON_STRING:
        return transcode_json_text(reader, arena);
    case JSON_NUMBER:
        return reader->text;
    case JSON_TRUE:
        return span_cstr("true");
    case JSON_FALSE:
        return span_cstr("false");
    case JSON_NULL: /* only google.protobuf.NullValue is printed so */
        return span_cstr("NULL_VALUE");
    default:
        return span_of(NULL, 0);
    }
}

/* ---- the path */

/* The value at the end of a field path. data NULL: one of its messages is not set. */
static struct span variable_text(struct expand *expand, const struct router_field_path *path)
{
    struct json_reader reader;
    json_reader_init(&reader, expand->json);
    enum json_token token = json_reader_next(&reader, NULL);
    for (size_t i = 0; i < path->count; i++) {
        bool found = false;
        while (!found && json_reader_next(&reader, NULL) == JSON_KEY) {
            found = span_equal(transcode_json_text(&reader, expand->arena), path->fields[i]->json_name);
            if (!found && json_reader_skip(&reader, NULL) == JSON_ERROR)
                return span_of(NULL, 0);
        }
        if (!found)
            return span_of(NULL, 0);
        token = json_reader_next(&reader, NULL);
    }
    return scalar_text(&reader, token, expand->arena);
}

static bool has_dot_segment(struct span text)
{
    for (size_t at = 0; at <= text.len;) {
        size_t end = span_index_of(text, '/', at);
        struct span segment = span_of(text.data + at, end - at);
        if (span_is(segment, ".") || span_is(segment, ".."))
            return true;
        at = end + 1;
    }
    return false;
}

static enum err_code bad_variable(struct expand *expand, size_t index, const char *why)
{
    return err_set(expand->err, ERR_RANGE, "path variable %.*s: %s",
                   SPAN_FMT(expand->binding->path_template.variables[index].field_path), why);
}

static enum err_code find_variables(struct expand *expand)
{
    const struct path_template *path = &expand->binding->path_template;
    for (size_t i = 0; i < path->variable_count; i++) {
        struct span text = variable_text(expand, &expand->binding->variable_fields[i]);
        if (text.len == 0)
            return bad_variable(expand, i, "it is empty");
        if (has_dot_segment(text))
            return bad_variable(expand, i, "a dot segment does not stay in a path");
        expand->texts[i] = text;
    }
    return ERR_OK;
}

static void put_path(struct expand *expand)
{
    const struct path_template *path = &expand->binding->path_template;
    size_t variable = 0;
    for (size_t i = 0; i < path->segment_count;) {
        buf_append_byte(&expand->target, '/');
        while (variable < path->variable_count && path->variables[variable].first < i)
            variable++;
        if (variable < path->variable_count && path->variables[variable].first == i) {
            put_encoded(&expand->target, expand->texts[variable], path->variables[variable].multi);
            i += path->variables[variable].count;
            continue;
        }
        /* A wildcard that is no variable stands for anything. */
        buf_append_span(&expand->target,
                        path->segments[i].kind == PATH_LITERAL ? path->segments[i].literal : span_cstr("-"));
        i++;
    }
    if (path->verb.len > 0)
        buf_printf(&expand->target, ":%.*s", SPAN_FMT(path->verb));
}

/* The path must be read as it was meant. */
static enum err_code check_path(struct expand *expand)
{
    static const struct leniency_set strict;
    const struct path_template *path = &expand->binding->path_template;
    struct path_capture captures[PATH_TEMPLATE_MAX_VARIABLES];
    if (expand->target.failed)
        return full(expand);
    bool matches = path_template_match(path, strict, buf_span(&expand->target), expand->arena, captures, NULL);
    for (size_t i = 0; i < path->variable_count; i++) {
        if (!matches || !span_equal(captures[i].value, expand->texts[i]))
            return bad_variable(expand, i, "it does not have the form of its segments");
    }
    return ERR_OK;
}

/* ---- what is left of the message */

/* All fields but the one at the end of the field path. */
static void copy_without(struct buf *out, struct span wire, const struct schema_field *const *fields, size_t count)
{
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, wire);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.number != fields[0]->number) {
            buf_append(out, field.tag_at, (size_t)(reader.at - field.tag_at));
        } else if (count > 1 && field.type == WIRE_LEN) {
            wire_put_tag(out, field.number, WIRE_LEN);
            size_t at = wire_len_begin(out);
            copy_without(out, field.bytes, fields + 1, count - 1);
            wire_len_end(out, at);
        }
    }
}

static enum err_code remove_field(struct expand *expand, struct span *message, const struct schema_field *const *fields,
                                  size_t count)
{
    struct buf out;
    buf_init(&out, message->len + 64);
    copy_without(&out, *message, fields, count);
    struct span copy = out.failed ? span_of(NULL, 0) : arena_dup(expand->arena, buf_span(&out));
    buf_fini(&out);
    if (!copy.data)
        return full(expand);
    *message = copy;
    return ERR_OK;
}

static enum err_code remove_variables(struct expand *expand, struct span *message)
{
    const struct router_binding *binding = expand->binding;
    enum err_code code = ERR_OK;
    for (size_t i = 0; i < binding->path_template.variable_count && code == ERR_OK; i++)
        code = remove_field(expand, message, binding->variable_fields[i].fields, binding->variable_fields[i].count);
    return code;
}

/* ---- the query */

static enum err_code put_parameter(struct expand *expand, struct span name, struct span value)
{
    if (!value.data)
        return full(expand);
    buf_append_byte(&expand->target, expand->has_query ? '&' : '?');
    expand->has_query = true;
    put_encoded(&expand->target, name, false);
    buf_append_byte(&expand->target, '=');
    put_encoded(&expand->target, value, false);
    return expand->target.failed ? full(expand) : ERR_OK;
}

/* Whether it can be a parameter, or holds such fields. */
static bool has_text(const struct schema_field *field)
{
    enum schema_well_known kind = field->message ? field->message->well_known : SCHEMA_WKT_NONE;
    return !field->extension && !field->map && !(field->repeated && field->message) && kind != SCHEMA_WKT_ANY &&
           kind != SCHEMA_WKT_STRUCT && kind != SCHEMA_WKT_VALUE && kind != SCHEMA_WKT_LIST_VALUE;
}

static enum err_code put_fields(struct expand *expand, struct json_reader *reader, const struct schema_message *type,
                                struct span prefix, size_t depth);

/* Of the value that the reader is at, whose first token was `token`. */
static enum err_code put_value(struct expand *expand, struct json_reader *reader, enum json_token token,
                               const struct schema_field *field, struct span name, size_t depth)
{
    enum err_code code = ERR_OK;
    if (token == JSON_OBJECT_BEGIN && !field->repeated)
        return put_fields(expand, reader, field->message, name, depth + 1);
    if (token != JSON_ARRAY_BEGIN)
        return put_parameter(expand, name, scalar_text(reader, token, expand->arena));
    while (code == ERR_OK && (token = json_reader_next(reader, NULL)) != JSON_ARRAY_END)
        code = put_parameter(expand, name, scalar_text(reader, token, expand->arena));
    return code;
}

/* The members of an object that is open, to its end. */
static enum err_code put_fields(struct expand *expand, struct json_reader *reader, const struct schema_message *type,
                                struct span prefix, size_t depth)
{
    enum err_code code = ERR_OK;
    if (depth > QUERY_MAX_DEPTH)
        return err_set(expand->err, ERR_RANGE, "query parameter %.*s: it is too deep", SPAN_FMT(prefix));
    while (code == ERR_OK && json_reader_next(reader, NULL) == JSON_KEY) {
        struct span key = transcode_json_text(reader, expand->arena);
        const char *name = key.data ? arena_printf(expand->arena, "%.*s%s%.*s", SPAN_FMT(prefix),
                                                   prefix.len > 0 ? "." : "", SPAN_FMT(key))
                                    : NULL;
        const struct schema_field *field = name ? schema_field_by_json_name(type, key) : NULL;
        if (!field)
            return full(expand);
        if (!has_text(field))
            return err_set(expand->err, ERR_RANGE, "query parameter %s: such a field has no form in a URL", name);
        code = put_value(expand, reader, json_reader_next(reader, NULL), field, span_cstr(name), depth);
    }
    return code;
}

static enum err_code put_query(struct expand *expand, struct span message)
{
    static const struct protojson_options options;
    struct json_reader reader;
    struct buf json;
    buf_init(&json, MAX_JSON);
    enum err_code code =
        proto_to_json(&json, expand->binding->method->input, message, &options, expand->arena, expand->err);
    json_reader_init(&reader, buf_span(&json));
    /* A message with a form of its own, such as google.protobuf.Timestamp, has no fields that could be parameters. */
    if (code == ERR_OK && json_reader_next(&reader, NULL) == JSON_OBJECT_BEGIN)
        code = put_fields(expand, &reader, expand->binding->method->input, span_cstr(""), 0);
    buf_fini(&json);
    return code;
}

/* ---- the body */

/* A body sets its field, also one that was not set. */
static bool another_of_its_oneof_is_set(const struct schema_message *type, const struct schema_field *body,
                                        struct span message)
{
    const struct schema_field *set = NULL;
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, message);
    while (body->oneof_index >= 0 && wire_next(&reader, &field) == WIRE_FIELD) {
        const struct schema_field *known = schema_field_by_number(type, field.number);
        if (known && known->oneof_index == body->oneof_index)
            set = known;
    }
    return set && set != body;
}

static enum err_code put_body(struct transcode_expansion *out, struct expand *expand, struct span message)
{
    static const struct transcode_options options;
    const struct router_binding *binding = expand->binding;
    /* It is written as the response of a method is that returns what this one takes. */
    struct schema_method echo = *binding->method;
    echo.output = echo.input;
    const struct router_binding back = {.method = &echo, .response_body_field = binding->body_field};
    struct buf body;
    buf_init(&body, MAX_JSON);
    enum err_code code =
        transcode_response(&body, &out->content_type, &back, message, &options, expand->arena, expand->err);
    bool unset = binding->body_field && binding->body_field->message && span_is(buf_span(&body), "null") &&
                 binding->body_field->message->well_known != SCHEMA_WKT_VALUE;
    out->body = arena_dup(expand->arena, unset ? span_cstr("{}") : buf_span(&body));
    buf_fini(&body);
    if (out->content_type.len == 0)
        out->content_type = span_cstr(transcode_body_is_raw(binding) ? "application/octet-stream" : "application/json");
    return code == ERR_OK && !out->body.data ? full(expand) : code;
}

/* ---- all of it */

static enum err_code expand_all(struct transcode_expansion *out, struct expand *expand, struct span message)
{
    const struct router_binding *binding = expand->binding;
    const struct schema_field *body = binding->body_field;
    struct span rest = message;
    if (body && another_of_its_oneof_is_set(binding->method->input, body, message))
        return err_set(expand->err, ERR_RANGE, "the body: another member of its oneof is set");
    enum err_code code = find_variables(expand);
    if (code == ERR_OK)
        put_path(expand);
    if (code == ERR_OK)
        code = check_path(expand);
    if (code == ERR_OK)
        code = remove_variables(expand, &rest);
    if (code == ERR_OK && (body || binding->body_all))
        code = put_body(out, expand, body ? message : rest);
    if (code == ERR_OK && body)
        code = remove_field(expand, &rest, &body, 1);
    if (code == ERR_OK && !binding->body_all)
        code = put_query(expand, rest);
    if (code != ERR_OK)
        return code;
    out->method = span_is(binding->rule.method, "*") ? span_cstr("POST") : binding->rule.method;
    out->target = arena_dup(expand->arena, buf_span(&expand->target));
    return out->target.data ? ERR_OK : full(expand);
}

enum err_code transcode_expand(struct transcode_expansion *out, const struct router_binding *binding,
                               struct span message, struct arena *arena, struct err *err)
{
    static const struct protojson_options options = {.print_defaults = true};
    struct expand expand = {.binding = binding, .arena = arena, .err = err};
    struct buf json;
    *out = (struct transcode_expansion){0};
    buf_init(&json, MAX_JSON);
    buf_init(&expand.target, MAX_JSON);
    enum err_code code = proto_to_json(&json, binding->method->input, message, &options, arena, err);
    expand.json = buf_span(&json);
    if (code == ERR_OK)
        code = expand_all(out, &expand, message);
    buf_fini(&expand.target);
    buf_fini(&json);
    return code;
}
