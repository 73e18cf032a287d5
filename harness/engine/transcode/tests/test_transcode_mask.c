/* The field mask of a PATCH, with the leniency and without. What it makes of generated bodies is compared with
 * grpc-gateway's (fuzz/differential/run-masks). */
#include "harness/engine/proto/wire.h"
#include "harness/engine/transcode/tests/transcode_fixture.h"

static void expect(uint64_t lenient, const char *method, const char *target, const char *body, const char *want)
{
    transcode_fixture_expect(lenient, span_cstr(method), span_cstr(target), span_cstr(body), want);
}

#define MASK LENIENCY_BIT(LENIENCY_PATCH_MASK)

static void test_when(void **state)
{
    (void)state;
    const char *body = "{\"int32Value\":5}";
    expect(MASK, "PATCH", "/v1/updates/a", body,
           "{\"name\":\"a\",\"everything\":{\"int32Value\":5},\"updateMask\":\"int32Value\"}");
    expect(0, "PATCH", "/v1/updates/a", body, "{\"name\":\"a\",\"everything\":{\"int32Value\":5}}");
    expect(MASK, "PUT", "/v1/updates/a", body, "{\"name\":\"a\",\"everything\":{\"int32Value\":5}}");
    /* One that is set stays, even one that is empty; and the whole message in the body is the client's own affair. */
    expect(MASK, "PATCH", "/v1/updates/a?updateMask=boolValue", body,
           "{\"name\":\"a\",\"everything\":{\"int32Value\":5},\"updateMask\":\"boolValue\"}");
    expect(MASK, "PATCH", "/v1/updates", "{\"everything\":{\"int32Value\":5}}", "{\"everything\":{\"int32Value\":5}}");
    /* A message without a field mask. */
    expect(MASK, "PATCH", "/v1/shelves/1/books/2", "{\"title\":\"t\"}",
           "{\"book\":{\"name\":\"shelves/1/books/2\",\"title\":\"t\"}}");
    /* No body: the mask is there and names nothing. */
    expect(MASK, "PATCH", "/v1/updates/a", "", "{\"name\":\"a\",\"updateMask\":\"\"}");
}

struct row {
    const char *body;
    const char *mask; /* NULL: refused */
};

/* The mask alone, from the wire: a path may be one that JSON cannot print. */
static void expect_mask(uint64_t lenient, const char *body, const char *want)
{
    const struct transcode_options options = {.json.lenient = {MASK | lenient}};
    struct transcode_request request;
    struct arena arena;
    struct buf message;
    struct err err = {.text = ""};
    char got[512] = "";
    arena_init(&arena, 16 << 20);
    buf_init(&message, 1 << 20);
    enum transcode_result result =
        transcode_request(&request, &message, transcode_fixture.router, span_cstr("PATCH"), span_cstr("/v1/updates/a"),
                          span_cstr("application/json"), span_cstr(body), &options, &arena, &err);
    struct wire_reader reader;
    struct wire_field field = {.number = 0};
    wire_reader_init(&reader, buf_span(&message));
    while (result == TRANSCODE_OK && wire_next(&reader, &field) == WIRE_FIELD && field.number != 3)
        ;
    if (result == TRANSCODE_OK && field.number == 3) {
        wire_reader_init(&reader, field.bytes);
        while (wire_next(&reader, &field) == WIRE_FIELD)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s;", SPAN_FMT(field.bytes));
    }
    if (want ? result != TRANSCODE_OK || strcmp(got, want) != 0 : result != TRANSCODE_BAD_REQUEST)
        fail_msg("%s: result %d, mask %s (%s), not %s", body, (int)result, got, err.text, want ? want : "a refusal");
    if (!want)
        assert_non_null(strstr(err.text, "field mask: "));
    buf_fini(&message);
    arena_fini(&arena);
}

