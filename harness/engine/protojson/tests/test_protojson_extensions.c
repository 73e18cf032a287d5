/* Extensions both ways: "[full.name]" in JSON, a field's number on the wire. */
#include "harness/engine/protojson/json_to_proto_complete.h"
#include "harness/engine/protojson/proto_to_json_complete.h"
#include "harness/engine/transcode/transcode.h"
#include "harness/engine/tests/protojson_fixture.h"
#include "harness/engine/tests/proto_set.h"

#define EXT(name) "\"[transcheck.v1." name "]\""

static const struct fixture_row rows[] = {
    {"{\"name\":\"a\"," EXT("extra_text") ":\"x\"}", "{\"name\":\"a\"," EXT("extra_text") ":\"x\"}", 0, 0},
    /* among the other fields in order of numbers, whatever the order of the keys */
    {"{\"last\":\"z\"," EXT("extra_packed") ":[3]," EXT("extra_text") ":\"x\",\"name\":\"a\"}",
     "{\"name\":\"a\"," EXT("extra_text") ":\"x\"," EXT("extra_packed") ":[3],\"last\":\"z\"}", 0, 0},
    /* a default that is given is there; null is not; nor is an empty list */
    {"{\"name\":\"a\"," EXT("extra_text") ":\"\"}", "{\"name\":\"a\"," EXT("extra_text") ":\"\"}", 0, 0},
    {"{\"name\":\"a\"," EXT("extra_text") ":null," EXT("extra_numbers") ":null," EXT("extra_packed") ":[]}",
     "{\"name\":\"a\"}", 0, 0},
    {"{\"name\":\"a\"," EXT("extra_numbers") ":[1,\"2\",3e0]}", "{\"name\":\"a\"," EXT("extra_numbers") ":[1,2,3]}", 0,
     0},
    {"{\"name\":\"a\"," EXT("extra_closed") ":2}", "{\"name\":\"a\"," EXT("extra_closed") ":\"CLOSED_TWO\"}", 0, 0},
    /* declared within a message; messages, lists of them, groups */
    {"{\"name\":\"a\"," EXT("LegacyExtra.whole") ":{\"label\":\"b\"}}",
     "{\"name\":\"a\"," EXT("LegacyExtra.whole") ":{\"label\":\"b\"}}", 0, 0},
    {"{\"name\":\"a\"," EXT("extra_parts") ":[{\"label\":\"b\"},{\"label\":\"c\"}]}",
     "{\"name\":\"a\"," EXT("extra_parts") ":[{\"label\":\"b\"},{\"label\":\"c\"}]}", 0, 0},
    {"{\"name\":\"a\"," EXT("extracluster") ":{\"text\":\"b\"}}",
     "{\"name\":\"a\"," EXT("extracluster") ":{\"text\":\"b\"}}", 0, 0},
    {"{\"name\":\"a\"," EXT("extracluster") ":{}}", "{\"name\":\"a\"," EXT("extracluster") ":{}}", 0, 0},
    /* an extension of an extension's message */
    {"{\"name\":\"a\"," EXT("LegacyExtra.whole") ":{" EXT("inner") ":{\"label\":\"c\"},\"label\":\"b\"}}",
     "{\"name\":\"a\"," EXT("LegacyExtra.whole") ":{\"label\":\"b\"," EXT("inner") ":{\"label\":\"c\"}}}", 0, 0},
    /* a key is a string like any other */
    {"{\"\\u006eame\":\"a\",\"\\u005btranscheck.v1.extra_te\\u0078t]\":\"x\"}",
     "{\"name\":\"a\"," EXT("extra_text") ":\"x\"}", 0, 0},
};

static void test_both_ways(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Legacy", rows);
}

