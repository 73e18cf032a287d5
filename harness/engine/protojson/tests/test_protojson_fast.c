/* The fast and the complete way, in each direction: both are taken with every document, good and broken, and must agree
 * on bytes, codes and texts of errors. */
#include <stdlib.h>

#include "harness/engine/protojson/json_to_proto_complete.h"
#include "harness/engine/protojson/proto_to_json_complete.h"
#include "harness/engine/tests/protojson_fixture.h"

/* Each kind of field, in order and out of it, in usual and unusual forms. */
static const char *const documents[] = {
    "{}",
    " { } ",
    "{\"doubleValue\":1.5,\"floatValue\":-2.5e-3,\"int32Value\":-7,\"int64Value\":\"-9223372036854775808\","
    "\"uint32Value\":4294967295,\"uint64Value\":\"18446744073709551615\",\"sint32Value\":-1,\"sint64Value\":\"-2\","
    "\"fixed32Value\":3,\"fixed64Value\":\"4\",\"sfixed32Value\":-5,\"sfixed64Value\":\"-6\",\"boolValue\":true,"
    "\"stringValue\":\"text of more than sixteen bytes, and more than thirty-two\",\"bytesValue\":\"AAECAw==\","
    "\"enumValue\":\"GREEN\",\"messageValue\":{\"text\":\"a\",\"number\":1,\"child\":{\"words\":[\"x\",\"\",\"yz\"]}},"
    "\"nestedEnumValue\":\"FANCY\"}",
    /* defaults, with and without presence */
    "{\"doubleValue\":0,\"floatValue\":-0.0,\"int32Value\":0,\"int64Value\":\"0\",\"boolValue\":false,"
    "\"stringValue\":\"\",\"bytesValue\":\"\",\"enumValue\":\"COLOR_UNSPECIFIED\",\"messageValue\":{}}",
    "{\"optionalDouble\":0,\"optionalInt32\":0,\"optionalString\":\"\",\"optionalBool\":false,\"optionalEnum\":\"RED\","
    "\"optionalMessage\":{}}",
    /* falling order, names of both kinds, white space everywhere */
    " {\n\t\"string_value\" : \"b\" , \"int32_value\" :\r\n 5,\"boolValue\": true ,\"doubleValue\" :1e3 } ",
    "{\"messageValue\":{\"kind\":\"PLAIN\",\"words\":[\"a\"],\"number\":2,\"text\":\"t\"},\"doubleValue\":3}",
    /* unusual numbers and texts */
    "{\"int32Value\":1e2,\"int64Value\":12.0,\"uint64Value\":18446744073709551615,\"doubleValue\":\"NaN\","
    "\"floatValue\":\"-Infinity\",\"enumValue\":1,\"int32s\":[\"1\",2,3.0,400e-2]}",
    "{\"stringValue\":\"\\u00e9\\ud83d\\ude00\\n\\\"\",\"bytesValue\":\"-_8\",\"strings\":[\"\\u0000\",\"plain\"]}",
    "{\"stringValue\":\"Caf\xc3\xa9 \xe9\x9d\xa2\xe6\x8e\xa5 \xf0\x9f\x98\x80, "
    "\xd0\xba\xd0\xbe\xd0\xbc\xd0\xbd\xd0\xb0\xd1\x82\xd0\xb0\"}",
    "{\"doubles\":[0.1,123456789012345678,1.7976931348623157e308,5e-324,2.2250738585072011e-308,9007199254740993,"
    "0.000001234567890123456789,12345678901234567890123456789,1e23,-0],\"floats\":[0.1,3.4028235e38,1e-45,16777217]}",
    /* lists */
    "{\"int32s\":[],\"strings\":[],\"messages\":[],\"doubles\":[ 1 , 2 ],\"bools\":[true,false],"
    "\"unpackedInt32s\":[1,0,-1],\"enums\":[\"RED\",\"BLUE\",-1],\"bytess\":[\"\",\"QQ==\"],\"fixed64s\":[\"1\",2],"
    "\"messages\":[]}",
    "{\"messages\":[{},{\"text\":\"a\"},{\"number\":5,\"text\":\"later\"},{\"child\":{\"child\":{\"child\":{}}}}]}",
    "{\"sint64s\":[\"-1\",\"1\",\"-9223372036854775808\"],\"uint64s\":[\"0\",\"127\",\"128\",\"16383\",\"16384\","
    "\"72057594037927935\",\"72057594037927936\",\"9223372036854775808\",\"18446744073709551615\"]}",
    /* maps */
    "{\"byInt32\":{\"3\":\"c\",\"-1\":\"a\",\"2\":\"b\"},\"byInt64\":{\"-5\":\"\"},\"byBool\":{\"true\":\"t\","
    "\"false\":"
    "\"f\"},\"byString\":{\"z\":\"1\",\"a\":\"2\",\"\":\"3\",\"\\u0061b\":\"4\",\"\xc3\xa9\":\"5\"},"
    "\"byUint64\":{\"18446744073709551615\":\"m\",\"0\":\"z\"},\"byFixed64\":{\"7\":\"s\"},\"bySint32\":{\"-7\":\"s\"}"
    "}",
    "{\"toDouble\":{\"a\":1.5,\"b\":0},\"toInt64\":{\"a\":\"5\"},\"toEnum\":{\"a\":\"RED\",\"b\":5},"
    "\"toMessage\":{\"b\":{\"text\":\"t\"},\"a\":{}},\"toTimestamp\":{\"t\":\"2020-01-02T03:04:05.006Z\"},"
    "\"toValue\":{\"n\":null,\"l\":[1,\"a\",{\"b\":true}]},\"toBytes\":{\"x\":\"QUJD\"},\"toBool\":{\"y\":false}}",
    /* oneofs, null, well-known types */
    "{\"choiceInt32\":0}",
    "{\"choiceString\":\"a\",\"choiceInt32\":null}",
    "{\"choiceNull\":null,\"doubleValue\":null,\"messageValue\":null,\"int32s\":null,\"byInt32\":null}",
    "{\"choiceTimestamp\":\"1969-12-31T23:59:59.999999999Z\"}",
    "{\"struct\":{\"a\":1,\"b\":null,\"c\":[true,{}],\"d\":{}},\"value\":{\"x\":[]},\"listValue\":[null,\"s\",-1.5,[[]]"
    "]}",
    "{\"doubleWrapper\":\"NaN\",\"floatWrapper\":0,\"int64Wrapper\":\"5\",\"uint32Wrapper\":7,\"boolWrapper\":false,"
    "\"stringWrapper\":\"\",\"bytesWrapper\":\"AAA=\",\"empty\":{}}",
    "{\"value\":null,\"nullValue\":null,\"values\":[null,1,\"NaN\"],\"structs\":[{}],\"listValues\":[[]],"
    "\"nullValues\":[null],\"int64Wrappers\":[\"1\",0],\"stringWrappers\":[\"\"],\"durations\":[\"-1.5s\",\"0s\"],"
    "\"timestamps\":[\"1970-01-01T00:00:00Z\",\"2020-02-29T23:59:59.5+01:30\"],\"fieldMasks\":[\"a.bC\",\"\"]}",
    "{\"any\":{\"@type\":\"type.googleapis.com/transcheck.v1.Inner\",\"child\":{\"text\":\"t\"}},\"selves\":[{\"self\":"
    "{\"namedSelves\":{\"k\":{\"int32Value\":1}}}}]}",
    "{\"bytesValue\":\"\\u0041AAA\",\"bytess\":[\"-_-_\",\"\"],\"int64Wrapper\":null}",
    "{\"toEnum\":{\"a\":\"NOPE\",\"b\":\"RED\"},\"enums\":[\"NOPE\"]}",
    "{\"strings\":[\"thirty-two bytes and no more than it\",\"thirty-one bytes and the quote "
    "e\",\"\xd0\xba\xd0\xbe\xd0\xbc\xd0\xbd\xd0"
    "\xb0\xd1\x82\xd0\xb0 "
    "\xd0\xba\xd0\xbe\xd0\xbc\xd0\xbd\xd0\xb0\xd1\x82\xd0\xb0\",\"\xe0\xa4\xa8\xe0\xa4\xae\xe0\xa4\xb8\",\"a \\\"b\\\" "
    "c\\n\\td "
    "\xe9\x9d\xa2\","
    "\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"]}",
    "{\"fieldMasks\":[\"a\",\"a,b\",\"fooBar.bazQux,b.c1\",\"*\",\"a,\",\"aB,,c\",\"a_b\"]}",
    "{\"fieldMasks\":[\"fooBar.bazQux,b.c1\",\"*\",\"x\",\"aVeryLongPathOfMoreThanSixtyBytes.thatGoesOn.andOn,"
    "andAnother.oneBehindIt\"]}",
    "{\"values\":[1234567,12345678,0,-0,01,1.,1e2,7,{\"a\":1}],\"doubles\":[1,22,333,4444444,55555555,1.25]}",
    "{\"values\":[1234567,12345678,0,-0,1e2,7,1.5,{\"a\":1}],\"doubles\":[1,22,333,4444444,55555555,1.25]}",
    "{\"value\":1e999}",
    "{\"struct\":{\"a\":1,\"a\":2}}",
    "{\"int64Wrappers\":[null]}",
    "{\"bytesValue\":\"A\"}",
    /* what is refused */
    "{\"choiceString\":\"a\",\"choiceInt32\":1}",
    "{\"int32Value\":1,\"int32Value\":2}",
    "{\"int32Value\":1,\"doubleValue\":1,\"int32Value\":null}",
    "{\"byInt32\":{\"1\":\"a\",\"01\":\"b\"}}",
    "{\"byInt32\":{\"1\":\"a\",\"2\":\"\",\"1.0\":\"b\"}}",
    "{\"byString\":{\"a\":\"a\",\"\\u0061\":\"b\"}}",
    "{\"byString\":{\"a\":null}}",
    "{\"int32s\":[1,null]}",
    "{\"int32s\":[1,]}",
    "{\"int32Value\":2147483648}",
    "{\"uint32Value\":-1}",
    "{\"int32Value\":01}",
    "{\"int32Value\":1.5}",
    "{\"floatValue\":1e39}",
    "{\"doubleValue\":1e400}",
    "{\"stringValue\":\"\xff\"}",
    "{\"stringValue\":\"\xed\xa0\x80\"}",
    "{\"stringValue\":\"\\ud800\"}",
    "{\"stringValue\":\"a\nb\"}",
    "{\"stringValue\":7}",
    "{\"boolValue\":\"true\"}",
    "{\"enumValue\":\"PURPLE\"}",
    "{\"noSuchField\":{\"a\":[1,2,{}]},\"int32Value\":5}",
    "{\"toTimestamp\":{\"t\":\"2020-13-02T03:04:05Z\"}}",
    "{\"messageValue\":[]}",
    "{\"messages\":{}}",
    "{} {}",
    "{\"int32Value\":1",
    "[]",
    "null",
    "",
};

