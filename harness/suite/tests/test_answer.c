/* What clients of gRPC, gRPC-Web, Connect and Twirp take for a success, and what for a failure and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "harness/suite/tests/observation.h"

#define GET  "reservations.v1.ReservationService/GetReservation"
#define LIST "reservations.v1.ReservationService/ListReservations"

#define FULL "\0\0\0\0\3\n\0011" /* {"id": "1"}, with its prefix */
#define BARE "\n\0011"           /* without */
#define ZLIB                                                                                                           \
    "\1\0\0\0\13\170\234\343\142\064\004\000\000\124\000\075" /* the same, compressed by deflate, with its flag */
#define BAD_ZLIB "\1\0\0\0\3abc"

/* A response. `wrong` NULL: a success; else a text that stands in what the client reports. Fields are "name: value"
 * lines, each ended by '|'. */
struct row {
    const char *body;
    size_t len;
    int status;
    const char *type;
    const char *headers;
    const char *trailers;
    const char *wrong;
};
#define B(text) text, sizeof(text) - 1

struct front_case {
    const char *mode;
    const char *protocol;
    const char *rpc;
    bool streams;
};

static void put_fields(struct observation *o, const char *list,
                       void (*put)(struct observation *, const char *, const char *))
{
    char copy[256];
    char *save = NULL;
    snprintf(copy, sizeof copy, "%s", list);
    for (char *line = strtok_r(copy, "|", &save); line; line = strtok_r(NULL, "|", &save)) {
        char *colon = strchr(line, ':');
        *colon = '\0';
        put(o, line, colon + 2);
    }
}

static void observe(struct observation *o, const struct front_case *front, const struct row *row, const char *expect)
{
    char request[128];
    snprintf(request, sizeof request, "{\"protocol\":\"%s\",\"message\":{}}", front->protocol);
    observation_init_mode(o, front->mode, front->rpc, request, expect);
    observation_call(o, NULL, NULL);
    o->response.status = row->status;
    if (row->status == 0)
        o->response.ending = ENDING_CUT;
    observation_body(o, row->type, "");
    assert_true(buf_append(&o->response.body, row->body, row->len));
    o->response.body_len = row->len;
    put_fields(o, row->headers ? row->headers : "", observation_header);
    put_fields(o, row->trailers ? row->trailers : "", observation_trailer);
    observation_judge(o);
}

static const struct reason *reason_of(const struct observation *o, enum reason_kind kind)
{
    for (size_t i = 0; i < o->result.reason_count; i++) {
        if (o->result.reasons[i].kind == kind)
            return &o->result.reasons[i];
    }
    return NULL;
}

static bool tells(const struct observation *o, const char *text)
{
    for (size_t i = 0; i < o->result.reason_count; i++) {
        if (strstr(o->result.reasons[i].observed, text))
            return true;
    }
    return false;
}

/* A success hides the failure that is asked for; a failure says why it is none. */
static void run(const struct front_case *front, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct observation o;
        observe(&o, front, &rows[i], "{\"fails_visibly\":true}");
        if ((reason_of(&o, KIND_FAILURE_HIDDEN) != NULL) != (rows[i].wrong == NULL))
            fail_msg("%s, row %zu: %s", front->protocol, i, rows[i].wrong ? "a success" : "a failure");
        observation_fini(&o);
        /* The message of another reservation is wrong of itself, so that the report is written in any case. */
        observe(&o, front, &rows[i], front->streams ? "{\"message_count\":9}" : "{\"message\":{\"id\":\"9\"}}");
        if (rows[i].wrong && rows[i].status != 0 && !tells(&o, rows[i].wrong))
            fail_msg("%s, row %zu: not \"%s\" but \"%s\"", front->protocol, i, rows[i].wrong,
                     o.result.reasons[0].observed);
        if (!rows[i].wrong && !front->streams && tells(&o, "no status"))
            fail_msg("%s, row %zu: no status", front->protocol, i);
        observation_fini(&o);
    }
}
#define RUN(front, rows) run(front, rows, sizeof rows / sizeof *rows)

#define GRPC "application/grpc"
#define OK   "grpc-status: 0|"

static const struct front_case grpc = {"pass-through", "grpc", GET, false};
static const struct front_case grpc_stream = {"pass-through", "grpc", LIST, true};

