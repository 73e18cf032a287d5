/* JSON to wire bytes: names, values, lists, maps, oneofs, limits and the texts of errors. */
#include <stdlib.h>

#include "harness/engine/proto/wire.h"
#include "harness/engine/tests/protojson_fixture.h"

/* ---- exact bytes */

static void check_wire(struct fixture *fixture, const char *message, const char *json, const char *hex)
{
    struct buf text;
    buf_init(&text, 4096);
    enum err_code code = fixture_read(fixture, message, json);
    if (code != ERR_OK)
        fail_msg("%s: %s", json, fixture->err.text);
    hex_encode(&text, buf_span(&fixture->wire));
    const char *got = text.data ? (const char *)text.data : "";
    if (strcmp(got, hex) != 0)
        fail_msg("%s: expected %s, got %s", json, hex, got);
    buf_fini(&text);
}

static void test_wire_bytes(void **state)
{
    static const char *const rows[][2] = {
        {"{}", ""},
        {"{\"doubleValue\":1}", "09000000000000f03f"},
        {"{\"floatValue\":-1}", "15000080bf"},
        {"{\"int32Value\":-1}", "18ffffffffffffffffff01"},
        {"{\"int64Value\":\"-1\"}", "20ffffffffffffffffff01"},
        {"{\"uint32Value\":300}", "28ac02"},
        {"{\"uint64Value\":18446744073709551615}", "30ffffffffffffffffff01"},
        {"{\"sint32Value\":-1}", "3801"},
        {"{\"sint64Value\":-2}", "4003"},
        {"{\"fixed32Value\":1}", "4d01000000"},
        {"{\"fixed64Value\":1}", "510100000000000000"},
        {"{\"sfixed32Value\":-1}", "5dffffffff"},
        {"{\"sfixed64Value\":-1}", "61ffffffffffffffff"},
        {"{\"boolValue\":true}", "6801"},
        {"{\"stringValue\":\"a\\u0000b\"}", "7203610062"},
        {"{\"bytesValue\":\"AP8=\"}", "7a0200ff"},
        {"{\"enumValue\":\"NEGATIVE\"}", "8001ffffffffffffffffff01"},
        {"{\"messageValue\":{}}", "8a0100"},
        {"{\"messageValue\":{\"child\":{\"child\":{}}}}", "8a01041a021a00"},
        /* defaults without presence are left out, with presence written */
        {"{\"int32Value\":0,\"stringValue\":\"\",\"boolValue\":false,\"enumValue\":\"COLOR_UNSPECIFIED\"}", ""},
        {"{\"doubleValue\":0,\"doubleValue\":0}", NULL},
        {"{\"doubleValue\":-0}", "090000000000000080"},
        {"{\"optionalInt32\":0}", "b80100"},
        {"{\"choiceString\":\"\"}", "ca0600"},
        /* repeated numbers are packed unless said otherwise */
        {"{\"int32s\":[1,300,-1]}", "da020d01ac02ffffffffffffffffff01"},
        {"{\"int32s\":[]}", ""},
        {"{\"int32s\":null}", ""},
        {"{\"unpackedInt32s\":[1,0]}", "d00301d00300"},
        {"{\"strings\":[\"a\",\"\"]}", "b2030161b20300"},
        {"{\"bools\":[false]}", "aa030100"},
        /* map entries always have both fields */
        {"{\"byInt32\":{\"0\":\"\"}}", "ea030408001200"},
        {"{\"byString\":{\"b\":\"1\",\"a\":\"2\"}}", "c204060a0162120131c204060a0161120132"},
        /* ascending by number, whatever the order of the keys, on every level */
        {"{\"stringValue\":\"x\",\"int32Value\":1,\"boolValue\":true}", "18016801720178"},
        {"{\"messageValue\":{\"number\":2,\"text\":\"a\"},\"int32Value\":1}", "18018a01050a01611002"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i][1])
            check_wire(fixture, "Everything", rows[i][0], rows[i][1]);
        else
            assert_int_equal(fixture_read(fixture, "Everything", rows[i][0]), ERR_RANGE);
    }
    check_wire(fixture, "Names", "{\"fieldNumberAtTheEnd\":1}", "f8ffffff0f01");
    check_wire(fixture, "Legacy", "{\"name\":\"a\",\"cluster\":{\"text\":\"b\"},\"packed\":[1],\"unpacked\":[1]}",
               "0a01612801320101"
               "3b0a01623c");
}

/* A body longer than 127 bytes moves behind a longer length; so do the levels above. */
static void test_long_bodies(void **state)
{
    struct fixture *fixture = *state;
    for (size_t len = 100; len < 20000; len = len < 140 ? len + 1 : len * 5) {
        struct buf json, expected;
        buf_init(&json, 1 << 16);
        buf_init(&expected, 1 << 16);
        buf_append_cstr(&json, "{\"named_selves\":{\"k\":{\"messages\":[{\"number\":1,\"text\":\"");
        for (size_t i = 0; i < len; i++)
            buf_append_byte(&json, (uint8_t)('a' + i % 26));
        buf_append_cstr(&json, "\"}]},\"j\":{}},\"int32Value\":5}");
        assert_int_equal(fixture_read_span(fixture, fixture_message(fixture, "Everything"), buf_span(&json), NULL),
                         ERR_OK);
        assert_int_equal(
            fixture_print_span(fixture, fixture_message(fixture, "Everything"), buf_span(&fixture->wire), NULL),
            ERR_OK);
        buf_append_cstr(&expected, "{\"int32Value\":5,\"namedSelves\":{\"j\":{},\"k\":{\"messages\":[{\"text\":\"");
        for (size_t i = 0; i < len; i++)
            buf_append_byte(&expected, (uint8_t)('a' + i % 26));
        buf_append_cstr(&expected, "\",\"number\":1}]}}}");
        assert_string_equal(fixture_text(fixture), (char *)expected.data);
        buf_fini(&json);
        buf_fini(&expected);
    }
}

/* ---- values accepted and refused */

