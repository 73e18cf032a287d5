/* The complete way from wire bytes to JSON: well-known types with a JSON form of their own. The descriptor pool vouches
 * for their fields. */
#include <math.h>

#include "harness/base/escape.h"
#include "harness/engine/protojson/proto_to_json_complete.h"
#include "harness/engine/json/writer.h"
#include "harness/engine/protojson/well_known.h"

static const uint8_t *fragments_at(struct json_fragments fragments)
{
    return fragments.count > 0 ? fragments.items[0].data : NULL;
}

static enum err_code moment_print(struct json_output *output, const struct schema_message *message, size_t first,
                                  struct json_fragments fragments, const struct json_path *path)
{
    char text[WELL_KNOWN_TEXT_MAX];
    int64_t seconds = (int64_t)complete_print_value(output, first, &message->fields[0]).value;
    int32_t nanos = (int32_t)(uint32_t)complete_print_value(output, first, &message->fields[1]).value;
    bool timestamp = message->well_known == SCHEMA_WKT_TIMESTAMP;
    size_t len =
        timestamp ? well_known_timestamp_print(text, seconds, nanos) : well_known_duration_print(text, seconds, nanos);
    if (len == 0)
        return json_output_err(output, ERR_RANGE, path, fragments_at(fragments),
                               timestamp ? "expected a timestamp within its range, found one outside"
                                         : "expected a duration within its range and of one sign, found another");
    json_write_string(output->out, span_of(text, len));
    return ERR_OK;
}

static enum err_code mask_print(struct json_output *output, size_t first, const struct json_path *path)
{
    bool comma = false;
    buf_append_byte(output->out, '"');
    struct json_occurrences each = complete_print_each(output, first, output->run_count);
    struct wire_field occurrence;
    while (complete_print_next(&each, &occurrence)) {
        if (comma)
            buf_append_byte(output->out, ',');
        comma = true;
        if (well_known_mask_path_print(output->out, occurrence.bytes))
            continue;
        return output->out->failed ? json_output_full(output, path)
                                   : json_output_err(output, ERR_RANGE, path, occurrence.tag_at,
                                                     "expected a field mask path that has a JSON form, found another");
    }
    buf_append_byte(output->out, '"');
    return ERR_OK;
}

/* A Struct, ListValue or wrapper is printed as the value of its one field. */
static enum err_code inner_print(struct json_output *output, const struct schema_message *message, size_t first,
                                 const struct json_path *path)
{
    bool printed;
    return complete_print_field(output, &message->fields[0], first, output->run_count, true, &printed, path);
}

static enum err_code value_print(struct json_output *output, size_t first, struct json_fragments fragments,
                                 const struct json_path *path)
{
    bool printed;
    if (first == output->run_count)
        return json_output_err(output, ERR_RANGE, path, fragments_at(fragments),
                               "expected a google.protobuf.Value with a kind, found one without");
    const struct schema_field *field = output->runs[first].field;
    if (field->type == SCHEMA_ENUM) {
        buf_append_cstr(output->out, "null"); /* whatever its number */
        return ERR_OK;
    }
    if (field->type == SCHEMA_DOUBLE) {
        struct wire_field occurrence = complete_print_last(output, first, output->run_count);
        double number;
        memcpy(&number, &occurrence.value, sizeof number);
        if (!isfinite(number))
            return json_output_err(output, ERR_RANGE, path, occurrence.tag_at,
                                   "expected a finite number in a google.protobuf.Value, found another");
    }
    return complete_print_field(output, field, first, output->run_count, true, &printed, path);
}

static enum err_code any_type_find(struct json_output *output, const struct schema_message **out,
                                   const struct schema *schema, struct span url, const uint8_t *at,
                                   const struct json_path *path)
{
    char quoted[ESCAPE_QUOTE_MAX];
    struct span name = schema_url_name(url);
    if (name.len == 0 || name.len == url.len)
        return json_output_err(output, ERR_RANGE, path, at, "expected a type URL in an Any, found another text");
    *out = schema_message_find(schema, name);
    if (*out)
        return ERR_OK;
    return json_path_err(&output->err, ERR_NOT_FOUND, path, (size_t)(at - output->base),
                         "expected a type of the descriptor set, found %s", escape_quote(url, quoted));
}

static enum err_code any_members(struct json_output *output, const struct schema *schema, const struct wire_field *url,
                                 const struct wire_field *value, const struct json_path *path)
{
    const struct schema_message *inner;
    struct json_fragments fragments = {.items = &value->bytes, .count = 1};
    struct json_path here = {.up = path, .kind = JSON_PATH_NAME, .name = span_cstr("value")};
    bool comma = true;
    enum err_code code = any_type_find(output, &inner, schema, url->bytes, url->bytes.data, path);
    if (code != ERR_OK)
        return code;
    if (schema_field_by_json_name(inner, span_cstr("@type")))
        return json_path_err(&output->err, ERR_UNSUPPORTED, path, (size_t)(url->bytes.data - output->base),
                             "%.*s has a field @type and so has no JSON form in an Any", SPAN_FMT(inner->name));
    buf_append_cstr(output->out, "\"@type\":");
    if (!json_write_string(output->out, url->bytes) && !output->out->failed)
        return json_output_err(output, ERR_RANGE, path, url->bytes.data, "expected valid UTF-8 in a type URL");
    if (inner->well_known == SCHEMA_WKT_NONE || inner->well_known == SCHEMA_WKT_HTTP_BODY ||
        inner->well_known == SCHEMA_WKT_EMPTY)
        return complete_print_members(output, inner, fragments, &comma, path);
    buf_append_cstr(output->out, ",\"value\":");
    return complete_print_message(output, inner, fragments, &here);
}

static enum err_code any_print(struct json_output *output, const struct schema_message *message, size_t first,
                               const struct json_path *path)
{
    struct wire_field url = complete_print_value(output, first, &message->fields[0]);
    struct wire_field value = complete_print_value(output, first, &message->fields[1]);
    enum err_code code = complete_print_open(output, '{', path);
    if (code != ERR_OK)
        return code;
    if (url.bytes.len == 0 && value.bytes.len > 0)
        return json_output_err(output, ERR_RANGE, path, value.bytes.data, "expected a type URL in an Any, found none");
    if (url.bytes.len > 0)
        code = any_members(output, message->schema, &url, &value, path);
    if (code == ERR_OK)
        complete_print_close(output, '}');
    return code;
}

enum err_code complete_print_well_known(struct json_output *output, const struct schema_message *message,
                                        struct json_fragments fragments, const struct json_path *path)
{
    size_t first = output->run_count;
    enum err_code code = complete_print_collect(output, message, fragments, path);
    if (code != ERR_OK)
        return code;
    switch (message->well_known) {
    case SCHEMA_WKT_ANY:
        code = any_print(output, message, first, path);
        break;
    case SCHEMA_WKT_TIMESTAMP:
    case SCHEMA_WKT_DURATION:
        code = moment_print(output, message, first, fragments, path);
        break;
    case SCHEMA_WKT_FIELD_MASK:
        code = mask_print(output, first, path);
        break;
    case SCHEMA_WKT_STRUCT:
    case SCHEMA_WKT_LIST_VALUE:
    case SCHEMA_WKT_WRAPPER:
        code = inner_print(output, message, first, path);
        break;
    case SCHEMA_WKT_VALUE:
        code = value_print(output, first, fragments, path);
        break;
    default:
        code = json_path_err(&output->err, ERR_UNSUPPORTED, path, 0, "%.*s is not supported", SPAN_FMT(message->name));
        break;
    }
    output->run_count = first;
    return code;
}
