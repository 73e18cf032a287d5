/* The limit of open files. */
#include "harness/net/open_files.h"

#include <stdint.h>

struct rlimit open_files_raise(void)
{
    struct rlimit old = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    if (getrlimit(RLIMIT_NOFILE, &old) != 0 || old.rlim_cur == old.rlim_max)
        return old;
    struct rlimit raised = {.rlim_cur = old.rlim_max, .rlim_max = old.rlim_max};
    setrlimit(RLIMIT_NOFILE, &raised); /* where that fails, the old limit holds */
    return old;
}

size_t open_files_limit(void)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return (size_t)now.rlim_cur;
}
