/* Required fields of a message on the wire, as it stands when all is read: merged, and of each oneof the last member.
 * Entries of a map that a later one replaces count as well. */
#include "harness/engine/protojson/proto_to_json_complete.h"

#define MAX_DEPTH (PROTOJSON_MAX_DEPTH + 1) /* a request has its body one level down */

static enum err_code message_walk(struct json_output *output, const struct schema_message *message,
                                  struct json_fragments fragments, const struct json_path *path);

/* The runs from `first` ascend as the fields do. `at`: where the message begins, or NULL. */
static enum err_code own_check(struct json_output *output, const struct schema_message *message, size_t first,
                               const uint8_t *at, const struct json_path *path)
{
    size_t offset = at && output->base ? (size_t)(at - output->base) : 0;
    size_t run = first;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct schema_field *field = &message->fields[i];
        while (run < output->run_count && output->runs[run].field->number < field->number)
            run++;
        bool given = run < output->run_count && output->runs[run].field == field;
        if (field->required && !given)
            return json_path_err(&output->err, ERR_RANGE, path, offset, "expected the required field %.*s, found none",
                                 SPAN_FMT(field->name));
    }
    return ERR_OK;
}

static enum err_code one_walk(struct json_output *output, const struct schema_message *message, struct span bytes,
                              const struct json_path *path)
{
    return message_walk(output, message, (struct json_fragments){.items = &bytes, .count = 1}, path);
}

/* Looks into each element of a list, or entry of a map. */
static enum err_code list_walk(struct json_output *output, const struct schema_field *field, size_t first, size_t last,
                               const struct json_path *path)
{
    struct json_path here = {.up = path, .kind = JSON_PATH_INDEX};
    enum err_code code = ERR_OK;
    struct json_occurrences each = complete_print_each(output, first, last);
    struct wire_field occurrence;
    for (; code == ERR_OK && complete_print_next(&each, &occurrence); here.index++)
        code = one_walk(output, field->message, occurrence.bytes, field->map ? path : &here);
    return code;
}

/* Looks into a singular field, with all of its occurrences merged. */
static enum err_code singular_walk(struct json_output *output, const struct schema_field *field, size_t first,
                                   size_t last, const struct json_path *path)
{
    struct json_fragments fragments;
    enum err_code code = complete_print_occurrences(output, first, last, &fragments, path);
    return code == ERR_OK ? message_walk(output, field->message, fragments, path) : code;
}

/* Looks into an Any. A type that is unknown is no error here: printing refuses it. */
static enum err_code any_walk(struct json_output *output, const struct schema_message *message, size_t first,
                              const struct json_path *path)
{
    struct span url = complete_print_value(output, first, &message->fields[0]).bytes;
    struct span value = complete_print_value(output, first, &message->fields[1]).bytes;
    const struct schema_message *inner = schema_message_find(message->schema, schema_url_name(url));
    return inner ? one_walk(output, inner, value, path) : ERR_OK;
}

/* A map entry whose value is absent has an empty message as its value. */
static enum err_code entry_walk(struct json_output *output, const struct schema_message *entry, size_t first,
                                const struct json_path *path)
{
    const struct schema_field *value = &entry->fields[1];
    size_t last;
    if (!value->message || complete_print_runs(output, first, value, &last) < output->run_count)
        return ERR_OK;
    return message_walk(output, value->message, (struct json_fragments){0}, path);
}

static enum err_code fields_walk(struct json_output *output, size_t first, const struct json_path *path)
{
    size_t last = output->run_count;
    enum err_code code = ERR_OK;
    for (size_t i = first; i < last && code == ERR_OK;) {
        const struct schema_field *field = output->runs[i].field;
        struct json_path here = field_path(path, field);
        size_t end;
        complete_print_runs(output, i, field, &end);
        if (field->message && field->message->required_within)
            code = field->repeated ? list_walk(output, field, i, end, &here)
                                   : singular_walk(output, field, i, end, field->containing->map_entry ? path : &here);
        i = end;
    }
    return code;
}

static enum err_code message_walk(struct json_output *output, const struct schema_message *message,
                                  struct json_fragments fragments, const struct json_path *path)
{
    if (!message->required_within)
        return ERR_OK;
    if (output->depth == MAX_DEPTH)
        return json_output_err(output, ERR_LIMIT, path, NULL, "expected at most 101 levels of nesting, found more");
    size_t first = output->run_count;
    output->depth++;
    enum err_code code = complete_print_collect(output, message, fragments, path);
    if (code == ERR_OK)
        code = own_check(output, message, first, fragments.count > 0 ? fragments.items[0].data : NULL, path);
    if (code == ERR_OK && message->well_known == SCHEMA_WKT_ANY)
        code = any_walk(output, message, first, path);
    else if (code == ERR_OK)
        code = fields_walk(output, first, path);
    if (code == ERR_OK && message->map_entry)
        code = entry_walk(output, message, first, path);
    output->depth--;
    output->run_count = first;
    return code;
}

enum err_code protojson_check_required(const struct schema_message *message, struct span wire, struct arena *arena,
                                       struct err *err)
{
    if (!message->required_within)
        return ERR_OK;
    struct json_output output = {.arena = arena, .base = wire.data};
    enum err_code code = one_walk(&output, message, wire, NULL);
    return code == ERR_OK ? ERR_OK : err_set(err, code, "%s", output.err.text);
}
