/* The backend over real sockets on 127.0.0.1, seen by an HTTP/2 client made of net/h2 and net/conn. What the client
 * sees is a text, one line per frame; what the backend records is checked beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>

#include "harness/base/embed.h"
#include "harness/net/conn.h"
#include "harness/net/h2.h"
#include "mock-backend/server.h"

#define MAX_CALLS 8

struct client {
    struct conn *conn;
    struct h2 *h2;
    struct buf log;
    struct buf body;
    bool open;
    char alpn[8];
    size_t data_bytes;
};

/* One claimed call. */
struct claimed {
    struct call_seen seen;
    bool used, ended;
    int progress;
};

static struct loop *loop;
static struct backend *backend;
static struct schema *schema;
static struct arena arena;
static struct script scripts[MAX_CALLS];
static bool has_script[MAX_CALLS];
static struct claimed calls[MAX_CALLS];
static size_t call_count;
static enum backend_claim answer;
static size_t asked, strays, lost_count, lost_times, max_in_flight;
static bool lost_by_us, asked_complete;
static char stray_path[64], asked_body[64];
static struct client client;

/* ---- the claimer: the call on path "/N" plays scripts[N] */

static enum backend_claim on_call(void *user, const struct backend_request *request, struct backend_plan *plan)
{
    (void)user;
    asked++;
    asked_complete = request->complete;
    snprintf(asked_body, sizeof asked_body, "%.*s", SPAN_FMT(request->body));
    if (request->calls_in_flight > max_in_flight)
        max_in_flight = request->calls_in_flight;
    if (answer != BACKEND_CLAIMED && !(answer == BACKEND_LATER && request->complete))
        return answer;
    struct span path = fields_value(request->headers, ":path");
    size_t which = path.len > 1 && path.data[1] >= '0' && path.data[1] < '0' + MAX_CALLS ? path.data[1] - '0' : 0;
    assert_true(call_count < MAX_CALLS);
    struct claimed *call = &calls[call_count++];
    call_seen_init(&call->seen, &arena, 1u << 20);
    call->used = true;
    *plan =
        (struct backend_plan){.script = has_script[which] ? &scripts[which] : NULL, .seen = &call->seen, .tag = call};
    return BACKEND_CLAIMED;
}

static void on_call_end(void *user, const struct backend_plan *plan)
{
    (void)user;
    struct claimed *call = plan->tag;
    assert_false(call->ended);
    call->ended = true;
}

static void on_stray(void *user, const struct call_seen *seen)
{
    (void)user;
    strays++;
    snprintf(stray_path, sizeof stray_path, "%.*s", SPAN_FMT(fields_value(&seen->headers, ":path")));
}

static void on_conn_lost(void *user, uint32_t conn, bool by_us, void *const *tags, size_t count)
{
    (void)user;
    assert_true(conn > 0);
    for (size_t i = 0; i < count; i++)
        assert_false(((struct claimed *)tags[i])->ended);
    lost_times++;
    lost_count += count;
    lost_by_us = by_us;
}

static void on_progress(void *user, void *tag)
{
    (void)user;
    ((struct claimed *)tag)->progress++;
}

static const struct backend_callbacks backend_events = {.on_call = on_call,
                                                        .on_call_end = on_call_end,
                                                        .on_stray = on_stray,
                                                        .on_conn_lost = on_conn_lost,
                                                        .on_progress = on_progress};

/* ---- the client */

static bool client_write(void *user, struct span bytes)
{
    return conn_write(((struct client *)user)->conn, bytes);
}

static void client_headers(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields, bool end)
{
    static const char *const names[] = {"request", "info", "response", "trailers"};
    struct client *self = user;
    buf_printf(&self->log, "%d %s", stream, names[kind]);
    for (size_t i = 0; i < fields->count; i++)
        buf_printf(&self->log, " %.*s=%.*s", SPAN_FMT(fields->items[i].name), SPAN_FMT(fields->items[i].value));
    buf_printf(&self->log, "%s\n", end ? " END" : "");
}

static void client_data(void *user, int32_t stream, struct span bytes)
{
    (void)stream;
    struct client *self = user;
    self->data_bytes += bytes.len;
    buf_append_span(&self->body, bytes);
}

static void client_data_end(void *user, int32_t stream, size_t len, bool end)
{
    buf_printf(&((struct client *)user)->log, "%d data %zu%s\n", stream, len, end ? " END" : "");
}

static void client_rst(void *user, int32_t stream, uint32_t code)
{
    buf_printf(&((struct client *)user)->log, "%d rst %u\n", stream, code);
}

static void client_goaway(void *user, int32_t last, uint32_t code, struct span debug)
{
    (void)debug;
    buf_printf(&((struct client *)user)->log, "goaway %d %u\n", last, code);
}

static void client_close(void *user, int32_t stream, uint32_t code)
{
    buf_printf(&((struct client *)user)->log, "%d close %u\n", stream, code);
}

