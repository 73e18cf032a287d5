/* Tests of whole requests and responses through a route. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/embed.h"
#include "harness/engine/http_rule/query.h"
#include "harness/engine/transcode/transcode.h"
#include "harness/engine/proto/wire.h"
#include "harness/base/tests/guard.h"

static struct schema *schema;
static struct router *router;

static int set_up(void **state)
{
    (void)state;
    struct span bytes;
    struct err err;
    if (!embed_find("descriptors.pb", &bytes) || schema_new(&schema, bytes, &err) != ERR_OK ||
        router_new(&router, schema, NULL, &err) != ERR_OK)
        return -1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    router_free(router);
    schema_free(schema);
    return 0;
}

/* `want`: the request message as canonical JSON, or the beginning of an error as "400 ...". */
static void expect_with(const struct transcode_options *options, const char *method, const char *target,
                        const char *body, const char *want)
{
    struct arena arena;
    struct buf message;
    struct buf json;
    struct err err = {.text = ""};
    struct transcode_request request;
    char got[2048];
    arena_init(&arena, 4 << 20);
    buf_init(&message, 1 << 20);
    buf_init(&json, 1 << 20);
    static const int status[] = {200, 404, 405, 400, 500};
    enum transcode_result result =
        transcode_request(&request, &message, router, span_cstr(method), span_cstr(target),
                          span_cstr("application/octet-stream"), span_cstr(body), options, &arena, &err);
    if (result == TRANSCODE_OK) {
        if (proto_to_json(&json, request.match.binding->method->input, buf_span(&message), &options->json, &arena,
                          &err) != ERR_OK)
            fail_msg("%s: %s", target, err.text);
        snprintf(got, sizeof got, "%.*s", SPAN_FMT(buf_span(&json)));
    } else {
        snprintf(got, sizeof got, "%d %s", status[result], err.text);
    }
    if (result == TRANSCODE_OK ? strcmp(got, want) != 0 : strncmp(got, want, strlen(want)) != 0)
        fail_msg("%s %s %s\n gives %s\n not   %s", method, target, body, got, want);
    buf_fini(&json);
    buf_fini(&message);
    arena_fini(&arena);
}

static void expect(const char *method, const char *target, const char *body, const char *want)
{
    static const struct transcode_options options;
    expect_with(&options, method, target, body, want);
}

static void test_routes(void **state)
{
    (void)state;
    expect("GET", "/v1/reservations/7", "", "{\"id\":\"7\"}");
    expect("GET", "/v1/reservations/7?", "", "{\"id\":\"7\"}");
    expect("GET", "/v1/reservations/ID/blabla", "", "404 ");
    expect("PUT", "/v1/reservations/7", "", "405 this path is bound to other HTTP methods: GET, DELETE");
    expect("GET", "/v1/reservations/%2Fa%20b%E2%82%AC", "", "{\"id\":\"/a b\xe2\x82\xac\"}");
    expect("GET", "/v1/reservations/%2525", "", "{\"id\":\"%25\"}");
    expect("GET", "/v1/reservations/%zz", "", "400 path: malformed");
    expect("GET", "/v1/reservations/%FF", "", "400 path variable id");
    expect("GET", "/v1/path/int32/x1", "", "400 path variable int32_value");
    expect("GET", "/v1/path/deep/x", "", "{\"messageValue\":{\"child\":{\"child\":{\"text\":\"x\"}}}}");
    expect("GET", "/v1/path/optional/0", "", "{\"optionalInt32\":0}");
    expect("GET", "/v1/path/two/x/and/3", "", "{\"messageValue\":{\"text\":\"x\",\"number\":3}}");
    expect("GET", "/v1/files/a%2Fb/c", "", "{\"rest\":\"a%2Fb/c\"}");
}