static const struct fixture_row names[] = {
    {"{\"snakeCaseName\":\"a\"}", "{\"snakeCaseName\":\"a\"}", 0, 0},
    {"{\"snake_case_name\":\"a\"}", "{\"snakeCaseName\":\"a\"}", 0, 0},
    {"{\"sn\\u0061ke_case_name\":\"a\"}", "{\"snakeCaseName\":\"a\"}", 0, 0},
    {"{\"camelCaseName\":\"a\"}", "{\"camelCaseName\":\"a\"}", 0, 0},
    {"{\"PascalCaseName\":\"a\"}", "{\"PascalCaseName\":\"a\"}", 0, 0},
    {"{\"name_2\":\"a\",\"name1\":\"b\"}", "{\"name1\":\"b\",\"name2\":\"a\"}", 0, 0},
    {"{\"name3With4digits\":\"a\"}", "{\"name3With4digits\":\"a\"}", 0, 0},
    {"{\"doubleUnderscore\":\"a\"}", "{\"doubleUnderscore\":\"a\"}", 0, 0},
    {"{\"LeadingUnderscore\":\"a\"}", "{\"LeadingUnderscore\":\"a\"}", 0, 0},
    {"{\"trailingUnderscore\":\"a\"}", "{\"trailingUnderscore\":\"a\"}", 0, 0},
    {"{\"UPPER_CASE\":\"a\"}", "{\"UPPERCASE\":\"a\"}", 0, 0},
    {"{\"a name of its own\":\"a\"}", "{\"a name of its own\":\"a\"}", 0, 0},
    {"{\"renamed\":\"a\"}", "{\"a name of its own\":\"a\"}", 0, 0},
    {"{\"@type\":\"a\"}", "{\"@type\":\"a\"}", 0, 0},
    {"{\"second_of_two\":\"a\"}", "{\"second_of_two\":\"a\"}", 0, 0},
    {"{\"secondOfTwo\":\"a\"}", "{\"secondOfTwo\":\"a\"}", 0, 0},
    {"{\"SnakeCaseName\":\"a\"}", NULL, ERR_RANGE, "at $ (offset 1): expected a field of transcheck.v1.Names, found"},
    {"{\"unknown\":null}", NULL, ERR_RANGE, "found \"unknown\""},
    {"{\"\":1}", NULL, ERR_RANGE, "found \"\""},
    {"{\"[transcheck.v1.ext]\":1}", NULL, ERR_RANGE, "expected a field"},
    {"{\"snakeCaseName\":\"a\",\"snakeCaseName\":\"a\"}", NULL, ERR_RANGE,
     "at $.snakeCaseName (offset 21): expected each field once"},
    {"{\"snakeCaseName\":\"a\",\"snake_case_name\":\"a\"}", NULL, ERR_RANGE, "once"},
    {"{\"snakeCaseName\":\"a\",\"name1\":\"a\",\"snakeCaseName\":\"a\"}", NULL, ERR_RANGE, "once"},
    {"{\"snakeCaseName\":null,\"snakeCaseName\":\"a\"}", NULL, ERR_RANGE, "once"},
};

static const struct fixture_row bools_strings_bytes[] = {
    {"{\"boolValue\":true}", "{\"boolValue\":true}", 0, 0},
    {"{\"optionalBool\":false}", "{\"optionalBool\":false}", 0, 0},
    {"{\"boolValue\":1}", NULL, ERR_RANGE, "expected true or false, found a number"},
    {"{\"boolValue\":\"true\"}", NULL, ERR_RANGE, "found a string"},
    {"{\"boolValue\":True}", NULL, ERR_SYNTAX, "expected a JSON value"},
    {"{\"boolValue\":0}", NULL, ERR_RANGE, "expected true or false, found a number"},
    {"{\"boolValue\":\"false\"}", NULL, ERR_RANGE, "found a string"},
    {"{\"boolValue\":False}", NULL, ERR_SYNTAX, "expected a JSON value"},
    {"{\"boolValue\":TRUE}", NULL, ERR_SYNTAX, "expected a JSON value"},
    {"{\"boolValue\":FALSE}", NULL, ERR_SYNTAX, "expected a JSON value"},
    {"{\"stringValue\":\"\\ud83d\\ude00\\u0000\\/\"}", "{\"stringValue\":\"\xf0\x9f\x98\x80\\u0000/\"}", 0, 0},
    {"{\"stringValue\":1}", NULL, ERR_RANGE, "at $.stringValue (offset 15): expected a string, found a number"},
    {"{\"stringValue\":\"\\ud83d\"}", NULL, ERR_SYNTAX, "surrogates"},
    {"{\"stringValue\":\"\xff\"}", NULL, ERR_SYNTAX, "valid UTF-8"},
    {"{\"byString\":{\"\xff\":\"\"}}", NULL, ERR_SYNTAX, "valid UTF-8"},
    {"{\"value\":\"\xc3(\"}", NULL, ERR_SYNTAX, "valid UTF-8"},
    {"{\"bytesValue\":\"+/8=\"}", "{\"bytesValue\":\"+/8=\"}", 0, 0},
    {"{\"bytesValue\":\"-_8=\"}", "{\"bytesValue\":\"+/8=\"}", 0, 0},
    {"{\"bytesValue\":\"-_8\"}", "{\"bytesValue\":\"+/8=\"}", 0, 0},
    {"{\"bytesValue\":\"+\\/8\"}", "{\"bytesValue\":\"+/8=\"}", 0, 0},
    {"{\"optionalBytes\":\"\"}", "{\"optionalBytes\":\"\"}", 0, 0},
    {"{\"bytesValue\":\"A\"}", NULL, ERR_RANGE, "expected base64"},
    {"{\"bytesValue\":\"AA=\"}", NULL, ERR_RANGE, "expected base64"},
    {"{\"bytesValue\":\"A A=\"}", NULL, ERR_RANGE, "expected base64"},
    {"{\"bytesValue\":\"A A==\"}", NULL, ERR_RANGE, "expected base64"},
    {"{\"bytesValue\":\" AAAA\"}", NULL, ERR_RANGE, "expected base64"},
    {"{\"bytesValue\":\"AAAA\\n\"}", NULL, ERR_RANGE, "expected base64"},
    {"{\"bytesValue\":\"AA.AA\"}", NULL, ERR_RANGE, "expected base64"},
    {"{\"bytesValue\":\"!\"}", NULL, ERR_RANGE, "expected base64"},
    {"{\"bytesValue\":[1]}", NULL, ERR_RANGE, "found an array"},
};

