/* Every form of an error, judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/engine/protojson/protojson.h"
#include "harness/base/base64.h"
#include "harness/suite/tests/observation.h"

#define GET "GET /v1/reservations/1"

struct row {
    const char *form;
    const char *expect;
    int status;
    const char *body;
    const char *grpc_status;
    const char *grpc_message;
    const char *want;
};

static void judge(const struct row *row)
{
    struct observation o;
    char values[256];
    char expect[512];
    snprintf(expect, sizeof expect, "{\"error\":%s}", row->expect);
    snprintf(values, sizeof values,
             "{\"error_body\":{\"value\":[\"%s\"],\"cite\":\"c\"},\"error_details\":{\"value\":true,\"cite\":\"c\"}}",
             row->form);
    observation_init(&o, GET, "[]", expect, NULL);
    observation_profile(&o, values);
    observation_call(&o, NULL, NULL);
    observation_body(&o, NULL, row->body);
    o.response.status = row->status;
    if (row->grpc_status)
        observation_header(&o, "grpc-status", row->grpc_status);
    if (row->grpc_message)
        observation_header(&o, "grpc-message", row->grpc_message);
    const char *got = observation_judge(&o);
    if (strcmp(got, row->want) != 0)
        fail_msg("%s, %s of %s: %s, not %s", row->form, row->expect, row->body, got, row->want);
    observation_fini(&o);
}
#define RUN(rows)                                                                                                      \
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)                                                            \
    judge(&rows[i])

#define FIVE  "{\"code\":5}"
#define WRONG "response wrong-error"

static void test_status(void **state)
{
    static const struct row rows[] = {
        {"status", FIVE, 404, "{\"code\":5,\"message\":\"m\"}", NULL, NULL, "pass"},
        {"status", FIVE, 404, "{\"code\":5}", NULL, NULL, "pass"},
        {"status", FIVE, 404, "{\"code\":6,\"message\":\"m\"}", NULL, NULL, WRONG},
        {"status", FIVE, 404, "{\"code\":404,\"message\":\"m\"}", NULL, NULL, WRONG},
        {"status", FIVE, 404, "{\"code\":\"5\",\"message\":\"m\"}", NULL, NULL, WRONG},
        {"status", FIVE, 404, "not JSON", NULL, NULL, WRONG},
        {"status", FIVE, 404, "", NULL, NULL, WRONG},
        {"status", FIVE, 404, "[5]", NULL, NULL, WRONG},
        {"status", FIVE, 200, "{}", NULL, NULL, "response failure-hidden"},
        {"status", "{\"code\":[2,5]}", 404, "{\"code\":5}", NULL, NULL, "pass"},
        {"status", "{}", 404, "{\"code\":9}", NULL, NULL, "pass"},
        {"status", "{\"message\":\"\\u00e9 m\"}", 404, "{\"code\":5,\"message\":\"\\u00e9 m\"}", NULL, NULL, "pass"},
        {"status", "{\"message\":\"m\"}", 404, "{\"code\":5,\"message\":\"n\"}", NULL, NULL, WRONG},
        {"status", "{\"message\":\"m\"}", 404, "{\"code\":5}", NULL, NULL, WRONG},
        {"status", "{\"message\":\"\"}", 404, "{\"code\":5}", NULL, NULL, "pass"},
        {"status", "{\"message\":\"a\\u0000b\"}", 404, "{\"code\":5,\"message\":\"a\\u0000b\"}", NULL, NULL, "pass"},
        {"status", "{\"message\":\"a\\u0000b\"}", 404, "{\"code\":5,\"message\":\"a\"}", NULL, NULL, WRONG},
    };
    (void)state;
    RUN(rows);
}

static void test_other_forms(void **state)
{
    static const struct row rows[] = {
        {"status-http-code", FIVE, 404, "{\"code\":404,\"message\":\"m\"}", NULL, NULL, "pass"},
        {"status-http-code", FIVE, 404, "{\"code\":5,\"message\":\"m\"}", NULL, NULL, WRONG},
        {"status-http-code", FIVE, 500, "{\"code\":404,\"message\":\"m\"}", NULL, NULL, WRONG},
        {"status-http-code", FIVE, 500, "{\"code\":500,\"message\":\"m\"}", NULL, NULL, WRONG},
        {"aip193", FIVE, 404, "{\"error\":{\"code\":404,\"message\":\"m\",\"status\":\"NOT_FOUND\"}}", NULL, NULL,
         "pass"},
        {"aip193", FIVE, 404, "{\"error\":{\"code\":404,\"message\":\"m\",\"status\":\"INTERNAL\"}}", NULL, NULL,
         WRONG},
        {"aip193", FIVE, 404, "{\"error\":{\"code\":5}}", NULL, NULL, WRONG},
        {"aip193", FIVE, 404, "{\"error\":\"NOT_FOUND\"}", NULL, NULL, WRONG},
        {"headers", "{\"code\":5,\"message\":\"a b\"}", 404, "", "5", "a%20b", "pass"},
        {"headers", "{\"code\":5,\"message\":\"a b\"}", 404, "", "5", "a b", "pass"},
        {"headers", "{\"code\":5,\"message\":\"a b\"}", 200, "", "5", "a b", "response failure-hidden"},
        {"headers", "{\"code\":5,\"message\":\"a b\"}", 404, "", "5", "a%2520b", WRONG},
        {"headers", FIVE, 404, "", "6", NULL, WRONG},
        {"headers", FIVE, 404, "", "5x", NULL, WRONG},
        {"headers", "{}", 404, "", "0", NULL, WRONG},
        {"headers", FIVE, 404, "", NULL, NULL, WRONG},
        {"text", "{\"code\":5,\"message\":\"gone\"}", 404, "it is gone.", NULL, NULL, "pass"},
        {"text", "{\"code\":5,\"message\":\"gone\"}", 404, "it is here.", NULL, NULL, WRONG},
        {"text", "{\"code\":5,\"message\":\"gone\"}", 500, "it is gone.", NULL, NULL, WRONG},
        {"text", "{\"code\":5,\"forms\":[\"text\"]}", 404, "gone", NULL, NULL, "pass"},
        {"text", "{\"code\":5,\"forms\":[\"status\",\"empty\"]}", 404, "gone", NULL, NULL, WRONG},
        {"text", FIVE, 404, "", NULL, NULL, WRONG},
        {"text", FIVE, 404, "{\"code\":6}", NULL, NULL, WRONG},
        {"empty", "{\"code\":5,\"message\":\"gone\"}", 404, "", NULL, NULL, "pass"},
        {"empty", FIVE, 404, "x", NULL, NULL, WRONG},
        {"empty", FIVE, 400, "", NULL, NULL, WRONG},
    };
    (void)state;
    RUN(rows);
}

#define INFO "[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"R\",\"metadata\":{\"a\":\"b\"}}]"
#define INFO_AGAIN                                                                                                     \
    "[{\"metadata\":{\"a\":\"b\"},\"domain\":\"\",\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\","             \
    "\"reason\":\"R\"}]"

static void test_details(void **state)
{
    static const struct row rows[] = {
        {"status", "{\"details\":" INFO "}", 404, "{\"code\":5,\"details\":" INFO "}", NULL, NULL, "pass"},
        {"status", "{\"details\":" INFO "}", 404, "{\"code\":5,\"details\":" INFO_AGAIN "}", NULL, NULL, "pass"},
        {"status", "{\"details\":" INFO "}", 404, "{\"code\":5,\"details\":[]}", NULL, NULL, WRONG},
        {"status", "{\"details\":" INFO "}", 404, "{\"code\":5}", NULL, NULL, WRONG},
        {"status", "{\"details\":" INFO "}", 404, "{\"code\":5,\"details\":{}}", NULL, NULL, WRONG},
        {"status", "{\"details\":[]}", 404, "{\"code\":5}", NULL, NULL, "pass"},
        {"status", "{\"details\":[]}", 404, "{\"code\":5,\"details\":" INFO "}", NULL, NULL, WRONG},
    };
    (void)state;
    RUN(rows);
}

/* grpc-status-details-bin among the headers. */
static void test_header_details(void **state)
{
    const struct protojson_options strict = {.ignore_unknown_fields = false};
    struct observation o;
    struct buf wire;
    struct buf text;
    struct err err;
    (void)state;
    observation_init(&o, GET, "[]", "{\"error\":{\"code\":5,\"details\":" INFO "}}", NULL);
    observation_call(&o, NULL, NULL);
    observation_profile(&o, "{\"error_body\":{\"value\":[\"headers\"],\"cite\":\"c\"},"
                            "\"error_details\":{\"value\":true,\"cite\":\"c\"}}");
    o.response.status = 404;
    observation_trailer(&o, "grpc-status", "5");
    assert_string_equal(observation_judge(&o), WRONG);
    buf_init(&wire, 4096);
    buf_init(&text, 4096);
    const struct schema_message *type = schema_message_find(observation_schema(), span_cstr("google.rpc.Status"));
    assert_int_equal(
        json_to_proto(&wire, type, span_cstr("{\"code\":5,\"details\":" INFO "}"), &strict, &o.arena, &err), ERR_OK);
    assert_true(base64_encode(&text, buf_span(&wire), false));
    observation_trailer(&o, "grpc-status-details-bin", (const char *)text.data);
    assert_string_equal(observation_judge(&o), "pass");
    buf_fini(&wire);
    buf_fini(&text);
    observation_fini(&o);
}

