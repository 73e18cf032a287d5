/* Finds the marker in a call. */
#include "harness/run/marker.h"

#include <string.h>

/* The value of the marker in the event of a function, where a gateway puts the headers of the client; data NULL: it has
 * none. The event is JSON; of it nothing else is read here. */
static struct span in_event(struct span event)
{
    static const char name[] = "\"" MARKER_NAME "\"";
    const uint8_t *found = event.len > 0 ? memmem(event.data, event.len, name, sizeof name - 1) : NULL;
    struct span rest = span_of(NULL, 0);
    if (found)
        rest = span_trim(span_from(event, (size_t)(found - event.data) + sizeof name - 1), " :[\n\r\t");
    if (rest.len == 0 || rest.data[0] != '"')
        return span_of(NULL, 0);
    rest = span_from(rest, 1);
    rest.len = span_index_of(rest, '"', 0);
    return rest;
}

bool marker_is_in_event(const struct fields *headers)
{
    return span_starts_with(fields_value(headers, ":path"), "/2015-03-31/functions/");
}

struct span marker_of(const struct fields *headers, struct span body)
{
    struct span token = fields_value(headers, MARKER_NAME);
    if (!token.data)
        token = fields_value(headers, MARKER_GRPC_NAME);
    return token.data || !marker_is_in_event(headers) ? token : in_event(body);
}
