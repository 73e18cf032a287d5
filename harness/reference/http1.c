/* The reference transcoder's HTTP/1.1 front, on http_parser. */
#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/field_form.h"
#include "harness/net/http1_text.h"
#include "harness/net/http1_watch.h"
#include "harness/reference/client.h"
#include "harness/reference/defect_request.h"

#define MAX_PENDING  (64u << 10) /* bytes of further requests read ahead; then reading pauses */
#define MAX_RESPONSE (REFERENCE_MAX_JSON + (1u << 20))

struct http1 {
    struct client_connection *client;
    http_parser parser;
    struct call *call; /* the request being read, or being answered */
    bool answering;    /* the request is complete, or refused */
    bool keep_alive;
    bool head;         /* the answer has no body */
    bool chunked;      /* the answer is in chunks */
    bool body_begun;   /* trailers of the request are not headers */
    bool value_begun;  /* `name` and `value` hold a field */
    bool refused;      /* the bytes could not be read on */
    bool chunks_begin; /* the parser has stopped before a chunked body */
    bool watching;     /* the watch reads it, too */
    struct http1_watch watch;
    int minor; /* of the HTTP version */
    size_t header_bytes;
    struct buf url;
    struct buf name;
    struct buf value;
    struct buf pending; /* read behind the current request */
    struct buf out;
};

static struct http1 *http1_of(const struct call *call)
{
    return call->front_data;
}

static bool has(const struct http1 *http1, enum defect defect)
{
    return http1->client->core->defect == defect;
}

/* ---- responses */

static void write_out(struct http1 *http1)
{
    if (http1->out.failed || !conn_write(http1->client->conn, buf_span(&http1->out)))
        client_close(http1->client, CLIENT_ABORT);
    if (http1->out.cap > (1u << 20))
        buf_fini(&http1->out);
    else
        buf_reset(&http1->out);
}

static void put_head(struct http1 *http1, int status, const struct fields *fields)
{
    struct buf *out = &http1->out;
    const char *reason = http1_reason(status);
    buf_printf(out, "HTTP/1.1 %d %s\r\n", status, *reason ? reason : "Unknown");
    for (size_t i = 0; i < fields->count; i++)
        http1_put_field(out, fields->items[i].name, fields->items[i].value);
    if (!http1->keep_alive)
        buf_append_cstr(out, "connection: close\r\n");
}

/* The answer is out; the call is freed, and the next request read, at the next turn of the loop. */
static void answered(struct http1 *http1)
{
    loop_post(http1->client->core->loop, &http1->call->task);
}

static void http1_respond(struct call *call, int status, const struct fields *fields, struct span body)
{
    struct http1 *http1 = http1_of(call);
    size_t len = body.len;
    if (call_has(call, DEFECT_HTTP1_CONTENT_LENGTH_WRONG)) {
        len++;
        http1->keep_alive = false; /* else the client waits for the byte */
    }
    if (leftovers_closes(call, status))
        http1->keep_alive = false;
    put_head(http1, status, fields);
    if (status != 204 && status != 304)
        buf_printf(&http1->out, "content-length: %zu\r\n", len);
    buf_append_cstr(&http1->out, "\r\n");
    if (!http1->head && status != 204 && status != 304)
        buf_append_span(&http1->out, body);
    write_out(http1);
    answered(http1);
}

static void http1_begin(struct call *call, int status, const struct fields *fields)
{
    struct http1 *http1 = http1_of(call);
    http1->chunked = http1->minor >= 1 || has(http1, DEFECT_HTTP1_OLD_VERSION_CHUNKED);
    if (!http1->chunked)
        http1->keep_alive = false; /* HTTP/1.0: the end of the connection is the end of the body */
    put_head(http1, status, fields);
    buf_append_cstr(&http1->out, http1->chunked ? "transfer-encoding: chunked\r\n\r\n" : "\r\n");
    write_out(http1);
}

