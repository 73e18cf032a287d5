/* Plays one case, and tells whose backend call is whose. */
#include "harness/run/exchange.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define MARKER      "x-transcheck-case"
#define GRPC_MARKER "grpc-metadata-x-transcheck-case"
#define MAX_POOL    64
#define KEEP_ARENA  (64u << 10) /* of an exchange in the pool */

struct relay {
    struct relay_options options;
    struct ends *ends;
    struct exchange *active;
    size_t active_count;
    struct exchange *lingering; /* ended at the front, and a late call would still be theirs */
    struct exchange *pool;
    size_t pool_count;
    uint64_t serial;
    char nonce[8]; /* in every token: a call that is left over from an earlier run is nobody's */
    struct ended_list ended;
    struct group group;
    uint64_t last_alone; /* serial number of the exchange that ended last, if it was alone; else 0 */
    size_t unmarked;
    bool marker_known;
    struct relay_callbacks callbacks;
    void *user;
};

static const struct ends_class *world(const struct exchange *exchange)
{
    return exchange->relay->ends->class;
}

/* ---- plans */

static bool has_cancel(const struct testcase *testcase)
{
    for (size_t i = 0; i < testcase->request.action_count; i++) {
        enum testcase_action_kind kind = testcase->request.actions[i].kind;
        if (kind == ACTION_CANCEL_AFTER_MESSAGES || kind == ACTION_CANCEL_AFTER_MS || kind == ACTION_ABORT_BODY_AFTER)
            return true;
    }
    return false;
}

static bool ends_response(const struct script_step *step)
{
    return step->end_stream || step->kind == SCRIPT_TRAILERS || step->kind == SCRIPT_RST ||
           step->kind == SCRIPT_CLOSE || step->kind == SCRIPT_FRAME;
}

static bool any_step(const struct script *script, bool (*is_such)(const struct script_step *step))
{
    for (size_t i = 0; i < script->count; i++) {
        if (is_such(&script->steps[i]))
            return true;
    }
    return false;
}

static bool acts_late(const struct script *script)
{
    bool waits = false;
    for (size_t i = 0; i < script->count; i++) {
        const struct script_step *step = &script->steps[i];
        if (step->kind == SCRIPT_WAIT || (waits && script_step_of_connection(step)))
            return true;
        waits = waits || step->kind == SCRIPT_AWAIT;
    }
    return false;
}

void plan_init(struct plan *plan, const struct testcase *testcase)
{
    *plan = (struct plan){
        .testcase = testcase,
        .waits_for_cancel = has_cancel(testcase),
        .acts = testcase->request.action_count > 0,
        .never_ends = testcase->backend && !any_step(&testcase->script, ends_response),
        .breaks_connection = testcase->backend && any_step(&testcase->script, script_step_of_connection),
        .script_acts_late = testcase->backend && acts_late(&testcase->script),
    };
}

/* ---- the list of exchanges under way */

static void link_first(struct exchange **list, struct exchange *exchange)
{
    exchange->next = *list;
    exchange->prev = NULL;
    if (*list)
        (*list)->prev = exchange;
    *list = exchange;
}

static void unlink_from(struct exchange **list, struct exchange *exchange)
{
    if (exchange->prev)
        exchange->prev->next = exchange->next;
    else
        *list = exchange->next;
    if (exchange->next)
        exchange->next->prev = exchange->prev;
}

static bool same_group(const struct exchange *one, const struct exchange *other)
{
    return one->group && one->group == other->group;
}

static void list_add(struct relay *relay, struct exchange *exchange)
{
    exchange->alone = true;
    for (struct exchange *other = relay->active; other; other = other->next) {
        if (!same_group(exchange, other))
            exchange->alone = other->alone = false;
    }
    link_first(&relay->active, exchange);
    relay->active_count++;
}

static void list_remove(struct relay *relay, struct exchange *exchange)
{
    unlink_from(&relay->active, exchange);
    relay->active_count--;
}

