/* The progress bar on a terminal (stderr), one line per finished case when verbose, nothing when quiet. */
#ifndef TRANSCHECK_RUN_PROGRESS_H
#define TRANSCHECK_RUN_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/log.h"

struct progress {
    const struct log *log;
    bool bar; /* stderr is a terminal, and neither quiet nor verbose */
    size_t total;
    size_t done;
    size_t failed;
    uint64_t drawn_us;
    bool drawn;
    char last[96];
};

void progress_init(struct progress *progress, const struct log *log, size_t total);
/* `label` is our own text ("streaming/empty h1"). Redraws at most ten times a second. */
void progress_step(struct progress *progress, const char *label, bool failed, uint64_t now_us);
/* Draws the bar before the first case has finished. */
void progress_begin(struct progress *progress);
/* Takes the bar away, so that other text can be written. */
void progress_clear(struct progress *progress);

#endif
