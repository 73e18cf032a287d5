/* The progress bar. */
#include "harness/run/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WIDTH       32
#define INTERVAL_US 100000

void progress_init(struct progress *progress, const struct log *log, size_t total)
{
    memset(progress, 0, sizeof *progress);
    progress->log = log;
    progress->total = total;
    progress->bar = log->level == LOG_NORMAL && isatty(STDERR_FILENO);
}

static void draw(struct progress *progress)
{
    progress->drawn = true;
    char bar[WIDTH + 1];
    size_t filled = progress->total ? progress->done * WIDTH / progress->total : WIDTH;
    for (size_t i = 0; i < WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r\033[K[%s] %zu/%zu", bar, progress->done, progress->total);
    if (progress->failed)
        fprintf(stderr, "  %zu failed", progress->failed);
    fprintf(stderr, "  %.48s", progress->last);
    fflush(stderr);
}

void progress_step(struct progress *progress, const char *label, bool failed, uint64_t now_us)
{
    progress->done++;
    progress->failed += failed;
    snprintf(progress->last, sizeof progress->last, "%s", label);
    if (!progress->bar || (now_us - progress->drawn_us < INTERVAL_US && progress->done < progress->total))
        return;
    progress->drawn_us = now_us;
    draw(progress);
}

void progress_begin(struct progress *progress)
{
    if (progress->bar)
        draw(progress);
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}