static struct exchange *by_token(struct relay *relay, struct span token)
{
    struct exchange *const lists[] = {relay->active, relay->lingering};
    for (size_t i = 0; i < 2; i++) {
        for (struct exchange *exchange = lists[i]; exchange; exchange = exchange->next) {
            if (span_is(token, exchange->token))
                return exchange;
        }
    }
    return NULL;
}

static struct exchange *by_method(struct relay *relay, struct span path)
{
    struct exchange *found = NULL;
    for (struct exchange *exchange = relay->active; exchange; exchange = exchange->next) {
        const struct schema_method *rpc = exchange->plan->testcase->rpc;
        if (!rpc || !span_equal(rpc->path, path))
            continue;
        if (found)
            return NULL;
        found = exchange;
    }
    return found;
}

/* ---- the end of an exchange */

/* How many calls count: see check_request.c. */
static unsigned calls_counted(const struct exchange *exchange)
{
    unsigned count = exchange->call_count;
    for (const struct call_seen *call = exchange->calls; call; call = call->next)
        count -= call->refused_by_us;
    return count;
}

/* From now on its calls are late. What was lost with a neighbour may be tried again, and counts for nobody. */
static void note_ended(const struct exchange *exchange)
{
    struct ended ended = {.serial = exchange->serial,
                          .owner = exchange->collateral ? NULL : exchange->owner,
                          .allowed = exchange->plan->testcase->calls_allowed,
                          .calls = calls_counted(exchange),
                          .start_us = exchange->start_us,
                          .end_us = exchange->end_us};
    ended_add(&exchange->relay->ended, &ended);
    exchange->relay->last_alone = exchange->alone ? exchange->serial : 0;
}

static void finish(struct exchange *exchange)
{
    struct relay *relay = exchange->relay;
    if (exchange->finished)
        return;
    exchange->finished = true;
    exchange->end_us = ends_now_us(relay->ends);
    world(exchange)->timer_stop(exchange->settle_timer);
    world(exchange)->timer_stop(exchange->action_timer);
    list_remove(relay, exchange);
    /* "Never reached" is settled only when the ordinary request that follows has ended: a late call is still its own.
     */
    exchange->lingers = exchange->plan->testcase->expects_unreached;
    if (exchange->lingers) {
        link_first(&relay->lingering, exchange);
    } else {
        note_ended(exchange);
        relay->ends->class->release(relay->ends, exchange);
    }
    struct exchange *first = exchange_member(exchange, 0);
    if (exchange->group && !group_over(exchange->group, exchange->number))
        return;
    first->end_us = exchange->end_us;
    first->on_end(first->user, first);
}

static void settle_due(void *user)
{
    finish(user);
}

/* Both sides have ended, or the backend's gets a little time more. */
static void settle(struct exchange *exchange)
{
    if (exchange->finished || !exchange->client_ended)
        return;
    if (exchange->open_calls == 0 && !(exchange->plan->waits_for_cancel && exchange->call_count == 0)) {
        world(exchange)->timer_start(exchange->settle_timer, 0);
        return;
    }
    bool went_away = exchange->response.ending == ENDING_CANCELLED;
    world(exchange)->timer_start(exchange->settle_timer, went_away ? EXCHANGE_CANCEL_MS : EXCHANGE_SETTLE_MS);
}

/* ---- tokens: the serial number of the exchange, its client, and the nonce of the run */

static void make_token(struct exchange *exchange)
{
    struct relay *relay = exchange->relay;
    exchange->serial = ++relay->serial;
    snprintf(exchange->token, sizeof exchange->token, "%llu-%s-%s", (unsigned long long)exchange->serial,
             client_name(exchange->client), relay->nonce);
}

/* The value of the marker in the event of a function, where a gateway puts the headers of the client; data NULL: it has
 * none. The event is JSON; of it nothing else is read here. */
