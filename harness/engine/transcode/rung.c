/* The steps of an answer on its way to gRPC, their words, and which one an answer stands on. */
#include "harness/engine/transcode/rung.h"

#include "harness/base/base64.h"
#include "harness/base/escape.h"
#include "harness/engine/grpc/frame.h"
#include "harness/engine/grpc/status.h"
#include "harness/engine/proto/wire.h"

const struct rung_row rung_rows[RUNG_COUNT] = {
    [RUNG_NO_ANSWER] =
        {"no-answer", 1, "there is no answer", "The stream or the connection ended before a HEADERS frame came.",
         "Look at the gateway first: does the route exist, does it speak HTTP/2 with the client, did the "
         "function time out or fail to start?"},
    [RUNG_HTTP_STATUS] =
        {"http-status", 1, "the HTTP status is not 200",
         "gRPC answers with HTTP 200, also when a call fails. Another status comes from something that "
         "knows nothing of gRPC, and clients map it to a code (http-grpc-status-mapping.md).",
         "Answer with status 200, and tell an error by grpc-status and grpc-message. A 403, 404, 502 or "
         "503 that the function did not send is the gateway's: its route, its permissions, a function that "
         "failed, timed out, or answered in a form that the gateway does not know."},
    [RUNG_CONTENT_TYPE] =
        {"content-type", 2, "the content type is not gRPC's",
         "A client takes an answer for gRPC when its content-type is application/grpc, alone or followed "
         "by + or ;. grpc-go refuses anything else; others read the body as if it were gRPC. A function "
         "that sets none is given application/json by its gateway.",
         "Set the header: Content-Type: application/grpc+proto."},
    [RUNG_GRPC_WEB] =
        {"grpc-web", 2, "the answer is gRPC-Web's",
         "gRPC-Web carries its trailers in the body; a plain gRPC client does not look there.",
         "Call with a gRPC-Web client, or put a proxy between that translates (Envoy's grpc_web filter does it "
         "for a gRPC server behind it), or answer with application/grpc."},
    [RUNG_TEXT] =
        {"text-body", 3, "the body is text",
         "A client reads the first byte as a flag and the next four as the length of a message, most significant "
         "first. Four letters make a length of more than a thousand million, over the limit of 4 MiB.",
         "Answer with the message in protobuf's binary form, not with text or JSON."},
    [RUNG_BASE64] =
        {"base64", 3, "the body is base64 that nobody has decoded",
         "The bytes behind the base64 are right, but the client gets the letters, and reads those as flag and "
         "length.",
         "Let the gateway decode it: isBase64Encoded must be true in the function's answer, and the gateway must "
         "be told that the body is binary (API Gateway: Binary Media Types */*, and contentHandling "
         "CONVERT_TO_BINARY at the integration response)."},
    [RUNG_REPLACED] = {"replaced-bytes", 3, "bytes of the body were replaced by U+FFFD",
                       "Something on the way has read the bytes as UTF-8 text; what is no UTF-8 is lost.",
                       "Hand the body on as bytes: in a function's answer as base64 with isBase64Encoded true."},
    [RUNG_UNPREFIXED] =
        {"no-prefix", 4, "the body is a protobuf message without its prefix",
         "Each message stands behind five bytes: a flag (0: not compressed) and its length, four bytes, most "
         "significant first. Without them a client takes the message's own first bytes for that.",
         "Put the prefix before the message, and the whole of it through base64."},
    [RUNG_FLAGS] =
        {"flags", 4, "the first byte of a prefix is neither 0 nor 1",
         "The byte says whether the message is compressed, and nothing else. grpc-go refuses other values, C-core "
         "drops the message without a word, grpc-js reads it as 0.",
         "Set the byte to 0. If it is no prefix at all, the message lacks one, or stands at another place."},
    [RUNG_COMPRESSED] = {"compressed", 4, "a message is marked as compressed, and no grpc-encoding says how",
                         "A flag of 1 needs the header grpc-encoding with a name that the client knows.",
                         "Set the flag to 0, or compress the message and set grpc-encoding: gzip among the headers."},
    [RUNG_CUT] =
        {"cut", 4, "the body ends within a message",
         "The length in the prefix promises more bytes than come. C-core takes it for a call without a message.",
         "Send as many bytes as the prefix says: its length is that of the message, without the five bytes, most "
         "significant byte first. Was the body cut by a limit of the gateway?"},
    [RUNG_TOO_LONG] =
        {"too-long", 4, "the length in the prefix is over the clients' limit",
         "Clients refuse a message of more than 4 MiB unless they are configured otherwise. A wild number means "
         "that the bytes are no length: no prefix, another byte order.",
         "Check that the four bytes are the length, most significant first; larger messages need the client's "
         "option (MaxCallRecvMsgSize, grpc.max_receive_message_length) or a streaming method."},
    [RUNG_REST] =
        {"rest", 4, "bytes stand behind the last message",
         "What follows a message must be another prefix and message, and here it is not.",
         "End the body with the last byte of the message. Often the length in the prefix is too small, or a line "
         "break was added."},
    [RUNG_UNDECODABLE] =
        {"undecodable", 4, "the message is none of the method's type",
         "Prefix and length are right, but the bytes between do not parse.",
         "Serialise the method's response message in protobuf's binary form; text, JSON or base64 inside the "
         "prefix is none."},
    [RUNG_STATUS_AMONG_HEADERS] =
        {"status-among-headers", 5, "grpc-status stands among the headers, and no trailers follow",
         "A client looks for grpc-status in the trailers: a HEADERS frame behind the body that "
         "ends the stream. Among the headers it counts only when they end the stream themselves. "
         "A gateway that sends no trailers cannot answer a plain gRPC client, whatever the "
         "function returns.",
         "The function can do no more. Put something between that makes the trailers (Envoy's "
         "grpc_http1_reverse_bridge filter, for which errors are told by the HTTP status alone, or a "
         "bridge of your own), or let the clients speak a protocol that needs none: gRPC-Web, "
         "Connect, Twirp."},
    [RUNG_NO_TRAILERS] =
        {"no-trailers", 5, "no trailers follow the body",
         "The status of a call comes in the trailers: a HEADERS frame behind the body, with grpc-status, "
         "that ends the stream. Without it the call may have failed.",
         "Send trailers with grpc-status: 0. Where the gateway cannot send trailers, something between must "
         "make them (Envoy's grpc_http1_reverse_bridge filter, or a bridge of your own), or the clients must "
         "speak a protocol that needs none: gRPC-Web, Connect, Twirp."},
    [RUNG_BROKEN_OFF] =
        {"broken-off", 5, "the answer was broken off",
         "The stream was reset, the connection was lost, or nothing more came before the deadline.",
         "Look for what ended it: a time-out of the gateway, a limit, a proxy that met what it does not "
         "like. Only trailers end a gRPC answer."},
    [RUNG_NO_STATUS] = {"no-status", 6, "the last HEADERS frame has no grpc-status",
                        "The stream ends in order, but nothing says how the call went; clients report UNKNOWN.",
                        "Put grpc-status into the trailers: 0 for success."},
    [RUNG_BAD_STATUS] =
        {"bad-status", 6, "the value of grpc-status is none of gRPC's codes",
         "grpc-status is one number from 0 to 16, in decimal digits, once. Clients differ in what they make "
         "of anything else.",
         "Send the number, not the name: grpc-status: 5, not NOT_FOUND; once, and without blanks."},
    [RUNG_NO_MESSAGE] = {"no-message", 6, "a success without a message",
                         "A unary call that is OK has exactly one message; an empty message is five bytes of 0.",
                         "Send the prefix also for an empty message: 00 00000000."},
    [RUNG_MANY_MESSAGES] =
        {"many-messages", 6, "more than one message for a unary call",
         "A unary call has exactly one message. grpc-go fails; C-core and grpc-js wait for the end until "
         "their deadline.",
         "Send one message, or make the method a streaming one (then say --streaming here)."},
    [RUNG_FAILED] = {"failed-call", 6, "the call failed, and the answer says so in the right way",
                     "grpc-status is an error's code, and clients report it as it stands there.",
                     "Nothing, as far as gRPC goes: grpc-message says what failed."},
    [RUNG_CORRECT] = {"correct", 6, "the answer is right", "Type, prefix, message, trailers and status are there.",
                      "Nothing."},
};

