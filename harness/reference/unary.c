/* One message out of gRPC, and one into it, for backends that know nothing of it. */
#include "harness/reference/unary.h"

#include "harness/base/base64.h"
#include "harness/base/escape.h"
#include "harness/engine/grpc/client_view.h"
#include "harness/engine/grpc/metadata.h"

static void no_memory(struct call *call)
{
    bridge_fail(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
}

static bool add(struct call *call, struct fields *fields, const char *name, struct span value)
{
    return fields_add_view(fields, &call->arena, span_cstr(name), value);
}

/* ---- the request */

bool unary_is_grpc(struct call *call)
{
    struct fields fields = {0};
    if (!span_is(call->method, "POST")) {
        if (add(call, &fields, "allow", span_cstr("POST")))
            bridge_respond(call, 405, &fields, span_of(NULL, 0));
        else
            no_memory(call);
        return false;
    }
    if (client_view_is_grpc(fields_value(&call->headers, "content-type")))
        return true;
    bridge_respond(call, 415, &fields, span_of(NULL, 0));
    return false;
}

/* compression.md: the answer says what is accepted. */
static void refuse_compressed(struct call *call)
{
    struct fields fields = {0};
    struct span encoding = fields_value(&call->headers, "grpc-encoding");
    if (encoding.len == 0 || span_is(encoding, "identity")) {
        bridge_fail(call, 400, GRPC_INTERNAL, "a message is compressed, and grpc-encoding does not say how");
        return;
    }
    if (add(call, &fields, "content-type", span_cstr("application/grpc")) &&
        add(call, &fields, "grpc-accept-encoding", span_cstr("identity")) &&
        bridge_grpc_status_fields(call, &fields, GRPC_UNIMPLEMENTED, span_cstr("compressed messages are not taken")))
        bridge_head_only(call, 200, &fields);
    else
        no_memory(call);
}

/* A defect: the messages one behind the other. */
static bool join_messages(struct call *call, struct span *message)
{
    struct span rest = buf_span(&call->body);
    struct frame_parser parser;
    struct frame_piece piece;
    frame_parser_init(&parser, REFERENCE_MAX_BODY);
    buf_reset(&call->message);
    while (frame_parser_next(&parser, &rest, &piece, NULL) == FRAME_DONE)
        buf_append_span(&call->message, piece.bytes);
    *message = buf_span(&call->message);
    return true;
}

bool unary_message(struct call *call, struct span *message)
{
    struct frame_parser parser;
    struct frame_piece piece;
    struct err err = {.text = ""};
    struct span rest = buf_span(&call->body);
    enum frame_result result;
    size_t count = 0;
    uint8_t flags = 0;
    *message = span_of(NULL, 0);
    if (call_has(call, DEFECT_REVERSE_PREFIX_UNCHECKED)) {
        *message = span_from(rest, rest.len < FRAME_PREFIX_LEN ? rest.len : FRAME_PREFIX_LEN);
        return true;
    }
    frame_parser_init(&parser, REFERENCE_MAX_BODY);
    while ((result = frame_parser_next(&parser, &rest, &piece, &err)) == FRAME_DONE && count++ == 0) {
        *message = piece.bytes;
        flags = piece.flags;
    }
    if (result == FRAME_BAD)
        bridge_fail(call, 400, GRPC_INTERNAL, err.text);
    else if (count > 1 && call_has(call, DEFECT_REVERSE_MESSAGES_JOINED))
        return join_messages(call, message);
    else if (result == FRAME_NEED_MORE && !frame_parser_at_boundary(&parser))
        bridge_fail(call, 400, GRPC_INTERNAL, "a message is cut off");
    else if (count != 1)
        bridge_fail(call, 400, GRPC_UNIMPLEMENTED, "exactly one message is taken");
    else if (flags == FRAME_FLAG_COMPRESSED && !call_has(call, DEFECT_REVERSE_COMPRESSED_PASSED))
        refuse_compressed(call);
    else if (message->len == 0 && call_has(call, DEFECT_REVERSE_EMPTY_MESSAGE_REFUSED))
        bridge_fail(call, 400, GRPC_INTERNAL, "a message is empty");
    else
        return true;
    return false;
}

void unary_send(struct call *call, struct span method, struct span target, const char *type, const char *accept,
                struct span body, bool plain)
{
    static const char *const own[] = {"content-type",         "accept", "accept-encoding", "te", "grpc-encoding",
                                      "grpc-accept-encoding", NULL};
    static const char *const framed[] = {"content-type", "accept", "accept-encoding", "te", NULL};
    struct fields fields = {0};
    bool bare = plain && !call_has(call, DEFECT_REVERSE_ENCODING_KEPT);
    struct span authority = call->authority.len > 0 ? call->authority : span_cstr("localhost");
    bool ok =
        add(call, &fields, "host", authority) && add(call, &fields, "accept", span_cstr(accept)) &&
        (call_has(call, DEFECT_REQUEST_HEADERS_LOST) || bridge_pass_request_fields(call, &fields, bare ? own : framed));
    if (ok && type)
        ok = add(call, &fields, "content-type", span_cstr(type));
    if (ok && call_has(call, DEFECT_REVERSE_TE_PASSED))
        ok = add(call, &fields, "te", span_cstr("trailers"));
    if (!ok) {
        no_memory(call);
        return;
    }
    call->attempts++;
    bridge_send(call, &(struct bridge_request){.method = method,
                                               .target = target,
                                               .fields = &fields,
                                               .body = body,
                                               .no_body = !body.data,
                                               .timeout_ms = bridge_grpc_timeout_ms(call)});
}

/* ---- a failure */

void unary_reply_error(struct call *call, uint32_t code, struct span text, struct span details)
{
    struct fields fields = {0};
    size_t max = call_has(call, DEFECT_REVERSE_ERROR_TEXT_WHOLE) ? text.len : BRIDGE_MAX_TEXT;
    bool ok = add(call, &fields, "content-type", span_cstr("application/grpc")) &&
              bridge_grpc_status_fields(call, &fields, code, bridge_text_within(text, max));
    if (ok && details.len > 0) {
        buf_reset(&call->out);
        ok = base64_encode(&call->out, details, false) &&
             fields_add(&fields, &call->arena, span_cstr(bridge_grpc_status_names[2]), buf_span(&call->out));
    }
    if (ok)
        bridge_head_only(call, 200, &fields);
    else
        no_memory(call);
}

/* The backend said it in gRPC's words, which go on as they are. */
static void pass_status(struct call *call, const struct fields *from, uint32_t code)
{
    struct fields fields = {0};
    struct span message = fields_value(from, "grpc-message");
    struct span details = fields_value(from, "grpc-status-details-bin");
    bool ok = add(call, &fields, "content-type", span_cstr("application/grpc")) &&
              bridge_grpc_status_fields(call, &fields, code, span_of(NULL, 0));
    if (ok && message.len > 0) {
        message = bridge_grpc_safe_message(call, message);
        ok = message.data && add(call, &fields, "grpc-message", message);
    }
    if (ok && details.len > 0 && metadata_binary_valid(details))
        ok = add(call, &fields, "grpc-status-details-bin", details);
    if (ok)
        bridge_head_only(call, 200, &fields);
    else
        no_memory(call);
}

/* What the answer says of itself, for people. */
static struct span error_text(struct call *call, const struct response_seen *seen)
{
    struct span type = fields_value(&seen->headers, "content-type");
    struct span body = buf_span(&seen->body);
    bool readable = type.len >= 5 && (span_equal_nocase(span_of(type.data, 5), span_cstr("text/")) ||
                                      span_equal_nocase(call_media_type(type), span_cstr("application/json")));
    readable = readable && !call_has(call, DEFECT_REVERSE_ERROR_TEXT_LOST);
    if (readable && body.len > 0 && escape_utf8_valid(body))
        return body;
    const char *text = arena_printf(&call->arena, "the backend answered with HTTP status %d", seen->status);
    return span_cstr(text ? text : "the backend answered with an error");
}

/* A defect: what Location names is asked for, once. */
static bool redirected(struct call *call, const struct response_seen *seen)
{
    struct span place = fields_value(&seen->headers, "location");
    if (!call_has(call, DEFECT_REVERSE_REDIRECT_FOLLOWED) || call->attempts > 1 || place.len == 0 ||
        place.data[0] != '/')
        return false;
    unary_send(call, call->method, place, "application/x-protobuf", "application/x-protobuf", buf_span(&call->body),
               true);
    return true;
}

bool unary_failed(struct call *call, const struct response_seen *seen, bool any_success)
{
    bool in_trailers = fields_find(&seen->trailers, "grpc-status") && !call_has(call, DEFECT_REVERSE_TRAILERS_IGNORED);
    const struct fields *from = in_trailers ? &seen->trailers : &seen->headers;
    struct span value = fields_value(from, "grpc-status");
    any_success = any_success && !call_has(call, DEFECT_REVERSE_ONLY_200);
    bool success = seen->status == 200 || (any_success && seen->status >= 200 && seen->status <= 299);
    bool ignored = !in_trailers && call_has(call, DEFECT_REVERSE_STATUS_HEADER_IGNORED);
    uint32_t code = GRPC_OK;
    if (value.data && !ignored && !status_parse(value, &code))
        code = GRPC_UNKNOWN;
    if (code != GRPC_OK) {
        pass_status(call, from, code);
        return true;
    }
    if (call_has(call, DEFECT_REVERSE_TYPE_INTERNAL) &&
        span_is(fields_value(&seen->headers, "content-type"), "text/html")) {
        unary_reply_error(call, GRPC_INTERNAL, span_cstr("the backend answered in HTML"), span_of(NULL, 0));
        return true;
    }
    if (success || call_has(call, DEFECT_HTTP_STATUS_IGNORED))
        return false;
    if (redirected(call, seen))
        return true;
    code = call_has(call, DEFECT_HTTP_STATUS_UNMAPPED) ? GRPC_UNKNOWN : status_from_http(seen->status);
    unary_reply_error(call, code, error_text(call, seen), span_of(NULL, 0));
    return true;
}

/* ---- a success */

bool unary_type_is(struct call *call, const struct response_seen *seen, const char *const *types)
{
    struct span type = fields_value(&seen->headers, "content-type");
    for (size_t i = 0; types[i]; i++) {
        if (span_equal_nocase(call_media_type(type), span_cstr(types[i])))
            return true;
    }
    if (call_has(call, DEFECT_REVERSE_TYPE_UNCHECKED) || call_has(call, DEFECT_REVERSE_BAD_JSON_EMPTY))
        return true;
    const char *text =
        type.len > 0 ? arena_printf(&call->arena, "the backend answered with the content type %.*s", SPAN_FMT(type))
                     : "the backend answered without a content type";
    unary_reply_error(call, GRPC_UNKNOWN, span_cstr(text ? text : CALL_NO_MEMORY), span_of(NULL, 0));
    return false;
}

void unary_reply(struct call *call, const struct response_seen *seen, struct span prefix, struct span body)
{
    static const char *const own[] = {"content-type",     "grpc-status", "grpc-message", "grpc-status-details-bin",
                                      "content-encoding", NULL};
    struct fields head = {0};
    struct fields trailers = {0};
    bool late = !call_has(call, DEFECT_REVERSE_TRAILERS_MISSING);
    const struct fields none = {0};
    const struct fields *metadata = call_has(call, DEFECT_RESPONSE_METADATA_LOST) ? &none : &seen->headers;
    bool ok = add(call, &head, "content-type", fields_value(&call->headers, "content-type")) &&
              bridge_pass_response_fields(call, &head, metadata, own) &&
              bridge_grpc_status_fields(call, late ? &trailers : &head, GRPC_OK, span_of(NULL, 0)) &&
              bridge_pass_response_fields(call, &trailers, &seen->trailers, own);
    if (ok && call_has(call, DEFECT_REVERSE_LENGTH_KEPT) && fields_find(&seen->headers, "content-length"))
        ok = add(call, &head, "content-length", fields_value(&seen->headers, "content-length"));
    if (!ok) {
        no_memory(call);
        return;
    }
    bridge_begin(call, 200, &head);
    bridge_data(call, prefix);
    bridge_data(call, body);
    if (late)
        bridge_trailers(call, &trailers);
    else
        bridge_finish(call);
}

/* A defect: the bytes of the first event. */
static void cut_to_chunk(const struct response_seen *seen, struct span *message)
{
    for (size_t i = 0; i < seen->transcript.count; i++) {
        const struct transcript_event *event = &seen->transcript.events[i];
        if (event->kind != TRANSCRIPT_DATA || event->from == TRANSCRIPT_CLIENT)
            continue;
        message->len = event->len < message->len ? event->len : message->len;
        return;
    }
}

void unary_reply_message(struct call *call, const struct response_seen *seen, struct span message)
{
    uint8_t prefix[FRAME_PREFIX_LEN];
    if (call_has(call, DEFECT_REVERSE_LARGE_ANSWER_EMPTY) && message.len > 65536)
        message.len = 0;
    if (call_has(call, DEFECT_REVERSE_FIRST_CHUNK_ONLY))
        cut_to_chunk(seen, &message);
    frame_prefix_write(prefix, 0, (uint32_t)message.len);
    bool bare = call_has(call, DEFECT_REVERSE_ANSWER_UNPREFIXED) ||
                (message.len == 0 && call_has(call, DEFECT_REVERSE_EMPTY_ANSWER_LOST));
    unary_reply(call, seen, bare ? span_of(NULL, 0) : span_of(prefix, sizeof prefix), message);
}
