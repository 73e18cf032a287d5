#include <assert.h>

#include "harness/engine/protojson/output.h"
#include "harness/engine/protojson/scalar.h"
#include "harness/engine/json/writer.h"
#include "harness/base/sort.h"
#include "harness/engine/proto/wire_fault.h"

enum err_code json_output_err(struct json_output *output, enum err_code code, const struct json_path *path,
                              const uint8_t *at, const char *text)
{
    size_t offset = at && output->base ? (size_t)(at - output->base) : 0;
    return json_path_err(&output->err, code, path, offset, "%s", text);
}

enum err_code json_output_bad_wire(struct json_output *output, const struct json_path *path,
                                   const struct wire_reader *reader, const char *what)
{
    char found[WIRE_FAULT_MAX];
    size_t offset = output->base ? (size_t)(reader->at - output->base) : 0;
    wire_fault_text(span_of(reader->at, (size_t)(reader->end - reader->at)), found);
    return json_path_err(&output->err, ERR_SYNTAX, path, offset, "expected %s, found malformed bytes: %s", what, found);
}

enum err_code json_output_full(struct json_output *output, const struct json_path *path)
{
    return json_output_err(output, ERR_LIMIT, path, NULL,
                           "expected a message within the limits of memory, found a larger one");
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

void json_output_truncate(struct json_output *output, size_t len)
{
    if (len < output->out->len) {
        output->out->len = len;
        output->out->data[len] = '\0';
    }
}

/* ---- runs */

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
            return json_output_full(output, path);
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
            struct span bytes = span_of(run->begin, (size_t)(run->end - run->begin));
            enum err_code code = json_output_check(output, message, bytes, path);
            if (code != ERR_OK)
                return code;
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
        if (!field || !json_output_type_fits(field, occurrence.type) || !json_output_enum_fits(field, &occurrence))
            continue;
        struct json_run *run = fresh ? NULL : &output->runs[output->run_count - 1];
        if (run && run->field == field && run->end == occurrence.tag_at) {
            run->end = reader.at;
            continue;
        }
        if (!run_push(output, field, occurrence.tag_at, reader.at))
            return json_output_full(output, path);
        state->ascending &= !state->last || field->number >= state->last->number;
        state->oneofs |= field->oneof_index >= 0;
        state->last = field;
        fresh = false;
    }
    if (result == WIRE_BAD)
        return json_output_bad_wire(output, path, &reader, "a field");
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

size_t json_output_runs(const struct json_output *output, size_t first, const struct schema_field *field, size_t *last)
{
    size_t begin = first;
    while (begin < output->run_count && output->runs[begin].field != field)
        begin++;
    *last = begin;
    while (*last < output->run_count && output->runs[*last].field == field)
        (*last)++;
    return begin;
}

struct wire_field json_output_value(const struct json_output *output, size_t first, const struct schema_field *field)
{
    size_t last;
    size_t begin = json_output_runs(output, first, field, &last);
    return begin < last ? json_output_last(output, begin, last) : (struct wire_field){0};
}

enum err_code json_output_occurrences(struct json_output *output, size_t first, size_t last, struct json_fragments *out,
                                      const struct json_path *path)
{
    struct span *items = NULL;
    size_t count = 0;
    size_t cap = 0;
    for (size_t i = first; i < last; i++) {
        struct json_run run = output->runs[i];
        struct wire_reader reader;
        struct wire_field occurrence;
        wire_reader_init(&reader, span_of(run.begin, (size_t)(run.end - run.begin)));
        while (wire_next(&reader, &occurrence) == WIRE_FIELD) {
            items = arena_grow(output->arena, items, count, count + 1, &cap, sizeof *items);
            if (!items)
                return json_output_full(output, path);
            items[count++] = occurrence.bytes;
        }
    }
    *out = (struct json_fragments){.items = items, .count = count};
    return ERR_OK;
}

/* ---- messages */

/* Whether a field that is not there is printed with its default when defaults are. */
static bool has_default(const struct schema_field *field)
{
    return !field->presence && !field->extension;
}

