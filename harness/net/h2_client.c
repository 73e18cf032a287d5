/* HTTP/2 with prior knowledge, or over TLS with ALPN h2. An exchange is a stream on a connection: one of its own, or
 * with `reuse` one of a few that stay. Sees what libcurl hides: resets, early answers, GOAWAY, malformed messages. */
#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/h2_frame.h"
#include "harness/net/client_impl.h"
#include "harness/net/conn.h"
#include "harness/net/h2.h"
#include "harness/net/h2_check.h"
#include "harness/net/h2_request.h"

#define UPLOAD_AHEAD        (256u << 10) /* bytes queued in one stream at a time */
#define UPLOAD_PIECES       64u          /* DATA frames queued in one stream at a time */
#define CONTINUE_TIMEOUT_MS 1000
#define SCRATCH_MAX         (4u << 20)
#define TOGETHER_NOBODY     UINT64_MAX /* a connection for one exchange */

struct link;

struct h2_exchange {
    struct client_exchange base;
    struct link *link;
    struct h2_exchange *next; /* on its link */
    struct h2_exchange *prev;
    struct h2_check check;
    struct loop_timer *continue_timer; /* made when a request asks for 100 */
    bool last_given;                   /* END_STREAM is on its way */
    bool holding;                      /* waits for 100 before it sends the body */
    bool paused;
    size_t unconsumed;
};

/* A connection. */
struct link {
    struct h2_client *client;
    struct link *next;
    struct conn *conn;
    struct h2 *h2;
    uint32_t number;
    uint64_t together; /* only exchanges with this number use it; 0: any */
    bool open;         /* TCP, and TLS, are there */
    bool dead;         /* to be freed by the reaper */
    bool recognised;   /* what came first is not HTTP/1 text */
    struct buf first;
    struct h2_exchange *exchanges;
    size_t load;
};

struct h2_client {
    struct client base;
    char *host;
    uint16_t port;
    bool reuse;
    size_t max_links;
    struct tls_config *tls;
    struct link *links;
    size_t link_count;
    struct loop_task reap;
    struct arena scratch;
};

static const struct conn_callbacks link_callbacks;
static void exchange_submit(struct h2_exchange *x);

/* ---- exchanges on a connection */

static void link_attach(struct link *link, struct h2_exchange *x)
{
    x->link = link;
    x->base.conn = link->number;
    x->next = link->exchanges;
    if (link->exchanges)
        link->exchanges->prev = x;
    link->exchanges = x;
    link->load++;
}

static void link_bury(struct link *link)
{
    link->dead = true;
    loop_post(link->client->base.loop, &link->client->reap);
}

static void exchange_detach(struct h2_exchange *x)
{
    struct link *link = x->link;
    if (!link)
        return;
    if (x->base.stream > 0)
        h2_set_stream_user(link->h2, x->base.stream, NULL);
    if (x->prev)
        x->prev->next = x->next;
    else
        link->exchanges = x->next;
    if (x->next)
        x->next->prev = x->prev;
    x->link = NULL;
    link->load--;
    if (x->continue_timer)
        loop_timer_stop(x->continue_timer);
    bool stays = link->together > 0 ? x->base.request.keep : link->client->reuse;
    if (link->load == 0 && (!stays || h2_draining(link->h2)))
        link_bury(link);
}

static void own_rst(struct h2_exchange *x, uint32_t code)
{
    struct link *link = x->link;
    if (!link || link->dead || x->base.stream <= 0 || !h2_rst(link->h2, x->base.stream, code))
        return;
    struct transcript_event event = {.at_us = loop_now_us(link->client->base.loop),
                                     .from = TRANSCRIPT_CLIENT,
                                     .kind = TRANSCRIPT_RST,
                                     .conn = link->number,
                                     .stream = x->base.stream,
                                     .code = code};
    transcript_add(&x->base.seen->transcript, &event);
    h2_flush(link->h2);
}

static void exchange_end(struct h2_exchange *x, enum ending ending)
{
    client_end(&x->base, ending);
    exchange_detach(x);
}

/* The server broke the rules, or a limit was reached: tells it and ends. */
static void exchange_drop(struct h2_exchange *x, uint32_t code)
{
    if (x->check.problem[0]) {
        client_detail(&x->base, "%s", x->check.problem);
        client_end(&x->base, ENDING_MALFORMED);
    }
    own_rst(x, code);
    exchange_detach(x);
}