/* proto2: required fields, closed enums, groups, extensions. */
static const char *const legacy_documents[] = {
    "{\"name\":\"n\"}",
    "{\"name\":\"\"}",
    "{\"last\":\"z\",\"withDefault\":42,\"name\":\"\\u00e9\"}",
    "{\"name\":\"n\",\"closed\":\"CLOSED_TWO\",\"closeds\":[\"CLOSED_ONE\",2],\"unpacked\":[1,2],\"packed\":[3,4],"
    "\"cluster\":{\"text\":\"t\",\"numbers\":[1,2]},\"[transcheck.v1.extra_text]\":\"e\","
    "\"[transcheck.v1.extra_numbers]\":[5,6],\"[transcheck.v1.LegacyExtra.whole]\":{\"label\":\"l\"},"
    "\"[transcheck.v1.extra_closed]\":\"CLOSED_ONE\",\"[transcheck.v1.extra_parts]\":[{\"label\":\"\"}],"
    "\"[transcheck.v1.extracluster]\":{\"text\":\"t\"},\"[transcheck.v1.extra_packed]\":[7,8],\"last\":\"z\"}",
    "{\"[transcheck.v1.extra_parts]\":[{\"label\":\"a\",\"[transcheck.v1.inner]\":{\"label\":\"b\"}},{\"label\":\"c\"}]"
    ","
    "\"name\":\"n\"}",
    "{\"closed\":1,\"name\":\"n\",\"closeds\":[1]}",
    "{}",
    "{\"name\":null}",
    "{\"withDefault\":1,\"last\":\"z\"}",
    "{\"name\":\"n\",\"[transcheck.v1.LegacyExtra.whole]\":{}}",
    "{\"name\":\"n\",\"[transcheck.v1.extra_parts]\":[{\"label\":\"a\"},{}]}",
    "{\"name\":\"n\",\"name\":\"n\"}",
    "{\"withDefault\":1,\"withDefault\":2}",
    "{\"name\":\"n\",\"closed\":7}",
    "{\"name\":\"n\",\"closed\":\"NOPE\"}",
    "{\"name\":\"n\",\"[transcheck.v1.nothing]\":1}",
};

