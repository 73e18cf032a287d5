/* What the defects of the mode pass-through do to requests and answers. */
#include "harness/reference/defect_pass.h"

#include "harness/base/base64.h"
#include "harness/engine/grpc/client_view.h"
#include "harness/engine/grpc/metadata.h"
#include "harness/reference/defect_fields.h"

#define LARGE_METADATA (4u << 10) /* names and values */
#define LARGE_TRAILERS (8u << 10)
#define CUT_AT         (1u << 20)

static bool is_own(struct span name)
{
    static const char *const names[] = {"host", "te", "content-type", NULL};
    for (size_t i = 0; names[i]; i++) {
        if (span_is(name, names[i]))
            return true;
    }
    return span_starts_with(name, "grpc-") || span_starts_with(name, "x-transcheck");
}

static bool is_status(struct span name)
{
    return span_is(name, "grpc-status") || span_is(name, "grpc-message") || span_is(name, "content-type");
}

static bool is_not_details(struct span name)
{
    return !span_is(name, "grpc-status-details-bin");
}

static void keep(struct fields *fields, bool (*kept)(struct span name))
{
    size_t count = 0;
    for (size_t i = 0; i < fields->count; i++) {
        if (kept(fields->items[i].name))
            fields->items[count++] = fields->items[i];
    }
    fields->count = count;
}

static size_t size_of(const struct fields *fields)
{
    size_t size = 0;
    for (size_t i = 0; i < fields->count; i++)
        size += fields->items[i].name.len + fields->items[i].value.len;
    return size;
}

/* ---- the request */

const char *defect_pass_refusal(const struct call *call, uint32_t *code)
{
    *code = GRPC_UNIMPLEMENTED;
    if (call_has(call, DEFECT_PASS_UNKNOWN_SERVICE_REFUSED) && !schema_method_find(call->core->schema, call->target))
        return "there is no such method";
    *code = GRPC_RESOURCE_EXHAUSTED;
    if (call_has(call, DEFECT_PASS_LARGE_METADATA_REFUSED) && size_of(&call->headers) > LARGE_METADATA)
        return "the metadata is too large";
    return NULL;
}

struct span defect_pass_target(struct call *call)
{
    struct router_match match;
    bool routed = call_has(call, DEFECT_PASS_HTTP_PATH_ROUTED) &&
                  router_match(call->core->router, (struct leniency_set){0}, call->method, call->target, &call->arena,
                               &match) == ROUTER_MATCHED;
    return routed ? match.binding->method->path : call->target;
}

static void relabel(struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (span_is(fields->items[i].name, "content-type"))
            fields->items[i].value = span_cstr("application/grpc+grpc");
    }
}

bool defect_pass_request(struct call *call, struct fields *fields, size_t custom)
{
    if (call_has(call, DEFECT_PASS_METADATA_LOST))
        keep(fields, is_own);
    if (call_has(call, DEFECT_PASS_CONNECT_GUESSED) && fields_find(fields, "connect-protocol-version"))
        relabel(fields);
    return defect_fields_request(call, fields, custom);
}

/* The length of the message that the bytes begin with, and its prefix; 0: they do not hold it. */
static size_t first_message(struct span bytes)
{
    struct span rest = bytes;
    uint8_t flags;
    uint32_t len;
    bool whole = client_piece_next(&rest, &flags, &len) == CLIENT_PIECE_MESSAGE && flags <= FRAME_FLAG_COMPRESSED;
    return whole ? bytes.len - rest.len : 0;
}

static bool is_empty_message(struct span bytes)
{
    return bytes.len == FRAME_PREFIX_LEN && first_message(bytes) == FRAME_PREFIX_LEN;
}

/* A copy of which the first message is not marked as compressed. */
static struct span unmarked(struct buf *out, struct span bytes)
{
    buf_reset(out);
    buf_append_span(out, bytes);
    if (out->len > 0 && out->data[0] == FRAME_FLAG_COMPRESSED)
        out->data[0] = 0;
    return buf_span(out);
}

struct span defect_pass_piece(struct call *call, struct span before, struct span bytes)
{
    bool first = before.len == 0;
    switch (call->core->defect) {
    case DEFECT_BODY_PIECES_LOST:
        return first ? bytes : span_of(bytes.data, 0);
    case DEFECT_PASS_FIRST_MESSAGE_ONLY:
        if (first)
            return first_message(bytes) > 0 ? span_of(bytes.data, first_message(bytes)) : bytes;
        return first_message(before) > 0 ? span_of(bytes.data, 0) : bytes;
    case DEFECT_PASS_EMPTY_MESSAGE_LOST:
        return first && is_empty_message(bytes) ? span_of(bytes.data, 0) : bytes;
    case DEFECT_PASS_COMPRESSED_FLAG_CLEARED:
        return first ? unmarked(&call->message, bytes) : bytes;
    default:
        return bytes;
    }
}

/* ---- the answer's fields */

bool defect_pass_head(struct call *call, struct fields *fields)
{
    if (call_has(call, DEFECT_PASS_ANSWER_METADATA_LOST))
        keep(fields, is_own);
    return defect_fields_response(call, fields, 0);
}