static const struct fixture_row enums[] = {
    {"{\"enumValue\":\"RED\"}", "{\"enumValue\":\"RED\"}", 0, 0},
    {"{\"enumValue\":\"R\\u0045D\"}", "{\"enumValue\":\"RED\"}", 0, 0},
    {"{\"enumValue\":1}", "{\"enumValue\":\"RED\"}", 0, 0},
    {"{\"enumValue\":1.0}", "{\"enumValue\":\"RED\"}", 0, 0},
    {"{\"enumValue\":-1}", "{\"enumValue\":\"NEGATIVE\"}", 0, 0},
    {"{\"enumValue\":2147483647}", "{\"enumValue\":\"LARGEST\"}", 0, 0},
    {"{\"enumValue\":0}", "{}", 0, 0},
    {"{\"optionalEnum\":0}", "{\"optionalEnum\":\"COLOR_UNSPECIFIED\"}", 0, 0},
    {"{\"enumValue\":17}", "{\"enumValue\":17}", 0, 0},
    {"{\"enumValue\":-17}", "{\"enumValue\":-17}", 0, 0},
    {"{\"enums\":[\"RED\",2,99]}", "{\"enums\":[\"RED\",\"GREEN\",99]}", 0, 0},
    {"{\"aliasedValue\":\"SECOND_NAME\"}", "{\"aliasedValue\":\"FIRST_NAME\"}", 0, 0},
    {"{\"nestedEnumValue\":\"FANCY\"}", "{\"nestedEnumValue\":\"FANCY\"}", 0, 0},
    {"{\"enumValue\":\"PURPLE\"}", NULL, ERR_RANGE,
     "expected a value of transcheck.v1.Color, found the string \"PURPLE\""},
    {"{\"enumValue\":\"red\"}", NULL, ERR_RANGE, "expected a value of"},
    {"{\"enumValue\":\"1\"}", NULL, ERR_RANGE, "expected a value of"},
    {"{\"enumValue\":\"\"}", NULL, ERR_RANGE, "expected a value of"},
    {"{\"enumValue\":2147483648}", NULL, ERR_RANGE, "number of an enum value"},
    {"{\"enumValue\":0.5}", NULL, ERR_RANGE, "number of an enum value"},
    {"{\"enumValue\":true}", NULL, ERR_RANGE, "expected an enum value, found true"},
    {"{\"enumValue\":RED}", NULL, ERR_SYNTAX, "expected a JSON value"},
    {"{\"enumValue\":[\"RED\"]}", NULL, ERR_RANGE, "found an array"},
    {"{\"enums\":[\"PURPLE\"]}", NULL, ERR_RANGE, "at $.enums[0]"},
    {"{\"enums\":[\"RED\",\"PURPLE\"]}", NULL, ERR_RANGE, "at $.enums[1]"},
    {"{\"optionalEnum\":\"PURPLE\"}", NULL, ERR_RANGE, "at $.optionalEnum"},
    {"{\"choiceEnum\":\"PURPLE\"}", NULL, ERR_RANGE, "at $.choiceEnum"},
    {"{\"toEnum\":{\"a\":\"PURPLE\"}}", NULL, ERR_RANGE, "at $.toEnum.a"},
};

static const struct fixture_row lists[] = {
    {"{\"doubles\":[1,-0,\"NaN\"]}", "{\"doubles\":[1,-0,\"NaN\"]}", 0, 0},
    {"{\"int64s\":[1,\"2\"]}", "{\"int64s\":[\"1\",\"2\"]}", 0, 0},
    {"{\"fixed32s\":[1],\"sfixed64s\":[-1]}", "{\"fixed32s\":[1],\"sfixed64s\":[\"-1\"]}", 0, 0},
    {"{\"bytess\":[\"AA==\",\"\"]}", "{\"bytess\":[\"AA==\",\"\"]}", 0, 0},
    {"{\"messages\":[{},{\"text\":\"a\"}]}", "{\"messages\":[{},{\"text\":\"a\"}]}", 0, 0},
    {"{\"messages\":[]}", "{}", 0, 0},
    {"{\"int32s\":1}", NULL, ERR_RANGE, "at $.int32s (offset 10): expected an array, found a number"},
    {"{\"messages\":{}}", NULL, ERR_RANGE, "expected an array, found an object"},
    {"{\"int32s\":[1,\"a\"]}", NULL, ERR_RANGE, "at $.int32s[1] (offset 13): expected an int32"},
    {"{\"int32s\":[1,null]}", NULL, ERR_RANGE, "found null"},
    {"{\"messages\":[null]}", NULL, ERR_RANGE, "expected an object, found null"},
    {"{\"strings\":[\"a\",1]}", NULL, ERR_RANGE, "at $.strings[1]"},
    {"{\"strings\":[[\"a\"]]}", NULL, ERR_RANGE, "expected a string, found an array"},
    {"{\"messages\":[{\"words\":[\"a\",{}]}]}", NULL, ERR_RANGE,
     "at $.messages[0].words[1] (offset 27): expected a string, found an object"},
    {"{\"int32s\":[1,]}", NULL, ERR_SYNTAX, "at $.int32s[1] (offset 13): expected a JSON value, found ']'"},
    {"{\"int32s\":[1 2]}", NULL, ERR_SYNTAX, "expected ',' or ']'"},
};