static const struct h2_callbacks client_events = {.write = client_write,
                                                  .on_headers = client_headers,
                                                  .on_data = client_data,
                                                  .on_data_end = client_data_end,
                                                  .on_rst = client_rst,
                                                  .on_goaway = client_goaway,
                                                  .on_close = client_close};

static void conn_opened(void *user, struct conn *conn, struct span alpn)
{
    (void)conn;
    struct client *self = user;
    self->open = true;
    snprintf(self->alpn, sizeof self->alpn, "%.*s", SPAN_FMT(alpn));
    h2_flush(self->h2);
}

static void conn_bytes(void *user, struct conn *conn, struct span bytes)
{
    (void)conn;
    struct client *self = user;
    struct err err;
    if (h2_receive(self->h2, bytes, &err) != ERR_OK)
        buf_printf(&self->log, "error %s\n", err.text);
}

static void conn_ended(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    static const char *const names[] = {"FIN", "RESET", "REFUSED", "TLS", "ERROR"};
    (void)conn;
    (void)detail;
    buf_printf(&((struct client *)user)->log, "conn %s\n", names[end]);
}

static const struct conn_callbacks conn_events = {.on_open = conn_opened, .on_read = conn_bytes, .on_end = conn_ended};

static void client_start(struct client *self, struct tls_config *tls, const struct h2_options *options)
{
    static const struct h2_options plain = {.server = false};
    *self = (struct client){0};
    buf_init(&self->log, 16u << 20);
    buf_init(&self->body, 64u << 20);
    assert_int_equal(h2_new(&self->h2, options ? options : &plain, &client_events, self, NULL), ERR_OK);
    assert_int_equal(conn_connect(&self->conn, loop, "127.0.0.1", backend_port(backend), tls, &conn_events, self, NULL),
                     ERR_OK);
}

static void client_stop(struct client *self)
{
    if (self->conn)
        conn_free(self->conn);
    h2_free(self->h2);
    buf_fini(&self->log);
    buf_fini(&self->body);
    *self = (struct client){0};
}

static void start(const struct backend_options *options)
{
    struct err err;
    assert_int_equal(backend_new(&backend, loop, options, &backend_events, NULL, &err), ERR_OK);
}

static int group_setup(void **state)
{
    (void)state;
    struct span set;
    return embed_find("descriptors.pb", &set) && schema_new(&schema, set, NULL) == ERR_OK ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    schema_free(schema);
    return 0;
}

static int setup_empty(void **state)
{
    (void)state;
    memset(calls, 0, sizeof calls);
    memset(has_script, 0, sizeof has_script);
    call_count = asked = strays = lost_count = lost_times = max_in_flight = 0;
    answer = BACKEND_CLAIMED;
    arena_init(&arena, 256u << 20);
    client = (struct client){0};
    backend = NULL;
    return loop_new(&loop, NULL) == ERR_OK ? 0 : -1;
}

static int setup(void **state)
{
    int rc = setup_empty(state);
    start(&(struct backend_options){.address = "127.0.0.1", .schema = schema});
    client_start(&client, NULL, NULL);
    return rc;
}

static int teardown(void **state)
{
    (void)state;
    if (client.h2)
        client_stop(&client);
    backend_free(backend);
    loop_free(loop);
    for (size_t i = 0; i < MAX_CALLS; i++) {
        if (calls[i].used)
            call_seen_fini(&calls[i].seen);
    }
    arena_fini(&arena);
    return 0;
}

#define UNTIL(done)                                                                                                    \
    for (int turns = 0; turns < 200 && !(done); turns++)                                                               \
    loop_turn(loop, 50)

static bool logged(const char *part)
{
    return client.log.len > 0 && strstr((const char *)client.log.data, part) != NULL;
}

/* Turns until the client's log holds `part`. */
static void await_log(const char *part)
{
    UNTIL(logged(part));
    if (!logged(part))
        fail_msg("no \"%s\" in:\n%s", part, client.log.data ? (const char *)client.log.data : "");
}

static void assert_log(const char *want)
{
    buf_append(&client.log, "", 0);
    assert_string_equal((const char *)client.log.data, want);
}

static void script_is(size_t which, const char *json)
{
    json_t *steps = json_loads(json, 0, NULL);
    assert_non_null(steps);
    const struct schema_method *method =
        schema_method_find(schema, span_cstr("/reservations.v1.ReservationService/ListReservations"));
    struct err err = {0};
    if (script_compile(&scripts[which], steps, method, &arena, &err) != ERR_OK)
        fail_msg("%s: %s", json, err.text);
    json_decref(steps);
    has_script[which] = true;
}

#define GRPC "application/grpc"

