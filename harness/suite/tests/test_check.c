/* The judge's core: what is checked always, severity, any_of and not, profiles, texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/h2_code.h"
#include "harness/suite/tests/observation.h"

#define GET    "GET /v1/reservations/1"
#define LIST   "GET /v1/reservations?room=a"
#define SCRIPT "[{\"headers\":[]},{\"message\":{\"id\":\"1\"}},{\"trailers\":[[\"grpc-status\",\"0\"]]}]"

/* A right answer to GET: one call, a message. */
static void answer(struct observation *o)
{
    observation_call(o, NULL, "{\"id\":\"1\"}");
    observation_body(o, "application/json", "{\"id\":\"1\"}");
}

static void test_names(void **state)
{
    enum reason_kind kind;
    (void)state;
    for (int i = KIND_NONE + 1; i < KIND_COUNT; i++) {
        assert_true(reason_kind_from_name(span_cstr(reason_kind_name((enum reason_kind)i)), &kind));
        assert_int_equal(kind, i);
    }
    assert_false(reason_kind_from_name(span_cstr("none"), &kind));
    assert_false(reason_kind_from_name(span_cstr(""), &kind));
    assert_string_equal(verdict_name(VERDICT_ACCEPTABLE), "acceptable");
    assert_string_equal(verdict_name(VERDICT_ERROR), "error");
    assert_string_equal(axis_name(AXIS_HEALTH), "health");
}

static void test_pass(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, SCRIPT,
                     "{\"backend_saw\":{\"message\":{\"id\":\"1\"}},\"status\":200,\"message\":{\"id\":\"1\"}}", NULL);
    answer(&o);
    assert_string_equal(observation_judge(&o), "pass");
    assert_int_equal(o.result.reason_count, 0);
    observation_fini(&o);
}

