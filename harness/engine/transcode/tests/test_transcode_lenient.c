/* What a request means with each leniency, beside what it means without. */
#include "harness/engine/transcode/tests/transcode_fixture.h"

static void expect(uint64_t lenient, const char *method, const char *target, const char *body, const char *want)
{
    transcode_fixture_expect(lenient, span_cstr(method), span_cstr(target), span_cstr(body), want);
}

struct row {
    enum leniency which;
    const char *target;
    const char *want;   /* with the leniency */
    const char *strict; /* the beginning of what it gives without; NULL: "400" */
};

/* A leniency of JSON text changes nothing in a URL. */
static void expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *strict = rows[i].strict ? rows[i].strict : "400 ";
        expect(LENIENCY_BIT(rows[i].which), "GET", rows[i].target, "", rows[i].want);
        expect(0, "GET", rows[i].target, "", strict);
        expect(LENIENCY_BIT(LENIENCY_TRAILING_COMMA), "GET", rows[i].target, "", strict);
    }
}

static void test_booleans_and_numbers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {LENIENCY_GO_BOOLS, "/v1/echo?boolValue=T&bools=0&bools=1", "{\"boolValue\":true,\"bools\":[false,true]}",
         NULL},
        {LENIENCY_GO_BOOLS, "/v1/echo?boolValue=tRUE", "400 ", NULL},
        {LENIENCY_GO_BOOLS, "/v1/path/bool/1", "{\"boolValue\":true}", NULL},
        {LENIENCY_GO_BOOLS, "/v1/echo?boolWrapper=False", "{\"boolWrapper\":false}", NULL},
        {LENIENCY_JAVA_BOOLS, "/v1/echo?boolValue=tRUE&optionalBool=yes", "{\"boolValue\":true,\"optionalBool\":false}",
         NULL},
        {LENIENCY_JAVA_BOOLS, "/v1/path/bool/TRUE", "{\"boolValue\":true}", NULL},
        {LENIENCY_JAVA_BOOLS, "/v1/path/bool/1", "{}", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/path/int32/-0x1F", "{\"int32Value\":-31}", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/echo?int64s=0b101&int64s=0o17&int64s=017&int64s=0x_f&int64s=0&int64s=1_000",
         "{\"int64s\":[\"5\",\"15\",\"15\",\"15\",\"0\",\"1000\"]}", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/path/uint64/0xffffffffffffffff", "{\"uint64Value\":\"18446744073709551615\"}", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/path/uint64/0x10000000000000000", "400 ", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/path/int32/0x80000000", "400 ", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/path/int32/0x", "400 ", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/path/int32/0x_", "400 ", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/path/int32/08", "400 ", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/path/int32/_1", "400 ", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/path/int32/1__0", "400 ", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/path/int32/0x1_", "400 ", NULL},
        {LENIENCY_GO_NUMBERS, "/v1/path/int32/+5", "{\"int32Value\":5}", NULL},
        {LENIENCY_PLUS_SIGN, "/v1/path/int32/+5", "{\"int32Value\":5}", NULL},
        {LENIENCY_PLUS_SIGN, "/v1/path/int32/+-5", "400 ", NULL},
        {LENIENCY_LEADING_ZEROS, "/v1/echo?int32Value=007&int64Value=-00&doubleValue=-01.5",
         "{\"doubleValue\":-1.5,\"int32Value\":7}", NULL},
        {LENIENCY_LEADING_ZEROS, "/v1/path/int32/+05", "400 ", NULL},
        {LENIENCY_LEADING_ZEROS, "/v1/path/int32/0x5", "400 ", NULL},
    };
    expect_rows(rows, sizeof rows / sizeof *rows);
}

