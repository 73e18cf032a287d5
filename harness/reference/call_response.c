/* The way back: frames and trailers of the backend become an HTTP response. */
#include <assert.h>
#include <stdlib.h>

#include "harness/base/base64.h"
#include "harness/engine/grpc/metadata.h"
#include "harness/reference/bridge.h"
#include "harness/reference/codings.h"
#include "harness/reference/defect_forms.h"
#include "harness/reference/defect_neighbours.h"
#include "harness/reference/defect_response.h"
#include "harness/reference/upstream.h"

/* ---- failing */

static void stop_timer(struct call *call)
{
    if (call->timer)
        loop_timer_stop(call->timer);
}

/* A defect: it looks like a success without a message. */
static void answered_empty(struct call *call)
{
    upstream_detach(call, true);
    stop_timer(call);
    reply_empty(call);
}

/* A defect: the client waits for ever. */
static void never_answer(struct call *call)
{
    stop_timer(call);
    call->unanswered = true;
}

static void fail(struct call *call, uint32_t code, struct span text, struct span details)
{
    if (call_has(call, DEFECT_NEIGHBOUR_CLOSED))
        upstream_break(call);
    upstream_detach(call, true);
    if (call_has(call, DEFECT_CALL_RETRIED) && call->attempts == 1 && !call->begun) {
        buf_reset(&call->message);
        buf_reset(&call->held);
        call->message_count = 0;
        call->metadata.count = 0;
        call_send(call);
        return;
    }
    stop_timer(call);
    reply_error(call, 0, code, text, details, NULL);
}

static void fail_text(struct call *call, uint32_t code, const char *text)
{
    if (call->bridge)
        bridge_fail(call, 0, code, text);
    else
        fail(call, code, span_cstr(text), span_of(NULL, 0));
}

