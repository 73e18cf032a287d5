/* Wire bytes to JSON: order, merging, options, limits and the texts of errors. */
#include <stdlib.h>

#include "harness/engine/json/writer.h"
#include "harness/engine/proto/wire.h"
#include "harness/engine/tests/protojson_fixture.h"

/* Wire bytes in hexadecimal and the text they print as; or NULL, and the code and a part of the error. */
struct print_row {
    const char *hex;
    const char *json;
    enum err_code code;
    const char *fragment;
};

static void check_rows(struct fixture *fixture, const char *message, const struct print_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum err_code code = fixture_print(fixture, message, rows[i].hex);
        if (rows[i].json) {
            if (code != ERR_OK)
                fail_msg("%s: %s", rows[i].hex, fixture->err.text);
            if (strcmp(fixture_text(fixture), rows[i].json) != 0)
                fail_msg("%s: expected %s, printed %s", rows[i].hex, rows[i].json, fixture_text(fixture));
        } else {
            if (code != rows[i].code || !strstr(fixture->err.text, rows[i].fragment))
                fail_msg("%s: expected code %d and \"%s\", got %d \"%s\" %s", rows[i].hex, (int)rows[i].code,
                         rows[i].fragment, (int)code, fixture->err.text, fixture_text(fixture));
            assert_int_equal(fixture->json.len, 0);
        }
    }
}

#define CHECK_ROWS(fixture, message, rows) check_rows((fixture), (message), (rows), sizeof(rows) / sizeof(rows)[0])

static void test_scalars(void **state)
{
    static const struct print_row rows[] = {
        {"", "{}", 0, 0},
        {"09000000000000f03f 150000c03f 1801 2001 2801 3001 3802 4002 4d01000000 510100000000000000 5d01000000 "
         "610100000000000000 6801 720161 7a0161 800101",
         "{\"doubleValue\":1,\"floatValue\":1.5,\"int32Value\":1,\"int64Value\":\"1\",\"uint32Value\":1,"
         "\"uint64Value\":\"1\",\"sint32Value\":1,\"sint64Value\":\"1\",\"fixed32Value\":1,\"fixed64Value\":\"1\","
         "\"sfixed32Value\":1,\"sfixed64Value\":\"1\",\"boolValue\":true,\"stringValue\":\"a\",\"bytesValue\":\"YQ==\","
         "\"enumValue\":\"RED\"}",
         0, 0},
        /* defaults without presence */
        {"090000000000000000 1500000000 1800 2000 6800 7200 7a00 800100", "{}", 0, 0},
        {"090000000000000080 1500000080", "{\"doubleValue\":-0,\"floatValue\":-0}", 0, 0},
        /* with presence */
        {"b80100 880200 920200", "{\"optionalInt32\":0,\"optionalBool\":false,\"optionalString\":\"\"}", 0, 0},
        {"a80600", "{\"choiceInt32\":0}", 0, 0},
        /* special numbers */
        {"09000000000000f87f 150000807f", "{\"doubleValue\":\"NaN\",\"floatValue\":\"Infinity\"}", 0, 0},
        {"09000000000000f0ff 1501000080", "{\"doubleValue\":\"-Infinity\",\"floatValue\":-1e-45}", 0, 0},
        {"09000000000000f07f 15000080ff", "{\"doubleValue\":\"Infinity\",\"floatValue\":\"-Infinity\"}", 0, 0},
        {"150000c07f", "{\"floatValue\":\"NaN\"}", 0, 0},
        /* varints are cut to the width of their type */
        {"18ffffffff0f", "{\"int32Value\":-1}", 0, 0},
        {"18ffffffffffffffffff01", "{\"int32Value\":-1}", 0, 0},
        {"188180808010", "{\"int32Value\":1}", 0, 0},
        {"188080808010", "{}", 0, 0},
        {"28ffffffffffffffffff01", "{\"uint32Value\":4294967295}", 0, 0},
        {"388180808010", "{\"sint32Value\":-1}", 0, 0},
        {"68808001", "{\"boolValue\":true}", 0, 0},
        {"800181808080e0ffffffff01", "{\"enumValue\":\"RED\"}", 0, 0},
        /* enums */
        {"800163", "{\"enumValue\":99}", 0, 0},
        {"8001ffffffffffffffffff01", "{\"enumValue\":\"NEGATIVE\"}", 0, 0},
        {"900101", "{\"aliasedValue\":\"FIRST_NAME\"}", 0, 0},
        /* text */
        {"720c 22 5c 2f 08 0c 0a 0d 09 00 1f 7f 3c",
         "{\"stringValue\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f<\"}", 0, 0},
        {"7209 c3a9 e282ac f09f9880", "{\"stringValue\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}", 0, 0},
        {"7201ff", NULL, ERR_RANGE, "at $.stringValue (offset 2): expected valid UTF-8"},
        {"7203eda080", NULL, ERR_RANGE, "valid UTF-8"},
        {"720261c3", NULL, ERR_RANGE, "valid UTF-8"},
        {"b20300 b20301ff", NULL, ERR_RANGE, "at $.strings[1] (offset 6): expected valid UTF-8"},
        {"ca0601ff", NULL, ERR_RANGE, "valid UTF-8"},
        {"7201ff 720178", NULL, ERR_RANGE, "valid UTF-8"}, /* also where another value takes its place */
        {"7a01ff", "{\"bytesValue\":\"/w==\"}", 0, 0},
    };
    CHECK_ROWS(*state, "Everything", rows);
}

