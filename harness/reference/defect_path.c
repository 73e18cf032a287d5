/* Defects in how path and path variables are read. */
#include "harness/reference/defect_path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/engine/http_rule/query.h"

struct span defect_rewrite(struct call *call, struct span text, rewrite_fn *fn)
{
    uint8_t *out = arena_alloc(&call->arena, text.len * 3 + 1);
    size_t len = 0;
    if (!out)
        return text;
    for (size_t at = 0; at < text.len;)
        len += fn(out + len, text, &at);
    return span_of(out, len);
}

/* ---- changing the target before it is routed */

static size_t lower_byte(uint8_t *out, struct span text, size_t *at)
{
    uint8_t c = text.data[(*at)++];
    *out = (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return 1;
}

static size_t plus_to_space(uint8_t *out, struct span text, size_t *at)
{
    uint8_t c = text.data[(*at)++];
    *out = c == '+' ? ' ' : c;
    return 1;
}

static size_t merge_slash(uint8_t *out, struct span text, size_t *at)
{
    *out = text.data[(*at)++];
    while (*out == '/' && *at < text.len && text.data[*at] == '/')
        (*at)++;
    return 1;
}

static size_t drop_last_slashes(uint8_t *out, struct span text, size_t *at)
{
    struct span rest = span_trim_end(span_from(text, *at), "/");
    *out = text.data[(*at)++];
    return rest.len > 0 || *at == 1;
}

static size_t drop_last_colon(uint8_t *out, struct span text, size_t *at)
{
    *out = text.data[(*at)++];
    return *at < text.len || *out != ':';
}

static size_t drop_behind_4096(uint8_t *out, struct span text, size_t *at)
{
    *out = text.data[(*at)++];
    return *at <= 4096;
}

/* A triplet that stands for `byte`, decoded. */
static size_t decode_triplet(uint8_t *out, struct span text, size_t *at, const char *triplet)
{
    if (span_equal_nocase(span_of(text.data + *at, text.len - *at < 3 ? 0 : 3), span_cstr(triplet))) {
        *at += 3;
        *out = (uint8_t)strtoul(triplet + 1, NULL, 16);
        return 1;
    }
    *out = text.data[(*at)++];
    return 1;
}

static size_t decode_slash(uint8_t *out, struct span text, size_t *at)
{
    return decode_triplet(out, text, at, "%2F");
}

static size_t decode_colon(uint8_t *out, struct span text, size_t *at)
{
    return decode_triplet(out, text, at, "%3A");
}

static size_t encode_percent(uint8_t *out, struct span text, size_t *at)
{
    uint8_t c = text.data[(*at)++];
    if (c != '%') {
        *out = c;
        return 1;
    }
    memcpy(out, "%25", 3);
    return 3;
}

/* Triplets with lower-case digits stay as they are. */
static size_t keep_lower_percent(uint8_t *out, struct span text, size_t *at)
{
    const uint8_t *here = text.data + *at;
    if (text.len - *at >= 3 && here[0] == '%' && (here[1] >= 'a' || here[2] >= 'a'))
        return encode_percent(out, text, at);
    *out = text.data[(*at)++];
    return 1;
}

/* A segment "..", encoded or not, vanishes, and what it goes back over stays. */
static size_t drop_dot_dot(uint8_t *out, struct span text, size_t *at)
{
    static const char *const forms[] = {"/../", "/%2e%2e/", "/.%2e/", "/%2e./"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t len = strlen(forms[i]);
        if (text.len - *at >= len && span_equal_nocase(span_of(text.data + *at, len), span_cstr(forms[i])))
            *at += len - 1;
    }
    *out = text.data[(*at)++];
    return 1;
}

static const struct {
    enum defect defect;
    rewrite_fn *path;
    rewrite_fn *query;
} targets[] = {
    {DEFECT_TRAILING_SLASH_ACCEPTED, drop_last_slashes, NULL},
    {DEFECT_DOUBLE_SLASH_MERGED, merge_slash, NULL},
    {DEFECT_PATH_CASE_IGNORED, lower_byte, NULL},
    {DEFECT_SLASH_DECODED_BEFORE_ROUTING, decode_slash, NULL},
    {DEFECT_COLON_DECODED_BEFORE_ROUTING, decode_colon, NULL},
    {DEFECT_LAST_COLON_DROPPED, drop_last_colon, NULL},
    {DEFECT_DOT_SEGMENTS_DROPPED, drop_dot_dot, NULL},
    {DEFECT_PATH_CUT, drop_behind_4096, NULL},
    {DEFECT_QUERY_NOT_DECODED, NULL, encode_percent},
    {DEFECT_PERCENT_LOWER_CASE_KEPT, keep_lower_percent, keep_lower_percent},
};

void defect_target(struct call *call)
{
    size_t mark = span_index_of(call->target, '?', 0);
    struct span path = span_of(call->target.data, mark);
    struct span query = mark < call->target.len ? span_from(call->target, mark + 1) : span_of(NULL, 0);
    if (call_has(call, DEFECT_QUESTION_MARK_IN_PATH) && query.data && query.len == 0) {
        call->target = span_cstr(arena_printf(&call->arena, "%.*s%%3F", SPAN_FMT(path)));
        return;
    }
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        if (!call_has(call, targets[i].defect))
            continue;
        path = targets[i].path ? defect_rewrite(call, path, targets[i].path) : path;
        query = targets[i].query ? defect_rewrite(call, query, targets[i].query) : query;
        call->target = span_cstr(arena_printf(&call->arena, "%.*s%s%.*s", SPAN_FMT(path),
                                              mark < call->target.len ? "?" : "", SPAN_FMT(query)));
        return;
    }
}