/* Endings that nobody asked for. */
static void test_endings(void **state)
{
    static const struct {
        enum ending ending;
        const char *expect;
        const char *want;
    } rows[] = {
        {ENDING_COMPLETE, "{\"status\":200}", "pass"},
        {ENDING_CUT, "{\"status\":200}", "ending cut-short"},
        {ENDING_RESET, "{\"status\":200}", "ending cut-short"},
        {ENDING_CONN_RESET, "{\"status\":200}", "ending cut-short"},
        {ENDING_REFUSED, "{\"status\":200}", "ending cut-short"},
        {ENDING_REFUSED, "{\"ends\":\"aborted\"}", "ending cut-short"},
        {ENDING_TIMEOUT, "{\"status\":200}", "ending hung"},
        {ENDING_TIMEOUT, "{\"status\":200,\"ends\":\"timeout\"}", "pass"},
        {ENDING_TIMEOUT, "{\"ends\":\"cancelled\"}", "ending hung"},
        {ENDING_MALFORMED, "{\"status\":200}", "response malformed"},
        {ENDING_MALFORMED, "{\"ends\":\"aborted\"}", "response malformed"},
        {ENDING_TOO_LARGE, "{\"status\":200}", "ending wrong-ending"},
        {ENDING_OPEN, "{\"status\":200}", "error: the exchange did not end"},
        {ENDING_CUT, "{\"ends\":\"aborted\"}", "pass"},
        {ENDING_RESET, "{\"ends\":\"aborted\"}", "pass"},
        {ENDING_CONN_RESET, "{\"ends\":\"aborted\"}", "pass"},
        {ENDING_RESET, "{\"ends\":\"reset\"}", "pass"},
        {ENDING_CONN_RESET, "{\"ends\":\"reset\"}", "pass"},
        {ENDING_CUT, "{\"ends\":\"reset\"}", "ending wrong-ending"},
        {ENDING_CUT, "{\"ends\":[\"reset\",\"aborted\"]}", "pass"},
        {ENDING_COMPLETE, "{\"ends\":\"complete\"}", "pass"},
        {ENDING_CUT, "{\"ends\":\"complete\"}", "ending cut-short"},
        {ENDING_COMPLETE, "{\"ends\":\"timeout\"}", "ending wrong-ending"},
        {ENDING_CANCELLED, "{\"ends\":\"cancelled\"}", "pass"},
        {ENDING_COMPLETE, "{\"ends\":\"cancelled\"}", "ending wrong-ending"},
        {ENDING_CUT, "{\"ends\":\"aborted\",\"message\":{\"id\":\"1\"}}", "ending cut-short"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        observation_init(&o, GET, SCRIPT, rows[i].expect, NULL);
        answer(&o);
        o.response.ending = rows[i].ending;
        o.response.reset_code = H2_CODE_CANCEL;
        snprintf(o.response.detail, sizeof o.response.detail, "why");
        const char *got = observation_judge(&o);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s ending %s: %s, not %s", rows[i].expect, ending_name(rows[i].ending), got, rows[i].want);
        observation_fini(&o);
    }
}

/* RST_STREAM NO_ERROR behind a whole answer is no abort; without one it is. */
static void test_reset_no_error(void **state)
{
    struct observation o;
    struct transcript_event end = {.from = TRANSCRIPT_PROXY, .kind = TRANSCRIPT_DATA, .end_stream = true};
    (void)state;
    observation_init(&o, GET, SCRIPT, "{\"status\":200,\"message\":{\"id\":\"1\"}}", NULL);
    answer(&o);
    o.response.ending = ENDING_RESET;
    assert_string_equal(observation_judge(&o), "ending cut-short");
    transcript_add(&o.response.transcript, &end);
    assert_string_equal(observation_judge(&o), "pass");
    o.response.reset_code = H2_CODE_INTERNAL_ERROR;
    assert_string_equal(observation_judge(&o), "ending cut-short");
    observation_fini(&o);
}

/* The reason at the path; NULL: there is none. */
static const struct reason *reason_at(const struct observation *o, const char *path)
{
    for (size_t i = 0; i < o->result.reason_count; i++) {
        if (strcmp(o->result.reasons[i].path, path) == 0)
            return &o->result.reasons[i];
    }
    return NULL;
}

static void expect_reason(const struct observation *o, const char *path, const char *expected, const char *observed)
{
    const struct reason *reason = reason_at(o, path);
    if (!reason)
        fail_msg("no reason at %s", path);
    if (strcmp(reason->expected, expected) != 0 || strcmp(reason->observed, observed) != 0)
        fail_msg("%s: expected %s, observed %s", path, reason->expected, reason->observed);
}

/* A fault does not hide another of the same kind: each field is a reason of its own. */
static void test_every_field(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, SCRIPT,
                     "{\"status\":200,\"headers\":[[\"a\",\"1\"],[\"b\",\"2\"]],"
                     "\"backend_saw\":{\"headers\":[[\"x\"],[\"y\"]]},"
                     "\"message\":{\"id\":\"1\",\"title\":\"T\"}}",
                     NULL);
    observation_call(&o, NULL, NULL);
    observation_body(&o, "application/json", "{\"id\":\"2\",\"room\":\"atrium\"}");
    o.response.status = 201;
    assert_string_equal(observation_judge(&o), "request wrong-metadata");
    assert_int_equal(o.result.reason_count, 8);
    assert_int_equal(o.result.reasons_omitted, 0);
    expect_reason(&o, "/id", "\"1\"", "\"2\"");
    expect_reason(&o, "/title", "\"T\"", "absent");
    expect_reason(&o, "/room", "absent", "\"atrium\"");
    assert_non_null(reason_at(&o, "header a"));
    assert_non_null(reason_at(&o, "header b"));
    assert_non_null(reason_at(&o, "header x"));
    assert_non_null(reason_at(&o, "header y"));
    assert_non_null(reason_at(&o, "status"));
    observation_fini(&o);
}

/* More than are kept: counted, and those of a more severe kind stay. */
static void test_omitted(void **state)
{
    struct observation o;
    struct buf expect;
    (void)state;
    buf_init(&expect, 1u << 20);
    buf_append_cstr(&expect, "{\"status\":200,\"no_headers\":[");
    for (int i = 0; i < CHECK_MAX_REASONS + 6; i++)
        buf_printf(&expect, "%s\"h%d\"", i > 0 ? "," : "", i);
    buf_append_cstr(&expect, "]}");
    buf_append_byte(&expect, '\0');
    observation_init(&o, GET, SCRIPT, (const char *)expect.data, NULL);
    answer(&o);
    o.response.status = 201;
    for (int i = 0; i < CHECK_MAX_REASONS + 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "h%d", i);
        observation_header(&o, name, "v");
    }
    assert_string_equal(observation_judge(&o), "response wrong-status");
    assert_int_equal(o.result.reason_count, CHECK_MAX_REASONS);
    assert_int_equal(o.result.reasons_omitted, 7);
    buf_fini(&expect);
    observation_fini(&o);
}

