/* A strict reader beside libcurl, which forgives much. */
#include "harness/net/http1_watch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/escape.h"

#define SHOWN_MAX 60u /* bytes from the wire that a problem shows */

static void problem(struct http1_watch *watch, const char *text, struct span shown)
{
    if (watch->problem[0])
        return;
    if (shown.len == 0) {
        snprintf(watch->problem, sizeof watch->problem, "%s", text);
        return;
    }
    struct buf escaped;
    buf_init(&escaped, 4096);
    escape_terminal_cut(&escaped, shown, SHOWN_MAX);
    snprintf(watch->problem, sizeof watch->problem, "%s: %s", text, escaped.data ? (const char *)escaped.data : "");
    buf_fini(&escaped);
}

static struct span nothing(void)
{
    return span_of(NULL, 0);
}

void http1_watch_init(struct http1_watch *watch, bool head)
{
    *watch = (struct http1_watch){.head = head};
    buf_init(&watch->line, HTTP1_WATCH_MAX_LINE);
}

void http1_watch_fini(struct http1_watch *watch)
{
    buf_fini(&watch->line);
}

bool http1_watch_in_head(const struct http1_watch *watch)
{
    return watch->state <= HTTP1_WATCH_FIELDS;
}

bool http1_watch_done(const struct http1_watch *watch)
{
    return watch->state == HTTP1_WATCH_DONE;
}

void http1_watch_excess(struct http1_watch *watch, uint64_t count)
{
    if (count > 0)
        problem(watch, "bytes behind the end of the message", nothing());
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_token(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || is_digit(byte) ||
           (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte));
}

/* Without its line end, which must be CR LF (RFC 9112 section 2.2 lets a recipient, not a sender, do without CR). */
static struct span line_text(struct http1_watch *watch, struct span line)
{
    if (line.len > 0 && line.data[line.len - 1] == '\n')
        line.len--;
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    else
        problem(watch, "a header line ends in LF without CR", line);
    return line;
}

