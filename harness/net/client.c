/* What both clients do alike, before and after the wire. */
#include "harness/net/client_impl.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/escape.h"
#include "harness/base/h2_frame.h"

#define DETAIL_MAX_SOURCE 80u /* bytes from the wire that a detail shows */

static void run_ends(struct loop_task *task);
static void go_on(struct client_exchange *exchange)
{
    if (!exchange->ended && exchange->client->class->go_on)
        exchange->client->class->go_on(exchange);
}

void client_go_on(struct client_exchange *exchange)
{
    exchange->released++;
    go_on(exchange);
}

void client_extend(struct client_exchange *exchange, struct span body, bool last)
{
    exchange->request.body = body;
    exchange->request.open = !last;
    go_on(exchange);
}

static void on_deadline(void *user);

static char *authority_text(const struct client_options *options)
{
    char *text = NULL;
    if (options->authority)
        return strdup(options->authority);
    const char *shape = strchr(options->host, ':') ? "[%s]:%u" : "%s:%u";
    return asprintf(&text, shape, options->host, (unsigned)options->port) < 0 ? NULL : text;
}

enum err_code client_init(struct client *client, const struct client_class *class, struct loop *loop,
                          const struct client_options *options, struct err *err)
{
    client->class = class;
    client->loop = loop;
    client->tls = options->tls;
    client->budget = options->budget;
    client->authority = authority_text(options);
    client->ends.fn = run_ends;
    if (!client->authority)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    return ERR_OK;
}

static void exchange_free(const struct client_class *class, struct client_exchange *exchange)
{
    if (class->discard)
        class->discard(exchange);
    loop_timer_free(exchange->deadline);
    free(exchange);
}

static void list_free(const struct client_class *class, struct client_exchange *list)
{
    while (list) {
        struct client_exchange *next = list->next;
        exchange_free(class, list);
        list = next;
    }
}

void client_fini(struct client *client)
{
    list_free(client->class, client->idle);
    list_free(client->class, client->ended_head);
    loop_revoke(&client->ends);
    free((char *)client->authority);
    client->idle = client->ended_head = NULL;
    client->authority = NULL;
}

void client_free(struct client *client)
{
    if (!client)
        return;
    if (client->freed)
        *client->freed = true;
    for (struct client_exchange *exchange = client->running; exchange; exchange = exchange->next) {
        exchange->ended = true;
        client->class->stop(exchange);
    }
    list_free(client->class, client->running);
    client->running = NULL;
    client->class->free(client);
}

static struct client_exchange *exchange_take(struct client *client)
{
    struct client_exchange *exchange = client->idle;
    struct loop_timer *deadline = NULL;
    if (exchange) {
        client->idle = exchange->next;
        deadline = exchange->deadline;
        memset(exchange, 0, client->class->exchange_size);
    } else {
        exchange = calloc(1, client->class->exchange_size);
        deadline = exchange ? loop_timer_new(client->loop, on_deadline, exchange) : NULL;
        if (!deadline) {
            free(exchange);
            return NULL;
        }
    }
    exchange->deadline = deadline;
    exchange->client = client;
    return exchange;
}

struct client_exchange *client_start(struct client *client, const struct client_request *request,
                                     struct response_seen *seen, const struct client_callbacks *callbacks, void *user)
{
    struct client_exchange *exchange = exchange_take(client);
    if (!exchange)
        return NULL;
    exchange->request = *request;
    exchange->seen = seen;
    exchange->callbacks = *callbacks;
    exchange->user = user;
    exchange->next = client->running;
    if (client->running)
        client->running->prev = exchange;
    client->running = exchange;
    seen->start_us = loop_now_us(client->loop);
    loop_timer_start(exchange->deadline, request->timeout_ms);
    client->class->start(exchange);
    return exchange;
}

void client_cancel(struct client_exchange *exchange)
{
    if (exchange->ended)
        return;
    client_end(exchange, ENDING_CANCELLED);
    exchange->client->class->stop(exchange);
}

void client_pause(struct client_exchange *exchange, bool pause)
{
    if (!exchange->ended)
        exchange->client->class->pause(exchange, pause);
}

static void on_deadline(void *user)
{
    struct client_exchange *exchange = user;
    if (exchange->ended)
        return;
    client_end(exchange, ENDING_TIMEOUT);
    exchange->client->class->stop(exchange);
}

static void running_remove(struct client_exchange *exchange)
{
    if (exchange->prev)
        exchange->prev->next = exchange->next;
    else
        exchange->client->running = exchange->next;
    if (exchange->next)
        exchange->next->prev = exchange->prev;
    exchange->prev = exchange->next = NULL;
}

