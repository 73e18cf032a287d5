/* Defects on the way from the HTTP request to the request message. */
#include "harness/reference/defect_request.h"

#include "harness/reference/defect_json.h"
#include "harness/reference/defect_lenient.h"
#include "harness/reference/defect_query.h"

#include "harness/engine/json/reader.h"
#include "harness/engine/http_rule/query.h"

/* ---- changing the target before it is routed */

/* A copy of `text` in which `change` decides what is written for each byte; at most three bytes for one. */
typedef size_t rewrite_fn(uint8_t *out, struct span text, size_t *at);

static struct span rewrite(struct call *call, struct span text, rewrite_fn *fn)
{
    uint8_t *out = arena_alloc(&call->arena, text.len * 3 + 1);
    size_t len = 0;
    if (!out)
        return text;
    for (size_t at = 0; at < text.len;)
        len += fn(out + len, text, &at);
    return span_of(out, len);
}

static size_t lower_byte(uint8_t *out, struct span text, size_t *at)
{
    uint8_t c = text.data[(*at)++];
    *out = (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return 1;
}

static size_t plus_to_space(uint8_t *out, struct span text, size_t *at)
{
    uint8_t c = text.data[(*at)++];
    *out = c == '+' ? ' ' : c;
    return 1;
}

static size_t ascii_only(uint8_t *out, struct span text, size_t *at)
{
    uint8_t c = text.data[(*at)++];
    *out = c < 0x80 ? c : '?';
    return 1;
}

static size_t merge_slash(uint8_t *out, struct span text, size_t *at)
{
    *out = text.data[(*at)++];
    while (*out == '/' && *at < text.len && text.data[*at] == '/')
        (*at)++;
    return 1;
}

static size_t decode_slash(uint8_t *out, struct span text, size_t *at)
{
    if (text.len - *at >= 3 && text.data[*at] == '%' && text.data[*at + 1] == '2' &&
        (text.data[*at + 2] | 0x20) == 'f') {
        *at += 3;
        *out = '/';
        return 1;
    }
    *out = text.data[(*at)++];
    return 1;
}

static size_t encode_percent(uint8_t *out, struct span text, size_t *at)
{
    uint8_t c = text.data[(*at)++];
    if (c != '%') {
        *out = c;
        return 1;
    }
    memcpy(out, "%25", 3);
    return 3;
}

static struct span join(struct call *call, struct span path, struct span query)
{
    const char *text = arena_printf(&call->arena, "%.*s%s%.*s", SPAN_FMT(path), query.data ? "?" : "", SPAN_FMT(query));
    return span_cstr(text);
}

static void change_target(struct call *call)
{
    size_t mark = span_index_of(call->target, '?', 0);
    struct span path = span_of(call->target.data, mark);
    struct span query = mark < call->target.len ? span_from(call->target, mark + 1) : span_of(NULL, 0);
    switch (call->core->defect) {
    case DEFECT_TRAILING_SLASH_ACCEPTED:
        while (path.len > 1 && path.data[path.len - 1] == '/')
            path.len--;
        break;
    case DEFECT_DOUBLE_SLASH_MERGED:
        path = rewrite(call, path, merge_slash);
        break;
    case DEFECT_PATH_CASE_IGNORED:
        path = rewrite(call, path, lower_byte);
        break;
    case DEFECT_SLASH_DECODED_BEFORE_ROUTING:
        path = rewrite(call, path, decode_slash);
        break;
    case DEFECT_QUERY_NOT_DECODED:
        query = rewrite(call, query, encode_percent);
        break;
    case DEFECT_QUESTION_MARK_IN_PATH:
        if (!query.data || query.len > 0)
            return;
        path = span_cstr(arena_printf(&call->arena, "%.*s%%3F", SPAN_FMT(path)));
        query.data = NULL;
        break;
    default:
        return;
    }
    call->target = join(call, path, query);
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

/* A query that is one parameter, of the name of this capture: its value counts, and the parameter is gone. */
static void take_from_query(struct call *call, struct path_capture *capture)
{
    struct span query = call->request.query;
    size_t equals = span_index_of(query, '=', 0);
    if (equals < query.len && span_equal(span_of(query.data, equals), capture->variable->field_path)) {
        capture->value = span_from(query, equals + 1);
        call->request.query = span_of(NULL, 0);
    }
}

static bool capture_lost(const struct call *call, const struct router_field_path *path)
{
    return (call_has(call, DEFECT_TYPED_VARIABLE_LOST) && path->fields[path->count - 1]->type != SCHEMA_STRING) ||
           (call_has(call, DEFECT_NESTED_VARIABLE_LOST) && path->count > 1);
}

/* As if the template had fewer variables. */
static void drop_captures(struct call *call)
{
    struct router_match *match = &call->request.match;
    struct router_binding *binding = arena_alloc(&call->arena, sizeof *binding);
    struct router_field_path *fields = arena_calloc(&call->arena, match->capture_count + 1, sizeof *fields);
    size_t count = 0;
    if (!binding || !fields)
        return;
    for (size_t i = 0; i < match->capture_count; i++) {
        if (capture_lost(call, &match->binding->variable_fields[i]))
            continue;
        fields[count] = match->binding->variable_fields[i];
        match->captures[count++] = match->captures[i];
    }
    *binding = *match->binding;
    binding->variable_fields = fields;
    match->binding = binding;
    match->capture_count = count;
}

static void change_captures(struct call *call)
{
    struct router_match *match = &call->request.match;
    for (size_t i = 0; i < match->capture_count; i++) {
        struct path_capture *capture = &match->captures[i];
        bool ignored = false;
        if (call_has(call, DEFECT_MULTI_SEGMENT_CUT))
            capture->value.len = span_index_of(capture->value, '/', 0);
        if (call_has(call, DEFECT_QUERY_WINS_OVER_PATH))
            take_from_query(call, capture);
        if (call_has(call, DEFECT_PLUS_IN_PATH_IS_SPACE))
            capture->value = rewrite(call, capture->value, plus_to_space);
        if (call_has(call, DEFECT_PATH_DECODED_TWICE))
            capture->value = query_unescape(capture->value, capture->variable->multi, false, &call->arena, &ignored);
        else if (call_has(call, DEFECT_PATH_NOT_DECODED))
            capture->value = capture->raw;
        else if (call_has(call, DEFECT_RESERVED_SLASH_DECODED))
            capture->value = query_unescape(capture->raw, false, false, &call->arena, &ignored);
    }
    if (call_has(call, DEFECT_BAD_PERCENT_ACCEPTED))
        match->malformed_percent = false;
    if (call_has(call, DEFECT_TYPED_VARIABLE_LOST) || call_has(call, DEFECT_NESTED_VARIABLE_LOST))
        drop_captures(call);
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

static bool not_served(const struct call *call)
{
    const struct router_binding *binding = call->request.match.binding;
    return (call_has(call, DEFECT_VERBS_UNKNOWN) && binding->path_template.verb.len > 0) ||
           (call_has(call, DEFECT_ADDITIONAL_BINDINGS_UNKNOWN) && binding->index > 0) ||
           (call_has(call, DEFECT_LITERAL_KEPT) && literal_elsewhere(call));
}

enum transcode_result defect_route(struct call *call, struct err *err)
{
    if (call->core->defect != DEFECT_NONE)
        change_target(call);
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
        change_captures(call);
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

static struct span changed_body(struct call *call)
{
    struct span body = buf_span(&call->body);
    bool chunked = !fields_find(&call->headers, "content-length");
    if (call_has(call, DEFECT_BODY_IGNORED) || (call_has(call, DEFECT_LARGE_BODY_EMPTY) && body.len > UINT16_MAX) ||
        (call_has(call, DEFECT_STAR_BODY_IGNORED) && call->request.match.binding->body_all) ||
        (call_has(call, DEFECT_CHUNKED_BODY_IGNORED) && chunked))
        return span_of(NULL, 0);
    if (body.len == 0 || json_validate(body, NULL) == ERR_OK)
        return body;
    if (call_has(call, DEFECT_MALFORMED_JSON_ACCEPTED))
        return span_of(NULL, 0);
    if (call_has(call, DEFECT_NON_ASCII_BODY_REPLACED))
        return rewrite(call, body, ascii_only);
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

bool defect_changes_message(enum defect defect)
{
    switch (defect) {
    case DEFECT_PATH_VARIABLE_LOST:
    case DEFECT_BODY_IGNORED:
    case DEFECT_BODY_WINS_OVER_PATH:
    case DEFECT_LARGE_BODY_EMPTY:
    case DEFECT_MALFORMED_JSON_ACCEPTED:
    case DEFECT_TRUNCATED_JSON_ACCEPTED:
    case DEFECT_JSON_TRAILING_GARBAGE_ACCEPTED:
    case DEFECT_BAD_VALUE_ACCEPTED:
    case DEFECT_EMPTY_BODY_REFUSED:
    case DEFECT_RAW_BODY_FORWARDED:
    case DEFECT_STAR_BODY_IGNORED:
    case DEFECT_CHUNKED_BODY_IGNORED:
    case DEFECT_NON_ASCII_BODY_REPLACED:
    case DEFECT_UPLOAD_TYPE_LOST:
    case DEFECT_QUERY_MESSAGES_BOUND:
        return true;
    default:
        return defect_json_changes(defect);
    }
}

enum transcode_result defect_build_message(struct call *call, struct buf *message,
                                           const struct transcode_options *options, struct err *err)
{
    const struct transcode_request *request = &call->request;
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
    if (call_has(call, DEFECT_UPLOAD_TYPE_LOST))
        type = span_of(NULL, 0);
    if (call_has(call, DEFECT_RAW_BODY_FORWARDED) && body.len > 0)
        return buf_append_span(message, body) ? TRANSCODE_OK : TRANSCODE_INTERNAL;
    if (call_has(call, DEFECT_BAD_VALUE_ACCEPTED))
        return build_leniently(call, message, options, body, err);
    enum transcode_result result = TRANSCODE_OK;
    if (call_has(call, DEFECT_BODY_WINS_OVER_PATH))
        result = transcode_path(request, message, &call->arena, err);
    if (result == TRANSCODE_OK)
        result = transcode_body(request, message, type, body, options, &call->arena, err);
    if (result == TRANSCODE_OK)
        result = transcode_query(request, message, options, &call->arena, err);
    if (call_has(call, DEFECT_QUERY_MESSAGES_BOUND)) {
        size_t mark = span_index_of(call->target, '?', 0);
        defect_query_messages(call, span_from(call->target, mark < call->target.len ? mark + 1 : mark), message);
    }
    if (result == TRANSCODE_OK && !call_has(call, DEFECT_BODY_WINS_OVER_PATH) &&
        !call_has(call, DEFECT_PATH_VARIABLE_LOST))
        result = transcode_path(request, message, &call->arena, err);
    return result;
}

void defect_change_framed(struct call *call, struct buf *message)
{
    size_t len = message->len;
    if (call_has(call, DEFECT_COMPRESSED_FLAG_SET))
        message->data[0] = FRAME_FLAG_COMPRESSED;
    if (call_has(call, DEFECT_REQUEST_MESSAGE_MISSING) && len == FRAME_PREFIX_LEN)
        buf_reset(message);
    if (call_has(call, DEFECT_REQUEST_MESSAGE_TWICE) && buf_reserve(message, len))
        buf_append(message, message->data, len);
}