/* What the defect makes of a field of the end; data NULL: out of memory. */
static struct span changed(struct call *call, const struct field *field)
{
    struct buf *out = &call->out;
    uint32_t code = 0;
    buf_reset(out);
    if (call_has(call, DEFECT_PASS_BINARY_TRAILERS_ENCODED) && metadata_is_binary(field->name))
        base64_encode(out, field->value, true);
    else if (call_has(call, DEFECT_PASS_MESSAGE_DECODED) && span_is(field->name, "grpc-message"))
        metadata_message_decode(out, field->value);
    else if (call_has(call, DEFECT_PASS_MESSAGE_ENCODED) && span_is(field->name, "grpc-message"))
        metadata_message_encode(out, field->value);
    else if (call_has(call, DEFECT_STREAM_ERROR_SWALLOWED) && call->sent_count > 0 &&
             span_is(field->name, "grpc-status"))
        return span_cstr("0");
    else if (call_has(call, DEFECT_UNKNOWN_STATUS_OK) && span_is(field->name, "grpc-status") &&
             status_parse(field->value, &code) && code >= GRPC_STATUS_COUNT)
        return span_cstr("0");
    else
        return field->value;
    return out->failed ? span_of(NULL, 0) : arena_dup(&call->arena, buf_span(out));
}

bool defect_pass_end(struct call *call, struct fields *fields)
{
    if (call_has(call, DEFECT_PASS_TRAILERS_LOST))
        keep(fields, is_status);
    if (call_has(call, DEFECT_PASS_DETAILS_LOST))
        keep(fields, is_not_details);
    for (size_t i = 0; i < fields->count; i++) {
        fields->items[i].value = changed(call, &fields->items[i]);
        if (!fields->items[i].value.data)
            return false;
    }
    if (call_has(call, DEFECT_PASS_LARGE_TRAILERS_OK) && size_of(fields) > LARGE_TRAILERS) {
        fields->count = 0;
        fields_add_view(fields, &call->arena, span_cstr("grpc-status"), span_cstr("0"));
    }
    if (call_has(call, DEFECT_MISSING_STATUS_OK) && !fields_find(fields, "grpc-status"))
        fields_add_view(fields, &call->arena, span_cstr("grpc-status"), span_cstr("0"));
    return defect_fields_response(call, fields, 0);
}

int defect_pass_status(const struct call *call, int status, const struct fields *fields)
{
    uint32_t code = 0;
    bool changed =
        call_has(call, DEFECT_PASS_ERROR_AS_HTTP) && status_parse(fields_value(fields, "grpc-status"), &code);
    return changed ? status_to_http(code) : status;
}

/* ---- the answer's bytes */

struct span defect_pass_data(struct call *call, struct span bytes)
{
    bool first = call->sent_count == 0;
    size_t before = call->message_count; /* bytes */
    call->sent_count++;
    call->message_count += bytes.len;
    switch (call->core->defect) {
    case DEFECT_STREAM_BUFFERED:
        buf_append_span(&call->held, bytes);
        return span_of(bytes.data, 0);
    case DEFECT_PASS_EMPTY_MESSAGE_LOST:
        return is_empty_message(bytes) ? span_of(bytes.data, 0) : bytes;
    case DEFECT_SECOND_IN_FRAME_LOST:
        return first_message(bytes) > 0 ? span_of(bytes.data, first_message(bytes)) : bytes;
    case DEFECT_PASS_COMPRESSED_FLAG_CLEARED:
        return first ? unmarked(&call->held, bytes) : bytes;
    case DEFECT_PASS_ANSWER_CUT:
        return before + bytes.len <= CUT_AT ? bytes : span_of(bytes.data, before < CUT_AT ? CUT_AT - before : 0);
    default:
        return bytes;
    }
}

static bool saw_goaway(const struct response_seen *seen)
{
    for (size_t i = 0; i < seen->transcript.count; i++) {
        if (seen->transcript.events[i].kind == TRANSCRIPT_GOAWAY)
            return true;
    }
    return false;
}

const char *defect_pass_bad_data(struct call *call, const struct response_seen *seen, struct span bytes)
{
    if (call_has(call, DEFECT_PASS_SHORT_FRAME_REFUSED) && bytes.len < FRAME_PREFIX_LEN)
        return "a frame is too short for a message";
    if (call_has(call, DEFECT_GOAWAY_FATAL) && saw_goaway(seen))
        return "the backend goes away";
    return NULL;
}

/* ---- whole answers */

bool defect_pass_foreign(const struct call *call, const struct response_seen *seen)
{
    return call_has(call, DEFECT_PASS_FOREIGN_ANSWER_OK) &&
           (seen->status != 200 || !client_view_is_grpc(fields_value(&seen->headers, "content-type")));
}

bool defect_pass_forgives(const struct call *call)
{
    return call->begun ? call_has(call, DEFECT_STREAM_RESET_SWALLOWED) : call_has(call, DEFECT_PASS_RESET_OK);
}
