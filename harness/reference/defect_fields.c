/* Defects in the header sections that the reference transcoder sends. */
#include "harness/reference/defect_fields.h"

#include "harness/engine/http_rule/query.h"
#include "harness/base/base64.h"

enum fault {
    FAULT_FIRST,   /* the field stands before all others */
    FAULT_LAST,    /* ... behind all others */
    FAULT_REPLACE, /* the field has another value */
    FAULT_DROP,
    FAULT_DOUBLE,
    FAULT_MOVE_LAST,
    FAULT_CUT,   /* the first byte of its value is missing, unless the client's method is GET */
    FAULT_CLIENT /* the client's field goes along as it came */
};

struct field_fault {
    enum defect defect;
    enum fault fault;
    const char *name;
    const char *value;
};

static const struct field_fault request_faults[] = {
    {DEFECT_REQUEST_METHOD_GET, FAULT_REPLACE, ":method", "GET"},
    {DEFECT_REQUEST_SCHEME_WRONG, FAULT_REPLACE, ":scheme", "grpc"},
    {DEFECT_REQUEST_SCHEME_MISSING, FAULT_DROP, ":scheme", NULL},
    {DEFECT_REQUEST_PATH_RELATIVE, FAULT_CUT, ":path", NULL},
    {DEFECT_REQUEST_PATH_DOUBLED, FAULT_DOUBLE, ":path", NULL},
    {DEFECT_REQUEST_PSEUDO_UNKNOWN, FAULT_FIRST, ":protocol", "grpc"},
    {DEFECT_REQUEST_PSEUDO_LATE, FAULT_MOVE_LAST, ":authority", NULL},
    {DEFECT_REQUEST_AUTHORITY_EMPTY, FAULT_REPLACE, ":authority", ""},
    {DEFECT_REQUEST_HOST_FOREIGN, FAULT_LAST, "host", "backend.invalid"},
    {DEFECT_REQUEST_NAME_UPPER_CASE, FAULT_LAST, "X-Forwarded-Proto", "http"},
    {DEFECT_REQUEST_VALUE_PADDED, FAULT_LAST, "x-forwarded-proto", "http "},
    {DEFECT_REQUEST_CONNECTION_SENT, FAULT_LAST, "connection", "keep-alive"},
    {DEFECT_TE_WRONG, FAULT_REPLACE, "te", "trailers, deflate"},
    {DEFECT_REQUEST_CONTENT_TYPE_TWICE, FAULT_DOUBLE, "content-type", NULL},
    {DEFECT_REQUEST_CONTENT_TYPE_WEB, FAULT_REPLACE, "content-type", "application/grpc-web+proto"},
    {DEFECT_REQUEST_TIMEOUT_MALFORMED, FAULT_LAST, "grpc-timeout", "5000ms"},
    {DEFECT_REQUEST_STATUS_SENT, FAULT_LAST, "grpc-status", "0"},
    {DEFECT_REQUEST_BINARY_RAW, FAULT_LAST, "x-request-bin", "{\"id\":1}"},
    {DEFECT_CLIENT_LENGTH_FORWARDED, FAULT_CLIENT, "content-length", NULL},
    {DEFECT_CLIENT_CONNECTION_FORWARDED, FAULT_CLIENT, "connection", NULL},
    {DEFECT_CLIENT_KEEP_ALIVE_FORWARDED, FAULT_CLIENT, "keep-alive", NULL},
    {DEFECT_CLIENT_PROXY_CONNECTION_FORWARDED, FAULT_CLIENT, "proxy-connection", NULL},
    {DEFECT_CLIENT_TRANSFER_ENCODING_FORWARDED, FAULT_CLIENT, "transfer-encoding", NULL},
    {DEFECT_CLIENT_UPGRADE_FORWARDED, FAULT_CLIENT, "upgrade", NULL},
    {DEFECT_CLIENT_TE_FORWARDED, FAULT_CLIENT, "te", NULL},
    {DEFECT_CLIENT_GRPC_ENCODING_FORWARDED, FAULT_CLIENT, "grpc-encoding", NULL},
    {DEFECT_CLIENT_STATUS_FORWARDED, FAULT_CLIENT, "grpc-status", NULL},
    {DEFECT_CLIENT_TIMEOUT_UNCHECKED, FAULT_CLIENT, "grpc-timeout", NULL},
    {DEFECT_CLIENT_CONTENT_TYPE_FORWARDED, FAULT_CLIENT, "content-type", NULL},
    {DEFECT_USER_AGENT_LOST, FAULT_DROP, "user-agent", NULL},
    {DEFECT_TIMEOUT_NOT_SENT, FAULT_DROP, "grpc-timeout", NULL},
    {DEFECT_AUTHORIZATION_TWICE, FAULT_DOUBLE, "authorization", NULL},
    {DEFECT_PASS_SUBTYPE_LOST, FAULT_REPLACE, "content-type", "application/grpc"},
    {DEFECT_PASS_ENCODING_LOST, FAULT_DROP, "grpc-encoding", NULL},
    {DEFECT_PASS_TIMEOUT_LOST, FAULT_DROP, "grpc-timeout", NULL},
};

