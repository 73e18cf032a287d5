/* The subcommands: one row and one file each. A row NAME stands for `command_NAME` in cmd_NAME.c. */
#ifndef TRANSCHECK_CLI_COMMANDS_H
#define TRANSCHECK_CLI_COMMANDS_H

#include "harness/cli/command.h"

/* In the order of `transcheck --help`. */
#define COMMANDS(X)                                                                                                    \
    X(run)                                                                                                             \
    X(list)                                                                                                            \
    X(show)                                                                                                            \
    X(explain)                                                                                                         \
    X(reference)                                                                                                       \
    X(backend)                                                                                                         \
    X(descriptors)                                                                                                     \
    X(config)                                                                                                          \
    X(report)                                                                                                          \
    X(waivers)                                                                                                         \
    X(convert)                                                                                                         \
    X(route)                                                                                                           \
    X(diagnose)                                                                                                        \
    X(completion)                                                                                                      \
    X(manual)

#define COMMANDS_DECLARE(name) extern const struct command command_##name;
COMMANDS(COMMANDS_DECLARE)
#undef COMMANDS_DECLARE

extern const struct command *const commands_table[]; /* ended by NULL */

#endif