static void test_other_texts(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {LENIENCY_ENUM_CASE, "/v1/path/enum/gReen", "{\"enumValue\":\"GREEN\"}", NULL},
        {LENIENCY_ENUM_CASE, "/v1/path/enum/greens", "400 ", NULL},
        {LENIENCY_ENUM_CASE, "/v1/echo?enumValue=gReen", "{\"enumValue\":\"GREEN\"}", NULL},
        {LENIENCY_MASK_NAMES, "/v1/echo?fieldMask=a_b,c.d_e", "{\"fieldMask\":\"aB,c.dE\"}", NULL},
        {LENIENCY_UNKNOWN_ENUM_ZERO, "/v1/echo?optionalEnum=greens", "{\"optionalEnum\":\"COLOR_UNSPECIFIED\"}", NULL},
        {LENIENCY_UNKNOWN_ENUM_ZERO, "/v1/path/enum/greens", "{}", NULL},
        {LENIENCY_BASE64, "/v1/path/bytes/YW%20Jj*=", "{\"bytesValue\":\"YWJj\"}", NULL},
        {LENIENCY_BASE64, "/v1/path/bytes/Y", "{}", NULL},
        {LENIENCY_LOOSE_TIMES, "/v1/echo?duration=%2B1s&timestamp=1970-1-1T0:0:7.Z",
         "{\"timestamp\":\"1970-01-01T00:00:07Z\",\"duration\":\"1s\"}", NULL},
        {LENIENCY_LOOSE_TIMES, "/v1/echo?duration=1h", "400 ", NULL},
        {LENIENCY_LOOSE_TIMES, "/v1/echo?timestamp=", "400 ", NULL},
        {LENIENCY_GO_DURATIONS, "/v1/echo?duration=%201s", "400 ", NULL},
        {LENIENCY_GO_DURATIONS, "/v1/echo?duration=1h30m1.5s", "{\"duration\":\"5401.500s\"}", NULL},
        {LENIENCY_GO_DURATIONS, "/v1/echo?duration=-250ms", "{\"duration\":\"-0.250s\"}", NULL},
        {LENIENCY_GO_DURATIONS, "/v1/echo?duration=0", "{\"duration\":\"0s\"}", NULL},
        {LENIENCY_GO_DURATIONS, "/v1/echo?duration=1.5%C2%B5s", "{\"duration\":\"0.000001500s\"}", NULL},
        {LENIENCY_GO_DURATIONS, "/v1/echo?duration=.5h", "{\"duration\":\"1800s\"}", NULL},
        {LENIENCY_GO_DURATIONS, "/v1/echo?duration=1", "400 ", NULL},
        {LENIENCY_GO_DURATIONS, "/v1/echo?duration=1h.", "400 ", NULL},
        {LENIENCY_GO_DURATIONS, "/v1/echo?duration=.h", "400 ", NULL},
        {LENIENCY_GO_DURATIONS, "/v1/echo?duration=-", "400 ", NULL},
        {LENIENCY_GO_DURATIONS, "/v1/echo?duration=9223372036854775807h", "400 ", NULL},
        {LENIENCY_EMPTY_VALUES,
         "/v1/echo?int32Value=&boolValue=&timestamp=&int64Wrapper=&stringWrapper=", "{\"stringWrapper\":\"\"}", NULL},
        {LENIENCY_EMPTY_VALUES, "/v1/echo?optionalInt32=&optionalDouble=&optionalBool=&optionalEnum=", "{}", NULL},
        {LENIENCY_EMPTY_VALUES, "/v1/path/two/x/and/", "404 ", "404 "},
        {LENIENCY_NULL_VALUES, "/v1/echo?int32Value=null&stringValue=null&enumValue=null", "{\"stringValue\":\"null\"}",
         NULL},
        {LENIENCY_NULL_VALUES, "/v1/echo?optionalInt32=null&optionalBool=null&optionalEnum=null&doubleWrapper=null",
         "{}", NULL},
        {LENIENCY_QUERY_JSON, "/v1/echo?struct=%7B%22a%22:1%7D&value=null&listValue=%5Btrue%5D",
         "{\"struct\":{\"a\":1},\"value\":null,\"listValue\":[true]}", NULL},
        {LENIENCY_QUERY_JSON, "/v1/echo?struct=%7B", "400 ", NULL},
        {LENIENCY_QUERY_JSON, "/v1/echo?messageValue=%7B%7D", "400 ", NULL},
    };
    expect_rows(rows, sizeof rows / sizeof *rows);
}

