/* Two sessions wired back to back in memory. What the client end sees is recorded as text, one line per callback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/buf.h"
#include "harness/base/hex.h"
#include "harness/net/h2.h"

struct side {
    struct h2 *h2;
    struct buf wire; /* what it wrote and the other side has not read */
    struct buf log;
    bool broken; /* its `write` fails */
    int32_t last_stream;
    void (*on_request)(struct side *side, int32_t stream);
    void (*on_sent)(struct side *side, int32_t stream);
    size_t sent_calls;
};

static bool side_write(void *user, struct span bytes)
{
    struct side *side = user;
    return !side->broken && buf_append_span(&side->wire, bytes);
}

static void side_headers(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields, bool end)
{
    static const char *const names[] = {"request", "informational", "response", "trailers"};
    struct side *side = user;
    side->last_stream = stream;
    buf_printf(&side->log, "%d %s", stream, names[kind]);
    for (size_t i = 0; i < fields->count && i < 8; i++)
        buf_printf(&side->log, " %.*s=%.*s", SPAN_FMT(fields->items[i].name),
                   (int)(fields->items[i].value.len < 64 ? fields->items[i].value.len : 64),
                   (const char *)fields->items[i].value.data);
    buf_printf(&side->log, "%s\n", end ? " END" : "");
    if (kind == H2_REQUEST && side->on_request)
        side->on_request(side, stream);
}

static void side_data(void *user, int32_t stream, struct span bytes)
{
    (void)user;
    (void)stream;
    assert_true(bytes.len > 0);
}

static void side_data_end(void *user, int32_t stream, size_t len, bool end)
{
    struct side *side = user;
    buf_printf(&side->log, "%d data %zu%s\n", stream, len, end ? " END" : "");
}

static void side_rst(void *user, int32_t stream, uint32_t code)
{
    buf_printf(&((struct side *)user)->log, "%d rst %u\n", stream, code);
}

static void side_goaway(void *user, int32_t last, uint32_t code, struct span debug)
{
    buf_printf(&((struct side *)user)->log, "goaway %d %u %.*s\n", last, code, SPAN_FMT(debug));
}

static void side_close(void *user, int32_t stream, uint32_t code)
{
    buf_printf(&((struct side *)user)->log, "%d close %u\n", stream, code);
}

static void side_sent(void *user, int32_t stream)
{
    struct side *side = user;
    side->sent_calls++;
    if (side->on_sent)
        side->on_sent(side, stream);
}

static const struct h2_callbacks side_callbacks = {.write = side_write,
                                                   .on_headers = side_headers,
                                                   .on_data = side_data,
                                                   .on_data_end = side_data_end,
                                                   .on_rst = side_rst,
                                                   .on_goaway = side_goaway,
                                                   .on_close = side_close,
                                                   .on_sent = side_sent};

static void side_init(struct side *side, const struct h2_options *options)
{
    *side = (struct side){0};
    buf_init(&side->wire, 128u << 20);
    buf_init(&side->log, 16u << 20);
    assert_int_equal(h2_new(&side->h2, options, &side_callbacks, side, NULL), ERR_OK);
    h2_flush(side->h2);
}

static void side_fini(struct side *side)
{
    h2_free(side->h2);
    buf_fini(&side->wire);
    buf_fini(&side->log);
}

struct pair {
    struct side client;
    struct side server;
    size_t step; /* bytes fed at once; 0: all */
};

/* Hands everything `from` has written to `to`. */
static bool deliver(struct side *from, struct side *to, size_t step)
{
    if (from->wire.len == 0)
        return false;
    struct buf bytes = from->wire;
    buf_init(&from->wire, bytes.max);
    for (size_t at = 0; at < bytes.len; at += step) {
        size_t len = step == 0 || bytes.len - at < step ? bytes.len - at : step;
        h2_receive(to->h2, span_of(bytes.data + at, len), NULL);
        if (step == 0)
            break;
    }
    buf_fini(&bytes);
    return true;
}

