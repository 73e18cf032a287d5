/* Tests of routing: which binding a method and a path name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "harness/base/buf.h"
#include "harness/base/embed.h"
#include "harness/engine/http_rule/router.h"
#include "harness/engine/transcode/transcode.h"
#include "harness/engine/tests/proto_set.h"

struct rule {
    const char *method_name;
    uint32_t pattern; /* number in HttpRule */
    const char *path;
    const char *body;
};

static void oneof_member(struct proto_set *set, const char *name, uint32_t number)
{
    proto_set_open(set, 2);
    proto_set_text(set, 1, name);
    proto_set_number(set, 3, number);
    proto_set_number(set, 4, 1);
    proto_set_number(set, 5, SCHEMA_STRING);
    proto_set_number(set, 9, 0);
    proto_set_close(set);
}

static struct leniency_set templates; /* with which routers are built */

/* Message M { string text; M sub; repeated string list; int32 n; oneof o { string x; string y; } } and one method per
 * rule. */
static enum err_code build(struct router **router, struct schema **schema, const struct rule *rules, size_t count,
                           struct err *err)
{
    struct proto_set set;
    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto3");
    proto_set_message(&set, 4, "M");
    proto_set_field(&set, "text", 1, 1, SCHEMA_STRING, NULL);
    proto_set_field(&set, "sub", 2, 1, SCHEMA_MESSAGE, ".p.M");
    proto_set_field(&set, "list", 3, 3, SCHEMA_STRING, NULL);
    proto_set_field(&set, "n", 4, 1, SCHEMA_INT32, NULL);
    oneof_member(&set, "x", 5);
    oneof_member(&set, "y", 6);
    proto_set_open(&set, 8);
    proto_set_text(&set, 1, "o");
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_open(&set, 6);
    proto_set_text(&set, 1, "S");
    for (size_t i = 0; i < count; i++)
        proto_set_method(&set, rules[i].method_name, ".p.M", ".p.M", rules[i].pattern, rules[i].path, rules[i].body);
    proto_set_close(&set);
    proto_set_close(&set);
    assert_int_equal(schema_new(schema, buf_span(&set.bytes), err), ERR_OK);
    proto_set_fini(&set);
    enum err_code code = router_new(router, *schema, &(struct router_options){.lenient = templates}, err);
    if (code != ERR_OK) {
        assert_null(*router);
        schema_free(*schema);
    }
    return code;
}

/* `want`: a method's name, "404", or "405" and the Allow list. */
static void expect_leniently(const struct router *router, uint64_t lenient, const char *method, const char *path,
                             const char *want)
{
    const struct leniency_set set = {lenient};
    struct arena arena;
    struct router_match match;
    char got[256];
    arena_init(&arena, 1 << 20);
    switch (router_match(router, set, span_cstr(method), span_cstr(path), &arena, &match)) {
    case ROUTER_MATCHED:
        snprintf(got, sizeof got, "%.*s", SPAN_FMT(match.binding->method->name));
        for (size_t i = 0; lenient != 0 && i < match.capture_count; i++)
            snprintf(got + strlen(got), sizeof got - strlen(got), " %.*s", SPAN_FMT(match.captures[i].value));
        break;
    case ROUTER_WRONG_METHOD:
        snprintf(got, sizeof got, "405 %s", match.allow);
        break;
    case ROUTER_NOT_FOUND:
        snprintf(got, sizeof got, "404");
        break;
    case ROUTER_BAD:
        snprintf(got, sizeof got, "bad");
        break;
    }
    if (strcmp(got, want) != 0)
        fail_msg("%s %s gives %s, not %s", method, path, got, want);
    arena_fini(&arena);
}

static void expect(const struct router *router, const char *method, const char *path, const char *want)
{
    expect_leniently(router, 0, method, path, want);
}

