/* gRPC-Web, binary and text, to gRPC. Messages go on as they come; the trailers become the last frame of the body, or,
 * where the answer has nothing else, its headers. Accept decides whether the answer is text, without it the request.
 * Pages of any origin may call. Source: grpc/grpc doc/PROTOCOL-WEB.md. */
#include "harness/base/base64.h"
#include "harness/engine/grpc/client_view.h"
#include "harness/reference/bridge.h"
#include "harness/reference/defect_web.h"
#include "harness/reference/web_text.h"

#define FLAG_TRAILERS 0x80u

static void no_memory(struct call *call)
{
    bridge_fail(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
}

static bool add(struct call *call, struct fields *fields, const char *name, struct span value)
{
    return fields_add_view(fields, &call->arena, span_cstr(name), value);
}

static struct span header(const struct call *call, const char *name)
{
    return fields_value(&call->headers, name);
}

/* ---- browsers: the CORS protocol */

static bool add_origin(struct call *call, struct fields *fields)
{
    struct span origin = header(call, "origin");
    return origin.len == 0 ||
           (add(call, fields, "access-control-allow-origin", origin) && add(call, fields, "vary", span_cstr("origin")));
}

static bool add_exposed(struct call *call, struct fields *fields)
{
    if (header(call, "origin").len == 0 || call_has(call, DEFECT_WEB_STATUS_NOT_EXPOSED))
        return true;
    return add(call, fields, "access-control-expose-headers",
               span_cstr("grpc-status, grpc-message, grpc-status-details-bin"));
}

/* Whether it is a preflight request, which then is answered. */
static bool preflight(struct call *call)
{
    struct fields fields = {0};
    struct span asked = header(call, "access-control-request-headers");
    if (!span_is(call->method, "OPTIONS") || header(call, "access-control-request-method").len == 0 ||
        header(call, "origin").len == 0 || call_has(call, DEFECT_WEB_PREFLIGHT_REFUSED))
        return false;
    bool ok = add_origin(call, &fields) && add(call, &fields, "access-control-allow-methods", span_cstr("POST")) &&
              add(call, &fields, "access-control-max-age", span_cstr("600"));
    if (asked.len > 0 && !call_has(call, DEFECT_WEB_PREFLIGHT_HEADERS_LOST))
        ok = ok && add(call, &fields, "access-control-allow-headers", asked);
    if (ok)
        bridge_respond(call, 204, &fields, span_of(NULL, 0));
    else
        no_memory(call);
    return true;
}

/* ---- the request */

static bool request_type(const struct call *call, struct web_type *type)
{
    struct span value = header(call, "content-type");
    return web_type_parse(value, type) && !defect_web_type_refused(call, value);
}

static bool answer_is_text(const struct call *call)
{
    struct web_type type = {.text = false};
    if (call_has(call, DEFECT_WEB_ACCEPT_IGNORED) || !web_type_accepted(header(call, "accept"), &type))
        request_type(call, &type);
    return type.text;
}

/* What is no request of gRPC-Web is answered as plain HTTP. */
static void refuse_plainly(struct call *call, int status)
{
    struct fields fields = {0};
    if (status == 405 && !add(call, &fields, "allow", span_cstr("POST, OPTIONS")))
        no_memory(call);
    else
        bridge_respond(call, status, &fields, span_of(NULL, 0));
}

/* The messages of the request, decoded where it is text. false: it is refused, and answered. */
static bool take_messages(struct call *call, const struct web_type *type, struct span *body)
{
    *body = buf_span(&call->body);
    if (!type->text)
        return true;
    buf_reset(&call->message);
    bool decoded = web_text_decode(&call->message, defect_web_request_text(call, *body));
    *body = buf_span(&call->message);
    if (decoded || call_has(call, DEFECT_WEB_BAD_BASE64_CUT))
        return true;
    if (call->message.failed)
        no_memory(call);
    else
        bridge_fail(call, 400, GRPC_INTERNAL, "the request is no base64");
    return false;
}

static struct span grpc_type(struct call *call, const struct web_type *type)
{
    return span_cstr(arena_printf(&call->arena, "application/grpc%.*s", (int)type->suffix.len,
                                  type->suffix.len > 0 ? (const char *)type->suffix.data : ""));
}

static bool add_fields(struct call *call, struct span type, struct fields *fields)
{
    static const char *const own[] = {"te", "content-type", "accept", "accept-encoding", "x-grpc-web", NULL};
    struct span authority = call->authority.len > 0 ? call->authority : span_cstr("localhost");
    bool ok = type.data && add(call, fields, "host", authority) && add(call, fields, "content-type", type);
    if (!call_has(call, DEFECT_TE_MISSING))
        ok = ok && add(call, fields, "te", span_cstr("trailers"));
    return ok && (call_has(call, DEFECT_REQUEST_HEADERS_LOST) || bridge_pass_request_fields(call, fields, own));
}

static void send_request(struct call *call, struct span type, struct span body)
{
    struct fields fields = {0};
    if (add_fields(call, type, &fields))
        bridge_send(call, &(struct bridge_request){.method = call->method,
                                                   .target = call->target,
                                                   .fields = &fields,
                                                   .body = body,
                                                   .timeout_ms = bridge_grpc_timeout_ms(call)});
    else
        no_memory(call);
}

static void request(struct call *call)
{
    struct web_type type;
    struct span body;
    struct span named = header(call, "content-type");
    if (preflight(call))
        return;
    bool other = !request_type(call, &type);
    if (!span_is(call->method, "POST"))
        refuse_plainly(call, 405);
    else if (other && call_has(call, DEFECT_WEB_OTHER_TYPE_SENT))
        send_request(call, named.data ? named : span_cstr(""), buf_span(&call->body));
    else if (other)
        refuse_plainly(call, 415);
    else if (take_messages(call, &type, &body))
        send_request(call, call_has(call, DEFECT_WEB_TYPE_KEPT) ? named : grpc_type(call, &type), body);
}

/* ---- answers */

/* The head of every answer: `from` are the backend's fields, or NULL. */
static bool add_head(struct call *call, struct fields *out, const struct fields *from)
{
    static const char *const own[] = {"content-type", NULL};
    struct span type = from ? call_media_type(fields_value(from, "content-type")) : span_of(NULL, 0);
    size_t plus = span_index_of(type, '+', 0);
    struct span suffix = plus < type.len ? span_from(type, plus) : span_cstr("+proto");
    const char *text =
        arena_printf(&call->arena, "application/grpc-web%s%.*s", answer_is_text(call) ? "-text" : "", SPAN_FMT(suffix));
    bool ok =
        text && add(call, out, "content-type", span_cstr(text)) && add_origin(call, out) && add_exposed(call, out);
    if (!from || call_has(call, DEFECT_RESPONSE_METADATA_LOST))
        return ok;
    return ok && bridge_pass_response_fields(call, out, from, own);
}

/* Bytes of the body, in base64 of their own where the answer is text: clients need not wait for more. */
static void send(struct call *call, struct span bytes)
{
    if (!answer_is_text(call)) {
        bridge_data(call, bytes);
        return;
    }
    buf_reset(&call->out);
    if (defect_web_encode(call, bytes) || base64_encode(&call->out, bytes, true))
        bridge_data(call, buf_span(&call->out));
    else
        bridge_abort(call, H2_CODE_INTERNAL_ERROR);
}

/* A frame, or the part of it that is there: of the first part, `offset` 0, with its prefix. */
static void send_piece(struct call *call, const struct frame_piece *piece)
{
    uint8_t prefix[FRAME_PREFIX_LEN];
    buf_reset(&call->message);
    frame_prefix_write(prefix, piece->flags, piece->len);
    if (piece->offset == 0)
        buf_append(&call->message, prefix, sizeof prefix);
    if (!buf_append_span(&call->message, piece->bytes))
        bridge_abort(call, H2_CODE_INTERNAL_ERROR);
    else if (!defect_web_held(call, piece))
        send(call, buf_span(&call->message));
}

/* The end of an answer that has begun. */
static void send_trailers(struct call *call, const struct fields *trailers)
{
    struct buf *block = &call->unary;
    uint8_t prefix[FRAME_PREFIX_LEN] = {0};
    buf_reset(block);
    buf_append(block, prefix, sizeof prefix);
    for (size_t i = 0; i < trailers->count; i++) {
        buf_append_span(block, trailers->items[i].name);
        buf_append_cstr(block, ": ");
        buf_append_span(block, trailers->items[i].value);
        buf_append_cstr(block, "\r\n");
    }
    defect_web_block(call, block);
    if (block->failed) {
        bridge_abort(call, H2_CODE_INTERNAL_ERROR);
        return;
    }
    if (call_has(call, DEFECT_STREAM_BUFFERED))
        send(call, buf_span(&call->held));
    frame_prefix_write(block->data, defect_web_flags(call, FLAG_TRAILERS), (uint32_t)(block->len - FRAME_PREFIX_LEN));
    if (!call_has(call, DEFECT_WEB_TRAILERS_FRAME_MISSING))
        send(call, buf_span(block));
    if (call->done)
        return;
    if (call_has(call, DEFECT_WEB_TRAILERS_TWICE))
        bridge_trailers(call, trailers);
    else
        bridge_finish(call);
}

static void fail(struct call *call, int http_status, uint32_t code, struct span text)
{
    struct fields status = {0};
    struct fields head = {0};
    struct web_type type;
    bool web = request_type(call, &type) && !call_has(call, DEFECT_WEB_ERROR_AS_HTTP);
    if (call->begun && !frame_parser_at_boundary(&call->parser)) {
        bridge_abort(call, H2_CODE_INTERNAL_ERROR); /* what follows would be read as the rest of the message */
        return;
    }
    if (!bridge_grpc_status_fields(call, &status, code, text))
        bridge_abort(call, H2_CODE_INTERNAL_ERROR);
    else if (call->begun)
        send_trailers(call, &status);
    else if (!web)
        bridge_respond(call, http_status, &head, text);
    else if (add_head(call, &head, NULL) && bridge_pass_response_fields(call, &head, &status, NULL))
        bridge_head_only(call, http_status == 400 ? 400 : 200, &head);
    else
        bridge_abort(call, H2_CODE_INTERNAL_ERROR);
}

/* ---- what the backend answers */

static bool is_grpc(const struct call *call, const struct response_seen *seen)
{
    bool type = client_view_is_grpc(fields_value(&seen->headers, "content-type"));
    return type && (seen->status == 200 || call_has(call, DEFECT_HTTP_STATUS_IGNORED));
}

/* A head that is the whole answer waits for its end; one that is no answer of gRPC, too. */
static void headers(struct call *call, const struct response_seen *seen)
{
    struct fields fields = {0};
    frame_parser_init(&call->parser, UINT32_MAX);
    if (seen->headers_end || !is_grpc(call, seen))
        return;
    defect_web_head(call, &seen->headers);
    if (add_head(call, &fields, &seen->headers))
        bridge_begin(call, 200, &fields);
    else
        no_memory(call);
}

/* What the backend says instead of an answer of gRPC, as far as a grpc-message may hold it. */
static void keep_text(struct call *call, struct span bytes)
{
    size_t max = call_has(call, DEFECT_WEB_ERROR_TEXT_WHOLE) ? SIZE_MAX : BRIDGE_MAX_TEXT + 1;
    size_t room = max - (call->held.len < max ? call->held.len : max);
    buf_append_span(&call->held, span_of(bytes.data, bytes.len < room ? bytes.len : room));
}

static void data(struct call *call, const struct response_seen *seen, struct span bytes)
{
    struct frame_piece piece;
    struct err err = {.text = ""};
    enum frame_result result = FRAME_NEED_MORE;
    (void)seen;
    if (!call->begun) {
        keep_text(call, bytes);
        return;
    }
    while (!call->done && (result = frame_parser_next(&call->parser, &bytes, &piece, &err)) == FRAME_DONE)
        send_piece(call, &piece);
    if (result != FRAME_BAD || call->done)
        return;
    struct span passed = defect_web_foreign_frame(call, bytes);
    if (passed.len > 0) {
        send(call, passed);
        return;
    }
    frame_parser_init(&call->parser, UINT32_MAX); /* nothing of that frame is out */
    bridge_fail(call, 0, GRPC_INTERNAL, err.text);
}

/* The fields that tell the end, with a grpc-status in any case. */
static bool add_end(struct call *call, struct fields *out, const struct fields *from)
{
    static const char *const own[] = {"content-type", NULL};
    uint32_t code = call_has(call, DEFECT_MISSING_STATUS_OK) ? GRPC_OK : GRPC_UNKNOWN;
    if (!bridge_pass_response_fields(call, out, from, own))
        return false;
    return fields_find(out, "grpc-status") ||
           bridge_grpc_status_fields(call, out, code, span_cstr("the backend ended its answer without grpc-status"));
}

/* A defect: OK with an empty message. */
static void succeed_empty(struct call *call, const struct fields *head, const struct fields *end)
{
    static const struct frame_piece empty = {.last = true};
    bridge_begin(call, 200, head);
    send_piece(call, &empty);
    send_trailers(call, end);
}

static void end_in_head(struct call *call, const struct response_seen *seen)
{
    struct fields head = {0};
    struct fields end = {0};
    bool lost = call_has(call, DEFECT_WEB_TRAILERS_ONLY_LOST);
    bool ok = add_head(call, &head, NULL) && add_end(call, &end, &seen->headers);
    if (ok && call_has(call, DEFECT_TRAILERS_ONLY_OK_EMPTY_ACCEPTED) && span_is(fields_value(&end, "grpc-status"), "0"))
        succeed_empty(call, &head, &end);
    else if (ok && (lost || bridge_pass_response_fields(call, &head, &end, NULL)))
        bridge_head_only(call, 200, &head);
    else
        no_memory(call);
}

static void end_in_frame(struct call *call, const struct response_seen *seen)
{
    struct fields trailers = {0};
    bool early = call_has(call, DEFECT_INITIAL_STATUS_WINS) && fields_find(&seen->headers, "grpc-status");
    const struct fields *from = early ? &seen->headers : &seen->trailers;
    bool passed = call_has(call, DEFECT_WEB_CUT_MESSAGE_DROPPED) || call_has(call, DEFECT_WEB_FOREIGN_FRAME_PASSED);
    if (!frame_parser_at_boundary(&call->parser) && !passed)
        bridge_fail(call, 0, GRPC_INTERNAL, "the backend's answer ends inside a message");
    else if (!seen->has_trailers && !call_has(call, DEFECT_MISSING_TRAILERS_OK))
        bridge_fail(call, 0, GRPC_INTERNAL, "the backend ended its answer without trailers");
    else if (!seen->has_trailers && !bridge_grpc_status_fields(call, &trailers, GRPC_OK, span_of(NULL, 0)))
        no_memory(call);
    else if (add_end(call, &trailers, from) && defect_web_trailers(call, &trailers))
        send_trailers(call, &trailers);
    else
        no_memory(call);
}

static void end(struct call *call, const struct response_seen *seen)
{
    if (call->begun)
        end_in_frame(call, seen);
    else if (is_grpc(call, seen))
        end_in_head(call, seen);
    else
        bridge_fail_foreign(call, seen, buf_span(&call->held));
}

const struct bridge_mode bridge_web = {.mode = MODE_GRPC_WEB,
                                       .backend = BRIDGE_HTTP2,
                                       .request = request,
                                       .headers = headers,
                                       .data = data,
                                       .end = end,
                                       .fail = fail};
