/* Tests of the path template language: its grammar, matching, percent-decoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/buf.h"
#include "harness/engine/http_rule/template.h"
#include "harness/base/tests/guard.h"

static const char *const good[] = {
    "/v1",
    "/v1/shelves",
    "/v1/{a}",
    "/v1/{a.b_c.d2}/x",
    "/v1/{a=*}",
    "/v1/{a=**}",
    "/v1/**",
    "/*",
    "/**",
    "/**:verb",
    "/v1/{name=shelves/*/books/*}:cancel",
    "/v1/{name=shelves/**}",
    "/v1/a:b/c",
    "/v1/a:b/c:d",
    "/v1/{a}:b",
    "/v1/with-dash_and.dot~tilde",
    "/v1/%7Cx",
    "/v1/a=b;c/{a=x=y/*}:d=e",
    "/v1/=a/{b=x/=y}", /* sub-delims are characters of a literal (RFC 3986 section 3.3) */
};

static const struct {
    const char *text;
    const char *said;
} whys[] = {
    {"v1", "offset 0: expected a slash, found 'v'"},
    {"/v1/a{b}", "offset 5: expected a slash, found '{'"},
    {"/v1/{a==b}", "offset 7: expected a segment: a literal, *, ** or a variable, found '='"},
    {"/v1/{a", "offset 6: expected '/' or '}', found the end"},
    {"/v1/{}", "offset 5: expected a field name, found '}'"},
    {"/v1\x1b", "offset 3: expected no control character, blank, ? or #, found 0x1b"},
    {"/v1:a{b", "offset 5: expected a literal as verb, found '{'"},
    {"/v1:", "offset 4: expected a verb behind the colon, found the end"},
};

static const char *const bad[] = {
    "",           "v1",          "/",           "//",         "/v1/",
    "/v1//x",     "/v1/{",       "/v1/{}",      "/{a",        "/{a}x",
    "/x{a}",      "/{a=}",       "/{a={b}}",    "/{a=x/{b}}", "/**/x",
    "/{a=**}/x",  "/**/*",       "/{a=**/*}",   "/{a}/{a}",   "/{a.}",
    "/{.a}",      "/{1a}",       "/v1:",        "/v1:{a}",    "/a*",
    "/*a",        "/***",        "/{a=*}/{b",   "/{a}/",      "/a b",
    "/a?b",       "/a#b",        "/{a}}",       "/{a==x}",    "/v1/{a}:b:c:",
    "/{a=/x}",    "/{a=x/}",     "/**/{b}",     "/**/**",     "/{a=**}/{b=**}",
    "/{a=**/**}", "/v1/{a}:b:c", "/v1/{a}:b/c", "/v1/{a:b}",
};

static void test_grammar(void **state)
{
    (void)state;
    struct arena arena;
    struct err err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct path_template parsed;
        arena_init(&arena, 1 << 16);
        if (path_template_parse(&parsed, LENIENCY_NONE, span_cstr(good[i]), &arena, &err) != ERR_OK)
            fail_msg("%s: %s", good[i], err.text);
        arena_fini(&arena);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct path_template parsed;
        arena_init(&arena, 1 << 16);
        if (path_template_parse(&parsed, LENIENCY_NONE, span_cstr(bad[i]), &arena, &err) != ERR_SYNTAX)
            fail_msg("%s is accepted", bad[i]);
        assert_non_null(strstr(err.text, "offset "));
        arena_fini(&arena);
    }
    for (size_t i = 0; i < sizeof whys / sizeof *whys; i++) {
        struct path_template parsed;
        arena_init(&arena, 1 << 16);
        assert_int_equal(path_template_parse(&parsed, LENIENCY_NONE, span_cstr(whys[i].text), &arena, &err),
                         ERR_SYNTAX);
        assert_string_equal(strchr(err.text, ':') + 2, whys[i].said);
        arena_fini(&arena);
    }
}