static void test_specificity(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"Any", 2, "/v1/**", NULL},          {"Star", 2, "/v1/{text}", NULL},
        {"Literal", 2, "/v1/a", NULL},       {"StarTail", 2, "/v1/{text}/c", NULL},
        {"LiteralTail", 2, "/v1/a/d", NULL}, {"Verb", 2, "/v1/{text}:go", NULL},
        {"Create", 4, "/v1/{text}", "*"},    {"Delete", 5, "/v1/{text}", NULL},
        {"Put", 3, "/v1/b", NULL},           {"AnyVerb", 2, "/v1/**:stop", NULL},
        {"LiteralFirst", 2, "/w/a", NULL},   {"StarSecond", 2, "/w/{text}", NULL},
        {"AnyThird", 2, "/w/**", NULL},
    };
    struct router *router;
    struct schema *schema;
    struct err err;
    assert_int_equal(build(&router, &schema, rules, sizeof rules / sizeof *rules, &err), ERR_OK);
    assert_int_equal(router_binding_count(router), sizeof rules / sizeof *rules);
    expect(router, "GET", "/v1/a", "Literal");
    expect(router, "GET", "/v1/%61", "Literal");
    expect(router, "GET", "/v1/x", "Star");
    expect(router, "GET", "/v1/a/d", "LiteralTail");
    expect(router, "GET", "/v1/a/c", "StarTail"); /* back from the literal */
    expect(router, "GET", "/v1/a/x", "Any");
    expect(router, "GET", "/v1/a/c/", "Any");
    expect(router, "GET", "/v1/", "Any");
    expect(router, "GET", "/v1", "Any");
    expect(router, "GET", "/w/a", "LiteralFirst"); /* whichever is declared first */
    expect(router, "GET", "/w/x", "StarSecond");
    expect(router, "GET", "/w/x/y", "AnyThird");
    expect(router, "GET", "/v2", "404");
    expect(router, "GET", "/", "404");
    expect(router, "GET", "", "404");
    expect(router, "GET", "v1/a", "404");
    expect(router, "GET", "/v1/x:go", "Verb");
    expect(router, "GET", "/v1/x:other", "Star");
    expect(router, "GET", "/v1/x/y:stop", "AnyVerb");
    expect(router, "GET", "/v1/:go", "Star");  /* no verb: nothing is in front of it */
    expect(router, "POST", "/v1/a", "Create"); /* the literal has no POST, the variable has */
    expect(router, "PUT", "/v1/b", "Put");
    expect(router, "PUT", "/v1/a", "405 GET, POST, DELETE");
    expect(router, "get", "/v1/a", "405 GET, POST, DELETE");
    expect(router, "HEAD", "/v1/b", "405 PUT, GET, POST, DELETE");
    router_free(router);
    schema_free(schema);
}

/* A custom pattern is written as its bytes: kind (1) and path (2). */
static void test_any_method(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"Put", 3, "/v1/x", NULL},
        {"Any", 8, "\n\1*\x12\5/v1/x", NULL},
        {"Get", 2, "/v1/x", NULL},
        {"Head", 8, "\n\4HEAD\x12\12/v1/{text}", NULL},
    };
    struct router *router;
    struct schema *schema;
    struct err err;
    assert_int_equal(build(&router, &schema, rules, sizeof rules / sizeof *rules, &err), ERR_OK);
    expect(router, "GET", "/v1/x", "Get");
    expect(router, "PUT", "/v1/x", "Put");
    expect(router, "PATCH", "/v1/x", "Any");
    expect(router, "get", "/v1/x", "Any");
    expect(router, "HEAD", "/v1/x", "Any"); /* the literal is more specific */
    expect(router, "HEAD", "/v1/y", "Head");
    expect(router, "head", "/v1/y", "405 HEAD");
    expect(router, "GET", "/v1/y", "405 HEAD");
    router_free(router);
    schema_free(schema);
}

static void test_captures(void **state)
{
    (void)state;
    static const struct rule rules[] = {{"Get", 2, "/v1/{sub.text=a/*}/{n}", NULL}};
    struct router *router;
    struct schema *schema;
    struct err err;
    struct arena arena;
    struct router_match match;
    assert_int_equal(build(&router, &schema, rules, 1, &err), ERR_OK);
    arena_init(&arena, 1 << 16);
    assert_int_equal(router_match(router, LENIENCY_NONE, span_cstr("GET"), span_cstr("/v1/a/b%20/7"), &arena, &match),
                     ROUTER_MATCHED);
    assert_int_equal(match.capture_count, 2);
    assert_true(span_is(match.captures[0].value, "a/b "));
    assert_true(span_is(match.captures[1].value, "7"));
    assert_false(match.malformed_percent);
    const struct router_field_path *path = &match.binding->variable_fields[0];
    assert_int_equal(path->count, 2);
    assert_true(span_is(path->fields[0]->name, "sub") && span_is(path->fields[1]->name, "text"));
    assert_int_equal(router_match(router, LENIENCY_NONE, span_cstr("GET"), span_cstr("/v1/a/%2/7"), &arena, &match),
                     ROUTER_MATCHED);
    assert_true(match.malformed_percent);
    arena_fini(&arena);
    arena_init(&arena, 1);
    assert_int_equal(router_match(router, LENIENCY_NONE, span_cstr("GET"), span_cstr("/v1/a/b%20/7"), &arena, &match),
                     ROUTER_BAD);
    arena_fini(&arena);
    router_free(router);
    schema_free(schema);
}

