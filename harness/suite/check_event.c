/* What a function behind the invocation API was given: the request that the gateway wrapped in JSON. */
#include "harness/suite/check_event.h"

#include <string.h>

#include "harness/base/base64.h"
#include "harness/suite/check_impl.h"

#define EVENT_MAX_BODY    (32u << 20)
#define EVENT_MAX_COOKIES 64 /* that a case names */

/* Names by which a member of an event goes, in the formats: API gateway 1.0, 2.0, and Envoy's aws_lambda filter, which
 * prints its names in two ways. */
static const char *const method_names[] = {"httpMethod", "method", NULL};
static const char *const path_names[] = {"path", "rawPath", "raw_path", NULL};
static const char *const query_names[] = {"queryStringParameters", "query_string_parameters", NULL};
static const char *const flag_names[] = {"isBase64Encoded", "is_base64_encoded", NULL};

static const char *const formats[] = {"1.0", "2.0", "envoy", NULL};

static const json_t *member(const json_t *event, const char *const *names)
{
    const json_t *found = NULL;
    for (size_t i = 0; names[i] && !found; i++)
        found = json_object_get(event, names[i]);
    return found;
}

static const json_t *event_method(const json_t *event)
{
    const json_t *http = json_object_get(json_object_get(event, "requestContext"), "http");
    const json_t *inner = json_object_get(http, "method");
    return inner ? inner : member(event, method_names);
}

static const char *event_format(const json_t *event)
{
    if (span_is(keys_span(json_object_get(event, "version")), "2.0"))
        return formats[1];
    if (json_object_get(event, "httpMethod"))
        return formats[0];
    return json_object_get(event, "method") && member(event, path_names) ? formats[2] : "none that is known";
}

static void differs(struct check *check, struct reasons *to, const char *what, const char *expected,
                    const char *observed)
{
    reason_add(check, to, AXIS_REQUEST, KIND_WRONG_REQUEST, check_text(check, "event %s", what), expected, observed);
}

static const char *show(struct check *check, const json_t *value)
{
    return !value ? "none" : json_is_string(value) ? check_quote(check, keys_span(value)) : check_dump(check, value);
}

static void compare_value(struct check *check, struct reasons *to, const char *what, const json_t *want,
                          const json_t *seen)
{
    if (want && (!seen || !json_equal((json_t *)(uintptr_t)want, (json_t *)(uintptr_t)seen)))
        differs(check, to, what, show(check, want), show(check, seen));
}

/* The headers as fields: those of `multiValueHeaders` value by value, and those of `headers` that are not there. */
static bool event_fields(struct check *check, const json_t *event, struct fields *out)
{
    const json_t *several = json_object_get(event, "multiValueHeaders");
    const char *name;
    json_t *value;
    bool ok = true;
    json_object_foreach((json_t *)(uintptr_t)several, name, value)
    {
        for (size_t i = 0; i < json_array_size(value); i++)
            ok = ok && fields_add(out, &check->kept, span_cstr(name), keys_span(json_array_get(value, i)));
    }
    json_object_foreach(json_object_get(event, "headers"), name, value)
    {
        if (!json_object_get(several, name))
            ok = ok && fields_add(out, &check->kept, span_cstr(name), keys_span(value));
    }
    return ok;
}

/* Appends the cookies of a list of them, as the header has it. */
static bool add_cookies(json_t *out, struct span list)
{
    bool ok = true;
    for (size_t at = 0; at < list.len && ok;) {
        size_t end = span_index_of(list, ';', at);
        struct span cookie = span_trim(span_of(list.data + at, end - at), " ");
        ok = json_array_append_new(out, json_stringn((const char *)cookie.data, cookie.len)) == 0;
        at = end + 1;
    }
    return ok;
}

/* The cookies that the function finds: in `cookies` of format 2.0, or in the one header. */
static void compare_cookies(struct check *check, struct reasons *to, const json_t *want, const json_t *event,
                            const struct fields *fields)
{
    const json_t *own = json_object_get(event, "cookies");
    json_t *found = json_array();
    bool ok = found != NULL;
    for (size_t i = 0; i < json_array_size(own); i++)
        ok = ok && add_cookies(found, keys_span(json_array_get(own, i)));
    if (!own && fields_count(fields, "cookie") > 1)
        differs(check, to, "cookies", "one header, or the member cookies of format 2.0",
                check_text(check, "%zu headers", fields_count(fields, "cookie")));
    else if (!(ok && (own || add_cookies(found, fields_value(fields, "cookie")))))
        check_give_up(check, "the harness ran out of memory");
    else
        compare_value(check, to, "cookies", want, found);
    json_decref(found);
}