static void test_parts(void **state)
{
    (void)state;
    struct arena arena;
    struct err err;
    struct path_template parsed;
    arena_init(&arena, 1 << 16);
    assert_int_equal(
        path_template_parse(&parsed, LENIENCY_NONE, span_cstr("/v1/{a.b=shelves/*}/{c}/{d=**}:go"), &arena, &err),
        ERR_OK);
    assert_int_equal(parsed.segment_count, 5);
    assert_int_equal(parsed.variable_count, 3);
    assert_true(span_is(parsed.verb, "go"));
    assert_true(span_is(parsed.segments[1].literal, "shelves"));
    assert_int_equal(parsed.segments[2].kind, PATH_STAR);
    assert_int_equal(parsed.segments[4].kind, PATH_DOUBLE_STAR);
    assert_true(span_is(parsed.variables[0].field_path, "a.b"));
    assert_true(parsed.variables[0].multi && parsed.variables[0].first == 1 && parsed.variables[0].count == 2);
    assert_true(!parsed.variables[1].multi && parsed.variables[1].first == 3);
    assert_true(parsed.variables[2].multi && parsed.variables[2].count == 1);
    arena_fini(&arena);
}

/* `want`: NULL for no match, else the values joined by '|'. */
static void expect_leniently(uint64_t lenient, const char *text, const char *path, const char *want)
{
    const struct leniency_set set = {lenient};
    struct arena arena;
    struct err err;
    struct path_template parsed;
    struct path_capture captures[PATH_TEMPLATE_MAX_VARIABLES];
    char values[512] = "";
    arena_init(&arena, 1 << 20);
    if (path_template_parse(&parsed, set, span_cstr(text), &arena, &err) != ERR_OK)
        fail_msg("%s: %s", text, err.text);
    bool matched = path_template_match(&parsed, set, span_cstr(path), &arena, captures, NULL);
    if (matched != (want != NULL))
        fail_msg("%s %s %s", text, matched ? "matches" : "does not match", path);
    for (size_t i = 0; matched && i < parsed.variable_count; i++) {
        size_t at = strlen(values);
        snprintf(values + at, sizeof values - at, "%s%.*s", i > 0 ? "|" : "", SPAN_FMT(captures[i].value));
    }
    if (want && strcmp(values, want) != 0)
        fail_msg("%s %s gives %s, not %s", text, path, values, want);
    arena_fini(&arena);
}

static void expect_match(const char *text, const char *path, const char *want)
{
    expect_leniently(0, text, path, want);
}

static void expect_middle(const char *text, const char *path, const char *want)
{
    expect_leniently(LENIENCY_BIT(LENIENCY_DOUBLE_STAR_MIDDLE), text, path, want);
}

static void test_double_star_middle(void **state)
{
    (void)state;
    expect_middle("/a/{x=**}/c", "/a/c", "");
    expect_middle("/a/{x=**}/c", "/a/b/c", "b");
    expect_middle("/a/{x=**}/c", "/a/b%2F/d/c", "b%2F/d");
    expect_middle("/a/{x=**}/c", "/a/c/c", "c");
    expect_middle("/a/{x=**}/c", "/a/c/", NULL);
    expect_middle("/a/{x=**}/c", "/a", NULL);
    expect_middle("/a/{x=**}/c", "/a/b", NULL);
    expect_middle("/**/{y}", "/b", "b");
    expect_middle("/**/{y}", "/a/b", "b");
    expect_middle("/**/{y}", "/", NULL);
    expect_middle("/{x=**/c}", "/c", "c");
    expect_middle("/{x=**/c}", "/a/b/c", "a/b/c");
    expect_middle("/{x=a/**}/{y}", "/a/b", "a|b");
    expect_middle("/{x=a/**}/{y}", "/a/b/c", "a/b|c");
    expect_middle("/{x=a/**/b}/{y}", "/a/b/c", "a/b|c");
    expect_middle("/{x}/**/{y}/{z=d/*}", "/1/2/3/4/d/5", "1|4|d/5");
    expect_middle("/{x}/**/{y}/{z=d/*}", "/1/4/d/5", "1|4|d/5");
    expect_middle("/{x}/**/{y}/{z=d/*}", "/1/d/5", NULL);
    expect_middle("/a/**/c:go", "/a/b/c:go", "");
    expect_middle("/a/**/c:go", "/a/b/c", NULL);
    expect_middle("/a/{x=**}", "/a/b/", "b/");
    struct arena arena;
    struct err err;
    struct path_template parsed;
    const struct leniency_set set = {LENIENCY_BIT(LENIENCY_DOUBLE_STAR_MIDDLE)};
    arena_init(&arena, 1 << 16);
    assert_int_equal(path_template_parse(&parsed, set, span_cstr("/**/a/**"), &arena, &err), ERR_SYNTAX);
    assert_non_null(strstr(err.text, "no second **"));
    assert_int_equal(path_template_parse(&parsed, set, span_cstr("/**/{a=b/**}"), &arena, &err), ERR_SYNTAX);
    assert_int_equal(path_template_parse(&parsed, set, span_cstr("/{a={b}}"), &arena, &err), ERR_SYNTAX);
    arena_fini(&arena);
}