/* status-line = HTTP-version SP status-code SP [ reason-phrase ] */
static void start_line(struct http1_watch *watch, struct span text)
{
    const uint8_t *at = text.data;
    watch->status = 0;
    watch->has_length = watch->has_coding = false;
    bool version = text.len >= 8 && memcmp(at, "HTTP/1.", 7) == 0 && is_digit(at[7]);
    bool code = version && text.len >= 12 && at[8] == ' ' && is_digit(at[9]) && is_digit(at[10]) && is_digit(at[11]);
    if (!version || !code) {
        problem(watch, "not a status line of HTTP/1.1", text);
        return;
    }
    watch->minor = at[7] - '0';
    watch->status = (at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0');
    if (watch->status < 100)
        problem(watch, "a status below 100", text);
    if (text.len < 13 || at[12] != ' ')
        problem(watch, "no space behind the status code", text);
    for (size_t i = 13; i < text.len; i++) {
        if ((at[i] < 0x20 && at[i] != '\t') || at[i] == 0x7f)
            problem(watch, "a control character in the reason phrase", text);
    }
}

static void content_length(struct http1_watch *watch, struct span value)
{
    uint64_t number = 0;
    bool fits = value.len > 0;
    for (size_t i = 0; i < value.len; i++) {
        fits = fits && is_digit(value.data[i]) && number <= (INT64_MAX - 9) / 10;
        number = fits ? number * 10 + (uint64_t)(value.data[i] - '0') : 0;
    }
    if (!fits)
        problem(watch, "content-length is not a number", value);
    if (watch->has_length)
        problem(watch, number == watch->length ? "content-length twice" : "content-length twice, with two values",
                value);
    watch->has_length = true;
    watch->length = number;
}

/* One field line; `trailer` says in which section. */
static void field_line(struct http1_watch *watch, struct span text, bool trailer)
{
    if (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        problem(watch, "a folded header line", text);
        return;
    }
    size_t colon = span_index_of(text, ':', 0);
    struct span name = span_of(text.data, colon);
    bool token = colon > 0 && colon < text.len;
    for (size_t i = 0; i < name.len; i++)
        token = token && is_token(name.data[i]);
    if (!token) {
        problem(watch, "not a header line", text);
        return;
    }
    struct span value = span_trim(span_from(text, colon + 1), " \t");
    for (size_t i = 0; i < value.len; i++) {
        if ((value.data[i] < 0x20 && value.data[i] != '\t') || value.data[i] == 0x7f)
            problem(watch, "a control character in a header value", text);
    }
    bool length = span_equal_nocase(name, span_cstr("content-length"));
    bool coding = span_equal_nocase(name, span_cstr("transfer-encoding"));
    if (trailer && (length || coding)) {
        problem(watch, "a framing field among the trailers", text);
    } else if (length) {
        content_length(watch, value);
    } else if (coding) {
        if (watch->has_coding || !span_equal_nocase(value, span_cstr("chunked")))
            problem(watch, "a transfer-encoding other than chunked, which was not asked for", text);
        watch->has_coding = true;
    }
}

/* The header section is over: which framing does the body have? RFC 9112 section 6.3. */
static void section_end(struct http1_watch *watch)
{
    bool informational = watch->status >= 100 && watch->status < 200;
    if ((informational || watch->status == 204) && (watch->has_length || watch->has_coding))
        problem(watch, "a framing field in a response that has no body", nothing());
    if (watch->has_length && watch->has_coding)
        problem(watch, "both content-length and transfer-encoding", nothing());
    if (watch->has_coding && watch->minor == 0)
        problem(watch, "transfer-encoding in a response of HTTP/1.0", nothing());
    if (watch->status == 101)
        problem(watch, "101 without a request to switch protocols", nothing());
    if (informational) {
        watch->state = HTTP1_WATCH_START_LINE;
        return;
    }
    watch->framed = true;
    watch->left = watch->length;
    if (watch->head || watch->status == 204 || watch->status == 304)
        watch->state = HTTP1_WATCH_DONE;
    else if (watch->has_coding)
        watch->state = HTTP1_WATCH_CHUNK_SIZE;
    else if (watch->has_length)
        watch->state = watch->left > 0 ? HTTP1_WATCH_LENGTH : HTTP1_WATCH_DONE;
    else
        watch->state = HTTP1_WATCH_UNTIL_CLOSE;
}

void http1_watch_line(struct http1_watch *watch, struct span line)
{
    assert(http1_watch_in_head(watch));
    struct span text = line_text(watch, line);
    if (watch->state == HTTP1_WATCH_START_LINE) {
        start_line(watch, text);
        watch->state = HTTP1_WATCH_FIELDS;
    } else if (text.len > 0) {
        field_line(watch, text, false);
    } else {
        section_end(watch);
    }
}

static int hex_digit(uint8_t byte)
{
    if (is_digit(byte))
        return byte - '0';
    uint8_t low = byte | 0x20;
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static void chunk_size(struct http1_watch *watch, uint8_t byte)
{
    int digit = hex_digit(byte);
    if (digit >= 0) {
        if (watch->digits++ == 0)
            watch->left = 0;
        if (watch->left > INT64_MAX >> 4)
            problem(watch, "a chunk size beyond 2^63", nothing());
        watch->left = watch->left << 4 | (uint64_t)digit;
        return;
    }
    if (watch->digits == 0)
        problem(watch, "a chunk size that is not a number", span_of(&byte, 1));
    if (byte == '\r') {
        watch->state = HTTP1_WATCH_CHUNK_LINE_END;
    } else {
        if (byte != ';' && byte != ' ' && byte != '\t')
            problem(watch, "a chunk size that is not a number", span_of(&byte, 1));
        watch->state = HTTP1_WATCH_CHUNK_EXTENSION;
    }
}

static void chunk_extension(struct http1_watch *watch, uint8_t byte)
{
    if (byte == '\r')
        watch->state = HTTP1_WATCH_CHUNK_LINE_END;
    else if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
        problem(watch, "a control character in a chunk extension", span_of(&byte, 1));
}

static void chunk_line_end(struct http1_watch *watch, uint8_t byte)
{
    if (byte != '\n')
        problem(watch, "a chunk size line does not end in CR LF", nothing());
    watch->state = watch->left > 0 ? HTTP1_WATCH_CHUNK_DATA : HTTP1_WATCH_TRAILERS;
    watch->digits = 0;
    watch->line_len = 0;
}

static void trailer_byte(struct http1_watch *watch, uint8_t byte)
{
    if (!buf_append_byte(&watch->line, byte)) {
        watch->too_long = true;
        return;
    }
    if (byte != '\n')
        return;
    struct span text = line_text(watch, buf_span(&watch->line));
    if (text.len > 0)
        field_line(watch, text, true);
    else
        watch->state = HTTP1_WATCH_DONE;
    buf_reset(&watch->line);
}

static void framing_byte(struct http1_watch *watch, uint8_t byte)
{
    switch (watch->state) {
    case HTTP1_WATCH_CHUNK_SIZE:
    case HTTP1_WATCH_CHUNK_EXTENSION:
        if (++watch->line_len > HTTP1_WATCH_MAX_CHUNK_LINE)
            watch->too_long = true;
        if (watch->state == HTTP1_WATCH_CHUNK_SIZE)
            chunk_size(watch, byte);
        else
            chunk_extension(watch, byte);
        break;
    case HTTP1_WATCH_CHUNK_LINE_END:
        chunk_line_end(watch, byte);
        break;
    case HTTP1_WATCH_CHUNK_DATA_CR:
        if (byte != '\r')
            problem(watch, "a chunk is longer than its size", span_of(&byte, 1));
        watch->state = HTTP1_WATCH_CHUNK_DATA_LF;
        break;
    case HTTP1_WATCH_CHUNK_DATA_LF:
        if (byte != '\n')
            problem(watch, "a chunk does not end in CR LF", span_of(&byte, 1));
        watch->state = HTTP1_WATCH_CHUNK_SIZE;
        break;
    case HTTP1_WATCH_TRAILERS:
        trailer_byte(watch, byte);
        break;
    case HTTP1_WATCH_START_LINE:
    case HTTP1_WATCH_FIELDS:
    case HTTP1_WATCH_LENGTH:
    case HTTP1_WATCH_UNTIL_CLOSE:
    case HTTP1_WATCH_CHUNK_DATA:
    case HTTP1_WATCH_DONE:
        assert(false && "a state that takes more than one byte");
    }
}

/* How many bytes the state takes at once, or 0. */
static size_t run_len(const struct http1_watch *watch, size_t have)
{
    switch (watch->state) {
    case HTTP1_WATCH_LENGTH:
    case HTTP1_WATCH_CHUNK_DATA:
        return watch->left < have ? (size_t)watch->left : have;
    case HTTP1_WATCH_UNTIL_CLOSE:
    case HTTP1_WATCH_DONE:
        return have;
    default:
        return 0;
    }
}

void http1_watch_bytes(struct http1_watch *watch, struct span bytes)
{
    if (http1_watch_in_head(watch)) {
        problem(watch, "not a header section", bytes);
        return;
    }
    /* Nothing behind a violation can be trusted; the client ends the exchange. */
    while (bytes.len > 0 && !watch->problem[0] && !watch->too_long) {
        size_t run = run_len(watch, bytes.len);
        if (run == 0) {
            framing_byte(watch, bytes.data[0]);
            bytes = span_from(bytes, 1);
            continue;
        }
        if (watch->state == HTTP1_WATCH_DONE) {
            http1_watch_excess(watch, run);
        } else if (watch->state != HTTP1_WATCH_UNTIL_CLOSE) {
            watch->left -= run;
            if (watch->left == 0)
                watch->state = watch->state == HTTP1_WATCH_LENGTH ? HTTP1_WATCH_DONE : HTTP1_WATCH_CHUNK_DATA_CR;
        }
        bytes = span_from(bytes, run);
    }
}