static void expect_refused(struct rule a, struct rule b, const char *text)
{
    struct rule rules[] = {a, b};
    struct router *router;
    struct schema *schema;
    struct err err;
    assert_int_not_equal(build(&router, &schema, rules, 2, &err), ERR_OK);
    if (!strstr(err.text, text))
        fail_msg("\"%s\" is not in: %s", text, err.text);
}

static void test_refused(void **state)
{
    (void)state;
    const struct rule ok = {"Ok", 2, "/v1/ok", NULL};
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/{missing}", NULL},
                   "p.S/Bad: binding 0, \"/v1/{missing}\": variable missing: no such");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/{sub.missing}", NULL}, "no such field");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/{text.x}", NULL}, "no such field");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/{sub}", NULL}, "is a message");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/{list}", NULL}, "repeated");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/{text", NULL},
                   "path template: offset 9: expected '/' or '}', found the end");
    expect_refused(ok, (struct rule){"Bad", 4, "/v1/x", "missing"},
                   "body: the request message has no top-level field \"missing\"");
    expect_refused(ok, (struct rule){"Bad", 4, "/v1/x", "sub.text"}, "body: ");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/ok", NULL},
                   "p.S/Bad: binding 0, \"/v1/ok\": the same HTTP method and path are bound by p.S/Ok, \"/v1/ok\"");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/%6Fk", NULL}, "the same HTTP method and path");
    expect_refused((struct rule){"A", 2, "/v1/{text}", NULL}, (struct rule){"B", 2, "/v1/{sub.text}", NULL}, "same");
    expect_refused((struct rule){"A", 2, "/v1/{text}", NULL}, (struct rule){"B", 2, "/v1/{n=*}", NULL}, "same");
    expect_refused((struct rule){"A", 2, "/v1/{text}", NULL}, (struct rule){"B", 2, "/v1/*", NULL}, "same");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/{text}/{text}", NULL}, "this one is in the template already");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/{x}/{y}", NULL}, "variable y: is of the same oneof as variable x");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/{sub.x}/{sub.y}", NULL}, "of the same oneof");
    expect_refused(ok, (struct rule){"Bad", 4, "/v1/{text}", "text"}, "variable text: is the body, too");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/{x={y}}", NULL}, "no variable inside a variable");
    expect_refused(ok, (struct rule){"Bad", 2, "/v1/**/x", NULL}, "** must be its last part");
}

static void test_leniencies(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"Literal", 2, "/v1/a/b", NULL},    {"Verb", 2, "/v1/{text}:go", NULL}, {"One", 2, "/v1/{text}", NULL},
        {"Two", 2, "/v1/{text}/{n}", NULL}, {"Any", 2, "/w/{text=**}", NULL},   {"Late", 2, "/v1/{text}/b", NULL},
        {"Create", 4, "/v1/a/b", NULL},
    };
    struct router *router;
    struct schema *schema;
    struct err err;
    assert_int_equal(build(&router, &schema, rules, sizeof rules / sizeof *rules, &err), ERR_OK);
    expect(router, "GET", "/v1/x/", "404");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_TRAILING_SLASH), "GET", "/v1/x/", "One x");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_TRAILING_SLASH), "GET", "/v1/x//", "One x");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_TRAILING_SLASH), "GET", "/", "404");
    expect(router, "GET", "/v1//x", "404");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_MERGE_SLASHES), "GET", "//v1///x", "One x");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_MERGE_SLASHES), "GET", "/w/a//b", "Any a/b");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_MERGE_SLASHES), "GET", "/v1/x//", "404");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_TRAILING_SLASH), "GET", "/v1//x/", "404");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_DECODE_FIRST), "GET", "/v1/x%2F", "404");
    /* Decoded before: an encoded slash separates, what was encoded twice is decoded once, a colon begins a verb. */
    expect(router, "GET", "/v1/x%2F7", "One");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_DECODE_FIRST), "GET", "/v1/x%2F7", "Two x 7");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_DECODE_FIRST), "GET", "/v1/%2525%41", "One %25A");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_DECODE_FIRST), "GET", "/v1/x%3Ago", "Verb x");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_DECODE_FIRST), "GET", "/v1/%zz%", "One %zz%");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_DECODE_FIRST), "GET", "/w/a%2Fb", "Any a/b");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_FULL_EXPANSION), "GET", "/w/a%2Fb", "Any a/b");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_FULL_EXPANSION), "GET", "/v1/x%2F7", "One x/7");
    expect(router, "GET", "/v1/a/b", "Literal");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_LAST_REGISTERED), "GET", "/v1/a/b", "Late a");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_LAST_REGISTERED), "POST", "/v1/a/b", "Create");
    /* http.proto does not say whether what another template has as its verb may be a part of a value. */
    expect(router, "GET", "/v1/y/x:go", "Two");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_KNOWN_VERBS), "GET", "/v1/y/x:go", "404");
    expect(router, "GET", "/w/x:go", "Any");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_KNOWN_VERBS), "GET", "/w/x:go", "404");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_KNOWN_VERBS), "GET", "/w/x:no", "Any x:no");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_KNOWN_VERBS), "GET", "/w/x:", "Any x:");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_KNOWN_VERBS), "GET", "/v1/x:go", "Verb x");
    expect(router, "GET", "/v1//1", "404");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_EMPTY_SEGMENTS), "GET", "/v1//1", "Two  1");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_EMPTY_SEGMENTS), "GET", "/v1/", "404");
    /* What a slash follows is no verb (grpc-httpjson-transcoding). */
    expect(router, "GET", "/v1/x:go/", "404");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_TRAILING_SLASH), "GET", "/v1/x:go/", "One x:go");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_TRAILING_SLASH) | LENIENCY_BIT(LENIENCY_FIRST_COLON), "GET",
                     "/v1/x:go/", "One x:go");
    expect(router, "GET", "/v1/x:no", "One");
    expect(router, "GET", "/v1/x:", "One");
    expect(router, "GET", "/v1/x:y:go", "Verb");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_FIRST_COLON), "GET", "/v1/x:go", "Verb x");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_FIRST_COLON), "GET", "/v1/x:no", "404");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_FIRST_COLON), "GET", "/v1/x:", "404");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_FIRST_COLON), "GET", "/v1/x:y:go", "404");
    /* A verb is no better than another template. */
    expect(router, "GET", "/v1/x:go", "Verb");
    expect_leniently(router, LENIENCY_BIT(LENIENCY_LAST_REGISTERED), "GET", "/v1/x:go", "One x:go");
    router_free(router);
    schema_free(schema);
}

