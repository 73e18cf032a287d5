/* Each script is JSON text, compiled and printed as a list of actions, one word each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <inttypes.h>
#include <jansson.h>

#include "harness/base/embed.h"
#include "harness/base/hex.h"
#include "harness/keys/keys.h"
#include "mock-backend/script.h"

static struct schema *schema;
static const struct schema_method *get_reservation, *watch;
static struct arena arena;
static struct script script;
static struct buf text;

static int setup(void **state)
{
    (void)state;
    struct span set;
    struct err err;
    if (!embed_find("descriptors.pb", &set) || schema_new(&schema, set, &err) != ERR_OK)
        return -1;
    get_reservation = schema_method_find(schema, span_cstr("/reservations.v1.ReservationService/GetReservation"));
    watch = schema_method_find(schema, span_cstr("/transcheck.v1.StreamService/Watch"));
    arena_init(&arena, 512u << 20);
    buf_init(&text, 64u << 20);
    return get_reservation && watch ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    schema_free(schema);
    arena_fini(&arena);
    buf_fini(&text);
    return 0;
}

static void print_fields(const struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        buf_printf(&text, "%s%.*s=%.*s", i ? "," : "", SPAN_FMT(fields->items[i].name),
                   SPAN_FMT(fields->items[i].value));
}

static void print_bytes(struct span bytes)
{
    if (bytes.len > 64)
        buf_printf(&text, "<%zu>", bytes.len);
    else
        hex_encode(&text, bytes);
}

static void print_step(const struct script_step *step)
{
    static const char *const points[] = {"request_headers",  "request_complete", "client_has_messages",
                                         "client_cancelled", "all_here",         "others_ended"};
    switch (step->kind) {
    case SCRIPT_HEADERS:
        buf_append_cstr(&text, "H{");
        print_fields(&step->fields);
        buf_append_cstr(&text, "}");
        break;
    case SCRIPT_TRAILERS:
        buf_append_cstr(&text, "T{");
        print_fields(&step->fields);
        buf_append_cstr(&text, "}");
        break;
    case SCRIPT_DATA:
        buf_append_cstr(&text, "D:");
        print_bytes(step->bytes);
        if (step->repeat != 1)
            buf_printf(&text, "*%zu", step->repeat);
        break;
    case SCRIPT_RST:
        buf_printf(&text, "R%u", step->code);
        break;
    case SCRIPT_GOAWAY:
        buf_printf(&text, "G%u%s", step->code, step->covers ? "+" : "-");
        break;
    case SCRIPT_CLOSE:
        buf_append_cstr(&text, step->rst ? "X:rst" : "X:fin");
        break;
    case SCRIPT_WAIT:
        buf_printf(&text, "W%" PRIu64, step->wait_ms);
        break;
    case SCRIPT_AWAIT:
        buf_printf(&text, "A:%s:%zu", points[step->point], step->count);
        if (step->wait_ms > 0)
            buf_printf(&text, "<%" PRIu64, step->wait_ms);
        break;
    case SCRIPT_ECHO:
        buf_append_cstr(&text, "E");
        break;
    case SCRIPT_FRAME:
        buf_append_cstr(&text, step->own_stream ? "F+" : "F:");
        print_bytes(step->bytes);
        break;
    }
    if (step->end_stream)
        buf_append_cstr(&text, "/END");
}

static enum err_code compile(const char *json, const struct schema_method *method, struct err *err)
{
    json_error_t where;
    json_t *steps = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);
    if (!steps)
        fail_msg("test data: %s in %s", where.text, json);
    arena_reset(&arena);
    *err = (struct err){0};
    struct place at = {.key = "backend"};
    enum err_code rc = script_compile(&script, steps, &at, method, &arena, err);
    json_decref(steps); /* a script keeps nothing of the JSON */
    return rc;
}

static void expect(const char *json, const char *want)
{
    struct err err;
    if (compile(json, get_reservation, &err) != ERR_OK)
        fail_msg("%s: %s", json, err.text);
    buf_reset(&text);
    for (size_t i = 0; i < script.count; i++) {
        if (i)
            buf_append_byte(&text, ' ');
        print_step(&script.steps[i]);
    }
    buf_append(&text, "", 0);
    assert_string_equal((const char *)text.data, want);
}

