/* Calls over HTTP/1.1 and HTTP/1.0, read by http_parser: one after the other on a connection. */
#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/net/http1_text.h"
#include "mock-backend/call.h"
#include "mock-backend/wire_h1.h"

#define FIELD_COST 32u /* of a field, beside its text */

enum stage {
    STAGE_HEAD, /* the header section of the next request */
    STAGE_BODY,
    STAGE_DONE /* the request is complete, or cannot be read on; what follows waits */
};

/* How the end of the response's body is told. */
enum framing {
    FRAMING_CHUNKED,
    FRAMING_LENGTH,
    FRAMING_NONE, /* there is no body: HEAD, 204, 304 */
    FRAMING_CLOSE /* by the end of the connection; also what stands behind raw bytes */
};

struct http1 {
    struct backend_conn *conn;
    struct backend_call *call; /* the request being read, or answered; none before its header section is whole */
    http_parser parser;
    enum stage stage;
    bool parsing;     /* inside the parser */
    bool head_ended;  /* the parser stopped behind the header section */
    bool too_large;   /* more of a header section than HTTP1_MAX_HEADER_BYTES or HTTP1_MAX_FIELDS */
    bool value_begun; /* `name` and `value` hold a field */
    bool answering;   /* the response has begun */
    bool answered;    /* ... and is over */
    bool keep_alive;
    bool head_only;     /* HEAD */
    uint8_t last;       /* byte of the header section that was looked at */
    const char *broken; /* what is wrong with the bytes of the header section */
    size_t header_bytes;
    size_t frame_len; /* of the body: since the last arrival_frame */
    enum framing framing;
    uint64_t promised; /* content-length of the response */
    uint64_t sent;     /* of its body */
    struct buf name;
    struct buf value;
    struct buf target;
    struct buf pending; /* read behind the request */
    struct fields fields;
    struct fields trailers;
    struct arena arena; /* of the fields */
};

static struct http1 *http1_of(const struct backend_call *call)
{
    return call->conn->wire_state;
}

/* ---- responses */

static bool write_bytes(struct http1 *http1, struct span bytes)
{
    struct backend_conn *conn = http1->conn;
    size_t refused = budget_refusals(conn->backend->budget);
    if (conn_write(conn->conn, bytes))
        return true;
    if (budget_refusals(conn->backend->budget) != refused)
        backend_conn_starved(conn);
    return false;
}

/* All but pseudo headers. */
static void put_fields(struct buf *out, const struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        if (field->name.len == 0 || field->name.data[0] != ':')
            http1_put_field(out, field->name, field->value);
    }
}

static uint64_t number_of(struct span text)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.len && text.data[i] >= '0' && text.data[i] <= '9' && number < UINT64_MAX / 16; i++)
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    return number;
}

/* What the fields of the response say, and what is added to them so that the client sees where it ends. */
static void choose_framing(struct http1 *http1, const struct fields *fields, bool end_stream, struct buf *out)
{
    struct span status = fields_value(fields, ":status");
    struct span coding = fields_value(fields, "transfer-encoding");
    struct span length = fields_value(fields, "content-length");
    http1->framing = FRAMING_CLOSE;
    if (span_equal_nocase(fields_value(fields, "connection"), span_cstr("close")))
        http1->keep_alive = false;
    if (http1->head_only || span_is(status, "204") || span_is(status, "304")) {
        http1->framing = FRAMING_NONE;
    } else if (coding.data) {
        http1->framing = span_equal_nocase(coding, span_cstr("chunked")) ? FRAMING_CHUNKED : FRAMING_CLOSE;
    } else if (length.data || end_stream) {
        http1->framing = FRAMING_LENGTH;
        http1->promised = number_of(length);
        if (!length.data)
            http1_put_field(out, span_cstr("content-length"), span_cstr("0"));
    } else if (http1->parser.http_minor >= 1) {
        http1->framing = FRAMING_CHUNKED;
        http1_put_field(out, span_cstr("transfer-encoding"), span_cstr("chunked"));
    }
    if (http1->framing == FRAMING_CLOSE)
        http1->keep_alive = false;
    if (!http1->keep_alive && !fields_find(fields, "connection"))
        http1_put_field(out, span_cstr("connection"), span_cstr("close"));
}

static void answer_ends(struct http1 *http1)
{
    if (http1->framing == FRAMING_LENGTH && http1->sent != http1->promised)
        http1->keep_alive = false; /* only the end of the connection is an end now */
    http1->answered = true;
}