/* What the end looks like on the time line. */
static void end_event(struct client_exchange *exchange, enum ending ending)
{
    struct span none = span_of(NULL, 0);
    switch (ending) {
    case ENDING_CUT:
        client_event(exchange, TRANSCRIPT_PROXY, TRANSCRIPT_FIN, NULL, none, false);
        break;
    case ENDING_CONN_RESET:
        client_event(exchange, TRANSCRIPT_PROXY, TRANSCRIPT_RESET, NULL, none, false);
        break;
    case ENDING_TIMEOUT:
        client_event(exchange, TRANSCRIPT_CLIENT, TRANSCRIPT_TIMEOUT, NULL, none, false);
        break;
    case ENDING_CANCELLED:
        client_note(exchange, "the client goes away");
        break;
    case ENDING_REFUSED:
    case ENDING_MALFORMED:
    case ENDING_TOO_LARGE:
        client_note(exchange, "%s: %s", ending_name(ending), exchange->seen->detail);
        break;
    case ENDING_OPEN:
    case ENDING_COMPLETE:
    case ENDING_RESET:
        break;
    }
}

void client_end(struct client_exchange *exchange, enum ending ending)
{
    assert(ending != ENDING_OPEN);
    struct client *client = exchange->client;
    if (exchange->ended)
        return;
    exchange->ended = true;
    loop_timer_stop(exchange->deadline);
    struct response_seen *seen = exchange->seen;
    seen->ending = ending;
    seen->end_us = loop_now_us(client->loop);
    seen->conn = exchange->conn;
    seen->early = ending == ENDING_COMPLETE && !exchange->upload_done;
    end_event(exchange, ending);
    running_remove(exchange);
    if (client->ended_tail)
        client->ended_tail->next = exchange;
    else
        client->ended_head = exchange;
    client->ended_tail = exchange;
    loop_post(client->loop, &client->ends);
}

static void run_ends(struct loop_task *task)
{
    struct client *client = (struct client *)((char *)task - offsetof(struct client, ends));
    const struct client_class *class = client->class;
    bool freed = false;
    /* Only those that ended by now: what on_end starts and what ends at once waits for the next turn. */
    struct client_exchange *exchange = client->ended_head;
    client->ended_head = client->ended_tail = NULL;
    client->freed = &freed;
    while (exchange) {
        struct client_exchange *next = exchange->next;
        if (!freed)
            exchange->callbacks.on_end(exchange->user, exchange->seen);
        if (freed) {
            exchange_free(class, exchange);
        } else {
            if (class->discard)
                class->discard(exchange);
            exchange->next = client->idle;
            client->idle = exchange;
        }
        exchange = next;
    }
    if (!freed)
        client->freed = NULL;
}

void client_detail(struct client_exchange *exchange, const char *format, ...)
{
    struct response_seen *seen = exchange->seen;
    if (seen->detail[0])
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(seen->detail, sizeof seen->detail, format, args);
    va_end(args);
}

void client_detail_bytes(struct client_exchange *exchange, const char *text, struct span bytes)
{
    struct buf shown;
    buf_init(&shown, 4096);
    escape_terminal_cut(&shown, bytes, DETAIL_MAX_SOURCE);
    client_detail(exchange, "%s: %s", text, shown.data ? (const char *)shown.data : "");
    buf_fini(&shown);
}

void client_event(struct client_exchange *exchange, enum transcript_actor from, enum transcript_kind kind,
                  const struct fields *fields, struct span bytes, bool end_stream)
{
    struct transcript_event event = {
        .at_us = loop_now_us(exchange->client->loop),
        .from = from,
        .kind = kind,
        .conn = exchange->conn,
        .stream = exchange->stream,
        .end_stream = end_stream,
        .code = kind == TRANSCRIPT_RST || kind == TRANSCRIPT_GOAWAY ? exchange->seen->reset_code : 0,
        .len = bytes.len,
        .bytes = bytes,
    };
    if (fields)
        event.fields = *fields;
    transcript_add(&exchange->seen->transcript, &event);
}

void client_note(struct client_exchange *exchange, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct transcript_event event = {.at_us = loop_now_us(exchange->client->loop),
                                     .from = TRANSCRIPT_CLIENT,
                                     .kind = TRANSCRIPT_NOTE,
                                     .conn = exchange->conn,
                                     .stream = exchange->stream,
                                     .note = text};
    transcript_add(&exchange->seen->transcript, &event);
}

bool client_count_header(struct client_exchange *exchange, size_t len)
{
    exchange->header_bytes += len;
    if (exchange->header_bytes <= CLIENT_MAX_HEADER)
        return true;
    client_detail(exchange, "the header sections are longer than %u bytes", CLIENT_MAX_HEADER);
    client_end(exchange, ENDING_TOO_LARGE);
    return false;
}

bool client_field(struct client_exchange *exchange, struct fields *fields, struct span name, struct span value)
{
    if (fields_add(fields, exchange->seen->transcript.arena, name, value))
        return true;
    exchange->seen->over_budget = true;
    client_detail(exchange, "%s", CLIENT_NO_MEMORY);
    client_end(exchange, ENDING_TOO_LARGE);
    return false;
}