static void test_order_and_merging(void **state)
{
    static const struct print_row rows[] = {
        /* any order on the wire, ascending in the text; the last value of a singular field wins */
        {"720178 1801", "{\"int32Value\":1,\"stringValue\":\"x\"}", 0, 0},
        {"1801 720178 1802 720179", "{\"int32Value\":2,\"stringValue\":\"y\"}", 0, 0},
        {"1801 1802 1803", "{\"int32Value\":3}", 0, 0},
        {"1801 1800", "{}", 0, 0},
        /* sub-messages are merged */
        {"8a01030a0161 8a01021005", "{\"messageValue\":{\"text\":\"a\",\"number\":5}}", 0, 0},
        {"8a01030a0161 1801 8a0103 0a0162", "{\"int32Value\":1,\"messageValue\":{\"text\":\"b\"}}", 0, 0},
        {"8a01041a021001 8a01051a030a0161 8a0103220178 8a0103220179",
         "{\"messageValue\":{\"child\":{\"text\":\"a\",\"number\":1},\"words\":[\"x\",\"y\"]}}", 0, 0},
        {"8a0100", "{\"messageValue\":{}}", 0, 0},
        /* repeated: packed, unpacked and mixed, in wire order */
        {"da02020102 d80203 1801 da020104", "{\"int32Value\":1,\"int32s\":[1,2,3,4]}", 0, 0},
        {"d00301 d203020203", "{\"unpackedInt32s\":[1,2,3]}", 0, 0},
        {"da0200", "{}", 0, 0},
        {"ca0210 0000000000000080 000000000000f03f", "{\"doubles\":[-0,1]}", 0, 0},
        {"8a03080100000002000000 8d0303000000", "{\"fixed32s\":[1,2,3]}", 0, 0},
        {"aa03020001", "{\"bools\":[false,true]}", 0, 0},
        {"c203020063", "{\"enums\":[\"COLOR_UNSPECIFIED\",99]}", 0, 0},
        /* each type that may be packed, one by one and then packed */
        {"c902000000000000f03f ca0208000000000000f03f d5020000803f d202040000803f d80201 da020101 e00201 e2020101 "
         "e80201 "
         "ea020101 f00201 f2020101 f80202 fa020102 800302 82030102 8d0301000000 8a030401000000",
         "{\"doubles\":[1,1],\"floats\":[1,1],\"int32s\":[1,1],\"int64s\":[\"1\",\"1\"],\"uint32s\":[1,1],"
         "\"uint64s\":[\"1\",\"1\"],\"sint32s\":[1,1],\"sint64s\":[\"1\",\"1\"],\"fixed32s\":[1,1]}",
         0, 0},
        {"91030100000000000000 9203080100000000000000 9d0301000000 9a030401000000 a1030100000000000000 "
         "a203080100000000000000 a80301 aa030101 c00301 c2030101",
         "{\"fixed64s\":[\"1\",\"1\"],\"sfixed32s\":[1,1],\"sfixed64s\":[\"1\",\"1\"],\"bools\":[true,true],"
         "\"enums\":[\"RED\",\"RED\"]}",
         0, 0},
        {"b20300 b2030161", "{\"strings\":[\"\",\"a\"]}", 0, 0},
        {"ca0300 ca03020a00", "{\"messages\":[{},{}]}", 0, 0},
        /* oneof: the last one wins, and one set again begins anew */
        {"a80601 ca060161", "{\"choiceString\":\"a\"}", 0, 0},
        {"ca060161 a80601", "{\"choiceInt32\":1}", 0, 0},
        {"e206030a0161 e206021005", "{\"choiceMessage\":{\"text\":\"a\",\"number\":5}}", 0, 0},
        {"e206030a0161 a80601 e206021005", "{\"choiceMessage\":{\"number\":5}}", 0, 0},
        {"a80601 fa060161", "{\"choiceInt32\":1,\"otherString\":\"a\"}", 0, 0},
        {"fa060161 a80601 800702 1801", "{\"int32Value\":1,\"choiceInt32\":1,\"otherInt32\":2}", 0, 0},
        /* unknown fields, and known numbers with another wire type */
        {"a03e01 1801 a53e01020304 a23e0161 a33ea43e", "{\"int32Value\":1}", 0, 0},
        {"1a0161 1d01020304 7001 1801", "{\"int32Value\":1}", 0, 0},
        {"1b1c 1801", "{\"int32Value\":1}", 0, 0},
        /* recursion */
        {"ca07 02 1801", "{\"self\":{\"int32Value\":1}}", 0, 0},
    };
    CHECK_ROWS(*state, "Everything", rows);
}