static void test_query(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {LENIENCY_UNKNOWN_QUERY, "/v1/echo?nothing=1&messages=x&int32Value=2", "400 ", NULL},
        {LENIENCY_UNKNOWN_QUERY, "/v1/echo?nothing=1&messages.text=x&byString=x&int32Value=2", "{\"int32Value\":2}",
         NULL},
        {LENIENCY_UNKNOWN_QUERY, "/v1/path/string/x?stringValue=y", "{\"stringValue\":\"x\"}", NULL},
        {LENIENCY_UNKNOWN_QUERY, "/v1/echo?strings[]=a&strings[0]=a&messageValue.nothing=1&int32Value=2",
         "{\"int32Value\":2}", NULL},
        {LENIENCY_UNKNOWN_QUERY, "/v1/echo?$alt=json&key=k&access_token=t&alt=sse&int32Value=2", "{\"int32Value\":2}",
         NULL},
        {LENIENCY_PLUS_IS_SPACE, "/v1/reservations?room=a+b%2B", "{\"room\":\"a b+\"}", "{\"room\":\"a+b+\"}"},
        {LENIENCY_VALUELESS_QUERY, "/v1/echo?boolValue&=1&stringValue=", "{}", NULL},
        {LENIENCY_VALUELESS_QUERY, "/v1/echo?optionalString", "{}", "{\"optionalString\":\"\"}"},
        {LENIENCY_VALUELESS_QUERY, "/v1/echo?optionalString=", "{\"optionalString\":\"\"}",
         "{\"optionalString\":\"\"}"},
        {LENIENCY_VALUELESS_QUERY, "/v1/echo?=1", "{}", NULL},
        {LENIENCY_QUERY_LAST_WINS, "/v1/reservations?room=a&room=b&room=", "{}", NULL},
        {LENIENCY_QUERY_LAST_WINS, "/v1/echo?messageValue.number=1&messageValue.text=a&messageValue.number=2",
         "{\"messageValue\":{\"text\":\"a\",\"number\":2}}", NULL},
        {LENIENCY_QUERY_LAST_WINS, "/v1/names?snakeCaseName=a&snake_case_name=b", "{\"snakeCaseName\":\"b\"}", NULL},
        {LENIENCY_QUERY_LAST_WINS, "/v1/names?snake_case_name=b&snakeCaseName=a", "{\"snakeCaseName\":\"a\"}", NULL},
        {LENIENCY_QUERY_LAST_WINS, "/v1/echo?int32Value=1&strings=a&int32Value=2&strings=b",
         "{\"int32Value\":2,\"strings\":[\"a\",\"b\"]}", NULL},
        {LENIENCY_QUERY_LAST_WINS, "/v1/echo?choiceInt32=1&choiceString=a", "{\"choiceString\":\"a\"}", NULL},
        {LENIENCY_QUERY_LAST_WINS, "/v1/echo?choiceMessage.text=a&choiceMessage.number=2&choiceInt32=1",
         "{\"choiceInt32\":1}", NULL},
        {LENIENCY_QUERY_LAST_WINS, "/v1/echo?timestamp=1970-01-01T00:00:01Z&timestamp=1970-01-01T00:00:00Z",
         "{\"timestamp\":\"1970-01-01T00:00:00Z\"}", NULL},
        {LENIENCY_QUERY_LAST_WINS, "/v1/echo?timestamp=1970-01-01T00:00:01.5Z&timestamp.seconds=2",
         "{\"timestamp\":\"1970-01-01T00:00:02Z\"}", NULL},
        {LENIENCY_QUERY_LAST_WINS, "/v1/path/string/x?stringValue=y", "400 ", NULL},
        {LENIENCY_QUERY_BEATS_PATH, "/v1/path/string/x?stringValue=", "{}", NULL},
        {LENIENCY_QUERY_BEATS_PATH, "/v1/path/int32/5?int32Value=6", "{\"int32Value\":6}", NULL},
        {LENIENCY_QUERY_BEATS_PATH, "/v1/path/int32/5?int32Value=6&int32Value=7", "400 ", NULL},
        {LENIENCY_QUERY_MAPS, "/v1/echo?toInt32%5Ba.b%5D=1&toInt32[]=2&byBool[true]=x",
         "{\"byBool\":{\"true\":\"x\"},\"toInt32\":{\"\":2,\"a.b\":1}}", NULL},
        {LENIENCY_QUERY_MAPS, "/v1/echo?self.byInt32[-1]=x", "{\"self\":{\"byInt32\":{\"-1\":\"x\"}}}", NULL},
        {LENIENCY_QUERY_MAPS, "/v1/echo?byInt32[x]=x", "400 ", NULL},
        {LENIENCY_QUERY_MAPS, "/v1/echo?toInt32[ab=1", "400 ", NULL},
        {LENIENCY_QUERY_MAPS, "/v1/echo?byString[%FF]=x", "400 ", NULL},
        {LENIENCY_QUERY_MAPS, "/v1/echo?byString[a]=%FF", "400 ", NULL},
        {LENIENCY_QUERY_MAPS, "/v1/echo?strings[0]=x", "400 ", NULL},
        {LENIENCY_QUERY_MAPS, "/v1/echo?namedSelves[a].int32Value=1", "400 ", NULL},
        {LENIENCY_QUERY_MAPS, "/v1/echo?toMessage[a]=1", "400 ", NULL},
        {LENIENCY_QUERY_MAPS, "/v1/echo?byString=1", "400 ", NULL},
    };
    expect_rows(rows, sizeof rows / sizeof *rows);
}