static bool wire_h1_headers(struct backend_call *call, const struct fields *fields, bool end_stream)
{
    struct http1 *http1 = http1_of(call);
    struct span status = fields_value(fields, ":status");
    bool informational = status.len == 3 && status.data[0] == '1';
    struct buf out;
    buf_init(&out, CONN_MAX_QUEUED);
    out.budget = call->conn->backend->budget;
    buf_printf(&out, "HTTP/1.1 %.*s %s\r\n", SPAN_FMT(status),
               http1_reason(status.len == 3 ? (int)number_of(status) : 0));
    put_fields(&out, fields);
    if (!informational && !http1->answering) {
        http1->answering = true;
        choose_framing(http1, fields, end_stream, &out);
    }
    buf_append_cstr(&out, "\r\n");
    bool sent = !out.failed && write_bytes(http1, buf_span(&out));
    buf_fini(&out);
    if (sent && end_stream)
        answer_ends(http1);
    return sent;
}

/* Only chunks have trailers behind them. */
static bool wire_h1_trailers(struct backend_call *call, const struct fields *fields)
{
    struct http1 *http1 = http1_of(call);
    if (!http1->answering)
        return wire_h1_headers(call, fields, true);
    bool sent = http1->framing == FRAMING_CHUNKED;
    if (sent) {
        struct buf out;
        buf_init(&out, CONN_MAX_QUEUED);
        out.budget = call->conn->backend->budget;
        buf_append_cstr(&out, "0\r\n");
        put_fields(&out, fields);
        buf_append_cstr(&out, "\r\n");
        sent = !out.failed && write_bytes(http1, buf_span(&out));
        buf_fini(&out);
    }
    answer_ends(http1);
    return sent;
}

static bool put_data(struct http1 *http1, struct span bytes)
{
    char head[24];
    http1->answering = true;
    if (http1->framing == FRAMING_NONE || bytes.len == 0)
        return true;
    http1->sent += bytes.len;
    if (http1->framing != FRAMING_CHUNKED)
        return write_bytes(http1, bytes);
    snprintf(head, sizeof head, "%zx\r\n", bytes.len);
    return write_bytes(http1, span_cstr(head)) && write_bytes(http1, bytes) && write_bytes(http1, span_cstr("\r\n"));
}

static bool wire_h1_data(struct backend_call *call, struct span bytes, bool end_stream)
{
    struct http1 *http1 = http1_of(call);
    bool sent = put_data(http1, bytes);
    if (sent && end_stream) {
        if (http1->framing == FRAMING_CHUNKED)
            sent = write_bytes(http1, span_cstr("0\r\n\r\n"));
        answer_ends(http1);
    }
    return sent;
}

/* There are no streams to reset: the connection is. */
static bool wire_h1_reset(struct backend_call *call, uint32_t code)
{
    (void)code;
    call->conn->by_us = true;
    call->conn->close_reset = true;
    backend_conn_close(call->conn);
    return true;
}

static size_t wire_h1_queued(const struct backend_call *call)
{
    return conn_queued(call->conn->conn);
}

static bool wire_h1_idle(const struct backend_call *call)
{
    return conn_queued(call->conn->conn) == 0;
}

/* This request is the last one of the connection. */
static void wire_h1_goaway(struct backend_call *call, bool covers, uint32_t code)
{
    (void)covers;
    (void)code;
    http1_of(call)->keep_alive = false;
}

static void wire_h1_raw(struct backend_call *call, struct span bytes, bool own_stream)
{
    (void)own_stream;
    http1_of(call)->answering = true;
    write_bytes(http1_of(call), bytes);
}

/* ---- requests */

/* The next one may come. */
static void request_init(struct http1 *http1)
{
    http_parser_init(&http1->parser, HTTP_REQUEST);
    http1->parser.data = http1;
    http1->call = NULL;
    http1->stage = STAGE_HEAD;
    http1->head_ended = http1->too_large = http1->value_begun = http1->answering = http1->answered = false;
    http1->keep_alive = true;
    http1->head_only = false;
    http1->last = 0;
    http1->broken = NULL;
    http1->header_bytes = http1->frame_len = 0;
    http1->framing = FRAMING_CLOSE;
    http1->promised = http1->sent = 0;
    buf_reset(&http1->name);
    buf_reset(&http1->value);
    buf_reset(&http1->target);
    http1->fields = http1->trailers = (struct fields){0};
    arena_reset(&http1->arena);
}