/* ---- what the variables have captured */

/* A field that the path binds, and its value. */
struct bound {
    const struct schema_field *field;
    bool nested;
    struct span value;
};

typedef bool fits_fn(const struct bound *bound);
typedef void instead_fn(struct buf *out, const struct bound *bound);

enum outcome { LOST, REFUSED, CHANGED };

static bool is_integer(enum schema_type type)
{
    return type != SCHEMA_DOUBLE && type != SCHEMA_FLOAT && type != SCHEMA_BOOL && type != SCHEMA_STRING &&
           type != SCHEMA_BYTES && type != SCHEMA_ENUM;
}

static double value_of(const struct bound *bound)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%.*s", SPAN_FMT(bound->value));
    return strtod(copy, NULL);
}

static bool typed(const struct bound *bound)
{
    return bound->field->type != SCHEMA_STRING;
}

static bool nested(const struct bound *bound)
{
    return bound->nested;
}

static bool default_with_presence(const struct bound *bound)
{
    return bound->field->presence && span_is(bound->value, "0");
}

static bool beyond_31_bits(const struct bound *bound)
{
    return is_integer(bound->field->type) && fabs(value_of(bound)) > 2147483648.0;
}

static bool long_integer(const struct bound *bound)
{
    return is_integer(bound->field->type) && bound->value.len > 15;
}

static bool with_exponent(const struct bound *bound)
{
    return bound->field->type == SCHEMA_DOUBLE && span_index_of(bound->value, 'e', 0) < bound->value.len;
}

static bool name_of_float(const struct bound *bound)
{
    return bound->field->type == SCHEMA_DOUBLE && !isfinite(value_of(bound));
}

static bool number_of_enum(const struct bound *bound)
{
    return bound->field->type == SCHEMA_ENUM && value_of(bound) != 0;
}

static bool base64url(const struct bound *bound)
{
    return bound->field->type == SCHEMA_BYTES && (span_index_of(bound->value, '-', 0) < bound->value.len ||
                                                  span_index_of(bound->value, '_', 0) < bound->value.len);
}

static bool with_nul(const struct bound *bound)
{
    return span_index_of(bound->value, 0, 0) < bound->value.len;
}

static void through_double(struct buf *out, const struct bound *bound)
{
    buf_printf(out, "%.0f", value_of(bound));
}

static void up_to_nul(struct buf *out, const struct bound *bound)
{
    buf_append(out, bound->value.data, span_index_of(bound->value, 0, 0));
}

static const struct capture_fault {
    enum defect defect;
    fits_fn *fits;
    enum outcome outcome;
    instead_fn *instead; /* of CHANGED */
} faults[] = {
    {DEFECT_TYPED_VARIABLE_LOST, typed, LOST, NULL},
    {DEFECT_NESTED_VARIABLE_LOST, nested, LOST, NULL},
    {DEFECT_PATH_DEFAULT_LOST, default_with_presence, LOST, NULL},
    {DEFECT_PATH_LARGE_NUMBERS_REFUSED, beyond_31_bits, REFUSED, NULL},
    {DEFECT_PATH_EXPONENT_REFUSED, with_exponent, REFUSED, NULL},
    {DEFECT_PATH_NAN_REFUSED, name_of_float, REFUSED, NULL},
    {DEFECT_PATH_ENUM_NUMBER_REFUSED, number_of_enum, REFUSED, NULL},
    {DEFECT_PATH_BASE64URL_REFUSED, base64url, REFUSED, NULL},
    {DEFECT_PATH_INTEGER_THROUGH_DOUBLE, long_integer, CHANGED, through_double},
    {DEFECT_PATH_CUT_AT_NUL, with_nul, CHANGED, up_to_nul},
};