static const struct fixture_row maps[] = {
    {"{\"byInt32\":{\"-1\":\"a\",\"2\":\"b\",\"10\":\"c\"}}", "{\"byInt32\":{\"-1\":\"a\",\"2\":\"b\",\"10\":\"c\"}}",
     0, 0},
    {"{\"byInt32\":{\"10\":\"c\",\"2\":\"b\",\"-1\":\"a\"}}", "{\"byInt32\":{\"-1\":\"a\",\"2\":\"b\",\"10\":\"c\"}}",
     0, 0},
    {"{\"byInt32\":{\"\\u0031\":\"a\"}}", "{\"byInt32\":{\"1\":\"a\"}}", 0, 0},
    {"{\"byInt64\":{\"\\u0031\":\"a\"}}", "{\"byInt64\":{\"1\":\"a\"}}", 0, 0},
    {"{\"byInt64\":{\"9223372036854775807\":\"a\",\"-9223372036854775808\":\"b\"}}",
     "{\"byInt64\":{\"-9223372036854775808\":\"b\",\"9223372036854775807\":\"a\"}}", 0, 0},
    {"{\"byUint32\":{\"4294967295\":\"a\"}}", "{\"byUint32\":{\"4294967295\":\"a\"}}", 0, 0},
    {"{\"byUint64\":{\"18446744073709551615\":\"a\",\"1\":\"b\"}}",
     "{\"byUint64\":{\"1\":\"b\",\"18446744073709551615\":\"a\"}}", 0, 0},
    {"{\"bySint32\":{\"5\":\"a\",\"-5\":\"b\"}}", "{\"bySint32\":{\"-5\":\"b\",\"5\":\"a\"}}", 0, 0},
    {"{\"bySint64\":{\"5\":\"a\",\"-5\":\"b\"}}", "{\"bySint64\":{\"-5\":\"b\",\"5\":\"a\"}}", 0, 0},
    {"{\"byFixed32\":{\"5\":\"a\"},\"byFixed64\":{\"5\":\"a\"}}",
     "{\"byFixed32\":{\"5\":\"a\"},\"byFixed64\":{\"5\":\"a\"}}", 0, 0},
    {"{\"bySfixed32\":{\"5\":\"a\",\"-5\":\"b\"}}", "{\"bySfixed32\":{\"-5\":\"b\",\"5\":\"a\"}}", 0, 0},
    {"{\"bySfixed64\":{\"5\":\"a\",\"-5\":\"b\"}}", "{\"bySfixed64\":{\"-5\":\"b\",\"5\":\"a\"}}", 0, 0},
    {"{\"byBool\":{\"true\":\"a\",\"false\":\"b\"}}", "{\"byBool\":{\"false\":\"b\",\"true\":\"a\"}}", 0, 0},
    {"{\"byBool\":{\"tru\\u0065\":\"a\"}}", "{\"byBool\":{\"true\":\"a\"}}", 0, 0},
    {"{\"byString\":{\"b\":\"1\",\"a\":\"2\",\"\":\"3\",\"aa\":\"4\"}}",
     "{\"byString\":{\"\":\"3\",\"a\":\"2\",\"aa\":\"4\",\"b\":\"1\"}}", 0, 0},
    {"{\"byString\":{\"\\u0000\\\"\":\"1\"}}", "{\"byString\":{\"\\u0000\\\"\":\"1\"}}", 0, 0},
    {"{\"byString\":{\"a\":\"\"}}", "{\"byString\":{\"a\":\"\"}}", 0, 0},
    {"{\"byString\":{}}", "{}", 0, 0},
    {"{\"byString\":null}", "{}", 0, 0},
    {"{\"toDouble\":{\"a\":0},\"toFloat\":{\"a\":\"NaN\"},\"toInt32\":{\"a\":-1},\"toInt64\":{\"a\":1}}",
     "{\"toDouble\":{\"a\":0},\"toFloat\":{\"a\":\"NaN\"},\"toInt32\":{\"a\":-1},\"toInt64\":{\"a\":\"1\"}}", 0, 0},
    {"{\"toBool\":{\"a\":false},\"toBytes\":{\"a\":\"AA\"},\"toEnum\":{\"a\":\"RED\",\"b\":7}}",
     "{\"toBool\":{\"a\":false},\"toBytes\":{\"a\":\"AA==\"},\"toEnum\":{\"a\":\"RED\",\"b\":7}}", 0, 0},
    {"{\"toMessage\":{\"a\":{},\"b\":{\"text\":\"x\"}}}", "{\"toMessage\":{\"a\":{},\"b\":{\"text\":\"x\"}}}", 0, 0},
    {"{\"messageValue\":{\"text\":\"x\"},\"toInt32\":{\"a\":1}}",
     "{\"messageValue\":{\"text\":\"x\"},\"toInt32\":{\"a\":1}}", 0, 0},
    {"{\"messageValue\":{\"text\":\"x\"},\"toMessage\":{\"a\":{\"number\":1}},\"byString\":{}}",
     "{\"messageValue\":{\"text\":\"x\"},\"toMessage\":{\"a\":{\"number\":1}}}", 0, 0},
    {"{\"byInt32\":{\"abc\":\"a\"}}", NULL, ERR_RANGE,
     "at $.byInt32.abc (offset 12): expected an int32, found the key \"abc\""},
    {"{\"byInt32\":{\"2147483648\":\"a\"}}", NULL, ERR_RANGE, "range"},
    {"{\"byUint32\":{\"-1\":\"a\"}}", NULL, ERR_RANGE, "range"},
    {"{\"byBool\":{\"1\":\"a\"}}", NULL, ERR_RANGE, "expected true or false"},
    {"{\"byInt32\":{1:\"a\"}}", NULL, ERR_SYNTAX, "expected a key"},
    {"{\"byInt32\":{null:\"a\"}}", NULL, ERR_SYNTAX, "expected a key"},
    {"{\"byBool\":{true:\"a\"}}", NULL, ERR_SYNTAX, "expected a key"},
    {"{\"byBool\":{\"True\":\"a\"}}", NULL, ERR_RANGE, "expected true or false"},
    {"{\"byUint64\":{\"abc\":\"a\"}}", NULL, ERR_RANGE, "expected a uint64"},
    {"{\"byFixed32\":{\"\":\"a\"}}", NULL, ERR_RANGE, "expected a fixed32"},
    {"{\"byString\":{\"a\":null}}", NULL, ERR_RANGE, "at $.byString.a (offset 17): expected a string, found null"},
    {"{\"toMessage\":{\"a\":null}}", NULL, ERR_RANGE, "found null"},
    {"{\"byString\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}}", NULL, ERR_RANGE,
     "at $.byString (offset 29): expected each key once"},
    {"{\"byInt32\":{\"1\":\"a\",\"\\u0031\":\"b\"}}", NULL, ERR_RANGE, "expected each key once"},
    {"{\"byInt32\":{\"0\":\"a\",\"-0\":\"b\"}}", NULL, ERR_RANGE, "expected each key once"},
    {"{\"byInt32\":{\"1.0\":\"a\"}}", NULL, ERR_RANGE, "expected an int32, found the key \"1.0\""},
    {"{\"byInt32\":{\"1e0\":\"a\"}}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"byInt64\":{\"1E0\":\"a\"}}", NULL, ERR_RANGE, "expected an int64"},
    {"{\"byInt32\":{\"01\":\"a\"}}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"byString\":[]}", NULL, ERR_RANGE, "expected an object, found an array"},
    {"{\"byString\":[{\"key\":\"a\",\"value\":\"b\"}]}", NULL, ERR_RANGE, "expected an object, found an array"},
};