static bool count_bytes(struct http1 *http1, size_t len)
{
    http1->header_bytes += len;
    http1->too_large = http1->too_large || http1->header_bytes > HTTP1_MAX_HEADER_BYTES;
    return !http1->too_large;
}

static int keep_bytes(struct http1 *http1, struct buf *to, const char *at, size_t len)
{
    return count_bytes(http1, len) && buf_append(to, at, len) ? 0 : -1;
}

/* Enters the field that is complete; blanks behind its value are no part of it. */
static bool field_done(struct http1 *http1)
{
    struct fields *to = http1->stage == STAGE_HEAD ? &http1->fields : &http1->trailers;
    struct span value = span_trim_end(buf_span(&http1->value), " \t");
    if (!http1->value_begun)
        return true;
    bool ok = http1->fields.count + http1->trailers.count < HTTP1_MAX_FIELDS && count_bytes(http1, FIELD_COST) &&
              fields_add(to, &http1->arena, buf_span(&http1->name), value);
    http1->too_large = http1->too_large || !ok;
    buf_reset(&http1->name);
    buf_reset(&http1->value);
    http1->value_begun = false;
    return ok;
}

static int on_url(http_parser *parser, const char *at, size_t len)
{
    struct http1 *http1 = parser->data;
    return keep_bytes(http1, &http1->target, at, len);
}

static int on_header_field(http_parser *parser, const char *at, size_t len)
{
    struct http1 *http1 = parser->data;
    return field_done(http1) ? keep_bytes(http1, &http1->name, at, len) : -1;
}

static int on_header_value(http_parser *parser, const char *at, size_t len)
{
    struct http1 *http1 = parser->data;
    http1->value_begun = true;
    return keep_bytes(http1, &http1->value, at, len);
}

static int on_headers_complete(http_parser *parser)
{
    struct http1 *http1 = parser->data;
    http1->head_ended = true;
    parser->upgrade = 0; /* not offered: the request is an ordinary one */
    http_parser_pause(parser, 1);
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t len)
{
    struct http1 *http1 = parser->data;
    http1->frame_len += len;
    if (!http1->conn->closing)
        arrival_body(http1->call, span_of(at, len));
    return 0;
}

static int on_chunk_complete(http_parser *parser)
{
    struct http1 *http1 = parser->data;
    if (http1->frame_len > 0 && !http1->conn->closing)
        arrival_frame(http1->call, http1->frame_len, false);
    http1->frame_len = 0;
    return 0;
}

static int on_message_complete(http_parser *parser)
{
    struct http1 *http1 = parser->data;
    bool ok = field_done(http1);
    http1->stage = STAGE_DONE;
    http_parser_pause(parser, 1);
    return ok ? 0 : -1;
}

static const http_parser_settings settings = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
    .on_chunk_complete = on_chunk_complete,
};

/* What the parser lets pass: RFC 9112 sections 2.2 (lines end in CRLF) and 5.2 (no line folding). */
static void look_at_lines(struct http1 *http1, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.data[i];
        if (c == '\n' && http1->last != '\r')
            http1->broken = "a line of the header section ends in LF without CR";
        else if ((c == ' ' || c == '\t') && http1->last == '\n')
            http1->broken = "a line of the header section is folded";
        http1->last = c;
    }
}

static bool is_token(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (c <= 0x20 || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c))
            return false;
    }
    return name.len > 0;
}

/* RFC 9112 section 6.3: the last coding of a request is chunked, or its end cannot be told. */
static bool codings_end_in_chunks(const struct fields *fields)
{
    static const char last[] = "chunked";
    struct span value = {0};
    for (size_t i = 0; i < fields->count; i++) {
        if (span_equal_nocase(fields->items[i].name, span_cstr("transfer-encoding")))
            value = fields->items[i].value;
    }
    size_t before = value.len >= sizeof last - 1 ? value.len - (sizeof last - 1) : 0;
    return !value.data || (span_equal_nocase(span_from(value, before), span_cstr(last)) &&
                           (before == 0 || strchr(", \t", value.data[before - 1])));
}

