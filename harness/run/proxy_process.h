/* The proxy under test as a process of ours (--proxy-cmd): started through `sh -c` in a process group of its own,
 * watched, started again after it died, ended with its whole group. Its output goes to a log file, or to stderr when
 * verbose. */
#ifndef TRANSCHECK_RUN_PROXY_PROCESS_H
#define TRANSCHECK_RUN_PROXY_PROCESS_H

#include "harness/net/loop.h"

struct proxy_process;

enum err_code proxy_process_new(struct proxy_process **out, struct loop *loop, const char *command, bool show_output,
                                struct err *err);
/* Starts the command; ERR_USAGE when it is running already, ERR_IO when it cannot be started. */
enum err_code proxy_process_start(struct proxy_process *process, struct err *err);
bool proxy_process_running(const struct proxy_process *process);
/* "exit status 3", "signal 6 (Aborted)" of the last death; empty while it never died. */
const char *proxy_process_death(const struct proxy_process *process);
/* How often it ended without being asked to. */
unsigned proxy_process_deaths(const struct proxy_process *process);
/* SIGTERM to the group, SIGKILL after two seconds; returns when the process is gone. */
void proxy_process_stop(struct proxy_process *process);
/* SIGKILL to the group, without waiting: a callback of the loop may call it. */
void proxy_process_kill(struct proxy_process *process);
void proxy_process_free(struct proxy_process *process);

#endif
