/* HTTP/1.1 through libcurl's multi interface on the loop. Each exchange runs in a slot: a multi handle of its own with
 * one easy handle. A slot has at most one connection, so a reused connection is known by its slot, and libcurl cannot
 * move a request to another connection without asking for a new socket, which is where a silent second sending is
 * stopped. */
#include "harness/net/http1_ending.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "harness/net/client_impl.h"
#include "harness/net/http1_request.h"
#include "harness/net/http1_response.h"
#include "harness/net/versions.h"

struct slot;

/* One socket that libcurl wants watched. */
struct poll {
    uv_poll_t handle;
    struct slot *slot; /* NULL once libcurl let go of it */
    struct poll *next;
    curl_socket_t fd;
    int events;
};

struct http1_exchange {
    struct client_exchange base;
    struct slot *slot; /* NULL while it waits for one */
    struct http1_exchange *next_waiting;
    struct http1_response response;
    bool eof_given;    /* the read callback has said that the body is over */
    uint64_t wire_due; /* body bytes on the wire when all that was read has been written, chunk framing included */
    uint64_t wire_written;
    bool head_sent; /* bytes of the request went out */
    bool head_complete;
    bool paused;
    bool pause_told;     /* libcurl knows; it does not listen before the request is out */
    bool second_stopped; /* libcurl wanted to send the request again */
};

struct http1_client {
    struct client base;
    bool reuse;
    size_t max_slots; /* 0: no limit */
    size_t slot_count;
    struct slot *slots;
    struct slot *idle;
    struct http1_exchange *waiting_head;
    struct http1_exchange *waiting_tail;
    char *url;
    char *cacert_file;
    char *cert_file;
    char *key_file;
    bool insecure;
};

struct slot {
    struct http1_client *client;
    struct slot *next;
    struct slot *next_idle;
    CURLM *multi;
    CURL *easy;
    struct loop_timer *timer;
    struct poll *polls;
    struct http1_exchange *exchange;
    bool in_curl;
    bool added;
    uint32_t conn;
    uint64_t together; /* the connection is there for the next request with this number; 0: for any, or for none */
    struct http1_request request;
    struct curl_slist *lines;
    size_t line_cap;
    struct buf head_out;
    char error[CURL_ERROR_SIZE];
};

static void slot_check(struct slot *slot);
static void slot_run(struct slot *slot, struct http1_exchange *x);

/* ---- sockets and timers of libcurl on the loop */

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void poll_close(struct poll *poll)
{
    struct slot *slot = poll->slot;
    struct poll **at = &slot->polls;
    while (*at != poll)
        at = &(*at)->next;
    *at = poll->next;
    poll->slot = NULL;
    uv_poll_stop(&poll->handle);
    uv_close((uv_handle_t *)&poll->handle, on_poll_closed);
}

static void slot_action(struct slot *slot, curl_socket_t fd, int bits)
{
    int running = 0;
    slot->in_curl = true;
    curl_multi_socket_action(slot->multi, fd, bits, &running);
    slot->in_curl = false;
}

/* Whether the whole response is there, and what is left of the request is of no use: unless another is to follow. */
static bool is_answered(const struct http1_exchange *x)
{
    return http1_watch_done(&x->response.watch) && !x->base.request.keep;
}