/* `text` says what is wrong unless it was the memory. */
static void fail_or_starved(struct call *call, size_t refused, uint32_t code, const char *text)
{
    if (call_starved(call, refused))
        fail_text(call, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
    else
        fail_text(call, code, text);
}

/* Frames that are not what PROTOCOL-HTTP2.md says. */
static void fail_frame(struct call *call, uint32_t code, const char *text)
{
    if (call_has(call, DEFECT_ABORT_ON_MALFORMED_FRAME))
        abort();
    if (call_has(call, DEFECT_HANG_ON_MALFORMED_FRAME))
        never_answer(call);
    else
        fail_text(call, code, text);
}

/* ---- messages */

/* The rule itself, whose additional binding the call may have come by. */
static const struct router_binding *first_binding(const struct call *call)
{
    const struct router_binding *own = call->request.match.binding;
    for (size_t i = 0; i < router_binding_count(call->core->router); i++) {
        const struct router_binding *other = router_binding_at(call->core->router, i);
        if (other->method == own->method && other->index == 0)
            return other;
    }
    return own;
}

static bool take_message(struct call *call, struct span message)
{
    static const struct transcode_options options;
    struct span type;
    struct err err;
    buf_reset(&call->out);
    buf_append_byte(&call->out, '['); /* room for the separator of a stream */
    arena_reset(&call->scratch);
    struct router_binding binding = *call->request.match.binding;
    const struct schema_message *output = binding.method->output;
    if (call_has(call, DEFECT_RESPONSE_BODY_IGNORED))
        binding.response_body_field = NULL;
    if (call_has(call, DEFECT_RESPONSE_BODY_OF_FIRST))
        binding.response_body_field = first_binding(call)->response_body_field;
    if (call->core->defect != DEFECT_NONE)
        message = defect_message(call, output, message);
    if (!forms_message(call, output, &message))
        return false;
    enum err_code code = transcode_response(&call->out, &type, &binding, message, &options, &call->scratch, &err);
    if (call->core->defect != DEFECT_NONE)
        defect_text(call, output, message, &call->out);
    if ((call_has(call, DEFECT_FIELD_TWICE_REFUSED) && defect_response_repeats(output, message)) ||
        (call_has(call, DEFECT_ANSWER_UNKNOWN_FIELD_REFUSED) && defect_response_has_unknown(output, message)) ||
        (call_has(call, DEFECT_HTTP_BODY_EXTENSIONS_REFUSED) && defect_response_has_extensions(output, message)))
        return false;
    if (call_has(call, DEFECT_ABORT_ON_INCOMPLETE_MAP_ENTRY) && defect_response_lacks_entry_part(output, message))
        abort();
    if (code == ERR_OK && type.data &&
        (call->message_count == 0 || (call_has(call, DEFECT_HTTP_BODY_TYPE_OF_LAST) && type.len > 0)))
        call->content_type = arena_dup(&call->arena, defect_content_type(call, type));
    if (code != ERR_OK && call_has(call, DEFECT_UNDECODABLE_MESSAGE_EMPTY)) {
        call->out.len = 1;
        buf_append_cstr(&call->out, "{}");
        code = ERR_OK;
    }
    return code == ERR_OK;
}

/* Stream defects that hold messages back keep them in call->held, each with its length in front. */
static void hold(struct call *call, struct span json)
{
    size_t len = json.len;
    if (!buf_reserve(&call->held, sizeof len + len))
        return; /* lost whole: a part of it would be taken for all */
    buf_append(&call->held, &len, sizeof len);
    buf_append_span(&call->held, json);
}

static void release_held(struct call *call, bool all_but_last)
{
    struct span rest = buf_span(&call->held);
    while (rest.len >= sizeof(size_t)) {
        size_t len;
        memcpy(&len, rest.data, sizeof len);
        struct span json = span_of(rest.data + sizeof len, len);
        rest = span_from(rest, sizeof len + len);
        if (all_but_last && rest.len == 0)
            break;
        buf_reset(&call->out);
        buf_append_byte(&call->out, '[');
        buf_append_span(&call->out, json);
        reply_message(call, span_from(buf_span(&call->out), 1));
    }
    buf_reset(&call->held);
}

/* The time for the next message is that of the first; the client's own deadline is for the whole call. */
static void restart_timer(struct call *call)
{
    uint64_t timeout_ns;
    if (call->timer && call_has(call, DEFECT_STREAM_IDLE_CUT))
        loop_timer_start(call->timer, 100);
    else if (call->timer && !call_client_timeout(call, &timeout_ns))
        loop_timer_start(call->timer, call->core->deadline_ms);
}

static void pass_message(struct call *call)
{
    struct span json = span_from(buf_span(&call->out), 1);
    switch (call->core->defect) {
    case DEFECT_STREAM_TRUNCATED:
        if (call->message_count <= 500)
            reply_message(call, json);
        break;
    case DEFECT_STREAM_BUFFERED:
        hold(call, json);
        break;
    case DEFECT_STREAM_HELD_FOR_ENCODING:
        if (fields_find(&call->headers, "accept-encoding"))
            hold(call, json);
        else
            reply_message(call, json);
        break;
    case DEFECT_STREAM_FIRST_ONLY:
        if (call->message_count == 1)
            reply_message(call, json);
        break;
    case DEFECT_STREAM_OVERFLOW_LOST:
        if (!call->begun || call->front->queued(call) <= REFERENCE_HIGH_WATER / 2)
            reply_message(call, json);
        break;
    case DEFECT_HTTP_BODY_TYPE_OF_LAST:
        if (reply_is_raw(call))
            hold(call, json);
        else
            reply_message(call, json);
        break;
    case DEFECT_STREAM_ORDER_SWAPPED:
        if (call->message_count == 1) {
            hold(call, json);
            break;
        }
        reply_message(call, json);
        release_held(call, false);
        break;
    case DEFECT_STREAM_LAST_LOST: {
        struct span kept = arena_dup(&call->scratch, json);
        release_held(call, false);
        if (kept.data)
            hold(call, kept);
        break;
    }
    default:
        reply_message(call, json);
        break;
    }
    restart_timer(call);
    if (!call->done && call->front->queued(call) > REFERENCE_HIGH_WATER)
        upstream_stall(call, true);
}

/* A message is complete. false: the call has failed. */
static bool on_message(struct call *call, struct span message)
{
    size_t refused = budget_refusals(call->core->budget);
    if (call->bridge)
        return bridge_message(call, message);
    if (!take_message(call, message)) {
        fail_or_starved(call, refused, GRPC_INTERNAL, "a message of the backend cannot be decoded");
        return false;
    }
    if (call_has(call, DEFECT_STREAM_LARGE_LOST) && reply_is_stream(call) && message.len > 1 << 20)
        return true;
    call->message_count++;
    if (reply_is_stream(call)) {
        pass_message(call);
        return !call->done;
    }
    buf_reset(&call->unary);
    if (!buf_append_span(&call->unary, span_from(buf_span(&call->out), 1))) {
        fail_or_starved(call, refused, GRPC_RESOURCE_EXHAUSTED, "a message of the backend is too large as JSON");
        return false;
    }
    return true;
}

/* ---- frames */

/* A new message begins. false: it is refused. */
static bool begin_message(struct call *call, const struct frame_piece *piece)
{
    buf_reset(&call->message);
    if (!codings_begin(call, piece->flags)) {
        fail_frame(call, GRPC_INTERNAL, "a message of the backend is compressed, and grpc-encoding does not say how");
        return false;
    }
    if (piece->len == 0 && call_has(call, DEFECT_ZERO_LENGTH_REFUSED)) {
        fail_frame(call, GRPC_INTERNAL, "a message of the backend is empty");
        return false;
    }
    if (call->message_count > 0 && !reply_is_stream(call) && !call_has(call, DEFECT_SECOND_MESSAGE_IGNORED)) {
        /* statuscodes.md: a violation of the cardinality of a response. */
        fail_text(call, GRPC_UNIMPLEMENTED, "the backend sent more than one message");
        return false;
    }
    return true;
}

/* All of a message is there. false: the call has failed. */
static bool end_message(struct call *call, struct span message)
{
    switch (codings_message(call, &message)) {
    case ERR_OK:
        return on_message(call, message);
    case ERR_LIMIT:
        fail_frame(call, GRPC_RESOURCE_EXHAUSTED, "a message of the backend is too large when it is decompressed");
        return false;
    default:
        fail_frame(call, GRPC_INTERNAL, "a message of the backend cannot be decompressed");
        return false;
    }
}

/* false: the call has failed. */
static bool take_piece(struct call *call, const struct frame_piece *piece)
{
    if (piece->offset == 0 && !begin_message(call, piece))
        return false;
    if (call->message_count > 0 && !reply_is_stream(call))
        return true; /* a defect: passed over */
    if (piece->offset == 0 && piece->last)
        return end_message(call, piece->bytes);
    size_t refused = budget_refusals(call->core->budget);
    if (!buf_append_span(&call->message, piece->bytes) && call_starved(call, refused)) {
        fail_text(call, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
        return false;
    }
    if (call->message.failed) {
        fail_frame(call, GRPC_RESOURCE_EXHAUSTED, "a message of the backend is too large");
        return false;
    }
    return !piece->last || end_message(call, buf_span(&call->message));
}

/* false: the call has failed. */
static bool bad_prefix(struct call *call, const struct err *err)
{
    struct frame_parser *parser = &call->parser;
    if (err->code == ERR_SYNTAX && call_has(call, DEFECT_RESERVED_FLAGS_IGNORED)) {
        uint8_t prefix[FRAME_PREFIX_LEN];
        struct frame_piece piece;
        memcpy(prefix, parser->prefix, sizeof prefix);
        prefix[0] &= FRAME_FLAG_COMPRESSED;
        struct span again = span_of(prefix, sizeof prefix);
        frame_parser_init(parser, parser->max_len);
        switch (frame_parser_next(parser, &again, &piece, NULL)) {
        case FRAME_DONE:
            return take_piece(call, &piece);
        case FRAME_NEED_MORE:
            return true;
        case FRAME_BAD:
            break;
        }
    }
    if (err->code == ERR_LIMIT && call_has(call, DEFECT_DECLARED_LENGTH_WAITED_FOR)) {
        call->swallow = true;
        return false;
    }
    fail_frame(call, err->code == ERR_LIMIT ? GRPC_RESOURCE_EXHAUSTED : GRPC_INTERNAL, err->text);
    return false;
}

static void take_frames(struct call *call, struct span bytes)
{
    while (!call->done) {
        struct frame_piece piece;
        struct err err;
        switch (frame_parser_next(&call->parser, &bytes, &piece, &err)) {
        case FRAME_NEED_MORE:
            return;
        case FRAME_DONE:
            if (!take_piece(call, &piece) || (piece.last && call_has(call, DEFECT_SECOND_IN_FRAME_LOST)))
                return;
            break;
        case FRAME_BAD:
            if (!bad_prefix(call, &err))
                return;
            break;
        }
    }
}

static bool is_silent(const struct call *call)
{
    return call->done || call->unanswered || call->swallow;
}

void call_on_data(struct call *call, struct span bytes)
{
    if (is_silent(call))
        return;
    if (!call->headers_seen) {
        fail_text(call, GRPC_INTERNAL, "the backend sent data before its headers");
        return;
    }
    if (call->raw != CALL_RAW_NONE) {
        buf_append_span(&call->held, bytes);
        return;
    }
    if (call->http_status == 200 || call_has(call, DEFECT_HTTP_STATUS_IGNORED))
        take_frames(call, bytes);
}

/* ---- the end of the answer */

static uint32_t code_of_http(const struct call *call)
{
    if (call_has(call, DEFECT_HTTP_STATUS_UNMAPPED) || call_has(call, DEFECT_HTTP_STATUS_UNAVAILABLE))
        return call_has(call, DEFECT_HTTP_STATUS_UNMAPPED) ? GRPC_UNKNOWN : GRPC_UNAVAILABLE;
    return status_from_http(call->http_status);
}

static struct call_outcome outcome_error(const struct call *call, uint32_t code, const char *text)
{
    if (call->http_status != 200)
        return (struct call_outcome){.code = code_of_http(call), .text = "the backend answered with an HTTP error"};
    return (struct call_outcome){.code = code, .text = text};
}

static struct call_outcome without_trailers(const struct call *call)
{
    bool stream = reply_is_stream(call);
    if ((call_has(call, DEFECT_MISSING_TRAILERS_OK) && !stream) ||
        (call_has(call, DEFECT_STREAM_MISSING_TRAILERS_OK) && stream) ||
        (call_has(call, DEFECT_INITIAL_STATUS_TRUSTED) && call->initial_status_ok))
        return (struct call_outcome){.ok = true, .forced = true};
    return outcome_error(call, GRPC_INTERNAL, "the backend ended its answer without trailers");
}

static bool has_custom(const struct fields *trailers)
{
    for (size_t i = 0; i < trailers->count; i++) {
        if (!span_starts_with(trailers->items[i].name, "grpc-"))
            return true;
    }
    return false;
}

/* What some defects make of an error. */
static bool error_forgotten(const struct call *call, const struct fields *trailers, bool trailers_only)
{
    return (call_has(call, DEFECT_TRAILERS_ONLY_ERROR_IGNORED) && trailers_only) ||
           (call_has(call, DEFECT_STATUS_AFTER_MESSAGE_IGNORED) && !reply_is_stream(call) && call->message_count > 0) ||
           (call_has(call, DEFECT_LARGE_TRAILERS_DROPPED) && fields_value(trailers, "grpc-message").len > 8192) ||
           (call_has(call, DEFECT_ERROR_WITHOUT_MESSAGE_OK) && !fields_find(trailers, "grpc-message"));
}

static bool has_pseudo(const struct fields *trailers)
{
    for (size_t i = 0; i < trailers->count; i++) {
        if (span_starts_with(trailers->items[i].name, ":"))
            return true;
    }
    return false;
}

/* PROTOCOL-HTTP2.md, "Responses": Status is required, one, and decimal; statuscodes.md for what is not. */
static struct call_outcome judge_status(const struct call *call, const struct fields *trailers, bool trailers_only)
{
    uint32_t code;
    const struct call_outcome forced = {.ok = true, .forced = true};
    struct span value = fields_value(trailers, "grpc-status");
    if (call_has(call, DEFECT_DETAILS_CODE_WINS) && defect_details_code(trailers, &code))
        return code == GRPC_OK ? forced : (struct call_outcome){.code = code};
    if (has_pseudo(trailers) && !trailers_only && !call_has(call, DEFECT_PSEUDO_TRAILERS_ACCEPTED))
        return outcome_error(call, GRPC_INTERNAL, "the backend sent pseudo-header fields among its trailers");
    if (!value.data)
        return call_has(call, DEFECT_MISSING_STATUS_OK)
                   ? forced
                   : outcome_error(call, GRPC_UNKNOWN, "the backend ended its answer without grpc-status");
    if (call_has(call, DEFECT_INITIAL_STATUS_WINS) && call->initial_status_ok)
        return forced;
    if (call_has(call, DEFECT_CUSTOM_TRAILERS_REFUSED) && !trailers_only && has_custom(trailers))
        return outcome_error(call, GRPC_INTERNAL, "the backend sent trailers of its own");
    if (fields_count(trailers, "grpc-status") > 1 && !call_has(call, DEFECT_FIRST_STATUS_COUNTS))
        return outcome_error(call, GRPC_UNKNOWN, "the backend sent more than one grpc-status");
    if (!status_parse(value, &code))
        return call_has(call, DEFECT_NON_NUMERIC_STATUS_OK) ||
                       (call_has(call, DEFECT_PADDED_STATUS_OK) && span_index_of(value, ' ', 0) < value.len)
                   ? forced
                   : outcome_error(call, GRPC_UNKNOWN, "the backend sent a grpc-status that is no number");
    if (code >= GRPC_STATUS_COUNT)
        return call_has(call, DEFECT_UNKNOWN_STATUS_OK) ? forced : (struct call_outcome){.code = GRPC_UNKNOWN};
    if (code != GRPC_OK) {
        if (error_forgotten(call, trailers, trailers_only))
            return forced;
        if (call_has(call, DEFECT_HTTP_STATUS_WINS) && call->http_status != 200)
            return outcome_error(call, code, NULL);
        return (struct call_outcome){.code = code};
    }
    if (call->http_status != 200 && !call_has(call, DEFECT_HTTP_STATUS_IGNORED))
        return outcome_error(call, GRPC_UNKNOWN, NULL);
    return (struct call_outcome){.ok = true};
}

struct call_outcome call_judge(const struct call *call, const struct fields *trailers, bool trailers_only)
{
    return trailers ? judge_status(call, trailers, trailers_only) : without_trailers(call);
}

bool call_ends_inside(const struct call *call)
{
    return !frame_parser_at_boundary(&call->parser) && !call_has(call, DEFECT_TRUNCATED_MESSAGE_ACCEPTED) &&
           !(call_has(call, DEFECT_TRAILING_BYTES_IGNORED) && call->message_count > 0);
}

static void finish_ok(struct call *call, const struct call_outcome *outcome)
{
    stop_timer(call);
    if (reply_is_stream(call)) {
        release_held(call, call_has(call, DEFECT_STREAM_LAST_LOST));
        reply_finish(call);
        return;
    }
    if (call->message_count > 0) {
        reply_unary(call);
        return;
    }
    if (outcome->forced || call_has(call, DEFECT_TRAILERS_ONLY_OK_EMPTY_ACCEPTED) ||
        call_has(call, DEFECT_TRUNCATED_MESSAGE_ACCEPTED) || call_has(call, DEFECT_HTTP_STATUS_IGNORED))
        reply_empty(call);
    else
        fail_text(call, GRPC_UNIMPLEMENTED, "the backend sent no message");
}

static void take_details(const struct call *call, struct buf *out, struct span value)
{
    if (call_has(call, DEFECT_PADDED_DETAILS_LOST) && value.len > 0 && value.data[value.len - 1] == '=')
        return;
    if (!base64_decode(out, value) && call_has(call, DEFECT_UNREADABLE_DETAILS_FATAL))
        buf_append_byte(out, 0);
}

void call_error_words(const struct call *call, const struct call_outcome *outcome, const struct fields *trailers,
                      struct buf *text, struct buf *details)
{
    struct span message = trailers ? fields_value(trailers, "grpc-message") : span_of(NULL, 0);
    if (outcome->text)
        buf_append_cstr(text, outcome->text);
    else if (call_has(call, DEFECT_MESSAGE_NOT_DECODED))
        buf_append_span(text, message);
    else
        metadata_message_decode(text, message);
    if (call_has(call, DEFECT_MESSAGE_CUT) && text->len > 1024)
        text->len = 1024;
    if (trailers)
        take_details(call, details, fields_value(trailers, "grpc-status-details-bin"));
}

static void finish_error(struct call *call, const struct call_outcome *outcome, const struct fields *trailers)
{
    struct buf text;
    struct buf details;
    bool stream = reply_is_stream(call);
    if ((call_has(call, DEFECT_ERROR_SHOWN_AS_EMPTY) && !stream) ||
        (call_has(call, DEFECT_STREAM_ERROR_AS_EMPTY) && stream && !call->begun) ||
        (call_has(call, DEFECT_STREAM_ERROR_SWALLOWED) && stream && call->begun)) {
        stop_timer(call);
        reply_empty(call);
        return;
    }
    if (call_has(call, DEFECT_ERROR_AS_EMPTY_FILE) && reply_is_raw(call) && !call->begun) {
        stop_timer(call);
        reply_finish(call);
        return;
    }
    if (stream && !call->begun &&
        (call_has(call, DEFECT_STREAM_BUFFERED) || call_has(call, DEFECT_STREAM_LAST_LOST) ||
         call_has(call, DEFECT_STREAM_ORDER_SWAPPED)))
        release_held(call, false);
    buf_init(&text, H2_MAX_HEADER_BYTES);
    buf_init(&details, H2_MAX_HEADER_BYTES);
    call_error_words(call, outcome, trailers, &text, &details);
    fail(call, outcome->code, buf_span(&text), buf_span(&details));
    buf_fini(&text);
    buf_fini(&details);
}

/* Defects that look at the body as a whole: what is taken as the message. false: the call is answered. */
static bool take_raw_message(struct call *call)
{
    struct span body = buf_span(&call->held);
    call->raw = CALL_RAW_NONE;
    if (body.len == 0)
        return true;
    uint8_t prefix[FRAME_PREFIX_LEN];
    frame_prefix_write(prefix, 0, (uint32_t)(body.len >= FRAME_PREFIX_LEN ? body.len - FRAME_PREFIX_LEN : 0));
    bool framed = body.len >= FRAME_PREFIX_LEN && memcmp(prefix, body.data, sizeof prefix) == 0;
    if (call_has(call, DEFECT_LENGTH_PREFIX_UNCHECKED))
        return on_message(call, span_from(body, FRAME_PREFIX_LEN));
    if (framed) {
        take_frames(call, body);
        return !call->done;
    }
    if (call_has(call, DEFECT_RAW_BODY_ACCEPTED) && take_message(call, body))
        return on_message(call, body);
    if (call_has(call, DEFECT_BASE64_BODY_PASSED)) {
        buf_reset(&call->unary);
        buf_append_byte(&call->unary, '"');
        base64_encode(&call->unary, body, true);
        buf_append_byte(&call->unary, '"');
        stop_timer(call);
        reply_unary(call);
        return false;
    }
    take_frames(call, body);
    return !call->done;
}

/* `trailers` NULL: there are none. */
static void end_of_answer(struct call *call, const struct fields *trailers, bool trailers_only)
{
    if (call->raw == CALL_RAW_WHOLE) {
        upstream_detach(call, false);
        stop_timer(call);
        reply_raw(call, call->http_status, call->raw_type, buf_span(&call->held));
        return;
    }
    if (call->raw == CALL_RAW_MESSAGE && !take_raw_message(call)) {
        upstream_detach(call, false);
        return;
    }
    if (is_silent(call))
        return;
    trailers = neighbours_trailers(call, trailers);
    struct call_outcome outcome = call_judge(call, trailers, trailers_only);
    if (call_has(call, DEFECT_NEIGHBOUR_CLOSED) && !outcome.ok)
        upstream_break(call);
    upstream_detach(call, false);
    if (call_has(call, DEFECT_CUT_ANSWER_OK) && !trailers && !frame_parser_at_boundary(&call->parser)) {
        answered_empty(call);
        return;
    }
    if (outcome.ok && call_ends_inside(call)) {
        fail_frame(call, GRPC_INTERNAL, "the backend's answer ends inside a message");
        return;
    }
    if (trailers && !reply_is_stream(call))
        reply_metadata(call, trailers);
    if (outcome.ok)
        finish_ok(call, &outcome);
    else
        finish_error(call, &outcome, trailers);
}

/* ---- headers */

/* PROTOCOL-HTTP2.md: "application/grpc", alone or with "+" or ";" behind it. */
static bool is_grpc(const struct call *call, struct span type)
{
    static const char name[] = "application/grpc";
    size_t len = sizeof name - 1;
    if (type.len < len || !span_equal_nocase(span_of(type.data, len), span_cstr(name)))
        return false;
    if (type.len > len && type.data[len] == '+' && call_has(call, DEFECT_BACKEND_SUBTYPE_REFUSED))
        return false;
    return type.len == len || type.data[len] == '+' || type.data[len] == ';';
}

static int parse_http_status(struct span value)
{
    int status = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.len != 3 || value.data[i] < '0' || value.data[i] > '9')
            return 0;
        status = status * 10 + (value.data[i] - '0');
    }
    return status;
}

