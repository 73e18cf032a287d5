/* What a set of results owns while it is read and afterwards. Private to the reader. */
#ifndef TRANSCHECK_REPORTS_RESULTS_READER_STORE_H
#define TRANSCHECK_REPORTS_RESULTS_READER_STORE_H

#include "reports/results_reader_line.h"

struct results_pair {
    struct span id;
    struct span client;
};

struct results_store {
    struct arena arena;
    FILE *files[RESULTS_MAX_RUNS]; /* by run */
    bool owned[RESULTS_MAX_RUNS];
    uint64_t bytes; /* read of all files */
    size_t case_cap;
    size_t topic_cap;
    size_t column_cap;
};

/* Lines of one file, with their places in it. */
struct results_reader {
    FILE *file;
    struct buf window;
    size_t start;    /* of what is not handed out yet */
    size_t scanned;  /* up to here the window holds no newline after start */
    uint64_t offset; /* of the window in the file */
    bool at_end;
};

enum results_read {
    RESULTS_READ_LINE,
    RESULTS_READ_TAIL, /* a last line without its newline */
    RESULTS_READ_END,
    RESULTS_READ_TOO_LONG,
    RESULTS_READ_IO
};

void results_reader_init(struct results_reader *reader, FILE *file);
void results_reader_fini(struct results_reader *reader);
/* A view that lives until the next call. */
enum results_read results_reader_next(struct results_reader *reader, struct span *line, uint64_t *offset);

/* Reads one run from store->files[results->run_count]; `name` is escaped. Appends run, topics and cases. */
enum err_code results_read_run(struct results *results, const char *name, bool allow_cut, struct err *err);
/* The index of the topic of that name, added when new; RESULTS_MAX_TOPICS when there are too many. */
size_t results_topic_index(struct results *results, struct span name);
/* A new zeroed case, or NULL when there are too many or memory is exhausted. */
struct results_case *results_case_add(struct results *results);

#endif