static void pump(struct pair *pair)
{
    bool more = true;
    while (more) {
        more = deliver(&pair->client, &pair->server, pair->step);
        more = deliver(&pair->server, &pair->client, pair->step) || more;
    }
}

static void pair_init_with(struct pair *pair, size_t step, const struct h2_options *client,
                           const struct h2_options *server)
{
    pair->step = step;
    side_init(&pair->client, client);
    side_init(&pair->server, server);
    pump(pair);
    assert_true(h2_peer_settings_seen(pair->client.h2));
    assert_true(h2_peer_settings_seen(pair->server.h2));
}

static void pair_init(struct pair *pair, size_t step)
{
    pair_init_with(pair, step, &(struct h2_options){.server = false}, &(struct h2_options){.server = true});
}

static void pair_fini(struct pair *pair)
{
    side_fini(&pair->client);
    side_fini(&pair->server);
}

#define FIELD(n, v)                                                                                                    \
    {                                                                                                                  \
        .name = {(const uint8_t *)(n), sizeof(n) - 1}, .value = {(const uint8_t *)(v), sizeof(v) - 1 }                 \
    }
#define FIELDS(name, ...)                                                                                              \
    struct field name##_items[] = {__VA_ARGS__};                                                                       \
    struct fields name = {name##_items, sizeof name##_items / sizeof *name##_items, 0}

static int32_t ask(struct pair *pair, bool end_stream)
{
    FIELDS(fields, FIELD(":method", "POST"), FIELD(":scheme", "http"), FIELD(":authority", "a"), FIELD(":path", "/x"));
    int32_t stream = h2_request(pair->client.h2, &fields, end_stream);
    h2_flush(pair->client.h2);
    pump(pair);
    return stream;
}

static void send_response(struct side *side, int32_t stream)
{
    FIELDS(fields, FIELD(":status", "200"), FIELD("content-type", "application/grpc"));
    assert_true(h2_headers(side->h2, stream, &fields, false));
}

static void send_trailers(struct side *side, int32_t stream)
{
    FIELDS(fields, FIELD("grpc-status", "0"));
    assert_true(h2_headers(side->h2, stream, &fields, true));
}

static void send_data(struct side *side, int32_t stream, size_t len, bool end)
{
    uint8_t *bytes = calloc(1, len + 1);
    assert_true(h2_data(side->h2, stream, span_of(bytes, len), end));
    free(bytes);
}

static void assert_log(struct side *side, const char *want)
{
    buf_append(&side->log, "", 0);
    assert_string_equal((const char *)side->log.data, want);
    buf_reset(&side->log);
}

static const size_t steps[] = {0, 1, 7};
#define FOR_EACH_STEP(pair)                                                                                            \
    for (size_t step_at = 0; step_at < sizeof steps / sizeof *steps; step_at++, pair_fini(pair))                       \
        if (pair_init(pair, steps[step_at]), 1)

static void test_unary(void **state)
{
    (void)state;
    struct pair pair;
    FOR_EACH_STEP(&pair)
    {
        int32_t stream = ask(&pair, false);
        assert_int_equal(stream, 1);
        assert_true(h2_data(pair.client.h2, stream, span_cstr("hello"), true));
        h2_flush(pair.client.h2);
        pump(&pair);
        assert_log(&pair.server, "1 request :method=POST :scheme=http :authority=a :path=/x\n1 data 5 END\n");
        assert_int_equal(h2_open_streams(pair.server.h2), 1);
        send_response(&pair.server, 1);
        send_data(&pair.server, 1, 5, false);
        send_trailers(&pair.server, 1);
        h2_flush(pair.server.h2);
        pump(&pair);
        assert_log(&pair.client, "1 response :status=200 content-type=application/grpc\n1 data 5\n"
                                 "1 trailers grpc-status=0 END\n1 close 0\n");
        assert_log(&pair.server, "1 close 0\n");
        assert_int_equal(h2_open_streams(pair.server.h2), 0);
        assert_int_equal(h2_open_streams(pair.client.h2), 0);
        assert_false(h2_data(pair.server.h2, 1, span_cstr("late"), false));
        assert_false(h2_headers(pair.server.h2, 1, &(struct fields){0}, false));
        assert_false(h2_rst(pair.server.h2, 1, H2_CODE_NO_ERROR));
    }
}

static void test_frame_boundaries(void **state)
{
    (void)state;
    struct pair pair;
    FOR_EACH_STEP(&pair)
    {
        ask(&pair, true);
        buf_reset(&pair.client.log);
        send_response(&pair.server, 1);
        send_data(&pair.server, 1, 0, false);
        send_data(&pair.server, 1, 1, false);
        send_data(&pair.server, 1, 0, false);
        send_data(&pair.server, 1, 0, false);
        send_data(&pair.server, 1, 16384, false);
        send_data(&pair.server, 1, 16385, false);
        send_data(&pair.server, 1, 3, false);
        send_data(&pair.server, 1, 0, true);
        h2_flush(pair.server.h2);
        pump(&pair);
        assert_log(&pair.client, "1 response :status=200 content-type=application/grpc\n1 data 0\n1 data 1\n1 data 0\n"
                                 "1 data 0\n1 data 16384\n1 data 16384\n1 data 1\n1 data 3\n1 data 0 END\n1 close 0\n");
    }
}

static void test_frames_in_separate_flushes(void **state)
{
    (void)state;
    struct pair pair;
    FOR_EACH_STEP(&pair)
    {
        ask(&pair, true);
        send_response(&pair.server, 1);
        for (int i = 0; i < 4; i++) {
            send_data(&pair.server, 1, (size_t)i % 2, false); /* empty frames alone in their flush too */
            h2_flush(pair.server.h2);
            assert_true(h2_stream_idle(pair.server.h2, 1));
            pump(&pair);
        }
        send_data(&pair.server, 1, 0, false);
        send_trailers(&pair.server, 1);
        h2_flush(pair.server.h2);
        pump(&pair);
        assert_log(&pair.client, "1 response :status=200 content-type=application/grpc\n1 data 0\n1 data 1\n1 data 0\n"
                                 "1 data 1\n1 data 0\n1 trailers grpc-status=0 END\n1 close 0\n");
    }
}

static void test_headers_between_data(void **state)
{
    (void)state;
    struct pair pair;
    FOR_EACH_STEP(&pair)
    {
        FIELDS(early, FIELD(":status", "103"), FIELD("link", "x"));
        FIELDS(odd, FIELD("x-middle", "1"));
        ask(&pair, true);
        assert_true(h2_headers(pair.server.h2, 1, &early, false));
        send_response(&pair.server, 1);
        send_data(&pair.server, 1, 2, false);
        assert_true(h2_headers(pair.server.h2, 1, &odd, false));
        send_data(&pair.server, 1, 3, false);
        send_data(&pair.server, 1, 0, false);
        assert_true(h2_headers(pair.server.h2, 1, &odd, false));
        send_data(&pair.server, 1, 4, false);
        send_trailers(&pair.server, 1);
        h2_flush(pair.server.h2);
        pump(&pair);
        assert_log(&pair.client,
                   "1 informational :status=103 link=x\n1 response :status=200 content-type=application/grpc\n"
                   "1 data 2\n1 trailers x-middle=1\n1 data 3\n1 data 0\n1 trailers x-middle=1\n1 data 4\n"
                   "1 trailers grpc-status=0 END\n1 close 0\n");
    }
}

static void test_trailers_only(void **state)
{
    (void)state;
    struct pair pair;
    FOR_EACH_STEP(&pair)
    {
        FIELDS(only, FIELD(":status", "200"), FIELD("grpc-status", "5"));
        ask(&pair, true);
        assert_true(h2_headers(pair.server.h2, 1, &only, true));
        h2_flush(pair.server.h2);
        pump(&pair);
        assert_log(&pair.client, "1 response :status=200 grpc-status=5 END\n1 close 0\n");
    }
}

static void test_reset_and_goaway(void **state)
{
    (void)state;
    struct pair pair;
    FOR_EACH_STEP(&pair)
    {
        ask(&pair, true);
        send_response(&pair.server, 1);
        assert_true(h2_rst(pair.server.h2, 1, H2_CODE_CANCEL));
        h2_flush(pair.server.h2);
        pump(&pair);
        assert_log(&pair.client, "1 response :status=200 content-type=application/grpc\n1 rst 8\n1 close 8\n");
        buf_reset(&pair.server.log);
        ask(&pair, true);
        h2_goaway(pair.server.h2, 1, H2_CODE_NO_ERROR, span_cstr("bye"));
        h2_flush(pair.server.h2);
        pump(&pair);
        /* Stream 3 is above the last stream: it was not processed. */
        assert_log(&pair.client, "goaway 1 0 bye\n3 close 7\n");
        assert_true(h2_draining(pair.client.h2));
        FIELDS(fields, FIELD(":method", "GET"));
        assert_int_equal(h2_request(pair.client.h2, &fields, true), -1);
        assert_int_equal(h2_receive(pair.server.h2, span_of(NULL, 0), NULL), ERR_OK);
    }
}

static void raw_frame(struct side *side, int32_t stream)
{
    uint8_t frame[9 + 3] = {0, 0, 3, 0xfa, 0, 0, 0, 0, 0, 'r', 'a', 'w'};
    frame[8] = (uint8_t)stream;
    h2_raw(side->h2, span_of(frame, sizeof frame));
}

/* Types and stream ids of the frames in `wire`. */
static void list_frames(struct buf *out, struct span wire)
{
    static const char *const names[] = {"DATA", "HEADERS", "PRIORITY", "RST",    "SETTINGS",
                                        "PUSH", "PING",    "GOAWAY",   "WINDOW", "CONTINUATION"};
    while (wire.len >= 9) {
        size_t len = (size_t)wire.data[0] << 16 | (size_t)wire.data[1] << 8 | wire.data[2];
        uint8_t type = wire.data[3];
        if (type < sizeof names / sizeof *names)
            buf_printf(out, "%s:%zu:%u ", names[type], len, wire.data[8]);
        else
            buf_printf(out, "0x%02x:%zu:%u ", type, len, wire.data[8]);
        assert_true(wire.len >= 9 + len);
        wire = span_from(wire, 9 + len);
    }
    assert_int_equal(wire.len, 0);
}

static void answer_with_raw(struct side *side, int32_t stream)
{
    send_response(side, stream);
    raw_frame(side, stream);
    send_data(side, stream, 5, false);
    raw_frame(side, stream);
    raw_frame(side, stream);
    send_trailers(side, stream);
    h2_flush(side->h2); /* inside a callback: does nothing, the outer call flushes */
}

static void test_raw_in_order(void **state)
{
    (void)state;
    for (int inside = 0; inside < 2; inside++) {
        struct pair pair;
        pair_init(&pair, 0);
        pair.server.on_request = inside ? answer_with_raw : NULL;
        FIELDS(fields, FIELD(":method", "GET"), FIELD(":path", "/"));
        assert_int_equal(h2_request(pair.client.h2, &fields, true), 1);
        h2_flush(pair.client.h2);
        deliver(&pair.client, &pair.server, 0);
        if (!inside)
            answer_with_raw(&pair.server, 1);
        struct buf list;
        buf_init(&list, 4096);
        list_frames(&list, buf_span(&pair.server.wire));
        assert_string_equal((const char *)list.data, "HEADERS:14:1 0xfa:3:1 DATA:5:1 0xfa:3:1 0xfa:3:1 HEADERS:12:1 ");
        buf_fini(&list);
        pump(&pair);
        assert_log(&pair.client, "1 response :status=200 content-type=application/grpc\n1 data 5\n"
                                 "1 trailers grpc-status=0 END\n1 close 0\n");
        pair_fini(&pair);
    }
}

static void answer_raw_then_reset(struct side *side, int32_t stream)
{
    send_response(side, stream);
    raw_frame(side, stream);
    assert_true(h2_rst(side->h2, stream, H2_CODE_INTERNAL_ERROR));
    h2_goaway(side->h2, stream, H2_CODE_ENHANCE_YOUR_CALM, span_cstr("calm"));
}

static void test_reset_after_raw(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0);
    pair.server.on_request = answer_raw_then_reset;
    FIELDS(fields, FIELD(":method", "GET"), FIELD(":path", "/"));
    h2_request(pair.client.h2, &fields, true);
    h2_flush(pair.client.h2);
    deliver(&pair.client, &pair.server, 0);
    struct buf list;
    buf_init(&list, 4096);
    list_frames(&list, buf_span(&pair.server.wire));
    assert_string_equal((const char *)list.data, "HEADERS:14:1 0xfa:3:1 RST:4:1 GOAWAY:12:0 ");
    buf_fini(&list);
    pair_fini(&pair);
}