static void test_maps(void **state)
{
    static const struct print_row rows[] = {
        {"ea0305 0802 120162 ea0305 0801 120161", "{\"byInt32\":{\"1\":\"a\",\"2\":\"b\"}}", 0, 0},
        /* numbers by value, not by text or by wire */
        {"ea0305 080a 120163 ea0305 0802 120162 ea030e 08ffffffffffffffffff01 120161",
         "{\"byInt32\":{\"-1\":\"a\",\"2\":\"b\",\"10\":\"c\"}}", 0, 0},
        {"8a0405 0802 120162 8a0405 0801 120161", "{\"bySint32\":{\"-1\":\"a\",\"1\":\"b\"}}", 0, 0},
        {"820405 080a 120161 82040e 08ffffffffffffffffff01 120162",
         "{\"byUint64\":{\"10\":\"a\",\"18446744073709551615\":\"b\"}}", 0, 0},
        {"ba0405 0801 120161 ba0405 0800 120162", "{\"byBool\":{\"false\":\"b\",\"true\":\"a\"}}", 0, 0},
        {"c20406 0a0162 120131 c20406 0a0161 120132", "{\"byString\":{\"a\":\"2\",\"b\":\"1\"}}", 0, 0},
        /* the last of equal keys; the last key and value within one entry; what is missing is the default */
        {"c20406 0a0161 120131 c20406 0a0161 120132", "{\"byString\":{\"a\":\"2\"}}", 0, 0},
        {"c20409 0a0161 120131 0a0162", "{\"byString\":{\"b\":\"1\"}}", 0, 0},
        {"c20409 120131 0a0161 120132", "{\"byString\":{\"a\":\"2\"}}", 0, 0},
        {"c20400", "{\"byString\":{\"\":\"\"}}", 0, 0},
        {"c204030a0161", "{\"byString\":{\"a\":\"\"}}", 0, 0},
        {"9a05030a0161", "{\"toInt32\":{\"a\":0}}", 0, 0},
        {"ea0300", "{\"byInt32\":{\"0\":\"\"}}", 0, 0},
        {"8206030a0161", "{\"toMessage\":{\"a\":{}}}", 0, 0},
        {"82060c 0a0161 12030a0178 12021005", "{\"toMessage\":{\"a\":{\"text\":\"x\",\"number\":5}}}", 0, 0},
        {"fa05050a01611063", "{\"toEnum\":{\"a\":99}}", 0, 0},
        {"c20409 0a0161 120131 1801 05", NULL, ERR_SYNTAX, "malformed"},
        {"c20408 0a0161 120131 1801", "{\"byString\":{\"a\":\"1\"}}", 0, 0},
        {"c204060a01ff120131", NULL, ERR_RANGE, "expected valid UTF-8 in a map key"},
        {"c204060a01611201ff", NULL, ERR_RANGE, "at $.byString.a (offset 8): expected valid UTF-8"},
        {"c204020a05", NULL, ERR_SYNTAX,
         "at $.byString (offset 3): expected a map entry, found malformed bytes: field 1 with a length of 5 and 0"},
    };
    CHECK_ROWS(*state, "Everything", rows);
}

