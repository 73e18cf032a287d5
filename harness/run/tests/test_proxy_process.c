/* Tests of the proxy's process: its start, its end, its deaths and its output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/run/proxy_process.h"

#define MEMORY_MIB 64

static char daemon_text[1024];

static void on_daemonised(void *user, const char *text)
{
    (void)user;
    snprintf(daemon_text, sizeof daemon_text, "%s", text);
}

static struct proxy_process *start(struct loop *loop, const char *command)
{
    static const struct log quiet = {.level = LOG_QUIET};
    struct proxy_process_options options = {
        .command = command, .log = &quiet, .memory_mib = MEMORY_MIB, .on_daemonised = on_daemonised};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &options.open_files), 0);
    struct proxy_process *process;
    struct err err;
    daemon_text[0] = '\0';
    assert_int_equal(proxy_process_new(&process, loop, &options, &err), ERR_OK);
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
    assert_string_equal(proxy_process_death(process)->text, "exit status 3");
    assert_int_equal(proxy_process_deaths(process), 1);
    proxy_process_free(process);
}

static void signal_is_told(void **state)
{
    struct proxy_process *process = start(*state, "kill -ABRT $$");
    wait_dead(*state, process);
    assert_non_null(strstr(proxy_process_death(process)->text, "signal 6"));
    proxy_process_free(process);
    process = start(*state, "sh -c 'kill -SEGV $$'; exit $?"); /* as a shell reports its child */
    wait_dead(*state, process);
    assert_non_null(strstr(proxy_process_death(process)->text, "signal 11"));
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

/* A file whose text a command of the test writes, for the ids of processes. */
struct note {
    char path[64];
    int fd;
};

static void note_open(struct note *note)
{
    snprintf(note->path, sizeof note->path, "/tmp/transcheck-test-XXXXXX");
    note->fd = mkstemp(note->path);
    assert_true(note->fd >= 0);
}

static void note_close(struct note *note)
{
    close(note->fd);
    unlink(note->path);
}

/* Waits until a number and a line break are there. */
static long note_number(struct note *note, struct loop *loop)
{
    for (int i = 0; i < 1000; i++) {
        char text[32] = "";
        if (pread(note->fd, text, sizeof text - 1, 0) > 1 && strchr(text, '\n'))
            return strtol(text, NULL, 10);
        if (loop)
            loop_turn(loop, 10);
        else
            usleep(10000);
    }
    fail_msg("no process wrote its id");
    return 0;
}

/* Waits until the process belongs to the supervisor: what started it has gone. */
static void wait_adopted(long pid, struct loop *loop)
{
    for (int i = 0; i < 1000; i++) {
        char path[64], text[256] = "", name[64] = "";
        long parent = 0;
        snprintf(path, sizeof path, "/proc/%ld/stat", pid);
        FILE *file = fopen(path, "r");
        const char *after = file && fgets(text, sizeof text, file) ? strrchr(text, ')') : NULL;
        if (after && sscanf(after, ") %*c %ld", &parent) == 1) {
            snprintf(path, sizeof path, "/proc/%ld/comm", parent);
            FILE *comm = fopen(path, "r");
            if (comm && !fgets(name, sizeof name, comm))
                name[0] = '\0';
            if (comm)
                fclose(comm);
        }
        if (file)
            fclose(file);
        if (strcmp(name, "proxy-watch\n") == 0)
            return;
        loop_turn(loop, 10);
    }
    fail_msg("process %ld was not adopted", pid);
}

static void wait_gone(long pid)
{
    for (int i = 0; i < 1000 && alive(pid); i++)
        usleep(10000);
    assert_false(alive(pid));
}

static void stop_takes_the_whole_group(void **state)
{
    struct note note;
    char command[256];
    note_open(&note);
    snprintf(command, sizeof command, "sleep 300 & echo $! > %s; trap '' TERM; wait; sleep 300", note.path);
    struct proxy_process *process = start(*state, command);
    long child = note_number(&note, *state);
    assert_true(alive(child));
    proxy_process_stop(process);
    assert_false(proxy_process_running(process));
    assert_int_equal(proxy_process_deaths(process), 0); /* it was asked to go */
    assert_false(alive(child));
    proxy_process_free(process);
    note_close(&note);
}

