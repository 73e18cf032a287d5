/* Reads what `transcheck run` wrote (reports/README.md; harness/run/results_writer.h writes it).
 *
 * The whole stream is checked, line by line, before any report begins: a hostile, cut or empty file is an error that
 * names file and line. What a list of results needs is kept in memory; transcripts stay in the file and are fetched
 * line by line (results_case_line), so that memory does not grow with them. A source that cannot be read twice (a pipe)
 * is copied to an unnamed temporary file. */
#ifndef TRANSCHECK_REPORTS_RESULTS_READER_H
#define TRANSCHECK_REPORTS_RESULTS_READER_H

#include <stdio.h>

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/err.h"
#include "harness/base/results_limits.h"
#include "reports/results.h"

/* What one run may hold is in base/results_limits.h, which the writer keeps to; these are of all runs together. */
#define RESULTS_MAX_BYTES  (2ull << 30)
#define RESULTS_MAX_CASES  100000u
#define RESULTS_MAX_RUNS   32u
#define RESULTS_MAX_MEMORY (768u << 20) /* of what is kept */

static_assert(RESULTS_MAX_PAIRS <= RESULTS_MAX_CASES && RESULTS_MAX_RUN_BYTES <= RESULTS_MAX_BYTES,
              "the largest run is accepted");
/* Beside the texts: less than 4 KiB for each case, and the first line. */
static_assert(RESULTS_MAX_TEXT + RESULTS_MAX_EVENT_BYTES + RESULTS_MAX_PAIRS * 4096ull + 4 * RESULTS_MAX_LINE <
                  RESULTS_MAX_MEMORY,
              "what is kept of the largest run");

/* Reads the files, each one run, side by side; "-" is stdin. A file without a totals line is an error (ERR_SYNTAX)
 * unless `allow_cut`: then planned pairs without a line are in the results with verdict error. Errors name file and
 * line: ERR_IO, ERR_SYNTAX, ERR_LIMIT, ERR_NO_MEMORY. */
enum err_code results_read_files(struct results **out, const char *const *paths, size_t count, bool allow_cut,
                                 struct err *err);
/* Reads one run from an open stream, from its start when it can be rewound. The stream is borrowed until results_free.
 * Errors are those of results_read_files. */
enum err_code results_read_stream(struct results **out, FILE *stream, const char *name, bool allow_cut,
                                  struct err *err);
void results_free(struct results *results);

/* Replaces `out` with the bytes of a case's line, without its newline (empty for a lost case). */
enum err_code results_case_line(const struct results *results, const struct results_case *item, struct buf *out,
                                struct err *err);

#endif