/* The row of an axis is about that axis, and every alternative says what it lacked. */
static void test_any_of_evidence(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, SCRIPT,
                     "{\"any_of\":[{\"unreached\":true,\"status\":\"4xx\"},"
                     "{\"backend_saw\":{\"message\":{\"id\":\"1\"}},\"status\":200},"
                     "{\"status\":418}]}",
                     NULL);
    observation_call(&o, NULL, "{\"id\":\"9999\"}");
    observation_body(&o, "application/json", "{\"id\":\"1\"}");
    assert_string_equal(observation_judge(&o), "request wrong-request");
    assert_int_equal(o.result.reason_count, 1);
    expect_reason(&o, "/id", "\"1\"", "\"9999\"");
    const char *const *otherwise = o.result.reasons[0].otherwise;
    assert_non_null(otherwise);
    assert_non_null(strstr(otherwise[0], "alternative 1 lacks reached at calls (request)"));
    assert_non_null(strstr(otherwise[0], "GetReservation, content-type application/grpc, message {\"id\":\"9999\"}"));
    assert_non_null(
        strstr(otherwise[0], "wrong-status at status (response): expected HTTP status \"4xx\"; observed HTTP"));
    assert_non_null(strstr(otherwise[1], "alternative 3 lacks wrong-status at status"));
    assert_null(otherwise[2]);
    observation_fini(&o);
}

/* An alternative that speaks of proxies with another profile is none. */
static void test_profile_has(void **state)
{
    static const struct {
        const char *profile;
        const char *want;
    } rows[] = {
        {"{\"path_body_conflict\":{\"value\":[\"path\"],\"cite\":\"c\"}}", "request wrong-request"},
        {"{\"path_body_conflict\":{\"value\":[\"path\",\"body\"],\"cite\":\"c\"}}", "acceptable"},
        {NULL, "acceptable"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        observation_init(&o, "GET /v1/reservations/1", SCRIPT,
                         "{\"any_of\":[{\"backend_saw\":{\"message\":{\"id\":\"1\"}},\"status\":200},"
                         "{\"backend_saw\":{\"message\":{\"id\":\"2\"}},\"status\":200,\"verdict\":\"acceptable\","
                         "\"profile_has\":[\"path_body_conflict\",\"body\"]}]}",
                         NULL);
        if (rows[i].profile)
            observation_profile(&o, rows[i].profile);
        observation_call(&o, NULL, "{\"id\":\"2\"}");
        observation_body(&o, "application/json", "{\"id\":\"1\"}");
        assert_string_equal(observation_judge(&o), rows[i].want);
        if (i == 0) {
            assert_string_equal(o.result.reasons[0].path, "/id");
            assert_null(o.result.reasons[0].otherwise);
        }
        observation_fini(&o);
    }
}

/* A call of another method with an empty id is that, and its answer is no malformed stream. */
static void test_empty_variable(void **state)
{
    struct observation o;
    (void)state;
    observation_init(
        &o, "GET /v1/reservations/", SCRIPT,
        "{\"any_of\":[{\"unreached\":true,\"not\":{\"status\":200}},"
        "{\"backend_saw\":{\"rpc\":\"reservations.v1.ReservationService/ListReservations\",\"message\":{}},"
        "\"status\":200}]}",
        "\"rpc\":\"reservations.v1.ReservationService/ListReservations\"");
    observation_call(&o, "reservations.v1.ReservationService/GetReservation", "{}");
    observation_body(&o, "application/json", "{\"id\":\"1\"}");
    assert_string_equal(observation_judge(&o), "request wrong-rpc");
    expect_reason(
        &o, "rpc", "/reservations.v1.ReservationService/ListReservations",
        "called: /reservations.v1.ReservationService/GetReservation, content-type application/grpc, message {}");
    assert_int_equal(o.result.reason_count, 1);
    observation_fini(&o);
}

static void test_client_goes_away(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, LIST, SCRIPT, "{\"backend_saw\":{\"cancelled\":true}}",
                     ",\"client\":[{\"cancel_after_messages\":1}]");
    struct call_seen *call = observation_call(&o, NULL, "{\"room\":\"a\"}");
    o.response.ending = ENDING_CANCELLED;
    call->response_ended = false;
    call->reset = true;
    assert_string_equal(observation_judge(&o), "pass");
    call->response_ended = true;
    assert_string_equal(observation_judge(&o), "request not-cancelled");
    call->response_ended = false;
    call->reset = false;
    assert_string_equal(observation_judge(&o), "request not-cancelled");
    call->conn_lost = true;
    assert_string_equal(observation_judge(&o), "pass");
    observation_fini(&o);
}