static void test_nested_variables(void **state)
{
    (void)state;
    const uint64_t nested = LENIENCY_BIT(LENIENCY_NESTED_VARIABLES);
    expect_leniently(nested, "/v1/{a=x/{b}}", "/v1/x/1", "1|x/1");
    expect_leniently(nested, "/v1/{a={b=x/*}/{c}}:go", "/v1/x/1/2:go", "x/1|2|x/1/2");
    expect_leniently(nested, "/v1/{a={b=**}}", "/v1/x/1", "x/1|x/1");
    struct arena arena;
    struct err err;
    struct path_template parsed;
    const struct leniency_set set = {nested};
    arena_init(&arena, 1 << 16);
    assert_int_equal(path_template_parse(&parsed, set, span_cstr("/{a={a}}"), &arena, &err), ERR_SYNTAX);
    static const char deep[] = "/{a={b={c={d={e={f={g={h={i={j}}}}}}}}}}";
    assert_int_equal(path_template_parse(&parsed, set, span_cstr(deep), &arena, &err), ERR_LIMIT);
    for (size_t len = 0; len < sizeof deep - 1; len++)
        assert_int_not_equal(path_template_parse(&parsed, set, span_of(deep, len), &arena, &err), ERR_OK);
    arena_fini(&arena);
}

/* What Envoy decodes in the segments of "**" unless its url_unescape_spec says otherwise. */
static void test_keep_reserved(void **state)
{
    (void)state;
    const uint64_t keep = LENIENCY_BIT(LENIENCY_KEEP_RESERVED);
    expect_leniently(keep, "/v1/{a=**}", "/v1/%3A%2f/%40%2B%2A%5B%5d", "%3A%2f/%40%2B%2A%5B%5d");
    expect_leniently(keep, "/v1/{a=*/x}", "/v1/%41%25%7E%20%22%C3%A9%00/x", "A%~ \"\xc3\xa9");
    expect_leniently(keep, "/v1/{a=**}", "/v1/%zz%/%4", "%zz%/%4");
    expect_leniently(keep, "/v1/{a}", "/v1/%3A%2F%40", ":/@");
    expect_leniently(keep | LENIENCY_BIT(LENIENCY_FULL_EXPANSION), "/v1/{a=**}", "/v1/%3A%2f", ":/");
    expect_match("/v1/{a=**}", "/v1/%3A%2f/%40%2B%2A%5B%5d", ":%2f/@+*[]");
    struct arena arena;
    struct err err;
    struct path_template parsed;
    struct path_capture captures[PATH_TEMPLATE_MAX_VARIABLES];
    bool malformed = false;
    arena_init(&arena, 1 << 16);
    assert_int_equal(path_template_parse(&parsed, LENIENCY_NONE, span_cstr("/{a=**}"), &arena, &err), ERR_OK);
    const struct leniency_set set = {keep};
    assert_true(path_template_match(&parsed, set, span_cstr("/%25%2F"), &arena, captures, &malformed));
    assert_false(malformed);
    assert_true(path_template_match(&parsed, set, span_cstr("/%2"), &arena, captures, &malformed));
    assert_true(malformed);
    arena_fini(&arena);
}

static void test_empty_segments(void **state)
{
    (void)state;
    const uint64_t empty = LENIENCY_BIT(LENIENCY_EMPTY_SEGMENTS);
    expect_match("/v1/{a}/b", "/v1//b", NULL);
    expect_leniently(empty, "/v1/{a}/b", "/v1//b", "");
    expect_leniently(empty, "/v1/{a}", "/v1/", NULL);
    expect_leniently(empty, "/v1/{a}", "/v1", NULL);
    expect_leniently(empty, "/v1/x", "//x", NULL);
    expect_leniently(empty, "/{a=*/*}", "//x", "/x");
    expect_leniently(empty, "/{a=*/*}", "//", NULL);
    expect_leniently(empty, "/{a}:go", "/:go", NULL);
}

