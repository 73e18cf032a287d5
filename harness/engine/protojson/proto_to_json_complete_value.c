/* The complete way from wire bytes to JSON: values of fields, which are scalars, merged messages, lists and maps. */
#include "harness/engine/protojson/proto_to_json_complete.h"
#include "harness/engine/protojson/scalar.h"
#include "harness/engine/json/writer.h"
#include "harness/base/sort.h"

static bool enum_is_known(const struct schema_enum *enumeration, uint64_t value)
{
    return !enumeration->closed || schema_enum_by_number(enumeration, (int32_t)(uint32_t)value);
}

static void enum_print(struct json_output *output, const struct schema_enum *enumeration, uint64_t value)
{
    int32_t number = (int32_t)(uint32_t)value;
    const struct schema_enum_value *named = NULL;
    if (enumeration->null_value) {
        buf_append_cstr(output->out, "null"); /* whatever the number */
        return;
    }
    if (!output->options->enum_numbers)
        named = schema_enum_by_number(enumeration, number);
    if (named)
        json_write_string(output->out, named->name);
    else
        json_scalar_print(output->out, SCHEMA_INT32, (uint32_t)number, false);
}

/* One occurrence of a field that is not a message. */
static enum err_code scalar_print(struct json_output *output, const struct schema_field *field,
                                  const struct wire_field *occurrence, const struct json_path *path)
{
    switch (field->type) {
    case SCHEMA_STRING:
        if (!json_write_string(output->out, occurrence->bytes) && !output->out->failed)
            return json_output_err(output, ERR_RANGE, path, occurrence->bytes.data,
                                   "expected valid UTF-8 in a string, found other bytes");
        return ERR_OK;
    case SCHEMA_BYTES:
        json_write_base64(output->out, occurrence->bytes);
        return ERR_OK;
    case SCHEMA_ENUM:
        enum_print(output, field->enumeration, occurrence->value);
        return ERR_OK;
    default:
        json_scalar_print(output->out, field->type, occurrence->value, false);
        return ERR_OK;
    }
}

/* Whether a value is the default of its type. Of 32-bit types only the lower half of the varint counts. */
static bool is_default(const struct schema_field *field, const struct wire_field *occurrence)
{
    switch (field->type) {
    case SCHEMA_STRING:
    case SCHEMA_BYTES:
        return occurrence->bytes.len == 0;
    case SCHEMA_INT32:
    case SCHEMA_UINT32:
    case SCHEMA_SINT32:
    case SCHEMA_ENUM:
        return (uint32_t)occurrence->value == 0;
    default:
        return occurrence->value == 0;
    }
}

static enum err_code default_print(struct json_output *output, const struct schema_field *field,
                                   const struct json_path *path)
{
    struct wire_field none = {0};
    if (field->message)
        return complete_print_message(output, field->message, (struct json_fragments){0}, path);
    if (field->type == SCHEMA_ENUM && field->enumeration->closed && field->enumeration->value_count > 0)
        none.value = (uint64_t)(int64_t)field->enumeration->values[0].number;
    return scalar_print(output, field, &none, path);
}

/* A message field, with all of its occurrences merged. */
static enum err_code merged_print(struct json_output *output, const struct schema_field *field, size_t first,
                                  size_t last, const struct json_path *path)
{
    struct wire_field occurrence = complete_print_last(output, first, last);
    struct json_fragments fragments = {.items = &occurrence.bytes, .count = 1};
    bool single = last - first == 1 && occurrence.tag_at == output->runs[first].begin;
    enum err_code code = single ? ERR_OK : complete_print_occurrences(output, first, last, &fragments, path);
    return code == ERR_OK ? complete_print_message(output, field->message, fragments, path) : code;
}

/* Checks the occurrences of a field of which only the last is printed. */
static enum err_code replaced_check(struct json_output *output, const struct schema_field *field, size_t first,
                                    size_t last, const struct json_path *path)
{
    enum err_code code = ERR_OK;
    for (size_t i = first; i < last && code == ERR_OK; i++) {
        struct json_run run = output->runs[i];
        code = complete_print_check(output, field->containing, span_of(run.begin, (size_t)(run.end - run.begin)), path);
    }
    return code;
}

static enum err_code singular_print(struct json_output *output, const struct schema_field *field, size_t first,
                                    size_t last, bool all, bool *printed, const struct json_path *path)
{
    if (field->message)
        return merged_print(output, field, first, last, path);
    struct wire_field occurrence = complete_print_last(output, first, last);
    if (field->type == SCHEMA_STRING && occurrence.tag_at != output->runs[first].begin) {
        enum err_code code = replaced_check(output, field, first, last, path);
        if (code != ERR_OK)
            return code;
    }
    *printed = all || field->presence || !is_default(field, &occurrence);
    return *printed ? scalar_print(output, field, &occurrence, path) : ERR_OK;
}

