/* The runner's end of the proxy's process: starts its supervisor, reads its news and the proxy's output. */
#include "harness/run/proxy_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "harness/base/escape.h"
#include "harness/run/proxy_output.h"
#include "harness/run/proxy_supervisor.h"

#define STOP_MS     (PROXY_SUPERVISOR_TERM_MS + PROXY_SUPERVISOR_KILL_MS + 1000)
#define READ_SIZE   (16u << 10)
#define READ_ROUNDS 8  /* of output in one turn of the loop */
#define READ_ALL    64 /* when nothing more will come: all that a pipe holds */
#define MAX_TEXT    (8u * PROXY_OUTPUT_MAX)
#define MIB         (1u << 20)
#define SHOWN_LINES 12 /* of the output, when the proxy died */
#define SHOWN_BYTES 1000u

struct proxy_process {
    struct loop *loop;
    struct proxy_process_options options;
    char *command;
    pid_t supervisor;
    pid_t group;    /* of the command, 0 until known */
    int control_fd; /* -1 when nothing runs; so are the next two */
    int news_fd;
    int output_fd;
    uv_poll_t *news_poll; /* heap: outlive us until their close callback ran */
    uv_poll_t *output_poll;
    bool running;
    bool stopping;
    unsigned deaths;
    struct proxy_death death;
    struct buf death_output;
    struct proxy_output output;
};

/* ---- memory of the machine */

/* The limit that control group version 2 sets, as a container sees it; 0: none. */
static uint64_t cgroup_limit(void)
{
    unsigned long long limit = 0;
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%llu", &limit) != 1) /* the word "max" */
        limit = 0;
    fclose(file);
    return limit;
}

uint64_t proxy_process_default_memory_mib(void)
{
    uint64_t bytes = uv_get_total_memory();
    uint64_t limits[] = {uv_get_constrained_memory(), cgroup_limit()};
    for (size_t i = 0; i < 2; i++) {
        if (limits[i] > 0 && limits[i] < bytes)
            bytes = limits[i];
    }
    return bytes / MIB / 2;
}

/* ---- the end */

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void close_poll(uv_poll_t **poll, int *fd)
{
    if (*poll) {
        (*poll)->data = NULL;
        uv_close((uv_handle_t *)*poll, on_poll_closed);
    }
    if (*fd >= 0)
        close(*fd);
    *poll = NULL;
    *fd = -1;
}

/* Reads what there is; false at the end. */
static bool read_output(struct proxy_process *process, size_t rounds)
{
    uint8_t bytes[READ_SIZE];
    while (rounds-- > 0) {
        ssize_t len = read(process->output_fd, bytes, sizeof bytes);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return errno == EAGAIN;
        if (len == 0)
            return false;
        proxy_output_add(&process->output, span_of(bytes, (size_t)len));
    }
    return true;
}