static void test_bodies(void **state)
{
    (void)state;
    expect(LENIENCY_BIT(LENIENCY_UNEXPECTED_BODY), "GET", "/v1/reservations/7", "{}", "{\"id\":\"7\"}");
    expect(0, "GET", "/v1/reservations/7", "{}", "400 ");
    expect(LENIENCY_BIT(LENIENCY_UNEXPECTED_BODY), "DELETE", "/v1/shelves/1/books/2", "{",
           "{\"name\":\"shelves/1/books/2\"}");
    expect(LENIENCY_BIT(LENIENCY_UNEXPECTED_BODY), "POST", "/v1/shelves/1/books/2:touch?reason=r", "{\"reason\":\"b\"}",
           "{\"name\":\"shelves/1/books/2\",\"reason\":\"r\"}");
    expect(LENIENCY_BIT(LENIENCY_TRAILING_GARBAGE), "POST", "/v1/echo", "{\"int32Value\":1} x", "{\"int32Value\":1}");
    expect(LENIENCY_BIT(LENIENCY_TRAILING_GARBAGE), "POST", "/v1/body/strings", "[\"a\"]{}", "{\"strings\":[\"a\"]}");
    expect(LENIENCY_BIT(LENIENCY_BYTE_ORDER_MARK), "POST", "/v1/body/self", "\xef\xbb\xbf{}", "{\"self\":{}}");
    expect(LENIENCY_BIT(LENIENCY_QUERY_BESIDE_BODY), "POST", "/v1/echo?int32Value=2", "{\"int32Value\":1}",
           "{\"int32Value\":2}");
    expect(LENIENCY_BIT(LENIENCY_QUERY_BESIDE_BODY), "POST", "/v1/shelves/1/books?book.title=x&book.tags=b",
           "{\"tags\":[\"a\"]}", "{\"name\":\"shelves/1\",\"book\":{\"title\":\"x\",\"tags\":[\"a\",\"b\"]}}");
    /* What the query adds replaces, merges and appends as one message after the other would. */
    expect(
        LENIENCY_BIT(LENIENCY_QUERY_BESIDE_BODY), "POST",
        "/v1/echo?strings=b&messageValue.number=2&timestamp=1970-01-01T00:00:02Z&choiceString=s",
        "{\"strings\":[\"a\"],\"messageValue\":{\"text\":\"a\",\"number\":1},\"timestamp\":\"1970-01-01T00:00:01.5Z\","
        "\"choiceInt32\":1}",
        "{\"messageValue\":{\"text\":\"a\",\"number\":2},\"strings\":[\"a\",\"b\"],\"choiceString\":\"s\","
        "\"timestamp\":\"1970-01-01T00:00:02Z\"}");
    expect(LENIENCY_BIT(LENIENCY_UNKNOWN_QUERY), "POST", "/v1/echo?int32Value=2", "{}", "{}");
    expect(LENIENCY_BIT(LENIENCY_UNKNOWN_QUERY), "POST", "/v1/shelves/1/books?book.title=x&reason=r", "{}",
           "{\"name\":\"shelves/1\",\"reason\":\"r\",\"book\":{}}");
    static const char cancel[] = "/v1/shelves/1/books/2:cancel";
    expect(LENIENCY_BIT(LENIENCY_BODY_BEATS_PATH), "POST", cancel, "{\"name\":\"other\"}", "{\"name\":\"other\"}");
    expect(LENIENCY_BIT(LENIENCY_BODY_BEATS_PATH), "POST", cancel, "{\"name\":null}",
           "{\"name\":\"shelves/1/books/2\"}");
    expect(0, "POST", cancel, "{\"name\":\"other\"}", "{\"name\":\"shelves/1/books/2\"}");
    /* A default that the body names counts as well. */
    expect(LENIENCY_BIT(LENIENCY_BODY_BEATS_PATH), "POST", cancel, "{\"name\":\"\"}", "{}");
    expect(0, "POST", cancel, "{\"name\":\"\"}", "{\"name\":\"shelves/1/books/2\"}");
    /* A path variable is in the message once, whichever of them wins. */
    expect(LENIENCY_BIT(LENIENCY_BODY_BEATS_PATH) | LENIENCY_BIT(LENIENCY_QUERY_BEATS_PATH), "POST", cancel,
           "{\"reason\":\"r\"}", "{\"name\":\"shelves/1/books/2\",\"reason\":\"r\"}");
}

