#include "harness/run/proxy_process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define STOP_TERM_MS 2000
#define STOP_KILL_MS 2000

struct proxy_process {
    struct loop *loop;
    char *command;
    bool show_output;
    uv_process_t *handle; /* heap: outlives us until its close callback ran */
    bool running;
    bool stopping;
    unsigned deaths;
    char death[96];
};

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_exit_status(uv_process_t *handle, int64_t status, int term_signal)
{
    struct proxy_process *process = handle->data;
    uv_close((uv_handle_t *)handle, on_closed);
    if (!process)
        return;
    /* The shell is gone; what it left behind in its group must not keep the port. */
    kill(-handle->pid, SIGKILL);
    process->handle = NULL;
    process->running = false;
    if (process->stopping)
        return;
    process->deaths++;
    if (term_signal == 0 && status > 128 && status < 128 + 65) /* as a shell reports its child */
        term_signal = (int)status - 128;
    if (term_signal)
        snprintf(process->death, sizeof process->death, "signal %d (%s)", term_signal, strsignal(term_signal));
    else
        snprintf(process->death, sizeof process->death, "exit status %d", (int)status);
}

enum err_code proxy_process_new(struct proxy_process **out, struct loop *loop, const char *command, bool show_output,
                                struct err *err)
{
    struct proxy_process *process = calloc(1, sizeof *process);
    char *copy = strdup(command);
    if (!process || !copy) {
        free(process);
        free(copy);
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    }
    process->loop = loop;
    process->command = copy;
    process->show_output = show_output;
    *out = process;
    return ERR_OK;
}

enum err_code proxy_process_start(struct proxy_process *process, struct err *err)
{
    if (process->running)
        return err_set(err, ERR_USAGE, "the proxy is running already");
    char *argv[] = {"sh", "-c", process->command, NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = process->show_output ? UV_INHERIT_FD : UV_IGNORE, .data.fd = STDERR_FILENO},
        {.flags = process->show_output ? UV_INHERIT_FD : UV_IGNORE, .data.fd = STDERR_FILENO},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_status,
        .file = "/bin/sh",
        .args = argv,
        .flags = UV_PROCESS_DETACHED, /* a session, so a process group, of its own */
        .stdio_count = 3,
        .stdio = stdio,
    };
    uv_process_t *handle = calloc(1, sizeof *handle);
    if (!handle)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    handle->data = process;
    int status = uv_spawn(loop_uv(process->loop), handle, &options);
    if (status != 0) {
        uv_close((uv_handle_t *)handle, on_closed);
        return err_set(err, ERR_IO, "the proxy command could not be started: %s", uv_strerror(status));
    }
    process->handle = handle;
    process->running = true;
    process->stopping = false;
    return ERR_OK;
}

bool proxy_process_running(const struct proxy_process *process)
{
    return process->running;
}

const char *proxy_process_death(const struct proxy_process *process)
{
    return process->death;
}

unsigned proxy_process_deaths(const struct proxy_process *process)
{
    return process->deaths;
}

static void wait_gone(struct proxy_process *process, uint64_t limit_ms)
{
    uint64_t until_us = loop_now_us(process->loop) + limit_ms * 1000;
    while (process->running && loop_now_us(process->loop) < until_us)
        loop_turn(process->loop, 20);
}

void proxy_process_stop(struct proxy_process *process)
{
    if (!process->running)
        return;
    process->stopping = true;
    int pid = process->handle->pid;
    kill(-pid, SIGTERM);
    wait_gone(process, STOP_TERM_MS);
    if (process->running) {
        kill(-pid, SIGKILL);
        wait_gone(process, STOP_KILL_MS);
    }
}

void proxy_process_kill(struct proxy_process *process)
{
    if (!process->running)
        return;
    process->stopping = true;
    kill(-process->handle->pid, SIGKILL);
}

void proxy_process_free(struct proxy_process *process)
{
    if (!process)
        return;
    proxy_process_stop(process);
    if (process->handle)
        process->handle->data = NULL;
    free(process->command);
    free(process);
}
