/* Defects on the way from the HTTP request to the request message. */
#include "harness/reference/defect_request.h"

#include "harness/reference/defect_json.h"
#include "harness/reference/defect_lenient.h"
#include "harness/reference/defect_path.h"
#include "harness/reference/defect_query.h"

#include "harness/engine/json/reader.h"
#include "harness/engine/http_rule/query.h"

static struct span join(struct call *call, struct span path, struct span query)
{
    const char *text = arena_printf(&call->arena, "%.*s%s%.*s", SPAN_FMT(path), query.data ? "?" : "", SPAN_FMT(query));
    return span_cstr(text);
}

/* ---- routing */

static enum transcode_result route(struct call *call, struct span method, struct span target, struct err *err)
{
    return transcode_route(&call->request, call->core->router, defect_lenient(call->core->defect), method, target,
                           &call->arena, err);
}

/* Routes again with the path cut at its last `mark`, as long as nothing is bound to it. */
static enum transcode_result route_cut(struct call *call, uint8_t mark, enum transcode_result result, struct err *err)
{
    struct span path = span_of(call->target.data, span_index_of(call->target, '?', 0));
    struct span query = span_from(call->target, path.len);
    while (result == TRANSCODE_NOT_FOUND) {
        size_t at = path.len;
        while (at > 0 && path.data[at - 1] != mark && (mark == '/' || path.data[at - 1] != '/'))
            at--;
        if (at < 2 || path.data[at - 1] != mark)
            break;
        path.len = at - 1;
        struct span target = join(call, path, query.len > 0 ? span_from(query, 1) : span_of(NULL, 0));
        result = route(call, call->method, target, err);
        if (result == TRANSCODE_WRONG_METHOD)
            result = TRANSCODE_NOT_FOUND;
    }
    return result;
}

/* A verb that nothing binds, as part of a variable. */
static enum transcode_result route_without_verb(struct call *call, enum transcode_result result, struct err *err)
{
    if (result == TRANSCODE_OK && call->request.match.binding->path_template.verb.len > 0)
        return result;
    struct span path = span_of(call->target.data, span_index_of(call->target, '?', 0));
    for (size_t i = path.len; i > 0 && path.data[i - 1] != '/'; i--) {
        if (path.data[i - 1] != ':')
            continue;
        struct span query = span_from(call->target, path.len);
        struct span target = join(call, span_of(path.data, i - 1), query.len > 0 ? span_from(query, 1) : query);
        struct transcode_request before = call->request;
        enum transcode_result cut = route(call, call->method, target, err);
        if (cut == TRANSCODE_OK)
            return cut;
        call->request = before;
    }
    return result;
}

/* Whether another template has a literal where this one has a variable, after the same segments. */
static bool literal_elsewhere(const struct call *call)
{
    const struct path_template *own = &call->request.match.binding->path_template;
    for (size_t i = 0; i < router_binding_count(call->core->router); i++) {
        const struct router_binding *other = router_binding_at(call->core->router, i);
        struct span path = call->request.path;
        size_t count = other->path_template.segment_count;
        for (size_t k = 0; k < own->segment_count && k < count && path.len > 0; k++) {
            const struct path_segment *mine = &own->segments[k];
            const struct path_segment *its = &other->path_template.segments[k];
            struct span segment = span_of(path.data + 1, span_index_of(path, '/', 1) - 1);
            if (its->kind != PATH_LITERAL || !span_equal(its->literal, segment))
                break;
            if (mine->kind != PATH_LITERAL)
                return true;
            path = span_from(path, segment.len + 1);
        }
    }
    return false;
}

/* Whether a literal of the template stands in the path with this character. */
static bool literal_with(const struct call *call, uint8_t byte)
{
    const struct path_template *own = &call->request.match.binding->path_template;
    struct span path = call->request.path;
    for (size_t k = 0; k < own->segment_count && path.len > 0; k++) {
        struct span segment = span_of(path.data + 1, span_index_of(path, '/', 1) - 1);
        if (own->segments[k].kind == PATH_LITERAL && span_index_of(segment, byte, 0) < segment.len)
            return true;
        path = span_from(path, segment.len + 1);
    }
    return false;
}

