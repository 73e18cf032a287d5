/* Tests of answers in the forms in which people have them: what each is taken for, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/h2_code.h"
#include "harness/base/tests/guard.h"
#include "harness/engine/transcode/answer_input.h"
#include "harness/engine/transcode/function_answer.h"

#define FRAME "\0\0\0\0\x0f\n\rHello, world."

static struct guard guard;
static struct answer_input input;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    guard_init(&guard, 8192);
    answer_input_init(&input);
    err = (struct err){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    answer_input_fini(&input);
    guard_fini(&guard);
    return 0;
}

static enum err_code read_text(struct span text, enum answer_form form, bool keeps_base64)
{
    answer_input_fini(&input);
    answer_input_init(&input);
    err = (struct err){0};
    return answer_input_read(&input, guard_place(&guard, text), form, keeps_base64, &err);
}

static void assert_read(const char *text, enum answer_form form)
{
    if (read_text(span_cstr(text), ANSWER_AUTO, false) != ERR_OK)
        fail_msg("%s: %s", text, err.text);
    if (input.form != form)
        fail_msg("%s: taken for %s", text, answer_form_names[input.form]);
}

static void assert_body(const char *bytes, size_t len)
{
    assert_true(span_equal(input.view.body, span_of(bytes, len)));
}

static void test_forms(void **state)
{
    (void)state;
    assert_read("000000000f 0a0d48656c6c6f2c20776f726c642e\n", ANSWER_HEX);
    assert_body(FRAME, sizeof FRAME - 1);
    assert_int_equal(input.view.end, CLIENT_END_TRAILERS);
    assert_read("AAAAAA8KDUhlbGxvLCB3b3JsZC4=\n", ANSWER_BASE64);
    assert_body(FRAME, sizeof FRAME - 1);
    assert_read("Hello, world.\n", ANSWER_RAW);
    assert_body("Hello, world.\n", 14);
    assert_read("{\"message\":\"Hello\"}", ANSWER_RAW);
    assert_read("{\"body\":\"Hello\"}", ANSWER_RAW);
    assert_read("  {\"body\":\"Hello\",\"headers\":{}}", ANSWER_EVENT);
    assert_body("Hello", 5);
    assert_read("{\"statusCode\":200}", ANSWER_EVENT);
    assert_read("", ANSWER_RAW);
    assert_int_equal(input.view.body.len, 0);
}

static void test_event(void **state)
{
    (void)state;
    assert_read(
        "{\"statusCode\":\"502\",\"headers\":{\"Content-Type\":\"text/pl\\u0061in\",\"X-A\":1,\"x-b\":true},"
        "\"multiValueHeaders\":{\"X-a\":[\"2\",\"3\"]},\"other\":[[{}]],\"cookies\":[\"a=1\"],\"body\":\"SGVsbG8=\","
        "\"isBase64Encoded\":true}",
        ANSWER_EVENT);
    assert_int_equal(input.view.http_status, 502);
    assert_int_equal(input.view.end, CLIENT_END_DATA);
    assert_true(input.decoded && !input.no_type);
    assert_body("Hello", 5);
    assert_int_equal(input.view.headers.count, 4);
    assert_int_equal(fields_count(&input.view.headers, "x-a"), 2);
    assert_true(span_is(fields_value(&input.view.headers, "content-type"), "text/plain"));
    assert_true(span_is(fields_value(&input.view.headers, "x-a"), "2"));
    assert_true(span_is(fields_value(&input.view.headers, "x-b"), "true"));
    assert_read("{\"statusCode\":200,\"headers\":null,\"body\":null}", ANSWER_EVENT);
    assert_true(input.no_type);
    assert_int_equal(
        read_text(span_cstr("{\"statusCode\":200,\"body\":\"SGVsbG8=\",\"isBase64Encoded\":true}"), ANSWER_AUTO, true),
        ERR_OK);
    assert_body("SGVsbG8=", 8);
    assert_false(input.decoded);
}

/* An object that says how it ends is what a client saw. */
static void test_seen(void **state)
{
    (void)state;
    assert_read("{\"statusCode\":200,\"trailers\":{\"grpc-status\":[\"0\",5]}}", ANSWER_EVENT);
    assert_int_equal(input.view.end, CLIENT_END_TRAILERS);
    assert_int_equal(fields_count(&input.view.trailers, "grpc-status"), 2);
    assert_false(input.no_type);
    assert_read("{\"statusCode\":200,\"ends\":\"rst:ENHANCE_YOUR_CALM\"}", ANSWER_EVENT);
    assert_int_equal(input.view.end, CLIENT_END_RST);
    assert_int_equal(input.view.end_code, H2_CODE_ENHANCE_YOUR_CALM);
    assert_int_equal(input.view.http_status, 200);
    assert_read("{\"body\":null,\"headers\":null,\"ends\":\"closed\"}", ANSWER_EVENT);
    assert_int_equal(input.view.end, CLIENT_END_CLOSED);
    assert_int_equal(input.view.http_status, 0);
}

