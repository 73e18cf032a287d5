/* What path and body bind, type by type; which binding an HTTP method meets; what is the response body. */
#include "harness/base/hex.h"
#include "harness/engine/proto/wire.h"
#include "harness/engine/transcode/tests/transcode_fixture.h"

static void expect(const char *method, const char *target, const char *body, const char *want)
{
    transcode_fixture_expect(0, span_cstr(method), span_cstr(target), span_cstr(body), want);
}

/* Puts this rule in place of the annotation of Echo, whose messages have fields of all types. Returns the router for
 * use_rules_end(). */
static struct router *use_rules(const char *rule)
{
    struct router *usual = transcode_fixture.router;
    const struct schema_message *http = schema_message_find(transcode_fixture.schema, span_cstr("google.api.Http"));
    struct http_config *config;
    struct err err = {.text = ""};
    char json[512];
    snprintf(json, sizeof json, "{\"http\": {\"rules\": [{\"selector\": \"transcheck.v1.EchoService.Echo\", %s}]}}",
             rule);
    if (http_config_new(&config, transcode_fixture.schema, http, span_cstr(json), &err) != ERR_OK ||
        router_new(&transcode_fixture.router, transcode_fixture.schema, &(struct router_options){.config = config},
                   &err) != ERR_OK)
        fail_msg("%s: %s", rule, err.text);
    http_config_free(config);
    return usual;
}

static void use_rules_end(struct router *usual)
{
    router_free(transcode_fixture.router);
    transcode_fixture.router = usual;
}

/* ---- path variables */

static void expect_path(const char *kind, const char *const (*rows)[2], size_t count)
{
    char target[256];
    for (size_t i = 0; i < count; i++) {
        snprintf(target, sizeof target, "/v1/path/%s/%s", kind, rows[i][0]);
        expect("GET", target, "", rows[i][1] ? rows[i][1] : "400 path variable");
    }
}

#define PATH(kind, ...)                                                                                                \
    do {                                                                                                               \
        static const char *const rows_[][2] = {__VA_ARGS__};                                                           \
        expect_path(kind, rows_, sizeof rows_ / sizeof *rows_);                                                        \
    } while (0)

static void test_path_integers(void **state)
{
    (void)state;
    PATH("int32", {"0", "{}"}, {"-5", "{\"int32Value\":-5}"}, {"2147483647", "{\"int32Value\":2147483647}"},
         {"-2147483649", NULL}, {"1e3", "{\"int32Value\":1000}"}, {"%35", "{\"int32Value\":5}"}, {"2147483648", NULL},
         {"1.5", NULL}, {"abc", NULL}, {"0x10", NULL}, {"0b1", NULL}, {"1_000", NULL}, {"+5", NULL}, {"%205", NULL},
         {"5%20", NULL}, {"05", NULL}, {"5%00", NULL}, {"null", NULL});
    PATH("int64", {"-9223372036854775808", "{\"int64Value\":\"-9223372036854775808\"}"}, {"9223372036854775808", NULL},
         {"-9223372036854775809", NULL});
    PATH("uint32", {"4294967295", "{\"uint32Value\":4294967295}"}, {"4294967296", NULL}, {"-1", NULL});
    PATH("uint64", {"18446744073709551615", "{\"uint64Value\":\"18446744073709551615\"}"},
         {"18446744073709551616", NULL}, {"-1", NULL});
    PATH("sint32", {"-2147483648", "{\"sint32Value\":-2147483648}"}, {"-2147483649", NULL});
    PATH("sint64", {"-1", "{\"sint64Value\":\"-1\"}"}, {"x", NULL});
    PATH("fixed32", {"4294967295", "{\"fixed32Value\":4294967295}"}, {"-1", NULL});
    PATH("fixed64", {"1", "{\"fixed64Value\":\"1\"}"}, {"-1", NULL});
    PATH("sfixed32", {"-1", "{\"sfixed32Value\":-1}"}, {"2147483648", NULL});
    PATH("sfixed64", {"-1", "{\"sfixed64Value\":\"-1\"}"}, {"9223372036854775808", NULL});
}

