/* The complete way from wire bytes to JSON: a check of what is not printed because something later took its place. A
 * parser reads it all the same, so malformed bytes in it make the message malformed. */
#include "harness/base/escape.h"
#include "harness/engine/protojson/proto_to_json_complete.h"

static enum err_code packed_check(struct json_output *output, const struct schema_field *field, struct span bytes,
                                  const struct json_path *path)
{
    struct wire_reader reader;
    uint64_t value;
    wire_reader_init(&reader, bytes);
    if (field->wire_type == WIRE_VARINT) {
        while (wire_packed_varint(&reader, &value))
            continue;
    } else if (bytes.len % (field->wire_type == WIRE_FIXED64 ? 8 : 4) == 0) {
        return ERR_OK;
    }
    return reader.at == reader.end
               ? ERR_OK
               : json_output_err(output, ERR_SYNTAX, path, reader.at, "expected packed values, found malformed bytes");
}

static enum err_code occurrence_check(struct json_output *output, const struct schema_field *field,
                                      const struct wire_field *occurrence, const struct json_path *path)
{
    if (field->message)
        return complete_print_check(output, field->message, occurrence->bytes, path);
    if (field->type == SCHEMA_STRING && !escape_utf8_valid(occurrence->bytes))
        return json_output_err(output, ERR_RANGE, path, occurrence->bytes.data,
                               "expected valid UTF-8 in a string, found other bytes");
    if (occurrence->type == WIRE_LEN && field->wire_type != WIRE_LEN)
        return packed_check(output, field, occurrence->bytes, path);
    return ERR_OK;
}

enum err_code complete_print_check(struct json_output *output, const struct schema_message *message, struct span wire,
                                   const struct json_path *path)
{
    struct wire_reader reader;
    struct wire_field occurrence;
    enum wire_result result;
    enum err_code code = ERR_OK;
    if (output->depth == PROTOJSON_MAX_DEPTH)
        return json_output_err(output, ERR_LIMIT, path, wire.data,
                               "expected at most 100 levels of nesting, found more");
    output->depth++;
    wire_reader_init(&reader, wire);
    while (code == ERR_OK && (result = wire_next(&reader, &occurrence)) != WIRE_END) {
        if (result == WIRE_BAD) {
            code = json_output_bad_wire(output, path, &reader, "a field");
            break;
        }
        const struct schema_field *field = schema_field_by_number(message, occurrence.number);
        if (field && json_output_type_fits(field, occurrence.type))
            code = occurrence_check(output, field, &occurrence, path);
    }
    output->depth--;
    return code;
}
