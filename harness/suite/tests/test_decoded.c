/* What came compressed, judged: bodies of responses, messages of the backend's requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/engine/coding/coding.h"
#include "harness/engine/grpc/frame.h"
#include "harness/suite/decoded.h"
#include "harness/suite/tests/observation.h"

#define GET  "GET /v1/reservations/1"
#define JSON "application/json"
#define SAYS "{\"message\":{\"id\":\"1\"}}"

/* The codings in order, "gzip br", one over the other. */
static void encode(struct buf *bytes, const char *codings)
{
    struct span list = span_cstr(codings);
    while (list.len > 0) {
        size_t end = span_index_of(list, ' ', 0);
        enum coding coding;
        struct buf out;
        buf_init(&out, 64u << 20);
        assert_true(coding_from_name(span_of(list.data, end), &coding));
        assert_true(coding_encode(&out, coding, buf_span(bytes)));
        buf_fini(bytes);
        *bytes = out;
        list = span_from(list, end < list.len ? end + 1 : end);
    }
}

/* A response with this body, compressed, and labelled so. */
static void respond(struct observation *o, const char *expect, const char *body, const char *codings, const char *label)
{
    observation_init(o, GET, "[]", expect, NULL);
    observation_call(o, NULL, NULL);
    observation_body(o, JSON, body);
    encode(&o->response.body, codings);
    o->response.body_len = o->response.body.len;
    observation_header(o, "content-encoding", label);
}

static void assert_judged(const char *body, const char *codings, const char *label, const char *want)
{
    struct observation o;
    respond(&o, SAYS, body, codings, label);
    assert_string_equal(observation_judge(&o), want);
    observation_fini(&o);
}

static void test_codings(void **state)
{
    (void)state;
    for (int i = 0; i < CODING_COUNT; i++) {
        assert_judged("{\"id\":\"1\"}", coding_names[i], coding_names[i], "pass");
        assert_judged("{\"id\":\"2\"}", coding_names[i], coding_names[i], "response wrong-body");
        assert_judged("{\"id\":", coding_names[i], coding_names[i], "response malformed");
    }
    assert_judged("{\"id\":\"1\"}", "gzip", "X-GZIP", "pass");
    assert_judged("{\"id\":\"1\"}", "gzip br", "gzip, identity , br", "pass");
    assert_judged("{\"id\":\"1\"}", "br gzip", "gzip, br", "response malformed");
    assert_judged("{\"id\":\"1\"}", "gzip", "identity", "response malformed");
    assert_judged("{\"id\":\"1\"}", "gzip gzip gzip gzip", "gzip, gzip, gzip, gzip", "pass");
    assert_judged("{\"id\":\"1\"}", "gzip gzip gzip gzip gzip", "gzip, gzip, gzip, gzip, gzip",
                  "error: the body is coded: content-encoding: gzip, gzip, gzip, gzip, gzip");
    assert_judged("{\"id\":\"1\"}", "gzip", "compress, gzip", "response malformed");
}

/* Several lines are one list. */
static void test_lines(void **state)
{
    struct observation o;
    (void)state;
    respond(&o, SAYS, "{\"id\":\"1\"}", "gzip br", "gzip");
    observation_header(&o, "Content-Encoding", "br");
    assert_string_equal(observation_judge(&o), "pass");
    observation_fini(&o);
}

/* content-length is that of what was sent. */
static void test_length(void **state)
{
    struct observation o;
    char length[24];
    (void)state;
    respond(&o, SAYS, "{\"id\":\"1\"}", "gzip", "gzip");
    snprintf(length, sizeof length, "%zu", o.response.body.len);
    observation_header(&o, "content-length", length);
    assert_string_equal(observation_judge(&o), "pass");
    observation_fini(&o);
    respond(&o, SAYS, "{\"id\":\"1\"}", "gzip", "gzip");
    observation_header(&o, "content-length", "10");
    assert_string_equal(observation_judge(&o), "response malformed");
    observation_fini(&o);
}

static void assert_broken(size_t less, const char *more, enum ending ending, const char *want)
{
    struct observation o;
    respond(&o, "{\"status\":200}", "{\"id\":\"1\"}", "gzip", "gzip");
    o.response.body.len -= less;
    assert_true(buf_append_cstr(&o.response.body, more));
    o.response.body_len = o.response.body.len;
    o.response.ending = ending;
    assert_string_equal(observation_judge(&o), want);
    observation_fini(&o);
}

static void test_broken(void **state)
{
    (void)state;
    assert_broken(0, "", ENDING_COMPLETE, "pass");
    assert_broken(4, "", ENDING_COMPLETE, "response malformed");
    assert_broken(0, "garbage", ENDING_COMPLETE, "response malformed");
    assert_broken(1, "x", ENDING_COMPLETE, "response malformed");
    assert_broken(4, "", ENDING_CUT, "ending cut-short"); /* the response is cut, its coding is not at fault */
}

/* As much of a stream as came is read. */
static void test_cut_stream(void **state)
{
    struct observation o;
    struct coding_writer *writer = coding_writer_new(CODING_GZIP);
    (void)state;
    observation_init(&o, "GET /v1/reservations", "[]",
                     "{\"first_messages\":[{\"id\":\"1\"}],\"ends\":\"aborted\",\"message_count\":1}", NULL);
    observation_call(&o, NULL, NULL);
    observation_body(&o, JSON, "");
    observation_header(&o, "content-encoding", "gzip");
    assert_true(coding_write(writer, &o.response.body, span_cstr("[{\"id\":\"1\"}"), CODING_FLUSH));
    o.response.body_len = o.response.body.len;
    o.response.ending = ENDING_CUT;
    assert_string_equal(observation_judge(&o), "ending cut-short"); /* message_count asks for a whole one */
    assert_int_equal(o.result.reason_count, 1);
    coding_writer_free(writer);
    observation_fini(&o);
}