bool rung_from_name(struct span name, enum rung *rung)
{
    for (size_t i = 0; i < RUNG_COUNT; i++) {
        if (span_is(name, rung_rows[i].name)) {
            *rung = (enum rung)i;
            return true;
        }
    }
    return false;
}

bool rung_is_right(enum rung rung)
{
    return rung == RUNG_FAILED || rung == RUNG_CORRECT;
}

/* What the frames of a body are, up to the first that is not whole. */
struct frames {
    size_t messages;
    uint8_t flags;         /* all that were set */
    enum client_piece end; /* what stands behind the messages */
};

static struct frames frames_of(struct span body)
{
    struct frames frames = {0};
    uint8_t flags = 0;
    uint32_t len;
    while ((frames.end = client_piece_next(&body, &flags, &len)) == CLIENT_PIECE_MESSAGE) {
        frames.flags |= flags;
        frames.messages++;
    }
    if (frames.end == CLIENT_PIECE_MESSAGE_CUT || frames.end == CLIENT_PIECE_TOO_LONG)
        frames.flags |= flags;
    return frames;
}

bool rung_is_framed(struct span body)
{
    struct frames frames = frames_of(body);
    return frames.messages > 0 && frames.end == CLIENT_PIECE_NONE && frames.flags <= FRAME_FLAG_COMPRESSED;
}