static struct span token_in_event(struct span event)
{
    static const char name[] = "\"" MARKER "\"";
    const uint8_t *found = event.len > 0 ? memmem(event.data, event.len, name, sizeof name - 1) : NULL;
    struct span rest = span_of(NULL, 0);
    if (found)
        rest = span_trim(span_from(event, (size_t)(found - event.data) + sizeof name - 1), " :[\n\r\t");
    if (rest.len == 0 || rest.data[0] != '"')
        return span_of(NULL, 0);
    rest = span_from(rest, 1);
    rest.len = span_index_of(rest, '"', 0);
    return rest;
}

static bool is_invocation(const struct fields *headers)
{
    return span_starts_with(fields_value(headers, ":path"), "/2015-03-31/functions/");
}

static struct span token_of(const struct fields *headers, struct span body)
{
    struct span token = fields_value(headers, MARKER);
    if (!token.data)
        token = fields_value(headers, GRPC_MARKER);
    return token.data || !is_invocation(headers) ? token : token_in_event(body);
}

/* The serial number in a token of this run; 0: it is none. *foreign: it is one of another run. */
static uint64_t serial_of(const struct relay *relay, struct span token, bool *foreign)
{
    char text[64] = "";
    char *end;
    memcpy(text, token.data, token.len < sizeof text ? token.len : 0);
    uint64_t serial = strtoull(text, &end, 10);
    bool ours = end > text && (strncmp(end, "-h1-", 4) == 0 || strncmp(end, "-h2-", 4) == 0) && strlen(end) == 10;
    bool this_run = ours && strcmp(end + 4, relay->nonce) == 0;
    *foreign = ours && !this_run;
    return this_run ? serial : 0;
}

/* The exchange that has ended and whose token this is, if somebody wants to know; or NULL. */
static struct ended *late_owner(struct relay *relay, struct span token)
{
    bool foreign;
    struct ended *ended = token.data ? ended_find(&relay->ended, serial_of(relay, token, &foreign)) : NULL;
    return ended && ended->owner ? ended : NULL;
}

/* ---- callbacks of the backend */

static bool asks_on_own_account(struct span path)
{
    return span_starts_with(path, "/grpc.health.") || span_starts_with(path, "/grpc.reflection.");
}

/* Whether all that is under way belongs to one case. */
static bool is_one_case(const struct relay *relay)
{
    const struct group *group = relay->active ? relay->active->group : NULL;
    return relay->active_count == (group ? group->count - group->over : 1);
}

/* Whose a call without a marker is. */
static struct exchange *claim_unmarked(struct relay *relay, struct span path)
{
    bool one_case = is_one_case(relay);
    if (asks_on_own_account(path) || (relay->marker_known && relay->active && !one_case))
        return NULL;
    if (relay->lingering && !relay->lingering->next && !by_method(relay, path))
        return relay->lingering;
    if (one_case)
        return relay->active;
    return relay->marker_known ? NULL : by_method(relay, path);
}

static void count_late(struct relay *relay, struct ended *ended)
{
    if (++ended->calls > ended->allowed && relay->callbacks.on_late)
        relay->callbacks.on_late(relay->user, ended, NULL);
}

/* Neither a token of an exchange under way nor somebody to claim it without one. */
static enum backend_claim unclaimed(struct relay *relay, struct span token, struct span path)
{
    bool foreign = false;
    uint64_t serial = token.data ? serial_of(relay, token, &foreign) : 0;
    struct ended *ended = serial ? late_owner(relay, token) : NULL;
    if (ended)
        count_late(relay, ended);
    if (serial || foreign || asks_on_own_account(path))
        return BACKEND_UNCLAIMED;
    ended = relay->active_count == 0 ? ended_find(&relay->ended, relay->last_alone) : NULL;
    if (ended && ended->owner) {
        ended->unmarked++;
        count_late(relay, ended);
    } else if (relay->marker_known) {
        relay->unmarked++;
    }
    return BACKEND_UNCLAIMED;
}