/* The same of the whole section. NULL: nothing. */
static const char *broken_section(const struct http1 *http1)
{
    size_t hosts = fields_count(&http1->fields, "host");
    if (http1->broken)
        return http1->broken;
    for (size_t i = 0; i < http1->fields.count; i++) {
        if (!is_token(http1->fields.items[i].name))
            return "the name of a header field is no token";
    }
    if (http1->parser.http_major != 1)
        return "the request line names another version than HTTP/1.1 and HTTP/1.0";
    if (hosts > 1 || (hosts == 0 && http1->parser.http_minor >= 1)) /* RFC 9112 section 3.2 */
        return "a request needs one Host field";
    if (!codings_end_in_chunks(&http1->fields))
        return "the last transfer-encoding of the request is not chunked";
    return NULL;
}

/* The request line as pseudo headers, before what was received. */
static bool with_request_line(struct http1 *http1, struct fields *out)
{
    const char *method = http_method_str((enum http_method)http1->parser.method);
    bool ok = fields_add_view(out, &http1->arena, span_cstr(":method"), span_cstr(method)) &&
              fields_add_view(out, &http1->arena, span_cstr(":path"), buf_span(&http1->target));
    for (size_t i = 0; ok && i < http1->fields.count; i++)
        ok = fields_add_view(out, &http1->arena, http1->fields.items[i].name, http1->fields.items[i].value);
    return ok;
}

/* `wrong`: the request is not well-formed; NULL: it is. false: there is no memory for it. */
static bool call_begins(struct http1 *http1, bool complete, const char *wrong)
{
    struct fields fields = {0};
    if (!with_request_line(http1, &fields))
        backend_limit(http1->conn->backend, BACKEND_TURNED_AWAY);
    else
        http1->call = arrival_new(http1->conn, 0, complete);
    if (!http1->call) {
        http1->conn->by_us = true;
        backend_conn_close(http1->conn);
        return false;
    }
    http1->call->protocol = http1->parser.http_minor >= 1 ? "HTTP/1.1" : "HTTP/1.0";
    http1->call->malformed = wrong;
    arrival_headers(http1->call, &fields);
    return true;
}