static int32_t ask_with(struct client *self, const char *path, const char *type, bool end)
{
    struct field items[] = {{span_cstr(":method"), span_cstr("POST")},
                            {span_cstr(":scheme"), span_cstr("http")},
                            {span_cstr(":path"), span_cstr(path)},
                            {span_cstr(":authority"), span_cstr("test")},
                            {span_cstr("content-type"), span_cstr(type)}};
    struct fields fields = {items, 5, 0};
    int32_t stream = h2_request(self->h2, &fields, end);
    assert_true(stream > 0);
    h2_flush(self->h2);
    return stream;
}

static int32_t ask(const char *path, bool end)
{
    return ask_with(&client, path, GRPC, end);
}

static void send_bytes(int32_t stream, const char *bytes, size_t len, bool end)
{
    assert_true(h2_data(client.h2, stream, span_of(bytes, len), end));
    h2_flush(client.h2);
}

/* Plays `json` for one call with a complete request and waits until the client has seen `last`. */
static void play(const char *json, const char *last)
{
    script_is(0, json);
    ask("/0", true);
    await_log(last);
}

/* ---- every step, as it is on the wire */

static void test_unary(void **state)
{
    (void)state;
    play("[{\"headers\":[[\"content-type\",\"application/grpc\"]]},{\"message\":{\"id\":\"1\"}},"
         "{\"trailers\":[[\"grpc-status\",\"0\"]]}]",
         "close");
    assert_log("1 response :status=200 content-type=application/grpc\n1 data 8\n1 trailers grpc-status=0 END\n"
               "1 close 0\n");
    assert_memory_equal(client.body.data,
                        "\0\0\0\0\3\x0a\x01"
                        "1",
                        8);
    UNTIL(calls[0].ended);
    const struct call_seen *seen = &calls[0].seen;
    assert_true(calls[0].ended);
    assert_true(seen->half_closed);
    assert_true(seen->script_done);
    assert_true(seen->response_ended);
    assert_false(seen->reset);
    assert_false(seen->conn_lost);
    assert_int_equal(seen->headers.count, 5);
    assert_true(span_is(fields_value(&seen->headers, ":path"), "/0"));
    assert_true(seen->start_us > 0 && seen->end_us >= seen->start_us);
    static const enum transcript_kind kinds[] = {TRANSCRIPT_HEADERS, TRANSCRIPT_HEADERS, TRANSCRIPT_DATA,
                                                 TRANSCRIPT_TRAILERS};
    assert_int_equal(seen->transcript.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(seen->transcript.events[i].kind, kinds[i]);
        assert_int_equal(seen->transcript.events[i].from, i == 0 ? TRANSCRIPT_PROXY : TRANSCRIPT_BACKEND);
        assert_int_equal(seen->transcript.events[i].stream, 1);
    }
    assert_true(seen->transcript.events[3].end_stream);
}

static void test_trailers_only(void **state)
{
    (void)state;
    play("[{\"trailers\":[[\"grpc-status\",\"5\"],[\"grpc-message\",\"gone\"]]}]", "close");
    assert_log("1 response :status=200 content-type=application/grpc grpc-status=5 grpc-message=gone END\n"
               "1 close 0\n");
}

static void test_frame_boundaries(void **state)
{
    (void)state;
    play("[{\"headers\":[[\":status\",\"103\"]]},{\"headers\":[]},{\"data\":[\"01\",\"\",\"0203\"]},"
         "{\"bytes\":\"0405\",\"repeat\":2},{\"message\":{\"id\":\"7\"},\"split\":[2,3]},{\"fill\":16385,\"byte\":1},"
         "{\"text\":\"x\"},{\"end\":true}]",
         "close");
    assert_log(
        "1 info :status=103\n1 response :status=200\n1 data 1\n1 data 0\n1 data 2\n1 data 2\n1 data 2\n1 data 2\n"
        "1 data 3\n1 data 3\n1 data 16384\n1 data 1\n1 data 1\n1 data 0 END\n1 close 0\n");
}

static void test_split_at_every_byte(void **state)
{
    (void)state;
    play("[{\"headers\":[]},{\"message\":{\"id\":\"1\"},\"split\":1,\"end_stream\":true}]", "close");
    assert_log("1 response :status=200\n1 data 1\n1 data 1\n1 data 1\n1 data 1\n1 data 1\n1 data 1\n1 data 1\n"
               "1 data 1 END\n1 close 0\n");
}

static void test_headers_with_end(void **state)
{
    (void)state;
    play("[{\"headers\":[[\":status\",\"404\"],[\"content-type\",\"text/plain\"]],\"end_stream\":true}]", "close");
    assert_log("1 response :status=404 content-type=text/plain END\n1 close 0\n");
}

static void test_thousand_messages(void **state)
{
    (void)state;
    play("[{\"headers\":[]},{\"message\":{},\"numbered\":\"id\",\"repeat\":1000},{\"trailers\":[]}]", "close");
    assert_int_equal(client.data_bytes, 9 * 8 + 90 * 9 + 900 * 10 + 11);
    assert_true(calls[0].seen.script_done);
}