static void response_end(struct h2_exchange *x)
{
    h2_check_end(&x->check);
    if (x->check.problem[0]) {
        exchange_drop(x, H2_CODE_PROTOCOL_ERROR);
        return;
    }
    client_end(&x->base, ENDING_COMPLETE);
    /* What is left of the request's body is of no use to anybody. */
    if (!x->base.upload_done)
        own_rst(x, H2_CODE_CANCEL);
    exchange_detach(x);
}

/* ---- the request's body */

/* How far the body may be sent now. */
static size_t upload_stop(const struct h2_exchange *x)
{
    const struct client_request *request = &x->base.request;
    size_t stop = request->abort_after < request->body.len ? request->abort_after : request->body.len;
    bool held = x->base.released < request->hold_count && request->holds[x->base.released] < stop;
    return held ? request->holds[x->base.released] : stop;
}

static void upload(struct h2_exchange *x)
{
    const struct client_request *request = &x->base.request;
    size_t stop = upload_stop(x);
    size_t queued = 0;
    if (x->holding)
        return;
    if (x->base.sent >= request->abort_after) { /* called again only when that much has been written */
        client_end(&x->base, ENDING_CANCELLED);
        own_rst(x, H2_CODE_CANCEL);
        exchange_detach(x);
        return;
    }
    for (unsigned pieces = 0; x->base.sent < stop && pieces < UPLOAD_PIECES && queued < UPLOAD_AHEAD; pieces++) {
        size_t len = stop - x->base.sent;
        size_t most = request->split_len > 0 ? request->split_len : UPLOAD_AHEAD;
        len = len < most ? len : most;
        bool last = x->base.sent + len == request->body.len && !request->open;
        x->last_given = x->last_given || last;
        if (!h2_data(x->link->h2, x->base.stream, span_of(request->body.data + x->base.sent, len), last))
            return;
        client_sent(&x->base, len, last);
        queued += len;
    }
    bool all = x->base.sent == request->body.len && request->abort_after > x->base.sent && !request->open;
    if (all && !x->last_given && h2_data(x->link->h2, x->base.stream, span_of("", 0), true)) {
        x->last_given = true;
        client_sent(&x->base, 0, true);
    }
}

static void on_sent(void *user, int32_t stream)
{
    struct link *link = user;
    struct h2_exchange *x = h2_stream_user(link->h2, stream);
    if (!x || x->base.ended)
        return;
    if (x->last_given && x->base.request.abort_after > x->base.sent)
        x->base.upload_done = true;
    else
        upload(x);
}

static void go_on(struct h2_exchange *x)
{
    if (!x->holding)
        return;
    x->holding = false;
    upload(x);
    if (x->link)
        h2_flush(x->link->h2);
}

static void hold_released(struct client_exchange *exchange)
{
    struct h2_exchange *x = (struct h2_exchange *)exchange;
    if (!x->link || x->holding)
        return;
    upload(x);
    if (x->link)
        h2_flush(x->link->h2);
}

static void on_continue_timer(void *user)
{
    struct h2_exchange *x = user;
    if (!x->base.ended)
        go_on(x);
}

/* ---- the request */

static bool continue_hold(struct h2_exchange *x)
{
    if (!x->base.request.expect_continue)
        return true;
    x->continue_timer = loop_timer_new(x->base.client->loop, on_continue_timer, x);
    if (!x->continue_timer)
        return false;
    x->holding = true;
    loop_timer_start(x->continue_timer, CONTINUE_TIMEOUT_MS);
    return true;
}

/* The frames of the request as they are written down; the stream of the answer is the connection's first. They wait for
 * the server's SETTINGS, before which some servers close a connection without a word. */
static void exchange_submit_raw(struct h2_exchange *x)
{
    struct link *link = x->link;
    if (x->base.stream > 0 || !h2_peer_settings_seen(link->h2))
        return;
    const struct raw_request *raw = x->base.request.raw;
    struct buf frames;
    buf_init(&frames, SCRATCH_MAX);
    size_t settings = 0;
    for (size_t i = 0; i < raw->frame_count; i++)
        settings += raw->frames[i].type == H2_FRAME_SETTINGS && !(raw->frames[i].flags & H2_FLAG_ACK);
    if (!client_raw(&x->base, &frames) || !h2_adopt(link->h2, x, settings)) {
        client_detail(&x->base, "the request could not be sent: it is too long");
        exchange_end(x, ENDING_REFUSED);
    } else {
        x->base.stream = (int32_t)RAW_REQUEST_STREAM;
        client_raw_sent(&x->base);
        h2_raw(link->h2, buf_span(&frames));
        h2_flush(link->h2);
    }
    buf_fini(&frames);
}

