/* HTTP/1.1 requests as a case writes them, byte by byte, which libcurl would not send: each on a connection of its own,
 * closed when its exchange ends. The answer is read by http_parser, beside which the strict watch looks at the same
 * bytes. Behind the answer the connection may stay for a while, so that the proxy has the time to close it, or to
 * answer what it takes for another request; that is told on the time line and is no part of the answer. */
#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/escape.h"
#include "harness/net/client_impl.h"
#include "harness/net/conn.h"
#include "harness/net/http1_watch.h"

#define MAX_SENT    (1u << 20)
#define MAX_LINE    CLIENT_MAX_HEADER
#define SHOWN_BYTES 80u /* of what comes behind the answer */

struct raw_exchange {
    struct client_exchange base;
    struct conn *conn;
    bool open; /* TCP, and TLS, are there */
    struct loop_timer *stay;
    http_parser parser;
    struct http1_watch watch;
    struct buf line; /* of a header section, for the watch */
    struct buf name; /* of the field that is being read */
    struct buf value;
    bool value_begun;
    struct fields section; /* that is being read */
    bool body_begun;
    bool answered; /* the answer is whole */
    bool more;     /* something came behind it */
};

struct raw_client {
    struct client base;
    char *host;
    uint16_t port;
    struct tls_config *tls;
};

/* ---- the answer */

static struct raw_exchange *of_parser(const http_parser *parser)
{
    return parser->data;
}

static int on_begin(http_parser *parser)
{
    struct raw_exchange *x = of_parser(parser);
    x->section = (struct fields){0};
    x->body_begun = x->value_begun = false;
    return 0;
}

static bool count_text(struct raw_exchange *x, struct buf *to, const char *at, size_t len)
{
    return client_count_header(&x->base, len) && buf_append(to, at, len);
}

/* Enters the field that is complete. */
static void field_done(struct raw_exchange *x)
{
    if (!x->value_begun)
        return; /* more of its name */
    client_field(&x->base, &x->section, buf_span(&x->name), buf_span(&x->value));
    x->value_begun = false;
    buf_reset(&x->name);
    buf_reset(&x->value);
}

static int on_field(http_parser *parser, const char *at, size_t len)
{
    struct raw_exchange *x = of_parser(parser);
    field_done(x);
    return count_text(x, &x->name, at, len) ? 0 : 1;
}

static int on_value(http_parser *parser, const char *at, size_t len)
{
    struct raw_exchange *x = of_parser(parser);
    x->value_begun = true;
    return count_text(x, &x->value, at, len) ? 0 : 1;
}

static int on_status(http_parser *parser, const char *at, size_t len)
{
    (void)at, (void)len;
    struct raw_exchange *x = of_parser(parser);
    char status[16];
    if (x->section.count > 0)
        return 0; /* more of the reason phrase */
    snprintf(status, sizeof status, "%03u", (unsigned)parser->status_code);
    return client_field(&x->base, &x->section, span_cstr(":status"), span_cstr(status)) ? 0 : 1;
}

/* 1: the message has no body, which the parser cannot know. */
static int on_headers_complete(http_parser *parser)
{
    struct raw_exchange *x = of_parser(parser);
    bool head = x->watch.head;
    if (x->section.count == 0) /* a status line without a reason phrase */
        on_status(parser, NULL, 0);
    field_done(x);
    x->body_begun = true;
    if (!x->base.ended)
        client_section(&x->base, &x->section, (int)parser->status_code, false, head);
    x->section = (struct fields){0};
    return head ? 1 : 0;
}

static int on_body(http_parser *parser, const char *at, size_t len)
{
    struct raw_exchange *x = of_parser(parser);
    return !x->base.ended && client_body(&x->base, span_of(at, len), false) ? 0 : 1;
}

