/* A proxy that stops answering for good would cost a deadline for each result that is still to come. After
 * SILENCE_HANGS plays in a row that ended at their deadline an ordinary request is made; if it hangs, too, the proxy is
 * started again (--proxy-cmd), at most SILENCE_MAX times, and the last one that it answered and those that hung are
 * played again alone, each followed by an ordinary request: so the one that silences it is found. Without --proxy-cmd,
 * or when it does so too often, the rest is skipped. */
#ifndef TRANSCHECK_RUN_SILENCE_H
#define TRANSCHECK_RUN_SILENCE_H

#include "harness/run/exchange.h"

#define SILENCE_HANGS   3u
#define SILENCE_MAX     5u
#define SILENCE_MAX_ROW 300u /* of plays that hung in a row, those that are played again: more than --jobs */

struct runner;
struct pair;

struct silence {
    struct pair *row[SILENCE_MAX_ROW]; /* those that hung, the first first */
    size_t hangs;                      /* in a row */
    struct pair *last_answered;        /* the last that ended otherwise */
    bool asking;                       /* an ordinary request is under way beside others */
    bool heard;                        /* it hung */
    bool given_up;                     /* the rest is skipped */
    unsigned times;                    /* that the proxy fell silent */
    unsigned unexplained;              /* of these, those that no case brought about again */
};

/* A play of the pair has ended. */
void silence_note(struct runner *runner, struct pair *pair, const struct exchange *exchange);
/* Whether so many hung that nothing more should be started before an ordinary request is answered. */
bool silence_suspected(const struct runner *runner);
/* Beside other plays: makes the ordinary request unless it is under way; what comes of it is in `hangs`, or `heard`. */
void silence_ask(struct runner *runner);
/* With nothing under way: makes the ordinary request and, if it hangs, does what is said above. false: the rest is
 * skipped. */
bool silence_settle(struct runner *runner);

#endif
