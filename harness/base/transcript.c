/* Adds events to a time line within its limits, and names what they are. */
#include "harness/base/transcript.h"

#include <assert.h>

void transcript_init(struct transcript *transcript, struct arena *arena, size_t max_bytes, size_t max_events)
{
    *transcript = (struct transcript){.arena = arena, .max_bytes = max_bytes, .max_events = max_events};
}

static size_t fields_bytes(const struct fields *fields)
{
    size_t total = 0;
    for (size_t i = 0; i < fields->count; i++)
        total += fields->items[i].name.len + fields->items[i].value.len;
    return total;
}

static void copy_fields(struct transcript *transcript, struct transcript_event *to, const struct fields *from)
{
    size_t total = fields_bytes(from);
    if (total > transcript->max_bytes - transcript->field_bytes) {
        transcript->cut = true;
        return;
    }
    transcript->field_bytes += total;
    for (size_t i = 0; i < from->count; i++) {
        if (!fields_add(&to->fields, transcript->arena, from->items[i].name, from->items[i].value)) {
            transcript->cut = true;
            return;
        }
    }
}

static void copy_bytes(struct transcript *transcript, struct transcript_event *to, struct span from)
{
    size_t room = transcript->max_bytes - transcript->bytes;
    if (from.len > room) {
        from.len = room;
        transcript->cut = true;
    }
    if (from.len == 0)
        return;
    to->bytes = arena_dup(transcript->arena, from);
    transcript->bytes += to->bytes.len;
    transcript->cut = transcript->cut || !to->bytes.data;
}

void transcript_add(struct transcript *transcript, const struct transcript_event *event)
{
    struct transcript_event *events = NULL;
    if (transcript->count < transcript->max_events)
        events = arena_grow(transcript->arena, transcript->events, transcript->count, transcript->count + 1,
                            &transcript->cap, sizeof *events);
    if (!events) {
        transcript->dropped++;
        transcript->cut = true;
        return;
    }
    transcript->events = events;
    struct transcript_event *to = &events[transcript->count++];
    *to = *event;
    to->fields = (struct fields){0};
    to->bytes = span_of(NULL, 0);
    if (to->len < event->bytes.len)
        to->len = event->bytes.len;
    copy_fields(transcript, to, &event->fields);
    copy_bytes(transcript, to, event->bytes);
    if (event->note)
        to->note = arena_strdup(transcript->arena, event->note);
}

static const char *const kind_names[] = {
    [TRANSCRIPT_CONNECT] = "connect",   [TRANSCRIPT_HEADERS] = "headers", [TRANSCRIPT_DATA] = "data",
    [TRANSCRIPT_TRAILERS] = "trailers", [TRANSCRIPT_RST] = "rst",         [TRANSCRIPT_GOAWAY] = "goaway",
    [TRANSCRIPT_FIN] = "fin",           [TRANSCRIPT_RESET] = "reset",     [TRANSCRIPT_TIMEOUT] = "timeout",
    [TRANSCRIPT_RAW] = "raw",           [TRANSCRIPT_NOTE] = "note",
};
static const char *const actor_names[] = {
    [TRANSCRIPT_CLIENT] = "client", [TRANSCRIPT_BACKEND] = "backend", [TRANSCRIPT_PROXY] = "proxy"};

const char *transcript_kind_name(enum transcript_kind kind)
{
    assert((size_t)kind < sizeof kind_names / sizeof *kind_names);
    return kind_names[kind];
}

const char *transcript_actor_name(enum transcript_actor actor)
{
    assert((size_t)actor < sizeof actor_names / sizeof *actor_names);
    return actor_names[actor];
}

bool transcript_kind_from_name(struct span name, enum transcript_kind *kind)
{
    for (size_t i = 0; i < sizeof kind_names / sizeof *kind_names; i++) {
        if (span_is(name, kind_names[i])) {
            *kind = (enum transcript_kind)i;
            return true;
        }
    }
    return false;
}

bool transcript_actor_from_name(struct span name, enum transcript_actor *actor)
{
    for (size_t i = 0; i < sizeof actor_names / sizeof *actor_names; i++) {
        if (span_is(name, actor_names[i])) {
            *actor = (enum transcript_actor)i;
            return true;
        }
    }
    return false;
}

const char *ending_name(enum ending ending)
{
    static const char *const names[] = {
        [ENDING_OPEN] = "open",           [ENDING_COMPLETE] = "complete",     [ENDING_CUT] = "cut",
        [ENDING_RESET] = "reset",         [ENDING_CONN_RESET] = "conn_reset", [ENDING_TIMEOUT] = "timeout",
        [ENDING_CANCELLED] = "cancelled", [ENDING_REFUSED] = "refused",       [ENDING_MALFORMED] = "malformed",
        [ENDING_TOO_LARGE] = "too_large",
    };
    assert((size_t)ending < sizeof names / sizeof *names);
    return names[ending];
}

void response_seen_init(struct response_seen *seen, struct arena *arena, size_t max_body)
{
    *seen = (struct response_seen){0};
    transcript_init(&seen->transcript, arena, TRANSCRIPT_MAX_BYTES, TRANSCRIPT_MAX_EVENTS);
    buf_init(&seen->body, max_body);
    seen->body.budget = arena->budget;
}

void response_seen_fini(struct response_seen *seen)
{
    buf_fini(&seen->body);
}

void call_seen_init(struct call_seen *seen, struct arena *arena, size_t max_body)
{
    *seen = (struct call_seen){0};
    transcript_init(&seen->transcript, arena, TRANSCRIPT_MAX_BYTES, TRANSCRIPT_MAX_EVENTS);
    buf_init(&seen->body, max_body);
    seen->body.budget = arena->budget;
}

void call_seen_fini(struct call_seen *seen)
{
    buf_fini(&seen->body);
}
