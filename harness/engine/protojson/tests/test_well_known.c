/* The well-known types with a JSON form of their own, both directions. */
#include <stdlib.h>

#include "harness/engine/protojson/well_known.h"
#include "harness/engine/tests/protojson_fixture.h"

static void test_timestamp(void **state)
{
    static const struct fixture_row rows[] = {
        {"{\"timestamp\":\"1970-01-01T00:00:00Z\"}", "{\"timestamp\":\"1970-01-01T00:00:00Z\"}", 0, 0},
        {"{\"timestamp\":\"0001-01-01T00:00:00Z\"}", "{\"timestamp\":\"0001-01-01T00:00:00Z\"}", 0, 0},
        {"{\"timestamp\":\"9999-12-31T23:59:59.999999999Z\"}", "{\"timestamp\":\"9999-12-31T23:59:59.999999999Z\"}", 0,
         0},
        {"{\"timestamp\":\"1969-12-31T23:59:59.5Z\"}", "{\"timestamp\":\"1969-12-31T23:59:59.500Z\"}", 0, 0},
        {"{\"timestamp\":\"2000-01-01T00:00:00.01Z\"}", "{\"timestamp\":\"2000-01-01T00:00:00.010Z\"}", 0, 0},
        {"{\"timestamp\":\"2000-01-01T00:00:00.0001Z\"}", "{\"timestamp\":\"2000-01-01T00:00:00.000100Z\"}", 0, 0},
        {"{\"timestamp\":\"2000-01-01T00:00:00.0000001Z\"}", "{\"timestamp\":\"2000-01-01T00:00:00.000000100Z\"}", 0,
         0},
        {"{\"timestamp\":\"2000-01-01T00:00:00.000Z\"}", "{\"timestamp\":\"2000-01-01T00:00:00Z\"}", 0, 0},
        {"{\"timestamp\":\"1970-01-01T08:00:01+08:00\"}", "{\"timestamp\":\"1970-01-01T00:00:01Z\"}", 0, 0},
        {"{\"timestamp\":\"1969-12-31T16:00:01-08:00\"}", "{\"timestamp\":\"1970-01-01T00:00:01Z\"}", 0, 0},
        {"{\"timestamp\":\"1970-01-01T08:00:01.5+23:59\"}", "{\"timestamp\":\"1969-12-31T08:01:01.500Z\"}", 0, 0},
        {"{\"timestamp\":\"0001-01-01T00:01:00+00:01\"}", "{\"timestamp\":\"0001-01-01T00:00:00Z\"}", 0, 0},
        {"{\"timestamp\":\"9999-12-31T23:58:59-00:01\"}", "{\"timestamp\":\"9999-12-31T23:59:59Z\"}", 0, 0},
        {"{\"timestamp\":\"2000-02-29T00:00:00Z\"}", "{\"timestamp\":\"2000-02-29T00:00:00Z\"}", 0, 0},
        {"{\"timestamp\":\"2024-02-29T12:34:56Z\"}", "{\"timestamp\":\"2024-02-29T12:34:56Z\"}", 0, 0},
        {"{\"timestamp\":\"1970-01-01T00:00:00\\u005a\"}", "{\"timestamp\":\"1970-01-01T00:00:00Z\"}", 0, 0},
        {"{\"timestamps\":[\"1970-01-01T00:00:01Z\"],\"toTimestamp\":{\"a\":\"1970-01-01T00:00:02Z\"}}",
         "{\"toTimestamp\":{\"a\":\"1970-01-01T00:00:02Z\"},\"timestamps\":[\"1970-01-01T00:00:01Z\"]}", 0, 0},
        {"{\"timestamp\":\"0000-01-01T00:00:00Z\"}", NULL, ERR_RANGE,
         "at $.timestamp (offset 13): expected a timestamp"},
        {"{\"timestamp\":\"0001-01-01T00:00:00+00:01\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"9999-12-31T23:59:59-00:01\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"0001-01-01T00:00:59+00:01\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"9999-12-31T23:59:00-00:01\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"10000-01-01T00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-02-29T00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"1900-02-29T00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-04-31T00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2024-02-30T00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-13-01T00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-00-01T00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-00T00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-32T00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T24:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T25:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:60:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:60Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:61Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01t00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:00z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01 00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-0100:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:00\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:00+0800\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:00+24:00\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:00-08:60\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:00+08\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:00.Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:00.1234567890Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:00.12x4Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-01-01T00:00:00Z \"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\" 2023-01-01T00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"2023-1-01T00:00:00Z\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":\"\"}", NULL, ERR_RANGE, "expected a timestamp"},
        {"{\"timestamp\":0}", NULL, ERR_RANGE, "expected a string, found a number"},
        {"{\"timestamp\":{\"seconds\":1}}", NULL, ERR_RANGE, "expected a string, found an object"},
        {"{\"timestamps\":[null]}", NULL, ERR_RANGE, "found null"},
    };
    FIXTURE_CHECK_ROWS(*state, "Everything", rows);
}