static void test_malformed(void **state)
{
    static const struct print_row rows[] = {
        {"18", NULL, ERR_SYNTAX,
         "at $ (offset 0): expected a field, found malformed bytes: field 3 with a varint that is cut"},
        {"1801 1880", NULL, ERR_SYNTAX, "at $ (offset 2)"},
        {"720561", NULL, ERR_SYNTAX, "at $ (offset 0)"},
        {"8a01020a05", NULL, ERR_SYNTAX, "at $.messageValue (offset 3): expected a field"},
        {"ca0300 ca03020a05", NULL, ERR_SYNTAX, "at $.messages[1] (offset 6)"},
        {"da02020180", NULL, ERR_SYNTAX, "at $.int32s[1] (offset 4): expected a packed value"},
        {"ca02090000000000000000 01", NULL, ERR_SYNTAX, "at $.doubles[1] (offset 11): expected a packed value"},
        {"00", NULL, ERR_SYNTAX, "offset 0"},
        {"1c", NULL, ERR_SYNTAX, "offset 0"},
        {"1b", NULL, ERR_SYNTAX, "offset 0"},
        /* wire types that are none, tags cut or too long, a number beyond the largest, fixed numbers cut */
        {"1e01", NULL, ERR_SYNTAX, "offset 0"},
        {"1f01", NULL, ERR_SYNTAX, "offset 0"},
        {"1801 80", NULL, ERR_SYNTAX, "offset 2"},
        {"98808080808001 01", NULL, ERR_SYNTAX, "offset 0"},
        {"f8ffffff1f 01", NULL, ERR_SYNTAX, "offset 0"},
        {"18ffffffffffffffffff02", NULL, ERR_SYNTAX, "offset 0"},
        {"18ffffffffffffffffffff01", NULL, ERR_SYNTAX, "offset 0"},
        {"09000000000000f0", NULL, ERR_SYNTAX, "offset 0"},
        {"15000080", NULL, ERR_SYNTAX, "offset 0"},
        {"a03eff", NULL, ERR_SYNTAX, "offset 0"}, /* in an unknown field, too */
    };
    CHECK_ROWS(*state, "Everything", rows);
}

static void test_proto2(void **state)
{
    static const struct print_row rows[] = {
        {"0a0161 1000", "{\"name\":\"a\",\"withDefault\":0}", 0, 0},
        {"0a0161 3b 0a0162 1001 3c", "{\"name\":\"a\",\"cluster\":{\"text\":\"b\",\"numbers\":[1]}}", 0, 0},
        {"0a0161 3b 1001 3c 3b 0a0162 1002 3c", "{\"name\":\"a\",\"cluster\":{\"text\":\"b\",\"numbers\":[1,2]}}", 0,
         0},
        {"0a0161 2801 2802 320103", "{\"name\":\"a\",\"unpacked\":[1,2],\"packed\":[3]}", 0, 0},
        /* an unknown number of a closed enum is an unknown field */
        {"0a0161 1803 2001 2003 2002", "{\"name\":\"a\",\"closeds\":[\"CLOSED_ONE\",\"CLOSED_TWO\"]}", 0, 0},
        {"0a0161 1801 1803", "{\"name\":\"a\",\"closed\":\"CLOSED_ONE\"}", 0, 0},
        {"0a0161 2003", "{\"name\":\"a\"}", 0, 0},
        {"0a0161 a20601 78", "{\"name\":\"a\",\"[transcheck.v1.extra_text]\":\"x\"}", 0, 0},
        {"0a0161 b20901 78", "{\"name\":\"a\"}", 0, 0}, /* 150, which is left to extensions and no extension has */
    };
    CHECK_ROWS(*state, "Legacy", rows);
}

