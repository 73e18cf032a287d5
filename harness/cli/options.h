/* Parsing of a command line by the tables of its command (command.h).
 *
 * Options and arguments may come in any order; `--option VALUE` and `--option=VALUE` are the same; `--` ends the
 * options;
 * `-h` is `--help`. Names of options are not abbreviated. An option that does not repeat counts as it was given last.
 * A message says what is wrong with which option, the name that comes nearest, and what is possible. What is quoted
 * from the command line is escaped. */
#ifndef TRANSCHECK_CLI_OPTIONS_H
#define TRANSCHECK_CLI_OPTIONS_H

#include "harness/cli/command.h"

#define OPTIONS_EXIT_USAGE 2

struct arguments {
    char **items; /* what is no option, in order */
    size_t count;
};

/* Reads the command line into `values`, the command's own struct, which holds the defaults. argv[0] is the command's
 * name; the arguments are moved to the front of argv. -1: go on; else the exit code: 0, what was asked for (`--help`)
 * is on standard output; 2, a message is on standard error. */
int options_parse(struct arguments *out, const struct command *command, void *values, int argc, char **argv);

/* The command line is wrong in a way that the tables do not tell: a message on standard error, which also names --help.
 * Returns 2. */
int options_usage(const struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Anything else is wrong: the error's text on standard error. Returns `code`. */
int options_fail(const struct command *command, const struct err *err, int code);

#endif