static const struct set {
    const char *type;
    const char *const *documents;
    size_t count;
} sets[] = {
    {"Everything", documents, sizeof documents / sizeof documents[0]},
    {"Legacy", legacy_documents, sizeof legacy_documents / sizeof legacy_documents[0]},
};

#define SET_COUNT (sizeof sets / sizeof sets[0])

static enum err_code read_complete(struct buf *out, const struct schema_message *message, struct span json,
                                   const struct protojson_options *options, struct arena *arena, struct err *err)
{
    static const struct protojson_options strict;
    struct json_input input = {.out = out, .options = options ? options : &strict, .arena = arena, .complete = true};
    json_reader_init(&input.reader, json);
    enum err_code code = complete_read_message(&input, message, json_input_next(&input, NULL), NULL);
    if (code == ERR_OK && json_input_next(&input, NULL) != JSON_END)
        code = input.err.code;
    if (code != ERR_OK) {
        json_input_truncate(&input, 0);
        *err = input.err;
    }
    return code;
}

static enum err_code print_complete(struct buf *out, const struct schema_message *message, struct span wire,
                                    const struct protojson_options *options, struct arena *arena, struct err *err)
{
    static const struct protojson_options canonical;
    struct json_output output = {
        .out = out, .options = options ? options : &canonical, .arena = arena, .base = wire.data, .complete = true};
    struct json_fragments whole = {.items = &wire, .count = 1};
    enum err_code code = complete_print_message(&output, message, whole, NULL);
    *err = output.err;
    if (code == ERR_OK)
        code = protojson_check_required(message, wire, arena, err);
    if (code != ERR_OK)
        json_output_truncate(&output, 0);
    return code;
}