static void test_bodies(void **state)
{
    (void)state;
    expect("POST", "/v1/reservations", "{\"title\":\"t\",\"attendees\":[{\"ssn\":\"1\"},{}]}",
           "{\"reservation\":{\"title\":\"t\",\"attendees\":[{\"ssn\":\"1\"},{}]}}");
    expect("POST", "/v1/reservations", "{}", "{\"reservation\":{}}");
    expect("POST", "/v1/reservations", "", "{}");
    expect("POST", "/v1/reservations", "{", "400 request body");
    expect("POST", "/v1/reservations", "{} x", "400 request body");
    expect("POST", "/v1/reservations", "[]", "400 request body");
    expect("POST", "/v1/reservations", "{\"nothing\":1}", "400 request body");
    expect("GET", "/v1/reservations/7", "{}", "400 this method takes no request body");
    expect("POST", "/v1/echo", "{\"int32Value\":5}", "{\"int32Value\":5}");
    expect("POST", "/v1/echo", "", "{}");
    expect("POST", "/v1/body/strings", "[\"a\",\"b\"]", "{\"strings\":[\"a\",\"b\"]}");
    expect("POST", "/v1/body/number", "\"12\"", "{\"int64Value\":\"12\"}");
    expect("POST", "/v1/body/message/x", "{\"text\":\"y\"}",
           "{\"stringValue\":\"x\",\"messageValue\":{\"text\":\"y\"}}");
    /* The path wins over the body. */
    expect("POST", "/v1/shelves/1/books/2:cancel", "{\"name\":\"other\",\"reason\":\"r\"}",
           "{\"name\":\"shelves/1/books/2\",\"reason\":\"r\"}");
    expect("PATCH", "/v1/shelves/1/books/2", "{\"name\":\"other\",\"title\":\"t\"}",
           "{\"book\":{\"name\":\"shelves/1/books/2\",\"title\":\"t\"}}");
    /* HttpBody takes the bytes as they are. */
    expect("POST", "/v1/raw:upload", "{x", "{\"contentType\":\"application/octet-stream\",\"data\":\"e3g=\"}");
    expect("POST", "/v1/uploads/n?part=2", "ab",
           "{\"name\":\"n\",\"part\":2,\"file\":{\"contentType\":\"application/octet-stream\",\"data\":\"YWI=\"}}");
    expect("POST", "/v1/uploads/n?file.data=YQ", "ab", "400 query parameter \"file.data\": this field is in the body");
    expect("POST", "/v1/raw:upload?data=YQ", "ab", "400 query parameter \"data\": every field");
}

