/* The process that starts the proxy, watches it and ends it, whatever becomes of the runner. */
#include "harness/run/proxy_supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/run/process_tree.h"

#define MEMORY_MS     10  /* between two looks at the memory of the known processes */
#define TREE_MIN_MS   100 /* between two searches for new processes; longer where a search is slow */
#define SHARE         20  /* at most one part in so many of the time is spent searching or measuring exactly */
#define DAEMON_MS     300 /* after exit status 0: what is still there then was meant to stay */
#define POLL_KILLED   2
#define NAMES_SHOWN   5
#define MAX_OPEN_FILE 65536 /* up to which descriptors are closed one by one where close_range(2) is missing */

struct supervisor {
    const struct proxy_supervisor_options *options;
    int signal_fd;
    pid_t command;          /* the shell, or what it became by exec */
    bool command_gone;      /* it was reaped */
    bool adopted;           /* its status was 0 and it left processes: they are the proxy now */
    bool nobody;            /* no child is left */
    int status;             /* of the command; once adopted, of what ended last, or of the first that failed */
    uint64_t gone_ms;       /* when the command was reaped */
    uint64_t stop_ms;       /* when it was asked to stop; 0: not */
    uint64_t next_tree_ms;  /* when to search for new processes */
    uint64_t next_exact_ms; /* not to measure exactly before */
    struct process_tree tree;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- starting */

static size_t read_own(char *out, size_t size, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, out, size - 1) : 0;
    if (fd >= 0)
        close(fd);
    out[len > 0 ? len : 0] = '\0';
    return len > 0 ? (size_t)len : 0;
}

/* A name and a command line of its own, so that `pkill transcheck` or `pkill -f 'transcheck run'` ends the runner
 * alone, and this process can do its work. /proc/self/stat says where the command line is (fields 48 and 49, proc(5)).
 */
static void set_title(void)
{
    static const char title[] = "proxy-watch";
    static char text[4096], old[4096];
    uintptr_t start = 0, end = 0;
    prctl(PR_SET_NAME, title);
    read_own(text, sizeof text, "/proc/self/stat");
    size_t old_len = read_own(old, sizeof old, "/proc/self/cmdline");
    char *at = strrchr(text, ')');
    for (int field = 3; at && field <= 49; field++) {
        at = strchr(at + 1, ' ');
        if (at && field == 48)
            start = (uintptr_t)strtoull(at + 1, NULL, 10);
        if (at && field == 49)
            end = (uintptr_t)strtoull(at + 1, NULL, 10);
    }
    if (start == 0 || end < start + sizeof title || old_len == 0 || old_len > end - start ||
        memcmp((void *)start, old, old_len) != 0)
        return;
    memset((void *)start, 0, end - start);
    memcpy((void *)start, title, sizeof title);
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void close_from_to(unsigned first, unsigned last)
{
    if (first > last || close_range(first, last, 0) == 0)
        return;
    for (unsigned fd = first; fd <= last && fd < MAX_OPEN_FILE; fd++)
        close((int)fd);
}

/* Closes everything but the pipes: a listener or a report that stayed open here would outlive the runner. */
static void close_others(const struct proxy_supervisor_options *options)
{
    int kept[] = {options->control_fd, options->news_fd, options->output_fd};
    unsigned first = 3;
    qsort(kept, 3, sizeof *kept, compare);
    for (size_t i = 0; i < 3; i++) {
        close_from_to(first, (unsigned)kept[i] - 1);
        first = (unsigned)kept[i] + 1;
    }
    close_from_to(first, ~0u);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3 && null >= 0; fd++)
        dup2(null, fd);
    if (null > 2)
        close(null);
}

/* Where memory runs out all the same, the kernel takes the proxy and not the runner. */
static void be_the_first_to_go(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, "1000", 4) != 4)
        errno = 0; /* a wish, no more */
    close(fd);
}

/* In the proxy's process, before it becomes the shell. */
_Noreturn static void become_command(const struct proxy_supervisor_options *options)
{
    sigset_t none;
    setsid();
    prctl(PR_SET_PDEATHSIG,
          SIGKILL); /* should the supervisor itself be killed; the runner ends the rest of the group */
    for (int signum = 1; signum < NSIG; signum++)
        signal(signum, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setrlimit(RLIMIT_NOFILE, &options->open_files);
    if (options->max_memory_bytes)
        be_the_first_to_go();
    dup2(options->output_fd, STDOUT_FILENO);
    dup2(options->output_fd, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", options->command, (char *)NULL);
    dprintf(STDERR_FILENO, "/bin/sh: %s\n", strerror(errno));
    _exit(127);
}

/* ---- telling */

static void send_news(const struct supervisor *supervisor, const struct proxy_news *news)
{
    if (write(supervisor->options->news_fd, news, sizeof *news) != (ssize_t)sizeof *news)
        errno = 0; /* nobody listens any more: the end of the control pipe says so, too */
}

static void tell(const struct supervisor *supervisor, enum proxy_news_kind kind, uint64_t memory_bytes)
{
    struct proxy_news news = {.kind = kind, .status = supervisor->status, .memory_bytes = memory_bytes};
    if (kind == PROXY_NEWS_DAEMONISED)
        process_tree_names(news.names, sizeof news.names, &supervisor->tree, NAMES_SHOWN);
    send_news(supervisor, &news);
}

static void start(struct supervisor *supervisor)
{
    const struct proxy_supervisor_options *options = supervisor->options;
    supervisor->command = fork();
    if (supervisor->command == 0)
        become_command(options);
    if (supervisor->command < 0) {
        dprintf(options->output_fd, "fork: %s\n", strerror(errno));
        supervisor->status = 127 << 8; /* as a shell that finds no command */
        tell(supervisor, PROXY_NEWS_ENDED, 0);
        _exit(0);
    }
    close(options->output_fd);
    struct proxy_news news = {.kind = PROXY_NEWS_STARTED, .status = supervisor->command};
    send_news(supervisor, &news);
}

/* ---- children */

static bool failed(int status)
{
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == supervisor->command) {
            supervisor->command_gone = true;
            supervisor->gone_ms = now_ms();
            supervisor->status = status;
        } else if (supervisor->adopted && !failed(supervisor->status)) {
            supervisor->status = status;
        }
    }
    supervisor->nobody = pid < 0 && errno == ECHILD;
}