static int on_complete(http_parser *parser)
{
    struct raw_exchange *x = of_parser(parser);
    if (parser->status_code < 200)
        return 0;
    field_done(x);
    x->answered = true;
    if (x->section.count > 0)
        client_section(&x->base, &x->section, 0, true, true);
    else if (x->base.seen->body_len > 0)
        client_event(&x->base, TRANSCRIPT_PROXY, TRANSCRIPT_DATA, NULL, span_of(NULL, 0), true);
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_begin,
    .on_status = on_status,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

/* The watch takes header sections by lines. */
static void watch_bytes(struct raw_exchange *x, struct span bytes)
{
    while (bytes.len > 0 && http1_watch_in_head(&x->watch)) {
        size_t end = span_index_of(bytes, '\n', 0);
        size_t len = end < bytes.len ? end + 1 : bytes.len;
        if (!buf_append(&x->line, bytes.data, len))
            return; /* the limit of a header section is smaller */
        bytes = span_from(bytes, len);
        if (x->line.data[x->line.len - 1] != '\n')
            return;
        http1_watch_line(&x->watch, buf_span(&x->line));
        buf_reset(&x->line);
    }
    if (bytes.len > 0)
        http1_watch_bytes(&x->watch, bytes);
}

/* The whole answer is there. */
static void answer_ends(struct raw_exchange *x)
{
    if (x->base.request.stay_ms == 0 || x->base.seen->closed)
        client_end(&x->base, ENDING_COMPLETE);
    else
        loop_timer_start(x->stay, x->base.request.stay_ms);
}

/* Ends the exchange when something is wrong with the bytes so far. */
static void look_for_faults(struct raw_exchange *x)
{
    enum http_errno code = HTTP_PARSER_ERRNO(&x->parser);
    if (x->base.ended)
        return;
    if (x->watch.problem[0]) {
        client_detail(&x->base, "%s", x->watch.problem);
        client_end(&x->base, ENDING_MALFORMED);
    } else if (x->watch.too_long) {
        client_detail(&x->base, "a line of the chunked coding is too long");
        client_end(&x->base, ENDING_TOO_LARGE);
    } else if (code != HPE_OK && code != HPE_PAUSED) {
        client_detail(&x->base, "http_parser: %s", http_errno_description(code));
        client_end(&x->base, ENDING_MALFORMED);
    }
}

/* What comes behind the answer. */
static void take_more(struct raw_exchange *x, struct span bytes)
{
    struct buf text;
    if (bytes.len == 0 || x->more)
        return;
    x->more = true;
    buf_init(&text, 4096);
    escape_terminal_cut(&text, span_of(bytes.data, span_index_of(bytes, '\r', 0)), SHOWN_BYTES);
    client_note(&x->base, "more came behind the answer: %s", text.data ? (const char *)text.data : "");
    buf_fini(&text);
}

static void on_read(void *user, struct conn *conn, struct span bytes)
{
    (void)conn;
    struct raw_exchange *x = user;
    if (x->base.ended)
        return;
    if (x->answered) {
        take_more(x, bytes);
        return;
    }
    if (x->base.seen->first_byte_us == 0)
        x->base.seen->first_byte_us = loop_now_us(x->base.client->loop);
    x->base.seen->http_major = 1;
    size_t parsed = http_parser_execute(&x->parser, &settings, (const char *)bytes.data, bytes.len);
    /* What the parser refuses, the watch sees too: it has better words. */
    watch_bytes(x, x->answered ? span_of(bytes.data, parsed) : bytes);
    look_for_faults(x);
    if (x->base.ended || !x->answered)
        return;
    take_more(x, span_from(bytes, parsed));
    answer_ends(x);
}

/* ---- the connection */

static void on_open(void *user, struct conn *conn, struct span alpn)
{
    (void)alpn;
    struct raw_exchange *x = user;
    struct buf bytes;
    if (x->base.ended)
        return;
    x->open = true;
    buf_init(&bytes, MAX_SENT);
    struct transcript_event event = {.at_us = loop_now_us(x->base.client->loop),
                                     .from = TRANSCRIPT_CLIENT,
                                     .kind = TRANSCRIPT_CONNECT,
                                     .conn = x->base.conn};
    transcript_add(&x->base.seen->transcript, &event);
    if (client_raw(&x->base, &bytes) && conn_write(conn, buf_span(&bytes))) {
        client_raw_sent(&x->base);
    } else {
        client_detail(&x->base, "the request could not be sent: it is too long");
        client_end(&x->base, ENDING_REFUSED);
    }
    buf_fini(&bytes);
}

/* FIN: a body that only this ends is complete. */
static void on_fin(struct raw_exchange *x)
{
    if (!x->answered)
        http_parser_execute(&x->parser, &settings, NULL, 0);
    if (!x->base.ended && x->answered)
        client_event(&x->base, TRANSCRIPT_PROXY, TRANSCRIPT_FIN, NULL, span_of(NULL, 0), false);
    client_end(&x->base, x->answered ? ENDING_COMPLETE : ENDING_CUT);
}

static void on_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    (void)conn;
    struct raw_exchange *x = user;
    if (x->base.ended)
        return;
    x->base.seen->closed = x->open;
    if (end == CONN_END_REFUSED || !x->open) {
        client_detail(&x->base, "%s", detail);
        client_end(&x->base, ENDING_REFUSED);
    } else if (x->answered) {
        client_event(&x->base, TRANSCRIPT_PROXY, end == CONN_END_FIN ? TRANSCRIPT_FIN : TRANSCRIPT_RESET, NULL,
                     span_of(NULL, 0), false);
        client_end(&x->base, ENDING_COMPLETE);
    } else if (end == CONN_END_FIN) {
        on_fin(x);
    } else if (end == CONN_END_TLS) {
        client_detail(&x->base, "%s", detail);
        client_end(&x->base, ENDING_MALFORMED);
    } else {
        client_end(&x->base, ENDING_CONN_RESET);
    }
}

