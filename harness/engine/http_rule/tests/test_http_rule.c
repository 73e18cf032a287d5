/* Tests of reading google.api.HttpRule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/engine/http_rule/rule.h"
#include "harness/engine/tests/proto_set.h"

/* post: "/v1/a" body: "*" response_body: "r", with one additional binding get: "/v1/b" */
static void build_rule(struct proto_set *set)
{
    proto_set_init(set);
    proto_set_text(set, 1, "ignored.selector");
    proto_set_text(set, 4, "/v1/a");
    proto_set_text(set, 7, "*");
    proto_set_text(set, 12, "r");
    proto_set_open(set, 11);
    proto_set_text(set, 2, "/v1/b");
    proto_set_close(set);
}

static enum err_code parse(struct proto_set *set, struct http_rule **rules, size_t *count, struct arena *arena,
                           struct err *err)
{
    arena_reset(arena);
    return http_rule_parse(rules, count, LENIENCY_NONE, buf_span(&set->bytes), arena, err);
}

static void test_rule(void **state)
{
    (void)state;
    struct proto_set set;
    struct arena arena;
    struct http_rule *rules;
    struct err err;
    size_t count;
    arena_init(&arena, 1 << 20);
    build_rule(&set);
    assert_int_equal(parse(&set, &rules, &count, &arena, &err), ERR_OK);
    proto_set_fini(&set); /* bytes are copied */
    assert_int_equal(count, 2);
    assert_true(span_is(rules[0].method, "POST") && span_is(rules[0].path, "/v1/a"));
    assert_true(span_is(rules[0].body, "*") && span_is(rules[0].response_body, "r"));
    assert_true(span_is(rules[1].method, "GET") && span_is(rules[1].path, "/v1/b"));
    assert_int_equal(rules[1].body.len, 0);
    assert_int_equal(rules[1].response_body.len, 0);
    arena_fini(&arena);
}

static void test_patterns(void **state)
{
    (void)state;
    static const char *const methods[] = {NULL, NULL, "GET", "PUT", "POST", "DELETE", "PATCH"};
    struct proto_set set;
    struct arena arena;
    struct http_rule *rules;
    struct err err;
    size_t count;
    arena_init(&arena, 1 << 20);
    for (uint32_t i = 2; i <= 6; i++) {
        proto_set_init(&set);
        proto_set_text(&set, i, "/x");
        assert_int_equal(parse(&set, &rules, &count, &arena, &err), ERR_OK);
        assert_int_equal(count, 1);
        assert_true(span_is(rules[0].method, methods[i]) && span_is(rules[0].path, "/x"));
        proto_set_fini(&set);
    }
    /* The pattern is a oneof: the last one on the wire counts. */
    proto_set_init(&set);
    proto_set_text(&set, 2, "/x");
    proto_set_open(&set, 8);
    proto_set_text(&set, 1, "PROPFIND");
    proto_set_text(&set, 2, "/y");
    proto_set_close(&set);
    assert_int_equal(parse(&set, &rules, &count, &arena, &err), ERR_OK);
    assert_true(span_is(rules[0].method, "PROPFIND") && span_is(rules[0].path, "/y"));
    proto_set_fini(&set);
    arena_fini(&arena);
}

/* A custom pattern written by two option statements comes in two parts, which protobuf merges; an additional binding
 * in between and another member of the oneof change what is merged. */
static void test_custom_parts(void **state)
{
    (void)state;
    struct proto_set set;
    struct arena arena;
    struct http_rule *rules;
    struct err err;
    size_t count;
    arena_init(&arena, 1 << 20);
    for (int replaced = 0; replaced < 2; replaced++) {
        proto_set_init(&set);
        proto_set_open(&set, 8);
        proto_set_text(&set, 1, "HEAD");
        proto_set_close(&set);
        proto_set_open(&set, 11);
        proto_set_text(&set, 2, "/z");
        proto_set_close(&set);
        if (replaced)
            proto_set_text(&set, 2, "/x");
        proto_set_open(&set, 8);
        proto_set_text(&set, 2, "/y");
        proto_set_close(&set);
        enum err_code code = parse(&set, &rules, &count, &arena, &err);
        proto_set_fini(&set);
        if (replaced) {
            assert_int_equal(code, ERR_SYNTAX); /* get: "/x" has cleared the kind */
            continue;
        }
        assert_int_equal(code, ERR_OK);
        assert_int_equal(count, 2);
        assert_true(span_is(rules[0].method, "HEAD") && span_is(rules[0].path, "/y"));
        assert_true(span_is(rules[1].method, "GET") && span_is(rules[1].path, "/z"));
    }
    arena_fini(&arena);
}

static void expect_refused(struct proto_set *set, enum err_code code, const char *text)
{
    struct arena arena;
    struct http_rule *rules;
    struct err err;
    size_t count;
    arena_init(&arena, 1 << 20);
    assert_int_equal(http_rule_parse(&rules, &count, LENIENCY_NONE, buf_span(&set->bytes), &arena, &err), code);
    assert_non_null(strstr(err.text, text));
    arena_fini(&arena);
    proto_set_fini(set);
}