static void test_grpc_status(void **state)
{
    static const struct row rows[] = {
        {B(FULL), 200, GRPC, NULL, OK, NULL},
        {B(FULL), 200, GRPC "+proto", NULL, OK, NULL},
        {B(FULL), 200, GRPC ";charset=x", NULL, OK, NULL},
        {B(FULL), 200, GRPC "x", NULL, OK, "content-type application/grpcx"},
        {B(FULL), 200, GRPC "-web", NULL, OK, "content-type application/grpc-web"},
        {B(FULL), 200, NULL, NULL, OK, "content-type missing"},
        {B(FULL), 404, GRPC, NULL, OK, "HTTP status 404"},
        {B(""), 0, NULL, NULL, NULL, "no response"},
        {B(FULL), 200, GRPC, NULL, NULL, "no grpc-status at the end"},
        {B(FULL), 200, GRPC, NULL, "x-a: 1|", "no grpc-status at the end"},
        /* Among the headers of an answer with a body it says nothing. */
        {B(FULL), 200, GRPC, OK, NULL, "no grpc-status at the end"},
        {B(FULL), 200, GRPC, OK, "x-a: 1|", "no grpc-status at the end"},
        {B(FULL), 200, GRPC, "grpc-status: 5|", OK, NULL},
        {B(FULL), 200, GRPC, OK, "grpc-status: 5|grpc-message: a%20b%25|", "NOT_FOUND \"a b%\""},
        {B(""), 200, GRPC, "grpc-status: 5|", NULL, "NOT_FOUND"},
        {B(""), 200, GRPC, NULL, "grpc-status: 5|", "NOT_FOUND"},
        {B(FULL), 200, GRPC, NULL, "grpc-status: 42|", "code 42"},
        {B(FULL), 200, GRPC, NULL, "grpc-status: ok|", "grpc-status: ok"},
        {B(FULL), 200, GRPC, NULL, "grpc-status: -1|", "grpc-status: -1"},
        {B(FULL), 200, GRPC, NULL, "grpc-status: 0|grpc-status: 5|", NULL},
        /* A unary call has one message. */
        {B(""), 200, GRPC, OK, NULL, "OK, 0 message(s)"},
        {B(""), 200, GRPC, NULL, OK, "OK, 0 message(s)"},
        {B(FULL FULL), 200, GRPC, NULL, OK, "OK, 2 message(s)"},
    };
    static const struct row streams[] = {
        {B(""), 200, GRPC, OK, NULL, NULL},
        {B(""), 200, GRPC, NULL, OK, NULL},
        {B(FULL FULL), 200, GRPC, NULL, OK, NULL},
        {B(FULL FULL), 200, GRPC, NULL, NULL, "no grpc-status at the end"},
    };
    (void)state;
    RUN(&grpc, rows);
    RUN(&grpc_stream, streams);
}

static void test_grpc_frames(void **state)
{
    static const struct row rows[] = {
        {B("\0\0\0\0\0"), 200, GRPC, NULL, OK, NULL},
        {B("\0\0\0\0"), 200, GRPC, NULL, OK, "a message cut short: 4 bytes in all"},
        {B(FULL "\0\0"), 200, GRPC, NULL, OK, "a message cut short: 10 bytes in all"},
        {B("\0\0\0\0\4\n\0011"), 200, GRPC, NULL, OK, "its prefix promises 4 bytes, and 3 follow"},
        {B("\0\xff\xff\xff\xff\n\0011"), 200, GRPC, NULL, OK, "its prefix promises 4294967295 bytes, and 3 follow"},
        {B("\0\1\2\3\4"), 200, GRPC, NULL, OK, "its prefix promises 16909060 bytes, and 0 follow"},
        {B("Hello, world."), 200, GRPC, NULL, OK, "no length-prefixed messages: flags 48 in the prefix 48 656c6c6f"},
        {B("\2\0\0\0\3\n\0011"), 200, GRPC, NULL, OK, "flags 02"},
        {B("\200\0\0\0\3\n\0011"), 200, GRPC, NULL, OK, "flags 80"},
        {B("\0\0\0\0\3\n\0021"), 200, GRPC, NULL, OK, "message 1 is no reservations.v1.Reservation"},
        {B(FULL "\0\0\0\0\3\n\0021"), 200, GRPC, NULL, OK, "message 2 is no reservations.v1.Reservation"},
        /* What is compressed can be told from nothing but its coding. */
        {B("\1\0\0\0\3abc"), 200, GRPC, NULL, OK, "a message marked as compressed, and no grpc-encoding"},
        {B("\1\0\0\0\3abc"), 200, GRPC, "grpc-encoding: identity|", OK, "and grpc-encoding: identity"},
        {B(ZLIB), 200, GRPC, "grpc-encoding: deflate|", OK, NULL},
        {B(ZLIB), 200, GRPC, "grpc-encoding: gzip|", OK, "grpc-encoding: gzip, that is not of this coding"},
        {B(ZLIB), 200, GRPC, "grpc-encoding: snappy|", OK, "does not know grpc-encoding: snappy"},
        {B(BAD_ZLIB), 200, GRPC, "grpc-encoding: deflate|", OK, "that is not of this coding"},
        {B(FULL), 200, GRPC, "grpc-encoding: gzip|", OK, NULL},
    };
    (void)state;
    RUN(&grpc, rows);
}

