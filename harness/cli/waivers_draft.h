/* A waiver file made from results (`transcheck waivers`): an entry for each case that failed, with what was seen and an
 * empty place for the words of a person, without which no run takes the file. */
#ifndef TRANSCHECK_CLI_WAIVERS_DRAFT_H
#define TRANSCHECK_CLI_WAIVERS_DRAFT_H

#include "harness/suite/waiver.h"
#include "reports/results.h"

struct draft_counts {
    size_t entries;
    size_t unwritten; /* of these, wait for somebody's words */
    size_t dropped;   /* clients of entries of `kept` whose case passed, or failed in another way */
    size_t too_many;  /* results with more reasons than the results keep: no waiver fits them */
};

/* Appends the file. Entries of `kept` (or NULL) that excuse a result as it is now, or whose case was not played, stay
 * as they are. false: no memory. */
bool waivers_draft(struct buf *out, struct draft_counts *counts, const struct results *results,
                   const struct waivers *kept);

#endif
