/* What an exchange has in common with one before it, in a case with `then`. */
#include "harness/suite/check_impl.h"

/* ---- the connection */

static void check_same_connection(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct check_input *before = &check->in->earlier[check->in->earlier_count - 1];
    uint32_t seen = check->in->response->conn;
    (void)value, (void)object;
    if (seen == 0 || seen != before->response->conn)
        reason_add(check, to, AXIS_ENDING, KIND_NOT_KEPT, "connection",
                   "the connection of the exchange before, which HTTP keeps unless somebody says otherwise",
                   seen == 0 ? "there was no connection" : "the proxy closed it, and the client made another");
}

/* ---- the answer */

#define BLANKS " \t\r\n"

/* The JSON values of a body, one behind the other, which the caller owns; NULL: it is something else. */
static json_t *values_of(struct span body)
{
    json_t *values = json_array();
    struct span left = span_trim(body, BLANKS);
    while (left.len > 0) {
        json_error_t at;
        json_t *value = json_loadb((const char *)left.data, left.len, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &at);
        if (!value || json_array_append_new(values, value) != 0) {
            json_decref(values);
            return NULL;
        }
        left = span_trim(span_from(left, (size_t)at.position), BLANKS);
    }
    return values;
}

static bool is_stream(const struct check *check)
{
    return check->testcase->rpc && check->testcase->rpc->server_streaming;
}

/* What the body holds: of a stream its messages. */
static json_t *held(struct check *check)
{
    const struct stream_view *view = is_stream(check) ? check_stream(check) : NULL;
    if (!view || view->wrong)
        return values_of(buf_span(&check->response->body));
    json_t *values = json_array();
    for (size_t i = 0; i < view->count; i++)
        json_array_append_new(values, stream_element_load(view->elements[i]));
    return values;
}

static bool same_body(struct check *check, struct check *other)
{
    json_t *first = held(other);
    json_t *second = held(check);
    bool same = first && second ? json_equal(first, second)
                                : span_equal(buf_span(&other->response->body), buf_span(&check->response->body));
    json_decref(first);
    json_decref(second);
    return same;
}

static void compare_answer(struct check *check, struct check *other, const char *which, struct reasons *to)
{
    const struct response_seen *want = other->response;
    const struct response_seen *seen = check->response;
    struct span want_type = fields_value(&want->headers, "content-type");
    struct span seen_type = fields_value(&seen->headers, "content-type");
    const char *told = check_text(check, "as %s: %s", which, check_summary(other));
    if (want->status != seen->status)
        reason_add(check, to, AXIS_RESPONSE, check_hidden_or(check, KIND_WRONG_STATUS), "status", told,
                   check_summary(check));
    if (check->complete != other->complete)
        reason_add(check, to, AXIS_ENDING, KIND_WRONG_ENDING, "ending", told, check_ending_text(check));
    if (is_stream(check) == is_stream(other) && !span_equal_nocase(want_type, seen_type))
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_CONTENT_TYPE, "header content-type", told,
                   check_summary(check));
    if (!same_body(check, other))
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY, "body", told, check_summary(check));
}

static void check_same_as(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    size_t number = (size_t)json_integer_value(value);
    struct check other;
    (void)object;
    check_begin(&other, &check->in->earlier[number - 1], check->arena);
    compare_answer(check, &other, check_text(check, "exchange %zu", number), to);
    if (other.unjudgeable)
        check_give_up(check, other.unjudgeable);
    check_end(&other);
}

/* ---- the table */

const struct expectation relation_expectations[] = {
    {.rule = {.name = "anything",
              .type = &key_true,
              .text =
                  "alone, and of an exchange in turn (`then`) that another follows: nothing is asked of it, not even "
                  "what is checked always; what comes of it is the subject of another case, and here the next is"},
     .axis = AXIS_RESPONSE},
    {.rule = {.name = "same_connection",
              .type = &key_true,
              .text =
                  "of exchanges in turn (`then`): it came on the connection of the one before, which the proxy kept"},
     .axis = AXIS_ENDING,
     .kind = KIND_NOT_KEPT,
     .check = check_same_connection},
    {.rule = {.name = "same_as",
              .type = &key_number,
              .min = 1,
              .max = TESTCASE_MAX_EXCHANGES,
              .text = "of exchanges in turn (`then`): the answer is that of the exchange of this number before it: "
                      "status, content type, and body, which is compared as JSON where it is JSON values; of a stream "
                      "its messages count, so that a stream of one is the answer of a method that does not stream"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_BODY,
     .check = check_same_as,
     .is_answer = true},
    {.rule = {.name = NULL}}};