static void test_calls(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, SCRIPT, "{\"backend_saw\":{\"message\":{\"id\":\"1\"}}}", NULL);
    answer(&o);
    struct call_seen *second = observation_call(&o, NULL, "{\"id\":\"1\"}");
    assert_string_equal(observation_judge(&o), "request too-many-calls");
    assert_int_equal(o.result.reason_count, 1);
    o.calls[0].refused_by_us = true;
    assert_string_equal(observation_judge(&o), "pass");
    second->refused_by_us = true; /* both refused: the last stands for the call */
    assert_string_equal(observation_judge(&o), "pass");
    observation_fini(&o);
    observation_init(&o, GET, SCRIPT, "{\"backend_saw\":{\"calls\":2}}", NULL);
    answer(&o);
    assert_string_equal(observation_judge(&o), "request not-reached");
    observation_call(&o, NULL, "{\"id\":\"1\"}");
    assert_string_equal(observation_judge(&o), "pass");
    observation_call(&o, NULL, "{\"id\":\"1\"}");
    assert_string_equal(observation_judge(&o), "request too-many-calls");
    observation_fini(&o);
    observation_init(&o, GET, SCRIPT, "{\"status\":200}", NULL); /* INV-4 without being asked */
    answer(&o);
    observation_call(&o, NULL, NULL);
    assert_string_equal(observation_judge(&o), "request too-many-calls");
    observation_fini(&o);
}

static void test_unreached(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, "GET /nowhere", NULL, "{\"unreached\":true,\"status\":404}", NULL);
    o.response.status = 404;
    assert_string_equal(observation_judge(&o), "pass");
    observation_call(&o, "reservations.v1.ReservationService/GetReservation", NULL);
    assert_string_equal(observation_judge(&o), "request reached");
    assert_int_equal(o.result.reason_count, 1);
    observation_fini(&o);
}

/* A call that the proxy opened and cancelled before a byte of its message: nothing was asked of the backend. */
static void test_cancelled_before_a_byte(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, "GET /nowhere", NULL, "{\"unreached\":true,\"status\":404}", NULL);
    o.response.status = 404;
    struct call_seen *call = observation_call(&o, "reservations.v1.ReservationService/GetReservation", NULL);
    buf_reset(&call->body);
    call->body_len = 0;
    call->half_closed = false;
    call->response_ended = false;
    assert_string_equal(observation_judge(&o), "request reached");
    call->reset = true;
    assert_string_equal(observation_judge(&o), "pass");
    call->half_closed = true; /* a whole request of no message */
    assert_string_equal(observation_judge(&o), "request reached");
    call->half_closed = false;
    call->body_len = 1;
    assert_string_equal(observation_judge(&o), "request reached");
    observation_fini(&o);
}

static void test_health(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, SCRIPT, "{\"status\":200,\"then_healthy\":true}", NULL);
    answer(&o);
    assert_string_equal(observation_judge(&o), "error: no ordinary request was made after the case");
    o.health = (struct health_seen){.asked = true, .healthy = true, .attempts = 2};
    assert_string_equal(observation_judge(&o), "pass");
    o.health = (struct health_seen){.asked = true, .attempts = 3, .detail = "502"};
    assert_string_equal(observation_judge(&o), "health unhealthy");
    assert_string_equal(o.result.reasons[0].observed, "3 failed; 502");
    o.health = (struct health_seen){.process_known = true, .process_died = true, .detail = "SIGABRT"};
    o.response.ending = ENDING_TIMEOUT;
    assert_string_equal(observation_judge(&o), "health died");
    assert_int_equal(o.result.reasons[1].kind, KIND_HUNG);
    observation_fini(&o);
}

/* RST_STREAM with PROTOCOL_ERROR is how a malformed request is refused; with another code, or behind a response, not.
 */