static void check_options(struct fixture *fixture, struct protojson_options options, const char *message,
                          const char *json, const char *expected)
{
    const struct schema_message *type = fixture_message(fixture, message);
    assert_int_equal(fixture_read(fixture, message, json), ERR_OK);
    assert_int_equal(fixture_print_span(fixture, type, buf_span(&fixture->wire), &options), ERR_OK);
    assert_string_equal(fixture_text(fixture), expected);
}

static void test_options(void **state)
{
    struct fixture *fixture = *state;
    check_options(fixture, (struct protojson_options){.proto_names = true}, "Everything",
                  "{\"int32Value\":1,\"byString\":{\"aB\":\"c\"}}", "{\"int32_value\":1,\"by_string\":{\"aB\":\"c\"}}");
    check_options(fixture, (struct protojson_options){.proto_names = true}, "Names",
                  "{\"snakeCaseName\":\"a\",\"a name of its own\":\"b\"}",
                  "{\"snake_case_name\":\"a\",\"renamed\":\"b\"}");
    check_options(fixture, (struct protojson_options){0}, "Names", "{\"snake_case_name\":\"a\",\"renamed\":\"b\"}",
                  "{\"snakeCaseName\":\"a\",\"a name of its own\":\"b\"}");
    check_options(fixture, (struct protojson_options){.enum_numbers = true}, "Everything",
                  "{\"enumValue\":\"BLUE\",\"choiceNull\":null}", "{\"enumValue\":3,\"choiceNull\":null}");
    check_options(fixture, (struct protojson_options){.print_defaults = true}, "Inner", "{}",
                  "{\"text\":\"\",\"number\":0,\"words\":[],\"kind\":\"KIND_UNSPECIFIED\"}");
    check_options(fixture, (struct protojson_options){.print_defaults = true}, "Inner",
                  "{\"words\":[\"a\"],\"child\":{\"number\":1}}",
                  "{\"text\":\"\",\"number\":0,\"child\":{\"text\":\"\",\"number\":1,\"words\":[],"
                  "\"kind\":\"KIND_UNSPECIFIED\"},\"words\":[\"a\"],\"kind\":\"KIND_UNSPECIFIED\"}");
    /* With all defaults: no value for what has presence, everything else in order, and the same message again. */
    const struct schema_message *type = fixture_message(fixture, "Everything");
    struct protojson_options all = {.print_defaults = true};
    assert_int_equal(fixture_print_span(fixture, type, span_of("", 0), &all), ERR_OK);
    assert_non_null(
        strstr(fixture_text(fixture), "{\"doubleValue\":0,\"floatValue\":0,\"int32Value\":0,\"int64Value\":\"0\","));
    assert_non_null(strstr(fixture_text(fixture), "\"int32s\":[]"));
    assert_non_null(strstr(fixture_text(fixture), "\"byInt32\":{}"));
    assert_null(strstr(fixture_text(fixture), "optional"));
    assert_null(strstr(fixture_text(fixture), "choice"));
    assert_null(strstr(fixture_text(fixture), "messageValue"));
    char *text = strdup(fixture_text(fixture));
    assert_non_null(text);
    assert_int_equal(fixture_read(fixture, "Everything", text), ERR_OK);
    assert_int_equal(fixture->wire.len, 0);
    free(text);
}

static void check_field(struct fixture *fixture, const char *field, const char *json, const char *expected)
{
    struct buf out;
    buf_init(&out, 4096);
    assert_int_equal(fixture_read(fixture, "Everything", json), ERR_OK);
    enum err_code code = proto_to_json_field(&out, fixture_field(fixture, "Everything", field),
                                             buf_span(&fixture->wire), NULL, &fixture->arena, &fixture->err);
    if (code != ERR_OK)
        fail_msg("%s: %s", field, fixture->err.text);
    assert_string_equal((char *)out.data, expected);
    buf_fini(&out);
}