/* What does not end is no success, whatever was there. */
static void test_incomplete(void **state)
{
    static const struct row row = {B(FULL), 200, GRPC, NULL, OK, NULL};
    static const enum ending endings[] = {ENDING_CUT, ENDING_RESET, ENDING_CONN_RESET};
    (void)state;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct observation o;
        observe(&o, &grpc, &row, "{\"fails_visibly\":true}");
        o.response.ending = endings[i];
        assert_string_equal(observation_judge(&o), "pass");
        observation_fini(&o);
    }
    struct observation o;
    observe(&o, &grpc, &row, "{\"fails_visibly\":true}");
    o.response.ending = ENDING_TIMEOUT;
    observation_judge(&o);
    assert_non_null(reason_of(&o, KIND_WRONG_ENDING));
    observation_fini(&o);
}

static void test_grpc_headers(void **state)
{
    static const struct front_case front = {"http1-bridge", "grpc-headers", GET, false};
    static const struct row rows[] = {
        {B(FULL), 200, GRPC, OK, NULL, NULL},
        {B(FULL), 200, GRPC, NULL, OK, NULL},
        {B(FULL), 200, GRPC, NULL, NULL, "no grpc-status at the end"},
        {B(FULL), 200, GRPC, OK, "x-a: 1|", "no grpc-status at the end"},
        {B(FULL), 200, GRPC, "grpc-status: 5|", NULL, "NOT_FOUND"},
        {B(""), 200, GRPC, "grpc-status: 5|", NULL, "NOT_FOUND"},
        {B(FULL), 503, GRPC, OK, NULL, "HTTP status 503"},
        {B(FULL), 200, "text/html", OK, NULL, "content-type text/html"},
    };
    (void)state;
    RUN(&front, rows);
}

/* ---- gRPC-Web */

#define WEB  "application/grpc-web+proto"
#define TEXT "application/grpc-web-text"
#define END  "\200\0\0\0\017grpc-status:0\r\n"

