/* The summary of results for a terminal: counts, what failed and why and how to repeat it, and the headline last, where
 * the eye is. Everything from the wire is escaped. */
#ifndef TRANSCHECK_REPORTS_SUMMARY_H
#define TRANSCHECK_REPORTS_SUMMARY_H

#include <stdio.h>

#include "harness/base/err.h"
#include "reports/results.h"

#define SUMMARY_MAX_DEATHS   5   /* shown at its head */
#define SUMMARY_MAX_FAILURES 100 /* shown in full; of the rest only the number */

/* `color`: ANSI colours. ERR_IO when `out` cannot be written, ERR_NO_MEMORY. */
enum err_code report_summary(FILE *out, const struct results *results, bool color, struct err *err);

#endif