static void test_more_than_the_queue_holds(void **state)
{
    (void)state;
    play("[{\"headers\":[]},{\"fill\":1000000},{\"bytes\":\"00\",\"repeat\":3},{\"fill\":8000000},"
         "{\"fill\":8000000},{\"fill\":8000000},{\"trailers\":[[\"grpc-status\",\"0\"]]}]",
         "1 close");
    assert_int_equal(client.data_bytes, 25000003);
    assert_true(logged("1 trailers grpc-status=0 END\n1 close 0\n"));
}

static void test_rst(void **state)
{
    (void)state;
    play("[{\"headers\":[]},{\"message\":{\"id\":\"1\"}},{\"rst\":\"INTERNAL_ERROR\"}]", "close");
    assert_log("1 response :status=200\n1 data 8\n1 rst 2\n1 close 2\n");
    UNTIL(calls[0].ended);
    assert_true(calls[0].seen.response_ended);
    assert_true(calls[0].seen.script_done);
    assert_false(calls[0].seen.refused_by_us);
    assert_false(calls[0].seen.reset);
}

static void test_refused(void **state)
{
    (void)state;
    play("[{\"rst\":\"REFUSED_STREAM\"}]", "close");
    assert_log("1 rst 7\n1 close 7\n");
    assert_true(calls[0].seen.refused_by_us);
}

/* RST_STREAM waits for DATA that flow control holds back. */
static void test_rst_after_large_data(void **state)
{
    (void)state;
    play("[{\"headers\":[]},{\"fill\":3000000},{\"rst\":\"CANCEL\"}]", "close");
    assert_int_equal(client.data_bytes, 3000000);
    assert_true(logged("1 rst 8\n1 close 8\n"));
}

static void test_goaway_covers(void **state)
{
    (void)state;
    play("[{\"headers\":[]},{\"goaway\":\"NO_ERROR\"},{\"message\":{\"id\":\"1\"}},{\"trailers\":[]}]", "close");
    assert_log("1 response :status=200\ngoaway 1 0\n1 data 8\n1 trailers END\n1 close 0\n");
    assert_true(h2_draining(client.h2));
}

static void test_goaway_does_not_cover(void **state)
{
    (void)state;
    play("[{\"goaway\":\"ENHANCE_YOUR_CALM\",\"covers\":false}]", "close");
    assert_log("goaway 0 11\n1 close 7\n");
    UNTIL(calls[0].ended);
    assert_true(calls[0].ended);
    assert_true(calls[0].seen.refused_by_us);
}

static void test_goaway_after_the_end(void **state)
{
    (void)state;
    play("[{\"trailers\":[]},{\"goaway\":\"NO_ERROR\"},{\"close\":\"fin\"}]", "conn");
    assert_log("1 response :status=200 content-type=application/grpc END\n1 close 0\ngoaway 1 0\nconn FIN\n");
    UNTIL(calls[0].ended);
    assert_true(calls[0].seen.script_done);
}

static void test_close_fin(void **state)
{
    (void)state;
    play("[{\"headers\":[]},{\"message\":{\"id\":\"1\"}},{\"close\":\"fin\"}]", "conn");
    assert_log("1 response :status=200\n1 data 8\nconn FIN\n"); /* no GOAWAY */
    UNTIL(calls[0].ended);
    assert_true(calls[0].ended);
    assert_true(lost_by_us);
    assert_int_equal(lost_count, 1);
    assert_false(calls[0].seen.conn_lost); /* the proxy did not do it */
    assert_true(calls[0].seen.response_ended);
    assert_int_equal(backend_calls_in_flight(backend), 0);
}

static void test_close_rst(void **state)
{
    (void)state;
    play("[{\"headers\":[]},{\"fill\":200000},{\"close\":\"rst\"}]", "conn");
    assert_int_equal(client.data_bytes, 200000);
    await_log("conn RESET\n");
    UNTIL(calls[0].ended);
    assert_true(lost_by_us);
}

static void test_only_that_connection_goes(void **state)
{
    (void)state;
    struct client second;
    client_start(&second, NULL, NULL);
    script_is(0, "[{\"close\":\"rst\"}]");
    script_is(1, "[{\"await\":\"client_has_messages\",\"count\":1},{\"trailers\":[]}]");
    ask_with(&second, "/1", GRPC, true);
    UNTIL(call_count == 1);
    ask("/0", true);
    await_log("conn RESET");
    assert_int_equal(backend_calls_in_flight(backend), 1);
    backend_signal(backend, &calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 1);
    UNTIL(calls[0].ended);
    assert_true(calls[0].ended);
    assert_int_equal(lost_count, 1);
    client_stop(&second);
}

