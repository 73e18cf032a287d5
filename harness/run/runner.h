/* The scenario runner: loads cases, profile and waivers, starts the backend (and the proxy), finds out whether anything
 * can be judged (preflight), plays every selected case with every client, and writes results and reports.
 *
 * Order: preflight; cases in parallel; then alone, one by one, what failed or may have been hurt by a neighbour, and
 * what is known to disturb. A failure counts only as observed alone; the earlier observation is kept beside it.
 *
 * INV-4 is judged for the whole run: a backend call that comes when its case has ended still counts for it. Such calls
 * are waited for after the last case (late_ms), and the results of their cases are corrected before the totals. */
#ifndef TRANSCHECK_RUN_RUNNER_H
#define TRANSCHECK_RUN_RUNNER_H

#include <stdio.h>

#include "harness/base/fields.h"
#include "harness/base/log.h"
#include "harness/base/redact.h"
#include "harness/suite/capabilities.h"
#include "harness/suite/selection.h"

#define RUNNER_MAX_JOBS           256
#define RUNNER_DEFAULT_JOBS       8
#define RUNNER_DEFAULT_TIMEOUT_MS 5000
#define RUNNER_DEFAULT_READY_MS   10000
#define RUNNER_DEFAULT_LATE_MS    500

struct runner_options {
    const char *url;                     /* http://HOST:PORT or https://HOST:PORT */
    const char *backend;                 /* ADDR:PORT */
    const char *profile;                 /* or NULL */
    const char *proxy_name;              /* --proxy-name, or NULL */
    const char *cases;                   /* directory, or NULL: the embedded ones */
    const char *waivers;                 /* or NULL */
    const char *lacks[CAPABILITY_COUNT]; /* --lacks: capabilities that the proxy does not have */
    size_t lacks_count;
    struct selection selection;
    bool client_asked; /* --client names what must work */
    bool strict;
    size_t jobs;
    size_t repeat;
    uint64_t timeout_ms;
    uint64_t ready_timeout_ms;
    uint64_t late_ms;        /* how long late calls are waited for after the last case */
    uint64_t max_memory_mib; /* for what is received and not judged yet; 0: BUDGET_DEFAULT_MIB */
    const char *proxy_command;
    uint64_t proxy_memory_mib;   /* of all processes of proxy_command together; 0: no limit */
    struct fields headers;       /* --header */
    const struct redact *redact; /* what is taken out of all that is written (secrets_collect); NULL: nothing */
    const char *cacert_file;
    const char *cert_file;
    const char *key_file;
    bool insecure;
    const char *backend_cert_file;
    const char *backend_key_file;
    FILE *results;      /* every line, as it becomes known; the caller's */
    FILE *results_copy; /* or NULL */
    struct log log;
    const char *const *arguments; /* as given, for the results */
};

enum runner_exit {
    RUNNER_OK = 0,
    RUNNER_FAILED = 1,
    RUNNER_USAGE = 2,
    RUNNER_NOTHING_JUDGED = 3,
    RUNNER_UNJUDGED_CASE = 4,
    RUNNER_INTERRUPTED = 130
};

/* Runs everything and returns the exit code of `transcheck run`. Messages go to stderr. Once the options are
 * understood, the results stream is always complete, with its totals, whatever happened. *wrote tells whether there is
 * one. */
int runner_main(bool *wrote, const struct runner_options *options);

#endif
