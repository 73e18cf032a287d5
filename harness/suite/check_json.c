/* The spelling of JSON answers: what ProtoJSON says that a printer writes, member by member. Two JSON texts may read as
 * the same message (`message`) and be different answers for a client that is no protobuf reader: names, quoted numbers,
 * null. */
#include "harness/suite/message_diff.h"

/* One comparison. The dialects are those of the profile (`json_output`). */
struct spelling {
    struct message_diff diff;
    bool defaults;     /* fields at their default may stand there */
    bool enum_numbers; /* enums may be numbers */
    bool proto_names;  /* members may have the names of the proto file */
};

static bool numbers_equal(const json_t *expected, const json_t *seen)
{
    bool exact = json_is_integer(expected) && json_is_integer(seen);
    return json_is_number(expected) && json_is_number(seen) &&
           (exact ? json_equal(expected, seen) : json_number_value(expected) == json_number_value(seen));
}

static bool enum_number_same(const struct schema_field *field, const json_t *expected, const json_t *seen)
{
    const struct schema_enum_value *value = schema_enum_by_name(field->enumeration, keys_span(expected));
    return value && json_is_integer(seen) && json_integer_value(seen) == value->number;
}

static void compare_object(const struct spelling *spelling, const struct json_step *up,
                           const struct schema_message *type, const json_t *expected, const json_t *seen);

/* One value of the field: an element of a list, a value of a map. NULL: that side does not have it. */
static void compare_single(const struct spelling *spelling, const struct json_step *step,
                           const struct schema_field *field, const json_t *expected, const json_t *seen)
{
    if (expected && seen && (json_equal(expected, seen) || numbers_equal(expected, seen)))
        return;
    if (field->message && field->message->well_known == SCHEMA_WKT_NONE && json_is_object(expected) &&
        json_is_object(seen))
        compare_object(spelling, step, field->message, expected, seen);
    else if (!(field->enumeration && spelling->enum_numbers && enum_number_same(field, expected, seen)))
        message_diff_add(&spelling->diff, step, expected, seen);
}

static void compare_map(const struct spelling *spelling, const struct json_step *up, const struct schema_field *field,
                        const json_t *expected, const json_t *seen)
{
    const struct schema_field *value = schema_field_by_number(field->message, 2);
    struct json_step step = {.up = up};
    json_t *item;
    json_object_foreach((json_t *)(uintptr_t)expected, step.name, item)
        compare_single(spelling, &step, value, item, json_object_get(seen, step.name));
    json_object_foreach((json_t *)(uintptr_t)seen, step.name, item)
    {
        if (!json_object_get(expected, step.name))
            message_diff_add(&spelling->diff, &step, NULL, item);
    }
}

static void compare_list(const struct spelling *spelling, const struct json_step *up, const struct schema_field *field,
                         const json_t *expected, const json_t *seen)
{
    size_t wanted = json_array_size(expected);
    size_t count = wanted > json_array_size(seen) ? wanted : json_array_size(seen);
    for (size_t i = 0; i < count; i++) {
        const struct json_step step = {.up = up, .index = i};
        compare_single(spelling, &step, field, json_array_get(expected, i), json_array_get(seen, i));
    }
}

static void compare_field(const struct spelling *spelling, const struct json_step *step,
                          const struct schema_field *field, const json_t *expected, const json_t *seen)
{
    if (field->map && json_is_object(expected) && json_is_object(seen))
        compare_map(spelling, step, field, expected, seen);
    else if (!field->map && field->repeated && json_is_array(expected) && json_is_array(seen))
        compare_list(spelling, step, field, expected, seen);
    else
        compare_single(spelling, step, field, expected, seen);
}

/* What a printer of defaults writes for a field that is not set. */
static bool is_default(const struct schema_field *field, const json_t *seen)
{
    if (field->oneof_index >= 0)
        return false;
    if (field->presence)
        return json_is_null(seen);
    if (field->repeated)
        return json_is_array(seen) == !field->map && json_array_size(seen) + json_object_size(seen) == 0 &&
               !json_is_null(seen);
    if (field->enumeration) {
        const struct schema_enum_value *first = schema_enum_by_number(field->enumeration, 0);
        return json_is_null(seen) || (json_is_integer(seen) && json_integer_value(seen) == 0) ||
               (first && json_is_string(seen) && span_equal(keys_span(seen), first->name));
    }
    return json_is_false(seen) || (json_is_number(seen) && json_number_value(seen) == 0) ||
           (json_is_string(seen) && (json_string_length(seen) == 0 || span_is(keys_span(seen), "0")));
}

