/* What some defects leave on a client's connection of one request for the next. */
#include "harness/reference/defect_leftovers.h"

#include "harness/engine/http_rule/router.h"

#define MAX_KEPT (64u << 20)
#define WORN_OUT 20 /* failures */

void leftovers_init(struct leftovers *left)
{
    *left = (struct leftovers){.frames_inside = false};
    arena_init(&left->arena, MAX_KEPT);
}

void leftovers_fini(struct leftovers *left)
{
    arena_fini(&left->arena);
}

static struct span keep(struct leftovers *left, struct span bytes)
{
    return arena_dup(&left->arena, bytes);
}

/* Adds those of `from` whose names are not in `to`; `only`: that one, or NULL. */
static void inherit(struct fields *to, struct arena *arena, const struct fields *from, const char *only)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct field *field = &from->items[i];
        bool wanted = !only || span_equal_nocase(field->name, span_cstr(only));
        for (size_t j = 0; j < to->count && wanted; j++)
            wanted = !span_equal_nocase(to->items[j].name, field->name);
        if (wanted)
            fields_add(to, arena, field->name, field->value);
    }
}

/* ---- the request */

static struct span path_of(struct span target)
{
    return span_of(target.data, span_index_of(target, '?', 0));
}

static void take_query(struct call *call, struct leftovers *left)
{
    struct span query = span_from(left->target, path_of(left->target).len);
    if (query.len == 0 || path_of(call->target).len < call->target.len)
        return;
    const char *whole = arena_printf(&call->arena, "%.*s%.*s", (int)call->target.len, (const char *)call->target.data,
                                     (int)query.len, (const char *)query.data);
    if (whole)
        call->target = span_cstr(whole);
}

static void take_body(struct call *call, struct leftovers *left)
{
    struct span own = arena_dup(&call->arena, buf_span(&call->body));
    if (left->body.len == 0 || own.len == 0)
        return;
    buf_reset(&call->body);
    buf_append_span(&call->body, left->body);
    buf_append_span(&call->body, own);
    left->body = span_of(NULL, 0);
}

void leftovers_request(struct call *call)
{
    struct leftovers *left = call->left;
    switch (call->core->defect) {
    case DEFECT_HEADERS_OF_REQUEST_BEFORE:
    case DEFECT_TIMEOUT_OF_REQUEST_BEFORE:
        inherit(&call->headers, &call->arena, &left->headers,
                call_has(call, DEFECT_TIMEOUT_OF_REQUEST_BEFORE) ? "grpc-timeout" : NULL);
        inherit(&left->headers, &left->arena, &call->headers, NULL);
        break;
    case DEFECT_QUERY_OF_REQUEST_BEFORE:
        take_query(call, left);
        left->target = keep(left, call->target);
        break;
    case DEFECT_METHOD_OF_REQUEST_BEFORE:
        if (left->target.data && span_equal(path_of(left->target), path_of(call->target)))
            call->method = left->method;
        left->method = keep(left, call->method);
        left->target = keep(left, call->target);
        break;
    case DEFECT_BODY_OF_REFUSED_BEFORE:
        take_body(call, left);
        break;
    default:
        break;
    }
}

bool leftovers_is_bound(struct call *call)
{
    struct router_match match = {0};
    return router_match(call->core->router, LENIENCY_NONE, call->method, path_of(call->target), &call->arena, &match) ==
           ROUTER_MATCHED;
}

bool leftovers_is_encoded(const struct call *call)
{
    struct leftovers *left = call->left;
    if (!call_has(call, DEFECT_ENCODING_OF_REQUEST_BEFORE))
        return false;
    left->encoded = left->encoded || fields_find(&call->headers, "content-encoding");
    return left->encoded;
}

bool leftovers_answer(struct call *call)
{
    static const struct fields none = {0};
    struct leftovers *left = call->left;
    if (!call_has(call, DEFECT_ANSWER_OF_REQUEST_BEFORE) || !span_is(call->method, "GET"))
        return false;
    if (left->answer.data && span_equal(left->target, call->target)) {
        call->done = true;
        call->front->respond(call, 200, &none, left->answer);
        return true;
    }
    left->target = keep(left, call->target);
    left->answer = span_of(NULL, 0);
    return false;
}

