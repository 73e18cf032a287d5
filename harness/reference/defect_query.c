/* The defects that lose or change query parameters. */
#include "harness/reference/defect_query.h"

#include <ctype.h>

#include "harness/engine/proto/wire.h"
#include "harness/engine/protojson/protojson.h"

/* A parameter as it stands in the query, encoded. */
struct parameter {
    struct span key;
    struct span value;                /* data NULL: there is no '=' */
    const struct schema_field *field; /* that the key names; NULL: none that can be told without decoding it */
    const struct schema_message *message;
    struct span before; /* the rest of the query */
    struct span behind;
};

typedef bool fits_fn(const struct parameter *parameter);
/* Appends what stands in the parameter's place. */
typedef void instead_fn(struct buf *out, const struct parameter *parameter);

struct query_fault {
    enum defect defect;
    fits_fn *fits;
    /* What stands in the parameter's place: what `instead` appends, or `value` for its own. Both NULL: nothing. */
    instead_fn *instead;
    const char *value;
};

static const struct schema_field *field_of(const struct schema_message *message, struct span key)
{
    const struct schema_field *field = NULL;
    for (size_t at = 0; at <= key.len;) {
        size_t end = span_index_of(key, '.', at);
        field = message ? schema_field_by_json_name(message, span_of(key.data + at, end - at)) : NULL;
        if (!field)
            return NULL;
        message = field->message;
        at = end + 1;
    }
    return field;
}

/* The parameter that begins at `at`. */
static struct parameter parameter_at(const struct schema_message *message, struct span query, size_t at)
{
    size_t end = span_index_of(query, '&', at);
    struct span part = span_of(query.data + at, end - at);
    size_t equals = span_index_of(part, '=', 0);
    struct span key = span_of(part.data, equals);
    return (struct parameter){.key = key,
                              .value = equals < part.len ? span_from(part, equals + 1) : span_of(NULL, 0),
                              .field = field_of(message, key),
                              .message = message,
                              .before = span_of(query.data, at),
                              .behind = span_from(query, end < query.len ? end + 1 : end)};
}

static bool has_any(struct span text, const char *bytes)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] && strchr(bytes, text.data[i]))
            return true;
    }
    return false;
}

/* Where a part stands in the text; its length when it does not. */
static size_t index_of(struct span text, const char *part)
{
    const uint8_t *found = text.len > 0 ? memmem(text.data, text.len, part, strlen(part)) : NULL;
    return found ? (size_t)(found - text.data) : text.len;
}

static bool has_text(struct span text, const char *part)
{
    return index_of(text, part) < text.len;
}

/* ---- which parameters */

static bool nested(const struct parameter *parameter)
{
    return has_any(parameter->key, ".");
}

static bool deep(const struct parameter *parameter)
{
    size_t names = 1;
    for (size_t i = 0; i < parameter->key.len; i++)
        names += parameter->key.data[i] == '.';
    return names > 8;
}

static bool beyond_a_thousand(const struct parameter *parameter)
{
    size_t count = 0;
    for (size_t i = 0; i < parameter->before.len && count < 1000; i++)
        count += parameter->before.data[i] == '&';
    return count == 1000;
}

static bool key_given_behind(const struct parameter *parameter)
{
    for (size_t at = 0; at < parameter->behind.len; at = span_index_of(parameter->behind, '&', at) + 1) {
        if (span_equal(parameter_at(parameter->message, parameter->behind, at).key, parameter->key))
            return true;
    }
    return false;
}

static struct span first_name(struct span key)
{
    return span_of(key.data, span_index_of(key, '.', 0));
}

static bool message_given_behind(const struct parameter *parameter)
{
    for (size_t at = 0; at < parameter->behind.len; at = span_index_of(parameter->behind, '&', at) + 1) {
        struct span other = parameter_at(parameter->message, parameter->behind, at).key;
        if (nested(parameter) && span_equal(first_name(other), first_name(parameter->key)))
            return true;
    }
    return false;
}

/* The field of the request in which the parameter sets something. */
static const struct schema_field *outer_field(const struct parameter *parameter)
{
    return field_of(parameter->message, first_name(parameter->key));
}

typedef bool clash_fn(const struct parameter *parameter, const struct parameter *other);

static bool clashes_before(const struct parameter *parameter, clash_fn *clashes)
{
    for (size_t at = 0; at < parameter->before.len; at = span_index_of(parameter->before, '&', at) + 1) {
        struct parameter other = parameter_at(parameter->message, parameter->before, at);
        if (clashes(parameter, &other))
            return true;
    }
    return false;
}

static bool same_field(const struct parameter *parameter, const struct parameter *other)
{
    return parameter->field && parameter->field == other->field && !other->field->repeated;
}

