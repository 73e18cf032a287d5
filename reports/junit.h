/* The JUnit XML form of results: a test suite per topic (and run, when there are several), a test case per case and
 * client. Failures are <failure>, what could not be judged <error>, and skipped, unsupported and waived are <skipped>
 * with the reason. A waiver that is stale or does not match is a <failure>, as it fails the run. The form is that of
 * the JUnit XSD of Apache Ant and Jenkins; Debian's python3-junitparser reads it (reports/tests). */
#ifndef TRANSCHECK_REPORTS_JUNIT_H
#define TRANSCHECK_REPORTS_JUNIT_H

#include "reports/results.h"

/* ERR_IO when `out` cannot be written, ERR_NO_MEMORY. */
enum err_code report_junit(FILE *out, const struct results *results, struct err *err);

#endif
