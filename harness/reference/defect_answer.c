/* Defects in how the JSON of a unary answer is printed. */
#include "harness/reference/defect_answer.h"

#include <math.h>
#include <stdio.h>

#include "harness/reference/defect_token.h"

/* ---- token by token */

static bool quoted_integer(const struct token *token)
{
    return token->kind == JSON_STRING && token_is_numeric(token->text, "");
}

static bool quoted_float_name(const struct token *token)
{
    return token->kind == JSON_STRING &&
           (span_is(token->text, "NaN") || span_is(token->text, "Infinity") || span_is(token->text, "-Infinity"));
}

static bool long_number(const struct token *token)
{
    return token->kind == JSON_NUMBER && token->text.len > 8 && !token_is_numeric(token->text, "");
}

static bool negative_zero(const struct token *token)
{
    return token->kind == JSON_NUMBER && token->text.data[0] == '-' && token_value(token->text) == 0;
}

static bool enum_number(const struct token *token)
{
    return token->kind == JSON_NUMBER && token_has_text(token->key, "enum");
}

static bool first_alias(const struct token *token)
{
    return token->kind == JSON_STRING && span_is(token->text, "FIRST_NAME");
}

static bool extension_key(const struct token *token)
{
    return token->kind == JSON_KEY && token->text.len > 0 && token->text.data[0] == '[';
}

static bool group_key(const struct token *token)
{
    return token->kind == JSON_KEY && span_is(token->text, "cluster");
}

static bool time_in_zulu(const struct token *token)
{
    return token->kind == JSON_STRING && token->text.len >= 20 && token->text.data[token->text.len - 1] == 'Z';
}

static bool bytes_wrapper(const struct token *token)
{
    return token->kind == JSON_STRING && span_is(token->key, "bytesWrapper");
}

static bool null_value(const struct token *token)
{
    return token->kind == JSON_NULL;
}

static bool type_key(const struct token *token)
{
    return token->kind == JSON_KEY && span_is(token->text, "@type");
}

static bool value_key(const struct token *token)
{
    return token->kind == JSON_KEY && span_is(token->text, "value");
}

static void with_offset(struct buf *out, const struct token *token)
{
    buf_printf(out, "\"%.*s+00:00\"", (int)token->text.len - 1, (const char *)token->text.data);
}

static void without_zeros(struct buf *out, const struct token *token)
{
    size_t len = token->text.len - 1;
    while (span_index_of(token->text, '.', 0) < len && token->text.data[len - 1] == '0')
        len--;
    buf_printf(out, "\"%.*sZ\"", (int)len, (const char *)token->text.data);
}

static void for_urls(struct buf *out, const struct token *token)
{
    buf_append_byte(out, '"');
    for (size_t i = 0; i < token->text.len; i++) {
        uint8_t c = token->text.data[i];
        buf_append_byte(out, (uint8_t)(c == '+' ? '-' : c == '/' ? '_' : c));
    }
    buf_append_byte(out, '"');
}

static void without_quotes(struct buf *out, const struct token *token)
{
    buf_append_span(out, token->text);
}

static void in_quotes(struct buf *out, const struct token *token)
{
    buf_printf(out, "\"%.*s\"", SPAN_FMT(token->text));
}

static void six_digits(struct buf *out, const struct token *token)
{
    buf_printf(out, "%.6g", token_value(token->text));
}

static void snake_case(struct buf *out, const struct token *token)
{
    buf_append_byte(out, '"');
    for (size_t i = 0; i < token->text.len; i++) {
        uint8_t c = token->text.data[i];
        bool upper = c >= 'A' && c <= 'Z';
        if (upper)
            buf_append_byte(out, '_');
        buf_append_byte(out, (uint8_t)(upper ? c - 'A' + 'a' : c));
    }
    buf_append_byte(out, '"');
}

static void without_brackets(struct buf *out, const struct token *token)
{
    buf_printf(out, "\"%.*s\"", (int)token->text.len - 2, (const char *)token->text.data + 1);
}

