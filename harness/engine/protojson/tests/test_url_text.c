/* Text of a URL as a field: url_text_to_proto_field. */
#include "harness/engine/proto/wire.h"
#include "harness/engine/tests/protojson_fixture.h"

/* `text` for a field of Everything gives `json`; or is refused when that is NULL. */
static void check(struct fixture *fixture, const char *field, struct span text, const char *json)
{
    const struct schema_message *message = fixture_message(fixture, "Everything");
    buf_reset(&fixture->wire);
    arena_reset(&fixture->arena);
    fixture->err = (struct err){0};
    enum err_code code = url_text_to_proto_field(&fixture->wire, fixture_field(fixture, "Everything", field), text,
                                                 &fixture->arena, &fixture->err);
    if (!json) {
        if (code != ERR_RANGE || fixture->wire.len != 0 || !strstr(fixture->err.text, "expected"))
            fail_msg("%s=%.*s: code %d %s", field, SPAN_FMT(text), (int)code, fixture->err.text);
        return;
    }
    if (code != ERR_OK)
        fail_msg("%s=%.*s: %s", field, SPAN_FMT(text), fixture->err.text);
    assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
    if (strcmp(fixture_text(fixture), json) != 0)
        fail_msg("%s=%.*s: expected %s, got %s", field, SPAN_FMT(text), json, fixture_text(fixture));
}

static const char *const values[][3] = {
    {"int32_value", "-5", "{\"int32Value\":-5}"},
    {"int32_value", "1e2", "{\"int32Value\":100}"},
    {"int32_value", "1.0", "{\"int32Value\":1}"},
    {"int32_value", "", NULL},
    {"int32_value", " 1", NULL},
    {"int32_value", "+1", NULL},
    {"int32_value", "01", NULL},
    {"int32_value", "0x1", NULL},
    {"int32_value", "1.5", NULL},
    {"int32_value", "2147483648", NULL},
    {"int32_value", "\"1\"", NULL},
    {"uint32_value", "-1", NULL},
    {"int64_value", "9223372036854775807", "{\"int64Value\":\"9223372036854775807\"}"},
    {"uint64_value", "18446744073709551615", "{\"uint64Value\":\"18446744073709551615\"}"},
    {"uint64_value", "18446744073709551616", NULL},
    {"sint64_value", "-1", "{\"sint64Value\":\"-1\"}"},
    {"fixed64_value", "1", "{\"fixed64Value\":\"1\"}"},
    {"double_value", "1.5", "{\"doubleValue\":1.5}"},
    {"double_value", "NaN", "{\"doubleValue\":\"NaN\"}"},
    {"double_value", "-Infinity", "{\"doubleValue\":\"-Infinity\"}"},
    {"double_value", "1e400", NULL},
    {"double_value", "abc", NULL},
    {"float_value", "0.1", "{\"floatValue\":0.1}"},
    {"bool_value", "true", "{\"boolValue\":true}"},
    {"optional_bool", "false", "{\"optionalBool\":false}"},
    {"bool_value", "True", NULL},
    {"bool_value", "1", NULL},
    {"bool_value", "", NULL},
    {"string_value", "a \"b\\", "{\"stringValue\":\"a \\\"b\\\\\"}"},
    {"optional_string", "", "{\"optionalString\":\"\"}"},
    {"string_value", "null", "{\"stringValue\":\"null\"}"},
    {"string_value", "\xc3\xa9", "{\"stringValue\":\"\xc3\xa9\"}"},
    {"string_value", "\xc3", NULL},
    {"string_value", "\xff", NULL},
    {"bytes_value", "-_8", "{\"bytesValue\":\"+/8=\"}"},
    {"bytes_value", "+/8=", "{\"bytesValue\":\"+/8=\"}"},
    {"bytes_value", "!", NULL},
    {"enum_value", "RED", "{\"enumValue\":\"RED\"}"},
    {"enum_value", "1", "{\"enumValue\":\"RED\"}"},
    {"enum_value", "-1", "{\"enumValue\":\"NEGATIVE\"}"},
    {"enum_value", "77", "{\"enumValue\":77}"},
    {"enum_value", "red", NULL},
    {"enum_value", "1.5", NULL},
    {"enum_value", "2147483648", NULL},
    {"enum_value", "", NULL},
    {"int32s", "7", "{\"int32s\":[7]}"},
    {"unpacked_int32s", "7", "{\"unpackedInt32s\":[7]}"},
    {"strings", "a", "{\"strings\":[\"a\"]}"},
    {"enums", "RED", "{\"enums\":[\"RED\"]}"},
    {"bytess", "AA", "{\"bytess\":[\"AA==\"]}"},
    {"int32s", "x", NULL},
    {"timestamp", "1970-01-01T00:00:01Z", "{\"timestamp\":\"1970-01-01T00:00:01Z\"}"},
    {"timestamps", "1970-01-01T00:00:00Z", "{\"timestamps\":[\"1970-01-01T00:00:00Z\"]}"},
    {"timestamp", "1", NULL},
    {"duration", "1.5s", "{\"duration\":\"1.500s\"}"},
    {"duration", "1", NULL},
    {"field_mask", "fooBar,b", "{\"fieldMask\":\"fooBar,b\"}"},
    {"field_mask", "", "{\"fieldMask\":\"\"}"},
    {"field_mask", "foo_bar", NULL},
    {"int64_wrapper", "5", "{\"int64Wrapper\":\"5\"}"},
    {"int64_wrappers", "5", "{\"int64Wrappers\":[\"5\"]}"},
    {"bool_wrapper", "false", "{\"boolWrapper\":false}"},
    {"string_wrapper", "", "{\"stringWrapper\":\"\"}"},
    {"bytes_wrapper", "AA", "{\"bytesWrapper\":\"AA==\"}"},
    {"int32_wrapper", "x", NULL},
    {"choice_string", "", "{\"choiceString\":\"\"}"},
    {"message_value", "{}", NULL},
    {"message_value", "", NULL},
    {"messages", "{}", NULL},
    {"by_string", "a", NULL},
    {"struct", "{}", NULL},
    {"value", "1", NULL},
    {"list_value", "[]", NULL},
    {"any", "{}", NULL},
    {"empty", "", NULL},
    {"self", "", NULL},
};

