/* A proxy that answers by itself for a while, because of cases that came before: a circuit breaker, or a limit of load.
 * Its answer is 429 (RFC 6585 section 4) or 503 (RFC 9110 section 15.6.4), and the backend is not called. Such an
 * answer says nothing on the case that gets it: the case is played again, alone, when ordinary requests are answered
 * again, and once more; SHED_PAUSE_MS come before that where something shows that it depends on what was played before:
 * an ordinary request was answered so, too, or a case in one play and not in another. What depends on it even then is
 * an error, and no failure; what is answered so every time fails.
 * Of exchanges that are played at once it may be another one each time: then it depends on these, and fails.
 *
 * Limits: SHED_WAIT_MS are waited before a case, SHED_WAIT_ALL_MS in a run, beside one pause. */
#ifndef TRANSCHECK_RUN_SHED_H
#define TRANSCHECK_RUN_SHED_H

#include "harness/run/exchange.h"

#define SHED_PLAYS       3u     /* that were shed, the first beside others: then what is known counts */
#define SHED_ORDINARY    5u     /* ordinary requests in a row that must be answered before a case is played again */
#define SHED_PAUSE_MS    11000u /* longer than the window of the breakers that are in use, ten seconds */
#define SHED_WAIT_MS     12000u
#define SHED_WAIT_ALL_MS 30000u

struct runner;
struct pair;

/* Of a pair. */
struct shed {
    unsigned plays; /* that were shed, or followed by an ordinary request that was */
    bool reached;   /* in some play the backend was called; never of a group */
    bool unsure;    /* before the last play ordinary requests were not answered either */
};

/* Of a run. */
struct shedding {
    bool evident;       /* something shows that such answers depend on what was played before */
    uint64_t waited_ms; /* for ordinary requests */
    bool paused;
};

/* Whether the proxy answered this exchange, or one of its group, by itself as it does under load. */
bool shed_is(const struct exchange *exchange);
/* A play of the pair was judged. `answered` is shed_is of it, `unwell` that the ordinary request after it was shed.
 * Whether it cannot count, so that the pair has to be played again: alone, with shed_prepare before it. */
bool shed_note(struct runner *runner, struct pair *pair, const struct exchange *exchange, bool failed, bool unwell);
/* Before a pair that was shed is played again: waits until ordinary requests are answered, and the one pause. */
void shed_prepare(struct runner *runner, struct pair *pair);
/* Before a case that puts the backend's listener in another state: a proxy that answers ordinary requests by itself
 * shows nothing in it. Waits for them as above; why it cannot be played even then, or NULL. */
const char *shed_before(struct runner *runner, struct pair *pair);
/* After its last play: why its verdict would depend on what was played before; NULL: it counts. */
const char *shed_doubt(const struct pair *pair, const struct exchange *exchange);

#endif
