/* Completion scripts for shells, from the tables of commands (command.h). */
#ifndef TRANSCHECK_CLI_COMPLETION_H
#define TRANSCHECK_CLI_COMPLETION_H

#include <stdio.h>

/* Commands, their options and the values of these; ids of cases come from `transcheck list` when they are asked for. */
void completion_print_bash(FILE *out);
void completion_print_zsh(FILE *out);

#endif
