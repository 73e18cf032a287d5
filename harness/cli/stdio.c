/* The three standard descriptors, which whoever starts us may have closed. */
#include "harness/cli/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool stdio_open(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        /* The lowest number that is free is this one. */
        if (open("/dev/null", modes[fd]) != fd)
            return false;
    }
    return true;
}

/* Where a large write failed, nothing is left to flush, and errno is still of that write. */
bool stdio_flush(const char *who)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fprintf(stderr, "%s: standard output: %s\n", who, strerror(errno));
    return false;
}

bool stdio_has_output(void)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}