static const struct field_fault response_faults[] = {
    {DEFECT_RESPONSE_CONTENT_TYPE_TWICE, FAULT_DOUBLE, "content-type", NULL},
    {DEFECT_RESPONSE_DATE_TWICE, FAULT_DOUBLE, "date", NULL},
    {DEFECT_RESPONSE_LENGTH_TWICE, FAULT_LAST, "content-length", "0"},
    {DEFECT_RESPONSE_ENCODING_FALSE, FAULT_LAST, "content-encoding", "gzip"},
    {DEFECT_RESPONSE_LABELLED_HTML, FAULT_REPLACE, "content-type", "text/html"},
    {DEFECT_RESPONSE_KEEP_ALIVE_SENT, FAULT_LAST, "keep-alive", "timeout=5"},
    {DEFECT_RESPONSE_NAME_UPPER_CASE, FAULT_LAST, "X-Served-By", "reference"},
    {DEFECT_STATUS_SHOWN_AS_ZERO, FAULT_LAST, "grpc-status", "0"},
    {DEFECT_TRAILER_ANNOUNCED, FAULT_LAST, "trailer", "grpc-status"},
    {DEFECT_PASS_SUBTYPE_LOST, FAULT_REPLACE, "content-type", "application/grpc"},
    {DEFECT_PASS_ENCODING_LOST, FAULT_DROP, "grpc-encoding", NULL},
};

/* ---- lists */

static bool add(struct call *call, struct fields *fields, struct span name, struct span value)
{
    return fields_add_view(fields, &call->arena, name, value);
}

static bool add_all(struct call *call, struct fields *to, const struct fields *from)
{
    for (size_t i = 0; i < from->count; i++) {
        if (!add(call, to, from->items[i].name, from->items[i].value))
            return false;
    }
    return true;
}

/* The client's fields of that name, as they came. */
static bool add_client(struct call *call, struct fields *to, const char *name)
{
    for (size_t i = 0; i < call->headers.count; i++) {
        const struct field *field = &call->headers.items[i];
        if (span_equal_nocase(field->name, span_cstr(name)) &&
            !add(call, to, arena_dup_lower(&call->arena, field->name), field->value))
            return false;
    }
    return true;
}

/* A list that goes on as `fault` says when it comes to a field of that name. */
static bool put_changed(struct call *call, struct fields *out, const struct field_fault *fault,
                        const struct field *field)
{
    struct span value = field->value;
    switch (fault->fault) {
    case FAULT_DROP:
    case FAULT_MOVE_LAST:
        return true;
    case FAULT_REPLACE:
        value = span_cstr(fault->value);
        break;
    case FAULT_CUT:
        value = span_from(value, !span_is(call->method, "GET"));
        break;
    case FAULT_DOUBLE:
        if (!add(call, out, field->name, value))
            return false;
        break;
    default:
        break;
    }
    return add(call, out, field->name, value);
}

