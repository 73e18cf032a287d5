/* Tests of gRPC-Web's content types and base64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/reference/web_text.h"

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool is;
        bool text;
        const char *suffix;
    } rows[] = {
        {"application/grpc-web", true, false, ""},
        {"application/grpc-web+proto", true, false, "+proto"},
        {"Application/gRPC-Web+json ; charset=utf-8", true, false, "+json"},
        {" application/grpc-web-text", true, true, ""},
        {"application/grpc-web-TEXT+proto;a=b", true, true, "+proto"},
        {"application/grpc-web+", false, false, NULL},
        {"application/grpc-web-texts", false, false, NULL},
        {"application/grpc-webs", false, false, NULL},
        {"application/grpc", false, false, NULL},
        {"application/json", false, false, NULL},
        {"", false, false, NULL},
    };
    struct web_type type;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (web_type_parse(span_cstr(rows[i].value), &type) != rows[i].is)
            fail_msg("%s: %d", rows[i].value, !rows[i].is);
        if (rows[i].is) {
            assert_int_equal(type.text, rows[i].text);
            assert_true(span_is(type.suffix, rows[i].suffix));
        }
    }
    assert_true(web_type_accepted(span_cstr("*/*, application/grpc-web-text;q=0.5,application/grpc-web"), &type));
    assert_true(type.text);
    assert_true(web_type_accepted(span_cstr("application/grpc-web, application/grpc-web-text"), &type));
    assert_false(type.text);
    assert_false(web_type_accepted(span_cstr("*/*"), &type));
    assert_false(web_type_accepted(span_cstr(","), &type));
    assert_false(web_type_accepted(span_of(NULL, 0), &type));
}

static void test_decode(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *bytes; /* NULL: it is none */
    } rows[] = {
        {"", ""},       {"YWJj", "abc"}, {"YQ==", "a"},   {"YWI=Yw==", "abc"}, {"YQ==YmM=ZGVm", "abcdef"},
        {"YWJ", NULL},  {"YWJjZ", NULL}, {"YQ=", NULL},   {"====", NULL},      {"YWJj====", NULL},
        {"Y===", NULL}, {"=YWJ", NULL},  {"YW Jj", NULL}, {"YW\nj", NULL},     {"YWJjYQ=x", NULL},
    };
    struct buf out;
    buf_init(&out, 64);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_reset(&out);
        if (web_text_decode(&out, span_cstr(rows[i].text)) != (rows[i].bytes != NULL))
            fail_msg("%s: %s", rows[i].text, rows[i].bytes ? "refused" : "taken");
        assert_true(!rows[i].bytes || span_is(buf_span(&out), rows[i].bytes));
    }
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_types), cmocka_unit_test(test_decode)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
