/* What some defects of the mode gateway do to answers of the function. */
#include "harness/reference/defect_gateway.h"

#include "harness/base/base64.h"
#include "harness/base/escape.h"
#include "harness/engine/grpc/client_view.h"
#include "harness/engine/grpc/metadata.h"

bool defect_gateway_empty(struct buf *body)
{
    static const uint8_t empty[FRAME_PREFIX_LEN];
    return buf_append(body, empty, sizeof empty);
}

bool defect_gateway_decoded(struct call *call, struct buf *body)
{
    bool text = call_has(call, DEFECT_GATEWAY_ANSWER_AS_TEXT);
    struct buf changed;
    if (!text && !call_has(call, DEFECT_GATEWAY_DECODED_TWICE))
        return true;
    buf_init(&changed, body->max);
    bool ok = text ? escape_utf8_replace(&changed, buf_span(body)) : base64_decode(&changed, buf_span(body));
    if (ok) {
        buf_reset(body);
        buf_append_span(body, buf_span(&changed));
    }
    buf_fini(&changed);
    return !body->failed;
}

/* The bytes of the messages at its front that are whole. */
static size_t whole_len(struct span body)
{
    struct span rest = body;
    uint8_t flags;
    uint32_t len;
    for (;;) {
        size_t before = rest.len;
        if (client_piece_next(&rest, &flags, &len) != CLIENT_PIECE_MESSAGE)
            return body.len - before;
    }
}

bool defect_gateway_body(struct call *call, struct buf *body)
{
    uint8_t prefix[FRAME_PREFIX_LEN];
    struct span rest = buf_span(body);
    uint8_t flags = 0;
    uint32_t len = 0;
    bool framed = client_piece_next(&rest, &flags, &len) == CLIENT_PIECE_MESSAGE;
    if (body->len == 0)
        return true;
    if (call_has(call, DEFECT_GATEWAY_UNFRAMED_EMPTY) && !framed) {
        buf_reset(body);
        return defect_gateway_empty(body);
    }
    if (call_has(call, DEFECT_COMPRESSED_FLAG_IGNORED) && framed)
        body->data[0] = 0;
    if (call_has(call, DEFECT_GATEWAY_BODY_CUT))
        body->len--;
    if (call_has(call, DEFECT_GATEWAY_FIRST_MESSAGE_ONLY) && framed)
        body->len -= rest.len;
    if (call_has(call, DEFECT_GATEWAY_PREFIX_REWRITTEN) && body->len >= FRAME_PREFIX_LEN)
        frame_prefix_write(body->data, 0, (uint32_t)(body->len - FRAME_PREFIX_LEN));
    if (call_has(call, DEFECT_GATEWAY_REST_DROPPED) && framed)
        body->len = whole_len(buf_span(body));
    if (!call_has(call, DEFECT_GATEWAY_PREFIX_DOUBLED) && (framed || !call_has(call, DEFECT_GATEWAY_PREFIX_ADDED)))
        return true;
    struct buf longer;
    frame_prefix_write(prefix, 0, (uint32_t)body->len);
    buf_init(&longer, body->max);
    buf_append(&longer, prefix, sizeof prefix);
    buf_append_span(&longer, buf_span(body));
    buf_fini(body);
    *body = longer;
    return !longer.failed;
}

bool defect_gateway_split(struct call *call, struct fields *fields)
{
    bool ok = true;
    for (size_t i = 0; i < fields->count && ok; i++) {
        struct span rest = fields->items[i].value;
        struct span line = span_take_line(&rest);
        fields->items[i].value = span_trim_end(line, "\r");
        size_t colon = span_index_of(rest, ':', 0);
        if (colon < rest.len)
            ok = fields_add_view(fields, &call->arena, span_of(rest.data, colon),
                                 span_trim(span_from(rest, colon + 1), " "));
    }
    return ok;
}

struct span defect_gateway_message(struct call *call, struct span value)
{
    buf_reset(&call->out);
    metadata_message_decode(&call->out, value);
    return arena_dup(&call->arena, buf_span(&call->out));
}

bool defect_gateway_unchecked(const struct call *call)
{
    static const enum defect defects[] = {DEFECT_GATEWAY_FLAG_IGNORED, DEFECT_GATEWAY_ANSWER_AS_TEXT,
                                          DEFECT_GATEWAY_BODY_CUT, DEFECT_GATEWAY_PREFIX_DOUBLED};
    for (size_t i = 0; i < sizeof defects / sizeof *defects; i++) {
        if (call_has(call, defects[i]))
            return true;
    }
    return false;
}
