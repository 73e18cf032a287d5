/* What the backend received. */
#include "harness/engine/protojson/protojson.h"
#include "harness/suite/check_event.h"
#include "harness/suite/check_impl.h"
#include "harness/suite/check_transcoded.h"

/* A call that our script refused so that it may be tried again is not the call that counts, unless there is no other.
 */
static bool counts(const struct call_seen *call)
{
    return !call->refused_by_us;
}

size_t check_calls_counted(const struct check *check)
{
    size_t count = 0;
    for (const struct call_seen *call = check->in->calls; call; call = call->next)
        count += counts(call);
    return count;
}

static const struct call_seen *last_call(const struct check *check)
{
    const struct call_seen *call = check->in->calls;
    while (call && call->next)
        call = call->next;
    return call;
}

static bool was_cancelled(const struct call_seen *call)
{
    return (call->reset || call->conn_lost) && !call->response_ended;
}

/* The one rule for a call that never became one: the proxy opened it before it had looked at the request, and cancelled
 * it before a byte of a message was sent. No server handles it, and nothing was asked of the backend. */
static bool asked_nothing(const struct call_seen *call)
{
    return was_cancelled(call) && call->body_len == 0 && !call->half_closed;
}

/* ---- messages */

static bool is_cut(const struct call_seen *call)
{
    return call->body_len > call->body.len;
}

bool check_call_whole(struct check *check, const struct call_seen *call)
{
    if (is_cut(call))
        check_give_up(check, "the request is larger than what the backend keeps");
    return !is_cut(call);
}

/* A plain HTTP backend whose bodies are messages without a prefix. */
static bool is_bare(const struct check *check)
{
    enum mode mode = check->testcase->mode;
    return mode == MODE_REVERSE_BRIDGE || mode == MODE_TWIRP_BACKEND;
}

static void read_bare(struct check *check, const struct call_seen *call, struct frames *out)
{
    struct frames_item *item = arena_alloc(&check->kept, sizeof *item);
    *out = (struct frames){.items = item, .count = item != NULL};
    if (item)
        *item = (struct frames_item){.bytes = buf_span(&call->body)};
    else
        check_give_up(check, "the harness ran out of memory");
}

static void read_messages(struct check *check, const struct call_seen *call, struct frames *out)
{
    bool event = check->testcase->mode == MODE_GATEWAY;
    struct fields headers = call->headers;
    struct span body = buf_span(&call->body);
    if (check->testcase->back) {
        transcoded_read(check, call, out);
        return;
    }
    if (is_bare(check)) {
        read_bare(check, call, out);
        return;
    }
    if (event) {
        headers = (struct fields){0};
        body = event_body(check, call, &headers);
    }
    const struct frames_form form = frames_form_of(&headers, FRONT_GRPC_MESSAGE, 0);
    frames_read(check, body, &form, out);
    if (event && !body.data)
        out->wrong = "no event with a body";
}

static void wrong_request(struct check *check, struct reasons *to, const char *path, const char *expected,
                          const char *observed)
{
    reason_add(check, to, AXIS_REQUEST, KIND_WRONG_REQUEST, path, expected, observed);
}

/* ---- calls as text */

#define MAX_TOLD_MESSAGE 300 /* bytes of a message's JSON */

/* The first message, as the method's input. */
static const char *message_text(struct check *check, const struct call_seen *call, const struct frames *seen)
{
    const struct protojson_options strict = {0};
    const struct schema_method *method = schema_method_find(check->in->schema, fields_value(&call->headers, ":path"));
    const char *more = seen->count > 1 ? check_text(check, " and %zu more", seen->count - 1) : "";
    struct buf json;
    struct err err = {0};
    buf_init(&json, CHECK_MAX_MESSAGE);
    arena_reset(&check->scratch);
    bool known =
        method && proto_to_json(&json, method->input, seen->items[0].bytes, &strict, &check->scratch, &err) == ERR_OK;
    struct span text = buf_span(&json);
    text.len = text.len < MAX_TOLD_MESSAGE ? text.len : MAX_TOLD_MESSAGE;
    const char *told =
        known ? check_text(check, "message %s%s%s", check_quote(check, text), text.len < json.len ? "..." : "", more)
              : check_text(check, "a message of %zu bytes that cannot be shown%s", seen->items[0].bytes.len, more);
    buf_fini(&json);
    return told;
}

