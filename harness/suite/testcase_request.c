/* The request of a case: its keys, and the bytes that it is made into. */
#include "harness/suite/testcase_request.h"

#include <stdlib.h>

#include "harness/base/base64.h"
#include "harness/engine/coding/coding.h"
#include "harness/engine/grpc/frame.h"
#include "harness/suite/suite_impl.h"
#include "harness/suite/testcase_keys.h"
#include "harness/suite/testcase_raw.h"

static enum err_code valid_method(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    enum err_code code = key_text.check(at, value, rule, user, err);
    if (code != ERR_OK)
        return code;
    const char *text = json_string_value(value);
    if (text[0] == ':' || !keys_field_name_valid(text))
        return place_error(at, ERR_SYNTAX, err, "expected an HTTP method");
    return ERR_OK;
}

static const struct key_type method_type = {
    .check = valid_method,
    .form = "\"...\"",
    .schema = "{'type': 'string', 'pattern': '^[!#$%&\\\\u0027*+.^_`|~0-9A-Za-z-]+$'}"};

static enum err_code valid_path(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    const struct key_type *type = json_object_get(value, "fill") ? &key_body : &key_text;
    enum err_code code = type->check(at, value, rule, user, err);
    if (code != ERR_OK)
        return code;
    struct span text = keys_body(value, &((struct suite *)user)->arena);
    if (!text.data)
        return err_set(err, ERR_NO_MEMORY, "the cases take too much memory");
    if (text.len == 0 || text.data[0] != '/')
        return place_error(at, ERR_SYNTAX, err, "expected a path from its leading slash");
    if (text.len > TESTCASE_MAX_PATH)
        return place_error(at, ERR_SYNTAX, err, "a path of more than %u bytes", TESTCASE_MAX_PATH);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < 0x21 || text.data[i] > 0x7e || text.data[i] == '#')
            return place_error(at, ERR_SYNTAX, err, "a path holds visible ASCII without '#': percent-encode the rest");
    }
    return ERR_OK;
}

static const struct key_type path_type = {
    .check = valid_path,
    .form = "\"...\"",
    .schema = "{'anyOf': [{'type': 'string', 'pattern': '^/[\\\\u0021\\\\u0022\\\\u0024-\\\\u007e]*$'}, "
              "{'type': 'object', 'required': ['fill'], 'allOf': [@body]}]}",
    .parts = {&key_body}};

static enum err_code valid_headers(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    enum err_code code = key_fields.check(at, value, rule, user, err);
    struct arena *arena = &((struct suite *)user)->arena;
    for (size_t i = 0; code == ERR_OK && i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        const json_t *field = json_array_get(value, i);
        if (json_string_value(json_array_get(field, 0))[0] == ':')
            return place_error(&inside, ERR_SYNTAX, err, "pseudo headers come from method and path");
        struct span bytes = keys_bytes(json_array_get(field, 1), arena);
        if (!bytes.data)
            return err_set(err, ERR_NO_MEMORY, "the cases take too much memory");
        if (memchr(bytes.data, '\r', bytes.len) || memchr(bytes.data, '\n', bytes.len) ||
            memchr(bytes.data, '\0', bytes.len))
            return place_error(&inside, ERR_SYNTAX, err, "a header value must not hold CR, LF or NUL");
    }
    return code;
}

static const struct key_type headers_type = {
    .name = "requestHeaders",
    .check = valid_headers,
    .form = "[[name, value], ...]",
    .schema = "{'type': 'array', 'items': {'type': 'array', 'minItems': 2, 'maxItems': 2, 'prefixItems': ["
              "{'type': 'string', 'pattern': '^[!#$%&\\\\u0027*+.^_`|~0-9A-Za-z-]+$'}, "
              "{'anyOf': [{'type': 'string', 'pattern': '^[^\\\\r\\\\n\\\\u0000]*$'}, "
              "{'type': 'object', 'allOf': [@bytes]}]}]}}",
    .parts = {&key_bytes}};

/* ---- the keys */