static void test_data_before_headers(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0);
    FIELDS(fields, FIELD(":method", "GET"), FIELD(":path", "/"));
    h2_request(pair.client.h2, &fields, true);
    h2_flush(pair.client.h2);
    deliver(&pair.client, &pair.server, 0);
    send_data(&pair.server, 1, 5, false);
    send_trailers(&pair.server, 1);
    h2_flush(pair.server.h2);
    struct buf list;
    buf_init(&list, 4096);
    list_frames(&list, buf_span(&pair.server.wire));
    assert_string_equal((const char *)list.data, "DATA:5:1 HEADERS:12:1 ");
    buf_fini(&list);
    pair_fini(&pair);
}

static void reset_when_sent(struct side *side, int32_t stream)
{
    h2_rst(side->h2, stream, H2_CODE_CANCEL);
}

static void test_sent_and_flow_control(void **state)
{
    (void)state;
    struct pair pair;
    pair_init_with(&pair, 0, &(struct h2_options){.initial_window = 65535, .manual_window = true},
                   &(struct h2_options){.server = true});
    ask(&pair, true);
    send_response(&pair.server, 1);
    send_data(&pair.server, 1, 100000, false);
    h2_flush(pair.server.h2);
    pump(&pair);
    assert_false(h2_stream_idle(pair.server.h2, 1));
    assert_int_equal(h2_queued(pair.server.h2, 1), 100000 - 65535);
    assert_int_equal(pair.server.sent_calls, 0);
    assert_log(&pair.client, "1 response :status=200 content-type=application/grpc\n1 data 16384\n1 data 16384\n"
                             "1 data 16384\n1 data 16383\n");
    pair.server.on_sent = reset_when_sent;
    h2_consume(pair.client.h2, 1, 65535);
    h2_flush(pair.client.h2);
    pump(&pair);
    assert_int_equal(pair.server.sent_calls, 1);
    assert_int_equal(h2_queued(pair.server.h2, 1), 0);
    assert_log(&pair.client, "1 data 16384\n1 data 16384\n1 data 1697\n1 rst 8\n1 close 8\n");
    /* What was received and not consumed went back to the connection's window when the stream closed. */
    assert_int_equal(ask(&pair, true), 3);
    send_response(&pair.server, 3);
    send_data(&pair.server, 3, 65535, true);
    h2_flush(pair.server.h2);
    pump(&pair);
    assert_int_equal(h2_queued(pair.server.h2, 3), 0);
    pair_fini(&pair);
}