static void test_root_template(void **state)
{
    (void)state;
    static const struct rule rules[] = {{"Root", 2, "/", NULL}, {"Star", 2, "/{text}", NULL}, {"Two", 2, "/a/b", NULL}};
    struct router *router;
    struct schema *schema;
    struct err err;
    assert_int_equal(build(&router, &schema, rules, 3, &err), ERR_SYNTAX);
    templates.bits = LENIENCY_BIT(LENIENCY_ROOT_TEMPLATE);
    assert_int_equal(build(&router, &schema, rules, 3, &err), ERR_OK);
    for (int i = 0; i < 2; i++) {
        uint64_t lenient = i == 0 ? 0 : LENIENCY_BIT(LENIENCY_EMPTY_SEGMENTS) | LENIENCY_BIT(LENIENCY_TRAILING_SLASH);
        expect_leniently(router, lenient, "GET", "/", "Root");
        expect_leniently(router, lenient, "GET", "/x", lenient ? "Star x" : "Star");
        expect_leniently(router, lenient, "GET", "/:go", lenient ? "Star :go" : "Star");
        expect_leniently(router, lenient, "POST", "/", "405 GET");
        expect_leniently(router, lenient, "GET", "//a/b", "404");
    }
    expect_leniently(router, 0, "GET", "//", "404");
    expect_leniently(router, 0, "GET", "//x", "404");
    templates.bits = 0;
    router_free(router);
    schema_free(schema);
}

/* Templates that http.proto does not allow and peers do. */
static void test_lenient_templates(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"Tail", 2, "/v1/{text=**}/c", NULL},      {"Any", 2, "/v1/{text=**}", NULL},
        {"TwoTail", 2, "/v1/**/{text}/c/d", NULL}, {"Literal", 2, "/v1/a/c", NULL},
        {"Verb", 2, "/v1/{text=**}/c:go", NULL},   {"Nested", 2, "/w/{text=x/{sub.text}}", NULL},
    };
    struct router *router;
    struct schema *schema;
    struct err err;
    templates.bits = LENIENCY_BIT(LENIENCY_DOUBLE_STAR_MIDDLE) | LENIENCY_BIT(LENIENCY_NESTED_VARIABLES);
    assert_int_equal(build(&router, &schema, rules, sizeof rules / sizeof *rules, &err), ERR_OK);
    expect_leniently(router, templates.bits, "GET", "/v1/c", "Tail ");
    expect_leniently(router, templates.bits, "GET", "/v1/a/c", "Literal");
    expect_leniently(router, templates.bits, "GET", "/v1/b/c", "Tail b");
    expect_leniently(router, templates.bits, "GET", "/v1/b/c/c", "Tail b/c");
    expect_leniently(router, templates.bits, "GET", "/v1/b/c/d", "TwoTail b");
    expect_leniently(router, templates.bits, "GET", "/v1/a/b/c/d", "TwoTail b");
    expect_leniently(router, templates.bits, "GET", "/v1/c/d", "Any c/d");
    expect_leniently(router, templates.bits, "GET", "/v1/b/c:go", "Verb b");
    expect_leniently(router, templates.bits, "GET", "/v1/b/d:go", "Any b/d:go");
    expect_leniently(router, templates.bits, "GET", "/w/x/1", "Nested 1 x/1");
    struct buf path;
    buf_init(&path, 1 << 20);
    buf_append_cstr(&path, "/v1");
    for (int i = 0; i < 64000; i++)
        buf_append_cstr(&path, "/c");
    struct arena arena;
    struct router_match match;
    arena_init(&arena, 1 << 20);
    assert_int_equal(router_match(router, LENIENCY_NONE, span_cstr("GET"), buf_span(&path), &arena, &match),
                     ROUTER_MATCHED);
    assert_true(span_is(match.binding->method->name, "Any")); /* too long for the others */
    arena_fini(&arena);
    buf_fini(&path);
    router_free(router);
    schema_free(schema);
    /* The variables overlap in the message, too. */
    expect_refused((struct rule){"A", 2, "/v1/{text=x/{text}}", NULL}, rules[0], "in the template already");
    expect_refused(rules[0], (struct rule){"B", 2, "/v1/**/c", NULL}, "the same HTTP method and path");
    templates.bits = 0;
    expect_refused((struct rule){"A", 2, "/v2", NULL}, rules[0], "** must be its last part");
}