/* An answer of another content type. */
static void foreign_answer(struct call *call, struct span type, bool end_stream)
{
    bool json = span_starts_with(type, "application/json");
    if (type.len == 0 && call_has(call, DEFECT_HANG_ON_MISSING_CONTENT_TYPE)) {
        never_answer(call);
        return;
    }
    if (call_has(call, DEFECT_HTTP_STATUS_IGNORED) && call->http_status != 200) {
        upstream_detach(call, true);
        stop_timer(call);
        reply_empty(call);
        return;
    }
    if ((type.len > 0 && !json && call_has(call, DEFECT_BACKEND_HTML_PASSED_THROUGH)) ||
        (json && call_has(call, DEFECT_BACKEND_JSON_PASSED_THROUGH))) {
        call->raw = CALL_RAW_WHOLE;
        call->raw_type = arena_dup(&call->arena, type);
        if (end_stream)
            end_of_answer(call, NULL, false);
        return;
    }
    fail_text(call, call->http_status ? code_of_http(call) : (uint32_t)GRPC_INTERNAL,
              call->http_status == 200 ? "the backend's answer is not gRPC: wrong content type"
                                       : "the backend answered with an HTTP error");
}

static void on_head(struct call *call, const struct fields *fields, bool end_stream)
{
    uint32_t code;
    struct span type = fields_value(fields, "content-type");
    call->headers_seen = true;
    call->http_status = parse_http_status(fields_value(fields, ":status"));
    reply_metadata(call, fields);
    if (call->raw == CALL_RAW_WHOLE) {
        call->raw_type = arena_dup(&call->arena, type);
        if (end_stream)
            end_of_answer(call, NULL, false);
        return;
    }
    if (!is_grpc(call, type)) {
        foreign_answer(call, type, end_stream);
        return;
    }
    if (end_stream) {
        end_of_answer(call, fields, true);
        return;
    }
    codings_answer(call, fields);
    call->initial_status_ok = status_parse(fields_value(fields, "grpc-status"), &code) && code == GRPC_OK;
    bool whole = call_has(call, DEFECT_LENGTH_PREFIX_UNCHECKED) || call_has(call, DEFECT_RAW_BODY_ACCEPTED) ||
                 call_has(call, DEFECT_BASE64_BODY_PASSED);
    if (whole && !reply_is_stream(call))
        call->raw = CALL_RAW_MESSAGE;
}