static void test_headers(void **state)
{
    (void)state;
    expect("[]", "");
    expect("[{\"headers\":[]}]", "H{:status=200}");
    expect("[{\"headers\":[[\"content-type\",\"application/grpc\"],[\"x\",\"\"]]}]",
           "H{:status=200,content-type=application/grpc,x=}");
    expect("[{\"headers\":[[\"x\",\"1\"],[\":status\",\"404\"]]}]", "H{x=1,:status=404}");
    expect("[{\"headers\":[[\"x\",{\"hex\":\"41 c3a9\"}]]}]", "H{:status=200,x=A\xc3\xa9}");
    expect("[{\"headers\":[[\"x\",{\"hex\":\"00ff\"}],[\"y\",\"\\u0000\"]]}]", "H{:status=200,x=,y=}");
    assert_memory_equal(script.steps[0].fields.items[1].value.data, "\x00\xff", 2);
    assert_int_equal(script.steps[0].fields.items[2].value.len, 1);
    expect("[{\"headers\":[],\"end_stream\":true}]", "H{:status=200}/END");
    expect("[{\"headers\":[],\"end_stream\":false}]", "H{:status=200}");
}

static void test_trailers(void **state)
{
    (void)state;
    expect("[{\"trailers\":[[\"grpc-status\",\"0\"]]}]",
           "T{:status=200,content-type=application/grpc,grpc-status=0}/END");
    expect("[{\"trailers\":[[\":status\",\"503\"],[\"Content-Type\",\"text/plain\"]]}]",
           "T{:status=503,Content-Type=text/plain}/END");
    expect("[{\"headers\":[]},{\"trailers\":[[\"grpc-status\",\"0\"]]}]", "H{:status=200} T{grpc-status=0}/END");
    /* What is not a final header section leaves trailers the first. */
    expect("[{\"wait_ms\":1},{\"headers\":[[\":status\",\"103\"]]},{\"trailers\":[]}]",
           "W1 H{:status=103} T{:status=200,content-type=application/grpc}/END");
    /* A raw HEADERS frame is one. */
    expect("[{\"frame\":\"000000 01 04 00000000\",\"own_stream\":true},{\"trailers\":[]}]",
           "F+000000010400000000 T{}/END");
    expect("[{\"frame\":\"000000 06 04 00000000\"},{\"trailers\":[]}]",
           "F:000000060400000000 T{:status=200,content-type=application/grpc}/END");
}

static void test_data(void **state)
{
    (void)state;
    expect("[{\"bytes\":\"00 01ff\"}]", "D:0001ff");
    expect("[{\"bytes\":\"\"}]", "D:");
    expect("[{\"text\":\"h\\u00e9\"}]", "D:68c3a9");
    expect("[{\"text\":\"\"}]", "D:");
    expect("[{\"text\":\"a\\u0000b\"}]", "D:610062");
    expect("[{\"bytes\":\"01020304\",\"split\":1}]", "D:01 D:02 D:03 D:04");
    expect("[{\"bytes\":\"01020304\",\"split\":3,\"end_stream\":true}]", "D:010203 D:04/END");
    expect("[{\"bytes\":\"01020304\",\"split\":[1,2]}]", "D:01 D:0203 D:04"); /* the last takes the rest */
    expect("[{\"bytes\":\"01020304\",\"split\":[3,9,9]}]", "D:010203 D:04");
    expect("[{\"bytes\":\"\",\"split\":2,\"end_stream\":true}]", "D:/END");
    expect("[{\"bytes\":\"01\",\"repeat\":3}]", "D:01*3");
    expect("[{\"text\":\"a\",\"repeat\":2,\"end_stream\":true}]", "D:61*2/END");
    expect("[{\"bytes\":\"0102\",\"split\":1,\"repeat\":2,\"end_stream\":true}]", "D:01 D:02 D:01 D:02/END");
    expect("[{\"data\":[\"01\",\"\",\"0203\"]}]", "D:01 D: D:0203");
    expect("[{\"data\":[\"01\",\"02\"],\"end_stream\":true}]", "D:01 D:02/END");
    expect("[{\"fill\":3,\"byte\":255}]", "D:ffffff");
    expect("[{\"fill\":2}]", "D:0000");
    expect("[{\"fill\":0,\"end_stream\":true}]", "D:/END");
    expect("[{\"fill\":2,\"byte\":1,\"prefix\":\"00 00000002\"}]", "D:00000000020101");
    expect("[{\"fill\":33554432}]", "D:<33554432>");
    expect("[{\"end\":true}]", "D:/END");
}