static void test_one_field(void **state)
{
    struct fixture *fixture = *state;
    check_field(fixture, "int32_value", "{\"int32Value\":7,\"stringValue\":\"x\"}", "7");
    check_field(fixture, "message_value", "{\"messageValue\":{\"text\":\"a\"}}", "{\"text\":\"a\"}");
    check_field(fixture, "int32s", "{\"int32s\":[1,2]}", "[1,2]");
    check_field(fixture, "by_string", "{\"byString\":{\"a\":\"b\"}}", "{\"a\":\"b\"}");
    check_field(fixture, "string_value", "{}", "\"\"");
    check_field(fixture, "int64_value", "{}", "\"0\"");
    check_field(fixture, "optional_int32", "{}", "null");
    check_field(fixture, "message_value", "{\"int32Value\":1}", "null");
    check_field(fixture, "int32s", "{}", "[]");
    check_field(fixture, "messages", "{}", "[]");
    check_field(fixture, "by_string", "{}", "{}");
    check_field(fixture, "choice_int32", "{\"choiceString\":\"a\"}", "null");
    check_field(fixture, "timestamp", "{\"timestamp\":\"1970-01-01T00:00:00Z\"}", "\"1970-01-01T00:00:00Z\"");
}

/* ---- limits and hostile input */

/* A message in itself, `depth` times, made from the inside out. */
static void nest(struct buf *out, uint32_t number, size_t depth, bool map)
{
    struct buf inner;
    buf_reset(out);
    buf_init(&inner, FIXTURE_MAX);
    for (size_t i = 0; i < depth; i++) {
        buf_reset(&inner);
        buf_append_span(&inner, buf_span(out));
        buf_reset(out);
        if (map) {
            wire_put_tag(out, 2, WIRE_LEN);
            wire_put_bytes(out, buf_span(&inner));
            buf_reset(&inner);
            buf_append_span(&inner, buf_span(out));
            buf_reset(out);
        }
        wire_put_tag(out, number, WIRE_LEN);
        wire_put_bytes(out, buf_span(&inner));
    }
    assert_false(out->failed);
    buf_fini(&inner);
}

static void test_depth(void **state)
{
    static const struct {
        const char *message;
        uint32_t number;
        size_t depth;
        bool map;
        enum err_code code;
    } rows[] = {
        {"Everything", 121, 99, false, ERR_OK},
        {"Everything", 121, 100, false, ERR_LIMIT},
        {"Everything", 121, 10000, false, ERR_LIMIT},
        {"Everything", 122, 49, false, ERR_OK},
        {"Everything", 122, 50, false, ERR_LIMIT},
        {"Everything", 123, 49, true, ERR_OK},
        {"Everything", 123, 50, true, ERR_LIMIT},
        {"Everything", 123, 5000, true, ERR_LIMIT},
        {"google.protobuf.ListValue", 1, 0, false, ERR_OK},
    };
    struct fixture *fixture = *state;
    struct buf wire;
    buf_init(&wire, FIXTURE_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nest(&wire, rows[i].number, rows[i].depth, rows[i].map);
        assert_int_equal(fixture_print_span(fixture, fixture_message(fixture, rows[i].message), buf_span(&wire), NULL),
                         rows[i].code);
    }
    buf_fini(&wire);
}

static const char big[] =
    "{\"doubleValue\":1.5,\"floatValue\":\"NaN\",\"int32Value\":100,\"int64Value\":\"9223372036854775807\","
    "\"stringValue\":\"h\\u00e9\\u0000x\",\"bytesValue\":\"-_8=\",\"enumValue\":\"RED\",\"messageValue\":"
    "{\"text\":\"a\",\"child\":{\"number\":3,\"words\":[\"x\",\"yy\"]}},\"int32s\":[1,2,300],\"doubles\":[0.5,-0],"
    "\"messages\":[{},{\"kind\":\"FANCY\"}],\"byInt64\":{\"-1\":\"a\",\"5\":\"b\"},\"byBool\":{\"true\":\"t\"},"
    "\"toInt32\":{\"b\":1,\"a\":2},\"toMessage\":{\"k\":{\"text\":\"v\"}},\"choiceMessage\":{\"number\":1},"
    "\"any\":{\"value\":\"1.5s\",\"@type\":\"type.googleapis.com/google.protobuf.Duration\"},"
    "\"timestamp\":\"2020-02-29T23:59:59.123456789Z\",\"duration\":\"-1.000000001s\",\"fieldMask\":\"a.bC,d\","
    "\"struct\":{\"a\":[1,null,{\"b\":\"c\"}],\"d\":true},\"value\":null,\"listValue\":[[],{},\"x\"],"
    "\"int64Wrapper\":\"5\",\"nullValues\":[null]}";

