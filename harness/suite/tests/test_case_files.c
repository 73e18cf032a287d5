/* The embedded cases as a whole: what no single file can tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>

#include "harness/base/field_form.h"
#include "harness/engine/grpc/frame.h"
#include "harness/engine/grpc/metadata.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/suite/tests/observation.h"

static struct suite *suite;
static struct profile *any;

static int set_up(void **state)
{
    struct err err;
    (void)state;
    if (suite_new(&suite, observation_schema(), observation_router(), &err) != ERR_OK ||
        suite_add_embedded(suite, &err) != ERR_OK || suite_finish(suite, &err) != ERR_OK ||
        profile_load(&any, "any", &err) != ERR_OK) {
        print_error("%s\n", err.text);
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    suite_free(suite);
    profile_free(any);
    observation_unload();
    return 0;
}

static void test_enough(void **state)
{
    (void)state;
    assert_true(suite_count(suite) >= 90);
    assert_true(suite_topic_count(suite) >= 7);
}

/* Every {"profile": key} has a value in "any", so that no run is without one. */
static void find_profile_keys(const struct testcase *testcase, const json_t *value)
{
    const char *key;
    json_t *item;
    size_t index;
    json_array_foreach(value, index, item)
    {
        find_profile_keys(testcase, item);
    }
    json_object_foreach((json_t *)value, key, item)
    {
        if (strcmp(key, "profile") == 0 && json_is_string(item) && !profile_value(any, json_string_value(item)))
            fail_msg("%s: the profile \"any\" has no key %s", testcase->pointer, json_string_value(item));
        find_profile_keys(testcase, item);
    }
}

static void test_profile_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < suite_count(suite); i++)
        find_profile_keys(suite_at(suite, i), suite_at(suite, i)->source);
}

/* Negative cases name their twins. */
static void test_twins(void **state)
{
    size_t twins = 0;
    (void)state;
    for (size_t i = 0; i < suite_count(suite); i++) {
        const struct testcase *testcase = suite_at(suite, i);
        if (!testcase->twin)
            continue;
        assert_non_null(suite_find(suite, testcase->twin));
        twins++;
    }
    assert_true(twins > 20);
}

/* ---- values that our cases send are what they seem to be, unless the case is about one that is not */

static bool is_about(const struct testcase *testcase, const char *const *ids)
{
    for (; *ids; ids++) {
        if (strcmp(testcase->id, *ids) == 0)
            return true;
    }
    return false;
}

static const char *const about_base64[] = {"errors/details-malformed", "headers/binary-value-malformed", NULL};
static const char *const about_percent[] = {"trailers/message-badly-encoded", NULL};
static const char *const about_timeout[] = {"headers/timeout-malformed", NULL};

static bool percent_is_good(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '%' && !(i + 2 < text.len && isxdigit(text.data[i + 1]) && isxdigit(text.data[i + 2])))
            return false;
    }
    return true;
}

static void field_is_good(const struct testcase *testcase, const char *name, struct span value)
{
    uint64_t ns;
    if (metadata_is_binary(span_cstr(name)) && metadata_binary_valid(value) == is_about(testcase, about_base64))
        fail_msg("%s: %s: %.*s is %sbase64", testcase->id, name, SPAN_FMT(value),
                 metadata_binary_valid(value) ? "" : "not ");
    if (strcmp(name, "grpc-message") == 0 && percent_is_good(value) == is_about(testcase, about_percent))
        fail_msg("%s: %s: %.*s", testcase->id, name, SPAN_FMT(value));
    if (strcmp(name, "grpc-timeout") == 0 && metadata_timeout_parse(value, &ns) == is_about(testcase, about_timeout))
        fail_msg("%s: %s: %.*s", testcase->id, name, SPAN_FMT(value));
}

/* Every list of fields in a case: pairs of a name and a value. */
static size_t fields_are_good(const struct testcase *testcase, const json_t *value)
{
    size_t index, count = 0;
    const char *key;
    json_t *item;
    const char *name = json_string_value(json_array_get(value, 0));
    const json_t *text = json_array_get(value, 1);
    if (name && json_array_size(value) == 2 && json_is_string(text)) {
        field_is_good(testcase, name, span_of(json_string_value(text), json_string_length(text)));
        return metadata_is_binary(span_cstr(name));
    }
    json_array_foreach(value, index, item)
    {
        count += fields_are_good(testcase, item);
    }
    json_object_foreach((json_t *)value, key, item)
    {
        count += fields_are_good(testcase, item);
    }
    return count;
}

static void test_fields(void **state)
{
    size_t binary = 0;
    (void)state;
    for (size_t i = 0; i < suite_count(suite); i++)
        binary += fields_are_good(suite_at(suite, i), suite_at(suite, i)->source);
    assert_true(binary >= 4);
}

/* The DATA of a script, with the content-length that its headers state. false: it is not all there. */
static bool script_data(const struct script *script, struct buf *out, const struct field **length)
{
    *length = NULL;
    for (size_t i = 0; i < script->count; i++) {
        const struct script_step *step = &script->steps[i];
        if (step->kind == SCRIPT_ECHO || step->kind == SCRIPT_FRAME)
            return false;
        if (step->kind == SCRIPT_HEADERS && fields_find(&step->fields, "content-length"))
            *length = fields_find(&step->fields, "content-length");
        for (size_t j = 0; step->kind == SCRIPT_DATA && j < step->repeat; j++)
            assert_true(buf_append_span(out, step->bytes));
    }
    return true;
}

