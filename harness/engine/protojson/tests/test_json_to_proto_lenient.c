/* JSON that strict ProtoJSON refuses, with the leniency that takes it and without. */
#include "harness/engine/tests/protojson_fixture.h"

struct row {
    enum leniency which;
    const char *json;
    const char *want; /* canonical; NULL: refused with the leniency, too */
};

static void print(struct fixture *fixture, const char *message)
{
    const struct schema_message *type = fixture_message(fixture, message);
    if (fixture_print_span(fixture, type, buf_span(&fixture->wire), NULL) != ERR_OK)
        fail_msg("printing: %s", fixture->err.text);
}

static enum err_code read(struct fixture *fixture, const char *message, uint64_t set, const char *json)
{
    const struct protojson_options options = {.lenient = {set}};
    return fixture_read_span(fixture, fixture_message(fixture, message), span_cstr(json), &options);
}

static void expect(struct fixture *fixture, const char *message, uint64_t set, const char *json, const char *want)
{
    if (read(fixture, message, 0, json) == ERR_OK)
        fail_msg("%s is taken without leniency", json);
    assert_int_equal(fixture->wire.len, 0);
    enum err_code code = read(fixture, message, set, json);
    if (!want) {
        assert_int_not_equal(code, ERR_OK);
        assert_int_equal(fixture->wire.len, 0);
        return;
    }
    if (code != ERR_OK)
        fail_msg("%s: %s", json, fixture->err.text);
    print(fixture, message);
    if (strcmp(fixture_text(fixture), want) != 0)
        fail_msg("%s gives %s, not %s", json, fixture_text(fixture), want);
}

