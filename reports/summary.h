/* The summary of results for a terminal: deaths first, then counts, what failed by kind, the worst kind first, and the
 * headline last, where the eye is. Short by default, a screenful; verbose with every case, all of its reasons, what
 * both sides sent and received, and the commands that repeat it. Everything from the wire is escaped, and bounded by
 * the limits below. */
#ifndef TRANSCHECK_REPORTS_SUMMARY_H
#define TRANSCHECK_REPORTS_SUMMARY_H

#include <stdio.h>

#include "harness/base/err.h"
#include "reports/results.h"

#define SUMMARY_MAX_DEATHS    5   /* shown at its head */
#define SUMMARY_MAX_REMARKS   100 /* of a run, of each kind; the short summary has SUMMARY_FEW of them */
#define SUMMARY_MAX_REASONS   16  /* of a case */
#define SUMMARY_MAX_CALLS     5   /* of the backend, with what they held */
#define SUMMARY_MAX_EXCHANGES 3   /* of a case, beside the first */
#define SUMMARY_FIRST_EVENTS  30  /* of one side: the first ones ... */
#define SUMMARY_LAST_EVENTS   10  /* ... and the last ones */
#define SUMMARY_MAX_FIELDS    40  /* of one section of headers */
#define SUMMARY_FEW           2
#define SUMMARY_MAX_FINDINGS  10 /* of the short summary: they fail the run, as cases do */
/* Of a page that is no terminal. */
#define SUMMARY_ROWS    40
#define SUMMARY_COLUMNS 120
#define SUMMARY_LEAST   40 /* columns; a screen that has fewer breaks the lines */

struct summary_options {
    bool color;   /* ANSI colours */
    bool verbose; /* all of it; rows and columns do not count then */
    size_t rows;  /* of the screen; 0: SUMMARY_ROWS */
    size_t columns;
};

/* ERR_IO when `out` cannot be written or a result cannot be read again, ERR_NO_MEMORY. */
enum err_code report_summary(FILE *out, const struct results *results, const struct summary_options *options,
                             struct err *err);

#endif
