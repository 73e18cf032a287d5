/* Plays one case, and tells whose backend call is whose. */
#include "harness/run/exchange.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/run/listener_note.h"
#include "harness/run/marker.h"
#include "harness/run/request.h"
#include "harness/run/turns.h"

#define MAX_POOL   64
#define KEEP_ARENA (64u << 10) /* of an exchange in the pool */

struct relay {
    struct relay_options options;
    struct ends *ends;
    struct exchange *active;
    size_t active_count;
    struct exchange *lingering; /* ended at the front, and a late call would still be theirs */
    struct exchange *pool;
    size_t pool_count;
    uint64_t serial;
    char nonce[MARKER_NONCE_SIZE]; /* in every token: a call that is left over from an earlier run is nobody's */
    struct ended_list ended;
    struct groups groups;
    struct exchange *holder; /* for whom the backend listens otherwise, or changes to it or back; or NULL */
    unsigned turned_down;    /* connections meanwhile */
    uint64_t last_alone;     /* serial number of the exchange that ended last, if it was alone; else 0 */
    size_t unmarked;
    bool marker_known;
    bool cancelled; /* relay_cancel_all: nothing more begins */
    struct relay_callbacks callbacks;
    void *user;
};

static const struct ends_class *world(const struct exchange *exchange)
{
    return exchange->relay->ends->class;
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

/* It goes back to what it does for everybody; on_listening comes then. false: it cannot. */
static bool listen_again(struct exchange *first)
{
    struct err err = {.text = ""};
    if (world(first)->listen(first->relay->ends, NULL, &err) == ERR_OK)
        return true;
    first->relay->holder = NULL;
    first->not_played = arena_printf(&first->arena, "the backend does not listen any more: %s", err.text);
    return false;
}

static struct exchange *start_one(struct relay *relay, struct group *group, const struct plan *plan,
                                  enum testcase_client client, bool waits);

/* The next of exchanges in turn, of which the last is over. false: there is none. */
static bool start_next(struct exchange *first)
{
    struct group *group = first->group;
    const struct plan *plan = group->plan;
    if (!plan->testcase->in_turn || group->count == plan->member_count || first->relay->cancelled)
        return false;
    struct exchange *next = start_one(first->relay, group, &plan->members[group->count], first->client, false);
    if (next)
        next->owner = first->owner;
    else
        first->over_budget = true;
    return next != NULL;
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
    if (exchange->group && (!group_over(exchange->group, exchange->number) || start_next(first)))
        return;
    first->end_us = exchange->end_us;
    if (relay->holder != first || !listen_again(first))
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

/* ---- callbacks of the backend */

/* The exchange that has ended and whose token this is, if somebody wants to know; or NULL. */
static struct ended *late_owner(struct relay *relay, struct span token)
{
    bool foreign;
    struct ended *ended = token.data ? ended_find(&relay->ended, marker_serial(token, relay->nonce, &foreign)) : NULL;
    return ended && ended->owner ? ended : NULL;
}

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
    uint64_t serial = token.data ? marker_serial(token, relay->nonce, &foreign) : 0;
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
    struct span token = marker_of(request->headers, request->body);
    struct exchange *exchange = NULL;
    struct span path = fields_value(request->headers, ":path");
    if (!token.data && !request->complete && marker_is_in_event(request->headers))
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
    const struct ended *ended = late_owner(relay, marker_of(&seen->headers, buf_span(&seen->body)));
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
    stream_counter_feed(&exchange->counter, bytes, &seen->headers);
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

static bool launch(struct exchange *exchange);

static bool send_again(struct exchange *exchange)
{
    if (exchange->number == 0 || !turns_lost(exchange, exchange_member(exchange, exchange->number - 1)))
        return false;
    turns_renew(exchange, ends_now_us(exchange->relay->ends));
    exchange->over_budget = exchange->over_budget || !launch(exchange);
    return !exchange->over_budget;
}

static void on_client_end(void *user, struct response_seen *seen)
{
    struct exchange *exchange = user;
    (void)seen;
    if (send_again(exchange))
        return;
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
    stream_counter_fini(&exchange->counter);
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
    struct fields *headers = &exchange->headers;
    memset(headers, 0, sizeof *headers);
    return request_headers(headers, &exchange->arena, exchange->plan->testcase, exchange->relay->options.headers,
                           span_cstr(exchange->token));
}

static void fill_request(struct client_request *request, struct exchange *exchange)
{
    uint64_t cancel_ms;
    const struct testcase *testcase = exchange->plan->testcase;
    const struct group *group = testcase->one_connection || testcase->in_turn ? exchange->group : NULL;
    request_fill(request, testcase, &cancel_ms);
    request->headers = &exchange->headers;
    request->together = group ? group->serial : 0;
    request->keep = group && testcase->in_turn && exchange->number + 1 < group->plan->member_count;
    request->timeout_ms = exchange->relay->options.timeout_ms;
    if (cancel_ms == REQUEST_NO_CANCEL)
        return;
    exchange->cancel_asked = true;
    world(exchange)->timer_start(exchange->action_timer, cancel_ms);
}

/* Makes the request. false: there is no memory for it. */
static bool launch(struct exchange *exchange)
{
    struct relay *relay = exchange->relay;
    struct client_request request;
    bool cancelled = exchange->cancel_asked;
    exchange->launched = true;
    exchange->start_us = ends_now_us(relay->ends);
    fill_request(&request, exchange);
    exchange->sending =
        world(exchange)->start(relay->ends, exchange->client, &request, &exchange->response, &client_events, exchange);
    if (exchange->sending && cancelled) {
        exchange->cancel_asked = true;
        world(exchange)->timer_start(exchange->action_timer, 0);
    }
    return exchange->sending != NULL;
}

static void discard(struct exchange *exchange)
{
    world(exchange)->timer_stop(exchange->action_timer);
    exchange_clear(exchange);
    exchange_destroy(exchange);
}

/* `waits`: launch_holder makes its request. */
static struct exchange *start_one(struct relay *relay, struct group *group, const struct plan *plan,
                                  enum testcase_client client, bool waits)
{
    struct exchange *exchange = exchange_new(relay);
    if (!exchange)
        return NULL;
    response_seen_init(&exchange->response, &exchange->arena, EXCHANGE_MAX_BODY);
    exchange->calls = exchange->last_call = NULL;
    exchange->call_count = exchange->open_calls = 0;
    exchange->collateral = exchange->marker_arrived = exchange->client_ended = exchange->finished = false;
    exchange->cancel_asked = exchange->over_budget = exchange->launched = exchange->sent_again = false;
    exchange->not_played = NULL;
    exchange->sending = NULL;
    exchange->unmarked_calls = 0;
    exchange->turns_taken = 0;
    exchange->unmarked_before = relay->unmarked;
    exchange->plan = plan;
    exchange->client = client;
    exchange->owner = NULL;
    exchange->group = group;
    exchange->number = group ? group->count : 0;
    exchange->serial = ++relay->serial;
    marker_token(exchange->token, exchange->serial, client_name(exchange->client), relay->nonce);
    stream_counter_init(&exchange->counter, plan->testcase->front, relay->options.profile, &exchange->arena);
    if (!add_headers(exchange)) {
        discard(exchange);
        return NULL;
    }
    list_add(relay, exchange);
    if (!waits && !launch(exchange)) {
        list_remove(relay, exchange);
        discard(exchange);
        return NULL;
    }
    if (group)
        group_add(group, exchange);
    return exchange;
}

/* NULL, or the first of them. */
static struct exchange *start_all(struct relay *relay, const struct plan *plan, enum testcase_client client, bool waits)
{
    if (!plan->members)
        return start_one(relay, NULL, plan, client, waits);
    struct exchange *first = NULL;
    size_t count = plan->testcase->in_turn ? 1 : plan->member_count;
    struct group *group = groups_begin(&relay->groups, plan);
    for (size_t i = 0; i < count && group; i++) {
        struct exchange *exchange = start_one(relay, group, &plan->members[i], client, waits);
        if (!first && !exchange)
            return NULL;
        if (!exchange)
            first->over_budget = true;
        first = first ? first : exchange;
    }
    return first;
}

/* ---- what connections to the backend meet */

static const struct script_listener *listener_of(const struct exchange *first)
{
    return &first->plan->testcase->script.listener;
}

/* Makes the requests of the holder, now that the backend listens as its case says. */
static void launch_holder(struct exchange *first)
{
    first->relay->turned_down = 0; /* what came before the request */
    listener_note_begin(&first->response, listener_of(first), ends_now_us(first->relay->ends));
    for (size_t i = 0; i < exchange_count(first); i++) {
        struct exchange *exchange = exchange_member(first, i);
        if (launch(exchange))
            continue;
        exchange->over_budget = exchange->client_ended = true;
        settle(exchange);
    }
}

/* The backend listens otherwise for the time of an exchange; on_listening comes when it does. */
static void hold_backend(struct exchange *first)
{
    struct relay *relay = first->relay;
    struct err err = {.text = ""};
    assert(!relay->holder);
    relay->holder = first;
    if (world(first)->listen(relay->ends, listener_of(first), &err) == ERR_OK)
        return;
    relay->holder = NULL;
    first->not_played = arena_printf(&first->arena, "the backend could not listen as the case says: %s", err.text);
    launch_holder(first);
}

static void on_turned_down(void *user)
{
    struct relay *relay = user;
    relay->turned_down++;
}

static void on_listening(void *user)
{
    struct relay *relay = user;
    struct exchange *first = relay->holder;
    if (first && !first->launched) {
        launch_holder(first);
    } else if (first) {
        relay->holder = NULL;
        listener_note_end(&first->response, listener_of(first), relay->turned_down, ends_now_us(relay->ends));
        first->on_end(first->user, first);
    }
}

struct exchange *exchange_start(struct relay *relay, const struct plan *plan, enum testcase_client client,
                                exchange_fn *on_end, void *user)
{
    if (plan->changes_listener)
        relay_mark_collateral(relay);
    struct exchange *first = start_all(relay, plan, client, plan->changes_listener);
    if (!first)
        return NULL;
    first->on_end = on_end;
    first->user = user;
    if (plan->changes_listener)
        hold_backend(first);
    return first;
}

void exchange_own(struct exchange *exchange, void *owner)
{
    for (size_t i = 0; i < exchange_count(exchange); i++)
        exchange_member(exchange, i)->owner = owner;
}

/* ---- the relay */

static const struct backend_callbacks backend_events = {
    .on_listening = on_listening,
    .on_turned_down = on_turned_down,
    .on_call = on_call,
    .on_call_end = on_call_end,
    .on_stray = on_stray,
    .on_limit = on_limit,
    .on_conn_lost = on_conn_lost,
    .on_wait = on_wait,
};

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
    bool good = ended_init(&relay->ended) && groups_init(&relay->groups, relay->ends);
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
    groups_fini(&relay->groups);
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
    relay->cancelled = true;
    for (struct exchange *exchange = relay->active; exchange; exchange = exchange->next) {
        if (!exchange->client_ended) {
            exchange->cancel_asked = true;
            world(exchange)->timer_start(exchange->action_timer, 0);
        } else {
            world(exchange)->timer_start(exchange->settle_timer, 0);
        }
    }
}