static bool slot_wants_write(const struct slot *slot)
{
    const struct http1_exchange *x = slot->exchange;
    return x && !x->base.ended && !is_answered(x);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct poll *poll = handle->data;
    struct slot *slot = poll->slot;
    if (!slot)
        return;
    /* libuv reports RST as an error and stops watching. Reading comes before writing in any case: an answer that came
     * before the RST is still there to be read, and a write would fail first. */
    if (status < 0 || events & UV_READABLE)
        slot_action(slot, poll->fd, CURL_CSELECT_IN);
    if (poll->slot && status >= 0 && events & UV_WRITABLE && slot_wants_write(slot))
        slot_action(slot, poll->fd, CURL_CSELECT_OUT);
    if (poll->slot && status < 0)
        uv_poll_start(&poll->handle, poll->events, on_poll);
    slot_check(slot);
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    (void)easy;
    struct slot *slot = user;
    struct poll *poll = socket_user;
    if (what == CURL_POLL_REMOVE) {
        if (poll)
            poll_close(poll);
        return 0;
    }
    if (!poll) {
        poll = calloc(1, sizeof *poll);
        if (!poll || uv_poll_init_socket(loop_uv(slot->client->base.loop), &poll->handle, fd) != 0) {
            free(poll);
            return -1;
        }
        poll->handle.data = poll;
        poll->slot = slot;
        poll->fd = fd;
        poll->next = slot->polls;
        slot->polls = poll;
        curl_multi_assign(slot->multi, fd, poll);
    }
    poll->events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    uv_poll_start(&poll->handle, poll->events, on_poll);
    return 0;
}

static void on_slot_timer(void *user)
{
    struct slot *slot = user;
    slot_action(slot, CURL_SOCKET_TIMEOUT, 0);
    slot_check(slot);
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *user)
{
    (void)multi;
    struct slot *slot = user;
    if (timeout_ms < 0)
        loop_timer_stop(slot->timer);
    else
        loop_timer_start(slot->timer, (uint64_t)timeout_ms);
    return 0;
}

static curl_socket_t on_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct slot *slot = user;
    struct http1_exchange *x = slot->exchange;
    /* A new connection after the request went out is libcurl sending it again: that would be a second call. */
    if (x && x->head_sent) {
        x->second_stopped = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Bytes that wait on a connection behind the end of a response, or before the next request of the same connection. */
static void look_for_excess(struct slot *slot, struct http1_exchange *x, curl_socket_t fd)
{
    uint8_t byte;
    bool between = http1_watch_done(&x->response.watch) || (slot->together > 0 && !x->head_sent);
    if (!x->base.ended && !slot->client->base.tls && between && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
        http1_watch_excess(&x->response.watch, 1);
}

static int on_close_socket(void *user, curl_socket_t fd)
{
    struct slot *slot = user;
    if (slot->exchange)
        look_for_excess(slot, slot->exchange, fd);
    return close(fd);
}

/* ---- what libcurl reports of a running exchange */

/* The connection is there and the request is about to be sent. */
static int on_connected(void *user, char *peer_ip, char *local_ip, int peer_port, int local_port)
{
    (void)local_ip;
    struct slot *slot = user;
    struct http1_exchange *x = slot->exchange;
    if (!x || x->base.ended)
        return CURL_PREREQFUNC_ABORT;
    long made = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_NUM_CONNECTS, &made);
    bool fresh = made > 0 || slot->conn == 0;
    if (fresh)
        slot->conn = ++slot->client->base.conn_count;
    x->base.conn = slot->conn;
    char note[120];
    snprintf(note, sizeof note, "%s:%d from port %d%s", peer_ip, peer_port, local_port, fresh ? "" : ", used before");
    struct transcript_event event = {.at_us = loop_now_us(slot->client->base.loop),
                                     .from = TRANSCRIPT_CLIENT,
                                     .kind = TRANSCRIPT_CONNECT,
                                     .conn = slot->conn,
                                     .note = note};
    transcript_add(&x->base.seen->transcript, &event);
    return CURL_PREREQFUNC_OK;
}

static void head_out(struct slot *slot, struct http1_exchange *x, struct span bytes)
{
    if (x->head_complete) {
        client_note(&x->base, "the request was sent again by libcurl");
        return;
    }
    x->head_sent = true;
    buf_append_span(&slot->head_out, bytes);
    if (slot->head_out.len < 4 || memcmp(slot->head_out.data + slot->head_out.len - 4, "\r\n\r\n", 4) != 0)
        return;
    x->head_complete = true;
    http1_request_event(&x->base, buf_span(&slot->head_out));
}

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
    (void)easy;
    struct slot *slot = user;
    struct http1_exchange *x = slot->exchange;
    if (!x || x->base.ended)
        return 0;
    struct span bytes = span_of(data, size);
    switch (type) {
    case CURLINFO_HEADER_OUT:
        head_out(slot, x, bytes);
        break;
    case CURLINFO_DATA_OUT:
        x->wire_written += size;
        x->base.upload_done = x->eof_given && x->wire_written >= x->wire_due;
        break;
    case CURLINFO_DATA_IN:
        http1_watch_bytes(&x->response.watch, bytes);
        break;
    case CURLINFO_TEXT:
        /* Bytes behind a response without a body are not handed out, only mentioned. */
        if (span_starts_with(bytes, "Excess found"))
            http1_watch_excess(&x->response.watch, 1);
        break;
    default:
        break;
    }
    return 0;
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
    struct slot *slot = user;
    struct http1_exchange *x = slot->exchange;
    struct span line = span_of(data, size * count);
    if (!x || x->base.ended)
        return 0;
    return http1_response_line(&x->response, &x->base, line) ? line.len : 0;
}