static void test_upper_case_and_odd_names(void **state)
{
    (void)state;
    struct pair pair;
    FOR_EACH_STEP(&pair)
    {
        FIELDS(odd, FIELD(":status", "abc"), FIELD("X-Upper", "A"), FIELD("bad name", "a\r\nb"), FIELD("", ""));
        ask(&pair, true);
        assert_true(h2_headers(pair.server.h2, 1, &odd, false));
        send_trailers(&pair.server, 1);
        h2_flush(pair.server.h2);
        pump(&pair);
        assert_log(&pair.client, "1 response :status=abc X-Upper=A bad name=a\r\nb =\n1 trailers grpc-status=0 END\n"
                                 "1 close 0\n");
    }
}

static void test_many_streams(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0);
    FIELDS(fields, FIELD(":method", "GET"), FIELD(":path", "/"));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 500; i++)
            assert_int_equal(h2_request(pair.client.h2, &fields, true), 1 + 2 * (round * 500 + i));
        h2_flush(pair.client.h2);
        pump(&pair);
        assert_int_equal(h2_open_streams(pair.server.h2), 500);
        for (int32_t stream = 1000 * round + 1; stream < 1000 * (round + 1); stream += 2) {
            int32_t mark = stream;
            h2_set_stream_user(pair.server.h2, stream, &mark);
            assert_ptr_equal(h2_stream_user(pair.server.h2, stream), &mark);
            send_response(&pair.server, stream);
            send_data(&pair.server, stream, 10, false);
            send_trailers(&pair.server, stream);
        }
        h2_flush(pair.server.h2);
        pump(&pair);
        assert_int_equal(h2_open_streams(pair.server.h2), 0);
        assert_int_equal(h2_open_streams(pair.client.h2), 0);
    }
    pair_fini(&pair);
}