/* Lets go of a supervisor that has ended, or ends now: at the end of the control pipe it kills what is left. */
static void let_go(struct proxy_process *process)
{
    close_poll(&process->news_poll, &process->news_fd);
    close_poll(&process->output_poll, &process->output_fd);
    if (process->control_fd >= 0)
        close(process->control_fd);
    process->control_fd = -1;
    if (process->supervisor > 0) {
        while (waitpid(process->supervisor, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    process->supervisor = 0;
    process->running = false;
}

static void describe(char *out, size_t size, const struct proxy_process *process, const struct proxy_news *news)
{
    int status = news->status;
    int signum = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    int exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    if (exit_status > 128 && exit_status < 128 + 65) /* as a shell reports its child */
        signum = exit_status - 128;
    if (news->kind == PROXY_NEWS_OVER_MEMORY)
        snprintf(out, size, "it used %llu MiB of memory, more than the %llu MiB of --proxy-memory-mib, and was killed",
                 (unsigned long long)(news->memory_bytes / MIB), (unsigned long long)process->options.memory_mib);
    else if (signum)
        snprintf(out, size, "signal %d (%s)", signum, strsignal(signum));
    else
        snprintf(out, size, "exit status %d", exit_status);
}

static void ended(struct proxy_process *process, const struct proxy_news *news)
{
    process->running = false;
    if (process->stopping)
        return;
    read_output(process, READ_ALL);
    proxy_output_end(&process->output);
    process->deaths++;
    process->death.over_memory = news->kind == PROXY_NEWS_OVER_MEMORY;
    describe(process->death.text, sizeof process->death.text, process, news);
    buf_reset(&process->death_output);
    proxy_output_text(&process->death_output, &process->output);
    process->death.output = process->death_output.data ? (const char *)process->death_output.data : "";
}

/* ---- news and output */

static void daemonised(struct proxy_process *process, const struct proxy_news *news)
{
    struct buf text;
    if (!process->options.on_daemonised)
        return;
    buf_init(&text, 4096);
    buf_append_cstr(&text, "the proxy command ended (exit status 0) and left processes running: ");
    escape_terminal(&text, span_of(news->names, strnlen(news->names, sizeof news->names)));
    buf_append_cstr(&text, ". They are taken for the proxy and ended with the run, but start it in the foreground "
                           "(without daemon mode, no trailing `&`), so that its end is seen as it is");
    process->options.on_daemonised(process->options.user, text.failed ? "" : (const char *)text.data);
    buf_fini(&text);
}

static void on_news(uv_poll_t *poll, int poll_status, int events)
{
    (void)poll_status, (void)events;
    struct proxy_process *process = poll->data;
    struct proxy_news news;
    ssize_t len = read(process->news_fd, &news, sizeof news);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len != (ssize_t)sizeof news) {
        if (process->running) { /* somebody killed the supervisor */
            if (process->group > 0)
                kill(-process->group, SIGKILL);
            ended(process, &(struct proxy_news){.kind = PROXY_NEWS_ENDED, .status = SIGKILL});
        }
        let_go(process);
        return;
    }
    switch (news.kind) {
    case PROXY_NEWS_STARTED:
        process->group = (pid_t)news.status;
        break;
    case PROXY_NEWS_DAEMONISED:
        daemonised(process, &news);
        break;
    case PROXY_NEWS_ENDED:
    case PROXY_NEWS_OVER_MEMORY:
        ended(process, &news);
        break;
    }
}

static void on_output(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct proxy_process *process = poll->data;
    if (!read_output(process, READ_ROUNDS))
        uv_poll_stop(poll); /* the proxy closed both: its life is told by the news */
}

/* Waits until the supervisor has ended all that is left, and itself. */
static void wait_gone(struct proxy_process *process)
{
    uint64_t until_us = loop_now_us(process->loop) + STOP_MS * 1000ull;
    while (process->supervisor > 0 && loop_now_us(process->loop) < until_us)
        loop_turn(process->loop, 20);
    if (process->supervisor > 0)
        let_go(process);
}

/* ---- starting */

static bool watch(struct proxy_process *process, uv_poll_t **out, int fd, uv_poll_cb callback)
{
    uv_poll_t *poll = calloc(1, sizeof *poll);
    if (!poll || uv_poll_init(loop_uv(process->loop), poll, fd) != 0) {
        free(poll);
        return false;
    }
    poll->data = process;
    *out = poll;
    return uv_poll_start(poll, UV_READABLE, callback) == 0;
}

struct pipes {
    int control[2];
    int news[2];
    int output[2];
};

static void close_pipe(int pipe[2])
{
    for (size_t i = 0; i < 2; i++) {
        if (pipe[i] >= 0)
            close(pipe[i]);
    }
}

static enum err_code open_pipes(struct pipes *pipes, struct err *err)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    if (pipe2(pipes->control, O_CLOEXEC) == 0 && pipe2(pipes->news, O_CLOEXEC) == 0 &&
        pipe2(pipes->output, O_CLOEXEC) == 0)
        return ERR_OK;
    int why = errno;
    close_pipe(pipes->control);
    close_pipe(pipes->news);
    close_pipe(pipes->output);
    return err_set(err, ERR_IO, "the proxy command could not be started: pipe: %s", strerror(why));
}

/* Forks with every signal blocked, as the supervisor needs it. */
static pid_t fork_supervisor(const struct proxy_process *process, const struct pipes *pipes)
{
    struct proxy_supervisor_options options = {
        .command = process->command,
        .max_memory_bytes = process->options.memory_mib * MIB,
        .open_files = process->options.open_files,
        .control_fd = pipes->control[0],
        .news_fd = pipes->news[1],
        .output_fd = pipes->output[1],
    };
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t pid = fork();
    if (pid == 0)
        proxy_supervisor_run(&options);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return pid;
}

enum err_code proxy_process_new(struct proxy_process **out, struct loop *loop,
                                const struct proxy_process_options *options, struct err *err)
{
    struct proxy_process *process = calloc(1, sizeof *process);
    char *copy = strdup(options->command);
    if (!process || !copy) {
        free(process);
        free(copy);
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    }
    process->loop = loop;
    process->options = *options;
    process->command = copy;
    process->control_fd = process->news_fd = process->output_fd = -1;
    process->death.output = "";
    buf_init(&process->death_output, MAX_TEXT);
    proxy_output_init(&process->output, options->log);
    *out = process;
    return ERR_OK;
}

enum err_code proxy_process_start(struct proxy_process *process, struct err *err)
{
    struct pipes pipes;
    if (process->running)
        return err_set(err, ERR_USAGE, "the proxy is running already");
    wait_gone(process);
    if (open_pipes(&pipes, err) != ERR_OK)
        return ERR_IO;
    proxy_output_clear(&process->output);
    process->supervisor = fork_supervisor(process, &pipes);
    int why = errno;
    close(pipes.control[0]);
    close(pipes.news[1]);
    close(pipes.output[1]);
    process->control_fd = pipes.control[1];
    process->news_fd = pipes.news[0];
    process->output_fd = pipes.output[0];
    process->group = 0;
    process->running = process->supervisor > 0;
    process->stopping = false;
    bool watched = process->running && fcntl(process->output_fd, F_SETFL, O_NONBLOCK) == 0 &&
                   watch(process, &process->news_poll, process->news_fd, on_news) &&
                   watch(process, &process->output_poll, process->output_fd, on_output);
    if (watched)
        return ERR_OK;
    err_set(err, ERR_IO, "the proxy command could not be started: %s",
            process->running ? "its pipes cannot be watched" : strerror(why));
    let_go(process);
    return ERR_IO;
}

bool proxy_process_running(const struct proxy_process *process)
{
    return process->running;
}

const struct proxy_death *proxy_process_death(const struct proxy_process *process)
{
    return &process->death;
}

unsigned proxy_process_deaths(const struct proxy_process *process)
{
    return process->deaths;
}

void proxy_death_show(const struct proxy_death *death, const struct log *log)
{
    struct span text = span_cstr(death->output);
    if (log->level != LOG_NORMAL || text.len == 0)
        return;
    struct span last = span_last_lines(text, SHOWN_LINES);
    log_info(log, "the last that the proxy wrote%s:", last.len < text.len ? " (more is in the results)" : "");
    while (last.len > 0) {
        struct span line = span_take_line(&last);
        log_info(log, "  | %.*s", (int)(line.len < SHOWN_BYTES ? line.len : SHOWN_BYTES), (const char *)line.data);
    }
}

void proxy_process_stop(struct proxy_process *process)
{
    process->stopping = true;
    if (!process->running || write(process->control_fd, "T", 1) == 1)
        wait_gone(process);
    else
        let_go(process);
}

void proxy_process_free(struct proxy_process *process)
{
    if (!process)
        return;
    proxy_process_stop(process);
    proxy_output_fini(&process->output);
    buf_fini(&process->death_output);
    free(process->command);
    free(process);
}
