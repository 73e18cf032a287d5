/* Private to run/: the state of one run, shared by runner.c (order of things), pairs.c (what is to be played), play.c
 * (playing and judging) and outcome.c (waivers, totals, reports). */
#ifndef TRANSCHECK_RUN_RUNNER_IMPL_H
#define TRANSCHECK_RUN_RUNNER_IMPL_H

#include "harness/run/health.h"
#include "harness/run/late.h"
#include "harness/run/preflight.h"
#include "harness/run/progress.h"
#include "harness/run/results_writer.h"
#include "harness/run/runner.h"
#include "harness/run/served.h"
#include "harness/run/shed.h"
#include "harness/run/silence.h"
#include "harness/run/unmarked.h"
#include "harness/run/unstable.h"
#include "harness/suite/waiver.h"

#define RUNNER_MAX_ARENA    (256u << 20)
#define RUNNER_MAX_ATTEMPTS 4
#define RUNNER_MAX_DEATHS   100 /* of the proxy, twice for each case that kills it; after that the rest is skipped */

/* What the pairs of this run need of a capability that the proxy refuses. */
struct need {
    enum capability_state state;
    size_t results;
    size_t must; /* of these */
};

enum pair_state {
    PAIR_PARALLEL, /* waits for its turn among others */
    PAIR_ALONE,    /* waits for its turn alone */
    PAIR_DONE      /* its line is written */
};

/* One case with one client. */
struct pair {
    const struct plan *plan;
    enum testcase_client client;
    enum pair_state state;
    bool rerun;          /* it was played beside others before */
    bool strictly_alone; /* nothing may wait beside it */
    struct unstable unstable;
    size_t started; /* of --repeat */
    size_t finished;
    size_t in_flight;
    char *attempts[RUNNER_MAX_ATTEMPTS];
    size_t attempt_count;
    enum verdict verdict;
    uint64_t total_us;
    struct late late;
    struct unmarked_suspect suspect;
    struct shed shed;
    struct result_place place; /* of its line */
    bool died;                 /* the proxy, while it was played alone */
    bool hung;                 /* its line is of a play that ended at the deadline */
    bool suspected;            /* of the last death of the proxy */
    uint64_t ended_us;         /* when its last play ended, with the ordinary request after it */
    const struct waiver *waiver;
    const char *waiver_problem;
};

struct runner {
    const struct runner_options *options;
    struct ends *ends;
    struct arena arena; /* lives as long as the run */
    struct schema *schema;
    struct router *router;
    struct suite *suite;
    struct probes probes;
    struct profile *profile;
    struct waivers *waivers;
    struct relay *relay;
    struct preflight preflight;
    struct results_writer *writer;
    struct progress progress;
    struct served served;

    /* Of the real ends only; a unit test brings its own. */
    struct loop *loop;
    struct proxy_process *process;
    struct rlimit proxy_open_files; /* as this process had them at its start */
    char host[256];
    uint16_t port;
    bool tls;
    char backend_host[256];
    uint16_t backend_port;
    struct backend_options backend;
    struct client_options front;

    struct plan *plans;
    size_t plan_count;
    struct pair *pairs;
    size_t pair_count;
    struct result_pair *planned; /* the same, as the results name them */
    size_t next;                 /* where the search for the next parallel pair starts */
    size_t in_flight;
    bool interrupted;
    bool proxy_gone;      /* died or fell silent, and nobody can start it again */
    struct alone *parked; /* of alone.c: under way, and only waiting */
    size_t parked_count;
    bool suspicious; /* some exchange played in parallel ended as if the proxy had died */
    size_t strays;
    size_t limits[BACKEND_LIMIT_COUNT];
    struct budget budget; /* of everything received and not judged yet */

    uint64_t start_us;
    struct result_totals totals;
    struct result_waiver_problem *problems; /* as many as there are waivers */
    size_t problem_count;
    unsigned deaths_unexplained; /* of the proxy, of which no case could be found */
    unsigned deaths_settled;     /* of the process, those for which somebody was looked for */
    uint64_t suspected_us;       /* blame_mark_under_way */
    uint64_t settled_us;         /* what ended before is no suspect of a later death */
    struct unmarked unmarked;
    struct silence silence;
    struct shedding shedding;
    size_t late_bytes_left;              /* of LATE_MAX_BYTES */
    struct need needs[CAPABILITY_COUNT]; /* by the rows of capabilities.h */
    size_t findings[VERDICT_COUNT];      /* outcome_find */
};

/* runner.c: the run in its parts. Load reads what the options name, open puts relay and results on runner->ends (set by
 * the caller), play is the whole run and returns the exit code, close frees what load and open made. The caller zeroes
 * the runner and sets `options`; close is right after any of these failed. */
enum err_code runner_load(struct runner *runner, struct err *err);
enum err_code runner_open(struct runner *runner, struct err *err);
int runner_play(struct runner *runner);
void runner_close(struct runner *runner);

/* flaky.c: pairs whose waiver says that they fail at times. Each is played FLAKY_PLAYS times or more, until it fails;
 * the waiver is stale when none of its clients brought a failure about. */