/* Whether a double star stands for no segment. */
static bool double_star_of_nothing(const struct call *call)
{
    const struct path_template *own = &call->request.match.binding->path_template;
    size_t segments = 0;
    for (size_t i = 0; i + 1 < call->request.path.len; i++)
        segments += call->request.path.data[i] == '/';
    return own->double_star < own->segment_count && segments < own->segment_count;
}

static bool is_common_method(struct span method)
{
    static const char *const common[] = {"GET", "PUT", "POST", "DELETE", "PATCH", "*"};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        if (span_is(method, common[i]))
            return true;
    }
    return false;
}

static bool not_served(const struct call *call)
{
    const struct router_binding *binding = call->request.match.binding;
    return (call_has(call, DEFECT_LITERALS_COMPARED_ENCODED) && literal_with(call, '%')) ||
           (call_has(call, DEFECT_RESERVED_LITERALS_ENCODED) && literal_with(call, '@')) ||
           (call_has(call, DEFECT_DOUBLE_STAR_NEEDS_A_SEGMENT) && double_star_of_nothing(call)) ||
           (call_has(call, DEFECT_PATCH_UNKNOWN) && span_is(binding->rule.method, "PATCH")) ||
           (call_has(call, DEFECT_CUSTOM_METHODS_UNKNOWN) && !is_common_method(binding->rule.method)) ||
           (call_has(call, DEFECT_ANY_METHOD_UNKNOWN) && span_is(binding->rule.method, "*")) ||
           (call_has(call, DEFECT_VERBS_UNKNOWN) && binding->path_template.verb.len > 0) ||
           (call_has(call, DEFECT_ADDITIONAL_BINDINGS_UNKNOWN) && binding->index > 0) ||
           (call_has(call, DEFECT_LITERAL_KEPT) && literal_elsewhere(call));
}

enum transcode_result defect_route(struct call *call, struct err *err)
{
    if (call->core->defect != DEFECT_NONE)
        defect_target(call);
    struct span override = fields_value(&call->headers, "x-http-method-override");
    if (override.len > 0 && call_has(call, DEFECT_METHOD_OVERRIDDEN))
        call->method = override;
    enum transcode_result result = route(call, call->method, call->target, err);
    if (call->core->defect == DEFECT_NONE)
        return result;
    if (call_has(call, DEFECT_EXTRA_SEGMENT_ACCEPTED))
        result = route_cut(call, '/', result, err);
    if (call_has(call, DEFECT_UNKNOWN_VERB_ACCEPTED)) {
        result = route_cut(call, ':', result, err);
        result = route_without_verb(call, result, err);
    }
    if (result == TRANSCODE_WRONG_METHOD && call_has(call, DEFECT_WRONG_METHOD_ACCEPTED)) {
        struct span allow = span_cstr(call->request.match.allow);
        struct span method = arena_dup(&call->arena, span_of(allow.data, span_index_of(allow, ',', 0)));
        result = route(call, method, call->target, err);
    }
    if ((result == TRANSCODE_NOT_FOUND && call_has(call, DEFECT_UNKNOWN_PATH_FORWARDED)) ||
        (result == TRANSCODE_WRONG_METHOD && call_has(call, DEFECT_WRONG_METHOD_FORWARDED)))
        call->raw = CALL_RAW_WHOLE;
    if (result == TRANSCODE_OK && not_served(call)) {
        err_set(err, ERR_NOT_FOUND, "no such path");
        return TRANSCODE_NOT_FOUND;
    }
    if (result == TRANSCODE_OK) {
        if (!defect_captures(call, err))
            return TRANSCODE_BAD_REQUEST;
        call->request.query = defect_query(call, call->request.query);
    }
    return result;
}

struct span defect_next_method(const struct schema *schema, const struct schema_method *method)
{
    for (size_t i = 0; i < schema_service_count(schema); i++) {
        const struct schema_service *service = schema_service_at(schema, i);
        for (size_t j = 0; j < service->method_count; j++) {
            if (&service->methods[j] == method)
                return service->methods[(j + 1) % service->method_count].path;
        }
    }
    return method->path;
}

void defect_request_cut(struct call *call)
{
    if (call_has(call, DEFECT_TRUNCATED_JSON_ACCEPTED) && !call->done && call->body.len > 0)
        call_run(call);
}

/* ---- building the message */

