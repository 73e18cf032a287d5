/* Required fields of proto2: of messages on the wire, of responses, and of requests that path and body make together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "harness/base/hex.h"
#include "harness/engine/transcode/transcode.h"
#include "harness/engine/tests/proto_set.h"

static struct schema *schema;
static struct router *router;

/* Of the first oneof of the message. */
static void put_member(struct proto_set *set, const char *name, uint32_t number, uint32_t type, const char *type_name)
{
    proto_set_open(set, 2);
    proto_set_text(set, 1, name);
    proto_set_number(set, 3, number);
    proto_set_number(set, 4, 1);
    proto_set_number(set, 5, type);
    if (type_name)
        proto_set_text(set, 6, type_name);
    proto_set_number(set, 9, 0);
    proto_set_close(set);
}

/* message Part { required int32 r = 1; }
 * message M { map<int32, Part> m = 1; oneof c { Part a = 2; int32 b = 3; } repeated Part l = 4; Part s = 5; M self = 6;
 *             string id = 7; group G = 8 { required int32 r = 1; } Any any = 9; }
 * message Plain { int32 x = 1; Plain self = 2; } and Request { required string id = 1; optional int32 x = 2; Part p =
 * 3; } */
static int open_schema(void **state)
{
    (void)state;
    struct proto_set set;
    struct err err;
    proto_set_init(&set);
    proto_set_file(&set, "any.proto", "google.protobuf", "proto3");
    proto_set_message(&set, 4, "Any");
    proto_set_field(&set, "type_url", 1, 1, SCHEMA_STRING, NULL);
    proto_set_field(&set, "value", 2, 1, SCHEMA_BYTES, NULL);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_file(&set, "a.proto", "p", "proto2");
    proto_set_text(&set, 3, "any.proto");
    proto_set_message(&set, 4, "M");
    proto_set_field(&set, "m", 1, 3, SCHEMA_MESSAGE, ".p.M.MEntry");
    put_member(&set, "a", 2, SCHEMA_MESSAGE, ".p.Part");
    put_member(&set, "b", 3, SCHEMA_INT32, NULL);
    proto_set_field(&set, "l", 4, 3, SCHEMA_MESSAGE, ".p.Part");
    proto_set_field(&set, "s", 5, 1, SCHEMA_MESSAGE, ".p.Part");
    proto_set_field(&set, "self", 6, 1, SCHEMA_MESSAGE, ".p.M");
    proto_set_field(&set, "id", 7, 1, SCHEMA_STRING, NULL);
    proto_set_field(&set, "g", 8, 1, SCHEMA_GROUP, ".p.Part");
    proto_set_field(&set, "any", 9, 1, SCHEMA_MESSAGE, ".google.protobuf.Any");
    proto_set_message(&set, 3, "MEntry");
    proto_set_field(&set, "key", 1, 1, SCHEMA_INT32, NULL);
    proto_set_field(&set, "value", 2, 1, SCHEMA_MESSAGE, ".p.Part");
    proto_set_open(&set, 7);
    proto_set_number(&set, 7, 1);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_open(&set, 8);
    proto_set_text(&set, 1, "c");
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_message(&set, 4, "Part");
    proto_set_field(&set, "r", 1, 2, SCHEMA_INT32, NULL);
    proto_set_close(&set);
    proto_set_message(&set, 4, "Plain");
    proto_set_field(&set, "x", 1, 1, SCHEMA_INT32, NULL);
    proto_set_field(&set, "self", 2, 1, SCHEMA_MESSAGE, ".p.Plain");
    proto_set_close(&set);
    proto_set_message(&set, 4, "Request");
    proto_set_field(&set, "id", 1, 2, SCHEMA_STRING, NULL);
    proto_set_field(&set, "x", 2, 1, SCHEMA_INT32, NULL);
    proto_set_field(&set, "p", 3, 1, SCHEMA_MESSAGE, ".p.Part");
    proto_set_close(&set);
    proto_set_open(&set, 6);
    proto_set_text(&set, 1, "S");
    proto_set_method(&set, "All", ".p.Request", ".p.M", 4, "/all/{id}", "*");
    proto_set_method(&set, "Part", ".p.Request", ".p.M", 4, "/part/{p.r}", "p");
    proto_set_method(&set, "Get", ".p.Request", ".p.M", 2, "/get", NULL);
    proto_set_close(&set);
    proto_set_close(&set);
    enum err_code code = proto_set_load(&set, &schema, &err);
    proto_set_fini(&set);
    if (code == ERR_OK)
        code = router_new(&router, schema, NULL, &err);
    if (code != ERR_OK)
        fprintf(stderr, "%s\n", err.text);
    return code == ERR_OK ? 0 : -1;
}

