/* The fast way from JSON to wire bytes: objects, lists and maps. */
#include "harness/engine/protojson/json_to_proto_fast.h"

/* ---- lists and maps */

/* A list, from behind its '[' to behind its ']'. */
const uint8_t *fast_read_list(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    const uint8_t *end = input->end;
    unsigned how = field->packed ? WITH_DEFAULT : WITH_DEFAULT | WITH_TAG;
    size_t body = 0;
    if (input->depth == PROTOJSON_MAX_DEPTH)
        return NULL;
    at = fast_read_skip_space(at, end);
    if (fast_read_peek(at, end) == ']')
        return at + 1;
    if (!fast_read_room(input, SLACK))
        return NULL;
    input->depth++;
    size_t begin = fast_read_offset(input);
    if (field->packed)
        body = fast_read_body_begin(input, field);
    for (;;) {
        at = fast_read_value(input, at, field, how);
        if (!at)
            return NULL;
        at = fast_read_skip_space(at, end);
        uint8_t byte = fast_read_peek(at, end);
        if (byte == ']')
            break;
        if (byte != ',')
            return NULL;
        at = fast_read_skip_space(at + 1, end);
    }
    input->depth--;
    if (field->packed && fast_read_offset(input) == body)
        input->to = input->out->data + begin; /* all elements were unknown enum names, which are passed over */
    else if (field->packed && !fast_read_body_end(input, body))
        return NULL;
    return at + 1;
}

/* One entry of a map, from its key to behind its value. */
static const uint8_t *entry_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    const struct schema_field *fields = field->message->fields;
    const uint8_t *end = input->end;
    struct json_map_key *key = json_input_key_push(input);
    size_t index = input->key_count - 1;
    if (!key || fast_read_peek(at, end) != '"' || !fast_read_room(input, SLACK))
        return NULL;
    size_t body = fast_read_body_begin(input, field);
    if (fields[0].type == SCHEMA_STRING)
        at = fast_read_string(input, at, &fields[0], WITH_TAG | WITH_DEFAULT);
    else
        at = fast_read_value(input, at, &fields[0], WITH_TAG | WITH_DEFAULT | AS_KEY);
    if (!at)
        return NULL;
    *key = (struct json_map_key){.at = body + 1, .len = fast_read_offset(input) - body - 1};
    at = fast_read_skip_space(at, end);
    if (fast_read_peek(at, end) != ':')
        return NULL;
    size_t value = fast_read_offset(input);
    at = fast_read_value(input, fast_read_skip_space(at + 1, end), &fields[1], WITH_TAG | WITH_DEFAULT);
    if (!at || fast_read_offset(input) == value) /* an unknown enum name takes its entry with it */
        return NULL;
    size_t before = fast_read_offset(input);
    if (!fast_read_body_end(input, body))
        return NULL;
    input->keys[index].at += fast_read_offset(input) - before; /* the body has moved when its length took more bytes */
    return at;
}

/* A map, from behind its '{' to behind its '}'. */
const uint8_t *fast_read_map(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    const uint8_t *end = input->end;
    size_t first = input->key_count;
    if (input->depth == PROTOJSON_MAX_DEPTH)
        return NULL;
    at = fast_read_skip_space(at, end);
    if (fast_read_peek(at, end) == '}')
        return at + 1;
    input->depth++;
    for (;;) {
        at = entry_read(input, at, field);
        if (!at)
            return NULL;
        at = fast_read_skip_space(at, end);
        uint8_t byte = fast_read_peek(at, end);
        if (byte == '}')
            break;
        if (byte != ',')
            return NULL;
        at = fast_read_skip_space(at + 1, end);
    }
    input->depth--;
    enum err_code code = json_input_check_keys(input, first, NULL);
    input->key_count = first;
    return code == ERR_OK ? at + 1 : NULL;
}

static inline const uint8_t *field_read(struct json_input *input, const uint8_t *at, const struct schema_field *field)
{
    unsigned how = field->presence ? WITH_TAG | WITH_DEFAULT : WITH_TAG;
    uint8_t byte = fast_read_peek(at, input->end);
    if (byte == 'n' && input->end - at >= 4 && memcmp(at, "null", 4) == 0 &&
        (field->repeated || !json_input_takes_null(field)))
        return at + 4;
    if (!field->repeated)
        return fast_read_value(input, at, field, how);
    if (byte == '[' && !field->map)
        return fast_read_list(input, at + 1, field);
    if (byte == '{' && field->map && field->message->fields[0].type != SCHEMA_BOOL)
        return fast_read_map(input, at + 1, field);
    return fast_read_by_complete(input, at, field, how, true);
}

/* ---- objects */