static const struct key_rule action_rules[] = {
    [ACTION_CANCEL_AFTER_MESSAGES] = {.name = "cancel_after_messages",
                                      .type = &key_number,
                                      .min = 0,
                                      .max = 1000000,
                                      .text = "cancels when so many messages have arrived"},
    [ACTION_CANCEL_AFTER_MS] = {.name = "cancel_after_ms",
                                .type = &key_number,
                                .min = 0,
                                .max = TESTCASE_MAX_MS,
                                .text = "cancels so long after the request was sent"},
    [ACTION_ABORT_BODY_AFTER] = {.name = "abort_body_after",
                                 .type = &key_number,
                                 .min = 0,
                                 .max = TESTCASE_MAX_BODY,
                                 .text = "breaks off when so many bytes of the body were sent"},
    [ACTION_STOP_READING_MS] = {.name = "stop_reading_ms",
                                .type = &key_number,
                                .min = 0,
                                .max = TESTCASE_MAX_MS,
                                .text = "reads nothing of the response for so long"},
    [ACTION_STAY_MS] = {.name = "stay_ms",
                        .type = &key_number,
                        .min = 1,
                        .max = TESTCASE_MAX_MS,
                        .text = "with `raw`: leaves the connection open behind the answer until the proxy closes it, "
                                "at most for so long"},
    {.name = NULL}};

static enum err_code one_action(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                struct err *err)
{
    (void)rule;
    (void)user;
    return json_object_size(value) == 1 ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected one action per object");
}
static const struct key_object action_object = {
    .name = "action", .rules = action_rules, .whole = one_action, .schema = "{'minProperties': 1, 'maxProperties': 1}"};

static const struct key_rule request_rules[] = {
    {.name = "method", .type = &method_type, .text = "sent as it is"},
    {.name = "path",
     .type = &path_type,
     .text = "sent as it is: with its query, from the leading slash, already percent-encoded; also a `fill` as in "
             "`body`, up to 131072 bytes"},
    {.name = "protocol",
     .type = &key_choice,
     .choices = front_names + 1,
     .text = "in a file with a `mode`: what the client speaks (default: that of the mode), below"},
    {.name = "message",
     .type = &key_any,
     .form = "{...}",
     .excludes = "messages",
     .text =
         "in a file with a `mode`: the request is this message of the input type of `rpc`, as the protocol sends it"},
    {.name = "messages", .type = &key_list, .excludes = "frames", .text = "the same with several messages, or none"},
    {.name = "frames",
     .type = &testcase_steps,
     .max = SCRIPT_MAX_STEPS,
     .excludes = "message",
     .text = "the same with the backend's steps that send DATA (`message` with `flags`, `length`, `cut` ..., `bytes`, "
             "`text`, `fill`): what no client sends, in a protocol with length prefixes"},
    {.name = "headers",
     .type = &headers_type,
     .text = "`[[name, value], ...]` in order, added to `host`, `user-agent`, `accept` and the marker, and in place of "
             "those of the protocol that have their names"},
    {.name = "json",
     .type = &key_any,
     .excludes = "body",
     .text =
         "a body: this value in compact form, keys in order, with `content-type: application/json` unless `headers` "
         "holds a content-type"},
    {.name = "body",
     .type = &key_body,
     .text =
         "a body: this string, or `{\"hex\": \"...\"}`, or `{\"fill\": \"a\", \"count\": 5000000, \"prefix\": \"...\", "
         "\"suffix\": \"...\"}`; no content-type of its own"},
    {.name = "encoding",
     .type = &key_choice,
     .choices = coding_names,
     .excludes = "frames",
     .text = "`gzip`, `deflate`, `br` or `zstd`: compresses the body (in a protocol that compresses messages each of "
             "`message` or `messages`, with its flag), and adds the field that names the coding, of which the table of "
             "protocols "
             "has the name and which is `content-encoding` of a body, unless `headers` has it; `frames` have this key "
             "at each step"},
    {.name = "turn_by_turn",
     .type = &key_true,
     .text =
         "with `messages` or `frames`, over HTTP/2: before each message but the first the client waits until as many "
         "messages of the response have arrived as it has sent"},
    {.name = "chunked",
     .type = &key_bool,
     .text = "true: no content-length (HTTP/1.1: transfer-encoding: chunked); so it is by itself where the client "
             "speaks gRPC"},
    {.name = "split", .type = &key_number, .min = 1, .max = TESTCASE_MAX_BODY, .text = "bytes per write or DATA frame"},
    {.name = "raw",
     .type = &testcase_raw_bytes,
     .excludes = "raw_frames",
     .text = "the bytes of an HTTP/1.1 request, whatever they are, one behind the other, each in a form of `body`: all "
             "that is sent, on a connection of its own (below)"},
    {.name = "raw_frames",
     .type = &key_objects,
     .object = &testcase_raw_frame,
     .min = 1,
     .max = SCRIPT_MAX_STEPS,
     .text = "the same as frames of HTTP/2, behind the client's preface and SETTINGS: list of frames, below"},
    {.name = "client",
     .type = &key_objects,
     .object = &action_object,
     .min = 1,
     .max = TESTCASE_MAX_ACTIONS,
     .text = "list of actions, one key each, below"},
    {.name = NULL}};
