/* The whole transcoding of one request and of its responses, pure: what the reference transcoder does and what the
 * runner uses to know which method and message a request means. Source: google/api/http.proto. */
#ifndef TRANSCHECK_ENGINE_TRANSCODE_H
#define TRANSCHECK_ENGINE_TRANSCODE_H

#include "harness/base/buf.h"
#include "harness/engine/json_map.h"
#include "harness/engine/router.h"

struct transcode_options {
    struct json_map_options json;
    bool query_plus_is_space;
    bool ignore_unknown_query;
};

enum transcode_result {
    TRANSCODE_OK,
    TRANSCODE_NOT_FOUND,    /* 404 */
    TRANSCODE_WRONG_METHOD, /* 405; allow in match.allow */
    TRANSCODE_BAD_REQUEST,  /* 400; err says what */
    TRANSCODE_INTERNAL      /* out of memory or a limit of ours */
};

struct transcode_request {
    struct router_match match;
};

/* HTTP request to request message. `target` is path and query. `body` is the whole body (after decoding chunks).
 * Appends the wire bytes of the request message (no prefix) to `message`: body first, then query, then path variables,
 * so that on the wire the path wins (http.proto: a field is bound in exactly one place).
 * HttpBody as body or body field takes the raw bytes and `content_type`. */
enum transcode_result transcode_request(struct transcode_request *out, struct buf *message, const struct router *router,
                                        struct span method, struct span target, struct span content_type,
                                        struct span body, const struct transcode_options *options, struct arena *arena,
                                        struct err *err);

/* One response message (no prefix) to JSON by the binding's response_body. For an HttpBody: *content_type (view into
 * arena) is set and the raw data appended; else *content_type is empty. */
enum err_code transcode_response(struct buf *out, struct span *content_type, const struct router_binding *binding,
                                 struct span message, const struct transcode_options *options, struct arena *arena,
                                 struct err *err);

/* {"code":5,"message":"...","details":[...]} of google.rpc.Status. `details_bin` is the decoded grpc-status-details-bin
 * (may be empty; when it does not parse it is ignored and code and message stand). Types of details are looked up in the
 * schema; an unknown one is printed with its @type and base64 value. */
bool transcode_error(struct buf *out, uint32_t code, struct span message, struct span details_bin,
                     const struct schema *schema, struct arena *arena);

#endif