static void test_values(void **state)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        check(*state, values[i][0], span_cstr(values[i][1]), values[i][2]);
    check(*state, "string_value", span_of("a\0b", 3), "{\"stringValue\":\"a\\u0000b\"}");
    check(*state, "int32_value", span_of("1\0", 2), NULL);
    check(*state, "bool_value", span_of("true\0", 5), NULL);
}

/* A default is written, so that the later of two bindings of one field wins on the wire. */
static void test_defaults_are_written(void **state)
{
    struct fixture *fixture = *state;
    static const char *const rows[][2] = {{"int32_value", "0"}, {"string_value", ""}, {"bool_value", "false"}};
    assert_int_equal(fixture_read(fixture, "Everything", "{\"int32Value\":5,\"stringValue\":\"a\",\"boolValue\":true}"),
                     ERR_OK);
    for (size_t i = 0; i < 3; i++) {
        const struct schema_field *field = fixture_field(fixture, "Everything", rows[i][0]);
        assert_int_equal(url_text_to_proto_field(&fixture->wire, field, span_cstr(rows[i][1]), &fixture->arena, NULL),
                         ERR_OK);
    }
    const struct schema_message *message = fixture_message(fixture, "Everything");
    assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
    assert_string_equal(fixture_text(fixture), "{}");
}

/* Elements of a repeated field one after the other. */
static void test_elements_add_up(void **state)
{
    struct fixture *fixture = *state;
    buf_reset(&fixture->wire);
    for (int i = 0; i < 3; i++) {
        char digit[2] = {(char)('1' + i), '\0'};
        assert_int_equal(url_text_to_proto_field(&fixture->wire, fixture_field(fixture, "Everything", "int32s"),
                                                 span_cstr(digit), &fixture->arena, NULL),
                         ERR_OK);
    }
    assert_int_equal(
        fixture_print_span(fixture, fixture_message(fixture, "Everything"), buf_span(&fixture->wire), NULL), ERR_OK);
    assert_string_equal(fixture_text(fixture), "{\"int32s\":[1,2,3]}");
}

static void test_limit(void **state)
{
    struct fixture *fixture = *state;
    for (size_t max = 0; max < 5; max++) {
        struct buf out;
        struct err err;
        buf_init(&out, max);
        enum err_code code = url_text_to_proto_field(&out, fixture_field(fixture, "Everything", "string_value"),
                                                     span_cstr("abc"), &fixture->arena, &err);
        assert_int_equal(code, max < 5 ? ERR_LIMIT : ERR_OK);
        assert_int_equal(out.len, 0);
        buf_fini(&out);
    }
}

static void test_errors(void **state)
{
    struct fixture *fixture = *state;
    check(fixture, "int32_value", span_cstr("x\x1b[31m"), NULL);
    assert_string_equal(fixture->err.text, "expected an int32, found \"x\\x1b[31m\"");
    check(fixture, "enum_value", span_cstr("PINK"), NULL);
    assert_string_equal(fixture->err.text, "expected a value of transcheck.v1.Color, found \"PINK\"");
}

/* Every prefix of every text: accepted or refused, never a crash, and nothing stays after a refusal. */
static void test_cut_at_every_byte(void **state)
{
    struct fixture *fixture = *state;
    static const char *const texts[] = {"-12.50e+1",         "2020-02-29T23:59:59.123456789+01:30",
                                        "-315.5s",           "fooBar,b.c",
                                        "-Infinity",         "AAECAw==",
                                        "COLOR_UNSPECIFIED", "\xf0\x9f\x98\x80"};
    const struct schema_message *message = fixture_message(fixture, "Everything");
    for (size_t f = 0; f < message->field_count; f++) {
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
            for (size_t len = 0; len <= strlen(texts[t]); len++) {
                struct err err = {0};
                buf_reset(&fixture->wire);
                enum err_code code = url_text_to_proto_field(&fixture->wire, &message->fields[f],
                                                             span_of(texts[t], len), &fixture->arena, &err);
                if (code == ERR_OK)
                    assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
                else
                    assert_int_equal(fixture->wire.len, 0);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),          cmocka_unit_test(test_defaults_are_written),
        cmocka_unit_test(test_elements_add_up), cmocka_unit_test(test_limit),
        cmocka_unit_test(test_errors),          cmocka_unit_test(test_cut_at_every_byte),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