static void exchange_submit(struct h2_exchange *x)
{
    struct link *link = x->link;
    const struct client_request *request = &x->base.request;
    struct fields fields = {0};
    bool bodyless = !request->has_body || (request->body.len == 0 && !request->chunked);
    int32_t stream = -1;
    if (request->raw) {
        h2_flush(link->h2);
        exchange_submit_raw(x);
        return;
    }
    if (h2_request_fields(&fields, &link->client->scratch, request, &link->client->base))
        stream = h2_request(link->h2, &fields, bodyless);
    if (stream < 0 || (!bodyless && !continue_hold(x))) {
        client_detail(&x->base, "the request could not be sent: %s",
                      h2_draining(link->h2) ? "the connection takes no more streams" : "it is too long");
        exchange_end(x, ENDING_REFUSED);
        return;
    }
    x->base.stream = stream;
    x->base.upload_done = bodyless;
    h2_set_stream_user(link->h2, stream, x);
    client_event(&x->base, TRANSCRIPT_CLIENT, TRANSCRIPT_HEADERS, &fields, span_of(NULL, 0), bodyless);
    if (!bodyless)
        upload(x);
    h2_flush(link->h2);
}

/* ---- what the server sends */

static struct h2_exchange *exchange_of(struct link *link, int32_t stream)
{
    struct h2_exchange *x = h2_stream_user(link->h2, stream);
    return x && !x->base.ended ? x : NULL;
}

static void on_headers(void *user, int32_t stream, enum h2_headers_kind kind, const struct fields *fields,
                       bool end_stream)
{
    (void)kind; /* derived by h2_check, which also looks at what came before */
    struct link *link = user;
    struct h2_exchange *x = exchange_of(link, stream);
    if (!x)
        return;
    struct response_seen *seen = x->base.seen;
    struct fields section = {0};
    size_t total = 0;
    if (seen->first_byte_us == 0)
        seen->first_byte_us = loop_now_us(link->client->base.loop);
    seen->http_major = 2;
    for (size_t i = 0; i < fields->count; i++) {
        total += fields->items[i].name.len + fields->items[i].value.len;
        if (!client_field(&x->base, &section, fields->items[i].name, fields->items[i].value)) {
            exchange_drop(x, H2_CODE_CANCEL);
            return;
        }
    }
    enum h2_headers_kind found = h2_check_section(&x->check, &section, end_stream);
    client_section(&x->base, &section, x->check.status, found == H2_TRAILERS, end_stream);
    if (x->base.ended || x->check.problem[0] || !client_count_header(&x->base, total))
        exchange_drop(x, x->check.problem[0] ? H2_CODE_PROTOCOL_ERROR : H2_CODE_CANCEL);
    else if (end_stream)
        response_end(x);
    else if (found == H2_INFORMATIONAL && x->check.status == 100)
        go_on(x);
}

static void on_data(void *user, int32_t stream, struct span bytes)
{
    struct link *link = user;
    struct h2_exchange *x = exchange_of(link, stream);
    if (!x) {
        h2_consume(link->h2, stream, bytes.len);
        return;
    }
    h2_check_data(&x->check, bytes.len);
    bool go = client_body(&x->base, bytes, false);
    if (!x->link) { /* cancelled in on_body */
        h2_consume(link->h2, stream, bytes.len);
        return;
    }
    if (!x->paused)
        h2_consume(link->h2, stream, bytes.len);
    else
        x->unconsumed += bytes.len;
    if (!go || x->check.problem[0])
        exchange_drop(x, x->check.problem[0] ? H2_CODE_PROTOCOL_ERROR : H2_CODE_CANCEL);
}

static void on_data_end(void *user, int32_t stream, size_t frame_len, bool end_stream)
{
    struct link *link = user;
    struct h2_exchange *x = exchange_of(link, stream);
    if (!x)
        return;
    if (frame_len == 0)
        h2_check_data(&x->check, 0);
    if (end_stream) {
        client_event(&x->base, TRANSCRIPT_PROXY, TRANSCRIPT_DATA, NULL, span_of(NULL, 0), true);
        response_end(x);
    } else if (x->check.problem[0]) {
        exchange_drop(x, H2_CODE_PROTOCOL_ERROR);
    }
}