static void test_web(void **state)
{
    static const struct front_case front = {"grpc-web", "grpc-web", GET, false};
    static const struct front_case stream = {"grpc-web", "grpc-web", LIST, true};
    static const struct row rows[] = {
        {B(FULL END), 200, WEB, NULL, NULL, NULL},
        {B(FULL END), 200, "application/grpc-web", NULL, NULL, NULL},
        {B(FULL "\200\0\0\0\024Grpc-Status: 0  \r\n\r\n"), 200, WEB, NULL, NULL,
         "a line of the trailers frame is no field"},
        {B(FULL "\200\0\0\0\022Grpc-Status:  0 \r\n"), 200, WEB, NULL, NULL, NULL},
        {B(FULL "\200\0\0\0\016grpc-status:0\n"), 200, WEB, NULL, NULL, NULL},
        {B(FULL "\200\0\0\0\015grpc-status:0"), 200, WEB, NULL, NULL, NULL},
        {B(FULL "\200\0\0\0\045x-a: 1\r\ngrpc-status:5\r\ngrpc-message:a"), 200, WEB, NULL, NULL, "NOT_FOUND \"a\""},
        {B(FULL "\200\0\0\0\010x-a: 1\r\n"), 200, WEB, NULL, NULL, "no grpc-status"},
        {B(FULL "\200\0\0\0\0"), 200, WEB, NULL, NULL, "no grpc-status"},
        {B(FULL "\200\0\0\0\004:a\r\n"), 200, WEB, NULL, NULL, "a line of the trailers frame is no field: :a"},
        {B(FULL "\200\0\0\0\005abc\r\n"), 200, WEB, NULL, NULL, "a line of the trailers frame is no field: abc"},
        {B(FULL END), 200, WEB, "grpc-status: 5|", NULL, NULL},
        {B(FULL), 200, WEB, NULL, NULL, "no trailers frame"},
        {B(FULL), 200, WEB, OK, NULL, "no trailers frame"},
        {B(FULL), 200, WEB, NULL, OK, "no trailers frame"},
        {B(FULL "\201\0\0\0\017grpc-status:0\r\n"), 200, WEB, NULL, NULL, "the trailers frame is marked as compressed"},
        {B(FULL END FULL), 200, WEB, NULL, NULL, "something stands behind the trailers frame"},
        {B(FULL END END), 200, WEB, NULL, NULL, "something stands behind the trailers frame"},
        {B(FULL END "\0"), 200, WEB, NULL, NULL, "a message cut short"},
        {B(FULL "\200\0\0\0\020grpc-status:0\r\n"), 200, WEB, NULL, NULL,
         "its prefix promises 16 bytes, and 15 follow"},
        {B(FULL "\2\0\0\0\0" END), 200, WEB, NULL, NULL, "flags 02"},
        {B("\1\0\0\0\3abc" END), 200, WEB, NULL, NULL, "a message marked as compressed"},
        {B(ZLIB END), 200, WEB, "grpc-encoding: deflate|", NULL, NULL},
        {B(BAD_ZLIB END), 200, WEB, "grpc-encoding: deflate|", NULL, "that is not of this coding"},
        {B(END), 200, WEB, NULL, NULL, "OK, 0 message(s)"},
        {B(FULL FULL END), 200, WEB, NULL, NULL, "OK, 2 message(s)"},
        {B(""), 200, WEB, "grpc-status: 5|", NULL, "NOT_FOUND"},
        {B(""), 200, WEB, OK, NULL, "OK, 0 message(s)"},
        {B(""), 200, WEB, NULL, NULL, "no trailers frame"},
        {B(FULL END), 200, GRPC, NULL, NULL, "content-type application/grpc"},
        {B(FULL END), 415, WEB, NULL, NULL, "HTTP status 415"},
        {B(""), 503, "text/plain", "grpc-status: 14|", NULL, "UNAVAILABLE, HTTP status 503"},
        {B(""), 0, NULL, NULL, NULL, "no response"},
    };
    static const struct row streams[] = {
        {B(END), 200, WEB, NULL, NULL, NULL},
        {B(FULL FULL END), 200, WEB, NULL, NULL, NULL},
        {B(""), 200, WEB, OK, NULL, NULL},
        {B(FULL FULL), 200, WEB, NULL, NULL, "no trailers frame"},
    };
    (void)state;
    RUN(&front, rows);
    RUN(&stream, streams);
}

