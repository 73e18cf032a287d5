/* The complete way from JSON to wire bytes: messages, lists and maps. */
#include "harness/base/escape.h"
#include "harness/engine/protojson/json_to_proto_complete.h"
#include "harness/engine/protojson/leniency_text.h"

_Static_assert(PROTOJSON_MAX_DEPTH == JSON_READER_MAX_DEPTH, "the reader bounds the recursion here");

/* ---- lists and maps */

/* One value with its tag, when it is not the default of a field without presence (or the options want that, too). */
enum err_code complete_read_singular(struct json_input *input, const struct schema_field *field, enum json_token token,
                                     const struct json_path *path, bool keep_default)
{
    static const uint8_t zeros[8];
    struct buf *out = input->out;
    size_t begin = out->len;
    enum wire_type type = schema_wire_type(field->type);
    wire_put_tag(out, field->number, type);
    if (type == WIRE_GROUP_BEGIN) {
        enum err_code code = complete_read_message(input, field->message, token, path);
        wire_put_tag(out, field->number, WIRE_GROUP_END);
        return code;
    }
    if (field->message) {
        size_t body = wire_len_begin(out);
        enum err_code code = complete_read_message(input, field->message, token, path);
        wire_len_end(out, body);
        return code;
    }
    size_t value = out->len;
    bool dropped = false;
    enum err_code code = complete_read_scalar(input, field, token, path, &dropped);
    if (code != ERR_OK)
        return code;
    if (out->failed)
        return json_input_full(input, path);
    size_t len = out->len - value;
    keep_default = keep_default || input->options->write_defaults;
    if (dropped || (!keep_default && len <= sizeof zeros && memcmp(out->data + value, zeros, len) == 0))
        json_input_truncate(input, begin);
    return ERR_OK;
}

/* A list: each element with its own tag, or, when the field is packed, all elements behind one tag and their length. */
static enum err_code list_read(struct json_input *input, const struct schema_field *field, enum json_token token,
                               const struct json_path *path)
{
    struct buf *out = input->out;
    struct json_path here = {.up = path, .kind = JSON_PATH_INDEX};
    bool dropped;
    if (token != JSON_ARRAY_BEGIN && leniency_has(input->options->lenient, LENIENCY_SINGLE_AS_LIST))
        return complete_read_singular(input, field, token, path, true);
    if (token != JSON_ARRAY_BEGIN)
        return json_input_mismatch(input, path, "an array", token);
    size_t begin = out->len;
    bool packed = field->packed && schema_wire_type(field->type) != WIRE_LEN;
    size_t body = 0;
    if (packed) {
        wire_put_tag(out, field->number, WIRE_LEN);
        body = wire_len_begin(out);
    }
    for (;; here.index++) {
        token = json_input_next(input, &here);
        if (token == JSON_ARRAY_END)
            break;
        if (complete_read_passes_null(input, field, token))
            continue;
        enum err_code code = packed ? complete_read_scalar(input, field, token, &here, &dropped)
                                    : complete_read_singular(input, field, token, &here, true);
        if (code != ERR_OK)
            return code;
        if (out->failed)
            return json_input_full(input, &here);
    }
    if (packed && out->len == body)
        json_input_truncate(input, begin);
    else if (packed)
        wire_len_end(out, body);
    return ERR_OK;
}

/* One entry, after its KEY. A value that is dropped (an unknown enum name) takes the entry with it. */
static enum err_code map_entry_read(struct json_input *input, const struct schema_field *field,
                                    struct json_map_key *key, const struct json_path *path)
{
    struct buf *out = input->out;
    const struct schema_field *fields = field->message->fields;
    size_t begin = out->len;
    key->key_at = input->reader.token_at;
    wire_put_tag(out, field->number, WIRE_LEN);
    size_t body = wire_len_begin(out);
    wire_put_tag(out, 1, schema_wire_type(fields[0].type));
    key->at = out->len;
    enum err_code code = complete_read_map_key(input, &fields[0], path);
    if (code != ERR_OK)
        return code;
    key->len = out->len - key->at;
    enum json_token token = json_input_next(input, path);
    size_t value = out->len;
    if (!complete_read_passes_null(input, &fields[1], token))
        code = complete_read_singular(input, &fields[1], token, path, true);
    if (code != ERR_OK)
        return code;
    if (out->failed)
        return json_input_full(input, path);
    if (out->len == value) {
        json_input_truncate(input, begin);
        key->len = SIZE_MAX;
        return ERR_OK;
    }
    size_t before = out->len;
    wire_len_end(out, body);
    key->at += out->len - before; /* the body has moved when its length took more than one byte */
    return out->failed ? json_input_full(input, path) : ERR_OK;
}