/* Where a key ends (behind its colon and white space) when it is that of `field`; else NULL. */
static inline const uint8_t *key_match(const uint8_t *at, const uint8_t *end, const struct schema_field *field)
{
    const uint8_t *key = field->json_key.data;
    size_t len = field->json_key.len - 1; /* without the colon, before which there may be blanks */
    if ((size_t)(end - at) < len || at[1] != key[1] || memcmp(at, key, len) != 0)
        return NULL;
    at = fast_read_skip_space(at + len, end);
    return fast_read_peek(at, end) == ':' ? fast_read_skip_space(at + 1, end) : NULL;
}

/* Looks up the field that a key names: where the key ends, as from key_match, with *field NULL when no field has the
 * name. NULL when the key is malformed, has an escape, or may name an extension. */
static const uint8_t *key_find(struct json_input *input, const uint8_t *at, const struct schema_message *message,
                               const struct schema_field **field)
{
    const uint8_t *end = input->end;
    bool escaped;
    const uint8_t *quote = fast_read_string_end(at, end, &escaped);
    if (!quote || escaped)
        return NULL;
    *field = schema_field_by_json_name(message, span_of(at + 1, (size_t)(quote - at - 1)));
    if (!*field && at[1] == '[')
        return NULL; /* perhaps an extension of another message, which is not to be passed over */
    at = fast_read_skip_space(quote + 1, end);
    return fast_read_peek(at, end) == ':' ? fast_read_skip_space(at + 1, end) : NULL;
}

struct object {
    const struct schema_message *message;
    const struct schema_field *previous;
    size_t first; /* of its segments */
    uint64_t oneofs;
    size_t required; /* fields of proto2 that were given */
    bool ascending;
};

/* The value of a key that names a field. */
static inline const uint8_t *member_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                         struct object *object)
{
    if (object->previous && field <= object->previous) {
        object->ascending = false;
        if (input->segment_count - object->first > object->message->field_count)
            return NULL; /* some field came twice */
    }
    object->previous = field;
    struct json_segment *segment = json_input_segment_push(input);
    size_t index = input->segment_count - 1;
    if (!segment)
        return NULL;
    size_t begin = fast_read_offset(input);
    at = field_read(input, at, field);
    size_t end = fast_read_offset(input);
    input->segments[index] = (struct json_segment){.field = field, .begin = begin, .end = end, .key_at = index};
    object->required += field->required && end > begin;
    if (field->oneof_index >= 0 && end > begin) {
        if (field->oneof_index >= 64 || (object->oneofs >> field->oneof_index & 1) != 0)
            return NULL;
        object->oneofs |= (uint64_t)1 << field->oneof_index;
    }
    return at;
}

/* Whether all required fields were given. When a field came twice, the fast way has given up, so counting is enough. */
static bool required_given(const struct object *object)
{
    size_t required = 0;
    for (size_t i = 0; i < object->message->field_count; i++)
        required += object->message->fields[i].required;
    return object->required == required;
}

static const uint8_t *object_end(struct json_input *input, const uint8_t *at, const struct object *object)
{
    input->depth--;
    if (!object->message->proto3 && !required_given(object))
        return NULL;
    if (!object->ascending) {
        fast_read_close(input);
        if (json_input_sort(input, object->first, NULL) != ERR_OK)
            return NULL;
    }
    input->segment_count = object->first;
    return at + 1;
}

/* An object, from behind its '{' to behind its '}'. */
const uint8_t *fast_read_object(struct json_input *input, const uint8_t *at, const struct schema_message *message)
{
    struct object object = {.message = message, .first = input->segment_count, .ascending = true};
    const struct schema_field *next = message->fields;
    const struct schema_field *last = next + message->field_count;
    const uint8_t *end = input->end;
    if (input->depth == PROTOJSON_MAX_DEPTH)
        return NULL;
    input->depth++;
    at = fast_read_skip_space(at, end);
    if (fast_read_peek(at, end) == '}')
        return object_end(input, at, &object);
    for (;;) {
        const struct schema_field *field = next;
        const uint8_t *value = next != last && next->json_name_owner ? key_match(at, end, next) : NULL;
        if (!value) {
            value = key_find(input, at, message, &field);
            if (!value)
                return NULL;
        }
        if (field) {
            at = member_read(input, value, field, &object);
            next = field + 1;
        } else {
            at = fast_read_skip_unknown(input, value);
        }
        if (!at)
            return NULL;
        at = fast_read_skip_space(at, end);
        uint8_t byte = fast_read_peek(at, end);
        if (byte == '}')
            return object_end(input, at, &object);
        if (byte != ',')
            return NULL;
        at = fast_read_skip_space(at + 1, end);
    }
}

bool fast_read(struct json_input *input, const struct schema_message *message)
{
    const uint8_t *base = input->reader.input.data;
    if (!fast_read_open(input, SLACK))
        return false;
    input->end = base + input->reader.input.len;
    input->depth = input->reader.depth - 1; /* the '{' has been read */
    const uint8_t *at = fast_read_object(input, base + input->reader.at, message);
    if (!at)
        return false;
    fast_read_close(input);
    json_reader_passed(&input->reader, (size_t)(at - base), input->depth);
    return true;
}