static void test_message(void **state)
{
    (void)state;
    expect("[{\"message\":{}}]", "D:0000000000");
    expect("[{\"message\":{\"id\":\"1\"}}]", "D:00000000030a0131");
    expect("[{\"message\":{\"id\":\"1\"},\"split\":1}]", "D:00 D:00 D:00 D:00 D:03 D:0a D:01 D:31");
    expect("[{\"message\":{\"id\":\"1\"},\"split\":[5]}]", "D:0000000003 D:0a0131");
    expect("[{\"message\":{\"id\":\"1\"},\"split\":[2,4],\"end_stream\":true}]", "D:0000 D:0000030a D:0131/END");
    expect("[{\"message\":{\"id\":\"1\"},\"flags\":255}]", "D:ff000000030a0131");
    expect("[{\"message\":{\"id\":\"1\"},\"encoding\":\"deflate\"}]", "D:010000000b789ce3623404000054003d");
    expect("[{\"message\":{\"id\":\"1\"},\"encoding\":\"deflate\",\"flags\":0,\"length\":3,\"cut\":7}]",
           "D:0000000003789c");
    expect("[{\"message\":{\"id\":\"1\"},\"encoding\":\"deflate\",\"bare\":true}]", "D:789ce3623404000054003d");
    expect("[{\"message\":{},\"encoding\":\"deflate\"}]", "D:0100000008789c030000000001");
    expect("[{\"fill\":1,\"byte\":49,\"prefix\":\"0a01\",\"encoding\":\"deflate\"}]",
           "D:010000000b789ce3623404000054003d");
    expect("[{\"message\":{\"id\":\"1\"},\"length\":4294967295}]", "D:00ffffffff0a0131");
    expect("[{\"message\":{\"id\":\"1\"},\"length\":0}]", "D:00000000000a0131");
    expect("[{\"message\":{\"id\":\"1\"},\"cut\":6}]", "D:00000000030a");
    expect("[{\"message\":{\"id\":\"1\"},\"cut\":0}]", "D:");
    expect("[{\"message\":{\"id\":\"1\"},\"cut\":100}]", "D:00000000030a0131");
    expect("[{\"message\":{\"id\":\"1\"},\"repeat\":1000}]", "D:00000000030a0131*1000");
    expect("[{\"message\":{\"id\":\"1\"},\"cut\":2,\"split\":1,\"repeat\":2}]", "D:00 D:00 D:00 D:00");
    expect("[{\"message\":{\"room\":\"a\"},\"numbered\":\"id\",\"repeat\":2,\"end_stream\":true}]",
           "D:00000000060a0131220161 D:00000000060a0132220161/END");
    expect("[{\"message\":{},\"numbered\":\"id\"}]", "D:00000000030a0131");
    expect("[{\"message\":{\"firstName\":\"A\"},\"type\":\"reservations.v1.Person\"}]", "D:0000000003120141");
    expect("[{\"message\":{\"id\":\"999\"},\"numbered\":\"id\",\"repeat\":10,\"cut\":8,\"split\":[7]}]",
           "D:00000000030a01 D:31 D:00000000030a01 D:32 D:00000000030a01 D:33 D:00000000030a01 D:34 "
           "D:00000000030a01 D:35 D:00000000030a01 D:36 D:00000000030a01 D:37 D:00000000030a01 D:38 "
           "D:00000000030a01 D:39 D:00000000040a02 D:31");
}

static void test_numbered_number(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(compile("[{\"message\":{\"text\":\"x\"},\"numbered\":\"number\",\"repeat\":1000}]", watch, &err),
                     ERR_OK);
    assert_int_equal(script.count, 1000);
    assert_memory_equal(script.steps[0].bytes.data, "\0\0\0\0\5\x08\x01\x12\x01x", 10);
    assert_memory_equal(script.steps[999].bytes.data, "\0\0\0\0\6\x08\xe8\x07\x12\x01x", 11);
}

static void test_ends(void **state)
{
    (void)state;
    expect("[{\"rst\":\"CANCEL\"}]", "R8");
    assert_false(script.permits_retry);
    expect("[{\"rst\":4294967295}]", "R4294967295");
    expect("[{\"rst\":\"REFUSED_STREAM\"}]", "R7");
    assert_true(script.permits_retry);
    expect("[{\"rst\":\"HTTP_1_1_REQUIRED\"}]", "R13");
    expect("[{\"rst\":\"NO_ERROR\"}]", "R0");
    expect("[{\"goaway\":\"NO_ERROR\"}]", "G0+");
    assert_false(script.permits_retry);
    expect("[{\"goaway\":11,\"covers\":false}]", "G11-");
    assert_true(script.permits_retry);
    expect("[{\"goaway\":\"ENHANCE_YOUR_CALM\",\"covers\":true}]", "G11+");
    expect("[{\"close\":\"fin\"}]", "X:fin");
    expect("[{\"close\":\"rst\"}]", "X:rst");
}

