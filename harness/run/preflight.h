/* Before the first case: does anything work at all? Ordinary calls are retried until one succeeds or the time is over;
 * what stands in the way is said in words a user can act on. Also finds out which client protocols the proxy speaks,
 * whether the marker arrives, and which capabilities it has. */
#ifndef TRANSCHECK_RUN_PREFLIGHT_H
#define TRANSCHECK_RUN_PREFLIGHT_H

#include "harness/run/diagnosis.h"
#include "harness/run/exchange.h"

#define PREFLIGHT_MAX_CAPABILITIES 16
#define PREFLIGHT_MAX_SERVER       100 /* bytes of what the proxy says it is */

/* Cases that are not part of the suite: the ordinary request of each mode, and a plain probe per capability. */
struct probes {
    struct suite *suite;
    struct plan *plans; /* as many as the suite has cases */
    size_t count;
    const struct plan *ordinary_of[MODE_COUNT];
    const struct plan *ordinary; /* of the first mode of the run that works */
};

enum err_code probes_load(struct probes *probes, const struct schema *schema, const struct router *router,
                          struct arena *arena, struct err *err);
void probes_fini(struct probes *probes);

struct preflight_capability {
    const char *name;
    bool works;       /* its probe got through */
    bool refused;     /* the proxy answered it, in order, as one that has no such thing */
    char detail[160]; /* what the probe saw */
};

/* What declaration and probe together make of a capability. */
enum capability_state {
    CAPABILITY_PLAYED,     /* it works; or nothing says that it does not, and its cases tell */
    CAPABILITY_LACKED,     /* declared so, and the plain probe agrees, where there is one */
    CAPABILITY_UNDECLARED, /* refused, and without a profile nobody says whether that is right */
    CAPABILITY_DENIED      /* refused, though the profile does not say that the proxy lacks it: its cases are played */
};

struct preflight {
    bool client_works[3];       /* by enum testcase_client: in some mode */
    unsigned works[MODE_COUNT]; /* mask of the clients whose ordinary call gets through */
    char client_detail[MODE_COUNT][3][320];
    bool several_modes; /* were asked for: the proxy is what it shows to be */
    bool marker_arrives;
    char
        server[PREFLIGHT_MAX_SERVER + 1]; /* its server header, its beginning; raw text from the wire, "" without one */
    char diagnosis[DIAGNOSIS_MAX];        /* set when nothing can be judged */
    struct preflight_capability capabilities[PREFLIGHT_MAX_CAPABILITIES];
    size_t capability_count;
};

struct preflight_options {
    struct ends *ends;
    struct relay *relay;
    struct probes *probes; /* `ordinary` is set to that of the first mode that works */
    unsigned modes;        /* mask of those that are asked for; of several it is enough that one works */
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
enum capability_state preflight_capability_state(const struct preflight *preflight, const struct profile *profile,
                                                 const char *capability);
/* A client that works in that mode. */
enum testcase_client preflight_client(const struct preflight *preflight, enum mode mode);
/* Whether the cases of the mode can be played with the client; *detail: why not. */
bool preflight_works(const struct preflight *preflight, enum mode mode, enum testcase_client client,
                     const char **detail);
/* What its probe saw, "" without one. */
const char *preflight_capability_detail(const struct preflight *preflight, const char *capability);

/* Plays one plan to its end and judges it; used here and for health. The exchange must be released by the caller. NULL
 * when out of memory. */
struct exchange *preflight_play(struct ends *ends, struct relay *relay, const struct plan *plan,
                                enum testcase_client client);

#endif