static void http1_data(struct call *call, struct span bytes)
{
    struct http1 *http1 = http1_of(call);
    if (http1->head || bytes.len == 0)
        return;
    if (http1->chunked)
        buf_printf(&http1->out, "%zx\r\n", bytes.len);
    buf_append_span(&http1->out, bytes);
    if (http1->chunked)
        buf_append_cstr(&http1->out, "\r\n");
    write_out(http1);
}

static void http1_trailers(struct call *call, const struct fields *fields)
{
    struct http1 *http1 = http1_of(call);
    if (http1->chunked && !http1->head && !call_has(call, DEFECT_LAST_CHUNK_MISSING)) {
        buf_append_cstr(&http1->out, "0\r\n");
        for (size_t i = 0; i < fields->count; i++)
            http1_put_field(&http1->out, fields->items[i].name, fields->items[i].value);
        buf_append_cstr(&http1->out, "\r\n");
        write_out(http1);
    }
    answered(http1);
}

static void http1_finish(struct call *call)
{
    static const struct fields none;
    http1_trailers(call, &none);
}

static void http1_head_only(struct call *call, int status, const struct fields *fields)
{
    http1_respond(call, status, fields, span_of(NULL, 0));
}

/* Without the last chunk the client sees that the body is cut; where the end of the connection ends the body, only a
 * reset shows it. */
static void http1_abort(struct call *call, uint32_t h2_code)
{
    (void)h2_code;
    struct http1 *http1 = http1_of(call);
    http1->keep_alive = false;
    client_close(http1->client, http1->chunked ? CLIENT_CLOSE : CLIENT_ABORT);
}

static size_t http1_queued(const struct call *call)
{
    return conn_queued(http1_of(call)->client->conn);
}

static const struct front_operations operations = {
    .respond = http1_respond,
    .begin = http1_begin,
    .data = http1_data,
    .finish = http1_finish,
    .trailers = http1_trailers,
    .head_only = http1_head_only,
    .abort = http1_abort,
    .queued = http1_queued,
};

/* ---- requests */

static void feed(struct http1 *http1, struct span bytes);

static void next_request(struct loop_task *task)
{
    struct call *call = (struct call *)((char *)task - offsetof(struct call, task));
    struct http1 *http1 = http1_of(call);
    struct client_connection *client = http1->client;
    call_free(call);
    http1->call = NULL;
    http1->answering = false;
    if (http1->refused && has(http1, DEFECT_HTTP1_REFUSAL_STAYS_OPEN))
        return;
    if (!http1->keep_alive || client->closing != CLIENT_OPEN) {
        client_close(client, CLIENT_CLOSE);
        return;
    }
    client_active(client);
    http_parser_pause(&http1->parser, 0);
    if (http1->pending.len > 0) {
        struct buf pending = http1->pending;
        buf_init(&http1->pending, 2 * (size_t)MAX_PENDING);
        http1->pending.budget = pending.budget;
        feed(http1, buf_span(&pending));
        buf_fini(&pending);
    }
    if (http1->pending.len <= MAX_PENDING)
        conn_pause(client->conn, false);
}

/* A request that cannot be read further: the answer, then the end of the connection. */
static void refuse(struct http1 *http1, int status, uint32_t code, const char *text)
{
    if (http1->answering)
        return;
    http1->keep_alive = false;
    http1->answering = true;
    http1->refused = true;
    if (HTTP_PARSER_ERRNO(&http1->parser) == HPE_OK) /* else it has failed, and may not be paused */
        http_parser_pause(&http1->parser, 1);
    if (!http1->call) {
        client_close(http1->client, CLIENT_CLOSE);
        return;
    }
    call_refuse(http1->call, status, code, text);
}

static int on_message_begin(http_parser *parser)
{
    struct http1 *http1 = parser->data;
    http1->call = call_new(http1->client->core, &operations, http1, &http1->client->left);
    if (!http1->call)
        return 1;
    http1->call->task.fn = next_request;
    http1->minor = 1;
    http1->head = http1->chunked = http1->body_begun = http1->value_begun = http1->watching = false;
    http1->header_bytes = 0;
    buf_reset(&http1->url);
    buf_reset(&http1->name);
    buf_reset(&http1->value);
    return 0;
}

