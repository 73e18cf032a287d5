/* What `convert` and `route` share: their options, descriptors from a file or embedded, leniencies by name, input from
 * files. */
#ifndef TRANSCHECK_CLI_ENGINE_OPTIONS_H
#define TRANSCHECK_CLI_ENGINE_OPTIONS_H

#include <getopt.h>
#include <stdio.h>

#include "harness/base/buf.h"
#include "harness/engine/leniency.h"
#include "harness/engine/proto/schema.h"

#define ENGINE_OPTIONS_MAX_INPUT ((size_t)1 << 30) /* bytes of a file, and of memory for what is made of it */

struct engine_options {
    const char *descriptors; /* a file; NULL: the embedded ones */
    struct leniency_set lenient;
};

/* getopt_long's entries for these options and for --help; a command numbers its own from ENGINE_OPTION_OWN. */
enum {
    ENGINE_OPTION_DESCRIPTORS = 256,
    ENGINE_OPTION_LENIENT,
    ENGINE_OPTION_LIST,
    ENGINE_OPTION_HELP,
    ENGINE_OPTION_OWN
};
#define ENGINE_OPTION_ENTRIES                                                                                          \
    {"descriptors", required_argument, NULL, ENGINE_OPTION_DESCRIPTORS},                                               \
        {"lenient", required_argument, NULL, ENGINE_OPTION_LENIENT},                                                   \
        {"list-leniencies", no_argument, NULL, ENGINE_OPTION_LIST}, {"help", no_argument, NULL, ENGINE_OPTION_HELP},   \
    {                                                                                                                  \
        NULL, 0, NULL, 0                                                                                               \
    }

struct engine_command {
    const char *help;
    const struct option *table; /* its own options, then ENGINE_OPTION_ENTRIES */
    enum err_code (*take)(void *user, int option, const char *value, struct err *err);
};

/* Reads the options; `take` gets those of the command's own. -1: go on, what is left begins at optind; else the exit
 * code (0: what was asked for is printed; 2: err, or getopt_long on standard error, says what is wrong). */
int engine_options_parse(struct engine_options *out, const struct engine_command *command, int argc, char **argv,
                         void *user, struct err *err);
/* The exit code, after err is told on standard error when it is not 0; argv[0] names the command. */
int engine_options_end(int code, char **argv, const struct err *err);

/* Errors name the file. */
enum err_code engine_options_schema(struct schema **out, const char *path, struct err *err);
/* The whole of a file; NULL or "-": standard input. */
enum err_code engine_options_read(struct buf *out, const char *path, struct err *err);
/* Writes; what is buffered shows its errors to engine_options_flush. ERR_IO. */
enum err_code engine_options_write(FILE *out, struct span bytes, struct err *err);
enum err_code engine_options_flush(FILE *out, struct err *err);
/* Prints text from outside, escaped for a terminal. */
void engine_options_print_text(FILE *out, struct span text);

#endif
