/* The sections of the HTML report, each written by a function that the template names. Private to html.c. */
#ifndef TRANSCHECK_REPORTS_HTML_PARTS_H
#define TRANSCHECK_REPORTS_HTML_PARTS_H

#include "reports/results.h"
#include "reports/writer.h"

struct html {
    struct writer w;
    const struct results *results;
    struct results_counts counts;
    const size_t *order; /* indices of cases as the table shows them: what went wrong first */
    struct err *err;
    enum err_code code;
};

/* Classes of the style sheet: one of the verdict, one of its standing: "v-fail s-failed". */
void html_verdict_class(struct html *html, enum verdict verdict);
/* An escaped value within a URL's fragment, as encodeURIComponent makes it. */
void html_fragment(struct html *html, struct span text);

void html_subtitle(struct html *html);
void html_bar(struct html *html);
void html_tiles(struct html *html);
void html_remarks(struct html *html);
void html_levels(struct html *html);
void html_runs(struct html *html);
void html_matrix(struct html *html);
void html_filters(struct html *html);
void html_rows(struct html *html);
/* One inert <script type="application/json" id="dN"> per row. */
void html_data(struct html *html);

#endif
