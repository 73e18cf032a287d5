/* The fast way from wire bytes to JSON: messages, lists and maps. */
#include "harness/engine/protojson/proto_to_json_fast.h"
#include "harness/engine/protojson/proto_to_json_complete.h"

/* Whether a value is the default of its type. Of 32-bit types only the lower half of the varint counts. */
static inline bool value_is_default(const struct schema_field *field, struct fast_value value)
{
    if ((uint32_t)value.number != 0)
        return false;
    bool narrow = field->type == SCHEMA_INT32 || field->type == SCHEMA_UINT32 || field->type == SCHEMA_SINT32 ||
                  field->type == SCHEMA_ENUM;
    return narrow || value.number == 0;
}

static inline uint8_t *value_put(struct json_output *output, uint8_t *to, const struct schema_field *field,
                                 struct fast_value value)
{
    if (field->type == SCHEMA_STRING)
        return fast_print_string(output, to, fast_value_bytes(value));
    return fast_print_value(output, to, field, value);
}

/* Prints `separator`, the key of a field, and a colon. */
static inline uint8_t *key_put(struct json_output *output, uint8_t *to, const struct schema_field *field,
                               uint8_t separator)
{
    struct span key = output->options->proto_names ? field->name_key : field->json_key;
    to = fast_print_room(output, to, key.len + 2 * SLACK);
    if (!to)
        return NULL;
    *to++ = separator;
    memcpy(to, key.data, SCHEMA_KEY_PAD);
    if (key.len > SCHEMA_KEY_PAD)
        memcpy(to, key.data, key.len);
    return to + key.len;
}

/* ---- lists */

/* Whether another value of the field follows, behind the same tag. In a packed list there are no tags (an empty one).
 */
static inline bool value_follows(struct span tag, const uint8_t *at, const uint8_t *end)
{
    if (at == end || tag.len <= 1)
        return at != end && (tag.len == 0 || *at == *tag.data);
    return (size_t)(end - at) >= tag.len && memcmp(at, tag.data, tag.len) == 0;
}

/* Prints a list: neighbouring elements that stand each behind the same tag, or the elements of a packed list, with an
 * empty tag. *rest is where the first value begins; it becomes the end of the last. */
static uint8_t *list_print(struct json_output *output, uint8_t *to, const struct schema_field *field, struct span tag,
                           const uint8_t **rest, const uint8_t *end)
{
    const uint8_t *at = *rest;
    uint8_t separator = '[';
    if (output->depth == PROTOJSON_MAX_DEPTH)
        return NULL;
    output->depth++;
    for (;;) {
        struct fast_value value;
        at = fast_value_next(&value, at, end, field->wire_type);
        to = fast_print_room(output, to, 2 * SLACK);
        if (!at || !to)
            return NULL;
        *to++ = separator;
        separator = ',';
        to = value_put(output, to, field, value);
        if (!to)
            return NULL;
        if (!value_follows(tag, at, end))
            break;
        at += tag.len;
    }
    *rest = at;
    output->depth--;
    to = fast_print_room(output, to, SLACK);
    if (to)
        *to++ = ']';
    return to;
}

/* ---- maps */

/* Notes one entry of a map; false unless it is its key and then its value, as serializers write it. */
static inline bool entry_read(struct json_map_entry *entry, const struct schema_message *message, struct span bytes)
{
    const struct schema_field *key = &message->fields[0];
    const struct schema_field *mapped = &message->fields[1];
    const uint8_t *end = bytes.data + bytes.len;
    struct fast_value name;
    struct fast_value inner;
    if (bytes.len == 0 || *bytes.data != key->tag[0])
        return false;
    const uint8_t *at = fast_value_next(&name, bytes.data + 1, end, key->wire_type);
    if (!at || at == end || *at != mapped->tag[0] || fast_value_next(&inner, at + 1, end, mapped->wire_type) != end)
        return false;
    if (key->type == SCHEMA_STRING) {
        entry->name = fast_value_bytes(name);
        entry->order = 0;
    } else {
        entry->name = span_of(NULL, 0);
        entry->order = json_output_key_order(key->type, name.number);
    }
    entry->value = name.number;
    entry->fields = span_of(at + 1, (size_t)(end - at - 1));
    return true;
}