static const struct fixture_row refused[] = {
    /* a required field of the message, and of the extension's message */
    {"{" EXT("extra_text") ":\"x\"}", NULL, ERR_RANGE,
     "at $ (offset 33): expected the required field name, found none"},
    {"{\"name\":\"a\"," EXT("LegacyExtra.whole") ":{}}", NULL, ERR_RANGE,
     "at $[transcheck.v1.LegacyExtra.whole] (offset 49): expected the required field label, found none"},
    {"{\"name\":\"a\"," EXT("extra_parts") ":[{\"label\":\"b\"},{}]}", NULL, ERR_RANGE,
     "at $[transcheck.v1.extra_parts][1] (offset 58): expected the required field label"},
    /* values of another type */
    {"{\"name\":\"a\"," EXT("extra_text") ":1}", NULL, ERR_RANGE,
     "at $[transcheck.v1.extra_text] (offset 41): expected a string, found a number"},
    {"{\"name\":\"a\"," EXT("extra_numbers") ":[1,\"x\"]}", NULL, ERR_RANGE,
     "at $[transcheck.v1.extra_numbers][1] (offset 47): expected an int32, found the string \"x\""},
    {"{\"name\":\"a\"," EXT("extra_numbers") ":1}", NULL, ERR_RANGE, "expected an array, found a number"},
    {"{\"name\":\"a\"," EXT("extra_closed") ":3}", NULL, ERR_RANGE, "expected a declared value of a closed enum"},
    {"{\"name\":\"a\"," EXT("LegacyExtra.whole") ":{\"label\":\"b\"," EXT("inner") ":{\"label\":1}}}", NULL, ERR_RANGE,
     "at $[transcheck.v1.LegacyExtra.whole][transcheck.v1.inner].label (offset 94): expected a string"},
    /* twice */
    {"{\"name\":\"a\"," EXT("extra_text") ":\"x\"," EXT("extra_text") ":\"y\"}", NULL, ERR_RANGE,
     "at $[transcheck.v1.extra_text] (offset 45): expected each field once, found it again"},
    {"{\"name\":\"a\"," EXT("extra_text") ":\"x\",\"last\":\"\"," EXT("extra_text") ":\"x\"}", NULL, ERR_RANGE,
     "expected each field once"},
    /* names that are none: bare, without package, with a leading dot, with blanks, of nothing */
    {"{\"name\":\"a\",\"extra_text\":\"x\"}", NULL, ERR_RANGE,
     "expected a field of transcheck.v1.Legacy, found \"extra_text\""},
    {"{\"name\":\"a\",\"extraText\":\"x\"}", NULL, ERR_RANGE, "found \"extraText\""},
    {"{\"name\":\"a\",\"transcheck.v1.extra_text\":\"x\"}", NULL, ERR_RANGE, "found \"transcheck.v1.extra_text\""},
    {"{\"name\":\"a\",\"[extra_text]\":\"x\"}", NULL, ERR_RANGE, "found \"[extra_text]\""},
    {"{\"name\":\"a\",\"[.transcheck.v1.extra_text]\":\"x\"}", NULL, ERR_RANGE, "expected a field of"},
    {"{\"name\":\"a\",\"[transcheck.v1.extra_text ]\":\"x\"}", NULL, ERR_RANGE, "expected a field of"},
    {"{\"name\":\"a\",\"[transcheck.v1.extraText]\":\"x\"}", NULL, ERR_RANGE, "expected a field of"},
    {"{\"name\":\"a\",\"[transcheck.v1.whole]\":{}}", NULL, ERR_RANGE, "expected a field of"},
    {"{\"name\":\"a\",\"[transcheck.v1.ExtraCluster]\":{}}", NULL, ERR_RANGE, "expected a field of"},
    {"{\"name\":\"a\",\"[name]\":\"x\"}", NULL, ERR_RANGE, "found \"[name]\""},
    {"{\"name\":\"a\",\"[]\":\"x\"}", NULL, ERR_RANGE, "found \"[]\""},
    {"{\"name\":\"a\",\"[\":\"x\"}", NULL, ERR_RANGE, "found \"[\""},
    /* of another message */
    {"{\"name\":\"a\"," EXT("inner") ":{}}", NULL, ERR_RANGE,
     "at $ (offset 12): expected a field of transcheck.v1.Legacy, found \"[transcheck.v1.inner]\", which extends "
     "transcheck.v1.LegacyExtra"},
};

static void test_refused(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Legacy", refused);
    static const struct fixture_row of_proto3[] = {
        {"{" EXT("extra_text") ":\"x\"}", NULL, ERR_RANGE,
         "expected a field of transcheck.v1.Everything, found \"[transcheck.v1.extra_text]\", which extends "
         "transcheck.v1.Legacy"},
        {"{\"messageValue\":{\"[no.such]\":1}}", NULL, ERR_RANGE, "found \"[no.such]\""},
    };
    FIXTURE_CHECK_ROWS(*state, "Everything", of_proto3);
}

