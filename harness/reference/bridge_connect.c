/* Connect to gRPC: unary calls with protobuf or JSON, and streams of envelopes. GET requests are not taken.
 * Source: the Connect protocol reference (connectrpc.com/docs/protocol). */
#include "harness/base/base64.h"
#include "harness/engine/json/writer.h"
#include "harness/reference/rpc.h"

#define FLAG_END 0x02u

static const struct codec {
    const char *type;
    bool stream;
    bool json;
} codecs[] = {
    {"application/proto", false, false},
    {"application/json", false, true},
    {"application/connect+proto", true, false},
    {"application/connect+json", true, true},
};

/* ---- the request */

static const struct codec *codec_of(struct call *call)
{
    struct span type = call_media_type(fields_value(&call->headers, "content-type"));
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        if (span_equal_nocase(type, span_cstr(codecs[i].type)))
            return &codecs[i];
    }
    return call_has(call, DEFECT_CONNECT_TYPE_UNCHECKED) ? &codecs[0] : NULL;
}

static void refuse_type(struct call *call)
{
    static const struct fields none = {0};
    bridge_respond(call, 415, &none, span_of(NULL, 0));
}

static void refuse_method(struct call *call)
{
    struct fields fields = {0};
    if (fields_add_view(&fields, &call->arena, span_cstr("allow"), span_cstr("POST")))
        bridge_respond(call, 405, &fields, span_of(NULL, 0));
    else
        rpc_no_memory(call);
}

/* Sets what is known of the call. false: it is answered. */
static bool call_known(struct call *call)
{
    bool got = span_is(call->method, "GET") && call_has(call, DEFECT_CONNECT_GET_TAKEN);
    const struct codec *codec = got ? &codecs[0] : codec_of(call);
    if (!got && !span_is(call->method, "POST")) {
        refuse_method(call);
        return false;
    }
    if (!codec) {
        refuse_type(call);
        return false;
    }
    call->rpc_json = codec->json && !call_has(call, DEFECT_CONNECT_JSON_PASSED);
    call->rpc_stream = codec->stream;
    call->rpc = schema_method_find(call->core->schema, span_of(call->target.data, span_index_of(call->target, '?', 0)));
    if (!call->rpc) {
        bridge_fail(call, 0, GRPC_UNIMPLEMENTED, "there is no such method");
        return false;
    }
    bool streams = call->rpc->client_streaming || call->rpc->server_streaming;
    if (streams != codec->stream && !call_has(call, DEFECT_CONNECT_TYPE_UNCHECKED)) {
        refuse_type(call);
        return false;
    }
    return rpc_fields_checked(call);
}

/* A positive number of at most 10 digits. false: it is none, which is answered. */
static bool timeout_known(struct call *call, uint64_t *timeout_ms)
{
    struct span value = fields_value(&call->headers, "connect-timeout-ms");
    uint64_t ms = 0;
    *timeout_ms = BRIDGE_NO_TIMEOUT;
    if (!value.data || call_has(call, DEFECT_CONNECT_TIMEOUT_IGNORED))
        return true;
    bool right = value.len > 0 && value.len <= 10;
    for (size_t i = 0; i < value.len && right; i++) {
        right = value.data[i] >= '0' && value.data[i] <= '9';
        ms = ms * 10 + (uint64_t)(value.data[i] - '0');
    }
    if (!right || ms == 0)
        bridge_fail(call, 0, GRPC_INVALID_ARGUMENT, "connect-timeout-ms is no positive number of at most 10 digits");
    else
        *timeout_ms = ms;
    return right && ms > 0;
}

/* What compresses messages of the request; empty: nothing. */
static struct span encoding_of(const struct call *call)
{
    struct span value =
        fields_value(&call->headers, call->rpc_stream ? "connect-content-encoding" : "content-encoding");
    return span_is(value, "identity") ? span_of(NULL, 0) : value;
}

static bool refuse_compressed(struct call *call)
{
    bridge_fail(call, 0, encoding_of(call).len > 0 ? GRPC_UNIMPLEMENTED : GRPC_INVALID_ARGUMENT,
                encoding_of(call).len > 0 ? "this compression is not supported; supported is: identity"
                                          : "a message is compressed, and connect-content-encoding does not say how");
    return false;
}