static struct json_map_entry *entry_push(struct json_output *output)
{
    struct json_map_entry *entries = output->entries;
    if (output->entry_count == output->entry_cap) {
        entries = arena_grow(output->arena, entries, output->entry_count, output->entry_count + 1, &output->entry_cap,
                             sizeof *entries);
        if (!entries)
            return NULL;
        output->entries = entries;
    }
    return &entries[output->entry_count++];
}

static uint8_t *entry_print(struct json_output *output, uint8_t *to, const struct schema_message *message,
                            struct json_map_entry entry)
{
    const struct schema_field *key = &message->fields[0];
    const struct schema_field *mapped = &message->fields[1];
    struct fast_value value = {0};
    if (key->type == SCHEMA_STRING)
        to = fast_print_string(output, to, entry.name);
    else
        to += json_scalar_text((char *)to, key->type, entry.value, true);
    to = to ? fast_print_room(output, to, 2 * SLACK) : NULL;
    if (!to)
        return NULL;
    *to++ = ':';
    fast_value_next(&value, entry.fields.data, entry.fields.data + entry.fields.len, mapped->wire_type);
    return value_put(output, to, mapped, value);
}

/* Sorts the entries; false when two keys are equal. */
static bool entries_order(struct json_map_entry *entries, size_t count)
{
    json_output_entries_sort(entries, count);
    for (size_t i = 1; i < count; i++) {
        if (json_output_entry_order(&entries[i - 1], &entries[i]) == 0)
            return false;
    }
    return true;
}

/* Prints a map, as list_print does a list, with the entries in order of their keys. */
static uint8_t *map_print(struct json_output *output, uint8_t *to, const struct schema_field *field, struct span tag,
                          const uint8_t **rest, const uint8_t *end)
{
    const uint8_t *at = *rest;
    size_t first = output->entry_count;
    if (output->depth == PROTOJSON_MAX_DEPTH)
        return NULL;
    output->depth++;
    for (;;) {
        struct fast_value value;
        at = fast_value_next(&value, at, end, WIRE_LEN);
        struct json_map_entry *entry = at ? entry_push(output) : NULL;
        if (!entry || !entry_read(entry, field->message, fast_value_bytes(value)))
            return NULL;
        if (!value_follows(tag, at, end))
            break;
        at += tag.len;
    }
    *rest = at;
    size_t last = output->entry_count;
    if (!entries_order(output->entries + first, last - first))
        return NULL;
    for (size_t i = first; i < last; i++) {
        to = fast_print_room(output, to, 2 * SLACK);
        if (!to)
            return NULL;
        *to++ = i == first ? '{' : ',';
        to = entry_print(output, to, field->message, output->entries[i]);
        if (!to)
            return NULL;
    }
    output->entry_count = first;
    output->depth--;
    to = fast_print_room(output, to, SLACK);
    if (to)
        *to++ = '}';
    return to;
}

/* ---- messages */

/* Prints the defaults of absent fields: of those from `field` to before `last` that have one. */
static uint8_t *defaults_print(struct json_output *output, uint8_t *to, const struct schema_field *field,
                               const struct schema_field *last, uint8_t *separator)
{
    const struct fast_value zero = {0};
    for (; field != last; field++) {
        if (!json_output_has_default(field))
            continue;
        to = key_put(output, to, field, *separator);
        *separator = ',';
        if (!to)
            return NULL;
        if (field->repeated && output->depth == PROTOJSON_MAX_DEPTH)
            return NULL;
        if (field->repeated || field->type == SCHEMA_STRING || field->type == SCHEMA_BYTES) {
            memcpy(to, field->map ? "{}" : field->repeated ? "[]" : "\"\"", 2);
            to += 2;
        } else if (field->type == SCHEMA_ENUM && field->enumeration->closed) {
            return NULL; /* its default is the first value, which the complete way knows */
        } else {
            to = fast_print_value(output, to, field, zero);
        }
        if (!to)
            return NULL;
    }
    return to;
}

/* Prints key and value of a repeated field, from all of its neighbouring occurrences. `tag` is that of the first; *rest
 * is behind it, and becomes the end of the last occurrence. */
static uint8_t *repeated_print(struct json_output *output, uint8_t *to, const struct schema_field *field,
                               struct span tag, const uint8_t **rest, const uint8_t *end, uint8_t *separator)
{
    if ((*tag.data & 7) != field->wire_type) { /* packed */
        struct fast_value value;
        *rest = fast_value_next(&value, *rest, end, WIRE_LEN);
        if (!*rest)
            return NULL;
        if (value.number == 0) /* a list without elements */
            return output->options->print_defaults ? defaults_print(output, to, field, field + 1, separator) : to;
        tag.len = 0;
        end = *rest;
        *rest = value.data;
    }
    to = key_put(output, to, field, *separator);
    *separator = ',';
    if (!to)
        return NULL;
    return field->map ? map_print(output, to, field, tag, rest, end) : list_print(output, to, field, tag, rest, end);
}

