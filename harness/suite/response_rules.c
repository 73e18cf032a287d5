/* The rules that the header section of every response is held to. */
#include "harness/suite/response_rules.h"

#include "harness/engine/grpc/frame.h"
#include "harness/suite/answer.h"
#include "harness/suite/json_element.h"

struct response_rule {
    const char *name; /* behind "form " in the path of a reason, before the name of a field where fields break it */
    const char *text; /* what holds, with its source */
    void (*check)(struct check *check, const struct response_rule *rule, struct reasons *to);
};

static void broken(struct check *check, const struct response_rule *rule, const char *field, const char *observed,
                   struct reasons *to)
{
    reason_add(check, to, AXIS_RESPONSE, KIND_MALFORMED,
               check_text(check, "form %s%s%s", rule->name, field ? " " : "", field ? field : ""), rule->text,
               observed);
}

static const struct fields *headers_of(const struct check *check)
{
    return &check->response->headers;
}

static const char *show(struct check *check, const char *name)
{
    return check_text(check, "%s: %s", name, check_quote(check, fields_value(headers_of(check), name)));
}

/* Fields that hold one value: a second line of them makes no list. */
static void singletons(struct check *check, const struct response_rule *rule, struct reasons *to)
{
    static const char *const names[] = {"content-type",  "content-length", "date", "location",      "etag",
                                        "last-modified", "retry-after",    "age",  "content-range", NULL};
    for (size_t i = 0; names[i]; i++) {
        size_t count = fields_count(headers_of(check), names[i]);
        if (count > 1)
            broken(check, rule, names[i], check_text(check, "%s %zu times", names[i], count), to);
    }
}

static void one_framing(struct check *check, const struct response_rule *rule, struct reasons *to)
{
    if (fields_find(headers_of(check), "content-length") && fields_find(headers_of(check), "transfer-encoding"))
        broken(check, rule, NULL,
               check_text(check, "%s, %s", show(check, "content-length"), show(check, "transfer-encoding")), to);
}

static void no_length_without_content(struct check *check, const struct response_rule *rule, struct reasons *to)
{
    static const char *const names[] = {"content-length", "transfer-encoding"};
    for (size_t i = 0; i < 2 && check->response->status == 204; i++) {
        if (fields_find(headers_of(check), names[i]))
            broken(check, rule, NULL, check_text(check, "204 with %s", show(check, names[i])), to);
    }
}

/* ---- what the body is said to be */

static const char *false_label(struct check *check, const char *name)
{
    struct span body = buf_span(&check->response->body);
    body.len = body.len < 200 ? body.len : 200;
    return check_text(check, "%s, and a body that is not: %s", show(check, name), check_quote(check, body));
}

static bool is_json(struct span body)
{
    struct err err;
    size_t at = 0;
    while (at < body.len && strchr(" \t\r\n", body.data[at]) && body.data[at])
        at++;
    return at < body.len && (body.data[at] == '{' || body.data[at] == '[') &&
           json_element_validate(body, &err) == ERR_OK;
}

static void true_encoding(struct check *check, const struct response_rule *rule, struct reasons *to)
{
    if (check->coding == BODY_CUT)
        broken(
            check, rule, NULL,
            check_text(check, "%s, and a body that is cut off before its coding ends", show(check, "content-encoding")),
            to);
    else if (check->coding == BODY_NOT_CODED ||
             (check->coding == BODY_UNKNOWN && is_json(buf_span(&check->response->body))))
        broken(check, rule, NULL, false_label(check, "content-encoding"), to);
    else if (check->coding == BODY_UNKNOWN)
        check_give_up(check, check_text(check, "the body is coded: %s", show(check, "content-encoding")));
}

static bool is_framed(struct span body)
{
    struct frame_parser parser;
    struct frame_piece piece;
    struct err err;
    frame_parser_init(&parser, UINT32_MAX);
    while (frame_parser_next(&parser, &body, &piece, &err) == FRAME_DONE)
        ;
    return body.len == 0 && frame_parser_at_boundary(&parser);
}

/* Not its relatives, whose frames are others (gRPC-Web marks trailers by a flag, or is base64). */
static bool is_grpc(struct span type)
{
    return span_is(type, "application/grpc") || span_starts_with(type, "application/grpc+");
}

/* Types that JSON is none of: markup, which a browser would run, and what is not text at all. */
static bool is_no_json(struct span type)
{
    static const char *const types[] = {"text/html",
                                        "text/xml",
                                        "application/xml",
                                        "application/xhtml+xml",
                                        "application/protobuf",
                                        "application/x-protobuf"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (span_is(type, types[i]))
            return true;
    }
    return span_starts_with(type, "application/grpc");
}

/* Where the label is another format than the bytes are; what speaks a protocol with a status of its own judges that
 * by the protocol (answer.h). text/plain is no lie about JSON, nor is a label that is
 * unknown.
 */
static void true_type(struct check *check, const struct response_rule *rule, struct reasons *to)
{
    const struct schema_method *rpc = check->testcase->rpc;
    struct span type = check_media_type(check);
    struct span body = buf_span(&check->response->body);
    if (!check->complete || body.len == 0 || check->response->body_len != body.len || check_has_answer(check) ||
        (rpc && rpc->output->well_known == SCHEMA_WKT_HTTP_BODY))
        return;
    if (is_grpc(type) ? !is_framed(body) : is_no_json(type) && is_json(body))
        broken(check, rule, NULL, false_label(check, "content-type"), to);
}

/* ---- the table */

static const struct response_rule rules[] = {
    {"once", "each field of one value once (RFC 9110 section 5.3)", singletons},
    {"one-framing", "no content-length beside transfer-encoding (RFC 9112 section 6.2)", one_framing},
    {"no-content", "no length of content that 204 does not have (RFC 9110 section 8.6, RFC 9112 section 6.1)",
     no_length_without_content},
    {"content-encoding", "content-encoding names what was done to the body (RFC 9110 section 8.4)", true_encoding},
    {"content-type", "content-type names what the body is (RFC 9110 section 8.3)", true_type},
};

void response_rules_check(struct check *check, struct reasons *to)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules && check->response->status != 0; i++)
        rules[i].check(check, &rules[i], to);
}

/* A 405 that the proxy gives by itself: what binds an origin server binds a gateway (RFC 9110 section 3.7). */
void response_rules_check_status(struct check *check, struct reasons *to)
{
    if (check->response->status == 405 && !check->in->calls && !fields_find(headers_of(check), "allow"))
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_HEADER, "header allow",
                   "an allow header with a 405 (RFC 9110 section 15.5.6)", "no allow");
}