static void test_points(void **state)
{
    (void)state;
    expect("[{\"wait_ms\":0},{\"wait_ms\":10000}]", "W0 W10000");
    assert_false(script.at_headers);
    expect("[{\"await\":\"request_headers\"},{\"headers\":[]}]", "H{:status=200}");
    assert_true(script.at_headers);
    expect("[{\"headers\":[]},{\"await\":\"request_headers\"}]", "H{:status=200} A:request_headers:0");
    assert_false(script.at_headers);
    expect("[{\"await\":\"request_complete\"},{\"await\":\"client_cancelled\"},"
           "{\"await\":\"client_has_messages\",\"count\":2},{\"await\":\"client_has_messages\",\"count\":0}]",
           "A:request_complete:0 A:client_cancelled:0 A:client_has_messages:2 A:client_has_messages:0");
    assert_false(script.shares);
    expect(
        "[{\"await\":\"all_here\"},{\"await\":\"others_ended\",\"count\":2},{\"await\":\"all_here\",\"at_most_ms\":7}]",
        "A:all_here:1 A:others_ended:2 A:all_here:2<7");
    assert_true(script.shares);
    expect("[{\"echo\":true}]", "E");
    expect("[{\"frame\":\"\"}]", "F:");
}

static void test_listener(void **state)
{
    static const char *const states[] = {"open", "no-settings", "closed", "silent", "fin", "rst", "http/1.1"};
    (void)state;
    expect("[{\"end\":true}]", "D:/END");
    assert_int_equal(script.listener.state, LISTENER_KEPT);
    for (int i = 0; i < LISTENER_STATES - 1; i++) {
        char json[64];
        snprintf(json, sizeof json, "[{\"listener\":\"%s\"}]", states[i]);
        expect(json, "");
        assert_int_equal(script.listener.state, LISTENER_OPEN + i);
        assert_string_equal(script_listener_name(script.listener.state), states[i]);
        assert_int_equal(script_listener_takes_no_calls(&script.listener), script.listener.state >= LISTENER_CLOSED);
        assert_true(strlen(script_listener_meaning(script.listener.state)) > 0);
    }
    expect("[{\"listener\":\"open\",\"settings\":{\"max_concurrent_streams\":1,\"initial_window_size\":100}},"
           "{\"await\":\"request_headers\"},{\"headers\":[]}]",
           "H{:status=200}");
    assert_true(script.at_headers);
    assert_int_equal(script.listener.settings.max_concurrent_streams, 1);
    assert_int_equal(script.listener.settings.initial_window_size, 100);
    expect("[{\"listener\":\"open\"},{\"protocol\":\"http/1.1\"},{\"end\":true}]", "D:/END");
    assert_int_equal(script.protocol, SCRIPT_HTTP1);
    assert_int_equal(script.listener.settings.initial_window_size, 0);
}