void call_on_headers(struct call *call, enum h2_headers_kind kind, const struct fields *fields, bool end_stream)
{
    bool passed = kind == H2_INFORMATIONAL && !call_has(call, DEFECT_INFORMATIONAL_IS_ANSWER);
    if (is_silent(call) || passed)
        return;
    if (kind == H2_RESPONSE || kind == H2_INFORMATIONAL)
        on_head(call, fields, end_stream);
    else if (end_stream || call_has(call, DEFECT_UNENDED_TRAILERS_ACCEPTED))
        end_of_answer(call, fields, false);
    else
        fail_text(call, GRPC_INTERNAL, "the backend sent a second header section that does not end the stream");
}

void call_on_data_end(struct call *call, size_t frame_len, bool end_stream)
{
    if (is_silent(call))
        return;
    if (end_stream && frame_len == 0 && call_has(call, DEFECT_EMPTY_END_UNSEEN))
        never_answer(call);
    else if (end_stream)
        end_of_answer(call, NULL, false);
    else if (frame_len == 0 && call_has(call, DEFECT_EMPTY_FRAME_ENDS_ANSWER))
        answered_empty(call);
    else if (call_has(call, DEFECT_SPLIT_MESSAGE_REFUSED) && !frame_parser_at_boundary(&call->parser))
        fail_frame(call, GRPC_INTERNAL, "a message of the backend is split");
}

