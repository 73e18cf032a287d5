/* Streams of results for the tests of reports: small lines put together, and files that hold them. */
#ifndef TRANSCHECK_REPORTS_TESTS_RESULTS_SAMPLES_H
#define TRANSCHECK_REPORTS_TESTS_RESULTS_SAMPLES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/results_reader.h"

#define SAMPLE_FILE        "reports/tests/sample.ndjson"
#define SECOND_SAMPLE_FILE "reports/tests/sample-second.ndjson"

#define RUN_LINE                                                                                                       \
    "{\"type\":\"run\",\"format\":1,\"transcheck\":\"0.1.0\",\"started\":\"2026-11-20T11:00:00Z\",\"url\":"            \
    "\"http://127.0.0.1:1\",\"backend\":\"127.0.0.1:2\",\"options\":[],\"clients\":[\"h1\"],\"topics\":[],"            \
    "\"planned\":[[\"a/b\",\"h1\"]]}\n"
#define CASE_LINE                                                                                                      \
    "{\"type\":\"case\",\"id\":\"a/b\",\"version\":1,\"topic\":\"a\",\"client\":\"h1\",\"level\":\"must\",\"title\":"  \
    "\"T\",\"cites\":[\"INV-1\"],\"verdict\":\"pass\",\"reasons\":[],\"duration_us\":1834}\n"
#define TOTALS_LINE                                                                                                    \
    "{\"type\":\"totals\",\"planned\":1,\"pass\":1,\"acceptable\":0,\"fail\":0,\"unsupported\":0,\"skipped\":0,"       \
    "\"waived\":0,\"error\":0,\"interrupted\":false,\"exit\":0}\n"

/* A temporary file that holds `text`, at its start. */
static inline FILE *sample_stream(const void *text, size_t len)
{
    FILE *file = tmpfile();
    if (!file || fwrite(text, 1, len, file) != len || fflush(file) != 0)
        abort();
    rewind(file);
    return file;
}

/* All of what `write` writes, NUL-terminated; the caller frees it. */
static inline char *sample_report(enum err_code (*write)(FILE *, const struct results *, struct err *),
                                  const struct results *results, size_t *len)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct err err;
    if (!out || write(out, results, &err) != ERR_OK)
        abort();
    fclose(out);
    if (len)
        *len = size;
    return text;
}

/* A case that passed, a remark, a finding that fails, another that leaves unjudged. The caller closes *file after
 * results_free. */
static inline struct results *sample_findings(FILE **file)
{
    static const char lines[] =
        RUN_LINE CASE_LINE "{\"type\":\"event\",\"t\":1,\"text\":\"a remark\"}\n"
                           "{\"type\":\"event\",\"t\":1,\"text\":\"one <b>\",\"verdict\":\"fail\"}\n"
                           "{\"type\":\"event\",\"t\":1,\"text\":\"two\",\"verdict\":\"error\"}\n" TOTALS_LINE;
    struct results *results = NULL;
    struct err err;
    *file = sample_stream(lines, strlen(lines));
    if (results_read_stream(&results, *file, "sample", false, &err) != ERR_OK)
        abort();
    return results;
}

/* The samples of the repository, read. */
static inline struct results *sample_results(bool both)
{
    static const char *const paths[] = {SAMPLE_FILE, SECOND_SAMPLE_FILE};
    struct results *results = NULL;
    struct err err;
    if (results_read_files(&results, paths, both ? 2 : 1, false, &err) != ERR_OK) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return results;
}

#endif
