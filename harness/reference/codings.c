/* What is compressed, on its way to the backend and back. */
#include "harness/reference/codings.h"

#include <stdlib.h>

/* Puts what is decoded, at most so much, in the place of `bytes`. */
static enum coding_result decode(struct call *call, struct buf *bytes, size_t max, struct span coded,
                                 enum coding coding)
{
    struct buf plain;
    buf_init(&plain, max);
    plain.budget = bytes->budget;
    enum coding_result result = coding_decode(&plain, coding, coded);
    if (result == CODING_CUT && call_has(call, DEFECT_CUT_CODING_ACCEPTED) && plain.len > 0)
        result = CODING_WHOLE;
    if (result == CODING_BAD && call_has(call, DEFECT_BYTES_BEHIND_CODING_IGNORED) && plain.len > 0)
        result = CODING_WHOLE;
    if (result == CODING_FULL && call_has(call, DEFECT_ABORT_ON_INFLATED_SIZE))
        abort();
    if (result != CODING_WHOLE) {
        buf_fini(&plain);
        return result;
    }
    buf_fini(bytes);
    *bytes = plain;
    return CODING_WHOLE;
}

/* ---- of a request */

static int status_of(enum coding_result result)
{
    switch (result) {
    case CODING_WHOLE:
        return 0;
    case CODING_FULL:
    case CODING_NO_MEMORY:
        return 413;
    case CODING_CUT:
    case CODING_BAD:
        break;
    }
    return 400;
}

/* Takes the codings of one line of the field off the body, the one that was applied last first. */
static int take_off(struct call *call, struct span list)
{
    while (list.len > 0) {
        enum coding coding;
        struct span name = coding_take_last(&list);
        if (coding_is_identity(name))
            continue;
        if (!coding_from_name(name, &coding))
            return 415;
        int status = call->body.len > 0
                         ? status_of(decode(call, &call->body, REFERENCE_MAX_BODY, buf_span(&call->body), coding))
                         : 0;
        if (status != 0)
            return status;
    }
    return 0;
}

int codings_body(struct call *call)
{
    int status = 0;
    if (call_has(call, DEFECT_CONTENT_ENCODING_IGNORED))
        return 0;
    if (call_has(call, DEFECT_CONTENT_ENCODING_REFUSED) && fields_find(&call->headers, "content-encoding"))
        return 400;
    if (call_has(call, DEFECT_CODED_BODY_EMPTY) && fields_find(&call->headers, "content-encoding")) {
        buf_reset(&call->body);
        return 0;
    }
    for (size_t i = call->headers.count; i > 0 && status == 0; i--) {
        const struct field *field = &call->headers.items[i - 1];
        if (span_equal_nocase(field->name, span_cstr("content-encoding")))
            status = take_off(call, field->value);
    }
    return status;
}

/* ---- of the backend's messages */

struct span codings_offered(const struct call *call)
{
    struct span of_client = fields_value(&call->headers, "accept-encoding");
    if (call_has(call, DEFECT_GRPC_ACCEPT_ENCODING_FROM_CLIENT) && of_client.len > 0)
        return of_client;
    return span_cstr("gzip, deflate");
}

void codings_answer(struct call *call, const struct fields *headers)
{
    call->coded_messages = coding_from_name(fields_value(headers, "grpc-encoding"), &call->message_coding);
}

bool codings_begin(struct call *call, uint8_t flags)
{
    bool coded = (flags & FRAME_FLAG_COMPRESSED) && !call_has(call, DEFECT_COMPRESSED_FLAG_IGNORED);
    if (call_has(call, DEFECT_COMPRESSED_FLAG_OF_FIRST) && call->message_count > 0)
        coded = call->coded;
    call->coded = coded;
    return !coded || call->coded_messages;
}

enum err_code codings_message(struct call *call, struct span *message)
{
    if (!call->coded)
        return ERR_OK;
    if (call_has(call, DEFECT_COMPRESSED_MESSAGE_EMPTY)) {
        *message = span_of("", 0);
        return ERR_OK;
    }
    enum coding_result result = decode(call, &call->message, REFERENCE_MAX_MESSAGE, *message, call->message_coding);
    if (result != CODING_WHOLE)
        return result == CODING_FULL || result == CODING_NO_MEMORY ? ERR_LIMIT : ERR_SYNTAX;
    *message = buf_span(&call->message);
    if (!call_has(call, DEFECT_COMPRESSION_CONTEXT_KEPT))
        return ERR_OK;
    if (call->message_count == 0)
        call->first_decoded = arena_dup(&call->arena, *message);
    *message = call->first_decoded;
    return ERR_OK;
}

/* ---- of an answer, under some defects */

static bool asks_for_gzip(const struct call *call)
{
    struct span accepted = fields_value(&call->headers, "accept-encoding");
    return span_is(accepted, "*") || (accepted.len > 0 && memmem(accepted.data, accepted.len, "gzip", 4));
}

static bool announce_gzip(struct call *call, struct fields *fields)
{
    return fields_add_view(fields, &call->arena, span_cstr("content-encoding"), span_cstr("gzip"));
}

bool codings_announce(struct call *call, struct fields *fields)
{
    return !call_has(call, DEFECT_CODING_ANNOUNCED_ONLY) || !asks_for_gzip(call) || announce_gzip(call, fields);
}

void codings_compress(struct call *call, struct fields *fields, struct span *body)
{
    struct buf coded;
    bool wanted = call_has(call, DEFECT_GZIP_UNASKED) ||
                  (call_has(call, DEFECT_ACCEPT_ENCODING_WEIGHT_IGNORED) && asks_for_gzip(call));
    if (body->len == 0 || !wanted)
        return;
    buf_init(&coded, REFERENCE_MAX_JSON);
    if (coding_encode(&coded, CODING_GZIP, *body)) {
        *body = arena_dup(&call->arena, buf_span(&coded));
        announce_gzip(call, fields);
    }
    buf_fini(&coded);
}