/* Details count only where the profile says that they are shown. */
static void test_details_not_shown(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, "[]", "{\"error\":{\"code\":5,\"details\":" INFO "}}", NULL);
    observation_call(&o, NULL, NULL);
    observation_profile(&o, "{\"error_body\":{\"value\":[\"status\"],\"cite\":\"c\"}}");
    observation_body(&o, NULL, "{\"code\":5}");
    o.response.status = 404;
    assert_string_equal(observation_judge(&o), "pass");
    observation_fini(&o);
}

/* Errors of protocols whose own they are. */
static void test_connect_and_twirp(void **state)
{
    static const char json[] = "application/json";
#define DETAILED                                                                                                       \
    "{\"error\":{\"code\":3,\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\","                    \
    "\"fieldViolations\":[{\"field\":\"room\"}]}]}}"
#define FAILED_5 "{\"error\":{\"code\":5,\"message\":\"m\"}}"
#define INFERRED "{\"error\":{\"code\":14}}"
    static const struct {
        const char *mode, *expect;
        int status;
        const char *type, *body, *want;
    } rows[] = {
        {"connect", FAILED_5, 404, json, "{\"code\":\"not_found\",\"message\":\"m\"}", "pass"},
        {"connect", FAILED_5, 404, json, "{\"code\":\"not_found\",\"msg\":\"m\"}", WRONG},
        {"connect", FAILED_5, 404, json, "{\"code\":5,\"message\":\"m\"}", WRONG},
        {"connect", FAILED_5, 404, json, "{\"code\":\"NOT_FOUND\",\"message\":\"m\"}", WRONG},
        {"twirp", FAILED_5, 404, json, "{\"code\":\"not_found\",\"msg\":\"m\"}", "pass"},
        {"twirp", FAILED_5, 404, json, "{\"code\":\"not_found\",\"message\":\"m\"}", WRONG},
        {"connect", INFERRED, 503, "text/html", "<h1>busy</h1>", "pass"},
        {"twirp", INFERRED, 502, "text/html", "<h1>busy</h1>", "pass"},
        {"connect", INFERRED, 500, "text/html", "<h1>busy</h1>", WRONG},
        {"connect", DETAILED, 400, json,
         "{\"code\":\"invalid_argument\",\"details\":[{\"type\":\"google.rpc.BadRequest\",\"value\":\"CgYKBHJvb20\"}]}",
         "pass"},
        {"connect", DETAILED, 400, json,
         "{\"code\":\"invalid_argument\",\"details\":[{\"type\":\"type.googleapis.com/google.rpc.BadRequest\","
         "\"value\":\"CgYKBHJvb20\"}]}",
         WRONG},
        {"connect", DETAILED, 400, json,
         "{\"code\":\"invalid_argument\",\"details\":[{\"type\":\"google.rpc.BadRequest\",\"value\":7}]}", WRONG},
        {"connect", DETAILED, 400, json, "{\"code\":\"invalid_argument\"}", WRONG},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        observation_init_mode(&o, rows[i].mode, "reservations.v1.ReservationService/GetReservation",
                              "{\"message\":{\"id\":\"1\"}}", rows[i].expect);
        observation_profile(&o, "{\"error_details\":{\"value\":true,\"cite\":\"c\"}}");
        observation_call(&o, NULL, NULL);
        observation_body(&o, rows[i].type, rows[i].body);
        o.response.status = rows[i].status;
        const char *got = observation_judge(&o);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s, %s: %s, not %s", rows[i].mode, rows[i].body, got, rows[i].want);
        observation_fini(&o);
    }
}

/* An error body that was cut is no error body. */
static void test_cut(void **state)
{
    static const char body[] = "{\"code\":5,\"message\":\"m\"}";
    (void)state;
    for (size_t cut = 0; cut < sizeof body; cut++) {
        struct observation o;
        char part[64];
        snprintf(part, sizeof part, "%.*s", (int)cut, body);
        observation_init(&o, GET, "[]", "{\"error\":{\"code\":5,\"message\":\"m\"}}", NULL);
        observation_profile(&o, "{\"error_body\":{\"value\":[\"status\",\"aip193\"],\"cite\":\"c\"}}");
        observation_call(&o, NULL, NULL);
        observation_body(&o, NULL, part);
        o.response.status = 404;
        assert_string_equal(observation_judge(&o), cut == sizeof body - 1 ? "pass" : WRONG);
        o.response.ending = ENDING_CUT;
        assert_string_equal(observation_judge(&o), "ending cut-short");
        observation_fini(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_other_forms),
        cmocka_unit_test(test_details),
        cmocka_unit_test(test_header_details),
        cmocka_unit_test(test_details_not_shown),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_connect_and_twirp),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
