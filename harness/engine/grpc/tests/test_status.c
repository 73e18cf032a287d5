/* Tests of gRPC's status codes, number by number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/engine/grpc/status.h"

static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
        "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
        "DATA_LOSS", "UNAUTHENTICATED"};
    assert_int_equal(sizeof names / sizeof *names, GRPC_STATUS_COUNT);
    for (uint32_t i = 0; i < GRPC_STATUS_COUNT; i++) {
        assert_string_equal(status_name(i), names[i]);
    }
    assert_null(status_name(17));
    assert_null(status_name(UINT32_MAX));
}

static void test_to_http(void **state)
{
    (void)state;
    static const int http[GRPC_STATUS_COUNT] = {200, 499, 500, 400, 504, 404, 409, 403, 429,
                                                400, 409, 400, 501, 500, 503, 500, 401};
    for (uint32_t i = 0; i < GRPC_STATUS_COUNT; i++)
        assert_int_equal(status_to_http(i), http[i]);
    assert_int_equal(status_to_http(17), 500);
    assert_int_equal(status_to_http(UINT32_MAX), 500);
}

static void test_from_http(void **state)
{
    (void)state;
    static const struct {
        int http;
        enum grpc_status code;
    } rows[] = {{400, GRPC_INTERNAL},      {401, GRPC_UNAUTHENTICATED}, {403, GRPC_PERMISSION_DENIED},
                {404, GRPC_UNIMPLEMENTED}, {429, GRPC_UNAVAILABLE},     {431, GRPC_INTERNAL},
                {502, GRPC_UNAVAILABLE},   {503, GRPC_UNAVAILABLE},     {504, GRPC_UNAVAILABLE}};
    for (int http = 0; http < 1000; http++) {
        enum grpc_status want = GRPC_UNKNOWN;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            if (rows[i].http == http)
                want = rows[i].code;
        }
        assert_int_equal(status_from_http(http), want);
    }
}

static void test_from_h2(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 20; code++) {
        enum grpc_status want = code == 7    ? GRPC_UNAVAILABLE
                                : code == 8  ? GRPC_CANCELLED
                                : code == 11 ? GRPC_RESOURCE_EXHAUSTED
                                : code == 12 ? GRPC_PERMISSION_DENIED
                                             : GRPC_INTERNAL;
        assert_int_equal(status_from_h2_code(code), want);
    }
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        uint32_t code;
    } rows[] = {
        {"0", true, 0},           {"16", true, 16},         {"17", true, 17},          {"4294967295", true, UINT32_MAX},
        {"4294967296", false, 0}, {"9999999999", false, 0}, {"00000000000", false, 0}, {"", false, 0},
        {"-1", false, 0},         {"+1", false, 0},         {" 1", false, 0},          {"1 ", false, 0},
        {"0x1", false, 0},        {"OK", false, 0},         {"1.0", false, 0},         {"\xd9\xa1", false, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t code = 12345;
        assert_int_equal(status_parse(span_cstr(rows[i].text), &code), rows[i].ok);
        assert_int_equal(code, rows[i].ok ? rows[i].code : 12345);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),   cmocka_unit_test(test_to_http), cmocka_unit_test(test_from_http),
        cmocka_unit_test(test_from_h2), cmocka_unit_test(test_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