static bool append(struct call *call, struct buf *out, struct span message)
{
    struct err err = {.text = ""};
    size_t refused = budget_refusals(call->core->budget);
    if (rpc_append(call, out, message, &err))
        return true;
    if (call_starved(call, refused))
        rpc_no_memory(call);
    else
        bridge_fail(call, 0, GRPC_INVALID_ARGUMENT, err.text);
    return false;
}

static bool take_envelope(struct call *call, struct buf *out, const struct frame_piece *piece, size_t count)
{
    if ((piece->flags & FRAME_FLAG_COMPRESSED) && !call_has(call, DEFECT_CONNECT_COMPRESSED_PASSED))
        return refuse_compressed(call);
    if (count > 0 && call_has(call, DEFECT_CONNECT_ENVELOPES_JOINED)) {
        buf_append_span(out, piece->bytes);
        frame_prefix_write(out->data, 0, (uint32_t)(out->len - FRAME_PREFIX_LEN));
        return true;
    }
    return append(call, out, piece->bytes);
}

/* false: they are refused, and that is answered. */
static bool take_envelopes(struct call *call, struct buf *out)
{
    struct span rest = buf_span(&call->body);
    struct frame_parser parser;
    struct frame_piece piece;
    struct err err = {.text = ""};
    enum frame_result result;
    size_t count = 0;
    frame_parser_init(&parser, REFERENCE_MAX_BODY);
    while ((result = frame_parser_next(&parser, &rest, &piece, &err)) == FRAME_DONE && piece.last) {
        if (!take_envelope(call, out, &piece, count++))
            return false;
    }
    if (result == FRAME_BAD)
        bridge_fail(call, 0, GRPC_INVALID_ARGUMENT, err.text);
    else if (!frame_parser_at_boundary(&parser))
        bridge_fail(call, 0, GRPC_INVALID_ARGUMENT, "an envelope is cut off");
    else if (count != 1 && !call->rpc->client_streaming && !call_has(call, DEFECT_CONNECT_ENVELOPES_JOINED))
        bridge_fail(call, 0, GRPC_UNIMPLEMENTED, "exactly one message is taken");
    else
        return true;
    return false;
}

static bool take_messages(struct call *call, struct buf *out)
{
    if (call->rpc_stream)
        return take_envelopes(call, out);
    if (encoding_of(call).len > 0 && call->body.len > 0 && !call_has(call, DEFECT_CONNECT_COMPRESSED_PASSED))
        return refuse_compressed(call);
    return append(call, out, buf_span(&call->body));
}

static void request(struct call *call)
{
    uint64_t timeout_ms;
    struct buf messages;
    if (!call_known(call) || !timeout_known(call, &timeout_ms))
        return;
    buf_init(&messages, REFERENCE_MAX_JSON);
    messages.budget = call->core->budget;
    if (take_messages(call, &messages))
        rpc_send(call, buf_span(&messages), timeout_ms);
    buf_fini(&messages);
}

/* ---- an error as JSON */

static const char *code_name(struct call *call, uint32_t code)
{
    bool own = code == GRPC_CANCELLED && !call_has(call, DEFECT_CONNECT_CODE_SPELLED);
    return own ? "canceled" : rpc_code_name(call, code);
}

/* One google.protobuf.Any of a google.rpc.Status. */
static void write_detail(const struct call *call, struct buf *out, struct span any, bool first)
{
    struct span url = span_of(NULL, 0);
    struct span value = span_of(NULL, 0);
    struct wire_reader reader;
    struct wire_field field;
    size_t at = out->len;
    wire_reader_init(&reader, any);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.type == WIRE_LEN && field.number == 1)
            url = field.bytes;
        else if (field.type == WIRE_LEN && field.number == 2)
            value = field.bytes;
    }
    buf_append_cstr(out, first ? "{\"type\":" : ",{\"type\":");
    if (!json_write_string(out, call_has(call, DEFECT_CONNECT_DETAIL_URL) ? url : schema_url_name(url))) {
        out->len = at;
        return;
    }
    buf_append_cstr(out, ",\"value\":\"");
    base64_encode(out, value, false);
    buf_append_cstr(out, "\"}");
}

