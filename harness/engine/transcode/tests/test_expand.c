/* The HTTP request that stands for a message; what it says is read back by transcode_request. */
#include <string.h>

#include "harness/engine/transcode/expand.h"
#include "harness/engine/transcode/tests/transcode_fixture.h"

static const struct router_binding *binding_of(const char *path)
{
    for (size_t i = 0; i < router_binding_count(transcode_fixture.router); i++) {
        const struct router_binding *binding = router_binding_at(transcode_fixture.router, i);
        if (binding->index == 0 && span_is(binding->method->full_name, path))
            return binding;
    }
    fail_msg("there is no method %s", path);
    return NULL;
}

/* What comes of a message: "GET /path", with " type body" where there is one, or "error TEXT". */
static void expand_wire(const struct router_binding *binding, struct span wire, struct arena *arena, char *got,
                        size_t size, struct transcode_expansion *expansion)
{
    struct err err = {.text = ""};
    if (transcode_expand(expansion, binding, wire, arena, &err) != ERR_OK)
        snprintf(got, size, "error %s", err.text);
    else
        snprintf(got, size, "%.*s %.*s%s%.*s%s%.*s", SPAN_FMT(expansion->method), SPAN_FMT(expansion->target),
                 expansion->content_type.len > 0 ? " " : "", (int)expansion->content_type.len,
                 expansion->content_type.data ? (const char *)expansion->content_type.data : "",
                 expansion->body.data ? " " : "", (int)expansion->body.len,
                 expansion->body.data ? (const char *)expansion->body.data : "");
}

static void expect(const char *method, const char *json, const char *want)
{
    const struct router_binding *binding = binding_of(method);
    struct transcode_expansion expansion;
    struct arena arena;
    struct buf wire, canonical;
    char got[2048];
    arena_init(&arena, 16 << 20);
    buf_init(&wire, 1 << 20);
    buf_init(&canonical, 1 << 20);
    assert_int_equal(json_to_proto(&wire, binding->method->input, span_cstr(json), NULL, &arena, NULL), ERR_OK);
    expand_wire(binding, buf_span(&wire), &arena, got, sizeof got, &expansion);
    if (strcmp(got, want) != 0)
        fail_msg("%s %s\n gives %s\n not   %s", method, json, got, want);
    if (strncmp(got, "error", 5) != 0) {
        /* A body field that is not set has come back as {}. */
        assert_int_equal(proto_to_json(&canonical, binding->method->input, buf_span(&wire), NULL, &arena, NULL),
                         ERR_OK);
        transcode_fixture_expect_typed(0, expansion.method, expansion.target,
                                       expansion.content_type.len > 0 ? (const char *)expansion.content_type.data : "",
                                       expansion.body, (const char *)canonical.data);
    }
    buf_fini(&canonical);
    buf_fini(&wire);
    arena_fini(&arena);
}

#define RESERVATIONS "reservations.v1.ReservationService/"
#define LIBRARY      "transcheck.v1.LibraryService/"

static void test_path(void **state)
{
    (void)state;
    expect(RESERVATIONS "GetReservation", "{\"id\":\"7\"}", "GET /v1/reservations/7");
    expect(RESERVATIONS "DeleteReservation", "{\"id\":\"-_.~aZ09\"}", "DELETE /v1/reservations/-_.~aZ09");
    expect(RESERVATIONS "GetReservation", "{\"id\":\"a b/c?d#e%2F:f+g&h\"}",
           "GET /v1/reservations/a%20b%2Fc%3Fd%23e%252F%3Af%2Bg%26h");
    expect(RESERVATIONS "GetReservation", "{\"id\":\"\\u00e4\\u0000\\n\"}", "GET /v1/reservations/%C3%A4%00%0A");
    expect(LIBRARY "GetBook", "{\"name\":\"shelves/a b/books/c\"}", "GET /v1/shelves/a%20b/books/c");
    expect(LIBRARY "CancelBook", "{\"name\":\"shelves/1/books/2:x\"}",
           "POST /v1/shelves/1/books/2%3Ax:cancel application/json {}");
    expect("transcheck.v1.CustomMethodService/AnyMethod", "{\"name\":\"n\"}", "POST /v1/custom/any/n");
}

