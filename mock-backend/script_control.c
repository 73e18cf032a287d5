/* The steps that are no part of the response's text: resets, closed connections, waiting, raw frames. */
#include "harness/base/h2_code.h"
#include "mock-backend/script_impl.h"

#define H2_HEADERS 1u /* frame type */

/* ---- types */

static enum err_code check_h2_code(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    const struct key_type *type = json_is_integer(value) ? &key_number : &key_choice;
    return type->check(at, value, rule, user, err);
}
static const struct key_type h2_code = {
    .name = "h2Code",
    .check = check_h2_code,
    .form = "\"CANCEL\"",
    .schema = "{'anyOf': [{'type': 'integer', 'minimum': $min, 'maximum': $max}, {'enum': $choices}]}"};

static uint32_t code_of(const json_t *value)
{
    uint32_t code = (uint32_t)json_integer_value(value);
    if (json_is_string(value))
        h2_code_from_name(keys_span(value), &code);
    return code;
}

static const char *const closes[] = {"fin", "rst", NULL};
static const char *const points[] = {[SCRIPT_REQUEST_HEADERS] = "request_headers",
                                     [SCRIPT_REQUEST_COMPLETE] = "request_complete",
                                     [SCRIPT_CLIENT_HAS_MESSAGES] = "client_has_messages",
                                     [SCRIPT_CLIENT_CANCELLED] = "client_cancelled",
                                     [SCRIPT_ALL_HERE] = "all_here",
                                     [SCRIPT_OTHERS_ENDED] = "others_ended",
                                     NULL};

/* ---- resets and closed connections */

static enum err_code compile_rst(struct compiler *compiler, struct err *err)
{
    struct script_step *step = script_add(compiler, SCRIPT_RST, err);
    if (!step)
        return err->code;
    step->code = code_of(script_value(compiler, "rst"));
    compiler->reset = true;
    compiler->script->permits_retry = compiler->script->permits_retry || step->code == H2_CODE_REFUSED_STREAM;
    return ERR_OK;
}

static enum err_code compile_goaway(struct compiler *compiler, struct err *err)
{
    struct script_step *step = script_add(compiler, SCRIPT_GOAWAY, err);
    if (!step)
        return err->code;
    step->code = code_of(script_value(compiler, "goaway"));
    step->covers = !json_is_false(script_value(compiler, "covers"));
    compiler->script->permits_retry = compiler->script->permits_retry || !step->covers;
    return ERR_OK;
}

static enum err_code compile_close(struct compiler *compiler, struct err *err)
{
    struct script_step *step = script_add(compiler, SCRIPT_CLOSE, err);
    if (!step)
        return err->code;
    step->rst = span_is(keys_span(script_value(compiler, "close")), "rst");
    compiler->closed = true;
    return ERR_OK;
}

/* ---- waiting */

static enum err_code compile_wait(struct compiler *compiler, struct err *err)
{
    struct script_step *step = script_add(compiler, SCRIPT_WAIT, err);
    if (!step)
        return err->code;
    step->wait_ms = script_number(compiler, "wait_ms", 0);
    return ERR_OK;
}

static enum script_point point_of(const json_t *value)
{
    enum script_point point = SCRIPT_REQUEST_HEADERS;
    while (!span_is(keys_span(value), points[point]))
        point++;
    return point;
}

/* The key `count` belongs to one of the points. */
static enum err_code check_await(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    (void)rule;
    (void)user;
    enum script_point point = point_of(json_object_get(value, "await"));
    bool counts = point == SCRIPT_CLIENT_HAS_MESSAGES || point == SCRIPT_OTHERS_ENDED;
    if (counts != (json_object_get(value, "count") != NULL))
        return place_error(at, ERR_SYNTAX, err,
                           "\"count\" goes with \"client_has_messages\" and \"others_ended\", and only with these");
    return ERR_OK;
}

static enum err_code compile_await(struct compiler *compiler, struct err *err)
{
    enum script_point point = point_of(script_value(compiler, "await"));
    if (point == SCRIPT_REQUEST_HEADERS && compiler->count == 0) {
        compiler->script->at_headers = true;
        return ERR_OK;
    }
    struct script_step *step = script_add(compiler, SCRIPT_AWAIT, err);
    if (!step)
        return err->code;
    step->point = point;
    step->count = (size_t)script_number(compiler, "count", 0);
    if (point == SCRIPT_ALL_HERE)
        step->count = ++compiler->meetings;
    step->wait_ms = script_number(compiler, "at_most_ms", 0);
    compiler->script->shares = compiler->script->shares || script_point_is_shared(point);
    return ERR_OK;
}

/* ---- raw bytes */

static enum err_code compile_frame(struct compiler *compiler, struct err *err)
{
    struct script_step *step = script_add(compiler, SCRIPT_FRAME, err);
    if (!step)
        return err->code;
    step->own_stream = keys_flag(compiler->step, "own_stream");
    step->bytes = script_hex(compiler, script_value(compiler, "frame"));
    if (!step->bytes.data)
        return script_no_memory(err);
    if (step->own_stream && step->bytes.len < SCRIPT_FRAME_HEAD)
        return script_error(compiler, "frame", ERR_SYNTAX, err, "a frame header has nine bytes");
    compiler->bytes += step->bytes.len;
    if (step->bytes.len >= SCRIPT_FRAME_HEAD && step->bytes.data[3] == H2_HEADERS)
        compiler->headers_sent = true;
    return ERR_OK;
}

/* ---- the tables */

