/* The rules that every request at the backend is held to. */
#include "harness/suite/request_rules.h"

#include "harness/base/field_form.h"
#include "harness/engine/grpc/frame.h"
#include "harness/engine/grpc/metadata.h"

static bool is_pseudo(struct span name)
{
    return name.len > 0 && name.data[0] == ':';
}

static const char *show(struct check *check, const struct field *field)
{
    return check_text(check, "%s: %s", check_quote(check, field->name), check_quote(check, field->value));
}

/* "NAME N times", or the only value, when it is not there just once; NULL otherwise. */
static const char *not_once(struct check *check, const struct fields *fields, const char *name)
{
    size_t count = fields_count(fields, name);
    return count == 0  ? check_text(check, "no %s", name)
           : count > 1 ? check_text(check, "%s %zu times", name, count)
                       : NULL;
}

/* ---- pseudo-header fields */

static const char *known_pseudo(struct check *check, const struct call_seen *call)
{
    static const char *const names[] = {":method", ":scheme", ":path", ":authority"};
    for (size_t i = 0; i < call->headers.count; i++) {
        const struct field *field = &call->headers.items[i];
        bool known = !is_pseudo(field->name);
        for (size_t j = 0; j < sizeof names / sizeof *names; j++)
            known = known || span_is(field->name, names[j]);
        if (!known)
            return show(check, field);
    }
    return NULL;
}

static const char *pseudo_once(struct check *check, const struct call_seen *call)
{
    static const char *const names[] = {":method", ":scheme", ":path"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *wrong = not_once(check, &call->headers, names[i]);
        if (wrong)
            return wrong;
    }
    size_t authorities = fields_count(&call->headers, ":authority");
    return authorities > 1 ? check_text(check, ":authority %zu times", authorities) : NULL;
}

static const char *pseudo_first(struct check *check, const struct call_seen *call)
{
    bool regular = false;
    for (size_t i = 0; i < call->headers.count; i++) {
        struct span name = call->headers.items[i].name;
        if (is_pseudo(name) && regular)
            return check_text(check, "%s behind other fields", check_quote(check, name));
        regular = regular || !is_pseudo(name);
    }
    return NULL;
}

static const char *method_post(struct check *check, const struct call_seen *call)
{
    struct span method = fields_value(&call->headers, ":method");
    return span_is(method, "POST") ? NULL : check_text(check, ":method %s", check_quote(check, method));
}

static const char *scheme_known(struct check *check, const struct call_seen *call)
{
    struct span scheme = fields_value(&call->headers, ":scheme");
    return span_is(scheme, "http") || span_is(scheme, "https")
               ? NULL
               : check_text(check, ":scheme %s", check_quote(check, scheme));
}

static const char *path_form(struct check *check, const struct call_seen *call)
{
    struct span path = fields_value(&call->headers, ":path");
    size_t slash = path.len;
    bool good = path.len > 1 && path.data[0] == '/';
    for (size_t i = 1; good && i < path.len; i++) {
        uint8_t byte = path.data[i];
        good = byte > 0x20 && byte < 0x7f && byte != '?' && byte != '#';
        slash = byte == '/' ? i : slash;
    }
    return good && slash > 1 && slash + 1 < path.len ? NULL : check_text(check, ":path %s", check_quote(check, path));
}

static const char *authority_form(struct check *check, const struct call_seen *call)
{
    const struct field *field = fields_find(&call->headers, ":authority");
    if (!field)
        return NULL;
    bool good = field->value.len > 0;
    for (size_t i = 0; i < field->value.len; i++)
        good =
            good && field->value.data[i] > 0x20 && field->value.data[i] < 0x7f && !strchr("@/?#", field->value.data[i]);
    return good ? NULL : show(check, field);
}

static const char *host_agrees(struct check *check, const struct call_seen *call)
{
    struct span authority = fields_value(&call->headers, ":authority");
    const struct field *host = fields_find(&call->headers, "host");
    if (!host || !authority.data || span_equal_nocase(authority, host->value))
        return NULL;
    return check_text(check, ":authority %s, %s", check_quote(check, authority), show(check, host));
}

/* ---- names and values */

static const char *bad_field(struct check *check, const struct fields *fields, bool trailers)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        if (!is_pseudo(field->name) && !field_form_name(field->name))
            return check_text(check, "a name %s", check_quote(check, field->name));
        if (!field_form_value(field->value))
            return check_text(check, "%s: \"%s\"", check_quote(check, field->name), check_quote(check, field->value));
        if (trailers && is_pseudo(field->name))
            return check_text(check, "%s among the trailers", check_quote(check, field->name));
    }
    return NULL;
}

