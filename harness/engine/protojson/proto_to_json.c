/* The entry of proto_to_json, which takes the fast way and then the complete one, and what both of them use: errors
 * with their place. */
#include "harness/engine/proto/wire_fault.h"
#include "harness/engine/protojson/proto_to_json_complete.h"

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

void json_output_truncate(struct json_output *output, size_t len)
{
    if (len < output->out->len) {
        output->out->len = len;
        output->out->data[len] = '\0';
    }
}
/* ---- entry */

static const struct protojson_options canonical;

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
    enum err_code code = complete_print_collect(output, field->containing, whole, NULL);
    size_t last;
    size_t first = complete_print_runs(output, 0, field, &last);
    if (code == ERR_OK)
        code = complete_print_field(output, field, first, last, !field->presence, &printed, &here);
    if (code == ERR_OK && !printed)
        buf_append_cstr(output->out, "null");
    return code;
}

static enum err_code target_print(struct json_output *output, struct target target, struct span wire)
{
    struct json_fragments whole = {.items = &wire, .count = 1};
    if (target.field)
        return field_print(output, target.field, wire);
    return complete_print_message(output, target.message, whole, NULL);
}

/* The fast way first; where that gives up, the complete way from the beginning. */
static enum err_code print_either_way(struct json_output *output, struct target target, struct span wire)
{
    struct buf *out = output->out;
    size_t begin = out->len;
    output->complete = out->failed;
    if (!output->complete) {
        enum err_code code = target_print(output, target, wire);
        if (code == ERR_OK && !out->failed)
            return ERR_OK;
        json_output_truncate(output, begin);
        out->failed = false;
        output->run_count = 0;
        output->depth = 0;
        output->complete = true;
    }
    enum err_code code = target_print(output, target, wire);
    if (code == ERR_OK && out->failed)
        return err_set(&output->err, ERR_LIMIT, "expected JSON of at most %zu bytes, found more", out->max);
    return code;
}

/* Required fields are demanded of the whole message, also when only one field of it is printed. */
static enum err_code print_whole(struct buf *out, struct target target, struct span wire,
                                 const struct protojson_options *options, struct arena *arena, struct err *err)
{
    const struct schema_message *message = target.field ? target.field->containing : target.message;
    struct json_output output = {
        .out = out, .options = options ? options : &canonical, .arena = arena, .base = wire.data};
    size_t begin = out->len;
    if (wire.len > 0)
        output.readable = wire.data + wire.len;
    enum err_code code = print_either_way(&output, target, wire);
    if (code == ERR_OK && !protojson_is_partial(options))
        code = protojson_check_required(message, wire, arena, &output.err);
    if (code == ERR_OK)
        return ERR_OK;
    json_output_truncate(&output, begin);
    return err_set(err, code, "%s", output.err.text);
}

enum err_code proto_to_json(struct buf *out, const struct schema_message *message, struct span wire,
                            const struct protojson_options *options, struct arena *arena, struct err *err)
{
    return print_whole(out, (struct target){.message = message}, wire, options, arena, err);
}

enum err_code proto_to_json_field(struct buf *out, const struct schema_field *field, struct span wire,
                                  const struct protojson_options *options, struct arena *arena, struct err *err)
{
    return print_whole(out, (struct target){.field = field}, wire, options, arena, err);
}