static void test_path_refused(void **state)
{
    (void)state;
    expect(RESERVATIONS "GetReservation", "{}", "error path variable id: it is empty");
    expect(LIBRARY "UpdateBook", "{\"book\":{}}", "error path variable book.name: it is empty");
    expect(LIBRARY "UpdateBook", "{}", "error path variable book.name: it is empty");
    expect(LIBRARY "GetBook", "{\"name\":\"shelves/1\"}",
           "error path variable name: it does not have the form of its segments");
    expect(LIBRARY "GetBook", "{\"name\":\"shelves//books/1\"}",
           "error path variable name: it does not have the form of its segments");
    expect(LIBRARY "GetBook", "{\"name\":\"other/1/books/1\"}",
           "error path variable name: it does not have the form of its segments");
    expect(RESERVATIONS "GetReservation", "{\"id\":\"..\"}",
           "error path variable id: a dot segment does not stay in a path");
    expect(LIBRARY "GetBook", "{\"name\":\"shelves/./books/1\"}",
           "error path variable name: a dot segment does not stay in a path");
}

static void test_query(void **state)
{
    (void)state;
    expect(
        RESERVATIONS "ListReservations", "{\"room\":\"a&b=c d\",\"attendees\":{\"lastName\":[\"x\",\"\",\"\\u00fc\"]}}",
        "GET /v1/reservations?room=a%26b%3Dc%20d&attendees.lastName=x&attendees.lastName=&attendees.lastName=%C3%BC");
    expect(RESERVATIONS "ListReservations", "{}", "GET /v1/reservations");
    expect(LIBRARY "ListBooks", "{\"name\":\"shelves/1\",\"pageSize\":5,\"book\":{\"pages\":\"-9007199254740993\"}}",
           "GET /v1/shelves/1/books?book.pages=-9007199254740993&pageSize=5");
    expect(LIBRARY "TouchBook", "{\"name\":\"shelves/1/books/2\",\"reason\":\"r\"}",
           "POST /v1/shelves/1/books/2:touch?reason=r");
    expect("transcheck.v1.BodyFieldService/StringBody",
           "{\"boolValue\":true,\"bytesValue\":\"+/8=\",\"enumValue\":\"RED\",\"doubleValue\":\"-Infinity\","
           "\"floatValue\":1.5,\"timestamp\":\"2026-01-02T03:04:05.600Z\",\"stringValue\":\"s\"}",
           "POST /v1/body/string?doubleValue=-Infinity&floatValue=1.5&boolValue=true&bytesValue=%2B%2F8%3D&"
           "enumValue=RED&timestamp=2026-01-02T03%3A04%3A05.600Z application/json \"s\"");
}

static void test_query_refused(void **state)
{
    (void)state;
    expect("transcheck.v1.BodyFieldService/StringBody", "{\"byString\":{\"a\":\"b\"}}",
           "error query parameter byString: such a field has no form in a URL");
    expect("transcheck.v1.BodyFieldService/StringBody", "{\"messages\":[{}]}",
           "error query parameter messages: such a field has no form in a URL");
    expect("transcheck.v1.BodyFieldService/StringBody", "{\"struct\":{\"a\":1}}",
           "error query parameter struct: such a field has no form in a URL");
    char deep[2000] = "{\"messageValue\":";
    for (size_t i = 0; i < 40; i++)
        strcat(deep, "{\"child\":");
    strcat(deep, "{\"text\":\"x\"}");
    for (size_t i = 0; i < 41; i++)
        strcat(deep, "}");
    struct transcode_expansion expansion;
    struct arena arena;
    struct buf wire;
    char got[2048];
    const struct router_binding *binding = binding_of("transcheck.v1.BodyFieldService/StringBody");
    arena_init(&arena, 16 << 20);
    buf_init(&wire, 1 << 20);
    assert_int_equal(json_to_proto(&wire, binding->method->input, span_cstr(deep), NULL, &arena, NULL), ERR_OK);
    expand_wire(binding, buf_span(&wire), &arena, got, sizeof got, &expansion);
    assert_non_null(strstr(got, ": it is too deep"));
    buf_fini(&wire);
    arena_fini(&arena);
}