/* The first JSON value of the body, without what follows; the body itself when it does not begin with one. */
static struct span first_value(struct span body)
{
    for (size_t len = body.len; len > 0; len--) {
        uint8_t last = body.data[len - 1];
        if (strchr("}]\"elu0123456789", last) && json_validate(span_of(body.data, len), NULL) == ERR_OK)
            return span_of(body.data, len);
    }
    return body;
}

/* Closes what is open in a body that was cut off: drops bytes from its end until that gives valid JSON. */
static struct span close_value(struct call *call, struct span body)
{
    if (body.len > 65536)
        return body; /* the search is quadratic */
    uint8_t *out = arena_alloc(&call->arena, body.len + JSON_READER_MAX_DEPTH + 2);
    for (size_t len = body.len; out && len > 0; len--) {
        uint8_t closers[JSON_READER_MAX_DEPTH];
        size_t depth = 0;
        bool string = false;
        for (size_t i = 0; i < len && depth < JSON_READER_MAX_DEPTH; i++) {
            uint8_t c = body.data[i];
            if (string && c == '\\')
                i++;
            else if (c == '"')
                string = !string;
            else if (!string && (c == '{' || c == '['))
                closers[depth++] = c == '{' ? '}' : ']';
            else if (!string && depth > 0 && (c == '}' || c == ']'))
                depth--;
        }
        memcpy(out, body.data, len);
        size_t end = len;
        if (string)
            out[end++] = '"';
        while (depth > 0)
            out[end++] = closers[--depth];
        if (json_validate(span_of(out, end), NULL) == ERR_OK)
            return span_of(out, end);
    }
    return body;
}

static size_t ascii_only(uint8_t *out, struct span text, size_t *at)
{
    uint8_t c = text.data[(*at)++];
    *out = c < 0x80 ? c : '?';
    return 1;
}

/* Whether a name in the body may be that of a field that the path binds, or binds a part of: its own name, or the one
 * of JSON where that is another. */
static bool body_names_bound(const struct call *call, struct span body, bool by_json_name)
{
    const struct router_match *match = &call->request.match;
    for (size_t i = 0; i < match->capture_count; i++) {
        const struct schema_field *field = match->binding->variable_fields[i].fields[0];
        struct span name = by_json_name ? field->json_name : field->name;
        bool one_name = span_equal(field->json_name, field->name);
        if (body.len > 0 && memmem(body.data, body.len, name.data, name.len) && !(by_json_name && one_name))
            return true;
    }
    return false;
}

static bool body_has_bound_part(const struct call *call)
{
    const struct router_match *match = &call->request.match;
    for (size_t i = 0; i < match->capture_count; i++) {
        if (match->binding->variable_fields[i].fields[0] == match->binding->body_field)
            return true;
    }
    return false;
}

static bool body_lost(const struct call *call, struct span body)
{
    const struct schema_field *field = call->request.match.binding->body_field;
    bool chunked = !fields_find(&call->headers, "content-length");
    return call_has(call, DEFECT_BODY_IGNORED) || (call_has(call, DEFECT_LARGE_BODY_EMPTY) && body.len > UINT16_MAX) ||
           (call_has(call, DEFECT_FIELD_BODY_IGNORED) && field) ||
           (call_has(call, DEFECT_STAR_BODY_IGNORED) && call->request.match.binding->body_all) ||
           (call_has(call, DEFECT_CHUNKED_BODY_IGNORED) && chunked) ||
           (call_has(call, DEFECT_BODY_FIELD_MESSAGES_ONLY) && field &&
            (!field->message || field->repeated || field->message->well_known != SCHEMA_WKT_NONE)) ||
           (call_has(call, DEFECT_TWO_CONTENT_TYPES_EMPTY) && fields_count(&call->headers, "content-type") > 1) ||
           (call_has(call, DEFECT_FORM_BODY_EMPTY) &&
            !span_starts_with(fields_value(&call->headers, "content-type"), "application/json")) ||
           (call_has(call, DEFECT_BODY_EMPTY_OBJECT_DROPPED) && span_is(body, "{}")) ||
           (call_has(call, DEFECT_BODY_OF_NESTED_VARIABLE_LOST) && body_has_bound_part(call));
}

