/* The whole transcoding of one request and of its responses, pure: what the reference transcoder does and what the
 * runner uses to know which method and message a request means. Source: google/api/http.proto.
 *
 * Where http.proto leaves the reaction open, the strict answer is taken; all of these are TRANSCODE_BAD_REQUEST, unless
 * a leniency of the options (leniency.h) takes them:
 * - a query parameter that names no field, a field bound by the path, or a field covered by the body (under body "*"
 * that is every one);
 * - a query parameter that names a repeated message, a map, or a message that ProtoJSON does not write as one value;
 * - a singular field given twice, or two members of one oneof, among path and query, or query and body field;
 * - a body where the binding has none; a body that is not one JSON value of the right type;
 * - a malformed percent triplet in a path variable (in the query it stays as it is);
 * - a required field (proto2) that neither path nor query nor body gives.
 * An empty body where one is bound is a message, or a body field, that is not set. A field that the path binds and the
 * body sets as well has the path's value (of a field mask both add up). A query parameter without '=' is one with an
 * empty value. */
#ifndef TRANSCHECK_ENGINE_TRANSCODE_TRANSCODE_H
#define TRANSCHECK_ENGINE_TRANSCODE_TRANSCODE_H

#include "harness/base/buf.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/engine/http_rule/router.h"

struct transcode_options {
    struct protojson_options json; /* its `lenient` counts for all of the request */
    bool query_plus_is_space;      /* LENIENCY_PLUS_IS_SPACE by its name */
    bool ignore_unknown_query;     /* LENIENCY_UNKNOWN_QUERY by its name */
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
    struct span path;            /* of the target: up to '?' */
    struct span query;           /* behind it, without '?'; may be empty */
    struct leniency_set lenient; /* with which it was routed; its path variables are read with it, too */
};

/* HTTP request to request message. `target` is path and query. `body` is the whole body (after decoding chunks).
 * Appends the wire bytes of the request message (no prefix) to `message`: body first, then query, then path variables,
 * so that on the wire the path wins (http.proto: a field is bound in exactly one place).
 * HttpBody as body or body field takes the raw bytes and `content_type`. */
enum transcode_result transcode_request(struct transcode_request *out, struct buf *message, const struct router *router,
                                        struct span method, struct span target, struct span content_type,
                                        struct span body, const struct transcode_options *options, struct arena *arena,
                                        struct err *err);

/* One message of a client stream, after transcode_route. The first one has what path and query bind, and an HttpBody's
 * content type; `body` is its part of the request body: a JSON value, or any piece of an HttpBody's bytes (an empty
 * upload is a first message with an empty piece). Of the others that part is all. Source: google/api/httpbody.proto;
 * that the bindings go into the first message alone is what peers do. */
enum transcode_result transcode_stream_message(const struct transcode_request *request, struct buf *message, bool first,
                                               struct span content_type, struct span body,
                                               const struct transcode_options *options, struct arena *arena,
                                               struct err *err);
/* Whether the body of such requests is taken as bytes: HttpBody as the message or as the body field. */
bool transcode_body_is_raw(const struct router_binding *binding);

/* The steps of transcode_request, each of which appends what it binds. Route fills *out, with the leniencies of paths
 * that are in `lenient`; the others take it. */
enum transcode_result transcode_route(struct transcode_request *out, const struct router *router,
                                      struct leniency_set lenient, struct span method, struct span target,
                                      struct arena *arena, struct err *err);
enum transcode_result transcode_body(const struct transcode_request *request, struct buf *message,
                                     struct span content_type, struct span body,
                                     const struct transcode_options *options, struct arena *arena, struct err *err);
enum transcode_result transcode_query(const struct transcode_request *request, struct buf *message,
                                      const struct transcode_options *options, struct arena *arena, struct err *err);
enum transcode_result transcode_path(const struct transcode_request *request, struct buf *message, struct arena *arena,
                                     struct err *err);

/* One response message (no prefix) to JSON by the binding's response_body. For an HttpBody: *content_type (view into
 * arena) is set and the raw data appended; else *content_type is empty. A content type that is not UTF-8 or holds
 * control bytes is ERR_RANGE: it must not get into a header. Of a stream of HttpBody the first message's counts. */
enum err_code transcode_response(struct buf *out, struct span *content_type, const struct router_binding *binding,
                                 struct span message, const struct transcode_options *options, struct arena *arena,
                                 struct err *err);

/* {"code":5,"message":"...","details":[...]} of google.rpc.Status. `details_bin` is the decoded grpc-status-details-bin
 * (may be empty; when it does not parse it is ignored and code and message stand). Types of details are looked up in
 * the schema; an unknown one is printed with its @type and base64 value. */
bool transcode_error(struct buf *out, uint32_t code, struct span message, struct span details_bin,
                     const struct schema *schema, struct arena *arena);

#endif