/* Every day of four centuries and of the edges comes back as it was, and in order. */
static void test_every_day(void **state)
{
    (void)state;
    char text[WELL_KNOWN_TEXT_MAX];
    char before[WELL_KNOWN_TEXT_MAX] = "";
    for (int64_t day = -719162; day <= 2932896; day += day < -719000 || day > 2932000 || day % 9 == 0 ? 1 : 8) {
        int64_t seconds;
        int32_t nanos;
        size_t len = well_known_timestamp_print(text, day * 86400 + 1, 0);
        assert_int_equal(len, 20);
        text[len] = '\0';
        assert_true(well_known_timestamp_parse(span_cstr(text), &seconds, &nanos));
        assert_true(seconds == day * 86400 + 1);
        assert_true(strcmp(before, text) < 0);
        memcpy(before, text, sizeof before);
    }
    assert_string_equal(before, "9999-12-31T00:00:01Z");
}

static void test_duration(void **state)
{
    static const struct fixture_row rows[] = {
        {"{\"duration\":\"3s\"}", "{\"duration\":\"3s\"}", 0, 0},
        {"{\"duration\":\"0s\"}", "{\"duration\":\"0s\"}", 0, 0},
        {"{\"duration\":\"-0s\"}", "{\"duration\":\"0s\"}", 0, 0},
        {"{\"duration\":\"1.5s\"}", "{\"duration\":\"1.500s\"}", 0, 0},
        {"{\"duration\":\"-0.5s\"}", "{\"duration\":\"-0.500s\"}", 0, 0},
        {"{\"duration\":\"-1.000000001s\"}", "{\"duration\":\"-1.000000001s\"}", 0, 0},
        {"{\"duration\":\"0.000001s\"}", "{\"duration\":\"0.000001s\"}", 0, 0},
        {"{\"duration\":\"315576000000s\"}", "{\"duration\":\"315576000000s\"}", 0, 0},
        {"{\"duration\":\"-315576000000s\"}", "{\"duration\":\"-315576000000s\"}", 0, 0},
        {"{\"duration\":\"315576000000.999999999s\"}", "{\"duration\":\"315576000000.999999999s\"}", 0, 0},
        {"{\"duration\":\"-315576000000.999999999s\"}", "{\"duration\":\"-315576000000.999999999s\"}", 0, 0},
        {"{\"durations\":[\"1s\",\"2s\"]}", "{\"durations\":[\"1s\",\"2s\"]}", 0, 0},
        {"{\"duration\":\"315576000001s\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"-315576000001s\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"99999999999999999999999s\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"1\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"s\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\".5s\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"1.s\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"1.0000000001s\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"+1s\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"--1s\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"1e3s\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"1S\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"1s \"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":\"1m\"}", NULL, ERR_RANGE, "expected a duration"},
        {"{\"duration\":1}", NULL, ERR_RANGE, "expected a string"},
    };
    FIXTURE_CHECK_ROWS(*state, "Everything", rows);
}

