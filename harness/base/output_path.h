/* What a path that a user named for output stands for, and how it is to be written: found out before anything is. */
#ifndef TRANSCHECK_BASE_OUTPUT_PATH_H
#define TRANSCHECK_BASE_OUTPUT_PATH_H

#include <stdbool.h>
#include <sys/stat.h>

enum output_way {
    OUTPUT_REPLACED, /* a regular file, or none yet: a temporary file beside it, renamed over it */
    OUTPUT_IN_PLACE, /* a regular file that cannot be replaced (its folder is not writable, it is a mount point) */
    OUTPUT_THROUGH   /* a device, FIFO, socket, or an open descriptor: written to as it stands */
};

struct output_path {
    enum output_way way;
    char *target;   /* symbolic links followed: what is replaced; NULL with OUTPUT_THROUGH */
    int fd;         /* open for writing; -1 with OUTPUT_REPLACED */
    bool is_stdout; /* it is descriptor 1 under some name */
    bool exists;    /* then `st` is of the file, else of the folder it is to be made in */
    struct stat st;
};

/* Finds out what `path` is: "-" is standard output; /dev/stdout, /dev/fd/N and /proc/self/fd/N are the descriptor
 * itself; symbolic links are followed. Changes nothing, except that what is written through is opened. 0, or an errno:
 * what stands in the way of writing it. A FIFO that nobody reads is EAGAIN: call again with `wait`, which blocks until
 * somebody does. */
int output_path_find(struct output_path *out, const char *path, bool wait);
void output_path_fini(struct output_path *path);
/* Whether two paths are one file. Of character devices only terminals count: /dev/null takes any number of outputs. */
bool output_path_same(const struct output_path *a, const struct output_path *b);
/* An empty file beside the target that does not exist otherwise, open for writing, with the owner and mode of the file
 * that it is to replace. *name is its name, malloc'd. The descriptor, or -1 and errno. */
int output_path_temporary(const struct output_path *path, char **name);

#endif