static bool same_oneof(const struct parameter *parameter, const struct parameter *other)
{
    const struct schema_field *own = outer_field(parameter);
    const struct schema_field *before = outer_field(other);
    return own && before && own != before && own->oneof_index >= 0 && own->oneof_index == before->oneof_index;
}

static bool field_given_before(const struct parameter *parameter)
{
    return clashes_before(parameter, same_field);
}

static bool oneof_given_before(const struct parameter *parameter)
{
    return clashes_before(parameter, same_oneof);
}

static bool in_messages(const struct parameter *parameter)
{
    return nested(parameter) && parameter->field && outer_field(parameter)->repeated;
}

static bool in_map(const struct parameter *parameter)
{
    const struct schema_field *map = outer_field(parameter);
    return nested(parameter) && map && map->map;
}

static bool update_mask(const struct parameter *parameter)
{
    return span_is(parameter->key, "update_mask");
}

static bool snake_case(const struct parameter *parameter)
{
    return has_any(parameter->key, "_");
}

static bool camel_case(const struct parameter *parameter)
{
    return has_any(parameter->key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool encoded_key(const struct parameter *parameter)
{
    return has_any(parameter->key, "%");
}

/* Whether the key is a json_name that has nothing of the field's own name. */
static bool own_json_name(const struct parameter *parameter)
{
    const struct schema_field *field = parameter->field;
    return field && span_equal(field->json_name, parameter->key) && !span_equal(field->name, parameter->key) &&
           (parameter->key.data[0] | 0x20) != (field->name.data[0] | 0x20);
}

static bool bracketed(const struct parameter *parameter)
{
    return has_text(parameter->key, "%5B");
}

static bool list_with_comma(const struct parameter *parameter)
{
    return parameter->field && parameter->field->repeated && has_any(parameter->value, ",");
}

static bool is_enum_number(const struct parameter *parameter)
{
    return parameter->field && parameter->field->enumeration && parameter->value.len > 0 &&
           isdigit(parameter->value.data[0]);
}

static bool encoded_plus(const struct parameter *parameter)
{
    return has_text(parameter->value, "%2B");
}

static bool encoded_ampersand(const struct parameter *parameter)
{
    return has_text(parameter->value, "%26");
}

static bool with_semicolon(const struct parameter *parameter)
{
    return has_any(parameter->value, ";");
}

static bool with_equals(const struct parameter *parameter)
{
    return has_any(parameter->value, "=");
}

static bool quoted(const struct parameter *parameter)
{
    return parameter->value.len >= 6 && span_starts_with(parameter->value, "%22") &&
           span_is(span_from(parameter->value, parameter->value.len - 3), "%22");
}

static bool with_blank_before(const struct parameter *parameter)
{
    return span_starts_with(parameter->value, "%20");
}

static bool null(const struct parameter *parameter)
{
    return span_is(parameter->value, "null");
}

/* Where the first malformed triplet stands; the length of the text when there is none. */
static size_t bad_percent_index(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '%' && (text.len - i < 3 || !isxdigit(text.data[i + 1]) || !isxdigit(text.data[i + 2])))
            return i;
    }
    return text.len;
}

static bool bad_percent(const struct parameter *parameter)
{
    return bad_percent_index(parameter->value) < parameter->value.len;
}

static bool without_equals(const struct parameter *parameter)
{
    return !parameter->value.data;
}

static bool empty(const struct parameter *parameter)
{
    return parameter->value.len == 0;
}

static bool empty_number(const struct parameter *parameter)
{
    return parameter->field && parameter->field->type != SCHEMA_STRING && parameter->field->type != SCHEMA_BYTES &&
           empty(parameter);
}

static bool base64url(const struct parameter *parameter)
{
    return parameter->field && parameter->field->type == SCHEMA_BYTES && has_any(parameter->value, "-_");
}

static bool is_of(const struct parameter *parameter, enum schema_well_known type)
{
    return parameter->field && parameter->field->message && parameter->field->message->well_known == type;
}

static bool is_time(const struct parameter *parameter)
{
    return is_of(parameter, SCHEMA_WKT_TIMESTAMP) || is_of(parameter, SCHEMA_WKT_DURATION);
}

static bool is_wrapper(const struct parameter *parameter)
{
    return is_of(parameter, SCHEMA_WKT_WRAPPER);
}

static bool is_mask_of_many(const struct parameter *parameter)
{
    return is_of(parameter, SCHEMA_WKT_FIELD_MASK) && has_any(parameter->value, ",");
}

/* ---- what stands in their place */

