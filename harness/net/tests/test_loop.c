/* Tests of the event loop: tasks, timers, signals, and freeing it with things pending. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "harness/net/loop.h"

static struct loop *loop;
static char trace[64];

static void note(char c)
{
    size_t len = strlen(trace);
    if (len + 1 < sizeof trace) {
        trace[len] = c;
        trace[len + 1] = '\0';
    }
}

static int setup(void **state)
{
    (void)state;
    trace[0] = '\0';
    return loop_new(&loop, NULL) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void note_a(void *user)
{
    (void)user;
    note('a');
}

static void note_b(void *user)
{
    (void)user;
    note('b');
}

static struct loop_task task_one, task_two;

static void task_fn(struct loop_task *task)
{
    note(task == &task_one ? '1' : '2');
    if (task == &task_two && strlen(trace) < 4)
        loop_post(loop, task);
}

static void test_tasks(void **state)
{
    (void)state;
    task_one = task_two = (struct loop_task){.fn = task_fn};
    loop_post(loop, &task_one);
    loop_post(loop, &task_one);
    loop_turn(loop, 0);
    assert_string_equal(trace, "1");
    loop_post(loop, &task_one);
    loop_revoke(&task_one);
    loop_revoke(&task_one);
    loop_post(loop, &task_two); /* posts itself again: once a turn */
    loop_turn(loop, 0);
    assert_string_equal(trace, "12");
    loop_run(loop);
    assert_string_equal(trace, "1222");
}

static struct loop_timer *timer;

static void free_timer(void *user)
{
    (void)user;
    note('f');
    loop_timer_free(timer);
    timer = NULL;
}

static void test_timers(void **state)
{
    (void)state;
    struct loop_timer *one = loop_timer_new(loop, note_a, NULL);
    struct loop_timer *two = loop_timer_new(loop, note_b, NULL);
    timer = loop_timer_new(loop, free_timer, NULL);
    uint64_t before = loop_now_us(loop);
    loop_timer_start(one, 20);
    loop_timer_start(two, 1);
    loop_timer_start(timer, 5);
    assert_string_equal(trace, "");
    loop_run(loop);
    assert_string_equal(trace, "bfa");
    assert_true(loop_now_us(loop) - before >= 19000); /* a lower bound: libuv counts whole milliseconds */
    loop_timer_start(one, 1);
    loop_timer_stop(one);
    loop_timer_start(two, 1000);
    loop_timer_start(two, 1); /* started anew */
    loop_run(loop);
    assert_string_equal(trace, "bfab");
    loop_timer_free(one);
    loop_timer_free(NULL);
    /* `two` is left to loop_free. */
}

static void test_turn_waits_no_longer_than_asked(void **state)
{
    (void)state;
    loop_turn(loop, 1);
    loop_turn(loop, 0);
    assert_string_equal(trace, "");
}

static void stop(struct loop_task *task)
{
    (void)task;
    note('s');
    loop_stop(loop);
}

static void test_stop(void **state)
{
    (void)state;
    struct loop_timer *never = loop_timer_new(loop, note_a, NULL);
    loop_timer_start(never, 3600000);
    struct loop_task task = {.fn = stop};
    loop_post(loop, &task);
    loop_run(loop);
    assert_string_equal(trace, "s");
}

static void signalled(void *user, int signum)
{
    note(signum == SIGTERM ? 'T' : 'I');
    loop_stop(user);
}

static void test_signals(void **state)
{
    (void)state;
    assert_int_equal(loop_on_signal(loop, SIGTERM, signalled, loop, NULL), ERR_OK);
    assert_int_equal(loop_on_signal(loop, SIGINT, signalled, loop, NULL), ERR_OK);
    loop_run(loop); /* signals alone keep nothing running */
    assert_string_equal(trace, "");
    struct loop_timer *never = loop_timer_new(loop, note_a, NULL);
    loop_timer_start(never, 10000);
    raise(SIGTERM);
    loop_run(loop);
    assert_string_equal(trace, "T");
    raise(SIGINT);
    loop_run(loop);
    assert_string_equal(trace, "TI");
    struct err err;
    assert_int_equal(loop_on_signal(loop, SIGKILL, signalled, loop, &err), ERR_IO);
}

static void test_free_with_things_pending(void **state)
{
    (void)state;
    struct loop *other;
    assert_int_equal(loop_new(&other, NULL), ERR_OK);
    loop_timer_start(loop_timer_new(other, note_a, NULL), 0);
    task_one = (struct loop_task){.fn = task_fn};
    loop_post(other, &task_one);
    loop_free(other);
    loop_free(NULL);
    assert_string_equal(trace, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tasks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_turn_waits_no_longer_than_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_free_with_things_pending, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
