#include <assert.h>

#include "harness/engine/json_output.h"
#include "harness/engine/json_scalar.h"
#include "harness/engine/json_writer.h"
#include "harness/engine/sort.h"

enum err_code json_output_err(struct json_output *output, enum err_code code, const struct json_path *path,
                              const uint8_t *at, const char *text)
{
    size_t offset = at && output->base ? (size_t)(at - output->base) : 0;
    return json_path_err(&output->err, code, path, offset, "%s", text);
}

static enum err_code memory_err(struct json_output *output, const struct json_path *path)
{
    return json_output_err(output, ERR_LIMIT, path, NULL, "expected a message that memory suffices for");
}

enum err_code json_output_open(struct json_output *output, uint8_t bracket, const struct json_path *path)
{
    if (output->depth == JSON_MAP_MAX_DEPTH)
        return json_output_err(output, ERR_LIMIT, path, NULL, "expected at most 100 levels of nesting, found more");
    output->depth++;
    buf_append_byte(output->out, bracket);
    return ERR_OK;
}

void json_output_close(struct json_output *output, uint8_t bracket)
{
    output->depth--;
    buf_append_byte(output->out, bracket);
}

static void output_truncate(struct json_output *output, size_t len)
{
    if (len < output->out->len) {
        output->out->len = len;
        output->out->data[len] = '\0';
    }
}

/* ---- runs */

static bool is_packable(enum schema_type type)
{
    enum wire_type wire = json_scalar_wire_type(type);
    return wire != WIRE_LEN && wire != WIRE_GROUP_BEGIN;
}

/* A known number with another wire type is an unknown field. */
static bool wire_type_fits(const struct schema_field *field, enum wire_type type)
{
    return type == json_scalar_wire_type(field->type) ||
           (type == WIRE_LEN && field->repeated && is_packable(field->type));
}

/* Fields mostly come in order, so the one after the last run's is tried first, and the same one before that. */
static const struct schema_field *field_find(const struct schema_message *message, const struct schema_field *last,
                                             uint32_t number)
{
    if (last) {
        if (last->number == number)
            return last;
        if (last->index + 1u < message->field_count && message->fields[last->index + 1u].number == number)
            return &message->fields[last->index + 1u];
    }
    return schema_field_by_number(message, number);
}

static int run_compare(const void *user, const void *a, const void *b)
{
    (void)user;
    const struct json_run *x = a;
    const struct json_run *y = b;
    uint32_t number_x = x->field ? x->field->number : UINT32_MAX;
    uint32_t number_y = y->field ? y->field->number : UINT32_MAX;
    if (number_x != number_y)
        return number_x < number_y ? -1 : 1;
    return (x->begin > y->begin) - (x->begin < y->begin); /* fragments are parts of one text, in order */
}

/* The last member of each oneof wins, and takes with it what of itself came before another member. From the back: once
 * another member than the winner was met, all earlier ones are dead. */
static enum err_code oneofs_settle(struct json_output *output, const struct schema_message *message, size_t first,
                                   bool *dead, const struct json_path *path)
{
    struct winner {
        const struct schema_field *field;
        bool replaced;
    };
    struct winner few[8] = {{0}};
    struct winner *winners = few;
    if (message->oneof_count > 8) {
        winners = arena_calloc(output->arena, message->oneof_count, sizeof *winners);
        if (!winners)
            return memory_err(output, path);
    }
    for (size_t i = output->run_count; i-- > first;) {
        struct json_run *run = &output->runs[i];
        if (run->field->oneof_index < 0)
            continue;
        struct winner *winner = &winners[run->field->oneof_index];
        if (!winner->field)
            winner->field = run->field;
        winner->replaced |= winner->field != run->field;
        if (winner->replaced) {
            run->field = NULL;
            *dead = true;
        }
    }
    return ERR_OK;
}

static bool run_push(struct json_output *output, const struct schema_field *field, const uint8_t *begin,
                     const uint8_t *end)
{
    struct json_run *grown = arena_grow(output->arena, output->runs, output->run_count, output->run_count + 1,
                                        &output->run_cap, sizeof *grown);
    if (!grown)
        return false;
    output->runs = grown;
    grown[output->run_count++] = (struct json_run){.field = field, .begin = begin, .end = end};
    return true;
}

