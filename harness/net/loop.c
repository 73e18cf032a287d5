/* The event loop over libuv: timers, tasks, signals. */
#include "harness/net/loop.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct loop_timer {
    uv_timer_t uv;
    struct loop_owned owned;
    loop_fn *fn; /* NULL once freed */
    void *user;
};

struct signal_watch {
    uv_signal_t uv;
    struct loop_owned owned;
    loop_signal_fn *fn;
    void *user;
};

struct loop {
    uv_loop_t uv;
    uv_idle_t idle; /* active only while a task is posted, so that the loop does not wait */
    uv_timer_t turn;
    struct loop_task *tasks;
    struct loop_owned *owned;
    bool turning; /* uv_run is under way */
    uint8_t read_buffer[LOOP_READ_BUFFER];
};

static void run_tasks(uv_idle_t *idle)
{
    /* The list is moved to a head of its own: a task that posts itself again runs on the next turn. */
    struct loop *loop = idle->data;
    struct loop_task *batch = loop->tasks;
    loop->tasks = NULL;
    if (batch)
        batch->link = &batch;
    while (batch) {
        struct loop_task *task = batch;
        loop_revoke(task);
        task->fn(task);
    }
    if (!loop->tasks)
        uv_idle_stop(idle);
}

void loop_post(struct loop *loop, struct loop_task *task)
{
    if (task->link)
        return;
    if (!loop->tasks)
        uv_idle_start(&loop->idle, run_tasks);
    task->next = loop->tasks;
    task->link = &loop->tasks;
    if (task->next)
        task->next->link = &task->next;
    loop->tasks = task;
}

void loop_revoke(struct loop_task *task)
{
    if (!task->link)
        return;
    *task->link = task->next;
    if (task->next)
        task->next->link = task->link;
    task->next = NULL;
    task->link = NULL;
}

enum err_code loop_new(struct loop **out, struct err *err)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    int rc = uv_loop_init(&loop->uv);
    if (rc != 0) {
        free(loop);
        return err_set(err, ERR_IO, "cannot make an event loop: %s", uv_strerror(rc));
    }
    uv_idle_init(&loop->uv, &loop->idle);
    uv_timer_init(&loop->uv, &loop->turn);
    loop->idle.data = loop;
    loop->turn.data = loop;

    struct sigaction old;
    if (sigaction(SIGPIPE, NULL, &old) == 0 && !(old.sa_flags & SA_SIGINFO) && old.sa_handler == SIG_DFL) {
        struct sigaction ignore = {.sa_handler = SIG_IGN};
        sigaction(SIGPIPE, &ignore, NULL);
    }
    *out = loop;
    return ERR_OK;
}

static void close_left(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    while (loop->owned) {
        struct loop_owned *owned = loop->owned;
        loop_disown(owned);
        owned->release(owned);
    }
    uv_walk(&loop->uv, close_left, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    while (uv_loop_close(&loop->uv) == UV_EBUSY) {
        uv_walk(&loop->uv, close_left, NULL);
        uv_run(&loop->uv, UV_RUN_DEFAULT);
    }
    free(loop);
}

static void run(struct loop *loop, uv_run_mode mode)
{
    assert(!loop->turning);
    loop->turning = true;
    uv_run(&loop->uv, mode);
    loop->turning = false;
}

void loop_run(struct loop *loop)
{
    run(loop, UV_RUN_DEFAULT);
}

/* libuv runs timers before it polls as well: one that is due by then would not end a poll that has yet to begin. */
static void turn_over(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

void loop_turn(struct loop *loop, uint64_t timeout_ms)
{
    if (timeout_ms == 0) {
        run(loop, UV_RUN_NOWAIT);
        return;
    }
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->turn, turn_over, timeout_ms, 0);
    run(loop, UV_RUN_ONCE);
    uv_timer_stop(&loop->turn);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

uint64_t loop_now_us(const struct loop *loop)
{
    (void)loop;
    return uv_hrtime() / 1000;
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

uint8_t *loop_read_buffer(struct loop *loop)
{
    return loop->read_buffer;
}

void loop_own(struct loop *loop, struct loop_owned *owned, void (*release)(struct loop_owned *owned))
{
    owned->release = release;
    owned->next = loop->owned;
    owned->link = &loop->owned;
    if (owned->next)
        owned->next->link = &owned->next;
    loop->owned = owned;
}

void loop_disown(struct loop_owned *owned)
{
    if (!owned->link)
        return;
    *owned->link = owned->next;
    if (owned->next)
        owned->next->link = owned->link;
    owned->next = NULL;
    owned->link = NULL;
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void timer_release(struct loop_owned *owned)
{
    struct loop_timer *timer = (struct loop_timer *)((char *)owned - offsetof(struct loop_timer, owned));
    timer->fn = NULL;
    uv_close((uv_handle_t *)&timer->uv, timer_closed);
}

static void timer_fired(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;
    if (timer->fn)
        timer->fn(timer->user);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_fn *fn, void *user)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return NULL;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    timer->fn = fn;
    timer->user = user;
    loop_own(loop, &timer->owned, timer_release);
    return timer;
}

void loop_timer_start(struct loop_timer *timer, uint64_t timeout_ms)
{
    /* libuv counts from the time it remembers for this turn, which a long callback leaves behind. */
    uv_update_time(timer->uv.loop);
    uv_timer_start(&timer->uv, timer_fired, timeout_ms, 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (!timer || uv_is_closing((uv_handle_t *)&timer->uv)) /* loop_free was faster */
        return;
    loop_disown(&timer->owned);
    timer_release(&timer->owned);
}

static void signal_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void signal_release(struct loop_owned *owned)
{
    struct signal_watch *watch = (struct signal_watch *)((char *)owned - offsetof(struct signal_watch, owned));
    uv_close((uv_handle_t *)&watch->uv, signal_closed);
}

static void signal_arrived(uv_signal_t *uv, int signum)
{
    struct signal_watch *watch = uv->data;
    watch->fn(watch->user, signum);
}

enum err_code loop_on_signal(struct loop *loop, int signum, loop_signal_fn *fn, void *user, struct err *err)
{
    struct signal_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    watch->fn = fn;
    watch->user = user;
    uv_signal_init(&loop->uv, &watch->uv);
    watch->uv.data = watch;
    loop_own(loop, &watch->owned, signal_release);
    int rc = uv_signal_start(&watch->uv, signal_arrived, signum);
    /* Waiting for a signal alone must not keep loop_run from returning. */
    uv_unref((uv_handle_t *)&watch->uv);
    if (rc != 0) {
        loop_disown(&watch->owned);
        signal_release(&watch->owned);
        return err_set(err, ERR_IO, "cannot watch signal %d: %s", signum, uv_strerror(rc));
    }
    return ERR_OK;
}