static const struct conn_callbacks callbacks = {.on_open = on_open, .on_read = on_read, .on_end = on_end};

static void on_stayed(void *user)
{
    struct raw_exchange *x = user;
    client_note(&x->base, "the proxy leaves the connection open");
    client_end(&x->base, ENDING_COMPLETE);
}

/* ---- the class behind client.h */

static void raw_start(struct client_exchange *exchange)
{
    struct raw_exchange *x = (struct raw_exchange *)exchange;
    struct raw_client *client = (struct raw_client *)exchange->client;
    struct err err = {0};
    http1_watch_init(&x->watch, span_is(exchange->request.method, "HEAD"));
    http_parser_init(&x->parser, HTTP_RESPONSE);
    x->parser.data = x;
    buf_init(&x->line, MAX_LINE);
    buf_init(&x->name, MAX_LINE);
    buf_init(&x->value, MAX_LINE);
    x->stay = loop_timer_new(client->base.loop, on_stayed, x);
    if (!x->stay || conn_connect(&x->conn, client->base.loop, client->host, client->port, client->tls, &callbacks, x,
                                 &err) != ERR_OK) {
        client_detail(exchange, "%s", err.text[0] ? err.text : "out of memory");
        client_end(exchange, ENDING_REFUSED);
        return;
    }
    conn_set_budget(x->conn, client->base.budget);
    exchange->conn = ++client->base.conn_count;
}

/* The connection goes when the exchange is discarded, from a clean stack. */
static void raw_stop(struct client_exchange *exchange)
{
    (void)exchange;
}

static void raw_pause(struct client_exchange *exchange, bool pause)
{
    struct raw_exchange *x = (struct raw_exchange *)exchange;
    if (x->conn)
        conn_pause(x->conn, pause);
}

static void raw_discard(struct client_exchange *exchange)
{
    struct raw_exchange *x = (struct raw_exchange *)exchange;
    if (x->conn)
        conn_free(x->conn);
    loop_timer_free(x->stay);
    http1_watch_fini(&x->watch);
    buf_fini(&x->line);
    buf_fini(&x->name);
    buf_fini(&x->value);
    x->conn = NULL;
    x->stay = NULL;
}

static void raw_free(struct client *base)
{
    struct raw_client *client = (struct raw_client *)base;
    client_fini(base);
    tls_config_free(client->tls);
    free(client->host);
    free(client);
}

static const struct client_class raw_class = {
    .exchange_size = sizeof(struct raw_exchange),
    .free = raw_free,
    .start = raw_start,
    .stop = raw_stop,
    .pause = raw_pause,
    .discard = raw_discard,
};

enum err_code http1_raw_client_new(struct client **out, struct loop *loop, const struct client_options *options,
                                   struct err *err)
{
    static const char *const alpn[] = {"http/1.1", NULL};
    *out = NULL;
    struct raw_client *client = calloc(1, sizeof *client);
    if (!client)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    enum err_code code = client_init(&client->base, &raw_class, loop, options, err);
    if (code != ERR_OK) {
        free(client);
        return code;
    }
    client->port = options->port;
    client->host = strdup(options->host);
    const struct tls_options tls = {.cert_file = options->cert_file,
                                    .key_file = options->key_file,
                                    .cacert_file = options->cacert_file,
                                    .insecure = options->insecure,
                                    .alpn = alpn};
    if (!client->host)
        code = err_set(err, ERR_NO_MEMORY, "out of memory");
    else if (options->tls)
        code = tls_config_new(&client->tls, &tls, err);
    if (code != ERR_OK) {
        raw_free(&client->base);
        return code;
    }
    *out = &client->base;
    return ERR_OK;
}
