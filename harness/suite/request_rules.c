/* The rules that every request at the backend is held to. */
#include "harness/suite/request_rules.h"

#include <string.h>

#include "harness/base/field_form.h"
#include "harness/engine/grpc/frame.h"
#include "harness/engine/grpc/metadata.h"

static bool is_pseudo(struct span name)
{
    return name.len > 0 && name.data[0] == ':';
}

/* ---- breaches: each is a reason */

struct rule_check {
    struct check *check;
    struct reasons *to;
    const struct request_rule *rule;
};

static void add(const struct rule_check *at, const char *path, const char *observed)
{
    reason_add(at->check, at->to, AXIS_REQUEST, KIND_WRONG_REQUEST, path,
               check_text(at->check, "%s (%s)", at->rule->text, at->rule->cite), observed);
}

/* By the call as a whole. */
static void broken(const struct rule_check *at, const char *observed)
{
    if (reason_fits(at->to, KIND_WRONG_REQUEST))
        add(at, check_text(at->check, "rule %s", at->rule->name), observed);
}

/* By the fields of that name. */
static void broken_by(const struct rule_check *at, struct span name, const char *observed)
{
    name.len = name.len < CHECK_MAX_FIELD ? name.len : CHECK_MAX_FIELD;
    if (reason_fits(at->to, KIND_WRONG_REQUEST))
        add(at, check_text(at->check, "rule %s %s", at->rule->name, check_quote(at->check, name)), observed);
}

static const char *show(struct check *check, const struct field *field)
{
    return check_text(check, "%s: %s", check_quote(check, field->name), check_quote(check, field->value));
}

static void broken_field(const struct rule_check *at, const struct field *field)
{
    if (reason_fits(at->to, KIND_WRONG_REQUEST))
        broken_by(at, field->name, show(at->check, field));
}

/* By a field of which there should be one, or at most one. */
static void broken_count(const struct rule_check *at, const struct call_seen *call, const char *name, size_t least)
{
    size_t count = fields_count(&call->headers, name);
    if (count < least)
        broken_by(at, span_cstr(name), check_text(at->check, "no %s", name));
    else if (count > 1)
        broken_by(at, span_cstr(name), check_text(at->check, "%s %zu times", name, count));
}

/* ---- pseudo-header fields */

static void known_pseudo(const struct rule_check *at, const struct call_seen *call)
{
    static const char *const names[] = {":method", ":scheme", ":path", ":authority"};
    for (size_t i = 0; i < call->headers.count; i++) {
        const struct field *field = &call->headers.items[i];
        bool known = !is_pseudo(field->name);
        for (size_t j = 0; j < sizeof names / sizeof *names; j++)
            known = known || span_is(field->name, names[j]);
        if (!known)
            broken_field(at, field);
    }
}