/* Unknown names are passed over; those of another message's extensions are not unknown. */
static void test_ignore_unknown(void **state)
{
    static const struct {
        const char *message;
        const char *json;
        const char *want; /* NULL: refused */
    } cases[] = {
        {"Legacy", "{\"name\":\"a\",\"[no.such]\":{\"b\":[1]}," EXT("extra_text") ":\"x\"}",
         "{\"name\":\"a\"," EXT("extra_text") ":\"x\"}"},
        {"Legacy", "{\"name\":\"a\",\"extra_text\":1}", "{\"name\":\"a\"}"},
        {"Legacy", "{\"name\":\"a\"," EXT("extra_text") ":1}", NULL},
        {"Legacy", "{\"name\":\"a\"," EXT("inner") ":{}}", NULL},
        {"Everything", "{\"int32Value\":1,\"[no.such]\":2,\"[\":3,\"[]\":4,\"\":5,\"stringValue\":\"x\"}",
         "{\"int32Value\":1,\"stringValue\":\"x\"}"},
        {"Everything", "{\"int32Value\":1," EXT("extra_text") ":2}", NULL},
        {"Everything", "{\"messageValue\":{" EXT("inner") ":2}}", NULL},
        {"Everything", "{\"messageValue\":{\"\\u005btranscheck.v1.inner]\":2}}", NULL},
    };
    static const struct protojson_options options = {.ignore_unknown_fields = true};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct schema_message *message = fixture_message(fixture, cases[i].message);
        enum err_code code = fixture_read_span(fixture, message, span_cstr(cases[i].json), &options);
        if (code != (cases[i].want ? ERR_OK : ERR_RANGE))
            fail_msg("%s: code %d %s", cases[i].json, (int)code, fixture->err.text);
        if (!cases[i].want)
            continue;
        assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
        assert_string_equal(fixture_text(fixture), cases[i].want);
    }
}

static void test_duplicate_keys_leniency(void **state)
{
    static const struct protojson_options options = {.lenient = {LENIENCY_BIT(LENIENCY_DUPLICATE_KEYS)}};
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Legacy");
    static const char json[] = "{" EXT("extra_text") ":\"x\",\"name\":\"a\"," EXT("extra_text") ":\"y\"}";
    assert_int_equal(fixture_read_span(fixture, message, span_cstr(json), &options), ERR_OK);
    assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), NULL), ERR_OK);
    assert_string_equal(fixture_text(fixture), "{\"name\":\"a\"," EXT("extra_text") ":\"y\"}");
}