static void test_path_other_types(void **state)
{
    (void)state;
    PATH("bool", {"true", "{\"boolValue\":true}"}, {"false", "{}"}, {"1", NULL}, {"TRUE", NULL}, {"t", NULL},
         {"yes", NULL});
    PATH("enum", {"GREEN", "{\"enumValue\":\"GREEN\"}"}, {"2", "{\"enumValue\":\"GREEN\"}"},
         {"77", "{\"enumValue\":77}"}, {"green", NULL}, {"PURPLE", NULL}, {"2147483648", NULL});
    PATH("bytes", {"-_8", "{\"bytesValue\":\"+/8=\"}"}, {"%2B%2F8=", "{\"bytesValue\":\"+/8=\"}"}, {"*", NULL});
    PATH("double", {"1e3", "{\"doubleValue\":1000}"}, {"NaN", "{\"doubleValue\":\"NaN\"}"},
         {"Infinity", "{\"doubleValue\":\"Infinity\"}"}, {"-Infinity", "{\"doubleValue\":\"-Infinity\"}"},
         {"-0", "{\"doubleValue\":-0}"}, {"1e400", NULL}, {"nan", NULL}, {"x", NULL});
    PATH("float", {"0.5", "{\"floatValue\":0.5}"}, {"1e3", "{\"floatValue\":1000}"},
         {"NaN", "{\"floatValue\":\"NaN\"}"}, {"Infinity", "{\"floatValue\":\"Infinity\"}"}, {"1e39", NULL});
    /* With presence, the default value is set, too. */
    PATH("optional", {"0", "{\"optionalInt32\":0}"}, {"x", NULL});
    PATH("choice", {"a", "{\"choiceString\":\"a\"}"});
    expect("GET", "/v1/path/choice/a?otherString=b", "", "{\"choiceString\":\"a\",\"otherString\":\"b\"}");
}

/* The message is a string_value of so many bytes. */
static void expect_length(const char *method, struct span target, size_t length)
{
    static const struct transcode_options options;
    struct transcode_request request;
    struct wire_reader reader;
    struct wire_field field;
    struct arena arena;
    struct buf message;
    arena_init(&arena, 1 << 20);
    buf_init(&message, 1 << 20);
    assert_int_equal(transcode_request(&request, &message, transcode_fixture.router, span_cstr(method), target,
                                       span_cstr(""), span_cstr(""), &options, &arena, NULL),
                     TRANSCODE_OK);
    wire_reader_init(&reader, buf_span(&message));
    assert_int_equal(wire_next(&reader, &field), WIRE_FIELD);
    assert_int_equal(field.number, 14);
    assert_int_equal(field.bytes.len, length);
    assert_int_equal(wire_next(&reader, &field), WIRE_END);
    buf_fini(&message);
    arena_fini(&arena);
}

static void test_path_texts(void **state)
{
    (void)state;
    PATH("string", {"%00", "{\"stringValue\":\"\\u0000\"}"}, {"%3F%23%3B%7C", "{\"stringValue\":\"?#;|\"}"},
         {"%2525", "{\"stringValue\":\"%25\"}"}, {"a+b", "{\"stringValue\":\"a+b\"}"},
         {"%e2%82%AC", "{\"stringValue\":\"\xe2\x82\xac\"}"}, {"a%2Fb%2fc", "{\"stringValue\":\"a/b/c\"}"},
         {"%FF", NULL}, {"%ED%A0%80", NULL}, {"\xe2\x82\xac", "{\"stringValue\":\"\xe2\x82\xac\"}"}, {"\xff", NULL});
    expect("GET", "/v1/path/string/%zz", "", "400 path: malformed percent-encoding");
    expect("GET", "/v1/path/string/%4", "", "400 path: malformed percent-encoding");
    expect("GET", "/v1/path/string/%", "", "400 path: malformed percent-encoding");
    expect("GET", "/v1/files/a/%zz", "", "400 path: malformed percent-encoding");
    expect("GET", "/v1/files/a/%FF", "", "400 path variable rest");
    expect("GET", "/v1/path/string/", "", "404 ");
    /* Several segments: all is decoded but the slash, which stays as it was written, in either case. */
    expect("GET", "/v1/files/%61%2Fb%2fc%20%252F", "", "{\"rest\":\"a%2Fb%2fc %2F\"}");
    expect("GET", "/v1/shelves/1%2F/books/%32", "", "{\"name\":\"shelves/1%2F/books/2\"}");
    expect("GET", "/v1/shelves/1%2Fbooks/2", "", "404 ");
    expect("GET", "/v1/files", "", "{}");
    expect("GET", "/v1/files/", "", "{}");
    expect("GET", "/v1/trees/roots", "", "{\"rest\":\"roots\"}");
    /* A long value in one segment. */
    struct buf target;
    buf_init(&target, 1 << 20);
    buf_append_cstr(&target, "/v1/path/int32/");
    for (size_t i = 0; i < 65536; i++)
        buf_append_byte(&target, '7');
    expect("GET", (const char *)target.data, "", "400 path variable int32_value");
    memcpy(target.data, "/v1/path/string", 15); /* one slash further on */
    target.data[15] = '/';
    expect_length("GET", buf_span(&target), 65535);
    buf_fini(&target);
}

