/* Finds out what speaks at a port. */
#include "harness/net/port_probe.h"

#include <stdio.h>
#include <string.h>

#include "harness/net/conn.h"

#define ALERT_MS    300 /* TLS 1.3: a server refuses our certificate, or its absence, after our handshake has ended */
#define FRAME_TYPE  3   /* offset in the header of an HTTP/2 frame */
#define SETTINGS    4
#define GOAWAY      7
#define FIRST_BYTES 9

struct probe {
    struct conn *conn;
    const struct client_options *options;
    bool tls;
    bool opened;
    bool ended;
    bool http;
    enum tls_failure failure;
    uint8_t first[FIRST_BYTES]; /* of what came without TLS */
    size_t first_len;
    char detail[256];
};

static void on_open(void *user, struct conn *conn, struct span alpn)
{
    struct probe *probe = user;
    char request[512];
    (void)alpn;
    probe->opened = true;
    if (probe->tls)
        return;
    int len = snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: %.255s\r\nConnection: close\r\n\r\n",
                       probe->options->host);
    conn_write(conn, span_of(request, (size_t)len));
}

/* HTTP/1 text, or the frames with which a server of HTTP/2 begins or answers what it does not understand. */
static bool looks_like_http(const uint8_t *bytes, size_t len)
{
    if (len >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        return true;
    return len >= FIRST_BYTES && (bytes[FRAME_TYPE] == SETTINGS || bytes[FRAME_TYPE] == GOAWAY) &&
           memcmp(bytes + FRAME_TYPE + 2, "\0\0\0\0", 4) == 0; /* on stream 0 */
}

static void on_read(void *user, struct conn *conn, struct span bytes)
{
    struct probe *probe = user;
    (void)conn;
    size_t room = FIRST_BYTES - probe->first_len;
    size_t len = bytes.len < room ? bytes.len : room;
    if (probe->tls)
        return;
    memcpy(probe->first + probe->first_len, bytes.data, len);
    probe->first_len += len;
    probe->http = looks_like_http(probe->first, probe->first_len);
}

static void on_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    struct probe *probe = user;
    probe->ended = true;
    if (end == CONN_END_TLS)
        probe->failure = conn_tls_failure(conn);
    snprintf(probe->detail, sizeof probe->detail, "%s", detail ? detail : "");
}

static const struct conn_callbacks callbacks = {.on_open = on_open, .on_read = on_read, .on_end = on_end};

/* One connection, until it has ended or told enough. */
static void try_once(struct probe *probe, struct loop *loop, const struct client_options *options,
                     struct tls_config *tls)
{
    *probe = (struct probe){.options = options, .tls = tls != NULL};
    struct err err;
    if (conn_connect(&probe->conn, loop, options->host, options->port, tls, &callbacks, probe, &err) != ERR_OK)
        return;
    uint64_t start_us = loop_now_us(loop), opened_us = 0;
    while (!probe->ended && !probe->http && loop_now_us(loop) - start_us < PORT_PROBE_TIMEOUT_MS * 1000) {
        loop_turn(loop, 20);
        if (tls && probe->opened && opened_us == 0)
            opened_us = loop_now_us(loop);
        if (opened_us != 0 && loop_now_us(loop) - opened_us >= ALERT_MS * 1000)
            break;
    }
    conn_free(probe->conn);
}

static enum port_speaks judge_tls(const struct probe *probe)
{
    switch (probe->failure) {
    case TLS_FAILURE_UNTRUSTED:
        return PORT_SPEAKS_TLS_UNTRUSTED;
    case TLS_FAILURE_WANTS_CERTIFICATE:
        return PORT_SPEAKS_TLS_WANTS_CERTIFICATE;
    default:
        return probe->opened ? PORT_SPEAKS_TLS : PORT_SPEAKS_UNKNOWN;
    }
}

void port_probe_run(struct port_probe *out, struct loop *loop, const struct client_options *options)
{
    static const char *const alpn[] = {"h2", "http/1.1", NULL};
    struct tls_options tls_options = {.cacert_file = options->tls ? options->cacert_file : NULL,
                                      .cert_file = options->cert_file,
                                      .key_file = options->key_file,
                                      .insecure = options->insecure || !options->tls,
                                      .alpn = alpn};
    struct tls_config *tls = NULL;
    struct probe probe;
    struct err err;
    *out = (struct port_probe){.speaks = PORT_SPEAKS_UNKNOWN};
    if (tls_config_new(&tls, &tls_options, &err) == ERR_OK) {
        try_once(&probe, loop, options, tls);
        out->speaks = judge_tls(&probe);
        memcpy(out->detail, probe.detail, sizeof out->detail);
        tls_config_free(tls);
    }
    if (out->speaks != PORT_SPEAKS_UNKNOWN)
        return;
    try_once(&probe, loop, options, NULL);
    if (probe.http)
        out->speaks = PORT_SPEAKS_PLAIN_HTTP;
}
