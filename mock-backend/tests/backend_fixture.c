/* A backend with scripts and a client of HTTP/2, for its tests. */
#include "harness/keys/keys.h"
#include "mock-backend/tests/backend_fixture.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/embed.h"

struct backend_fixture bf;

/* ---- the claimer: the call on path "/N" plays scripts[N] */

static enum backend_claim on_call(void *user, const struct backend_request *request, struct backend_plan *plan)
{
    (void)user;
    bf.asked++;
    bf.asked_complete = request->complete;
    if (request->calls_in_flight > bf.max_in_flight)
        bf.max_in_flight = request->calls_in_flight;
    if (bf.answer != BACKEND_CLAIMED && !(bf.answer == BACKEND_LATER && request->complete))
        return bf.answer;
    struct span path = fields_value(request->headers, ":path");
    size_t which = path.len > 1 && path.data[1] >= '0' && path.data[1] < '0' + MAX_CALLS ? path.data[1] - '0' : 0;
    assert_true(bf.call_count < MAX_CALLS);
    struct bf_call *call = &bf.calls[bf.call_count++];
    call_seen_init(&call->seen, &bf.arena, 1u << 20);
    call->used = true;
    *plan = (struct backend_plan){
        .script = bf.has_script[which] ? &bf.scripts[which] : NULL, .seen = &call->seen, .tag = call};
    return BACKEND_CLAIMED;
}

static void on_call_end(void *user, const struct backend_plan *plan)
{
    (void)user;
    struct bf_call *call = plan->tag;
    assert_false(call->ended);
    call->ended = true;
}

static void on_stray(void *user, const struct call_seen *seen)
{
    (void)user;
    bf.strays++;
    snprintf(bf.stray_path, sizeof bf.stray_path, "%.*s", SPAN_FMT(fields_value(&seen->headers, ":path")));
}

static void on_conn_lost(void *user, uint32_t conn, bool by_us, void *const *tags, size_t count)
{
    (void)user;
    assert_true(conn > 0);
    for (size_t i = 0; i < count; i++)
        assert_false(((struct bf_call *)tags[i])->ended);
    bf.lost_times++;
    bf.lost_count += count;
    bf.lost_by_us = by_us;
}

static void on_wait(void *user, void *tag, enum script_point point, size_t count)
{
    (void)user;
    struct bf_call *call = tag;
    call->waits++;
    call->awaited = point;
    call->awaited_count = count;
}

static void on_progress(void *user, void *tag)
{
    (void)user;
    ((struct bf_call *)tag)->progress++;
}

static void on_listening(void *user)
{
    (void)user;
    bf.listening++;
}

static void on_turned_down(void *user)
{
    (void)user;
    bf.turned_down++;
}

static const struct backend_callbacks backend_events = {.on_listening = on_listening,
                                                        .on_turned_down = on_turned_down,
                                                        .on_call = on_call,
                                                        .on_call_end = on_call_end,
                                                        .on_stray = on_stray,
                                                        .on_conn_lost = on_conn_lost,
                                                        .on_wait = on_wait,
                                                        .on_progress = on_progress};

/* ---- the client */

static bool client_write(void *user, struct span bytes)
{
    return conn_write(((struct bf_client *)user)->conn, bytes);
}

static void client_headers(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields, bool end)
{
    static const char *const names[] = {"request", "info", "response", "trailers"};
    struct bf_client *self = user;
    buf_printf(&self->log, "%d %s", stream, names[kind]);
    for (size_t i = 0; i < fields->count; i++)
        buf_printf(&self->log, " %.*s=%.*s", SPAN_FMT(fields->items[i].name), SPAN_FMT(fields->items[i].value));
    buf_printf(&self->log, "%s\n", end ? " END" : "");
}

static void client_data(void *user, int32_t stream, struct span bytes)
{
    (void)stream;
    struct bf_client *self = user;
    self->data_bytes += bytes.len;
    buf_append_span(&self->body, bytes);
}

static void client_data_end(void *user, int32_t stream, size_t len, bool end)
{
    buf_printf(&((struct bf_client *)user)->log, "%d data %zu%s\n", stream, len, end ? " END" : "");
}

static void client_rst(void *user, int32_t stream, uint32_t code)
{
    buf_printf(&((struct bf_client *)user)->log, "%d rst %u\n", stream, code);
}

static void client_goaway(void *user, int32_t last, uint32_t code, struct span debug)
{
    (void)debug;
    buf_printf(&((struct bf_client *)user)->log, "goaway %d %u\n", last, code);
}

static void client_close(void *user, int32_t stream, uint32_t code)
{
    buf_printf(&((struct bf_client *)user)->log, "%d close %u\n", stream, code);
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
    struct bf_client *self = user;
    self->open = true;
    snprintf(self->alpn, sizeof self->alpn, "%.*s", SPAN_FMT(alpn));
    h2_flush(self->h2);
}

static void conn_bytes(void *user, struct conn *conn, struct span bytes)
{
    (void)conn;
    struct bf_client *self = user;
    struct err err;
    if (h2_receive(self->h2, bytes, &err) != ERR_OK)
        buf_printf(&self->log, "error %s\n", err.text);
}

