/* A file that a user named for output, and the stream that leads to it.
 *
 * Opening finds out that it can be written, and changes nothing. A regular file is replaced when the output is closed,
 * all of it or nothing: a temporary file beside it is written, synced to disk, and renamed over it, with its mode and,
 * where that is allowed, its owner; hard links to the old file and access control lists are not kept. Symbolic links
 * are followed and stay. A regular file that cannot be replaced (its folder cannot be written, it is mounted by itself)
 * is emptied and written in place. A device, FIFO, socket, /dev/stdout, /dev/fd/N and "-" are written through.
 *
 * The first error is kept, with its errno, and costs this output only. A reader of standard output who had enough
 * (EPIPE: `| head -1`) is no error. */
#ifndef TRANSCHECK_BASE_OUTPUT_H
#define TRANSCHECK_BASE_OUTPUT_H

#include <stdio.h>

#include "harness/base/err.h"
#include "harness/base/log.h"
#include "harness/base/output_path.h"

struct output {
    struct output_path path;
    char *label;     /* "--html report.html", escaped, for messages */
    FILE *stream;    /* to write to; private from here on */
    char *temporary; /* name, while it is not yet renamed */
    int fd;          /* of what is written; -1 before the first byte */
    int error;       /* errno of the first failure */
    bool live;
};

/* `option` is for messages. `live`: what was written is at the path from the first flush on, and not only when all is
 * written. A FIFO without a reader is waited for; `log` says so. ERR_IO: what is in the way. `out` need not be closed
 * then. It must stay where it is in memory. */
enum err_code output_open(struct output *out, const char *option, const char *path, bool live, const struct log *log,
                          struct err *err);
/* ERR_USAGE when one of the outputs is another one (a and b are one file), with both in the message. */
enum err_code output_check_distinct(const struct output *a, const struct output *b, struct err *err);
/* ERR_USAGE when the output is the regular file `st`, which `what` names. */
enum err_code output_check_not(const struct output *output, const struct stat *st, const char *what, struct err *err);
/* Ends it: flushes, puts the file in its place. ERR_IO: it was not written, and an old file stands as it was. */
enum err_code output_close(struct output *output, struct err *err);
/* Ends it without its having been written; an old file stands as it was. */
void output_discard(struct output *output);

#endif
