/* The spelling of JSON answers: what ProtoJSON says that a printer writes, member by member. Two JSON texts may read as
 * the same message (`message`) and be different answers for a client that is no protobuf reader: names, quoted numbers,
 * null. */
#include "harness/suite/check_impl.h"

/* One comparison. The dialects are those of the profile (`json_output`). */
struct spelling {
    struct check *check;
    bool defaults;     /* fields at their default may stand there */
    bool enum_numbers; /* enums may be numbers */
    bool proto_names;  /* members may have the names of the proto file */
    const char *wrong; /* the first difference; NULL: none */
};

static bool differs(struct spelling *spelling, const struct schema_field *field, const char *what, const json_t *seen)
{
    struct span name = field ? field->json_name : span_cstr("the value");
    spelling->wrong =
        check_text(spelling->check, "%.*s %s: %s", SPAN_FMT(name), what, check_dump(spelling->check, seen));
    return false;
}

static bool numbers_equal(const json_t *expected, const json_t *seen)
{
    bool exact = json_is_integer(expected) && json_is_integer(seen);
    return json_is_number(expected) && json_is_number(seen) &&
           (exact ? json_equal(expected, seen) : json_number_value(expected) == json_number_value(seen));
}

static bool object_same(struct spelling *spelling, const struct schema_message *type, const json_t *expected,
                        const json_t *seen);

static bool enum_number_same(const struct schema_field *field, const json_t *expected, const json_t *seen)
{
    const struct schema_enum_value *value = schema_enum_by_name(field->enumeration, keys_span(expected));
    return value && json_is_integer(seen) && json_integer_value(seen) == value->number;
}

static bool single_same(struct spelling *spelling, const struct schema_field *field, const json_t *expected,
                        const json_t *seen)
{
    if (json_equal(expected, seen) || numbers_equal(expected, seen))
        return true;
    if (field->message && field->message->well_known == SCHEMA_WKT_NONE && json_is_object(seen))
        return object_same(spelling, field->message, expected, seen);
    if (field->enumeration && spelling->enum_numbers && enum_number_same(field, expected, seen))
        return true;
    return differs(spelling, field, "is not as expected", seen);
}

static bool map_same(struct spelling *spelling, const struct schema_field *field, const json_t *expected,
                     const json_t *seen)
{
    const struct schema_field *value = schema_field_by_number(field->message, 2);
    const char *key;
    json_t *item;
    if (!value || !json_is_object(seen) || json_object_size(seen) != json_object_size(expected))
        return differs(spelling, field, "is no object of as many members", seen);
    json_object_foreach((json_t *)(uintptr_t)expected, key, item)
    {
        if (!json_object_get(seen, key))
            return differs(spelling, field, "lacks a key", seen);
        if (!single_same(spelling, value, item, json_object_get(seen, key)))
            return false;
    }
    return true;
}

static bool field_same(struct spelling *spelling, const struct schema_field *field, const json_t *expected,
                       const json_t *seen)
{
    if (field->map)
        return map_same(spelling, field, expected, seen);
    if (!field->repeated)
        return single_same(spelling, field, expected, seen);
    if (!json_is_array(seen) || json_array_size(seen) != json_array_size(expected))
        return differs(spelling, field, "is no list of as many elements", seen);
    for (size_t i = 0; i < json_array_size(expected); i++) {
        if (!single_same(spelling, field, json_array_get(expected, i), json_array_get(seen, i)))
            return false;
    }
    return true;
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

static bool member_same(struct spelling *spelling, const struct schema_message *type, const json_t *expected,
                        const char *name, const json_t *seen, size_t *found)
{
    const struct schema_field *field = member_field(spelling, type, name);
    if (!field) {
        spelling->wrong = check_text(spelling->check, "the member %s has no field's JSON name", name);
        return false;
    }
    const json_t *want = json_object_getn(expected, (const char *)field->json_name.data, field->json_name.len);
    *found += want != NULL;
    if (want)
        return field_same(spelling, field, want, seen);
    return (spelling->defaults && is_default(field, seen)) || differs(spelling, field, "is not expected", seen);
}

static bool object_same(struct spelling *spelling, const struct schema_message *type, const json_t *expected,
                        const json_t *seen)
{
    const char *name;
    json_t *value;
    size_t found = 0;
    json_object_foreach((json_t *)(uintptr_t)seen, name, value)
    {
        if (!member_same(spelling, type, expected, name, value, &found))
            return false;
    }
    if (found == json_object_size(expected))
        return true;
    spelling->wrong = "a member is missing";
    return false;
}

static bool value_same(struct spelling *spelling, const json_t *expected, const json_t *seen)
{
    struct message_type type = message_type_of(spelling->check->testcase->rpc, spelling->check->testcase->binding);
    if (type.field)
        return field_same(spelling, type.field, expected, seen);
    if (json_equal(expected, seen))
        return true;
    if (json_is_object(seen) && json_is_object(expected))
        return object_same(spelling, type.message, expected, seen);
    return differs(spelling, NULL, "is not as expected", seen);
}

static void check_json(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct profile *profile = check->in->profile;
    struct spelling spelling = {.check = check,
                                .defaults = profile_has_text(profile, "json_output", "defaults"),
                                .enum_numbers = profile_has_text(profile, "json_output", "enum-numbers"),
                                .proto_names = profile_has_text(profile, "json_output", "proto-names")};
    struct span body = buf_span(&check->response->body);
    (void)object;
    if (!check->complete || !check_body_whole(check))
        return;
    json_t *seen = json_loadb((const char *)body.data, body.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!seen)
        spelling.wrong = "no JSON, or a number that 64 bits do not hold";
    else
        value_same(&spelling, value, seen);
    if (spelling.wrong)
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY, "json",
                   check_text(check, "the JSON %s", check_dump(check, value)),
                   check_text(check, "%s; %s", spelling.wrong, check_quote(check, body)));
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