/* A prefix is printed only where it ends between two fields of the outermost message. */
static void test_cut_at_every_byte(void **state)
{
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    struct buf whole;
    size_t accepted = 0;
    size_t fields = 0;
    buf_init(&whole, FIXTURE_MAX);
    assert_int_equal(fixture_read(fixture, "Everything", big), ERR_OK);
    buf_append_span(&whole, buf_span(&fixture->wire));
    for (size_t len = 0; len <= whole.len; len++) {
        uint8_t *exact = malloc(len > 0 ? len : 1);
        assert_non_null(exact);
        memcpy(exact, whole.data, len);
        struct wire_reader reader;
        struct wire_field field;
        enum wire_result result;
        wire_reader_init(&reader, span_of(exact, len));
        while ((result = wire_next(&reader, &field)) == WIRE_FIELD)
            continue;
        enum err_code code = fixture_print_span(fixture, message, span_of(exact, len), NULL);
        assert_int_equal(code, result == WIRE_END ? ERR_OK : ERR_SYNTAX);
        accepted += code == ERR_OK;
        free(exact);
    }
    struct wire_reader reader;
    struct wire_field field;
    wire_reader_init(&reader, buf_span(&whole));
    while (wire_next(&reader, &field) == WIRE_FIELD)
        fields++;
    assert_int_equal(accepted, fields + 1);
    buf_fini(&whole);
}

/* One byte changed: an error, or JSON that is well-formed and comes back the same. */
static void test_every_byte_changed(void **state)
{
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    struct buf whole;
    size_t accepted = 0;
    buf_init(&whole, FIXTURE_MAX);
    assert_int_equal(fixture_read(fixture, "Everything", big), ERR_OK);
    buf_append_span(&whole, buf_span(&fixture->wire));
    for (size_t at = 0; at < whole.len; at++) {
        for (unsigned change = 1; change < 256; change += change < 16 ? 1 : 29) {
            whole.data[at] ^= (uint8_t)change;
            if (fixture_print_span(fixture, message, buf_span(&whole), NULL) == ERR_OK) {
                char *first = strdup(fixture_text(fixture));
                assert_non_null(first);
                accepted++;
                if (fixture_read(fixture, "Everything", first) != ERR_OK)
                    fail_msg("%s: %s", first, fixture->err.text);
                assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
                assert_string_equal(fixture_text(fixture), first);
                free(first);
            }
            whole.data[at] ^= (uint8_t)change;
        }
    }
    assert_true(accepted > 100);
    buf_fini(&whole);
}

static void test_full_inside_a_mask(void **state)
{
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    assert_int_equal(fixture_read(fixture, "Everything", "{\"fieldMask\":\"aB.c,d\"}"), ERR_OK);
    for (size_t max = 0; max < strlen("{\"fieldMask\":\"aB.c,d\"}"); max++) {
        struct buf out;
        struct err err;
        buf_init(&out, max);
        assert_int_equal(proto_to_json(&out, message, buf_span(&fixture->wire), NULL, &fixture->arena, &err),
                         ERR_LIMIT);
        assert_non_null(strstr(err.text, "expected "));
        buf_fini(&out);
    }
}

static void test_memory_limits(void **state)
{
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    assert_int_equal(fixture_read(fixture, "Everything", big), ERR_OK);
    assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
    size_t whole = fixture->json.len;
    size_t used = fixture->arena.used;
    for (size_t max = 0; max <= whole; max++) {
        struct buf out;
        buf_init(&out, max);
        arena_reset(&fixture->arena);
        enum err_code code = proto_to_json(&out, message, buf_span(&fixture->wire), NULL, &fixture->arena, NULL);
        assert_int_equal(code, max < whole ? ERR_LIMIT : ERR_OK);
        buf_fini(&out);
    }
    for (size_t max = 0; max < used; max += 61) {
        struct arena arena;
        arena_init(&arena, max);
        buf_reset(&fixture->json);
        assert_int_equal(proto_to_json(&fixture->json, message, buf_span(&fixture->wire), NULL, &arena, NULL),
                         ERR_LIMIT);
        assert_int_equal(fixture->json.len, 0);
        arena_fini(&arena);
    }
}

