/* The request of a case: what the protocol and the method make of what the case says, and what does not go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include <jansson.h>

#include "harness/engine/coding/coding.h"
#include "harness/engine/grpc/frame.h"
#include "harness/suite/testcase_request.h"
#include "harness/suite/tests/observation.h"

#define GET     "/reservations.v1.ReservationService/GetReservation"
#define COLLECT "/transcheck.v1.StreamService/Collect"

/* One request and what it became; err.text is "" where it became one. */
struct filled {
    struct arena arena;
    json_t *source;
    struct testcase_request request;
    struct err err;
};

static void fill_of(struct filled *filled, enum front front, const char *path, const char *source)
{
    struct request_input in = {.front = front, .arena = &filled->arena};
    struct place at = {.key = "request"};
    *filled = (struct filled){.source = json_loads(source, JSON_DECODE_ANY, NULL)};
    assert_non_null(filled->source);
    arena_init(&filled->arena, 64u << 20);
    in.rpc = path ? schema_method_find(observation_schema(), span_cstr(path)) : NULL;
    assert_true(!path || in.rpc);
    enum err_code code = testcase_request_fill(&filled->request, &in, &at, filled->source, &filled->err);
    assert_true((code == ERR_OK) == (filled->err.text[0] == '\0'));
}

static void done(struct filled *filled)
{
    json_decref(filled->source);
    arena_fini(&filled->arena);
}

static void assert_refused(enum front front, const char *path, const char *source, const char *text)
{
    struct filled filled;
    fill_of(&filled, front, path, source);
    if (!strstr(filled.err.text, text))
        fail_msg("%s: \"%s\"", source, filled.err.text);
    done(&filled);
}

static const char *field(const struct filled *filled, const char *name)
{
    static char text[128];
    struct span value = fields_value(&filled->request.headers, name);
    snprintf(text, sizeof text, "%.*s", (int)value.len, value.data ? (const char *)value.data : "");
    return value.data ? text : NULL;
}

/* ---- by protocol */

struct row {
    enum front front;
    const char *path;
    const char *type;
    const char *name; /* another field of the protocol, or NULL */
    const char *value;
    const char *body;
    size_t len;
};

/* The same message in each of them. */
static void test_protocols(void **state)
{
    static const char framed[] = "\0\0\0\0\3\n\0011";
    static const char json[] = "{\"id\":\"1\"}";
    static const char framed_json[] = "\0\0\0\0\12{\"id\":\"1\"}";
    static const struct row rows[] = {
        {FRONT_GRPC, GET, "application/grpc", "te", "trailers", framed, 8},
        {FRONT_GRPC_HEADERS, GET, "application/grpc", NULL, NULL, framed, 8},
        {FRONT_GRPC_WEB, GET, "application/grpc-web+proto", "x-grpc-web", "1", framed, 8},
        {FRONT_GRPC_WEB_TEXT, GET, "application/grpc-web-text", "accept", "application/grpc-web-text",
         "AAAAAAMKATE=", 12},
        {FRONT_CONNECT, GET, "application/proto", "connect-protocol-version", "1", framed + 5, 3},
        {FRONT_CONNECT_JSON, GET, "application/json", "connect-protocol-version", "1", json, 10},
        {FRONT_CONNECT_STREAM, GET, "application/connect+proto", "connect-protocol-version", "1", framed, 8},
        {FRONT_CONNECT_STREAM_JSON, GET, "application/connect+json", "connect-protocol-version", "1", framed_json, 15},
        {FRONT_TWIRP, "/twirp" GET, "application/protobuf", NULL, NULL, framed + 5, 3},
        {FRONT_TWIRP_JSON, "/twirp" GET, "application/json", NULL, NULL, json, 10},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct filled filled;
        fill_of(&filled, rows[i].front, GET, "{\"message\":{\"id\":\"1\"}}");
        assert_string_equal(filled.err.text, "");
        const struct testcase_request *request = &filled.request;
        assert_true(span_is(request->method, "POST"));
        assert_true(span_is(request->path, rows[i].path));
        assert_string_equal(field(&filled, "content-type"), rows[i].type);
        if (rows[i].name)
            assert_string_equal(field(&filled, rows[i].name), rows[i].value);
        assert_true(request->has_body);
        if (!span_equal(request->body, span_of(rows[i].body, rows[i].len)))
            fail_msg("%s: a body of %zu bytes", front_names[rows[i].front], request->body.len);
        assert_int_equal(request->chunked, rows[i].front == FRONT_GRPC);
        done(&filled);
    }
}