static enum backend_claim on_call(void *user, const struct backend_request *request, struct backend_plan *plan)
{
    struct relay *relay = user;
    struct span token = token_of(request->headers, request->body);
    struct exchange *exchange = NULL;
    struct span path = fields_value(request->headers, ":path");
    if (!token.data && !request->complete && is_invocation(request->headers))
        return BACKEND_LATER;
    if (token.data) {
        exchange = by_token(relay, token);
        if (exchange)
            exchange->marker_arrived = true;
    } else {
        exchange = claim_unmarked(relay, path);
        if (exchange)
            exchange->unmarked_calls += relay->marker_known;
    }
    if (!exchange)
        return unclaimed(relay, token, path);
    exchange->call_count++;
    plan->tag = exchange;
    plan->script = exchange->plan->testcase->backend ? &exchange->plan->testcase->script : NULL;
    plan->seen = NULL;
    if (exchange->call_count <= EXCHANGE_MAX_CALLS) {
        struct call_seen *seen = arena_alloc(&exchange->arena, sizeof *seen);
        if (!seen) {
            exchange->over_budget = true;
            return BACKEND_UNCLAIMED;
        }
        call_seen_init(seen, &exchange->arena, EXCHANGE_MAX_BODY);
        if (exchange->last_call)
            exchange->last_call->next = seen;
        else
            exchange->calls = seen;
        exchange->last_call = seen;
        plan->seen = seen;
    }
    exchange->open_calls++;
    return BACKEND_CLAIMED;
}

static void on_call_end(void *user, const struct backend_plan *plan)
{
    (void)user;
    struct exchange *exchange = plan->tag;
    assert(exchange->open_calls > 0);
    exchange->open_calls--;
    settle(exchange);
}

static void on_stray(void *user, const struct call_seen *seen)
{
    struct relay *relay = user;
    const struct ended *ended = late_owner(relay, token_of(&seen->headers, buf_span(&seen->body)));
    if (ended && ended->calls > ended->allowed && relay->callbacks.on_late)
        relay->callbacks.on_late(relay->user, ended, seen);
    else if (relay->callbacks.on_stray)
        relay->callbacks.on_stray(relay->user, seen);
}

/* What was refused may have belonged to anybody. */
static void on_limit(void *user, enum backend_limit what)
{
    struct relay *relay = user;
    for (struct exchange *exchange = relay->active; exchange && what == BACKEND_TURNED_AWAY; exchange = exchange->next)
        exchange->over_budget = true;
    if (relay->callbacks.on_limit)
        relay->callbacks.on_limit(relay->user, what);
}

/* A lost connection with several calls on it may have hurt any of them for another's sake. */
static void on_conn_lost(void *user, uint32_t conn, bool by_us, void *const *tags, size_t count)
{
    (void)user, (void)conn, (void)by_us;
    if (count < 2)
        return;
    for (size_t i = 0; i < count; i++) {
        struct exchange *exchange = tags[i];
        if (exchange)
            exchange->collateral = true;
    }
}

static void on_wait(void *user, void *tag, enum script_point point, size_t count)
{
    (void)user;
    struct exchange *exchange = tag;
    if (exchange->group)
        group_waits(exchange->group, exchange->number, point, count);
}

static const struct backend_callbacks backend_events = {
    .on_call = on_call,
    .on_call_end = on_call_end,
    .on_stray = on_stray,
    .on_limit = on_limit,
    .on_conn_lost = on_conn_lost,
    .on_wait = on_wait,
};

/* ---- callbacks of the client */

/* Tells the backend's side of this exchange that a point was reached. */
static void signal_point(struct exchange *exchange, enum script_point point, size_t count)
{
    world(exchange)->signal(exchange->relay->ends, exchange, point, count);
}

static void action_due(void *user)
{
    struct exchange *exchange = user;
    if (exchange->client_ended || !exchange->sending)
        return;
    if (exchange->cancel_asked)
        world(exchange)->cancel(exchange->sending);
    else
        world(exchange)->pause(exchange->sending, false);
}

