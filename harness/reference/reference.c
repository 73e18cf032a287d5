/* The reference transcoder: its listener, its limits, its life. */
#include "harness/reference/reference.h"

#include <stdlib.h>

#include "harness/reference/bridge.h"
#include "harness/reference/client.h"
#include "harness/reference/upstream.h"

/* RFC 9113, section 3.4. */
static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
#define PREFACE_LEN (sizeof preface - 1)

struct reference {
    struct reference_core core;
    struct listener *listener;
    struct tls_config *tls; /* of clients */
    struct tls_config *backend_tls;
    struct client_connection *clients;
    size_t client_count;
};

/* ---- clients */

static void connection_free(struct client_connection *client)
{
    *client->link = client->next;
    if (client->next)
        client->next->link = client->link;
    client->reference->client_count--;
    loop_revoke(&client->task);
    loop_timer_free(client->idle);
    if (client->protocol)
        client->protocol->fini(client);
    if (client->closing == CLIENT_ABORT)
        conn_abort(client->conn);
    else
        conn_free(client->conn);
    leftovers_fini(&client->left);
    free(client);
}

static void client_task(struct loop_task *task)
{
    connection_free((struct client_connection *)((char *)task - offsetof(struct client_connection, task)));
}

void client_close(struct client_connection *client, enum client_closing how)
{
    if (client->closing < how)
        client->closing = how;
    loop_post(client->core->loop, &client->task);
}

void client_active(struct client_connection *client)
{
    loop_timer_start(client->idle, REFERENCE_IDLE_MS);
}

static void client_idle(void *user)
{
    client_close(user, CLIENT_CLOSE);
}

static void *client_accept(void *user, struct conn *conn)
{
    struct reference *reference = user;
    if (reference->client_count == REFERENCE_MAX_CONNS || !budget_take(reference->core.budget, 0))
        return NULL;
    conn_set_budget(conn, reference->core.budget);
    struct client_connection *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    client->idle = loop_timer_new(reference->core.loop, client_idle, client);
    if (!client->idle) {
        free(client);
        return NULL;
    }
    client->reference = reference;
    client->core = &reference->core;
    client->conn = conn;
    client->task.fn = client_task;
    client->next = reference->clients;
    client->link = &reference->clients;
    if (client->next)
        client->next->link = &client->next;
    reference->clients = client;
    reference->client_count++;
    leftovers_init(&client->left);
    client_active(client);
    return client;
}

/* HTTP/2 begins with its preface; whatever differs from that is HTTP/1. */
static bool choose_protocol(struct client_connection *client, struct span *bytes)
{
    while (client->first_len < PREFACE_LEN && bytes->len > 0 && bytes->data[0] == (uint8_t)preface[client->first_len]) {
        client->first[client->first_len++] = bytes->data[0];
        *bytes = span_from(*bytes, 1);
    }
    if (client->first_len < PREFACE_LEN && bytes->len == 0)
        return false;
    client->protocol = client->first_len == PREFACE_LEN ? &http2_protocol : &http1_protocol;
    if (!client->protocol->init(client)) {
        client->protocol = NULL;
        client_close(client, CLIENT_ABORT);
        return false;
    }
    client->protocol->read(client, span_of(client->first, client->first_len));
    return true;
}

static void client_read(void *user, struct conn *conn, struct span bytes)
{
    (void)conn;
    struct client_connection *client = user;
    if (client->closing != CLIENT_OPEN)
        return;
    client_active(client);
    if (!client->protocol && !choose_protocol(client, &bytes))
        return;
    if (client->closing == CLIENT_OPEN && bytes.len > 0)
        client->protocol->read(client, bytes);
}

static void client_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    (void)conn;
    (void)end;
    (void)detail;
    struct client_connection *client = user;
    if (client->protocol)
        client->protocol->end(client);
    client_close(client, CLIENT_CLOSE);
}

static void client_drain(void *user, struct conn *conn)
{
    (void)conn;
    struct client_connection *client = user;
    if (client->protocol && client->closing == CLIENT_OPEN)
        client->protocol->drain(client);
}

static const struct conn_callbacks client_callbacks = {
    .on_read = client_read, .on_end = client_end, .on_drain = client_drain};

/* ---- the transcoder */

static enum err_code make_tls(struct reference *reference, const struct reference_options *options, struct err *err)
{
    static const char *const front[] = {"h2", "http/1.1", NULL};
    static const char *const back[] = {"h2", NULL};
    const struct tls_options server = {.server = true,
                                       .cert_file = options->cert_file,
                                       .key_file = options->key_file,
                                       .self_signed = !options->cert_file,
                                       .alpn = front};
    const struct tls_options client = {.insecure = true, .alpn = back};
    enum err_code code = ERR_OK;
    if (options->tls)
        code = tls_config_new(&reference->tls, &server, err);
    if (code == ERR_OK && options->backend_tls)
        code = tls_config_new(&reference->backend_tls, &client, err);
    return code;
}

enum err_code reference_new(struct reference **out, struct loop *loop, const struct reference_options *options,
                            struct err *err)
{
    *out = NULL;
    struct reference *reference = calloc(1, sizeof *reference);
    if (!reference)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    struct reference_core *core = &reference->core;
    core->budget = options->budget;
    core->loop = loop;
    core->schema = options->schema;
    core->defect = options->defect;
    core->transcodes = options->mode == MODE_TRANSCODER;
    core->gateway = options->gateway;
    core->backend_tls = options->backend_tls;
    buf_init(&core->shared, REFERENCE_MAX_JSON);
    core->deadline_ms = options->deadline_ms ? options->deadline_ms : REFERENCE_DEADLINE_MS;
    enum err_code code = router_new(&core->router, options->schema, NULL, err);
    if (code == ERR_OK)
        code = make_tls(reference, options, err);
    if (code == ERR_OK)
        code = upstream_new(&core->upstream, loop, options->backend_host, options->backend_port, reference->backend_tls,
                            core->budget, err);
    if (code == ERR_OK)
        code = bridge_new(&core->bridge, loop, options, err);
    if (code == ERR_OK)
        code = listener_new(&reference->listener, loop, options->listen_host, options->listen_port, reference->tls,
                            &client_callbacks, client_accept, reference, err);
    if (code != ERR_OK) {
        reference_free(reference);
        return code;
    }
    *out = reference;
    return ERR_OK;
}

void reference_free(struct reference *reference)
{
    if (!reference)
        return;
    if (reference->listener)
        listener_free(reference->listener);
    while (reference->clients) {
        reference->clients->closing = CLIENT_ABORT;
        connection_free(reference->clients);
    }
    upstream_free(reference->core.upstream);
    bridge_free(reference->core.bridge);
    buf_fini(&reference->core.shared);
    router_free(reference->core.router);
    tls_config_free(reference->tls);
    tls_config_free(reference->backend_tls);
    free(reference);
}

uint16_t reference_port(const struct reference *reference)
{
    return listener_port(reference->listener);
}