/* ---- compressed */

/* The bytes of each message as they were, one behind the other; `coded` when they are marked. */
static void decode_frames(struct buf *out, struct span body, enum coding coding)
{
    struct frame_parser parser;
    struct frame_piece piece;
    frame_parser_init(&parser, UINT32_MAX);
    while (frame_parser_next(&parser, &body, &piece, NULL) == FRAME_DONE) {
        assert_true(piece.last && piece.flags == FRAME_FLAG_COMPRESSED);
        assert_int_equal(coding_decode(out, coding, piece.bytes), CODING_WHOLE);
    }
    assert_int_equal(body.len, 0);
}

/* `name` is the field that names the coding; `each`: of messages. */
static void assert_encoded(enum front front, const char *source, enum coding coding, bool each, const char *name,
                           struct span want)
{
    struct filled filled;
    struct buf out;
    buf_init(&out, 4096);
    fill_of(&filled, front, GET, source);
    assert_string_equal(filled.err.text, "");
    assert_string_equal(field(&filled, name), coding_names[coding]);
    if (each)
        decode_frames(&out, filled.request.body, coding);
    else
        assert_int_equal(coding_decode(&out, coding, filled.request.body), CODING_WHOLE);
    assert_true(span_equal(buf_span(&out), want));
    buf_fini(&out);
    done(&filled);
}

static void test_encoding(void **state)
{
    static const char gzip[] = "{\"message\":{\"id\":\"1\"},\"encoding\":\"gzip\"}";
    static const char framed[] = "\0\0\0\0\3\n\0011";
    static const char json[] = "{\"id\":\"1\"}";
    (void)state;
    assert_encoded(FRONT_HTTP_JSON, "{\"method\":\"PUT\",\"path\":\"/\",\"json\":{\"id\":\"1\"},\"encoding\":\"br\"}",
                   CODING_BR, false, "content-encoding", span_cstr(json));
    assert_encoded(FRONT_HTTP_JSON, "{\"method\":\"PUT\",\"path\":\"/\",\"body\":\"a\",\"encoding\":\"zstd\"}",
                   CODING_ZSTD, false, "content-encoding", span_cstr("a"));
    assert_encoded(FRONT_GRPC, gzip, CODING_GZIP, true, "grpc-encoding", span_of(framed + 5, 3));
    assert_encoded(FRONT_GRPC, "{\"messages\":[{\"id\":\"1\"},{\"id\":\"1\"}],\"encoding\":\"deflate\"}",
                   CODING_DEFLATE, true, "grpc-encoding", span_of("\n\0011\n\0011", 6));
    assert_encoded(FRONT_GRPC, "{\"body\":\"a\",\"encoding\":\"gzip\"}", CODING_GZIP, false, "content-encoding",
                   span_cstr("a"));
    assert_encoded(FRONT_GRPC_WEB, gzip, CODING_GZIP, false, "content-encoding", span_of(framed, 8));
    assert_encoded(FRONT_GRPC_WEB_TEXT, gzip, CODING_GZIP, false, "content-encoding", span_cstr("AAAAAAMKATE="));
    assert_encoded(FRONT_CONNECT, gzip, CODING_GZIP, false, "content-encoding", span_of(framed + 5, 3));
    assert_encoded(FRONT_CONNECT_JSON, gzip, CODING_GZIP, false, "content-encoding", span_cstr(json));
    assert_encoded(FRONT_CONNECT_STREAM, gzip, CODING_GZIP, true, "connect-content-encoding", span_of(framed + 5, 3));
    assert_encoded(FRONT_CONNECT_STREAM_JSON, gzip, CODING_GZIP, true, "connect-content-encoding", span_cstr(json));
    assert_encoded(FRONT_TWIRP_JSON, gzip, CODING_GZIP, false, "content-encoding", span_cstr(json));
}

