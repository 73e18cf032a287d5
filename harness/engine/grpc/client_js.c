/* What @grpc/grpc-js reports. Sources: grpc/grpc-node packages/grpc-js/src/subchannel-call.ts, stream-decoder.ts,
 * compression-filter.ts, client-interceptors.ts, client.ts at @grpc/grpc-js@1.14. */
#include <stdlib.h>

#include "harness/base/escape.h"
#include "harness/base/h2_code.h"
#include "harness/engine/grpc/client_view_impl.h"

#define JS_MAX_NUMBER 64 /* bytes of a number that is looked at */

/* Metadata drops a value with bytes outside of printable ASCII; nghttp2, below it, one with white space at an end. */
static bool is_legal(struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < ' ' || value.data[i] > '~')
            return false;
    }
    return value.len == 0 || (value.data[0] != ' ' && value.data[value.len - 1] != ' ');
}

/* All values of that name, joined as Node does. false when there is none. */
static bool joined_value(const struct fields *fields, const char *name, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < fields->count; i++) {
        if (!span_is(fields->items[i].name, name) || !is_legal(fields->items[i].value))
            continue;
        if (any)
            buf_append_cstr(out, ", ");
        buf_append_span(out, fields->items[i].value);
        any = true;
    }
    return any;
}

/* JavaScript's Number(), of printable ASCII: CLIENT_VIEW_NO_CODE for NaN and for what is not a whole number. */
static int64_t number_of(struct span text)
{
    char copy[JS_MAX_NUMBER];
    char *end = copy;
    bool hexadecimal = span_starts_with(text, "0x") || span_starts_with(text, "0X");
    if (text.len == 0)
        return 0;
    if (text.len >= sizeof copy)
        return CLIENT_VIEW_NO_CODE;
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = (char)text.data[i];
        if (!hexadecimal && !strchr("0123456789+-.eE", copy[i]))
            return CLIENT_VIEW_NO_CODE;
    }
    copy[text.len] = '\0';
    if (hexadecimal && text.len < 3)
        return CLIENT_VIEW_NO_CODE;
    double number = strtod(copy, &end);
    if (*end != '\0' || !(number >= -9007199254740992.0 && number <= 9007199254740992.0) ||
        (double)(int64_t)number != number)
        return CLIENT_VIEW_NO_CODE;
    return (int64_t)number;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that a %XX at `at` stands for, or -1. */