static const char *field_forms(struct check *check, const struct call_seen *call)
{
    const char *wrong = bad_field(check, &call->headers, false);
    return wrong ? wrong : bad_field(check, &call->trailers, true);
}

static const char *no_connection(struct check *check, const struct call_seen *call)
{
    for (size_t i = 0; i < call->headers.count; i++) {
        if (field_form_of_connection(call->headers.items[i].name))
            return show(check, &call->headers.items[i]);
    }
    return NULL;
}

/* Fields that hold one value: a second line of them makes no list. */
static const char *singletons(struct check *check, const struct call_seen *call)
{
    static const char *const names[] = {"content-type", "content-length", "host", "user-agent", "te", "authorization",
                                        "grpc-timeout", "grpc-encoding",  "from", "referer",    NULL};
    const char *name = fields_repeated(&call->headers, names);
    return name ? check_text(check, "%s %zu times", name, fields_count(&call->headers, name)) : NULL;
}

/* ---- gRPC's own fields */

static const char *te_trailers(struct check *check, const struct call_seen *call)
{
    const struct field *te = fields_find(&call->headers, "te");
    return !te ? "no te" : span_is(te->value, "trailers") ? NULL : show(check, te);
}

/* application/grpc and application/grpc+proto, with or without parameters: the messages are protobuf. */
static const char *content_type(struct check *check, const struct call_seen *call)
{
    static const char *const types[] = {"application/grpc", "application/grpc+proto"};
    const struct field *field = fields_find(&call->headers, "content-type");
    if (!field)
        return "no content-type";
    struct span type = span_of(field->value.data, span_index_of(field->value, ';', 0));
    while (type.len > 0 && type.data[type.len - 1] == ' ')
        type.len--;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (span_equal_nocase(type, span_cstr(types[i])))
            return NULL;
    }
    return show(check, field);
}

static const char *timeout(struct check *check, const struct call_seen *call)
{
    const struct field *field = fields_find(&call->headers, "grpc-timeout");
    uint64_t ns = 0;
    return !field || (metadata_timeout_parse(field->value, &ns) && ns > 0) ? NULL : show(check, field);
}

static const char *no_status(struct check *check, const struct call_seen *call)
{
    static const char *const names[] = {"grpc-status", "grpc-message", "grpc-status-details-bin"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct field *field = fields_find(&call->headers, names[i]);
        if (field)
            return show(check, field);
    }
    return NULL;
}

static const char *binary_values(struct check *check, const struct call_seen *call)
{
    for (size_t i = 0; i < call->headers.count; i++) {
        const struct field *field = &call->headers.items[i];
        if (metadata_is_binary(field->name) && !metadata_binary_valid(field->value))
            return show(check, field);
    }
    return NULL;
}

/* ---- the body */

static bool body_known(const struct call_seen *call)
{
    return call->half_closed && call->body_len == call->body.len;
}

static const char *content_length(struct check *check, const struct call_seen *call)
{
    const struct field *field = fields_find(&call->headers, "content-length");
    uint64_t length = 0;
    if (!field)
        return NULL;
    if (!field_form_length(field->value, &length))
        return show(check, field);
    if (call->body_len > length || (call->half_closed && call->body_len != length))
        return check_text(check, "%s, and %llu bytes of DATA", show(check, field), (unsigned long long)call->body_len);
    return NULL;
}

/* The messages of a body. */
struct framing {
    size_t count;
    bool compressed; /* one of them says so */
    const char *wrong;
};

static struct framing framing_of(struct check *check, const struct call_seen *call)
{
    struct framing out = {.count = 0};
    struct frame_parser parser;
    struct frame_piece piece;
    struct err err = {.text = ""};
    struct span in = buf_span(&call->body);
    enum frame_result result;
    frame_parser_init(&parser, UINT32_MAX);
    while ((result = frame_parser_next(&parser, &in, &piece, &err)) == FRAME_DONE) {
        out.compressed = out.compressed || (piece.flags & FRAME_FLAG_COMPRESSED);
        out.count += piece.last;
    }
    if (result == FRAME_BAD)
        out.wrong = check_text(check, "no gRPC framing: %s", err.text);
    else if (body_known(call) && !frame_parser_at_boundary(&parser))
        out.wrong = check_text(check, "a message cut short: %zu bytes in all", call->body.len);
    return out;
}

static const char *length_prefixed(struct check *check, const struct call_seen *call)
{
    return framing_of(check, call).wrong;
}

