/* Finds the marker in a call. */
#include "harness/run/marker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void marker_token(char out[MARKER_TOKEN_SIZE], uint64_t serial, const char *client, const char *nonce)
{
    snprintf(out, MARKER_TOKEN_SIZE, "%llu-%s-%s", (unsigned long long)serial, client, nonce);
}

uint64_t marker_serial(struct span token, const char *nonce, bool *foreign)
{
    char text[MARKER_TOKEN_SIZE] = "";
    char *end;
    memcpy(text, token.data, token.len < sizeof text ? token.len : 0);
    uint64_t serial = strtoull(text, &end, 10);
    bool ours = end > text && (strncmp(end, "-h1-", 4) == 0 || strncmp(end, "-h2-", 4) == 0) && strlen(end) == 10;
    bool this_run = ours && strcmp(end + 4, nonce) == 0;
    *foreign = ours && !this_run;
    return this_run ? serial : 0;
}

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