/* The content type of an upload is a string of the message: valid UTF-8, or none at all. */
static void test_upload_content_type(void **state)
{
    (void)state;
    static const struct transcode_options options;
    static const struct {
        const char *target;
        const char *content_type;
        const char *wire; /* NULL: refused */
    } rows[] = {{"/v1/raw:upload", "t", "\x0a\x01t\x12\x01x"},
                {"/v1/raw:upload", "", "\x12\x01x"},
                {"/v1/raw:upload", "t\xff", NULL},
                {"/v1/uploads/n", "", "\x1a\x03\x12\x01x\x0a\x01n"},
                {"/v1/uploads/n", "t\xff", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct transcode_request request;
        struct arena arena;
        struct buf message;
        struct err err;
        arena_init(&arena, 1 << 20);
        buf_init(&message, 1 << 20);
        enum transcode_result result =
            transcode_request(&request, &message, router, span_cstr("POST"), span_cstr(rows[i].target),
                              span_cstr(rows[i].content_type), span_cstr("x"), &options, &arena, &err);
        assert_int_equal(result, rows[i].wire ? TRANSCODE_OK : TRANSCODE_BAD_REQUEST);
        if (rows[i].wire)
            assert_true(span_is(buf_span(&message), rows[i].wire));
        buf_fini(&message);
        arena_fini(&arena);
    }
}

static void test_queries(void **state)
{
    (void)state;
    expect("GET", "/v1/reservations?room=atrium", "", "{\"room\":\"atrium\"}");
    expect("GET", "/v1/reservations?attendees.lastName=Richie&attendees.lastName=Kruger", "",
           "{\"attendees\":{\"lastName\":[\"Richie\",\"Kruger\"]}}");
    expect("GET", "/v1/echo?int32Value=1&int64_value=2&strings=a&strings=b&enums=1", "",
           "{\"int32Value\":1,\"int64Value\":\"2\",\"strings\":[\"a\",\"b\"],\"enums\":[\"RED\"]}");
    expect("GET", "/v1/echo?messageValue.child.text=a%26b+c", "",
           "{\"messageValue\":{\"child\":{\"text\":\"a&b+c\"}}}");
    expect("GET", "/v1/echo?boolWrapper=true&duration=1.5s", "", "{\"duration\":\"1.500s\",\"boolWrapper\":true}");
    expect("GET", "/v1/reservations?room", "", "{}");
    expect("GET", "/v1/reservations?room=", "", "{}");
    expect("GET", "/v1/reservations?nothing=1", "", "400 query parameter \"nothing\": no such field");
    expect("GET", "/v1/reservations?room=a&room=b", "",
           "400 query parameter \"room\": this field is given more than once");
    expect("GET", "/v1/echo?choiceString=a&choiceInt32=1", "", "400 query parameter \"choiceInt32\": another member");
    expect("GET", "/v1/echo?messageValue=1", "", "400 query parameter \"messageValue\"");
    expect("GET", "/v1/echo?messages=1", "", "400 query parameter \"messages\"");
    expect("GET", "/v1/echo?messages.text=1", "", "400 query parameter \"messages.text\": a field path goes through");
    expect("GET", "/v1/echo?byString=1", "", "400 query parameter");
    expect("GET", "/v1/echo?int32Value=x", "", "400 query parameter \"int32Value\"");
    expect("GET", "/v1/echo?int32Value=", "", "400 query parameter \"int32Value\"");
    expect("GET", "/v1/echo?stringValue.x=1", "", "400 query parameter \"stringValue.x\": no such field");
    expect("GET", "/v1/echo?stringValue=%FF", "", "400 query parameter");
    expect("GET", "/v1/echo?.=1", "", "400 query parameter");
    expect("GET", "/v1/echo?=1", "", "400 query parameter");
    expect("GET", "/v1/path/string/x?stringValue=y", "", "400 query parameter \"stringValue\": this field is bound by");
    expect("GET", "/v1/path/nested/x?messageValue.text=y", "", "400 query parameter");
    /* A field as a whole and a part of it: of the two only one can be meant. */
    expect("GET", "/v1/echo?timestamp=1970-01-01T00:00:01Z&timestamp.seconds=2", "",
           "400 query parameter \"timestamp.seconds\": this field is given more than once");
    expect("GET", "/v1/echo?timestamp.seconds=2&timestamp=1970-01-01T00:00:01Z", "",
           "400 query parameter \"timestamp\": this field is given more than once");
    expect("GET", "/v1/echo?timestamp.seconds=2&timestamp.nanos=500000000", "",
           "{\"timestamp\":\"1970-01-01T00:00:02.500Z\"}");
    expect("GET", "/v1/echo?int32Wrapper.value=5", "", "{\"int32Wrapper\":5}");
    expect("GET", "/v1/path/nested/x?messageValue.number=1", "", "{\"messageValue\":{\"text\":\"x\",\"number\":1}}");
    expect("GET", "/v1/path/choice/x?choiceInt32=1", "", "400 query parameter \"choiceInt32\": another member");
    expect("POST", "/v1/echo?int32Value=1", "{}", "400 query parameter \"int32Value\": every field");
    expect("POST", "/v1/shelves/1/books?book.title=x", "{}",
           "400 query parameter \"book.title\": this field is in the body");
    expect("POST", "/v1/shelves/1/books?reason=x", "{}", "{\"name\":\"shelves/1\",\"reason\":\"x\",\"book\":{}}");
    expect("POST", "/v1/shelves/1/books/2:touch?reason=x", "", "{\"name\":\"shelves/1/books/2\",\"reason\":\"x\"}");
}

/* Every type that a query parameter may have, and all that it may not. */
static const char *const query_good[][2] = {
    {"doubleValue=1e3", "\"doubleValue\":1000"},
    {"doubleValue=NaN", "\"doubleValue\":\"NaN\""},
    {"floatValue=-Infinity", "\"floatValue\":\"-Infinity\""},
    {"int32Value=-2147483648", "\"int32Value\":-2147483648"},
    {"int64Value=1.0", "\"int64Value\":\"1\""},
    {"uint32Value=4294967295", "\"uint32Value\":4294967295"},
    {"uint64Value=18446744073709551615", "\"uint64Value\":\"18446744073709551615\""},
    {"sint32Value=-1", "\"sint32Value\":-1"},
    {"sint64Value=-1", "\"sint64Value\":\"-1\""},
    {"fixed32Value=1", "\"fixed32Value\":1"},
    {"fixed64Value=1", "\"fixed64Value\":\"1\""},
    {"sfixed32Value=-1", "\"sfixed32Value\":-1"},
    {"sfixed64Value=-1", "\"sfixed64Value\":\"-1\""},
    {"boolValue=true&optionalBool=false", "\"boolValue\":true,\"optionalBool\":false"},
    {"string_value=%E2%82%AC", "\"stringValue\":\"\xe2\x82\xac\""},
    {"stringValue=null", "\"stringValue\":\"null\""},
    {"stringValue=a=b;c=d%26e%3Df", "\"stringValue\":\"a=b;c=d&e=f\""},
    {"stringValue=%2541", "\"stringValue\":\"%41\""},
    {"stringValue=%zz%4", "\"stringValue\":\"%zz%4\""},
    {"bytesValue=-_8", "\"bytesValue\":\"+/8=\""},
    {"bytesValue=%2B/8=", "\"bytesValue\":\"+/8=\""},
    {"enumValue=GREEN", "\"enumValue\":\"GREEN\""},
    {"enumValue=77", "\"enumValue\":77"},
    {"aliasedValue=SECOND_NAME", "\"aliasedValue\":\"FIRST_NAME\""},
    {"optionalInt32=0", "\"optionalInt32\":0"},
    {"optionalString=", "\"optionalString\":\"\""},
    {"optionalString", "\"optionalString\":\"\""},
    {"messageValue.kind=FANCY", "\"messageValue\":{\"kind\":\"FANCY\"}"},
    {"messageValue%2Etext=x", "\"messageValue\":{\"text\":\"x\"}"},
    {"message_value.child.text=x", "\"messageValue\":{\"child\":{\"text\":\"x\"}}"},
    {"int32s=1&int32s=2&int32s=1", "\"int32s\":[1,2,1]"},
    {"unpackedInt32s=1&unpackedInt32s=2", "\"unpackedInt32s\":[1,2]"},
    {"timestamp=2020-02-29T00:00:00%2B01:00", "\"timestamp\":\"2020-02-28T23:00:00Z\""},
    {"duration=-1.5s", "\"duration\":\"-1.500s\""},
    {"fieldMask=a,bC.d", "\"fieldMask\":\"a,bC.d\""},
    {"fieldMask.paths=a_b&fieldMask.paths=c", "\"fieldMask\":\"aB,c\""},
    {"doubleWrapper=1.5", "\"doubleWrapper\":1.5"},
    {"int64Wrapper=0", "\"int64Wrapper\":\"0\""},
    {"stringWrapper=", "\"stringWrapper\":\"\""},
    {"bytesWrapper=YQ", "\"bytesWrapper\":\"YQ==\""},
    {"floatWrapper=1.5&uint64Wrapper=1&int32Wrapper=-1",
     "\"floatWrapper\":1.5,\"uint64Wrapper\":\"1\",\"int32Wrapper\":-1"},
    {"uint32Wrapper=0&boolWrapper=false", "\"uint32Wrapper\":0,\"boolWrapper\":false"},
    {"any.typeUrl=x/google.protobuf.Duration&any.value=CAM",
     "\"any\":{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"3s\"}"},
    {"timestamps=1970-01-01T00:00:00Z&timestamps=1970-01-01T00:00:01Z",
     "\"timestamps\":[\"1970-01-01T00:00:00Z\",\"1970-01-01T00:00:01Z\"]"},
    {"choiceString=", "\"choiceString\":\"\""},
    {"strings=a,b", "\"strings\":[\"a,b\"]"},
};

static const char *const query_bad[] = {
    "int32Value=2147483648",
    "uint32Value=-1",
    "int32Value=1.5",
    "int32Value=0x1",
    "int32Value=+1",
    "int32Value=01",
    "int32Value=%201",
    "int32Value=null",
    "int32Value",
    "boolValue=1",
    "boolValue=TRUE",
    "boolValue=null",
    "boolValue=",
    "boolValue",
    "bytesValue=*",
    "enumValue=green",
    "enumValue=PURPLE",
    "enumValue=",
    "doubleValue=nan",
    "doubleValue=",
    "floatValue=1e39",
    "timestamp=2020-02-30T00:00:00Z",
    "timestamp=0",
    "timestamp=",
    "duration=1h",
    "fieldMask=a_b",
    "boolWrapper=1",
    "int64Wrapper=",
    "stringValue=%ff",
    "stringValue=\xff",
    "stringValue=%E2%82",
    "stringWrapper=%ff",
    "strings=%ff",
    "%ff=x",
    "messageValue=x",
    "messageValue=",
    "messages=x",
    "messages.text=x",
    "toInt32=x",
    "toInt32.key=x",
    "toInt32[a]=1",
    "any=x",
    "any.typeUrl=x&any=y",
    "struct=%7B%7D",
    "value=1",
    "listValue=[]",
    "empty=",
    "empty={}",
    "nothing=x",
    "messageValue.nothing=x",
    "$alt=json",
    "key=x",
    "self=x",
    "selves.int32Value=1",
    "strings[]=a",
    "strings[0]=a",
    "int32s=1,2",
    "int32s[]=1",
    "messageValue..text=x",
    ".messageValue.text=x",
    "messageValue.text.=x",
    "stringvalue=x",
    "STRINGVALUE=x",
    "choiceInt32=1&choiceString=a",
    "choiceInt32=1&choiceInt32=1",
    "messageValue.number=1&messageValue.number=1",
    "messageValue.text=x&message_value.text=x",
};

static void test_query_types(void **state)
{
    (void)state;
    char target[256];
    char want[256];
    for (size_t i = 0; i < sizeof query_good / sizeof *query_good; i++) {
        snprintf(target, sizeof target, "/v1/echo?%s", query_good[i][0]);
        snprintf(want, sizeof want, "{%s}", query_good[i][1]);
        expect("GET", target, "", want);
    }
    for (size_t i = 0; i < sizeof query_bad / sizeof *query_bad; i++) {
        snprintf(target, sizeof target, "/v1/echo?%s", query_bad[i]);
        expect("GET", target, "", "400 query");
    }
    /* proto2: through a group, but not a group itself. */
    expect("GET", "/v1/legacy/x?cluster.text=a&cluster.numbers=1", "",
           "{\"name\":\"x\",\"cluster\":{\"text\":\"a\",\"numbers\":[1]}}");
    expect("GET", "/v1/legacy/x?cluster=a", "", "400 query");
    expect("GET", "/v1/legacy/x?closed=3", "", "400 query");
    expect("GET", "/v1/legacy/x?extra_text=a", "", "400 query");
    expect("GET", "/v1/legacy/x?[transcheck.v1.extra_text]=a", "", "400 query");
    expect("GET", "/v1/names?a%20name%20of%20its%20own=x&snakeCaseName=y&camelCaseName=z", "",
           "{\"snakeCaseName\":\"y\",\"camelCaseName\":\"z\",\"a name of its own\":\"x\"}");
    expect("GET", "/v1/names?snake%5Fcase_name=y", "", "{\"snakeCaseName\":\"y\"}");
    expect("GET", "/v1/names?renamed=x", "", "{\"a name of its own\":\"x\"}");
    expect("GET", "/v1/names?second_of_two=x", "", "{\"second_of_two\":\"x\"}");
    expect("GET", "/v1/names?snake_case_name=y&snakeCaseName=z", "", "400 query");
}

/* The order of the parameters decides nothing but the order in lists. */
static void test_query_order(void **state)
{
    (void)state;
    static const char want[] = "{\"messageValue\":{\"text\":\"a\",\"number\":1},\"choiceMessage\":{\"number\":2}}";
    static const char *const orders[] = {"012", "021", "102", "120", "201", "210"};
    static const char *const parts[] = {"messageValue.text=a", "messageValue.number=1", "choiceMessage.number=2"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        char target[160];
        snprintf(target, sizeof target, "/v1/echo?%s&%s&%s", parts[orders[i][0] - '0'], parts[orders[i][1] - '0'],
                 parts[orders[i][2] - '0']);
        expect("GET", target, "", want);
    }
    expect("GET", "/v1/echo?choiceMessage.number=2&choiceBool=true", "", "400 query parameter \"choiceBool\"");
    expect("GET", "/v1/echo?choiceBool=true&choiceMessage.number=2", "",
           "400 query parameter \"choiceMessage.number\"");
}

/* `pieces`: the parts of the body, ended by NULL. `want`: the messages as canonical JSON, one after another. */
static void expect_stream(const char *target, const char *const *pieces, const char *want)
{
    static const struct transcode_options options;
    struct arena arena;
    struct buf message;
    struct buf json;
    struct err err;
    struct transcode_request request;
    arena_init(&arena, 1 << 20);
    buf_init(&message, 1 << 20);
    buf_init(&json, 1 << 20);
    assert_int_equal(
        transcode_route(&request, router, LENIENCY_NONE, span_cstr("POST"), span_cstr(target), &arena, &err),
        TRANSCODE_OK);
    for (size_t i = 0; pieces[i]; i++) {
        buf_reset(&message);
        if (transcode_stream_message(&request, &message, i == 0, span_cstr("a/b"), span_cstr(pieces[i]), &options,
                                     &arena, &err) != TRANSCODE_OK) {
            buf_append_cstr(&json, "400");
            break;
        }
        assert_int_equal(
            proto_to_json(&json, request.match.binding->method->input, buf_span(&message), NULL, &arena, &err), ERR_OK);
    }
    assert_string_equal((const char *)json.data, want);
    buf_fini(&json);
    buf_fini(&message);
    arena_fini(&arena);
}

static void test_streamed_bodies(void **state)
{
    (void)state;
    static const char *const raw[] = {"{x", "", "\x01", NULL};
    static const char *const empty[] = {"", NULL};
    static const char *const items[] = {"{\"number\":\"1\",\"text\":\"own\"}", "{\"text\":\"own\"}", NULL};
    static const char *const bad[] = {"{}", "{", "{}", NULL};
    expect_stream("/v1/uploads/n:stream?part=2", raw,
                  "{\"name\":\"n\",\"part\":2,\"file\":{\"contentType\":\"a/b\",\"data\":\"e3g=\"}}{}"
                  "{\"file\":{\"data\":\"AQ==\"}}");
    expect_stream("/v1/uploads/n:stream", empty, "{\"name\":\"n\",\"file\":{\"contentType\":\"a/b\"}}");
    expect_stream("/v1/raw:uploadStream", empty, "{\"contentType\":\"a/b\"}");
    expect_stream("/v1/raw:uploadStream", raw, "{\"contentType\":\"a/b\",\"data\":\"e3g=\"}{}{\"data\":\"AQ==\"}");
    expect_stream("/v1/streams/t:collect", items, "{\"number\":\"1\",\"text\":\"t\"}{\"text\":\"own\"}");
    expect_stream("/v1/streams/t:collect", bad, "{\"text\":\"t\"}400");
    assert_true(transcode_body_is_raw(&(struct router_binding){
        .body_all = true, .method = schema_method_find(schema, span_cstr("transcheck.v1.HttpBodyService/EchoRaw"))}));
    assert_false(transcode_body_is_raw(&(struct router_binding){
        .body_all = true, .method = schema_method_find(schema, span_cstr("transcheck.v1.EchoService/Echo"))}));
    assert_false(transcode_body_is_raw(&(struct router_binding){
        .method = schema_method_find(schema, span_cstr("transcheck.v1.HttpBodyService/EchoRaw"))}));
}

static void test_options(void **state)
{
    (void)state;
    const struct transcode_options lenient = {
        .ignore_unknown_query = true, .query_plus_is_space = true, .json.ignore_unknown_fields = true};
    expect_with(&lenient, "GET", "/v1/reservations?nothing=1&room=a+b", "", "{\"room\":\"a b\"}");
    expect_with(&lenient, "POST", "/v1/echo?int32Value=1", "{\"x\":1}", "{}");
    expect_with(&lenient, "GET", "/v1/path/string/x?stringValue=y", "", "{\"stringValue\":\"x\"}");
}

/* Deep field paths end at the limit, and so do many parameters, of which each is looked at. */
static void test_limits(void **state)
{
    (void)state;
    static const struct transcode_options last_wins = {.json.lenient = {LENIENCY_BIT(LENIENCY_QUERY_LAST_WINS)}};
    struct buf target;
    struct buf want;
    buf_init(&target, 1 << 20);
    buf_init(&want, 1 << 10);
    buf_append_cstr(&target, "/v1/echo?self");
    buf_append_cstr(&want, "{\"self\":");
    for (size_t i = 2; i < QUERY_MAX_DEPTH; i++) {
        buf_append_cstr(&target, ".self");
        buf_append_cstr(&want, "{\"self\":");
    }
    size_t len = target.len;
    buf_append_cstr(&target, ".boolValue=true");
    buf_append_cstr(&want, "{\"boolValue\":true}");
    for (size_t i = 1; i < QUERY_MAX_DEPTH; i++)
        buf_append_cstr(&want, "}");
    expect("GET", (const char *)target.data, "", (const char *)want.data);
    target.len = len;
    buf_append_cstr(&target, ".self.boolValue=true");
    expect("GET", (const char *)target.data, "", "400 query parameter \"self.self");

    buf_reset(&target);
    buf_append_cstr(&target, "/v1/echo?");
    for (int i = 1; i < QUERY_MAX_PARAMETERS; i++)
        buf_append_cstr(&target, "choiceInt32=1&");
    len = target.len;
    buf_append_cstr(&target, "choiceInt32=2");
    expect("GET", (const char *)target.data, "", "400 query parameter \"choiceInt32\": this field is given more");
    expect_with(&last_wins, "GET", (const char *)target.data, "", "{\"choiceInt32\":2}");
    target.len = len;
    buf_append_cstr(&target, "int32Value=x");
    expect_with(&last_wins, "GET", (const char *)target.data, "", "400 query parameter \"int32Value\"");
    buf_append_cstr(&target, "&a=b");
    expect("GET", (const char *)target.data, "", "400 query: more than 10000 parameters");
    buf_fini(&want);
    buf_fini(&target);
}

static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char target[] =
        "/v1/path/two/%41%2F/and/3?messageValue.child.text=%E2%82%AC&strings=a&strings=b&choiceInt32=1";
    static const struct transcode_options options;
    struct guard guard;
    guard_init(&guard, 256);
    for (size_t len = 0; len < sizeof target; len++) {
        struct arena arena;
        struct buf message;
        struct err err;
        struct transcode_request request;
        arena_init(&arena, 1 << 20);
        buf_init(&message, 1 << 20);
        transcode_request(&request, &message, router, span_cstr("GET"), guard_place(&guard, span_of(target, len)),
                          span_of(NULL, 0), span_of(NULL, 0), &options, &arena, &err);
        buf_fini(&message);
        arena_fini(&arena);
    }
    guard_fini(&guard);
}