static void test_web_text(void **state)
{
    static const struct front_case front = {"grpc-web", "grpc-web-text", GET, false};
    static const struct row rows[] = {
        /* In one piece, in two, each padded by itself, and cut anywhere between groups. */
        {B("AAAAAAMKATGAAAAAD2dycGMtc3RhdHVzOjANCg=="), 200, TEXT, NULL, NULL, NULL},
        {B("AAAAAAMKATGAAAAAD2dycGMtc3RhdHVzOjANCg=="), 200, TEXT "+proto", NULL, NULL, NULL},
        {B("AAAAAAMKATE=gAAAAA9ncnBjLXN0YXR1czowDQo="), 200, TEXT, NULL, NULL, NULL},
        {B("AA==AAAAAwoBMQ==gAAAAA9ncnBjLXN0YXR1czowDQo="), 200, TEXT, NULL, NULL, NULL},
        {B("AA==AAAAAAMKATE=gAAAAA9ncnBjLXN0YXR1czowDQo="), 200, TEXT, NULL, NULL, "no length-prefixed"},
        {B("AAAAAAMKATGAAAAAD2dycGMtc3RhdHVzOjANCg"), 200, TEXT, NULL, NULL, "the body is no base64 of whole groups"},
        {B("AAAAAAMKATGAAAAAD2dycGMtc3RhdHVzOjANCg==\n"), 200, TEXT, NULL, NULL, "the body is no base64"},
        {B("AAAAAAMKATGAAAAA\r\nD2dycGMtc3RhdHVzOjANCg=="), 200, TEXT, NULL, NULL, "the body is no base64"},
        {B("AAAA_AMKATGAAAAAD2dycGMtc3RhdHVzOjANCg=="), 200, TEXT, NULL, NULL, "the body is no base64"},
        {B("AAAAA*MK"), 200, TEXT, NULL, NULL, "the body is no base64"},
        {B("=AAA"), 200, TEXT, NULL, NULL, "the body is no base64"},
        {B("AAAAAAMKATE="), 200, TEXT, NULL, NULL, "no trailers frame"},
        /* The content type says what the body is. */
        {B(FULL END), 200, WEB, NULL, NULL, NULL},
        {B(FULL END), 200, TEXT, NULL, NULL, "the body is no base64"},
        {B("AAAAAAMKATGAAAAAD2dycGMtc3RhdHVzOjANCg=="), 200, WEB, NULL, NULL, "no length-prefixed messages"},
    };
    (void)state;
    RUN(&front, rows);
}

/* ---- Connect */

#define JSON "application/json"

static void test_connect(void **state)
{
    static const struct front_case front = {"connect", "connect", GET, false};
    static const struct front_case json = {"connect", "connect-json", GET, false};
    static const struct row rows[] = {
        {B(BARE), 200, "application/proto", NULL, NULL, NULL},
        {B(""), 200, "application/proto", NULL, NULL, NULL}, /* an empty message */
        {B("\n\0021"), 200, "application/proto", NULL, NULL, "message 1 is no reservations.v1.Reservation"},
        {B(BARE), 200, GRPC, NULL, NULL, "content-type application/grpc"},
        {B(BARE), 200, NULL, NULL, NULL, "content-type missing"},
        {B(BARE), 201, "application/proto", NULL, NULL, "UNKNOWN, 0"},
        {B(""), 0, NULL, NULL, NULL, "no response"},
        {B("{\"code\":\"not_found\",\"message\":\"gone\"}"), 404, JSON, NULL, NULL, "NOT_FOUND \"gone\""},
        {B("{\"code\":\"not_found\"}"), 404, JSON, NULL, NULL, "NOT_FOUND"},
        {B("{\"code\":\"canceled\"}"), 499, JSON, NULL, NULL, "CANCELLED"},
        {B("{\"code\":\"cancelled\"}"), 499, JSON, NULL, NULL, "an error without a known code"},
        {B("{\"code\":\"unauthenticated\"}"), 401, JSON "; charset=utf-8", NULL, NULL, "UNAUTHENTICATED"},
        {B("{\"code\":\"NOT_FOUND\"}"), 404, JSON, NULL, NULL, "an error without a known code"},
        {B("{\"code\":\"ok\"}"), 500, JSON, NULL, NULL, "an error without a known code"},
        {B("{\"code\":5}"), 404, JSON, NULL, NULL, "an error without a known code"},
        {B("{\"message\":\"gone\"}"), 404, JSON, NULL, NULL, "an error without a known code"},
        {B("{\"code\":\"not_found\"}"), 404, "text/plain", NULL, NULL, "UNIMPLEMENTED, 0"},
        {B("[\"not_found\"]"), 404, JSON, NULL, NULL, "UNIMPLEMENTED, 0"},
        {B(""), 404, JSON, NULL, NULL, "UNIMPLEMENTED, 0"},
        {B("gone"), 404, JSON, NULL, NULL, "UNIMPLEMENTED, 0"},
        /* Behind a 200 there is no error. */
        {B("{\"code\":\"not_found\"}"), 200, JSON, NULL, NULL, "content-type application/json"},
    };
    static const struct row of_json[] = {
        {B("{\"id\":\"1\"}"), 200, JSON, NULL, NULL, NULL},
        {B(" {\"id\":\"1\"}\n"), 200, JSON ";charset=utf-8", NULL, NULL, NULL},
        {B(""), 200, JSON, NULL, NULL, "message 1 is no JSON"},
        {B("{\"id\":"), 200, JSON, NULL, NULL, "message 1 is no JSON"},
        {B("{\"id\":\"1\"}"), 200, "application/proto", NULL, NULL, "content-type application/proto"},
    };
    (void)state;
    RUN(&front, rows);
    RUN(&json, of_json);
}