struct collecting {
    const struct schema_field *last;
    bool ascending;
    bool oneofs; /* some member of a oneof was met */
};

static enum err_code fragment_collect(struct json_output *output, const struct schema_message *message,
                                      struct span fragment, struct collecting *state, const struct json_path *path)
{
    struct wire_reader reader;
    struct wire_field occurrence;
    enum wire_result result;
    bool fresh = true; /* runs do not reach over from one fragment to the next */
    wire_reader_init(&reader, fragment);
    while ((result = wire_next(&reader, &occurrence)) == WIRE_FIELD) {
        const struct schema_field *field = field_find(message, state->last, occurrence.number);
        if (!field || !wire_type_fits(field, occurrence.type))
            continue;
        struct json_run *run = fresh ? NULL : &output->runs[output->run_count - 1];
        if (run && run->field == field && run->end == occurrence.tag_at) {
            run->end = reader.at;
            continue;
        }
        if (!run_push(output, field, occurrence.tag_at, reader.at))
            return memory_err(output, path);
        state->ascending &= !state->last || field->number >= state->last->number;
        state->oneofs |= field->oneof_index >= 0;
        state->last = field;
        fresh = false;
    }
    if (result == WIRE_BAD)
        return json_output_err(output, ERR_SYNTAX, path, reader.at, "expected a field, found malformed bytes");
    return ERR_OK;
}

enum err_code json_output_collect(struct json_output *output, const struct schema_message *message,
                                  struct json_fragments fragments, const struct json_path *path)
{
    struct collecting state = {.ascending = true};
    size_t first = output->run_count;
    enum err_code code = ERR_OK;
    for (size_t i = 0; i < fragments.count && code == ERR_OK; i++)
        code = fragment_collect(output, message, fragments.items[i], &state, path);
    bool dead = false;
    if (code == ERR_OK && state.oneofs)
        code = oneofs_settle(output, message, first, &dead, path);
    if (code != ERR_OK)
        return code;
    if (!state.ascending || dead)
        sort_items(output->runs + first, output->run_count - first, sizeof *output->runs, run_compare, NULL);
    while (dead && output->run_count > first && !output->runs[output->run_count - 1].field)
        output->run_count--; /* the dead come last */
    return ERR_OK;
}

struct wire_field json_output_last(const struct json_output *output, size_t first, size_t last)
{
    assert(last > first);
    const struct json_run *run = &output->runs[last - 1];
    struct wire_reader reader;
    struct wire_field occurrence = {0};
    wire_reader_init(&reader, span_of(run->begin, (size_t)(run->end - run->begin)));
    while (wire_next(&reader, &occurrence) == WIRE_FIELD)
        continue;
    return occurrence;
}

/* ---- values */

static bool enum_is_known(const struct schema_enum *enumeration, uint64_t value)
{
    return !enumeration->closed || schema_enum_by_number(enumeration, (int32_t)(uint32_t)value);
}