static enum err_code map_read(struct json_input *input, const struct schema_field *field, enum json_token token,
                              const struct json_path *path)
{
    struct json_path here = {.up = path, .kind = JSON_PATH_NAME};
    size_t first = input->key_count;
    if (token != JSON_OBJECT_BEGIN)
        return json_input_mismatch(input, path, "an object", token);
    while ((token = json_input_next(input, path)) == JSON_KEY) {
        here.name = input->reader.text;
        if (!json_input_key_push(input))
            return json_path_err(&input->err, ERR_LIMIT, &here, input->reader.token_at,
                                 "expected fewer map entries, found more than there is memory for");
        struct json_map_key key;
        size_t index = input->key_count - 1;
        enum err_code code = map_entry_read(input, field, &key, &here);
        if (code != ERR_OK)
            return code;
        input->keys[index] = key;
        input->key_count = index + (key.len != SIZE_MAX);
    }
    if (token == JSON_ERROR)
        return input->err.code;
    enum err_code code = json_input_check_keys(input, first, path);
    input->key_count = first;
    return code;
}

enum err_code complete_read_field(struct json_input *input, const struct schema_field *field, enum json_token token,
                                  const struct json_path *path, bool keep_default)
{
    if (token == JSON_ERROR)
        return input->err.code;
    if (token == JSON_NULL && (field->repeated || !json_input_takes_null(field)))
        return ERR_OK;
    if (field->map)
        return map_read(input, field, token, path);
    if (field->repeated)
        return list_read(input, field, token, path);
    return complete_read_singular(input, field, token, path, keep_default);
}

/* ---- messages */

/* proto2: each required field must have been given. The segments are in ascending order of field number. */
static enum err_code required_check(struct json_input *input, const struct schema_message *message, size_t first,
                                    const struct json_path *path)
{
    size_t at = first;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct schema_field *field = &message->fields[i];
        while (at < input->segment_count && input->segments[at].field->number < field->number)
            at++;
        bool given = at < input->segment_count && input->segments[at].field == field &&
                     input->segments[at].end > input->segments[at].begin;
        if (field->required && !given)
            return json_path_err(&input->err, ERR_RANGE, path, input->reader.token_at,
                                 "expected the required field %.*s, found none", SPAN_FMT(field->name));
    }
    return ERR_OK;
}

/* At most one member of a oneof may be set (null does not set). */
static enum err_code oneof_check(struct json_input *input, size_t first, const struct json_segment *last,
                                 const struct json_path *path)
{
    for (const struct json_segment *other = input->segments + first; other < last; other++) {
        if (other->field->oneof_index == last->field->oneof_index && other->end > other->begin &&
            (other->field != last->field || !leniency_has(input->options->lenient, LENIENCY_DUPLICATE_KEYS)))
            return json_path_err(&input->err, ERR_RANGE, path, last->key_at,
                                 "expected one member of the oneof %.*s, found %.*s after %.*s",
                                 SPAN_FMT(last->field->containing->oneof_names[last->field->oneof_index]),
                                 SPAN_FMT(last->field->json_name), SPAN_FMT(other->field->json_name));
    }
    return ERR_OK;
}

/* What a key that names no field leads to: passed over, or an error. An extension of another message is not unknown, so
 * that it is never passed over (libprotobuf, Go and upb agree). */
