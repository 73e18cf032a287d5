/* Notes on the backend's listener. */
#include "harness/run/listener_note.h"

static void note(struct response_seen *seen, const char *text, uint64_t now_us)
{
    struct transcript_event event = {
        .at_us = now_us, .from = TRANSCRIPT_BACKEND, .kind = TRANSCRIPT_NOTE, .note = text ? text : "out of memory"};
    transcript_add(&seen->transcript, &event);
}

void listener_note_begin(struct response_seen *seen, const struct script_listener *listener, uint64_t now_us)
{
    const char *text = arena_printf(seen->transcript.arena, "connections to the backend meet the listener \"%s\": %s",
                                    script_listener_name(listener->state), script_listener_meaning(listener->state));
    note(seen, text, now_us);
}

void listener_note_end(struct response_seen *seen, const struct script_listener *listener, unsigned count,
                       uint64_t now_us)
{
    if (!script_listener_takes_no_calls(listener) || listener->state == LISTENER_CLOSED)
        return;
    const char *text = "no connection came to the backend meanwhile: the proxy did not try";
    if (count > 0)
        text = arena_printf(seen->transcript.arena, "%u connection%s came to the backend meanwhile", count,
                            count == 1 ? "" : "s");
    note(seen, text, now_us);
}