static void test_nearest(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"Shelf", 2, "/v1/shelves/{text}", NULL},
        {"Book", 2, "/v1/shelves/{text}/books/{n}", NULL},
        {"Drop", 5, "/v1/shelves/{text}", NULL},
        {"Other", 2, "/v2/shelves", NULL},
        {"Ping", 2, "/v1/ping", NULL},
    };
    struct router *router;
    struct schema *schema;
    struct err err;
    const struct router_binding *found[20];
    assert_int_equal(build(&router, &schema, rules, sizeof rules / sizeof *rules, &err), ERR_OK);
    assert_int_equal(router_nearest(router, span_cstr("DELETE"), span_cstr("/v1/shelves/1"), found, 20), 4);
    assert_true(span_is(found[0]->method->name, "Drop"));
    assert_true(span_is(found[1]->method->name, "Shelf"));
    assert_true(span_is(found[2]->method->name, "Book"));
    assert_true(span_is(found[3]->method->name, "Other"));
    /* A slip in a literal. */
    assert_int_equal(router_nearest(router, span_cstr("GET"), span_cstr("/v1/shelfs/1/book"), found, 20), 3);
    assert_true(span_is(found[0]->method->name, "Book"));
    assert_int_equal(router_nearest(router, span_cstr("GET"), span_cstr("/v1/pong"), found, 20), 5);
    assert_true(span_is(found[0]->method->name, "Ping"));
    assert_int_equal(router_nearest(router, span_cstr("GET"), span_cstr("/v1/shelves/1/books"), found, 2), 2);
    assert_true(span_is(found[0]->method->name, "Book"));
    assert_true(span_is(found[1]->method->name, "Shelf"));
    assert_int_equal(router_nearest(router, span_cstr("GET"), span_cstr("/x/shelves"), found, 20), 0);
    assert_int_equal(router_nearest(router, span_cstr("GET"), span_cstr("v1"), found, 20), 0);
    assert_int_equal(router_nearest(router, span_cstr("GET"), span_cstr("/v1/x"), found, 0), 0);
    router_free(router);
    schema_free(schema);
}

/* `want`: the request message as JSON; NULL: a bad request. */
static void expect_message(const struct router *router, const char *method, const char *target, const char *body,
                           const char *want)
{
    static const struct transcode_options options;
    struct transcode_request request;
    struct arena arena;
    struct buf message;
    struct buf out;
    struct err err;
    arena_init(&arena, 1 << 16);
    buf_init(&message, 1 << 10);
    buf_init(&out, 1 << 10);
    assert_int_equal(transcode_request(&request, &message, router, span_cstr(method), span_cstr(target),
                                       span_of(NULL, 0), span_cstr(body), &options, &arena, &err),
                     want ? TRANSCODE_OK : TRANSCODE_BAD_REQUEST);
    if (want) {
        assert_int_equal(
            proto_to_json(&out, request.match.binding->method->input, buf_span(&message), NULL, &arena, &err), ERR_OK);
        assert_string_equal((const char *)out.data, want);
    }
    buf_fini(&out);
    buf_fini(&message);
    arena_fini(&arena);
}

