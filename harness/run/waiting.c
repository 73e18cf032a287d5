/* Lines on stderr while something is waited for. */
#include "harness/run/waiting.h"

#include <stdio.h>
#include <string.h>

static void say(void *user)
{
    struct waiting *waiting = user;
    const struct ends_class *class = waiting->ends->class;
    uint64_t now_us = class->now_us(waiting->ends);
    const char *colon = waiting->detail[0] ? ": " : "";
    if (waiting->until_us > now_us)
        log_info(waiting->log, "waiting for %s%s%s (%llu s more at most)", waiting->what, colon, waiting->detail,
                 (unsigned long long)((waiting->until_us - now_us + 999999) / 1000000));
    else
        log_info(waiting->log, "waiting for %s%s%s", waiting->what, colon, waiting->detail);
    class->timer_start(waiting->timer, WAITING_NEXT_MS);
}

void waiting_begin(struct waiting *waiting, struct ends *ends, const struct log *log, uint64_t until_us,
                   const char *what)
{
    memset(waiting, 0, sizeof *waiting);
    waiting->ends = ends;
    waiting->log = log;
    waiting->until_us = until_us;
    snprintf(waiting->what, sizeof waiting->what, "%s", what);
    waiting->timer = ends->class->timer_new(ends, say, waiting);
    if (waiting->timer)
        ends->class->timer_start(waiting->timer, WAITING_FIRST_MS);
}

void waiting_detail(struct waiting *waiting, const char *detail)
{
    snprintf(waiting->detail, sizeof waiting->detail, "%s", detail);
}

void waiting_end(struct waiting *waiting)
{
    if (waiting->timer)
        waiting->ends->class->timer_free(waiting->timer);
    waiting->timer = NULL;
}