static const struct fixture_row oneofs_and_null[] = {
    {"{\"choiceInt32\":0}", "{\"choiceInt32\":0}", 0, 0},
    {"{\"choiceInt64\":\"0\"}", "{\"choiceInt64\":\"0\"}", 0, 0},
    {"{\"choiceBool\":false}", "{\"choiceBool\":false}", 0, 0},
    {"{\"choiceEnum\":0}", "{\"choiceEnum\":\"COLOR_UNSPECIFIED\"}", 0, 0},
    {"{\"choiceMessage\":{}}", "{\"choiceMessage\":{}}", 0, 0},
    {"{\"choiceDouble\":0}", "{\"choiceDouble\":0}", 0, 0},
    {"{\"choiceString\":\"\"}", "{\"choiceString\":\"\"}", 0, 0},
    {"{\"choiceBytes\":\"\"}", "{\"choiceBytes\":\"\"}", 0, 0},
    {"{\"choiceTimestamp\":\"1970-01-01T00:00:00Z\"}", "{\"choiceTimestamp\":\"1970-01-01T00:00:00Z\"}", 0, 0},
    {"{\"choiceNull\":null}", "{\"choiceNull\":null}", 0, 0},
    {"{\"choiceNull\":\"NULL_VALUE\"}", "{\"choiceNull\":null}", 0, 0},
    {"{\"choiceInt32\":null,\"choiceString\":\"a\"}", "{\"choiceString\":\"a\"}", 0, 0},
    {"{\"choiceInt32\":1,\"choiceString\":null}", "{\"choiceInt32\":1}", 0, 0},
    {"{\"choiceInt32\":1,\"otherString\":\"a\"}", "{\"choiceInt32\":1,\"otherString\":\"a\"}", 0, 0},
    {"{\"choiceInt32\":1,\"choiceString\":\"a\"}", NULL, ERR_RANGE,
     "expected one member of the oneof choice, found choiceString after choiceInt32"},
    {"{\"choiceString\":\"a\",\"int32Value\":1,\"choiceInt32\":1}", NULL, ERR_RANGE, "oneof choice"},
    {"{\"choiceMessage\":{},\"choiceTimestamp\":\"1970-01-01T00:00:00Z\"}", NULL, ERR_RANGE, "oneof choice"},
    {"{\"choiceInt32\":1,\"choiceNull\":null}", NULL, ERR_RANGE, "oneof choice"},
    {"{\"doubleValue\":null,\"int64Value\":null,\"stringValue\":null,\"bytesValue\":null,\"enumValue\":null,"
     "\"messageValue\":null,\"optionalInt32\":null,\"int32s\":null,\"messages\":null,\"byString\":null,"
     "\"choiceInt32\":null,\"timestamp\":null,\"any\":null,\"struct\":null,\"int64Wrapper\":null}",
     "{}", 0, 0},
    {"{\"messageValue\":{}}", "{\"messageValue\":{}}", 0, 0},
    {"{\"optionalMessage\":{}}", "{\"optionalMessage\":{}}", 0, 0},
    {"{\"messageValue\":1}", NULL, ERR_RANGE, "expected an object, found a number"},
    {"{\"messageValue\":[]}", NULL, ERR_RANGE, "expected an object, found an array"},
    {"{\"messageValue\":\"\"}", NULL, ERR_RANGE, "expected an object, found a string"},
    {"{\"self\":{\"self\":{\"selves\":[{\"namedSelves\":{\"x y\":{\"int32Value\":false}}}]}}}", NULL, ERR_RANGE,
     "at $.self.self.selves[0].namedSelves[\"x y\"].int32Value (offset 63): expected an int32, found false"},
};

static const struct fixture_row roots[] = {
    {" { } ", "{}", 0, 0},
    {"\t{\r\n\"int32Value\" : 1\t}\n", "{\"int32Value\":1}", 0, 0},
    {"null", NULL, ERR_RANGE, "at $ (offset 0): expected an object, found null"},
    {"[]", NULL, ERR_RANGE, "found an array"},
    {"1", NULL, ERR_RANGE, "found a number"},
    {"\"a\"", NULL, ERR_RANGE, "found a string"},
    {"", NULL, ERR_SYNTAX, "at $ (offset 0): expected a JSON value, found the end"},
    {"{}{}", NULL, ERR_SYNTAX, "at $ (offset 2): expected the end, found '{'"},
    {"{},", NULL, ERR_SYNTAX, "expected the end"},
    {"{\"int32Value\":1,}", NULL, ERR_SYNTAX, "expected a key"},
    {"{\"int32Value\":1 , \n}", NULL, ERR_SYNTAX, "expected a key"},
    {"{\"int32s\":[1 , \n]}", NULL, ERR_SYNTAX, "expected a JSON value"},
    {"{\"int32Value\"}", NULL, ERR_SYNTAX, "expected ':'"},
    {"{int32Value:1}", NULL, ERR_SYNTAX, "expected a key or '}'"},
    {"{'int32Value':1}", NULL, ERR_SYNTAX, "expected a key or '}'"},
    {"{\"stringValue\":'a'}", NULL, ERR_SYNTAX, "expected a JSON value"},
    {"{\"int32Value\":1} // c", NULL, ERR_SYNTAX, "expected the end"},
    {"{\"int32Value\":1 /* c */}", NULL, ERR_SYNTAX, "expected ',' or '}'"},
    {"{\"int32Value\":1 \"boolValue\":true}", NULL, ERR_SYNTAX, "expected ',' or '}'"},
};

