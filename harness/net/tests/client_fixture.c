/* Plays one exchange of a client against the raw server. */
#include "harness/net/tests/client_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_US 20000000u
#define ARENA_MAX   (8u << 20)

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "client fixture: %s\n", what);
    abort();
}

static void on_body(void *user, struct response_seen *seen, struct span bytes)
{
    struct fixture *fixture = user;
    require(bytes.len > 0 && bytes.data >= seen->body.data, "on_body without bytes of seen->body");
    if (fixture->body_calls++ == 0 && fixture->cancel_in_body)
        client_cancel(fixture->exchange);
}

static void on_headers(void *user, struct response_seen *seen)
{
    struct fixture *fixture = user;
    require(seen->status >= 200 && seen->body_len == 0, "on_headers out of order");
    fixture->head_calls++;
}

static void on_end(void *user, struct response_seen *seen)
{
    struct fixture *fixture = user;
    require(seen == &fixture->seen, "on_end with another exchange's response");
    fixture->ends++;
    fixture->exchange = NULL;
}

static const struct client_callbacks callbacks = {.on_headers = on_headers, .on_body = on_body, .on_end = on_end};

void fixture_init(struct fixture *fixture, fixture_client_new *client_new, bool tls, const char *const *alpn)
{
    struct err err = {0};
    *fixture = (struct fixture){.client_new = client_new};
    require(loop_new(&fixture->loop, &err) == ERR_OK, err.text);
    if (tls) {
        struct tls_options options = {.server = true, .self_signed = true, .alpn = alpn};
        require(tls_config_new(&fixture->tls, &options, &err) == ERR_OK, err.text);
    }
    fixture->server = raw_server_new(fixture->loop, 0, fixture->tls);
    arena_init(&fixture->arena, ARENA_MAX);
    response_seen_init(&fixture->seen, &fixture->arena, CLIENT_MAX_BODY);
    fixture_client(fixture, &(struct client_options){.insecure = true});
}

void fixture_fini(struct fixture *fixture)
{
    client_free(fixture->client);
    raw_server_free(fixture->server);
    response_seen_fini(&fixture->seen);
    arena_fini(&fixture->arena);
    loop_free(fixture->loop);
    tls_config_free(fixture->tls);
}

void fixture_client(struct fixture *fixture, const struct client_options *options)
{
    struct err err = {0};
    client_free(fixture->client);
    fixture->options = *options;
    if (!fixture->options.host)
        fixture->options.host = "127.0.0.1";
    if (fixture->options.port == 0)
        fixture->options.port = raw_server_port(fixture->server);
    fixture->options.tls = fixture->tls != NULL;
    require(fixture->client_new(&fixture->client, fixture->loop, &fixture->options, &err) == ERR_OK, err.text);
}

struct client_request fixture_get(void)
{
    return (struct client_request){.method = span_cstr("GET"),
                                   .target = span_cstr("/x"),
                                   .abort_after = SIZE_MAX,
                                   .timeout_ms = FIXTURE_TIMEOUT_MS};
}

struct client_request fixture_post(const char *body)
{
    struct client_request request = fixture_get();
    request.method = span_cstr("POST");
    request.body = span_cstr(body);
    request.has_body = true;
    return request;
}

void fixture_start(struct fixture *fixture, const struct client_request *request)
{
    size_t max_body = fixture->seen.body.max;
    response_seen_fini(&fixture->seen);
    arena_reset(&fixture->arena);
    response_seen_init(&fixture->seen, &fixture->arena, max_body);
    fixture->ends = 0;
    fixture->body_calls = 0;
    fixture->head_calls = 0;
    fixture->exchange = client_start(fixture->client, request, &fixture->seen, &callbacks, fixture);
    require(fixture->exchange != NULL, "client_start");
    require(fixture->ends == 0, "on_end inside client_start");
}

enum ending fixture_finish(struct fixture *fixture)
{
    uint64_t start = loop_now_us(fixture->loop);
    while (fixture->ends == 0) {
        require(loop_now_us(fixture->loop) - start < PATIENCE_US, "the exchange does not end");
        loop_turn(fixture->loop, 1000);
    }
    /* Nothing may follow the end. */
    for (int i = 0; i < 3; i++)
        loop_turn(fixture->loop, 0);
    require(fixture->ends == 1, "on_end twice");
    return fixture->seen.ending;
}

enum ending fixture_run(struct fixture *fixture, const struct client_request *request)
{
    fixture_start(fixture, request);
    return fixture_finish(fixture);
}

void fixture_await_received(struct fixture *fixture, size_t connection, const char *text)
{
    uint64_t start = loop_now_us(fixture->loop);
    while (loop_now_us(fixture->loop) - start < PATIENCE_US) {
        if (raw_server_connections(fixture->server) > connection) {
            struct span all = raw_server_received(fixture->server, connection);
            if (all.len > 0 && memmem(all.data, all.len, text, strlen(text)))
                return;
        }
        loop_turn(fixture->loop, 100);
    }
    require(false, "the server did not receive what it waits for");
}

void fixture_await_gone(struct fixture *fixture, size_t index)
{
    uint64_t start = loop_now_us(fixture->loop);
    while (loop_now_us(fixture->loop) - start < PATIENCE_US) {
        if (raw_server_connections(fixture->server) > index && raw_server_peer_gone(fixture->server, index))
            return;
        loop_turn(fixture->loop, 100);
    }
    require(false, "the peer did not close the connection");
}

size_t fixture_events(const struct fixture *fixture, enum transcript_actor from, enum transcript_kind kind)
{
    size_t count = 0;
    const struct transcript *transcript = &fixture->seen.transcript;
    for (size_t i = 0; i < transcript->count; i++)
        count += transcript->events[i].from == from && transcript->events[i].kind == kind;
    return count;
}