static const char *messages_text(struct check *check, const struct call_seen *call)
{
    struct frames seen;
    if (is_cut(call))
        return check_text(check, "%llu bytes, more than what the backend keeps", (unsigned long long)call->body_len);
    read_messages(check, call, &seen);
    return seen.count > 0 ? message_text(check, call, &seen) : seen.wrong ? seen.wrong : "no message";
}

static const char *call_text(struct check *check, const struct call_seen *call)
{
    struct span path = fields_value(&call->headers, ":path");
    struct span type = fields_value(&call->headers, "content-type");
    const char *what = messages_text(check, call);
    return check_text(check, "called: %s, content-type %s, %s", check_quote(check, path),
                      type.data ? check_quote(check, type) : "none", what);
}

const char *check_calls_text(struct check *check)
{
    const struct call_seen *call = check->in->calls;
    size_t count = 0;
    for (const struct call_seen *each = call; each; each = each->next)
        count++;
    if (count <= 1)
        return call ? call_text(check, call) : "not called";
    return check_text(check, "%zu calls; the first: %s", count, call_text(check, call));
}

static void check_unreached(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const struct call_seen *call = check->in->calls;
    (void)value;
    (void)object;
    while (call && asked_nothing(call))
        call = call->next;
    if (call)
        reason_add(check, to, AXIS_REQUEST, KIND_REACHED, "calls", "the backend is not called", call_text(check, call));
}

/* ---- messages compared */

/* What a call should hold: one message or several as JSON, or the text of one. */
struct wanted {
    const json_t *message;
    const json_t *messages;
    struct span text;
};

static const char *show_wanted(struct check *check, const struct wanted *wanted)
{
    return wanted->text.data ? check_quote(check, wanted->text)
                             : check_dump(check, wanted->message ? wanted->message : wanted->messages);
}

static void compare_message(struct check *check, const struct schema_message *type, const struct wanted *wanted,
                            size_t index, struct span seen, struct reasons *to)
{
    if (wanted->text.data)
        message_compare_wire_text(check, type, wanted->text, seen, "", to);
    else if (wanted->message)
        message_compare_wire(check, type, wanted->message, seen, "", to);
    else
        message_compare_wire(check, type, json_array_get(wanted->messages, index), seen,
                             check_text(check, "/%zu", index), to);
}

static void compare_messages(struct check *check, const struct call_seen *call, const struct schema_method *method,
                             const struct wanted *wanted, struct reasons *to)
{
    struct frames seen;
    size_t want = wanted->text.data || wanted->message ? 1 : json_array_size(wanted->messages);
    if (!check_call_whole(check, call))
        return;
    read_messages(check, call, &seen);
    if (seen.wrong)
        wrong_request(check, to, "messages", check_text(check, "%zu message(s)", want), seen.wrong);
    else if (seen.count != want)
        wrong_request(check, to, "messages", check_text(check, "%zu message(s): %s", want, show_wanted(check, wanted)),
                      check_text(check, "%zu message(s)", seen.count));
    for (size_t i = 0; i < want && i < seen.count; i++)
        compare_message(check, method->input, wanted, i, seen.items[i].bytes, to);
}

/* ---- the call */

/* Whether the call's messages can be compared with those of the method: it is the one, or takes the same. What passes
 * straight through keeps the path that the client gave. */
static bool compare_rpc(struct check *check, const struct call_seen *call, const struct schema_method *method,
                        bool named, struct reasons *to)
{
    struct span path = fields_value(&call->headers, ":path");
    bool kept = check->testcase->mode == MODE_PASS_THROUGH && !named;
    struct span want = kept ? check->testcase->request.path : method->path;
    const struct schema_method *seen = schema_method_find(check->in->schema, path);
    if (span_equal(path, want))
        return true;
    reason_add(check, to, AXIS_REQUEST, KIND_WRONG_RPC, "rpc", check_quote(check, want), call_text(check, call));
    return seen && seen->input == method->input;
}

