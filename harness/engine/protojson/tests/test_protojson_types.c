/* Which JSON value fits which type of field, and which names descriptors lead to: every type, by loops. */
#include "harness/engine/tests/protojson_fixture.h"
#include "harness/engine/tests/proto_set.h"

/* ---- a value of each kind for a field of each kind */

static const struct {
    char letter;
    const char *json;
} values[] = {{'0', "null"}, {'t', "true"}, {'f', "false"}, {'n', "1"}, {'s', "\"AA==\""}, {'o', "{}"}, {'a', "[]"}};

/* `name`, as in doubleValue, doubles and toDouble, and the letters of what it takes. */
static const struct {
    const char *name;
    const char *takes;
} kinds[] = {{"double", "n"}, {"float", "n"},  {"int32", "n"},   {"int64", "n"},   {"uint32", "n"},   {"uint64", "n"},
             {"sint32", "n"}, {"sint64", "n"}, {"fixed32", "n"}, {"fixed64", "n"}, {"sfixed32", "n"}, {"sfixed64", "n"},
             {"bool", "tf"},  {"string", "s"}, {"bytes", "s"},   {"enum", "n"},    {"message", "o"}};

static void check_taken(struct fixture *fixture, const char *json, bool taken)
{
    enum err_code code = fixture_read(fixture, "Everything", json);
    if (code != (taken ? ERR_OK : ERR_RANGE))
        fail_msg("%s: code %d %s", json, (int)code, fixture->err.text);
}

static void test_values_of_another_type(void **state)
{
    struct fixture *fixture = *state;
    char json[128];
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const char *name = kinds[k].name;
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            const char *value = values[v].json;
            bool null = values[v].letter == '0';
            bool taken = strchr(kinds[k].takes, values[v].letter) != NULL;
            snprintf(json, sizeof json, "{\"%sValue\":%s}", name, value);
            check_taken(fixture, json, taken || null);
            snprintf(json, sizeof json, "{\"%ss\":%s}", name, value);
            check_taken(fixture, json, null || values[v].letter == 'a');
            snprintf(json, sizeof json, "{\"%ss\":[%s]}", name, value);
            check_taken(fixture, json, taken);
            if (strcmp(name, "string") == 0)
                snprintf(json, sizeof json, "{\"byString\":{\"k\":%s}}", value);
            else
                snprintf(json, sizeof json, "{\"to%c%s\":{\"k\":%s}}", name[0] - 'a' + 'A', name + 1, value);
            check_taken(fixture, json, taken);
        }
    }
}

/* Null is no value, whatever the field; for a Value and a NullValue it is one, and it shows where there is presence. */
static void test_null_of_every_field(void **state)
{
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    char json[128];
    for (uint32_t i = 0; i < message->field_count; i++) {
        const struct schema_field *field = &message->fields[i];
        bool shows = span_is(field->name, "value") || span_is(field->name, "choice_null");
        snprintf(json, sizeof json, "{\"%.*s\":null}", SPAN_FMT(field->json_name));
        if (fixture_read(fixture, "Everything", json) != ERR_OK)
            fail_msg("%s: %s", json, fixture->err.text);
        if ((fixture->wire.len > 0) != shows)
            fail_msg("%s: %zu bytes", json, fixture->wire.len);
    }
}