static void test_root_template(void **state)
{
    (void)state;
    const uint64_t root = LENIENCY_BIT(LENIENCY_ROOT_TEMPLATE);
    expect_leniently(root, "/", "/", "");
    expect_leniently(root, "/", "//", NULL);
    expect_leniently(root, "/", "/a", NULL);
    expect_leniently(root, "/", "/:go", NULL);
    expect_leniently(root, "/", "", NULL);
    expect_leniently(root, "/a", "/", NULL);
    const char *const refused[] = {"//", "/a/", "/:go", ""};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct arena arena;
        struct path_template parsed;
        arena_init(&arena, 1 << 16);
        assert_int_equal(path_template_parse(&parsed, (struct leniency_set){root}, span_cstr(refused[i]), &arena, NULL),
                         ERR_SYNTAX);
        arena_fini(&arena);
    }
}

static void test_first_colon(void **state)
{
    (void)state;
    const uint64_t first = LENIENCY_BIT(LENIENCY_FIRST_COLON);
    expect_leniently(first, "/v1/{a}:go", "/v1/x:go", "x");
    expect_leniently(first, "/v1/{a}:go", "/v1/x:y:go", NULL);
    expect_leniently(first, "/v1/{a}", "/v1/x:go", NULL);
    expect_leniently(first, "/v1/{a}", "/v1/x:", NULL);
    expect_leniently(first, "/v1/{a}", "/v1/x%3Ago", "x:go");
    expect_leniently(first, "/v1/{a}/b", "/v1/x:y/b", "x:y");
}

static void test_match(void **state)
{
    (void)state;
    expect_match("/v1/shelves", "/v1/shelves", "");
    expect_match("/v1/shelves", "/v1/Shelves", NULL);
    expect_match("/v1/shelves", "/v1/%73helves", "");
    expect_match("/v1/%7Cx", "/v1/|x", "");
    expect_match("/v1/a|b=c;d", "/v1/a%7Cb%3Dc%3bd", "");
    expect_match("/v1/a%2Fb", "/v1/a%2fb", "");
    expect_match("/v1/a%2Fb", "/v1/a/b", NULL);
    expect_match("/v1/shelves", "/v1/shelves/", NULL);
    expect_match("/v1/shelves", "/v1/shelve", NULL);
    expect_match("/v1/shelves", "/v1/shelvesx", NULL);
    expect_match("/v1/shelves", "/v1", NULL);
    expect_match("/v1/shelves", "v1/shelves", NULL);
    expect_match("/v1/shelves", "", NULL);
    expect_match("/v1/{a}", "/v1/x", "x");
    expect_match("/v1/{a}", "/v1/", NULL);
    expect_match("/v1/{a}", "/v1//", NULL);
    expect_match("/v1/{a}", "/v1/x/y", NULL);
    expect_match("/v1/{a}", "/v1/x/", NULL);
    expect_match("/v1/{a}/c", "/v1//c", NULL);
    expect_match("/v1/{a}/{b}", "/v1/x/y", "x|y");
    expect_match("/v1/*/{b}", "/v1/x/y", "y");
    expect_match("/v1/*", "/v1", NULL);
    expect_match("/v1/*", "/v1/x", "");
    expect_match("/v1/*", "/v1/x/y", NULL);
    expect_match("/v1/{a}", "/v1", NULL);
    expect_match("/v1/{a=*}", "/v1/x", "x");
    expect_match("/v1/{a=*}", "/v1/x/y", NULL);
    expect_match("/v1/{n=shelves/*/books/*}", "/v1/shelves/1/books/2", "shelves/1/books/2");
    expect_match("/v1/{n=shelves/*}/books", "/v1/shelves/1/books", "shelves/1");
    expect_match("/v1/{n=**}", "/v1", "");
    expect_match("/v1/{n=**}", "/v1/", "");
    expect_match("/v1/{n=**}", "/v1/a", "a");
    expect_match("/v1/{n=**}", "/v1/a//b/", "a//b/");
    expect_match("/v1/{n=x/**}", "/v1/x", "x");
    expect_match("/v1/{n=x/**}", "/v1/x/y/z", "x/y/z");
    expect_match("/v1/{n=x/**}", "/v1/y", NULL);
    expect_match("/v1/{n=**}", "/v2", NULL);
    expect_match("/v1/**", "/v1", "");
    expect_match("/v1/**", "/v1/a/b", "");
    expect_match("/**", "/", "");
    expect_match("/{n=**}", "/", "");
}