static void compare_metadata(struct check *check, const struct call_seen *call, const json_t *value, struct reasons *to)
{
    const json_t *absent = json_object_get(value, "no_headers");
    const struct fields_asked asked = {
        .fields = &call->headers, .what = "header", .axis = AXIS_REQUEST, .kind = KIND_WRONG_METADATA};
    fields_compare(check, &asked, json_object_get(value, "headers"), to);
    fields_check_joined(check, &asked, json_object_get(value, "joined"), to);
    for (size_t i = 0; i < json_array_size(absent); i++) {
        const char *name = json_string_value(json_array_get(absent, i));
        const struct field *field = fields_find(&call->headers, name);
        if (field)
            reason_add(check, to, AXIS_REQUEST, KIND_WRONG_METADATA, check_text(check, "header %s", name),
                       check_text(check, "no %s", name),
                       check_text(check, "%s: %s", name, check_quote(check, field->value)));
    }
}

static const char *call_ending(struct check *check, const struct call_seen *call)
{
    if (call->reset)
        return check_text(check, "RST_STREAM %u%s", call->reset_code,
                          call->response_ended ? ", after the backend had ended the call" : "");
    if (call->conn_lost)
        return "the connection was closed after the backend had ended the call";
    return call->response_ended ? "the backend ended the call, not the proxy" : "the call stayed open";
}

/* The body of a call by plain HTTP. */
static void compare_body(struct check *check, const struct call_seen *call, const json_t *value, struct reasons *to)
{
    const json_t *body = json_object_get(value, "body");
    const json_t *json = json_object_get(value, "json");
    struct span seen = buf_span(&call->body);
    struct span want = body ? keys_body(body, &check->kept) : span_of(NULL, 0);
    if ((!body && !json) || !check_call_whole(check, call))
        return;
    if (body && want.data && !span_equal(want, seen))
        wrong_request(check, to, "body",
                      check_text(check, "a body of %zu bytes: %s", want.len, check_quote(check, want)),
                      check_text(check, "%zu bytes: %s", seen.len, check_quote(check, seen)));
    if (!json)
        return;
    json_t *value_seen = seen.len > 0 ? json_loadb((const char *)seen.data, seen.len, JSON_DECODE_ANY, NULL) : NULL;
    if (!value_seen || !json_equal(value_seen, (json_t *)(uintptr_t)json))
        wrong_request(check, to, "json", check_dump(check, json), check_quote(check, seen));
    json_decref(value_seen);
}

/* A message as JSON in check->kept; data NULL: it cannot be read. */
static struct span message_json(struct check *check, const struct schema_message *type, struct span bytes)
{
    const struct protojson_options strict = {0};
    struct buf json;
    struct err err = {0};
    buf_init(&json, CHECK_MAX_MESSAGE);
    arena_reset(&check->scratch);
    enum err_code code = proto_to_json(&json, type, bytes, &strict, &check->scratch, &err);
    struct span copy = code == ERR_OK ? arena_dup(&check->kept, buf_span(&json)) : span_of(NULL, 0);
    buf_fini(&json);
    return copy;
}

/* The call has the messages of one before it, of the same method. */
static void compare_same(struct check *check, const struct call_seen *call, const struct call_seen *other,
                         struct reasons *to)
{
    struct span path = fields_value(&other->headers, ":path");
    const struct schema_method *method = schema_method_find(check->in->schema, path);
    struct frames want;
    struct frames seen;
    if (!span_equal(path, fields_value(&call->headers, ":path")))
        reason_add(check, to, AXIS_REQUEST, KIND_WRONG_RPC, "rpc", check_quote(check, path), call_text(check, call));
    if (!method || !check_call_whole(check, other) || !check_call_whole(check, call))
        return;
    read_messages(check, other, &want);
    read_messages(check, call, &seen);
    if (seen.wrong || want.count != seen.count)
        wrong_request(check, to, "messages", check_text(check, "%zu message(s)", want.count),
                      seen.wrong ? seen.wrong : check_text(check, "%zu message(s)", seen.count));
    for (size_t i = 0; i < want.count && i < seen.count; i++) {
        struct span json = message_json(check, method->input, want.items[i].bytes);
        if (!json.data && !span_equal(want.items[i].bytes, seen.items[i].bytes))
            wrong_request(check, to, "message", "the same bytes", call_text(check, call));
        else if (json.data)
            message_compare_wire_text(check, method->input, json, seen.items[i].bytes, "", to);
    }
}