static const struct row rows[] = {
    {LENIENCY_TRAILING_COMMA, "{\"int32s\":[1,2,],}", "{\"int32s\":[1,2]}"},
    {LENIENCY_COMMENTS, "{/*x*/\"int32Value\":1}//", "{\"int32Value\":1}"},
    {LENIENCY_SINGLE_QUOTES, "{'stringValue':'a'}", "{\"stringValue\":\"a\"}"},
    {LENIENCY_UNQUOTED_KEYS, "{int32_value:1}", "{\"int32Value\":1}"},
    {LENIENCY_LEADING_ZEROS, "{\"int32Value\":007}", "{\"int32Value\":7}"},
    {LENIENCY_LEADING_ZEROS, "{\"int32Value\":\"007\"}", "{\"int32Value\":7}"},
    {LENIENCY_LEADING_ZEROS, "{\"int32Value\":\"+7\"}", NULL},
    {LENIENCY_LEADING_ZEROS, "{\"byInt32\":{\"-007\":\"a\",\"00\":\"b\"}}", "{\"byInt32\":{\"-7\":\"a\",\"0\":\"b\"}}"},
    {LENIENCY_LEADING_ZEROS, "{\"byInt32\":{\"+7\":\"a\"}}", NULL},
    {LENIENCY_LEADING_ZEROS, "{\"byInt32\":{\"007.0\":\"a\"}}", NULL},
    {LENIENCY_LEADING_ZEROS, "{\"byInt32\":{\"07\":\"a\",\"7\":\"b\"}}", NULL},
    {LENIENCY_PLUS_SIGN, "{\"byInt32\":{\"+7\":\"a\"}}", "{\"byInt32\":{\"7\":\"a\"}}"},
    {LENIENCY_PLUS_SIGN, "{\"byInt32\":{\"+1e0\":\"a\"}}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\" 2020-1-2T3:4:5.Z\"}", "{\"timestamp\":\"2020-01-02T03:04:05Z\"}"},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"\\t2016-12-31T23:59:60.5Z\"}", "{\"timestamp\":\"2017-01-01T00:00:00Z\"}"},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"020-01-01T00:00:00.1234567891+ 1:0\"}",
     "{\"timestamp\":\"0019-12-31T23:00:00.123456789Z\"}"},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"9999-12-31T23:59:60Z\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"2019-2-29T0:0:0Z\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"2020-001-01T00:00:00Z\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"20200-01-01T00:00:00Z\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"2020-01-01T00:00:00Z \"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"2020-01-01t00:00:00Z\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"2020-01-01T00:00:00\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"2020-01-01T00:00:00+0100\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"2020-01-01T00:00:00+24:00\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"2020--1-01T00:00:00Z\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"timestamp\":\"\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"duration\":\" +1 s\"}", "{\"duration\":\"1s\"}"},
    {LENIENCY_LOOSE_TIMES, "{\"duration\":\"- 1.s\"}", "{\"duration\":\"-1s\"}"},
    {LENIENCY_LOOSE_TIMES, "{\"duration\":\"1.50000000000s\"}", "{\"duration\":\"1.500s\"}"},
    {LENIENCY_LOOSE_TIMES, "{\"duration\":\"1.0000000001s\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"duration\":\"+315576000001s\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"duration\":\"+3155760000010s\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"duration\":\"+-1s\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"duration\":\".5s\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"duration\":\"1.5 s\"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"duration\":\"1s \"}", NULL},
    {LENIENCY_LOOSE_TIMES, "{\"duration\":\" \"}", NULL},
    {LENIENCY_PLUS_SIGN, "{\"doubleValue\":+1.5}", "{\"doubleValue\":1.5}"},
    {LENIENCY_PLUS_SIGN, "{\"uint64Value\":\"+18446744073709551615\"}", "{\"uint64Value\":\"18446744073709551615\"}"},
    {LENIENCY_UNQUOTED_NAN, "{\"doubleValue\":NaN,\"floatValue\":-Infinity}",
     "{\"doubleValue\":\"NaN\",\"floatValue\":\"-Infinity\"}"},
    {LENIENCY_UNQUOTED_KEYS, "{byInt32:{-1:\"a\",2:\"b\"}}", "{\"byInt32\":{\"-1\":\"a\",\"2\":\"b\"}}"},
    {LENIENCY_BOOL_CASE, "{\"boolValue\":True,\"bools\":[FALSE,tRUE]}", "{\"boolValue\":true,\"bools\":[false,true]}"},
    {LENIENCY_BOOL_CASE, "{\"boolValue\":\"True\"}", NULL},
    {LENIENCY_UNKNOWN_ESCAPES, "{\"stringValue\":\"\\U8\\q\"}", "{\"stringValue\":\"U8q\"}"},
    {LENIENCY_LONE_SURROGATES, "{\"stringValue\":\"\\ud800\"}", "{\"stringValue\":\"\xef\xbf\xbd\"}"},
    {LENIENCY_CONTROL_CHARACTERS, "{\"stringValue\":\"a\nb\"}", "{\"stringValue\":\"a\\nb\"}"},
    {LENIENCY_BYTE_ORDER_MARK, "\xef\xbb\xbf{}", "{}"},
    {LENIENCY_TRAILING_GARBAGE, "{\"int32Value\":1}{\"int32Value\":2}", "{\"int32Value\":1}"},
    {LENIENCY_UNKNOWN_FIELDS, "{\"x\":[{\"y\":null}],\"int32Value\":1,\"enums\":[\"RED\",\"X\"]}",
     "{\"int32Value\":1,\"enums\":[\"RED\"]}"},
    {LENIENCY_FIELD_CASE, "{\"INT32VALUE\":1,\"String_value\":\"a\",\"messagevalue\":{\"Text\":\"b\"}}",
     "{\"int32Value\":1,\"stringValue\":\"a\",\"messageValue\":{\"text\":\"b\"}}"},
    {LENIENCY_FIELD_CASE, "{\"int32 value\":1}", NULL},
    {LENIENCY_FIELD_CASE, "{\"INT32VALUE\":1,\"int32Value\":1}", NULL},
    {LENIENCY_MASK_NAMES, "{\"fieldMask\":\"foo_bar,a.b_c_d,*\"}", "{\"fieldMask\":\"fooBar,a.bCD,*\"}"},
    {LENIENCY_MASK_NAMES, "{\"fieldMask\":\"foo_bar,fooBar\"}", NULL},
    {LENIENCY_MASK_NAMES, "{\"fieldMask\":\"foo__bar\"}", NULL},
    {LENIENCY_MASK_NAMES, "{\"fieldMask\":\"foo_\"}", NULL},
    {LENIENCY_DUPLICATE_KEYS, "{\"int32Value\":1,\"int32_value\":2}", "{\"int32Value\":2}"},
    {LENIENCY_DUPLICATE_KEYS, "{\"int32s\":[1],\"messageValue\":{\"text\":\"a\"},\"int32s\":[2],\"messageValue\":{}}",
     "{\"messageValue\":{},\"int32s\":[2]}"},
    {LENIENCY_DUPLICATE_KEYS, "{\"int32Value\":1,\"int32Value\":null}", "{}"},
    {LENIENCY_DUPLICATE_KEYS, "{\"messageValue\":{\"number\":2,\"text\":\"a\",\"number\":1}}",
     "{\"messageValue\":{\"text\":\"a\",\"number\":1}}"},
    {LENIENCY_DUPLICATE_KEYS, "{\"choiceInt32\":1,\"choiceInt32\":2}", "{\"choiceInt32\":2}"},
    {LENIENCY_DUPLICATE_KEYS, "{\"choiceInt32\":1,\"choiceBool\":true}", NULL},
    {LENIENCY_DUPLICATE_KEYS, "{\"byInt32\":{\"1\":\"a\",\"2\":\"b\",\"1\":\"c\"}}",
     "{\"byInt32\":{\"1\":\"c\",\"2\":\"b\"}}"},
    {LENIENCY_NULL_ELEMENTS, "{\"int32s\":[1,null,2],\"messages\":[null]}", "{\"int32s\":[1,2]}"},
    {LENIENCY_NULL_ELEMENTS, "{\"values\":[null],\"int32s\":[null]}", "{\"values\":[null]}"},
    {LENIENCY_NULL_ELEMENTS, "{\"toInt32\":{\"a\":null}}", NULL},
    {LENIENCY_NULL_MAP_VALUES, "{\"toInt32\":{\"a\":null,\"b\":1},\"toValue\":{\"c\":null}}",
     "{\"toInt32\":{\"b\":1},\"toValue\":{\"c\":null}}"},
    {LENIENCY_NULL_MAP_VALUES, "{\"int32s\":[null]}", NULL},
    {LENIENCY_SINGLE_AS_LIST, "{\"int32s\":1,\"strings\":\"a\",\"messages\":{\"text\":\"b\"}}",
     "{\"int32s\":[1],\"strings\":[\"a\"],\"messages\":[{\"text\":\"b\"}]}"},
    {LENIENCY_SINGLE_AS_LIST, "{\"int32s\":\"x\"}", NULL},
    {LENIENCY_SINGLE_AS_LIST, "{\"byString\":\"x\"}", NULL},
    {LENIENCY_QUOTED_BOOLS, "{\"boolValue\":\"TRUE\",\"bools\":[\"false\",true]}",
     "{\"boolValue\":true,\"bools\":[false,true]}"},
    {LENIENCY_QUOTED_BOOLS, "{\"boolValue\":\"yes\"}", NULL},
    {LENIENCY_QUOTED_BOOLS, "{\"boolValue\":1}", NULL},
    {LENIENCY_NUMERIC_BOOLS, "{\"boolValue\":1,\"optionalBool\":0}", "{\"boolValue\":true,\"optionalBool\":false}"},
    {LENIENCY_NUMERIC_BOOLS, "{\"boolValue\":2}", NULL},
    {LENIENCY_NUMERIC_BOOLS, "{\"boolValue\":-1}", NULL},
    {LENIENCY_SCALARS_AS_STRINGS, "{\"stringValue\":1.50,\"strings\":[true,false]}",
     "{\"stringValue\":\"1.50\",\"strings\":[\"true\",\"false\"]}"},
    {LENIENCY_SCALARS_AS_STRINGS, "{\"stringValue\":[]}", NULL},
    {LENIENCY_BASE64, "{\"bytesValue\":\"Y W\\nJj=x\"}", "{\"bytesValue\":\"YWJj\"}"},
    {LENIENCY_BASE64, "{\"bytesValue\":1}", NULL},
    {LENIENCY_ENUM_CASE, "{\"enumValue\":\"green\",\"toEnum\":{\"a\":\"Red\"}}",
     "{\"enumValue\":\"GREEN\",\"toEnum\":{\"a\":\"RED\"}}"},
    {LENIENCY_ENUM_CASE, "{\"enumValue\":\"mauve\"}", NULL},
    {LENIENCY_UNKNOWN_ENUM_ZERO, "{\"optionalEnum\":\"mauve\"}", "{\"optionalEnum\":\"COLOR_UNSPECIFIED\"}"},
    {LENIENCY_UNKNOWN_ENUM_ZERO, "{\"optionalEnum\":true}", NULL},
};