static void test_decoding(void **state)
{
    (void)state;
    expect_match("/v1/{a}", "/v1/%E2%82%AC", "\xe2\x82\xac");
    expect_match("/v1/{a}", "/v1/a%2Fb", "a/b");
    expect_match("/v1/{a}", "/v1/%2525", "%25");
    expect_match("/v1/{a}", "/v1/a+b", "a+b");
    expect_match("/v1/{a}", "/v1/%3F%23%3B%3d", "?#;=");
    expect_match("/v1/{a}", "/v1/%5b%5D", "[]");
    expect_match("/v1/{a=**}", "/v1/a%2Fb%2fc%20d", "a%2Fb%2fc d");
    expect_match("/v1/{a=x/*}", "/v1/x/a%2Fb", "x/a%2Fb");
    expect_match("/v1/{a=x/*}", "/v1/x%2Fb", NULL);
    expect_match("/v1/{a=x/*}", "/v1/x%2Fa/b", NULL);
    expect_match("/v1/{a=*}", "/v1/a%2Fb", "a/b");
    struct arena arena;
    struct err err;
    struct path_template parsed;
    struct path_capture capture;
    bool malformed = false;
    arena_init(&arena, 1 << 16);
    assert_int_equal(path_template_parse(&parsed, LENIENCY_NONE, span_cstr("/v1/{a}"), &arena, &err), ERR_OK);
    assert_true(path_template_match(&parsed, LENIENCY_NONE, span_cstr("/v1/%41"), &arena, &capture, &malformed));
    assert_true(span_is(capture.raw, "%41") && span_is(capture.value, "A") && !malformed);
    assert_true(path_template_match(&parsed, LENIENCY_NONE, span_cstr("/v1/%4"), &arena, &capture, &malformed));
    assert_true(span_is(capture.value, "%4") && malformed);
    /* Reserved expansion: %2F stays as written, in either case of its digits, unless all is to be decoded. */
    const struct leniency_set full = {LENIENCY_BIT(LENIENCY_FULL_EXPANSION)};
    struct span path = span_cstr("/v1/a%2Fb%2fc%20%252F");
    assert_int_equal(path_template_parse(&parsed, LENIENCY_NONE, span_cstr("/v1/{a=**}"), &arena, &err), ERR_OK);
    assert_true(path_template_match(&parsed, full, path, &arena, &capture, NULL));
    assert_true(span_is(capture.value, "a/b/c %2F"));
    assert_true(path_template_match(&parsed, LENIENCY_NONE, path, &arena, &capture, NULL));
    assert_true(span_is(capture.value, "a%2Fb%2fc %2F"));
    arena_fini(&arena);
}

static void test_verbs(void **state)
{
    (void)state;
    expect_match("/v1/{a}:go", "/v1/x:go", "x");
    expect_match("/v1/{a}:go", "/v1/x", NULL);
    expect_match("/v1/{a}:go", "/v1/x:stop", NULL);
    expect_match("/v1/{a}:go", "/v1/:go", NULL);
    expect_match("/v1/{a}:go", "/v1/x%3Ago", NULL);
    expect_match("/v1/{a}:go", "/v1/x:y:go", "x:y");
    expect_match("/v1/{a}:go", "/v1/x:go:y", NULL);
    expect_match("/v1/{a}:go=1", "/v1/x:go%3D1", "x");
    expect_match("/v1/{a}:go", "/v1/x:%67o", "x");
    expect_match("/v1/{a}:go", "/v1/x:Go", NULL);
    expect_match("/v1/{a}:go", "/v1/x:go:", NULL);
    expect_match("/v1/{a}", "/v1/x:go", "x:go");
    expect_match("/v1/{a}", "/v1/x:", "x:");
    expect_match("/v1/{a=**}:go", "/v1/x/y:go", "x/y");
    expect_match("/v1/{a=**}:go", "/v1:go", "");
    expect_match("/v1/{a=**}:go", "/v1/x:go/y", NULL);
    expect_match("/v1/shelves:go", "/v1/shelves:go", "");
}

