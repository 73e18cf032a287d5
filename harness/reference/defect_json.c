/* Defects in how the JSON of a request is read. */
#include "harness/reference/defect_json.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/engine/json/reader.h"
#include "harness/reference/defect_token.h"

/* ---- what ProtoJSON takes, refused or read as something else */

static bool exponent(const struct token *token)
{
    return token->kind == JSON_NUMBER && token_has_any(token->text, "eE") && fabs(token_value(token->text)) < 1e300;
}

static bool whole_with_point(const struct token *token)
{
    return token->kind == JSON_NUMBER && token_has_any(token->text, ".") &&
           floor(token_value(token->text)) == token_value(token->text);
}

static bool quoted_integer(const struct token *token)
{
    return token->kind == JSON_STRING && token_is_numeric(token->text, "");
}

static bool quoted_exponent(const struct token *token)
{
    return token->kind == JSON_STRING && token_is_numeric(token->text, "eE+-.") && token_has_any(token->text, "eE");
}

static bool quoted_float_name(const struct token *token)
{
    return token->kind == JSON_STRING &&
           (span_is(token->text, "NaN") || span_is(token->text, "Infinity") || span_is(token->text, "-Infinity"));
}

static bool long_integer(const struct token *token)
{
    return token->kind == JSON_NUMBER && token->text.len > 15 && token_is_numeric(token->text, "");
}

static bool long_quoted_integer(const struct token *token)
{
    return quoted_integer(token) && token->text.len > 15;
}

static bool beyond_32_bits(const struct token *token)
{
    double value = token_value(token->text);
    return (token->kind == JSON_NUMBER || quoted_integer(token)) && token_is_numeric(token->text, ".e+") &&
           fabs(value) > INT32_MAX && fabs(value) < 1e15;
}

static bool negative(const struct token *token)
{
    return token->kind == JSON_NUMBER && token_is_numeric(token->text, "") && token->text.data[0] == '-' &&
           token_has_any(token->text, "123456789");
}

static bool with_fraction(const struct token *token)
{
    return token->kind == JSON_NUMBER && token_has_any(token->text, ".") && !whole_with_point(token);
}

static bool quoted_and_padded(const struct token *token)
{
    struct span trimmed = span_trim(token->text, " ");
    return token->kind == JSON_STRING && trimmed.len < token->text.len &&
           (trimmed.len == 0 || token_is_numeric(trimmed, ""));
}

static bool empty_string(const struct token *token)
{
    return token->kind == JSON_STRING && token->text.len == 0;
}

static bool overflowing(const struct token *token)
{
    return token->kind == JSON_NUMBER && fabs(token_value(token->text)) > 3.5e38;
}

static bool negative_zero(const struct token *token)
{
    return token->kind == JSON_NUMBER && token->text.data[0] == '-' && token_value(token->text) == 0;
}

static bool escaped_letter(const struct token *token)
{
    return token->kind == JSON_STRING && token_has_text(token->text, "\\u") && !token_has_text(token->text, "\\ud") &&
           !token_has_text(token->text, "\\u0000");
}

static bool short_escape(const struct token *token)
{
    return token->kind == JSON_STRING && token_has_text(token->text, "\\") && !token_has_text(token->text, "\\u");
}

static bool surrogate_pair(const struct token *token)
{
    return token->kind == JSON_STRING && (token_has_text(token->text, "\\ud") || token_has_text(token->text, "\\uD"));
}

static bool escaped_nul(const struct token *token)
{
    return token->kind == JSON_STRING && token_has_text(token->text, "\\u0000");
}

static bool is_of_bytes(const struct token *token)
{
    return token->kind == JSON_STRING && token_has_text(token->key, "ytes");
}

static bool base64url(const struct token *token)
{
    return is_of_bytes(token) && token_has_any(token->text, "-_");
}

static bool unpadded(const struct token *token)
{
    return is_of_bytes(token) && token->text.len % 4 != 0;
}

static bool enum_number(const struct token *token)
{
    return token->kind == JSON_NUMBER && token_has_text(token->key, "num");
}

static bool large_enum_number(const struct token *token)
{
    return enum_number(token) && token_value(token->text) > 3;
}

static bool null(const struct token *token)
{
    return token->kind == JSON_NULL;
}

static bool top_level_null(const struct token *token)
{
    return token->kind == JSON_NULL && token->depth == 0;
}

static bool of_default(const struct token *token)
{
    return token->kind == JSON_FALSE || empty_string(token) ||
           (token->kind == JSON_NUMBER && token_value(token->text) == 0 && !negative_zero(token));
}

static bool empty_object(const struct token *token)
{
    return token->empty_object;
}

static bool numeric_key(const struct token *token)
{
    return token->kind == JSON_KEY && token_is_numeric(token->text, "");
}

static bool bool_key(const struct token *token)
{
    return token->kind == JSON_KEY && (span_is(token->text, "true") || span_is(token->text, "false"));
}

static bool snake_case_key(const struct token *token)
{
    return token->kind == JSON_KEY && token_has_any(token->text, "_");
}

