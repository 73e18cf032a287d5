/* A small process between the runner and the proxy. It starts the proxy's command, adopts whatever leaves the
 * command's process group (it is a child subreaper, prctl(2)), watches how much memory all of it uses, and ends all of
 * it when it is told to or when the runner is gone: the runner holds one end of a pipe, and the pipe breaks however the
 * runner ends. What happens is reported through a second pipe. */
#ifndef TRANSCHECK_RUN_PROXY_SUPERVISOR_H
#define TRANSCHECK_RUN_PROXY_SUPERVISOR_H

#include <stdint.h>
#include <sys/resource.h>

#define PROXY_SUPERVISOR_TERM_MS 2000 /* between SIGTERM and SIGKILL */
#define PROXY_SUPERVISOR_KILL_MS 5000 /* how long processes are waited for that do not go when they are killed */

struct proxy_supervisor_options {
    const char *command;
    uint64_t max_memory_bytes; /* of all processes together; 0: not watched */
    struct rlimit open_files;  /* RLIMIT_NOFILE of the proxy */
    int control_fd;            /* read: one byte asks to stop, the end of the pipe to kill at once */
    int news_fd;               /* written: struct proxy_news */
    int output_fd;             /* stdout and stderr of the proxy */
};

enum proxy_news_kind {
    PROXY_NEWS_STARTED,    /* `status` is the process id of the command, which leads its process group */
    PROXY_NEWS_DAEMONISED, /* the command exited with status 0 and left processes behind; they are kept */
    PROXY_NEWS_ENDED,      /* it ended; `status` as from waitpid(2). What is left is killed, then the pipe is closed */
    PROXY_NEWS_OVER_MEMORY /* it uses `memory_bytes`: all of it is killed, then the pipe is closed */
};

/* One write to news_fd, shorter than PIPE_BUF: it arrives whole. */
struct proxy_news {
    enum proxy_news_kind kind;
    int status;
    uint64_t memory_bytes;
    char names[256]; /* of the processes left behind, NUL-terminated; not escaped */
};

/* For the child of a fork in which every signal is blocked. Closes all other descriptors and never returns. */
_Noreturn void proxy_supervisor_run(const struct proxy_supervisor_options *options);

#endif