/* ---- broken off */

static void broken_off(struct call *call, uint32_t code, const char *text)
{
    if (is_silent(call))
        return;
    if (call_has(call, DEFECT_MESSAGE_BEFORE_LOSS_OK) && !reply_is_stream(call) && call->message_count > 0) {
        stop_timer(call);
        reply_unary(call);
        return;
    }
    if (call_has(call, DEFECT_HANG_ON_MISSING_END)) {
        never_answer(call);
        return;
    }
    bool stream = reply_is_stream(call);
    if ((call_has(call, DEFECT_STREAM_RESET_SWALLOWED) && stream && call->begun) ||
        (call_has(call, DEFECT_STREAM_RESET_AS_EMPTY) && stream && !call->begun) ||
        (call_has(call, DEFECT_UPSTREAM_RESET_AS_OK) && !stream)) {
        stop_timer(call);
        reply_empty(call);
        return;
    }
    fail_text(call, code, text);
}

/* PROTOCOL-HTTP2.md, "Errors". */
void call_on_reset(struct call *call, uint32_t code)
{
    if (code == 0 && call_has(call, DEFECT_RESET_WITHOUT_ERROR_OK) && !reply_is_stream(call) && !is_silent(call))
        answered_empty(call);
    else
        broken_off(call, status_from_h2_code(code), "the backend reset the stream");
}

void call_on_lost(struct call *call, const char *text)
{
    broken_off(call, call_has(call, DEFECT_LOST_CONNECTION_INTERNAL) ? GRPC_INTERNAL : GRPC_UNAVAILABLE, text);
}

void call_on_unreachable(struct call *call, const char *text)
{
    call->core->unreachable = true;
    if (is_silent(call))
        return;
    if (call_has(call, DEFECT_UNREACHABLE_HANGS))
        never_answer(call);
    else if (call_has(call, DEFECT_UNREACHABLE_AS_EMPTY))
        answered_empty(call);
    else
        call_on_lost(call, text);
}

void call_on_deadline(struct call *call)
{
    if (call_has(call, DEFECT_DEADLINE_AS_EMPTY) && !reply_is_stream(call)) {
        answered_empty(call);
        return;
    }
    if (call_has(call, DEFECT_STREAM_DEADLINE_COMPLETE) && reply_is_stream(call) && call->begun) {
        upstream_detach(call, true);
        reply_finish(call);
        return;
    }
    upstream_detach(call, true);
    reply_error(call, 0, GRPC_DEADLINE_EXCEEDED, span_cstr("the backend did not answer in time"), span_of(NULL, 0),
                NULL);
}
