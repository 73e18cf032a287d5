/* Makes temporary files without a name, in the first folder that takes one. */
#include "harness/base/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int open_in(const char *folder)
{
    int fd = open(folder, O_RDWR | O_TMPFILE | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    /* The file system knows no files without a name. */
    char *name = NULL;
    if (asprintf(&name, "%s/transcheck-XXXXXX", folder) < 0) {
        errno = ENOMEM;
        return -1;
    }
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    free(name);
    return fd;
}

FILE *temporary_file(void)
{
    const char *wanted = getenv("TMPDIR");
    const char *const folders[] = {wanted && *wanted ? wanted : "/tmp", "/tmp", "/var/tmp"};
    int fd = -1;
    int error = 0;
    for (size_t i = 0; i < 3 && fd < 0; i++) {
        fd = open_in(folders[i]);
        if (fd < 0 && error == 0)
            error = errno;
    }
    FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;
    if (!file) {
        error = fd >= 0 ? errno : error;
        if (fd >= 0)
            close(fd);
        errno = error;
    }
    return file;
}