static void test_refused(void **state)
{
    (void)state;
    struct proto_set set;
    proto_set_init(&set);
    expect_refused(&set, ERR_SYNTAX, "no HTTP method");

    proto_set_init(&set);
    proto_set_text(&set, 7, "*");
    expect_refused(&set, ERR_SYNTAX, "no HTTP method");

    build_rule(&set);
    proto_set_open(&set, 11);
    proto_set_text(&set, 2, "/v1/c");
    proto_set_open(&set, 11);
    proto_set_text(&set, 2, "/v1/d");
    proto_set_close(&set);
    proto_set_close(&set);
    expect_refused(&set, ERR_SYNTAX, "one level");

    build_rule(&set);
    for (int i = 0; i < HTTP_RULE_MAX_BINDINGS - 1; i++) {
        proto_set_open(&set, 11);
        proto_set_text(&set, 2, "/v1/b");
        proto_set_close(&set);
    }
    expect_refused(&set, ERR_LIMIT, "more than 64");

    proto_set_init(&set);
    proto_set_open(&set, 8);
    proto_set_text(&set, 1, "GET\r\nX: y");
    proto_set_text(&set, 2, "/y");
    proto_set_close(&set);
    expect_refused(&set, ERR_SYNTAX, "not a token");

    proto_set_init(&set);
    proto_set_text(&set, 2, "/v1/\xff");
    expect_refused(&set, ERR_SYNTAX, "UTF-8");
}

/* As a leniency they stand behind the one that they are in, however deep; there are no more of them than of others. */
static void test_nested_bindings(void **state)
{
    (void)state;
    static const struct leniency_set nested = {.bits = LENIENCY_BIT(LENIENCY_NESTED_BINDINGS)};
    struct proto_set set;
    struct arena arena;
    struct http_rule *rules;
    struct err err;
    size_t count;
    arena_init(&arena, 1 << 20);
    proto_set_init(&set);
    proto_set_text(&set, 2, "/0");
    proto_set_open(&set, 11);
    proto_set_open(&set, 11);
    proto_set_text(&set, 4, "/2");
    proto_set_close(&set);
    proto_set_text(&set, 3, "/1");
    proto_set_close(&set);
    proto_set_open(&set, 11);
    proto_set_text(&set, 6, "/3");
    proto_set_close(&set);
    assert_int_equal(http_rule_parse(&rules, &count, nested, buf_span(&set.bytes), &arena, &err), ERR_OK);
    assert_int_equal(count, 4);
    static const char *const methods[] = {"GET", "PUT", "POST", "PATCH"};
    for (size_t i = 0; i < count; i++) {
        assert_true(span_is(rules[i].method, methods[i]));
        assert_int_equal(rules[i].path.data[1], '0' + (int)i);
    }
    assert_int_equal(http_rule_parse(&rules, &count, LENIENCY_NONE, buf_span(&set.bytes), &arena, &err), ERR_SYNTAX);
    proto_set_fini(&set);

    for (int levels = HTTP_RULE_MAX_BINDINGS; levels <= HTTP_RULE_MAX_BINDINGS + 1; levels++) {
        proto_set_init(&set);
        for (int i = 0; i < levels; i++) {
            proto_set_text(&set, 2, "/v1/b");
            if (i + 1 < levels)
                proto_set_open(&set, 11);
        }
        for (int i = 1; i < levels; i++)
            proto_set_close(&set);
        enum err_code want = levels > HTTP_RULE_MAX_BINDINGS ? ERR_LIMIT : ERR_OK;
        assert_int_equal(http_rule_parse(&rules, &count, nested, buf_span(&set.bytes), &arena, &err), want);
        proto_set_fini(&set);
    }
    arena_fini(&arena);
}

static void test_cut_and_flipped(void **state)
{
    (void)state;
    struct proto_set set;
    struct arena arena;
    struct http_rule *rules;
    struct err err;
    size_t count;
    size_t good = 0;
    arena_init(&arena, 1 << 20);
    build_rule(&set);
    for (size_t len = 0; len < set.bytes.len; len++) {
        arena_reset(&arena);
        struct span copy = arena_dup(&arena, span_of(set.bytes.data, len));
        good += http_rule_parse(&rules, &count, LENIENCY_NONE, copy, &arena, &err) == ERR_OK;
    }
    assert_int_equal(good, 3); /* cut before body, before response_body, before the additional binding */
    for (size_t i = 0; i < set.bytes.len * 8; i++) {
        set.bytes.data[i / 8] ^= (uint8_t)(1u << i % 8);
        enum err_code code = parse(&set, &rules, &count, &arena, &err);
        assert_true(code == ERR_OK || code == ERR_SYNTAX);
        set.bytes.data[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    proto_set_fini(&set);
    arena_fini(&arena);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct proto_set set;
    struct http_rule *rules;
    struct err err;
    size_t count;
    build_rule(&set);
    for (size_t max = 0; max < 64; max += 8) {
        struct arena arena;
        arena_init(&arena, max);
        assert_int_equal(http_rule_parse(&rules, &count, LENIENCY_NONE, buf_span(&set.bytes), &arena, &err), ERR_LIMIT);
        arena_fini(&arena);
    }
    proto_set_fini(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_custom_parts),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_nested_bindings),
        cmocka_unit_test(test_cut_and_flipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