static void test_field_mask(void **state)
{
    static const struct fixture_row rows[] = {
        {"{\"fieldMask\":\"\"}", "{\"fieldMask\":\"\"}", 0, 0},
        {"{\"fieldMask\":\"a\"}", "{\"fieldMask\":\"a\"}", 0, 0},
        {"{\"fieldMask\":\"fooBar,baz.quxQuux\"}", "{\"fieldMask\":\"fooBar,baz.quxQuux\"}", 0, 0},
        {"{\"fieldMask\":\"aB,c1\"}", "{\"fieldMask\":\"aB,c1\"}", 0, 0},
        {"{\"fieldMask\":\"*\"}", "{\"fieldMask\":\"*\"}", 0, 0},
        {"{\"fieldMasks\":[\"a\",\"\"]}", "{\"fieldMasks\":[\"a\",\"\"]}", 0, 0},
        {"{\"fieldMask\":\"foo_bar\"}", NULL, ERR_RANGE, "expected a field mask, found the string \"foo_bar\""},
        {"{\"fieldMask\":\"a,,b\"}", NULL, ERR_RANGE, "expected a field mask"},
        {"{\"fieldMask\":\"a,\"}", NULL, ERR_RANGE, "expected a field mask"},
        {"{\"fieldMask\":\",\"}", NULL, ERR_RANGE, "expected a field mask"},
        {"{\"fieldMask\":\"a b\"}", NULL, ERR_RANGE, "expected a field mask"},
        {"{\"fieldMask\":[\"a\"]}", NULL, ERR_RANGE, "expected a string"},
    };
    struct fixture *fixture = *state;
    FIXTURE_CHECK_ROWS(fixture, "Everything", rows);
    assert_int_equal(fixture_read(fixture, "google.protobuf.FieldMask", "\"fooBar\""), ERR_OK);
    assert_string_equal((char *)fixture->wire.data, "\x0a\x07"
                                                    "foo_bar");
}

static void test_wrappers(void **state)
{
    static const struct fixture_row rows[] = {
        {"{\"doubleWrapper\":1.5,\"floatWrapper\":\"NaN\",\"int64Wrapper\":\"1\",\"uint64Wrapper\":2,\"int32Wrapper\":"
         "3,"
         "\"uint32Wrapper\":4,\"boolWrapper\":true,\"stringWrapper\":\"a\",\"bytesWrapper\":\"AA\"}",
         "{\"doubleWrapper\":1.5,\"floatWrapper\":\"NaN\",\"int64Wrapper\":\"1\",\"uint64Wrapper\":\"2\","
         "\"int32Wrapper\":3,"
         "\"uint32Wrapper\":4,\"boolWrapper\":true,\"stringWrapper\":\"a\",\"bytesWrapper\":\"AA==\"}",
         0, 0},
        {"{\"doubleWrapper\":0,\"int64Wrapper\":0,\"boolWrapper\":false,\"stringWrapper\":\"\",\"bytesWrapper\":\"\"}",
         "{\"doubleWrapper\":0,\"int64Wrapper\":\"0\",\"boolWrapper\":false,\"stringWrapper\":\"\",\"bytesWrapper\":"
         "\"\"}",
         0, 0},
        {"{\"doubleWrapper\":null,\"stringWrapper\":null}", "{}", 0, 0},
        {"{\"int64Wrappers\":[1,\"2\",0],\"stringWrappers\":[\"\"]}",
         "{\"int64Wrappers\":[\"1\",\"2\",\"0\"],\"stringWrappers\":[\"\"]}", 0, 0},
        {"{\"int64Wrappers\":[null]}", NULL, ERR_RANGE, "expected an int64, found null"},
        {"{\"int32Wrapper\":\"x\"}", NULL, ERR_RANGE, "at $.int32Wrapper (offset 16): expected an int32"},
        {"{\"int32Wrapper\":{\"value\":1}}", NULL, ERR_RANGE, "expected an int32, found an object"},
        {"{\"boolWrapper\":\"true\"}", NULL, ERR_RANGE, "expected true or false"},
        {"{\"stringWrapper\":1}", NULL, ERR_RANGE, "expected a string"},
    };
    struct fixture *fixture = *state;
    FIXTURE_CHECK_ROWS(fixture, "Everything", rows);
    assert_int_equal(fixture_read(fixture, "google.protobuf.Int32Value", "5"), ERR_OK);
    assert_int_equal(fixture_read(fixture, "google.protobuf.Int32Value", "null"), ERR_RANGE);
    assert_int_equal(fixture_print(fixture, "google.protobuf.Int32Value", ""), ERR_OK);
    assert_string_equal(fixture_text(fixture), "0");
    assert_int_equal(fixture_print(fixture, "google.protobuf.StringValue", "0a01ff"), ERR_RANGE);
}