static void with_value(struct buf *out, const struct parameter *parameter, struct span value)
{
    buf_printf(out, "%.*s=%.*s", SPAN_FMT(parameter->key), SPAN_FMT(value));
}

static void with_value_up_to(struct buf *out, const struct parameter *parameter, size_t len)
{
    with_value(out, parameter, span_of(parameter->value.data, len));
}

/* The value with other bytes in the place of a part, wherever it stands. */
static void with_value_replaced(struct buf *out, const struct parameter *parameter, const char *part, const char *other)
{
    struct span rest = parameter->value;
    buf_printf(out, "%.*s=", SPAN_FMT(parameter->key));
    while (has_text(rest, part)) {
        size_t at = index_of(rest, part);
        buf_printf(out, "%.*s%s", (int)at, (const char *)rest.data, other);
        rest = span_from(rest, at + strlen(part));
    }
    buf_append_span(out, rest);
}

static void key_encoded_again(struct buf *out, const struct parameter *parameter)
{
    for (size_t i = 0; i < parameter->key.len; i++)
        buf_printf(out, parameter->key.data[i] == '%' ? "%%25" : "%c", parameter->key.data[i]);
    buf_printf(out, "=%.*s", SPAN_FMT(parameter->value));
}

static void without_brackets(struct buf *out, const struct parameter *parameter)
{
    buf_printf(out, "%.*s=%.*s", (int)index_of(parameter->key, "%5B"), (const char *)parameter->key.data,
               SPAN_FMT(parameter->value));
}

static void with_brackets(struct buf *out, const struct parameter *parameter)
{
    struct span map = first_name(parameter->key);
    struct span key = span_from(parameter->key, map.len + 1);
    buf_printf(out, "%.*s[%.*s]=%.*s", SPAN_FMT(map), SPAN_FMT(key), SPAN_FMT(parameter->value));
}

static void split_at_commas(struct buf *out, const struct parameter *parameter)
{
    const char *separator = "";
    for (size_t at = 0; at <= parameter->value.len; separator = "&") {
        size_t end = span_index_of(parameter->value, ',', at);
        buf_printf(out, "%s", separator);
        with_value(out, parameter, span_of(parameter->value.data + at, end - at));
        at = end + 1;
    }
}

static void plus_as_space(struct buf *out, const struct parameter *parameter)
{
    with_value_replaced(out, parameter, "%2B", "%20");
}

static void ampersand_decoded(struct buf *out, const struct parameter *parameter)
{
    with_value_replaced(out, parameter, "%26", "&");
}

static void semicolon_as_ampersand(struct buf *out, const struct parameter *parameter)
{
    with_value_replaced(out, parameter, ";", "&");
}

static void up_to_equals(struct buf *out, const struct parameter *parameter)
{
    with_value_up_to(out, parameter, span_index_of(parameter->value, '=', 0));
}

static void up_to_comma(struct buf *out, const struct parameter *parameter)
{
    with_value_up_to(out, parameter, span_index_of(parameter->value, ',', 0));
}

static void up_to_bad_percent(struct buf *out, const struct parameter *parameter)
{
    with_value_up_to(out, parameter, bad_percent_index(parameter->value));
}

static void without_quotes(struct buf *out, const struct parameter *parameter)
{
    with_value(out, parameter, span_of(parameter->value.data + 3, parameter->value.len - 6));
}

static void without_first_blank(struct buf *out, const struct parameter *parameter)
{
    with_value(out, parameter, span_from(parameter->value, 3));
}

static void zero(struct buf *out, const struct parameter *parameter)
{
    with_value(out, parameter, span_cstr(parameter->field->type == SCHEMA_BOOL ? "false" : "0"));
}