/* A label that the case gives stays, and there must be something to compress. */
static void test_encoding_said(void **state)
{
    struct filled filled;
    (void)state;
    fill_of(&filled, FRONT_GRPC, GET,
            "{\"message\":{},\"encoding\":\"gzip\",\"headers\":[[\"grpc-encoding\",\"snappy\"]]}");
    assert_string_equal(field(&filled, "grpc-encoding"), "snappy");
    assert_int_equal(filled.request.body.data[0], FRAME_FLAG_COMPRESSED);
    done(&filled);
    assert_refused(FRONT_HTTP_JSON, NULL, "{\"method\":\"GET\",\"path\":\"/\",\"encoding\":\"gzip\"}",
                   "request/encoding: there is no body to compress");
}

static void test_path_filled(void **state)
{
    struct filled filled;
    (void)state;
    fill_of(&filled, FRONT_HTTP_JSON, NULL,
            "{\"method\":\"GET\",\"path\":{\"fill\":\"/a\",\"count\":3,\"prefix\":\"/b\",\"suffix\":\"?c\"}}");
    assert_string_equal(filled.err.text, "");
    assert_true(span_is(filled.request.path, "/b/a/a/a?c"));
    done(&filled);
}

/* What the case says stands in place of what the protocol says. */
static void test_said(void **state)
{
    struct filled filled;
    (void)state;
    fill_of(&filled, FRONT_GRPC, GET,
            "{\"method\":\"PUT\",\"path\":\"/x\",\"message\":{\"id\":\"1\"},\"chunked\":false,\"split\":3,"
            "\"headers\":[[\"Content-Type\",\"application/grpc+json\"],[\"te\",{\"hex\":\"78\"}]],"
            "\"client\":[{\"cancel_after_ms\":7},{\"stop_reading_ms\":9}]}");
    assert_string_equal(filled.err.text, "");
    assert_true(span_is(filled.request.method, "PUT"));
    assert_true(span_is(filled.request.path, "/x"));
    assert_string_equal(field(&filled, "content-type"), "application/grpc+json");
    assert_string_equal(field(&filled, "te"), "x");
    assert_int_equal(filled.request.headers.count, 2);
    assert_false(filled.request.chunked);
    assert_int_equal(filled.request.split_len, 3);
    assert_int_equal(filled.request.action_count, 2);
    assert_int_equal(filled.request.actions[0].kind, ACTION_CANCEL_AFTER_MS);
    assert_int_equal(filled.request.actions[0].value, 7);
    assert_int_equal(filled.request.actions[1].kind, ACTION_STOP_READING_MS);
    done(&filled);

    /* Bytes of the case's own get the fields of the protocol, too; a request without a body does not. */
    fill_of(&filled, FRONT_GRPC, NULL, "{\"path\":\"/a.B/C\",\"body\":\"abc\"}");
    assert_string_equal(filled.err.text, "");
    assert_true(span_is(filled.request.body, "abc"));
    assert_string_equal(field(&filled, "te"), "trailers");
    done(&filled);
    fill_of(&filled, FRONT_CONNECT, NULL, "{\"path\":\"/a.B/C\",\"method\":\"GET\"}");
    assert_string_equal(filled.err.text, "");
    assert_false(filled.request.has_body);
    assert_int_equal(filled.request.headers.count, 0);
    done(&filled);
}

/* ---- several messages */