static void test_raw_frames(void **state)
{
    (void)state;
    /* PING with its ACK flag, an unknown type, then HEADERS whose block names index 8 of HPACK's table (:status 200).
     */
    play("[{\"frame\":\"000008 06 01 00000000 0102030405060708\"},{\"frame\":\"000001 fa 00 00000000 00\","
         "\"own_stream\":true},{\"frame\":\"000001 01 04 00000000 88\",\"own_stream\":true},{\"text\":\"abc\"},"
         "{\"frame\":\"000001 00 01 00000000 64\",\"own_stream\":true}]",
         "close");
    assert_log("1 response :status=200\n1 data 3\n1 data 1 END\n1 close 0\n");
    assert_memory_equal(client.body.data, "abcd", 4);
    assert_int_equal(calls[0].seen.transcript.events[1].kind, TRANSCRIPT_RAW);
}

static void test_bad_raw_frame(void **state)
{
    (void)state;
    play("[{\"headers\":[]},{\"frame\":\"000001 04 00 00000001 00\"}]", "error");
    assert_true(logged("1 response :status=200\n"));
}

static void test_wait(void **state)
{
    (void)state;
    script_is(0, "[{\"headers\":[]},{\"wait_ms\":30},{\"trailers\":[]}]");
    uint64_t before = loop_now_us(loop);
    ask("/0", true);
    await_log("1 response :status=200\n");
    assert_false(logged("close"));
    await_log("1 trailers END\n1 close 0\n");
    assert_true(loop_now_us(loop) - before >= 29000);
}

static void test_wait_goes_on_after_the_stream(void **state)
{
    (void)state;
    play("[{\"trailers\":[]},{\"wait_ms\":20},{\"goaway\":\"NO_ERROR\"}]", "goaway");
    assert_log("1 response :status=200 content-type=application/grpc END\n1 close 0\ngoaway 1 0\n");
    UNTIL(calls[0].ended);
    assert_true(calls[0].seen.script_done);
}

/* ---- points */

static void test_starts_when_complete(void **state)
{
    (void)state;
    script_is(0, "[{\"trailers\":[]}]");
    int32_t stream = ask("/0", false);
    UNTIL(call_count == 1);
    send_bytes(stream, "abc", 3, false);
    UNTIL(calls[0].seen.body_len == 3);
    assert_int_equal(client.log.len, 0);
    send_bytes(stream, "de", 2, true);
    await_log("close");
    assert_memory_equal(calls[0].seen.body.data, "abcde", 5);
    /* Each DATA frame is an event. */
    const struct transcript *transcript = &calls[0].seen.transcript;
    assert_int_equal(transcript->events[1].len, 3);
    assert_true(span_is(transcript->events[1].bytes, "abc"));
    assert_false(transcript->events[1].end_stream);
    assert_true(span_is(transcript->events[2].bytes, "de"));
    assert_true(transcript->events[2].end_stream);
    assert_true(calls[0].progress > 0);
}

static void test_starts_at_headers(void **state)
{
    (void)state;
    script_is(0, "[{\"await\":\"request_headers\"},{\"headers\":[]},{\"await\":\"request_complete\"},"
                 "{\"trailers\":[]}]");
    int32_t stream = ask("/0", false);
    await_log("1 response :status=200\n");
    send_bytes(stream, "", 0, true);
    await_log("close");
    assert_log("1 response :status=200\n1 trailers END\n1 close 0\n");
}

static void test_request_trailers(void **state)
{
    (void)state;
    script_is(0, "[{\"trailers\":[]}]");
    int32_t stream = ask("/0", false);
    struct field items[] = {{span_cstr("x-end"), span_cstr("1")}};
    struct fields trailers = {items, 1, 0};
    assert_true(h2_headers(client.h2, stream, &trailers, true));
    h2_flush(client.h2);
    await_log("close");
    assert_true(span_is(fields_value(&calls[0].seen.trailers, "x-end"), "1"));
    assert_true(calls[0].seen.half_closed);
}

static void test_client_has_messages(void **state)
{
    (void)state;
    script_is(0, "[{\"headers\":[]},{\"await\":\"client_has_messages\",\"count\":0},{\"message\":{\"id\":\"1\"}},"
                 "{\"await\":\"client_has_messages\",\"count\":2},{\"trailers\":[]}]");
    ask("/0", true);
    await_log("response");
    loop_turn(loop, 5);
    assert_false(logged("data"));
    backend_signal(backend, &calls[1], SCRIPT_CLIENT_HAS_MESSAGES, 9); /* another's */
    backend_signal(backend, &calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 0);
    await_log("1 data 8\n");
    backend_signal(backend, &calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 1);
    loop_turn(loop, 5);
    assert_false(logged("trailers"));
    backend_signal(backend, &calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 2);
    await_log("close");
}