const struct key_object testcase_request_object = {.name = "request", .rules = request_rules};

/* ---- a request that is written as messages */

/* The key that holds them; NULL: none does. */
static const char *messages_key(const json_t *source)
{
    static const char *const keys[] = {"message", "messages", "frames"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (json_object_get(source, keys[i]))
            return keys[i];
    }
    return NULL;
}

static bool has_messages(const json_t *source)
{
    return messages_key(source) != NULL;
}

/* The coding of the request; false: it has none. */
static bool coding_of(const json_t *source, enum coding *coding)
{
    return coding_from_name(keys_span(json_object_get(source, "encoding")), coding);
}

/* Whether each message is compressed, and not the body. */
static bool encodes_messages(const struct request_input *in, const json_t *source)
{
    return has_messages(source) && front_encodes_messages(front_row(in->front));
}

static json_t *message_step(const json_t *message, const json_t *encoding)
{
    json_t *step = json_pack("{s:O}", "message", message);
    if (encoding)
        json_object_set(step, "encoding", (json_t *)(uintptr_t)encoding);
    return step;
}

/* The steps that send the messages, as a list that the caller owns. */
static json_t *message_steps(const struct request_input *in, const json_t *source)
{
    const json_t *encoding = encodes_messages(in, source) ? json_object_get(source, "encoding") : NULL;
    const json_t *frames = json_object_get(source, "frames");
    const json_t *one = json_object_get(source, "message");
    const json_t *several = json_object_get(source, "messages");
    if (frames)
        return json_incref((json_t *)(uintptr_t)frames);
    json_t *steps = json_array();
    if (one)
        json_array_append_new(steps, message_step(one, encoding));
    for (size_t i = 0; i < json_array_size(several); i++)
        json_array_append_new(steps, message_step(json_array_get(several, i), encoding));
    return steps;
}

/* The DATA of the steps, one behind the other. false: another kind of step, or no room. */
static bool join_data(struct buf *out, const struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct script_step *step = &script->steps[i];
        if (step->kind != SCRIPT_DATA || step->end_stream)
            return false;
        for (size_t n = 0; n < step->repeat; n++)
            buf_append_span(out, step->bytes);
    }
    return !out->failed;
}

static enum err_code append_proto(struct buf *out, const struct request_input *in, const struct place *at,
                                  const json_t *steps, struct err *err)
{
    const struct schema_method sends = {.output = in->rpc->input};
    struct script script;
    enum err_code code = script_compile(&script, steps, at, &sends, in->arena, err);
    if (code == ERR_OK && !join_data(out, &script))
        code = place_error(at, ERR_SYNTAX, err, "expected steps that send DATA, of at most %u bytes in all",
                           TESTCASE_MAX_BODY);
    return code;
}

/* Messages as the case writes them: of a protocol whose messages are JSON. They are checked as messages all the same.
 */
static enum err_code append_json(struct buf *out, const struct front_row *front, const struct place *at,
                                 const json_t *steps, struct err *err)
{
    static const uint8_t prefix[FRAME_PREFIX_LEN];
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        const json_t *message = json_object_get(step, "message");
        char *text = message ? json_dumps(message, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)) : NULL;
        enum coding coding;
        size_t begun = out->len;
        bool coded = coding_of(step, &coding);
        if (!text)
            return place_error(at, ERR_SYNTAX, err, "expected messages: of this protocol they are JSON");
        if (front->framed)
            buf_append(out, prefix, sizeof prefix);
        size_t start = out->len;
        if (!coded)
            buf_append_cstr(out, text);
        else if (!coding_encode(out, coding, span_cstr(text)))
            out->failed = true;
        if (front->framed && !out->failed)
            frame_prefix_write(out->data + begun, coded ? FRAME_FLAG_COMPRESSED : 0, (uint32_t)(out->len - start));
        free(text);
    }
    return out->failed ? place_error(at, ERR_LIMIT, err, "more than %u bytes", TESTCASE_MAX_BODY) : ERR_OK;
}

