/* Descriptor sets without what a proxy cannot load: which methods have a feature, and what stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "harness/base/embed.h"
#include "harness/engine/proto/wire.h"
#include "harness/suite/descriptors.h"

struct set {
    struct buf bytes;
    struct schema *schema;
    struct router *router;
};

static void set_load(struct set *set)
{
    struct err err;
    if (schema_new(&set->schema, buf_span(&set->bytes), &err) != ERR_OK ||
        router_new(&set->router, set->schema, NULL, &err) != ERR_OK)
        fail_msg("%s", err.text);
}

/* The embedded set. */
static void set_init(struct set *set)
{
    struct span embedded;
    assert_true(embed_find("descriptors.pb", &embedded));
    buf_init(&set->bytes, SCHEMA_MAX_BYTES);
    buf_append_span(&set->bytes, embedded);
    set_load(set);
}

static void set_fini(struct set *set)
{
    router_free(set->router);
    schema_free(set->schema);
    buf_fini(&set->bytes);
}

static struct profile *profile_of(const char *left_out)
{
    char text[1024];
    struct profile *profile;
    struct err err;
    snprintf(text, sizeof text,
             "{\"profile\":\"p\",\"title\":\"T\",\"version\":\"1\",\"values\":{},\"descriptors_left_out\":{%s}}",
             left_out);
    if (profile_parse(&profile, "p.json", span_cstr(text), &err) != ERR_OK)
        fail_msg("%s", err.text);
    return profile;
}

/* The embedded set as `profile` has it. */
static void set_filtered(struct set *set, const struct profile *profile)
{
    struct set whole;
    struct err err;
    set_init(&whole);
    buf_init(&set->bytes, SCHEMA_MAX_BYTES);
    if (descriptors_filter(&set->bytes, buf_span(&whole.bytes), whole.router, profile, &err) != ERR_OK)
        fail_msg("%s", err.text);
    set_fini(&whole);
    set_load(set);
}

static size_t count_methods(const struct schema *schema)
{
    size_t count = 0;
    for (size_t i = 0; i < schema_service_count(schema); i++)
        count += schema_service_at(schema, i)->method_count;
    return count;
}

static bool has_service(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema_service_count(schema); i++) {
        if (span_is(schema_service_at(schema, i)->name, name))
            return true;
    }
    return false;
}

#define RESPONSE "transcheck.v1.ResponseBodyService/"
#define LIBRARY  "transcheck.v1.LibraryService/"
#define ROUTE    "transcheck.v1.RouteService/"

static void test_features(void **state)
{
    static const struct {
        const char *feature; /* the one that is left out */
        const char *method;
        bool has;
    } rows[] = {
        {"response-body", RESPONSE "MessageField", true}, /* one of its bindings does without */
        {"response-body", RESPONSE "StreamedField", true},
        {"response-body", "transcheck.v1.ResponseHttpBodyService/DownloadField", false},
        {"response-body", LIBRARY "GetBook", false},
        {"response-body", "transcheck.v1.UnboundService/Unbound", false},
        {"verb-after-wildcard", ROUTE "StarVerb", true},         /* {name}:inspect */
        {"verb-after-wildcard", ROUTE "DoubleStarVerb", true},   /* {rest=**}:inspect */
        {"verb-after-wildcard", LIBRARY "CancelBook", true},     /* {name=shelves/.../books/.}:cancel */
        {"verb-after-wildcard", LIBRARY "BatchGetBooks", false}, /* shelves:batchGet, .../books:batchGet */
        {"verb-after-wildcard", ROUTE "DoubleStar", false},
        {"literal-in-variable", LIBRARY "GetBook", true},
        {"literal-in-variable", LIBRARY "BatchGetBooks", true}, /* in its second binding */
        {"literal-in-variable", ROUTE "PrefixedDoubleStar", true},
        {"literal-in-variable", ROUTE "DoubleStar", false},
        {"literal-in-variable", ROUTE "TwoVariables", false},
        {"literal-in-variable", ROUTE "BareStar", false},
        {"reserved-literal", "transcheck.v1.ReservedLiteralService/ReservedLiteral", true},
        {"reserved-literal", ROUTE "OddLiterals", false},
        {"streaming", "transcheck.v1.StreamService/Watch", true},
        {"streaming", "transcheck.v1.StreamService/Collect", true},
        {"streaming", "transcheck.v1.StreamService/One", false},
    };
    struct set set;
    (void)state;
    set_init(&set);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char left_out[128];
        snprintf(left_out, sizeof left_out, "\"%s\":\"why\"", rows[i].feature);
        struct profile *profile = profile_of(left_out);
        const char *found = descriptors_left_out(set.router, span_cstr(rows[i].method), profile);
        if ((found != NULL) != rows[i].has || (found && strcmp(found, rows[i].feature) != 0))
            fail_msg("%s, %s: %s", rows[i].feature, rows[i].method, found ? found : "none");
        profile_free(profile);
    }
    set_fini(&set);
}