static void test_signals_before_they_are_awaited(void **state)
{
    (void)state;
    script_is(0, "[{\"headers\":[]},{\"wait_ms\":10},{\"await\":\"client_cancelled\"},"
                 "{\"await\":\"client_has_messages\",\"count\":3},{\"trailers\":[]}]");
    ask("/0", true);
    await_log("response");
    backend_signal(backend, &calls[0], SCRIPT_CLIENT_HAS_MESSAGES, 3);
    backend_signal(backend, &calls[0], SCRIPT_CLIENT_CANCELLED, 0);
    await_log("close");
}

static void test_client_resets(void **state)
{
    (void)state;
    script_is(0, "[{\"headers\":[]},{\"await\":\"client_cancelled\"}]");
    int32_t stream = ask("/0", true);
    await_log("response");
    h2_rst(client.h2, stream, 8);
    h2_flush(client.h2);
    UNTIL(calls[0].ended);
    assert_true(calls[0].ended);
    assert_true(calls[0].seen.reset);
    assert_int_equal(calls[0].seen.reset_code, 8);
    assert_true(calls[0].seen.script_done);
    assert_false(calls[0].seen.response_ended);
    assert_int_equal(backend_calls_in_flight(backend), 0);
}

static void test_reset_cuts_a_script_short(void **state)
{
    (void)state;
    script_is(0, "[{\"headers\":[]},{\"wait_ms\":10000},{\"trailers\":[]}]");
    int32_t stream = ask("/0", true);
    await_log("response");
    h2_rst(client.h2, stream, 5);
    h2_flush(client.h2);
    UNTIL(calls[0].ended);
    assert_true(calls[0].ended);
    assert_false(calls[0].seen.script_done);
    assert_int_equal(calls[0].seen.reset_code, 5);
}

static void test_echo(void **state)
{
    (void)state;
    script_is(0, "[{\"await\":\"request_headers\"},{\"headers\":[]},{\"echo\":true},{\"trailers\":[]}]");
    script_is(1, "[{\"headers\":[]},{\"echo\":true},{\"trailers\":[]}]");
    int32_t stream = ask("/0", false);
    await_log("1 response :status=200\n");
    send_bytes(stream, "\0\0\0\0\1a", 6, false);
    await_log("1 data 6\n"); /* at once, while the request goes on */
    send_bytes(stream, "\0\0\0\0\2b", 6, false);
    send_bytes(stream, "c\0\0\0\0\0", 6, false); /* the rest of one message and another */
    await_log("1 data 7\n1 data 5\n");
    send_bytes(stream, "\0\0\0", 3, true); /* half a prefix */
    await_log("close");
    assert_log("1 response :status=200\n1 data 6\n1 data 7\n1 data 5\n1 data 3\n1 trailers END\n1 close 0\n");
    assert_memory_equal(client.body.data, "\0\0\0\0\1a\0\0\0\0\2bc\0\0\0\0\0\0\0\0", 21);
    stream = ask("/1", false);
    send_bytes(stream, "\0\0\0\0\1a", 6, false);
    UNTIL(calls[1].seen.body_len == 6);
    assert_false(logged("3 response"));
    send_bytes(stream, "", 0, true);
    await_log("3 response :status=200\n3 data 6\n3 trailers END\n3 close 0\n");
}

static void test_script_that_runs_out(void **state)
{
    (void)state;
    play("[{\"headers\":[]},{\"message\":{}}]", "data");
    loop_turn(loop, 5);
    assert_log("1 response :status=200\n1 data 5\n");
    assert_true(calls[0].seen.script_done);
    assert_false(calls[0].ended);
    assert_int_equal(backend_calls_in_flight(backend), 1);
}

/* ---- many calls, many connections */

static void test_parallel_calls(void **state)
{
    (void)state;
    script_is(0, "[{\"headers\":[[\"x\",\"0\"]]},{\"wait_ms\":20},{\"text\":\"slow\"},{\"trailers\":[]}]");
    script_is(1, "[{\"headers\":[[\"x\",\"1\"]]},{\"text\":\"fast\"},{\"trailers\":[]}]");
    ask("/0", true);
    ask("/1", true);
    await_log("1 close");
    assert_true(logged("3 response :status=200 x=1\n3 data 4\n3 trailers END\n3 close 0\n"));
    assert_memory_equal(client.body.data, "fastslow", 8);
    assert_int_equal(max_in_flight, 2);
    assert_int_equal(calls[0].seen.conn, calls[1].seen.conn);
    assert_int_not_equal(calls[0].seen.stream, calls[1].seen.stream);
}

