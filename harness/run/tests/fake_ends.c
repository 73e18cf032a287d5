/* A clock and a proxy for tests of the run layer. */
#include "harness/run/tests/fake_ends.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_CALLS 8 /* of one request */

struct fake_timer {
    struct fake_ends *ends;
    loop_fn *fn;
    void *user;
    bool armed;
    uint64_t due_us;
    struct fake_timer *next;
};

/* A request, and the calls that it made. */
struct fake_request {
    struct fake_ends *ends;
    struct client_request request;
    struct response_seen *seen;
    struct client_callbacks callbacks;
    void *user;
    struct fake_rule rule;
    struct fake_timer *timer;
    struct fake_timer *deadline;
    struct backend_plan calls[MAX_CALLS];
    bool call_open[MAX_CALLS];
    unsigned call_count;
    uint32_t conn;
    bool cancelled;
    bool beside;     /* others */
    char marker[64]; /* of what comes late */
    struct fake_request *next;
};

static struct fake_ends *fake(struct ends *ends)
{
    return (struct fake_ends *)ends;
}

/* ---- the clock */

static uint64_t now_us(struct ends *ends)
{
    return fake(ends)->now_us;
}

/* Fires what is due next within the time, and what is due at the same moment; else the time passes. */
static void turn(struct ends *base, uint64_t timeout_ms)
{
    struct fake_ends *ends = fake(base);
    uint64_t until_us = ends->now_us + timeout_ms * 1000;
    struct fake_timer *next = NULL;
    for (struct fake_timer *timer = ends->timers; timer; timer = timer->next) {
        if (timer->armed && timer->due_us <= until_us && (!next || timer->due_us < next->due_us))
            next = timer;
    }
    if (!next) {
        ends->now_us = until_us;
        return;
    }
    if (next->due_us > ends->now_us)
        ends->now_us = next->due_us;
    next->armed = false;
    next->fn(next->user);
}

static struct fake_timer *new_timer(struct fake_ends *ends, loop_fn *fn, void *user)
{
    struct fake_timer *timer = calloc(1, sizeof *timer);
    assert(timer);
    *timer = (struct fake_timer){.ends = ends, .fn = fn, .user = user, .next = ends->timers};
    ends->timers = timer;
    return timer;
}

static void arm(struct fake_timer *timer, uint64_t timeout_ms)
{
    timer->armed = true;
    timer->due_us = timer->ends->now_us + timeout_ms * 1000;
}

static void drop_timer(struct fake_timer *timer)
{
    struct fake_timer **link = &timer->ends->timers;
    while (*link != timer)
        link = &(*link)->next;
    *link = timer->next;
    free(timer);
}

static struct loop_timer *timer_new(struct ends *ends, loop_fn *fn, void *user)
{
    return (struct loop_timer *)new_timer(fake(ends), fn, user);
}

static void timer_start(struct loop_timer *timer, uint64_t timeout_ms)
{
    arm((struct fake_timer *)timer, timeout_ms);
}

static void timer_stop(struct loop_timer *timer)
{
    ((struct fake_timer *)timer)->armed = false;
}

static void timer_free(struct loop_timer *timer)
{
    if (timer)
        drop_timer((struct fake_timer *)timer);
}

/* ---- the calls of a request */

static void end_calls(struct fake_request *request, bool lost)
{
    struct fake_ends *ends = request->ends;
    for (unsigned i = 0; i < request->call_count; i++) {
        struct backend_plan *plan = &request->calls[i];
        if (!request->call_open[i])
            continue;
        request->call_open[i] = false;
        if (plan->seen) {
            plan->seen->conn_lost = lost;
            plan->seen->script_done = plan->seen->response_ended = !lost;
            plan->seen->end_us = ends->now_us;
        }
        ends->backend->on_call_end(ends->backend_user, plan);
    }
}

/* The message of the call: field 1 is the id. */
static struct span message_of(const struct fake_request *request, uint8_t *out)
{
    struct span target = request->request.target;
    struct span id = span_cstr(request->rule.id);
    if (!request->rule.id) {
        size_t slash = target.len;
        while (slash > 0 && target.data[slash - 1] != '/')
            slash--;
        id = span_from(target, slash);
    }
    size_t len = id.len < 100 ? id.len : 100;
    const uint8_t head[] = {0, 0, 0, 0, (uint8_t)(len + 2), 0x0a, (uint8_t)len};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, id.data, len);
    return span_of(out, sizeof head + len);
}