static size_t on_write(char *data, size_t size, size_t count, void *user)
{
    struct slot *slot = user;
    struct http1_exchange *x = slot->exchange;
    struct span bytes = span_of(data, size * count);
    if (!x || x->base.ended)
        return 0;
    return client_body(&x->base, bytes, false) ? bytes.len : 0;
}

static size_t on_read(char *to, size_t size, size_t count, void *user)
{
    struct slot *slot = user;
    struct http1_exchange *x = slot->exchange;
    if (!x || x->base.ended)
        return CURL_READFUNC_ABORT;
    const struct client_request *request = &x->base.request;
    /* Called again only after everything read before was written. */
    if (x->base.sent >= request->abort_after) {
        client_end(&x->base, ENDING_CANCELLED);
        return CURL_READFUNC_ABORT;
    }
    size_t len = request->body.len - x->base.sent;
    if (len > size * count)
        len = size * count;
    if (request->split_len > 0 && len > request->split_len)
        len = request->split_len;
    if (len > request->abort_after - x->base.sent)
        len = request->abort_after - x->base.sent;
    if (len > 0)
        memcpy(to, request->body.data + x->base.sent, len);
    x->wire_due += len;
    bool last = x->base.sent + len == request->body.len;
    if (request->chunked) {
        x->wire_due += len > 0 ? (uint64_t)snprintf(NULL, 0, "%zx", len) + 4 : 5;
        last = len == 0;
    }
    x->eof_given = last;
    client_sent(&x->base, len, last);
    return len;
}

/* Going back to the start of the body is what a second sending begins with. */
static int on_seek(void *user, curl_off_t offset, int origin)
{
    (void)offset;
    (void)origin;
    struct slot *slot = user;
    if (slot->exchange)
        slot->exchange->second_stopped = true;
    return CURL_SEEKFUNC_FAIL;
}

/* ---- slots */

static void easy_wire_up(struct slot *slot)
{
    CURL *easy = slot->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->error);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, slot);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, slot);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, slot);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, slot);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, slot);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, slot);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, slot);
}

static void easy_set_up(struct slot *slot)
{
    const struct http1_client *client = slot->client;
    CURL *easy = slot->easy;
    curl_easy_setopt(easy, CURLOPT_URL, client->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_HTTP_TRANSFER_DECODING, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    if (!client->base.tls)
        return;
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, client->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, client->insecure ? 0L : 2L);
    if (client->cacert_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, client->cacert_file);
    if (client->cert_file)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, client->cert_file);
    if (client->key_file)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, client->key_file);
}

static void slot_free(struct slot *slot)
{
    slot->exchange = NULL;
    if (slot->added)
        curl_multi_remove_handle(slot->multi, slot->easy);
    curl_easy_cleanup(slot->easy);
    curl_multi_cleanup(slot->multi);
    while (slot->polls)
        poll_close(slot->polls);
    loop_timer_free(slot->timer);
    http1_request_fini(&slot->request);
    buf_fini(&slot->head_out);
    free(slot->lines);
    free(slot);
}

