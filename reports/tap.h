/* The TAP form of results, version 13 (what Perl's prove reads): a line per case and client. Skipped and unsupported
 * are SKIP, waived are to do, a stale waiver and what could not be judged are "not ok". What fails has a YAML block. */
#ifndef TRANSCHECK_REPORTS_TAP_H
#define TRANSCHECK_REPORTS_TAP_H

#include "reports/results.h"

/* ERR_IO when `out` cannot be written, ERR_NO_MEMORY. */
enum err_code report_tap(FILE *out, const struct results *results, struct err *err);

#endif