static void on_rst(void *user, int32_t stream, uint32_t code)
{
    struct link *link = user;
    struct h2_exchange *x = exchange_of(link, stream);
    if (!x)
        return;
    x->base.seen->reset_code = code;
    client_event(&x->base, TRANSCRIPT_PROXY, TRANSCRIPT_RST, NULL, span_of(NULL, 0), false);
    exchange_end(x, ENDING_RESET);
}

static void on_goaway(void *user, int32_t last_stream, uint32_t code, struct span debug)
{
    struct link *link = user;
    for (struct h2_exchange *x = link->exchanges, *next; x; x = next) {
        next = x->next;
        uint32_t before = x->base.seen->reset_code;
        x->base.seen->reset_code = code;
        client_event(&x->base, TRANSCRIPT_PROXY, TRANSCRIPT_GOAWAY, NULL, debug, false);
        if (x->base.stream > last_stream)
            exchange_end(x, ENDING_RESET);
        else
            x->base.seen->reset_code = before;
    }
}

/* nghttp2 closed the stream by itself: the server broke a rule that concerns just this stream, or a limit of h2.h. */
static void on_close(void *user, int32_t stream, uint32_t code)
{
    struct link *link = user;
    struct h2_exchange *x = exchange_of(link, stream);
    if (!x)
        return;
    if (code == H2_CODE_REFUSED_STREAM) {
        x->base.seen->reset_code = code;
        exchange_end(x, ENDING_RESET);
    } else if (code == H2_CODE_ENHANCE_YOUR_CALM) {
        if (x->base.seen->over_budget)
            client_detail(&x->base, "%s", CLIENT_NO_MEMORY);
        else
            client_detail(&x->base, "a header section is longer than %u bytes", H2_MAX_HEADER_BYTES);
        exchange_end(x, ENDING_TOO_LARGE);
    } else {
        client_detail(&x->base, "the stream broke a rule of HTTP/2 (error code %u)", (unsigned)code);
        exchange_end(x, ENDING_MALFORMED);
    }
}

static bool on_write(void *user, struct span bytes)
{
    struct link *link = user;
    return conn_write(link->conn, bytes);
}

static size_t on_queued(void *user)
{
    const struct link *link = user;
    return conn_queued(link->conn);
}

/* The budget has no room for a stream or a header section: whose it was is not known. */
static void on_turned_away(void *user)
{
    struct link *link = user;
    for (struct h2_exchange *x = link->exchanges; x; x = x->next)
        x->base.seen->over_budget = true;
}

/* ---- connections */

/* Ends all exchanges of a connection. `text` is escaped; NULL: no detail. */
static void link_fail(struct link *link, enum ending ending, const char *text, struct span shown)
{
    link->open = false;
    link_bury(link);
    while (link->exchanges) {
        struct h2_exchange *x = link->exchanges;
        if (text && shown.len > 0)
            client_detail_bytes(&x->base, text, shown);
        else if (text)
            client_detail(&x->base, "%s", text);
        exchange_end(x, ending);
    }
}

/* `how`: of a connection that was there before, or NULL. */
static void exchange_begin(struct h2_exchange *x, const char *how)
{
    struct transcript_event event = {.at_us = loop_now_us(x->base.client->loop),
                                     .from = TRANSCRIPT_CLIENT,
                                     .kind = TRANSCRIPT_CONNECT,
                                     .conn = x->link->number,
                                     .note = how};
    transcript_add(&x->base.seen->transcript, &event);
    exchange_submit(x);
}

static void on_link_open(void *user, struct conn *conn, struct span alpn)
{
    (void)conn;
    struct link *link = user;
    if (link->client->tls && !span_is(alpn, "h2")) {
        link_fail(link, ENDING_REFUSED, "the server did not choose h2 by ALPN", alpn);
        return;
    }
    link->open = true;
    for (struct h2_exchange *x = link->exchanges, *next; x; x = next) {
        next = x->next;
        exchange_begin(x, NULL);
    }
}