/* It left the group and the session, ignores SIGTERM, and nobody waits for it. */
#define DAEMON "setsid sh -c \"echo \\$\\$ > %s; trap '' TERM; while :; do sleep 1; done\" &"

static void what_left_the_group_is_ended(void **state)
{
    struct note note;
    char command[256];
    note_open(&note);
    snprintf(command, sizeof command, DAEMON " sleep 300", note.path);
    struct proxy_process *process = start(*state, command);
    long child = note_number(&note, *state);
    assert_true(alive(child));
    proxy_process_stop(process);
    assert_false(alive(child));
    assert_string_equal(daemon_text, ""); /* the command itself stayed */
    proxy_process_free(process);

    assert_int_equal(ftruncate(note.fd, 0), 0);
    snprintf(command, sizeof command, DAEMON " sleep 0.3; kill -SEGV $$", note.path);
    process = start(*state, command);
    child = note_number(&note, *state);
    wait_dead(*state, process);
    proxy_process_free(process); /* waits until what was left is gone */
    assert_false(alive(child));
    note_close(&note);
}

static void daemon_is_told_and_kept(void **state)
{
    struct note note;
    char command[256];
    note_open(&note);
    snprintf(command, sizeof command, DAEMON " exit 0", note.path);
    struct proxy_process *process = start(*state, command);
    long child = note_number(&note, *state);
    for (int i = 0; i < 1000 && !daemon_text[0]; i++)
        loop_turn(*state, 10);
    assert_non_null(strstr(daemon_text, "left processes running: sh ("));
    assert_true(proxy_process_running(process) && alive(child));
    assert_int_equal(proxy_process_deaths(process), 0);
    kill((pid_t)child, SIGABRT);
    wait_dead(*state, process);
    assert_non_null(strstr(proxy_process_death(process)->text, "signal 6"));
    proxy_process_free(process);

    assert_int_equal(ftruncate(note.fd, 0), 0);
    process = start(*state, command);
    child = note_number(&note, *state);
    wait_adopted(child, *state);
    proxy_process_stop(process); /* at once: it is told all the same, and ended */
    assert_non_null(strstr(daemon_text, "left processes running"));
    assert_false(alive(child));
    proxy_process_free(process);
    note_close(&note);
}

/* The runner is killed: no handler of its own can end the proxy. */
static void killed_runner_takes_the_proxy_along(void **state)
{
    struct note note;
    char command[256];
    (void)state;
    note_open(&note);
    snprintf(command, sizeof command, DAEMON " trap '' TERM HUP; sleep 300; sleep 300", note.path);
    pid_t runner = fork();
    assert_true(runner >= 0);
    if (runner == 0) {
        struct loop *loop;
        struct err err;
        if (loop_new(&loop, &err) != ERR_OK)
            _exit(1);
        struct proxy_process *process = start(loop, command);
        while (proxy_process_running(process))
            loop_turn(loop, 1000);
        _exit(0);
    }
    long child = note_number(&note, NULL);
    assert_true(alive(child));
    kill(runner, SIGKILL);
    assert_int_equal(waitpid(runner, NULL, 0), runner);
    wait_gone(child);
    note_close(&note);
}

static void killed_supervisor_is_a_death(void **state)
{
    struct note note;
    char command[256];
    note_open(&note);
    snprintf(command, sizeof command, "sleep 300 & echo $PPID > %s; wait", note.path);
    struct proxy_process *process = start(*state, command);
    long supervisor = note_number(&note, *state);
    kill((pid_t)supervisor, SIGKILL);
    wait_dead(*state, process);
    assert_int_equal(proxy_process_deaths(process), 1);
    proxy_process_free(process);
    note_close(&note);
}