static void test_struct(void **state)
{
    static const struct fixture_row rows[] = {
        {"{\"struct\":{}}", "{\"struct\":{}}", 0, 0},
        {"{\"struct\":{\"b\":1,\"a\":null,\"c\":[true,\"x\",{\"y\":-0.5}],\"d\":{}}}",
         "{\"struct\":{\"a\":null,\"b\":1,\"c\":[true,\"x\",{\"y\":-0.5}],\"d\":{}}}", 0, 0},
        {"{\"value\":null}", "{\"value\":null}", 0, 0},
        {"{\"value\":1e3}", "{\"value\":1000}", 0, 0},
        {"{\"value\":-0}", "{\"value\":-0}", 0, 0},
        {"{\"value\":\"\\u00e9\"}", "{\"value\":\"\xc3\xa9\"}", 0, 0},
        {"{\"value\":\"NaN\"}", "{\"value\":\"NaN\"}", 0, 0},
        {"{\"value\":false}", "{\"value\":false}", 0, 0},
        {"{\"value\":[]}", "{\"value\":[]}", 0, 0},
        {"{\"value\":{}}", "{\"value\":{}}", 0, 0},
        {"{\"value\":[[[null]]]}", "{\"value\":[[[null]]]}", 0, 0},
        {"{\"listValue\":[]}", "{\"listValue\":[]}", 0, 0},
        {"{\"listValue\":[1,null,\"a\",[],{}]}", "{\"listValue\":[1,null,\"a\",[],{}]}", 0, 0},
        {"{\"values\":[1,null,[2]]}", "{\"values\":[1,null,[2]]}", 0, 0},
        {"{\"structs\":[{},{\"a\":1}],\"listValues\":[[],[1]]}", "{\"structs\":[{},{\"a\":1}],\"listValues\":[[],[1]]}",
         0, 0},
        {"{\"toValue\":{\"a\":null,\"b\":{\"c\":[1]}}}", "{\"toValue\":{\"a\":null,\"b\":{\"c\":[1]}}}", 0, 0},
        {"{\"struct\":null,\"listValue\":null}", "{}", 0, 0},
        {"{\"struct\":{\"a\":1,\"a\":2}}", NULL, ERR_RANGE, "expected each key once"},
        {"{\"struct\":{\"b\":1,\"a\":2,\"b\":2}}", NULL, ERR_RANGE, "expected each key once"},
        {"{\"struct\":[]}", NULL, ERR_RANGE, "expected an object, found an array"},
        {"{\"struct\":1}", NULL, ERR_RANGE, "expected an object, found a number"},
        {"{\"listValue\":{}}", NULL, ERR_RANGE, "expected an array, found an object"},
        {"{\"value\":1e400}", NULL, ERR_RANGE, "expected a double within its range"},
        {"{\"structs\":[null]}", NULL, ERR_RANGE, "expected an object, found null"},
        {"{\"value\":{\"a\":[1,}}", NULL, ERR_SYNTAX, "at $.value.a[1] (offset 17)"},
        {"{\"nullValue\":null}", "{}", 0, 0},
        {"{\"nullValue\":\"NULL_VALUE\"}", "{}", 0, 0},
        {"{\"nullValues\":[null,\"NULL_VALUE\",0]}", "{\"nullValues\":[null,null,null]}", 0, 0},
        {"{\"nullValue\":\"null\"}", NULL, ERR_RANGE, "expected a value of google.protobuf.NullValue"},
        {"{\"nullValue\":true}", NULL, ERR_RANGE, "expected an enum value"},
    };
    FIXTURE_CHECK_ROWS(*state, "Everything", rows);
}

static void test_empty(void **state)
{
    static const struct fixture_row rows[] = {
        {"{\"empty\":{}}", "{\"empty\":{}}", 0, 0},
        {"{\"empty\":null}", "{}", 0, 0},
        {"{\"empty\":{\"a\":1}}", NULL, ERR_RANGE, "expected a field of google.protobuf.Empty"},
        {"{\"empty\":[]}", NULL, ERR_RANGE, "expected an object"},
        {"{\"empty\":true}", NULL, ERR_RANGE, "expected an object"},
        {"{\"empty\":\"\"}", NULL, ERR_RANGE, "expected an object"},
    };
    FIXTURE_CHECK_ROWS(*state, "Everything", rows);
}

