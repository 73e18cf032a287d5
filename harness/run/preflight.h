/* Before the first case: does anything work at all? Ordinary calls are retried until one succeeds or the time is over;
 * what stands in the way is said in words a user can act on. Also finds out which client protocols the proxy speaks,
 * whether the marker arrives, and which capabilities it has. */
#ifndef TRANSCHECK_RUN_PREFLIGHT_H
#define TRANSCHECK_RUN_PREFLIGHT_H

#include "harness/run/diagnosis.h"
#include "harness/run/exchange.h"

#define PREFLIGHT_MAX_CAPABILITIES 16

/* Cases that are not part of the suite: the ordinary request, and a plain probe per capability. */
struct probes {
    struct suite *suite;
    struct plan *plans; /* as many as the suite has cases */
    size_t count;
    const struct plan *ordinary;
};

enum err_code probes_load(struct probes *probes, const struct schema *schema, const struct router *router,
                          struct arena *arena, struct err *err);
void probes_fini(struct probes *probes);

struct preflight_capability {
    const char *name;
    bool works;
    char detail[160]; /* what the probe saw */
};

struct preflight {
    bool client_works[3]; /* by enum testcase_client */
    char client_detail[3][320];
    bool marker_arrives;
    char diagnosis[DIAGNOSIS_MAX]; /* set when nothing can be judged */
    struct preflight_capability capabilities[PREFLIGHT_MAX_CAPABILITIES];
    size_t capability_count;
};

struct preflight_options {
    struct ends *ends;
    struct relay *relay;
    const struct probes *probes;
    const struct profile *profile;
    const struct schema *schema;
    const char *url;
    const char *backend;
    unsigned clients; /* mask of those wanted */
    uint64_t ready_timeout_ms;
    const bool *interrupted;
    const struct log *log; /* says what is waited for */
};

/* true: at least one client works. false: preflight->diagnosis says why not. */
bool preflight_run(struct preflight *preflight, const struct preflight_options *options);
/* Whether cases that need `capability` can be played; if not, *why is the reason to show (in the arena). */
bool preflight_supports(const struct preflight *preflight, const struct profile *profile, const char *capability,
                        struct arena *arena, const char **why);

/* Plays one plan to its end and judges it; used here and for health. The exchange must be released by the caller. NULL
 * when out of memory. */
struct exchange *preflight_play(struct ends *ends, struct relay *relay, const struct plan *plan,
                                enum testcase_client client);

#endif
