/* What the run layer needs of the world: one clock with timers, the clients at the front, the mock backend, and the
 * proxy's process where it is ours (--proxy-cmd). It is a table of functions, so that unit tests play whole runs on a
 * clock and on ends of their own (harness/run/tests/fake_ends.h); ends_new makes the real ones. */
#ifndef TRANSCHECK_RUN_ENDS_H
#define TRANSCHECK_RUN_ENDS_H

#include "harness/net/client.h"
#include "harness/net/port_probe.h"
#include "harness/run/proxy_process.h"
#include "harness/suite/testcase.h"
#include "mock-backend/server.h"

struct ends;

struct ends_class {
    /* The clock: as loop_now_us, loop_turn and loop_timer_* say. */
    uint64_t (*now_us)(struct ends *ends);
    void (*turn)(struct ends *ends, uint64_t timeout_ms);
    struct loop_timer *(*timer_new)(struct ends *ends, loop_fn *fn, void *user);
    void (*timer_start)(struct loop_timer *timer, uint64_t timeout_ms);
    void (*timer_stop)(struct loop_timer *timer);
    void (*timer_free)(struct loop_timer *timer);
    /* Opens both ends; the backend's events go to `callbacks`. */
    enum err_code (*open)(struct ends *ends, const struct backend_callbacks *callbacks, void *user, struct err *err);
    /* Ends what is under way without callbacks. */
    void (*close)(struct ends *ends);
    /* The front: as client_start, client_cancel, client_pause and client_go_on say. */
    struct client_exchange *(*start)(struct ends *ends, enum testcase_client client,
                                     const struct client_request *request, struct response_seen *seen,
                                     const struct client_callbacks *callbacks, void *user);
    void (*cancel)(struct client_exchange *exchange);
    void (*pause)(struct client_exchange *exchange, bool pause);
    void (*go_on)(struct client_exchange *exchange);
    /* The backend: as backend_listen, backend_signal and backend_release say. */
    enum err_code (*listen)(struct ends *ends, const struct script_listener *listener, struct err *err);
    void (*signal)(struct ends *ends, void *tag, enum script_point point, size_t count);
    void (*release)(struct ends *ends, void *tag);
    /* What speaks at the front's port: as port_probe_run says. */
    void (*probe_port)(struct ends *ends, struct port_probe *out);
    /* The proxy's process: as proxy_process_* say. Asked only where has_process is set. */
    bool (*process_running)(struct ends *ends);
    unsigned (*process_deaths)(struct ends *ends);
    const struct proxy_death *(*process_death)(struct ends *ends);
    enum err_code (*process_start)(struct ends *ends, struct err *err);
    void (*process_stop)(struct ends *ends);
};

struct ends {
    const struct ends_class *class;
    bool has_process;
};

struct ends_options {
    struct loop *loop;
    const struct backend_options *backend;
    const struct client_options *front;
    struct proxy_process *process; /* or NULL; stays the caller's */
};

/* The real ends on a loop. `options` is copied; what it points to must live until ends_class.open has returned. */
enum err_code ends_new(struct ends **out, const struct ends_options *options, struct err *err);
/* Closes and frees what ends_new made. NULL is allowed. */
void ends_free(struct ends *ends);

static inline uint64_t ends_now_us(struct ends *ends)
{
    return ends->class->now_us(ends);
}

/* One turn of whatever happens; waits at most timeout_ms. */
static inline void ends_turn(struct ends *ends, uint64_t timeout_ms)
{
    ends->class->turn(ends, timeout_ms);
}

/* Turns until `ms` have passed. */
void ends_wait_ms(struct ends *ends, uint64_t ms);
/* Whether the process is ours and has ended. */
bool ends_process_gone(struct ends *ends);
/* How often the process died; 0 where it is not ours. */
unsigned ends_process_deaths(struct ends *ends);

#endif