static const uint8_t *unknown_skip(const uint8_t *tag, const uint8_t *end)
{
    struct wire_reader reader = {.at = tag, .end = end};
    struct wire_field field;
    return wire_next(&reader, &field) == WIRE_FIELD ? reader.at : NULL;
}

/* Looks up the field whose tag begins at *at, and moves *at behind the tag; *found is NULL when the field is unknown
 * and has been passed over as a whole. false when the bytes are malformed. */
static bool tag_read(const struct schema_message *message, const uint8_t **at, const uint8_t *end,
                     const struct schema_field **found)
{
    const uint8_t *tag = *at;
    uint32_t number;
    unsigned type;
    *at = wire_tag_next(tag, end, &number, &type);
    if (!*at)
        return false;
    const struct schema_field *field = schema_field_by_number(message, number);
    if (field && (field->index >= message->field_count || field != &message->fields[field->index]))
        return false; /* the order of fields is here that of their addresses */
    if (!field || !json_output_type_fits(field, (enum wire_type)type)) {
        *found = NULL;
        *at = unknown_skip(tag, end);
        return *at != NULL;
    }
    *found = field;
    return true;
}

/* Notes a member of a oneof; false when another one was there before, or when there are too many oneofs to tell. */
static inline bool oneof_take(uint64_t *oneofs, const struct schema_field *field)
{
    if (field->oneof_index < 0)
        return true;
    if (field->oneof_index >= 64 || (*oneofs >> field->oneof_index & 1) != 0)
        return false;
    *oneofs |= (uint64_t)1 << field->oneof_index;
    return true;
}

static uint8_t *object_print(struct json_output *output, uint8_t *to, const struct schema_message *message,
                             struct span wire)
{
    bool defaults = output->options->print_defaults;
    const uint8_t *at = wire.data;
    const uint8_t *end = wire.len > 0 ? at + wire.len : at;
    const struct schema_field *next = message->fields; /* the lowest field that may follow in ascending order */
    const struct schema_field *last = next + message->field_count;
    uint64_t oneofs = 0;
    uint8_t separator = '{';
    if (output->depth == PROTOJSON_MAX_DEPTH)
        return NULL;
    output->depth++;
    while (at != end) {
        const uint8_t *tag = at;
        const struct schema_field *field = next;
        /* Most tags are that of the field that is next. */
        if (next != last && *tag == next->tag[0] && next->tag_len == 1) {
            at++;
        } else {
            if (!tag_read(message, &at, end, &field))
                return NULL;
            if (!field)
                continue;
            if (field < next)
                return NULL;
            if (defaults)
                to = defaults_print(output, to, next, field, &separator);
        }
        if (!to || !oneof_take(&oneofs, field))
            return NULL;
        next = field + 1;
        if (field->repeated) {
            to = repeated_print(output, to, field, span_of(tag, (size_t)(at - tag)), &at, end, &separator);
        } else {
            struct fast_value value;
            at = fast_value_next(&value, at, end, field->wire_type);
            if (!at)
                return NULL;
            if (!field->presence && value_is_default(field, value) && !defaults)
                continue;
            to = key_put(output, to, field, separator);
            separator = ',';
            to = to ? value_put(output, to, field, value) : NULL;
        }
        if (!to)
            return NULL;
    }
    if (defaults)
        to = defaults_print(output, to, next, last, &separator);
    output->depth--;
    to = to ? fast_print_room(output, to, SLACK) : NULL;
    if (!to)
        return NULL;
    if (separator == '{')
        *to++ = '{';
    *to++ = '}';
    return to;
}

/* A Struct or a ListValue, which is one field, or empty. */
static uint8_t *container_print(struct json_output *output, uint8_t *to, const struct schema_field *field,
                                struct span wire)
{
    const uint8_t *at = wire.data + 1;
    const uint8_t *end = wire.data + wire.len;
    if (wire.len == 0) {
        memcpy(to, field->map ? "{}" : "[]", 2);
        return output->depth < PROTOJSON_MAX_DEPTH ? to + 2 : NULL;
    }
    if (*wire.data != field->tag[0])
        return NULL;
    struct span tag = span_of(wire.data, 1);
    to = field->map ? map_print(output, to, field, tag, &at, end) : list_print(output, to, field, tag, &at, end);
    return at == end ? to : NULL;
}

