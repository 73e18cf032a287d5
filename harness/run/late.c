/* Backend calls that came after their case had ended. */
#include "harness/run/late.h"

#include <stdlib.h>

void late_note(struct late *late, const struct ended *ended, uint64_t now_us)
{
    if (late->count++ == 0)
        late->first_us = now_us - ended->end_us;
    late->allowed = ended->allowed;
    if (ended->calls > late->most)
        late->most = ended->calls;
}

void late_keep(struct late *late, char *text, size_t *bytes_left)
{
    size_t len = text ? strlen(text) : 0;
    if (len == 0 || len > *bytes_left || late->call_count == LATE_MAX_CALLS) {
        free(text);
        return;
    }
    *bytes_left -= len;
    late->calls[late->call_count++] = text;
}

struct reason late_reason(const struct late *late, struct arena *arena)
{
    unsigned long long first_ms = late->first_us / 1000;
    struct reason reason = {
        .axis = AXIS_REQUEST, .kind = late->allowed ? KIND_TOO_MANY_CALLS : KIND_REACHED, .path = "calls"};
    reason.expected =
        late->allowed ? arena_printf(arena, "%u call(s) of the backend", late->allowed) : "the backend is not called";
    reason.observed =
        arena_printf(arena, "%u call(s); %u came when the exchange had ended, the first %llu ms after its end",
                     late->most, late->count, first_ms);
    return reason;
}

void late_fini(struct late *late)
{
    for (size_t i = 0; i < late->call_count; i++)
        free(late->calls[i]);
    late->call_count = 0;
}