static void test_lost_connection(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        script_is(0, "[{\"headers\":[]}]");
        int32_t first = ask("/0", true);
        ask("/0", false);
        UNTIL(call_count == 2u * (unsigned)reset + 2);
        assert_int_equal(first, 1);
        if (reset)
            conn_abort(client.conn);
        else
            conn_free(client.conn);
        client.conn = NULL;
        UNTIL(calls[2 * reset].ended && calls[2 * reset + 1].ended);
        for (int i = 2 * reset; i < 2 * reset + 2; i++) {
            assert_true(calls[i].ended);
            assert_true(calls[i].seen.conn_lost);
            assert_int_equal(calls[i].seen.conn_reset, reset);
        }
        assert_int_equal(lost_times, 1 + reset);
        assert_int_equal(lost_count, 2 + 2 * reset);
        assert_false(lost_by_us);
        client_stop(&client);
        client_start(&client, NULL, NULL);
    }
    assert_int_equal(backend_calls_in_flight(backend), 0);
}

static void test_idle_connection_is_no_loss(void **state)
{
    (void)state;
    play("[{\"trailers\":[]}]", "close");
    UNTIL(calls[0].ended);
    conn_free(client.conn);
    client.conn = NULL;
    loop_turn(loop, 10);
    loop_turn(loop, 10);
    assert_int_equal(lost_times, 0);
}

static void test_garbage(void **state)
{
    (void)state;
    script_is(0, "[{\"headers\":[]}]");
    ask("/0", true);
    await_log("response");
    conn_write(client.conn, span_cstr("this is no frame of HTTP/2, whatever it is"));
    await_log("conn FIN");
    assert_true(logged("goaway"));
    UNTIL(calls[0].ended);
    assert_true(calls[0].ended);
}

static void test_release(void **state)
{
    (void)state;
    script_is(0, "[{\"headers\":[]},{\"wait_ms\":5},{\"trailers\":[]}]");
    ask("/0", true);
    ask("/0", true);
    await_log("3 response");
    backend_release(backend, &calls[0]);
    await_log("1 rst 8\n1 close 8\n");
    await_log("3 trailers END\n3 close 0\n");
    assert_false(calls[0].ended); /* forgotten: no callbacks */
    UNTIL(calls[1].ended);
    assert_true(calls[1].ended);
    backend_release(backend, &calls[0]);
    backend_release(backend, &calls[1]);
    assert_int_equal(backend_calls_in_flight(backend), 0);
}

/* ---- calls of nobody */

static void test_unclaimed(void **state)
{
    (void)state;
    answer = BACKEND_UNCLAIMED;
    ask_with(&client, "/a", "application/json", true);
    await_log("1 close");
    ask_with(&client, "/b", "application/grpc+proto", true);
    await_log("3 close");
    assert_log("1 response :status=415 END\n1 close 0\n"
               "3 response :status=200 content-type=application/grpc grpc-status=12 "
               "grpc-message=no case expects this call END\n3 close 0\n");
    UNTIL(strays == 2);
    assert_int_equal(strays, 2);
    assert_string_equal(stray_path, "/b");
    assert_int_equal(asked, 2);
}

static void test_claimed_without_script(void **state)
{
    (void)state;
    ask_with(&client, "/a", "text/html", true);
    await_log("1 response :status=415 END\n1 close 0\n");
    UNTIL(calls[0].ended);
    assert_true(calls[0].ended);
    assert_int_equal(strays, 0);
    assert_int_equal(calls[0].seen.headers.count, 5);
}

static void test_later(void **state)
{
    (void)state;
    answer = BACKEND_LATER;
    script_is(0, "[{\"headers\":[]},{\"echo\":true},{\"trailers\":[]}]");
    int32_t stream = ask("/0", false);
    UNTIL(asked == 1);
    assert_false(asked_complete);
    send_bytes(stream, "\0\0\0\0\1a", 6, false);
    send_bytes(stream, "b", 1, true);
    await_log("close");
    assert_log("1 response :status=200\n1 data 6\n1 data 1\n1 trailers END\n1 close 0\n");
    assert_int_equal(asked, 2);
    assert_true(asked_complete);
    assert_int_equal(calls[0].seen.body.len, 7);
    assert_true(calls[0].seen.half_closed);
    assert_int_equal(calls[0].seen.headers.count, 5);
}

static void test_later_and_reset(void **state)
{
    (void)state;
    answer = BACKEND_LATER;
    int32_t stream = ask("/0", false);
    UNTIL(asked == 1);
    h2_rst(client.h2, stream, 8);
    h2_flush(client.h2);
    UNTIL(strays == 1);
    assert_int_equal(strays, 1);
    assert_int_equal(call_count, 0);
    assert_int_equal(backend_calls_in_flight(backend), 0);
}