static void test_options(void **state)
{
    (void)state;
    assert_read("{\"statusCode\":200,\"multiValueHeaders\":{\"content-type\":[\"a\",\"b\"],\"x\":[\"c\"]}}",
                ANSWER_EVENT);
    assert_true(answer_input_set_type(&input, span_cstr("application/grpc")));
    assert_int_equal(input.view.headers.count, 2);
    assert_true(span_is(fields_value(&input.view.headers, "content-type"), "application/grpc"));
    assert_true(answer_input_set_trailers(&input));
    assert_true(answer_input_set_trailers(&input));
    assert_int_equal(input.view.trailers.count, 1);
    assert_int_equal(input.view.end, CLIENT_END_TRAILERS);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        enum answer_form form;
        const char *text;
        const char *message;
    } rows[] = {
        {ANSWER_EVENT, "", "offset 0"},
        {ANSWER_EVENT, "[]", "expected an object"},
        {ANSWER_EVENT, "{\"statusCode\":200", "offset 17"},
        {ANSWER_EVENT, "{\"statusCode\":200}{", "offset 18"},
        {ANSWER_EVENT, "{\"statusCode\":20}", "statusCode (offset 14): expected a number from 100 to 999"},
        {ANSWER_EVENT, "{\"statusCode\":\"2e2\"}", "statusCode"},
        {ANSWER_EVENT, "{\"statusCode\":null}", "statusCode (offset 14): expected a number"},
        {ANSWER_EVENT, "{\"headers\":[]}", "headers (offset 11): expected an object"},
        {ANSWER_EVENT, "{\"headers\":{\"a\":{}}}", "expected text, or a list of texts"},
        {ANSWER_EVENT, "{\"headers\":{\"a\":[[]]}}", "expected text, or a list of texts"},
        {ANSWER_EVENT, "{\"body\":7}", "body (offset 8): expected text or null"},
        {ANSWER_EVENT, "{\"isBase64Encoded\":\"true\"}", "isBase64Encoded"},
        {ANSWER_EVENT, "{\"body\":\"Hello, world.\",\"isBase64Encoded\":true}", "it is not base64"},
        {ANSWER_EVENT, "{\"ends\":\"rst\"}", "ends (offset 8): expected a code"},
        {ANSWER_EVENT, "{\"ends\":\"data:CANCEL\"}", "ends"},
        {ANSWER_EVENT, "{\"ends\":\"rst:cancel\"}", "ends"},
        {ANSWER_EVENT, "{\"ends\":\"never\"}", "expected trailers"},
        {ANSWER_HEX, "0g", "offset 0"},
        {ANSWER_BASE64, "!", "this is not base64"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_not_equal(read_text(span_cstr(rows[i].text), rows[i].form, false), ERR_OK);
        if (!strstr(err.text, rows[i].message))
            fail_msg("%s: %s", rows[i].text, err.text);
    }
}

static void test_too_many_fields(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_append_cstr(&text, "{\"statusCode\":200,\"multiValueHeaders\":{\"a\":[\"b\"");
    for (unsigned i = 0; i < FUNCTION_MAX_FIELDS; i++)
        buf_append_cstr(&text, ",1");
    buf_append_cstr(&text, "]}}");
    assert_int_equal(read_text(buf_span(&text), ANSWER_AUTO, false), ERR_LIMIT);
    buf_fini(&text);
}

/* Every form, cut at every byte: read or refused, and what is refused says why. */
static void test_cut(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"statusCode\":200,\"headers\":{\"Content-Type\":\"application/"
        "grpc\",\"a\":[\"b\",1]},\"multiValueHeaders\":{},"
        "\"trailers\":{\"grpc-status\":\"0\"},\"body\":\"AAAA\\u0041AAA\",\"isBase64Encoded\":true,\"ends\":\"rst:"
        "CANCEL\"}",
        "000000000f 0a0d48656c6c6f2c20776f726c642e",
        "AAAAAA8KDUhlbGxvLCB3b3JsZC4=",
    };
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        for (size_t len = 0; len <= strlen(texts[t]); len++) {
            for (unsigned form = 0; form < ANSWER_FORMS; form++) {
                if (read_text(span_of(texts[t], len), (enum answer_form)form, false) != ERR_OK)
                    assert_true(err.text[0] != '\0');
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
