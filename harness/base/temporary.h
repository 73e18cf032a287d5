/* Temporary files without a name, which go when they are closed. */
#ifndef TRANSCHECK_BASE_TEMPORARY_H
#define TRANSCHECK_BASE_TEMPORARY_H

#include <stdio.h>

/* Open for reading and writing ("w+"), not inherited by other programs: in $TMPDIR where that is set, else in /tmp,
 * else in /var/tmp. NULL and errno (of the first folder) when none of them takes a file. The caller closes it. */
FILE *temporary_file(void);

#endif