#define URL "type.googleapis.com/"

static const struct fixture_row any_rows[] = {
    {"{\"any\":{\"@type\":\"" URL "transcheck.v1.Inner\",\"text\":\"a\"}}",
     "{\"any\":{\"@type\":\"" URL "transcheck.v1.Inner\",\"text\":\"a\"}}", 0, 0},
    {"{\"any\":{\"number\":1,\"@type\":\"" URL "transcheck.v1.Inner\",\"text\":\"a\"}}",
     "{\"any\":{\"@type\":\"" URL "transcheck.v1.Inner\",\"text\":\"a\",\"number\":1}}", 0, 0},
    {"{\"any\":{\"words\":[\"}\"],\"child\":{\"text\":\"@type\"},\"\\u0040type\":\"" URL "transcheck.v1.Inner\"}}",
     "{\"any\":{\"@type\":\"" URL "transcheck.v1.Inner\",\"child\":{\"text\":\"@type\"},\"words\":[\"}\"]}}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "transcheck.v1.Inner\"}}", "{\"any\":{\"@type\":\"" URL "transcheck.v1.Inner\"}}", 0,
     0},
    {"{\"any\":{\"@type\":\"example.com/x/transcheck.v1.Inner\"}}",
     "{\"any\":{\"@type\":\"example.com/x/transcheck.v1.Inner\"}}", 0, 0},
    {"{\"any\":{}}", "{\"any\":{}}", 0, 0},
    {"{\"anys\":[{},{\"@type\":\"" URL "transcheck.v1.Inner\"}]}",
     "{\"anys\":[{},{\"@type\":\"" URL "transcheck.v1.Inner\"}]}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Timestamp\",\"value\":\"1970-01-01T00:00:00Z\"}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.Timestamp\",\"value\":\"1970-01-01T00:00:00Z\"}}", 0, 0},
    {"{\"any\":{\"value\":\"1.5s\",\"@type\":\"" URL "google.protobuf.Duration\"}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.Duration\",\"value\":\"1.500s\"}}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Int32Value\",\"value\":5}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.Int32Value\",\"value\":5}}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.FieldMask\",\"value\":\"fooBar\"}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.FieldMask\",\"value\":\"fooBar\"}}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Struct\",\"value\":{\"a\":1}}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.Struct\",\"value\":{\"a\":1}}}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Value\",\"value\":null}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.Value\",\"value\":null}}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Value\",\"value\":1}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.Value\",\"value\":1}}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Value\",\"value\":{\"a\":[]}}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.Value\",\"value\":{\"a\":[]}}}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.ListValue\",\"value\":[1]}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.ListValue\",\"value\":[1]}}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Int64Value\",\"value\":7}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.Int64Value\",\"value\":\"7\"}}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Empty\"}}", "{\"any\":{\"@type\":\"" URL "google.protobuf.Empty\"}}",
     0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Empty\",\"value\":{}}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.Empty\"}}", 0, 0},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Any\",\"value\":{\"text\":\"a\",\"@type\":\"" URL
     "transcheck.v1.Inner\"}}}",
     "{\"any\":{\"@type\":\"" URL "google.protobuf.Any\",\"value\":{\"@type\":\"" URL
     "transcheck.v1.Inner\",\"text\":\"a\"}}}",
     0, 0},
    {"{\"any\":{\"text\":\"a\"}}", NULL, ERR_RANGE, "at $.any (offset 18): expected \"@type\", found '}'"},
    {"{\"any\":{\"@type\":\"\"}}", NULL, ERR_RANGE, "expected a type URL"},
    {"{\"any\":{\"@type\":\"\",\"value\":\"x\"}}", NULL, ERR_RANGE, "expected a type URL"},
    {"{\"any\":{\"@type\":\"transcheck.v1.Inner\"}}", NULL, ERR_RANGE, "expected a type URL"},
    {"{\"any\":{\"@type\":\"not_a_url\",\"value\":\"x\"}}", NULL, ERR_RANGE, "expected a type URL"},
    {"{\"any\":{\"@type\":\"" URL "\"}}", NULL, ERR_RANGE, "expected a type URL"},
    {"{\"any\":{\"@type\":1}}", NULL, ERR_RANGE, "expected a type URL, found a number"},
    {"{\"any\":{\"@type\":null}}", NULL, ERR_RANGE, "expected a type URL, found null"},
    {"{\"any\":{\"@type\":\"" URL "no.Such\"}}", NULL, ERR_NOT_FOUND, "found \"" URL "no.Such\""},
    {"{\"any\":{\"@type\":\"" URL "transcheck.v1.Inner\",\"nope\":1}}", NULL, ERR_RANGE,
     "expected a field of transcheck.v1.Inner"},
    {"{\"any\":{\"@type\":\"" URL "transcheck.v1.Inner\",\"@type\":\"" URL "transcheck.v1.Inner\"}}", NULL, ERR_RANGE,
     "\"@type\" once"},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Duration\"}}", NULL, ERR_RANGE, "expected \"value\""},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Duration\",\"value\":5}}", NULL, ERR_RANGE, "at $.any.value"},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Duration\",\"value\":null}}", NULL, ERR_RANGE, "found null"},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Duration\",\"value\":\"1s\",\"x\":1}}", NULL, ERR_RANGE, "alone"},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Duration\",\"value\":\"1s\",\"value\":\"1s\"}}", NULL, ERR_RANGE,
     "once"},
    {"{\"any\":{\"@type\":\"" URL "google.protobuf.Duration\",\"seconds\":1}}", NULL, ERR_RANGE, "alone"},
    {"{\"any\":{\"@type\":\"" URL "transcheck.v1.Names\"}}", NULL, ERR_UNSUPPORTED,
     "transcheck.v1.Names has a field @type"},
    {"{\"any\":[]}", NULL, ERR_RANGE, "expected an object"},
    {"{\"any\":\"x\"}", NULL, ERR_RANGE, "expected an object"},
    {"{\"any\":{\"text\":[}}", NULL, ERR_SYNTAX, "expected a JSON value"},
};