static void assert_body(enum front front, const char *path, const char *source, const char *body, size_t len)
{
    struct filled filled;
    fill_of(&filled, front, path, source);
    assert_string_equal(filled.err.text, "");
    assert_true(filled.request.has_body);
    if (!span_equal(filled.request.body, span_of(body, len)))
        fail_msg("%s: a body of %zu bytes", source, filled.request.body.len);
    done(&filled);
}
#define BODY(front, path, source, body) assert_body(front, path, source, body, sizeof(body) - 1)

static void test_messages(void **state)
{
    (void)state;
    BODY(FRONT_GRPC, COLLECT, "{\"messages\":[{\"text\":\"a\"},{}]}", "\0\0\0\0\3\x12\1a\0\0\0\0\0");
    BODY(FRONT_GRPC, COLLECT, "{\"messages\":[]}", "");
    BODY(FRONT_CONNECT_STREAM_JSON, COLLECT, "{\"messages\":[{\"text\":\"a\"},{}]}",
         "\0\0\0\0\14{\"text\":\"a\"}\0\0\0\0\2{}");
    BODY(FRONT_GRPC_WEB_TEXT, COLLECT, "{\"messages\":[{\"text\":\"a\"},{}]}", "AAAAAAMSAWEAAAAAAA==");
    BODY(FRONT_GRPC_WEB_TEXT, COLLECT, "{\"messages\":[]}", "");
}

static void test_frames(void **state)
{
    (void)state;
    BODY(FRONT_GRPC, GET,
         "{\"frames\":[{\"message\":{\"id\":\"1\"},\"flags\":1,\"length\":9},{\"bytes\":\"ff\"},{\"text\":\"a\"}]}",
         "\1\0\0\0\11\n\0011\xff"
         "a");
    BODY(FRONT_GRPC, GET,
         "{\"frames\":[{\"message\":{\"id\":\"1\"},\"cut\":6},{\"fill\":2,\"byte\":98,\"prefix\":\"61\"}]}",
         "\0\0\0\0\3\nabb");
    BODY(FRONT_GRPC, GET, "{\"frames\":[{\"text\":\"ab\",\"repeat\":3},{\"data\":[\"63\",\"64\"]}]}", "abababcd");
    BODY(FRONT_GRPC_WEB_TEXT, GET, "{\"frames\":[{\"bytes\":\"00\"}]}", "AA==");
}

static void test_turns(void **state)
{
    struct filled filled;
    (void)state;
    fill_of(&filled, FRONT_GRPC, COLLECT, "{\"messages\":[{\"text\":\"a\"},{},{}],\"turn_by_turn\":true}");
    assert_string_equal(filled.err.text, "");
    assert_int_equal(filled.request.turn_count, 2);
    assert_int_equal(filled.request.turns[0], 8);
    assert_int_equal(filled.request.turns[1], 13);
    done(&filled);
    assert_refused(FRONT_GRPC, COLLECT, "{\"messages\":[{}],\"turn_by_turn\":true}", "less than two messages");
    assert_refused(FRONT_CONNECT, COLLECT, "{\"message\":{},\"turn_by_turn\":true}",
                   "needs a protocol with length prefixes");
    assert_refused(FRONT_GRPC_WEB_TEXT, COLLECT, "{\"messages\":[{},{}],\"turn_by_turn\":true}",
                   "needs a protocol with length prefixes");
}

/* ---- what does not go together */