static bool change_one(struct call *call, struct fields *fields, const struct field_fault *fault)
{
    struct fields out = {0};
    bool ok = fault->fault != FAULT_FIRST || add(call, &out, span_cstr(fault->name), span_cstr(fault->value));
    const struct field *moved = fields_find(fields, fault->name);
    for (size_t i = 0; i < fields->count && ok; i++) {
        const struct field *field = &fields->items[i];
        ok = span_equal_nocase(field->name, span_cstr(fault->name)) ? put_changed(call, &out, fault, field)
                                                                    : add(call, &out, field->name, field->value);
    }
    if (ok && fault->fault == FAULT_LAST)
        ok = add(call, &out, span_cstr(fault->name), span_cstr(fault->value));
    if (ok && fault->fault == FAULT_MOVE_LAST && moved)
        ok = add(call, &out, moved->name, moved->value);
    if (ok && fault->fault == FAULT_CLIENT)
        ok = add_client(call, &out, fault->name);
    *fields = out;
    return ok;
}

/* ---- faults of all fields that are passed on */

static struct span lowered(struct call *call, struct span value)
{
    struct span lower = arena_dup_lower(&call->arena, value);
    return lower.data ? lower : value;
}

static struct span decoded(struct call *call, struct span value)
{
    struct buf out;
    buf_init(&out, value.len + 1);
    bool ok = base64_decode(&out, value) && out.len > 0;
    struct span copy = ok ? arena_dup(&call->arena, buf_span(&out)) : value;
    buf_fini(&out);
    return copy.data ? copy : value;
}

static struct span dashed(struct call *call, struct span name)
{
    uint8_t *copy = arena_alloc(&call->arena, name.len + 1);
    for (size_t i = 0; copy && i < name.len; i++)
        copy[i] = name.data[i] == '_' ? '-' : name.data[i];
    return copy ? span_of(copy, name.len) : name;
}

static bool is_binary(struct span name)
{
    return name.len > 4 && span_equal_nocase(span_from(name, name.len - 4), span_cstr("-bin"));
}

static bool stands_behind(const struct fields *fields, size_t at)
{
    for (size_t i = at + 1; i < fields->count; i++) {
        if (span_equal_nocase(fields->items[i].name, fields->items[at].name))
            return true;
    }
    return false;
}

/* The values of all fields of this name, with commas between. */
static struct span joined(struct call *call, const struct fields *fields, struct span name)
{
    struct buf out;
    buf_init(&out, 1u << 20);
    for (size_t i = 0; i < fields->count; i++) {
        if (!span_equal_nocase(fields->items[i].name, name))
            continue;
        if (out.len > 0)
            buf_append_cstr(&out, ", ");
        buf_append_span(&out, fields->items[i].value);
    }
    struct span copy = arena_dup(&call->arena, buf_span(&out));
    buf_fini(&out);
    return copy;
}

static bool put_custom(struct call *call, struct fields *out, const struct fields *fields, size_t at)
{
    struct span name = fields->items[at].name;
    struct span value = fields->items[at].value;
    switch (call->core->defect) {
    case DEFECT_REQUEST_HEADERS_TWICE:
    case DEFECT_RESPONSE_METADATA_TWICE:
        if (!add(call, out, name, value))
            return false;
        break;
    case DEFECT_REPEATED_HEADER_LAST_ONLY:
    case DEFECT_REPEATED_METADATA_LAST_ONLY:
        if (stands_behind(fields, at))
            return true;
        break;
    case DEFECT_HEADER_VALUES_LOWERED:
    case DEFECT_METADATA_VALUES_LOWERED:
        value = lowered(call, value);
        break;
    case DEFECT_HEADER_VALUES_CUT:
    case DEFECT_METADATA_VALUES_CUT:
        value.len = span_index_of(value, ';', 0);
        break;
    case DEFECT_LARGE_HEADERS_CUT:
        value.len = value.len < 4096 ? value.len : 4096;
        break;
    case DEFECT_UNDERSCORES_AS_DASHES:
        name = dashed(call, name);
        break;
    case DEFECT_BINARY_LISTS_CUT:
        value.len = is_binary(name) ? span_index_of(value, ',', 0) : value.len;
        break;
    case DEFECT_BINARY_HEADERS_LOST:
        if (is_binary(name))
            return true;
        break;
    case DEFECT_BINARY_HEADERS_DECODED:
        value = is_binary(name) ? decoded(call, value) : value;
        break;
    case DEFECT_SET_COOKIE_MERGED:
        if (!span_is(name, "set-cookie"))
            break;
        if (stands_behind(fields, at))
            return true;
        value = joined(call, fields, name);
        break;
    default:
        break;
    }
    return add(call, out, name, value);
}