static void enum_print(struct json_output *output, const struct schema_enum *enumeration, uint64_t value)
{
    int32_t number = (int32_t)(uint32_t)value;
    const struct schema_enum_value *named = NULL;
    if (enumeration->null_value && number == 0) {
        buf_append_cstr(output->out, "null");
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

/* Whether a value is what a field without presence has when it is absent: judged as its type sees it. */
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
        return json_output_message(output, field->message, (struct json_fragments){0}, path);
    if (field->type == SCHEMA_ENUM && field->enumeration->closed && field->enumeration->value_count > 0)
        none.value = (uint64_t)(int64_t)field->enumeration->values[0].number;
    return scalar_print(output, field, &none, path);
}

/* A message of all occurrences in the runs. */
static enum err_code merged_print(struct json_output *output, const struct schema_field *field, size_t first,
                                  size_t last, const struct json_path *path)
{
    struct wire_field occurrence = json_output_last(output, first, last);
    struct json_fragments fragments = {.items = &occurrence.bytes, .count = 1};
    bool single = last - first == 1 && occurrence.tag_at == output->runs[first].begin;
    if (!single) {
        struct span *items = NULL;
        size_t count = 0;
        size_t cap = 0;
        for (size_t i = first; i < last; i++) {
            struct json_run run = output->runs[i];
            struct wire_reader reader;
            wire_reader_init(&reader, span_of(run.begin, (size_t)(run.end - run.begin)));
            while (wire_next(&reader, &occurrence) == WIRE_FIELD) {
                items = arena_grow(output->arena, items, count, count + 1, &cap, sizeof *items);
                if (!items)
                    return memory_err(output, path);
                items[count++] = occurrence.bytes;
            }
        }
        fragments = (struct json_fragments){.items = items, .count = count};
    }
    return json_output_message(output, field->message, fragments, path);
}

/* The last value of a closed enum that is declared; others are as unknown fields. */
static bool closed_enum_last(const struct json_output *output, const struct schema_field *field, size_t first,
                             size_t last, struct wire_field *found)
{
    bool any = false;
    for (size_t i = first; i < last; i++) {
        struct json_run run = output->runs[i];
        struct wire_reader reader;
        struct wire_field occurrence;
        wire_reader_init(&reader, span_of(run.begin, (size_t)(run.end - run.begin)));
        while (wire_next(&reader, &occurrence) == WIRE_FIELD) {
            if (enum_is_known(field->enumeration, occurrence.value)) {
                *found = occurrence;
                any = true;
            }
        }
    }
    return any;
}

static enum err_code singular_print(struct json_output *output, const struct schema_field *field, size_t first,
                                    size_t last, bool all, bool *printed, const struct json_path *path)
{
    struct wire_field occurrence;
    if (field->message)
        return merged_print(output, field, first, last, path);
    if (field->type == SCHEMA_ENUM && field->enumeration->closed) {
        *printed = closed_enum_last(output, field, first, last, &occurrence);
        return *printed ? scalar_print(output, field, &occurrence, path) : ERR_OK;
    }
    occurrence = json_output_last(output, first, last);
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
        return memory_err(output, &list->path);
    enum err_code code;
    if (field->message) {
        struct json_fragments one = {.items = &occurrence->bytes, .count = 1};
        code = json_output_message(output, field->message, one, &list->path);
    } else {
        code = scalar_print(output, field, occurrence, &list->path);
    }
    list->path.index++;
    return code;
}

static enum err_code packed_print(struct json_output *output, struct listing *list, struct span bytes)
{
    enum wire_type type = json_scalar_wire_type(list->field->type);
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
    enum err_code code = json_output_open(output, '[', path);
    for (size_t i = first; i < last && code == ERR_OK; i++) {
        struct json_run run = output->runs[i];
        struct wire_reader reader;
        struct wire_field occurrence;
        wire_reader_init(&reader, span_of(run.begin, (size_t)(run.end - run.begin)));
        while (code == ERR_OK && wire_next(&reader, &occurrence) == WIRE_FIELD) {
            bool packed = occurrence.type == WIRE_LEN && is_packable(field->type);
            code = packed ? packed_print(output, &list, occurrence.bytes) : element_print(output, &list, &occurrence);
        }
    }
    if (code != ERR_OK)
        return code;
    json_output_close(output, ']');
    *printed = all || list.path.index > 0;
    if (!*printed)
        output_truncate(output, begin);
    return ERR_OK;
}

/* ---- maps */

struct map_entry {
    struct span name;   /* of a string key */
    uint64_t value;     /* of any other, on the wire */
    uint64_t order;     /* numbers ascend as this does */
    struct span fields; /* the entry as a message */
};

static uint64_t key_order(enum schema_type type, uint64_t value)
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

static int name_compare(struct span a, struct span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.data, b.data, len) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int entry_order(const struct map_entry *x, const struct map_entry *y)
{
    int order = name_compare(x->name, y->name);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static int entry_compare(const void *user, const void *a, const void *b)
{
    (void)user;
    const struct map_entry *x = a;
    const struct map_entry *y = b;
    int order = entry_order(x, y);
    return order != 0 ? order : (x->fields.data > y->fields.data) - (x->fields.data < y->fields.data);
}

/* Notes the key of one entry. *keep is false when its value is an unknown number of a closed enum. */
static enum err_code entry_read(struct json_output *output, struct map_entry *entry,
                                const struct schema_message *message, struct span bytes, bool *keep,
                                const struct json_path *path)
{
    const struct schema_field *key = &message->fields[0];
    const struct schema_field *value = &message->fields[1];
    struct wire_reader reader;
    struct wire_field occurrence;
    enum wire_result result;
    *entry = (struct map_entry){.fields = bytes};
    *keep = true;
    wire_reader_init(&reader, bytes);
    while ((result = wire_next(&reader, &occurrence)) == WIRE_FIELD) {
        if (occurrence.number == 1 && occurrence.type == json_scalar_wire_type(key->type)) {
            if (key->type == SCHEMA_STRING)
                entry->name = occurrence.bytes;
            else
                entry->value = occurrence.value;
        } else if (occurrence.number == 2 && occurrence.type == WIRE_VARINT && value->type == SCHEMA_ENUM) {
            *keep = enum_is_known(value->enumeration, occurrence.value);
        }
    }
    if (result == WIRE_BAD)
        return json_output_err(output, ERR_SYNTAX, path, reader.at, "expected a map entry, found malformed bytes");
    entry->order = key->type == SCHEMA_STRING ? 0 : key_order(key->type, entry->value);
    return ERR_OK;
}

/* The value of one entry: the last, or all of them merged. */
static enum err_code entry_value_print(struct json_output *output, const struct schema_message *message,
                                       const struct map_entry *entry, const struct json_path *path)
{
    const struct schema_field *field = &message->fields[1];
    struct json_fragments fragments = {.items = &entry->fields, .count = 1};
    size_t first = output->run_count;
    enum err_code code = json_output_collect(output, message, fragments, path);
    if (code != ERR_OK)
        return code;
    size_t last = output->run_count;
    size_t begin = first;
    bool printed;
    while (begin < last && output->runs[begin].field != field)
        begin++;
    if (begin == last)
        code = default_print(output, field, path);
    else
        code = singular_print(output, field, begin, last, true, &printed, path);
    output->run_count = first;
    return code;
}

static enum err_code entries_print(struct json_output *output, const struct schema_message *message,
                                   const struct map_entry *entries, size_t count, const struct json_path *path)
{
    const struct schema_field *key = &message->fields[0];
    struct json_path here = {.up = path, .kind = JSON_PATH_NAME};
    bool comma = false;
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && entry_order(&entries[i], &entries[i + 1]) == 0)
            continue; /* the last of equal keys stands */
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
            return memory_err(output, &here);
        enum err_code code = entry_value_print(output, message, &entries[i], &here);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static enum err_code map_print(struct json_output *output, const struct schema_field *field, size_t first, size_t last,
                               bool all, bool *printed, const struct json_path *path)
{
    struct map_entry *entries = NULL;
    size_t count = 0;
    size_t cap = 0;
    for (size_t i = first; i < last; i++) {
        struct json_run run = output->runs[i];
        struct wire_reader reader;
        struct wire_field occurrence;
        wire_reader_init(&reader, span_of(run.begin, (size_t)(run.end - run.begin)));
        while (wire_next(&reader, &occurrence) == WIRE_FIELD) {
            bool keep;
            entries = arena_grow(output->arena, entries, count, count + 1, &cap, sizeof *entries);
            if (!entries)
                return memory_err(output, path);
            enum err_code code = entry_read(output, &entries[count], field->message, occurrence.bytes, &keep, path);
            if (code != ERR_OK)
                return code;
            count += keep;
        }
    }
    *printed = all || count > 0;
    if (!*printed)
        return ERR_OK;
    sort_items(entries, count, sizeof *entries, entry_compare, NULL);
    enum err_code code = json_output_open(output, '{', path);
    if (code == ERR_OK)
        code = entries_print(output, field->message, entries, count, path);
    if (code == ERR_OK)
        json_output_close(output, '}');
    return code;
}

/* ---- messages */

enum err_code json_output_field(struct json_output *output, const struct schema_field *field, size_t first, size_t last,
                                bool all, bool *printed, const struct json_path *path)
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

/* Key and value of one field, or nothing. */
static enum err_code member_print(struct json_output *output, const struct schema_field *field, size_t first,
                                  size_t last, bool *comma, const struct json_path *path)
{
    struct json_path here = {.up = path, .kind = JSON_PATH_NAME, .name = field->json_name};
    size_t begin = output->out->len;
    bool printed;
    if (*comma)
        buf_append_byte(output->out, ',');
    json_write_string(output->out, output->options->proto_names ? field->name : field->json_name);
    buf_append_byte(output->out, ':');
    if (output->out->failed)
        return memory_err(output, &here);
    bool all = output->options->print_defaults && !field->presence;
    enum err_code code = json_output_field(output, field, first, last, all, &printed, &here);
    if (code != ERR_OK)
        return code;
    if (printed)
        *comma = true;
    else
        output_truncate(output, begin);
    return ERR_OK;
}

enum err_code json_output_members(struct json_output *output, const struct schema_message *message,
                                  struct json_fragments fragments, bool *comma, const struct json_path *path)
{
    size_t first = output->run_count;
    enum err_code code = json_output_collect(output, message, fragments, path);
    size_t last = output->run_count;
    size_t next = 0; /* index of the first field not yet looked at, when defaults are printed */
    for (size_t i = first; code == ERR_OK && (i < last || output->options->print_defaults);) {
        const struct schema_field *field = i < last ? output->runs[i].field : NULL;
        if (output->options->print_defaults) {
            size_t until = field ? field->index : message->field_count;
            for (; next < until && code == ERR_OK; next++) {
                if (!message->fields[next].presence)
                    code = member_print(output, &message->fields[next], i, i, comma, path);
            }
            next++;
        }
        if (!field || code != ERR_OK)
            break;
        size_t end = i + 1;
        while (end < last && output->runs[end].field == field)
            end++;
        code = member_print(output, field, i, end, comma, path);
        i = end;
    }
    output->run_count = first;
    return code;
}

enum err_code json_output_message(struct json_output *output, const struct schema_message *message,
                                  struct json_fragments fragments, const struct json_path *path)
{
    switch (message->well_known) {
    case SCHEMA_WKT_NONE:
    case SCHEMA_WKT_EMPTY:
    case SCHEMA_WKT_HTTP_BODY:
        break;
    default:
        return json_output_special(output, message, fragments, path);
    }
    bool comma = false;
    enum err_code code = json_output_open(output, '{', path);
    if (code == ERR_OK)
        code = json_output_members(output, message, fragments, &comma, path);
    if (code == ERR_OK)
        json_output_close(output, '}');
    return code;
}

/* ---- entry */

static const struct json_map_options canonical;

static enum err_code print_finish(struct json_output *output, enum err_code code, size_t begin, struct err *err)
{
    if (code == ERR_OK && output->out->failed)
        code = err_set(&output->err, ERR_LIMIT, "expected JSON of at most %zu bytes, found more", output->out->max);
    if (code == ERR_OK)
        return ERR_OK;
    output_truncate(output, begin);
    return err_set(err, code, "%s", output->err.text);
}

enum err_code proto_to_json(struct buf *out, const struct schema_message *message, struct span wire,
                            const struct json_map_options *options, struct arena *arena, struct err *err)
{
    struct json_output output = {
        .out = out, .options = options ? options : &canonical, .arena = arena, .base = wire.data};
    struct json_fragments whole = {.items = &wire, .count = 1};
    size_t begin = out->len;
    return print_finish(&output, json_output_message(&output, message, whole, NULL), begin, err);
}

enum err_code proto_to_json_field(struct buf *out, const struct schema_field *field, struct span wire,
                                  const struct json_map_options *options, struct arena *arena, struct err *err)
{
    struct json_output output = {
        .out = out, .options = options ? options : &canonical, .arena = arena, .base = wire.data};
    struct json_fragments whole = {.items = &wire, .count = 1};
    struct json_path here = {.kind = JSON_PATH_NAME, .name = field->json_name};
    size_t begin = out->len;
    enum err_code code = json_output_collect(&output, field->containing, whole, NULL);
    size_t first = 0;
    while (first < output.run_count && output.runs[first].field != field)
        first++;
    size_t last = first;
    while (last < output.run_count && output.runs[last].field == field)
        last++;
    bool printed = false;
    bool all = !field->presence;
    if (code == ERR_OK)
        code = json_output_field(&output, field, first, last, all, &printed, &here);
    if (code == ERR_OK && !printed)
        buf_append_cstr(out, "null");
    return print_finish(&output, code, begin, err);
}
