/* What became of each result between two runs of a proxy: an older release and a newer one, without and with a change
 * of its configuration. A result is compared with the one of the same case and client by its verdict and its reasons
 * (kind, axis and path); totals are not compared, since one thing mended would hide one broken. */
#ifndef TRANSCHECK_REPORTS_COMPARISON_H
#define TRANSCHECK_REPORTS_COMPARISON_H

#include <stdio.h>

#include "harness/base/err.h"
#include "reports/results.h"
#include "reports/writer.h"

/* Identifier, name, meaning. In the order in which they are shown. */
#define CHANGES(X)                                                                                                     \
    X(BROKEN, "broken", "failed, or could not be judged, where it did not before, or for a reason that was not there") \
    X(FIXED, "fixed", "passed where it did not before")                                                                \
    X(CHANGED, "changed", "another verdict, fewer reasons or another version of the case; nothing of it is broken")    \
    X(NEW, "new", "only the second run has it")                                                                        \
    X(GONE, "gone", "only the first run has it")

#define X(id, name, meaning) CHANGE_##id,
enum change { CHANGES(X) CHANGE_COUNT };
#undef X

const char *change_name(enum change change);
const char *change_meaning(enum change change);

/* One result of each run, of which one may be missing; where a pair was repeated, the one that most wants attention.
 * Borrowed from the results. */
struct compared {
    enum change change;
    const struct results_case *before;
    const struct results_case *after;
};

struct comparison {
    struct compared *items; /* by change, then in order of the results; what stayed the same is left out */
    size_t count;
    size_t by[CHANGE_COUNT];
    size_t same;
    size_t new_findings; /* of the second run itself that fail it (results_event_is_bad), and that the first has not */
};

/* Of the first two runs. ERR_NO_MEMORY. */
enum err_code comparison_init(struct comparison *comparison, const struct results *results, struct err *err);
void comparison_fini(struct comparison *comparison);
/* Whether something is broken, a finding of the run included. */
bool comparison_is_broken(const struct comparison *comparison);
/* Whether a case (or NULL) has a reason of that kind, axis and path. */
bool comparison_has_reason(const struct results_case *item, const struct results_reason *reason);
/* Whether two results, one after the other in `items`, are of one case and came to the same: its clients. */
bool comparison_joins(const struct compared *a, const struct compared *b);
/* Whether the second run has this finding and the first has not. */
bool comparison_is_new_finding(const struct results *results, const struct results_event *event);
/* "2 of 640 results are broken, 1 is fixed", "Nothing is broken". Plain text. */
#define COMPARISON_MAX_HEADLINE 200
void comparison_headline(const struct comparison *comparison, char out[COMPARISON_MAX_HEADLINE]);

/* How it is marked up. */
struct comparison_form {
    const char *heading; /* what begins a heading, a result, one of its reasons */
    const char *item;
    const char *reason;
    size_t max_items; /* of a kind of change; 0: all */
    /* Writes the writer's raw text (writer_raw), at most so many bytes of it, as a text that may be of the wire. */
    void (*put_raw)(struct writer *w, size_t max_len);
};

/* What is broken, fixed and changed, result by result with the reasons that came and went; of the new and the gone ones
 * how many there are of each verdict. */
void comparison_put(struct writer *w, const struct results *results, const struct comparison *comparison,
                    const struct comparison_form *form);
/* Plain text for a terminal, with results->comparison. Errors are those of report_summary. */
enum err_code report_comparison(FILE *out, const struct results *results, struct err *err);

#endif