static const char *compression_named(struct check *check, const struct call_seen *call)
{
    struct span encoding = fields_value(&call->headers, "grpc-encoding");
    struct framing seen = framing_of(check, call);
    if (!seen.compressed || (encoding.len > 0 && !span_is(encoding, "identity")))
        return NULL;
    return check_text(check, "a message with the Compressed-Flag, and %s%s",
                      encoding.data ? "grpc-encoding: " : "no grpc-encoding",
                      encoding.data ? check_quote(check, encoding) : "");
}

static const char *one_message(struct check *check, const struct call_seen *call)
{
    const struct schema_method *method = schema_method_find(check->in->schema, fields_value(&call->headers, ":path"));
    if (!method || method->client_streaming || !body_known(call))
        return NULL;
    struct framing seen = framing_of(check, call);
    return seen.wrong || seen.count == 1 ? NULL : check_text(check, "%zu messages", seen.count);
}

static const char *no_trailers(struct check *check, const struct call_seen *call)
{
    for (size_t i = 0; i < call->transcript.count; i++) {
        const struct transcript_event *event = &call->transcript.events[i];
        if (event->from == TRANSCRIPT_PROXY && event->kind == TRANSCRIPT_TRAILERS)
            return check_text(check, "a second header section of %zu fields", event->fields.count);
    }
    return NULL;
}

/* ---- the table */

#define REQUESTS "PROTOCOL-HTTP2 \"Requests\""

static const struct request_rule rules[] = {
    {"pseudo-once", "one :method, one :scheme, one :path and at most one :authority", "RFC 9113 section 8.3.1",
     pseudo_once},
    {"pseudo-known", "no pseudo-header field that a request does not have", "RFC 9113 section 8.3", known_pseudo},
    {"pseudo-first", "pseudo-header fields before all others", "RFC 9113 section 8.3", pseudo_first},
    {"method", ":method POST", REQUESTS, method_post},
    {"scheme", ":scheme http or https", REQUESTS, scheme_known},
    {"path", ":path /SERVICE/METHOD", REQUESTS, path_form},
    {"authority", ":authority is a host, without user information", "RFC 9113 section 8.3.1", authority_form},
    {"host", "a host field, if any, that says what :authority says", "RFC 9113 section 8.3.1", host_agrees},
    {"field-form", "names in lower case, values without blanks at their ends and without NUL, CR and LF",
     "RFC 9113 section 8.2.1", field_forms},
    {"connection", "no field of the connection (connection, keep-alive, proxy-connection, transfer-encoding, upgrade)",
     "RFC 9113 section 8.2.2", no_connection},
    {"once", "each field of one value once", "RFC 9110 section 5.3", singletons},
    {"te", "te: trailers", REQUESTS, te_trailers},
    {"content-type", "content-type application/grpc or application/grpc+proto", REQUESTS, content_type},
    {"grpc-timeout", "grpc-timeout is a positive number of at most eight digits and a unit", REQUESTS, timeout},
    {"no-status", "no field of a response (grpc-status, grpc-message, grpc-status-details-bin)", REQUESTS, no_status},
    {"binary", "the value of a name that ends in -bin is base64", REQUESTS, binary_values},
    {"content-length", "content-length is the sum of the DATA", "RFC 9113 section 8.1.1", content_length},
    {"framing", "the body is length-prefixed messages", REQUESTS, length_prefixed},
    {"compression", "a message has the Compressed-Flag only where grpc-encoding names a coding", REQUESTS,
     compression_named},
    {"one-message", "one message, unless the method streams its requests", "gRPC statuscodes", one_message},
    {"no-trailers", "nothing behind the messages", REQUESTS, no_trailers},
};

const struct request_rule *request_rule_at(size_t index)
{
    return index < sizeof rules / sizeof *rules ? &rules[index] : NULL;
}

static void check_call(struct check *check, const struct call_seen *call, struct reasons *to)
{
    const struct request_rule *rule;
    for (size_t i = 0; (rule = request_rule_at(i)); i++) {
        const char *wrong = rule->broken(check, call);
        if (wrong)
            reason_add(check, to, AXIS_REQUEST, KIND_WRONG_REQUEST, check_text(check, "rule %s", rule->name),
                       check_text(check, "%s (%s)", rule->text, rule->cite), wrong);
    }
}

/* A call that should not have been made is a failure of its own, and whatever it looks like adds nothing. */
void request_rules_check(struct check *check, struct reasons *to)
{
    if (check->testcase->expects_unreached)
        return;
    for (const struct call_seen *call = check->in->calls; call; call = call->next)
        check_call(check, call, to);
}
