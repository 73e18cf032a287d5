/* What the bridges share: their connections to the backend and the life of an exchange there. */
#include "harness/reference/bridge.h"

#include <stdlib.h>

#include "harness/base/escape.h"
#include "harness/engine/grpc/metadata.h"
#include "harness/reference/defect_pass.h"

#define FOREVER_MS 86400000u

/* One request to the backend. It outlives its call when that lets go of it: the client's callbacks end it. */
struct bridge_exchange {
    struct bridge *bridge;
    struct bridge_exchange *next;
    struct bridge_exchange **link;
    struct call *call;              /* NULL: nobody listens */
    struct client_exchange *client; /* NULL: it has ended */
    struct response_seen seen;
    struct arena arena; /* of what was sent and seen */
    struct buf body;    /* of a request that began before it was complete */
    bool paused;
};

struct bridge {
    const struct bridge_mode *mode;
    struct loop *loop;
    struct budget *budget;
    struct client *client;
    struct bridge_exchange *exchanges;
};

static const struct bridge_mode *const modes[] = {
    &bridge_pass_through,
    &bridge_web,
    &bridge_http1,
    &bridge_gateway,
    &bridge_reverse,
    &bridge_reverse_framed,
    &bridge_reverse_transcoder,
    &bridge_connect,
    &bridge_twirp,
    &bridge_twirp_backend,
};

static const struct bridge_mode *mode_of(enum mode mode)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (modes[i]->mode == mode)
            return modes[i];
    }
    return NULL;
}

enum err_code bridge_new(struct bridge **out, struct loop *loop, const struct reference_options *options,
                         struct err *err)
{
    bool transcodes = options->mode == MODE_TRANSCODER; /* what is gRPC passes through */
    const struct bridge_mode *mode = mode_of(transcodes ? MODE_PASS_THROUGH : options->mode);
    const struct client_options to = {.host = options->backend_host,
                                      .port = options->backend_port,
                                      .tls = options->backend_tls,
                                      .insecure = true,
                                      .budget = options->budget,
                                      .reuse = true,
                                      .max_connections = BRIDGE_CONNECTIONS};
    if (!mode)
        return err_set(err, ERR_USAGE, "the reference does not have the mode %s", mode_name(options->mode));
    struct bridge *bridge = calloc(1, sizeof *bridge);
    if (!bridge)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    *bridge = (struct bridge){.mode = mode, .loop = loop, .budget = options->budget};
    enum err_code code = mode->backend == BRIDGE_HTTP1 ? http1_client_new(&bridge->client, loop, &to, err)
                                                       : h2_client_new(&bridge->client, loop, &to, err);
    if (code != ERR_OK) {
        free(bridge);
        return code;
    }
    *out = bridge;
    return ERR_OK;
}

static void exchange_free(struct bridge_exchange *exchange)
{
    struct budget *budget = exchange->bridge->budget;
    *exchange->link = exchange->next;
    if (exchange->next)
        exchange->next->link = exchange->link;
    response_seen_fini(&exchange->seen);
    buf_fini(&exchange->body);
    arena_fini(&exchange->arena);
    free(exchange);
    budget_give(budget, sizeof *exchange);
}

void bridge_free(struct bridge *bridge)
{
    if (!bridge)
        return;
    client_free(bridge->client);
    while (bridge->exchanges)
        exchange_free(bridge->exchanges);
    free(bridge);
}

/* ---- exchanges */

void bridge_let_go(struct call *call)
{
    struct bridge_exchange *exchange = call->exchange;
    if (!exchange)
        return;
    call->exchange = NULL;
    exchange->call = NULL;
    if (exchange->client && !call_has(call, DEFECT_CANCEL_NOT_PROPAGATED))
        client_cancel(exchange->client);
}

static void stop_timer(struct call *call)
{
    loop_timer_free(call->timer);
    call->timer = NULL;
}

static void fail_with(struct call *call, int http_status, uint32_t code, struct span text)
{
    if (call->done)
        return;
    stop_timer(call);
    bridge_let_go(call);
    call->bridge->mode->fail(call, http_status != 0 ? http_status : status_to_http(code), code, text);
}

void bridge_fail(struct call *call, int http_status, uint32_t code, const char *text)
{
    fail_with(call, http_status, code, span_cstr(text));
}

static struct span decoded_message(struct call *call, const struct fields *from)
{
    buf_reset(&call->out);
    metadata_message_decode(&call->out, fields_value(from, "grpc-message"));
    return arena_dup(&call->arena, buf_span(&call->out));
}

