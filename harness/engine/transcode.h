/* The whole transcoding of one request and of its responses, pure: what the reference transcoder does and what the
 * runner uses to know which method and message a request means. Source: google/api/http.proto.
 *
 * Where http.proto leaves the reaction open, the strict answer is taken; all of these are TRANSCODE_BAD_REQUEST:
 * - a query parameter that names no field, a field bound by the path, or a field covered by the body (under body "*"
 * that is every one); passed over instead with ignore_unknown_query;
 * - a query parameter that names a repeated message, a map, or a message that ProtoJSON does not write as one value;
 * - a singular field given twice, or two members of one oneof, among path and query;
 * - a body where the binding has none; a body that is not one JSON value of the right type;
 * - a malformed percent triplet in a path variable (in the query it stays as it is).
 * An empty body where one is bound is a message, or a body field, that is not set. A field that the path binds and the
 * body sets as well has the path's value. A query parameter without '=' is one with an empty value. */
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
    struct span path;  /* of the target: up to '?' */
    struct span query; /* behind it, without '?'; may be empty */
};

/* HTTP request to request message. `target` is path and query. `body` is the whole body (after decoding chunks).
 * Appends the wire bytes of the request message (no prefix) to `message`: body first, then query, then path variables,
 * so that on the wire the path wins (http.proto: a field is bound in exactly one place).
 * HttpBody as body or body field takes the raw bytes and `content_type`. */
enum transcode_result transcode_request(struct transcode_request *out, struct buf *message, const struct router *router,
                                        struct span method, struct span target, struct span content_type,
                                        struct span body, const struct transcode_options *options, struct arena *arena,
                                        struct err *err);

/* The steps of transcode_request, each of which appends what it binds. Route fills *out; the others take it. */
enum transcode_result transcode_route(struct transcode_request *out, const struct router *router, struct span method,
                                      struct span target, struct arena *arena, struct err *err);
enum transcode_result transcode_body(const struct transcode_request *request, struct buf *message,
                                     struct span content_type, struct span body,
                                     const struct transcode_options *options, struct arena *arena, struct err *err);
enum transcode_result transcode_query(const struct transcode_request *request, struct buf *message,
                                      const struct transcode_options *options, struct arena *arena, struct err *err);
enum transcode_result transcode_path(const struct transcode_request *request, struct buf *message, struct arena *arena,
                                     struct err *err);

/* One response message (no prefix) to JSON by the binding's response_body. For an HttpBody: *content_type (view into
 * arena) is set and the raw data appended; else *content_type is empty. */
enum err_code transcode_response(struct buf *out, struct span *content_type, const struct router_binding *binding,
                                 struct span message, const struct transcode_options *options, struct arena *arena,
                                 struct err *err);

/* {"code":5,"message":"...","details":[...]} of google.rpc.Status. `details_bin` is the decoded grpc-status-details-bin
 * (may be empty; when it does not parse it is ignored and code and message stand). Types of details are looked up in
 * the schema; an unknown one is printed with its @type and base64 value. */
bool transcode_error(struct buf *out, uint32_t code, struct span message, struct span details_bin,
                     const struct schema *schema, struct arena *arena);

#endif