static void test_rows(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(*state, "Everything", LENIENCY_BIT(rows[i].which), rows[i].json, rows[i].want);
}

static void test_together(void **state)
{
    expect(*state, "Everything",
           LENIENCY_BIT(LENIENCY_UNKNOWN_FIELDS) | LENIENCY_BIT(LENIENCY_ENUM_CASE) |
               LENIENCY_BIT(LENIENCY_TRAILING_COMMA),
           "{\"x\":1,\"enums\":[\"red\",\"mauve\"],}", "{\"enums\":[\"RED\"]}");
    expect(*state, "Everything", LENIENCY_BIT(LENIENCY_DUPLICATE_KEYS) | LENIENCY_BIT(LENIENCY_UNKNOWN_FIELDS),
           "{\"any\":{\"@type\":\"x/transcheck.v1.Inner\",\"text\":\"a\",\"text\":\"b\",\"y\":1}}",
           "{\"any\":{\"@type\":\"x/transcheck.v1.Inner\",\"text\":\"b\"}}");
    /* proto2: a required field that is given twice is given. */
    expect(*state, "Legacy", LENIENCY_BIT(LENIENCY_DUPLICATE_KEYS), "{\"name\":\"a\",\"withDefault\":1,\"name\":\"b\"}",
           "{\"name\":\"b\",\"withDefault\":1}");
    expect(*state, "Legacy", LENIENCY_BIT(LENIENCY_DUPLICATE_KEYS), "{\"name\":\"a\",\"withDefault\":1,\"name\":null}",
           NULL);
}

