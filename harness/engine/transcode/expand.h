/* The way back of transcode.h: the HTTP request that stands for a request message, by the binding of its method. Pure.
 * Source: google/api/http.proto, "Rules for HTTP mapping" and "Path template syntax" (which bytes are encoded).
 *
 * Fields of the path are in the path alone, also under body "*"; what neither path nor body holds is in the query, by
 * the names of ProtoJSON, a repeated field once for each element. A body is the JSON of what it holds; of an HttpBody
 * the bytes. A message that is not set and should be the body is {}.
 *
 * Refused, with ERR_RANGE, because no request says the same: a variable of the path that is empty, does not have the
 * form of its segments, or has a dot segment ("." or ".."), which others would resolve; a body field beside which
 * another member of its oneof is set; a field of the query that is a map, a list of messages, or a message that
 * ProtoJSON does not write as one value or an object of fields. A sub-message in the query that is set and holds
 * nothing is lost. */
#ifndef TRANSCHECK_ENGINE_TRANSCODE_EXPAND_H
#define TRANSCHECK_ENGINE_TRANSCODE_EXPAND_H

#include "harness/engine/transcode/transcode.h"

struct transcode_expansion {
    struct span method;       /* of the rule; POST where that is any */
    struct span target;       /* path and query */
    struct span content_type; /* of the body; empty: there is none */
    struct span body;
};

/* `message` is the wire bytes of the method's input, of at most the arena's size. ERR_SYNTAX: they are malformed;
 * ERR_RANGE: as above, or a message that has no JSON; ERR_LIMIT. Spans live in the arena. */
enum err_code transcode_expand(struct transcode_expansion *out, const struct router_binding *binding,
                               struct span message, struct arena *arena, struct err *err);

#endif
