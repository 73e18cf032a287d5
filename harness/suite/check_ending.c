/* How the exchange ended, whether a failure shows, and how the proxy fares afterwards. */
#include "harness/base/h2_code.h"
#include "harness/suite/answer.h"
#include "harness/suite/request_rules.h"
#include "harness/suite/response_rules.h"

bool check_aborted(const struct check *check)
{
    switch (check->response->ending) {
    case ENDING_CUT:
    case ENDING_CONN_RESET:
        return true;
    case ENDING_RESET:
        return !check->complete;
    default:
        return false;
    }
}

const char *check_ending_text(struct check *check)
{
    const struct response_seen *response = check->response;
    switch (response->ending) {
    case ENDING_COMPLETE:
        return "complete";
    case ENDING_CUT:
        return response->status == 0 ? "connection closed without an answer" : "cut short (connection closed)";
    case ENDING_RESET:
        return check_text(check, "reset (RST_STREAM %u)", response->reset_code);
    case ENDING_CONN_RESET:
        return "connection reset (TCP RST)";
    case ENDING_TIMEOUT:
        return "no end before the deadline";
    case ENDING_CANCELLED:
        return "cancelled by the client";
    case ENDING_REFUSED:
        return check_text(check, "refused: %s", response->detail);
    case ENDING_MALFORMED:
        return check_text(check, "malformed: %s", response->detail);
    case ENDING_TOO_LARGE:
        return check_text(check, "too large for the harness: %s", response->detail);
    default:
        return "open";
    }
}

static bool ending_is(const struct check *check, const char *name)
{
    enum ending ending = check->response->ending;
    if (strcmp(name, "complete") == 0)
        return check->complete;
    if (strcmp(name, "aborted") == 0)
        return check_aborted(check);
    if (strcmp(name, "reset") == 0)
        return check_aborted(check) && ending != ENDING_CUT;
    if (strcmp(name, "protocol-error") == 0)
        return ending == ENDING_RESET && check->response->reset_code == H2_CODE_PROTOCOL_ERROR &&
               check->response->status == 0;
    if (strcmp(name, "timeout") == 0)
        return ending == ENDING_TIMEOUT;
    return ending == ENDING_CANCELLED;
}

static void check_ends(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    bool held = json_is_string(value) && ending_is(check, json_string_value(value));
    for (size_t i = 0; i < json_array_size(value) && !held; i++)
        held = ending_is(check, json_string_value(json_array_get(value, i)));
    if (held)
        return;
    enum reason_kind kind = KIND_WRONG_ENDING;
    if (json_is_string(value) && strcmp(json_string_value(value), "complete") == 0 && check_aborted(check))
        kind = KIND_CUT_SHORT;
    else if (check_asks_failure(check, object))
        kind = check_hidden_or(check, kind);
    reason_add(check, to, kind == KIND_FAILURE_HIDDEN ? AXIS_RESPONSE : AXIS_ENDING, kind, "ending",
               check_text(check, "ends %s", check_dump(check, value)), check_summary(check));
}

static void check_fails_visibly(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct response_seen *response = check->response;
    const struct schema_method *rpc = check->testcase->rpc;
    struct message_type type = message_type_of(rpc, check->testcase->binding);
    (void)value;
    (void)object;
    if (check_has_answer(check)) {
        if (!check->complete ? !check_aborted(check) : answer_is_success(check))
            reason_add(check, to, AXIS_RESPONSE, check->complete ? KIND_FAILURE_HIDDEN : KIND_WRONG_ENDING, "failure",
                       "a failure, as clients of the protocol see one", answer_text(check));
        return;
    }
    if ((response->status >= 400 && check->complete) || check_aborted(check))
        return;
    if (response->status != 0 && error_in_trailers(check))
        return;
    if (rpc && rpc->server_streaming ? check_stream(check)->has_error
                                     : stream_is_error(&type, buf_span(&response->body)))
        return;
    reason_add(
        check, to, AXIS_RESPONSE, check_success(check) ? KIND_FAILURE_HIDDEN : KIND_WRONG_ENDING, "failure",
        "a sign of the failure: status 400 or above, a cut or reset response, an error element, or a grpc-status "
        "other than 0 at the end",
        check_summary(check));
}

