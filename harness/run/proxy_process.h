/* The proxy under test as a process of ours (--proxy-cmd): started through `sh -c`, watched, started again after it
 * died, ended with everything that it started. A supervisor process stands between (proxy_supervisor.h), so the proxy
 * ends when the runner does, however that happens, and its memory is watched. Its output is kept (proxy_output.h). */
#ifndef TRANSCHECK_RUN_PROXY_PROCESS_H
#define TRANSCHECK_RUN_PROXY_PROCESS_H

#include <sys/resource.h>

#include "harness/base/log.h"
#include "harness/net/loop.h"

struct proxy_process;

/* Told once after a start when the command exited with status 0 and left processes running. `text` is escaped. */
typedef void proxy_daemonised_fn(void *user, const char *text);

struct proxy_process_options {
    const char *command;
    const struct log *log;              /* borrowed; with LOG_VERBOSE the proxy's output is shown as it comes */
    uint64_t memory_mib;                /* of all its processes together; 0: not watched */
    struct rlimit open_files;           /* RLIMIT_NOFILE that it starts with */
    proxy_daemonised_fn *on_daemonised; /* or NULL */
    void *user;
};

struct proxy_death {
    char text[192];     /* "exit status 3", "signal 6 (Aborted)"; empty while it never died */
    bool over_memory;   /* it was killed, because it used more than memory_mib */
    const char *output; /* what it wrote last, escaped, in lines; "" when it wrote nothing */
};

/* Half of the memory of the machine, or of the control group that limits this process. */
uint64_t proxy_process_default_memory_mib(void);

enum err_code proxy_process_new(struct proxy_process **out, struct loop *loop,
                                const struct proxy_process_options *options, struct err *err);
/* Starts the command, once all that is left of its last life has gone; ERR_USAGE when it is running already, ERR_IO
 * when it cannot be started. */
enum err_code proxy_process_start(struct proxy_process *process, struct err *err);
/* false as soon as it is known to have ended; what it started may still be on its way out. */
bool proxy_process_running(const struct proxy_process *process);
/* The last death; valid until the next. */
const struct proxy_death *proxy_process_death(const struct proxy_process *process);
/* Shows the end of what the dead proxy wrote on stderr; nothing when --verbose showed it as it came. */
void proxy_death_show(const struct proxy_death *death, const struct log *log);
/* How often it ended without being asked to. */
unsigned proxy_process_deaths(const struct proxy_process *process);
/* SIGTERM to all of it, SIGKILL after two seconds; returns when it is gone. Turns the loop, so not for its callbacks.
 */
void proxy_process_stop(struct proxy_process *process);
void proxy_process_free(struct proxy_process *process);

#endif