static enum err_code unknown_read(struct json_input *input, const struct schema_message *message, struct span name,
                                  const struct json_path *path)
{
    char quoted[ESCAPE_QUOTE_MAX];
    bool bracketed = name.len > 2 && name.data[0] == '[' && name.data[name.len - 1] == ']';
    const struct schema_field *extension =
        bracketed ? schema_extension_find(message->schema, span_of(name.data + 1, name.len - 2)) : NULL;
    if (extension)
        return json_path_err(&input->err, ERR_RANGE, path, input->reader.token_at,
                             "expected a field of %.*s, found %s, which extends %.*s", SPAN_FMT(message->name),
                             escape_quote(name, quoted), SPAN_FMT(extension->containing->name));
    if (input->options->ignore_unknown_fields)
        return json_input_skip(input, path) ? ERR_OK : input->err.code;
    return json_path_err(&input->err, ERR_RANGE, path, input->reader.token_at, "expected a field of %.*s, found %s",
                         SPAN_FMT(message->name), escape_quote(input->reader.text, quoted));
}

/* The value of a key that names a field. */
static enum err_code member_read(struct json_input *input, const struct schema_field *field, size_t first,
                                 const struct json_path *path)
{
    struct json_path here = field_path(path, field);
    size_t index = input->segment_count;
    if (!json_input_segment_push(input))
        return json_input_full(input, &here);
    input->segments[index] = (struct json_segment){
        .field = field, .begin = input->out->len, .end = input->out->len, .key_at = input->reader.token_at};
    enum json_token token = json_input_next(input, &here);
    enum err_code code = complete_read_field(input, field, token, &here, field->presence);
    if (code != ERR_OK)
        return code;
    if (input->out->failed)
        return json_input_full(input, &here);
    struct json_segment *segment = &input->segments[index]; /* the stack may have moved */
    segment->end = input->out->len;
    return field->oneof_index >= 0 && segment->end > segment->begin ? oneof_check(input, first, segment, path) : ERR_OK;
}

enum err_code complete_read_object(struct json_input *input, const struct schema_message *message,
                                   const struct json_path *path, bool in_any)
{
    size_t first = input->segment_count;
    const struct schema_field *previous = NULL;
    bool ascending = true;
    bool type_seen = false;
    enum err_code code = ERR_OK;
    enum json_token token;
    while (code == ERR_OK && (token = json_input_next(input, path)) != JSON_OBJECT_END) {
        struct span name;
        if (token == JSON_ERROR)
            return input->err.code;
        if (!json_input_text(input, &name))
            return json_input_full(input, path);
        if (in_any && span_is(name, "@type")) {
            if (type_seen)
                return json_input_bad_text(input, path, "\"@type\" once", JSON_KEY);
            type_seen = true;
            if (!json_input_skip(input, path))
                return input->err.code;
            continue;
        }
        const struct schema_field *field = schema_field_by_json_name(message, name);
        if (!field)
            field = leniency_text_field(input->options->lenient, message, name);
        if (!field) {
            code = unknown_read(input, message, name, path);
            continue;
        }
        if (previous && field->number <= previous->number) {
            ascending = false;
            size_t count = input->segment_count - first;
            bool lenient = leniency_has(input->options->lenient, LENIENCY_DUPLICATE_KEYS);
            if (count > message->field_count && !lenient)
                break; /* then some field came twice, and the sorting finds it */
            if (count > 2 * message->field_count + 64)
                code = json_input_sort(input, first, path); /* leaves one of each */
            if (code != ERR_OK)
                break;
        }
        previous = field;
        code = member_read(input, field, first, path);
    }
    if (code == ERR_OK && !ascending)
        code = json_input_sort(input, first, path);
    if (code == ERR_OK && !message->proto3 && !protojson_is_partial(input->options))
        code = required_check(input, message, first, path);
    input->segment_count = first;
    return code;
}

enum err_code complete_read_message(struct json_input *input, const struct schema_message *message,
                                    enum json_token token, const struct json_path *path)
{
    switch (message->well_known) {
    case SCHEMA_WKT_NONE:
    case SCHEMA_WKT_EMPTY:
    case SCHEMA_WKT_HTTP_BODY:
        if (token != JSON_OBJECT_BEGIN)
            return json_input_mismatch(input, path, "an object", token);
        if (!input->complete && json_input_is_plain(message))
            return fast_read(input, message) ? ERR_OK : ERR_SYNTAX;
        return complete_read_object(input, message, path, false);
    default:
        if (token == JSON_ERROR)
            return input->err.code;
        return complete_read_well_known(input, message, token, path);
    }
}