/* Key and value of one field, or nothing. */
static enum err_code member_print(struct json_output *output, const struct schema_field *field, size_t first,
                                  size_t last, bool *comma, const struct json_path *path)
{
    struct json_path here = field_path(path, field);
    size_t begin = output->out->len;
    bool printed;
    if (*comma)
        buf_append_byte(output->out, ',');
    json_write_string(output->out, output->options->proto_names ? field->name : field->json_name);
    buf_append_byte(output->out, ':');
    if (output->out->failed)
        return json_output_full(output, &here);
    bool all = output->options->print_defaults && has_default(field);
    enum err_code code = json_output_field(output, field, first, last, all, &printed, &here);
    if (code != ERR_OK)
        return code;
    if (printed)
        *comma = true;
    else
        json_output_truncate(output, begin);
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
                if (has_default(&message->fields[next]))
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
    if (fragments.count == 1 && !output->general)
        return json_output_direct(output, message, fragments.items[0]) ? ERR_OK : ERR_LIMIT;
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

/* What `wire` is printed as: a message, or one field of it. */
struct target {
    const struct schema_message *message;
    const struct schema_field *field; /* NULL: the whole message */
};

static enum err_code field_print(struct json_output *output, const struct schema_field *field, struct span wire)
{
    struct json_fragments whole = {.items = &wire, .count = 1};
    struct json_path here = field_path(NULL, field);
    bool printed = false;
    enum err_code code = json_output_collect(output, field->containing, whole, NULL);
    size_t last;
    size_t first = json_output_runs(output, 0, field, &last);
    if (code == ERR_OK)
        code = json_output_field(output, field, first, last, !field->presence, &printed, &here);
    if (code == ERR_OK && !printed)
        buf_append_cstr(output->out, "null");
    return code;
}

static enum err_code target_print(struct json_output *output, struct target target, struct span wire)
{
    struct json_fragments whole = {.items = &wire, .count = 1};
    if (target.field)
        return field_print(output, target.field, wire);
    return json_output_message(output, target.message, whole, NULL);
}

/* In the direct way, and where that does not do, in the general way. */
static enum err_code print_either_way(struct json_output *output, struct target target, struct span wire)
{
    struct buf *out = output->out;
    size_t begin = out->len;
    output->general = out->failed;
    if (!output->general) {
        enum err_code code = target_print(output, target, wire);
        if (code == ERR_OK && !out->failed)
            return ERR_OK;
        json_output_truncate(output, begin);
        out->failed = false;
        output->run_count = 0;
        output->depth = 0;
        output->general = true;
    }
    enum err_code code = target_print(output, target, wire);
    if (code == ERR_OK && out->failed)
        return err_set(&output->err, ERR_LIMIT, "expected JSON of at most %zu bytes, found more", out->max);
    return code;
}

/* The message that the wire is must be complete, whatever of it is printed. */
static enum err_code print_whole(struct buf *out, struct target target, struct span wire,
                                 const struct json_map_options *options, struct arena *arena, struct err *err)
{
    const struct schema_message *message = target.field ? target.field->containing : target.message;
    struct json_output output = {
        .out = out, .options = options ? options : &canonical, .arena = arena, .base = wire.data};
    size_t begin = out->len;
    if (wire.len > 0)
        output.readable = wire.data + wire.len;
    enum err_code code = print_either_way(&output, target, wire);
    if (code == ERR_OK && !json_map_is_partial(options))
        code = proto_check_required(message, wire, arena, &output.err);
    if (code == ERR_OK)
        return ERR_OK;
    json_output_truncate(&output, begin);
    return err_set(err, code, "%s", output.err.text);
}

enum err_code proto_to_json(struct buf *out, const struct schema_message *message, struct span wire,
                            const struct json_map_options *options, struct arena *arena, struct err *err)
{
    return print_whole(out, (struct target){.message = message}, wire, options, arena, err);
}

enum err_code proto_to_json_field(struct buf *out, const struct schema_field *field, struct span wire,
                                  const struct json_map_options *options, struct arena *arena, struct err *err)
{
    return print_whole(out, (struct target){.field = field}, wire, options, arena, err);
}