/* A default that is given is there, where presence is known; it is on the wire and comes back. */
static void test_defaults_that_are_given(void **state)
{
    static const struct fixture_row rows[] = {
        {"{\"optionalDouble\":0,\"optionalFloat\":0,\"optionalInt32\":0,\"optionalInt64\":\"0\",\"optionalUint32\":0,"
         "\"optionalUint64\":\"0\",\"optionalSint32\":0,\"optionalSint64\":\"0\",\"optionalFixed32\":0,"
         "\"optionalFixed64\":\"0\",\"optionalSfixed32\":0,\"optionalSfixed64\":\"0\",\"optionalBool\":false,"
         "\"optionalString\":\"\",\"optionalBytes\":\"\",\"optionalEnum\":\"COLOR_UNSPECIFIED\","
         "\"optionalMessage\":{}}",
         "{\"optionalDouble\":0,\"optionalFloat\":0,\"optionalInt32\":0,\"optionalInt64\":\"0\",\"optionalUint32\":0,"
         "\"optionalUint64\":\"0\",\"optionalSint32\":0,\"optionalSint64\":\"0\",\"optionalFixed32\":0,"
         "\"optionalFixed64\":\"0\",\"optionalSfixed32\":0,\"optionalSfixed64\":\"0\",\"optionalBool\":false,"
         "\"optionalString\":\"\",\"optionalBytes\":\"\",\"optionalEnum\":\"COLOR_UNSPECIFIED\","
         "\"optionalMessage\":{}}",
         0, 0},
        {"{\"doubleWrapper\":0,\"floatWrapper\":0,\"int64Wrapper\":\"0\",\"uint64Wrapper\":\"0\",\"int32Wrapper\":0,"
         "\"uint32Wrapper\":0,\"boolWrapper\":false,\"stringWrapper\":\"\",\"bytesWrapper\":\"\"}",
         "{\"doubleWrapper\":0,\"floatWrapper\":0,\"int64Wrapper\":\"0\",\"uint64Wrapper\":\"0\",\"int32Wrapper\":0,"
         "\"uint32Wrapper\":0,\"boolWrapper\":false,\"stringWrapper\":\"\",\"bytesWrapper\":\"\"}",
         0, 0},
    };
    FIXTURE_CHECK_ROWS(*state, "Everything", rows);
}

/* ---- names that follow from descriptors */

static struct schema *load(struct proto_set *set)
{
    struct schema *schema;
    struct err err;
    proto_set_close(set);
    if (proto_set_load(set, &schema, &err) != ERR_OK)
        fail_msg("%s", err.text);
    proto_set_fini(set);
    return schema;
}

/* `json` for a message of this schema comes back as `canonical`, or is refused when that is NULL. */
static void check_message(struct fixture *fixture, const struct schema *schema, const char *name, const char *json,
                          const char *canonical)
{
    const struct schema_message *message = schema_message_find(schema, span_cstr(name));
    assert_non_null(message);
    enum err_code code = fixture_read_span(fixture, message, span_cstr(json), NULL);
    if (code != (canonical ? ERR_OK : ERR_RANGE))
        fail_msg("%s %s: code %d %s", name, json, (int)code, fixture->err.text);
    if (!canonical)
        return;
    assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
    assert_string_equal(fixture_text(fixture), canonical);
}

/* Descriptors without json_name: protoc's rule gives the names. */
static void test_derived_names(void **state)
{
    static const char *const rows[][2] = {
        {"fieldname1", "fieldname1"},      {"field_name2", "fieldName2"},    {"_field_name3", "FieldName3"},
        {"field__name4_", "fieldName4"},   {"field0name5", "field0name5"},   {"field_0_name6", "field0Name6"},
        {"fieldName7", "fieldName7"},      {"FieldName8", "FieldName8"},     {"field_Name9", "fieldName9"},
        {"Field_Name10", "FieldName10"},   {"FIELD_NAME11", "FIELDNAME11"},  {"FIELD_name12", "FIELDName12"},
        {"__field_name13", "FieldName13"}, {"field__Name14", "fieldName14"}, {"field_name15__", "fieldName15"}};
    struct proto_set set;
    char json[128];
    char canonical[128];
    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto3");
    proto_set_message(&set, 4, "M");
    for (uint32_t i = 0; i < sizeof rows / sizeof *rows; i++)
        proto_set_field(&set, rows[i][0], i + 1, 1, SCHEMA_INT32, NULL);
    proto_set_close(&set);
    struct schema *schema = load(&set);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(canonical, sizeof canonical, "{\"%s\":1}", rows[i][1]);
        check_message(*state, schema, "p.M", canonical, canonical);
        snprintf(json, sizeof json, "{\"%s\":1}", rows[i][0]);
        check_message(*state, schema, "p.M", json, canonical);
    }
    check_message(*state, schema, "p.M", "{\"fieldname2\":1}", NULL);
    check_message(*state, schema, "p.M", "{\"field_name3\":1}", NULL);
    schema_free(schema);
}