static void test_serve_default(void **state)
{
    (void)state;
    answer = BACKEND_UNCLAIMED;
    start(&(struct backend_options){.address = "127.0.0.1", .schema = schema, .serve_default = true});
    client_start(&client, NULL, NULL);
    int32_t stream = ask("/transcheck.v1.EchoService/Echo", false);
    send_bytes(stream, "\0\0\0\0\2\x08\x01", 7, true);
    await_log("1 close");
    stream = ask("/reservations.v1.ReservationService/GetReservation", true);
    await_log("3 close");
    stream = ask("/no.Such/Method", true);
    await_log("5 close");
    stream = ask("/transcheck.v1.DuplexService/Chat", false); /* a client stream: echoed as it arrives */
    await_log("7 response");
    send_bytes(stream, "\0\0\0\0\0", 5, false);
    await_log("7 data 5\n");
    send_bytes(stream, "", 0, true);
    await_log("7 close");
    assert_log("1 response :status=200 content-type=application/grpc\n1 data 7\n1 trailers grpc-status=0 END\n"
               "1 close 0\n"
               "3 response :status=200 content-type=application/grpc\n3 data 5\n3 trailers grpc-status=0 END\n"
               "3 close 0\n"
               "5 response :status=200 content-type=application/grpc grpc-status=12 "
               "grpc-message=no case expects this call END\n5 close 0\n"
               "7 response :status=200 content-type=application/grpc\n7 data 5\n7 trailers grpc-status=0 END\n"
               "7 close 0\n");
}

/* ---- TLS */

static struct tls_config *client_tls(const char *const *alpn)
{
    struct tls_config *tls;
    assert_int_equal(tls_config_new(&tls, &(struct tls_options){.insecure = true, .alpn = alpn}, NULL), ERR_OK);
    return tls;
}

static void test_tls(void **state)
{
    (void)state;
    static const char *const h2[] = {"h2", NULL}, *const h1[] = {"http/1.1", NULL};
    start(&(struct backend_options){.address = "127.0.0.1", .tls = true});
    struct tls_config *good = client_tls(h2), *bad = client_tls(h1);
    client_start(&client, good, NULL);
    UNTIL(client.open);
    assert_string_equal(client.alpn, "h2");
    play("[{\"headers\":[]},{\"fill\":100000},{\"trailers\":[]},{\"close\":\"fin\"}]", "conn FIN");
    assert_int_equal(client.data_bytes, 100000);
    client_stop(&client);
    client_start(&client, bad, NULL);
    await_log("conn TLS");
    assert_false(client.open);
    client_stop(&client);
    tls_config_free(good);
    tls_config_free(bad);
}

static void test_bad_options(void **state)
{
    (void)state;
    struct backend *none;
    struct err err;
    struct backend_options options = {.address = "127.0.0.1", .tls = true, .cert_file = "/nonexistent"};
    assert_int_equal(backend_new(&none, loop, &options, NULL, NULL, &err), ERR_USAGE);
    options = (struct backend_options){.address = "nowhere"};
    assert_int_equal(backend_new(&none, loop, &options, NULL, NULL, &err), ERR_IO);
    backend_free(NULL);
}

static void test_no_callbacks(void **state)
{
    (void)state;
    struct backend_options options = {.address = "127.0.0.1", .schema = schema, .serve_default = true};
    assert_int_equal(backend_new(&backend, loop, &options, NULL, NULL, NULL), ERR_OK);
    client_start(&client, NULL, NULL);
    ask("/transcheck.v1.EchoService/Ping", true);
    await_log("1 close 0");
    ask("/0", false);
    h2_flush(client.h2);
    loop_turn(loop, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define BARE(name) cmocka_unit_test_setup_teardown(name, setup_empty, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_unary),
        TEST(test_trailers_only),
        TEST(test_frame_boundaries),
        TEST(test_split_at_every_byte),
        TEST(test_headers_with_end),
        TEST(test_thousand_messages),
        TEST(test_more_than_the_queue_holds),
        TEST(test_rst),
        TEST(test_refused),
        TEST(test_rst_after_large_data),
        TEST(test_goaway_covers),
        TEST(test_goaway_does_not_cover),
        TEST(test_goaway_after_the_end),
        TEST(test_close_fin),
        TEST(test_close_rst),
        TEST(test_only_that_connection_goes),
        TEST(test_raw_frames),
        TEST(test_bad_raw_frame),
        TEST(test_wait),
        TEST(test_wait_goes_on_after_the_stream),
        TEST(test_starts_when_complete),
        TEST(test_starts_at_headers),
        TEST(test_request_trailers),
        TEST(test_client_has_messages),
        TEST(test_signals_before_they_are_awaited),
        TEST(test_client_resets),
        TEST(test_reset_cuts_a_script_short),
        TEST(test_echo),
        TEST(test_script_that_runs_out),
        TEST(test_parallel_calls),
        TEST(test_lost_connection),
        TEST(test_idle_connection_is_no_loss),
        TEST(test_garbage),
        TEST(test_release),
        TEST(test_unclaimed),
        TEST(test_claimed_without_script),
        TEST(test_later),
        TEST(test_later_and_reset),
        BARE(test_serve_default),
        BARE(test_tls),
        BARE(test_bad_options),
        BARE(test_no_callbacks),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
