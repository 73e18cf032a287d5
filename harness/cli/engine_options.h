/* What `convert` and `route` share: descriptors from a file or embedded, leniencies by name, input from files, output.
 */
#ifndef TRANSCHECK_CLI_ENGINE_OPTIONS_H
#define TRANSCHECK_CLI_ENGINE_OPTIONS_H

#include <stdio.h>

#include "harness/base/buf.h"
#include "harness/cli/command.h"
#include "harness/engine/leniency.h"
#include "harness/engine/proto/schema.h"

#define ENGINE_OPTIONS_MAX_INPUT ((size_t)1 << 30) /* bytes of a file, and of memory for what is made of it */

struct engine_options {
    const char *descriptors; /* a file; NULL: the embedded ones */
    struct leniency_set lenient;
};

/* The rows of these options, for a group whose values are a struct engine_options. */
extern const struct option_row engine_option_rows[];

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