static void test_refused(void **state)
{
    (void)state;
    assert_refused(FRONT_GRPC, NULL, "{\"message\":{}}", "no \"rpc\" of the case");
    assert_refused(FRONT_GRPC, NULL, "{\"path\":\"/a.B/C\",\"message\":{}}", "no \"rpc\" of the case");
    assert_refused(FRONT_GRPC, NULL, "{\"body\":\"a\"}", "no \"rpc\" of the case");
    assert_refused(FRONT_GRPC, GET, "{\"message\":{},\"body\":\"a\"}", "the body stands there twice");
    assert_refused(FRONT_GRPC, GET, "{\"frames\":[],\"json\":{}}", "the body stands there twice");
    assert_refused(FRONT_GRPC, GET, "{\"message\":{\"nobody\":1}}", "request/message");
    assert_refused(FRONT_GRPC, GET, "{\"messages\":[{\"id\":\"1\"},{\"id\":2}]}", "request/messages/1");
    assert_refused(FRONT_CONNECT, GET, "{\"messages\":[{}]}", "the protocol \"connect\" sends one \"message\"");
    assert_refused(FRONT_TWIRP_JSON, GET, "{\"frames\":[{\"text\":\"a\"}]}",
                   "the protocol \"twirp-json\" sends one \"message\"");
    assert_refused(FRONT_CONNECT_STREAM_JSON, GET, "{\"frames\":[{\"text\":\"a\"}]}", "expected messages");
    /* JSON on the wire is checked as the message that it means. */
    assert_refused(FRONT_CONNECT_JSON, GET, "{\"message\":{\"nobody\":1}}", "request/message");
    assert_refused(FRONT_GRPC, GET, "{\"frames\":[{\"end\":true}]}", "expected steps that send DATA");
    assert_refused(FRONT_GRPC, GET, "{\"frames\":[{\"wait_ms\":1}]}", "expected steps that send DATA");
    assert_refused(FRONT_GRPC, GET, "{\"frames\":[{\"text\":\"a\",\"end_stream\":true}]}",
                   "expected steps that send DATA");
    assert_refused(FRONT_GRPC, GET, "{\"frames\":[{\"headers\":[[\"a\",\"b\"]]}]}", "expected steps that send DATA");
}

/* Without a mode a request is HTTP as it stands. */
static void test_plain(void **state)
{
    struct filled filled;
    (void)state;
    fill_of(&filled, FRONT_HTTP_JSON, NULL,
            "{\"method\":\"POST\",\"path\":\"/v1\",\"json\":{\"b\":1,\"a\":[1.5,null]}}");
    assert_string_equal(filled.err.text, "");
    assert_true(span_is(filled.request.body, "{\"b\":1,\"a\":[1.5,null]}"));
    assert_string_equal(field(&filled, "content-type"), "application/json");
    assert_false(filled.request.chunked);
    done(&filled);
    fill_of(&filled, FRONT_HTTP_JSON, NULL,
            "{\"method\":\"POST\",\"path\":\"/v1\",\"json\":null,\"headers\":[[\"content-type\",\"text/plain\"]]}");
    assert_true(span_is(filled.request.body, "null"));
    assert_string_equal(field(&filled, "content-type"), "text/plain");
    assert_int_equal(filled.request.headers.count, 1);
    done(&filled);
    fill_of(&filled, FRONT_HTTP_JSON, NULL,
            "{\"method\":\"GET\",\"path\":\"/v1\",\"chunked\":true,\"body\":{\"fill\":\"ab\",\"count\":2}}");
    assert_true(span_is(filled.request.body, "abab"));
    assert_null(field(&filled, "content-type"));
    assert_true(filled.request.chunked);
    done(&filled);
    assert_refused(FRONT_HTTP_JSON, NULL, "{\"method\":\"GET\"}", "expected \"method\" and \"path\"");
    assert_refused(FRONT_HTTP_JSON, NULL, "{\"path\":\"/v1\"}", "expected \"method\" and \"path\"");
    assert_refused(FRONT_HTTP_JSON, GET, "{\"method\":\"GET\",\"path\":\"/v1\",\"message\":{}}",
                   "file with a \"mode\"");
    assert_refused(FRONT_HTTP_JSON, GET, "{\"method\":\"GET\",\"path\":\"/v1\",\"protocol\":\"grpc\"}",
                   "file with a \"mode\"");
    assert_refused(FRONT_HTTP_JSON, GET, "{\"method\":\"GET\",\"path\":\"/v1\",\"turn_by_turn\":true}",
                   "file with a \"mode\"");
}