static void pseudo_once(const struct rule_check *at, const struct call_seen *call)
{
    static const char *const names[] = {":method", ":scheme", ":path"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        broken_count(at, call, names[i], 1);
    broken_count(at, call, ":authority", 0);
}

static void pseudo_first(const struct rule_check *at, const struct call_seen *call)
{
    bool regular = false;
    for (size_t i = 0; i < call->headers.count; i++) {
        const struct field *field = &call->headers.items[i];
        if (is_pseudo(field->name) && regular)
            broken_field(at, field);
        regular = regular || !is_pseudo(field->name);
    }
}

static void method_post(const struct rule_check *at, const struct call_seen *call)
{
    struct span method = fields_value(&call->headers, ":method");
    if (!span_is(method, "POST"))
        broken(at, check_text(at->check, ":method %s", check_quote(at->check, method)));
}

static void scheme_known(const struct rule_check *at, const struct call_seen *call)
{
    struct span scheme = fields_value(&call->headers, ":scheme");
    if (!span_is(scheme, "http") && !span_is(scheme, "https"))
        broken(at, check_text(at->check, ":scheme %s", check_quote(at->check, scheme)));
}

static void path_form(const struct rule_check *at, const struct call_seen *call)
{
    struct span path = fields_value(&call->headers, ":path");
    size_t slash = path.len;
    bool good = path.len > 1 && path.data[0] == '/';
    for (size_t i = 1; good && i < path.len; i++) {
        uint8_t byte = path.data[i];
        good = byte > 0x20 && byte < 0x7f && byte != '?' && byte != '#';
        slash = byte == '/' ? i : slash;
    }
    if (!good || slash <= 1 || slash + 1 >= path.len)
        broken(at, check_text(at->check, ":path %s", check_quote(at->check, path)));
}

static void authority_form(const struct rule_check *at, const struct call_seen *call)
{
    const struct field *field = fields_find(&call->headers, ":authority");
    bool good = !field || field->value.len > 0;
    for (size_t i = 0; field && i < field->value.len; i++)
        good =
            good && field->value.data[i] > 0x20 && field->value.data[i] < 0x7f && !strchr("@/?#", field->value.data[i]);
    if (!good)
        broken(at, show(at->check, field));
}

static void host_agrees(const struct rule_check *at, const struct call_seen *call)
{
    struct span authority = fields_value(&call->headers, ":authority");
    const struct field *host = fields_find(&call->headers, "host");
    if (host && authority.data && !span_equal_nocase(authority, host->value))
        broken(at,
               check_text(at->check, ":authority %s, %s", check_quote(at->check, authority), show(at->check, host)));
}

/* ---- names and values */

static void bad_fields(const struct rule_check *at, const struct fields *fields, bool trailers)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        bool pseudo = is_pseudo(field->name);
        if ((!pseudo && !field_form_name(field->name)) || !field_form_value(field->value))
            broken_by(at, field->name,
                      check_text(at->check, "%s: \"%s\"", check_quote(at->check, field->name),
                                 check_quote(at->check, field->value)));
        if (trailers && pseudo)
            broken_by(at, field->name,
                      check_text(at->check, "%s among the trailers", check_quote(at->check, field->name)));
    }
}

static void field_forms(const struct rule_check *at, const struct call_seen *call)
{
    bad_fields(at, &call->headers, false);
    bad_fields(at, &call->trailers, true);
}

static void no_connection(const struct rule_check *at, const struct call_seen *call)
{
    for (size_t i = 0; i < call->headers.count; i++) {
        if (field_form_of_connection(call->headers.items[i].name))
            broken_field(at, &call->headers.items[i]);
    }
}

/* Fields that hold one value: a second line of them makes no list. */
static void singletons(const struct rule_check *at, const struct call_seen *call)
{
    static const char *const names[] = {"content-type", "content-length", "host", "user-agent", "te", "authorization",
                                        "grpc-timeout", "grpc-encoding",  "from", "referer",    NULL};
    for (size_t i = 0; names[i]; i++)
        broken_count(at, call, names[i], 0);
}

/* ---- gRPC's own fields */

static void te_trailers(const struct rule_check *at, const struct call_seen *call)
{
    const struct field *te = fields_find(&call->headers, "te");
    if (!te || !span_is(te->value, "trailers"))
        broken(at, te ? show(at->check, te) : "no te");
}

/* application/grpc and application/grpc+proto, with or without parameters: the messages are protobuf. */
/* What passes straight through keeps the subtype that the client gave. */
static bool passed_through(const struct check *check, struct span type)
{
    return check->testcase->mode == MODE_PASS_THROUGH &&
           span_equal(type, fields_value(&check->testcase->request.headers, "content-type"));
}

static void content_type(const struct rule_check *at, const struct call_seen *call)
{
    static const char *const types[] = {"application/grpc", "application/grpc+proto"};
    const struct field *field = fields_find(&call->headers, "content-type");
    struct span type = field ? span_of(field->value.data, span_index_of(field->value, ';', 0)) : span_of(NULL, 0);
    type = span_trim_end(type, " ");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (span_equal_nocase(type, span_cstr(types[i])))
            return;
    }
    if (!field || !passed_through(at->check, field->value))
        broken(at, field ? show(at->check, field) : "no content-type");
}

