/* Takes codings off. */
#include "harness/suite/decoded.h"

#include "harness/engine/coding/coding.h"

/* ---- the body of a response */

/* The codings of all lines, in the order in which they were applied (RFC 9110 section 8.4). */
static struct span codings_of(struct check *check)
{
    struct span list = fields_joined(check, &check->response->headers, span_cstr("content-encoding"));
    return list.data ? list : span_of("", 0);
}

static enum body_coding state_of(const struct check *check, enum coding_result result)
{
    switch (result) {
    case CODING_WHOLE:
        return BODY_DECODED;
    case CODING_CUT:
        return check->complete ? BODY_CUT : BODY_DECODED;
    case CODING_FULL:
        return BODY_TOO_LARGE;
    default:
        return BODY_NOT_CODED;
    }
}

/* One coding less of *body. false: nothing more can be done. */
static bool take_off(struct check *check, struct buf *body, struct span name)
{
    enum coding coding;
    struct buf out;
    if (!coding_from_name(name, &coding)) {
        check->coding = BODY_UNKNOWN;
        return false;
    }
    buf_init(&out, coding_bound(body->len, DECODED_MAX));
    enum coding_result result = coding_decode(&out, coding, buf_span(body));
    if (result == CODING_NO_MEMORY)
        check_give_up(check, "the harness ran out of memory");
    check->coding = state_of(check, result);
    if (check->coding == BODY_NOT_CODED && out.len == 0) {
        buf_fini(&out);
        return false;
    }
    buf_fini(body);
    *body = out;
    return check->coding == BODY_DECODED;
}

void decoded_response(struct check *check)
{
    const struct response_seen *response = check->response;
    struct span codings = codings_of(check);
    struct buf *body = &check->decoded_body;
    buf_init(body, response->body.len);
    if (response->body.len == 0 || response->body_len != response->body.len)
        return;
    buf_append_span(body, buf_span(&response->body));
    for (size_t count = 0; codings.len > 0; count++) {
        struct span name = coding_take_last(&codings);
        if (coding_is_identity(name))
            continue;
        if (count == DECODED_MAX_CODINGS)
            check->coding = BODY_UNKNOWN;
        if (count == DECODED_MAX_CODINGS || !take_off(check, body, name))
            break;
    }
    if (check->coding == BODY_PLAIN || front_encodes_messages(front_row(check->testcase->front)))
        return;
    check->decoded = *response;
    check->decoded.body = *body;
    check->decoded.body_len = body->len;
    check->response = &check->decoded;
}

void decoded_fini(struct check *check)
{
    buf_fini(&check->decoded_body);
}

/* ---- messages */

const char *decoded_message(struct check *check, const char *field, struct span encoding, struct span *bytes)
{
    enum coding coding;
    struct buf out;
    if (coding_is_identity(encoding))
        return check_text(check, "a message marked as compressed, and %s%s%s", encoding.data ? "" : "no ", field,
                          encoding.data ? check_text(check, ": %s", check_quote(check, encoding)) : "");
    if (!coding_from_name(encoding, &coding))
        return check_text(check, "a compressed message, and the harness does not know %s: %s", field,
                          check_quote(check, encoding));
    if (bytes->len == 0)
        return NULL; /* an empty message, which some senders mark like the others */
    size_t left = DECODED_MAX - check->decoded_messages;
    buf_init(&out, coding_bound(bytes->len, left));
    enum coding_result result = left > 0 ? coding_decode(&out, coding, *bytes) : CODING_FULL;
    check->decoded_messages += out.len;
    *bytes = arena_dup(&check->kept, buf_span(&out));
    buf_fini(&out);
    if (!bytes->data || result == CODING_NO_MEMORY) {
        check_give_up(check, "the harness ran out of memory");
        return "out of memory";
    }
    return result == CODING_WHOLE ? NULL
                                  : check_text(check, "a compressed message, and %s: %s, that is %s", field,
                                               check_quote(check, encoding), coding_result_text(result));
}