static void test_any(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Everything", any_rows);
}

/* Any in Any, to the limit of depth, with the type at the end so that each level is searched. */
static void test_any_depth(void **state)
{
    struct fixture *fixture = *state;
    for (size_t depth = 98; depth <= 101; depth++) {
        struct buf json;
        buf_init(&json, 1 << 16);
        for (size_t i = 0; i < depth; i++)
            buf_append_cstr(&json, "{\"value\":");
        buf_append_cstr(&json, "{}");
        for (size_t i = 0; i < depth; i++)
            buf_append_cstr(&json, ",\"@type\":\"" URL "google.protobuf.Any\"}");
        enum err_code code =
            fixture_read_span(fixture, fixture_message(fixture, "google.protobuf.Any"), buf_span(&json), NULL);
        assert_int_equal(code, depth <= 99 ? ERR_OK : ERR_LIMIT);
        buf_fini(&json);
    }
}

struct bad_row {
    const char *message;
    const char *hex;
    enum err_code code;
    const char *fragment;
};

/* Messages that have no JSON form. */
static void test_refused_on_output(void **state)
{
    static const struct bad_row rows[] = {
        {"google.protobuf.Timestamp", "088083d1ffaf07", ERR_RANGE, "expected a timestamp within its range"},
        {"google.protobuf.Timestamp", "08ff91b8c398feffffff01", ERR_RANGE, "range"},
        {"google.protobuf.Timestamp", "08ffffffffffffffff7f", ERR_RANGE, "range"},
        {"google.protobuf.Timestamp", "10ffffffffffffffffff01", ERR_RANGE, "range"},
        {"google.protobuf.Timestamp", "108094ebdc03", ERR_RANGE, "range"},
        {"google.protobuf.Timestamp", "0801 10ffffffffffffffffff01", ERR_RANGE, "range"},
        {"google.protobuf.Duration", "080110ffffffffffffffffff01", ERR_RANGE, "of one sign"},
        {"google.protobuf.Duration", "08ffffffffffffffffff011001", ERR_RANGE, "of one sign"},
        {"google.protobuf.Duration", "108094ebdc03", ERR_RANGE, "range"},
        {"google.protobuf.Duration", "1080ec94a3fcffffffff01", ERR_RANGE, "range"},
        {"google.protobuf.Duration", "0881bcaece9709", ERR_RANGE, "range"},
        {"google.protobuf.Duration", "08ffc3d1b1e8f6ffffff01", ERR_RANGE, "range"},
        {"google.protobuf.Duration", "08ffffffffffffffff7f", ERR_RANGE, "range"},
        {"google.protobuf.FieldMask", "0a06666f6f426172", ERR_RANGE, "expected a field mask path"},
        {"google.protobuf.FieldMask", "0a05615f5f6261", ERR_RANGE, "field mask path"},
        {"google.protobuf.FieldMask", "0a03615f31", ERR_RANGE, "field mask path"},
        {"google.protobuf.FieldMask", "0a02615f", ERR_RANGE, "field mask path"},
        {"google.protobuf.FieldMask", "0a00", ERR_RANGE, "field mask path"},
        {"google.protobuf.FieldMask", "0a03612c62", ERR_RANGE, "field mask path"},
        {"google.protobuf.FieldMask", "0a01ff", ERR_RANGE, "field mask path"},
        {"google.protobuf.Value", "", ERR_RANGE, "expected a google.protobuf.Value with a kind"},
        {"google.protobuf.Value", "11000000000000f87f", ERR_RANGE, "expected a finite number"},
        {"google.protobuf.Value", "11000000000000f07f", ERR_RANGE, "expected a finite number"},
        {"google.protobuf.Value", "11000000000000f0ff", ERR_RANGE, "expected a finite number"},
        {"google.protobuf.Value", "1a01ff", ERR_RANGE, "valid UTF-8"},
        {"google.protobuf.ListValue", "0a00", ERR_RANGE, "at $[0]"},
        {"google.protobuf.Struct", "0a030a0161", ERR_RANGE, "at $.a"},
        {"google.protobuf.Any", "0a15782f7472616e73636865636b2e76312e4e616d6573", ERR_UNSUPPORTED, "has a field @type"},
        {"google.protobuf.Any", "0a01ff", ERR_RANGE, "type URL"},
        {"google.protobuf.Any", "0a0161", ERR_RANGE, "type URL"},
        {"google.protobuf.Any", "120161", ERR_RANGE, "expected a type URL in an Any, found none"},
        {"google.protobuf.Any", "0a07612f6e6f2e4e6f", ERR_NOT_FOUND, "expected a type of the descriptor set"},
        {"google.protobuf.Any", "0a1a782f676f6f676c652e70726f746f6275662e4475726174696f6e120108", ERR_SYNTAX,
         "malformed"},
        {"google.protobuf.Any", "0a17782f676f6f676c652e70726f746f6275662e56616c7565", ERR_RANGE, "with a kind"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum err_code code = fixture_print(fixture, rows[i].message, rows[i].hex);
        if (code != rows[i].code || !strstr(fixture->err.text, rows[i].fragment))
            fail_msg("%s %s: %d %s %s", rows[i].message, rows[i].hex, (int)code, fixture->err.text,
                     fixture_text(fixture));
    }
}

static void test_printed(void **state)
{
    static const char *const rows[][3] = {
        {"google.protobuf.Timestamp", "", "\"1970-01-01T00:00:00Z\""},
        {"google.protobuf.Timestamp", "08ffffffffffffffffff01 10ff93ebdc03", "\"1969-12-31T23:59:59.999999999Z\""},
        {"google.protobuf.Timestamp", "0801 0802", "\"1970-01-01T00:00:02Z\""},
        {"google.protobuf.Duration", "", "\"0s\""},
        {"google.protobuf.Duration", "1080b6ca91feffffffff01", "\"-0.500s\""},
        {"google.protobuf.FieldMask", "", "\"\""},
        {"google.protobuf.FieldMask", "0a03615f62 0a0163", "\"aB,c\""},
        {"google.protobuf.Value", "0800", "null"},
        {"google.protobuf.Value", "0805", "null"},
        {"google.protobuf.Value", "2001 1a0161", "\"a\""},
        {"google.protobuf.Value", "1a00", "\"\""},
        {"google.protobuf.Value", "3200", "[]"},
        {"google.protobuf.Value", "2a00", "{}"},
        /* the two parts of a list are merged, as any message */
        {"google.protobuf.Value", "32040a022001 32040a022000", "[true,false]"},
        {"google.protobuf.ListValue", "", "[]"},
        {"google.protobuf.Struct", "", "{}"},
        {"google.protobuf.Struct", "0a070a016212022001 0a070a016112022000", "{\"a\":false,\"b\":true}"},
        {"google.protobuf.Struct", "0a070a016112022001 0a070a016112022000", "{\"a\":false}"},
        {"google.protobuf.BoolValue", "0801 0800", "false"},
        {"google.protobuf.Empty", "0801", "{}"},
        {"google.protobuf.Empty", "", "{}"},
        {"google.protobuf.UInt64Value", "08ffffffffffffffffff01", "\"18446744073709551615\""},
        {"google.protobuf.Any", "", "{}"},
        {"google.protobuf.Any", "0a17782f676f6f676c652e70726f746f6275662e56616c7565 12022001",
         "{\"@type\":\"x/google.protobuf.Value\",\"value\":true}"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum err_code code = fixture_print(fixture, rows[i][0], rows[i][1]);
        if (code != ERR_OK)
            fail_msg("%s %s: %s", rows[i][0], rows[i][1], fixture->err.text);
        assert_string_equal(fixture_text(fixture), rows[i][2]);
    }
}

/* Values in lists and in objects as deep as JSON may be: both ways the same limit. */
static void check_value_depth(struct fixture *fixture, const char *type, const char *open, const char *close)
{
    static const size_t depths[] = {25, 99, 100, 101, 200};
    const struct schema_message *message = fixture_message(fixture, type);
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        struct buf text;
        buf_init(&text, 4096);
        for (size_t level = 1; level < depths[i]; level++)
            buf_append_cstr(&text, open);
        buf_append_cstr(&text, *open == '[' ? "[]" : "{}");
        for (size_t level = 1; level < depths[i]; level++)
            buf_append_cstr(&text, close);
        enum err_code code = fixture_read_span(fixture, message, buf_span(&text), NULL);
        assert_int_equal(code, depths[i] <= 100 ? ERR_OK : ERR_LIMIT);
        if (code == ERR_OK) {
            assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
            assert_string_equal(fixture_text(fixture), (const char *)text.data);
        }
        buf_fini(&text);
    }
}

static void test_value_depth(void **state)
{
    check_value_depth(*state, "google.protobuf.Value", "[", "]");
    check_value_depth(*state, "google.protobuf.Value", "{\"a\":", "}");
    check_value_depth(*state, "google.protobuf.ListValue", "[", "]");
    check_value_depth(*state, "google.protobuf.Struct", "{\"a\":", "}");
}

/* Every text of a well-known type cut short: refused or still one that comes back the same. */
static void test_cut_texts(void **state)
{
    (void)state;
    static const char timestamp[] = "2020-02-29T23:59:59.123456789+01:30";
    static const char duration[] = "-12345.123456789s";
    char text[WELL_KNOWN_TEXT_MAX];
    int64_t seconds;
    int32_t nanos;
    for (size_t len = 0; len < sizeof timestamp; len++) {
        bool ok = well_known_timestamp_parse(span_of(timestamp, len), &seconds, &nanos);
        assert_int_equal(ok, len == sizeof timestamp - 1);
    }
    for (size_t len = 0; len < sizeof duration; len++) {
        bool ok = well_known_duration_parse(span_of(duration, len), &seconds, &nanos);
        assert_int_equal(ok, len == sizeof duration - 1);
    }
    assert_true(seconds == -12345 && nanos == -123456789);
    assert_int_equal(well_known_duration_print(text, seconds, nanos), sizeof duration - 1);
    assert_memory_equal(text, duration, sizeof duration - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timestamp), cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_duration),  cmocka_unit_test(test_field_mask),
        cmocka_unit_test(test_wrappers),  cmocka_unit_test(test_struct),
        cmocka_unit_test(test_empty),     cmocka_unit_test(test_any),
        cmocka_unit_test(test_any_depth), cmocka_unit_test(test_refused_on_output),
        cmocka_unit_test(test_printed),   cmocka_unit_test(test_value_depth),
        cmocka_unit_test(test_cut_texts),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