static bool escaped_key(const struct token *token)
{
    return token->kind == JSON_KEY && token_has_any(token->text, "\\");
}

static bool time_with_offset(const struct token *token)
{
    size_t len = token->text.len;
    return token->kind == JSON_STRING && len > 19 && token->text.data[10] == 'T' && token->text.data[len - 3] == ':' &&
           (token->text.data[len - 6] == '+' || token->text.data[len - 6] == '-');
}

static bool is_time(const struct token *token)
{
    return token->kind == JSON_STRING && token->text.len >= 20 && token->text.data[4] == '-' &&
           token->text.data[10] == 'T';
}

static bool is_duration(const struct token *token)
{
    return token->kind == JSON_STRING && token->text.len > 1 && token->text.data[token->text.len - 1] == 's' &&
           token_is_numeric(span_of(token->text.data, token->text.len - 1), ".");
}

static bool with_nanoseconds(const struct token *token)
{
    size_t point = span_index_of(token->text, '.', 0);
    size_t digits = 0;
    while (point + 1 + digits < token->text.len && isdigit(token->text.data[point + 1 + digits]))
        digits++;
    return (is_time(token) || is_duration(token)) && digits > 3;
}

static bool negative_duration(const struct token *token)
{
    return is_duration(token) && token->text.data[0] == '-';
}

static bool mask_of_nested(const struct token *token)
{
    return token->kind == JSON_STRING && token_has_text(token->key, "ask") && token_has_any(token->text, ",");
}

static void through_double(struct buf *out, const struct token *token)
{
    const char *quote = token->kind == JSON_STRING ? "\"" : "";
    buf_printf(out, "%s%.0f%s", quote, token_value(token->text), quote);
}

static void wrapped(struct buf *out, const struct token *token)
{
    buf_printf(out, "%d", (int)(int32_t)(uint32_t)(int64_t)token_value(token->text));
}

static void wrapped_unsigned(struct buf *out, const struct token *token)
{
    buf_printf(out, "%u", (unsigned)(int32_t)token_value(token->text));
}

static void cut_fraction(struct buf *out, const struct token *token)
{
    buf_printf(out, "%.0f", trunc(token_value(token->text)));
}

static void trimmed(struct buf *out, const struct token *token)
{
    struct span text = span_trim(token->text, " ");
    buf_printf(out, "\"%.*s\"", SPAN_FMT(text));
}

static void backslashes_kept(struct buf *out, const struct token *token)
{
    buf_append_byte(out, '"');
    for (size_t i = 0; i < token->text.len; i++) {
        buf_append_byte(out, token->text.data[i]);
        if (token->text.data[i] == '\\')
            buf_append_byte(out, '\\');
    }
    buf_append_byte(out, '"');
}

static void cut_at_nul(struct buf *out, const struct token *token)
{
    const uint8_t *nul = memmem(token->text.data, token->text.len, "\\u0000", 6);
    buf_printf(out, "\"%.*s\"", (int)(nul - token->text.data), (const char *)token->text.data);
}

static void milliseconds_only(struct buf *out, const struct token *token)
{
    size_t point = span_index_of(token->text, '.', 0);
    size_t end = point + 1;
    while (end < token->text.len && isdigit(token->text.data[end]))
        end++;
    buf_printf(out, "\"%.*s%.*s\"", (int)(point + 4), (const char *)token->text.data,
               SPAN_FMT(span_from(token->text, end)));
}

static void first_path_only(struct buf *out, const struct token *token)
{
    buf_printf(out, "\"%.*s\"", (int)span_index_of(token->text, ',', 0), (const char *)token->text.data);
}

static bool late_type(const struct token *token)
{
    return token->kind == JSON_KEY && span_is(token->text, "@type") && span_is(token->key, "value");
}

static bool any_value(const struct token *token)
{
    return token->kind == JSON_KEY && span_is(token->text, "value") && span_is(token->key, "@type");
}

