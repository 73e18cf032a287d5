/* The three standard descriptors, which whoever starts us may have closed. */
#ifndef TRANSCHECK_CLI_STDIO_H
#define TRANSCHECK_CLI_STDIO_H

#include <stdbool.h>

/* Before anything else is opened: what is closed of 0, 1 and 2 is opened onto /dev/null, so that no file or socket of
 * ours gets its number and then the text that is meant for it. A closed standard input cannot be read, and a closed
 * standard output not be written: that fails with EBADF, as if it still were closed. false, with errno, when it cannot
 * be done. */
bool stdio_open(void);
/* Ends what was printed to standard output: all of it is on its way, or else a message on stderr names `who` and why,
 * and false is returned. */
bool stdio_flush(const char *who);
/* Whether standard output can be written: somebody may see what goes there. */
bool stdio_has_output(void);

#endif