static const struct {
    const char *json;
    const char *want; /* the beginning of the error's text */
} bad[] = {
    {"[{\"listener\":\"shut\"}]", "backend/0/listener: expected one of \"open\", "},
    {"[{\"listener\":true}]", "backend/0/listener: expected one of"},
    {"[{\"end\":true},{\"listener\":\"open\"}]", "backend/1: \"listener\" is the first step, or none"},
    {"[{\"listener\":\"open\"},{\"listener\":\"open\"}]", "backend/1: \"listener\" is the first step, or none"},
    {"[{\"listener\":\"closed\"},{\"end\":true}]", "backend/1: comes after a \"listener\" that takes no calls"},
    {"[{\"listener\":\"http/1.1\"},{\"protocol\":\"http/1.1\"}]", "backend/1: comes after a \"listener\" that"},
    {"[{\"listener\":\"closed\",\"settings\":{}}]", "backend/0: \"settings\" goes with the listener \"open\""},
    {"[{\"listener\":\"open\",\"settings\":{\"initial_window_size\":0}}]",
     "backend/0/settings/initial_window_size: expected an integer from 1"},
    {"[{\"listener\":\"open\",\"settings\":{\"initial_window_size\":2147483648}}]",
     "backend/0/settings/initial_window_size: expected an integer from 1"},
    {"[{\"listener\":\"open\",\"settings\":{\"window\":1}}]", "backend/0/settings: unknown key \"window\""},
    {"[{\"listener\":\"open\",\"settings\":{\"max_concurrent_streams\":1}},{\"protocol\":\"http/1.1\"}]",
     "backend/1: comes after a \"listener\" with SETTINGS"},
    {"[{\"listener\":\"no-settings\"},{\"protocol\":\"http/1.1\"}]",
     "backend/1: comes after a \"listener\" with SETTINGS"},
    {"{}", "backend: expected a list"},
    {"[1]", "backend/0: expected an object"},
    {"[{}]", "backend/0: no step: expected one of headers"},
    {"[{\"nonsense\":1}]", "backend/0: no step"},
    {"[{\"echo\":true},{\"rst\":1,\"end\":true}]", "backend/1: two steps in one object: \"end\" and \"rst\""},
    {"[{\"end\":true,\"split\":1}]", "backend/0: unknown key \"split\" (known: end)"},
    {"[{\"trailers\":[],\"end_stream\":true}]", "backend/0: unknown key \"end_stream\" (known: trailers)"},
    {"[{\"headers\":1}]", "backend/0/headers: expected a list"},
    {"[{\"headers\":[[\"a\",\"b\"],[\"a\"]]}]", "backend/0/headers/1: expected [name, value]"},
    {"[{\"headers\":[[1,\"b\"]]}]", "backend/0/headers/0/0: expected the name of a header field"},
    {"[{\"headers\":[[\"a\",1]]}]", "backend/0/headers/0/1: expected a string or {\"hex\""},
    {"[{\"headers\":[[\"a\",{\"hex\":\"1\"}]]}]", "backend/0/headers/0/1/hex: "},
    {"[{\"headers\":[[\"a\",{\"hex\":1}]]}]", "backend/0/headers/0/1/hex: expected a string of hex"},
    {"[{\"headers\":[],\"end_stream\":1}]", "backend/0/end_stream: expected true or false"},
    {"[{\"trailers\":{}}]", "backend/0/trailers: expected a list"},
    {"[{\"bytes\":1}]", "backend/0/bytes: expected a string of hex digits"},
    {"[{\"bytes\":\"0g\"}]", "backend/0/bytes: "},
    {"[{\"text\":1}]", "backend/0/text: expected a string"},
    {"[{\"text\":\"a\",\"split\":0}]", "backend/0/split: expected an integer from 1"},
    {"[{\"text\":\"a\",\"split\":[]}]", "backend/0/split: expected an integer from 1 to 33554432, or a list of these"},
    {"[{\"text\":\"a\",\"split\":\"1\"}]", "backend/0/split: expected an integer"},
    {"[{\"text\":\"a\",\"split\":[-1]}]", "backend/0/split/0: expected an integer"},
    {"[{\"text\":\"a\",\"repeat\":0}]", "backend/0/repeat: expected an integer from 1"},
    {"[{\"text\":\"a\",\"repeat\":1.5}]", "backend/0/repeat: expected an integer"},
    {"[{\"text\":\"a\",\"end_stream\":\"yes\"}]", "backend/0/end_stream: expected"},
    {"[{\"data\":[]}]", "backend/0/data: expected a list"},
    {"[{\"data\":\"00\"}]", "backend/0/data: expected a list"},
    {"[{\"data\":[\"00\",\"0\"]}]", "backend/0/data/1: "},
    {"[{\"fill\":-1}]", "backend/0/fill: expected an integer"},
    {"[{\"fill\":33554433}]", "backend/0/fill: expected an integer from 0 to 33554432"},
    {"[{\"fill\":1,\"byte\":256}]", "backend/0/byte: expected an integer from 0 to 255"},
    {"[{\"fill\":1,\"prefix\":\"x\"}]", "backend/0/prefix: "},
    {"[{\"fill\":33554432,\"prefix\":\"00\"}]", "backend/0: the script sends more than 33554432 bytes"},
    {"[{\"end\":false}]", "backend/0/end: expected true"},
    {"[{\"echo\":1}]", "backend/0/echo: expected true"},
    {"[{\"message\":{\"no\":1}}]", "backend/0/message: "},
    {"[{\"message\":{\"id\":1}}]", "backend/0/message: "},
    {"[{\"message\":[]}]", "backend/0/message: "},
    {"[{\"message\":{},\"type\":\"no.Such\"}]", "backend/0/type: expected the full name"},
    {"[{\"message\":{},\"type\":1}]", "backend/0/type: "},
    {"[{\"message\":{},\"encoding\":\"identity\"}]", "backend/0/encoding: expected one of"},
    {"[{\"message\":{},\"flags\":256}]", "backend/0/flags: expected an integer from 0 to 255"},
    {"[{\"message\":{},\"length\":4294967296}]", "backend/0/length: expected"},
    {"[{\"message\":{},\"cut\":-1}]", "backend/0/cut: expected"},
    {"[{\"message\":{},\"repeat\":1000001}]", "backend/0/repeat: expected"},
    {"[{\"message\":{},\"numbered\":\"attendees\"}]", "backend/0/numbered: expected"},
    {"[{\"message\":{},\"numbered\":\"none\"}]", "backend/0/numbered: expected"},
    {"[{\"message\":{},\"numbered\":1}]", "backend/0/numbered: expected"},
    {"[{\"rst\":\"cancel\"}]", "backend/0/rst: expected one of \"NO_ERROR\", "},
    {"[{\"rst\":4294967296}]", "backend/0/rst: expected"},
    {"[{\"rst\":-1}]", "backend/0/rst: expected"},
    {"[{\"goaway\":null}]", "backend/0/goaway: expected"},
    {"[{\"goaway\":0,\"covers\":1}]", "backend/0/covers: expected true or false"},
    {"[{\"close\":\"now\"}]", "backend/0/close: expected one of \"fin\", \"rst\""},
    {"[{\"close\":true}]", "backend/0/close: expected"},
    {"[{\"wait_ms\":10001}]", "backend/0/wait_ms: expected an integer from 0 to 10000"},
    {"[{\"await\":\"nothing\"}]", "backend/0/await: expected one of \"request_headers\""},
    {"[{\"await\":1}]", "backend/0/await: expected"},
    {"[{\"await\":\"client_has_messages\"}]", "backend/0: \"count\" goes with"},
    {"[{\"await\":\"client_has_messages\",\"count\":-1}]", "backend/0/count: expected"},
    {"[{\"await\":\"request_complete\",\"count\":1}]", "backend/0: \"count\" goes with"},
    {"[{\"await\":\"all_here\",\"count\":1}]", "backend/0: \"count\" goes with"},
    {"[{\"await\":\"others_ended\"}]", "backend/0: \"count\" goes with"},
    {"[{\"await\":\"all_here\",\"at_most_ms\":0}]", "backend/0/at_most_ms: expected"},
    {"[{\"frame\":1}]", "backend/0/frame: expected a string of hex"},
    {"[{\"frame\":\"00\",\"own_stream\":true}]", "backend/0/frame: a frame header has nine bytes"},
    {"[{\"frame\":\"00\",\"own_stream\":0}]", "backend/0/own_stream: expected"},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err;
        if (compile(bad[i].json, get_reservation, &err) == ERR_OK)
            fail_msg("%s was taken", bad[i].json);
        if (strncmp(err.text, bad[i].want, strlen(bad[i].want)) != 0)
            fail_msg("%s: %s", bad[i].json, err.text);
    }
}