/* A Value with its one field, or a wrapper with its one field or none. */
static uint8_t *inner_print(struct json_output *output, uint8_t *to, const struct schema_message *message,
                            struct span wire)
{
    struct fast_value value = {.data = wire.data};
    const struct schema_field *field = message->fields;
    bool wrapper = message->well_known == SCHEMA_WKT_WRAPPER;
    if (wire.len == 0)
        return wrapper ? fast_print_value(output, to, field, value) : NULL;
    size_t number = *wire.data >> 3; /* the fields of a Value and of a wrapper are numbered from 1 without a gap */
    if (number == 0 || number > message->field_count || *wire.data != field[number - 1].tag[0])
        return NULL;
    field += number - 1;
    const uint8_t *end = wire.data + wire.len;
    if (fast_value_next(&value, wire.data + 1, end, field->wire_type) != end)
        return NULL;
    bool infinite = (value.number >> 52 & 0x7ff) == 0x7ff;
    return !wrapper && field->type == SCHEMA_DOUBLE && infinite ? NULL : value_put(output, to, field, value);
}

/* A FieldMask whose paths have a JSON form; NULL for another. The caller has made room for as many bytes and SLACK. */
static uint8_t *mask_print(uint8_t *to, struct span wire)
{
    const uint8_t *at = wire.data;
    const uint8_t *end = at + wire.len;
    *to = '"';
    while (at != end) {
        struct fast_value path;
        bool raise = false;
        to += at != wire.data; /* over the comma */
        if (*at != (1 << 3 | WIRE_LEN))
            return NULL;
        at = fast_value_next(&path, at + 1, end, WIRE_LEN);
        if (!at || path.number == 0)
            return NULL;
        for (const uint8_t *from = path.data; from != at; from++) {
            bool letter = *from >= 'a' && *from <= 'z';
            bool other = (*from >= '0' && *from <= '9') || *from == '.' || *from == '_';
            if (!letter && (raise || !other))
                return NULL;
            if (*from != '_')
                *++to = raise ? (uint8_t)(*from & ~0x20) : *from;
            raise = *from == '_';
        }
        if (raise)
            return NULL;
        to[1] = ',';
    }
    to[1] = '"';
    return to + 2;
}

/* One message by the complete way. */
static uint8_t *special_print(struct json_output *output, uint8_t *to, const struct schema_message *message,
                              struct span wire)
{
    struct json_fragments whole = {.items = &wire, .count = 1};
    fast_print_close(output, to);
    return complete_print_well_known(output, message, whole, NULL) == ERR_OK ? fast_print_open(output, SLACK) : NULL;
}

static uint8_t *mask_put(struct json_output *output, uint8_t *to, const struct schema_message *message,
                         struct span wire)
{
    to = fast_print_room(output, to, wire.len + SLACK);
    uint8_t *behind = to ? mask_print(to, wire) : NULL;
    return behind || !to ? behind : special_print(output, to, message, wire);
}

/* A message of any type. */
uint8_t *fast_print_message(struct json_output *output, uint8_t *to, const struct schema_message *message,
                            struct span wire)
{
    switch (message->well_known) {
    case SCHEMA_WKT_NONE:
    case SCHEMA_WKT_EMPTY:
    case SCHEMA_WKT_HTTP_BODY:
        return object_print(output, to, message, wire);
    case SCHEMA_WKT_FIELD_MASK:
        return mask_put(output, to, message, wire);
    case SCHEMA_WKT_TIMESTAMP:
    case SCHEMA_WKT_DURATION:
        return fast_print_moment(to, message, wire);
    case SCHEMA_WKT_STRUCT:
    case SCHEMA_WKT_LIST_VALUE:
        return container_print(output, to, message->fields, wire);
    case SCHEMA_WKT_VALUE:
    case SCHEMA_WKT_WRAPPER:
        return inner_print(output, to, message, wire);
    default:
        return special_print(output, to, message, wire);
    }
}

bool fast_print(struct json_output *output, const struct schema_message *message, struct span wire)
{
    uint8_t *to = fast_print_open(output, SLACK);
    to = to ? object_print(output, to, message, wire) : NULL;
    if (!to)
        return false;
    fast_print_close(output, to);
    return true;
}