/* Aliases that differ in case alone are names of their own; another case of them is none. */
static void test_aliases(void **state)
{
    static const struct {
        const char *name;
        int32_t number;
    } names[] = {{"FOO", 0}, {"BAZ", 2}, {"MOO", 2}, {"moo", 2}, {"bAz", 2}};
    struct proto_set set;
    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto3");
    proto_set_open(&set, 5);
    proto_set_text(&set, 1, "E");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        proto_set_open(&set, 2);
        proto_set_text(&set, 1, names[i].name);
        proto_set_number(&set, 2, (uint64_t)names[i].number);
        proto_set_close(&set);
    }
    proto_set_open(&set, 3);
    proto_set_number(&set, 2, 1); /* allow_alias */
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_message(&set, 4, "M");
    proto_set_field(&set, "e", 1, 1, SCHEMA_ENUM, ".p.E");
    proto_set_close(&set);
    struct schema *schema = load(&set);
    char json[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(json, sizeof json, "{\"e\":\"%s\"}", names[i].name);
        check_message(*state, schema, "p.M", json, names[i].number == 0 ? "{}" : "{\"e\":\"BAZ\"}");
    }
    check_message(*state, schema, "p.M", "{\"e\":2}", "{\"e\":\"BAZ\"}");
    check_message(*state, schema, "p.M", "{\"e\":\"baz\"}", NULL);
    check_message(*state, schema, "p.M", "{\"e\":\"Moo\"}", NULL);
    schema_free(schema);
}

/* A form of its own belongs to the full names of google.protobuf; messages of other packages have none. */
static void test_names_of_other_packages(void **state)
{
    static const char *const packages[] = {"google.type", "google.rpc", "p"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++) {
        struct proto_set set;
        char name[64];
        proto_set_init(&set);
        proto_set_file(&set, "a.proto", packages[i], "proto3");
        proto_set_message(&set, 4, "Timestamp");
        proto_set_field(&set, "seconds", 1, 1, SCHEMA_INT64, NULL);
        proto_set_field(&set, "nanos", 2, 1, SCHEMA_INT32, NULL);
        proto_set_close(&set);
        proto_set_message(&set, 4, "BoolValue");
        proto_set_field(&set, "value", 1, 1, SCHEMA_BOOL, NULL);
        proto_set_close(&set);
        proto_set_message(&set, 4, "Date");
        proto_set_field(&set, "year", 1, 1, SCHEMA_INT32, NULL);
        proto_set_close(&set);
        struct schema *schema = load(&set);
        snprintf(name, sizeof name, "%s.Timestamp", packages[i]);
        check_message(fixture, schema, name, "{\"nanos\":1,\"seconds\":5}", "{\"seconds\":\"5\",\"nanos\":1}");
        check_message(fixture, schema, name, "\"1970-01-01T00:00:05Z\"", NULL);
        snprintf(name, sizeof name, "%s.BoolValue", packages[i]);
        check_message(fixture, schema, name, "{\"value\":true}", "{\"value\":true}");
        check_message(fixture, schema, name, "true", NULL);
        snprintf(name, sizeof name, "%s.Date", packages[i]);
        check_message(fixture, schema, name, "{\"year\":2020}", "{\"year\":2020}");
        check_message(fixture, schema, name, "\"2020-01-01\"", NULL);
        schema_free(schema);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_another_type),
        cmocka_unit_test(test_null_of_every_field),
        cmocka_unit_test(test_defaults_that_are_given),
        cmocka_unit_test(test_derived_names),
        cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_names_of_other_packages),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