/* What is strict means the same with every leniency on. */
static void test_strict_documents(void **state)
{
    static const char *const documents[] = {
        "{\"int32Value\":1,\"messages\":[{\"text\":\"a\"},{}],\"byInt32\":{\"2\":\"b\",\"1\":\"a\"},\"choiceInt32\":0}",
        "{\"strings\":[\"// ,]\"],\"enumValue\":\"RED\",\"bytesValue\":\"YQ==\",\"any\":{},\"nullValue\":null}", "{}"};
    struct fixture *fixture = *state;
    char strict[512];
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        assert_int_equal(read(fixture, "Everything", 0, documents[i]), ERR_OK);
        print(fixture, "Everything");
        snprintf(strict, sizeof strict, "%s", fixture_text(fixture));
        assert_int_equal(read(fixture, "Everything", LENIENCY_ALL, documents[i]), ERR_OK);
        print(fixture, "Everything");
        assert_string_equal(fixture_text(fixture), strict);
    }
}

/* Many duplicates: one is left of each, in time and memory in proportion. */
static void test_many_duplicates(void **state)
{
    struct fixture *fixture = *state;
    struct buf json;
    buf_init(&json, 8 << 20);
    buf_append_cstr(&json, "{\"text\":\"x\"");
    for (size_t i = 0; i < 100000; i++)
        buf_printf(&json, ",\"number\":%zu,\"text\":\"%zu\"", i, i);
    buf_append_cstr(&json, "}");
    assert_int_equal(read(fixture, "Inner", LENIENCY_BIT(LENIENCY_DUPLICATE_KEYS), (const char *)json.data), ERR_OK);
    print(fixture, "Inner");
    assert_string_equal(fixture_text(fixture), "{\"text\":\"99999\",\"number\":99999}");
    buf_reset(&json);
    buf_append_cstr(&json, "{\"text\":\"x\"");
    for (size_t i = 0; i < 100000; i++)
        buf_printf(&json, ",\"choiceInt32\":%zu,\"choiceInt32\":null", i);
    buf_append_cstr(&json, "}");
    json.data[2] = 'x'; /* no such field */
    assert_int_equal(read(fixture, "Everything", LENIENCY_BIT(LENIENCY_DUPLICATE_KEYS), (const char *)json.data),
                     ERR_RANGE);
    assert_int_equal(read(fixture, "Everything",
                          LENIENCY_BIT(LENIENCY_DUPLICATE_KEYS) | LENIENCY_BIT(LENIENCY_UNKNOWN_FIELDS),
                          (const char *)json.data),
                     ERR_OK);
    assert_int_equal(fixture->wire.len, 0);
    buf_fini(&json);
}

/* Errors say what is wrong with the lenient reading, too. */
static void test_errors(void **state)
{
    struct fixture *fixture = *state;
    assert_int_not_equal(read(fixture, "Everything", LENIENCY_BIT(LENIENCY_COMMENTS), "{/*x*/\"int32Value\":true}"),
                         ERR_OK);
    assert_string_equal(fixture->err.text, "at $.int32Value (offset 19): expected an int32, found true");
    assert_int_not_equal(read(fixture, "Everything", LENIENCY_BIT(LENIENCY_QUOTED_BOOLS), "{\"boolValue\":\"x\"}"),
                         ERR_OK);
    assert_string_equal(fixture->err.text, "at $.boolValue (offset 13): expected true or false, found a string");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_strict_documents),
        cmocka_unit_test(test_many_duplicates),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