/* Nothing is left out: the set stays as it is. */
static void test_whole(void **state)
{
    struct set whole, same;
    struct profile *profile = profile_of("");
    (void)state;
    set_init(&whole);
    set_filtered(&same, profile);
    assert_true(span_equal(buf_span(&whole.bytes), buf_span(&same.bytes)));
    set_fini(&same);
    set_fini(&whole);
    profile_free(profile);
}

/* Methods go one by one, a service when none is left; one without methods that could go stays, and so do messages. */
static void test_filtered(void **state)
{
    struct set whole, less;
    struct profile *profile = profile_of("\"response-body\":\"why\",\"verb-after-wildcard\":\"why\"");
    (void)state;
    set_init(&whole);
    set_filtered(&less, profile);
    assert_false(has_service(less.schema, "transcheck.v1.ResponseBodyService"));
    assert_true(has_service(less.schema, "transcheck.v1.UnboundService"));
    assert_null(schema_method_find(less.schema, span_cstr(LIBRARY "CancelBook")));
    assert_non_null(schema_method_find(less.schema, span_cstr(LIBRARY "GetBook")));
    assert_non_null(schema_message_find(less.schema, span_cstr("transcheck.v1.Everything")));
    size_t left_out = 0;
    for (size_t i = 0; i < schema_service_count(whole.schema); i++) {
        const struct schema_service *service = schema_service_at(whole.schema, i);
        for (size_t k = 0; k < service->method_count; k++) {
            struct span name = service->methods[k].full_name;
            bool goes = descriptors_left_out(whole.router, name, profile) != NULL;
            left_out += goes;
            assert_int_equal(schema_method_find(less.schema, name) == NULL, goes);
        }
    }
    assert_int_equal(count_methods(whole.schema) - left_out, count_methods(less.schema));
    for (size_t i = 0; i < router_binding_count(less.router); i++)
        assert_null(descriptors_left_out(less.router, router_binding_at(less.router, i)->method->full_name, profile));
    set_fini(&less);
    set_fini(&whole);
    profile_free(profile);
}

/* A set that is cut is refused, or its last file was whole. */
static void test_cut(void **state)
{
    struct set whole;
    struct profile *profile = profile_of("\"response-body\":\"why\"");
    (void)state;
    set_init(&whole);
    for (size_t cut = 0; cut < whole.bytes.len; cut += 97) {
        struct buf out;
        struct err err = {.code = ERR_OK};
        buf_init(&out, SCHEMA_MAX_BYTES);
        enum err_code code = descriptors_filter(&out, span_of(whole.bytes.data, cut), whole.router, profile, &err);
        assert_true(code == ERR_OK || (code == ERR_SYNTAX && strstr(err.text, "malformed")));
        buf_fini(&out);
    }
    set_fini(&whole);
    profile_free(profile);
}

/* A limit is said, not overrun. */
static void test_too_large(void **state)
{
    struct set whole;
    struct profile *profile = profile_of("");
    struct buf out;
    struct err err;
    (void)state;
    set_init(&whole);
    buf_init(&out, whole.bytes.len / 2);
    assert_int_equal(descriptors_filter(&out, buf_span(&whole.bytes), whole.router, profile, &err), ERR_LIMIT);
    assert_string_equal(err.text, "the descriptor set is too large");
    buf_fini(&out);
    set_fini(&whole);
    profile_free(profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_features), cmocka_unit_test(test_whole),     cmocka_unit_test(test_filtered),
        cmocka_unit_test(test_cut),      cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