static struct slot *slot_new(struct http1_client *client)
{
    struct slot *slot = calloc(1, sizeof *slot);
    if (!slot)
        return NULL;
    slot->client = client;
    http1_request_init(&slot->request);
    buf_init(&slot->head_out, 2 * HTTP1_REQUEST_MAX);
    slot->multi = curl_multi_init();
    slot->easy = curl_easy_init();
    slot->timer = loop_timer_new(client->base.loop, on_slot_timer, slot);
    if (!slot->multi || !slot->easy || !slot->timer) {
        slot_free(slot);
        return NULL;
    }
    curl_multi_setopt(slot->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(slot->multi, CURLMOPT_SOCKETDATA, slot);
    curl_multi_setopt(slot->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(slot->multi, CURLMOPT_TIMERDATA, slot);
    curl_multi_setopt(slot->multi, CURLMOPT_MAXCONNECTS, 1L);
    curl_multi_setopt(slot->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    easy_wire_up(slot);
    easy_set_up(slot);
    slot->next = client->slots;
    client->slots = slot;
    client->slot_count++;
    return slot;
}

/* The idle slot whose connection is there for such a request, or any. */
static struct slot **idle_for(struct http1_client *client, uint64_t together)
{
    for (struct slot **at = &client->idle; *at && together > 0; at = &(*at)->next_idle) {
        if ((*at)->together == together)
            return at;
    }
    return &client->idle;
}

static struct slot *slot_take(struct http1_client *client, uint64_t together)
{
    struct slot **at = idle_for(client, together);
    struct slot *slot = *at;
    if (slot)
        *at = slot->next_idle;
    else if (client->max_slots == 0 || client->slot_count < client->max_slots)
        slot = slot_new(client);
    return slot;
}

/* libcurl remembers that it wanted to go back to the start of a body, and would do so before the next request: a new
 * handle knows nothing of it. */
static void easy_renew(struct slot *slot)
{
    CURL *fresh = curl_easy_init();
    if (!fresh)
        return;
    curl_easy_cleanup(slot->easy);
    slot->easy = fresh;
    easy_wire_up(slot);
    easy_set_up(slot);
}

/* Lets go of the exchange and starts the next one that waits. */
static void slot_release(struct slot *slot)
{
    struct http1_client *client = slot->client;
    assert(!slot->in_curl && slot->exchange);
    if (slot->added) {
        slot->in_curl = true;
        curl_multi_remove_handle(slot->multi, slot->easy);
        slot->in_curl = false;
        slot->added = false;
    }
    if (slot->exchange->second_stopped)
        easy_renew(slot);
    slot->together = slot->exchange->base.request.keep ? slot->exchange->base.request.together : 0;
    slot->exchange->slot = NULL;
    slot->exchange = NULL;
    struct http1_exchange *x = client->waiting_head;
    if (!x) {
        slot->next_idle = client->idle;
        client->idle = slot;
        return;
    }
    client->waiting_head = x->next_waiting;
    if (!client->waiting_head)
        client->waiting_tail = NULL;
    slot_run(slot, x);
}

/* ---- the request */

static bool request_set(struct slot *slot, const struct client_request *request)
{
    CURL *easy = slot->easy;
    struct http1_request *text = &slot->request;
    buf_reset(&slot->head_out);
    if (!http1_request_write(text, request, slot->client->base.authority))
        return false;
    if (slot->line_cap < text->line_cap) {
        struct curl_slist *lines = realloc(slot->lines, text->line_cap * sizeof *lines);
        if (!lines)
            return false;
        slot->lines = lines;
        slot->line_cap = text->line_cap;
    }
    for (size_t i = 0; i < text->line_count; i++) {
        slot->lines[i].data = http1_request_text(text, text->lines[i]);
        slot->lines[i].next = i + 1 < text->line_count ? &slot->lines[i + 1] : NULL;
    }
    if (request->has_body)
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    else if (span_is(request->method, "HEAD"))
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    bool reuse = slot->client->reuse || slot->together > 0;
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, reuse ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, slot->client->reuse || request->keep ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_KEEP_SENDING_ON_ERROR, request->keep ? 1L : 0L);
    curl_off_t size = request->chunked || !request->has_body ? -1 : (curl_off_t)request->body.len;
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, size);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, text->line_count > 0 ? slot->lines : NULL);
    return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, http1_request_text(text, text->method)) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, http1_request_text(text, text->target)) == CURLE_OK;
}

