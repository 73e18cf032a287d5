/* The cases that a subcommand speaks of: --cases, --select, --exclude, --level, --client. */
#ifndef TRANSCHECK_CLI_SUITE_OPTIONS_H
#define TRANSCHECK_CLI_SUITE_OPTIONS_H

#include "harness/cli/command.h"
#include "harness/cli/embedded_schema.h"
#include "harness/suite/selection.h"

struct suite_options {
    const char *cases; /* a directory; NULL: the embedded cases */
    struct selection selection;
};

/* The rows of these options, for a group whose values are a struct suite_options; and --cases alone. */
extern const struct option_row suite_option_rows[];
extern const struct option_row suite_option_cases_rows[];

/* The suite with what it lies on. */
struct loaded_suite {
    struct embedded_schema embedded;
    struct suite *suite;
};
enum err_code loaded_suite_init(struct loaded_suite *out, const char *cases, struct err *err);
void loaded_suite_fini(struct loaded_suite *loaded);
/* The case of that id, or of that part behind the topic when only one topic has it. ERR_USAGE names the nearest. */
enum err_code loaded_suite_find(const struct testcase **out, const struct loaded_suite *loaded, const char *id,
                                struct err *err);

#endif