/* A small body that becomes more than the limit is a failure, not an error, and takes no more memory than that. */
static void test_bomb(void **state)
{
    struct observation o;
    (void)state;
    respond(&o, "{\"status\":200}", "", "", "br");
    o.response.body.max = 64u << 20;
    for (size_t i = 0; i < 20u << 10; i++)
        assert_true(buf_append(&o.response.body, (char[1024]){0}, 1024));
    encode(&o.response.body, "br");
    o.response.body_len = o.response.body.len;
    assert_true(o.response.body_len < 1024);
    assert_string_equal(observation_judge(&o), "ending wrong-ending");
    assert_string_equal(o.result.reasons[0].path, "size");
    assert_non_null(strstr(o.result.reasons[0].observed, "that become more than 16777216"));
    observation_fini(&o);
}

/* A client of gRPC takes no content coding off. */
static void test_grpc(void **state)
{
    struct observation o;
    (void)state;
    observation_init_mode(&o, "pass-through", "Prod/Alive", "{\"message\":{}}", "{\"message\":{\"message\":\"a\"}}");
    observation_call(&o, NULL, NULL);
    observation_body(&o, "application/grpc", "");
    assert_true(buf_append(&o.response.body, "\0\0\0\0\3\n\1a", 8));
    observation_trailer(&o, "grpc-status", "0");
    o.response.body_len = o.response.body.len;
    assert_string_equal(observation_judge(&o), "pass");
    observation_header(&o, "content-encoding", "gzip");
    encode(&o.response.body, "gzip");
    o.response.body_len = o.response.body.len;
    assert_string_equal(observation_judge(&o), "response wrong-body");
    observation_fini(&o);
}

/* ---- messages at the backend */

#define SAW "{\"backend_saw\":{\"message\":{\"id\":\"1\"}}}"

/* A call whose message is compressed in `coding` behind its prefix. */
static void call_coded(struct observation *o, const char *codings, const char *encoding)
{
    uint8_t prefix[FRAME_PREFIX_LEN];
    struct buf message;
    buf_init(&message, 4096);
    observation_init(o, GET, "[]", SAW, NULL);
    struct call_seen *call = observation_call(o, NULL, "{\"id\":\"1\"}");
    buf_append_span(&message, span_from(buf_span(&call->body), FRAME_PREFIX_LEN));
    encode(&message, codings);
    frame_prefix_write(prefix, FRAME_FLAG_COMPRESSED, (uint32_t)message.len);
    buf_reset(&call->body);
    buf_append(&call->body, prefix, sizeof prefix);
    buf_append_span(&call->body, buf_span(&message));
    call->body_len = call->body.len;
    if (encoding)
        assert_true(fields_add(&call->headers, &o->arena, span_cstr("grpc-encoding"), span_cstr(encoding)));
    buf_fini(&message);
}

static void assert_saw(const char *codings, const char *encoding, const char *observed)
{
    struct observation o;
    bool found = !observed;
    call_coded(&o, codings, encoding);
    assert_string_equal(observation_judge(&o), observed ? "request wrong-request" : "pass");
    for (size_t i = 0; i < o.result.reason_count; i++)
        found = found || strstr(o.result.reasons[i].observed, observed);
    assert_true(found);
    observation_fini(&o);
}

static void test_request(void **state)
{
    (void)state;
    for (int i = 0; i < CODING_COUNT; i++)
        assert_saw(coding_names[i], coding_names[i], NULL);
    assert_saw("gzip", NULL, "marked as compressed, and no grpc-encoding");
    assert_saw("gzip", "identity", "marked as compressed, and grpc-encoding: identity");
    assert_saw("gzip", "snappy", "does not know grpc-encoding: snappy");
    assert_saw("", "gzip", "grpc-encoding: gzip, that is not of this coding");
    assert_saw("gzip", "br", "grpc-encoding: br, that is not of this coding");
}

/* All messages of a judgement have one bound. */
static void test_many_messages(void **state)
{
    struct observation o;
    uint8_t prefix[FRAME_PREFIX_LEN];
    struct buf message;
    (void)state;
    buf_init(&message, 64u << 20);
    for (size_t i = 0; i < 15u << 10; i++)
        buf_append(&message, (char[1024]){0}, 1024);
    encode(&message, "br");
    frame_prefix_write(prefix, FRAME_FLAG_COMPRESSED, (uint32_t)message.len);
    observation_init(&o, "POST /v1/streams:collect", "[]", "{\"backend_saw\":{\"messages\":[{}]}}", NULL);
    struct call_seen *call = observation_call(&o, NULL, NULL);
    assert_true(fields_add(&call->headers, &o.arena, span_cstr("grpc-encoding"), span_cstr("br")));
    for (size_t i = 0; i < 100; i++) {
        buf_append(&call->body, prefix, sizeof prefix);
        buf_append_span(&call->body, buf_span(&message));
    }
    call->body_len = call->body.len;
    assert_string_equal(observation_judge(&o), "request wrong-request");
    assert_non_null(strstr(o.result.reasons[0].observed, "more than the limit when it is decoded"));
    buf_fini(&message);
    observation_fini(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codings), cmocka_unit_test(test_lines),      cmocka_unit_test(test_length),
        cmocka_unit_test(test_broken),  cmocka_unit_test(test_cut_stream), cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_grpc),    cmocka_unit_test(test_request),    cmocka_unit_test(test_many_messages),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