static struct span changed_body(struct call *call)
{
    struct span body = buf_span(&call->body);
    if (body_lost(call, body))
        return span_of(NULL, 0);
    if (body.len == 0 || json_validate(body, NULL) == ERR_OK)
        return body;
    if (call_has(call, DEFECT_MALFORMED_JSON_ACCEPTED))
        return span_of(NULL, 0);
    if (call_has(call, DEFECT_NON_ASCII_BODY_REPLACED))
        return defect_rewrite(call, body, ascii_only);
    if (call_has(call, DEFECT_JSON_TRAILING_GARBAGE_ACCEPTED))
        return first_value(body);
    if (call_has(call, DEFECT_TRUNCATED_JSON_ACCEPTED))
        return close_value(call, body);
    return body;
}

/* Each part on its own: what is refused leaves no bytes behind. */
static enum transcode_result build_leniently(struct call *call, struct buf *message,
                                             const struct transcode_options *options, struct span body, struct err *err)
{
    struct transcode_request request = call->request;
    struct span type = fields_value(&call->headers, "content-type");
    size_t before = message->len;
    enum transcode_result result = transcode_body(&request, message, type, body, options, &call->arena, err);
    if (result != TRANSCODE_OK && json_validate(body, NULL) != ERR_OK)
        return result;
    if (result != TRANSCODE_OK)
        message->len = before;
    for (size_t at = 0; at < call->request.query.len;) {
        size_t end = span_index_of(call->request.query, '&', at);
        request.query = span_of(call->request.query.data + at, end - at);
        before = message->len;
        if (transcode_query(&request, message, options, &call->arena, err) != TRANSCODE_OK)
            message->len = before;
        at = end + 1;
    }
    before = message->len;
    if (transcode_path(&request, message, &call->arena, err) != TRANSCODE_OK)
        message->len = before;
    return TRANSCODE_OK;
}

/* Whether the path is bound before body and query, so that these win. */
static bool path_goes_first(const struct call *call, struct span body)
{
    return call_has(call, DEFECT_BODY_WINS_OVER_PATH) || call_has(call, DEFECT_QUERY_SETS_ONEOF_OF_PATH) ||
           call_has(call, DEFECT_BODY_ALWAYS_READ) ||
           (call_has(call, DEFECT_BODY_WINS_BY_JSON_NAME) && body_names_bound(call, body, true));
}

static bool path_is_lost(const struct call *call, struct span body)
{
    return call_has(call, DEFECT_PATH_VARIABLE_LOST) ||
           (call_has(call, DEFECT_BODY_NULL_UNBINDS_PATH) && body.len > 0 && memmem(body.data, body.len, "null", 4));
}

bool defect_changes_message(enum defect defect)
{
    switch (defect) {
    case DEFECT_PATH_VARIABLE_LOST:
    case DEFECT_BODY_IGNORED:
    case DEFECT_BODY_WINS_OVER_PATH:
    case DEFECT_QUERY_SETS_ONEOF_OF_PATH:
    case DEFECT_LARGE_BODY_EMPTY:
    case DEFECT_MALFORMED_JSON_ACCEPTED:
    case DEFECT_TRUNCATED_JSON_ACCEPTED:
    case DEFECT_JSON_TRAILING_GARBAGE_ACCEPTED:
    case DEFECT_BAD_VALUE_ACCEPTED:
    case DEFECT_EMPTY_BODY_REFUSED:
    case DEFECT_RAW_BODY_FORWARDED:
    case DEFECT_STAR_BODY_IGNORED:
    case DEFECT_FIELD_BODY_IGNORED:
    case DEFECT_CHUNKED_BODY_IGNORED:
    case DEFECT_NON_ASCII_BODY_REPLACED:
    case DEFECT_UPLOAD_TYPE_LOST:
    case DEFECT_BODY_ALWAYS_READ:
    case DEFECT_FORM_BODY_EMPTY:
    case DEFECT_TWO_CONTENT_TYPES_EMPTY:
    case DEFECT_BODY_WINS_BY_JSON_NAME:
    case DEFECT_BODY_OF_PATH_FIELD_REFUSED:
    case DEFECT_BODY_NULL_UNBINDS_PATH:
    case DEFECT_BODY_FIELD_MESSAGES_ONLY:
    case DEFECT_BODY_EMPTY_OBJECT_DROPPED:
    case DEFECT_BODY_OF_NESTED_VARIABLE_LOST:
    case DEFECT_QUERY_MESSAGES_BOUND:
        return true;
    default:
        return defect_json_changes(defect);
    }
}

