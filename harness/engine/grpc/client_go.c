/* What grpc-go reports. Sources: grpc/grpc-go internal/transport/http2_client.go (operateHeaders, handleData,
 * handleRSTStream, Close), internal/transport/http_util.go, rpc_util.go (recvMsg, checkRecvPayload), stream.go
 * (recvMsg), at v1.85.0, parts of them at v1.70.0 and v1.19.1, and what these three versions said to the answers of
 * harness/tests/client_words_test. A change between them is asked for by the release that has it first; where a range
 * of releases begins and ends is known from the history of the sources, not from playing each. */
#include "harness/base/h2_code.h"
#include "harness/engine/grpc/client_view_impl.h"
#include "harness/engine/grpc/metadata.h"

#define GO_MAX_DATA 1024u /* bytes of a foreign body that stand in the message */

struct go {
    const struct client_view *view;
    struct client_words *words;
    unsigned minor;
};

/* How the reader of messages learns of the end. */
enum go_end {
    GO_END_STATUS, /* the stream has ended, with a status that may be OK */
    GO_END_ERROR   /* something else has ended it */
};

static bool says_quoted(struct go *go, enum grpc_status code, const char *before, struct span quoted, const char *after)
{
    client_says(go->words, code, "%s", before);
    client_go_quote(&go->words->text, quoted);
    buf_append_cstr(&go->words->text, after);
    return true;
}

/* Go's ParseInt in base 10. NULL, or what is wrong. */
static const char *parse_int(struct span text, int bits, int64_t *number)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    size_t at = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
    uint64_t limit = bits == 32 ? (uint64_t)INT32_MAX : (uint64_t)INT64_MAX;
    uint64_t value = 0;
    bool over = false;
    if (at == text.len)
        return ": invalid syntax";
    for (; at < text.len; at++) {
        if (text.data[at] < '0' || text.data[at] > '9')
            return ": invalid syntax";
        over = over || value > limit / 10;
        value = value * 10 + (uint64_t)(text.data[at] - '0');
    }
    if (over || value > limit + negative)
        return ": value out of range";
    *number = negative ? -(int64_t)(value - 1) - 1 : (int64_t)value;
    if (value == 0)
        *number = 0;
    return NULL;
}

/* A grpc-status that is no number ends the call at once. */
static bool bad_status(struct go *go, struct span value)
{
    int64_t number;
    const char *wrong = parse_int(value, go->minor >= 40 ? 32 : 64, &number);
    if (!wrong)
        return false;
    return says_quoted(go, go->minor >= 77 ? GRPC_UNKNOWN : GRPC_INTERNAL,
                       go->minor >= 40 ? "transport: malformed grpc-status: strconv.ParseInt: parsing "
                                       : "transport: malformed grpc-status: strconv.Atoi: parsing ",
                       value, wrong);
}

static bool bad_binary(struct go *go, struct span name)
{
    client_says(go->words, GRPC_INTERNAL, "transport: malformed ");
    buf_append_span(&go->words->text, name);
    buf_append_cstr(&go->words->text, ": ");
    return go->words->continues = true;
}

/* Up to 1.39: whatever is wrong with a HEADERS frame ends the call, field by field; then the HTTP status counts, unless
 * the frame has a grpc-status. Trailers without one have no HTTP status either. */
static bool old_block_says(struct go *go, const struct fields *fields, int http_status)
{
    bool has_status = false;
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        if (span_is(field->name, "content-type") && !client_view_is_grpc(field->value))
            return says_quoted(go, GRPC_INTERNAL, "transport: received the unexpected content-type ", field->value, "");
        if (span_is(field->name, "grpc-status")) {
            has_status = true;
            if (bad_status(go, field->value))
                return true;
        }
        if (span_is(field->name, "grpc-status-details-bin") && !metadata_binary_valid(field->value))
            return bad_binary(go, field->name);
    }
    if (has_status || http_status == 200)
        return false;
    if (http_status == 0)
        return client_says(go->words, GRPC_INTERNAL, "malformed header: doesn't contain status(gRPC or HTTP)");
    return client_says(go->words, client_status_from_http(http_status), "%s", client_http_text(http_status));
}

static enum go_end end_says(struct go *go);