static void test_request_body_before_stream_exists(void **state)
{
    (void)state;
    struct pair pair;
    pair_init_with(&pair, 0, &(struct h2_options){.server = false},
                   &(struct h2_options){.server = true, .max_concurrent_streams = 1});
    assert_int_equal(h2_peer_streams(pair.client.h2), 1);
    FIELDS(fields, FIELD(":method", "POST"), FIELD(":path", "/"));
    assert_int_equal(h2_request(pair.client.h2, &fields, false), 1);
    assert_int_equal(h2_request(pair.client.h2, &fields, false), 3); /* waits: the server allows one */
    send_data(&pair.client, 1, 3, true);
    send_data(&pair.client, 3, 4, true);
    h2_flush(pair.client.h2);
    pump(&pair);
    assert_log(&pair.server, "1 request :method=POST :path=/\n1 data 3 END\n");
    send_trailers(&pair.server, 1);
    h2_flush(pair.server.h2);
    pump(&pair);
    assert_log(&pair.server, "1 close 0\n3 request :method=POST :path=/\n3 data 4 END\n");
    pair_fini(&pair);
}

static void test_peer_breaks_protocol(void **state)
{
    (void)state;
    static const char *const inputs[] = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nHTTP/1.1 400 Bad Request",
    };
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        for (size_t step = 0; step < 2; step++) {
            struct side server;
            side_init(&server, &(struct h2_options){.server = true});
            struct span in = span_cstr(inputs[i]);
            struct err err = {0};
            enum err_code rc = ERR_OK;
            for (size_t at = 0; at < in.len && rc == ERR_OK; at += step ? step : in.len)
                rc = h2_receive(server.h2, span_of(in.data + at, step ? step : in.len), &err);
            assert_int_equal(rc, ERR_SYNTAX);
            assert_non_null(strstr(err.text, "HTTP/2: "));
            struct buf list;
            buf_init(&list, 4096);
            list_frames(&list, buf_span(&server.wire));
            assert_non_null(strstr((const char *)list.data, "GOAWAY"));
            buf_fini(&list);
            assert_int_equal(h2_receive(server.h2, in, &err), ERR_SYNTAX);
            side_fini(&server);
        }
    }
}