static void timeout(const struct rule_check *at, const struct call_seen *call)
{
    const struct field *field = fields_find(&call->headers, "grpc-timeout");
    uint64_t ns = 0;
    if (field && (!metadata_timeout_parse(field->value, &ns) || ns == 0))
        broken(at, show(at->check, field));
}

static void no_status(const struct rule_check *at, const struct call_seen *call)
{
    static const char *const names[] = {"grpc-status", "grpc-message", "grpc-status-details-bin"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct field *field = fields_find(&call->headers, names[i]);
        if (field)
            broken_field(at, field);
    }
}

static void binary_values(const struct rule_check *at, const struct call_seen *call)
{
    for (size_t i = 0; i < call->headers.count; i++) {
        const struct field *field = &call->headers.items[i];
        if (metadata_is_binary(field->name) && !metadata_binary_valid(field->value))
            broken_field(at, field);
    }
}

/* ---- the body */

static bool body_known(const struct call_seen *call)
{
    return call->half_closed && call->body_len == call->body.len;
}

static void content_length(const struct rule_check *at, const struct call_seen *call)
{
    const struct field *field = fields_find(&call->headers, "content-length");
    struct check *check = at->check;
    uint64_t length = 0;
    if (!field)
        return;
    if (!field_form_length(field->value, &length))
        broken(at, show(check, field));
    else if (call->body_len > length || (call->half_closed && call->body_len != length))
        broken(at,
               check_text(check, "%s, and %llu bytes of DATA", show(check, field), (unsigned long long)call->body_len));
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

static void length_prefixed(const struct rule_check *at, const struct call_seen *call)
{
    struct framing seen = framing_of(at->check, call);
    if (seen.wrong)
        broken(at, seen.wrong);
}

static void compression_named(const struct rule_check *at, const struct call_seen *call)
{
    struct span encoding = fields_value(&call->headers, "grpc-encoding");
    if (framing_of(at->check, call).compressed && (encoding.len == 0 || span_is(encoding, "identity")))
        broken(at, check_text(at->check, "a message with the Compressed-Flag, and %s%s",
                              encoding.data ? "grpc-encoding: " : "no grpc-encoding",
                              encoding.data ? check_quote(at->check, encoding) : ""));
}

static void one_message(const struct rule_check *at, const struct call_seen *call)
{
    const struct schema_method *method =
        schema_method_find(at->check->in->schema, fields_value(&call->headers, ":path"));
    if (!method || method->client_streaming || !body_known(call))
        return;
    struct framing seen = framing_of(at->check, call);
    if (!seen.wrong && seen.count != 1)
        broken(at, check_text(at->check, "%zu messages", seen.count));
}

static void no_trailers(const struct rule_check *at, const struct call_seen *call)
{
    for (size_t i = 0; i < call->transcript.count; i++) {
        const struct transcript_event *event = &call->transcript.events[i];
        if (event->from == TRANSCRIPT_PROXY && event->kind == TRANSCRIPT_TRAILERS)
            broken(at, check_text(at->check, "a second header section of %zu fields", event->fields.count));
    }
}

/* ---- the protocol */

static bool is_http2(const struct call_seen *call)
{
    return !call->protocol || strcmp(call->protocol, "HTTP/2") == 0;
}

static void came_by(const struct rule_check *at, const struct call_seen *call)
{
    bool wanted = at->check->testcase->script.protocol == SCRIPT_HTTP2;
    if (is_http2(call) != wanted)
        broken(at, check_text(at->check, "the request came by %s", is_http2(call) ? "HTTP/2" : call->protocol));
}

static void well_formed(const struct rule_check *at, const struct call_seen *call)
{
    if (call->malformed)
        broken(at, check_quote(at->check, span_cstr(call->malformed)));
}

/* ---- the table */

#define REQUESTS "PROTOCOL-HTTP2 \"Requests\""

static const struct request_rule rules[] = {
    {"protocol", "HTTP/2, or what the script begins with (\"protocol\")", "PROTOCOL-HTTP2", came_by, RULE_OF_ANY},
    {"well-formed", "a well-formed HTTP/1.1 request", "RFC 9112", well_formed, RULE_OF_HTTP1},
    {"pseudo-once", "one :method, one :scheme, one :path and at most one :authority", "RFC 9113 section 8.3.1",
     pseudo_once, RULE_OF_HTTP2},
    {"pseudo-known", "no pseudo-header field that a request does not have", "RFC 9113 section 8.3", known_pseudo,
     RULE_OF_HTTP2},
    {"pseudo-first", "pseudo-header fields before all others", "RFC 9113 section 8.3", pseudo_first, RULE_OF_HTTP2},
    {"method", ":method POST", REQUESTS, method_post, RULE_OF_HTTP2},
    {"scheme", ":scheme http or https", REQUESTS, scheme_known, RULE_OF_HTTP2},
    {"path", ":path /SERVICE/METHOD", REQUESTS, path_form, RULE_OF_HTTP2},
    {"authority", ":authority is a host, without user information", "RFC 9113 section 8.3.1", authority_form,
     RULE_OF_HTTP2},
    {"host", "a host field, if any, that says what :authority says", "RFC 9113 section 8.3.1", host_agrees,
     RULE_OF_HTTP2},
    {"field-form", "names in lower case, values without blanks at their ends and without NUL, CR and LF",
     "RFC 9113 section 8.2.1", field_forms, RULE_OF_HTTP2},
    {"connection", "no field of the connection (connection, keep-alive, proxy-connection, transfer-encoding, upgrade)",
     "RFC 9113 section 8.2.2", no_connection, RULE_OF_HTTP2},
    {"once", "each field of one value once", "RFC 9110 section 5.3", singletons, RULE_OF_ANY},
    {"te", "te: trailers", REQUESTS, te_trailers, RULE_OF_HTTP2},
    {"content-type", "content-type application/grpc or application/grpc+proto", REQUESTS, content_type, RULE_OF_HTTP2},
    {"grpc-timeout", "grpc-timeout is a positive number of at most eight digits and a unit", REQUESTS, timeout,
     RULE_OF_HTTP2},
    {"no-status", "no field of a response (grpc-status, grpc-message, grpc-status-details-bin)", REQUESTS, no_status,
     RULE_OF_HTTP2},
    {"binary", "the value of a name that ends in -bin is base64", REQUESTS, binary_values, RULE_OF_HTTP2},
    {"content-length", "content-length is the sum of the DATA", "RFC 9113 section 8.1.1", content_length,
     RULE_OF_HTTP2},
    {"framing", "the body is length-prefixed messages", REQUESTS, length_prefixed, RULE_OF_HTTP2},
    {"compression", "a message has the Compressed-Flag only where grpc-encoding names a coding", REQUESTS,
     compression_named, RULE_OF_HTTP2},
    {"one-message", "one message, unless the method streams its requests", "gRPC statuscodes", one_message,
     RULE_OF_HTTP2},
    {"no-trailers", "nothing behind the messages", REQUESTS, no_trailers, RULE_OF_HTTP2},
};

const struct request_rule *request_rule_at(size_t index)
{
    return index < sizeof rules / sizeof *rules ? &rules[index] : NULL;
}

static void check_call(struct check *check, const struct call_seen *call, struct reasons *to)
{
    struct rule_check at = {.check = check, .to = to};
    enum request_rule_of other = is_http2(call) ? RULE_OF_HTTP1 : RULE_OF_HTTP2;
    for (size_t i = 0; (at.rule = request_rule_at(i)); i++) {
        if (at.rule->of != other)
            at.rule->check(&at, call);
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
