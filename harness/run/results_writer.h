/* Writes the NDJSON stream that every report is made from (reports/README.md), a line at a time, each flushed when it
 * is complete. Each line loses its secrets on the way (results_redact.h).
 *
 * Limits: base/results_limits.h. A line that would be longer is cut and says so (results_fit.h); events beyond the
 * limit are left out, and the totals say how many. */
#ifndef TRANSCHECK_RUN_RESULTS_WRITER_H
#define TRANSCHECK_RUN_RESULTS_WRITER_H

#include <stdio.h>

#include "harness/base/redact.h"
#include "harness/run/commands.h"
#include "harness/run/exchange.h"
#include "harness/suite/waiver.h"

struct results_writer;

struct result_run {
    const char *url;
    const char *backend;
    const struct profile *profile;
    const char *proxy_name;     /* as the user says; NULL: not said */
    const char *const *options; /* as given, NULL-terminated; --header is redacted whole */
    unsigned clients;           /* mask of those that run */
    const struct suite *suite;
};

struct result_pair {
    const struct testcase *testcase;
    enum testcase_client client;
};

/* Where a case's line is in the results, to be read again. */
struct result_place {
    off_t offset;
    size_t len; /* 0: nowhere */
};

struct result_case {
    const struct testcase *testcase;
    enum testcase_client client;
    enum verdict verdict;
    const char *note;                  /* or NULL */
    const struct waiver *waiver;       /* or NULL */
    const char *waiver_problem;        /* "stale", "mismatch", or NULL */
    const struct check_result *result; /* or NULL */
    const struct exchange *exchange;   /* the first of a group; or NULL: nothing was played */
    const struct health_seen *health;  /* or NULL */
    char *const *attempts;             /* JSON texts made by result_attempt_text, or NULL */
    size_t attempt_count;
    uint64_t duration_us;
    unsigned repeated;          /* how often it was played, 1 when once */
    struct result_place *place; /* is filled; or NULL */
    bool revised;               /* it replaces the line of this pair that was written before */
};

/* What becomes of a case whose line was written before all was known of it. */
struct result_correction {
    enum verdict verdict;
    const struct waiver *waiver; /* as in result_case */
    const char *waiver_problem;
    const struct check_result *result;
    char *const *calls; /* that came late: JSON texts made by result_call_text */
    size_t call_count;
    size_t calls_not_kept; /* late ones of which there is no text */
};

struct result_waiver_problem {
    const struct waiver *waiver;
    const char *problem;
};

struct result_totals {
    size_t planned;
    size_t verdicts[VERDICT_COUNT];
    size_t must_failed;
    size_t should_failed;
    const struct result_waiver_problem *waiver_problems;
    size_t waiver_problem_count;
    unsigned proxy_died;
    unsigned deaths_unexplained; /* of the proxy, of which no case could be found */
    size_t strays;
    unsigned silences;         /* how often the proxy stopped answering */
    size_t calls_unexplained;  /* without a marker, and of no case that could be found: they fail the run */
    size_t strays_dropped;     /* of these, given up because the memory was used up */
    size_t connections_closed; /* by the backend, idle ones, to make room for new ones */
    size_t turned_away;        /* connections, calls and header sections that there was no room for */
    bool interrupted;
    int exit_code;
    uint64_t duration_us;
    const char *diagnosis;    /* or NULL */
    const char *proxy_server; /* what the proxy says it is; NULL or "": nothing */
};

/* Every line goes to `file` and, unless NULL, to `copy`; both, and `redact`, stay the caller's. */
enum err_code results_writer_new(struct results_writer **out, FILE *file, FILE *copy, const struct redact *redact,
                                 const struct schema *schema, struct err *err);
void results_writer_free(struct results_writer *writer);
/* What the commands that repeat a case are made from; without it no commands are written. Must outlive the writer. */
void results_writer_set_options(struct results_writer *writer, const struct runner_options *options);
/* errno of the first line that `file` lacks (disk full), or 0. */
int results_writer_error(const struct results_writer *writer);
/* Each writes one line; false when `file` lacks it or an earlier one. */
bool results_writer_run(struct results_writer *writer, const struct result_run *run, const struct result_pair *planned,
                        size_t count);
bool results_writer_case(struct results_writer *writer, const struct result_case *result);
/* `output` is what the proxy wrote last, escaped; NULL or "": nothing. */
/* Reads a case's line again: its verdict before waivers and its reasons, texts in the arena. false where it cannot be
 * read. */
bool results_writer_recall(struct results_writer *writer, const struct result_place *place, struct check_result *out,
                           struct arena *arena);
/* Says how many corrections follow: after the last case, before the totals. */
void results_writer_begin_corrections(struct results_writer *writer, size_t count);
/* Writes the line again with `revision` 1, the verdict before the correction as an attempt. false as below, or when the
 * line cannot be read. */
bool results_writer_correct(struct results_writer *writer, const struct result_place *place,
                            const struct result_correction *correction);
bool results_writer_event(struct results_writer *writer, uint64_t at_us, const char *text, const char *output);
/* An event that counts like a case: what the run found beside its cases. `verdict` fails the run (VERDICT_FAIL) or
 * leaves it unjudged (VERDICT_ERROR). RESULTS_MAX_FINDINGS of them are sure of their place. */
bool results_writer_finding(struct results_writer *writer, uint64_t at_us, enum verdict verdict, const char *text);
bool results_writer_totals(struct results_writer *writer, const struct result_totals *totals);
/* The JSON of an attempt, malloc'd; NULL when out of memory. */
char *result_attempt_text(enum verdict verdict, const char *note, const struct check_result *result);
/* The JSON of a call that came late; the same. `start_us` is when its exchange began. */
char *result_call_text(const struct call_seen *seen, uint64_t start_us, const struct schema *schema);

#endif