/* The body of POST /v1/echo, of this content type. */
static void expect_form(uint64_t lenient, const char *content_type, const char *body, const char *want)
{
    transcode_fixture_expect_typed(lenient, span_cstr("POST"), span_cstr("/v1/echo"), content_type, span_cstr(body),
                                   want ? want : "400 ");
}

static void test_forms(void **state)
{
    (void)state;
    static const uint64_t form = LENIENCY_BIT(LENIENCY_FORM_BODY);
    static const char type[] = "application/x-www-form-urlencoded";
    static const char part[] = "--x\r\nContent-Disposition: form-data; name=\"stringValue\"\r\n\r\na\r\n--x--\r\n";
    expect_form(0, type, "stringValue=a", NULL);
    expect_form(form, type, "string_value=a+%2B&strings=b&strings=c",
                "{\"stringValue\":\"a +\",\"strings\":[\"b\",\"c\"]}");
    expect_form(form, "Application/X-WWW-Form-URLEncoded ; charset=utf-8", "int32Value=1", "{\"int32Value\":1}");
    expect_form(form, type, "nothing=1", NULL);
    expect_form(form, type, "{\"int32Value\":1}", NULL);
    expect_form(form, "application/x-www-form-urlencodedx", "int32Value=1", NULL);
    expect_form(form, "application/json", "int32Value=1", NULL);
    expect_form(form, "", "int32Value=1", NULL);
    expect_form(form, "application/json", "{\"int32Value\":1}", "{\"int32Value\":1}");
    expect_form(form, "multipart/form-data; boundary=x", part, NULL);
    expect_form(0, "multipart/form-data; boundary=x", part, NULL);
}

static void test_paths(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {LENIENCY_MALFORMED_PERCENT, "/v1/reservations/%zz", "{\"id\":\"%zz\"}", NULL},
        {LENIENCY_MALFORMED_PERCENT, "/v1/files/%2/%", "{\"rest\":\"%2/%\"}", NULL},
        {LENIENCY_TRAILING_SLASH, "/v1/reservations/7/?", "{\"id\":\"7\"}", "404 "},
        {LENIENCY_MERGE_SLASHES, "/v1//reservations/7", "{\"id\":\"7\"}", "404 "},
        {LENIENCY_FULL_EXPANSION, "/v1/files/a%2Fb", "{\"rest\":\"a/b\"}", "{\"rest\":\"a%2Fb\"}"},
        {LENIENCY_DECODE_FIRST, "/v1/shelves%2F1%2Fbooks%2F2", "{\"name\":\"shelves/1/books/2\"}", "404 "},
    };
    expect_rows(rows, sizeof rows / sizeof *rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_booleans_and_numbers),
        cmocka_unit_test(test_other_texts),
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, transcode_fixture_setup, transcode_fixture_teardown);
}