static void test_paths(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"stringValue\":\"x\",\"boolValue\":false,\"int32_value\":null}", "bool_value;int32_value;string_value;"},
        {"{\"messageValue\":{\"text\":\"a\",\"number\":1}}", "message_value.number;message_value.text;"},
        {"{\"messageValue\":{}}", "message_value;"},
        {"{\"messageValue\":null}", "message_value;"},
        {"{\"self\":{\"self\":{\"boolValue\":true},\"bytesValue\":\"\"}}", "self.bytes_value;self.self.bool_value;"},
        {"{\"\\u0073elf\":{\"bool\\u0056alue\":true}}", "self.bool_value;"},
        {"{}", ";"}, /* as grpc-gateway has it: one path that is empty */
        /* Lists and maps are named whole. */
        {"{\"strings\":[\"a\",\"b\"],\"messages\":[{\"text\":\"a\"}],\"byString\":{\"k\":\"a\"}}",
         "by_string;messages;strings;"},
        {"{\"strings\":[]}", "strings;"},
        /* So are messages that JSON writes as one value. */
        {"{\"timestamp\":\"1970-01-01T00:00:00Z\",\"int64Wrapper\":\"5\",\"listValue\":[{\"a\":1}]}",
         "int64_wrapper;list_value;timestamp;"},
        {"{\"struct\":{\"b\":{\"c\":1,\"d\":{}},\"a\":[{}]}}", "struct.a;struct.b.c;struct.b.d;"},
        {"{\"struct\":{\"\\u0022x\":1}}", "struct.\"x;"},
        {"{\"struct\":{}}", "struct;"},
        {"{\"value\":{\"a\":null}}", "value.a;"},
        {"{\"value\":[1]}", "value;"},
        {"{\"any\":{\"@type\":\"type.googleapis.com/google.protobuf.Duration\",\"value\":\"1s\"}}", "any;"},
        {"{\"any\":{\"value\":\"1s\",\"\\u0040type\":\"type.googleapis.com/google.protobuf.Duration\"}}", "any;"},
        {"{\"any\":{}}", NULL},
        {"{\"any\":null}", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_mask(0, rows[i].body, rows[i].mask);
    /* What the body passes over as an unknown field, the mask does not; and a lenient text is read leniently. */
    expect_mask(LENIENCY_BIT(LENIENCY_UNKNOWN_FIELDS), "{\"messageValue\":{\"nothing\":1}}", NULL);
    expect_mask(LENIENCY_BIT(LENIENCY_TRAILING_COMMA), "{\"boolValue\":true,}", "bool_value;");
    expect_mask(LENIENCY_BIT(LENIENCY_TRAILING_GARBAGE), "{\"boolValue\":true} x", "bool_value;");
}

/* As deep as JSON may be; memory that does not suffice is told as such. */
static void test_limits(void **state)
{
    (void)state;
    char body[PROTOJSON_MAX_DEPTH * 9 + 8];
    char path[PROTOJSON_MAX_DEPTH * 5 + 8];
    size_t depth = PROTOJSON_MAX_DEPTH;
    body[0] = path[0] = '\0';
    for (size_t i = 1; i < depth; i++) {
        strcat(body, "{\"self\":");
        strcat(path, i + 1 < depth ? "self." : "self;");
    }
    strcat(body, "{}");
    for (size_t i = 1; i < depth; i++)
        strcat(body, "}");
    expect_mask(0, body, path);

    const struct transcode_options options = {.json.lenient = {MASK}};
    struct transcode_request request;
    struct arena arena;
    struct buf message;
    struct err err;
    buf_init(&message, 1 << 20);
    size_t reached = 0;
    for (size_t max = 0; max < 16384; max += 512) {
        arena_init(&arena, max);
        buf_reset(&message);
        enum transcode_result result = transcode_request(
            &request, &message, transcode_fixture.router, span_cstr("PATCH"), span_cstr("/v1/updates/a"),
            span_cstr("application/json"), span_cstr("{\"self\":{\"struct\":{\"a\":1,\"b\":{\"c\\n\":2}}}}"), &options,
            &arena, &err);
        assert_true(result == TRANSCODE_OK || result == TRANSCODE_INTERNAL);
        reached += result == TRANSCODE_OK;
        arena_fini(&arena);
    }
    assert_true(reached > 0);
    buf_fini(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_when), cmocka_unit_test(test_paths),
                                       cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests(tests, transcode_fixture_setup, transcode_fixture_teardown);
}