/* The first HEADERS frame is not of gRPC. From 1.84 on the body that follows it is told as well. */
static bool foreign_says(struct go *go, bool has_type, struct span content_type)
{
    const struct client_view *view = go->view;
    struct buf *text = &go->words->text;
    bool told = view->body.len >= GO_MAX_DATA || view->end == CLIENT_END_DATA || view->end == CLIENT_END_TRAILERS;
    if (go->minor >= 84 && !told && view->end != CLIENT_END_HEADERS) {
        end_says(go);
        return true;
    }
    client_says(go->words, client_status_from_http(view->http_status), "%s", "");
    if (go->minor >= 77 || view->http_status != 200)
        buf_printf(text, "unexpected HTTP status code received from server: %d (%s); ", view->http_status,
                   client_http_text(view->http_status));
    if (has_type) {
        buf_append_cstr(text, "transport: received unexpected content-type ");
        client_go_quote(text, content_type);
    } else {
        buf_append_cstr(text, "malformed header: missing HTTP content-type");
    }
    if (go->minor >= 84 && view->end != CLIENT_END_HEADERS) {
        buf_append_cstr(text, "\ndata: ");
        client_go_quote(text, span_of(view->body.data, view->body.len < GO_MAX_DATA ? view->body.len : GO_MAX_DATA));
    }
    return true;
}

/* What a HEADERS frame alone makes the client say. `initial`: it is the first one. */
static bool block_says(struct go *go, const struct fields *fields, bool initial)
{
    const struct client_view *view = go->view;
    bool is_grpc = !initial;
    struct span foreign = {NULL, 0}, binary = {NULL, 0};
    if (go->minor < 40)
        return old_block_says(go, fields, initial ? view->http_status : 0);
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        if (span_is(field->name, "content-type")) {
            if (client_view_is_grpc(field->value))
                is_grpc = true;
            else
                foreign = field->value;
        } else if (span_is(field->name, "grpc-status")) {
            if (bad_status(go, field->value))
                return true;
        } else if (metadata_is_binary(field->name) && !metadata_binary_valid(field->value)) {
            binary = field->name;
        }
    }
    if (!is_grpc)
        return foreign_says(go, foreign.data != NULL, foreign);
    if (initial && go->minor < 77 && view->http_status != 200)
        return client_says(go->words, client_status_from_http(view->http_status),
                           "unexpected HTTP status code received from server: %d (%s)", view->http_status,
                           client_http_text(view->http_status));
    return binary.data && bad_binary(go, binary);
}

/* grpc-status and grpc-message of the last HEADERS frame. */
static void status_says(struct go *go, const struct fields *fields)
{
    struct span value = client_last_value(fields, "grpc-status");
    int64_t code = GRPC_UNKNOWN;
    if (value.data)
        parse_int(value, 64, &code);
    client_says(go->words, (uint32_t)code, "%s", "");
    metadata_message_decode(&go->words->text, client_last_value(fields, "grpc-message"));
}

static void rst_says(struct go *go)
{
    uint32_t rst = go->view->end_code;
    const char *name = h2_code_name(rst);
    enum grpc_status code = status_from_h2_code(rst);
    if (rst == H2_CODE_FLOW_CONTROL_ERROR)
        code = GRPC_RESOURCE_EXHAUSTED;
    else if (!name)
        code = GRPC_UNKNOWN;
    else if (code == GRPC_CANCELLED && go->minor < 20)
        code = GRPC_DEADLINE_EXCEEDED; /* there any deadline counts as passed */
    if (name)
        client_says(go->words, code, "stream terminated by RST_STREAM with error code: %s", name);
    else
        client_says(go->words, code, "stream terminated by RST_STREAM with error code: unknown error code 0x%x", rst);
}

static void lost_says(struct go *go)
{
    if (go->minor < 38)
        client_says(go->words, GRPC_UNAVAILABLE, "transport is closing");
    else if (go->view->end == CLIENT_END_CLOSED)
        client_says(go->words, GRPC_UNAVAILABLE, "error reading from server: EOF");
    else if (go->minor >= 84)
        client_says(go->words, GRPC_UNAVAILABLE, "error reading from server: connection reset by peer");
    else /* the addresses of the connection follow */
        go->words->continues = client_says(go->words, GRPC_UNAVAILABLE, "error reading from server: read tcp ");
}

