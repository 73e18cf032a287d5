/* The manual page, in the man(7) macros: docs/transcheck.1.in with what the tables of commands say (command.h). */
#ifndef TRANSCHECK_CLI_MANUAL_H
#define TRANSCHECK_CLI_MANUAL_H

#include <stdio.h>

#include "harness/base/span.h"

/* Copies the template; a line that is @SYNOPSIS@, @COMMANDS@ or @EXITS@ becomes that part, and @VERSION@ anywhere the
 * version. */
void manual_print(FILE *out, struct span template);

#endif