static void test_names(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Names", names);
}

static void test_bools_strings_bytes(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Everything", bools_strings_bytes);
}

static void test_enums(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Everything", enums);
}

static void test_lists(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Everything", lists);
}

static void test_maps(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Everything", maps);
}

static void test_oneofs_and_null(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Everything", oneofs_and_null);
}

static void test_roots(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Everything", roots);
}

static void test_proto2(void **state)
{
    static const struct fixture_row rows[] = {
        {"{\"name\":\"\",\"withDefault\":0}", "{\"name\":\"\",\"withDefault\":0}", 0, 0},
        {"{\"name\":\"a\",\"closed\":\"CLOSED_TWO\",\"closeds\":[1,2]}",
         "{\"name\":\"a\",\"closed\":\"CLOSED_TWO\",\"closeds\":[\"CLOSED_ONE\",\"CLOSED_TWO\"]}", 0, 0},
        {"{\"cluster\":{\"numbers\":[1,2],\"text\":\"b\"},\"name\":\"a\"}",
         "{\"name\":\"a\",\"cluster\":{\"text\":\"b\",\"numbers\":[1,2]}}", 0, 0},
        {"{\"unpacked\":[1,2],\"packed\":[3],\"name\":\"a\"}", "{\"name\":\"a\",\"unpacked\":[1,2],\"packed\":[3]}", 0,
         0},
        {"{}", NULL, ERR_RANGE, "expected the required field name, found none"},
        {"{\"name\":null}", NULL, ERR_RANGE, "required field name"},
        {"{\"withDefault\":1}", NULL, ERR_RANGE, "required field name"},
        {"{\"name\":\"a\",\"closed\":3}", NULL, ERR_RANGE, "closed enum"},
    };
    FIXTURE_CHECK_ROWS(*state, "Legacy", rows);
}

/* ---- options */

static void test_ignore_unknown(void **state)
{
    static const struct protojson_options lenient = {.ignore_unknown_fields = true};
    static const char *const rows[][2] = {
        {"{\"x\":1,\"int32Value\":1}", "{\"int32Value\":1}"},
        {"{\"int32Value\":1,\"x\":{\"a\":[1,{\"b\":null}],\"c\":\"}\"}}", "{\"int32Value\":1}"},
        {"{\"x\":[],\"y\":true,\"z\":false,\"w\":null,\"v\":\"s\",\"x\":-1.5e3}", "{}"},
        {"{\"messageValue\":{\"x\":1,\"text\":\"a\"}}", "{\"messageValue\":{\"text\":\"a\"}}"},
        {"{\"enumValue\":\"PURPLE\",\"int32Value\":1}", "{\"int32Value\":1}"},
        {"{\"optionalEnum\":\"PURPLE\"}", "{}"},
        {"{\"enums\":[\"RED\",\"PURPLE\",\"BLUE\"]}", "{\"enums\":[\"RED\",\"BLUE\"]}"},
        {"{\"enums\":[\"PURPLE\"]}", "{}"},
        {"{\"toEnum\":{\"a\":\"PURPLE\",\"b\":\"RED\"}}", "{\"toEnum\":{\"b\":\"RED\"}}"},
        {"{\"x\":[1,}", NULL},
        {"{\"x\":{\"a\"}}", NULL},
        {"{\"x\":tru}", NULL},
        {"{\"int32Value\":\"x\"}", NULL},
    };
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum err_code code = fixture_read_span(fixture, message, span_cstr(rows[i][0]), &lenient);
        if ((code == ERR_OK) != (rows[i][1] != NULL))
            fail_msg("%s: code %d %s", rows[i][0], (int)code, fixture->err.text);
        if (code != ERR_OK)
            continue;
        assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
        assert_string_equal(fixture_text(fixture), rows[i][1]);
    }
}