void bridge_fail_foreign(struct call *call, const struct response_seen *seen, struct span body)
{
    const struct fields *from = seen->has_trailers ? &seen->trailers : &seen->headers;
    uint32_t code;
    if (status_parse(fields_value(from, "grpc-status"), &code) && code != GRPC_OK) {
        fail_with(call, 502, code, decoded_message(call, from));
        return;
    }
    code = call_has(call, DEFECT_HTTP_STATUS_UNMAPPED) ? GRPC_UNKNOWN : status_from_http(seen->status);
    struct span text =
        bridge_text_within(body, call_has(call, DEFECT_WEB_ERROR_TEXT_WHOLE) ? body.len : BRIDGE_MAX_TEXT);
    const char *own = arena_printf(&call->arena, "the backend answered with HTTP status %d", seen->status);
    if (text.len == 0)
        text = span_cstr(own);
    fail_with(call, 502, code, text);
}

static void deadline_over(void *user)
{
    bridge_fail(user, 0, GRPC_DEADLINE_EXCEEDED, "the backend did not answer in time");
}

static void wait_on(struct call *call)
{
    if (call->timer)
        loop_timer_start(call->timer, call->core->deadline_ms);
}

static void on_headers(void *user, struct response_seen *seen)
{
    struct bridge_exchange *exchange = user;
    struct call *call = exchange->call;
    if (!call)
        return;
    wait_on(call);
    if (exchange->bridge->mode->headers)
        exchange->bridge->mode->headers(call, seen);
}

static void on_body(void *user, struct response_seen *seen, struct span bytes)
{
    struct bridge_exchange *exchange = user;
    struct call *call = exchange->call;
    if (!call)
        return;
    wait_on(call);
    if (!exchange->bridge->mode->data)
        return;
    exchange->bridge->mode->data(call, seen, bytes);
    buf_reset(&seen->body);
}

struct call *bridge_beside(const struct call *call)
{
    for (const struct bridge_exchange *x = call->bridge->exchanges; x; x = x->next) {
        if (x->call && x->call != call)
            return x->call;
    }
    return NULL;
}

/* A defect: what a backend of gRPC would have answered. */
static void succeed_empty(struct call *call)
{
    static const uint8_t prefix[FRAME_PREFIX_LEN];
    const struct bridge_mode *mode = call->bridge->mode;
    struct response_seen answer;
    if (mode->backend == BRIDGE_HTTP1 || mode->mode == MODE_PASS_THROUGH) {
        bridge_grpc_succeed_empty(call);
        return;
    }
    response_seen_init(&answer, &call->arena, sizeof prefix);
    answer.status = 200;
    answer.ending = ENDING_COMPLETE;
    answer.has_trailers = true;
    fields_add_view(&answer.headers, &call->arena, span_cstr("content-type"), span_cstr("application/grpc"));
    fields_add_view(&answer.trailers, &call->arena, span_cstr("grpc-status"), span_cstr("0"));
    if (mode->headers)
        mode->headers(call, &answer);
    if (mode->data)
        mode->data(call, &answer, span_of(prefix, sizeof prefix));
    else
        buf_append_span(&answer.body, span_of(prefix, sizeof prefix));
    mode->end(call, &answer);
    response_seen_fini(&answer);
}

/* A defect: what a call without an answer looks like to one who looks at HTTP alone. */
static void answer_nothing(struct call *call)
{
    struct fields head = {0};
    struct span type = fields_value(&call->headers, "content-type");
    if (fields_add_view(&head, &call->arena, span_cstr("content-type"), type))
        bridge_respond(call, 200, &head, span_of(NULL, 0));
}

/* Defects that answer otherwise, or not at all, when the connection failed before there was any answer. */
static bool unreachable(struct call *call, const struct response_seen *seen)
{
    bool failed = seen->ending == ENDING_REFUSED || seen->ending == ENDING_CUT || seen->ending == ENDING_CONN_RESET ||
                  seen->ending == ENDING_MALFORMED;
    if (!failed || seen->status != 0)
        return false;
    call->core->unreachable = true;
    if (call_has(call, DEFECT_UNREACHABLE_AS_EMPTY))
        succeed_empty(call);
    else if (call_has(call, DEFECT_UNREACHABLE_WITHOUT_STATUS))
        answer_nothing(call);
    else if (call_has(call, DEFECT_UNREACHABLE_HANGS))
        stop_timer(call);
    else
        return false;
    return true;
}

