/* Finds out what an output path stands for, by following its links and looking at what is there. */
#include "harness/base/output_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MAX_LINKS      40 /* as the kernel follows */
#define MAX_TEMPORARY  100
#define TEMPORARY_NAME ".transcheck-%ld-%d.part"

/* ---- following a path */

/* "folder/name" in two strings of the heap, the folder without symbolic links. */
static int split(char **folder, const char **name, const char *path)
{
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    if (**name == '\0')
        return *path ? EISDIR : ENOENT;
    char *before = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    *folder = before ? realpath(before, NULL) : NULL;
    int code = *folder ? 0 : errno;
    free(before);
    return code;
}

static char *join(const char *folder, const char *name)
{
    char *path = NULL;
    const char *between = strcmp(folder, "/") == 0 ? "" : "/";
    return asprintf(&path, "%s%s%s", folder, between, name) < 0 ? NULL : path;
}

/* Descriptor N of this process when `folder` is its /proc/PID/fd, else -1. */
static int descriptor_of(const char *folder, const char *name)
{
    char own[64];
    snprintf(own, sizeof own, "/proc/%ld/", (long)getpid());
    size_t len = strlen(own);
    size_t folder_len = strlen(folder);
    if (strncmp(folder, own, len) != 0 || folder_len < 3 || strcmp(folder + folder_len - 3, "/fd") != 0)
        return -1;
    char *end;
    long number = strtol(name, &end, 10);
    return *end == '\0' && number >= 0 && number <= INT_MAX ? (int)number : -1;
}