/* Fields that alternate, so that no two neighbours are one run: no quadratic time. */
static void test_many_runs(void **state)
{
    struct fixture *fixture = *state;
    struct buf wire;
    buf_init(&wire, FIXTURE_MAX);
    for (int i = 0; i < 100000; i++) {
        wire_put_tag(&wire, 57, WIRE_LEN);
        wire_put_varint(&wire, 0);
        wire_put_tag(&wire, 17, WIRE_LEN);
        wire_put_varint(&wire, 0);
    }
    assert_int_equal(fixture_print_span(fixture, fixture_message(fixture, "Everything"), buf_span(&wire), NULL),
                     ERR_OK);
    assert_memory_equal(fixture_text(fixture), "{\"messageValue\":{},\"messages\":[{},{},", 37);
    buf_fini(&wire);
}

static void test_names_are_escaped(void **state)
{
    struct fixture *fixture = *state;
    struct buf out;
    buf_init(&out, 64);
    assert_true(json_write_string(&out, span_of("a\"\\\x01\xc3\xa9", 6)));
    assert_string_equal((char *)out.data, "\"a\\\"\\\\\\u0001\xc3\xa9\"");
    assert_false(json_write_string(&out, span_of("bad \xff", 5)));
    assert_false(out.failed);
    assert_string_equal((char *)out.data, "\"a\\\"\\\\\\u0001\xc3\xa9\"");
    buf_fini(&out);
    assert_int_equal(fixture_print(fixture, "Names", "5a0161"), ERR_OK);
    assert_string_equal(fixture_text(fixture), "{\"a name of its own\":\"a\"}");
}

/* No control byte comes out as it is. */
static void test_control_bytes(void **state)
{
    static const char shorts[] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', [0x1f] = 0};
    struct fixture *fixture = *state;
    char hex[16];
    char expected[64];
    for (int byte = 0; byte < 0x20; byte++) {
        snprintf(hex, sizeof hex, "7201%02x", (unsigned)byte);
        if (shorts[byte])
            snprintf(expected, sizeof expected, "{\"stringValue\":\"\\%c\"}", shorts[byte]);
        else
            snprintf(expected, sizeof expected, "{\"stringValue\":\"\\u%04x\"}", (unsigned)byte);
        assert_int_equal(fixture_print(fixture, "Everything", hex), ERR_OK);
        assert_string_equal(fixture_text(fixture), expected);
    }
}

/* A string of megabytes is printed whole; one that is longer than the output may be is refused, and nothing stays. */
static void test_long_string(void **state)
{
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Everything");
    for (size_t len = FIXTURE_MAX - 64; len <= FIXTURE_MAX + (2u << 20); len += (2u << 20) + 64) {
        struct buf wire;
        buf_init(&wire, len + 64);
        char *text = malloc(len);
        assert_non_null(text);
        memset(text, 'x', len);
        wire_put_tag(&wire, 14, WIRE_LEN);
        wire_put_bytes(&wire, span_of(text, len));
        free(text);
        enum err_code code = fixture_print_span(fixture, message, buf_span(&wire), NULL);
        assert_int_equal(code, len < FIXTURE_MAX ? ERR_OK : ERR_LIMIT);
        assert_int_equal(fixture->json.len, len < FIXTURE_MAX ? len + strlen("{\"stringValue\":\"\"}") : 0);
        if (code == ERR_OK)
            assert_memory_equal(fixture_text(fixture) + fixture->json.len - 5, "xxx\"}", 5);
        buf_fini(&wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_order_and_merging),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_proto2),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_one_field),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_memory_limits),
        cmocka_unit_test(test_full_inside_a_mask),
        cmocka_unit_test(test_many_runs),
        cmocka_unit_test(test_names_are_escaped),
        cmocka_unit_test(test_control_bytes),
        cmocka_unit_test(test_long_string),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