/* The path has one member of the oneof, the body another one: the path's is set. */
static void test_oneof_variables(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"All", 4, "/v1/{x}", "*"}, {"Sub", 4, "/v1/sub/{sub.x}", "sub"}, {"Get", 2, "/v1/{x}", NULL}};
    struct router *router;
    struct schema *schema;
    struct err err;
    assert_int_equal(build(&router, &schema, rules, sizeof rules / sizeof *rules, &err), ERR_OK);
    expect_message(router, "POST", "/v1/a", "{\"y\":\"b\",\"text\":\"t\"}", "{\"text\":\"t\",\"x\":\"a\"}");
    expect_message(router, "POST", "/v1/sub/a", "{\"y\":\"b\"}", "{\"sub\":{\"x\":\"a\"}}");
    expect_message(router, "POST", "/v1/a", "{\"y\":5}", NULL);
    expect_message(router, "GET", "/v1/a?y=b", "", NULL);
    router_free(router);
    schema_free(schema);
}

/* GET /v1/TEXT gives {"at":JSON}; with a text that is none, an error. */
static void expect_variable(const struct router *router, const char *method, const char *text, const char *body,
                            const char *json)
{
    char target[64];
    char want[64];
    snprintf(target, sizeof target, "/v1/%s", text);
    snprintf(want, sizeof want, "{\"at\":%s}", json);
    expect_message(router, method, target, body, want);
    expect_message(router, method, "/v1/a_b", body, NULL);
}

/* What the whole table of routes is made with. */
static void test_lenient_tables(void **state)
{
    (void)state;
    static const uint64_t letters = LENIENCY_BIT(LENIENCY_LITERAL_CASE);
    static const struct rule cases[] = {{"A", 2, "/V1/%41bc/{text}:Go", NULL}, {"B", 2, "/v1/*/{text}", NULL}};
    static const struct rule same[] = {{"A", 2, "/v1/a", NULL}, {"B", 2, "/V1/A", NULL}};
    static const struct rule twice[] = {
        {"A", 2, "/v1/{text}", NULL}, {"B", 2, "/v1/{n}", NULL}, {"C", 5, "/v1/{n}", NULL}, {"D", 2, "/v1/*", NULL}};
    static const struct rule none[] = {{"A", 2, "/v1/a", NULL}, {"B", 0, NULL, NULL}};
    struct router *router;
    struct schema *schema;
    struct err err;
    /* A match cannot ask for what the table is not made for. */
    assert_int_equal(build(&router, &schema, cases, 2, &err), ERR_OK);
    expect_leniently(router, letters, "GET", "/V1/Abc/x:Go", "A x");
    expect_leniently(router, letters, "GET", "/v1/aBC/x:go", "B x:go");
    router_free(router);
    schema_free(schema);
    templates.bits = letters;
    assert_int_equal(build(&router, &schema, cases, 2, &err), ERR_OK);
    expect(router, "GET", "/v1/aB%43/x:gO", "A");
    expect(router, "GET", "/v1/aB%43/X:gO", "A");
    expect(router, "GET", "/v1/aBC/x:get", "B");
    expect(router, "get", "/v1/abc/x:go", "405 GET");
    router_free(router);
    schema_free(schema);
    assert_int_equal(build(&router, &schema, same, 2, &err), ERR_SYNTAX);
    assert_non_null(strstr(err.text, "the same HTTP method and path"));

    templates.bits = LENIENCY_BIT(LENIENCY_DUPLICATE_BINDINGS);
    assert_int_equal(build(&router, &schema, twice, 4, &err), ERR_OK);
    expect(router, "GET", "/v1/5", "D");
    expect(router, "DELETE", "/v1/5", "C");
    expect(router, "PUT", "/v1/5", "405 GET, DELETE");
    router_free(router);
    schema_free(schema);

    templates.bits = LENIENCY_BIT(LENIENCY_AUTO_MAPPING);
    assert_int_equal(build(&router, &schema, none, 2, &err), ERR_OK);
    expect(router, "POST", "/p.S/B", "B");
    expect(router, "GET", "/p.S/B", "405 POST");
    expect(router, "POST", "/p.S/A", "404"); /* has a rule */
    router_free(router);
    schema_free(schema);
    templates.bits = 0;
}

/* http.proto wants a primitive type. Timestamp, Duration, FieldMask and wrappers are one text, which a leniency takes;
 * Struct and other messages are none. Of body "*" http.proto says that it is for every field that the path does not
 * bind: no part of the body's value may stay. */