static void write_details(const struct call *call, struct buf *out, struct span status)
{
    struct wire_reader reader;
    struct wire_field field;
    size_t begun = out->len;
    buf_append_cstr(out, ",\"details\":[");
    size_t empty = out->len;
    wire_reader_init(&reader, status);
    while (wire_next(&reader, &field) == WIRE_FIELD) {
        if (field.type == WIRE_LEN && field.number == 3)
            write_detail(call, out, field.bytes, out->len == empty);
    }
    if (out->len == empty || call_has(call, DEFECT_CONNECT_DETAILS_LOST))
        out->len = begun;
    else
        buf_append_byte(out, ']');
}

static void write_error(struct call *call, struct buf *out, const struct rpc_end *end)
{
    const char *name = code_name(call, end->code);
    if (call_has(call, DEFECT_CONNECT_CODE_NUMBER))
        buf_printf(out, "{\"code\":%u", (unsigned)end->code);
    else
        buf_printf(out, "{\"code\":\"%s\"", name ? name : "unknown");
    size_t at = out->len;
    if (end->text.len > 0 && !call_has(call, DEFECT_MESSAGE_LOST)) {
        buf_append_cstr(out, ",\"message\":");
        if (!json_write_string(out, end->text))
            out->len = at;
    }
    write_details(call, out, end->details);
    buf_append_byte(out, '}');
}

/* ---- unary answers */

/* The head: its metadata, and that of the end. `seen` NULL: there is none. */
static bool add_unary_head(struct call *call, struct fields *fields, const char *type, const struct response_seen *seen,
                           const struct rpc_end *end)
{
    const char *before = call_has(call, DEFECT_CONNECT_TRAILERS_UNPREFIXED) ? "" : "trailer-";
    bool own = seen && !seen->headers_end && !call_has(call, DEFECT_RESPONSE_METADATA_LOST);
    return fields_add_view(fields, &call->arena, span_cstr("content-type"), span_cstr(type)) &&
           (!own || rpc_metadata(call, fields, &seen->headers, "")) &&
           (call_has(call, DEFECT_CONNECT_TRAILERS_LOST) || rpc_metadata(call, fields, &end->trailers, before));
}

static const char *type_of(struct call *call)
{
    const struct codec *codec = codec_of(call);
    return codec ? codec->type : codecs[0].type;
}

static void unary_error(struct call *call, const struct response_seen *seen, const struct rpc_end *end)
{
    struct fields fields = {0};
    const char *type = call_has(call, DEFECT_CONNECT_ERROR_TYPE_KEPT) ? type_of(call) : "application/json";
    add_unary_head(call, &fields, type, seen, end);
    buf_reset(&call->out);
    write_error(call, &call->out, end);
    bridge_respond(call, call_has(call, DEFECT_CONNECT_ERROR_200) ? 200 : status_to_http(end->code), &fields,
                   buf_span(&call->out));
}

static void unary_end(struct call *call, const struct response_seen *seen, const struct rpc_end *end)
{
    struct fields fields = {0};
    struct span message = buf_span(&call->unary);
    if (!end->ok) {
        unary_error(call, seen, end);
        return;
    }
    if (!call_has(call, DEFECT_CONNECT_JSON_AS_PROTO))
        message = rpc_message(call, message);
    if (call->done)
        return;
    if (add_unary_head(call, &fields, type_of(call), seen, end))
        bridge_respond(call, 200, &fields, message);
    else
        rpc_no_memory(call);
}

/* ---- streams */

static void begin_stream(struct call *call, const struct response_seen *seen)
{
    struct fields fields = {0};
    bool own = seen && !seen->headers_end && !call_has(call, DEFECT_RESPONSE_METADATA_LOST);
    fields_add_view(&fields, &call->arena, span_cstr("content-type"), span_cstr(type_of(call)));
    if (own && !rpc_metadata(call, &fields, &seen->headers, ""))
        rpc_no_memory(call);
    else
        bridge_begin(call, 200, &fields);
}

static void send_envelope(struct call *call, uint8_t flags, struct span bytes)
{
    uint8_t prefix[FRAME_PREFIX_LEN];
    frame_prefix_write(prefix, flags, (uint32_t)bytes.len);
    bridge_data(call, span_of(prefix, sizeof prefix));
    bridge_data(call, bytes);
}