/* A default that the JSON names is there, so that it replaces what is before it; null names none. */
static void test_write_defaults(void **state)
{
    static const struct protojson_options all = {.write_defaults = true};
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    static const char set[] =
        "{\"int32Value\":5,\"stringValue\":\"x\",\"doubleValue\":1.5,\"boolValue\":true,"
        "\"enumValue\":\"RED\",\"messageValue\":{\"text\":\"a\",\"number\":7},\"int64Wrapper\":\"3\"}";
    static const char *const rows[][2] = {
        {"{\"int32Value\":0,\"stringValue\":\"\",\"doubleValue\":0.0,\"boolValue\":false,\"enumValue\":0,"
         "\"messageValue\":{\"text\":\"\",\"number\":0},\"int64Wrapper\":\"0\"}",
         "{\"messageValue\":{},\"int64Wrapper\":\"0\"}"},
        {"{\"int32Value\":null,\"stringValue\":null,\"doubleValue\":1e-400,\"boolValue\":null,\"messageValue\":{}}",
         "{\"int32Value\":5,\"boolValue\":true,\"stringValue\":\"x\",\"enumValue\":\"RED\","
         "\"messageValue\":{\"text\":\"a\",\"number\":7},\"int64Wrapper\":\"3\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_reset(&fixture->wire);
        for (int second = 0; second < 2; second++) {
            arena_reset(&fixture->arena);
            assert_int_equal(json_to_proto(&fixture->wire, message, span_cstr(second ? rows[i][0] : set), &all,
                                           &fixture->arena, &fixture->err),
                             ERR_OK);
        }
        assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
        assert_string_equal(fixture_text(fixture), rows[i][1]);
    }
    assert_int_equal(fixture_read_span(fixture, message, span_cstr(rows[0][0]), NULL), ERR_OK);
    size_t without = fixture->wire.len;
    assert_int_equal(fixture_read_span(fixture, message, span_cstr(rows[0][0]), &all), ERR_OK);
    assert_true(fixture->wire.len > without);
}

static void check_field(struct fixture *fixture, const char *field, const char *json, const char *expected)
{
    buf_reset(&fixture->wire);
    arena_reset(&fixture->arena);
    enum err_code code = json_to_proto_field(&fixture->wire, fixture_field(fixture, "Everything", field),
                                             span_cstr(json), NULL, &fixture->arena, &fixture->err);
    if ((code == ERR_OK) != (expected != NULL))
        fail_msg("%s %s: code %d %s", field, json, (int)code, fixture->err.text);
    if (!expected)
        return;
    assert_int_equal(
        fixture_print_span(fixture, fixture_message(fixture, "Everything"), buf_span(&fixture->wire), NULL), ERR_OK);
    assert_string_equal(fixture_text(fixture), expected);
}

static void test_one_field(void **state)
{
    struct fixture *fixture = *state;
    check_field(fixture, "int32_value", "7", "{\"int32Value\":7}");
    check_field(fixture, "message_value", "{\"text\":\"a\"}", "{\"messageValue\":{\"text\":\"a\"}}");
    check_field(fixture, "int32s", "[1,2]", "{\"int32s\":[1,2]}");
    check_field(fixture, "messages", "[{},{\"number\":1}]", "{\"messages\":[{},{\"number\":1}]}");
    check_field(fixture, "by_string", "{\"a\":\"b\"}", "{\"byString\":{\"a\":\"b\"}}");
    check_field(fixture, "value", "null", "{\"value\":null}");
    check_field(fixture, "value", "[null]", "{\"value\":[null]}");
    check_field(fixture, "timestamp", "\"1970-01-01T00:00:01Z\"", "{\"timestamp\":\"1970-01-01T00:00:01Z\"}");
    check_field(fixture, "int32_value", "null", NULL);
    check_field(fixture, "message_value", "null", NULL);
    check_field(fixture, "int32s", "null", NULL);
    check_field(fixture, "int32s", "1", NULL);
    check_field(fixture, "message_value", "{} {}", NULL);
    check_field(fixture, "message_value", "", NULL);
    /* A default is written: it is the value that the request gave. */
    check_field(fixture, "int32_value", "0", "{}");
    buf_reset(&fixture->wire);
    assert_int_equal(json_to_proto_field(&fixture->wire, fixture_field(fixture, "Everything", "int32_value"),
                                         span_cstr("0"), NULL, &fixture->arena, NULL),
                     ERR_OK);
    assert_int_equal(fixture->wire.len, 2);
}

/* What was in the buffer stays, on success and on failure. */
static void test_appends(void **state)
{
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    buf_reset(&fixture->wire);
    buf_append_cstr(&fixture->wire, "before");
    assert_int_equal(json_to_proto(&fixture->wire, message, span_cstr("{\"boolValue\":true,\"int32Value\":1}"), NULL,
                                   &fixture->arena, NULL),
                     ERR_OK);
    assert_string_equal((char *)fixture->wire.data, "before\x18\x01h\x01");
    assert_int_equal(json_to_proto(&fixture->wire, message, span_cstr("{\"boolValue\":true,\"int32Value\":x}"), NULL,
                                   &fixture->arena, NULL),
                     ERR_SYNTAX);
    assert_string_equal((char *)fixture->wire.data, "before\x18\x01h\x01");
}

/* ---- limits and hostile input */

static void check_depth(struct fixture *fixture, size_t depth, const char *open, const char *close, bool fits)
{
    struct buf json;
    buf_init(&json, 1 << 16);
    for (size_t i = 0; i < depth; i++)
        buf_append_cstr(&json, open);
    buf_append_cstr(&json, "{}");
    for (size_t i = 0; i < depth; i++)
        buf_append_cstr(&json, close);
    const struct schema_message *message = fixture_message(fixture, "Everything");
    enum err_code code = fixture_read_span(fixture, message, buf_span(&json), NULL);
    assert_int_equal(code, fits ? ERR_OK : ERR_LIMIT);
    if (fits) {
        assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
        assert_string_equal(fixture_text(fixture), (char *)json.data);
    }
    buf_fini(&json);
}

static void test_depth(void **state)
{
    struct fixture *fixture = *state;
    check_depth(fixture, 99, "{\"self\":", "}", true);
    check_depth(fixture, 100, "{\"self\":", "}", false);
    check_depth(fixture, 20000 / 8, "{\"self\":", "}", false);
    check_depth(fixture, 49, "{\"selves\":[", "]}", true);
    check_depth(fixture, 50, "{\"selves\":[", "]}", false);
    check_depth(fixture, 49, "{\"namedSelves\":{\"a\":", "}}", true);
    check_depth(fixture, 50, "{\"namedSelves\":{\"a\":", "}}", false);
}

/* Lists and objects without content are levels like others. */
static void test_depth_of_empty(void **state)
{
    struct fixture *fixture = *state;
    static const char *const inner[] = {"{\"selves\":[]}", "{\"namedSelves\":{}}", "{\"value\":[]}", "{\"value\":{}}",
                                        "{\"struct\":{}}", "{\"listValue\":[]}",   "{\"int32s\":[]}"};
    const struct schema_message *message = fixture_message(fixture, "Everything");
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
        for (size_t levels = 99; levels <= 102; levels++) {
            struct buf json;
            buf_init(&json, 1 << 16);
            for (size_t j = 2; j < levels; j++)
                buf_append_cstr(&json, "{\"self\":");
            buf_append_cstr(&json, inner[i]);
            for (size_t j = 2; j < levels; j++)
                buf_append_cstr(&json, "}");
            enum err_code code = fixture_read_span(fixture, message, buf_span(&json), NULL);
            assert_int_equal(code, levels <= PROTOJSON_MAX_DEPTH ? ERR_OK : ERR_LIMIT);
            buf_fini(&json);
        }
    }
}

