/* What some defects of the modes grpc-web and http1-bridge do to requests and answers. */
#include "harness/reference/defect_web.h"

#include "harness/base/base64.h"
#include "harness/engine/grpc/client_view.h"
#include "harness/engine/grpc/metadata.h"
#include "harness/reference/defect_gateway.h"
#include "harness/reference/gateway_event.h"
#include "harness/reference/web_text.h"

/* ---- requests */

static bool has_upper(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] >= 'A' && text.data[i] <= 'Z')
            return true;
    }
    return false;
}

bool defect_web_type_refused(const struct call *call, struct span content_type)
{
    struct web_type type;
    if (call_has(call, DEFECT_WEB_BARE_TYPE_REFUSED))
        return web_type_parse(content_type, &type) && type.suffix.len == 0;
    if (call_has(call, DEFECT_WEB_TEXT_REFUSED))
        return web_type_parse(content_type, &type) && type.text;
    if (call_has(call, DEFECT_WEB_TYPE_PARAMETERS_REFUSED))
        return span_index_of(content_type, ';', 0) < content_type.len;
    return call_has(call, DEFECT_WEB_TYPE_CASE_SENSITIVE) && has_upper(content_type);
}

/* What does not make a group of four is dropped. */
struct span defect_web_request_piece(const struct call *call, struct span bytes)
{
    struct web_type type;
    if (call_has(call, DEFECT_WEB_TEXT_PIECES_APART) &&
        web_type_parse(fields_value(&call->headers, "content-type"), &type) && type.text)
        bytes.len -= bytes.len % 4;
    return bytes;
}

struct span defect_web_request_text(const struct call *call, struct span text)
{
    size_t padding = span_index_of(text, '=', 0);
    if (call_has(call, DEFECT_WEB_PADDING_ENDS_REQUEST) && padding < text.len)
        text.len = (padding / 4 + 1) * 4;
    return text;
}

/* ---- answers */

bool defect_web_encode(struct call *call, struct span bytes)
{
    if (call_has(call, DEFECT_WEB_TEXT_UNPADDED))
        return base64_encode(&call->out, bytes, false);
    if (!call_has(call, DEFECT_WEB_TEXT_HELD))
        return false;
    bool last = bytes.len > 0 && bytes.data[0] == 0x80;
    buf_append_span(&call->held, bytes);
    size_t len = call->held.len - (last ? 0 : call->held.len % 3);
    bool ok = base64_encode(&call->out, span_of(call->held.data, len), true);
    buf_consume(&call->held, len);
    return ok;
}

bool defect_web_held(struct call *call, const struct frame_piece *piece)
{
    bool first = call->message_count == 0;
    call->message_count += piece->last;
    if (call_has(call, DEFECT_WEB_FIRST_MESSAGE_ONLY))
        return !first;
    if (!call_has(call, DEFECT_STREAM_BUFFERED) && !call_has(call, DEFECT_WEB_CUT_MESSAGE_DROPPED))
        return false;
    buf_append_span(&call->held, buf_span(&call->message));
    if (!piece->last || call_has(call, DEFECT_STREAM_BUFFERED))
        return true;
    buf_reset(&call->message);
    buf_append_span(&call->message, buf_span(&call->held));
    buf_reset(&call->held);
    return false;
}

struct span defect_web_foreign_frame(struct call *call, struct span bytes)
{
    if (!call_has(call, DEFECT_WEB_FOREIGN_FRAME_PASSED))
        return span_of(NULL, 0);
    buf_reset(&call->message);
    if (!call->swallow) /* the first one */
        buf_append(&call->message, call->parser.prefix, FRAME_PREFIX_LEN);
    call->swallow = true;
    buf_append_span(&call->message, bytes);
    return buf_span(&call->message);
}

static bool is_kept(const struct call *call, const struct fields *trailers, size_t index)
{
    struct span name = trailers->items[index].name;
    if (call_has(call, DEFECT_WEB_CUSTOM_TRAILERS_LOST))
        return span_starts_with(name, "grpc-");
    if (!call_has(call, DEFECT_WEB_REPEATED_LOST))
        return true;
    for (size_t i = index + 1; i < trailers->count; i++) {
        if (span_equal(trailers->items[i].name, name))
            return false;
    }
    return true;
}

bool defect_web_trailers(struct call *call, struct fields *trailers)
{
    bool ok = true;
    size_t kept = 0;
    for (size_t i = 0; i < trailers->count && ok; i++) {
        struct field field = trailers->items[i];
        if (!is_kept(call, trailers, i))
            continue;
        if (call_has(call, DEFECT_WEB_BINARY_ENCODED) && metadata_is_binary(field.name))
            field.value = gateway_encoded_again(call, field.value);
        if (call_has(call, DEFECT_WEB_MESSAGE_DECODED) && span_is(field.name, "grpc-message"))
            field.value = defect_gateway_message(call, field.value);
        ok = field.value.data != NULL || field.value.len == 0;
        trailers->items[kept++] = field;
    }
    trailers->count = kept;
    return ok;
}

void defect_web_block(const struct call *call, struct buf *block)
{
    if (call_has(call, DEFECT_WEB_TRAILERS_BLANK_LINE))
        buf_append_cstr(block, "\r\n");
    bool begins = true;
    for (size_t i = FRAME_PREFIX_LEN; i < block->len && call_has(call, DEFECT_WEB_TRAILERS_UPPER_CASE); i++) {
        if (begins && block->data[i] >= 'a' && block->data[i] <= 'z')
            block->data[i] -= 'a' - 'A';
        begins = block->data[i] == '\n';
    }
}

void defect_web_head(struct call *call, const struct fields *headers)
{
    call->swallow = call_has(call, DEFECT_WEB_TRAILERS_COMPRESSED) && fields_find(headers, "grpc-encoding");
}

uint8_t defect_web_flags(const struct call *call, uint8_t flags)
{
    if (call_has(call, DEFECT_WEB_TRAILERS_UNMARKED))
        return 0;
    return call_has(call, DEFECT_WEB_TRAILERS_COMPRESSED) && call->swallow ? flags | FRAME_FLAG_COMPRESSED : flags;
}

struct span defect_bridge_body(const struct call *call, struct span body)
{
    struct span rest = body;
    size_t whole = 0;    /* bytes of whole messages */
    size_t but_last = 0; /* the same without the last, or of the only one */
    uint8_t flags;
    uint32_t len;
    while (client_piece_next(&rest, &flags, &len) == CLIENT_PIECE_MESSAGE) {
        but_last = whole > 0 ? whole : body.len - rest.len;
        whole = body.len - rest.len;
    }
    if (call_has(call, DEFECT_BRIDGE_CUT_MESSAGE_DROPPED))
        return span_of(body.data, whole);
    if (call_has(call, DEFECT_BRIDGE_LAST_MESSAGE_LOST))
        return span_of(body.data, but_last);
    return call_has(call, DEFECT_BRIDGE_UNPREFIXED) ? span_from(body, FRAME_PREFIX_LEN) : body;
}