/* Input of exactly its length, so that a sanitizer sees a byte too many read. */
static struct span exact(struct span bytes)
{
    uint8_t *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    assert_non_null(copy);
    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    return span_of(copy, bytes.len);
}

static void check_print(struct fixture *fixture, const struct schema_message *message, struct span wire,
                        const struct protojson_options *options)
{
    struct err err = {0};
    struct buf json;
    struct span input = exact(wire);
    enum err_code code = fixture_print_span(fixture, message, input, options);
    buf_init(&json, FIXTURE_MAX);
    arena_reset(&fixture->arena);
    assert_int_equal(print_complete(&json, message, input, options, &fixture->arena, &err), code);
    if (!span_equal(buf_span(&json), buf_span(&fixture->json)))
        fail_msg("%s and %s", fixture_text(fixture), json.data ? (const char *)json.data : "");
    assert_string_equal(err.text, fixture->err.text);
    buf_fini(&json);
    free((void *)(uintptr_t)input.data);
}

static bool check_read(struct fixture *fixture, const struct schema_message *message, struct span json,
                       const struct protojson_options *options)
{
    struct err err = {0};
    struct buf wire;
    struct span input = exact(json);
    enum err_code code = fixture_read_span(fixture, message, input, options);
    buf_init(&wire, FIXTURE_MAX);
    arena_reset(&fixture->arena);
    enum err_code complete = read_complete(&wire, message, input, options, &fixture->arena, &err);
    if (complete != code || !span_equal(buf_span(&wire), buf_span(&fixture->wire)))
        fail_msg("%.*s: %d %s, and %d %s", SPAN_FMT(json), (int)code, fixture->err.text, (int)complete, err.text);
    assert_string_equal(err.text, fixture->err.text);
    free((void *)(uintptr_t)input.data);
    if (code == ERR_OK)
        check_print(fixture, message, buf_span(&wire), options);
    buf_fini(&wire);
    return code == ERR_OK;
}

