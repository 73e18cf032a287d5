/* The report formats as options, shared by `run` and `report`. */
#ifndef TRANSCHECK_CLI_REPORT_OPTIONS_H
#define TRANSCHECK_CLI_REPORT_OPTIONS_H

#include "harness/cli/command.h"

/* For a group whose values are a struct report_files. */
extern const struct option_row report_option_rows[];

#endif