static void on_headers(void *user, struct response_seen *seen)
{
    struct exchange *exchange = user;
    const struct testcase_request *request = &exchange->plan->testcase->request;
    (void)seen;
    for (size_t i = 0; i < request->action_count; i++) {
        if (request->actions[i].kind == ACTION_STOP_READING_MS && exchange->sending) {
            world(exchange)->pause(exchange->sending, true);
            world(exchange)->timer_start(exchange->action_timer, request->actions[i].value);
        }
    }
    signal_point(exchange, SCRIPT_CLIENT_HAS_MESSAGES, 0);
}

static void on_body(void *user, struct response_seen *seen, struct span bytes)
{
    struct exchange *exchange = user;
    const struct testcase_request *request = &exchange->plan->testcase->request;
    size_t before = exchange->counter.count;
    stream_counter_feed(&exchange->counter, bytes, fields_value(&seen->headers, "content-type"));
    if (exchange->counter.count == before)
        return;
    for (size_t i = 0; i < request->action_count; i++) {
        if (request->actions[i].kind == ACTION_CANCEL_AFTER_MESSAGES && !exchange->cancel_asked &&
            exchange->counter.count >= request->actions[i].value) {
            exchange->cancel_asked = true;
            world(exchange)->timer_start(exchange->action_timer, 0);
        }
    }
    while (exchange->sending && exchange->turns_taken < request->turn_count &&
           exchange->counter.count > exchange->turns_taken) {
        exchange->turns_taken++;
        world(exchange)->go_on(exchange->sending);
    }
    signal_point(exchange, SCRIPT_CLIENT_HAS_MESSAGES, exchange->counter.count);
}

static void on_client_end(void *user, struct response_seen *seen)
{
    struct exchange *exchange = user;
    (void)seen;
    exchange->client_ended = true;
    exchange->sending = NULL;
    world(exchange)->timer_stop(exchange->action_timer);
    settle(exchange);
    if (exchange->response.ending == ENDING_CANCELLED)
        signal_point(exchange, SCRIPT_CLIENT_CANCELLED, 0);
}

static const struct client_callbacks client_events = {
    .on_headers = on_headers,
    .on_body = on_body,
    .on_end = on_client_end,
};

/* ---- starting */

static struct exchange *exchange_new(struct relay *relay)
{
    struct exchange *exchange = relay->pool;
    if (exchange) {
        relay->pool = exchange->next;
        relay->pool_count--;
        return exchange;
    }
    exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    exchange->relay = relay;
    exchange->action_timer = relay->ends->class->timer_new(relay->ends, action_due, exchange);
    exchange->settle_timer = relay->ends->class->timer_new(relay->ends, settle_due, exchange);
    arena_init(&exchange->arena, EXCHANGE_MAX_ARENA);
    exchange->arena.budget = relay->options.budget;
    if (!exchange->action_timer || !exchange->settle_timer) {
        world(exchange)->timer_free(exchange->action_timer);
        world(exchange)->timer_free(exchange->settle_timer);
        free(exchange);
        return NULL;
    }
    return exchange;
}

static void exchange_clear(struct exchange *exchange)
{
    response_seen_fini(&exchange->response);
    for (struct call_seen *seen = exchange->calls; seen; seen = seen->next)
        call_seen_fini(seen);
    if (exchange->arena.used > KEEP_ARENA)
        arena_fini(&exchange->arena);
    else
        arena_reset(&exchange->arena);
}

static void exchange_destroy(struct exchange *exchange)
{
    world(exchange)->timer_free(exchange->action_timer);
    world(exchange)->timer_free(exchange->settle_timer);
    arena_fini(&exchange->arena);
    free(exchange);
}

static void release_one(struct exchange *exchange)
{
    struct relay *relay = exchange->relay;
    if (exchange->lingers) {
        note_ended(exchange);
        relay->ends->class->release(relay->ends, exchange);
        unlink_from(&relay->lingering, exchange);
        exchange->lingers = false;
    }
    exchange_clear(exchange);
    if (relay->pool_count >= MAX_POOL) {
        exchange_destroy(exchange);
        return;
    }
    exchange->next = relay->pool;
    relay->pool = exchange;
    relay->pool_count++;
}