static void check_closes(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    (void)value;
    (void)object;
    if (!check->response->closed)
        reason_add(check, to, AXIS_ENDING, KIND_WRONG_ENDING, "connection", "the proxy closes the connection",
                   check_text(check, "%s, and the connection stays open", check_summary(check)));
}

static void check_then_healthy(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    (void)value;
    (void)object;
    (void)to; /* an ordinary request that failed is a reason in every case: see check_always */
    if (!check->in->health.asked && !check->in->health.process_died)
        check_give_up(check, "no ordinary request was made after the case");
}

/* ---- always */

/* Whether the script was waiting for the client to have a message that never came through: the proxy holds it back. */
static bool waits_for_message(const struct check *check, size_t *awaited)
{
    bool has_headers = check->response->status != 0;
    const struct call_seen *call = check->in->calls;
    struct stream_counter counter;
    struct arena arena;
    bool waits = false;
    if (!call || call->script_done)
        return false;
    arena_init(&arena, 4096);
    stream_counter_init(&counter, check->testcase->front, check->in->profile, &arena);
    stream_counter_feed(&counter, buf_span(&check->in->response->body), &check->response->headers);
    stream_counter_fini(&counter);
    for (size_t i = 0; i < json_array_size(check->testcase->backend) && !waits; i++) {
        const json_t *step = json_array_get(check->testcase->backend, i);
        const char *point = json_string_value(json_object_get(step, "await"));
        *awaited = (size_t)json_integer_value(json_object_get(step, "count"));
        waits = point && strcmp(point, "client_has_messages") == 0 &&
                (*awaited == 0 ? !has_headers : counter.count < *awaited);
    }
    arena_fini(&arena);
    return waits;
}

static void check_hung(struct check *check, struct reasons *to)
{
    size_t awaited = 0;
    if (check->response->ending != ENDING_TIMEOUT || check_mentions(check->testcase->expect, "ends", "timeout"))
        return;
    if (waits_for_message(check, &awaited))
        reason_add(check, to, AXIS_RESPONSE, KIND_NOT_DELIVERED, awaited == 0 ? "headers" : "messages",
                   awaited == 0 ? "the response headers before the first message is sent"
                                : check_text(check, "%zu message(s) at the client before the next is sent", awaited),
                   check_summary(check));
    else
        reason_add(check, to, AXIS_ENDING, KIND_HUNG, "ending", "an end before the deadline", check_summary(check));
}

static bool client_goes_away(const struct testcase *testcase)
{
    for (size_t i = 0; i < testcase->request.action_count; i++) {
        enum testcase_action_kind kind = testcase->request.actions[i].kind;
        if (kind != ACTION_STOP_READING_MS && kind != ACTION_STAY_MS)
            return true;
    }
    return false;
}

/* A response that becomes more than the harness decodes. */
static void check_decoded_size(struct check *check, struct reasons *to)
{
    if (check->coding == BODY_TOO_LARGE)
        reason_add(check, to, AXIS_ENDING, KIND_WRONG_ENDING, "size",
                   "a response within the limits of the harness once it is decoded",
                   check_text(check, "content-encoding: %s, and %zu bytes that become more than %zu",
                              check_quote(check, fields_value(&check->response->headers, "content-encoding")),
                              check->in->response->body.len, check->response->body.len));
}