static void test_no_memory(void **state)
{
    (void)state;
    static const struct transcode_options options;
    for (size_t max = 0; max < 4096; max += 64) {
        struct arena arena;
        struct buf message;
        struct err err;
        struct transcode_request request;
        arena_init(&arena, max);
        buf_init(&message, max / 64);
        enum transcode_result result = transcode_request(&request, &message, router, span_cstr("GET"),
                                                         span_cstr("/v1/path/nested/x?strings=abc&strings=def"),
                                                         span_of(NULL, 0), span_of(NULL, 0), &options, &arena, &err);
        assert_true(result == TRANSCODE_OK || result == TRANSCODE_INTERNAL || result == TRANSCODE_BAD_REQUEST);
        buf_fini(&message);
        arena_fini(&arena);
    }
}

static const struct router_binding *binding_of(const char *method, const char *path)
{
    static struct router_match match;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    assert_int_equal(router_match(router, LENIENCY_NONE, span_cstr(method), span_cstr(path), &arena, &match),
                     ROUTER_MATCHED);
    arena_fini(&arena);
    return match.binding;
}

static void expect_response(const char *path, const void *wire, size_t len, const char *want, const char *want_type)
{
    static const struct transcode_options options;
    struct arena arena;
    struct buf out;
    struct err err;
    struct span type;
    arena_init(&arena, 1 << 20);
    buf_init(&out, 1 << 20);
    enum err_code code =
        transcode_response(&out, &type, binding_of("GET", path), span_of(wire, len), &options, &arena, &err);
    if (want) {
        assert_int_equal(code, ERR_OK);
        assert_true(span_is(buf_span(&out), want));
        assert_true(span_is(type, want_type));
    } else {
        assert_int_not_equal(code, ERR_OK);
    }
    buf_fini(&out);
    arena_fini(&arena);
}