/* ---- bodies */

static void test_body_fields(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"messages", "[{\"text\":\"a\"},{}]", "{\"messages\":[{\"text\":\"a\"},{}]}"},
        {"messages", "[]", "{}"},
        {"messages", "{}", NULL},
        {"messages", "null", NULL},
        {"strings", "[\"a\",\"\"]", "{\"strings\":[\"a\",\"\"]}"},
        {"strings", "\"a\"", NULL},
        {"map", "{\"a\":\"b\"}", "{\"byString\":{\"a\":\"b\"}}"},
        {"map", "[]", NULL},
        {"string", "\"text\"", "{\"stringValue\":\"text\"}"},
        {"string", "5", NULL},
        {"string", "null", NULL},
        {"number", "5", "{\"int64Value\":\"5\"}"},
        {"number", "\"5\"", "{\"int64Value\":\"5\"}"},
        {"number", "0", "{}"},
        {"number", "5.5", NULL},
        {"enum", "\"RED\"", "{\"enumValue\":\"RED\"}"},
        {"enum", "1", "{\"enumValue\":\"RED\"}"},
        {"enum", "RED", NULL},
        {"bytes", "\"YQ\"", "{\"bytesValue\":\"YQ==\"}"},
        {"timestamp", "\"2020-01-01T00:00:00Z\"", "{\"timestamp\":\"2020-01-01T00:00:00Z\"}"},
        {"timestamp", "{}", NULL},
        {"struct", "{\"a\":null}", "{\"struct\":{\"a\":null}}"},
        {"self", "{\"self\":{\"int32Value\":1}}", "{\"self\":{\"self\":{\"int32Value\":1}}}"},
        {"self", "{}", "{\"self\":{}}"},
        {"self", "", "{}"},
        {"self", " \r\n\t{} ", "{\"self\":{}}"},
        {"self", "\xef\xbb\xbf{}", NULL},
        {"self", " ", NULL},
        {"self", "null", NULL},
        {"self", "{}}", NULL},
        {"self", "{} {}", NULL},
        {"self", "a=b", NULL},
        {"self", "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na\r\n--x--\r\n", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char target[64];
        snprintf(target, sizeof target, "/v1/body/%s", rows[i][0]);
        expect("POST", target, rows[i][1], rows[i][2] ? rows[i][2] : "400 request body: at $");
    }
    expect("POST", "/v1/body/oneof?other_string=s", "{}", "{\"choiceMessage\":{},\"otherString\":\"s\"}");
    expect("POST", "/v1/body/oneof?choice_string=s", "", "{\"choiceString\":\"s\"}");
    expect("POST", "/v1/body/oneof?choice_string=s", "{}",
           "400 query parameter \"choice_string\": another member of the same oneof is in the body");
    expect("POST", "/v1/echo", "[]", "400 request body: at $ (offset 0): expected an object, found an array");
    expect("POST", "/v1/echo", "null", "400 request body");
    expect("POST", "/v1/echo", "\"x\"", "400 request body");
    expect("POST", "/v1/echo", "1", "400 request body");
    expect("POST", "/v1/shelves/1/books/2:touch?reason=r", "{}", "400 this method takes no request body");
    expect("POST", "/v1/echo", "{\"int32Value\":1", "400 request body: at $ (offset 15)");
}