static struct bound bound_at(const struct router_match *match, size_t i)
{
    const struct router_field_path *path = &match->binding->variable_fields[i];
    return (struct bound){
        .field = path->fields[path->count - 1], .nested = path->count > 1, .value = match->captures[i].value};
}

/* As if the template had fewer variables. */
static void lose_captures(struct call *call, fits_fn *lost)
{
    struct router_match *match = &call->request.match;
    struct router_binding *binding = arena_alloc(&call->arena, sizeof *binding);
    struct router_field_path *fields = arena_calloc(&call->arena, match->capture_count + 1, sizeof *fields);
    size_t count = 0;
    if (!binding || !fields)
        return;
    for (size_t i = 0; i < match->capture_count; i++) {
        struct bound bound = bound_at(match, i);
        if (lost(&bound))
            continue;
        fields[count] = match->binding->variable_fields[i];
        match->captures[count++] = match->captures[i];
    }
    *binding = *match->binding;
    binding->variable_fields = fields;
    binding->path_template.variable_count = count;
    match->binding = binding;
    match->capture_count = count;
}

static bool change_captures(struct call *call, const struct capture_fault *fault, struct err *err)
{
    struct router_match *match = &call->request.match;
    for (size_t i = 0; i < match->capture_count; i++) {
        struct bound bound = bound_at(match, i);
        struct buf out;
        if (!fault->fits(&bound))
            continue;
        if (fault->outcome == REFUSED) {
            err_set(err, ERR_RANGE, "a path variable has a value in a form that is not known here");
            return false;
        }
        buf_init(&out, bound.value.len + 64);
        fault->instead(&out, &bound);
        match->captures[i].value = arena_dup(&call->arena, buf_span(&out));
        buf_fini(&out);
    }
    return true;
}

/* A query that is one parameter, of the name of this capture: its value counts, and the parameter is gone. */
static void take_from_query(struct call *call, struct path_capture *capture)
{
    struct span query = call->request.query;
    size_t equals = span_index_of(query, '=', 0);
    if (equals < query.len && span_equal(span_of(query.data, equals), capture->variable->field_path)) {
        capture->value = span_from(query, equals + 1);
        call->request.query = span_of(NULL, 0);
    }
}

/* What is done to captures of every type. */
static void change_texts(struct call *call)
{
    struct router_match *match = &call->request.match;
    for (size_t i = 0; i < match->capture_count; i++) {
        struct path_capture *capture = &match->captures[i];
        bool ignored = false;
        if (call_has(call, DEFECT_MULTI_SEGMENT_CUT))
            capture->value.len = span_index_of(capture->value, '/', 0);
        if (call_has(call, DEFECT_QUERY_WINS_OVER_PATH))
            take_from_query(call, capture);
        if (call_has(call, DEFECT_PLUS_IN_PATH_IS_SPACE))
            capture->value = defect_rewrite(call, capture->value, plus_to_space);
        if (call_has(call, DEFECT_PATH_DECODED_TWICE))
            capture->value = query_unescape(capture->value, capture->variable->multi, false, &call->arena, &ignored);
        else if (call_has(call, DEFECT_PATH_NOT_DECODED))
            capture->value = capture->raw;
        else if (call_has(call, DEFECT_RESERVED_SLASH_DECODED))
            capture->value = query_unescape(capture->raw, false, false, &call->arena, &ignored);
    }
    if (call_has(call, DEFECT_BAD_PERCENT_ACCEPTED))
        match->malformed_percent = false;
}

bool defect_captures(struct call *call, struct err *err)
{
    change_texts(call);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (!call_has(call, faults[i].defect))
            continue;
        if (faults[i].outcome != LOST)
            return change_captures(call, &faults[i], err);
        lose_captures(call, faults[i].fits);
    }
    return true;
}
