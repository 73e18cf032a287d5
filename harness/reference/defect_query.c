/* The defects that lose query parameters. */
#include "harness/reference/defect_query.h"

/* Keeps the parameters for which `keep` says so. */
typedef bool keep_fn(const struct call *call, struct span query, size_t at, struct span key);

static bool keep_flat(const struct call *call, struct span query, size_t at, struct span key)
{
    (void)call;
    (void)query;
    (void)at;
    return span_index_of(key, '.', 0) == key.len;
}

static bool keep_last(const struct call *call, struct span query, size_t at, struct span key)
{
    (void)call;
    for (size_t from = span_index_of(query, '&', at); from < query.len;) {
        size_t end = span_index_of(query, '&', from + 1);
        struct span part = span_of(query.data + from + 1, end - from - 1);
        if (span_equal(span_of(part.data, span_index_of(part, '=', 0)), key))
            return false;
        from = end;
    }
    return true;
}

static bool keep_without_underscore(const struct call *call, struct span query, size_t at, struct span key)
{
    (void)call;
    (void)query;
    (void)at;
    return span_index_of(key, '_', 0) == key.len;
}

static bool keep_without_upper_case(const struct call *call, struct span query, size_t at, struct span key)
{
    (void)call;
    (void)query;
    (void)at;
    for (size_t i = 0; i < key.len; i++) {
        if (key.data[i] >= 'A' && key.data[i] <= 'Z')
            return false;
    }
    return true;
}

static bool keep_without_enum_number(const struct call *call, struct span query, size_t at, struct span key)
{
    const struct schema_field *field = schema_field_by_json_name(call->request.match.binding->method->input, key);
    size_t value = at + key.len + 1;
    return !field || !field->enumeration || value >= query.len || query.data[value] < '0' || query.data[value] > '9';
}

static struct span filter(struct call *call, struct span query, keep_fn *keep)
{
    uint8_t *out = arena_alloc(&call->arena, query.len + 1);
    size_t len = 0;
    if (!out)
        return query;
    for (size_t at = 0; at < query.len;) {
        size_t end = span_index_of(query, '&', at);
        struct span part = span_of(query.data + at, end - at);
        if (keep(call, query, at, span_of(part.data, span_index_of(part, '=', 0)))) {
            if (len > 0)
                out[len++] = '&';
            memcpy(out + len, part.data, part.len);
            len += part.len;
        }
        at = end + 1;
    }
    return span_of(out, len);
}

struct span defect_query(struct call *call, struct span query)
{
    static const struct {
        enum defect defect;
        keep_fn *keep;
    } filters[] = {
        {DEFECT_NESTED_QUERY_IGNORED, keep_flat},
        {DEFECT_REPEATED_QUERY_LAST_ONLY, keep_last},
        {DEFECT_QUERY_SNAKE_CASE_IGNORED, keep_without_underscore},
        {DEFECT_QUERY_CAMEL_CASE_IGNORED, keep_without_upper_case},
        {DEFECT_QUERY_ENUM_NUMBER_IGNORED, keep_without_enum_number},
    };
    if (call_has(call, DEFECT_QUERY_IGNORED) ||
        (call_has(call, DEFECT_QUERY_BESIDE_VARIABLE_IGNORED) && call->request.match.capture_count > 0) ||
        (call_has(call, DEFECT_QUERY_BESIDE_BODY_IGNORED) && call->body.len > 0) ||
        (call_has(call, DEFECT_QUERY_OF_POST_IGNORED) && span_is(call->method, "POST")))
        return span_of(NULL, 0);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        if (call_has(call, filters[i].defect))
            return filter(call, query, filters[i].keep);
    }
    return query;
}
