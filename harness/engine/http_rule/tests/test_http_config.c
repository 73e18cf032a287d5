/* Tests of HTTP rules in a service configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/embed.h"
#include "harness/engine/http_rule/router.h"

static struct schema *schema;
static const struct schema_message *http;

static int open_schema(void **state)
{
    (void)state;
    struct span set;
    struct err err;
    if (!embed_find("descriptors.pb", &set) || schema_new(&schema, set, &err) != ERR_OK)
        return -1;
    http = schema_message_find(schema, span_cstr("google.api.Http"));
    return http ? 0 : -1;
}

static int close_schema(void **state)
{
    (void)state;
    schema_free(schema);
    return 0;
}

#define SERVICE "reservations.v1.ReservationService."

static void expect_route(const struct router *router, const char *method, const char *path, const char *want)
{
    struct router_match match;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    enum router_result result = router_match(router, LENIENCY_NONE, span_cstr(method), span_cstr(path), &arena, &match);
    if (!want)
        assert_int_equal(result, ROUTER_NOT_FOUND);
    else if (result != ROUTER_MATCHED || !span_is(match.binding->method->name, want))
        fail_msg("%s %s: not %s", method, path, want);
    arena_fini(&arena);
}

static struct router *configure(const char *json)
{
    struct http_config *config;
    struct router *router = NULL;
    struct err err = {0};
    if (http_config_new(&config, schema, http, span_cstr(json), &err) != ERR_OK ||
        router_new(&router, schema, &(struct router_options){.config = config}, &err) != ERR_OK)
        fail_msg("%s: %s", json, err.text);
    http_config_free(config);
    return router;
}

/* A rule stands in place of the whole annotation, additional bindings among it; other methods keep theirs. */
static void test_overrides(void **state)
{
    (void)state;
    struct router *router = configure(
        "{\"type\": \"google.api.Service\", \"config_version\": 3, \"http\": {\"rules\": [{\"selector\": \"" SERVICE
        "GetReservation\", \"get\": \"/cfg/{id}\", \"additional_bindings\": [{\"post\": \"/cfg:get\", \"body\": \"*\"}]"
        "}]}, \"apis\": [{\"name\": \"x\"}]}");
    expect_route(router, "GET", "/cfg/7", "GetReservation");
    expect_route(router, "POST", "/cfg:get", "GetReservation");
    expect_route(router, "DELETE", "/v1/reservations/7", "DeleteReservation");
    struct router_match match;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_int_equal(
        router_match(router, LENIENCY_NONE, span_cstr("GET"), span_cstr("/v1/reservations/7"), &arena, &match),
        ROUTER_WRONG_METHOD);
    arena_fini(&arena);
    router_free(router);
}

static void test_last_wins(void **state)
{
    (void)state;
    struct router *router = configure("{\"http\":{\"rules\":[{\"selector\":\"" SERVICE
                                      "GetReservation\",\"get\":\"/one/{id}\"},{\"selector\":\"" SERVICE
                                      "DeleteReservation\",\"delete\":\"/d/{id}\"},{\"selector\":\"" SERVICE
                                      "GetReservation\",\"get\":\"/two/{id}\"}]}}");
    expect_route(router, "GET", "/one/7", NULL);
    expect_route(router, "GET", "/two/7", "GetReservation");
    expect_route(router, "DELETE", "/d/7", "DeleteReservation");
    router_free(router);
}

/* A list of selectors gives one rule to each; two methods cannot have one path, nor two variables one field. */
static void test_selectors(void **state)
{
    (void)state;
    struct http_config *config;
    struct router *router;
    struct err err = {0};
    const char *json = "{\"http\":{\"rules\":[{\"selector\":\"" SERVICE "GetReservation, " SERVICE
                       "DeleteReservation\",\"get\":\"/x/{id}\"}]}}";
    assert_int_equal(http_config_new(&config, schema, http, span_cstr(json), &err), ERR_OK);
    assert_int_equal(router_new(&router, schema, &(struct router_options){.config = config}, &err), ERR_SYNTAX);
    assert_non_null(strstr(err.text, "are bound by"));
    assert_false(http_config_decodes_fully(config));
    assert_false(http_config_decodes_fully(NULL));
    http_config_free(config);
    json = "{\"http\":{\"rules\":[{\"selector\":\"transcheck.v1.EchoService.EchoPath\","
           "\"get\":\"/x/{timestamp}/{timestamp.seconds}\"}]}}";
    assert_int_equal(http_config_new(&config, schema, http, span_cstr(json), &err), ERR_OK);
    assert_int_equal(router_new(&router, schema, &(struct router_options){.config = config}, &err), ERR_SYNTAX);
    assert_non_null(strstr(err.text, "variable timestamp: is a message"));
    static const struct leniency_set well_known = {.bits = LENIENCY_BIT(LENIENCY_WELL_KNOWN_VARIABLES)};
    assert_int_equal(
        router_new(&router, schema, &(struct router_options){.config = config, .lenient = well_known}, &err),
        ERR_SYNTAX);
    assert_non_null(strstr(err.text, "variable timestamp.seconds: overlaps variable timestamp"));
    http_config_free(config);
    json = "{\"http\":{\"fullyDecodeReservedExpansion\":true}}";
    assert_int_equal(http_config_new(&config, schema, http, span_cstr(json), &err), ERR_OK);
    assert_true(http_config_decodes_fully(config));
    http_config_free(config);
}

