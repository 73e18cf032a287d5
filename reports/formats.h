/* Report formats: the one table from which the command line, --help, README and the tests take them. A format is a file
 * that holds its writer, and a row here (CONTRIBUTING.md, "To add a report format"). */
#ifndef TRANSCHECK_REPORTS_FORMATS_H
#define TRANSCHECK_REPORTS_FORMATS_H

#include <stdio.h>

#include "harness/base/err.h"
#include "reports/results.h"

/* Name, which is that of the option (--html FILE) and of the writer (report_html), media type, extension of its usual
 * file, and one line that says what it is. */
#define REPORT_FORMATS(X)                                                                                              \
    X(html, "text/html", "html", "one page that opens from disk and loads nothing")                                    \
    X(junit, "application/xml", "xml", "JUnit XML, for CI servers")                                                    \
    X(tap, "text/plain", "tap", "TAP version 13, for prove and other harnesses")                                       \
    X(markdown, "text/markdown", "md", "Markdown, for a comment on a pull request")

/* Writes all of the report; `out` stays open, and need not be a file. ERR_IO when it cannot be written or the results
 * can no longer be read, ERR_NO_MEMORY. */
typedef enum err_code report_writer(FILE *out, const struct results *results, struct err *err);

#define X(name, media_type, extension, summary) report_writer report_##name;
REPORT_FORMATS(X)
#undef X

struct report_format {
    const char *name;
    const char *media_type;
    const char *extension;
    const char *summary;
    report_writer *write;
};

/* REPORT_html, REPORT_junit ... index the table. */
#define X(name, media_type, extension, summary) REPORT_##name,
enum report_format_index { REPORT_FORMATS(X) REPORT_FORMAT_COUNT };
#undef X

extern const struct report_format report_formats[REPORT_FORMAT_COUNT];

#endif
