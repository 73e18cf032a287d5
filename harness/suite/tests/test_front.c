/* Tests of what clients speak at the front: when an answer is base64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/suite/front.h"

/* The answer says what it is, whatever the request was. */
static void test_text(void **state)
{
    (void)state;
    static const struct {
        enum front front;
        const char *type;
        bool text;
    } rows[] = {
        {FRONT_GRPC_WEB, "application/grpc-web+proto", false},
        {FRONT_GRPC_WEB, "application/grpc-web-text+proto", true},
        {FRONT_GRPC_WEB_TEXT, "Application/gRPC-Web-Text", true},
        {FRONT_GRPC_WEB_TEXT, "application/grpc-web", false},
        {FRONT_GRPC_WEB_TEXT, "", false},
        {FRONT_GRPC, "application/grpc-web-text", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(front_is_text(front_row(rows[i].front), span_cstr(rows[i].type)), rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
