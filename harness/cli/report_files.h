/* From results to the files a user asked for, and the summary on the terminal. Shared by `run` and `report`.
 *
 * Everything that may stand in the way of a file is looked for before anything else is done, and said in one go. After
 * that each output stands alone: what one of them meets costs no other (harness/base/output.h says how they are
 * written). */
#ifndef TRANSCHECK_CLI_REPORT_FILES_H
#define TRANSCHECK_CLI_REPORT_FILES_H

#include "harness/base/output.h"
#include "reports/formats.h"

struct report_files {
    const char *results;                      /* path of the results stream, "-" for standard output, or NULL */
    const char *reports[REPORT_FORMAT_COUNT]; /* the same of each report, by enum report_format_index */
    bool quiet;                               /* no summary */
    bool verbose;                             /* the summary holds every failure whole, whatever the screen holds */
    bool no_color;
    const struct log *log; /* the caller's */
    /* Private. */
    struct output
        outputs[REPORT_FORMAT_COUNT + 1]; /* of the reports, then of the results; open where `stream` is set */
    FILE *kept;                           /* the results once more: what the reports of a run are made from */
    char *results_target;                 /* the regular file that holds the results, or NULL */
    bool summary_to_stderr;               /* data goes to standard output */
};

/* Opens the outputs. ERR_USAGE when one cannot be written, when two are one file, or when one is among `inputs` ("-" is
 * standard input); messages are in the log. Nothing has been changed then, and nothing need be closed. */
enum err_code report_files_open(struct report_files *files, const char *const *inputs, size_t input_count);
/* Where a run writes its results: to report_files_kept all of it, and, where it is not NULL, to report_files_stream. */
FILE *report_files_kept(struct report_files *files);
FILE *report_files_stream(struct report_files *files);
/* Writes the summary and each report. false when one was not written; messages are in the log. */
bool report_files_write(struct report_files *files, const struct results *results);
/* Writes the summary and each report of a run from what it wrote to the two streams, as much of that as can be read. */
bool report_files_write_run(struct report_files *files);
/* What was not written is dropped; old files stand as they were. */
void report_files_close(struct report_files *files);

#endif
