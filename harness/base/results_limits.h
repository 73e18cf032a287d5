/* The limits of a results stream: the writer (harness/run/results_writer.h) keeps to them, whatever a proxy does and
 * however many cases there are, and the reader (reports/results_reader.h) accepts all that keeps to them. One run has
 * at most
 *
 *   1 run line, 1 totals line, RESULTS_MAX_PAIRS case lines and as many that correct one, RESULTS_MAX_EVENTS event
 * lines
 *
 * of RESULTS_MAX_LINE bytes each and RESULTS_MAX_RUN_BYTES together. Of these, RESULTS_MAX_TEXT bytes at most are not
 * transcripts: that is what the reader keeps in memory. Every case is sure of RESULTS_CASE_TEXT bytes. */
#ifndef TRANSCHECK_BASE_RESULTS_LIMITS_H
#define TRANSCHECK_BASE_RESULTS_LIMITS_H

#include <assert.h>

#define RESULTS_MAX_CASES_OF_SUITE 10000u
#define RESULTS_MAX_PAIRS          (2 * RESULTS_MAX_CASES_OF_SUITE) /* each case with each client */
#define RESULTS_MAX_TOPICS         1000u                            /* files of cases */
#define RESULTS_MAX_ID             200u                             /* bytes of a case's id */
#define RESULTS_MAX_LINE           (8u << 20)
#define RESULTS_MAX_RUN_BYTES      (512ull << 20)
#define RESULTS_MAX_REASONS        64u /* of one case, or of one attempt */

#define RESULTS_MAX_EVENTS      10000u /* event lines; more are only counted */
#define RESULTS_MAX_EVENTS_OF   1000u  /* of one kind of which a proxy can cause any number */
#define RESULTS_MAX_FINDINGS    100u   /* of these, kept free for events with a verdict */
#define RESULTS_MAX_EVENT_BYTES (16u << 20)
#define RESULTS_MAX_EVENT_LINE  (1u << 20)

#define RESULTS_CASE_TEXT     (8u << 10)
#define RESULTS_MAX_CASE_TEXT (1u << 20)
#define RESULTS_MAX_TEXT      (384u << 20) /* of all case lines, without transcripts */
/* Of these, kept for corrections. */
#define RESULTS_CORRECTIONS_TEXT (RESULTS_MAX_PAIRS * RESULTS_CASE_TEXT)

/* A case and a correction that get no more than they are sure of. */
static_assert(2ull * RESULTS_MAX_PAIRS * RESULTS_CASE_TEXT < RESULTS_MAX_TEXT, "text of all cases");
static_assert(RESULTS_MAX_TEXT + 2ull * RESULTS_MAX_LINE + RESULTS_MAX_EVENT_BYTES < RESULTS_MAX_RUN_BYTES,
              "all lines without transcripts");

#endif