static void test_responses(void **state)
{
    (void)state;
    expect_response("/v1/reservations/1", "\x0a\x01x", 3, "{\"id\":\"x\"}", "");
    expect_response("/v1/reservations/1", "", 0, "{}", "");
    expect_response("/v1/reservations/1", "\x0a\x05x", 3, NULL, NULL);
    /* string_value = 14, strings = 54 */
    expect_response("/v1/response/string", "\x72\x01x", 3, "\"x\"", "");
    expect_response("/v1/response/strings", "\xb2\x03\x01x", 4, "[\"x\"]", "");
    expect_response("/v1/response/strings", "", 0, "[]", "");
    expect_response("/v1/downloads/x", "\x0a\x01t\x12\x02{x", 7, "{x", "t");
    /* file = 2, in two occurrences, which merge. */
    expect_response("/v1/response/file/x", "\x12\x03\x0a\x01t\x12\x04\x12\x02{x", 11, "{x", "t");
    expect_response("/v1/response/file/x", "\x12\x03\x0a\x05t", 5, NULL, NULL);
    expect_response("/v1/response/file/x", "\x12\x04\x0a\x01t", 5, NULL, NULL);
    expect_response("/v1/response/file/x", "\x0a\x01n", 3, "", "");
    /* Bytes stay what they are; extensions are passed over; the last value of a field counts. */
    expect_response("/v1/downloads/x", "\x12\x01q\x12\x03\xff\r\n\x1a\x02\x0a\x00", 12, "\xff\r\n", "");
    expect_response("/v1/downloads/x", "", 0, "", "");
    expect_response("/v1/downloads/x", "\x12\x05x", 3, NULL, NULL);
    /* A content type that would end a header. */
    expect_response("/v1/downloads/x", "\x0a\x05t\r\nx:", 7, NULL, NULL);
    expect_response("/v1/downloads/x", "\x0a\x03t\nx", 5, NULL, NULL);
    expect_response("/v1/downloads/x", "\x0a\x03t\rx", 5, NULL, NULL);
    expect_response("/v1/downloads/x", "\x0a\x02t\0", 4, NULL, NULL);
    expect_response("/v1/downloads/x", "\x0a\x01\x7f", 3, NULL, NULL);
    expect_response("/v1/downloads/x", "\x0a\x01\xff", 3, NULL, NULL);
    expect_response("/v1/downloads/x:stream", "\x12\x02[]", 4, "[]", "");
}