#define STREAM "application/connect+proto"

static void test_connect_stream(void **state)
{
    static const struct front_case front = {"connect", "connect-stream", LIST, true};
    static const struct front_case json = {"connect", "connect-stream-json", LIST, true};
    static const struct front_case unary = {"connect", "connect-stream", GET, false};
    static const struct row rows[] = {
        {B("\2\0\0\0\2{}"), 200, STREAM, NULL, NULL, NULL},
        {B(FULL FULL "\2\0\0\0\2{}"), 200, STREAM, NULL, NULL, NULL},
        {B(FULL FULL "\2\0\0\0\030{\"metadata\":{\"a\":[\"1\"]}}"), 200, STREAM, NULL, NULL, NULL},
        {B(FULL "\2\0\0\0\034{\"error\":{\"code\":\"aborted\"}}"), 200, STREAM, NULL, NULL, "\"code\":10"},
        {B(FULL "\2\0\0\0\031{\"error\":{\"code\":\"none\"}}"), 200, STREAM, NULL, NULL,
         "an error without a known code"},
        {B(FULL "\2\0\0\0\014{\"error\":{}}"), 200, STREAM, NULL, NULL, "an error without a known code"},
        {B(FULL "\2\0\0\0\0"), 200, STREAM, NULL, NULL, "the end of the stream is no JSON object"},
        {B(FULL "\2\0\0\0\2[]"), 200, STREAM, NULL, NULL, "the end of the stream is no JSON object"},
        {B(FULL "\2\0\0\0\2{"), 200, STREAM, NULL, NULL, "a message cut short"},
        {B(FULL), 200, STREAM, NULL, NULL, "no end of the stream"},
        {B(""), 200, STREAM, NULL, NULL, "no end of the stream"},
        {B("\2\0\0\0\2{}" FULL), 200, STREAM, NULL, NULL, "something stands behind the end of the stream"},
        {B("\2\0\0\0\2{}\2\0\0\0\2{}"), 200, STREAM, NULL, NULL, "something stands behind the end of the stream"},
        {B("\0\0\0\0\3\n\0021\2\0\0\0\2{}"), 200, STREAM, NULL, NULL, "message 1 is no reservations.v1.Reservation"},
        {B("\200\0\0\0\0\2\0\0\0\2{}"), 200, STREAM, NULL, NULL, "flags 80"},
        {B("\1\0\0\0\3abc\2\0\0\0\2{}"), 200, STREAM, NULL, NULL, "a message marked as compressed"},
        {B(ZLIB "\2\0\0\0\2{}"), 200, STREAM, "connect-content-encoding: deflate|", NULL, NULL},
        {B(FULL "\3\0\0\0\12\170\234\253\256\005\000\001\165\000\371"), 200, STREAM,
         "connect-content-encoding: deflate|", NULL, NULL},
        {B(BAD_ZLIB "\2\0\0\0\2{}"), 200, STREAM, "connect-content-encoding: deflate|", NULL,
         "that is not of this coding"},
        {B(FULL "\2\0\0\0\2{}"), 200, "application/connect+json", NULL, NULL, "content-type application/connect+json"},
        {B(FULL "\2\0\0\0\2{}"), 404, STREAM, NULL, NULL, "HTTP status 404"},
        {B(""), 415, NULL, NULL, NULL, "HTTP status 415, content-type missing"},
    };
    static const struct row of_json[] = {
        {B("\0\0\0\0\2{}\2\0\0\0\2{}"), 200, "application/connect+json", NULL, NULL, NULL},
        {B("\0\0\0\0\1{\2\0\0\0\2{}"), 200, "application/connect+json", NULL, NULL, "message 1 is no JSON"},
    };
    static const struct row of_unary[] = {
        {B(FULL "\2\0\0\0\2{}"), 200, STREAM, NULL, NULL, NULL},
        {B("\2\0\0\0\2{}"), 200, STREAM, NULL, NULL, "OK, 0 message(s)"},
        {B(FULL FULL "\2\0\0\0\2{}"), 200, STREAM, NULL, NULL, "OK, 2 message(s)"},
    };
    (void)state;
    RUN(&front, rows);
    RUN(&json, of_json);
    RUN(&unary, of_unary);
}

