/* Sentences that several reports share. Raw text: it may hold bytes from the wire, so the caller escapes it. A full
 * buffer sets its `failed`. */
#ifndef TRANSCHECK_REPORTS_TEXT_H
#define TRANSCHECK_REPORTS_TEXT_H

#include "harness/base/buf.h"
#include "reports/groups.h"

/* "streaming/x [h1]", with the run's label when there are several runs, and "#2" for a repetition. */
void text_name(struct buf *out, const struct results *results, const struct results_case *item);
/* The same of results that agree: "streaming/x [h1 and h2]", "streaming/x [h1, 20 times]". */
void text_block_name(struct buf *out, const struct results *results, const struct results_block *block);
/* Why the verdict is what it is, in one sentence: the decisive reason, the note, or the waiver. Empty for a plain pass.
 */
void text_because(struct buf *out, const struct results_case *item);
/* "wrong-body at /rooms/0/price". */
void text_reason_name(struct buf *out, const struct results_reason *reason);
/* "wrong-status at status: expected HTTP status 200; observed 500". */
void text_reason(struct buf *out, const struct results_reason *reason);
/* The first reason that the waiver does not excuse, else the first; NULL: there is none. */
const struct results_reason *text_decisive(const struct results_case *item);
/* "waived for wrong-body at /value, but also wrong-body at /price: expected ...; observed ..."; false, and nothing,
 * when no reason of a failure is excused. */
bool text_waived_but(struct buf *out, const struct results_case *item);
/* "PROTOCOL-HTTP2 "Status", INV-1". */
void text_cites(struct buf *out, const struct results_case *item);
/* Seconds with three decimals: "1.834". */
void text_seconds(struct buf *out, uint64_t duration_us);
/* Whether the run had the profile of one proxy; "any" is none. */
bool text_has_profile(const struct results_run *run);
/* Whether the user or the proxy says what it is. */
bool text_has_name(const struct results_run *run);
/* "Envoy 1.40.0 (profile envoy)" with the user's word, "envoy, as it calls itself (no profile)" with the proxy's, else
 * "http://127.0.0.1:51051 (profile envoy)". A profile says nothing of what the proxy is. */
void text_proxy(struct buf *out, const struct results_run *run);

#endif
