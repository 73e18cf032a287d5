#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/run/proxy_process.h"

static struct proxy_process *start(struct loop *loop, const char *command)
{
    struct proxy_process *process;
    struct err err;
    assert_int_equal(proxy_process_new(&process, loop, command, false, &err), ERR_OK);
    assert_int_equal(proxy_process_start(process, &err), ERR_OK);
    assert_true(proxy_process_running(process));
    return process;
}

static void wait_dead(struct loop *loop, struct proxy_process *process)
{
    for (int i = 0; i < 1000 && proxy_process_running(process); i++)
        loop_turn(loop, 10);
    assert_false(proxy_process_running(process));
}

static void exit_status_is_told(void **state)
{
    struct proxy_process *process = start(*state, "exit 3");
    wait_dead(*state, process);
    assert_string_equal(proxy_process_death(process), "exit status 3");
    assert_int_equal(proxy_process_deaths(process), 1);
    proxy_process_free(process);
}

static void signal_is_told(void **state)
{
    struct proxy_process *process = start(*state, "kill -ABRT $$");
    wait_dead(*state, process);
    assert_non_null(strstr(proxy_process_death(process), "signal 6"));
    proxy_process_free(process);
    process = start(*state, "sh -c 'kill -SEGV $$'; exit $?"); /* as a shell reports its child */
    wait_dead(*state, process);
    assert_non_null(strstr(proxy_process_death(process), "signal 11"));
    proxy_process_free(process);
}

static void starts_again(void **state)
{
    struct err err;
    struct proxy_process *process = start(*state, "exit 0");
    wait_dead(*state, process);
    assert_int_equal(proxy_process_start(process, &err), ERR_OK);
    assert_int_equal(proxy_process_start(process, &err), ERR_USAGE); /* it is running */
    wait_dead(*state, process);
    assert_int_equal(proxy_process_deaths(process), 2);
    proxy_process_free(process);
}

static bool alive(long pid)
{
    char path[64], text[128] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    const char *state = len ? strrchr(text, ')') : NULL;
    return state && state[2] != 'Z';
}

static void stop_takes_the_whole_group(void **state)
{
    char path[] = "/tmp/transcheck-test-XXXXXX", command[256];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    snprintf(command, sizeof command, "sleep 300 & echo $! > %s; trap '' TERM; wait; sleep 300", path);
    struct proxy_process *process = start(*state, command);
    long child = 0;
    for (int i = 0; i < 500 && child == 0; i++) {
        char text[32] = "";
        loop_turn(*state, 10);
        if (pread(fd, text, sizeof text - 1, 0) > 1)
            child = strtol(text, NULL, 10);
    }
    assert_true(child > 0 && alive(child));
    proxy_process_stop(process);
    assert_false(proxy_process_running(process));
    assert_int_equal(proxy_process_deaths(process), 0); /* it was asked to go */
    for (int i = 0; i < 200 && alive(child); i++)
        usleep(10000);
    assert_false(alive(child));
    proxy_process_free(process);
    close(fd);
    unlink(path);
}

static int setup(void **state)
{
    struct loop *loop;
    struct err err;
    if (loop_new(&loop, &err) != ERR_OK)
        return -1;
    *state = loop;
    return 0;
}

static int teardown(void **state)
{
    loop_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(exit_status_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(signal_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(starts_again, setup, teardown),
        cmocka_unit_test_setup_teardown(stop_takes_the_whole_group, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