/* ---- Twirp */

static void test_twirp(void **state)
{
    static const struct front_case front = {"twirp", "twirp", GET, false};
    static const struct front_case json = {"twirp", "twirp-json", GET, false};
    static const struct row rows[] = {
        {B(BARE), 200, "application/protobuf", NULL, NULL, NULL},
        {B(BARE), 200, "application/proto", NULL, NULL, "content-type application/proto"},
        {B("{\"code\":\"not_found\",\"msg\":\"gone\"}"), 404, JSON, NULL, NULL, "NOT_FOUND \"gone\""},
        {B("{\"code\":\"not_found\",\"message\":\"gone\"}"), 404, JSON, NULL, NULL, "NOT_FOUND, 0"},
        {B("{\"code\":\"malformed\",\"msg\":\"\"}"), 400, JSON, NULL, NULL, "INVALID_ARGUMENT"},
        {B("{\"code\":\"bad_route\",\"msg\":\"\"}"), 404, JSON, NULL, NULL, "UNIMPLEMENTED"},
        {B("{\"code\":\"dataloss\",\"msg\":\"\"}"), 500, JSON, NULL, NULL, "DATA_LOSS"},
        {B("{\"code\":\"canceled\",\"msg\":\"\"}"), 408, JSON, NULL, NULL, "CANCELLED"},
        {B("{\"code\":\"teapot\",\"msg\":\"\"}"), 418, JSON, NULL, NULL, "an error without a known code"},
        {B("<h1>"), 502, "text/html", NULL, NULL, "UNAVAILABLE, 0"},
        {B(""), 0, NULL, NULL, NULL, "no response"},
    };
    static const struct row of_json[] = {
        {B("{\"id\":\"1\"}"), 200, JSON, NULL, NULL, NULL},
        {B(BARE), 200, "application/protobuf", NULL, NULL, "content-type application/protobuf"},
    };
    (void)state;
    RUN(&front, rows);
    RUN(&json, of_json);
}

/* ---- what a case asks of the answer that was read */

static void judged(const struct front_case *front, const struct row *row, const char *expect, const char *want)
{
    struct observation o;
    observe(&o, front, row, expect);
    const char *got = observation_judge(&o);
    if (strcmp(got, want) != 0)
        fail_msg("%s: %s, not %s (%s)", expect, got, want,
                 o.result.reason_count > 0 ? o.result.reasons[0].observed : "");
    observation_fini(&o);
}