static int escaped_byte(struct span text, size_t at)
{
    if (text.len < 3 || at > text.len - 3 || text.data[at] != '%')
        return -1;
    int high = hex_value(text.data[at + 1]), low = hex_value(text.data[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* JavaScript's decodeURI. false: it throws. */
static bool decode_uri(struct buf *out, struct span text)
{
    for (size_t at = 0; at < text.len;) {
        if (text.data[at] != '%') {
            buf_append_byte(out, text.data[at++]);
            continue;
        }
        uint8_t sequence[4];
        size_t have = 0;
        do { /* as many bytes as the first one says */
            int byte = escaped_byte(text, at + 3 * have);
            if (byte < 0)
                return false;
            sequence[have++] = (uint8_t)byte;
        } while (escape_utf8_len(span_of(sequence, have)) == 0 && sequence[0] >= 0xc0 && have < 4);
        if (escape_utf8_len(span_of(sequence, have)) != have)
            return false;
        if (have == 1 && strchr(";/?:@&=+$,#", sequence[0]) && sequence[0] != 0)
            buf_append_span(out, span_of(text.data + at, 3));
        else
            buf_append(out, sequence, have);
        at += 3 * have;
    }
    return true;
}

static void http_says(const struct client_view *view, struct client_words *words)
{
    client_says(words, client_status_from_http(view->http_status), "Received HTTP status code %d", view->http_status);
}

/* The last HEADERS frame. */
static void status_says(const struct client_view *view, const struct fields *fields, struct client_words *words)
{
    struct buf value;
    buf_init(&value, CLIENT_VIEW_MAX_TEXT);
    if (joined_value(fields, "grpc-status", &value)) {
        client_says(words, number_of(buf_span(&value)), "%s", "");
        buf_reset(&value);
        joined_value(fields, "grpc-message", &value);
        if (words->code != GRPC_OK && !decode_uri(&words->text, buf_span(&value))) {
            buf_reset(&words->text);
            buf_append_span(&words->text, buf_span(&value));
        }
    } else {
        http_says(view, words);
    }
    buf_fini(&value);
}

static void rst_says(const struct client_view *view, struct client_words *words)
{
    switch (view->end_code) {
    case H2_CODE_NO_ERROR:
        if (view->http_status != 0 && view->http_status != 200)
            http_says(view, words);
        else
            client_says(words, GRPC_INTERNAL, "Received RST_STREAM with code 0 (Call ended without gRPC status)");
        break;
    case H2_CODE_INTERNAL_ERROR:
        client_says(words, GRPC_INTERNAL, "Received RST_STREAM with code 2 (Internal server error)");
        break;
    case H2_CODE_REFUSED_STREAM:
        client_says(words, GRPC_UNAVAILABLE, "Stream refused by server");
        break;
    case H2_CODE_CANCEL:
        client_says(words, GRPC_CANCELLED, "Call cancelled");
        break;
    case H2_CODE_ENHANCE_YOUR_CALM:
        client_says(words, GRPC_RESOURCE_EXHAUSTED, "Bandwidth exhausted or memory limit exceeded");
        break;
    case H2_CODE_INADEQUATE_SECURITY:
        client_says(words, GRPC_PERMISSION_DENIED, "Protocol not secure enough");
        break;
    default:
        client_says(words, GRPC_INTERNAL, "Received RST_STREAM with code %u", (unsigned)view->end_code);
    }
}

static void waits(struct client_words *words)
{
    words->continues = client_says(words, GRPC_DEADLINE_EXCEEDED, "Deadline exceeded after ");
}

/* The end; `unread` messages of a unary call keep an OK from being told. */
static void end_says(const struct client_view *view, bool unread, struct client_words *words)
{
    struct client_view without = *view;
    switch (view->end) {
    case CLIENT_END_TRAILERS:
        status_says(view, &view->trailers, words);
        break;
    case CLIENT_END_HEADERS:
        status_says(view, &view->headers, words);
        break;
    case CLIENT_END_DATA: /* as a reset without an error */
        without.end_code = 0;
        rst_says(&without, words);
        return;
    case CLIENT_END_RST:
        rst_says(view, words);
        return;
    case CLIENT_END_GOAWAY:
        client_says(words, GRPC_UNAVAILABLE, "Stream refused by server");
        return;
    case CLIENT_END_CLOSED:
        client_says(words, GRPC_UNAVAILABLE, "Connection dropped");
        return;
    case CLIENT_END_RESET:
        /* "Connection dropped", when the close of the socket is told before its error. */
        client_says(words, GRPC_UNAVAILABLE, "read ECONNRESET");
        return;
    case CLIENT_END_OPEN:
        waits(words);
        return;
    }
    if (words->code != GRPC_OK)
        return;
    if (unread)
        waits(words);
    else if (!words->delivered && !view->streaming)
        client_says(words, GRPC_UNIMPLEMENTED, "No message received");
}

/* Whether the first message, or one of a stream, is refused. The error for a compressed one has neither code nor text:
 * both are undefined. */
static bool message_says(const struct client_view *view, uint8_t flags, bool first, struct client_words *words)
{
    struct span encoding = client_last_value(&view->headers, "grpc-encoding");
    if (flags == FRAME_FLAG_COMPRESSED) {
        bool known = span_is(encoding, "gzip") || span_is(encoding, "deflate");
        return !known && client_says(words, CLIENT_VIEW_NO_CODE, "%s", "");
    }
    if (first && view->undecodable)
        return words->continues = client_says(words, GRPC_INTERNAL, "Response message parsing error: ");
    return false;
}

void client_js_say(const struct client_kind *kind, const struct client_view *view, struct client_words *words)
{
    struct span rest = view->body;
    enum client_piece piece;
    uint8_t flags, first_flags = 0;
    uint32_t len;
    size_t count = 0;
    (void)kind;
    while ((piece = client_piece_next(&rest, &flags, &len)) == CLIENT_PIECE_MESSAGE) {
        if (view->streaming && message_says(view, flags, count == 0, words))
            return;
        if (count++ == 0)
            first_flags = flags;
    }
    if (piece == CLIENT_PIECE_TOO_LONG) {
        if (view->http_status != 200)
            http_says(view, words);
        else
            client_says(words, GRPC_RESOURCE_EXHAUSTED, "Received message larger than max (%u vs %u)", (unsigned)len,
                        CLIENT_VIEW_MAX_MESSAGE);
        return;
    }
    if (count > 0 && !view->streaming && message_says(view, first_flags, true, words))
        return;
    words->delivered = count > 0;
    end_says(view, count > 1 && !view->streaming, words);
}