/* The exchange did not end as its framing promised. */
static void failed(struct call *call, const struct response_seen *seen)
{
    const struct bridge_mode *mode = call->bridge->mode;
    if (unreachable(call, seen))
        return;
    bool counts = call_has(call, DEFECT_REVERSE_CUT_BODY_OK) || call_has(call, DEFECT_BRIDGE_RESET_IS_OK);
    if (counts && seen->status != 0) {
        mode->end(call, seen);
        return;
    }
    uint32_t lost = call_has(call, DEFECT_LOST_CONNECTION_INTERNAL) ? GRPC_INTERNAL : GRPC_UNAVAILABLE;
    switch (seen->ending) {
    case ENDING_RESET:
        if (call_has(call, DEFECT_RESET_SPREADS) && bridge_beside(call))
            bridge_fail(bridge_beside(call), 0, GRPC_UNAVAILABLE, "the connection to the backend was reset");
        if (mode->reset)
            mode->reset(call, seen->reset_code);
        else
            bridge_fail(call, 0, status_from_h2_code(seen->reset_code), "the backend reset the stream");
        break;
    case ENDING_TIMEOUT:
        deadline_over(call);
        break;
    case ENDING_MALFORMED:
        bridge_fail(call, 502, GRPC_INTERNAL, "the backend broke the protocol");
        break;
    case ENDING_TOO_LARGE:
        bridge_fail(call, 502, GRPC_RESOURCE_EXHAUSTED, "the answer of the backend is too large");
        break;
    case ENDING_REFUSED:
        bridge_fail(call, 0, lost, "the backend cannot be reached");
        break;
    default:
        bridge_fail(call, 0, lost, "the connection to the backend was closed");
        break;
    }
}

static void on_end(void *user, struct response_seen *seen)
{
    struct bridge_exchange *exchange = user;
    struct call *call = exchange->call;
    exchange->client = NULL;
    if (call) {
        call->exchange = NULL;
        if (seen->ending == ENDING_COMPLETE)
            exchange->bridge->mode->end(call, seen);
        else
            failed(call, seen);
    }
    exchange_free(exchange);
}

static struct bridge_exchange *exchange_new(struct call *call)
{
    struct bridge *bridge = call->bridge;
    struct budget *budget = bridge->budget;
    if (!budget_take(budget, sizeof(struct bridge_exchange)))
        return NULL;
    struct bridge_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange) {
        budget_give(budget, sizeof *exchange);
        return NULL;
    }
    exchange->bridge = bridge;
    exchange->call = call;
    call->exchange = exchange;
    arena_init(&exchange->arena, REFERENCE_MAX_MEMORY);
    exchange->arena.budget = budget;
    buf_init(&exchange->body, REFERENCE_MAX_BODY);
    exchange->body.budget = budget;
    response_seen_init(&exchange->seen, &exchange->arena, BRIDGE_MAX_ANSWER);
    exchange->next = bridge->exchanges;
    exchange->link = &bridge->exchanges;
    if (exchange->next)
        exchange->next->link = &exchange->next;
    bridge->exchanges = exchange;
    return exchange;
}

/* Copies of what the client keeps for as long as the exchange runs. */
static bool copy_request(struct bridge_exchange *exchange, struct client_request *copy,
                         const struct bridge_request *request)
{
    struct arena *arena = &exchange->arena;
    struct fields *fields = arena_calloc(arena, 1, sizeof *fields);
    bool http1 = exchange->bridge->mode->backend == BRIDGE_HTTP1;
    bool forever = request->timeout_ms > FOREVER_MS || call_has(exchange->call, DEFECT_DEADLINE_MISSING);
    *copy = (struct client_request){.method = arena_dup(arena, request->method),
                                    .target = arena_dup(arena, request->target),
                                    .headers = fields,
                                    .body = arena_dup(arena, request->body),
                                    .has_body = !request->no_body,
                                    .chunked = !http1, /* no content-length */
                                    .open = !exchange->call->front_complete,
                                    .abort_after = SIZE_MAX,
                                    .timeout_ms = forever ? FOREVER_MS : request->timeout_ms};
    bool ok = fields && copy->method.data && copy->target.data && copy->body.data;
    for (size_t i = 0; ok && i < request->fields->count; i++)
        ok = fields_add(fields, arena, request->fields->items[i].name, request->fields->items[i].value);
    return ok;
}