static void test_wire_bytes(void **state)
{
    static const char *const cases[][2] = {
        {EXT("extra_text") ":\"x\"", "a2060178"},
        {EXT("extra_numbers") ":[1,2]", "a80601a80602"},
        {EXT("LegacyExtra.whole") ":{\"label\":\"b\"}", "b206030a0162"},
        {EXT("extra_closed") ":\"CLOSED_ONE\"", "b80601"},
        {EXT("extracluster") ":{\"text\":\"b\"}", "cb060a0162cc06"},
        {EXT("extra_packed") ":[1,2]", "d206020102"},
        {EXT("LegacyExtra.whole") ":{\"label\":\"\"," EXT("inner") ":{\"label\":\"\"}}", "b2060a0a00faffffff0f020a00"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[200];
        char hex[200];
        struct buf text;
        snprintf(json, sizeof json, "{\"last\":\"z\",%s,\"name\":\"a\"}", cases[i][0]);
        snprintf(hex, sizeof hex, "0a0161%sc20c017a", cases[i][1]);
        if (fixture_read(fixture, "Legacy", json) != ERR_OK)
            fail_msg("%s: %s", json, fixture->err.text);
        buf_init(&text, 4096);
        hex_encode(&text, buf_span(&fixture->wire));
        assert_string_equal((const char *)text.data, hex);
        buf_fini(&text);
    }
}

/* What no serializer writes: out of order, in pieces, with another wire type, malformed. */
static void test_print(void **state)
{
    static const struct {
        const char *hex;
        const char *json;
        enum err_code code;
        const char *fragment;
    } cases[] = {
        {"c20c017a a2060178 0a0161", "{\"name\":\"a\"," EXT("extra_text") ":\"x\",\"last\":\"z\"}", 0, 0},
        {"a2060178 0a0161 a2060179", "{\"name\":\"a\"," EXT("extra_text") ":\"y\"}", 0, 0},
        {"0a0161 a80601 d20600 aa06020203 a80604", "{\"name\":\"a\"," EXT("extra_numbers") ":[1,2,3,4]}", 0, 0},
        {"b206030a0162 0a0161 b20608 faffffff0f020a00",
         "{\"name\":\"a\"," EXT("LegacyExtra.whole") ":{\"label\":\"b\"," EXT("inner") ":{\"label\":\"\"}}}", 0, 0},
        {"cb06 cc06 0a0161 cb06 0a0162 cc06", "{\"name\":\"a\"," EXT("extracluster") ":{\"text\":\"b\"}}", 0, 0},
        {"0a0161 c206020a00 c206030a0162",
         "{\"name\":\"a\"," EXT("extra_parts") ":[{\"label\":\"\"},{\"label\":\"b\"}]}", 0, 0},
        /* Required fields: of the message, of one inside, of an element; the parts of one message together have them.
         */
        {"a80601", NULL, ERR_RANGE, "at $ (offset 0): expected the required field name, found none"},
        {"", NULL, ERR_RANGE, "at $ (offset 0): expected the required field name, found none"},
        {"0a0161 b20600", NULL, ERR_RANGE,
         "at $[transcheck.v1.LegacyExtra.whole] (offset 6): expected the required field label, found none"},
        {"0a0161 b20600 b206030a0162", "{\"name\":\"a\"," EXT("LegacyExtra.whole") ":{\"label\":\"b\"}}", 0, 0},
        {"0a0161 c206030a0162 c20600", NULL, ERR_RANGE,
         "at $[transcheck.v1.extra_parts][1] (offset 12): expected the required field label, found none"},
        {"0a0161 b20609 0a0162 faffffff0f00", NULL, ERR_RANGE,
         "at $[transcheck.v1.LegacyExtra.whole][transcheck.v1.inner]"},
        /* unknown: another wire type, an undeclared value of a closed enum, a number that no extension has */
        {"0a0161 a00605 a50600000000 b80603 f80605 c20c00", "{\"name\":\"a\",\"last\":\"\"}", 0, 0},
        {"a20605", NULL, ERR_SYNTAX,
         "at $ (offset 0): expected a field, found malformed bytes: field 100 with a length of 5 and 0"},
        {"b206020a05", NULL, ERR_SYNTAX,
         "at $[transcheck.v1.LegacyExtra.whole] (offset 3): expected a field, found malformed bytes: field 1 with"},
        {"a20601ff", NULL, ERR_RANGE, "at $[transcheck.v1.extra_text] (offset 3): expected valid UTF-8"},
        {"a20601ff a2060178", NULL, ERR_RANGE, "at $[transcheck.v1.extra_text]"},
        {"d2060180", NULL, ERR_SYNTAX, "at $[transcheck.v1.extra_packed][0]"},
        {"cb06", NULL, ERR_SYNTAX, "offset 0"},
        {"cb06 0a0162 dc06", NULL, ERR_SYNTAX, "offset 0"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum err_code code = fixture_print(fixture, "Legacy", cases[i].hex);
        if (code != cases[i].code || (cases[i].fragment && !strstr(fixture->err.text, cases[i].fragment)))
            fail_msg("%s: code %d %s", cases[i].hex, (int)code, fixture->err.text);
        if (cases[i].json && strcmp(fixture_text(fixture), cases[i].json) != 0)
            fail_msg("%s: expected %s, printed %s", cases[i].hex, cases[i].json, fixture_text(fixture));
    }
}

static void check_options(struct fixture *fixture, struct protojson_options options, const char *hex, const char *want)
{
    buf_reset(&fixture->wire);
    assert_int_equal(hex_decode(&fixture->wire, span_cstr(hex), NULL), ERR_OK);
    const struct schema_message *message = fixture_message(fixture, "LegacyExtra");
    if (span_starts_with(span_cstr(want), "{\"name"))
        message = fixture_message(fixture, "Legacy");
    assert_int_equal(fixture_print_span(fixture, message, buf_span(&fixture->wire), &options), ERR_OK);
    assert_string_equal(fixture_text(fixture), want);
}

static void test_options(void **state)
{
    struct fixture *fixture = *state;
    const struct protojson_options defaults = {.print_defaults = true};
    const struct protojson_options names = {.proto_names = true};
    const struct protojson_options numbers = {.enum_numbers = true};
    /* Lists of the message itself are printed, extensions that are not there are not, be they lists. */
    check_options(fixture, defaults, "0a0161", "{\"name\":\"a\",\"closeds\":[],\"unpacked\":[],\"packed\":[]}");
    check_options(fixture, defaults, "0a0161 d20600", "{\"name\":\"a\",\"closeds\":[],\"unpacked\":[],\"packed\":[]}");
    check_options(fixture, defaults, "0a0161 d2060105 a20600",
                  "{\"name\":\"a\",\"closeds\":[],\"unpacked\":[],\"packed\":[]," EXT("extra_text") ":\"\"," EXT(
                      "extra_packed") ":[5]}");
    check_options(fixture, defaults, "0a0161", "{\"label\":\"a\"}");
    check_options(fixture, names, "0a0161 1005 a2060178",
                  "{\"name\":\"a\",\"with_default\":5," EXT("extra_text") ":\"x\"}");
    check_options(fixture, numbers, "0a0161 b80602", "{\"name\":\"a\"," EXT("extra_closed") ":2}");
}

static void test_any(void **state)
{
#define LEGACY "\"@type\":\"type.googleapis.com/transcheck.v1.Legacy\""
    static const struct fixture_row any[] = {
        {"{" LEGACY ",\"name\":\"a\"," EXT("extra_text") ":\"x\"}",
         "{" LEGACY ",\"name\":\"a\"," EXT("extra_text") ":\"x\"}", 0, 0},
        {"{" EXT("LegacyExtra.whole") ":{\"label\":\"b\"}," LEGACY ",\"name\":\"a\"}",
         "{" LEGACY ",\"name\":\"a\"," EXT("LegacyExtra.whole") ":{\"label\":\"b\"}}", 0, 0},
        {"{" LEGACY ",\"name\":\"a\"," EXT("LegacyExtra.whole") ":{}}", NULL, ERR_RANGE,
         "at $[transcheck.v1.LegacyExtra.whole] (offset 100): expected the required field label"},
        {"{" LEGACY ",\"name\":\"a\"," EXT("inner") ":{}}", NULL, ERR_RANGE, "which extends transcheck.v1.LegacyExtra"},
        {"{" LEGACY ",\"name\":\"a\",\"[no.such]\":{}}", NULL, ERR_RANGE, "expected a field of transcheck.v1.Legacy"},
        {"{\"@type\":\"type.googleapis.com/google.protobuf.MethodOptions\",\"[google.api.http]\":{\"get\":\"/v1\"}}",
         "{\"@type\":\"type.googleapis.com/google.protobuf.MethodOptions\",\"[google.api.http]\":{\"get\":\"/v1\"}}", 0,
         0},
    };
    FIXTURE_CHECK_ROWS(*state, "google.protobuf.Any", any);
#undef LEGACY
}

/* Every prefix of every text and of every message: an answer, and the same one whichever way. */
static void check_ways(struct fixture *fixture, const struct schema_message *message, struct span json, bool ignore)
{
    struct protojson_options options = {.ignore_unknown_fields = ignore};
    struct buf out;
    buf_init(&out, 4096);
    enum err_code code = fixture_read_span(fixture, message, json, &options);
    struct json_input input = {.out = &out, .options = &options, .arena = &fixture->arena, .complete = true};
    json_reader_init(&input.reader, json);
    enum err_code complete = complete_read_message(&input, message, json_input_next(&input, NULL), NULL);
    if (complete == ERR_OK && json_input_next(&input, NULL) != JSON_END)
        complete = input.err.code;
    assert_int_equal(code, complete);
    if (code == ERR_OK)
        assert_true(span_equal(buf_span(&fixture->wire), buf_span(&out)));
    else
        assert_string_equal(fixture->err.text, input.err.text);
    buf_fini(&out);
}

static void check_print_ways(struct fixture *fixture, const struct schema_message *message, struct span wire)
{
    static const struct protojson_options options;
    struct json_fragments whole = {.items = &wire, .count = 1};
    struct buf out;
    buf_init(&out, 4096);
    enum err_code code = fixture_print_span(fixture, message, wire, NULL);
    struct json_output output = {
        .out = &out, .options = &options, .arena = &fixture->arena, .base = wire.data, .complete = true};
    enum err_code complete = complete_print_message(&output, message, whole, NULL);
    if (complete == ERR_OK)
        complete = protojson_check_required(message, wire, &fixture->arena, &output.err);
    assert_int_equal(code, complete);
    if (code == ERR_OK)
        assert_true(span_equal(buf_span(&fixture->json), buf_span(&out)));
    else
        assert_string_equal(fixture->err.text, output.err.text);
    buf_fini(&out);
}

static void test_both_ways_agree_when_cut(void **state)
{
    struct fixture *fixture = *state;
    const struct schema_message *message = fixture_message(fixture, "Legacy");
    const struct schema_message *other = fixture_message(fixture, "Everything");
    struct buf wire;
    buf_init(&wire, 4096);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t len = 0; len <= strlen(rows[i].json); len++) {
            check_ways(fixture, message, span_of(rows[i].json, len), false);
            check_ways(fixture, other, span_of(rows[i].json, len), true);
        }
        assert_int_equal(fixture_read(fixture, "Legacy", rows[i].json), ERR_OK);
        buf_reset(&wire);
        buf_append_span(&wire, buf_span(&fixture->wire));
        for (size_t len = 0; len <= wire.len; len++)
            check_print_ways(fixture, message, span_of(wire.data, len));
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        check_ways(fixture, message, span_cstr(refused[i].json), false);
        check_ways(fixture, message, span_cstr(refused[i].json), true);
        check_ways(fixture, other, span_cstr(refused[i].json), true);
    }
    buf_fini(&wire);
}