void client_section(struct client_exchange *exchange, struct fields *section, int status, bool trailers,
                    bool end_stream)
{
    struct response_seen *seen = exchange->seen;
    client_event(exchange, TRANSCRIPT_PROXY, trailers ? TRANSCRIPT_TRAILERS : TRANSCRIPT_HEADERS, section,
                 span_of(NULL, 0), end_stream);
    if (trailers) {
        seen->trailers = *section;
        seen->has_trailers = true;
        return;
    }
    if (status >= 100 && status < 200) {
        if (++exchange->informational > CLIENT_MAX_INFORMATIONAL) {
            client_detail(exchange, "more than %d informational responses", CLIENT_MAX_INFORMATIONAL);
            client_end(exchange, ENDING_TOO_LARGE);
        }
        return;
    }
    seen->status = status;
    seen->headers = *section;
    seen->headers_end = end_stream;
    while (seen->headers.count > 0 && seen->headers.items[0].name.len > 0 &&
           seen->headers.items[0].name.data[0] == ':') {
        seen->headers.items++;
        seen->headers.count--;
        seen->headers.cap--;
    }
    if (status >= 200 && exchange->callbacks.on_headers && !exchange->ended)
        exchange->callbacks.on_headers(exchange->user, seen);
}

bool client_body(struct client_exchange *exchange, struct span bytes, bool end_stream)
{
    struct response_seen *seen = exchange->seen;
    size_t cap = seen->body.max < CLIENT_MAX_BODY ? seen->body.max : CLIENT_MAX_BODY;
    size_t room = cap - seen->body.len;
    struct span kept = span_of(bytes.data, bytes.len < room ? bytes.len : room);
    seen->body_len += bytes.len;
    client_event(exchange, TRANSCRIPT_PROXY, TRANSCRIPT_DATA, NULL, bytes, end_stream);
    size_t before = seen->body.len;
    bool stored = buf_append_span(&seen->body, kept);
    if (stored && kept.len > 0 && exchange->callbacks.on_body)
        exchange->callbacks.on_body(exchange->user, seen, span_of(seen->body.data + before, kept.len));
    if (exchange->ended)
        return false;
    if (stored && kept.len == bytes.len)
        return true;
    if (stored) {
        client_detail(exchange, "the body is longer than %zu bytes", cap);
    } else {
        seen->over_budget = true;
        client_detail(exchange, "%s", CLIENT_NO_MEMORY);
    }
    client_end(exchange, ENDING_TOO_LARGE);
    return false;
}

void client_sent(struct client_exchange *exchange, size_t len, bool last)
{
    const uint8_t *from = exchange->request.body.data ? exchange->request.body.data + exchange->sent : NULL;
    client_event(exchange, TRANSCRIPT_CLIENT, TRANSCRIPT_DATA, NULL, span_of(from, from ? len : 0), last);
    exchange->sent += len;
}

bool client_raw(const struct client_exchange *exchange, struct buf *out)
{
    const struct fields *given = exchange->request.headers;
    struct field kept[CLIENT_MAX_MARKER];
    struct fields marker = {.items = kept};
    struct raw_words words = {.authority = span_cstr(exchange->client->authority),
                              .scheme = exchange->client->tls ? "https" : "http",
                              .marker = &marker};
    for (size_t i = 0; given && i < given->count; i++) {
        if (span_equal_nocase(given->items[i].name, span_cstr("host")))
            words.authority = given->items[i].value;
        else if (marker.count == CLIENT_MAX_MARKER)
            return false;
        else
            kept[marker.count++] = given->items[i];
    }
    return raw_request_write(out, exchange->request.raw, &words);
}

static enum transcript_kind kind_of_frame(const struct raw_frame *frame)
{
    return frame->type == H2_FRAME_HEADERS ? TRANSCRIPT_HEADERS
           : frame->type == H2_FRAME_DATA  ? TRANSCRIPT_DATA
                                           : TRANSCRIPT_RAW;
}

void client_raw_sent(struct client_exchange *exchange)
{
    const struct raw_request *raw = exchange->request.raw;
    exchange->upload_done = true;
    if (raw->bytes.data)
        client_event(exchange, TRANSCRIPT_CLIENT, TRANSCRIPT_RAW, NULL, raw->bytes, false);
    for (size_t i = 0; i < raw->frame_count; i++) {
        const struct raw_frame *frame = &raw->frames[i];
        bool message = frame->type == H2_FRAME_HEADERS || frame->type == H2_FRAME_DATA;
        client_event(exchange, TRANSCRIPT_CLIENT, kind_of_frame(frame), &frame->fields, frame->payload,
                     message && frame->flags & H2_FLAG_END_STREAM);
    }
}