static const struct token_fault faults[] = {
    {DEFECT_JSON_EXPONENT_REFUSED, exponent, NULL, NULL},
    {DEFECT_JSON_WHOLE_WITH_POINT_REFUSED, whole_with_point, NULL, NULL},
    {DEFECT_JSON_QUOTED_INTEGER_REFUSED, quoted_integer, NULL, NULL},
    {DEFECT_JSON_QUOTED_EXPONENT_REFUSED, quoted_exponent, NULL, NULL},
    {DEFECT_JSON_QUOTED_NAN_REFUSED, quoted_float_name, NULL, NULL},
    {DEFECT_JSON_INTEGER_THROUGH_DOUBLE, long_integer, through_double, NULL},
    {DEFECT_JSON_QUOTED_INTEGER_THROUGH_DOUBLE, long_quoted_integer, through_double, NULL},
    {DEFECT_JSON_INTEGER_WRAPPED, beyond_32_bits, wrapped, NULL},
    {DEFECT_JSON_NEGATIVE_WRAPPED, negative, wrapped_unsigned, NULL},
    {DEFECT_JSON_FRACTION_CUT, with_fraction, cut_fraction, NULL},
    {DEFECT_JSON_QUOTED_NUMBER_TRIMMED, quoted_and_padded, trimmed, NULL},
    {DEFECT_JSON_EMPTY_STRING_ZERO, empty_string, NULL, "0"},
    {DEFECT_JSON_OVERFLOW_INFINITE, overflowing, NULL, "\"Infinity\""},
    {DEFECT_JSON_NEGATIVE_ZERO_LOST, negative_zero, NULL, "0"},
    {DEFECT_JSON_LETTER_ESCAPES_KEPT, escaped_letter, backslashes_kept, NULL},
    {DEFECT_JSON_SHORT_ESCAPES_KEPT, short_escape, backslashes_kept, NULL},
    {DEFECT_JSON_SURROGATES_REPLACED, surrogate_pair, NULL, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {DEFECT_JSON_STRING_CUT_AT_NUL, escaped_nul, cut_at_nul, NULL},
    {DEFECT_JSON_BASE64URL_REFUSED, base64url, NULL, NULL},
    {DEFECT_JSON_UNPADDED_BASE64_REFUSED, unpadded, NULL, NULL},
    {DEFECT_JSON_ENUM_NUMBER_REFUSED, enum_number, NULL, NULL},
    {DEFECT_JSON_UNKNOWN_ENUM_NUMBER_LOST, large_enum_number, NULL, "0"},
    {DEFECT_JSON_NULL_REFUSED, null, NULL, NULL},
    {DEFECT_JSON_NULL_IS_DEFAULT, null, NULL, "0"},
    {DEFECT_JSON_TOP_LEVEL_NULL_EMPTY, top_level_null, NULL, "{}"},
    {DEFECT_JSON_DEFAULTS_DROPPED, of_default, NULL, "null"},
    {DEFECT_JSON_EMPTY_OBJECT_DROPPED, empty_object, NULL, "null"},
    {DEFECT_JSON_NUMERIC_KEYS_REFUSED, numeric_key, NULL, NULL},
    {DEFECT_JSON_BOOL_KEYS_REFUSED, bool_key, NULL, NULL},
    {DEFECT_JSON_ANY_TYPE_FIRST, late_type, NULL, NULL},
    {DEFECT_JSON_ANY_VALUE_REFUSED, any_value, NULL, NULL},
    {DEFECT_JSON_SNAKE_CASE_REFUSED, snake_case_key, NULL, NULL},
    {DEFECT_JSON_CAMEL_CASE_REFUSED, token_is_camel_case_key, NULL, NULL},
    {DEFECT_JSON_ESCAPED_KEYS_UNKNOWN, escaped_key, NULL, NULL},
    {DEFECT_JSON_TIME_OFFSET_REFUSED, time_with_offset, NULL, NULL},
    {DEFECT_JSON_NANOSECONDS_CUT, with_nanoseconds, milliseconds_only, NULL},
    {DEFECT_JSON_NEGATIVE_DURATION_REFUSED, negative_duration, NULL, NULL},
    {DEFECT_JSON_MASK_FIRST_PATH_ONLY, mask_of_nested, first_path_only, NULL},
};

static const struct token_fault *fault_of(enum defect defect)
{
    return token_fault_of(faults, sizeof faults / sizeof *faults, defect);
}

bool defect_json_changes(enum defect defect)
{
    return fault_of(defect) != NULL || defect == DEFECT_ABORT_ON_DEEP_JSON || defect == DEFECT_ABORT_ON_MANY_MEMBERS ||
           defect == DEFECT_ABORT_ON_LONG_TOKEN;
}

static size_t count_of(struct span text, const char *bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] && strchr(bytes, text.data[i]);
    return count;
}

/* The longest piece between the signs of JSON. */
static size_t longest_token(struct span text)
{
    size_t longest = 0, len = 0;
    for (size_t i = 0; i < text.len; i++) {
        len = text.data[i] && strchr("{}[]:,\" ", text.data[i]) ? 0 : len + 1;
        longest = len > longest ? len : longest;
    }
    return longest;
}

/* Defects that end the process. */
static void survive(const struct call *call, struct span body)
{
    if ((call_has(call, DEFECT_ABORT_ON_DEEP_JSON) && count_of(body, "[{") > 50000) ||
        (call_has(call, DEFECT_ABORT_ON_MANY_MEMBERS) && count_of(body, ":") > 50000) ||
        (call_has(call, DEFECT_ABORT_ON_LONG_TOKEN) && longest_token(body) > 500000))
        abort();
}

enum err_code defect_json_read(struct call *call, struct span *body, struct err *err)
{
    const struct token_fault *fault = fault_of(call->core->defect);
    struct buf changed;
    enum err_code code = ERR_OK;
    survive(call, *body);
    if (!fault || json_validate(*body, NULL) != ERR_OK)
        return ERR_OK;
    buf_init(&changed, 2 * body->len + 64);
    if (token_change(&changed, fault, *body))
        *body = arena_dup(&call->arena, buf_span(&changed));
    else
        code = err_set(err, ERR_RANGE, "the request body has a value in a form that is not known here");
    buf_fini(&changed);
    return code;
}