static const struct query_fault faults[] = {
    {DEFECT_NESTED_QUERY_IGNORED, nested, NULL, NULL},
    {DEFECT_REPEATED_QUERY_LAST_ONLY, key_given_behind, NULL, NULL},
    {DEFECT_QUERY_FIRST_WINS, field_given_before, NULL, NULL},
    {DEFECT_QUERY_ONEOF_FIRST_WINS, oneof_given_before, NULL, NULL},
    {DEFECT_QUERY_MESSAGE_REPLACED, message_given_behind, NULL, NULL},
    {DEFECT_QUERY_MESSAGES_BOUND, in_messages, NULL, NULL}, /* and defect_query_messages */
    {DEFECT_QUERY_DEEP_IGNORED, deep, NULL, NULL},
    {DEFECT_QUERY_LIMITED, beyond_a_thousand, NULL, NULL},
    {DEFECT_UPDATE_MASK_IGNORED, update_mask, NULL, NULL},
    {DEFECT_QUERY_SNAKE_CASE_IGNORED, snake_case, NULL, NULL},
    {DEFECT_QUERY_CAMEL_CASE_IGNORED, camel_case, NULL, NULL},
    {DEFECT_QUERY_OWN_JSON_NAME_IGNORED, own_json_name, NULL, NULL},
    {DEFECT_QUERY_KEY_NOT_DECODED, encoded_key, key_encoded_again, NULL},
    {DEFECT_QUERY_MAPS_BY_POINT, in_map, with_brackets, NULL}, /* and a leniency */
    {DEFECT_QUERY_BRACKETS_ACCEPTED, bracketed, without_brackets, NULL},
    {DEFECT_QUERY_COMMAS_SPLIT, list_with_comma, split_at_commas, NULL},
    {DEFECT_QUERY_ENUM_NUMBER_IGNORED, is_enum_number, NULL, NULL},
    {DEFECT_QUERY_ENCODED_PLUS_IS_SPACE, encoded_plus, plus_as_space, NULL},
    {DEFECT_QUERY_DECODED_BEFORE_SPLIT, encoded_ampersand, ampersand_decoded, NULL},
    {DEFECT_QUERY_SEMICOLON_SEPARATES, with_semicolon, semicolon_as_ampersand, NULL},
    {DEFECT_QUERY_CUT_AT_EQUALS, with_equals, up_to_equals, NULL},
    {DEFECT_QUERY_QUOTES_STRIPPED, quoted, without_quotes, NULL},
    {DEFECT_QUERY_BLANKS_TRIMMED, with_blank_before, without_first_blank, NULL},
    {DEFECT_QUERY_NULL_IGNORED, null, NULL, NULL},
    {DEFECT_QUERY_BAD_PERCENT_CUT, bad_percent, up_to_bad_percent, NULL},
    {DEFECT_QUERY_FLAG_IS_TRUE, without_equals, NULL, "true"},
    {DEFECT_QUERY_EMPTY_IGNORED, empty, NULL, NULL},
    {DEFECT_QUERY_EMPTY_IS_ZERO, empty_number, zero, NULL},
    {DEFECT_QUERY_BASE64URL_IGNORED, base64url, NULL, NULL},
    {DEFECT_QUERY_TIMES_IGNORED, is_time, NULL, NULL},
    {DEFECT_QUERY_WRAPPERS_IGNORED, is_wrapper, NULL, NULL},
    {DEFECT_QUERY_MASK_FIRST_PATH_ONLY, is_mask_of_many, up_to_comma, NULL},
};

static void put_changed(struct buf *out, const struct query_fault *fault, const struct parameter *parameter)
{
    if (fault->instead)
        fault->instead(out, parameter);
    else if (fault->value)
        with_value(out, parameter, span_cstr(fault->value));
}

static struct span change(struct call *call, const struct query_fault *fault, struct span query)
{
    struct buf out;
    buf_init(&out, 4 * query.len + 64);
    for (size_t at = 0; at < query.len;) {
        struct parameter parameter = parameter_at(call->request.match.binding->method->input, query, at);
        size_t end = span_index_of(query, '&', at);
        if (out.len > 0)
            buf_append_byte(&out, '&'); /* between two of them there may be one too many: an empty part means nothing */
        if (fault->fits(&parameter))
            put_changed(&out, fault, &parameter);
        else
            buf_append_span(&out, span_of(query.data + at, end - at));
        at = end + 1;
    }
    struct span changed = arena_dup(&call->arena, buf_span(&out));
    buf_fini(&out);
    return changed;
}

void defect_query_messages(struct call *call, struct span query, struct buf *message)
{
    for (size_t at = 0; at < query.len; at = span_index_of(query, '&', at) + 1) {
        struct parameter parameter = parameter_at(call->request.match.binding->method->input, query, at);
        if (!in_messages(&parameter))
            continue;
        wire_put_tag(message, outer_field(&parameter)->number, WIRE_LEN);
        size_t body = wire_len_begin(message);
        url_text_to_proto_field(message, parameter.field, parameter.value, &call->arena, NULL);
        wire_len_end(message, body);
    }
}

struct span defect_query(struct call *call, struct span query)
{
    if (call_has(call, DEFECT_QUERY_IGNORED) ||
        (call_has(call, DEFECT_QUERY_BESIDE_VARIABLE_IGNORED) && call->request.match.capture_count > 0) ||
        (call_has(call, DEFECT_QUERY_BESIDE_BODY_IGNORED) && call->body.len > 0) ||
        (call_has(call, DEFECT_QUERY_OF_POST_IGNORED) && span_is(call->method, "POST")))
        return span_of(NULL, 0);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (call_has(call, faults[i].defect))
            return change(call, &faults[i], query);
    }
    return query;
}