/* As the exchange `number`, which has ended. */
static void compare_same_as(struct check *check, const struct call_seen *call, const json_t *number, struct reasons *to)
{
    size_t index = (size_t)json_integer_value(number) - 1;
    const struct call_seen *other = number ? check->in->earlier[index].calls : NULL;
    if (other)
        compare_same(check, call, other, to);
    else if (number)
        wrong_request(check, to, "calls", check_text(check, "no call, as in exchange %zu", index + 1),
                      call_text(check, call));
}

static void compare_call(struct check *check, const struct call_seen *call, const json_t *value, struct reasons *to)
{
    const json_t *rpc = json_object_get(value, "rpc");
    const json_t *text = json_object_get(value, "message_text");
    struct wanted wanted = {.message = json_object_get(value, "message"),
                            .messages = json_object_get(value, "messages")};
    bool cancelled = keys_flag(value, "cancelled");
    const struct schema_method *method =
        rpc ? schema_method_find(check->in->schema, keys_span(rpc)) : check->testcase->rpc;
    /* The path of an HTTP/1.1 backend is not that of a gRPC method, unless the case says so. */
    bool named = rpc || check->testcase->script.protocol == SCRIPT_HTTP2;
    bool comparable = method && (!named || compare_rpc(check, call, method, rpc != NULL, to));
    if (text)
        wanted.text = keys_body(text, &check->kept);
    if (text && !wanted.text.data)
        check_give_up(check, "the harness ran out of memory");
    if (method && (wanted.text.data || wanted.message || wanted.messages)) {
        if (comparable)
            compare_messages(check, call, method, &wanted, to);
        if (!call->half_closed && !cancelled)
            wrong_request(check, to, "end", "END_STREAM after the request",
                          call->reset || call->conn_lost ? call_ending(check, call)
                                                         : "the proxy never ended its side of the call");
    }
    compare_same_as(check, call, json_object_get(value, "same_as"), to);
    compare_body(check, call, value, to);
    event_compare(check, call, json_object_get(value, "event"), to);
    compare_metadata(check, call, value, to);
    if (cancelled && !was_cancelled(call))
        reason_add(check, to, AXIS_REQUEST, KIND_NOT_CANCELLED, "cancel", "the proxy cancels the call at the backend",
                   call_ending(check, call));
}

static void check_backend_saw(struct check *check, const json_t *value, const json_t *object, struct reasons *to)
{
    const json_t *calls = json_object_get(value, "calls");
    size_t want = calls ? (size_t)json_integer_value(calls) : 1;
    size_t seen = check_calls_counted(check);
    const struct call_seen *refused = seen == 0 ? last_call(check) : NULL;
    (void)object;
    if (refused) {
        compare_call(check, refused, value, to);
        return;
    }
    if (seen < want)
        reason_add(check, to, AXIS_REQUEST, KIND_NOT_REACHED, "calls",
                   want == 1 ? "the backend is called" : check_text(check, "%zu calls of the backend", want),
                   seen == 0 ? check_text(check, "not called; the answer was %s", check_summary(check))
                             : check_text(check, "%zu call(s)", seen));
    if (seen > want)
        reason_add(check, to, AXIS_REQUEST, KIND_TOO_MANY_CALLS, "calls",
                   check_text(check, "%zu call(s) of the backend", want), check_text(check, "%zu calls", seen));
    for (const struct call_seen *call = check->in->calls; call; call = call->next) {
        if (counts(call))
            compare_call(check, call, value, to);
    }
}

/* ---- the table */