static void feed_hex(struct side *side, const char *hex, enum err_code want)
{
    struct buf bytes;
    buf_init(&bytes, 1u << 20);
    assert_int_equal(hex_decode(&bytes, span_cstr(hex), NULL), ERR_OK);
    assert_int_equal(h2_receive(side->h2, buf_span(&bytes), NULL), want);
    buf_fini(&bytes);
}

static void test_frames_the_protocol_forbids(void **state)
{
    (void)state;
    struct side server;
    side_init(&server, &(struct h2_options){.server = true});
    h2_receive(server.h2, span_cstr("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NULL);
    feed_hex(&server, "000000 04 00 00000000", ERR_OK);
    feed_hex(&server, "000001 00 00 00000001 61", ERR_SYNTAX); /* DATA on an idle stream */
    side_fini(&server);

    side_init(&server, &(struct h2_options){.server = true});
    h2_receive(server.h2, span_cstr("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NULL);
    feed_hex(&server, "000000 04 00 00000000", ERR_OK);
    feed_hex(&server, "000001 01 04 00000001 ff", ERR_SYNTAX); /* an integer of HPACK that is cut */
    side_fini(&server);
}

/* A peer that has not read our SETTINGS yet may promise streams (RFC 9113 section 6.6). What becomes of them is no news
 * of any request. */
static void test_promised_stream(void **state)
{
    (void)state;
    struct side client;
    FIELDS(fields, FIELD(":method", "GET"), FIELD(":scheme", "http"), FIELD(":authority", "a"), FIELD(":path", "/x"));
    side_init(&client, &(struct h2_options){0});
    assert_int_equal(h2_request(client.h2, &fields, true), 1);
    h2_flush(client.h2);
    feed_hex(&client, "000000 04 00 00000000", ERR_OK);
    feed_hex(&client, "00000a 05 04 00000001 00000002 828684 410161", ERR_OK);
    feed_hex(&client, "000004 03 00 00000002 00000008", ERR_OK);
    feed_hex(&client, "000001 01 04 00000001 88", ERR_OK);
    feed_hex(&client, "000001 00 01 00000001 61", ERR_OK);
    assert_log(&client, "1 response :status=200\n1 data 1 END\n1 close 0\n");
    side_fini(&client);
}

static void test_header_bomb(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0);
    /* One long field put into the dynamic table, then named again and again for a byte each: small on the wire. */
    char value[3000];
    memset(value, 'v', sizeof value);
    struct field many[200];
    many[0] = (struct field)FIELD(":method", "GET");
    for (size_t i = 1; i < 200; i++)
        many[i] = (struct field){.name = span_cstr("x-bomb"), .value = span_of(value, sizeof value)};
    struct fields bomb = {many, 200, 0};
    int32_t stream = h2_request(pair.client.h2, &bomb, true);
    assert_int_equal(stream, 1);
    h2_flush(pair.client.h2);
    pump(&pair);
    assert_log(&pair.client, "1 rst 11\n1 close 11\n");
    assert_log(&pair.server, "1 close 11\n");
    /* The connection goes on. */
    ask(&pair, true);
    assert_log(&pair.server, "3 request :method=POST :scheme=http :authority=a :path=/x END\n");
    pair_fini(&pair);
}

static void test_floods_are_bounded(void **state)
{
    (void)state;
    static const char *const frames[] = {"000008 06 00 00000000 0001020304050607", "000000 04 00 00000000"};
    for (size_t i = 0; i < 2; i++) {
        struct side server;
        side_init(&server, &(struct h2_options){.server = true});
        h2_receive(server.h2, span_cstr("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NULL);
        feed_hex(&server, "000000 04 00 00000000", ERR_OK);
        struct buf flood;
        buf_init(&flood, 1u << 20);
        for (int k = 0; k < 5000; k++)
            hex_decode(&flood, span_cstr(frames[i]), NULL);
        assert_int_equal(h2_receive(server.h2, buf_span(&flood), NULL), ERR_SYNTAX);
        assert_true(server.wire.len < 64u << 10);
        buf_fini(&flood);
        side_fini(&server);
    }
    /* CONTINUATION without end. */
    struct side server;
    side_init(&server, &(struct h2_options){.server = true});
    h2_receive(server.h2, span_cstr("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NULL);
    feed_hex(&server, "000000 04 00 00000000", ERR_OK);
    feed_hex(&server, "000001 01 00 00000001 82", ERR_OK);
    struct buf flood;
    buf_init(&flood, 64u << 20);
    char one[16 + 2 * 16384 + 1] = "004000090000000001";
    for (size_t i = 18; i + 1 < sizeof one; i++)
        one[i] = i % 2 ? '2' : '8';
    hex_decode(&flood, span_of(one, 18 + 2 * 16384), NULL);
    enum err_code rc = ERR_OK;
    size_t fed = 0;
    for (; fed < 1000 && rc == ERR_OK; fed++)
        rc = h2_receive(server.h2, buf_span(&flood), NULL);
    assert_true(fed < 100);
    buf_fini(&flood);
    side_fini(&server);
}

static void test_garbage(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    for (int round = 0; round < 300; round++) {
        struct side side;
        bool server = round % 2;
        side_init(&side, &(struct h2_options){.server = server});
        if (server)
            h2_receive(side.h2, span_cstr("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NULL);
        feed_hex(&side, "000000 04 00 00000000", ERR_OK);
        uint8_t bytes[512];
        for (int k = 0; k < 4; k++) {
            for (size_t i = 0; i < sizeof bytes; i++) {
                seed = seed * 1664525u + 1013904223u;
                bytes[i] = (uint8_t)(seed >> 24);
            }
            bytes[0] = bytes[1] = 0;
            bytes[3] = (uint8_t)(bytes[3] % 10);
            h2_receive(side.h2, span_of(bytes, sizeof bytes), NULL);
        }
        assert_true(side.wire.len < 1u << 20);
        side_fini(&side);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0);
    ask(&pair, true);
    send_response(&pair.server, 1);
    uint8_t *big = calloc(1, H2_MAX_QUEUED + 1);
    assert_false(h2_data(pair.server.h2, 1, span_of(big, H2_MAX_QUEUED + 1), false));
    assert_true(h2_data(pair.server.h2, 1, span_of(big, H2_MAX_QUEUED), false));
    assert_false(h2_data(pair.server.h2, 1, span_of(big, 1), false));
    free(big);
    h2_rst(pair.server.h2, 1, H2_CODE_NO_ERROR);
    h2_flush(pair.server.h2);
    pump(&pair);
    ask(&pair, true);
    send_response(&pair.server, 3); /* what the closed stream had queued counts no more */
    send_data(&pair.server, 3, 1, true);
    pair_fini(&pair);
}

static void test_write_failure(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0);
    pair.server.broken = true;
    FIELDS(fields, FIELD(":method", "GET"), FIELD(":path", "/"));
    h2_request(pair.client.h2, &fields, true);
    h2_flush(pair.client.h2);
    deliver(&pair.client, &pair.server, 0);
    send_response(&pair.server, 1);
    h2_flush(pair.server.h2);
    pair.server.broken = false;
    send_data(&pair.server, 1, 5, true);
    h2_flush(pair.server.h2);
    assert_int_equal(pair.server.wire.len, 0); /* it stopped for good */
    pair_fini(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unary),
        cmocka_unit_test(test_frame_boundaries),
        cmocka_unit_test(test_frames_in_separate_flushes),
        cmocka_unit_test(test_headers_between_data),
        cmocka_unit_test(test_trailers_only),
        cmocka_unit_test(test_reset_and_goaway),
        cmocka_unit_test(test_raw_in_order),
        cmocka_unit_test(test_reset_after_raw),
        cmocka_unit_test(test_data_before_headers),
        cmocka_unit_test(test_sent_and_flow_control),
        cmocka_unit_test(test_upper_case_and_odd_names),
        cmocka_unit_test(test_many_streams),
        cmocka_unit_test(test_request_body_before_stream_exists),
        cmocka_unit_test(test_peer_breaks_protocol),
        cmocka_unit_test(test_frames_the_protocol_forbids),
        cmocka_unit_test(test_promised_stream),
        cmocka_unit_test(test_header_bomb),
        cmocka_unit_test(test_floods_are_bounded),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_write_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