void exchange_release(struct exchange *exchange)
{
    struct group *group = exchange->group;
    if (!group) {
        release_one(exchange);
        return;
    }
    for (size_t i = 0; i < group->count; i++)
        release_one(group->members[i].exchange);
    group_end(group);
}

static bool add_headers(struct exchange *exchange)
{
    struct relay *relay = exchange->relay;
    struct arena *arena = &exchange->arena;
    const struct fields *own = &exchange->plan->testcase->request.headers;
    struct fields *headers = &exchange->headers;
    memset(headers, 0, sizeof *headers);
    struct span token = span_cstr(exchange->token);
    bool done = fields_add_view(headers, arena, span_cstr(MARKER), token) &&
                fields_add_view(headers, arena, span_cstr(GRPC_MARKER), token);
    const struct fields *extra = relay->options.headers;
    for (size_t i = 0; done && extra && i < extra->count; i++) {
        const struct field *field = &extra->items[i];
        bool has_own = false; /* a case that is about this header sends its own alone */
        for (size_t k = 0; k < own->count && !has_own; k++)
            has_own = span_equal_nocase(own->items[k].name, field->name);
        done = has_own || fields_add_view(headers, arena, field->name, field->value);
    }
    for (size_t i = 0; done && i < own->count; i++)
        done = fields_add_view(headers, arena, own->items[i].name, own->items[i].value);
    return done;
}

static void fill_request(struct client_request *request, struct exchange *exchange)
{
    const struct testcase *own_case = exchange->plan->testcase;
    const struct testcase_request *own = &own_case->request;
    *request = (struct client_request){
        .method = own->method,
        .target = own->path,
        .headers = &exchange->headers,
        .body = own->body,
        .has_body = own->has_body,
        .chunked = own->chunked,
        .split_len = own->split_len,
        .holds = own->turns,
        .hold_count = own->turn_count,
        .abort_after = SIZE_MAX,
        .together = exchange->group && own_case->one_connection ? exchange->group->serial : 0,
        .timeout_ms = exchange->relay->options.timeout_ms,
    };
    for (size_t i = 0; i < own->action_count; i++) {
        if (own->actions[i].kind == ACTION_ABORT_BODY_AFTER)
            request->abort_after = (size_t)own->actions[i].value;
        if (own->actions[i].kind == ACTION_CANCEL_AFTER_MS) {
            exchange->cancel_asked = true;
            world(exchange)->timer_start(exchange->action_timer, own->actions[i].value);
        }
    }
}

static struct exchange *start_one(struct relay *relay, struct group *group, const struct plan *plan,
                                  enum testcase_client client, exchange_fn *on_end, void *user)
{
    struct exchange *exchange = exchange_new(relay);
    if (!exchange)
        return NULL;
    response_seen_init(&exchange->response, &exchange->arena, EXCHANGE_MAX_BODY);
    exchange->calls = exchange->last_call = NULL;
    exchange->call_count = exchange->open_calls = 0;
    exchange->collateral = exchange->marker_arrived = exchange->client_ended = exchange->finished = false;
    exchange->cancel_asked = exchange->over_budget = false;
    exchange->unmarked_calls = 0;
    exchange->turns_taken = 0;
    exchange->unmarked_before = relay->unmarked;
    exchange->plan = plan;
    exchange->client = client;
    exchange->on_end = on_end;
    exchange->user = user;
    exchange->owner = NULL;
    exchange->group = group;
    make_token(exchange);
    stream_counter_init(&exchange->counter, plan->testcase->front, relay->options.profile, &exchange->arena);
    struct client_request request;
    if (!add_headers(exchange)) {
        exchange_clear(exchange);
        exchange_destroy(exchange);
        return NULL;
    }
    fill_request(&request, exchange);
    list_add(relay, exchange);
    exchange->start_us = ends_now_us(relay->ends);
    exchange->sending =
        world(exchange)->start(relay->ends, client, &request, &exchange->response, &client_events, exchange);
    if (!exchange->sending) {
        list_remove(relay, exchange);
        world(exchange)->timer_stop(exchange->action_timer);
        exchange_clear(exchange);
        exchange_destroy(exchange);
        return NULL;
    }
    if (group)
        exchange->number = group_add(group, exchange);
    return exchange;
}