static void test_body(void **state)
{
    (void)state;
    expect(RESERVATIONS "CreateReservation", "{\"reservation\":{\"id\":\"1\",\"attendees\":[{\"ssn\":\"2\"}]}}",
           "POST /v1/reservations application/json {\"id\":\"1\",\"attendees\":[{\"ssn\":\"2\"}]}");
    /* What the path holds is in no body "*"; a body field is whole. */
    expect(LIBRARY "CancelBook", "{\"name\":\"shelves/1/books/2\",\"reason\":\"r\",\"book\":{\"name\":\"n\"}}",
           "POST /v1/shelves/1/books/2:cancel application/json {\"reason\":\"r\",\"book\":{\"name\":\"n\"}}");
    expect(LIBRARY "UpdateBook", "{\"book\":{\"name\":\"shelves/1/books/2\",\"title\":\"t\"},\"reason\":\"r\"}",
           "PATCH /v1/shelves/1/books/2?reason=r application/json {\"name\":\"shelves/1/books/2\",\"title\":\"t\"}");
    expect("transcheck.v1.BodyFieldService/RepeatedScalarBody", "{\"strings\":[\"a\",\"b\"]}",
           "POST /v1/body/strings application/json [\"a\",\"b\"]");
    expect("transcheck.v1.BodyFieldService/NumberBody", "{\"int64Value\":\"5\"}",
           "POST /v1/body/number application/json \"5\"");
    expect("transcheck.v1.BodyFieldService/OneofBody", "{\"choiceMessage\":{}}",
           "POST /v1/body/oneof application/json {}");
    expect("transcheck.v1.BodyFieldService/OneofBody", "{\"choiceInt32\":1}",
           "error the body: another member of its oneof is set");
    expect("transcheck.v1.HttpBodyService/Upload",
           "{\"name\":\"n\",\"file\":{\"contentType\":\"text/plain\",\"data\":\"YQBi\"}}",
           "POST /v1/uploads/n text/plain a");
    expect("transcheck.v1.HttpBodyService/UploadRaw", "{\"contentType\":\"image/png\",\"data\":\"YWI=\"}",
           "POST /v1/raw:upload image/png ab");
    expect("transcheck.v1.EchoService/Ping", "{}", "GET /v1/ping");
}

/* Whatever bytes a message has: a request, or an error. */
static void test_malformed(void **state)
{
    (void)state;
    static const char wire[] = "\x0a\x10shelves/1/books/\x1a\x03\x0a\x01z\x20\x05";
    const struct router_binding *binding = binding_of(LIBRARY "TouchBook");
    for (size_t cut = 0; cut < sizeof wire; cut++) {
        for (int flip = 0; flip < 256; flip += 17) {
            struct transcode_expansion expansion;
            struct arena arena;
            char bytes[sizeof wire], got[2048];
            memcpy(bytes, wire, sizeof wire);
            bytes[cut] ^= (char)flip;
            arena_init(&arena, 1 << 20);
            expand_wire(binding, span_of(bytes, cut), &arena, got, sizeof got, &expansion);
            assert_true(strncmp(got, "error ", 6) == 0 || strncmp(got, "POST /v1/shelves/", 17) == 0);
            arena_fini(&arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path),          cmocka_unit_test(test_path_refused), cmocka_unit_test(test_query),
        cmocka_unit_test(test_query_refused), cmocka_unit_test(test_body),         cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, transcode_fixture_setup, transcode_fixture_teardown);
}