static bool change_custom(struct call *call, struct fields *fields, size_t custom)
{
    struct fields first = {.items = fields->items, .count = custom};
    const struct fields rest = {.items = fields->items + custom, .count = fields->count - custom};
    struct fields out = {0};
    bool reversed = call_has(call, DEFECT_HEADER_ORDER_REVERSED) || call_has(call, DEFECT_METADATA_ORDER_REVERSED);
    bool ok = add_all(call, &out, &first);
    for (size_t i = 0; i < rest.count && ok; i++)
        ok = put_custom(call, &out, &rest, reversed ? rest.count - 1 - i : i);
    *fields = out;
    return ok;
}

/* A defect: what Connection names goes on, and Connection itself does not. */
static bool add_named_by_connection(struct call *call, struct fields *fields)
{
    struct span named = fields_value(&call->headers, "connection");
    for (size_t at = 0; at < named.len;) {
        size_t end = span_index_of(named, ',', at);
        while (at < end && named.data[at] == ' ')
            at++;
        const char *name = arena_printf(&call->arena, "%.*s", (int)(end - at), (const char *)named.data + at);
        if (!name || !add_client(call, fields, name))
            return false;
        at = end + 1;
    }
    return true;
}

static bool change(struct call *call, struct fields *fields, size_t custom, const struct field_fault *faults,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (call_has(call, faults[i].defect))
            return change_one(call, fields, &faults[i]);
    }
    return change_custom(call, fields, custom);
}

static bool is_of_response(enum defect defect)
{
    return defect == DEFECT_RESPONSE_METADATA_TWICE || defect == DEFECT_REPEATED_METADATA_LAST_ONLY ||
           defect == DEFECT_METADATA_VALUES_LOWERED || defect == DEFECT_METADATA_VALUES_CUT ||
           defect == DEFECT_SET_COOKIE_MERGED || defect == DEFECT_METADATA_ORDER_REVERSED;
}

bool defect_fields_request(struct call *call, struct fields *fields, size_t custom)
{
    if (call->core->defect == DEFECT_NONE || is_of_response(call->core->defect))
        return true;
    if (call_has(call, DEFECT_CONNECTION_NAMED_FORWARDED))
        return add_named_by_connection(call, fields);
    if (call_has(call, DEFECT_ORIGINAL_PATH_DECODED))
        return fields_add_view(fields, &call->arena, span_cstr("x-envoy-original-path"),
                               query_unescape(call->target, false, false, &call->arena, NULL));
    return change(call, fields, custom, request_faults, sizeof request_faults / sizeof *request_faults);
}

bool defect_fields_response(struct call *call, struct fields *fields, size_t custom)
{
    bool of_list = is_of_response(call->core->defect);
    for (size_t i = 0; i < sizeof response_faults / sizeof *response_faults; i++)
        of_list = of_list || call_has(call, response_faults[i].defect);
    return !of_list || change(call, fields, custom, response_faults, sizeof response_faults / sizeof *response_faults);
}

bool defect_fields_passes(const struct call *call, const struct field *field)
{
    if (call_has(call, DEFECT_BACKEND_LENGTH_FORWARDED))
        return span_equal_nocase(field->name, span_cstr("content-length"));
    if (call_has(call, DEFECT_GRPC_ENCODING_SHOWN))
        return span_is(field->name, "grpc-encoding") || span_is(field->name, "grpc-accept-encoding");
    if (call_has(call, DEFECT_BACKEND_CONNECTION_FORWARDED))
        return call_hop_by_hop(field->name);
    return call_has(call, DEFECT_RESPONSE_VALUE_UNCHECKED) && span_starts_with(field->name, "x-");
}