/* It is recorded and answered, and nothing that follows it can be read. */
static void malformed(struct http1 *http1, const char *wrong)
{
    bool begun = http1->call != NULL;
    http1->stage = STAGE_DONE;
    http1->keep_alive = false;
    if (!begun) {
        call_begins(http1, true, wrong);
        return;
    }
    record_malformed(http1->call, wrong);
    if (!http1->answering)
        write_bytes(http1, span_cstr("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
    http1->conn->by_us = true;
    backend_conn_close(http1->conn);
}

static void head_ended(struct http1 *http1)
{
    http_parser *parser = &http1->parser;
    bool chunked = (parser->flags & F_CHUNKED) != 0;
    bool body = chunked || (parser->content_length != UINT64_MAX && parser->content_length > 0);
    const char *wrong = field_done(http1) ? broken_section(http1) : HTTP1_TOO_LARGE;
    if (wrong) {
        malformed(http1, wrong);
        return;
    }
    http1->stage = STAGE_BODY;
    http1->head_only = parser->method == HTTP_HEAD;
    http1->keep_alive = parser->http_minor >= 1 && http_should_keep_alive(parser);
    if (!call_begins(http1, !body, NULL))
        return;
    /* Who plays at the headers says himself whether he wants the body. */
    bool expects = span_equal_nocase(fields_value(&http1->fields, "expect"), span_cstr("100-continue"));
    if (expects && body && parser->http_minor >= 1 && http1->call->wait == CALL_STARTING)
        write_bytes(http1, span_cstr("HTTP/1.1 100 Continue\r\n\r\n"));
}

/* The request is complete. */
static void request_ends(struct http1 *http1)
{
    struct backend_call *call = http1->call;
    if (call->complete || http1->conn->closing)
        return;
    if (http1->trailers.count > 0)
        arrival_trailers(call, &http1->trailers, true);
    else
        arrival_frame(call, http1->frame_len, true);
}

/* Parses up to the next point where something happens outside of the parser. Returns the bytes that it took. */
static size_t parse(struct http1 *http1, struct span bytes)
{
    bool head = http1->stage == STAGE_HEAD;
    http1->parsing = true;
    size_t taken = http_parser_execute(&http1->parser, &settings, (const char *)bytes.data, bytes.len);
    http1->parsing = false;
    enum http_errno code = HTTP_PARSER_ERRNO(&http1->parser);
    if (head) /* with the LF at which the parser stops behind the section */
        look_at_lines(http1, span_of(bytes.data, http1->head_ended && taken < bytes.len ? taken + 1 : taken));
    if (code == HPE_PAUSED)
        http_parser_pause(&http1->parser, 0);
    if (http1->conn->closing)
        return bytes.len;
    if (http1->too_large || code == HPE_HEADER_OVERFLOW)
        malformed(http1, HTTP1_TOO_LARGE);
    else if (code != HPE_OK && code != HPE_PAUSED)
        malformed(http1, http_errno_description(code));
    else if (http1->head_ended && head)
        head_ended(http1);
    else if (http1->stage == STAGE_DONE)
        request_ends(http1);
    return taken;
}

/* Parses one request at a time; what follows it waits. */
static void feed(struct http1 *http1, struct span bytes)
{
    while (bytes.len > 0 && http1->stage != STAGE_DONE && !http1->conn->closing)
        bytes = span_from(bytes, parse(http1, bytes));
    if (bytes.len == 0 || http1->conn->closing || !http1->keep_alive)
        return;
    if (!buf_append_span(&http1->pending, bytes))
        backend_conn_starved(http1->conn);
    else if (http1->pending.len > HTTP1_MAX_AHEAD)
        conn_pause(http1->conn->conn, true);
}

/* Where request and response are over the call is, and the next one begins. false: nothing changed. */
static bool settle(struct http1 *http1)
{
    struct backend_conn *conn = http1->conn;
    struct backend_call *call = http1->call;
    if (conn->closing || !call || !http1->answered || (http1->stage != STAGE_DONE && http1->keep_alive))
        return false;
    http1->call = NULL;
    arrival_closed(call);
    if (conn->closing)
        return false;
    if (!http1->keep_alive) {
        conn->by_us = true;
        backend_conn_close(conn);
        return false;
    }
    request_init(http1);
    return true;
}

static void wire_h1_flush(struct backend_conn *conn, bool all)
{
    struct http1 *http1 = conn->wire_state;
    (void)all;
    if (http1->parsing)
        return;
    if (http1->call && !conn->closing && conn_queued(conn->conn) == 0)
        arrival_sent(http1->call);
    while (settle(http1)) {
        struct buf pending = http1->pending;
        buf_init(&http1->pending, pending.max);
        http1->pending.budget = pending.budget;
        if (pending.len > HTTP1_MAX_AHEAD)
            conn_pause(conn->conn, false);
        feed(http1, buf_span(&pending));
        buf_fini(&pending);
    }
}

static enum err_code wire_h1_receive(struct backend_conn *conn, struct span bytes, struct err *err)
{
    (void)err;
    feed(conn->wire_state, bytes);
    wire_h1_flush(conn, false);
    return ERR_OK;
}

static bool wire_h1_open(struct backend_conn *conn)
{
    struct budget *budget = conn->backend->budget;
    struct http1 *http1 = budget_take(budget, sizeof *http1) ? calloc(1, sizeof *http1) : NULL;
    if (!http1)
        return false;
    http1->conn = conn;
    buf_init(&http1->name, HTTP1_MAX_HEADER_BYTES);
    buf_init(&http1->value, HTTP1_MAX_HEADER_BYTES);
    buf_init(&http1->target, HTTP1_MAX_HEADER_BYTES);
    buf_init(&http1->pending, 16 * (size_t)HTTP1_MAX_AHEAD); /* one read more than the limit may arrive */
    arena_init(&http1->arena, 16 * (size_t)HTTP1_MAX_HEADER_BYTES);
    http1->name.budget = http1->value.budget = http1->target.budget = http1->pending.budget = budget;
    http1->arena.budget = budget;
    conn->wire_state = http1;
    request_init(http1);
    return true;
}

static void wire_h1_free(struct backend_conn *conn)
{
    struct http1 *http1 = conn->wire_state;
    buf_fini(&http1->name);
    buf_fini(&http1->value);
    buf_fini(&http1->target);
    buf_fini(&http1->pending);
    arena_fini(&http1->arena);
    budget_give(conn->backend->budget, sizeof *http1);
    free(http1);
}

const struct wire wire_h1 = {
    .open = wire_h1_open,
    .free = wire_h1_free,
    .receive = wire_h1_receive,
    .flush = wire_h1_flush,
    .headers = wire_h1_headers,
    .trailers = wire_h1_trailers,
    .data = wire_h1_data,
    .reset = wire_h1_reset,
    .queued = wire_h1_queued,
    .idle = wire_h1_idle,
    .goaway = wire_h1_goaway,
    .raw = wire_h1_raw,
};
