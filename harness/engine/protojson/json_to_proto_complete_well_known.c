/* The complete way from JSON to wire bytes: well-known types with a JSON form of their own. The descriptor pool vouches
 * for their fields. */
#include "harness/base/escape.h"
#include "harness/engine/protojson/json_to_proto_complete.h"
#include "harness/engine/protojson/scalar.h"
#include "harness/engine/protojson/leniency_text.h"
#include "harness/engine/protojson/leniency_time.h"
#include "harness/engine/protojson/well_known.h"

static enum err_code unsupported(struct json_input *input, const struct schema_message *message,
                                 const struct json_path *path)
{
    return json_path_err(&input->err, ERR_UNSUPPORTED, path, input->reader.token_at,
                         "%.*s in this form is not supported", SPAN_FMT(message->name));
}

static bool mask_put(struct json_input *input, struct span text)
{
    size_t begin = input->out->len;
    if (well_known_put_mask(input->out, text))
        return true;
    json_input_truncate(input, begin);
    text = leniency_text_mask(input->options->lenient, text, input->arena);
    return text.data && well_known_put_mask(input->out, text);
}

/* A message that is one string. */
static enum err_code text_read(struct json_input *input, const struct schema_message *message, enum json_token token,
                               const struct json_path *path)
{
    struct span text;
    int64_t seconds;
    int32_t nanos;
    if (token != JSON_STRING)
        return json_input_mismatch(input, path, "a string", token);
    if (!json_input_text(input, &text))
        return json_input_full(input, path);
    switch (message->well_known) {
    case SCHEMA_WKT_TIMESTAMP:
        if (!well_known_timestamp_parse(text, &seconds, &nanos) &&
            !leniency_time_read(input->options->lenient, message->well_known, text, &seconds, &nanos))
            return json_input_bad_text(input, path, "a timestamp (RFC 3339)", token);
        well_known_put_moment(input->out, seconds, nanos);
        return ERR_OK;
    case SCHEMA_WKT_DURATION:
        if (!well_known_duration_parse(text, &seconds, &nanos) &&
            !leniency_time_read(input->options->lenient, message->well_known, text, &seconds, &nanos))
            return json_input_bad_text(input, path, "a duration (as 1.5s)", token);
        well_known_put_moment(input->out, seconds, nanos);
        return ERR_OK;
    default:
        return mask_put(input, text) ? ERR_OK : json_input_bad_text(input, path, "a field mask", token);
    }
}

/* A Value: the member of its oneof that the JSON value calls for. */
static enum err_code value_read(struct json_input *input, const struct schema_message *message, enum json_token token,
                                const struct json_path *path)
{
    size_t index;
    switch (token) {
    case JSON_NULL:
        index = 0;
        break;
    case JSON_NUMBER:
        index = 1;
        break;
    case JSON_STRING:
        index = 2;
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        index = 3;
        break;
    case JSON_OBJECT_BEGIN:
        index = 4;
        break;
    case JSON_ARRAY_BEGIN:
        index = 5;
        break;
    default:
        return json_input_mismatch(input, path, "a JSON value", token);
    }
    if (token == JSON_NULL && !message->fields[0].enumeration->null_value)
        return unsupported(input, message, path);
    return complete_read_field(input, &message->fields[index], token, path, true);
}

/* ---- Any */

/* Finds "@type" wherever it stands in the object just begun, and returns to the object's beginning. *empty: there are
 * no keys at all, and the object has been read. */
static enum err_code any_type_find(struct json_input *input, struct span *url, bool *empty,
                                   const struct json_path *path)
{
    struct json_reader begin = input->reader;
    enum json_token token;
    *empty = true;
    while ((token = json_input_next(input, path)) == JSON_KEY) {
        struct span name;
        *empty = false;
        if (!json_input_text(input, &name))
            return json_input_full(input, path);
        if (!span_is(name, "@type")) {
            if (!json_input_skip(input, path))
                return input->err.code;
            continue;
        }
        token = json_input_next(input, path);
        if (token != JSON_STRING)
            return json_input_mismatch(input, path, "a type URL", token);
        if (!json_input_text(input, url))
            return json_input_full(input, path);
        input->reader = begin;
        return ERR_OK;
    }
    if (token == JSON_ERROR)
        return input->err.code;
    return *empty ? ERR_OK : json_input_mismatch(input, path, "\"@type\"", token);
}