static void test_protocol_error(void **state)
{
    static const struct {
        enum ending ending;
        uint32_t code;
        int status;
        const char *want;
    } rows[] = {
        {ENDING_RESET, H2_CODE_PROTOCOL_ERROR, 0, "pass"},
        {ENDING_RESET, H2_CODE_INTERNAL_ERROR, 0, "ending wrong-ending"},
        {ENDING_RESET, H2_CODE_PROTOCOL_ERROR, 200, "ending wrong-ending"},
        {ENDING_CONN_RESET, H2_CODE_PROTOCOL_ERROR, 0, "ending wrong-ending"},
        {ENDING_COMPLETE, H2_CODE_NO_ERROR, 400, "ending wrong-ending"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        observation_init(&o, GET, NULL, "{\"unreached\":true,\"ends\":\"protocol-error\"}", NULL);
        o.response.ending = rows[i].ending;
        o.response.reset_code = rows[i].code;
        o.response.status = rows[i].status;
        const char *got = observation_judge(&o);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: %s", i, got);
        observation_fini(&o);
    }
}

/* Reasons come in order of severity, each once. */
static void test_severity(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, SCRIPT,
                     "{\"content_type\":\"application/json\",\"headers\":[[\"a\",\"b\"]],\"status\":200,"
                     "\"message\":{\"id\":\"1\"},\"backend_saw\":{\"message\":{\"id\":\"2\"}}}",
                     NULL);
    observation_call(&o, NULL, "{\"id\":\"1\"}");
    observation_body(&o, "text/plain", "{\"id\":\"9\"}");
    o.response.status = 500;
    assert_string_equal(observation_judge(&o), "request wrong-request");
    assert_int_equal(o.result.reason_count, 5);
    assert_int_equal(o.result.reasons[1].kind, KIND_WRONG_STATUS);
    assert_int_equal(o.result.reasons[2].kind, KIND_WRONG_BODY);
    assert_int_equal(o.result.reasons[3].kind, KIND_WRONG_CONTENT_TYPE);
    assert_int_equal(o.result.reasons[4].kind, KIND_WRONG_HEADER);
    observation_fini(&o);
}

#define ANY                                                                                                            \
    "{\"any_of\":[{\"status\":404},{\"status\":200,\"message\":{\"id\":\"1\"},\"verdict\":\"acceptable\"},"            \
    "{\"status\":204,\"verdict\":\"pass\"}]}"

static void test_any_of(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, SCRIPT, ANY, NULL);
    answer(&o);
    assert_string_equal(observation_judge(&o), "acceptable");
    assert_int_equal(o.result.reason_count, 1); /* what would have been preferred */
    o.response.status = 404;
    assert_string_equal(observation_judge(&o), "pass");
    assert_int_equal(o.result.reason_count, 0);
    o.response.status = 204;
    assert_string_equal(observation_judge(&o), "pass");
    /* The alternative of which most holds tells the kind: 200 with another message. */
    o.response.status = 200;
    buf_reset(&o.response.body);
    observation_body(&o, NULL, "{\"id\":\"2\"}");
    assert_string_equal(observation_judge(&o), "response wrong-body");
    /* Nothing holds: the first alternative does. */
    o.response.status = 500;
    assert_string_equal(observation_judge(&o), "response wrong-status");
    observation_fini(&o);
}

static void test_not(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, SCRIPT, "{\"not\":{\"status\":200,\"message\":{\"id\":\"2\"}}}", NULL);
    answer(&o);
    assert_string_equal(observation_judge(&o), "pass");
    buf_reset(&o.response.body);
    observation_body(&o, NULL, "{\"id\":\"2\"}");
    assert_string_equal(observation_judge(&o), "response wrong-status");
    observation_fini(&o);
}

/* INV-1: every alternative asks for a sign of failure, and there is none. */
static void test_failure_hidden(void **state)
{
    static const char *const expects[] = {
        "{\"fails_visibly\":true}",
        "{\"status\":\"5xx\"}",
        "{\"status\":[500,503]}",
        "{\"status\":{\"profile\":\"unknown_path_status\"}}",
        "{\"error\":{\"code\":13}}",
        "{\"trailer\":[\"grpc-status\",\"13\"]}",
        "{\"ends\":\"aborted\"}",
        "{\"any_of\":[{\"ends\":\"aborted\"},{\"trailer\":[\"grpc-status\",\"13\"]},{\"status\":\"error\"}]}",
        "{\"any_of\":[{\"status\":500,\"error\":{\"code\":13}},{\"any_of\":[{\"fails_visibly\":true}]}]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof expects / sizeof *expects; i++) {
        struct observation o;
        observation_init(&o, GET, SCRIPT, expects[i], NULL);
        observation_profile(&o, "{\"unknown_path_status\":{\"value\":[500],\"cite\":\"c\"},"
                                "\"error_body\":{\"value\":[\"status\"],\"cite\":\"c\"}}");
        answer(&o);
        const char *got = observation_judge(&o);
        if (strcmp(got, "response failure-hidden") != 0)
            fail_msg("%s: %s", expects[i], got);
        o.response.status = 302; /* still no sign of failure */
        assert_string_equal(observation_judge(&o), "response failure-hidden");
        observation_fini(&o);
    }
}