static void record(struct call_seen *seen, const struct fake_request *request, const struct fields *headers)
{
    uint8_t bytes[128];
    struct span message = message_of(request, bytes);
    for (size_t i = 0; i < headers->count; i++)
        fields_add(&seen->headers, seen->transcript.arena, headers->items[i].name, headers->items[i].value);
    buf_append_span(&seen->body, message);
    seen->body_len = message.len;
    seen->half_closed = true;
    seen->conn = request->conn;
    struct transcript_event event = {.at_us = request->ends->now_us,
                                     .from = TRANSCRIPT_PROXY,
                                     .kind = TRANSCRIPT_HEADERS,
                                     .conn = request->conn,
                                     .fields = *headers};
    transcript_add(&seen->transcript, &event);
    event = (struct transcript_event){.from = TRANSCRIPT_PROXY,
                                      .kind = TRANSCRIPT_DATA,
                                      .conn = request->conn,
                                      .bytes = message,
                                      .len = message.len,
                                      .end_stream = true};
    transcript_add(&seen->transcript, &event);
}

static void make_call(struct fake_request *request)
{
    struct fake_ends *ends = request->ends;
    struct arena arena;
    struct fields headers = {0};
    const struct fake_rule *rule = &request->rule;
    arena_init(&arena, 1u << 20);
    fields_add(&headers, &arena, span_cstr(":method"), span_cstr("POST"));
    fields_add(&headers, &arena, span_cstr(":scheme"), span_cstr("http"));
    fields_add(&headers, &arena, span_cstr(":path"), span_cstr(rule->rpc ? rule->rpc : FAKE_RPC));
    fields_add(&headers, &arena, span_cstr("te"), span_cstr("trailers"));
    fields_add(&headers, &arena, span_cstr("content-type"), span_cstr("application/grpc"));
    if (!rule->no_marker)
        fields_add(&headers, &arena, span_cstr("x-transcheck-case"),
                   rule->foreign_token ? span_cstr("0-h1")
                                       : fields_value(request->request.headers, "x-transcheck-case"));
    struct backend_request call = {.headers = &headers, .complete = true, .conn = request->conn};
    struct backend_plan *plan = &request->calls[request->call_count];
    *plan = (struct backend_plan){0};
    if (ends->backend->on_call(ends->backend_user, &call, plan) == BACKEND_CLAIMED) {
        request->call_open[request->call_count++] = true;
        if (plan->seen)
            record(plan->seen, request, &headers);
    } else {
        struct call_seen stray;
        call_seen_init(&stray, &arena, 1u << 20);
        record(&stray, request, &headers);
        ends->backend->on_stray(ends->backend_user, &stray);
        call_seen_fini(&stray);
    }
    arena_fini(&arena);
}

/* ---- how a request ends */

static void unlink_request(struct fake_request **link, struct fake_request *request)
{
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
}

static void die(struct fake_ends *ends);

/* The exchange is over, and its fields are not there any more: only the marker is. */
static void repeat(void *user)
{
    struct fake_request *request = user;
    struct fake_ends *ends = request->ends;
    struct fields headers = {0};
    struct arena arena;
    arena_init(&arena, 1u << 20);
    fields_add(&headers, &arena, span_cstr("x-transcheck-case"), span_cstr(request->marker));
    request->request.headers = &headers;
    request->call_count = 0;
    for (unsigned i = 0; i < request->rule.late_calls && ends->open; i++)
        make_call(request);
    unlink_request(&ends->repeats, request);
    drop_timer(request->timer);
    arena_fini(&arena);
    if (request->rule.dies_late && ends->running)
        die(ends);
    free(request);
}

static void repeat_later(struct fake_request *request)
{
    struct span marker = fields_value(request->request.headers, "x-transcheck-case");
    snprintf(request->marker, sizeof request->marker, "%.*s", SPAN_FMT(marker));
    request->request.target = span_cstr("");
    request->next = request->ends->repeats;
    request->ends->repeats = request;
    request->timer->fn = repeat;
    arm(request->timer, request->rule.late_ms);
}

static void finish(struct fake_request *request, enum ending ending)
{
    bool repeats = request->rule.late_calls > 0 || request->rule.dies_late;
    unlink_request(&request->ends->requests, request);
    drop_timer(request->deadline);
    request->seen->ending = ending;
    request->seen->conn = request->rule.conn ? request->rule.conn : request->conn;
    struct response_seen *seen = request->seen;
    struct client_callbacks callbacks = request->callbacks;
    void *user = request->user;
    if (repeats) {
        repeat_later(request);
    } else {
        drop_timer(request->timer);
        free(request);
    }
    callbacks.on_end(user, seen);
}