void leftovers_send(struct call *call)
{
    struct leftovers *left = call->left;
    if (call_has(call, DEFECT_MESSAGE_REST_OF_CALL_BEFORE) && left->frames_inside)
        call->parser = left->frames;
    left->frames_inside = false;
}

void leftovers_break(struct call *call)
{
    struct leftovers *left = call->left;
    left->stream_open = left->stream_open || call->begun;
    if (call->parser.prefix_len == 0)
        return;
    left->frames_inside = true;
    left->frames = call->parser;
}

/* ---- the answer */

void leftovers_metadata(struct call *call)
{
    struct leftovers *left = call->left;
    if (!call_has(call, DEFECT_METADATA_OF_ANSWER_BEFORE))
        return;
    inherit(&call->metadata, &call->arena, &left->metadata, NULL);
    inherit(&left->metadata, &left->arena, &call->metadata, NULL);
}

struct span leftovers_type(struct call *call, struct span type, bool is_file)
{
    struct leftovers *left = call->left;
    if (!call_has(call, DEFECT_TYPE_OF_ANSWER_BEFORE))
        return type;
    if (is_file)
        left->type = keep(left, type);
    return left->type.len > 0 ? left->type : type;
}

bool leftovers_stream_open(struct call *call)
{
    return call_has(call, DEFECT_SEPARATOR_OF_STREAM_BEFORE) && call->left->stream_open;
}

void leftovers_error(struct call *call, struct span *text, struct span *details)
{
    struct leftovers *left = call->left;
    if (!call_has(call, DEFECT_WORDS_OF_ERROR_BEFORE))
        return;
    *text = text->len > 0 ? *text : left->text;
    *details = details->len > 0 ? *details : left->details;
    left->text = keep(left, *text);
    left->details = keep(left, *details);
}

static void tail_of_longer(struct call *call, struct leftovers *left, struct span *body)
{
    size_t tail = left->answer.len > body->len ? left->answer.len - body->len : 0;
    uint8_t *whole = arena_alloc(&call->arena, body->len + tail + 1);
    if (whole && body->len > 0)
        memcpy(whole, body->data, body->len);
    if (whole && tail > 0)
        memcpy(whole + body->len, left->answer.data + body->len, tail);
    *body = whole ? span_of(whole, body->len + tail) : *body;
    left->answer = keep(left, *body);
}

void leftovers_respond(struct call *call, int *status, struct span *body)
{
    struct leftovers *left = call->left;
    switch (call->core->defect) {
    case DEFECT_ERROR_OF_ANSWER_BEFORE:
        if (left->status != 0) {
            *status = left->status;
            *body = left->answer;
        } else if (*status >= 400) {
            left->status = *status;
            left->answer = keep(left, *body);
        }
        break;
    case DEFECT_TAIL_OF_ANSWER_BEFORE:
        tail_of_longer(call, left, body);
        break;
    case DEFECT_ANSWER_OF_REQUEST_BEFORE:
        if (*status == 200)
            left->answer = keep(left, *body);
        break;
    case DEFECT_BODY_OF_REFUSED_BEFORE:
        if (*status >= 400 && call->attempts == 0)
            left->body = keep(left, buf_span(&call->body));
        break;
    default:
        break;
    }
}

bool leftovers_is_head(struct call *call)
{
    struct leftovers *left = call->left;
    bool head = span_is(call->method, "HEAD");
    if (call_has(call, DEFECT_HEAD_ANSWERED_WITH_BODY))
        return false;
    left->head = left->head || head;
    return head || (call_has(call, DEFECT_HEAD_OF_REQUEST_BEFORE) && left->head);
}

bool leftovers_closes(struct call *call, int status)
{
    call->left->failures += status >= 400;
    return call_has(call, DEFECT_CONNECTION_NEVER_KEPT) ||
           (call_has(call, DEFECT_CONNECTION_CLOSED_AFTER_ERROR) && status >= 400) ||
           (call_has(call, DEFECT_CONNECTION_WEARS_OUT) && call->left->failures == WORN_OUT);
}
