/* The spelling of JSON answers, judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/suite/tests/observation.h"

#define WRONG    "response wrong-body"
#define DIALECTS "{\"json_output\":{\"value\":[\"defaults\",\"enum-numbers\",\"proto-names\"],\"cite\":\"c\"}}"
#define STRICT   "{\"json_output\":{\"value\":[],\"cite\":\"c\"}}"

/* What the judge says of a body by the strict profile, and by one with every dialect. */
struct row {
    const char *expect;
    const char *body;
    const char *strict;
    const char *dialects;
};

static void judge(const struct row *row, const char *profile, const char *want)
{
    struct observation o;
    observation_init(&o, "GET /v1/echo", "[]", row->expect, NULL);
    observation_profile(&o, profile);
    observation_call(&o, NULL, NULL);
    observation_body(&o, "application/json", row->body);
    const char *got = observation_judge(&o);
    if (strcmp(got, want) != 0)
        fail_msg("%s of %s by %s: %s, not %s", row->expect, row->body, profile, got, want);
    observation_fini(&o);
}

static void run(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        judge(&rows[i], STRICT, rows[i].strict);
        judge(&rows[i], DIALECTS, rows[i].dialects);
    }
}
#define RUN(rows) run(rows, sizeof rows / sizeof *rows)

static void test_members(void **state)
{
    static const struct row rows[] = {
        {"{\"json\":{\"int64Value\":\"5\"}}", "{ \"int64Value\" : \"5\" }", "pass", "pass"},
        {"{\"json\":{\"int64Value\":\"5\"}}", "{\"int64Value\":5}", WRONG, WRONG},
        {"{\"json\":{\"int32Value\":5}}", "{\"int32Value\":\"5\"}", WRONG, WRONG},
        {"{\"json\":{\"doubleValue\":1}}", "{\"doubleValue\":1.0}", "pass", "pass"},
        {"{\"json\":{\"int64Value\":\"5\"}}", "{\"int64_value\":\"5\"}", WRONG, "pass"},
        {"{\"json\":{\"enumValue\":\"BLUE\"}}", "{\"enumValue\":3}", WRONG, "pass"},
        {"{\"json\":{\"enumValue\":\"BLUE\"}}", "{\"enumValue\":2}", WRONG, WRONG},
        {"{\"json\":{\"stringValue\":\"a\"}}", "{}", WRONG, WRONG},
        {"{\"json\":{\"stringValue\":\"a\"}}", "{\"stringValue\":\"a\",\"nobody\":1}", WRONG, WRONG},
        {"{\"json\":{\"stringValue\":\"a\"}}", "[]", WRONG, WRONG},
        {"{\"json\":{\"messageValue\":{\"kind\":\"FANCY\"}}}", "{\"messageValue\":{\"kind\":\"FANCY\"}}", "pass",
         "pass"},
        {"{\"json\":{\"messageValue\":{\"kind\":\"FANCY\"}}}", "{\"messageValue\":{\"kind\":2}}", WRONG, "pass"},
        {"{\"json\":{\"strings\":[\"a\",\"b\"]}}", "{\"strings\":[\"b\",\"a\"]}", WRONG, WRONG},
        {"{\"json\":{\"int64s\":[\"1\"]}}", "{\"int64s\":[1]}", WRONG, WRONG},
        {"{\"json\":{\"byInt64\":{\"5\":\"v\"}}}", "{\"byInt64\":{\"5\":\"v\"}}", "pass", "pass"},
        {"{\"json\":{\"byInt64\":{\"5\":\"v\"}}}", "{\"byInt64\":{\"6\":\"v\"}}", WRONG, WRONG},
        {"{\"json\":{\"bytesValue\":\"+/8=\"}}", "{\"bytesValue\":\"-_8\"}", WRONG, WRONG},
    };
    (void)state;
    RUN(rows);
}

static void test_defaults(void **state)
{
    static const struct row rows[] = {
        {"{\"json\":{}}", "{\"stringValue\":\"\",\"int64Value\":\"0\",\"boolValue\":false,\"doubleValue\":0.0}", WRONG,
         "pass"},
        {"{\"json\":{}}", "{\"strings\":[],\"byString\":{},\"enumValue\":\"COLOR_UNSPECIFIED\"}", WRONG, "pass"},
        {"{\"json\":{}}", "{\"messageValue\":null,\"value\":null,\"timestamp\":null}", WRONG, "pass"},
        {"{\"json\":{}}", "{\"stringValue\":null}", WRONG, WRONG},
        {"{\"json\":{}}", "{\"choiceInt32\":null}", WRONG, WRONG},
        {"{\"json\":{}}", "{\"messageValue\":{}}", WRONG, WRONG},
        {"{\"no_members\":[\"value\"]}", "{\"value\":null}", WRONG, WRONG},
        {"{\"no_members\":[\"value\"]}", "{\"self\":{}}", "pass", "pass"},
    };
    (void)state;
    RUN(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_members), cmocka_unit_test(test_defaults)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    observation_unload();
    return failed;
}