static const struct token_fault faults[] = {
    {DEFECT_INT64_AS_NUMBER, quoted_integer, without_quotes, NULL},
    {DEFECT_JSON_NAMES_ORIGINAL, token_is_camel_case_key, snake_case, NULL},
    {DEFECT_ANSWER_NAN_BARE, quoted_float_name, without_quotes, NULL},
    {DEFECT_ANSWER_DOUBLES_SHORT, long_number, six_digits, NULL},
    {DEFECT_ANSWER_NEGATIVE_ZERO_LOST, negative_zero, NULL, "0"},
    {DEFECT_ANSWER_ENUM_NUMBER_QUOTED, enum_number, in_quotes, NULL},
    {DEFECT_ANSWER_ALIAS_OTHER, first_alias, NULL, "\"SECOND_NAME\""},
    {DEFECT_ANSWER_EXTENSIONS_BARE, extension_key, without_brackets, NULL},
    {DEFECT_ANSWER_TIME_OFFSET, time_in_zulu, with_offset, NULL},
    {DEFECT_ANSWER_FRACTION_TRIMMED, time_in_zulu, without_zeros, NULL},
    {DEFECT_ANSWER_BYTES_WRAPPER_URL, bytes_wrapper, for_urls, NULL},
    {DEFECT_ANSWER_NULL_NAMED, null_value, NULL, "\"NULL_VALUE\""},
    {DEFECT_ANSWER_ANY_TYPE_PLAIN, type_key, NULL, "\"type\""},
    {DEFECT_ANSWER_ANY_VALUE_RENAMED, value_key, NULL, "\"content\""},
    {DEFECT_ANSWER_GROUPS_CAPITAL, group_key, NULL, "\"Cluster\""},
};

/* ---- members that do not belong there */

static bool singular_value(const struct schema_field *field)
{
    return !field->repeated && field->oneof_index < 0 && field->message &&
           field->message->well_known == SCHEMA_WKT_VALUE;
}

static bool number(const struct schema_field *field)
{
    return !field->repeated && !field->presence && field->type == SCHEMA_INT32;
}

static const struct {
    enum defect defect;
    bool (*fits)(const struct schema_field *field);
    const char *value;
} additions[] = {
    {DEFECT_UNSET_VALUE_AS_NULL, singular_value, "null"},
    {DEFECT_ANSWER_DEFAULTS_PRINTED, number, "0"},
};

/* In front of the others, the first such field that is not printed. */
static struct span with_member(struct call *call, struct span json, size_t addition)
{
    const struct schema_message *type = call->request.match.binding->method->output;
    for (size_t i = 0; i < type->field_count && json.len >= 2 && json.data[0] == '{'; i++) {
        const struct schema_field *field = &type->fields[i];
        struct span key = field->json_key;
        if (additions[addition].fits(field) && !memmem(json.data, json.len, key.data, key.len))
            return span_cstr(arena_printf(&call->arena, "{%.*s%s%s%.*s", SPAN_FMT(key), additions[addition].value,
                                          json.len > 2 ? "," : "", (int)json.len - 1, (const char *)json.data + 1));
    }
    return json;
}

static bool deeper_than(struct span json, size_t most)
{
    size_t depth = 0;
    for (size_t i = 0; i < json.len; i++) {
        depth += json.data[i] == '{';
        depth -= json.data[i] == '}' && depth > 0;
        if (depth > most)
            return true;
    }
    return false;
}

static struct span beyond_ascii_replaced(struct call *call, struct span json)
{
    struct span copy = arena_dup(&call->arena, json);
    for (size_t i = 0; copy.data && i < copy.len; i++) {
        if (copy.data[i] > 0x80)
            ((uint8_t *)(uintptr_t)copy.data)[i] = '?';
    }
    return copy.data ? copy : json;
}

struct span defect_answer(struct call *call, struct span json)
{
    const struct token_fault *fault = token_fault_of(faults, sizeof faults / sizeof *faults, call->core->defect);
    if (reply_is_raw(call))
        return json;
    if (call_has(call, DEFECT_LARGE_MESSAGE_EMPTY) && json.len > 16384)
        return span_cstr("{}");
    if (call_has(call, DEFECT_ANSWER_DEEP_LOST) && deeper_than(json, 32))
        return span_cstr("{}");
    if (call_has(call, DEFECT_NON_ASCII_REPLACED))
        return beyond_ascii_replaced(call, json);
    for (size_t i = 0; i < sizeof additions / sizeof *additions; i++) {
        if (call_has(call, additions[i].defect))
            return with_member(call, json, i);
    }
    if (!fault)
        return json;
    struct buf out;
    buf_init(&out, REFERENCE_MAX_MESSAGE * 4);
    struct span changed = token_change(&out, fault, json) ? arena_dup(&call->arena, buf_span(&out)) : json;
    buf_fini(&out);
    return changed.data ? changed : json;
}
