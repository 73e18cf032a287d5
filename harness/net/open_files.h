/* How many files and sockets this process may have open (RLIMIT_NOFILE). */
#ifndef TRANSCHECK_NET_OPEN_FILES_H
#define TRANSCHECK_NET_OPEN_FILES_H

#include <stddef.h>
#include <sys/resource.h>

/* Raises the soft limit to the hard one. Returns the limits as they were, for programs that this one starts: they may
 * rely on a small number (select(2) does). */
struct rlimit open_files_raise(void);
/* The limit that holds now. */
size_t open_files_limit(void);

#endif