static void test_well_known_variables(void **state)
{
    (void)state;
    static const char *const types[][4] = {
        {"Timestamp", "1970-01-01T00:00:02Z", "\"1970-01-01T00:00:02Z\"", "{\"at\":\"1970-01-01T00:00:07.5Z\"}"},
        {"Duration", "3s", "\"3s\"", "{\"at\":\"7.25s\"}"},
        {"FieldMask", "aB,c", "\"aB,c\"", "{}"},
        {"Int64Value", "0", "\"0\"", "{\"at\":8}"},
        {"Empty", NULL, NULL, NULL}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct proto_set set;
        struct schema *schema;
        struct router *router;
        struct err err;
        char name[64];
        snprintf(name, sizeof name, ".google.protobuf.%s", types[i][0]);
        proto_set_init(&set);
        proto_set_file(&set, "w.proto", "google.protobuf", "proto3");
        proto_set_message(&set, 4, types[i][0]);
        if (strcmp(types[i][0], "FieldMask") == 0) {
            proto_set_field(&set, "paths", 1, 3, SCHEMA_STRING, NULL);
        } else if (strcmp(types[i][0], "Int64Value") == 0) {
            proto_set_field(&set, "value", 1, 1, SCHEMA_INT64, NULL);
        } else if (types[i][1]) {
            proto_set_field(&set, "seconds", 1, 1, SCHEMA_INT64, NULL);
            proto_set_field(&set, "nanos", 2, 1, SCHEMA_INT32, NULL);
        }
        proto_set_close(&set);
        proto_set_close(&set);
        proto_set_file(&set, "a.proto", "p", "proto3");
        proto_set_text(&set, 3, "w.proto");
        proto_set_message(&set, 4, "M");
        proto_set_field(&set, "at", 1, 1, SCHEMA_MESSAGE, name);
        proto_set_close(&set);
        proto_set_open(&set, 6);
        proto_set_text(&set, 1, "S");
        proto_set_method(&set, "A", ".p.M", ".p.M", 2, "/v1/{at}", NULL);
        proto_set_method(&set, "B", ".p.M", ".p.M", 4, "/v1/{at}", "*");
        proto_set_close(&set);
        proto_set_close(&set);
        if (schema_new(&schema, buf_span(&set.bytes), &err) != ERR_OK)
            fail_msg("%s", err.text);
        proto_set_fini(&set);
        static const struct leniency_set well_known = {.bits = LENIENCY_BIT(LENIENCY_WELL_KNOWN_VARIABLES)};
        assert_int_equal(router_new(&router, schema, NULL, &err), ERR_SYNTAX);
        assert_non_null(strstr(err.text, "variable at: is a message"));
        if (types[i][1]) {
            assert_int_equal(router_new(&router, schema, &(struct router_options){.lenient = well_known}, &err),
                             ERR_OK);
            expect_variable(router, "GET", types[i][1], "", types[i][2]);
            expect_variable(router, "POST", types[i][1], types[i][3], types[i][2]);
            router_free(router);
        } else {
            assert_int_equal(router_new(&router, schema, &(struct router_options){.lenient = well_known}, &err),
                             ERR_SYNTAX);
            assert_non_null(strstr(err.text, "variable at: is a message"));
        }
        schema_free(schema);
    }
}

static void test_long_paths(void **state)
{
    (void)state;
    static const struct rule rules[] = {{"Any", 2, "/v1/{text=**}", NULL}, {"Deep", 2, "/*/*/*/*/*/{text}", NULL}};
    struct router *router;
    struct schema *schema;
    struct err err;
    struct arena arena;
    struct router_match match;
    struct buf path;
    assert_int_equal(build(&router, &schema, rules, 2, &err), ERR_OK);
    arena_init(&arena, 4 << 20);
    buf_init(&path, 1 << 20);
    for (int i = 0; i < 64000; i++)
        buf_append_cstr(&path, "/");
    assert_int_equal(router_match(router, LENIENCY_NONE, span_cstr("GET"), buf_span(&path), &arena, &match),
                     ROUTER_NOT_FOUND);
    buf_reset(&path);
    buf_append_cstr(&path, "/v1");
    for (int i = 0; i < 64000; i++)
        buf_append_cstr(&path, "/a");
    assert_int_equal(router_match(router, LENIENCY_NONE, span_cstr("GET"), buf_span(&path), &arena, &match),
                     ROUTER_MATCHED);
    assert_int_equal(match.captures[0].value.len, 127999);
    buf_reset(&path);
    buf_append_cstr(&path, "/");
    for (int i = 0; i < 100000; i++)
        buf_append_cstr(&path, "a");
    assert_int_equal(router_match(router, LENIENCY_NONE, span_cstr("GET"), buf_span(&path), &arena, &match),
                     ROUTER_NOT_FOUND);
    buf_fini(&path);
    arena_fini(&arena);
    router_free(router);
    schema_free(schema);
}