static void slot_run(struct slot *slot, struct http1_exchange *x)
{
    const struct client_request *request = &x->base.request;
    slot->exchange = x;
    x->slot = slot;
    slot->error[0] = '\0';
    if (slot->together != request->together)
        slot->together = 0; /* the connection is closed for another */
    x->base.upload_done = !request->has_body || (request->body.len == 0 && !request->chunked);
    if (!request_set(slot, request)) {
        client_detail(&x->base, "the request cannot be sent over HTTP/1.1: it holds a NUL or is longer than %u bytes",
                      HTTP1_REQUEST_MAX);
        client_end(&x->base, ENDING_REFUSED);
        slot_release(slot);
        return;
    }
    slot->in_curl = true;
    slot->added = curl_multi_add_handle(slot->multi, slot->easy) == CURLM_OK;
    slot->in_curl = false;
    if (!slot->added) {
        client_detail(&x->base, "libcurl is out of memory");
        client_end(&x->base, ENDING_REFUSED);
        slot_release(slot);
    }
}

/* ---- the end */

static enum ending ending_after(struct http1_exchange *x, CURLcode code)
{
    struct slot *slot = x->slot;
    long os_errno = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &os_errno);
    if (x->second_stopped) {
        client_note(&x->base, "the reused connection ended without an answer; the request is not sent again");
        return os_errno == ECONNRESET && http1_system_call_failed(slot->error) ? ENDING_CONN_RESET : ENDING_CUT;
    }
    if (http1_watch_done(&x->response.watch))
        return ENDING_COMPLETE;
    if (code == CURLE_OK) {
        if (x->response.watch.state != HTTP1_WATCH_UNTIL_CLOSE)
            return ENDING_CUT;
        client_event(&x->base, TRANSCRIPT_PROXY, TRANSCRIPT_FIN, NULL, span_of(NULL, 0), true);
        return ENDING_COMPLETE;
    }
    const char *text = slot->error[0] ? slot->error : curl_easy_strerror(code);
    enum ending ending = http1_ending_of((int)code, os_errno, text);
    client_detail_bytes(&x->base, "libcurl", span_cstr(text));
    return ending;
}

/* Tells libcurl whether to read. May be called inside its callbacks. */
static void slot_pause(struct slot *slot, struct http1_exchange *x)
{
    bool nested = slot->in_curl;
    if (!x->head_complete || x->pause_told == x->paused)
        return;
    x->pause_told = x->paused;
    slot->in_curl = true;
    curl_easy_pause(slot->easy, x->paused ? CURLPAUSE_RECV : CURLPAUSE_CONT);
    slot->in_curl = nested;
}

/* After libcurl did something: is the exchange over? */
static void slot_check(struct slot *slot)
{
    struct http1_exchange *x = slot->exchange;
    int left = 0;
    bool done = false;
    CURLcode code = CURLE_OK;
    for (CURLMsg *message; (message = curl_multi_info_read(slot->multi, &left)) != NULL;) {
        if (message->msg == CURLMSG_DONE) {
            done = true;
            code = message->data.result;
        }
    }
    if (!x)
        return;
    if (!x->base.ended && x->response.watch.problem[0]) {
        client_detail(&x->base, "%s", x->response.watch.problem);
        client_end(&x->base, ENDING_MALFORMED);
    } else if (!x->base.ended && x->response.watch.too_long) {
        client_detail(&x->base, "a line of the chunked coding is too long");
        client_end(&x->base, ENDING_TOO_LARGE);
    } else if (!x->base.ended && (done || (is_answered(x) && !x->base.upload_done))) {
        http1_response_end(&x->response, &x->base);
        enum ending ending = ending_after(x, code);
        client_end(&x->base, ending);
    }
    if (x->base.ended)
        slot_release(slot);
    else
        slot_pause(slot, x);
}