static size_t messages_are_good(const struct testcase *testcase, struct span in)
{
    const struct protojson_options options = {.ignore_unknown_fields = true};
    struct frame_parser parser;
    struct frame_piece piece;
    struct err err;
    struct arena arena;
    struct buf json;
    size_t count = 0;
    const uint8_t *start = NULL;
    enum frame_result result;
    arena_init(&arena, 256u << 20);
    buf_init(&json, 256u << 20);
    frame_parser_init(&parser, UINT32_MAX);
    while ((result = frame_parser_next(&parser, &in, &piece, &err)) == FRAME_DONE) {
        start = piece.offset == 0 ? piece.bytes.data : start;
        if (!piece.last)
            continue;
        buf_reset(&json);
        if (proto_to_json(&json, testcase->rpc->output, span_of(start, piece.len), &options, &arena, &err) != ERR_OK)
            fail_msg("%s: message %zu: %s", testcase->id, count + 1, err.text);
        arena_reset(&arena);
        count++;
    }
    if (result == FRAME_BAD || !frame_parser_at_boundary(&parser))
        fail_msg("%s: the DATA of the script is no whole messages", testcase->id);
    buf_fini(&json);
    arena_fini(&arena);
    return count;
}

static size_t script_is_good(const struct testcase *testcase)
{
    const json_t *status = json_object_get(testcase->expect, "status");
    struct buf data;
    const struct field *length;
    uint64_t stated;
    size_t messages = 0;
    if (!testcase->rpc || testcase->script.protocol != SCRIPT_HTTP2 || json_integer_value(status) != 200 ||
        json_object_get(testcase->expect, "any_of"))
        return 0;
    buf_init(&data, 64u << 20);
    if (script_data(&testcase->script, &data, &length)) {
        if (testcase->script.protocol == SCRIPT_HTTP2)
            messages = messages_are_good(testcase, buf_span(&data));
        if (length && (!field_form_length(length->value, &stated) || stated != data.len))
            fail_msg("%s: content-length %.*s of %zu bytes", testcase->id, SPAN_FMT(length->value), data.len);
    }
    buf_fini(&data);
    return messages;
}

/* A case that takes nothing but a success plays a backend that is in order: whole messages of the method's type where
 * it is gRPC, and a content-length that is their length. */
static void test_scripts(void **state)
{
    size_t messages = 0;
    (void)state;
    for (size_t i = 0; i < suite_count(suite); i++) {
        const struct testcase *testcase = suite_at(suite, i);
        for (size_t k = 0; k < testcase->exchange_count; k++)
            messages += script_is_good(&testcase->exchanges[k]);
        if (testcase->exchange_count == 0)
            messages += script_is_good(testcase);
    }
    assert_true(messages > 50);
}

/* A path that does not exist has no media type: whoever answers 415 passed the request on (envoy#5010). */
static void test_no_profile_takes_415_for_a_path(void **state)
{
    static const char *const keys[] = {"unknown_path_status",   "wrong_method_status", "unknown_query_status",
                                       "trailing_slash_status", "double_slash_status", "empty_variable_status",
                                       "bad_percent_status"};
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        size_t index;
        json_t *item;
        json_array_foreach(profile_value(any, keys[i]), index, item)
        {
            const char *class = json_string_value(item);
            if (json_integer_value(item) == 415 || (class && strcmp(class, "4xx") == 0))
                fail_msg("the profile \"any\" accepts 415 as %s", keys[i]);
        }
    }
}

static const struct testcase *find_case(const char *id)
{
    for (size_t i = 0; i < suite_count(suite); i++) {
        if (strcmp(suite_at(suite, i)->id, id) == 0)
            return suite_at(suite, i);
    }
    fail_msg("no case %s", id);
    return NULL;
}

/* How the case judges a 404 of this body. */
static void assert_badly_encoded(const char *type, const char *body, const char *expected)
{
    char *expect = json_dumps(find_case("trailers/message-badly-encoded")->expect, 0);
    struct observation o;
    observation_init(&o, "GET /v1/reservations/1234", NULL, expect, NULL);
    o.response.status = 404;
    if (body)
        observation_body(&o, type, body);
    observation_call(&o, NULL, "{\"id\":\"1234\"}");
    const char *seen = observation_judge(&o);
    if (strcmp(seen, expected) != 0)
        fail_msg("%s is judged \"%s\"", body ? body : "no body", seen);
    observation_fini(&o);
    free(expect);
}

static void test_badly_encoded_message(void **state)
{
    static const char json[] = "application/json", text[] = "text/plain", lost[] = "response wrong-error";
    (void)state;
    assert_badly_encoded(json, "{\"code\":5,\"message\":\"50%zz off\"}", "pass");
    assert_badly_encoded(json, "{\"code\":5,\"message\":\"50?zz off\"}", "pass");
    assert_badly_encoded(json, "{\"code\":5,\"message\":\"50\\ufffd off\"}", "pass");
    assert_badly_encoded(text, "50%zz off", "pass");
    assert_badly_encoded(text, "Not Found", lost);
    assert_badly_encoded(json, "{\"code\":5,\"message\":\"\"}", lost);
    assert_badly_encoded(json, "{\"code\":5,\"message\":\"Not Found\"}", lost);
    assert_badly_encoded(NULL, NULL, lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enough),
        cmocka_unit_test(test_profile_keys),
        cmocka_unit_test(test_no_profile_takes_415_for_a_path),
        cmocka_unit_test(test_badly_encoded_message),
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_scripts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