static void add_header(struct response_seen *seen, const char *name, const char *value)
{
    fields_add(&seen->headers, seen->transcript.arena, span_cstr(name), span_cstr(value));
}

static void respond(struct fake_request *request, int status, const char *body)
{
    struct response_seen *seen = request->seen;
    seen->status = status;
    seen->http_major = 1;
    add_header(seen, "content-type", "application/json");
    if (request->rule.server)
        add_header(seen, "server", request->rule.server);
    if (request->rule.header)
        add_header(seen, "x-echo", request->rule.header);
    buf_append_cstr(&seen->body, body);
    seen->body_len = strlen(body);
    struct transcript_event event = {.from = TRANSCRIPT_PROXY, .kind = TRANSCRIPT_HEADERS, .fields = seen->headers};
    transcript_add(&seen->transcript, &event);
    event = (struct transcript_event){.from = TRANSCRIPT_PROXY,
                                      .kind = TRANSCRIPT_DATA,
                                      .bytes = span_cstr(body),
                                      .len = strlen(body),
                                      .end_stream = true};
    transcript_add(&seen->transcript, &event);
    finish(request, ENDING_COMPLETE);
}

/* Every call on this connection is lost with it. */
static void lose_connection(struct fake_ends *ends, uint32_t conn)
{
    void *tags[64];
    size_t count = 0;
    for (struct fake_request *request = ends->requests; request; request = request->next) {
        for (unsigned i = 0; i < request->call_count; i++) {
            if (request->conn == conn && request->call_open[i] && count < 64)
                tags[count++] = request->calls[i].tag;
        }
    }
    ends->backend->on_conn_lost(ends->backend_user, conn, false, tags, count);
    struct fake_request *next;
    for (struct fake_request *request = ends->requests; request; request = next) {
        next = request->next;
        if (request->conn != conn || request->call_count == 0)
            continue;
        end_calls(request, true);
        respond(request, 503, "{\"code\":14,\"message\":\"upstream connection lost\",\"details\":[]}");
    }
}

static void die(struct fake_ends *ends)
{
    ends->running = false;
    ends->deaths++;
    struct fake_request *next;
    for (struct fake_request *request = ends->requests; request; request = next) {
        next = request->next;
        if (request->rule.survives)
            continue;
        end_calls(request, true);
        finish(request, ENDING_CONN_RESET);
    }
}

static const char *body_of(const struct fake_request *request)
{
    if (request->rule.body)
        return request->rule.body;
    struct span target = request->request.target;
    return memmem(target.data, target.len, "transcheck-ordinary", 19)
               ? "{\"id\":\"transcheck-ordinary\",\"title\":\"Ordinary\"}"
               : "{\"id\":\"7\"}";
}

static void answer(void *user)
{
    struct fake_request *request = user;
    struct fake_ends *ends = request->ends;
    switch (request->cancelled ? FAKE_HANGS : request->rule.answer) {
    case FAKE_INTERRUPTS:
        *ends->interrupted = true;
        /* fall through */
    case FAKE_ANSWERS:
        end_calls(request, false);
        if (request->rule.hurt_beside && request->beside)
            request->rule.status = 500;
        if (request->rule.sheds_ms > 0)
            ends->shed_until_us = ends->now_us + request->rule.sheds_ms * 1000;
        respond(request, request->rule.status ? request->rule.status : 200, body_of(request));
        break;
    case FAKE_REFUSES:
        finish(request, ENDING_REFUSED);
        break;
    case FAKE_RESETS:
        end_calls(request, true);
        finish(request, ENDING_CONN_RESET);
        break;
    case FAKE_LOSES:
        lose_connection(ends, request->conn);
        break;
    case FAKE_DIES:
        die(ends);
        break;
    case FAKE_HANGS:
    case FAKE_NO_MEMORY:
        break;
    }
}

static void too_late(void *user)
{
    struct fake_request *request = user;
    end_calls(request, true);
    finish(request, request->cancelled ? ENDING_CANCELLED : ENDING_TIMEOUT);
}

/* ---- the ends */

static enum err_code open_ends(struct ends *base, const struct backend_callbacks *callbacks, void *user,
                               struct err *err)
{
    struct fake_ends *ends = fake(base);
    (void)err;
    ends->backend = callbacks;
    ends->backend_user = user;
    ends->open = true;
    return ERR_OK;
}