/* Kills until nothing is left: a process that forks meanwhile is found in the next round. */
static void kill_all(struct supervisor *supervisor)
{
    uint64_t until_ms = now_ms() + PROXY_SUPERVISOR_KILL_MS;
    for (;;) {
        process_tree_read(&supervisor->tree, getpid());
        process_tree_signal(&supervisor->tree, SIGKILL);
        reap(supervisor);
        if (supervisor->nobody || now_ms() > until_ms)
            break;
        poll(NULL, 0, POLL_KILLED);
    }
}

_Noreturn static void end(struct supervisor *supervisor, enum proxy_news_kind kind, uint64_t memory_bytes)
{
    tell(supervisor, kind, memory_bytes); /* first: the runner should know before it sees connections end */
    kill_all(supervisor);
    _exit(0);
}

/* What the command left behind is the proxy from now on. */
static void adopt(struct supervisor *supervisor)
{
    supervisor->adopted = true;
    tell(supervisor, PROXY_NEWS_DAEMONISED, 0);
}

/* The command has gone, or what it left behind: is the proxy still there? */
static void look_at_children(struct supervisor *supervisor)
{
    reap(supervisor);
    if (supervisor->nobody)
        end(supervisor, PROXY_NEWS_ENDED, 0);
    if (!supervisor->command_gone)
        return;
    if (failed(supervisor->status) || (supervisor->stop_ms && !supervisor->adopted))
        end(supervisor, PROXY_NEWS_ENDED, 0);
    if (!supervisor->adopted && now_ms() - supervisor->gone_ms >= DAEMON_MS) {
        process_tree_read(&supervisor->tree, getpid());
        adopt(supervisor);
    }
}

/* ---- memory */

static void look_at_memory(struct supervisor *supervisor)
{
    uint64_t max = supervisor->options->max_memory_bytes, largest, sum;
    uint64_t start_ms = now_ms();
    if (start_ms >= supervisor->next_tree_ms) {
        process_tree_read(&supervisor->tree, getpid());
        uint64_t pause_ms = (now_ms() - start_ms) * SHARE;
        supervisor->next_tree_ms = now_ms() + (pause_ms > TREE_MIN_MS ? pause_ms : TREE_MIN_MS);
    }
    sum = process_tree_memory(&supervisor->tree, &largest);
    if (sum <= max)
        return;
    if (largest <= max) { /* many that may share pages: ask the kernel, which takes longer */
        start_ms = now_ms();
        if (start_ms < supervisor->next_exact_ms)
            return;
        sum = process_tree_memory_exact(&supervisor->tree);
        supervisor->next_exact_ms = now_ms() + (now_ms() - start_ms) * SHARE;
        if (sum <= max)
            return;
    }
    end(supervisor, PROXY_NEWS_OVER_MEMORY, sum);
}

/* ---- the loop */

static void look_at_control(struct supervisor *supervisor)
{
    char asked;
    ssize_t len = read(supervisor->options->control_fd, &asked, 1);
    if (len < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (len <= 0) { /* the runner is gone */
        kill_all(supervisor);
        _exit(0);
    }
    supervisor->stop_ms = now_ms();
    reap(supervisor);
    process_tree_read(&supervisor->tree, getpid());
    if (supervisor->command_gone && !supervisor->adopted && supervisor->tree.count > 0)
        adopt(supervisor);
    process_tree_signal(&supervisor->tree, SIGTERM);
}

/* How long nothing has to be looked at, in milliseconds; -1: until something happens. */
static int patience(const struct supervisor *supervisor)
{
    if (supervisor->options->max_memory_bytes)
        return MEMORY_MS;
    return supervisor->stop_ms || (supervisor->command_gone && !supervisor->adopted) ? MEMORY_MS : -1;
}

void proxy_supervisor_run(const struct proxy_supervisor_options *options)
{
    static struct supervisor supervisor;
    sigset_t child;
    supervisor.options = options;
    setsid(); /* so that no signal of a terminal or to the runner's group reaches it */
    set_title();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    close_others(options);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    supervisor.signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    start(&supervisor);
    for (;;) {
        struct pollfd fds[] = {{.fd = options->control_fd, .events = POLLIN},
                               {.fd = supervisor.signal_fd, .events = POLLIN}};
        poll(fds, 2, patience(&supervisor));
        struct signalfd_siginfo info;
        while (read(supervisor.signal_fd, &info, sizeof info) > 0)
            continue;
        if (fds[0].revents)
            look_at_control(&supervisor);
        look_at_children(&supervisor);
        if (options->max_memory_bytes)
            look_at_memory(&supervisor);
        if (supervisor.stop_ms && now_ms() - supervisor.stop_ms >= PROXY_SUPERVISOR_TERM_MS)
            end(&supervisor, PROXY_NEWS_ENDED, 0);
    }
}