#define RAW "{\"method\":\"GET\",\"path\":\"/v1\","

static void test_raw(void **state)
{
    struct filled filled;
    (void)state;
    fill_of(&filled, FRONT_HTTP_JSON, NULL,
            RAW "\"raw\":[\"a$MARKER\",{\"hex\":\"00ff\"},{\"fill\":\"b\",\"count\":2}]}");
    assert_true(span_equal(filled.request.raw.bytes, span_of("a$MARKER\0\xff"
                                                             "bb",
                                                             12)));
    assert_false(filled.request.has_body);
    done(&filled);
    fill_of(&filled, FRONT_HTTP_JSON, NULL,
            RAW
            "\"raw_frames\":[{\"headers\":[[\"A\",\"b\"]],\"end_headers\":false},{\"continuation\":[[\"c\",\"d\"]]},"
            "{\"data\":\"x\",\"end_stream\":true},{\"trailers\":[]},{\"frame\":\"PING\",\"flags\":1,\"stream\":0},"
            "{\"frame\":200,\"payload\":{\"hex\":\"01\"}}]}");
    static const struct {
        uint8_t type;
        uint8_t flags;
        uint32_t stream;
        bool marked;
        size_t fields;
        size_t payload;
    } rows[] = {{1, 0, 1, true, 1, 0},  {9, 4, 1, false, 1, 0}, {0, 1, 1, false, 0, 1},
                {1, 5, 1, false, 0, 0}, {6, 1, 0, false, 0, 0}, {200, 0, 1, false, 0, 1}};
    assert_int_equal(filled.request.raw.frame_count, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct raw_frame *frame = &filled.request.raw.frames[i];
        assert_int_equal(frame->type, rows[i].type);
        assert_int_equal(frame->flags, rows[i].flags);
        assert_int_equal(frame->stream, rows[i].stream);
        assert_int_equal(frame->marked, rows[i].marked);
        assert_int_equal(frame->fields.count, rows[i].fields);
        assert_int_equal(frame->payload.len, rows[i].payload);
    }
    done(&filled);
    assert_refused(FRONT_HTTP_JSON, NULL, RAW "\"raw\":[\"a\"]}", "request/raw: the bytes hold no $MARKER");
    assert_refused(FRONT_HTTP_JSON, NULL, RAW "\"raw\":[\"$MARKER\",{\"fill\":\"b\",\"count\":16384}]}",
                   "more than 16384 bytes");
    assert_refused(FRONT_HTTP_JSON, NULL, RAW "\"raw\":[\"$MARKER\"],\"body\":\"\"}",
                   "a raw request is all that is sent");
    assert_refused(FRONT_HTTP_JSON, NULL, RAW "\"raw_frames\":[{\"data\":\"\"}],\"headers\":[]}",
                   "a raw request is all that is sent");
    assert_refused(FRONT_HTTP_JSON, NULL, RAW "\"raw_frames\":[{\"data\":\"\"}]}", "no frame has \"headers\"");
    assert_refused(FRONT_HTTP_JSON, NULL,
                   RAW "\"raw_frames\":[{\"headers\":[]},{\"data\":{\"fill\":\"b\",\"count\":16384}}]}",
                   "more than 16384 bytes");
    assert_refused(FRONT_GRPC, GET, "{\"message\":{},\"raw\":[\"$MARKER\"]}", "the body stands there twice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protocols),   cmocka_unit_test(test_encoding), cmocka_unit_test(test_encoding_said),
        cmocka_unit_test(test_path_filled), cmocka_unit_test(test_said),     cmocka_unit_test(test_messages),
        cmocka_unit_test(test_frames),      cmocka_unit_test(test_turns),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_plain),       cmocka_unit_test(test_raw),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