static size_t check_documents(struct fixture *fixture, const struct set *set)
{
    static const struct protojson_options variants[] = {
        {0}, {.ignore_unknown_fields = true}, {.proto_names = true}, {.enum_numbers = true}, {.print_defaults = true}};
    const struct schema_message *message = fixture_message(fixture, set->type);
    size_t accepted = 0;
    for (size_t i = 0; i < set->count; i++) {
        for (size_t j = 0; j < sizeof variants / sizeof variants[0]; j++)
            accepted += check_read(fixture, message, span_cstr(set->documents[i]), &variants[j]);
    }
    return accepted;
}

static void test_documents(void **state)
{
    assert_in_range(check_documents(*state, &sets[0]), 80, sets[0].count * 5);
    assert_in_range(check_documents(*state, &sets[1]), 30, sets[1].count * 5);
}

static void test_cut_at_every_byte(void **state)
{
    struct fixture *fixture = *state;
    for (const struct set *set = sets; set < sets + SET_COUNT; set++) {
        const struct schema_message *message = fixture_message(fixture, set->type);
        for (size_t i = 0; i < set->count; i++) {
            for (size_t len = 0; len < strlen(set->documents[i]); len++)
                check_read(fixture, message, span_of(set->documents[i], len), NULL);
        }
    }
}

/* Whether a message is printed from wire bytes that were cut, changed or put together. */
static void check_broken_wire(struct fixture *fixture, const struct schema_message *message, struct span wire)
{
    static const struct protojson_options defaults = {.print_defaults = true};
    struct buf changed;
    unsigned seed = 7;
    buf_init(&changed, FIXTURE_MAX);
    for (size_t len = 0; len < wire.len; len++) {
        check_print(fixture, message, span_of(wire.data, len), NULL);
        check_print(fixture, message, span_of(wire.data, len), &defaults);
    }
    for (int round = 0; round < 300; round++) {
        buf_reset(&changed);
        buf_append_span(&changed, wire);
        if (rand_r(&seed) % 4 == 0) /* fields out of order and twice */
            buf_append_span(&changed, span_from(wire, (size_t)rand_r(&seed) % wire.len));
        for (int flips = rand_r(&seed) % 3; flips > 0; flips--)
            changed.data[(size_t)rand_r(&seed) % changed.len] = (uint8_t)rand_r(&seed);
        check_print(fixture, message, buf_span(&changed), round % 3 == 0 ? &defaults : NULL);
    }
    buf_fini(&changed);
}

static void test_broken_wire(void **state)
{
    struct fixture *fixture = *state;
    for (const struct set *set = sets; set < sets + SET_COUNT; set++) {
        for (size_t i = 0; i < set->count; i++) {
            struct buf wire;
            if (fixture_read(fixture, set->type, set->documents[i]) != ERR_OK || fixture->wire.len == 0)
                continue;
            buf_init(&wire, FIXTURE_MAX);
            buf_append_span(&wire, buf_span(&fixture->wire));
            check_broken_wire(fixture, fixture_message(fixture, set->type), buf_span(&wire));
            buf_fini(&wire);
        }
    }
}