/* false while it may still become HTTP/1 text, or when it is: then the connection has failed. */
static bool link_recognise(struct link *link, struct span *bytes)
{
    static const char text[] = "HTTP/";
    if (link->recognised)
        return true;
    buf_append(&link->first, bytes->data, bytes->len);
    *bytes = buf_span(&link->first);
    size_t known = bytes->len < sizeof text - 1 ? bytes->len : sizeof text - 1;
    if (memcmp(bytes->data, text, known) != 0) {
        link->recognised = true;
        return true;
    }
    if (known == sizeof text - 1) {
        size_t line = span_index_of(*bytes, '\n', 0);
        link_fail(link, ENDING_REFUSED, "the server answers the HTTP/2 preface with HTTP/1",
                  span_of(bytes->data, line));
    }
    return false;
}

static void on_link_read(void *user, struct conn *conn, struct span bytes)
{
    (void)conn;
    struct link *link = user;
    struct err err = {0};
    if (link->dead || !link_recognise(link, &bytes))
        return;
    if (h2_receive(link->h2, bytes, &err) != ERR_OK)
        link_fail(link, ENDING_MALFORMED, err.text, span_of(NULL, 0));
    else if (link->exchanges && link->exchanges->base.request.raw)
        exchange_submit_raw(link->exchanges);
    else if (link->load == 0 && h2_draining(link->h2))
        link_bury(link);
    buf_fini(&link->first);
}

static void on_link_end(void *user, struct conn *conn, enum conn_end end, const char *detail)
{
    (void)conn;
    struct link *link = user;
    bool spoke = h2_peer_settings_seen(link->h2);
    struct span none = span_of(NULL, 0);
    if (link->dead)
        return;
    if (end == CONN_END_REFUSED || !link->open)
        link_fail(link, ENDING_REFUSED, detail, none);
    else if (end == CONN_END_TLS)
        link_fail(link, ENDING_MALFORMED, detail, none);
    else if (!spoke && end == CONN_END_FIN)
        link_fail(link, ENDING_REFUSED, "the server closed the connection before its SETTINGS frame", none);
    else if (!spoke)
        link_fail(link, ENDING_REFUSED, "the server reset the connection before its SETTINGS frame", none);
    else if (end == CONN_END_FIN)
        link_fail(link, ENDING_CUT, NULL, none);
    else
        link_fail(link, ENDING_CONN_RESET, end == CONN_END_RESET ? NULL : detail, none);
}

static void on_link_drain(void *user, struct conn *conn)
{
    (void)conn;
    struct link *link = user;
    if (link->open && !link->dead)
        h2_flush(link->h2);
}

static const struct conn_callbacks link_callbacks = {
    .on_open = on_link_open, .on_read = on_link_read, .on_end = on_link_end, .on_drain = on_link_drain};

static void link_free(struct link *link)
{
    h2_free(link->h2);
    conn_free(link->conn);
    buf_fini(&link->first);
    free(link);
}

/* Frees the dead, from a clean stack. */
static void reap(struct loop_task *task)
{
    struct h2_client *client = (struct h2_client *)((char *)task - offsetof(struct h2_client, reap));
    for (struct link **at = &client->links; *at;) {
        struct link *link = *at;
        if (!link->dead) {
            at = &link->next;
            continue;
        }
        *at = link->next;
        client->link_count--;
        link_free(link);
    }
}