static enum err_code append_messages(struct buf *out, const struct request_input *in, const struct place *at,
                                     const json_t *source, const json_t *steps, struct err *err)
{
    const struct front_row *front = front_row(in->front);
    if (!front->framed && !json_object_get(source, "message"))
        return place_error(at, ERR_SYNTAX, err, "the protocol \"%s\" sends one \"message\"", front->name);
    struct buf proto;
    buf_init(&proto, TESTCASE_MAX_BODY);
    enum err_code code = append_proto(&proto, in, at, steps, err);
    if (code == ERR_OK && front->json)
        code = append_json(out, front, at, steps, err);
    else if (code == ERR_OK)
        buf_append_span(out, span_from(buf_span(&proto), front->framed ? 0 : FRAME_PREFIX_LEN));
    buf_fini(&proto);
    return code;
}

static enum err_code fill_messages(struct testcase_request *request, const struct request_input *in,
                                   const struct place *at, const json_t *source, struct err *err)
{
    struct buf body;
    struct buf text;
    json_t *steps = message_steps(in, source);
    struct place inside = {.up = at, .key = messages_key(source)};
    buf_init(&body, TESTCASE_MAX_BODY);
    buf_init(&text, 2 * TESTCASE_MAX_BODY);
    enum err_code code = append_messages(&body, in, &inside, source, steps, err);
    bool base64 = front_row(in->front)->base64;
    if (code == ERR_OK && base64 && !base64_encode(&text, buf_span(&body), true))
        code = place_error(at, ERR_LIMIT, err, "more than %u bytes", TESTCASE_MAX_BODY);
    if (code == ERR_OK) {
        request->has_body = true;
        request->body = arena_dup(in->arena, buf_span(base64 ? &text : &body));
        if (!request->body.data)
            code = err_set(err, ERR_NO_MEMORY, "the cases take too much memory");
    }
    buf_fini(&body);
    buf_fini(&text);
    json_decref(steps);
    return code;
}

/* Where the messages of the body end, but the last. */
static enum err_code fill_turns(struct testcase_request *request, const struct request_input *in,
                                const struct place *at, struct err *err)
{
    const struct front_row *front = front_row(in->front);
    struct frame_parser parser;
    struct frame_piece piece;
    struct span body = request->body;
    size_t *turns = arena_calloc(in->arena, request->body.len / FRAME_PREFIX_LEN + 1, sizeof *turns);
    if (!front->framed || front->base64)
        return place_error(at, ERR_SYNTAX, err, "\"turn_by_turn\" needs a protocol with length prefixes");
    if (!turns)
        return err_set(err, ERR_NO_MEMORY, "the cases take too much memory");
    frame_parser_init(&parser, UINT32_MAX);
    while (frame_parser_next(&parser, &body, &piece, err) == FRAME_DONE) {
        if (piece.last && body.len > 0)
            turns[request->turn_count++] = request->body.len - body.len;
    }
    request->turns = turns;
    return request->turn_count > 0 ? ERR_OK
                                   : place_error(at, ERR_SYNTAX, err, "\"turn_by_turn\" with less than two messages");
}

/* What the protocol adds to what the case says. */
static enum err_code fill_protocol(struct testcase_request *request, const struct request_input *in,
                                   const struct place *at, const json_t *source, struct err *err)
{
    enum err_code code = ERR_OK;
    if (!in->rpc && (has_messages(source) || request->path.len == 0))
        return place_error(at, ERR_SYNTAX, err, "no \"rpc\" of the case says which method is called");
    if (request->method.len == 0)
        request->method = span_cstr("POST");
    if (request->path.len == 0)
        request->path = front_path(in->front, in->rpc, in->arena);
    if (has_messages(source))
        code = fill_messages(request, in, at, source, err);
    if (code == ERR_OK && keys_flag(source, "turn_by_turn"))
        code = fill_turns(request, in, at, err);
    if (in->front == FRONT_GRPC && !json_object_get(source, "chunked"))
        request->chunked = true; /* no gRPC client gives a length */
    if (code == ERR_OK &&
        (!request->path.data || (request->has_body && !front_headers(in->front, &request->headers, in->arena))))
        code = err_set(err, ERR_NO_MEMORY, "the cases take too much memory");
    return code;
}

/* ---- making the request */

/* What `encoding` asks for, once the body is there: the field, and the body unless its messages are compressed already.
 */