static void expect_refused(const char *json, enum err_code code, const char *said)
{
    struct http_config *config;
    struct err err = {0};
    enum err_code got = http_config_new(&config, schema, http, span_cstr(json), &err);
    if (got != code || config || !strstr(err.text, said))
        fail_msg("%s: %d %s", json, (int)got, err.text);
}

static void test_refused(void **state)
{
    (void)state;
    char deep[128] = "{\"http\":";
    memset(deep + strlen(deep), '[', 100);
    expect_refused(deep, ERR_LIMIT, "100 levels");
    expect_refused("", ERR_SYNTAX, "offset 0");
    expect_refused("[]", ERR_RANGE, "expected an object");
    expect_refused("{}", ERR_NOT_FOUND, "no member \"http\"");
    expect_refused("{\"http\":{}} x", ERR_SYNTAX, "offset 12");
    expect_refused("{\"http\":{},", ERR_SYNTAX, "offset 11");
    expect_refused("{\"http\":{},\"http\":{}}", ERR_RANGE, "a second time");
    expect_refused("{\"a\":1,\"http\":{\"rules\":[{\"gett\":\"/\"}]}}", ERR_RANGE, "(offset 25)");
    expect_refused("{\"http\":{\"rules\":[{\"get\":\"/a\"}]}}", ERR_NOT_FOUND, "http.rules[0]: the selector is empty");
    expect_refused("{\"http\":{\"rules\":[{\"selector\":\"" SERVICE "GetReservation,\",\"get\":\"/a\"}]}}",
                   ERR_NOT_FOUND, "http.rules[0]: the selector is empty");
    expect_refused("{\"http\":{\"rules\":[{\"selector\":\"" SERVICE "GetReservation\"},{\"selector\":\"a.b.C\"}]}}",
                   ERR_NOT_FOUND, "http.rules[1]: selector a.b.C names no method");
    expect_refused("{\"http\":{\"rules\":[{\"selector\":\"reservations.v1.ReservationService/GetReservation\"}]}}",
                   ERR_NOT_FOUND, "names no method");
    /* As a path, which other lookups of methods take. */
    expect_refused("{\"http\":{\"rules\":[{\"selector\":\"/" SERVICE "GetReservation\"}]}}", ERR_NOT_FOUND,
                   "names no method");
    expect_refused("{\"http\":{\"rules\":[{\"selector\":\"a\\u001b\"}]}}", ERR_NOT_FOUND, "not the name of a method");
    struct http_config *config;
    struct router *router;
    struct err err = {0};
    const char *json = "{\"http\":{\"rules\":[{\"selector\":\"" SERVICE "GetReservation\"}]}}";
    assert_int_equal(http_config_new(&config, schema, http, span_cstr(json), &err), ERR_OK);
    assert_int_equal(router_new(&router, schema, &(struct router_options){.config = config}, &err), ERR_SYNTAX);
    assert_non_null(strstr(err.text, "GetReservation"));
    http_config_free(config);
}

/* Cut at every byte: refused, and nothing is left over. */
static void test_cut(void **state)
{
    (void)state;
    static const char json[] = "{\"a\":[1,{}],\"http\":{\"rules\":[{\"selector\":\"" SERVICE
                               "GetReservation\",\"get\":\"/one/{id}\"}]},\"b\":2}";
    for (size_t cut = 0; cut < sizeof json - 1; cut++) {
        struct http_config *config;
        struct err err = {0};
        uint8_t *copy = malloc(cut + 1); /* of that size, so that AddressSanitizer sees its end */
        assert_non_null(copy);
        memcpy(copy, json, cut);
        assert_int_equal(http_config_new(&config, schema, http, span_of(copy, cut), &err), ERR_SYNTAX);
        assert_true(err.text[0] != '\0');
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overrides), cmocka_unit_test(test_last_wins), cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, open_schema, close_schema);
}
