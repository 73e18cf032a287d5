/* Records what a call received, within its limits. */
#include "mock-backend/call.h"

static struct transcript_event event_of(const struct backend_call *call, enum transcript_actor from,
                                        enum transcript_kind kind)
{
    return (struct transcript_event){.at_us = loop_now_us(call->conn->backend->loop),
                                     .from = from,
                                     .kind = kind,
                                     .conn = call->conn->number,
                                     .stream = call->stream};
}

static void copy_fields(struct call_seen *seen, struct fields *to, const struct fields *from)
{
    for (size_t i = 0; i < from->count; i++) {
        if (!fields_add(to, seen->transcript.arena, from->items[i].name, from->items[i].value)) {
            seen->over_budget = true;
            return;
        }
    }
}

void record_start(struct backend_call *call, const struct fields *headers)
{
    struct call_seen *seen = call->plan.seen;
    if (!seen)
        return;
    seen->conn = call->conn->number;
    seen->stream = call->stream;
    seen->start_us = call->start_us;
    seen->protocol = call->protocol;
    copy_fields(seen, &seen->headers, headers);
    struct transcript_event event = event_of(call, TRANSCRIPT_PROXY, TRANSCRIPT_HEADERS);
    event.at_us = call->start_us;
    event.fields = *headers;
    event.end_stream = call->complete && call->body.len == 0;
    transcript_add(&seen->transcript, &event);
    call->frame_start = seen->body.len;
}

void record_body(struct backend_call *call, struct span bytes)
{
    struct call_seen *seen = call->plan.seen;
    if (!seen)
        return;
    seen->body_len += bytes.len;
    size_t room = seen->body.max - seen->body.len;
    if (bytes.len > room)
        bytes.len = room;
    if (!buf_append_span(&seen->body, bytes))
        seen->over_budget = true;
}

void record_frame(struct backend_call *call, size_t len, bool end_stream)
{
    struct call_seen *seen = call->plan.seen;
    if (!seen)
        return;
    struct transcript_event event = event_of(call, TRANSCRIPT_PROXY, TRANSCRIPT_DATA);
    event.len = len;
    event.end_stream = end_stream;
    event.bytes = span_from(buf_span(&seen->body), call->frame_start);
    call->frame_start = seen->body.len;
    transcript_add(&seen->transcript, &event);
    seen->half_closed = seen->half_closed || end_stream;
}

void record_trailers(struct backend_call *call, const struct fields *fields, bool end_stream)
{
    struct call_seen *seen = call->plan.seen;
    if (!seen)
        return;
    copy_fields(seen, &seen->trailers, fields);
    struct transcript_event event = event_of(call, TRANSCRIPT_PROXY, TRANSCRIPT_TRAILERS);
    event.fields = *fields;
    event.end_stream = end_stream;
    transcript_add(&seen->transcript, &event);
    seen->half_closed = seen->half_closed || end_stream;
}

void record_event(struct backend_call *call, enum transcript_actor from, enum transcript_kind kind, uint32_t code)
{
    struct call_seen *seen = call->plan.seen;
    if (!seen)
        return;
    struct transcript_event event = event_of(call, from, kind);
    event.code = code;
    transcript_add(&seen->transcript, &event);
}

void record_sent_fields(struct backend_call *call, enum transcript_kind kind, const struct fields *fields,
                        bool end_stream)
{
    struct call_seen *seen = call->plan.seen;
    if (!seen)
        return;
    struct transcript_event event = event_of(call, TRANSCRIPT_BACKEND, kind);
    event.fields = *fields;
    event.end_stream = end_stream;
    transcript_add(&seen->transcript, &event);
    seen->response_ended = seen->response_ended || end_stream;
}

void record_sent_bytes(struct backend_call *call, enum transcript_kind kind, struct span bytes, bool end_stream)
{
    struct call_seen *seen = call->plan.seen;
    if (!seen)
        return;
    struct transcript_event event = event_of(call, TRANSCRIPT_BACKEND, kind);
    event.bytes = bytes;
    event.len = bytes.len;
    event.end_stream = end_stream;
    transcript_add(&seen->transcript, &event);
    seen->response_ended = seen->response_ended || end_stream;
}

void record_note(struct backend_call *call, const char *note)
{
    struct call_seen *seen = call->plan.seen;
    if (!seen)
        return;
    struct transcript_event event = event_of(call, TRANSCRIPT_PROXY, TRANSCRIPT_NOTE);
    event.note = note;
    transcript_add(&seen->transcript, &event);
}

void record_malformed(struct backend_call *call, const char *why)
{
    if (call->plan.seen)
        call->plan.seen->malformed = why;
    record_note(call, why);
}

void record_end(struct backend_call *call)
{
    struct call_seen *seen = call->plan.seen;
    if (seen)
        seen->end_us = loop_now_us(call->conn->backend->loop);
}
