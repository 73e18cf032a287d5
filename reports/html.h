/* The HTML form of results: one file that opens from disk, under a content security policy that lets it fetch nothing
 * and run only its own style sheet and script (by their hashes). Results are inert JSON inside it, in which no byte can
 * end the element; the script shows them as text. Without JavaScript the summary and the table of results remain. */
#ifndef TRANSCHECK_REPORTS_HTML_H
#define TRANSCHECK_REPORTS_HTML_H

#include "reports/results.h"

/* ERR_IO when `out` cannot be written or the results can no longer be read, ERR_NO_MEMORY. */
enum err_code report_html(FILE *out, const struct results *results, struct err *err);

#endif
