/* The cases that a subcommand speaks of: --cases, --select, --exclude, --level, --client. */
#ifndef TRANSCHECK_CLI_SUITE_OPTIONS_H
#define TRANSCHECK_CLI_SUITE_OPTIONS_H

#include "harness/cli/embedded_schema.h"
#include "harness/suite/selection.h"

struct suite_options {
    const char *cases; /* a directory; NULL: the embedded cases */
    struct selection selection;
};

/* One of the selection options, by the name of its long option. ERR_USAGE. */
enum err_code suite_options_set(struct suite_options *options, const char *name, const char *value, struct err *err);

/* The suite with what it lies on. */
struct loaded_suite {
    struct embedded_schema embedded;
    struct suite *suite;
};
enum err_code loaded_suite_init(struct loaded_suite *out, const char *cases, struct err *err);
void loaded_suite_fini(struct loaded_suite *loaded);

#endif
