/* The sections of the HTML report, each written by a function that the template names. Private to html*.c. */
#ifndef TRANSCHECK_REPORTS_HTML_PARTS_H
#define TRANSCHECK_REPORTS_HTML_PARTS_H

#include "reports/groups.h"
#include "reports/writer.h"

/* Bytes of the details of one row, and of all rows: what is longer has shorter transcripts, then none, then no details.
 */
#define HTML_MAX_ROW_DATA (128u << 10)
#define HTML_MAX_DATA     (32u << 20)
/* Bytes of what is said of citations: those that do not fit have no link. */
#define HTML_MAX_REFERENCES (1u << 20)

/* With JavaScript so many rows are shown, of those that the filters leave, until the rest is asked for: a browser takes
 * seconds to lay out thousands. */
#define HTML_FIRST_ROWS 300

#define X(id, bit, name, word) +1
enum { HTML_ROW_ITEMS = 0 CLIENTS(X) };
#undef X

/* A row of the table: one case in one run, in one repetition, with its result for each client. */
struct html_row {
    const struct results_case *items[HTML_ROW_ITEMS]; /* in order of client */
    size_t count;
    const struct results_case *worst; /* of these: what wants most attention */
};

struct html {
    struct writer w;
    const struct results *results;
    struct results_counts counts;
    struct results_groups groups;
    const char **kinds;    /* by index of a result: the name of its group, or NULL */
    struct html_row *rows; /* as the table shows them: what went wrong first */
    size_t row_count;
    struct err *err;
    enum err_code code;
};

/* Fills groups, kinds and rows. ERR_NO_MEMORY. */
enum err_code html_rows_init(struct html *html);
void html_rows_fini(struct html *html);

/* Classes of the style sheet: one of the verdict, one of its standing: "v-fail s-failed". */
void html_verdict_class(struct html *html, enum verdict verdict);
/* An escaped value within a URL's fragment, as encodeURIComponent makes it. */
void html_fragment(struct html *html, struct span text);
/* The opening tag of a link to the row of a result; its name as a fragment is that of html_row_id. */
void html_open_link(struct html *html, const struct results_case *item);
/* What the row is called in the page: "case=a/b", with "&run=1" and "&repeat=2" where they are not the first. */
void html_row_id(struct html *html, const struct results_case *item);

void html_subtitle(struct html *html);
void html_bar(struct html *html);
void html_tiles(struct html *html);
void html_remarks(struct html *html);
void html_kinds(struct html *html);
void html_levels(struct html *html);
void html_runs(struct html *html);
void html_matrix(struct html *html);
/* Nothing where there is one run. */
void html_cases(struct html *html);
void html_filters(struct html *html);
void html_rows(struct html *html);
/* An inert <script type="text/plain"> element, id="references": for each citation of which something is known its
 * address, or the sentence of an invariant. */
void html_references(struct html *html);
/* Inert <script type="text/plain"> elements: id="base", and for each row id="dN" (fold.h says what is in them). */
void html_data(struct html *html);

#endif
