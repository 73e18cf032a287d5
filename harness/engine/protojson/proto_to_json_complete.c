/* The complete way from wire bytes to JSON: the fields of a message, found and put in order, and the message itself. */
#include <assert.h>

#include "harness/base/sort.h"
#include "harness/engine/json/writer.h"
#include "harness/engine/protojson/proto_to_json_complete.h"

/* ---- nesting */

enum err_code complete_print_open(struct json_output *output, uint8_t bracket, const struct json_path *path)
{
    if (output->depth == PROTOJSON_MAX_DEPTH)
        return json_output_err(output, ERR_LIMIT, path, NULL, "expected at most 100 levels of nesting, found more");
    output->depth++;
    buf_append_byte(output->out, bracket);
    return ERR_OK;
}

void complete_print_close(struct json_output *output, uint8_t bracket)
{
    output->depth--;
    buf_append_byte(output->out, bracket);
}

/* ---- runs */

/* An unknown number of a closed enum is an unknown field. */
static bool enum_fits(const struct schema_field *field, const struct wire_field *occurrence)
{
    return field->type != SCHEMA_ENUM || !field->enumeration->closed || occurrence->type != WIRE_VARINT ||
           schema_enum_by_number(field->enumeration, (int32_t)(uint32_t)occurrence->value);
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
    return (x->begin > y->begin) - (x->begin < y->begin); /* all fragments are parts of one input, in their order */
}

/* Of each oneof the last member wins, and whatever came before another member of it is dropped. So the runs are looked
 * at from the back: once a member other than the winner was met, all earlier ones are dropped. */
static enum err_code oneofs_settle(struct json_output *output, const struct schema_message *message, size_t first,
                                   bool *dead, const struct json_path *path)
{
    struct winner {
        const struct schema_field *field;
        bool replaced;
    };
    struct winner *winners = arena_calloc(output->arena, message->oneof_count, sizeof *winners);
    if (!winners)
        return json_output_full(output, path);
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
            enum err_code code = complete_print_check(output, message, bytes, path);
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
    bool fresh = true; /* no run yet of this fragment: a run lies within one fragment */
    wire_reader_init(&reader, fragment);
    while ((result = wire_next(&reader, &occurrence)) == WIRE_FIELD) {
        const struct schema_field *field = schema_field_by_number(message, occurrence.number);
        if (!field || !json_output_type_fits(field, occurrence.type) || !enum_fits(field, &occurrence))
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

enum err_code complete_print_collect(struct json_output *output, const struct schema_message *message,
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
        output->run_count--; /* those that were dropped have been sorted to the end */
    return ERR_OK;
}

struct json_occurrences complete_print_each(const struct json_output *output, size_t first, size_t last)
{
    return (struct json_occurrences){.output = output, .run = first, .last = last};
}

bool complete_print_next(struct json_occurrences *occurrences, struct wire_field *field)
{
    while (wire_next(&occurrences->reader, field) != WIRE_FIELD) {
        if (occurrences->run == occurrences->last)
            return false;
        const struct json_run *run = &occurrences->output->runs[occurrences->run++];
        wire_reader_init(&occurrences->reader, span_of(run->begin, (size_t)(run->end - run->begin)));
    }
    return true;
}

struct wire_field complete_print_last(const struct json_output *output, size_t first, size_t last)
{
    assert(last > first);
    struct json_occurrences each = complete_print_each(output, last - 1, last);
    struct wire_field occurrence = {0};
    while (complete_print_next(&each, &occurrence))
        continue;
    return occurrence;
}

size_t complete_print_runs(const struct json_output *output, size_t first, const struct schema_field *field,
                           size_t *last)
{
    size_t begin = first;
    while (begin < output->run_count && output->runs[begin].field != field)
        begin++;
    *last = begin;
    while (*last < output->run_count && output->runs[*last].field == field)
        (*last)++;
    return begin;
}

struct wire_field complete_print_value(const struct json_output *output, size_t first, const struct schema_field *field)
{
    size_t last;
    size_t begin = complete_print_runs(output, first, field, &last);
    return begin < last ? complete_print_last(output, begin, last) : (struct wire_field){0};
}

enum err_code complete_print_occurrences(struct json_output *output, size_t first, size_t last,
                                         struct json_fragments *out, const struct json_path *path)
{
    struct span *items = NULL;
    size_t count = 0;
    size_t cap = 0;
    struct json_occurrences each = complete_print_each(output, first, last);
    struct wire_field occurrence;
    while (complete_print_next(&each, &occurrence)) {
        items = arena_grow(output->arena, items, count, count + 1, &cap, sizeof *items);
        if (!items)
            return json_output_full(output, path);
        items[count++] = occurrence.bytes;
    }
    *out = (struct json_fragments){.items = items, .count = count};
    return ERR_OK;
}

/* ---- messages */

/* Key and value of one field; nothing when complete_print_field prints nothing. */
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
    bool all = output->options->print_defaults && json_output_has_default(field);
    enum err_code code = complete_print_field(output, field, first, last, all, &printed, &here);
    if (code != ERR_OK)
        return code;
    if (printed)
        *comma = true;
    else
        json_output_truncate(output, begin);
    return ERR_OK;
}

enum err_code complete_print_members(struct json_output *output, const struct schema_message *message,
                                     struct json_fragments fragments, bool *comma, const struct json_path *path)
{
    size_t first = output->run_count;
    enum err_code code = complete_print_collect(output, message, fragments, path);
    size_t last = output->run_count;
    size_t next = 0; /* index of the first field not yet looked at, when defaults are printed */
    for (size_t i = first; code == ERR_OK && (i < last || output->options->print_defaults);) {
        const struct schema_field *field = i < last ? output->runs[i].field : NULL;
        if (output->options->print_defaults) {
            size_t until = field ? field->index : message->field_count;
            for (; next < until && code == ERR_OK; next++) {
                if (json_output_has_default(&message->fields[next]))
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

enum err_code complete_print_message(struct json_output *output, const struct schema_message *message,
                                     struct json_fragments fragments, const struct json_path *path)
{
    switch (message->well_known) {
    case SCHEMA_WKT_NONE:
    case SCHEMA_WKT_EMPTY:
    case SCHEMA_WKT_HTTP_BODY:
        break;
    default:
        return complete_print_well_known(output, message, fragments, path);
    }
    if (fragments.count == 1 && !output->complete)
        return fast_print(output, message, fragments.items[0]) ? ERR_OK : ERR_LIMIT;
    bool comma = false;
    enum err_code code = complete_print_open(output, '{', path);
    if (code == ERR_OK)
        code = complete_print_members(output, message, fragments, &comma, path);
    if (code == ERR_OK)
        complete_print_close(output, '}');
    return code;
}
