/* What grpcio, the Python client over C-core, reports; other languages over C-core have the same messages. Sources:
 * what grpcio 1.85.3 said to the answers of harness/tests/client_words_test; for prefixes and HTTP statuses also
 * grpc/grpc src/core/ext/transport/chttp2/transport/frame_data.cc and
 * src/core/ext/filters/http/client/http_client_filter.cc, in older versions. */
#include "harness/base/escape.h"
#include "harness/engine/grpc/client_view_impl.h"
#include "harness/engine/grpc/metadata.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A grpc-status: a number from 0 to 2147483646; white space around it and a sign are let pass. */
static bool parse_status(struct span text, uint32_t *code)
{
    while (text.len > 0 && is_space(text.data[0]))
        text = span_from(text, 1);
    while (text.len > 0 && is_space(text.data[text.len - 1]))
        text.len--;
    if (text.len > 0 && text.data[0] == '+')
        text = span_from(text, 1);
    while (text.len > 1 && text.data[0] == '0')
        text = span_from(text, 1);
    return status_parse(text, code) && *code < INT32_MAX;
}

/* A field that cannot be read ends the call. */
static bool fields_say(const struct fields *fields, struct client_words *words)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        uint32_t code;
        if (span_is(field->name, "grpc-status") && !parse_status(field->value, &code))
            return client_says(words, GRPC_INTERNAL, "Stream removed (Error parsing 'grpc-status' metadata)");
        if (span_is(field->name, "grpc-encoding") && !span_is(field->value, "identity") &&
            !span_is(field->value, "gzip") && !span_is(field->value, "deflate"))
            return client_says(words, GRPC_INTERNAL, "Stream removed (Error parsing 'grpc-encoding' metadata)");
        if (metadata_is_binary(field->name) && !metadata_binary_valid(field->value)) {
            client_says(words, GRPC_INTERNAL, "Stream removed (Error parsing '");
            buf_append_span(&words->text, field->name);
            return buf_append_cstr(&words->text, "' metadata: illegal base64 encoding)");
        }
    }
    return false;
}

/* An HTTP status other than 200 counts when no grpc-status stands beside it. */
static bool http_says(const struct client_view *view, struct client_words *words)
{
    if (view->http_status == 0 || view->http_status == 200 || fields_find(&view->headers, "grpc-status"))
        return false;
    return client_says(words, client_status_from_http(view->http_status), "Received http2 header with status: %d",
                       view->http_status);
}

/* Python reads a message that is not UTF-8 as Latin-1. */
static void append_decoded(struct buf *out, struct span text)
{
    if (escape_utf8_valid(text)) {
        buf_append_span(out, text);
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < 0x80) {
            buf_append_byte(out, text.data[i]);
        } else {
            buf_append_byte(out, (uint8_t)(0xc0 | text.data[i] >> 6));
            buf_append_byte(out, (uint8_t)(0x80 | (text.data[i] & 0x3f)));
        }
    }
}

/* grpc-status and grpc-message of the last HEADERS frame. */
static void status_says(const struct fields *fields, struct client_words *words)
{
    uint32_t code = GRPC_UNKNOWN;
    struct span value = client_last_value(fields, "grpc-status");
    struct buf decoded;
    if (!value.data) {
        client_says(words, GRPC_UNKNOWN, "No status received");
        return;
    }
    parse_status(value, &code);
    client_says(words, code < GRPC_STATUS_COUNT ? code : GRPC_UNKNOWN, "%s", "");
    if (code == GRPC_OK)
        return;
    buf_init(&decoded, CLIENT_VIEW_MAX_TEXT);
    metadata_message_decode(&decoded, client_last_value(fields, "grpc-message"));
    append_decoded(&words->text, buf_span(&decoded));
    buf_fini(&decoded);
}

static void waits(struct client_words *words)
{
    client_says(words, GRPC_DEADLINE_EXCEEDED, "Stream removed (Deadline Exceeded)");
}

/* The end. `unread`: a unary call has read its message, and more of the body waits: the trailers are not looked at. */
static void end_says(const struct client_view *view, bool unread, struct client_words *words)
{
    const struct fields *last = view->end == CLIENT_END_HEADERS ? &view->headers : &view->trailers;
    switch (view->end) {
    case CLIENT_END_TRAILERS:
    case CLIENT_END_HEADERS:
        if (fields_say(last, words) || http_says(view, words))
            return;
        if (unread)
            waits(words);
        else
            status_says(last, words);
        return;
    case CLIENT_END_DATA:
        client_says(words, GRPC_UNKNOWN, "Stream removed (Data frame with END_STREAM flag received)");
        return;
    case CLIENT_END_RST:
        client_says(words, status_from_h2_code(view->end_code),
                    "Stream removed (RST_STREAM (Received RST_STREAM with error code %u))", (unsigned)view->end_code);
        return;
    case CLIENT_END_GOAWAY: /* the debug data of the frame follows */
        words->continues =
            client_says(words, GRPC_UNAVAILABLE,
                        "Stream removed (GOAWAY received; Error code: %u; Debug Text: ", (unsigned)view->end_code);
        return;
    case CLIENT_END_CLOSED:
        client_says(words, GRPC_UNAVAILABLE, "Stream removed (Socket closed)");
        return;
    case CLIENT_END_RESET:
        client_says(words, GRPC_UNAVAILABLE, "Stream removed (recvmsg:Connection reset by peer (104))");
        return;
    case CLIENT_END_OPEN:
        break;
    }
    waits(words);
}

/* The message at the front of *rest. A prefix with other flags than 0 and 1 loses it, and what follows, without a word.
 * Returns whether all is said; *taken: there was a message. */
static bool message_says(const struct client_view *view, struct span *rest, bool first, bool *taken,
                         struct client_words *words)
{
    uint8_t flags;
    uint32_t len;
    struct span encoding = client_last_value(&view->headers, "grpc-encoding");
    enum client_piece piece = client_piece_next(rest, &flags, &len);
    *taken = false;
    if (piece == CLIENT_PIECE_NONE || piece == CLIENT_PIECE_PREFIX_CUT)
        return false;
    if (flags > FRAME_FLAG_COMPRESSED) {
        *rest = span_from(*rest, rest->len);
        return false;
    }
    if (piece == CLIENT_PIECE_TOO_LONG)
        return client_says(words, GRPC_RESOURCE_EXHAUSTED,
                           "Stream removed (CLIENT: Received message larger than max (%u vs. %u))", (unsigned)len,
                           CLIENT_VIEW_MAX_MESSAGE);
    if (piece != CLIENT_PIECE_MESSAGE)
        return false;
    if (flags == FRAME_FLAG_COMPRESSED && (encoding.len == 0 || span_is(encoding, "identity")))
        return client_says(words, GRPC_INTERNAL, "Compression bit set but no encoding configured");
    if (flags == 0 && first && view->undecodable)
        return client_says(words, GRPC_INTERNAL, "Exception deserializing response!");
    *taken = true;
    return false;
}

void client_core_say(const struct client_kind *kind, const struct client_view *view, struct client_words *words)
{
    struct span rest = view->body;
    bool taken = true;
    (void)kind;
    if (fields_say(&view->headers, words) || http_says(view, words))
        return;
    for (bool first = true; taken && (first || view->streaming); first = false) {
        if (message_says(view, &rest, first, &taken, words))
            return;
        words->delivered = words->delivered || taken;
    }
    end_says(view, rest.len > 0, words);
}
