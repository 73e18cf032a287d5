/* What a client and a backend might have seen, made by hand: for the tests of the judge. One observation is one case
 * with one response and the calls that belong to it. */
#ifndef TRANSCHECK_SUITE_TESTS_OBSERVATION_H
#define TRANSCHECK_SUITE_TESTS_OBSERVATION_H

#include "harness/base/embed.h"
#include "harness/suite/check.h"

/* The embedded descriptors, loaded once per program. */
const struct schema *observation_schema(void);
const struct router *observation_router(void);
void observation_unload(void);
int observation_tear_down(void **state); /* of a cmocka group: unloads them */

#define OBSERVATION_MAX_CALLS 4

struct observation {
    struct arena arena;
    struct suite *suite;
    const struct testcase *testcase;
    struct profile *profile;
    struct response_seen response;
    struct call_seen calls[OBSERVATION_MAX_CALLS];
    size_t call_count;
    struct health_seen health;
    struct check_result result;
};

/* A case: `request` is "METHOD PATH"; `backend` a list of steps or NULL; `extra` more members of the case
 * ("\"rpc\":...") or NULL. Fails the test when the case is not valid. The response is a complete 200 with no content
 * type and no body. */
void observation_init(struct observation *observation, const char *request, const char *backend, const char *expect,
                      const char *extra);
/* A case of a mode: `request` as a case writes it. */
void observation_init_mode(struct observation *observation, const char *mode, const char *rpc, const char *request,
                           const char *expect);
/* The first case of a whole file of the topic "t". */
void observation_init_text(struct observation *observation, const char *text);
void observation_fini(struct observation *observation);
/* Another profile: values of cases/README.md as {"stream_framing": ["array"]}. The default is "any". */
void observation_profile(struct observation *observation, const char *values);
void observation_header(struct observation *observation, const char *name, const char *value);
void observation_trailer(struct observation *observation, const char *name, const char *value);
void observation_body(struct observation *observation, const char *type, const char *body);
/* A finished, half-closed call of the method ("package.Service/Method"; NULL: the case's) as a gRPC client makes it,
 * with one message in its prefix (JSON). NULL: an empty one, or none where the method streams its requests. */
struct call_seen *observation_call(struct observation *observation, const char *method, const char *message);
/* "pass", "acceptable", "error: why", or "axis kind" of the first reason. */
const char *observation_judge(struct observation *observation);

#endif