static void conn_ended(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    static const char *const names[] = {"FIN", "RESET", "REFUSED", "TLS", "ERROR"};
    (void)detail;
    buf_printf(&((struct bf_client *)user)->log, "conn %s\n", names[end]);
    if (end == CONN_END_FIN)
        conn_finish(conn);
}

static const struct conn_callbacks conn_events = {.on_open = conn_opened, .on_read = conn_bytes, .on_end = conn_ended};

void bf_client_start(struct bf_client *self, struct tls_config *tls)
{
    static const struct h2_options plain = {.server = false};
    *self = (struct bf_client){0};
    buf_init(&self->log, 16u << 20);
    buf_init(&self->body, 64u << 20);
    assert_int_equal(h2_new(&self->h2, &plain, &client_events, self, NULL), ERR_OK);
    assert_int_equal(
        conn_connect(&self->conn, bf.loop, "127.0.0.1", backend_port(bf.backend), tls, &conn_events, self, NULL),
        ERR_OK);
}

void bf_client_stop(struct bf_client *self)
{
    if (self->conn)
        conn_free(self->conn);
    h2_free(self->h2);
    buf_fini(&self->log);
    buf_fini(&self->body);
    *self = (struct bf_client){0};
}

void bf_backend_start(const struct backend_options *options)
{
    struct err err;
    assert_int_equal(backend_new(&bf.backend, bf.loop, options, &backend_events, NULL, &err), ERR_OK);
}

int bf_group_setup(void **state)
{
    (void)state;
    struct span set;
    return embed_find("descriptors.pb", &set) && schema_new(&bf.schema, set, NULL) == ERR_OK ? 0 : -1;
}

int bf_group_teardown(void **state)
{
    (void)state;
    schema_free(bf.schema);
    return 0;
}

int bf_setup_empty(void **state)
{
    (void)state;
    memset(bf.calls, 0, sizeof bf.calls);
    memset(bf.has_script, 0, sizeof bf.has_script);
    bf.call_count = bf.asked = bf.strays = bf.lost_count = bf.lost_times = bf.max_in_flight = 0;
    bf.listening = bf.turned_down = 0;
    bf.answer = BACKEND_CLAIMED;
    arena_init(&bf.arena, 256u << 20);
    bf.client = (struct bf_client){0};
    bf.backend = NULL;
    return loop_new(&bf.loop, NULL) == ERR_OK ? 0 : -1;
}

int bf_setup(void **state)
{
    int rc = bf_setup_empty(state);
    bf_backend_start(&(struct backend_options){.address = "127.0.0.1", .schema = bf.schema});
    bf_client_start(&bf.client, NULL);
    return rc;
}

int bf_teardown(void **state)
{
    (void)state;
    if (bf.client.h2)
        bf_client_stop(&bf.client);
    backend_free(bf.backend);
    loop_free(bf.loop);
    for (size_t i = 0; i < MAX_CALLS; i++) {
        if (bf.calls[i].used)
            call_seen_fini(&bf.calls[i].seen);
    }
    arena_fini(&bf.arena);
    return 0;
}

bool bf_logged(const char *part)
{
    return bf.client.log.len > 0 && strstr((const char *)bf.client.log.data, part) != NULL;
}

/* Turns until the client's log holds `part`. */
void bf_await_log(const char *part)
{
    UNTIL(bf_logged(part));
    if (!bf_logged(part))
        fail_msg("no \"%s\" in:\n%s", part, bf.client.log.data ? (const char *)bf.client.log.data : "");
}

void bf_assert_log(const char *want)
{
    buf_append(&bf.client.log, "", 0);
    assert_string_equal((const char *)bf.client.log.data, want);
}

void bf_script_is(size_t which, const char *json)
{
    json_t *steps = json_loads(json, 0, NULL);
    assert_non_null(steps);
    const struct schema_method *method =
        schema_method_find(bf.schema, span_cstr("/reservations.v1.ReservationService/ListReservations"));
    struct place at = {.key = "backend"};
    struct err err = {0};
    if (script_compile(&bf.scripts[which], steps, &at, method, &bf.arena, &err) != ERR_OK)
        fail_msg("%s: %s", json, err.text);
    json_decref(steps);
    bf.has_script[which] = true;
}

void bf_listen(const char *json)
{
    struct err err;
    size_t before = bf.listening;
    if (json)
        bf_script_is(MAX_CALLS - 1, json);
    assert_int_equal(backend_listen(bf.backend, json ? &bf.scripts[MAX_CALLS - 1].listener : NULL, &err), ERR_OK);
    assert_int_equal(bf.listening, before); /* never inside that call */
    UNTIL(bf.listening > before);
    assert_int_equal(bf.listening, before + 1);
}

int32_t bf_ask_with(struct bf_client *self, const char *path, const char *type, bool end)
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

int32_t bf_ask(const char *path, bool end)
{
    return bf_ask_with(&bf.client, path, GRPC, end);
}

void bf_send_bytes(int32_t stream, const char *bytes, size_t len, bool end)
{
    assert_true(h2_data(bf.client.h2, stream, span_of(bytes, len), end));
    h2_flush(bf.client.h2);
}

/* Plays `json` for one call with a complete request and waits until the client has seen `last`. */
void bf_play(const char *json, const char *last)
{
    bf_script_is(0, json);
    bf_ask("/0", true);
    bf_await_log(last);
}