/* ---- requests: a field path is made of identifiers, so it names no extension */

/* No package, so that the key of the extension has no dot: message M { a = 1; extensions 100 }, extension ext. */
static void build_service(struct proto_set *set, const char *path, const char *body)
{
    proto_set_init(set);
    proto_set_file(set, "a.proto", NULL, "proto2");
    proto_set_message(set, 4, "M");
    proto_set_field(set, "a", 1, 1, SCHEMA_STRING, NULL);
    proto_set_range(set, 100, 101);
    proto_set_close(set);
    proto_set_extension(set, 7, ".M", "ext", 100, 1, SCHEMA_STRING, NULL);
    proto_set_open(set, 6);
    proto_set_text(set, 1, "S");
    proto_set_method(set, "Call", ".M", ".M", 2, path, body);
    proto_set_close(set);
    proto_set_close(set);
}

static enum err_code load_router(struct router **router, struct schema **schema, const char *path, const char *body,
                                 struct err *err)
{
    struct proto_set set;
    build_service(&set, path, body);
    *router = NULL;
    if (schema_new(schema, buf_span(&set.bytes), err) != ERR_OK)
        fail_msg("%s", err->text);
    proto_set_fini(&set);
    return router_new(router, *schema, NULL, err);
}

static void test_not_in_a_binding(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *body;
        bool ok;
    } cases[] = {{"/v1/{a}", NULL, true}, {"/v1/{ext}", NULL, false}, {"/v1/{[ext]}", NULL, false},
                 {"/v1/x", "a", true},    {"/v1/x", "ext", false},    {"/v1/x", "[ext]", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct router *router;
        struct schema *schema;
        struct err err;
        enum err_code code = load_router(&router, &schema, cases[i].path, cases[i].body, &err);
        if ((code == ERR_OK) != cases[i].ok)
            fail_msg("%s %s: code %d", cases[i].path, cases[i].body ? cases[i].body : "-", (int)code);
        router_free(router);
        schema_free(schema);
    }
}