static bool count_bytes(struct http1 *http1, size_t len);

/* Counts the bytes of a header section and keeps them. */
static void keep_bytes(struct http1 *http1, struct buf *to, const char *at, size_t len)
{
    if (count_bytes(http1, len) && !buf_append(to, at, len))
        refuse(http1, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
}

static bool count_bytes(struct http1 *http1, size_t len)
{
    http1->header_bytes += len;
    if (http1->header_bytes <= REFERENCE_MAX_HEADERS)
        return true;
    refuse(http1, 431, GRPC_RESOURCE_EXHAUSTED, "the header section is too large");
    return false;
}

static int on_url(http_parser *parser, const char *at, size_t len)
{
    struct http1 *http1 = parser->data;
    keep_bytes(http1, &http1->url, at, len);
    return 0;
}

/* Enters the field that is complete. */
static void field_done(struct http1 *http1)
{
    if (!http1->value_begun)
        return;
    struct field field = {.name = buf_span(&http1->name), .value = buf_span(&http1->value)};
    bool kept = !http1->body_begun || has(http1, DEFECT_HTTP1_TRAILERS_MERGED);
    if (has(http1, DEFECT_HTTP1_NAME_TRIMMED))
        field.name = span_trim(field.name, " \t");
    /* The parser lets a blank in a name pass. */
    if (kept && !call_field_valid(&field) && !has(http1, DEFECT_HTTP1_CONTROLS_ACCEPTED))
        refuse(http1, 400, GRPC_INVALID_ARGUMENT, "a header field is malformed");
    else if (kept && count_bytes(http1, 32) &&
             !fields_add(&http1->call->headers, &http1->call->arena, field.name, field.value))
        refuse(http1, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
    buf_reset(&http1->name);
    buf_reset(&http1->value);
    http1->value_begun = false;
}

static int on_header_field(http_parser *parser, const char *at, size_t len)
{
    struct http1 *http1 = parser->data;
    field_done(http1);
    keep_bytes(http1, &http1->name, at, len);
    return 0;
}

static int on_header_value(http_parser *parser, const char *at, size_t len)
{
    struct http1 *http1 = parser->data;
    struct span piece = span_of(at, len);
    if (http1->value_begun && has(http1, DEFECT_HTTP1_FOLD_JOINED)) /* another line of the field */
        piece = span_trim(piece, " \t");
    http1->value_begun = true;
    keep_bytes(http1, &http1->value, (const char *)piece.data, piece.len);
    return 0;
}

/* RFC 9112, section 3.2. */
static bool host_good(const struct http1 *http1)
{
    size_t hosts = fields_count(&http1->call->headers, "host");
    if (has(http1, DEFECT_HTTP1_HOST_UNCHECKED))
        return true;
    return hosts == 0 ? http1->minor == 0 : hosts == 1 && field_form_host(http1->call->authority);
}

/* The parser forgives much between chunks; the watch, which reads them beside it, does not. */
static void chunks_begin(struct http1 *http1)
{
    http1_watch_fini(&http1->watch);
    http1_watch_init(&http1->watch, false);
    http1->watch.state = HTTP1_WATCH_CHUNK_SIZE;
    http1->chunks_begin = true;
    http_parser_pause(&http1->parser, 1);
}

static int on_headers_complete(http_parser *parser)
{
    struct http1 *http1 = parser->data;
    struct call *call = http1->call;
    field_done(http1);
    http1->body_begun = true;
    parser->upgrade = 0; /* not offered: the request is an ordinary one */
    if (http1->answering)
        return 0;
    const char *method = http_method_str((enum http_method)parser->method);
    call->method = span_cstr(method);
    call->target = arena_dup(&call->arena, buf_span(&http1->url));
    call->authority = fields_value(&call->headers, "host");
    http1->head = leftovers_is_head(call);
    http1->minor = parser->http_minor;
    http1->keep_alive =
        (http_should_keep_alive(parser) && parser->http_minor >= 1) || has(http1, DEFECT_HTTP1_OLD_VERSION_KEPT);
    if (parser->http_major != 1)
        refuse(http1, 505, GRPC_UNIMPLEMENTED, "only HTTP/1.0, HTTP/1.1 and HTTP/2 are served");
    else if (!host_good(http1))
        refuse(http1, 400, GRPC_INVALID_ARGUMENT, "the request needs one Host field, with host and port");
    else if (parser->content_length != UINT64_MAX && parser->content_length > REFERENCE_MAX_BODY)
        refuse(http1, 413, GRPC_RESOURCE_EXHAUSTED, "the request body is too large");
    else if (parser->http_minor >= 1 &&
             span_equal_nocase(fields_value(&call->headers, "expect"), span_cstr("100-continue")))
        conn_write(http1->client->conn, span_cstr("HTTP/1.1 100 Continue\r\n\r\n"));
    if (parser->flags & F_CHUNKED && !http1->answering)
        chunks_begin(http1);
    /* A defect: to the parser the request has no body. */
    return call_has(call, DEFECT_UNREAD_BODY_PARSED) && !leftovers_is_bound(call);
}

static int on_body(http_parser *parser, const char *at, size_t len)
{
    struct http1 *http1 = parser->data;
    int status;
    const char *text;
    if (!http1->answering && !call_take_body(http1->call, span_of(at, len), &status, &text))
        refuse(http1, status, GRPC_RESOURCE_EXHAUSTED, text);
    return 0;
}

static void request_complete(struct http1 *http1)
{
    http1->answering = true;
    http1->call->front_complete = true;
    call_run(http1->call);
}

static int on_message_complete(http_parser *parser)
{
    struct http1 *http1 = parser->data;
    if (http1->answering)
        return 0;
    field_done(http1);
    http_parser_pause(parser, 1);
    request_complete(http1);
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* A defect: what stopped the reading is taken for the end of the request. */
static void serve_without_body(struct http1 *http1)
{
    struct call *call = http1->call;
    field_done(http1);
    call->method = span_cstr(http_method_str((enum http_method)http1->parser.method));
    call->target = arena_dup(&call->arena, buf_span(&http1->url));
    call->authority = fields_value(&call->headers, "host");
    http1->keep_alive = false;
    request_complete(http1);
}

static void parse_failed(struct http1 *http1, enum http_errno code)
{
    if (!http1->call && on_message_begin(&http1->parser) != 0) { /* no memory for a call, not even to refuse it */
        conn_write(http1->client->conn, span_cstr("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n"
                                                  "connection: close\r\n\r\n"));
        client_close(http1->client, CLIENT_CLOSE);
        return;
    }
    bool framing = code == HPE_INVALID_CONTENT_LENGTH || code == HPE_UNEXPECTED_CONTENT_LENGTH ||
                   code == HPE_INVALID_TRANSFER_ENCODING || code == HPE_INVALID_CHUNK_SIZE;
    if (framing && has(http1, DEFECT_HTTP1_FRAMING_FAULT_SERVED) && !http1->answering)
        serve_without_body(http1);
    else if (code == HPE_HEADER_OVERFLOW)
        refuse(http1, 431, GRPC_RESOURCE_EXHAUSTED, "the header section is too large");
    else if (code == HPE_INVALID_METHOD)
        refuse(http1, 501, GRPC_UNIMPLEMENTED, "this HTTP method is not known");
    else if (code == HPE_INVALID_VERSION)
        refuse(http1, 505, GRPC_UNIMPLEMENTED, "only HTTP/1.0, HTTP/1.1 and HTTP/2 are served");
    else
        refuse(http1, 400, GRPC_INVALID_ARGUMENT, "this is not HTTP");
}

/* A chunk with an extension behind its size: a line that begins with hex digits and a semicolon. */
static bool has_extension(struct span bytes)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    for (size_t at = span_index_of(bytes, '\n', 0) + 1; at < bytes.len; at = span_index_of(bytes, '\n', at) + 1) {
        size_t end = at;
        while (end < bytes.len && bytes.data[end] && strchr(digits, bytes.data[end]))
            end++;
        if (end > at && end < bytes.len && bytes.data[end] == ';')
            return true;
    }
    return false;
}

static bool has_bare_lf(struct span bytes)
{
    for (size_t at = 1; at < bytes.len; at++) {
        if (bytes.data[at] == '\n' && bytes.data[at - 1] != '\r')
            return true;
    }
    return false;
}

/* A defect: the parser does not see a field that contradicts another. The copy is in `copy`. */
static struct span without_field(struct buf *copy, struct span bytes, const char *name, const char *other)
{
    buf_append_span(copy, bytes);
    if (copy->failed || !memmem(bytes.data, bytes.len, other, strlen(other)))
        return bytes;
    for (uint8_t *at = copy->data; at && (at = memmem(at, copy->len - (size_t)(at - copy->data), name, strlen(name)));)
        *at = 'X';
    return buf_span(copy);
}

/* A defect: what stands between a carriage return alone and the end of its line is lost. */
static struct span without_rests(struct buf *copy, struct span bytes)
{
    bool lost = false;
    for (size_t at = 0; at < bytes.len; at++) {
        bool at_return = bytes.data[at] == '\r';
        bool at_end = at_return && at + 1 < bytes.len && bytes.data[at + 1] == '\n';
        lost = (lost || at_return) && !at_end;
        if (!lost)
            buf_append_byte(copy, bytes.data[at]);
    }
    return copy->failed ? bytes : buf_span(copy);
}

static struct span defect_bytes(const struct http1 *http1, struct buf *copy, struct span bytes)
{
    static const char length[] = "Content-Length";
    static const char coding[] = "Transfer-Encoding";
    if (has(http1, DEFECT_HTTP1_BOTH_FRAMINGS_ACCEPTED))
        return without_field(copy, bytes, length, coding);
    if (has(http1, DEFECT_HTTP1_CARRIAGE_RETURN_CUT))
        return without_rests(copy, bytes);
    return has(http1, DEFECT_HTTP1_CODING_IGNORED) ? without_field(copy, bytes, coding, length) : bytes;
}

/* Whether a defect keeps the parser from these bytes. */
static bool defect_stops(struct http1 *http1, struct span bytes)
{
    bool first = !http1->call && bytes.data[0] == '\r';
    if ((first && has(http1, DEFECT_HTTP1_EMPTY_LINE_REFUSED)) ||
        (has(http1, DEFECT_HTTP1_EXTENSION_REFUSED) && has_extension(bytes))) {
        client_close(http1->client, CLIENT_CLOSE);
        return true;
    }
    return has(http1, DEFECT_HTTP1_LF_WAITED) && has_bare_lf(bytes);
}

static void chunks_failed(struct http1 *http1)
{
    if (has(http1, DEFECT_HTTP1_FRAMING_FAULT_SERVED))
        serve_without_body(http1);
    else
        refuse(http1, 400, GRPC_INVALID_ARGUMENT, "the chunks are malformed");
}

/* false: the body is not chunked as it should be. */
static bool chunks_good(struct http1 *http1, struct span bytes)
{
    http1_watch_bytes(&http1->watch, bytes);
    return !http1->watch.problem[0] || http1_watch_done(&http1->watch); /* what follows may be another request */
}

/* Gives bytes to the parser; of a chunked body when the watch has nothing against them. How many it took. */
static size_t parse(struct http1 *http1, struct span bytes)
{
    bool begins = false;
    size_t parsed = 0;
    if (!http1->watching)
        parsed = http_parser_execute(&http1->parser, &settings, (const char *)bytes.data, bytes.len);
    if (http1->chunks_begin) { /* it has stopped at the line feed behind the header section */
        http_parser_pause(&http1->parser, 0);
        http1->chunks_begin = false;
        http1->watching = begins = true;
    }
    if (!http1->watching || http1->answering)
        return parsed;
    struct span rest = span_from(bytes, parsed);
    if (!chunks_good(http1, span_from(rest, begins)))
        chunks_failed(http1);
    else
        parsed += http_parser_execute(&http1->parser, &settings, (const char *)rest.data, rest.len);
    return parsed;
}

/* Parses one request at a time; what follows it waits in `pending`. */
static void feed(struct http1 *http1, struct span given)
{
    struct buf copy;
    if (given.len == 0 || http1->client->closing != CLIENT_OPEN || defect_stops(http1, given))
        return;
    buf_init(&copy, MAX_RESPONSE);
    struct span bytes = defect_bytes(http1, &copy, given);
    size_t parsed = parse(http1, bytes);
    buf_fini(&copy);
    enum http_errno code = HTTP_PARSER_ERRNO(&http1->parser);
    if (code != HPE_OK && code != HPE_PAUSED) {
        parse_failed(http1, code);
        return;
    }
    if (parsed < given.len && http1->keep_alive && !buf_append_span(&http1->pending, span_from(given, parsed)))
        client_close(http1->client, CLIENT_ABORT);
}

static void http1_read(struct client_connection *client, struct span bytes)
{
    struct http1 *http1 = client->state;
    if (!http1->answering) {
        feed(http1, bytes);
    } else if (http1->keep_alive) {
        if (!buf_append_span(&http1->pending, bytes))
            client_close(client, CLIENT_ABORT);
    }
    if (http1->pending.len > MAX_PENDING)
        conn_pause(client->conn, true);
}

static void http1_end(struct client_connection *client)
{
    struct http1 *http1 = client->state;
    if (!http1->call || http1->call->done)
        return;
    if (!http1->answering && http1->body_begun) {
        http1->answering = true;
        defect_request_cut(http1->call);
    }
    if (!http1->call->done)
        call_cancel(http1->call);
}

static void http1_drain(struct client_connection *client)
{
    struct http1 *http1 = client->state;
    client_active(client);
    if (http1->call && http1->answering)
        call_drained(http1->call);
}

static bool http1_init(struct client_connection *client)
{
    struct http1 *http1 = calloc(1, sizeof *http1);
    if (!http1)
        return false;
    http1->client = client;
    http1->keep_alive = true;
    http_parser_init(&http1->parser, HTTP_REQUEST);
    http1->parser.data = http1;
    http1->parser.lenient_http_headers = has(http1, DEFECT_HTTP1_CONTROLS_ACCEPTED);
    http1_watch_init(&http1->watch, false);
    buf_init(&http1->url, REFERENCE_MAX_HEADERS);
    buf_init(&http1->name, REFERENCE_MAX_HEADERS);
    buf_init(&http1->value, REFERENCE_MAX_HEADERS);
    /* One read more than the limit may arrive before the pause. */
    buf_init(&http1->pending, 2 * (size_t)MAX_PENDING);
    buf_init(&http1->out, MAX_RESPONSE);
    struct budget *budget = client->core->budget;
    http1->url.budget = http1->name.budget = http1->value.budget = budget;
    http1->pending.budget = http1->out.budget = budget;
    budget_charge(budget, sizeof *http1);
    client->state = http1;
    return true;
}

static void http1_fini(struct client_connection *client)
{
    struct http1 *http1 = client->state;
    if (http1->call) {
        call_cancel(http1->call);
        call_free(http1->call);
    }
    http1_watch_fini(&http1->watch);
    buf_fini(&http1->url);
    buf_fini(&http1->name);
    buf_fini(&http1->value);
    buf_fini(&http1->pending);
    buf_fini(&http1->out);
    budget_give(client->core->budget, sizeof *http1);
    free(http1);
}

const struct client_protocol http1_protocol = {
    .init = http1_init, .read = http1_read, .end = http1_end, .drain = http1_drain, .fini = http1_fini};