void bridge_send(struct call *call, const struct bridge_request *request)
{
    static const struct client_callbacks callbacks = {.on_headers = on_headers, .on_body = on_body, .on_end = on_end};
    struct client_request copy;
    if (call_has(call, DEFECT_RECONNECT_MISSING) && call->core->unreachable) {
        bridge_fail(call, 0, GRPC_INTERNAL, "there is no connection");
        return;
    }
    struct bridge_exchange *exchange = exchange_new(call);
    bool ok = exchange && copy_request(exchange, &copy, request);
    if (ok)
        exchange->client = client_start(exchange->bridge->client, &copy, &exchange->seen, &callbacks, exchange);
    if (!ok || !exchange->client) {
        call->exchange = NULL;
        if (exchange)
            exchange_free(exchange);
        bridge_fail(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
        return;
    }
    if (!call->timer && !call_has(call, DEFECT_DEADLINE_MISSING))
        call->timer = loop_timer_new(call->core->loop, deadline_over, call);
    wait_on(call);
}

void bridge_run(struct call *call)
{
    call->bridge->mode->request(call);
}

bool bridge_streams(const struct call *call)
{
    return call->bridge && call->bridge->mode->streams && !call_has(call, DEFECT_PASS_REQUEST_HELD);
}

void bridge_more(struct call *call, struct span bytes, bool last)
{
    struct bridge_exchange *exchange = call->exchange;
    if (!exchange || !exchange->client)
        return;
    wait_on(call);
    if (buf_append_span(&exchange->body, defect_pass_piece(call, buf_span(&exchange->body), bytes)))
        client_extend(exchange->client, buf_span(&exchange->body), last);
    else
        bridge_fail(call, 413, GRPC_RESOURCE_EXHAUSTED, "the request is too large");
}

bool bridge_message(struct call *call, struct span message)
{
    call->message_count++;
    return call->bridge->mode->message(call, message);
}

/* ---- back pressure */

static void pause_exchange(struct bridge_exchange *exchange, bool paused)
{
    if (!exchange || !exchange->client || exchange->paused == paused)
        return;
    exchange->paused = paused;
    if (paused && exchange->call->timer)
        loop_timer_stop(exchange->call->timer); /* it is the client who is slow */
    client_pause(exchange->client, paused);
}

void bridge_drained(struct call *call)
{
    struct bridge_exchange *exchange = call->exchange;
    if (!exchange->paused || call->front->queued(call) > REFERENCE_HIGH_WATER / 2)
        return;
    wait_on(call);
    pause_exchange(exchange, false);
}

/* ---- what may pass */

static bool named(struct span name, const char *const *names)
{
    for (size_t i = 0; names && names[i]; i++) {
        if (span_equal_nocase(name, span_cstr(names[i])))
            return true;
    }
    return false;
}

static bool pass(struct call *call, struct fields *out, const struct field *field)
{
    struct span name = arena_dup_lower(&call->arena, field->name);
    return name.data && fields_add(out, &call->arena, name, field->value);
}

/* HTTP/2 may have the cookies in several fields, and what is not HTTP/2 has them in one. Source: RFC 9113,
 * section 8.2.3. */
static bool pass_cookies(struct call *call, struct fields *out)
{
    buf_reset(&call->out);
    for (size_t i = 0; i < call->headers.count; i++) {
        const struct field *field = &call->headers.items[i];
        if (!span_equal_nocase(field->name, span_cstr("cookie")))
            continue;
        if (call->out.len > 0)
            buf_append_cstr(&call->out, "; ");
        buf_append_span(&call->out, field->value);
    }
    return call->out.len == 0 ||
           (!call->out.failed && fields_add(out, &call->arena, span_cstr("cookie"), buf_span(&call->out)));
}

bool bridge_pass_request_fields(struct call *call, struct fields *out, const char *const *without)
{
    static const char *const own[] = {"host", "content-length", "expect", NULL};
    bool joins = call->bridge->mode->backend == BRIDGE_HTTP1 && !call_has(call, DEFECT_REVERSE_COOKIES_APART);
    bool ok = !joins || named(span_cstr("cookie"), without) || pass_cookies(call, out);
    for (size_t i = 0; i < call->headers.count && ok; i++) {
        const struct field *field = &call->headers.items[i];
        if (joins && span_equal_nocase(field->name, span_cstr("cookie")))
            continue;
        if (!call_for_this_hop(call, field->name) && !named(field->name, own) && !named(field->name, without))
            ok = pass(call, out, field);
    }
    return ok;
}

bool bridge_pass_response_fields(struct call *call, struct fields *out, const struct fields *from,
                                 const char *const *without)
{
    static const char *const own[] = {"content-length", NULL};
    bool ok = true;
    for (size_t i = 0; i < from->count && ok; i++) {
        const struct field *field = &from->items[i];
        if (call_field_valid(field) && !call_hop_by_hop(field->name) && !named(field->name, own) &&
            !named(field->name, without))
            ok = pass(call, out, field);
    }
    return ok;
}

uint64_t bridge_grpc_timeout_ms(const struct call *call)
{
    uint64_t timeout_ns;
    if (!metadata_timeout_parse(fields_value(&call->headers, "grpc-timeout"), &timeout_ns))
        return BRIDGE_NO_TIMEOUT;
    return timeout_ns / 1000000;
}

/* ---- answers */

/* The answer is whole: the backend is heard no more. */
static void over(struct call *call)
{
    call->done = true;
    stop_timer(call);
    bridge_let_go(call);
}

void bridge_begin(struct call *call, int status, const struct fields *fields)
{
    call->begun = true;
    call->front->begin(call, status, fields);
}

void bridge_data(struct call *call, struct span bytes)
{
    call->front->data(call, bytes);
    if (call->front->queued(call) > REFERENCE_HIGH_WATER)
        pause_exchange(call->exchange, true);
}

void bridge_respond(struct call *call, int status, const struct fields *fields, struct span body)
{
    over(call);
    call->front->respond(call, status, fields, body);
}

void bridge_trailers(struct call *call, const struct fields *fields)
{
    over(call);
    call->front->trailers(call, fields);
}

void bridge_head_only(struct call *call, int status, const struct fields *fields)
{
    over(call);
    call->front->head_only(call, status, fields);
}

void bridge_finish(struct call *call)
{
    over(call);
    call->front->finish(call);
}

void bridge_abort(struct call *call, uint32_t h2_code)
{
    over(call);
    call->front->abort(call, h2_code);
}

/* ---- gRPC */

bool bridge_grpc_status_fields(struct call *call, struct fields *out, uint32_t code, struct span text)
{
    const char *number = arena_printf(&call->arena, "%u", (unsigned)code);
    bool ok = number && fields_add_view(out, &call->arena, span_cstr("grpc-status"), span_cstr(number));
    if (!ok || text.len == 0)
        return ok;
    buf_reset(&call->out);
    return metadata_message_encode(&call->out, text) &&
           fields_add(out, &call->arena, span_cstr("grpc-message"), buf_span(&call->out));
}

struct span bridge_text_within(struct span text, size_t max)
{
    size_t len = 0;
    while (len < text.len) {
        size_t step = escape_utf8_len(span_from(text, len));
        if (step == 0 || len + step > max)
            break;
        len += step;
    }
    return span_of(text.data, len);
}

const char *const bridge_grpc_status_names[] = {"grpc-status", "grpc-message", "grpc-status-details-bin", NULL};

struct span bridge_grpc_safe_message(struct call *call, struct span value)
{
    struct buf *out = &call->out;
    buf_reset(out);
    for (size_t i = 0; i < value.len; i++) {
        bool safe = value.data[i] >= 0x20 && value.data[i] < 0x7f;
        if (safe)
            buf_append_byte(out, value.data[i]);
        else
            metadata_message_encode(out, span_of(value.data + i, 1));
    }
    return out->failed ? span_of(NULL, 0) : arena_dup(&call->arena, buf_span(out));
}

void bridge_grpc_fail(struct call *call, int http_status, uint32_t code, struct span text)
{
    (void)http_status;
    struct fields fields = {0};
    if (!call->begun)
        fields_add_view(&fields, &call->arena, span_cstr("content-type"), span_cstr("application/grpc"));
    if (!bridge_grpc_status_fields(call, &fields, code, text))
        bridge_abort(call, H2_CODE_INTERNAL_ERROR);
    else if (call->begun)
        bridge_trailers(call, &fields);
    else
        bridge_head_only(call, 200, &fields);
}

void bridge_grpc_succeed_empty(struct call *call)
{
    static const uint8_t prefix[FRAME_PREFIX_LEN];
    struct fields head = {0};
    struct fields trailers = {0};
    if (!fields_add_view(&head, &call->arena, span_cstr("content-type"), span_cstr("application/grpc")) ||
        !bridge_grpc_status_fields(call, &trailers, GRPC_OK, span_of(NULL, 0))) {
        bridge_abort(call, H2_CODE_INTERNAL_ERROR);
        return;
    }
    bridge_begin(call, 200, &head);
    bridge_data(call, span_of(prefix, sizeof prefix));
    bridge_trailers(call, &trailers);
}