static void test_not_in_a_query(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *target;
        bool ok;
    } cases[] = {{"/v1/x?a=b", true},    {"/v1/x?[ext]=b", false},    {"/v1/x?%5Bext%5D=b", false},
                 {"/v1/x?ext=b", false}, {"/v1/x?a=b&[ext]=", false}, {"/v1/x?[ext]", false}};
    static const struct transcode_options options[2] = {{.ignore_unknown_query = false},
                                                        {.ignore_unknown_query = true}};
    struct router *router;
    struct schema *schema;
    struct err err;
    assert_int_equal(load_router(&router, &schema, "/v1/x", NULL, &err), ERR_OK);
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        struct transcode_request request;
        const char *target = cases[i / 2].target;
        buf_reset(&fixture->wire);
        enum transcode_result result =
            transcode_request(&request, &fixture->wire, router, span_cstr("GET"), span_cstr(target), span_cstr(""),
                              span_cstr(""), &options[i % 2], &fixture->arena, &err);
        bool ok = cases[i / 2].ok || i % 2 == 1; /* what is unknown may be ignored, and is then not there */
        if ((result == TRANSCODE_OK) != ok || (!ok && !strstr(err.text, "no such field")))
            fail_msg("%s: result %d %s", target, (int)result, ok ? "" : err.text);
        bool has_ext = fixture->wire.len > 0 && memchr(fixture->wire.data, 0xa2, fixture->wire.len);
        assert_false(has_ext);
    }
    router_free(router);
    schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_ignore_unknown),
        cmocka_unit_test(test_duplicate_keys_leniency),
        cmocka_unit_test(test_wire_bytes),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_any),
        cmocka_unit_test(test_both_ways_agree_when_cut),
        cmocka_unit_test(test_not_in_a_binding),
        cmocka_unit_test(test_not_in_a_query),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
