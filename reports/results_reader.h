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
#include "reports/results.h"

#define RESULTS_MAX_LINE    (8u << 20)
#define RESULTS_MAX_BYTES   (2ull << 30) /* of all files together */
#define RESULTS_MAX_CASES   100000u
#define RESULTS_MAX_RUNS    32u
#define RESULTS_MAX_EVENTS  10000u       /* "event" lines of one run */
#define RESULTS_MAX_REASONS 64u          /* kept of one case */
#define RESULTS_MAX_MEMORY  (768u << 20) /* of what is kept */

/* Reads the files, each one run, side by side; "-" is stdin. A file without a totals line is an error (ERR_SYNTAX)
 * unless `allow_cut`: then planned pairs without a line are in the results with verdict error. Errors name file and
 * line: ERR_IO, ERR_SYNTAX, ERR_LIMIT, ERR_NO_MEMORY. */
enum err_code results_read_files(struct results **out, const char *const *paths, size_t count, bool allow_cut,
                                 struct err *err);
/* The same from one open stream, read from its start when it can be rewound. Borrowed until results_free. */
enum err_code results_read_stream(struct results **out, FILE *stream, const char *name, bool allow_cut,
                                  struct err *err);
void results_free(struct results *results);

/* Replaces `out` with the bytes of a case's line, without its newline (empty for a lost case). */
enum err_code results_case_line(const struct results *results, const struct results_case *item, struct buf *out,
                                struct err *err);

#endif