#define FLAKY_PLAYS 60 /* one that fails one time in eight is not seen to in 0.03 % of runs */
/* How often a pair is played while others are. */
size_t flaky_plays(const struct runner *runner, const struct pair *pair);
/* Whether a pair that was played alone, to this verdict, waits for another play. */
bool flaky_goes_on(const struct runner *runner, const struct pair *pair, enum verdict verdict);
/* Whether any does. */
bool flaky_waits(const struct runner *runner);
/* Whether no pair of the waiver's entry failed, now that this one passed and all the others are done. */
bool flaky_is_stale(const struct runner *runner, const struct pair *passed, const struct waiver *waiver);

/* pairs.c: compiles every selected case, decides which pairs can be played, writes nothing. ERR_USAGE: no case
 * selected. */
enum err_code pairs_plan(struct runner *runner, struct err *err);
/* After the preflight: writes the lines of pairs that are skipped or unsupported, and marks them done; tells what the
 * proxy refuses of all that the others need. */
void pairs_exclude(struct runner *runner);

/* play.c: in parallel, and what it shares with alone.c. */
void play_parallel(struct runner *runner);
/* How many cases may be under way. Without a marker, calls can only be told apart when one case runs at a time. */
size_t play_job_limit(const struct runner *runner);
bool play_asks_health(const struct testcase *testcase);
/* Whether it ended as it does when the proxy dies. */
bool play_looks_dead(const struct exchange *exchange);
/* It found nobody there: whoever ended the proxy came before it. */
bool play_never_connected(const struct exchange *exchange);
void play_judge(struct runner *runner, const struct exchange *exchange, const struct health_seen *health,
                struct check_result *result, struct arena *arena);
/* Keeps what was seen of a play that does not count. */
void play_remember(struct pair *pair, enum verdict verdict, const char *note, const struct check_result *result);
/* Starts the dead proxy again and waits until it answers; false: it is gone for good. */
bool play_restart_proxy(struct runner *runner);
/* Without --proxy-cmd, a proxy that cannot be reached any more is dead for us. */
bool play_unreachable(struct runner *runner, enum testcase_client client);

/* alone.c. Before the parallel part: starts the cases that may last until their deadline and leaves them waiting;
 * play_alone judges them. */
void play_waiting(struct runner *runner);
/* Tells those that wait that the proxy has answered another's request. */
void play_served(struct runner *runner, const struct exchange *exchange);
void play_alone(struct runner *runner);
/* After the last case: for a death that became known since. */
void play_last_look(struct runner *runner);
/* Starts the proxy, which was ended, and waits until it answers; the same. */
bool play_start_proxy(struct runner *runner);
/* Plays a pair alone, with an ordinary request after it, and writes what came of it; the line of one that had not hung
 * stands as long as the ordinary request is answered. Whether that request failed. */
bool play_alone_again(struct runner *runner, struct pair *pair);
/* Plays a pair alone, and waits for a death that is its own. The line of one that has a result is replaced when the
 * proxy dies, else it stands. */
void play_suspect(struct runner *runner, struct pair *pair);

/* blame.c: whose the death of the proxy is. */
/* Whether a case other than `but` ended so short a time ago that a death now may be its own. */
bool blame_has_recent(const struct runner *runner, const struct pair *but);
/* The proxy died: makes suspects of all that are under way, and of all that ended just now. */
void blame_mark(struct runner *runner);
/* For a proxy that is nobody's process: a connection to it was lost, and these are the suspects should it be gone. */
void blame_mark_under_way(struct runner *runner);
/* Nobody who was played before is a suspect any more. */
void blame_settled(struct runner *runner);
/* Starts the proxy again and plays the suspects until it dies of one, those without a result first, then the others. A
 * death of which none is found is unexplained. false: the proxy is gone for good. */
bool blame_find(struct runner *runner);
/* Without --proxy-cmd, a proxy that was lost in parallel cannot be asked who did it: says so when it is gone, and
 * blames the pair that was under way if it was the only one. */
void blame_find_lost(struct runner *runner);
extern const char blame_gone[]; /* what is said of such a proxy */

/* outcome.c: applies waivers, writes the line of a pair, moves the progress bar. A second line of a pair replaces the
 * first. */
void outcome_write(struct runner *runner, struct pair *pair, enum verdict verdict, const char *note,
                   const struct check_result *result, const struct exchange *exchange,
                   const struct health_seen *health);
/* A backend call that came late: see relay_late_fn. */
void outcome_note_late(void *user, const struct ended *ended, const struct call_seen *seen);
/* What the run found beside its cases, on the terminal and in the results: VERDICT_FAIL fails it, VERDICT_ERROR leaves
 * it unjudged, VERDICT_NONE is a remark. */
void outcome_find(struct runner *runner, enum verdict verdict, const char *text);
/* Tells of the last death of the proxy with what it wrote last, on the terminal and in the results: "the proxy died
 * (...)", followed by `and_now`. */
void outcome_tell_death(struct runner *runner, const char *and_now);
/* Writes what was never played (interrupted, proxy died), corrects the results of cases that called the backend after
 * their end, and writes the totals; returns the exit code. */
int outcome_finish(struct runner *runner, const char *diagnosis);

#endif