/* A field of the path that the body has, too: the path's value, whatever the spelling in the body. */
static void test_body_and_path(void **state)
{
    (void)state;
    struct router *usual = use_rules("\"post\": \"/two/{string_value}/{int64_value}\", \"body\": \"*\"");
    static const char *const spellings[] = {"{\"stringValue\":\"b\",\"int64Value\":\"5\"}",
                                            "{\"string_value\":\"b\",\"int64_value\":5}",
                                            "{\"string_value\":\"\",\"int64Value\":0}",
                                            "{\"string_value\":null,\"int64_value\":null}",
                                            "{\"string_value\":\"a\",\"int64_value\":4294967301}",
                                            "{}"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        expect("POST", "/two/a/4294967301", spellings[i], "{\"int64Value\":\"4294967301\",\"stringValue\":\"a\"}");
    expect("POST", "/two/a/0", "{\"int64Value\":5,\"int32Value\":6}", "{\"int32Value\":6,\"stringValue\":\"a\"}");
    use_rules_end(usual);
    usual = use_rules("\"post\": \"/two/{message_value.text}/{choice_string}\", \"body\": \"*\"");
    expect("POST", "/two/a/c", "{\"message_value\":{\"text\":\"b\",\"number\":1},\"choiceInt32\":5}",
           "{\"messageValue\":{\"text\":\"a\",\"number\":1},\"choiceString\":\"c\"}");
    expect("POST", "/two/a/c", "{\"messageValue\":null,\"choice_string\":\"d\"}",
           "{\"messageValue\":{\"text\":\"a\"},\"choiceString\":\"c\"}");
    use_rules_end(usual);
    static const char *const bodies[] = {"{}", "{\"text\":\"b\"}", "{\"text\":null}", "{\"text\":\"\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        expect("POST", "/v1/streams/a:collect", bodies[i], "{\"text\":\"a\"}");
    expect("PUT", "/v1/shelves/1/books/2?page_size=3", "{\"name\":\"own\"}",
           "{\"name\":\"shelves/1/books/2\",\"book\":{\"name\":\"own\"},\"pageSize\":3}");
    expect("PATCH", "/v1/shelves/1/books/2", "{\"name\":\"other\",\"tags\":[\"t\"]}",
           "{\"book\":{\"name\":\"shelves/1/books/2\",\"tags\":[\"t\"]}}");
    expect("PATCH", "/v1/shelves/1/books/2", "", "{\"book\":{\"name\":\"shelves/1/books/2\"}}");
    expect("PATCH", "/v1/shelves/1/books/2", "{\"name\":5}", "400 request body: at $.name");
    /* 64 bits in path and query stay what they are. */
    expect("GET", "/v1/path/int64/4294967301?uint64Value=4294967301", "",
           "{\"int64Value\":\"4294967301\",\"uint64Value\":\"4294967301\"}");
}

/* ---- methods and additional bindings */

static void test_methods(void **state)
{
    (void)state;
    expect("HEAD", "/v1/custom/head/x", "", "{\"name\":\"x\"}");
    expect("GET", "/v1/custom/head/x", "", "405 this path is bound to other HTTP methods: HEAD");
    expect("PROPFIND", "/v1/custom/propfind/x", "{\"number\":1}", "{\"name\":\"x\",\"number\":1}");
    expect("OPTIONS", "/v1/custom/options/x", "", "{\"name\":\"x\"}");
    expect("OPTIONS", "/v1/reservations/x", "", "405 ");
    expect("HEAD", "/v1/reservations/x", "", "405 ");
    expect("HEAD", "/v1/downloads/x", "", "405 this path is bound to other HTTP methods: GET");
    expect("get", "/v1/reservations/x", "", "405 ");
    expect("", "/v1/reservations/x", "", "405 ");
    expect("*", "/v1/reservations/x", "", "405 ");
    expect("*", "/v1/custom/any/x", "", "{\"name\":\"x\"}");
    expect("get", "/v1/custom/any/x", "", "{\"name\":\"x\"}");
    expect("DELETE", "/v1/shelves/1/books/2", "{}", "400 this method takes no request body");
    expect("DELETE", "/v1/shelves/1/books/2", "", "{\"name\":\"shelves/1/books/2\"}");
    expect("CONNECT", "/v1/reservations/x", "", "405 ");
    expect("TRACE", "/v1/reservations/x", "", "405 ");
    /* The gRPC path of a method is no binding of it. */
    expect("POST", "/reservations.v1.ReservationService/GetReservation", "{\"id\":\"x\"}", "404 ");
    expect("POST", "/transcheck.v1.UnboundService/Unbound", "{}", "404 ");
    expect("GET", "/v1/ping", "", "{}");
}

static void test_additional_bindings(void **state)
{
    (void)state;
    expect("POST", "/v1/echo", "{\"int32Value\":1}", "{\"int32Value\":1}");
    expect("GET", "/v1/echo?int32Value=1", "", "{\"int32Value\":1}");
    expect("POST", "/v1/echo?int32Value=1", "", "400 ");
    expect("GET", "/v1/echo", "{}", "400 this method takes no request body");
    expect("GET", "/v1/names/x?camelCaseName=y", "", "{\"snakeCaseName\":\"x\",\"camelCaseName\":\"y\"}");
    expect("GET", "/v1/names?snakeCaseName=x", "", "{\"snakeCaseName\":\"x\"}");
    expect("GET", "/v1/names/x?snakeCaseName=x", "", "400 ");
    expect("GET", "/v1/archives/1/shelves/2/books/3", "", "{\"name\":\"archives/1/shelves/2/books/3\"}");
    /* Nothing in the message tells the binding. */
    expect_length("GET", span_cstr("/v1/path/string/abc"), 3);
    expect_length("GET", span_cstr("/v1/path/any/abc/end"), 3);
    expect_length("GET", span_cstr("/v1/echo?stringValue=abc"), 3);
    expect("GET", "/v1/streams/a", "", "{\"topic\":\"a\"}");
    expect("POST", "/v1/streams:watch", "{\"topic\":\"a\"}", "{\"topic\":\"a\"}");
}

static void test_odd_paths(void **state)
{
    (void)state;
    static const char *const lost[] = {"/v1/reservations/../reservations/x",
                                       "/v1/./reservations",
                                       "/v1//reservations",
                                       "/V1/reservations",
                                       "/v1/reservations#x",
                                       "/v1/%2e%2e/v1/reservations",
                                       "/v1/reservations\xff",
                                       "/v1%2Freservations",
                                       "*",
                                       ""};
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
        expect("GET", lost[i], "", "404 ");
    expect("GET", "/v1/r%65servations", "", "{}");
    expect("GET", "/v1/odd/with%2Ddash_and%2edot~tilde", "", "{}");
    expect("GET", "/v1/reservations?", "", "{}");
    expect("GET", "/v1/reservations?room=/x:y?z", "", "{\"room\":\"/x:y?z\"}");
    expect("GET", "/v1/reservations/..", "", "{\"id\":\"..\"}"); /* a segment as any other */
    expect("GET", "/v1/reservations/%2e", "", "{\"id\":\".\"}");
    expect("GET", "/v1/reservations??room=x", "", "400 query parameter");
    expect("GET", "/v1/routes/a:b:inspect", "", "{\"name\":\"a:b\"}");
    expect("GET", "/v1/routes/a:inspect:b", "", "{\"name\":\"a:inspect:b\"}");
    expect("GET", "/v1/routes/a:", "", "{\"name\":\"a:\"}");
    expect("GET", "/v1/routes/a%3Ainspect", "", "{\"name\":\"a:inspect\"}");
    expect("GET", "/v1/routes/2020-01-01T10:00:00Z", "", "{\"name\":\"2020-01-01T10:00:00Z\"}");
}

/* ---- response bodies */

static void expect_response(const char *path, const char *hex, const char *want)
{
    static const struct transcode_options options;
    static struct router_match match;
    struct arena arena;
    struct buf wire;
    struct buf out;
    struct err err;
    struct span type;
    arena_init(&arena, 1 << 20);
    buf_init(&wire, 1 << 16);
    buf_init(&out, 1 << 16);
    assert_int_equal(hex_decode(&wire, span_cstr(hex), &err), ERR_OK);
    assert_int_equal(
        router_match(transcode_fixture.router, LENIENCY_NONE, span_cstr("GET"), span_cstr(path), &arena, &match),
        ROUTER_MATCHED);
    enum err_code code = transcode_response(&out, &type, match.binding, buf_span(&wire), &options, &arena, &err);
    assert_int_equal(code == ERR_OK, want != NULL);
    if (want && !span_is(buf_span(&out), want))
        fail_msg("%s %s gives %.*s", path, hex, SPAN_FMT(buf_span(&out)));
    assert_int_equal(type.len, 0);
    buf_fini(&out);
    buf_fini(&wire);
    arena_fini(&arena);
}

static void test_response_fields(void **state)
{
    (void)state;
    expect_response("/v1/response/message", "8a01030a0161 1801", "{\"text\":\"a\"}");
    expect_response("/v1/response/message", "1801", "null");
    expect_response("/v1/response/message", "8a0100", "{}");
    expect_response("/v1/response/strings", "b2030161 b20300", "[\"a\",\"\"]");
    expect_response("/v1/response/strings", "", "[]");
    expect_response("/v1/response/messages", "ca0300 ca03030a0161", "[{},{\"text\":\"a\"}]");
    expect_response("/v1/response/messages", "", "[]");
    expect_response("/v1/response/string", "720161", "\"a\"");
    expect_response("/v1/response/string", "", "\"\"");
    expect_response("/v1/response/number", "2005", "\"5\"");
    expect_response("/v1/response/enum", "800102", "\"GREEN\"");
    expect_response("/v1/response/enum", "", "\"COLOR_UNSPECIFIED\"");
    expect_response("/v1/response/map", "c204060a0161120162", "{\"a\":\"b\"}");
    expect_response("/v1/response/map", "", "{}");
    expect_response("/v1/response/timestamp", "f2080208 01", "\"1970-01-01T00:00:01Z\"");
    /* Each message of a stream by itself; another binding of the same method gives the whole. */
    expect_response("/v1/response/stream", "8a01030a0161", "{\"text\":\"a\"}");
    expect_response("/v1/response/whole", "8a01030a0161", "{\"messageValue\":{\"text\":\"a\"}}");
    expect_response("/v1/response/message", "8a01050a0161", NULL);
    expect_response("/v1/response/strings", "b20301ff", NULL);
    expect_response("/v1/ping", "", "{}");
}

static void test_more_response_fields(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"bool_value", "6801", "true"},
        {"bool_value", "", "false"},
        {"double_value", "09000000000000f83f", "1.5"},
        {"bytes_value", "7a02fbff", "\"+/8=\""},
        {"optional_int32", "b80100", "0"},
        {"optional_int32", "", "null"},
        {"int64_wrapper", "c20900", "\"0\""},
        {"int64_wrapper", "", "null"},
        {"string_wrapper", "ea09030a0161", "\"a\""},
        {"duration", "fa08020803", "\"3s\""},
        {"struct", "8a0900", "{}"},
        {"struct", "", "null"},
        {"value", "9209020800", "null"},
        {"value", "92090b2a090a070a016112022001", "{\"a\":true}"},
        {"list_value", "9a0900", "[]"},
        {"int32s", "da02020102", "[1,2]"},
        {"to_message", "8206070a016112021002", "{\"a\":{\"number\":2}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char rule[128];
        snprintf(rule, sizeof rule, "\"get\": \"/answer\", \"response_body\": \"%s\"", rows[i][0]);
        struct router *usual = use_rules(rule);
        expect_response("/answer", rows[i][1], rows[i][2]);
        use_rules_end(usual);
    }
}

/* Messages of google.rpc have no JSON form of their own. */
static void test_ordinary_messages(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"google.rpc.RetryInfo", "{\"retryDelay\":\"1s\"}"},
                                          {"google.rpc.BadRequest", "{\"fieldViolations\":[{\"field\":\"a\"}]}"},
                                          {"google.rpc.Status", "{\"code\":5,\"message\":\"m\"}"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct schema_message *type = schema_message_find(transcode_fixture.schema, span_cstr(rows[i][0]));
        struct arena arena;
        struct buf wire;
        struct buf json;
        arena_init(&arena, 1 << 16);
        buf_init(&wire, 1 << 10);
        buf_init(&json, 1 << 10);
        assert_non_null(type);
        assert_int_equal(json_to_proto(&wire, type, span_cstr(rows[i][1]), NULL, &arena, NULL), ERR_OK);
        assert_int_equal(proto_to_json(&json, type, buf_span(&wire), NULL, &arena, NULL), ERR_OK);
        assert_string_equal((const char *)json.data, rows[i][1]);
        buf_fini(&json);
        buf_fini(&wire);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_integers),     cmocka_unit_test(test_path_other_types),
        cmocka_unit_test(test_path_texts),        cmocka_unit_test(test_body_fields),
        cmocka_unit_test(test_body_and_path),     cmocka_unit_test(test_methods),
        cmocka_unit_test(test_odd_paths),         cmocka_unit_test(test_additional_bindings),
        cmocka_unit_test(test_response_fields),   cmocka_unit_test(test_more_response_fields),
        cmocka_unit_test(test_ordinary_messages),
    };
    return cmocka_run_group_tests(tests, transcode_fixture_setup, transcode_fixture_teardown);
}
