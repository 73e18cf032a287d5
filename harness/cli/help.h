/* `--help`: the program's, and that of each command, from the tables (command.h). It begins with examples. */
#ifndef TRANSCHECK_CLI_HELP_H
#define TRANSCHECK_CLI_HELP_H

#include <stdio.h>

#include "harness/cli/command.h"

#define HELP_WIDTH 100 /* columns */

void help_print_program(FILE *out);
void help_print(FILE *out, const struct command *command);
/* Prints words from column `at`, going on below at `indent`; ends the line. */
void help_put_words(FILE *out, const char *text, size_t indent, size_t at);

#endif