/* Templates made so that a search without memory of where it was would branch at every segment. */
static void test_many_alternatives(void **state)
{
    (void)state;
    enum { DEPTH = 16, COUNT = 400 };
    static char paths[COUNT][DEPTH * 2 + 8];
    static char names[COUNT][16];
    struct rule rules[COUNT];
    uint32_t random = 7;
    struct router *router;
    struct schema *schema;
    struct err err;
    for (size_t i = 0; i < COUNT; i++) {
        char *at = paths[i];
        uint32_t bits = (uint32_t)i;
        for (size_t j = 0; j < DEPTH; j++) {
            if (j >= 9) {
                random = random * 1664525u + 1013904223u;
                bits = random >> 31;
            }
            at += snprintf(at, 3, "/%c", bits & 1 ? '*' : 'a');
            bits >>= 1;
        }
        snprintf(at, 3, "/z");
        snprintf(names[i], sizeof names[i], "M%zu", i);
        rules[i] = (struct rule){names[i], 2, paths[i], NULL};
    }
    assert_int_equal(build(&router, &schema, rules, COUNT, &err), ERR_OK);
    expect(router, "GET", "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/y", "404");
    expect(router, "PUT", "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/z", "405 GET");
    router_free(router);
    schema_free(schema);
}

static void test_real(void **state)
{
    (void)state;
    struct span bytes;
    struct schema *schema;
    struct router *router;
    struct err err;
    assert_true(embed_find("descriptors.pb", &bytes));
    assert_int_equal(schema_new(&schema, bytes, &err), ERR_OK);
    if (router_new(&router, schema, NULL, &err) != ERR_OK)
        fail_msg("%s", err.text);
    expect(router, "GET", "/v1/reservations", "ListReservations");
    expect(router, "POST", "/v1/reservations", "CreateReservation");
    expect(router, "GET", "/v1/reservations/1", "GetReservation");
    expect(router, "DELETE", "/v1/reservations/1", "DeleteReservation");
    expect(router, "GET", "/v1/reservations/1/blabla", "404");
    expect(router, "GET", "/v1/reservations/", "404");
    expect(router, "PATCH", "/v1/reservations/1", "405 GET, DELETE");
    expect(router, "GET", "/v1/routes/literal/tail", "StarThenLiteral");
    expect(router, "GET", "/v1/routes/x:inspect", "StarVerb");
    expect(router, "POST", "/v1/echo", "Echo");
    expect(router, "GET", "/v1/echo", "Echo"); /* an additional binding */
    expect(router, "GET", "/v1/archives/1/shelves/2/books/3", "GetBook");
    expect(router, "GET", "/v1/shelves:batchGet", "BatchGetBooks");
    expect(router, "POST", "/v1/shelves/1/books/2:cancel", "CancelBook");
    expect(router, "GET", "/v1/shelves/1/books/2:cancel", "GetBook");
    expect(router, "HEAD", "/v1/custom/head/x", "Head");
    expect(router, "BREW", "/v1/custom/any/x", "AnyMethod");
    router_free(router);
    schema_free(schema);
}

/* An HTTP method that the Allow list has no room for is another method all the same. */
static void test_long_method(void **state)
{
    (void)state;
    char kind[201];
    struct proto_set set;
    struct schema *schema;
    struct router *router;
    struct err err;
    memset(kind, 'K', sizeof kind - 1);
    kind[sizeof kind - 1] = '\0';
    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto3");
    proto_set_message(&set, 4, "M");
    proto_set_close(&set);
    proto_set_open(&set, 6);
    proto_set_text(&set, 1, "S");
    proto_set_open(&set, 2);
    proto_set_text(&set, 1, "Do");
    proto_set_text(&set, 2, ".p.M");
    proto_set_text(&set, 3, ".p.M");
    proto_set_open(&set, 4);
    proto_set_open(&set, 72295728);
    proto_set_open(&set, 8);
    proto_set_text(&set, 1, kind);
    proto_set_text(&set, 2, "/v1/x");
    while (set.depth > 0)
        proto_set_close(&set);
    assert_int_equal(schema_new(&schema, buf_span(&set.bytes), &err), ERR_OK);
    assert_int_equal(router_new(&router, schema, NULL, &err), ERR_OK);
    expect(router, kind, "/v1/x", "Do");
    expect(router, "GET", "/v1/x", "405 ");
    expect(router, "GET", "/v1/y", "404");
    router_free(router);
    schema_free(schema);
    proto_set_fini(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specificity),
        cmocka_unit_test(test_any_method),
        cmocka_unit_test(test_captures),
        cmocka_unit_test(test_oneof_variables),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_leniencies),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_root_template),
        cmocka_unit_test(test_lenient_templates),
        cmocka_unit_test(test_lenient_tables),
        cmocka_unit_test(test_well_known_variables),
        cmocka_unit_test(test_long_paths),
        cmocka_unit_test(test_many_alternatives),
        cmocka_unit_test(test_real),
        cmocka_unit_test(test_long_method),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