/* ---- lists */

struct listing {
    const struct schema_field *field;
    struct json_path path; /* of the element */
};

static enum err_code element_print(struct json_output *output, struct listing *list,
                                   const struct wire_field *occurrence)
{
    const struct schema_field *field = list->field;
    if (field->type == SCHEMA_ENUM && !enum_is_known(field->enumeration, occurrence->value))
        return ERR_OK;
    if (list->path.index > 0)
        buf_append_byte(output->out, ',');
    if (output->out->failed)
        return json_output_full(output, &list->path);
    enum err_code code;
    if (field->message) {
        struct json_fragments one = {.items = &occurrence->bytes, .count = 1};
        code = complete_print_message(output, field->message, one, &list->path);
    } else {
        code = scalar_print(output, field, occurrence, &list->path);
    }
    list->path.index++;
    return code;
}

static enum err_code packed_print(struct json_output *output, struct listing *list, struct span bytes)
{
    enum wire_type type = (enum wire_type)list->field->wire_type;
    size_t width = type == WIRE_FIXED64 ? 8 : 4;
    struct wire_reader reader;
    struct wire_field occurrence = {.type = type};
    enum err_code code = ERR_OK;
    wire_reader_init(&reader, bytes);
    while (code == ERR_OK && reader.at != reader.end) {
        if (type == WIRE_VARINT) {
            if (!wire_packed_varint(&reader, &occurrence.value))
                break;
        } else {
            if ((size_t)(reader.end - reader.at) < width)
                break;
            occurrence.value = wire_fixed_get(reader.at, width);
            reader.at += width;
        }
        code = element_print(output, list, &occurrence);
    }
    if (code == ERR_OK && reader.at != reader.end)
        return json_output_err(output, ERR_SYNTAX, &list->path, reader.at,
                               "expected a packed value, found malformed bytes");
    return code;
}

static enum err_code list_print(struct json_output *output, const struct schema_field *field, size_t first, size_t last,
                                bool all, bool *printed, const struct json_path *path)
{
    struct listing list = {.field = field, .path = {.up = path, .kind = JSON_PATH_INDEX}};
    size_t begin = output->out->len;
    enum err_code code = complete_print_open(output, '[', path);
    struct json_occurrences each = complete_print_each(output, first, last);
    struct wire_field occurrence;
    while (code == ERR_OK && complete_print_next(&each, &occurrence)) {
        bool packed = occurrence.type == WIRE_LEN && schema_packable(field->type);
        code = packed ? packed_print(output, &list, occurrence.bytes) : element_print(output, &list, &occurrence);
    }
    if (code != ERR_OK)
        return code;
    complete_print_close(output, ']');
    *printed = all || list.path.index > 0;
    if (!*printed)
        json_output_truncate(output, begin);
    return ERR_OK;
}

/* ---- maps */

uint64_t json_output_key_order(enum schema_type type, uint64_t value)
{
    const uint64_t top = (uint64_t)1 << 63;
    switch (type) {
    case SCHEMA_INT32:
    case SCHEMA_SFIXED32:
        return (uint64_t)(int64_t)(int32_t)(uint32_t)value ^ top;
    case SCHEMA_SINT32:
        return (uint64_t)wire_zigzag_decode((uint32_t)value) ^ top;
    case SCHEMA_SINT64:
        return (uint64_t)wire_zigzag_decode(value) ^ top;
    case SCHEMA_INT64:
    case SCHEMA_SFIXED64:
        return value ^ top;
    case SCHEMA_BOOL:
        return value != 0;
    case SCHEMA_UINT32:
    case SCHEMA_FIXED32:
        return (uint32_t)value;
    default:
        return value;
    }
}