/* All values of the name that the field at `at` has, unless an earlier one had it. */
static void write_values(struct buf *out, const struct fields *fields, size_t at, bool first)
{
    struct span name = fields->items[at].name;
    bool more = false;
    for (size_t i = 0; i < at; i++) {
        if (span_equal(fields->items[i].name, name))
            return;
    }
    if (!first)
        buf_append_byte(out, ',');
    json_write_string(out, name);
    buf_append_cstr(out, ":[");
    for (size_t i = at; i < fields->count; i++) {
        size_t before = out->len;
        if (!span_equal(fields->items[i].name, name))
            continue;
        if (more)
            buf_append_byte(out, ',');
        if (json_write_string(out, fields->items[i].value))
            more = true;
        else
            out->len = before;
    }
    buf_append_byte(out, ']');
}

/* EndStreamResponse. */
static void write_end(struct call *call, struct buf *out, const struct rpc_end *end)
{
    const struct fields *trailers = &end->trailers;
    buf_append_byte(out, '{');
    if (!end->ok && !call_has(call, DEFECT_STREAM_ERROR_SWALLOWED)) {
        buf_append_cstr(out, "\"error\":");
        write_error(call, out, end);
    }
    if (trailers->count > 0 && !call_has(call, DEFECT_CONNECT_END_METADATA_LOST)) {
        buf_append_cstr(out, out->len > 1 ? ",\"metadata\":{" : "\"metadata\":{");
        for (size_t i = 0; i < trailers->count; i++)
            write_values(out, trailers, i, i == 0);
        buf_append_byte(out, '}');
    }
    buf_append_byte(out, '}');
}

static void stream_end(struct call *call, const struct response_seen *seen, const struct rpc_end *end)
{
    if (!call->begun && !end->ok && call_has(call, DEFECT_CONNECT_STREAM_ERROR_AS_UNARY)) {
        unary_error(call, seen, end);
        return;
    }
    if (!call->begun)
        begin_stream(call, seen);
    if (call->done)
        return;
    buf_reset(&call->out);
    write_end(call, &call->out, end);
    if (!call_has(call, DEFECT_CONNECT_END_MISSING))
        send_envelope(call, call_has(call, DEFECT_CONNECT_END_AS_MESSAGE) ? 0 : FLAG_END, buf_span(&call->out));
    bridge_finish(call);
}

/* ---- the backend's answer */

static void headers(struct call *call, const struct response_seen *seen)
{
    rpc_headers(call, seen);
    if (call->rpc_stream && !seen->headers_end && rpc_is_answer(call, seen))
        begin_stream(call, seen);
}

static bool message(struct call *call, struct span message)
{
    if (!call->rpc_stream)
        return rpc_keep_message(call, message);
    struct span bytes = rpc_message(call, message);
    if (bytes.data)
        send_envelope(call, 0, bytes);
    return bytes.data != NULL;
}

static void end(struct call *call, const struct response_seen *seen)
{
    struct rpc_end end;
    if (!rpc_ended(call, seen, &end))
        return;
    if (call->rpc_stream)
        stream_end(call, seen, &end);
    else
        unary_end(call, seen, &end);
}

static void reset(struct call *call, uint32_t h2_code)
{
    const struct rpc_end good = {.ok = true};
    if (call_has(call, DEFECT_STREAM_RESET_SWALLOWED) && call->begun)
        stream_end(call, NULL, &good);
    else if (call_has(call, DEFECT_MESSAGE_BEFORE_LOSS_OK) && !call->rpc_stream && call->message_count > 0)
        unary_end(call, NULL, &good);
    else
        bridge_fail(call, 0, status_from_h2_code(h2_code), "the backend reset the stream");
}

/* Before the codec is known it is an error of a unary call. */
static void fail(struct call *call, int http_status, uint32_t code, struct span text)
{
    const struct rpc_end end = {.code = code, .text = text};
    (void)http_status;
    if (call->rpc_stream)
        stream_end(call, NULL, &end);
    else
        unary_error(call, NULL, &end);
}

const struct bridge_mode bridge_connect = {.mode = MODE_CONNECT,
                                           .backend = BRIDGE_HTTP2,
                                           .request = request,
                                           .headers = headers,
                                           .data = rpc_data,
                                           .message = message,
                                           .end = end,
                                           .reset = reset,
                                           .fail = fail};