static enum go_end end_says(struct go *go)
{
    switch (go->view->end) {
    case CLIENT_END_TRAILERS:
        if (block_says(go, &go->view->trailers, false))
            return GO_END_ERROR;
        status_says(go, &go->view->trailers);
        return GO_END_STATUS;
    case CLIENT_END_HEADERS:
        status_says(go, &go->view->headers);
        return GO_END_STATUS;
    case CLIENT_END_DATA:
        client_says(go->words, GRPC_INTERNAL, "server closed the stream without sending trailers");
        return GO_END_STATUS;
    case CLIENT_END_RST:
        rst_says(go);
        return go->minor >= 74 ? GO_END_ERROR : GO_END_STATUS;
    case CLIENT_END_GOAWAY:
        client_says(go->words, GRPC_UNAVAILABLE, "the connection is draining");
        return GO_END_ERROR;
    case CLIENT_END_CLOSED:
    case CLIENT_END_RESET:
        lost_says(go);
        return GO_END_ERROR;
    case CLIENT_END_OPEN:
        break;
    }
    client_says(go->words, GRPC_DEADLINE_EXCEEDED, "context deadline exceeded");
    return GO_END_ERROR;
}

/* The end, after `count` messages. */
static void finish_says(struct go *go, size_t count)
{
    enum go_end end = end_says(go);
    if (end == GO_END_STATUS && go->words->code == GRPC_OK) {
        client_says(go->words, GRPC_OK, "%s", "");
        if (count == 0 && !go->view->streaming && go->minor >= 76)
            client_says(go->words, GRPC_INTERNAL,
                        "cardinality violation: received no response message from non-server-streaming RPC");
        else if (count == 0 && !go->view->streaming)
            client_says(go->words, GRPC_UNKNOWN, "EOF");
    }
}

/* Whether a whole message is refused for its flags or its bytes. */
static bool message_says(struct go *go, uint8_t flags, bool first)
{
    struct span encoding = client_last_value(&go->view->headers, "grpc-encoding");
    if (flags > FRAME_FLAG_COMPRESSED)
        return client_says(go->words, GRPC_INTERNAL, "grpc: received unexpected payload format %d", flags);
    if (flags == FRAME_FLAG_COMPRESSED && (encoding.len == 0 || span_is(encoding, "identity")))
        return client_says(go->words, GRPC_INTERNAL, "grpc: compressed flag set with identity or empty encoding");
    if (flags == FRAME_FLAG_COMPRESSED && !span_is(encoding, "gzip"))
        return says_quoted(go, go->minor >= 66 ? GRPC_INTERNAL : GRPC_UNIMPLEMENTED,
                           "grpc: Decompressor is not installed for grpc-encoding ", encoding, "");
    if (flags == 0 && first && go->view->undecodable) {
        client_says(go->words, GRPC_INTERNAL, "grpc: failed to unmarshal the received message%s",
                    go->minor >= 40 ? ": " : " ");
        return go->words->continues = true;
    }
    return false;
}

static void messages_say(struct go *go)
{
    struct span rest = go->view->body;
    uint8_t flags;
    uint32_t len;
    for (size_t count = 0;; count++) {
        enum client_piece piece = client_piece_next(&rest, &flags, &len);
        /* From 1.69 to 1.83 a prefix that is cut counts as the end. */
        if (piece == CLIENT_PIECE_NONE || (piece == CLIENT_PIECE_PREFIX_CUT && go->minor >= 69 && go->minor < 84)) {
            finish_says(go, count);
            return;
        }
        if (piece == CLIENT_PIECE_TOO_LONG) {
            client_says(go->words, GRPC_RESOURCE_EXHAUSTED, "grpc: received message larger than max (%u vs. %u)",
                        (unsigned)len, CLIENT_VIEW_MAX_MESSAGE);
            return;
        }
        if (piece != CLIENT_PIECE_MESSAGE) {
            if (end_says(go) == GO_END_STATUS)
                client_says(go->words, GRPC_INTERNAL, "unexpected EOF");
            return;
        }
        if (message_says(go, flags, count == 0))
            return;
        if (count > 0 && !go->view->streaming) {
            if (go->minor >= 74)
                client_says(go->words, GRPC_INTERNAL,
                            "cardinality violation: expected <EOF> for non server-streaming RPCs, but received another "
                            "message");
            else
                client_says(go->words, GRPC_UNKNOWN,
                            "grpc: client streaming protocol violation: get <nil>, want <EOF>");
            return;
        }
        go->words->delivered = true;
    }
}

void client_go_say(const struct client_kind *kind, const struct client_view *view, struct client_words *words)
{
    struct go go = {.view = view, .words = words, .minor = kind->minor};
    if (view->http_status != 0 && block_says(&go, &view->headers, true))
        return;
    messages_say(&go);
}
