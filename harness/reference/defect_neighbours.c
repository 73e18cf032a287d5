/* What some defects do between calls that are under way at once. */
#include "harness/reference/defect_neighbours.h"

#include "harness/reference/bridge.h"
#include "harness/reference/upstream.h"

#define TURN_MS 2 /* between looks at whether it is a waiting call's turn */

static struct call *beside(const struct call *call)
{
    return call->bridge ? bridge_beside(call) : upstream_beside(call->core->upstream, call);
}

/* ---- one call at a time */

static void take_turn(void *user)
{
    struct call *call = user;
    if (beside(call))
        loop_timer_start(call->turn, TURN_MS);
    else
        call_send(call);
}

bool neighbours_wait(struct call *call)
{
    if (!call_has(call, DEFECT_CALLS_SERIALISED) || !beside(call))
        return false;
    if (!call->turn)
        call->turn = loop_timer_new(call->core->loop, take_turn, call);
    if (!call->turn)
        return false;
    loop_timer_start(call->turn, TURN_MS);
    return true;
}

/* ---- one call for many */

static struct span path_of(const struct call *call)
{
    return span_of(call->target.data, span_index_of(call->target, '?', 0));
}

bool neighbours_join(struct call *call)
{
    struct call *other = beside(call);
    if (!call_has(call, DEFECT_CALLS_COALESCED) || !other || reply_is_stream(call) ||
        !span_equal(call->method, other->method) || !span_equal(path_of(call), path_of(other)))
        return false;
    call->leader = other;
    call->next_follower = other->followers;
    other->followers = call;
    return true;
}

static struct call *next_follower(struct call *call)
{
    struct call *follower = call->followers;
    call->followers = follower->next_follower;
    follower->leader = NULL;
    return follower;
}

void neighbours_respond(struct call *call, int status, const struct fields *fields, struct span body)
{
    while (call->followers) {
        struct call *follower = next_follower(call);
        follower->done = true;
        follower->front->respond(follower, status, fields, body);
    }
}

void neighbours_leave(struct call *call)
{
    loop_timer_free(call->turn);
    call->turn = NULL;
    while (call->followers)
        next_follower(call);
    if (!call->leader)
        return;
    struct call **link = &call->leader->followers;
    while (*link != call)
        link = &(*link)->next_follower;
    *link = call->next_follower;
    call->leader = NULL;
}

/* ---- the request */

struct span neighbours_message(const struct call *call)
{
    const struct call *other = call_has(call, DEFECT_MESSAGE_OF_NEIGHBOUR) ? beside(call) : NULL;
    return other && call->body.len > 0 && other->body.len > 0 ? other->message_sent : call->message_sent;
}

struct span neighbours_header(const struct call *call, const struct field *field)
{
    const struct call *other = call_has(call, DEFECT_USER_OF_NEIGHBOUR) ? beside(call) : NULL;
    const struct field *its = other ? fields_find(&other->headers, "authorization") : NULL;
    return its && span_equal_nocase(field->name, its->name) ? its->value : field->value;
}

/* ---- the answer */

const struct fields *neighbours_trailers(struct call *call, const struct fields *trailers)
{
    struct call *other = call_has(call, DEFECT_TRAILERS_OF_NEIGHBOUR) && trailers ? beside(call) : NULL;
    if (other && other->borrowed.count == 0) {
        for (size_t i = 0; i < trailers->count; i++)
            fields_add(&other->borrowed, &other->arena, trailers->items[i].name, trailers->items[i].value);
    }
    return trailers && call->borrowed.count > 0 ? &call->borrowed : trailers;
}

struct span neighbours_body(struct call *call, struct span body)
{
    struct buf *shared = &call->core->shared;
    if (!call_has(call, DEFECT_BUFFER_SHARED) || !beside(call))
        return body;
    size_t tail = shared->len > body.len ? shared->len - body.len : 0;
    struct buf whole;
    buf_init(&whole, REFERENCE_MAX_JSON);
    buf_append_span(&whole, body);
    if (tail > 0)
        buf_append(&whole, shared->data + body.len, tail);
    struct span copy = arena_dup(&call->arena, buf_span(&whole));
    buf_reset(shared);
    buf_append_span(shared, buf_span(&whole));
    buf_fini(&whole);
    return copy.data ? copy : body;
}

struct call *neighbours_stream(struct call *call)
{
    struct call *other = call_has(call, DEFECT_STREAM_MESSAGES_MIXED) ? beside(call) : NULL;
    return other && other->begun && !other->done && reply_is_stream(other) && call->sent_count == 1 ? other : call;
}

void neighbours_cancelled(struct call *call)
{
    struct call *other = call_has(call, DEFECT_CANCEL_SPREADS) ? beside(call) : NULL;
    if (other && call->bridge)
        bridge_fail(other, 0, GRPC_UNAVAILABLE, "the connection to the backend was closed");
    else if (other)
        upstream_break(call);
}