int json_output_entry_order(const struct json_map_entry *x, const struct json_map_entry *y)
{
    int order = span_compare(x->name, y->name);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static int entry_compare(const void *user, const void *a, const void *b)
{
    (void)user;
    const struct json_map_entry *x = a;
    const struct json_map_entry *y = b;
    int order = json_output_entry_order(x, y);
    return order != 0 ? order : (x->fields.data > y->fields.data) - (x->fields.data < y->fields.data);
}

void json_output_entries_sort(struct json_map_entry *entries, size_t count)
{
    sort_items(entries, count, sizeof *entries, entry_compare, NULL);
}

/* Notes the key of one entry of a map. *keep is false when its value is an unknown number of a closed enum. */
static enum err_code entry_read(struct json_output *output, struct json_map_entry *entry,
                                const struct schema_message *message, struct span bytes, bool *keep,
                                const struct json_path *path)
{
    const struct schema_field *key = &message->fields[0];
    const struct schema_field *value = &message->fields[1];
    struct wire_reader reader;
    struct wire_field occurrence;
    enum wire_result result;
    *entry = (struct json_map_entry){.fields = bytes};
    *keep = true;
    wire_reader_init(&reader, bytes);
    while ((result = wire_next(&reader, &occurrence)) == WIRE_FIELD) {
        if (occurrence.number == 1 && occurrence.type == key->wire_type) {
            if (key->type == SCHEMA_STRING)
                entry->name = occurrence.bytes;
            else
                entry->value = occurrence.value;
        } else if (occurrence.number == 2 && occurrence.type == WIRE_VARINT && value->type == SCHEMA_ENUM) {
            *keep = enum_is_known(value->enumeration, occurrence.value);
        }
    }
    if (result == WIRE_BAD)
        return json_output_bad_wire(output, path, &reader, "a map entry");
    entry->order = key->type == SCHEMA_STRING ? 0 : json_output_key_order(key->type, entry->value);
    return ERR_OK;
}

/* The value of one entry: the last, or all of them merged. */
static enum err_code entry_value_print(struct json_output *output, const struct schema_message *message,
                                       const struct json_map_entry *entry, const struct json_path *path)
{
    const struct schema_field *field = &message->fields[1];
    struct json_fragments fragments = {.items = &entry->fields, .count = 1};
    size_t first = output->run_count;
    enum err_code code = complete_print_collect(output, message, fragments, path);
    if (code != ERR_OK)
        return code;
    size_t last;
    size_t begin = complete_print_runs(output, first, field, &last);
    bool printed;
    if (begin == last)
        code = default_print(output, field, path);
    else
        code = singular_print(output, field, begin, last, true, &printed, path);
    output->run_count = first;
    return code;
}

static enum err_code entries_print(struct json_output *output, const struct schema_message *message,
                                   const struct json_map_entry *entries, size_t count, const struct json_path *path)
{
    const struct schema_field *key = &message->fields[0];
    struct json_path here = {.up = path, .kind = JSON_PATH_NAME};
    bool comma = false;
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && json_output_entry_order(&entries[i], &entries[i + 1]) == 0) {
            enum err_code code = complete_print_check(output, message, entries[i].fields, path);
            if (code != ERR_OK)
                return code;
            continue; /* of equal keys the last counts */
        }
        if (comma)
            buf_append_byte(output->out, ',');
        comma = true;
        here.name = entries[i].name;
        if (key->type != SCHEMA_STRING)
            json_scalar_print(output->out, key->type, entries[i].value, true);
        else if (!json_write_string(output->out, entries[i].name) && !output->out->failed)
            return json_output_err(output, ERR_RANGE, &here, entries[i].name.data,
                                   "expected valid UTF-8 in a map key, found other bytes");
        buf_append_byte(output->out, ':');
        if (output->out->failed)
            return json_output_full(output, &here);
        enum err_code code = entry_value_print(output, message, &entries[i], &here);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static enum err_code map_print(struct json_output *output, const struct schema_field *field, size_t first, size_t last,
                               bool all, bool *printed, const struct json_path *path)
{
    struct json_map_entry *entries = NULL;
    size_t count = 0;
    size_t cap = 0;
    struct json_occurrences each = complete_print_each(output, first, last);
    struct wire_field occurrence;
    while (complete_print_next(&each, &occurrence)) {
        bool keep;
        entries = arena_grow(output->arena, entries, count, count + 1, &cap, sizeof *entries);
        if (!entries)
            return json_output_full(output, path);
        enum err_code code = entry_read(output, &entries[count], field->message, occurrence.bytes, &keep, path);
        if (code != ERR_OK)
            return code;
        count += keep;
    }
    *printed = all || count > 0;
    if (!*printed)
        return ERR_OK;
    json_output_entries_sort(entries, count);
    enum err_code code = complete_print_open(output, '{', path);
    if (code == ERR_OK)
        code = entries_print(output, field->message, entries, count, path);
    if (code == ERR_OK)
        complete_print_close(output, '}');
    return code;
}

/* ---- fields */

enum err_code complete_print_field(struct json_output *output, const struct schema_field *field, size_t first,
                                   size_t last, bool all, bool *printed, const struct json_path *path)
{
    *printed = true;
    if (field->map)
        return map_print(output, field, first, last, all, printed, path);
    if (field->repeated)
        return list_print(output, field, first, last, all, printed, path);
    if (first == last) {
        *printed = all;
        return all ? default_print(output, field, path) : ERR_OK;
    }
    return singular_print(output, field, first, last, all, printed, path);
}