static bool is_procfs(const char *folder)
{
    struct statfs fs;
    return statfs(folder, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* One step: *target is `path` with its folder resolved. *next is where it leads when it is a link, *fd a descriptor of
 * ours that it names, else -1. Links of /proc are not texts to follow. */
static int step(char **target, char **next, int *fd, const char *path)
{
    char *folder = NULL;
    const char *name;
    char text[PATH_MAX];
    struct stat st;
    *next = NULL;
    *fd = -1;
    int code = split(&folder, &name, path);
    if (code)
        return code;
    *target = join(folder, name);
    if (!*target) {
        code = ENOMEM;
    } else if (lstat(*target, &st) == 0 && S_ISLNK(st.st_mode)) {
        ssize_t len = -1;
        if (is_procfs(folder))
            *fd = descriptor_of(folder, name);
        else if ((len = readlink(*target, text, sizeof text - 1)) <= 0)
            code = errno;
        if (len > 0) {
            text[len] = '\0';
            *next = text[0] == '/' ? strdup(text) : join(folder, text);
            code = *next ? 0 : ENOMEM;
        }
    }
    free(folder);
    return code;
}

/* Follows links to their end. */
static int follow(char **target, int *fd, const char *path)
{
    char *at = strdup(path);
    int code = at ? 0 : ENOMEM;
    *target = NULL;
    for (int links = 0; code == 0; links++) {
        char *next = NULL;
        free(*target);
        *target = NULL;
        code = links > MAX_LINKS ? ELOOP : step(target, &next, fd, at);
        if (!next)
            break;
        free(at);
        at = next;
    }
    free(at);
    return code;
}

/* ---- what is there */

/* A copy of a descriptor that is open already: its place in the file and its O_APPEND are kept. */
static int use_descriptor(struct output_path *out, int number)
{
    int flags = fcntl(number, F_GETFL);
    if (flags < 0)
        return errno;
    if ((flags & O_ACCMODE) == O_RDONLY)
        return EBADF;
    out->way = OUTPUT_THROUGH;
    out->is_stdout = number == STDOUT_FILENO;
    out->exists = true;
    out->fd = fcntl(number, F_DUPFD_CLOEXEC, 3);
    return out->fd < 0 || fstat(out->fd, &out->st) != 0 ? errno : 0;
}

/* A FIFO stays non-blocking, which output.c copes with. */
static int use_through(struct output_path *out, bool wait)
{
    out->way = OUTPUT_THROUGH;
    bool fifo = S_ISFIFO(out->st.st_mode) && !wait;
    out->fd = open(out->target, O_WRONLY | O_NOCTTY | O_CLOEXEC | (fifo ? O_NONBLOCK : 0));
    if (out->fd < 0)
        return errno == ENXIO && fifo ? EAGAIN : errno;
    return fstat(out->fd, &out->st) != 0 ? errno : 0;
}

/* Whether rename would be refused although the folder can be written: a file that is mounted by itself, or somebody
 * else's in a folder like /tmp. */
static bool rename_is_refused(const struct output_path *out, const struct stat *folder)
{
    struct statx more;
    if (statx(AT_FDCWD, out->target, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &more) == 0 &&
        (more.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) && (more.stx_attributes & STATX_ATTR_MOUNT_ROOT))
        return true;
    uid_t user = geteuid();
    return (folder->st_mode & S_ISVTX) && user != 0 && folder->st_uid != user && out->st.st_uid != user;
}

/* Whether a file can be made in the folder: one is made, and goes again. */
static int try_temporary(const struct output_path *out)
{
    char *name = NULL;
    int fd = output_path_temporary(out, &name);
    if (fd < 0)
        return errno;
    close(fd);
    unlink(name);
    free(name);
    return 0;
}

static int stat_folder(struct stat *st, const char *target)
{
    const char *slash = strrchr(target, '/');
    char *folder = strndup(target, slash == target ? 1 : (size_t)(slash - target));
    int code = !folder ? ENOMEM : stat(folder, st) != 0 ? errno : 0;
    free(folder);
    return code;
}

static int use_regular(struct output_path *out)
{
    struct stat folder;
    int code = stat_folder(&folder, out->target);
    if (code)
        return code;
    if (!out->exists)
        out->st = folder;
    else if (faccessat(AT_FDCWD, out->target, W_OK, AT_EACCESS) != 0)
        return errno; /* rename would replace a file that is not to be written */
    out->way = OUTPUT_REPLACED;
    bool refused = out->exists && rename_is_refused(out, &folder);
    code = refused ? EBUSY : try_temporary(out);
    if (!out->exists || (code != EBUSY && code != EACCES && code != EPERM))
        return code;
    out->way = OUTPUT_IN_PLACE;
    out->fd = open(out->target, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    return out->fd < 0 ? errno : 0;
}

/* Links are followed by now, but those of /proc that lead to the descriptor of another process. */
static bool is_link(const char *target)
{
    struct stat st;
    return lstat(target, &st) == 0 && S_ISLNK(st.st_mode);
}

int output_path_find(struct output_path *out, const char *path, bool wait)
{
    int number = -1;
    *out = (struct output_path){.fd = -1};
    int code = strcmp(path, "-") == 0 ? use_descriptor(out, STDOUT_FILENO) : follow(&out->target, &number, path);
    if (code == 0 && number >= 0)
        code = use_descriptor(out, number);
    if (code == 0 && out->fd < 0) {
        out->exists = stat(out->target, &out->st) == 0;
        if (!out->exists && errno != ENOENT)
            code = errno;
        else if (out->exists && (!S_ISREG(out->st.st_mode) || is_link(out->target)))
            code = use_through(out, wait);
        else
            code = use_regular(out);
    }
    if (code)
        output_path_fini(out);
    return code;
}

void output_path_fini(struct output_path *path)
{
    if (path->fd >= 0)
        close(path->fd);
    free(path->target);
    path->fd = -1;
    path->target = NULL;
}

static const char *base_name(const struct output_path *path)
{
    const char *slash = path->target ? strrchr(path->target, '/') : NULL;
    return slash ? slash + 1 : "";
}

bool output_path_same(const struct output_path *a, const struct output_path *b)
{
    if (a->is_stdout && b->is_stdout)
        return true;
    if (a->exists != b->exists || a->st.st_dev != b->st.st_dev || a->st.st_ino != b->st.st_ino)
        return false;
    if (!a->exists)
        return strcmp(base_name(a), base_name(b)) == 0;
    return !S_ISCHR(a->st.st_mode) || (a->fd >= 0 && isatty(a->fd));
}

int output_path_temporary(const struct output_path *path, char **name)
{
    const char *slash = strrchr(path->target, '/');
    for (int i = 0; i < MAX_TEMPORARY; i++) {
        if (asprintf(name, "%.*s/" TEMPORARY_NAME, (int)(slash - path->target), path->target, (long)getpid(), i) < 0) {
            errno = ENOMEM;
            return -1;
        }
        int fd = open(*name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        int code = errno;
        if (fd >= 0 && path->exists) {
            /* The owner stays where we may give files away; where not, the file is ours, as any new file is. */
            if (fchown(fd, path->st.st_uid, path->st.st_gid) != 0)
                code = errno;
            if (fchmod(fd, path->st.st_mode & 07777) != 0)
                code = errno;
        }
        if (fd >= 0)
            return fd;
        free(*name);
        *name = NULL;
        errno = code;
        if (code != EEXIST)
            return -1;
    }
    return -1;
}