static int close_schema(void **state)
{
    (void)state;
    router_free(router);
    schema_free(schema);
    return 0;
}

static const struct schema_message *message(const char *name)
{
    return schema_message_find(schema, span_cstr(name));
}

static void test_within(void **state)
{
    (void)state;
    assert_true(message("p.Part")->required_within);
    assert_true(message("p.M")->required_within);
    assert_true(message("p.M.MEntry")->required_within);
    assert_true(message("p.Request")->required_within);
    assert_true(message("google.protobuf.Any")->required_within);
    assert_false(message("p.Plain")->required_within);
}

/* `want`: the path of the message that lacks a field; NULL: none does. */
static void check(const char *hex, const char *want)
{
    static const struct protojson_options partial = {.partial = true};
    struct buf wire;
    struct buf json;
    struct arena arena;
    struct err err = {.text = ""};
    buf_init(&wire, 1 << 16);
    buf_init(&json, 1 << 16);
    arena_init(&arena, 1 << 20);
    assert_int_equal(hex_decode(&wire, span_cstr(hex), NULL), ERR_OK);
    enum err_code code = protojson_check_required(message("p.M"), buf_span(&wire), &arena, &err);
    char start[64];
    snprintf(start, sizeof start, "at %s (offset ", want ? want : "");
    if ((code == ERR_OK) != (want == NULL) ||
        (want && (code != ERR_RANGE || strncmp(err.text, start, strlen(start)) != 0)))
        fail_msg("%s: %d %s, not %s", hex, (int)code, err.text, want ? want : "all there");
    /* Printing demands the same, unless told otherwise. */
    buf_append_cstr(&json, "before");
    assert_int_equal(proto_to_json(&json, message("p.M"), buf_span(&wire), NULL, &arena, &err), code);
    assert_true((code == ERR_OK) == (json.len > 6) && strncmp((const char *)json.data, "before", 6) == 0);
    assert_int_equal(proto_to_json(&json, message("p.M"), buf_span(&wire), &partial, &arena, &err), ERR_OK);
    buf_reset(&json);
    assert_int_equal(
        proto_to_json_field(&json, schema_field_by_number(message("p.M"), 7), buf_span(&wire), NULL, &arena, &err),
        code);
    buf_fini(&wire);
    buf_fini(&json);
    arena_fini(&arena);
}

static void test_wire(void **state)
{
    (void)state;
    check("", NULL);
    check("3a0161", NULL);
    check("2a00", "$.s");
    check("2a020800", NULL);
    check("2a050d00000000", "$.s");      /* another wire type is an unknown field */
    check("2a00 3a0161 2a020801", NULL); /* both are one message */
    check("2202 0801 2200", "$.l[1]");
    check("0a06 0801 1202 0803", NULL);
    check("0a04 0801 1200", "$.m");
    check("0a02 0801", "$.m"); /* a value that is not there is an empty one */
    check("1200 1801", NULL);  /* another member of the oneof took its place */
    check("1801 1200", "$.a");
    check("3202 2a00", "$.self.s");
    check("3204 2a020801", NULL);
    check("4344", "$.g");
    check("43080144", NULL);
    check("4a0a 0a08742f702e50617274", "$.any");
    check("4a0e 0a08742f702e50617274 12020801", NULL);
    check("4a0c 0a08742f702e50617274 1200", "$.any");
}