static void close_ends(struct ends *base)
{
    struct fake_ends *ends = fake(base);
    ends->open = false;
    if (ends->listening)
        drop_timer(ends->listening);
    while (ends->requests) {
        struct fake_request *request = ends->requests;
        ends->requests = request->next;
        drop_timer(request->timer);
        drop_timer(request->deadline);
        free(request);
    }
    while (ends->repeats) {
        struct fake_request *request = ends->repeats;
        ends->repeats = request->next;
        drop_timer(request->timer);
        free(request);
    }
}

static struct fake_rule rule_for(struct fake_ends *ends, enum testcase_client client, struct span target)
{
    if (ends->silent || ends->mute)
        return (struct fake_rule){.answer = FAKE_HANGS, .unreached = !ends->mute};
    if (!ends->running)
        return (struct fake_rule){.answer = FAKE_REFUSES, .unreached = true};
    if (ends->listens >= LISTENER_CLOSED && ends->breaks_ms > 0)
        ends->shed_until_us = ends->now_us + ends->breaks_ms * 1000;
    if (ends->listens >= LISTENER_CLOSED)
        return ends->succeeds_unreached
                   ? (struct fake_rule){.body = "{}", .unreached = true}
                   : (struct fake_rule){.status = 503, .body = "{\"code\":14,\"message\":\"\"}", .unreached = true};
    if (ends->now_us < ends->shed_until_us)
        return (struct fake_rule){.status = 503, .body = "", .unreached = true};
    for (size_t i = 0; i < ends->rule_count; i++) {
        struct fake_rule *rule = &ends->rules[i];
        if (rule->path && !memmem(target.data, target.len, rule->path, strlen(rule->path)))
            continue;
        if ((rule->clients && !(rule->clients & client)) || rule->times == UINT32_MAX)
            continue;
        struct fake_rule found = *rule;
        if (rule->times && --rule->times == 0)
            rule->times = UINT32_MAX;
        return found;
    }
    return (struct fake_rule){.path = NULL};
}

static void begin(void *user)
{
    struct fake_request *request = user;
    struct fake_rule rule = request->rule;
    request->ends->silent = request->ends->silent || rule.silences;
    request->ends->mute = request->ends->mute || rule.mutes;
    request->rule.no_marker = true;
    request->rule.rpc = FAKE_OTHER_RPC;
    for (unsigned i = 0; i < rule.unmarked; i++)
        make_call(request);
    request->rule = rule;
    for (unsigned i = 0; !request->rule.unreached && i < (request->rule.calls ? request->rule.calls : 1); i++)
        make_call(request);
    request->timer->fn = answer;
    if (rule.meets > 0 || rule.outlasts > 0)
        request->ends->backend->on_wait(request->ends->backend_user, request->calls[0].tag,
                                        rule.meets > 0 ? SCRIPT_ALL_HERE : SCRIPT_OTHERS_ENDED, rule.meets);
    else
        arm(request->timer, rule.delay_ms ? rule.delay_ms : 10);
}

static struct client_exchange *start(struct ends *base, enum testcase_client client,
                                     const struct client_request *wanted, struct response_seen *seen,
                                     const struct client_callbacks *callbacks, void *user)
{
    struct fake_ends *ends = fake(base);
    struct fake_request *request = calloc(1, sizeof *request);
    assert(request && ends->open);
    *request = (struct fake_request){.ends = ends,
                                     .request = *wanted,
                                     .seen = seen,
                                     .callbacks = *callbacks,
                                     .user = user,
                                     .rule = rule_for(ends, client, wanted->target),
                                     .conn = client == CLIENT_H1 ? 1 : 2,
                                     .next = ends->requests};
    if (request->rule.answer == FAKE_NO_MEMORY) {
        free(request);
        return NULL;
    }
    request->timer = new_timer(ends, begin, request);
    request->deadline = new_timer(ends, too_late, request);
    arm(request->timer, 0);
    arm(request->deadline, wanted->timeout_ms);
    for (struct fake_request *other = ends->requests; other; other = other->next)
        other->beside = request->beside = true;
    ends->requests = request;
    ends->requests_started++;
    unsigned in_flight = 0;
    for (const struct fake_request *each = ends->requests; each; each = each->next)
        in_flight++;
    if (in_flight > ends->most_in_flight)
        ends->most_in_flight = in_flight;
    return (struct client_exchange *)request;
}

static void cancel(struct client_exchange *exchange)
{
    struct fake_request *request = (struct fake_request *)exchange;
    request->cancelled = true;
    arm(request->deadline, 0);
}

