/* Tests of how the judge reads answers of gRPC-Web, as a client of the protocol does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/base/base64.h"
#include "harness/engine/grpc/frame.h"
#include "harness/suite/tests/observation.h"

#define METHOD "reservations.v1.ReservationService/GetReservation"
#define BINARY "application/grpc-web+proto"
#define TEXT   "application/grpc-web-text"

static const char ok[] = "{\"message\":{\"id\":\"x\"}}";
static const char fails[] = "{\"fails_visibly\":true}";
static const char not_found[] = "{\"error\":{\"code\":5,\"message\":\"no room\"}}";
static const char lost[] = "{\"message\":{\"id\":\"x\"},\"trailer\":[\"x-tag\",\"red\"]}";

struct row {
    const char *expect;
    const char *type;
    const char *header; /* grpc-status among the headers, or NULL */
    const char *frames; /* 'm': a message; '|': the text up to the next one is a frame of trailers */
};

static void add_frame(struct buf *out, uint8_t flags, struct span bytes)
{
    uint8_t prefix[FRAME_PREFIX_LEN];
    frame_prefix_write(prefix, flags, (uint32_t)bytes.len);
    buf_append(out, prefix, sizeof prefix);
    buf_append_span(out, bytes);
}

/* Of text each frame is base64 of its own, padded. */
static void add_body(struct observation *o, const struct row *row)
{
    struct buf frame;
    struct span rest = span_cstr(row->frames);
    bool text = span_is(span_cstr(row->type), TEXT);
    buf_init(&frame, 1024);
    while (rest.len > 0) {
        size_t end = rest.data[0] == '|' ? span_index_of(rest, '|', 1) : 0;
        buf_reset(&frame);
        if (end > 0)
            add_frame(&frame, 0x80, span_of(rest.data + 1, end - 1));
        else
            add_frame(&frame, 0, span_cstr("\x0a\x01x"));
        rest = span_from(rest, end + 1);
        if (text)
            base64_encode(&o->response.body, buf_span(&frame), true);
        else
            buf_append_span(&o->response.body, buf_span(&frame));
    }
    o->response.body_len = o->response.body.len;
    buf_fini(&frame);
}

static void test_web(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {ok, BINARY, NULL, "m|grpc-status: 0\r\n|"},
        {ok, "application/grpc-web", NULL, "m|grpc-status:0\r\n|"},
        {ok, BINARY, NULL, "m|Grpc-Status: 0\r\n|"}, /* readers take any letter case */
        {ok, TEXT, NULL, "m|grpc-status: 0\r\n|"},
        {ok, BINARY, "5", "m|grpc-status: 0\r\n|"}, /* the body's trailers count */
        {lost, BINARY, NULL, "m|grpc-status: 0\r\nx-tag: blue\r\nx-tag: red\r\n|"},
        {not_found, BINARY, NULL, "|grpc-status: 5\r\ngrpc-message: no%20room\r\n|"},
        {not_found, BINARY, "0", "m|grpc-status: 5\r\ngrpc-message: no room\r\n|"},
        {not_found, TEXT, "5", ""},
        {not_found, BINARY, "5", ""},
        {fails, BINARY, NULL, ""},
        {fails, BINARY, NULL, "m"},
        {fails, BINARY, "0", "m"}, /* no trailers frame behind a message */
        {fails, BINARY, NULL, "|grpc-status: 0\r\n|"},
        {fails, BINARY, NULL, "mm|grpc-status: 0\r\n|"},
        {fails, BINARY, NULL, "m|grpc-status: 0\r\n|m"},
        {fails, BINARY, NULL, "m|grpc-status: 0\r\n||grpc-status: 5\r\n|"},
        {fails, BINARY, NULL, "m|grpc-status: 0\r\n\r\n|"},
        {fails, BINARY, NULL, "m|grpc-status\r\n|"},
        {fails, BINARY, NULL, "m|x-tag: red\r\n|"},
        {fails, BINARY, NULL, "m|grpc-status: none\r\n|"},
        {fails, "application/grpc", NULL, "m|grpc-status: 0\r\n|"},
        {fails, "text/html", "0", "m|grpc-status: 0\r\n|"},
    };
    struct observation o;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        observation_init_mode(&o, "grpc-web", METHOD, "{\"message\":{\"id\":\"1\"}}", rows[i].expect);
        observation_header(&o, "content-type", rows[i].type);
        if (rows[i].header)
            observation_header(&o, "grpc-status", rows[i].header);
        if (rows[i].header && rows[i].expect == not_found)
            observation_header(&o, "grpc-message", "no room");
        add_body(&o, &rows[i]);
        observation_call(&o, NULL, "{\"id\":\"1\"}");
        const char *verdict = observation_judge(&o);
        if (!span_is(span_cstr(verdict), "pass"))
            fail_msg("row %zu, %s \"%s\": %s", i, rows[i].type, rows[i].frames, verdict);
        observation_fini(&o);
    }
}

/* Base64 that is none, or that ends within a group. */
static void test_web_text(void **state)
{
    (void)state;
    static const char *const bodies[] = {"AAAAAAMKAXg=gAAAABBncnBjLXN0YXR1czogMA0", "AAAAAAMKAXg=!!!!",
                                         "AAAAAAMKAXg=gAAAABBncnBjLXN0YXR1czogMA0K===="};
    struct observation o;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        observation_init_mode(&o, "grpc-web", METHOD, "{\"message\":{\"id\":\"1\"}}", fails);
        observation_body(&o, TEXT, bodies[i]);
        observation_call(&o, NULL, "{\"id\":\"1\"}");
        assert_string_equal(observation_judge(&o), "pass");
        observation_fini(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_web), cmocka_unit_test(test_web_text)};
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