static void test_limits(void **state)
{
    (void)state;
    struct buf wire;
    struct arena arena;
    struct err err;
    buf_init(&wire, 1 << 16);
    /* An Any of an unknown type is for whoever prints it. */
    assert_int_equal(hex_decode(&wire, span_cstr("4a07 0a05742f6e6f6f"), NULL), ERR_OK);
    arena_init(&arena, 1 << 20);
    assert_int_equal(protojson_check_required(message("p.M"), buf_span(&wire), &arena, &err), ERR_OK);
    arena_fini(&arena);
    /* Depth. */
    for (size_t depth = 100; depth <= 101; depth++) {
        size_t len = 0;
        uint8_t nested[512];
        for (size_t i = 0; i < depth; i++) { /* from the innermost: tag and length before what is there */
            uint8_t head[3] = {0x32, (uint8_t)(len & 0x7f), 0};
            size_t head_len = 2;
            if (len > 0x7f) {
                head[1] |= 0x80;
                head[2] = (uint8_t)(len >> 7);
                head_len = 3;
            }
            memmove(nested + head_len, nested, len);
            memcpy(nested, head, head_len);
            len += head_len;
        }
        arena_init(&arena, 1 << 20);
        assert_int_equal(protojson_check_required(message("p.M"), span_of(nested, len), &arena, &err),
                         depth == 100 ? ERR_OK : ERR_LIMIT);
        arena_fini(&arena);
    }
    /* Memory. */
    buf_reset(&wire);
    assert_int_equal(hex_decode(&wire, span_cstr("2a00 3a0161 2a020801 3202 2a00"), NULL), ERR_OK);
    for (size_t max = 0; max < 4096; max += 64) {
        arena_init(&arena, max);
        enum err_code code = protojson_check_required(message("p.M"), buf_span(&wire), &arena, &err);
        assert_true(code == ERR_LIMIT || (code == ERR_RANGE && max > 0));
        arena_fini(&arena);
    }
    assert_non_null(strstr(err.text, "at $.self.s (offset 13): expected the required field r"));
    buf_fini(&wire);
}

/* `want`: the request message in hex; NULL: refused for a required field. */
static void expect(uint64_t lenient, const char *method, const char *target, const char *body, const char *want)
{
    const struct transcode_options options = {.json.lenient = {lenient}};
    struct transcode_request request;
    struct arena arena;
    struct buf wire;
    struct buf hex;
    struct err err = {.text = ""};
    buf_init(&wire, 1 << 16);
    buf_init(&hex, 1 << 16);
    arena_init(&arena, 1 << 20);
    enum transcode_result result =
        transcode_request(&request, &wire, router, span_cstr(method), span_cstr(target), span_cstr("application/json"),
                          span_cstr(body), &options, &arena, &err);
    assert_int_equal(result, want ? TRANSCODE_OK : TRANSCODE_BAD_REQUEST);
    if (want) {
        hex_encode(&hex, buf_span(&wire));
        assert_true(span_is(buf_span(&hex), want));
    } else {
        assert_non_null(strstr(err.text, "request message: at $"));
        assert_non_null(strstr(err.text, "expected the required field"));
    }
    buf_fini(&wire);
    buf_fini(&hex);
    arena_fini(&arena);
}

static void test_requests(void **state)
{
    (void)state;
    const uint64_t partial = LENIENCY_BIT(LENIENCY_PARTIAL_MESSAGES);
    /* The path has what the body lacks. */
    expect(0, "POST", "/all/i", "{\"x\":1}", "10010a0169");
    expect(0, "POST", "/all/i", "{\"p\":{}}", NULL);
    expect(partial, "POST", "/all/i", "{\"p\":{}}", "1a000a0169");
    expect(0, "POST", "/part/5", "{}", NULL);
    expect(partial, "POST", "/part/5", "{}", "1a001a020805");
    expect(0, "POST", "/part/5?id=i", "{}", "1a000a01691a020805");
    expect(0, "GET", "/get?id=i", "", "0a0169");
    expect(0, "GET", "/get", "", NULL);
    expect(0, "GET", "/get?x=1&id=", "", "10010a00");
    expect(partial, "GET", "/get", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_within), cmocka_unit_test(test_wire),
                                       cmocka_unit_test(test_limits), cmocka_unit_test(test_requests)};
    return cmocka_run_group_tests(tests, open_schema, close_schema);
}