bool rung_is_message(struct span body)
{
    struct wire_reader reader;
    struct wire_field field;
    enum wire_result result;
    wire_reader_init(&reader, body);
    while ((result = wire_next(&reader, &field)) == WIRE_FIELD)
        ;
    return body.len > 0 && result == WIRE_END;
}

static bool is_text(struct span body)
{
    bool letters = false;
    for (size_t i = 0; i < body.len; i++) {
        uint8_t c = body.data[i];
        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
            return false;
        letters = letters || c > 0x20;
    }
    return letters && escape_utf8_valid(body);
}

/* Base64 of something that would be right, or nearly. */
static bool is_base64(struct span body)
{
    struct buf bytes;
    bool found = false;
    while (body.len > 0 && (body.data[body.len - 1] == '\n' || body.data[body.len - 1] == '\r'))
        body.len--;
    if (body.len < 4 || body.len > RUNG_MAX_BODY)
        return false;
    buf_init(&bytes, RUNG_MAX_BODY);
    if (base64_decode(&bytes, body))
        found = rung_is_framed(buf_span(&bytes)) || rung_is_message(buf_span(&bytes));
    buf_fini(&bytes);
    return found;
}

static bool has_replacement(struct span body)
{
    return body.len > 0 && memmem(body.data, body.len, "\xef\xbf\xbd", 3) != NULL;
}

/* What a body is that is not framed; `frames` is what it looks like as frames. */
static enum rung unframed_rung(struct span body, struct frames frames)
{
    bool printable = body.data[0] >= 0x20 && is_text(body);
    if (frames.messages > 0 && frames.flags <= FRAME_FLAG_COMPRESSED)
        return RUNG_REST;
    if (is_base64(body))
        return RUNG_BASE64;
    if (has_replacement(body))
        return RUNG_REPLACED;
    if (printable || (is_text(body) && !rung_is_message(body)))
        return RUNG_TEXT;
    if (rung_is_message(body))
        return RUNG_UNPREFIXED;
    if (frames.flags > FRAME_FLAG_COMPRESSED)
        return RUNG_FLAGS;
    return frames.end == CLIENT_PIECE_TOO_LONG ? RUNG_TOO_LONG : RUNG_CUT;
}

/* RUNG_CORRECT: nothing is wrong with the body. */
static enum rung body_rung(const struct client_view *view, struct frames frames)
{
    if (view->body.len == 0)
        return RUNG_CORRECT;
    if (frames.end != CLIENT_PIECE_NONE || frames.flags > FRAME_FLAG_COMPRESSED) {
        if (frames.end == CLIENT_PIECE_NONE)
            return RUNG_FLAGS;
        return unframed_rung(view->body, frames);
    }
    if (frames.flags == FRAME_FLAG_COMPRESSED && fields_value(&view->headers, "grpc-encoding").len == 0)
        return RUNG_COMPRESSED;
    return view->undecodable ? RUNG_UNDECODABLE : RUNG_CORRECT;
}

static enum rung status_rung(const struct client_view *view, const struct fields *fields, size_t messages)
{
    uint32_t code;
    size_t count = fields_count(fields, "grpc-status");
    if (count == 0)
        return RUNG_NO_STATUS;
    if (count > 1 || !status_parse(fields_value(fields, "grpc-status"), &code) || code >= GRPC_STATUS_COUNT)
        return RUNG_BAD_STATUS;
    if (code != GRPC_OK)
        return RUNG_FAILED;
    if (view->streaming || messages == 1)
        return RUNG_CORRECT;
    return messages == 0 ? RUNG_NO_MESSAGE : RUNG_MANY_MESSAGES;
}

enum rung rung_of(const struct client_view *view)
{
    struct span type = fields_value(&view->headers, "content-type");
    if (view->http_status == 0)
        return RUNG_NO_ANSWER;
    if (view->http_status != 200)
        return RUNG_HTTP_STATUS;
    if (!client_view_is_grpc(type))
        return span_starts_with(type, "application/grpc-web") ? RUNG_GRPC_WEB : RUNG_CONTENT_TYPE;
    struct frames frames = frames_of(view->body);
    enum rung body = body_rung(view, frames);
    if (body != RUNG_CORRECT)
        return body;
    switch (view->end) {
    case CLIENT_END_TRAILERS:
        return status_rung(view, &view->trailers, frames.messages);
    case CLIENT_END_HEADERS:
        return status_rung(view, &view->headers, 0);
    case CLIENT_END_DATA:
        return fields_find(&view->headers, "grpc-status") ? RUNG_STATUS_AMONG_HEADERS : RUNG_NO_TRAILERS;
    case CLIENT_END_RST:
    case CLIENT_END_GOAWAY:
    case CLIENT_END_CLOSED:
    case CLIENT_END_RESET:
    case CLIENT_END_OPEN:
        break;
    }
    return RUNG_BROKEN_OFF;
}
