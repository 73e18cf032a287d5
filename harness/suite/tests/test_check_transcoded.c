/* The judge of what a backend of HTTP/JSON was asked, in the mode reverse-transcoder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "harness/suite/tests/observation.h"

#define BOOK "transcheck.v1.LibraryService/CancelBook"
#define FILE_OF(rpc, saw)                                                                                              \
    "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"mode\":\"reverse-transcoder\",\"cases\":[{\"id\":\"t/a\","     \
    "\"version\":1,\"level\":\"must\",\"title\":\"T\",\"why\":\"W\",\"cites\":[\"INV-1\"],\"defects\":[\"body-"        \
    "ignored\"],"                                                                                                      \
    "\"rpc\":\"" rpc "\",\"request\":{\"message\":{}},\"backend\":[{\"protocol\":\"http/1.1\"},"                       \
    "{\"headers\":[],\"end_stream\":true}],\"expect\":{\"backend_saw\":" saw ",\"fails_visibly\":true}}]}"

static void add_call(struct observation *observation, const char *method, const char *path, const char *body)
{
    const struct field fields[] = {{span_cstr(":method"), span_cstr(method)},
                                   {span_cstr(":path"), span_cstr(path)},
                                   {span_cstr("content-type"), span_cstr("application/json")}};
    struct call_seen *call = &observation->calls[observation->call_count++];
    call_seen_init(call, &observation->arena, 1u << 20);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        assert_true(fields_add(&call->headers, &observation->arena, fields[i].name, fields[i].value));
    call->protocol = "HTTP/1.1";
    call->half_closed = call->response_ended = call->script_done = true;
    assert_true(buf_append_cstr(&call->body, body));
    call->body_len = call->body.len;
}

static void judged(const char *file, const char *method, const char *path, const char *body, const char *want)
{
    struct observation observation;
    observation_init_text(&observation, file);
    add_call(&observation, method, path, body);
    observation.response.ending = ENDING_RESET;
    const char *got = observation_judge(&observation);
    if (strcmp(got, want) != 0)
        fail_msg("%s %s %s: %s", method, path, body, got);
    observation_fini(&observation);
}

static void test_message(void **state)
{
    (void)state;
    static const char file[] = FILE_OF(BOOK, "{\"message\":{\"name\":\"shelves/a b/books/2\",\"reason\":\"r\"}}");
    judged(file, "POST", "/v1/shelves/a%20b/books/2:cancel", "{\"reason\":\"r\"}", "pass");
    judged(file, "POST", "/v1/shelves/%61%20b/books/2:cancel", "{ \"reason\" : \"r\" }", "pass");
    judged(file, "POST", "/v1/shelves/a%20b/books/2:cancel", "{\"reason\":\"s\"}", "request wrong-request");
    judged(file, "POST", "/v1/shelves/a/books/2:cancel", "{\"reason\":\"r\"}", "request wrong-request");
    judged(file, "POST", "/v1/shelves/a%20b/books/2:cancel", "", "request wrong-request");
    judged(file, "POST", "/v1/shelves/a%20b/books/2:cancel", "{", "request wrong-request");
    judged(file, "PUT", "/v1/shelves/a%20b/books/2:cancel", "{\"reason\":\"r\"}", "request wrong-request");
    judged(file, "POST", "/v1/nothing", "{\"reason\":\"r\"}", "request wrong-request");
}

/* Each rule of the method will do; that of another method does not, whatever the message is. */
static void test_method(void **state)
{
    (void)state;
    static const char file[] = FILE_OF("transcheck.v1.LibraryService/BatchGetBooks", "{\"message\":{\"pageSize\":5}}");
    static const char named[] =
        FILE_OF("reservations.v1.ReservationService/DeleteReservation", "{\"message\":{\"id\":\"1\"}}");
    judged(file, "GET", "/v1/shelves:batchGet?pageSize=5", "", "pass");
    judged(file, "GET", "/v1/shelves:batchGet?page_size=5", "", "pass");
    judged(file, "GET", "/v1/shelves:batchGet?page_size=6", "", "request wrong-request");
    judged(named, "DELETE", "/v1/reservations/1", "", "pass");
    judged(named, "GET", "/v1/reservations/1", "", "request wrong-request");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_message), cmocka_unit_test(test_method)};
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