static const struct schema_field *member_field(const struct spelling *spelling, const struct schema_message *type,
                                               const char *name)
{
    const struct schema_field *field = schema_field_by_json_name(type, span_cstr(name)); /* which finds both names */
    return field && (spelling->proto_names || span_is(field->json_name, name)) ? field : NULL;
}

static const json_t *get(const json_t *object, struct span name)
{
    return json_object_getn(object, (const char *)name.data, name.len);
}

/* A member of `object`. A name that is no field's JSON name is one too many; so is the second name of one field. */
static void compare_member(const struct spelling *spelling, const struct json_step *step,
                           const struct schema_message *type, const json_t *expected, const json_t *object)
{
    const json_t *seen = json_object_get(object, step->name);
    const struct schema_field *field = member_field(spelling, type, step->name);
    if (field && !span_is(field->json_name, step->name) && get(object, field->json_name))
        field = NULL;
    const json_t *want = field ? get(expected, field->json_name) : NULL;
    if (want)
        compare_field(spelling, step, field, want, seen);
    else if (!field || !spelling->defaults || !is_default(field, seen))
        message_diff_add(&spelling->diff, step, NULL, seen);
}

/* Whether the member stands there, under a name that counts. */
static bool has_member(const struct spelling *spelling, const struct schema_message *type, const char *name,
                       const json_t *seen)
{
    const struct schema_field *field = schema_field_by_json_name(type, span_cstr(name));
    return json_object_get(seen, name) || (field && spelling->proto_names && get(seen, field->name));
}

static void compare_object(const struct spelling *spelling, const struct json_step *up,
                           const struct schema_message *type, const json_t *expected, const json_t *seen)
{
    struct json_step step = {.up = up};
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)seen, step.name, value)
        compare_member(spelling, &step, type, expected, seen);
    json_object_foreach((json_t *)(uintptr_t)expected, step.name, value)
    {
        if (!has_member(spelling, type, step.name, seen))
            message_diff_add(&spelling->diff, &step, value, NULL);
    }
}

static void compare_value(const struct spelling *spelling, const json_t *expected, const json_t *seen)
{
    const struct testcase *testcase = spelling->diff.check->testcase;
    struct message_type type = message_type_of(testcase->rpc, testcase->binding);
    if (type.field)
        compare_field(spelling, NULL, type.field, expected, seen);
    else if (json_is_object(seen) && json_is_object(expected))
        compare_object(spelling, NULL, type.message, expected, seen);
    else if (!json_equal(expected, seen))
        message_diff_add(&spelling->diff, NULL, expected, seen);
}

static void check_json(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct profile *profile = check->in->profile;
    const struct spelling spelling = {
        .diff = {.check = check, .to = to, .axis = AXIS_RESPONSE, .kind = KIND_WRONG_BODY, .at = "json"},
        .defaults = profile_has_text(profile, "json_output", "defaults"),
        .enum_numbers = profile_has_text(profile, "json_output", "enum-numbers"),
        .proto_names = profile_has_text(profile, "json_output", "proto-names")};
    struct span body = buf_span(&check->response->body);
    (void)object;
    if (!check->complete || !check_body_whole(check))
        return;
    json_t *seen = json_loadb((const char *)body.data, body.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (seen)
        compare_value(&spelling, value, seen);
    else
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY, "json",
                   check_text(check, "the JSON %s", check_dump(check, value)),
                   check_text(check, "no JSON, or a number that 64 bits do not hold; %s", check_quote(check, body)));
    json_decref(seen);
}

static void check_no_members(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    struct span body = buf_span(&check->response->body);
    json_t *seen = json_loadb((const char *)body.data, body.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    (void)object;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *name = json_string_value(json_array_get(value, i));
        if (json_object_get(seen, name))
            reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY, check_text(check, "/%s", name),
                       check_text(check, "no member %s", name), check_quote(check, body));
    }
    json_decref(seen);
}

/* ---- the table */

const struct expectation json_expectations[] = {
    {.rule = {.name = "json",
              .type = &expectation_message,
              .text = "the body is this JSON as ProtoJSON prints it, member by member: lowerCamelCase names, 64-bit "
                      "integers as strings, names of enums, no null, nothing that is not set; `json_output` of the "
                      "profile allows dialects. The order of members and the spelling of strings and numbers are free"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_json,
     .is_answer = true,
     .needs_complete = true},
    {.rule = {.name = "no_members",
              .type = &key_texts,
              .min = 1,
              .max = 100,
              .form = "[n, ...]",
              .text = "names that the body's object must not have as members, whatever the profile says"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_no_members},
    {.rule = {.name = NULL}}};