static enum err_code any_type_resolve(struct json_input *input, const struct schema_message **out,
                                      const struct schema *schema, struct span url, const struct json_path *path)
{
    char quoted[ESCAPE_QUOTE_MAX];
    struct span name = schema_url_name(url);
    if (name.len == 0 || name.len == url.len)
        return json_path_err(&input->err, ERR_RANGE, path, input->reader.token_at,
                             "expected a type URL (host/package.Message), found %s", escape_quote(url, quoted));
    *out = schema_message_find(schema, name);
    if (!*out)
        return json_path_err(&input->err, ERR_NOT_FOUND, path, input->reader.token_at,
                             "expected a type of the descriptor set, found %s", escape_quote(url, quoted));
    if (schema_field_by_json_name(*out, span_cstr("@type")))
        return json_path_err(&input->err, ERR_UNSUPPORTED, path, input->reader.token_at,
                             "%.*s has a field @type and so has no JSON form in an Any", SPAN_FMT((*out)->name));
    return ERR_OK;
}

/* The body of a message that stands under "value", beside "@type". */
static enum err_code any_value_read(struct json_input *input, const struct schema_message *message,
                                    const struct json_path *path)
{
    struct json_path here = {.up = path, .kind = JSON_PATH_NAME, .name = span_cstr("value")};
    bool type_seen = false;
    bool value_seen = false;
    enum json_token token;
    while ((token = json_input_next(input, path)) == JSON_KEY) {
        struct span name;
        enum err_code code = ERR_OK;
        if (!json_input_text(input, &name))
            return json_input_full(input, path);
        bool is_type = span_is(name, "@type");
        bool is_value = span_is(name, "value");
        if ((is_type && type_seen) || (is_value && value_seen))
            return json_input_bad_text(input, path, "each key once", JSON_KEY);
        if (!is_type && !is_value && !input->options->ignore_unknown_fields)
            return json_input_bad_text(input, path, "\"@type\" and \"value\" alone", JSON_KEY);
        type_seen |= is_type;
        value_seen |= is_value;
        if (is_value) {
            token = json_input_next(input, &here);
            code = complete_read_message(input, message, token, &here);
        } else if (!json_input_skip(input, path)) {
            code = input->err.code;
        }
        if (code != ERR_OK)
            return code;
    }
    if (token == JSON_ERROR)
        return input->err.code;
    bool needed = message->well_known != SCHEMA_WKT_EMPTY;
    return value_seen || !needed ? ERR_OK : json_input_mismatch(input, path, "\"value\"", token);
}

static enum err_code any_read(struct json_input *input, const struct schema_message *message, enum json_token token,
                              const struct json_path *path)
{
    struct buf *out = input->out;
    const struct schema_message *inner = NULL;
    struct span url;
    bool empty;
    if (token != JSON_OBJECT_BEGIN)
        return json_input_mismatch(input, path, "an object", token);
    enum err_code code = any_type_find(input, &url, &empty, path);
    if (code != ERR_OK || empty)
        return code;
    code = any_type_resolve(input, &inner, message->schema, url, path);
    if (code != ERR_OK)
        return code;
    wire_put_tag(out, 1, WIRE_LEN);
    wire_put_bytes(out, url);
    size_t begin = out->len;
    wire_put_tag(out, 2, WIRE_LEN);
    size_t body = wire_len_begin(out);
    bool plain = inner->well_known == SCHEMA_WKT_NONE || inner->well_known == SCHEMA_WKT_HTTP_BODY;
    code = plain ? complete_read_object(input, inner, path, true) : any_value_read(input, inner, path);
    if (code != ERR_OK)
        return code;
    if (out->len == body)
        json_input_truncate(input, begin);
    else
        wire_len_end(out, body);
    return ERR_OK;
}

enum err_code complete_read_well_known(struct json_input *input, const struct schema_message *message,
                                       enum json_token token, const struct json_path *path)
{
    const struct schema_field *fields = message->fields;
    switch (message->well_known) {
    case SCHEMA_WKT_ANY:
        return any_read(input, message, token, path);
    case SCHEMA_WKT_TIMESTAMP:
    case SCHEMA_WKT_DURATION:
    case SCHEMA_WKT_FIELD_MASK:
        return text_read(input, message, token, path);
    case SCHEMA_WKT_STRUCT:
        if (token != JSON_OBJECT_BEGIN)
            return json_input_mismatch(input, path, "an object", token);
        return fields[0].map ? complete_read_field(input, &fields[0], token, path, true)
                             : unsupported(input, message, path);
    case SCHEMA_WKT_LIST_VALUE:
        if (token != JSON_ARRAY_BEGIN)
            return json_input_mismatch(input, path, "an array", token);
        return fields[0].map ? unsupported(input, message, path)
                             : complete_read_field(input, &fields[0], token, path, true);
    case SCHEMA_WKT_VALUE:
        return value_read(input, message, token, path);
    case SCHEMA_WKT_WRAPPER:
        if (token == JSON_NULL)
            return json_input_mismatch(input, path, json_scalar_type_name(fields[0].type), token);
        return complete_read_field(input, &fields[0], token, path, false);
    default:
        return unsupported(input, message, path);
    }
}
