/* A program that listens like a proxy and behaves as no proxy may: a whole `transcheck run` is pointed at it in a test.
 *
 *   hostile_proxy --listen 127.0.0.1:PORT --mode NAME [--upstream ADDR:PORT --good N]    hostile_proxy --list
 *
 * With --upstream the first N connections are passed on byte for byte, so that a run gets past its preflight. Port 0
 * picks one; the address is printed on stdout once it listens. Ends at SIGTERM or SIGINT. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/net/address.h"
#include "harness/net/conn.h"
#include "harness/net/tests/hostile_scripts.h"

#define RELAY_QUEUE (1u << 20) /* more waiting pauses the other side */

/* Two connections, bytes from each to the other. */
struct relay {
    struct conn *sides[2];
    bool ended[2];
};

struct proxy {
    struct loop *loop;
    struct listener *listener;
    struct raw_server *hostile;
    char upstream_host[256];
    uint16_t upstream_port;
    unsigned long good;
};

static void relay_free(struct relay *relay, bool reset)
{
    for (int i = 0; i < 2; i++) {
        if (relay->sides[i] && reset)
            conn_abort(relay->sides[i]);
        else
            conn_free(relay->sides[i]);
    }
    free(relay);
}

static int relay_side(const struct relay *relay, const struct conn *conn)
{
    return relay->sides[0] == conn ? 0 : 1;
}

static void relay_read(void *user, struct conn *conn, struct span bytes)
{
    struct relay *relay = user;
    struct conn *other = relay->sides[!relay_side(relay, conn)];
    if (!conn_write(other, bytes))
        relay_free(relay, true);
    else if (conn_queued(other) > RELAY_QUEUE)
        conn_pause(conn, true);
}

static void relay_drain(void *user, struct conn *conn)
{
    struct relay *relay = user;
    int other = !relay_side(relay, conn);
    if (!relay->ended[other])
        conn_pause(relay->sides[other], false);
}

static void relay_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    (void)detail;
    struct relay *relay = user;
    int side = relay_side(relay, conn);
    relay->ended[side] = true;
    if (end != CONN_END_FIN)
        relay_free(relay, true);
    else if (relay->ended[!side])
        relay_free(relay, false);
    else
        conn_finish(relay->sides[!side]);
}

static const struct conn_callbacks relay_callbacks = {
    .on_read = relay_read, .on_end = relay_end, .on_drain = relay_drain};

/* The first N go to the real proxy, the others to the raw server inside, which listens on a port of its own. */
static void *on_accept(void *user, struct conn *conn)
{
    struct proxy *proxy = user;
    struct relay *relay = calloc(1, sizeof *relay);
    const char *host = "127.0.0.1";
    uint16_t port = raw_server_port(proxy->hostile);
    if (proxy->good > 0) {
        proxy->good--;
        host = proxy->upstream_host;
        port = proxy->upstream_port;
    }
    if (!relay ||
        conn_connect(&relay->sides[1], proxy->loop, host, port, NULL, &relay_callbacks, relay, NULL) != ERR_OK) {
        free(relay);
        return NULL;
    }
    relay->sides[0] = conn;
    return relay;
}

static void on_signal(void *user, int signum)
{
    (void)signum;
    loop_stop(user);
}

static int usage(void)
{
    fprintf(stderr, "usage: hostile_proxy --listen ADDR:PORT --mode NAME [--upstream ADDR:PORT --good N] | --list\n");
    return 2;
}

static int list(void)
{
    for (size_t i = 0; i < hostile_script_count(); i++)
        puts(hostile_script_at(i)->name);
    return 0;
}

static int serve(struct proxy *proxy, const struct hostile_script *script, const char *host, uint16_t port)
{
    struct err err = {0};
    if (loop_new(&proxy->loop, &err) != ERR_OK) {
        fprintf(stderr, "hostile_proxy: %s\n", err.text);
        return 1;
    }
    int code = 1;
    uint16_t bound = 0;
    if (proxy->good > 0) {
        proxy->hostile = raw_server_new(proxy->loop, 0, NULL);
        if (listener_new(&proxy->listener, proxy->loop, host, port, NULL, &relay_callbacks, on_accept, proxy, &err) !=
            ERR_OK)
            goto out;
        bound = listener_port(proxy->listener);
    } else {
        proxy->hostile = raw_server_new(proxy->loop, port, NULL);
        bound = raw_server_port(proxy->hostile);
    }
    raw_server_add_both(proxy->hostile, script->h1, script->h2);
    if (loop_on_signal(proxy->loop, SIGTERM, on_signal, proxy->loop, &err) != ERR_OK ||
        loop_on_signal(proxy->loop, SIGINT, on_signal, proxy->loop, &err) != ERR_OK)
        goto out;
    printf("listening on %s:%u\n", host, (unsigned)bound);
    fflush(stdout);
    loop_run(proxy->loop);
    code = 0;
out:
    if (err.text[0])
        fprintf(stderr, "hostile_proxy: %s\n", err.text);
    listener_free(proxy->listener);
    raw_server_free(proxy->hostile);
    loop_free(proxy->loop);
    return code;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"listen", required_argument, NULL, 'l'},   {"mode", required_argument, NULL, 'm'},
        {"upstream", required_argument, NULL, 'u'}, {"good", required_argument, NULL, 'g'},
        {"list", no_argument, NULL, 'L'},           {NULL, 0, NULL, 0}};
    struct proxy proxy = {0};
    struct err err = {0};
    const struct hostile_script *script = NULL;
    char host[256] = "";
    uint16_t port = 0;
    enum err_code rc = ERR_OK;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1 && rc == ERR_OK;) {
        if (option == 'l')
            rc = address_parse(host, sizeof host, &port, optarg, &err);
        else if (option == 'm')
            script = hostile_script_find(optarg);
        else if (option == 'u')
            rc = address_parse(proxy.upstream_host, sizeof proxy.upstream_host, &proxy.upstream_port, optarg, &err);
        else if (option == 'g')
            proxy.good = strtoul(optarg, NULL, 10);
        else if (option == 'L')
            return list();
        else
            return usage();
    }
    if (rc != ERR_OK || !script || !host[0] || (proxy.good > 0) != (proxy.upstream_host[0] != 0))
        return usage();
    return serve(&proxy, script, host, port);
}