static void test_asked(void **state)
{
    static const struct front_case web = {"grpc-web", "grpc-web", GET, false};
    static const struct front_case connect = {"connect", "connect", GET, false};
    static const struct front_case connect_stream = {"connect", "connect-stream", LIST, true};
    static const struct row good = {B(FULL), 200, GRPC, NULL, "grpc-status: 0|x-end: 7|", NULL};
    static const struct row two = {B(FULL FULL), 200, GRPC, NULL, OK, NULL};
    static const struct row half = {B(FULL), 200, GRPC, NULL, "grpc-status: 5|grpc-message: g%6fne|", NULL};
    static const struct row detailed = {B(""), 200, GRPC, "grpc-status: 5|grpc-status-details-bin: CAUSBGdvbmU|",
                                        NULL,  NULL};
    static const struct row framed = {B(FULL "\200\0\0\0\030grpc-status:0\r\nx-end:7\r\n"), 200, WEB, NULL, NULL, NULL};
    static const struct row error = {B("{\"code\":\"not_found\",\"message\":\"gone\"}"), 404, JSON, NULL, NULL, NULL};
    static const struct row ended = {
        B("\2\0\0\0\034{\"metadata\":{\"a\":[\"1\",\"2\"]}}"), 200, STREAM, NULL, NULL, NULL};
    (void)state;
    judged(&grpc, &good, "{\"message\":{\"id\":\"1\"},\"trailer\":[\"x-end\",\"7\"]}", "pass");
    judged(&grpc, &good, "{\"message\":{\"id\":\"2\"}}", "response wrong-body");
    judged(&grpc, &good, "{\"error\":{\"code\":5}}", "response failure-hidden");
    judged(&grpc, &half, "{\"error\":{\"code\":5,\"message\":\"gone\"}}", "pass");
    judged(&grpc, &half, "{\"error\":{\"code\":[4,5]}}", "pass");
    judged(&grpc, &half, "{\"error\":{\"code\":4}}", "response wrong-error");
    judged(&grpc, &half, "{\"error\":{\"message\":\"g%6fne\"}}", "response wrong-error");
    judged(&grpc, &half, "{\"message\":{\"id\":\"1\"}}", "response wrong-body");
    judged(&grpc, &detailed, "{\"error\":{\"code\":5,\"details\":[]}}", "pass");
    judged(&grpc, &detailed, "{\"error\":{\"details\":[{\"@type\":\"x\"}]}}", "response wrong-error");
    judged(&grpc_stream, &two, "{\"messages\":[{\"id\":\"1\"},{\"id\":\"1\"}]}", "pass");
    judged(&grpc_stream, &two, "{\"messages\":[{\"id\":\"1\"}]}", "response wrong-body");
    judged(&grpc_stream, &half, "{\"messages\":[{\"id\":\"1\"}],\"stream_error\":{\"code\":5,\"message\":\"gone\"}}",
           "pass");
    judged(&grpc_stream, &half, "{\"messages\":[{\"id\":\"1\"}]}", "response wrong-body");
    judged(&grpc_stream, &two, "{\"stream_error\":{}}", "response failure-hidden");
    judged(&web, &framed, "{\"message\":{\"id\":\"1\"},\"trailers\":[[\"grpc-status\",\"0\"],[\"x-end\",\"7\"]]}",
           "pass");
    judged(&web, &framed, "{\"trailer\":[\"x-end\",\"8\"],\"fails_visibly\":true}", "response failure-hidden");
    judged(&connect, &error, "{\"error\":{\"code\":5,\"message\":\"gone\"}}", "pass");
    judged(&connect, &error, "{\"error\":{\"code\":5,\"message\":\"lost\"}}", "response wrong-error");
    judged(&connect_stream, &ended, "{\"messages\":[],\"trailers\":[[\"a\",\"1, 2\"]]}", "pass");
}

/* What came before a stream lost its end did come. */
static void test_first_messages(void **state)
{
    static const char expect[] = "{\"first_messages\":[{\"id\":\"1\"}],\"fails_visibly\":true}";
    static const struct front_case web = {"grpc-web", "grpc-web", LIST, true};
    static const struct {
        const struct front_case *front;
        struct row row;
    } rows[] = {
        {&grpc_stream, {B(FULL), 200, GRPC, NULL, NULL, NULL}},
        {&grpc_stream, {B(FULL FULL), 200, GRPC, NULL, "grpc-status: x|", NULL}},
        {&web, {B(FULL), 200, WEB, NULL, NULL, NULL}},
        {&grpc_stream, {B("\0\0\0\0\3\n\0012"), 200, GRPC, NULL, NULL, "\"2\""}},
        {&grpc_stream, {B(""), 200, GRPC, NULL, NULL, "no grpc-status at the end"}},
        {&grpc_stream, {B("\0\0\0\0\3\n\1"), 200, GRPC, NULL, NULL, "a message cut short"}},
        {&web, {B(""), 200, WEB, NULL, NULL, "no trailers frame"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation o;
        const char *wrong = rows[i].row.wrong;
        observe(&o, rows[i].front, &rows[i].row, expect);
        if (wrong ? !tells(&o, wrong) : o.result.reason_count > 0)
            fail_msg("row %zu: %s", i, o.result.reason_count > 0 ? o.result.reasons[0].observed : "no reason");
        observation_fini(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grpc_status),  cmocka_unit_test(test_grpc_frames), cmocka_unit_test(test_incomplete),
        cmocka_unit_test(test_grpc_headers), cmocka_unit_test(test_web),         cmocka_unit_test(test_first_messages),
        cmocka_unit_test(test_web_text),     cmocka_unit_test(test_connect),     cmocka_unit_test(test_connect_stream),
        cmocka_unit_test(test_twirp),        cmocka_unit_test(test_asked),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