/* ---- the class behind client.h */

static void http1_start(struct client_exchange *exchange)
{
    struct http1_exchange *x = (struct http1_exchange *)exchange;
    struct http1_client *client = (struct http1_client *)exchange->client;
    http1_watch_init(&x->response.watch, span_is(exchange->request.method, "HEAD"));
    struct slot *slot = slot_take(client, exchange->request.together);
    if (slot) {
        slot_run(slot, x);
        return;
    }
    if (client->slot_count == 0) {
        client_detail(exchange, "libcurl is out of memory");
        client_end(exchange, ENDING_REFUSED);
        return;
    }
    if (client->waiting_tail)
        client->waiting_tail->next_waiting = x;
    else
        client->waiting_head = x;
    client->waiting_tail = x;
}

static void waiting_remove(struct http1_client *client, struct http1_exchange *x)
{
    struct http1_exchange *before = NULL;
    for (struct http1_exchange *at = client->waiting_head; at; before = at, at = at->next_waiting) {
        if (at != x)
            continue;
        if (before)
            before->next_waiting = at->next_waiting;
        else
            client->waiting_head = at->next_waiting;
        if (client->waiting_tail == at)
            client->waiting_tail = before;
        return;
    }
}

static void http1_stop(struct client_exchange *exchange)
{
    struct http1_exchange *x = (struct http1_exchange *)exchange;
    if (!x->slot)
        waiting_remove((struct http1_client *)exchange->client, x);
    else if (!x->slot->in_curl) /* else slot_check does it */
        slot_release(x->slot);
}

static void http1_pause(struct client_exchange *exchange, bool pause)
{
    struct http1_exchange *x = (struct http1_exchange *)exchange;
    x->paused = pause;
    if (!x->slot)
        return;
    slot_pause(x->slot, x);
    if (!x->slot->in_curl)
        slot_check(x->slot);
}

static void http1_discard(struct client_exchange *exchange)
{
    http1_watch_fini(&((struct http1_exchange *)exchange)->response.watch);
}

static void http1_free(struct client *base)
{
    struct http1_client *client = (struct http1_client *)base;
    while (client->slots) {
        struct slot *next = client->slots->next;
        slot_free(client->slots);
        client->slots = next;
    }
    client_fini(base);
    free(client->url);
    free(client->cacert_file);
    free(client->cert_file);
    free(client->key_file);
    free(client);
    curl_global_cleanup();
}

static const struct client_class http1_class = {
    .exchange_size = sizeof(struct http1_exchange),
    .free = http1_free,
    .start = http1_start,
    .stop = http1_stop,
    .pause = http1_pause,
    .discard = http1_discard,
};

static bool copy_text(char **to, const char *from)
{
    return !from || (*to = strdup(from)) != NULL;
}

enum err_code http1_client_new(struct client **out, struct loop *loop, const struct client_options *options,
                               struct err *err)
{
    *out = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(err, ERR_NO_MEMORY, "libcurl does not start");
    struct http1_client *client = calloc(1, sizeof *client);
    if (!client || client_init(&client->base, &http1_class, loop, options, err) != ERR_OK) {
        free(client);
        curl_global_cleanup();
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    }
    client->reuse = options->reuse;
    client->insecure = options->insecure;
    if (options->reuse)
        client->max_slots = options->max_connections > 0 ? options->max_connections : 1;
    bool bracket = strchr(options->host, ':') != NULL;
    int written = asprintf(&client->url, "%s://%s%s%s:%u/", options->tls ? "https" : "http", bracket ? "[" : "",
                           options->host, bracket ? "]" : "", (unsigned)options->port);
    if (written < 0)
        client->url = NULL;
    if (!client->url || !copy_text(&client->cacert_file, options->cacert_file) ||
        !copy_text(&client->cert_file, options->cert_file) || !copy_text(&client->key_file, options->key_file)) {
        http1_free(&client->base);
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    }
    *out = &client->base;
    return ERR_OK;
}

const char *versions_curl(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}