/* What allocates (and touches) too much is killed, whichever process of the proxy it is. */
static void memory_is_limited(void **state)
{
    struct err err;
    struct proxy_process *process = start(*state, "python3 -c 'x = bytearray(1 << 30); import time; time.sleep(300)'");
    wait_dead(*state, process);
    assert_true(proxy_process_death(process)->over_memory);
    assert_non_null(strstr(proxy_process_death(process)->text, "more than the 64 MiB of --proxy-memory-mib"));
    assert_int_equal(proxy_process_deaths(process), 1);
    assert_int_equal(proxy_process_start(process, &err), ERR_OK); /* and can be started again */
    wait_dead(*state, process);
    assert_int_equal(proxy_process_deaths(process), 2);
    proxy_process_free(process);
    process = start(*state, "(setsid python3 -c 'x = bytearray(1 << 30); import time; time.sleep(300)') & wait");
    wait_dead(*state, process);
    assert_true(proxy_process_death(process)->over_memory);
    proxy_process_free(process);
    process = start(*state, "exit 1");
    wait_dead(*state, process);
    assert_false(proxy_process_death(process)->over_memory);
    proxy_process_free(process);
}

/* Four processes that share 40 MiB use 40 MiB: no reason to kill them. Once each has its own, there is. */
static void shared_memory_counts_once(void **state)
{
    static const char shared[] = "python3 -c 'import os, time; x = bytearray(40 << 20)\n"
                                 "for _ in range(3): os.fork() or time.sleep(300)\n"
                                 "print(\"ready\", flush=True); time.sleep(1); os._exit(7)'";
    static const char own[] = "python3 -c 'import os, time\n"
                              "for _ in range(3): os.fork() or (bytearray(40 << 20), time.sleep(300))\n"
                              "x = bytearray(40 << 20); time.sleep(300)'";
    struct proxy_process *process = start(*state, shared);
    wait_dead(*state, process);
    assert_string_equal(proxy_process_death(process)->text, "exit status 7");
    assert_string_equal(proxy_process_death(process)->output, "ready\n");
    proxy_process_free(process);
    process = start(*state, own);
    wait_dead(*state, process);
    assert_true(proxy_process_death(process)->over_memory);
    proxy_process_free(process);
}

static void output_is_kept(void **state)
{
    struct proxy_process *process = start(*state, "printf 'one\\n\\033[31mtwo\\377\\n' >&2; printf three; exit 1");
    wait_dead(*state, process);
    assert_string_equal(proxy_process_death(process)->output, "one\n\\x1b[31mtwo\\xff\nthree\n");
    proxy_process_free(process);
    process = start(*state, "exit 1");
    wait_dead(*state, process);
    assert_string_equal(proxy_process_death(process)->output, "");
    proxy_process_free(process);
    process = start(*state, "seq 1 20000; exit 1"); /* 108,894 bytes */
    wait_dead(*state, process);
    const char *output = proxy_process_death(process)->output;
    assert_non_null(strstr(output, "(43358 bytes before this are not kept)\n"));
    assert_non_null(strstr(output, "\n19999\n20000\n"));
    assert_null(strstr(output, "\n5000\n"));
    proxy_process_free(process);
}

/* A proxy that writes without end must not hold the loop. */
static void endless_output_holds_nobody(void **state)
{
    struct proxy_process *process = start(*state, "yes");
    for (int i = 0; i < 100; i++)
        loop_turn(*state, 10);
    assert_true(proxy_process_running(process));
    proxy_process_stop(process);
    assert_false(proxy_process_running(process));
    proxy_process_free(process);
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
        cmocka_unit_test_setup_teardown(what_left_the_group_is_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(daemon_is_told_and_kept, setup, teardown),
        cmocka_unit_test(killed_runner_takes_the_proxy_along),
        cmocka_unit_test_setup_teardown(killed_supervisor_is_a_death, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_is_limited, setup, teardown),
        cmocka_unit_test_setup_teardown(shared_memory_counts_once, setup, teardown),
        cmocka_unit_test_setup_teardown(output_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(endless_output_holds_nobody, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
