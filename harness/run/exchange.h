/* One case (or probe) played once: the client's request at the front, the backend's script at the back, and what each
 * side saw. An exchange belongs to a relay, which knows whose backend call is whose by the marker that the client
 * sends.
 *
 * "Whose call is it": the client sends x-transcheck-case and grpc-metadata-x-transcheck-case with a token; a call that
 * carries a token of an exchange under way is its own. A call without a marker is claimed when just one exchange is
 * under way, or (when no marker arrives through this proxy at all) when just one of that method is; when none is, it is
 * a late call of the last one, if that was alone. Anything else is stray; one with the token of an exchange that has
 * ended is late (ended.h), and its owner is told.
 *
 * A stray without a marker, through a proxy that passes markers on, is somebody's: such calls are numbered (from 1),
 * and each exchange under way knows from which number on it is a suspect. Not counted are what proxies ask on their own
 * account (grpc.health.*, grpc.reflection.*) and calls with a token of another run.
 *
 * A case may say what the proxy's connections to the backend meet while it is played (script.listener). Its request
 * begins when the backend has closed all connections from before, and its end comes when the backend listens again as
 * always; what it saw of connections meanwhile stands in the client's transcript.
 *
 * A case with `together` or `then` is a group of exchanges, each with a token of its own; a call without a marker is
 * then the case's, and claimed by one of them that is under way.
 *
 * Limits: EXCHANGE_MAX_* for each exchange, and the budget for all of them, the backend's strays and connections
 * together. What did not fit is said by over_budget: such an exchange cannot be judged. */
#ifndef TRANSCHECK_RUN_EXCHANGE_H
#define TRANSCHECK_RUN_EXCHANGE_H

#include "harness/run/ended.h"
#include "harness/run/ends.h"
#include "harness/run/group.h"
#include "harness/run/marker.h"
#include "harness/suite/check.h"

#define EXCHANGE_MAX_BODY  (32u << 20) /* kept of a body, per side */
#define EXCHANGE_MAX_ARENA (96u << 20)
#define EXCHANGE_MAX_CALLS 16   /* recorded of one exchange; more are only counted */
#define EXCHANGE_SETTLE_MS 250  /* for the backend's side to end after the client's has */
#define EXCHANGE_CANCEL_MS 2000 /* the same after the client went away */

/* A case ready to be played. */
struct plan {
    const struct testcase *testcase;
    bool waits_for_cancel; /* the backend's side must end by itself after the client went away */
    bool acts;             /* the client does something at a time of its own: cancels, stops reading ... */
    bool never_ends;       /* the backend's script leaves the response open: the exchange may last until its deadline */
    bool breaks_connection;     /* the script does something to the connection that others may share */
    bool script_acts_late;      /* the script may do something to the connection after it has waited */
    bool changes_listener;      /* what connections to the backend meet, for everybody */
    const struct plan *members; /* of a case with several exchanges: a plan for each; else NULL */
    size_t member_count;
};

void plan_init(struct plan *plan, const struct testcase *testcase);

struct exchange;
struct relay;
typedef void exchange_fn(void *user, struct exchange *exchange);

struct exchange {
    /* Observations; valid until exchange_release. */
    struct arena arena;
    struct response_seen response;
    struct call_seen *calls;
    unsigned call_count;
    bool collateral;         /* a backend connection with other calls on it was lost, or a neighbour may have done it */
    bool marker_arrived;     /* the call carried the token */
    bool over_budget;        /* something that may have been its own was refused for lack of memory */
    const char *not_played;  /* why the backend did not do what the case says; NULL: it did */
    unsigned unmarked_calls; /* of its calls, those without a marker though markers arrive: it makes such calls */
    size_t unmarked_before;  /* relay_unmarked when it began */
    uint64_t start_us;
    uint64_t end_us; /* of the first of a group: when all of them had ended */
    const struct plan *plan;
    enum testcase_client client;

    /* Private. */
    struct relay *relay;
    void *owner;         /* who is told of its late calls, or NULL */
    struct group *group; /* or NULL */
    size_t number;       /* in it, from 0 */
    uint64_t serial;
    char token[MARKER_TOKEN_SIZE];
    bool alone; /* no other of another case was under way with it */
    struct call_seen *last_call;
    unsigned open_calls;
    struct client_exchange *sending;
    bool launched;   /* its request was made; else it waits for the backend */
    bool sent_again; /* it was made a second time */
    bool client_ended;
    bool finished;
    bool lingers;
    bool cancel_asked;
    struct fields headers;
    struct stream_counter counter;
    size_t turns_taken; /* of the request's turns, those that the client has gone on behind */
    struct loop_timer *action_timer;
    struct loop_timer *settle_timer;
    exchange_fn *on_end;
    void *user;
    struct exchange *next;
    struct exchange *prev;
};

/* What exchanges share: both ends, and the list of those under way. */
struct relay_options {
    struct ends *ends; /* opened by relay_new, closed by relay_free; stay the caller's */
    const struct profile *profile;
    const struct fields *headers; /* --header, sent with every request */
    uint64_t timeout_ms;
    struct budget *budget; /* or NULL; outlives the relay */
};

/* Told of every call that no exchange claims. */
typedef void relay_stray_fn(void *user, const struct call_seen *seen);
/* Told of everything that a limit of the backend took. */
typedef void relay_limit_fn(void *user, enum backend_limit what);
/* Told of a late call beyond what its case allows: when it comes (`seen` NULL), and with what was seen when it is over,
 * if it ends at all. ended->owner is never NULL. */
typedef void relay_late_fn(void *user, const struct ended *ended, const struct call_seen *seen);

struct relay_callbacks {
    relay_stray_fn *on_stray;
    relay_limit_fn *on_limit;
    relay_late_fn *on_late;
};

enum err_code relay_new(struct relay **out, const struct relay_options *options,
                        const struct relay_callbacks *callbacks, void *user, struct err *err);
/* Ends what is under way without callbacks. */
void relay_free(struct relay *relay);
/* Whether markers are known to reach the backend through this proxy; set by the preflight. */
void relay_set_marker_known(struct relay *relay, bool arrives);
/* How many calls without a marker came while several exchanges were under way, or after one that was not alone. */
size_t relay_unmarked(const struct relay *relay);
/* Marks every exchange under way as collateral (the proxy died). */
void relay_mark_collateral(struct relay *relay);
/* Ends every exchange under way as if the client had gone away; their on_end comes as usual. */
void relay_cancel_all(struct relay *relay);

/* Starts a plan; on_end(user, exchange) comes once, never inside this call. NULL when out of memory. A plan with
 * members is a group of exchanges, which start at once or in turn, each when the one before it is over (group.h says
 * how many groups there may be): what is returned is the first of them, on_end comes when all have ended, and what
 * could not be started for lack of memory makes the first one over_budget. */
struct exchange *exchange_start(struct relay *relay, const struct plan *plan, enum testcase_client client,
                                exchange_fn *on_end, void *user);
/* Who is told of late calls of this exchange, or group. */
void exchange_own(struct exchange *exchange, void *owner);
/* The exchanges of a group that have begun, by its first: at least 1, which is itself where there is no group. */
static inline size_t exchange_count(const struct exchange *exchange)
{
    return exchange->group ? exchange->group->count : 1;
}
static inline struct exchange *exchange_member(const struct exchange *exchange, size_t number)
{
    return exchange->group ? exchange->group->members[number].exchange : (struct exchange *)(uintptr_t)exchange;
}
/* Gives the exchange, or the group, back after on_end. */
void exchange_release(struct exchange *exchange);

#endif