static void expect_error(uint32_t code, const char *message, const void *details, size_t len, const char *want)
{
    struct arena arena;
    struct buf out;
    arena_init(&arena, 1 << 20);
    buf_init(&out, 1 << 20);
    assert_true(transcode_error(&out, code, span_cstr(message), span_of(details, len), schema, &arena));
    assert_string_equal((const char *)out.data, want);
    buf_fini(&out);
    arena_fini(&arena);
}

static void test_errors(void **state)
{
    (void)state;
    expect_error(5, "no \"x\"\r\n", NULL, 0, "{\"code\":5,\"message\":\"no \\\"x\\\"\\u000d\\n\",\"details\":[]}");
    expect_error(4294967295u, "", "\xff", 1, "{\"code\":4294967295,\"message\":\"\",\"details\":[]}");

    struct buf details;
    static const char known[] = "type.googleapis.com/reservations.v1.Reservation";
    static const char special[] = "type.googleapis.com/google.protobuf.Duration";
    buf_init(&details, 1024);
    const struct {
        const char *url;
        const char *value;
    } anys[] = {
        {known, "\x0a\x01x"}, {known, ""}, {special, "\x08\x03"}, {"type.x/no.Such", "ab"}, {known, "\x0a\x05"}};
    for (size_t i = 0; i < sizeof anys / sizeof *anys; i++) {
        wire_put_tag(&details, 3, WIRE_LEN);
        size_t at = wire_len_begin(&details);
        wire_put_tag(&details, 1, WIRE_LEN);
        wire_put_bytes(&details, span_cstr(anys[i].url));
        wire_put_tag(&details, 2, WIRE_LEN);
        wire_put_bytes(&details, span_cstr(anys[i].value));
        wire_len_end(&details, at);
    }
    expect_error(9, "m", details.data, details.len,
                 "{\"code\":9,\"message\":\"m\",\"details\":["
                 "{\"@type\":\"type.googleapis.com/reservations.v1.Reservation\",\"id\":\"x\"},"
                 "{\"@type\":\"type.googleapis.com/reservations.v1.Reservation\"},"
                 "{\"@type\":\"type.googleapis.com/google.protobuf.Duration\",\"value\":\"3s\"},"
                 "{\"@type\":\"type.x/no.Such\",\"value\":\"YWI=\"},"
                 "{\"@type\":\"type.googleapis.com/reservations.v1.Reservation\",\"value\":\"CgU=\"}]}");
    /* Cut anywhere: the details are left out or those that parse stay; code and message always stand. */
    for (size_t len = 0; len < details.len; len++) {
        struct arena arena;
        struct buf out;
        arena_init(&arena, 1 << 20);
        buf_init(&out, 1 << 20);
        uint8_t *exact = malloc(len + 1);
        assert_non_null(exact);
        memcpy(exact, details.data, len);
        assert_true(transcode_error(&out, 9, span_cstr("m"), span_of(exact, len), schema, &arena));
        assert_true(span_starts_with(buf_span(&out), "{\"code\":9,\"message\":\"m\",\"details\":["));
        free(exact);
        buf_fini(&out);
        arena_fini(&arena);
    }
    buf_fini(&details);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_query_types),
        cmocka_unit_test(test_query_order),
        cmocka_unit_test(test_streamed_bodies),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_responses),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_upload_content_type),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
