/* The event loop: one per process, one clock. A thin layer over libuv that keeps its header out of most modules.
 * Everything runs on the thread that calls loop_run; callbacks never run inside the call that armed them. */
#ifndef TRANSCHECK_NET_LOOP_H
#define TRANSCHECK_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"

struct loop;
struct loop_timer;
struct uv_loop_s;

/* Also ignores SIGPIPE, unless the program has set a handler: libuv writes to sockets without MSG_NOSIGNAL. */
enum err_code loop_new(struct loop **out, struct err *err);
/* Closes whatever handles are left and frees, timers, connections and listeners that their owners still hold included:
 * these pointers are dead afterwards. What was posted does not run any more. */
void loop_free(struct loop *loop);
/* Runs until loop_stop or until nothing is left to wait for. Neither this nor loop_turn may be called by a callback of
 * the loop: libuv does not nest. */
void loop_run(struct loop *loop);
/* One turn; waits at most timeout_ms for something to happen. */
void loop_turn(struct loop *loop, uint64_t timeout_ms);
void loop_stop(struct loop *loop);
/* Monotonic microseconds, read from the clock at each call. */
uint64_t loop_now_us(const struct loop *loop);
struct uv_loop_s *loop_uv(struct loop *loop);

typedef void loop_fn(void *user);

/* A one-shot timer, restartable. NULL only when out of memory. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_fn *fn, void *user);
void loop_timer_start(struct loop_timer *timer, uint64_t timeout_ms);
void loop_timer_stop(struct loop_timer *timer);
/* Stops and frees; safe inside its own callback. NULL is allowed. */
void loop_timer_free(struct loop_timer *timer);

/* Calls fn(user, signum) for SIGINT, SIGTERM or SIGHUP until loop_free. */
typedef void loop_signal_fn(void *user, int signum);
enum err_code loop_on_signal(struct loop *loop, int signum, loop_signal_fn *fn, void *user, struct err *err);

/* For the modules of net: what must be let go of when the loop ends. `release` is called once, from loop_free, for what
 * is still on the list; it closes its libuv handles, which the loop then waits for. */
struct loop_owned {
    struct loop_owned *next;
    struct loop_owned **link;
    void (*release)(struct loop_owned *owned);
};
void loop_own(struct loop *loop, struct loop_owned *owned, void (*release)(struct loop_owned *owned));
void loop_disown(struct loop_owned *owned);

/* A call of fn on the next turn of the loop, in the caller's storage and revocable. Posting what is posted already
 * does nothing. Tasks run in no promised order. */
struct loop_task {
    struct loop_task *next;
    struct loop_task **link; /* NULL when not posted */
    void (*fn)(struct loop_task *task);
};
void loop_post(struct loop *loop, struct loop_task *task);
void loop_revoke(struct loop_task *task);

#define LOOP_READ_BUFFER (64u << 10)
/* One buffer for all reads of this loop: its bytes are valid during one callback. */
uint8_t *loop_read_buffer(struct loop *loop);

#endif