struct exchange *exchange_start(struct relay *relay, const struct plan *plan, enum testcase_client client,
                                exchange_fn *on_end, void *user)
{
    if (!plan->members)
        return start_one(relay, NULL, plan, client, on_end, user);
    struct exchange *first = NULL;
    group_begin(&relay->group);
    for (size_t i = 0; i < plan->member_count; i++) {
        struct exchange *exchange = start_one(relay, &relay->group, &plan->members[i], client, on_end, user);
        if (!first && !exchange)
            return NULL;
        if (!exchange)
            first->over_budget = true;
        first = first ? first : exchange;
    }
    return first;
}

void exchange_own(struct exchange *exchange, void *owner)
{
    for (size_t i = 0; i < exchange_count(exchange); i++)
        exchange_member(exchange, i)->owner = owner;
}

size_t exchange_count(const struct exchange *exchange)
{
    return exchange->group ? exchange->group->count : 1;
}

struct exchange *exchange_member(const struct exchange *exchange, size_t number)
{
    return exchange->group ? exchange->group->members[number].exchange : (struct exchange *)(uintptr_t)exchange;
}

/* ---- the relay */

enum err_code relay_new(struct relay **out, const struct relay_options *options,
                        const struct relay_callbacks *callbacks, void *user, struct err *err)
{
    struct relay *relay = calloc(1, sizeof *relay);
    if (!relay)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    relay->options = *options;
    relay->callbacks = *callbacks;
    relay->user = user;
    relay->ends = options->ends;
    snprintf(relay->nonce, sizeof relay->nonce, "%06x",
             (unsigned)(ends_now_us(relay->ends) * 2654435761u >> 8 & 0xffffff));
    bool good = ended_init(&relay->ended) && group_init(&relay->group, relay->ends);
    enum err_code code = good ? ERR_OK : err_set(err, ERR_NO_MEMORY, "out of memory");
    if (code == ERR_OK)
        code = relay->ends->class->open(relay->ends, &backend_events, relay, err);
    if (code != ERR_OK) {
        relay_free(relay);
        return code;
    }
    *out = relay;
    return ERR_OK;
}

void relay_free(struct relay *relay)
{
    if (!relay)
        return;
    relay->ends->class->close(relay->ends);
    while (relay->active) {
        struct exchange *exchange = relay->active;
        list_remove(relay, exchange);
        exchange_clear(exchange);
        exchange_destroy(exchange);
    }
    while (relay->pool) {
        struct exchange *exchange = relay->pool;
        relay->pool = exchange->next;
        exchange_destroy(exchange);
    }
    ended_fini(&relay->ended);
    group_fini(&relay->group);
    free(relay);
}

void relay_set_marker_known(struct relay *relay, bool arrives)
{
    relay->marker_known = arrives;
}

size_t relay_unmarked(const struct relay *relay)
{
    return relay->unmarked;
}

void relay_mark_collateral(struct relay *relay)
{
    for (struct exchange *exchange = relay->active; exchange; exchange = exchange->next)
        exchange->collateral = true;
}

void relay_cancel_all(struct relay *relay)
{
    for (struct exchange *exchange = relay->active; exchange; exchange = exchange->next) {
        if (!exchange->client_ended) {
            exchange->cancel_asked = true;
            world(exchange)->timer_start(exchange->action_timer, 0);
        } else {
            world(exchange)->timer_start(exchange->settle_timer, 0);
        }
    }
}