static size_t check_changed_documents(struct fixture *fixture, const struct set *set)
{
    static const char bytes[] = "{}[]\",:0123456789.eE+-ntf \\u\n\x80\xc3\xa9";
    const struct schema_message *message = fixture_message(fixture, set->type);
    unsigned seed = 11;
    size_t accepted = 0;
    for (size_t i = 0; i < set->count; i++) {
        size_t len = strlen(set->documents[i]);
        char text[2048];
        assert_true(len < sizeof text);
        for (int round = 0; round < 400 && len > 0; round++) {
            memcpy(text, set->documents[i], len);
            for (int changes = 1 + rand_r(&seed) % 2; changes > 0; changes--)
                text[(size_t)rand_r(&seed) % len] = bytes[(size_t)rand_r(&seed) % (sizeof bytes - 1)];
            accepted += check_read(fixture, message, span_of(text, len), NULL);
        }
    }
    return accepted;
}

static void test_changed_documents(void **state)
{
    assert_true(check_changed_documents(*state, &sets[0]) > 500);
    assert_true(check_changed_documents(*state, &sets[1]) > 50);
}

/* The deepest nesting that is taken is the same, of objects, lists and maps. */
static void test_depth(void **state)
{
    struct fixture *fixture = *state;
    static const struct protojson_options defaults = {.print_defaults = true};
    const struct schema_message *message = fixture_message(fixture, "Everything");
    for (size_t depth = 95; depth < 106; depth++) {
        struct buf json;
        buf_init(&json, 65536);
        buf_append_cstr(&json, "{\"messageValue\":{\"text\":\"a\"");
        for (size_t i = 2; i < depth; i++)
            buf_append_cstr(&json, ",\"child\":{\"number\":1");
        for (size_t i = 0; i < depth; i++)
            buf_append_cstr(&json, "}");
        assert_int_equal(check_read(fixture, message, buf_span(&json), NULL), depth <= PROTOJSON_MAX_DEPTH);
        check_read(fixture, message, buf_span(&json), &defaults);
        buf_fini(&json);
    }
}

static void write_list(struct buf *json, size_t count, bool falling)
{
    buf_reset(json);
    buf_append_cstr(json, "{");
    for (int part = 0; part < 2; part++) {
        bool numbers = (part == 0) != falling;
        buf_printf(json, "%s\"%s\":[", part > 0 ? "," : "", numbers ? "int64s" : "messages");
        for (size_t i = 0; i < count; i++)
            buf_printf(json, numbers ? "%s\"%zu\"" : "%s{\"text\":\"element %zu\"}", i > 0 ? "," : "", i);
        buf_append_cstr(json, "]");
    }
    buf_append_cstr(json, "}");
}

/* Two lists: what the arena hands out does not grow with the number of elements (only to put fields in order, their
 * bytes are copied once), and the output's storage grows with its length alone. */
static void check_long_lists(struct fixture *fixture, size_t count, bool falling)
{
    const struct schema_message *message = fixture_message(fixture, "Everything");
    struct arena arena;
    struct buf text;
    struct buf wire;
    struct buf json;
    buf_init(&text, (size_t)256 << 20);
    buf_init(&wire, (size_t)256 << 20);
    buf_init(&json, (size_t)256 << 20);
    arena_init(&arena, (size_t)64 << 20);
    write_list(&text, count, falling);
    assert_int_equal(json_to_proto(&wire, message, buf_span(&text), NULL, &arena, NULL), ERR_OK);
    assert_true(arena.used <= 4096 + (falling ? 2 * wire.len : 0));
    assert_true(wire.cap <= 2 * wire.len + 4096);
    arena_reset(&arena);
    assert_int_equal(proto_to_json(&json, message, buf_span(&wire), NULL, &arena, NULL), ERR_OK);
    assert_true(arena.used <= 4096);
    assert_true(json.cap <= 2 * json.len + 4096);
    if (!falling)
        assert_true(span_equal(buf_span(&json), buf_span(&text)));
    arena_fini(&arena);
    buf_fini(&text);
    buf_fini(&wire);
    buf_fini(&json);
}

static void test_long_lists(void **state)
{
    check_long_lists(*state, 1000, false);
    check_long_lists(*state, 1000000, false);
    check_long_lists(*state, 1000, true);
    check_long_lists(*state, 1000000, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents),   cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_broken_wire), cmocka_unit_test(test_changed_documents),
        cmocka_unit_test(test_depth),       cmocka_unit_test(test_long_lists),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