/* 64,000 segments, as googleapis' own matcher is tested with: an answer in bounded time and stack. */
static void test_long_paths(void **state)
{
    (void)state;
    struct buf path;
    struct arena arena;
    struct err err;
    struct path_template fixed;
    struct path_template open;
    struct path_capture captures[PATH_TEMPLATE_MAX_VARIABLES];
    buf_init(&path, 1 << 20);
    for (int i = 0; i < 64000; i++)
        buf_append_cstr(&path, "/");
    arena_init(&arena, 1 << 20);
    assert_int_equal(path_template_parse(&fixed, LENIENCY_NONE, span_cstr("/*/{a}/c"), &arena, &err), ERR_OK);
    assert_int_equal(path_template_parse(&open, LENIENCY_NONE, span_cstr("/{a=**}:v"), &arena, &err), ERR_OK);
    assert_false(path_template_match(&fixed, LENIENCY_NONE, buf_span(&path), &arena, captures, NULL));
    assert_false(path_template_match(&open, LENIENCY_NONE, buf_span(&path), &arena, captures, NULL));
    buf_append_cstr(&path, ":v");
    assert_true(path_template_match(&open, LENIENCY_NONE, buf_span(&path), &arena, captures, NULL));
    assert_int_equal(captures[0].value.len, 63999);
    buf_fini(&path);
    arena_fini(&arena);

    /* Templates have limits of their own. */
    struct buf text;
    buf_init(&text, 1 << 16);
    for (int i = 0; i < PATH_TEMPLATE_MAX_SEGMENTS; i++)
        buf_append_cstr(&text, "/a");
    arena_init(&arena, 1 << 20);
    assert_int_equal(path_template_parse(&fixed, LENIENCY_NONE, buf_span(&text), &arena, &err), ERR_OK);
    assert_true(path_template_match(&fixed, LENIENCY_NONE, buf_span(&text), &arena, captures, NULL));
    buf_append_cstr(&text, "/a");
    assert_false(path_template_match(&fixed, LENIENCY_NONE, buf_span(&text), &arena, captures, NULL));
    assert_int_equal(path_template_parse(&fixed, LENIENCY_NONE, buf_span(&text), &arena, &err), ERR_LIMIT);
    buf_reset(&text);
    for (int i = 0; i <= PATH_TEMPLATE_MAX_VARIABLES; i++)
        buf_printf(&text, "/{v%d}", i);
    assert_int_equal(path_template_parse(&fixed, LENIENCY_NONE, buf_span(&text), &arena, &err), ERR_LIMIT);
    arena_fini(&arena);
    buf_fini(&text);
}

static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char text[] = "/v1/{a.b=shelves/*}/{c}/x:y/{d=**}:go";
    static const char path[] = "/v1/shelves/%41%2F/%/x:y/q//r%2:go";
    struct guard guard;
    struct arena arena;
    struct err err;
    struct path_template parsed;
    struct path_capture captures[PATH_TEMPLATE_MAX_VARIABLES];
    guard_init(&guard, 128);
    arena_init(&arena, 1 << 20);
    for (size_t len = 0; len < sizeof text - 1; len++) {
        enum err_code code =
            path_template_parse(&parsed, LENIENCY_NONE, guard_place(&guard, span_of(text, len)), &arena, &err);
        assert_true(code == ERR_OK || code == ERR_SYNTAX);
    }
    assert_int_equal(path_template_parse(&parsed, LENIENCY_NONE, span_cstr(text), &arena, &err), ERR_OK);
    size_t matches = 0;
    for (size_t len = 0; len < sizeof path; len++)
        matches += path_template_match(&parsed, LENIENCY_NONE, guard_place(&guard, span_of(path, len)), &arena,
                                       captures, NULL);
    assert_int_equal(matches, 1);
    arena_fini(&arena);
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_decoding),
        cmocka_unit_test(test_verbs),
        cmocka_unit_test(test_double_star_middle),
        cmocka_unit_test(test_nested_variables),
        cmocka_unit_test(test_keep_reserved),
        cmocka_unit_test(test_empty_segments),
        cmocka_unit_test(test_root_template),
        cmocka_unit_test(test_first_colon),
        cmocka_unit_test(test_long_paths),
        cmocka_unit_test(test_cut_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