static const char big[] =
    "{\"doubleValue\":1.5,\"floatValue\":\"NaN\",\"int32Value\":1e2,\"int64Value\":\"9223372036854775807\","
    "\"stringValue\":\"h\\u00e9\\ud83d\\ude00\\u0000x\",\"bytesValue\":\"-_8=\",\"enumValue\":\"RED\",\"messageValue\":"
    "{\"text\":\"a\",\"child\":{\"number\":3,\"words\":[\"x\",\"yy\"]}},\"int32s\":[1,2,300],\"doubles\":[0.5,-0],"
    "\"messages\":[{},{\"kind\":\"FANCY\"}],\"byInt64\":{\"-1\":\"a\",\"5\":\"b\"},\"byBool\":{\"true\":\"t\"},"
    "\"toInt32\":{\"b\":1,\"a\":2},\"toMessage\":{\"k\":{\"text\":\"v\"}},\"choiceMessage\":{\"number\":1},"
    "\"any\":{\"value\":\"1.5s\",\"@type\":\"type.googleapis.com/google.protobuf.Duration\"},"
    "\"anys\":[{\"@type\":\"type.googleapis.com/transcheck.v1.Inner\",\"text\":\"deep\"},{}],"
    "\"timestamp\":\"2020-02-29T23:59:59.123456789Z\",\"duration\":\"-1.000000001s\",\"fieldMask\":\"a.bC,d\","
    "\"struct\":{\"a\":[1,null,{\"b\":\"c\"}],\"d\":true},\"value\":null,\"listValue\":[[],{},\"x\"],"
    "\"int64Wrapper\":\"5\",\"bytesWrapper\":\"AAA=\",\"nullValues\":[null]}";

/* No prefix is taken for the whole, and what is written then does not stay. */
static void test_cut_at_every_byte(void **state)
{
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    assert_int_equal(fixture_read(fixture, "Everything", big), ERR_OK);
    for (size_t len = 0; len < strlen(big); len++) {
        uint8_t *exact = malloc(len > 0 ? len : 1);
        assert_non_null(exact);
        memcpy(exact, big, len);
        assert_int_equal(fixture_read_span(fixture, message, span_of(exact, len), NULL), ERR_SYNTAX);
        assert_int_equal(fixture->wire.len, 0);
        free(exact);
    }
}

/* One byte changed: refused, or understood as something that comes back the same after a round trip. */
static void test_every_byte_changed(void **state)
{
    static const uint8_t changes[] = {0, '"', '\\', '{', '}', '[', ']', ',', ':', '0', '9', '-', 'e', ' ', 0x80, 0xff};
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    char text[sizeof big];
    size_t accepted = 0;
    for (size_t at = 0; at < strlen(big); at++) {
        for (size_t i = 0; i < sizeof changes; i++) {
            memcpy(text, big, sizeof text);
            text[at] = (char)changes[i];
            if (fixture_read_span(fixture, message, span_of(text, sizeof text - 1), NULL) != ERR_OK)
                continue;
            accepted++;
            if (fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL) != ERR_OK)
                fail_msg("%s: %s", text, fixture->err.text);
            char *first = strdup(fixture_text(fixture));
            assert_non_null(first);
            if (fixture_read(fixture, "Everything", first) != ERR_OK)
                fail_msg("%s: %s", first, fixture->err.text);
            assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
            assert_string_equal(fixture_text(fixture), first);
            free(first);
        }
    }
    assert_true(accepted > 100);
}

/* Whatever the maximum of the output and of the arena: success with all of it, or ERR_LIMIT. */
static void test_memory_limits(void **state)
{
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    assert_int_equal(fixture_read(fixture, "Everything", big), ERR_OK);
    size_t whole = fixture->wire.len;
    for (size_t max = 0; max <= whole; max++) {
        struct buf out;
        buf_init(&out, max);
        arena_reset(&fixture->arena);
        enum err_code code = json_to_proto(&out, message, span_cstr(big), NULL, &fixture->arena, NULL);
        /* The last length may need its room only for a moment. */
        assert_int_equal(code, max < whole ? ERR_LIMIT : ERR_OK);
        buf_fini(&out);
    }
    /* With room for the output at once, so that nothing is begun again. */
    assert_int_equal(fixture_read(fixture, "Everything", big), ERR_OK);
    size_t used = fixture->arena.used;
    for (size_t max = 0; max < used; max += 61) {
        struct arena arena;
        arena_init(&arena, max);
        buf_reset(&fixture->wire);
        assert_int_equal(json_to_proto(&fixture->wire, message, span_cstr(big), NULL, &arena, NULL), ERR_LIMIT);
        arena_fini(&arena);
    }
}

/* Many keys in falling order, and the same key many times: neither takes quadratic time, and the second is refused. */
static void test_many_keys(void **state)
{
    struct fixture *fixture = *state;
    struct buf json;
    buf_init(&json, 8 << 20);
    buf_append_cstr(&json, "{\"byInt32\":{");
    for (int i = 100000; i > 0; i--)
        buf_printf(&json, "\"%d\":\"\"%s", i, i > 1 ? "," : "}}");
    const struct schema_message *message = fixture_message(fixture, "Everything");
    assert_int_equal(fixture_read_span(fixture, message, buf_span(&json), NULL), ERR_OK);
    assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
    assert_memory_equal(fixture_text(fixture), "{\"byInt32\":{\"1\":\"\",\"2\":\"\",", 26);
    buf_reset(&json);
    buf_append_byte(&json, '{');
    for (int i = 0; i < 100000; i++)
        buf_printf(&json, "%s\"int32Value\":1,\"doubleValue\":1", i > 0 ? "," : "");
    buf_append_byte(&json, '}');
    assert_int_equal(fixture_read_span(fixture, message, buf_span(&json), NULL), ERR_RANGE);
    assert_non_null(strstr(fixture->err.text, "once"));
    buf_fini(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire_bytes),
        cmocka_unit_test(test_long_bodies),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_bools_strings_bytes),
        cmocka_unit_test(test_enums),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_oneofs_and_null),
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_proto2),
        cmocka_unit_test(test_ignore_unknown),
        cmocka_unit_test(test_write_defaults),
        cmocka_unit_test(test_one_field),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_depth_of_empty),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_memory_limits),
        cmocka_unit_test(test_many_keys),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