static void pause_reading(struct client_exchange *exchange, bool pause)
{
    (void)exchange, (void)pause;
}

static void go_on(struct client_exchange *exchange)
{
    (void)exchange;
}

static void signal_point(struct ends *ends, void *tag, enum script_point point, size_t count)
{
    for (struct fake_request *request = fake(ends)->requests; request; request = request->next) {
        const struct fake_rule *rule = &request->rule;
        bool its_own = request->call_count > 0 && request->calls[0].tag == tag && !request->timer->armed;
        if (its_own && ((point == SCRIPT_ALL_HERE && rule->meets > 0 && count >= rule->meets) ||
                        (point == SCRIPT_OTHERS_ENDED && rule->outlasts > 0 && count >= rule->outlasts)))
            arm(request->timer, 10);
    }
}

static void listening(void *user)
{
    struct fake_ends *ends = user;
    drop_timer(ends->listening);
    ends->listening = NULL;
    ends->backend->on_listening(ends->backend_user);
    for (unsigned i = 0; ends->listens >= LISTENER_CLOSED && i < ends->turns_down; i++)
        ends->backend->on_turned_down(ends->backend_user);
}

/* Connections that there are need a moment until the proxy has closed them, too. Nobody else may be under way. */
static enum err_code listen_as(struct ends *base, const struct script_listener *listener, struct err *err)
{
    struct fake_ends *ends = fake(base);
    if (listener ? ends->cannot_listen : ends->cannot_listen_again)
        return err_set(err, ERR_IO, "a test");
    assert(!ends->requests);
    ends->listens = listener ? listener->state : LISTENER_KEPT;
    size_t len = strlen(ends->listened);
    snprintf(ends->listened + len, sizeof ends->listened - len, "%s ", script_listener_name(ends->listens));
    assert(!ends->listening);
    ends->listening = new_timer(ends, listening, ends);
    arm(ends->listening, 5);
    return ERR_OK;
}

static void release(struct ends *base, void *tag)
{
    for (struct fake_request *request = fake(base)->requests; request; request = request->next) {
        for (unsigned i = 0; i < request->call_count; i++)
            request->call_open[i] = request->call_open[i] && request->calls[i].tag != tag;
    }
}

static void probe_port(struct ends *base, struct port_probe *out)
{
    struct fake_ends *ends = fake(base);
    ends->probes++;
    *out = (struct port_probe){.speaks = ends->speaks, .detail = "of a test"};
}

static bool process_running(struct ends *ends)
{
    return fake(ends)->running;
}

static unsigned process_deaths(struct ends *ends)
{
    return fake(ends)->deaths;
}

static const struct proxy_death *process_death(struct ends *ends)
{
    return &fake(ends)->death;
}

static enum err_code process_start(struct ends *base, struct err *err)
{
    struct fake_ends *ends = fake(base);
    if (ends->cannot_start)
        return err_set(err, ERR_IO, "the proxy command could not be started: a test");
    ends->running = true;
    ends->starts++;
    return ERR_OK;
}

static void process_stop(struct ends *base)
{
    fake(base)->running = fake(base)->silent = false;
}

static const struct ends_class fake_class = {
    .now_us = now_us,
    .turn = turn,
    .timer_new = timer_new,
    .timer_start = timer_start,
    .timer_stop = timer_stop,
    .timer_free = timer_free,
    .open = open_ends,
    .close = close_ends,
    .start = start,
    .cancel = cancel,
    .pause = pause_reading,
    .go_on = go_on,
    .listen = listen_as,
    .signal = signal_point,
    .release = release,
    .probe_port = probe_port,
    .process_running = process_running,
    .process_deaths = process_deaths,
    .process_death = process_death,
    .process_start = process_start,
    .process_stop = process_stop,
};

void fake_ends_init(struct fake_ends *ends, bool has_process)
{
    memset(ends, 0, sizeof *ends);
    ends->base = (struct ends){.class = &fake_class, .has_process = has_process};
    ends->now_us = 1000000;
    ends->running = true;
    snprintf(ends->death.text, sizeof ends->death.text, "signal 6 (Aborted)");
    ends->death.output = "";
}

void fake_ends_fini(struct fake_ends *ends)
{
    assert(!ends->timers && !ends->requests);
}

void fake_ends_rule(struct fake_ends *ends, struct fake_rule rule)
{
    assert(ends->rule_count < FAKE_MAX_RULES);
    ends->rules[ends->rule_count++] = rule;
}
