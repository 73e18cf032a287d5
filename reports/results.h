/* Results: what one or several runs came to, as the reader (results_reader.h) took it from their streams. Every report
 * is made from this alone. The reader owns all of it; transcripts stay in the stream and are fetched line by line
 * (results_case_line).
 *
 * Every span is valid UTF-8 of any content: it may come from the wire, so escape it before it is shown. */
#ifndef TRANSCHECK_REPORTS_RESULTS_H
#define TRANSCHECK_REPORTS_RESULTS_H

#include "harness/base/vocabulary.h"

struct results_reason {
    struct span axis;
    struct span kind;
    struct span path; /* what it is about: "status", "/rooms/0/price"; len 0 in results of before there were paths */
    struct span expected;
    struct span observed;
    const struct span *otherwise; /* of an "any_of": what each other alternative lacked */
    size_t otherwise_count;
    bool waived; /* the case's waiver excuses it */
};

struct results_case {
    size_t run;   /* index of its run */
    size_t topic; /* index into results->topics */
    size_t column;
    struct span id;
    struct span client;
    struct span title;
    struct span why;
    struct span note;
    struct span method;
    struct span path;
    struct span waiver_reason;  /* data NULL: no waiver names this pair */
    struct span waiver_problem; /* len 0: none */
    struct span output;         /* of the proxy, when it died in this case, in lines; len 0: nothing */
    struct span curl;
    struct span run_command;
    struct span death; /* how the proxy died in this case; len 0: it did not */
    const struct span *cites;
    size_t cite_count;
    const struct results_reason *reasons; /* the decisive one first */
    size_t reason_count;
    uint64_t reasons_omitted; /* beyond those, not in the results */
    size_t attempt_count;
    uint64_t version;
    uint64_t duration_us;
    enum level level;
    enum verdict verdict;
    bool revision;   /* it stands in place of the line of this pair before it, which is left out */
    unsigned repeat; /* 1 for the first line of this pair in its run, then 2, 3 ... */
    bool lost;       /* planned, and no line: made up by the reader, with verdict error */
    uint64_t offset; /* private: where the line is */
    size_t len;
};

struct results_topic {
    struct span name;
    struct span title;
    struct span about;
};

struct results_named {
    struct span name;
    struct span value;
};

struct results_event {
    uint64_t at_us;
    struct span text;
    struct span output;   /* what the proxy wrote before it died, in lines; len 0: nothing */
    enum verdict verdict; /* VERDICT_NONE: a remark. Others: a finding, which counts like a case */
};

/* What the last line of the results says of the run; all zero where the stream was cut before it. */
struct results_totals {
    bool present;
    bool interrupted;
    int exit_code;
    uint64_t duration_us;
    uint64_t proxy_died;
    uint64_t deaths_unexplained; /* of these, and where it was nobody's process: of which no case was found */
    uint64_t strays;
    uint64_t silences;           /* how often the proxy stopped answering */
    uint64_t calls_unexplained;  /* without a marker, and of no case that could be found */
    uint64_t strays_dropped;     /* of these, given up because the memory was used up */
    uint64_t connections_closed; /* idle ones, for new ones */
    uint64_t turned_away;        /* connections, calls and header sections that there was no room for */
    uint64_t events_omitted;
    struct span diagnosis;
    struct span proxy_server;                    /* what the proxy says it is; len 0: nothing */
    const struct results_named *waiver_problems; /* "id [client]", and what is wrong with the waiver */
    size_t waiver_problem_count;
};

struct results_run {
    struct span source; /* file name, or what the caller called the stream */
    struct span label;  /* "envoy 1.40": short, unique among the runs */
    struct span transcheck;
    struct span started;
    struct span url;
    struct span backend;
    struct span proxy_name; /* as the user said; len 0: not said */
    struct span profile_name;
    struct span profile_title;
    struct span profile_version;
    const struct span *options;
    size_t option_count;
    const struct results_named *libraries;
    size_t library_count;
    const struct results_event *events;
    size_t event_count;
    struct results_totals totals;
    bool miscounted; /* the totals line does not agree with the case lines */
};

/* A column of the matrix: one client of one run. */
struct results_column {
    size_t run;
    struct span client;
};

/* Results are what each client came to, repetitions one by one; a case counts once in each run, as its result that
 * most wants attention. */
struct results_counts {
    size_t total;
    size_t by[LEVEL_COUNT][VERDICT_COUNT];
    size_t cases;
    size_t cases_by[LEVEL_COUNT][VERDICT_COUNT];
    size_t cases_with[LEVEL_COUNT][STANDING_COUNT]; /* how many have a result that comes to this */
    size_t findings[STANDING_COUNT];                /* events that count, of all runs */
    size_t waiver_problems;                         /* cases whose waiver is stale or does not match */
};

struct results {
    struct results_run *runs;
    size_t run_count;
    struct results_case *cases; /* in order of topic, id, run, client, repeat */
    size_t case_count;
    struct results_topic *topics;
    size_t topic_count;
    struct results_column *columns;
    size_t column_count;
    /* Of the first two runs, which a report for people then shows in place of each run by itself (comparison.h);
     * borrowed. NULL: runs stand side by side. */
    const struct comparison *comparison;
    struct results_store *store; /* private */
};

/* Whether they are of one case in one run; such results stand together. */
bool results_same_case(const struct results_case *a, const struct results_case *b);
/* By kind, axis and path, which are what a waiver names of a reason; as memcmp. */
int results_compare_reasons(const struct results_reason *a, const struct results_reason *b);
/* Whether it is what the proxy wrote last in some case, with which it is shown. */
bool results_output_has_case(const struct results *results, struct span output);
/* Whether this pair makes the run red in a report of tests: a failure, an error, or a waiver with a problem. */
bool results_case_is_bad(const struct results_case *item);
/* Whether this event makes the run red: a finding that is a failure or an error. */
bool results_event_is_bad(const struct results_event *event);
void results_count(const struct results *results, struct results_counts *counts);
size_t results_count_verdict(const struct results_counts *counts, enum verdict verdict);
size_t results_count_standing(const struct results_counts *counts, enum standing standing);
size_t results_count_cases(const struct results_counts *counts, enum verdict verdict);
/* "3 must cases (5 results)", "1 case" where it has one result; `which` may be "". */
#define RESULTS_MAX_AMOUNT 100
void results_amount(char out[RESULTS_MAX_AMOUNT], const char *which, size_t cases, size_t results);
/* The headline: "3 must cases (5 results) failed", "Nothing could be judged", "Every must case passed". Plain text for
 * people. */
void results_headline(const struct results *results, char *out, size_t out_size);
/* Whether the headline is good news. */
bool results_is_good(const struct results *results);

#endif