/* Not hidden: the backend was not called, or there is some sign, or one alternative is a success. */
static void test_failure_not_hidden(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, SCRIPT, "{\"status\":404}", NULL);
    observation_body(&o, "application/json", "{}");
    assert_string_equal(observation_judge(&o), "response wrong-status");
    observation_fini(&o);
    observation_init(&o, GET, SCRIPT, "{\"status\":404}", NULL);
    answer(&o);
    o.response.status = 500;
    assert_string_equal(observation_judge(&o), "response wrong-status");
    o.response.status = 200;
    observation_trailer(&o, "grpc-status", "5");
    assert_string_equal(observation_judge(&o), "response wrong-status");
    observation_fini(&o);
    observation_init(&o, GET, SCRIPT, "{\"any_of\":[{\"status\":404},{\"status\":201}]}", NULL);
    answer(&o);
    assert_string_equal(observation_judge(&o), "response wrong-status");
    observation_fini(&o);
}

static void test_profile_key(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, SCRIPT, "{\"status\":{\"profile\":\"unknown_path_status\"}}", NULL);
    answer(&o);
    observation_profile(&o, "{\"unknown_path_status\":{\"value\":[404,\"2xx\"],\"cite\":\"c\"}}");
    assert_string_equal(observation_judge(&o), "pass");
    o.response.status = 404;
    assert_string_equal(observation_judge(&o), "pass");
    o.response.status = 500;
    assert_string_equal(observation_judge(&o), "response wrong-status");
    observation_fini(&o);
}

/* Texts are cut, and hold no NUL. */
static void test_texts(void **state)
{
    struct observation o;
    (void)state;
    observation_init(&o, GET, SCRIPT, "{\"body\":\"x\"}", NULL);
    observation_call(&o, NULL, NULL);
    for (size_t i = 0; i < 10000; i++)
        buf_append(&o.response.body, "\0y", 2);
    o.response.body_len = o.response.body.len;
    assert_string_equal(observation_judge(&o), "response wrong-body");
    assert_non_null(strstr(o.result.reasons[0].observed, "\\x00y\\x00y"));
    assert_true(strlen(o.result.reasons[0].observed) < 6000);
    observation_fini(&o);
}

/* No room for texts, or less than a judgement needs: an error, never a pass. */
static void test_small_arena(void **state)
{
    (void)state;
    for (size_t size = 0; size < 4096; size += 64) {
        struct observation o;
        struct check_result result;
        struct arena arena;
        observation_init(&o, GET, SCRIPT, "{\"status\":404,\"message\":{\"id\":\"2\"},\"any_of\":[{\"status\":500}]}",
                         NULL);
        answer(&o);
        arena_init(&arena, size);
        struct check_input input = {.testcase = o.testcase,
                                    .client = CLIENT_H2,
                                    .profile = o.profile,
                                    .schema = observation_schema(),
                                    .response = &o.response,
                                    .calls = o.calls};
        check_run(&result, &input, &arena);
        assert_true(result.verdict == VERDICT_FAIL || result.verdict == VERDICT_ERROR);
        assert_non_null(result.reasons[0].observed);
        arena_fini(&arena);
        observation_fini(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_pass),
        cmocka_unit_test(test_endings),
        cmocka_unit_test(test_reset_no_error),
        cmocka_unit_test(test_client_goes_away),
        cmocka_unit_test(test_every_field),
        cmocka_unit_test(test_omitted),
        cmocka_unit_test(test_any_of_evidence),
        cmocka_unit_test(test_empty_variable),
        cmocka_unit_test(test_profile_has),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_unreached),
        cmocka_unit_test(test_cancelled_before_a_byte),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_severity),
        cmocka_unit_test(test_protocol_error),
        cmocka_unit_test(test_any_of),
        cmocka_unit_test(test_not),
        cmocka_unit_test(test_failure_hidden),
        cmocka_unit_test(test_failure_not_hidden),
        cmocka_unit_test(test_profile_key),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_small_arena),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