static const struct key_rule backend_saw_rules[] = {
    {.name = "message",
     .type = &key_any,
     .excludes = "messages",
     .form = "{...}",
     .text = "exactly one message, equal by descriptor; its half-close too"},
    {.name = "message_text",
     .type = &key_body,
     .excludes = "message",
     .text = "as `message`, its JSON in a form of the request's `body`: for what is too long to write out"},
    {.name = "messages",
     .type = &key_list,
     .excludes = "message_text",
     .text = "exactly these messages; the half-close too"},
    {.name = "body", .type = &key_body, .text = "its body is exactly these bytes, in a form of the request's `body`"},
    {.name = "json", .type = &key_any, .form = "{...}", .text = "its body is this JSON value"},
    {.name = "event",
     .type = &key_object,
     .object = &event_object,
     .text = "the call is the invocation of a function with such an event (below)"},
    {.name = "rpc",
     .type = &key_text,
     .form = "\"package.Service/Method\"",
     .text = "the method that was called (default: the case's)"},
    {.name = "headers", .type = &key_field_patterns, .text = "each present; `[n]` for any value"},
    {.name = "no_headers",
     .type = &key_texts,
     .min = 1,
     .max = 100,
     .form = "[n, ...]",
     .text = "none of these present"},
    {.name = "joined",
     .type = &key_field_patterns,
     .text = "where there is such a header, its lines joined with `, ` are this value"},
    {.name = "cancelled",
     .type = &key_true,
     .text = "the proxy reset the call or closed its connection before the backend ended it"},
    {.name = "same_as",
     .type = &key_number,
     .min = 1,
     .max = TESTCASE_MAX_EXCHANGES,
     .text = "of exchanges in turn (`then`): the same method and messages as in that exchange before it"},
    {.name = "calls", .type = &key_number, .min = 1, .max = 1000, .text = "that many calls (default 1)"},
    {.name = NULL}};

/* The messages, by the method that they are sent to. */
static enum err_code valid_messages_seen(const struct place *at, const json_t *value, const struct key_rule *rule,
                                         void *user, struct err *err)
{
    const struct reader *reader = user;
    const json_t *message = json_object_get(value, "message");
    const json_t *messages = json_object_get(value, "messages");
    const json_t *text = json_object_get(value, "message_text");
    const json_t *rpc = json_object_get(value, "rpc");
    struct place rpc_at = {.up = at, .key = "rpc"};
    struct place text_at = {.up = at, .key = "message_text"};
    struct place message_at = {.up = at, .key = message ? "message" : "messages"};
    (void)rule;
    const struct schema_method *method = rpc ? schema_method_find(reader->schema, keys_span(rpc)) : reader->rpc;
    if (!method)
        return rpc ? place_error(&rpc_at, ERR_SYNTAX, err, "no method \"%s\" in the descriptors",
                                 json_string_value(rpc))
                   : place_error(at, ERR_SYNTAX, err, "no method is bound to this request: name it with \"rpc\"");
    struct message_type type = {.message = method->input};
    if (message)
        return message_valid(&message_at, message, &type, reader->arena, err);
    if (text)
        return message_text_valid(&text_at, text, &type, reader->arena, err);
    return messages ? messages_valid(&message_at, messages, &type, reader->arena, err) : ERR_OK;
}
static const struct key_object backend_saw_object = {
    .name = "backendSaw", .rules = backend_saw_rules, .whole = valid_messages_seen};

const struct expectation request_expectations[] = {
    {.rule = {.name = "backend_saw",
              .type = &key_object,
              .object = &backend_saw_object,
              .text =
                  "the backend was called and saw all that stands in the object (below). `{}`: it was called, once, "
                  "on the right method"},
     .axis = AXIS_REQUEST,
     .kind = KIND_WRONG_REQUEST,
     .check = check_backend_saw},
    {.rule = {.name = "unreached",
              .type = &key_true,
              .excludes = "backend_saw",
              .text = "no call of this case reached the backend. A call that the proxy cancelled before a byte of its "
                      "message arrived, and before it was half-closed, is none"},
     .axis = AXIS_REQUEST,
     .kind = KIND_NOT_REACHED,
     .check = check_unreached},
    {.rule = {.name = NULL}}};