static enum err_code compile_raw(struct compiler *compiler, struct err *err)
{
    struct script_step *step = script_add(compiler, SCRIPT_FRAME, err);
    if (!step)
        return err->code;
    step->bytes = keys_bytes(script_value(compiler, "raw"), compiler->arena);
    compiler->bytes += step->bytes.len;
    compiler->headers_sent = true;
    return step->bytes.data ? ERR_OK : script_no_memory(err);
}

/* ---- the protocol */

static const char *const protocols[] = {[SCRIPT_HTTP2] = "http/2", [SCRIPT_HTTP1] = "http/1.1", NULL};

static enum err_code compile_protocol(struct compiler *compiler, struct err *err)
{
    const struct script_listener *listener = &compiler->script->listener;
    const struct script_settings *settings = &listener->settings;
    if (compiler->at->index > (listener->state != LISTENER_KEPT))
        return script_error(compiler, NULL, ERR_SYNTAX, err,
                            "\"protocol\" is the first step, or none; only \"listener\" may stand before it");
    bool http1 = span_is(keys_span(script_value(compiler, "protocol")), protocols[SCRIPT_HTTP1]);
    if (http1 && (listener->state == LISTENER_NO_SETTINGS || settings->max_concurrent_streams > 0 ||
                  settings->initial_window_size > 0))
        return script_error(compiler, NULL, ERR_SYNTAX, err,
                            "comes after a \"listener\" with SETTINGS, which are of HTTP/2");
    compiler->script->protocol = http1 ? SCRIPT_HTTP1 : SCRIPT_HTTP2;
    return ERR_OK;
}

static const struct key_rule protocol_keys[] = {
    {.name = "protocol",
     .required = true,
     .type = &key_choice,
     .choices = protocols,
     .form = "\"http/1.1\"",
     .text = "only as the first step, or behind `listener`: what the backend's calls come by, `http/2` (default) or "
             "`http/1.1`"},
    KEY_LAST};
static const struct key_rule raw_keys[] = {
    {.name = "raw",
     .required = true,
     .type = &key_bytes,
     .form = "\"...\"",
     .text = "of HTTP/1.1: this string, or `{\"hex\": \"...\"}`, as it is, where it stands. A response that begins "
             "with it has no framing of ours: what follows is sent as it is, too"},
    KEY_LAST};
static const struct key_rule rst_keys[] = {{.name = "rst",
                                            .required = true,
                                            .type = &h2_code,
                                            .choices = h2_code_names,
                                            .min = 0,
                                            .max = UINT32_MAX,
                                            .text = "RST_STREAM; an HTTP/2 error code name or number"},
                                           KEY_LAST};
static const struct key_rule goaway_keys[] = {
    {.name = "goaway",
     .required = true,
     .type = &h2_code,
     .choices = h2_code_names,
     .min = 0,
     .max = UINT32_MAX,
     .form = "\"NO_ERROR\"",
     .text = "GOAWAY"},
    {.name = "covers",
     .type = &key_bool,
     .text = "true (default): this stream will be finished; false: it was not processed"},
    KEY_LAST};
static const struct key_rule close_keys[] = {{.name = "close",
                                              .required = true,
                                              .type = &key_choice,
                                              .choices = closes,
                                              .form = "\"fin\"",
                                              .text = "ends the connection: `\"fin\"`, or `\"rst\"` for a TCP reset"},
                                             KEY_LAST};
static const struct key_rule wait_keys[] = {{.name = "wait_ms",
                                             .required = true,
                                             .type = &key_number,
                                             .min = 0,
                                             .max = SCRIPT_MAX_WAIT_MS,
                                             .text = "waits so many milliseconds, at most $max"},
                                            KEY_LAST};
static const struct key_rule await_keys[] = {
    {.name = "await",
     .required = true,
     .type = &key_choice,
     .choices = points,
     .form = "\"request_headers\"",
     .text = "waits for a named point: `request_headers`, `request_complete`, `client_cancelled` or "
             "`client_has_messages`, or, in a case with `together`, `all_here` (every exchange that has not ended has "
             "come to this step: its first, its second ...) or `others_ended`; the deadline of the case bounds it"},
    {.name = "count",
     .type = &key_number,
     .min = 0,
     .max = SCRIPT_MAX_REPEAT,
     .text = "goes with `client_has_messages`: so many, 0 waits for the response headers; and with `others_ended`: so "
             "many other exchanges are over, for their clients and at the backend"},
    {.name = "at_most_ms",
     .type = &key_number,
     .min = 1,
     .max = SCRIPT_MAX_WAIT_MS,
     .text = "when so much time has passed the script goes on all the same"},
    KEY_LAST};
static const struct key_rule frame_keys[] = {
    {.name = "frame", .required = true, .type = &key_hex, .text = "of HTTP/2: raw bytes between frames"},
    {.name = "own_stream", .type = &key_bool, .text = "true puts this stream's id in the frame header"},
    KEY_LAST};

const struct step_type script_control_steps[] = {
    STEP(compile_protocol, protocol_keys),
    STEP_OF(STEP_OF_HTTP2, compile_rst, rst_keys),
    STEP_OF(STEP_OF_HTTP2, compile_goaway, goaway_keys),
    STEP(compile_close, close_keys),
    STEP(compile_wait, wait_keys),
    {.compile = compile_await,
     .keys = {.rules = await_keys,
              .whole = check_await,
              .schema = "{'if': {'properties': {'await': {'enum': ['client_has_messages', 'others_ended']}}}, "
                        "'then': {'required': ['count']}, 'else': {'properties': {'count': false}}}"}},
    STEP_OF(STEP_OF_HTTP2, compile_frame, frame_keys),
    STEP_OF(STEP_OF_HTTP1, compile_raw, raw_keys),
    {.compile = NULL}};