static struct link *link_new(struct h2_client *client, struct err *err)
{
    static const struct h2_callbacks callbacks = {
        .write = on_write,
        .queued = on_queued,
        .on_turned_away = on_turned_away,
        .on_headers = on_headers,
        .on_data = on_data,
        .on_data_end = on_data_end,
        .on_rst = on_rst,
        .on_goaway = on_goaway,
        .on_close = on_close,
        .on_sent = on_sent,
    };
    const struct h2_options options = {.manual_window = true, .budget = client->base.budget};
    struct link *link = calloc(1, sizeof *link);
    if (!link) {
        err_set(err, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    link->client = client;
    buf_init(&link->first, CONN_MAX_QUEUED);
    if (h2_new(&link->h2, &options, &callbacks, link, err) != ERR_OK ||
        conn_connect(&link->conn, client->base.loop, client->host, client->port, client->tls, &link_callbacks, link,
                     err) != ERR_OK) {
        h2_free(link->h2);
        free(link);
        return NULL;
    }
    conn_set_budget(link->conn, client->base.budget);
    link->number = ++client->base.conn_count;
    link->next = client->links;
    client->links = link;
    client->link_count++;
    return link;
}

/* The connection of those that belong together; it is closed when the last of them has ended, unless another follows.
 */
static struct link *link_of_together(struct h2_client *client, uint64_t together, struct err *err)
{
    for (struct link *link = client->links; link; link = link->next) {
        if (link->together == together && together != TOGETHER_NOBODY && !link->dead &&
            (link->load > 0 || !h2_draining(link->h2)))
            return link;
    }
    struct link *link = link_new(client, err);
    if (link)
        link->together = together;
    return link;
}

/* With reuse: an idle connection, else a new one, else the least loaded. */
static struct link *link_take(struct h2_client *client, struct err *err)
{
    struct link *best = NULL;
    size_t usable = 0;
    if (!client->reuse)
        return link_new(client, err);
    for (struct link *link = client->links; link; link = link->next) {
        if (link->dead || link->together > 0 || h2_draining(link->h2))
            continue;
        usable++;
        if (!best || link->load < best->load)
            best = link;
    }
    if (best && (best->load == 0 || usable >= client->max_links))
        return best;
    return link_new(client, err);
}

/* ---- the class behind client.h */

static void h2_start(struct client_exchange *exchange)
{
    struct h2_exchange *x = (struct h2_exchange *)exchange;
    struct err err = {0};
    h2_check_init(&x->check, span_is(exchange->request.method, "HEAD"));
    struct h2_client *client = (struct h2_client *)exchange->client;
    uint64_t together = exchange->request.raw ? TOGETHER_NOBODY : exchange->request.together;
    struct link *link = together > 0 ? link_of_together(client, together, &err) : link_take(client, &err);
    if (!link) {
        client_detail(exchange, "%s", err.text);
        client_end(exchange, ENDING_REFUSED);
        return;
    }
    link_attach(link, x);
    if (link->open)
        exchange_begin(x, "used before");
}

static void h2_stop(struct client_exchange *exchange)
{
    struct h2_exchange *x = (struct h2_exchange *)exchange;
    own_rst(x, H2_CODE_CANCEL);
    exchange_detach(x);
}

static void h2_pause(struct client_exchange *exchange, bool pause)
{
    struct h2_exchange *x = (struct h2_exchange *)exchange;
    struct link *link = x->link;
    x->paused = pause;
    if (!link)
        return;
    if (!link->client->reuse && link->together == 0)
        conn_pause(link->conn, pause);
    if (!pause && x->unconsumed > 0) {
        h2_consume(link->h2, x->base.stream, x->unconsumed);
        x->unconsumed = 0;
        h2_flush(link->h2);
    }
}

static void h2_discard(struct client_exchange *exchange)
{
    struct h2_exchange *x = (struct h2_exchange *)exchange;
    loop_timer_free(x->continue_timer);
    x->continue_timer = NULL;
}

static void h2_client_free(struct client *base)
{
    struct h2_client *client = (struct h2_client *)base;
    loop_revoke(&client->reap);
    for (struct link *link = client->links, *next; link; link = next) {
        next = link->next;
        link_free(link);
    }
    tls_config_free(client->tls);
    client_fini(base);
    arena_fini(&client->scratch);
    free(client->host);
    free(client);
}

static const struct client_class h2_class = {
    .exchange_size = sizeof(struct h2_exchange),
    .free = h2_client_free,
    .start = h2_start,
    .stop = h2_stop,
    .pause = h2_pause,
    .go_on = hold_released,
    .discard = h2_discard,
};

enum err_code h2_client_new(struct client **out, struct loop *loop, const struct client_options *options,
                            struct err *err)
{
    static const char *const alpn[] = {"h2", NULL};
    *out = NULL;
    struct h2_client *client = calloc(1, sizeof *client);
    if (!client)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    enum err_code rc = client_init(&client->base, &h2_class, loop, options, err);
    if (rc != ERR_OK) {
        free(client);
        return rc;
    }
    client->reap.fn = reap;
    arena_init(&client->scratch, SCRATCH_MAX);
    client->port = options->port;
    client->reuse = options->reuse;
    client->max_links = options->max_connections > 0 ? options->max_connections : 1;
    client->host = strdup(options->host);
    if (!client->host) {
        rc = err_set(err, ERR_NO_MEMORY, "out of memory");
    } else if (options->tls) {
        struct tls_options tls = {.cert_file = options->cert_file,
                                  .key_file = options->key_file,
                                  .cacert_file = options->cacert_file,
                                  .insecure = options->insecure,
                                  .alpn = alpn};
        rc = tls_config_new(&client->tls, &tls, err);
    }
    if (rc != ERR_OK) {
        h2_client_free(&client->base);
        return rc;
    }
    *out = &client->base;
    return ERR_OK;
}