enum transcode_result defect_build_message(struct call *call, struct buf *message,
                                           const struct transcode_options *options, struct err *err)
{
    struct transcode_request *request = &call->request;
    struct router_binding with_body = *request->match.binding;
    const struct router_binding *binding = request->match.binding;
    struct span type = fields_value(&call->headers, "content-type");
    struct span body = changed_body(call);
    bool bound = binding->body_all || binding->body_field;
    if (call_has(call, DEFECT_EMPTY_BODY_REFUSED) && bound && body.len == 0) {
        err_set(err, ERR_SYNTAX, "the request body is empty");
        return TRANSCODE_BAD_REQUEST;
    }
    if (defect_json_read(call, &body, err) != ERR_OK)
        return TRANSCODE_BAD_REQUEST;
    if (call_has(call, DEFECT_BODY_OF_PATH_FIELD_REFUSED) &&
        (body_names_bound(call, body, false) || body_names_bound(call, body, true))) {
        err_set(err, ERR_RANGE, "the request body names a field of the path");
        return TRANSCODE_BAD_REQUEST;
    }
    if (call_has(call, DEFECT_UPLOAD_TYPE_LOST))
        type = span_of(NULL, 0);
    if (call_has(call, DEFECT_RAW_BODY_FORWARDED) && body.len > 0)
        return buf_append_span(message, body) ? TRANSCODE_OK : TRANSCODE_INTERNAL;
    if (call_has(call, DEFECT_BAD_VALUE_ACCEPTED))
        return build_leniently(call, message, options, body, err);
    enum transcode_result result = TRANSCODE_OK;
    bool path_first = path_goes_first(call, body);
    if (call_has(call, DEFECT_BODY_ALWAYS_READ) && !bound) {
        with_body.body_all = true;
        request->match.binding = &with_body;
    }
    if (path_first)
        result = transcode_path(request, message, &call->arena, err);
    if (result == TRANSCODE_OK)
        result = transcode_body(request, message, type, body, options, &call->arena, err);
    if (result == TRANSCODE_OK)
        result = transcode_query(request, message, options, &call->arena, err);
    request->match.binding = binding;
    if (call_has(call, DEFECT_QUERY_MESSAGES_BOUND)) {
        size_t mark = span_index_of(call->target, '?', 0);
        defect_query_messages(call, span_from(call->target, mark < call->target.len ? mark + 1 : mark), message);
    }
    if (result == TRANSCODE_OK && !path_first && !path_is_lost(call, body))
        result = transcode_path(request, message, &call->arena, err);
    return result;
}

/* "*" behind the message, where nothing in the query says otherwise. */
static void invent_mask(struct call *call, struct buf *message)
{
    const struct schema_message *type = call->request.match.binding->method->input;
    const struct schema_field *mask = schema_field_by_name(type, span_cstr("update_mask"));
    if (!mask || !span_is(call->method, "PATCH") || span_index_of(call->target, '?', 0) < call->target.len)
        return;
    const uint8_t field[] = {(uint8_t)(mask->number << 3 | WIRE_LEN), 3, 1 << 3 | WIRE_LEN, 1, '*'};
    buf_append(message, field, sizeof field);
    frame_prefix_write(message->data, 0, (uint32_t)(message->len - FRAME_PREFIX_LEN));
}

void defect_change_framed(struct call *call, struct buf *message)
{
    size_t len = message->len;
    if (call_has(call, DEFECT_REQUEST_LENGTH_WRONG))
        message->data[FRAME_PREFIX_LEN - 1]++;
    if (call_has(call, DEFECT_REQUEST_LENGTH_OF_A_BYTE))
        message->data[1] = message->data[2] = message->data[3] = 0;
    if (call_has(call, DEFECT_REQUEST_LENGTH_CUT))
        message->data[1] = message->data[2] = 0;
    if (call_has(call, DEFECT_COMPRESSED_FLAG_SET))
        message->data[0] = FRAME_FLAG_COMPRESSED;
    if (call_has(call, DEFECT_REQUEST_MESSAGE_MISSING) && len == FRAME_PREFIX_LEN)
        buf_reset(message);
    if (call_has(call, DEFECT_UPDATE_MASK_INVENTED))
        invent_mask(call, message);
    if (call_has(call, DEFECT_REQUEST_MESSAGE_TWICE) && buf_reserve(message, len))
        buf_append(message, message->data, len);
}