/* What stands behind the end of the stream or of the connection could never be sent: an error, not a step passed over.
 */
static void test_order(void **state)
{
    static const struct {
        const char *json;
        const char *want; /* the beginning of the error's text; NULL: it is taken */
    } rows[] = {
        {"[{\"trailers\":[]},{\"text\":\"x\"}]", "backend/1: comes after the end of the stream (\"trailers\""},
        {"[{\"end\":true},{\"end\":true}]", "backend/1: comes after the end of the stream (\"end\""},
        {"[{\"headers\":[],\"end_stream\":true},{\"trailers\":[]}]", "backend/1: comes after the end of the stream"},
        {"[{\"text\":\"a\",\"repeat\":2,\"end_stream\":true},{\"wait_ms\":1},{\"echo\":true}]",
         "backend/2: comes after the end of the stream (\"text\""},
        {"[{\"data\":[\"00\",\"01\"],\"end_stream\":true},{\"fill\":1}]",
         "backend/1: comes after the end of the stream"},
        {"[{\"rst\":8},{\"message\":{}}]", "backend/1: comes after \"rst\""},
        {"[{\"rst\":8},{\"rst\":8}]", "backend/1: comes after \"rst\""},
        {"[{\"close\":\"fin\"},{\"headers\":[]}]", "backend/1: comes after \"close\""},
        {"[{\"close\":\"fin\"},{\"close\":\"rst\"}]", "backend/1: comes after \"close\""},
        {"[{\"close\":\"rst\"},{\"wait_ms\":1}]", "backend/1: comes after \"close\""},
        {"[{\"text\":\"a\",\"end_stream\":false},{\"end\":true}]", NULL},
        {"[{\"trailers\":[]},{\"rst\":\"NO_ERROR\"}]", NULL}, /* RFC 9113 section 8.1 */
        {"[{\"rst\":8},{\"goaway\":0},{\"frame\":\"00\"},{\"wait_ms\":1},{\"close\":\"fin\"}]", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err;
        enum err_code code = compile(rows[i].json, get_reservation, &err);
        if (!rows[i].want ? code != ERR_OK : strncmp(err.text, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("%s: %s", rows[i].json, err.text);
    }
}

#define HTTP1 "{\"protocol\":\"http/1.1\"}"

static void test_protocol(void **state)
{
    static const struct {
        const char *json;
        const char *want; /* of the error's text */
    } rows[] = {
        {"[" HTTP1 ",{\"rst\":8}]", "backend/1: \"rst\" is of HTTP/2, and this script speaks HTTP/1.1"},
        {"[" HTTP1 ",{\"goaway\":0}]", "backend/1: \"goaway\" is of HTTP/2"},
        {"[" HTTP1 ",{\"frame\":\"00\"}]", "backend/1: \"frame\" is of HTTP/2"},
        {"[{\"raw\":\"x\"}]",
         "backend/0: \"raw\" is of HTTP/1.1: the script must begin with {\"protocol\": \"http/1.1\"}"},
        {"[{\"wait_ms\":1}," HTTP1 "]", "backend/1: \"protocol\" is the first step, or none"},
        {"[{\"protocol\":\"http/3\"}]", "backend/0/protocol: expected"},
        {"[" HTTP1 ",{\"headers\":[[\"Content-Length\",\"1\"]]},{\"trailers\":[]}]",
         "backend/2: only chunks have trailers behind them"},
        {"[" HTTP1 ",{\"raw\":7}]", "backend/1/raw: expected"},
    };
    (void)state;
    expect("[" HTTP1 ",{\"trailers\":[]}]", "T{:status=200}/END");
    assert_int_equal(script.protocol, SCRIPT_HTTP1);
    expect("[" HTTP1
           ",{\"await\":\"request_headers\"},{\"raw\":\"a\\r\\n\"},{\"raw\":{\"hex\":\"00\"}},{\"trailers\":[]}]",
           "F:610d0a F:00 T{}/END");
    assert_true(script.at_headers);
    expect("[{\"protocol\":\"http/2\"},{\"rst\":8}]", "R8");
    assert_int_equal(script.protocol, SCRIPT_HTTP2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err;
        if (compile(rows[i].json, get_reservation, &err) == ERR_OK ||
            strncmp(err.text, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("%s: %s", rows[i].json, err.text);
    }
}

/* The last DATA of the script, and the status and fields before it. */
static void expect_answer(const char *step, const char *fields, const char *body)
{
    struct err err;
    char json[1024];
    snprintf(json, sizeof json, "[" HTTP1 ",%s]", step);
    if (compile(json, get_reservation, &err) != ERR_OK)
        fail_msg("%s: %s", json, err.text);
    assert_int_equal(script.count, 2);
    buf_reset(&text);
    print_fields(&script.steps[0].fields);
    assert_string_equal((const char *)text.data, fields);
    const struct span *seen = &script.steps[1].bytes;
    if (!span_is(*seen, body))
        fail_msg("%s: %.*s", step, SPAN_FMT(*seen));
    assert_true(script.steps[1].end_stream);
}

#define ANSWER(length)                                                                                                 \
    ":status=200,content-type=application/json,content-length=" length ",x-amz-executed-version=$LATEST"

static void test_functions(void **state)
{
    (void)state;
    expect_answer("{\"function\":{\"statusCode\":200,\"body\":\"Hello, world.\",\"headers\":{\"a\":\"b\"}}}",
                  ANSWER("61"), "{\"statusCode\":200,\"body\":\"Hello, world.\",\"headers\":{\"a\":\"b\"}}");
    expect_answer("{\"function\":{\"body\":{\"base64_of\":{\"message\":{\"id\":\"Hello\"}}}}}", ANSWER("27"),
                  "{\"body\":\"AAAAAAcKBUhlbGxv\"}");
    expect_answer("{\"function\":{\"body\":{\"base64_of\":{\"message\":{\"id\":\"Hello\"},\"bare\":true}}}}",
                  ANSWER("23"), "{\"body\":\"CgVIZWxsbw==\"}");
    expect_answer("{\"function\":{\"body\":{\"base64_of\":{\"bytes\":\"00 ff\"}}}}", ANSWER("15"),
                  "{\"body\":\"AP8=\"}");
    expect_answer("{\"function\":{\"body\":{\"base64_of\":{\"text\":\"\"}}}}", ANSWER("11"), "{\"body\":\"\"}");
    expect_answer("{\"function\":{\"body\":{\"fill\":\"ab\",\"count\":2},\"statusCode\":\"7\"}}", ANSWER("32"),
                  "{\"body\":\"abab\",\"statusCode\":\"7\"}");
    expect_answer("{\"function_error\":{\"errorType\":\"E\"}}",
                  ":status=200,content-type=application/json,content-length=17,x-amz-function-error=Unhandled",
                  "{\"errorType\":\"E\"}");
    expect_answer("{\"function_error\":{},\"handled\":true}",
                  ":status=200,content-type=application/json,content-length=2,x-amz-function-error=Handled", "{}");
    expect_answer(
        "{\"invoke_error\":\"TooManyRequestsException\"}",
        ":status=429,content-type=application/json,content-length=52,x-amzn-errortype=TooManyRequestsException",
        "{\"Type\":\"User\",\"message\":\"TooManyRequestsException\"}");
}

static void test_function_errors(void **state)
{
    static const struct {
        const char *step;
        const char *want; /* of the error's text */
    } rows[] = {
        {"{\"function\":7}", "backend/1/function: expected"},
        {"{\"function\":{\"status\":1}}", "backend/1/function"},
        {"{\"function\":{\"body\":7}}", "backend/1/function/body: expected"},
        {"{\"function\":{\"body\":{\"base64_of\":{}}}}", "backend/1/function/body/base64_of: expected one of"},
        {"{\"function\":{\"body\":{\"base64_of\":{\"text\":\"\",\"bytes\":\"\"}}}}",
         "backend/1/function/body/base64_of: expected one of"},
        {"{\"function\":{\"body\":{\"base64_of\":{\"message\":{\"none\":1}}}}}",
         "backend/1/function/body/base64_of/message: does not fit"},
        {"{\"function\":{\"body\":{\"hex\":\"ff\"}}}", "backend/1/function/body: is no UTF-8"},
        {"{\"headers\":[]},{\"function\":{}}", "backend/2: is a whole response, and one has begun before it"},
        {"{\"function\":{}},{\"end\":true}", "backend/2: comes after the end of the stream (\"function\""},
        {"{\"invoke_error\":\"NoSuchException\"}", "backend/1/invoke_error: expected"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err;
        char json[1024];
        snprintf(json, sizeof json, "[" HTTP1 ",%s]", rows[i].step);
        if (compile(json, get_reservation, &err) == ERR_OK ||
            strncmp(err.text, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("%s: %s", json, err.text);
    }
    struct err err;
    assert_int_equal(compile("[{\"function\":{}}]", get_reservation, &err), ERR_SYNTAX);
    assert_non_null(strstr(err.text, "\"function\" is of HTTP/1.1"));
}

static void test_no_method(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(compile("[{\"headers\":[]},{\"text\":\"x\"},{\"end\":true}]", NULL, &err), ERR_OK);
    assert_int_equal(compile("[{\"message\":{}}]", NULL, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "backend/0/message: the case names no gRPC method"));
}

static void test_limits(void **state)
{
    (void)state;
    struct err err;
    struct place at = {.key = "backend"};
    assert_int_equal(compile("[{\"message\":{},\"repeat\":4097,\"numbered\":\"id\"}]", get_reservation, &err),
                     ERR_LIMIT);
    assert_int_equal(compile("[{\"fill\":33554432},{\"text\":\"a\"}]", get_reservation, &err), ERR_LIMIT);
    assert_non_null(strstr(err.text, "backend/1: "));
    assert_int_equal(compile("[{\"fill\":5000},{\"text\":\"ab\",\"repeat\":1000000}]", get_reservation, &err), ERR_OK);
    assert_int_equal(compile("[{\"bytes\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0011\","
                             "\"repeat\":1000000}]",
                             get_reservation, &err),
                     ERR_LIMIT);

    json_t *steps = json_array();
    for (int i = 0; i <= SCRIPT_MAX_STEPS; i++)
        json_array_append_new(steps, json_pack("{s:i}", "wait_ms", 0));
    assert_int_equal(script_compile(&script, steps, &at, NULL, &arena, &err), ERR_LIMIT);
    json_array_remove(steps, 0);
    arena_reset(&arena);
    assert_int_equal(script_compile(&script, steps, &at, NULL, &arena, &err), ERR_OK);
    assert_int_equal(script.count, SCRIPT_MAX_STEPS);
    struct arena small;
    arena_init(&small, 1000);
    assert_int_equal(script_compile(&script, steps, &at, NULL, &small, NULL), ERR_NO_MEMORY);
    arena_fini(&small);
    json_decref(steps);
}

/* A function's answer that stands by itself. */
static void test_of_function(void **state)
{
    struct place at = {.key = "answer.json"};
    struct err err = {0};
    json_t *answer =
        json_pack("{s:i, s:n, s:s, s:b}", "statusCode", 200, "headers", "body", "SGk=", "isBase64Encoded", 1);
    (void)state;
    arena_reset(&arena);
    assert_int_equal(script_of_function(&script, answer, &at, &arena, &err), ERR_OK);
    assert_int_equal(script.protocol, SCRIPT_HTTP1);
    assert_int_equal(script.count, 2);
    assert_true(span_is(script.steps[1].bytes,
                        "{\"statusCode\":200,\"headers\":null,\"body\":\"SGk=\",\"isBase64Encoded\":true}"));
    json_object_set_new(answer, "status", json_integer(200));
    assert_int_equal(script_of_function(&script, answer, &at, &arena, &err), ERR_SYNTAX);
    assert_non_null(strstr(err.text, "answer.json: unknown key \"status\""));
    json_decref(answer);
}

/* What the documentation is made from: each step's first key names it, and each key says what it is. */
static void test_tables(void **state)
{
    const struct key_object *keys;
    size_t count = 0;
    (void)state;
    for (; (keys = script_step_keys(count)) != NULL; count++) {
        assert_true(keys->rules[0].required);
        for (const struct key_rule *rule = keys->rules; rule->name; rule++)
            assert_true(rule->type->check && rule->type->schema && rule->text);
    }
    assert_true(count >= 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_trailers),
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_numbered_number),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_listener),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_no_method),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_protocol),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_function_errors),
        cmocka_unit_test(test_of_function),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