static enum err_code encode(struct testcase_request *request, const struct request_input *in, const struct place *at,
                            const json_t *source, struct err *err)
{
    struct place inside = {.up = at, .key = "encoding"};
    bool messages = encodes_messages(in, source);
    const char *field = messages ? front_row(in->front)->encoding : FRONT_BODY;
    enum coding coding;
    struct buf body;
    if (!coding_of(source, &coding))
        return ERR_OK;
    if (!request->has_body)
        return place_error(&inside, ERR_SYNTAX, err, "there is no body to compress");
    bool done = fields_find(&request->headers, field) ||
                fields_add_view(&request->headers, in->arena, span_cstr(field), span_cstr(coding_names[coding]));
    buf_init(&body, TESTCASE_MAX_BODY);
    if (!messages) {
        done = done && coding_encode(&body, coding, request->body);
        request->body = arena_dup(in->arena, buf_span(&body));
    }
    buf_fini(&body);
    return done && request->body.data ? ERR_OK : err_set(err, ERR_NO_MEMORY, "the cases take too much memory");
}

static bool fill_json_body(struct testcase_request *request, const json_t *value, struct arena *arena)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (!text)
        return false;
    request->has_body = true;
    request->body = arena_dup(arena, span_cstr(text));
    free(text);
    if (!request->body.data)
        return false;
    return fields_find(&request->headers, "content-type") ||
           fields_add(&request->headers, arena, span_cstr("content-type"), span_cstr("application/json"));
}

static bool fill_actions(struct testcase_request *request, const json_t *list, struct arena *arena)
{
    size_t count = json_array_size(list);
    struct testcase_action *actions = arena_calloc(arena, count + 1, sizeof *actions);
    for (size_t i = 0; actions && i < count; i++) {
        for (int kind = 0; action_rules[kind].name; kind++) {
            const json_t *value = json_object_get(json_array_get(list, i), action_rules[kind].name);
            if (value)
                actions[i] = (struct testcase_action){.kind = (enum testcase_action_kind)kind,
                                                      .value = (uint64_t)json_integer_value(value)};
        }
    }
    request->actions = actions;
    request->action_count = count;
    return actions != NULL;
}

static bool fill_plain(struct testcase_request *request, const json_t *source, struct arena *arena)
{
    const json_t *headers = json_object_get(source, "headers");
    request->method = keys_span(json_object_get(source, "method"));
    const json_t *path = json_object_get(source, "path");
    request->path = path ? keys_body(path, arena) : span_of(NULL, 0);
    request->chunked = keys_flag(source, "chunked");
    request->split_len = (size_t)json_integer_value(json_object_get(source, "split"));
    for (size_t i = 0; i < json_array_size(headers); i++) {
        const json_t *field = json_array_get(headers, i);
        struct span value = keys_bytes(json_array_get(field, 1), arena);
        if (!value.data || !fields_add_view(&request->headers, arena, keys_span(json_array_get(field, 0)), value))
            return false;
    }
    const json_t *json = json_object_get(source, "json");
    const json_t *body = json_object_get(source, "body");
    if (json && !fill_json_body(request, json, arena))
        return false;
    if (body) {
        request->has_body = true;
        request->body = keys_body(body, arena);
        if (!request->body.data)
            return false;
    }
    return fill_actions(request, json_object_get(source, "client"), arena);
}

enum err_code testcase_request_fill(struct testcase_request *request, const struct request_input *in,
                                    const struct place *at, const json_t *source, struct err *err)
{
    if (!fill_plain(request, source, in->arena))
        return err_set(err, ERR_NO_MEMORY, "the cases take too much memory");
    enum err_code raw = testcase_raw_fill(request, at, source, in->arena, err);
    if (raw != ERR_OK)
        return raw;
    if (has_messages(source) && (request->has_body || raw_request_given(&request->raw)))
        return place_error(at, ERR_SYNTAX, err, "the body stands there twice: as messages and as bytes");
    if (in->front != FRONT_HTTP_JSON) {
        enum err_code code = fill_protocol(request, in, at, source, err);
        return code == ERR_OK ? encode(request, in, at, source, err) : code;
    }
    if (has_messages(source) || json_object_get(source, "protocol") || json_object_get(source, "turn_by_turn"))
        return place_error(at, ERR_SYNTAX, err,
                           "\"protocol\", \"message\", \"messages\", \"frames\" and \"turn_by_turn\" belong in a "
                           "file with a \"mode\"");
    return request->method.len > 0 && request->path.len > 0
               ? encode(request, in, at, source, err)
               : place_error(at, ERR_SYNTAX, err, "expected \"method\" and \"path\"");
}