/* The bytes that the function means by the body. */
static void compare_body(struct check *check, struct reasons *to, const json_t *want, const json_t *event)
{
    struct span text = keys_span(json_object_get(event, "body"));
    struct span wanted = keys_body(want, &check->kept);
    struct buf bytes;
    buf_init(&bytes, EVENT_MAX_BODY);
    bool encoded = json_is_true(member(event, flag_names));
    if (!wanted.data)
        check_give_up(check, "the harness ran out of memory");
    else if (encoded && !base64_decode(&bytes, text))
        differs(check, to, "body", "base64, as its flag says", check_quote(check, text));
    else if (!span_equal(encoded ? buf_span(&bytes) : text, wanted))
        differs(check, to, "body", check_quote(check, wanted), check_quote(check, encoded ? buf_span(&bytes) : text));
    buf_fini(&bytes);
}

static void compare(struct check *check, const json_t *event, const json_t *want, struct reasons *to)
{
    const json_t *format = json_object_get(want, "format");
    const json_t *encoded = json_object_get(want, "base64");
    const json_t *query = json_object_get(want, "query");
    const json_t *body = json_object_get(want, "body");
    const json_t *flag = member(event, flag_names);
    const char *name;
    json_t *value;
    struct fields fields = {0};
    if (format && strcmp(keys_text(format), event_format(event)) != 0)
        differs(check, to, "format", keys_text(format), event_format(event));
    compare_value(check, to, "method", json_object_get(want, "method"), event_method(event));
    compare_value(check, to, "path", json_object_get(want, "path"), member(event, path_names));
    json_object_foreach((json_t *)(uintptr_t)query, name, value)
    {
        compare_value(check, to, check_text(check, "query %s", name), value,
                      json_object_get(member(event, query_names), name));
    }
    if (encoded && json_is_true(encoded) != json_is_true(flag))
        differs(check, to, "base64", show(check, encoded), show(check, flag));
    compare_value(check, to, "body_text", json_object_get(want, "body_text"), json_object_get(event, "body"));
    if (body)
        compare_body(check, to, body, event);
    if (!event_fields(check, event, &fields))
        check_give_up(check, "the harness ran out of memory");
    if (json_object_get(want, "cookies"))
        compare_cookies(check, to, json_object_get(want, "cookies"), event, &fields);
    const struct fields_asked asked = {
        .fields = &fields, .what = "event header", .axis = AXIS_REQUEST, .kind = KIND_WRONG_METADATA};
    fields_compare(check, &asked, json_object_get(want, "headers"), to);
}

struct span event_body(struct check *check, const struct call_seen *call, struct fields *headers)
{
    struct span body = buf_span(&call->body);
    struct span out = {0};
    struct buf bytes;
    json_t *event = body.len > 0 ? json_loadb((const char *)body.data, body.len, JSON_ALLOW_NUL, NULL) : NULL;
    const json_t *text = json_object_get(event, "body");
    buf_init(&bytes, EVENT_MAX_BODY);
    if (json_is_string(text) && (json_is_true(member(event, flag_names)) ? base64_decode(&bytes, keys_span(text))
                                                                         : buf_append_span(&bytes, keys_span(text))))
        out = arena_dup(&check->kept, buf_span(&bytes));
    if (!json_is_string(text))
        out = span_of(NULL, 0);
    if (!event_fields(check, event, headers))
        check_give_up(check, "the harness ran out of memory");
    buf_fini(&bytes);
    json_decref(event);
    return out;
}

void event_compare(struct check *check, const struct call_seen *call, const json_t *want, struct reasons *to)
{
    struct span body = buf_span(&call->body);
    if (!want || !check_call_whole(check, call))
        return;
    json_t *event = body.len > 0 ? json_loadb((const char *)body.data, body.len, JSON_ALLOW_NUL, NULL) : NULL;
    if (json_is_object(event))
        compare(check, event, want, to);
    else
        differs(check, to, "json", "an object", body.len > 0 ? check_quote(check, body) : "an empty body");
    json_decref(event);
}

static const struct key_rule event_rules[] = {
    {.name = "format",
     .type = &key_choice,
     .choices = formats,
     .form = "\"2.0\"",
     .text = "API gateway's payload format `1.0` or `2.0`, or `envoy` (its aws_lambda filter)"},
    {.name = "method", .type = &key_text, .form = "\"POST\"", .text = "the HTTP method"},
    {.name = "path", .type = &key_text, .form = "\"/...\"", .text = "the path; of the format `envoy` with its query"},
    {.name = "query", .type = &key_any, .form = "{\"name\": \"value\"}", .text = "each of these parameters"},
    {.name = "headers", .type = &key_field_patterns, .text = "each present; `[n]` for any value"},
    {.name = "cookies",
     .type = &key_texts,
     .max = EVENT_MAX_COOKIES,
     .form = "[\"a=1\", \"b=2\"]",
     .text = "these and no others, where the format has them: in the member `cookies` of format 2.0, or in one header "
             "`cookie`"},
    {.name = "body", .type = &key_body, .text = "the bytes, decoded where the flag says base64"},
    {.name = "body_text", .type = &key_string, .text = "the body as it stands in the event"},
    {.name = "base64", .type = &key_bool, .text = "whether the flag is set"},
    {.name = NULL}};
const struct key_object event_object = {.name = "event", .rules = event_rules};