/* A response that nobody expected to be cut. */
static void check_cut(struct check *check, struct reasons *to)
{
    const json_t *expect = check->testcase->expect;
    enum ending ending = check->response->ending;
    if (check->complete || ending == ENDING_TIMEOUT || ending == ENDING_MALFORMED || ending == ENDING_OPEN)
        return;
    if (ending == ENDING_TOO_LARGE) {
        reason_add(check, to, AXIS_ENDING, KIND_WRONG_ENDING, "size", "a response within the limits of the harness",
                   check_summary(check));
        return;
    }
    if (ending != ENDING_REFUSED &&
        (check_mentions(expect, "ends", NULL) || check_mentions(expect, "fails_visibly", NULL) ||
         client_goes_away(check->testcase)))
        return;
    reason_add(check, to, AXIS_ENDING, KIND_CUT_SHORT, "ending", "a complete response", check_summary(check));
}

static void check_health(struct check *check, struct reasons *to)
{
    const struct health_seen *health = &check->in->health;
    const char *detail = health->detail ? health->detail : "no detail";
    if (health->process_known && health->process_died)
        reason_add(check, to, AXIS_HEALTH, health->over_memory ? KIND_OVER_MEMORY : KIND_DIED, "process",
                   health->over_memory ? "the proxy stays within its memory" : "the proxy is alive afterwards",
                   check_text(check, "%s", detail));
    else if (health->asked && !health->healthy)
        reason_add(check, to, AXIS_HEALTH, KIND_UNHEALTHY, "health", "an ordinary request succeeds afterwards",
                   check_text(check, "%u failed; %s", health->attempts, detail));
}

void check_always(struct check *check, struct reasons *to)
{
    size_t allowed = check->testcase->calls_allowed;
    size_t seen = check_calls_counted(check);
    if (check->response->ending == ENDING_OPEN)
        check_give_up(check, "the exchange did not end");
    check_health(check, to);
    check_hung(check, to);
    if (seen > allowed && !check->testcase->expects_unreached)
        reason_add(check, to, AXIS_REQUEST, KIND_TOO_MANY_CALLS, "calls",
                   check_text(check, "%zu call(s) of the backend", allowed), check_text(check, "%zu calls", seen));
    request_rules_check(check, to);
    reasons_add_all(check, to, check_malformed(check));
    response_rules_check_status(check, to);
    check_cut(check, to);
    check_decoded_size(check, to);
}

/* ---- the table */

static const char *const endings[] = {"complete", "aborted", "reset", "protocol-error", "timeout", "cancelled", NULL};

const struct expectation ending_expectations[] = {
    {.rule = {.name = "ends",
              .type = &key_choice_list,
              .choices = endings,
              .min = 1,
              .max = 6,
              .text =
                  "`complete`, `aborted` (cut, reset or TCP reset: anything but a clean end), `reset` (RST_STREAM or "
                  "TCP reset), `protocol-error` (RST_STREAM with PROTOCOL_ERROR and no response: how HTTP/2 refuses a "
                  "malformed request, RFC 9113 section 8.1.1), `timeout`, `cancelled`; or a list of these"},
     .axis = AXIS_ENDING,
     .kind = KIND_WRONG_ENDING,
     .check = check_ends},
    {.rule = {.name = "fails_visibly",
              .type = &key_true,
              .text = "INV-1: status 400 or above, or `ends: aborted`, or a `stream_error`, or a trailer `grpc-status` "
                      "other than 0 (a header of that name only where the stream has no body and is not labelled JSON: "
                      "behind a 200 no HTTP client looks for it); for a call that is not a stream also an error as the "
                      "body, whatever the status"},
     .axis = AXIS_RESPONSE,
     .kind = KIND_WRONG_STATUS,
     .check = check_fails_visibly},
    {.rule = {.name = "closes",
              .type = &key_true,
              .text = "of a `raw` request: the proxy ended the connection, behind its answer (`stay_ms` is the time "
                      "that it has) or in place of one"},
     .axis = AXIS_ENDING,
     .kind = KIND_WRONG_ENDING,
     .check = check_closes},
    {.rule = {.name = "then_healthy", .type = &key_true, .text = "an ordinary request succeeds afterwards"},
     .axis = AXIS_HEALTH,
     .kind = KIND_UNHEALTHY,
     .check = check_then_healthy},
    {.rule = {.name = NULL}}};
