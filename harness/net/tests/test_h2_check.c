/* Rules of RFC 9113 section 8 on responses, without a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "harness/net/h2_check.h"

#define MAX_FIELDS 6

struct section {
    const char *fields[MAX_FIELDS][2];
    const char *problem; /* part of it; NULL: none */
};

static struct fields fields_of(struct field *storage, const char *const (*pairs)[2])
{
    size_t count = 0;
    for (; count < MAX_FIELDS && pairs[count][0]; count++)
        storage[count] = (struct field){span_cstr(pairs[count][0]), span_cstr(pairs[count][1])};
    return (struct fields){.items = storage, .count = count, .cap = count};
}

static void expect_problem(const struct h2_check *check, const char *problem, const char *what)
{
    if (!problem && check->problem[0])
        fail_msg("%s: %s", what, check->problem);
    if (problem && !strstr(check->problem, problem))
        fail_msg("%s: problem \"%s\", not \"%s\"", what, check->problem, problem);
}

static const struct section responses[] = {
    {{{":status", "200"}}, NULL},
    {{{":status", "200"}, {"content-type", "application/json"}, {"x", ""}, {"y", "\xff \t z"}}, NULL},
    {{{":status", "200"}, {"te", "trailers"}}, NULL},
    {{{":status", "999"}}, NULL},
    {{{"x", "y"}}, "without :status"},
    {{{":status", "99"}}, ":status is not"},
    {{{":status", "099"}}, ":status is not"},
    {{{":status", "2000"}}, ":status is not"},
    {{{":status", "2x0"}}, ":status is not"},
    {{{":status", ""}}, ":status is not"},
    {{{":status", "200"}, {":status", "200"}}, ":status twice"},
    {{{":status", "200"}, {":path", "/"}}, "cannot have"},
    {{{":status", "200"}, {":unknown", "/"}}, "cannot have"},
    {{{"x", "y"}, {":status", "200"}}, "behind other headers"},
    {{{":status", "200"}, {"X", "y"}}, "header name"},
    {{{":status", "200"}, {"", "y"}}, "header name"},
    {{{":status", "200"}, {"a b", "y"}}, "header name"},
    {{{":status", "200"}, {"a:b", "y"}}, "header name"},
    {{{":status", "200"}, {"a\xc3\xa4", "y"}}, "header name"},
    {{{":status", "200"}, {"a\x7f", "y"}}, "header name"},
    {{{":status", "200"}, {"a", " y"}}, "header value"},
    {{{":status", "200"}, {"a", "y\t"}}, "header value"},
    {{{":status", "200"}, {"a", "y\nz"}}, "header value"},
    {{{":status", "200"}, {"a", "y\rz"}}, "header value"},
    {{{":status", "200"}, {"connection", "close"}}, "of the connection"},
    {{{":status", "200"}, {"keep-alive", "1"}}, "of the connection"},
    {{{":status", "200"}, {"proxy-connection", "1"}}, "of the connection"},
    {{{":status", "200"}, {"transfer-encoding", "chunked"}}, "of the connection"},
    {{{":status", "200"}, {"upgrade", "x"}}, "of the connection"},
    {{{":status", "200"}, {"content-length", "5"}}, NULL},
    {{{":status", "200"}, {"content-length", "five"}}, "not a number"},
    {{{":status", "200"}, {"content-length", ""}}, "not a number"},
    {{{":status", "200"}, {"content-length", "9999999999999999999"}}, "not a number"},
    {{{":status", "200"}, {"content-length", "5"}, {"content-length", "5"}}, "content-length twice"},
    {{{":status", "204"}, {"content-length", "0"}}, "204"},
};

static void test_responses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof responses / sizeof *responses; i++) {
        struct field storage[MAX_FIELDS];
        struct h2_check check;
        struct fields fields = fields_of(storage, responses[i].fields);
        h2_check_init(&check, false);
        assert_int_equal(h2_check_section(&check, &fields, false), H2_RESPONSE);
        expect_problem(&check, responses[i].problem, responses[i].fields[0][1]);
    }
}

static void test_nul_in_a_value(void **state)
{
    (void)state;
    struct field storage[] = {{span_cstr(":status"), span_cstr("200")}, {span_cstr("a"), span_of("b\0c", 3)}};
    struct fields fields = {.items = storage, .count = 2, .cap = 2};
    struct h2_check check;
    h2_check_init(&check, false);
    h2_check_section(&check, &fields, true);
    expect_problem(&check, "header value", "NUL");
}

static const char *const ok[MAX_FIELDS][2] = {{":status", "200"}};
static const char *const hints[MAX_FIELDS][2] = {{":status", "103"}, {"link", "x"}};
static const char *const five[MAX_FIELDS][2] = {{":status", "200"}, {"content-length", "5"}};
static const char *const trailers[MAX_FIELDS][2] = {{"grpc-status", "0"}};

static enum h2_headers_kind section(struct h2_check *check, const char *const (*pairs)[2], bool end_stream)
{
    struct field storage[MAX_FIELDS];
    struct fields fields = fields_of(storage, pairs);
    return h2_check_section(check, &fields, end_stream);
}

static void test_order(void **state)
{
    (void)state;
    struct h2_check check;
    h2_check_init(&check, false);
    assert_int_equal(section(&check, hints, false), H2_INFORMATIONAL);
    assert_int_equal(section(&check, hints, false), H2_INFORMATIONAL);
    assert_int_equal(section(&check, ok, false), H2_RESPONSE);
    h2_check_data(&check, 7);
    h2_check_data(&check, 0);
    assert_int_equal(section(&check, trailers, true), H2_TRAILERS);
    h2_check_end(&check);
    expect_problem(&check, NULL, "order");
    assert_true(check.trailers);

    h2_check_init(&check, false);
    section(&check, ok, false);
    section(&check, trailers, false);
    expect_problem(&check, "does not end the stream", "trailers without END_STREAM");

    h2_check_init(&check, false);
    section(&check, ok, false);
    section(&check, ok, true);
    expect_problem(&check, "among the trailers", ":status in trailers");

    h2_check_init(&check, false);
    section(&check, hints, true);
    expect_problem(&check, "informational", "END_STREAM on 103");

    h2_check_init(&check, false);
    h2_check_data(&check, 0);
    expect_problem(&check, "before the response's HEADERS", "DATA first");

    h2_check_init(&check, false);
    section(&check, hints, false);
    h2_check_end(&check);
    expect_problem(&check, "without a response", "only 103");
}

static void test_content_length(void **state)
{
    (void)state;
    struct h2_check check;
    h2_check_init(&check, false);
    section(&check, five, false);
    h2_check_data(&check, 2);
    h2_check_data(&check, 3);
    h2_check_end(&check);
    expect_problem(&check, NULL, "five of five");

    h2_check_init(&check, false);
    section(&check, five, false);
    h2_check_data(&check, 4);
    expect_problem(&check, NULL, "four of five so far");
    h2_check_end(&check);
    expect_problem(&check, "less DATA", "four of five");

    h2_check_init(&check, false);
    section(&check, five, false);
    h2_check_data(&check, 6);
    expect_problem(&check, "more DATA", "six of five");

    h2_check_init(&check, true);
    section(&check, five, true);
    h2_check_end(&check);
    expect_problem(&check, NULL, "HEAD");
    h2_check_data(&check, 1);
    expect_problem(&check, "cannot have any", "content in an answer to HEAD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_responses),
        cmocka_unit_test(test_nul_in_a_value),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_content_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
