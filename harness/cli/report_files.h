/* From a results stream to the report files a user asked for, and the summary on the terminal. Shared by `run` and
 * `report`. Files are written under a temporary name and renamed, so that a reader never sees half of one. */
#ifndef TRANSCHECK_CLI_REPORT_FILES_H
#define TRANSCHECK_CLI_REPORT_FILES_H

#include <stdio.h>

#include "harness/base/err.h"
#include "reports/results.h"

struct report_files {
    const char *html; /* paths, "-" for stdout, or NULL */
    const char *junit;
    const char *tap;
    bool quiet;             /* no summary */
    bool summary_to_stderr; /* data goes to stdout */
    bool no_color;
};

/* Reads the stream from its current place, which must be its start; `name` is for messages. */
enum err_code report_files_write(const struct report_files *files, FILE *results, const char *name, struct err *err);
/* The same from results already read. */
enum err_code report_files_write_results(const struct report_files *files, const struct results *results,
                                         struct err *err);

#endif
